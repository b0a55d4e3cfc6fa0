/* SPDX-License-Identifier: MIT */
/* Making a cache, filling it, and asking it. Layout and lookup: cache-impl.h. */
#include "core/cache-impl.h"

static uint32_t power_of_two(uint32_t least)
{
	uint32_t p = 1;

	while (p < least)
		p *= 2;
	return p;
}

static void drop_tables(iom_cache *cache)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(cache->host); i++)
		iom_host_table_free(&cache->host[i]);
	iom_cache_policy_free(cache);
	g_free(cache->wide_prints);
	cache->sets = NULL;
}

/* False when the host has no memory for it: then nothing is ever kept. */
static bool make_tables(iom_cache *cache, const iom_cache_geometry *geometry)
{
	uint32_t entries = MIN(geometry->entries, IOM_CACHE_ENTRIES_MOST);
	uint32_t ways = geometry->ways && geometry->ways < entries ? geometry->ways : entries;
	uint32_t sets = power_of_two((entries + ways - 1) / ways);

	cache->ways = ways;
	cache->set_mask = sets - 1;
	cache->print_words = (ways + 7) / 8;
	cache->policy = geometry->policy;
	if (cache->print_words > G_N_ELEMENTS(cache->sets->prints)) {
		cache->wide_prints = g_try_malloc0_n(sets, cache->print_words * sizeof(uint64_t));
		if (!cache->wide_prints)
			return false;
	}
	cache->sets = iom_host_table_new(&cache->host[0], sets * sizeof(iom_cache_set), true);
	cache->hot = iom_host_table_new(&cache->host[1],
					(size_t)sets * ways * sizeof(iom_cache_hot), true);
	cache->cold = iom_host_table_new(&cache->host[2],
					 (size_t)sets * ways * sizeof(iom_cache_cold), true);
	return cache->sets && cache->hot && cache->cold && iom_cache_policy_init(cache, sets);
}

iom_cache *iom_cache_new(const char *name, const iom_cache_geometry *geometry, iom_tags *tags)
{
	iom_cache *cache = g_aligned_alloc0(1, sizeof(*cache), IOM_LINE);

	cache->name = name;
	cache->tags = tags;
	cache->cells = g_aligned_alloc0(IOM_SLOTS, sizeof(*cache->cells), IOM_LINE);
	if (geometry->entries && !make_tables(cache, geometry))
		drop_tables(cache);
	return cache;
}

void iom_cache_free(iom_cache *cache)
{
	if (!cache)
		return;
	drop_tables(cache);
	g_aligned_free(cache->cells);
	g_aligned_free(cache);
}

bool iom_cache_enabled(const iom_cache *cache)
{
	return cache->sets != NULL;
}

/* Payloads of whole words get code of their own. */
bool iom_cache_lookup(iom_cache *cache, const iom_cache_scope *scope, uint64_t address, void *value,
		      size_t size, unsigned *page_lg2)
{
	if (size == 16)
		return iom_cache_find(cache, scope, address, value, 16, page_lg2, true);
	if (size == 32)
		return iom_cache_find(cache, scope, address, value, 32, page_lg2, true);
	if (size == 48)
		return iom_cache_find(cache, scope, address, value, 48, page_lg2, true);
	return iom_cache_find(cache, scope, address, value, size, page_lg2, true);
}

bool iom_cache_peek(iom_cache *cache, const iom_cache_scope *scope, uint64_t address, void *value,
		    size_t size, unsigned *page_lg2)
{
	return iom_cache_find(cache, scope, address, value, size, page_lg2, false);
}

static bool tag_alive(const iom_cache *cache, uint64_t born, uint32_t tag)
{
	return born >= __atomic_load_n(&cache->tags->tag[tag].dead, __ATOMIC_ACQUIRE);
}

