/* SPDX-License-Identifier: MIT */
/* ats_pri.tsv: page requests, their answers, and invalidations of the ATC. */
#include "rows.h"
#include "smmu/smmu.h"

#include <stdlib.h>
#include <string.h>

#define FIELD(value, lsb) ((uint64_t)(value) << (lsb))
enum { R_GERROR = 0x60, R_GERRORN = 0x64, R_CMDQ_CONS = 0x9c, R_PRIQ_PROD = 0x100c8 };

static iom_prq_status send(rig *r, uint32_t pasid, bool last, unsigned access, unsigned index)
{
	iom_page_request q = { .address = VA,
			       .requester = RIG_REQUESTER,
			       .pasid = pasid,
			       .prg_index = (uint16_t)index,
			       .access = (uint8_t)access,
			       .last = last,
			       .space = (uint8_t)r->iommu_space };

	return iom_iommu_page_request(r->iommu, &q);
}

static uint16_t ask(rig *r, unsigned space, unsigned n)
{
	iom_page_ask pages[4];
	uint16_t index = 0xffff;

	for (unsigned i = 0; i < 4; i++)
		pages[i] = (iom_page_ask){ VA + i * 0x1000, IOM_READ, 0 };
	CHECK_EQ(iom_endpoint_ask(r->ep, rig_pasid(space), pages, n, &index), IOM_ASK_SENT);
	return index;
}

/* One field of the entry that a request of PASID 3, privileged, execute makes. */
static void entry(const row_case *t, char **cells)
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
		{ "PRGIndex", 1 },
		{ "Address[63:12]", VA >> 12 },
		{ "RES0", 0 },
	};
	iom_page_ask page = { VA + 0x123, IOM_READ | IOM_EXECUTE, 1 };
	rig *r = smmu_rig(NULL, 0);
	uint64_t w[2];
	uint16_t index;
	bool known = false;

	(void)t;
	ask(r, 0, 1);
	CHECK_EQ(iom_endpoint_ask(r->ep, 3, &page, 1, &index), IOM_ASK_SENT);
	iom_memory_load64(r->mem, r->priq + 16, &w[0]);
	iom_memory_load64(r->mem, r->priq + 24, &w[1]);
	for (unsigned i = 0; i < G_N_ELEMENTS(fields); i++) {
		if (strcmp(cells[1], fields[i].field) != 0)
			continue;
		ROW_CHECK(cells, row_bits(w, cells[2]) == fields[i].value);
		known = true;
	}
	ROW_CHECK(cells, known);
	/* without a PASID: SSV, Priv and X are 0 */
	iom_memory_load64(r->mem, r->priq, &w[0]);
	ROW_CHECK(cells, !(w[0] >> 63) && !(w[0] >> 58 & 3));
	rig_free(r);
}

static void stop_marker(const row_case *t, char **cells)
{
	rig *r = smmu_rig(NULL, 0);
	rig_request q;

	(void)t;
	CU_ASSERT_TRUE(iom_endpoint_stop_pasid(r->ep, 2));
	CU_ASSERT_TRUE_FATAL(r->ops->next_request(r, &q));
	ROW_CHECK(cells, q.pasid == 2 && q.last && !(q.access & ALL) && r->answers == 0);
	/* the same without a PASID is a request, and is answered when there is no room */
	ROW_CHECK(cells, send(r, IOM_NO_PASID, true, 0, 5) == IOM_PRQ_QUEUED);
	r->ops->page_requests(r, false);
	ROW_CHECK(cells, send(r, IOM_NO_PASID, true, 0, 5) == IOM_PRQ_RESPONDED);
	ROW_CHECK(cells, send(r, 2, true, 0, 0) == IOM_PRQ_DROPPED);
	rig_free(r);
}

static void accept(const row_case *t, char **cells)
{
	rig *r = smmu_rig(NULL, 0);
	rig_request q;
	uint16_t index = ask(r, 1, 2);

	(void)t;
	ROW_CHECK(cells, smmu_reg(r, R_PRIQ_PROD, 4) == 2 && r->answers == 0);
	CU_ASSERT_TRUE(r->ops->next_request(r, &q) && !q.last);
	CU_ASSERT_TRUE(r->ops->next_request(r, &q));
	ROW_CHECK(cells, q.last && q.prg_index == index && q.pasid == 1);
	rig_free(r);
}

