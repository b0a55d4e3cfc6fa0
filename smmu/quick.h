/* SPDX-License-Identifier: MIT */
/* Walks in which nothing is out of the ordinary; see quick.c. */
#ifndef IOM_SMMU_QUICK_H
#define IOM_SMMU_QUICK_H

#include "core/front.h"
#include "smmu/walk.h"

/* What a thread remembers of a stream, in the contexts of its front. */
struct smmu_quick {
	struct smmu_hot hot;
	struct smmu_context context;
	bool half[2]; /* walks of this half may be quick */
	iom_cache *tables, *stage2; /* walk cache and stage 2 cache, NULL when off */
	uint64_t refused[2]; /* address bits that may not be set, by stage */
	uint64_t width[2]; /* address bits translated, by half */
	uint8_t limits[2]; /* 15 where tables limit permissions, by half */
	/* what the last leaf meant: its bits beside the address, and what they are */
	uint64_t s1_flags, s2_flags, s1_limits;
	struct smmu_s1_out s1_leaf;
	struct smmu_s2_out s2_leaf;
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
bool smmu_quick_walk(smmu *s, const iom_request *request, iom_front *front, struct smmu_quick *q,
		     uint64_t generation, bool privileged, unsigned need, iom_result *result);

#endif
