/* SPDX-License-Identifier: MIT */
/*
 * Traces: one ordered stream of everything that crosses an IOMMU. The format is
 * described byte by byte in docs/trace-format.md.
 */
#ifndef IOM_SIM_TRACE_H
#define IOM_SIM_TRACE_H

#include <iommulate/core.h>

/* Record kinds; the numbers are part of the format. */
typedef enum iom_trace_kind {
	IOM_TRACE_REG_WRITE = 1, /* address: offset, value, length: 4 or 8, flags: iom_space */
	IOM_TRACE_REG_READ, /* the same; value is what was read, IOM_TRACE_EXPECT if it
				  * is to be compared */
	IOM_TRACE_MEM_WRITE, /* address, value, length: 1 to 8 bytes */
	IOM_TRACE_MEM_BLOCK, /* address, length: bytes that follow in the next slots */
	IOM_TRACE_DMA, /* one access, with its expected answer if known */
	IOM_TRACE_COMMAND, /* a command the IOMMU was seen to consume here (information);
				  * address, value: first and second word */
	IOM_TRACE_MARK, /* value: a number; text of `length` bytes follows */
	IOM_TRACE_PAGE_REQUEST, /* address, pasid, requester; value: PRG index; flags: access,
				  * IOM_TRACE_PRIVILEGED, IOM_TRACE_LAST; length: 0, or 16 bytes of
				  * private data that follow */
	IOM_TRACE_INTERRUPT, /* requester, address, length: 4, value: data */
	IOM_TRACE_ATS_COMPLETED, /* requester; value: itag, plus IOM_TRACE_ATS_FAILED */
	IOM_TRACE_LOST, /* value: records that the source lost here */
	IOM_TRACE_N_KINDS,
} iom_trace_kind;
#define IOM_TRACE_ATS_FAILED (UINT64_C(1) << 8) /* in value: the endpoint answered an error */

/* Bits of iom_trace_record.flags. */
enum {
	IOM_TRACE_READ = IOM_READ,
	IOM_TRACE_WRITE = IOM_WRITE,
	IOM_TRACE_EXEC = IOM_EXECUTE,
	IOM_TRACE_ATOMIC = IOM_ATOMIC,
	IOM_TRACE_PRIVILEGED = 1u << 4,
	IOM_TRACE_TYPE_SHIFT = 5, /* iom_request_type, 2 bits */
	IOM_TRACE_LAST = 1u << 5, /* page request: the last of its group */
	IOM_TRACE_EXPECT = 1u << 7, /* value (and what `expect` names) is the answer */
};

/* Longest payload of one record; writing a longer MEM_BLOCK makes several records. */
#define IOM_TRACE_MAX_PAYLOAD 65536u
#define IOM_TRACE_MAX_MARK 4096u /* bytes of text of a MARK */

/* Bits of iom_trace_record.expect: which parts of the answer are known. */
enum {
	IOM_TRACE_EXPECT_ADDRESS = 1u << 0,
	IOM_TRACE_EXPECT_PERM = 1u << 1, /* perm: exactly these of read and write */
	IOM_TRACE_EXPECT_FAULT = 1u << 2, /* value: the fault code; 0 a fault of any code */
	IOM_TRACE_EXPECT_PAGE = 1u << 3, /* perm: page size, see iom_trace_page_lg2() */
	IOM_TRACE_EXPECT_ALL = 0x0f,
};

/* 32 bytes, little-endian in the file; this is the host's view of it. */
typedef struct iom_trace_record {
	uint8_t kind;
	uint8_t flags;
	uint8_t expect;
	uint8_t perm; /* bits 2:0 expected permissions, 7:3 page_lg2 - 11 or 0 unknown */
	uint32_t requester;
	uint32_t pasid;
	uint32_t length; /* bytes */
	uint64_t address;
	uint64_t value; /* what the kind says; DMA: the expected output address */
} iom_trace_record;
G_STATIC_ASSERT(sizeof(iom_trace_record) == 32);

/* The `perm` of permissions (IOM_READ ...) and a page of 2^12 to 2^42 bytes, or 0. */
static inline uint8_t iom_trace_perm(unsigned permissions, unsigned page_lg2)
{
	unsigned page = page_lg2 >= 12 && page_lg2 <= 42 ? page_lg2 - 11 : 0;

	return (uint8_t)(page << 3 | (permissions & 7));
}