/* A queue of two entries that are both there. */
static rig *full(const iom_smmu_config *config)
{
	rig_options o;
	rig *r;

	rig_options_init(&o);
	o.model = config;
	o.cr2 = CR2_REC_CFG_ATS | CR2_RECINVSID;
	o.priq_lg2 = 1;
	r = rig_new(IOM_KIND_SMMUV3, &o);
	ask(r, 1, 2);
	CHECK_EQ(r->answers, 0);
	return r;
}

static void overflow(const row_case *t, char **cells)
{
	rig *r = full(NULL);
	rig_request q;

	(void)t;
	ROW_CHECK(cells, smmu_reg(r, R_PRIQ_PROD, 4) >> 31 == 0);
	ROW_CHECK(cells, send(r, 1, false, IOM_READ, 7) == IOM_PRQ_DROPPED);
	ROW_CHECK(cells, r->ops->overflow(r) && smmu_reg(r, R_PRIQ_PROD, 4) >> 31 == 1);
	/* not toggled again; space alone does not help, the acknowledgement does */
	ROW_CHECK(cells, send(r, 1, false, IOM_READ, 7) == IOM_PRQ_DROPPED);
	ROW_CHECK(cells, smmu_reg(r, R_PRIQ_PROD, 4) >> 31 == 1);
	smmu_set_reg(r, 0x100cc, 4, 1);
	ROW_CHECK(cells, send(r, 1, false, IOM_READ, 7) == IOM_PRQ_DROPPED);
	r->pri_index = 1;
	CU_ASSERT_TRUE(r->ops->next_request(r, &q));
	ROW_CHECK(cells, !r->ops->overflow(r));
	ROW_CHECK(cells, send(r, 1, false, IOM_READ, 7) == IOM_PRQ_QUEUED);
	rig_free(r);
}

enum { NOT_LAST, NO_PASID, PPS, PPAR, BAD_STE, MARKER };

/* What the SMMU answers itself when there is no room, to an endpoint's group. */
static void automatic(const row_case *t, char **cells)
{
	iom_smmu_config config;
	const char *says = cells[ROW_RESPONSE];

	iom_smmu_config_init(&config);
	if (t->arg == PPS)
		CU_ASSERT_TRUE(iom_smmu_config_set(&config, "IDR3.PPS", 1, NULL));
	for (unsigned way = 0; way < (t->arg == PPAR ? 2u : t->arg == BAD_STE ? 3u : 1u); way++) {
		rig *r = full(&config);
		bool pasid = t->arg == PPS || (t->arg == PPAR && way);
		uint16_t index;
		unsigned event;

		if (t->arg == PPS) /* the STE is not read */
			iom_memory_inject(r->mem, r->config, 64, true, false, IOM_MEM_ABORT);
		if (t->arg == PPAR && !way)
			smmu_ste(r, 1, 1u << 18, 0);
		if (t->arg == BAD_STE && way == 0)
			rig_move(r, 0x1234);
		if (t->arg == BAD_STE && way == 1)
			iom_memory_inject(r->mem, r->config, 64, true, false, IOM_MEM_ABORT);
		if (t->arg == BAD_STE && way == 2)
			smmu_ste(r, 0, 1, 0);
		r->ops->reconfigure(r);
		if (t->arg == NOT_LAST || t->arg == MARKER) {
			ROW_CHECK(cells,
				  send(r, 1, t->arg == MARKER, t->arg == MARKER ? 0 : IOM_READ,
				       3) == IOM_PRQ_DROPPED);
			ROW_CHECK(cells, r->answers == 0);
			rig_free(r);
			continue;
		}
		index = ask(r, t->arg == NO_PASID ? 0 : 1, 1);
		event = r->ops->next_event(r);
		ROW_CHECK(cells, r->answers == 1 && r->answer.automatic);
		ROW_CHECK(cells, r->answer.prg_index == index);
		ROW_CHECK(cells, r->answer.pasid == (pasid ? 1 : IOM_NO_PASID));
		ROW_CHECK(cells, r->answer.code ==
					 (t->arg == BAD_STE ? IOM_PRG_FAILURE : IOM_PRG_SUCCESS));
		ROW_CHECK(cells, t->arg == BAD_STE ? g_str_has_prefix(says, "Response Failure")
						   : strstr(says, "Success") != NULL);
		if (t->arg == BAD_STE)
			ROW_CHECK(cells, event && strstr(cells[ROW_EVENT],
							 iom_iommu_fault_name(r->iommu, event)));
		else
			ROW_CHECK(cells, event == 0);
		rig_free(r);
	}
}

