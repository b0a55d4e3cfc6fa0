/* SPDX-License-Identifier: MIT */
/*
 * Saved state: a header, then items. All numbers are little-endian.
 *
 *   8 bytes  "IOMSTATE"
 *   u32      iom_kind
 *   u32      version of the model's list of items
 *   u64      bytes of items that follow
 *   items    each a u32 tag (its place in the list, from 1), a u32 count, and
 *            `count` 64-bit words
 *
 * Tag and count make a list that was written differently fail at the first
 * item that does not match instead of shifting all that follows.
 */
#include "core/iommu.h"

#include <string.h>

#define MAGIC "IOMSTATE"
#define HEADER_BYTES 24

struct iom_writer {
	GByteArray *bytes;
	uint32_t items;
};

struct iom_reader {
	GBytes *state;
	const uint8_t *at;
	size_t left;
	uint32_t items;
	bool failed;
};

static void put_u32(GByteArray *to, uint32_t value)
{
	value = GUINT32_TO_LE(value);
	g_byte_array_append(to, (const guint8 *)&value, sizeof(value));
}

static void put_u64(GByteArray *to, uint64_t value)
{
	value = GUINT64_TO_LE(value);
	g_byte_array_append(to, (const guint8 *)&value, sizeof(value));
}

static uint32_t get_u32(const uint8_t *from)
{
	uint32_t value;

	memcpy(&value, from, sizeof(value));
	return GUINT32_FROM_LE(value);
}

static uint64_t get_u64(const uint8_t *from)
{
	uint64_t value;

	memcpy(&value, from, sizeof(value));
	return GUINT64_FROM_LE(value);
}

iom_writer *iom_writer_new(iom_kind kind, uint32_t version)
{
	iom_writer *w = g_new0(iom_writer, 1);

	w->bytes = g_byte_array_new();
	g_byte_array_append(w->bytes, (const guint8 *)MAGIC, 8);
	put_u32(w->bytes, kind);
	put_u32(w->bytes, version);
	put_u64(w->bytes, 0);
	return w;
}

void iom_writer_words(iom_writer *w, const uint64_t *words, size_t n)
{
	put_u32(w->bytes, ++w->items);
	put_u32(w->bytes, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		put_u64(w->bytes, words[i]);
}

void iom_writer_u64(iom_writer *w, uint64_t value)
{
	iom_writer_words(w, &value, 1);
}

GBytes *iom_writer_end(iom_writer *w)
{
	uint64_t length = GUINT64_TO_LE((uint64_t)(w->bytes->len - HEADER_BYTES));
	GBytes *state;

	memcpy(w->bytes->data + 16, &length, sizeof(length));
	state = g_byte_array_free_to_bytes(w->bytes);
	g_free(w);
	return state;
}

static const char *kind_name(uint32_t kind)
{
	switch (kind) {
	case IOM_KIND_SMMUV3:
		return "an SMMUv3";
	case IOM_KIND_VTD:
		return "a VT-d unit";
	case IOM_STATE_FUNCTION:
		return "a PCI function";
	case IOM_STATE_ENDPOINT:
		return "an endpoint";
	default:
		return "something else";
	}
}

iom_reader *iom_reader_new(GBytes *state, iom_kind kind, uint32_t version, uint32_t *found,
			   GError **error)
{
	size_t size;
	const uint8_t *data = g_bytes_get_data(state, &size);
	iom_reader *r;

	if (size < HEADER_BYTES || memcmp(data, MAGIC, 8) != 0) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT,
			    "saved state: %zu bytes that do not start with the header of one",
			    size);
		return NULL;
	}
	if (get_u32(data + 8) != (uint32_t)kind) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT,
			    "saved state: is of %s, should be of %s", kind_name(get_u32(data + 8)),
			    kind_name(kind));
		return NULL;
	}
	if (get_u32(data + 12) > version) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_UNSUPPORTED,
			    "saved state: version %u, this library reads up to %u",
			    get_u32(data + 12), version);
		return NULL;
	}
	if (get_u64(data + 16) != size - HEADER_BYTES) {
		g_set_error(
			error, IOM_ERROR, IOM_ERROR_FORMAT,
			"saved state: %zu bytes behind the header, should be %" G_GUINT64_FORMAT,
			size - HEADER_BYTES, get_u64(data + 16));
		return NULL;
	}
	if (found)
		*found = get_u32(data + 12);
	r = g_new0(iom_reader, 1);
	r->state = g_bytes_ref(state);
	r->at = data + HEADER_BYTES;
	r->left = size - HEADER_BYTES;
	return r;
}

bool iom_reader_words(iom_reader *r, uint64_t *words, size_t n)
{
	size_t bytes = 8 + n * 8;

	if (r->failed || n > (SIZE_MAX - 8) / 8 || r->left < bytes ||
	    get_u32(r->at) != r->items + 1 || get_u32(r->at + 4) != n) {
		r->failed = true;
		if (n)
			memset(words, 0, n * sizeof(*words));
		return false;
	}
	for (size_t i = 0; i < n; i++)
		words[i] = get_u64(r->at + 8 + i * 8);
	r->at += bytes;
	r->left -= bytes;
	r->items++;
	return true;
}

bool iom_reader_u64(iom_reader *r, uint64_t *value)
{
	return iom_reader_words(r, value, 1);
}

bool iom_reader_end(iom_reader *r, GError **error)
{
	bool ok = !r->failed && !r->left;

	if (r->failed)
		g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT,
			    "saved state: item %u is missing or has another size", r->items + 1);
	else if (r->left)
		g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT,
			    "saved state: %zu bytes left behind item %u", r->left, r->items);
	g_bytes_unref(r->state);
	g_free(r);
	return ok;
}
