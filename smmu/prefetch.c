/* SPDX-License-Identifier: MIT */
/*
 * CMD_PREFETCH_CONFIG and CMD_PREFETCH_ADDR (4.2 Prefetch): what a transaction of the
 * stream would bring into the caches, before one comes. Nothing that goes wrong is
 * recorded, and no flag is set in memory: what needs one is left to the transaction,
 * since an implementation need not prefetch all that it is asked for. What is found
 * dies by the same invalidations as what transactions bring in.
 */
#include "core/ahead.h"
#include "smmu/cmdq.h"

/* Addresses of a command where there is no IOTLB that they could fill up. */
#define WALKS_ALONE 64u

struct prefetch {
	smmu *s;
	struct smmu_tx tx; /* a speculative read */
	struct smmu_context context;
	iom_figures figures; /* a prefetch is no access: hits and misses stay as they were */
};

static bool wanted(const struct smmu_cmd *cmd, unsigned space)
{
	const smmu *s = cmd->s;

	/* 3.25: with granule protection it could be seen in fault registers. */
	return s->config.prefetch_commands && !s->ids.rme && smmu_has_space(s, space) &&
	       smmu_enabled(s, space);
}

/* Statistics are read without the lock. */
static void count(smmu *s, iom_cache_id cache)
{
	__atomic_store_n(&s->prefetched[cache], s->prefetched[cache] + 1, __ATOMIC_RELAXED);
}

/* The stream's configuration; false: without, or nothing is to be prefetched. */
static bool begin(const struct smmu_cmd *cmd, struct prefetch *p)
{
	smmu *s = p->s = cmd->s;
	unsigned space = smmu_cmd_stream_space(cmd);
	struct smmu_fault f = { 0 };
	struct smmu_tx *tx = &p->tx;

	memset(tx, 0, sizeof(*tx));
	tx->sid = (uint32_t)smmu_cmd_PREFETCH_ADDR_get_StreamID(cmd->w);
	tx->ssv = smmu_cmd_PREFETCH_ADDR_get_SSV(cmd->w);
	tx->ssid = tx->ssv ? (uint32_t)smmu_cmd_PREFETCH_ADDR_get_SubstreamID(cmd->w) : 0;
	tx->space = (uint8_t)space;
	tx->read = true;
	tx->need = IOM_READ;
	tx->passive = tx->ahead = tx->locked = true;
	tx->attr = smmu_attr_default();
	memset(&p->context, 0, sizeof(p->context));
	iom_cache_owner_.requester = tx->sid;
	iom_cache_owner_.pasid = tx->ssv ? tx->ssid : IOM_NO_PASID;
	smmu_tx_start(s, tx);
	iom_figures_keep(&s->iommu, &p->figures);
	if (!smmu_context_get(s, tx, &p->context, &f)) {
		iom_figures_restore(&s->iommu, &p->figures);
		return false;
	}
	if (tx->loaded && iom_cache_enabled(s->caches[IOM_CACHE_CONFIG]))
		count(s, IOM_CACHE_CONFIG);
	return true;
}

static void end(const struct prefetch *p)
{
	iom_figures_restore(&p->s->iommu, &p->figures);
}

enum smmu_done smmu_cmd_prefetch_config(const struct smmu_cmd *cmd)
{
	struct prefetch p;

	if (wanted(cmd, smmu_cmd_stream_space(cmd)) && begin(cmd, &p))
		end(&p);
	return SMMU_DONE;
}

static void fetch(struct prefetch *p, uint64_t address, uint64_t left, uint64_t step)
{
	smmu *s = p->s;
	uint32_t entries = s->config.cache.cache[IOM_CACHE_IOTLB].entries;
	/* What would push out what this command has brought in is of no use. */
	uint32_t most = MIN(entries ? entries : WALKS_ALONE, s->prefetches_left);
	iom_request request = { .requester = p->tx.sid,
				.pasid = p->tx.ssv ? p->tx.ssid : IOM_NO_PASID,
				.access = IOM_READ,
				.space = p->tx.space,
				.length = 1,
				.flags = IOM_REQ_SPECULATIVE | IOM_REQ_AHEAD };

	for (; left && most; most--) {
		uint64_t same;

		s->prefetches_left--;
		request.address = p->tx.address = address;
		if (smmu_fetch_ahead(s, &request, &p->tx, &p->context, &same))
			count(s, IOM_CACHE_IOTLB);
		same = MIN(same ? (same - 1) / step + 1 : 1, left);
		/* Not around the end of the address space. */
		if (same > (UINT64_MAX - address) / step)
			return;
		address += same * step;
		left -= same;
	}
}

enum smmu_done smmu_cmd_prefetch_addr(const struct smmu_cmd *cmd)
{
	unsigned space = smmu_cmd_stream_space(cmd), stride;
	bool ns = smmu_cmd_PREFETCH_ADDR_get_NS(cmd->w);
	const smmu *s = cmd->s;
	struct prefetch p;

	if (!wanted(cmd, space) || !begin(cmd, &p))
		return SMMU_DONE;
	/* 4.2.2: NS is what goes into stage 2 of a Secure stream, whatever its STE overrides. */
	p.tx.input_ns = space == IOM_SPACE_SECURE && ns;
	/* In SMMUv3.0 there is no stride. */
	stride = s->ids.minor ? (unsigned)smmu_cmd_PREFETCH_ADDR_get_Stride(cmd->w) : 0;
	if (p.context.mode != SMMU_MODE_ABORT && p.context.mode != SMMU_MODE_BYPASS)
		fetch(&p, smmu_cmd_PREFETCH_ADDR_get_Addr(cmd->w),
		      UINT64_C(1) << smmu_cmd_PREFETCH_ADDR_get_Size(cmd->w),
		      UINT64_C(1) << (12 + stride));
	end(&p);
	return SMMU_DONE;
}
