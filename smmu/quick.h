/* SPDX-License-Identifier: MIT */
/* Walks in which nothing is out of the ordinary; see quick.c. */
#ifndef IOM_SMMU_QUICK_H
#define IOM_SMMU_QUICK_H

#include "smmu/walk.h"

/* What a thread remembers of a stream, in the contexts of its front. */
struct smmu_quick {
	struct smmu_hot hot;
	struct smmu_context context;
	bool half[2]; /* walks of this half may be quick */
	/* the type that this page type became last time */
	bool type_known;
	uint8_t memtype, shareability, hints;
	uint32_t type_of;
};

void smmu_quick_init(const smmu *s, struct smmu_quick *q);
/*
 * Answer a request that the IOTLB does not. `generation` was read before the
 * context was found. False: nothing was decided.
 */
bool smmu_quick_walk(smmu *s, const iom_request *request, struct smmu_quick *q, uint64_t generation,
		     bool privileged, unsigned need, iom_result *result);

#endif
