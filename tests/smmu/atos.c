/* SPDX-License-Identifier: MIT */
/* Address translation operations (9) and enhanced command queues (3.5.6). */
#include "core/front.h"
#include "tests/smmu/rig.h"
#include "tests/smmu/suites.h"

#define VA UINT64_C(0x7000)
#define PA UINT64_C(0x50000000)

enum { CTRL = 0x100, SID = 0x108, ADDR = 0x110, PAR = 0x118 };

static uint64_t operate(rig *r, uint64_t base, uint32_t sid, uint64_t va, unsigned type, bool read)
{
	wr64(r, base + SID, sid);
	wr64(r, base + ADDR, va | type << 10 | (unsigned)read << 8);
	wr(r, base + CTRL, 1);
	CHECK_EQ(rd(r, base + CTRL), 0);
	return rd64(r, base + PAR);
}

static void nested_tables(rig *r)
{
	for (uint64_t b = 0x30000000; b < 0x50000000; b += 0x200000)
		map(r, r->s2ttb, b, b, 21, AF | S2_R | S2_W | S2_WB);
	map(r, r->s2ttb, 0x8000, PA, 12, AF | S2_R | S2_WB);
	map(r, r->ttb[1], VA, 0x8000, 12, AF | USER | NG | 3 << 8);
	map(r, r->ttb[1], VA + 0x1000, 0x9000, 12, AF | USER | NG);
	map(r, r->ttb[1], 0x40000000, 0x40000000, 30, AF | USER | NG | 3 << 8);
}

static void global(void)
{
	rig r;

	rig_open(&r, NULL);
	stream_nested(&r, 1, 1, 1);
	nested_tables(&r);
	stream_s1(&r, 2, 2, 1);
	map(&r, r.ttb[2], 0x40000000, 0x80000000, 30, AF | USER | NG | 3 << 8);
	/* stage 1: the IPA; stages 1 and 2: the PA, write-back inner shareable */
	CHECK_EQ(operate(&r, 0, 1, VA, 1, true), UINT64_C(0x8000) | UINT64_C(0xff) << 56 | 3 << 8);
	CHECK_EQ(operate(&r, 0, 1, VA, 3, true), PA | UINT64_C(0xff) << 56 | 3 << 8);
	CHECK_EQ(operate(&r, 0, 1, 0x8000, 2, true) & UINT64_C(0xfffffffff001), PA);
	/* 1 GiB: Size, and the lowest bit of ADDR says how much */
	CHECK_EQ(operate(&r, 0, 2, 0x40123000, 1, true) & UINT64_C(0xfffffffffc01),
		 UINT64_C(0x80000000) | 1 << 29 | 1 << 11);
	/* stage 2 permission: F_PERMISSION, REASON input, IPA */
	CHECK_EQ(operate(&r, 0, 1, VA, 3, false), UINT64_C(0x8000) | 0x13 << 4 | 3 << 1 | 1);
	CHECK_EQ(operate(&r, 0, 1, VA + 0x1000, 3, true),
		 UINT64_C(0x9000) | 0x10 << 4 | 3 << 1 | 1);
	/* not mapped at stage 1 */
	CHECK_EQ(operate(&r, 0, 1, 0xa000, 1, true), 0x10 << 4 | 1);
	CHECK_EQ(operate(&r, 0, 9, VA, 1, true), 0x04 << 4 | 1);
	CHECK_EQ(operate(&r, 0, 0x1000, VA, 1, true), 0x02 << 4 | 1);
	/* INV_REQ and INV_STAGE */
	CHECK_EQ(operate(&r, 0, 1, VA, 0, true), 0xff << 4 | 1);
	CHECK_EQ(operate(&r, 0, 2, VA, 2, true), 0xfe << 4 | 1);
	/* No event, nothing stalls. */
	CHECK_EQ(events_waiting(&r), 0);
	/* Without SMMUEN nothing runs. */
	wr(&r, CR0, 0);
	CHECK_EQ(operate(&r, 0, 1, VA, 1, true), 0xfe << 4 | 1);
	rig_close(&r);
}

