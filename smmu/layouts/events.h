/* SPDX-License-Identifier: MIT */
/*
 * Event queue records (7.3 Event records) and PRI queue entries (8 Page Request queue).
 */
#ifndef IOM_SMMU_LAYOUTS_EVENTS_H
#define IOM_SMMU_LAYOUTS_EVENTS_H

#include "core/layout.h"

#define SMMU_EVT_F_UUT_FIELDS(F, PX) \
	F(PX, ID, 0, 8, 0, USE, "event number") \
	F(PX, SSV, 11, 1, 0, USE, "SubstreamID valid") \
	F(PX, SubstreamID, 12, 20, 0, USE, "substream") \
	F(PX, StreamID, 32, 32, 0, USE, "stream") \
	F(PX, Reason, 64, 16, 0, USE, "implementation defined cause") \
	F(PX, PnU, 97, 1, 0, USE, "privileged") \
	F(PX, InD, 98, 1, 0, USE, "instruction") \
	F(PX, RnW, 99, 1, 0, USE, "read") \
	F(PX, InputAddr, 128, 64, 0, USE, "input address")
IOM_DECLARE_LAYOUT(smmu_evt_F_UUT, SMMU_EVT_F_UUT_FIELDS)

#define SMMU_EVT_C_BAD_STREAMID_FIELDS(F, PX) \
	F(PX, ID, 0, 8, 0, USE, "event number") \
	F(PX, SSV, 11, 1, 0, USE, "SubstreamID valid") \
	F(PX, SubstreamID, 12, 20, 0, USE, "substream") \
	F(PX, StreamID, 32, 32, 0, USE, "stream")
IOM_DECLARE_LAYOUT(smmu_evt_C_BAD_STREAMID, SMMU_EVT_C_BAD_STREAMID_FIELDS)

#define SMMU_EVT_F_STE_FETCH_FIELDS(F, PX) \
	F(PX, ID, 0, 8, 0, USE, "event number") \
	F(PX, SSV, 11, 1, 0, USE, "SubstreamID valid") \
	F(PX, SubstreamID, 12, 20, 0, USE, "substream") \
	F(PX, StreamID, 32, 32, 0, USE, "stream") \
	F(PX, Reason, 64, 16, 0, USE, "implementation defined cause") \
	F(PX, GPCF, 80, 1, 0, USE, "granule protection fault") \
	F(PX, FetchAddr, 195, 53, 3, USE, "address of the fetch")
IOM_DECLARE_LAYOUT(smmu_evt_F_STE_FETCH, SMMU_EVT_F_STE_FETCH_FIELDS)

#define SMMU_EVT_C_BAD_STE_FIELDS(F, PX) \
	F(PX, ID, 0, 8, 0, USE, "event number") \
	F(PX, SSV, 11, 1, 0, USE, "SubstreamID valid") \
	F(PX, SubstreamID, 12, 20, 0, USE, "substream") \
	F(PX, StreamID, 32, 32, 0, USE, "stream")
IOM_DECLARE_LAYOUT(smmu_evt_C_BAD_STE, SMMU_EVT_C_BAD_STE_FIELDS)

#define SMMU_EVT_F_BAD_ATS_TREQ_FIELDS(F, PX) \
	F(PX, ID, 0, 8, 0, USE, "event number") \
	F(PX, SSV, 11, 1, 0, USE, "SubstreamID valid") \
	F(PX, SubstreamID, 12, 20, 0, USE, "substream") \
	F(PX, StreamID, 32, 32, 0, USE, "stream") \
	F(PX, Span, 64, 4, 0, USE, "size") \
	F(PX, P, 92, 1, 0, USE, "P") \
	F(PX, X, 93, 1, 0, USE, "X") \
	F(PX, W, 94, 1, 0, USE, "W") \
	F(PX, R, 95, 1, 0, USE, "R") \
	F(PX, InputAddr, 140, 52, 12, USE, "input address")
IOM_DECLARE_LAYOUT(smmu_evt_F_BAD_ATS_TREQ, SMMU_EVT_F_BAD_ATS_TREQ_FIELDS)

#define SMMU_EVT_F_STREAM_DISABLED_FIELDS(F, PX) \
	F(PX, ID, 0, 8, 0, USE, "event number") \
	F(PX, SSV, 11, 1, 0, USE, "SubstreamID valid") \
	F(PX, SubstreamID, 12, 20, 0, USE, "substream") \
	F(PX, StreamID, 32, 32, 0, USE, "stream")
IOM_DECLARE_LAYOUT(smmu_evt_F_STREAM_DISABLED, SMMU_EVT_F_STREAM_DISABLED_FIELDS)

