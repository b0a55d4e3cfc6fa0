/* SPDX-License-Identifier: MIT */
/* Table walks: s1_descriptors.tsv and s2_descriptors.tsv. */
#include "tests/conformance/refwalk-smmu-internal.h"

typedef struct leaf {
	uint64_t descriptor;
	uint64_t address; /* of the descriptor, PA */
	uint64_t output; /* of the whole page or block */
	unsigned lg2;
} leaf;

uint64_t ref_swapped(uint64_t word)
{
	uint64_t out = 0;

	for (unsigned i = 0; i < 8; i++)
		out |= (word >> (8 * i) & 0xff) << (56 - 8 * i);
	return out;
}

/* Lowest input address bit that an index of this level selects. */
unsigned ref_level_shift(const geometry *g, int level)
{
	return g->granule + (unsigned)(3 - level) * (g->granule - 3);
}

bool ref_block_allowed(const geometry *g, int level)
{
	switch (g->granule) {
	case 12:
		return level == 1 || level == 2 || (level == 0 && g->ds);
	case 14:
		return level == 2 || (level == 1 && g->ds);
	default:
		return level == 2 || (level == 1 && g->lpa);
	}
}

/* Address field of a descriptor whose low `shift` address bits are zero. */
uint64_t ref_descriptor_address(const geometry *g, uint64_t d, unsigned shift)
{
	if (g->granule == 16) {
		uint64_t a = d & low_bits(48) & ~low_bits(shift);

		return g->lpa ? a | part(d, 15, 12) << 48 : a;
	}
	if (g->ds)
		return (d & low_bits(50) & ~low_bits(shift)) | part(d, 9, 8) << 50;
	return d & low_bits(48) & ~low_bits(shift);
}

/* Where the walk stands. */
typedef struct step {
	int level;
	uint64_t table;
	uint64_t descriptor;
	uint64_t descriptor_pa;
} step;

uint64_t ref_entry_address(const geometry *g, int level, uint64_t table, uint64_t input)
{
	unsigned shift = ref_level_shift(g, level);
	unsigned top = level == g->start ? g->input_bits : ref_level_shift(g, level - 1);

	return table + ((input & low_bits(top)) >> shift) * 8;
}

uint64_t ref_start_table(const geometry *g)
{
	unsigned index_bits = g->input_bits - ref_level_shift(g, g->start);
	unsigned align = index_bits + 3;

	if (align < 4)
		align = 4;
	if (g->output_bits == 52 && align < 6)
		align = 6;
	return g->base & ~low_bits(align);
}

/* Descriptor types: 'i'nvalid, 't'able, 'l'eaf. */
char ref_descriptor_type(const geometry *g, int level, uint64_t d)
{
	if (!(d & 1))
		return 'i';
	if (level == 3)
		return d & 2 ? 'l' : 'i';
	if (d & 2)
		return 't';
	return ref_block_allowed(g, level) ? 'l' : 'i';
}

static uint64_t to_host(const geometry *g, uint64_t word)
{
	return g->big_endian ? ref_swapped(word) : word;
}

/* ---- stage 2 ---------------------------------------------------------- */

geometry ref_stage2_geometry(const walk *w)
{
	geometry g = { .granule = ref_granule(w->id, (unsigned)STE(w, 175, 174), false) };

	g.input_bits = ref_s2_input_bits(w);
	ref_s2_start(w, &g.start);
	g.base = STE(w, 243, 196) << 4;
	g.big_endian = STE(w, 180, 180);
	if (ref_s2_lpae(w)) {
		g.granule = 12;
		g.output_bits = 40;
		g.lpae = true;
		return g;
	}
	g.output_bits = ref_effective_size(w->id, (unsigned)STE(w, 178, 176));
	g.ds = w->id->DS && STE(w, 195, 195) && g.granule != 16;
	g.lpa = g.granule == 16 && w->id->OAS >= 52;
	return g;
}

