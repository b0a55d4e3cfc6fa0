/* SPDX-License-Identifier: MIT */
/* Stage 2: IPA to PA (3.4 Address sizes, Arm ARM D8.2 Translation process). */
#include "core/race.h"
#include "smmu/layouts/descriptors.h"
#include "smmu/walk.h"

struct s2_walk {
	smmu *s;
	const struct smmu_tx *tx;
	const struct smmu_context *c;
	const struct smmu_s2 *s2;
	unsigned ipa_space;
	unsigned walk_space;
	uint64_t ipa;
	enum smmu_class class;
	unsigned need;
	struct smmu_fault *f;
};

static bool fail(const struct s2_walk *w, enum smmu_event event, enum smmu_diagnosis diagnosis,
		 int level, uint64_t fetch)
{
	smmu_fault_set(w->f, event, event == SMMU_F_WALK_EABT ? 0 : 2, diagnosis);
	w->f->s2 = true;
	w->f->class = (uint8_t)w->class;
	w->f->ipa = w->ipa;
	w->f->level = (int8_t)level;
	w->f->fetch = fetch;
	w->f->hole = ~w->ipa; /* beyond the input range there is nothing */
	if (level >= 0) {
		uint64_t low = iom_mask(smmu_level_shift(w->s2->granule_lg2, level));

		w->f->hole = low + 1 - (w->ipa & low);
	}
	w->f->tt_write = w->class == SMMU_CLASS_TT && (w->need & IOM_WRITE);
	w->f->ns_ipa = w->c->space == IOM_SPACE_SECURE && w->ipa_space == 0;
	return false;
}

static bool fetch_failed(const struct s2_walk *w, iom_mem_status status, int level, uint64_t pa)
{
	fail(w, SMMU_F_WALK_EABT, SMMU_DIAG_S2_WALK_ABORT, level, pa);
	w->f->gpcf = status == SMMU_MEM_GPF;
	return false;
}

static void scope_of(const struct s2_walk *w, int level, iom_cache_scope *scope)
{
	enum smmu_scope_kind kind = w->ipa_space ? SMMU_SCOPE_S2_SECURE : SMMU_SCOPE_S2;

	if (level >= -1)
		kind = w->ipa_space ? SMMU_SCOPE_WALK2_SECURE : SMMU_SCOPE_WALK2;
	scope->hi = w->c->s2_digest;
	scope->lo =
		smmu_scope_lo(kind, level >= -1 ? level : -1, w->c->space, SMMU_EL1, w->c->vmid, 0);
}

/* Permissions, the same for a leaf from memory and from the cache. */
static bool check(const struct s2_walk *w, const struct smmu_s2_out *out, uint8_t granted[2])
{
	unsigned have = granted[w->tx->privileged];

	/* An access of the walk itself is a data access; 3.26.2: mostly read-only
	 * pages stay writable for it. */
	if (w->class != SMMU_CLASS_IN) {
		if (w->class == SMMU_CLASS_TT && out->mostly_ro)
			have |= IOM_WRITE;
	}
	return (w->need & ~have) == 0;
}

/* 5.2 S2PTW: no stage 1 table or CD in Device memory. */
static bool check_ptw(const struct s2_walk *w, const struct smmu_s2_out *out)
{
	return !(w->class != SMMU_CLASS_IN && w->s2->ptw &&
		 smmu_memattr_device(out->memattr, w->s2->fwb, w->s->ids.mteperm));
}

/* Translations of a stream with stage 2 alone are in the IOTLB already. */
static bool in_iotlb(const struct s2_walk *w)
{
	return w->class == SMMU_CLASS_IN && w->c->mode == SMMU_MODE_S2 &&
	       w->c->space != IOM_SPACE_SECURE && w->tx->origin == SMMU_ORDINARY &&
	       iom_cache_enabled(w->s->caches[IOM_CACHE_IOTLB]);
}

