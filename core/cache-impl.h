/* SPDX-License-Identifier: MIT */
/*
 * The cache from the inside, and its lookup, which inlines.
 *
 * A set is a header of 32 bytes with an 8-bit fingerprint of every way (more
 * than 16 ways have theirs elsewhere); an entry is one line of 64 bytes, with
 * half a line elsewhere for payloads of more than 16 bytes. So a hit reads the
 * header, one line, and perhaps a half.
 *
 * Readers take no lock. Each set counts its changes (odd while one is under
 * way); a reader copies what it needs word by word and starts again if the count
 * moved. Who finds a set busy for long calls it a miss, which is always a
 * correct answer.
 *
 * Most lookups compare one epoch: an entry younger than the last invalidation of
 * any tag is alive. The others ask the tags that the entry names.
 */
#ifndef IOM_CORE_CACHE_IMPL_H
#define IOM_CORE_CACHE_IMPL_H

#include "core/cache.h"
#include "core/counters.h"
#include "core/hostmem.h"
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
	uint64_t prints[2]; /* fingerprints, eight to a word, 0 for a free way */
} iom_cache_set;

typedef struct iom_cache_hot {
	uint64_t hi;
	uint64_t lo;
	uint64_t page;
	uint64_t born; /* epoch | page_lg2 */
	uint64_t tags[2]; /* four numbers of 32 bits, the first 0 ends them */
	uint64_t value[IOM_CACHE_HOT_WORDS];
} iom_cache_hot;

typedef struct iom_cache_cold {
	uint64_t value[IOM_CACHE_COLD_WORDS];
} iom_cache_cold;

G_STATIC_ASSERT(sizeof(iom_cache_set) == IOM_LINE / 2);
G_STATIC_ASSERT(sizeof(iom_cache_hot) == IOM_LINE);
G_STATIC_ASSERT(sizeof(iom_cache_cold) == IOM_LINE / 2);
G_STATIC_ASSERT(IOM_CACHE_TAGS == 4);

/* How the order of replacement is kept. */
typedef enum iom_cache_recency {
	IOM_RECENCY_NONE, /* random, and sets of one way */
	IOM_RECENCY_MATRIX, /* LRU and FIFO up to 8 ways */
	IOM_RECENCY_STAMPS, /* the same with more */
	IOM_RECENCY_TREE, /* PLRU up to 64 ways */
	IOM_RECENCY_WIDE_TREE, /* the same with more */
} iom_cache_recency;

typedef struct iom_cache_cell {
	uint64_t hits;
	uint64_t misses;
} __attribute__((aligned(IOM_LINE))) iom_cache_cell;

/* What a use of a way does to the order of its set: and, or. */
typedef struct iom_cache_use {
	uint64_t keep;
	uint64_t set;
} iom_cache_use;

/*
 * What a thread did to the order of a set since the set had that sequence. Only
 * the thread writes it, see cache-policy.h; but for the stamp, which only those write
 * who change the set, in caches that have a front (front.h) or are flattened (flat.h).
 */
typedef struct iom_cache_recent {
	uint64_t order;
	uint32_t sequence;
	uint32_t stamp; /* iom_cache_stamp() of the set's own sequence */
} iom_cache_recent;

/*
 * The same of a cache that few entries of are used by turns, as contexts are, in times:
 * then a use is a word that is stored, and none that has to be read first. The thread's
 * clock goes on with every use; the thread alone writes it and `used`.
 */
typedef struct iom_cache_times {
	uint64_t now; /* uses: hits of a front, and */
	uint64_t known; /* others whose class the front knew, and */
	uint64_t found; /* those of lookups, which are counted with them */
	uint64_t *used; /* by entry: when it was used last */
	uint64_t *told; /* by set: what the order of the set has is of before */
	iom_host_table table;
} iom_cache_times;

/*
 * Where the count of a set's changes lies in an answer that was kept. It comes round:
 * every time it begins again, what was kept before ends (iom_cache_set_done()).
 */
