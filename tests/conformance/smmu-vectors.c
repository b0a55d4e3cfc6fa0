/* SPDX-License-Identifier: MIT */
/* The vectors of the specification tables: the reference walker first, then the model. */
#include "tests/conformance/smmu-case.h"
#include "tests/conformance/smmu-suites.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void note_word(void *opaque, uint64_t address, uint64_t expected, uint64_t got)
{
	const iom_tsv_row *row = opaque;

	fprintf(stderr, "%s: memory %#" PRIx64 " is %#" PRIx64 ", should be %#" PRIx64 "\n",
		iom_tsv_get(row, "id"), address, got, expected);
}

static bool same_event(const iom_smmu_vector *v, const refwalk_result *r)
{
	if (v->events != r->event)
		return false;
	for (unsigned i = 0; r->event && i < 4; i++) {
		if ((v->event_words[i] ^ r->words[i]) & v->event_mask[i])
			return false;
		/* The vectors compare exactly the bits that the walker calls defined. */
		if (v->event_mask[i] != r->mask[i])
			return false;
	}
	return true;
}

static bool same_answer(const iom_smmu_vector *v, const refwalk_result *r)
{
	static const iom_status status[] = { IOM_OK, IOM_ABORT, IOM_RAZWI, IOM_STALL };

	if (v->status != status[r->status])
		return false;
	if (v->status == IOM_OK &&
	    ((v->has_oa && v->oa != r->oa) || (v->has_leaf && v->leaf_lg2 != r->leaf_lg2) ||
	     (v->attrs && strcmp(v->attrs, r->attrs) != 0)))
		return false;
	return same_event(v, r);
}

static bool reference_passes(const iom_tsv_row *row)
{
	iom_smmu_vector v;
	refwalk_ids ids;
	refwalk_registers registers;
	refwalk_request request;
	refwalk_result result;
	GError *error = NULL;

	if (!iom_smmu_vector_parse(row, &v, &error)) {
		fprintf(stderr, "%s\n", error->message);
		g_error_free(error);
		return false;
	}
	refwalk_memory memory = smmu_reference_memory(iom_memimage_memory(v.image));

	smmu_reference_ids(&v, &ids);
	smmu_reference_registers(&v.registers, &registers);
	smmu_reference_request(&v.request, &request);
	refwalk_smmu(&ids, &registers, &memory, &request, &result);
	bool ok = same_answer(&v, &result);

	if (!ok)
		fprintf(stderr,
			"%s: %s: reference says %s (%s) %#" PRIx64 " lg2 %u %s, event %d %#" PRIx64
			",%#" PRIx64 ",%#" PRIx64 ",%#" PRIx64 " mask %#" PRIx64 ",%#" PRIx64
			",%#" PRIx64 ",%#" PRIx64 "\n",
			iom_tsv_get(row, "id"), iom_tsv_get(row, "title"),
			refwalk_status_name(result.status), result.why, result.oa, result.leaf_lg2,
			result.attrs, result.event, result.words[0], result.words[1],
			result.words[2], result.words[3], result.mask[0], result.mask[1],
			result.mask[2], result.mask[3]);
	ok = iom_memimage_compare(v.image, note_word, (void *)row) == 0 && ok;
	iom_smmu_vector_clear(&v);
	return ok;
}

static void reference_passes_every_vector(void)
{
	iom_tsv *table = smmu_spec_table("translation_vectors.tsv");
	unsigned passed = 0;

	if (!table)
		return;
	for (unsigned i = 0; i < iom_tsv_n_rows(table); i++)
		passed += reference_passes(iom_tsv_row_at(table, i));
	CHECK_EQ(iom_tsv_n_rows(table), 435);
	CHECK_EQ(passed, iom_tsv_n_rows(table));
	iom_tsv_free(table);
}

static void model_passes_with(const char *preset)
{
	iom_tsv *table = smmu_spec_table("translation_vectors.tsv");
	iom_vector_options options = { 0 };
	GError *error = NULL;
	unsigned passed = 0;

	if (!table)
		return;
	CU_ASSERT_TRUE_FATAL(smmu_caches(&options.cache, preset));
	const iom_vector_kind *kind = iom_vectors_recognise(table, &error);

	CU_ASSERT_PTR_EQUAL_FATAL(kind, &iom_vectors_smmu);
	iom_vector_outcome *outcome = iom_vector_outcome_new();

	for (unsigned i = 0; i < iom_tsv_n_rows(table); i++) {
		const iom_tsv_row *row = iom_tsv_row_at(table, i);

		iom_vector_outcome_clear(outcome);
		if (!kind->run(row, &options, outcome, &error)) {
			fprintf(stderr, "%s\n", error->message);
			g_clear_error(&error);
		} else if (!iom_vector_passed(outcome)) {
			fprintf(stderr, "%s (caches %s): %s\n  expected %s\n  got      %s\n",
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

static void model_default(void)
{
	model_passes_with("default");
}

static void model_off(void)
{
	model_passes_with("off");
}

static void model_one(void)
{
	model_passes_with("one");
}

static void model_options(void)
{
	model_passes_with("prefetch");
}

static void model_walks(void)
{
	model_passes_with("walks");
}

static void model_stage2(void)
{
	model_passes_with("stage2");
}

static const iom_test tests[] = {
	{ "the reference walker passes every vector", reference_passes_every_vector },
	{ "the model passes every vector, default caches", model_default },
	{ "the model passes every vector, caches off", model_off },
	{ "the model passes every vector, caches of one entry", model_one },
	{ "the model passes every vector, caches with every option", model_options },
	{ "the model passes every vector, contexts cached alone", model_walks },
	{ "the model passes every vector, contexts and stage 2 cached", model_stage2 },
	{ 0 },
};

const iom_suite smmu_vectors_suite = { "vectors", tests };
