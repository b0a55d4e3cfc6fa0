/* SPDX-License-Identifier: MIT */
/*
 * Reading traces. A plain file is mapped and its records are handed out where
 * they lie; everything else is read chunk by chunk into one buffer. A chunk is
 * checked as a whole before any of its records is handed out.
 */
#include "sim/trace/crc32c.h"
#include "sim/trace/format.h"
#include "sim/trace/input.h"

#include <string.h>

struct iom_trace_reader {
	iom_input *in;
	iom_trace_info *info;
	const uint8_t *map; /* NULL: streamed */
	size_t map_size;
	size_t map_pos;
	const uint8_t *slot; /* the next record */
	const uint8_t *end; /* of the chunk */
	uint64_t index; /* of the record returned last */
	uint64_t next; /* of the next one */
	uint64_t n_dma;
	uint32_t n_chunks;
	uint32_t chunk_crc;
	bool ended;
	bool failed;
	/* Chunks that are streamed, or not in the host's byte order, in turn. */
	uint8_t *buffer[IOM_TRACE_KEPT];
	uint32_t buffer_slots[IOM_TRACE_KEPT];
};

/*
 * The next `len` bytes, or as many as there are: *got tells. NULL and an error
 * when the input itself fails.
 */
static const uint8_t *take(iom_trace_reader *r, size_t len, uint8_t *buffer, size_t *got,
			   GError **error)
{
	if (r->map) {
		const uint8_t *p = r->map + r->map_pos;

		*got = MIN(len, r->map_size - r->map_pos);
		r->map_pos += *got;
		return p;
	}
	gssize n = iom_input_read(r->in, buffer, len, error);

	*got = n < 0 ? 0 : (size_t)n;
	return n < 0 ? NULL : buffer;
}

static int fail_at(iom_trace_reader *r, uint64_t record, GError **error, const char *format, ...)
	G_GNUC_PRINTF(4, 5);

static int fail_at(iom_trace_reader *r, uint64_t record, GError **error, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT, "%s: record %" G_GUINT64_FORMAT ": %s",
		    iom_input_name(r->in), record, text);
	r->failed = true;
	return -1;
}

/* An error of the input, which already names the file, gets the record's number. */
static int fail_input(iom_trace_reader *r, GError *problem, GError **error)
{
	const char *text = problem->message;
	size_t name = strlen(iom_input_name(r->in));

	if (strncmp(text, iom_input_name(r->in), name) == 0 && text[name] == ':')
		text += name + 2;
	fail_at(r, r->next, error, "%s", text);
	g_error_free(problem);
	return -1;
}

/* ---- opening ---- */

static void refuse(iom_trace_reader *r, GError **error, const char *why)
{
	g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT, "%s: not an iommulate trace: %s",
		    iom_input_name(r->in), why);
}

static bool looks_like_text(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] < 0x20 && p[i] != '\n' && p[i] != '\r' && p[i] != '\t')
			return false;
	}
	return true;
}

static bool read_header(iom_trace_reader *r, GError **error)
{
	g_autofree uint8_t *header = g_malloc(TRACE_MAX_HEADER);
	const uint8_t *p;
	char text[200];
	uint32_t length;
	size_t got, rest = 0;

	p = take(r, TRACE_HEADER_FIXED, header, &got, error);
	if (!p)
		return false;
	if (got == 0) {
		refuse(r, error, "it is empty");
		return false;
	}
	if (memcmp(p, TRACE_MAGIC, MIN(got, 8)) != 0) {
		refuse(r, error,
		       looks_like_text(p, got)
			       ? "it is text; `iommulate import` makes traces from logs"
			       : "its first bytes are not those of a trace");
		return false;
	}
	if (got < TRACE_HEADER_FIXED) {
		refuse(r, error, "it ends inside the header");
		return false;
	}
	length = iom_trace_header_length(p, text, sizeof(text));
	if (!length) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT, "%s: header: %s",
			    iom_input_name(r->in), text);
		return false;
	}
	if (p != header)
		memcpy(header, p, TRACE_HEADER_FIXED);
	p = take(r, length - TRACE_HEADER_FIXED, header + TRACE_HEADER_FIXED, &rest, error);
	if (!p)
		return false;
	if (rest < length - TRACE_HEADER_FIXED) {
		refuse(r, error, "it ends inside the header");
		return false;
	}
	if (p != header + TRACE_HEADER_FIXED)
		memcpy(header + TRACE_HEADER_FIXED, p, rest);
	r->info = iom_trace_header_decode(header, length, text, sizeof(text));
	if (!r->info)
		g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT, "%s: header: %s",
			    iom_input_name(r->in), text);
	return r->info != NULL;
}

