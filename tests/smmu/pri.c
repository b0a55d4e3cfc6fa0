/* SPDX-License-Identifier: MIT */
/* Page requests and responses (8). The PRI queue of the rig has 4 entries. */
#include "tests/smmu/rig.h"
#include "tests/smmu/suites.h"

static iom_prq_status ask(rig *r, uint32_t sid, uint32_t pasid, unsigned index, unsigned access,
			  bool last)
{
	iom_page_request q = { .address = 0x7000,
			       .requester = sid,
			       .pasid = pasid,
			       .prg_index = (uint16_t)index,
			       .access = (uint8_t)access,
			       .last = last,
			       .privileged = 1 };

	return iom_iommu_page_request(r->iommu, &q);
}

static void entries(void)
{
	rig r;

	rig_open(&r, NULL);
	CHECK_EQ(ask(&r, 5, 0x33, 0x101, IOM_READ | IOM_EXECUTE, true), IOM_PRQ_QUEUED);
	CHECK_EQ(word(&r, PRIQ),
		 UINT64_C(5) | UINT64_C(0x33) << 32 | UINT64_C(7) << 58 | UINT64_C(3) << 62);
	CHECK_EQ(word(&r, PRIQ + 8), 0x7101);
	CHECK_EQ(r.irqs[IOM_SMMU_IRQ_PRIQ], 1);
	/* Without PASID neither privilege nor execute */
	CHECK_EQ(ask(&r, 5, IOM_NO_PASID, 1, IOM_WRITE | IOM_EXECUTE, false), IOM_PRQ_QUEUED);
	CHECK_EQ(word(&r, PRIQ + 16), UINT64_C(5) | UINT64_C(1) << 61);
	CHECK_EQ(r.irqs[IOM_SMMU_IRQ_PRIQ], 1);
	CHECK_EQ(rd(&r, PRIQ_PROD), 2);
	rig_close(&r);
}

static void fill(rig *r)
{
	for (unsigned i = 0; i < 4; i++)
		CHECK_EQ(ask(r, 5, IOM_NO_PASID, i, IOM_READ, true), IOM_PRQ_QUEUED);
}

static void overflow(void)
{
	rig r;

	rig_open(&r, NULL);
	fill(&r);
	/* Not Last: silent. Last: Success. */
	CHECK_EQ(ask(&r, 5, IOM_NO_PASID, 9, IOM_READ, false), IOM_PRQ_DROPPED);
	CHECK_EQ(rd(&r, PRIQ_PROD), 0x80000004);
	CHECK_EQ(r.n_responses, 0);
	CHECK_EQ(ask(&r, 5, IOM_NO_PASID, 9, IOM_READ, true), IOM_PRQ_RESPONDED);
	CHECK_EQ(r.responses[0].code, IOM_PRG_SUCCESS);
	CHECK_EQ(r.responses[0].prg_index, 9);
	CHECK_EQ(r.responses[0].pasid, IOM_NO_PASID);
	CHECK_EQ(r.responses[0].automatic, 1);
	/* While the overflow is outstanding nothing is written, even with room. */
	wr(&r, PRIQ_CONS, 2);
	CHECK_EQ(ask(&r, 5, IOM_NO_PASID, 9, IOM_READ, true), IOM_PRQ_RESPONDED);
	CHECK_EQ(rd(&r, PRIQ_PROD), 0x80000004);
	wr(&r, PRIQ_CONS, 0x80000002);
	CHECK_EQ(ask(&r, 5, IOM_NO_PASID, 9, IOM_READ, true), IOM_PRQ_QUEUED);
	CHECK_EQ(rd(&r, PRIQ_PROD), 0x80000005);
	rig_close(&r);
}

/* The PASID of an automatic response: STE.PPAR, or always with PPS. */
static void automatic_pasid(void)
{
	iom_smmu_config c;
	rig r;

	rig_open(&r, NULL);
	fill(&r);
	stream_s1(&r, 5, 1, 0);
	ask(&r, 5, 0x33, 9, IOM_READ, true);
	CHECK_EQ(r.responses[0].code, IOM_PRG_SUCCESS);
	CHECK_EQ(r.responses[0].pasid, IOM_NO_PASID);
	stream_word(&r, 5, 1, 0, 1 << 18);
	ask(&r, 5, 0x33, 9, IOM_READ, true);
	CHECK_EQ(r.responses[1].pasid, 0x33);
	/* no valid STE */
	ask(&r, 6, 0x33, 9, IOM_READ, true);
	CHECK_EQ(r.responses[2].code, IOM_PRG_FAILURE);
	CHECK_EQ(r.responses[2].pasid, IOM_NO_PASID);
	rig_close(&r);

	rig_config(&c, "default", "PPS=1", NULL);
	rig_open(&r, &c);
	fill(&r);
	ask(&r, 6, 0x33, 9, IOM_READ, true);
	CHECK_EQ(r.responses[0].code, IOM_PRG_SUCCESS);
	CHECK_EQ(r.responses[0].pasid, 0x33);
	rig_close(&r);
}

static void stop_markers(void)
{
	rig r;

	rig_open(&r, NULL);
	CHECK_EQ(ask(&r, 5, 0x33, 0, 0, true), IOM_PRQ_QUEUED);
	CHECK_EQ(word(&r, PRIQ) >> 60, 0xc); /* LWR 0b100 and SSV */
	for (unsigned i = 0; i < 3; i++)
		CHECK_EQ(ask(&r, 5, IOM_NO_PASID, i, IOM_READ, true), IOM_PRQ_QUEUED);
	CHECK_EQ(ask(&r, 5, 0x33, 0, 0, true), IOM_PRQ_DROPPED);
	wr(&r, CR0, CMDQEN);
	CHECK_EQ(ask(&r, 5, 0x33, 0, 0, true), IOM_PRQ_DROPPED);
	CHECK_EQ(r.n_responses, 0);
	rig_close(&r);
}

