/* SPDX-License-Identifier: MIT */
/* Cases of attributes.tsv. */
#ifndef IOM_TESTS_SMMU_ROWS_ATTRIBUTES_H
#define IOM_TESTS_SMMU_ROWS_ATTRIBUTES_H

#include "tests/conformance/smmu-rows-cases.h"

typedef struct attr_case {
	const char *group, *item;
	const char *inputs; /* how they start; NULL: any */
	unsigned config; /* STE.Config; 0: bypass */
	const char *idr, *ste, *cd, *regs;
	uint64_t leaf; /* stage 1; 0: as it is */
	uint64_t s2; /* stage-2 block of the first GB; 0: as it is */
	uint8_t access;
	uint16_t flags;
	iom_request_type type;
	iom_space space;
	bool has_in; /* attributes of the request */
	uint8_t in_memtype, in_sh, in_hints;
	rows_want want;
} attr_case;

const iom_tsv_row *attr_row(const smmu_coverage *coverage, const char *group, const char *item,
			    const char *inputs);
bool attr_run(const smmu_spec *spec, const attr_case *c);
/* Groups whose rows are all read by one rule: memory types and how they combine. */
void attr_types(smmu_coverage *coverage, const smmu_spec *spec);

#endif
