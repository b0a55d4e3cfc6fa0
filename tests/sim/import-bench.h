/* SPDX-License-Identifier: MIT */
/* Import a log given as text, and look at the trace that comes out. */
#ifndef IOM_TESTS_SIM_IMPORT_BENCH_H
#define IOM_TESTS_SIM_IMPORT_BENCH_H

#include "sim/import/import.h"
#include "sim/trace/trace.h"

typedef struct imported {
	bool ok;
	char *message; /* of the error */
	iom_import_report report;
	iom_kind kind;
	uint32_t haw;
	GArray *registers; /* iom_trace_register */
	GArray *records; /* iom_trace_record, blocks as single words */
	GBytes *bytes; /* the file */
} imported;

/* `tables` NULL: none. `len` -1: a string. */
imported *import_text(const char *log, gssize len, const char *tables);
imported *import_with(const char *log, gssize len, const char *tables,
		      const iom_import_options *options);
void imported_free(imported *im);

unsigned count_kind(const imported *im, unsigned kind);
/* The n-th record of a kind; a record of zeros if there is none. */
iom_trace_record nth(const imported *im, unsigned kind, unsigned n);
/* The n-th write to a register. */
iom_trace_record nth_write(const imported *im, uint64_t offset, unsigned n);
/* The word of memory as it is when the n-th DMA comes, or the n-th write to a register. */
uint64_t word_at_dma(const imported *im, unsigned n, uint64_t address);
uint64_t word_at_write(const imported *im, uint64_t offset, unsigned n, uint64_t address);
/* How often a word was written. */
unsigned writes_of(const imported *im, uint64_t address);
uint64_t header_register(const imported *im, uint64_t offset);

#endif
