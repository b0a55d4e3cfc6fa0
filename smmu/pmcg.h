/* SPDX-License-Identifier: MIT */
/* Performance monitor counter groups (10 Performance Monitors Extension). */
#ifndef IOM_SMMU_PMCG_H
#define IOM_SMMU_PMCG_H

#include "smmu/internal.h"

/* Architected events (10.4 Events). */
enum smmu_pmcg_event {
	SMMU_PMCG_CYCLE = 0,
	SMMU_PMCG_TRANSACTION = 1,
	SMMU_PMCG_TLB_MISS = 2,
	SMMU_PMCG_CONFIG_MISS = 3,
	SMMU_PMCG_WALK_ACCESS = 4,
	SMMU_PMCG_CONFIG_ACCESS = 5,
	SMMU_PMCG_ATS_REQUEST = 6,
	SMMU_PMCG_ATS_TRANSLATED = 7,
	SMMU_PMCG_N_EVENTS,
};

#define SMMU_PMCG_COUNTERS 8 /* of 64 bits in each group */

struct smmu_pmcg {
	uint64_t counter[SMMU_PMCG_COUNTERS];
	uint64_t shadow[SMMU_PMCG_COUNTERS]; /* SVR: captured */
	uint32_t evtyper[SMMU_PMCG_COUNTERS];
	uint32_t smr[SMMU_PMCG_COUNTERS];
	uint32_t enabled, interrupts, overflow;
	uint32_t cr, irq_ctrl, irq_cfg1, irq_cfg2, irq_status;
	uint64_t irq_cfg0;
};

void smmu_pmcg_reset(smmu *s);
/* Registers of the groups; with the lock held. */
uint64_t smmu_pmcg_read(smmu *s, uint64_t offset, unsigned size);
void smmu_pmcg_write(smmu *s, uint64_t offset, unsigned size, uint64_t value);
/* `n` events of a stream happened; takes the lock. */
void smmu_pmcg_count(smmu *s, enum smmu_pmcg_event event, unsigned space, uint32_t sid, uint64_t n);

#endif