static bool stage2_walk(walk *w, const geometry *g, uint64_t ipa, unsigned class, leaf *l)
{
	step s = { .level = g->start, .table = ref_start_table(g) };

	if (ipa >> g->input_bits)
		return ref_translation_fault(w, F_TRANSLATION, true, class, ipa, "330 IPA range");
	for (;; s.level++) {
		unsigned shift = ref_level_shift(g, s.level);

		s.descriptor_pa = ref_entry_address(g, s.level, s.table, ipa);
		if (!w->mem->read(w->mem->opaque, s.descriptor_pa, &s.descriptor))
			return ref_walk_abort(w, true, class, s.descriptor_pa);
		s.descriptor = to_host(g, s.descriptor);
		char type = ref_descriptor_type(g, s.level, s.descriptor);

		if (type == 'i')
			return ref_translation_fault(w, F_TRANSLATION, true, class, ipa,
						     "332 stage-2 descriptor");
		uint64_t out =
			ref_descriptor_address(g, s.descriptor, type == 't' ? g->granule : shift);

		if (out >> g->output_bits)
			return ref_translation_fault(w, F_ADDR_SIZE, true, class, ipa,
						     "333 stage-2 output size");
		if (type == 'l') {
			*l = (leaf){ s.descriptor, s.descriptor_pa, out, shift };
			return true;
		}
		s.table = out;
	}
}

typedef struct s2_rights {
	bool read, write, dirties, execute;
} s2_rights;

static s2_rights stage2_rights(const walk *w, uint64_t d)
{
	bool hw_dirty = STE(w, 184, 184) && STE(w, 183, 183) && part(d, 51, 51);
	unsigned xn = (unsigned)part(d, 54, 53);
	s2_rights r = { .read = part(d, 6, 6), .write = part(d, 7, 7) };

	if (!r.write && hw_dirty)
		r.write = r.dirties = true;
	if (w->id->XNX)
		r.execute = xn == 0 || xn == (w->priv ? 3u : 1u);
	else
		r.execute = !(xn & 2);
	if (ref_s2_lpae(w))
		r.execute = r.execute && r.read;
	return r;
}

/* False: a permission fault was reported. */
static bool stage2_permitted(walk *w, const s2_rights *r, uint64_t ipa, unsigned class, bool write,
			     uint64_t memattr)
{
	bool allowed, atomic_read = false;

	if (class != CLASS_IN) {
		if (STE(w, 182, 182) && ref_s2_device(w, memattr))
			return ref_permission_fault(w, true, class, ipa, write, false, "312 S2PTW");
		allowed = write ? r->write : r->read;
	} else {
		allowed = (!w->reads || r->read) && (!w->writes || r->write) &&
			  (!w->inst || r->execute);
		atomic_read = w->reads && w->writes && r->write && !r->read;
	}
	if (allowed)
		return true;
	return ref_permission_fault(w, true, class, ipa, write, atomic_read, "335 S2AP/XN");
}

bool ref_stage2(walk *w, uint64_t ipa, unsigned class, bool write, uint64_t *pa, attributes *attrs,
		uint64_t *memattr, unsigned *leaf_lg2)
{
	geometry g = ref_stage2_geometry(w);
	bool ha = STE(w, 184, 184), affd = STE(w, 181, 181);
	leaf l = { 0 };

	if (!stage2_walk(w, &g, ipa, class, &l))
		return false;
	if (!part(l.descriptor, 10, 10) && !ha && !affd)
		return ref_translation_fault(w, F_ACCESS, true, class, ipa, "334 stage-2 AF");
	s2_rights r = stage2_rights(w, l.descriptor);

	*memattr = part(l.descriptor, 5, 2);
	if (!stage2_permitted(w, &r, ipa, class, write, *memattr))
		return false;
	uint64_t updated = l.descriptor;

	if (ha)
		updated |= UINT64_C(1) << 10;
	if (r.dirties && (class == CLASS_IN ? w->writes : write))
		updated |= UINT64_C(1) << 7;
	if (updated != l.descriptor &&
	    !w->mem->write(w->mem->opaque, l.address, to_host(&g, updated)))
		return ref_walk_abort(w, true, class, l.address);
	attrs->sh = (unsigned)(g.ds ? STE(w, 173, 172) : part(l.descriptor, 9, 8));
	if (attrs->sh == 1)
		attrs->sh = 0;
	*leaf_lg2 = l.lg2;
	*pa = l.output | (ipa & low_bits(l.lg2));
	return true;
}

/* ---- stage 1 ---------------------------------------------------------- */

typedef struct hierarchy {
	bool no_unprivileged, no_write, uxn, pxn;
} hierarchy;

