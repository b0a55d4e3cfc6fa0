/* SPDX-License-Identifier: MIT */
/*
 * Translating a transaction (3.3 Translation process).
 *
 * A hit of the configuration cache and the IOTLB answers without a lock and
 * without the context. Whatever the entry does not plainly grant goes through
 * the steps below, from the tables, so that faults are never cached and a refused
 * access is refused by the tables themselves:
 *
 *   1  the interface is disabled: GBPA
 *   2  STE, substream, CD
 *   3  stage 1
 *   4  stage 2
 *   5  attributes and the result
 *
 * with one exit for faults.
 */
#include <string.h>

#include "smmu/pmcg.h"
#include "smmu/walk.h"

/* Payload of the IOTLB. */
struct tlb_entry {
	uint64_t pa;
	uint8_t perm[2]; /* unprivileged, privileged */
	uint8_t flags;
	uint8_t space;
	uint8_t mair, s1_sh; /* stage 1 */
	uint8_t s2_memattr, s2_sh; /* stage 2 */
	/* for a request without attributes of its own */
	uint8_t memtype, shareability, hints;
	uint8_t pad[3];
	uint16_t result_flags; /* IOM_RES_CACHED, IOM_RES_GLOBAL */
};
G_STATIC_ASSERT(sizeof(struct tlb_entry) <= IOM_CACHE_VALUE);

enum { TLB_S1 = 1, TLB_S2 = 2, TLB_FWB = 4 };

/* ------------------------------------------------------------------------
 * The transaction
 */
void smmu_tx_init(smmu *s, const iom_request *request, struct smmu_tx *tx)
{
	bool pasid = request->pasid != IOM_NO_PASID;
	bool write = request->access & (IOM_WRITE | IOM_ATOMIC);

	(void)s;
	memset(tx, 0, sizeof(*tx));
	tx->address = request->address;
	tx->sid = request->requester;
	tx->ssv = pasid;
	tx->ssid = pasid ? request->pasid : 0;
	tx->space = request->space;
	tx->atomic = request->access & IOM_ATOMIC;
	tx->read = !write;
	tx->privileged = (request->flags & IOM_REQ_PRIVILEGED) ||
			 (pasid && (request->flags & IOM_REQ_PASID_PRIV));
	/* 13.1.2: a write is never an instruction access. */
	tx->instruction = !write && ((request->access & IOM_EXECUTE) ||
				     (pasid && (request->flags & IOM_REQ_PASID_EXEC)));
	if (tx->atomic)
		tx->need = IOM_READ | IOM_WRITE;
	else if (write)
		tx->need = IOM_WRITE | (request->access & IOM_READ);
	tx->passive = request->flags & IOM_REQ_SPECULATIVE;
	tx->input_ns = request->space == IOM_SPACE_SECURE;
	tx->attr = smmu_attr_request(request);
}

void smmu_tx_start(const smmu *s, struct smmu_tx *tx)
{
	tx->global_known = __atomic_load_n(&s->any_global, __ATOMIC_ACQUIRE);
	tx->va_commands = __atomic_load_n(&s->va_commands, __ATOMIC_ACQUIRE);
	tx->epoch = iom_tags_epoch(s->tags);
}

static void override_access(struct smmu_tx *tx, unsigned privcfg, unsigned instcfg)
{
	if (privcfg & 2)
		tx->privileged = privcfg & 1;
	if (tx->read && (instcfg & 2))
		tx->instruction = instcfg & 1;
	if (tx->read && tx->origin != SMMU_ATS_REQUEST)
		tx->need = tx->instruction ? IOM_EXECUTE : IOM_READ;
}

static void override_space(struct smmu_tx *tx, unsigned nscfg)
{
	if (nscfg & 2)
		tx->input_ns = nscfg & 1;
}

