/* SPDX-License-Identifier: MIT */
/* Page requests end to end: queue entries, answers, limits, markers, overflow. */
#include "rig.h"

#include <string.h>

#define VA UINT64_C(0x7f0000001000)

static void expect_request(rig *r, const rig_request *want)
{
	rig_request got = { 0 };

	CU_ASSERT_TRUE(r->ops->next_request(r, &got));
	CHECK_EQ(got.requester, want->requester);
	CHECK_EQ(got.pasid, want->pasid);
	CHECK_EQ(got.address, want->address);
	CHECK_EQ(got.access, want->access);
	CHECK_EQ(got.last, want->last);
	CHECK_EQ(got.privileged, want->privileged);
	CHECK_EQ(got.prg_index, want->prg_index);
}

/* fault, request, map, response, retry */
static void fault_and_retry(iom_kind kind)
{
	rig *r = rig_new(kind, NULL);
	iom_dma_answer a;
	rig_request q;

	for (unsigned space = 0; space < RIG_PASIDS; space++) {
		uint64_t va = VA + space * 0x1000;
		iom_prg_code code;

		CHECK_EQ(rig_access(r, space, va + 0x80, IOM_WRITE, IOM_DMA_PAGE_REQUEST, &a),
			 IOM_RETRY);
		CU_ASSERT_TRUE(a.asked);
		CU_ASSERT_TRUE(iom_endpoint_outstanding(r->ep, a.prg_index, NULL));
		q = (rig_request){ .requester = RIG_REQUESTER,
				   .pasid = rig_pasid(space),
				   .address = va,
				   .access = IOM_WRITE,
				   .last = 1,
				   .prg_index = a.prg_index };
		expect_request(r, &q);
		rig_map(r, space, va, RIG_DATA + va % 0x10000, 0x1000, IOM_READ | IOM_WRITE, 12);
		r->ops->respond(r, &q, IOM_PRG_SUCCESS);
		CU_ASSERT_TRUE(r->ops->synced(r));
		CU_ASSERT_FALSE(iom_endpoint_outstanding(r->ep, a.prg_index, &code));
		CHECK_EQ(code, IOM_PRG_SUCCESS);
		CHECK_EQ(r->answers, space + 1);
		CHECK_EQ(r->answer.automatic, 0);
		CHECK_EQ(rig_access(r, space, va + 0x80, IOM_WRITE, IOM_DMA_PAGE_REQUEST, &a),
			 IOM_OK);
		CHECK_EQ(a.address, RIG_DATA + va % 0x10000 + 0x80);
	}
	CHECK_EQ(rig_reg(r, IOM_PCI_EXT_PRI, 6, 2), 0); /* neither RF, UPRGI nor Stopped */
	rig_free(r);
}
RIG_BOTH(fault_and_retry)

/* A group in the order sent, only its last request marked so; privilege and execute. */
static void groups(iom_kind kind)
{
	rig *r = rig_new(kind, NULL);
	const iom_page_ask pages[] = {
		{ VA, IOM_READ, 0 },
		{ VA + 0x1000, IOM_READ | IOM_WRITE, 1 },
		{ VA + 0x2010, IOM_READ | IOM_EXECUTE, 0 },
	};
	rig_request q = { .requester = RIG_REQUESTER, .pasid = 3 };
	iom_endpoint_statistics s;
	uint16_t first, second;

	CHECK_EQ(iom_endpoint_ask(r->ep, 3, pages, 3, &first), IOM_ASK_SENT);
	CHECK_EQ(iom_endpoint_ask(r->ep, 3, pages, 1, &second), IOM_ASK_SENT);
	CU_ASSERT_NOT_EQUAL(first, second);
	iom_endpoint_statistics_get(r->ep, &s);
	CHECK_EQ(s.outstanding, 4);
	q.prg_index = first;
	for (unsigned i = 0; i < 3; i++) {
		q.address = pages[i].address & ~UINT64_C(0xfff);
		q.access = pages[i].access;
		q.privileged = pages[i].privileged;
		q.last = i == 2;
		expect_request(r, &q);
	}
	/* answers in the other order */
	q.prg_index = second;
	r->ops->respond(r, &q, IOM_PRG_INVALID);
	CU_ASSERT_TRUE(iom_endpoint_outstanding(r->ep, first, NULL));
	CU_ASSERT_FALSE(iom_endpoint_outstanding(r->ep, second, NULL));
	CHECK_EQ(r->answer.code, IOM_PRG_INVALID);
	q.prg_index = first;
	r->ops->respond(r, &q, IOM_PRG_SUCCESS);
	iom_endpoint_statistics_get(r->ep, &s);
	CHECK_EQ(s.outstanding, 0);
	CHECK_EQ(s.responses, 2);
	CHECK_EQ(s.page_requests, 4);
	rig_free(r);
}
RIG_BOTH(groups)

