/* SPDX-License-Identifier: MIT */
/* Part of fast-walk.c: what its walks have in common, and the second stage. */
#ifndef IOM_VTD_FAST_SECOND_H
#define IOM_VTD_FAST_SECOND_H

#include "vtd/plan.h"

#define FAST_INLINE static inline __attribute__((always_inline))
#define PAGE_MASK UINT64_C(0xfff)

/* The caches that take part in a walk. */
typedef struct fast_caches {
	iom_epoch epoch;
	unsigned hits, misses; /* of the stage-2 cache */
} fast_caches;

/*
 * What a walk is about; by value, so that it stays in registers. A lean walk is
 * one without caches but for the flattened second stage. It calls nothing, and
 * leaves what that takes to the one that can do everything.
 */
typedef struct fast_walk {
	vtd_unit *unit;
	vtd_plan *plan;
	fast_caches *caches;
	unsigned *reads; /* of tables */
	bool lean;
	bool whole; /* and nothing is to be learned */
} fast_walk;

/* The end of a walk of one stage. */
typedef struct fast_leaf {
	uint64_t entry;
	uint64_t all; /* bits that are set in every entry down to this one */
	uint64_t at; /* of the entry */
	unsigned level;
} fast_leaf;

FAST_INLINE bool load(fast_walk w, uint64_t at, uint64_t *entry)
{
	if (w.lean && G_UNLIKELY(!iom_window_holds(&w.plan->window, at)))
		return false;
	return iom_window_load64(&w.plan->window, w.unit->memory, at, entry);
}

FAST_INLINE uint64_t entry_at(uint64_t table, uint64_t address, unsigned level)
{
	return table | (address >> (9 * level) & 0xff8);
}

FAST_INLINE unsigned size_lg2(unsigned level)
{
	return 9 * level + 3;
}

/* Of the entry: the bits that count, those that all must have only if they do. */
FAST_INLINE uint64_t like(const vtd_plain *plain, const fast_leaf *leaf)
{
	return (leaf->entry & plain->own) | (leaf->all & plain->gathered);
}

FAST_INLINE bool is_leaf(const vtd_plain *plain, uint64_t entry, unsigned level)
{
	return entry & VTD_ENTRY_PS && level <= 3 && !(entry & plain->leaf[level]);
}

/* ------------------------------------------------------------------------
 * 3.7: as vtd_ss_walk()
 */
static __attribute__((noinline)) bool ss_start(fast_walk w, uint64_t gpa, uint64_t *table,
					       uint64_t *all, unsigned *level)
{
	const vtd_plan *p = w.plan;
	vtd_table known;

	if (!vtd_table_find(w.unit, &p->second_scope, gpa, &known, level)) {
		*level = p->ctx.ss_levels;
		return true;
	}
	*table = known.address;
	*all = (((uint64_t)known.read | (uint64_t)known.write << 1) << p->ss_shift) |
	       ~(UINT64_C(3) << p->ss_shift);
	return known.signature == p->ctx.signature;
}

static __attribute__((noinline)) bool ss_keep_table(fast_walk w, uint64_t gpa, unsigned level,
						    uint64_t table, uint64_t all)
{
	const vtd_plan *p = w.plan;
	unsigned rights = all >> p->ss_shift & 3;
	vtd_table known = { .address = table,
			    .signature = p->ctx.signature,
			    .read = rights & 1,
			    .write = rights >> 1 };

	if (!rights || (all & p->ss.want) != p->ss.want)
		return false;
	iom_cache_insert(p->tables, &p->second_scope, gpa, 12 + 9 * (level - 1), &known,
			 sizeof(known), &p->second_tag, 1, w.caches->epoch);
	return true;
}

/* One level down; false with the entry, 0 where there is none, that ended it. */
FAST_INLINE bool ss_down(fast_walk w, uint64_t gpa, unsigned level, uint64_t *table, uint64_t *all,
			 uint64_t *entry)
{
	const vtd_plan *p = w.plan;

	if (!load(w, entry_at(*table, gpa, level), entry)) {
		*entry = 0;
		return false;
	}
	if (*entry & p->ss.table[level])
		return false;
	*all &= *entry;
	*table = *entry & p->address;
	if (!w.lean && p->tables && !ss_keep_table(w, gpa, level, *table, *all)) {
		*entry = 0;
		return false;
	}
	return true;
}

#define SS_DOWN(n) \
	if (!ss_down(w, gpa, n, &table, &all, &entry)) { \
		level = n; \
		goto stopped; \
	}

FAST_INLINE bool second(fast_walk w, uint64_t gpa, fast_leaf *out)
{
	const vtd_plan *p = w.plan;
	uint64_t table = p->ctx.ss, all = UINT64_MAX, entry;
	unsigned level = p->ctx.ss_levels, first = level;

	if (!w.lean && p->tables) {
		if (!ss_start(w, gpa, &table, &all, &level))
			return false;
		first = level;
	}
	switch (level) {
	case 5:
		SS_DOWN(5);
		/* fall through */
	case 4:
		SS_DOWN(4);
		/* fall through */
	case 3:
		SS_DOWN(3);
		/* fall through */
	case 2:
		SS_DOWN(2);
	}
	out->at = entry_at(table, gpa, 1);
	if (!load(w, out->at, &entry) || entry & p->ss.leaf[1])
		return false;
	out->entry = entry;
	out->all = all & entry;
	out->level = 1;
	*w.reads += first;
	return true;
stopped:
	if (!is_leaf(&p->ss, entry, level))
		return false;
	out->at = entry_at(table, gpa, level);
	out->entry = entry;
	out->all = all & entry;
	out->level = level;
	*w.reads += first - level + 1;
	return true;
}

