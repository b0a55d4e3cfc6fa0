/* SPDX-License-Identifier: MIT */
/*
 * 6.5.2.1 to 6.5.2.9 and 7.6.1: what each descriptor does.
 */
#include "vtd/iq.h"

vtd_iq_result vtd_iq_context_cache(vtd_unit *unit, const uint64_t *words)
{
	unsigned granularity = (unsigned)vtd_cc_inv_dsc_get_G(words);

	if (granularity == 0)
		return VTD_IQ_INVALID;
	vtd_inv_context(unit, granularity, (uint16_t)vtd_cc_inv_dsc_get_DID(words),
			(uint16_t)vtd_cc_inv_dsc_get_SID(words),
			(unsigned)vtd_cc_inv_dsc_get_FM(words));
	return VTD_IQ_DONE;
}

vtd_iq_result vtd_iq_pasid_cache(vtd_unit *unit, const uint64_t *words)
{
	unsigned granularity = (unsigned)vtd_pc_inv_dsc_get_G(words);

	if (granularity == 2)
		return VTD_IQ_INVALID;
	vtd_inv_pasid_cache(unit, granularity, (uint16_t)vtd_pc_inv_dsc_get_DID(words),
			    (uint32_t)vtd_pc_inv_dsc_get_PASID(words));
	return VTD_IQ_DONE;
}

vtd_iq_result vtd_iq_iotlb(vtd_unit *unit, const uint64_t *words)
{
	unsigned granularity = (unsigned)vtd_iotlb_inv_dsc_get_G(words);
	unsigned am = (unsigned)vtd_iotlb_inv_dsc_get_AM(words);

	if (granularity == 0 || (granularity == 3 && (!unit->caps.psi || am > unit->caps.mamv)))
		return VTD_IQ_INVALID;
	vtd_inv_iotlb(unit, granularity, (uint16_t)vtd_iotlb_inv_dsc_get_DID(words),
		      vtd_iotlb_inv_dsc_get_ADDR(words), am, vtd_iotlb_inv_dsc_get_IH(words));
	vtd_iq_remember_iotlb(unit, words);
	return VTD_IQ_DONE;
}

vtd_iq_result vtd_iq_pasid_iotlb(vtd_unit *unit, const uint64_t *words)
{
	unsigned granularity = (unsigned)vtd_p_iotlb_inv_dsc_get_G(words);

	if (granularity < 2)
		return VTD_IQ_INVALID;
	vtd_inv_pasid_iotlb(unit, granularity, (uint16_t)vtd_p_iotlb_inv_dsc_get_DID(words),
			    (uint32_t)vtd_p_iotlb_inv_dsc_get_PASID(words),
			    vtd_p_iotlb_inv_dsc_get_ADDR(words),
			    (unsigned)vtd_p_iotlb_inv_dsc_get_AM(words),
			    vtd_p_iotlb_inv_dsc_get_IH(words));
	vtd_iq_remember_pasid_iotlb(unit, words);
	return VTD_IQ_DONE;
}

vtd_iq_result vtd_iq_interrupt(vtd_unit *unit, const uint64_t *words)
{
	bool all = !vtd_iec_inv_dsc_get_G(words);
	unsigned im = (unsigned)vtd_iec_inv_dsc_get_IM(words);

	if (!all && im > unit->caps.mhmv)
		return VTD_IQ_INVALID;
	vtd_inv_interrupt(unit, all, (uint16_t)vtd_iec_inv_dsc_get_IIDX(words), im);
	return VTD_IQ_DONE;
}

vtd_iq_result vtd_iq_hpt(vtd_unit *unit, const uint64_t *words)
{
	unsigned granularity = (unsigned)vtd_hpt_inv_dsc_get_G(words);

	if (granularity == 0)
		return VTD_IQ_INVALID;
	vtd_inv_hpt(unit, granularity, (uint16_t)vtd_hpt_inv_dsc_get_HPTDID(words),
		    vtd_hpt_inv_dsc_get_ADDR(words), (unsigned)vtd_hpt_inv_dsc_get_AM(words));
	return VTD_IQ_DONE;
}

