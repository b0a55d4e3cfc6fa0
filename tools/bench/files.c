/* SPDX-License-Identifier: MIT */
/*
 * Replay and import: how fast a trace is replayed when nearly every DMA hits,
 * beside merely reading its records, and how fast a log is imported, beside
 * merely finding its lines. Both inputs are made here, from one SMMUv3 that a
 * driver brought up.
 */
#include "sim/import/import.h"
#include "sim/replay/replay.h"
#include "sim/trace/lines.h"
#include "tools/bench/bench.h"

#include <glib/gstdio.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	TRACE_DMAS = 2000000,
	LOG_DMAS = 200000,
	PAGES = 64,
	FILE_ROUNDS = 3,
	REQUESTERS = 4, /* of the trace for several threads */
};

/* What a driver writes, in its order; the values are read back from the model. */
static const struct {
	uint32_t offset;
	uint8_t size;
} registers[] = {
	{ 0x28, 4 }, { 0x2c, 4 }, { 0x80, 8 },    { 0x88, 4 },    { 0x90, 8 }, { 0x98, 4 },
	{ 0x9c, 4 }, { 0xa0, 8 }, { 0x100a8, 4 }, { 0x100ac, 4 }, { 0x20, 4 },
};
static const uint32_t id_registers[] = { 0x0, 0x4, 0xc, 0x14 };

static uint64_t reg(const iom_bench_machine *m, uint32_t offset, unsigned size)
{
	return iom_iommu_mmio_read(m->iommu, offset, size, IOM_SPACE_NONSECURE);
}

static bool word_record(void *opaque, uint64_t addr, uint64_t value)
{
	iom_trace_record r = {
		.kind = IOM_TRACE_MEM_WRITE, .length = 8, .address = addr, .value = value
	};

	iom_trace_write(opaque, &r);
	return true;
}

/* DMAs of one requester, or of several that share the tables, in turn. */
static gboolean make_trace(const iom_bench_machine *m, const char *path, unsigned requesters,
			   GError **error)
{
	iom_trace_info *info = iom_trace_info_new(IOM_KIND_SMMUV3);
	iom_trace_region ram = { IOM_BENCH_RAM_BASE, IOM_BENCH_RAM_SIZE };

	g_array_append_val(info->regions, ram);
	for (unsigned i = 0; i < G_N_ELEMENTS(id_registers); i++) {
		iom_trace_register id = { id_registers[i], reg(m, id_registers[i], 4) };

		g_array_append_val(info->registers, id);
	}
	iom_trace_writer *w = iom_trace_writer_new(path, info, error);

	iom_trace_info_free(info);
	if (!w)
		return FALSE;
	iom_memory_foreach(m->memory, word_record, w);
	for (unsigned i = 0; i < G_N_ELEMENTS(registers); i++) {
		iom_trace_record r = { .kind = IOM_TRACE_REG_WRITE,
				       .length = registers[i].size,
				       .address = registers[i].offset,
				       .value = reg(m, registers[i].offset, registers[i].size) };

		iom_trace_write(w, &r);
	}
	for (uint64_t i = 0; i < TRACE_DMAS; i++) {
		uint64_t iova = m->order[i & m->order_mask];
		iom_trace_record r = { .kind = IOM_TRACE_DMA,
				       .flags = IOM_TRACE_READ | IOM_TRACE_EXPECT,
				       .expect = IOM_TRACE_EXPECT_ADDRESS,
				       .requester = m->requester + (uint32_t)(i % requesters),
				       .pasid = IOM_NO_PASID,
				       .length = 64,
				       .address = iova,
				       .value = iova - m->iova + IOM_BENCH_DATA };

		iom_trace_write(w, &r);
	}
	return iom_trace_writer_finish(w, error);
}

static gboolean time_replay(const char *path, unsigned threads, double *per_second, GError **error)
{
	iom_replay_options options = { .cache = "default", .threads = threads };
	iom_replay_report *report = iom_replay_run(path, &options, error);

	if (!report)
		return FALSE;
	if (report->mismatches || report->translated != TRACE_DMAS) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT, "the replay went wrong");
		iom_replay_report_free(report);
		return FALSE;
	}
	*per_second = (double)report->dma / report->seconds;
	iom_replay_report_free(report);
	return TRUE;
}

