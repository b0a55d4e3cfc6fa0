/* SPDX-License-Identifier: MIT */
/*
 * The IOTLB: what a translation leaves there, and answering from it (3.17 TLB
 * tagging). An entry keeps the permissions of both privileges and the memory type
 * of each stage; an access that it does not plainly grant is walked again.
 */
#include <string.h>

#include "core/front.h"
#include "smmu/quick.h"

/* Payload of the IOTLB: what nearly every hit needs comes first. */
struct tlb_entry {
	uint64_t pa;
	uint8_t perm[2]; /* unprivileged, privileged */
	uint8_t space;
	/* for a request without attributes of its own */
	uint8_t memtype, shareability, hints;
	uint16_t result_flags; /* IOM_RES_CACHED, IOM_RES_GLOBAL */
	/* for one that has some */
	uint8_t flags;
	uint8_t mair, s1_sh; /* stage 1 */
	uint8_t s2_memattr, s2_sh; /* stage 2 */
	uint8_t pad[3];
};
#define TLB_USUAL offsetof(struct tlb_entry, flags)
G_STATIC_ASSERT(sizeof(struct tlb_entry) <= IOM_CACHE_VALUE);
G_STATIC_ASSERT(TLB_USUAL == 8 * IOM_CACHE_HOT_WORDS);

enum { TLB_S1 = 1, TLB_S2 = 2, TLB_FWB = 4 };

bool smmu_tlb_keep(smmu *s, const iom_request *request, const struct smmu_tx *tx,
		   const struct smmu_context *c, const struct smmu_out *out,
		   const iom_result *result)
{
	iom_cache *cache = s->caches[IOM_CACHE_IOTLB];
	iom_tag *tags[3] = { c->regime_tag, c->vmid_tag, c->asid_tag };
	unsigned n_tags = 3;
	bool first = false;
	iom_cache_scope scope = { c->digest, 0 };
	struct tlb_entry e = { .pa = out->address & ~iom_mask(out->page_lg2) };
	uint64_t address = tx->address;
	iom_result type;

	if (!iom_cache_enabled(cache) || !smmu_tx_keeps(tx) || out->split ||
	    c->mode == SMMU_MODE_BYPASS ||
	    (c->mode == SMMU_MODE_S2 && c->space == IOM_SPACE_SECURE))
		return false;
	e.space = out->space;
	for (unsigned i = 0; i < 2; i++) {
		e.perm[i] = out->perm[i];
		/* Instructions from Non-secure memory depend on registers. */
		if (c->space != IOM_SPACE_NONSECURE && out->space != c->space)
			e.perm[i] &= (uint8_t)~IOM_EXECUTE;
	}
	e.flags = (uint8_t)((out->has_s1 ? TLB_S1 : 0) | (out->has_s2 ? TLB_S2 : 0) |
			    (out->fwb ? TLB_FWB : 0));
	e.result_flags = (uint16_t)(IOM_RES_CACHED | (out->global ? IOM_RES_GLOBAL : 0));
	e.mair = out->mair;
	e.s1_sh = out->s1_sh;
	e.s2_memattr = out->s2_memattr;
	e.s2_sh = out->s2_sh;
	if (request->flags & (IOM_REQ_HAS_ATTRS | IOM_REQ_NO_SNOOP)) {
		struct smmu_attr in = smmu_attr_default(), attr;

		smmu_attr_override(&in, &c->override);
		attr = smmu_final_attr(s, &in, out);
		memset(&type, 0, sizeof(type));
		smmu_attr_result(&attr, false, &type);
		result = &type;
	}
	e.memtype = result->memtype;
	e.shareability = result->shareability;
	e.hints = result->hints;
	if (!out->has_s1) {
		tags[1] = c->s2_tag;
		n_tags = 2;
		scope.lo = smmu_scope_lo(SMMU_SCOPE_S2, -1, c->space, c->world, c->vmid, 0);
	} else {
		unsigned upper = c->s1.two_halves && (address >> 55 & 1);

		if (c->s1.half[upper].tbi)
			address = upper ? address | UINT64_C(0xff) << 56 : address & iom_mask(56);
		scope.lo =
			smmu_scope_lo(SMMU_SCOPE_ASID, -1, c->space, c->world, c->vmid, c->s1.asid);
		if (out->global) {
			n_tags = 2;
			first = !tx->global_known;
			scope.lo = smmu_scope_lo(SMMU_SCOPE_GLOBAL, -1, c->space, c->world, c->vmid,
						 0);
		}
	}
	if (first && !tx->locked)
		smmu_lock(s);
	if (first) {
		if (__atomic_load_n(&s->va_commands, __ATOMIC_RELAXED) != tx->va_commands) {
			if (!tx->locked)
				smmu_unlock(s);
			return false;
		}
		__atomic_store_n(&s->any_global, 1, __ATOMIC_RELEASE);
		smmu_forget_reaches(s);
	}
	iom_cache_insert(cache, &scope, address, out->page_lg2, &e, sizeof(e), tags, n_tags,
			 tx->epoch);
	if (first && !tx->locked)
		smmu_unlock(s);
	return true;
}

