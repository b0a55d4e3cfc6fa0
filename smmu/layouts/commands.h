/* SPDX-License-Identifier: MIT */
/*
 * Command queue entries (4 Commands).
 */
#ifndef IOM_SMMU_LAYOUTS_COMMANDS_H
#define IOM_SMMU_LAYOUTS_COMMANDS_H

#include "core/layout.h"

#define SMMU_CMD_PREFETCH_CONFIG_FIELDS(F, PX) \
	F(PX, OPCODE, 0, 8, 0, USE, "command") \
	F(PX, SSec, 10, 1, 0, USE, "StreamID is Secure") \
	F(PX, SSV, 11, 1, 0, USE, "SubstreamID valid") \
	F(PX, SubstreamID, 12, 20, 0, USE, "substream") \
	F(PX, StreamID, 32, 32, 0, USE, "stream")
IOM_DECLARE_LAYOUT(smmu_cmd_PREFETCH_CONFIG, SMMU_CMD_PREFETCH_CONFIG_FIELDS)

#define SMMU_CMD_PREFETCH_ADDR_FIELDS(F, PX) \
	F(PX, OPCODE, 0, 8, 0, USE, "command") \
	F(PX, NS, 9, 1, 0, USE, "Non-secure IPA") \
	F(PX, SSec, 10, 1, 0, USE, "StreamID is Secure") \
	F(PX, SSV, 11, 1, 0, USE, "SubstreamID valid") \
	F(PX, SubstreamID, 12, 20, 0, USE, "substream") \
	F(PX, StreamID, 32, 32, 0, USE, "stream") \
	F(PX, Size, 64, 5, 0, USE, "2^Size addresses") \
	F(PX, Stride, 69, 5, 0, USE, "2^(12 + Stride) bytes apart") \
	F(PX, Addr, 76, 52, 12, USE, "address")
IOM_DECLARE_LAYOUT(smmu_cmd_PREFETCH_ADDR, SMMU_CMD_PREFETCH_ADDR_FIELDS)

#define SMMU_CMD_CFGI_STE_FIELDS(F, PX) \
	F(PX, OPCODE, 0, 8, 0, USE, "command") \
	F(PX, SSec, 10, 1, 0, USE, "StreamID is Secure") \
	F(PX, StreamID, 32, 32, 0, USE, "stream") \
	F(PX, Leaf, 64, 1, 0, USE, "last level only")
IOM_DECLARE_LAYOUT(smmu_cmd_CFGI_STE, SMMU_CMD_CFGI_STE_FIELDS)

#define SMMU_CMD_CFGI_STE_RANGE_FIELDS(F, PX) \
	F(PX, OPCODE, 0, 8, 0, USE, "command") \
	F(PX, SSec, 10, 1, 0, USE, "StreamID is Secure") \
	F(PX, StreamID, 32, 32, 0, USE, "stream") \
	F(PX, Range, 64, 5, 0, USE, "2^(Range+1) streams")
IOM_DECLARE_LAYOUT(smmu_cmd_CFGI_STE_RANGE, SMMU_CMD_CFGI_STE_RANGE_FIELDS)

#define SMMU_CMD_CFGI_CD_FIELDS(F, PX) \
	F(PX, OPCODE, 0, 8, 0, USE, "command") \
	F(PX, SSec, 10, 1, 0, USE, "StreamID is Secure") \
	F(PX, SubstreamID, 12, 20, 0, USE, "substream") \
	F(PX, StreamID, 32, 32, 0, USE, "stream") \
	F(PX, Leaf, 64, 1, 0, USE, "last level only")
IOM_DECLARE_LAYOUT(smmu_cmd_CFGI_CD, SMMU_CMD_CFGI_CD_FIELDS)

#define SMMU_CMD_CFGI_CD_ALL_FIELDS(F, PX) \
	F(PX, OPCODE, 0, 8, 0, USE, "command") \
	F(PX, SSec, 10, 1, 0, USE, "StreamID is Secure") \
	F(PX, StreamID, 32, 32, 0, USE, "stream")
IOM_DECLARE_LAYOUT(smmu_cmd_CFGI_CD_ALL, SMMU_CMD_CFGI_CD_ALL_FIELDS)

#define SMMU_CMD_CFGI_VMS_PIDM_FIELDS(F, PX) \
	F(PX, OPCODE, 0, 8, 0, USE, "command") \
	F(PX, SSec, 10, 1, 0, USE, "StreamID is Secure") \
	F(PX, VMID, 32, 16, 0, USE, "VMID")
