/* SPDX-License-Identifier: MIT */
/*
 * DMA of an endpoint: what it may send, the ATC, translation requests, translated
 * and untranslated requests, and the invalidations that come back.
 */
#include "pcie/endpoint.h"

#include <string.h>

/* A virtual function need not be enabled yet, so its bytes are looked at in a copy. */
static void find_capabilities(iom_endpoint *ep)
{
	iom_pci_config *own = iom_pci_config_copy(ep->config.function);

	ep->shared = iom_pci_shared(ep->config.function);
	ep->at_express = iom_pci_find(own, IOM_PCI_STANDARD, IOM_PCI_CAP_EXPRESS);
	ep->at_ats = iom_pci_find(own, IOM_PCI_EXTENDED, IOM_PCI_EXT_ATS);
	ep->at_stu = iom_pci_find(ep->shared, IOM_PCI_EXTENDED, IOM_PCI_EXT_ATS);
	ep->at_pri = iom_pci_find(ep->shared, IOM_PCI_EXTENDED, IOM_PCI_EXT_PRI);
	ep->at_pasid = iom_pci_find(ep->shared, IOM_PCI_EXTENDED, IOM_PCI_EXT_PASID);
	iom_pci_config_free(own);
}

iom_endpoint *iom_endpoint_new(const iom_endpoint_config *config, GError **error)
{
	iom_endpoint *ep = g_new0(iom_endpoint, 1);

	ep->refs = 1;
	ep->config = *config;
	iom_iommu_ref(config->iommu);
	pthread_mutex_init(&ep->lock, NULL);
	ep->tags = iom_tags_new();
	ep->atc = iom_cache_new("atc", &config->atc, ep->tags);
	find_capabilities(ep);
	for (unsigned i = 0; i < PRI_INDEXES; i++)
		ep->groups[i].code = IOM_PRG_INVALID;
	ep_load_enables(ep);
	if (!iom_requesters_add(config->requesters, ep)) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
			    "requester 0x%x is an endpoint of this IOMMU already",
			    config->requester);
		iom_iommu_unref(config->iommu);
		ep_unref(ep);
		return NULL;
	}
	iom_pci_config_watch(config->function, ep_watch, ep);
	if (ep->shared != config->function)
		iom_pci_config_watch_more(ep->shared, ep_watch_pf, ep, true);
	return ep;
}

/* The last one may be an IOMMU's call that is just leaving. */
void ep_unref(iom_endpoint *ep)
{
	if (!g_atomic_int_dec_and_test(&ep->refs))
		return;
	iom_cache_free(ep->atc);
	iom_tags_free(ep->tags);
	pthread_mutex_destroy(&ep->lock);
	g_free(ep);
}

void iom_endpoint_free(iom_endpoint *endpoint)
{
	if (!endpoint)
		return;
	iom_pci_config_watch(endpoint->config.function, NULL, NULL);
	if (endpoint->shared != endpoint->config.function)
		iom_pci_config_watch_more(endpoint->shared, ep_watch_pf, endpoint, false);
	pthread_mutex_lock(&endpoint->lock);
	ep_forget_groups(endpoint, IOM_NO_PASID, true);
	pthread_mutex_unlock(&endpoint->lock);
	ep_fail_waiting(endpoint);
	iom_requesters_remove(endpoint->config.requesters, endpoint);
	iom_iommu_unref(endpoint->config.iommu);
	ep_unref(endpoint);
}

/* ------------------------------------------------------------------------
 * Invalidations
 */
bool ep_meets(const iom_ats_invalidate *inv, const ep_access *a)
{
	/* Which entries are global is not known when an access begins, so any PASID's
	 * invalidation of its addresses waits for it. */
	bool same = (inv->pasid == IOM_NO_PASID) == (a->pasid == IOM_NO_PASID);

	return same && (!inv->length ||
			(a->first <= inv->address + (inv->length - 1) && inv->address <= a->last));
}

iom_ats_answer iom_endpoint_invalidate(iom_endpoint *ep, const iom_ats_invalidate *inv)
{
	iom_ats_answer answer = IOM_ATS_COMPLETED;
	unsigned accesses = 0;

	pthread_mutex_lock(&ep->lock);
	/* 10.3.1: a function whose ATS is off does not take the request. */
	if (ep->removed || !ep->on.ats || ep->n_waiting == ATS_ITAGS) {
		pthread_mutex_unlock(&ep->lock);
		return IOM_ATS_FAILED;
	}
	ep->stats.invalidations++;
	ep_atc_invalidate(ep, inv);
	for (const ep_access *a = ep->oldest; a; a = a->next)
		accesses += ep_meets(inv, a);
	if (accesses) {
		ep->waiting[ep->n_waiting++] = (ep_waiting){ *inv, ep->sequence, accesses };
		ep->stats.invalidations_deferred++;
		answer = IOM_ATS_PENDING;
	}
	pthread_mutex_unlock(&ep->lock);
	return answer;
}

