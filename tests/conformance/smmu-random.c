/* SPDX-License-Identifier: MIT */
/*
 * The model against the reference walker on random cases. Sized by the
 * environment: IOM_CONFORMANCE_FULL=1 for a million and more,
 * IOM_CONFORMANCE_COUNT and IOM_CONFORMANCE_SEED for anything else. Each difference
 * is printed as a row of vectors.
 */
#include "tests/conformance/smmu-rig.h"
#include "tests/conformance/smmu-suites.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUICK_COUNT 500000u
#define FULL_COUNT 20000000u
#define CASES_PER_IDS 48
#define REQUESTS_PER_CASE 24
#define CHANGE_PERCENT 25 /* of requests come after a change of memory */
#define PREFETCH_PERCENT 15 /* and so many after a prefetch command */
#define MAX_REPORTS 24
#define MAX_REPORTS_PER_KIND 2

static const char *const presets[] = SMMU_CACHES;

#define N_RIGS G_N_ELEMENTS(presets)

typedef struct session {
	smmu_gen gen;
	smmu_rig rigs[N_RIGS];
	iom_vector_outcome *outcome;
	GString *rows;
	uint64_t requests, cases, refused, left_out, differences;
	uint64_t ok, faults, changes;
	GString *history; /* changes in this case so far */
	GHashTable *reports; /* kind of difference to how many */
	unsigned reported;
	bool touched; /* the reference read where the event queue is */
} session;

static uint64_t from_environment(const char *name, uint64_t fallback)
{
	const char *text = g_getenv(name);

	return text ? g_ascii_strtoull(text, NULL, 0) : fallback;
}

static bool watched_read(void *opaque, uint64_t address, uint64_t *word)
{
	session *s = opaque;

	if (address >= SMMU_RIG_QUEUES && address < SMMU_RIG_QUEUES_END)
		s->touched = true;
	return smmu_store_read(&s->gen.store, address, word);
}

static bool watched_write(void *opaque, uint64_t address, uint64_t word)
{
	session *s = opaque;

	return smmu_store_write(&s->gen.store, address, word);
}

static void report(session *s, const smmu_rig *rig, uint64_t seed, unsigned index,
		   const refwalk_request *request, const refwalk_result *expected)
{
	char id[64], key[96];
	const char *what = s->outcome->expected->str;

	/* A few of each kind: the deciding check and what differs first. */
	g_snprintf(key, sizeof key, "%s, %.*s", expected->why, (int)strcspn(what, " "), what);
	unsigned seen = GPOINTER_TO_UINT(g_hash_table_lookup(s->reports, key)) + 1;

	s->differences++;
	g_hash_table_insert(s->reports, g_strdup(key), GUINT_TO_POINTER(seen));
	if (seen > MAX_REPORTS_PER_KIND || s->reported++ >= MAX_REPORTS)
		return;
	g_snprintf(id, sizeof id, "R%" PRIx64 ".%u", seed, index);
	fprintf(stderr,
		"\n%s, caches %s: reference decides at '%s'\n  expected %s\n  got      %s\n", id,
		rig->preset, expected->why, s->outcome->expected->str, s->outcome->got->str);
	if (request->has_attrs)
		fprintf(stderr, "  with attributes %#x, shareability %u\n", request->memtype,
			request->sh);
	if (s->history->len)
		fprintf(stderr, "  after changes (and commands):%s\n", s->history->str);
	smmu_dump_row(s->rows, id, expected->why, &s->gen, request, expected);
}

