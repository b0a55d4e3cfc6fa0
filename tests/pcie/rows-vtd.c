/* SPDX-License-Identifier: MIT */
/* page_requests.tsv: page requests of an endpoint at a VT-d unit, row by row. */
#include "rows-vtd.h"
#include "vtd/vtd.h"

#include <stdlib.h>
#include <string.h>

#define CONTEXT_PRE (1u << 4)
#define CONTEXT_PASIDE (1u << 3)
#define CONTEXT_FPD (1u << 1)

uint64_t vtd_rd(rig *r, uint64_t at, unsigned size)
{
	return iom_iommu_mmio_read(r->iommu, at, size, IOM_SPACE_NONSECURE);
}

void vtd_wr(rig *r, uint64_t at, unsigned size, uint64_t value)
{
	iom_iommu_mmio_write(r->iommu, at, size, value, IOM_SPACE_NONSECURE);
}

rig *vtd_rig(unsigned priq_lg2, const void *config)
{
	rig_options o;
	rig *r;

	rig_options_init(&o);
	o.priq_lg2 = priq_lg2;
	o.model = config;
	r = rig_new(IOM_KIND_VTD, &o);
	rig_set_reg(r, IOM_PCI_EXT_PRI, 4, 2, 0);
	rig_set_reg(r, IOM_PCI_EXT_PRI, 12, 4, 256);
	rig_set_reg(r, IOM_PCI_EXT_PRI, 4, 2, 1);
	return r;
}

iom_prq_status vtd_send(rig *r, uint32_t pasid, bool last, unsigned access)
{
	iom_page_request q = { .address = VA,
			       .requester = RIG_REQUESTER,
			       .pasid = pasid,
			       .prg_index = 9,
			       .access = (uint8_t)access,
			       .last = last };

	return iom_iommu_page_request(r->iommu, &q);
}

uint16_t vtd_ask(rig *r, uint32_t pasid, unsigned n)
{
	iom_page_ask pages[2] = { { VA, IOM_READ, 0 }, { VA + 0x1000, IOM_READ, 0 } };
	uint16_t index = 0xffff;

	CHECK_EQ(iom_endpoint_ask(r->ep, pasid, pages, n, &index), IOM_ASK_SENT);
	return index;
}

static void descriptor(rig *r, unsigned n, uint64_t w[4])
{
	for (unsigned i = 0; i < 4; i++)
		iom_memory_load64(r->mem, r->priq + n * 32 + i * 8, &w[i]);
}

/* 2^(PQS + 7) entries of 32 bytes, and back to the first. */
static void geometry(const row_case *t, char **cells)
{
	(void)t;
	for (unsigned lg2 = 7; lg2 < 10; lg2++) {
		rig *r = vtd_rig(lg2, NULL);
		unsigned entries = 1u << lg2;
		rig_request q;
		uint64_t w[4];

		for (unsigned i = 0; i < entries + 2; i++) {
			ROW_CHECK(cells, vtd_rd(r, R_PQT, 8) == (uint64_t)(i % entries) * 32);
			CHECK_EQ(vtd_send(r, 1, false, IOM_READ), IOM_PRQ_QUEUED);
			descriptor(r, i % entries, w);
			ROW_CHECK(cells, (w[0] & 0xff) == 1);
			CU_ASSERT_TRUE(r->ops->next_request(r, &q));
		}
		rig_free(r);
	}
}

static void full_and_empty(const row_case *t, char **cells)
{
	rig *r = vtd_rig(7, NULL);
	rig_request q;

	(void)t;
	ROW_CHECK(cells, !r->ops->next_request(r, &q));
	for (unsigned i = 0; i < 127; i++)
		ROW_CHECK(cells, vtd_send(r, 1, false, IOM_READ) == IOM_PRQ_QUEUED);
	ROW_CHECK(cells, vtd_send(r, 1, false, IOM_READ) == IOM_PRQ_DROPPED && r->ops->overflow(r));
	for (unsigned i = 0; i < 127; i++)
		ROW_CHECK(cells, r->ops->next_request(r, &q));
	ROW_CHECK(cells,
		  !r->ops->next_request(r, &q) && vtd_rd(r, R_PQH, 8) == vtd_rd(r, R_PQT, 8));
	rig_free(r);
}