void smmu_tx_override(const smmu *s, const struct smmu_context *c, struct smmu_tx *tx)
{
	(void)s;
	/* 13.1.4: an ATOS request says itself what it is. */
	if (tx->origin == SMMU_ATOS) {
		override_access(tx, 0, 0);
		return;
	}
	tx->instcfg = c->instcfg;
	override_access(tx, c->privcfg, c->instcfg);
	if (c->mode != SMMU_MODE_S1 && c->mode != SMMU_MODE_NESTED)
		override_space(tx, c->nscfg);
	if (tx->origin != SMMU_ATS_TRANSLATED)
		smmu_attr_override(&tx->attr, &c->override);
}

/* ------------------------------------------------------------------------
 * Stages 1 and 2
 */
static bool size_fault(const struct smmu_tx *tx, unsigned bits, struct smmu_fault *f)
{
	if (bits >= 64 || !(tx->address >> bits))
		return true;
	smmu_fault_set(f, SMMU_F_ADDR_SIZE, 0, SMMU_DIAG_BYPASS_SIZE);
	return false;
}

/* 6.3.57.2 SIF where stage 1 does not say what is Secure */
static bool sif_fault(const smmu *s, const struct smmu_tx *tx, struct smmu_fault *f)
{
	if (tx->space != IOM_SPACE_SECURE || !tx->input_ns || !(tx->need & IOM_EXECUTE) ||
	    !(smmu_reg(s, IOM_SPACE_SECURE, SMMU_R_CR0) & SMMU_CR0_SIF))
		return true;
	smmu_fault_set(f, SMMU_F_PERMISSION, 0, SMMU_DIAG_SIF);
	return false;
}

static unsigned out_space(const struct smmu_context *c, bool ns)
{
	return ns ? IOM_SPACE_NONSECURE : c->space;
}

static bool stage2(smmu *s, const struct smmu_tx *tx, const struct smmu_context *c, uint64_t ipa,
		   bool ipa_ns, struct smmu_out *out, struct smmu_fault *f)
{
	struct smmu_s2_out s2;
	unsigned ipa_space = c->space == IOM_SPACE_SECURE && !ipa_ns;

	if (!smmu_s2_translate(s, tx, c, ipa_space, ipa, SMMU_CLASS_IN, tx->need, &s2, f))
		return false;
	if (c->space == IOM_SPACE_REALM && s2.ns && (tx->need & IOM_EXECUTE)) {
		smmu_fault_set(f, SMMU_F_PERMISSION, 2, SMMU_DIAG_SIF);
		f->s2 = true;
		f->ipa = ipa;
		return false;
	}
	out->has_s2 = true;
	out->address = s2.pa;
	out->s2_memattr = s2.memattr;
	out->s2_sh = s2.sh;
	out->fwb = c->s2[ipa_space].fwb;
	out->space = (uint8_t)out_space(c, s2.ns);
	out->page_lg2 = out->has_s1 ? MIN(out->page_lg2, s2.page_lg2) : s2.page_lg2;
	for (unsigned i = 0; i < 2; i++) {
		out->perm[i] = out->has_s1 ? out->perm[i] & s2.perm[i] : s2.perm[i];
		out->grant[i] = out->has_s1 ? out->grant[i] & s2.grant[i] : s2.grant[i];
	}
	return true;
}

bool smmu_walk(smmu *s, const struct smmu_tx *tx, const struct smmu_context *c,
	       struct smmu_out *out, struct smmu_fault *f)
{
	struct smmu_s1_out s1;
	const uint8_t all = IOM_READ | IOM_WRITE | IOM_EXECUTE;