FAST_INLINE uint64_t output(const vtd_plan *p, const fast_leaf *leaf, uint64_t address)
{
	uint64_t mask = UINT64_MAX << size_lg2(leaf->level);

	if (leaf->level == 1)
		return (leaf->entry & p->address) | (address & PAGE_MASK);
	return (leaf->entry & p->address & mask) | (address & ~mask);
}

/* VTD_SS_ bits, without the size, of what like() gives. */
FAST_INLINE unsigned ss_bits(const vtd_plan *p, uint64_t like)
{
	unsigned rights = like >> p->ss_shift & 3;

	if ((like & p->ss.want) != p->ss.want)
		rights = 0;
	return rights | ((unsigned)(like >> 7) & VTD_SS_DIRTY) |
	       ((unsigned)(like >> 8) & VTD_SS_SNOOP) | ((unsigned)(like >> 2) & VTD_SS_IPAT) |
	       ((unsigned)(like << 2) & VTD_SS_EMT) | p->ss_always;
}

/* An entry of the stage-2 cache as the flattened table has it. */
static uint64_t flatten(const vtd_ss *ss, uint64_t gpa)
{
	uint64_t page = ss->page | (gpa & iom_mask(ss->lg2) & ~PAGE_MASK);
	unsigned bits = (ss->read ? VTD_SS_R : 0) | (ss->write ? VTD_SS_W : 0) |
			(ss->dirty ? VTD_SS_DIRTY : 0) | (ss->snoop ? VTD_SS_SNOOP : 0) |
			(ss->ipat ? VTD_SS_IPAT : 0) | (unsigned)ss->emt << 5 |
			(unsigned)(ss->lg2 - 12) / 9 << VTD_SS_SIZE_SHIFT;

	return page | bits;
}

/* Not in the stage-2 cache. */
static __attribute__((noinline)) bool ss_walk(fast_walk w, uint64_t gpa, vtd_ss *ss)
{
	const vtd_plan *p = w.plan;
	unsigned lg2, bits;
	fast_leaf leaf;

	if (!second(w, gpa, &leaf))
		return false;
	lg2 = size_lg2(leaf.level);
	bits = ss_bits(p, like(&p->ss, &leaf));
	if (!(bits & (VTD_SS_R | VTD_SS_W)))
		return false;
	memset(ss, 0, sizeof(*ss));
	ss->page = leaf.entry & p->address & UINT64_MAX << lg2;
	ss->leaf = leaf.at;
	ss->entry = leaf.entry;
	ss->signature = p->ctx.signature;
	ss->lg2 = (uint8_t)lg2;
	ss->read = bits & VTD_SS_R;
	ss->write = bits & VTD_SS_W;
	ss->dirty = bits & VTD_SS_DIRTY;
	ss->snoop = bits & VTD_SS_SNOOP;
	ss->ipat = bits & VTD_SS_IPAT;
	ss->emt = (uint8_t)((bits & VTD_SS_EMT) >> 5);
	return true;
}

/* Not in the flattened second stage: as vtd_ss_gpa(). */
static __attribute__((noinline)) bool ss_look(fast_walk w, uint64_t gpa, uint64_t *page)
{
	const vtd_plan *p = w.plan;
	iom_cache_place place;
	vtd_ss ss;

	if (!p->stage2) {
		if (!ss_walk(w, gpa, &ss))
			return false;
	} else if (iom_cache_find_at(p->stage2, &p->second_scope, gpa, &ss, sizeof(ss), NULL, false,
				     &place)) {
		w.caches->hits++;
		if (ss.signature != p->ctx.signature)
			return false;
		iom_cache_use_again(p->stage2, &place);
		if (p->flat.flat)
			iom_flat_keep(&p->flat, gpa, vtd_flat_pack(flatten(&ss, gpa)), ss.lg2,
				      &place);
	} else {
		w.caches->misses++;
		if (!ss_walk(w, gpa, &ss))
			return false;
		iom_cache_insert(p->stage2, &p->second_scope, gpa, ss.lg2, &ss, sizeof(ss),
				 &p->second_tag, 1, w.caches->epoch);
	}
	*page = flatten(&ss, gpa);
	return true;
}

/* The HPA of 4 KiB, and VTD_SS_ bits. */
FAST_INLINE bool ss_page(fast_walk w, uint64_t gpa, uint64_t *page)
{
	const vtd_plan *p = w.plan;

	*page = G_LIKELY(p->flat.flat) ? iom_flat_find(&p->flat, gpa) : 0;
	if (G_LIKELY(*page)) {
		*page = vtd_flat_unpack(*page);
		w.caches->hits++;
		return true;
	}
	return ss_look(w, gpa, page);
}

#endif
