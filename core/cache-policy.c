/* SPDX-License-Identifier: MIT */
/*
 * Replacement: LRU, tree pseudo-LRU, FIFO and random, for any number of ways.
 * FIFO is LRU that only insertions touch.
 */
#include "core/cache-impl.h"

#define MATRIX_WAYS 8
#define TREE_WAYS 64
#define RANDOM_SEED UINT64_C(0x2545f4914f6cdd1d)

static unsigned leaves_lg2(unsigned ways)
{
	unsigned lg2 = 0;

	while ((1u << lg2) < ways)
		lg2++;
	return lg2;
}

/* A used way comes after all others, and none after it. */
static void init_matrix(iom_cache *cache, uint32_t sets)
{
	uint64_t row = ((UINT64_C(1) << cache->ways) - 1), column = IOM_BYTES(1), order = 0;

	cache->use = g_new(iom_cache_use, cache->ways);
	for (unsigned way = 0; way < cache->ways; way++) {
		cache->use[way].set = row << (8 * way) & ~(column << way);
		cache->use[way].keep = ~(row << (8 * way) | column << way);
		/* At first way 0 is the oldest. */
		order = (order & cache->use[way].keep) | cache->use[way].set;
	}
	for (uint32_t i = 0; i < sets; i++)
		iom_cache_set_at(cache, i)->order = order;
}

static void init_tree(iom_cache *cache)
{
	unsigned lg2 = leaves_lg2(cache->ways);

	cache->use = g_new(iom_cache_use, cache->ways);
	for (unsigned way = 0; way < cache->ways; way++) {
		uint64_t path = 0, away = 0;

		for (unsigned node = (1u << lg2) + way; node > 1; node /= 2) {
			path |= UINT64_C(1) << (node / 2);
			if (!(node & 1))
				away |= UINT64_C(1) << (node / 2);
		}
		cache->use[way] = (iom_cache_use){ ~path, away };
	}
}

/* Sets that share an order, and one of the future, keep it beside them. */
static iom_cache_recency recency_of(const iom_cache *cache)
{
	bool beside = cache->sector_mask || cache->policy == IOM_POLICY_ORACLE;

	if (cache->ways == 1 || cache->policy == IOM_POLICY_RANDOM)
		return IOM_RECENCY_NONE;
	if (cache->policy == IOM_POLICY_PLRU)
		return cache->ways <= TREE_WAYS && !beside ? IOM_RECENCY_TREE
							   : IOM_RECENCY_WIDE_TREE;
	return cache->ways <= MATRIX_WAYS && !beside ? IOM_RECENCY_MATRIX : IOM_RECENCY_STAMPS;
}

/* What a hit does to the thread's word; nothing with FIFO and random. */
static void init_touch(iom_cache *cache)
{
	bool matrix = cache->recency == IOM_RECENCY_MATRIX;

	if (cache->touches && !cache->use)
		return;
	cache->uses = g_new(iom_cache_use, cache->ways);
	for (unsigned way = 0; way < cache->ways; way++) {
		cache->uses[way] = (iom_cache_use){ UINT64_MAX, 0 };
		if (!cache->touches)
			continue;
		cache->uses[way] = cache->use[way];
		cache->uses[way].set |= matrix ? UINT64_C(1) << (9 * way) : 0;
	}
	cache->touch = cache->uses;
	cache->placed = true;
}

bool iom_cache_policy_init(iom_cache *cache, uint32_t sets)
{
	cache->random = RANDOM_SEED;
	cache->recency = (uint8_t)recency_of(cache);
	cache->touches = cache->recency != IOM_RECENCY_NONE && cache->policy != IOM_POLICY_FIFO;
	if (cache->recency == IOM_RECENCY_MATRIX)
		init_matrix(cache, sets);
	if (cache->recency == IOM_RECENCY_TREE)
		init_tree(cache);
	init_touch(cache);
	if (cache->recency == IOM_RECENCY_STAMPS)
		cache->side_words = cache->ways;
	if (cache->recency == IOM_RECENCY_WIDE_TREE)
		cache->side_words = ((1u << leaves_lg2(cache->ways)) + 63) / 64;
	if (cache->side_words)
		cache->side = g_try_malloc0_n(sets, cache->side_words * sizeof(uint64_t));
	return !cache->side_words || cache->side;
}

void iom_cache_policy_free(iom_cache *cache)
{
	for (unsigned i = 0; i < IOM_SLOTS; i++) {
		iom_host_table_free(&cache->recent_host[i]);
		cache->recent[i] = NULL;
	}
	cache->recent_slots = 0;
	cache->timed_slots = 0;
	cache->touch = NULL;
	g_free(cache->use);
	g_free(cache->uses);
	g_free(cache->side);
}

