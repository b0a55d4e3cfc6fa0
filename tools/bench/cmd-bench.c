/* SPDX-License-Identifier: MIT */
#include "tools/bench/bench.h"
#include "tools/commands.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

uint64_t iom_bench_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double iom_bench_median(double *values, unsigned n)
{
	qsort(values, n, sizeof(*values), by_value);
	return values[n / 2];
}

static double timed(iom_bench_fn fn, void *opaque, uint64_t n)
{
	uint64_t start = iom_bench_now();

	fn(opaque, n);
	return (double)(iom_bench_now() - start) / (double)n;
}

void iom_bench_pair(iom_bench_fn fn_a, void *a, uint64_t n_a, double *ns_a, iom_bench_fn fn_b,
		    void *b, uint64_t n_b, double *ns_b)
{
	double va[IOM_BENCH_ROUNDS], vb[IOM_BENCH_ROUNDS];

	for (unsigned r = 0; r < IOM_BENCH_ROUNDS; r++) {
		va[r] = timed(fn_a, a, n_a);
		if (fn_b)
			vb[r] = timed(fn_b, b, n_b);
	}
	*ns_a = iom_bench_median(va, IOM_BENCH_ROUNDS);
	if (fn_b)
		*ns_b = iom_bench_median(vb, IOM_BENCH_ROUNDS);
}

bool iom_bench_wanted(const iom_bench_report *report, const char *name)
{
	if (!report->names || !report->names[0])
		return true;
	for (char **n = report->names; *n; n++) {
		size_t len = strlen(*n);

		if (strncmp(name, *n, len) == 0 && (name[len] == '\0' || name[len] == '/'))
			return true;
	}
	return false;
}

bool iom_bench_counted(const iom_bench_report *report, iom_bench_fn fn, void *opaque)
{
	if (report->count)
		fn(opaque, (uint64_t)report->count);
	return report->count;
}

void iom_bench_add(iom_bench_report *report, const char *name, double value, const char *unit,
		   const char *baseline, double baseline_value)
{
	iom_bench_result *r = g_new0(iom_bench_result, 1);
	bool less_is_better = strcmp(unit, "ns") == 0;

	if (!iom_bench_wanted(report, name)) {
		g_free(r);
		return;
	}
	r->name = g_strdup(name);
	r->value = value;
	r->unit = unit;
	r->baseline = baseline;
	r->baseline_value = baseline_value;
	r->ratio = less_is_better ? baseline_value / value : value / baseline_value;
	g_ptr_array_add(report->results, r);
	printf("%-36s %12.2f %-10s %12.2f  %8.2fx  %s\n", name, value, unit, baseline_value,
	       r->ratio, baseline);
	fflush(stdout);
}

static void result_free(gpointer p)
{
	iom_bench_result *r = p;

	g_free(r->name);
	g_free(r);
}

static gboolean write_json(const iom_bench_report *report, const char *path, GError **error)
{
	GString *out = g_string_new("[\n");
	gboolean ok;

	for (guint i = 0; i < report->results->len; i++) {
		const iom_bench_result *r = g_ptr_array_index(report->results, i);
		char value[3][G_ASCII_DTOSTR_BUF_SIZE];

		g_ascii_formatd(value[0], sizeof(value[0]), "%.4f", r->value);
		g_ascii_formatd(value[1], sizeof(value[1]), "%.4f", r->baseline_value);
		g_ascii_formatd(value[2], sizeof(value[2]), "%.4f", r->ratio);
		g_string_append_printf(out,
				       "  {\"name\": \"%s\", \"value\": %s, \"unit\": \"%s\", "
				       "\"baseline\": \"%s\", \"baseline_value\": %s, "
				       "\"ratio\": %s}%s\n",
				       r->name, value[0], r->unit, r->baseline, value[1], value[2],
				       i + 1 < report->results->len ? "," : "");
	}
	g_string_append(out, "]\n");
	if (strcmp(path, "-") == 0)
		ok = fwrite(out->str, 1, out->len, stdout) == out->len;
	else
		ok = g_file_set_contents(path, out->str, (gssize)out->len, error);
	g_string_free(out, TRUE);
	return ok;
}

int iom_cmd_bench(int argc, char **argv)
{
	char *json = NULL, **names = NULL;
	gint64 count = 0;
	const GOptionEntry entries[] = {
		{ "json", 0, 0, G_OPTION_ARG_FILENAME, &json, "write the figures as JSON", "FILE" },
		{ "count", 0, 0, G_OPTION_ARG_INT64, &count,
		  "do each benchmark N times without measuring, for a counter of instructions",
		  "N" },
		{ G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &names, NULL, "[NAME...]" },
		{ 0 },
	};
	int status;

	if (!iom_cmd_parse(&argc, &argv, "[--json FILE] [--count N] [NAME...]",
			   "Measure the library beside a baseline, in one run. NAME picks "
			   "benchmarks: iotlb-hit, iotlb-hit-2-threads, invalidate-va, "
			   "invalidate-range, invalidate-asid, invalidate-vmid, "
			   "invalidate-domain, invalidate-pasid, invalidate-global (and each "
			   "with -32: in batches), s1-miss, "
			   "nested-miss, nested-miss-warm, hold, replay, "
			   "replay-2-threads, import.",
			   entries, &status))
		return status;
	iom_bench_report report = { .results = g_ptr_array_new_with_free_func(result_free),
				    .names = names,
				    .count = MAX(count, 0) };
	GError *error = NULL;

	printf("%-36s %12s %-10s %12s  %8s  %s\n", "name", "value", "unit", "baseline", "ratio",
	       "compared with");
	iom_bench_hits(&report);
	iom_bench_holds(&report);
	iom_bench_invalidations(&report);
	iom_bench_misses(&report);
	if (!report.count)
		iom_bench_files(&report);
	status = 0;
	if (report.results->len == 0 && !report.count) {
		g_set_error(&error, IOM_ERROR, IOM_ERROR_CONFIG, "no benchmark has that name");
		status = iom_cmd_fail("bench", error);
	} else if (json && !write_json(&report, json, &error)) {
		status = iom_cmd_fail("bench", error);
	}
	g_ptr_array_unref(report.results);
	g_strfreev(names);
	g_free(json);
	return status;
}
