/* SPDX-License-Identifier: MIT */
/*
 * Import of QEMU's `-trace` log: read lines, tell which IOMMU it is, hand the
 * events to that one.
 */
#include "sim/import/qemu-smmu.h"
#include "sim/import/qemu-vtd.h"
#include "sim/trace/lines.h"

#include <inttypes.h>
#include <string.h>

/* Records held back for a better header; more would make memory grow with the log. */
#define MAX_HELD (64u << 20)

typedef struct importer {
	const iom_import_options *options;
	iom_import_report *report;
	iom_qemu_names names;
	iom_tables tables;
	iom_sink sink;
	iom_qemu_smmu smmu;
	iom_qemu_vtd vtd;
} importer;

static void count_unknown(iom_import_report *report, const char *name, size_t len)
{
	char key[64];
	uint64_t *count;

	len = MIN(len, sizeof(key) - 1);
	memcpy(key, name, len);
	key[len] = '\0';
	count = g_hash_table_lookup(report->unknown, key);
	if (!count) {
		count = g_new0(uint64_t, 1);
		g_hash_table_insert(report->unknown, g_strdup(key), count);
	}
	++*count;
}

static bool start_kind(importer *im, iom_kind kind, uint64_t line, GError **error)
{
	static const char *const names[] = { "", "an SMMUv3", "a VT-d unit" };

	if (im->report->kind) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT,
			    "%s:%" PRIu64 ": an event of %s in a log that began as one of %s; "
			    "expected one IOMMU in a log",
			    im->options->log, line, names[kind], names[im->report->kind]);
		return false;
	}
	im->report->kind = kind;
	if (kind == IOM_KIND_SMMUV3)
		iom_qemu_smmu_init(&im->smmu, &im->sink, &im->tables);
	else
		iom_qemu_vtd_init(&im->vtd, &im->sink, &im->tables, im->options);
	return true;
}

static void limit_held(importer *im)
{
	if (!im->sink.held || im->sink.held->len < MAX_HELD)
		return;
	if (im->report->kind == IOM_KIND_SMMUV3)
		iom_qemu_smmu_open(&im->smmu);
	else
		iom_qemu_vtd_open(&im->vtd);
}

static gboolean read_log(importer *im, GError **error)
{
	iom_lines *lines = iom_lines_open(im->options->log, error);
	iom_import_report *report = im->report;
	iom_qemu_event event = { 0 };
	bool complete, ok = true;
	char *line;
	size_t len;
	int r;

	if (!lines)
		return FALSE;
	while (ok && (r = iom_lines_next(lines, &line, &len, &complete, error)) > 0) {
		iom_kind kind;

		report->lines++;
		if (!complete) {
			report->cut = true;
			continue;
		}
		switch (iom_qemu_parse(&im->names, line, len, &event)) {
		case IOM_QEMU_LINE_EVENT:
			kind = iom_qemu_is_smmu(event.id) ? IOM_KIND_SMMUV3 : IOM_KIND_VTD;
			report->known++;
			if (report->kind != kind)
				ok = start_kind(im, kind, iom_lines_number(lines), error);
			if (!ok)
				break;
			if (kind == IOM_KIND_SMMUV3)
				iom_qemu_smmu_event(&im->smmu, &event);
			else
				iom_qemu_vtd_event(&im->vtd, &event);
			limit_held(im);
			if (im->sink.error) {
				g_propagate_error(error, g_steal_pointer(&im->sink.error));
				ok = false;
			}
			break;
		case IOM_QEMU_LINE_DAMAGED:
			report->damaged++;
			break;
		case IOM_QEMU_LINE_UNKNOWN:
			count_unknown(report, event.text, event.text_len);
			break;
		case IOM_QEMU_LINE_OTHER:
			report->other++;
			break;
		}
	}
	iom_lines_close(lines);
	if (!ok || r < 0)
		return FALSE;
	if (!report->kind) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT,
			    "%s: no event of an SMMUv3 or VT-d unit in %" PRIu64
			    " lines; expected the log of QEMU's -trace option",
			    im->options->log, report->lines);
		return FALSE;
	}
	return TRUE;
}

gboolean iom_import_qemu(const iom_import_options *options, iom_import_report *report,
			 GError **error)
{
	importer *im = g_new0(importer, 1);
	gboolean ok;

	im->options = options;
	im->report = report;
	iom_qemu_names_init(&im->names);
	iom_tables_init(&im->tables);
	iom_sink_init(&im->sink, options->output, report);
	ok = !options->tables || iom_tables_read(&im->tables, options->tables, error);
	ok = ok && read_log(im, error);
	if (ok && report->kind == IOM_KIND_SMMUV3)
		iom_qemu_smmu_finish(&im->smmu);
	else if (ok)
		iom_qemu_vtd_finish(&im->vtd);
	ok = ok && iom_sink_finish(&im->sink, error);
	if (report->kind == IOM_KIND_SMMUV3)
		iom_qemu_smmu_clear(&im->smmu);
	else if (report->kind == IOM_KIND_VTD)
		iom_qemu_vtd_clear(&im->vtd);
	iom_sink_clear(&im->sink);
	iom_tables_clear(&im->tables);
	g_free(im);
	return ok;
}