/* PRIQEN clear, SMMUEN clear, PRIQ_ABT_ERR active: failure, for Last==0 too. */
static void queue_off(const row_case *t, char **cells)
{
	(void)t;
	for (unsigned way = 0; way < 3; way++) {
		rig *r = smmu_rig(NULL, 0);

		if (way == 0)
			r->ops->page_requests(r, false);
		if (way == 1)
			r->ops->translation(r, false);
		if (way == 2) {
			iom_memory_inject(r->mem, r->priq, 4096, false, true, IOM_MEM_ABORT);
			send(r, 1, false, IOM_READ, 1);
			iom_memory_inject(r->mem, r->priq, 4096, false, true, IOM_MEM_OK);
		}
		ROW_CHECK(cells, send(r, 1, false, IOM_READ, 3) == IOM_PRQ_RESPONDED);
		ROW_CHECK(cells, send(r, 1, true, 0, 3) == IOM_PRQ_DROPPED);
		ROW_CHECK(cells, r->ops->next_event(r) == 0);
		/* an endpoint's group fails, and its interface stops */
		ask(r, 1, 2);
		ROW_CHECK(cells, r->answers == 1 && r->answer.code == IOM_PRG_FAILURE);
		ROW_CHECK(cells, r->answer.pasid == IOM_NO_PASID);
		ROW_CHECK(cells, rig_reg(r, IOM_PCI_EXT_PRI, 6, 2) & 1);
		rig_free(r);
	}
}

static void secure(const row_case *t, char **cells)
{
	rig *r = smmu_rig_secure();

	(void)t;
	ask(r, 1, 1);
	ROW_CHECK(cells, r->answers == 1 && r->answer.code == IOM_PRG_FAILURE);
	ROW_CHECK(cells, smmu_reg(r, R_PRIQ_PROD, 4) == 0 && !smmu_secure_event(r));
	rig_free(r);
}

static void write_abort(const row_case *t, char **cells)
{
	rig *r = smmu_rig(NULL, 0);

	(void)t;
	iom_memory_inject(r->mem, r->priq, 4096, false, true, IOM_MEM_ABORT);
	ask(r, 1, 1);
	ROW_CHECK(cells, r->answers == 1 && r->answer.code == IOM_PRG_FAILURE);
	/* GERROR.PRIQ_ABT_ERR */
	ROW_CHECK(cells, (smmu_reg(r, R_GERROR, 4) ^ smmu_reg(r, R_GERRORN, 4)) >> 3 & 1);
	rig_free(r);
}

/* Neither ATSCHK nor EATS matters, nor that the STE is there. */
static void unchecked(const row_case *t, char **cells)
{
	rig *r = smmu_rig(NULL, CR2_REC_CFG_ATS);

	(void)t;
	smmu_ste(r, 1, FIELD(3, 28), 0);
	ask(r, 1, 1);
	smmu_set_reg(r, 0x20, 4, smmu_reg(r, 0x20, 4) & ~UINT64_C(16));
	ask(r, 1, 1);
	ROW_CHECK(cells, smmu_reg(r, R_PRIQ_PROD, 4) == 2 && r->answers == 0);
	ROW_CHECK(cells, r->ops->next_event(r) == 0);
	rig_free(r);
}

