/* SPDX-License-Identifier: MIT */
/*
 * The walks of s1.c and s2.c for tables in which nothing is wrong or missing:
 * VMSAv8-64 with 4 KiB granules in Non-secure memory, flags set, the access
 * granted. They give up at the first sign of anything else, having changed no
 * table, and the others start over and say what it is.
 *
 * What does not depend on the address is worked out once, with the context and with
 * the class of the request: bounds, start levels, what the last leaf meant.
 */
#include <string.h>

#include "smmu/quick.h"

#define TABLE_ADDRESS (iom_mask(48) & ~iom_mask(12))
#define AF (UINT64_C(1) << 10)

/* What a leaf says beside the address lies together, in an entry as in the answer. */
G_STATIC_ASSERT(offsetof(struct smmu_s2_entry, mostly_ro) ==
		offsetof(struct smmu_s2_entry, perm) + 7);
G_STATIC_ASSERT(offsetof(struct smmu_s2_out, mostly_ro) == offsetof(struct smmu_s2_out, perm) + 7);

/* Look-ups are counted when the walk has come to its end. */
struct looked {
	unsigned hits, misses;
};

struct quick_walk {
	smmu *s;
	struct smmu_quick *q;
	struct smmu_request_class *k;
	const iom_memory *memory;
	iom_epoch epoch;
	unsigned reads;
	struct looked walk, ipa;
};

static bool plain_s2(const struct smmu_s2 *s2)
{
	return s2->granule_lg2 == 12 && s2->ia_bits <= 48 &&
	       !(s2->lpae | s2->ds | s2->big_endian | s2->haft | s2->pie);
}

static bool plain_half(const struct smmu_s1 *s1, const struct smmu_half *h)
{
	return h->granule_lg2 == 12 && !(h->disabled | h->e0pd) &&
	       !(s1->lpae | s1->big_endian | s1->ds | s1->aie | s1->pie | s1->haft);
}

static void half_init(const struct smmu_context *c, unsigned upper, struct smmu_quick_half *to)
{
	const struct smmu_half *h = &c->s1.half[upper];

	if (!plain_half(&c->s1, h) || h->start_level < 0)
		return;
	to->ttb = h->ttb;
	to->invert = upper ? UINT64_MAX : 0;
	to->outside = ~iom_mask(h->ia_bits);
	to->width = iom_mask(h->ia_bits);
	to->shift = (uint8_t)smmu_level_shift(12, h->start_level);
	to->limits = h->had ? 0 : 15;
	to->tbi = h->tbi;
	for (unsigned shift = 12; shift <= to->shift; shift += 9)
		to->reads[shift / 9 & 3] = (uint8_t)((to->shift - shift) / 9 + 1);
}

static iom_cache *enabled(const smmu *s, iom_cache_id id)
{
	return iom_cache_enabled(s->caches[id]) ? s->caches[id] : NULL;
}

static inline iom_cache_scope second_scope(const struct smmu_context *c, enum smmu_scope_kind kind,
					   int level)
{
	return (iom_cache_scope){ c->s2_digest, smmu_scope_lo(kind, level, IOM_SPACE_NONSECURE,
							      SMMU_EL1, c->vmid, 0) };
}

void smmu_quick_init(smmu *s, struct smmu_quick *q, bool kept, uint64_t generation)
{
	const struct smmu_context *c = &q->context;
	const struct smmu_s2 *s2 = &c->s2[0];
	unsigned slot = iom_thread_slot();

	memset(&q->half, 0, sizeof(*q) - offsetof(struct smmu_quick, half));
	q->nested = c->mode == SMMU_MODE_NESTED;
	q->two_halves = c->s1.two_halves;
	q->iotlb = enabled(s, IOM_CACHE_IOTLB);
	q->tables = enabled(s, IOM_CACHE_WALK);
	q->stage2 = q->nested ? enabled(s, IOM_CACHE_STAGE2) : NULL;
	q->kept = kept;
	if (kept) {
		q->config_hits = &s->caches[IOM_CACHE_CONFIG]->cells[slot].hits;
		q->iotlb_misses = &s->caches[IOM_CACHE_IOTLB]->cells[slot].misses;
		q->stage2_hits = &s->caches[IOM_CACHE_STAGE2]->cells[slot].hits;
		q->reads = iom_count_cell(&s->iommu, IOM_STAT_TABLE_READS);
	}
	q->plain = !q->iotlb && !q->tables && q->reads;
	if (s->ids.rme || s->n_pmcg || c->space != IOM_SPACE_NONSECURE ||
	    (c->mode != SMMU_MODE_S1 && (!q->nested || !plain_s2(s2))))
		return;
	q->window.base = UINT64_MAX;
	q->refused[0] = TABLE_ADDRESS & ~iom_mask(c->s1.oa_bits);
	q->refused[1] = TABLE_ADDRESS & ~iom_mask(s2->oa_bits);
	if (q->nested) {
		q->s2_ttb = s2->ttb;
		q->s2_bits = s2->ia_bits;
		q->s2_shift = (uint8_t)smmu_level_shift(12, s2->start_level);
	}
	if (q->stage2 && kept) {
		q->flat = smmu_flat_mine(s);
		if (q->flat) {
			iom_cache_scope scope = second_scope(c, SMMU_SCOPE_S2, -1);

			q->scope = smmu_flat_scope(&scope);
			q->space = smmu_flat_space(s, q->flat, c, generation);
		}
	}
	for (unsigned i = 0; i < 2; i++)
		half_init(c, i, &q->half[i]);
}

