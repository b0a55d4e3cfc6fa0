/* SPDX-License-Identifier: MIT */
/*
 * The walks of ss.c and fs.c for tables in which nothing is wrong or missing:
 * no fault, no flag to set, everything in direct memory. They give up at the
 * first sign of anything else, and the others start over and say what it is.
 *
 * What every entry must grant or have set is gathered on the way and asked for
 * at the end. So below an entry that is not present a walk goes on through
 * whatever that entry holds, in direct memory, and is given up then.
 */
#include "vtd/fast-second.h"

#define PAT_LARGE (UINT64_C(1) << 12) /* of pages of 4 KiB a bit of the address */

/* ------------------------------------------------------------------------
 * 3.6 and 3.8: as vtd_fs_walk(), with or without a second stage
 */
static __attribute__((noinline)) bool fs_start(fast_walk w, uint64_t address, uint64_t *table,
					       uint64_t *all, unsigned *level)
{
	const vtd_plan *p = w.plan;
	vtd_table known;

	if (!vtd_table_find(w.unit, &p->tlb_scope, address, &known, level)) {
		*level = p->ctx.fs_levels;
		return true;
	}
	*table = known.address;
	*all = (known.user ? VTD_FS_US : 0) | (known.fs_write ? VTD_FS_RW : 0) |
	       ~(VTD_FS_US | VTD_FS_RW);
	return known.signature == p->ctx.signature;
}

static __attribute__((noinline)) bool fs_keep_table(fast_walk w, uint64_t address, unsigned level,
						    uint64_t table, uint64_t all)
{
	const vtd_plan *p = w.plan;
	vtd_table known = { .address = table,
			    .signature = p->ctx.signature,
			    .user = all & VTD_FS_US,
			    .fs_write = all & VTD_FS_RW };

	if ((all & p->fs.want) != p->fs.want)
		return false;
	iom_cache_insert(p->tables, &p->tlb_scope, address, 12 + 9 * (level - 1), &known,
			 sizeof(known), p->tags, p->n_tags, w.caches->epoch);
	return true;
}

/*
 * 3.8.1 Access Rights: the first-stage entry of a table, when nested through the
 * second stage. *rights are the VTD_SS_ bits of all tables.
 */
FAST_INLINE bool fs_load(fast_walk w, bool nested, uint64_t table, uint64_t offset,
			 uint64_t *rights, uint64_t *entry)
{
	const vtd_plan *p = w.plan;
	uint64_t page = table;
	fast_leaf leaf;

	if (nested && w.lean) {
		if (!second(w, table, &leaf) || p->fetch_bits & ~leaf.all)
			return false;
		page = output(p, &leaf, table);
	} else if (nested) {
		if (!ss_page(w, table, &page))
			return false;
		*rights &= page;
		page &= ~PAGE_MASK;
	}
	++*w.reads;
	return load(w, page | offset, entry);
}

/* One level down; for pages of 4 KiB, to have one way out. */
FAST_INLINE bool fs_down(fast_walk w, uint64_t address, unsigned level, uint64_t *table,
			 uint64_t *all)
{
	uint64_t entry, rights;

	if (!fs_load(w, false, *table, entry_at(0, address, level), &rights, &entry) ||
	    G_UNLIKELY(entry & w.plan->fs.table[level]))
		return false;
	*all &= entry;
	*table = entry & w.plan->address;
	return true;
}

#define FS_DOWN(n) \
	if (!fs_down(w, address, n, &table, &all)) \
	return false

FAST_INLINE bool lean_down(fast_walk w, uint64_t address, fast_leaf *out)
{
	const vtd_plan *p = w.plan;
	uint64_t table = p->ctx.fs, all = UINT64_MAX, entry, rights;

	switch (p->ctx.fs_levels) {
	case 5:
		FS_DOWN(5);
		/* fall through */
	case 4:
		FS_DOWN(4);
		FS_DOWN(3);
		FS_DOWN(2);
	}
	if (!fs_load(w, false, table, entry_at(0, address, 1), &rights, &entry) ||
	    G_UNLIKELY(entry & p->fs.leaf[1]))
		return false;
	out->entry = entry;
	out->all = all & entry;
	out->level = 1;
	return true;
}