/* CRC of a slot whose own CRC field, at byte 4, counts as zero. */
static bool slot_crc_ok(const uint8_t *slot)
{
	uint8_t copy[TRACE_SLOT];

	memcpy(copy, slot, TRACE_SLOT);
	trace_put32(copy + TRACE_C_CRC, 0);
	return iom_crc32c(0, copy, TRACE_SLOT) == trace_get32(slot + TRACE_C_CRC);
}

static int next_chunk(iom_trace_reader *r, GError **error);

/*
 * A mapped trace that does not end as it should is refused at once instead of
 * after hours of replay. Reading on finds the record where it went wrong.
 */
static bool check_end(iom_trace_reader *r, GError **error)
{
	const uint8_t *end = r->map + r->map_size - TRACE_SLOT;
	size_t start = r->map_pos;

	if (r->map_size - start >= TRACE_SLOT && end[0] == TRACE_SLOT_END && slot_crc_ok(end)) {
		r->info->n_records = trace_get64(end + TRACE_E_SLOTS);
		r->info->n_dma = trace_get64(end + TRACE_E_DMA);
		return true;
	}
	for (;;) {
		int got = next_chunk(r, error);

		if (got < 0)
			return false;
		if (got == 0)
			break;
		r->next += (uint64_t)(r->end - r->slot) / TRACE_SLOT;
		r->n_dma = UINT64_MAX;
	}
	/* Not reached: a file that next_chunk() reads to its end has an end slot. */
	fail_at(r, r->next, error, "the trace has no end");
	return false;
}

iom_trace_reader *iom_trace_reader_new(const char *path, GError **error)
{
	iom_trace_reader *r = g_new0(iom_trace_reader, 1);

	r->in = iom_input_open(path, error);
	if (!r->in)
		goto fail;
	r->map = iom_input_map(r->in, &r->map_size);
	if (!read_header(r, error))
		goto fail;
	if (r->map && !check_end(r, error))
		goto fail;
	return r;
fail:
	iom_trace_reader_free(r);
	return NULL;
}

void iom_trace_reader_free(iom_trace_reader *r)
{
	if (!r)
		return;
	iom_trace_info_free(r->info);
	iom_input_close(r->in);
	for (unsigned i = 0; i < IOM_TRACE_KEPT; i++)
		g_free(r->buffer[i]);
	g_free(r);
}

const iom_trace_info *iom_trace_reader_info(const iom_trace_reader *r)
{
	return r->info;
}

/* ---- chunks ---- */

/*
 * Bytes that are not what they should be: say which record, if its own bytes
 * show it, or else between which records the damage is. `whole`: nothing is
 * missing, a checksum is wrong.
 */
static int report_chunk(iom_trace_reader *r, const uint8_t *p, size_t slots, uint32_t wanted,
			bool whole, GError **error)
{
	uint64_t at = r->next;

	for (size_t i = 0; i < slots;) {
		iom_trace_record record;
		uint32_t payload;
		char text[120];

		iom_trace_decode(p + i * TRACE_SLOT, &record);
		if (iom_trace_check(&record, &payload, text, sizeof(text)))
			return fail_at(r, at, error, "%s; the trace is damaged", text);
		if (!whole && payload >= slots - i)
			break;
		if (payload >= wanted - i)
			return fail_at(r, at, error,
				       "%u bytes of payload go beyond the chunk; the trace is "
				       "damaged",
				       record.length);
		i += 1 + payload;
		at += 1 + payload;
	}
	if (!whole)
		return fail_at(r, at, error, "the file ends here; the trace is cut off");
	return fail_at(r, r->next, error,
		       "the checksum of records %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
		       " does not match; the trace is damaged",
		       r->next, r->next + wanted - 1);
}

