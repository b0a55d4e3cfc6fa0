/* SPDX-License-Identifier: MIT */
/*
 * Registers of the Realm and Root programming interfaces (6.3 Register descriptions).
 */
#ifndef IOM_SMMU_LAYOUTS_REGS_REALM_H
#define IOM_SMMU_LAYOUTS_REGS_REALM_H

#include "core/layout.h"

#define SMMU_R_GBPA_FIELDS(F, PX) F(PX, ABORT, 20, 1, 0, USE, "Always abort")
IOM_DECLARE_LAYOUT(smmu_R_GBPA, SMMU_R_GBPA_FIELDS)

#define SMMU_R_IRQ_CTRL_FIELDS(F, PX) \
	F(PX, GERROR_IRQEN, 0, 1, 0, USE, "Global error interrupt") \
	F(PX, PRIQ_IRQEN, 1, 1, 0, USE, "PRI queue interrupt") \
	F(PX, EVENTQ_IRQEN, 2, 1, 0, USE, "Event queue interrupt (empty to non-empty)") \
	F(PX, RES0_3, 3, 29, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_R_IRQ_CTRL, SMMU_R_IRQ_CTRL_FIELDS)

#define SMMU_R_IRQ_CTRLACK_FIELDS(F, PX) \
	F(PX, GERROR_IRQEN, 0, 1, 0, USE, "Global error interrupt") \
	F(PX, PRIQ_IRQEN, 1, 1, 0, USE, "PRI queue interrupt") \
	F(PX, EVENTQ_IRQEN, 2, 1, 0, USE, "Event queue interrupt (empty to non-empty)") \
	F(PX, RES0_3, 3, 29, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_R_IRQ_CTRLACK, SMMU_R_IRQ_CTRLACK_FIELDS)

#define SMMU_R_GERROR_FIELDS(F, PX) \
	F(PX, CMDQ_ERR, 0, 1, 0, USE, "Command error, reason in CMDQ_CONS.ERR") \
	F(PX, RES0_1, 1, 1, 0, RESERVED, "Reserved") \
	F(PX, EVENTQ_ABT_ERR, 2, 1, 0, USE, "Event queue access aborted; blocks event") \
	F(PX, PRIQ_ABT_ERR, 3, 1, 0, USE, "PRI queue access aborted; blocks PRI queue") \
	F(PX, MSI_CMDQ_ABT_ERR, 4, 1, 0, USE, "CMD_SYNC MSI aborted (toggled by SMMU to") \
	F(PX, MSI_EVENTQ_ABT_ERR, 5, 1, 0, USE, "Event queue MSI aborted (toggled by SMMU to") \
	F(PX, MSI_PRIQ_ABT_ERR, 6, 1, 0, USE, "PRI queue MSI aborted (toggled by SMMU to") \
	F(PX, MSI_GERROR_ABT_ERR, 7, 1, 0, USE, "GERROR MSI aborted; the only error that") \
	F(PX, RES0_8, 8, 1, 0, RESERVED, "Reserved") \
	F(PX, CMDQP_ERR, 9, 1, 0, USE, "Error on some ECMDQ (toggled by SMMU to") \
	F(PX, DPT_ERR, 10, 1, 0, USE, "DPT lookup fault; see DPT_CFG_FAR (toggled") \
	F(PX, RES0_11, 11, 21, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_R_GERROR, SMMU_R_GERROR_FIELDS)

#define SMMU_R_GERRORN_FIELDS(F, PX) \
	F(PX, CMDQ_ERR, 0, 1, 0, USE, "Command error, reason in CMDQ_CONS.ERR") \
	F(PX, RES0_1, 1, 1, 0, RESERVED, "Reserved") \
	F(PX, EVENTQ_ABT_ERR, 2, 1, 0, USE, "Event queue access aborted; blocks event") \
	F(PX, PRIQ_ABT_ERR, 3, 1, 0, USE, "PRI queue access aborted; blocks PRI queue") \
	F(PX, MSI_CMDQ_ABT_ERR, 4, 1, 0, USE, "CMD_SYNC MSI aborted (acknowledge toggle)") \
	F(PX, MSI_EVENTQ_ABT_ERR, 5, 1, 0, USE, "Event queue MSI aborted (acknowledge toggle)") \
	F(PX, MSI_PRIQ_ABT_ERR, 6, 1, 0, USE, "PRI queue MSI aborted (acknowledge toggle)") \
	F(PX, MSI_GERROR_ABT_ERR, 7, 1, 0, USE, "GERROR MSI aborted; the only error that") \
	F(PX, RES0_8, 8, 1, 0, RESERVED, "Reserved") \
	F(PX, CMDQP_ERR, 9, 1, 0, USE, "Error on some ECMDQ (acknowledge toggle)") \
	F(PX, DPT_ERR, 10, 1, 0, USE, "DPT lookup fault; see DPT_CFG_FAR") \
	F(PX, RES0_11, 11, 21, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_R_GERRORN, SMMU_R_GERRORN_FIELDS)

