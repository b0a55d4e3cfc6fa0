/* SPDX-License-Identifier: MIT */
/*
 * The trace format as it lies in the file; docs/trace-format.md is the prose.
 *
 *   header | chunk | chunk | ... | end slot
 *
 * Everything is made of 32-byte slots. A chunk is one slot that announces and
 * checks the slots that follow it, so that a reader knows a chunk to be whole
 * before it uses any record of it. Records and their payloads never straddle a
 * chunk.
 */
#ifndef IOM_SIM_TRACE_FORMAT_H
#define IOM_SIM_TRACE_FORMAT_H

#include "sim/trace/trace.h"

#define TRACE_SLOT 32u
#define TRACE_MAGIC "\211IOMTR\r\n" /* 8 bytes: damaged by text-mode transfers */
#define TRACE_MAJOR 1u
#define TRACE_MINOR 0u

#define TRACE_HEADER_FIXED 64u
#define TRACE_MAX_REGISTERS 1024u
#define TRACE_MAX_REGIONS 4096u
#define TRACE_MAX_SOURCE 4096u
#define TRACE_MAX_HEADER \
	(TRACE_HEADER_FIXED + 16u * (TRACE_MAX_REGISTERS + TRACE_MAX_REGIONS) + TRACE_MAX_SOURCE)

/* The writer closes a chunk once it holds this many slots; a reader takes any up to the limit. */
#define TRACE_CHUNK_SLOTS 2048u
#define TRACE_MAX_CHUNK_SLOTS 65536u

/* First byte of the slots that are no records. */
#define TRACE_SLOT_CHUNK 0xc0u
#define TRACE_SLOT_END 0xc1u

/* Offsets inside the header. */
enum {
	TRACE_H_MAGIC = 0,
	TRACE_H_MAJOR = 8,
	TRACE_H_MINOR = 10,
	TRACE_H_BYTES = 12,
	TRACE_H_KIND = 16,
	TRACE_H_HAW = 20,
	TRACE_H_REGISTERS = 24,
	TRACE_H_REGIONS = 28,
	TRACE_H_SOURCE = 32,
	TRACE_H_FLAGS = 36,
	TRACE_H_CRC = 60,
};

/* Offsets inside a chunk slot and the end slot. */
enum {
	TRACE_C_CRC = 4, /* of this slot, this field being zero */
	TRACE_C_SLOTS = 8,
	TRACE_C_DATA_CRC = 12,
	TRACE_C_FIRST = 16,
	TRACE_C_DMA = 24,

	TRACE_E_CRC = 4,
	TRACE_E_SLOTS = 8,
	TRACE_E_DMA = 16,
	TRACE_E_CHUNKS = 24,
	TRACE_E_CHUNK_CRC = 28,
};

static inline uint16_t trace_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t trace_get32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t trace_get64(const uint8_t *p)
{
	return trace_get32(p) | (uint64_t)trace_get32(p + 4) << 32;
}

static inline void trace_put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static inline void trace_put32(uint8_t *p, uint32_t v)
{
	trace_put16(p, (uint16_t)v);
	trace_put16(p + 2, (uint16_t)(v >> 16));
}

static inline void trace_put64(uint8_t *p, uint64_t v)
{
	trace_put32(p, (uint32_t)v);
	trace_put32(p + 4, (uint32_t)(v >> 32));
}

/* Slots that `bytes` of payload take. */
static inline uint32_t trace_payload_slots(uint32_t bytes)
{
	return bytes / TRACE_SLOT + (bytes % TRACE_SLOT != 0);
}

/* A record to and from its 32 bytes. */
void iom_trace_encode(const iom_trace_record *record, uint8_t *slot);
void iom_trace_decode(const uint8_t *slot, iom_trace_record *record);

/*
 * What is wrong with a record, with its payload slots in *payload (0 without
 * one); NULL when it is as the format says. `text` receives a message.
 */
const char *iom_trace_check(const iom_trace_record *record, uint32_t *payload, char *text,
			    size_t size);

/* The header's bytes, a multiple of 32; error: `info` does not fit the format. */
GByteArray *iom_trace_header_encode(const iom_trace_info *info, GError **error);
/*
 * Two steps, since only the fixed part says how long the header is: its length
 * from the first 64 bytes, then the whole. NULL or 0: error names what is wrong,
 * without the file.
 */
uint32_t iom_trace_header_length(const uint8_t *fixed, char *text, size_t size);
iom_trace_info *iom_trace_header_decode(const uint8_t *bytes, uint32_t length, char *text,
					size_t size);

#endif
