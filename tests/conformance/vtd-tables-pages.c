/* SPDX-License-Identifier: MIT */
/* page_requests.tsv: the queue, what the unit answers itself, the event; and caching_mode.tsv. */
#include "tests/conformance/vtd-queue.h"

#include <string.h>

#define BIT(n) (UINT64_C(1) << (n))
#define QUEUE UINT64_C(0x10000a0000)
#define PRS_PPR 1u
#define PRS_PRO 2u

enum { SID = 0x10, PASID = 0x11 };

static bool check(bool holds, const char *what)
{
	if (!holds) {
		g_print("page requests: %s\n", what);
		CU_FAIL("page requests");
	}
	return holds;
}

/* A unit whose page request queue has 2^pages_lg2 pages. */
static vtd_queue *open_queue(unsigned pages_lg2)
{
	vtd_queue *q = vtd_queue_new(vtd_base_new(VTD_BASE_FIRST, VTD_REQ_P), true, 0);

	vtd_queue_put(q, VTD_R_PQA, 8, QUEUE | pages_lg2);
	vtd_queue_put(q, VTD_R_PQT, 8, 0);
	vtd_queue_put(q, VTD_R_PQH, 8, 0);
	return q;
}

static iom_prq_status send(const vtd_queue *q, const iom_page_request *request)
{
	return iom_iommu_page_request(iom_vtd_bench_unit(q->bench), request);
}

static iom_page_request request_of(bool last)
{
	return (iom_page_request){ .address = UINT64_C(0x7654321000),
				   .requester = SID,
				   .pasid = PASID,
				   .prg_index = 0x155,
				   .access = IOM_READ | IOM_WRITE,
				   .last = last };
}

/* Every field of the descriptor, at its place in the queue. */
static bool check_descriptor(void)
{
	vtd_queue *q = open_queue(0);
	bool ok = true;

	for (unsigned bits = 0; bits < 64; bits++) {
		iom_page_request request = {
			.address = UINT64_C(0xfedcba9876543000),
			.requester = SID,
			.pasid = bits & 1 ? PASID : IOM_NO_PASID,
			.prg_index = (uint16_t)(0x1ff >> bits % 9),
			.access = (uint8_t)((bits & 2 ? IOM_READ : 0) | (bits & 4 ? IOM_WRITE : 0) |
					    (bits & 8 ? IOM_EXECUTE : 0)),
			.last = bits >> 4 & 1,
			.privileged = bits >> 5 & 1,
		};
		uint64_t at = QUEUE + vtd_queue_get(q, VTD_R_PQT, 8), lo, hi, mask = UINT64_MAX;
		bool pasid = bits & 1;

		/* Without access and not the last it would ask for nothing. */
		if (!(bits & 0x1e))
			continue;
		ok &= send(q, &request) == IOM_PRQ_QUEUED;
		lo = 1 | (uint64_t)pasid << 8 | SID << 16 | (pasid ? (uint64_t)PASID << 32 : 0) |
		     (uint64_t)(bits >> 3 & 1) << 52 | (uint64_t)(bits >> 5 & 1) << 53;
		hi = (bits >> 1 & 1) | (bits >> 2 & 1) << 1 | (bits >> 4 & 1) << 2 |
		     (uint64_t)request.prg_index << 3 | request.address;
		/* Without a PASID the fields of its prefix mean nothing. */
		if (!pasid)
			mask &= ~(UINT64_C(0xfffff) << 32 | BIT(52) | BIT(53));
		ok &= (vtd_queue_peek(q, at) & mask) == (lo & mask) &&
		      vtd_queue_peek(q, at + 8) == hi && vtd_queue_peek(q, at + 16) == 0 &&
		      vtd_queue_peek(q, at + 24) == 0;
		vtd_queue_put(q, VTD_R_PQH, 8, vtd_queue_get(q, VTD_R_PQT, 8));
	}
	vtd_queue_free(q);
	return check(ok, "descriptor");
}

