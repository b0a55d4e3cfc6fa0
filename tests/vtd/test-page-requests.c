/* SPDX-License-Identifier: MIT */
/* The page request queue: descriptors, refusals, overflow, events. */
#include "tests/vtd/rig.h"
#include "tests/vtd/suites.h"

#define PPR 1u
#define PRO 2u
#define PRE_DTE_PASIDE (1 << 4 | 1 << 3 | 1 << 2)

/* PASID 1 with a first stage in domain 5; the queue has one page, 128 places. */
static rig *ready(void)
{
	rig *r = rig_new(NULL);
	uint64_t fs = rig_table(r);

	rig_scalable(r);
	rig_sm_context(r, RIG_SID, PRE_DTE_PASIDE, 2);
	rig_pasid(r, 1, PGTT_FIRST, fs, 0, 5, 0);
	rig_pasid(r, 2, PGTT_PASS, 0, 0, 6, 0);
	rig_map(r, fs, RIG_VA, 0x500000, 1, 0x67, 0x27);
	rig_write64(r, R_PQA, RIG_PQ);
	rig_write64(r, R_PQH, 0);
	rig_write64(r, R_PQT, 0);
	return r;
}

static iom_prq_status ask(rig *r, uint32_t pasid, unsigned access, bool last, unsigned group)
{
	iom_page_request request = { .address = RIG_VA | 0x234,
				     .requester = RIG_SID,
				     .pasid = pasid,
				     .prg_index = (uint16_t)group,
				     .access = (uint8_t)access,
				     .last = last,
				     .privileged = 1 };

	return iom_iommu_page_request(r->unit, &request);
}

static void descriptors(void)
{
	rig *r = ready();

	CHECK_EQ(ask(r, 1, IOM_WRITE, true, 0x155), IOM_PRQ_QUEUED);
	CHECK_EQ(rig_word(r, RIG_PQ),
		 1 | 1 << 8 | RIG_SID << 16 | UINT64_C(1) << 32 | UINT64_C(1) << 53);
	CHECK_EQ(rig_word(r, RIG_PQ + 8), 1 << 1 | 1 << 2 | 0x155 << 3 | RIG_VA);
	CHECK_EQ(rig_word(r, RIG_PQ + 16), 0);
	CHECK_EQ(rig_read64(r, R_PQT), 32);
	CHECK_EQ(rig_read(r, R_PRS), PPR);
	CHECK_EQ(ask(r, IOM_NO_PASID, IOM_READ, false, 7), IOM_PRQ_QUEUED);
	CHECK_EQ(rig_word(r, RIG_PQ + 32), 1 | RIG_SID << 16);
	CHECK_EQ(rig_word(r, RIG_PQ + 40), 1 | 7 << 3 | RIG_VA);
	/* a stop marker: neither read nor write, last in group */
	CHECK_EQ(ask(r, 1, 0, true, 0), IOM_PRQ_QUEUED);
	CHECK_EQ(rig_word(r, RIG_PQ + 72), 1 << 2 | RIG_VA);
	CHECK_EQ(rig_statistics(r).page_requests, 3);
	rig_free(r);
}

static void refusals(void)
{
	rig *r = ready();

	rig_sm_context(r, RIG_SID, 1 << 3 | 1 << 2, 2); /* PRE 0 */
	CHECK_EQ(ask(r, 1, IOM_READ, true, 3), IOM_PRQ_RESPONDED);
	CHECK_EQ(r->response.code, IOM_PRG_INVALID);
	CHECK_EQ(r->response.automatic, 1);
	CHECK_EQ(r->response.prg_index, 3);
	CHECK_EQ(r->response.pasid, 1);
	CHECK_EQ(rig_read64(r, R_FRCD + 8) >> 32 & 0xff, 0x47);
	/* T2 alone: a page request */
	CHECK_EQ(rig_read64(r, R_FRCD + 8) >> 62 & 1, 0);
	CHECK_EQ(rig_read64(r, R_FRCD + 8) >> 28 & 1, 1);
	CHECK_EQ(rig_read64(r, R_FRCD), RIG_VA);
	CHECK_EQ(ask(r, 1, IOM_READ, false, 3), IOM_PRQ_DROPPED);
	CHECK_EQ(r->n_responses, 1);
	CHECK_EQ(rig_read(r, R_PRS), 0);
	rig_sm_context(r, RIG_SID, PRE_DTE_PASIDE, 2);
	rig_write(r, R_FRCD + 12, 1u << 31);
	CHECK_EQ(ask(r, 9, IOM_READ, true, 3), IOM_PRQ_RESPONDED); /* no such PASID */
	CHECK_EQ(rig_read64(r, R_FRCD + 24) >> 32 & 0xff, 0x59);
	/* a stop marker gets no answer */
	CHECK_EQ(ask(r, 9, 0, true, 3), IOM_PRQ_DROPPED);
	rig_free(r);
}

