/* SPDX-License-Identifier: MIT */
/*
 * Rows of the specifications' tables, driven by an endpoint: what it sees and
 * what the IOMMU's queues say must be what the row says. Each case names a row
 * and brings about its condition; the expectation is read from the file.
 */
#include "rig.h"

#include <stdlib.h>
#include <string.h>

#define VA UINT64_C(0x7f0000001000)

typedef struct table {
	char **lines;
	unsigned n_cases, n_rows;
} table;

static void table_open(table *t, const char *name)
{
	g_autofree char *path = g_build_filename(iom_test_data(), "spec", name, NULL);
	g_autofree char *text = NULL;

	memset(t, 0, sizeof(*t));
	CU_ASSERT_TRUE_FATAL(g_file_get_contents(path, &text, NULL, NULL));
	t->lines = g_strsplit(text, "\n", -1);
	for (char **l = t->lines; *l; l++)
		t->n_rows += **l && **l != '#';
}

/* The cells of the row that starts with these two; it must be there. */
static char **row(table *t, const char *topic, const char *name)
{
	t->n_cases++;
	for (char **l = t->lines; *l; l++) {
		char **cells = g_strsplit(*l, "\t", -1);

		if (g_strv_length(cells) > 3 && strcmp(cells[0], topic) == 0 &&
		    g_str_has_prefix(cells[1], name))
			return cells;
		g_strfreev(cells);
	}
	g_printerr("no row %s, %s\n", topic, name);
	CU_FAIL("row");
	return NULL;
}

/* ------------------------------------------------------------------------
 * SMMUv3: ats_pri.tsv
 */
enum { STE_KEEP = 0xff };

typedef struct smmu_case {
	const char *topic, *name;
	unsigned space;
	uint8_t ste_valid; /* STE_KEEP, or V */
	uint8_t config; /* STE_KEEP, or STE.Config */
	uint8_t s1dss; /* STE_KEEP, or STE.S1DSS */
	bool no_eats, no_cd, no_smmu, bad_sid, bad_pasid;
	int inject; /* 1 STE, 2 CD, 3 the first table */
	bool unmapped;
} smmu_case;

#define KEEP .ste_valid = STE_KEEP, .config = STE_KEEP, .s1dss = STE_KEEP
#define REQUEST(...) \
	{ \
		.topic = "ats_translation_request", KEEP, __VA_ARGS__ \
	}
#define TRANSLATED(...) \
	{ \
		.topic = "ats_translated", KEEP, __VA_ARGS__ \
	}

static const smmu_case smmu_cases[] = {
	REQUEST(.name = "SMMUEN==0", .no_smmu = true),
	REQUEST(.name = "StreamID out of range", .bad_sid = true),
	REQUEST(.name = "would be F_STE_FETCH", .inject = 1),
	{ .topic = "ats_translation_request",
	  .name = "would be C_BAD_STE",
	  .ste_valid = 0,
	  .config = STE_KEEP,
	  .s1dss = STE_KEEP },
	REQUEST(.name = "would be C_BAD_SUBSTREAMID", .bad_pasid = true),
	{ .topic = "ats_translation_request",
	  .name = "would be F_STREAM_DISABLED",
	  .ste_valid = STE_KEEP,
	  .config = STE_KEEP,
	  .s1dss = 0 },
	REQUEST(.name = "would be F_WALK_EABT", .inject = 3),
	REQUEST(.name = "would be F_CD_FETCH", .inject = 2, .space = 1),
	REQUEST(.name = "would be C_BAD_CD", .no_cd = true, .space = 1),
	{ .topic = "ats_translation_request",
	  .name = "STE.Config==0b000",
	  .ste_valid = STE_KEEP,
	  .config = 0,
	  .s1dss = STE_KEEP },
	{ .topic = "ats_translation_request",
	  .name = "STE.Config==0b100",
	  .ste_valid = STE_KEEP,
	  .config = 4,
	  .s1dss = STE_KEEP },
	REQUEST(.name = "effective EATS==0b00", .no_eats = true),
	REQUEST(.name = "F_TRANSLATION / F_ADDR_SIZE", .unmapped = true, .space = 2),
	{ .topic = "ats_translation_request",
	  .name = "stage 1 skipped, Config==0b101",
	  .ste_valid = STE_KEEP,
	  .config = STE_KEEP,
	  .s1dss = 1 },
	TRANSLATED(.name = "SMMUEN==0", .no_smmu = true),
	TRANSLATED(.name = "effective EATS==0b00", .no_eats = true),
	TRANSLATED(.name = "EATS==0b01"),
	TRANSLATED(.name = "configuration error", .inject = 1),
	{ .topic = "ats_translated",
	  .name = "STE.Config==0b000",
	  .ste_valid = STE_KEEP,
	  .config = 0,
	  .s1dss = STE_KEEP },
	{ .topic = "ats_translated",
	  .name = "STE.Config==0b100",
	  .ste_valid = STE_KEEP,
	  .config = 4,
	  .s1dss = STE_KEEP },
};