static inline __attribute__((always_inline)) bool load(struct quick_walk *w, uint64_t at,
						       uint64_t *desc)
{
	w->reads++;
	return iom_window_load64(&w->q->window, w->memory, at, desc);
}

static bool find(struct looked *looked, iom_cache *cache, const iom_cache_scope *scope,
		 uint64_t address, void *value, size_t size, unsigned *page_lg2,
		 iom_cache_place *place)
{
	if (!iom_cache_find_at(cache, scope, address, value, size, page_lg2, false, place)) {
		looked->misses++;
		return false;
	}
	looked->hits++;
	iom_cache_use_again(cache, place);
	return true;
}

/* ------------------------------------------------------------------------
 * Stage 2, as s2.c
 */
static inline int level_of(unsigned shift)
{
	return 3 - (int)(shift - 12) / 9;
}

/* The deepest table that the walk cache knows: its level's shift. */
static __attribute__((noinline)) unsigned second_start(struct quick_walk *w, uint64_t ipa,
						       uint64_t *table)
{
	for (unsigned shift = 21; shift <= w->q->s2_shift; shift += 9) {
		iom_cache_scope scope =
			second_scope(&w->q->context, SMMU_SCOPE_WALK2, level_of(shift));
		struct smmu_walk_entry e;
		iom_cache_place place;

		if (find(&w->walk, w->q->tables, &scope, ipa, &e, sizeof(e), NULL, &place)) {
			*table = e.table;
			return shift - 9;
		}
	}
	return w->q->s2_shift;
}

static __attribute__((noinline)) void second_keep_table(struct quick_walk *w, unsigned shift,
							uint64_t ipa, uint64_t table)
{
	const struct smmu_context *c = &w->q->context;
	iom_cache_scope scope = second_scope(c, SMMU_SCOPE_WALK2, level_of(shift));
	struct smmu_walk_entry e = { .table = table };
	iom_tag *tags[2] = { c->regime_tag, c->s2_tag };

	iom_cache_insert(w->q->tables, &scope, ipa, shift, &e, sizeof(e), tags, 2, w->epoch);
}

/* A page, or a block of level 1 or 2, with its flag set and an address in range. */
static inline bool is_leaf(uint64_t desc, unsigned shift, uint64_t check)
{
	uint64_t kind = shift == 12 ? 3 : 1;

	return (desc & (check | AF)) == (kind | AF) && shift <= 30;
}

/* The leaf of an IPA, which lies in a page of 2^shift bytes. */
static inline __attribute__((always_inline)) bool second_walk(struct quick_walk *w, uint64_t ipa,
							      uint64_t *leaf, unsigned *lg2)
{
	const struct smmu_quick *q = w->q;
	const uint64_t check = q->refused[1] | 3;
	uint64_t table = q->s2_ttb, desc;
	unsigned shift = q->s2_shift;
	/* Tables at the start may be concatenated; nothing is above their index. */
	uint64_t index = UINT64_MAX << 3;

	if (G_UNLIKELY(q->tables != NULL)) {
		shift = second_start(w, ipa, &table);
		index = shift == q->s2_shift ? index : 0xff8;
	}
	for (;; shift -= 9, index = 0xff8) {
		if (!load(w, table | (ipa >> (shift - 3) & index), &desc))
			return false;
		if ((desc & check) != 3 || shift == 12)
			break;
		table = desc & TABLE_ADDRESS;
		if (G_UNLIKELY(q->tables != NULL))
			second_keep_table(w, shift, ipa, table);
	}
	*leaf = desc;
	*lg2 = shift;
	return is_leaf(desc, shift, check);
}

/* The rest of a leaf of these bits is as in the last one that had them. */
static const struct smmu_s2_out *second_leaf(struct quick_walk *w, uint64_t flags)
{
	struct smmu_quick *q = w->q;
	const struct smmu_s2 *s2 = &q->context.s2[0];

	if (q->s2_flags != flags) {
		q->s2_leaf.memattr = (uint8_t)(flags >> 2 & 15);
		q->s2_leaf.sh = (uint8_t)(flags >> 8 & 3);
		q->s2_leaf.ns = s2->out_ns;
		smmu_s2_permissions(w->s, &q->context, s2, flags, &q->s2_leaf);
		q->s2_flags = flags;
	}
	return &q->s2_leaf;
}

/* Tables of stage 1 may be read from a page like that. */
static bool may_have_tables(const struct quick_walk *w, const struct smmu_s2_out *out)
{
	const struct smmu_s2 *s2 = &w->q->context.s2[0];

	return (out->perm[w->k->privileged] & IOM_READ) &&
	       !(s2->ptw && smmu_memattr_device(out->memattr, s2->fwb, w->s->ids.mteperm));
}

