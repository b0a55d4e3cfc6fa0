/* SPDX-License-Identifier: MIT */
/* The reference against the vectors: what it says must be what the tables expect. */
#include "tests/conformance/refwalk-vtd.h"
#include "tests/conformance/vtd-suites.h"

/* The reference's updates as changes of memory. */
static void changes(void *source, const iom_vtd_case *c, iom_vtd_changed fn, void *opaque)
{
	const refvtd_answer *a = source;
	bool completed = a->first.out.kind == IOM_VTD_OK || a->first.out.kind == IOM_VTD_ATS_OK;

	for (unsigned i = 0; i < a->n_writes && completed; i++) {
		uint64_t address = a->writes[i].address, must = 0;
		bool again = false;
		int at = iom_vtd_case_find(c, address);
		uint64_t before = at < 0 ? 0 : g_array_index(c->words, iom_vtd_word, at).value;

		for (unsigned k = 0; k < a->n_writes; k++) {
			if (a->writes[k].address != address)
				continue;
			again |= k < i;
			must |= a->writes[k].must;
		}
		if (!again && must & ~before)
			fn(opaque, address, before, before | must);
	}
	for (unsigned i = 0; i < a->n_posted; i++) {
		int at = iom_vtd_case_find(c, a->posted[i][0]);
		uint64_t before = at < 0 ? 0 : g_array_index(c->words, iom_vtd_word, at).value;

		if (before != a->posted[i][1])
			fn(opaque, a->posted[i][0], before, a->posted[i][1]);
	}
}

static void check_table(const char *name, bool interrupt)
{
	GError *error = NULL;
	char *path = g_build_filename(iom_test_data(), "spec", "vtd", "fault_reasons.tsv", NULL);
	refvtd_rules *rules = refvtd_rules_load(path, &error);
	unsigned failed = 0;

	g_free(path);
	path = g_build_filename(iom_test_data(), "spec", "vtd", name, NULL);
	iom_tsv *table = rules ? iom_tsv_load(path, &error) : NULL;

	g_free(path);
	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
	CU_ASSERT_TRUE(iom_tsv_n_rows(table) >= (interrupt ? 52u : 487u));
	for (unsigned i = 0; i < iom_tsv_n_rows(table); i++) {
		const iom_tsv_row *row = iom_tsv_row_at(table, i);
		iom_vector_outcome *outcome = iom_vector_outcome_new();
		refvtd_answer *answer = g_new(refvtd_answer, 1);
		iom_vtd_case *c = iom_vtd_case_parse(row, interrupt, &error);
		iom_vtd_after after = { changes, answer };

		CU_ASSERT_PTR_NOT_NULL_FATAL(c);
		if (interrupt)
			refvtd_interrupt(rules, c, answer);
		else
			refvtd_dma(rules, c, answer);
		iom_vtd_outcome got = answer->first.out;

		if (got.kind == IOM_VTD_ATS_S0 && !got.recorded)
			got.fault = 0;
		bool ok = iom_vtd_compare(row, interrupt, c, &got, &after, outcome, &error);

		if (answer->untested)
			g_print("%s: the reference says untested: %s\n", iom_tsv_get(row, "id"),
				answer->untested);
		if (!ok || !iom_vector_passed(outcome)) {
			g_print("%s: expected %s, reference %s (%s)\n", iom_tsv_get(row, "id"),
				outcome->expected->str, outcome->got->str,
				error ? error->message : "");
			failed++;
		}
		g_clear_error(&error);
		iom_vector_outcome_free(outcome);
		iom_vtd_case_free(c);
		g_free(answer);
	}
	CHECK_EQ(failed, 0);
	iom_tsv_free(table);
	refvtd_rules_free(rules);
}

static void translation(void)
{
	check_table("translation_vectors.tsv", false);
}

static void interrupts(void)
{
	check_table("interrupt_vectors.tsv", true);
}

static const iom_test tests[] = {
	{ "the reference answers every translation vector", translation },
	{ "the reference answers every interrupt vector", interrupts },
	{ 0 },
};
const iom_suite vtd_reference_suite = { "reference", tests };
