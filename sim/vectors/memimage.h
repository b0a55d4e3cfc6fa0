/* SPDX-License-Identifier: MIT */
/*
 * The memory of one test vector: the words it starts with, the ranges that answer
 * with an external abort, and afterwards the words that the model changed.
 * Memory that is not listed reads as zero.
 */
#ifndef IOM_SIM_MEMIMAGE_H
#define IOM_SIM_MEMIMAGE_H

#include "sim/vectors/tsv.h"

typedef struct iom_memimage iom_memimage;

iom_memimage *iom_memimage_new(void);
void iom_memimage_free(iom_memimage *image);
iom_memory *iom_memimage_memory(iom_memimage *image);

/* A word of the image. False: the address is not a multiple of 8 or is above 2^56. */
bool iom_memimage_put(iom_memimage *image, uint64_t address, uint64_t value);
/* The word that is expected at the end. The same conditions. */
bool iom_memimage_expect(iom_memimage *image, uint64_t address, uint64_t value);
/* Accesses that touch [first, last] fail. */
void iom_memimage_abort(iom_memimage *image, uint64_t first, uint64_t last, bool reads,
			bool writes);
/* Do not compare [base, base + size): queues. */
void iom_memimage_ignore(iom_memimage *image, uint64_t base, uint64_t size);
/*
 * An address, aligned to `size` (a power of two, at least 8), of memory below
 * `limit` that neither a word nor an abort range touches, nor is within `size` of
 * one of `avoid`; 0 if there is none.
 */
uint64_t iom_memimage_room(const iom_memimage *image, uint64_t size, uint64_t limit,
			   const uint64_t *avoid, unsigned n_avoid);
/* The word the image started with, 0 where nothing was put. */
uint64_t iom_memimage_initial(const iom_memimage *image, uint64_t address);

/*
 * Call `fn` for every word that is not what is expected (what was put, where
 * nothing else is expected); ascending addresses. Returns their number.
 */
typedef void (*iom_memimage_difference)(void *opaque, uint64_t address, uint64_t expected,
					uint64_t got);
unsigned iom_memimage_compare(iom_memimage *image, iom_memimage_difference fn, void *opaque);

/* "0xADDRESS=0xVALUE;..." of a cell into iom_memimage_put() or iom_memimage_expect(). */
bool iom_memimage_parse(iom_memimage *image, const iom_tsv_row *row, const char *column,
			bool expected, GError **error);
/* "0xFIRST-0xLAST;..." of a cell into iom_memimage_abort(). */
bool iom_memimage_parse_aborts(iom_memimage *image, const iom_tsv_row *row, const char *column,
			       GError **error);

#endif
