/* SPDX-License-Identifier: MIT */
/* PCIe ATS (3.9.1, 13.7) and its invalidations (4.5.1). */
#include "tests/smmu/rig.h"
#include "tests/smmu/suites.h"

#define VA UINT64_C(0x7000)
#define PA UINT64_C(0x50000000)
#define RW (IOM_READ | IOM_WRITE)
#define EATS(N) ((uint64_t)(N) << 28)

static void permissions(void)
{
	rig r;
	iom_result res;

	rig_open(&r, NULL);
	stream_s1(&r, 1, 1, 0);
	stream_word(&r, 1, 1, 0, EATS(1));
	map(&r, r.ttb[1], VA, PA, 12, AF | USER | NG);
	map(&r, r.ttb[1], VA + 0x1000, PA, 12, AF | USER | NG | RO);
	map(&r, r.ttb[1], VA + 0x2000, PA, 12, AF | NG);
	map(&r, r.ttb[1], VA + 0x3000, PA, 12, USER | NG);
	res = ats(&r, 1, VA, 0);
	CHECK_EQ(res.status, IOM_OK);
	CHECK_EQ(res.address, PA);
	CHECK_EQ(res.span, 4096);
	CHECK_EQ(res.permissions, RW);
	CHECK_EQ(ats(&r, 1, VA + 0x1000, 0).permissions, IOM_READ);
	/* privileged only, access flag, not mapped: success, nothing granted, no event */
	for (unsigned i = 2; i < 5; i++) {
		res = ats(&r, 1, VA + i * 0x1000, 0);
		CHECK_EQ(res.status, IOM_OK);
		CHECK_EQ(res.response, IOM_RESPONSE_SUCCESS);
		CHECK_EQ(res.permissions, 0);
	}
	CHECK_EQ(events_waiting(&r), 0);
	rig_close(&r);
}

static void refusals(void)
{
	uint64_t e[4];
	rig r;
	iom_result res;

	rig_open(&r, NULL);
	stream_s1(&r, 1, 1, 0);
	map(&r, r.ttb[1], VA, PA, 12, AF | USER | NG);
	res = ats(&r, 1, VA, IOM_REQ_NO_WRITE); /* EATS 0b00 */
	CHECK_EQ(res.status, IOM_ABORT);
	CHECK_EQ(res.response, IOM_RESPONSE_UR);
	CU_ASSERT_TRUE(event(&r, e));
	CHECK_EQ(e[0], UINT64_C(0x100000005));
	CHECK_EQ(e[1], UINT64_C(1) | UINT64_C(1) << 31); /* Span 1, R */
	CHECK_EQ(e[2], VA);
	/* C_BAD_STE: Completer Abort, silent without REC_CFG_ATS */
	res = ats(&r, 9, VA, 0);
	CHECK_EQ(res.response, IOM_RESPONSE_CA);
	CHECK_EQ(events_waiting(&r), 0);
	/* Config 0b000: silent Unsupported Request */
	set_word(&r, ste_address(2), 1);
	res = ats(&r, 2, VA, 0);
	CHECK_EQ(res.response, IOM_RESPONSE_UR);
	CHECK_EQ(events_waiting(&r), 0);
	wr(&r, CR0, EVENTQEN | CMDQEN);
	res = ats(&r, 1, VA, 0);
	CHECK_EQ(res.response, IOM_RESPONSE_UR);
	CHECK_EQ(events_waiting(&r), 1);
	rig_close(&r);
}

static void record_configuration_errors(void)
{
	uint64_t e[4];
	rig r;

	rig_open_reset(&r, NULL);
	rig_enable(&r, 0);
	wr(&r, CR2, 2 | 8);
	wr(&r, CR0, SMMUEN | EVENTQEN | CMDQEN);
	CHECK_EQ(ats(&r, 9, VA, 0).response, IOM_RESPONSE_CA);
	CU_ASSERT_TRUE(event(&r, e));
	CHECK_EQ(e[0], UINT64_C(0x900000004));
	CHECK_EQ(ats(&r, 0x1000, VA, 0).response, IOM_RESPONSE_CA);
	CU_ASSERT_TRUE(event(&r, e));
	CHECK_EQ(e[0] & 0xff, 2);
	rig_close(&r);
}

