/* SPDX-License-Identifier: MIT */
/* Making and filling fronts; front.h says what they are. */
#include "core/front.h"

/* Of a working set far larger than the front only a part is worth keeping. */
#define KEEP_ONE_OF 4

/* Where there are no fronts, and so no generations. */
static const uint64_t never = 1;

static void drop(iom_front *front)
{
	iom_host_table own;

	if (!front)
		return;
	own = front->own;
	iom_host_table_free(&front->table);
	iom_host_table_free(&own);
}

static iom_front *make(uint64_t entries)
{
	iom_host_table own;
	iom_front *front = iom_host_table_new(&own, sizeof(*front), false);

	if (!front)
		return NULL;
	front->own = own;
	front->mask = entries - 1;
	front->entry = iom_host_table_new(&front->table, entries * sizeof(iom_front_entry), true);
	if (!front->entry) {
		drop(front);
		return NULL;
	}
	return front;
}

bool iom_fronts_init(iom_iommu *iommu)
{
	iommu->no_front = make(1);
	iommu->generation = &never;
	for (unsigned i = 0; i < IOM_SLOTS; i++)
		iommu->front[i] = iommu->no_front;
	return iommu->no_front;
}

void iom_fronts_free(iom_iommu *iommu)
{
	for (unsigned i = 0; i < IOM_SLOTS; i++) {
		if (iommu->front[i] != iommu->no_front)
			drop(iommu->front[i]);
	}
	drop(iommu->no_front);
}

/* A hit changes a word of the thread at most. */
static bool suits(const iom_cache *cache)
{
	return iom_cache_enabled(cache) && cache->touch;
}

void iom_front_enable(iom_iommu *iommu, iom_tags *tags, iom_cache *config, iom_cache *iotlb)
{
	uint64_t entries = suits(iotlb) ? (uint64_t)(iotlb->set_mask + 1) * iotlb->ways : 1, n = 1;

	/* Without an IOTLB there are no answers to keep, but contexts. */
	if (!suits(config))
		return;
	while (n * 2 <= MIN(entries, IOM_FRONT_ENTRIES))
		n *= 2;
	config->outdates = true;
	iommu->generation = &tags->generation;
	iommu->tags = tags;
	iommu->front_entries = (uint32_t)n;
	iommu->front_iotlb = suits(iotlb) ? iotlb : NULL;
}

void iom_front_forget(iom_iommu *iommu)
{
	if (iommu->tags)
		iom_tags_outdate(iommu->tags);
}

static iom_cache_recent *recent_of(iom_cache *cache, unsigned slot)
{
	iom_cache_recent *recent = __atomic_load_n(&cache->recent[slot], __ATOMIC_RELAXED);

	return recent ? recent : iom_cache_recent_make(cache, slot);
}

iom_front *iom_front_make(iom_iommu *iommu, unsigned slot)
{
	iom_cache *iotlb = iommu->front_iotlb;
	iom_front *front;

	if (slot == IOM_SLOT_SHARED || !iommu->front_entries)
		return NULL;
	front = make(iommu->front_entries);
	if (!front)
		return NULL;
	if (iotlb) {
		front->sets = (const char *)iotlb->sets;
		front->recent = (char *)recent_of(iotlb, slot);
		if (!front->recent) {
			drop(front);
			return NULL;
		}
	}
	__atomic_store_n(&iommu->front[slot], front, __ATOMIC_RELEASE);
	return front;
}

uint64_t iom_front_hits(const iom_iommu *iommu)
{
	uint64_t hits = 0;

	for (unsigned i = 0; i < IOM_SLOTS; i++) {
		const iom_front *front = __atomic_load_n(&iommu->front[i], __ATOMIC_ACQUIRE);

		hits += __atomic_load_n(&front->hits, __ATOMIC_RELAXED);
	}
	return hits;
}

/* ------------------------------------------------------------------------
 * Classes and their contexts
 */