static void identity(const row_case *t, char **cells)
{
	rig *r = full(NULL);
	uint16_t index = ask(r, 0, 3);

	(void)t;
	ROW_CHECK(cells, r->answer.requester == RIG_REQUESTER && r->answer.prg_index == index);
	rig_free(r);
}

/* Response codes: bits of CMD_PRI_RESP, codes of the bus. */
static void code(const row_case *t, char **cells)
{
	const char *resp = strstr(cells[2], "Resp 0b");
	unsigned want = (unsigned)strtoul(cells[1] + 2, NULL, 2);
	rig_request q = { .requester = RIG_REQUESTER, .pasid = 1 };
	rig *r = smmu_rig(NULL, 0);
	uint64_t w;

	(void)t;
	CU_ASSERT_PTR_NOT_NULL_FATAL(resp);
	q.prg_index = ask(r, 1, 1);
	r->ops->respond(r, &q, (iom_prg_code)want);
	ROW_CHECK(cells, r->answers == 1 && r->answer.code == want && !r->answer.automatic);
	iom_memory_load64(r->mem, r->cmdq + (r->cmd_index - 2) * 16 + 8, &w);
	ROW_CHECK(cells, (w >> 12 & 3) == strtoul(resp + 7, NULL, 2));
	ROW_CHECK(cells, (rig_reg(r, IOM_PCI_EXT_PRI, 6, 2) & 1) == (want == IOM_PRG_FAILURE));
	rig_free(r);
}

/* ---- invalidations ---- */

/* CMD_SYNC waits for the endpoint; CMD_ATC_INV alone does not hold the queue. */
static void ordering(const row_case *t, char **cells)
{
	rig *r = smmu_rig(NULL, 0);
	iom_dma dma = rig_dma(1, VA, IOM_READ, 0);
	iom_dma_answer a;

	(void)t;
	rig_map(r, 1, VA, RIG_DATA, 0x1000, ALL, 12);
	CHECK_EQ(iom_endpoint_begin(r->ep, &dma, &a), IOM_OK);
	r->ops->invalidate(r, 1, VA, 12, false, true);
	r->ops->invalidate(r, 1, VA, 12, false, true);
	r->ops->sync(r);
	/* both consumed, the sync not */
	ROW_CHECK(cells, (smmu_reg(r, R_CMDQ_CONS, 4) & 0xfffff) == r->cmd_index - 1);
	iom_endpoint_end(r->ep, &a);
	ROW_CHECK(cells, r->ops->synced(r));
	rig_free(r);
}

static void timeout(const row_case *t, char **cells)
{
	rig *r = smmu_rig(NULL, 0);
	iom_dma dma = rig_dma(1, VA, IOM_READ, 0);
	iom_dma_answer a;
	uint64_t cons;

	(void)t;
	rig_map(r, 1, VA, RIG_DATA, 0x1000, ALL, 12);
	CHECK_EQ(iom_endpoint_begin(r->ep, &dma, &a), IOM_OK);
	r->ops->invalidate(r, 1, VA, 12, false, true);
	r->ops->sync(r);
	iom_endpoint_remove(r->ep);
	cons = smmu_reg(r, R_CMDQ_CONS, 4);
	/* CERROR_ATC_INV_SYNC is 3; the queue stays at the sync */
	ROW_CHECK(cells, (cons >> 24 & 0x7f) == 3 && (cons & 0xfffff) == r->cmd_index - 1);
	ROW_CHECK(cells, (smmu_reg(r, R_GERROR, 4) ^ smmu_reg(r, R_GERRORN, 4)) & 1);
	iom_endpoint_end(r->ep, &a);
	rig_free(r);
}

/* An endpoint with ATS off, and a stream that has none, answer UR. */
static void unsupported(const row_case *t, char **cells)
{
	rig *r = smmu_rig(NULL, 0);

	(void)t;
	rig_set_reg(r, IOM_PCI_EXT_ATS, 6, 2, 0);
	r->ops->invalidate(r, 1, VA, 12, false, true);
	r->ops->sync(r);
	ROW_CHECK(cells, r->ops->synced(r) && !r->ops->sync_failed(r));
	rig_move(r, 0x77);
	r->ops->invalidate(r, 1, VA, 12, false, true);
	r->ops->sync(r);
	ROW_CHECK(cells, r->ops->synced(r) && !r->ops->sync_failed(r));
	rig_free(r);
}