#define IOM_STAMP_LG2 12
#define IOM_STAMP_BITS 16
#define IOM_STAMP_MASK (((UINT32_C(1) << IOM_STAMP_BITS) - 1) << IOM_STAMP_LG2)

static inline uint32_t iom_cache_stamp(uint32_t sequence)
{
	/* Its lowest bit is not a part of the count. */
	return sequence << (IOM_STAMP_LG2 - 1) & IOM_STAMP_MASK;
}

/*
 * Where an entry was found, for who wants to use it again without a lookup. While
 * the set has the same sequence the entry is there. Not `usable` where a use takes
 * more than changing a word of order.
 */
typedef struct iom_cache_place {
	uint32_t index;
	uint32_t way;
	uint32_t sequence;
	uint32_t usable;
} iom_cache_place;

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
	iom_cache_set *sets;
	iom_cache_hot *hot;
	iom_cache_cold *cold;
	iom_cache_cell *cells; /* IOM_SLOTS */
	const iom_cache_use *touch; /* by way, what a hit does; NULL: see side */
	uint32_t set_mask;
	uint32_t ways;
	uint8_t frequent; /* the page size that most entries have */
	uint32_t print_words;
	uint8_t policy;
	uint8_t recency;
	bool outdates; /* its changes end the life of answers that were kept; front.h */
	bool touches; /* a hit changes the order */
	bool stamps; /* threads' words have the stamps of the sets */
	bool timed; /* threads keep times, not words */
	bool placed; /* a use is no more than a word of the thread's */
	uint64_t *wide_prints; /* with more than 16 ways */
	iom_cache_use *use; /* by way, for insertions; NULL unless matrix or tree */
	iom_cache_use *uses; /* what `touch` is */
	uint64_t *side; /* stamps of the ways, or words of wide trees */
	uint32_t side_words; /* of one set */
	iom_cache_recent *recent[IOM_SLOTS]; /* of each thread, a word for every set */
	iom_cache_times *times[IOM_SLOTS]; /* or this */
	uint32_t sector_mask; /* pages of a line, less one */
	struct iom_cache_extra *extra; /* NULL without options; cache-extra.h */

	/* What insertions and invalidations write. */
	iom_spin lock __attribute__((aligned(IOM_LINE)));
	uint32_t ring_at;
	uint64_t ring_lost; /* epoch of the newest range that left the ring */
	uint64_t ring_newest;
	uint64_t seen_all; /* iom_tags.all, or floor, when the census was last emptied */
	uint64_t recent_slots; /* which threads have words of order */
	uint64_t timed_slots; /* or times */
	uint64_t random;
	uint64_t evictions;
	uint64_t invalidated;
	iom_cache_range ring[IOM_CACHE_RING];
	uint32_t present[64]; /* entries by page_lg2 */
	uint64_t sizes; /* page sizes that ever were present: what invalidations probe */

	const char *name;
	iom_cache_statistics reset_at;
	iom_host_table host[3]; /* sets, hot, cold */
	iom_host_table recent_host[IOM_SLOTS];
};

/* ThreadSanitizer knows no fences; there the loads themselves are ordered. */
#ifdef IOM_TSAN
#define IOM_CACHE_LOAD(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define IOM_CACHE_READ_FENCE() ((void)0)
#else
#define IOM_CACHE_LOAD(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define IOM_CACHE_READ_FENCE() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#endif
#define IOM_CACHE_STORE(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)

#define IOM_CACHE_INLINE static inline __attribute__((always_inline))
#define IOM_BYTES(v) ((uint64_t)(v)*UINT64_C(0x0101010101010101))

#define IOM_CACHE_HASH_PAGE UINT64_C(0x9e3779b97f4a7c15)
#define IOM_CACHE_HASH_SCOPE UINT64_C(0x94d049bb133111eb)

/*
 * Neighbouring pages go to neighbouring sets, so that a block of pages fills all
 * sets evenly; the bits above those and the scope are mixed.
 */
