/* SPDX-License-Identifier: MIT */
/* From a fault to a record, a response and perhaps a stall (3.12 Fault models, 7.3). */
#include <string.h>

#include "smmu/walk.h"

void smmu_fault_set(struct smmu_fault *f, enum smmu_event event, unsigned stage,
		    enum smmu_diagnosis diagnosis)
{
	bool refused = f->read_refused;

	*f = (struct smmu_fault){ .event = (uint8_t)event,
				  .stage = (uint8_t)stage,
				  .class = SMMU_CLASS_IN,
				  .level = -1,
				  .read_refused = refused,
				  .diagnosis = (uint16_t)diagnosis };
}

static const struct {
	uint8_t code;
	const iom_layout *layout;
} events[] = {
	{ SMMU_F_UUT, &smmu_evt_F_UUT_layout },
	{ SMMU_C_BAD_STREAMID, &smmu_evt_C_BAD_STREAMID_layout },
	{ SMMU_F_STE_FETCH, &smmu_evt_F_STE_FETCH_layout },
	{ SMMU_C_BAD_STE, &smmu_evt_C_BAD_STE_layout },
	{ SMMU_F_BAD_ATS_TREQ, &smmu_evt_F_BAD_ATS_TREQ_layout },
	{ SMMU_F_STREAM_DISABLED, &smmu_evt_F_STREAM_DISABLED_layout },
	{ SMMU_F_TRANSL_FORBIDDEN, &smmu_evt_F_TRANSL_FORBIDDEN_layout },
	{ SMMU_C_BAD_SUBSTREAMID, &smmu_evt_C_BAD_SUBSTREAMID_layout },
	{ SMMU_F_CD_FETCH, &smmu_evt_F_CD_FETCH_layout },
	{ SMMU_C_BAD_CD, &smmu_evt_C_BAD_CD_layout },
	{ SMMU_F_WALK_EABT, &smmu_evt_F_WALK_EABT_layout },
	{ SMMU_F_TRANSLATION, &smmu_evt_F_TRANSLATION_layout },
	{ SMMU_F_ADDR_SIZE, &smmu_evt_F_ADDR_SIZE_layout },
	{ SMMU_F_ACCESS, &smmu_evt_F_ACCESS_layout },
	{ SMMU_F_PERMISSION, &smmu_evt_F_PERMISSION_layout },
	{ SMMU_F_TLB_CONFLICT, &smmu_evt_F_TLB_CONFLICT_layout },
	{ SMMU_F_CFG_CONFLICT, &smmu_evt_F_CFG_CONFLICT_layout },
	{ SMMU_E_PAGE_REQUEST, &smmu_evt_E_PAGE_REQUEST_layout },
	{ SMMU_F_VMS_FETCH, &smmu_evt_F_VMS_FETCH_layout },
};

const iom_layout *smmu_event_layout(unsigned code)
{
	for (size_t i = 0; i < G_N_ELEMENTS(events); i++) {
		if (events[i].code == code)
			return events[i].layout;
	}
	return NULL;
}

const char *smmu_event_name(unsigned code)
{
	const iom_layout *layout = smmu_event_layout(code);

	return layout ? layout->name : NULL;
}

/* Access attributes, where the record has them (7.3). */
static void build_access(const struct smmu_tx *tx, const struct smmu_fault *f, uint64_t *w)
{
	bool read = tx->read;

	/* 13.1.1: an atomic is a write, unless only its read was refused. */
	if (tx->atomic)
		read = f->event == SMMU_F_PERMISSION && f->read_refused;
	smmu_evt_F_TRANSLATION_set_RnW(w, read);
	smmu_evt_F_TRANSLATION_set_InD(w, tx->instruction && tx->read);
	smmu_evt_F_TRANSLATION_set_PnU(w, tx->privileged);
	smmu_evt_F_TRANSLATION_set_InputAddr(w, tx->address);
}

void smmu_event_build(const struct smmu_tx *tx, const struct smmu_fault *f, uint64_t *w)
{
	memset(w, 0, 4 * sizeof(*w));
	smmu_evt_F_TRANSLATION_set_ID(w, f->event);
	smmu_evt_F_TRANSLATION_set_StreamID(w, tx->sid);
	if (tx->ssv) {
		/* 7.3.9: C_BAD_SUBSTREAMID has no SSV. */
		smmu_evt_F_TRANSLATION_set_SSV(w, f->event != SMMU_C_BAD_SUBSTREAMID);
		smmu_evt_F_TRANSLATION_set_SubstreamID(w, tx->ssid);
	}
	switch (f->event) {
	case SMMU_F_STE_FETCH:
	case SMMU_F_CD_FETCH:
	case SMMU_F_VMS_FETCH:
		smmu_evt_F_STE_FETCH_set_FetchAddr(w, f->fetch);
		smmu_evt_F_STE_FETCH_set_GPCF(w, f->gpcf);
		break;
	case SMMU_F_WALK_EABT:
		build_access(tx, f, w);
		smmu_evt_F_WALK_EABT_set_S2(w, f->s2);
		smmu_evt_F_WALK_EABT_set_CLASS(w, f->class);
		smmu_evt_F_WALK_EABT_set_NSIPA(w, f->s2 && f->ns_ipa);
		smmu_evt_F_WALK_EABT_set_FetchAddr(w, f->fetch);
		smmu_evt_F_WALK_EABT_set_GPCF(w, f->gpcf);
		break;
	case SMMU_F_TRANSLATION:
	case SMMU_F_ADDR_SIZE:
	case SMMU_F_ACCESS:
	case SMMU_F_PERMISSION:
		build_access(tx, f, w);
		smmu_evt_F_TRANSLATION_set_S2(w, f->s2);
		smmu_evt_F_TRANSLATION_set_CLASS(w, f->class);
		if (f->s2) {
			smmu_evt_F_TRANSLATION_set_IPA(w, f->ipa);
			smmu_evt_F_TRANSLATION_set_NSIPA(w, f->ns_ipa);
		}
		if (f->event == SMMU_F_PERMISSION && f->s2 && f->class == SMMU_CLASS_TT)
			smmu_evt_F_PERMISSION_set_TTRnW(w, !f->tt_write);
		break;
	case SMMU_F_UUT:
		build_access(tx, f, w);
		break;
	case SMMU_F_TRANSL_FORBIDDEN:
		smmu_evt_F_TRANSL_FORBIDDEN_set_RnW(w, tx->read);
		smmu_evt_F_TRANSL_FORBIDDEN_set_InputAddr(w, tx->address);
		break;
	default:
		break;
	}
}

