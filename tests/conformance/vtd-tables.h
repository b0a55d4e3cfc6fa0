/* SPDX-License-Identifier: MIT */
/*
 * Tables of the specification as checklists: every row is exercised by a case, or
 * is listed with the reason why none can be.
 */
#ifndef IOM_TESTS_VTD_TABLES_H
#define IOM_TESTS_VTD_TABLES_H

#include "tests/conformance/refwalk-vtd.h"
#include "tests/conformance/vtd-base.h"
#include "tests/conformance/vtd-suites.h"

typedef struct vtd_table {
	iom_tsv *rows;
	const char *name;
	unsigned n;
	char **state; /* by row: NULL open, "" exercised, else why not */
} vtd_table;

/* Fatal for the test if the table is not there. */
vtd_table *vtd_table_open(const char *name);
const iom_tsv_row *vtd_table_row(const vtd_table *t, unsigned i);
void vtd_table_cover(vtd_table *t, unsigned i);
/* A row that has been exercised stays so. */
void vtd_table_excuse(vtd_table *t, unsigned i, const char *why);
bool vtd_table_is_open(const vtd_table *t, unsigned i);
/* Print the score and the listed rows; every row must be one or the other. */
void vtd_table_close(vtd_table *t);

#define VTD_N_CACHES 6
/* The presets, and two in which IOTLB and walk cache are off */
extern const char *const vtd_cache_names[VTD_N_CACHES];
void vtd_cache_config(unsigned cache, iom_cache_config *config);

/* The rules of the reference, loaded once a process. */
const refvtd_rules *vtd_rules(void);
/* What the model answers to the case, in a unit of its own; changes that nobody allows are noted. */
void vtd_answer(const iom_vtd_case *c, bool interrupt, unsigned cache, const refvtd_answer *answer,
		iom_vtd_outcome *out, GString *why);
/*
 * Does the reference meet `fault` (0: success) with this case? Then the model must as well,
 * with all sizes of caches; a difference is printed after `what` and fails the test.
 */
bool vtd_try(const iom_vtd_case *c, bool interrupt, unsigned fault, const char *what);
/* The same whatever the reference says; false: the model differs, or nothing may be tested. */
bool vtd_agree(const iom_vtd_case *c, bool interrupt, const char *what);

#endif