static inline uint64_t iom_cache_hash(const iom_cache *cache, const iom_cache_scope *scope,
				      uint64_t page)
{
	uint64_t upper = (page & ~(uint64_t)cache->set_mask) ^ (scope->hi << 32 | scope->hi >> 32);

	return upper * IOM_CACHE_HASH_PAGE + scope->lo * IOM_CACHE_HASH_SCOPE;
}

static inline uint32_t iom_cache_index(const iom_cache *cache, uint64_t hash, uint64_t page)
{
	return (uint32_t)(page ^ hash >> 40) & cache->set_mask;
}

/*
 * Never near 0: then a free way, whose entry still holds what was there before,
 * cannot even be a false match.
 */
static inline uint8_t iom_cache_print(uint64_t hash)
{
	return (uint8_t)(hash >> 56 | 0x80);
}

static inline iom_cache_set *iom_cache_set_at(const iom_cache *cache, uint32_t index)
{
	return &cache->sets[index];
}

/* The fingerprints of a set. */
static inline uint64_t *iom_cache_prints(const iom_cache *cache, uint32_t index)
{
	if (G_UNLIKELY(cache->wide_prints != NULL))
		return cache->wide_prints + (size_t)index * cache->print_words;
	return cache->sets[index].prints;
}

/*
 * Bytes of `word` that equal `print`; above a true one, a byte that differs in
 * the lowest bit alone may match as well.
 */
static inline uint64_t iom_cache_match(uint64_t word, uint8_t print)
{
	uint64_t x = word ^ IOM_BYTES(print);

	return (x - IOM_BYTES(1)) & ~x & IOM_BYTES(0x80);
}

/* Whether an entry of that epoch and tags is younger than every invalidation. */
bool iom_cache_alive(const iom_cache *cache, uint64_t born, uint64_t tags01, uint64_t tags23);

#include "core/cache-policy.h"

/* The way of a set that holds the page, or -1; for who holds the lock. */
int iom_cache_way(const iom_cache *cache, uint32_t index, uint8_t print,
		  const iom_cache_scope *scope, uint64_t page, unsigned lg2);

/* A whole lookup, slowly: any number of sizes and ways, sets that are changing. */
bool iom_cache_find_slow(iom_cache *cache, const iom_cache_scope *scope, uint64_t address,
			 void *value, size_t size, unsigned *page_lg2, bool count,
			 iom_cache_place *place);

IOM_CACHE_INLINE void iom_cache_give_word(void *value, size_t size, unsigned i,
					  const uint64_t *from)
{
	uint64_t word;

	if (size <= 8 * i)
		return;
	word = IOM_CACHE_LOAD(from);
	if (size >= 8 * i + 8)
		memcpy((uint8_t *)value + 8 * i, &word, 8);
	else
		memcpy((uint8_t *)value + 8 * i, &word, size % 8);
}

/*
 * Copy the payload out, before it is known whether the set stayed as it was.
 * Unrolled by hand: of a constant size only moves remain.
 */
IOM_CACHE_INLINE void iom_cache_give(const iom_cache *cache, size_t at, void *value, size_t size)
{
	const uint64_t *hot = cache->hot[at].value, *cold = cache->cold[at].value;

	iom_cache_give_word(value, size, 0, &hot[0]);
	iom_cache_give_word(value, size, 1, &hot[1]);
	if (size <= 8 * IOM_CACHE_HOT_WORDS)
		return;
	iom_cache_give_word(value, size, 2, &cold[0]);
	iom_cache_give_word(value, size, 3, &cold[1]);
	iom_cache_give_word(value, size, 4, &cold[2]);
	iom_cache_give_word(value, size, 5, &cold[3]);
}

G_STATIC_ASSERT(IOM_CACHE_HOT_WORDS == 2 && IOM_CACHE_COLD_WORDS == 4);

static inline void iom_cache_count_hit(iom_cache *cache)
{
	unsigned slot = iom_thread_slot();

	iom_bump(&cache->cells[slot].hits, slot, 1);
}