IOM_DECLARE_LAYOUT(smmu_cmd_CFGI_VMS_PIDM, SMMU_CMD_CFGI_VMS_PIDM_FIELDS)

#define SMMU_CMD_TLBI_NH_ALL_FIELDS(F, PX) \
	F(PX, OPCODE, 0, 8, 0, USE, "command") \
	F(PX, VMID, 32, 16, 0, USE, "VMID")
IOM_DECLARE_LAYOUT(smmu_cmd_TLBI_NH_ALL, SMMU_CMD_TLBI_NH_ALL_FIELDS)

#define SMMU_CMD_TLBI_NH_ASID_FIELDS(F, PX) \
	F(PX, OPCODE, 0, 8, 0, USE, "command") \
	F(PX, VMID, 32, 16, 0, USE, "VMID") \
	F(PX, ASID, 48, 16, 0, USE, "ASID")
IOM_DECLARE_LAYOUT(smmu_cmd_TLBI_NH_ASID, SMMU_CMD_TLBI_NH_ASID_FIELDS)

#define SMMU_CMD_TLBI_NH_VA_FIELDS(F, PX) \
	F(PX, OPCODE, 0, 8, 0, USE, "command") \
	F(PX, NUM, 12, 5, 0, USE, "range: blocks - 1") \
	F(PX, SCALE, 20, 6, 0, USE, "range: log2 of block, in granules") \
	F(PX, VMID, 32, 16, 0, USE, "VMID") \
	F(PX, ASID, 48, 16, 0, USE, "ASID") \
	F(PX, Leaf, 64, 1, 0, USE, "last level only") \
	F(PX, TTL128, 71, 1, 0, USE, "128-bit descriptors") \
	F(PX, TTL, 72, 2, 0, USE, "level hint") \
	F(PX, TG, 74, 2, 0, USE, "granule: 1=4KB 2=16KB 3=64KB 0=no range") \
	F(PX, Addr, 76, 52, 12, USE, "address")
IOM_DECLARE_LAYOUT(smmu_cmd_TLBI_NH_VA, SMMU_CMD_TLBI_NH_VA_FIELDS)

#define SMMU_CMD_TLBI_NH_VAA_FIELDS(F, PX) \
	F(PX, OPCODE, 0, 8, 0, USE, "command") \
	F(PX, NUM, 12, 5, 0, USE, "range: blocks - 1") \
	F(PX, SCALE, 20, 6, 0, USE, "range: log2 of block, in granules") \
	F(PX, VMID, 32, 16, 0, USE, "VMID") \
	F(PX, Leaf, 64, 1, 0, USE, "last level only") \
	F(PX, TTL128, 71, 1, 0, USE, "128-bit descriptors") \
	F(PX, TTL, 72, 2, 0, USE, "level hint") \
	F(PX, TG, 74, 2, 0, USE, "granule: 1=4KB 2=16KB 3=64KB 0=no range") \
	F(PX, Addr, 76, 52, 12, USE, "address")
IOM_DECLARE_LAYOUT(smmu_cmd_TLBI_NH_VAA, SMMU_CMD_TLBI_NH_VAA_FIELDS)

#define SMMU_CMD_TLBI_EL3_ALL_FIELDS(F, PX) F(PX, OPCODE, 0, 8, 0, USE, "command")
IOM_DECLARE_LAYOUT(smmu_cmd_TLBI_EL3_ALL, SMMU_CMD_TLBI_EL3_ALL_FIELDS)

#define SMMU_CMD_TLBI_EL3_VA_FIELDS(F, PX) \
	F(PX, OPCODE, 0, 8, 0, USE, "command") \
	F(PX, NUM, 12, 5, 0, USE, "range: blocks - 1") \
	F(PX, SCALE, 20, 6, 0, USE, "range: log2 of block, in granules") \
	F(PX, Leaf, 64, 1, 0, USE, "last level only") \
	F(PX, TTL128, 71, 1, 0, USE, "128-bit descriptors") \
	F(PX, TTL, 72, 2, 0, USE, "level hint") \
	F(PX, TG, 74, 2, 0, USE, "granule: 1=4KB 2=16KB 3=64KB 0=no range") \
	F(PX, Addr, 76, 52, 12, USE, "address")