void smmu_abort(iom_result *result, enum smmu_diagnosis diagnosis)
{
	result->status = IOM_ABORT;
	result->response = IOM_RESPONSE_CA;
	result->fault.diagnosis = (uint16_t)diagnosis;
}

/* 7.3.3: C_BAD_STREAMID is recorded only where software asks for it. */
static bool recordable(const smmu *s, const struct smmu_tx *tx, const struct smmu_fault *f)
{
	uint64_t cr2 = smmu_reg(s, tx->space, SMMU_R_CR2);

	if (tx->origin == SMMU_ATS_TRANSLATED || tx->origin == SMMU_ATS_REQUEST) {
		/* 3.9.1.2, 3.9.1.3: configuration errors only with REC_CFG_ATS. */
		if (f->event == SMMU_F_BAD_ATS_TREQ || f->event == SMMU_F_TRANSL_FORBIDDEN)
			return true;
		if (f->stage || (f->event == SMMU_F_ADDR_SIZE))
			return tx->origin == SMMU_ATS_TRANSLATED;
		if (!s->ids.atsrecerr || !(cr2 & SMMU_CR2_REC_CFG_ATS))
			return false;
		return f->event != SMMU_C_BAD_STREAMID || tx->origin == SMMU_ATS_TRANSLATED ||
		       (cr2 & SMMU_CR2_RECINVSID);
	}
	return f->event != SMMU_C_BAD_STREAMID || (cr2 & SMMU_CR2_RECINVSID);
}

/* 3.12.2: hold the transaction; its record tells software the STAG. */
static void stall(smmu *s, const struct smmu_tx *tx, iom_result *result)
{
	uint64_t *w = result->fault.record;
	uint16_t stag = 0;
	bool recorded = false;

	smmu_lock(s);
	if (!smmu_stall_add(s, tx->space, tx->sid, false, &stag)) {
		smmu_unlock(s);
		result->status = IOM_RETRY;
		return;
	}
	smmu_evt_F_TRANSLATION_set_Stall(w, 1);
	smmu_evt_F_TRANSLATION_set_STAG(w, stag);
	if (smmu_stall_room(s, tx->space) && smmu_event_writable(s, tx->space))
		recorded = smmu_event_write(s, tx->space, w, true);
	smmu_stall_recorded(s, tx->space, stag, recorded);
	smmu_unlock(s);
	result->status = IOM_STALL;
	result->stag = stag;
	result->fault.recorded = recorded;
}

void smmu_fault_report(smmu *s, const struct smmu_tx *tx, const struct smmu_context *c,
		       const struct smmu_fault *f, iom_result *result)
{
	bool record = recordable(s, tx, f), razwi = false, stalls = false;
	iom_fault *out = &result->fault;

	smmu_abort(result, (enum smmu_diagnosis)f->diagnosis);
	if (f->retry) {
		result->status = IOM_RETRY;
		return;
	}
	result->span = f->hole;
	out->code = f->event;
	out->stage = f->s2 ? 2 : f->stage ? 1 : 0;
	out->level = f->level;
	out->address = f->fetch ? f->fetch : tx->address;
	smmu_event_build(tx, f, out->record);
	out->words = 4;
	/* 5.5 Fault configuration: only translation faults of an enabled stage obey
	 * A, R, S and S2R, S2S. */
	if (f->stage == 1) {
		stalls = c->s1.stall;
		record = record && (stalls || c->s1.r);
		razwi = !stalls && !c->s1.a;
	} else if (f->stage == 2) {
		stalls = c->s2_stall;
		record = record && (stalls || c->s2_record);
	}
	if (tx->origin != SMMU_ORDINARY)
		stalls = razwi = false;
	if (tx->passive)
		record = stalls = razwi = false; /* 3.14: speculative */
	if (iom_observed(&s->iommu))
		iom_step_note(&s->iommu, IOM_STEP_FAULT, smmu_event_name(f->event),
			      f->stage ? "3.12 Fault models" : "7.3 Event records", tx->address,
			      "%s: %s", smmu_diagnosis_name(f->diagnosis),
			      stalls  ? "stall"
			      : razwi ? "read as zero, write ignored"
				      : "abort");
	if (stalls) {
		stall(s, tx, result);
		return;
	}
	if (record) {
		smmu_lock(s);
		out->recorded = smmu_event_write(s, tx->space, out->record, false);
		smmu_unlock(s);
	}
	if (razwi) {
		result->status = IOM_RAZWI;
		result->response = IOM_RESPONSE_SUCCESS;
	}
}