static inline void iom_cache_count_miss(iom_cache *cache)
{
	unsigned slot = iom_thread_slot();

	iom_bump(&cache->cells[slot].misses, slot, 1);
}

static inline void iom_cache_count_n(iom_cache *cache, unsigned slot, unsigned hits,
				     unsigned misses)
{
	iom_bump(&cache->cells[slot].hits, slot, hits);
	iom_bump(&cache->cells[slot].misses, slot, misses);
}

static inline void iom_cache_place_set(const iom_cache *cache, uint32_t index, unsigned way,
				       uint32_t sequence, iom_cache_place *place)
{
	*place = (iom_cache_place){ index, way, sequence, cache->placed };
}

/* Another use of an entry whose set has not changed. */
static inline void iom_cache_use_again(iom_cache *cache, const iom_cache_place *place)
{
	iom_cache_touch(cache, place->index, place->way, place->sequence);
}

static inline bool iom_cache_unchanged(const iom_cache *cache, const iom_cache_place *place)
{
	return __atomic_load_n(&cache->sets[place->index].sequence, __ATOMIC_ACQUIRE) ==
	       place->sequence;
}

/*
 * A lookup. Straight down is what nearly every hit needs: the page size that is
 * most frequent, the first fingerprint that matches. Everything else starts
 * again in iom_cache_find_slow(). With `count` it is a use of the entry.
 */
IOM_CACHE_INLINE bool iom_cache_find_at(iom_cache *cache, const iom_cache_scope *scope,
					uint64_t address, void *value, size_t size,
					unsigned *page_lg2, bool count, iom_cache_place *place)
{
	uint64_t census = __atomic_load_n(&cache->census, __ATOMIC_ACQUIRE);
	unsigned lg2 = IOM_CACHE_LOAD(&cache->frequent), way;
	uint64_t page = address >> lg2, hash, match, born;
	const iom_cache_hot *hot;
	iom_cache_set *set;
	uint32_t index, sequence;
	size_t at;

	if (G_UNLIKELY(!census))
		goto miss;
	hash = iom_cache_hash(cache, scope, page);
	index = iom_cache_index(cache, hash, page);
	set = iom_cache_set_at(cache, index);
	sequence = __atomic_load_n(&set->sequence, __ATOMIC_ACQUIRE);
	match = iom_cache_match(IOM_CACHE_LOAD(&set->prints[0]), iom_cache_print(hash));
	if (!match) {
		if (G_LIKELY(census == UINT64_C(1) << lg2 && cache->print_words == 1))
			goto miss;
		return iom_cache_find_slow(cache, scope, address, value, size, page_lg2, count,
					   place);
	}
	way = (unsigned)__builtin_ctzll(match) / 8;
	at = (size_t)index * cache->ways + way;
	hot = &cache->hot[at];
	born = IOM_CACHE_LOAD(&hot->born);
	if (G_UNLIKELY(IOM_CACHE_LOAD(&hot->page) != page ||
		       IOM_CACHE_LOAD(&hot->lo) != scope->lo ||
		       IOM_CACHE_LOAD(&hot->hi) != scope->hi || (born ^ lg2) & 63))
		return iom_cache_find_slow(cache, scope, address, value, size, page_lg2, count,
					   place);
	iom_cache_give(cache, at, value, size);
	IOM_CACHE_READ_FENCE();
	/* An odd count is never found again. */
	if (G_UNLIKELY(__atomic_load_n(&set->sequence, __ATOMIC_RELAXED) != (sequence & ~1u)) ||
	    G_UNLIKELY(born < __atomic_load_n(&cache->tags->changed, __ATOMIC_ACQUIRE)))
		return iom_cache_find_slow(cache, scope, address, value, size, page_lg2, count,
					   place);
	if (count) {
		iom_cache_touch(cache, index, way, sequence);
		iom_cache_count_hit(cache);
	}
	if (page_lg2)
		*page_lg2 = lg2;
	if (place)
		iom_cache_place_set(cache, index, way, sequence, place);
	return true;
miss:
	if (count)
		iom_cache_count_miss(cache);
	return false;
}

