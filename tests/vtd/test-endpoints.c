/* SPDX-License-Identifier: MIT */
/* Device-TLB invalidations, their completions, and responses to endpoints. */
#include "tests/vtd/rig.h"
#include "tests/vtd/suites.h"

#define ALL_ONES UINT64_C(0x7ffffffffffff000)

enum { DEV = 3, PDEV = 8 };

static void dev_tlb(rig *r, uint16_t sid, uint64_t address, bool size)
{
	rig_push(r, DEV | (uint64_t)sid << 32, address | size);
}

static void ranges(void)
{
	rig *r = rig_new(NULL);

	rig_queue(r, false);
	dev_tlb(r, RIG_SID, 0x5000, false);
	CHECK_EQ(r->ats[0].requester, RIG_SID);
	CHECK_EQ(r->ats[0].address, 0x5000);
	CHECK_EQ(r->ats[0].length, 0x1000);
	CHECK_EQ(r->ats[0].pasid, IOM_NO_PASID);
	dev_tlb(r, 0x100, 0x4000, true); /* bit 12 clear: two pages */
	CHECK_EQ(r->ats[1].address, 0x4000);
	CHECK_EQ(r->ats[1].length, 0x2000);
	dev_tlb(r, 0x100, 0x2ff000, true); /* bits 19:12 set: 2 MiB */
	CHECK_EQ(r->ats[2].address, 0x200000);
	CHECK_EQ(r->ats[2].length, 0x200000);
	dev_tlb(r, 0x100, ALL_ONES, true);
	CHECK_EQ(r->ats[3].length, 0);
	rig_free(r);

	r = rig_new(NULL);
	rig_scalable(r);
	rig_queue(r, true);
	rig_push(r, PDEV | (uint64_t)RIG_SID << 16 | UINT64_C(0x123) << 32, 0x7000);
	CHECK_EQ(r->ats[0].requester, RIG_SID);
	CHECK_EQ(r->ats[0].pasid, 0x123);
	CHECK_EQ(r->ats[0].address, 0x7000);
	CHECK_EQ(r->ats[0].length, 0x1000);
	CHECK_EQ(r->ats[0].global, 0);
	rig_push(r, PDEV | (uint64_t)RIG_SID << 16, ALL_ONES | 1 << 11 | 1);
	CHECK_EQ(r->ats[1].length, 0);
	CHECK_EQ(r->ats[1].global, 1);
	rig_free(r);
}

static void waits_wait_for_endpoints(void)
{
	rig *r = rig_new(NULL);

	rig_queue(r, false);
	r->ats_answer = IOM_ATS_PENDING;
	dev_tlb(r, 0x10, 0, false);
	dev_tlb(r, 0x11, 0, false);
	rig_wait(r, 1);
	CHECK_EQ(rig_status(r), 0);
	CHECK_EQ(rig_read64(r, R_IQH), 48); /* the wait is fetched, not complete */
	dev_tlb(r, 0x12, 0, false);
	CHECK_EQ(r->n_ats, 3);
	CU_ASSERT_NOT_EQUAL(r->ats[0].itag, r->ats[1].itag);
	rig_wait(r, 2);
	iom_iommu_ats_completed(r->unit, 0x11, r->ats[1].itag, true);
	CHECK_EQ(rig_status(r), 0);
	iom_iommu_ats_completed(r->unit, 0x10, r->ats[0].itag, true);
	CHECK_EQ(rig_status(r), 1); /* does not wait for what came behind it */
	iom_iommu_ats_completed(r->unit, 0x12, r->ats[2].itag, true);
	CHECK_EQ(rig_status(r), 2);
	rig_free(r);
}

static void fences_stop_fetching(void)
{
	rig *r = rig_new(NULL);

	rig_queue(r, false);
	r->ats_answer = IOM_ATS_PENDING;
	dev_tlb(r, 0x10, 0, false);
	rig_push(r, 5 | 1 << 6, 0);
	dev_tlb(r, 0x11, 0, false);
	CHECK_EQ(r->n_ats, 1);
	iom_iommu_ats_completed(r->unit, 0x10, r->ats[0].itag, true);
	CHECK_EQ(r->n_ats, 2);
	rig_free(r);
}

