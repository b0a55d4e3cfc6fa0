/* SPDX-License-Identifier: MIT */
/*
 * The front: what a thread remembers of its latest hits, so that the next one of
 * the same kind needs neither the configuration cache nor the IOTLB.
 *
 * Requests that are the same in everything but address and length are a class. A
 * class knows the context that they are translated in, and where it lies in the
 * configuration cache. An answer belongs to a class and a page; it knows where the
 * entry that it came from lies in the IOTLB. It holds for as long as both entries
 * are still in their places: the set in the IOTLB has not changed, and since then
 * no tag was invalidated, no register was written and the configuration cache is
 * as it was (all of these count iom_tags.generation up). So the front never
 * answers what the caches behind it would not, a hit counts in their statistics,
 * and it is a use of both entries for the order of replacement.
 *
 * Every thread has a front of its own for each model, which nobody else writes:
 * there is nothing to lock, and threads share no line that a hit writes.
 */
#ifndef IOM_CORE_FRONT_H
#define IOM_CORE_FRONT_H

#include "core/cache-impl.h"
#include "core/iommu.h"

#include <string.h>

#define IOM_FRONT_ENTRIES 65536
#define IOM_FRONT_PAGE_LG2 12
#define IOM_FRONT_CLASSES_LG2 10
#define IOM_FRONT_CLASSES (1u << IOM_FRONT_CLASSES_LG2)
#define IOM_FRONT_CONTEXTS 64
#define IOM_FRONT_CONTEXT_WORDS 160
#define IOM_FRONT_CLASS_WORDS 6

/*
 * Numbers of answers and contexts that were kept (`era`, `serial`) are never used
 * twice, and begin at 1 like generations: what is zero holds nothing.
 */
typedef struct iom_front_entry {
	uint64_t page; /* of the address */
	uint64_t era; /* of the class when the answer was kept */
	uint64_t head[2]; /* of the result, as it is laid out */
	uint64_t moved; /* what translation adds to an address of the page */
	uint64_t end; /* where the span ends, before translation */
	uint32_t at; /* the set in the IOTLB: its place in iom_cache.recent, in bytes */
	uint32_t sequence; /* of the set */
	const iom_cache_use *use; /* of the way */
} __attribute__((aligned(IOM_LINE))) iom_front_entry;

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
	uint64_t era;
	uint64_t *order; /* of replacement, of the context's set in the configuration cache */
	iom_cache_use use; /* of its way */
	uint64_t mix; /* spreads the pages of classes */
	iom_front_context *context __attribute__((aligned(IOM_LINE)));
	uint64_t serial; /* of the context */
	uint64_t words[IOM_FRONT_CLASS_WORDS]; /* the model's; zeroes in a new class */
} __attribute__((aligned(IOM_LINE)));

struct iom_front {
	iom_front_class class[IOM_FRONT_CLASSES]; /* first: every request looks there */

	/* What an answer needs. */
	iom_front_entry *entry;
	uint64_t mask;
	const char *sets; /* of the IOTLB */
	char *recent; /* this thread's */
	uint64_t hits; /* answers: a hit of both caches each */

	uint64_t eras; /* given out */
	uint64_t serials;
	uint32_t turn;
	iom_host_table table, own;
	iom_front_context context[IOM_FRONT_CONTEXTS];
};

G_STATIC_ASSERT(offsetof(iom_request, pasid) == offsetof(iom_request, requester) + 4);
G_STATIC_ASSERT(offsetof(iom_request, flags) == offsetof(iom_request, requester) + 8);
G_STATIC_ASSERT(offsetof(iom_request, hints) == offsetof(iom_request, requester) + 15);
G_STATIC_ASSERT(offsetof(iom_result, address) == 16 && offsetof(iom_result, span) == 24);
G_STATIC_ASSERT(sizeof(iom_front_entry) == IOM_LINE && sizeof(iom_front_class) == 2 * IOM_LINE);

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
	return __atomic_load_n(iommu->generation, __ATOMIC_ACQUIRE);
}

/* All of a request but its address and length, as it is laid out. */
static inline void iom_front_key(const iom_request *r, uint64_t *who, uint64_t *what)
{
	const char *key = (const char *)r + offsetof(iom_request, requester);

	memcpy(who, key, sizeof(*who));
	memcpy(what, key + sizeof(*who), sizeof(*what));
}

