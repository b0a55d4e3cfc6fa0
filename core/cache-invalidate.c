/* SPDX-License-Identifier: MIT */
/*
 * Invalidating by range and by predicate. What belongs to a tag dies in tags.c
 * without any cache being touched.
 *
 * The clock goes on when the entries are gone. An insertion whose walk began before
 * that either takes the lock first, and its entry is dropped here, or later, and
 * finds the range in the ring. A walk that begins later finds none of the entries;
 * so whoever drops from several caches begins with those that lead to the others.
 */
#include "core/cache-extra.h"

/* What a range invalidation looks for. */
typedef struct range_job {
	const iom_cache_scope *scope;
	uint64_t start;
	uint64_t last;
	uint64_t sizes; /* page sizes to look for, by page_lg2 */
} range_job;

static void remember(iom_cache *cache, const iom_cache_scope *scope, uint64_t start, uint64_t last,
		     iom_epoch at)
{
	iom_cache_range *r = &cache->ring[cache->ring_at++ % IOM_CACHE_RING];

	cache->ring_lost = MAX(cache->ring_lost, r->at);
	cache->ring_newest = MAX(cache->ring_newest, at);
	*r = (iom_cache_range){ at, *scope, start, last };
}

static __attribute__((noinline)) void drop_among(iom_cache *cache, const iom_cache_scope *scope,
						 uint64_t page, unsigned lg2, uint64_t hash)
{
	uint32_t index = iom_cache_index(cache, hash, page);
	int way = iom_cache_way(cache, index, iom_cache_print(hash), scope, page, lg2);

	if (way >= 0)
		iom_cache_drop(cache, index, (unsigned)way);
}

static inline __attribute__((always_inline)) void drop_page(iom_cache *cache,
							    const iom_cache_scope *scope,
							    uint64_t page, unsigned lg2)
{
	uint64_t hash = iom_cache_hash(cache, scope, page), match;
	uint32_t index = iom_cache_index(cache, hash, page);
	const iom_cache_set *set = iom_cache_set_at(cache, index);
	const iom_cache_hot *hot;
	unsigned way;

	if (G_UNLIKELY(cache->print_words != 1)) {
		drop_among(cache, scope, page, lg2, hash);
		return;
	}
	match = iom_cache_match(set->prints[0], iom_cache_print(hash));
	if (!match)
		return;
	/* Nearly always the first fingerprint that matches is it. */
	way = (unsigned)__builtin_ctzll(match) / 8;
	hot = &cache->hot[(size_t)index * cache->ways + way];
	if (G_LIKELY(!((hot->page ^ page) | (hot->lo ^ scope->lo) | (hot->hi ^ scope->hi) |
		       ((hot->born ^ lg2) & 63))))
		iom_cache_drop(cache, index, way);
	else
		drop_among(cache, scope, page, lg2, hash);
}

static bool in_range(const iom_cache_hot *hot, const range_job *job)
{
	unsigned lg2 = hot->born & 63;

	return job->sizes >> lg2 & 1 && hot->lo == job->scope->lo && hot->hi == job->scope->hi &&
	       hot->page >= job->start >> lg2 && hot->page <= job->last >> lg2;
}

static void drop_scanning(iom_cache *cache, const range_job *job)
{
	for (uint32_t index = 0; index <= cache->set_mask; index++) {
		const uint64_t *prints = iom_cache_prints(cache, index);

		for (unsigned way = 0; way < cache->ways; way++) {
			if (iom_cache_print_of(prints, way) &&
			    in_range(&cache->hot[(size_t)index * cache->ways + way], job))
				iom_cache_drop(cache, index, way);
		}
	}
}

static __attribute__((noinline)) void drop_range(iom_cache *cache, const iom_cache_scope *scope,
						 uint64_t start, uint64_t last)
{
	range_job scan = { scope, start, last, 0 };

	for (uint64_t sizes = cache->sizes; sizes; sizes &= sizes - 1) {
		unsigned lg2 = (unsigned)__builtin_ctzll(sizes);
		uint64_t page = start >> lg2, end = last >> lg2;

		if (end - page > cache->set_mask) {
			scan.sizes |= UINT64_C(1) << lg2;
			continue;
		}
		for (;; page++) {
			drop_page(cache, scope, page, lg2);
			if (page == end)
				break;
		}
	}
	if (scan.sizes)
		drop_scanning(cache, &scan);
}

