/* SPDX-License-Identifier: MIT */
/*
 * Registers of control and status (section 11.4).
 */
#ifndef IOM_VTD_LAYOUTS_REGISTERS_H
#define IOM_VTD_LAYOUTS_REGISTERS_H

#include "core/layout.h"

/* One field a line. */
/* clang-format off */
#define VTD_GCMD_FIELDS(f, x) \
	f(x, RSVD_22_0, 0, 23, 0, RESERVED, "reserved") \
	f(x, CFI, 23, 1, 0, USE, "compatibility format interrupts (level)") \
	f(x, SIRTP, 24, 1, 0, USE, "set interrupt remap table pointer (one-shot)") \
	f(x, IRE, 25, 1, 0, USE, "interrupt remapping enable (level)") \
	f(x, QIE, 26, 1, 0, USE, "queued invalidation enable (level)") \
	f(x, WBF, 27, 1, 0, USE, "write buffer flush (one-shot)") \
	f(x, EAFL, 28, 1, 0, RESERVED, "enable advanced fault log") \
	f(x, SFL, 29, 1, 0, RESERVED, "set fault log") \
	f(x, SRTP, 30, 1, 0, USE, "set root table pointer (one-shot)") \
	f(x, TE, 31, 1, 0, USE, "translation enable (level)")
IOM_DECLARE_LAYOUT(vtd_gcmd, VTD_GCMD_FIELDS)

#define VTD_GSTS_FIELDS(f, x) \
	f(x, RSVD_22_0, 0, 23, 0, RESERVED, "reserved") \
	f(x, CFIS, 23, 1, 0, USE, "compatibility interrupts allowed") \
	f(x, IRTPS, 24, 1, 0, USE, "interrupt table pointer set") \
	f(x, IRES, 25, 1, 0, USE, "interrupt remapping enabled") \
	f(x, QIES, 26, 1, 0, USE, "queued invalidation enabled") \
	f(x, WBFS, 27, 1, 0, USE, "flush in progress") \
	f(x, RSVD_29_28, 28, 2, 0, RESERVED, "reserved") \
	f(x, RTPS, 30, 1, 0, USE, "root pointer set") \
	f(x, TES, 31, 1, 0, USE, "translation enabled")
IOM_DECLARE_LAYOUT(vtd_gsts, VTD_GSTS_FIELDS)

#define VTD_RTADDR_FIELDS(f, x) \
	f(x, RSVD_6_0, 0, 7, 0, RESERVED, "reserved") \
	f(x, SSIRWE, 7, 1, 0, USE, "use second-stage IR/IW (61/62) instead of R/W") \
	f(x, RSVD_9_8, 8, 2, 0, RESERVED, "reserved") \
	f(x, TTM, 10, 2, 0, USE, "translation table mode") \
	f(x, RTA, 12, 52, 12, USE, "root table base")
IOM_DECLARE_LAYOUT(vtd_rtaddr, VTD_RTADDR_FIELDS)

#define VTD_CCMD_FIELDS(f, x) \
	f(x, DID, 0, 16, 0, USE, "domain-id") \
	f(x, SID, 16, 16, 0, USE, "source-id") \
	f(x, FM, 32, 2, 0, USE, "function mask") \
	f(x, RSVD_58_34, 34, 25, 0, RESERVED, "reserved") \
	f(x, CAIG, 59, 2, 0, USE, "actual granularity") \
	f(x, CIRG, 61, 2, 0, USE, "requested granularity") \
	f(x, ICC, 63, 1, 0, USE, "start/busy")
IOM_DECLARE_LAYOUT(vtd_ccmd, VTD_CCMD_FIELDS)

#define VTD_IOTLB_FIELDS(f, x) \
	f(x, RSVD_31_0, 0, 32, 0, RESERVED, "reserved") \
	f(x, DID, 32, 16, 0, USE, "domain-id") \
	f(x, DW, 48, 1, 0, USE, "drain writes") \
	f(x, DR, 49, 1, 0, USE, "drain reads") \
	f(x, RSVD_56_50, 50, 7, 0, RESERVED, "reserved") \
	f(x, IAIG, 57, 2, 0, USE, "actual granularity") \
	f(x, RSVD_59, 59, 1, 0, RESERVED, "reserved") \
	f(x, IIRG, 60, 2, 0, USE, "requested granularity") \
	f(x, RSVD_62, 62, 1, 0, RESERVED, "reserved") \
	f(x, IVT, 63, 1, 0, USE, "start/busy")
