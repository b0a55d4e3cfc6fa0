/* SPDX-License-Identifier: MIT */
/*
 * The front: what a thread remembers of its latest hits, so that the next one of
 * the same kind needs neither the configuration cache nor the IOTLB.
 *
 * Requests that are the same in everything but address and length are a class. A
 * class knows the context that they are translated in, and where it lies in the
 * configuration cache. An answer belongs to a class and a page. What it has in
 * common with many others is a kind: the class, what the result is like but for
 * its address, the way of the IOTLB. So an answer is two words, and a million
 * bytes hold 65,536 of them.
 *
 * An answer holds for as long as what it came from is in its place: the set in the
 * IOTLB has not changed, and since then no tag was invalidated, no register was
 * written and the configuration cache is as it was (all of these count
 * iom_tags.generation up). So the front never answers what the caches behind it
 * would not, a hit counts in their statistics, and it is a use of both entries for
 * the order of replacement.
 *
 * An answer has sixteen bits of the number of changes that its set had, which come
 * round: then generation counts up (cache.c). Kinds are never used twice, either:
 * when none is left, all answers go (front.c).
 *
 * Every thread has a front of its own for each model, which nobody else writes:
 * there is nothing to lock, and threads share no line that a hit writes.
 */
#ifndef IOM_CORE_FRONT_H
#define IOM_CORE_FRONT_H

#include "core/cache-impl.h"
#include "core/iommu.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define IOM_FRONT_ENTRIES 65536
#define IOM_FRONT_PAGE_LG2 12
#define IOM_FRONT_CLASSES_LG2 10
#define IOM_FRONT_CLASSES (1u << IOM_FRONT_CLASSES_LG2)
#define IOM_FRONT_KINDS 4096
#define IOM_FRONT_RECALLS 512
#define IOM_FRONT_CONTEXTS 64
#define IOM_FRONT_CONTEXT_WORDS 160
#define IOM_FRONT_CLASS_WORDS 6

/*
 * key   bits 63:28 of the address, stamp of the set 27:12, number of the kind 11:0
 * to    bits 51:12 of the result's address 63:24, place of the set in the thread's
 *       words of order, in bytes, 23:0
 */
typedef struct iom_front_entry {
	uint64_t key;
	uint64_t to;
} iom_front_entry;

#define IOM_FRONT_ABOVE (~UINT64_C(0xfffffff)) /* of an address, what its entry keeps */
#define IOM_FRONT_SLOTS ((IOM_FRONT_ENTRIES - 1) * sizeof(iom_front_entry))
#define IOM_FRONT_TO_LG2 24
#define IOM_FRONT_AT UINT64_C(0xffffff)

/* What answers have in common. Of kind 0, generation 0, are entries without an answer. */
typedef struct iom_front_kind {
	uint64_t key[2]; /* of the request; iom_front_key() */
	uint64_t generation;
	uint64_t *used; /* when the context was used last, for its cache */
	iom_cache_use page; /* what a use of the way in the IOTLB does */
	uint64_t head[2]; /* of the result, as it is laid out */
	uint64_t above; /* the bits of an address that the page's size leaves */
} __attribute__((aligned(2 * IOM_LINE))) iom_front_kind;

/* What was found in the configuration cache, and where. */
typedef struct iom_front_context {
	uint64_t key[2];
	uint64_t generation;
	uint64_t serial;
	iom_cache_place place;
	uint64_t words[IOM_FRONT_CONTEXT_WORDS]; /* the model's */
} __attribute__((aligned(IOM_LINE))) iom_front_context;

/* Requests that are the same but for the address. */
struct iom_front_class {
	uint64_t who; /* requester, pasid */
	uint64_t what; /* flags, access, type, space, incoming attributes */
	uint64_t generation;
	uint64_t *used; /* as in kinds */
	iom_cache_times *times; /* the thread's */
	iom_front_context *context __attribute__((aligned(IOM_LINE)));
	uint64_t serial; /* of the context */
	uint64_t words[IOM_FRONT_CLASS_WORDS]; /* the model's; zeroes in a new class */
} __attribute__((aligned(IOM_LINE)));

/* Less than a huge page in all: large ones get one. */
struct iom_front {
	iom_front_kind kind[IOM_FRONT_KINDS];

	/* What an answer needs. */
	char *recent; /* the thread's words of order of the IOTLB */
	uint64_t spread; /* makes one number of a class, see iom_front_mix() */
	iom_cache_times times; /* of contexts */

	iom_cache_recent none; /* where entries without an answer lead, without an IOTLB */
	uint64_t *counts; /* the thread's of the model, by iom_stat */
	uint64_t serials; /* given out */
	uint32_t turn;
	uint32_t kinds; /* given out */
	iom_host_table own;

