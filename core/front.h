/* SPDX-License-Identifier: MIT */
/*
 * The front: what a thread remembers of its latest hits, so that the next one of
 * the same kind needs neither the configuration cache nor the IOTLB.
 *
 * An entry is the finished answer to one request (everything of it but its length
 * and the low 12 bits of its address), together with the two cache entries that
 * the answer came from. It holds for as long as those two entries are still in
 * their places: the set in the IOTLB has not changed, and since then no tag was
 * invalidated, no register was written and the configuration cache is as it was
 * (all of these count iom_tags.generation up). So the front never answers what
 * the caches behind it would not, a hit counts in their statistics, and it is a
 * use of both entries for the order of replacement.
 *
 * Every thread has a front of its own for each model, which nobody else writes:
 * there is nothing to lock, and threads share no line of it.
 */
#ifndef IOM_CORE_FRONT_H
#define IOM_CORE_FRONT_H

#include "core/cache-impl.h"
#include "core/iommu.h"

#include <string.h>

#define IOM_FRONT_ENTRIES 65536
#define IOM_FRONT_PAGE_LG2 12
#define IOM_FRONT_CONTEXTS 16
#define IOM_FRONT_CONTEXT_WORDS 96

/* Generations begin at 1: an entry of zeros answers nothing. */
typedef struct iom_front_entry {
	uint64_t page; /* of the address */
	uint64_t who; /* requester, pasid */
	uint64_t what; /* flags, access, type, space, incoming attributes */
	uint64_t generation;
	iom_cache_set *tlb_set;
	iom_cache_use tlb_use;
	uint64_t tlb_sequence;
	uint64_t head[2]; /* of the result, as it is laid out */
	uint64_t address; /* of the page, translated */
	uint64_t span; /* from the begin of the page */
	iom_cache_set *config_set;
	iom_cache_use config_use;
	uint64_t config_order; /* of the set after such a use */
} __attribute__((aligned(2 * IOM_LINE))) iom_front_entry;

/* A use of the configuration cache: what it gave, and where it is. */
typedef struct iom_front_context {
	uint64_t key[2];
	uint64_t generation;
	iom_cache_place place;
	uint64_t words[IOM_FRONT_CONTEXT_WORDS]; /* the model's */
} __attribute__((aligned(IOM_LINE))) iom_front_context;

/*
 * A use of the stage 2 cache for a page of tables, by the same rules. Where the
 * tables of stage 1 are is asked at every level of every nested walk.
 */
#define IOM_FRONT_PAGES 256
typedef struct iom_front_page {
	uint64_t key[2];
	uint64_t generation;
	iom_cache_place place;
	uint64_t address;
	uint64_t attributes; /* the model's */
} __attribute__((aligned(IOM_LINE))) iom_front_page;
G_STATIC_ASSERT(sizeof(iom_front_page) == IOM_LINE);

struct iom_front {
	iom_front_entry *entry;
	uint64_t mask;
	uint64_t hits; /* answers: a hit of both caches each */
	uint32_t turn;
	iom_host_table table;
	iom_front_context context[IOM_FRONT_CONTEXTS];
	iom_front_page page[IOM_FRONT_PAGES];
};

G_STATIC_ASSERT(offsetof(iom_request, pasid) == offsetof(iom_request, requester) + 4);
G_STATIC_ASSERT(offsetof(iom_request, flags) == offsetof(iom_request, requester) + 8);
G_STATIC_ASSERT(offsetof(iom_request, hints) == offsetof(iom_request, requester) + 15);
G_STATIC_ASSERT(offsetof(iom_result, address) == 16 && offsetof(iom_result, span) == 24);
G_STATIC_ASSERT(sizeof(iom_front_entry) == 2 * IOM_LINE);

/*
 * Let threads have fronts over these two caches. Without a cache, or where the
 * order of replacement takes more than a word, there are none.
 */
void iom_front_enable(iom_iommu *iommu, iom_tags *tags, iom_cache *config, const iom_cache *iotlb);
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

static inline uint64_t iom_cache_use_again(iom_cache_set *set, const iom_cache_use *use)
{
	uint64_t order = IOM_CACHE_LOAD(&set->order);
	uint64_t moved = (order & use->keep) | use->set;

	if (moved != order)
		IOM_CACHE_STORE(&set->order, moved);
	return moved;
}

/* All of a request but its address and length, as it is laid out. */
static inline void iom_front_key(const iom_request *r, uint64_t *who, uint64_t *what)
{
	const char *key = (const char *)r + offsetof(iom_request, requester);

	memcpy(who, key, sizeof(*who));
	memcpy(what, key + sizeof(*who), sizeof(*what));
}

static inline iom_front_entry *iom_front_at(iom_front *front, uint64_t page, uint64_t who,
					    uint64_t what)
{
	uint64_t mixed = (who ^ what) * UINT64_C(0x9e3779b97f4a7c15) >> 48;

	return &front->entry[(page ^ mixed) & front->mask];
}

/* True: answered, counted, and done. */
static inline __attribute__((always_inline)) bool iom_front_answer(iom_iommu *iommu,
								   const iom_request *request,
								   iom_result *result)
{
	iom_front *front = __atomic_load_n(&iommu->front[iom_thread_slot_], __ATOMIC_RELAXED);
	uint64_t page = request->address >> IOM_FRONT_PAGE_LG2, who, what;
	uint64_t low = request->address & ((1u << IOM_FRONT_PAGE_LG2) - 1);
	iom_front_entry *e;

	iom_front_key(request, &who, &what);
	e = iom_front_at(front, page, who, what);
	if (G_UNLIKELY((e->page ^ page) | (e->who ^ who) | (e->what ^ what)) ||
	    G_UNLIKELY(e->generation != iom_front_generation(iommu)) ||
	    G_UNLIKELY(__atomic_load_n(&e->tlb_set->sequence, __ATOMIC_ACQUIRE) != e->tlb_sequence))
		return false;
	memcpy(result, e->head, sizeof(e->head));
	result->address = e->address | low;
	result->span = e->span - low;
	result->fault.code = 0;
	iom_cache_use_again(e->tlb_set, &e->tlb_use);
	if (G_UNLIKELY(IOM_CACHE_LOAD(&e->config_set->order) != e->config_order))
		e->config_order = iom_cache_use_again(e->config_set, &e->config_use);
	__atomic_store_n(&front->hits, __atomic_load_n(&front->hits, __ATOMIC_RELAXED) + 1,
			 __ATOMIC_RELAXED);
	return true;
}

/* Remember an answer that both caches gave after `generation` was read. */
void iom_front_keep(iom_iommu *iommu, iom_front *front, const iom_request *request,
		    const iom_result *result, uint64_t generation, const iom_cache_place *tlb,
		    const iom_cache_place *config);

/* What the thread knows of a context; true and a use of the configuration cache. */
static inline uint64_t *iom_front_context_find(iom_iommu *iommu, iom_front *front,
					       iom_cache *config, uint64_t key0, uint64_t key1,
					       iom_cache_place *place)
{
	iom_front_context *c = &front->context[(key0 ^ key1) % IOM_FRONT_CONTEXTS];

	if (c->key[0] != key0 || c->key[1] != key1 || c->generation != iom_front_generation(iommu))
		return NULL;
	iom_cache_use_again(c->place.set, c->place.use);
	iom_cache_count_hit(config);
	*place = c->place;
	return c->words;
}

uint64_t *iom_front_context_keep(iom_front *front, uint64_t key0, uint64_t key1,
				 uint64_t generation, const iom_cache_place *place,
				 const void *value, size_t size);

#endif
