/* SPDX-License-Identifier: MIT */
/*
 * Random cases with software at work: between requests, entries change and the
 * invalidations that 6.5.3.3 asks for are issued, as narrow as they may be. Answers
 * must be the reference's for the tables as they are now.
 */
#include "tests/conformance/vtd-generate.h"
#include "tests/conformance/vtd-tables.h"

#include <inttypes.h>
#include <string.h>

#define BIT(n) (UINT64_C(1) << (n))
#define QUICK_CASES 6000
#define FULL_CASES 300000
#define UNIT_CASES 16
#define STEPS 10
#define MAX_PRINTED 8
#define QUEUE_BYTES 4096

enum { R_GCMD = 0x18, R_GSTS = 0x1c, R_FSTS = 0x34, R_IQH = 0x80, R_IQT = 0x88, R_IQA = 0x90 };

typedef struct machine {
	iom_vtd_bench *bench;
	iom_vtd_case *c; /* what memory holds */
	uint64_t queue, tail;
	bool wide;
	vtd_random rnd;
	const vtd_random_case *rc;
	GString *log; /* what has happened, for the report */
} machine;

static void put(const machine *m, uint64_t offset, unsigned size, uint64_t value)
{
	iom_iommu_mmio_write(iom_vtd_bench_unit(m->bench), offset, size, value,
			     IOM_SPACE_NONSECURE);
}

static uint64_t get(const machine *m, uint64_t offset, unsigned size)
{
	return iom_iommu_mmio_read(iom_vtd_bench_unit(m->bench), offset, size, IOM_SPACE_NONSECURE);
}

static bool page_used(const iom_vtd_case *c, uint64_t page)
{
	for (unsigned i = 0; i < c->words->len; i++) {
		if ((g_array_index(c->words, iom_vtd_word, i).address ^ page) < QUEUE_BYTES)
			return true;
	}
	return false;
}

static void open_queue(machine *m)
{
	m->queue = 0x9f000;
	while (page_used(m->c, m->queue))
		m->queue += QUEUE_BYTES;
	m->tail = 0;
	m->wide = (m->c->rtaddr >> 10 & 3) != 0;
	put(m, R_IQT, 8, 0);
	put(m, R_IQA, 8, m->queue | (m->wide ? BIT(11) : 0));
	put(m, R_GCMD, 4, (get(m, R_GSTS, 4) & 0x96ffffff) | BIT(26));
}

static void submit(machine *m, uint64_t lo, uint64_t hi)
{
	uint64_t words[4] = { lo, hi };
	unsigned n = m->wide ? 4 : 2;
	iom_memory *memory = iom_vtd_bench_memory(m->bench);

	for (unsigned i = 0; i < n; i++)
		iom_memory_store64(memory, m->queue + m->tail + 8 * i, words[i]);
	m->tail = (m->tail + 8 * n) % QUEUE_BYTES;
	put(m, R_IQT, 8, m->tail);
	g_string_append_printf(m->log, "#   descriptor %#" PRIx64 " %#" PRIx64 "\n", lo, hi);
}

/* The domain of each entry that the case has, alone or with each of its PASIDs. */
static void each_domain(machine *m, bool with_pasid)
{
	for (unsigned i = 0; i < m->c->words->len; i++) {
		const iom_vtd_word *w = &g_array_index(m->c->words, iom_vtd_word, i);
		bool legacy = strcmp(w->label, "ctx.q1") == 0;
		uint64_t did = legacy ? w->value >> 8 & 0xffff : w->value & 0xffff;

		if (!legacy && strcmp(w->label, "pent.q1") != 0)
			continue;
		if (!with_pasid)
			submit(m, 2 | 2 << 4 | did << 16, 0);
		for (unsigned k = 0; k < m->rc->n_pasids && with_pasid; k++)
			submit(m, 6 | 2 << 4 | did << 16 | (uint64_t)m->rc->pasids[k] << 32, 0);
	}
}

