/* SPDX-License-Identifier: MIT */
#include "tests/conformance/smmu-gen.h"

/* ---- memory ----------------------------------------------------------- */

void smmu_store_clear(smmu_store *store)
{
	for (unsigned i = 0; i < store->n; i++)
		store->used[store->order[i]] = false;
	store->n = 0;
	store->n_log = 0;
	store->full = false;
	store->abort_first = 1;
	store->abort_last = 0;
}

static unsigned slot_of(const smmu_store *store, uint64_t address)
{
	unsigned slot = (unsigned)(address * 0x9e3779b97f4a7c15u >> 53) % SMMU_STORE_SLOTS;

	while (store->used[slot] && store->address[slot] != address)
		slot = (slot + 1) % SMMU_STORE_SLOTS;
	return slot;
}

uint64_t smmu_store_get(const smmu_store *store, uint64_t address)
{
	unsigned slot = slot_of(store, address);

	return store->used[slot] ? store->value[slot] : 0;
}

void smmu_store_set(smmu_store *store, uint64_t address, uint64_t value)
{
	unsigned slot = slot_of(store, address);

	if (!store->used[slot]) {
		if (store->n >= SMMU_STORE_SLOTS / 2) {
			store->full = true;
			return;
		}
		store->used[slot] = true;
		store->address[slot] = address;
		store->order[store->n++] = (uint16_t)slot;
	}
	store->value[slot] = value;
}

static bool aborts(const smmu_store *store, uint64_t address)
{
	return store->abort_first <= store->abort_last && address <= store->abort_last &&
	       address + 7 >= store->abort_first;
}

bool smmu_store_read(void *opaque, uint64_t address, uint64_t *word)
{
	const smmu_store *store = opaque;

	if (aborts(store, address))
		return false;
	*word = smmu_store_get(store, address);
	return true;
}

bool smmu_store_write(void *opaque, uint64_t address, uint64_t word)
{
	smmu_store *store = opaque;

	if (aborts(store, address))
		return false;
	if (store->n_log < G_N_ELEMENTS(store->log)) {
		store->log[store->n_log].address = address;
		store->log[store->n_log].before = smmu_store_get(store, address);
		store->n_log++;
	}
	smmu_store_set(store, address, word);
	return true;
}

/* ---- randomness ------------------------------------------------------- */

