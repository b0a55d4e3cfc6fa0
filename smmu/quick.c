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

/* Look-ups are counted when the walk has come to its end. */
struct looked {
	unsigned hits, misses;
};

struct quick_walk {
	smmu *s;
	const struct smmu_quick *q;
	const struct smmu_context *c;
	const iom_memory *memory;
	iom_cache *tables, *stage2; /* NULL when off */
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
	q->half[0] = q->half[1] = false;
	if (s->ids.rme || s->n_pmcg || c->space != IOM_SPACE_NONSECURE ||
	    (c->mode != SMMU_MODE_S1 && !stage2))
		return;
	for (unsigned i = 0; i < 2; i++)
		q->half[i] = plain_half(&c->s1, &c->s1.half[i]);
}

static inline bool load(struct quick_walk *w, uint64_t at, uint64_t *desc)
{
	const uint64_t *word = iom_memory_word(w->memory, at, 8);

	if (G_UNLIKELY(!word))
		return false;
	*desc = GUINT64_FROM_LE(__atomic_load_n(word, __ATOMIC_ACQUIRE));
	w->reads++;
	return true;
}

static bool find(struct looked *looked, iom_cache *cache, const iom_cache_scope *scope,
		 uint64_t address, void *value, size_t size, unsigned *page_lg2)
{
	iom_cache_place place;

	if (!iom_cache_find_at(cache, scope, address, value, size, page_lg2, false, &place)) {
		looked->misses++;
		return false;
	}
	looked->hits++;
	if (place.set)
		iom_cache_use_again(place.set, place.use);
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

static int second_start(struct quick_walk *w, uint64_t ipa, uint64_t *table)
{
	for (int level = 2; w->tables && level >= w->c->s2[0].start_level; level--) {
		iom_cache_scope scope = second_scope(w, SMMU_SCOPE_WALK2, level);
		struct smmu_walk_entry e;

		if (find(&w->walk, w->tables, &scope, ipa, &e, sizeof(e), NULL)) {
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

	iom_cache_insert(w->tables, &scope, ipa, smmu_level_shift(12, level), &e, sizeof(e), tags,
			 2, w->epoch);
}

static bool second_walk(struct quick_walk *w, uint64_t ipa, struct smmu_s2_out *out)
{
	const struct smmu_s2 *s2 = &w->c->s2[0];
	uint64_t table, desc, oa;
	int level = second_start(w, ipa, &table);
	unsigned shift = smmu_level_shift(12, level);
	/* concatenated tables at the start */
	uint64_t index = level == s2->start_level ? iom_mask(s2->ia_bits - shift) : 0x1ff;

	for (;; level++, shift -= 9, index = 0x1ff) {
		if (!load(w, table | (ipa >> shift & index) << 3, &desc))
			return false;
		if ((desc & 3) != 3 || level == 3)
			break;
		table = desc & TABLE_ADDRESS;
		if (table >> s2->oa_bits)
			return false;
		if (w->tables)
			second_keep_table(w, level, ipa, table);
	}
	oa = desc & TABLE_ADDRESS & ~iom_mask(shift);
	if (!(desc & AF) || oa >> s2->oa_bits ||
	    (level == 3 ? (desc & 3) != 3 : (desc & 3) != 1 || level < 1))
		return false;
	out->pa = oa | (ipa & iom_mask(shift));
	out->page_lg2 = (uint8_t)shift;
	out->level = (int8_t)level;
	out->memattr = (uint8_t)(desc >> 2 & 15);
	out->sh = (uint8_t)(desc >> 8 & 3);
	out->ns = s2->out_ns;
	smmu_s2_permissions(w->s, w->c, s2, desc, out);
	return true;
}

static inline bool second(struct quick_walk *w, uint64_t ipa, bool table, bool privileged,
			  unsigned need, struct smmu_s2_out *out)
{
	const struct smmu_s2 *s2 = &w->c->s2[0];

	if (ipa >> s2->ia_bits)
		return false;
	if (w->stage2) {
		iom_cache_scope scope = second_scope(w, SMMU_SCOPE_S2, -1);
		iom_tag *tags[2] = { w->c->regime_tag, w->c->s2_tag };
		struct smmu_s2_entry e;
		unsigned page_lg2;

		if (find(&w->ipa, w->stage2, &scope, ipa, &e, sizeof(e), &page_lg2)) {
			out->pa = e.pa | (ipa & iom_mask(page_lg2));
			out->page_lg2 = (uint8_t)page_lg2;
			out->memattr = e.memattr;
			out->sh = e.sh;
			memcpy(out->perm, e.perm, 2);
		} else {
			if (!second_walk(w, ipa, out))
				return false;
			e = smmu_s2_entry_of(out);
			iom_cache_insert(w->stage2, &scope, ipa, out->page_lg2, &e, sizeof(e), tags,
					 2, w->epoch);
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

static int first_start(struct quick_walk *w, const struct smmu_half *h, uint64_t va,
		       uint64_t *table, struct smmu_table_limits *limits)
{
	for (int level = 2; w->tables && level >= h->start_level; level--) {
		iom_cache_scope scope = first_scope(w->c, level);
		struct smmu_walk_entry e;

		if (find(&w->walk, w->tables, &scope, va, &e, sizeof(e), NULL)) {
			*table = e.table;
			*limits = (struct smmu_table_limits){ e.no_write, e.no_user, e.uxn, e.pxn };
			return level + 1;
		}
	}
	*table = h->ttb;
	return h->start_level;
}

static void first_keep_table(struct quick_walk *w, int level, uint64_t va, uint64_t table,
			     const struct smmu_table_limits *limits)
{
	const struct smmu_context *c = w->c;
	iom_cache_scope scope = first_scope(c, level);
	struct smmu_walk_entry e = { table,       limits->no_write, limits->no_user,
				     limits->uxn, limits->pxn,      0 };
	iom_tag *tags[3] = { c->regime_tag, c->vmid_tag, c->asid_tag };

	iom_cache_insert(w->tables, &scope, va, smmu_level_shift(12, level), &e, sizeof(e), tags, 3,
			 w->epoch);
}

static inline __attribute__((always_inline)) bool first(struct quick_walk *w, uint64_t va,
							const struct smmu_half *h, bool nested,
							bool privileged, unsigned need,
							struct smmu_out *out)
{
	const struct smmu_context *c = w->c;
	struct smmu_table_limits limits = { 0 };
	struct smmu_s1_out s1;
	struct smmu_s2_out s2;
	uint64_t table, at, desc, oa;
	int level = first_start(w, h, va, &table, &limits);
	unsigned shift = smmu_level_shift(12, level);
	uint64_t index = level == h->start_level ? iom_mask(h->ia_bits - shift) : 0x1ff;

	for (;; level++, shift -= 9, index = 0x1ff) {
		at = table | (va >> shift & index) << 3;
		if (nested) {
			if (!second(w, at, true, privileged, IOM_READ, &s2))
				return false;
			at = s2.pa;
		}
		if (!load(w, at, &desc))
			return false;
		if ((desc & 3) != 3 || level == 3)
			break;
		table = desc & TABLE_ADDRESS;
		if (table >> c->s1.oa_bits)
			return false;
		if (G_UNLIKELY(desc >> 59 & 15) && !h->had) {
			limits.no_write |= desc >> 62 & 1;
			limits.no_user |= desc >> 61 & 1;
			limits.uxn |= desc >> 60 & 1;
			limits.pxn |= desc >> 59 & 1;
		}
		if (w->tables)
			first_keep_table(w, level, va, table, &limits);
	}
	oa = desc & TABLE_ADDRESS & ~iom_mask(shift);
	if (!(desc & AF) || oa >> c->s1.oa_bits ||
	    (level == 3 ? (desc & 3) != 3 : (desc & 3) != 1 || level < 1))
		return false;
	smmu_s1_permissions(&c->s1, desc, &limits, &s1);
	if (need & ~s1.perm[privileged])
		return false;
	memcpy(out->perm, s1.perm, 2);
	out->address = oa | (va & iom_mask(shift));
	out->page_lg2 = (uint8_t)shift;
	out->mair = (uint8_t)(c->s1.mair >> (desc >> 2 & 7) * 8);
	out->s1_sh = (uint8_t)(desc >> 8 & 3);
	out->global = !(desc >> 11 & 1) && c->world != SMMU_EL2 && c->world != SMMU_EL3;
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

bool smmu_quick_walk(smmu *s, const iom_request *request, struct smmu_quick *q, uint64_t generation,
		     bool privileged, unsigned need, iom_result *result)
{
	const struct smmu_context *c = &q->context;
	bool global_known = __atomic_load_n(&s->any_global, __ATOMIC_ACQUIRE);
	uint64_t va_commands = __atomic_load_n(&s->va_commands, __ATOMIC_ACQUIRE);
	struct quick_walk w = { .s = s, .q = q, .c = c, .epoch = iom_tags_epoch(s->tags) };
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
	if ((upper ? ~va : va) >> h->ia_bits)
		return false;
	w.memory = s->iommu.bus.memory[IOM_SPACE_NONSECURE];
	w.tables = iom_cache_enabled(s->caches[IOM_CACHE_WALK]) ? s->caches[IOM_CACHE_WALK] : NULL;
	w.stage2 =
		iom_cache_enabled(s->caches[IOM_CACHE_STAGE2]) ? s->caches[IOM_CACHE_STAGE2] : NULL;
	out.has_s1 = true;
	out.has_s2 = nested;
	out.fwb = nested && c->s2[0].fwb;
	out.split = false;
	out.space = IOM_SPACE_NONSECURE;
	out.s2_memattr = out.s2_sh = 0;
	if (nested ? !first(&w, va, h, true, privileged, need, &out)
		   : !first(&w, va, h, false, privileged, need, &out))
		return false;
	iom_count_n(&s->iommu, IOM_STAT_TABLE_READS, w.reads);
	if (w.tables)
		iom_cache_count_n(s->caches[IOM_CACHE_WALK], slot, w.walk.hits, w.walk.misses);
	if (w.stage2 && nested)
		iom_cache_count_n(s->caches[IOM_CACHE_STAGE2], slot, w.ipa.hits, w.ipa.misses);
	result->status = IOM_OK;
	result->permissions =
		(uint8_t)(smmu_seen_permissions(out.perm[privileged], c->instcfg) | need);
	result->page_lg2 = out.page_lg2;
	result->space = IOM_SPACE_NONSECURE;
	type(s, q, &out, result);
	result->flags = (uint16_t)((privileged ? IOM_RES_PRIVILEGED : 0) |
				   (need & IOM_EXECUTE ? IOM_RES_INSTRUCTION : 0) |
				   (out.global ? IOM_RES_GLOBAL : 0));
	result->partid = c->partid;
	result->pmg = c->pmg;
	result->address = out.address;
	result->span = (UINT64_C(1) << out.page_lg2) - (out.address & iom_mask(out.page_lg2));
	if (iom_cache_enabled(s->caches[IOM_CACHE_IOTLB]))
		keep(s, request, w.epoch, global_known, va_commands, c, &out, result);
	return true;
}