	iom_front_entry entry[IOM_FRONT_ENTRIES] __attribute__((aligned(IOM_LINE)));
	iom_front_class class[IOM_FRONT_CLASSES];
	iom_front_context context[IOM_FRONT_CONTEXTS];
	uint16_t recall[IOM_FRONT_RECALLS]; /* kinds, by a hash of what they are */
};

G_STATIC_ASSERT(offsetof(iom_request, pasid) == offsetof(iom_request, requester) + 4);
G_STATIC_ASSERT(offsetof(iom_request, flags) == offsetof(iom_request, requester) + 8);
G_STATIC_ASSERT(offsetof(iom_request, hints) == offsetof(iom_request, requester) + 15);
G_STATIC_ASSERT(offsetof(iom_result, address) == 16 && offsetof(iom_result, span) == 24);
G_STATIC_ASSERT(sizeof(iom_front_class) == 2 * IOM_LINE);
G_STATIC_ASSERT(sizeof(iom_front) < (size_t)2 << 20);
G_STATIC_ASSERT(IOM_FRONT_ENTRIES << IOM_FRONT_PAGE_LG2 == 1 << 28);
G_STATIC_ASSERT(IOM_STAMP_LG2 == IOM_FRONT_PAGE_LG2 && IOM_STAMP_LG2 + IOM_STAMP_BITS == 28);

/*
 * Let threads have fronts over these two caches. Without a cache, or where the
 * order of replacement takes more than a word, there are none.
 */
void iom_front_enable(iom_iommu *iommu, iom_tags *tags, iom_cache *config, iom_cache *iotlb);
/* Every front is empty from now on. */
void iom_front_forget(iom_iommu *iommu);
/* Makes the front of this thread; NULL when it can have none. */
iom_front *iom_front_make(iom_iommu *iommu, unsigned slot);
uint64_t iom_front_hits(const iom_iommu *iommu);
/* Other hits of the configuration cache that fronts know of. */
uint64_t iom_front_known(const iom_iommu *iommu);
/* False when the host has no memory. */
bool iom_fronts_init(iom_iommu *iommu);
void iom_fronts_free(iom_iommu *iommu);

static inline iom_front *iom_front_mine(iom_iommu *iommu)
{
	unsigned slot = iom_thread_slot();
	iom_front *front = __atomic_load_n(&iommu->front[slot], __ATOMIC_RELAXED);

	return G_LIKELY(front != iommu->no_front) ? front : iom_front_make(iommu, slot);
}

/* Read before the caches are asked for what will be kept. */
static inline uint64_t iom_front_generation(const iom_iommu *iommu)
{
	return __atomic_load_n(&iommu->generation, __ATOMIC_ACQUIRE);
}

/* All of a request but its address and length, as it is laid out. */
static inline void iom_front_key(const iom_request *r, uint64_t *who, uint64_t *what)
{
	const char *key = (const char *)r + offsetof(iom_request, requester);

	memcpy(who, key, sizeof(*who));
	memcpy(what, key + sizeof(*who), sizeof(*what));
}

/* Its upper bits are as good as random, and differ for neighbouring requesters. */
static inline uint64_t iom_front_mix(const iom_front *front, const iom_request *r)
{
	uint64_t who, what;

	iom_front_key(r, &who, &what);
	return (who ^ what) * front->spread;
}

static inline iom_front_class *iom_front_class_at(iom_front *front, uint64_t mixed)
{
	return &front->class[mixed >> (64 - IOM_FRONT_CLASSES_LG2)];
}

static inline iom_front_entry *iom_front_at(iom_front *front, uint64_t mixed, uint64_t address)
{
	uint64_t at = (mixed >> 40 ^ address >> (IOM_FRONT_PAGE_LG2 - 4)) & IOM_FRONT_SLOTS;

	return (iom_front_entry *)(void *)((char *)front->entry + at);
}

/* Whether requests are of one class; in few instructions where there are any for it. */
static inline bool iom_front_same(const iom_request *r, const uint64_t *key)
{
	const void *asked = &r->requester;
#ifdef __SSE2__
	__m128i same = _mm_cmpeq_epi8(_mm_loadu_si128(asked), _mm_load_si128((const void *)key));

	return _mm_movemask_epi8(same) == 0xffff;
#else
	return memcmp(asked, key, 16) == 0;
#endif
}

static inline bool iom_front_class_holds(const iom_iommu *iommu, const iom_front_class *class,
					 uint64_t who, uint64_t what)
{
	return !((class->who ^ who) | (class->what ^ what)) &&
	       iom_front_generation(iommu) == class->generation;
}

