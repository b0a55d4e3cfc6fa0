/* SPDX-License-Identifier: MIT */
/* iommulate vectors: run conformance vectors. */
#include "sim/vectors/vectors.h"
#include "tools/commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

typedef struct vectors_run {
	iom_vector_options options;
	const char *filter; /* an id or a group, NULL for all */
	FILE *report; /* for people: standard output, unless JSON goes there */
	GString *failures; /* JSON array elements */
	unsigned passed;
	unsigned failed;
	unsigned skipped;
} vectors_run;

static void json_string(GString *out, const char *text)
{
	g_string_append_c(out, '"');
	for (const char *p = text; *p; p++) {
		if (*p == '"' || *p == '\\')
			g_string_append_printf(out, "\\%c", *p);
		else if ((unsigned char)*p < 0x20)
			g_string_append_printf(out, "\\u%04x", (unsigned)*p);
		else
			g_string_append_c(out, *p);
	}
	g_string_append_c(out, '"');
}

static void report_failure(vectors_run *run, const iom_tsv_row *row,
			   const iom_vector_outcome *outcome)
{
	const char *id = iom_tsv_get(row, "id");

	fprintf(run->report, "FAILED %s: %s\n  expected %s\n  got      %s\n", id,
		iom_tsv_get(row, "title"), outcome->expected->str, outcome->got->str);
	g_string_append(run->failures,
			run->failures->len ? ",\n    { \"id\": " : "\n    { \"id\": ");
	json_string(run->failures, id);
	g_string_append(run->failures, ", \"expected\": ");
	json_string(run->failures, outcome->expected->str);
	g_string_append(run->failures, ", \"got\": ");
	json_string(run->failures, outcome->got->str);
	g_string_append(run->failures, " }");
}

static bool wanted(const vectors_run *run, const iom_tsv_row *row)
{
	return !run->filter || strcmp(run->filter, iom_tsv_get(row, "id")) == 0 ||
	       strcmp(run->filter, iom_tsv_get(row, "group")) == 0;
}

static bool run_row(vectors_run *run, const iom_vector_kind *kind, const iom_tsv_row *row,
		    iom_vector_outcome *outcome, GError **error)
{
	if (!wanted(run, row)) {
		run->skipped++;
		return true;
	}
	iom_vector_outcome_clear(outcome);
	if (run->options.explain)
		g_string_truncate(run->options.explain, 0);
	if (!kind->run(row, &run->options, outcome, error))
		return false;
	if (run->options.explain)
		fprintf(run->report, "%s: %s\n%s", iom_tsv_get(row, "id"),
			iom_tsv_get(row, "title"), run->options.explain->str);
	if (iom_vector_passed(outcome)) {
		run->passed++;
	} else {
		run->failed++;
		report_failure(run, row, outcome);
	}
	return true;
}

static bool run_file(vectors_run *run, const char *path, GError **error)
{
	iom_tsv *table = iom_tsv_load(path, error);
	const iom_vector_kind *kind = table ? iom_vectors_recognise(table, error) : NULL;
	bool ok = kind != NULL;

	if (ok) {
		iom_vector_outcome *outcome = iom_vector_outcome_new();

		for (unsigned i = 0; ok && i < iom_tsv_n_rows(table); i++)
			ok = run_row(run, kind, iom_tsv_row_at(table, i), outcome, error);
		iom_vector_outcome_free(outcome);
	}
	iom_tsv_free(table);
	return ok;
}

static bool write_json(const vectors_run *run, const char *path, GError **error)
{
	FILE *out = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");

	if (!out) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_IO, "%s: %s", path, g_strerror(errno));
		return false;
	}
	fprintf(out,
		"{\n  \"passed\": %u,\n  \"failed\": %u,\n  \"skipped\": %u,\n  \"failures\": "
		"[%s%s]\n}\n",
		run->passed, run->failed, run->skipped, run->failures->str,
		run->failures->len ? "\n  " : "");
	bool ok = !ferror(out);

	if (out != stdout)
		ok = fclose(out) == 0 && ok;
	if (!ok)
		g_set_error(error, IOM_ERROR, IOM_ERROR_IO, "%s: cannot be written", path);
	return ok;
}

static int run_files(vectors_run *run, int n, char **paths, const char *json)
{
	GError *error = NULL;
	bool ok = true;

	run->report = json && strcmp(json, "-") == 0 ? stderr : stdout;
	for (int i = 0; ok && i < n; i++)
		ok = run_file(run, paths[i], &error);
	if (ok && json)
		ok = write_json(run, json, &error);
	if (!ok)
		return iom_cmd_fail("vectors", error);
	fprintf(run->report, "%u passed, %u failed, %u skipped\n", run->passed, run->failed,
		run->skipped);
	return run->failed ? 1 : 0;
}

int iom_cmd_vectors(int argc, char **argv)
{
	char *cache = NULL, *json = NULL, *filter = NULL;
	gboolean explain = FALSE;
	const GOptionEntry entries[] = {
		{ "cache", 0, 0, G_OPTION_ARG_STRING, &cache,
		  "geometry of the model's caches: default, off, one (entry each), options or "
		  "prefetch",
		  "NAME" },
		{ "json", 0, 0, G_OPTION_ARG_FILENAME, &json, "write the outcome to FILE", "FILE" },
		{ "filter", 0, 0, G_OPTION_ARG_STRING, &filter,
		  "run only the vectors with this id or of this group", "ID" },
		{ "explain", 0, 0, G_OPTION_ARG_NONE, &explain,
		  "print every step that the model takes", NULL },
		{ NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
	};
	int status = 2;

	if (iom_cmd_parse(&argc, &argv, "FILE...", "Run conformance vectors against the models.",
			  entries, &status)) {
		vectors_run run = { .filter = filter };
		GError *error = NULL;

		if (argc < 2) {
			g_set_error(&error, IOM_ERROR, IOM_ERROR_FORMAT,
				    "no file of vectors given (see --help)");
			status = iom_cmd_fail("vectors", error);
		} else if (!iom_cache_config_preset(&run.options.cache,
						    cache ? cache : "default")) {
			g_set_error(&error, IOM_ERROR, IOM_ERROR_FORMAT,
				    "--cache %s: expected default, off, one, options or prefetch",
				    cache);
			status = iom_cmd_fail("vectors", error);
		} else {
			run.options.explain = explain ? g_string_new(NULL) : NULL;
			run.failures = g_string_new(NULL);
			status = run_files(&run, argc - 1, argv + 1, json);
			g_string_free(run.failures, TRUE);
			if (run.options.explain)
				g_string_free(run.options.explain, TRUE);
		}
	}
	g_free(cache);
	g_free(json);
	g_free(filter);
	return status;
}
