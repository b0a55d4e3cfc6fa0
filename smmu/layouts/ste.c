/* SPDX-License-Identifier: MIT */
#include "smmu/layouts/ste.h"

IOM_DEFINE_LAYOUT(smmu_ste, "STE", 512, "5.2 Stream Table Entry", SMMU_STE_FIELDS)
IOM_DEFINE_LAYOUT(smmu_l1std, "L1STD", 64, "5.1 Level 1 Stream Table Descriptor", SMMU_L1STD_FIELDS)
