/* SPDX-License-Identifier: MIT */
/*
 * A second VT-d, slow and obvious: raw words of memory and one request in, the
 * answer out. Written from tests/data/spec/vtd alone; it shares nothing with the
 * model. No caches, no registers, no state between requests.
 *
 * Where the tables leave an order open, the answer lists every outcome that is as
 * good ("alternatives"); where they say that a case must not be tested, it says so.
 */
#ifndef IOM_TESTS_REFWALK_VTD_H
#define IOM_TESTS_REFWALK_VTD_H

#include "sim/vectors/vectors-vtd.h"

/* fault_reasons.tsv: the response to each condition by kind of request. */
typedef struct refvtd_rules refvtd_rules;
refvtd_rules *refvtd_rules_load(const char *path, GError **error);
void refvtd_rules_free(refvtd_rules *rules);

/* A word that the request changes, or may change. */
typedef struct refvtd_write {
	uint64_t address;
	uint64_t must; /* bits set afterwards */
	uint64_t may; /* bits that may be set as well */
} refvtd_write;

typedef struct refvtd_outcome {
	iom_vtd_outcome out;
	uint64_t frcd_mask[2]; /* bits of the record that mean something */
	const char *condition; /* as fault_reasons.tsv has it, NULL without one */
} refvtd_outcome;

#define REFVTD_MAX_WRITES 80
#define REFVTD_MAX_ALTERNATIVES 48

typedef struct refvtd_answer {
	refvtd_outcome first; /* the recommended choice */
	refvtd_outcome alternatives[REFVTD_MAX_ALTERNATIVES];
	unsigned n_alternatives;
	bool any_page_size; /* a smaller page than page_size is as good */
	const char *untested; /* not NULL: why nothing may be expected */
	refvtd_write writes[REFVTD_MAX_WRITES];
	unsigned n_writes;
	uint64_t posted[3][2]; /* words of a posted-interrupt descriptor: address, value */
	unsigned n_posted;
} refvtd_answer;

void refvtd_dma(const refvtd_rules *rules, const iom_vtd_case *c, refvtd_answer *answer);
void refvtd_interrupt(const refvtd_rules *rules, const iom_vtd_case *c, refvtd_answer *answer);

/*
 * Is `got` the first or another acceptable outcome? Differences from the first are
 * appended to `why` (may be NULL).
 */
bool refvtd_accepts(const refvtd_answer *answer, const iom_vtd_case *c, const iom_vtd_outcome *got,
		    GString *why);
/* May this word have become `after` in the course of `got`? */
bool refvtd_accepts_word(const refvtd_answer *answer, const iom_vtd_outcome *got, uint64_t address,
			 uint64_t before, uint64_t after);
/* Words that must have changed, and have not in `after`: their number. */
unsigned refvtd_missing_writes(const refvtd_answer *answer, const iom_vtd_outcome *got,
			       iom_memory *after, GString *why);

/* The first outcome as the expectation columns of the vectors' tables, and their names. */
void refvtd_print(const refvtd_answer *answer, bool interrupt, const iom_vtd_case *c, GString *out);
const char *refvtd_print_header(bool interrupt);

#endif
