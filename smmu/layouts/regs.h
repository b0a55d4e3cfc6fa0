/* SPDX-License-Identifier: MIT */
/*
 * Non-secure, VATOS and command queue control page registers (6.3 Register descriptions).
 */
#ifndef IOM_SMMU_LAYOUTS_REGS_H
#define IOM_SMMU_LAYOUTS_REGS_H

#include "core/layout.h"

#define SMMU_IDR0_FIELDS(F, PX) \
	F(PX, S2P, 0, 1, 0, USE, "Stage 2 implemented") \
	F(PX, S1P, 1, 1, 0, USE, "Stage 1 implemented") \
	F(PX, TTF, 2, 2, 0, USE, "Translation table formats") \
	F(PX, COHACC, 4, 1, 0, USE, "IO-coherent SMMU-originated accesses") \
	F(PX, BTM, 5, 1, 0, USE, "Broadcast TLB maintenance received") \
	F(PX, HTTU, 6, 2, 0, USE, "Hardware flag update") \
	F(PX, DORMHINT, 8, 1, 0, USE, "Dormant hint") \
	F(PX, Hyp, 9, 1, 0, USE, "NS-EL2 stage-1 contexts") \
	F(PX, ATS, 10, 1, 0, USE, "ATS support") \
	F(PX, NS1ATS, 11, 1, 0, USE, "Split-stage ATS NOT supported") \
	F(PX, ASID16, 12, 1, 0, USE, "16-bit ASID") \
	F(PX, MSI, 13, 1, 0, USE, "Message-signalled interrupts") \
	F(PX, SEV, 14, 1, 0, USE, "WFE wake-up events can be generated") \
	F(PX, ATOS, 15, 1, 0, USE, "Address translation operations") \
	F(PX, PRI, 16, 1, 0, USE, "PRI support") \
	F(PX, VMW, 17, 1, 0, USE, "VMID wildcard matching on invalidation") \
	F(PX, VMID16, 18, 1, 0, USE, "16-bit VMID") \
	F(PX, CD2L, 19, 1, 0, USE, "2-level CD tables") \
	F(PX, VATOS, 20, 1, 0, USE, "Virtual ATOS page") \
	F(PX, TTENDIAN, 21, 2, 0, USE, "Endianness of translation table walks") \
	F(PX, ATSRECERR, 23, 1, 0, USE, "Extended event recording for ATS/PRI") \
	F(PX, STALL_MODEL, 24, 2, 0, USE, "Stall support visible to Non-secure") \
	F(PX, TERM_MODEL, 26, 1, 0, USE, "Termination model for stage-1 faults") \
	F(PX, ST_LEVEL, 27, 2, 0, USE, "Stream table levels") \
	F(PX, RES0_29, 29, 1, 0, RESERVED, "Reserved") \
	F(PX, RME_IMPL, 30, 1, 0, USE, "RME support for the existing programming") \
	F(PX, RES0_31, 31, 1, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_IDR0, SMMU_IDR0_FIELDS)

#define SMMU_IDR1_FIELDS(F, PX) \
	F(PX, SIDSIZE, 0, 6, 0, USE, "StreamID bits") \
	F(PX, SSIDSIZE, 6, 5, 0, USE, "SubstreamID bits") \
	F(PX, PRIQS, 11, 5, 0, USE, "log2 of maximum PRI queue entries") \
	F(PX, EVENTQS, 16, 5, 0, USE, "log2 of maximum event queue entries") \
	F(PX, CMDQS, 21, 5, 0, USE, "log2 of maximum command queue entries") \
	F(PX, ATTR_PERMS_OVR, 26, 1, 0, USE, "INST/PRIV/NS overrides implemented") \
	F(PX, ATTR_TYPES_OVR, 27, 1, 0, USE, "Memory type, shareability and allocation") \
	F(PX, REL, 28, 1, 0, USE, "Preset bases are offsets") \
	F(PX, QUEUES_PRESET, 29, 1, 0, USE, "Queue base registers fixed") \
	F(PX, TABLES_PRESET, 30, 1, 0, USE, "Stream table base registers fixed") \
	F(PX, ECMDQ, 31, 1, 0, USE, "Enhanced command queues")
IOM_DECLARE_LAYOUT(smmu_IDR1, SMMU_IDR1_FIELDS)

#define SMMU_IDR2_FIELDS(F, PX) \
	F(PX, BA_VATOS, 0, 10, 0, USE, "VATOS page position") \
	F(PX, RES0_10, 10, 22, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_IDR2, SMMU_IDR2_FIELDS)