void ep_fail_waiting(iom_endpoint *ep)
{
	uint8_t itags[ATS_ITAGS];
	unsigned n = 0;

	pthread_mutex_lock(&ep->lock);
	while (ep->n_waiting)
		itags[n++] = ep->waiting[--ep->n_waiting].inv.itag;
	pthread_mutex_unlock(&ep->lock);
	for (unsigned i = 0; i < n; i++)
		iom_iommu_ats_completed(ep->config.iommu, ep->config.requester, itags[i], false);
}

/* ------------------------------------------------------------------------
 * Accesses in flight
 */
void ep_span_of(ep_access *a)
{
	a->first = a->dma.address;
	a->last = a->first + (a->dma.length ? a->dma.length - 1 : 0);
	if (a->last < a->first)
		a->last = UINT64_MAX;
}

void ep_link(iom_endpoint *ep, ep_access *a)
{
	a->prev = ep->newest;
	a->next = NULL;
	if (ep->newest)
		ep->newest->next = a;
	else
		ep->oldest = a;
	ep->newest = a;
	ep->stats.in_flight++;
}

static void enter(iom_endpoint *ep, ep_access *a)
{
	a->sequence = ep->sequence++;
	ep_link(ep, a);
}

/* Ends the access; the invalidations that waited for it alone are complete. */
static void leave(iom_endpoint *ep, ep_access *a)
{
	uint8_t itags[ATS_ITAGS];
	unsigned n = 0, kept = 0;

	pthread_mutex_lock(&ep->lock);
	if (a->prev)
		a->prev->next = a->next;
	else
		ep->oldest = a->next;
	if (a->next)
		a->next->prev = a->prev;
	else
		ep->newest = a->prev;
	ep->stats.in_flight--;
	for (unsigned i = 0; i < ep->n_waiting; i++) {
		ep_waiting *w = &ep->waiting[i];

		if (a->sequence < w->sequence && ep_meets(&w->inv, a) && --w->accesses == 0)
			itags[n++] = w->inv.itag;
		else
			ep->waiting[kept++] = *w;
	}
	ep->n_waiting = kept;
	pthread_mutex_unlock(&ep->lock);
	g_free(a);
	for (unsigned i = 0; i < n; i++)
		iom_iommu_ats_completed(ep->config.iommu, ep->config.requester, itags[i], true);
}

/* ------------------------------------------------------------------------
 * One access
 */
bool ep_pasid_usable(const iom_endpoint *ep, uint32_t pasid)
{
	return pasid == IOM_NO_PASID || (ep->on.pasid && !(pasid >> ep->on.pasid_bits));
}

static iom_refusal refuse(const iom_endpoint *ep, const iom_dma *dma)
{
	bool pasid = dma->pasid != IOM_NO_PASID;

	if (ep->removed || !ep->on.present)
		return IOM_REFUSAL_REMOVED;
	if (!ep->on.master)
		return IOM_REFUSAL_NOT_MASTER;
	if (!ep_pasid_usable(ep, dma->pasid))
		return IOM_REFUSAL_NO_PASID;
	if (dma->access & IOM_EXECUTE && !(pasid && ep->on.exec))
		return IOM_REFUSAL_NO_EXECUTE;
	if (dma->flags & IOM_DMA_PRIVILEGED && !(pasid && ep->on.priv))
		return IOM_REFUSAL_NO_PRIVILEGE;
	return IOM_REFUSAL_NONE;
}

typedef struct attempt {
	iom_endpoint *ep;
	const iom_dma *dma;
	iom_dma_answer *answer;
	ep_access *access;
	ep_enables on; /* as they were when the access began */
	iom_epoch epoch;
	iom_ats_entry entry;
} attempt;

static void base_request(const attempt *t, iom_request *request, iom_request_type type)
{
	const iom_dma *dma = t->dma;

	memset(request, 0, sizeof(*request));
	request->address = dma->address;
	request->length = dma->length;
	request->requester = t->ep->config.requester;
	request->pasid = dma->pasid;
	request->access = dma->access;
	request->type = (uint8_t)type;
	request->space = t->ep->config.iommu_space;
	if (dma->flags & IOM_DMA_PRIVILEGED)
		request->flags |= IOM_REQ_PRIVILEGED | IOM_REQ_PASID_PRIV;
	if (dma->access & IOM_EXECUTE)
		request->flags |= IOM_REQ_PASID_EXEC;
}