/* The type for a request that brings its own attributes. */
static void hit_attr(const smmu *s, const iom_request *request, const struct smmu_hot *hot,
		     const struct tlb_entry *e, iom_result *result)
{
	struct smmu_override o = { hot->mtcfg_memattr >> 4, hot->mtcfg_memattr & 15, hot->alloccfg,
				   hot->shcfg };
	struct smmu_out out = { .has_s1 = e->flags & TLB_S1,
				.has_s2 = e->flags & TLB_S2,
				.fwb = e->flags & TLB_FWB,
				.mair = e->mair,
				.s1_sh = e->s1_sh,
				.s2_memattr = e->s2_memattr,
				.s2_sh = e->s2_sh };
	struct smmu_attr in = smmu_attr_request(request), attr;

	smmu_attr_override(&in, &o);
	attr = smmu_final_attr(s, &in, &out);
	smmu_attr_result(&attr, request->flags & IOM_REQ_NO_SNOOP, result);
}

/* Permissions as the requester finds them. */
uint8_t smmu_seen_permissions(uint8_t perm, unsigned instcfg)
{
	/* INSTCFG turns reads into fetches or fetches into reads. */
	if (instcfg == 2)
		perm = (uint8_t)((perm & ~IOM_EXECUTE) | (perm & IOM_READ ? IOM_EXECUTE : 0));
	else if (instcfg == 3)
		perm = (uint8_t)((perm & ~IOM_READ) | (perm & IOM_EXECUTE ? IOM_READ : 0));
	return perm;
}

/* What an access needs, by its IOM_READ to IOM_ATOMIC bits; writes are never fetches. */
static const uint8_t needs[16] = {
	IOM_READ,
	IOM_READ,
	IOM_WRITE,
	IOM_READ | IOM_WRITE,
	IOM_EXECUTE,
	IOM_EXECUTE,
	IOM_WRITE,
	IOM_READ | IOM_WRITE,
	IOM_READ | IOM_WRITE,
	IOM_READ | IOM_WRITE,
	IOM_READ | IOM_WRITE,
	IOM_READ | IOM_WRITE,
	IOM_READ | IOM_WRITE,
	IOM_READ | IOM_WRITE,
	IOM_READ | IOM_WRITE,
	IOM_READ | IOM_WRITE,
};

/* The same with the attributes of the PASID and the overrides of the STE. */
static unsigned unusual_need(const iom_request *request, const struct smmu_hot *hot,
			     bool *privileged)
{
	unsigned need = needs[request->access & 15];

	if (request->pasid != IOM_NO_PASID) {
		*privileged |= !!(request->flags & IOM_REQ_PASID_PRIV);
		if ((request->flags & IOM_REQ_PASID_EXEC) && !(need & IOM_WRITE))
			need = IOM_EXECUTE;
	}
	if (hot->privcfg & 2)
		*privileged = hot->privcfg & 1;
	if ((hot->instcfg & 2) && !(need & IOM_WRITE))
		need = hot->instcfg & 1 ? IOM_EXECUTE : IOM_READ;
	return need;
}

/* 5.4 TBI: the address as the TLB knows it. */
static uint64_t untagged(const struct smmu_hot *hot, uint64_t address)
{
	unsigned upper = hot->one_privilege ? 0 : address >> 55 & 1;

	if (!(hot->tbi >> upper & 1))
		return address;
	return upper ? address | UINT64_C(0xff) << 56 : address & iom_mask(56);
}

