/* SPDX-License-Identifier: MIT */
#include "sim/import/sink.h"

#include <string.h>

/* So many non-zero words in a row that a block is shorter than single words. */
#define BLOCK_WORDS 3

void iom_sink_init(iom_sink *sink, const char *path, iom_import_report *report)
{
	memset(sink, 0, sizeof(*sink));
	sink->path = path;
	sink->report = report;
	sink->held = g_byte_array_new();
	iom_shadow_init(&sink->memory);
}

void iom_sink_clear(iom_sink *sink)
{
	if (sink->writer)
		iom_trace_writer_abandon(sink->writer);
	g_clear_pointer(&sink->held, g_byte_array_unref);
	iom_shadow_clear(&sink->memory);
	g_clear_error(&sink->error);
}

static void put(iom_sink *sink, const iom_trace_record *record, const void *data)
{
	gsize n_slots = data ? (record->length + sizeof(*record) - 1) / sizeof(*record) : 0;

	sink->report->records += 1 + n_slots;
	if (!sink->held) {
		if (!sink->writer)
			return;
		if (data)
			iom_trace_write_data(sink->writer, record, data);
		else
			iom_trace_write(sink->writer, record);
		return;
	}
	g_byte_array_append(sink->held, (const guint8 *)record, sizeof(*record));
	if (data)
		g_byte_array_append(sink->held, data, record->length);
}

void iom_sink_open(iom_sink *sink, const iom_trace_info *info)
{
	GByteArray *held = sink->held;
	guint at = 0;

	sink->held = NULL;
	sink->writer = iom_trace_writer_new(sink->path, info, &sink->error);
	while (sink->writer && at < held->len) {
		iom_trace_record record;

		memcpy(&record, held->data + at, sizeof(record));
		at += (guint)sizeof(record);
		if (record.kind == IOM_TRACE_MEM_BLOCK) {
			iom_trace_write_data(sink->writer, &record, held->data + at);
			at += record.length;
		} else {
			iom_trace_write(sink->writer, &record);
		}
	}
	g_byte_array_unref(held);
}

gboolean iom_sink_finish(iom_sink *sink, GError **error)
{
	iom_trace_writer *writer = sink->writer;

	sink->writer = NULL;
	if (!writer) {
		g_propagate_error(error, g_steal_pointer(&sink->error));
		return FALSE;
	}
	return iom_trace_writer_finish(writer, error);
}

void iom_sink_record(iom_sink *sink, const iom_trace_record *record)
{
	put(sink, record, NULL);
}

void iom_sink_word(iom_sink *sink, uint64_t address, uint64_t value)
{
	iom_trace_record record = {
		.kind = IOM_TRACE_MEM_WRITE,
		.pasid = IOM_NO_PASID,
		.length = 8,
		.address = address & ~UINT64_C(7),
		.value = value,
	};

	if (!iom_shadow_set(&sink->memory, address, value))
		return;
	sink->report->memory_writes++;
	put(sink, &record, NULL);
}

static void put_run(iom_sink *sink, const iom_shadow_page *page, unsigned from, unsigned to)
{
	uint64_t base = page->number << 12, words[IOM_SHADOW_WORDS];
	iom_trace_record record = {
		.kind = IOM_TRACE_MEM_BLOCK,
		.pasid = IOM_NO_PASID,
		.length = (to - from) * 8,
		.address = base + from * 8,
	};

	if (to - from < BLOCK_WORDS) {
		for (unsigned i = from; i < to; i++)
			iom_sink_word(sink, base + i * 8, page->word[i]);
		return;
	}
	for (unsigned i = from; i < to; i++) {
		iom_shadow_set(&sink->memory, base + i * 8, page->word[i]);
		words[i - from] = GUINT64_TO_LE(page->word[i]);
	}
	sink->report->memory_writes += to - from;
	put(sink, &record, words);
}

void iom_sink_page(iom_sink *sink, const iom_shadow_page *page,
		   bool (*keep)(void *opaque, uint64_t address, uint64_t value), void *opaque)
{
	uint64_t base = page->number << 12;
	unsigned from = 0;

	for (unsigned i = 0; i <= IOM_SHADOW_WORDS; i++) {
		if (i < IOM_SHADOW_WORDS && page->word[i] &&
		    (!keep || keep(opaque, base + i * 8, page->word[i])))
			continue;
		if (i > from)
			put_run(sink, page, from, i);
		from = i + 1;
	}
}

void iom_sink_register(iom_sink *sink, uint64_t offset, uint64_t value, unsigned size)
{
	iom_trace_record record = {
		.kind = IOM_TRACE_REG_WRITE,
		.flags = IOM_SPACE_NONSECURE,
		.pasid = IOM_NO_PASID,
		.length = size,
		.address = offset,
		.value = value,
	};

	sink->report->register_writes++;
	put(sink, &record, NULL);
}

void iom_sink_dma(iom_sink *sink, const iom_trace_record *record)
{
	sink->report->dma++;
	sink->report->faults += (record->expect & IOM_TRACE_EXPECT_FAULT) != 0;
	put(sink, record, NULL);
}

void iom_sink_note(iom_sink *sink, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	if (g_ptr_array_find_with_equal_func(sink->report->notes, text, g_str_equal, NULL))
		g_free(text);
	else
		g_ptr_array_add(sink->report->notes, text);
}
