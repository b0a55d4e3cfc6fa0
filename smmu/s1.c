/* SPDX-License-Identifier: MIT */
/* Stage 1: the address of a device to an IPA, or a PA without stage 2. */
#include "core/race.h"
#include "smmu/layouts/descriptors.h"
#include "smmu/walk.h"

struct s1_walk {
	smmu *s;
	const struct smmu_tx *tx;
	const struct smmu_context *c;
	const struct smmu_half *half;
	struct smmu_fault *f;
	uint64_t va; /* with the top byte replaced where it is ignored */
	struct smmu_table_limits limits;
	bool ns; /* Secure streams: tables from here on are Non-secure */
};

/* From an address that no half takes, or a disabled one, to where the next may begin. */
static uint64_t gap(const struct s1_walk *w)
{
	const struct smmu_s1 *s1 = &w->c->s1;
	const uint64_t low = iom_mask(55);
	uint64_t va = w->tx->address, start;

	if (s1->lpae) {
		start = (UINT64_C(1) << 32) - (UINT64_C(1) << s1->half[1].ia_bits);
		if (va >> 32)
			return ~va;
		return (va < start ? start : UINT64_C(1) << 32) - va;
	}
	start = ~iom_mask(s1->half[1].ia_bits) & low;
	if (s1->two_halves && va >> 55 & 1 && (va & low) < start)
		return start - (va & low);
	return (va | low) - va + 1;
}

/* What the descriptor of `level` stands for, from the address on. */
static uint64_t hole(const struct s1_walk *w, int level)
{
	uint64_t low;

	if (!w->half || level < 0)
		return gap(w);
	low = iom_mask(smmu_level_shift(w->half->granule_lg2, level));
	return low + 1 - (w->va & low);
}

static bool fail(const struct s1_walk *w, enum smmu_event event, enum smmu_diagnosis diagnosis,
		 int level, uint64_t fetch)
{
	smmu_fault_set(w->f, event, event == SMMU_F_WALK_EABT ? 0 : 1, diagnosis);
	w->f->class = event == SMMU_F_WALK_EABT ? SMMU_CLASS_TT : SMMU_CLASS_IN;
	w->f->level = (int8_t)level;
	w->f->fetch = fetch;
	w->f->hole = hole(w, level);
	return false;
}

/* No descriptor. A prefetch may look ahead: how many more there are. */
static bool absent(const struct s1_walk *w, int level, unsigned space, uint64_t pa)
{
	fail(w, SMMU_F_TRANSLATION, SMMU_DIAG_S1_INVALID, level, pa);
	if (w->tx->passive)
		w->f->hole +=
			smmu_absent_after(w->s, space, w->c->s1.big_endian, pa,
					  w->va >> smmu_level_shift(w->half->granule_lg2, level),
					  w->half->granule_lg2)
			<< smmu_level_shift(w->half->granule_lg2, level);
	return false;
}

static bool fetch_failed(const struct s1_walk *w, iom_mem_status status, int level, uint64_t pa)
{
	fail(w, SMMU_F_WALK_EABT, SMMU_DIAG_S1_WALK_ABORT, level, pa);
	w->f->gpcf = status == SMMU_MEM_GPF;
	return false;
}

static bool nested(const struct s1_walk *w)
{
	return w->c->mode == SMMU_MODE_NESTED;
}

static unsigned memory_space(const struct s1_walk *w)
{
	return w->c->space == IOM_SPACE_SECURE && w->ns ? IOM_SPACE_NONSECURE : w->c->space;
}