/* Sizes, wrapping, full, and what happens to requests then. */
static bool check_geometry(void)
{
	bool ok = true;

	for (unsigned lg2 = 0; lg2 < 3; lg2++) {
		vtd_queue *q = open_queue(lg2);
		iom_vtd_seen *seen = iom_vtd_bench_seen(q->bench);
		unsigned n = 128u << lg2;
		iom_page_request request = request_of(true), silent = request_of(false);

		/* The start is in the middle, so that it wraps. */
		vtd_queue_put(q, VTD_R_PQT, 8, 32 * (n / 2));
		vtd_queue_put(q, VTD_R_PQH, 8, 32 * (n / 2));
		for (unsigned i = 0; i < n - 1; i++)
			ok &= send(q, &request) == IOM_PRQ_QUEUED;
		ok &= vtd_queue_get(q, VTD_R_PQT, 8) == 32 * (n / 2 - 1) &&
		      (vtd_queue_get(q, VTD_R_PRS, 4) & 3) == PRS_PPR;
		/* full: not stored, overflow, success for the last of a group */
		ok &= send(q, &request) == IOM_PRQ_RESPONDED && seen->responses == 1 &&
		      seen->response.code == IOM_PRG_SUCCESS && seen->response.automatic &&
		      seen->response.requester == SID && seen->response.pasid == PASID &&
		      seen->response.prg_index == 0x155;
		ok &= (vtd_queue_get(q, VTD_R_PRS, 4) & 3) == (PRS_PPR | PRS_PRO) &&
		      vtd_queue_get(q, VTD_R_PQT, 8) == 32 * (n / 2 - 1);
		ok &= send(q, &silent) == IOM_PRQ_DROPPED && seen->responses == 1;
		/* room does not help while the overflow stands */
		vtd_queue_put(q, VTD_R_PQH, 8, vtd_queue_get(q, VTD_R_PQT, 8));
		ok &= send(q, &request) == IOM_PRQ_RESPONDED && seen->responses == 2 &&
		      seen->response.code == IOM_PRG_SUCCESS;
		ok &= send(q, &silent) == IOM_PRQ_DROPPED;
		vtd_queue_put(q, VTD_R_PRS, 4, PRS_PPR | PRS_PRO);
		ok &= send(q, &request) == IOM_PRQ_QUEUED;
		/* nothing of this is a fault */
		ok &= !(vtd_queue_get(q, VTD_R_FSTS, 4) & 2);
		vtd_queue_free(q);
	}
	return check(ok, "geometry and overflow");
}

/* The event: once when the first of PPR and PRO is set; masked, pending, withdrawn. */
static bool check_event(void)
{
	vtd_queue *q = open_queue(0);
	iom_vtd_seen *seen = iom_vtd_bench_seen(q->bench);
	iom_page_request request = request_of(true);
	bool ok = true;

	vtd_queue_put(q, VTD_R_PEDATA, 4, 0x42);
	vtd_queue_put(q, VTD_R_PEADDR, 4, 0xfee02000);
	ok &= send(q, &request) == IOM_PRQ_QUEUED;
	ok &= seen->messages == 0 && vtd_queue_get(q, VTD_R_PECTL, 4) >> 30 == 3;
	/* both status bits clear: no longer pending */
	vtd_queue_put(q, VTD_R_PRS, 4, PRS_PPR);
	ok &= vtd_queue_get(q, VTD_R_PECTL, 4) >> 30 == 2;
	ok &= send(q, &request) == IOM_PRQ_QUEUED;
	vtd_queue_put(q, VTD_R_PECTL, 4, 0);
	ok &= seen->messages == 1 && seen->message_address == 0xfee02000 &&
	      seen->message_data == 0x42 && vtd_queue_get(q, VTD_R_PECTL, 4) == 0;
	ok &= send(q, &request) == IOM_PRQ_QUEUED && seen->messages == 1;
	vtd_queue_put(q, VTD_R_PRS, 4, PRS_PPR);
	ok &= send(q, &request) == IOM_PRQ_QUEUED && seen->messages == 2;
	/* an overflow while PPR is set is no event of its own */
	vtd_queue_put(q, VTD_R_PQH, 8, (vtd_queue_get(q, VTD_R_PQT, 8) + 32) % 4096);
	ok &= send(q, &request) == IOM_PRQ_RESPONDED && seen->messages == 2;
	/* but one when nothing is pending is */
	vtd_queue_put(q, VTD_R_PRS, 4, PRS_PPR | PRS_PRO);
	ok &= send(q, &request) == IOM_PRQ_RESPONDED && seen->messages == 3;
	vtd_queue_free(q);
	return check(ok, "event");
}