IOM_DECLARE_LAYOUT(vtd_iotlb, VTD_IOTLB_FIELDS)

#define VTD_IVA_FIELDS(f, x) \
	f(x, AM, 0, 6, 0, USE, "address mask") \
	f(x, IH, 6, 1, 0, USE, "invalidation hint") \
	f(x, RSVD_11_7, 7, 5, 0, RESERVED, "reserved") \
	f(x, ADDR, 12, 52, 12, USE, "second-stage input page address")
IOM_DECLARE_LAYOUT(vtd_iva, VTD_IVA_FIELDS)

#define VTD_FSTS_FIELDS(f, x) \
	f(x, PFO, 0, 1, 0, USE, "fault recording overflow") \
	f(x, PPF, 1, 1, 0, USE, "OR of all FRCD.F bits") \
	f(x, AFO, 2, 1, 0, RESERVED, "advanced fault overflow, removed rev 4.0") \
	f(x, APF, 3, 1, 0, RESERVED, "advanced pending fault, removed rev 4.0") \
	f(x, IQE, 4, 1, 0, USE, "invalidation queue error") \
	f(x, ICE, 5, 1, 0, USE, "bad device-TLB invalidation completion") \
	f(x, ITE, 6, 1, 0, USE, "device-TLB invalidation timeout") \
	f(x, DEP_7, 7, 1, 0, RESERVED, "deprecated") \
	f(x, FRI, 8, 8, 0, USE, "index of first pending fault record") \
	f(x, RSVD_31_16, 16, 16, 0, RESERVED, "reserved")
IOM_DECLARE_LAYOUT(vtd_fsts, VTD_FSTS_FIELDS)

#define VTD_FECTL_FIELDS(f, x) \
	f(x, RSVD_29_0, 0, 30, 0, RESERVED, "reserved") \
	f(x, IP, 30, 1, 0, USE, "interrupt pending") \
	f(x, IM, 31, 1, 0, USE, "interrupt mask")
IOM_DECLARE_LAYOUT(vtd_fectl, VTD_FECTL_FIELDS)

#define VTD_IECTL_FIELDS(f, x) \
	f(x, RSVD_29_0, 0, 30, 0, RESERVED, "reserved") \
	f(x, IP, 30, 1, 0, USE, "interrupt pending") \
	f(x, IM, 31, 1, 0, USE, "interrupt mask")
IOM_DECLARE_LAYOUT(vtd_iectl, VTD_IECTL_FIELDS)

#define VTD_PECTL_FIELDS(f, x) \
	f(x, RSVD_29_0, 0, 30, 0, RESERVED, "reserved") \
	f(x, IP, 30, 1, 0, USE, "interrupt pending") \
	f(x, IM, 31, 1, 0, USE, "interrupt mask")
IOM_DECLARE_LAYOUT(vtd_pectl, VTD_PECTL_FIELDS)

#define VTD_PERFINTRCTL_FIELDS(f, x) \
	f(x, RSVD_29_0, 0, 30, 0, RESERVED, "reserved") \
	f(x, IP, 30, 1, 0, USE, "interrupt pending") \
	f(x, IM, 31, 1, 0, USE, "interrupt mask")
IOM_DECLARE_LAYOUT(vtd_perfintrctl, VTD_PERFINTRCTL_FIELDS)

#define VTD_FEDATA_FIELDS(f, x) \
	f(x, IMD, 0, 16, 0, USE, "message data") \
	f(x, RSVD_31_16, 16, 16, 0, RESERVED, "reserved (EIMD before rev 3.3)")
IOM_DECLARE_LAYOUT(vtd_fedata, VTD_FEDATA_FIELDS)

#define VTD_FEADDR_FIELDS(f, x) \
	f(x, RSVD_1_0, 0, 2, 0, RESERVED, "reserved") \
	f(x, MA, 2, 30, 2, USE, "message address 31:2")
IOM_DECLARE_LAYOUT(vtd_feaddr, VTD_FEADDR_FIELDS)

#define VTD_FEUADDR_FIELDS(f, x) \
	f(x, MUA, 0, 32, 0, USE, "message address 63:32")
IOM_DECLARE_LAYOUT(vtd_feuaddr, VTD_FEUADDR_FIELDS)