/* The context of a class is used once more, which is a hit of its cache. */
static inline void iom_front_class_use(const iom_front_class *class)
{
	iom_cache_times *times = class->times;
	uint64_t now = iom_cache_times_next(times);

	iom_bump(&times->known, 1, 1);
	IOM_CACHE_STORE(class->used, now);
}

/* The same where the cache itself counts the hit. */
static inline void iom_front_class_found(const iom_front_class *class)
{
	IOM_CACHE_STORE(class->used, iom_cache_times_next(class->times));
	iom_bump(&class->times->found, 1, 1);
}

/* More so than G_UNLIKELY(): the way of a hit has no jumps then. */
#define IOM_RARELY(x) __builtin_expect_with_probability(!!(x), 0, 1.0)

/* Keeps a compiler from working out a pointer twice, in two registers. */
#define IOM_FRONT_OPAQUE(p) __asm__("" : "+r"(p))

/*
 * True: answered, counted, and done. What is written twice here is a word of the
 * request that costs less to read again than to keep in a register.
 */
static inline __attribute__((always_inline)) bool iom_front_answer(iom_iommu *iommu,
								   iom_front *front,
								   const iom_request *request,
								   iom_result *result)
{
	const iom_front_entry *e =
		iom_front_at(front, iom_front_mix(front, request), request->address);
	const iom_front_kind *kind = &front->kind[e->key % IOM_FRONT_KINDS];
	iom_cache_recent *recent;
	uint64_t other, to, address;

	IOM_FRONT_OPAQUE(kind);
	if (IOM_RARELY(!iom_front_same(request, kind->key)))
		return false;
	other = e->key ^ (request->address & IOM_FRONT_ABOVE);
	to = e->to;
	recent = (iom_cache_recent *)(void *)(front->recent + (to & IOM_FRONT_AT));
	other ^= __atomic_load_n(&recent->stamp, __ATOMIC_ACQUIRE);
	if (IOM_RARELY(other >= IOM_FRONT_KINDS))
		return false;
	/* After the stamp: it counts up before a stamp comes round. */
	if (IOM_RARELY(iom_front_generation(iommu) != kind->generation))
		return false;
	/* The word is of this sequence since the answer was kept. */
	IOM_CACHE_STORE(&recent->order,
			(IOM_CACHE_LOAD(&recent->order) & kind->page.keep) | kind->page.set);
	/* A use of the context, and a hit of both caches that is counted. */
	IOM_CACHE_STORE(kind->used, iom_cache_times_next(&front->times));
	address = request->address;
	memcpy(result, kind->head, sizeof(kind->head));
	result->address = ((to >> (IOM_FRONT_TO_LG2 - IOM_FRONT_PAGE_LG2) ^ address) &
			   -(UINT64_C(1) << IOM_FRONT_PAGE_LG2)) ^
			  address;
	/* Up to the end of the page. */
	result->span = -(address | kind->above);
	/* The code, and what else fills the word. */
	memset(&result->fault, 0, sizeof(uint64_t));
	return true;
}

/* The class of a request; NULL when it has none that holds. */
static inline iom_front_class *iom_front_class_known(const iom_iommu *iommu, iom_front *front,
						     const iom_request *request)
{
	iom_front_class *class = iom_front_class_at(front, iom_front_mix(front, request));
	uint64_t who, what;

	iom_front_key(request, &who, &what);
	return iom_front_class_holds(iommu, class, who, what) ? class : NULL;
}

/*
 * What the thread knows of requests like this one, and the words of their context
 * in class->context; a use of the configuration cache. NULL: it knows nothing.
 */
static inline iom_front_class *iom_front_class_find(iom_iommu *iommu, iom_front *front,
						    iom_cache *config, const iom_request *request)
{
	iom_front_class *class = iom_front_class_known(iommu, front, request);

	if (!class || class->context->serial != class->serial)
		return NULL;
	iom_front_class_found(class);
	iom_cache_count_hit(config);
	return class;
}

/* The same from a context that the thread knows under another class. */
iom_front_class *iom_front_class_join(iom_iommu *iommu, iom_front *front, iom_cache *config,
				      const iom_request *request, uint64_t key0, uint64_t key1);
/*
 * A class for the request, with what was found in the configuration cache after
 * `generation` was read. NULL: it can't be kept.
 */
iom_front_class *iom_front_class_keep(iom_front *front, iom_cache *config,
				      const iom_request *request, uint64_t key0, uint64_t key1,
				      uint64_t generation, const iom_cache_place *place,
				      const void *value, size_t size);

/*
 * Remember an answer that the IOTLB gave at that place, in the context of the class,
 * after `generation` was read.
 */
void iom_front_keep(iom_iommu *iommu, iom_front *front, const iom_front_class *class,
		    const iom_request *request, const iom_result *result, uint64_t generation,
		    const iom_cache_place *place);

#endif
