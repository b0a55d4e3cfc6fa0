/* SPDX-License-Identifier: MIT */
/* Holding translations; flight.h says how. */
#include "core/flight.h"

#include "core/everywhere.h"
#include "core/lock.h"

/* Holds with fences, about as many as one fence everywhere costs. */
#define FENCES 128

iom_flight *iom_flight_new(void)
{
	iom_flight *f = g_aligned_alloc0(1, sizeof(iom_flight), IOM_LINE);

	f->epoch = 1;
	return f;
}

void iom_flight_free(iom_flight *flight)
{
	g_aligned_free(flight);
}

bool iom_iommu_lock(iom_iommu *iommu)
{
	/* Under the lock itself, in what it has called. */
	if (!iommu->lock || iom_lock_mine(iommu->lock))
		return false;
	iom_lock_take(iommu->lock);
	return true;
}

void iom_iommu_unlock(iom_iommu *iommu, bool taken)
{
	if (!taken)
		return;
	iom_lock_give(iommu->lock);
	if (iommu->ops->landed && iom_flight_look(iommu->flight))
		iommu->ops->landed(iommu);
}

void iom_iommu_pass(iom_iommu *iommu)
{
	iom_iommu_unlock(iommu, iom_iommu_lock(iommu));
}

static inline void count(uint64_t *cell, unsigned slot)
{
#ifdef IOM_FLIGHT_TSAN
	(void)slot;
	__atomic_fetch_add(cell, 1, __ATOMIC_SEQ_CST);
#else
	if (G_LIKELY(slot != IOM_SLOT_SHARED))
		__atomic_store_n(cell, __atomic_load_n(cell, __ATOMIC_RELAXED) + 1,
				 __ATOMIC_RELEASE);
	else
		__atomic_fetch_add(cell, 1, __ATOMIC_RELEASE);
#endif
}

/* What was counted is seen before anything that follows is read. */
static inline void publish(void)
{
#ifndef IOM_FLIGHT_TSAN
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

/* The thread's counts are looked at from now on. */
static inline void join(iom_flight *f, unsigned slot)
{
	uint64_t bit = UINT64_C(1) << slot;

	if (G_UNLIKELY(!(__atomic_load_n(&f->slots, __ATOMIC_RELAXED) & bit)))
		__atomic_fetch_or(&f->slots, bit, __ATOMIC_SEQ_CST);
}

/* The first hold of the thread: those who complete something may think that there is none. */
static __attribute__((noinline)) void begin_holding(iom_iommu *iommu, unsigned slot)
{
	iom_flight *f = iommu->flight;

	join(f, slot);
	iom_iommu_pass(iommu);
	/* Others may share the slot. */
	__atomic_fetch_or(&f->joined, UINT64_C(1) << slot, __ATOMIC_SEQ_CST);
}

/* A hold with a fence; and perhaps enough of them. */
static __attribute__((noinline)) void hold_fenced(iom_iommu *iommu, unsigned slot)
{
	iom_flight *f = iommu->flight;
	iom_flight_cell *cell = &f->cell[slot];
	uint64_t epoch;

	if (G_UNLIKELY(!(__atomic_load_n(&f->joined, __ATOMIC_ACQUIRE) >> slot & 1)))
		begin_holding(iommu, slot);
	publish();
	if (slot == IOM_SLOT_SHARED)
		return;
	epoch = __atomic_load_n(&f->epoch, __ATOMIC_ACQUIRE);
	if (cell->fenced != epoch) {
		cell->fenced = epoch;
		cell->fences = 0;
	}
	if (++cell->fences < FENCES)
		return;
	cell->fences = 0;
	if (!__atomic_load_n(&f->everywhere, __ATOMIC_RELAXED)) {
		if (!iom_fence_everywhere_ready())
			return;
		__atomic_store_n(&f->everywhere, true, __ATOMIC_SEQ_CST);
	}
	/* Should the epoch have ended before this is seen, the announcement is void. */
	__atomic_fetch_or(&f->unfenced, UINT64_C(1) << slot, __ATOMIC_SEQ_CST);
	publish();
	cell->announced = epoch;
}

void iom_iommu_hold(iom_iommu *iommu, iom_hold *hold)
{
	iom_flight *f = iommu->flight;
	unsigned slot = iom_thread_slot();
	iom_flight_cell *cell = &f->cell[slot];

	hold->iommu = iommu;
	hold->turn = __atomic_load_n(&f->turn, __ATOMIC_ACQUIRE) & 1;
	count(&cell->taken[hold->turn], slot);
	/* In this order for the compiler; for other threads, see flight.h. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (G_UNLIKELY(__atomic_load_n(&f->epoch, __ATOMIC_ACQUIRE) != cell->announced))
		hold_fenced(iommu, slot);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

void iom_hold_release(iom_hold *hold)
{
	iom_iommu *iommu = hold->iommu;
	iom_flight *f;
	unsigned slot = iom_thread_slot();

	if (!iommu)
		return;
	hold->iommu = NULL;
	f = iommu->flight;
	/* It may be another thread than the one that took it. */
	join(f, slot);
	count(&f->cell[slot].released[hold->turn], slot);
	/* Who waits makes a fence everywhere, if there is such a thing, before he counts. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (G_UNLIKELY(!__atomic_load_n(&f->everywhere, __ATOMIC_ACQUIRE)))
		publish();
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

/*
 * After this, with the model's lock held: whoever is not counted as holding sees what
 * was done before, and whoever has not seen what was done before when he releases is
 * counted as releasing.
 */
static void make_visible(iom_flight *f)
{
	IOM_FLIGHT_FENCE(f);
	if (!__atomic_load_n(&f->everywhere, __ATOMIC_SEQ_CST))
		return;
	__atomic_store_n(&f->unfenced, 0, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&f->epoch, 1, __ATOMIC_SEQ_CST);
	if (G_LIKELY(iom_fence_everywhere()))
		return;
	/*
	 * It was there before, so somebody has forbidden it since: fences from now on.
	 * No store waits in a processor for as long as this until others see it.
	 */
	__atomic_store_n(&f->everywhere, false, __ATOMIC_SEQ_CST);
	g_usleep(10000);
}

bool iom_flight_landed(iom_iommu *iommu, uint64_t *ticket)
{
	iom_flight *f = iommu->flight;
	uint64_t turn = f->turn;

	if (!*ticket) {
		if (G_LIKELY(iom_flight_none(f)))
			return true;
		/* Whoever is not seen holding from here on sees the invalidation. */
		IOM_FLIGHT_FENCE(f);
		/* Before the counts: who has announced nothing has made a fence. */
		if (!__atomic_load_n(&f->unfenced, __ATOMIC_SEQ_CST) && !in_flight(f, 0) &&
		    !in_flight(f, 1))
			return true;
		*ticket = turn + 2;
		if (f->wanted < *ticket)
			__atomic_store_n(&f->wanted, *ticket, __ATOMIC_SEQ_CST);
		make_visible(f);
	}
	/* Without holds under the turn before, new ones may go there. */
	while (turn != f->wanted && !in_flight(f, (turn + 1) & 1))
		__atomic_store_n(&f->turn, ++turn, __ATOMIC_SEQ_CST);
	if (turn < *ticket)
		return false;
	*ticket = 0;
	return true;
}
