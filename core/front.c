/* SPDX-License-Identifier: MIT */
/* Making and filling fronts; front.h says what they are. */
#include "core/front.h"

#include "core/iommu-private.h"

/* Of that many entries on a front is in one huge page. */
#define LARGE 4096
#define HUGE_PAGE ((size_t)2 << 20)
#define SPREAD UINT64_C(0x9e3779b97f4a7c15)

/* Of a working set far larger than the front only a part is worth keeping. */
#define KEEP_ONE_OF 4

static void drop(iom_front *front)
{
	iom_host_table own;

	if (!front)
		return;
	own = front->own;
	iom_host_table_free(&front->times.table);
	iom_host_table_free(&own);
}

static iom_front *make(uint64_t entries)
{
	bool large = entries >= LARGE;
	iom_host_table own;
	iom_front *front = iom_host_table_new(&own, large ? HUGE_PAGE : sizeof(*front), large);

	if (!front)
		return NULL;
	front->own = own;
	front->spread = SPREAD;
	front->recent = (char *)&front->none;
	return front;
}

bool iom_fronts_init(iom_iommu *iommu)
{
	iommu->no_front = make(1);
	iommu->generation = 1;
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
	uint64_t entries = suits(iotlb) ? (uint64_t)(iotlb->set_mask + 1) * iotlb->ways : 1;

	/* Without an IOTLB there are no answers to keep, but contexts. */
	if (!suits(config))
		return;
	iommu->front_iotlb = suits(iotlb) ? iotlb : NULL;
	config->outdates = true;
	iom_cache_timed(config);
	iotlb->stamps = suits(iotlb);
	tags->generation = &iommu->generation;
	iommu->tags = tags;
	iommu->front_entries = (uint32_t)MIN(entries, IOM_FRONT_ENTRIES);
	iommu->front_config = config;
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
	front->counts = iommu->counters->shard[slot].value;
	if (iotlb)
		front->recent = (char *)recent_of(iotlb, slot);
	if (!front->recent || !iom_cache_times_add(iommu->front_config, slot, &front->times)) {
		drop(front);
		return NULL;
	}
	__atomic_store_n(&iommu->front[slot], front, __ATOMIC_RELEASE);
	return front;
}

uint64_t iom_front_hits(const iom_iommu *iommu)
{
	uint64_t hits = 0;

	for (unsigned i = 0; i < IOM_SLOTS; i++) {
		const iom_front *front = __atomic_load_n(&iommu->front[i], __ATOMIC_ACQUIRE);
		const iom_cache_times *t = &front->times;
		uint64_t others = __atomic_load_n(&t->known, __ATOMIC_ACQUIRE) +
				  __atomic_load_n(&t->found, __ATOMIC_ACQUIRE);

		hits += __atomic_load_n(&t->now, __ATOMIC_RELAXED) - others;
	}
	return hits;
}

uint64_t iom_front_known(const iom_iommu *iommu)
{
	uint64_t known = 0;

	for (unsigned i = 0; i < IOM_SLOTS; i++) {
		const iom_front *front = __atomic_load_n(&iommu->front[i], __ATOMIC_ACQUIRE);

		known += __atomic_load_n(&front->times.known, __ATOMIC_RELAXED);
	}
	return known;
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
	iom_front_class *class = iom_front_class_at(front, iom_front_mix(front, request));

	iom_front_key(request, &class->who, &class->what);
	class->generation = context->generation;
	class->times = &front->times;
	class->used =
		iom_cache_used_at(config, class->times, context->place.index, context->place.way);
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
	iom_front_class_found(class);
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
	const iom_front_kind *kind = &front->kind[e->key % IOM_FRONT_KINDS];
	const iom_cache_recent *recent =
		(const iom_cache_recent *)(const void *)(front->recent + (e->to & IOM_FRONT_AT));
	uint64_t other = __atomic_load_n(&recent->stamp, __ATOMIC_ACQUIRE) ^ e->key;

	return kind->generation == generation && !(other & IOM_STAMP_MASK);
}

/* Kinds are given out once: with the last one all answers go. */
static unsigned new_kind(iom_front *front)
{
	if (front->kinds == IOM_FRONT_KINDS - 1) {
		memset(front->entry, 0, sizeof(front->entry));
		memset(front->recall, 0, sizeof(front->recall));
		front->kinds = 0;
	}
	return ++front->kinds;
}

/* The number of a kind, of those in use or a new one. */
static unsigned kind_of(iom_front *front, const iom_front_kind *kind)
{
	uint64_t hash = (kind->key[0] ^ kind->key[1]) * SPREAD;
	uint16_t *recall;

	hash = (hash ^ kind->head[0] ^ kind->head[1] << 32 ^ kind->page.keep) * SPREAD;
	recall = &front->recall[hash >> 32 & (IOM_FRONT_RECALLS - 1)];
	if (memcmp(&front->kind[*recall], kind, sizeof(*kind)) != 0) {
		*recall = (uint16_t)new_kind(front);
		front->kind[*recall] = *kind;
	}
	return *recall;
}

void iom_front_keep(iom_iommu *iommu, iom_front *front, const iom_front_class *class,
		    const iom_request *request, const iom_result *result, uint64_t generation,
		    const iom_cache_place *place)
{
	const iom_cache *iotlb = iommu->front_iotlb;
	uint64_t at = (uint64_t)place->index * sizeof(iom_cache_recent);
	uint64_t above = -(UINT64_C(1) << result->page_lg2 % 64);
	iom_front_kind kind = { .generation = generation, .above = above };
	iom_front_entry *e;

	if (!place->usable || !iotlb || result->page_lg2 < IOM_FRONT_PAGE_LG2 ||
	    at > IOM_FRONT_AT || iom_observed(iommu) || class->generation != generation)
		return;
	/* What the words of an answer cannot say. */
	if (result->address >> 52 || result->span != -(request->address | above) ||
	    ((result->address ^ request->address) & 0xfff))
		return;
	e = iom_front_at(front, iom_front_mix(front, request), request->address);
	if (e->key && ++front->turn % KEEP_ONE_OF && holds(front, e, generation))
		return;
	/* The thread's word of the set, if this was not a use of it. */
	iom_cache_order(iommu->front_iotlb, place->index, place->sequence);
	iom_front_key(request, &kind.key[0], &kind.key[1]);
	kind.used = class->used;
	kind.page = iotlb->touch[place->way];
	memcpy(kind.head, result, sizeof(kind.head));
	e->key = (request->address & IOM_FRONT_ABOVE) | iom_cache_stamp(place->sequence) |
		 kind_of(front, &kind);
	e->to = result->address >> IOM_FRONT_PAGE_LG2 << IOM_FRONT_TO_LG2 | at;
}