/* A table fault: recorded, and answered or dropped; the record says page request. */
static bool check_faults(const char *code)
{
	bool ok = true, any = false;

	for (const vtd_violation *v = vtd_violations; v->condition; v++) {
		for (unsigned kind = 0; kind < VTD_N_BASES; kind++) {
			if (!(v->kinds >> kind & 1))
				continue;
			for (unsigned lpig = 0; lpig < 2; lpig++) {
				vtd_base *b = vtd_base_new(kind, VTD_REQ_P);
				refvtd_answer *answer = g_new(refvtd_answer, 1);

				b->c->lpig = lpig;
				v->apply(b);
				refvtd_dma(vtd_rules(), b->c, answer);
				if (!answer->untested &&
				    (answer->first.out.kind == IOM_VTD_PRQ_IR ||
				     answer->first.out.kind == IOM_VTD_PRQ_DROP)) {
					any = true;
					ok &= vtd_agree(b->c, false, v->condition);
				}
				g_free(answer);
				vtd_base_free(b);
			}
		}
	}
	return check(ok && any, code);
}

/* Requests of pages that no table maps. */
static bool check_unmapped(void)
{
	bool ok = true;

	for (unsigned kind = VTD_BASE_FIRST; kind <= VTD_BASE_PASS; kind++) {
		for (unsigned pasid = 0; pasid < 2; pasid++) {
			vtd_base *b = vtd_base_new(kind, VTD_REQ_P);

			if (!pasid)
				b->c->pasid = IOM_NO_PASID;
			b->c->address = UINT64_C(0x123456789000);
			ok &= vtd_agree(b->c, false, "page request of an unmapped page");
			if (b->fs_levels)
				vtd_base_change(b, b->fs[4], 0, 1);
			ok &= vtd_agree(b->c, false, "page request without tables");
			vtd_base_free(b);
		}
	}
	return check(ok, "unmapped addresses");
}

/* A descriptor that cannot be written is as good as no room. */
static bool check_queue_memory(void)
{
	vtd_queue *q = open_queue(0);
	iom_page_request request = request_of(true);
	bool ok;

	iom_memory_inject(iom_vtd_bench_memory(q->bench), QUEUE, 4096, false, true, IOM_MEM_ABORT);
	ok = send(q, &request) != IOM_PRQ_QUEUED && (vtd_queue_get(q, VTD_R_PRS, 4) & PRS_PRO) != 0;
	vtd_queue_free(q);
	return check(ok, "queue memory");
}

/* No access and the last of its group: a marker, stored like a request. */
static bool check_stop_marker(void)
{
	vtd_queue *q = open_queue(0);
	iom_page_request marker = request_of(true);
	bool ok;

	marker.access = 0;
	ok = send(q, &marker) == IOM_PRQ_QUEUED && (vtd_queue_peek(q, QUEUE + 8) & 7) == 4;
	vtd_queue_free(q);
	return check(ok, "stop marker");
}

