/* SPDX-License-Identifier: MIT */
#include "vtd/plan.h"

#define ADDRESS UINT64_C(0x000ffffffffff000)
#define SS_A (UINT64_C(1) << 8)
#define SS_D (UINT64_C(1) << 9)
#define SS_SNP (UINT64_C(1) << 11)
#define SS_EMT (UINT64_C(0xf) << 3) /* and IPAT */
#define SS_IW (UINT64_C(1) << 62)

/* `reserved` by level for pointers to tables and leaves, and where there are leaves. */
static void make_plain(vtd_plain *plain, const uint64_t reserved[6][2], uint64_t more, bool leaf2,
		       bool leaf3)
{
	for (unsigned level = 1; level <= 5; level++) {
		plain->table[level] = reserved[level][0] | more;
		if (level == 2 || level == 3)
			plain->table[level] |= VTD_ENTRY_PS;
	}
	plain->leaf[0] = UINT64_MAX;
	plain->leaf[1] = reserved[1][1] | more;
	plain->leaf[2] = leaf2 ? reserved[2][1] | more : UINT64_MAX;
	plain->leaf[3] = leaf3 ? reserved[3][1] | more : UINT64_MAX;
}

static iom_cache *on(const vtd_unit *unit, iom_cache_id id)
{
	return iom_cache_enabled(unit->cache[id]) ? unit->cache[id] : NULL;
}

/* 3.11: whether the MTRRs have a part in the memory type. */
static bool by_mtrr(const vtd_unit *unit, const vtd_context *ctx)
{
	return unit->caps.mts && !(ctx->flags & VTD_CTX_CD) &&
	       (ctx->pgtt == VTD_PGTT_FIRST ||
		(ctx->pgtt == VTD_PGTT_NESTED && !(ctx->flags & VTD_CTX_EMTE))) &&
	       !vtd_mtrrs_uniform(unit);
}

static void make_second(const vtd_unit *unit, vtd_plan *plan)
{
	const vtd_caps *caps = &unit->caps;
	uint32_t flags = plan->ctx.flags;
	bool io = flags & VTD_CTX_SSIRWE, flagged = flags & VTD_CTX_SSADE;

	plan->ss_shift = io ? 61 : 0;
	plan->ss_always = flagged ? 0 : VTD_SS_DIRTY;
	/* 3.8.1: with dirty flags in the second stage write permission as well */
	plan->fetch = flagged ? VTD_SS_R | VTD_SS_W : VTD_SS_R;
	plan->ss.want = flagged ? SS_A : 0;
	plan->ss.gathered = UINT64_C(3) << plan->ss_shift | plan->ss.want;
	plan->ss.own = (flagged ? SS_D : 0) | (caps->sc ? SS_SNP : 0) |
		       (flags & VTD_CTX_EMTE ? SS_EMT : 0);
	plan->fetch_bits = (uint64_t)plan->fetch << plan->ss_shift | plan->ss.want;
	make_plain(&plan->ss, unit->masks.ss, io ? 0 : SS_IW, caps->ss2m, caps->ss1g);
}

static void make_first(const vtd_unit *unit, vtd_plan *plan)
{
	uint64_t more = 0;

	plan->fs.want = VTD_FS_P | VTD_FS_A | (plan->ctx.flags & VTD_CTX_EAFE ? VTD_FS_EA : 0);
	plan->fs.gathered = plan->fs.want | VTD_FS_RW | VTD_FS_US;
	/* PWT, PCD, D, and PAT of pages and of larger ones */
	plan->fs.own = 0x10d8;
	/* 3.8: what a guest-physical address cannot have */
	if (plan->ctx.pgtt == VTD_PGTT_NESTED)
		more = ADDRESS & ~iom_mask(vtd_width(&unit->caps, plan->ctx.ss_levels - 2u));
	make_plain(&plan->fs, unit->masks.fs, more, true, unit->caps.fs1gp);
	for (unsigned level = 2; level <= plan->ctx.fs_levels; level++)
		plan->linked |= plan->fs.table[level];
}

/* 3.6.1: the privilege of a request; false when it is refused or out of the ordinary. */
static bool privilege(vtd_plan *plan, const iom_request *request)
{
	uint32_t flags = plan->ctx.flags;

	if (request->pasid == IOM_NO_PASID) {
		plan->supervisor = flags & VTD_CTX_RID_PRIV;
	} else {
		plan->supervisor = request->flags & (IOM_REQ_PASID_PRIV | IOM_REQ_PRIVILEGED);
		if (!(flags & VTD_CTX_PASIDE) || request->flags & IOM_REQ_PASID_EXEC)
			return false;
	}
	return !plan->supervisor || flags & VTD_CTX_SRE;
}

/* What only the thread has. */
static void make_own(vtd_unit *unit, uint64_t generation, vtd_plan *plan)
{
	unsigned slot = iom_thread_slot();

	plan->tlb_misses = &unit->cache[IOM_CACHE_IOTLB]->cells[slot].misses;
	plan->stage2_hits = &unit->cache[IOM_CACHE_STAGE2]->cells[slot].hits;
	plan->reads = iom_count_cell(&unit->base, IOM_STAT_TABLE_READS);
	if (plan->stage2)
		iom_flat_look(iom_flat_mine(unit->flat, plan->stage2), &plan->second_scope,
			      plan->ctx.signature, plan->ctx.did, generation, 12, &plan->flat);
}

void vtd_plan_cut(vtd_plan *plan)
{
	iom_flat_cut(&plan->flat);
	iom_flat_link_clear(&plan->flat, &plan->root);
	for (unsigned i = 0; i < G_N_ELEMENTS(plan->last); i++)
		iom_flat_link_clear(&plan->flat, &plan->last[i]);
}

void vtd_plan_make(vtd_unit *unit, const iom_request *request, uint64_t generation, bool own,
		   vtd_plan *plan)
{
	const vtd_context *ctx = &plan->ctx;
	bool nested = ctx->pgtt == VTD_PGTT_NESTED;

	memset((char *)plan + sizeof(plan->ctx), 0, sizeof(*plan) - sizeof(plan->ctx));
	plan->stage2 = nested ? on(unit, IOM_CACHE_STAGE2) : NULL;
	plan->second_scope = vtd_scope_second(ctx->did);
	if (own)
		make_own(unit, generation, plan);
	if (ctx->pgtt >= VTD_PGTT_PASS || !privilege(plan, request))
		return;
	plan->mtrr = by_mtrr(unit, ctx);
	plan->tlb = on(unit, IOM_CACHE_IOTLB);
	plan->tables = on(unit, IOM_CACHE_WALK);
	plan->tlb_scope = vtd_scope_tlb(ctx->pgtt, ctx->did, ctx->pasid);
	plan->n_tags = (uint8_t)vtd_tags_tlb(unit, ctx, plan->tags);
	plan->second_tag = vtd_tag(unit, VTD_TAG_STAGE2, ctx->did, 0);
	plan->beyond = ~iom_mask(ctx->width);
	plan->half = vtd_has_first_stage(ctx->pgtt) ? UINT64_C(1) << (ctx->width - 1) : 0;
	plan->address = ADDRESS;
	make_second(unit, plan);
	make_first(unit, plan);
	plan->leaf.key = UINT64_MAX; /* of no leaf */
	vtd_plan_cut(plan);
	plan->walk = vtd_walk_for(plan);
}
