/* SPDX-License-Identifier: MIT */
/*
 * Registers of the Secure programming interface (6.3 Register descriptions).
 */
#ifndef IOM_SMMU_LAYOUTS_REGS_SECURE_H
#define IOM_SMMU_LAYOUTS_REGS_SECURE_H

#include "core/layout.h"

#define SMMU_S_GBPA_FIELDS(F, PX) \
	F(PX, MemAttr, 0, 4, 0, USE, "Memory type, same encoding as STE.MemAttr") \
	F(PX, MTCFG, 4, 1, 0, USE, "Memory type override enable") \
	F(PX, RES0_5, 5, 3, 0, RESERVED, "Reserved") \
	F(PX, ALLOCCFG, 8, 4, 0, USE, "Allocation hint override") \
	F(PX, SHCFG, 12, 2, 0, USE, "Shareability override") \
	F(PX, NSCFG, 14, 2, 0, USE, "NS override") \
	F(PX, PRIVCFG, 16, 2, 0, USE, "Privilege override") \
	F(PX, INSTCFG, 18, 2, 0, USE, "Instruction/data override for reads") \
	F(PX, ABORT, 20, 1, 0, USE, "Abort traffic while SMMUEN==0") \
	F(PX, RES0_21, 21, 10, 0, RESERVED, "Reserved") \
	F(PX, Update, 31, 1, 0, USE, "Handshake: software writes 1 with the new")
IOM_DECLARE_LAYOUT(smmu_S_GBPA, SMMU_S_GBPA_FIELDS)

#define SMMU_S_IRQ_CTRL_FIELDS(F, PX) \
	F(PX, GERROR_IRQEN, 0, 1, 0, USE, "Global error interrupt") \
	F(PX, RES0_1, 1, 1, 0, RESERVED, "Reserved") \
	F(PX, EVENTQ_IRQEN, 2, 1, 0, USE, "Event queue interrupt (empty to non-empty)") \
	F(PX, RES0_3, 3, 29, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_S_IRQ_CTRL, SMMU_S_IRQ_CTRL_FIELDS)

#define SMMU_S_IRQ_CTRLACK_FIELDS(F, PX) \
	F(PX, GERROR_IRQEN, 0, 1, 0, USE, "Global error interrupt") \
	F(PX, RES0_1, 1, 1, 0, RESERVED, "Reserved") \
	F(PX, EVENTQ_IRQEN, 2, 1, 0, USE, "Event queue interrupt (empty to non-empty)") \
	F(PX, RES0_3, 3, 29, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_S_IRQ_CTRLACK, SMMU_S_IRQ_CTRLACK_FIELDS)

#define SMMU_S_GERROR_FIELDS(F, PX) \
	F(PX, CMDQ_ERR, 0, 1, 0, USE, "Command error, reason in CMDQ_CONS.ERR") \
	F(PX, RES0_1, 1, 1, 0, RESERVED, "Reserved") \
	F(PX, EVENTQ_ABT_ERR, 2, 1, 0, USE, "Event queue access aborted; blocks event") \
	F(PX, RES0_3, 3, 1, 0, RESERVED, "Reserved") \
	F(PX, MSI_CMDQ_ABT_ERR, 4, 1, 0, USE, "CMD_SYNC MSI aborted (toggled by SMMU to") \
	F(PX, MSI_EVENTQ_ABT_ERR, 5, 1, 0, USE, "Event queue MSI aborted (toggled by SMMU to") \
	F(PX, RES0_6, 6, 1, 0, RESERVED, "Reserved") \
	F(PX, MSI_GERROR_ABT_ERR, 7, 1, 0, USE, "GERROR MSI aborted; the only error that") \
	F(PX, SFM_ERR, 8, 1, 0, USE, "Entered service failure mode; acknowledging") \
	F(PX, CMDQP_ERR, 9, 1, 0, USE, "Error on some ECMDQ (toggled by SMMU to") \
	F(PX, RES0_10, 10, 1, 0, RESERVED, "Reserved") \
	F(PX, RES0_11, 11, 21, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_S_GERROR, SMMU_S_GERROR_FIELDS)

