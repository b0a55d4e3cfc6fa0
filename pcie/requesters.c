/* SPDX-License-Identifier: MIT */
/*
 * From the IOMMU to its endpoints: requesters by their id. The IOMMU calls with
 * its lock held, so the lock here is held for the look-up only; a reference keeps
 * the endpoint.
 */
#include "pcie/endpoint.h"

struct iom_requesters {
	pthread_mutex_t lock;
	GHashTable *endpoints; /* uint64_t space and requester, to iom_endpoint */
};

static uint64_t key_of(uint32_t requester, unsigned space)
{
	return (uint64_t)space << 32 | requester;
}

iom_requesters *iom_requesters_new(void)
{
	iom_requesters *r = g_new0(iom_requesters, 1);

	pthread_mutex_init(&r->lock, NULL);
	r->endpoints = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	return r;
}

void iom_requesters_free(iom_requesters *requesters)
{
	if (!requesters)
		return;
	g_hash_table_unref(requesters->endpoints);
	pthread_mutex_destroy(&requesters->lock);
	g_free(requesters);
}

bool iom_requesters_add(iom_requesters *r, iom_endpoint *ep)
{
	uint64_t key = key_of(ep->config.requester, ep->config.iommu_space);
	bool added;

	pthread_mutex_lock(&r->lock);
	added = !g_hash_table_contains(r->endpoints, &key);
	if (added)
		g_hash_table_insert(r->endpoints, g_memdup2(&key, sizeof(key)), ep);
	pthread_mutex_unlock(&r->lock);
	return added;
}

void iom_requesters_remove(iom_requesters *r, iom_endpoint *ep)
{
	uint64_t key = key_of(ep->config.requester, ep->config.iommu_space);

	pthread_mutex_lock(&r->lock);
	g_hash_table_remove(r->endpoints, &key);
	pthread_mutex_unlock(&r->lock);
}

static iom_endpoint *find(iom_requesters *r, uint32_t requester, unsigned space)
{
	uint64_t key = key_of(requester, space);
	iom_endpoint *ep;

	pthread_mutex_lock(&r->lock);
	ep = g_hash_table_lookup(r->endpoints, &key);
	if (ep)
		g_atomic_int_inc(&ep->refs);
	pthread_mutex_unlock(&r->lock);
	return ep;
}

iom_ats_answer iom_requesters_invalidate(iom_requesters *requesters, const iom_ats_invalidate *inv)
{
	iom_endpoint *ep = find(requesters, inv->requester, inv->space);
	iom_ats_answer answer = IOM_ATS_FAILED;

	if (ep) {
		answer = iom_endpoint_invalidate(ep, inv);
		ep_unref(ep);
	}
	return answer;
}

/* A response does not say a space; the first endpoint of that id takes it. */
void iom_requesters_respond(iom_requesters *requesters, const iom_page_response *response)
{
	iom_endpoint *ep = NULL;

	for (unsigned space = 0; space <= IOM_SPACE_ROOT && !ep; space++)
		ep = find(requesters, response->requester, space);
	if (!ep)
		return;
	iom_endpoint_respond(ep, response);
	ep_unref(ep);
}

static iom_ats_answer bus_invalidate(void *opaque, const iom_ats_invalidate *inv)
{
	return iom_requesters_invalidate(opaque, inv);
}

static void bus_respond(void *opaque, const iom_page_response *response)
{
	iom_requesters_respond(opaque, response);
}

void iom_requesters_connect(iom_requesters *requesters, iom_bus *bus)
{
	bus->opaque = requesters;
	bus->ats_invalidate = bus_invalidate;
	bus->page_response = bus_respond;
}
