/* SPDX-License-Identifier: MIT */
/* Looking into one set, apart from the fast path of a lookup. */
#include "core/cache-extra.h"

int iom_cache_way(const iom_cache *cache, uint32_t index, uint8_t print,
		  const iom_cache_scope *scope, uint64_t page, unsigned lg2)
{
	const uint64_t *prints = iom_cache_prints(cache, index);
	const iom_cache_hot *hot = &cache->hot[(size_t)index * cache->ways];

	for (unsigned w = 0; w < cache->print_words; w++) {
		uint64_t match = iom_cache_match(IOM_CACHE_LOAD(&prints[w]), print);

		for (; match; match &= match - 1) {
			unsigned way = w * 8 + (unsigned)__builtin_ctzll(match) / 8;

			/* Entries of free ways hold what was there before. */
			if (way >= cache->ways || iom_cache_print_of(prints, way) != print)
				continue;
			if (IOM_CACHE_LOAD(&hot[way].page) == page &&
			    IOM_CACHE_LOAD(&hot[way].lo) == scope->lo &&
			    IOM_CACHE_LOAD(&hot[way].hi) == scope->hi &&
			    (IOM_CACHE_LOAD(&hot[way].born) & 63) == lg2)
				return (int)way;
		}
	}
	return -1;
}

static int copy_entry(const iom_cache *cache, uint32_t index, uint8_t print,
		      const iom_cache_scope *scope, uint64_t page, unsigned lg2, iom_cache_hot *hot,
		      iom_cache_cold *cold)
{
	int way = iom_cache_way(cache, index, print, scope, page, lg2);
	const iom_cache_hot *from;
	size_t at;

	if (way < 0)
		return way;
	at = (size_t)index * cache->ways + (unsigned)way;
	from = &cache->hot[at];
	hot->born = IOM_CACHE_LOAD(&from->born);
	for (unsigned i = 0; i < G_N_ELEMENTS(hot->tags); i++)
		hot->tags[i] = IOM_CACHE_LOAD(&from->tags[i]);
	for (unsigned i = 0; i < IOM_CACHE_HOT_WORDS; i++)
		hot->value[i] = IOM_CACHE_LOAD(&from->value[i]);
	for (unsigned i = 0; i < IOM_CACHE_COLD_WORDS; i++)
		cold->value[i] = IOM_CACHE_LOAD(&cache->cold[at].value[i]);
	return way;
}

/* Every try sees another state of the set: who has to wait for long gives up. */
static bool probe(iom_cache *cache, const iom_cache_scope *scope, uint64_t page, unsigned lg2,
		  void *value, size_t size, bool touch, iom_cache_place *place)
{
	uint64_t hash = iom_cache_hash(cache, scope, page);
	uint32_t index = iom_cache_index(cache, hash, page);
	iom_cache_set *set = iom_cache_set_at(cache, index);
	iom_cache_hot hot;
	iom_cache_cold cold;

	for (unsigned tries = 0; tries < IOM_CACHE_RETRIES; tries++) {
		uint32_t sequence = __atomic_load_n(&set->sequence, __ATOMIC_ACQUIRE) & ~1u;
		int way = copy_entry(cache, index, iom_cache_print(hash), scope, page, lg2, &hot,
				     &cold);

		IOM_CACHE_READ_FENCE();
		if (sequence != __atomic_load_n(&set->sequence, __ATOMIC_RELAXED)) {
			iom_pause();
			continue;
		}
		if (way < 0 || !iom_cache_alive(cache, hot.born, hot.tags[0], hot.tags[1]))
			return false;
		memcpy(value, hot.value, MIN(size, sizeof(hot.value)));
		if (size > sizeof(hot.value))
			memcpy((uint8_t *)value + sizeof(hot.value), cold.value,
			       size - sizeof(hot.value));
		if (touch)
			iom_cache_touch(cache, index, (unsigned)way, sequence);
		if (place)
			iom_cache_place_set(cache, index, (unsigned)way, sequence, place);
		return true;
	}
	return false;
}

static bool found_in(iom_cache *bin, const iom_cache_scope *scope, uint64_t address, unsigned lg2,
		     void *value, size_t size, bool touch, iom_cache_place *place)
{
	uint64_t census = __atomic_load_n(&bin->census, __ATOMIC_ACQUIRE);

	return census >> lg2 & 1 &&
	       probe(bin, scope, address >> lg2, lg2, value, size, touch, place);
}

/* Every structure of the cache, the smallest pages of all first. */
static bool find_in_bins(iom_cache *cache, const iom_cache_scope *scope, uint64_t address,
			 void *value, size_t size, unsigned *page_lg2, bool count,
			 iom_cache_place *place)
{
	uint64_t census = __atomic_load_n(&cache->census, __ATOMIC_ACQUIRE);

	for (unsigned b = 0; b < iom_cache_n_bins(cache); b++)
		census |= __atomic_load_n(&cache->extra->bin[b]->census, __ATOMIC_ACQUIRE);
	for (census &= ~IOM_CENSUS_BINS; census; census &= census - 1) {
		unsigned lg2 = (unsigned)__builtin_ctzll(census);
		bool found = found_in(cache, scope, address, lg2, value, size, count, place);

		for (unsigned b = 0; b < iom_cache_n_bins(cache); b++) {
			if (found)
				break;
			found = found_in(cache->extra->bin[b], scope, address, lg2, value, size,
					 count, NULL);
			/* A place is one of the main structure. */
			if (found && place)
				*place = (iom_cache_place){ 0 };
		}
		if (!found)
			continue;
		if (page_lg2)
			*page_lg2 = lg2;
		if (count)
			iom_cache_count_hit(cache);
		return true;
	}
	if (count)
		iom_cache_count_miss(cache);
	return false;
}

bool iom_cache_find_slow(iom_cache *cache, const iom_cache_scope *scope, uint64_t address,
			 void *value, size_t size, unsigned *page_lg2, bool count,
			 iom_cache_place *place)
{
	uint64_t census = __atomic_load_n(&cache->census, __ATOMIC_ACQUIRE);

	if (G_UNLIKELY(census & IOM_CENSUS_BINS))
		return find_in_bins(cache, scope, address, value, size, page_lg2, count, place);
	for (; census; census &= census - 1) {
		unsigned lg2 = (unsigned)__builtin_ctzll(census);

		if (!probe(cache, scope, address >> lg2, lg2, value, size, count, place))
			continue;
		if (page_lg2)
			*page_lg2 = lg2;
		if (count)
			iom_cache_count_hit(cache);
		return true;
	}
	if (count)
		iom_cache_count_miss(cache);
	return false;
}
