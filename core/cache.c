/* SPDX-License-Identifier: MIT */
/* Making a cache, filling it, and asking it. Layout and lookup: cache-impl.h. */
#include "core/cache-extra.h"

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
	iom_cache_extra_free(cache);
	cache->sets = NULL;
}

/* False when the host has no memory for it: then nothing is ever kept. */
static bool make_tables(iom_cache *cache, const iom_cache_geometry *geometry)
{
	uint32_t sectors = cache->sector_mask + 1;
	uint32_t entries = MIN(geometry->entries, IOM_CACHE_ENTRIES_MOST / sectors);
	uint32_t ways = geometry->ways && geometry->ways < entries ? geometry->ways : entries;
	uint32_t sets = power_of_two((entries + ways - 1) / ways) * sectors;

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

static iom_cache *make(const char *name, const iom_cache_geometry *geometry, unsigned sectors_lg2,
		       iom_tags *tags)
{
	iom_cache *cache = g_aligned_alloc0(1, sizeof(*cache), IOM_LINE);

	cache->name = name;
	cache->tags = tags;
	cache->cells = g_aligned_alloc0(IOM_SLOTS, sizeof(*cache->cells), IOM_LINE);
	cache->sector_mask = (1u << sectors_lg2) - 1;
	if (geometry->entries && !make_tables(cache, geometry))
		drop_tables(cache);
	return cache;
}

iom_cache *iom_cache_new(const char *name, const iom_cache_geometry *geometry, iom_tags *tags)
{
	return make(name, geometry, 0, tags);
}

/* A structure: the main one, or a bin of it. */
static iom_cache *make_with(const char *name, const iom_cache_geometry *geometry,
			    const iom_cache_options *options, const iom_cache_reader *reader,
			    iom_tags *tags, iom_cache *main)
{
	/* Without an entry of its own the main structure still stands for its bins. */
	iom_cache_geometry one = { 1, 1, geometry->policy };
	bool closed = !geometry->entries && options->n_bins && !main;
	iom_cache *cache = make(name, closed ? &one : geometry, options->sectors_lg2, tags);

	if (cache->sets && !iom_cache_extra_init(cache, options, reader, main))
		drop_tables(cache);
	if (cache->sets)
		cache->extra->closed = closed;
	return cache;
}

iom_cache *iom_cache_new_with(const char *name, const iom_cache_geometry *geometry,
			      const iom_cache_options *options, const iom_cache_reader *reader,
			      iom_tags *tags)
{
	static const iom_cache_options none;
	iom_cache *cache;

	if (memcmp(options, &none, sizeof(none)) == 0)
		return make(name, geometry, 0, tags);
	cache = make_with(name, geometry, options, reader, tags, NULL);
	for (unsigned b = 0; b < iom_cache_n_bins(cache); b++)
		cache->extra->bin[b] =
			make_with(name, &options->bin[b].geometry, options, reader, tags, cache);
	return cache;
}

void iom_cache_free(iom_cache *cache)
{
	if (!cache)
		return;
	for (unsigned b = 0; b < iom_cache_n_bins(cache); b++)
		iom_cache_free(cache->extra->bin[b]);
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

/*
 * After an invalidation of everything no page size is present any more. An entry
 * that was inserted while the invalidation ran may be forgotten although it is
 * alive: that costs a miss. Invalidations do not go by the census and find it.
 */
static void forget(iom_cache *cache)
{
	uint64_t all = __atomic_load_n(&cache->tags->all, __ATOMIC_ACQUIRE);
	uint64_t floor = IOM_CACHE_LOAD(&cache->floor);

	all = MAX(all, floor);
	if (G_LIKELY(all <= cache->seen_all))
		return;
	cache->seen_all = all;
	memset(cache->present, 0, sizeof(cache->present));
	__atomic_store_n(&cache->census, cache->census & IOM_CENSUS_BINS, __ATOMIC_RELEASE);
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

bool iom_cache_free_dead(iom_cache *cache, uint32_t index)
{
	iom_cache_set *set = iom_cache_set_at(cache, index);
	uint32_t changed = (uint32_t)(__atomic_load_n(&cache->tags->changed, __ATOMIC_RELAXED) /
				      IOM_EPOCH_STEP);

	if (set->scanned == changed)
		return false;
	set->scanned = changed;
	for (unsigned way = 0; way < cache->ways; way++) {
		if (iom_cache_print_of(iom_cache_prints(cache, index), way) &&
		    !iom_cache_entry_alive(cache, &cache->hot[(size_t)index * cache->ways + way]))
			iom_cache_drop(cache, index, way);
	}
	return true;
}

void iom_cache_replace(iom_cache *cache, uint32_t index, unsigned way)
{
	const iom_cache_hot *hot = &cache->hot[(size_t)index * cache->ways + way];

	iom_cache_leave(cache, hot->born);
	if (iom_cache_entry_alive(cache, hot))
		return;
	cache->invalidated++;
	if (G_UNLIKELY(cache->extra && cache->extra->pinned))
		cache->extra->pinned[(size_t)index * cache->ways + way] = 0;
}

/* Choose the way that an entry goes to and account for what it replaces. */
static unsigned make_room(iom_cache *cache, iom_cache_set *set, uint32_t index,
			  const iom_cache_hot *key, uint8_t print)
{
	iom_cache_scope scope = { key->hi, key->lo };
	int way = iom_cache_way(cache, index, print, &scope, key->page, key->born & 63);
	const iom_cache_hot *hot = cache->hot + (size_t)index * cache->ways;

	if (way >= 0) {
		iom_cache_replace(cache, index, (unsigned)way);
		return (unsigned)way;
	}
	way = free_way(cache, index);
	if (way < 0 && iom_cache_free_dead(cache, index))
		way = free_way(cache, index);
	if (way < 0) {
		way = (int)iom_cache_victim(cache, set, index);
		iom_cache_leave(cache, hot[way].born);
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

static void insert_locked(iom_cache *cache, const iom_cache_hot *hot, const iom_cache_cold *cold,
			  unsigned partition)
{
	unsigned lg2 = hot->born & 63;
	iom_cache_scope scope = { hot->hi, hot->lo };
	uint64_t hash = iom_cache_hash(cache, &scope, hot->page);
	uint32_t index = iom_cache_index(cache, hash, hot->page);
	uint8_t print = iom_cache_print(hash);
	iom_cache_set *set = iom_cache_set_at(cache, index);
	uint64_t start = hot->page << lg2;
	uint64_t last = start | ((UINT64_C(1) << lg2) - 1);
	bool pin = false;
	int way;

	forget(cache);
	if (!iom_cache_entry_alive(cache, hot) ||
	    overtaken(cache, &scope, start, last, hot->born - lg2))
		return;
	iom_cache_gather(cache, set, index);
	if (G_UNLIKELY(cache->extra != NULL)) {
		pin = iom_cache_to_pin(cache, index, print, hot, partition);
		way = iom_cache_room(cache, index, print, hot, partition);
		if (way < 0)
			return;
	} else {
		way = (int)make_room(cache, set, index, hot, print);
	}
	arrive(cache, lg2);
	iom_cache_set_write(set);
	store_entry(cache, (size_t)index * cache->ways + (unsigned)way, hot, cold);
	put_print(cache, index, (unsigned)way, print);
	iom_cache_inserted(cache, set, index, (unsigned)way);
	iom_cache_set_done(cache, set);
	if (G_UNLIKELY(cache->extra != NULL))
		iom_cache_count_ahead(cache->extra);
	if (G_UNLIKELY(pin))
		cache->extra->pinned[(size_t)index * cache->ways + (unsigned)way] = 1;
}

void iom_cache_insert(iom_cache *cache, const iom_cache_scope *scope, uint64_t address,
		      unsigned page_lg2, const void *value, size_t size, iom_tag *const *tags,
		      unsigned n_tags, iom_epoch epoch)
{
	iom_cache_hot hot = { .hi = scope->hi, .lo = scope->lo };
	uint64_t words[IOM_CACHE_WORDS] = { 0 };
	unsigned partition = 0;
	iom_cache_cold cold;

	if (!cache->sets || page_lg2 > 63 || size > IOM_CACHE_VALUE || n_tags > IOM_CACHE_TAGS)
		return;
	if (G_UNLIKELY(iom_cache_extra_of(cache) != NULL)) {
		partition = iom_cache_partition_of(cache, scope);
		cache = iom_cache_bin_for(cache, scope, page_lg2);
		if (!cache || !cache->sets)
			return;
	}
	hot.page = address >> page_lg2;
	hot.born = (epoch & -(iom_epoch)IOM_EPOCH_STEP) | page_lg2;
	for (unsigned i = 0; i < n_tags; i++)
		hot.tags[i / 2] |= (uint64_t)(tags[i] - cache->tags->tag) << (i % 2 * 32);
	memcpy(words, value, size);
	memcpy(hot.value, words, sizeof(hot.value));
	memcpy(cold.value, words + IOM_CACHE_HOT_WORDS, sizeof(cold.value));
	iom_spin_lock(&cache->lock);
	insert_locked(cache, &hot, &cold, partition);
	iom_spin_unlock(&cache->lock);
}

/* ------------------------------------------------------------------------
 * Statistics
 */
static unsigned count(iom_cache *cache, bool pinned)
{
	unsigned n = 0;
	bool none;

	if (!cache->sets)
		return 0;
	iom_spin_lock(&cache->lock);
	/* Most have none, and figures are asked for often. */
	none = pinned && !cache->extra->options.n_pins;
	for (uint32_t index = 0; !none && index <= cache->set_mask; index++) {
		const uint64_t *prints = iom_cache_prints(cache, index);

		for (unsigned way = 0; way < cache->ways; way++) {
			size_t at = (size_t)index * cache->ways + way;

			if (iom_cache_print_of(prints, way) &&
			    iom_cache_entry_alive(cache, &cache->hot[at]) &&
			    (!pinned || (cache->extra->pinned && cache->extra->pinned[at])))
				n++;
		}
	}
	iom_spin_unlock(&cache->lock);
	return n;
}

unsigned iom_cache_count(iom_cache *cache)
{
	unsigned n = count(cache, false);

	for (unsigned b = 0; b < iom_cache_n_bins(cache); b++)
		n += count(cache->extra->bin[b], false);
	return n;
}

/* What one structure knows of its options. */
static void add_extra(iom_cache *cache, iom_cache_statistics *out)
{
	iom_cache_extra *extra = iom_cache_extra_of(cache);

	if (!cache->sets || !extra)
		return;
	out->pinned += count(cache, true);
	iom_spin_lock(&cache->lock);
	out->sectors_filled += extra->sectors_filled;
	out->pins_refused += extra->pins_refused;
	out->prefetched += extra->prefetched;
	out->n_partitions = extra->n_partitions > 1 ? extra->n_partitions : 0;
	for (unsigned p = 0; p < out->n_partitions; p++) {
		if (!extra->closed)
			out->partition[p].ways += extra->first[p + 1] - extra->first[p];
		out->partition[p].insertions += extra->insertions[p];
		out->partition[p].evictions += extra->evictions[p];
	}
	iom_spin_unlock(&cache->lock);
}

/* Figures since the cache was made. */
static void sum(iom_cache *cache, iom_cache_statistics *out)
{
	*out = (iom_cache_statistics){ .name = cache->name };
	add_extra(cache, out);
	for (unsigned b = 0; b < iom_cache_n_bins(cache); b++) {
		iom_cache *bin = cache->extra->bin[b];

		add_extra(bin, out);
		iom_spin_lock(&bin->lock);
		out->evictions += bin->evictions;
		out->invalidated += bin->invalidated;
		iom_spin_unlock(&bin->lock);
	}
	iom_spin_lock(&cache->lock);
	out->evictions += cache->evictions;
	out->invalidated += cache->invalidated;
	iom_spin_unlock(&cache->lock);
	for (unsigned i = 0; i < IOM_SLOTS; i++) {
		out->hits += __atomic_load_n(&cache->cells[i].hits, __ATOMIC_RELAXED);
		out->misses += __atomic_load_n(&cache->cells[i].misses, __ATOMIC_RELAXED);
	}
}

void iom_cache_statistics_get(const iom_cache *cache, iom_cache_statistics *out)
{
	const iom_cache_statistics *from = &cache->reset_at;

	sum((iom_cache *)(uintptr_t)cache, out);
	out->hits -= from->hits;
	out->misses -= from->misses;
	out->evictions -= from->evictions;
	out->invalidated -= from->invalidated;
	out->sectors_filled -= from->sectors_filled;
	out->pins_refused -= from->pins_refused;
	out->prefetched -= from->prefetched;
	for (unsigned p = 0; p < out->n_partitions; p++) {
		out->partition[p].insertions -= from->partition[p].insertions;
		out->partition[p].evictions -= from->partition[p].evictions;
	}
}

void iom_cache_statistics_reset(iom_cache *cache)
{
	sum(cache, &cache->reset_at);
}
