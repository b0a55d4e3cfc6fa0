/* SPDX-License-Identifier: MIT */
/*
 * Invalidation queue and page request queue descriptors (chapters 6 and 7).
 * Addresses are given up to bit 51; bits from the host address width on are
 * checked by the walks, which know that width.
 */
#ifndef IOM_VTD_LAYOUTS_DESCRIPTORS_H
#define IOM_VTD_LAYOUTS_DESCRIPTORS_H

#include "core/layout.h"

/* One field a line. */
/* clang-format off */
#define VTD_CC_INV_DSC_FIELDS(f, x) \
	f(x, TYPE_LO, 0, 4, 0, USE, "1h") \
	f(x, G, 4, 2, 0, USE, "01 global,10 domain,11 device,00 invalid") \
	f(x, RSVD_8_6, 6, 3, 0, RESERVED, "must be 0") \
	f(x, TYPE_HI, 9, 3, 0, USE, "0") \
	f(x, RSVD_15_12, 12, 4, 0, RESERVED, "must be 0") \
	f(x, DID, 16, 16, 0, USE, "domain id (legacy only)") \
	f(x, SID, 32, 16, 0, USE, "source id") \
	f(x, FM, 48, 2, 0, USE, "function mask 00 none,01 bit 2,10 bits 2:1,11") \
	f(x, RSVD_63_50, 50, 14, 0, RESERVED, "must be 0") \
	f(x, RSVD_127_64, 64, 64, 0, RESERVED, "must be 0")
IOM_DECLARE_LAYOUT(vtd_cc_inv_dsc, VTD_CC_INV_DSC_FIELDS)

#define VTD_PC_INV_DSC_FIELDS(f, x) \
	f(x, TYPE_LO, 0, 4, 0, USE, "7h") \
	f(x, G, 4, 2, 0, USE, "00 all PASIDs in domain,01 PASID in domain,11") \
	f(x, RSVD_8_6, 6, 3, 0, RESERVED, "must be 0") \
	f(x, TYPE_HI, 9, 3, 0, USE, "0") \
	f(x, RSVD_15_12, 12, 4, 0, RESERVED, "must be 0") \
	f(x, DID, 16, 16, 0, USE, "domain id") \
	f(x, PASID, 32, 20, 0, USE, "PASID") \
	f(x, RSVD_63_52, 52, 12, 0, RESERVED, "must be 0") \
	f(x, RSVD_127_64, 64, 64, 0, RESERVED, "must be 0") \
	f(x, RSVD_191_128, 128, 64, 0, RESERVED, "must be 0") \
	f(x, RSVD_255_192, 192, 64, 0, RESERVED, "must be 0")
IOM_DECLARE_LAYOUT(vtd_pc_inv_dsc, VTD_PC_INV_DSC_FIELDS)

#define VTD_IOTLB_INV_DSC_FIELDS(f, x) \
	f(x, TYPE_LO, 0, 4, 0, USE, "2h") \
	f(x, G, 4, 2, 0, USE, "01 global,10 domain,11 page,00 invalid") \
	f(x, DW, 6, 1, 0, USE, "drain writes") \
	f(x, DR, 7, 1, 0, USE, "drain reads") \
	f(x, RSVD_8, 8, 1, 0, RESERVED, "must be 0") \
	f(x, TYPE_HI, 9, 3, 0, USE, "0") \
	f(x, RSVD_15_12, 12, 4, 0, RESERVED, "must be 0") \
	f(x, DID, 16, 16, 0, USE, "domain id") \
	f(x, RSVD_63_32, 32, 32, 0, RESERVED, "must be 0") \
	f(x, AM, 64, 6, 0, USE, "address mask") \
	f(x, IH, 70, 1, 0, USE, "hint") \
	f(x, RSVD_75_71, 71, 5, 0, RESERVED, "must be 0") \
	f(x, ADDR, 76, 52, 12, USE, "input page address 63:12")
IOM_DECLARE_LAYOUT(vtd_iotlb_inv_dsc, VTD_IOTLB_INV_DSC_FIELDS)

#define VTD_P_IOTLB_INV_DSC_FIELDS(f, x) \
	f(x, TYPE_LO, 0, 4, 0, USE, "6h") \
	f(x, G, 4, 2, 0, USE, "10 all entries of PASID,11 page of") \
	f(x, RSVD_8_6, 6, 3, 0, RESERVED, "must be 0") \
	f(x, TYPE_HI, 9, 3, 0, USE, "0") \
	f(x, RSVD_15_12, 12, 4, 0, RESERVED, "must be 0") \
	f(x, DID, 16, 16, 0, USE, "domain id") \
	f(x, PASID, 32, 20, 0, USE, "PASID") \
	f(x, RSVD_63_52, 52, 12, 0, RESERVED, "must be 0") \
	f(x, AM, 64, 6, 0, USE, "address mask") \
	f(x, IH, 70, 1, 0, USE, "hint") \
	f(x, RSVD_75_71, 71, 5, 0, RESERVED, "must be 0") \
	f(x, ADDR, 76, 52, 12, USE, "input page address") \
	f(x, RSVD_191_128, 128, 64, 0, RESERVED, "must be 0") \
	f(x, RSVD_255_192, 192, 64, 0, RESERVED, "must be 0")