#define VTD_IEDATA_FIELDS(f, x) \
	f(x, IMD, 0, 16, 0, USE, "message data") \
	f(x, RSVD_31_16, 16, 16, 0, RESERVED, "reserved (EIMD before rev 3.3)")
IOM_DECLARE_LAYOUT(vtd_iedata, VTD_IEDATA_FIELDS)

#define VTD_IEADDR_FIELDS(f, x) \
	f(x, RSVD_1_0, 0, 2, 0, RESERVED, "reserved") \
	f(x, MA, 2, 30, 2, USE, "message address 31:2")
IOM_DECLARE_LAYOUT(vtd_ieaddr, VTD_IEADDR_FIELDS)

#define VTD_IEUADDR_FIELDS(f, x) \
	f(x, MUA, 0, 32, 0, USE, "message address 63:32")
IOM_DECLARE_LAYOUT(vtd_ieuaddr, VTD_IEUADDR_FIELDS)

#define VTD_PEDATA_FIELDS(f, x) \
	f(x, IMD, 0, 16, 0, USE, "message data") \
	f(x, RSVD_31_16, 16, 16, 0, RESERVED, "reserved (EIMD before rev 3.3)")
IOM_DECLARE_LAYOUT(vtd_pedata, VTD_PEDATA_FIELDS)

#define VTD_PEADDR_FIELDS(f, x) \
	f(x, RSVD_1_0, 0, 2, 0, RESERVED, "reserved") \
	f(x, MA, 2, 30, 2, USE, "message address 31:2")
IOM_DECLARE_LAYOUT(vtd_peaddr, VTD_PEADDR_FIELDS)

#define VTD_PEUADDR_FIELDS(f, x) \
	f(x, MUA, 0, 32, 0, USE, "message address 63:32")
IOM_DECLARE_LAYOUT(vtd_peuaddr, VTD_PEUADDR_FIELDS)

#define VTD_PERFINTRDATA_FIELDS(f, x) \
	f(x, IMD, 0, 16, 0, USE, "message data") \
	f(x, RSVD_31_16, 16, 16, 0, RESERVED, "reserved (EIMD before rev 3.3)")
IOM_DECLARE_LAYOUT(vtd_perfintrdata, VTD_PERFINTRDATA_FIELDS)

#define VTD_PERFINTRADDR_FIELDS(f, x) \
	f(x, RSVD_1_0, 0, 2, 0, RESERVED, "reserved") \
	f(x, MA, 2, 30, 2, USE, "message address 31:2")
IOM_DECLARE_LAYOUT(vtd_perfintraddr, VTD_PERFINTRADDR_FIELDS)

#define VTD_PERFINTRUADDR_FIELDS(f, x) \
	f(x, MUA, 0, 32, 0, USE, "message address 63:32")
IOM_DECLARE_LAYOUT(vtd_perfintruaddr, VTD_PERFINTRUADDR_FIELDS)

#define VTD_FRCD_FIELDS(f, x) \
	f(x, RSVD_11_0, 0, 12, 0, RESERVED, "reserved") \
	f(x, FI, 12, 52, 12, USE, "fault info") \
	f(x, SID, 64, 16, 0, USE, "source-id") \
	f(x, RSVD_91_80, 80, 12, 0, RESERVED, "reserved") \
	f(x, T2, 92, 1, 0, USE, "type bit 2") \
	f(x, PRIV, 93, 1, 0, USE, "supervisor requested") \
	f(x, EXE, 94, 1, 0, USE, "execute requested") \
	f(x, PP, 95, 1, 0, USE, "request carried a PASID prefix") \
	f(x, FR, 96, 8, 0, USE, "fault reason") \
	f(x, PV, 104, 20, 0, USE, "PASID value") \
	f(x, AT, 124, 2, 0, USE, "address type of request") \
	f(x, T1, 126, 1, 0, USE, "type bit 1") \
	f(x, F, 127, 1, 0, USE, "fault valid")
IOM_DECLARE_LAYOUT(vtd_frcd, VTD_FRCD_FIELDS)

#define VTD_PMEN_FIELDS(f, x) \
	f(x, PRS, 0, 1, 0, USE, "protected region status") \
	f(x, RSVD_30_1, 1, 30, 0, RESERVED, "reserved") \
	f(x, EPM, 31, 1, 0, USE, "enable protected memory")
