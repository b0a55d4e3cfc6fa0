/* SPDX-License-Identifier: MIT */
/*
 * The cache from the inside, and its lookup, which inlines.
 *
 * A set is a header of 32 or 64 bytes with a 16-bit fingerprint of every way;
 * an entry is one line of 64 bytes, with half a line elsewhere for payloads of
 * more than 16 bytes. So a hit reads the header, one line, perhaps a half, and
 * the tags that the entry names.
 *
 * Readers take no lock. Each set counts its changes (odd while one is under
 * way); a reader copies what it needs word by word and starts again if the count
 * moved. Who finds a set busy for long calls it a miss, which is always a
 * correct answer.
 */
#ifndef IOM_CORE_CACHE_IMPL_H
#define IOM_CORE_CACHE_IMPL_H

#include "core/cache.h"
#include "core/counters.h"
#include "core/spin.h"
#include "core/tags.h"

#include <string.h>

#define IOM_CACHE_WORDS (IOM_CACHE_VALUE / 8)
#define IOM_CACHE_HOT_WORDS 2
#define IOM_CACHE_COLD_WORDS (IOM_CACHE_WORDS - IOM_CACHE_HOT_WORDS)
#define IOM_CACHE_RETRIES 32
#define IOM_CACHE_RING 8
#define IOM_CACHE_ENTRIES_MOST (UINT32_C(1) << 24)

typedef struct iom_cache_set {
	uint32_t sequence;
	uint32_t scanned; /* iom_tags.changed when it was last freed of dead entries */
	uint64_t order; /* of replacement; see cache-policy.h */
	uint64_t prints[]; /* fingerprints, four to a word, 0 for a free way */
} iom_cache_set;

typedef struct iom_cache_hot {
	uint64_t hi;
	uint64_t lo;
	uint64_t page;
	uint64_t born; /* epoch << 6 | page_lg2 */
	uint64_t tags[2]; /* four numbers of 32 bits, the first 0 ends them */
	uint64_t value[IOM_CACHE_HOT_WORDS];
} iom_cache_hot;

typedef struct iom_cache_cold {
	uint64_t value[IOM_CACHE_COLD_WORDS];
} iom_cache_cold;

G_STATIC_ASSERT(sizeof(iom_cache_set) == 16);
G_STATIC_ASSERT(sizeof(iom_cache_hot) == IOM_LINE);
G_STATIC_ASSERT(sizeof(iom_cache_cold) == IOM_LINE / 2);
G_STATIC_ASSERT(IOM_CACHE_TAGS == 4);

/* How the order of replacement is kept. */
typedef enum iom_cache_recency {
	IOM_RECENCY_NONE, /* random */
	IOM_RECENCY_LIST, /* LRU and FIFO up to 16 ways */
	IOM_RECENCY_STAMPS, /* the same with more */
	IOM_RECENCY_TREE, /* PLRU up to 64 ways */
	IOM_RECENCY_WIDE_TREE, /* the same with more */
} iom_cache_recency;

typedef struct iom_cache_cell {
	uint64_t hits;
	uint64_t misses;
} __attribute__((aligned(IOM_LINE))) iom_cache_cell;

/* A range that was invalidated lately, to refuse entries read before it. */
typedef struct iom_cache_range {
	iom_epoch at;
	iom_cache_scope scope;
	uint64_t start;
	uint64_t last;
} iom_cache_range;

struct iom_cache {
	/* What lookups read. */
	uint64_t census; /* page sizes present, by page_lg2 */
	uint64_t floor; /* epoch of the last iom_cache_invalidate_all() */
	iom_tags *tags;
	uint8_t *sets;
	iom_cache_hot *hot;
	iom_cache_cold *cold;
	iom_cache_cell *cells; /* IOM_SLOTS */
	uint32_t set_mask;
	uint32_t set_bytes;
	uint32_t ways;
	uint16_t print_words;
	uint8_t set_bits;
	uint8_t set_shift; /* 64 - set_bits */
	uint8_t policy;
	uint8_t recency;
	bool touches; /* whether a hit changes the order */
	uint64_t *tree_keep; /* IOM_RECENCY_TREE: by way, bits to keep and to set */
	uint64_t *tree_set;
	uint64_t *side; /* stamps of the ways, or words of wide trees */
	uint32_t side_words; /* of one set */

