/* SPDX-License-Identifier: MIT */
/* The parts of the register frame outside the tables of regs.c. With the lock held. */
#ifndef IOM_SMMU_REGS_H
#define IOM_SMMU_REGS_H

#include "smmu/internal.h"

#define SMMU_QUEUE_INDEX 0xfffff /* of a queue, and its wrap bit */

/* regs-mask.c: writable bits of a register, 0 for one that is absent */
uint64_t smmu_reg_mask(const smmu *s, unsigned space, unsigned reg);

/* frame.c: identification, command queue control pages, PMCG */
uint64_t smmu_other_read(smmu *s, uint64_t offset, unsigned size, iom_space space);
/* False: nothing was written that answers to translations may depend on. */
bool smmu_other_write(smmu *s, uint64_t offset, unsigned size, uint64_t value, iom_space space);
const iom_layout *smmu_other_layout(const smmu *s, uint64_t offset, const char **name);

#endif