static __attribute__((noinline)) bool learn_tables(struct quick_walk *w, uint64_t flags)
{
	if (!may_have_tables(w, second_leaf(w, flags)))
		return false;
	w->k->tables = flags;
	return true;
}

/* What the stage 2 cache knows, or else the tables. */
static __attribute__((noinline)) bool second_cached(struct quick_walk *w, uint64_t ipa,
						    struct smmu_s2_out *out)
{
	struct smmu_quick *q = w->q;
	const struct smmu_context *c = &q->context;
	iom_cache_scope scope = second_scope(c, SMMU_SCOPE_S2, -1);
	iom_tag *tags[2] = { c->regime_tag, c->s2_tag };
	struct smmu_s2_entry e;
	iom_cache_place place;
	unsigned lg2;
	uint64_t leaf;

	if (find(&w->ipa, q->stage2, &scope, ipa, &e, offsetof(struct smmu_s2_entry, level), &lg2,
		 &place)) {
		out->pa = e.pa | (ipa & ~(UINT64_MAX << lg2));
		out->page_lg2 = (uint8_t)lg2;
		memcpy(out->perm, e.perm, 8);
		if (q->flat)
			smmu_flat_keep(q->flat, ipa, q->space, out, &place);
		return true;
	}
	if (!second_walk(w, ipa, &leaf, &lg2))
		return false;
	memcpy(out->perm, second_leaf(w, leaf & ~TABLE_ADDRESS)->perm, 8);
	out->pa = (leaf & TABLE_ADDRESS & UINT64_MAX << lg2) | (ipa & ~(UINT64_MAX << lg2));
	out->page_lg2 = (uint8_t)lg2;
	out->level = (int8_t)level_of(lg2);
	e = smmu_s2_entry_of(out);
	iom_cache_insert(q->stage2, &scope, ipa, lg2, &e, sizeof(e), tags, 2, w->epoch);
	return true;
}

static __attribute__((noinline)) bool cached_table(struct quick_walk *w, uint64_t ipa, uint64_t *pa)
{
	struct smmu_s2_out out;

	if (!second_cached(w, ipa, &out) || !may_have_tables(w, &out))
		return false;
	w->k->tables = smmu_flat_pack(&out);
	*pa = out.pa;
	return true;
}

/* Where the table at an IPA is. */
static inline __attribute__((always_inline)) bool table_at(struct quick_walk *w, uint64_t ipa,
							   uint64_t *pa)
{
	struct smmu_quick *q = w->q;
	uint64_t leaf, page, flags;
	unsigned lg2;

	if (ipa >> q->s2_bits)
		return false;
	if (q->stage2) {
		page = G_LIKELY(q->flat) ? smmu_flat_find(q->flat, &q->scope, ipa, q->space) : 0;
		/* What the last table was in, this one may be in. */
		flags = page & SMMU_FLAT_TRAITS;
		if (G_UNLIKELY(!page) || G_UNLIKELY(flags != w->k->tables))
			return cached_table(w, ipa, pa);
		w->ipa.hits++;
		*pa = (page & SMMU_FLAT_ADDRESS) | (ipa & 0xfff);
		return true;
	}
	if (!second_walk(w, ipa, &leaf, &lg2))
		return false;
	flags = leaf & ~TABLE_ADDRESS;
	if (G_UNLIKELY(flags != w->k->tables) && !learn_tables(w, flags))
		return false;
	*pa = (leaf & TABLE_ADDRESS & UINT64_MAX << lg2) | (ipa & ~(UINT64_MAX << lg2));
	return true;
}

/*
 * Where the page at an IPA is, and what it is like: traits of the cache, or bits of the
 * leaf; the size of the page is among them.
 */
static inline __attribute__((always_inline)) bool page_at(struct quick_walk *w, uint64_t ipa,
							  uint64_t *pa, uint64_t *like,
							  unsigned *lg2)
{
	struct smmu_quick *q = w->q;
	uint64_t leaf, page;

	if (ipa >> q->s2_bits)
		return false;
	if (q->stage2) {
		struct smmu_s2_out out;

		page = G_LIKELY(q->flat) ? smmu_flat_find(q->flat, &q->scope, ipa, q->space) : 0;
		if (G_LIKELY(page)) {
			w->ipa.hits++;
			*pa = (page & SMMU_FLAT_ADDRESS) | (ipa & 0xfff);
			*like = page & (SMMU_FLAT_TRAITS | SMMU_FLAT_SIZE);
			*lg2 = smmu_flat_lg2(page);
			return true;
		}
		if (!second_cached(w, ipa, &out))
			return false;
		*pa = out.pa;
		*like = smmu_flat_pack(&out) | smmu_flat_size(out.page_lg2);
		*lg2 = out.page_lg2;
		return true;
	}
	if (!second_walk(w, ipa, &leaf, lg2))
		return false;
	*pa = (leaf & TABLE_ADDRESS & UINT64_MAX << *lg2) | (ipa & ~(UINT64_MAX << *lg2));
	*like = (leaf & ~TABLE_ADDRESS) | (uint64_t)*lg2 << 16;
	return true;
}