static gboolean time_reading(const char *path, double *per_second, GError **error)
{
	iom_trace_reader *r = iom_trace_reader_new(path, error);
	const iom_trace_record *record;
	const void *data;
	uint64_t dma = 0, start = iom_bench_now();
	int more = -1;

	if (!r)
		return FALSE;
	while ((more = iom_trace_next(r, &record, &data, error)) > 0)
		dma += record->kind == IOM_TRACE_DMA;
	*per_second = (double)dma * 1e9 / (double)(iom_bench_now() - start);
	iom_trace_reader_free(r);
	return more == 0;
}

static bool word_line(void *opaque, uint64_t addr, uint64_t value)
{
	fprintf(opaque, "0x%" PRIx64 " 0x%" PRIx64 " pt\n", addr, value);
	return true;
}

static gboolean make_log(const iom_bench_machine *m, const char *log, const char *tables,
			 uint64_t *lines, GError **error)
{
	FILE *f = g_fopen(tables, "w");

	if (f) {
		iom_memory_foreach(m->memory, word_line, f);
		fclose(f);
		f = g_fopen(log, "w");
	}
	if (!f) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_IO, "no temporary file can be written");
		return FALSE;
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(id_registers); i++)
		fprintf(f, "smmuv3_read_mmio addr: 0x%x val:0x%" PRIx64 " size: 0x4(0)\n",
			id_registers[i], reg(m, id_registers[i], 4));
	for (unsigned i = 0; i < G_N_ELEMENTS(registers); i++)
		fprintf(f, "smmuv3_write_mmio addr: 0x%x val:0x%" PRIx64 " size: 0x%x(0)\n",
			registers[i].offset, reg(m, registers[i].offset, registers[i].size),
			registers[i].size);
	for (uint64_t i = 0; i < LOG_DMAS; i++) {
		uint64_t iova = m->order[i & m->order_mask];

		fprintf(f,
			"smmuv3_config_cache_hit Config cache HIT for sid=0x%x (hits=%" PRIu64
			", misses=1, hit rate=99)\n"
			"smmu_iotlb_lookup_hit IOTLB cache HIT asid=1 addr=0x%" PRIx64
			" hit=%" PRIu64 " miss=64 hit rate=99\n"
			"smmuv3_translate_success smmuv3-iommu-memory-region-16-1 sid=0x%x "
			"iova=0x%" PRIx64 " translated=0x%" PRIx64 " perm=0x3\n",
			m->requester, i, iova & ~UINT64_C(0xfff), i, m->requester, iova,
			iova - m->iova + IOM_BENCH_DATA);
	}
	*lines = G_N_ELEMENTS(id_registers) + G_N_ELEMENTS(registers) + UINT64_C(3) * LOG_DMAS;
	return fclose(f) == 0;
}

static gboolean time_import(const char *log, const char *tables, const char *out, uint64_t lines,
			    double *per_second, GError **error)
{
	iom_import_options options = { .log = log, .tables = tables, .output = out };
	iom_import_report report;
	uint64_t start = iom_bench_now();

	iom_import_report_init(&report);
	gboolean ok = iom_import_qemu(&options, &report, error);

	*per_second = (double)lines * 1e9 / (double)(iom_bench_now() - start);
	if (ok && report.dma != LOG_DMAS) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT, "the import went wrong");
		ok = FALSE;
	}
	iom_import_report_clear(&report);
	return ok;
}

static gboolean time_lines(const char *log, uint64_t lines, double *per_second, GError **error)
{
	uint64_t start = iom_bench_now(), found = 0;
	iom_lines *l = iom_lines_open(log, error);
	char *line;
	size_t len;

	if (!l)
		return FALSE;
	while (iom_lines_next(l, &line, &len, NULL, error) > 0)
		found++;
	iom_lines_close(l);
	*per_second = (double)found * 1e9 / (double)(iom_bench_now() - start);
	return found == lines;
}

