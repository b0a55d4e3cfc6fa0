/* SPDX-License-Identifier: MIT */
/* PCIe ATS: requests, translated accesses, invalidations (3.9 Support for PCI Express). */
#include <string.h>

#include "smmu/cmdq.h"

#define TAGS_OF_ONE 32 /* ITags of a function */

/* ------------------------------------------------------------------------
 * Invalidations (4.5.1 CMD_ATC_INV)
 */
/* An ITag that the function does not use already; -1 when it has to wait. */
static int free_tag(const smmu *s, uint32_t requester)
{
	bool used[TAGS_OF_ONE] = { false };

	for (unsigned i = 0; i < G_N_ELEMENTS(s->atc); i++) {
		if (s->atc[i].busy && s->atc[i].requester == requester)
			used[i % TAGS_OF_ONE] = true;
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(s->atc); i++) {
		if (!s->atc[i].busy && !used[i % TAGS_OF_ONE])
			return (int)i;
	}
	return -1;
}

enum smmu_done smmu_cmd_atc_inv(const struct smmu_cmd *cmd)
{
	smmu *s = cmd->s;
	const iom_bus *bus = &s->iommu.bus;
	unsigned size = (unsigned)smmu_cmd_ATC_INV_get_Size(cmd->w);
	bool ssv = smmu_cmd_ATC_INV_get_SSV(cmd->w);
	/* StreamIDs of the Secure queue's command are Non-secure. */
	unsigned space = cmd->space == IOM_SPACE_SECURE ? IOM_SPACE_NONSECURE : cmd->space;
	iom_ats_invalidate inv;
	int tag;

	if (size > 52)
		return SMMU_ILL;
	if (!smmu_enabled(s, cmd->space) || !bus->ats_invalidate)
		return SMMU_DONE;
	inv = (iom_ats_invalidate){
		.requester = (uint32_t)smmu_cmd_ATC_INV_get_StreamID(cmd->w),
		.pasid = ssv ? (uint32_t)smmu_cmd_ATC_INV_get_SubstreamID(cmd->w) : IOM_NO_PASID,
		.global = ssv && smmu_cmd_ATC_INV_get_G(cmd->w),
		.space = (uint8_t)space,
	};
	if (size < 52) {
		inv.length = UINT64_C(4096) << size;
		inv.address = smmu_cmd_ATC_INV_get_Addr(cmd->w) & ~(inv.length - 1);
	}
	tag = free_tag(s, inv.requester);
	if (tag < 0)
		return SMMU_WAIT;
	inv.itag = (uint8_t)(tag % TAGS_OF_ONE);
	/* 3.9.1.5: an endpoint that answers UR has completed. */
	if (bus->ats_invalidate(bus->opaque, &inv) != IOM_ATS_PENDING)
		return SMMU_DONE;
	s->atc[tag] = (struct smmu_atc){ true, (uint8_t)cmd->space, inv.requester, cmd->queue };
	++*smmu_atc_pending(s, cmd->space, cmd->queue);
	return SMMU_DONE;
}

/* A completion, or (`ok` false) the timeout of one. */
void smmu_ats_completed(iom_iommu *iommu, uint32_t requester, uint8_t itag, bool ok)
{
	smmu *s = smmu_of(iommu);

	smmu_lock(s);
	for (unsigned i = itag % TAGS_OF_ONE; i < G_N_ELEMENTS(s->atc); i += TAGS_OF_ONE) {
		struct smmu_atc *a = &s->atc[i];
		uint32_t *pending;

		if (!a->busy || a->requester != requester)
			continue;
		a->busy = false;
		pending = smmu_atc_pending(s, a->space, a->queue);
		if (*pending)
			--*pending;
		if (!ok)
			*smmu_atc_failed(s, a->space, a->queue) = true;
		/* Any queue may have waited for the tag. */
		smmu_queues_run(s);
		break;
	}
	smmu_unlock(s);
}

/* ------------------------------------------------------------------------
 * Translation requests (3.9.1.2, 13.7 PCIe permission attribute interpretation)
 */