geometry ref_stage1_geometry(const walk *w, unsigned half)
{
	geometry g = { 0 };
	unsigned tsz = (unsigned)(half ? CD(w, 21, 16) : CD(w, 5, 0));

	if (ref_s1_lpae(w)) {
		g.granule = 12;
		g.input_bits = 32 - (tsz & 7);
		g.start = g.input_bits > 30 ? 1 : 2;
		g.base = (half ? CD(w, 179, 132) : CD(w, 115, 68)) << 4;
		g.output_bits = 40;
		g.big_endian = CD(w, 15, 15);
		g.lpae = true;
		return g;
	}
	g.granule = ref_granule(w->id, (unsigned)(half ? CD(w, 23, 22) : CD(w, 7, 6)), half);
	g.input_bits = 64 - tsz;
	g.start = 3 - (int)((g.input_bits - g.granule - 1) / (g.granule - 3));
	g.base = (half ? CD(w, 179, 132) : CD(w, 115, 68)) << 4;
	g.output_bits = ref_effective_size(w->id, (unsigned)CD(w, 34, 32));
	g.ds = w->id->DS && CD(w, 186, 186) && g.granule != 16;
	g.lpa = g.granule == 16 && w->id->OAS >= 52;
	g.big_endian = CD(w, 15, 15);
	return g;
}

static bool stage1_fault(walk *w, unsigned id, const char *why)
{
	return ref_translation_fault(w, id, false, CLASS_IN, 0, why);
}

/* VMSAv8-32: Arm ARM Table G5-2. False: in neither half. */
bool ref_stage1_half_lpae(const walk *w, uint64_t va, unsigned *half)
{
	unsigned t0sz = (unsigned)CD(w, 2, 0), t1sz = (unsigned)CD(w, 18, 16);
	uint64_t end0 = UINT64_C(1) << (32 - t0sz);
	uint64_t start1 = (UINT64_C(1) << 32) - (UINT64_C(1) << (32 - t1sz));

	*half = 0;
	if (va >> 32)
		return false;
	if (w->single)
		return va < end0;
	if (t0sz == 0 && t1sz == 0)
		*half = 0;
	else if (t1sz == 0)
		*half = va >= end0;
	else
		*half = va >= start1;
	return *half || t0sz == 0 || va < end0;
}

static bool stage1_input_lpae(walk *w, uint64_t va, unsigned *half)
{
	if (!ref_stage1_half_lpae(w, va, half))
		return stage1_fault(w, F_TRANSLATION, "300 VA range");
	if (!w->single && (*half ? CD(w, 30, 30) : CD(w, 14, 14)))
		return stage1_fault(w, F_TRANSLATION, "301 EPD");
	/* A block may straddle the boundary of the halves. */
	uint64_t t0sz = CD(w, 2, 0), t1sz = CD(w, 18, 16);

	w->out->input_end = UINT64_C(1) << 32;
	if (*half == 0 && t0sz)
		w->out->input_end = UINT64_C(1) << (32 - t0sz);
	else if (*half == 0 && t1sz && !w->single)
		w->out->input_end -= UINT64_C(1) << (32 - t1sz);
	return true;
}

/* Checks 300 to 302; picks the half. */
static bool stage1_input(walk *w, uint64_t va, unsigned *half)
{
	if (ref_s1_lpae(w))
		return stage1_input_lpae(w, va, half);
	*half = !w->single && part(va, 55, 55);
	bool epd = *half ? CD(w, 30, 30) : !w->single && CD(w, 14, 14);
	bool tbi = *half ? CD(w, 39, 39) : CD(w, 38, 38);
	bool e0pd = w->id->E0PD && !w->single && (*half ? CD(w, 130, 130) : CD(w, 66, 66));
	unsigned top = tbi ? 55 : 63;

	if (epd)
		return stage1_fault(w, F_TRANSLATION, "301 EPD");
	geometry g = ref_stage1_geometry(w, *half);

	for (unsigned bit = g.input_bits; bit <= top; bit++) {
		if (part(va, bit, bit) != *half)
			return stage1_fault(w, F_TRANSLATION, "300 VA range");
	}
	if (e0pd && !w->priv)
		return stage1_fault(w, F_TRANSLATION, "302 E0PD");
	return true;
}

