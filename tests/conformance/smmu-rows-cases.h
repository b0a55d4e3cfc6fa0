/* SPDX-License-Identifier: MIT */
/* Rows about the meaning of bits: each has cases on the small tables of smmu_build_init(). */
#ifndef IOM_TESTS_SMMU_ROWS_CASES_H
#define IOM_TESTS_SMMU_ROWS_CASES_H

#include "tests/conformance/smmu-rows.h"

#define L1 SMMU_BUILD_S1
#define L2 SMMU_BUILD_S1_L2
#define LEAF (SMMU_BUILD_S1_L3 + 8)
#define S2_FINAL SMMU_BUILD_S2
#define S2_TABLES (SMMU_BUILD_S2 + 16)
#define BIT(n) (UINT64_C(1) << (n))
/* Of a stage-1 leaf */
#define USER BIT(6)
#define RO BIT(7)
#define AF BIT(10)
#define DBM BIT(51)
#define PXN BIT(53)
#define UXN BIT(54)
/* A page of SMMU_BUILD_OA that nobody without privilege may use. */
#define PAGE(bits) (SMMU_BUILD_OA | 0xf03 | (bits))
/* The level 2 table descriptor with these bits more. */
#define TABLE(bits) (SMMU_BUILD_S1_L3 | 3 | (bits))
/* A stage-2 block of the first GB, with memory type, rights and other bits. */
#define BLOCK(bits) (0x701 | (bits))
#define WB BIT(2) | BIT(3) | BIT(4) | BIT(5)
#define S2R BIT(6)
#define S2W BIT(7)

#define R IOM_READ
#define W IOM_WRITE
#define X (IOM_READ | IOM_EXECUTE)
#define RW (IOM_READ | IOM_WRITE | IOM_ATOMIC)
#define PRIV IOM_REQ_PRIVILEGED

#define V34 "AIDR=4;EPAN=1;MTEPERM=1"
#define SECURE "S_IDR1.SECURE_IMPL=1;S_IDR1.S_SIDSIZE=16"
#define REALM "IDR0.RME_IMPL=1;R_IDR1.RME_DA_IMPL=1;R_IDR0.STALL_MODEL=1"
#define EL2 "STRW=2"

typedef struct row_case {
	/* The row: kind and item; level or condition where that is not one row. */
	const char *kind, *item, *where;
	unsigned config; /* STE.Config; 0: one stage */
	const char *idr, *ste, *cd;
	struct {
		uint64_t at, value;
	} words[4];
	uint64_t address; /* 0: SMMU_BUILD_VA */
	uint8_t access; /* 0: read */
	uint16_t flags;
	iom_request_type type;
	iom_space space;
	rows_want want;
} row_case;

#define FAULT(code_) .want = { .code = (code_) }
#define OK_AT(oa_) .want = { .has_oa = true, .oa = (oa_) }
#define OK OK_AT(SMMU_BUILD_OA)
#define LEAVES(at_, value_) .want = { .watch = (at_), .after = (value_) }
#define REFUSES_AND_LEAVES(at_, value_) \
	.want = { .code = F_PERMISSION, .watch = (at_), .after = (value_) }
#define SPACE(space_) .want = { .has_space = true, .space = (space_) }
#define ATTRS(attrs_) .want = { .attrs = (attrs_) }
#define AT_STAGE2(code_) .want = { .code = (code_), .has_s2 = true, .s2 = true }
#define AT_STAGE1(code_) .want = { .code = (code_), .has_s2 = true, .s2 = false }

/* Run the cases and cover their rows; a case without a row is a failure. */
void rows_run(smmu_coverage *coverage, const smmu_spec *spec, unsigned stage, const row_case *cases,
	      unsigned n);
/* The row of a kind and item, at a level or under a condition that starts so. */
const iom_tsv_row *rows_row(const smmu_coverage *coverage, const char *kind, const char *item,
			    const char *where);

#endif
