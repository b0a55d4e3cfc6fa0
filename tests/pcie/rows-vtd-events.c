/* SPDX-License-Identifier: MIT */
/* page_requests.tsv: events, responses, draining, stop markers. */
#include "rows-vtd.h"
#include "vtd/vtd.h"

#include <string.h>

/* ---- events: messages go to memory here ---- */
static bool event_came(rig *r)
{
	uint32_t data = 0;

	iom_memory_load32(r->mem, EVENT_ADDRESS, &data);
	iom_memory_store32(r->mem, EVENT_ADDRESS, 0);
	CU_ASSERT_TRUE(!data || data == EVENT_DATA);
	return data != 0;
}

static rig *with_events(rig *r, uint32_t pectl)
{
	vtd_wr(r, R_PEADDR, 4, EVENT_ADDRESS);
	vtd_wr(r, R_PEDATA, 4, EVENT_DATA);
	vtd_wr(r, R_PECTL, 4, pectl);
	event_came(r);
	return r;
}

/* `arg` PPR or PRO: set each time; an event only if both were clear. */
static void status(const row_case *t, char **cells)
{
	bool full = t->arg == PRS_PRO;
	rig *r = with_events(full ? vtd_filled() : vtd_rig(7, NULL), 0);

	vtd_wr(r, R_PRS, 4, 3);
	for (unsigned i = 0; i < 3; i++) {
		vtd_send(r, 1, false, IOM_READ);
		ROW_CHECK(cells, vtd_rd(r, R_PRS, 4) & (unsigned)t->arg);
		ROW_CHECK(cells, event_came(r) == (i == 0));
	}
	/* cleared: the next one is an event again; with the other bit set it is not */
	vtd_wr(r, R_PRS, 4, 3);
	vtd_send(r, 1, false, IOM_READ);
	ROW_CHECK(cells, event_came(r));
	rig_free(r);
	if (full) {
		r = with_events(vtd_filled(), 0);
		ROW_CHECK(cells, vtd_rd(r, R_PRS, 4) == PRS_PPR);
		vtd_send(r, 1, false, IOM_READ);
		ROW_CHECK(cells, vtd_rd(r, R_PRS, 4) == 3 && !event_came(r));
		rig_free(r);
	}
}

static void pending(const row_case *t, char **cells)
{
	rig *r = with_events(vtd_rig(7, NULL), 1u << 31);

	(void)t;
	vtd_send(r, 1, false, IOM_READ);
	ROW_CHECK(cells, vtd_rd(r, R_PECTL, 4) == 3u << 30 && !event_came(r));
	vtd_wr(r, R_PECTL, 4, 0);
	ROW_CHECK(cells, vtd_rd(r, R_PECTL, 4) == 0 && event_came(r));
	/* both bits cleared by software take IP away */
	vtd_wr(r, R_PECTL, 4, 1u << 31);
	vtd_wr(r, R_PRS, 4, 3);
	vtd_send(r, 1, false, IOM_READ);
	ROW_CHECK(cells, vtd_rd(r, R_PECTL, 4) >> 30 & 1);
	vtd_wr(r, R_PRS, 4, 3);
	ROW_CHECK(cells, !(vtd_rd(r, R_PECTL, 4) >> 30 & 1));
	vtd_wr(r, R_PECTL, 4, 0);
	ROW_CHECK(cells, !event_came(r));
	rig_free(r);
}

/* Interrupt remapping is on and its table empty: the message arrives as written. */
static void not_remapped(const row_case *t, char **cells)
{
	rig *r = with_events(vtd_rig(7, NULL), 0);
	uint32_t on = (uint32_t)vtd_rd(r, R_GSTS, 4) & 0x86800000u;

	(void)t;
	vtd_wr(r, R_IRTA, 8, UINT64_C(0x5000000) | 3);
	vtd_wr(r, R_GCMD, 4, on | 1u << 24);
	vtd_wr(r, R_GCMD, 4, on | 1u << 25);
	ROW_CHECK(cells, vtd_rd(r, R_GSTS, 4) >> 25 & 1);
	vtd_send(r, 1, false, IOM_READ);
	ROW_CHECK(cells, event_came(r) && r->ops->next_event(r) == 0);
	rig_free(r);
}

