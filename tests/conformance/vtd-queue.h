/* SPDX-License-Identifier: MIT */
/* A unit with an invalidation queue, for tables about commands and caches. */
#ifndef IOM_TESTS_VTD_QUEUE_H
#define IOM_TESTS_VTD_QUEUE_H

#include "tests/conformance/vtd-tables.h"

enum { /* register offsets that these tests use */
       VTD_R_GCMD = 0x18,
       VTD_R_GSTS = 0x1c,
       VTD_R_RTADDR = 0x20,
       VTD_R_CCMD = 0x28,
       VTD_R_FSTS = 0x34,
       VTD_R_FECTL = 0x38,
       VTD_R_IQH = 0x80,
       VTD_R_IQT = 0x88,
       VTD_R_IQA = 0x90,
       VTD_R_ICS = 0x9c,
       VTD_R_IECTL = 0xa0,
       VTD_R_IEDATA = 0xa4,
       VTD_R_IEADDR = 0xa8,
       VTD_R_IQERCD = 0xb0,
       VTD_R_PQH = 0xc0,
       VTD_R_PQT = 0xc8,
       VTD_R_PQA = 0xd0,
       VTD_R_PRS = 0xdc,
       VTD_R_PECTL = 0xe0,
       VTD_R_PEDATA = 0xe4,
       VTD_R_PEADDR = 0xe8,
};

#define VTD_FSTS_IQE (1u << 4)
#define VTD_FSTS_ICE (1u << 5)
#define VTD_FSTS_ITE (1u << 6)
#define VTD_STATUS_ADDRESS UINT64_C(0x1000090000) /* for wait descriptors */

typedef struct vtd_queue {
	iom_vtd_bench *bench;
	vtd_base *base; /* structures and request; owned */
	bool interrupt; /* base holds interrupt structures in c */
	bool wide;
	uint64_t tail;
} vtd_queue;

/* Takes the base. The queue is one page, `wide` for 256-bit descriptors; caches by number. */
vtd_queue *vtd_queue_new(vtd_base *base, bool wide, unsigned cache);
void vtd_queue_free(vtd_queue *q);
uint64_t vtd_queue_get(const vtd_queue *q, uint64_t offset, unsigned size);
void vtd_queue_put(const vtd_queue *q, uint64_t offset, unsigned size, uint64_t value);
/* GCMD with one level bit changed, or one one-shot bit set; the others as GSTS has them. */
void vtd_queue_command(const vtd_queue *q, uint32_t set, uint32_t clear);
/* Put a descriptor (four words; the upper two matter only if wide) and move the tail. */
void vtd_queue_submit(vtd_queue *q, const uint64_t *words);
/* The error that stopped the queue: IQEI + 1, or 0 and everything has been taken. */
unsigned vtd_queue_error(const vtd_queue *q);
/* Clear IQE after the descriptor at the head has been replaced by a harmless wait. */
void vtd_queue_recover(vtd_queue *q);
/* The request of the base, as the model answers it now. */
iom_vtd_outcome vtd_queue_ask(vtd_queue *q);
/* Write a word of memory, as software does. */
void vtd_queue_poke(const vtd_queue *q, uint64_t address, uint64_t value);
uint64_t vtd_queue_peek(const vtd_queue *q, uint64_t address);

#endif