static iom_front_context *context_at(iom_front *front, uint64_t key0, uint64_t key1)
{
	uint64_t mixed = (key0 ^ key1 << 32) * UINT64_C(0x9e3779b97f4a7c15);

	return &front->context[(mixed >> 32) % IOM_FRONT_CONTEXTS];
}

/* The class of a request in that context, from which every answer is new. */
static iom_front_class *begin(iom_front *front, iom_cache *config, const iom_request *request,
			      iom_front_context *context)
{
	uint64_t who, what, mixed;
	iom_front_class *class;

	iom_front_key(request, &who, &what);
	mixed = iom_front_mix(who, what);
	class = iom_front_class_at(front, mixed);
	class->who = who;
	class->what = what;
	class->generation = context->generation;
	/* An answer finds its class by the lower bits. */
	class->era = ++front->eras << IOM_FRONT_CLASSES_LG2 | mixed >> (64 - IOM_FRONT_CLASSES_LG2);
	class->order = iom_cache_order(config, context->place.index, context->place.sequence);
	class->use = config->touch[context->place.way];
	class->mix = mixed >> 32;
	class->context = context;
	class->serial = context->serial;
	memset(class->words, 0, sizeof(class->words));
	return class;
}

iom_front_class *iom_front_class_join(iom_iommu *iommu, iom_front *front, iom_cache *config,
				      const iom_request *request, uint64_t key0, uint64_t key1)
{
	iom_front_context *c = context_at(front, key0, key1);
	iom_front_class *class;

	if (c->key[0] != key0 || c->key[1] != key1 || c->generation != iom_front_generation(iommu))
		return NULL;
	class = begin(front, config, request, c);
	iom_front_class_use(class);
	iom_cache_count_hit(config);
	return class;
}

iom_front_class *iom_front_class_keep(iom_front *front, iom_cache *config,
				      const iom_request *request, uint64_t key0, uint64_t key1,
				      uint64_t generation, const iom_cache_place *place,
				      const void *value, size_t size)
{
	iom_front_context *c = context_at(front, key0, key1);

	if (!place->usable || size > sizeof(c->words))
		return NULL;
	c->key[0] = key0;
	c->key[1] = key1;
	c->generation = generation;
	c->serial = ++front->serials;
	c->place = *place;
	memcpy(c->words, value, size);
	return begin(front, config, request, c);
}

/* ------------------------------------------------------------------------
 * Answers
 */

/* Whether the thread may still get this answer. */
static bool holds(const iom_front *front, const iom_front_entry *e, uint64_t generation)
{
	const iom_front_class *class = &front->class[e->era % IOM_FRONT_CLASSES];
	const iom_cache_set *sets = (const iom_cache_set *)(const void *)front->sets;

	return class->era == e->era && class->generation == generation &&
	       IOM_CACHE_LOAD(&sets[e->at / sizeof(iom_cache_recent)].sequence) == e->sequence;
}

void iom_front_keep(iom_iommu *iommu, iom_front *front, const iom_front_class *class,
		    const iom_request *request, const iom_result *result, uint64_t generation,
		    const iom_cache_place *place)
{
	uint64_t page = request->address >> IOM_FRONT_PAGE_LG2;
	uint64_t at = (uint64_t)place->index * sizeof(iom_cache_recent);
	iom_front_entry *e;

	if (!place->usable || !front->sets || result->page_lg2 < IOM_FRONT_PAGE_LG2 ||
	    at > UINT32_MAX || iom_observed(iommu) || class->generation != generation)
		return;
	e = iom_front_at(front, class, page);
	if (e->era && ++front->turn % KEEP_ONE_OF && holds(front, e, generation))
		return;
	/* The thread's word of the set, if this was not a use of it. */
	iom_cache_order(iommu->front_iotlb, place->index, place->sequence);
	e->page = page;
	e->era = class->era;
	memcpy(e->head, result, sizeof(e->head));
	e->moved = result->address - request->address;
	e->end = request->address + result->span;
	e->at = (uint32_t)at;
	e->sequence = place->sequence;
	e->use = &iommu->front_iotlb->touch[place->way];
}