iom_cache_recent *iom_cache_recent_make(iom_cache *cache, unsigned slot)
{
	size_t bytes = ((size_t)cache->set_mask + 1) * sizeof(iom_cache_recent);
	iom_cache_recent *made;

	if (slot == IOM_SLOT_SHARED || !cache->touch)
		return NULL;
	made = iom_host_table_new(&cache->recent_host[slot], bytes, true);
	if (!made)
		return NULL;
	/* Who changes a set tells those that are known by then. */
	iom_spin_lock(&cache->lock);
	for (uint32_t i = 0; cache->stamps && i <= cache->set_mask; i++) {
		if (cache->sets[i].sequence)
			made[i].stamp = iom_cache_stamp(cache->sets[i].sequence);
	}
	__atomic_store_n(&cache->recent[slot], made, __ATOMIC_RELEASE);
	__atomic_fetch_or(&cache->recent_slots, UINT64_C(1) << slot, __ATOMIC_RELEASE);
	iom_spin_unlock(&cache->lock);
	return made;
}

void iom_cache_timed(iom_cache *cache)
{
	cache->timed = true;
	/* Lookups take the way that asks. */
	cache->touch = NULL;
}

bool iom_cache_times_add(iom_cache *cache, unsigned slot, iom_cache_times *times)
{
	size_t sets = (size_t)cache->set_mask + 1, entries = sets * cache->ways;

	times->used = iom_host_table_new(&times->table, (entries + sets) * sizeof(uint64_t), false);
	if (!times->used)
		return false;
	times->told = times->used + entries;
	__atomic_store_n(&cache->times[slot], times, __ATOMIC_RELEASE);
	__atomic_fetch_or(&cache->timed_slots, UINT64_C(1) << slot, __ATOMIC_RELEASE);
	return true;
}

/* The order after what a thread used since somebody asked last, the oldest use first. */
static uint64_t made_up(const iom_cache *cache, iom_cache_times *times, uint32_t index,
			uint64_t order)
{
	const uint64_t *used = iom_cache_used_at(cache, times, index, 0);

	for (;;) {
		uint64_t first = UINT64_MAX;
		unsigned which = 0;

		for (unsigned way = 0; way < cache->ways; way++) {
			uint64_t at = IOM_CACHE_LOAD(&used[way]);

			if (at > times->told[index] && at < first) {
				first = at;
				which = way;
			}
		}
		if (first == UINT64_MAX)
			return order;
		times->told[index] = first;
		order = (order & cache->use[which].keep) | cache->use[which].set;
	}
}

/* The ways that a matrix was told of, once more and in the same order. */
static uint64_t replayed(const iom_cache *cache, uint64_t order, uint64_t word)
{
	uint64_t used = word & IOM_CACHE_MATRIX_USED, rows = word & ~IOM_CACHE_MATRIX_USED;
	unsigned ways = 0;

	for (unsigned way = 0; way < cache->ways; way++)
		ways |= (unsigned)(used >> (9 * way) & 1) << way;
	for (unsigned n = 0; ways && n < cache->ways; n++) {
		unsigned oldest = 0;

		/* Used after none of those that are left. */
		while (oldest < cache->ways - 1 &&
		       (!(ways >> oldest & 1) || rows >> (8 * oldest) & ways))
			oldest++;
		order = (order & cache->use[oldest].keep) | cache->use[oldest].set;
		ways &= ~(1u << oldest);
	}
	return order;
}

/*
 * With one thread this is the order in which it used the ways. What several
 * threads did at the same time has no order; one comes after the other here.
 */
void iom_cache_gather_all(iom_cache *cache, iom_cache_set *set, uint32_t index)
{
	uint64_t slots = __atomic_load_n(&cache->recent_slots, __ATOMIC_ACQUIRE);
	uint64_t base = IOM_CACHE_LOAD(&set->order), order = base;
	bool matrix = cache->recency == IOM_RECENCY_MATRIX;

	if (!cache->touches)
		return;
	/* Threads without a slot write to the set itself. */
	if (matrix && base & IOM_CACHE_MATRIX_USED)
		order = replayed(cache, base & ~IOM_CACHE_MATRIX_USED, base);
	for (; slots; slots &= slots - 1) {
		const iom_cache_recent *r = &cache->recent[__builtin_ctzll(slots)][index];
		uint64_t word = IOM_CACHE_LOAD(&r->order);

		if (IOM_CACHE_LOAD(&r->sequence) != set->sequence)
			continue;
		if (matrix)
			order = order == base ? word & ~IOM_CACHE_MATRIX_USED
					      : replayed(cache, order, word);
		else
			order = (order & ~(word ^ base)) | (word & (word ^ base));
	}
	slots = __atomic_load_n(&cache->timed_slots, __ATOMIC_ACQUIRE);
	for (; slots; slots &= slots - 1)
		order = made_up(cache, cache->times[__builtin_ctzll(slots)], index, order);
	if (order != base)
		IOM_CACHE_STORE(&set->order, order);
}

static void stamp(iom_cache_set *set, uint64_t *stamps, unsigned way)
{
	uint64_t clock = IOM_CACHE_LOAD(&set->order);

	/* Already the latest: nothing to write. */
	if (clock && IOM_CACHE_LOAD(&stamps[way]) == clock)
		return;
	IOM_CACHE_STORE(&set->order, clock + 1);
	IOM_CACHE_STORE(&stamps[way], clock + 1);
}