#define SMMU_S_GERRORN_FIELDS(F, PX) \
	F(PX, CMDQ_ERR, 0, 1, 0, USE, "Command error, reason in CMDQ_CONS.ERR") \
	F(PX, RES0_1, 1, 1, 0, RESERVED, "Reserved") \
	F(PX, EVENTQ_ABT_ERR, 2, 1, 0, USE, "Event queue access aborted; blocks event") \
	F(PX, RES0_3, 3, 1, 0, RESERVED, "Reserved") \
	F(PX, MSI_CMDQ_ABT_ERR, 4, 1, 0, USE, "CMD_SYNC MSI aborted (acknowledge toggle)") \
	F(PX, MSI_EVENTQ_ABT_ERR, 5, 1, 0, USE, "Event queue MSI aborted (acknowledge toggle)") \
	F(PX, RES0_6, 6, 1, 0, RESERVED, "Reserved") \
	F(PX, MSI_GERROR_ABT_ERR, 7, 1, 0, USE, "GERROR MSI aborted; the only error that") \
	F(PX, SFM_ERR, 8, 1, 0, USE, "Entered service failure mode; acknowledging") \
	F(PX, CMDQP_ERR, 9, 1, 0, USE, "Error on some ECMDQ (acknowledge toggle)") \
	F(PX, RES0_10, 10, 1, 0, RESERVED, "Reserved") \
	F(PX, RES0_11, 11, 21, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_S_GERRORN, SMMU_S_GERRORN_FIELDS)

#define SMMU_S_GERROR_IRQ_CFG0_FIELDS(F, PX) \
	F(PX, ADDR, 2, 54, 2, USE, "as SMMU_GERROR_IRQ_CFG0.ADDR (Secure PA)")
IOM_DECLARE_LAYOUT(smmu_S_GERROR_IRQ_CFG0, SMMU_S_GERROR_IRQ_CFG0_FIELDS)

#define SMMU_S_GERROR_IRQ_CFG1_FIELDS(F, PX) F(PX, DATA, 0, 32, 0, USE, "as Non-secure twin")
IOM_DECLARE_LAYOUT(smmu_S_GERROR_IRQ_CFG1, SMMU_S_GERROR_IRQ_CFG1_FIELDS)

#define SMMU_S_GERROR_IRQ_CFG2_FIELDS(F, PX) \
	F(PX, MemAttr, 0, 4, 0, USE, "as Non-secure twin") \
	F(PX, SH, 4, 2, 0, USE, "as Non-secure twin")
IOM_DECLARE_LAYOUT(smmu_S_GERROR_IRQ_CFG2, SMMU_S_GERROR_IRQ_CFG2_FIELDS)

#define SMMU_S_EVENTQ_IRQ_CFG0_FIELDS(F, PX) \
	F(PX, ADDR, 2, 54, 2, USE, "as SMMU_EVENTQ_IRQ_CFG0.ADDR (Secure PA)")
IOM_DECLARE_LAYOUT(smmu_S_EVENTQ_IRQ_CFG0, SMMU_S_EVENTQ_IRQ_CFG0_FIELDS)

#define SMMU_S_EVENTQ_IRQ_CFG1_FIELDS(F, PX) F(PX, DATA, 0, 32, 0, USE, "as Non-secure twin")
IOM_DECLARE_LAYOUT(smmu_S_EVENTQ_IRQ_CFG1, SMMU_S_EVENTQ_IRQ_CFG1_FIELDS)

#define SMMU_S_EVENTQ_IRQ_CFG2_FIELDS(F, PX) \
	F(PX, MemAttr, 0, 4, 0, USE, "as Non-secure twin") \
	F(PX, SH, 4, 2, 0, USE, "as Non-secure twin")