void iom_cache_invalidate_range_at(iom_cache *cache, const iom_cache_scope *scope, uint64_t start,
				   uint64_t last, iom_epoch at)
{
	if (!cache->sets || last < start)
		return;
	iom_spin_lock(&cache->lock);
	/* One page, where all have one size, is what is asked most. */
	if (G_LIKELY(cache->sizes == UINT64_C(1) << 12 && start >> 12 == last >> 12))
		drop_page(cache, scope, start >> 12, 12);
	else
		drop_range(cache, scope, start, last);
	remember(cache, scope, start, last, at);
	iom_spin_unlock(&cache->lock);
	for (unsigned b = 0; b < iom_cache_n_bins(cache); b++)
		iom_cache_invalidate_range_at(cache->extra->bin[b], scope, start, last, at);
}

void iom_cache_invalidate_range(iom_cache *cache, const iom_cache_scope *scope, uint64_t start,
				uint64_t last)
{
	iom_epoch at;

	if (!cache->sets || last < start)
		return;
	do {
		at = iom_tags_next(cache->tags);
		iom_cache_invalidate_range_at(cache, scope, start, last, at);
	} while (!iom_tags_reach(cache->tags, at));
}

void iom_cache_invalidate_ranges(iom_cache *cache, const iom_cache_scope *scopes, unsigned n,
				 uint64_t start, uint64_t last)
{
	iom_epoch at;

	if (!cache->sets || last < start)
		return;
	do {
		at = iom_tags_next(cache->tags);
		for (unsigned i = 0; i < n; i++)
			iom_cache_invalidate_range_at(cache, &scopes[i], start, last, at);
	} while (!iom_tags_reach(cache->tags, at));
}

void iom_cache_invalidate_if(iom_cache *cache,
			     bool (*match)(void *opaque, const iom_cache_scope *scope,
					   uint64_t address, unsigned page_lg2, const void *value),
			     void *opaque)
{
	iom_epoch at;

	if (!cache->sets)
		return;
	iom_spin_lock(&cache->lock);
	for (uint32_t index = 0; index <= cache->set_mask; index++) {
		const uint64_t *prints = iom_cache_prints(cache, index);

		for (unsigned way = 0; way < cache->ways; way++) {
			size_t entry = (size_t)index * cache->ways + way;
			const iom_cache_hot *hot = &cache->hot[entry];
			iom_cache_scope scope = { hot->hi, hot->lo };
			uint64_t value[IOM_CACHE_WORDS];

			if (!iom_cache_print_of(prints, way))
				continue;
			memcpy(value, hot->value, sizeof(hot->value));
			memcpy(value + IOM_CACHE_HOT_WORDS, cache->cold[entry].value,
			       sizeof(cache->cold[entry].value));
			if (!iom_cache_entry_alive(cache, hot) ||
			    match(opaque, &scope, hot->page << (hot->born & 63), hot->born & 63,
				  value))
				iom_cache_drop(cache, index, way);
		}
	}
	/* Nobody can ask `match` about entries still to come: refuse all of them. */
	do {
		at = iom_tags_next(cache->tags);
		cache->ring_lost = MAX(cache->ring_lost, at);
		cache->ring_newest = MAX(cache->ring_newest, at);
	} while (!iom_tags_reach(cache->tags, at));
	iom_spin_unlock(&cache->lock);
	for (unsigned b = 0; b < iom_cache_n_bins(cache); b++)
		iom_cache_invalidate_if(cache->extra->bin[b], match, opaque);
}

void iom_cache_invalidate_all_at(iom_cache *cache, iom_epoch at)
{
	if (!cache->sets)
		return;
	iom_spin_lock(&cache->lock);
	iom_epoch_raise(&cache->floor, at);
	iom_epoch_raise(&cache->tags->changed, at);
	iom_spin_unlock(&cache->lock);
	for (unsigned b = 0; b < iom_cache_n_bins(cache); b++)
		iom_cache_invalidate_all_at(cache->extra->bin[b], at);
}

void iom_cache_invalidate_all(iom_cache *cache)
{
	iom_epoch at;

	if (!cache->sets)
		return;
	do {
		at = iom_tags_next(cache->tags);
		iom_cache_invalidate_all_at(cache, at);
	} while (!iom_tags_reach(cache->tags, at));
	iom_tags_outdate(cache->tags);
}