static void translated(void)
{
	iom_request q = { .address = PA,
			  .requester = 1,
			  .pasid = IOM_NO_PASID,
			  .access = IOM_READ,
			  .type = IOM_TRANSLATED };
	uint64_t e[4];
	iom_result res;
	rig r;

	rig_open(&r, NULL);
	stream_s1(&r, 1, 1, 0);
	iom_iommu_translate(r.iommu, &q, &res);
	CHECK_EQ(res.status, IOM_ABORT);
	CU_ASSERT_TRUE(event(&r, e));
	CHECK_EQ(e[0], UINT64_C(0x100000007));
	CHECK_EQ(e[1], UINT64_C(1) << 35); /* RnW */
	CHECK_EQ(e[2], PA);
	stream_word(&r, 1, 1, 0, EATS(1));
	iom_iommu_translate(r.iommu, &q, &res);
	CHECK_EQ(res.status, IOM_OK);
	CHECK_EQ(res.address, PA);
	/* Without ATSCHK nobody looks. */
	wr(&r, CR0, SMMUEN | EVENTQEN | CMDQEN);
	q.requester = 99;
	iom_iommu_translate(r.iommu, &q, &res);
	CHECK_EQ(res.status, IOM_OK);
	q.address = UINT64_C(1) << 50;
	iom_iommu_translate(r.iommu, &q, &res);
	CHECK_EQ(res.status, IOM_ABORT);
	CHECK_EQ(events_waiting(&r), 0);
	rig_close(&r);
}

/* EATS 0b10: the endpoint gets the IPA, stage 2 is checked twice. */
static void split_stage(void)
{
	const uint64_t ipa = 0x8000;
	iom_request q = { .address = ipa,
			  .requester = 1,
			  .pasid = IOM_NO_PASID,
			  .access = IOM_WRITE,
			  .type = IOM_TRANSLATED };
	iom_result res;
	rig r;

	rig_open(&r, NULL);
	stream_nested(&r, 1, 1, 1);
	stream_word(&r, 1, 1, 0, EATS(2));
	for (uint64_t b = 0x30000000; b < 0x50000000; b += 0x200000)
		map(&r, r.s2ttb, b, b, 21, AF | S2_R | S2_W | S2_WB);
	map(&r, r.ttb[1], VA, ipa, 12, AF | USER | NG);
	map(&r, r.s2ttb, ipa, PA, 12, AF | S2_R | S2_W | S2_WB);
	res = ats(&r, 1, VA, 0);
	CHECK_EQ(res.status, IOM_OK);
	CHECK_EQ(res.address, ipa);
	CHECK_EQ(res.permissions, RW);
	iom_iommu_translate(r.iommu, &q, &res);
	CHECK_EQ(res.status, IOM_OK);
	CHECK_EQ(res.address, PA);
	/* Full ATS gives the PA. */
	stream_word(&r, 1, 1, EATS(3), EATS(1));
	cmd(&r, CMD_CFGI_STE(1, 1));
	CHECK_EQ(ats(&r, 1, VA, 0).address, PA);
	/* Without ATSCHK split stage is off. */
	stream_word(&r, 1, 1, EATS(3), EATS(2));
	cmd(&r, CMD_CFGI_STE(1, 1));
	wr(&r, CR0, SMMUEN | EVENTQEN | CMDQEN);
	CHECK_EQ(ats(&r, 1, VA, 0).response, IOM_RESPONSE_UR);
	rig_close(&r);
}

static void invalidate(void)
{
	rig r;

	rig_open(&r, NULL);
	cmd(&r, CMD_ATC_INV(3, 0x12345000, 2));
	CHECK_EQ(r.n_ats, 1);
	CHECK_EQ(r.ats[0].requester, 3);
	CHECK_EQ(r.ats[0].address, 0x12344000);
	CHECK_EQ(r.ats[0].length, 0x4000);
	CHECK_EQ(r.ats[0].pasid, IOM_NO_PASID);
	cmd(&r, 0x40 | 1 << 9 | 1 << 11 | 0x55 << 12 | UINT64_C(3) << 32, 52);
	CHECK_EQ(r.ats[1].length, 0);
	CHECK_EQ(r.ats[1].pasid, 0x55);
	CHECK_EQ(r.ats[1].global, 1);
	cmd(&r, CMD_SYNC(1));
	CHECK_EQ(r.irqs[IOM_SMMU_IRQ_CMD_SYNC], 1);
	cmd(&r, CMD_ATC_INV(3, 0, 53));
	CHECK_EQ(rd(&r, GERROR), 1);
	rig_close(&r);
}

