/* SPDX-License-Identifier: MIT */
/* Holding translations; flight.h says how. */
#include "core/flight.h"

iom_flight *iom_flight_new(void)
{
	return g_aligned_alloc0(1, sizeof(iom_flight), IOM_LINE);
}

void iom_flight_free(iom_flight *flight)
{
	g_aligned_free(flight);
}

void iom_iommu_hold(iom_iommu *iommu, iom_hold *hold)
{
	iom_flight *f = iommu->flight;
	unsigned slot = iom_thread_slot();
	uint64_t bit = UINT64_C(1) << slot;

	if (G_UNLIKELY(!(__atomic_load_n(&f->slots, __ATOMIC_RELAXED) & bit)))
		__atomic_fetch_or(&f->slots, bit, __ATOMIC_SEQ_CST);
	hold->iommu = iommu;
	hold->turn = __atomic_load_n(&f->turn, __ATOMIC_ACQUIRE) & 1;
	iom_flight_publish(&f->cell[slot].taken[hold->turn], slot);
}

void iom_hold_release(iom_hold *hold)
{
	iom_iommu *iommu = hold->iommu;
	iom_flight *f;
	unsigned slot = iom_thread_slot();
	uint64_t bit = UINT64_C(1) << slot;

	if (!iommu)
		return;
	hold->iommu = NULL;
	f = iommu->flight;
	/* It may be another thread than the one that took it. */
	if (G_UNLIKELY(!(__atomic_load_n(&f->slots, __ATOMIC_RELAXED) & bit)))
		__atomic_fetch_or(&f->slots, bit, __ATOMIC_SEQ_CST);
	iom_flight_publish(&f->cell[slot].released[hold->turn], slot);
	if (G_LIKELY(__atomic_load_n(&f->wanted, __ATOMIC_ACQUIRE) ==
		     __atomic_load_n(&f->turn, __ATOMIC_ACQUIRE)))
		return;
	__atomic_store_n(&f->landed, 1, __ATOMIC_SEQ_CST);
	if (iommu->ops->landed)
		iommu->ops->landed(iommu);
}

bool iom_iommu_translate_held(iom_iommu *iommu, const iom_request *request, iom_result *result,
			      iom_hold *hold)
{
	iom_iommu_hold(iommu, hold);
	iom_iommu_translate(iommu, request, result);
	if (G_LIKELY(result->status == IOM_OK))
		return true;
	iom_hold_release(hold);
	return false;
}

/*
 * How many of a turn are in flight, or more. Releases are added up before holds:
 * whoever sees the release of a hold sees the hold, too.
 */
static uint64_t in_flight(const iom_flight *f, unsigned turn)
{
	uint64_t slots = __atomic_load_n(&f->slots, __ATOMIC_SEQ_CST), n = 0;

	for (uint64_t left = slots; left; left &= left - 1)
		n -= __atomic_load_n(&f->cell[__builtin_ctzll(left)].released[turn],
				     __ATOMIC_SEQ_CST);
	/* A thread may have joined them meanwhile, and had its hold released by another. */
	slots = __atomic_load_n(&f->slots, __ATOMIC_SEQ_CST);
	for (uint64_t left = slots; left; left &= left - 1)
		n += __atomic_load_n(&f->cell[__builtin_ctzll(left)].taken[turn], __ATOMIC_SEQ_CST);
	return n;
}

uint64_t iom_iommu_holds(const iom_iommu *iommu)
{
	return in_flight(iommu->flight, 0) + in_flight(iommu->flight, 1);
}

bool iom_flight_landed(iom_iommu *iommu, uint64_t *ticket)
{
	iom_flight *f = iommu->flight;
	uint64_t turn = f->turn;

	if (!*ticket) {
		/* Whoever is not seen holding from here on sees the invalidation. */
		IOM_FLIGHT_FENCE(f);
		if (G_LIKELY(!__atomic_load_n(&f->slots, __ATOMIC_SEQ_CST)))
			return true;
		*ticket = turn + 2;
		if (f->wanted < *ticket)
			__atomic_store_n(&f->wanted, *ticket, __ATOMIC_SEQ_CST);
		IOM_FLIGHT_FENCE(f);
	}
	/* Without holds under the turn before, new ones may go there. */
	while (turn != f->wanted && !in_flight(f, (turn + 1) & 1))
		__atomic_store_n(&f->turn, ++turn, __ATOMIC_SEQ_CST);
	if (turn < *ticket)
		return false;
	*ticket = 0;
	return true;
}