typedef struct watch {
	rig *r;
	bool by_event;
	int early; /* what must not be seen */
	int seen;
} watch;

/* Reads the queue as soon as the tail, or the event, says that there is something. */
static gpointer watcher(gpointer opaque)
{
	watch *w = opaque;
	uint64_t d[4];
	unsigned tail = 0;

	while (tail < 120) {
		uint32_t told = 0;
		unsigned now;

		iom_memory_load32(w->r->mem, EVENT_ADDRESS, &told);
		now = (unsigned)vtd_rd(w->r, R_PQT, 8) / 32;
		if (w->by_event && told && !now)
			w->early++;
		for (; tail < now; tail++) {
			descriptor(w->r, tail, d);
			w->early += (d[0] & 0xff) != 1 || d[1] >> 12 != VA >> 12;
			w->seen++;
		}
	}
	return NULL;
}

/* The tail, or the event, never comes before the descriptor: another thread looks. */
static void visible(const row_case *t, char **cells)
{
	watch w = { .r = vtd_rig(7, NULL), .by_event = t->arg };
	GThread *thread;

	vtd_wr(w.r, R_PEADDR, 4, EVENT_ADDRESS);
	vtd_wr(w.r, R_PEDATA, 4, EVENT_DATA);
	vtd_wr(w.r, R_PECTL, 4, 0);
	thread = g_thread_new("software", watcher, &w);
	for (unsigned i = 0; i < 120; i++)
		CHECK_EQ(vtd_send(w.r, 1, false, IOM_READ), IOM_PRQ_QUEUED);
	g_thread_join(thread);
	ROW_CHECK(cells, w.seen == 120 && w.early == 0);
	rig_free(w.r);
}

/* "TYPE 7:0, PP 8, RID 31:16, ...; everything else 0" */
static void fields(const row_case *t, char **cells)
{
	static const struct {
		const char *field;
		uint64_t value;
	} known[] = {
		{ "TYPE", 1 },
		{ "PP", 1 },
		{ "RID", RIG_REQUESTER },
		{ "PASID", 3 },
		{ "EXR", 1 },
		{ "PMR", 1 },
		{ "RDR", 1 },
		{ "WRR", 0 },
		{ "LPIG", 1 },
		{ "PRGI", 1 },
		{ "address", VA >> 12 },
	};
	iom_page_ask page = { VA + 0x123, IOM_READ | IOM_EXECUTE, 1 };
	g_auto(GStrv) parts = g_strsplit_set(cells[2], ",;", -1);
	rig *r = vtd_rig(7, NULL);
	uint64_t w[4], rest[2];
	uint16_t index;
	unsigned n = 0;

	(void)t;
	vtd_ask(r, 1, 1);
	CHECK_EQ(iom_endpoint_ask(r->ep, 3, &page, 1, &index), IOM_ASK_SENT);
	descriptor(r, 1, w);
	memcpy(rest, w, sizeof(rest));
	for (char **p = parts; *p; p++) {
		g_auto(GStrv) words = g_strsplit(g_strstrip(*p), " ", 2);

		for (unsigned i = 0; i < G_N_ELEMENTS(known); i++) {
			if (!words[0] || !words[1] || strcmp(words[0], known[i].field) != 0)
				continue;
			ROW_CHECK(cells, row_bits(w, words[1]) == known[i].value);
			n++;
		}
	}
	ROW_CHECK(cells, n == G_N_ELEMENTS(known) && strstr(cells[2], "everything else 0"));
	ROW_CHECK(cells, (w[2] | w[3]) == 0);
	/* bits 15:9 and 63:54 of the first word, none of the second */
	ROW_CHECK(cells, !(rest[0] & UINT64_C(0xffc000000000fe00)));
	rig_free(r);
}