/* 7.6.1 Page Group Response Descriptor */
vtd_iq_result vtd_iq_page_response(vtd_unit *unit, const uint64_t *words)
{
	bool pasid = vtd_page_grp_resp_dsc_get_PP(words);
	iom_page_response response = {
		.requester = (uint32_t)vtd_page_grp_resp_dsc_get_RID(words),
		.pasid = pasid ? (uint32_t)vtd_page_grp_resp_dsc_get_PASID(words) : IOM_NO_PASID,
		.prg_index = (uint16_t)vtd_page_grp_resp_dsc_get_PRGI(words),
		.code = (uint8_t)vtd_page_grp_resp_dsc_get_RC(words),
	};

	if (unit->base.bus.page_response)
		unit->base.bus.page_response(unit->base.bus.opaque, &response);
	return VTD_IQ_DONE;
}

/* ------------------------------------------------------------------------
 * Device-TLBs
 */

/* A time-out: fetching stops, waits that are pending never complete (6.5.2.11). */
static void invalidation_failed(vtd_unit *unit, uint16_t sid)
{
	uint64_t record = vtd_get64(&unit->regs, VTD_IQERCD);

	vtd_iqercd_set_ITESID(&record, sid);
	vtd_set64(&unit->regs, VTD_IQERCD, record);
	g_array_set_size(unit->queue.waits, 0);
	unit->queue.fenced = false;
	vtd_fault_status(unit, VTD_FSTS_ITE);
}

/* 6.5.2.5: with S set, the lowest zero bit of the address gives the size. */
static void set_range(iom_ats_invalidate *inv, uint64_t address, bool size)
{
	uint64_t page = address >> 12;
	unsigned ones = size ? (unsigned)__builtin_ctzll(~page) + 1 : 0;

	if (ones >= 52) {
		inv->address = 0;
		inv->length = 0; /* everything */
		return;
	}
	inv->length = UINT64_C(0x1000) << ones;
	inv->address = address & ~(inv->length - 1);
}

static vtd_iq_result send(vtd_unit *unit, iom_ats_invalidate *inv)
{
	vtd_queue *queue = &unit->queue;
	iom_ats_answer answer = IOM_ATS_COMPLETED;
	unsigned tag = 0;

	while (tag < VTD_MAX_ITAGS && queue->itags[tag].busy)
		tag++;
	if (tag == VTD_MAX_ITAGS)
		return VTD_IQ_BUSY;
	inv->itag = (uint8_t)tag;
	if (unit->base.bus.ats_invalidate)
		answer = unit->base.bus.ats_invalidate(unit->base.bus.opaque, inv);
	if (answer == IOM_ATS_PENDING)
		queue->itags[tag] = (vtd_itag){ true, (uint16_t)inv->requester, ++queue->sequence };
	else if (answer == IOM_ATS_FAILED)
		invalidation_failed(unit, (uint16_t)inv->requester);
	return VTD_IQ_DONE;
}

vtd_iq_result vtd_iq_dev_tlb(vtd_unit *unit, const uint64_t *words)
{
	iom_ats_invalidate inv = {
		.requester = (uint32_t)vtd_dev_tlb_inv_dsc_get_SID(words),
		.pasid = IOM_NO_PASID,
	};

	set_range(&inv, vtd_dev_tlb_inv_dsc_get_ADDR(words), vtd_dev_tlb_inv_dsc_get_S(words));
	return send(unit, &inv);
}

vtd_iq_result vtd_iq_pasid_dev_tlb(vtd_unit *unit, const uint64_t *words)
{
	iom_ats_invalidate inv = {
		.requester = (uint32_t)vtd_p_dev_tlb_inv_dsc_get_SID(words),
		.pasid = (uint32_t)vtd_p_dev_tlb_inv_dsc_get_PASID(words),
		.global = vtd_p_dev_tlb_inv_dsc_get_GI(words) != 0,
	};

	set_range(&inv, vtd_p_dev_tlb_inv_dsc_get_ADDR(words), vtd_p_dev_tlb_inv_dsc_get_S(words));
	return send(unit, &inv);
}