static void change_ste(rig *r, const smmu_case *t)
{
	uint64_t w0, w1;

	iom_memory_load64(r->mem, r->config, &w0);
	iom_memory_load64(r->mem, r->config + 8, &w1);
	if (t->ste_valid != STE_KEEP)
		w0 = (w0 & ~UINT64_C(1)) | t->ste_valid;
	if (t->config != STE_KEEP)
		w0 = (w0 & ~UINT64_C(0xe)) | (uint64_t)t->config << 1;
	if (t->s1dss != STE_KEEP)
		w1 = (w1 & ~UINT64_C(3)) | t->s1dss;
	if (t->no_eats)
		w1 &= ~(UINT64_C(3) << 28);
	iom_memory_store64(r->mem, r->config, w0);
	iom_memory_store64(r->mem, r->config + 8, w1);
	if (t->no_cd)
		iom_memory_store64(r->mem, r->contexts + t->space * 64, 0);
	if (t->inject == 1)
		iom_memory_inject(r->mem, r->config, 64, true, false, IOM_MEM_ABORT);
	if (t->inject == 2)
		iom_memory_inject(r->mem, r->contexts + t->space * 64, 64, true, false,
				  IOM_MEM_ABORT);
	if (t->inject == 3)
		iom_memory_inject(r->mem, r->pt[t->space].root, 4096, true, false, IOM_MEM_ABORT);
	/* CFGI_ALL, then the same for the TLB, through the rig's queue */
	r->ops->reconfigure(r);
	if (t->no_smmu)
		r->ops->translation(r, false);
}

/* What the row says the requester gets, as far as an endpoint sees it. */
static bool response_fits(const char *says, const iom_dma_answer *a)
{
	if (g_str_has_prefix(says, "UR"))
		return a->status == IOM_ABORT && a->response == IOM_RESPONSE_UR;
	if (g_str_has_prefix(says, "CA"))
		return a->status == IOM_ABORT && a->response == IOM_RESPONSE_CA;
	if (g_str_has_prefix(says, "Success, R=W=0"))
		return a->refusal == IOM_REFUSAL_PAGE && a->permissions == 0 &&
		       a->response == IOM_RESPONSE_SUCCESS;
	if (g_str_has_prefix(says, "Success U=0 R=1 W=1, identity"))
		return a->status == IOM_OK && a->address == VA + 0x40 &&
		       a->permissions == (IOM_READ | IOM_WRITE);
	if (g_str_has_prefix(says, "abort"))
		return a->status == IOM_ABORT && a->type == IOM_TRANSLATED;
	if (g_str_has_prefix(says, "pass"))
		return a->status == IOM_OK && a->type == IOM_TRANSLATED;
	return false;
}

/* The row names the event, or says none; "that event" is the injected one. */
static bool event_fits(const rig *r, const char *says, unsigned event)
{
	const char *name = event ? iom_iommu_fault_name(r->iommu, event) : "none";

	if (g_str_has_prefix(says, "that event"))
		name = g_strcmp0(name, "F_STE_FETCH") == 0 ? "that event" : name;
	return name && g_str_has_prefix(says, name);
}

