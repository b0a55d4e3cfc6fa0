/* SPDX-License-Identifier: MIT */
/*
 * Conformance vectors: each row of a file is one request against a model in a
 * known state, and what must come of it. The kind of a file is recognised by its
 * columns. A kind builds memory and model through the public interface only, so
 * that vectors are a test of what an embedder sees.
 */
#ifndef IOM_SIM_VECTORS_H
#define IOM_SIM_VECTORS_H

#include "sim/vectors/memimage.h"
#include "sim/vectors/tsv.h"

typedef struct iom_vector_options {
	iom_cache_config cache;
	GString *explain; /* the model's steps are appended here, unless NULL */
} iom_vector_options;

/* What differed: "oa 0x1000; attrs ..." on either side. Empty: the vector passed. */
typedef struct iom_vector_outcome {
	GString *expected;
	GString *got;
} iom_vector_outcome;

iom_vector_outcome *iom_vector_outcome_new(void);
void iom_vector_outcome_free(iom_vector_outcome *outcome);
void iom_vector_outcome_clear(iom_vector_outcome *outcome);
bool iom_vector_passed(const iom_vector_outcome *outcome);
/* Compare, and note a difference in `what`. */
void iom_vector_check(iom_vector_outcome *outcome, const char *what, uint64_t expected,
		      uint64_t got);
void iom_vector_check_text(iom_vector_outcome *outcome, const char *what, const char *expected,
			   const char *got);
/* Note every word of memory that is not what is expected. */
void iom_vector_check_memory(iom_vector_outcome *outcome, iom_memimage *image);

/* Append the steps that `iommu` reports from now on to options->explain, if any. */
void iom_vector_explain(const iom_vector_options *options, iom_iommu *iommu);

typedef struct iom_vector_kind {
	const char *name;
	/* Columns that such a file has, and that no other kind has all of; ends with NULL. */
	const char *const *columns;
	/* False and an error: the row makes no sense. */
	bool (*run)(const iom_tsv_row *row, const iom_vector_options *options,
		    iom_vector_outcome *outcome, GError **error);
} iom_vector_kind;

extern const iom_vector_kind iom_vectors_smmu;
extern const iom_vector_kind iom_vectors_vtd_dma;
extern const iom_vector_kind iom_vectors_vtd_interrupt;

/* The kind of a table, or NULL and an error. */
const iom_vector_kind *iom_vectors_recognise(const iom_tsv *table, GError **error);

#endif