static void disabled(void)
{
	rig r;

	rig_open_reset(&r, NULL);
	rig_enable(&r, PRIQEN); /* without SMMUEN not effective */
	CHECK_EQ(ask(&r, 5, 0x33, 3, IOM_READ, false), IOM_PRQ_RESPONDED);
	CHECK_EQ(r.responses[0].code, IOM_PRG_FAILURE);
	CHECK_EQ(r.responses[0].pasid, IOM_NO_PASID);
	CHECK_EQ(rd(&r, PRIQ_PROD), 0);
	rig_close(&r);
}

static void aborted_write(void)
{
	rig r;

	rig_open(&r, NULL);
	iom_memory_inject(r.mem, PRIQ, 64, false, true, IOM_MEM_ABORT);
	CHECK_EQ(ask(&r, 5, IOM_NO_PASID, 3, IOM_READ, true), IOM_PRQ_RESPONDED);
	CHECK_EQ(r.responses[0].code, IOM_PRG_FAILURE);
	CHECK_EQ(rd(&r, GERROR), 8);
	iom_memory_inject(r.mem, PRIQ, 64, false, true, IOM_MEM_OK);
	CHECK_EQ(ask(&r, 5, IOM_NO_PASID, 3, IOM_READ, true), IOM_PRQ_RESPONDED);
	wr(&r, GERRORN, 8);
	CHECK_EQ(ask(&r, 5, IOM_NO_PASID, 3, IOM_READ, true), IOM_PRQ_QUEUED);
	rig_close(&r);
}

static void responses(void)
{
	static const unsigned codes[3] = { IOM_PRG_FAILURE, IOM_PRG_INVALID, IOM_PRG_SUCCESS };
	rig r;

	rig_open(&r, NULL);
	for (unsigned i = 0; i < 3; i++) {
		cmd(&r, 0x41 | 1 << 11 | 0x33 << 12 | UINT64_C(5) << 32, 0x1ff | i << 12);
		CHECK_EQ(r.n_responses, i + 1);
		CHECK_EQ(r.responses[i].code, codes[i]);
		CHECK_EQ(r.responses[i].requester, 5);
		CHECK_EQ(r.responses[i].pasid, 0x33);
		CHECK_EQ(r.responses[i].prg_index, 0x1ff);
		CHECK_EQ(r.responses[i].automatic, 0);
	}
	cmd(&r, 0x41, 3 << 12);
	CHECK_EQ(rd(&r, GERROR), 1);
	rig_close(&r);
}

/* LO: an interrupt for each Last instead of the first entry. */
static void last_only(void)
{
	rig r;

	rig_open_reset(&r, NULL);
	wr(&r, PRIQ_IRQ_CFG2, 0x80000000);
	CHECK_EQ(rd(&r, PRIQ_IRQ_CFG2), 0x80000000);
	rig_enable(&r, SMMUEN | PRIQEN);
	ask(&r, 5, IOM_NO_PASID, 1, IOM_READ, false);
	CHECK_EQ(r.irqs[IOM_SMMU_IRQ_PRIQ], 0);
	ask(&r, 5, IOM_NO_PASID, 1, IOM_READ, true);
	CHECK_EQ(r.irqs[IOM_SMMU_IRQ_PRIQ], 1);
	ask(&r, 5, IOM_NO_PASID, 2, IOM_READ, true);
	CHECK_EQ(r.irqs[IOM_SMMU_IRQ_PRIQ], 2);
	rig_close(&r);
}

static void hints(void)
{
	iom_page_request q = { .address = 0x7abc,
			       .requester = 5,
			       .pasid = 0x33,
			       .prg_index = 1,
			       .access = IOM_READ | IOM_WRITE,
			       .privileged = 1,
			       .hint = 1 };
	uint64_t e[4];
	rig r;

	rig_open(&r, NULL);
	CHECK_EQ(iom_iommu_page_request(r.iommu, &q), IOM_PRQ_QUEUED);
	CHECK_EQ(rd(&r, PRIQ_PROD), 0);
	CU_ASSERT_TRUE(event(&r, e));
	CHECK_EQ(e[0], UINT64_C(0x500000000) | 0x33 << 12 | 1 << 11 | 0x24);
	CHECK_EQ(e[1], UINT64_C(1) << 44 | UINT64_C(3) << 38);
	CHECK_EQ(e[2], 0x7000);
	CHECK_EQ(r.n_responses, 0);
	wr(&r, CR0, SMMUEN);
	CHECK_EQ(iom_iommu_page_request(r.iommu, &q), IOM_PRQ_DROPPED);
	rig_close(&r);
}

static const iom_test tests[] = {
	{ "page hints", hints },
	{ "entries", entries },
	{ "overflow", overflow },
	{ "PASID of automatic responses", automatic_pasid },
	{ "stop markers", stop_markers },
	{ "disabled", disabled },
	{ "aborted writes", aborted_write },
	{ "CMD_PRI_RESP", responses },
	{ "LO", last_only },
	{ 0 },
};
const iom_suite smmu_pri_suite = { "pri", tests };