uint64_t smmu_random_next(smmu_random *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

uint64_t smmu_random_below(smmu_random *r, uint64_t n)
{
	return smmu_random_next(r) % n;
}

bool smmu_chance(smmu_random *r, unsigned percent)
{
	return smmu_random_below(r, 100) < percent;
}

#define BELOW(n) ((unsigned)smmu_random_below(&gen->random, (n)))
#define CHANCE(percent) smmu_chance(&gen->random, (percent))
#define PICK(...) \
	(((const unsigned[]){ __VA_ARGS__ })[BELOW(sizeof((const unsigned[]){ __VA_ARGS__ }) / \
						   sizeof(unsigned))])

/* ---- ID registers ----------------------------------------------------- */

void smmu_gen_ids(smmu_random *random, refwalk_ids *ids)
{
	struct {
		smmu_random random;
	} holder = { *random }, *gen = &holder;

	*ids = (refwalk_ids){
		.AIDR = PICK(3, 3, 3, 2, 1, 4, 4),
		.S1P = 1,
		.S2P = 1,
		.TTF = 2,
		.HTTU = PICK(2, 2, 2, 1, 0),
		.Hyp = 1,
		.ATS = CHANCE(15),
		.ASID16 = CHANCE(85),
		.VMID16 = CHANCE(85),
		.CD2L = CHANCE(90),
		.TTENDIAN = PICK(0, 0, 0, 2, 3),
		.STALL_MODEL = PICK(0, 0, 0, 1, 2),
		.TERM_MODEL = CHANCE(15),
		.ST_LEVEL = 1,
		.SIDSIZE = PICK(16, 16, 8, 32, 10),
		.SSIDSIZE = PICK(20, 20, 8, 0),
		.ATTR_PERMS_OVR = CHANCE(85),
		.ATTR_TYPES_OVR = CHANCE(85),
		.HAD = CHANCE(90),
		.XNX = 1,
		.FWB = CHANCE(80),
		.STT = CHANCE(50),
		.E0PD = CHANCE(80),
		.PTWNNC = CHANCE(80),
		.OAS = PICK(48, 48, 48, 44, 42, 40, 36, 32, 52, 52, 52),
		.GRAN4K = CHANCE(93),
		.GRAN16K = CHANCE(90),
		.GRAN64K = 1,
	};
	ids->VAX = ids->OAS == 52 ? 1 : CHANCE(20);
	ids->DS = ids->VAX && CHANCE(60);
	if (ids->OAS >= 40 && CHANCE(25)) {
		ids->TTF = 3;
		ids->GRAN4K = 1;
	}
	ids->EPAN = ids->AIDR == 4 && CHANCE(80);
	ids->AIE = ids->AIDR == 4 && CHANCE(60);
	ids->S1PI = ids->AIDR == 4 && CHANCE(60);
	ids->NS1ATS = ids->ATS && CHANCE(30);
	if (CHANCE(6))
		ids->S1P = ids->Hyp = ids->NS1ATS = 0;
	else if (CHANCE(6))
		ids->S2P = ids->Hyp = ids->NS1ATS = 0;
	*random = gen->random;
}

/* ---- STE and CD ------------------------------------------------------- */

/* Write a field of a structure of 64-bit words. */
static void set(uint64_t *words, unsigned msb, unsigned lsb, uint64_t value)
{
	for (unsigned bit = lsb; bit <= msb; bit++, value >>= 1) {
		words[bit / 64] &= ~(UINT64_C(1) << bit % 64);
		words[bit / 64] |= (value & 1) << bit % 64;
	}
}

/* Granule, size and start level that go together, after a few tries. */
static void pick_s2_input(smmu_gen *gen)
{
	uint64_t *s = gen->w.ste;
	int level;

	for (unsigned i = 0; i < 200; i++) {
		set(s, 165, 160, CHANCE(60) ? PICK(16, 20, 24, 25, 32) : 12 + BELOW(37));
		set(s, 167, 166, BELOW(4));
		set(s, 175, 174, BELOW(3));
		set(s, 194, 194, gen->ids.DS && CHANCE(30));
		set(s, 195, 195, gen->ids.DS && CHANCE(60));
		if (ref_s2_start(&gen->w, &level) && ref_s2_input_bits(&gen->w) <= gen->ids.OAS)
			return;
	}
}

static void fill_stage2(smmu_gen *gen)
{
	uint64_t *s = gen->w.ste;
	bool lpae = gen->ids.TTF == 3 && CHANCE(40);
	bool ha = !lpae && gen->ids.HTTU && CHANCE(35);

	set(s, 178, 176, CHANCE(80) ? PICK(5, 6) : BELOW(8));
	set(s, 173, 168, BELOW(64));
	set(s, 179, 179, !lpae);
	set(s, 180, 180, gen->ids.TTENDIAN == 3 || (gen->ids.TTENDIAN == 0 && CHANCE(15)));
	set(s, 181, 181, CHANCE(15));
	set(s, 182, 182, CHANCE(30));
	set(s, 184, 184, ha);
	set(s, 183, 183, !lpae && gen->ids.HTTU == 2 && CHANCE(ha ? 60 : 10));
	set(s, 185, 185, gen->ids.STALL_MODEL == 2 || (gen->ids.STALL_MODEL == 0 && CHANCE(20)));
	set(s, 186, 186, CHANCE(85));
	set(s, 89, 89, !lpae && CHANCE(30));
	pick_s2_input(gen);
	set(s, 247, 196, smmu_gen_room(gen, lpae ? 40 : gen->ids.OAS, 1u << 20) >> 4);
}

static unsigned pick_config(smmu_gen *gen)
{
	unsigned config = CHANCE(98) ? PICK(5, 5, 5, 5, 7, 7, 7, 7, 7, 6, 6, 6) : BELOW(8);

	if (!gen->ids.S1P && CHANCE(90))
		config &= 6;
	if (!gen->ids.S2P && CHANCE(90))
		config &= 5;
	return config;
}

static void fill_ste(smmu_gen *gen, unsigned config)
{
	uint64_t *s = gen->w.ste;

	memset(s, 0, sizeof gen->w.ste);
	set(s, 0, 0, 1);
	set(s, 3, 1, config);
	set(s, 71, 66, BELOW(64));
	if (config == 5)
		set(s, 95, 94, CHANCE(25) ? 2 : 0);
	if (CHANCE(20)) {
		set(s, 100, 100, 1);
		set(s, 99, 96, BELOW(16));
	}
	set(s, 104, 101, BELOW(16));
	set(s, 109, 108, CHANCE(60) ? 1 : BELOW(4));
	set(s, 113, 112, CHANCE(70) ? 0 : BELOW(4));
	set(s, 115, 114, CHANCE(70) ? 0 : BELOW(4));
	set(s, 143, 128, gen->ids.VMID16 ? BELOW(65536) : BELOW(256));
	set(s, 88, 88, CHANCE(gen->ids.S1PI ? 70 : 10));
	if (gen->ids.ATS)
		set(s, 93, 92, PICK(0, 1));
	/* Fields that no ID register here gives a meaning to. */
	if (CHANCE(10))
		set(s, 127, 116, BELOW(4096));
	if (CHANCE(10))
		set(s, 80, 77, BELOW(16));
	if (config & 2)
		fill_stage2(gen);
}

static void fill_half(smmu_gen *gen, unsigned half)
{
	static const unsigned tg1[] = { 2, 3, 1 };
	uint64_t *c = gen->w.cd;
	unsigned tsz = CHANCE(70) ? PICK(16, 16, 25, 24, 28, 32) : 12 + BELOW(37);
	unsigned tg = BELOW(3);
	uint64_t ttb = smmu_gen_room(gen, 64, 1u << 16) >> 4;

	if (half) {
		set(c, 21, 16, tsz);
		set(c, 23, 22, tg1[tg]);
		set(c, 29, 24, BELOW(64));
		set(c, 39, 39, CHANCE(25));
		set(c, 129, 129, CHANCE(20));
		set(c, 130, 130, CHANCE(5));
		set(c, 183, 132, ttb);
	} else {
		set(c, 5, 0, tsz);
		set(c, 7, 6, tg);
		set(c, 13, 8, BELOW(64));
		set(c, 38, 38, CHANCE(25));
		set(c, 65, 65, CHANCE(20));
		set(c, 66, 66, CHANCE(5));
		set(c, 119, 68, ttb);
	}
}

/* Permissions by index, of those that go together. */
static void fill_indirect(smmu_gen *gen)
{
	for (unsigned p = 0; p < 16; p++) {
		unsigned piip = PICK(0, 1, 2, 3, 5, 5, 7, 7), piiu = PICK(0, 1, 2, 3, 5, 5, 7);

		if ((piip & 2) && (piiu & 4))
			piip = 5;
		set(gen->w.cd, 450 + 3 * p, 448 + 3 * p, piip);
		set(gen->w.cd, 386 + 3 * p, 384 + 3 * p, piiu);
	}
}

static void fill_cd(smmu_gen *gen)
{
	static const uint8_t bytes[] = { 0x00, 0x04, 0x08, 0x0c, 0x44, 0xff, 0xbb, 0xaa,
					 0x4f, 0xf4, 0xf0, 0x77, 0x33, 0x07, 0xee, 0x40 };
	uint64_t *c = gen->w.cd;
	bool ha = gen->ids.HTTU && CHANCE(35);

	memset(c, 0, sizeof gen->w.cd);
	fill_half(gen, 0);
	fill_half(gen, 1);
	set(c, 14, 14, CHANCE(6));
	set(c, 15, 15, gen->ids.TTENDIAN == 3 || (gen->ids.TTENDIAN == 0 && CHANCE(15)));
	set(c, 30, 30, CHANCE(30));
	set(c, 31, 31, 1);
	set(c, 34, 32, CHANCE(80) ? PICK(5, 6) : BELOW(8));
	set(c, 35, 35, CHANCE(15));
	set(c, 36, 36, CHANCE(15));
	set(c, 37, 37, CHANCE(15));
	set(c, 40, 40, CHANCE(20));
	/* VMSAv8-64 does not go over a VMSAv8-32 stage 2. */
	set(c, 41, 41,
	    gen->ids.TTF == 2 || (gen->w.stage2 && ref_s2_lpae(&gen->w) ? CHANCE(5) : CHANCE(60)));
	set(c, 43, 43, ha);
	set(c, 42, 42, gen->ids.HTTU == 2 && CHANCE(ha ? 60 : 10));
	set(c, 44, 44, gen->ids.STALL_MODEL == 2 || (gen->ids.STALL_MODEL == 0 && CHANCE(20)));
	set(c, 45, 45, CHANCE(85));
	set(c, 46, 46, gen->ids.TERM_MODEL || CHANCE(80));
	set(c, 47, 47, CHANCE(50));
	set(c, 63, 48, gen->ids.ASID16 ? BELOW(65536) : BELOW(256));
	set(c, 123, 123, CHANCE(40));
	set(c, 131, 131, CHANCE(40));
	set(c, 187, 187, CHANCE(gen->ids.S1PI ? 60 : 10));
	if (gen->ids.S1PI)
		fill_indirect(gen);
	set(c, 186, 186, gen->ids.DS ? CHANCE(60) : CHANCE(5));
	for (unsigned i = 0; i < 8; i++)
		set(c, 199 + 8 * i, 192 + 8 * i,
		    CHANCE(80) ? bytes[BELOW(sizeof bytes)] : BELOW(256));
	if (CHANCE(10))
		set(c, 351, 256, smmu_random_next(&gen->random));
}

/* A structure that is legal after a few tries, for most seeds. */
static void legal_ste(smmu_gen *gen)
{
	unsigned config = pick_config(gen);
	const char *why;

	for (unsigned i = 0; i < 60; i++) {
		gen->n_taken = 0;
		fill_ste(gen, config);
		if (!ref_ste_illegal(&gen->w, &why))
			return;
	}
}

static void legal_cd(smmu_gen *gen)
{
	unsigned taken = gen->n_taken;
	const char *why;

	for (unsigned i = 0; i < 60; i++) {
		gen->n_taken = taken;
		fill_cd(gen);
		if (!ref_cd_illegal(&gen->w, &why))
			return;
	}
}

static void put(smmu_gen *gen, uint64_t address, const uint64_t *words, unsigned n, bool software)
{
	for (unsigned i = 0; i < n; i++) {
		uint64_t at = address + 8 * i;

		smmu_store_set(&gen->store, software ? smmu_gen_physical(gen, at, true) : at,
			       words[i]);
	}
}

/* ---- tables of streams and substreams --------------------------------- */

static void place_cds(smmu_gen *gen)
{
	unsigned cdmax = gen->ids.SSIDSIZE && CHANCE(40) ? 1 + BELOW(gen->ids.SSIDSIZE) : 0;
	unsigned fmt = gen->ids.CD2L && CHANCE(60) ? 1 + BELOW(2) : BELOW(2) * 3;
	uint64_t *s = gen->w.ste;

	if (!gen->ids.SSIDSIZE && CHANCE(20))
		set(s, 63, 59, BELOW(32));
	if (cdmax > 12 && (fmt == 0 || fmt == 3))
		cdmax = 12;
	if (cdmax)
		set(s, 63, 59, cdmax);
	set(s, 5, 4, fmt);
	gen->ssv = cdmax && CHANCE(60);
	gen->ssid = gen->ssv ? BELOW(1u << cdmax) : 0;
	set(s, 65, 64, CHANCE(gen->ssv ? 40 : 80) ? 2 : BELOW(4));
	uint64_t table =
		smmu_gen_room(gen, 64, UINT64_C(64) << (cdmax && fmt % 3 == 0 ? cdmax : 4));

	if (fmt % 3 && cdmax > 6)
		table &= ~low_bits(cdmax - 3);
	set(s, 55, 6, table >> 6);
	gen->cd_address = table + UINT64_C(64) * gen->ssid;
	if (cdmax && fmt % 3) {
		unsigned leaf_bits = fmt == 1 ? 6 : 10;
		uint64_t leaf = smmu_gen_room(gen, 64, UINT64_C(64) << leaf_bits);
		uint64_t l1cd = (leaf & low_bits(56) & ~low_bits(12)) | CHANCE(97);
		uint64_t at = table + UINT64_C(8) * (gen->ssid >> leaf_bits);

		put(gen, at, &l1cd, 1, true);
		gen->l1cd_pa = smmu_gen_physical(gen, at, true);
		gen->cd_address = leaf + 64 * (gen->ssid & low_bits(leaf_bits));
	}
	put(gen, gen->cd_address, gen->w.cd, 8, true);
	gen->cd_pa = smmu_gen_physical(gen, gen->cd_address, true);
}

static void place_ste(smmu_gen *gen)
{
	bool two_level = CHANCE(40);
	unsigned split = PICK(6, 8, 10, 6, 7);
	unsigned log2size = CHANCE(80) ? 4 + BELOW(9) : BELOW(20);
	unsigned bits = log2size < gen->ids.SIDSIZE ? log2size : gen->ids.SIDSIZE;
	uint64_t base = smmu_gen_room(gen, gen->ids.OAS, UINT64_C(64) << log2size);

	gen->sid = BELOW(UINT64_C(1) << bits);
	gen->registers.strtab_base = base | (uint64_t)CHANCE(20) << 62;
	gen->registers.strtab_base_cfg =
		log2size | split << 6 | (two_level ? 1u : BELOW(2) * 2) << 16;
	gen->ste_address = base + UINT64_C(64) * gen->sid;
	if (two_level) {
		unsigned effective = split == 8 || split == 10 ? split : 6;
		uint64_t index = gen->sid & low_bits(effective);
		unsigned span = 1;

		while (index >> (span - 1))
			span++;
		span += BELOW(effective + 2 - span);
		uint64_t leaf = smmu_gen_room(gen, gen->ids.OAS, UINT64_C(64) << effective);
		uint64_t l1std = leaf | (CHANCE(97) ? span : BELOW(32));

		if (log2size > effective + 3)
			base &= ~low_bits(log2size - effective + 3);
		gen->l1std_pa = base + UINT64_C(8) * (gen->sid >> effective);
		put(gen, gen->l1std_pa, &l1std, 1, false);
		gen->ste_address = leaf + 64 * index;
	}
	put(gen, gen->ste_address, gen->w.ste, 8, false);
}

/* ---- targets ---------------------------------------------------------- */

static uint64_t input_address(smmu_gen *gen)
{
	uint64_t r = smmu_random_next(&gen->random);
	walk *w = &gen->w;

	if (!w->stage1) {
		unsigned bits = w->stage2 ? ref_s2_input_bits(w) : gen->ids.OAS;

		return CHANCE(20) ? low_bits(bits) - (r & 0xfff) : r & low_bits(bits);
	}
	unsigned half = !w->single && CHANCE(40);

	if (ref_s1_lpae(w))
		return CHANCE(50) ? r & low_bits(25 + BELOW(8)) : low_bits(32) - (r & 0x1ffffff);
	if (!w->single && CD(w, half ? 30 : 14, half ? 30 : 14) && CHANCE(95))
		half = !half;
	unsigned bits = 64 - (unsigned)(half ? CD(w, 21, 16) : CD(w, 5, 0));

	r &= low_bits(bits);
	if (CHANCE(15))
		r = CHANCE(50) ? r & 0xffff : low_bits(bits) - (r & 0xffff);
	return half ? r | ~low_bits(bits) : r;
}

void smmu_gen_case(smmu_gen *gen)
{
	smmu_store_clear(&gen->store);
	gen->n_taken = gen->n_targets = gen->n_descriptors = gen->n_undo = 0;
	gen->cd_pa = gen->l1cd_pa = gen->l1std_pa = 0;
	gen->ssv = false;
	gen->registers = (refwalk_registers){
		.smmuen = CHANCE(99),
		.e2h = CHANCE(40),
		.recinvsid = CHANCE(85),
		.gbpa = CHANCE(70) ? 0x1000 : BELOW(0x200000) & 0x1f3f1f,
	};
	gen->w = (walk){
		.id = &gen->ids, .reg = &gen->registers, .rq = &gen->none, .out = &gen->unused
	};
	legal_ste(gen);
	walk *w = &gen->w;
	unsigned config = (unsigned)STE(w, 3, 1);

	w->stage1 = (config & 5) == 5 && gen->ids.S1P;
	w->stage2 = (config & 6) == 6 && gen->ids.S2P;
	w->single = config == 5 && gen->ids.Hyp && STE(w, 95, 94) == 2 && !gen->registers.e2h;
	if (w->stage1) {
		legal_cd(gen);
		place_cds(gen);
	}
	place_ste(gen);
	gen->n_targets = 1 + BELOW(SMMU_MAX_TARGETS);
	for (unsigned i = 0; i < gen->n_targets; i++) {
		gen->targets[i] = input_address(gen);
		if (w->stage1)
			smmu_gen_stage1(gen, gen->targets[i]);
		else if (w->stage2)
			smmu_gen_physical(gen, gen->targets[i], false);
	}
	if (CHANCE(40))
		smmu_gen_break(gen);
}

static uint64_t near_target(smmu_gen *gen)
{
	uint64_t a = gen->targets[BELOW(gen->n_targets)];

	switch (BELOW(12)) {
	case 0:
		return input_address(gen);
	case 1:
		return a ^ UINT64_C(1) << BELOW(64);
	case 2: /* another top byte */
		return (a & low_bits(56)) | smmu_random_next(&gen->random) << 56;
	case 3:
		return a + (UINT64_C(1) << BELOW(48));
	case 4:
		return a & ~low_bits(BELOW(30));
	case 5:
		return a | low_bits(BELOW(30));
	default:
		return a;
	}
}

void smmu_gen_request(smmu_gen *gen, refwalk_request *request)
{
	*request = (refwalk_request){
		.sid = CHANCE(96) ? gen->sid : (gen->sid ^ 1u << BELOW(17)),
		.ssv = CHANCE(92) ? gen->ssv : !gen->ssv,
		.address = near_target(gen),
		.access = "RRRWWXXA"[BELOW(8)],
		.privileged = CHANCE(45),
	};
	if (CHANCE(20)) {
		static const uint8_t types[] = { 0x00, 0x04, 0x08, 0x0c, 0x44,
						 0xff, 0xbb, 0x4f, 0xf4 };

		request->has_attrs = true;
		request->memtype = types[BELOW(sizeof types)];
		/* Device and Non-cacheable come as Outer Shareable (13.1). */
		request->sh = request->memtype <= 0x44 ? 2 : (uint8_t)BELOW(4);
	}
	if (request->ssv)
		request->ssid = CHANCE(93) ? gen->ssid : BELOW(CHANCE(50) ? 4 : 1u << 20);
}
