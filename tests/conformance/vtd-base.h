/* SPDX-License-Identifier: MIT */
/*
 * Valid structures of each kind at fixed addresses, and for every fault condition
 * a way to meet it: what the tables' rows are turned into cases with.
 */
#ifndef IOM_TESTS_VTD_BASE_H
#define IOM_TESTS_VTD_BASE_H

#include "sim/vectors/vectors-vtd.h"

typedef enum vtd_base_kind {
	VTD_BASE_LEGACY, /* TT=01: second stage, device-TLB allowed */
	VTD_BASE_LEGACY_PT,
	VTD_BASE_FIRST,
	VTD_BASE_SECOND,
	VTD_BASE_NESTED, /* 39-bit second stage */
	VTD_BASE_PASS,
	VTD_BASE_HPT, /* first stage, translated requests checked by permission tables */
	VTD_N_BASES,
} vtd_base_kind;

/* The seven columns of fault_reasons.tsv. */
typedef enum vtd_request_kind {
	VTD_REQ_U,
	VTD_REQ_U_PASID,
	VTD_REQ_T,
	VTD_REQ_T_PASID,
	VTD_REQ_X,
	VTD_REQ_X_PASID,
	VTD_REQ_P,
	VTD_N_REQUESTS,
} vtd_request_kind;

typedef struct vtd_base {
	iom_vtd_case *c;
	vtd_base_kind kind;
	bool scalable;
	unsigned n_pents;
	/* where the entries lie */
	uint64_t root, context, directory, pent[2];
	uint64_t fs[6]; /* by level */
	uint64_t ss[6]; /* by level: of the page */
	uint64_t ss_fs[6]; /* leaf entries that map the first-stage table of a level */
	uint64_t hpt[5]; /* by level */
	unsigned fs_levels, ss_levels; /* 0 without the stage */
} vtd_base;

/* Answered with success, whatever the request (page requests need scalable mode). */
vtd_base *vtd_base_new(vtd_base_kind kind, vtd_request_kind request);
void vtd_base_free(vtd_base *base);
/* Set and then clear bits of the word at `address`. */
void vtd_base_change(vtd_base *base, uint64_t address, uint64_t set, uint64_t clear);
uint64_t vtd_base_word(const vtd_base *base, uint64_t address);
/* Accesses (or only writes) to the page of `address` fail. */
void vtd_base_break(vtd_base *base, uint64_t address, bool write_only);

typedef struct vtd_violation {
	const char *condition; /* of fault_reasons.tsv */
	unsigned kinds; /* bits by vtd_base_kind */
	void (*apply)(vtd_base *base);
} vtd_violation;
extern const vtd_violation vtd_violations[]; /* ends with a NULL condition */

/* Interrupts: one valid entry, remapped or posted, and what can be wrong with it. */
iom_vtd_case *vtd_base_interrupt(bool posted);
typedef struct vtd_interrupt_violation {
	uint8_t code;
	bool posted;
	void (*apply)(iom_vtd_case *c);
} vtd_interrupt_violation;
extern const vtd_interrupt_violation vtd_interrupt_violations[]; /* ends with code 0 */

enum { /* where vtd_base_interrupt() puts things */
       VTD_IRTE_INDEX = 5,
};
#define VTD_IRTE_ADDRESS (UINT64_C(0x1000040000) + 16 * VTD_IRTE_INDEX)
#define VTD_PID_ADDRESS UINT64_C(0x1000050040)

#endif