/* ------------------------------------------------------------------------
 * What leaves mean
 */

/* APTable, UXNTable and PXNTable of a table descriptor, from bit 0. */
static struct smmu_table_limits limits_of(uint64_t bits)
{
	return (struct smmu_table_limits){ bits & 8, bits & 4, bits & 2, bits & 1 };
}

/* Bits of a stage 1 leaf beside the address, limits of tables above it, its size. */
static inline uint64_t leaf_key(uint64_t desc, uint64_t limits, unsigned shift)
{
	return (desc & ~TABLE_ADDRESS) | limits << 12 | (uint64_t)shift << 16;
}

static void new_leaf(struct smmu_quick *q, uint64_t flags, uint64_t above)
{
	const struct smmu_context *c = &q->context;
	struct smmu_table_limits limits = limits_of(above);

	if (q->s1_flags == flags && q->s1_limits == above)
		return;
	smmu_s1_permissions(&c->s1, flags, &limits, &q->s1_leaf);
	q->s1_leaf.mair = (uint8_t)(c->s1.mair >> (flags >> 2 & 7) * 8);
	q->s1_leaf.sh = (uint8_t)(flags >> 8 & 3);
	q->s1_leaf.global = !(flags >> 11 & 1) && c->world != SMMU_EL2 && c->world != SMMU_EL3;
	q->s1_flags = flags;
	q->s1_limits = above;
}

/* All of a translation but its address, from what leaf_key() and page_at() say. */
static void describe(struct quick_walk *w, uint64_t key, uint64_t like, struct smmu_out *out)
{
	struct smmu_quick *q = w->q;
	struct smmu_s2_out cached;
	const struct smmu_s2_out *s2 = &cached;

	memset(out, 0, sizeof(*out));
	new_leaf(q, key & ~TABLE_ADDRESS, key >> 12 & 15);
	out->has_s1 = true;
	out->space = IOM_SPACE_NONSECURE;
	out->page_lg2 = key >> 16 & 63;
	memcpy(out->perm, q->s1_leaf.perm, 2);
	out->mair = q->s1_leaf.mair;
	out->s1_sh = q->s1_leaf.sh;
	out->global = q->s1_leaf.global;
	if (!q->nested)
		return;
	if (q->stage2) {
		smmu_flat_unpack(like, &cached);
		cached.page_lg2 = (uint8_t)smmu_flat_lg2(like);
	} else {
		s2 = second_leaf(w, like & ~TABLE_ADDRESS);
		q->s2_leaf.page_lg2 = like >> 16 & 63;
	}
	out->has_s2 = true;
	out->fwb = q->context.s2[0].fwb;
	out->page_lg2 = MIN(out->page_lg2, s2->page_lg2);
	out->perm[0] &= s2->perm[0];
	out->perm[1] &= s2->perm[1];
	out->s2_memattr = s2->memattr;
	out->s2_sh = s2->sh;
}

/* The type of the output; nearly always that of the last page. */
static void type(const smmu *s, struct smmu_quick *q, const struct smmu_out *out,
		 iom_result *result)
{
	uint32_t key = out->mair | (uint32_t)out->s1_sh << 8 | (uint32_t)out->s2_memattr << 16 |
		       (uint32_t)out->s2_sh << 24;

	if (!q->type_known || q->type_of != key) {
		struct smmu_attr attr = smmu_attr_default();

		smmu_attr_override(&attr, &q->context.override);
		attr = smmu_final_attr(s, &attr, out);
		smmu_attr_result(&attr, false, result);
		q->type_known = true;
		q->type_of = key;
		q->memtype = result->memtype;
		q->shareability = result->shareability;
		q->hints = result->hints;
	}
	result->memtype = q->memtype;
	result->shareability = q->shareability;
	result->hints = q->hints;
}

/* Other leaves than the last time: the head of a result, if the access is granted. */
static __attribute__((noinline)) bool learn(struct quick_walk *w, uint64_t key, uint64_t like)
{
	const struct smmu_context *c = &w->q->context;
	struct smmu_request_class *k = w->k;
	struct smmu_out out;
	iom_result head;

	describe(w, key, like, &out);
	if (k->need & ~out.perm[k->privileged])
		return false;
	memset(&head, 0, sizeof(head));
	head.status = IOM_OK;
	head.permissions =
		(uint8_t)(smmu_seen_permissions(out.perm[k->privileged], c->instcfg) | k->need);
	head.page_lg2 = out.page_lg2;
	head.space = IOM_SPACE_NONSECURE;
	type(w->s, w->q, &out, &head);
	head.flags = (uint16_t)(smmu_leaves_as(w->s, k->privileged, k->need & IOM_EXECUTE) |
				(out.global ? IOM_RES_GLOBAL : 0));
	head.partid = c->partid;
	head.pmg = c->pmg;
	memcpy(k->head, &head, sizeof(k->head));
	k->leaf = key;
	k->second = like;
	return true;
}

/* ------------------------------------------------------------------------
 * Stage 1, as s1.c
 */