/* Size n covers 2^n pages around the address: what is inside goes, the rest stays. */
static void sizes(const row_case *t, char **cells)
{
	(void)t;
	for (unsigned lg2 = 12; lg2 <= 24; lg2++) {
		uint64_t base = UINT64_C(0x7f0040000000), size = UINT64_C(1) << lg2;
		const uint64_t pages[] = { base - 0x1000, base, base + size - 0x1000, base + size };
		rig *r = smmu_rig(NULL, 0);
		iom_dma_answer a;

		for (unsigned i = 0; i < 4; i++)
			rig_map(r, 1, pages[i], RIG_DATA, 0x1000, ALL, 12);
		for (unsigned i = 0; i < 4; i++)
			CHECK_EQ(rig_access(r, 1, pages[i], IOM_READ, 0, &a), IOM_OK);
		r->ops->invalidate(r, 1, base + size / 2, lg2, false, true);
		r->ops->sync(r);
		for (unsigned i = 0; i < 4; i++) {
			CHECK_EQ(rig_access(r, 1, pages[i], IOM_READ, 0, &a), IOM_OK);
			/* of one page the two in the middle are the same */
			ROW_CHECK(cells, a.cached == (i == 0 || i == 3 || (lg2 == 12 && i == 2)));
		}
		/* all ones: everything */
		r->ops->invalidate(r, 1, 0, 64, false, true);
		r->ops->sync(r);
		CHECK_EQ(rig_access(r, 1, pages[0], IOM_READ, 0, &a), IOM_OK);
		ROW_CHECK(cells, a.cached == 0);
		rig_free(r);
	}
}

#define ENTRY(name) \
	{ \
		"pri_entry", name, NULL, entry, 0, NULL \
	}
#define RULE(name, run, arg) \
	{ \
		"pri_rule", name, NULL, run, arg, NULL \
	}

const row_case rows_pri[] = {
	ENTRY("StreamID"),
	ENTRY("SubstreamID"),
	ENTRY("RES0"),
	ENTRY("Priv"),
	ENTRY("X"),
	ENTRY("R"),
	ENTRY("W"),
	ENTRY("Last"),
	ENTRY("SSV"),
	ENTRY("PRGIndex"),
	ENTRY("RES0"),
	ENTRY("Address[63:12]"),
	{ "pri_entry", "Stop PASID marker", NULL, stop_marker, 0, NULL },
	RULE("accept", accept, 0),
	RULE("overflow auto-response, Last==0", automatic, NOT_LAST),
	RULE("overflow auto-response, Last==1, no PASID", automatic, NO_PASID),
	RULE("overflow auto-response, Last==1, PASID, PPS==1", automatic, PPS),
	RULE("overflow auto-response, Last==1, PASID, PPS==0, STE valid", automatic, PPAR),
	RULE("overflow auto-response, Last==1, PASID, PPS==0, STE not valid", automatic, BAD_STE),
	RULE("overflow, Stop marker", automatic, MARKER),
	RULE("overflow", overflow, 0),
	RULE("queue disabled or PRIQ_ABT_ERR", queue_off, 0),
	RULE("Secure stream PPR", secure, 0),
	RULE("write abort", write_abort, 0),
	RULE("not checked", unchecked, 0),
	RULE("auto-response identity", identity, 0),
	{ "prg_code", "0b0000", NULL, code, 0, NULL },
	{ "prg_code", "0b0001", NULL, code, 0, NULL },
	{ "prg_code", "0b1111", NULL, code, 0, NULL },
	{ "invalidate", "CMD_ATC_INV ordering", NULL, ordering, 0, NULL },
	{ "invalidate", "timeout", NULL, timeout, 0, NULL },
	{ "invalidate", "endpoint UR", NULL, unsupported, 0, NULL },
	{ "invalidate", "size encoding on the bus", NULL, sizes, 0, NULL },
};
const unsigned n_rows_pri = G_N_ELEMENTS(rows_pri);
