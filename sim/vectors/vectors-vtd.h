/* SPDX-License-Identifier: MIT */
/*
 * A VT-d vector in plain numbers: the unit, the words of memory, one request, and
 * what came of it. Rows of a file, random cases and the answers of a model or of a
 * reference all meet in these two structures.
 */
#ifndef IOM_SIM_VECTORS_VTD_H
#define IOM_SIM_VECTORS_VTD_H

#include "sim/vectors/vectors.h"

#include <iommulate/vtd.h>

typedef struct iom_vtd_word {
	uint64_t address; /* a multiple of 8 */
	uint64_t value;
	char label[24]; /* which entry this is: "fs.L4", "ss.fsL2.L1", "pent.q2" */
} iom_vtd_word;

/* A 4 KiB page on which every read, or every write, answers with an error. */
typedef struct iom_vtd_bad_page {
	uint64_t page;
	bool write_only; /* reads work */
} iom_vtd_bad_page;

typedef struct iom_vtd_case {
	uint8_t haw; /* host address width, bits */
	uint32_t ver;
	uint64_t cap;
	uint64_t ecap;
	GArray *words; /* iom_vtd_word; memory that is not listed reads zero */
	GArray *bad; /* iom_vtd_bad_page */
	uint16_t sid;
	uint64_t address;
	/* DMA */
	bool tes;
	uint64_t rtaddr; /* as programmed before SRTP */
	uint32_t pasid; /* IOM_NO_PASID without one */
	char at; /* U untranslated, T translation request, X translated, P page request */
	char op; /* R read, W write, A AtomicOp, Z zero-length read, '-' with T */
	bool pr; /* privileged */
	bool er; /* execute requested */
	bool nw; /* no write */
	bool lpig; /* last page in group */
	uint32_t length;
	/* interrupts */
	bool ires;
	bool cfis;
	uint64_t irta; /* as programmed before SIRTP */
	uint32_t data;
} iom_vtd_case;

iom_vtd_case *iom_vtd_case_new(void);
void iom_vtd_case_free(iom_vtd_case *c);
void iom_vtd_case_put(iom_vtd_case *c, uint64_t address, uint64_t value, const char *label);
/* The position of the word at `address` in c->words, or -1. */
int iom_vtd_case_find(const iom_vtd_case *c, uint64_t address);

typedef enum iom_vtd_kind {
	IOM_VTD_OK,
	IOM_VTD_FAULT, /* refused and reported (unless FPD suppresses the record) */
	IOM_VTD_ATS_OK,
	IOM_VTD_ATS_S0, /* completion: success, R = W = U = S = 0 */
	IOM_VTD_ATS_SPECIAL, /* completion for the interrupt range: W = U = 1 */
	IOM_VTD_UR, /* refused, nothing recorded */
	IOM_VTD_INTERRUPT, /* the request is an interrupt message */
	IOM_VTD_PRQ_QUEUED,
	IOM_VTD_PRQ_IR, /* page group response "invalid request" */
	IOM_VTD_PRQ_SUCCESS, /* page group response "success" of the unit's own */
	IOM_VTD_PRQ_DROP,
	IOM_VTD_DELIVER,
	IOM_VTD_COMPAT, /* interrupt delivered unchanged */
	IOM_VTD_POSTED,
	IOM_VTD_POSTED_NOTIFY,
	IOM_VTD_N_KINDS,
} iom_vtd_kind;

/* As the result column has it; static storage. */
const char *iom_vtd_kind_name(iom_vtd_kind kind);
/* IOM_VTD_N_KINDS: no such name. */
iom_vtd_kind iom_vtd_kind_from(const char *name);

enum { /* bits of an ATS completion */
       IOM_VTD_ATS_R = 1u << 0,
       IOM_VTD_ATS_W = 1u << 1,
       IOM_VTD_ATS_U = 1u << 2,
       IOM_VTD_ATS_S = 1u << 3,
       IOM_VTD_ATS_N = 1u << 4,
       IOM_VTD_ATS_PRIV = 1u << 5,
       IOM_VTD_ATS_EXE = 1u << 6,
       IOM_VTD_ATS_G = 1u << 7,
};

