/* SPDX-License-Identifier: MIT */
/*
 * Writing traces: slots gather in a chunk, finished chunks go through the
 * optional compressor to a file that appears only when it is complete.
 */
#include "config.h"

#include "sim/trace/crc32c.h"
#include "sim/trace/format.h"
#include "sim/trace/output.h"
#include "sim/trace/squeeze.h"

#include <string.h>
#include <unistd.h>

struct iom_trace_writer {
	iom_output *out;
	iom_squeeze *squeeze; /* NULL: not compressed */
	GError *error;
	uint64_t n_slots;
	uint64_t n_dma;
	uint32_t n_chunks;
	uint32_t chunk_crc; /* over the chunk slots */
	uint32_t used; /* slots in `chunk` */
	uint64_t chunk_dma; /* DMA records before the chunk */
	uint8_t chunk[(TRACE_CHUNK_SLOTS + 1) * TRACE_SLOT + IOM_TRACE_MAX_PAYLOAD];
};

static void emit(iom_trace_writer *w, const void *data, size_t len)
{
	if (w->squeeze)
		iom_squeeze_write(w->squeeze, data, len);
	else
		iom_output_write(w->out, data, len);
}

static void flush_chunk(iom_trace_writer *w)
{
	uint8_t slot[TRACE_SLOT] = { TRACE_SLOT_CHUNK };

	if (w->used == 0)
		return;
	trace_put32(slot + TRACE_C_SLOTS, w->used);
	trace_put32(slot + TRACE_C_DATA_CRC, iom_crc32c(0, w->chunk, (size_t)w->used * TRACE_SLOT));
	trace_put64(slot + TRACE_C_FIRST, w->n_slots - w->used);
	trace_put64(slot + TRACE_C_DMA, w->chunk_dma);
	trace_put32(slot + TRACE_C_CRC, iom_crc32c(0, slot, TRACE_SLOT));
	w->chunk_crc = iom_crc32c(w->chunk_crc, slot, TRACE_SLOT);
	emit(w, slot, TRACE_SLOT);
	emit(w, w->chunk, (size_t)w->used * TRACE_SLOT);
	w->n_chunks++;
	w->used = 0;
	w->chunk_dma = w->n_dma;
}

static void write_end(iom_trace_writer *w)
{
	uint8_t slot[TRACE_SLOT] = { TRACE_SLOT_END };

	trace_put64(slot + TRACE_E_SLOTS, w->n_slots);
	trace_put64(slot + TRACE_E_DMA, w->n_dma);
	trace_put32(slot + TRACE_E_CHUNKS, w->n_chunks);
	trace_put32(slot + TRACE_E_CHUNK_CRC, w->chunk_crc);
	trace_put32(slot + TRACE_E_CRC, iom_crc32c(0, slot, TRACE_SLOT));
	emit(w, slot, TRACE_SLOT);
}

iom_trace_writer *iom_trace_writer_new(const char *path, const iom_trace_info *info, GError **error)
{
	iom_trace_writer *w;
	GByteArray *header;

	if (strcmp(path, "-") == 0 && isatty(STDOUT_FILENO)) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_IO,
			    "standard output: a trace is binary, not for a terminal");
		return NULL;
	}
	w = g_new0(iom_trace_writer, 1);
	header = iom_trace_header_encode(info, error);
	if (!header)
		goto fail;
	w->out = iom_output_open(path, error);
	if (!w->out)
		goto fail;
	if (g_str_has_suffix(path, ".zst")) {
		w->squeeze = iom_squeeze_new(w->out, error);
		if (!w->squeeze)
			goto fail;
	}
	emit(w, header->data, header->len);
	g_byte_array_unref(header);
	return w;
fail:
	if (header)
		g_byte_array_unref(header);
	iom_trace_writer_abandon(w);
	return NULL;
}

static void put_slots(iom_trace_writer *w, const iom_trace_record *record, const void *data,
		      uint32_t payload)
{
	uint8_t *p;

	if (w->used && w->used + 1 + payload > TRACE_CHUNK_SLOTS)
		flush_chunk(w);
	p = w->chunk + (size_t)w->used * TRACE_SLOT;
	iom_trace_encode(record, p);
	if (payload) {
		memset(p + (size_t)payload * TRACE_SLOT, 0, TRACE_SLOT);
		memcpy(p + TRACE_SLOT, data, record->length);
	}
	w->used += 1 + payload;
	w->n_slots += 1 + payload;
	w->n_dma += record->kind == IOM_TRACE_DMA;
}

void iom_trace_write(iom_trace_writer *w, const iom_trace_record *record)
{
	iom_trace_write_data(w, record, NULL);
}

/* Payloads are bounded so that chunks are; longer memory becomes several records. */
static void write_pieces(iom_trace_writer *w, const iom_trace_record *record, const void *data)
{
	iom_trace_record piece = *record;
	const uint8_t *p = data;

	for (uint32_t left = record->length; left; left -= piece.length) {
		piece.length = MIN(left, IOM_TRACE_MAX_PAYLOAD);
		iom_trace_write_data(w, &piece, p);
		piece.address += piece.length;
		p += piece.length;
	}
}

void iom_trace_write_data(iom_trace_writer *w, const iom_trace_record *record, const void *data)
{
	iom_trace_record cut;
	const char *wrong;
	uint32_t payload;
	char text[120];

	if (w->error)
		return;
	if (record->kind == IOM_TRACE_MEM_BLOCK && record->length > IOM_TRACE_MAX_PAYLOAD && data) {
		write_pieces(w, record, data);
		return;
	}
	if (record->kind == IOM_TRACE_MARK && record->length > IOM_TRACE_MAX_MARK) {
		cut = *record;
		cut.length = IOM_TRACE_MAX_MARK;
		record = &cut;
	}
	wrong = iom_trace_check(record, &payload, text, sizeof(text));
	if (!wrong && payload && !data)
		wrong = "a payload is missing";
	if (wrong) {
		g_set_error(&w->error, IOM_ERROR, IOM_ERROR_FORMAT,
			    "%s: record %" G_GUINT64_FORMAT ": %s", iom_output_name(w->out),
			    w->n_slots, wrong);
		return;
	}
	put_slots(w, record, data, payload);
}

gboolean iom_trace_writer_finish(iom_trace_writer *w, GError **error)
{
	gboolean ok = FALSE;

	if (!w->error) {
		flush_chunk(w);
		write_end(w);
		if (w->squeeze)
			iom_squeeze_end(w->squeeze, &w->error);
	}
	if (w->error)
		g_propagate_error(error, g_steal_pointer(&w->error));
	else
		ok = iom_output_finish(g_steal_pointer(&w->out), error);
	iom_trace_writer_abandon(w);
	return ok;
}

void iom_trace_writer_abandon(iom_trace_writer *w)
{
	if (!w)
		return;
	iom_squeeze_free(w->squeeze);
	iom_output_abandon(w->out);
	g_clear_error(&w->error);
	g_free(w);
}