static void invalidate_pending(void)
{
	rig r;

	rig_open(&r, NULL);
	r.ats_answer = IOM_ATS_PENDING;
	cmd(&r, CMD_ATC_INV(3, 0, 0));
	cmd(&r, CMD_ATC_INV(4, 0, 0));
	CHECK_EQ(rd(&r, CMDQ_CONS), 2);
	cmd(&r, CMD_SYNC(1));
	cmd(&r, CMD_SYNC(1));
	CHECK_EQ(rd(&r, CMDQ_CONS), 2); /* waits at the first CMD_SYNC */
	iom_iommu_ats_completed(r.iommu, 4, r.ats[1].itag, true);
	CHECK_EQ(rd(&r, CMDQ_CONS), 2);
	iom_iommu_ats_completed(r.iommu, 9, 0, true); /* nobody's */
	CHECK_EQ(rd(&r, CMDQ_CONS), 2);
	iom_iommu_ats_completed(r.iommu, 3, r.ats[0].itag, true);
	CHECK_EQ(rd(&r, CMDQ_CONS), 4);
	CHECK_EQ(r.irqs[IOM_SMMU_IRQ_CMD_SYNC], 2);
	CHECK_EQ(rd(&r, GERROR), 0);
	rig_close(&r);
}

static void invalidate_timeout(void)
{
	rig r;

	rig_open(&r, NULL);
	r.ats_answer = IOM_ATS_PENDING;
	cmd(&r, CMD_ATC_INV(3, 0, 0));
	cmd(&r, CMD_SYNC(1));
	iom_iommu_ats_completed(r.iommu, 3, r.ats[0].itag, false);
	CHECK_EQ(rd(&r, CMDQ_CONS), 3u << 24 | 1); /* CERROR_ATC_INV_SYNC at the SYNC */
	CHECK_EQ(rd(&r, GERROR), 1);
	CHECK_EQ(r.irqs[IOM_SMMU_IRQ_CMD_SYNC], 0);
	wr(&r, GERRORN, 1);
	CHECK_EQ(rd(&r, CMDQ_CONS), 2);
	CHECK_EQ(r.irqs[IOM_SMMU_IRQ_CMD_SYNC], 1);
	rig_close(&r);
}

/* A function has 32 tags; the next invalidation waits for one. */
static void out_of_tags(void)
{
	bool used[32] = { false };
	rig r;

	rig_open(&r, NULL);
	r.ats_answer = IOM_ATS_PENDING;
	for (unsigned i = 0; i < 34; i++) {
		cmd(&r, CMD_ATC_INV(3, 0, 0));
		if (i < 32) {
			CU_ASSERT_TRUE_FATAL(r.ats[i].itag < 32);
			CU_ASSERT_FALSE(used[r.ats[i].itag]);
			used[r.ats[i].itag] = true;
		}
	}
	CHECK_EQ(r.n_ats, 32);
	iom_iommu_ats_completed(r.iommu, 3, 7, true);
	CHECK_EQ(r.n_ats, 33);
	CHECK_EQ(r.ats[32].itag, 7);
	CHECK_EQ(rd(&r, GERROR), 0);
	rig_close(&r);
}

static void not_enabled(void)
{
	iom_smmu_config c;
	rig r;

	rig_open_reset(&r, NULL);
	rig_enable(&r, CMDQEN);
	cmd(&r, CMD_ATC_INV(3, 0, 0)); /* consumed without effect */
	CHECK_EQ(r.n_ats, 0);
	CHECK_EQ(rd(&r, CMDQ_CONS), 1);
	rig_close(&r);
	rig_config(&c, "default", "ATS=0", NULL);
	rig_open(&r, &c);
	cmd(&r, CMD_ATC_INV(3, 0, 0));
	CHECK_EQ(rd(&r, GERROR), 1);
	rig_close(&r);
}

static const iom_test tests[] = {
	{ "permissions of completions", permissions },
	{ "requests that are refused", refusals },
	{ "REC_CFG_ATS", record_configuration_errors },
	{ "translated accesses", translated },
	{ "split stage", split_stage },
	{ "CMD_ATC_INV", invalidate },
	{ "CMD_SYNC waits for invalidations", invalidate_pending },
	{ "CERROR_ATC_INV_SYNC", invalidate_timeout },
	{ "invalidations wait for a tag", out_of_tags },
	{ "invalidations without ATS or SMMUEN", not_enabled },
	{ 0 },
};
const iom_suite smmu_ats_suite = { "ats", tests };
