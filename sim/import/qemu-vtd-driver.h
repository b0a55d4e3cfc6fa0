/* SPDX-License-Identifier: MIT */
/* Shared by the two halves of the driver model behind a VT-d log. */
#ifndef IOM_SIM_IMPORT_QEMU_VTD_DRIVER_H
#define IOM_SIM_IMPORT_QEMU_VTD_DRIVER_H

#include "sim/import/qemu-vtd.h"

#define IOM_VTD_ADDRESS UINT64_C(0x000ffffffffff000)
#define IOM_VTD_PRESENT UINT64_C(1)

typedef enum iom_vtd_role {
	IOM_VTD_OWNER_DIR = 1,
	IOM_VTD_OWNER_PASID_TABLE,
	IOM_VTD_OWNER_TABLE,
} iom_vtd_role;

/* What a page is used for. */
typedef struct iom_vtd_owner {
	uint8_t role;
	uint8_t level;
	uint64_t root; /* of the address space it belongs to */
	uint64_t base; /* first input address that it maps, for IOM_VTD_OWNER_TABLE */
} iom_vtd_owner;

/* How a requester's addresses are translated. */
typedef struct iom_vtd_place {
	bool pass_through;
	bool fs; /* first-stage tables */
	unsigned levels;
	uint64_t root;
	uint16_t domain;
} iom_vtd_place;

/* A page that nothing else is on; with an owner, if `use` is not NULL. */
uint64_t iom_vtd_new_page(iom_qemu_vtd *q, const iom_vtd_owner *use);
/*
 * Whether the page may be used so: it is so already, or nobody uses it. A page
 * that the log itself names (`sure`) is taken from whoever has it.
 */
bool iom_vtd_claim(iom_qemu_vtd *q, uint64_t address, const iom_vtd_owner *use, bool sure);
/* Address of the context entry; 0 if there is none and `make` is false. */
uint64_t iom_vtd_context_address(iom_qemu_vtd *q, uint16_t requester, bool make);
/* Address of the PASID table entry that requests without a PASID use. */
uint64_t iom_vtd_pasid_entry_address(iom_qemu_vtd *q, const uint64_t *context, bool sure);
/* Make root, context and PASID entries do what the access needs. */
void iom_vtd_configure(iom_qemu_vtd *q, const iom_vtd_mapping *m, iom_vtd_place *p);

#endif