/* ---- responses ---- */
static void respond(const row_case *t, char **cells)
{
	static const iom_prg_code codes[] = { IOM_PRG_SUCCESS, IOM_PRG_INVALID, IOM_PRG_FAILURE };
	rig *r = vtd_rig(7, NULL);
	rig_request q;

	(void)t;
	for (unsigned i = 0; i < 3; i++) {
		uint16_t index = vtd_ask(r, 2, 2);

		CU_ASSERT_TRUE(r->ops->next_request(r, &q) && !q.last);
		CU_ASSERT_TRUE(r->ops->next_request(r, &q) && q.last);
		r->ops->respond(r, &q, codes[i]);
		ROW_CHECK(cells, r->answers == i + 1 && r->answer.code == codes[i]);
		ROW_CHECK(cells, r->answer.prg_index == index && r->answer.pasid == 2);
		ROW_CHECK(cells, r->answer.requester == RIG_REQUESTER && !r->answer.automatic);
		ROW_CHECK(cells, !iom_endpoint_outstanding(r->ep, index, NULL));
	}
	rig_free(r);
}

static void unmatched(const row_case *t, char **cells)
{
	rig_request q = { .requester = RIG_REQUESTER, .pasid = 1, .prg_index = 77 };
	iom_endpoint_statistics s;
	rig *r = vtd_rig(7, NULL);
	uint16_t index = vtd_ask(r, 1, 1);

	(void)t;
	r->ops->respond(r, &q, IOM_PRG_SUCCESS);
	iom_endpoint_statistics_get(r->ep, &s);
	ROW_CHECK(cells, r->answers == 0 && s.responses_unexpected == 1);
	ROW_CHECK(cells, iom_endpoint_outstanding(r->ep, index, NULL));
	rig_free(r);
}

typedef struct order_log {
	iom_endpoint *ep;
	unsigned n;
	uint64_t invalidations[4]; /* when each answer came */
} order_log;

static void logged(void *opaque, const iom_page_response *response)
{
	order_log *log = opaque;
	iom_endpoint_statistics s;

	(void)response;
	iom_endpoint_statistics_get(log->ep, &s);
	log->invalidations[log->n++ & 3] = s.invalidations;
}

/* Response, invalidation, response: the endpoint sees them in this order. */
static void queue_order(const row_case *t, char **cells)
{
	rig *r = vtd_rig(7, NULL);
	iom_endpoint_config config = { .size = sizeof(config),
				       .iommu = r->iommu,
				       .requesters = r->hub,
				       .function = r->fn,
				       .requester = RIG_REQUESTER,
				       .answered = logged };
	order_log log = { 0 };
	rig_request q[2];

	(void)t;
	iom_endpoint_free(r->ep);
	config.opaque = &log;
	log.ep = r->ep = iom_endpoint_new(&config, NULL);
	vtd_ask(r, 1, 1);
	vtd_ask(r, 1, 1);
	CU_ASSERT_TRUE(r->ops->next_request(r, &q[0]) && r->ops->next_request(r, &q[1]));
	for (unsigned i = 0; i < 2; i++) {
		r->ops->respond(r, &q[i], IOM_PRG_SUCCESS);
		r->ops->invalidate(r, 1, VA, 12, false, true);
	}
	r->ops->sync(r);
	ROW_CHECK(cells, log.n == 2 && log.invalidations[0] == 0 && log.invalidations[1] == 1);
	rig_free(r);
}

/* A descriptor of the invalidation queue. */
static void push(rig *r, uint64_t word0, uint64_t word1)
{
	uint64_t at = r->cmdq + (uint64_t)r->cmd_index * 32;

	for (unsigned i = 0; i < 4; i++)
		iom_memory_store64(r->mem, at + i * 8, i == 0 ? word0 : i == 1 ? word1 : 0);
	r->cmd_index++;
	vtd_wr(r, R_IQT, 8, (uint64_t)r->cmd_index << 5);
}

