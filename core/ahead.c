/* SPDX-License-Identifier: MIT */
/* See ahead.h. What threads do at once here may cost a prefetch, never more. */
#include "core/ahead.h"

#include "core/cache-extra.h"

#define STREAMS 256 /* requesters whose stride is remembered */
#define WAITING_LEAST 4096
#define WAITING_MOST (1u << 20)

/* The latest miss of a requester. */
typedef struct stream {
	uint64_t key;
	uint64_t page;
	uint64_t page_lg2;
} stream;

struct iom_ahead {
	unsigned pages;
	bool stride;
	uint64_t used, used_reset_at;
	stream streams[STREAMS];
	/* Pages that were fetched and not used yet; a newer one may take a place. */
	uint64_t mask;
	uint64_t waiting[];
};

static uint64_t mix(uint64_t v)
{
	v = (v ^ v >> 31) * UINT64_C(0x9e3779b97f4a7c15);
	return v ^ v >> 29;
}

static uint64_t who(const iom_request *r)
{
	return mix(((uint64_t)r->requester << 32 | r->pasid) + ((uint64_t)r->space << 20)) | 1;
}

static uint64_t *waiting_at(iom_ahead *ahead, const iom_request *r, uint64_t page, unsigned lg2,
			    uint64_t *id)
{
	*id = mix(who(r) ^ mix(page << 6 | lg2)) | 1;
	return &ahead->waiting[*id >> 20 & ahead->mask];
}

static bool owners_matter(const iom_cache_options *o)
{
	return o->partition_by == IOM_PARTITION_REQUESTER ||
	       o->partition_by == IOM_PARTITION_PASID || o->n_pins || o->prefetch;
}

/* From now on every request of the model comes by here. */
static void attend(iom_iommu *iommu)
{
	__atomic_store_n(&iommu->attended, true, __ATOMIC_RELEASE);
	__atomic_store_n(&iommu->translate_class, NULL, __ATOMIC_RELEASE);
}

void iom_iommu_has_caches(iom_iommu *iommu, iom_cache *const *caches, unsigned n,
			  const iom_cache_config *config)
{
	const iom_cache_options *o = &config->options[IOM_CACHE_IOTLB];
	uint64_t waiting = WAITING_LEAST;

	iommu->caches = caches;
	iommu->n_caches = n;
	for (unsigned i = 0; i < n; i++) {
		if (owners_matter(&config->options[i]))
			attend(iommu);
	}
	if (!o->prefetch || !iom_cache_enabled(caches[IOM_CACHE_IOTLB]))
		return;
	while (waiting < WAITING_MOST && waiting < 4ul * config->cache[IOM_CACHE_IOTLB].entries)
		waiting *= 2;
	iommu->ahead = g_malloc0(sizeof(*iommu->ahead) + waiting * sizeof(uint64_t));
	iommu->ahead->pages = MIN(o->prefetch, IOM_CACHE_PREFETCH);
	iommu->ahead->stride = o->stride;
	iommu->ahead->mask = waiting - 1;
}

void iom_ahead_free(iom_ahead *ahead)
{
	g_free(ahead);
}

void iom_figures_keep(const iom_iommu *iommu, iom_figures *f)
{
	f->slot = iom_thread_slot();
	f->n = f->slot == IOM_SLOT_SHARED ? 0 : MIN(iommu->n_caches, IOM_N_CACHES);
	for (unsigned i = 0; i < f->n; i++) {
		f->hits[i] = iommu->caches[i]->cells[f->slot].hits;
		f->misses[i] = iommu->caches[i]->cells[f->slot].misses;
	}
}

void iom_figures_restore(const iom_iommu *iommu, const iom_figures *f)
{
	for (unsigned i = 0; i < f->n; i++) {
		iom_cache_cell *cell = &iommu->caches[i]->cells[f->slot];

		__atomic_store_n(&cell->hits, f->hits[i], __ATOMIC_RELAXED);
		__atomic_store_n(&cell->misses, f->misses[i], __ATOMIC_RELAXED);
	}
}

static void fetch(iom_iommu *iommu, const iom_request *request, uint64_t address)
{
	iom_request r = *request;
	iom_figures figures;
	iom_result result;
	uint64_t id, *place;

	iom_result_clear(&result);
	r.address = address;
	r.length = 1;
	r.flags |= IOM_REQ_SPECULATIVE | IOM_REQ_AHEAD;
	iom_figures_keep(iommu, &figures);
	iom_cache_owner_.ahead = true;
	iom_cache_owner_.kept = false;
	iommu->ops->translate(iommu, &r, &result);
	iom_cache_owner_.ahead = false;
	iom_figures_restore(iommu, &figures);
	if (!iom_cache_owner_.kept || result.status != IOM_OK)
		return;
	place = waiting_at(iommu->ahead, request, address >> result.page_lg2, result.page_lg2, &id);
	IOM_CACHE_STORE(place, id);
}