#define SMMU_IDR3_FIELDS(F, PX) \
	F(PX, RES0_0, 0, 2, 0, RESERVED, "Reserved") \
	F(PX, HAD, 2, 1, 0, USE, "Hierarchical attribute disable") \
	F(PX, PBHA, 3, 1, 0, USE, "Page-based hardware attributes") \
	F(PX, XNX, 4, 1, 0, USE, "EL0/EL1 execute distinction at stage 2") \
	F(PX, PPS, 5, 1, 0, USE, "PASID on overflow auto-responses") \
	F(PX, RES0_6, 6, 1, 0, RESERVED, "Reserved") \
	F(PX, MPAM, 7, 1, 0, USE, "MPAM registers present") \
	F(PX, FWB, 8, 1, 0, USE, "Stage-2 forced write-back") \
	F(PX, STT, 9, 1, 0, USE, "Small translation tables") \
	F(PX, RIL, 10, 1, 0, USE, "Range invalidation and level hint") \
	F(PX, BBML, 11, 2, 0, USE, "Break-before-make level") \
	F(PX, E0PD, 13, 1, 0, USE, "E0PD mechanism") \
	F(PX, PTWNNC, 14, 1, 0, USE, "Meaning of S2PTW==0") \
	F(PX, DPT, 15, 1, 0, USE, "Device Permission Table and EATS 0b11 for NS") \
	F(PX, PASIDTT, 16, 1, 0, USE, "PASID on ATS Translated transactions") \
	F(PX, EPAN, 17, 1, 0, USE, "Enhanced PAN") \
	F(PX, S1PI, 18, 1, 0, USE, "Stage-1 permission indirection") \
	F(PX, S2PI, 19, 1, 0, USE, "Stage-2 permission indirection") \
	F(PX, S2PO, 20, 1, 0, USE, "Stage-2 permission overlays") \
	F(PX, THE, 21, 1, 0, USE, "Translation hardening") \
	F(PX, MTEPERM, 22, 1, 0, USE, "Stage-2 NoTagAccess encodings") \
	F(PX, AIE, 23, 1, 0, USE, "Stage-1 attribute index extension") \
	F(PX, RES0_24, 24, 8, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_IDR3, SMMU_IDR3_FIELDS)

#define SMMU_IDR4_FIELDS(F, PX) F(PX, IMPDEF_0, 0, 32, 0, IMPDEF, "Implementation-defined")
IOM_DECLARE_LAYOUT(smmu_IDR4, SMMU_IDR4_FIELDS)

#define SMMU_IDR5_FIELDS(F, PX) \
	F(PX, OAS, 0, 3, 0, USE, "Output address size") \
	F(PX, RES0_3, 3, 1, 0, RESERVED, "Reserved") \
	F(PX, GRAN4K, 4, 1, 0, USE, "4KB granule") \
	F(PX, GRAN16K, 5, 1, 0, USE, "16KB granule") \
	F(PX, GRAN64K, 6, 1, 0, USE, "64KB granule") \
	F(PX, DS, 7, 1, 0, USE, "52-bit addresses with 4KB/16KB granules") \
	F(PX, D128, 8, 1, 0, USE, "128-bit descriptors") \
	F(PX, RES0_9, 9, 1, 0, RESERVED, "Reserved") \
	F(PX, VAX, 10, 2, 0, USE, "Virtual address extension") \
	F(PX, RES0_12, 12, 4, 0, RESERVED, "Reserved") \
	F(PX, STALL_MAX, 16, 16, 0, USE, "Upper bound on outstanding stall records")
IOM_DECLARE_LAYOUT(smmu_IDR5, SMMU_IDR5_FIELDS)

#define SMMU_IIDR_FIELDS(F, PX) \
	F(PX, Implementer, 0, 12, 0, USE, "JEP106 code: [11:8] continuation count, [7]") \
	F(PX, Revision, 12, 4, 0, USE, "Minor revision") \
	F(PX, Variant, 16, 4, 0, USE, "Major revision") \
	F(PX, ProductID, 20, 12, 0, USE, "Part identification")
IOM_DECLARE_LAYOUT(smmu_IIDR, SMMU_IIDR_FIELDS)

#define SMMU_AIDR_FIELDS(F, PX) \
	F(PX, ArchMinorRev, 0, 4, 0, USE, "Architecture minor") \
	F(PX, ArchMajorRev, 4, 4, 0, USE, "Architecture major") \
	F(PX, RES0_8, 8, 24, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_AIDR, SMMU_AIDR_FIELDS)

#define SMMU_CR0_FIELDS(F, PX) \
	F(PX, SMMUEN, 0, 1, 0, USE, "Translation enable") \
	F(PX, PRIQEN, 1, 1, 0, USE, "PRI queue enable") \
	F(PX, EVENTQEN, 2, 1, 0, USE, "Event queue enable") \
	F(PX, CMDQEN, 3, 1, 0, USE, "Command queue enable") \
	F(PX, ATSCHK, 4, 1, 0, USE, "Check ATS Translated traffic against") \
	F(PX, RES0_5, 5, 1, 0, RESERVED, "Reserved (SIF only in S_CR0)") \
	F(PX, VMW, 6, 3, 0, USE, "VMID wildcard for TLB invalidation") \
	F(PX, RES0_9, 9, 1, 0, RESERVED, "Reserved (NSSTALLD only in S_CR0)") \
	F(PX, DPT_WALK_EN, 10, 1, 0, USE, "DPT walk enable") \
	F(PX, RES0_11, 11, 21, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_CR0, SMMU_CR0_FIELDS)