static void smmu_row(table *t, const smmu_case *c)
{
	rig *r = rig_new(IOM_KIND_SMMUV3, NULL);
	char **cells = row(t, c->topic, c->name);
	bool translated = strcmp(c->topic, "ats_translated") == 0;
	iom_dma dma = rig_dma(c->space, VA + 0x40, IOM_WRITE, 0);
	iom_dma_answer a;
	unsigned event;

	if (!cells)
		return;
	if (!c->unmapped)
		rig_map(r, c->space, VA, RIG_DATA, 0x1000, IOM_READ | IOM_WRITE, 12);
	/* a translation that the ATC already has makes the access a translated one */
	if (translated)
		CHECK_EQ(rig_access(r, c->space, VA, IOM_WRITE, 0, &a), IOM_OK);
	change_ste(r, c);
	if (c->bad_pasid)
		dma.pasid = 9;
	if (c->bad_sid)
		rig_move(r, 0x1234);
	if (iom_endpoint_begin(r->ep, &dma, &a) == IOM_OK)
		iom_endpoint_end(r->ep, &a);
	event = r->ops->next_event(r);
	if (!response_fits(cells[3], &a) || !event_fits(r, cells[4], event)) {
		g_printerr(
			"%s, %s: status %u response %u refusal %u event %02x; the table: %s; %s\n",
			c->topic, c->name, a.status, a.response, a.refusal, event, cells[3],
			cells[4]);
		CU_FAIL("differs from the table");
	}
	g_strfreev(cells);
	rig_free(r);
}

static void smmu_requests(void)
{
	table t;

	table_open(&t, "smmuv3/ats_pri.tsv");
	for (unsigned i = 0; i < G_N_ELEMENTS(smmu_cases); i++)
		smmu_row(&t, &smmu_cases[i]);
	g_print("%u of %u rows ... ", t.n_cases, t.n_rows);
	g_strfreev(t.lines);
}

/* "[51:32]" of a 128-bit entry. */
static uint64_t bits_of(const uint64_t *w, const char *range)
{
	char *end;
	unsigned high, low;

	range += range[0] == '[';
	high = (unsigned)strtoul(range, &end, 10);
	low = *end == ':' ? (unsigned)strtoul(end + 1, NULL, 10) : high;
	if (high - low + 1 >= 64)
		return w[low / 64];
	return w[low / 64] >> (low % 64) & ((UINT64_C(1) << (high - low + 1)) - 1);
}

static void smmu_entry(void)
{
	static const struct {
		const char *field;
		uint64_t value;
	} fields[] = {
		{ "StreamID", RIG_REQUESTER },
		{ "SubstreamID", 3 },
		{ "Priv", 1 },
		{ "X", 1 },
		{ "R", 1 },
		{ "W", 0 },
		{ "Last", 1 },
		{ "SSV", 1 },
		{ "PRGIndex", 0 },
		{ "Address[63:12]", VA >> 12 },
		{ "RES0", 0 },
	};
	iom_page_ask page = { VA + 0x123, IOM_READ | IOM_EXECUTE, 1 };
	rig *r = rig_new(IOM_KIND_SMMUV3, NULL);
	uint64_t w[2];
	uint16_t index;
	table t;

	table_open(&t, "smmuv3/ats_pri.tsv");
	CHECK_EQ(iom_endpoint_ask(r->ep, 3, &page, 1, &index), IOM_ASK_SENT);
	iom_memory_load64(r->mem, r->priq, &w[0]);
	iom_memory_load64(r->mem, r->priq + 8, &w[1]);
	for (unsigned i = 0; i < G_N_ELEMENTS(fields); i++) {
		for (char **l = t.lines; *l; l++) {
			g_auto(GStrv) cells = g_strsplit(*l, "\t", -1);

			if (g_strv_length(cells) > 3 && strcmp(cells[0], "pri_entry") == 0 &&
			    strcmp(cells[1], fields[i].field) == 0) {
				CHECK_EQ(bits_of(w, cells[2]), fields[i].value);
				t.n_cases++;
			}
		}
	}
	CHECK_EQ(t.n_cases, 12); /* two reserved fields */
	g_strfreev(t.lines);
	rig_free(r);
}

