/* SPDX-License-Identifier: MIT */
/*
 * Building translation tables in guest memory, as an operating system does:
 * radix tables of either architecture and any granule.
 */
#ifndef IOM_SIM_DRIVER_PAGETABLE_H
#define IOM_SIM_DRIVER_PAGETABLE_H

#include "core/core.h"

typedef enum iom_pt_format {
	IOM_PT_ARM_S1, /* VMSAv8-64 stage 1 */
	IOM_PT_ARM_S2, /* VMSAv8-64 stage 2 */
	IOM_PT_VTD_FS, /* VT-d first stage */
	IOM_PT_VTD_SS, /* VT-d second stage */
} iom_pt_format;

/* Guest memory handed out from the bottom up, page-aligned; nothing is freed. */
typedef struct iom_guest_pool {
	iom_memory *memory;
	uint64_t next;
	uint64_t end;
	uint64_t offset; /* added to an address to get what a table holds for it (IPA - PA) */
} iom_guest_pool;

/* `size` zeroed bytes aligned to `align`; 0 when the pool is exhausted. */
uint64_t iom_guest_alloc(iom_guest_pool *pool, uint64_t size, uint64_t align);

typedef struct iom_pt {
	iom_guest_pool *pool;
	iom_pt_format format;
	uint8_t granule_lg2; /* 12, 14 or 16 */
	uint8_t input_bits; /* size of the input address space */
	uint64_t root; /* address of the first table */
} iom_pt;

/* Fill in `pt` and allocate its first table. False: the pool is exhausted. */
bool iom_pt_init(iom_pt *pt, iom_guest_pool *pool, iom_pt_format format, unsigned granule_lg2,
		 unsigned input_bits);
/*
 * Map [va, va + size) to `pa` on; all are multiples of the granule. Blocks of up
 * to 2^max_page_lg2 bytes are used where alignment allows. False: exhausted.
 */
bool iom_pt_map(iom_pt *pt, uint64_t va, uint64_t pa, uint64_t size, unsigned access,
		unsigned max_page_lg2);
/* Clear the leaves of [va, va + size). */
void iom_pt_unmap(iom_pt *pt, uint64_t va, uint64_t size);
/* The leaf of `va`: its address and value; false if a table on the way is absent. */
bool iom_pt_leaf(const iom_pt *pt, uint64_t va, uint64_t *address, uint64_t *value);
/* Number of levels of tables, and the bits resolved below level `depth` (0 the root). */
unsigned iom_pt_levels(const iom_pt *pt);
unsigned iom_pt_shift(const iom_pt *pt, unsigned depth);

#endif
