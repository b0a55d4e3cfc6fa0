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

#define PAGE_BYTES (UINT64_C(1) << IOM_CACHE_PAGE_LG2)
#define ONLY_PAGES PAGE_BYTES /* of sizes, by page_lg2 */

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

/* Nearly always the first fingerprint that matches is it. */
static inline __attribute__((always_inline)) void drop_hashed(iom_cache *cache,
							      const iom_cache_scope *scope,
							      uint64_t page, unsigned lg2,
							      uint64_t hash)
{
	uint32_t index = iom_cache_index(cache, hash, page);
	iom_cache_set *set = iom_cache_set_at(cache, index);
	const iom_cache_hot *hot;
	uint64_t match;
	unsigned way;

	if (G_UNLIKELY(cache->print_words != 1)) {
		drop_among(cache, scope, page, lg2, hash);
		return;
	}
	match = iom_cache_match(set->prints[0], iom_cache_print(hash));
	if (!match)
		return;
	way = (unsigned)__builtin_ctzll(match) / 8;
	hot = &cache->hot[(size_t)index * cache->ways + way];
	if (G_LIKELY(!((hot->page ^ page) | (hot->lo ^ scope->lo) | (hot->hi ^ scope->hi) |
		       ((hot->born ^ lg2) & 63)))) {
		iom_cache_free_way(cache, index, way, set->prints);
		cache->invalidated++;
	} else {
		drop_among(cache, scope, page, lg2, hash);
	}
}

static void drop_page(iom_cache *cache, const iom_cache_scope *scope, uint64_t page, unsigned lg2)
{
	drop_hashed(cache, scope, page, lg2, iom_cache_hash(cache, scope, page));
}

/* What a thread knows of the order of sets, where it is only one. */
static const iom_cache_recent *recent_of_one(const iom_cache *cache)
{
	uint64_t slots = __atomic_load_n(&cache->recent_slots, __ATOMIC_ACQUIRE);

	return slots && !(slots & (slots - 1)) ? cache->recent[__builtin_ctzll(slots)] : NULL;
}

/*
 * What several pages need from the host's memory is on its way before the lock is
 * taken. Where it lies may have changed by then.
 */
static inline void fetch_pages(const iom_cache *cache, const iom_cache_scope *scope,
			       const uint64_t *pages, unsigned n, uint64_t *hash)
{
	const iom_cache_recent *recent = recent_of_one(cache);

	for (unsigned i = 0; i < n; i++) {
		uint32_t index;

		hash[i] = iom_cache_hash(cache, scope, pages[i]);
		index = iom_cache_index(cache, hash[i], pages[i]);
		__builtin_prefetch(&cache->sets[index], 1);
		if (recent)
			__builtin_prefetch(&recent[index]);
	}
	for (unsigned i = 0; i < n; i++) {
		uint32_t index = iom_cache_index(cache, hash[i], pages[i]);
		uint64_t match = iom_cache_match(IOM_CACHE_LOAD(iom_cache_prints(cache, index)),
						 iom_cache_print(hash[i]));

		if (match)
			__builtin_prefetch(&cache->hot[(size_t)index * cache->ways +
						       (unsigned)__builtin_ctzll(match) / 8]);
	}
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
	drop_range(cache, scope, start, last);
	remember(cache, scope, start, last, at);
	iom_spin_unlock(&cache->lock);
	for (unsigned b = 0; b < iom_cache_n_bins(cache); b++)
		iom_cache_invalidate_range_at(cache->extra->bin[b], scope, start, last, at);
}

/* Of all sizes but that of the pages. */
static __attribute__((noinline)) void drop_other_sizes(iom_cache *cache,
						       const iom_cache_scope *scope,
						       const uint64_t *pages, unsigned n)
{
	for (uint64_t sizes = cache->sizes & ~ONLY_PAGES; sizes; sizes &= sizes - 1) {
		unsigned lg2 = (unsigned)__builtin_ctzll(sizes);

		for (unsigned i = 0; i < n; i++) {
			uint64_t start = pages[i] << IOM_CACHE_PAGE_LG2;

			if (lg2 > IOM_CACHE_PAGE_LG2)
				drop_page(cache, scope, start >> lg2, lg2);
			else
				drop_range(cache, scope, start, start | (PAGE_BYTES - 1));
		}
	}
}

static void remember_pages(iom_cache *cache, const iom_cache_scope *scope, const uint64_t *pages,
			   unsigned n, iom_epoch at)
{
	uint64_t least = pages[0], most = pages[0];

	for (unsigned i = 1; i < n; i++) {
		least = MIN(least, pages[i]);
		most = MAX(most, pages[i]);
	}
	/* What lies between may have to be walked again, if it was at this very time. */
	remember(cache, scope, least << IOM_CACHE_PAGE_LG2, ((most + 1) << IOM_CACHE_PAGE_LG2) - 1,
		 at);
}

void iom_cache_invalidate_pages_at(iom_cache *cache, const iom_cache_scope *scope,
				   const uint64_t *pages, unsigned n, iom_epoch at)
{
	uint64_t hash[IOM_CACHE_PAGES];

	if (!cache->sets || !n)
		return;
	if (n > 1)
		fetch_pages(cache, scope, pages, n, hash);
	else
		hash[0] = iom_cache_hash(cache, scope, pages[0]);
	iom_spin_lock(&cache->lock);
	remember_pages(cache, scope, pages, n, at);
	for (unsigned i = 0; i < n; i++)
		drop_hashed(cache, scope, pages[i], IOM_CACHE_PAGE_LG2, hash[i]);
	if (G_UNLIKELY(cache->sizes & ~ONLY_PAGES))
		drop_other_sizes(cache, scope, pages, n);
	iom_spin_unlock(&cache->lock);
	for (unsigned b = 0; b < iom_cache_n_bins(cache); b++)
		iom_cache_invalidate_pages_at(cache->extra->bin[b], scope, pages, n, at);
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
	iom_tags_changed_at(cache->tags, &cache->floor, at);
	for (unsigned b = 0; b < iom_cache_n_bins(cache); b++)
		iom_cache_invalidate_all_at(cache->extra->bin[b], at);
}

static void raise_floor(iom_cache *cache, iom_epoch at)
{
	if (!cache->sets)
		return;
	iom_epoch_raise(&cache->floor, at);
	iom_epoch_raise(&cache->tags->changed, at);
	for (unsigned b = 0; b < iom_cache_n_bins(cache); b++)
		raise_floor(cache->extra->bin[b], at);
}

void iom_cache_invalidate_all(iom_cache *cache)
{
	iom_epoch at;

	if (!cache->sets)
		return;
	do {
		at = iom_tags_next(cache->tags);
		raise_floor(cache, at);
	} while (!iom_tags_reach(cache->tags, at));
	iom_tags_outdate(cache->tags);
}
