/* SPDX-License-Identifier: MIT */
#include "tools/commands.h"

#include "sim/replay/explain.h"
#include "sim/replay/print.h"
#include "tools/progress.h"

#include <stdio.h>
#include <string.h>

typedef struct span {
	uint64_t first, last;
	uint64_t count;
} span;

typedef struct device {
	uint32_t requester;
	span addresses;
	uint64_t expected; /* DMAs with a recorded answer */
} device;

typedef struct contents {
	uint64_t by_kind[IOM_TRACE_N_KINDS];
	uint64_t block_bytes;
	span written; /* memory */
	GHashTable *devices; /* requester to device */
	GPtrArray *marks; /* char * */
} contents;

static void widen(span *s, uint64_t first, uint64_t last)
{
	if (s->count++ == 0 || first < s->first)
		s->first = first;
	if (s->count == 1 || last > s->last)
		s->last = last;
}

static void count_dma(contents *c, const iom_trace_record *record)
{
	device *d = g_hash_table_lookup(c->devices, GUINT_TO_POINTER(record->requester));

	if (!d) {
		d = g_new0(device, 1);
		d->requester = record->requester;
		g_hash_table_insert(c->devices, GUINT_TO_POINTER(record->requester), d);
	}
	widen(&d->addresses, record->address,
	      record->address + (record->length ? record->length - 1 : 0));
	d->expected += record->expect != 0;
}

static void count_mark(contents *c, const iom_trace_record *record, const void *data)
{
	g_autofree char *text = data ? g_utf8_make_valid(data, record->length) : g_strdup("");

	if (c->marks->len < 20)
		g_ptr_array_add(c->marks,
				g_strdup_printf("before DMA %" G_GUINT64_FORMAT
						": %" G_GUINT64_FORMAT " %s",
						c->by_kind[IOM_TRACE_DMA], record->value, text));
}

static gboolean read_all(iom_trace_reader *reader, contents *c, GError **error)
{
	const iom_trace_record *record;
	const void *data;
	iom_progress bar;
	uint64_t n = 0;
	int got;

	iom_progress_start(&bar);
	while ((got = iom_trace_next(reader, &record, &data, error)) > 0) {
		c->by_kind[record->kind]++;
		if (record->kind == IOM_TRACE_DMA)
			count_dma(c, record);
		else if (record->kind == IOM_TRACE_MARK)
			count_mark(c, record, data);
		else if (record->kind == IOM_TRACE_MEM_WRITE ||
			 (record->kind == IOM_TRACE_MEM_BLOCK && record->length))
			widen(&c->written, record->address, record->address + record->length - 1);
		if (record->kind == IOM_TRACE_MEM_BLOCK)
			c->block_bytes += record->length;
		if (++n % 65536 == 0) {
			uint64_t done, total;

			iom_trace_reader_progress(reader, &done, &total);
			iom_progress_update(&bar, done, total, n, "records");
		}
	}
	iom_progress_end(&bar);
	return got == 0;
}

/* ---- printing ---- */

static void print_size(uint64_t size, GString *out)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB" };
	unsigned u = 0;

	while (u + 1 < G_N_ELEMENTS(units) && size >= 1024 && size % 1024 == 0) {
		size /= 1024;
		u++;
	}
	g_string_append_printf(out, "%" G_GUINT64_FORMAT " %s", size, units[u]);
}

static void print_span(const span *s, GString *out)
{
	g_string_append_printf(out, "%#" G_GINT64_MODIFIER "x to %#" G_GINT64_MODIFIER "x",
			       s->first, s->last);
}

static void print_memory(const iom_trace_info *info, GString *out)
{
	if (info->regions->len == 0)
		g_string_append(out, "Memory   not described: all of the 52-bit space\n");
	for (guint i = 0; i < info->regions->len; i++) {
		const iom_trace_region *r = &g_array_index(info->regions, iom_trace_region, i);
		span s = { r->base, r->base + (r->size - 1), 1 };

		g_string_append(out, i ? "         " : "Memory   ");
		print_span(&s, out);
		g_string_append(out, ", ");
		print_size(r->size, out);
		g_string_append_c(out, '\n');
	}
}

static iom_mem_status ignore_msi(void *opaque, uint64_t address, uint32_t data)
{
	(void)opaque;
	(void)address;
	(void)data;
	return IOM_MEM_OK;
}

/* Only a model knows its registers by name; NULL if the trace describes none that can be. */
static iom_iommu *make_model(const iom_trace_info *info, GString *out)
{
	iom_bus bus = { .size = sizeof(bus), .msi = ignore_msi };
	iom_cache_config caches;
	GError *error = NULL;
	iom_iommu *iommu;

	memset(&caches, 0, sizeof(caches));
	bus.memory[0] = iom_memory_new();
	iommu = iom_machine_iommu(NULL, info, &caches, &bus, &error);
	iom_memory_unref(bus.memory[0]);
	if (!iommu)
		g_string_append_printf(out, "No machine can have these ID registers: %s\n",
				       error->message);
	g_clear_error(&error);
	return iommu;
}

