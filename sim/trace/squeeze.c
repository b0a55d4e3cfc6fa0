/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "sim/trace/squeeze.h"

#include "sim/trace/format.h"

#include <string.h>

#if IOM_HAVE_ZSTD
#include <zstd.h>

/* Frames of this much content cost no compression worth having and decode in parallel. */
#define FRAME_BYTES (1024u * 1024)
#define LEVEL 3
#define SKIPPABLE_MAGIC 0x184d2a5eu
#define SEEKABLE_MAGIC 0x8f92eab1u

struct iom_squeeze {
	iom_output *out;
	ZSTD_CCtx *context;
	GError *error;
	GByteArray *table; /* entries of the seek table: two 32-bit lengths */
	uint8_t *packed;
	size_t packed_size;
	size_t used;
	uint8_t plain[FRAME_BYTES];
};

iom_squeeze *iom_squeeze_new(iom_output *out, GError **error)
{
	iom_squeeze *s = g_new0(iom_squeeze, 1);

	s->out = out;
	s->context = ZSTD_createCCtx();
	s->packed_size = ZSTD_compressBound(FRAME_BYTES);
	s->packed = g_malloc(s->packed_size);
	s->table = g_byte_array_new();
	if (!s->context ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(s->context, ZSTD_c_compressionLevel, LEVEL))) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_IO, "%s: cannot start compression",
			    iom_output_name(out));
		iom_squeeze_free(s);
		return NULL;
	}
	return s;
}

static void flush_frame(iom_squeeze *s)
{
	uint8_t entry[8];
	size_t n;

	if (s->used == 0 || s->error)
		return;
	n = ZSTD_compress2(s->context, s->packed, s->packed_size, s->plain, s->used);
	if (ZSTD_isError(n)) {
		g_set_error(&s->error, IOM_ERROR, IOM_ERROR_IO, "%s: cannot compress: %s",
			    iom_output_name(s->out), ZSTD_getErrorName(n));
		return;
	}
	iom_output_write(s->out, s->packed, n);
	trace_put32(entry, (uint32_t)n);
	trace_put32(entry + 4, (uint32_t)s->used);
	g_byte_array_append(s->table, entry, sizeof(entry));
	s->used = 0;
}

void iom_squeeze_write(iom_squeeze *s, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len && !s->error) {
		size_t n = MIN(len, FRAME_BYTES - s->used);

		memcpy(s->plain + s->used, p, n);
		s->used += n;
		p += n;
		len -= n;
		if (s->used == FRAME_BYTES)
			flush_frame(s);
	}
}

/* Zstandard seekable format: skippable frame with the entries and a 9-byte footer. */
static void write_seek_table(iom_squeeze *s)
{
	uint8_t head[8], foot[9] = { 0 };

	trace_put32(head, SKIPPABLE_MAGIC);
	trace_put32(head + 4, (uint32_t)(s->table->len + sizeof(foot)));
	trace_put32(foot, s->table->len / 8);
	trace_put32(foot + 5, SEEKABLE_MAGIC);
	iom_output_write(s->out, head, sizeof(head));
	iom_output_write(s->out, s->table->data, s->table->len);
	iom_output_write(s->out, foot, sizeof(foot));
}

gboolean iom_squeeze_end(iom_squeeze *s, GError **error)
{
	flush_frame(s);
	if (s->error) {
		g_propagate_error(error, g_steal_pointer(&s->error));
		return FALSE;
	}
	write_seek_table(s);
	return TRUE;
}

void iom_squeeze_free(iom_squeeze *s)
{
	if (!s)
		return;
	ZSTD_freeCCtx(s->context);
	g_byte_array_unref(s->table);
	g_clear_error(&s->error);
	g_free(s->packed);
	g_free(s);
}

#else

iom_squeeze *iom_squeeze_new(iom_output *out, GError **error)
{
	g_set_error(error, IOM_ERROR, IOM_ERROR_UNSUPPORTED,
		    "%s: this build cannot write zstd; choose a name without .zst",
		    iom_output_name(out));
	return NULL;
}

void iom_squeeze_write(iom_squeeze *s, const void *data, size_t len)
{
	(void)s;
	(void)data;
	(void)len;
}

gboolean iom_squeeze_end(iom_squeeze *s, GError **error)
{
	(void)s;
	(void)error;
	return TRUE;
}

void iom_squeeze_free(iom_squeeze *s)
{
	(void)s;
}
#endif
