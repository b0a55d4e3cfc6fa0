/* SPDX-License-Identifier: MIT */
#include "sim/replay/deal.h"

#include <pthread.h>

struct iom_deal {
	iom_lane *const *lanes;
	unsigned n;
	pthread_mutex_t lock;
	iom_devices requesters; /* in the order of their appearance */
	GArray *owner; /* uint8_t, by index there */
	unsigned *owned; /* requesters of a lane */
	uint64_t *dmas;
};

iom_deal *iom_deal_new(iom_lane *const *lanes, unsigned n)
{
	iom_deal *deal = g_new0(iom_deal, 1);

	deal->lanes = lanes;
	deal->n = n;
	pthread_mutex_init(&deal->lock, NULL);
	iom_devices_init(&deal->requesters);
	deal->owner = g_array_new(FALSE, FALSE, sizeof(uint8_t));
	deal->owned = g_new0(unsigned, n);
	deal->dmas = g_new0(uint64_t, n);
	return deal;
}

void iom_deal_free(iom_deal *deal)
{
	if (!deal)
		return;
	g_array_unref(deal->requesters.array);
	iom_devices_clear(&deal->requesters);
	g_array_unref(deal->owner);
	g_free(deal->owned);
	g_free(deal->dmas);
	pthread_mutex_destroy(&deal->lock);
	g_free(deal);
}

/* Of lanes with as many DMAs, the one with fewest requesters. */
static uint8_t idlest(const iom_deal *deal)
{
	unsigned least = 0;

	for (unsigned i = 1; i < deal->n; i++) {
		if (deal->dmas[i] < deal->dmas[least] ||
		    (deal->dmas[i] == deal->dmas[least] && deal->owned[i] < deal->owned[least]))
			least = i;
	}
	return (uint8_t)least;
}

const iom_lane *iom_deal_owner(iom_deal *deal, uint32_t requester)
{
	uint8_t owner;

	pthread_mutex_lock(&deal->lock);
	(void)iom_devices_find(&deal->requesters, requester);
	if (deal->requesters.array->len > deal->owner->len) {
		owner = idlest(deal);
		g_array_append_val(deal->owner, owner);
		deal->owned[owner]++;
	}
	owner = g_array_index(deal->owner, uint8_t, deal->requesters.last);
	pthread_mutex_unlock(&deal->lock);
	return deal->lanes[owner];
}

void iom_deal_done(iom_deal *deal, unsigned i, unsigned dmas)
{
	pthread_mutex_lock(&deal->lock);
	deal->dmas[i] += dmas;
	pthread_mutex_unlock(&deal->lock);
}

unsigned iom_deal_used(iom_deal *deal)
{
	unsigned used = 0;

	pthread_mutex_lock(&deal->lock);
	for (unsigned i = 0; i < deal->n; i++)
		used += deal->owned[i] > 0;
	pthread_mutex_unlock(&deal->lock);
	return used;
}
