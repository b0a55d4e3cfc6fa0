/* SPDX-License-Identifier: MIT */
/*
 * Asking what a translation would be, for those who are no device. The model answers
 * as it answers a prefetch, which records and marks nothing; afterwards this thread's
 * counters are put back to where they were.
 */
#include "core/ahead.h"
#include "core/iommu-private.h"

#include <string.h>

void iom_iommu_inspect(iom_iommu *iommu, const iom_request *request, iom_result *result)
{
	unsigned slot = iom_thread_slot();
	uint64_t *cells = iommu->counters->shard[slot].value, before[IOM_N_STATS];
	iom_request r = *request;
	iom_figures figures;

	r.flags |= IOM_REQ_SPECULATIVE | IOM_REQ_INSPECT;
	memcpy(before, cells, sizeof(before));
	iom_figures_keep(iommu, &figures);
	iom_result_clear(result);
	iom_cache_owner_ = (iom_cache_owner){ r.requester, r.pasid, false, false };
	iommu->ops->translate(iommu, &r, result);
	iom_figures_restore(iommu, &figures);
	/* Cells that threads share cannot be put back without losing what others count. */
	for (unsigned i = 0; slot != IOM_SLOT_SHARED && i < IOM_N_STATS; i++)
		__atomic_store_n(&cells[i], before[i], __ATOMIC_RELAXED);
}
