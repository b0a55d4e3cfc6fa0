/* SPDX-License-Identifier: MIT */
/* What pages of the second stage are like, as the flattened one has it; core/flat.h. */
#ifndef IOM_VTD_FLAT_H
#define IOM_VTD_FLAT_H

#include "core/flat.h"

/* In the low bits of a page's address. */
enum {
	VTD_SS_R = 1u << 0,
	VTD_SS_W = 1u << 1,
	VTD_SS_DIRTY = 1u << 2, /* no dirty flag is missing */
	VTD_SS_SNOOP = 1u << 3,
	VTD_SS_IPAT = 1u << 4,
	VTD_SS_EMT = 7u << 5,
	VTD_SS_SIZE_SHIFT = 8, /* of two bits: lg2 of the page is 12 + 9 times that */
};

#define VTD_FLAT_LG2 52 /* where those but the size are in an entry, and then a bit that is set */

static inline uint64_t vtd_flat_pack(uint64_t page)
{
	return (page & IOM_FLAT_ADDRESS) | (0x100 | (page & 0xff)) << VTD_FLAT_LG2;
}

static inline uint64_t vtd_flat_unpack(uint64_t page)
{
	return (page & IOM_FLAT_ADDRESS) | (page >> VTD_FLAT_LG2 & 0xff) |
	       (page & IOM_FLAT_SIZE) >> 6 << VTD_SS_SIZE_SHIFT;
}

#endif