#define SMMU_CR0ACK_FIELDS(F, PX) \
	F(PX, SMMUEN, 0, 1, 0, USE, "Translation enable (acknowledged value)") \
	F(PX, PRIQEN, 1, 1, 0, USE, "PRI queue enable (acknowledged value)") \
	F(PX, EVENTQEN, 2, 1, 0, USE, "Event queue enable (acknowledged value)") \
	F(PX, CMDQEN, 3, 1, 0, USE, "Command queue enable (acknowledged value)") \
	F(PX, ATSCHK, 4, 1, 0, USE, "Check ATS Translated traffic against") \
	F(PX, RES0_5, 5, 1, 0, RESERVED, "Reserved (SIF only in S_CR0)") \
	F(PX, VMW, 6, 3, 0, USE, "VMID wildcard for TLB invalidation") \
	F(PX, RES0_9, 9, 1, 0, RESERVED, "Reserved (NSSTALLD only in S_CR0)") \
	F(PX, DPT_WALK_EN, 10, 1, 0, USE, "DPT walk enable (acknowledged value)") \
	F(PX, RES0_11, 11, 21, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_CR0ACK, SMMU_CR0ACK_FIELDS)

#define SMMU_CR1_FIELDS(F, PX) \
	F(PX, QUEUE_IC, 0, 2, 0, USE, "Queue access inner cacheability") \
	F(PX, QUEUE_OC, 2, 2, 0, USE, "Queue access outer cacheability") \
	F(PX, QUEUE_SH, 4, 2, 0, USE, "Queue access shareability") \
	F(PX, TABLE_IC, 6, 2, 0, USE, "Stream table / VMS access inner cacheability") \
	F(PX, TABLE_OC, 8, 2, 0, USE, "Stream table / VMS access outer cacheability") \
	F(PX, TABLE_SH, 10, 2, 0, USE, "Stream table / VMS access shareability") \
	F(PX, RES0_12, 12, 20, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_CR1, SMMU_CR1_FIELDS)

#define SMMU_CR2_FIELDS(F, PX) \
	F(PX, E2H, 0, 1, 0, USE, "EL2-E2H regime for STRW 0b10") \
	F(PX, RECINVSID, 1, 1, 0, USE, "Record C_BAD_STREAMID") \
	F(PX, PTM, 2, 1, 0, USE, "Private TLB maintenance") \
	F(PX, REC_CFG_ATS, 3, 1, 0, USE, "Record configuration errors met by ATS/PRI") \
	F(PX, RES0_4, 4, 28, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_CR2, SMMU_CR2_FIELDS)

#define SMMU_STATUSR_FIELDS(F, PX) \
	F(PX, DORMANT, 0, 1, 0, USE, "Nothing cached and no prefetch in flight") \
	F(PX, RES0_1, 1, 31, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_STATUSR, SMMU_STATUSR_FIELDS)

#define SMMU_GBPA_FIELDS(F, PX) \
	F(PX, MemAttr, 0, 4, 0, USE, "Memory type, same encoding as STE.MemAttr") \
	F(PX, MTCFG, 4, 1, 0, USE, "Memory type override enable") \
	F(PX, RES0_5, 5, 3, 0, RESERVED, "Reserved") \
	F(PX, ALLOCCFG, 8, 4, 0, USE, "Allocation hint override") \
	F(PX, SHCFG, 12, 2, 0, USE, "Shareability override") \
	F(PX, RES0_14, 14, 2, 0, RESERVED, "Reserved (NSCFG in S_GBPA)") \
	F(PX, PRIVCFG, 16, 2, 0, USE, "Privilege override") \
	F(PX, INSTCFG, 18, 2, 0, USE, "Instruction/data override for reads") \
	F(PX, ABORT, 20, 1, 0, USE, "Abort traffic while SMMUEN==0") \
	F(PX, RES0_21, 21, 10, 0, RESERVED, "Reserved") \
	F(PX, Update, 31, 1, 0, USE, "Handshake: software writes 1 with the new")
IOM_DECLARE_LAYOUT(smmu_GBPA, SMMU_GBPA_FIELDS)

#define SMMU_AGBPA_FIELDS(F, PX) \
	F(PX, IMPDEF_0, 0, 32, 0, IMPDEF, "Implementation-defined attributes")
IOM_DECLARE_LAYOUT(smmu_AGBPA, SMMU_AGBPA_FIELDS)

#define SMMU_IRQ_CTRL_FIELDS(F, PX) \
	F(PX, GERROR_IRQEN, 0, 1, 0, USE, "Global error interrupt") \
	F(PX, PRIQ_IRQEN, 1, 1, 0, USE, "PRI queue interrupt") \
	F(PX, EVENTQ_IRQEN, 2, 1, 0, USE, "Event queue interrupt (empty to non-empty)") \
	F(PX, RES0_3, 3, 29, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_IRQ_CTRL, SMMU_IRQ_CTRL_FIELDS)

#define SMMU_IRQ_CTRLACK_FIELDS(F, PX) \
	F(PX, GERROR_IRQEN, 0, 1, 0, USE, "Global error interrupt") \
	F(PX, PRIQ_IRQEN, 1, 1, 0, USE, "PRI queue interrupt") \
	F(PX, EVENTQ_IRQEN, 2, 1, 0, USE, "Event queue interrupt (empty to non-empty)") \
	F(PX, RES0_3, 3, 29, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_IRQ_CTRLACK, SMMU_IRQ_CTRLACK_FIELDS)

