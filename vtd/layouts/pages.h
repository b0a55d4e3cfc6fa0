/* SPDX-License-Identifier: MIT */
/*
 * First-stage and second-stage paging entries by level (sections 9.7 and 9.8).
 * Addresses are given up to bit 51; bits from the host address width on are
 * checked by the walks, which know that width.
 */
#ifndef IOM_VTD_LAYOUTS_PAGES_H
#define IOM_VTD_LAYOUTS_PAGES_H

#include "core/layout.h"

/* One field a line. */
/* clang-format off */
#define VTD_FS_PML5E_FIELDS(f, x) \
	f(x, P, 0, 1, 0, USE, "present") \
	f(x, RW, 1, 1, 0, USE, "1 write allowed") \
	f(x, US, 2, 1, 0, USE, "1 user access allowed to the 256 TiB region") \
	f(x, IGN_4_3, 3, 2, 0, IGNORED, "ignored in non-leaf entries") \
	f(x, A, 5, 1, 0, USE, "accessed") \
	f(x, IGN_6, 6, 1, 0, IGNORED, "ignored") \
	f(x, PS, 7, 1, 0, RESERVED, "must be 0") \
	f(x, IGN_9_8, 8, 2, 0, IGNORED, "ignored") \
	f(x, EA, 10, 1, 0, USE, "extended accessed") \
	f(x, IGN_11, 11, 1, 0, IGNORED, "ignored") \
	f(x, ADDR, 12, 40, 12, USE, "next table base (GPA when nested)") \
	f(x, IGN_63_52, 52, 12, 0, IGNORED, "ignored (bit 63 was XD before rev 4.1)")
IOM_DECLARE_LAYOUT(vtd_fs_pml5e, VTD_FS_PML5E_FIELDS)

#define VTD_FS_PML4E_FIELDS(f, x) \
	f(x, P, 0, 1, 0, USE, "present") \
	f(x, RW, 1, 1, 0, USE, "1 write allowed") \
	f(x, US, 2, 1, 0, USE, "1 user access allowed to the 512 GiB region") \
	f(x, IGN_4_3, 3, 2, 0, IGNORED, "ignored in non-leaf entries") \
	f(x, A, 5, 1, 0, USE, "accessed") \
	f(x, IGN_6, 6, 1, 0, IGNORED, "ignored") \
	f(x, PS, 7, 1, 0, RESERVED, "must be 0") \
	f(x, IGN_9_8, 8, 2, 0, IGNORED, "ignored") \
	f(x, EA, 10, 1, 0, USE, "extended accessed") \
	f(x, IGN_11, 11, 1, 0, IGNORED, "ignored") \
	f(x, ADDR, 12, 40, 12, USE, "next table base (GPA when nested)") \
	f(x, IGN_63_52, 52, 12, 0, IGNORED, "ignored (bit 63 was XD before rev 4.1)")
IOM_DECLARE_LAYOUT(vtd_fs_pml4e, VTD_FS_PML4E_FIELDS)

#define VTD_FS_PDPE_TABLE_FIELDS(f, x) \
	f(x, P, 0, 1, 0, USE, "present") \
	f(x, RW, 1, 1, 0, USE, "1 write allowed") \
	f(x, US, 2, 1, 0, USE, "1 user access allowed to the 1 GiB region") \
	f(x, IGN_4_3, 3, 2, 0, IGNORED, "ignored in non-leaf entries") \
	f(x, A, 5, 1, 0, USE, "accessed") \
	f(x, IGN_6, 6, 1, 0, IGNORED, "ignored") \
	f(x, PS, 7, 1, 0, USE, "0") \
	f(x, IGN_9_8, 8, 2, 0, IGNORED, "ignored") \
	f(x, EA, 10, 1, 0, USE, "extended accessed") \
	f(x, IGN_11, 11, 1, 0, IGNORED, "ignored") \
	f(x, ADDR, 12, 40, 12, USE, "next table base (GPA when nested)") \
	f(x, IGN_63_52, 52, 12, 0, IGNORED, "ignored (bit 63 was XD before rev 4.1)")
IOM_DECLARE_LAYOUT(vtd_fs_pdpe_table, VTD_FS_PDPE_TABLE_FIELDS)