static iom_cache_scope first_scope(const struct smmu_context *c, unsigned shift)
{
	return (iom_cache_scope){ c->digest,
				  smmu_scope_lo(SMMU_SCOPE_WALK1, level_of(shift), c->space,
						c->world, c->vmid, c->s1.asid) };
}

static __attribute__((noinline)) unsigned first_start(struct quick_walk *w,
						      const struct smmu_quick_half *h, uint64_t va,
						      uint64_t *table, uint64_t *all)
{
	for (unsigned shift = 21; shift <= h->shift; shift += 9) {
		iom_cache_scope scope = first_scope(&w->q->context, shift);
		struct smmu_walk_entry e;
		iom_cache_place place;

		if (find(&w->walk, w->q->tables, &scope, va, &e, sizeof(e), NULL, &place)) {
			*table = e.table;
			*all = (uint64_t)(e.no_write << 3 | e.no_user << 2 | e.uxn << 1 | e.pxn)
			       << 59;
			return shift - 9;
		}
	}
	return h->shift;
}

static __attribute__((noinline)) void first_keep_table(struct quick_walk *w, unsigned shift,
						       uint64_t va, uint64_t table, uint64_t above)
{
	const struct smmu_context *c = &w->q->context;
	struct smmu_table_limits limits = limits_of(above);
	iom_cache_scope scope = first_scope(c, shift);
	struct smmu_walk_entry e = { table,      limits.no_write, limits.no_user,
				     limits.uxn, limits.pxn,      0 };
	iom_tag *tags[3] = { c->regime_tag, c->vmid_tag, c->asid_tag };

	iom_cache_insert(w->q->tables, &scope, va, shift, &e, sizeof(e), tags, 3, w->epoch);
}

/* The walk, and all of the answer; *key and *like are what it follows from. */
static inline __attribute__((always_inline)) bool first(struct quick_walk *w, uint64_t va,
							const struct smmu_quick_half *h,
							bool nested, iom_result *result,
							uint64_t *key, uint64_t *like)
{
	struct smmu_quick *q = w->q;
	struct smmu_request_class *k = w->k;
	const uint64_t check = q->refused[0] | 3, index = va & h->width;
	uint64_t table = h->ttb, at, desc, low, all = 0;
	unsigned shift = h->shift, lg2;

	if (G_UNLIKELY(q->tables != NULL))
		shift = first_start(w, h, va, &table, &all);
	for (;; shift -= 9) {
		at = table | (index >> (shift - 3) & 0xff8);
		if (nested && !table_at(w, at, &at))
			return false;
		if (!load(w, at, &desc))
			return false;
		if ((desc & check) != 3 || shift == 12)
			break;
		table = desc & TABLE_ADDRESS;
		all |= desc;
		if (G_UNLIKELY(q->tables != NULL))
			first_keep_table(w, shift, va, table, all >> 59 & h->limits);
	}
	if (!is_leaf(desc, shift, check))
		return false;
	low = ~(UINT64_MAX << shift);
	at = (desc & TABLE_ADDRESS & ~low) | (va & low);
	*key = leaf_key(desc, all >> 59 & h->limits, shift);
	*like = 0;
	if (nested) {
		if (!page_at(w, at, &at, like, &lg2))
			return false;
		low = ~(UINT64_MAX << MIN(shift, lg2));
	}
	if (G_UNLIKELY((*key ^ k->leaf) | (*like ^ k->second)) && !learn(w, *key, *like))
		return false;
	memcpy(result, k->head, sizeof(k->head));
	result->address = at;
	result->span = low + 1 - (at & low);
	/* The code, and what else fills the word. */
	memset(&result->fault, 0, sizeof(uint64_t));
	return true;
}

/* What an invalidation may overtake between the tables and the IOTLB. */
struct moment {
	bool global_known;
	uint64_t va_commands;
};

static __attribute__((noinline)) void keep(struct quick_walk *w, const iom_request *request,
					   const struct moment *began, uint64_t key, uint64_t like,
					   const iom_result *result)
{
	struct smmu_out out;
	struct smmu_tx tx;

	describe(w, key, like, &out);
	out.address = result->address;
	tx.address = request->address;
	tx.passive = tx.ahead = false;
	tx.epoch = w->epoch;
	tx.global_known = began->global_known;
	tx.va_commands = began->va_commands;
	smmu_tlb_keep(w->s, request, &tx, &w->q->context, &out, result);
}

static inline void count(struct quick_walk *w)
{
	smmu *s = w->s;
	const struct smmu_quick *q = w->q;
	unsigned slot;

	if (G_LIKELY(q->reads))
		iom_bump(q->reads, 1, w->reads);
	else
		iom_count_n(&s->iommu, IOM_STAT_TABLE_READS, w->reads);
	if (G_LIKELY(!q->tables && !w->ipa.misses)) {
		if (w->ipa.hits && q->kept)
			iom_bump(q->stage2_hits, 1, w->ipa.hits);
		if (!w->ipa.hits || q->kept)
			return;
	}
	slot = iom_thread_slot();
	if (q->tables)
		iom_cache_count_n(q->tables, slot, w->walk.hits, w->walk.misses);
	if (q->stage2)
		iom_cache_count_n(q->stage2, slot, w->ipa.hits, w->ipa.misses);
}