static void overflow(void)
{
	rig *r = ready();

	for (unsigned i = 0; i < 127; i++)
		CHECK_EQ(ask(r, 1, IOM_READ, false, i), IOM_PRQ_QUEUED);
	CHECK_EQ(rig_read(r, R_PRS), PPR);
	CHECK_EQ(ask(r, 1, IOM_READ, false, 5), IOM_PRQ_DROPPED);
	CHECK_EQ(rig_read(r, R_PRS), PPR | PRO);
	CHECK_EQ(ask(r, 1, IOM_READ, true, 6), IOM_PRQ_RESPONDED);
	CHECK_EQ(r->response.code, IOM_PRG_SUCCESS);
	CHECK_EQ(r->response.prg_index, 6);
	/* room alone is not enough while PRO is set */
	rig_write64(r, R_PQH, 32 * 100);
	CHECK_EQ(ask(r, 1, IOM_READ, false, 5), IOM_PRQ_DROPPED);
	rig_write(r, R_PRS, PRO);
	CHECK_EQ(ask(r, 1, IOM_READ, false, 5), IOM_PRQ_QUEUED);
	CHECK_EQ(rig_read64(r, R_PQT), 0); /* wrapped */
	CHECK_EQ(rig_read(r, R_FSTS), 0);
	rig_free(r);
}

/* A queue in memory that cannot be written counts as full. */
static void queue_that_cannot_be_written(void)
{
	rig *r = ready();

	iom_memory_inject(r->memory, RIG_PQ, 0x1000, false, true, IOM_MEM_ABORT);
	CHECK_EQ(ask(r, 1, IOM_READ, true, 1), IOM_PRQ_RESPONDED);
	CHECK_EQ(rig_read(r, R_PRS), PRO);
	CHECK_EQ(rig_read64(r, R_PQT), 0);
	rig_free(r);
}

static void events(void)
{
	rig *r = ready();

	rig_write(r, R_PEADDR, 0xfee04000);
	rig_write(r, R_PEDATA, 0x66);
	ask(r, 1, IOM_READ, true, 1);
	CHECK_EQ(rig_read(r, R_PECTL), 3u << 30);
	rig_write(r, R_PECTL, 0);
	CHECK_EQ(r->n_msi, 1);
	CHECK_EQ(r->msi[0].address, 0xfee04000);
	CHECK_EQ(r->msi[0].data, 0x66);
	ask(r, 1, IOM_READ, true, 1);
	CHECK_EQ(r->n_msi, 1);
	rig_write(r, R_PRS, PPR);
	ask(r, 1, IOM_READ, true, 1);
	CHECK_EQ(r->n_msi, 2);
	rig_write(r, R_PECTL, 1u << 31);
	rig_write(r, R_PRS, PPR);
	ask(r, 1, IOM_READ, true, 1);
	CHECK_EQ(rig_read(r, R_PECTL), 3u << 30);
	rig_write(r, R_PRS, PPR | PRO);
	CHECK_EQ(rig_read(r, R_PECTL), 1u << 31);
	rig_free(r);
}

/* 6.5.3.1: the page is gone from the caches before software hears of it. */
static void implicit_invalidation(void)
{
	rig *r = ready();

	rig_dma(r, RIG_SID, 1, IOM_READ, RIG_VA);
	CU_ASSERT_TRUE(rig_cached(r, RIG_SID, 1, RIG_VA));
	ask(r, 1, IOM_READ, true, 1);
	CHECK_EQ(r->invalidated.kind, IOM_INV_TLB);
	CHECK_EQ(r->invalidated.pasid, 1);
	CHECK_EQ(r->invalidated.address, RIG_VA);
	CU_ASSERT_FALSE(rig_cached(r, RIG_SID, 1, RIG_VA));
	/* not when the request is refused */
	unsigned n = r->n_invalidated;

	rig_write(r, R_PRS, PRO);
	ask(r, 9, IOM_READ, true, 1);
	CHECK_EQ(r->n_invalidated, n);
	rig_free(r);
}

static void no_page_requests(iom_vtd_config *c)
{
	iom_vtd_config_set(c, "ECAP.PRS", 0, NULL);
}

static void modes_without_page_requests(void)
{
	rig *r = rig_new(no_page_requests);

	rig_scalable(r);
	CHECK_EQ(ask(r, 1, IOM_READ, true, 1), IOM_PRQ_DROPPED);
	CHECK_EQ(r->n_responses, 0);
	rig_free(r);

	r = rig_new(NULL);
	rig_legacy(r);
	CHECK_EQ(ask(r, IOM_NO_PASID, IOM_READ, true, 1), IOM_PRQ_RESPONDED);
	CHECK_EQ(r->response.code, IOM_PRG_INVALID);
	CHECK_EQ(rig_read64(r, R_FRCD + 8) >> 32 & 0xff, 0x32);
	rig_free(r);
}

static const iom_test tests[] = {
	{ "descriptors", descriptors },
	{ "refusals", refusals },
	{ "overflow", overflow },
	{ "a queue that cannot be written", queue_that_cannot_be_written },
	{ "events", events },
	{ "implicit invalidation", implicit_invalidation },
	{ "modes without page requests", modes_without_page_requests },
	{ 0 },
};

const iom_suite page_requests_suite = { "page-requests", tests };