static void virtual_page(void)
{
	const uint64_t page = 0x20000 + 0xa00 - 0x100;
	rig r;

	rig_open(&r, NULL);
	stream_nested(&r, 1, 1, 1);
	nested_tables(&r);
	wr(&r, 0x180, 1); /* VATOS_SEL */
	CHECK_EQ(operate(&r, page, 1, VA, 1, true),
		 UINT64_C(0x8000) | UINT64_C(0xff) << 56 | 3 << 8);
	CHECK_EQ(operate(&r, page, 1, VA, 3, true), 0xff << 4 | 1);
	wr(&r, 0x180, 2); /* another VMID */
	CHECK_EQ(operate(&r, page, 1, VA, 1, true), 0xff << 4 | 1);
	rig_close(&r);
}

static void absent(void)
{
	iom_smmu_config c;
	rig r;

	rig_config(&c, "default", "ATOS=0", NULL);
	rig_open(&r, &c);
	wr64(&r, SID, 1);
	CHECK_EQ(rd64(&r, SID), 0);
	wr(&r, CTRL, 1);
	CHECK_EQ(rd64(&r, PAR), 0);
	rig_close(&r);
}

/* HTTUI: the flags are treated as set, and stay. */
static void passive(void)
{
	uint64_t leaf;
	rig r;

	rig_open(&r, NULL);
	stream_s1(&r, 1, 1, 0);
	set_word(&r, cd_address(1), word(&r, cd_address(1)) | UINT64_C(3) << 42);
	map(&r, r.ttb[1], VA, PA, 12, USER | NG | RO | DBM);
	leaf = leaf_address(&r, r.ttb[1], VA);
	wr64(&r, SID, 1);
	wr64(&r, ADDR, VA | 1 << 10 | 1 << 6);
	wr(&r, CTRL, 1);
	CHECK_EQ(rd64(&r, PAR) & 1, 0);
	CHECK_EQ(word(&r, leaf), PA | USER | NG | RO | DBM | 3);
	wr64(&r, ADDR, VA | 1 << 10);
	wr(&r, CTRL, 1);
	CHECK_EQ(rd64(&r, PAR) & 1, 0);
	CHECK_EQ(word(&r, leaf), PA | AF | USER | NG | DBM | 3);
	rig_close(&r);
}

/* ------------------------------------------------------------------------
 * ECMDQ: two pages with two queues each
 */
static void push(rig *r, uint64_t regs, uint64_t base, uint32_t *prod, uint64_t w0, uint64_t w1)
{
	set_word(r, base + (*prod & 7) * 16, w0);
	set_word(r, base + (*prod & 7) * 16 + 8, w1);
	*prod = (*prod + 1) & 15;
	wr(r, regs + 8, 0x80000000 | (rd(r, regs + 8) & 0x800000) | *prod);
}

static void enhanced_queues(void)
{
	const uint64_t base = UINT64_C(0x23000000);
	iom_smmu_config c;
	uint64_t page, regs;
	uint32_t prod = 0;
	rig r;

	rig_config(&c, "default", "ECMDQ=1", "IDR6.CMDQ_CONTROL_PAGE_LOG2NUMP=1",
		   "IDR6.CMDQ_CONTROL_PAGE_LOG2NUMQ=1", NULL);
	rig_open(&r, &c);
	stream_s1(&r, 1, 11, 1);
	map(&r, r.ttb[1], VA, PA, 12, AF | USER | NG);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, PA);
	page = rd64(&r, 0x4020);
	CHECK_EQ(page & 7, 3); /* preset, 64 KiB */
	CHECK_EQ(rd(&r, 0x4028), 1);
	CHECK_EQ(rd(&r, 0x402c), 1);
	CHECK_EQ(rd64(&r, 0x4040), 0); /* there are two */
	page &= ~UINT64_C(0xffff);
	CHECK_EQ(page, (rd64(&r, 0x4000) & ~UINT64_C(0xffff)) + 0x10000);
	regs = page + 0x8000; /* queue 1 of page 1 */
	wr64(&r, regs, base | 3);
	CHECK_EQ(rd64(&r, regs), base | 3);
	wr(&r, regs + 8, 0x80000000);
	CHECK_EQ(rd(&r, regs + 12), 0x80000000);
	wr64(&r, regs, 0); /* enabled: not writable */
	CHECK_EQ(rd64(&r, regs), base | 3);
	map(&r, r.ttb[1], VA, PA + 0x1000, 12, AF | USER | NG);
	push(&r, regs, base, &prod, CMD_NH_ALL(1));
	push(&r, regs, base, &prod, CMD_SYNC(1));
	CHECK_EQ(rd(&r, regs + 12), 0x80000002);
	CHECK_EQ(r.irqs[IOM_SMMU_IRQ_CMD_SYNC], 1);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, PA + 0x1000);
	/* An error: toggle, reason, GERROR.CMDQP_ERR; ERRACK resumes. */
	push(&r, regs, base, &prod, 0xff, 0);
	CHECK_EQ(rd(&r, regs + 12), 0x80000000 | 1 << 23 | 1 << 24 | 2);
	CHECK_EQ(rd(&r, GERROR), 0x200);
	push(&r, regs, base, &prod, CMD_SYNC(1));
	CHECK_EQ(rd(&r, regs + 12) & 0xfffff, 2);
	set_word(&r, base + 2 * 16, 0x46);
	wr(&r, regs + 8, 0x80800000 | prod);
	CHECK_EQ(rd(&r, regs + 12), 0x80000000 | 1 << 23 | 4);
	/* The ordinary queue was never in the way. */
	cmd(&r, CMD_SYNC(0));
	CHECK_EQ(rd(&r, CMDQ_CONS), 1);
	wr(&r, regs + 8, 0x800000 | prod);
	CHECK_EQ(rd(&r, regs + 12) >> 31, 0);
	rig_close(&r);
}

