/* SPDX-License-Identifier: MIT */
/*
 * Root, context and PASID structures and host permission tables (chapter 9).
 * Addresses are given up to bit 51; bits from the host address width on are
 * checked by the walks, which know that width.
 */
#ifndef IOM_VTD_LAYOUTS_ENTRIES_H
#define IOM_VTD_LAYOUTS_ENTRIES_H

#include "core/layout.h"

/* One field a line. */
/* clang-format off */
#define VTD_ROOT_ENTRY_FIELDS(f, x) \
	f(x, P, 0, 1, 0, USE, "present") \
	f(x, RSVD_11_1, 1, 11, 0, RESERVED, "must be 0") \
	f(x, CTP, 12, 40, 12, USE, "context table base") \
	f(x, RSVD_CTP, 52, 12, 0, RESERVED, "must be 0") \
	f(x, RSVD_127_64, 64, 64, 0, RESERVED, "must be 0")
IOM_DECLARE_LAYOUT(vtd_root_entry, VTD_ROOT_ENTRY_FIELDS)

#define VTD_SM_ROOT_ENTRY_FIELDS(f, x) \
	f(x, LP, 0, 1, 0, USE, "lower half present") \
	f(x, RSVD_11_1, 1, 11, 0, RESERVED, "must be 0") \
	f(x, LCTP, 12, 40, 12, USE, "lower scalable context table base, devfn") \
	f(x, RSVD_LCTP, 52, 12, 0, RESERVED, "must be 0") \
	f(x, UP, 64, 1, 0, USE, "upper half present") \
	f(x, RSVD_75_65, 65, 11, 0, RESERVED, "must be 0") \
	f(x, UCTP, 76, 40, 12, USE, "upper scalable context table base, devfn") \
	f(x, RSVD_UCTP, 116, 12, 0, RESERVED, "must be 0")
IOM_DECLARE_LAYOUT(vtd_sm_root_entry, VTD_SM_ROOT_ENTRY_FIELDS)

#define VTD_CONTEXT_ENTRY_FIELDS(f, x) \
	f(x, P, 0, 1, 0, USE, "present") \
	f(x, FPD, 1, 1, 0, USE, "suppress reporting of qualified faults") \
	f(x, TT, 2, 2, 0, USE, "00 second-stage, ATS blocked") \
	f(x, RSVD_11_4, 4, 8, 0, RESERVED, "must be 0") \
	f(x, SSPTPTR, 12, 40, 12, USE, "second-stage table base") \
	f(x, RSVD_SSPTPTR, 52, 12, 0, RESERVED, "must be 0") \
	f(x, AW, 64, 3, 0, USE, "AGAW: 001 39-bit,010 48-bit,011 57-bit") \
	f(x, IGN_70_67, 67, 4, 0, IGNORED, "ignored") \
	f(x, RSVD_71, 71, 1, 0, RESERVED, "must be 0") \
	f(x, DID, 72, 16, 0, USE, "domain id") \
	f(x, RSVD_127_88, 88, 40, 0, RESERVED, "must be 0")
IOM_DECLARE_LAYOUT(vtd_context_entry, VTD_CONTEXT_ENTRY_FIELDS)

#define VTD_SM_CONTEXT_ENTRY_FIELDS(f, x) \
	f(x, P, 0, 1, 0, USE, "present") \
	f(x, FPD, 1, 1, 0, USE, "suppress reporting of qualified faults") \
	f(x, DTE, 2, 1, 0, USE, "translation and translated requests allowed") \
	f(x, PASIDE, 3, 1, 0, USE, "requests with PASID allowed") \
	f(x, PRE, 4, 1, 0, USE, "page requests allowed (needs DTE=1)") \
	f(x, HPTE, 5, 1, 0, USE, "host permission table check for translated") \
	f(x, EPTR, 6, 1, 0, USE, "translated requests with PASID allowed") \
	f(x, RSVD_8_7, 7, 2, 0, RESERVED, "must be 0") \
	f(x, PDTS, 9, 3, 0, USE, "directory has 2^(PDTS+7) entries, so PASID") \
	f(x, PASIDDIRPTR, 12, 40, 12, USE, "PASID directory base") \
	f(x, RSVD_PASIDDIRPTR, 52, 12, 0, RESERVED, "must be 0") \
	f(x, RID_PASID, 64, 20, 0, USE, "PASID used for requests without PASID") \
	f(x, RID_PRIV, 84, 1, 0, USE, "privilege used for requests without PASID") \
	f(x, RSVD_127_85, 85, 43, 0, RESERVED, "must be 0") \
	f(x, RSVD_191_128, 128, 64, 0, RESERVED, "must be 0") \
	f(x, RSVD_255_192, 192, 64, 0, RESERVED, "must be 0")