static void no_pasid(const row_case *t, char **cells)
{
	rig *r = vtd_rig(7, NULL);
	uint64_t w[4];

	(void)t;
	vtd_ask(r, IOM_NO_PASID, 1);
	descriptor(r, 0, w);
	ROW_CHECK(cells, !(w[0] >> 8 & 1) && !(w[0] >> 32 & 0xfffff));
	rig_free(r);
	/* it is RID_PASID's entry that must be there */
	r = vtd_rig(7, NULL);
	iom_memory_load64(r->mem, r->contexts, &w[0]);
	iom_memory_store64(r->mem, w[0] & ~UINT64_C(0xfff), 0);
	r->ops->reconfigure(r);
	vtd_ask(r, IOM_NO_PASID, 1);
	ROW_CHECK(cells, r->answers == 1 && r->ops->next_event(r) == 0x59);
	rig_free(r);
}

static void private_data(const row_case *t, char **cells)
{
	rig *r = vtd_rig(7, NULL);
	iom_page_request q = { .address = VA,
			       .requester = RIG_REQUESTER,
			       .pasid = 1,
			       .access = IOM_READ,
			       .has_private_data = 1,
			       .private_data = { UINT64_MAX, UINT64_MAX } };
	uint64_t w[4];

	(void)t;
	CHECK_EQ(iom_iommu_page_request(r->iommu, &q), IOM_PRQ_QUEUED);
	descriptor(r, 0, w);
	ROW_CHECK(cells, !(w[0] >> 9 & 1) && !w[2] && !w[3]);
	rig_free(r);
}

/* ---- what is refused ---- */
typedef enum wrong { PRE, PASIDE, RANGE, RID_PASID, DIRECTORY, ENTRY, LEGACY, ABORT } wrong;

static uint32_t spoil(rig *r, wrong what)
{
	uint64_t w, table;
	uint32_t pasid = 1;

	iom_memory_load64(r->mem, r->contexts, &table);
	iom_memory_load64(r->mem, r->config, &w);
	if (what == PRE || what == PASIDE)
		iom_memory_store64(r->mem, r->config,
				   w & ~(uint64_t)(what == PRE ? CONTEXT_PRE : CONTEXT_PASIDE));
	if (what == RANGE)
		pasid = 0xffff0;
	if (what == RID_PASID)
		pasid = 0;
	if (what == DIRECTORY)
		iom_memory_store64(r->mem, r->contexts, 0);
	if (what == ENTRY)
		iom_memory_store64(r->mem, (table & ~UINT64_C(0xfff)) + 64, 0);
	if (what == LEGACY || what == ABORT)
		r->ops->table_mode(r, what == LEGACY ? 0 : 3);
	r->ops->reconfigure(r);
	return pasid;
}

/* The `nth` fault code in a text: "46h / 48h, IR or drop". */
static unsigned fault_code(const char *text, unsigned nth)
{
	for (const char *p = text; *p; p++) {
		char *end;
		unsigned long code = strtoul(p, &end, 16);

		if (end == p + 2 && *end == 'h' && (p == text || !g_ascii_isalnum(p[-1]))) {
			if (nth-- == 0)
				return (unsigned)code;
		}
	}
	return 0;
}

/* Each way the row names: its fault, the last of a group answered, others not. */
static void fault(const row_case *t, char **cells)
{
	for (unsigned way = 0; way < (unsigned)t->arg >> 8; way++) {
		wrong what = (wrong)((t->arg & 0xff) + way);
		unsigned want = fault_code(cells[ROW_RESPONSE], way);
		rig *r = vtd_rig(7, NULL);
		uint32_t pasid = spoil(r, what);
		uint16_t index;

		ROW_CHECK(cells, want != 0);
		ROW_CHECK(cells, vtd_send(r, pasid, false, IOM_READ) == IOM_PRQ_DROPPED);
		ROW_CHECK(cells, r->ops->next_event(r) == want && r->answers == 0);
		index = vtd_ask(r, pasid, 2);
		ROW_CHECK(cells, r->answers == 1 && r->answer.code == IOM_PRG_INVALID);
		ROW_CHECK(cells, r->answer.automatic && r->answer.prg_index == index);
		ROW_CHECK(cells, r->answer.pasid == pasid);
		/* the second of the two collapses into the record of the first */
		ROW_CHECK(cells, r->ops->next_event(r) == want);
		rig_free(r);
	}
}