typedef struct iom_vtd_outcome {
	iom_vtd_kind kind;
	uint8_t response; /* iom_response; with FAULT and UR */
	uint64_t out_addr; /* OK and ATS_OK; ATS_OK: of the page */
	uint64_t page_size; /* bytes; 0 unknown or not meaningful */
	uint8_t perm; /* IOM_READ | IOM_WRITE */
	uint8_t ats; /* IOM_VTD_ATS_*; ATS_OK and ATS_SPECIAL */
	uint8_t fault; /* reason, 0 without one */
	uint8_t recorded; /* a fault recording register was written */
	uint64_t frcd[2];
	/* DELIVER and POSTED_NOTIFY */
	uint32_t dest;
	uint8_t vector;
	uint8_t dlm, tm, rh, dm;
} iom_vtd_outcome;

/* Of a row; `interrupt` says which of the two tables it is from. */
iom_vtd_case *iom_vtd_case_parse(const iom_tsv_row *row, bool interrupt, GError **error);

/* Append the case's configuration, memory and request as cells of the columns of its table. */
void iom_vtd_case_print(const iom_vtd_case *c, const char *id, const char *title, bool interrupt,
			GString *out);
/* The header row that goes with it. */
const char *iom_vtd_case_header(bool interrupt);

/* ------------------------------------------------------------------------
 * A model in a memory of its own. Requests that follow one load share memory and
 * caches.
 */
typedef struct iom_vtd_bench iom_vtd_bench;
iom_vtd_bench *iom_vtd_bench_new(void);
void iom_vtd_bench_free(iom_vtd_bench *bench);
/*
 * Memory as the case lists it, and a unit of its capabilities with its registers
 * programmed: made anew, or (`reuse`, where the capabilities are those of the load
 * before) reset.
 */
bool iom_vtd_bench_load(iom_vtd_bench *bench, const iom_vtd_case *c, bool interrupt,
			const iom_cache_config *cache, bool reuse, GError **error);
/* The request of the case; fault records are read through the registers and freed. */
void iom_vtd_bench_run(iom_vtd_bench *bench, const iom_vtd_case *c, bool interrupt,
		       iom_vtd_outcome *out);
/* What the unit told its machine since the bench was made; callers may clear it. */
typedef struct iom_vtd_seen {
	unsigned messages; /* interrupts */
	uint64_t message_address;
	uint32_t message_data;
	unsigned ats_invalidations;
	iom_ats_invalidate ats;
	iom_ats_answer ats_answer; /* what the bench answers to them */
	unsigned responses; /* page group responses */
	iom_page_response response;
} iom_vtd_seen;
iom_vtd_seen *iom_vtd_bench_seen(iom_vtd_bench *bench);
iom_iommu *iom_vtd_bench_unit(iom_vtd_bench *bench);
iom_memory *iom_vtd_bench_memory(iom_vtd_bench *bench);
/* What the page request queue got from the last request: its descriptor, or zeros. */
const uint64_t *iom_vtd_bench_page_request(const iom_vtd_bench *bench);

/*
 * Call `fn` for every word of memory that is neither what the case lists nor in
 * the queue that the bench made; with `listed` only for words that the case lists,
 * which is much faster.
 */
typedef void (*iom_vtd_changed)(void *opaque, uint64_t address, uint64_t before, uint64_t after);
void iom_vtd_bench_changes(iom_vtd_bench *bench, const iom_vtd_case *c, bool listed,
			   iom_vtd_changed fn, void *opaque);

/* Where iom_vtd_compare() learns what happened to memory. */
typedef struct iom_vtd_after {
	void (*changes)(void *source, const iom_vtd_case *c, iom_vtd_changed fn, void *opaque);
	void *source;
} iom_vtd_after;

/* Note in `outcome` where the answer is not what the row expects. False: a bad row. */
bool iom_vtd_compare(const iom_tsv_row *row, bool interrupt, const iom_vtd_case *c,
		     const iom_vtd_outcome *got, const iom_vtd_after *after,
		     iom_vector_outcome *outcome, GError **error);

#endif