#define SMMU_R_GERROR_IRQ_CFG0_FIELDS(F, PX) \
	F(PX, ADDR, 2, 54, 2, USE, "as Non-secure twin") \
	F(PX, NS, 63, 1, 0, USE, "MSI PA space")
IOM_DECLARE_LAYOUT(smmu_R_GERROR_IRQ_CFG0, SMMU_R_GERROR_IRQ_CFG0_FIELDS)

#define SMMU_R_GERROR_IRQ_CFG1_FIELDS(F, PX) F(PX, DATA, 0, 32, 0, USE, "as Non-secure twin")
IOM_DECLARE_LAYOUT(smmu_R_GERROR_IRQ_CFG1, SMMU_R_GERROR_IRQ_CFG1_FIELDS)

#define SMMU_R_GERROR_IRQ_CFG2_FIELDS(F, PX) \
	F(PX, MemAttr, 0, 4, 0, USE, "as Non-secure twin") \
	F(PX, SH, 4, 2, 0, USE, "as Non-secure twin")
IOM_DECLARE_LAYOUT(smmu_R_GERROR_IRQ_CFG2, SMMU_R_GERROR_IRQ_CFG2_FIELDS)

#define SMMU_R_EVENTQ_IRQ_CFG0_FIELDS(F, PX) \
	F(PX, ADDR, 2, 54, 2, USE, "as Non-secure twin") \
	F(PX, NS, 63, 1, 0, USE, "MSI PA space")
IOM_DECLARE_LAYOUT(smmu_R_EVENTQ_IRQ_CFG0, SMMU_R_EVENTQ_IRQ_CFG0_FIELDS)

#define SMMU_R_EVENTQ_IRQ_CFG1_FIELDS(F, PX) F(PX, DATA, 0, 32, 0, USE, "as Non-secure twin")
IOM_DECLARE_LAYOUT(smmu_R_EVENTQ_IRQ_CFG1, SMMU_R_EVENTQ_IRQ_CFG1_FIELDS)

#define SMMU_R_EVENTQ_IRQ_CFG2_FIELDS(F, PX) \
	F(PX, MemAttr, 0, 4, 0, USE, "as Non-secure twin") \
	F(PX, SH, 4, 2, 0, USE, "as Non-secure twin")
IOM_DECLARE_LAYOUT(smmu_R_EVENTQ_IRQ_CFG2, SMMU_R_EVENTQ_IRQ_CFG2_FIELDS)

#define SMMU_R_PRIQ_IRQ_CFG0_FIELDS(F, PX) \
	F(PX, ADDR, 2, 54, 2, USE, "as Non-secure twin") \
	F(PX, NS, 63, 1, 0, USE, "MSI PA space")
IOM_DECLARE_LAYOUT(smmu_R_PRIQ_IRQ_CFG0, SMMU_R_PRIQ_IRQ_CFG0_FIELDS)

#define SMMU_R_PRIQ_IRQ_CFG1_FIELDS(F, PX) F(PX, DATA, 0, 32, 0, USE, "as Non-secure twin")
IOM_DECLARE_LAYOUT(smmu_R_PRIQ_IRQ_CFG1, SMMU_R_PRIQ_IRQ_CFG1_FIELDS)

#define SMMU_R_PRIQ_IRQ_CFG2_FIELDS(F, PX) \
	F(PX, MemAttr, 0, 4, 0, USE, "as Non-secure twin") \
	F(PX, SH, 4, 2, 0, USE, "as Non-secure twin") \
	F(PX, LO, 31, 1, 0, USE, "as Non-secure twin")
IOM_DECLARE_LAYOUT(smmu_R_PRIQ_IRQ_CFG2, SMMU_R_PRIQ_IRQ_CFG2_FIELDS)

