/* SPDX-License-Identifier: MIT */
/*
 * The walks of s1.c and s2.c for tables in which nothing is wrong or missing:
 * VMSAv8-64 with 4 KiB granules in Non-secure memory, flags set, the access
 * granted. They give up at the first sign of anything else, having changed no
 * table, and the others start over and say what it is.
 */
#include <string.h>

#include "core/front.h"
#include "core/memory.h"
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
	const struct smmu_context *c;
	const iom_memory *memory;
	/* Direct memory that was found last: words from `base` on, up to `room` after it. */
	const uint8_t *host;
	uint64_t base, room;
	iom_front *front; /* of this thread, or NULL */
	uint64_t generation; /* when the walk began */
	iom_epoch epoch;
	unsigned reads;
	struct looked walk, ipa;
};

static bool plain_s2(const struct smmu_s2 *s2)
{
	return s2->granule_lg2 == 12 && !(s2->lpae | s2->ds | s2->big_endian | s2->haft | s2->pie);
}

static bool plain_half(const struct smmu_s1 *s1, const struct smmu_half *h)
{
	return h->granule_lg2 == 12 && !(h->disabled | h->e0pd) &&
	       !(s1->lpae | s1->big_endian | s1->ds | s1->aie | s1->pie | s1->haft);
}

void smmu_quick_init(const smmu *s, struct smmu_quick *q)
{
	const struct smmu_context *c = &q->context;
	bool stage2 = c->mode == SMMU_MODE_NESTED && plain_s2(&c->s2[0]);

	q->type_known = false;
	q->s1_flags = q->s2_flags = 0; /* no leaf */
	q->half[0] = q->half[1] = false;
	if (s->ids.rme || s->n_pmcg || c->space != IOM_SPACE_NONSECURE ||
	    (c->mode != SMMU_MODE_S1 && !stage2))
		return;
	q->tables = iom_cache_enabled(s->caches[IOM_CACHE_WALK]) ? s->caches[IOM_CACHE_WALK] : NULL;
	q->stage2 = stage2 && iom_cache_enabled(s->caches[IOM_CACHE_STAGE2])
			    ? s->caches[IOM_CACHE_STAGE2]
			    : NULL;
	q->refused[0] = TABLE_ADDRESS & ~iom_mask(c->s1.oa_bits);
	q->refused[1] = TABLE_ADDRESS & ~iom_mask(c->s2[0].oa_bits);
	for (unsigned i = 0; i < 2; i++) {
		q->half[i] = plain_half(&c->s1, &c->s1.half[i]);
		q->width[i] = iom_mask(c->s1.half[i].ia_bits);
		q->limits[i] = c->s1.half[i].had ? 0 : 15;
	}
}

/* The direct memory around an address; false: there is none, or errors are injected. */
static __attribute__((noinline)) bool look(struct quick_walk *w, uint64_t at)
{
	const iom_region *r = w->memory->n_marks ? NULL : iom_memory_region(w->memory, at);
	uint64_t first, last;

	if (!r || r->last - at < 7)
		return false;
	if (r->kind == IOM_REGION_RAM) {
		w->base = r->base;
		w->room = r->last - r->base - 7;
		w->host = r->host;
		return true;
	}
	first = MAX(at & ~(IOM_SPARSE_CHUNK - 1), r->base);
	last = MIN(at | (IOM_SPARSE_CHUNK - 1), r->last);
	w->host = r->kind == IOM_REGION_SPARSE
			  ? iom_sparse_find(r->sparse, at >> IOM_SPARSE_CHUNK_LG2)
			  : NULL;
	if (!w->host)
		return false;
	w->host += first & (IOM_SPARSE_CHUNK - 1);
	w->base = first;
	w->room = last - first - 7;
	return true;
}

