/* SPDX-License-Identifier: MIT */
/* Queues (3.5 Command and Event queues), global errors (7.5) and interrupts (3.18). */
#include "smmu/walk.h"

/* ------------------------------------------------------------------------
 * Global errors and interrupts
 */
unsigned smmu_irq_line(unsigned space, enum smmu_irq which)
{
	static const uint8_t lines[SMMU_N_SPACES][3] = {
		{ IOM_SMMU_IRQ_EVENTQ, IOM_SMMU_IRQ_PRIQ, IOM_SMMU_IRQ_GERROR },
		{ IOM_SMMU_IRQ_S_EVENTQ, IOM_SMMU_IRQ_S_EVENTQ, IOM_SMMU_IRQ_S_GERROR },
		{ IOM_SMMU_IRQ_R_EVENTQ, IOM_SMMU_IRQ_R_PRIQ, IOM_SMMU_IRQ_R_GERROR },
	};

	return lines[space][which];
}

unsigned smmu_sync_line(unsigned space)
{
	static const uint8_t lines[SMMU_N_SPACES] = { IOM_SMMU_IRQ_CMD_SYNC,
						      IOM_SMMU_IRQ_S_CMD_SYNC,
						      IOM_SMMU_IRQ_R_CMD_SYNC };

	return lines[space];
}

bool smmu_has_msi(const smmu *s, unsigned space)
{
	return space == IOM_SPACE_SECURE  ? s->ids.s_msi
	       : space == IOM_SPACE_REALM ? s->ids.r_msi
					  : s->ids.msi;
}

/* The wired pulse, and the message where one is configured. */
void smmu_interrupt(smmu *s, unsigned space, enum smmu_irq which)
{
	static const struct {
		uint8_t enable, cfg0, cfg1;
		uint8_t abort;
		uint16_t access;
	} irqs[] = {
		{ SMMU_IRQ_EVENTQ, SMMU_R_EVENTQ_IRQ_CFG0, SMMU_R_EVENTQ_IRQ_CFG1,
		  SMMU_GERROR_MSI_EVENTQ_ABT, SMMU_GPC_MSI_EVENTQ },
		{ SMMU_IRQ_PRIQ, SMMU_R_PRIQ_IRQ_CFG0, SMMU_R_PRIQ_IRQ_CFG1,
		  SMMU_GERROR_MSI_PRIQ_ABT, SMMU_GPC_MSI_PRIQ },
		{ SMMU_IRQ_GERROR, SMMU_R_GERROR_IRQ_CFG0, SMMU_R_GERROR_IRQ_CFG1,
		  SMMU_GERROR_MSI_GERROR_ABT, SMMU_GPC_MSI_GERROR },
	};
	uint64_t cfg0, address;
	unsigned target = space;

	if (!(smmu_reg(s, space, SMMU_R_IRQ_CTRL) & irqs[which].enable))
		return;
	iom_raise_irq(&s->iommu, smmu_irq_line(space, which), true);
	cfg0 = smmu_reg(s, space, (enum smmu_reg)irqs[which].cfg0);
	address = smmu_GERROR_IRQ_CFG0_get_ADDR(&cfg0) & iom_mask(s->ids.oas_bits);
	if (!smmu_has_msi(s, space) || !address)
		return;
	if (space == IOM_SPACE_REALM && cfg0 >> 63)
		target = IOM_SPACE_NONSECURE;
	if (!smmu_gpc_check(s, target, address, (enum smmu_gpc_access)irqs[which].access) ||
	    iom_send_msi(&s->iommu, (iom_space)target, address,
			 (uint32_t)smmu_reg(s, space, (enum smmu_reg)irqs[which].cfg1)) !=
		    IOM_MEM_OK)
		smmu_gerror(s, space, irqs[which].abort);
}