static __attribute__((noinline)) bool global_hit(smmu *s, const struct smmu_hot *hot,
						 uint64_t address, struct tlb_entry *e,
						 unsigned *page_lg2)
{
	iom_cache_scope scope = hot->scope;

	scope.lo = (scope.lo & ~(UINT64_C(15) << 44) & ~iom_mask(16)) | (uint64_t)SMMU_SCOPE_GLOBAL
										<< 44;
	return iom_cache_peek(s->caches[IOM_CACHE_IOTLB], &scope, address, e, sizeof(*e), page_lg2);
}

/* An entry for a request that brings attributes: all of it. */
static __attribute__((noinline)) bool find_whole(smmu *s, const struct smmu_hot *hot,
						 uint64_t address, struct tlb_entry *e,
						 unsigned *page_lg2, iom_cache_place *place)
{
	return iom_cache_find_at(s->caches[IOM_CACHE_IOTLB], &hot->scope, address, e, sizeof(*e),
				 page_lg2, true, place);
}

static inline __attribute__((always_inline)) bool answers(smmu *s, const iom_request *request,
							  const struct smmu_hot *hot,
							  iom_result *result,
							  iom_cache_place *place)
{
	const unsigned own = IOM_REQ_HAS_ATTRS | IOM_REQ_NO_SNOOP;
	const unsigned pasid = IOM_REQ_PASID_PRIV | IOM_REQ_PASID_EXEC;
	bool privileged = request->flags & IOM_REQ_PRIVILEGED, found;
	unsigned need = needs[request->access & 15], page_lg2;
	uint64_t address = request->address, low;
	struct tlb_entry e;
	uint8_t perm;

	if (G_UNLIKELY(hot->mode < SMMU_MODE_S1))
		return false;
	if (G_UNLIKELY(hot->tbi))
		address = untagged(hot, address);
	if (G_UNLIKELY(request->flags & own))
		found = find_whole(s, hot, address, &e, &page_lg2, place);
	else
		found = iom_cache_find_at(s->caches[IOM_CACHE_IOTLB], &hot->scope, address, &e,
					  TLB_USUAL, &page_lg2, true, place);
	if (G_UNLIKELY(!found)) {
		/* Only what is found in its own place can be kept in front. */
		place->usable = false;
		if (G_LIKELY(!__atomic_load_n(&s->any_global, __ATOMIC_RELAXED)) ||
		    !global_hit(s, hot, address, &e, &page_lg2))
			return false;
	}
	if (G_UNLIKELY((request->flags & pasid) | ((hot->privcfg | hot->instcfg) & 2)))
		need = unusual_need(request, hot, &privileged);
	perm = e.perm[privileged];
	if (G_UNLIKELY(need & ~perm))
		return false;
	if (G_UNLIKELY(hot->instcfg & 2))
		perm = (uint8_t)(smmu_seen_permissions(perm, hot->instcfg) | need);
	low = request->address & iom_mask(page_lg2);
	result->status = IOM_OK;
	result->permissions = perm;
	result->page_lg2 = (uint8_t)page_lg2;
	result->space = e.space;
	result->memtype = e.memtype;
	result->shareability = e.shareability;
	result->hints = e.hints;
	result->flags =
		(uint16_t)(e.result_flags | smmu_leaves_as(s, privileged, need & IOM_EXECUTE));
	result->partid = hot->partid;
	result->pmg = hot->pmg;
	result->address = e.pa | low;
	result->span = (UINT64_C(1) << page_lg2) - low;
	if (G_UNLIKELY(request->flags & own))
		hit_attr(s, request, hot, &e, result);
	return true;
}

bool smmu_tlb_answers(smmu *s, const iom_request *request, const struct smmu_hot *hot,
		      iom_result *result)
{
	iom_cache_place place;

	return answers(s, request, hot, result, &place);
}

/*
 * The configuration of the stream, where the class of the request has none. What
 * a front remembers is the whole context; where it cannot, *class is NULL and
 * `copy` has what a hit needs.
 */
