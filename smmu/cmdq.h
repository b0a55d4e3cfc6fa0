/* SPDX-License-Identifier: MIT */
/* Commands: the table, and what runs them. */
#ifndef IOM_SMMU_CMDQ_H
#define IOM_SMMU_CMDQ_H

#include "core/memory.h"
#include "smmu/walk.h"

/* What became of a command. */
enum smmu_done {
	SMMU_DONE = 0,
	SMMU_WAIT, /* an ATS invalidation has to complete first */
	SMMU_ILL,
	SMMU_ATC_FAILED,
	SMMU_UNREAD,
};

struct smmu_cmd {
	smmu *s;
	unsigned space; /* of the queue */
	int queue; /* -1: the command queue; otherwise an ECMDQ */
	const uint64_t *w;
};

/* The streams that a command about streams means (4.1.6 Common command fields, SSec). */
static inline unsigned smmu_cmd_stream_space(const struct smmu_cmd *cmd)
{
	if (cmd->space == IOM_SPACE_SECURE)
		return smmu_cmd_CFGI_STE_get_SSec(cmd->w) ? IOM_SPACE_SECURE : IOM_SPACE_NONSECURE;
	return cmd->space;
}

/* prefetch.c */
#define SMMU_PREFETCHES 4096u /* addresses that one register write may have looked up */
enum smmu_done smmu_cmd_prefetch_config(const struct smmu_cmd *cmd);
enum smmu_done smmu_cmd_prefetch_addr(const struct smmu_cmd *cmd);

/* tlbi.c */
enum smmu_done smmu_cmd_tlbi(const struct smmu_cmd *cmd);
bool smmu_cmd_range_legal(const smmu *s, const uint64_t *w);

static inline struct smmu_reach *smmu_reach_at(smmu *s, unsigned space, uint64_t word)
{
	/* ASIDs and VMIDs are nearly always small numbers. */
	return &s->reach[space][(word ^ word >> 32 ^ word >> 48) % SMMU_REACHES];
}

/* 4.4.1: bit 55 says the half, whatever is above it. */
static inline uint64_t smmu_cmd_va(uint64_t word1)
{
	return (uint64_t)((int64_t)((word1 & ~UINT64_C(0xfff)) << 8) >> 8);
}

/* A command that may name a range names 4 KiB. */
static inline bool smmu_cmd_is_page(const smmu *s, const uint64_t *w)
{
	return !s->ids.ril || !smmu_cmd_TLBI_NH_VA_get_TG(w);
}

/* again.c */
void smmu_direct_find(const smmu *s, unsigned space, uint64_t base_reg, struct smmu_direct *d);
static inline const struct smmu_direct *smmu_direct_of(const smmu *s, unsigned space,
						       uint64_t base_reg, struct smmu_direct *d)
{
	if (G_UNLIKELY(d->base_reg != base_reg || d->layout != s->iommu.bus.memory[space]->layout))
		smmu_direct_find(s, space, base_reg, d);
	return d;
}
/* Run what it can from `cons` on; returns the index of the first command that is left. */
uint32_t smmu_run_again(smmu *s, unsigned space, int queue, const struct smmu_direct *d,
			uint32_t cons, uint32_t prod);
/* What a command did, for the next one with the same first word. */
void smmu_remember_va(smmu *s, const struct smmu_cmd *cmd, unsigned space, enum smmu_world world,
		      unsigned vmid, unsigned asid);
void smmu_remember_tags(smmu *s, const struct smmu_cmd *cmd, uint64_t first, uint64_t second);

/* sync.c; what CMD_SYNC of the queue waits for: iom_flight_landed() */
static inline uint64_t *smmu_sync_ticket(smmu *s, unsigned space, int queue)
{
	return queue < 0 ? &s->pi[space].flight : &s->pi[space].ecmdq[queue].flight;
}
enum smmu_done smmu_cmd_sync(const struct smmu_cmd *cmd);

/* ats.c; of the queue: invalidations on their way, and whether one timed out */
enum smmu_done smmu_cmd_atc_inv(const struct smmu_cmd *cmd);
static inline uint32_t *smmu_atc_pending(smmu *s, unsigned space, int queue)
{
	return queue < 0 ? &s->pi[space].atc_pending : &s->pi[space].ecmdq[queue].atc_pending;
}

static inline bool *smmu_atc_failed(smmu *s, unsigned space, int queue)
{
	return queue < 0 ? &s->pi[space].atc_failed : &s->pi[space].ecmdq[queue].atc_failed;
}

/* A CMD_SYNC that completes and tells nobody. */
#define SMMU_OP_SYNC 0x46
static inline bool smmu_sync_plain(smmu *s, unsigned space, int queue, uint64_t word0)
{
	return (word0 & 0xff) == SMMU_OP_SYNC && smmu_cmd_SYNC_get_CS(&word0) == 0 &&
	       !*smmu_atc_pending(s, space, queue) && !*smmu_atc_failed(s, space, queue) &&
	       (G_LIKELY(iom_flight_none(s->iommu.flight)) ||
		iom_flight_landed(&s->iommu, smmu_sync_ticket(s, space, queue)));
}

#endif
