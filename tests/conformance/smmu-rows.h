/* SPDX-License-Identifier: MIT */
/*
 * Rows of s1_descriptors.tsv, s2_descriptors.tsv and attributes.tsv as requests. What a
 * row says in figures (bits of an index, of an address, a size) is read from the row.
 */
#ifndef IOM_TESTS_SMMU_ROWS_H
#define IOM_TESTS_SMMU_ROWS_H

#include "tests/conformance/smmu-build.h"

#define F_TRANSLATION 0x10
#define F_ADDR_SIZE 0x11
#define F_ACCESS 0x12
#define F_PERMISSION 0x13

/* Where tables of any granule and size may be; one level or one case's part each. */
#define ROWS_TABLE(n) (UINT64_C(0x80000000) + ((uint64_t)(n) << 24))

/* Geometry of a walk. */
typedef struct rows_walk {
	const smmu_spec *spec;
	const iom_tsv *table; /* s1_descriptors.tsv or s2_descriptors.tsv */
	unsigned stage;
	unsigned granule_lg2;
	bool ds; /* effective CD.DS or STE.S2DS */
	bool lpa; /* OAS of 52 bits */
	bool stt;
	unsigned input_bits;
	int start; /* level */
	unsigned sl; /* stage 2: {S2SL0_2, S2SL0} */
	uint64_t input;
	int leaf; /* level */
} rows_walk;

/* Ask with each size of caches; false and a message unless every answer is this one. */
typedef struct rows_want {
	unsigned code; /* event, 0 for none */
	bool has_oa;
	uint64_t oa;
	unsigned page_lg2; /* 0: not compared */
	/* As iom_smmu_attrs_text(), or without the shareability; NULL: not compared. */
	const char *attrs;
	bool has_memtype; /* the MAIR byte of the answer */
	uint8_t memtype;
	bool has_space; /* of the answer */
	iom_space space;
	bool has_s2; /* of the event */
	bool s2;
	uint64_t watch; /* a word of memory afterwards; 0: none */
	uint64_t after;
} rows_want;

static inline uint64_t rows_low(unsigned bits)
{
	return bits > 63 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

bool rows_ask(const smmu_build *build, const rows_want *want, const char *title);

/* "4KB", "16KB", "64KB" as a logarithm; 0 for "all". */
unsigned rows_granule(const iom_tsv_row *row);
/* "512GB", "64KB"... at the start of the text. */
uint64_t rows_size(const char *text);
/* The level of a row, `fallback` where it has no number. */
int rows_level(const iom_tsv_row *row, int fallback);
/* What DS and OAS a row's condition asks for. */
bool rows_condition_ds(const iom_tsv_row *row);
bool rows_condition_lpa(const iom_tsv_row *row);
/*
 * Bits of "NAME[hi:lo]=bits[hi:lo], ..." of the row that `address` has, as they stand in
 * a descriptor; *left receives what of the address has no place.
 */
uint64_t rows_place(const iom_tsv_row *row, uint64_t address, uint64_t *left);

/* The row of a kind for this granule, level, and sizes. */
const iom_tsv_row *rows_find(const rows_walk *w, const char *kind, int level);
/* A case without tables, the configuration of the walk in place. */
void rows_open(smmu_build *build, const rows_walk *w);
/* Where the descriptor of that level is, its table at `base`. */
uint64_t rows_descriptor_at(const rows_walk *w, int level, uint64_t base);
/* The tables down to the leaf's level, then that descriptor. */
void rows_tables(smmu_build *build, const rows_walk *w, uint64_t leaf);
/* AF and all permissions, a block or page. */
uint64_t rows_leaf(const rows_walk *w, int level);

void rows_attributes(smmu_coverage *coverage, const smmu_spec *spec);
/* The kinds of rows that are about geometry, those about the meaning of bits. */
void rows_geometry(smmu_coverage *coverage, const smmu_spec *spec, unsigned stage);
void rows_s1_cases(smmu_coverage *coverage, const smmu_spec *spec);
void rows_s2_cases(smmu_coverage *coverage, const smmu_spec *spec);

#endif