#define VTD_FS_PDE_TABLE_FIELDS(f, x) \
	f(x, P, 0, 1, 0, USE, "present") \
	f(x, RW, 1, 1, 0, USE, "1 write allowed") \
	f(x, US, 2, 1, 0, USE, "1 user access allowed to the 2 MiB region") \
	f(x, IGN_4_3, 3, 2, 0, IGNORED, "ignored in non-leaf entries") \
	f(x, A, 5, 1, 0, USE, "accessed") \
	f(x, IGN_6, 6, 1, 0, IGNORED, "ignored") \
	f(x, PS, 7, 1, 0, USE, "0") \
	f(x, IGN_9_8, 8, 2, 0, IGNORED, "ignored") \
	f(x, EA, 10, 1, 0, USE, "extended accessed") \
	f(x, IGN_11, 11, 1, 0, IGNORED, "ignored") \
	f(x, ADDR, 12, 40, 12, USE, "next table base (GPA when nested)") \
	f(x, IGN_63_52, 52, 12, 0, IGNORED, "ignored (bit 63 was XD before rev 4.1)")
IOM_DECLARE_LAYOUT(vtd_fs_pde_table, VTD_FS_PDE_TABLE_FIELDS)

#define VTD_FS_PDPE_1G_FIELDS(f, x) \
	f(x, P, 0, 1, 0, USE, "present") \
	f(x, RW, 1, 1, 0, USE, "write allowed") \
	f(x, US, 2, 1, 0, USE, "user access allowed") \
	f(x, PWT, 3, 1, 0, USE, "PAT index bit 0") \
	f(x, PCD, 4, 1, 0, USE, "PAT index bit 1") \
	f(x, A, 5, 1, 0, USE, "accessed") \
	f(x, D, 6, 1, 0, USE, "dirty") \
	f(x, PS, 7, 1, 0, USE, "1 for this format") \
	f(x, G, 8, 1, 0, IGNORED, "ignored, treated as 0") \
	f(x, IGN_9, 9, 1, 0, IGNORED, "ignored") \
	f(x, EA, 10, 1, 0, USE, "extended accessed") \
	f(x, IGN_11, 11, 1, 0, IGNORED, "ignored") \
	f(x, PAT, 12, 1, 0, USE, "PAT index bit 2") \
	f(x, RSVD_29_13, 13, 17, 0, RESERVED, "must be 0") \
	f(x, ADDR, 30, 22, 30, USE, "1 GiB page base (GPA when nested)") \
	f(x, IGN_63_52, 52, 12, 0, IGNORED, "ignored")
IOM_DECLARE_LAYOUT(vtd_fs_pdpe_1g, VTD_FS_PDPE_1G_FIELDS)

#define VTD_FS_PDE_2M_FIELDS(f, x) \
	f(x, P, 0, 1, 0, USE, "present") \
	f(x, RW, 1, 1, 0, USE, "write allowed") \
	f(x, US, 2, 1, 0, USE, "user access allowed") \
	f(x, PWT, 3, 1, 0, USE, "PAT index bit 0") \
	f(x, PCD, 4, 1, 0, USE, "PAT index bit 1") \
	f(x, A, 5, 1, 0, USE, "accessed") \
	f(x, D, 6, 1, 0, USE, "dirty") \
	f(x, PS, 7, 1, 0, USE, "1 for this format") \
	f(x, G, 8, 1, 0, IGNORED, "ignored, treated as 0") \
	f(x, IGN_9, 9, 1, 0, IGNORED, "ignored") \
	f(x, EA, 10, 1, 0, USE, "extended accessed") \
	f(x, IGN_11, 11, 1, 0, IGNORED, "ignored") \
	f(x, PAT, 12, 1, 0, USE, "PAT index bit 2") \
	f(x, RSVD_20_13, 13, 8, 0, RESERVED, "must be 0") \
	f(x, ADDR, 21, 31, 21, USE, "2 MiB page base (GPA when nested)") \
	f(x, IGN_63_52, 52, 12, 0, IGNORED, "ignored")
IOM_DECLARE_LAYOUT(vtd_fs_pde_2m, VTD_FS_PDE_2M_FIELDS)

#define VTD_FS_PTE_FIELDS(f, x) \
	f(x, P, 0, 1, 0, USE, "present") \
	f(x, RW, 1, 1, 0, USE, "write allowed") \
	f(x, US, 2, 1, 0, USE, "user access allowed") \
	f(x, PWT, 3, 1, 0, USE, "PAT index bit 0") \
	f(x, PCD, 4, 1, 0, USE, "PAT index bit 1") \
	f(x, A, 5, 1, 0, USE, "accessed") \
	f(x, D, 6, 1, 0, USE, "dirty") \
	f(x, PAT, 7, 1, 0, USE, "PAT index bit 2") \
	f(x, G, 8, 1, 0, IGNORED, "ignored, treated as 0") \
	f(x, IGN_9, 9, 1, 0, IGNORED, "ignored") \
	f(x, EA, 10, 1, 0, USE, "extended accessed") \
	f(x, IGN_11, 11, 1, 0, IGNORED, "ignored") \
	f(x, ADDR, 12, 40, 12, USE, "4 KiB page base (GPA when nested)") \
	f(x, IGN_63_52, 52, 12, 0, IGNORED, "ignored")