/* The PA of a stage-1 descriptor; nested, through stage 2. */
static bool descriptor_pa(walk *w, uint64_t address, bool write, uint64_t *pa)
{
	attributes unused;
	uint64_t memattr;
	unsigned lg2;

	*pa = address;
	return !w->stage2 || ref_stage2(w, address, CLASS_TT, write, pa, &unused, &memattr, &lg2);
}

static bool stage1_walk(walk *w, const geometry *g, unsigned half, uint64_t va, leaf *l,
			hierarchy *h, uint64_t *leaf_ipa)
{
	step s = { .level = g->start, .table = ref_start_table(g) };
	bool had = w->id->HAD && (half ? CD(w, 129, 129) : CD(w, 65, 65));

	for (;; s.level++) {
		unsigned shift = ref_level_shift(g, s.level);
		uint64_t ipa = ref_entry_address(g, s.level, s.table, va);

		if (!descriptor_pa(w, ipa, false, &s.descriptor_pa))
			return false;
		if (!w->mem->read(w->mem->opaque, s.descriptor_pa, &s.descriptor))
			return ref_walk_abort(w, false, CLASS_TT, s.descriptor_pa);
		s.descriptor = to_host(g, s.descriptor);
		char type = ref_descriptor_type(g, s.level, s.descriptor);

		if (type == 'i')
			return stage1_fault(w, F_TRANSLATION, "314 stage-1 descriptor");
		uint64_t out =
			ref_descriptor_address(g, s.descriptor, type == 't' ? g->granule : shift);

		if (out >> g->output_bits)
			return stage1_fault(w, F_ADDR_SIZE, "315 stage-1 output size");
		if (type == 'l') {
			*l = (leaf){ s.descriptor, s.descriptor_pa, out, shift };
			*leaf_ipa = ipa;
			return true;
		}
		if (!had) {
			h->no_unprivileged |= part(s.descriptor, 61, 61);
			h->no_write |= part(s.descriptor, 62, 62);
			h->uxn |= part(s.descriptor, 60, 60);
			h->pxn |= part(s.descriptor, 59, 59);
		}
		s.table = out;
	}
}

typedef struct s1_rights {
	bool read, write, execute;
	bool dirties; /* a write clears AP[2] */
} s1_rights;

/* VMSAv8-32: XN is for both privileges, fetches need to read, writable is not PXN. */
static s1_rights stage1_rights_lpae(const walk *w, uint64_t d, const hierarchy *h)
{
	bool read_only = part(d, 7, 7) || h->no_write, wxn = CD(w, 36, 36);
	bool user = w->single || (part(d, 6, 6) && !h->no_unprivileged);
	bool user_write = user && !read_only;
	bool xn = part(d, 54, 54) || h->uxn;
	bool pxn = !w->single && (part(d, 53, 53) || h->pxn || (CD(w, 37, 37) && user_write));
	s1_rights r = { 0 };

	if (w->single || w->priv) {
		bool never = !w->single && CD(w, 40, 40) && user;

		r.read = !never;
		r.write = !never && !read_only;
		r.execute = !xn && !pxn && !(wxn && !read_only);
		return r;
	}
	r.read = user;
	r.write = user_write;
	r.execute = user && !xn && !(wxn && user_write);
	return r;
}

/* CD.PIIP and PIIU by PIIndex; values: bit 0 read, bit 1 execute, bit 2 write. */
static s1_rights stage1_rights_indirect(const walk *w, uint64_t d)
{
	unsigned index = (unsigned)(part(d, 54, 54) << 3 | part(d, 53, 53) << 2 |
				    part(d, 51, 51) << 1 | part(d, 6, 6));
	unsigned piip = (unsigned)field(w->cd, 448 + 3 * index, 3);
	unsigned piiu = w->single ? 0 : (unsigned)field(w->cd, 384 + 3 * index, 3);
	unsigned rights = w->single || w->priv ? piip : piiu;
	bool clean = part(d, 7, 7), update = CD(w, 43, 43) && CD(w, 42, 42);
	s1_rights r = { 0 };

	if (!w->single && w->priv && CD(w, 40, 40) && piiu)
		rights &= 2;
	r.read = rights & 1;
	r.execute = rights & 2;
	/* Clean pages become dirty, or refuse. */
	r.write = (rights & 4) && (!clean || update);
	r.dirties = clean && r.write;
	return r;
}