static void print_registers(const iom_trace_info *info, GString *out)
{
	iom_iommu *iommu = NULL;

	if (info->registers->len == 0) {
		g_string_append(out, "No ID registers: the default machine\n");
	} else {
		g_string_append(out, "ID registers\n");
		iommu = make_model(info, out);
	}
	for (guint i = 0; i < info->registers->len; i++) {
		const iom_trace_register *r =
			&g_array_index(info->registers, iom_trace_register, i);
		const char *name = NULL;
		const iom_layout *layout =
			iommu ? iom_iommu_register(iommu, r->offset, &name) : NULL;
		g_autoptr(GString) fields = g_string_new(NULL);

		g_string_append_printf(out,
				       "  %-8s at %#-6" G_GINT64_MODIFIER "x %#" G_GINT64_MODIFIER
				       "x\n",
				       name ? name : "?", r->offset, r->value);
		if (!layout)
			continue;
		iom_layout_print(layout, &r->value, fields);
		if (fields->len)
			iom_explain_wrap(out, fields->str, 11, 96);
	}
	if (iommu)
		iom_iommu_unref(iommu);
}

static int by_requester(const void *a, const void *b)
{
	const device *x = *(device *const *)a, *y = *(device *const *)b;

	return x->requester < y->requester ? -1 : x->requester > y->requester;
}

static void print_devices(const iom_trace_info *info, const contents *c, GString *out)
{
	g_autofree device **sorted = g_new(device *, g_hash_table_size(c->devices) + 1);
	GHashTableIter iter;
	gpointer value;
	guint n = 0;

	g_hash_table_iter_init(&iter, c->devices);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		sorted[n++] = value;
	qsort(sorted, n, sizeof(*sorted), by_requester);
	if (n)
		g_string_append_printf(out, "\n%-16s %12s %14s  %s\n", "Device", "DMAs",
				       "with answers", "addresses");
	for (guint i = 0; i < n; i++) {
		g_autoptr(GString) name = g_string_new(NULL);

		iom_replay_print_requester(info->kind, sorted[i]->requester, name);
		g_string_append_printf(out, "%-16s ", name->str);
		iom_print_column(out, sorted[i]->addresses.count, 12);
		iom_print_column(out, sorted[i]->expected, 15);
		g_string_append(out, "  ");
		print_span(&sorted[i]->addresses, out);
		g_string_append_c(out, '\n');
	}
}

static void print_records(const iom_trace_info *info, const contents *c, GString *out)
{
	g_string_append(out, "\nRecords");
	if (info->n_records != UINT64_MAX) {
		g_string_append(out, " in ");
		iom_print_count(out, info->n_records);
		g_string_append(out, " slots of 32 bytes");
	}
	g_string_append_c(out, '\n');
	for (unsigned i = 0; i < IOM_TRACE_N_KINDS; i++) {
		if (!c->by_kind[i])
			continue;
		g_string_append_printf(out, "  %-16s", iom_trace_kind_name(i));
		iom_print_column(out, c->by_kind[i], 13);
		if (i == IOM_TRACE_MEM_BLOCK) {
			g_string_append(out, "  of ");
			iom_print_count(out, c->block_bytes);
			g_string_append(out, " bytes");
		}
		g_string_append_c(out, '\n');
	}
	if (c->written.count) {
		g_string_append(out, "Memory is written from ");
		print_span(&c->written, out);
		g_string_append_c(out, '\n');
	}
	for (guint i = 0; i < c->marks->len; i++)
		g_string_append_printf(out, "%s%s\n", i ? "         " : "Marks    ",
				       (const char *)c->marks->pdata[i]);
}

static void print_info(const char *path, const iom_trace_info *info, const contents *c,
		       GString *out)
{
	g_string_append_printf(out, "%s: %s trace, format %u.%u\n", path,
			       info->kind == IOM_KIND_VTD ? "Intel VT-d" : "Arm SMMUv3",
			       info->version_major, info->version_minor);
	if (info->source)
		g_string_append_printf(out, "Source   %s\n", info->source);
	if (info->flags & IOM_TRACE_INFO_SYNTHESISED)
		g_string_append(out, "Accesses synthesised, not observed\n");
	if (info->haw)
		g_string_append_printf(out, "Address  %u bits on the host side\n", info->haw);
	print_memory(info, out);
	print_registers(info, out);
	print_records(info, c, out);
	print_devices(info, c, out);
}

int iom_cmd_info(int argc, char **argv)
{
	contents c = { .block_bytes = 0 };
	iom_trace_reader *reader;
	GError *error = NULL;
	gboolean ok;
	int status;

	if (!iom_cmd_parse(&argc, &argv, "TRACE",
			   "Describe a trace: its IOMMU and ID registers, its memory, what records "
			   "it holds,\nand the devices with the addresses they use.",
			   NULL, &status))
		return status;
	if (argc != 2)
		return iom_cmd_fail("info", g_error_new(G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
							"bad usage: expected one TRACE; "
							"`iommulate info --help` says more"));
	reader = iom_trace_reader_new(argv[1], &error);
	if (!reader)
		return iom_cmd_fail("info", error);
	c.devices = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	c.marks = g_ptr_array_new_with_free_func(g_free);
	ok = read_all(reader, &c, &error);
	if (ok) {
		g_autoptr(GString) out = g_string_new(NULL);

		print_info(argv[1], iom_trace_reader_info(reader), &c, out);
		fputs(out->str, stdout);
	}
	g_hash_table_unref(c.devices);
	g_ptr_array_unref(c.marks);
	iom_trace_reader_free(reader);
	return ok ? 0 : iom_cmd_fail("info", error);
}