static void point_away(iom_cache *cache, uint64_t *tree, unsigned way)
{
	for (unsigned node = (1u << leaves_lg2(cache->ways)) + way; node > 1; node /= 2) {
		uint64_t *word = &tree[node / 2 / 64], bit = UINT64_C(1) << (node / 2 % 64);
		uint64_t old = IOM_CACHE_LOAD(word);
		uint64_t moved = node & 1 ? old & ~bit : old | bit;

		if (moved != old)
			IOM_CACHE_STORE(word, moved);
	}
}

/* A thread without times of its own writes to the set itself. */
static void touch_timed(iom_cache *cache, iom_cache_set *set, uint32_t index, unsigned way)
{
	iom_cache_times *times =
		__atomic_load_n(&cache->times[iom_thread_slot()], __ATOMIC_RELAXED);
	const iom_cache_use *use = &cache->uses[way];

	if (!times) {
		IOM_CACHE_STORE(&set->order, (IOM_CACHE_LOAD(&set->order) & use->keep) | use->set);
		return;
	}
	IOM_CACHE_STORE(iom_cache_used_at(cache, times, index, way), iom_cache_times_next(times));
	IOM_CACHE_STORE(&times->found, IOM_CACHE_LOAD(&times->found) + 1);
}

void iom_cache_touch_side(iom_cache *cache, iom_cache_set *set, uint32_t index, unsigned way)
{
	uint64_t *side = cache->side;

	if (cache->timed)
		touch_timed(cache, set, index, way);
	if (!side)
		return;
	/* The first set of a line has the order of them all; cache-extra.h. */
	side += (size_t)(index & ~cache->sector_mask) * cache->side_words;
	set -= index & cache->sector_mask;
	if (cache->policy == IOM_POLICY_ORACLE)
		IOM_CACHE_STORE(&side[way], iom_cache_next_use(cache, index, way));
	else if (cache->recency == IOM_RECENCY_STAMPS)
		stamp(set, side, way);
	else if (cache->recency == IOM_RECENCY_WIDE_TREE)
		point_away(cache, side, way);
}

void iom_cache_inserted(iom_cache *cache, iom_cache_set *set, uint32_t index, unsigned way)
{
	uint64_t order = IOM_CACHE_LOAD(&set->order);

	switch ((iom_cache_recency)cache->recency) {
	case IOM_RECENCY_MATRIX:
	case IOM_RECENCY_TREE:
		IOM_CACHE_STORE(&set->order, (order & cache->use[way].keep) | cache->use[way].set);
		break;
	case IOM_RECENCY_STAMPS:
	case IOM_RECENCY_WIDE_TREE:
		iom_cache_touch_side(cache, set, index, way);
		break;
	case IOM_RECENCY_NONE:
		break;
	}
}

static unsigned oldest(const iom_cache *cache, const uint64_t *stamps)
{
	unsigned found = 0;
	uint64_t least = UINT64_MAX;

	for (unsigned way = 0; way < cache->ways; way++) {
		uint64_t at = IOM_CACHE_LOAD(&stamps[way]);

		if (at < least) {
			least = at;
			found = way;
		}
	}
	return found;
}

/* The way that was used after no other: its row is empty. */
static unsigned matrix_victim(const uint64_t *order)
{
	uint64_t empty = iom_cache_match(IOM_CACHE_LOAD(order), 0);

	return (unsigned)__builtin_ctzll(empty) / 8;
}

/* Follow the bits; halves that hold no way at all are passed by. */
static unsigned tree_victim(const iom_cache *cache, const uint64_t *tree)
{
	unsigned lg2 = leaves_lg2(cache->ways), node = 1;

	for (unsigned depth = 0; depth < lg2; depth++) {
		unsigned right = IOM_CACHE_LOAD(&tree[node / 64]) >> (node % 64) & 1;
		unsigned first = ((node * 2 + 1) << (lg2 - depth - 1)) - (1u << lg2);

		node = node * 2 + (first < cache->ways ? right : 0);
	}
	return node - (1u << lg2);
}

unsigned iom_cache_random_below(iom_cache *cache, unsigned n)
{
	cache->random ^= cache->random << 13;
	cache->random ^= cache->random >> 7;
	cache->random ^= cache->random << 17;
	return (unsigned)((cache->random >> 32) * n >> 32);
}

unsigned iom_cache_victim(iom_cache *cache, iom_cache_set *set, uint32_t index)
{
	/* Most policies keep nothing beside the set. */
	const uint64_t *side = cache->side ? cache->side + (size_t)index * cache->side_words : NULL;

	switch ((iom_cache_recency)cache->recency) {
	case IOM_RECENCY_MATRIX:
		return matrix_victim(&set->order);
	case IOM_RECENCY_TREE:
		return tree_victim(cache, &set->order);
	case IOM_RECENCY_STAMPS:
		return oldest(cache, side);
	case IOM_RECENCY_WIDE_TREE:
		return tree_victim(cache, side);
	case IOM_RECENCY_NONE:
		break;
	}
	return iom_cache_random_below(cache, cache->ways);
}
