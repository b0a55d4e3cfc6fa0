/* SPDX-License-Identifier: MIT */
/* Setting up what cache-extra.h describes, and whose entry goes where. */
#include "core/cache-extra.h"

#define MOST_KEYS 65536 /* that get a partition in turn; later ones by their number */

__thread iom_cache_owner iom_cache_owner_;

static uint32_t partitions_of(const iom_cache_options *o)
{
	if (o->partition_by == IOM_PARTITION_SHARED)
		return 1;
	return o->n_shares ? o->n_shares + 1u : o->partitions;
}

/* In proportion to the shares, but nobody gets nothing. */
static void divide(const iom_cache *cache, iom_cache_extra *extra)
{
	const iom_cache_options *o = &extra->options;
	uint32_t n = extra->n_partitions;
	uint64_t total = 0, before = 0;

	for (uint32_t p = 0; p < n; p++)
		total += p < o->n_shares ? o->share[p].share : MAX(o->rest, 1);
	for (uint32_t p = 0; p < n; p++) {
		uint32_t at = (uint32_t)(cache->ways * before / total);

		if (p)
			at = MAX(at, extra->first[p - 1] + 1);
		extra->first[p] = MIN(at, cache->ways - (n - p));
		before += p < o->n_shares ? o->share[p].share : MAX(o->rest, 1);
	}
	extra->first[n] = cache->ways;
}

static bool make_marks(const iom_cache *cache, uint8_t **marks)
{
	*marks = g_try_malloc0(((size_t)cache->set_mask + 1) * cache->ways);
	return *marks;
}

bool iom_cache_extra_init(iom_cache *cache, const iom_cache_options *options,
			  const iom_cache_reader *reader, iom_cache *main)
{
	iom_cache_extra *extra = g_new0(iom_cache_extra, 1);

	cache->extra = extra;
	extra->options = *options;
	extra->reader = reader;
	extra->part = main != NULL;
	extra->n_partitions = MIN(partitions_of(options), cache->ways);
	if (main)
		extra->options.n_bins = 0;
	else if (options->n_bins)
		cache->census = IOM_CENSUS_BINS;
	divide(cache, extra);
	if (extra->n_partitions > 1 && !options->n_shares) {
		extra->keys = main ? main->extra->keys : g_new0(iom_cache_keys, 1);
		if (!main)
			extra->keys->partition = g_hash_table_new(NULL, NULL);
	}
	return !options->n_pins || make_marks(cache, &extra->pinned);
}

void iom_cache_extra_free(iom_cache *cache)
{
	iom_cache_extra *extra = cache->extra;

	if (!extra)
		return;
	if (extra->keys && !extra->part) {
		g_hash_table_unref(extra->keys->partition);
		g_free(extra->keys);
	}
	g_free(extra->pinned);
	g_free(extra);
	cache->extra = NULL;
}

iom_cache *iom_cache_bin_for(iom_cache *cache, const iom_cache_scope *scope, unsigned lg2)
{
	const iom_cache_extra *extra = cache->extra;
	iom_cache *both = NULL;

	for (unsigned b = 0; b < extra->options.n_bins; b++) {
		const iom_cache_bin *bin = &extra->options.bin[b];

		if (bin->page_lg2 != lg2)
			continue;
		if (!bin->stage)
			both = extra->bin[b];
		else if (extra->reader && extra->reader->stage(scope) == bin->stage)
			return extra->bin[b];
	}
	if (both)
		return both;
	return extra->closed || (extra->options.n_bins && lg2 == 63) ? NULL : cache;
}

/* The next partition for a key that is new. */
static unsigned in_turn(const iom_cache_extra *extra, uint32_t key)
{
	iom_cache_keys *keys = extra->keys;
	gpointer found;
	unsigned p;

	iom_spin_lock(&keys->lock);
	if (g_hash_table_lookup_extended(keys->partition, GUINT_TO_POINTER(key), NULL, &found)) {
		p = GPOINTER_TO_UINT(found);
	} else if (g_hash_table_size(keys->partition) < MOST_KEYS) {
		p = keys->next++ % extra->n_partitions;
		g_hash_table_insert(keys->partition, GUINT_TO_POINTER(key), GUINT_TO_POINTER(p));
	} else {
		p = key % extra->n_partitions;
	}
	iom_spin_unlock(&keys->lock);
	return p;
}