static int finish(iom_trace_reader *r, const uint8_t *slot, GError **error)
{
	uint8_t byte;
	size_t got;
	GError *problem = NULL;

	if (trace_get64(slot + TRACE_E_SLOTS) != r->next ||
	    trace_get32(slot + TRACE_E_CHUNKS) != r->n_chunks ||
	    trace_get32(slot + TRACE_E_CHUNK_CRC) != r->chunk_crc ||
	    (r->n_dma != UINT64_MAX && trace_get64(slot + TRACE_E_DMA) != r->n_dma))
		return fail_at(r, r->next, error,
			       "the end counts %" G_GUINT64_FORMAT " records and %" G_GUINT64_FORMAT
			       " DMAs, the trace holds others; it is damaged",
			       trace_get64(slot + TRACE_E_SLOTS), trace_get64(slot + TRACE_E_DMA));
	if (!take(r, 1, &byte, &got, &problem))
		return fail_input(r, problem, error);
	if (got)
		return fail_at(r, r->next, error, "more bytes follow the end of the trace");
	r->info->n_records = trace_get64(slot + TRACE_E_SLOTS);
	r->info->n_dma = trace_get64(slot + TRACE_E_DMA);
	r->ended = true;
	return 0;
}

/* All at once, so that handing them out costs little. */
static bool check_records(iom_trace_reader *r, const uint8_t *p, uint32_t slots, GError **error)
{
	uint32_t payload;

	for (uint32_t i = 0; i < slots; i += 1 + payload) {
		const uint8_t *slot = p + (size_t)i * TRACE_SLOT;
		iom_trace_record record;
		char text[120];

		payload = 0;
		/* Most records are these, and any of them is right. */
		if (slot[0] == IOM_TRACE_DMA && slot[2] <= IOM_TRACE_EXPECT_ALL)
			continue;
		iom_trace_decode(slot, &record);
		if (iom_trace_check(&record, &payload, text, sizeof(text))) {
			fail_at(r, r->next + i, error, "%s", text);
			return false;
		}
		if (payload >= slots - i) {
			fail_at(r, r->next + i, error, "%u bytes of payload go beyond the chunk",
				record.length);
			return false;
		}
	}
	return true;
}

static inline uint32_t payload_slots(const iom_trace_record *record)
{
	switch (record->kind) {
	case IOM_TRACE_MEM_BLOCK:
	case IOM_TRACE_MARK:
	case IOM_TRACE_PAGE_REQUEST:
		return trace_payload_slots(record->length);
	default:
		return 0;
	}
}

/* Room for the next chunk; NULL where its records can be used as they are mapped. */
static uint8_t *chunk_buffer(iom_trace_reader *r, uint32_t slots)
{
	unsigned i = r->n_chunks % IOM_TRACE_KEPT;

	if (r->map && G_BYTE_ORDER == G_LITTLE_ENDIAN)
		return NULL;
	if (slots > r->buffer_slots[i]) {
		g_free(r->buffer[i]);
		r->buffer[i] = g_malloc((size_t)slots * TRACE_SLOT);
		r->buffer_slots[i] = slots;
	}
	return r->buffer[i];
}

/* The chunk's records, which were checked, as this host lays them out. */
static const uint8_t *in_host_order(const uint8_t *data, uint8_t *buffer, uint32_t slots)
{
	uint32_t payload;

	if (G_BYTE_ORDER == G_LITTLE_ENDIAN)
		return data;
	for (uint32_t i = 0; i < slots; i += 1 + payload) {
		size_t at = (size_t)i * TRACE_SLOT;
		iom_trace_record record;

		iom_trace_decode(data + at, &record);
		payload = payload_slots(&record);
		memmove(buffer + at + TRACE_SLOT, data + at + TRACE_SLOT,
			(size_t)payload * TRACE_SLOT);
		memcpy(buffer + at, &record, TRACE_SLOT);
	}
	return buffer;
}

