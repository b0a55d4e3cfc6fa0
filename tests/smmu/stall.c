/* SPDX-License-Identifier: MIT */
/* The stall model: STAGs, CMD_RESUME, CMD_STALL_TERM, limits, a full queue (3.12.2). */
#include "tests/smmu/rig.h"
#include "tests/smmu/suites.h"

#define VA UINT64_C(0x7000)
#define STALL_BIT (UINT64_C(1) << 31) /* of word 1 */

static void stalling_stream(rig *r, uint32_t sid)
{
	stream_s1(r, sid, sid, 0);
	set_word(r, cd_address(sid), word(r, cd_address(sid)) | UINT64_C(1) << 44);
}

static void resume(void)
{
	uint64_t e[4];
	iom_result res;
	rig r;

	rig_open(&r, NULL);
	stalling_stream(&r, 1);
	res = dma(&r, 1, VA, IOM_WRITE);
	CHECK_EQ(res.status, IOM_STALL);
	CU_ASSERT_TRUE(event(&r, e));
	CHECK_EQ(e[0], UINT64_C(0x100000010));
	CHECK_EQ(e[1] & 0xffff, res.stag);
	CU_ASSERT_TRUE((e[1] & STALL_BIT) != 0);
	CHECK_EQ(e[2], VA);
	/* Another tag or stream: no effect. */
	cmd(&r, CMD_RESUME(1, res.stag + 1, 1, 0));
	cmd(&r, CMD_RESUME(2, res.stag, 1, 0));
	CHECK_EQ(r.n_resolved, 0);
	map(&r, r.ttb[1], VA, 0x50000000, 12, AF | USER | NG);
	cmd(&r, CMD_RESUME(1, res.stag, 1, 0));
	CHECK_EQ(r.n_resolved, 1);
	CHECK_EQ(r.resolved[0].stag, res.stag);
	CU_ASSERT_TRUE(r.resolved[0].retry);
	CHECK_EQ(dma(&r, 1, VA, IOM_WRITE).status, IOM_OK);
	cmd(&r, CMD_RESUME(1, res.stag, 1, 0)); /* once only */
	CHECK_EQ(r.n_resolved, 1);
	rig_close(&r);
}

static void terminate(void)
{
	iom_result a, b, c;
	rig r;

	rig_open(&r, NULL);
	stalling_stream(&r, 1);
	stalling_stream(&r, 2);
	a = dma(&r, 1, VA, IOM_READ);
	b = dma(&r, 1, VA, IOM_READ); /* never suppressed: a record of its own */
	c = dma(&r, 2, VA, IOM_READ);
	CHECK_EQ(events_waiting(&r), 3);
	CU_ASSERT_TRUE(a.stag != b.stag && b.stag != c.stag && a.stag != c.stag);
	cmd(&r, CMD_RESUME(1, a.stag, 0, 0)); /* RAZ/WI */
	CHECK_EQ(r.n_resolved, 1);
	CU_ASSERT_TRUE(!r.resolved[0].retry && !r.resolved[0].abort);
	cmd(&r, CMD_STALL_TERM(2));
	CHECK_EQ(r.n_resolved, 2);
	CHECK_EQ(r.resolved[1].requester, 2);
	CU_ASSERT_TRUE(!r.resolved[1].retry && r.resolved[1].abort);
	/* SMMUEN 1 to 0 ends the rest. */
	wr(&r, CR0, EVENTQEN | CMDQEN);
	CHECK_EQ(r.n_resolved, 3);
	CHECK_EQ(r.resolved[2].stag, b.stag);
	CU_ASSERT_TRUE(r.resolved[2].abort);
	rig_close(&r);
}

static void full_queue_holds_back(void)
{
	uint64_t e[4];
	iom_result res;
	rig r;

	rig_open(&r, NULL);
	stalling_stream(&r, 1);
	for (unsigned i = 0; i < 16; i++)
		dma(&r, 9, i << 12, IOM_READ);
	res = dma(&r, 1, VA, IOM_READ);
	CHECK_EQ(res.status, IOM_STALL);
	CHECK_EQ(res.fault.recorded, 0);
	CHECK_EQ(rd(&r, EVENTQ_PROD), 16); /* no overflow for a stall */
	/* Nobody was told the tag. */
	cmd(&r, CMD_RESUME(1, res.stag, 1, 0));
	CHECK_EQ(r.n_resolved, 0);
	/* Room: it asks again, now with a record. */
	CU_ASSERT_TRUE(event(&r, e));
	CHECK_EQ(r.n_resolved, 1);
	CU_ASSERT_TRUE(r.resolved[0].retry);
	CHECK_EQ(r.resolved[0].stag, res.stag);
	res = dma(&r, 1, VA, IOM_READ);
	CHECK_EQ(res.fault.recorded, 1);
	CHECK_EQ(rd(&r, EVENTQ_PROD), 17);
	rig_close(&r);
}

