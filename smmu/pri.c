/* SPDX-License-Identifier: MIT */
/* Page requests (8 Page Request queue). */
#include "smmu/walk.h"

static bool has_pri(const smmu *s, unsigned space)
{
	return space == IOM_SPACE_NONSECURE ? s->ids.pri : space == IOM_SPACE_REALM && s->ids.r_pri;
}

static void respond(smmu *s, const iom_page_request *r, bool pasid, enum iom_prg_code code)
{
	const iom_bus *bus = &s->iommu.bus;
	iom_page_response response = { .requester = r->requester,
				       .pasid = pasid ? r->pasid : IOM_NO_PASID,
				       .prg_index = r->prg_index & 0x1ff,
				       .code = (uint8_t)code,
				       .automatic = 1 };

	if (bus->page_response)
		bus->page_response(bus->opaque, &response);
}

static bool is_stop_marker(const iom_page_request *r)
{
	return r->pasid != IOM_NO_PASID && r->last && !(r->access & (IOM_READ | IOM_WRITE));
}

/* 8.1: the PASID of an automatic response depends on the STE. Without the lock. */
static bool ppar(smmu *s, const iom_page_request *r, bool *pasid)
{
	iom_request request = { .requester = r->requester,
				.pasid = IOM_NO_PASID,
				.space = r->space,
				.access = IOM_READ };
	struct smmu_fault f = { 0 };
	struct smmu_tx tx;
	uint64_t ste[8];
	enum smmu_diagnosis d;
	iom_result unused = { 0 };

	smmu_tx_init(s, &request, &tx);
	tx.origin = SMMU_ATS_REQUEST; /* records follow REC_CFG_ATS */
	tx.ssv = true;
	tx.ssid = r->pasid;
	if (smmu_ste_fetch(s, r->space, r->requester, ste, &f)) {
		d = smmu_ste_check(s, r->space, ste);
		if (!d) {
			*pasid = smmu_ste_get_PPAR(ste);
			return true;
		}
		smmu_fault_set(&f, SMMU_C_BAD_STE, 0, d);
	}
	smmu_fault_report(s, &tx, NULL, &f, &unused);
	return false;
}

/* 8.1: what a request is told that finds no room. */
static iom_prq_status overflow(smmu *s, const iom_page_request *r)
{
	bool pasid = r->pasid != IOM_NO_PASID;

	if (!r->last || is_stop_marker(r))
		return IOM_PRQ_DROPPED;
	if (pasid && !s->ids.pps && !ppar(s, r, &pasid)) {
		respond(s, r, false, IOM_PRG_FAILURE);
		return IOM_PRQ_RESPONDED;
	}
	respond(s, r, pasid, IOM_PRG_SUCCESS);
	return IOM_PRQ_RESPONDED;
}

static void build(const iom_page_request *r, uint64_t *w)
{
	bool ssv = r->pasid != IOM_NO_PASID;

	w[0] = w[1] = 0;
	smmu_pri_entry_set_StreamID(w, r->requester);
	smmu_pri_entry_set_SubstreamID(w, ssv ? r->pasid : 0);
	smmu_pri_entry_set_Priv(w, ssv && r->privileged);
	smmu_pri_entry_set_X(w, ssv && (r->access & IOM_EXECUTE));
	smmu_pri_entry_set_R(w, !!(r->access & IOM_READ));
	smmu_pri_entry_set_W(w, !!(r->access & IOM_WRITE));
	smmu_pri_entry_set_Last(w, r->last);
	smmu_pri_entry_set_SSV(w, ssv);
	smmu_pri_entry_set_PRGIndex(w, r->prg_index);
	smmu_pri_entry_set_Address(w, r->address);
}

/* 7.3.19 E_PAGE_REQUEST: recorded where it can be, otherwise forgotten. */
static iom_prq_status hint(smmu *s, const iom_page_request *r)
{
	uint64_t w[4] = { 0 };
	bool ssv = r->pasid != IOM_NO_PASID, recorded;

	if (r->space >= SMMU_N_SPACES || !smmu_has_space(s, r->space))
		return IOM_PRQ_DROPPED;
	smmu_evt_E_PAGE_REQUEST_set_ID(w, SMMU_E_PAGE_REQUEST);
	smmu_evt_E_PAGE_REQUEST_set_SSV(w, ssv);
	smmu_evt_E_PAGE_REQUEST_set_SubstreamID(w, ssv ? r->pasid : 0);
	smmu_evt_E_PAGE_REQUEST_set_StreamID(w, r->requester);
	if (r->privileged) {
		smmu_evt_E_PAGE_REQUEST_set_pR(w, !!(r->access & IOM_READ));
		smmu_evt_E_PAGE_REQUEST_set_pW(w, !!(r->access & IOM_WRITE));
		smmu_evt_E_PAGE_REQUEST_set_pX(w, !!(r->access & IOM_EXECUTE));
	} else {
		smmu_evt_E_PAGE_REQUEST_set_uR(w, !!(r->access & IOM_READ));
		smmu_evt_E_PAGE_REQUEST_set_uW(w, !!(r->access & IOM_WRITE));
		smmu_evt_E_PAGE_REQUEST_set_uX(w, !!(r->access & IOM_EXECUTE));
	}
	smmu_evt_E_PAGE_REQUEST_set_Span(w, 1);
	smmu_evt_E_PAGE_REQUEST_set_InputAddr(w, r->address);
	smmu_lock(s);
	recorded = smmu_event_write(s, r->space, w, false);
	smmu_unlock(s);
	return recorded ? IOM_PRQ_QUEUED : IOM_PRQ_DROPPED;
}