IOM_DECLARE_LAYOUT(vtd_fs_pte, VTD_FS_PTE_FIELDS)

#define VTD_SS_PML5E_FIELDS(f, x) \
	f(x, R, 0, 1, 0, USE, "read permission") \
	f(x, W, 1, 1, 0, USE, "write permission") \
	f(x, IGN_2, 2, 1, 0, IGNORED, "ignored") \
	f(x, IGN_6_3, 3, 4, 0, IGNORED, "ignored") \
	f(x, RSVD_7, 7, 1, 0, RESERVED, "must be 0") \
	f(x, A, 8, 1, 0, USE, "accessed") \
	f(x, IGN_10_9, 9, 2, 0, IGNORED, "ignored") \
	f(x, RSVD_11, 11, 1, 0, RESERVED, "must be 0") \
	f(x, ADDR, 12, 40, 12, USE, "SS-PML4 table base") \
	f(x, IGN_60_52, 52, 9, 0, IGNORED, "ignored") \
	f(x, IR, 61, 1, 0, USE, "I/O read permission") \
	f(x, IW, 62, 1, 0, USE, "I/O write permission") \
	f(x, IGN_63, 63, 1, 0, IGNORED, "ignored")
IOM_DECLARE_LAYOUT(vtd_ss_pml5e, VTD_SS_PML5E_FIELDS)

#define VTD_SS_PML4E_FIELDS(f, x) \
	f(x, R, 0, 1, 0, USE, "read permission") \
	f(x, W, 1, 1, 0, USE, "write permission") \
	f(x, IGN_2, 2, 1, 0, IGNORED, "ignored") \
	f(x, IGN_6_3, 3, 4, 0, IGNORED, "ignored") \
	f(x, RSVD_7, 7, 1, 0, RESERVED, "must be 0") \
	f(x, A, 8, 1, 0, USE, "accessed") \
	f(x, IGN_10_9, 9, 2, 0, IGNORED, "ignored") \
	f(x, RSVD_11, 11, 1, 0, RESERVED, "must be 0") \
	f(x, ADDR, 12, 40, 12, USE, "SS-PDP table base") \
	f(x, IGN_60_52, 52, 9, 0, IGNORED, "ignored") \
	f(x, IR, 61, 1, 0, USE, "I/O read permission") \
	f(x, IW, 62, 1, 0, USE, "I/O write permission") \
	f(x, IGN_63, 63, 1, 0, IGNORED, "ignored")
IOM_DECLARE_LAYOUT(vtd_ss_pml4e, VTD_SS_PML4E_FIELDS)

#define VTD_SS_PDPE_TABLE_FIELDS(f, x) \
	f(x, R, 0, 1, 0, USE, "read permission") \
	f(x, W, 1, 1, 0, USE, "write permission") \
	f(x, IGN_2, 2, 1, 0, IGNORED, "ignored") \
	f(x, IGN_6_3, 3, 4, 0, IGNORED, "ignored") \
	f(x, PS, 7, 1, 0, USE, "0") \
	f(x, A, 8, 1, 0, USE, "accessed") \
	f(x, IGN_10_9, 9, 2, 0, IGNORED, "ignored") \
	f(x, RSVD_11, 11, 1, 0, RESERVED, "must be 0") \
	f(x, ADDR, 12, 40, 12, USE, "SS page directory base") \
	f(x, IGN_60_52, 52, 9, 0, IGNORED, "ignored") \
	f(x, IR, 61, 1, 0, USE, "I/O read permission") \
	f(x, IW, 62, 1, 0, USE, "I/O write permission") \
	f(x, IGN_63, 63, 1, 0, IGNORED, "ignored")
IOM_DECLARE_LAYOUT(vtd_ss_pdpe_table, VTD_SS_PDPE_TABLE_FIELDS)

#define VTD_SS_PDE_TABLE_FIELDS(f, x) \
	f(x, R, 0, 1, 0, USE, "read permission") \
	f(x, W, 1, 1, 0, USE, "write permission") \
	f(x, IGN_2, 2, 1, 0, IGNORED, "ignored") \
	f(x, IGN_6_3, 3, 4, 0, IGNORED, "ignored") \
	f(x, PS, 7, 1, 0, USE, "0") \
	f(x, A, 8, 1, 0, USE, "accessed") \
	f(x, IGN_10_9, 9, 2, 0, IGNORED, "ignored") \
	f(x, RSVD_11, 11, 1, 0, RESERVED, "must be 0") \
	f(x, ADDR, 12, 40, 12, USE, "SS page table base") \
	f(x, IGN_60_52, 52, 9, 0, IGNORED, "ignored") \
	f(x, IR, 61, 1, 0, USE, "I/O read permission") \
	f(x, IW, 62, 1, 0, USE, "I/O write permission") \
	f(x, IGN_63, 63, 1, 0, IGNORED, "ignored")