IOM_DECLARE_LAYOUT(smmu_cmd_TLBI_EL3_VA, SMMU_CMD_TLBI_EL3_VA_FIELDS)

#define SMMU_CMD_TLBI_EL2_ALL_FIELDS(F, PX) F(PX, OPCODE, 0, 8, 0, USE, "command")
IOM_DECLARE_LAYOUT(smmu_cmd_TLBI_EL2_ALL, SMMU_CMD_TLBI_EL2_ALL_FIELDS)

#define SMMU_CMD_TLBI_EL2_ASID_FIELDS(F, PX) \
	F(PX, OPCODE, 0, 8, 0, USE, "command") \
	F(PX, ASID, 48, 16, 0, USE, "ASID")
IOM_DECLARE_LAYOUT(smmu_cmd_TLBI_EL2_ASID, SMMU_CMD_TLBI_EL2_ASID_FIELDS)

#define SMMU_CMD_TLBI_EL2_VA_FIELDS(F, PX) \
	F(PX, OPCODE, 0, 8, 0, USE, "command") \
	F(PX, NUM, 12, 5, 0, USE, "range: blocks - 1") \
	F(PX, SCALE, 20, 6, 0, USE, "range: log2 of block, in granules") \
	F(PX, ASID, 48, 16, 0, USE, "ASID") \
	F(PX, Leaf, 64, 1, 0, USE, "last level only") \
	F(PX, TTL128, 71, 1, 0, USE, "128-bit descriptors") \
	F(PX, TTL, 72, 2, 0, USE, "level hint") \
	F(PX, TG, 74, 2, 0, USE, "granule: 1=4KB 2=16KB 3=64KB 0=no range") \
	F(PX, Addr, 76, 52, 12, USE, "address")
IOM_DECLARE_LAYOUT(smmu_cmd_TLBI_EL2_VA, SMMU_CMD_TLBI_EL2_VA_FIELDS)

#define SMMU_CMD_TLBI_EL2_VAA_FIELDS(F, PX) \
	F(PX, OPCODE, 0, 8, 0, USE, "command") \
	F(PX, NUM, 12, 5, 0, USE, "range: blocks - 1") \
	F(PX, SCALE, 20, 6, 0, USE, "range: log2 of block, in granules") \
	F(PX, Leaf, 64, 1, 0, USE, "last level only") \
	F(PX, TTL128, 71, 1, 0, USE, "128-bit descriptors") \
	F(PX, TTL, 72, 2, 0, USE, "level hint") \
	F(PX, TG, 74, 2, 0, USE, "granule: 1=4KB 2=16KB 3=64KB 0=no range") \
	F(PX, Addr, 76, 52, 12, USE, "address")
IOM_DECLARE_LAYOUT(smmu_cmd_TLBI_EL2_VAA, SMMU_CMD_TLBI_EL2_VAA_FIELDS)

#define SMMU_CMD_TLBI_S12_VMALL_FIELDS(F, PX) \
	F(PX, OPCODE, 0, 8, 0, USE, "command") \
	F(PX, VMID, 32, 16, 0, USE, "VMID")
IOM_DECLARE_LAYOUT(smmu_cmd_TLBI_S12_VMALL, SMMU_CMD_TLBI_S12_VMALL_FIELDS)

#define SMMU_CMD_TLBI_S2_IPA_FIELDS(F, PX) \
	F(PX, OPCODE, 0, 8, 0, USE, "command") \
	F(PX, NUM, 12, 5, 0, USE, "range: blocks - 1") \
	F(PX, SCALE, 20, 6, 0, USE, "range: log2 of block, in granules") \
	F(PX, VMID, 32, 16, 0, USE, "VMID") \
	F(PX, Leaf, 64, 1, 0, USE, "last level only") \
	F(PX, TTL128, 71, 1, 0, USE, "128-bit descriptors") \
	F(PX, TTL, 72, 2, 0, USE, "level hint") \
	F(PX, TG, 74, 2, 0, USE, "granule: 1=4KB 2=16KB 3=64KB 0=no range") \
	F(PX, Addr, 76, 44, 12, USE, "address")
IOM_DECLARE_LAYOUT(smmu_cmd_TLBI_S2_IPA, SMMU_CMD_TLBI_S2_IPA_FIELDS)

#define SMMU_CMD_TLBI_NSNH_ALL_FIELDS(F, PX) F(PX, OPCODE, 0, 8, 0, USE, "command")
IOM_DECLARE_LAYOUT(smmu_cmd_TLBI_NSNH_ALL, SMMU_CMD_TLBI_NSNH_ALL_FIELDS)