	/* What insertions and invalidations write. */
	iom_spin lock __attribute__((aligned(IOM_LINE)));
	uint32_t ring_at;
	uint64_t ring_lost; /* epoch of the newest range that left the ring */
	uint64_t ring_newest;
	uint64_t seen_all; /* iom_tags.all, or floor, when the census was last emptied */
	uint64_t random;
	uint64_t evictions;
	uint64_t invalidated;
	iom_cache_range ring[IOM_CACHE_RING];
	uint32_t present[64]; /* entries by page_lg2 */
	uint64_t sizes; /* page sizes that ever were present: what invalidations probe */

	const char *name;
	iom_cache_statistics reset_at;
	size_t sets_size, hot_size, cold_size;
};

/* ThreadSanitizer knows no fences; there the loads themselves are ordered. */
#if defined(__SANITIZE_THREAD__)
#define IOM_CACHE_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define IOM_CACHE_TSAN 1
#endif
#endif

#ifdef IOM_CACHE_TSAN
#define IOM_CACHE_LOAD(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define IOM_CACHE_READ_FENCE() ((void)0)
#else
#define IOM_CACHE_LOAD(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define IOM_CACHE_READ_FENCE() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#endif
#define IOM_CACHE_STORE(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)

#define IOM_LANES(v) ((uint64_t)(v)*UINT64_C(0x0001000100010001))

static inline uint64_t iom_cache_mix(const iom_cache_scope *scope)
{
	return scope->hi * UINT64_C(0xbf58476d1ce4e5b9) + scope->lo * UINT64_C(0x94d049bb133111eb);
}

static inline uint64_t iom_cache_mix_size(uint64_t mix, unsigned page_lg2)
{
	return mix + (uint64_t)page_lg2 * UINT64_C(0xc2b2ae3d27d4eb4f);
}

/*
 * Neighbouring pages go to neighbouring sets, so that a block of pages fills all
 * sets evenly; the bits above those, the size and the scope are mixed.
 */
static inline uint32_t iom_cache_index(const iom_cache *cache, uint64_t mix, uint64_t page)
{
	uint64_t upper = (page >> cache->set_bits) * UINT64_C(0x9e3779b97f4a7c15) + mix;

	return (uint32_t)(page ^ upper >> cache->set_shift) & cache->set_mask;
}

static inline uint16_t iom_cache_print(uint64_t mix, uint64_t page)
{
	return (uint16_t)((page * UINT64_C(0xff51afd7ed558ccd) + mix) >> 48 | 1);
}

static inline iom_cache_set *iom_cache_set_at(const iom_cache *cache, uint32_t index)
{
	return (iom_cache_set *)(void *)(cache->sets + (size_t)index * cache->set_bytes);
}

/* Lanes of `word` that equal `print`; lanes above a true one may be wrong. */
static inline uint64_t iom_cache_match(uint64_t word, uint16_t print)
{
	uint64_t x = word ^ IOM_LANES(print);

	return (x - IOM_LANES(1)) & ~x & IOM_LANES(0x8000);
}

static inline bool iom_cache_tag_alive(const iom_cache *cache, uint64_t born, uint32_t tag)
{
	return born >= __atomic_load_n(&iom_tag_at(cache->tags, tag)->dead, __ATOMIC_ACQUIRE);
}

/* Whether an entry of that epoch and tags is younger than every invalidation. */
static inline bool iom_cache_alive(const iom_cache *cache, uint64_t born, uint64_t tags01,
				   uint64_t tags23)
{
	if (born < __atomic_load_n(&cache->tags->all, __ATOMIC_ACQUIRE) ||
	    born < __atomic_load_n(&cache->floor, __ATOMIC_ACQUIRE))
		return false;
	if (!(uint32_t)tags01)
		return true;
	if (!iom_cache_tag_alive(cache, born, (uint32_t)tags01))
		return false;
	if (!(tags01 >> 32))
		return true;
	if (!iom_cache_tag_alive(cache, born, (uint32_t)(tags01 >> 32)))
		return false;
	if (!(uint32_t)tags23)
		return true;
	if (!iom_cache_tag_alive(cache, born, (uint32_t)tags23))
		return false;
	return !(tags23 >> 32) || iom_cache_tag_alive(cache, born, (uint32_t)(tags23 >> 32));
}

#include "core/cache-policy.h"

