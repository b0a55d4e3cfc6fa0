/* SPDX-License-Identifier: MIT */
#include "tests/conformance/vtd-tables.h"

#include <string.h>

/* The last two leave walks to the tables, in contexts that are known. */
const char *const vtd_cache_names[VTD_N_CACHES] = {
	"default", "off", "one", "prefetch", "contexts", "contexts and stage 2"
};

void vtd_cache_config(unsigned cache, iom_cache_config *config)
{
	if (iom_cache_config_preset(config, vtd_cache_names[cache]))
		return;
	iom_cache_config_preset(config, "default");
	config->cache[IOM_CACHE_IOTLB].entries = 0;
	config->cache[IOM_CACHE_WALK].entries = 0;
	if (cache < VTD_N_CACHES - 1)
		config->cache[IOM_CACHE_STAGE2].entries = 0;
}

vtd_table *vtd_table_open(const char *name)
{
	GError *error = NULL;
	char *path = g_build_filename(iom_test_data(), "spec", "vtd", name, NULL);
	vtd_table *t = g_new0(vtd_table, 1);

	t->name = name;
	t->rows = iom_tsv_load(path, &error);
	g_free(path);
	if (!t->rows)
		g_print("%s\n", error->message);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t->rows);
	t->n = iom_tsv_n_rows(t->rows);
	t->state = g_new0(char *, t->n + 1);
	return t;
}

const iom_tsv_row *vtd_table_row(const vtd_table *t, unsigned i)
{
	return iom_tsv_row_at(t->rows, i);
}

void vtd_table_cover(vtd_table *t, unsigned i)
{
	g_free(t->state[i]);
	t->state[i] = g_strdup("");
}

void vtd_table_excuse(vtd_table *t, unsigned i, const char *why)
{
	if (!t->state[i])
		t->state[i] = g_strdup(why);
}

bool vtd_table_is_open(const vtd_table *t, unsigned i)
{
	return !t->state[i];
}

/* The first cells of a row, to tell it by. */
static char *row_name(const vtd_table *t, unsigned i)
{
	const iom_tsv_row *row = vtd_table_row(t, i);
	GString *name = g_string_new(NULL);

	for (unsigned k = 0; k < 5 && row->cells[k]; k++)
		g_string_append_printf(name, "%s%.40s", k ? " | " : "", row->cells[k]);
	return g_string_free(name, FALSE);
}

void vtd_table_close(vtd_table *t)
{
	unsigned covered = 0, listed = 0;

	for (unsigned i = 0; i < t->n; i++) {
		covered += t->state[i] && !*t->state[i];
		listed += t->state[i] && *t->state[i];
	}
	g_print("%s: %u of %u rows exercised, %u listed\n", t->name, covered, t->n, listed);
	for (unsigned i = 0; i < t->n; i++) {
		char *name = row_name(t, i);

		if (!t->state[i])
			g_print("  %s: NOT EXERCISED\n", name);
		else if (*t->state[i])
			g_print("  %s: %s\n", name, t->state[i]);
		g_free(name);
	}
	CHECK_EQ(covered + listed, t->n);
	g_strfreev(t->state);
	iom_tsv_free(t->rows);
	g_free(t);
}

const refvtd_rules *vtd_rules(void)
{
	static refvtd_rules *rules;

	if (!rules) {
		char *path =
			g_build_filename(iom_test_data(), "spec", "vtd", "fault_reasons.tsv", NULL);

		rules = refvtd_rules_load(path, NULL);
		g_free(path);
		CU_ASSERT_PTR_NOT_NULL_FATAL(rules);
	}
	return rules;
}

typedef struct memory_diff {
	const refvtd_answer *answer;
	const iom_vtd_outcome *got;
	GString *why;
} memory_diff;

static void meet_change(void *opaque, uint64_t address, uint64_t before, uint64_t after)
{
	memory_diff *d = opaque;

	if (!refvtd_accepts_word(d->answer, d->got, address, before, after))
		g_string_append_printf(d->why,
				       " word %#" G_GINT64_MODIFIER "x became %#" G_GINT64_MODIFIER
				       "x",
				       address, after);
}

void vtd_answer(const iom_vtd_case *c, bool interrupt, unsigned cache, const refvtd_answer *answer,
		iom_vtd_outcome *out, GString *why)
{
	/* One bench for all: units are reset between cases of the same capabilities. */
	static iom_vtd_bench *bench[VTD_N_CACHES];
	iom_cache_config config;
	GError *error = NULL;
	memory_diff diff = { answer, out, why };

	memset(out, 0, sizeof *out);
	if (!bench[cache])
		bench[cache] = iom_vtd_bench_new();
	vtd_cache_config(cache, &config);
	if (!iom_vtd_bench_load(bench[cache], c, interrupt, &config, true, &error)) {
		g_string_append(why, error->message);
		g_error_free(error);
		return;
	}
	iom_vtd_bench_run(bench[cache], c, interrupt, out);
	if (!answer)
		return;
	iom_vtd_bench_changes(bench[cache], c, true, meet_change, &diff);
	refvtd_missing_writes(answer, out, iom_vtd_bench_memory(bench[cache]), why);
}

/* The model with every size of caches against an answer of the reference. */
static bool agrees(const iom_vtd_case *c, bool interrupt, const refvtd_answer *answer,
		   const char *what)
{
	for (unsigned cache = 0; cache < VTD_N_CACHES; cache++) {
		GString *why = g_string_new(NULL);
		iom_vtd_outcome got;

		vtd_answer(c, interrupt, cache, answer, &got, why);
		bool ok = refvtd_accepts(answer, c, &got, why) && !why->len;

		if (!ok) {
			g_print("%s (caches %s): %s\n", what, vtd_cache_names[cache], why->str);
			CU_FAIL("the model differs");
		}
		g_string_free(why, TRUE);
		if (!ok)
			return false;
	}
	return true;
}

bool vtd_try(const iom_vtd_case *c, bool interrupt, unsigned fault, const char *what)
{
	refvtd_answer *answer = g_new(refvtd_answer, 1);

	if (interrupt)
		refvtd_interrupt(vtd_rules(), c, answer);
	else
		refvtd_dma(vtd_rules(), c, answer);
	bool meets = answer->first.out.fault == fault && !answer->untested;

	if (meets)
		agrees(c, interrupt, answer, what);
	g_free(answer);
	return meets;
}

bool vtd_agree(const iom_vtd_case *c, bool interrupt, const char *what)
{
	refvtd_answer *answer = g_new(refvtd_answer, 1);

	if (interrupt)
		refvtd_interrupt(vtd_rules(), c, answer);
	else
		refvtd_dma(vtd_rules(), c, answer);
	bool ok = !answer->untested && agrees(c, interrupt, answer, what);

	g_free(answer);
	return ok;
}