/* How far the next page is from this one; 0: nobody knows. */
static uint64_t step_of(iom_ahead *ahead, const iom_request *request, uint64_t page, unsigned lg2)
{
	uint64_t key = who(request), step = 0;
	stream *s = &ahead->streams[key >> 20 & (STREAMS - 1)];

	if (!ahead->stride)
		return 1;
	if (IOM_CACHE_LOAD(&s->key) == key && IOM_CACHE_LOAD(&s->page_lg2) == lg2)
		step = page - IOM_CACHE_LOAD(&s->page);
	IOM_CACHE_STORE(&s->key, key);
	IOM_CACHE_STORE(&s->page, page);
	IOM_CACHE_STORE(&s->page_lg2, lg2);
	return step;
}

static void fetch_ahead(iom_iommu *iommu, const iom_request *request, unsigned lg2)
{
	iom_ahead *ahead = iommu->ahead;
	uint64_t page = request->address >> lg2, step = step_of(ahead, request, page, lg2);

	for (unsigned k = 1; step && k <= ahead->pages; k++) {
		uint64_t next = page + k * step, id, *place;

		/* Not around the end of the address space. */
		if (next << lg2 >> lg2 != next || (step >> 63 ? next >= page : next <= page))
			return;
		place = waiting_at(ahead, request, next, lg2, &id);
		if (IOM_CACHE_LOAD(place) != id)
			fetch(iommu, request, next << lg2);
	}
}

static void after(iom_iommu *iommu, const iom_request *request, const iom_result *result)
{
	unsigned lg2 = result->page_lg2;
	uint64_t id, *place;
	bool fetched;

	if (result->status != IOM_OK || result->flags & IOM_RES_BYPASS || lg2 > 62 ||
	    request->type != IOM_UNTRANSLATED || request->flags & IOM_REQ_SPECULATIVE ||
	    iom_observed(iommu))
		return;
	place = waiting_at(iommu->ahead, request, request->address >> lg2, lg2, &id);
	fetched = IOM_CACHE_LOAD(place) == id;
	if (fetched)
		IOM_CACHE_STORE(place, 0);
	if (result->flags & IOM_RES_CACHED) {
		if (!fetched)
			return;
		__atomic_fetch_add(&iommu->ahead->used, 1, __ATOMIC_RELAXED);
	}
	fetch_ahead(iommu, request, lg2);
}

void iom_ahead_translate(iom_iommu *iommu, const iom_request *request, iom_result *result)
{
	iom_cache_owner_.requester = request->requester;
	iom_cache_owner_.pasid = request->pasid;
	iommu->ops->translate(iommu, request, result);
	if (iommu->ahead)
		after(iommu, request, result);
}

void iom_ahead_statistics(const iom_iommu *iommu, iom_statistics *out)
{
	if (iommu->ahead)
		out->caches[IOM_CACHE_IOTLB].prefetch_used =
			__atomic_load_n(&iommu->ahead->used, __ATOMIC_RELAXED) -
			iommu->ahead->used_reset_at;
}

void iom_ahead_reset_statistics(iom_iommu *iommu)
{
	if (iommu->ahead)
		iommu->ahead->used_reset_at =
			__atomic_load_n(&iommu->ahead->used, __ATOMIC_RELAXED);
}

gboolean iom_iommu_pin(iom_iommu *iommu, iom_cache_id cache, const iom_cache_pin *pin,
		       GError **error)
{
	bool locked, ok;

	if ((unsigned)cache >= iommu->n_caches) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG, "the model has no cache %u", cache);
		return FALSE;
	}
	attend(iommu);
	/* It invalidates what is to be pinned. */
	locked = iom_iommu_lock(iommu);
	ok = iom_cache_pin_add(iommu->caches[cache], pin, error);
	iom_iommu_unlock(iommu, locked);
	return ok;
}

void iom_iommu_unpin_all(iom_iommu *iommu, iom_cache_id cache)
{
	if ((unsigned)cache < iommu->n_caches)
		iom_cache_unpin_all(iommu->caches[cache]);
}
