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
			smmu_quick_scope(&w->q->context, SMMU_SCOPE_WALK2, level_of(shift));
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
	iom_cache_scope scope = smmu_quick_scope(c, SMMU_SCOPE_WALK2, level_of(shift));
	struct smmu_walk_entry e = { .table = table };
	iom_tag *tags[2] = { c->regime_tag, c->s2_tag };

	iom_cache_insert(w->q->tables, &scope, ipa, shift, &e, sizeof(e), tags, 2, w->epoch);
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
		table = desc & SMMU_QUICK_ADDRESS;
		if (G_UNLIKELY(q->tables != NULL))
			second_keep_table(w, shift, ipa, table);
	}
	*leaf = desc;
	*lg2 = shift;
	return smmu_quick_is_leaf(desc, shift, check);
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
	iom_cache_scope scope = smmu_quick_scope(c, SMMU_SCOPE_S2, -1);
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
		if (q->flat.flat)
			iom_flat_keep(&q->flat, ipa,
				      (out->pa & IOM_FLAT_ADDRESS) | smmu_flat_pack(out), lg2,
				      &place);
		return true;
	}
	if (!second_walk(w, ipa, &leaf, &lg2))
		return false;
	memcpy(out->perm, second_leaf(w, leaf & ~SMMU_QUICK_ADDRESS)->perm, 8);
	out->pa = (leaf & SMMU_QUICK_ADDRESS & UINT64_MAX << lg2) | (ipa & ~(UINT64_MAX << lg2));
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
		page = G_LIKELY(q->flat.flat) ? iom_flat_find(&q->flat, ipa) : 0;
		/* What the last table was in, this one may be in. */
		flags = page & IOM_FLAT_TRAITS;
		if (G_UNLIKELY(!page) || G_UNLIKELY(flags != w->k->tables))
			return cached_table(w, ipa, pa);
		w->ipa.hits++;
		*pa = (page & IOM_FLAT_ADDRESS) | (ipa & 0xfff);
		return true;
	}
	if (!second_walk(w, ipa, &leaf, &lg2))
		return false;
	flags = leaf & ~SMMU_QUICK_ADDRESS;
	if (G_UNLIKELY(flags != w->k->tables) && !learn_tables(w, flags))
		return false;
	*pa = (leaf & SMMU_QUICK_ADDRESS & UINT64_MAX << lg2) | (ipa & ~(UINT64_MAX << lg2));
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

		page = G_LIKELY(q->flat.flat) ? iom_flat_find(&q->flat, ipa) : 0;
		if (G_LIKELY(page)) {
			w->ipa.hits++;
			*pa = (page & IOM_FLAT_ADDRESS) | (ipa & 0xfff);
			*like = page & (IOM_FLAT_TRAITS | IOM_FLAT_SIZE);
			*lg2 = iom_flat_lg2(&q->flat, page);
			return true;
		}
		if (!second_cached(w, ipa, &out))
			return false;
		*pa = out.pa;
		*like = smmu_flat_pack(&out) | iom_flat_size(&q->flat, out.page_lg2);
		*lg2 = out.page_lg2;
		return true;
	}
	if (!second_walk(w, ipa, &leaf, lg2))
		return false;
	*pa = (leaf & SMMU_QUICK_ADDRESS & UINT64_MAX << *lg2) | (ipa & ~(UINT64_MAX << *lg2));
	*like = (leaf & ~SMMU_QUICK_ADDRESS) | (uint64_t)*lg2 << 16;
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

/* All of a translation but its address, from what smmu_quick_key() and page_at() say. */
static void describe(struct quick_walk *w, uint64_t key, uint64_t like, struct smmu_out *out)
{
	struct smmu_quick *q = w->q;
	struct smmu_s2_out cached;
	const struct smmu_s2_out *s2 = &cached;

	memset(out, 0, sizeof(*out));
	new_leaf(q, key & ~SMMU_QUICK_ADDRESS, key >> 12 & 15);
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
		cached.page_lg2 = (uint8_t)iom_flat_lg2(&q->flat, like);
	} else {
		s2 = second_leaf(w, like & ~SMMU_QUICK_ADDRESS);
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
	k->page_lg2 = head.page_lg2;
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
		table = desc & SMMU_QUICK_ADDRESS;
		all |= desc;
		if (G_UNLIKELY(q->tables != NULL))
			first_keep_table(w, shift, va, table, all >> 59 & h->limits);
	}
	if (!smmu_quick_is_leaf(desc, shift, check))
		return false;
	low = ~(UINT64_MAX << shift);
	at = (desc & SMMU_QUICK_ADDRESS & ~low) | (va & low);
	*key = smmu_quick_key(desc, all >> 59 & h->limits, shift);
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
	iom_epoch epoch;
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

static __attribute__((noinline)) bool full_walk(smmu *s, const iom_request *request,
						struct smmu_quick *q,
						struct smmu_request_class *class,
						const struct smmu_quick_half *h, uint64_t va,
						const struct moment *began, iom_result *result)
{
	struct quick_walk w;
	uint64_t key = 0, like = 0; /* set where a link was asked for */

	w.s = s;
	w.q = q;
	w.k = class;
	w.memory = s->iommu.bus.memory[IOM_SPACE_NONSECURE];
	w.reads = 0;
	w.walk = w.ipa = (struct looked){ 0, 0 };
	w.epoch = began->epoch;
	if (!(q->nested ? first(&w, va, h, true, result, &key, &like)
			: first(&w, va, h, false, result, &key, &like)))
		return false;
	count(&w);
	if (q->iotlb)
		keep(&w, request, began, key, like, result);
	return true;
}

bool smmu_quick_walk(smmu *s, const iom_request *request, struct smmu_quick *q,
		     struct smmu_request_class *class, uint64_t generation, iom_result *result)
{
	uint64_t va = request->address;
	unsigned upper = q->two_halves ? va >> 55 & 1 : 0;
	const struct smmu_quick_half *h = &q->half[upper];
	struct moment began;

	if (G_UNLIKELY(!h->shift || class->unusual) || iom_observed(&s->iommu))
		return false;
	if (G_UNLIKELY(h->tbi))
		va = upper ? va | UINT64_C(0xff) << 56 : va & iom_mask(56);
	if (G_UNLIKELY((va ^ h->invert) & h->outside))
		return false;
	began.epoch = iom_tags_epoch(s->tags);
	began.global_known = __atomic_load_n(&s->any_global, __ATOMIC_ACQUIRE);
	began.va_commands = __atomic_load_n(&s->va_commands, __ATOMIC_ACQUIRE);
	/* The context was still the right one when the walk began: after its time was read. */
	if (G_UNLIKELY(iom_front_generation(&s->iommu) != generation))
		return false;
	/* Links know where tables are in memory. */
	if (G_UNLIKELY(q->window.layout != s->iommu.bus.memory[IOM_SPACE_NONSECURE]->layout))
		smmu_quick_cut(q);
	iom_window_check(&q->window, s->iommu.bus.memory[IOM_SPACE_NONSECURE]);
	return full_walk(s, request, q, class, h, va, &began, result);
}
