/* SPDX-License-Identifier: MIT */
#include "sim/vectors/vectors.h"

#include <inttypes.h>
#include <string.h>

/* Every kind of vector file. */
static const iom_vector_kind *const kinds[] = {
	&iom_vectors_smmu,
	&iom_vectors_vtd_dma,
	&iom_vectors_vtd_interrupt,
};

static const char *first_missing(const iom_vector_kind *kind, const iom_tsv *table, unsigned *have)
{
	const char *missing = NULL;

	*have = 0;
	for (const char *const *c = kind->columns; *c; c++) {
		if (iom_tsv_column(table, *c) >= 0)
			(*have)++;
		else if (!missing)
			missing = *c;
	}
	return missing;
}

const iom_vector_kind *iom_vectors_recognise(const iom_tsv *table, GError **error)
{
	const iom_vector_kind *nearest = NULL;
	const char *lacks = NULL;
	unsigned best = 0;

	for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
		unsigned have;
		const char *missing = first_missing(kinds[i], table, &have);

		if (!missing)
			return kinds[i];
		if (have >= best) {
			best = have;
			nearest = kinds[i];
			lacks = missing;
		}
	}
	g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT,
		    "%s: not a known kind of vectors (%s vectors are nearest, but column '%s' is"
		    " missing)",
		    iom_tsv_path(table), nearest->name, lacks);
	return NULL;
}

iom_vector_outcome *iom_vector_outcome_new(void)
{
	iom_vector_outcome *outcome = g_new0(iom_vector_outcome, 1);

	outcome->expected = g_string_new(NULL);
	outcome->got = g_string_new(NULL);
	return outcome;
}

void iom_vector_outcome_free(iom_vector_outcome *outcome)
{
	if (!outcome)
		return;
	g_string_free(outcome->expected, TRUE);
	g_string_free(outcome->got, TRUE);
	g_free(outcome);
}

void iom_vector_outcome_clear(iom_vector_outcome *outcome)
{
	g_string_truncate(outcome->expected, 0);
	g_string_truncate(outcome->got, 0);
}

bool iom_vector_passed(const iom_vector_outcome *outcome)
{
	return outcome->expected->len == 0;
}

void iom_vector_check_text(iom_vector_outcome *outcome, const char *what, const char *expected,
			   const char *got)
{
	if (strcmp(expected, got) == 0)
		return;
	const char *separator = outcome->expected->len ? "; " : "";

	g_string_append_printf(outcome->expected, "%s%s %s", separator, what, expected);
	g_string_append_printf(outcome->got, "%s%s %s", separator, what, got);
}

void iom_vector_check(iom_vector_outcome *outcome, const char *what, uint64_t expected,
		      uint64_t got)
{
	char e[24], g[24];

	g_snprintf(e, sizeof e, "%#" PRIx64, expected);
	g_snprintf(g, sizeof g, "%#" PRIx64, got);
	iom_vector_check_text(outcome, what, e, g);
}

static void note_word(void *opaque, uint64_t address, uint64_t expected, uint64_t got)
{
	char what[40];

	g_snprintf(what, sizeof what, "memory %#" PRIx64, address);
	iom_vector_check(opaque, what, expected, got);
}

void iom_vector_check_memory(iom_vector_outcome *outcome, iom_memimage *image)
{
	iom_memimage_compare(image, note_word, outcome);
}

static void print_step(void *opaque, const iom_step *step)
{
	GString *out = opaque;

	g_string_append_printf(out, "    %s", step->what ? step->what : "?");
	if (step->kind == IOM_STEP_READ || step->kind == IOM_STEP_WRITE) {
		g_string_append_printf(out, " %s %#" PRIx64 ":",
				       step->kind == IOM_STEP_READ ? "read at" : "written at",
				       step->address);
		for (unsigned i = 0; i < step->n_words; i++)
			g_string_append_printf(out, " %#" PRIx64, step->words[i]);
	}
	if (step->layout && step->words) {
		g_string_append(out, " = ");
		iom_layout_print(step->layout, step->words, out);
	}
	if (step->text)
		g_string_append_printf(out, ": %s", step->text);
	if (step->section)
		g_string_append_printf(out, " [%s]", step->section);
	g_string_append_c(out, '\n');
}

void iom_vector_explain(const iom_vector_options *options, iom_iommu *iommu)
{
	if (options->explain)
		iom_iommu_observe(iommu, print_step, options->explain);
}