#define SMMU_CMD_TLBI_S_EL2_ALL_FIELDS(F, PX) F(PX, OPCODE, 0, 8, 0, USE, "command")
IOM_DECLARE_LAYOUT(smmu_cmd_TLBI_S_EL2_ALL, SMMU_CMD_TLBI_S_EL2_ALL_FIELDS)

#define SMMU_CMD_TLBI_S_EL2_ASID_FIELDS(F, PX) \
	F(PX, OPCODE, 0, 8, 0, USE, "command") \
	F(PX, ASID, 48, 16, 0, USE, "ASID")
IOM_DECLARE_LAYOUT(smmu_cmd_TLBI_S_EL2_ASID, SMMU_CMD_TLBI_S_EL2_ASID_FIELDS)

#define SMMU_CMD_TLBI_S_EL2_VA_FIELDS(F, PX) \
	F(PX, OPCODE, 0, 8, 0, USE, "command") \
	F(PX, NUM, 12, 5, 0, USE, "range: blocks - 1") \
	F(PX, SCALE, 20, 6, 0, USE, "range: log2 of block, in granules") \
	F(PX, ASID, 48, 16, 0, USE, "ASID") \
	F(PX, Leaf, 64, 1, 0, USE, "last level only") \
	F(PX, TTL128, 71, 1, 0, USE, "128-bit descriptors") \
	F(PX, TTL, 72, 2, 0, USE, "level hint") \
	F(PX, TG, 74, 2, 0, USE, "granule: 1=4KB 2=16KB 3=64KB 0=no range") \
	F(PX, Addr, 76, 52, 12, USE, "address")
IOM_DECLARE_LAYOUT(smmu_cmd_TLBI_S_EL2_VA, SMMU_CMD_TLBI_S_EL2_VA_FIELDS)

#define SMMU_CMD_TLBI_S_EL2_VAA_FIELDS(F, PX) \
	F(PX, OPCODE, 0, 8, 0, USE, "command") \
	F(PX, NUM, 12, 5, 0, USE, "range: blocks - 1") \
	F(PX, SCALE, 20, 6, 0, USE, "range: log2 of block, in granules") \
	F(PX, Leaf, 64, 1, 0, USE, "last level only") \
	F(PX, TTL128, 71, 1, 0, USE, "128-bit descriptors") \
	F(PX, TTL, 72, 2, 0, USE, "level hint") \
	F(PX, TG, 74, 2, 0, USE, "granule: 1=4KB 2=16KB 3=64KB 0=no range") \
	F(PX, Addr, 76, 52, 12, USE, "address")
IOM_DECLARE_LAYOUT(smmu_cmd_TLBI_S_EL2_VAA, SMMU_CMD_TLBI_S_EL2_VAA_FIELDS)

#define SMMU_CMD_TLBI_S_S12_VMALL_FIELDS(F, PX) \
	F(PX, OPCODE, 0, 8, 0, USE, "command") \
	F(PX, VMID, 32, 16, 0, USE, "VMID")
IOM_DECLARE_LAYOUT(smmu_cmd_TLBI_S_S12_VMALL, SMMU_CMD_TLBI_S_S12_VMALL_FIELDS)

#define SMMU_CMD_TLBI_S_S2_IPA_FIELDS(F, PX) \
	F(PX, OPCODE, 0, 8, 0, USE, "command") \
	F(PX, NUM, 12, 5, 0, USE, "range: blocks - 1") \
	F(PX, SCALE, 20, 6, 0, USE, "range: log2 of block, in granules") \
	F(PX, VMID, 32, 16, 0, USE, "VMID") \
	F(PX, Leaf, 64, 1, 0, USE, "last level only") \
	F(PX, TTL128, 71, 1, 0, USE, "128-bit descriptors") \
	F(PX, TTL, 72, 2, 0, USE, "level hint") \
	F(PX, TG, 74, 2, 0, USE, "granule: 1=4KB 2=16KB 3=64KB 0=no range") \
	F(PX, Addr, 76, 44, 12, USE, "address")
IOM_DECLARE_LAYOUT(smmu_cmd_TLBI_S_S2_IPA, SMMU_CMD_TLBI_S_S2_IPA_FIELDS)

