/* SPDX-License-Identifier: MIT */
/* Making and filling fronts; front.h says what they are. */
#include "core/front.h"

/* Of a working set far larger than the front only a part is worth keeping. */
#define KEEP_ONE_OF 4

/* Where there are no fronts, and so no generations. */
static const uint64_t never = 1;

static iom_front *make(uint64_t entries)
{
	iom_front *front = g_aligned_alloc0(1, sizeof(*front), IOM_LINE);

	front->mask = entries - 1;
	front->entry = iom_host_table_new(&front->table, entries * sizeof(iom_front_entry), true);
	if (!front->entry) {
		g_aligned_free(front);
		return NULL;
	}
	return front;
}

static void drop(iom_front *front)
{
	iom_host_table_free(&front->table);
	g_aligned_free(front);
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

static bool suits(const iom_cache *cache)
{
	return iom_cache_enabled(cache) && (cache->touch || !cache->touches);
}

void iom_front_enable(iom_iommu *iommu, iom_tags *tags, iom_cache *config, const iom_cache *iotlb)
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
}

void iom_front_forget(iom_iommu *iommu)
{
	if (iommu->tags)
		iom_tags_outdate(iommu->tags);
}

iom_front *iom_front_make(iom_iommu *iommu, unsigned slot)
{
	iom_front *front;

	if (slot == IOM_SLOT_SHARED || !iommu->front_entries)
		return NULL;
	front = make(iommu->front_entries);
	if (!front)
		return NULL;
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

void iom_front_keep(iom_iommu *iommu, iom_front *front, const iom_request *request,
		    const iom_result *result, uint64_t generation, const iom_cache_place *tlb,
		    const iom_cache_place *config)
{
	uint64_t page = request->address >> IOM_FRONT_PAGE_LG2, who, what;
	uint64_t low = request->address & ((1u << IOM_FRONT_PAGE_LG2) - 1);
	iom_front_entry *e;

	if (!tlb->set || !config->set || result->page_lg2 < IOM_FRONT_PAGE_LG2 ||
	    iom_observed(iommu))
		return;
	iom_front_key(request, &who, &what);
	e = iom_front_at(front, page, who, what);
	if (e->generation == generation && ++front->turn % KEEP_ONE_OF &&
	    IOM_CACHE_LOAD(&e->tlb_set->sequence) == e->tlb_sequence)
		return;
	e->page = page;
	e->who = who;
	e->what = what;
	e->generation = generation;
	e->tlb_set = tlb->set;
	e->tlb_use = *tlb->use;
	e->tlb_sequence = tlb->sequence;
	memcpy(e->head, result, sizeof(e->head));
	e->address = result->address - low;
	e->span = result->span + low;
	e->config_set = config->set;
	e->config_use = *config->use;
	e->config_order = IOM_CACHE_LOAD(&config->set->order);
}

uint64_t *iom_front_context_keep(iom_front *front, uint64_t key0, uint64_t key1,
				 uint64_t generation, const iom_cache_place *place,
				 const void *value, size_t size)
{
	iom_front_context *c = &front->context[(key0 ^ key1) % IOM_FRONT_CONTEXTS];

	if (!place->set || size > sizeof(c->words))
		return NULL;
	c->key[0] = key0;
	c->key[1] = key1;
	c->generation = generation;
	c->place = *place;
	memcpy(c->words, value, size);
	return c->words;
}