#define SMMU_GERROR_FIELDS(F, PX) \
	F(PX, CMDQ_ERR, 0, 1, 0, USE, "Command error, reason in CMDQ_CONS.ERR") \
	F(PX, RES0_1, 1, 1, 0, RESERVED, "Reserved") \
	F(PX, EVENTQ_ABT_ERR, 2, 1, 0, USE, "Event queue access aborted; blocks event") \
	F(PX, PRIQ_ABT_ERR, 3, 1, 0, USE, "PRI queue access aborted; blocks PRI queue") \
	F(PX, MSI_CMDQ_ABT_ERR, 4, 1, 0, USE, "CMD_SYNC MSI aborted (toggled by SMMU to") \
	F(PX, MSI_EVENTQ_ABT_ERR, 5, 1, 0, USE, "Event queue MSI aborted (toggled by SMMU to") \
	F(PX, MSI_PRIQ_ABT_ERR, 6, 1, 0, USE, "PRI queue MSI aborted (toggled by SMMU to") \
	F(PX, MSI_GERROR_ABT_ERR, 7, 1, 0, USE, "GERROR MSI aborted; the only error that") \
	F(PX, SFM_ERR, 8, 1, 0, USE, "Entered service failure mode; acknowledging") \
	F(PX, CMDQP_ERR, 9, 1, 0, USE, "Error on some ECMDQ (toggled by SMMU to") \
	F(PX, DPT_ERR, 10, 1, 0, USE, "DPT lookup fault; see DPT_CFG_FAR (toggled") \
	F(PX, RES0_11, 11, 21, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_GERROR, SMMU_GERROR_FIELDS)

#define SMMU_GERRORN_FIELDS(F, PX) \
	F(PX, CMDQ_ERR, 0, 1, 0, USE, "Command error, reason in CMDQ_CONS.ERR") \
	F(PX, RES0_1, 1, 1, 0, RESERVED, "Reserved") \
	F(PX, EVENTQ_ABT_ERR, 2, 1, 0, USE, "Event queue access aborted; blocks event") \
	F(PX, PRIQ_ABT_ERR, 3, 1, 0, USE, "PRI queue access aborted; blocks PRI queue") \
	F(PX, MSI_CMDQ_ABT_ERR, 4, 1, 0, USE, "CMD_SYNC MSI aborted (acknowledge toggle)") \
	F(PX, MSI_EVENTQ_ABT_ERR, 5, 1, 0, USE, "Event queue MSI aborted (acknowledge toggle)") \
	F(PX, MSI_PRIQ_ABT_ERR, 6, 1, 0, USE, "PRI queue MSI aborted (acknowledge toggle)") \
	F(PX, MSI_GERROR_ABT_ERR, 7, 1, 0, USE, "GERROR MSI aborted; the only error that") \
	F(PX, SFM_ERR, 8, 1, 0, USE, "Entered service failure mode; acknowledging") \
	F(PX, CMDQP_ERR, 9, 1, 0, USE, "Error on some ECMDQ (acknowledge toggle)") \
	F(PX, DPT_ERR, 10, 1, 0, USE, "DPT lookup fault; see DPT_CFG_FAR") \
	F(PX, RES0_11, 11, 21, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_GERRORN, SMMU_GERRORN_FIELDS)

#define SMMU_GERROR_IRQ_CFG0_FIELDS(F, PX) \
	F(PX, RES0_0, 0, 2, 0, RESERVED, "Reserved") \
	F(PX, ADDR, 2, 54, 2, USE, "MSI target address [55:2], word aligned") \
	F(PX, RES0_56, 56, 8, 0, RESERVED, "Reserved (R_ twin: bit 63 is NS selecting")
IOM_DECLARE_LAYOUT(smmu_GERROR_IRQ_CFG0, SMMU_GERROR_IRQ_CFG0_FIELDS)

#define SMMU_GERROR_IRQ_CFG1_FIELDS(F, PX) \
	F(PX, DATA, 0, 32, 0, USE, "MSI payload, written as a 32-bit word")
IOM_DECLARE_LAYOUT(smmu_GERROR_IRQ_CFG1, SMMU_GERROR_IRQ_CFG1_FIELDS)

#define SMMU_GERROR_IRQ_CFG2_FIELDS(F, PX) \
	F(PX, MemAttr, 0, 4, 0, USE, "MSI memory type, as STE.MemAttr") \
	F(PX, SH, 4, 2, 0, USE, "MSI shareability") \
	F(PX, RES0_6, 6, 26, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_GERROR_IRQ_CFG2, SMMU_GERROR_IRQ_CFG2_FIELDS)

#define SMMU_EVENTQ_IRQ_CFG0_FIELDS(F, PX) \
	F(PX, RES0_0, 0, 2, 0, RESERVED, "Reserved") \
	F(PX, ADDR, 2, 54, 2, USE, "MSI target address [55:2], word aligned") \
	F(PX, RES0_56, 56, 8, 0, RESERVED, "Reserved (R_ twin: bit 63 is NS selecting")
IOM_DECLARE_LAYOUT(smmu_EVENTQ_IRQ_CFG0, SMMU_EVENTQ_IRQ_CFG0_FIELDS)

#define SMMU_EVENTQ_IRQ_CFG1_FIELDS(F, PX) \
	F(PX, DATA, 0, 32, 0, USE, "MSI payload, written as a 32-bit word")