#define SMMU_R_STRTAB_BASE_FIELDS(F, PX) \
	F(PX, RES0_0, 0, 6, 0, RESERVED, "Reserved") \
	F(PX, ADDR, 6, 50, 6, USE, "Base address [55:6]") \
	F(PX, RES0_56, 56, 6, 0, RESERVED, "Reserved") \
	F(PX, RA, 62, 1, 0, USE, "Read-allocate hint") \
	F(PX, RES0_63, 63, 1, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_R_STRTAB_BASE, SMMU_R_STRTAB_BASE_FIELDS)

#define SMMU_R_STRTAB_BASE_CFG_FIELDS(F, PX) \
	F(PX, LOG2SIZE, 0, 6, 0, USE, "log2 of StreamID range") \
	F(PX, SPLIT, 6, 5, 0, USE, "Bits resolved by the second level") \
	F(PX, RES0_11, 11, 5, 0, RESERVED, "Reserved") \
	F(PX, FMT, 16, 2, 0, USE, "Format") \
	F(PX, RES0_18, 18, 14, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_R_STRTAB_BASE_CFG, SMMU_R_STRTAB_BASE_CFG_FIELDS)

#define SMMU_R_CMDQ_BASE_FIELDS(F, PX) \
	F(PX, LOG2SIZE, 0, 5, 0, USE, "log2 entries") \
	F(PX, ADDR, 5, 51, 5, USE, "Base [55:5]") \
	F(PX, RES0_56, 56, 6, 0, RESERVED, "Reserved") \
	F(PX, RA, 62, 1, 0, USE, "Read-allocate hint") \
	F(PX, RES0_63, 63, 1, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_R_CMDQ_BASE, SMMU_R_CMDQ_BASE_FIELDS)

#define SMMU_R_CMDQ_PROD_FIELDS(F, PX) \
	F(PX, WR, 0, 20, 0, USE, "Write index [QS-1:0] and wrap bit [QS]") \
	F(PX, RES0_20, 20, 12, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_R_CMDQ_PROD, SMMU_R_CMDQ_PROD_FIELDS)

#define SMMU_R_CMDQ_CONS_FIELDS(F, PX) \
	F(PX, RD, 0, 20, 0, USE, "Read index [QS-1:0] and wrap bit [QS]") \
	F(PX, RES0_20, 20, 4, 0, RESERVED, "Reserved") \
	F(PX, ERR, 24, 7, 0, USE, "Error reason, valid while CMDQ_ERR active") \
	F(PX, RES0_31, 31, 1, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_R_CMDQ_CONS, SMMU_R_CMDQ_CONS_FIELDS)

#define SMMU_R_EVENTQ_BASE_FIELDS(F, PX) \
	F(PX, LOG2SIZE, 0, 5, 0, USE, "log2 entries") \
	F(PX, ADDR, 5, 51, 5, USE, "Base [55:5]") \
	F(PX, RES0_56, 56, 6, 0, RESERVED, "Reserved") \
	F(PX, WA, 62, 1, 0, USE, "Write-allocate hint") \
	F(PX, RES0_63, 63, 1, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_R_EVENTQ_BASE, SMMU_R_EVENTQ_BASE_FIELDS)

#define SMMU_R_EVENTQ_PROD_FIELDS(F, PX) \
	F(PX, WR, 0, 20, 0, USE, "Write index and wrap bit") \
	F(PX, RES0_20, 20, 11, 0, RESERVED, "Reserved") \
	F(PX, OVFLG, 31, 1, 0, USE, "Overflow toggle, flipped by the SMMU when a")
IOM_DECLARE_LAYOUT(smmu_R_EVENTQ_PROD, SMMU_R_EVENTQ_PROD_FIELDS)

#define SMMU_R_EVENTQ_CONS_FIELDS(F, PX) \
	F(PX, RD, 0, 20, 0, USE, "Read index and wrap bit") \
	F(PX, RES0_20, 20, 11, 0, RESERVED, "Reserved") \
	F(PX, OVACKFLG, 31, 1, 0, USE, "Overflow acknowledge")
IOM_DECLARE_LAYOUT(smmu_R_EVENTQ_CONS, SMMU_R_EVENTQ_CONS_FIELDS)

