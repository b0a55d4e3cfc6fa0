/* SPDX-License-Identifier: MIT */
/*
 * What a hit does to the order of replacement; part of cache-impl.h.
 *
 * A hit writes only when the order changes, without a lock: threads that hit in
 * the same set at once may lose one of their updates, and whichever is stored
 * last is a valid order.
 *
 *   list    the ways in order of use, most recent lowest, four bits each
 *   stamps  `order` is a clock; every way has the time of its last use
 *   tree    a bit for each inner node of a binary tree over the ways, from bit 1
 *           for the root; it points to the half that was used less recently
 */
#ifndef IOM_CORE_CACHE_POLICY_H
#define IOM_CORE_CACHE_POLICY_H

/* The list with `way` moved to the front. */
static inline uint64_t iom_cache_list_front(uint64_t order, unsigned way)
{
	uint64_t x = order ^ way * UINT64_C(0x1111111111111111);
	uint64_t zero = (x - UINT64_C(0x1111111111111111)) & ~x & UINT64_C(0x8888888888888888);
	unsigned bit = (unsigned)__builtin_ctzll(zero) & ~3u; /* where the way stands now */
	uint64_t below = (UINT64_C(1) << bit) - 1;

	return (order & ~(below << 4 | 15)) | (order & below) << 4 | way;
}

void iom_cache_touch_side(iom_cache *cache, iom_cache_set *set, uint32_t index, unsigned way);

static inline void iom_cache_touch(iom_cache *cache, iom_cache_set *set, uint32_t index,
				   unsigned way)
{
	uint64_t order, moved;

	if (!cache->touches)
		return;
	order = IOM_CACHE_LOAD(&set->order);
	if (G_LIKELY(cache->recency == IOM_RECENCY_LIST)) {
		if ((order & 15) == way)
			return;
		moved = iom_cache_list_front(order, way);
	} else if (cache->recency == IOM_RECENCY_TREE) {
		moved = (order & cache->tree_keep[way]) | cache->tree_set[way];
		if (moved == order)
			return;
	} else {
		iom_cache_touch_side(cache, set, index, way);
		return;
	}
	IOM_CACHE_STORE(&set->order, moved);
}

#endif