/* More invalidations than there are tags. */
static void tags_run_out(void)
{
	rig *r = rig_new(NULL);

	rig_queue(r, false);
	r->ats_answer = IOM_ATS_PENDING;
	for (unsigned i = 0; i < 40; i++)
		dev_tlb(r, (uint16_t)i, 0, false);
	CHECK_EQ(r->n_ats, 32);
	rig_wait(r, 3);
	for (unsigned i = 0; i < 40; i++) {
		CHECK_EQ(rig_status(r), 0);
		iom_iommu_ats_completed(r->unit, i, r->ats[i].itag, true);
	}
	CHECK_EQ(r->n_ats, 40);
	CHECK_EQ(rig_status(r), 3);
	rig_free(r);
}

static void time_out(void)
{
	rig *r = rig_new(NULL);

	rig_queue(r, false);
	rig_write(r, R_FEADDR, 0xfee00000);
	rig_write(r, R_FECTL, 0);
	r->ats_answer = IOM_ATS_PENDING;
	dev_tlb(r, 0x42, 0, false);
	rig_wait(r, 1);
	iom_iommu_ats_completed(r->unit, 0x42, r->ats[0].itag, false);
	CHECK_EQ(rig_read(r, R_FSTS), 1 << 6);
	CHECK_EQ(rig_read64(r, R_IQERCD) >> 32 & 0xffff, 0x42);
	CHECK_EQ(r->n_msi, 1);
	CHECK_EQ(rig_status(r), 0); /* the wait is gone */
	rig_wait(r, 2);
	CHECK_EQ(rig_status(r), 0);
	rig_write(r, R_FSTS, 1 << 6);
	CHECK_EQ(rig_read(r, R_FSTS), 0);
	CHECK_EQ(rig_status(r), 2);
	/* an endpoint that is not there */
	r->ats_answer = IOM_ATS_FAILED;
	dev_tlb(r, 0x43, 0, false);
	CHECK_EQ(rig_read(r, R_FSTS), 1 << 6);
	CHECK_EQ(rig_read64(r, R_IQERCD) >> 32 & 0xffff, 0x43);
	rig_free(r);
}

static void wrong_completions(void)
{
	rig *r = rig_new(NULL);

	rig_queue(r, false);
	r->ats_answer = IOM_ATS_PENDING;
	dev_tlb(r, 0x10, 0, false);
	iom_iommu_ats_completed(r->unit, 0x99, r->ats[0].itag, true);
	CHECK_EQ(rig_read(r, R_FSTS), 1 << 5);
	CHECK_EQ(rig_read64(r, R_IQERCD) >> 48, 0x99);
	iom_iommu_ats_completed(r->unit, 0x10, 200, true);
	CHECK_EQ(rig_read64(r, R_IQERCD) >> 48, 0x10);
	rig_wait(r, 1);
	iom_iommu_ats_completed(r->unit, 0x10, r->ats[0].itag, true);
	CHECK_EQ(rig_status(r), 1); /* the queue kept running */
	rig_write(r, R_FSTS, 1 << 5);
	CHECK_EQ(rig_read(r, R_FSTS), 0);
	rig_free(r);
}

static void page_group_responses(void)
{
	rig *r = rig_new(NULL);

	rig_scalable(r);
	rig_queue(r, true);
	rig_push(r, 9 | 1 << 4 | 1 << 12 | UINT64_C(0x42) << 16 | UINT64_C(0x321) << 32,
		 UINT64_C(0x1ab) << 3);
	CHECK_EQ(r->n_responses, 1);
	CHECK_EQ(r->response.requester, 0x42);
	CHECK_EQ(r->response.pasid, 0x321);
	CHECK_EQ(r->response.prg_index, 0x1ab);
	CHECK_EQ(r->response.code, IOM_PRG_INVALID);
	CHECK_EQ(r->response.automatic, 0);
	rig_push(r, 9 | 15 << 12 | UINT64_C(0x42) << 16 | UINT64_C(0x321) << 32, 0);
	CHECK_EQ(r->response.pasid, IOM_NO_PASID);
	CHECK_EQ(r->response.code, IOM_PRG_FAILURE);
	rig_free(r);
}

static const iom_test tests[] = {
	{ "ranges of invalidations", ranges },
	{ "waits wait for endpoints", waits_wait_for_endpoints },
	{ "fences stop fetching", fences_stop_fetching },
	{ "tags run out", tags_run_out },
	{ "an invalidation that times out", time_out },
	{ "wrong completions", wrong_completions },
	{ "page group responses", page_group_responses },
	{ 0 },
};

const iom_suite endpoints_suite = { "endpoints", tests };