/* What leaves the function, after whatever ATS had to say. */
static void send(attempt *t, iom_request_type type)
{
	iom_dma_answer *answer = t->answer;
	iom_request request;
	iom_result result;

	base_request(t, &request, type);
	/* 6.20.1: without the enable a translated request has no PASID */
	if (type == IOM_TRANSLATED && !t->on.translated_pasid) {
		request.pasid = IOM_NO_PASID;
		request.flags = 0;
	}
	if (type == IOM_TRANSLATED && !(t->dma->flags & IOM_DMA_TRANSLATED)) {
		uint64_t low = (UINT64_C(1) << t->entry.page_lg2) - 1;

		request.address = t->entry.address | (t->dma->address & low);
		request.length =
			(uint32_t)MIN((uint64_t)t->dma->length, low - (t->dma->address & low) + 1);
	}
	iom_iommu_translate(t->ep->config.iommu, &request, &result);
	answer->status = result.status;
	answer->response = result.response;
	answer->type = (uint8_t)type;
	answer->space = result.space;
	answer->fault = result.fault;
	answer->address = result.address;
	answer->page_lg2 = result.page_lg2;
	answer->permissions = result.permissions;
	answer->span = MIN(result.span, (uint64_t)request.length);
	if (type == IOM_TRANSLATED && !(t->dma->flags & IOM_DMA_TRANSLATED)) {
		answer->page_lg2 = t->entry.page_lg2;
		answer->permissions = t->entry.permissions;
	}
}

/*
 * 10.2: a translation request, and what its completion says; false: UR or CA. All
 * translations that come go to the ATC, but R=W=0, which says that there is nothing
 * to keep (10.2.3.5).
 */
static bool ask_iommu(attempt *t, ep_key key)
{
	iom_ats_entry entries[MAX_TRANSLATIONS];
	iom_request request;
	iom_result result;
	unsigned n;

	base_request(t, &request, IOM_TRANSLATION_REQUEST);
	request.access = IOM_READ;
	if (!(t->dma->access & (IOM_WRITE | IOM_ATOMIC)))
		request.flags |= IOM_REQ_NO_WRITE;
	if (key.cxl)
		request.flags |= IOM_REQ_CXL;
	n = iom_ats_request(t->ep->config.iommu, &request, t->on.stu_lg2, entries,
			    t->on.translations, &result);
	pthread_mutex_lock(&t->ep->lock);
	t->ep->stats.translation_requests++;
	t->ep->stats.translations += n;
	pthread_mutex_unlock(&t->ep->lock);
	if (!n) {
		t->answer->status = result.status == IOM_RETRY ? IOM_RETRY : IOM_ABORT;
		t->answer->response = result.response;
		t->answer->fault = result.fault;
		t->answer->type = IOM_TRANSLATION_REQUEST;
		return false;
	}
	t->entry = entries[0];
	for (unsigned i = 0; i < n && entries[i].permissions & (IOM_READ | IOM_WRITE); i++) {
		uint64_t at = t->dma->address + ((uint64_t)i << entries[i].page_lg2);

		ep_atc_insert(t->ep, key, at, &entries[i], t->epoch);
	}
	return true;
}

static bool granted(const attempt *t)
{
	unsigned have = t->entry.permissions, want = t->dma->access;

	if (want & IOM_ATOMIC)
		want |= IOM_READ | IOM_WRITE;
	want &= IOM_READ | IOM_WRITE | IOM_EXECUTE;
	/* Execute means R as well; R=W=0 grants nothing whatever Exe says. */
	if (!(have & (IOM_READ | IOM_WRITE)))
		return false;
	return (have & want) == want;
}

static void by_ats(attempt *t)
{
	iom_endpoint *ep = t->ep;
	ep_key key = { t->dma->pasid, t->dma->flags & IOM_DMA_PRIVILEGED,
		       t->dma->flags & IOM_DMA_CXL };
	bool cached = ep_atc_lookup(ep, key, t->dma->address, &t->entry) && granted(t);

	if (!cached && !ask_iommu(t, key))
		return;
	t->answer->cached = cached;
	t->answer->completion = iom_ats_encode(&t->entry);
	t->answer->cxl_io = t->entry.cxl_io;
	if (!granted(t)) {
		t->answer->status = IOM_ABORT;
		t->answer->refusal = IOM_REFUSAL_PAGE;
		t->answer->type = IOM_TRANSLATION_REQUEST;
		t->answer->permissions = t->entry.permissions;
		return;
	}
	send(t, t->entry.untranslated_only ? IOM_UNTRANSLATED : IOM_TRANSLATED);
}

static void count(iom_endpoint *ep, const iom_dma_answer *answer)
{
	pthread_mutex_lock(&ep->lock);
	if (answer->refusal)
		ep->stats.refused++;
	else if (answer->type == IOM_TRANSLATED)
		ep->stats.translated++;
	else if (answer->type == IOM_UNTRANSLATED)
		ep->stats.untranslated++;
	pthread_mutex_unlock(&ep->lock);
}

