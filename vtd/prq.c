/* SPDX-License-Identifier: MIT */
/*
 * 7.4 Page Request Services: checks, the page request queue, and the answers
 * that the unit gives by itself (table 31).
 */
#include "vtd/internal.h"

#include <string.h>

static void init(vtd_dma *dma, vtd_unit *unit, const iom_page_request *r)
{
	iom_request request = { .address = r->address & ~UINT64_C(0xfff),
				.requester = r->requester,
				.pasid = r->pasid,
				.access = r->access };

	vtd_dma_init(dma, unit, &request);
	dma->page_request = true;
	dma->column = VTD_COLUMN_PAGE_REQUEST;
	dma->pr = dma->has_pasid && r->privileged;
	dma->er = dma->has_pasid && r->access & IOM_EXECUTE;
	dma->epoch = iom_tags_epoch(unit->tags);
}

/* Requests that end a group are answered; others are dropped without a word. */
static iom_prq_status respond(vtd_unit *unit, const iom_page_request *r, iom_prg_code code)
{
	bool stop_marker = r->last && !(r->access & (IOM_READ | IOM_WRITE));
	iom_page_response response = { .requester = r->requester,
				       .pasid = r->pasid,
				       .prg_index = r->prg_index & 0x1ff,
				       .code = (uint8_t)code,
				       .automatic = 1 };

	if (!r->last || stop_marker)
		return IOM_PRQ_DROPPED;
	if (unit->base.bus.page_response)
		unit->base.bus.page_response(unit->base.bus.opaque, &response);
	return IOM_PRQ_RESPONDED;
}

/* 7.5: an event only if neither status bit was set. */
static void set_status(vtd_unit *unit, uint32_t bit)
{
	uint32_t old = vtd_get32(&unit->regs, VTD_PRS);

	vtd_set32(&unit->regs, VTD_PRS, old | bit);
	if (!old)
		vtd_event_raise(unit, VTD_EVENT_PAGE_REQUEST);
}

/* 6.5.3.1 (table 27): what the unit itself invalidates before it tells software. */
static void invalidate(vtd_unit *unit, const vtd_dma *dma)
{
	const vtd_context *ctx = &dma->ctx;

	switch (ctx->pgtt) {
	case VTD_PGTT_FIRST:
		vtd_inv_pasid_iotlb(unit, 3, ctx->did, ctx->pasid, dma->address, 0, false);
		break;
	case VTD_PGTT_NESTED:
		vtd_inv_iotlb(unit, 2, ctx->did, 0, 0, false);
		break;
	default:
		vtd_inv_iotlb(unit, 3, ctx->did, dma->address, 0, false);
		break;
	}
}

/* 7.4.1.1 Page Request Descriptor */
static void describe(const vtd_dma *dma, const iom_page_request *r, uint64_t words[4])
{
	memset(words, 0, 4 * sizeof(words[0]));
	vtd_page_request_desc_set_TYPE(words, 1);
	vtd_page_request_desc_set_PP(words, dma->has_pasid);
	vtd_page_request_desc_set_RID(words, dma->sid);
	if (dma->has_pasid) {
		vtd_page_request_desc_set_PASID(words, dma->pasid);
		vtd_page_request_desc_set_EXR(words, dma->er);
		vtd_page_request_desc_set_PMR(words, dma->pr);
	}
	vtd_page_request_desc_set_RDR(words, (r->access & IOM_READ) != 0);
	vtd_page_request_desc_set_WRR(words, (r->access & IOM_WRITE) != 0);
	vtd_page_request_desc_set_LPIG(words, r->last != 0);
	vtd_page_request_desc_set_PRGI(words, r->prg_index);
	vtd_page_request_desc_set_ADDR(words, dma->address);
}

/* Steps 5 to 10 of accepting a request; the lock is held. */
static iom_prq_status enqueue(vtd_unit *unit, const vtd_dma *dma, const iom_page_request *r)
{
	vtd_regs *regs = &unit->regs;
	uint64_t pqa = vtd_get64(regs, VTD_PQA);
	uint64_t size = UINT64_C(0x1000) << vtd_pqa_get_PQS(&pqa);
	uint64_t head = vtd_get64(regs, VTD_PQH) & (size - 1);
	uint64_t tail = vtd_get64(regs, VTD_PQT) & (size - 1);
	uint64_t next = (tail + 32) & (size - 1), address = vtd_pqa_get_PQA(&pqa) + tail;
	bool overflow = vtd_get32(regs, VTD_PRS) & VTD_PRS_PRO;
	uint64_t words[4];

	if (!overflow && next != head) {
		bool written = true;

		invalidate(unit, dma);
		describe(dma, r, words);
		for (unsigned i = 0; i < 4; i++)
			written = written && iom_memory_store64(unit->memory, address + 8 * i,
								words[i]) == IOM_MEM_OK;
		if (written) {
			if (iom_observed(&unit->base))
				iom_step_write(&unit->base, "page request descriptor",
					       &vtd_page_request_desc_layout, address, dma->address,
					       words, 4);
			vtd_set64(regs, VTD_PQT, next);
			set_status(unit, VTD_PRS_PPR);
			return IOM_PRQ_QUEUED;
		}
	}
	/* full, or a queue that cannot be written, which counts as full */
	if (!overflow)
		set_status(unit, VTD_PRS_PRO);
	vtd_note(unit, "page request queue", "7.4.1 Page Request Queue", dma->address,
		 "overflow: the request is not queued");
	return respond(unit, r, IOM_PRG_SUCCESS);
}

iom_prq_status vtd_page_request(iom_iommu *iommu, const iom_page_request *request)
{
	vtd_unit *unit = vtd_of(iommu);
	iom_prq_status status;
	iom_result result;
	vtd_dma dma;

	iom_count(iommu, IOM_STAT_PAGE_REQUESTS);
	if (!unit->caps.prs)
		return IOM_PRQ_DROPPED; /* an unsupported message */
	init(&dma, unit, request);
	if (!(dma.mode & VTD_MODE_TES))
		return respond(unit, request, IOM_PRG_INVALID);
	if (!vtd_root_check(&dma) || !vtd_context_get(&dma)) {
		memset(&result, 0, sizeof(result));
		vtd_fault_exit(&dma, &result);
		return respond(unit, request, IOM_PRG_INVALID);
	}
	vtd_lock(unit);
	status = enqueue(unit, &dma, request);
	vtd_unlock(unit);
	if (status == IOM_PRQ_QUEUED)
		vtd_perf(&dma, VTD_PERF_PAGE_REQUESTS);
	return status;
}