IOM_DECLARE_LAYOUT(smmu_S_EVENTQ_IRQ_CFG2, SMMU_S_EVENTQ_IRQ_CFG2_FIELDS)

#define SMMU_S_STRTAB_BASE_FIELDS(F, PX) \
	F(PX, RES0_0, 0, 6, 0, RESERVED, "Reserved") \
	F(PX, ADDR, 6, 50, 6, USE, "Base address [55:6]") \
	F(PX, RES0_56, 56, 6, 0, RESERVED, "Reserved") \
	F(PX, RA, 62, 1, 0, USE, "Read-allocate hint") \
	F(PX, RES0_63, 63, 1, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_S_STRTAB_BASE, SMMU_S_STRTAB_BASE_FIELDS)

#define SMMU_S_STRTAB_BASE_CFG_FIELDS(F, PX) \
	F(PX, LOG2SIZE, 0, 6, 0, USE, "log2 of StreamID range") \
	F(PX, SPLIT, 6, 5, 0, USE, "Bits resolved by the second level") \
	F(PX, RES0_11, 11, 5, 0, RESERVED, "Reserved") \
	F(PX, FMT, 16, 2, 0, USE, "Format") \
	F(PX, RES0_18, 18, 14, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_S_STRTAB_BASE_CFG, SMMU_S_STRTAB_BASE_CFG_FIELDS)

#define SMMU_S_CMDQ_BASE_FIELDS(F, PX) \
	F(PX, LOG2SIZE, 0, 5, 0, USE, "log2 entries") \
	F(PX, ADDR, 5, 51, 5, USE, "Base [55:5]") \
	F(PX, RES0_56, 56, 6, 0, RESERVED, "Reserved") \
	F(PX, RA, 62, 1, 0, USE, "Read-allocate hint") \
	F(PX, RES0_63, 63, 1, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_S_CMDQ_BASE, SMMU_S_CMDQ_BASE_FIELDS)

#define SMMU_S_CMDQ_PROD_FIELDS(F, PX) \
	F(PX, WR, 0, 20, 0, USE, "Write index [QS-1:0] and wrap bit [QS]") \
	F(PX, RES0_20, 20, 12, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_S_CMDQ_PROD, SMMU_S_CMDQ_PROD_FIELDS)

#define SMMU_S_CMDQ_CONS_FIELDS(F, PX) \
	F(PX, RD, 0, 20, 0, USE, "Read index [QS-1:0] and wrap bit [QS]") \
	F(PX, RES0_20, 20, 4, 0, RESERVED, "Reserved") \
	F(PX, ERR, 24, 7, 0, USE, "Error reason, valid while CMDQ_ERR active") \
	F(PX, RES0_31, 31, 1, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_S_CMDQ_CONS, SMMU_S_CMDQ_CONS_FIELDS)

#define SMMU_S_EVENTQ_BASE_FIELDS(F, PX) \
	F(PX, LOG2SIZE, 0, 5, 0, USE, "log2 entries") \
	F(PX, ADDR, 5, 51, 5, USE, "Base [55:5]") \
	F(PX, RES0_56, 56, 6, 0, RESERVED, "Reserved") \
	F(PX, WA, 62, 1, 0, USE, "Write-allocate hint") \
	F(PX, RES0_63, 63, 1, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_S_EVENTQ_BASE, SMMU_S_EVENTQ_BASE_FIELDS)

#define SMMU_S_EVENTQ_PROD_FIELDS(F, PX) \
	F(PX, WR, 0, 20, 0, USE, "Write index and wrap bit") \
	F(PX, RES0_20, 20, 11, 0, RESERVED, "Reserved") \
	F(PX, OVFLG, 31, 1, 0, USE, "Overflow toggle, flipped by the SMMU when a")
IOM_DECLARE_LAYOUT(smmu_S_EVENTQ_PROD, SMMU_S_EVENTQ_PROD_FIELDS)