static inline __attribute__((always_inline)) bool load(struct quick_walk *w, uint64_t at,
						       uint64_t *desc)
{
	if (G_UNLIKELY(at - w->base > w->room) && !look(w, at))
		return false;
	*desc = GUINT64_FROM_LE(
		__atomic_load_n((const uint64_t *)(const void *)(w->host + (at - w->base)),
				__ATOMIC_ACQUIRE));
	w->reads++;
	return true;
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
static iom_cache_scope second_scope(const struct quick_walk *w, enum smmu_scope_kind kind,
				    int level)
{
	return (iom_cache_scope){ w->c->s2_digest, smmu_scope_lo(kind, level, IOM_SPACE_NONSECURE,
								 SMMU_EL1, w->c->vmid, 0) };
}

static __attribute__((noinline)) int second_start(struct quick_walk *w, uint64_t ipa,
						  uint64_t *table)
{
	for (int level = 2; level >= w->c->s2[0].start_level; level--) {
		iom_cache_scope scope = second_scope(w, SMMU_SCOPE_WALK2, level);
		struct smmu_walk_entry e;
		iom_cache_place place;

		if (find(&w->walk, w->q->tables, &scope, ipa, &e, sizeof(e), NULL, &place)) {
			*table = e.table;
			return level + 1;
		}
	}
	*table = w->c->s2[0].ttb;
	return w->c->s2[0].start_level;
}

static void second_keep_table(struct quick_walk *w, int level, uint64_t ipa, uint64_t table)
{
	iom_cache_scope scope = second_scope(w, SMMU_SCOPE_WALK2, level);
	struct smmu_walk_entry e = { .table = table };
	iom_tag *tags[2] = { w->c->regime_tag, w->c->s2_tag };

	iom_cache_insert(w->q->tables, &scope, ipa, smmu_level_shift(12, level), &e, sizeof(e),
			 tags, 2, w->epoch);
}

static inline int level_of(unsigned shift)
{
	return 3 - (int)(shift - 12) / 9;
}

/* A page, or a block of level 1 or 2, with its flag set and an address in range. */
static inline bool is_leaf(uint64_t desc, unsigned shift, uint64_t check)
{
	uint64_t kind = shift == 12 ? 3 : 1;

	return (desc & (check | AF)) == (kind | AF) && shift <= 30;
}

static inline __attribute__((always_inline)) bool second_walk(struct quick_walk *w, uint64_t ipa,
							      struct smmu_s2_out *out)
{
	const struct smmu_s2 *s2 = &w->c->s2[0];
	uint64_t table = s2->ttb, desc, oa, flags;
	int level = w->q->tables ? second_start(w, ipa, &table) : s2->start_level;
	unsigned shift = smmu_level_shift(12, level);
	/* Tables at the start may be concatenated; nothing is above their index. */
	uint64_t index = level == s2->start_level ? UINT64_MAX << 3 : 0xff8;
	const uint64_t check = w->q->refused[1] | 3;
	struct smmu_quick *q;

	for (;; shift -= 9, index = 0xff8) {
		if (!load(w, table | (ipa >> (shift - 3) & index), &desc))
			return false;
		if ((desc & check) != 3 || shift == 12)
			break;
		table = desc & TABLE_ADDRESS;
		if (w->q->tables)
			second_keep_table(w, level_of(shift), ipa, table);
	}
	oa = desc & TABLE_ADDRESS & UINT64_MAX << shift;
	if (!is_leaf(desc, shift, check))
		return false;
	out->pa = oa | (ipa & ~(UINT64_MAX << shift));
	out->page_lg2 = (uint8_t)shift;
	out->level = (int8_t)level_of(shift);
	flags = desc & ~TABLE_ADDRESS;
	if (G_UNLIKELY(w->q->s2_flags != flags)) {
		q = w->q;
		q->s2_leaf.memattr = (uint8_t)(desc >> 2 & 15);
		q->s2_leaf.sh = (uint8_t)(desc >> 8 & 3);
		q->s2_leaf.ns = s2->out_ns;
		smmu_s2_permissions(w->s, w->c, s2, desc, &q->s2_leaf);
		q->s2_flags = flags;
	}
	/* The rest of a leaf is as in the last one with the same flags. */
	memcpy(out->perm, w->q->s2_leaf.perm, 8);
	return true;
}

/* Whose tables: the address of the page, and what its translation depends on. */
static inline iom_front_page *page_of(const struct quick_walk *w, uint64_t ipa, uint64_t *who)
{
	*who = ipa >> 12 | (uint64_t)w->c->vmid << 48;
	return &w->front->page[(ipa >> 12) % IOM_FRONT_PAGES];
}

static inline bool known(struct quick_walk *w, uint64_t ipa, struct smmu_s2_out *out)
{
	const iom_front_page *page;
	uint64_t who;

	if (G_UNLIKELY(!w->front))
		return false;
	page = page_of(w, ipa, &who);
	if (page->key[0] != who || page->key[1] != w->c->s2_digest ||
	    page->generation != w->generation || !iom_cache_unchanged(w->q->stage2, &page->place))
		return false;
	iom_cache_use_again(w->q->stage2, &page->place);
	out->pa = page->address | (ipa & 0xfff);
	out->page_lg2 = 12; /* at least; for tables it is of no use */
	memcpy(out->perm, &page->attributes, 8);
	return true;
}

static __attribute__((noinline)) void know(struct quick_walk *w, uint64_t ipa,
					   const struct smmu_s2_out *out,
					   const iom_cache_place *place)
{
	uint64_t who;
	iom_front_page *page = page_of(w, ipa, &who);

	page->key[0] = who;
	page->key[1] = w->c->s2_digest;
	page->generation = w->generation;
	page->place = *place;
	page->address = out->pa & ~UINT64_C(0xfff);
	memcpy(&page->attributes, out->perm, 8);
}

static inline bool second(struct quick_walk *w, uint64_t ipa, bool table, bool privileged,
			  unsigned need, struct smmu_s2_out *out)
{
	const struct smmu_s2 *s2 = &w->c->s2[0];

	if (ipa >> s2->ia_bits)
		return false;
	if (w->q->stage2) {
		iom_cache_scope scope = second_scope(w, SMMU_SCOPE_S2, -1);
		iom_tag *tags[2] = { w->c->regime_tag, w->c->s2_tag };
		struct smmu_s2_entry e;
		iom_cache_place place;
		unsigned page_lg2;

		if (table && known(w, ipa, out)) {
			w->ipa.hits++;
		} else if (find(&w->ipa, w->q->stage2, &scope, ipa, &e,
				offsetof(struct smmu_s2_entry, level), &page_lg2, &place)) {
			out->pa = e.pa | (ipa & ~(UINT64_MAX << page_lg2));
			out->page_lg2 = (uint8_t)page_lg2;
			memcpy(out->perm, e.perm, 8);
			if (table && w->front && place.usable)
				know(w, ipa, out, &place);
		} else {
			if (!second_walk(w, ipa, out))
				return false;
			e = smmu_s2_entry_of(out);
			iom_cache_insert(w->q->stage2, &scope, ipa, out->page_lg2, &e, sizeof(e),
					 tags, 2, w->epoch);
		}
	} else if (!second_walk(w, ipa, out)) {
		return false;
	}
	if (need & ~out->perm[privileged])
		return false;
	return !(table && s2->ptw && smmu_memattr_device(out->memattr, s2->fwb, w->s->ids.mteperm));
}

/* ------------------------------------------------------------------------
 * Stage 1, as s1.c
 */
static iom_cache_scope first_scope(const struct smmu_context *c, int level)
{
	return (iom_cache_scope){ c->digest, smmu_scope_lo(SMMU_SCOPE_WALK1, level, c->space,
							   c->world, c->vmid, c->s1.asid) };
}

/* APTable, UXNTable and PXNTable of a table descriptor, from bit 0. */
static struct smmu_table_limits limits_of(uint64_t bits)
{
	return (struct smmu_table_limits){ bits & 8, bits & 4, bits & 2, bits & 1 };
}

static __attribute__((noinline)) int first_start(struct quick_walk *w, const struct smmu_half *h,
						 uint64_t va, uint64_t *table, uint64_t *all)
{
	for (int level = 2; level >= h->start_level; level--) {
		iom_cache_scope scope = first_scope(w->c, level);
		struct smmu_walk_entry e;
		iom_cache_place place;

		if (find(&w->walk, w->q->tables, &scope, va, &e, sizeof(e), NULL, &place)) {
			*table = e.table;
			*all = (uint64_t)(e.no_write << 3 | e.no_user << 2 | e.uxn << 1 | e.pxn)
			       << 59;
			return level + 1;
		}
	}
	return h->start_level;
}

static void first_keep_table(struct quick_walk *w, int level, uint64_t va, uint64_t table,
			     uint64_t above)
{
	const struct smmu_context *c = w->c;
	struct smmu_table_limits limits = limits_of(above);
	iom_cache_scope scope = first_scope(c, level);
	struct smmu_walk_entry e = { table,      limits.no_write, limits.no_user,
				     limits.uxn, limits.pxn,      0 };
	iom_tag *tags[3] = { c->regime_tag, c->vmid_tag, c->asid_tag };

	iom_cache_insert(w->q->tables, &scope, va, smmu_level_shift(12, level), &e, sizeof(e), tags,
			 3, w->epoch);
}

/* What a leaf means, under limits of tables above it. */
static __attribute__((noinline)) void new_leaf(struct smmu_quick *q, uint64_t desc, uint64_t above)
{
	const struct smmu_context *c = &q->context;
	struct smmu_table_limits limits = limits_of(above);

	smmu_s1_permissions(&c->s1, desc, &limits, &q->s1_leaf);
	q->s1_leaf.mair = (uint8_t)(c->s1.mair >> (desc >> 2 & 7) * 8);
	q->s1_leaf.sh = (uint8_t)(desc >> 8 & 3);
	q->s1_leaf.global = !(desc >> 11 & 1) && c->world != SMMU_EL2 && c->world != SMMU_EL3;
	q->s1_flags = desc & ~TABLE_ADDRESS;
	q->s1_limits = above;
}

static inline __attribute__((always_inline)) bool first(struct quick_walk *w, uint64_t va,
							const struct smmu_half *h, uint64_t width,
							uint64_t limited, bool nested,
							bool privileged, unsigned need,
							struct smmu_out *out)
{
	struct smmu_quick *q = w->q;
	struct smmu_s2_out s2;
	uint64_t table = h->ttb, at, desc, oa, all = 0;
	int level = q->tables ? first_start(w, h, va, &table, &all) : h->start_level;
	unsigned shift = smmu_level_shift(12, level);
	const uint64_t check = q->refused[0] | 3, index = va & width;

	for (;; shift -= 9) {
		at = table | (index >> (shift - 3) & 0xff8);
		if (nested) {
			if (!second(w, at, true, privileged, IOM_READ, &s2))
				return false;
			at = s2.pa;
		}
		if (!load(w, at, &desc))
			return false;
		if ((desc & check) != 3 || shift == 12)
			break;
		table = desc & TABLE_ADDRESS;
		all |= desc;
		if (q->tables)
			first_keep_table(w, level_of(shift), va, table, all >> 59 & limited);
	}
	oa = desc & TABLE_ADDRESS & UINT64_MAX << shift;
	if (!is_leaf(desc, shift, check))
		return false;
	all = all >> 59 & limited;
	if (G_UNLIKELY(q->s1_flags != (desc & ~TABLE_ADDRESS) || q->s1_limits != all))
		new_leaf(q, desc, all);
	if (need & ~q->s1_leaf.perm[privileged])
		return false;
	memcpy(out->perm, q->s1_leaf.perm, 2);
	out->address = oa | (va & ~(UINT64_MAX << shift));
	out->page_lg2 = (uint8_t)shift;
	out->mair = q->s1_leaf.mair;
	out->s1_sh = q->s1_leaf.sh;
	out->global = q->s1_leaf.global;
	if (!nested)
		return true;
	if (!second(w, out->address, false, privileged, need, &s2))
		return false;
	out->address = s2.pa;
	out->page_lg2 = MIN(out->page_lg2, s2.page_lg2);
	out->perm[0] &= s2.perm[0];
	out->perm[1] &= s2.perm[1];
	out->s2_memattr = s2.memattr;
	out->s2_sh = s2.sh;
	return true;
}

/* The type of the output; nearly always that of the last page. */
static void type(const smmu *s, struct smmu_quick *q, const struct smmu_out *out,
		 iom_result *result)
{
	uint32_t key = out->mair | (uint32_t)out->s1_sh << 8 | (uint32_t)out->s2_memattr << 16 |
		       (uint32_t)out->s2_sh << 24;

	if (G_UNLIKELY(!q->type_known || q->type_of != key)) {
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

static void keep(smmu *s, const iom_request *request, iom_epoch epoch, bool global_known,
		 uint64_t va_commands, const struct smmu_context *c, const struct smmu_out *out,
		 const iom_result *result)
{
	struct smmu_tx tx;

	tx.address = request->address;
	tx.passive = false;
	tx.epoch = epoch;
	tx.global_known = global_known;
	tx.va_commands = va_commands;
	smmu_tlb_keep(s, request, &tx, c, out, result);
}

bool smmu_quick_walk(smmu *s, const iom_request *request, iom_front *front, struct smmu_quick *q,
		     uint64_t generation, bool privileged, unsigned need, iom_result *result)
{
	const struct smmu_context *c = &q->context;
	bool global_known = __atomic_load_n(&s->any_global, __ATOMIC_ACQUIRE);
	uint64_t va_commands = __atomic_load_n(&s->va_commands, __ATOMIC_ACQUIRE);
	struct quick_walk w;
	iom_epoch epoch = iom_tags_epoch(s->tags);
	bool nested = c->mode == SMMU_MODE_NESTED;
	unsigned upper = c->s1.two_halves && (request->address >> 55 & 1);
	const struct smmu_half *h = &c->s1.half[upper];
	uint64_t va = request->address;
	unsigned slot = iom_thread_slot();
	struct smmu_out out;

	if (!q->half[upper] || iom_observed(&s->iommu) ||
	    (request->flags & (IOM_REQ_SPECULATIVE | IOM_REQ_HAS_ATTRS | IOM_REQ_NO_SNOOP)))
		return false;
	/* The context was still the right one when the walk began. */
	if (iom_front_generation(&s->iommu) != generation)
		return false;
	if (h->tbi)
		va = upper ? va | UINT64_C(0xff) << 56 : va & iom_mask(56);
	if ((upper ? ~va : va) & ~q->width[upper])
		return false;
	w.s = s;
	w.q = q;
	w.c = c;
	w.base = UINT64_MAX; /* no aligned word is there */
	w.room = 0;
	w.front = front;
	w.generation = generation;
	w.reads = 0;
	w.epoch = epoch;
	w.walk = w.ipa = (struct looked){ 0, 0 };
	w.memory = s->iommu.bus.memory[IOM_SPACE_NONSECURE];
	out.has_s1 = true;
	out.has_s2 = nested;
	out.fwb = nested && c->s2[0].fwb;
	out.split = false;
	out.space = IOM_SPACE_NONSECURE;
	out.s2_memattr = out.s2_sh = 0;
	if (nested ? !first(&w, va, h, q->width[upper], q->limits[upper], true, privileged, need,
			    &out)
		   : !first(&w, va, h, q->width[upper], q->limits[upper], false, privileged, need,
			    &out))
		return false;
	iom_count_n(&s->iommu, IOM_STAT_TABLE_READS, w.reads);
	if (q->tables)
		iom_cache_count_n(s->caches[IOM_CACHE_WALK], slot, w.walk.hits, w.walk.misses);
	if (q->stage2)
		iom_cache_count_n(s->caches[IOM_CACHE_STAGE2], slot, w.ipa.hits, w.ipa.misses);
	result->status = IOM_OK;
	result->permissions =
		(uint8_t)(smmu_seen_permissions(out.perm[privileged], c->instcfg) | need);
	result->page_lg2 = out.page_lg2;
	result->space = IOM_SPACE_NONSECURE;
	type(s, q, &out, result);
	result->flags = (uint16_t)(smmu_leaves_as(s, privileged, need & IOM_EXECUTE) |
				   (out.global ? IOM_RES_GLOBAL : 0));
	result->partid = c->partid;
	result->pmg = c->pmg;
	result->address = out.address;
	result->span =
		(UINT64_C(1) << out.page_lg2) - (out.address & ~(UINT64_MAX << out.page_lg2));
	if (iom_cache_enabled(s->caches[IOM_CACHE_IOTLB]))
		keep(s, request, epoch, global_known, va_commands, c, &out, result);
	return true;
}