/* What a driver would issue after a change of an entry of this kind. */
static void invalidate(machine *m, const char *label)
{
	bool first = g_str_has_prefix(label, "fs."), second = g_str_has_prefix(label, "ss.");
	unsigned how = vtd_random_below(&m->rnd, 3);

	if ((first && how == 1 && m->wide) || ((first || second) && how == 0)) {
		each_domain(m, how == 1);
		return;
	}
	if (!first && !second) {
		submit(m, 1 | 1 << 4, 0);
		if (m->wide)
			submit(m, 7 | 3 << 4, 0);
		if (m->wide && m->c->ecap & BIT(55))
			submit(m, 10 | 1 << 4, 0);
	}
	submit(m, 2 | 1 << 4, 0);
}

/* Flip a bit of some entry, or give one back what it was at first. */
static void change(machine *m, const iom_vtd_case *original)
{
	unsigned at = vtd_random_below(&m->rnd, m->c->words->len);
	iom_vtd_word *w = &g_array_index(m->c->words, iom_vtd_word, at);
	static const uint8_t bits[] = { 0, 0, 1, 1, 2, 5, 6, 7, 8, 9, 11, 12, 13, 14, 61, 62 };
	unsigned bit = vtd_random_chance(&m->rnd, 70)
			       ? bits[vtd_random_below(&m->rnd, G_N_ELEMENTS(bits))]
			       : vtd_random_below(&m->rnd, 64);
	uint64_t value = w->value ^ BIT(bit);

	/* Domains stay what they are: no two different tables may share one. */
	if (strcmp(w->label, "pent.q1") == 0 || strcmp(w->label, "ctx.q1") == 0)
		return;
	if (vtd_random_chance(&m->rnd, 40) && at < original->words->len)
		value = g_array_index(original->words, iom_vtd_word, at).value;
	/* A page that fails for the unit fails for software as well here. */
	if (iom_memory_store64(iom_vtd_bench_memory(m->bench), w->address, value) != IOM_MEM_OK)
		return;
	w->value = value;
	g_string_append_printf(m->log, "#   %s@%#" PRIx64 " = %#" PRIx64 "\n", w->label, w->address,
			       value);
	invalidate(m, w->label);
}

typedef struct memory_diff {
	const refvtd_answer *answer;
	const iom_vtd_outcome *got;
	iom_vtd_case *c;
	GString *why;
} memory_diff;

static void meet_change(void *opaque, uint64_t address, uint64_t before, uint64_t after)
{
	memory_diff *d = opaque;
	int at = iom_vtd_case_find(d->c, address);

	if (!refvtd_accepts_word(d->answer, d->got, address, before, after))
		g_string_append_printf(d->why, " word %#" PRIx64 " became %#" PRIx64, address,
				       after);
	if (at >= 0)
		g_array_index(d->c->words, iom_vtd_word, at).value = after;
}

static bool ask(machine *m, refvtd_answer *answer, GString *why)
{
	iom_vtd_outcome got;
	memory_diff diff = { answer, &got, m->c, why };

	refvtd_dma(vtd_rules(), m->c, answer);
	iom_vtd_bench_run(m->bench, m->c, false, &got);
	refvtd_accepts(answer, m->c, &got, why);
	refvtd_missing_writes(answer, &got, iom_vtd_bench_memory(m->bench), why);
	iom_vtd_bench_changes(m->bench, m->c, true, meet_change, &diff);
	return why->len == 0;
}

/* Both are needed to use 256-bit descriptors, and none else has a queue in these modes. */
static bool has_queue(const iom_vtd_case *c)
{
	unsigned ttm = (unsigned)(c->rtaddr >> 10 & 3);

	return ttm == 0 || (ttm != 2 && c->ecap & (BIT(43) | BIT(52)));
}