/* The code of the row in words: "Success (RC=0)"; FPD keeps the fault out. */
static void remap_error(const row_case *t, char **cells)
{
	bool last = t->arg;

	for (unsigned fpd = 0; fpd < 2; fpd++) {
		rig *r = vtd_rig(7, NULL);
		iom_prq_status status;
		uint64_t w;

		iom_memory_load64(r->mem, r->config, &w);
		iom_memory_store64(r->mem, r->config, w | (fpd ? CONTEXT_FPD : 0));
		spoil(r, PRE);
		if (last)
			vtd_ask(r, 1, 1);
		else
			CHECK_EQ(status = vtd_send(r, 1, false, IOM_READ), IOM_PRQ_DROPPED);
		ROW_CHECK(cells, r->answers == last);
		if (last)
			ROW_CHECK(cells, strstr(cells[ROW_RESPONSE], "Invalid Request (RC=1)") &&
						 r->answer.code == 1);
		else
			ROW_CHECK(cells, strstr(cells[ROW_RESPONSE], "no response") != NULL);
		ROW_CHECK(cells, r->ops->next_event(r) == (fpd ? 0 : 0x47));
		rig_free(r);
	}
}

rig *vtd_filled(void)
{
	rig *r = vtd_rig(7, NULL);

	for (unsigned i = 0; i < 127; i++)
		CHECK_EQ(vtd_send(r, 1, false, IOM_READ), IOM_PRQ_QUEUED);
	return r;
}

/* `arg`: 1 the last of a group, 2 after the overflow; 4 a queue that cannot be written. */
static void overflow(const row_case *t, char **cells)
{
	rig *r = t->arg & 4 ? vtd_rig(7, NULL) : vtd_filled();
	bool last = t->arg & 1;

	if (t->arg & 4)
		iom_memory_inject(r->mem, r->priq, 4096, false, true, IOM_MEM_ABORT);
	if (t->arg & 2)
		CHECK_EQ(vtd_send(r, 1, false, IOM_READ), IOM_PRQ_DROPPED);
	ROW_CHECK(cells, r->ops->overflow(r) == !!(t->arg & 2));
	if (last)
		vtd_ask(r, 1, 1);
	else
		ROW_CHECK(cells, vtd_send(r, 1, false, IOM_READ) == IOM_PRQ_DROPPED);
	ROW_CHECK(cells, r->ops->overflow(r) && r->ops->next_event(r) == 0);
	ROW_CHECK(cells, r->answers == last);
	if (last && !(t->arg & 4))
		ROW_CHECK(cells, strstr(cells[ROW_RESPONSE], "Success (RC=0)") != NULL);
	if (last)
		ROW_CHECK(cells, r->answer.code == IOM_PRG_SUCCESS && r->answer.automatic);
	else
		ROW_CHECK(cells, strcmp(cells[ROW_RESPONSE], "dropped") == 0);
	rig_free(r);
}

/* Two things wrong at once: the earlier step of the row decides. */
static void accept_order(const row_case *t, char **cells)
{
	static const struct {
		wrong sooner, later;
		unsigned code;
	} pairs[] = { { LEGACY, PRE, 0x32 }, { PRE, DIRECTORY, 0x47 }, { PASIDE, ENTRY, 0x45 } };
	rig *r;

	(void)t;
	for (unsigned i = 0; i < G_N_ELEMENTS(pairs); i++) {
		r = vtd_rig(7, NULL);
		spoil(r, pairs[i].later);
		spoil(r, pairs[i].sooner);
		vtd_ask(r, 1, 1);
		ROW_CHECK(cells, r->ops->next_event(r) == pairs[i].code);
		rig_free(r);
	}
	/* the checks of tables come before those of the queue */
	r = vtd_filled();
	spoil(r, ENTRY);
	vtd_ask(r, 1, 1);
	ROW_CHECK(cells, r->answer.code == IOM_PRG_INVALID && !r->ops->overflow(r));
	rig_free(r);
}