/* ------------------------------------------------------------------------
 * 6.5.2.9 Invalidation Wait Descriptor. What the caches hold is gone once an
 * invalidation is executed. So a wait waits for endpoints, and, 6.5.4 Draining, for
 * accesses that were translated before.
 */
static void wait_complete(vtd_unit *unit, const uint64_t *words)
{
	uint64_t address = vtd_inv_wait_dsc_get_STADDR(words) & iom_mask(unit->caps.haw);

	if (vtd_inv_wait_dsc_get_SW(words) &&
	    iom_memory_store32(unit->memory, address,
			       (uint32_t)vtd_inv_wait_dsc_get_STDATA(words)) != IOM_MEM_OK)
		iom_log(&unit->base,
			"VT-d: wait status at %#" G_GINT64_MODIFIER "x cannot be written", address);
	if (vtd_inv_wait_dsc_get_IF(words) && !(vtd_get32(&unit->regs, VTD_ICS) & 1)) {
		vtd_set32(&unit->regs, VTD_ICS, 1);
		vtd_event_raise(unit, VTD_EVENT_INVALIDATION);
	}
}

static bool outstanding(vtd_unit *unit, vtd_wait *wait)
{
	wait->landed = wait->landed || iom_flight_landed(&unit->base, &wait->flight);
	for (unsigned i = 0; i < VTD_MAX_ITAGS; i++) {
		const vtd_itag *itag = &unit->queue.itags[i];

		if (itag->busy && itag->sequence <= wait->sequence)
			return true;
	}
	return !wait->landed;
}

/* In order: a later one never overtakes. */
static void complete_waits(vtd_unit *unit)
{
	GArray *waits = unit->queue.waits;
	guint done = 0;

	while (done < waits->len && !outstanding(unit, &g_array_index(waits, vtd_wait, done))) {
		wait_complete(unit, g_array_index(waits, vtd_wait, done).words);
		done++;
	}
	if (done)
		g_array_remove_range(waits, 0, done);
	if (!waits->len)
		unit->queue.fenced = false;
}

vtd_iq_result vtd_iq_wait(vtd_unit *unit, const uint64_t *words)
{
	vtd_queue *queue = &unit->queue;
	vtd_wait wait = { .words = { words[0], words[1] }, .sequence = queue->sequence };

	/* as many as a queue can hold: then none is taken up until one completes */
	if (queue->waits->len >= 0x8000)
		return VTD_IQ_BUSY;
	g_array_append_val(queue->waits, wait);
	queue->fenced = vtd_inv_wait_dsc_get_FN(words) != 0;
	complete_waits(unit);
	return VTD_IQ_DONE;
}

void vtd_iq_waits_run(vtd_unit *unit)
{
	complete_waits(unit);
	vtd_iq_run(unit);
}

/* 4.3: an endpoint has answered. */
static void completed(vtd_unit *unit, uint16_t sid, uint8_t tag, bool ok)
{
	vtd_queue *queue = &unit->queue;

	if (tag >= VTD_MAX_ITAGS || !queue->itags[tag].busy || queue->itags[tag].sid != sid) {
		uint64_t record = vtd_get64(&unit->regs, VTD_IQERCD);

		vtd_iqercd_set_ICESID(&record, sid);
		vtd_set64(&unit->regs, VTD_IQERCD, record);
		vtd_fault_status(unit, VTD_FSTS_ICE);
		return;
	}
	queue->itags[tag].busy = false;
	if (!ok) {
		invalidation_failed(unit, sid);
		return;
	}
	vtd_iq_waits_run(unit);
}

void vtd_ats_completed(iom_iommu *iommu, uint32_t requester, uint8_t itag, bool ok)
{
	vtd_unit *unit = vtd_of(iommu);

	if (!unit->caps.dt)
		return;
	vtd_lock(unit);
	completed(unit, (uint16_t)requester, itag, ok);
	vtd_unlock(unit);
}
