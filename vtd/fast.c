/* SPDX-License-Identifier: MIT */
/*
 * The way of nearly every access: untranslated, allowed, and in the IOTLB. It
 * takes no lock and decides nothing that translate.c would not decide the same;
 * whatever is out of the ordinary goes there.
 */
#include "vtd/internal.h"

#include "core/cache-impl.h"

/* TES set; nothing that looks at single requests; a mode that has tables. */
static inline bool ordinary_mode(uint64_t mode)
{
	return (mode & (VTD_MODE_TES | VTD_MODE_PMR | VTD_MODE_PERF)) == VTD_MODE_TES &&
	       VTD_MODE_TTM(mode) <= VTD_TTM_SCALABLE;
}

/* Which context: what a look-up in the configuration cache goes by, and valid. */
static inline uint64_t recent_key(const iom_request *r)
{
	return UINT64_C(1) << 63 | (uint64_t)(r->requester & 0xffff) << 32 | r->pasid;
}

static inline vtd_recent *recent_place(vtd_unit *unit, const iom_request *r)
{
	return &unit->recent[(r->requester ^ r->requester >> 8 ^ r->pasid) % VTD_N_RECENT];
}

static inline bool recent_find(vtd_unit *unit, const iom_request *r, vtd_context_head *ctx)
{
	vtd_recent *recent = recent_place(unit, r);
	uint64_t generation = atomic_load_explicit(&unit->generation, memory_order_acquire);
	uint64_t sequence = atomic_load_explicit(&recent->sequence, memory_order_acquire);
	uint64_t key = atomic_load_explicit(&recent->key, memory_order_relaxed);
	uint64_t of = atomic_load_explicit(&recent->generation, memory_order_relaxed);
	uint64_t words[2] = { atomic_load_explicit(&recent->head[0], memory_order_relaxed),
			      atomic_load_explicit(&recent->head[1], memory_order_relaxed) };

	atomic_thread_fence(memory_order_acquire);
	if (atomic_load_explicit(&recent->sequence, memory_order_relaxed) != (sequence & ~1ull) ||
	    key != recent_key(r) || of != generation)
		return false;
	memcpy(ctx, words, sizeof(*ctx));
	return true;
}

/* Keep what was looked up in `generation`; a place that is being written is left. */
static void recent_keep(vtd_unit *unit, const iom_request *r, const vtd_context_head *ctx,
			uint64_t generation)
{
	vtd_recent *recent = recent_place(unit, r);
	uint64_t sequence = atomic_load_explicit(&recent->sequence, memory_order_relaxed);
	uint64_t words[2];

	if (atomic_load_explicit(&unit->recent_off, memory_order_relaxed) || sequence & 1 ||
	    !atomic_compare_exchange_strong_explicit(&recent->sequence, &sequence, sequence + 1,
						     memory_order_acq_rel, memory_order_relaxed))
		return;
	memcpy(words, ctx, sizeof(words));
	atomic_thread_fence(memory_order_release);
	atomic_store_explicit(&recent->key, recent_key(r), memory_order_relaxed);
	atomic_store_explicit(&recent->generation, generation, memory_order_relaxed);
	atomic_store_explicit(&recent->head[0], words[0], memory_order_relaxed);
	atomic_store_explicit(&recent->head[1], words[1], memory_order_relaxed);
	atomic_store_explicit(&recent->sequence, sequence + 2, memory_order_release);
}

/* The configuration cache itself; counts a hit or a miss. */
static __attribute__((noinline)) bool context_find(vtd_unit *unit, const iom_request *r,
						   vtd_context_head *ctx)
{
	uint64_t generation = atomic_load_explicit(&unit->generation, memory_order_acquire);
	iom_cache_scope scope =
		vtd_scope_config(false,
				 r->pasid == IOM_NO_PASID ? IOM_NO_PASID : r->pasid & 0xfffff);

	if (!iom_cache_lookup(unit->cache[IOM_CACHE_CONFIG], &scope, r->requester & 0xffff, ctx,
			      sizeof(*ctx), NULL))
		return false;
	recent_keep(unit, r, ctx, generation);
	return true;
}