/* 7.5: an error that is active already is not signalled again. */
void smmu_gerror(smmu *s, unsigned space, uint32_t bit)
{
	if (smmu_gerror_active(s, space, bit))
		return;
	smmu_reg_set(s, space, SMMU_R_GERROR, smmu_reg(s, space, SMMU_R_GERROR) ^ bit);
	if (iom_observed(&s->iommu))
		iom_step_note(&s->iommu, IOM_STEP_DECISION, "GERROR", "7.5 Global error recording",
			      0, "error bit 0x%x becomes active", bit);
	/* The message that could not be sent does not announce itself. */
	if (bit != SMMU_GERROR_MSI_GERROR_ABT)
		smmu_interrupt(s, space, SMMU_INT_GERROR);
}

/* ------------------------------------------------------------------------
 * Event queue
 */
static void load_eventq(const smmu *s, unsigned space, struct smmu_queue *q)
{
	smmu_queue_load(q, smmu_reg(s, space, SMMU_R_EVENTQ_BASE), s->ids.eventqs, 5,
			smmu_reg(s, space, SMMU_R_EVENTQ_PROD),
			smmu_reg(s, space, SMMU_R_EVENTQ_CONS));
}

static bool enabled(const smmu *s, unsigned space)
{
	return (smmu_reg(s, space, SMMU_R_CR0) & SMMU_CR0_EVENTQEN) &&
	       !smmu_gerror_active(s, space, SMMU_GERROR_EVENTQ_ABT);
}

bool smmu_event_writable(const smmu *s, unsigned space)
{
	struct smmu_queue q;

	if (!enabled(s, space))
		return false;
	load_eventq(s, space, &q);
	return !smmu_queue_full(&q);
}

/* 7.2, 7.4: records of stalled transactions are never discarded here; the caller
 * keeps them back. */
bool smmu_event_write(smmu *s, unsigned space, const uint64_t *record, bool stall)
{
	struct smmu_queue q;
	uint64_t prod = smmu_reg(s, space, SMMU_R_EVENTQ_PROD), words[4], address;
	bool was_empty;

	if (!enabled(s, space)) {
		iom_count_n(&s->iommu, IOM_STAT_EVENTS_LOST, !stall);
		return false;
	}
	load_eventq(s, space, &q);
	if (smmu_queue_full(&q)) {
		if (stall)
			return false;
		iom_count(&s->iommu, IOM_STAT_EVENTS_LOST);
		if (!((prod ^ smmu_reg(s, space, SMMU_R_EVENTQ_CONS)) >> 31 & 1))
			smmu_reg_set(s, space, SMMU_R_EVENTQ_PROD, prod ^ UINT64_C(1) << 31);
		return false;
	}
	was_empty = smmu_queue_empty(&q);
	for (unsigned i = 0; i < 4; i++)
		words[i] = GUINT64_TO_LE(record[i]);
	address = smmu_queue_entry(&q, q.prod, 5) & iom_mask(s->ids.oas_bits);
	if (!smmu_gpc_check(s, space, address, SMMU_GPC_EVENTQ) ||
	    iom_memory_write(s->iommu.bus.memory[space], address, words, sizeof(words)) !=
		    IOM_MEM_OK) {
		iom_count_n(&s->iommu, IOM_STAT_EVENTS_LOST, !stall);
		iom_log(&s->iommu,
			"SMMUv3: an event record could not be written to 0x%" G_GINT64_MODIFIER "x",
			address);
		smmu_gerror(s, space, SMMU_GERROR_EVENTQ_ABT);
		return false;
	}
	if (iom_observed(&s->iommu))
		iom_step_write(&s->iommu, "event record",
			       smmu_event_layout((unsigned)(record[0] & 0xff)), address, 0, record,
			       4);
	iom_count(&s->iommu, IOM_STAT_EVENTS);
	smmu_reg_set(s, space, SMMU_R_EVENTQ_PROD,
		     (prod & UINT64_C(1) << 31) | smmu_queue_next(&q, q.prod));
	if (was_empty)
		smmu_interrupt(s, space, SMMU_INT_EVENTQ);
	return true;
}
