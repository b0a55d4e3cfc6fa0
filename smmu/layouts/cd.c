/* SPDX-License-Identifier: MIT */
#include "smmu/layouts/cd.h"

IOM_DEFINE_LAYOUT(smmu_cd, "CD", 512, "5.4 Context Descriptor", SMMU_CD_FIELDS)
IOM_DEFINE_LAYOUT(smmu_l1cd, "L1CD", 64, "5.3 Level 1 Context Descriptor", SMMU_L1CD_FIELDS)