/*
 * Where the table at a guest-physical address is, that no link leads to or no longer; next
 * time one does. False: the stage-2 cache has to be asked.
 */
static __attribute__((noinline)) bool new_table(fast_walk w, iom_flat_link *link, uint64_t entry,
						uint64_t gpa, const uint8_t **host)
{
	vtd_plan *p = w.plan;
	uint64_t page = iom_flat_find(&p->flat, gpa), at = page & IOM_FLAT_ADDRESS;

	if (!page || p->fetch & ~(page >> VTD_FLAT_LG2) ||
	    (!iom_window_holds(&p->window, at) &&
	     !iom_window_look(&p->window, w.unit->memory, at)) ||
	    !iom_window_holds(&p->window, at + 0xff8))
		return false;
	*host = p->window.host + (at - p->window.base);
	iom_flat_link_to(&p->flat, link, entry, gpa, *host);
	return true;
}

/*
 * Through the pages of the second stage that the thread knows. Nearly always every link
 * is there (w.whole), and nothing is to be called. Tables of the upper levels are most
 * often those of the last walk: then the next level need not wait for their entries.
 */
FAST_INLINE bool flat_down(fast_walk w, uint64_t address, fast_leaf *out)
{
	vtd_plan *p = w.plan;
	uint64_t all = UINT64_MAX, entry;
	const uint8_t *host;
	iom_flat_link *link;

	out->level = 1;
	if (G_UNLIKELY(!iom_flat_follow(&p->root, &host)) &&
	    (w.whole || !new_table(w, &p->root, 0, p->ctx.fs, &host)))
		return false;
#define FLAT_STEP(n) \
	entry = GUINT64_FROM_LE( \
		__atomic_load_n((const uint64_t *)(const void *)(host + entry_at(0, address, n)), \
				__ATOMIC_ACQUIRE))
/* Links have entries that point to tables only. */
#define FLAT_TABLE(n) \
	link = iom_flat_link_at(&p->flat, entry); \
	if (!iom_flat_links(&p->flat, link, entry) || G_UNLIKELY(!iom_flat_follow(link, &host))) { \
		if (entry & p->fs.table[n]) { \
			out->level = n; \
			goto found; \
		} \
		if (w.whole || entry & p->linked || \
		    !new_table(w, link, entry, entry & p->address, &host)) \
			return false; \
	} \
	all &= entry
#define FLAT_UPPER(n) \
	FLAT_STEP(n); \
	if (G_UNLIKELY(p->last[n - 3].descriptor != entry) || \
	    G_UNLIKELY(!iom_flat_follow(&p->last[n - 3], &host))) { \
		FLAT_TABLE(n); \
		p->last[n - 3] = *link; \
	} else { \
		all &= entry; \
	}
	switch (p->ctx.fs_levels) {
	case 5:
		FLAT_UPPER(5);
		/* fall through */
	case 4:
		FLAT_UPPER(4);
		FLAT_UPPER(3);
		FLAT_STEP(2);
		FLAT_TABLE(2);
		FLAT_STEP(1);
		break;
	default:
		return false;
	}
	if (G_UNLIKELY(entry & p->fs.leaf[1]))
		return false;
found:
	if (out->level != 1 && !is_leaf(&p->fs, entry, out->level))
		return false;
	out->entry = entry;
	out->all = all & entry;
	*w.reads = p->ctx.fs_levels + 1u - out->level;
	w.caches->hits = *w.reads;
	return true;
}