/* 10.5.2.5: the allocation is the limit, and fixed while enabled. */
static void limit(iom_kind kind)
{
	rig *r = rig_new(kind, NULL);
	iom_page_ask pages[33] = { 0 };
	rig_request q = { .requester = RIG_REQUESTER, .pasid = IOM_NO_PASID };
	uint16_t index[33], more;

	for (unsigned i = 0; i < 33; i++)
		pages[i] = (iom_page_ask){ VA + i * 0x1000, IOM_READ, 0 };
	CHECK_EQ(iom_endpoint_ask(r->ep, IOM_NO_PASID, pages, 33, &more), IOM_ASK_NO_CREDIT);
	CHECK_EQ(iom_endpoint_ask(r->ep, IOM_NO_PASID, pages, 0, &more), IOM_ASK_DISABLED);
	for (unsigned i = 0; i < 32; i++)
		CHECK_EQ(iom_endpoint_ask(r->ep, IOM_NO_PASID, pages, 1, &index[i]), IOM_ASK_SENT);
	CHECK_EQ(iom_endpoint_ask(r->ep, IOM_NO_PASID, pages, 1, &more), IOM_ASK_NO_CREDIT);
	q.prg_index = index[5];
	r->ops->respond(r, &q, IOM_PRG_SUCCESS);
	CHECK_EQ(iom_endpoint_ask(r->ep, IOM_NO_PASID, pages, 1, &more), IOM_ASK_SENT);
	rig_set_reg(r, IOM_PCI_EXT_PRI, 12, 4, 64);
	CHECK_EQ(rig_reg(r, IOM_PCI_EXT_PRI, 12, 4), 32);
	rig_free(r);
}
RIG_BOTH(limit)

/* Response Failure ends everything until software starts again. */
static void failure(iom_kind kind)
{
	rig *r = rig_new(kind, NULL);
	iom_page_ask page = { VA, IOM_READ, 0 };
	rig_request q = { .requester = RIG_REQUESTER, .pasid = 1 };
	uint16_t a, b;

	CHECK_EQ(iom_endpoint_ask(r->ep, 1, &page, 1, &a), IOM_ASK_SENT);
	CHECK_EQ(iom_endpoint_ask(r->ep, 2, &page, 1, &b), IOM_ASK_SENT);
	q.prg_index = a;
	r->ops->respond(r, &q, IOM_PRG_FAILURE);
	CHECK_EQ(r->answer.code, IOM_PRG_FAILURE);
	CHECK_EQ(rig_reg(r, IOM_PCI_EXT_PRI, 6, 2), 1); /* RF */
	CU_ASSERT_FALSE(iom_endpoint_outstanding(r->ep, b, NULL));
	CHECK_EQ(iom_endpoint_ask(r->ep, 1, &page, 1, &a), IOM_ASK_STOPPED);
	/* off: Stopped; reset clears RF; and on again */
	rig_set_reg(r, IOM_PCI_EXT_PRI, 4, 2, 0);
	CHECK_EQ(rig_reg(r, IOM_PCI_EXT_PRI, 6, 2), 0x101);
	CHECK_EQ(iom_endpoint_ask(r->ep, 1, &page, 1, &a), IOM_ASK_DISABLED);
	rig_set_reg(r, IOM_PCI_EXT_PRI, 4, 2, 2);
	CHECK_EQ(rig_reg(r, IOM_PCI_EXT_PRI, 4, 4), 0x01000000);
	rig_set_reg(r, IOM_PCI_EXT_PRI, 4, 2, 1);
	CHECK_EQ(iom_endpoint_ask(r->ep, 1, &page, 1, &a), IOM_ASK_SENT);
	rig_free(r);
}
RIG_BOTH(failure)

