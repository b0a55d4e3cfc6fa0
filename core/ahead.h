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

typedef struct iom_ahead iom_ahead;

/* Makes what the options of the caches need; called once they are there. */
void iom_iommu_has_caches(iom_iommu *iommu, iom_cache *const *caches, unsigned n,
			  const iom_cache_config *config);
void iom_ahead_free(iom_ahead *ahead);
/* The model's answer, on the requester's account and with what it entails. */
void iom_ahead_translate(iom_iommu *iommu, const iom_request *request, iom_result *result);
void iom_ahead_statistics(const iom_iommu *iommu, iom_statistics *out);
void iom_ahead_reset_statistics(iom_iommu *iommu);

#endif