#define SMMU_R_PRIQ_BASE_FIELDS(F, PX) \
	F(PX, LOG2SIZE, 0, 5, 0, USE, "log2 entries") \
	F(PX, ADDR, 5, 51, 5, USE, "Base [55:5]") \
	F(PX, WA, 62, 1, 0, USE, "Write-allocate hint")
IOM_DECLARE_LAYOUT(smmu_R_PRIQ_BASE, SMMU_R_PRIQ_BASE_FIELDS)

#define SMMU_R_PRIQ_PROD_FIELDS(F, PX) \
	F(PX, WR, 0, 20, 0, USE, "Write index and wrap bit") \
	F(PX, RES0_20, 20, 11, 0, RESERVED, "Reserved") \
	F(PX, OVFLG, 31, 1, 0, USE, "Overflow toggle")
IOM_DECLARE_LAYOUT(smmu_R_PRIQ_PROD, SMMU_R_PRIQ_PROD_FIELDS)

#define SMMU_R_PRIQ_CONS_FIELDS(F, PX) \
	F(PX, RD, 0, 20, 0, USE, "Read index and wrap bit") \
	F(PX, RES0_20, 20, 11, 0, RESERVED, "Reserved") \
	F(PX, OVACKFLG, 31, 1, 0, USE, "Overflow acknowledge")
IOM_DECLARE_LAYOUT(smmu_R_PRIQ_CONS, SMMU_R_PRIQ_CONS_FIELDS)

#define SMMU_R_MPAMIDR_FIELDS(F, PX) \
	F(PX, PARTID_MAX, 0, 16, 0, USE, "Largest PARTID") \
	F(PX, PMG_MAX, 16, 8, 0, USE, "Largest PMG") \
	F(PX, HAS_MPAM_NS, 25, 1, 0, USE, "MPAM_NS override supported")
IOM_DECLARE_LAYOUT(smmu_R_MPAMIDR, SMMU_R_MPAMIDR_FIELDS)

#define SMMU_R_GMPAM_FIELDS(F, PX) \
	F(PX, SO_PARTID, 0, 16, 0, USE, "PARTID") \
	F(PX, SO_PMG, 16, 8, 0, USE, "PMG") \
	F(PX, MPAM_NS, 24, 1, 0, USE, "Use Non-secure PARTID space") \
	F(PX, Update, 31, 1, 0, USE, "Handshake as GBPA.Update")
IOM_DECLARE_LAYOUT(smmu_R_GMPAM, SMMU_R_GMPAM_FIELDS)

#define SMMU_R_IDR6_FIELDS(F, PX) \
	F(PX, CMDQ_CONTROL_PAGE_LOG2NUMQ, 16, 4, 0, USE, "log2 queues per page") \
	F(PX, CMDQ_CONTROL_PAGE_LOG2NUMP, 24, 4, 0, USE, "log2 number of control pages")
IOM_DECLARE_LAYOUT(smmu_R_IDR6, SMMU_R_IDR6_FIELDS)

#define SMMU_R_DPT_BASE_FIELDS(F, PX) \
	F(PX, BADDR, 12, 44, 12, USE, "Level-0 DPT base, aligned to max(4KB, table") \
	F(PX, RA, 62, 1, 0, USE, "Read-allocate hint")
IOM_DECLARE_LAYOUT(smmu_R_DPT_BASE, SMMU_R_DPT_BASE_FIELDS)

#define SMMU_R_DPT_BASE_CFG_FIELDS(F, PX) \
	F(PX, DPTPS, 0, 3, 0, USE, "Protected address size") \
	F(PX, DPTGS, 14, 2, 0, USE, "DPT granule") \
	F(PX, L0DPTSZ, 20, 4, 0, USE, "Address bits per level-0 entry")
IOM_DECLARE_LAYOUT(smmu_R_DPT_BASE_CFG, SMMU_R_DPT_BASE_CFG_FIELDS)

#define SMMU_R_DPT_CFG_FAR_FIELDS(F, PX) \
	F(PX, FAULT, 0, 1, 0, USE, "Fault recorded; writing 0 clears the") \
	F(PX, LEVEL, 1, 1, 0, USE, "Level of the fault") \
	F(PX, DPT_FAULTCODE, 4, 4, 0, USE, "Cause") \
	F(PX, FADDR, 12, 44, 12, USE, "Checked PA")
IOM_DECLARE_LAYOUT(smmu_R_DPT_CFG_FAR, SMMU_R_DPT_CFG_FAR_FIELDS)

