/* SPDX-License-Identifier: MIT */
/*
 * Records and header to and from their bytes, and the rules that both the writer
 * and the reader hold them to.
 */
#include "sim/trace/format.h"

#include "sim/trace/crc32c.h"

#include <string.h>

static const char *const kind_names[IOM_TRACE_N_KINDS] = {
	[IOM_TRACE_REG_WRITE] = "register write",
	[IOM_TRACE_REG_READ] = "register read",
	[IOM_TRACE_MEM_WRITE] = "memory write",
	[IOM_TRACE_MEM_BLOCK] = "memory block",
	[IOM_TRACE_DMA] = "DMA",
	[IOM_TRACE_COMMAND] = "command",
	[IOM_TRACE_MARK] = "mark",
	[IOM_TRACE_PAGE_REQUEST] = "page request",
	[IOM_TRACE_INTERRUPT] = "interrupt",
	[IOM_TRACE_ATS_COMPLETED] = "ATS completion",
	[IOM_TRACE_LOST] = "lost records",
};

const char *iom_trace_kind_name(unsigned kind)
{
	return kind < IOM_TRACE_N_KINDS ? kind_names[kind] : NULL;
}

void iom_trace_encode(const iom_trace_record *record, uint8_t *slot)
{
	slot[0] = record->kind;
	slot[1] = record->flags;
	slot[2] = record->expect;
	slot[3] = record->perm;
	trace_put32(slot + 4, record->requester);
	trace_put32(slot + 8, record->pasid);
	trace_put32(slot + 12, record->length);
	trace_put64(slot + 16, record->address);
	trace_put64(slot + 24, record->value);
}

void iom_trace_decode(const uint8_t *slot, iom_trace_record *record)
{
	record->kind = slot[0];
	record->flags = slot[1];
	record->expect = slot[2];
	record->perm = slot[3];
	record->requester = trace_get32(slot + 4);
	record->pasid = trace_get32(slot + 8);
	record->length = trace_get32(slot + 12);
	record->address = trace_get64(slot + 16);
	record->value = trace_get64(slot + 24);
}

static const char *bad_length(const iom_trace_record *r, const char *expected, char *text,
			      size_t size)
{
	g_snprintf(text, size, "%s of %u bytes, expected %s", kind_names[r->kind], r->length,
		   expected);
	return text;
}

const char *iom_trace_check(const iom_trace_record *r, uint32_t *payload, char *text, size_t size)
{
	*payload = 0;
	switch (r->kind) {
	case IOM_TRACE_DMA:
		if (r->expect & ~IOM_TRACE_EXPECT_ALL) {
			g_snprintf(text, size, "DMA with unknown expectations %#x", r->expect);
			return text;
		}
		return NULL;
	case IOM_TRACE_REG_WRITE:
	case IOM_TRACE_REG_READ:
		if (r->length != 4 && r->length != 8)
			return bad_length(r, "4 or 8", text, size);
		return NULL;
	case IOM_TRACE_MEM_WRITE:
		if (r->length < 1 || r->length > 8)
			return bad_length(r, "1 to 8", text, size);
		return NULL;
	case IOM_TRACE_MEM_BLOCK:
		if (r->length > IOM_TRACE_MAX_PAYLOAD)
			return bad_length(r, "at most 65536", text, size);
		*payload = trace_payload_slots(r->length);
		return NULL;
	case IOM_TRACE_MARK:
		if (r->length > IOM_TRACE_MAX_MARK)
			return bad_length(r, "at most 4096", text, size);
		*payload = trace_payload_slots(r->length);
		return NULL;
	case IOM_TRACE_PAGE_REQUEST:
		if (r->length != 0 && r->length != 16)
			return bad_length(r, "0 or 16", text, size);
		*payload = trace_payload_slots(r->length);
		return NULL;
	case IOM_TRACE_INTERRUPT:
	case IOM_TRACE_COMMAND:
	case IOM_TRACE_ATS_COMPLETED:
	case IOM_TRACE_LOST:
		return NULL;
	default:
		g_snprintf(text, size, "unknown record kind %u", r->kind);
		return text;
	}
}

/* ---- header ---- */

