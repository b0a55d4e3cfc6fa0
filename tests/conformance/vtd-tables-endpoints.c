/* SPDX-License-Identifier: MIT */
/*
 * invalidation.tsv: what leaves the unit. Messages to endpoints and their answers,
 * status writes, the completion event.
 */
#include "tests/conformance/vtd-queue.h"
#include "tests/conformance/vtd-tables-descriptors.h"

enum { PASID = 0x11 };

/* ------------------------------------------------------------------------
 * Messages to endpoints
 */
bool vtd_check_ats(bool pasid)
{
	static const struct {
		uint64_t high; /* word 1, without PASID */
		uint64_t address, length;
	} sizes[] = {
		{ 0x12345000, 0x12345000, 0x1000 },         { 0x12344000 | 1, 0x12344000, 0x2000 },
		{ 0x12345000 | 1, 0x12344000, 0x4000 },     { 0x12347000 | 1, 0x12340000, 0x10000 },
		{ UINT64_C(0x7ffffffffffff000) | 1, 0, 0 },
	};
	bool ok = true;

	for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++) {
		vtd_queue *q = vtd_queue_new(vtd_base_new(VTD_BASE_FIRST, VTD_REQ_U), true, 0);
		iom_vtd_seen *seen = iom_vtd_bench_seen(q->bench);
		uint64_t plain[4] = { 3 | UINT64_C(0x1234) << 32, sizes[i].high };
		/* S is bit 75, GI bit 64. */
		uint64_t prefixed[4] = { 8 | 0x1234 << 16 | (uint64_t)PASID << 32,
					 (sizes[i].high & ~UINT64_C(1)) | (sizes[i].high & 1)
										  << 11 };

		vtd_queue_submit(q, pasid ? prefixed : plain);
		ok &= vtd_queue_error(q) == 0 && seen->ats_invalidations == 1 &&
		      seen->ats.requester == 0x1234 && seen->ats.address == sizes[i].address &&
		      seen->ats.length == sizes[i].length &&
		      seen->ats.pasid == (pasid ? PASID : IOM_NO_PASID);
		if (!ok)
			g_print("ATS invalidation %u: sid %#x address %#" G_GINT64_MODIFIER
				"x length %#" G_GINT64_MODIFIER "x pasid %#x, %u sent\n",
				i, seen->ats.requester, seen->ats.address, seen->ats.length,
				seen->ats.pasid, seen->ats_invalidations);
		if (pasid) {
			prefixed[1] |= 1;
			vtd_queue_submit(q, prefixed);
			ok &= seen->ats_invalidations == 2 && seen->ats.global;
		}
		vtd_queue_free(q);
	}
	if (!ok)
		CU_FAIL("device-TLB invalidation");
	return ok;
}

bool vtd_check_response(void)
{
	vtd_queue *q = vtd_queue_new(vtd_base_new(VTD_BASE_FIRST, VTD_REQ_U), true, 0);
	iom_vtd_seen *seen = iom_vtd_bench_seen(q->bench);
	static const uint8_t codes[] = { 0, 1, 15 };
	bool ok = true;

	for (unsigned i = 0; i < G_N_ELEMENTS(codes); i++) {
		uint64_t words[4] = { 9 | 1 << 4 | (uint64_t)codes[i] << 12 | 0x4321 << 16 |
					      (uint64_t)PASID << 32,
				      UINT64_C(0x155) << 3 };

		vtd_queue_submit(q, words);
		ok &= seen->responses == i + 1 && seen->response.code == codes[i] &&
		      seen->response.requester == 0x4321 && seen->response.pasid == PASID &&
		      seen->response.prg_index == 0x155 && !seen->response.automatic;
	}
	if (!ok)
		CU_FAIL("page group response");
	vtd_queue_free(q);
	return ok;
}

