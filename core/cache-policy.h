/* SPDX-License-Identifier: MIT */
/*
 * What a hit does to the order of replacement; part of cache-impl.h.
 *
 *   matrix  a byte for each way; its bit j says that it was used after way j
 *   tree    a bit for each inner node of a binary tree over the ways, from bit 1
 *           for the root; it points to the half that was used less recently
 *   stamps  `order` is a clock; every way has the time of its last use
 *
 * Matrix and tree are a word for each set. A thread that hits does not write it,
 * for then every hit would take the line from the other threads: it has a word of
 * its own for each set, which begins as the set's and counts for as long as the
 * set does not change. Before it changes, iom_cache_gather() brings together what
 * the threads did. So with one thread the order is exact, and threads share no
 * line that hits write. In a cache that is timed (iom_cache_times) a thread stores
 * when it used a way, and these uses are made up for, one after the other. Stamps and wide trees are written in place, without a
 * lock: threads that hit in the same set at once may lose one of their updates,
 * and whichever is stored last is a valid order.
 */
#ifndef IOM_CORE_CACHE_POLICY_H
#define IOM_CORE_CACHE_POLICY_H

void iom_cache_touch_side(iom_cache *cache, iom_cache_set *set, uint32_t index, unsigned way);
/* The words of a thread; NULL without a slot, or when the host has no memory. */
iom_cache_recent *iom_cache_recent_make(iom_cache *cache, unsigned slot);

/* From now on threads may keep times; called before any uses the cache. */
void iom_cache_timed(iom_cache *cache);
/* Those of a thread with a slot; false when the host has no memory. */
bool iom_cache_times_add(iom_cache *cache, unsigned slot, iom_cache_times *times);

static inline uint64_t *iom_cache_used_at(const iom_cache *cache, const iom_cache_times *times,
					  uint32_t index, unsigned way)
{
	return &times->used[(size_t)index * cache->ways + way];
}

/* The next time, at which the thread uses something. */
static inline uint64_t iom_cache_times_next(iom_cache_times *times)
{
	uint64_t next = IOM_CACHE_LOAD(&times->now) + 1;

	IOM_CACHE_STORE(&times->now, next);
	return next;
}

/* The word that this thread may change while the set has that sequence. */
static inline uint64_t *iom_cache_order(iom_cache *cache, uint32_t index, uint32_t sequence)
{
	unsigned slot = iom_thread_slot();
	iom_cache_recent *r = __atomic_load_n(&cache->recent[slot], __ATOMIC_RELAXED);
	uint64_t *order = &cache->sets[index].order;

	if (G_UNLIKELY(!r)) {
		r = iom_cache_recent_make(cache, slot);
		if (!r)
			return order;
	}
	r += index;
	if (IOM_CACHE_LOAD(&r->sequence) != sequence) {
		IOM_CACHE_STORE(&r->order, IOM_CACHE_LOAD(order));
		IOM_CACHE_STORE(&r->sequence, sequence);
	}
	return &r->order;
}

/*
 * In a matrix no way is used after itself: there a thread's word says which ways the
 * thread used.
 */
#define IOM_CACHE_MATRIX_USED UINT64_C(0x8040201008040201)

void iom_cache_gather_all(iom_cache *cache, iom_cache_set *set, uint32_t index);

/* Before a set changes its order gets what threads did to it; the lock is held. */
static inline void iom_cache_gather(iom_cache *cache, iom_cache_set *set, uint32_t index)
{
	uint64_t slots = __atomic_load_n(&cache->recent_slots, __ATOMIC_ACQUIRE);
	uint64_t used = cache->recency == IOM_RECENCY_MATRIX ? IOM_CACHE_MATRIX_USED : 0;
	const iom_cache_recent *r;

	/* Mostly it is one thread, which knows the order best. */
	if (G_UNLIKELY(slots & (slots - 1)) || G_UNLIKELY(IOM_CACHE_LOAD(&set->order) & used)) {
		iom_cache_gather_all(cache, set, index);
		return;
	}
	if (!slots) {
		if (cache->timed)
			iom_cache_gather_all(cache, set, index);
		return;
	}
	r = &cache->recent[__builtin_ctzll(slots)][index];
	if (IOM_CACHE_LOAD(&r->sequence) == set->sequence)
		IOM_CACHE_STORE(&set->order, IOM_CACHE_LOAD(&r->order) & ~used);
}

static inline void iom_cache_touch(iom_cache *cache, uint32_t index, unsigned way,
				   uint32_t sequence)
{
	const iom_cache_use *use = cache->touch;
	uint64_t *order;

	if (!cache->touches)
		return;
	if (G_UNLIKELY(!use)) {
		iom_cache_touch_side(cache, &cache->sets[index], index, way);
		return;
	}
	order = iom_cache_order(cache, index, sequence);
	IOM_CACHE_STORE(order, (IOM_CACHE_LOAD(order) & use[way].keep) | use[way].set);
}

#endif