/* The descriptor for `va` in a table of blocks of 2^SHIFT bytes. */
#define PLAIN_STEP(SHIFT) \
	at = (table | (index >> ((SHIFT)-3) & 0xff8)) - base; \
	if (G_UNLIKELY(at > q->window.room)) \
		return false; \
	desc = GUINT64_FROM_LE( \
		__atomic_load_n((const uint64_t *)(const void *)(host + at), __ATOMIC_ACQUIRE))
/* It has to be a table, or else is the leaf. */
#define PLAIN_TABLE(SHIFT) \
	PLAIN_STEP(SHIFT); \
	if (G_UNLIKELY((desc & check) != 3)) { \
		shift = (SHIFT); \
		goto leaf; \
	} \
	table = desc & TABLE_ADDRESS; \
	all |= desc

/* A leaf like the last one of the class: all of the answer, and its figures. */
static inline __attribute__((always_inline)) bool plain_leaf(
	const iom_front_class *class, const struct smmu_request_class *k,
	const struct smmu_quick *q, const struct smmu_quick_half *h, uint64_t va, uint64_t desc,
	uint64_t all, unsigned shift, iom_result *result)
{
	const uint64_t low = ~(UINT64_MAX << shift);

	if (!is_leaf(desc, shift, q->refused[0] | 3) ||
	    G_UNLIKELY(leaf_key(desc, all >> 59 & h->limits, shift) != k->leaf))
		return false;
	memcpy(result, k->head, sizeof(k->head));
	result->address = (desc & TABLE_ADDRESS & ~low) | (va & low);
	result->span = low + 1 - (va & low);
	/* The code, and what else fills the word. */
	memset(&result->fault, 0, sizeof(uint64_t));
	iom_front_class_use(class);
	iom_bump(q->config_hits, 1, 1);
	iom_bump(q->iotlb_misses, 1, 1);
	iom_bump(q->reads, 1, h->reads[shift / 9 & 3]);
	return true;
}

/* The context is another, the memory too, or somebody watches. */
static inline bool moved(const iom_iommu *iommu, const iom_front_class *class)
{
	return G_UNLIKELY(class->context->serial != class->serial) || iom_observed(iommu) ||
	       G_UNLIKELY(smmu_quick_of(class)->window.layout !=
			  iommu->bus.memory[IOM_SPACE_NONSECURE]->layout);
}

/* The leaf of an IPA in the window; reads are counted. */
static inline __attribute__((always_inline)) bool plain_second(const struct smmu_quick *q,
							       const uint8_t *host, uint64_t base,
							       uint64_t ipa, uint64_t *leaf,
							       unsigned *lg2, unsigned *reads)
{
	const uint64_t check = q->refused[1] | 3;
	uint64_t at, desc;
	unsigned shift = q->s2_shift;

	if (G_UNLIKELY(ipa >> q->s2_bits))
		return false;
	/* Tables at the start may be concatenated; nothing is above their index. */
	at = (q->s2_ttb | (ipa >> (shift - 3) & (UINT64_MAX << 3))) - base;
#define SECOND_LOAD() \
	if (G_UNLIKELY(at > q->window.room)) \
		return false; \
	desc = GUINT64_FROM_LE( \
		__atomic_load_n((const uint64_t *)(const void *)(host + at), __ATOMIC_ACQUIRE)); \
	++*reads
#define SECOND_NEXT(SHIFT) \
	SECOND_LOAD(); \
	if (G_UNLIKELY((desc & check) != 3)) { \
		*leaf = desc; \
		*lg2 = (SHIFT) + 9; \
		return is_leaf(desc, (SHIFT) + 9, check); \
	} \
	at = ((desc & TABLE_ADDRESS) | (ipa >> ((SHIFT)-3) & 0xff8)) - base
	switch (shift) {
	case 39:
		SECOND_NEXT(30);
		/* fallthrough */
	case 30:
		SECOND_NEXT(21);
		/* fallthrough */
	case 21:
		SECOND_NEXT(12);
		/* fallthrough */
	case 12:
		SECOND_LOAD();
		break;
	default:
		return false;
	}
	*leaf = desc;
	*lg2 = 12;
	return is_leaf(desc, 12, check);
}

static __attribute__((noinline)) uint64_t upper_table(struct smmu_quick *q, unsigned level,
						      uint64_t ipa)
{
	uint64_t page = smmu_flat_find(q->flat, &q->scope, ipa, q->space);

	if (page)
		smmu_flat_remember(q->flat, &q->scope, ipa, &q->upper[level]);
	return page;
}

/*
 * The entry of a page of stage 1 tables. Those of the upper levels are few, and most
 * often the same as in the walk before.
 */
static inline __attribute__((always_inline)) uint64_t plain_table(struct smmu_quick *q,
								  unsigned shift, uint64_t ipa)
{
	unsigned level = (shift - 21) / 9;
	uint64_t page;

	if (G_UNLIKELY(ipa >> q->s2_bits))
		return 0;
	if (shift == 12)
		return smmu_flat_find(q->flat, &q->scope, ipa, q->space);
	page = smmu_flat_find_again(&q->upper[level], ipa);
	return G_LIKELY(page) ? page : upper_table(q, level, ipa);
}

