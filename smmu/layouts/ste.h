/* SPDX-License-Identifier: MIT */
/*
 * Stream table structures (5.1 Level 1 Stream Table Descriptor, 5.2 Stream Table Entry).
 */
#ifndef IOM_SMMU_LAYOUTS_STE_H
#define IOM_SMMU_LAYOUTS_STE_H

#include "core/layout.h"

#define SMMU_STE_FIELDS(F, PX) \
	F(PX, V, 0, 1, 0, USE, "Entry valid") \
	F(PX, Config, 1, 3, 0, USE, "Which stages translate") \
	F(PX, S1Fmt, 4, 2, 0, USE, "CD table format") \
	F(PX, S1ContextPtr, 6, 50, 6, USE, "CD or CD-table address [55:6]; PA if stage") \
	F(PX, RES0_56, 56, 3, 0, RESERVED, "Reserved") \
	F(PX, S1CDMax, 59, 5, 0, USE, "log2 of number of CDs") \
	F(PX, S1DSS, 64, 2, 0, USE, "Treatment of traffic without a SubstreamID") \
	F(PX, S1CIR, 66, 2, 0, USE, "CD fetch inner cacheability") \
	F(PX, S1COR, 68, 2, 0, USE, "CD fetch outer cacheability") \
	F(PX, S1CSH, 70, 2, 0, USE, "CD fetch shareability") \
	F(PX, S2HWU59, 72, 1, 0, USE, "Descriptor bit 59 of stage-2 leaves has") \
	F(PX, S2HWU60, 73, 1, 0, USE, "Descriptor bit 60 of stage-2 leaves has") \
	F(PX, S2HWU61, 74, 1, 0, USE, "Descriptor bit 61 of stage-2 leaves has") \
	F(PX, S2HWU62, 75, 1, 0, USE, "Descriptor bit 62 of stage-2 leaves has") \
	F(PX, DRE, 76, 1, 0, USE, "Destructive read enable") \
	F(PX, CONT, 77, 4, 0, USE, "Contiguous hint: 2^CONT StreamIDs share") \
	F(PX, DCP, 81, 1, 0, USE, "Directed cache prefetch enable") \
	F(PX, PPAR, 82, 1, 0, USE, "PASID on PRI overflow auto-response") \
	F(PX, MEV, 83, 1, 0, USE, "Permit event merging") \
	F(PX, SW_RESERVED, 84, 4, 0, IGNORED, "Software use") \
	F(PX, S1PIE, 88, 1, 0, USE, "CDs of this stream may use stage-1") \
	F(PX, S2FWB, 89, 1, 0, USE, "Stage-2 forced attributes") \
	F(PX, S1MPAM, 90, 1, 0, USE, "Take PARTID/PMG from the CD") \
	F(PX, S1STALLD, 91, 1, 0, USE, "Forbid stall at stage 1") \
	F(PX, EATS, 92, 2, 0, USE, "ATS control") \
	F(PX, STRW, 94, 2, 0, USE, "StreamWorld selector") \
	F(PX, MemAttr, 96, 4, 0, USE, "Memory type override") \
	F(PX, MTCFG, 100, 1, 0, USE, "Memory type override enable") \
	F(PX, ALLOCCFG, 101, 4, 0, USE, "Allocation override") \
	F(PX, RES0_105, 105, 3, 0, RESERVED, "Reserved") \
	F(PX, SHCFG, 108, 2, 0, USE, "Shareability override") \
	F(PX, NSCFG, 110, 2, 0, USE, "NS attribute override") \
	F(PX, PRIVCFG, 112, 2, 0, USE, "Privilege override") \
	F(PX, INSTCFG, 114, 2, 0, USE, "Instruction/data override (reads only)") \
	F(PX, IMPDEF_116, 116, 12, 0, IMPDEF, "Implementation-defined") \
	F(PX, S2VMID, 128, 16, 0, USE, "VMID tag") \
	F(PX, IMPDEF_144, 144, 16, 0, IMPDEF, "Implementation-defined") \
	F(PX, S2T0SZ, 160, 6, 0, USE, "IPA size = 64-S2T0SZ") \
	F(PX, S2SL0, 166, 2, 0, USE, "Start level (with S2SL0_2 when S2DS and 4KB)") \
	F(PX, S2IR0, 168, 2, 0, USE, "Stage-2 walk inner cacheability") \
	F(PX, S2OR0, 170, 2, 0, USE, "Stage-2 walk outer cacheability") \
	F(PX, S2SH0, 172, 2, 0, USE, "Stage-2 walk shareability, and page") \
	F(PX, S2TG, 174, 2, 0, USE, "Stage-2 granule") \
	F(PX, S2PS, 176, 3, 0, USE, "Stage-2 output size") \
	F(PX, S2AA64, 179, 1, 0, USE, "Table format") \
	F(PX, S2ENDI, 180, 1, 0, USE, "Stage-2 table endianness") \
	F(PX, S2AFFD, 181, 1, 0, USE, "Access flag fault disable") \
	F(PX, S2PTW, 182, 1, 0, USE, "Protected table walk") \
	F(PX, S2HD, 183, 1, 0, USE, "Stage-2 dirty state update enable") \
	F(PX, S2HA, 184, 1, 0, USE, "Stage-2 access flag update enable") \
	F(PX, S2S, 185, 1, 0, USE, "Stage-2 fault: stall") \
	F(PX, S2R, 186, 1, 0, USE, "Stage-2 fault: record") \
	F(PX, S2HAFT, 187, 1, 0, USE, "AF update in stage-2 Table descriptors") \
	F(PX, S2PIE, 188, 1, 0, USE, "Stage-2 permission indirection") \
	F(PX, S2POE, 189, 1, 0, USE, "Stage-2 overlay enable") \
	F(PX, DPT_VMATCH, 190, 2, 0, USE, "DPT VMID matching") \
	F(PX, S2NSW, 192, 1, 0, USE, "NS of walks through S2TTB") \
	F(PX, S2NSA, 193, 1, 0, USE, "NS of output for the Non-secure IPA space") \
	F(PX, S2SL0_2, 194, 1, 0, USE, "Bit 2 of start level") \
	F(PX, S2DS, 195, 1, 0, USE, "52-bit addresses (LPA2) at stage 2") \
	F(PX, S2TTB, 196, 52, 4, USE, "Stage-2 table base [55:4]") \
	F(PX, RES0_248, 248, 5, 0, RESERVED, "Reserved") \
	F(PX, S2SKL, 253, 2, 0, USE, "Skip level") \
	F(PX, RES0_255, 255, 1, 0, RESERVED, "Reserved") \
	F(PX, IMPDEF_256, 256, 16, 0, IMPDEF, "Implementation-defined") \
	F(PX, PARTID, 272, 16, 0, USE, "MPAM PARTID of the stream") \
	F(PX, S_S2T0SZ, 288, 6, 0, USE, "Size for the Secure IPA space") \
	F(PX, S_S2SL0, 294, 2, 0, USE, "Start level for S_S2TTB") \
	F(PX, RES0_296, 296, 6, 0, RESERVED, "Reserved") \
	F(PX, S_S2TG, 302, 2, 0, USE, "Granule for S_S2TTB") \
	F(PX, MECID, 304, 16, 0, USE, "Memory encryption context") \
	F(PX, PMG, 320, 8, 0, USE, "MPAM PMG") \
	F(PX, MPAM_NS, 328, 1, 0, USE, "Use NS PARTID space") \
	F(PX, AssuredOnly, 329, 1, 0, USE, "Stage-2 AssuredOnly checks") \
	F(PX, TL0, 330, 1, 0, USE, "TopLevel 0 check") \
	F(PX, TL1, 331, 1, 0, USE, "TopLevel 1 check") \
	F(PX, VMSPtr, 332, 44, 12, USE, "VMS physical address [55:12]") \
	F(PX, RES0_376, 376, 8, 0, RESERVED, "Reserved") \
	F(PX, S2SW, 384, 1, 0, USE, "NS of walks through S_S2TTB") \
	F(PX, S2SA, 385, 1, 0, USE, "NS of output for the Secure IPA space") \
	F(PX, S_S2SL0_2, 386, 1, 0, USE, "Bit 2 of S_S2SL0") \
	F(PX, RES0_387, 387, 1, 0, RESERVED, "Reserved") \
	F(PX, S_S2TTB, 388, 52, 4, USE, "Secure stage-2 table base [55:4]") \
	F(PX, RES0_440, 440, 5, 0, RESERVED, "Reserved") \
	F(PX, S_S2SKL, 445, 2, 0, USE, "Skip level") \
	F(PX, RES0_447, 447, 1, 0, RESERVED, "Reserved") \
	F(PX, S2POI0, 448, 4, 0, USE, "Overlay permissions") \
	F(PX, S2POI1, 452, 4, 0, USE, "Overlay permissions") \
	F(PX, S2POI2, 456, 4, 0, USE, "Overlay permissions") \
	F(PX, S2POI3, 460, 4, 0, USE, "Overlay permissions") \
	F(PX, S2POI4, 464, 4, 0, USE, "Overlay permissions") \
	F(PX, S2POI5, 468, 4, 0, USE, "Overlay permissions") \
	F(PX, S2POI6, 472, 4, 0, USE, "Overlay permissions") \
	F(PX, S2POI7, 476, 4, 0, USE, "Overlay permissions") \
	F(PX, S2POI8, 480, 4, 0, USE, "Overlay permissions") \
	F(PX, S2POI9, 484, 4, 0, USE, "Overlay permissions") \
	F(PX, S2POI10, 488, 4, 0, USE, "Overlay permissions") \
	F(PX, S2POI11, 492, 4, 0, USE, "Overlay permissions") \
	F(PX, S2POI12, 496, 4, 0, USE, "Overlay permissions") \
	F(PX, S2POI13, 500, 4, 0, USE, "Overlay permissions") \
	F(PX, S2POI14, 504, 4, 0, USE, "Overlay permissions") \
	F(PX, S2POI15, 508, 4, 0, USE, "Overlay permissions")
IOM_DECLARE_LAYOUT(smmu_ste, SMMU_STE_FIELDS)

#define SMMU_L1STD_FIELDS(F, PX) \
	F(PX, Span, 0, 5, 0, USE, "Second-level size") \
	F(PX, RES0_5, 5, 1, 0, RESERVED, "Reserved") \
	F(PX, L2Ptr, 6, 50, 6, USE, "Second-level array address [55:6]") \
	F(PX, RES0_56, 56, 8, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_l1std, SMMU_L1STD_FIELDS)

#endif
