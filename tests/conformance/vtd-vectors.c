/* SPDX-License-Identifier: MIT */
/* The model against the vectors of the specification tables, with all sizes of caches. */
#include "sim/vectors/vectors-vtd.h"
#include "tests/conformance/vtd-suites.h"

static void model_passes(const char *name, const iom_vector_kind *expected_kind, const char *preset)
{
	GError *error = NULL;
	char *path = g_build_filename(iom_test_data(), "spec", "vtd", name, NULL);
	iom_tsv *table = iom_tsv_load(path, &error);
	iom_vector_options options = { 0 };
	unsigned passed = 0;

	g_free(path);
	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
	CU_ASSERT_TRUE_FATAL(iom_cache_config_preset(&options.cache, preset));
	const iom_vector_kind *kind = iom_vectors_recognise(table, &error);

	CU_ASSERT_PTR_EQUAL_FATAL(kind, expected_kind);
	iom_vector_outcome *outcome = iom_vector_outcome_new();

	for (unsigned i = 0; i < iom_tsv_n_rows(table); i++) {
		const iom_tsv_row *row = iom_tsv_row_at(table, i);

		iom_vector_outcome_clear(outcome);
		if (!kind->run(row, &options, outcome, &error)) {
			g_print("%s\n", error->message);
			g_clear_error(&error);
		} else if (!iom_vector_passed(outcome)) {
			g_print("%s (caches %s): %s\n  expected %s\n  got      %s\n",
				iom_tsv_get(row, "id"), preset, iom_tsv_get(row, "title"),
				outcome->expected->str, outcome->got->str);
		} else {
			passed++;
		}
	}
	CHECK_EQ(passed, iom_tsv_n_rows(table));
	iom_vector_outcome_free(outcome);
	iom_tsv_free(table);
}

static void both(const char *preset)
{
	model_passes("translation_vectors.tsv", &iom_vectors_vtd_dma, preset);
	model_passes("interrupt_vectors.tsv", &iom_vectors_vtd_interrupt, preset);
}

static void model_default(void)
{
	both("default");
}

static void model_off(void)
{
	both("off");
}

static void model_one(void)
{
	both("one");
}

static void model_options(void)
{
	both("prefetch");
}

static const iom_test tests[] = {
	{ "the model passes every vector, default caches", model_default },
	{ "the model passes every vector, caches off", model_off },
	{ "the model passes every vector, caches of one entry", model_one },
	{ "the model passes every vector, caches with every option", model_options },
	{ 0 },
};
const iom_suite vtd_vectors_suite = { "vectors", tests };
