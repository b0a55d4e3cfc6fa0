/* SPDX-License-Identifier: MIT */
/*
 * The one cache under both models: configuration cache, IOTLB, walk caches and
 * the stage-2 cache are instances of it.
 *
 * Set-associative; geometry and replacement policy are parameters. A lookup
 * takes no lock. Insertions and invalidations serialise on a lock of the cache.
 *
 * Keys. An entry covers 2^page_lg2 bytes (page_lg2 0: a single index, as in the
 * configuration cache) of one address space. `scope` names that space exactly:
 * the models pack ASID, VMID, domain-id, PASID, StreamID, stage, security state,
 * level... into it as they need; two entries with different scopes never
 * answer for each other. The cache keeps a census of the page sizes present, so
 * a lookup probes only those.
 *
 * Tags. Invalidating everything that belongs to an ASID, VMID, domain, PASID or
 * StreamID is one store: each such identity has a tag (iom_tag) that remembers
 * when it was last invalidated; an entry refers to up to IOM_CACHE_TAGS tags and
 * is alive while it is younger than all of them.
 *
 * Time. iom_cache_epoch() is read before a walk starts and given to
 * iom_cache_insert(): an entry whose tables were read before an invalidation that
 * has completed meanwhile is never found afterwards.
 */
#ifndef IOM_CORE_CACHE_H
#define IOM_CORE_CACHE_H

#include "core/core.h"
#include "core/counters.h"

#define IOM_CACHE_TAGS 4
#define IOM_CACHE_VALUE 48 /* bytes of payload an entry carries */

typedef struct iom_cache iom_cache;
typedef struct iom_tag iom_tag;
typedef struct iom_tags iom_tags;

typedef uint64_t iom_epoch;

typedef struct iom_cache_scope {
	uint64_t hi;
	uint64_t lo;
} iom_cache_scope;

/*
 * A registry of tags. One registry is shared by the caches of a model, so that
 * one invalidation reaches all of them. A tag is found by exact 64-bit identity
 * and stays valid for the life of the registry.
 */
iom_tags *iom_tags_new(void);
void iom_tags_free(iom_tags *tags);
/* The tag of `identity`, made on first use; any thread. Never NULL. */
iom_tag *iom_tags_get(iom_tags *tags, uint64_t identity);
/* The same without making one: NULL when nothing was ever tagged with it. */
iom_tag *iom_tags_find(iom_tags *tags, uint64_t identity);
/* Everything that refers to the tag is dead from now on; any thread, O(1). */
void iom_tag_invalidate(iom_tags *tags, iom_tag *tag);
/* Everything in every cache of the registry is dead; O(1). */
void iom_tags_invalidate_all(iom_tags *tags);
/* Read before the first table fetch of what will be inserted. */
iom_epoch iom_tags_epoch(const iom_tags *tags);

/*
 * A cache of `geometry`; with 0 entries every lookup misses and nothing is kept.
 * `name` is static storage. Any thread may use it; freeing is the owner's.
 */
iom_cache *iom_cache_new(const char *name, const iom_cache_geometry *geometry, iom_tags *tags);
/*
 * The same with options, which must hold together (iom_cache_options_check()).
 * `reader` tells what a scope stands for; it may be NULL where no option asks.
 */
typedef struct iom_cache_reader {
	unsigned (*stage)(const iom_cache_scope *scope); /* 1 or 2, 0 neither */
	uint32_t (*domain)(const iom_cache_scope *scope); /* as IOM_PARTITION_DOMAIN has it */
} iom_cache_reader;
iom_cache *iom_cache_new_with(const char *name, const iom_cache_geometry *geometry,
			      const iom_cache_options *options, const iom_cache_reader *reader,
			      iom_tags *tags);

/*
 * NULL, or what is wrong: what was expected, in words; *key becomes the option
 * ("partition", "pin", ... or NULL for the geometry).
 */
char *iom_cache_options_check(iom_cache_id id, const iom_cache_geometry *geometry,
			      const iom_cache_options *options, const char **key);
/* All caches of a model; the error names cache and option. */
bool iom_cache_config_check(const iom_cache_config *config, GError **error);