/* 10.4: the page is asked for, and the access is to be tried again. */
static void page_fault(attempt *t)
{
	iom_dma_answer *answer = t->answer;

	if (!(t->dma->flags & IOM_DMA_PAGE_REQUEST))
		return;
	if (ep_ask_one(t->ep, t->dma, &answer->prg_index) == IOM_ASK_SENT) {
		answer->status = IOM_RETRY;
		answer->asked = 1;
	}
}

iom_status iom_endpoint_begin(iom_endpoint *endpoint, const iom_dma *dma, iom_dma_answer *answer)
{
	attempt t = { .ep = endpoint, .dma = dma, .answer = answer };
	bool use_ats;

	memset(answer, 0, sizeof(*answer));
	answer->status = IOM_ABORT;
	t.access = g_new0(ep_access, 1);
	t.access->pasid = dma->pasid;
	t.access->dma = *dma;
	ep_span_of(t.access);
	pthread_mutex_lock(&endpoint->lock);
	endpoint->stats.accesses++;
	answer->refusal = (uint8_t)refuse(endpoint, dma);
	t.on = endpoint->on;
	if (!answer->refusal)
		enter(endpoint, t.access);
	pthread_mutex_unlock(&endpoint->lock);
	if (answer->refusal) {
		g_free(t.access);
		count(endpoint, answer);
		return IOM_ABORT;
	}
	/* Read once the access is in flight: what is fetched from here on is either
	 * new or meets an invalidation that waits for us. */
	t.epoch = iom_tags_epoch(endpoint->tags);
	use_ats = t.on.ats && !(dma->flags & IOM_DMA_UNTRANSLATED);
	if (dma->flags & IOM_DMA_TRANSLATED)
		send(&t, IOM_TRANSLATED);
	else if (use_ats)
		by_ats(&t);
	else
		send(&t, IOM_UNTRANSLATED);
	count(endpoint, answer);
	if (answer->status == IOM_OK) {
		answer->hold = t.access;
		t.access->answer = *answer;
		return IOM_OK;
	}
	leave(endpoint, t.access);
	if (answer->refusal == IOM_REFUSAL_PAGE)
		page_fault(&t);
	return (iom_status)answer->status;
}

void iom_endpoint_end(iom_endpoint *endpoint, iom_dma_answer *answer)
{
	if (answer->hold)
		leave(endpoint, answer->hold);
	answer->hold = NULL;
}

bool iom_endpoint_held(iom_endpoint *endpoint, unsigned index, iom_dma *dma, iom_dma_answer *answer)
{
	const ep_access *a;

	pthread_mutex_lock(&endpoint->lock);
	for (a = endpoint->oldest; a && index; a = a->next)
		index--;
	if (a) {
		*dma = a->dma;
		*answer = a->answer;
	}
	pthread_mutex_unlock(&endpoint->lock);
	return a != NULL;
}

iom_status iom_endpoint_dma(iom_endpoint *endpoint, const iom_dma *dma, iom_memory *memory,
			    void *data, uint32_t *done, iom_dma_answer *answer)
{
	iom_dma piece = *dma;
	uint8_t *at = data;
	iom_status status = IOM_OK;
	uint32_t moved = 0;

	while (moved < dma->length && status == IOM_OK) {
		iom_mem_status mem;
		uint64_t page = 4096 - ((dma->address + moved) & 4095);

		piece.address = dma->address + moved;
		piece.length = (uint32_t)MIN((uint64_t)(dma->length - moved), page);
		status = iom_endpoint_begin(endpoint, &piece, answer);
		if (status != IOM_OK)
			break;
		piece.length = (uint32_t)MIN(answer->span, (uint64_t)piece.length);
		mem = dma->access & IOM_WRITE
			      ? iom_memory_write(memory, answer->address, at + moved, piece.length)
			      : iom_memory_read(memory, answer->address, at + moved, piece.length);
		iom_endpoint_end(endpoint, answer);
		if (mem != IOM_MEM_OK || !piece.length)
			status = IOM_ABORT;
		else
			moved += piece.length;
	}
	if (done)
		*done = moved;
	return status;
}

void iom_endpoint_remove(iom_endpoint *endpoint)
{
	pthread_mutex_lock(&endpoint->lock);
	endpoint->removed = true;
	ep_atc_drop_all(endpoint);
	ep_forget_groups(endpoint, IOM_NO_PASID, true);
	pthread_mutex_unlock(&endpoint->lock);
	ep_fail_waiting(endpoint);
}

void iom_endpoint_statistics_get(iom_endpoint *endpoint, iom_endpoint_statistics *out)
{
	pthread_mutex_lock(&endpoint->lock);
	*out = endpoint->stats;
	out->outstanding = endpoint->outstanding;
	pthread_mutex_unlock(&endpoint->lock);
	iom_cache_statistics_get(endpoint->atc, &out->atc);
	out->atc_entries = iom_cache_count(endpoint->atc);
}