IOM_DECLARE_LAYOUT(smmu_EVENTQ_IRQ_CFG1, SMMU_EVENTQ_IRQ_CFG1_FIELDS)

#define SMMU_EVENTQ_IRQ_CFG2_FIELDS(F, PX) \
	F(PX, MemAttr, 0, 4, 0, USE, "MSI memory type, as STE.MemAttr") \
	F(PX, SH, 4, 2, 0, USE, "MSI shareability") \
	F(PX, RES0_6, 6, 26, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_EVENTQ_IRQ_CFG2, SMMU_EVENTQ_IRQ_CFG2_FIELDS)

#define SMMU_PRIQ_IRQ_CFG0_FIELDS(F, PX) \
	F(PX, RES0_0, 0, 2, 0, RESERVED, "Reserved") \
	F(PX, ADDR, 2, 54, 2, USE, "MSI target address [55:2], word aligned") \
	F(PX, RES0_56, 56, 8, 0, RESERVED, "Reserved (R_ twin: bit 63 is NS selecting")
IOM_DECLARE_LAYOUT(smmu_PRIQ_IRQ_CFG0, SMMU_PRIQ_IRQ_CFG0_FIELDS)

#define SMMU_PRIQ_IRQ_CFG1_FIELDS(F, PX) \
	F(PX, DATA, 0, 32, 0, USE, "MSI payload, written as a 32-bit word")
IOM_DECLARE_LAYOUT(smmu_PRIQ_IRQ_CFG1, SMMU_PRIQ_IRQ_CFG1_FIELDS)

#define SMMU_PRIQ_IRQ_CFG2_FIELDS(F, PX) \
	F(PX, MemAttr, 0, 4, 0, USE, "MSI memory type, as STE.MemAttr") \
	F(PX, SH, 4, 2, 0, USE, "MSI shareability") \
	F(PX, RES0_6, 6, 25, 0, RESERVED, "Reserved") \
	F(PX, LO, 31, 1, 0, USE, "Interrupt only on Last")
IOM_DECLARE_LAYOUT(smmu_PRIQ_IRQ_CFG2, SMMU_PRIQ_IRQ_CFG2_FIELDS)

#define SMMU_STRTAB_BASE_FIELDS(F, PX) \
	F(PX, RES0_0, 0, 6, 0, RESERVED, "Reserved") \
	F(PX, ADDR, 6, 50, 6, USE, "Base address [55:6]") \
	F(PX, RES0_56, 56, 6, 0, RESERVED, "Reserved") \
	F(PX, RA, 62, 1, 0, USE, "Read-allocate hint") \
	F(PX, RES0_63, 63, 1, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_STRTAB_BASE, SMMU_STRTAB_BASE_FIELDS)

#define SMMU_STRTAB_BASE_CFG_FIELDS(F, PX) \
	F(PX, LOG2SIZE, 0, 6, 0, USE, "log2 of StreamID range") \
	F(PX, SPLIT, 6, 5, 0, USE, "Bits resolved by the second level") \
	F(PX, RES0_11, 11, 5, 0, RESERVED, "Reserved") \
	F(PX, FMT, 16, 2, 0, USE, "Format") \
	F(PX, RES0_18, 18, 14, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_STRTAB_BASE_CFG, SMMU_STRTAB_BASE_CFG_FIELDS)

#define SMMU_CMDQ_BASE_FIELDS(F, PX) \
	F(PX, LOG2SIZE, 0, 5, 0, USE, "log2 entries") \
	F(PX, ADDR, 5, 51, 5, USE, "Base [55:5]") \
	F(PX, RES0_56, 56, 6, 0, RESERVED, "Reserved") \
	F(PX, RA, 62, 1, 0, USE, "Read-allocate hint") \
	F(PX, RES0_63, 63, 1, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_CMDQ_BASE, SMMU_CMDQ_BASE_FIELDS)

#define SMMU_CMDQ_PROD_FIELDS(F, PX) \
	F(PX, WR, 0, 20, 0, USE, "Write index [QS-1:0] and wrap bit [QS]") \
	F(PX, RES0_20, 20, 12, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_CMDQ_PROD, SMMU_CMDQ_PROD_FIELDS)

#define SMMU_CMDQ_CONS_FIELDS(F, PX) \
	F(PX, RD, 0, 20, 0, USE, "Read index [QS-1:0] and wrap bit [QS]") \
	F(PX, RES0_20, 20, 4, 0, RESERVED, "Reserved") \
	F(PX, ERR, 24, 7, 0, USE, "Error reason, valid while CMDQ_ERR active") \
	F(PX, RES0_31, 31, 1, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_CMDQ_CONS, SMMU_CMDQ_CONS_FIELDS)

#define SMMU_EVENTQ_BASE_FIELDS(F, PX) \
	F(PX, LOG2SIZE, 0, 5, 0, USE, "log2 entries") \
	F(PX, ADDR, 5, 51, 5, USE, "Base [55:5]") \
	F(PX, RES0_56, 56, 6, 0, RESERVED, "Reserved") \
	F(PX, WA, 62, 1, 0, USE, "Write-allocate hint") \
	F(PX, RES0_63, 63, 1, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_EVENTQ_BASE, SMMU_EVENTQ_BASE_FIELDS)