IOM_DECLARE_LAYOUT(vtd_sm_context_entry, VTD_SM_CONTEXT_ENTRY_FIELDS)

#define VTD_PASID_DIR_ENTRY_FIELDS(f, x) \
	f(x, P, 0, 1, 0, USE, "present") \
	f(x, FPD, 1, 1, 0, USE, "suppress reporting") \
	f(x, RSVD_11_2, 2, 10, 0, RESERVED, "must be 0") \
	f(x, SMPTBLPTR, 12, 40, 12, USE, "PASID table base") \
	f(x, RSVD_SMPTBLPTR, 52, 12, 0, RESERVED, "must be 0")
IOM_DECLARE_LAYOUT(vtd_pasid_dir_entry, VTD_PASID_DIR_ENTRY_FIELDS)

#define VTD_PASID_TABLE_ENTRY_FIELDS(f, x) \
	f(x, P, 0, 1, 0, USE, "present") \
	f(x, FPD, 1, 1, 0, USE, "suppress reporting") \
	f(x, AW, 2, 3, 0, USE, "AGAW for second stage: 001 39,010 48,011 57") \
	f(x, RSVD_5, 5, 1, 0, RESERVED, "must be 0") \
	f(x, PGTT, 6, 3, 0, USE, "001 first-stage,010 second-stage,011") \
	f(x, SSADE, 9, 1, 0, USE, "second-stage A/D enable") \
	f(x, RSVD_11_10, 10, 2, 0, RESERVED, "must be 0") \
	f(x, SSPTPTR, 12, 40, 12, USE, "second-stage table base") \
	f(x, RSVD_SSPTPTR, 52, 12, 0, RESERVED, "must be 0 in every PGTT") \
	f(x, DID, 64, 16, 0, USE, "domain id") \
	f(x, RSVD_86_80, 80, 7, 0, RESERVED, "must be 0") \
	f(x, PWSNP, 87, 1, 0, USE, "paging-structure (FS/SS/HPT) accesses snoop") \
	f(x, PGSNP, 88, 1, 0, USE, "final page access always snoops") \
	f(x, CD, 89, 1, 0, USE, "force UC") \
	f(x, EMTE, 90, 1, 0, USE, "use EMT/IPAT of second-stage leaf") \
	f(x, RSVD_95_91, 91, 5, 0, RESERVED, "must be 0") \
	f(x, PAT, 96, 32, 0, USE, "eight 4-bit memory type slots PA0") \
	f(x, SRE, 128, 1, 0, USE, "supervisor requests allowed") \
	f(x, RSVD_129, 129, 1, 0, RESERVED, "must be 0") \
	f(x, FSPM, 130, 2, 0, USE, "first-stage mode: 00 4-level, 01 5-level") \
	f(x, WPE, 132, 1, 0, USE, "write protect for supervisor requests") \
	f(x, IGN_134_133, 133, 2, 0, IGNORED, "ignored") \
	f(x, EAFE, 135, 1, 0, USE, "set EA bit in first-stage entries") \
	f(x, RSVD_139_136, 136, 4, 0, RESERVED, "must be 0") \
	f(x, FSPTPTR, 140, 40, 12, USE, "first-stage table base") \
	f(x, RSVD_FSPTPTR, 180, 12, 0, RESERVED, "must be 0") \
	f(x, RSVD_255_192, 192, 64, 0, RESERVED, "must be 0") \
	f(x, HPTSZ, 256, 2, 0, USE, "HPT root size: 0 4 KiB (addr < 2^49), 1 8 KiB") \
	f(x, HPTPFD, 258, 1, 0, USE, "HPT prefetch disable") \
	f(x, RSVD_267_259, 259, 9, 0, RESERVED, "must be 0") \
	f(x, HPTPTR, 268, 40, 12, USE, "HPT root") \
	f(x, RSVD_319_308, 308, 12, 0, RESERVED, "must be 0") \
	f(x, HPTDID, 320, 16, 0, USE, "HPT domain id (bits above ND width reserved)") \
	f(x, RSVD_383_336, 336, 48, 0, RESERVED, "must be 0") \
	f(x, RSVD_447_384, 384, 64, 0, RESERVED, "must be 0") \
	f(x, RSVD_511_448, 448, 64, 0, RESERVED, "must be 0")
