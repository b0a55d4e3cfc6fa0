/* SPDX-License-Identifier: MIT */
/*
 * Capability registers (section 11.4): what a unit has.
 */
#ifndef IOM_VTD_LAYOUTS_CAPS_H
#define IOM_VTD_LAYOUTS_CAPS_H

#include "core/layout.h"

/* One field a line. */
/* clang-format off */
#define VTD_VER_FIELDS(f, x) \
	f(x, MIN, 0, 4, 0, USE, "minor version") \
	f(x, MAX, 4, 4, 0, USE, "major version") \
	f(x, RSVD_31_8, 8, 24, 0, RESERVED, "reserved")
IOM_DECLARE_LAYOUT(vtd_ver, VTD_VER_FIELDS)

#define VTD_CAP_FIELDS(f, x) \
	f(x, ND, 0, 3, 0, USE, "domain-id width") \
	f(x, RSVD_3, 3, 1, 0, RESERVED, "reserved") \
	f(x, RWBF, 4, 1, 0, USE, "write buffer flush required") \
	f(x, PLMR, 5, 1, 0, USE, "protected low memory region") \
	f(x, PHMR, 6, 1, 0, USE, "protected high memory region") \
	f(x, CM, 7, 1, 0, USE, "caching mode") \
	f(x, SAGAW, 8, 5, 0, USE, "supported AGAWs") \
	f(x, RSVD_15_13, 13, 3, 0, RESERVED, "reserved") \
	f(x, MGAW, 16, 6, 0, USE, "maximum guest address width minus 1") \
	f(x, ZLR, 22, 1, 0, USE, "zero-length reads allowed on write-only pages") \
	f(x, DEP_23, 23, 1, 0, RESERVED, "deprecated (isochrony), must be 0") \
	f(x, FRO, 24, 10, 0, USE, "fault recording registers at base + 16*FRO") \
	f(x, SSLPS, 34, 4, 0, USE, "second-stage large pages") \
	f(x, RSVD_38, 38, 1, 0, RESERVED, "reserved") \
	f(x, PSI, 39, 1, 0, USE, "page-selective iotlb_inv_dsc/IOTLB_REG") \
	f(x, NFR, 40, 8, 0, USE, "number of fault recording registers minus 1") \
	f(x, MAMV, 48, 6, 0, USE, "largest AM accepted by IVA_REG and") \
	f(x, DWD, 54, 1, 0, USE, "write drain on IOTLB invalidation") \
	f(x, DRD, 55, 1, 0, USE, "read drain on IOTLB invalidation") \
	f(x, FS1GP, 56, 1, 0, USE, "first-stage 1 GiB pages") \
	f(x, RSVD_58_57, 57, 2, 0, RESERVED, "reserved") \
	f(x, PI, 59, 1, 0, USE, "posted interrupts") \
	f(x, FS5LP, 60, 1, 0, USE, "first-stage 5-level paging") \
	f(x, ECMDS, 61, 1, 0, USE, "enhanced command interface present") \
	f(x, ESIRTPS, 62, 1, 0, USE, "SIRTP (and IRE disable) also globally") \
	f(x, ESRTPS, 63, 1, 0, USE, "SRTP also globally invalidates all DMA")
IOM_DECLARE_LAYOUT(vtd_cap, VTD_CAP_FIELDS)