static bool check_page_row(const iom_tsv_row *row, const char **why)
{
	const char *topic = iom_tsv_get(row, "topic"), *name = iom_tsv_get(row, "case");

	if (strcmp(topic, "queue") == 0)
		return check_geometry();
	if (strcmp(topic, "descriptor") == 0)
		return check_descriptor();
	if (strcmp(topic, "accept path") == 0)
		return check_unmapped();
	if (strcmp(name, "queue memory write fails") == 0)
		return check_queue_memory();
	if (strcmp(topic, "error") == 0)
		return strstr(name, "PRO") || strstr(name, "queue full") ? check_geometry()
									 : check_faults(name);
	if (strcmp(topic, "fault record") == 0)
		return check_faults(name);
	if (strcmp(topic, "event") == 0)
		return check_event();
	if (strcmp(name, "SMS=1") == 0)
		return check_stop_marker();
	if (strcmp(topic, "stop marker") == 0)
		*why = "low confidence: undefined without SMS";
	else if (strcmp(topic, "implicit invalidation") == 0)
		*why = "cases of invalidation.tsv: implicit, by PGTT";
	else if (strcmp(name, "no outstanding request") == 0)
		*why = "of the endpoint, not of this unit";
	else if (strcmp(topic, "response") == 0 || strcmp(topic, "drain") == 0)
		*why = "cases of invalidation.tsv: page_grp_resp_dsc, inv_wait_dsc with PD, order";
	return false;
}

static void page_requests(void)
{
	vtd_table *t = vtd_table_open("page_requests.tsv");

	for (unsigned i = 0; i < t->n; i++) {
		const char *why = NULL;

		if (check_page_row(vtd_table_row(t, i), &why))
			vtd_table_cover(t, i);
		else if (why)
			vtd_table_excuse(t, i, why);
	}
	vtd_table_close(t);
}

/* ------------------------------------------------------------------------
 * caching_mode.tsv
 */
static bool answers_as_reference(vtd_queue *q, const char *what)
{
	refvtd_answer *answer = g_new(refvtd_answer, 1);
	GString *why = g_string_new(NULL);
	iom_vtd_outcome got = vtd_queue_ask(q);

	refvtd_dma(vtd_rules(), q->base->c, answer);
	bool ok = refvtd_accepts(answer, q->base->c, &got, why);

	if (!ok) {
		g_print("%s: %s\n", what, why->str);
		CU_FAIL("caching mode");
	}
	g_string_free(why, TRUE);
	g_free(answer);
	return ok;
}

static void set_word(vtd_queue *q, uint64_t address, uint64_t value)
{
	iom_vtd_case_put(q->base->c, address, value, "word");
	vtd_queue_poke(q, address, value);
}

/*
 * An entry that led to a fault is repaired. Without caching mode, and for the first
 * stage always, the next request sees it; with it after the invalidation that 6.1
 * asks for.
 */
static bool check_faulty_entries(void)
{
	static const uint64_t context[4] = { 1 | 1 << 4 }, pasids[4] = { 7 | 3 << 4 };
	static const uint64_t iotlb[4] = { 2 | 1 << 4 };
	bool ok = true;

	for (unsigned cache = 0; cache < VTD_N_CACHES; cache++) {
		for (unsigned caching_mode = 0; caching_mode < 2; caching_mode++) {
			for (unsigned where = 0; where < 6; where++) {
				vtd_base *b =
					vtd_base_new(where == 4 ? VTD_BASE_FIRST : VTD_BASE_NESTED,
						     VTD_REQ_U_PASID);
				uint64_t at[] = { b->root,    b->context, b->directory,
						  b->pent[1], b->fs[2],   b->ss[1] };
				uint64_t word = vtd_base_word(b, at[where]);

				b->c->cap |= caching_mode ? BIT(7) : 0;
				iom_vtd_case_put(b->c, at[where], 0, "word");
				vtd_queue *q = vtd_queue_new(b, true, cache);

				ok &= answers_as_reference(q, "a missing entry");
				set_word(q, at[where], word);
				if (caching_mode && where != 4) {
					vtd_queue_submit(q, context);
					vtd_queue_submit(q, pasids);
					vtd_queue_submit(q, iotlb);
				}
				ok &= answers_as_reference(q, "the entry is there");
				ok &= answers_as_reference(q, "and again");
				vtd_queue_free(q);
			}
		}
	}
	return ok;
}