/*
 * What a thread remembers of its hits does not end with a doorbell: only commands end it,
 * whichever queue they come through.
 */
static void doorbells(void)
{
	const uint64_t base = UINT64_C(0x23000000);
	uint64_t regs, hits;
	uint32_t prod = 0;
	iom_smmu_config c;
	rig r;

	rig_config(&c, "default", "ECMDQ=1", NULL);
	rig_open(&r, &c);
	stream_s1(&r, 1, 11, 1);
	map(&r, r.ttb[1], VA, PA, 12, AF | USER | NG);
	regs = rd64(&r, 0x4000) & UINT64_C(0x000fffffffff0000);
	wr64(&r, regs, base | 3);
	wr(&r, regs + 8, 0x80000000);
	for (unsigned i = 0; i < 3; i++)
		CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, PA);
	hits = iom_front_hits(r.iommu);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, PA);
	CHECK_EQ(iom_front_hits(r.iommu), ++hits);
	/* No command, one that ends nothing, one of another ASID's page, a wait. */
	wr(&r, regs + 8, 0x80000000);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, PA);
	CHECK_EQ(iom_front_hits(r.iommu), ++hits);
	push(&r, regs, base, &prod, CMD_SYNC(0));
	push(&r, regs, base, &prod, CMD_NH_VA(1, 12, VA));
	push(&r, regs, base, &prod, CMD_SYNC(1));
	CHECK_EQ(rd(&r, regs + 12), 0x80000000 | prod);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, PA);
	CHECK_EQ(iom_front_hits(r.iommu), ++hits);
	for (unsigned by = 0; by < 3; by++) {
		uint64_t pa = PA + (by + 1) * 0x1000;

		map(&r, r.ttb[1], VA, pa, 12, AF | USER | NG);
		CHECK_EQ(iom_front_hits(r.iommu), hits);
		if (by == 0)
			push(&r, regs, base, &prod, CMD_NH_VA(1, 11, VA));
		else if (by == 1)
			push(&r, regs, base, &prod, CMD_NH_ASID(1, 11));
		else
			push(&r, regs, base, &prod, CMD_NSNH_ALL);
		CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, pa);
		CHECK_EQ(iom_front_hits(r.iommu), hits);
		CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, pa);
		CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, pa);
		hits = iom_front_hits(r.iommu);
	}
	rig_close(&r);
}

static const iom_test tests[] = {
	{ "GATOS", global },
	{ "VATOS", virtual_page },
	{ "without ATOS", absent },
	{ "HTTUI", passive },
	{ "enhanced command queues", enhanced_queues },
	{ "doorbells of enhanced command queues", doorbells },
	{ 0 },
};
const iom_suite smmu_atos_suite = { "atos", tests };