#define SMMU_EVENTQ_PROD_FIELDS(F, PX) \
	F(PX, WR, 0, 20, 0, USE, "Write index and wrap bit") \
	F(PX, RES0_20, 20, 11, 0, RESERVED, "Reserved") \
	F(PX, OVFLG, 31, 1, 0, USE, "Overflow toggle, flipped by the SMMU when a")
IOM_DECLARE_LAYOUT(smmu_EVENTQ_PROD, SMMU_EVENTQ_PROD_FIELDS)

#define SMMU_EVENTQ_CONS_FIELDS(F, PX) \
	F(PX, RD, 0, 20, 0, USE, "Read index and wrap bit") \
	F(PX, RES0_20, 20, 11, 0, RESERVED, "Reserved") \
	F(PX, OVACKFLG, 31, 1, 0, USE, "Overflow acknowledge")
IOM_DECLARE_LAYOUT(smmu_EVENTQ_CONS, SMMU_EVENTQ_CONS_FIELDS)

#define SMMU_PRIQ_BASE_FIELDS(F, PX) \
	F(PX, LOG2SIZE, 0, 5, 0, USE, "log2 entries") \
	F(PX, ADDR, 5, 51, 5, USE, "Base [55:5]") \
	F(PX, WA, 62, 1, 0, USE, "Write-allocate hint")
IOM_DECLARE_LAYOUT(smmu_PRIQ_BASE, SMMU_PRIQ_BASE_FIELDS)

#define SMMU_PRIQ_PROD_FIELDS(F, PX) \
	F(PX, WR, 0, 20, 0, USE, "Write index and wrap bit") \
	F(PX, RES0_20, 20, 11, 0, RESERVED, "Reserved") \
	F(PX, OVFLG, 31, 1, 0, USE, "Overflow toggle")
IOM_DECLARE_LAYOUT(smmu_PRIQ_PROD, SMMU_PRIQ_PROD_FIELDS)

#define SMMU_PRIQ_CONS_FIELDS(F, PX) \
	F(PX, RD, 0, 20, 0, USE, "Read index and wrap bit") \
	F(PX, RES0_20, 20, 11, 0, RESERVED, "Reserved") \
	F(PX, OVACKFLG, 31, 1, 0, USE, "Overflow acknowledge")
IOM_DECLARE_LAYOUT(smmu_PRIQ_CONS, SMMU_PRIQ_CONS_FIELDS)

#define SMMU_GATOS_CTRL_FIELDS(F, PX) \
	F(PX, RUN, 0, 1, 0, USE, "Start; SMMU clears when PAR is valid") \
	F(PX, RES0_1, 1, 31, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_GATOS_CTRL, SMMU_GATOS_CTRL_FIELDS)

#define SMMU_GATOS_SID_FIELDS(F, PX) \
	F(PX, STREAMID, 0, 32, 0, USE, "StreamID") \
	F(PX, SUBSTREAMID, 32, 20, 0, USE, "SubstreamID") \
	F(PX, SSID_VALID, 52, 1, 0, USE, "SubstreamID valid")
IOM_DECLARE_LAYOUT(smmu_GATOS_SID, SMMU_GATOS_SID_FIELDS)

#define SMMU_GATOS_ADDR_FIELDS(F, PX) \
	F(PX, HTTUI, 6, 1, 0, USE, "Inhibit hardware flag update") \
	F(PX, InD, 7, 1, 0, USE, "Instruction access, ignored for writes") \
	F(PX, RnW, 8, 1, 0, USE, "1 = read, 0 = write") \
	F(PX, PnU, 9, 1, 0, USE, "Privileged access") \
	F(PX, TYPE, 10, 2, 0, USE, "Request") \
	F(PX, ADDR, 12, 52, 12, USE, "Input address [63:12]")
IOM_DECLARE_LAYOUT(smmu_GATOS_ADDR, SMMU_GATOS_ADDR_FIELDS)

#define SMMU_GATOS_PAR_FIELDS(F, PX) \
	F(PX, FAULT, 0, 1, 0, USE, "0 = success format; 1 = fault format") \
	F(PX, REASON, 1, 2, 0, USE, "(FAULT==1) class") \
	F(PX, FAULTCODE, 4, 8, 0, USE, "(FAULT==1) code") \
	F(PX, SH, 8, 2, 0, USE, "(FAULT==0) shareability") \
	F(PX, RES0_10, 10, 1, 0, RESERVED, "Reserved") \
	F(PX, Size, 11, 1, 0, USE, "(FAULT==0) 0 = 4KB; 1 = size coded in ADDR") \
	F(PX, ADDR, 12, 44, 12, USE, "(FAULT==0) output address; when Size==1 the") \
	F(PX, FADDR, 12, 44, 12, USE, "(FAULT==1) IPA of a stage-2 fault for TYPE") \
	F(PX, ATTR, 56, 8, 0, USE, "(FAULT==0) memory attributes in MAIR format") \
	F(PX, IMPDEF_60, 60, 4, 0, IMPDEF, "(FAULT==1) implementation-defined data")
IOM_DECLARE_LAYOUT(smmu_GATOS_PAR, SMMU_GATOS_PAR_FIELDS)