static void bad_request(smmu *s, const struct smmu_tx *tx, const iom_request *request,
			enum smmu_diagnosis diagnosis, iom_result *result)
{
	uint64_t *w = result->fault.record;
	uint64_t span = request->length / 4096;

	smmu_abort(result, diagnosis);
	result->response = IOM_RESPONSE_UR;
	result->fault.code = SMMU_F_BAD_ATS_TREQ;
	result->fault.words = 4;
	smmu_evt_F_BAD_ATS_TREQ_set_ID(w, SMMU_F_BAD_ATS_TREQ);
	smmu_evt_F_BAD_ATS_TREQ_set_SSV(w, tx->ssv);
	smmu_evt_F_BAD_ATS_TREQ_set_SubstreamID(w, tx->ssid);
	smmu_evt_F_BAD_ATS_TREQ_set_StreamID(w, tx->sid);
	smmu_evt_F_BAD_ATS_TREQ_set_Span(w, MAX(span, 1));
	smmu_evt_F_BAD_ATS_TREQ_set_P(w, tx->privileged);
	smmu_evt_F_BAD_ATS_TREQ_set_X(w, tx->instruction);
	smmu_evt_F_BAD_ATS_TREQ_set_W(w, !(request->flags & IOM_REQ_NO_WRITE));
	smmu_evt_F_BAD_ATS_TREQ_set_R(w, 1);
	smmu_evt_F_BAD_ATS_TREQ_set_InputAddr(w, request->address);
	smmu_lock(s);
	result->fault.recorded = smmu_event_write(s, tx->space, w, false);
	smmu_unlock(s);
}

/* Translation faults complete the request with nothing granted, silently. */
static void nothing(const smmu *s, const struct smmu_fault *f, iom_result *result)
{
	(void)s;
	result->status = IOM_OK;
	result->response = IOM_RESPONSE_SUCCESS;
	result->permissions = 0;
	result->page_lg2 = 12;
	result->span = 4096;
	result->fault.diagnosis = f->diagnosis;
	result->fault.level = f->level;
	result->fault.stage = f->s2 ? 2 : 1;
}

unsigned smmu_ats_granted(const struct smmu_tx *tx, unsigned have)
{
	unsigned r = have & (tx->instcfg == 3 ? IOM_EXECUTE : IOM_READ);
	bool x = tx->want_exec && r && (tx->instcfg & 2 || (have & IOM_EXECUTE));

	return (r ? IOM_READ : 0) | (have & IOM_WRITE) | (x ? IOM_EXECUTE : 0);
}

static void complete(smmu *s, const iom_request *request, const struct smmu_tx *tx,
		     const struct smmu_context *c, const struct smmu_out *out, iom_result *result)
{
	struct smmu_attr attr = smmu_final_attr(s, &tx->attr, out);
	uint64_t low = iom_mask(out->page_lg2);
	/* 3.9.1, split stage: the endpoint gets the IPA. */
	bool split = c->eats == 2;

	result->status = IOM_OK;
	result->response = IOM_RESPONSE_SUCCESS;
	result->permissions = (uint8_t)smmu_ats_granted(tx, out->perm[tx->privileged]);
	result->page_lg2 = out->page_lg2;
	result->address = split ? out->ipa : out->address;
	result->span = low + 1 - (result->address & low);
	result->space = split ? c->space : out->space;
	result->partid = c->partid;
	result->pmg = c->pmg;
	result->flags = tx->privileged ? IOM_RES_PRIVILEGED : 0;
	smmu_attr_result(&attr, request->flags & IOM_REQ_NO_SNOOP, result);
	if (c->mode == SMMU_MODE_BYPASS) {
		/* 13.6.4: identity, readable and writable */
		result->permissions = IOM_READ | IOM_WRITE;
		result->flags |= IOM_RES_BYPASS;
		result->span = (UINT64_C(1) << s->ids.oas_bits) - result->address;
	}
	/* 3.9.3: only write-back shareable memory may be cached by CXL. */
	if ((request->flags & IOM_REQ_CXL) && (split || attr.device || attr.inner != SMMU_WB ||
					       attr.outer != SMMU_WB || attr.sh == IOM_SH_NON))
		result->flags |= IOM_RES_CXL_IO;
}