/*
 * What a context allows, as rights() of translate.c: 3.6.1 and 3.7.1. Without a
 * first stage the flags of one are not looked at.
 */
static inline uint8_t rights(const vtd_context_head *ctx, unsigned flags, bool supervisor)
{
	unsigned read = flags & VTD_TLB_SS_R, write = flags & VTD_TLB_SS_W;

	if (vtd_has_first_stage(ctx->pgtt)) {
		if (!supervisor && !(flags & VTD_TLB_USER))
			return 0;
		if (!(flags & VTD_TLB_FS_W) && (!supervisor || ctx->flags & VTD_CTX_WPE))
			write = 0;
	}
	return (uint8_t)((read ? IOM_READ : 0) | (write ? IOM_WRITE : 0));
}

static inline bool translate_fast(vtd_unit *unit, const iom_request *r, iom_result *result,
				  unsigned *looked)
{
	uint64_t mode = atomic_load_explicit(&unit->mode, memory_order_acquire);
	bool has_pasid = r->pasid != IOM_NO_PASID;
	uint64_t address = r->address, out;
	vtd_context_head ctx;
	iom_cache_scope scope;
	bool supervisor;
	uint8_t allowed;
	vtd_tlb tlb;

	if (!ordinary_mode(mode) || r->type != IOM_UNTRANSLATED || iom_observed(&unit->base) ||
	    (r->access != IOM_READ && r->access != IOM_WRITE) ||
	    (has_pasid ? r->flags & IOM_REQ_PASID_EXEC : vtd_in_interrupt_range(address)))
		return false;
	if (G_LIKELY(recent_find(unit, r, &ctx))) {
		unsigned slot = iom_thread_slot();

		iom_bump(&unit->cache[IOM_CACHE_CONFIG]->cells[slot].hits, slot, 1);
	} else if (!context_find(unit, r, &ctx)) {
		*looked = VTD_LOOKED_CONTEXT;
		return false;
	}
	*looked = VTD_LOOKED_HIT;
	if (has_pasid) {
		if (!(ctx.flags & VTD_CTX_PASIDE))
			return false;
		supervisor = r->flags & (IOM_REQ_PASID_PRIV | IOM_REQ_PRIVILEGED);
	} else {
		supervisor = ctx.flags & VTD_CTX_RID_PRIV;
	}
	if (supervisor && !(ctx.flags & VTD_CTX_SRE))
		return false;
	/* an address that is too wide is never in the IOTLB under this context */
	scope = vtd_scope_tlb(ctx.pgtt, ctx.did, ctx.pasid);
	*looked = VTD_LOOKED_HIT | VTD_LOOKED_TLB;
	if (!iom_cache_find(unit->cache[IOM_CACHE_IOTLB], &scope, address, &tlb, sizeof(tlb), NULL,
			    true) ||
	    tlb.signature != ctx.signature)
		return false;
	allowed = rights(&ctx, tlb.flags, supervisor);
	out = tlb.page | (address & iom_mask(tlb.lg2));
	if (!(allowed & r->access) || (r->access & IOM_WRITE && !(tlb.flags & VTD_TLB_DIRTY)) ||
	    vtd_in_interrupt_range(out))
		return false;
	result->status = IOM_OK;
	result->permissions = allowed;
	result->page_lg2 = tlb.lg2;
	result->memtype = tlb.memtype;
	result->shareability = IOM_SH_OUTER;
	result->flags =
		(uint16_t)(IOM_RES_CACHED | (supervisor ? IOM_RES_PRIVILEGED : 0) |
			   (tlb.flags & VTD_TLB_SNOOP || ctx.flags & VTD_CTX_PGSNP ? IOM_RES_SNOOP
										   : 0));
	result->address = out;
	result->span = (UINT64_C(1) << tlb.lg2) - (address & iom_mask(tlb.lg2));
	return true;
}

void vtd_translate(iom_iommu *iommu, const iom_request *request, iom_result *result)
{
	vtd_unit *unit = vtd_of(iommu);

	unsigned looked = 0;

	if (G_UNLIKELY(!translate_fast(unit, request, result, &looked)))
		vtd_translate_slow(unit, request, result, looked);
}
