/* SPDX-License-Identifier: MIT */
/* Secure stage 2, permission indirection, and what embedders are told. */
#include "tests/smmu/rig.h"
#include "tests/smmu/suites.h"

#define VA UINT64_C(0x7000)
#define PA UINT64_C(0x50000000)

/* Secure streams have a stage 2 for each IPA space (5.2 S_S2TTB, 13.4.4). */
static void secure_stage2(void)
{
	const uint64_t identity = AF | S2_R | S2_W | S2_WB;
	iom_smmu_config c;
	iom_result res;
	uint64_t e[4];
	rig r;

	rig_config(&c, "default", "S_IDR1.SECURE_IMPL=1", "S_IDR1.SEL2=1", NULL);
	rig_open_reset(&r, &c);
	r.space = IOM_SPACE_SECURE;
	rig_enable(&r, SMMUEN | EVENTQEN | CMDQEN);
	stream_nested(&r, 1, 1, 1);
	/* S_S2TTB: the tables of the rig; S2TTB: others. Same shape. */
	set_word(&r, ste_address(1) + 32, UINT64_C(25) << 32 | UINT64_C(1) << 38);
	set_word(&r, ste_address(1) + 48, r.s2ttb);
	for (uint64_t b = 0x30000000; b < 0x40400000; b += 0x200000)
		map(&r, r.s2ttb, b, b, 21, identity);
	map(&r, r.s2ttb, 0x8000, PA, 12, identity);
	r.s2ttb = new_table(&r);
	map(&r, r.s2ttb, 0x8000, PA + 0x100000, 12, identity);
	set_word(&r, ste_address(1) + 24, r.s2ttb);
	map(&r, r.ttb[1], VA, 0x8000, 12, AF | USER | NG);
	map(&r, r.ttb[1], VA + 0x1000, 0x8000, 12, AF | USER | NG | 1 << 5); /* NS */
	map(&r, r.ttb[1], VA + 0x2000, 0x9000, 12, AF | USER | NG | 1 << 5);
	for (unsigned i = 0; i < 2; i++) {
		res = dma(&r, 1, VA, IOM_READ);
		CHECK_EQ(res.address, PA);
		CHECK_EQ(res.space, IOM_SPACE_SECURE);
		res = dma(&r, 1, VA + 0x1000, IOM_READ);
		CHECK_EQ(res.address, PA + 0x100000);
		CHECK_EQ(res.space, IOM_SPACE_SECURE); /* S2NSA is 0 */
	}
	CHECK_EQ(dma(&r, 1, VA + 0x2000, IOM_READ).fault.code, 0x10);
	CU_ASSERT_TRUE(event(&r, e));
	CHECK_EQ(e[1] >> 38 & 1, 1); /* NSIPA */
	/* S2NSA: the Non-secure IPA space goes to Non-secure memory */
	stream_word(&r, 1, 3, 0, 2);
	cmd(&r, 0x03 | 1 << 10 | UINT64_C(1) << 32, 1);
	CHECK_EQ(dma(&r, 1, VA + 0x1000, IOM_READ).space, IOM_SPACE_NONSECURE);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).space, IOM_SPACE_SECURE);
	/* S2SA: both */
	stream_word(&r, 1, 6, 0, 2);
	cmd(&r, 0x03 | 1 << 10 | UINT64_C(1) << 32, 1);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).space, IOM_SPACE_NONSECURE);
	/* CMD_TLBI_S_S12_VMALL */
	CHECK_EQ(dma(&r, 1, VA + 0x1000, IOM_READ).address, PA + 0x100000);
	map(&r, r.s2ttb, 0x8000, PA + 0x200000, 12, identity);
	CHECK_EQ(dma(&r, 1, VA + 0x1000, IOM_READ).address, PA + 0x100000);
	cmd(&r, CMD_S12_VMALL(1)); /* the Non-secure one */
	CHECK_EQ(dma(&r, 1, VA + 0x1000, IOM_READ).address, PA + 0x100000);
	cmd(&r, 0x58 | UINT64_C(1) << 32, 0);
	CHECK_EQ(dma(&r, 1, VA + 0x1000, IOM_READ).address, PA + 0x200000);
	CHECK_EQ(rd(&r, S + GERROR), 0);
	rig_close(&r);
}

/* 3.26.2: S2PII by PIIndex, narrowed by the overlay of POIndex. */
static void stage2_indirection(void)
{
	const uint64_t ix1 = UINT64_C(1) << 6; /* PIIndex 1 */
	iom_smmu_config c;
	rig r;

	rig_config(&c, "default", "S2PI=1", "S2PO=1", NULL);
	rig_open_reset(&r, &c);
	/* base 0: read-only, base 1: read, write, execute for both */
	wr64(&r, 0x30, 0xf8);
	rig_enable(&r, SMMUEN | EVENTQEN | CMDQEN);
	stream_s2(&r, 1, 1);
	stream_word(&r, 1, 2, 0, UINT64_C(3) << 60); /* S2PIE, S2POE */
	set_word(&r, ste_address(1) + 56, 0x8f); /* overlay 0: all, 1: read-only */
	map(&r, r.s2ttb, VA, PA, 12, AF | S2_W | S2_WB);
	map(&r, r.s2ttb, VA + 0x1000, PA, 12, AF | S2_W | S2_WB | ix1);
	map(&r, r.s2ttb, VA + 0x2000, PA, 12, AF | S2_W | S2_WB | ix1 | UINT64_C(1) << 59);
	map(&r, r.s2ttb, VA + 0x3000, PA, 12, AF | S2_WB | ix1); /* not Dirty */
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).permissions, IOM_READ);
	CHECK_EQ(dma(&r, 1, VA, IOM_WRITE).fault.code, 0x13);
	CHECK_EQ(dma(&r, 1, VA + 0x1000, IOM_WRITE).permissions,
		 IOM_READ | IOM_WRITE | IOM_EXECUTE);
	CHECK_EQ(dma(&r, 1, VA + 0x2000, IOM_READ).permissions, IOM_READ);
	CHECK_EQ(dma(&r, 1, VA + 0x3000, IOM_WRITE).fault.code, 0x13);
	CHECK_EQ(dma(&r, 1, VA + 0x3000, IOM_READ).status, IOM_OK);
	/* S2HA and S2HD make it dirty */
	stream_word(&r, 1, 2, 0, UINT64_C(3) << 55);
	cmd(&r, CMD_CFGI_STE(1, 1));
	CHECK_EQ(dma(&r, 1, VA + 0x3000, IOM_WRITE).status, IOM_OK);
	CHECK_EQ(word(&r, leaf_address(&r, r.s2ttb, VA + 0x3000)) & S2_W, S2_W);
	rig_close(&r);
}

