/* SPDX-License-Identifier: MIT */
/* The Root control page and granule protection checks (3.25, 6.3.110 to 6.3.121). */
#ifndef IOM_SMMU_GPC_H
#define IOM_SMMU_GPC_H

#include "core/iommu.h"

/* State of the Root control page. */
struct smmu_root {
	uint64_t cr0;
	uint64_t gpt_base, gpt_base_cfg, gpt_base2;
	uint64_t gpf_far, gpt_cfg_far;
	uint64_t tlbi;
};

/* REASON and FAULTCODE of ROOT_GPF_FAR: who made the access. */
enum smmu_gpc_access {
	SMMU_GPC_STE = 1 << 8 | 0x03,
	SMMU_GPC_CD = 1 << 8 | 0x09,
	SMMU_GPC_WALK = 1 << 8 | 0x0b,
	SMMU_GPC_VMS = 1 << 8 | 0x25,
	SMMU_GPC_CMDQ = 2 << 8 | 0x00,
	SMMU_GPC_EVENTQ = 2 << 8 | 0x02,
	SMMU_GPC_PRIQ = 2 << 8 | 0x03,
	SMMU_GPC_MSI_CMDQ = 2 << 8 | 0x04,
	SMMU_GPC_MSI_EVENTQ = 2 << 8 | 0x05,
	SMMU_GPC_MSI_PRIQ = 2 << 8 | 0x06,
	SMMU_GPC_MSI_GERROR = 2 << 8 | 0x07,
	SMMU_GPC_TRANSACTION = 3 << 8,
};

struct smmu;

/* The access is allowed; otherwise the fault has been noted in the Root page. */
bool smmu_gpc_check(struct smmu *s, unsigned space, uint64_t pa, enum smmu_gpc_access access);
/* Registers; with the lock held. */
uint64_t smmu_root_read(struct smmu *s, uint64_t offset, unsigned size);
void smmu_root_write(struct smmu *s, uint64_t offset, unsigned size, uint64_t value);
const iom_layout *smmu_root_layout(uint64_t offset, const char **name);

#endif
