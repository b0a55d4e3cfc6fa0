/* SPDX-License-Identifier: MIT */
/*
 * Random cases: the model, with several sizes of caches, against the reference.
 *
 * IOM_CONFORMANCE_FULL=1 runs a million cases of each kind; IOM_CONFORMANCE_SEED=n
 * starts elsewhere, IOM_CONFORMANCE_CASES=n says how many. Every difference is
 * printed as rows in the columns of the vectors, to be run on their own.
 */
#include "tests/conformance/refwalk-vtd.h"
#include "tests/conformance/vtd-generate.h"
#include "tests/conformance/vtd-suites.h"
#include "tests/conformance/vtd-tables.h"
#include "tests/harness.h"

#include <inttypes.h>
#include <string.h>

#define QUICK_CASES 30000
#define FULL_CASES 1000000
#define UNIT_CASES 16 /* cases in a row on the same capabilities */
#define SCAN_CASES 32 /* one case in so many is searched for stray writes */
#define MAX_PRINTED 12

typedef struct tally {
	uint64_t cases, requests, untested, by_alternative, differences;
	uint64_t kinds[IOM_VTD_N_KINDS];
	GHashTable *conditions; /* name to count */
} tally;

typedef struct contest {
	refvtd_rules *rules;
	iom_vtd_bench *bench[VTD_N_CACHES];
	iom_cache_config cache[VTD_N_CACHES];
	bool interrupt;
	refvtd_answer answer;
	tally sum;
} contest;

/* What one request did to memory, while it is compared. */
typedef struct memory_diff {
	const refvtd_answer *answer;
	const iom_vtd_outcome *got;
	GString *why;
	GArray *changed; /* of iom_vtd_word: what memory holds now */
} memory_diff;

static void meet_change(void *opaque, uint64_t address, uint64_t before, uint64_t after)
{
	memory_diff *d = opaque;
	iom_vtd_word now = { address, after, "changed" };

	g_array_append_val(d->changed, now);
	if (!refvtd_accepts_word(d->answer, d->got, address, before, after))
		g_string_append_printf(d->why,
				       "%sword %#" PRIx64 " went from %#" PRIx64 " to %#" PRIx64,
				       d->why->len ? "; " : "", address, before, after);
}

/*
 * Ask the reference and the model; the words of `c` become what memory holds now.
 * With `everywhere` all of memory is looked at, not only what the case lists.
 */
static void ask(contest *k, iom_vtd_bench *bench, iom_vtd_case *c, bool everywhere, GString *why)
{
	iom_vtd_outcome got;
	memory_diff diff = { &k->answer, &got, why,
			     g_array_new(FALSE, FALSE, sizeof(iom_vtd_word)) };

	if (k->interrupt)
		refvtd_interrupt(k->rules, c, &k->answer);
	else
		refvtd_dma(k->rules, c, &k->answer);
	/* A descriptor that a mutation has moved is not in the list yet. */
	for (unsigned i = 0; i < k->answer.n_posted; i++) {
		if (iom_vtd_case_find(c, k->answer.posted[i][0]) < 0)
			iom_vtd_case_put(c, k->answer.posted[i][0], 0, "pid");
	}
	iom_vtd_bench_run(bench, c, k->interrupt, &got);
	refvtd_accepts(&k->answer, c, &got, why);
	iom_vtd_bench_changes(bench, c, !everywhere, meet_change, &diff);
	refvtd_missing_writes(&k->answer, &got, iom_vtd_bench_memory(bench), why);
	for (unsigned i = 0; i < diff.changed->len; i++) {
		const iom_vtd_word *w = &g_array_index(diff.changed, iom_vtd_word, i);

		iom_vtd_case_put(c, w->address, w->value, w->label);
	}
	g_array_unref(diff.changed);
}

static iom_vtd_case *copy_case(const iom_vtd_case *c)
{
	iom_vtd_case *copy = iom_vtd_case_new();
	GArray *words = copy->words, *bad = copy->bad;

	*copy = *c;
	copy->words = words;
	copy->bad = bad;
	g_array_append_vals(words, c->words->data, c->words->len);
	g_array_append_vals(bad, c->bad->data, c->bad->len);
	return copy;
}

/* Print the request of `c` with what the reference expects. */
static void print_row(contest *k, const iom_vtd_case *c, const char *id, const char *title)
{
	GString *out = g_string_new(NULL);

	if (k->interrupt)
		refvtd_interrupt(k->rules, c, &k->answer);
	else
		refvtd_dma(k->rules, c, &k->answer);
	iom_vtd_case_print(c, id, title, k->interrupt, out);
	refvtd_print(&k->answer, k->interrupt, c, out);
	g_print("%s\n", out->str);
	g_string_free(out, TRUE);
}