#define SMMU_EVT_F_TRANSL_FORBIDDEN_FIELDS(F, PX) \
	F(PX, ID, 0, 8, 0, USE, "event number") \
	F(PX, SSV, 11, 1, 0, USE, "SubstreamID valid") \
	F(PX, SubstreamID, 12, 20, 0, USE, "substream") \
	F(PX, StreamID, 32, 32, 0, USE, "stream") \
	F(PX, RnW, 99, 1, 0, USE, "read") \
	F(PX, InputAddr, 128, 64, 0, USE, "input address")
IOM_DECLARE_LAYOUT(smmu_evt_F_TRANSL_FORBIDDEN, SMMU_EVT_F_TRANSL_FORBIDDEN_FIELDS)

#define SMMU_EVT_C_BAD_SUBSTREAMID_FIELDS(F, PX) \
	F(PX, ID, 0, 8, 0, USE, "event number") \
	F(PX, SubstreamID, 12, 20, 0, USE, "substream") \
	F(PX, StreamID, 32, 32, 0, USE, "stream")
IOM_DECLARE_LAYOUT(smmu_evt_C_BAD_SUBSTREAMID, SMMU_EVT_C_BAD_SUBSTREAMID_FIELDS)

#define SMMU_EVT_F_CD_FETCH_FIELDS(F, PX) \
	F(PX, ID, 0, 8, 0, USE, "event number") \
	F(PX, SSV, 11, 1, 0, USE, "SubstreamID valid") \
	F(PX, SubstreamID, 12, 20, 0, USE, "substream") \
	F(PX, StreamID, 32, 32, 0, USE, "stream") \
	F(PX, Reason, 64, 16, 0, USE, "implementation defined cause") \
	F(PX, GPCF, 80, 1, 0, USE, "granule protection fault") \
	F(PX, FetchAddr, 195, 53, 3, USE, "address of the fetch")
IOM_DECLARE_LAYOUT(smmu_evt_F_CD_FETCH, SMMU_EVT_F_CD_FETCH_FIELDS)

#define SMMU_EVT_C_BAD_CD_FIELDS(F, PX) \
	F(PX, ID, 0, 8, 0, USE, "event number") \
	F(PX, SSV, 11, 1, 0, USE, "SubstreamID valid") \
	F(PX, SubstreamID, 12, 20, 0, USE, "substream") \
	F(PX, StreamID, 32, 32, 0, USE, "stream")
IOM_DECLARE_LAYOUT(smmu_evt_C_BAD_CD, SMMU_EVT_C_BAD_CD_FIELDS)

#define SMMU_EVT_F_WALK_EABT_FIELDS(F, PX) \
	F(PX, ID, 0, 8, 0, USE, "event number") \
	F(PX, SSV, 11, 1, 0, USE, "SubstreamID valid") \
	F(PX, SubstreamID, 12, 20, 0, USE, "substream") \
	F(PX, StreamID, 32, 32, 0, USE, "stream") \
	F(PX, Reason, 64, 16, 0, USE, "implementation defined cause") \
	F(PX, GPCF, 80, 1, 0, USE, "granule protection fault") \
	F(PX, PnU, 97, 1, 0, USE, "privileged") \
	F(PX, InD, 98, 1, 0, USE, "instruction") \
	F(PX, RnW, 99, 1, 0, USE, "read") \
	F(PX, NSIPA, 102, 1, 0, USE, "Non-secure IPA") \
	F(PX, S2, 103, 1, 0, USE, "stage 2") \
	F(PX, CLASS, 104, 2, 0, USE, "0=CD 1=TT 2=IN") \
	F(PX, InputAddr, 128, 64, 0, USE, "input address") \
	F(PX, FetchAddr, 195, 53, 3, USE, "address of the fetch")
IOM_DECLARE_LAYOUT(smmu_evt_F_WALK_EABT, SMMU_EVT_F_WALK_EABT_FIELDS)

#define SMMU_EVT_F_TRANSLATION_FIELDS(F, PX) \
	F(PX, ID, 0, 8, 0, USE, "event number") \
	F(PX, SSV, 11, 1, 0, USE, "SubstreamID valid") \
	F(PX, SubstreamID, 12, 20, 0, USE, "substream") \
	F(PX, StreamID, 32, 32, 0, USE, "stream") \
	F(PX, STAG, 64, 16, 0, USE, "stall tag") \
	F(PX, Stall, 95, 1, 0, USE, "transaction stalled") \
	F(PX, PnU, 97, 1, 0, USE, "privileged") \
	F(PX, InD, 98, 1, 0, USE, "instruction") \
	F(PX, RnW, 99, 1, 0, USE, "read") \
	F(PX, NSIPA, 102, 1, 0, USE, "Non-secure IPA") \
	F(PX, S2, 103, 1, 0, USE, "stage 2") \
	F(PX, CLASS, 104, 2, 0, USE, "0=CD 1=TT 2=IN") \
	F(PX, InputAddr, 128, 64, 0, USE, "input address") \
	F(PX, IPA, 204, 44, 12, USE, "stage 2 input")