#define SMMU_VATOS_CTRL_FIELDS(F, PX) \
	F(PX, RUN, 0, 1, 0, USE, "Start; SMMU clears when PAR is valid") \
	F(PX, RES0_1, 1, 31, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_VATOS_CTRL, SMMU_VATOS_CTRL_FIELDS)

#define SMMU_VATOS_SID_FIELDS(F, PX) \
	F(PX, STREAMID, 0, 32, 0, USE, "StreamID") \
	F(PX, SUBSTREAMID, 32, 20, 0, USE, "SubstreamID") \
	F(PX, SSID_VALID, 52, 1, 0, USE, "SubstreamID valid")
IOM_DECLARE_LAYOUT(smmu_VATOS_SID, SMMU_VATOS_SID_FIELDS)

#define SMMU_VATOS_ADDR_FIELDS(F, PX) \
	F(PX, HTTUI, 6, 1, 0, USE, "Inhibit hardware flag update") \
	F(PX, InD, 7, 1, 0, USE, "Instruction access, ignored for writes") \
	F(PX, RnW, 8, 1, 0, USE, "1 = read, 0 = write") \
	F(PX, PnU, 9, 1, 0, USE, "Privileged access") \
	F(PX, TYPE, 10, 2, 0, USE, "Request") \
	F(PX, ADDR, 12, 52, 12, USE, "Input address [63:12]")
IOM_DECLARE_LAYOUT(smmu_VATOS_ADDR, SMMU_VATOS_ADDR_FIELDS)

#define SMMU_VATOS_PAR_FIELDS(F, PX) \
	F(PX, FAULT, 0, 1, 0, USE, "0 = success format; 1 = fault format") \
	F(PX, REASON, 1, 2, 0, USE, "(FAULT==1) class") \
	F(PX, FAULTCODE, 4, 8, 0, USE, "(FAULT==1) code") \
	F(PX, SH, 8, 2, 0, USE, "(FAULT==0) shareability") \
	F(PX, RES0_10, 10, 1, 0, RESERVED, "Reserved") \
	F(PX, Size, 11, 1, 0, USE, "(FAULT==0) 0 = 4KB; 1 = size coded in ADDR") \
	F(PX, ADDR, 12, 44, 12, USE, "(FAULT==0) output address; when Size==1 the") \
	F(PX, FADDR, 12, 44, 12, USE, "(FAULT==1) IPA of a stage-2 fault for TYPE") \
	F(PX, ATTR, 56, 8, 0, USE, "(FAULT==0) memory attributes in MAIR format") \
	F(PX, IMPDEF_60, 60, 4, 0, IMPDEF, "(FAULT==1) implementation-defined data")
IOM_DECLARE_LAYOUT(smmu_VATOS_PAR, SMMU_VATOS_PAR_FIELDS)

#define SMMU_MPAMIDR_FIELDS(F, PX) \
	F(PX, PARTID_MAX, 0, 16, 0, USE, "Largest PARTID") \
	F(PX, PMG_MAX, 16, 8, 0, USE, "Largest PMG")
IOM_DECLARE_LAYOUT(smmu_MPAMIDR, SMMU_MPAMIDR_FIELDS)

#define SMMU_GMPAM_FIELDS(F, PX) \
	F(PX, SO_PARTID, 0, 16, 0, USE, "PARTID") \
	F(PX, SO_PMG, 16, 8, 0, USE, "PMG") \
	F(PX, Update, 31, 1, 0, USE, "Handshake as GBPA.Update")
IOM_DECLARE_LAYOUT(smmu_GMPAM, SMMU_GMPAM_FIELDS)

#define SMMU_GBPMPAM_FIELDS(F, PX) \
	F(PX, GBP_PARTID, 0, 16, 0, USE, "PARTID") \
	F(PX, GBP_PMG, 16, 8, 0, USE, "PMG") \
	F(PX, Update, 31, 1, 0, USE, "Handshake as GBPA.Update")
IOM_DECLARE_LAYOUT(smmu_GBPMPAM, SMMU_GBPMPAM_FIELDS)

#define SMMU_VATOS_SEL_FIELDS(F, PX) \
	F(PX, VMID, 0, 16, 0, USE, "VMID allowed through VATOS") \
	F(PX, RES0_16, 16, 16, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_VATOS_SEL, SMMU_VATOS_SEL_FIELDS)

#define SMMU_IDR6_FIELDS(F, PX) \
	F(PX, CMDQ_CONTROL_PAGE_LOG2NUMQ, 16, 4, 0, USE, "log2 queues per page") \
	F(PX, CMDQ_CONTROL_PAGE_LOG2NUMP, 24, 4, 0, USE, "log2 number of control pages")
IOM_DECLARE_LAYOUT(smmu_IDR6, SMMU_IDR6_FIELDS)

#define SMMU_DPT_BASE_FIELDS(F, PX) \
	F(PX, BADDR, 12, 44, 12, USE, "Level-0 DPT base, aligned to max(4KB, table") \
	F(PX, RA, 62, 1, 0, USE, "Read-allocate hint")
IOM_DECLARE_LAYOUT(smmu_DPT_BASE, SMMU_DPT_BASE_FIELDS)