IOM_DECLARE_LAYOUT(vtd_pasid_table_entry, VTD_PASID_TABLE_ENTRY_FIELDS)

#define VTD_HPTL4E_FIELDS(f, x) \
	f(x, RSVD_63_0, 0, 64, 0, RESERVED, "must be 0") \
	f(x, AV, 64, 1, 0, USE, "ADDR valid") \
	f(x, RSVD_75_65, 65, 11, 0, RESERVED, "must be 0") \
	f(x, ADDR, 76, 40, 12, USE, "next HPT table base") \
	f(x, IGN_127_116, 116, 12, 0, IGNORED, "ignored")
IOM_DECLARE_LAYOUT(vtd_hptl4e, VTD_HPTL4E_FIELDS)

#define VTD_HPTL3E_FIELDS(f, x) \
	f(x, PP0, 0, 4, 0, USE, "permission of sub-region 0: bit0 R, bit1 W") \
	f(x, PP1, 4, 4, 0, USE, "permission of sub-region 1: bit0 R, bit1 W") \
	f(x, PP2, 8, 4, 0, USE, "permission of sub-region 2: bit0 R, bit1 W") \
	f(x, PP3, 12, 4, 0, USE, "permission of sub-region 3: bit0 R, bit1 W") \
	f(x, PP4, 16, 4, 0, USE, "permission of sub-region 4: bit0 R, bit1 W") \
	f(x, PP5, 20, 4, 0, USE, "permission of sub-region 5: bit0 R, bit1 W") \
	f(x, PP6, 24, 4, 0, USE, "permission of sub-region 6: bit0 R, bit1 W") \
	f(x, PP7, 28, 4, 0, USE, "permission of sub-region 7: bit0 R, bit1 W") \
	f(x, RSVD_63_32, 32, 32, 0, RESERVED, "must be 0") \
	f(x, AV, 64, 1, 0, USE, "ADDR valid") \
	f(x, RSVD_75_65, 65, 11, 0, RESERVED, "must be 0") \
	f(x, ADDR, 76, 40, 12, USE, "next HPT table base") \
	f(x, IGN_127_116, 116, 12, 0, IGNORED, "ignored")
IOM_DECLARE_LAYOUT(vtd_hptl3e, VTD_HPTL3E_FIELDS)

#define VTD_HPTL2E_FIELDS(f, x) \
	f(x, PP0, 0, 4, 0, USE, "permission of sub-region 0: bit0 R, bit1 W") \
	f(x, PP1, 4, 4, 0, USE, "permission of sub-region 1: bit0 R, bit1 W") \
	f(x, PP2, 8, 4, 0, USE, "permission of sub-region 2: bit0 R, bit1 W") \
	f(x, PP3, 12, 4, 0, USE, "permission of sub-region 3: bit0 R, bit1 W") \
	f(x, PP4, 16, 4, 0, USE, "permission of sub-region 4: bit0 R, bit1 W") \
	f(x, PP5, 20, 4, 0, USE, "permission of sub-region 5: bit0 R, bit1 W") \
	f(x, PP6, 24, 4, 0, USE, "permission of sub-region 6: bit0 R, bit1 W") \
	f(x, PP7, 28, 4, 0, USE, "permission of sub-region 7: bit0 R, bit1 W") \
	f(x, PP8, 32, 4, 0, USE, "permission of sub-region 8: bit0 R, bit1 W") \
	f(x, PP9, 36, 4, 0, USE, "permission of sub-region 9: bit0 R, bit1 W") \
	f(x, PP10, 40, 4, 0, USE, "permission of sub-region 10: bit0 R, bit1 W") \
	f(x, PP11, 44, 4, 0, USE, "permission of sub-region 11: bit0 R, bit1 W") \
	f(x, PP12, 48, 4, 0, USE, "permission of sub-region 12: bit0 R, bit1 W") \
	f(x, PP13, 52, 4, 0, USE, "permission of sub-region 13: bit0 R, bit1 W") \
	f(x, PP14, 56, 4, 0, USE, "permission of sub-region 14: bit0 R, bit1 W") \
	f(x, PP15, 60, 4, 0, USE, "permission of sub-region 15: bit0 R, bit1 W") \
	f(x, AV, 64, 1, 0, USE, "ADDR valid") \
	f(x, RSVD_75_65, 65, 11, 0, RESERVED, "must be 0") \
	f(x, ADDR, 76, 40, 12, USE, "next HPT table base") \
	f(x, IGN_127_116, 116, 12, 0, IGNORED, "ignored")
