/* SPDX-License-Identifier: MIT */
/*
 * The way of nearly every access: untranslated, allowed, and in the IOTLB. It
 * takes no lock and decides nothing that translate.c would not decide the same;
 * whatever is out of the ordinary goes there.
 */
#include "vtd/internal.h"

#include "core/front.h"

/* TES set; nothing that looks at single requests; a mode that has tables. */
static inline bool ordinary_mode(uint64_t mode)
{
	return (mode & (VTD_MODE_TES | VTD_MODE_PMR | VTD_MODE_PERF)) == VTD_MODE_TES &&
	       VTD_MODE_TTM(mode) <= VTD_TTM_SCALABLE;
}

static iom_cache_scope config_scope(const iom_request *r)
{
	return vtd_scope_config(false,
				r->pasid == IOM_NO_PASID ? IOM_NO_PASID : r->pasid & 0xfffff);
}

static inline const vtd_context *context_of(const iom_front_class *class)
{
	return (const vtd_context *)(const void *)class->context->words;
}

/*
 * The context of a request whose class has none; counts a hit or a miss. Where
 * the front cannot keep it *class is NULL and it is in `copy`.
 */
static __attribute__((noinline)) const vtd_context *context_find(vtd_unit *unit,
								 const iom_request *r,
								 iom_front *front,
								 vtd_context *copy,
								 iom_front_class **class)
{
	iom_cache *config = unit->cache[IOM_CACHE_CONFIG];
	uint64_t generation = iom_front_generation(&unit->base);
	iom_cache_scope scope = config_scope(r);
	iom_cache_place place;

	*class = front ? iom_front_class_join(&unit->base, front, config, r, r->requester & 0xffff,
					      r->pasid)
		       : NULL;
	if (*class)
		return context_of(*class);
	if (!iom_cache_find_at(config, &scope, r->requester & 0xffff, copy, sizeof(*copy), NULL,
			       true, &place))
		return NULL;
	if (front)
		*class = iom_front_class_keep(front, config, r, r->requester & 0xffff, r->pasid,
					      generation, &place, copy, sizeof(*copy));
	return *class ? context_of(*class) : copy;
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

/* The answer, if this page allows the access just so. */
static inline __attribute__((always_inline)) bool answer(const iom_request *r,
							 const vtd_context_head *ctx,
							 const vtd_tlb *tlb, bool supervisor,
							 unsigned flags, iom_result *result)
{
	uint8_t allowed = rights(ctx, tlb->flags, supervisor);
	uint64_t size = UINT64_C(1) << tlb->lg2, low = r->address & (size - 1),
		 out = tlb->page | low;

	if (!(allowed & r->access) || (r->access & IOM_WRITE && !(tlb->flags & VTD_TLB_DIRTY)) ||
	    vtd_in_interrupt_range(out))
		return false;
	if (supervisor)
		flags |= IOM_RES_PRIVILEGED;
	if (tlb->flags & VTD_TLB_SNOOP || ctx->flags & VTD_CTX_PGSNP)
		flags |= IOM_RES_SNOOP;
	result->status = IOM_OK;
	result->permissions = allowed;
	result->page_lg2 = tlb->lg2;
	result->memtype = tlb->memtype;
	result->shareability = IOM_SH_OUTER;
	result->flags = (uint16_t)flags;
	result->address = out;
	result->span = size - low;
	return true;
}

/* Not in the IOTLB: by the tables, when nothing about them is out of the ordinary. */
static __attribute__((noinline)) bool walk(vtd_unit *unit, const iom_request *r,
					   const vtd_context *ctx, uint64_t generation,
					   bool supervisor, iom_result *result)
{
	iom_epoch epoch = iom_tags_epoch(unit->tags);
	vtd_context_head head;
	vtd_found found;
	vtd_tlb tlb;

	/* The context was still the right one when the walk began. */
	if (iom_front_generation(&unit->base) != generation)
		return false;
	memcpy(&head, ctx, sizeof(head));
	if (!vtd_walk_fast(unit, ctx, r->address, r->access & IOM_WRITE, &found))
		return false;
	tlb = (vtd_tlb){ found.page, ctx->signature, found.flags, found.memtype, found.lg2 };
	if (!answer(r, &head, &tlb, supervisor, 0, result))
		return false;
	vtd_tlb_keep(unit, ctx, r->address, &found, epoch);
	return true;
}

static inline bool translate_fast(vtd_unit *unit, const iom_request *r, iom_result *result,
				  unsigned *looked)
{
	iom_front *front = iom_front_mine(&unit->base);
	uint64_t generation = iom_front_generation(&unit->base);
	uint64_t mode = atomic_load_explicit(&unit->mode, memory_order_acquire);
	bool has_pasid = r->pasid != IOM_NO_PASID;
	iom_front_class *class = NULL;
	iom_cache_place place;
	const vtd_context *whole;
	vtd_context_head ctx;
	iom_cache_scope scope;
	vtd_context copy;
	bool supervisor;
	vtd_tlb tlb;

	if (!ordinary_mode(mode) || r->type != IOM_UNTRANSLATED || iom_observed(&unit->base) ||
	    (r->access != IOM_READ && r->access != IOM_WRITE) ||
	    (has_pasid ? r->flags & IOM_REQ_PASID_EXEC : vtd_in_interrupt_range(r->address)))
		return false;
	if (G_LIKELY(front))
		class = iom_front_class_find(&unit->base, front, unit->cache[IOM_CACHE_CONFIG], r);
	whole = G_LIKELY(class) ? context_of(class) : context_find(unit, r, front, &copy, &class);
	if (!whole) {
		*looked = VTD_LOOKED_CONTEXT;
		return false;
	}
	memcpy(&ctx, whole, sizeof(ctx));
	*looked = VTD_LOOKED_HIT;
	if (has_pasid) {
		if (!(ctx.flags & VTD_CTX_PASIDE))
			return false;
		supervisor = r->flags & (IOM_REQ_PASID_PRIV | IOM_REQ_PRIVILEGED);
	} else {
		supervisor = ctx.flags & VTD_CTX_RID_PRIV;
	}
	if ((supervisor && !(ctx.flags & VTD_CTX_SRE)) || ctx.pgtt == VTD_PGTT_PASS)
		return false;
	/* an address that is too wide is never in the IOTLB under this context */
	scope = vtd_scope_tlb(ctx.pgtt, ctx.did, ctx.pasid);
	*looked = VTD_LOOKED_HIT | VTD_LOOKED_TLB;
	if (!iom_cache_find_at(unit->cache[IOM_CACHE_IOTLB], &scope, r->address, &tlb, sizeof(tlb),
			       NULL, true, &place) ||
	    tlb.signature != ctx.signature)
		return walk(unit, r, whole, generation, supervisor, result);
	if (!answer(r, &ctx, &tlb, supervisor, IOM_RES_CACHED, result))
		return false;
	if (G_LIKELY(class))
		iom_front_keep(&unit->base, front, class, r, result, generation, &place);
	return true;
}

void vtd_translate(iom_iommu *iommu, const iom_request *request, iom_result *result)
{
	vtd_unit *unit = vtd_of(iommu);
	unsigned looked = 0;

	if (G_UNLIKELY(!translate_fast(unit, request, result, &looked)))
		vtd_translate_slow(unit, request, result, looked);
}