	memset(out, 0, sizeof(*out));
	switch (c->mode) {
	case SMMU_MODE_BYPASS:
		/* 3.4: stage 1 skipped by S1DSS allows IAS, plain bypass OAS. */
		if (!size_fault(tx, c->s1_skipped ? s->ids.ias_bits : s->ids.oas_bits, f) ||
		    !sif_fault(s, tx, f))
			return false;
		out->address = out->ipa = tx->address & iom_mask(s->ids.oas_bits);
		out->page_lg2 = s->ids.oas_bits;
		out->perm[0] = out->perm[1] = out->grant[0] = out->grant[1] = all;
		out->space = (uint8_t)out_space(c, tx->input_ns);
		return true;
	case SMMU_MODE_S2:
		if (!size_fault(tx, s->ids.ias_bits, f) || !sif_fault(s, tx, f))
			return false;
		out->ipa = tx->address;
		return stage2(s, tx, c, tx->address, tx->input_ns, out, f);
	case SMMU_MODE_S1:
	case SMMU_MODE_NESTED:
		break;
	default:
		return false;
	}
	if (!smmu_s1_translate(s, tx, c, &s1, f))
		return false;
	out->has_s1 = true;
	out->address = out->ipa = s1.oa;
	out->page_lg2 = s1.page_lg2;
	out->split = s1.split;
	out->rest = s1.rest;
	memcpy(out->perm, s1.perm, 2);
	memcpy(out->grant, s1.grant, 2);
	out->mair = s1.mair;
	out->s1_sh = s1.sh;
	out->global = s1.global;
	out->space = (uint8_t)out_space(c, s1.ns);
	if (c->mode == SMMU_MODE_NESTED) {
		/* 3.9.1.2: without any stage 1 permission there is nothing to ask. */
		if (tx->origin == SMMU_ATS_REQUEST &&
		    !smmu_ats_granted(tx, s1.grant[tx->privileged]))
			return true;
		return stage2(s, tx, c, s1.oa, s1.ns, out, f);
	}
	return true;
}

/* 13.5: the type of the output from what each stage said. */
struct smmu_attr smmu_final_attr(const smmu *s, const struct smmu_attr *in,
				 const struct smmu_out *out)
{
	struct smmu_attr a = *in;

	if (out->has_s1) {
		struct smmu_attr s1 = smmu_attr_mair(out->mair);

		s1.sh = out->s1_sh;
		a = smmu_attr_stage1(in, &s1);
	}
	if (out->has_s2)
		a = smmu_attr_stage2(&a, out->s2_memattr, out->s2_sh, out->fwb, s->ids.mteperm);
	smmu_attr_normalise(&a);
	return a;
}

/* ------------------------------------------------------------------------
 * The IOTLB
 */