iom_trace_info *iom_trace_info_new(iom_kind kind)
{
	iom_trace_info *info = g_new0(iom_trace_info, 1);

	info->kind = kind;
	info->registers = g_array_new(FALSE, FALSE, sizeof(iom_trace_register));
	info->regions = g_array_new(FALSE, FALSE, sizeof(iom_trace_region));
	info->n_records = UINT64_MAX;
	info->n_dma = UINT64_MAX;
	info->version_major = TRACE_MAJOR;
	info->version_minor = TRACE_MINOR;
	return info;
}

void iom_trace_info_free(iom_trace_info *info)
{
	if (!info)
		return;
	g_array_unref(info->registers);
	g_array_unref(info->regions);
	g_free(info->source);
	g_free(info);
}

static int compare_regions(const void *a, const void *b)
{
	const iom_trace_region *x = a, *y = b;

	return x->base < y->base ? -1 : x->base > y->base;
}

/* RAM regions must be memory that can be made: not empty, no wrap, no overlap. */
static const char *check_regions(const GArray *regions, char *text, size_t size)
{
	g_autofree iom_trace_region *sorted = NULL;

	if (regions->len == 0)
		return NULL;
	sorted = g_memdup2(regions->data, regions->len * sizeof(*sorted));
	qsort(sorted, regions->len, sizeof(*sorted), compare_regions);
	for (guint i = 0; i < regions->len; i++) {
		const iom_trace_region *r = &sorted[i];

		if (r->size == 0 || r->base + (r->size - 1) < r->base ||
		    (i && r->base - sorted[i - 1].base < sorted[i - 1].size)) {
			g_snprintf(text, size,
				   "memory region %#" G_GINT64_MODIFIER "x + %#" G_GINT64_MODIFIER
				   "x is empty, wraps or overlaps another",
				   r->base, r->size);
			return text;
		}
	}
	return NULL;
}

GByteArray *iom_trace_header_encode(const iom_trace_info *info, GError **error)
{
	uint32_t source = info->source ? (uint32_t)MIN(strlen(info->source), TRACE_MAX_SOURCE) : 0;
	uint32_t used =
		TRACE_HEADER_FIXED + 16 * (info->registers->len + info->regions->len) + source;
	uint32_t length = trace_payload_slots(used) * TRACE_SLOT;
	GByteArray *out;
	uint8_t *p;
	char text[160];

	if (info->registers->len > TRACE_MAX_REGISTERS || info->regions->len > TRACE_MAX_REGIONS) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT,
			    "%u registers and %u memory regions, a trace holds at most %u and %u",
			    info->registers->len, info->regions->len, TRACE_MAX_REGISTERS,
			    TRACE_MAX_REGIONS);
		return NULL;
	}
	if (check_regions(info->regions, text, sizeof(text))) {
		g_set_error_literal(error, IOM_ERROR, IOM_ERROR_FORMAT, text);
		return NULL;
	}
	/* Cut between characters, since the text is UTF-8. */
	while (source && source == TRACE_MAX_SOURCE && (info->source[source] & 0xc0) == 0x80)
		source--;
	out = g_byte_array_sized_new(length);
	g_byte_array_set_size(out, length);
	p = out->data;
	memset(p, 0, length);
	memcpy(p + TRACE_H_MAGIC, TRACE_MAGIC, 8);
	trace_put16(p + TRACE_H_MAJOR, TRACE_MAJOR);
	trace_put16(p + TRACE_H_MINOR, TRACE_MINOR);
	trace_put32(p + TRACE_H_BYTES, length);
	trace_put32(p + TRACE_H_KIND, info->kind);
	trace_put32(p + TRACE_H_HAW, info->haw);
	trace_put32(p + TRACE_H_REGISTERS, info->registers->len);
	trace_put32(p + TRACE_H_REGIONS, info->regions->len);
	trace_put32(p + TRACE_H_SOURCE, source);
	trace_put32(p + TRACE_H_FLAGS, info->flags & IOM_TRACE_INFO_ALL);
	p += TRACE_HEADER_FIXED;
	for (guint i = 0; i < info->registers->len; i++, p += 16) {
		const iom_trace_register *r =
			&g_array_index(info->registers, iom_trace_register, i);

		trace_put64(p, r->offset);
		trace_put64(p + 8, r->value);
	}
	for (guint i = 0; i < info->regions->len; i++, p += 16) {
		const iom_trace_region *r = &g_array_index(info->regions, iom_trace_region, i);

		trace_put64(p, r->base);
		trace_put64(p + 8, r->size);
	}
	if (source)
		memcpy(p, info->source, source);
	trace_put32(out->data + TRACE_H_CRC, iom_crc32c(0, out->data, length));
	return out;
}

