/* SPDX-License-Identifier: MIT */
/* Performance monitor counter groups (10) and MPAM identification. */
#include "tests/smmu/rig.h"
#include "tests/smmu/suites.h"

#define VA UINT64_C(0x7000)
#define PA UINT64_C(0x50000000)

static uint64_t counters(rig *r)
{
	/* the last page of the frame */
	return iom_iommu_mmio_size(r->iommu) - 0x10000;
}

static void open_counters(rig *r)
{
	iom_smmu_config c;

	rig_config(&c, "default", "pmcg_groups=1", NULL);
	rig_open(r, &c);
	stream_s1(r, 1, 1, 0);
	stream_s1(r, 2, 2, 0);
	map(r, r->ttb[1], VA, PA, 12, AF | USER | NG);
	map(r, r->ttb[2], VA, PA, 12, AF | USER | NG);
}

/* Counter i counts event i of stream 1. */
static void events(void)
{
	uint64_t base;
	rig r;

	open_counters(&r);
	base = counters(&r);
	CHECK_EQ(rd(&r, base + 0xe00) & 0x3f, 7); /* eight counters */
	CHECK_EQ(rd(&r, base + 0xe20), 0xff);
	for (unsigned i = 1; i < 6; i++) {
		wr(&r, base + 0x400 + 4 * i, i);
		wr(&r, base + 0xa00 + 4 * i, 1);
	}
	wr(&r, base + 0xc00, 0x3e);
	dma(&r, 1, VA, IOM_READ); /* not enabled yet */
	CHECK_EQ(rd64(&r, base + 8), 0);
	wr(&r, base + 0xe04, 1);
	cmd(&r, CMD_CFGI_RANGE(0, 31));
	cmd(&r, CMD_NSNH_ALL);
	dma(&r, 1, VA, IOM_READ);
	dma(&r, 1, VA, IOM_READ);
	dma(&r, 1, VA, IOM_READ);
	dma(&r, 2, VA, IOM_READ);
	CHECK_EQ(rd64(&r, base + 1 * 8), 3);
	CHECK_EQ(rd64(&r, base + 2 * 8), 1);
	CHECK_EQ(rd64(&r, base + 3 * 8), 1);
	CHECK_EQ(rd64(&r, base + 4 * 8), 4);
	CHECK_EQ(rd64(&r, base + 5 * 8), 2);
	/* Who only looks is no traffic. */
	for (uint64_t va = VA; va < VA + 0x4000; va += 0x1000) {
		iom_request look = { .address = va, .requester = 1, .pasid = IOM_NO_PASID };
		iom_result found;

		iom_iommu_inspect(r.iommu, &look, &found);
		CHECK_EQ(found.status, va == VA ? IOM_OK : IOM_ABORT);
		look.type = IOM_TRANSLATION_REQUEST;
		iom_iommu_inspect(r.iommu, &look, &found);
	}
	CHECK_EQ(rd64(&r, base + 1 * 8), 3);
	CHECK_EQ(rd64(&r, base + 2 * 8), 1);
	CHECK_EQ(rd64(&r, base + 4 * 8), 4);
	wr(&r, base + 0xc20, 2);
	dma(&r, 1, VA, IOM_READ);
	CHECK_EQ(rd64(&r, base + 1 * 8), 3);
	rig_close(&r);
}

static void overflow(void)
{
	uint64_t base;
	rig r;

	open_counters(&r);
	base = counters(&r);
	wr(&r, base + 0x400, 1u << 31 | 1u << 29 | 1); /* capture, StreamID span */
	wr(&r, base + 0xa00, 1); /* streams 0 to 3 */
	wr64(&r, base, UINT64_MAX - 1);
	CHECK_EQ(rd(&r, base + 4), 0xffffffff);
	wr64(&r, base + 0xe58, 0x60000000);
	wr(&r, base + 0xe60, 0x77);
	wr(&r, base + 0xe50, 1);
	CHECK_EQ(rd(&r, base + 0xe54), 1);
	wr(&r, base + 0xc40, 1);
	wr(&r, base + 0xc00, 1);
	wr(&r, base + 0xe04, 1);
	dma(&r, 1, VA, IOM_READ);
	CHECK_EQ(rd(&r, base + 0xc80), 0);
	dma(&r, 2, VA, IOM_READ);
	CHECK_EQ(rd(&r, base + 0xc80), 1);
	CHECK_EQ(r.irqs[IOM_SMMU_IRQ_PMCG], 1);
	CHECK_EQ(word(&r, 0x60000000), 0x77);
	CHECK_EQ(rd64(&r, base), 0);
	CHECK_EQ(rd64(&r, base + 0x600), 0);
	wr(&r, base + 0xc80, 1);
	CHECK_EQ(rd(&r, base + 0xc80), 0);
	/* captured by hand */
	dma(&r, 2, VA, IOM_READ);
	CHECK_EQ(rd64(&r, base + 0x600), 0);
	wr(&r, base + 0xd88, 1);
	CHECK_EQ(rd64(&r, base + 0x600), 1);
	rig_close(&r);
}