IOM_DECLARE_LAYOUT(vtd_p_iotlb_inv_dsc, VTD_P_IOTLB_INV_DSC_FIELDS)

#define VTD_DEV_TLB_INV_DSC_FIELDS(f, x) \
	f(x, TYPE_LO, 0, 4, 0, USE, "3h") \
	f(x, RSVD_8_4, 4, 5, 0, RESERVED, "must be 0") \
	f(x, TYPE_HI, 9, 3, 0, USE, "0") \
	f(x, PFSID_LO, 12, 4, 0, USE, "physical function id") \
	f(x, MIP, 16, 5, 0, USE, "max outstanding invalidations hint") \
	f(x, RSVD_31_21, 21, 11, 0, RESERVED, "must be 0") \
	f(x, SID, 32, 16, 0, USE, "target requester id") \
	f(x, RSVD_51_48, 48, 4, 0, RESERVED, "must be 0") \
	f(x, PFSID_HI, 52, 12, 0, USE, "physical function id for throttling") \
	f(x, S, 64, 1, 0, USE, "size") \
	f(x, RSVD_75_65, 65, 11, 0, RESERVED, "must be 0") \
	f(x, ADDR, 76, 52, 12, USE, "address 63:12")
IOM_DECLARE_LAYOUT(vtd_dev_tlb_inv_dsc, VTD_DEV_TLB_INV_DSC_FIELDS)

#define VTD_P_DEV_TLB_INV_DSC_FIELDS(f, x) \
	f(x, TYPE_LO, 0, 4, 0, USE, "8h") \
	f(x, MIP, 4, 5, 0, USE, "max outstanding invalidations hint") \
	f(x, TYPE_HI, 9, 3, 0, USE, "0") \
	f(x, PFSID_LO, 12, 4, 0, USE, "physical function id") \
	f(x, SID, 16, 16, 0, USE, "target requester id") \
	f(x, PASID, 32, 20, 0, USE, "PASID") \
	f(x, PFSID_HI, 52, 12, 0, USE, "physical function id") \
	f(x, GI, 64, 1, 0, USE, "all PASIDs (global invalidate)") \
	f(x, RSVD_74_65, 65, 10, 0, RESERVED, "must be 0") \
	f(x, S, 75, 1, 0, USE, "size") \
	f(x, ADDR, 76, 52, 12, USE, "address 63:12") \
	f(x, RSVD_191_128, 128, 64, 0, RESERVED, "must be 0") \
	f(x, RSVD_255_192, 192, 64, 0, RESERVED, "must be 0")
IOM_DECLARE_LAYOUT(vtd_p_dev_tlb_inv_dsc, VTD_P_DEV_TLB_INV_DSC_FIELDS)

#define VTD_IEC_INV_DSC_FIELDS(f, x) \
	f(x, TYPE_LO, 0, 4, 0, USE, "4h") \
	f(x, G, 4, 1, 0, USE, "0 global,1 index-selective") \
	f(x, RSVD_8_5, 5, 4, 0, RESERVED, "must be 0") \
	f(x, TYPE_HI, 9, 3, 0, USE, "0") \
	f(x, RSVD_26_12, 12, 15, 0, RESERVED, "must be 0") \
	f(x, IM, 27, 5, 0, USE, "index mask: 2^IM entries") \
	f(x, IIDX, 32, 16, 0, USE, "interrupt index") \
	f(x, RSVD_63_48, 48, 16, 0, RESERVED, "must be 0") \
	f(x, RSVD_127_64, 64, 64, 0, RESERVED, "must be 0")
IOM_DECLARE_LAYOUT(vtd_iec_inv_dsc, VTD_IEC_INV_DSC_FIELDS)

#define VTD_INV_WAIT_DSC_FIELDS(f, x) \
	f(x, TYPE_LO, 0, 4, 0, USE, "5h") \
	f(x, IF, 4, 1, 0, USE, "interrupt flag") \
	f(x, SW, 5, 1, 0, USE, "status write") \
	f(x, FN, 6, 1, 0, USE, "fence") \
	f(x, PD, 7, 1, 0, USE, "page-request drain") \
	f(x, RSVD_8, 8, 1, 0, RESERVED, "must be 0") \
	f(x, TYPE_HI, 9, 3, 0, USE, "0") \
	f(x, RSVD_31_12, 12, 20, 0, RESERVED, "must be 0") \
	f(x, STDATA, 32, 32, 0, USE, "32-bit status data") \
	f(x, RSVD_65_64, 64, 2, 0, RESERVED, "must be 0") \
	f(x, STADDR, 66, 50, 2, USE, "status address 63:2 (bits HAW-1:2 used)") \
	f(x, IGN_127_116, 116, 12, 0, IGNORED, "ignored")