uint32_t iom_trace_header_length(const uint8_t *p, char *text, size_t size)
{
	uint32_t length = trace_get32(p + TRACE_H_BYTES);

	if (memcmp(p, TRACE_MAGIC, 8) != 0) {
		g_snprintf(text, size, "no trace signature");
		return 0;
	}
	if (trace_get16(p + TRACE_H_MAJOR) != TRACE_MAJOR) {
		g_snprintf(text, size, "format version %u.%u, this program reads version %u",
			   trace_get16(p + TRACE_H_MAJOR), trace_get16(p + TRACE_H_MINOR),
			   TRACE_MAJOR);
		return 0;
	}
	if (length < TRACE_HEADER_FIXED || length > TRACE_MAX_HEADER || length % TRACE_SLOT) {
		g_snprintf(text, size, "header of %u bytes, expected a multiple of 32 in %u to %u",
			   length, TRACE_HEADER_FIXED, TRACE_MAX_HEADER);
		return 0;
	}
	return length;
}

/* CRC-32C of bytes in which the 32-bit field at `at` counts as zero. */
static uint32_t crc_without(const uint8_t *p, uint32_t length, uint32_t at)
{
	static const uint8_t zero[4];
	uint32_t crc = iom_crc32c(0, p, at);

	crc = iom_crc32c(crc, zero, sizeof(zero));
	return iom_crc32c(crc, p + at + 4, length - at - 4);
}

iom_trace_info *iom_trace_header_decode(const uint8_t *bytes, uint32_t length, char *text,
					size_t size)
{
	uint32_t kind = trace_get32(bytes + TRACE_H_KIND);
	uint32_t registers = trace_get32(bytes + TRACE_H_REGISTERS);
	uint32_t regions = trace_get32(bytes + TRACE_H_REGIONS);
	uint32_t source = trace_get32(bytes + TRACE_H_SOURCE);
	const uint8_t *p = bytes + TRACE_HEADER_FIXED;
	iom_trace_info *info;

	if (crc_without(bytes, length, TRACE_H_CRC) != trace_get32(bytes + TRACE_H_CRC)) {
		g_snprintf(text, size, "its checksum does not match");
		return NULL;
	}
	if (kind != IOM_KIND_SMMUV3 && kind != IOM_KIND_VTD) {
		g_snprintf(text, size, "IOMMU kind %u, expected 1 (smmuv3) or 2 (vtd)", kind);
		return NULL;
	}
	if (registers > TRACE_MAX_REGISTERS || regions > TRACE_MAX_REGIONS ||
	    source > TRACE_MAX_SOURCE ||
	    TRACE_HEADER_FIXED + 16 * (registers + regions) + source > length) {
		g_snprintf(text, size,
			   "%u registers, %u regions and %u bytes of source do not fit in %u bytes",
			   registers, regions, source, length);
		return NULL;
	}
	info = iom_trace_info_new(kind);
	info->haw = trace_get32(bytes + TRACE_H_HAW);
	info->flags = trace_get32(bytes + TRACE_H_FLAGS);
	info->version_major = trace_get16(bytes + TRACE_H_MAJOR);
	info->version_minor = trace_get16(bytes + TRACE_H_MINOR);
	for (uint32_t i = 0; i < registers; i++, p += 16) {
		iom_trace_register r = { trace_get64(p), trace_get64(p + 8) };

		g_array_append_val(info->registers, r);
	}
	for (uint32_t i = 0; i < regions; i++, p += 16) {
		iom_trace_region r = { trace_get64(p), trace_get64(p + 8) };

		g_array_append_val(info->regions, r);
	}
	if (source)
		info->source = g_utf8_make_valid((const char *)p, source);
	if (check_regions(info->regions, text, size)) {
		iom_trace_info_free(info);
		return NULL;
	}
	return info;
}