#define SMMU_DPT_BASE_CFG_FIELDS(F, PX) \
	F(PX, DPTPS, 0, 3, 0, USE, "Protected address size") \
	F(PX, DPTGS, 14, 2, 0, USE, "DPT granule") \
	F(PX, L0DPTSZ, 20, 4, 0, USE, "Address bits per level-0 entry")
IOM_DECLARE_LAYOUT(smmu_DPT_BASE_CFG, SMMU_DPT_BASE_CFG_FIELDS)

#define SMMU_DPT_CFG_FAR_FIELDS(F, PX) \
	F(PX, FAULT, 0, 1, 0, USE, "Fault recorded; writing 0 clears the") \
	F(PX, LEVEL, 1, 1, 0, USE, "Level of the fault") \
	F(PX, DPT_FAULTCODE, 4, 4, 0, USE, "Cause") \
	F(PX, FADDR, 12, 44, 12, USE, "Checked PA")
IOM_DECLARE_LAYOUT(smmu_DPT_CFG_FAR, SMMU_DPT_CFG_FAR_FIELDS)

#define SMMU_CMDQ_CONTROL_PAGE_BASEN_FIELDS(F, PX) \
	F(PX, CMDQ_CONTROL_PAGE_PRESET, 0, 1, 0, USE, "Register based") \
	F(PX, CMDQGS, 1, 2, 0, USE, "Page granule") \
	F(PX, ADDR, 16, 40, 16, USE, "Offset of the page from page 0")
IOM_DECLARE_LAYOUT(smmu_CMDQ_CONTROL_PAGE_BASEn, SMMU_CMDQ_CONTROL_PAGE_BASEN_FIELDS)

#define SMMU_CMDQ_CONTROL_PAGE_CFGN_FIELDS(F, PX) F(PX, EN, 0, 1, 0, USE, "RES1")
IOM_DECLARE_LAYOUT(smmu_CMDQ_CONTROL_PAGE_CFGn, SMMU_CMDQ_CONTROL_PAGE_CFGN_FIELDS)

#define SMMU_CMDQ_CONTROL_PAGE_STATUSN_FIELDS(F, PX) F(PX, ENACK, 0, 1, 0, USE, "RES1")
IOM_DECLARE_LAYOUT(smmu_CMDQ_CONTROL_PAGE_STATUSn, SMMU_CMDQ_CONTROL_PAGE_STATUSN_FIELDS)

#define SMMU_ECMDQ_BASEN_FIELDS(F, PX) \
	F(PX, LOG2SIZE, 0, 5, 0, USE, "log2 entries") \
	F(PX, ADDR, 5, 51, 5, USE, "Queue base") \
	F(PX, RA, 62, 1, 0, USE, "Read-allocate hint")
IOM_DECLARE_LAYOUT(smmu_ECMDQ_BASEn, SMMU_ECMDQ_BASEN_FIELDS)

#define SMMU_ECMDQ_PRODN_FIELDS(F, PX) \
	F(PX, WR, 0, 20, 0, USE, "Write index and wrap") \
	F(PX, ERRACK, 23, 1, 0, USE, "Error acknowledge toggle") \
	F(PX, EN, 31, 1, 0, USE, "Queue enable")
IOM_DECLARE_LAYOUT(smmu_ECMDQ_PRODn, SMMU_ECMDQ_PRODN_FIELDS)

#define SMMU_ECMDQ_CONSN_FIELDS(F, PX) \
	F(PX, RD, 0, 20, 0, USE, "Read index and wrap") \
	F(PX, ERR, 23, 1, 0, USE, "Error toggle") \
	F(PX, ERR_REASON, 24, 3, 0, USE, "Error reason") \
	F(PX, ENACK, 31, 1, 0, USE, "Enable acknowledge")
IOM_DECLARE_LAYOUT(smmu_ECMDQ_CONSn, SMMU_ECMDQ_CONSN_FIELDS)

#define SMMU_S2PII_FIELDS(F, PX) \
	F(PX, S2PII0, 0, 4, 0, USE, "base permission") \
	F(PX, S2PII1, 4, 4, 0, USE, "base permission") \
	F(PX, S2PII2, 8, 4, 0, USE, "base permission") \
	F(PX, S2PII3, 12, 4, 0, USE, "base permission") \
	F(PX, S2PII4, 16, 4, 0, USE, "base permission") \
	F(PX, S2PII5, 20, 4, 0, USE, "base permission") \
	F(PX, S2PII6, 24, 4, 0, USE, "base permission") \
	F(PX, S2PII7, 28, 4, 0, USE, "base permission") \
	F(PX, S2PII8, 32, 4, 0, USE, "base permission") \
	F(PX, S2PII9, 36, 4, 0, USE, "base permission") \
	F(PX, S2PII10, 40, 4, 0, USE, "base permission") \
	F(PX, S2PII11, 44, 4, 0, USE, "base permission") \
	F(PX, S2PII12, 48, 4, 0, USE, "base permission") \
	F(PX, S2PII13, 52, 4, 0, USE, "base permission") \
	F(PX, S2PII14, 56, 4, 0, USE, "base permission") \
	F(PX, S2PII15, 60, 4, 0, USE, "base permission")
IOM_DECLARE_LAYOUT(smmu_S2PII, SMMU_S2PII_FIELDS)

/* All of them, ended by NULL. */
extern const iom_layout *const smmu_regs_layouts[];

#endif