/* On whose account this thread inserts; for partitions and pins. */
typedef struct iom_cache_owner {
	uint32_t requester;
	uint32_t pasid;
	bool ahead; /* a prefetch */
	bool kept; /* and a cache that counts prefetches kept it */
} iom_cache_owner;
extern __thread iom_cache_owner iom_cache_owner_ __attribute__((tls_model("initial-exec")));
void iom_cache_free(iom_cache *cache);
bool iom_cache_enabled(const iom_cache *cache);

/*
 * Find the entry of `scope` that covers `address`; true and a copy of `size`
 * payload bytes (<= IOM_CACHE_VALUE) in `value`, and the size of its page in
 * *page_lg2 (may be NULL). Counts a hit or a miss. On a miss `value` is undefined.
 */
bool iom_cache_lookup(iom_cache *cache, const iom_cache_scope *scope, uint64_t address, void *value,
		      size_t size, unsigned *page_lg2);
/* The same for another model-internal probe: counts nothing, touches no recency. */
bool iom_cache_peek(iom_cache *cache, const iom_cache_scope *scope, uint64_t address, void *value,
		    size_t size, unsigned *page_lg2);

/*
 * Keep `value` for the 2^page_lg2 bytes around `address`. `tags` lists n_tags
 * <= IOM_CACHE_TAGS tags. An entry of the same scope and page is replaced;
 * otherwise a free or dead way is taken, or the policy's victim. Silently does
 * nothing when an invalidation since `epoch` may have hit what is inserted.
 */
void iom_cache_insert(iom_cache *cache, const iom_cache_scope *scope, uint64_t address,
		      unsigned page_lg2, const void *value, size_t size, iom_tag *const *tags,
		      unsigned n_tags, iom_epoch epoch);

/*
 * Drop the entries of exactly this scope that overlap [start, last]. Bounded:
 * when the range has more pages than the cache has sets, the cache walks its
 * sets once instead.
 */
void iom_cache_invalidate_range(iom_cache *cache, const iom_cache_scope *scope, uint64_t start,
				uint64_t last);
/* The same of several scopes. */
void iom_cache_invalidate_ranges(iom_cache *cache, const iom_cache_scope *scopes, unsigned n,
				 uint64_t start, uint64_t last);
/*
 * The same of a time that iom_tags_next() gave after the tables were changed, and to
 * which the clock goes with iom_tags_reach() when all of the invalidation is done.
 */
void iom_cache_invalidate_range_at(iom_cache *cache, const iom_cache_scope *scope, uint64_t start,
				   uint64_t last, iom_epoch at);
/*
 * The same of up to IOM_CACHE_PAGES pages of 4 KiB, by number. Who inserts what was
 * walked before may be refused pages between the lowest and the highest of them.
 */
#define IOM_CACHE_PAGE_LG2 12
#define IOM_CACHE_PAGES 32
void iom_cache_invalidate_pages_at(iom_cache *cache, const iom_cache_scope *scope,
				   const uint64_t *pages, unsigned n, iom_epoch at);
/*
 * Drop the entries for which `match` says true: a scan, for the rare commands
 * that no tag and no scope describes.
 */
void iom_cache_invalidate_if(iom_cache *cache,
			     bool (*match)(void *opaque, const iom_cache_scope *scope,
					   uint64_t address, unsigned page_lg2, const void *value),
			     void *opaque);
void iom_cache_invalidate_all(iom_cache *cache);
/*
 * As iom_cache_invalidate_range_at(), and to be followed by iom_tags_outdate(). Only for
 * who is alone in invalidating.
 */
void iom_cache_invalidate_all_at(iom_cache *cache, iom_epoch at);

/* Live entries (a scan; for tests and dumps). */
unsigned iom_cache_count(iom_cache *cache);
/* See iom_iommu_pin(). */
bool iom_cache_pin_add(iom_cache *cache, const iom_cache_pin *pin, GError **error);
void iom_cache_unpin_all(iom_cache *cache);
void iom_cache_statistics_get(const iom_cache *cache, iom_cache_statistics *out);
void iom_cache_statistics_reset(iom_cache *cache);

#endif