/* An answer to nothing sets UPRGI, which software clears. */
static void unexpected(iom_kind kind)
{
	rig *r = rig_new(kind, NULL);
	rig_request q = { .requester = RIG_REQUESTER, .pasid = 2, .prg_index = 77 };
	iom_page_ask page = { VA, IOM_READ, 0 };
	uint16_t index;

	r->ops->respond(r, &q, IOM_PRG_SUCCESS);
	CHECK_EQ(r->answers, 0);
	CHECK_EQ(rig_reg(r, IOM_PCI_EXT_PRI, 6, 2), 2);
	rig_set_reg(r, IOM_PCI_EXT_PRI, 6, 2, 2);
	CHECK_EQ(rig_reg(r, IOM_PCI_EXT_PRI, 6, 2), 0);
	/* the right index with the PASID of someone else */
	CHECK_EQ(iom_endpoint_ask(r->ep, 1, &page, 1, &index), IOM_ASK_SENT);
	q.prg_index = index;
	r->ops->respond(r, &q, IOM_PRG_SUCCESS);
	CU_ASSERT_TRUE(iom_endpoint_outstanding(r->ep, index, NULL));
	CHECK_EQ(rig_reg(r, IOM_PCI_EXT_PRI, 6, 2), 2);
	rig_free(r);
}
RIG_BOTH(unexpected)

/* L=1, R=W=0 with the PASID; queued, never answered. */
static void stop_marker(iom_kind kind)
{
	rig *r = rig_new(kind, NULL);
	iom_page_ask page = { VA, IOM_READ, 0 };
	rig_request q = { .requester = RIG_REQUESTER, .pasid = 2, .address = VA, .last = 1 };
	uint16_t index;

	CHECK_EQ(iom_endpoint_ask(r->ep, 2, &page, 1, &index), IOM_ASK_SENT);
	CU_ASSERT_TRUE(iom_endpoint_stop_pasid(r->ep, 2));
	CU_ASSERT_FALSE(iom_endpoint_outstanding(r->ep, index, NULL));
	q.access = IOM_READ;
	q.prg_index = index;
	expect_request(r, &q);
	q.access = 0;
	q.address = 0;
	q.prg_index = 0;
	expect_request(r, &q);
	CHECK_EQ(r->answers, 0);
	CU_ASSERT_FALSE(iom_endpoint_stop_pasid(r->ep, IOM_NO_PASID));
	CU_ASSERT_FALSE(iom_endpoint_stop_pasid(r->ep, 1u << 20));
	rig_free(r);
}
RIG_BOTH(stop_marker)