/* Does the request differ on a unit with nothing cached? */
static bool differs_cold(contest *k, unsigned cache, const iom_vtd_case *c)
{
	iom_vtd_case *copy = copy_case(c);
	GString *why = g_string_new(NULL);
	iom_vtd_bench *bench = iom_vtd_bench_new();
	bool differs = false;

	if (iom_vtd_bench_load(bench, copy, k->interrupt, &k->cache[cache], false, NULL)) {
		ask(k, bench, copy, true, why);
		differs = why->len > 0;
	}
	iom_vtd_bench_free(bench);
	g_string_free(why, TRUE);
	iom_vtd_case_free(copy);
	return differs;
}

static void report(contest *k, uint64_t seed, unsigned cache, vtd_random_case *rc,
		   const iom_vtd_case *before, unsigned request, const char *why)
{
	if (k->sum.differences++ >= MAX_PRINTED)
		return;
	char *id = g_strdup_printf("%c%" PRIu64 ".%u", k->interrupt ? 'J' : 'R', seed, request);

	if (k->sum.differences == 1)
		g_print("%s%s\n", iom_vtd_case_header(k->interrupt),
			refvtd_print_header(k->interrupt));
	g_print("# %s, caches %s: %s\n", id, vtd_cache_names[cache], why);
	if (differs_cold(k, cache, before)) {
		print_row(k, before, id, "random case");
	} else {
		g_print("# only after the requests before it:\n");
		for (unsigned i = 0; i <= request; i++) {
			vtd_take_request(rc, i);
			print_row(k, rc->c, id, i == request ? "differs" : "before it");
		}
	}
	g_free(id);
}

static void count(contest *k)
{
	const refvtd_outcome *first = &k->answer.first;

	k->sum.requests++;
	k->sum.untested += k->answer.untested != NULL;
	k->sum.kinds[first->out.kind]++;
	if (first->condition) {
		uint64_t *n = g_hash_table_lookup(k->sum.conditions, first->condition);

		if (!n) {
			n = g_new0(uint64_t, 1);
			g_hash_table_insert(k->sum.conditions, g_strdup(first->condition), n);
		}
		++*n;
	}
}

/* One case with one setting of the caches. */
static bool run_case(contest *k, unsigned cache, uint64_t seed, vtd_random_case *rc)
{
	iom_vtd_case *original = rc->c, *c = copy_case(rc->c);
	GString *why = g_string_new(NULL);
	GError *error = NULL;
	bool ok = true;

	if (!iom_vtd_bench_load(k->bench[cache], c, k->interrupt, &k->cache[cache], true, &error)) {
		g_print("# case %" PRIu64 ": %s\n", seed, error->message);
		g_clear_error(&error);
		k->sum.differences++;
		ok = false;
	}
	for (unsigned i = 0; i < rc->n_requests && ok; i++) {
		rc->c = c;
		vtd_take_request(rc, i);
		rc->c = original;
		iom_vtd_case *before = copy_case(c);

		ask(k, k->bench[cache], c, i + 1 == rc->n_requests && seed % SCAN_CASES == 0, why);
		count(k);
		if (why->len) {
			report(k, seed, cache, rc, before, i, why->str);
			ok = false;
		}
		iom_vtd_case_free(before);
	}
	g_string_free(why, TRUE);
	iom_vtd_case_free(c);
	return ok;
}

static uint64_t setting(const char *name, uint64_t fallback)
{
	const char *text = g_getenv(name);

	return text ? g_ascii_strtoull(text, NULL, 0) : fallback;
}

static void print_tally(const contest *k)
{
	GHashTableIter iter;
	gpointer name, n;
	GList *names =
		g_list_sort(g_hash_table_get_keys(k->sum.conditions), (GCompareFunc)g_strcmp0);

	(void)iter;
	g_print("random %s: %" PRIu64 " cases, %" PRIu64 " requests, %" PRIu64
		" left open by the tables, %" PRIu64 " differences\n ",
		k->interrupt ? "interrupts" : "DMA", k->sum.cases, k->sum.requests, k->sum.untested,
		k->sum.differences);
	for (unsigned i = 0; i < IOM_VTD_N_KINDS; i++) {
		if (k->sum.kinds[i])
			g_print(" %s %" PRIu64, iom_vtd_kind_name(i), k->sum.kinds[i]);
	}
	g_print("\n ");
	for (GList *l = names; l; l = l->next) {
		name = l->data;
		n = g_hash_table_lookup(k->sum.conditions, name);
		g_print(" %s %" PRIu64, (char *)name, *(uint64_t *)n);
	}
	g_print("\n");
	g_list_free(names);
}

