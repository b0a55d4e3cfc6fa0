/* SPDX-License-Identifier: MIT */
/*
 * Context descriptors (5.3 Level 1 Context Descriptor, 5.4 Context Descriptor).
 */
#ifndef IOM_SMMU_LAYOUTS_CD_H
#define IOM_SMMU_LAYOUTS_CD_H

#include "core/layout.h"

#define SMMU_CD_FIELDS(F, PX) \
	F(PX, T0SZ, 0, 6, 0, USE, "TTB0 region size = 2^(64-T0SZ)") \
	F(PX, TG0, 6, 2, 0, USE, "TTB0 granule") \
	F(PX, IR0, 8, 2, 0, USE, "TTB0 walk inner cacheability") \
	F(PX, OR0, 10, 2, 0, USE, "TTB0 walk outer cacheability") \
	F(PX, SH0, 12, 2, 0, USE, "TTB0 walk shareability; also page") \
	F(PX, EPD0, 14, 1, 0, USE, "Disable TTB0 walks") \
	F(PX, ENDI, 15, 1, 0, USE, "Table endianness") \
	F(PX, T1SZ, 16, 6, 0, USE, "TTB1 region size") \
	F(PX, TG1, 22, 2, 0, USE, "TTB1 granule") \
	F(PX, IR1, 24, 2, 0, USE, "TTB1 walk inner cacheability") \
	F(PX, OR1, 26, 2, 0, USE, "TTB1 walk outer cacheability") \
	F(PX, SH1, 28, 2, 0, USE, "TTB1 walk shareability") \
	F(PX, EPD1, 30, 1, 0, USE, "Disable TTB1 walks") \
	F(PX, V, 31, 1, 0, USE, "CD valid") \
	F(PX, IPS, 32, 3, 0, USE, "Stage-1 output size") \
	F(PX, AFFD, 35, 1, 0, USE, "Access flag fault disable") \
	F(PX, WXN, 36, 1, 0, USE, "Writable implies execute-never") \
	F(PX, UWXN, 37, 1, 0, USE, "User-writable implies privileged") \
	F(PX, TBI0, 38, 1, 0, USE, "Top byte ignore for TTB0 half") \
	F(PX, TBI1, 39, 1, 0, USE, "Top byte ignore for TTB1 half") \
	F(PX, PAN, 40, 1, 0, USE, "Privileged access never") \
	F(PX, AA64, 41, 1, 0, USE, "Table format") \
	F(PX, HD, 42, 1, 0, USE, "Dirty state update enable") \
	F(PX, HA, 43, 1, 0, USE, "Access flag update enable") \
	F(PX, S, 44, 1, 0, USE, "Stage-1 fault: stall") \
	F(PX, R, 45, 1, 0, USE, "Stage-1 fault: record") \
	F(PX, A, 46, 1, 0, USE, "Stage-1 fault: abort") \
	F(PX, ASET, 47, 1, 0, USE, "ASID set") \
	F(PX, ASID, 48, 16, 0, USE, "ASID tag") \
	F(PX, NSCFG0, 64, 1, 0, USE, "NS of the first TTB0 level fetch") \
	F(PX, HAD0, 65, 1, 0, USE, "Ignore APTable/XNTable/PXNTable in TTB0") \
	F(PX, E0PD0, 66, 1, 0, USE, "Unprivileged access to TTB0 half faults") \
	F(PX, HAFT, 67, 1, 0, USE, "AF update in Table descriptors") \
	F(PX, TTB0, 68, 52, 4, USE, "TTB0 base [55:4] (bit 72 = address bit 8)") \
	F(PX, RES0_120, 120, 2, 0, RESERVED, "Reserved") \
	F(PX, PnCH, 122, 1, 0, USE, "Protected attribute replaces Contiguous") \
	F(PX, EPAN, 123, 1, 0, USE, "Enhanced PAN") \
	F(PX, HWU059, 124, 1, 0, USE, "Descriptor bit 59 use, TTB0") \
	F(PX, HWU060, 125, 1, 0, USE, "bit 60") \
	F(PX, HWU061, 126, 1, 0, USE, "bits 62,61") \
	F(PX, HWU062, 127, 1, 0, USE, "bits 62,61") \
	F(PX, NSCFG1, 128, 1, 0, USE, "NS of the first TTB1 level fetch") \
	F(PX, HAD1, 129, 1, 0, USE, "As HAD0 for TTB1") \
	F(PX, E0PD1, 130, 1, 0, USE, "Unprivileged access to TTB1 half faults") \
	F(PX, AIE, 131, 1, 0, USE, "Attribute index extension") \
	F(PX, TTB1, 132, 52, 4, USE, "TTB1 base [55:4]") \
	F(PX, RES0_184, 184, 2, 0, RESERVED, "Reserved") \
	F(PX, DS, 186, 1, 0, USE, "52-bit addresses with 4KB/16KB granules") \
	F(PX, PIE, 187, 1, 0, USE, "Stage-1 permission indirection") \
	F(PX, HWU159, 188, 1, 0, USE, "bit 59, TTB1") \
	F(PX, HWU160, 189, 1, 0, USE, "bit 60") \
	F(PX, HWU161, 190, 1, 0, USE, "bits 62,61") \
	F(PX, HWU162, 191, 1, 0, USE, "bits 62,61") \
	F(PX, MAIR0, 192, 32, 0, USE, "Attr0..Attr3 (8 bits each, Attr0 lowest)") \
	F(PX, MAIR1, 224, 32, 0, USE, "Attr4..Attr7") \
	F(PX, AMAIR0, 256, 32, 0, USE, "Implementation-defined") \
	F(PX, AMAIR1, 288, 32, 0, USE, "Implementation-defined") \
	F(PX, IMPDEF_320, 320, 32, 0, IMPDEF, "Implementation-defined") \
	F(PX, PARTID, 352, 16, 0, USE, "Virtual ([4:0], nested) or physical (stage") \
	F(PX, PMG, 368, 8, 0, USE, "PMG") \
	F(PX, RES0_376, 376, 8, 0, RESERVED, "Reserved") \
	F(PX, PIIU0, 384, 3, 0, USE, "Unprivileged base permissions") \
	F(PX, PIIU1, 387, 3, 0, USE, "Unprivileged base permissions") \
	F(PX, PIIU2, 390, 3, 0, USE, "Unprivileged base permissions") \
	F(PX, PIIU3, 393, 3, 0, USE, "Unprivileged base permissions") \
	F(PX, PIIU4, 396, 3, 0, USE, "Unprivileged base permissions") \
	F(PX, PIIU5, 399, 3, 0, USE, "Unprivileged base permissions") \
	F(PX, PIIU6, 402, 3, 0, USE, "Unprivileged base permissions") \
	F(PX, PIIU7, 405, 3, 0, USE, "Unprivileged base permissions") \
	F(PX, PIIU8, 408, 3, 0, USE, "Unprivileged base permissions") \
	F(PX, PIIU9, 411, 3, 0, USE, "Unprivileged base permissions") \
	F(PX, PIIU10, 414, 3, 0, USE, "Unprivileged base permissions") \
	F(PX, PIIU11, 417, 3, 0, USE, "Unprivileged base permissions") \
	F(PX, PIIU12, 420, 3, 0, USE, "Unprivileged base permissions") \
	F(PX, PIIU13, 423, 3, 0, USE, "Unprivileged base permissions") \
	F(PX, PIIU14, 426, 3, 0, USE, "Unprivileged base permissions") \
	F(PX, PIIU15, 429, 3, 0, USE, "Unprivileged base permissions") \
	F(PX, RES0_432, 432, 16, 0, RESERVED, "Reserved") \
	F(PX, PIIP0, 448, 3, 0, USE, "Privileged base permissions") \
	F(PX, PIIP1, 451, 3, 0, USE, "Privileged base permissions") \
	F(PX, PIIP2, 454, 3, 0, USE, "Privileged base permissions") \
	F(PX, PIIP3, 457, 3, 0, USE, "Privileged base permissions") \
	F(PX, PIIP4, 460, 3, 0, USE, "Privileged base permissions") \
	F(PX, PIIP5, 463, 3, 0, USE, "Privileged base permissions") \
	F(PX, PIIP6, 466, 3, 0, USE, "Privileged base permissions") \
	F(PX, PIIP7, 469, 3, 0, USE, "Privileged base permissions") \
	F(PX, PIIP8, 472, 3, 0, USE, "Privileged base permissions") \
	F(PX, PIIP9, 475, 3, 0, USE, "Privileged base permissions") \
	F(PX, PIIP10, 478, 3, 0, USE, "Privileged base permissions") \
	F(PX, PIIP11, 481, 3, 0, USE, "Privileged base permissions") \
	F(PX, PIIP12, 484, 3, 0, USE, "Privileged base permissions") \
	F(PX, PIIP13, 487, 3, 0, USE, "Privileged base permissions") \
	F(PX, PIIP14, 490, 3, 0, USE, "Privileged base permissions") \
	F(PX, PIIP15, 493, 3, 0, USE, "Privileged base permissions") \
	F(PX, RES0_496, 496, 16, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_cd, SMMU_CD_FIELDS)

#define SMMU_L1CD_FIELDS(F, PX) \
	F(PX, V, 0, 1, 0, USE, "L2Ptr valid") \
	F(PX, RES0_1, 1, 11, 0, RESERVED, "Reserved") \
	F(PX, L2Ptr, 12, 44, 12, USE, "Leaf CD table address [55:12]") \
	F(PX, RES0_56, 56, 8, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_l1cd, SMMU_L1CD_FIELDS)

#endif