#define SMMU_R_CMDQ_CONTROL_PAGE_BASEN_FIELDS(F, PX) \
	F(PX, CMDQ_CONTROL_PAGE_PRESET, 0, 1, 0, USE, "Register based") \
	F(PX, CMDQGS, 1, 2, 0, USE, "Page granule") \
	F(PX, ADDR, 16, 40, 16, USE, "Offset of the page from page 0")
IOM_DECLARE_LAYOUT(smmu_R_CMDQ_CONTROL_PAGE_BASEn, SMMU_R_CMDQ_CONTROL_PAGE_BASEN_FIELDS)

#define SMMU_R_CMDQ_CONTROL_PAGE_CFGN_FIELDS(F, PX) F(PX, EN, 0, 1, 0, USE, "RES1")
IOM_DECLARE_LAYOUT(smmu_R_CMDQ_CONTROL_PAGE_CFGn, SMMU_R_CMDQ_CONTROL_PAGE_CFGN_FIELDS)

#define SMMU_R_CMDQ_CONTROL_PAGE_STATUSN_FIELDS(F, PX) F(PX, ENACK, 0, 1, 0, USE, "RES1")
IOM_DECLARE_LAYOUT(smmu_R_CMDQ_CONTROL_PAGE_STATUSn, SMMU_R_CMDQ_CONTROL_PAGE_STATUSN_FIELDS)

#define SMMU_R_CR1_FIELDS(F, PX) \
	F(PX, QUEUE_IC, 0, 2, 0, USE, "as SMMU_CR1.QUEUE_IC") \
	F(PX, QUEUE_OC, 2, 2, 0, USE, "as SMMU_CR1.QUEUE_OC") \
	F(PX, QUEUE_SH, 4, 2, 0, USE, "as SMMU_CR1.QUEUE_SH") \
	F(PX, TABLE_IC, 6, 2, 0, USE, "as SMMU_CR1.TABLE_IC") \
	F(PX, TABLE_OC, 8, 2, 0, USE, "as SMMU_CR1.TABLE_OC") \
	F(PX, TABLE_SH, 10, 2, 0, USE, "as SMMU_CR1.TABLE_SH")
IOM_DECLARE_LAYOUT(smmu_R_CR1, SMMU_R_CR1_FIELDS)

#define SMMU_R_IDR0_FIELDS(F, PX) \
	F(PX, ATS, 10, 1, 0, USE, "equals IDR0.ATS") \
	F(PX, MSI, 13, 1, 0, USE, "equals IDR0.MSI") \
	F(PX, PRI, 16, 1, 0, USE, "equals IDR0.PRI") \
	F(PX, STALL_MODEL, 24, 2, 0, USE, "only 0b01 permitted") \
	F(PX, ECMDQ, 31, 1, 0, USE, "Realm ECMDQ")
IOM_DECLARE_LAYOUT(smmu_R_IDR0, SMMU_R_IDR0_FIELDS)

#define SMMU_R_IDR1_FIELDS(F, PX) F(PX, RME_DA_IMPL, 31, 1, 0, USE, "reads 1")
IOM_DECLARE_LAYOUT(smmu_R_IDR1, SMMU_R_IDR1_FIELDS)

#define SMMU_R_IDR3_FIELDS(F, PX) \
	F(PX, DPT, 15, 1, 0, USE, "Realm DPT") \
	F(PX, MEC, 16, 1, 0, USE, "Memory encryption contexts") \
	F(PX, XT, 17, 1, 0, USE, "XT/TE bits supported")
IOM_DECLARE_LAYOUT(smmu_R_IDR3, SMMU_R_IDR3_FIELDS)

#define SMMU_R_CR0_FIELDS(F, PX) \
	F(PX, SMMUEN, 0, 1, 0, USE, "0 = Realm streams aborted") \
	F(PX, PRIQEN, 1, 1, 0, USE, "as CR0") \
	F(PX, EVENTQEN, 2, 1, 0, USE, "as CR0") \
	F(PX, CMDQEN, 3, 1, 0, USE, "as CR0") \
	F(PX, ATSCHK, 4, 1, 0, USE, "RES1") \
	F(PX, VMW, 6, 3, 0, USE, "as CR0") \
	F(PX, DPT_WALK_EN, 10, 1, 0, USE, "as CR0")