IOM_DECLARE_LAYOUT(vtd_hptl2e, VTD_HPTL2E_FIELDS)

#define VTD_HPTL1E_FIELDS(f, x) \
	f(x, PP0, 0, 4, 0, USE, "permission of sub-region 0: bit0 R, bit1 W") \
	f(x, PP1, 4, 4, 0, USE, "permission of sub-region 1: bit0 R, bit1 W") \
	f(x, PP2, 8, 4, 0, USE, "permission of sub-region 2: bit0 R, bit1 W") \
	f(x, PP3, 12, 4, 0, USE, "permission of sub-region 3: bit0 R, bit1 W") \
	f(x, PP4, 16, 4, 0, USE, "permission of sub-region 4: bit0 R, bit1 W") \
	f(x, PP5, 20, 4, 0, USE, "permission of sub-region 5: bit0 R, bit1 W") \
	f(x, PP6, 24, 4, 0, USE, "permission of sub-region 6: bit0 R, bit1 W") \
	f(x, PP7, 28, 4, 0, USE, "permission of sub-region 7: bit0 R, bit1 W") \
	f(x, PP8, 32, 4, 0, USE, "permission of sub-region 8: bit0 R, bit1 W") \
	f(x, PP9, 36, 4, 0, USE, "permission of sub-region 9: bit0 R, bit1 W") \
	f(x, PP10, 40, 4, 0, USE, "permission of sub-region 10: bit0 R, bit1 W") \
	f(x, PP11, 44, 4, 0, USE, "permission of sub-region 11: bit0 R, bit1 W") \
	f(x, PP12, 48, 4, 0, USE, "permission of sub-region 12: bit0 R, bit1 W") \
	f(x, PP13, 52, 4, 0, USE, "permission of sub-region 13: bit0 R, bit1 W") \
	f(x, PP14, 56, 4, 0, USE, "permission of sub-region 14: bit0 R, bit1 W") \
	f(x, PP15, 60, 4, 0, USE, "permission of sub-region 15: bit0 R, bit1 W") \
	f(x, PP16, 64, 4, 0, USE, "permission of sub-region 16: bit0 R, bit1 W") \
	f(x, PP17, 68, 4, 0, USE, "permission of sub-region 17: bit0 R, bit1 W") \
	f(x, PP18, 72, 4, 0, USE, "permission of sub-region 18: bit0 R, bit1 W") \
	f(x, PP19, 76, 4, 0, USE, "permission of sub-region 19: bit0 R, bit1 W") \
	f(x, PP20, 80, 4, 0, USE, "permission of sub-region 20: bit0 R, bit1 W") \
	f(x, PP21, 84, 4, 0, USE, "permission of sub-region 21: bit0 R, bit1 W") \
	f(x, PP22, 88, 4, 0, USE, "permission of sub-region 22: bit0 R, bit1 W") \
	f(x, PP23, 92, 4, 0, USE, "permission of sub-region 23: bit0 R, bit1 W") \
	f(x, PP24, 96, 4, 0, USE, "permission of sub-region 24: bit0 R, bit1 W") \
	f(x, PP25, 100, 4, 0, USE, "permission of sub-region 25: bit0 R, bit1 W") \
	f(x, PP26, 104, 4, 0, USE, "permission of sub-region 26: bit0 R, bit1 W") \
	f(x, PP27, 108, 4, 0, USE, "permission of sub-region 27: bit0 R, bit1 W") \
	f(x, PP28, 112, 4, 0, USE, "permission of sub-region 28: bit0 R, bit1 W") \
	f(x, PP29, 116, 4, 0, USE, "permission of sub-region 29: bit0 R, bit1 W") \
	f(x, PP30, 120, 4, 0, USE, "permission of sub-region 30: bit0 R, bit1 W") \
	f(x, PP31, 124, 4, 0, USE, "permission of sub-region 31: bit0 R, bit1 W")
IOM_DECLARE_LAYOUT(vtd_hptl1e, VTD_HPTL1E_FIELDS)

/* clang-format on */
#endif