/* 1: a chunk is ready; 0: the end; -1: error. */
static int next_chunk(iom_trace_reader *r, GError **error)
{
	uint8_t own[TRACE_SLOT];
	GError *problem = NULL;
	const uint8_t *slot, *data;
	uint8_t *buffer;
	uint32_t slots;
	size_t got;

	if (r->map)
		iom_input_unmap_until(r->in, r->map_pos);
	slot = take(r, TRACE_SLOT, own, &got, &problem);
	if (!slot)
		return fail_input(r, problem, error);
	if (got < TRACE_SLOT)
		return fail_at(r, r->next, error, "the file ends here; the trace is cut off");
	if ((slot[0] != TRACE_SLOT_CHUNK && slot[0] != TRACE_SLOT_END) || !slot_crc_ok(slot))
		return fail_at(r, r->next, error, "no chunk begins here; the trace is damaged");
	if (slot[0] == TRACE_SLOT_END)
		return finish(r, slot, error);
	slots = trace_get32(slot + TRACE_C_SLOTS);
	if (slots == 0 || slots > TRACE_MAX_CHUNK_SLOTS ||
	    trace_get64(slot + TRACE_C_FIRST) != r->next)
		return fail_at(r, r->next, error,
			       "a chunk of %u slots from record %" G_GUINT64_FORMAT
			       " on; the trace is damaged",
			       slots, trace_get64(slot + TRACE_C_FIRST));
	r->chunk_crc = iom_crc32c(r->chunk_crc, slot, TRACE_SLOT);
	if (slot != own)
		memcpy(own, slot, TRACE_SLOT);
	buffer = chunk_buffer(r, slots);
	data = take(r, (size_t)slots * TRACE_SLOT, buffer, &got, &problem);
	if (!data)
		return fail_input(r, problem, error);
	if (got < (size_t)slots * TRACE_SLOT)
		return report_chunk(r, data, got / TRACE_SLOT, slots, false, error);
	if (iom_crc32c(0, data, got) != trace_get32(own + TRACE_C_DATA_CRC))
		return report_chunk(r, data, slots, slots, true, error);
	if (!check_records(r, data, slots, error))
		return -1;
	r->n_chunks++;
	r->slot = in_host_order(data, buffer, slots);
	r->end = r->slot + got;
	return 1;
}

/* ---- records ---- */

/* How many DMAs lie here one after the other, not beyond `most` of them. */
static unsigned run_length(const iom_trace_reader *r, unsigned most)
{
	size_t left = (size_t)(r->end - r->slot) / TRACE_SLOT;
	unsigned n = 1;

	most = (unsigned)MIN(left, most);
	while (n < most && r->slot[(size_t)n * TRACE_SLOT] == IOM_TRACE_DMA)
		n++;
	return n;
}

/* Records begin at multiples of their size: of the buffer, or of the mapped file. */
int iom_trace_next_run(iom_trace_reader *r, unsigned most, const iom_trace_record **record,
		       const void **data, GError **error)
{
	const iom_trace_record *rec;
	uint32_t slots = 1;

	if (r->slot == r->end) {
		int got;

		if (r->ended)
			return 0;
		got = r->failed ? fail_at(r, r->next, error, "the trace is damaged")
				: next_chunk(r, error);
		if (got <= 0)
			return got;
	}
	rec = (const iom_trace_record *)(const void *)r->slot;
	*record = rec;
	*data = NULL;
	r->index = r->next;
	if (G_LIKELY(rec->kind == IOM_TRACE_DMA)) {
		if (most > 1)
			slots = run_length(r, most);
		r->n_dma += slots;
		r->next += slots;
		r->slot += (size_t)slots * TRACE_SLOT;
		return (int)slots;
	}
	slots += payload_slots(rec);
	if (slots > 1)
		*data = r->slot + TRACE_SLOT;
	r->next += slots;
	r->slot += (size_t)slots * TRACE_SLOT;
	return 1;
}

int iom_trace_next(iom_trace_reader *r, const iom_trace_record **record, const void **data,
		   GError **error)
{
	return iom_trace_next_run(r, 1, record, data, error);
}

uint32_t iom_trace_reader_chunk(const iom_trace_reader *r)
{
	return r->n_chunks;
}

uint64_t iom_trace_reader_index(const iom_trace_reader *r)
{
	return r->index;
}

void iom_trace_reader_progress(const iom_trace_reader *r, uint64_t *done, uint64_t *total)
{
	iom_input_progress(r->in, done, total);
	if (r->map)
		*done = r->map_pos - (size_t)(r->end - r->slot);
}
