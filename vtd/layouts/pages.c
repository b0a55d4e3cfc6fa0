/* SPDX-License-Identifier: MIT */
#include "vtd/layouts/pages.h"

IOM_DEFINE_LAYOUT(vtd_fs_pml5e, "fs_pml5e", 64, "9.7 First-Stage Paging Entries",
		  VTD_FS_PML5E_FIELDS)
IOM_DEFINE_LAYOUT(vtd_fs_pml4e, "fs_pml4e", 64, "9.7 First-Stage Paging Entries",
		  VTD_FS_PML4E_FIELDS)
IOM_DEFINE_LAYOUT(vtd_fs_pdpe_table, "fs_pdpe_table", 64, "9.7 First-Stage Paging Entries",
		  VTD_FS_PDPE_TABLE_FIELDS)
IOM_DEFINE_LAYOUT(vtd_fs_pde_table, "fs_pde_table", 64, "9.7 First-Stage Paging Entries",
		  VTD_FS_PDE_TABLE_FIELDS)
IOM_DEFINE_LAYOUT(vtd_fs_pdpe_1g, "fs_pdpe_1g", 64, "9.7 First-Stage Paging Entries",
		  VTD_FS_PDPE_1G_FIELDS)
IOM_DEFINE_LAYOUT(vtd_fs_pde_2m, "fs_pde_2m", 64, "9.7 First-Stage Paging Entries",
		  VTD_FS_PDE_2M_FIELDS)
IOM_DEFINE_LAYOUT(vtd_fs_pte, "fs_pte", 64, "9.7 First-Stage Paging Entries", VTD_FS_PTE_FIELDS)
IOM_DEFINE_LAYOUT(vtd_ss_pml5e, "ss_pml5e", 64, "9.8 Second-Stage Paging Entries",
		  VTD_SS_PML5E_FIELDS)
IOM_DEFINE_LAYOUT(vtd_ss_pml4e, "ss_pml4e", 64, "9.8 Second-Stage Paging Entries",
		  VTD_SS_PML4E_FIELDS)
IOM_DEFINE_LAYOUT(vtd_ss_pdpe_table, "ss_pdpe_table", 64, "9.8 Second-Stage Paging Entries",
		  VTD_SS_PDPE_TABLE_FIELDS)
IOM_DEFINE_LAYOUT(vtd_ss_pde_table, "ss_pde_table", 64, "9.8 Second-Stage Paging Entries",
		  VTD_SS_PDE_TABLE_FIELDS)
IOM_DEFINE_LAYOUT(vtd_ss_pdpe_1g, "ss_pdpe_1g", 64, "9.8 Second-Stage Paging Entries",
		  VTD_SS_PDPE_1G_FIELDS)
IOM_DEFINE_LAYOUT(vtd_ss_pde_2m, "ss_pde_2m", 64, "9.8 Second-Stage Paging Entries",
		  VTD_SS_PDE_2M_FIELDS)
IOM_DEFINE_LAYOUT(vtd_ss_pte, "ss_pte", 64, "9.8 Second-Stage Paging Entries", VTD_SS_PTE_FIELDS)