/* Software's procedure: afterwards every request is in the queue. */
static void drain(const row_case *t, char **cells)
{
	rig *r = vtd_rig(7, NULL);
	iom_endpoint_statistics s;
	rig_request q;
	unsigned n = 0;

	(void)t;
	for (unsigned i = 0; i < 3; i++)
		vtd_ask(r, 1, 2);
	push(r, 5 | 1u << 6, 0); /* wait, FN */
	push(r, 2 | 2u << 4 | 3u << 6 | 2u << 16, 0);
	push(r, 8 | (uint64_t)RIG_REQUESTER << 16 | UINT64_C(1) << 32,
	     UINT64_C(0x7ffffffffffff000) | 1u << 11);
	push(r, 5 | 1u << 5 | 1u << 7 | UINT64_C(0x77) << 32, r->status); /* wait, SW, PD */
	r->serial = 0x77;
	ROW_CHECK(cells, r->ops->synced(r) && !r->ops->overflow(r));
	while (r->ops->next_request(r, &q))
		n++;
	iom_endpoint_statistics_get(r->ep, &s);
	ROW_CHECK(cells, n == s.page_requests && s.invalidations == 1 && s.in_flight == 0);
	rig_free(r);
}

/* `arg`: ECAP.SMS */
static void stop_marker(const row_case *t, char **cells)
{
	iom_vtd_config config;
	rig_request q;
	rig *r;

	iom_vtd_config_init(&config);
	CU_ASSERT_TRUE(iom_vtd_config_set(&config, "ECAP.SMS", (uint64_t)t->arg, NULL));
	r = vtd_rig(7, &config);
	CU_ASSERT_TRUE(iom_endpoint_stop_pasid(r->ep, 2));
	ROW_CHECK(cells, r->ops->next_request(r, &q));
	ROW_CHECK(cells, q.pasid == 2 && q.last && !(q.access & ALL) && r->answers == 0);
	rig_free(r);
	if (!t->arg)
		return;
	r = vtd_filled();
	CU_ASSERT_TRUE(iom_endpoint_stop_pasid(r->ep, 2));
	ROW_CHECK(cells, r->answers == 0 && r->ops->next_event(r) == 0);
	rig_free(r);
}

/* The stale IOTLB entry of the page is gone with the request for it, others stay. */
static void implicit(const row_case *t, char **cells)
{
	rig *r = vtd_rig(7, NULL);
	iom_page_ask page = { VA, IOM_READ, 0 };
	iom_dma_answer a;
	uint16_t index;

	(void)t;
	for (unsigned i = 0; i < 2; i++) {
		rig_map(r, 1, VA + i * 0x1000, RIG_DATA, 0x1000, ALL, 12);
		CHECK_EQ(rig_access(r, 1, VA + i * 0x1000, IOM_READ, IOM_DMA_UNTRANSLATED, &a),
			 IOM_OK);
		rig_map(r, 1, VA + i * 0x1000, RIG_DATA + 0x10000, 0x1000, ALL, 12);
	}
	CHECK_EQ(rig_access(r, 1, VA, IOM_READ, IOM_DMA_UNTRANSLATED, &a), IOM_OK);
	ROW_CHECK(cells, a.address == RIG_DATA);
	CHECK_EQ(iom_endpoint_ask(r->ep, 1, &page, 1, &index), IOM_ASK_SENT);
	CHECK_EQ(rig_access(r, 1, VA, IOM_READ, IOM_DMA_UNTRANSLATED, &a), IOM_OK);
	ROW_CHECK(cells, a.address == RIG_DATA + 0x10000);
	CHECK_EQ(rig_access(r, 1, VA + 0x1000, IOM_READ, IOM_DMA_UNTRANSLATED, &a), IOM_OK);
	ROW_CHECK(cells, a.address == RIG_DATA);
	rig_free(r);
}

#define ROW(topic, name, run, arg) \
	{ \
		topic, name, NULL, run, arg, NULL \
	}

const row_case rows_vtd_events[] = {
	ROW("event", "PPR", status, PRS_PPR),
	ROW("event", "PRO", status, PRS_PRO),
	ROW("event", "IP/IM", pending, 0),
	ROW("event", "interrupt remapping", not_remapped, 0),
	ROW("response", "page_grp_resp_dsc", respond, 0),
	ROW("response", "no outstanding request", unmatched, 0),
	ROW("response", "ordering", queue_order, 0),
	ROW("drain", "procedure", drain, 0),
	ROW("stop marker", "SMS=1", stop_marker, 1),
	ROW("stop marker", "SMS=0", stop_marker, 0),
	ROW("implicit invalidation", "by PGTT", implicit, 0),
};
const unsigned n_rows_vtd_events = G_N_ELEMENTS(rows_vtd_events);