#define VTD_ECAP_FIELDS(f, x) \
	f(x, C, 0, 1, 0, USE, "coherent access to root/context/PASID/IRT and") \
	f(x, QI, 1, 1, 0, USE, "queued invalidation") \
	f(x, DT, 2, 1, 0, USE, "device-TLB (ATS)") \
	f(x, IR, 3, 1, 0, USE, "interrupt remapping") \
	f(x, EIM, 4, 1, 0, USE, "x2APIC 32-bit destination") \
	f(x, DEP_5, 5, 1, 0, RESERVED, "deprecated, 0") \
	f(x, PT, 6, 1, 0, USE, "pass-through (TT=10b / PGTT=100b)") \
	f(x, SC, 7, 1, 0, USE, "snoop control (SS SNP bit and PASID PGSNP)") \
	f(x, IRO, 8, 10, 0, USE, "IVA_REG at base + 16*IRO, IOTLB_REG 8 bytes") \
	f(x, RSVD_19_18, 18, 2, 0, RESERVED, "reserved") \
	f(x, MHMV, 20, 4, 0, USE, "largest IM in iec_inv_dsc") \
	f(x, DEP_24, 24, 1, 0, RESERVED, "deprecated extended mode (ECS), 0") \
	f(x, MTS, 25, 1, 0, USE, "memory types (PAT/EMT/MTRR registers)") \
	f(x, NEST, 26, 1, 0, USE, "nested translation (PGTT=011b)") \
	f(x, RSVD_27, 27, 1, 0, RESERVED, "reserved") \
	f(x, DEP_28, 28, 1, 0, RESERVED, "deprecated, 0") \
	f(x, PRS, 29, 1, 0, USE, "page requests") \
	f(x, ERS, 30, 1, 0, USE, "execute requests") \
	f(x, SRS, 31, 1, 0, USE, "supervisor requests") \
	f(x, RSVD_32, 32, 1, 0, RESERVED, "reserved") \
	f(x, NWFS, 33, 1, 0, USE, "no-write flag of translation requests honoured") \
	f(x, EAFS, 34, 1, 0, USE, "extended-accessed flag") \
	f(x, PSS, 35, 5, 0, USE, "PASID width minus 1") \
	f(x, PASID, 40, 1, 0, USE, "requests with PASID supported") \
	f(x, DIT, 41, 1, 0, USE, "device-TLB invalidation throttling") \
	f(x, PDS, 42, 1, 0, USE, "page-request drain flag in wait descriptor") \
	f(x, SMTS, 43, 1, 0, USE, "scalable mode") \
	f(x, VCS, 44, 1, 0, USE, "virtual command interface") \
	f(x, SSADS, 45, 1, 0, USE, "second-stage accessed/dirty bits") \
	f(x, SSTS, 46, 1, 0, USE, "second-stage translation (PGTT=010b)") \
	f(x, FSTS, 47, 1, 0, USE, "first-stage translation (PGTT=001b)") \
	f(x, SMPWCS, 48, 1, 0, USE, "scalable-mode page-walk coherency") \
	f(x, RPS, 49, 1, 0, USE, "RID_PASID supported") \
	f(x, TDXCS, 50, 1, 0, USE, "TDX Connect extensions") \
	f(x, PMS, 51, 1, 0, USE, "performance monitoring") \
	f(x, ADMS, 52, 1, 0, USE, "abort-DMA translation table mode (TTM=11b)") \
	f(x, RPRIVS, 53, 1, 0, USE, "RID_PRIV supported") \
	f(x, RSVD_54, 54, 1, 0, RESERVED, "reserved") \
	f(x, HPTS, 55, 1, 0, USE, "host permission tables") \
	f(x, PTRS, 56, 1, 0, USE, "PASID in translated requests") \
	f(x, SSIRWS, 57, 1, 0, USE, "second-stage I/O read/write bits (61/62)") \
	f(x, SMS, 58, 1, 0, USE, "stop marker message support") \
	f(x, HPT1GPS, 59, 1, 0, USE, "1 GiB pages in host permission tables") \
	f(x, RDTS, 60, 1, 0, USE, "RDT configuration register present") \
	f(x, EIMER, 61, 1, 0, USE, "only extended interrupt mode is supported") \
	f(x, IRREQ, 62, 1, 0, USE, "MSI received while interrupt remapping is") \
	f(x, RSVD_63, 63, 1, 0, RESERVED, "reserved")
IOM_DECLARE_LAYOUT(vtd_ecap, VTD_ECAP_FIELDS)

#define VTD_MTRRCAP_FIELDS(f, x) \
	f(x, VCNT, 0, 8, 0, USE, "variable range count") \
	f(x, FIX, 8, 1, 0, USE, "fixed ranges supported") \
	f(x, RSVD_9, 9, 1, 0, RESERVED, "reserved") \
	f(x, WC, 10, 1, 0, USE, "WC type supported") \
	f(x, RSVD_63_11, 11, 53, 0, RESERVED, "reserved")
IOM_DECLARE_LAYOUT(vtd_mtrrcap, VTD_MTRRCAP_FIELDS)