/* 3.4.1 Input address size, 5.4.1.1 EPDx, E0PDx: choose the half, check the range. */
static bool choose_half(struct s1_walk *w)
{
	const struct smmu_s1 *s1 = &w->c->s1;
	uint64_t va = w->tx->address;
	unsigned upper = 0;

	if (s1->lpae) {
		unsigned t0 = 32u - s1->half[0].ia_bits, t1 = 32u - s1->half[1].ia_bits;

		if (va >> 32)
			return fail(w, SMMU_F_TRANSLATION, SMMU_DIAG_S1_RANGE, -1, va);
		if (s1->two_halves) {
			if (t1)
				upper = va >= (UINT64_C(1) << 32) - (UINT64_C(1) << (32 - t1));
			else
				upper = t0 && va >> (32 - t0);
		}
		w->half = &s1->half[upper];
		w->va = va;
		if (w->half->disabled)
			return fail(w, SMMU_F_TRANSLATION, SMMU_DIAG_S1_EPD, -1, va);
		if (!upper && va >> w->half->ia_bits)
			return fail(w, SMMU_F_TRANSLATION, SMMU_DIAG_S1_RANGE, -1, va);
		return true;
	}
	if (s1->two_halves)
		upper = va >> 55 & 1;
	w->half = &s1->half[upper];
	if (w->half->tbi)
		va = upper ? va | UINT64_C(0xff) << 56 : va & iom_mask(56);
	w->va = va;
	if (w->half->disabled)
		return fail(w, SMMU_F_TRANSLATION, SMMU_DIAG_S1_EPD, -1, va);
	if ((upper ? ~va : va) >> w->half->ia_bits)
		return fail(w, SMMU_F_TRANSLATION, SMMU_DIAG_S1_RANGE, -1, va);
	if (w->half->e0pd && !w->tx->privileged && !s1->one_privilege)
		return fail(w, SMMU_F_TRANSLATION, SMMU_DIAG_S1_E0PD, -1, va);
	return true;
}

static void scope_of(const struct s1_walk *w, int level, iom_cache_scope *scope)
{
	scope->hi = w->c->digest;
	scope->lo = smmu_scope_lo(SMMU_SCOPE_WALK1, level, w->c->space, w->c->world, w->c->vmid,
				  w->c->s1.asid);
}

static int start(struct s1_walk *w, uint64_t *table)
{
	iom_cache *cache = w->s->caches[IOM_CACHE_WALK];

	*table = w->half->ttb;
	w->ns = w->half->ns;
	if (!iom_cache_enabled(cache))
		return w->half->start_level;
	for (int level = 2; level >= w->half->start_level; level--) {
		struct smmu_walk_entry e;
		iom_cache_scope scope;

		scope_of(w, level, &scope);
		if (iom_cache_lookup(cache, &scope, w->va, &e, sizeof(e), NULL)) {
			*table = e.table;
			w->limits =
				(struct smmu_table_limits){ e.no_write, e.no_user, e.uxn, e.pxn };
			w->ns = e.ns;
			return level + 1;
		}
	}
	return w->half->start_level;
}

/*
 * VMSAv8-32 has halves whose border is not where blocks begin: with TxSZ 0 the
 * table of a half also describes what belongs to the other one.
 */
static unsigned cover_lg2(const struct s1_walk *w, unsigned page_lg2)
{
	const struct smmu_s1 *s1 = &w->c->s1;

	if (s1->lpae && s1->two_halves)
		page_lg2 = MIN(page_lg2, MIN(s1->half[0].ia_bits, s1->half[1].ia_bits));
	return page_lg2;
}

/* A block of the lower half does not go on where the upper half begins. */
static uint64_t rest_of_half(const struct s1_walk *w)
{
	const struct smmu_s1 *s1 = &w->c->s1;
	uint64_t end;

	if (!s1->lpae || w->half != &s1->half[0])
		return UINT64_MAX;
	end = UINT64_C(1) << s1->half[0].ia_bits;
	if (s1->two_halves && s1->half[1].ia_bits < 32)
		end = MIN(end, (UINT64_C(1) << 32) - (UINT64_C(1) << s1->half[1].ia_bits));
	return end - w->va;
}

