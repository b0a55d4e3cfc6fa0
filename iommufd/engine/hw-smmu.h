/* SPDX-License-Identifier: MIT */
/* The parts of the SMMUv3 back end: registers, streams, what a guest may do. */
#ifndef IOM_IOMMUFD_HW_SMMU_H
#define IOM_IOMMUFD_HW_SMMU_H

#include "iommufd/engine/hw.h"

enum {
	REG_CR0 = 0x20,
	REG_STRTAB_BASE = 0x80,
	REG_STRTAB_BASE_CFG = 0x88,
	REG_CMDQ_BASE = 0x90,
	REG_CMDQ_PROD = 0x98,
	REG_CMDQ_CONS = 0x9c,
	REG_EVENTQ_BASE = 0xa0,
	REG_EVENTQ_PROD = 0x100a8,
	REG_EVENTQ_CONS = 0x100ac,
};
enum {
	CMD_CFGI_STE = 0x03,
	CMD_CFGI_CD = 0x05,
	CMD_CFGI_CD_ALL = 0x06,
	CMD_TLBI_NH_ALL = 0x10,
	CMD_TLBI_NH_ASID = 0x11,
	CMD_TLBI_NH_VA = 0x12,
	CMD_TLBI_NH_VAA = 0x13,
	CMD_TLBI_S12_VMALL = 0x28,
	CMD_TLBI_NSNH_ALL = 0x30,
	CMD_ATC_INV = 0x40,
	CMD_SYNC = 0x46,
};
enum { CONFIG_ABORT = 0, CONFIG_BYPASS = 4, CONFIG_S1 = 5, CONFIG_S2 = 6, CONFIG_BOTH = 7 };
#define EVENTS_LG2 7 /* entries: a page, to which the queue is aligned */

uint64_t iomfd_smmu_read(iomfd_hw *hw, uint64_t offset);
void iomfd_smmu_write(iomfd_hw *hw, uint64_t offset, unsigned size, uint64_t value);
/* -EIO if the model refuses it. */
int iomfd_smmu_command(iomfd_hw *hw, uint64_t word0, uint64_t word1);
int iomfd_smmu_sync(iomfd_hw *hw);
/* Both stages, and stage 2 that can force the guest's memory types. */
bool iomfd_smmu_can_nest(const iomfd_hw *hw);

/* The driver's operations that live in files of their own. */
int iomfd_smmu_attach(iomfd_dev *base, uint32_t pasid, iomfd_domain *domain, iomfd_domain *old);
int iomfd_smmu_alloc_nested(iomfd_dev *dev, iomfd_domain *parent, iomfd_viommu *viommu,
			    uint32_t flags, const iomfd_udata *data, iomfd_domain **out);
int iomfd_smmu_viommu_init(iomfd_viommu *v, iomfd_dev *dev, const iomfd_udata *data);
int iomfd_smmu_viommu_invalidate(iomfd_viommu *v, iomfd_uarray *array);

#endif
