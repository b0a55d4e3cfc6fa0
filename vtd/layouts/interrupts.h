/* SPDX-License-Identifier: MIT */
/*
 * Interrupt remapping: entries, posted descriptor and messages (chapters 5 and 9).
 * Addresses are given up to bit 51; bits from the host address width on are
 * checked by the walks, which know that width.
 */
#ifndef IOM_VTD_LAYOUTS_INTERRUPTS_H
#define IOM_VTD_LAYOUTS_INTERRUPTS_H

#include "core/layout.h"

/* One field a line. */
/* clang-format off */
#define VTD_IRTE_REMAPPED_FIELDS(f, x) \
	f(x, P, 0, 1, 0, USE, "present") \
	f(x, FPD, 1, 1, 0, USE, "suppress qualified faults") \
	f(x, DM, 2, 1, 0, USE, "destination mode 0 physical,1 logical") \
	f(x, RH, 3, 1, 0, USE, "redirection hint") \
	f(x, TM, 4, 1, 0, USE, "trigger mode 0 edge,1 level") \
	f(x, DLM, 5, 3, 0, USE, "delivery mode: 000 fixed,001 lowest") \
	f(x, AVAIL, 8, 4, 0, IGNORED, "software") \
	f(x, RSVD_14_12, 12, 3, 0, RESERVED, "must be 0") \
	f(x, IM, 15, 1, 0, USE, "0 for this format") \
	f(x, V, 16, 8, 0, USE, "vector") \
	f(x, RSVD_31_24, 24, 8, 0, RESERVED, "must be 0") \
	f(x, DST, 32, 32, 0, USE, "destination: EIME=1 32-bit id") \
	f(x, SID, 64, 16, 0, USE, "requester id, or start bus 79:72 and end bus") \
	f(x, SQ, 80, 2, 0, USE, "ignored function bits of SID for SVT=01: 00") \
	f(x, SVT, 82, 2, 0, USE, "source validation: 00 none,01 SID with SQ,10") \
	f(x, RSVD_127_84, 84, 44, 0, RESERVED, "must be 0")
IOM_DECLARE_LAYOUT(vtd_irte_remapped, VTD_IRTE_REMAPPED_FIELDS)

#define VTD_IRTE_POSTED_FIELDS(f, x) \
	f(x, P, 0, 1, 0, USE, "present") \
	f(x, FPD, 1, 1, 0, USE, "suppress qualified faults") \
	f(x, RSVD_7_2, 2, 6, 0, RESERVED, "must be 0") \
	f(x, AVAIL, 8, 4, 0, IGNORED, "software") \
	f(x, RSVD_13_12, 12, 2, 0, RESERVED, "must be 0") \
	f(x, URG, 14, 1, 0, USE, "urgent") \
	f(x, IM, 15, 1, 0, USE, "1 for this format") \
	f(x, VV, 16, 8, 0, USE, "virtual vector") \
	f(x, RSVD_37_24, 24, 14, 0, RESERVED, "must be 0") \
	f(x, PDAL, 38, 26, 6, USE, "posted descriptor address 31:6") \
	f(x, SID, 64, 16, 0, USE, "as remapped format") \
	f(x, SQ, 80, 2, 0, USE, "as remapped format") \
	f(x, SVT, 82, 2, 0, USE, "as remapped format") \
	f(x, RSVD_95_84, 84, 12, 0, RESERVED, "must be 0") \
	f(x, PDAH, 96, 20, 32, USE, "posted descriptor address HAW-1:32") \
	f(x, RSVD_PDAH, 116, 12, 0, RESERVED, "must be 0 (descriptor address bits 63:HAW)")
IOM_DECLARE_LAYOUT(vtd_irte_posted, VTD_IRTE_POSTED_FIELDS)

