/* SPDX-License-Identifier: MIT */
/* Translation table descriptors, for printing (Arm ARM D8.3). */
#ifndef IOM_SMMU_LAYOUTS_DESCRIPTORS_H
#define IOM_SMMU_LAYOUTS_DESCRIPTORS_H

#include "core/layout.h"

#define SMMU_TABLE_DESC_FIELDS(F, PX) \
	F(PX, Type, 0, 2, 0, USE, "3=table 1=block 0,2=invalid") \
	F(PX, AF, 10, 1, 0, USE, "access flag of the table") \
	F(PX, NLTA, 12, 36, 12, USE, "next table") \
	F(PX, PXNTable, 59, 1, 0, USE, "privileged execute never below") \
	F(PX, UXNTable, 60, 1, 0, USE, "unprivileged execute never below") \
	F(PX, APTable, 61, 2, 0, USE, "1=no unprivileged 2=no writes below") \
	F(PX, NSTable, 63, 1, 0, USE, "Non-secure below")
IOM_DECLARE_LAYOUT(smmu_table_desc, SMMU_TABLE_DESC_FIELDS)

#define SMMU_S1_LEAF_FIELDS(F, PX) \
	F(PX, Type, 0, 2, 0, USE, "1=block 3=page") \
	F(PX, AttrIndx, 2, 3, 0, USE, "byte of MAIR") \
	F(PX, NS, 5, 1, 0, USE, "Non-secure output") \
	F(PX, AP, 6, 2, 0, USE, "bit 0 unprivileged, bit 1 read-only") \
	F(PX, SH, 8, 2, 0, USE, "shareability") \
	F(PX, AF, 10, 1, 0, USE, "access flag") \
	F(PX, nG, 11, 1, 0, USE, "not global") \
	F(PX, OA, 12, 36, 12, USE, "output address") \
	F(PX, DBM, 51, 1, 0, USE, "dirty bit modifier") \
	F(PX, Contiguous, 52, 1, 0, USE, "one of a contiguous group") \
	F(PX, PXN, 53, 1, 0, USE, "privileged execute never") \
	F(PX, UXN, 54, 1, 0, USE, "unprivileged execute never")
IOM_DECLARE_LAYOUT(smmu_s1_leaf, SMMU_S1_LEAF_FIELDS)

#define SMMU_S2_LEAF_FIELDS(F, PX) \
	F(PX, Type, 0, 2, 0, USE, "1=block 3=page") \
	F(PX, MemAttr, 2, 4, 0, USE, "memory type") \
	F(PX, S2AP, 6, 2, 0, USE, "bit 0 read, bit 1 write") \
	F(PX, SH, 8, 2, 0, USE, "shareability") \
	F(PX, AF, 10, 1, 0, USE, "access flag") \
	F(PX, OA, 12, 36, 12, USE, "output address") \
	F(PX, DBM, 51, 1, 0, USE, "dirty bit modifier") \
	F(PX, Contiguous, 52, 1, 0, USE, "one of a contiguous group") \
	F(PX, XN, 53, 2, 0, USE, "0=none 1=privileged 2=all 3=unprivileged never") \
	F(PX, NS, 55, 1, 0, USE, "Non-secure output (Realm)")
IOM_DECLARE_LAYOUT(smmu_s2_leaf, SMMU_S2_LEAF_FIELDS)

#endif
