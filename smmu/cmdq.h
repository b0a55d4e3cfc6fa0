/* SPDX-License-Identifier: MIT */
/* Commands: the table, and what runs them. */
#ifndef IOM_SMMU_CMDQ_H
#define IOM_SMMU_CMDQ_H

#include "smmu/walk.h"

/* What became of a command. */
enum smmu_done {
	SMMU_DONE = 0,
	SMMU_WAIT, /* an ATS invalidation has to complete first */
	SMMU_ILL,
	SMMU_ATC_FAILED,
};

struct smmu_cmd {
	smmu *s;
	unsigned space; /* of the queue */
	int queue; /* -1: the command queue; otherwise an ECMDQ */
	const uint64_t *w;
};

/* tlbi.c */
enum smmu_done smmu_cmd_tlbi(const struct smmu_cmd *cmd);
bool smmu_cmd_range_legal(const smmu *s, const uint64_t *w);

/* sync.c */
enum smmu_done smmu_cmd_sync(const struct smmu_cmd *cmd);

/* ats.c */
enum smmu_done smmu_cmd_atc_inv(const struct smmu_cmd *cmd);
uint32_t *smmu_atc_pending(smmu *s, unsigned space, int queue);
bool *smmu_atc_failed(smmu *s, unsigned space, int queue);

#endif