/* Its upper bits are as good as random, and differ for neighbouring requesters. */
static inline uint64_t iom_front_mix(uint64_t who, uint64_t what)
{
	return (who ^ what) * UINT64_C(0x9e3779b97f4a7c15);
}

static inline iom_front_class *iom_front_class_at(iom_front *front, uint64_t mixed)
{
	return &front->class[mixed >> (64 - IOM_FRONT_CLASSES_LG2)];
}

static inline iom_front_entry *iom_front_at(iom_front *front, const iom_front_class *class,
					    uint64_t page)
{
	return &front->entry[(page ^ class->mix) & front->mask];
}

static inline bool iom_front_class_holds(const iom_iommu *iommu, const iom_front_class *class,
					 uint64_t who, uint64_t what)
{
	return !((class->who ^ who) | (class->what ^ what)) &&
	       iom_front_generation(iommu) == class->generation;
}

/* The context of a class is used once more. */
static inline void iom_front_class_use(const iom_front_class *class)
{
	uint64_t order = IOM_CACHE_LOAD(class->order);

	IOM_CACHE_STORE(class->order, (order & class->use.keep) | class->use.set);
}

/* Another thread may read the count at any time. */
static inline void iom_front_count(iom_front *front)
{
#if defined(__x86_64__) && !defined(IOM_TSAN)
	/* In one instruction, which compilers don't make of the two below. */
	__asm__("addq $1, %0" : "+m"(front->hits));
#else
	__atomic_store_n(&front->hits, __atomic_load_n(&front->hits, __ATOMIC_RELAXED) + 1,
			 __ATOMIC_RELAXED);
#endif
}

/*
 * True: answered, counted, and done. False: *known is the class of the request,
 * or NULL when it has none that holds.
 */
static inline __attribute__((always_inline)) bool iom_front_answer(iom_iommu *iommu,
								   iom_front *front,
								   const iom_request *request,
								   iom_result *result,
								   iom_front_class **known)
{
	uint64_t who, what, address, page, *order;
	iom_front_class *class;
	const iom_front_entry *e;
	const iom_cache_set *set;
	const iom_cache_use *use;
	size_t at;

	iom_front_key(request, &who, &what);
	class = iom_front_class_at(front, iom_front_mix(who, what));
	*known = NULL;
	if (G_UNLIKELY(!iom_front_class_holds(iommu, class, who, what)))
		return false;
	*known = class;
	address = request->address;
	page = address >> IOM_FRONT_PAGE_LG2;
	e = iom_front_at(front, class, page);
	if (G_UNLIKELY(e->page != page) || G_UNLIKELY(e->era != class->era))
		return false;
	at = e->at;
	/* A header of a set is twice as large as a thread's word of it. */
	set = (const iom_cache_set *)(const void *)(front->sets + at * 2);
	if (G_UNLIKELY(__atomic_load_n(&set->sequence, __ATOMIC_ACQUIRE) != e->sequence))
		return false;
	/* The word is of this sequence since the answer was kept. */
	order = (uint64_t *)(void *)(front->recent + at);
	use = e->use;
	IOM_CACHE_STORE(order, (IOM_CACHE_LOAD(order) & use->keep) | use->set);
	iom_front_class_use(class);
	iom_front_count(front);
	memcpy(result, e->head, sizeof(e->head));
	result->address = address + e->moved;
	result->span = e->end - address;
	/* The code, and what else fills the word. */
	memset(&result->fault, 0, sizeof(uint64_t));
	return true;
}

/*
 * What the thread knows of requests like this one, and the words of their context
 * in class->context; a use of the configuration cache. NULL: it knows nothing.
 */
static inline iom_front_class *iom_front_class_find(iom_iommu *iommu, iom_front *front,
						    iom_cache *config, const iom_request *request)
{
	uint64_t who, what;
	iom_front_class *class;

	iom_front_key(request, &who, &what);
	class = iom_front_class_at(front, iom_front_mix(who, what));
	if (!iom_front_class_holds(iommu, class, who, what) ||
	    class->context->serial != class->serial)
		return NULL;
	iom_front_class_use(class);
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