IOM_DECLARE_LAYOUT(smmu_R_CR0, SMMU_R_CR0_FIELDS)

#define SMMU_R_CR0ACK_FIELDS(F, PX) \
	F(PX, SMMUEN, 0, 1, 0, USE, "0 = Realm streams aborted") \
	F(PX, PRIQEN, 1, 1, 0, USE, "as CR0") \
	F(PX, EVENTQEN, 2, 1, 0, USE, "as CR0") \
	F(PX, CMDQEN, 3, 1, 0, USE, "as CR0") \
	F(PX, ATSCHK, 4, 1, 0, USE, "RES1") \
	F(PX, VMW, 6, 3, 0, USE, "as CR0") \
	F(PX, DPT_WALK_EN, 10, 1, 0, USE, "as CR0")
IOM_DECLARE_LAYOUT(smmu_R_CR0ACK, SMMU_R_CR0ACK_FIELDS)

#define SMMU_R_CR2_FIELDS(F, PX) \
	F(PX, E2H, 0, 1, 0, USE, "Realm EL2-E2H") \
	F(PX, RECINVSID, 1, 1, 0, USE, "as CR2") \
	F(PX, PTM, 2, 1, 0, USE, "as CR2") \
	F(PX, REC_CFG_ATS, 3, 1, 0, USE, "as CR2")
IOM_DECLARE_LAYOUT(smmu_R_CR2, SMMU_R_CR2_FIELDS)

#define SMMU_R_MECIDR_FIELDS(F, PX) F(PX, MECIDSIZE, 0, 4, 0, USE, "MECID bits minus one")
IOM_DECLARE_LAYOUT(smmu_R_MECIDR, SMMU_R_MECIDR_FIELDS)

#define SMMU_R_GMECID_FIELDS(F, PX) \
	F(PX, GMECID, 0, 16, 0, USE, "MECID for SMMU-originated Realm accesses")
IOM_DECLARE_LAYOUT(smmu_R_GMECID, SMMU_R_GMECID_FIELDS)

#define SMMU_R_AIDR_FIELDS(F, PX) \
	F(PX, ArchMinorRev, 0, 4, 0, USE, "Architecture minor") \
	F(PX, ArchMajorRev, 4, 4, 0, USE, "Architecture major")
IOM_DECLARE_LAYOUT(smmu_R_AIDR, SMMU_R_AIDR_FIELDS)

#define SMMU_ROOT_IDR0_FIELDS(F, PX) \
	F(PX, ROOT_IMPL, 0, 1, 0, USE, "reads 1") \
	F(PX, BGPTM, 1, 1, 0, USE, "Broadcast GPT invalidate") \
	F(PX, RGPTM, 2, 1, 0, USE, "Register GPT invalidate present") \
	F(PX, REALM_IMPL, 3, 1, 0, USE, "Realm interface present") \
	F(PX, BA_REALM, 22, 10, 0, USE, "Realm page 0 at page0 + 0x20000 +")
IOM_DECLARE_LAYOUT(smmu_ROOT_IDR0, SMMU_ROOT_IDR0_FIELDS)

#define SMMU_ROOT_CR0_FIELDS(F, PX) \
	F(PX, ACCESSEN, 0, 1, 0, USE, "Allow any access; 0 makes all accesses fail") \
	F(PX, GPCEN, 1, 1, 0, USE, "Granule protection checks enable")
IOM_DECLARE_LAYOUT(smmu_ROOT_CR0, SMMU_ROOT_CR0_FIELDS)

#define SMMU_ROOT_CR0ACK_FIELDS(F, PX) \
	F(PX, ACCESSEN, 0, 1, 0, USE, "Allow any access; 0 makes all accesses fail") \
	F(PX, GPCEN, 1, 1, 0, USE, "Granule protection checks enable")
IOM_DECLARE_LAYOUT(smmu_ROOT_CR0ACK, SMMU_ROOT_CR0ACK_FIELDS)

#define SMMU_ROOT_GPT_BASE_FIELDS(F, PX) F(PX, ADDR, 12, 40, 12, USE, "L0 GPT base; low bits")
IOM_DECLARE_LAYOUT(smmu_ROOT_GPT_BASE, SMMU_ROOT_GPT_BASE_FIELDS)