FAST_INLINE bool first(fast_walk w, uint64_t address, bool nested, fast_leaf *out)
{
	const vtd_plan *p = w.plan;
	uint64_t table = p->ctx.fs, all = UINT64_MAX, rights = UINT64_MAX, entry;
	unsigned level = p->ctx.fs_levels;

	if (w.lean && nested && w.caches)
		return flat_down(w, address, out);
	if (w.lean && !nested)
		return lean_down(w, address, out);
	if (!w.lean && p->tables && !fs_start(w, address, &table, &all, &level))
		return false;
	for (; level > 1; level--) {
		if (!fs_load(w, nested, table, entry_at(0, address, level), &rights, &entry))
			return false;
		if (G_UNLIKELY(entry & p->fs.table[level])) {
			/* a lean walk is for pages of 4 KiB, to have one way out */
			if (w.lean || !is_leaf(&p->fs, entry, level))
				return false;
			goto found;
		}
		all &= entry;
		table = entry & p->address;
		if (!w.lean && p->fetch & ~rights)
			return false;
		if (!w.lean && p->tables && !fs_keep_table(w, address, level, table, all))
			return false;
	}
	if (!fs_load(w, nested, table, entry_at(0, address, 1), &rights, &entry) ||
	    G_UNLIKELY(entry & p->fs.leaf[1]))
		return false;
found:
	if (G_UNLIKELY(p->fetch & ~rights))
		return false;
	out->entry = entry;
	out->all = all & entry;
	out->level = level;
	return true;
}

/* ------------------------------------------------------------------------
 * The answer
 */

/*
 * What leaves of the stages are like: `fs` as like() gives it, 0 without a first
 * stage; `ss` as well without a first stage, VTD_SS_ bits with one. The key of a
 * leaf is `fs` with the form that it has, in bits that none brings along.
 */
#define KEY(fs, lg2, level) ((fs) | (uint64_t)(lg2) << 16 | (uint64_t)(level) << 24)
#define KEY_LG2(key) ((unsigned)((key) >> 16 & 0xff))
#define KEY_LEVEL(key) ((unsigned)((key) >> 24 & 0xff))

static uint8_t type_of(const vtd_unit *unit, const vtd_plan *p, uint64_t key, unsigned bits,
		       uint64_t page)
{
	vtd_ss ss = { .emt = (uint8_t)((bits & VTD_SS_EMT) >> 5), .ipat = bits & VTD_SS_IPAT };
	unsigned pat = KEY_LEVEL(key) == 1 ? 7 : 12;

	return vtd_memtype(unit, &p->ctx,
			   (unsigned)(key >> 3 & 3) | (unsigned)(key >> pat & 1) << 2, &ss, page);
}

/* What leaves like these mean, for the next ones. */
static __attribute__((noinline)) void learn(const vtd_unit *unit, vtd_plan *p, uint64_t key,
					    uint64_t ss)
{
	bool first_stage = vtd_has_first_stage(p->ctx.pgtt);
	unsigned bits = first_stage ? (unsigned)ss : ss_bits(p, ss);
	bool dirty = bits & VTD_SS_DIRTY && (!first_stage || key & VTD_FS_D);
	vtd_leaf *leaf = &p->leaf;
	iom_result head = { 0 };

	leaf->key = key;
	leaf->ss = ss;
	leaf->bits = (uint8_t)bits;
	leaf->flags =
		(uint8_t)((key & VTD_FS_US ? VTD_TLB_USER : 0) |
			  (key & VTD_FS_RW ? VTD_TLB_FS_W : 0) |
			  (bits & VTD_SS_R ? VTD_TLB_SS_R : 0) |
			  (bits & VTD_SS_W ? VTD_TLB_SS_W : 0) |
			  (bits & VTD_SS_SNOOP ? VTD_TLB_SNOOP : 0) | (dirty ? VTD_TLB_DIRTY : 0));
	leaf->allowed = vtd_plan_rights(p, leaf->flags);
	leaf->grants = leaf->allowed & (uint8_t)(dirty ? IOM_READ | IOM_WRITE : IOM_READ);
	if (first_stage && (key & p->fs.want) != p->fs.want)
		leaf->grants = 0;
	vtd_plan_head(p, leaf->flags, leaf->allowed, type_of(unit, p, key, bits, 0), KEY_LG2(key),
		      0, &head);
	memcpy(leaf->head, &head, sizeof(leaf->head));
}

static __attribute__((noinline)) void keep(const vtd_plan *p, iom_epoch epoch, uint64_t address,
					   const iom_result *result)
{
	vtd_tlb tlb = { .page = result->address & UINT64_MAX << result->page_lg2,
			.signature = p->ctx.signature,
			.flags = p->leaf.flags,
			.memtype = result->memtype,
			.lg2 = result->page_lg2 };

	iom_cache_insert(p->tlb, &p->tlb_scope, address, result->page_lg2, &tlb, sizeof(tlb),
			 p->tags, p->n_tags, epoch);
}