static bool run_case(iom_vtd_bench *bench, unsigned cache, uint64_t seed, vtd_random_case *rc,
		     uint64_t *requests)
{
	iom_vtd_case *original = rc->c;
	machine m = {
		.bench = bench, .c = iom_vtd_case_new(), .rc = rc, .log = g_string_new(NULL)
	};
	GArray *words = m.c->words, *bad = m.c->bad;
	refvtd_answer *answer = g_new(refvtd_answer, 1);
	GString *why = g_string_new(NULL);
	iom_cache_config config;
	bool ok = true;

	*m.c = *original;
	m.c->words = words;
	m.c->bad = bad;
	g_array_append_vals(words, original->words->data, original->words->len);
	g_array_append_vals(bad, original->bad->data, original->bad->len);
	vtd_random_seed(&m.rnd, seed ^ UINT64_C(0xc4a26e));
	vtd_cache_config(cache, &config);
	if (!iom_vtd_bench_load(bench, m.c, false, &config, true, NULL))
		ok = false;
	else
		open_queue(&m);
	for (unsigned step = 0; step < STEPS && ok; step++) {
		unsigned i = vtd_random_below(&m.rnd, rc->n_requests);

		rc->c = m.c;
		vtd_take_request(rc, i);
		rc->c = original;
		g_string_append_printf(m.log, "#   request %u: %c %c pasid %#x at %#" PRIx64 "\n",
				       i, m.c->at, m.c->op, m.c->pasid, m.c->address);
		ok = ask(&m, answer, why);
		++*requests;
		if (ok && vtd_random_chance(&m.rnd, 60))
			change(&m, original);
		if (ok && get(&m, R_FSTS, 4) & 0x70) {
			g_string_append(why, "the queue stopped");
			ok = false;
		}
	}
	if (!ok) {
		GString *row = g_string_new(NULL);

		g_print("# case %" PRIu64 ", caches %s: %s\n%s", seed, vtd_cache_names[cache],
			why->str, m.log->str);
		iom_vtd_case_print(original, "C", "as it began", false, row);
		g_print("%s\n", row->str);
		g_string_free(row, TRUE);
	}
	g_string_free(m.log, TRUE);
	g_string_free(why, TRUE);
	g_free(answer);
	iom_vtd_case_free(m.c);
	return ok;
}

static void changes(void)
{
	const char *full = g_getenv("IOM_CONFORMANCE_FULL"),
		   *cases = g_getenv("IOM_CONFORMANCE_CASES");
	const char *start = g_getenv("IOM_CONFORMANCE_SEED");
	uint64_t n = cases ? g_ascii_strtoull(cases, NULL, 0) : full ? FULL_CASES : QUICK_CASES;
	uint64_t first = start ? g_ascii_strtoull(start, NULL, 0) : 1, requests = 0;
	iom_vtd_bench *bench[VTD_N_CACHES];
	vtd_random_case rc = { .c = iom_vtd_case_new() };
	unsigned differences = 0;

	for (unsigned i = 0; i < VTD_N_CACHES; i++)
		bench[i] = iom_vtd_bench_new();
	for (uint64_t seed = first; seed < first + n && differences < MAX_PRINTED; seed++) {
		vtd_random rnd;

		vtd_random_seed(&rnd, seed / UNIT_CASES * UNIT_CASES + UINT64_C(0xc4a20000));
		vtd_generate_unit(&rnd, rc.c);
		vtd_random_seed(&rnd, seed + UINT64_C(0x77777));
		vtd_generate_dma(&rnd, &rc);
		for (unsigned i = 0; i < VTD_N_CACHES && has_queue(rc.c); i++)
			differences += !run_case(bench[i], i, seed, &rc, &requests);
	}
	g_print("random DMA with changes and invalidations: %" PRIu64 " cases, %" PRIu64
		" requests, %u differences\n",
		n, requests, differences);
	CHECK_EQ(differences, 0);
	for (unsigned i = 0; i < VTD_N_CACHES; i++)
		iom_vtd_bench_free(bench[i]);
	iom_vtd_case_free(rc.c);
}

static const iom_test tests[] = {
	{ "tables change, commands follow, answers are those of the new tables", changes },
	{ 0 },
};
const iom_suite vtd_changes_suite = { "changes", tests };
