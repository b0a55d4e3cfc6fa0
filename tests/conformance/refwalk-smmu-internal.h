/* SPDX-License-Identifier: MIT */
/* What the files of the reference SMMU share. */
#ifndef IOM_TESTS_REFWALK_SMMU_INTERNAL_H
#define IOM_TESTS_REFWALK_SMMU_INTERNAL_H

#include "tests/conformance/refwalk-smmu.h"

#include <string.h>

enum {
	C_BAD_STREAMID = 0x02,
	F_STE_FETCH = 0x03,
	C_BAD_STE = 0x04,
	F_STREAM_DISABLED = 0x06,
	C_BAD_SUBSTREAMID = 0x08,
	F_CD_FETCH = 0x09,
	C_BAD_CD = 0x0a,
	F_WALK_EABT = 0x0b,
	F_TRANSLATION = 0x10,
	F_ADDR_SIZE = 0x11,
	F_ACCESS = 0x12,
	F_PERMISSION = 0x13,
};

/* CLASS of an event: what was being translated. */
enum { CLASS_CD = 0, CLASS_TT = 1, CLASS_IN = 2 };

/* Cacheability, in the order of strength. */
enum { NC, WT, WB };

typedef struct attributes {
	bool device;
	unsigned type; /* of a device: 0 nGnRnE, 1 nGnRE, 2 nGRE, 3 GRE */
	unsigned inner, outer; /* of normal memory */
	unsigned sh; /* 0 non, 2 outer, 3 inner */
} attributes;

/* What one translation, being worked on, knows. */
typedef struct walk {
	const refwalk_ids *id;
	const refwalk_registers *reg;
	const refwalk_memory *mem;
	const refwalk_request *rq;
	refwalk_result *out;
	uint64_t ste[8];
	uint64_t cd[8];
	bool stage1, stage2;
	bool single; /* any-EL2: one privilege level, one table */
	/* The transaction after the overrides. */
	bool priv, inst;
	bool reads, writes; /* what it does to data; instruction reads do neither */
	attributes input;
} walk;

/* A table as stage 1 and stage 2 both have them. */
typedef struct geometry {
	unsigned granule; /* log2 bytes */
	unsigned input_bits;
	int start;
	uint64_t base;
	unsigned output_bits;
	bool ds; /* 52-bit descriptors of 4KB and 16KB granules */
	bool lpa; /* 52-bit descriptors of the 64KB granule */
	bool big_endian;
	bool lpae; /* VMSAv8-32 LPAE */
} geometry;

static inline uint64_t field(const uint64_t *words, unsigned lsb, unsigned width)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < width; i++) {
		unsigned bit = lsb + i;

		value |= (words[bit / 64] >> (bit % 64) & 1) << i;
	}
	return value;
}

static inline uint64_t part(uint64_t word, unsigned msb, unsigned lsb)
{
	return field(&word, lsb, msb - lsb + 1);
}

static inline uint64_t low_bits(unsigned n)
{
	return n >= 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1;
}

/* STE and CD fields by position; names and positions of ste_fields.tsv and cd_fields.tsv. */
#define STE(w, msb, lsb) field((w)->ste, (lsb), (msb) - (lsb) + 1)
#define CD(w, msb, lsb) field((w)->cd, (lsb), (msb) - (lsb) + 1)

/* refwalk-smmu-config.c */
bool ref_ste_illegal(const walk *w, const char **why);
bool ref_cd_illegal(const walk *w, const char **why);
unsigned ref_ias(const refwalk_ids *id);
unsigned ref_effective_size(const refwalk_ids *id, unsigned encoded);
/* Granule of a TG0 (also S2TG) or TG1 field, log2; 0: reserved or not implemented. */
unsigned ref_granule(const refwalk_ids *id, unsigned tg, bool tg1);
/* Stage-1 permission indirection in use. */
bool ref_s1_indirect(const walk *w);
/* VMSAv8-32 LPAE selected by the CD, by the STE. */
bool ref_s1_lpae(const walk *w);
bool ref_s2_lpae(const walk *w);
unsigned ref_s2_input_bits(const walk *w);
/* Start level for S2T0SZ and S2SL0; false: not a combination of the tables. */
bool ref_s2_start(const walk *w, int *level);

/* refwalk-smmu-tables.c; false: out->... is final */
bool ref_stage1(walk *w, uint64_t va, uint64_t *ipa, attributes *attrs, unsigned *leaf_lg2);
bool ref_stage2(walk *w, uint64_t ipa, unsigned class, bool write, uint64_t *pa, attributes *attrs,
		uint64_t *memattr, unsigned *leaf_lg2);

/* Geometry, also for those who build tables. */
geometry ref_stage1_geometry(const walk *w, unsigned half);
geometry ref_stage2_geometry(const walk *w);
bool ref_stage1_half_lpae(const walk *w, uint64_t va, unsigned *half);
unsigned ref_level_shift(const geometry *g, int level);
bool ref_block_allowed(const geometry *g, int level);
uint64_t ref_start_table(const geometry *g);
uint64_t ref_entry_address(const geometry *g, int level, uint64_t table, uint64_t input);
uint64_t ref_descriptor_address(const geometry *g, uint64_t d, unsigned shift);
char ref_descriptor_type(const geometry *g, int level, uint64_t d);
uint64_t ref_swapped(uint64_t word);

/* refwalk-smmu-attrs.c */
attributes ref_ste_memattr(unsigned code);
attributes ref_mair(unsigned byte);
attributes ref_combine(const walk *w, attributes s1, uint64_t memattr, unsigned s2_sh);
bool ref_s2_device(const walk *w, uint64_t memattr);
void ref_attrs_text(attributes a, char text[40]);

/* refwalk-smmu.c: ends with this outcome; always false, to return it. */
bool ref_abort(walk *w, const char *why);
bool ref_config_event(walk *w, unsigned id, const char *why);
bool ref_fetch_event(walk *w, unsigned id, uint64_t address, const char *why);
bool ref_walk_abort(walk *w, bool s2, unsigned class, uint64_t address);
bool ref_translation_fault(walk *w, unsigned id, bool s2, unsigned class, uint64_t ipa,
			   const char *why);
/* F_PERMISSION: `rnw_override` 1 sets RnW of a record about an atomic. */
bool ref_permission_fault(walk *w, bool s2, unsigned class, uint64_t ipa, bool tt_write,
			  bool atomic_read, const char *why);
bool ref_bypass_fault(walk *w, const char *why);

#endif