/* Status write, completion status and its event. */
bool vtd_check_wait(void)
{
	vtd_queue *q = vtd_queue_new(vtd_base_new(VTD_BASE_FIRST, VTD_REQ_U), true, 0);
	iom_vtd_seen *seen = iom_vtd_bench_seen(q->bench);
	uint64_t status[4] = { 5 | 1 << 5 | UINT64_C(0xabcd1234) << 32,
			       VTD_STATUS_ADDRESS | 4 | UINT64_C(0xfff) << 52 };
	uint64_t interrupt[4] = { 5 | 1 << 4 | 1 << 6 | 1 << 7 };
	bool ok = true;

	vtd_queue_submit(q, status);
	/* Bits from the host address width on are ignored. */
	ok &= vtd_queue_peek(q, VTD_STATUS_ADDRESS) == UINT64_C(0xabcd1234) << 32;
	vtd_queue_put(q, VTD_R_IEDATA, 4, 0x41);
	vtd_queue_put(q, VTD_R_IEADDR, 4, 0xfee01000);
	vtd_queue_submit(q, interrupt);
	/* Masked at reset: pending. */
	ok &= (vtd_queue_get(q, VTD_R_ICS, 4) & 1) == 1 &&
	      (vtd_queue_get(q, VTD_R_IECTL, 4) >> 30 & 1) == 1 && seen->messages == 0;
	vtd_queue_put(q, VTD_R_IECTL, 4, 0);
	ok &= seen->messages == 1 && seen->message_address == 0xfee01000 &&
	      seen->message_data == 0x41 && !(vtd_queue_get(q, VTD_R_IECTL, 4) >> 30 & 1);
	/* Only when IWC becomes set. */
	vtd_queue_submit(q, interrupt);
	ok &= seen->messages == 1;
	vtd_queue_put(q, VTD_R_ICS, 4, 1);
	ok &= !(vtd_queue_get(q, VTD_R_ICS, 4) & 1);
	vtd_queue_submit(q, interrupt);
	ok &= seen->messages == 2;
	vtd_queue_free(q);
	if (!ok)
		CU_FAIL("invalidation wait");
	return ok;
}

/* ------------------------------------------------------------------------
 * Endpoints that do not answer
 */
bool vtd_check_endpoint_errors(bool timeout)
{
	vtd_queue *q = vtd_queue_new(vtd_base_new(VTD_BASE_FIRST, VTD_REQ_U), true, 0);
	iom_vtd_seen *seen = iom_vtd_bench_seen(q->bench);
	uint64_t dev_tlb[4] = { 3 | UINT64_C(0x1234) << 32, 0x1000 };
	uint64_t wait[4] = { 5 | 1 << 5 | UINT64_C(0x99) << 32, VTD_STATUS_ADDRESS };
	bool ok = true;

	if (timeout) {
		seen->ats_answer = IOM_ATS_FAILED;
		vtd_queue_submit(q, dev_tlb);
		vtd_queue_submit(q, wait);
		ok &= (vtd_queue_get(q, VTD_R_FSTS, 4) & VTD_FSTS_ITE) != 0 &&
		      (vtd_queue_get(q, VTD_R_IQERCD, 8) >> 32 & 0xffff) == 0x1234 &&
		      vtd_queue_peek(q, VTD_STATUS_ADDRESS) == 0;
		vtd_queue_put(q, VTD_R_FSTS, 4, VTD_FSTS_ITE);
		ok &= !(vtd_queue_get(q, VTD_R_FSTS, 4) & VTD_FSTS_ITE);
	} else {
		iom_iommu_ats_completed(iom_vtd_bench_unit(q->bench), 0x4321, 7, true);
		ok &= (vtd_queue_get(q, VTD_R_FSTS, 4) & VTD_FSTS_ICE) != 0 &&
		      (vtd_queue_get(q, VTD_R_IQERCD, 8) >> 48) == 0x4321;
		/* The queue goes on. */
		vtd_queue_submit(q, wait);
		ok &= vtd_queue_peek(q, VTD_STATUS_ADDRESS) == 0x99;
	}
	vtd_queue_free(q);
	if (!ok)
		CU_FAIL("errors of endpoints");
	return ok;
}

/* A wait is not over before the endpoints that the descriptors ahead of it asked. */
bool vtd_check_order(void)
{
	vtd_queue *q = vtd_queue_new(vtd_base_new(VTD_BASE_FIRST, VTD_REQ_U), true, 0);
	iom_vtd_seen *seen = iom_vtd_bench_seen(q->bench);
	uint64_t dev_tlb[4] = { 3 | UINT64_C(0x1234) << 32, 0x1000 };
	uint64_t wait[4] = { 5 | 1 << 5 | UINT64_C(0x55) << 32, VTD_STATUS_ADDRESS };
	bool ok = true;

	seen->ats_answer = IOM_ATS_PENDING;
	vtd_queue_submit(q, dev_tlb);
	vtd_queue_submit(q, wait);
	ok &= vtd_queue_peek(q, VTD_STATUS_ADDRESS) == 0;
	iom_iommu_ats_completed(iom_vtd_bench_unit(q->bench), 0x1234, seen->ats.itag, true);
	ok &= vtd_queue_peek(q, VTD_STATUS_ADDRESS) == 0x55 && vtd_queue_error(q) == 0;
	vtd_queue_free(q);
	if (!ok)
		CU_FAIL("a wait overtook an endpoint");
	return ok;
}