#define SMMU_ROOT_GPT_BASE_CFG_FIELDS(F, PX) \
	F(PX, PPS, 0, 3, 0, USE, "Protected PA size") \
	F(PX, IRGN, 8, 2, 0, USE, "GPT fetch inner cacheability") \
	F(PX, ORGN, 10, 2, 0, USE, "GPT fetch outer cacheability") \
	F(PX, SH, 12, 2, 0, USE, "GPT fetch shareability") \
	F(PX, PGS, 14, 2, 0, USE, "Granule") \
	F(PX, GPCP, 17, 1, 0, USE, "GPC priority") \
	F(PX, L0GPTSZ, 20, 4, 0, USE, "RO; bits per L0 entry")
IOM_DECLARE_LAYOUT(smmu_ROOT_GPT_BASE_CFG, SMMU_ROOT_GPT_BASE_CFG_FIELDS)

#define SMMU_ROOT_GPF_FAR_FIELDS(F, PX) \
	F(PX, FAULT, 0, 1, 0, USE, "Write 0 clears the whole register") \
	F(PX, REASON, 1, 3, 0, USE, "Originator") \
	F(PX, FAULTCODE, 4, 8, 0, USE, "Access kind") \
	F(PX, FADDR, 12, 44, 12, USE, "Checked PA") \
	F(PX, FPAS, 62, 2, 0, USE, "PA space")
IOM_DECLARE_LAYOUT(smmu_ROOT_GPF_FAR, SMMU_ROOT_GPF_FAR_FIELDS)

#define SMMU_ROOT_GPT_CFG_FAR_FIELDS(F, PX) \
	F(PX, FAULT, 0, 1, 0, USE, "Write 0 clears the whole register") \
	F(PX, REASON, 1, 3, 0, USE, "Originator") \
	F(PX, FAULTCODE, 4, 8, 0, USE, "Access kind") \
	F(PX, FADDR, 12, 44, 12, USE, "Checked PA") \
	F(PX, CFG_ERR, 56, 4, 0, USE, "Lookup error kind") \
	F(PX, FPAS, 62, 2, 0, USE, "PA space")
IOM_DECLARE_LAYOUT(smmu_ROOT_GPT_CFG_FAR, SMMU_ROOT_GPT_CFG_FAR_FIELDS)

#define SMMU_ROOT_TLBI_FIELDS(F, PX) \
	F(PX, ALL, 0, 1, 0, USE, "Invalidate everything") \
	F(PX, L, 1, 1, 0, USE, "Last level only") \
	F(PX, SIZE, 4, 4, 0, USE, "Range") \
	F(PX, Address, 12, 40, 12, USE, "Base")
IOM_DECLARE_LAYOUT(smmu_ROOT_TLBI, SMMU_ROOT_TLBI_FIELDS)

#define SMMU_ROOT_TLBI_CTRL_FIELDS(F, PX) F(PX, RUN, 0, 1, 0, USE, "Start")
IOM_DECLARE_LAYOUT(smmu_ROOT_TLBI_CTRL, SMMU_ROOT_TLBI_CTRL_FIELDS)

#define SMMU_ROOT_IIDR_FIELDS(F, PX) \
	F(PX, Implementer, 0, 12, 0, USE, "JEP106 code") \
	F(PX, Revision, 12, 4, 0, USE, "Minor revision") \
	F(PX, Variant, 16, 4, 0, USE, "Major revision") \
	F(PX, ProductID, 20, 12, 0, USE, "Part identification")
IOM_DECLARE_LAYOUT(smmu_ROOT_IIDR, SMMU_ROOT_IIDR_FIELDS)

#define SMMU_ROOT_GPT_BASE2_FIELDS(F, PX) \
	F(PX, ADDR, 12, 40, 12, USE, "Alternate level-0 GPT base [51:12]")
IOM_DECLARE_LAYOUT(smmu_ROOT_GPT_BASE2, SMMU_ROOT_GPT_BASE2_FIELDS)

#define SMMU_ROOT_GPT_BASE_UPDATE_FIELDS(F, PX) \
	F(PX, Update, 0, 1, 0, USE, "Starts the switch to GPT_BASE2")
IOM_DECLARE_LAYOUT(smmu_ROOT_GPT_BASE_UPDATE, SMMU_ROOT_GPT_BASE_UPDATE_FIELDS)

/* All of them, ended by NULL. */
extern const iom_layout *const smmu_regs_realm_layouts[];

#endif