#define SMMU_CMD_TLBI_SNH_ALL_FIELDS(F, PX) F(PX, OPCODE, 0, 8, 0, USE, "command")
IOM_DECLARE_LAYOUT(smmu_cmd_TLBI_SNH_ALL, SMMU_CMD_TLBI_SNH_ALL_FIELDS)

#define SMMU_CMD_ATC_INV_FIELDS(F, PX) \
	F(PX, OPCODE, 0, 8, 0, USE, "command") \
	F(PX, G, 9, 1, 0, USE, "global") \
	F(PX, SSV, 11, 1, 0, USE, "SubstreamID valid") \
	F(PX, SubstreamID, 12, 20, 0, USE, "substream") \
	F(PX, StreamID, 32, 32, 0, USE, "stream") \
	F(PX, Size, 64, 6, 0, USE, "4096 * 2^Size bytes") \
	F(PX, Addr, 76, 52, 12, USE, "address")
IOM_DECLARE_LAYOUT(smmu_cmd_ATC_INV, SMMU_CMD_ATC_INV_FIELDS)

#define SMMU_CMD_PRI_RESP_FIELDS(F, PX) \
	F(PX, OPCODE, 0, 8, 0, USE, "command") \
	F(PX, SSV, 11, 1, 0, USE, "SubstreamID valid") \
	F(PX, SubstreamID, 12, 20, 0, USE, "substream") \
	F(PX, StreamID, 32, 32, 0, USE, "stream") \
	F(PX, PRGIndex, 64, 9, 0, USE, "page request group") \
	F(PX, Resp, 76, 2, 0, USE, "0=failure 1=invalid 2=success")
IOM_DECLARE_LAYOUT(smmu_cmd_PRI_RESP, SMMU_CMD_PRI_RESP_FIELDS)

#define SMMU_CMD_RESUME_FIELDS(F, PX) \
	F(PX, OPCODE, 0, 8, 0, USE, "command") \
	F(PX, SSec, 10, 1, 0, USE, "StreamID is Secure") \
	F(PX, Ac, 12, 1, 0, USE, "1=retry 0=terminate") \
	F(PX, Ab, 13, 1, 0, USE, "abort") \
	F(PX, StreamID, 32, 32, 0, USE, "stream") \
	F(PX, STAG, 64, 16, 0, USE, "stall tag")
IOM_DECLARE_LAYOUT(smmu_cmd_RESUME, SMMU_CMD_RESUME_FIELDS)

#define SMMU_CMD_STALL_TERM_FIELDS(F, PX) \
	F(PX, OPCODE, 0, 8, 0, USE, "command") \
	F(PX, SSec, 10, 1, 0, USE, "StreamID is Secure") \
	F(PX, StreamID, 32, 32, 0, USE, "stream")
IOM_DECLARE_LAYOUT(smmu_cmd_STALL_TERM, SMMU_CMD_STALL_TERM_FIELDS)

#define SMMU_CMD_SYNC_FIELDS(F, PX) \
	F(PX, OPCODE, 0, 8, 0, USE, "command") \
	F(PX, CS, 12, 2, 0, USE, "completion signal: 1=IRQ 2=SEV") \
	F(PX, MSH, 22, 2, 0, USE, "MSI shareability") \
	F(PX, MSIAttr, 24, 4, 0, USE, "MSI memory type") \
	F(PX, MSIData, 32, 32, 0, USE, "MSI payload") \
	F(PX, MSIAddress, 66, 54, 2, USE, "MSI address") \
	F(PX, MSI_NS, 127, 1, 0, USE, "MSI in Non-secure space")
IOM_DECLARE_LAYOUT(smmu_cmd_SYNC, SMMU_CMD_SYNC_FIELDS)

#define SMMU_CMD_DPTI_ALL_FIELDS(F, PX) F(PX, OPCODE, 0, 8, 0, USE, "command")
IOM_DECLARE_LAYOUT(smmu_cmd_DPTI_ALL, SMMU_CMD_DPTI_ALL_FIELDS)

#define SMMU_CMD_DPTI_PA_FIELDS(F, PX) \
	F(PX, OPCODE, 0, 8, 0, USE, "command") \
	F(PX, Leaf, 64, 1, 0, USE, "last level only") \
	F(PX, SIZE, 72, 4, 0, USE, "block size") \
	F(PX, Address, 76, 44, 12, USE, "physical address")
IOM_DECLARE_LAYOUT(smmu_cmd_DPTI_PA, SMMU_CMD_DPTI_PA_FIELDS)

#endif
