/* SPDX-License-Identifier: MIT */
/*
 * Performance monitor counter groups (10 Performance Monitors Extension). Each
 * group is one 64 KiB page after the other pages of the frame: eight 64-bit
 * counters, the architected events, filtering by StreamID, overflow by wired
 * interrupt or message, capture. Model time has no clock: the cycle event counts
 * transactions.
 */
#include "smmu/pmcg.h"

#define PAGE UINT64_C(0x10000)

enum {
	EVCNTR = 0x000,
	EVTYPER = 0x400,
	SVR = 0x600,
	SMR = 0xa00,
	CNTENSET = 0xc00,
	CNTENCLR = 0xc20,
	INTENSET = 0xc40,
	INTENCLR = 0xc60,
	OVSCLR = 0xc80,
	OVSSET = 0xcc0,
	CAPR = 0xd88,
	SCR = 0xdf8,
	CFGR = 0xe00,
	CR = 0xe04,
	CEID = 0xe20,
	IRQ_CTRL = 0xe50,
	IRQ_CTRLACK = 0xe54,
	IRQ_CFG0 = 0xe58,
	IRQ_CFG1 = 0xe60,
	IRQ_CFG2 = 0xe64,
	IRQ_STATUS = 0xe68,
};

#define ALL ((1u << SMMU_PMCG_COUNTERS) - 1)
#define EVTYPER_OVFCAP (1u << 31)
#define EVTYPER_SEC_SID (1u << 30)
#define EVTYPER_SPAN (1u << 29)
#define EVTYPER_MASK (EVTYPER_OVFCAP | EVTYPER_SEC_SID | EVTYPER_SPAN | 0xffff)
#define CR_ENABLE 1u
#define STATUS_MSI_ABT 1u

void smmu_pmcg_reset(smmu *s)
{
	for (unsigned i = 0; i < s->n_pmcg; i++)
		s->pmcg[i] = (struct smmu_pmcg){ 0 };
}

/* 10.5 CFGR: counters, their size, messages, StreamID filters for each, capture. */
static uint32_t cfgr(const smmu *s)
{
	return (SMMU_PMCG_COUNTERS - 1) | 63u << 8 | (s->ids.msi ? 1u << 21 : 0) | 1u << 22;
}

static void capture(struct smmu_pmcg *g)
{
	memcpy(g->shadow, g->counter, sizeof(g->shadow));
}

static void overflowed(smmu *s, struct smmu_pmcg *g)
{
	uint64_t address = g->irq_cfg0 & iom_mask(s->ids.oas_bits) & ~UINT64_C(3);

	if (!(g->irq_ctrl & 1))
		return;
	iom_raise_irq(&s->iommu, IOM_SMMU_IRQ_PMCG, true);
	if (s->ids.msi && address &&
	    iom_send_msi(&s->iommu, IOM_SPACE_NONSECURE, address, g->irq_cfg1) != IOM_MEM_OK)
		g->irq_status |= STATUS_MSI_ABT;
}

/*
 * 10.3.4 StreamID filtering. With EVTYPER.FILTER_SID_SPAN the number of low ones
 * of SMR before its lowest zero says how many low bits do not matter.
 */
static bool matches(const struct smmu_pmcg *g, unsigned i, unsigned space, uint32_t sid)
{
	uint32_t type = g->evtyper[i], smr = g->smr[i];
	unsigned wanted = type & EVTYPER_SEC_SID ? IOM_SPACE_SECURE : IOM_SPACE_NONSECURE;

	if (space != wanted)
		return false;
	if (type & EVTYPER_SPAN) {
		unsigned low = 0;
		uint32_t mask;

		if (smr == UINT32_MAX)
			return true;
		while (smr >> low & 1)
			low++;
		mask = (uint32_t)iom_mask(low + 1);
		return (sid & ~mask) == (smr & ~mask);
	}
	return sid == smr;
}

void smmu_pmcg_count(smmu *s, enum smmu_pmcg_event event, unsigned space, uint32_t sid, uint64_t n)
{
	if (!n)
		return;
	smmu_lock(s);
	for (unsigned k = 0; k < s->n_pmcg; k++) {
		struct smmu_pmcg *g = &s->pmcg[k];
		bool interrupt = false;

		if (!(g->cr & CR_ENABLE))
			continue;
		for (unsigned i = 0; i < SMMU_PMCG_COUNTERS; i++) {
			uint64_t before = g->counter[i];

			if (!(g->enabled >> i & 1) || (g->evtyper[i] & 0xffff) != event ||
			    !matches(g, i, space, sid))
				continue;
			g->counter[i] += n;
			if (g->counter[i] >= before)
				continue;
			g->overflow |= 1u << i;
			interrupt |= g->interrupts >> i & 1;
			if (g->evtyper[i] & EVTYPER_OVFCAP)
				capture(g);
		}
		if (interrupt)
			overflowed(s, g);
	}
	smmu_unlock(s);
}