IOM_DECLARE_LAYOUT(vtd_pmen, VTD_PMEN_FIELDS)

#define VTD_IQH_FIELDS(f, x) \
	f(x, RSVD_3_0, 0, 4, 0, RESERVED, "reserved") \
	f(x, QH, 4, 15, 4, USE, "byte offset of next descriptor (bits 18:4)") \
	f(x, RSVD_63_19, 19, 45, 0, RESERVED, "reserved")
IOM_DECLARE_LAYOUT(vtd_iqh, VTD_IQH_FIELDS)

#define VTD_IQT_FIELDS(f, x) \
	f(x, RSVD_3_0, 0, 4, 0, RESERVED, "reserved") \
	f(x, QT, 4, 15, 4, USE, "byte offset one past last descriptor") \
	f(x, RSVD_63_19, 19, 45, 0, RESERVED, "reserved")
IOM_DECLARE_LAYOUT(vtd_iqt, VTD_IQT_FIELDS)

#define VTD_IQA_FIELDS(f, x) \
	f(x, QS, 0, 3, 0, USE, "queue size") \
	f(x, RSVD_10_3, 3, 8, 0, RESERVED, "reserved") \
	f(x, DW, 11, 1, 0, USE, "descriptor width") \
	f(x, IQA, 12, 52, 12, USE, "queue base")
IOM_DECLARE_LAYOUT(vtd_iqa, VTD_IQA_FIELDS)

#define VTD_ICS_FIELDS(f, x) \
	f(x, IWC, 0, 1, 0, USE, "a wait descriptor with IF=1 completed") \
	f(x, RSVD_31_1, 1, 31, 0, RESERVED, "reserved")
IOM_DECLARE_LAYOUT(vtd_ics, VTD_ICS_FIELDS)

#define VTD_IQERCD_FIELDS(f, x) \
	f(x, IQEI, 0, 4, 0, USE, "queue error cause") \
	f(x, RSVD_31_4, 4, 28, 0, RESERVED, "reserved") \
	f(x, ITESID, 32, 16, 0, USE, "requester of timed-out invalidation") \
	f(x, ICESID, 48, 16, 0, USE, "requester of bad completion")
IOM_DECLARE_LAYOUT(vtd_iqercd, VTD_IQERCD_FIELDS)

#define VTD_IRTA_FIELDS(f, x) \
	f(x, S, 0, 4, 0, USE, "size") \
	f(x, RSVD_10_4, 4, 7, 0, RESERVED, "reserved") \
	f(x, EIME, 11, 1, 0, USE, "extended interrupt mode") \
	f(x, IRTA, 12, 52, 12, USE, "table base")
IOM_DECLARE_LAYOUT(vtd_irta, VTD_IRTA_FIELDS)

#define VTD_PQH_FIELDS(f, x) \
	f(x, RSVD_4_0, 0, 5, 0, RESERVED, "reserved") \
	f(x, PQH, 5, 14, 5, USE, "byte offset") \
	f(x, RSVD_63_19, 19, 45, 0, RESERVED, "reserved")
IOM_DECLARE_LAYOUT(vtd_pqh, VTD_PQH_FIELDS)

#define VTD_PQT_FIELDS(f, x) \
	f(x, RSVD_4_0, 0, 5, 0, RESERVED, "reserved") \
	f(x, PQT, 5, 14, 5, USE, "byte offset") \
	f(x, RSVD_63_19, 19, 45, 0, RESERVED, "reserved")
IOM_DECLARE_LAYOUT(vtd_pqt, VTD_PQT_FIELDS)

#define VTD_PQA_FIELDS(f, x) \
	f(x, PQS, 0, 3, 0, USE, "size") \
	f(x, RSVD_11_3, 3, 9, 0, RESERVED, "reserved") \
	f(x, PQA, 12, 52, 12, USE, "base")
IOM_DECLARE_LAYOUT(vtd_pqa, VTD_PQA_FIELDS)

#define VTD_PRS_FIELDS(f, x) \
	f(x, PPR, 0, 1, 0, USE, "pending page request") \
	f(x, PRO, 1, 1, 0, USE, "page request queue overflow") \
	f(x, RSVD_31_2, 2, 30, 0, RESERVED, "reserved")
IOM_DECLARE_LAYOUT(vtd_prs, VTD_PRS_FIELDS)