bool iom_cache_alive(const iom_cache *cache, uint64_t born, uint64_t tags01, uint64_t tags23)
{
	/* Tag 0, which stands for none, never dies. */
	return born >= __atomic_load_n(&cache->tags->all, __ATOMIC_ACQUIRE) &&
	       born >= __atomic_load_n(&cache->floor, __ATOMIC_ACQUIRE) &&
	       tag_alive(cache, born, (uint32_t)tags01) &&
	       tag_alive(cache, born, (uint32_t)(tags01 >> 32)) &&
	       (!tags23 || (tag_alive(cache, born, (uint32_t)tags23) &&
			    tag_alive(cache, born, (uint32_t)(tags23 >> 32))));
}

/* ------------------------------------------------------------------------
 * Changing a set; the lock is held
 */
void iom_cache_set_write(iom_cache_set *set)
{
#ifdef IOM_CACHE_TSAN
	__atomic_fetch_add(&set->sequence, 1, __ATOMIC_ACQ_REL);
#else
	__atomic_store_n(&set->sequence, set->sequence + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
#endif
}

void iom_cache_set_done(iom_cache *cache, iom_cache_set *set)
{
	/* A count that comes round must not look like one that never moved. */
	bool around = set->sequence == UINT32_MAX;

	__atomic_store_n(&set->sequence, set->sequence + 1, __ATOMIC_RELEASE);
	if (G_UNLIKELY(around | cache->outdates))
		iom_tags_outdate(cache->tags);
}

static void put_print(iom_cache *cache, uint32_t index, unsigned way, uint8_t print)
{
	unsigned bit = way % 8 * 8;
	uint64_t *word = &iom_cache_prints(cache, index)[way / 8];

	IOM_CACHE_STORE(word, (*word & ~(UINT64_C(0xff) << bit)) | (uint64_t)print << bit);
}

static void arrive(iom_cache *cache, unsigned lg2)
{
	cache->sizes |= UINT64_C(1) << lg2;
	if (!cache->present[lg2]++)
		__atomic_store_n(&cache->census, cache->census | UINT64_C(1) << lg2,
				 __ATOMIC_RELEASE);
	if (cache->present[lg2] > cache->present[cache->frequent])
		IOM_CACHE_STORE(&cache->frequent, (uint8_t)lg2);
}

static void leave(iom_cache *cache, uint64_t born)
{
	unsigned lg2 = born & 63;

	/* Older entries left the census together; see forget(). */
	if (born < cache->seen_all || !cache->present[lg2])
		return;
	if (!--cache->present[lg2])
		__atomic_store_n(&cache->census, cache->census & ~(UINT64_C(1) << lg2),
				 __ATOMIC_RELEASE);
}

/*
 * After an invalidation of everything no page size is present any more. An entry
 * that was inserted while the invalidation ran may be forgotten although it is
 * alive: that costs a miss. Invalidations do not go by the census and find it.
 */
static void forget(iom_cache *cache)
{
	uint64_t all = __atomic_load_n(&cache->tags->all, __ATOMIC_ACQUIRE);

	all = MAX(all, cache->floor);
	if (G_LIKELY(all <= cache->seen_all))
		return;
	cache->seen_all = all;
	memset(cache->present, 0, sizeof(cache->present));
	__atomic_store_n(&cache->census, 0, __ATOMIC_RELEASE);
}

void iom_cache_drop(iom_cache *cache, uint32_t index, unsigned way)
{
	iom_cache_set *set = iom_cache_set_at(cache, index);

	leave(cache, cache->hot[(size_t)index * cache->ways + way].born);
	iom_cache_gather(cache, set, index);
	iom_cache_set_write(set);
	put_print(cache, index, way, 0);
	iom_cache_set_done(cache, set);
	cache->invalidated++;
}

/* ------------------------------------------------------------------------
 * Insertion
 */

/* Whether an invalidation that completed after `epoch` may concern the page. */
static bool overtaken(const iom_cache *cache, const iom_cache_scope *scope, uint64_t start,
		      uint64_t last, iom_epoch epoch)
{
	if (G_LIKELY(cache->ring_newest <= epoch))
		return false;
	if (cache->ring_lost > epoch)
		return true;
	for (unsigned i = 0; i < IOM_CACHE_RING; i++) {
		const iom_cache_range *r = &cache->ring[i];

		if (r->at > epoch && r->scope.hi == scope->hi && r->scope.lo == scope->lo &&
		    r->start <= last && r->last >= start)
			return true;
	}
	return false;
}

/*
 * A free way, or -1. Where the search starts depends on the set, so that sets
 * that are not full do not all use the same few sets of the host's cache.
 */
static int free_way(const iom_cache *cache, uint32_t index)
{
	const uint64_t *prints = iom_cache_prints(cache, index);
	unsigned first = index % MIN(cache->ways, 8);

	for (unsigned w = 0; w < cache->print_words; w++) {
		unsigned ways = MIN(cache->ways - 8 * w, 8);
		uint64_t free = iom_cache_match(prints[w], 0) & UINT64_MAX >> (64 - 8 * ways);
		uint64_t later = w ? 0 : free & UINT64_MAX << (8 * first);

		if (free)
			return (int)(w * 8 + (unsigned)__builtin_ctzll(later ? later : free) / 8);
	}
	return -1;
}

/* Free the ways of dead entries, unless nothing died since the last time. */
static int dead_way(iom_cache *cache, iom_cache_set *set, uint32_t index)
{
	uint32_t changed = (uint32_t)(__atomic_load_n(&cache->tags->changed, __ATOMIC_RELAXED) /
				      IOM_EPOCH_STEP);

	if (set->scanned == changed)
		return -1;
	set->scanned = changed;
	for (unsigned way = 0; way < cache->ways; way++) {
		if (!iom_cache_entry_alive(cache, &cache->hot[(size_t)index * cache->ways + way]))
			iom_cache_drop(cache, index, way);
	}
	return free_way(cache, index);
}

/* Choose the way that an entry goes to and account for what it replaces. */
static unsigned make_room(iom_cache *cache, iom_cache_set *set, uint32_t index,
			  const iom_cache_hot *key, uint8_t print)
{
	iom_cache_scope scope = { key->hi, key->lo };
	int way = iom_cache_way(cache, index, print, &scope, key->page, key->born & 63);
	const iom_cache_hot *hot = cache->hot + (size_t)index * cache->ways;

	if (way >= 0) {
		leave(cache, hot[way].born);
		if (!iom_cache_entry_alive(cache, &hot[way]))
			cache->invalidated++;
		return (unsigned)way;
	}
	way = free_way(cache, index);
	if (way < 0)
		way = dead_way(cache, set, index);
	if (way < 0) {
		way = (int)iom_cache_victim(cache, set, index);
		leave(cache, hot[way].born);
		cache->evictions++;
	}
	return (unsigned)way;
}

static void store_entry(iom_cache *cache, size_t at, const iom_cache_hot *hot,
			const iom_cache_cold *cold)
{
	const uint64_t *from = (const uint64_t *)(const void *)hot;
	uint64_t *to = (uint64_t *)(void *)&cache->hot[at];

	for (unsigned i = 0; i < sizeof(*hot) / 8; i++)
		IOM_CACHE_STORE(&to[i], from[i]);
	for (unsigned i = 0; i < IOM_CACHE_COLD_WORDS; i++)
		IOM_CACHE_STORE(&cache->cold[at].value[i], cold->value[i]);
}

static void insert_locked(iom_cache *cache, const iom_cache_hot *hot, const iom_cache_cold *cold)
{
	unsigned lg2 = hot->born & 63;
	iom_cache_scope scope = { hot->hi, hot->lo };
	uint64_t hash = iom_cache_hash(cache, &scope, hot->page);
	uint32_t index = iom_cache_index(cache, hash, hot->page);
	uint8_t print = iom_cache_print(hash);
	iom_cache_set *set = iom_cache_set_at(cache, index);
	uint64_t start = hot->page << lg2;
	uint64_t last = start | ((UINT64_C(1) << lg2) - 1);
	unsigned way;

	forget(cache);
	if (!iom_cache_entry_alive(cache, hot) ||
	    overtaken(cache, &scope, start, last, hot->born - lg2))
		return;
	iom_cache_gather(cache, set, index);
	way = make_room(cache, set, index, hot, print);
	arrive(cache, lg2);
	iom_cache_set_write(set);
	store_entry(cache, (size_t)index * cache->ways + way, hot, cold);
	put_print(cache, index, way, print);
	iom_cache_inserted(cache, set, index, way);
	iom_cache_set_done(cache, set);
}

void iom_cache_insert(iom_cache *cache, const iom_cache_scope *scope, uint64_t address,
		      unsigned page_lg2, const void *value, size_t size, iom_tag *const *tags,
		      unsigned n_tags, iom_epoch epoch)
{
	iom_cache_hot hot = { .hi = scope->hi, .lo = scope->lo };
	uint64_t words[IOM_CACHE_WORDS] = { 0 };
	iom_cache_cold cold;

	if (!cache->sets || page_lg2 > 63 || size > IOM_CACHE_VALUE || n_tags > IOM_CACHE_TAGS)
		return;
	hot.page = address >> page_lg2;
	hot.born = (epoch & -(iom_epoch)IOM_EPOCH_STEP) | page_lg2;
	for (unsigned i = 0; i < n_tags; i++)
		hot.tags[i / 2] |= (uint64_t)(tags[i] - cache->tags->tag) << (i % 2 * 32);
	memcpy(words, value, size);
	memcpy(hot.value, words, sizeof(hot.value));
	memcpy(cold.value, words + IOM_CACHE_HOT_WORDS, sizeof(cold.value));
	iom_spin_lock(&cache->lock);
	insert_locked(cache, &hot, &cold);
	iom_spin_unlock(&cache->lock);
}

/* ------------------------------------------------------------------------
 * Statistics
 */
unsigned iom_cache_count(iom_cache *cache)
{
	unsigned n = 0;

	if (!cache->sets)
		return 0;
	iom_spin_lock(&cache->lock);
	for (uint32_t index = 0; index <= cache->set_mask; index++) {
		const uint64_t *prints = iom_cache_prints(cache, index);

		for (unsigned way = 0; way < cache->ways; way++) {
			if (iom_cache_print_of(prints, way) &&
			    iom_cache_entry_alive(cache,
						  &cache->hot[(size_t)index * cache->ways + way]))
				n++;
		}
	}
	iom_spin_unlock(&cache->lock);
	return n;
}

/* Figures since the cache was made. */
static void sum(const iom_cache *cache, iom_cache_statistics *out)
{
	*out = (iom_cache_statistics){ .name = cache->name };
	for (unsigned i = 0; i < IOM_SLOTS; i++) {
		out->hits += __atomic_load_n(&cache->cells[i].hits, __ATOMIC_RELAXED);
		out->misses += __atomic_load_n(&cache->cells[i].misses, __ATOMIC_RELAXED);
	}
	out->evictions = cache->evictions;
	out->invalidated = cache->invalidated;
}

void iom_cache_statistics_get(const iom_cache *cache, iom_cache_statistics *out)
{
	iom_cache *c = (iom_cache *)(uintptr_t)cache;

	iom_spin_lock(&c->lock);
	sum(cache, out);
	out->hits -= cache->reset_at.hits;
	out->misses -= cache->reset_at.misses;
	out->evictions -= cache->reset_at.evictions;
	out->invalidated -= cache->reset_at.invalidated;
	iom_spin_unlock(&c->lock);
}

void iom_cache_statistics_reset(iom_cache *cache)
{
	iom_spin_lock(&cache->lock);
	sum(cache, &cache->reset_at);
	iom_spin_unlock(&cache->lock);
}