enum outcome { QUEUED, DISABLED, NO_ROOM };

static void interrupt(smmu *s, unsigned space, bool was_empty, bool last)
{
	uint64_t cfg2 = smmu_reg(s, space, SMMU_R_PRIQ_IRQ_CFG2);

	/* 6.3.36 LO: at the last request of a group instead of at the first entry. */
	if (smmu_PRIQ_IRQ_CFG2_get_LO(&cfg2) ? last : was_empty)
		smmu_interrupt(s, space, SMMU_INT_PRIQ);
}

/* With the lock held. */
static enum outcome enqueue(smmu *s, const iom_page_request *r)
{
	unsigned space = r->space;
	uint64_t cr0 = smmu_reg(s, space, SMMU_R_CR0);
	uint64_t prod = smmu_reg(s, space, SMMU_R_PRIQ_PROD);
	uint64_t cons = smmu_reg(s, space, SMMU_R_PRIQ_CONS), words[2];
	struct smmu_queue q;
	bool was_empty;

	/* PRIQEN is effectively 0 while SMMUEN is. */
	if ((cr0 & (SMMU_CR0_PRIQEN | SMMU_CR0_SMMUEN)) != (SMMU_CR0_PRIQEN | SMMU_CR0_SMMUEN) ||
	    smmu_gerror_active(s, space, SMMU_GERROR_PRIQ_ABT))
		return DISABLED;
	smmu_queue_load(&q, smmu_reg(s, space, SMMU_R_PRIQ_BASE), s->ids.priqs, 4, prod, cons);
	if ((prod ^ cons) >> 31 & 1 || smmu_queue_full(&q)) {
		if (!((prod ^ cons) >> 31 & 1))
			smmu_reg_set(s, space, SMMU_R_PRIQ_PROD, prod ^ UINT64_C(1) << 31);
		/* LO: also a Last that is lost to the overflow. */
		interrupt(s, space, false, r->last);
		return NO_ROOM;
	}
	was_empty = smmu_queue_empty(&q);
	build(r, words);
	if (iom_observed(&s->iommu))
		iom_step_write(&s->iommu, "PRI queue entry", &smmu_pri_entry_layout,
			       smmu_queue_entry(&q, q.prod, 4), r->address, words, 2);
	words[0] = GUINT64_TO_LE(words[0]);
	words[1] = GUINT64_TO_LE(words[1]);
	if (!smmu_gpc_check(s, space, smmu_queue_entry(&q, q.prod, 4) & iom_mask(s->ids.oas_bits),
			    SMMU_GPC_PRIQ) ||
	    iom_memory_write(s->iommu.bus.memory[space],
			     smmu_queue_entry(&q, q.prod, 4) & iom_mask(s->ids.oas_bits), words,
			     sizeof(words)) != IOM_MEM_OK) {
		smmu_gerror(s, space, SMMU_GERROR_PRIQ_ABT);
		return DISABLED;
	}
	smmu_reg_set(s, space, SMMU_R_PRIQ_PROD,
		     (prod & UINT64_C(1) << 31) | smmu_queue_next(&q, q.prod));
	interrupt(s, space, was_empty, r->last);
	return QUEUED;
}

iom_prq_status smmu_page_request(iom_iommu *iommu, const iom_page_request *request)
{
	smmu *s = smmu_of(iommu);
	enum outcome outcome = DISABLED;

	iom_count(iommu, IOM_STAT_PAGE_REQUESTS);
	if (request->hint)
		return hint(s, request);
	if (request->space < SMMU_N_SPACES && has_pri(s, request->space)) {
		smmu_lock(s);
		outcome = enqueue(s, request);
		smmu_unlock(s);
	}
	if (outcome == QUEUED)
		return IOM_PRQ_QUEUED;
	if (outcome == NO_ROOM)
		return overflow(s, request);
	/* 8.2: nobody will answer. Stop markers are never answered. */
	if (is_stop_marker(request))
		return IOM_PRQ_DROPPED;
	respond(s, request, false, IOM_PRG_FAILURE);
	return IOM_PRQ_RESPONDED;
}
