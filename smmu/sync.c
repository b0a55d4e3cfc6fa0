/* SPDX-License-Identifier: MIT */
/* CMD_SYNC (4.7.3): every earlier command of the queue is complete. */
#include "smmu/cmdq.h"

enum { CS_NONE = 0, CS_IRQ = 1, CS_SEV = 2, CS_RESERVED = 3 };

/* The message comes before CONS passes the command. */
static void message(const struct smmu_cmd *cmd)
{
	smmu *s = cmd->s;
	uint64_t address = smmu_cmd_SYNC_get_MSIAddress(cmd->w) & iom_mask(s->ids.oas_bits);
	unsigned target = cmd->space;

	if (!smmu_has_msi(s, cmd->space) || !address)
		return;
	if (cmd->space == IOM_SPACE_REALM && smmu_cmd_SYNC_get_MSI_NS(cmd->w))
		target = IOM_SPACE_NONSECURE;
	if (!smmu_gpc_check(s, target, address, SMMU_GPC_MSI_CMDQ) ||
	    iom_send_msi(&s->iommu, (iom_space)target, address,
			 (uint32_t)smmu_cmd_SYNC_get_MSIData(cmd->w)) != IOM_MEM_OK)
		smmu_gerror(s, cmd->space, SMMU_GERROR_MSI_CMDQ_ABT);
}

enum smmu_done smmu_cmd_sync(const struct smmu_cmd *cmd)
{
	bool *failed = smmu_atc_failed(cmd->s, cmd->space, cmd->queue);
	unsigned cs = (unsigned)smmu_cmd_SYNC_get_CS(cmd->w);

	if (cs == CS_RESERVED)
		return SMMU_ILL;
	if (*smmu_atc_pending(cmd->s, cmd->space, cmd->queue))
		return SMMU_WAIT;
	if (*failed) {
		/* Software sees it once; the command runs again when it acknowledges. */
		*failed = false;
		return SMMU_ATC_FAILED;
	}
	if (cs == CS_IRQ) {
		message(cmd);
		iom_raise_irq(&cmd->s->iommu, smmu_sync_line(cmd->space), true);
	} else if (cs == CS_SEV && cmd->s->ids.sev) {
		iom_raise_irq(&cmd->s->iommu, IOM_SMMU_IRQ_SEV, true);
	}
	return SMMU_DONE;
}