static void absent(void)
{
	rig r;

	rig_open(&r, NULL);
	CHECK_EQ(iom_iommu_mmio_size(r.iommu), 0x30000); /* two pages and VATOS */
	CHECK_EQ(rd(&r, 0x30000 + 0xe00), 0);
	rig_close(&r);
}

/* PARTID and PMG: of the STE, of the CD, of GBPMPAM; beyond the largest: 0. */
static void mpam(void)
{
	iom_smmu_config c;
	iom_result res;
	rig r;

	rig_config(&c, "default", "MPAM=1", "MPAMIDR.PARTID_MAX=100", "MPAMIDR.PMG_MAX=3", NULL);
	rig_open_reset(&r, &c);
	CHECK_EQ(rd(&r, 0x130), 3 << 16 | 100);
	wr(&r, 0x13c, 0x80000000 | 2 << 16 | 9);
	CHECK_EQ(rd(&r, 0x13c), 2 << 16 | 9);
	res = dma(&r, 1, VA, IOM_READ);
	CHECK_EQ(res.partid, 9);
	CHECK_EQ(res.pmg, 2);
	rig_enable(&r, SMMUEN | CMDQEN);
	stream_s1(&r, 1, 1, 0);
	map(&r, r.ttb[1], VA, PA, 12, AF | USER | NG);
	stream_word(&r, 1, 4, 0, 55 << 16);
	stream_word(&r, 1, 5, 0, 1);
	for (unsigned i = 0; i < 2; i++) {
		res = dma(&r, 1, VA, IOM_READ);
		CHECK_EQ(res.partid, 55);
		CHECK_EQ(res.pmg, 1);
	}
	/* S1MPAM: the CD's */
	stream_word(&r, 1, 1, 0, 1 << 26);
	set_word(&r, cd_address(1) + 40, UINT64_C(66) << 32 | UINT64_C(3) << 48);
	cmd(&r, CMD_CFGI_STE(1, 1));
	res = dma(&r, 1, VA, IOM_READ);
	CHECK_EQ(res.partid, 66);
	CHECK_EQ(res.pmg, 3);
	/* nested: through the map of the VMS */
	stream_nested(&r, 2, 2, 1);
	for (uint64_t b = 0x30000000; b < 0x50000000; b += 0x200000)
		map(&r, r.s2ttb, b, b, 21, AF | S2_R | S2_W | S2_WB);
	map(&r, r.ttb[2], VA, 0x40000000, 12, AF | USER | NG);
	stream_word(&r, 2, 1, 0, 1 << 26);
	stream_word(&r, 2, 5, 0, 0x7f000000);
	set_word(&r, cd_address(2) + 40, UINT64_C(6) << 32);
	set_word(&r, 0x7f000008, UINT64_C(77) << 32);
	CHECK_EQ(dma(&r, 2, VA, IOM_READ).partid, 77);
	iom_memory_inject(r.mem, 0x7f000000, 4096, true, false, IOM_MEM_ABORT);
	cmd(&r, CMD_CFGI_STE(2, 1));
	CHECK_EQ(dma(&r, 2, VA, IOM_READ).fault.code, 0x25);
	cmd(&r, 0x07 | UINT64_C(1) << 32, 0);
	CHECK_EQ(rd(&r, GERROR), 0);
	rig_close(&r);
}

static const iom_test tests[] = {
	{ "events and filters", events },
	{ "overflow, message, capture", overflow },
	{ "without counter groups", absent },
	{ "MPAM identification", mpam },
	{ 0 },
};
const iom_suite smmu_pmcg_suite = { "pmcg", tests };