static bool lookup(struct s2_walk *w, struct smmu_s2_out *out)
{
	iom_cache *cache = w->s->caches[IOM_CACHE_STAGE2];
	struct smmu_s2_entry e;
	iom_cache_scope scope;
	unsigned page_lg2;

	if (!iom_cache_enabled(cache) || in_iotlb(w))
		return false;
	scope_of(w, -2, &scope);
	if (!iom_cache_lookup(cache, &scope, w->ipa, &e, sizeof(e), &page_lg2))
		return false;
	*out = (struct smmu_s2_out){ .pa = e.pa | (w->ipa & iom_mask(page_lg2)),
				     .page_lg2 = (uint8_t)page_lg2,
				     .level = e.level,
				     .memattr = e.memattr,
				     .sh = e.sh,
				     .ns = e.ns,
				     .mostly_ro = e.mostly_ro };
	memcpy(out->perm, e.perm, 2);
	memcpy(out->grant, e.grant, 2);
	/* What the entry refuses, the tables decide. */
	return check(w, out, out->perm) && check_ptw(w, out) && !w->tx->dirty;
}

static void keep(const struct s2_walk *w, const struct smmu_s2_out *out)
{
	iom_cache *cache = w->s->caches[IOM_CACHE_STAGE2];
	struct smmu_s2_entry e = smmu_s2_entry_of(out);
	iom_cache_scope scope;
	iom_tag *tags[2] = { w->c->regime_tag, w->c->s2_tag };

	if (!iom_cache_enabled(cache) || !smmu_tx_keeps(w->tx) || in_iotlb(w))
		return;
	scope_of(w, -2, &scope);
	iom_cache_insert(cache, &scope, w->ipa, out->page_lg2, &e, sizeof(e), tags, 2,
			 w->tx->epoch);
}

/* The deepest table that the walk cache knows; start at the top otherwise. */
static int start(const struct s2_walk *w, uint64_t *table)
{
	iom_cache *cache = w->s->caches[IOM_CACHE_WALK];

	*table = w->s2->ttb;
	if (!iom_cache_enabled(cache))
		return w->s2->start_level;
	for (int level = 2; level >= w->s2->start_level; level--) {
		struct smmu_walk_entry e;
		iom_cache_scope scope;

		scope_of(w, level, &scope);
		if (iom_cache_lookup(cache, &scope, w->ipa, &e, sizeof(e), NULL)) {
			*table = e.table;
			return level + 1;
		}
	}
	return w->s2->start_level;
}

static void keep_table(const struct s2_walk *w, int level, uint64_t table)
{
	iom_cache *cache = w->s->caches[IOM_CACHE_WALK];
	struct smmu_walk_entry e = { .table = table };
	iom_cache_scope scope;
	iom_tag *tags[2] = { w->c->regime_tag, w->c->s2_tag };

	if (!iom_cache_enabled(cache) || !smmu_tx_keeps(w->tx))
		return;
	scope_of(w, level, &scope);
	iom_cache_insert(cache, &scope, w->ipa, smmu_level_shift(w->s2->granule_lg2, level), &e,
			 sizeof(e), tags, 2, w->tx->epoch);
}

static void fill_leaf(const struct s2_walk *w, uint64_t desc, int level, uint64_t oa,
		      struct smmu_s2_out *out)
{
	const struct smmu_s2 *s2 = w->s2;
	unsigned shift = smmu_level_shift(s2->granule_lg2, level);

	out->pa = oa | (w->ipa & iom_mask(shift));
	out->page_lg2 = (uint8_t)shift;
	out->level = (int8_t)level;
	out->memattr = (uint8_t)iom_get(desc, 5, 2);
	out->sh = s2->ds ? s2->sh : (uint8_t)iom_get(desc, 9, 8);
	if (w->c->space == IOM_SPACE_REALM)
		out->ns = (uint8_t)iom_get(desc, 55, 55);
	else
		out->ns = s2->out_ns;
	smmu_s2_permissions(w->s, w->c, s2, desc, out);
}