static void keep_table(const struct s1_walk *w, int level, uint64_t table)
{
	iom_cache *cache = w->s->caches[IOM_CACHE_WALK];
	struct smmu_walk_entry e = { table,         w->limits.no_write, w->limits.no_user,
				     w->limits.uxn, w->limits.pxn,      w->ns };
	iom_cache_scope scope;
	iom_tag *tags[3] = { w->c->regime_tag, w->c->vmid_tag, w->c->asid_tag };

	if (!iom_cache_enabled(cache) || !smmu_tx_keeps(w->tx))
		return;
	scope_of(w, level, &scope);
	iom_cache_insert(cache, &scope, w->va,
			 cover_lg2(w, smmu_level_shift(w->half->granule_lg2, level)), &e, sizeof(e),
			 tags, 3, w->tx->epoch);
}

/* Where the descriptor at `address` is: through stage 2 when there is one. */
static bool descriptor_pa(struct s1_walk *w, uint64_t address, unsigned need, uint64_t *pa,
			  unsigned *space)
{
	struct smmu_s2_out s2;

	*pa = address;
	*space = memory_space(w);
	if (!nested(w))
		return true;
	if (!smmu_s2_translate(w->s, w->tx, w->c, w->c->space == IOM_SPACE_SECURE && !w->ns ? 1 : 0,
			       address, SMMU_CLASS_TT, need, &s2, w->f))
		return false;
	*pa = s2.pa;
	if (w->c->space == IOM_SPACE_SECURE || w->c->space == IOM_SPACE_REALM)
		*space = s2.ns ? IOM_SPACE_NONSECURE : w->c->space;
	return true;
}

/* Swap a descriptor at an IPA or PA: 1 done, 0 fault, -1 it changed meanwhile. */
static int update(struct s1_walk *w, uint64_t address, uint64_t desc, uint64_t want, int level)
{
	uint64_t pa, found = desc;
	iom_mem_status status;
	unsigned space;

	/* 3.13.5: to stage 2 the update is a write. */
	if (!descriptor_pa(w, address, IOM_READ | IOM_WRITE, &pa, &space))
		return 0;
	status = smmu_desc_cas(w->s, space, pa, w->c->s1.big_endian, &found, want);
	if (status != IOM_MEM_OK)
		return fetch_failed(w, status, level, pa);
	if (found != desc)
		return -1;
	if (iom_observed(&w->s->iommu))
		iom_step_write(&w->s->iommu, smmu_level_name(1, level), &smmu_s1_leaf_layout, pa,
			       w->va, &want, 1);
	return 1;
}

static void fill_leaf(const struct s1_walk *w, uint64_t desc, int level, uint64_t oa,
		      struct smmu_s1_out *out)
{
	const struct smmu_s1 *s1 = &w->c->s1;
	unsigned shift = smmu_level_shift(w->half->granule_lg2, level);
	unsigned index = (unsigned)iom_get(desc, 4, 2);

	/* 5.4 AIE: a fourth index bit; there are only eight attributes. */
	if (s1->aie && iom_get(desc, 59, 59))
		index = 7;
	out->oa = oa | (w->va & iom_mask(shift));
	out->page_lg2 = (uint8_t)shift;
	out->split = cover_lg2(w, shift) < shift;
	out->rest = rest_of_half(w);
	out->level = (int8_t)level;
	out->mair = (uint8_t)(s1->mair >> (8 * index));
	out->sh = s1->ds && w->half->granule_lg2 != 16 ? w->half->sh : (uint8_t)iom_get(desc, 9, 8);
	/* Single-privilege regimes without ASID have no global entries; Secure
	 * descriptors from Non-secure memory are never global. */
	out->global = !iom_get(desc, 11, 11) && w->c->world != SMMU_EL2 &&
		      w->c->world != SMMU_EL3 && !(w->c->space == IOM_SPACE_SECURE && w->ns);
	if (w->c->space == IOM_SPACE_SECURE)
		out->ns = w->ns || iom_get(desc, 5, 5);
	else
		out->ns = w->c->space == IOM_SPACE_REALM &&
			  (w->c->world == SMMU_EL2 || w->c->world == SMMU_EL2_E2H) &&
			  iom_get(desc, 5, 5);
	smmu_s1_permissions(s1, desc, &w->limits, out);
	/* With E0PD nothing is granted that a later unprivileged access could use. */
	if (w->half->e0pd)
		out->perm[0] = out->grant[0] = 0;
}