#define SMMU_S_EVENTQ_CONS_FIELDS(F, PX) \
	F(PX, RD, 0, 20, 0, USE, "Read index and wrap bit") \
	F(PX, RES0_20, 20, 11, 0, RESERVED, "Reserved") \
	F(PX, OVACKFLG, 31, 1, 0, USE, "Overflow acknowledge")
IOM_DECLARE_LAYOUT(smmu_S_EVENTQ_CONS, SMMU_S_EVENTQ_CONS_FIELDS)

#define SMMU_S_GATOS_CTRL_FIELDS(F, PX) \
	F(PX, RUN, 0, 1, 0, USE, "Start; SMMU clears when PAR is valid") \
	F(PX, RES0_1, 1, 31, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_S_GATOS_CTRL, SMMU_S_GATOS_CTRL_FIELDS)

#define SMMU_S_GATOS_SID_FIELDS(F, PX) \
	F(PX, STREAMID, 0, 32, 0, USE, "StreamID") \
	F(PX, SUBSTREAMID, 32, 20, 0, USE, "SubstreamID") \
	F(PX, SSID_VALID, 52, 1, 0, USE, "SubstreamID valid") \
	F(PX, SSEC, 53, 1, 0, USE, "StreamID is Secure")
IOM_DECLARE_LAYOUT(smmu_S_GATOS_SID, SMMU_S_GATOS_SID_FIELDS)

#define SMMU_S_GATOS_ADDR_FIELDS(F, PX) \
	F(PX, NS, 4, 1, 0, USE, "IPA space for a Secure stage-2-only request") \
	F(PX, HTTUI, 6, 1, 0, USE, "Inhibit hardware flag update") \
	F(PX, InD, 7, 1, 0, USE, "Instruction access, ignored for writes") \
	F(PX, RnW, 8, 1, 0, USE, "1 = read, 0 = write") \
	F(PX, PnU, 9, 1, 0, USE, "Privileged access") \
	F(PX, TYPE, 10, 2, 0, USE, "Request") \
	F(PX, ADDR, 12, 52, 12, USE, "Input address [63:12]")
IOM_DECLARE_LAYOUT(smmu_S_GATOS_ADDR, SMMU_S_GATOS_ADDR_FIELDS)

#define SMMU_S_GATOS_PAR_FIELDS(F, PX) \
	F(PX, FAULT, 0, 1, 0, USE, "0 = success format; 1 = fault format") \
	F(PX, REASON, 1, 2, 0, USE, "(FAULT==1) class") \
	F(PX, NSIPA, 3, 1, 0, USE, "(FAULT==1) FADDR is a Non-secure IPA") \
	F(PX, FAULTCODE, 4, 8, 0, USE, "(FAULT==1) code") \
	F(PX, SH, 8, 2, 0, USE, "(FAULT==0) shareability") \
	F(PX, NS, 10, 1, 0, USE, "(FAULT==0) output NS") \
	F(PX, Size, 11, 1, 0, USE, "(FAULT==0) 0 = 4KB; 1 = size coded in ADDR") \
	F(PX, ADDR, 12, 44, 12, USE, "(FAULT==0) output address; when Size==1 the") \
	F(PX, FADDR, 12, 44, 12, USE, "(FAULT==1) IPA of a stage-2 fault for TYPE") \
	F(PX, ATTR, 56, 8, 0, USE, "(FAULT==0) memory attributes in MAIR format") \
	F(PX, IMPDEF_60, 60, 4, 0, IMPDEF, "(FAULT==1) implementation-defined data")
IOM_DECLARE_LAYOUT(smmu_S_GATOS_PAR, SMMU_S_GATOS_PAR_FIELDS)

#define SMMU_S_VATOS_CTRL_FIELDS(F, PX) \
	F(PX, RUN, 0, 1, 0, USE, "Start; SMMU clears when PAR is valid") \
	F(PX, RES0_1, 1, 31, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_S_VATOS_CTRL, SMMU_S_VATOS_CTRL_FIELDS)