/* A read, then a write that must set D although the translation is cached. */
static bool check_dirty_flag(void)
{
	bool ok = true;

	for (unsigned cache = 0; cache < VTD_N_CACHES; cache++) {
		for (unsigned kind = VTD_BASE_FIRST; kind <= VTD_BASE_NESTED; kind++) {
			vtd_base *b = vtd_base_new(kind, VTD_REQ_U);

			for (unsigned i = 0; i < b->n_pents && b->ss_levels; i++)
				vtd_base_change(b, b->pent[i], BIT(9), 0);
			vtd_queue *q = vtd_queue_new(b, true, cache);

			ok &= answers_as_reference(q, "a read");
			if (b->fs_levels)
				ok &= (vtd_queue_peek(q, b->fs[1]) & 0x60) == 0x20;
			else
				ok &= (vtd_queue_peek(q, b->ss[1]) & 0x300) == 0x100;
			b->c->op = 'W';
			ok &= answers_as_reference(q, "a write");
			if (b->fs_levels)
				ok &= (vtd_queue_peek(q, b->fs[1]) & 0x60) == 0x60;
			if (b->ss_levels)
				ok &= (vtd_queue_peek(q, b->ss[1]) & 0x300) == 0x300;
			vtd_queue_free(q);
		}
	}
	if (!ok)
		CU_FAIL("dirty flag");
	return ok;
}

/* Requesters, PASIDs and requests without one of the same address do not share answers. */
static bool check_tags(void)
{
	bool ok = true;

	for (unsigned cache = 0; cache < VTD_N_CACHES; cache++) {
		vtd_base *b = vtd_base_new(VTD_BASE_FIRST, VTD_REQ_U_PASID);
		vtd_queue *q;

		/* Requests without PASID: an entry and a domain of their own, pass-through. */
		iom_vtd_case_put(b->c, b->pent[0], 1 | 4 << 6, "pent.q0");
		iom_vtd_case_put(b->c, b->pent[0] + 8, BIT(23) | 12, "pent.q1");
		q = vtd_queue_new(b, true, cache);
		for (unsigned i = 0; i < 8; i++) {
			b->c->pasid = i & 1 ? IOM_NO_PASID : PASID;
			ok &= answers_as_reference(q, "with and without PASID");
			b->c->sid = (uint16_t)(i & 2 ? SID : SID + 1);
			ok &= answers_as_reference(q, "another requester");
			b->c->sid = SID;
			b->c->pasid = PASID + 1;
			ok &= answers_as_reference(q, "another PASID");
		}
		vtd_queue_free(q);
	}
	return ok;
}

static void caching_mode(void)
{
	vtd_table *t = vtd_table_open("caching_mode.tsv");
	bool faulty = check_faulty_entries(), dirty = check_dirty_flag(), tags = check_tags();

	for (unsigned i = 0; i < t->n; i++) {
		const iom_tsv_row *row = vtd_table_row(t, i);
		const char *topic = iom_tsv_get(row, "topic"), *cache = iom_tsv_get(row, "cache");

		if (strstr(topic, "capability") || strstr(topic, "software duty") ||
		    (strstr(topic, "content") && faulty) || (strcmp(topic, "use") == 0 && faulty)) {
			if (faulty)
				vtd_table_cover(t, i);
		} else if (strstr(topic, "A/EA flags") || strstr(topic, "dirty flag")) {
			if (dirty)
				vtd_table_cover(t, i);
		} else if (strstr(topic, "lookup tag") || strstr(topic, "requests without PASID")) {
			if (tags)
				vtd_table_cover(t, i);
		} else if (strstr(topic, "tag")) {
			vtd_table_excuse(
				t, i, "what commands must reach by it: cases of invalidation.tsv");
		} else if (strstr(cache, "PASID table") || strstr(topic, "update rule") ||
			   strstr(topic, "domain id 0")) {
			vtd_table_excuse(t, i, "a rule for software");
		} else {
			vtd_table_excuse(t, i,
					 "not visible from outside: random cases run with three"
					 " sizes of caches");
		}
	}
	vtd_table_close(t);
}

static const iom_test tests[] = {
	{ "page requests", page_requests },
	{ "what caches may keep", caching_mode },
	{ 0 },
};
const iom_suite vtd_pages_suite = { "pages", tests };