/* 6.3.57 SIF, and Realm streams: instructions do not come from Non-secure memory. */
static bool instruction_space(const struct s1_walk *w, const struct smmu_s1_out *out)
{
	if (!(w->tx->need & IOM_EXECUTE) || !out->ns)
		return true;
	if (w->c->space == IOM_SPACE_SECURE)
		return !(smmu_reg(w->s, IOM_SPACE_SECURE, SMMU_R_CR0) & SMMU_CR0_SIF);
	return w->c->space != IOM_SPACE_REALM;
}

static int leaf(struct s1_walk *w, uint64_t desc, uint64_t address, int level, uint64_t oa,
		struct smmu_s1_out *out)
{
	const struct smmu_s1 *s1 = &w->c->s1;
	const struct smmu_tx *tx = w->tx;
	bool probe = tx->origin == SMMU_ATS_REQUEST, af = iom_get(desc, 10, 10);
	uint64_t want = desc;
	unsigned grants;
	int done;

	if (!af && !s1->ha && !s1->affd)
		return fail(w, SMMU_F_ACCESS, SMMU_DIAG_S1_ACCESS, level, address);
	fill_leaf(w, desc, level, oa, out);
	grants = out->grant[tx->privileged];
	if (probe)
		grants = smmu_ats_granted(tx, grants);
	if (!probe && (tx->need & ~grants)) {
		w->f->read_refused = tx->atomic && (grants & IOM_WRITE);
		return fail(w, SMMU_F_PERMISSION, SMMU_DIAG_S1_PERMISSION, level, address);
	}
	if (!probe && !instruction_space(w, out))
		return fail(w, SMMU_F_PERMISSION, SMMU_DIAG_SIF, level, address);
	if (!s1->ha)
		return 1;
	/* 3.13.2, 3.13.3: flags in the descriptor, set in one step. */
	if (!af && (!probe || grants))
		want |= UINT64_C(1) << 10;
	if ((!probe && (tx->need & ~out->perm[tx->privileged])) ||
	    (probe && tx->dirty && (grants & ~out->perm[tx->privileged] & IOM_WRITE)))
		want &= ~(UINT64_C(1) << 7);
	/* A prefetch sets no flag, and is of no use without. */
	if (tx->ahead && want != desc)
		return fail(w, SMMU_F_ACCESS, SMMU_DIAG_S1_ACCESS, level, address);
	if (!smmu_tx_keeps(tx)) {
		memcpy(out->perm, out->grant, 2);
		return 1;
	}
	if (want == desc)
		return 1;
	done = update(w, address, desc, want, level);
	if (done == 1) {
		fill_leaf(w, want, level, oa, out);
		out->updated = true;
	}
	return done;
}

/* D8.4.1 Hierarchical control of permissions; NSTable. 1, 0 or -1 as leaf(). */
static int table(struct s1_walk *w, uint64_t desc, uint64_t address, int level)
{
	const struct smmu_s1 *s1 = &w->c->s1;
	int done = 1;

	if (s1->haft && !iom_get(desc, 10, 10) && w->tx->ahead)
		return fail(w, SMMU_F_ACCESS, SMMU_DIAG_S1_ACCESS, level, address);
	if (s1->haft && !iom_get(desc, 10, 10) && !w->tx->passive)
		done = update(w, address, desc, desc | UINT64_C(1) << 10, level);
	if (done != 1)
		return done;
	if (!w->half->had && !s1->pie) {
		w->limits.no_write |= iom_get(desc, 62, 62);
		w->limits.no_user |= iom_get(desc, 61, 61);
		w->limits.uxn |= iom_get(desc, 60, 60);
		w->limits.pxn |= iom_get(desc, 59, 59);
	}
	if (w->c->space == IOM_SPACE_SECURE)
		w->ns |= iom_get(desc, 63, 63);
	return 1;
}