void smmu_ats_request(smmu *s, const iom_request *request, iom_result *result)
{
	struct smmu_context c;
	struct smmu_tx tx;
	struct smmu_out out;
	struct smmu_fault f = { 0 };

	smmu_tx_init(s, request, &tx);
	if (!smmu_has_space(s, tx.space)) {
		smmu_abort(result, SMMU_DIAG_NO_INTERFACE);
		result->response = IOM_RESPONSE_UR;
		return;
	}
	tx.origin = SMMU_ATS_REQUEST;
	tx.need = 0;
	tx.read = true;
	/* 13.7: Priv and Exe come with a PASID; without one both are 0. */
	tx.privileged = tx.ssv && (request->flags & IOM_REQ_PASID_PRIV);
	tx.want_exec = tx.ssv && (request->flags & IOM_REQ_PASID_EXEC);
	tx.instruction = tx.want_exec;
	tx.dirty = !(request->flags & IOM_REQ_NO_WRITE);
	smmu_tx_start(s, &tx);
	if (!(tx.space == IOM_SPACE_REALM ? s->ids.r_ats : s->ids.ats)) {
		smmu_abort(result, SMMU_DIAG_UNSUPPORTED);
		result->response = IOM_RESPONSE_UR;
		return;
	}
	if (tx.space == IOM_SPACE_SECURE) {
		bad_request(s, &tx, request, SMMU_DIAG_ATS_SECURE, result);
		return;
	}
	if (!smmu_enabled(s, tx.space)) {
		bad_request(s, &tx, request, SMMU_DIAG_ATS_DISABLED, result);
		return;
	}
	memset(&c, 0, sizeof(c));
	if (!smmu_context_get(s, &tx, &c, &f)) {
		if (f.event == SMMU_F_BAD_ATS_TREQ)
			bad_request(s, &tx, request, (enum smmu_diagnosis)f.diagnosis, result);
		else if (f.stage)
			nothing(s, &f, result);
		else
			smmu_fault_report(s, &tx, &c, &f, result);
		return;
	}
	if (c.mode == SMMU_MODE_ABORT) {
		smmu_abort(result, SMMU_DIAG_STE_ABORT);
		result->response = IOM_RESPONSE_UR;
		return;
	}
	if (!smmu_walk(s, &tx, &c, &out, &f)) {
		if (f.stage || f.event == SMMU_F_ADDR_SIZE)
			nothing(s, &f, result);
		else
			smmu_fault_report(s, &tx, &c, &f, result);
		return;
	}
	/* 3.25.2: a granule protection fault on the output is a Completer Abort. */
	if (c.eats != 2 && !smmu_gpc_check(s, out.space, out.address, SMMU_GPC_TRANSACTION)) {
		smmu_abort(result, SMMU_DIAG_GPF);
		return;
	}
	complete(s, request, &tx, &c, &out, result);
}

/* ------------------------------------------------------------------------
 * Translated accesses (3.9.1.3)
 */
static void forbidden(smmu *s, const struct smmu_tx *tx, enum smmu_diagnosis diagnosis,
		      iom_result *result)
{
	struct smmu_fault f = { 0 };

	smmu_fault_set(&f, SMMU_F_TRANSL_FORBIDDEN, 0, diagnosis);
	smmu_fault_report(s, tx, NULL, &f, result);
}

