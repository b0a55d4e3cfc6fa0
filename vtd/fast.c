/* SPDX-License-Identifier: MIT */
/*
 * The way of nearly every access: untranslated, allowed, and in the IOTLB or in
 * plain tables. It takes no lock and decides nothing that translate.c would not
 * decide the same; whatever is out of the ordinary goes there.
 */
#include "vtd/plan.h"

/* Request flags that decide what a plan is. */
#define PLANNED (IOM_REQ_PRIVILEGED | IOM_REQ_PASID_PRIV | IOM_REQ_PASID_EXEC)

/*
 * TES set; nothing that looks at single requests; a mode that has tables. Plans
 * that are kept are of such a mode: a change of it ends their life.
 */
static bool ordinary_mode(uint64_t mode)
{
	return (mode & (VTD_MODE_TES | VTD_MODE_PMR | VTD_MODE_PERF)) == VTD_MODE_TES &&
	       VTD_MODE_TTM(mode) <= VTD_TTM_SCALABLE;
}

/* So may be requests of a class that is kept. */
static bool ordinary_request(const iom_request *r)
{
	return r->type == IOM_UNTRANSLATED && (r->access == IOM_READ || r->access == IOM_WRITE);
}

static inline vtd_plan *plan_of(const iom_front_class *class)
{
	return (vtd_plan *)(void *)class->context->words;
}

/*
 * The plan of a request whose class has none; counts a hit or a miss. Where the
 * front cannot keep it *class is NULL and it is in `own`. NULL: not in the
 * configuration cache, or not asked.
 */
static vtd_plan *plan_find(vtd_unit *unit, const iom_request *r, iom_front *front,
			   uint64_t generation, vtd_plan *own, iom_front_class **class,
			   unsigned *looked)
{
	iom_cache *config = unit->cache[IOM_CACHE_CONFIG];
	uint64_t sid = r->requester & 0xffff;
	uint64_t other = r->pasid | (uint64_t)(r->flags & PLANNED) << 32;
	iom_cache_scope scope =
		vtd_scope_config(false,
				 r->pasid == IOM_NO_PASID ? IOM_NO_PASID : r->pasid & 0xfffff);
	iom_cache_place place;

	*class = NULL;
	if (!ordinary_request(r) ||
	    !ordinary_mode(atomic_load_explicit(&unit->mode, memory_order_acquire)))
		return NULL;
	*looked = VTD_LOOKED_HIT;
	if (front)
		*class = iom_front_class_join(&unit->base, front, config, r, sid, other);
	if (*class)
		return plan_of(*class);
	if (!iom_cache_find_at(config, &scope, sid, &own->ctx, sizeof(own->ctx), NULL, true,
			       &place)) {
		*looked = VTD_LOOKED_CONTEXT;
		return NULL;
	}
	vtd_plan_make(unit, r, generation, front != NULL, own);
	if (front)
		*class = iom_front_class_keep(front, config, r, sid, other, generation, &place, own,
					      sizeof(*own));
	return *class ? plan_of(*class) : own;
}

/* The answer from the IOTLB, if this page allows the access just so. */
static bool answer(const iom_request *r, const vtd_plan *plan, const vtd_tlb *tlb,
		   iom_result *result)
{
	uint8_t allowed = vtd_plan_rights(plan, tlb->flags);
	uint64_t size = UINT64_C(1) << tlb->lg2, low = r->address & (size - 1),
		 out = tlb->page | low;

	if (!(allowed & r->access) || (r->access & IOM_WRITE && !(tlb->flags & VTD_TLB_DIRTY)) ||
	    vtd_in_interrupt_range(out))
		return false;
	vtd_plan_head(plan, tlb->flags, allowed, tlb->memtype, tlb->lg2, IOM_RES_CACHED, result);
	result->address = out;
	result->span = size - low;
	return true;
}

static __attribute__((noinline)) bool with_tlb(vtd_unit *unit, iom_front *front,
					       const iom_front_class *class, vtd_plan *plan,
					       uint64_t generation, const iom_request *r,
					       iom_result *result)
{
	iom_cache_place place;
	vtd_tlb tlb;

	/* an address that is too wide is never in the IOTLB under this context */
	if (!iom_cache_find_at(plan->tlb, &plan->tlb_scope, r->address, &tlb, sizeof(tlb), NULL,
			       true, &place) ||
	    tlb.signature != plan->ctx.signature)
		return plan->walk(unit, plan, r, generation, result);
	if (!answer(r, plan, &tlb, result))
		return false;
	if (G_LIKELY(class))
		iom_front_keep(&unit->base, front, class, r, result, generation, &place);
	return true;
}

/* The thread knows no class of such requests. */
static __attribute__((noinline)) bool unknown_class(vtd_unit *unit, iom_front *front,
						    const iom_request *r, iom_result *result,
						    unsigned *looked)
{
	uint64_t generation = iom_front_generation(&unit->base);
	iom_front_class *class;
	vtd_plan own, *plan = plan_find(unit, r, front, generation, &own, &class, looked);

	if (!plan || !plan->walk)
		return false;
	*looked |= VTD_LOOKED_TLB;
	if (plan->tlb)
		return with_tlb(unit, front, class, plan, generation, r, result);
	iom_cache_count_miss(unit->cache[IOM_CACHE_IOTLB]);
	return plan->walk(unit, plan, r, generation, result);
}

void vtd_translate(iom_iommu *iommu, const iom_request *r, iom_result *result)
{
	vtd_unit *unit = vtd_of(iommu);
	unsigned looked = 0;

	if (iom_observed(iommu) ||
	    (r->pasid == IOM_NO_PASID && vtd_in_interrupt_range(r->address)) ||
	    !unknown_class(unit, iom_front_mine(iommu), r, result, &looked))
		vtd_translate_slow(unit, r, result, looked);
}

static __attribute__((noinline)) void begin_slow(vtd_unit *unit, const iom_request *r,
						 iom_result *result, unsigned looked)
{
	iom_result_clear(result);
	vtd_translate_slow(unit, r, result, looked);
}

/* The plan lost its place in the front, or the address is of the interrupt range. */
static __attribute__((noinline)) void begin_again(iom_iommu *iommu, const iom_request *r,
						  iom_result *result)
{
	iom_result_clear(result);
	vtd_translate(iommu, r, result);
}

void vtd_translate_class(iom_iommu *iommu, iom_front *front, iom_front_class *class,
			 const iom_request *r, iom_result *result)
{
	vtd_unit *unit = vtd_of(iommu);
	vtd_plan *plan = plan_of(class);

	if (G_UNLIKELY(class->context->serial != class->serial) ||
	    G_UNLIKELY(vtd_in_interrupt_range(r->address) && r->pasid == IOM_NO_PASID)) {
		begin_again(iommu, r, result);
		return;
	}
	iom_front_class_use(class);
	if (G_UNLIKELY(!plan->walk)) {
		begin_slow(unit, r, result, VTD_LOOKED_HIT);
	} else if (plan->tlb) {
		if (!with_tlb(unit, front, class, plan, class->generation, r, result))
			begin_slow(unit, r, result, VTD_LOOKED_HIT | VTD_LOOKED_TLB);
	} else {
		iom_bump(plan->tlb_misses, 1, 1);
		if (!plan->walk(unit, plan, r, class->generation, result))
			begin_slow(unit, r, result, VTD_LOOKED_HIT | VTD_LOOKED_TLB);
	}
}