static void limit(void)
{
	iom_smmu_config c;
	iom_result a, b, d;
	rig r;

	rig_config(&c, "default", "STALL_MAX=2", NULL);
	rig_open(&r, &c);
	stalling_stream(&r, 1);
	a = dma(&r, 1, VA, IOM_READ);
	b = dma(&r, 1, VA + 0x1000, IOM_READ);
	d = dma(&r, 1, VA + 0x2000, IOM_READ);
	CHECK_EQ(d.status, IOM_STALL);
	CHECK_EQ(events_waiting(&r), 2);
	cmd(&r, CMD_RESUME(1, a.stag, 0, 1));
	CHECK_EQ(r.n_resolved, 2);
	CHECK_EQ(r.resolved[1].stag, d.stag);
	CU_ASSERT_TRUE(r.resolved[1].retry);
	d = dma(&r, 1, VA + 0x2000, IOM_READ);
	CHECK_EQ(d.fault.recorded, 1);
	CHECK_EQ(events_waiting(&r), 3);
	(void)b;
	rig_close(&r);
}

static void stage2(void)
{
	uint64_t e[4];
	rig r;

	rig_open(&r, NULL);
	stream_s2(&r, 1, 1);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).status, IOM_ABORT);
	CU_ASSERT_TRUE(event(&r, e));
	CU_ASSERT_TRUE((e[1] & STALL_BIT) == 0);
	stream_word(&r, 1, 2, 0, UINT64_C(1) << 57);
	cmd(&r, CMD_CFGI_STE(1, 1));
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).status, IOM_STALL);
	CU_ASSERT_TRUE(event(&r, e));
	CU_ASSERT_TRUE((e[1] & STALL_BIT) != 0);
	CHECK_EQ(e[3], VA);
	rig_close(&r);
}

static void models(void)
{
	iom_smmu_config c;
	rig r;

	rig_config(&c, "default", "STALL_MODEL=1", NULL);
	rig_open(&r, &c);
	stalling_stream(&r, 1);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).fault.code, 0x0a);
	cmd(&r, CMD_RESUME(1, 0, 0, 0));
	CHECK_EQ(rd(&r, CMDQ_CONS) >> 24, 1);
	rig_close(&r);
	/* Speculative accesses neither stall nor record. */
	rig_open(&r, NULL);
	stalling_stream(&r, 1);
	iom_request q = { .address = VA,
			  .requester = 1,
			  .pasid = IOM_NO_PASID,
			  .access = IOM_READ,
			  .flags = IOM_REQ_SPECULATIVE };
	iom_result res;
	iom_iommu_translate(r.iommu, &q, &res);
	CHECK_EQ(res.status, IOM_ABORT);
	CHECK_EQ(events_waiting(&r), 0);
	rig_close(&r);
}

/* RAZ/WI, abort with and without a record: CD.A and R. */
static void terminate_model(void)
{
	rig r;

	rig_open(&r, NULL);
	for (unsigned ar = 0; ar < 4; ar++) {
		uint32_t sid = 1 + ar;
		iom_result res;

		stream_s1(&r, sid, sid, 0);
		set_word(&r, cd_address(sid),
			 (word(&r, cd_address(sid)) & ~(UINT64_C(3) << 45)) | (uint64_t)ar << 45);
		res = dma(&r, sid, VA, IOM_READ);
		CHECK_EQ(res.status, ar & 2 ? IOM_ABORT : IOM_RAZWI);
		CHECK_EQ(res.fault.recorded, ar & 1);
		CHECK_EQ(res.fault.code, 0x10);
	}
	CHECK_EQ(events_waiting(&r), 2);
	rig_close(&r);
}

static const iom_test tests[] = {
	{ "CMD_RESUME", resume },
	{ "termination", terminate },
	{ "a full event queue holds stalls back", full_queue_holds_back },
	{ "the limit of outstanding stalls", limit },
	{ "stage 2", stage2 },
	{ "stall models and speculation", models },
	{ "terminate model", terminate_model },
	{ 0 },
};
const iom_suite smmu_stall_suite = { "stall", tests };