IOM_DECLARE_LAYOUT(vtd_inv_wait_dsc, VTD_INV_WAIT_DSC_FIELDS)

#define VTD_PAGE_GRP_RESP_DSC_FIELDS(f, x) \
	f(x, TYPE_LO, 0, 4, 0, USE, "9h") \
	f(x, PP, 4, 1, 0, USE, "PASID present") \
	f(x, RSVD_8_5, 5, 4, 0, RESERVED, "must be 0") \
	f(x, TYPE_HI, 9, 3, 0, USE, "0") \
	f(x, RC, 12, 4, 0, USE, "0 success,1 invalid request,Fh response") \
	f(x, RID, 16, 16, 0, USE, "requester id") \
	f(x, PASID, 32, 20, 0, USE, "PASID, ignored if PP=0") \
	f(x, RSVD_63_52, 52, 12, 0, RESERVED, "must be 0") \
	f(x, RSVD_65_64, 64, 2, 0, RESERVED, "must be 0") \
	f(x, IGN_66, 66, 1, 0, IGNORED, "ignored since rev 5.10") \
	f(x, PRGI, 67, 9, 0, USE, "group index") \
	f(x, RSVD_127_76, 76, 52, 0, RESERVED, "must be 0") \
	f(x, RSVD_191_128, 128, 64, 0, RESERVED, "must be 0") \
	f(x, RSVD_255_192, 192, 64, 0, RESERVED, "must be 0")
IOM_DECLARE_LAYOUT(vtd_page_grp_resp_dsc, VTD_PAGE_GRP_RESP_DSC_FIELDS)

#define VTD_HPT_INV_DSC_FIELDS(f, x) \
	f(x, TYPE_LO, 0, 4, 0, USE, "Ah") \
	f(x, G, 4, 2, 0, USE, "01 global,10 HPT domain,11 page,00 invalid") \
	f(x, RSVD_8_6, 6, 3, 0, RESERVED, "must be 0") \
	f(x, TYPE_HI, 9, 3, 0, USE, "0") \
	f(x, RSVD_15_12, 12, 4, 0, RESERVED, "must be 0") \
	f(x, HPTDID, 16, 16, 0, USE, "HPT domain id") \
	f(x, RSVD_63_32, 32, 32, 0, RESERVED, "must be 0") \
	f(x, AM, 64, 6, 0, USE, "address mask") \
	f(x, IH, 70, 2, 0, USE, "levels to invalidate: 00 L1 only,01 L1-L2,10") \
	f(x, RSVD_75_72, 72, 4, 0, RESERVED, "must be 0") \
	f(x, ADDR, 76, 52, 12, USE, "translated page address") \
	f(x, RSVD_191_128, 128, 64, 0, RESERVED, "must be 0") \
	f(x, RSVD_255_192, 192, 64, 0, RESERVED, "must be 0")
IOM_DECLARE_LAYOUT(vtd_hpt_inv_dsc, VTD_HPT_INV_DSC_FIELDS)

#define VTD_PAGE_REQUEST_DESC_FIELDS(f, x) \
	f(x, TYPE, 0, 8, 0, USE, "01h") \
	f(x, PP, 8, 1, 0, USE, "PASID present") \
	f(x, RSVD_15_9, 9, 7, 0, RESERVED, "written 0") \
	f(x, RID, 16, 16, 0, USE, "requester id") \
	f(x, PASID, 32, 20, 0, USE, "PASID (undefined if PP=0)") \
	f(x, EXR, 52, 1, 0, USE, "execute requested") \
	f(x, PMR, 53, 1, 0, USE, "privileged") \
	f(x, RSVD_63_54, 54, 10, 0, RESERVED, "written 0") \
	f(x, RDR, 64, 1, 0, USE, "read requested") \
	f(x, WRR, 65, 1, 0, USE, "write requested") \
	f(x, LPIG, 66, 1, 0, USE, "last page in group") \
	f(x, PRGI, 67, 9, 0, USE, "page request group index") \
	f(x, ADDR, 76, 52, 12, USE, "page address 63:12") \
	f(x, RSVD_191_128, 128, 64, 0, RESERVED, "written 0") \
	f(x, RSVD_255_192, 192, 64, 0, RESERVED, "written 0")
IOM_DECLARE_LAYOUT(vtd_page_request_desc, VTD_PAGE_REQUEST_DESC_FIELDS)

/* clang-format on */
#endif