static inline unsigned iom_trace_page_lg2(const iom_trace_record *record)
{
	return record->perm >> 3 ? (record->perm >> 3) + 11u : 0;
}

typedef struct iom_trace_register {
	uint64_t offset;
	uint64_t value;
} iom_trace_register;

typedef struct iom_trace_region {
	uint64_t base;
	uint64_t size;
} iom_trace_region;

/* What the header says. Strings and arrays belong to the structure. */
typedef struct iom_trace_info {
	iom_kind kind;
	GArray *registers; /* iom_trace_register: ID or capability registers */
	GArray *regions; /* iom_trace_region: RAM */
	uint32_t haw; /* VT-d host address width, 0 unknown */
	char *source; /* where it came from, in words ("QEMU log NAME"); may be NULL */
	uint64_t n_records; /* slots, payload slots included; UINT64_MAX unknown */
	uint64_t n_dma;
	uint16_t version_major;
	uint16_t version_minor;
	uint32_t flags; /* IOM_TRACE_INFO_* */
} iom_trace_info;

enum {
	/* ATS invalidations complete where an ATS_COMPLETED record says so; without it
	 * they complete at once. */
	IOM_TRACE_INFO_ATS_COMPLETIONS = 1u << 0,
	/* The accesses were made up from map and unmap events, not observed. */
	IOM_TRACE_INFO_SYNTHESISED = 1u << 1,
	IOM_TRACE_INFO_ALL = 0x3,
};

/* Name of a record kind, as `iommulate info` prints it; NULL for an unknown number. */
const char *iom_trace_kind_name(unsigned kind);

iom_trace_info *iom_trace_info_new(iom_kind kind);
void iom_trace_info_free(iom_trace_info *info);

/* ---- writing ---- */
typedef struct iom_trace_writer iom_trace_writer;

/*
 * Start a trace at `path` ("-" standard output; a name ending in .zst is
 * compressed). Nothing appears under that name until iom_trace_writer_finish()
 * succeeds, not even when the process is killed. `info` is copied; counts in it are ignored.
 */
iom_trace_writer *iom_trace_writer_new(const char *path, const iom_trace_info *info,
				       GError **error);
/*
 * Errors are kept and reported by finish, a record that breaks the format among
 * them. `data`: the payload, for records that have one.
 */
void iom_trace_write(iom_trace_writer *w, const iom_trace_record *record);
void iom_trace_write_data(iom_trace_writer *w, const iom_trace_record *record, const void *data);
/* True: the file is complete and in place. Frees the writer either way. */
gboolean iom_trace_writer_finish(iom_trace_writer *w, GError **error);
/* Throws away what was written and frees the writer. */
void iom_trace_writer_abandon(iom_trace_writer *w);

/* ---- reading ---- */
typedef struct iom_trace_reader iom_trace_reader;

/* Open `path` ("-" standard input); .zst, .xz and .gz are read as they are. */
iom_trace_reader *iom_trace_reader_new(const char *path, GError **error);
void iom_trace_reader_free(iom_trace_reader *r);
const iom_trace_info *iom_trace_reader_info(const iom_trace_reader *r);
/*
 * The next record: 1 and *record, with *data pointing to its payload (valid
 * until the next call) or NULL; 0 at the end; -1 and an error that names the
 * record where the file is damaged.
 */
int iom_trace_next(iom_trace_reader *r, const iom_trace_record **record, const void **data,
		   GError **error);
/*
 * The same, but of DMAs as many as follow one after the other, up to `most`: their
 * number, and *record is an array of them, the others being one each. Records and
 * payloads stay where they are while IOM_TRACE_KEPT chunks are read.
 */
int iom_trace_next_run(iom_trace_reader *r, unsigned most, const iom_trace_record **record,
		       const void **data, GError **error);
#define IOM_TRACE_KEPT 8u
/* Chunks read so far: the one that the record returned last is in, from 1. */
uint32_t iom_trace_reader_chunk(const iom_trace_reader *r);
/* Number of the record returned last, or of the first of several, counted in slots from 0. */
uint64_t iom_trace_reader_index(const iom_trace_reader *r);
/* Bytes read and bytes there are in all (0 unknown), for progress. */
void iom_trace_reader_progress(const iom_trace_reader *r, uint64_t *done, uint64_t *total);

#endif
