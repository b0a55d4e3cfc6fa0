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

/* What can be refused before the work begins is refused before. */
static gboolean check_arguments(const replay_arguments *a, int argc, GError **error)
{
	iom_cache_config caches;

	if (argc != 2)
		return bad_usage(error, "expected one TRACE");
	if (a->threads != 1)
		return bad_usage(error, "this build replays with one thread");
	if (a->show < 0)
		return bad_usage(error, "--show expects a number from 0");
	if (a->cache && !iom_cache_config_preset(&caches, a->cache)) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			    "bad usage: --cache %s, expected default, off or one", a->cache);
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

static iom_replay_report *run(const replay_arguments *a, const char *trace, GError **error)
{
	iom_progress bar;
	iom_replay_options options = { .cache = a->cache,
				       .check_stale = a->check_stale,
				       .keep = (unsigned)a->show,
				       .progress = progress,
				       .opaque = &bar };
	iom_machine *machine = NULL;
	iom_replay_report *report;

	if (a->machine) {
		machine = iom_machine_load(a->machine, error);
		if (!machine)
			return NULL;
	}
	options.machine = machine;
	iom_progress_start(&bar);
	report = iom_replay_run(trace, &options, error);
	iom_progress_end(&bar);
	iom_machine_free(machine);
	return report;
}

static gboolean write_results(const replay_arguments *a, const iom_replay_report *report,
			      GError **error)
{
	bool quiet = (a->json && strcmp(a->json, "-") == 0) ||
		     (a->report && strcmp(a->report, "-") == 0);

	for (guint i = 0; i < report->notes->len; i++)
		fprintf(stderr, "iommulate replay: %s\n", (const char *)report->notes->pdata[i]);
	if (a->json && !iom_replay_write_json(report, a->json, error))
		return FALSE;
	if (a->report && !iom_replay_write_html(report, a->report, error))
		return FALSE;
	if (!quiet) {
		g_autoptr(GString) text = g_string_new(NULL);

		iom_replay_print(report, text);
		fputs(text->str, stdout);
	}
	return TRUE;
}

static int replay(const replay_arguments *a, int argc, char **argv)
{
	iom_replay_report *report;
	GError *error = NULL;
	gboolean ok;
	int status;

	if (!check_arguments(a, argc, &error))
		return iom_cmd_fail("replay", error);
	report = run(a, argv[1], &error);
	if (!report)
		return iom_cmd_fail("replay", error);
	ok = write_results(a, report, &error);
	status = report->mismatches || report->stale;
	iom_replay_report_free(report);
	return ok ? status : iom_cmd_fail("replay", error);
}

int iom_cmd_replay(int argc, char **argv)
{
	replay_arguments a = { .threads = 1, .show = 5 };
	const GOptionEntry entries[] = {
		{ "machine", 0, 0, G_OPTION_ARG_FILENAME, &a.machine,
		  "Change ID registers and caches as FILE says", "FILE" },
		{ "cache", 0, 0, G_OPTION_ARG_STRING, &a.cache,
		  "Caches: default, off, or of one entry each; over those of --machine",
		  "default|off|one" },
		{ "json", 0, 0, G_OPTION_ARG_FILENAME, &a.json, "Write the figures to FILE",
		  "FILE" },
		{ "report", 0, 0, G_OPTION_ARG_FILENAME, &a.report,
		  "Write a page to look at to FILE", "FILE.html" },
		{ "threads", 0, 0, G_OPTION_ARG_INT, &a.threads, "Threads to replay with (1)",
		  "N" },
		{ "check-stale", 0, 0, G_OPTION_ARG_NONE, &a.check_stale,
		  "Find accesses that used entries which were changed but not invalidated", NULL },
		{ "show", 0, 0, G_OPTION_ARG_INT, &a.show, "Differences to show in full (5)", "N" },
		G_OPTION_ENTRY_NULL,
	};
	int status;

	if (iom_cmd_parse(&argc, &argv, "TRACE",
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