static s1_rights stage1_rights(const walk *w, uint64_t d, const hierarchy *h)
{
	if (ref_s1_indirect(w))
		return stage1_rights_indirect(w, d);
	if (ref_s1_lpae(w))
		return stage1_rights_lpae(w, d, h);
	bool clean = CD(w, 43, 43) && CD(w, 42, 42) && part(d, 51, 51) && part(d, 7, 7);
	bool read_only = (part(d, 7, 7) && !clean) || h->no_write;
	bool user = part(d, 6, 6) && !h->no_unprivileged;
	bool wxn = CD(w, 36, 36);
	s1_rights r = { .dirties = clean && !read_only };

	if (w->single) {
		r.read = true;
		r.write = !read_only;
		r.execute = !(part(d, 54, 54) || h->uxn) && !(wxn && r.write);
		return r;
	}
	bool user_write = user && !read_only;
	bool user_execute = !(part(d, 54, 54) || h->uxn) && !(wxn && user_write);
	bool priv_execute = !(part(d, 53, 53) || h->pxn) && !user_write && !(wxn && !read_only);

	if (!w->priv) {
		r.read = user;
		r.write = user_write;
		r.execute = user_execute;
		return r;
	}
	bool epan = w->id->EPAN && CD(w, 123, 123);
	bool never = CD(w, 40, 40) && (user || (epan && user_execute));

	r.read = !never;
	r.write = !never && !read_only;
	r.execute = priv_execute;
	return r;
}

static attributes stage1_attributes(const walk *w, const geometry *g, unsigned half, uint64_t d)
{
	unsigned index = (unsigned)part(d, 4, 2);

	if (!g->lpae && w->id->AIE && CD(w, 131, 131) && part(d, 59, 59))
		index = 7; /* above 7: the last byte */
	attributes a = ref_mair((unsigned)field(w->cd, 192 + 8 * index, 8));

	a.sh = (unsigned)(g->ds ? (half ? CD(w, 29, 28) : CD(w, 13, 12)) : part(d, 9, 8));
	if (a.sh == 1)
		a.sh = 0;
	return a;
}

/* Write the flags back; nested, that is a write at stage 2. */
static bool stage1_update(walk *w, const geometry *g, const leaf *l, uint64_t ipa, uint64_t updated)
{
	uint64_t pa;

	if (updated == l->descriptor)
		return true;
	if (!descriptor_pa(w, ipa, true, &pa))
		return false;
	if (!w->mem->write(w->mem->opaque, pa, to_host(g, updated)))
		return ref_walk_abort(w, false, CLASS_TT, pa);
	return true;
}

bool ref_stage1(walk *w, uint64_t va, uint64_t *ipa, attributes *attrs, unsigned *leaf_lg2)
{
	bool ha = !ref_s1_lpae(w) && CD(w, 43, 43), affd = CD(w, 35, 35);
	hierarchy h = { 0 };
	uint64_t leaf_ipa = 0;
	unsigned half;
	leaf l = { 0 };

	if (!stage1_input(w, va, &half))
		return false;
	geometry g = ref_stage1_geometry(w, half);

	if (!stage1_walk(w, &g, half, va, &l, &h, &leaf_ipa))
		return false;
	if (!part(l.descriptor, 10, 10) && !ha && !affd)
		return stage1_fault(w, F_ACCESS, "320 stage-1 AF");
	s1_rights r = stage1_rights(w, l.descriptor, &h);

	if ((w->reads && !r.read) || (w->writes && !r.write) || (w->inst && !r.execute))
		return ref_permission_fault(w, false, CLASS_IN, 0, false,
					    w->reads && w->writes && r.write, "321 AP/XN");
	uint64_t updated = l.descriptor;

	if (ha)
		updated |= UINT64_C(1) << 10;
	if (r.dirties && w->writes)
		updated &= ~(UINT64_C(1) << 7);
	if (!stage1_update(w, &g, &l, leaf_ipa, updated))
		return false;
	*attrs = stage1_attributes(w, &g, half, l.descriptor);
	*leaf_lg2 = l.lg2;
	*ipa = l.output | (va & low_bits(l.lg2));
	return true;
}