static gboolean replay_bench(iom_bench_report *report, const iom_bench_machine *m,
			     const char *directory, GError **error)
{
	g_autofree char *path = g_build_filename(directory, "bench.iomt", NULL);
	double ours[FILE_ROUNDS], floor[FILE_ROUNDS];
	gboolean ok = make_trace(m, path, 1, error);

	for (unsigned i = 0; ok && i < FILE_ROUNDS; i++)
		ok = time_replay(path, 1, &ours[i], error) && time_reading(path, &floor[i], error);
	if (ok)
		iom_bench_add(report, "replay", iom_bench_median(ours, FILE_ROUNDS), "DMA/s",
			      "reading the records", iom_bench_median(floor, FILE_ROUNDS));
	g_unlink(path);
	return ok;
}

/* The same DMAs from several requesters: two threads beside one. */
static gboolean replay_threads_bench(iom_bench_report *report, const iom_bench_machine *m,
				     const char *directory, GError **error)
{
	g_autofree char *path = g_build_filename(directory, "threads.iomt", NULL);
	double two[FILE_ROUNDS], one[FILE_ROUNDS];
	gboolean ok = TRUE;

	for (unsigned i = 1; ok && i < REQUESTERS; i++)
		ok = iom_driver_attach(m->driver, m->domain, m->requester + i);
	ok = ok && make_trace(m, path, REQUESTERS, error);
	for (unsigned i = 0; ok && i < FILE_ROUNDS; i++)
		ok = time_replay(path, 2, &two[i], error) && time_replay(path, 1, &one[i], error);
	if (ok)
		iom_bench_add(report, "replay-2-threads", iom_bench_median(two, FILE_ROUNDS),
			      "DMA/s", "one thread", iom_bench_median(one, FILE_ROUNDS));
	g_unlink(path);
	return ok;
}

static gboolean import_bench(iom_bench_report *report, const iom_bench_machine *m,
			     const char *directory, GError **error)
{
	g_autofree char *log = g_build_filename(directory, "bench.log", NULL);
	g_autofree char *tables = g_build_filename(directory, "bench.tables", NULL);
	g_autofree char *out = g_build_filename(directory, "imported.iomt", NULL);
	double ours[FILE_ROUNDS], floor[FILE_ROUNDS];
	uint64_t lines = 0;
	gboolean ok = make_log(m, log, tables, &lines, error);
	GStatBuf st;

	for (unsigned i = 0; ok && i < FILE_ROUNDS; i++)
		ok = time_import(log, tables, out, lines, &ours[i], error) &&
		     time_lines(log, lines, &floor[i], error);
	ok = ok && g_stat(log, &st) == 0;
	if (ok) {
		double a = iom_bench_median(ours, FILE_ROUNDS);
		double b = iom_bench_median(floor, FILE_ROUNDS);
		double line = (double)st.st_size / (double)lines / 1e6;

		iom_bench_add(report, "import", a, "lines/s", "finding the lines", b);
		iom_bench_add(report, "import/bytes", a * line, "MB/s", "finding the lines",
			      b * line);
	}
	g_unlink(log);
	g_unlink(tables);
	g_unlink(out);
	return ok;
}

void iom_bench_files(iom_bench_report *report)
{
	iom_bench_setup setup = { .kind = IOM_KIND_SMMUV3,
				  .mode = IOM_DRIVER_STAGE1,
				  .pages = PAGES,
				  .iotlb_entries = 256,
				  .walk_entries = 64,
				  .stage2_entries = 64,
				  .range_commands = true };
	bool replay = iom_bench_wanted(report, "replay");
	bool threads = iom_bench_wanted(report, "replay-2-threads");
	bool import =
		iom_bench_wanted(report, "import") || iom_bench_wanted(report, "import/bytes");
	iom_bench_machine *m =
		replay || threads || import ? iom_bench_machine_new(&setup, true) : NULL;
	GError *error = NULL;

	if (!m)
		return;
	g_autofree char *directory = g_dir_make_tmp("iommulate-bench-XXXXXX", &error);
	gboolean ok = directory != NULL;

	if (ok && replay)
		ok = replay_bench(report, m, directory, &error);
	if (ok && threads)
		ok = replay_threads_bench(report, m, directory, &error);
	if (ok && import)
		ok = import_bench(report, m, directory, &error);
	if (!ok)
		fprintf(stderr, "iommulate bench: %s\n",
			error ? error->message : "a temporary file came out wrong");
	g_clear_error(&error);
	if (directory)
		g_rmdir(directory);
	iom_bench_machine_free(m);
}