#define SMMU_S_VATOS_SID_FIELDS(F, PX) \
	F(PX, STREAMID, 0, 32, 0, USE, "StreamID") \
	F(PX, SUBSTREAMID, 32, 20, 0, USE, "SubstreamID") \
	F(PX, SSID_VALID, 52, 1, 0, USE, "SubstreamID valid") \
	F(PX, SSEC, 53, 1, 0, USE, "RES1: always Secure")
IOM_DECLARE_LAYOUT(smmu_S_VATOS_SID, SMMU_S_VATOS_SID_FIELDS)

#define SMMU_S_VATOS_ADDR_FIELDS(F, PX) \
	F(PX, HTTUI, 6, 1, 0, USE, "Inhibit hardware flag update") \
	F(PX, InD, 7, 1, 0, USE, "Instruction access, ignored for writes") \
	F(PX, RnW, 8, 1, 0, USE, "1 = read, 0 = write") \
	F(PX, PnU, 9, 1, 0, USE, "Privileged access") \
	F(PX, TYPE, 10, 2, 0, USE, "Request") \
	F(PX, ADDR, 12, 52, 12, USE, "Input address [63:12]")
IOM_DECLARE_LAYOUT(smmu_S_VATOS_ADDR, SMMU_S_VATOS_ADDR_FIELDS)

#define SMMU_S_VATOS_PAR_FIELDS(F, PX) \
	F(PX, FAULT, 0, 1, 0, USE, "0 = success format; 1 = fault format") \
	F(PX, REASON, 1, 2, 0, USE, "(FAULT==1) class") \
	F(PX, NSIPA, 3, 1, 0, USE, "(FAULT==1) FADDR is a Non-secure IPA") \
	F(PX, FAULTCODE, 4, 8, 0, USE, "(FAULT==1) code") \
	F(PX, SH, 8, 2, 0, USE, "(FAULT==0) shareability") \
	F(PX, NS, 10, 1, 0, USE, "(FAULT==0) output NS") \
	F(PX, Size, 11, 1, 0, USE, "(FAULT==0) 0 = 4KB; 1 = size coded in ADDR") \
	F(PX, ADDR, 12, 44, 12, USE, "(FAULT==0) output address; when Size==1 the") \
	F(PX, FADDR, 12, 44, 12, USE, "(FAULT==1) IPA of a stage-2 fault for TYPE") \
	F(PX, ATTR, 56, 8, 0, USE, "(FAULT==0) memory attributes in MAIR format") \
	F(PX, IMPDEF_60, 60, 4, 0, IMPDEF, "(FAULT==1) implementation-defined data")
IOM_DECLARE_LAYOUT(smmu_S_VATOS_PAR, SMMU_S_VATOS_PAR_FIELDS)

#define SMMU_S_MPAMIDR_FIELDS(F, PX) \
	F(PX, PARTID_MAX, 0, 16, 0, USE, "Largest PARTID") \
	F(PX, PMG_MAX, 16, 8, 0, USE, "Largest PMG") \
	F(PX, HAS_MPAM_NS, 25, 1, 0, USE, "MPAM_NS override supported")
IOM_DECLARE_LAYOUT(smmu_S_MPAMIDR, SMMU_S_MPAMIDR_FIELDS)

#define SMMU_S_GMPAM_FIELDS(F, PX) \
	F(PX, SO_PARTID, 0, 16, 0, USE, "PARTID") \
	F(PX, SO_PMG, 16, 8, 0, USE, "PMG") \
	F(PX, MPAM_NS, 24, 1, 0, USE, "Use Non-secure PARTID space") \
	F(PX, Update, 31, 1, 0, USE, "Handshake as GBPA.Update")
IOM_DECLARE_LAYOUT(smmu_S_GMPAM, SMMU_S_GMPAM_FIELDS)

