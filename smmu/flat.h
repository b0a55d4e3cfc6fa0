/* SPDX-License-Identifier: MIT */
/* What pages of stage 2 are like, as the flattened stage 2 has it; core/flat.h. */
#ifndef IOM_SMMU_FLAT_H
#define IOM_SMMU_FLAT_H

#include "core/flat.h"
#include "smmu/walk.h"

/* The smaller fields of an answer of stage 2. */
static inline uint64_t smmu_flat_pack(const struct smmu_s2_out *out)
{
	return (uint64_t)out->memattr << 8 | (uint64_t)out->perm[0] << 52 |
	       (uint64_t)out->perm[1] << 55 | (uint64_t)out->sh << 58 | (uint64_t)out->ns << 60 |
	       (uint64_t)out->mostly_ro << 61 | UINT64_C(1) << 62;
}

static inline void smmu_flat_unpack(uint64_t page, struct smmu_s2_out *out)
{
	out->memattr = page >> 8 & 15;
	out->perm[0] = page >> 52 & 7;
	out->perm[1] = page >> 55 & 7;
	out->sh = page >> 58 & 3;
	out->ns = page >> 60 & 1;
	out->mostly_ro = page >> 61 & 1;
}

/* What does not depend on the privilege of who reads. */
static inline bool smmu_flat_same_read(uint64_t page)
{
	return !((page >> 52 ^ page >> 55) & IOM_READ);
}

#endif