/* Conditions that random cases are too seldom to rely on. */
static bool reached(const contest *k, const char *condition)
{
	return g_hash_table_contains(k->sum.conditions, condition);
}

static void check_reach(const contest *k)
{
	static const char *const dma[] = {
		"LRT.1",  "LRT.2", "LCT.1",   "LCT.2", "LCT.3", "LCT.4.2", "LCT.5",
		"LSS.1",  "LSS.2", "LGN.1.1", "LGN.2", "LGN.3", "SRT.2",   "SCT.3",
		"SCT.7",  "SPD.2", "SPT.2",   "SPT.3", "SPT.6", "SFS.1",   "SFS.2",
		"SFS.3",  "SFS.4", "SFS.5",   "SFS.6", "SFS.7", "SFS.8",   "SFS.9",
		"SFS.10", "SSS.1", "SSS.2",   "SSS.3", "SSS.4", "SSS.5",   "SSS.6",
		"SGN.1",  "SGN.2", "SGN.6",   "SGN.7", "HPT.5", "HPT.6"
	};
	static const char *const interrupt[] = { "IR.20", "IR.21", "IR.22", "IR.23",
						 "IR.24", "IR.25", "IR.26", "IR.27",
						 "IR.28", "IR.2A", "IR.2B" };
	const char *const *names = k->interrupt ? interrupt : dma;
	unsigned n = k->interrupt ? G_N_ELEMENTS(interrupt) : G_N_ELEMENTS(dma);

	for (unsigned i = 0; i < n; i++) {
		if (!reached(k, names[i]))
			g_print("  no case met %s\n", names[i]);
		CU_ASSERT_TRUE(reached(k, names[i]));
	}
}

static void run(bool interrupt)
{
	GError *error = NULL;
	char *path = g_build_filename(iom_test_data(), "spec", "vtd", "fault_reasons.tsv", NULL);
	contest *k = g_new0(contest, 1);
	bool full = g_getenv("IOM_CONFORMANCE_FULL") != NULL;
	uint64_t n = setting("IOM_CONFORMANCE_CASES", full ? FULL_CASES : QUICK_CASES);
	uint64_t first = setting("IOM_CONFORMANCE_SEED", 1);
	vtd_random_case rc = { .c = iom_vtd_case_new() };

	k->interrupt = interrupt;
	k->rules = refvtd_rules_load(path, &error);
	g_free(path);
	CU_ASSERT_PTR_NOT_NULL_FATAL(k->rules);
	k->sum.conditions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	for (unsigned i = 0; i < VTD_N_CACHES; i++) {
		k->bench[i] = iom_vtd_bench_new();
		vtd_cache_config(i, &k->cache[i]);
	}
	for (uint64_t seed = first; seed < first + n; seed++) {
		vtd_random rnd;

		vtd_random_seed(&rnd, seed / UNIT_CASES * UNIT_CASES + UINT64_C(0x5eed0000));
		vtd_generate_unit(&rnd, rc.c);
		vtd_random_seed(&rnd, seed);
		if (interrupt)
			vtd_generate_interrupt(&rnd, &rc);
		else
			vtd_generate_dma(&rnd, &rc);
		k->sum.cases++;
		for (unsigned i = 0; i < VTD_N_CACHES; i++)
			run_case(k, i, seed, &rc);
	}
	print_tally(k);
	CHECK_EQ(k->sum.differences, 0);
	/* Too few cases to expect anything. */
	if (n >= QUICK_CASES)
		check_reach(k);
	for (unsigned i = 0; i < VTD_N_CACHES; i++)
		iom_vtd_bench_free(k->bench[i]);
	g_hash_table_unref(k->sum.conditions);
	refvtd_rules_free(k->rules);
	iom_vtd_case_free(rc.c);
	g_free(k);
}

static void random_dma(void)
{
	run(false);
}

static void random_interrupts(void)
{
	run(true);
}

static const iom_test tests[] = {
	{ "random DMA requests are answered as the reference does", random_dma },
	{ "random interrupts are answered as the reference does", random_interrupts },
	{ 0 },
};
const iom_suite vtd_random_suite = { "random", tests };