/* False: the case is over. */
static bool one_request(session *s, uint64_t seed, unsigned index)
{
	const refwalk_memory memory = { s, watched_read, watched_write };
	refwalk_request request;
	refwalk_result expected;

	smmu_gen_request(&s->gen, &request);
	s->gen.store.n_log = 0;
	s->touched = false;
	refwalk_smmu(&s->gen.ids, &s->gen.registers, &memory, &request, &expected);
	if (s->touched || s->gen.store.full) {
		s->left_out++;
		return false;
	}
	s->requests++;
	if (expected.status == REFWALK_OK)
		s->ok++;
	else
		s->faults++;
	bool same = true;

	for (unsigned i = 0; i < N_RIGS && same; i++) {
		iom_vector_outcome_clear(s->outcome);
		smmu_rig_ask(&s->rigs[i], &request, &expected, &s->gen.store, s->outcome);
		if (!iom_vector_passed(s->outcome)) {
			report(s, &s->rigs[i], seed, index, &request, &expected);
			same = false;
		}
	}
	return same;
}

/* Software changes something and tells the models; false: a model refused. */
static bool one_change(session *s, uint64_t seed, unsigned index)
{
	const refwalk_request none = { 0 };
	const refwalk_result nothing = { .why = "commands" };
	smmu_change change;
	bool ok = true;

	if (!smmu_gen_change(&s->gen, &change))
		return true;
	s->changes++;
	g_string_append_printf(s->history, "\n    before request %u: %s", index, change.text);
	for (unsigned i = 0; i < N_RIGS && ok; i++) {
		iom_vector_outcome_clear(s->outcome);
		ok = smmu_rig_change(&s->rigs[i], &change);
		iom_vector_check(s->outcome, "commands consumed", 1, ok);
		if (!ok)
			report(s, &s->rigs[i], seed, index, &none, &nothing);
	}
	return ok;
}

/*
 * A command that lets one of the models fetch what it likes. Nothing may show of it: no
 * record, no flag, no other answer.
 */
static bool one_prefetch(session *s, uint64_t seed, unsigned index)
{
	const refwalk_request none = { 0 };
	const refwalk_result nothing = { .why = "prefetch" };
	smmu_gen *gen = &s->gen;
	bool address = smmu_chance(&gen->random, 70);
	uint64_t random = smmu_random_next(&gen->random);
	uint64_t target = gen->targets[random % SMMU_MAX_TARGETS];
	/* stream and substream of the case, or one of its neighbours now and then */
	uint64_t sid = gen->sid ^ (random >> 8 & 31 ? 0 : 1);
	uint64_t command[1][2] = { { (address ? 2 : 1) | (random >> 16 & 1) << 11 |
					     (uint64_t)(gen->ssid & 0xfffff) << 12 | sid << 32,
				     (random >> 20 & 7) | (random >> 24 & 3 ? 0 : random >> 26 & 31)
								  << 5 } };
	bool ok = true;

	if (address)
		command[0][1] |= target & ~UINT64_C(0xfff);
	g_string_append_printf(s->history,
			       "\n    before request %u: %#" G_GINT64_MODIFIER
			       "x,%#" G_GINT64_MODIFIER "x",
			       index, command[0][0], command[0][1]);
	for (unsigned i = 0; i < N_RIGS && ok; i++) {
		iom_vector_outcome_clear(s->outcome);
		ok = smmu_rig_commands(&s->rigs[i], command, 1);
		iom_vector_check(s->outcome, "commands consumed", 1, ok);
		if (!ok)
			report(s, &s->rigs[i], seed, index, &none, &nothing);
	}
	return ok;
}

/* Tables at addresses that the queues of the models have. */
static bool tables_in_queues(const smmu_store *store)
{
	for (unsigned i = 0; i < store->n; i++) {
		uint64_t address = store->address[store->order[i]];

		if (address >= SMMU_RIG_QUEUES && address < SMMU_RIG_QUEUES_END)
			return true;
	}
	return false;
}

static void one_case(session *s, uint64_t seed)
{
	s->gen.random.state = seed;
	smmu_gen_case(&s->gen);
	if (tables_in_queues(&s->gen.store)) {
		s->left_out++;
		return;
	}
	s->cases++;
	for (unsigned i = 0; i < N_RIGS; i++)
		smmu_rig_load(&s->rigs[i], &s->gen);
	g_string_truncate(s->history, 0);
	for (unsigned i = 0; i < REQUESTS_PER_CASE; i++) {
		if (i >= 4 && smmu_chance(&s->gen.random, CHANGE_PERCENT) &&
		    !one_change(s, seed, i))
			break;
		if (smmu_chance(&s->gen.random, PREFETCH_PERCENT) && !one_prefetch(s, seed, i))
			break;
		if (!one_request(s, seed, i))
			break;
	}
}

