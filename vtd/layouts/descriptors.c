/* SPDX-License-Identifier: MIT */
#include "vtd/layouts/descriptors.h"

IOM_DEFINE_LAYOUT(vtd_cc_inv_dsc, "cc_inv_dsc", 128, "6.5.2.1 Context-cache Invalidate Descriptor",
		  VTD_CC_INV_DSC_FIELDS)
IOM_DEFINE_LAYOUT(vtd_pc_inv_dsc, "pc_inv_dsc", 256, "6.5.2.2 PASID-cache Invalidate Descriptor",
		  VTD_PC_INV_DSC_FIELDS)
IOM_DEFINE_LAYOUT(vtd_iotlb_inv_dsc, "iotlb_inv_dsc", 128, "6.5.2.3 IOTLB Invalidate Descriptor",
		  VTD_IOTLB_INV_DSC_FIELDS)
IOM_DEFINE_LAYOUT(vtd_p_iotlb_inv_dsc, "p_iotlb_inv_dsc", 256,
		  "6.5.2.4 PASID-based-IOTLB Invalidate Descriptor", VTD_P_IOTLB_INV_DSC_FIELDS)
IOM_DEFINE_LAYOUT(vtd_dev_tlb_inv_dsc, "dev_tlb_inv_dsc", 128,
		  "6.5.2.5 Device-TLB Invalidate Descriptor", VTD_DEV_TLB_INV_DSC_FIELDS)
IOM_DEFINE_LAYOUT(vtd_p_dev_tlb_inv_dsc, "p_dev_tlb_inv_dsc", 256,
		  "6.5.2.6 PASID-based-Device-TLB Invalidate Descriptor",
		  VTD_P_DEV_TLB_INV_DSC_FIELDS)
IOM_DEFINE_LAYOUT(vtd_iec_inv_dsc, "iec_inv_dsc", 128,
		  "6.5.2.8 Interrupt Entry Cache Invalidate Descriptor", VTD_IEC_INV_DSC_FIELDS)
IOM_DEFINE_LAYOUT(vtd_inv_wait_dsc, "inv_wait_dsc", 128, "6.5.2.9 Invalidation Wait Descriptor",
		  VTD_INV_WAIT_DSC_FIELDS)
IOM_DEFINE_LAYOUT(vtd_page_grp_resp_dsc, "page_grp_resp_dsc", 256,
		  "7.6.1 Page Group Response Descriptor", VTD_PAGE_GRP_RESP_DSC_FIELDS)
IOM_DEFINE_LAYOUT(vtd_hpt_inv_dsc, "hpt_inv_dsc", 256, "6.5.2.7 HPT Invalidate Descriptor",
		  VTD_HPT_INV_DSC_FIELDS)
IOM_DEFINE_LAYOUT(vtd_page_request_desc, "page_request_desc", 256,
		  "7.4.1.1 Page Request Descriptor", VTD_PAGE_REQUEST_DESC_FIELDS)
