/* SPDX-License-Identifier: MIT */
#include "tests/sim/import-bench.h"

#include "tests/sim/scratch.h"

#include <string.h>

static void read_back(imported *im, const char *path)
{
	iom_trace_reader *r = iom_trace_reader_new(path, NULL);
	const iom_trace_record *record;
	const iom_trace_info *info;
	const void *data;

	if (!r)
		return;
	info = iom_trace_reader_info(r);
	im->kind = info->kind;
	im->haw = info->haw;
	g_array_append_vals(im->registers, info->registers->data, info->registers->len);
	while (iom_trace_next(r, &record, &data, NULL) > 0) {
		iom_trace_record word = *record;

		if (record->kind != IOM_TRACE_MEM_BLOCK) {
			g_array_append_val(im->records, word);
			continue;
		}
		word.kind = IOM_TRACE_MEM_WRITE;
		word.length = 8;
		for (unsigned i = 0; i < record->length / 8; i++) {
			memcpy(&word.value, (const char *)data + i * 8, 8);
			word.value = GUINT64_FROM_LE(word.value);
			word.address = record->address + i * 8;
			g_array_append_val(im->records, word);
		}
	}
	iom_trace_reader_free(r);
}

imported *import_with(const char *log, gssize len, const char *tables,
		      const iom_import_options *given)
{
	imported *im = g_new0(imported, 1);
	char *dir = scratch_new();
	g_autofree char *log_path = scratch_path(dir, "log"), *table_path = NULL,
			*out = scratch_path(dir, "out");
	iom_import_options options = *given;
	GError *error = NULL;
	char *contents;
	gsize size;

	scratch_put(log_path, log, len < 0 ? strlen(log) : (gsize)len);
	if (tables) {
		table_path = scratch_path(dir, "tables");
		scratch_put(table_path, tables, strlen(tables));
	}
	options.log = log_path;
	options.tables = table_path;
	options.output = out;
	im->registers = g_array_new(FALSE, FALSE, sizeof(iom_trace_register));
	im->records = g_array_new(FALSE, FALSE, sizeof(iom_trace_record));
	iom_import_report_init(&im->report);
	im->ok = iom_import_qemu(&options, &im->report, &error);
	im->message = g_strdup(error ? error->message : "");
	g_clear_error(&error);
	if (im->ok)
		read_back(im, out);
	if (g_file_get_contents(out, &contents, &size, NULL))
		im->bytes = g_bytes_new_take(contents, size);
	scratch_free(dir);
	return im;
}

imported *import_text(const char *log, gssize len, const char *tables)
{
	iom_import_options options = { 0 };

	return import_with(log, len, tables, &options);
}

void imported_free(imported *im)
{
	g_free(im->message);
	iom_import_report_clear(&im->report);
	g_array_unref(im->registers);
	g_array_unref(im->records);
	g_clear_pointer(&im->bytes, g_bytes_unref);
	g_free(im);
}

static const iom_trace_record *at(const imported *im, guint i)
{
	return &g_array_index(im->records, iom_trace_record, i);
}

unsigned count_kind(const imported *im, unsigned kind)
{
	unsigned n = 0;

	for (guint i = 0; i < im->records->len; i++)
		n += at(im, i)->kind == kind;
	return n;
}

/* Index of the n-th record of a kind (of that register); the end if there is none. */
static guint find(const imported *im, unsigned kind, bool any, uint64_t offset, unsigned n)
{
	guint i;

	for (i = 0; i < im->records->len; i++) {
		if (at(im, i)->kind == kind && (any || at(im, i)->address == offset) && !n--)
			break;
	}
	return i;
}

iom_trace_record nth(const imported *im, unsigned kind, unsigned n)
{
	guint i = find(im, kind, true, 0, n);
	iom_trace_record none = { 0 };

	return i < im->records->len ? *at(im, i) : none;
}

iom_trace_record nth_write(const imported *im, uint64_t offset, unsigned n)
{
	guint i = find(im, IOM_TRACE_REG_WRITE, false, offset, n);
	iom_trace_record none = { 0 };

	return i < im->records->len ? *at(im, i) : none;
}

static uint64_t word_before(const imported *im, guint end, uint64_t address)
{
	uint64_t value = 0;

	for (guint i = 0; i < end; i++) {
		if (at(im, i)->kind == IOM_TRACE_MEM_WRITE && at(im, i)->address == address)
			value = at(im, i)->value;
	}
	return value;
}

uint64_t word_at_dma(const imported *im, unsigned n, uint64_t address)
{
	return word_before(im, find(im, IOM_TRACE_DMA, true, 0, n), address);
}

uint64_t word_at_write(const imported *im, uint64_t offset, unsigned n, uint64_t address)
{
	return word_before(im, find(im, IOM_TRACE_REG_WRITE, false, offset, n), address);
}

unsigned writes_of(const imported *im, uint64_t address)
{
	unsigned n = 0;

	for (guint i = 0; i < im->records->len; i++)
		n += at(im, i)->kind == IOM_TRACE_MEM_WRITE && at(im, i)->address == address;
	return n;
}

uint64_t header_register(const imported *im, uint64_t offset)
{
	for (guint i = 0; i < im->registers->len; i++) {
		iom_trace_register reg = g_array_index(im->registers, iom_trace_register, i);

		if (reg.offset == offset)
			return reg.value;
	}
	return UINT64_MAX;
}