IOM_DECLARE_LAYOUT(vtd_ss_pde_table, VTD_SS_PDE_TABLE_FIELDS)

#define VTD_SS_PDPE_1G_FIELDS(f, x) \
	f(x, R, 0, 1, 0, USE, "read permission") \
	f(x, W, 1, 1, 0, USE, "write permission") \
	f(x, IGN_2, 2, 1, 0, IGNORED, "ignored") \
	f(x, EMT, 3, 3, 0, USE, "extended memory type") \
	f(x, IPAT, 6, 1, 0, USE, "ignore PAT") \
	f(x, PS, 7, 1, 0, USE, "1 for this format") \
	f(x, A, 8, 1, 0, USE, "accessed") \
	f(x, D, 9, 1, 0, USE, "dirty") \
	f(x, IGN_10, 10, 1, 0, IGNORED, "ignored") \
	f(x, SNP, 11, 1, 0, USE, "page accesses snoop") \
	f(x, RSVD_29_12, 12, 18, 0, RESERVED, "must be 0") \
	f(x, ADDR, 30, 22, 30, USE, "1 GiB page base") \
	f(x, IGN_60_52, 52, 9, 0, IGNORED, "ignored") \
	f(x, IR, 61, 1, 0, USE, "I/O read permission") \
	f(x, IW, 62, 1, 0, USE, "I/O write permission") \
	f(x, IGN_63, 63, 1, 0, IGNORED, "ignored")
IOM_DECLARE_LAYOUT(vtd_ss_pdpe_1g, VTD_SS_PDPE_1G_FIELDS)

#define VTD_SS_PDE_2M_FIELDS(f, x) \
	f(x, R, 0, 1, 0, USE, "read permission") \
	f(x, W, 1, 1, 0, USE, "write permission") \
	f(x, IGN_2, 2, 1, 0, IGNORED, "ignored") \
	f(x, EMT, 3, 3, 0, USE, "extended memory type") \
	f(x, IPAT, 6, 1, 0, USE, "ignore PAT") \
	f(x, PS, 7, 1, 0, USE, "1 for this format") \
	f(x, A, 8, 1, 0, USE, "accessed") \
	f(x, D, 9, 1, 0, USE, "dirty") \
	f(x, IGN_10, 10, 1, 0, IGNORED, "ignored") \
	f(x, SNP, 11, 1, 0, USE, "page accesses snoop") \
	f(x, RSVD_20_12, 12, 9, 0, RESERVED, "must be 0") \
	f(x, ADDR, 21, 31, 21, USE, "2 MiB page base") \
	f(x, IGN_60_52, 52, 9, 0, IGNORED, "ignored") \
	f(x, IR, 61, 1, 0, USE, "I/O read permission") \
	f(x, IW, 62, 1, 0, USE, "I/O write permission") \
	f(x, IGN_63, 63, 1, 0, IGNORED, "ignored")
IOM_DECLARE_LAYOUT(vtd_ss_pde_2m, VTD_SS_PDE_2M_FIELDS)

#define VTD_SS_PTE_FIELDS(f, x) \
	f(x, R, 0, 1, 0, USE, "read permission") \
	f(x, W, 1, 1, 0, USE, "write permission") \
	f(x, IGN_2, 2, 1, 0, IGNORED, "ignored") \
	f(x, EMT, 3, 3, 0, USE, "extended memory type") \
	f(x, IPAT, 6, 1, 0, USE, "ignore PAT") \
	f(x, IGN_7, 7, 1, 0, IGNORED, "ignored") \
	f(x, A, 8, 1, 0, USE, "accessed") \
	f(x, D, 9, 1, 0, USE, "dirty") \
	f(x, IGN_10, 10, 1, 0, IGNORED, "ignored") \
	f(x, SNP, 11, 1, 0, USE, "page accesses snoop") \
	f(x, ADDR, 12, 40, 12, USE, "4 KiB page base") \
	f(x, IGN_60_52, 52, 9, 0, IGNORED, "ignored") \
	f(x, IR, 61, 1, 0, USE, "I/O read permission") \
	f(x, IW, 62, 1, 0, USE, "I/O write permission") \
	f(x, IGN_63, 63, 1, 0, IGNORED, "ignored")
IOM_DECLARE_LAYOUT(vtd_ss_pte, VTD_SS_PTE_FIELDS)

/* clang-format on */
#endif