static bool open_rigs(session *s, uint64_t round)
{
	GError *error = NULL;

	for (unsigned i = 0; i < N_RIGS; i++) {
		/* Two of three have plain memory, in turn. */
		if (smmu_rig_open(&s->rigs[i], &s->gen.ids, presets[i], (i + round) % 3 == 0,
				  &error))
			continue;
		if (s->refused++ < 3)
			fprintf(stderr, "\nID registers refused: %s\n", error->message);
		g_error_free(error);
		for (unsigned k = 0; k <= i; k++)
			smmu_rig_close(&s->rigs[k]);
		return false;
	}
	return true;
}

static void one_round(session *s, uint64_t round, uint64_t seed)
{
	smmu_random random = { seed + round * 0x10001 };

	smmu_gen_ids(&random, &s->gen.ids);
	if (!open_rigs(s, round))
		return;
	for (unsigned i = 0; i < CASES_PER_IDS; i++)
		one_case(s, smmu_random_next(&random));
	for (unsigned i = 0; i < N_RIGS; i++)
		smmu_rig_close(&s->rigs[i]);
}

static void print_rows(const session *s)
{
	GString *header = g_string_new(NULL);

	if (!s->rows->len)
		return;
	smmu_dump_header(header);
	fprintf(stderr, "\nAs vectors:\n%s%s", header->str, s->rows->str);
	g_string_free(header, TRUE);
}

static void print_kinds(const session *s)
{
	GHashTableIter iter;
	gpointer key, value;

	g_hash_table_iter_init(&iter, s->reports);
	while (g_hash_table_iter_next(&iter, &key, &value))
		printf("  %6u at %s\n", GPOINTER_TO_UINT(value), (const char *)key);
}

static void model_agrees_with_reference(void)
{
	uint64_t count =
		from_environment("IOM_CONFORMANCE_COUNT",
				 g_getenv("IOM_CONFORMANCE_FULL") ? FULL_COUNT : QUICK_COUNT);
	uint64_t seed = from_environment("IOM_CONFORMANCE_SEED", 20250701), round = 0;
	session *s = g_new0(session, 1);

	s->outcome = iom_vector_outcome_new();
	s->rows = g_string_new(NULL);
	s->history = g_string_new(NULL);
	s->reports = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	while (s->requests < count && s->refused < 50)
		one_round(s, round++, seed);
	printf("\n  %" PRIu64 " requests (%" PRIu64 " translated, %" PRIu64 " not) in %" PRIu64
	       " cases with %" PRIu64 " changes, each against six models; %" PRIu64
	       " left out, %" PRIu64 " sets of ID registers refused, %" PRIu64 " differences\n  ",
	       s->requests, s->ok, s->faults, s->cases, s->changes, s->left_out, s->refused,
	       s->differences);
	print_kinds(s);
	print_rows(s);
	CHECK_EQ(s->differences, 0);
	CU_ASSERT_TRUE(s->requests >= count);
	/* The generator has to reach deep: neither outcome may be rare. */
	CU_ASSERT_TRUE(s->ok > s->requests / 6);
	CU_ASSERT_TRUE(s->faults > s->requests / 10);
	CHECK_EQ(s->refused, 0);
	g_hash_table_unref(s->reports);
	g_string_free(s->rows, TRUE);
	g_string_free(s->history, TRUE);
	iom_vector_outcome_free(s->outcome);
	g_free(s);
}

static const iom_test tests[] = {
	{ "the model agrees with the reference walker", model_agrees_with_reference },
	{ 0 },
};

const iom_suite smmu_random_suite = { "random", tests };