/* Response codes: bits of CMD_PRI_RESP, codes of the bus. */
static void smmu_codes(void)
{
	static const char *const rows[] = { "0b0000 Success", "0b0001 Invalid Request",
					    "0b1111 Response Failure" };
	iom_page_ask page = { VA, IOM_READ, 0 };
	table t;

	table_open(&t, "smmuv3/ats_pri.tsv");
	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		char **cells = row(&t, "prg_code", rows[i]);
		rig *r = rig_new(IOM_KIND_SMMUV3, NULL);
		const char *resp = cells ? strstr(cells[2], "Resp 0b") : NULL;
		rig_request q = { .requester = RIG_REQUESTER, .pasid = 1 };
		uint16_t index;

		CU_ASSERT_PTR_NOT_NULL_FATAL(resp);
		CHECK_EQ(iom_endpoint_ask(r->ep, 1, &page, 1, &index), IOM_ASK_SENT);
		q.prg_index = index;
		/* the rig's codes to Resp are those of the row */
		r->ops->respond(r, &q, (iom_prg_code)strtoul(rows[i] + 2, NULL, 2));
		CHECK_EQ(r->answers, 1);
		CHECK_EQ(r->answer.code, strtoul(rows[i] + 2, NULL, 2));
		{
			uint64_t w;

			iom_memory_load64(r->mem, r->cmdq + (r->cmd_index - 2) * 16 + 8, &w);
			CHECK_EQ(w >> 12 & 3, strtoul(resp + 7, NULL, 2));
		}
		g_strfreev(cells);
		rig_free(r);
	}
	g_strfreev(t.lines);
}

/* ------------------------------------------------------------------------
 * VT-d: page_requests.tsv
 */
typedef struct vtd_case {
	const char *name;
	unsigned context; /* bits of the context entry to clear */
	uint32_t pasid;
	bool no_directory, no_entry;
	int mode; /* 0 keep, else RTADDR.TTM */
} vtd_case;

static const vtd_case vtd_cases[] = {
	{ "PRE=0", 1u << 4, 1, false, false, 0 },
	{ "with PASID and PASIDE=0", 1u << 3, 1, false, false, 0 },
	{ "PASID beyond directory / equal to RID_PASID", 0, 0xffff0, false, false, 0 },
	{ "PASID directory or entry not present", 0, 1, true, false, 0 },
	{ "PASID directory or entry not present", 0, 1, false, true, 0 },
	{ "legacy mode", 0, 1, false, false, 4 },
	{ "abort mode", 0, 1, false, false, 3 },
};

/* The first, or `nth`, fault code in the row: "46h / 48h, IR or drop". */
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

static void vtd_break(rig *r, const vtd_case *c)
{
	uint64_t w, table_at;

	iom_memory_load64(r->mem, r->config, &w);
	iom_memory_store64(r->mem, r->config, w & ~(uint64_t)c->context);
	iom_memory_load64(r->mem, r->contexts, &w);
	table_at = w & ~UINT64_C(0xfff);
	if (c->no_directory)
		iom_memory_store64(r->mem, r->contexts, 0);
	if (c->no_entry)
		iom_memory_store64(r->mem, table_at + c->pasid * 64, 0);
	if (c->mode)
		r->ops->table_mode(r, c->mode == 4 ? 0 : (unsigned)c->mode);
	r->ops->reconfigure(r);
}

static void vtd_row(table *t, const vtd_case *c)
{
	char **cells = row(t, "error", c->name);
	iom_page_ask pages[2] = { { VA, IOM_READ, 0 }, { VA + 0x1000, IOM_READ, 0 } };
	unsigned want;
	uint16_t index;
	rig *r;

	if (!cells)
		return;
	want = fault_code(cells[3], c->no_entry ? 1 : 0);
	r = rig_new(IOM_KIND_VTD, NULL);
	vtd_break(r, c);
	/* LPIG=0 is dropped, LPIG=1 answered: one answer for the group of two */
	CHECK_EQ(iom_endpoint_ask(r->ep, c->pasid, pages, 2, &index), IOM_ASK_SENT);
	CHECK_EQ(r->answers, 1);
	CHECK_EQ(r->answer.code, IOM_PRG_INVALID); /* row "remapping table error, LPIG=1" */
	CHECK_EQ(r->answer.automatic, 1);
	CHECK_EQ(r->answer.pasid, c->pasid);
	CHECK_EQ(r->answer.prg_index, index);
	CU_ASSERT_NOT_EQUAL(want, 0);
	CHECK_EQ(r->ops->next_event(r), want);
	g_strfreev(cells);
	rig_free(r);
}

static void vtd_requests(void)
{
	table t;

	table_open(&t, "vtd/page_requests.tsv");
	for (unsigned i = 0; i < G_N_ELEMENTS(vtd_cases); i++)
		vtd_row(&t, &vtd_cases[i]);
	g_print("%u of %u rows ... ", t.n_cases, t.n_rows);
	g_strfreev(t.lines);
}