static void keep(smmu *s, const iom_request *request, const struct smmu_tx *tx,
		 const struct smmu_context *c, const struct smmu_out *out, const iom_result *result)
{
	iom_cache *cache = s->caches[IOM_CACHE_IOTLB];
	iom_tag *tags[3] = { c->regime_tag, c->vmid_tag, c->asid_tag };
	unsigned n_tags = 3;
	bool first = false;
	iom_cache_scope scope = { c->digest, 0 };
	struct tlb_entry e = { .pa = out->address & ~iom_mask(out->page_lg2) };
	uint64_t address = tx->address;
	iom_result type;

	if (!iom_cache_enabled(cache) || tx->passive || out->split || c->mode == SMMU_MODE_BYPASS ||
	    (c->mode == SMMU_MODE_S2 && c->space == IOM_SPACE_SECURE))
		return;
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
	if (first) {
		g_mutex_lock(&s->lock);
		if (__atomic_load_n(&s->va_commands, __ATOMIC_RELAXED) != tx->va_commands) {
			g_mutex_unlock(&s->lock);
			return;
		}
		__atomic_store_n(&s->any_global, 1, __ATOMIC_RELEASE);
	}
	iom_cache_insert(cache, &scope, address, out->page_lg2, &e, sizeof(e), tags, n_tags,
			 tx->epoch);
	if (first)
		g_mutex_unlock(&s->lock);
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
static uint8_t seen(uint8_t perm, unsigned instcfg)
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

static bool global_hit(smmu *s, const struct smmu_hot *hot, uint64_t address, struct tlb_entry *e,
		       unsigned *page_lg2)
{
	iom_cache_scope scope = hot->scope;

	if (!__atomic_load_n(&s->any_global, __ATOMIC_RELAXED))
		return false;
	scope.lo = (scope.lo & ~(UINT64_C(15) << 44) & ~iom_mask(16)) | (uint64_t)SMMU_SCOPE_GLOBAL
										<< 44;
	return iom_cache_peek(s->caches[IOM_CACHE_IOTLB], &scope, address, e, sizeof(*e), page_lg2);
}

/* True: answered. False: nothing cached, or the entry does not grant the access. */
static bool tlb_answers(smmu *s, const iom_request *request, const struct smmu_hot *hot,
			iom_result *result)
{
	const unsigned own = IOM_REQ_HAS_ATTRS | IOM_REQ_NO_SNOOP;
	const unsigned pasid = IOM_REQ_PASID_PRIV | IOM_REQ_PASID_EXEC;
	bool privileged = request->flags & IOM_REQ_PRIVILEGED;
	unsigned need = needs[request->access & 15], page_lg2;
	uint64_t address = request->address, low;
	struct tlb_entry e;
	uint8_t perm;

	if (G_UNLIKELY(hot->mode < SMMU_MODE_S1))
		return false;
	if (G_UNLIKELY(hot->tbi))
		address = untagged(hot, address);
	if (!iom_cache_lookup(s->caches[IOM_CACHE_IOTLB], &hot->scope, address, &e, sizeof(e),
			      &page_lg2) &&
	    !global_hit(s, hot, address, &e, &page_lg2))
		return false;
	if (G_UNLIKELY((request->flags & pasid) | ((hot->privcfg | hot->instcfg) & 2)))
		need = unusual_need(request, hot, &privileged);
	perm = e.perm[privileged];
	if (G_UNLIKELY(need & ~perm))
		return false;
	if (G_UNLIKELY(hot->instcfg & 2))
		perm = (uint8_t)(seen(perm, hot->instcfg) | need);
	low = request->address & iom_mask(page_lg2);
	result->status = IOM_OK;
	result->permissions = perm;
	result->page_lg2 = (uint8_t)page_lg2;
	result->space = e.space;
	result->memtype = e.memtype;
	result->shareability = e.shareability;
	result->hints = e.hints;
	result->flags = (uint16_t)(e.result_flags | (privileged ? IOM_RES_PRIVILEGED : 0) |
				   (need & IOM_EXECUTE ? IOM_RES_INSTRUCTION : 0));
	result->partid = hot->partid;
	result->pmg = hot->pmg;
	result->address = e.pa | low;
	result->span = (UINT64_C(1) << page_lg2) - low;
	if (G_UNLIKELY(request->flags & own))
		hit_attr(s, request, hot, &e, result);
	return true;
}

static bool hit(smmu *s, const iom_request *request, iom_result *result)
{
	iom_cache_scope scope = { (uint64_t)request->space << 32 | request->requester,
				  request->pasid != IOM_NO_PASID };
	struct smmu_hot hot;

	return iom_cache_lookup(s->caches[IOM_CACHE_CONFIG], &scope,
				request->pasid == IOM_NO_PASID ? 0 : request->pasid, &hot,
				sizeof(hot), NULL) &&
	       tlb_answers(s, request, &hot, result);
}

/* ------------------------------------------------------------------------
 * Steps
 */
static void bypass_result(const smmu *s, const struct smmu_tx *tx, iom_result *result)
{
	result->status = IOM_OK;
	result->permissions = IOM_READ | IOM_WRITE | IOM_EXECUTE;
	result->page_lg2 = s->ids.oas_bits;
	result->flags = (uint16_t)(IOM_RES_BYPASS | (tx->privileged ? IOM_RES_PRIVILEGED : 0) |
				   (tx->instruction ? IOM_RES_INSTRUCTION : 0));
	result->address = tx->address;
	result->span = (UINT64_C(1) << s->ids.oas_bits) - tx->address;
}

/* 3.25: the output is checked at every access, hit or not; no event tells. */
static bool granule_allowed(smmu *s, unsigned space, uint64_t address, iom_result *result)
{
	if (G_LIKELY(!s->ids.rme) || smmu_gpc_check(s, space, address, SMMU_GPC_TRANSACTION))
		return true;
	memset(result, 0, sizeof(*result));
	result->fault.level = -1;
	smmu_abort(result, SMMU_DIAG_GPF);
	return false;
}

/* 3.11 Reset, Enable and initialization: SMMUEN is 0. */
static void disabled(smmu *s, const iom_request *request, struct smmu_tx *tx, iom_result *result)
{
	uint64_t gbpa = smmu_reg(s, tx->space, SMMU_R_GBPA), mpam;
	struct smmu_override o = { 0, 0, 0, IOM_SH_RESERVED };
	unsigned instcfg = 0, privcfg = 0;

	if (tx->space == IOM_SPACE_REALM || smmu_GBPA_get_ABORT(&gbpa)) {
		smmu_abort(result, SMMU_DIAG_DISABLED_ABORT);
		return;
	}
	if (tx->address >> s->ids.oas_bits) {
		smmu_abort(result, SMMU_DIAG_DISABLED_SIZE);
		return;
	}
	if (s->ids.attr_perms_ovr) {
		instcfg = (unsigned)smmu_GBPA_get_INSTCFG(&gbpa);
		privcfg = (unsigned)smmu_GBPA_get_PRIVCFG(&gbpa);
		if (tx->space == IOM_SPACE_SECURE)
			override_space(tx, (unsigned)iom_get(gbpa, 15, 14));
	}
	override_access(tx, privcfg, instcfg);
	if (tx->space == IOM_SPACE_SECURE && tx->input_ns && tx->instruction &&
	    (smmu_reg(s, IOM_SPACE_SECURE, SMMU_R_CR0) & SMMU_CR0_SIF)) {
		smmu_abort(result, SMMU_DIAG_DISABLED_SIF);
		return;
	}
	if (s->ids.attr_types_ovr)
		o = (struct smmu_override){ (uint8_t)smmu_GBPA_get_MTCFG(&gbpa),
					    (uint8_t)smmu_GBPA_get_MemAttr(&gbpa),
					    (uint8_t)smmu_GBPA_get_ALLOCCFG(&gbpa),
					    (uint8_t)smmu_GBPA_get_SHCFG(&gbpa) };
	smmu_attr_override(&tx->attr, &o);
	if (iom_observed(&s->iommu))
		iom_step_note(&s->iommu, IOM_STEP_DECISION, "SMMUEN is 0", "6.3.14 SMMU_GBPA",
			      tx->address, "the transaction bypasses with the attributes of GBPA");
	bypass_result(s, tx, result);
	result->space = tx->space == IOM_SPACE_SECURE && !tx->input_ns ? IOM_SPACE_SECURE
								       : IOM_SPACE_NONSECURE;
	smmu_attr_result(&tx->attr, request->flags & IOM_REQ_NO_SNOOP, result);
	if (s->ids.mpam) {
		mpam = smmu_reg(s, tx->space, SMMU_R_GBPMPAM);
		result->partid = (uint16_t)smmu_GBPMPAM_get_GBP_PARTID(&mpam);
		result->pmg = (uint8_t)smmu_GBPMPAM_get_GBP_PMG(&mpam);
	}
}

static void success(const smmu *s, const iom_request *request, const struct smmu_tx *tx,
		    const struct smmu_context *c, const struct smmu_out *out, iom_result *result)
{
	struct smmu_attr attr = smmu_final_attr(s, &tx->attr, out);
	uint64_t low = iom_mask(out->page_lg2);

	bypass_result(s, tx, result);
	result->address = out->address;
	if (c->mode != SMMU_MODE_BYPASS) {
		result->flags &= (uint16_t)~IOM_RES_BYPASS;
		result->permissions =
			(uint8_t)(seen(out->perm[tx->privileged], c->instcfg) | tx->need);
		result->page_lg2 = out->page_lg2;
		result->span = low + 1 - (out->address & low);
		if (out->has_s1)
			result->span = MIN(result->span, out->rest);
		if (out->global)
			result->flags |= IOM_RES_GLOBAL;
	} else {
		result->span = (UINT64_C(1) << s->ids.oas_bits) - out->address;
	}
	result->space = out->space;
	result->partid = c->partid;
	result->pmg = c->pmg;
	smmu_attr_result(&attr, request->flags & IOM_REQ_NO_SNOOP, result);
}

static void slow(smmu *s, const iom_request *request, struct smmu_tx *tx, iom_result *result)
{
	struct smmu_context c;
	struct smmu_out out;
	struct smmu_fault f = { 0 };

	if (!smmu_has_space(s, tx->space)) {
		smmu_abort(result, SMMU_DIAG_NO_INTERFACE);
		return;
	}
	smmu_tx_start(s, tx);
	if (!smmu_enabled(s, tx->space)) {
		disabled(s, request, tx, result);
		if (result->status == IOM_OK)
			granule_allowed(s, result->space, result->address, result);
		return;
	}
	memset(&c, 0, sizeof(c));
	if (!smmu_context_get(s, tx, &c, &f))
		goto fault;
	if (c.mode == SMMU_MODE_ABORT) {
		smmu_abort(result, SMMU_DIAG_STE_ABORT);
		return;
	}
	if (tx->loaded) {
		/* The configuration was not cached; the translation may be. */
		struct smmu_hot hot;

		smmu_hot_fill(&c, &hot);
		if (tlb_answers(s, request, &hot, result)) {
			granule_allowed(s, result->space, result->address, result);
			return;
		}
	}
	if (!smmu_walk(s, tx, &c, &out, &f))
		goto fault;
	if (!granule_allowed(s, out.space, out.address, result))
		return;
	success(s, request, tx, &c, &out, result);
	keep(s, request, tx, &c, &out, result);
	return;
fault:
	smmu_fault_report(s, tx, &c, &f, result);
}

/* With counter groups every transaction is looked at afterwards. */
static void count(smmu *s, const iom_request *request, const struct smmu_tx *tx, bool missed)
{
	unsigned space = request->space;
	uint32_t sid = request->requester;

	smmu_pmcg_count(s, SMMU_PMCG_CYCLE, space, sid, 1);
	smmu_pmcg_count(s, SMMU_PMCG_TRANSACTION, space, sid, request->type == IOM_UNTRANSLATED);
	smmu_pmcg_count(s, SMMU_PMCG_ATS_REQUEST, space, sid,
			request->type == IOM_TRANSLATION_REQUEST);
	smmu_pmcg_count(s, SMMU_PMCG_ATS_TRANSLATED, space, sid, request->type == IOM_TRANSLATED);
	if (!tx)
		return;
	smmu_pmcg_count(s, SMMU_PMCG_TLB_MISS, space, sid, missed);
	smmu_pmcg_count(s, SMMU_PMCG_CONFIG_MISS, space, sid, tx->loaded);
	smmu_pmcg_count(s, SMMU_PMCG_CONFIG_ACCESS, space, sid, tx->config_reads);
	smmu_pmcg_count(s, SMMU_PMCG_WALK_ACCESS, space, sid, *tx->walk_reads);
}

void smmu_translate(iom_iommu *iommu, const iom_request *request, iom_result *result)
{
	smmu *s = smmu_of(iommu);
	struct smmu_tx tx;
	uint32_t walk_reads = 0;

	if (request->type == IOM_TRANSLATION_REQUEST || request->type == IOM_TRANSLATED) {
		if (request->type == IOM_TRANSLATED)
			smmu_ats_translated(s, request, result);
		else
			smmu_ats_request(s, request, result);
		if (s->n_pmcg)
			count(s, request, NULL, false);
		return;
	}
	if (G_LIKELY(request->space < SMMU_N_SPACES && smmu_enabled(s, request->space)) &&
	    hit(s, request, result)) {
		granule_allowed(s, result->space, result->address, result);
		if (G_UNLIKELY(s->n_pmcg))
			count(s, request, NULL, false);
		return;
	}
	smmu_tx_init(s, request, &tx);
	tx.walk_reads = s->n_pmcg ? &walk_reads : NULL;
	slow(s, request, &tx, result);
	if (G_UNLIKELY(s->n_pmcg))
		count(s, request, &tx, walk_reads > 0);
}