#define SMMU_S_GBPMPAM_FIELDS(F, PX) \
	F(PX, GBP_PARTID, 0, 16, 0, USE, "PARTID") \
	F(PX, GBP_PMG, 16, 8, 0, USE, "PMG") \
	F(PX, MPAM_NS, 24, 1, 0, USE, "Use Non-secure PARTID space") \
	F(PX, Update, 31, 1, 0, USE, "Handshake as GBPA.Update")
IOM_DECLARE_LAYOUT(smmu_S_GBPMPAM, SMMU_S_GBPMPAM_FIELDS)

#define SMMU_S_VATOS_SEL_FIELDS(F, PX) \
	F(PX, VMID, 0, 16, 0, USE, "VMID allowed through VATOS") \
	F(PX, RES0_16, 16, 16, 0, RESERVED, "Reserved")
IOM_DECLARE_LAYOUT(smmu_S_VATOS_SEL, SMMU_S_VATOS_SEL_FIELDS)

#define SMMU_S_IDR6_FIELDS(F, PX) \
	F(PX, CMDQ_CONTROL_PAGE_LOG2NUMQ, 16, 4, 0, USE, "log2 queues per page") \
	F(PX, CMDQ_CONTROL_PAGE_LOG2NUMP, 24, 4, 0, USE, "log2 number of control pages")
IOM_DECLARE_LAYOUT(smmu_S_IDR6, SMMU_S_IDR6_FIELDS)

#define SMMU_S_CMDQ_CONTROL_PAGE_BASEN_FIELDS(F, PX) \
	F(PX, CMDQ_CONTROL_PAGE_PRESET, 0, 1, 0, USE, "Register based") \
	F(PX, CMDQGS, 1, 2, 0, USE, "Page granule") \
	F(PX, ADDR, 16, 40, 16, USE, "Offset of the page from page 0")
IOM_DECLARE_LAYOUT(smmu_S_CMDQ_CONTROL_PAGE_BASEn, SMMU_S_CMDQ_CONTROL_PAGE_BASEN_FIELDS)

#define SMMU_S_CMDQ_CONTROL_PAGE_CFGN_FIELDS(F, PX) F(PX, EN, 0, 1, 0, USE, "RES1")
IOM_DECLARE_LAYOUT(smmu_S_CMDQ_CONTROL_PAGE_CFGn, SMMU_S_CMDQ_CONTROL_PAGE_CFGN_FIELDS)

#define SMMU_S_CMDQ_CONTROL_PAGE_STATUSN_FIELDS(F, PX) F(PX, ENACK, 0, 1, 0, USE, "RES1")
IOM_DECLARE_LAYOUT(smmu_S_CMDQ_CONTROL_PAGE_STATUSn, SMMU_S_CMDQ_CONTROL_PAGE_STATUSN_FIELDS)

#define SMMU_S_IDR0_FIELDS(F, PX) \
	F(PX, MSI, 13, 1, 0, USE, "Secure MSIs") \
	F(PX, STALL_MODEL, 24, 2, 0, USE, "Physical stall capability") \
	F(PX, ECMDQ, 31, 1, 0, USE, "Secure ECMDQ")
IOM_DECLARE_LAYOUT(smmu_S_IDR0, SMMU_S_IDR0_FIELDS)

#define SMMU_S_IDR1_FIELDS(F, PX) \
	F(PX, S_SIDSIZE, 0, 6, 0, USE, "Secure StreamID bits") \
	F(PX, SEL2, 29, 1, 0, USE, "Secure EL2 and Secure stage 2 implemented") \
	F(PX, SECURE_IMPL, 31, 1, 0, USE, "Secure state implemented")
IOM_DECLARE_LAYOUT(smmu_S_IDR1, SMMU_S_IDR1_FIELDS)

#define SMMU_S_IDR2_FIELDS(F, PX) F(PX, BA_S_VATOS, 0, 10, 0, USE, "Secure VATOS page position")
IOM_DECLARE_LAYOUT(smmu_S_IDR2, SMMU_S_IDR2_FIELDS)