#define VTD_MTRRDEF_FIELDS(f, x) \
	f(x, TYPE, 0, 8, 0, USE, "default type") \
	f(x, RSVD_9_8, 8, 2, 0, RESERVED, "reserved") \
	f(x, FE, 10, 1, 0, USE, "fixed range enable") \
	f(x, E, 11, 1, 0, USE, "MTRR enable") \
	f(x, RSVD_63_12, 12, 52, 0, RESERVED, "reserved")
IOM_DECLARE_LAYOUT(vtd_mtrrdef, VTD_MTRRDEF_FIELDS)

#define VTD_MTRR_FIXN_FIELDS(f, x) \
	f(x, R0, 0, 8, 0, USE, "type of sub-range 0") \
	f(x, R1, 8, 8, 0, USE, "type of sub-range 1") \
	f(x, R2, 16, 8, 0, USE, "type of sub-range 2") \
	f(x, R3, 24, 8, 0, USE, "type of sub-range 3") \
	f(x, R4, 32, 8, 0, USE, "type of sub-range 4") \
	f(x, R5, 40, 8, 0, USE, "type of sub-range 5") \
	f(x, R6, 48, 8, 0, USE, "type of sub-range 6") \
	f(x, R7, 56, 8, 0, USE, "type of sub-range 7")
IOM_DECLARE_LAYOUT(vtd_mtrr_fixn, VTD_MTRR_FIXN_FIELDS)

#define VTD_MTRR_PHYSBASEN_FIELDS(f, x) \
	f(x, TYPE, 0, 8, 0, USE, "type") \
	f(x, RSVD_11_8, 8, 4, 0, RESERVED, "reserved") \
	f(x, PHYSBASE, 12, 40, 12, USE, "base") \
	f(x, RSVD_63_52, 52, 12, 0, RESERVED, "reserved")
IOM_DECLARE_LAYOUT(vtd_mtrr_physbasen, VTD_MTRR_PHYSBASEN_FIELDS)

#define VTD_MTRR_PHYSMASKN_FIELDS(f, x) \
	f(x, RSVD_10_0, 0, 11, 0, RESERVED, "reserved") \
	f(x, V, 11, 1, 0, USE, "valid") \
	f(x, PHYSMASK, 12, 40, 12, USE, "mask") \
	f(x, RSVD_63_52, 52, 12, 0, RESERVED, "reserved")
IOM_DECLARE_LAYOUT(vtd_mtrr_physmaskn, VTD_MTRR_PHYSMASKN_FIELDS)

#define VTD_PERFINTRSTS_FIELDS(f, x) \
	f(x, PIS, 0, 1, 0, USE, "overflow interrupt status") \
	f(x, RSVD_31_1, 1, 31, 0, RESERVED, "reserved")
IOM_DECLARE_LAYOUT(vtd_perfintrsts, VTD_PERFINTRSTS_FIELDS)

#define VTD_PERFCNTRCFG_FIELDS(f, x) \
	f(x, EN, 0, 1, 0, USE, "enabled (changed only by ECMD 240/241)") \
	f(x, IO, 1, 1, 0, USE, "interrupt on overflow") \
	f(x, GFO, 2, 1, 0, USE, "global freeze on overflow") \
	f(x, RSVD_7_3, 3, 5, 0, RESERVED, "reserved") \
	f(x, EGI, 8, 4, 0, USE, "event group index") \
	f(x, RSVD_31_12, 12, 20, 0, RESERVED, "reserved") \
	f(x, ES, 32, 28, 0, USE, "event select bitmap") \
	f(x, RSVD_63_60, 60, 4, 0, RESERVED, "reserved")
IOM_DECLARE_LAYOUT(vtd_perfcntrcfg, VTD_PERFCNTRCFG_FIELDS)

#define VTD_PERFCNTR_RIDFLTR_FIELDS(f, x) \
	f(x, RID, 0, 16, 0, USE, "requester id") \
	f(x, RSVD_30_16, 16, 15, 0, RESERVED, "reserved") \
	f(x, EN, 31, 1, 0, USE, "enable")
IOM_DECLARE_LAYOUT(vtd_perfcntr_ridfltr, VTD_PERFCNTR_RIDFLTR_FIELDS)

#define VTD_PERFCNTR_DIDFLTR_FIELDS(f, x) \
	f(x, DID, 0, 16, 0, USE, "domain id") \
	f(x, RSVD_30_16, 16, 15, 0, RESERVED, "reserved") \
	f(x, EN, 31, 1, 0, USE, "enable")
