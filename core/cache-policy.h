/* SPDX-License-Identifier: MIT */
/*
 * What a hit does to the order of replacement; part of cache-impl.h.
 *
 * A hit writes only when the order changes, without a lock: threads that hit in
 * the same set at once may lose one of their updates, and whichever is stored
 * last is a valid order.
 *
 *   matrix  a byte for each way; its bit j says that it was used after way j
 *   tree    a bit for each inner node of a binary tree over the ways, from bit 1
 *           for the root; it points to the half that was used less recently
 *   stamps  `order` is a clock; every way has the time of its last use
 */
#ifndef IOM_CORE_CACHE_POLICY_H
#define IOM_CORE_CACHE_POLICY_H

void iom_cache_touch_side(iom_cache *cache, iom_cache_set *set, uint32_t index, unsigned way);

static inline void iom_cache_touch(iom_cache *cache, iom_cache_set *set, uint32_t index,
				   unsigned way)
{
	const iom_cache_use *use = cache->touch;
	uint64_t order, moved;

	if (G_UNLIKELY(!use)) {
		if (cache->touches)
			iom_cache_touch_side(cache, set, index, way);
		return;
	}
	order = IOM_CACHE_LOAD(&set->order);
	moved = (order & use[way].keep) | use[way].set;
	if (moved != order)
		IOM_CACHE_STORE(&set->order, moved);
}

#endif