/* What each command tells others who cache translations. */
static void notifications(void)
{
	rig r;

	rig_open(&r, NULL);
	cmd(&r, CMD_CFGI_STE(7, 1));
	CHECK_EQ(r.inv[0].kind, IOM_INV_CONFIG);
	CHECK_EQ(r.inv[0].requester, 7);
	cmd(&r, CMD_CFGI_RANGE(0, 31));
	CHECK_EQ(r.inv[1].requester, IOM_INV_ANY);
	cmd(&r, CMD_CFGI_CD(7, 5));
	CHECK_EQ(r.inv[2].pasid, 5);
	cmd(&r, 0x12 | UINT64_C(3) << 32 | UINT64_C(11) << 48 | 3 << 12, VA | 1 << 10 | 1);
	CHECK_EQ(r.inv[3].kind, IOM_INV_TLB);
	CHECK_EQ(r.inv[3].stage, 1);
	CHECK_EQ(r.inv[3].vmid, 3);
	CHECK_EQ(r.inv[3].asid, 11);
	CHECK_EQ(r.inv[3].address, VA);
	CHECK_EQ(r.inv[3].length, 0x4000);
	CHECK_EQ(r.inv[3].granule_lg2, 12);
	CHECK_EQ(r.inv[3].leaf, 1);
	cmd(&r, CMD_NH_ASID(3, 11));
	CHECK_EQ(r.inv[4].length, 0);
	CHECK_EQ(r.inv[4].global, 0);
	cmd(&r, CMD_S2_IPA(3, VA));
	CHECK_EQ(r.inv[5].stage, 2);
	CHECK_EQ(r.inv[5].asid, IOM_INV_ANY);
	cmd(&r, CMD_NSNH_ALL);
	CHECK_EQ(r.inv[6].kind, IOM_INV_ALL);
	cmd(&r, CMD_SYNC(0));
	CHECK_EQ(r.n_inv, 7);
	rig_close(&r);
}

/* An observer sees the walk read by read. */
struct seen {
	unsigned reads, faults, commands, results;
	uint64_t addresses[16];
	char names[16][40];
};

static void see(void *opaque, const iom_step *step)
{
	struct seen *s = opaque;

	switch (step->kind) {
	case IOM_STEP_READ:
		CU_ASSERT_PTR_NOT_NULL(step->layout);
		CU_ASSERT_PTR_NOT_NULL(step->section);
		if (s->reads < 16) {
			s->addresses[s->reads] = step->address;
			g_strlcpy(s->names[s->reads], step->what, sizeof(s->names[0]));
		}
		s->reads++;
		break;
	case IOM_STEP_FAULT:
		s->faults++;
		break;
	case IOM_STEP_COMMAND:
		s->commands++;
		break;
	case IOM_STEP_RESULT:
		s->results++;
		break;
	default:
		break;
	}
}

static void observer(void)
{
	static const char *const names[] = { "STE",
					     "CD",
					     "stage 1 level 0 descriptor",
					     "stage 1 level 1 descriptor",
					     "stage 1 level 2 descriptor",
					     "stage 1 level 3 descriptor" };
	struct seen s = { 0 };
	rig r;

	rig_open(&r, NULL);
	stream_s1(&r, 1, 1, 0);
	map(&r, r.ttb[1], VA, PA, 12, AF | USER | NG);
	iom_iommu_observe(r.iommu, see, &s);
	dma(&r, 1, VA, IOM_READ);
	CHECK_EQ(s.reads, 6);
	for (unsigned i = 0; i < 6; i++)
		CU_ASSERT_STRING_EQUAL(s.names[i], names[i]);
	CHECK_EQ(s.addresses[0], ste_address(1));
	CHECK_EQ(s.addresses[1], cd_address(1));
	CHECK_EQ(s.addresses[5], leaf_address(&r, r.ttb[1], VA));
	CHECK_EQ(s.faults, 0);
	CHECK_EQ(s.results, 1);
	dma(&r, 9, VA, IOM_READ);
	CHECK_EQ(s.faults, 1);
	cmd(&r, CMD_SYNC(0));
	CHECK_EQ(s.commands, 1);
	rig_close(&r);
}

static const iom_test tests[] = {
	{ "Secure stage 2", secure_stage2 },
	{ "stage 2 permission indirection", stage2_indirection },
	{ "notifications of invalidations", notifications },
	{ "the observer", observer },
	{ 0 },
};
const iom_suite smmu_worlds_suite = { "worlds", tests };