/* A full queue: the IOMMU answers the last of a group with Success itself. */
static void overflow(iom_kind kind)
{
	rig_options o;
	iom_page_ask pages[2] = { { VA, IOM_READ, 0 }, { VA + 0x1000, IOM_WRITE, 0 } };
	rig_request q;
	uint16_t index;
	unsigned room;
	rig *r;

	rig_options_init(&o);
	r = rig_new(kind, &o);
	rig_set_reg(r, IOM_PCI_EXT_PRI, 4, 2, 0);
	rig_set_reg(r, IOM_PCI_EXT_PRI, 12, 4, 256);
	rig_set_reg(r, IOM_PCI_EXT_PRI, 4, 2, 1);
	/* rows "empty / full": VT-d keeps one entry free */
	room = kind == IOM_KIND_SMMUV3 ? 128 : 127;
	for (unsigned i = 0; i < room; i++)
		CHECK_EQ(iom_endpoint_ask(r->ep, 1, pages, 1, &index), IOM_ASK_SENT);
	CHECK_EQ(r->answers, 0);
	CU_ASSERT_FALSE(r->ops->overflow(r));
	CHECK_EQ(iom_endpoint_ask(r->ep, 1, pages, 2, &index), IOM_ASK_SENT);
	CU_ASSERT_TRUE(r->ops->overflow(r));
	CHECK_EQ(r->answers, 1);
	CHECK_EQ(r->answer.code, IOM_PRG_SUCCESS);
	CHECK_EQ(r->answer.automatic, 1);
	CHECK_EQ(r->answer.prg_index, index);
	CHECK_EQ(r->answer.pasid, 1); /* PPAR; VT-d: of the request */
	CU_ASSERT_FALSE(iom_endpoint_outstanding(r->ep, index, NULL));
	/* what was queued is whole; acknowledged, the queue takes requests again */
	for (unsigned i = 0; i < room; i++)
		CU_ASSERT_TRUE(r->ops->next_request(r, &q));
	CU_ASSERT_FALSE(r->ops->next_request(r, &q));
	CU_ASSERT_FALSE(r->ops->overflow(r));
	rig_free(r);
}
RIG_BOTH(overflow)

/* Page requests that the IOMMU does not take: Failure, or Invalid with a fault. */
static void not_taken(iom_kind kind)
{
	rig *r = rig_new(kind, NULL);
	iom_page_ask pages[2] = { { VA, IOM_READ, 0 }, { VA + 0x1000, IOM_WRITE, 0 } };
	bool smmu = kind == IOM_KIND_SMMUV3;
	uint16_t index;

	r->ops->page_requests(r, false);
	CHECK_EQ(iom_endpoint_ask(r->ep, 1, pages, 1, &index), IOM_ASK_SENT);
	CHECK_EQ(r->answers, 1);
	CHECK_EQ(r->answer.automatic, 1);
	CHECK_EQ(r->answer.code, smmu ? IOM_PRG_FAILURE : IOM_PRG_INVALID);
	CHECK_EQ(r->answer.pasid, smmu ? IOM_NO_PASID : 1);
	CHECK_EQ(rig_reg(r, IOM_PCI_EXT_PRI, 6, 2), smmu ? 1 : 0);
	CHECK_EQ(r->ops->next_event(r), smmu ? 0 : 0x47);
	/* a group ends with the first Failure: nothing more is sent */
	rig_set_reg(r, IOM_PCI_EXT_PRI, 4, 2, 0);
	rig_set_reg(r, IOM_PCI_EXT_PRI, 4, 2, 2);
	rig_set_reg(r, IOM_PCI_EXT_PRI, 4, 2, 1);
	CHECK_EQ(iom_endpoint_ask(r->ep, 1, pages, 2, &index), IOM_ASK_SENT);
	CHECK_EQ(r->answers, 2);
	CHECK_EQ(r->answer.code, smmu ? IOM_PRG_FAILURE : IOM_PRG_INVALID);
	CU_ASSERT_FALSE(iom_endpoint_outstanding(r->ep, index, NULL));
	rig_free(r);
}
RIG_BOTH(not_taken)

static const iom_test tests[] = {
	{ "fault, request, response, retry", fault_and_retry_both },
	{ "groups", groups_both },
	{ "the limit of outstanding requests", limit_both },
	{ "Response Failure", failure_both },
	{ "responses to nothing", unexpected_both },
	{ "stop markers", stop_marker_both },
	{ "overflow", overflow_both },
	{ "requests that are not taken", not_taken_both },
	{ 0 },
};
const iom_suite pri_suite = { "pri", tests };