/* The address is a PA already. */
static void pass(smmu *s, const iom_request *request, const struct smmu_tx *tx,
		 const struct smmu_context *c, iom_result *result)
{
	if (tx->address >> s->ids.oas_bits) {
		smmu_abort(result, SMMU_DIAG_ATS_SIZE);
		return;
	}
	if (!smmu_gpc_check(s, tx->space, tx->address, SMMU_GPC_TRANSACTION)) {
		smmu_abort(result, SMMU_DIAG_GPF);
		return;
	}
	result->status = IOM_OK;
	result->permissions = IOM_READ | IOM_WRITE | IOM_EXECUTE;
	result->page_lg2 = s->ids.oas_bits;
	result->address = tx->address;
	result->span = (UINT64_C(1) << s->ids.oas_bits) - tx->address;
	result->space = tx->space;
	result->flags =
		(uint16_t)(IOM_RES_BYPASS | smmu_leaves_as(s, tx->privileged, tx->instruction));
	smmu_attr_result(&tx->attr, request->flags & IOM_REQ_NO_SNOOP, result);
	if (c) {
		result->partid = c->partid;
		result->pmg = c->pmg;
	} else if (s->ids.mpam) {
		uint64_t mpam = smmu_reg(s, tx->space, SMMU_R_GBPMPAM);

		result->partid = (uint16_t)smmu_GBPMPAM_get_GBP_PARTID(&mpam);
		result->pmg = (uint8_t)smmu_GBPMPAM_get_GBP_PMG(&mpam);
	}
}

void smmu_ats_translated(smmu *s, const iom_request *request, iom_result *result)
{
	struct smmu_context c;
	struct smmu_tx tx;
	struct smmu_out out;
	struct smmu_fault f = { 0 };
	struct smmu_attr attr;
	uint64_t low;

	smmu_tx_init(s, request, &tx);
	if (!smmu_has_space(s, tx.space)) {
		smmu_abort(result, SMMU_DIAG_NO_INTERFACE);
		return;
	}
	tx.origin = SMMU_ATS_TRANSLATED;
	smmu_tx_start(s, &tx);
	/* Without PASIDTT a translated access has neither PASID nor its attributes. */
	if (!s->ids.pasidtt || !tx.ssv) {
		tx.ssv = tx.privileged = tx.instruction = false;
		tx.ssid = 0;
	}
	if (tx.space == IOM_SPACE_SECURE) {
		forbidden(s, &tx, SMMU_DIAG_ATS_SECURE, result);
		return;
	}
	if (!smmu_enabled(s, tx.space)) {
		forbidden(s, &tx, SMMU_DIAG_ATS_DISABLED, result);
		return;
	}
	if (tx.space == IOM_SPACE_NONSECURE &&
	    !(smmu_reg(s, tx.space, SMMU_R_CR0) & SMMU_CR0_ATSCHK)) {
		pass(s, request, &tx, NULL, result);
		return;
	}
	memset(&c, 0, sizeof(c));
	if (!smmu_context_get(s, &tx, &c, &f))
		goto fault;
	if (c.mode == SMMU_MODE_ABORT) {
		smmu_abort(result, SMMU_DIAG_STE_ABORT);
		return;
	}
	if (c.eats != 2) {
		pass(s, request, &tx, &c, result);
		return;
	}
	/* Split stage: the address is an IPA, stage 2 is still to come. */
	c.mode = SMMU_MODE_S2;
	if (!smmu_walk(s, &tx, &c, &out, &f))
		goto fault;
	if (!smmu_gpc_check(s, out.space, out.address, SMMU_GPC_TRANSACTION)) {
		smmu_abort(result, SMMU_DIAG_GPF);
		return;
	}
	attr = smmu_final_attr(s, &tx.attr, &out);
	low = iom_mask(out.page_lg2);
	result->status = IOM_OK;
	result->permissions = out.perm[tx.privileged];
	result->page_lg2 = out.page_lg2;
	result->address = out.address;
	result->span = low + 1 - (out.address & low);
	result->space = out.space;
	result->partid = c.partid;
	result->pmg = c.pmg;
	result->flags = (uint16_t)smmu_leaves_as(s, tx.privileged, tx.instruction);
	smmu_attr_result(&attr, request->flags & IOM_REQ_NO_SNOOP, result);
	return;
fault:
	smmu_fault_report(s, &tx, &c, &f, result);
}