#define SMMU_S_IDR3_FIELDS(F, PX) F(PX, SAMS, 6, 1, 0, USE, "Secure ATS Maintenance NOT supported")
IOM_DECLARE_LAYOUT(smmu_S_IDR3, SMMU_S_IDR3_FIELDS)

#define SMMU_S_CR0_FIELDS(F, PX) \
	F(PX, SMMUEN, 0, 1, 0, USE, "Secure translation enable") \
	F(PX, RES0_1, 1, 1, 0, RESERVED, "Reserved") \
	F(PX, EVENTQEN, 2, 1, 0, USE, "Secure event queue enable") \
	F(PX, CMDQEN, 3, 1, 0, USE, "Secure command queue enable") \
	F(PX, RES0_4, 4, 1, 0, RESERVED, "Reserved") \
	F(PX, SIF, 5, 1, 0, USE, "Secure instruction fetch control") \
	F(PX, VMW, 6, 3, 0, USE, "Secure VMID wildcard") \
	F(PX, NSSTALLD, 9, 1, 0, USE, "Hide stall from Non-secure")
IOM_DECLARE_LAYOUT(smmu_S_CR0, SMMU_S_CR0_FIELDS)

#define SMMU_S_CR0ACK_FIELDS(F, PX) \
	F(PX, SMMUEN, 0, 1, 0, USE, "Secure translation enable") \
	F(PX, RES0_1, 1, 1, 0, RESERVED, "Reserved") \
	F(PX, EVENTQEN, 2, 1, 0, USE, "Secure event queue enable") \
	F(PX, CMDQEN, 3, 1, 0, USE, "Secure command queue enable") \
	F(PX, RES0_4, 4, 1, 0, RESERVED, "Reserved") \
	F(PX, SIF, 5, 1, 0, USE, "Secure instruction fetch control") \
	F(PX, VMW, 6, 3, 0, USE, "Secure VMID wildcard") \
	F(PX, NSSTALLD, 9, 1, 0, USE, "Hide stall from Non-secure")
IOM_DECLARE_LAYOUT(smmu_S_CR0ACK, SMMU_S_CR0ACK_FIELDS)

#define SMMU_S_CR1_FIELDS(F, PX) \
	F(PX, QUEUE_IC, 0, 2, 0, USE, "as SMMU_CR1.QUEUE_IC") \
	F(PX, QUEUE_OC, 2, 2, 0, USE, "as SMMU_CR1.QUEUE_OC") \
	F(PX, QUEUE_SH, 4, 2, 0, USE, "as SMMU_CR1.QUEUE_SH") \
	F(PX, TABLE_IC, 6, 2, 0, USE, "as SMMU_CR1.TABLE_IC") \
	F(PX, TABLE_OC, 8, 2, 0, USE, "as SMMU_CR1.TABLE_OC") \
	F(PX, TABLE_SH, 10, 2, 0, USE, "as SMMU_CR1.TABLE_SH")
IOM_DECLARE_LAYOUT(smmu_S_CR1, SMMU_S_CR1_FIELDS)

#define SMMU_S_CR2_FIELDS(F, PX) \
	F(PX, E2H, 0, 1, 0, USE, "Secure EL2-E2H") \
	F(PX, RECINVSID, 1, 1, 0, USE, "as CR2") \
	F(PX, PTM, 2, 1, 0, USE, "as CR2.PTM for Secure and EL3 regimes")
IOM_DECLARE_LAYOUT(smmu_S_CR2, SMMU_S_CR2_FIELDS)

#define SMMU_S_INIT_FIELDS(F, PX) F(PX, INV_ALL, 0, 1, 0, USE, "Global invalidate")
IOM_DECLARE_LAYOUT(smmu_S_INIT, SMMU_S_INIT_FIELDS)

/* All of them, ended by NULL. */
extern const iom_layout *const smmu_regs_secure_layouts[];

#endif
