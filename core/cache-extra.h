/* SPDX-License-Identifier: MIT */
/*
 * What a cache has beside its geometry when options are set (caches.h): part of
 * its ways for each partition, pinned entries, sectors, structures by page size.
 *
 * Lookups know nothing of it. Partitions, pins and an oracle only matter to who
 * chooses a way for an insertion. Sectors lie in neighbouring sets, where the pages
 * of a line go anyway: the same way of 2^n sets is one line, with one place in the
 * order of replacement, which the first of these sets keeps. Entries of a bin are
 * found when the main structure does not have them.
 */
#ifndef IOM_CORE_CACHE_EXTRA_H
#define IOM_CORE_CACHE_EXTRA_H

#include "core/cache-impl.h"

/* In the census: not all entries are in this structure. No page is that large. */
#define IOM_CENSUS_BINS (UINT64_C(1) << 63)

/* Keys and their partitions, in the order in which they appeared. */
typedef struct iom_cache_keys {
	iom_spin lock;
	GHashTable *partition;
	uint32_t next;
} iom_cache_keys;

typedef struct iom_cache_extra {
	iom_cache_options options;
	const iom_cache_reader *reader;
	bool part; /* of a cache: keys are the main structure's */
	bool closed; /* a main structure that keeps nothing */
	uint32_t n_partitions; /* at least 1 */
	uint32_t first[IOM_CACHE_PARTITIONS + 1]; /* way of each, and the end */
	iom_cache_keys *keys; /* one for all structures of a cache; NULL: by shares */
	uint8_t *pinned; /* by entry; NULL before there is a pin */
	iom_cache *bin[IOM_CACHE_BINS]; /* those of options.bin */
	uint64_t sectors_filled;
	uint64_t pins_refused;
	uint64_t prefetched;
	uint64_t insertions[IOM_CACHE_PARTITIONS];
	uint64_t evictions[IOM_CACHE_PARTITIONS];
} iom_cache_extra;

/* False when the host has no memory. `main` is NULL or the structure that has the bins. */
bool iom_cache_extra_init(iom_cache *cache, const iom_cache_options *options,
			  const iom_cache_reader *reader, iom_cache *main);
void iom_cache_extra_free(iom_cache *cache);

/* The structure for entries of that scope and size. */
iom_cache *iom_cache_bin_for(iom_cache *cache, const iom_cache_scope *scope, unsigned lg2);
unsigned iom_cache_partition_of(const iom_cache *cache, const iom_cache_scope *scope);

/*
 * The way that an entry goes to, accounting for what makes room; -1 when nothing
 * may. The lock is held.
 */
int iom_cache_room(iom_cache *cache, uint32_t index, uint8_t print, const iom_cache_hot *key,
		   unsigned partition);
/* Which of the ways [from, to) goes: the policy's choice of those that are not pinned. */
int iom_cache_victim_among(iom_cache *cache, uint32_t index, unsigned from, unsigned to);

/* Whether an entry to come is pinned: somebody wants it, and the set has room for it. */
bool iom_cache_to_pin(iom_cache *cache, uint32_t index, uint8_t print, const iom_cache_hot *key,
		      unsigned partition);

/* Some page of the line is pinned. */
bool iom_cache_line_pinned(const iom_cache *cache, uint32_t index, unsigned way);

static inline uint32_t iom_cache_leader(const iom_cache *cache, uint32_t index)
{
	return index & ~cache->sector_mask;
}

/* A pin may give a cache in use the first of it. */
static inline iom_cache_extra *iom_cache_extra_of(const iom_cache *cache)
{
	return __atomic_load_n(&cache->extra, __ATOMIC_ACQUIRE);
}

static inline void iom_cache_count_ahead(iom_cache_extra *extra)
{
	if (!extra->options.prefetch || !iom_cache_owner_.ahead)
		return;
	extra->prefetched++;
	iom_cache_owner_.kept = true;
}

/* Structures of a cache but for the main one. */
static inline unsigned iom_cache_n_bins(const iom_cache *cache)
{
	const iom_cache_extra *extra = iom_cache_extra_of(cache);

	return extra ? extra->options.n_bins : 0;
}

/* Free a way whose fingerprint is in that word; the lock is held. */
IOM_CACHE_INLINE void iom_cache_free_way(iom_cache *cache, uint32_t index, unsigned way,
					 uint64_t *prints)
{
	iom_cache_set *set = iom_cache_set_at(cache, index);
	size_t at = (size_t)index * cache->ways + way;

	iom_cache_leave(cache, cache->hot[at].born);
	iom_cache_gather(cache, set, index);
	iom_cache_set_write(set);
	IOM_CACHE_STORE(prints, *prints & ~(UINT64_C(0xff) << way % 8 * 8));
	iom_cache_set_done(cache, set);
	if (G_UNLIKELY(cache->extra && cache->extra->pinned))
		cache->extra->pinned[at] = 0;
}

/* The same of an entry that makes room. */
static inline void iom_cache_remove(iom_cache *cache, uint32_t index, unsigned way)
{
	iom_cache_free_way(cache, index, way, &iom_cache_prints(cache, index)[way / 8]);
}

/* The same of one that was invalidated. */
static inline void iom_cache_drop(iom_cache *cache, uint32_t index, unsigned way)
{
	iom_cache_remove(cache, index, way);
	cache->invalidated++;
}

#endif