IOM_CACHE_INLINE bool iom_cache_find(iom_cache *cache, const iom_cache_scope *scope,
				     uint64_t address, void *value, size_t size, unsigned *page_lg2,
				     bool count)
{
	return iom_cache_find_at(cache, scope, address, value, size, page_lg2, count, NULL);
}

/* ------------------------------------------------------------------------
 * For the files of the cache: changing a set; the lock is held
 */
static inline void iom_cache_set_write(iom_cache_set *set)
{
#ifdef IOM_TSAN
	__atomic_fetch_add(&set->sequence, 1, __ATOMIC_ACQ_REL);
#else
	__atomic_store_n(&set->sequence, set->sequence + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
#endif
}

/* What a thread kept of the set is void, before anybody finds it changed. */
static inline void iom_cache_show_stamp(iom_cache *cache, uint32_t index, uint32_t sequence)
{
	uint64_t slots = __atomic_load_n(&cache->recent_slots, __ATOMIC_RELAXED);

	for (; slots; slots &= slots - 1)
		__atomic_store_n(&cache->recent[__builtin_ctzll(slots)][index].stamp,
				 iom_cache_stamp(sequence), __ATOMIC_RELEASE);
}

static inline void iom_cache_set_done(iom_cache *cache, iom_cache_set *set)
{
	uint32_t next = set->sequence + 1;

	/*
	 * A count that comes round must not look like one that never moved. While it
	 * is odd nobody finds anything in the set: who reads the new generation keeps
	 * nothing of before, and who sees the new count sees the new generation.
	 */
	if (G_UNLIKELY(!iom_cache_stamp(next)))
		iom_tags_outdate(cache->tags);
	if (cache->stamps)
		iom_cache_show_stamp(cache, (uint32_t)(set - cache->sets), next);
	__atomic_store_n(&set->sequence, next, __ATOMIC_RELEASE);
	if (G_UNLIKELY(cache->outdates))
		iom_tags_outdate(cache->tags);
}

/* An entry goes: the census is without it. */
static inline void iom_cache_leave(iom_cache *cache, uint64_t born)
{
	unsigned lg2 = born & 63;

	/* Older entries left the census together; see forget() in cache.c. */
	if (born < cache->seen_all || !cache->present[lg2])
		return;
	if (!--cache->present[lg2])
		__atomic_store_n(&cache->census, cache->census & ~(UINT64_C(1) << lg2),
				 __ATOMIC_RELEASE);
}

/* Its way gets a newer one. */
void iom_cache_replace(iom_cache *cache, uint32_t index, unsigned way);
/* Free the ways of dead entries; false: nothing died since the last time. */
bool iom_cache_free_dead(iom_cache *cache, uint32_t index);
unsigned iom_cache_victim(iom_cache *cache, iom_cache_set *set, uint32_t index);
unsigned iom_cache_random_below(iom_cache *cache, unsigned n);
/* When the entry is used next, of which the request under way is a use. */
uint64_t iom_cache_next_use(const iom_cache *cache, uint32_t index, unsigned way);
/* Order after an insertion into `way`. */
void iom_cache_inserted(iom_cache *cache, iom_cache_set *set, uint32_t index, unsigned way);
bool iom_cache_policy_init(iom_cache *cache, uint32_t sets);
void iom_cache_policy_free(iom_cache *cache);

static inline uint8_t iom_cache_print_of(const uint64_t *prints, unsigned way)
{
	return (uint8_t)(IOM_CACHE_LOAD(&prints[way / 8]) >> (way % 8 * 8));
}

static inline bool iom_cache_entry_alive(const iom_cache *cache, const iom_cache_hot *hot)
{
	return iom_cache_alive(cache, hot->born, hot->tags[0], hot->tags[1]);
}

#endif
