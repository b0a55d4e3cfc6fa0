/* SPDX-License-Identifier: MIT */
/*
 * Fetching translations ahead, and whose request is under way.
 *
 * Requests that no front answers come by here when a cache has an option that
 * asks who inserts, or when translations are fetched ahead. A prefetch is a
 * speculative request of the same requester, which the model answers like any
 * other and whose answer nobody gets: no fault is recorded and no flag is set for
 * it, and what it leaves in the caches dies like everything else there.
 */
#ifndef IOM_CORE_AHEAD_H
#define IOM_CORE_AHEAD_H

#include "core/iommu.h"

/*
 * With IOM_REQ_SPECULATIVE in the flags of a request: its answer is kept, if that is
 * what the tables say without any flag being set, and counter groups do not see it.
 */
#define IOM_REQ_AHEAD (1u << 15)
/* The same without the answer being kept for its own sake: iom_iommu_inspect(). */
#define IOM_REQ_INSPECT (1u << 14)
/* What counter groups do not see. */
#define IOM_REQ_UNSEEN (IOM_REQ_AHEAD | IOM_REQ_INSPECT)

typedef struct iom_ahead iom_ahead;

/* Makes what the options of the caches need; called once they are there. */
void iom_iommu_has_caches(iom_iommu *iommu, iom_cache *const *caches, unsigned n,
			  const iom_cache_config *config);
void iom_ahead_free(iom_ahead *ahead);
/*
 * The caches' figures of this thread, as they were: what is looked up for a prefetch
 * is no access, and nor is what is looked up for somebody who only wants to know.
 */
typedef struct iom_figures {
	unsigned slot;
	unsigned n;
	uint64_t hits[IOM_N_CACHES];
	uint64_t misses[IOM_N_CACHES];
} iom_figures;

void iom_figures_keep(const iom_iommu *iommu, iom_figures *f);
void iom_figures_restore(const iom_iommu *iommu, const iom_figures *f);
/* The model's answer, on the requester's account and with what it entails. */
void iom_ahead_translate(iom_iommu *iommu, const iom_request *request, iom_result *result);
void iom_ahead_statistics(const iom_iommu *iommu, iom_statistics *out);
void iom_ahead_reset_statistics(iom_iommu *iommu);

#endif
