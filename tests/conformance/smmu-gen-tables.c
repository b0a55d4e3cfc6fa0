/* SPDX-License-Identifier: MIT */
/* Random translation tables, and what is broken in them. */
#include "tests/conformance/smmu-gen.h"

#define BELOW(n) ((unsigned)smmu_random_below(&gen->random, (n)))
#define CHANCE(percent) smmu_chance(&gen->random, (percent))

static bool free_range(const smmu_gen *gen, uint64_t base, uint64_t size)
{
	for (unsigned i = 0; i < gen->n_taken; i++) {
		if (base < gen->taken[i].base + gen->taken[i].size &&
		    gen->taken[i].base < base + size)
			return false;
	}
	return true;
}

/* `bits` 64: an address for stage 1, as large as the tables over it allow. */
uint64_t smmu_gen_room(smmu_gen *gen, unsigned bits, uint64_t size)
{
	const walk *w = &gen->w;
	uint64_t base = 0;

	if (bits == 64) {
		bits = gen->ids.OAS;
		if (w->stage2 || (STE(w, 3, 1) & 2)) {
			unsigned ipa = ref_s2_input_bits(w);

			bits = ipa < bits ? ipa : bits;
		}
		if (gen->ids.TTF == 3 && bits > 40)
			bits = CHANCE(70) ? 40 : bits;
		if (bits > 48)
			bits = CHANCE(50) ? 48 : bits;
	}
	for (unsigned i = 0; i < 24; i++) {
		unsigned top = CHANCE(50) || bits <= 32 ? bits : 32 + BELOW(bits - 31);

		base = smmu_random_next(&gen->random) & low_bits(top) & ~(size - 1);
		if (base && free_range(gen, base, size))
			break;
	}
	if (gen->n_taken < G_N_ELEMENTS(gen->taken)) {
		gen->taken[gen->n_taken].base = base;
		gen->taken[gen->n_taken++].size = size;
	}
	return base;
}

/* Address bits into a descriptor. */
static uint64_t encode(const geometry *g, uint64_t address)
{
	if (g->granule == 16)
		return (address & low_bits(48)) | (g->lpa ? (address >> 48 & 0xf) << 12 : 0);
	if (g->ds)
		return (address & low_bits(50)) | (address >> 50 & 3) << 8;
	return address & low_bits(48);
}

static uint64_t load(const smmu_gen *gen, const geometry *g, uint64_t pa)
{
	uint64_t d = smmu_store_get(&gen->store, pa);

	return g->big_endian ? ref_swapped(d) : d;
}

static void save(smmu_gen *gen, const geometry *g, uint64_t pa, uint64_t d)
{
	smmu_store_set(&gen->store, pa, g->big_endian ? ref_swapped(d) : d);
}

static bool leaf_here(smmu_gen *gen, const geometry *g, int level)
{
	return level == 3 || (ref_block_allowed(g, level) && CHANCE(25));
}

/* Bits that stage 1 and stage 2 have in common and that change nothing. */
static uint64_t harmless(smmu_gen *gen)
{
	uint64_t bits = 0;

	if (CHANCE(15))
		bits |= UINT64_C(1) << 52; /* Contiguous */
	if (CHANCE(15))
		bits |= smmu_random_next(&gen->random) & (UINT64_C(0xf) << 55);
	if (CHANCE(10))
		bits |= UINT64_C(1) << 50;
	return bits;
}

/* Remember what a descriptor translates. */
void smmu_gen_note(smmu_gen *gen, unsigned stage, const geometry *g, int level, uint64_t pa,
		   uint64_t input)
{
	unsigned shift = ref_level_shift(g, level);

	if (gen->n_descriptors == G_N_ELEMENTS(gen->descriptors))
		return;
	unsigned i = gen->n_descriptors++;

	gen->descriptors[i].pa = pa;
	gen->descriptors[i].input = input & ~low_bits(shift);
	gen->descriptors[i].stage = (uint8_t)stage;
	gen->descriptors[i].granule = (uint8_t)g->granule;
	gen->descriptors[i].shift = (uint8_t)shift;
	gen->descriptors[i].level = (int8_t)level;
}

/* ---- stage 2 ---------------------------------------------------------- */

static uint64_t stage2_leaf_bits(smmu_gen *gen, const geometry *g, bool structure)
{
	static const uint8_t memattrs[] = { 15, 15, 15, 5, 7, 6, 1, 0, 10, 13, 14, 3 };
	uint64_t d = harmless(gen);

	d |= (uint64_t)CHANCE(structure ? 97 : 92) << 10;
	d |= (uint64_t)CHANCE(structure ? 98 : 88) << 6;
	d |= (uint64_t)CHANCE(70) << 7;
	d |= (uint64_t)(CHANCE(70) ? 0 : BELOW(4)) << 53;
	d |= (uint64_t)CHANCE(40) << 51;
	if (structure && CHANCE(93))
		d |= memattrs[BELOW(6)] << 2;
	else
		d |= (CHANCE(90) ? memattrs[BELOW(sizeof memattrs)] : BELOW(16)) << 2;
	if (!g->ds)
		d |= BELOW(4) << 8;
	return d;
}

/* A physical page of 2^lg2 bytes; tables are kept where little memory lies. */
static uint64_t output_page(smmu_gen *gen, const geometry *g, unsigned lg2)
{
	unsigned bits = g->output_bits;

	if (g->granule != 16 && !g->ds && bits > 48)
		bits = 48;
	if (bits <= lg2)
		return 0;
	return smmu_gen_room(gen, bits, UINT64_C(1) << lg2);
}

