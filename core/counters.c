/* SPDX-License-Identifier: MIT */
/*
 * Thread slots and the counters of a model.
 *
 * The only state outside an object is who holds which slot number: it is about
 * the threads of the process, not about any model.
 */
#include "core/counters.h"

#include "core/iommu-private.h"
#include "core/iommu.h"

#include <string.h>

__thread unsigned iom_thread_slot_ __attribute__((tls_model("initial-exec")));

static uint64_t slots_taken = UINT64_C(1) << IOM_SLOT_SHARED; /* a bit for each slot */
static __thread bool asked; /* this thread has asked for a slot, once is enough */

static void slot_leave(gpointer data)
{
	unsigned slot = GPOINTER_TO_UINT(data);

	/* What still counts while the thread is torn down goes to the shared slot. */
	iom_thread_slot_ = IOM_SLOT_SHARED;
	__atomic_fetch_and(&slots_taken, ~(UINT64_C(1) << slot), __ATOMIC_RELEASE);
}

static GPrivate slot_owner = G_PRIVATE_INIT(slot_leave);

unsigned iom_thread_slot_take(void)
{
	uint64_t taken = __atomic_load_n(&slots_taken, __ATOMIC_ACQUIRE);

	if (asked)
		return IOM_SLOT_SHARED;
	asked = true;
	while (taken != UINT64_MAX) {
		unsigned slot = (unsigned)__builtin_ctzll(~taken);

		if (!__atomic_compare_exchange_n(&slots_taken, &taken, taken | UINT64_C(1) << slot,
						 false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			continue;
		iom_thread_slot_ = slot;
		g_private_set(&slot_owner, GUINT_TO_POINTER(slot));
		return slot;
	}
	return IOM_SLOT_SHARED;
}

G_STATIC_ASSERT(IOM_SLOTS == 64);
G_STATIC_ASSERT(sizeof(iom_shard) % IOM_LINE == 0);

iom_counters *iom_counters_new(void)
{
	iom_counters *c = g_aligned_alloc0(1, sizeof(*c), IOM_LINE);

	pthread_mutex_init(&c->lock, NULL);
	return c;
}

void iom_counters_free(iom_counters *c)
{
	if (!c)
		return;
	pthread_mutex_destroy(&c->lock);
	g_aligned_free(c);
}

static void sum(const iom_counters *c, uint64_t *out)
{
	for (unsigned stat = 0; stat < IOM_N_STATS; stat++) {
		out[stat] = 0;
		for (unsigned s = 0; s < IOM_SLOTS; s++)
			out[stat] += __atomic_load_n(&c->shard[s].value[stat], __ATOMIC_RELAXED);
	}
}

void iom_counters_get(iom_counters *c, uint64_t *out)
{
	pthread_mutex_lock(&c->lock);
	sum(c, out);
	for (unsigned stat = 0; stat < IOM_N_STATS; stat++)
		out[stat] -= c->reset_at[stat];
	pthread_mutex_unlock(&c->lock);
}

/* Cells belong to their threads; a reset remembers where counting starts again. */
void iom_counters_reset(iom_counters *c)
{
	pthread_mutex_lock(&c->lock);
	sum(c, c->reset_at);
	pthread_mutex_unlock(&c->lock);
}

void iom_count_n(iom_iommu *iommu, iom_stat stat, uint64_t n)
{
	unsigned slot = iom_thread_slot();

	iom_bump(&iommu->counters->shard[slot].value[stat], slot, n);
}

void iom_count(iom_iommu *iommu, iom_stat stat)
{
	iom_count_n(iommu, stat, 1);
}

uint64_t *iom_count_cell(iom_iommu *iommu, iom_stat stat)
{
	unsigned slot = iom_thread_slot();

	return slot == IOM_SLOT_SHARED ? NULL : &iommu->counters->shard[slot].value[stat];
}
