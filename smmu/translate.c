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

#include "core/ahead.h"
#include "core/front.h"
#include "smmu/pmcg.h"
#include "smmu/walk.h"

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
	tx->ahead = request->flags & IOM_REQ_AHEAD;
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
	f->hole = ~tx->address;
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

	if (!smmu_s2_translate(s, tx, c, ipa_space, ipa, SMMU_CLASS_IN, tx->need, &s2, f)) {
		/* No further than the page that stage 1 made this address of. */
		if (out->has_s1)
			f->hole = MIN(f->hole, (UINT64_C(1) << out->page_lg2) -
						       (ipa & iom_mask(out->page_lg2)));
		return false;
	}
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
 * Steps
 */
static void bypass_result(const smmu *s, const struct smmu_tx *tx, iom_result *result)
{
	result->status = IOM_OK;
	result->permissions = IOM_READ | IOM_WRITE | IOM_EXECUTE;
	result->page_lg2 = s->ids.oas_bits;
	result->flags =
		(uint16_t)(IOM_RES_BYPASS | smmu_leaves_as(s, tx->privileged, tx->instruction));
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
		result->span = ~tx->address;
		return;
	}
	if (tx->address >> s->ids.oas_bits) {
		smmu_abort(result, SMMU_DIAG_DISABLED_SIZE);
		result->span = ~tx->address;
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
			(uint8_t)(smmu_seen_permissions(out->perm[tx->privileged], c->instcfg) |
				  tx->need);
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
	if (!smmu_context_get(s, tx, &c, &f)) {
		f.hole = ~tx->address; /* the stream as a whole */
		goto fault;
	}
	if (c.mode == SMMU_MODE_ABORT) {
		smmu_abort(result, SMMU_DIAG_STE_ABORT);
		result->span = ~tx->address;
		return;
	}
	if (tx->loaded) {
		/* The configuration was not cached; the translation may be. */
		struct smmu_hot hot;

		smmu_hot_fill(&c, &hot);
		if (smmu_tlb_answers(s, request, &hot, result)) {
			granule_allowed(s, result->space, result->address, result);
			return;
		}
	}
	if (!smmu_walk(s, tx, &c, &out, &f))
		goto fault;
	if (!granule_allowed(s, out.space, out.address, result))
		return;
	success(s, request, tx, &c, &out, result);
	smmu_tlb_keep(s, request, tx, &c, &out, result);
	return;
fault:
	smmu_fault_report(s, tx, &c, &f, result);
}

bool smmu_fetch_ahead(smmu *s, const iom_request *request, const struct smmu_tx *tx,
		      const struct smmu_context *c, uint64_t *same)
{
	struct smmu_fault f = { 0 };
	struct smmu_out out;
	struct smmu_hot hot;
	iom_result result;

	iom_result_clear(&result);
	smmu_hot_fill(c, &hot);
	if (smmu_tlb_answers(s, request, &hot, &result)) {
		*same = result.span;
		return false;
	}
	if (!smmu_walk(s, tx, c, &out, &f)) {
		*same = f.hole;
		return false;
	}
	success(s, request, tx, c, &out, &result);
	*same = result.span;
	return smmu_tlb_keep(s, request, tx, c, &out, &result);
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

void smmu_by_steps(smmu *s, const iom_request *request, iom_result *result)
{
	struct smmu_tx tx;
	uint32_t walk_reads = 0;

	if (request->type == IOM_TRANSLATION_REQUEST || request->type == IOM_TRANSLATED) {
		if (request->type == IOM_TRANSLATED)
			smmu_ats_translated(s, request, result);
		else
			smmu_ats_request(s, request, result);
		if (s->n_pmcg && !(request->flags & IOM_REQ_UNSEEN))
			count(s, request, NULL, false);
		return;
	}
	smmu_tx_init(s, request, &tx);
	tx.walk_reads = s->n_pmcg ? &walk_reads : NULL;
	slow(s, request, &tx, result);
	if (G_UNLIKELY(s->n_pmcg) && !(request->flags & IOM_REQ_UNSEEN))
		count(s, request, &tx, walk_reads > 0);
}

void smmu_translate(iom_iommu *iommu, const iom_request *request, iom_result *result)
{
	smmu *s = smmu_of(iommu);
	/* What is kept holds no longer than what is looked at from here on. */
	uint64_t generation = iom_front_generation(iommu);

	if (G_UNLIKELY(request->type == IOM_TRANSLATION_REQUEST ||
		       request->type == IOM_TRANSLATED) ||
	    G_UNLIKELY(request->space >= SMMU_N_SPACES || !smmu_enabled(s, request->space)) ||
	    !smmu_tlb_hit(s, request, generation, result)) {
		smmu_by_steps(s, request, result);
		return;
	}
	if (G_LIKELY(!s->ids.rme && !s->n_pmcg))
		return;
	granule_allowed(s, result->space, result->address, result);
	if (s->n_pmcg && !(request->flags & IOM_REQ_UNSEEN))
		count(s, request, NULL, false);
}