/* The lookup that the model's own files may inline with a constant size. */
static inline __attribute__((always_inline)) bool iom_cache_probe(iom_cache *cache,
								  const iom_cache_scope *scope,
								  uint64_t mix, uint64_t page,
								  unsigned lg2, void *value,
								  size_t size, bool touch)
{
	uint64_t m = iom_cache_mix_size(mix, lg2);
	uint32_t index = iom_cache_index(cache, m, page);
	uint16_t print = iom_cache_print(m, page);
	iom_cache_set *set = iom_cache_set_at(cache, index);
	unsigned retries = 0;

again:;
	uint32_t sequence = __atomic_load_n(&set->sequence, __ATOMIC_ACQUIRE);

	for (unsigned w = 0; w < cache->print_words; w++) {
		uint64_t lanes = iom_cache_match(IOM_CACHE_LOAD(&set->prints[w]), print);

		for (; lanes; lanes &= lanes - 1) {
			unsigned way = w * 4 + (unsigned)__builtin_ctzll(lanes) / 16;
			size_t at = (size_t)index * cache->ways + way;
			const iom_cache_hot *hot = &cache->hot[at];
			uint64_t born, tags01, tags23, word[IOM_CACHE_WORDS];

			if (way >= cache->ways)
				break;
			born = IOM_CACHE_LOAD(&hot->born);
			if (IOM_CACHE_LOAD(&hot->page) != page ||
			    IOM_CACHE_LOAD(&hot->lo) != scope->lo ||
			    IOM_CACHE_LOAD(&hot->hi) != scope->hi || (born & 63) != lg2)
				continue;
			tags01 = IOM_CACHE_LOAD(&hot->tags[0]);
			tags23 = IOM_CACHE_LOAD(&hot->tags[1]);
			word[0] = IOM_CACHE_LOAD(&hot->value[0]);
			word[1] = IOM_CACHE_LOAD(&hot->value[1]);
			if (size > 8 * IOM_CACHE_HOT_WORDS) {
				const iom_cache_cold *cold = &cache->cold[at];

				for (unsigned i = 0; i < IOM_CACHE_COLD_WORDS; i++)
					word[IOM_CACHE_HOT_WORDS + i] =
						IOM_CACHE_LOAD(&cold->value[i]);
			}
			IOM_CACHE_READ_FENCE();
			if (G_UNLIKELY(sequence !=
					       __atomic_load_n(&set->sequence, __ATOMIC_RELAXED) ||
				       sequence & 1)) {
				if (++retries > IOM_CACHE_RETRIES)
					return false;
				iom_pause();
				goto again;
			}
			if (G_UNLIKELY(!iom_cache_alive(cache, born >> 6, tags01, tags23)))
				return false;
			memcpy(value, word, size);
			if (touch)
				iom_cache_touch(cache, set, index, way);
			return true;
		}
	}
	return false;
}

static inline __attribute__((always_inline)) bool iom_cache_find(iom_cache *cache,
								 const iom_cache_scope *scope,
								 uint64_t address, void *value,
								 size_t size, unsigned *page_lg2,
								 bool count)
{
	uint64_t census = __atomic_load_n(&cache->census, __ATOMIC_ACQUIRE);
	uint64_t mix = iom_cache_mix(scope);
	unsigned slot = 0;

	if (count)
		slot = iom_thread_slot();
	for (; census; census &= census - 1) {
		unsigned lg2 = (unsigned)__builtin_ctzll(census);

		if (!iom_cache_probe(cache, scope, mix, address >> lg2, lg2, value, size, count))
			continue;
		if (page_lg2)
			*page_lg2 = lg2;
		if (count)
			iom_bump(&cache->cells[slot].hits, slot, 1);
		return true;
	}
	if (count)
		iom_bump(&cache->cells[slot].misses, slot, 1);
	return false;
}

/* For the files of the cache. */
void iom_cache_set_write(iom_cache_set *set);
void iom_cache_set_done(iom_cache_set *set);
/* Free a way whose entry was invalidated; the lock is held. */
void iom_cache_drop(iom_cache *cache, uint32_t index, unsigned way);
unsigned iom_cache_victim(iom_cache *cache, iom_cache_set *set, uint32_t index);
/* Order after an insertion into `way`. */
void iom_cache_inserted(iom_cache *cache, iom_cache_set *set, uint32_t index, unsigned way);
bool iom_cache_policy_init(iom_cache *cache, uint32_t sets);
void iom_cache_policy_free(iom_cache *cache);

static inline uint16_t iom_cache_print_of(const iom_cache_set *set, unsigned way)
{
	return (uint16_t)(IOM_CACHE_LOAD(&set->prints[way / 4]) >> (way % 4 * 16));
}

static inline bool iom_cache_entry_alive(const iom_cache *cache, const iom_cache_hot *hot)
{
	return iom_cache_alive(cache, hot->born >> 6, hot->tags[0], hot->tags[1]);
}

#endif
