/* SPDX-License-Identifier: MIT */
#include "tools/commands.h"

#include "sim/replay/replay.h"
#include "sim/trace/output.h"
#include "tools/progress.h"

#include <stdio.h>
#include <string.h>

typedef struct replay_arguments {
	char *machine;
	char *cache;
	char *json;
	char *report;
	int threads;
	int show;
	gboolean check_stale;
} replay_arguments;

static void progress(void *opaque, uint64_t done, uint64_t total, uint64_t dma)
{
	iom_progress_update(opaque, done, total, dma, "DMAs");
}

static gboolean bad_usage(GError **error, const char *text)
{
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		    "bad usage: %s; `iommulate replay --help` says more", text);
	return FALSE;
}

static int inputs_of_one(int argc, char **argv)
{
	int n = 0;

	for (int i = 1; i < argc; i++)
		n += strcmp(argv[i], "-") == 0;
	return n;
}

/* What can be refused before the work begins is refused before. */
static gboolean check_arguments(const replay_arguments *a, int argc, char **argv, GError **error)
{
	iom_cache_config caches;

	if (argc < 2)
		return bad_usage(error, "expected a TRACE");
	if (a->threads < 1 || a->threads > 64)
		return bad_usage(error, "--threads expects a number from 1 to 64");
	if (argc > 2 && a->report)
		return bad_usage(error, "--report shows one TRACE");
	if (inputs_of_one(argc, argv) > 1)
		return bad_usage(error, "standard input can be only one TRACE");
	if (a->show < 0)
		return bad_usage(error, "--show expects a number from 0");
	if (a->cache && !iom_cache_config_preset(&caches, a->cache)) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			    "bad usage: --cache %s, expected default, off, one, options or "
			    "prefetch",
			    a->cache);
		return FALSE;
	}
	if (a->json && !iom_replay_has_json()) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_UNSUPPORTED,
			    "--json: this build has no JSON output (json-glib)");
		return FALSE;
	}
	if (a->json && a->report && strcmp(a->json, "-") == 0 && strcmp(a->report, "-") == 0)
		return bad_usage(error, "--json and --report cannot both be standard output");
	return (!a->json || iom_output_probe(a->json, error)) &&
	       (!a->report || iom_output_probe(a->report, error));
}

static gboolean run(const replay_arguments *a, char **traces, unsigned n,
		    iom_replay_report **reports, GError **error)
{
	iom_progress bar;
	iom_replay_options options = { .cache = a->cache,
				       .check_stale = a->check_stale,
				       .keep = (unsigned)a->show,
				       .progress = progress,
				       .opaque = &bar };
	iom_machine *machine = NULL;
	gboolean ok;

	if (a->machine) {
		machine = iom_machine_load(a->machine, error);
		if (!machine)
			return FALSE;
	}
	options.machine = machine;
	iom_progress_start(&bar);
	ok = iom_replay_run_several(traces, n, &options, (unsigned)a->threads, reports, error);
	iom_progress_end(&bar);
	iom_machine_free(machine);
	return ok;
}

static gboolean write_files(const replay_arguments *a, iom_replay_report *const *reports,
			    unsigned n, const iom_replay_report *total, GError **error)
{
	if (a->json && total && !iom_replay_write_json_several(total, reports, n, a->json, error))
		return FALSE;
	if (a->json && !total && !iom_replay_write_json(reports[0], a->json, error))
		return FALSE;
	return !a->report || iom_replay_write_html(reports[0], a->report, error);
}

/* `total` is NULL for one trace. */
static gboolean write_results(const replay_arguments *a, iom_replay_report *const *reports,
			      unsigned n, const iom_replay_report *total, GError **error)
{
	bool quiet = (a->json && strcmp(a->json, "-") == 0) ||
		     (a->report && strcmp(a->report, "-") == 0);
	g_autoptr(GString) text = g_string_new(NULL);

	for (unsigned t = 0; t < n; t++) {
		for (guint i = 0; i < reports[t]->notes->len; i++)
			fprintf(stderr, "iommulate replay: %s\n",
				(const char *)reports[t]->notes->pdata[i]);
	}
	if (!write_files(a, reports, n, total, error))
		return FALSE;
	if (quiet)
		return TRUE;
	for (unsigned t = 0; t < n; t++) {
		if (t)
			g_string_append(text, "\n\n");
		iom_replay_print(reports[t], text);
	}
	if (total)
		iom_replay_print_total(total, n, text);
	fputs(text->str, stdout);
	return TRUE;
}

static int replay(const replay_arguments *a, int argc, char **argv)
{
	unsigned n = (unsigned)MAX(argc - 1, 0);
	g_autofree iom_replay_report **reports = g_new0(iom_replay_report *, n + 1);
	iom_replay_report *total = NULL;
	gint64 began = g_get_monotonic_time();
	GError *error = NULL;
	gboolean ok;
	int status = 0;

	if (!check_arguments(a, argc, argv, &error) || !run(a, argv + 1, n, reports, &error))
		return iom_cmd_fail("replay", error);
	if (n > 1)
		total = iom_replay_total(reports, n,
					 (double)(g_get_monotonic_time() - began) / 1e6);
	ok = write_results(a, reports, n, total, &error);
	iom_replay_report_free(total);
	for (unsigned i = 0; i < n; i++) {
		status |= reports[i]->mismatches || reports[i]->stale;
		iom_replay_report_free(reports[i]);
	}
	return ok ? status : iom_cmd_fail("replay", error);
}

int iom_cmd_replay(int argc, char **argv)
{
	replay_arguments a = { .threads = 1, .show = 5 };
	const GOptionEntry entries[] = {
		{ "machine", 0, 0, G_OPTION_ARG_FILENAME, &a.machine,
		  "Change ID registers and caches as FILE says", "FILE" },
		{ "cache", 0, 0, G_OPTION_ARG_STRING, &a.cache,
		  "Caches: default, off, one (entry each), options (all of them) or prefetch "
		  "(too); "
		  "over those of --machine",
		  "NAME" },
		{ "json", 0, 0, G_OPTION_ARG_FILENAME, &a.json, "Write the figures to FILE",
		  "FILE" },
		{ "report", 0, 0, G_OPTION_ARG_FILENAME, &a.report,
		  "Write a page to look at to FILE", "FILE.html" },
		{ "threads", 0, 0, G_OPTION_ARG_INT, &a.threads,
		  "Threads to replay with (1): over traces, then over the requesters of one", "N" },
		{ "check-stale", 0, 0, G_OPTION_ARG_NONE, &a.check_stale,
		  "Find accesses that used entries which were changed but not invalidated", NULL },
		{ "show", 0, 0, G_OPTION_ARG_INT, &a.show, "Differences to show in full (5)", "N" },
		G_OPTION_ENTRY_NULL,
	};
	int status;

	if (iom_cmd_parse(&argc, &argv, "TRACE...",
			  "Feed what the trace holds to a model of its IOMMU and compare every "
			  "answer with\nthe recorded one. Exit status 1 when one differs, or "
			  "when a stale one is found.",
			  entries, &status))
		status = replay(&a, argc, argv);
	g_free(a.machine);
	g_free(a.cache);
	g_free(a.json);
	g_free(a.report);
	return status;
}