/* A 64-bit array at `base`: index and half of an access, false outside. */
static bool in_array(uint64_t in, unsigned base, unsigned bytes, unsigned *index)
{
	if (in < base || in >= base + SMMU_PMCG_COUNTERS * bytes)
		return false;
	*index = (unsigned)(in - base) / bytes;
	return true;
}

static uint64_t part(uint64_t value, uint64_t in, unsigned size)
{
	return size == 8 ? value : in & 4 ? value >> 32 : value & UINT32_MAX;
}

static uint64_t merge(uint64_t old, uint64_t in, unsigned size, uint64_t value)
{
	if (size == 8)
		return value;
	return in & 4 ? (old & UINT32_MAX) | value << 32
		      : (old & ~(uint64_t)UINT32_MAX) | (value & UINT32_MAX);
}

uint64_t smmu_pmcg_read(smmu *s, uint64_t offset, unsigned size)
{
	const struct smmu_pmcg *g;
	uint64_t in = offset % PAGE;
	unsigned i;

	if (offset / PAGE >= s->n_pmcg)
		return 0;
	g = &s->pmcg[offset / PAGE];
	if (in_array(in, EVCNTR, 8, &i))
		return part(g->counter[i], in, size);
	if (in_array(in, SVR, 8, &i))
		return part(g->shadow[i], in, size);
	if (in == IRQ_CFG0 || in == IRQ_CFG0 + 4)
		return part(g->irq_cfg0, in, size);
	/* Sets of counters are 64-bit registers; there are few counters. */
	switch (in) {
	case CNTENSET:
	case CNTENCLR:
		return g->enabled;
	case INTENSET:
	case INTENCLR:
		return g->interrupts;
	case OVSCLR:
	case OVSSET:
		return g->overflow;
	case CEID:
		return (1u << SMMU_PMCG_N_EVENTS) - 1;
	default:
		break;
	}
	if (size == 8)
		return 0;
	if (in_array(in, EVTYPER, 4, &i))
		return g->evtyper[i];
	if (in_array(in, SMR, 4, &i))
		return g->smr[i];
	switch (in) {
	case CFGR:
		return cfgr(s);
	case CR:
		return g->cr;
	case IRQ_CTRL:
	case IRQ_CTRLACK:
		return g->irq_ctrl;
	case IRQ_CFG1:
		return g->irq_cfg1;
	case IRQ_CFG2:
		return g->irq_cfg2;
	case IRQ_STATUS:
		return g->irq_status;
	default:
		return 0;
	}
}

/* Counters, and registers of one bit for each counter. */
static bool write_wide(struct smmu_pmcg *g, uint64_t in, unsigned size, uint64_t value)
{
	unsigned i;

	if (in_array(in, EVCNTR, 8, &i)) {
		g->counter[i] = merge(g->counter[i], in, size, value);
		return true;
	}
	switch (in) {
	case CNTENSET:
		g->enabled |= (uint32_t)value & ALL;
		return true;
	case CNTENCLR:
		g->enabled &= ~(uint32_t)value;
		return true;
	case INTENSET:
		g->interrupts |= (uint32_t)value & ALL;
		return true;
	case INTENCLR:
		g->interrupts &= ~(uint32_t)value;
		return true;
	case OVSSET:
		g->overflow |= (uint32_t)value & ALL;
		return true;
	case OVSCLR:
		g->overflow &= ~(uint32_t)value;
		return true;
	case IRQ_CFG0:
	case IRQ_CFG0 + 4:
		if (!(g->irq_ctrl & 1))
			g->irq_cfg0 =
				merge(g->irq_cfg0, in, size, value) & (iom_mask(56) & ~UINT64_C(3));
		return true;
	default:
		return false;
	}
}

void smmu_pmcg_write(smmu *s, uint64_t offset, unsigned size, uint64_t value)
{
	struct smmu_pmcg *g;
	uint64_t in = offset % PAGE;
	unsigned i;

	if (offset / PAGE >= s->n_pmcg)
		return;
	g = &s->pmcg[offset / PAGE];
	if (write_wide(g, in, size, value) || size == 8)
		return;
	if (in_array(in, EVTYPER, 4, &i)) {
		g->evtyper[i] = (uint32_t)value & EVTYPER_MASK;
		if (!s->ids.secure)
			g->evtyper[i] &= ~EVTYPER_SEC_SID;
	} else if (in_array(in, SMR, 4, &i)) {
		g->smr[i] = (uint32_t)value;
	} else if (in == CR) {
		g->cr = (uint32_t)value & CR_ENABLE;
	} else if (in == CAPR) {
		if (value & 1)
			capture(g);
	} else if (in == IRQ_CTRL) {
		g->irq_ctrl = (uint32_t)value & 1;
	} else if (in == IRQ_CFG1 && s->ids.msi && !(g->irq_ctrl & 1)) {
		g->irq_cfg1 = (uint32_t)value;
	} else if (in == IRQ_CFG2 && s->ids.msi && !(g->irq_ctrl & 1)) {
		g->irq_cfg2 = (uint32_t)value & 0x3f;
	}
}
