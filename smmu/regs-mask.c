/* SPDX-License-Identifier: MIT */
/* Which bits of a register exist on this implementation (6.3, by ID registers). */
#include "smmu/regs.h"
static uint64_t cr0_mask(const smmu *s, unsigned space)
{
	uint64_t m = SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN | SMMU_CR0_CMDQEN;
	const struct smmu_ids *ids = &s->ids;

	if (ids->vmw)
		m |= SMMU_CR0_VMW;
	if (space == IOM_SPACE_SECURE)
		return m | SMMU_CR0_SIF | (ids->s_stall_model == 0 ? SMMU_CR0_NSSTALLD : 0);
	if (space == IOM_SPACE_REALM)
		return m | (ids->r_pri ? SMMU_CR0_PRIQEN : 0);
	return m | (ids->pri ? SMMU_CR0_PRIQEN : 0) | (ids->ats ? SMMU_CR0_ATSCHK : 0);
}

static uint64_t cr2_mask(const smmu *s, unsigned space)
{
	const struct smmu_ids *ids = &s->ids;
	bool e2h = space == IOM_SPACE_NONSECURE ? ids->hyp
		   : space == IOM_SPACE_SECURE  ? ids->sel2
						: true;

	return SMMU_CR2_RECINVSID | (e2h ? SMMU_CR2_E2H : 0) | (ids->btm ? SMMU_CR2_PTM : 0) |
	       (ids->atsrecerr && space != IOM_SPACE_SECURE ? SMMU_CR2_REC_CFG_ATS : 0);
}

static uint64_t gerror_mask(const smmu *s, unsigned space)
{
	uint64_t m = SMMU_GERROR_CMDQ | SMMU_GERROR_EVENTQ_ABT;
	bool pri = space == IOM_SPACE_NONSECURE ? s->ids.pri
		   : space == IOM_SPACE_REALM   ? s->ids.r_pri
						: false;

	if (smmu_has_msi(s, space))
		m |= SMMU_GERROR_MSI_CMDQ_ABT | SMMU_GERROR_MSI_EVENTQ_ABT |
		     SMMU_GERROR_MSI_GERROR_ABT | (pri ? SMMU_GERROR_MSI_PRIQ_ABT : 0);
	if (pri)
		m |= SMMU_GERROR_PRIQ_ABT;
	if (s->pi[space].n_ecmdq)
		m |= SMMU_GERROR_CMDQP;
	return m;
}

static uint64_t atos_mask(const smmu *s, unsigned space, enum smmu_reg r)
{
	bool vatos = r >= SMMU_R_VATOS_SEL;
	bool there =
		vatos ? (space == IOM_SPACE_SECURE ? s->ids.vatos && s->ids.sel2 : s->ids.vatos)
		      : s->ids.atos;
	unsigned sidsize = space == IOM_SPACE_SECURE
				   ? MAX(s->ids.s_sidsize, vatos ? 0 : s->ids.sidsize)
				   : s->ids.sidsize;

	if (!there)
		return 0;
	switch (r) {
	case SMMU_R_VATOS_SEL:
		return iom_mask(s->ids.vmid16 ? 16 : 8);
	case SMMU_R_GATOS_CTRL:
	case SMMU_R_VATOS_CTRL:
		return 1;
	case SMMU_R_GATOS_SID:
	case SMMU_R_VATOS_SID:
		return iom_mask(sidsize) | iom_mask(s->ids.ssidsize) << 32 |
		       (s->ids.ssidsize ? UINT64_C(1) << 52 : 0) |
		       (space == IOM_SPACE_SECURE && !vatos ? UINT64_C(1) << 53 : 0);
	case SMMU_R_GATOS_ADDR:
	case SMMU_R_VATOS_ADDR:
		return ~iom_mask(6) | (space == IOM_SPACE_SECURE && !vatos && s->ids.sel2 ? 16 : 0);
	default:
		return UINT64_MAX;
	}
}