/* "TYPE 7:0, PP 8, RID 31:16, ...; everything else 0" */
static void vtd_descriptor(void)
{
	static const struct {
		const char *field;
		uint64_t value;
	} fields[] = {
		{ "TYPE", 1 },
		{ "PP", 1 },
		{ "RID", RIG_REQUESTER },
		{ "PASID", 3 },
		{ "EXR", 1 },
		{ "PMR", 1 },
		{ "RDR", 1 },
		{ "WRR", 0 },
		{ "LPIG", 1 },
		{ "PRGI", 0 },
		{ "address", VA >> 12 },
	};
	iom_page_ask page = { VA + 0x123, IOM_READ | IOM_EXECUTE, 1 };
	rig *r = rig_new(IOM_KIND_VTD, NULL);
	g_auto(GStrv) parts = NULL;
	uint64_t w[4];
	uint16_t index;
	char **cells;
	table t;

	table_open(&t, "vtd/page_requests.tsv");
	cells = row(&t, "descriptor", "type 01h, 256 bit");
	CU_ASSERT_PTR_NOT_NULL_FATAL(cells);
	parts = g_strsplit_set(cells[2], ",;", -1);
	CHECK_EQ(iom_endpoint_ask(r->ep, 3, &page, 1, &index), IOM_ASK_SENT);
	for (unsigned i = 0; i < 4; i++)
		iom_memory_load64(r->mem, r->priq + i * 8, &w[i]);
	for (unsigned i = 0; i < G_N_ELEMENTS(fields); i++) {
		bool found = false;

		for (char **p = parts; *p; p++) {
			g_auto(GStrv) words = g_strsplit(g_strstrip(*p), " ", 2);

			if (words[0] && words[1] && strcmp(words[0], fields[i].field) == 0) {
				CHECK_EQ(bits_of(w, words[1]), fields[i].value);
				found = true;
			}
		}
		CU_ASSERT_TRUE(found);
	}
	CHECK_EQ(w[2] | w[3], 0);
	g_strfreev(cells);
	g_strfreev(t.lines);
	rig_free(r);
}

/* Rows of PRO=1: answered Success for the last, dropped otherwise, nothing recorded. */
static void vtd_overflow(void)
{
	rig *r = rig_new(IOM_KIND_VTD, NULL);
	iom_page_ask pages[2] = { { VA, IOM_READ, 0 }, { VA, IOM_READ, 0 } };
	char **cells;
	uint16_t index;
	table t;

	table_open(&t, "vtd/page_requests.tsv");
	rig_set_reg(r, IOM_PCI_EXT_PRI, 4, 2, 0);
	rig_set_reg(r, IOM_PCI_EXT_PRI, 12, 4, 256);
	rig_set_reg(r, IOM_PCI_EXT_PRI, 4, 2, 1);
	for (unsigned i = 0; i < 127; i++)
		CHECK_EQ(iom_endpoint_ask(r->ep, 1, pages, 1, &index), IOM_ASK_SENT);
	for (unsigned i = 0; i < 2; i++) {
		cells = row(&t, "error", i ? "PRO=1 already, LPIG=1" : "queue full");
		CU_ASSERT_PTR_NOT_NULL_FATAL(cells);
		CU_ASSERT_PTR_NOT_NULL(strstr(cells[3], "auto response Success"));
		CHECK_EQ(iom_endpoint_ask(r->ep, 1, pages, 2, &index), IOM_ASK_SENT);
		CU_ASSERT_TRUE(r->ops->overflow(r));
		CHECK_EQ(r->answers, i + 1);
		CHECK_EQ(r->answer.code, IOM_PRG_SUCCESS);
		CHECK_EQ(r->ops->next_event(r), 0);
		g_strfreev(cells);
	}
	g_strfreev(t.lines);
	rig_free(r);
}

static const iom_test tests[] = {
	{ "ats_pri.tsv: requests and translated accesses", smmu_requests },
	{ "ats_pri.tsv: fields of a PRI queue entry", smmu_entry },
	{ "ats_pri.tsv: response codes", smmu_codes },
	{ "page_requests.tsv: what is refused", vtd_requests },
	{ "page_requests.tsv: fields of a descriptor", vtd_descriptor },
	{ "page_requests.tsv: overflow", vtd_overflow },
	{ 0 },
};
const iom_suite tables_suite = { "tables", tests };