/* Where an IPA leads and what it is like, as page_at(). */
static inline __attribute__((always_inline)) bool plain_page(const struct smmu_quick *q, bool flat,
							     const uint8_t *host, uint64_t base,
							     uint64_t ipa, uint64_t *pa,
							     uint64_t *like, unsigned *lg2,
							     unsigned *reads)
{
	uint64_t page;

	if (flat) {
		if (G_UNLIKELY(ipa >> q->s2_bits))
			return false;
		page = smmu_flat_find(q->flat, &q->scope, ipa, q->space);
		*pa = (page & SMMU_FLAT_ADDRESS) | (ipa & 0xfff);
		*like = page & (SMMU_FLAT_TRAITS | SMMU_FLAT_SIZE);
		*lg2 = smmu_flat_lg2(page);
		return page != 0;
	}
	if (!plain_second(q, host, base, ipa, &page, lg2, reads))
		return false;
	*pa = (page & TABLE_ADDRESS & UINT64_MAX << *lg2) | (ipa & ~(UINT64_MAX << *lg2));
	*like = (page & ~TABLE_ADDRESS) | (uint64_t)*lg2 << 16;
	return true;
}

/* One level of stage 1 under stage 2: its descriptor. */
static inline __attribute__((always_inline)) bool plain_level(
	struct smmu_quick *q, const struct smmu_request_class *k, bool flat, const uint8_t *host,
	uint64_t base, unsigned shift, uint64_t at, uint64_t *desc, unsigned *reads)
{
	/* The size of a page of tables is no matter. */
	const uint64_t traits = flat ? SMMU_FLAT_TRAITS : ~TABLE_ADDRESS;
	uint64_t like;
	unsigned lg2;

	if (flat) {
		like = plain_table(q, shift, at);
		at = (like & SMMU_FLAT_ADDRESS) | (at & 0xfff);
	} else if (!plain_page(q, false, host, base, at, &at, &like, &lg2, reads)) {
		return false;
	}
	at -= base;
	if (G_UNLIKELY((like & traits) != k->tables) || G_UNLIKELY(at > q->window.room))
		return false;
	*desc = GUINT64_FROM_LE(
		__atomic_load_n((const uint64_t *)(const void *)(host + at), __ATOMIC_ACQUIRE));
	++*reads;
	return true;
}

/* Both stages, as smmu_translate_class(): with the stage 2 cache and without. */
static inline __attribute__((always_inline)) bool plain_nested(iom_front_class *class,
							       const iom_request *request,
							       bool flat, iom_result *result)
{
	const struct smmu_request_class *k = smmu_class_of(class);
	struct smmu_quick *q = smmu_quick_of(class);
	const struct smmu_quick_half *h = &q->half[q->two_halves & request->address >> 55];
	const uint64_t va = request->address, check = q->refused[0] | 3, base = q->window.base;
	const uint8_t *host = q->window.host;
	uint64_t index = va & h->width, table = h->ttb, all = 0, at, desc, like, low;
	unsigned shift = h->shift, lg2, reads = 0;

	if (G_UNLIKELY((va ^ h->invert) & h->outside))
		return false;
#define NESTED_TABLE(SHIFT) \
	if (!plain_level(q, k, flat, host, base, (SHIFT), table | (index >> ((SHIFT)-3) & 0xff8), \
			 &desc, &reads)) \
		return false; \
	if (G_UNLIKELY((desc & check) != 3)) { \
		shift = (SHIFT); \
		break; \
	} \
	table = desc & TABLE_ADDRESS; \
	all |= desc
	switch (shift) {
	case 39:
		NESTED_TABLE(39);
		/* fallthrough */
	case 30:
		NESTED_TABLE(30);
		/* fallthrough */
	case 21:
		NESTED_TABLE(21);
		/* fallthrough */
	case 12:
		if (!plain_level(q, k, flat, host, base, 12, table | (index >> 9 & 0xff8), &desc,
				 &reads))
			return false;
		shift = 12;
		break;
	default:
		return false;
	}
	low = ~(UINT64_MAX << shift);
	if (!is_leaf(desc, shift, check) ||
	    G_UNLIKELY(leaf_key(desc, all >> 59 & h->limits, shift) != k->leaf) ||
	    !plain_page(q, flat, host, base, (desc & TABLE_ADDRESS & ~low) | (va & low), &at, &like,
			&lg2, &reads) ||
	    G_UNLIKELY(like != k->second))
		return false;
	low = ~(UINT64_MAX << MIN(shift, lg2));
	memcpy(result, k->head, sizeof(k->head));
	result->address = at;
	result->span = low + 1 - (at & low);
	memset(&result->fault, 0, sizeof(uint64_t));
	iom_front_class_use(class);
	iom_bump(q->config_hits, 1, 1);
	iom_bump(q->iotlb_misses, 1, 1);
	iom_bump(q->reads, 1, reads);
	/* A look-up for every table, and one for the page. */
	if (flat)
		iom_bump(q->stage2_hits, 1, reads + 1);
	return true;
}