FAST_INLINE bool answer(fast_walk w, const iom_request *r, uint64_t key, uint64_t ss, unsigned lg2,
			uint64_t out, iom_result *result)
{
	vtd_plan *p = w.plan;
	vtd_leaf *leaf = &p->leaf;

	if (G_UNLIKELY(leaf->key != key) || G_UNLIKELY(leaf->ss != ss)) {
		if (w.lean)
			return false;
		learn(w.unit, p, key, ss);
	}
	if (G_UNLIKELY(!(leaf->grants & r->access)) || G_UNLIKELY(vtd_in_interrupt_range(out)))
		return false;
	memcpy(result, leaf->head, sizeof(leaf->head));
	memset(&result->fault, 0, sizeof(uint64_t));
	result->address = out;
	result->span = (UINT64_C(1) << lg2) - (out & iom_mask(lg2));
	if (w.lean) {
		iom_bump(p->reads, 1, *w.reads);
		if (w.caches)
			iom_bump(p->stage2_hits, 1, w.caches->hits);
		return true;
	}
	if (p->mtrr)
		result->memtype = type_of(w.unit, p, key, leaf->bits, out & ~iom_mask(lg2));
	iom_count_n(&w.unit->base, IOM_STAT_TABLE_READS, *w.reads);
	if (w.caches->hits | w.caches->misses)
		iom_cache_count_n(p->stage2, iom_thread_slot(), w.caches->hits, w.caches->misses);
	if (p->tlb)
		keep(p, w.caches->epoch, r->address, result);
	return true;
}

FAST_INLINE bool second_alone(fast_walk w, const iom_request *r, iom_result *result)
{
	const vtd_plan *p = w.plan;
	fast_leaf leaf;
	uint64_t ss, out;
	unsigned lg2;

	if (r->address & p->beyond || !second(w, r->address, &leaf))
		return false;
	ss = like(&p->ss, &leaf);
	out = output(p, &leaf, r->address);
	if (G_LIKELY(leaf.level == 1))
		return answer(w, r, KEY(0, 12, 1), ss, 12, out, result);
	lg2 = size_lg2(leaf.level);
	return answer(w, r, KEY(0, lg2, 1), ss, lg2, out, result);
}

/* 3.6: bits from the width on repeat the one below */
FAST_INLINE bool canonical(const vtd_plan *p, uint64_t address)
{
	return !((address + p->half) & p->beyond);
}

/* The second stage of the page itself; its size in *lg2. */
FAST_INLINE bool below_first(fast_walk w, uint64_t gpa, uint64_t *ss, unsigned *lg2, uint64_t *out)
{
	const vtd_plan *p = w.plan;
	fast_leaf leaf;
	uint64_t page;

	if (w.lean && w.caches) {
		page = iom_flat_find(&p->flat, gpa);
		w.caches->hits++;
		*ss = page >> VTD_FLAT_LG2 & 0xff;
		*lg2 = iom_flat_lg2(&p->flat, page);
		*out = (page & IOM_FLAT_ADDRESS) | (gpa & PAGE_MASK);
		return G_LIKELY(page);
	}
	if (!w.lean) {
		if (!ss_page(w, gpa, &page))
			return false;
		*ss = page & 0xff;
		*lg2 = 12 + 9 * (unsigned)(page >> VTD_SS_SIZE_SHIFT & 3);
		*out = (page & ~PAGE_MASK) | (gpa & PAGE_MASK);
		return true;
	}
	if (!second(w, gpa, &leaf))
		return false;
	*ss = ss_bits(p, like(&p->ss, &leaf));
	*lg2 = size_lg2(leaf.level);
	*out = output(p, &leaf, gpa);
	return true;
}

FAST_INLINE bool with_first(fast_walk w, const iom_request *r, bool nested, iom_result *result)
{
	const vtd_plan *p = w.plan;
	uint64_t out, fs, ss = VTD_SS_R | VTD_SS_W | VTD_SS_DIRTY;
	unsigned lg2 = 63;
	fast_leaf leaf;

	if (!canonical(p, r->address) || !first(w, r->address, nested, &leaf))
		return false;
	fs = like(&p->fs, &leaf);
	out = output(p, &leaf, r->address);
	if (nested && !below_first(w, out, &ss, &lg2, &out))
		return false;
	if (G_LIKELY(leaf.level == 1))
		return answer(w, r, KEY(fs & ~PAT_LARGE, 12, 1), ss, 12, out, result);
	lg2 = MIN(size_lg2(leaf.level), lg2);
	return answer(w, r, KEY(fs, lg2, leaf.level), ss, lg2, out, result);
}