uint64_t smmu_reg_mask(const smmu *s, unsigned space, unsigned reg)
{
	const struct smmu_ids *ids = &s->ids;
	bool msi = smmu_has_msi(s, space);
	bool pri = space == IOM_SPACE_NONSECURE ? ids->pri
		   : space == IOM_SPACE_REALM   ? ids->r_pri
						: false;
	uint64_t address = UINT64_C(1) << 62 | (iom_mask(56) & ~iom_mask(5));

	switch (reg) {
	case SMMU_R_CR0:
	case SMMU_R_CR0ACK:
		return cr0_mask(s, space) |
		       (space == IOM_SPACE_REALM && ids->r_ats ? SMMU_CR0_ATSCHK : 0);
	case SMMU_R_CR1:
		return 0xfff;
	case SMMU_R_CR2:
		return cr2_mask(s, space);
	case SMMU_R_S2PII:
		return ids->s2pi && (space != IOM_SPACE_SECURE || ids->sel2) ? UINT64_MAX : 0;
	case SMMU_R_GBPA:
		return 0x1f3f1f | (space == IOM_SPACE_SECURE ? 0xc000 : 0);
	case SMMU_R_AGBPA:
		return 0;
	case SMMU_R_IRQ_CTRL:
		return SMMU_IRQ_GERROR | SMMU_IRQ_EVENTQ | (pri ? SMMU_IRQ_PRIQ : 0);
	case SMMU_R_GERROR:
	case SMMU_R_GERRORN:
		return gerror_mask(s, space);
	case SMMU_R_PRIQ_IRQ_CFG0:
	case SMMU_R_PRIQ_IRQ_CFG1:
		msi = msi && pri;
		goto irq;
	case SMMU_R_PRIQ_IRQ_CFG2:
		return pri ? UINT64_C(0x80000000) | (msi ? 0x3f : 0) : 0;
	case SMMU_R_GERROR_IRQ_CFG0:
	case SMMU_R_GERROR_IRQ_CFG1:
	case SMMU_R_EVENTQ_IRQ_CFG0:
	case SMMU_R_EVENTQ_IRQ_CFG1:
	irq:
		if (!msi)
			return 0;
		if (reg == SMMU_R_GERROR_IRQ_CFG1 || reg == SMMU_R_EVENTQ_IRQ_CFG1 ||
		    reg == SMMU_R_PRIQ_IRQ_CFG1)
			return UINT32_MAX;
		return (iom_mask(56) & ~UINT64_C(3)) |
		       (space == IOM_SPACE_REALM ? UINT64_C(1) << 63 : 0);
	case SMMU_R_GERROR_IRQ_CFG2:
	case SMMU_R_EVENTQ_IRQ_CFG2:
		return msi ? 0x3f : 0;
	case SMMU_R_STRTAB_BASE:
		return address & ~UINT64_C(0x20);
	case SMMU_R_STRTAB_BASE_CFG:
		return 0x3f | (ids->st_2level ? 0x307c0 : 0);
	case SMMU_R_CMDQ_BASE:
	case SMMU_R_EVENTQ_BASE:
		return address | 0x1f;
	case SMMU_R_PRIQ_BASE:
		return pri ? address | 0x1f : 0;
	case SMMU_R_CMDQ_PROD:
		return SMMU_QUEUE_INDEX;
	case SMMU_R_CMDQ_CONS:
		return 0x7f0fffff;
	case SMMU_R_EVENTQ_PROD:
	case SMMU_R_EVENTQ_CONS:
		return 0x800fffff;
	case SMMU_R_PRIQ_PROD:
	case SMMU_R_PRIQ_CONS:
		return pri ? 0x800fffff : 0;
	case SMMU_R_GMPAM:
	case SMMU_R_GBPMPAM:
		return ids->mpam ? 0xffffff : 0;
	default:
		return atos_mask(s, space, (enum smmu_reg)reg);
	}
}