/*
 * The leaf: access flag, permissions, hardware update of both (3.13 Translation
 * table entries and Access/Dirty flags). 1 done, 0 fault, -1 read it again.
 */
static int leaf(struct s2_walk *w, uint64_t desc, uint64_t address, int level, uint64_t oa,
		struct smmu_s2_out *out)
{
	const struct smmu_s2 *s2 = w->s2;
	uint64_t want = desc, found = desc;
	iom_mem_status status;
	unsigned grants;
	bool probe = w->tx->origin == SMMU_ATS_REQUEST && w->class == SMMU_CLASS_IN;

	if (!iom_get(desc, 10, 10) && !s2->affd && !s2->ha)
		return fail(w, SMMU_F_ACCESS, SMMU_DIAG_S2_ACCESS, level, address);
	fill_leaf(w, desc, level, oa, out);
	if (!probe && !check(w, out, out->grant)) {
		w->f->read_refused = w->tx->atomic && w->class == SMMU_CLASS_IN &&
				     (out->grant[w->tx->privileged] & IOM_WRITE);
		return fail(w, SMMU_F_PERMISSION, SMMU_DIAG_S2_PERMISSION, level, address);
	}
	if (!check_ptw(w, out))
		return fail(w, SMMU_F_PERMISSION, SMMU_DIAG_S2_PTW, level, address);
	if (!s2->ha)
		return 1;
	grants = out->grant[w->tx->privileged];
	if (probe)
		grants = smmu_ats_granted(w->tx, grants);
	if (!iom_get(desc, 10, 10) && (!probe || grants))
		want |= UINT64_C(1) << 10;
	/* A CD fetch never dirties a page; a request for a translation only when it
	 * wants to write. */
	if (w->class != SMMU_CLASS_CD && !check(w, out, out->perm))
		want |= UINT64_C(1) << 7;
	if (probe && w->tx->dirty && (grants & IOM_WRITE) &&
	    !(out->perm[w->tx->privileged] & IOM_WRITE))
		want |= UINT64_C(1) << 7;
	if (w->tx->ahead && want != desc)
		return fail(w, SMMU_F_ACCESS, SMMU_DIAG_S2_ACCESS, level, address);
	if (w->tx->passive || want == desc) {
		if (!smmu_tx_keeps(w->tx))
			memcpy(out->perm, out->grant, 2);
		return 1;
	}
	status = smmu_desc_cas(w->s, w->walk_space, address, s2->big_endian, &found, want);
	if (status != IOM_MEM_OK)
		return fetch_failed(w, status, level, address);
	if (found != desc)
		return -1;
	if (iom_observed(&w->s->iommu))
		iom_step_write(&w->s->iommu, smmu_level_name(2, level), &smmu_s2_leaf_layout,
			       address, w->ipa, &want, 1);
	fill_leaf(w, want, level, oa, out);
	return 1;
}

/* A table descriptor with the access flag of tables (3.13.6). As leaf(). */
static int table_flag(struct s2_walk *w, uint64_t desc, uint64_t address, int level)
{
	uint64_t found = desc;
	iom_mem_status status;

	if (!w->s2->haft || iom_get(desc, 10, 10))
		return 1;
	if (w->tx->ahead)
		return fail(w, SMMU_F_ACCESS, SMMU_DIAG_S2_ACCESS, level, address);
	if (w->tx->passive)
		return 1;
	status = smmu_desc_cas(w->s, w->walk_space, address, w->s2->big_endian, &found,
			       desc | UINT64_C(1) << 10);
	if (status != IOM_MEM_OK)
		return fetch_failed(w, status, level, address);
	return found == desc ? 1 : -1;
}