#define VTD_POSTED_INTERRUPT_DESCRIPTOR_FIELDS(f, x) \
	f(x, PIR0, 0, 64, 0, USE, "posted requests, vectors 0-63") \
	f(x, PIR1, 64, 64, 0, USE, "posted requests, vectors 64-127") \
	f(x, PIR2, 128, 64, 0, USE, "posted requests, vectors 128-191") \
	f(x, PIR3, 192, 64, 0, USE, "posted requests, vectors 192-255") \
	f(x, ON, 256, 1, 0, USE, "outstanding notification") \
	f(x, SN, 257, 1, 0, USE, "suppress notification") \
	f(x, RSVD_271_258, 258, 14, 0, RESERVED, "must be 0") \
	f(x, NV, 272, 8, 0, USE, "notification vector") \
	f(x, RSVD_287_280, 280, 8, 0, RESERVED, "must be 0") \
	f(x, NDST, 288, 32, 0, USE, "notification destination: EIME=1 32-bit id") \
	f(x, RSVD_383_320, 320, 64, 0, RESERVED, "must be 0") \
	f(x, RSVD_447_384, 384, 64, 0, RESERVED, "must be 0") \
	f(x, RSVD_511_448, 448, 64, 0, RESERVED, "must be 0")
IOM_DECLARE_LAYOUT(vtd_posted_interrupt_descriptor, VTD_POSTED_INTERRUPT_DESCRIPTOR_FIELDS)

#define VTD_MSI_ADDRESS_REMAPPABLE_FIELDS(f, x) \
	f(x, IGN_1_0, 0, 2, 0, IGNORED, "don't care") \
	f(x, HANDLE_HI, 2, 1, 0, USE, "handle high bit") \
	f(x, SHV, 3, 1, 0, USE, "sub-handle valid") \
	f(x, FORMAT, 4, 1, 0, USE, "1") \
	f(x, HANDLE_LO, 5, 15, 0, USE, "interrupt handle low bits") \
	f(x, FEE, 20, 12, 0, USE, "0xFEE")
IOM_DECLARE_LAYOUT(vtd_msi_address_remappable, VTD_MSI_ADDRESS_REMAPPABLE_FIELDS)

#define VTD_MSI_DATA_REMAPPABLE_FIELDS(f, x) \
	f(x, SUBHANDLE, 0, 16, 0, USE, "added to handle when SHV=1") \
	f(x, RSVD_31_16, 16, 16, 0, RESERVED, "must be 0 when SHV=1")
IOM_DECLARE_LAYOUT(vtd_msi_data_remappable, VTD_MSI_DATA_REMAPPABLE_FIELDS)

#define VTD_MSI_ADDRESS_COMPAT_FIELDS(f, x) \
	f(x, IGN_1_0, 0, 2, 0, IGNORED, "don't care") \
	f(x, DM, 2, 1, 0, USE, "destination mode") \
	f(x, RH, 3, 1, 0, USE, "redirection hint") \
	f(x, FORMAT, 4, 1, 0, USE, "0") \
	f(x, IGN_11_5, 5, 7, 0, IGNORED, "reserved / don't care") \
	f(x, DESTID, 12, 8, 0, USE, "destination id") \
	f(x, FEE, 20, 12, 0, USE, "0xFEE")
IOM_DECLARE_LAYOUT(vtd_msi_address_compat, VTD_MSI_ADDRESS_COMPAT_FIELDS)

#define VTD_IOAPIC_RTE_REMAPPABLE_FIELDS(f, x) \
	f(x, V, 0, 8, 0, USE, "vector, must match the IRTE vector for level") \
	f(x, ZERO, 8, 3, 0, USE, "000") \
	f(x, INDEX_HI, 11, 1, 0, USE, "interrupt index high") \
	f(x, DS, 12, 1, 0, USE, "delivery status") \
	f(x, POL, 13, 1, 0, USE, "polarity") \
	f(x, RIRR, 14, 1, 0, USE, "remote IRR") \
	f(x, TM, 15, 1, 0, USE, "trigger mode, must match IRTE") \
	f(x, MASK, 16, 1, 0, USE, "mask") \
	f(x, RSVD_47_17, 17, 31, 0, RESERVED, "0") \
	f(x, FORMAT, 48, 1, 0, USE, "1") \
	f(x, INDEX_LO, 49, 15, 0, USE, "interrupt index low")
IOM_DECLARE_LAYOUT(vtd_ioapic_rte_remappable, VTD_IOAPIC_RTE_REMAPPABLE_FIELDS)

/* clang-format on */
#endif