IOM_DECLARE_LAYOUT(smmu_evt_F_TRANSLATION, SMMU_EVT_F_TRANSLATION_FIELDS)

#define SMMU_EVT_F_ADDR_SIZE_FIELDS(F, PX) \
	F(PX, ID, 0, 8, 0, USE, "event number") \
	F(PX, SSV, 11, 1, 0, USE, "SubstreamID valid") \
	F(PX, SubstreamID, 12, 20, 0, USE, "substream") \
	F(PX, StreamID, 32, 32, 0, USE, "stream") \
	F(PX, STAG, 64, 16, 0, USE, "stall tag") \
	F(PX, Stall, 95, 1, 0, USE, "transaction stalled") \
	F(PX, PnU, 97, 1, 0, USE, "privileged") \
	F(PX, InD, 98, 1, 0, USE, "instruction") \
	F(PX, RnW, 99, 1, 0, USE, "read") \
	F(PX, NSIPA, 102, 1, 0, USE, "Non-secure IPA") \
	F(PX, S2, 103, 1, 0, USE, "stage 2") \
	F(PX, CLASS, 104, 2, 0, USE, "0=CD 1=TT 2=IN") \
	F(PX, InputAddr, 128, 64, 0, USE, "input address") \
	F(PX, IPA, 204, 44, 12, USE, "stage 2 input")
IOM_DECLARE_LAYOUT(smmu_evt_F_ADDR_SIZE, SMMU_EVT_F_ADDR_SIZE_FIELDS)

#define SMMU_EVT_F_ACCESS_FIELDS(F, PX) \
	F(PX, ID, 0, 8, 0, USE, "event number") \
	F(PX, SSV, 11, 1, 0, USE, "SubstreamID valid") \
	F(PX, SubstreamID, 12, 20, 0, USE, "substream") \
	F(PX, StreamID, 32, 32, 0, USE, "stream") \
	F(PX, STAG, 64, 16, 0, USE, "stall tag") \
	F(PX, Stall, 95, 1, 0, USE, "transaction stalled") \
	F(PX, PnU, 97, 1, 0, USE, "privileged") \
	F(PX, InD, 98, 1, 0, USE, "instruction") \
	F(PX, RnW, 99, 1, 0, USE, "read") \
	F(PX, NSIPA, 102, 1, 0, USE, "Non-secure IPA") \
	F(PX, S2, 103, 1, 0, USE, "stage 2") \
	F(PX, CLASS, 104, 2, 0, USE, "0=CD 1=TT 2=IN") \
	F(PX, InputAddr, 128, 64, 0, USE, "input address") \
	F(PX, IPA, 204, 44, 12, USE, "stage 2 input")
IOM_DECLARE_LAYOUT(smmu_evt_F_ACCESS, SMMU_EVT_F_ACCESS_FIELDS)

#define SMMU_EVT_F_PERMISSION_FIELDS(F, PX) \
	F(PX, ID, 0, 8, 0, USE, "event number") \
	F(PX, SSV, 11, 1, 0, USE, "SubstreamID valid") \
	F(PX, SubstreamID, 12, 20, 0, USE, "substream") \
	F(PX, StreamID, 32, 32, 0, USE, "stream") \
	F(PX, STAG, 64, 16, 0, USE, "stall tag") \
	F(PX, Stall, 95, 1, 0, USE, "transaction stalled") \
	F(PX, PnU, 97, 1, 0, USE, "privileged") \
	F(PX, InD, 98, 1, 0, USE, "instruction") \
	F(PX, RnW, 99, 1, 0, USE, "read") \
	F(PX, NSIPA, 102, 1, 0, USE, "Non-secure IPA") \
	F(PX, S2, 103, 1, 0, USE, "stage 2") \
	F(PX, CLASS, 104, 2, 0, USE, "0=CD 1=TT 2=IN") \
	F(PX, TTRnW, 108, 1, 0, USE, "table access was a read") \
	F(PX, InputAddr, 128, 64, 0, USE, "input address") \
	F(PX, IPA, 204, 44, 12, USE, "stage 2 input")
IOM_DECLARE_LAYOUT(smmu_evt_F_PERMISSION, SMMU_EVT_F_PERMISSION_FIELDS)