static __attribute__((noinline)) bool walk_any(vtd_unit *unit, vtd_plan *plan, const iom_request *r,
					       uint64_t generation, iom_result *result)
{
	fast_caches caches = { .epoch = iom_tags_epoch(unit->tags) };
	unsigned reads = 0;
	fast_walk w = { unit, plan, &caches, &reads, false, false };

	/* The context was still the right one when the walk began. */
	if (iom_front_generation(&unit->base) != generation)
		return false;
	if (G_UNLIKELY(plan->window.layout != unit->memory->layout))
		vtd_plan_cut(plan);
	iom_window_check(&plan->window, unit->memory);
	switch (plan->ctx.pgtt) {
	case VTD_PGTT_FIRST:
		return with_first(w, r, false, result);
	case VTD_PGTT_NESTED:
		return with_first(w, r, true, result);
	default:
		return second_alone(w, r, result);
	}
}

static bool lean_first(vtd_unit *unit, vtd_plan *plan, const iom_request *r, uint64_t generation,
		       iom_result *result)
{
	unsigned reads = 0;
	fast_walk w = { unit, plan, NULL, &reads, true, false };

	iom_window_check(&plan->window, unit->memory);
	if (G_LIKELY(with_first(w, r, false, result)))
		return true;
	return walk_any(unit, plan, r, generation, result);
}

static bool lean_second(vtd_unit *unit, vtd_plan *plan, const iom_request *r, uint64_t generation,
			iom_result *result)
{
	unsigned reads = 0;
	fast_walk w = { unit, plan, NULL, &reads, true, false };

	iom_window_check(&plan->window, unit->memory);
	if (G_LIKELY(second_alone(w, r, result)))
		return true;
	return walk_any(unit, plan, r, generation, result);
}

static bool lean_nested(vtd_unit *unit, vtd_plan *plan, const iom_request *r, uint64_t generation,
			iom_result *result)
{
	unsigned reads = 0;
	fast_walk w = { unit, plan, NULL, &reads, true, false };

	iom_window_check(&plan->window, unit->memory);
	if (G_LIKELY(with_first(w, r, true, result)))
		return true;
	return walk_any(unit, plan, r, generation, result);
}

static __attribute__((noinline)) bool relink(vtd_unit *unit, vtd_plan *plan, const iom_request *r,
					     uint64_t generation, iom_result *result)
{
	fast_caches caches = { 0 };
	unsigned reads = 0;
	fast_walk w = { unit, plan, &caches, &reads, true, false };

	if (with_first(w, r, true, result))
		return true;
	return walk_any(unit, plan, r, generation, result);
}

/* With a stage-2 cache. It only looks: what it finds is void with the plan. */
static bool lean_flat(vtd_unit *unit, vtd_plan *plan, const iom_request *r, uint64_t generation,
		      iom_result *result)
{
	fast_caches caches = { 0 };
	unsigned reads = 0;
	fast_walk w = { unit, plan, &caches, &reads, true, true };

	/* Links know where tables are in memory. */
	if (G_UNLIKELY(plan->window.layout != unit->memory->layout))
		return walk_any(unit, plan, r, generation, result);
	if (G_LIKELY(with_first(w, r, true, result)))
		return true;
	return relink(unit, plan, r, generation, result);
}

vtd_walk *vtd_walk_for(const vtd_plan *plan)
{
	if (!plan->reads || plan->tlb || plan->tables || plan->mtrr)
		return walk_any;
	switch (plan->ctx.pgtt) {
	case VTD_PGTT_FIRST:
		return lean_first;
	case VTD_PGTT_NESTED:
		if (plan->stage2)
			return plan->flat.flat ? lean_flat : walk_any;
		return lean_nested;
	default:
		return lean_second;
	}
}
