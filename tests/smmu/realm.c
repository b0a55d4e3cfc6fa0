/* SPDX-License-Identifier: MIT */
/* The Realm interface, the Root page and granule protection (3.25). */
#include "tests/smmu/rig.h"
#include "tests/smmu/suites.h"

#define VA UINT64_C(0x7000)
#define PA UINT64_C(0x50000000)
#define GPT UINT64_C(0x70000000)

static uint64_t root_write(rig *r, uint64_t offset, unsigned size, uint64_t value)
{
	/* the last page of the frame */
	uint64_t at = iom_iommu_mmio_size(r->iommu) - 0x10000 + offset;

	iom_iommu_mmio_write(r->iommu, at, size, value, IOM_SPACE_ROOT);
	return iom_iommu_mmio_read(r->iommu, at, size, IOM_SPACE_ROOT);
}

static uint64_t root_read(rig *r, uint64_t offset, unsigned size)
{
	return iom_iommu_mmio_read(r->iommu, iom_iommu_mmio_size(r->iommu) - 0x10000 + offset, size,
				   IOM_SPACE_ROOT);
}

/* Opens with Root letting everything pass. */
static void open_rme(rig *r)
{
	iom_smmu_config c;

	rig_config(&c, "default", "IDR0.RME_IMPL=1", "R_IDR1.RME_DA_IMPL=1", "R_IDR0.ATS=1",
		   "R_IDR0.PRI=1", NULL);
	rig_open_reset(r, &c);
	CHECK_EQ(dma(r, 1, VA, IOM_READ).status, IOM_ABORT); /* ACCESSEN is 0 */
	CHECK_EQ(root_read(r, 0x38, 8) & 1, 1);
	CHECK_EQ(root_write(r, 0x38, 8, 0), 0);
	CHECK_EQ(root_write(r, 0x20, 4, 1), 1);
	CHECK_EQ(root_read(r, 0x24, 4), 1);
}

static uint64_t realm_base(rig *r)
{
	return 0x20000 + (root_read(r, 0, 4) >> 22) * 0x10000;
}

static void realm_stream(void)
{
	uint64_t base;
	iom_result res;
	rig r;

	open_rme(&r);
	CHECK_EQ(root_read(&r, 0, 4) & 0xf, 0xd); /* ROOT, RGPTM, REALM */
	base = realm_base(&r);
	/* disabled: always aborted; nobody else sees the page */
	r.space = IOM_SPACE_NONSECURE;
	CHECK_EQ(rd(&r, base + GBPA), 0);
	r.space = IOM_SPACE_REALM;
	CHECK_EQ(rd(&r, base + GBPA), 0x100000);
	CHECK_EQ(rd(&r, base + CR0), ATSCHK); /* RES1 */
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).status, IOM_ABORT);
	wr64(&r, base + STRTAB_BASE, STRTAB);
	wr(&r, base + STRTAB_BASE_CFG, 8);
	wr64(&r, base + CMDQ_BASE, CMDQ | QUEUE_LG2);
	wr64(&r, base + EVENTQ_BASE, EVENTQ | QUEUE_LG2);
	wr(&r, base + CR0, SMMUEN | EVENTQEN | CMDQEN);
	CHECK_EQ(rd(&r, base + 0x24), SMMUEN | EVENTQEN | CMDQEN | ATSCHK);
	stream_s1(&r, 1, 1, 0);
	map(&r, r.ttb[1], VA, PA, 12, AF | USER | NG);
	res = dma(&r, 1, VA, IOM_READ);
	CHECK_EQ(res.status, IOM_OK);
	CHECK_EQ(res.space, IOM_SPACE_REALM);
	/* faults go to the Realm queue and line */
	CHECK_EQ(dma(&r, 9, VA, IOM_READ).fault.recorded, 1);
	CHECK_EQ(rd(&r, base + EVENTQ_PROD), 1);
	wr(&r, base + IRQ_CTRL, 4);
	wr(&r, base + EVENTQ_CONS, 1);
	dma(&r, 9, VA, IOM_READ);
	CHECK_EQ(r.irqs[IOM_SMMU_IRQ_R_EVENTQ], 1);
	/* Realm commands: no stalls, its own translations only */
	set_word(&r, CMDQ, 0x10);
	set_word(&r, CMDQ + 8, 0);
	set_word(&r, CMDQ + 16, 0x44);
	map(&r, r.ttb[1], VA, PA + 0x1000, 12, AF | USER | NG);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, PA);
	wr(&r, base + CMDQ_PROD, 1);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, PA + 0x1000);
	wr(&r, base + CMDQ_PROD, 2);
	CHECK_EQ(rd(&r, base + CMDQ_CONS), 1u << 24 | 1);
	CHECK_EQ(rd(&r, base + GERROR), 1);
	rig_close(&r);
}