uint64_t smmu_gen_physical(smmu_gen *gen, uint64_t ipa, bool structure)
{
	if (!gen->w.stage2)
		return ipa;
	geometry g = ref_stage2_geometry(&gen->w);
	uint64_t table = ref_start_table(&g);

	if (!g.granule || ipa >> g.input_bits)
		return ipa;
	for (int level = g.start; level <= 3; level++) {
		unsigned shift = ref_level_shift(&g, level);
		uint64_t at = ref_entry_address(&g, level, table, ipa);
		uint64_t d = load(gen, &g, at);

		if (!(d & 1)) {
			bool leaf = leaf_here(gen, &g, level);

			d = leaf ? stage2_leaf_bits(gen, &g, structure) |
					    encode(&g, output_page(gen, &g, shift)) |
					    (level == 3 ? 3 : 1)
				 : encode(&g, output_page(gen, &g, g.granule)) | 3;
			save(gen, &g, at, d);
			smmu_gen_note(gen, 2, &g, level, at, ipa);
		}
		bool table_here = ref_descriptor_type(&g, level, d) == 't';
		uint64_t out = ref_descriptor_address(&g, d, table_here ? g.granule : shift);

		if (!table_here)
			return out | (ipa & low_bits(shift));
		table = out;
	}
	return ipa;
}

/* ---- stage 1 ---------------------------------------------------------- */

static uint64_t stage1_leaf_bits(smmu_gen *gen, const geometry *g)
{
	uint64_t d = harmless(gen);

	d |= (uint64_t)CHANCE(88) << 10;
	d |= (uint64_t)BELOW(8) << 2;
	d |= (uint64_t)CHANCE(65) << 6;
	d |= (uint64_t)CHANCE(35) << 7;
	d |= (uint64_t)CHANCE(50) << 11;
	d |= (uint64_t)CHANCE(40) << 51;
	d |= (uint64_t)CHANCE(30) << 53;
	d |= (uint64_t)CHANCE(30) << 54;
	d |= (uint64_t)CHANCE(30) << 59;
	if (!g->ds)
		d |= BELOW(4) << 8;
	return d;
}

static uint64_t stage1_table_bits(smmu_gen *gen)
{
	uint64_t d = 3;

	if (CHANCE(12))
		d |= smmu_random_next(&gen->random) & (UINT64_C(0xf) << 59);
	if (CHANCE(10))
		d |= smmu_random_next(&gen->random) & 0xcfc;
	return d;
}

/* Where stage 1 sends a page: nested, mostly into what stage 2 can reach. */
static uint64_t stage1_output(smmu_gen *gen, const geometry *g, unsigned lg2)
{
	unsigned bits = g->output_bits;

	if (g->granule != 16 && !g->ds && bits > 48)
		bits = 48;
	if (gen->w.stage2 && CHANCE(95)) {
		const walk *w = &gen->w;
		unsigned ipa = ref_s2_input_bits(w);

		bits = ipa < bits ? ipa : bits;
	}
	if (CHANCE(4) && bits < 52)
		bits++;
	return smmu_random_next(&gen->random) & low_bits(bits) & ~low_bits(lg2);
}

void smmu_gen_stage1(smmu_gen *gen, uint64_t va)
{
	unsigned half = !gen->w.single && part(va, 55, 55);

	if (ref_s1_lpae(&gen->w) && !ref_stage1_half_lpae(&gen->w, va, &half))
		return;
	geometry g = ref_stage1_geometry(&gen->w, half);

	if (!g.granule || g.start < -1 || g.start > 3)
		return;
	uint64_t table = ref_start_table(&g);

	for (int level = g.start; level <= 3; level++) {
		unsigned shift = ref_level_shift(&g, level);
		uint64_t at = smmu_gen_physical(gen, ref_entry_address(&g, level, table, va), true);
		uint64_t d = load(gen, &g, at);

		if (!(d & 1)) {
			bool leaf = leaf_here(gen, &g, level);

			d = leaf ? stage1_leaf_bits(gen, &g) |
					    encode(&g, stage1_output(gen, &g, shift)) |
					    (level == 3 ? 3 : 1)
				 : stage1_table_bits(gen);
			if (!leaf) {
				uint64_t next = smmu_gen_room(gen, 64, UINT64_C(1) << g.granule);

				/* No bits of the address where a table has other fields. */
				d = (d & ~encode(&g, low_bits(52) & ~low_bits(g.granule))) |
				    encode(&g, next);
			}
			save(gen, &g, at, d);
			smmu_gen_note(gen, 1, &g, level, at, va);
		}
		bool table_here = ref_descriptor_type(&g, level, d) == 't';
		uint64_t out = ref_descriptor_address(&g, d, table_here ? g.granule : shift);

		if (!table_here) {
			smmu_gen_physical(gen, out | (va & low_bits(shift)), false);
			return;
		}
		table = out;
	}
}

/* ---- breaking --------------------------------------------------------- */

static uint64_t *random_word(smmu_gen *gen, uint64_t *address)
{
	unsigned slot = gen->store.order[BELOW(gen->store.n)];

	*address = gen->store.address[slot];
	return &gen->store.value[slot];
}

/* Flip bits of words in use, or make one word answer with an abort. */
void smmu_gen_break(smmu_gen *gen)
{
	unsigned n = 1 + CHANCE(30);
	uint64_t address;

	if (!gen->store.n)
		return;
	if (CHANCE(15)) {
		random_word(gen, &address);
		gen->store.abort_first = address;
		gen->store.abort_last = address + 7;
		return;
	}
	for (unsigned i = 0; i < n; i++) {
		uint64_t *word = random_word(gen, &address);

		if (CHANCE(90))
			*word ^= UINT64_C(1) << BELOW(64);
		else
			*word = CHANCE(50) ? smmu_random_next(&gen->random) : 0;
	}
}