unsigned iom_cache_partition_of(const iom_cache *cache, const iom_cache_scope *scope)
{
	const iom_cache_extra *extra = cache->extra;
	const iom_cache_options *o = &extra->options;
	uint32_t key;

	if (extra->n_partitions == 1)
		return 0;
	if (o->partition_by == IOM_PARTITION_DOMAIN)
		key = extra->reader ? extra->reader->domain(scope) : 0;
	else if (o->partition_by == IOM_PARTITION_PASID)
		key = iom_cache_owner_.pasid;
	else
		key = iom_cache_owner_.requester;
	if (!o->n_shares)
		return in_turn(extra, key);
	for (unsigned i = 0; i < o->n_shares; i++) {
		if (key >= o->share[i].first && key <= o->share[i].last)
			return MIN(i, extra->n_partitions - 1);
	}
	return MIN(o->n_shares, extra->n_partitions - 1);
}

uint64_t iom_cache_next_use(const iom_cache *cache, uint32_t index, unsigned way)
{
	const iom_cache_hot *hot = &cache->hot[(size_t)index * cache->ways + way];
	unsigned lines = (unsigned)__builtin_popcount(cache->sector_mask);
	unsigned lg2 = (unsigned)(IOM_CACHE_LOAD(&hot->born) & 63) + lines;

	if (!cache->extra || !cache->extra->options.next_use)
		return UINT64_MAX;
	return cache->extra->options.next_use(cache->extra->options.opaque, MIN(lg2, 63));
}

/* ------------------------------------------------------------------------
 * Pins that come and go
 */
static bool touches(void *opaque, const iom_cache_scope *scope, uint64_t address, unsigned page_lg2,
		    const void *value)
{
	const iom_cache_pin *pin = opaque;

	(void)scope;
	(void)value;
	return address <= pin->last && (address | ((UINT64_C(1) << page_lg2) - 1)) >= pin->first;
}

static bool add_pin(iom_cache *cache, const iom_cache_pin *pin)
{
	iom_cache_extra *extra = iom_cache_extra_of(cache), *made = NULL;
	uint8_t *marks = NULL;
	bool added = false;

	if (!cache->sets)
		return true;
	if (!make_marks(cache, &marks))
		return false;
	if (!extra) {
		made = g_new0(iom_cache_extra, 1);
		made->n_partitions = 1;
		made->first[1] = cache->ways;
	}
	iom_spin_lock(&cache->lock);
	if (!cache->extra) {
		__atomic_store_n(&cache->extra, made, __ATOMIC_RELEASE);
		made = NULL;
	}
	extra = cache->extra;
	if (!extra->pinned) {
		extra->pinned = marks;
		marks = NULL;
	}
	if (extra->options.n_pins < IOM_CACHE_PINS) {
		extra->options.pin[extra->options.n_pins++] = *pin;
		added = true;
	}
	iom_spin_unlock(&cache->lock);
	g_free(made);
	g_free(marks);
	return added;
}

bool iom_cache_pin_add(iom_cache *cache, const iom_cache_pin *pin, GError **error)
{
	bool ok;

	if (!cache->sets || cache->ways < 2) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
			    "cache %s has no room to pin: it needs at least two ways", cache->name);
		return false;
	}
	if (pin->first > pin->last) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
			    "the range to pin in cache %s ends before it begins", cache->name);
		return false;
	}
	ok = add_pin(cache, pin);
	for (unsigned b = 0; b < iom_cache_n_bins(cache); b++)
		ok = ok && add_pin(cache->extra->bin[b], pin);
	if (!ok) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_RANGE,
			    "cache %s has %u pins already, which is all it may have", cache->name,
			    IOM_CACHE_PINS);
		return false;
	}
	iom_cache_invalidate_if(cache, touches, (void *)(uintptr_t)pin);
	return true;
}

static void forget_pins(iom_cache *cache)
{
	iom_spin_lock(&cache->lock);
	if (cache->extra && cache->extra->pinned) {
		cache->extra->options.n_pins = 0;
		memset(cache->extra->pinned, 0, ((size_t)cache->set_mask + 1) * cache->ways);
	}
	iom_spin_unlock(&cache->lock);
}

void iom_cache_unpin_all(iom_cache *cache)
{
	if (!cache->sets)
		return;
	forget_pins(cache);
	for (unsigned b = 0; b < iom_cache_n_bins(cache); b++)
		forget_pins(cache->extra->bin[b]);
}