#define VTD_PERFCAP_FIELDS(f, x) \
	f(x, NCNTR, 0, 16, 0, USE, "counter count") \
	f(x, CW, 16, 7, 0, USE, "counter width") \
	f(x, RSVD_23, 23, 1, 0, RESERVED, "reserved") \
	f(x, EGCNT, 24, 5, 0, USE, "event group count") \
	f(x, RSVD_31_29, 29, 3, 0, RESERVED, "reserved") \
	f(x, RIDFS, 32, 1, 0, USE, "requester-id filter") \
	f(x, DIDFS, 33, 1, 0, USE, "domain filter") \
	f(x, PASIDFS, 34, 1, 0, USE, "PASID filter") \
	f(x, ATFS, 35, 1, 0, USE, "address-type filter") \
	f(x, PTLFS, 36, 1, 0, USE, "page-table-level filter") \
	f(x, RSVD_47_37, 37, 11, 0, RESERVED, "reserved") \
	f(x, CWE, 48, 1, 0, USE, "counters writable while enabled") \
	f(x, GFS, 49, 1, 0, USE, "global freeze on overflow") \
	f(x, IOS, 50, 1, 0, USE, "interrupt on overflow") \
	f(x, PCCS, 51, 1, 0, USE, "per-counter capability registers present") \
	f(x, CS, 52, 3, 0, USE, "counter stride 2^(CS+10) bytes") \
	f(x, RSVD_59_55, 55, 5, 0, RESERVED, "reserved") \
	f(x, RSVD_63_60, 60, 4, 0, RESERVED, "reserved")
IOM_DECLARE_LAYOUT(vtd_perfcap, VTD_PERFCAP_FIELDS)

#define VTD_PERFEVNTCAP_FIELDS(f, x) \
	f(x, ES, 0, 28, 0, USE, "supported events") \
	f(x, RSVD_63_28, 28, 36, 0, RESERVED, "reserved")
IOM_DECLARE_LAYOUT(vtd_perfevntcap, VTD_PERFEVNTCAP_FIELDS)

#define VTD_PERFCNTRCAP_FIELDS(f, x) \
	f(x, PCC, 0, 1, 0, USE, "register valid") \
	f(x, RSVD_7_1, 1, 7, 0, RESERVED, "reserved") \
	f(x, CW, 8, 8, 0, USE, "width") \
	f(x, IOS, 16, 1, 0, USE, "interrupt on overflow") \
	f(x, GFS, 17, 1, 0, USE, "global freeze") \
	f(x, RSVD_27_18, 18, 10, 0, RESERVED, "reserved") \
	f(x, EGCNT, 28, 4, 0, USE, "event capability registers for this counter")
IOM_DECLARE_LAYOUT(vtd_perfcntrcap, VTD_PERFCNTRCAP_FIELDS)

#define VTD_PERFCNTREVCAP_FIELDS(f, x) \
	f(x, ES, 0, 28, 0, USE, "events") \
	f(x, EGI, 28, 4, 0, USE, "event group")
IOM_DECLARE_LAYOUT(vtd_perfcntrevcap, VTD_PERFCNTREVCAP_FIELDS)

#define VTD_ECCAP_3_FIELDS(f, x) \
	f(x, RSVD_47_0, 0, 48, 0, RESERVED, "reserved") \
	f(x, ECNTS, 48, 1, 0, USE, "enable counter supported") \
	f(x, DCNTS, 49, 1, 0, USE, "disable counter supported") \
	f(x, RCFGS, 50, 1, 0, USE, "reset all configuration supported") \
	f(x, RCNTS, 51, 1, 0, USE, "reset all values supported") \
	f(x, FCNTS, 52, 1, 0, USE, "freeze all supported") \
	f(x, UFCNTS, 53, 1, 0, USE, "unfreeze all supported") \
	f(x, RSVD_63_54, 54, 10, 0, RESERVED, "reserved")
IOM_DECLARE_LAYOUT(vtd_eccap_3, VTD_ECCAP_3_FIELDS)

#define VTD_VCCAP_FIELDS(f, x) \
	f(x, NS, 0, 1, 0, USE, "null command supported") \
	f(x, PAS, 1, 1, 0, USE, "allocate PASID supported") \
	f(x, FPS, 2, 1, 0, USE, "free PASID supported") \
	f(x, RSVD_63_3, 3, 61, 0, RESERVED, "reserved")
IOM_DECLARE_LAYOUT(vtd_vccap, VTD_VCCAP_FIELDS)

/* clang-format on */
#endif