static __attribute__((noinline)) struct smmu_quick *find_config(smmu *s, const iom_request *request,
								iom_front *front,
								uint64_t generation,
								struct smmu_quick *copy,
								iom_front_class **class)
{
	iom_cache *config = s->caches[IOM_CACHE_CONFIG];
	iom_cache_scope scope = { (uint64_t)request->space << 32 | request->requester,
				  request->pasid != IOM_NO_PASID };
	iom_cache_place place;

	*class = front ? iom_front_class_join(&s->iommu, front, config, request, scope.hi,
					      request->pasid)
		       : NULL;
	if (*class)
		return smmu_quick_of(*class);
	copy->half[0].shift = copy->half[1].shift = 0;
	copy->two_halves = copy->plain = copy->nested = false;
	if (!iom_cache_find_at(config, &scope, request->pasid == IOM_NO_PASID ? 0 : request->pasid,
			       &copy->hot, sizeof(copy->hot), NULL, true, &place))
		return NULL;
	if (!front ||
	    !smmu_context_copy(&s->contexts, copy->hot.slot, copy->hot.generation, &copy->context))
		return copy;
	smmu_quick_init(s, copy, true, generation);
	*class = iom_front_class_keep(front, config, request, scope.hi, request->pasid, generation,
				      &place, copy, sizeof(*copy));
	return *class ? smmu_quick_of(*class) : copy;
}

/* What follows from a request's class. */
static __attribute__((noinline)) void class_init(const smmu *s, const iom_request *request,
						 const struct smmu_quick *q,
						 struct smmu_request_class *k)
{
	bool privileged = request->flags & IOM_REQ_PRIVILEGED;

	memset(k, 0, sizeof(*k));
	k->need = needs[request->access & 15];
	if ((request->flags & (IOM_REQ_PASID_PRIV | IOM_REQ_PASID_EXEC)) |
	    ((q->hot.privcfg | q->hot.instcfg) & 2))
		k->need = (uint8_t)unusual_need(request, &q->hot, &privileged);
	k->privileged = privileged;
	k->unusual = request->flags & (IOM_REQ_SPECULATIVE | IOM_REQ_HAS_ATTRS | IOM_REQ_NO_SNOOP);
	/* Counter groups see every transaction, and granules are checked each time. */
	k->known = !s->n_pmcg && !s->ids.rme;
	if (!k->known || !q->plain || k->unusual || q->half[0].tbi || q->half[1].tbi)
		return;
	k->plain = !q->nested;
	if (q->nested && (q->flat.flat || !q->stage2))
		k->nested = q->flat.flat ? SMMU_NESTED_FLAT : SMMU_NESTED_WALK;
}

bool smmu_tlb_hit(smmu *s, const iom_request *request, uint64_t generation, iom_result *result)
{
	iom_front *front = iom_front_mine(&s->iommu);
	iom_front_class *class = NULL;
	struct smmu_request_class other, *k = &other;
	struct smmu_quick *q, copy;
	iom_cache_place tlb;

	if (G_LIKELY(front))
		class = iom_front_class_find(&s->iommu, front, s->caches[IOM_CACHE_CONFIG],
					     request);
	q = G_LIKELY(class) ? smmu_quick_of(class)
			    : find_config(s, request, front, generation, &copy, &class);
	if (!q)
		return false;
	if (class)
		k = smmu_class_of(class);
	if (!class || !k->known)
		class_init(s, request, q, k);
	if (!answers(s, request, &q->hot, result, &tlb))
		return smmu_quick_walk(s, request, q, k, generation, result);
	if (G_LIKELY(class) && k->known)
		iom_front_keep(&s->iommu, front, class, request, result, generation, &tlb);
	return true;
}

/* A class that is known was made while the SMMU was enabled as it is now. */
void smmu_translate_known(iom_iommu *iommu, iom_front *front, iom_front_class *class,
			  const iom_request *request, iom_result *result)
{
	smmu *s = smmu_of(iommu);
	struct smmu_request_class *k = smmu_class_of(class);
	struct smmu_quick *q = smmu_quick_of(class);
	iom_cache_place tlb;

	if (G_UNLIKELY(class->context->serial != class->serial) || G_UNLIKELY(!k->known)) {
		iom_result_clear(result);
		smmu_translate(iommu, request, result);
		return;
	}
	iom_front_class_use(class);
	if (!q->iotlb) {
		iom_bump(q->iotlb_misses, 1, 1);
	} else {
		memset(result, 0, offsetof(iom_result, address));
		if (answers(s, request, &q->hot, result, &tlb)) {
			memset(&result->fault, 0, sizeof(uint64_t));
			iom_front_keep(iommu, front, class, request, result, class->generation,
				       &tlb);
			return;
		}
	}
	if (G_LIKELY(smmu_quick_walk(s, request, q, k, class->generation, result)))
		return;
	iom_result_clear(result);
	smmu_by_steps(s, request, result);
}