/* Stage 2 says whether the output is Realm or Non-secure. */
static void realm_stage2(void)
{
	uint64_t base;
	rig r;

	open_rme(&r);
	base = realm_base(&r);
	r.space = IOM_SPACE_REALM;
	wr64(&r, base + STRTAB_BASE, STRTAB);
	wr(&r, base + STRTAB_BASE_CFG, 8);
	wr(&r, base + CR0, SMMUEN);
	stream_s2(&r, 1, 1);
	map(&r, r.s2ttb, VA, PA, 12, AF | S2_R | S2_W | S2_WB);
	map(&r, r.s2ttb, VA + 0x1000, PA, 12, AF | S2_R | S2_W | S2_WB | UINT64_C(1) << 55);
	for (unsigned i = 0; i < 2; i++) {
		CHECK_EQ(dma(&r, 1, VA, IOM_READ).space, IOM_SPACE_REALM);
		CHECK_EQ(dma(&r, 1, VA + 0x1000, IOM_READ).space, IOM_SPACE_NONSECURE);
		CHECK_EQ(dma(&r, 1, VA, IOM_EXECUTE).status, IOM_OK);
		CHECK_EQ(dma(&r, 1, VA + 0x1000, IOM_EXECUTE).fault.code, 0x13);
	}
	rig_close(&r);
}

static void granules(void)
{
	iom_result res;
	uint64_t e[4];
	rig r;

	open_rme(&r);
	rig_enable(&r, SMMUEN | EVENTQEN | CMDQEN);
	stream_s1(&r, 1, 1, 0);
	map(&r, r.ttb[1], VA, PA, 12, AF | USER | NG);
	map(&r, r.ttb[1], VA + 0x1000, PA + 0x1000, 12, AF | USER | NG);
	/* 4 GiB protected, 4 KiB granules: GiB 0 any, GiB 1 by table, others Non-secure */
	root_write(&r, 0x28, 8, GPT);
	root_write(&r, 0x30, 8, 0);
	set_word(&r, GPT, 0xf1);
	set_word(&r, GPT + 8, (GPT + 0x100000) | 3);
	set_word(&r, GPT + 16, 0x91);
	set_word(&r, GPT + 24, 0x91);
	for (unsigned i = 0; i < 0x4000; i++) /* 16 granules in a word */
		set_word(&r, GPT + 0x100000 + 8 * i, UINT64_C(0x9999999999999999));
	CHECK_EQ(root_write(&r, 0x20, 4, 3), 3);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).status, IOM_OK);
	/* The second page becomes Realm: it aborts from now on, hit or not, silently. */
	CHECK_EQ(dma(&r, 1, VA + 0x1000, IOM_READ).status, IOM_OK);
	set_word(&r, GPT + 0x100000 + 8 * ((PA & 0x3fffffff) >> 16), UINT64_C(0x99999999999999b9));
	res = dma(&r, 1, VA + 0x1000, IOM_READ);
	CHECK_EQ(res.status, IOM_ABORT);
	CHECK_EQ(res.fault.code, 0);
	CHECK_EQ(events_waiting(&r), 0);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).status, IOM_OK);
	/* FAR: Non-secure, the address, a transaction */
	CHECK_EQ(root_read(&r, 0x38, 8), UINT64_C(1) << 62 | (PA + 0x1000) | 3 << 1 | 1);
	CHECK_EQ(root_write(&r, 0x38, 8, 0), 0);
	/* A table in the way of a walk: F_WALK_EABT with GPCF */
	set_word(&r, GPT + 0x100000 + 8 * ((r.ttb[1] & 0x3fffffff) >> 16),
		 UINT64_C(0xbbbbbbbbbbbbbbbb));
	cmd(&r, CMD_NSNH_ALL);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).fault.code, 0x0b);
	CU_ASSERT_TRUE(event(&r, e));
	CHECK_EQ(e[1] >> 16 & 1, 1);
	CHECK_EQ(root_read(&r, 0x38, 8) & 0xfff, 0x0b << 4 | 1 << 1 | 1);
	/* A broken table: the other register */
	CHECK_EQ(root_read(&r, 0x40, 8), 0);
	set_word(&r, GPT + 8, 0);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).status, IOM_ABORT);
	CHECK_EQ(root_read(&r, 0x40, 8) & 1, 1);
	CHECK_EQ(root_read(&r, 0x40, 8) >> 56 & 15, 3);
	/* guarded while checking */
	root_write(&r, 0x28, 8, 0);
	CHECK_EQ(root_read(&r, 0x28, 8), GPT);
	rig_close(&r);
}

/* RME without the Realm interface; EL3 streams are gone. */
static void no_el3(void)
{
	iom_smmu_config c;
	rig r;

	rig_config(&c, "default", "IDR0.RME_IMPL=1", "S_IDR1.SECURE_IMPL=1", NULL);
	rig_open_reset(&r, &c);
	root_write(&r, 0x20, 4, 1);
	CHECK_EQ(root_read(&r, 0, 4), 5);
	r.space = IOM_SPACE_SECURE;
	rig_enable(&r, SMMUEN | EVENTQEN | CMDQEN);
	stream_s1(&r, 1, 1, 0);
	stream_word(&r, 1, 1, 0, UINT64_C(1) << 30);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).fault.code, 0x04);
	cmd(&r, 0x18, 0);
	CHECK_EQ(rd(&r, S + GERROR), 1);
	rig_close(&r);
}

static const iom_test tests[] = {
	{ "Realm streams, queues and commands", realm_stream },
	{ "Realm stage 2", realm_stage2 },
	{ "granule protection", granules },
	{ "RME takes EL3 away", no_el3 },
	{ 0 },
};
const iom_suite smmu_realm_suite = { "realm", tests };