static bool walk(struct s2_walk *w, struct smmu_s2_out *out)
{
	smmu *s = w->s;
	const struct smmu_s2 *s2 = w->s2;
	uint64_t table;
	unsigned races = 0;
	int level = start(w, &table);

	while (level <= 3) {
		unsigned shift = smmu_level_shift(s2->granule_lg2, level);
		unsigned bits =
			level == s2->start_level ? s2->ia_bits - shift : s2->granule_lg2 - 3u;
		uint64_t address = table | (w->ipa >> shift & iom_mask(bits)) << 3;
		iom_mem_status status;
		uint64_t desc, oa;
		bool is_table, is_leaf;
		int done;

		if (w->tx->walk_reads)
			++*w->tx->walk_reads;
		status = smmu_desc_read(s, w->walk_space, address, s2->big_endian, &desc);
		if (status != IOM_MEM_OK)
			return fetch_failed(w, status, level, address);
		is_table = (desc & 3) == 3 && level < 3;
		is_leaf = level == 3
				  ? (desc & 3) == 3
				  : (desc & 3) == 1 && smmu_block_allowed(s2->granule_lg2, level,
									  s2->ds, s->ids.oas_bits);
		if (iom_observed(&s->iommu))
			iom_step_read(&s->iommu, smmu_level_name(2, level),
				      is_table ? &smmu_table_desc_layout : &smmu_s2_leaf_layout,
				      address, w->ipa, &desc, 1);
		if (!is_table && !is_leaf) {
			fail(w, SMMU_F_TRANSLATION, SMMU_DIAG_S2_INVALID, level, address);
			if (w->tx->passive && w->class == SMMU_CLASS_IN)
				w->f->hole +=
					smmu_absent_after(s, w->walk_space, s2->big_endian, address,
							  w->ipa >> shift, s2->granule_lg2)
					<< shift;
			return false;
		}
		oa = smmu_desc_address(desc, s2->granule_lg2, is_table ? s2->granule_lg2 : shift,
				       s2->ds, s->ids.oas_bits);
		if (oa >> s2->oa_bits)
			return fail(w, SMMU_F_ADDR_SIZE, SMMU_DIAG_S2_ADDR_SIZE, level, address);
		done = is_table ? table_flag(w, desc, address, level)
				: leaf(w, desc, address, level, oa, out);
		if (done < 0) {
			if (iom_race_again(&races))
				continue;
			fail(w, SMMU_F_WALK_EABT, SMMU_DIAG_UPDATE_RACE, level, address);
			w->f->retry = true;
			return false;
		}
		if (!done)
			return false;
		if (is_leaf)
			return true;
		keep_table(w, level, oa);
		table = oa;
		level++;
	}
	return fail(w, SMMU_F_TRANSLATION, SMMU_DIAG_S2_INVALID, 3, table);
}

bool smmu_s2_translate(smmu *s, const struct smmu_tx *tx, const struct smmu_context *c,
		       unsigned ipa_space, uint64_t ipa, enum smmu_class class, unsigned need,
		       struct smmu_s2_out *out, struct smmu_fault *f)
{
	const struct smmu_s2 *s2 = &c->s2[ipa_space];
	struct s2_walk w = { .s = s,
			     .tx = tx,
			     .c = c,
			     .s2 = s2,
			     .ipa_space = ipa_space,
			     .walk_space = c->space == IOM_SPACE_SECURE && s2->walk_ns
						   ? IOM_SPACE_NONSECURE
						   : c->space,
			     .ipa = ipa,
			     .class = class,
			     .need = need,
			     .f = f };

	/* 3.4 Address sizes: the IPA has to be within S2T0SZ. */
	if (s2->ia_bits < 64 && ipa >> s2->ia_bits)
		return fail(&w, SMMU_F_TRANSLATION, SMMU_DIAG_S2_RANGE, -1, ipa);
	if (lookup(&w, out))
		return true;
	if (!walk(&w, out))
		return false;
	keep(&w, out);
	return true;
}
