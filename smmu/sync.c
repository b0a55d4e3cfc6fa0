/* SPDX-License-Identifier: MIT */
/*
 * CMD_SYNC (4.7.3): every earlier command of the queue is complete, and so is
 * every transaction that was under way when they took effect.
 */
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
	/* Transactions that may have used what an earlier command removed. */
	if (!iom_flight_landed(&cmd->s->iommu, smmu_sync_ticket(cmd->s, cmd->space, cmd->queue)))
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

void smmu_queues_run(smmu *s)
{
	for (unsigned space = 0; space < SMMU_N_SPACES; space++) {
		smmu_cmdq_run(s, space);
		for (unsigned q = 0; q < s->pi[space].n_ecmdq; q++)
			smmu_ecmdq_run(s, space, q);
	}
}

/* Held transactions have ended: what waits for them may go on. */
static void settle(smmu *s)
{
	for (unsigned space = 0; space < SMMU_N_SPACES; space++) {
		uint64_t *disabling = &s->pi[space].disabling;

		if (*disabling && iom_flight_landed(&s->iommu, disabling))
			smmu_reg_set(s, space, SMMU_R_CR0ACK,
				     smmu_reg(s, space, SMMU_R_CR0ACK) &
					     ~(uint64_t)SMMU_CR0_SMMUEN);
	}
	smmu_queues_run(s);
}

void smmu_landed(iom_iommu *iommu)
{
	smmu *s = smmu_of(iommu);

	do {
		/* Whoever has the lock, perhaps this thread, looks when it is given back. */
		if (!iom_lock_try(&s->lock))
			return;
		iom_flight_looked(iommu->flight);
		settle(s);
		iom_lock_give(&s->lock);
	} while (iom_flight_look(iommu->flight));
}