static void not_evaluated(const row_case *t, char **cells)
{
	rig *r = vtd_rig(7, NULL);
	rig_request q;

	(void)t;
	vtd_ask(r, 1, 1); /* nothing is mapped */
	rig_map(r, 1, VA, RIG_DATA, 0x1000, IOM_READ, 12);
	ROW_CHECK(cells, vtd_send(r, 1, true, IOM_WRITE) == IOM_PRQ_QUEUED); /* not writable */
	ROW_CHECK(cells, r->ops->next_request(r, &q) && r->answers == 0);
	ROW_CHECK(cells, r->ops->next_event(r) == 0);
	rig_free(r);
}

static void record(const row_case *t, char **cells)
{
	iom_page_ask page = { VA + 0x123, IOM_READ, 1 };
	rig *r = vtd_rig(7, NULL);
	uint16_t index;
	uint64_t lo, hi;

	(void)t;
	spoil(r, PRE);
	CHECK_EQ(iom_endpoint_ask(r->ep, 3, &page, 1, &index), IOM_ASK_SENT);
	lo = vtd_rd(r, R_FRCD, 8);
	hi = vtd_rd(r, R_FRCD + 8, 8);
	ROW_CHECK(cells, hi >> 63 && !(hi >> 62 & 1) && hi >> 28 & 1); /* F, T1, T2 */
	ROW_CHECK(cells, (hi & 0xffff) == RIG_REQUESTER && (lo & ~UINT64_C(0xfff)) == VA);
	ROW_CHECK(cells, hi >> 31 & 1 && (hi >> 40 & 0xfffff) == 3 && hi >> 29 & 1);
	rig_free(r);
}

#define ROW(topic, name, run, arg) \
	{ \
		topic, name, NULL, run, arg, NULL \
	}
/* the first of the wrong things of a row, and how many */
#define WAYS(first, n) ((n) << 8 | (first))

static const row_case cases[] = {
	ROW("queue", "geometry", geometry, 0),
	ROW("queue", "empty / full", full_and_empty, 0),
	ROW("queue", "tail update", visible, 0),
	ROW("descriptor", "type 01h", fields, 0),
	ROW("descriptor", "PP=0", no_pasid, 0),
	ROW("descriptor", "older revisions", private_data, 0),
	ROW("accept path", "order", accept_order, 0),
	ROW("accept path", "FSTS/permission", not_evaluated, 0),
	ROW("error", "remapping table error, LPIG=1", remap_error, 1),
	ROW("error", "remapping table error, LPIG=0", remap_error, 0),
	ROW("error", "PRO=1 already, LPIG=1", overflow, 3),
	ROW("error", "PRO=1 already, LPIG=0", overflow, 2),
	ROW("error", "queue full, LPIG=0", overflow, 0),
	ROW("error", "queue full", overflow, 1),
	ROW("error", "legacy mode", fault, WAYS(LEGACY, 1)),
	ROW("error", "abort mode", fault, WAYS(ABORT, 1)),
	ROW("error", "PRE=0", fault, WAYS(PRE, 1)),
	ROW("error", "with PASID and PASIDE=0", fault, WAYS(PASIDE, 1)),
	ROW("error", "PASID beyond directory", fault, WAYS(RANGE, 2)),
	ROW("error", "PASID directory or entry not present", fault, WAYS(DIRECTORY, 2)),
	ROW("error", "queue memory write fails", overflow, 5),
	ROW("fault record", "page request", record, 0),
	ROW("event", "ordering", visible, 1),
};

static void whole_table(void)
{
	rows *t = rows_open("vtd/page_requests.tsv");

	rows_run(t, cases, G_N_ELEMENTS(cases));
	rows_run(t, rows_vtd_events, n_rows_vtd_events);
	rows_close(t, 34, 0);
}

static const iom_test tests[] = {
	{ "page_requests.tsv, every row", whole_table },
	{ 0 },
};
const iom_suite rows_vtd_suite = { "rows-vtd", tests };