static __attribute__((noinline)) void translate_nested(iom_iommu *iommu, iom_front *front,
						       iom_front_class *class,
						       const iom_request *request,
						       iom_result *result)
{
	if (!plain_nested(class, request, false, result))
		smmu_translate_known(iommu, front, class, request, result);
}

static __attribute__((noinline)) void translate_flat(iom_iommu *iommu, iom_front *front,
						     iom_front_class *class,
						     const iom_request *request, iom_result *result)
{
	if (!plain_nested(class, request, true, result))
		smmu_translate_known(iommu, front, class, request, result);
}

/*
 * Stage 1 alone, with no cache but that of contexts, all tables in one window and a
 * leaf like the last one: loads and what is remembered. Everything else is somebody
 * else's. The class holds: it was looked at before any table.
 */
static inline __attribute__((always_inline)) bool plain_first(const iom_iommu *iommu,
							      iom_front_class *class,
							      const iom_request *request,
							      iom_result *result)
{
	const struct smmu_request_class *k = smmu_class_of(class);
	struct smmu_quick *q = smmu_quick_of(class);
	const struct smmu_quick_half *h = &q->half[q->two_halves & request->address >> 55];
	const uint64_t va = request->address, check = q->refused[0] | 3, base = q->window.base;
	const uint8_t *host = q->window.host;
	uint64_t index = va & h->width, table = h->ttb, all = 0, at, desc;
	unsigned shift;

	if (G_UNLIKELY((va ^ h->invert) & h->outside) || G_UNLIKELY(moved(iommu, class)))
		return false;
	switch (h->shift) {
	case 39:
		PLAIN_TABLE(39);
		/* fallthrough */
	case 30:
		PLAIN_TABLE(30);
		/* fallthrough */
	case 21:
		PLAIN_TABLE(21);
		/* fallthrough */
	case 12:
		PLAIN_STEP(12);
		return plain_leaf(class, k, q, h, va, desc, all, 12, result);
	default:
		return false;
	}
leaf:
	return plain_leaf(class, k, q, h, va, desc, all, shift, result);
}

static __attribute__((noinline)) void translate_other(iom_iommu *iommu, iom_front *front,
						      iom_front_class *class,
						      const iom_request *request,
						      iom_result *result)
{
	unsigned nested = smmu_class_of(class)->nested;

	if (nested == SMMU_NESTED_NONE || moved(iommu, class))
		smmu_translate_known(iommu, front, class, request, result);
	else if (nested == SMMU_NESTED_FLAT)
		translate_flat(iommu, front, class, request, result);
	else
		translate_nested(iommu, front, class, request, result);
}

void smmu_translate_class(iom_iommu *iommu, iom_front *front, iom_front_class *class,
			  const iom_request *request, iom_result *result)
{
	if (!smmu_class_of(class)->plain || !plain_first(iommu, class, request, result))
		translate_other(iommu, front, class, request, result);
}

static __attribute__((noinline)) bool full_walk(smmu *s, const iom_request *request,
						struct smmu_quick *q,
						struct smmu_request_class *class,
						const struct smmu_quick_half *h, uint64_t va,
						iom_result *result)
{
	struct moment began;
	struct quick_walk w;
	uint64_t key, like;

	w.s = s;
	w.q = q;
	w.k = class;
	w.memory = s->iommu.bus.memory[IOM_SPACE_NONSECURE];
	w.reads = 0;
	w.walk = w.ipa = (struct looked){ 0, 0 };
	began.global_known = __atomic_load_n(&s->any_global, __ATOMIC_ACQUIRE);
	began.va_commands = __atomic_load_n(&s->va_commands, __ATOMIC_ACQUIRE);
	w.epoch = iom_tags_epoch(s->tags);
	if (!(q->nested ? first(&w, va, h, true, result, &key, &like)
			: first(&w, va, h, false, result, &key, &like)))
		return false;
	count(&w);
	if (q->iotlb)
		keep(&w, request, &began, key, like, result);
	return true;
}

bool smmu_quick_walk(smmu *s, const iom_request *request, struct smmu_quick *q,
		     struct smmu_request_class *class, uint64_t generation, iom_result *result)
{
	uint64_t va = request->address;
	unsigned upper = q->two_halves ? va >> 55 & 1 : 0;
	const struct smmu_quick_half *h = &q->half[upper];

	if (G_UNLIKELY(!h->shift || class->unusual) || iom_observed(&s->iommu))
		return false;
	if (G_UNLIKELY(h->tbi))
		va = upper ? va | UINT64_C(0xff) << 56 : va & iom_mask(56);
	if (G_UNLIKELY((va ^ h->invert) & h->outside))
		return false;
	/* The context was still the right one when the walk began. */
	if (G_UNLIKELY(iom_front_generation(&s->iommu) != generation))
		return false;
	iom_window_check(&q->window, s->iommu.bus.memory[IOM_SPACE_NONSECURE]);
	return full_walk(s, request, q, class, h, va, result);
}