#define SMMU_EVT_F_TLB_CONFLICT_FIELDS(F, PX) \
	F(PX, ID, 0, 8, 0, USE, "event number") \
	F(PX, SSV, 11, 1, 0, USE, "SubstreamID valid") \
	F(PX, SubstreamID, 12, 20, 0, USE, "substream") \
	F(PX, StreamID, 32, 32, 0, USE, "stream") \
	F(PX, Reason, 64, 16, 0, USE, "implementation defined cause") \
	F(PX, PnU, 97, 1, 0, USE, "privileged") \
	F(PX, InD, 98, 1, 0, USE, "instruction") \
	F(PX, RnW, 99, 1, 0, USE, "read") \
	F(PX, NSIPA, 102, 1, 0, USE, "Non-secure IPA") \
	F(PX, S2, 103, 1, 0, USE, "stage 2") \
	F(PX, InputAddr, 128, 64, 0, USE, "input address") \
	F(PX, IPA, 204, 44, 12, USE, "stage 2 input")
IOM_DECLARE_LAYOUT(smmu_evt_F_TLB_CONFLICT, SMMU_EVT_F_TLB_CONFLICT_FIELDS)

#define SMMU_EVT_F_CFG_CONFLICT_FIELDS(F, PX) \
	F(PX, ID, 0, 8, 0, USE, "event number") \
	F(PX, SSV, 11, 1, 0, USE, "SubstreamID valid") \
	F(PX, SubstreamID, 12, 20, 0, USE, "substream") \
	F(PX, StreamID, 32, 32, 0, USE, "stream") \
	F(PX, Reason, 64, 16, 0, USE, "implementation defined cause")
IOM_DECLARE_LAYOUT(smmu_evt_F_CFG_CONFLICT, SMMU_EVT_F_CFG_CONFLICT_FIELDS)

#define SMMU_EVT_E_PAGE_REQUEST_FIELDS(F, PX) \
	F(PX, ID, 0, 8, 0, USE, "event number") \
	F(PX, SSV, 11, 1, 0, USE, "SubstreamID valid") \
	F(PX, SubstreamID, 12, 20, 0, USE, "substream") \
	F(PX, StreamID, 32, 32, 0, USE, "stream") \
	F(PX, uX, 98, 1, 0, USE, "uX") \
	F(PX, uW, 99, 1, 0, USE, "uW") \
	F(PX, uR, 100, 1, 0, USE, "uR") \
	F(PX, pX, 101, 1, 0, USE, "pX") \
	F(PX, pW, 102, 1, 0, USE, "pW") \
	F(PX, pR, 103, 1, 0, USE, "pR") \
	F(PX, Span, 108, 8, 0, USE, "size") \
	F(PX, InputAddr, 140, 52, 12, USE, "input address")
IOM_DECLARE_LAYOUT(smmu_evt_E_PAGE_REQUEST, SMMU_EVT_E_PAGE_REQUEST_FIELDS)

#define SMMU_EVT_F_VMS_FETCH_FIELDS(F, PX) \
	F(PX, ID, 0, 8, 0, USE, "event number") \
	F(PX, SSV, 11, 1, 0, USE, "SubstreamID valid") \
	F(PX, SubstreamID, 12, 20, 0, USE, "substream") \
	F(PX, StreamID, 32, 32, 0, USE, "stream") \
	F(PX, Reason, 64, 16, 0, USE, "implementation defined cause") \
	F(PX, GPCF, 80, 1, 0, USE, "granule protection fault") \
	F(PX, FetchAddr, 195, 53, 3, USE, "address of the fetch")
IOM_DECLARE_LAYOUT(smmu_evt_F_VMS_FETCH, SMMU_EVT_F_VMS_FETCH_FIELDS)

#define SMMU_PRI_ENTRY_FIELDS(F, PX) \
	F(PX, StreamID, 0, 32, 0, USE, "StreamID") \
	F(PX, SubstreamID, 32, 20, 0, USE, "SubstreamID") \
	F(PX, RES0_52, 52, 6, 0, RESERVED, "RES0") \
	F(PX, Priv, 58, 1, 0, USE, "Priv") \
	F(PX, X, 59, 1, 0, USE, "X") \
	F(PX, R, 60, 1, 0, USE, "R") \
	F(PX, W, 61, 1, 0, USE, "W") \
	F(PX, Last, 62, 1, 0, USE, "Last") \
	F(PX, SSV, 63, 1, 0, USE, "SSV") \
	F(PX, PRGIndex, 64, 9, 0, USE, "PRGIndex") \
	F(PX, RES0_73, 73, 3, 0, RESERVED, "RES0") \
	F(PX, Address, 76, 52, 12, USE, "Address")
IOM_DECLARE_LAYOUT(smmu_pri_entry, SMMU_PRI_ENTRY_FIELDS)

#endif