/* One level: reads the descriptor at `address` (IPA or PA). As leaf(). */
static int step(struct s1_walk *w, int level, uint64_t address, uint64_t *next,
		struct smmu_s1_out *out, bool *is_leaf)
{
	smmu *s = w->s;
	const struct smmu_half *h = w->half;
	bool ds = w->c->s1.ds && h->granule_lg2 != 16, is_table;
	unsigned shift = smmu_level_shift(h->granule_lg2, level), space;
	uint64_t pa, desc, oa;
	iom_mem_status status;

	if (!descriptor_pa(w, address, IOM_READ, &pa, &space)) {
		w->f->hole = hole(w, level);
		return 0;
	}
	if (w->tx->walk_reads)
		++*w->tx->walk_reads;
	status = smmu_desc_read(s, space, pa, w->c->s1.big_endian, &desc);
	if (status != IOM_MEM_OK)
		return fetch_failed(w, status, level, pa);
	is_table = (desc & 3) == 3 && level < 3;
	*is_leaf = level == 3 ? (desc & 3) == 3
			      : (desc & 3) == 1 && smmu_block_allowed(h->granule_lg2, level, ds,
								      s->ids.oas_bits);
	if (iom_observed(&s->iommu))
		iom_step_read(&s->iommu, smmu_level_name(1, level),
			      is_table ? &smmu_table_desc_layout : &smmu_s1_leaf_layout, pa, w->va,
			      &desc, 1);
	if (!is_table && !*is_leaf)
		return absent(w, level, space, pa);
	oa = smmu_desc_address(desc, h->granule_lg2, is_table ? h->granule_lg2 : shift, ds,
			       s->ids.oas_bits);
	if (oa >> w->c->s1.oa_bits)
		return fail(w, SMMU_F_ADDR_SIZE, SMMU_DIAG_S1_ADDR_SIZE, level, pa);
	*next = oa;
	if (*is_leaf)
		return leaf(w, desc, address, level, oa, out);
	return table(w, desc, address, level);
}

bool smmu_s1_translate(smmu *s, const struct smmu_tx *tx, const struct smmu_context *c,
		       struct smmu_s1_out *out, struct smmu_fault *f)
{
	struct s1_walk w = { .s = s, .tx = tx, .c = c, .f = f };
	unsigned races = 0;
	uint64_t base, next = 0;
	int level;

	*out = (struct smmu_s1_out){ 0 };
	if (!choose_half(&w))
		return false;
	level = start(&w, &base);
	while (level <= 3) {
		unsigned shift = smmu_level_shift(w.half->granule_lg2, level);
		unsigned bits = level == w.half->start_level ? w.half->ia_bits - shift
							     : w.half->granule_lg2 - 3u;
		uint64_t address = base | (w.va >> shift & iom_mask(bits)) << 3;
		bool is_leaf = false;
		int done = step(&w, level, address, &next, out, &is_leaf);

		if (done < 0) {
			if (iom_race_again(&races))
				continue;
			fail(&w, SMMU_F_WALK_EABT, SMMU_DIAG_UPDATE_RACE, level, address);
			f->retry = true;
			return false;
		}
		if (!done)
			return false;
		if (is_leaf)
			return true;
		keep_table(&w, level, next);
		base = next;
		level++;
	}
	return fail(&w, SMMU_F_TRANSLATION, SMMU_DIAG_S1_INVALID, 3, base);
}
