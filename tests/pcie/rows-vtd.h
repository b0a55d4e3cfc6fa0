/* SPDX-License-Identifier: MIT */
/* What the cases of page_requests.tsv share. */
#ifndef IOM_TESTS_PCIE_ROWS_VTD_H
#define IOM_TESTS_PCIE_ROWS_VTD_H

#include "rows.h"

enum {
	R_GCMD = 0x18,
	R_GSTS = 0x1c,
	R_IQT = 0x88,
	R_IRTA = 0xb8,
	R_PQH = 0xc0,
	R_PQT = 0xc8,
	R_PRS = 0xdc,
	R_PECTL = 0xe0,
	R_PEDATA = 0xe4,
	R_PEADDR = 0xe8,
	R_FRCD = 0x220,
	PRS_PPR = 1,
	PRS_PRO = 2,
};

#define EVENT_ADDRESS UINT64_C(0xfee04000)
#define EVENT_DATA 0x66u

uint64_t vtd_rd(rig *r, uint64_t at, unsigned size);
void vtd_wr(rig *r, uint64_t at, unsigned size, uint64_t value);
/* A limit of 256 page requests. */
rig *vtd_rig(unsigned priq_lg2, const void *config);
/* One whose queue of 128 is full. */
rig *vtd_filled(void);
/* A request that is no endpoint's: of a group that goes on, or ends. */
iom_prq_status vtd_send(rig *r, uint32_t pasid, bool last, unsigned access);
/* A group of the endpoint's; its index. */
uint16_t vtd_ask(rig *r, uint32_t pasid, unsigned n);

/* Events, responses and what follows, in rows-vtd-events.c. */
extern const row_case rows_vtd_events[];
extern const unsigned n_rows_vtd_events;

#endif