IOM_DECLARE_LAYOUT(vtd_perfcntr_didfltr, VTD_PERFCNTR_DIDFLTR_FIELDS)

#define VTD_PERFCNTR_PASIDFLTR_FIELDS(f, x) \
	f(x, PASID, 0, 20, 0, USE, "PASID") \
	f(x, PFM, 20, 2, 0, USE, "mode") \
	f(x, RSVD_30_22, 22, 9, 0, RESERVED, "reserved") \
	f(x, EN, 31, 1, 0, USE, "enable")
IOM_DECLARE_LAYOUT(vtd_perfcntr_pasidfltr, VTD_PERFCNTR_PASIDFLTR_FIELDS)

#define VTD_PERFCNTR_ATFLTR_FIELDS(f, x) \
	f(x, AT, 0, 5, 0, USE, "bitmap") \
	f(x, RSVD_30_5, 5, 26, 0, RESERVED, "reserved") \
	f(x, EN, 31, 1, 0, USE, "enable")
IOM_DECLARE_LAYOUT(vtd_perfcntr_atfltr, VTD_PERFCNTR_ATFLTR_FIELDS)

#define VTD_PERFCNTR_PTLFLTR_FIELDS(f, x) \
	f(x, PTL, 0, 5, 0, USE, "bitmap") \
	f(x, RSVD_30_5, 5, 26, 0, RESERVED, "reserved") \
	f(x, EN, 31, 1, 0, USE, "enable")
IOM_DECLARE_LAYOUT(vtd_perfcntr_ptlfltr, VTD_PERFCNTR_PTLFLTR_FIELDS)

#define VTD_ECMD_FIELDS(f, x) \
	f(x, CMD, 0, 8, 0, USE, "command") \
	f(x, RSVD_15_8, 8, 8, 0, RESERVED, "reserved") \
	f(x, OA, 16, 48, 0, USE, "operand A")
IOM_DECLARE_LAYOUT(vtd_ecmd, VTD_ECMD_FIELDS)

#define VTD_ECEO_FIELDS(f, x) \
	f(x, OB, 0, 64, 0, USE, "operand B")
IOM_DECLARE_LAYOUT(vtd_eceo, VTD_ECEO_FIELDS)

#define VTD_ECRSP_FIELDS(f, x) \
	f(x, IP, 0, 1, 0, USE, "in progress") \
	f(x, SC, 1, 7, 0, USE, "status code") \
	f(x, RSVD_15_8, 8, 8, 0, RESERVED, "reserved") \
	f(x, RSLT, 16, 48, 0, USE, "result")
IOM_DECLARE_LAYOUT(vtd_ecrsp, VTD_ECRSP_FIELDS)

#define VTD_RDTC_FIELDS(f, x) \
	f(x, RMID, 0, 12, 0, USE, "monitoring id") \
	f(x, RSVD_31_12, 12, 20, 0, RESERVED, "reserved") \
	f(x, CLOS, 32, 5, 0, USE, "class of service") \
	f(x, RSVD_63_37, 37, 27, 0, RESERVED, "reserved")
IOM_DECLARE_LAYOUT(vtd_rdtc, VTD_RDTC_FIELDS)

#define VTD_VCMD_FIELDS(f, x) \
	f(x, CMD, 0, 8, 0, USE, "command") \
	f(x, RSVD_15_8, 8, 8, 0, RESERVED, "reserved") \
	f(x, OA, 16, 48, 0, USE, "operand A")
IOM_DECLARE_LAYOUT(vtd_vcmd, VTD_VCMD_FIELDS)

#define VTD_VCMD_EO_FIELDS(f, x) \
	f(x, OB, 0, 64, 0, USE, "operand B")
IOM_DECLARE_LAYOUT(vtd_vcmd_eo, VTD_VCMD_EO_FIELDS)

#define VTD_VCRSP_FIELDS(f, x) \
	f(x, IP, 0, 1, 0, USE, "in progress") \
	f(x, SC, 1, 7, 0, USE, "status") \
	f(x, RSVD_15_8, 8, 8, 0, RESERVED, "reserved") \
	f(x, RSLT, 16, 48, 0, USE, "result")
IOM_DECLARE_LAYOUT(vtd_vcrsp, VTD_VCRSP_FIELDS)

/* clang-format on */
#endif
