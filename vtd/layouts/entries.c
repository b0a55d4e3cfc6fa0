/* SPDX-License-Identifier: MIT */
#include "vtd/layouts/entries.h"

IOM_DEFINE_LAYOUT(vtd_root_entry, "root_entry", 128, "9.1 Root Entry", VTD_ROOT_ENTRY_FIELDS)
IOM_DEFINE_LAYOUT(vtd_sm_root_entry, "sm_root_entry", 128, "9.2 Scalable-Mode Root Entry",
		  VTD_SM_ROOT_ENTRY_FIELDS)
IOM_DEFINE_LAYOUT(vtd_context_entry, "context_entry", 128, "9.3 Context Entry",
		  VTD_CONTEXT_ENTRY_FIELDS)
IOM_DEFINE_LAYOUT(vtd_sm_context_entry, "sm_context_entry", 256, "9.4 Scalable-Mode Context Entry",
		  VTD_SM_CONTEXT_ENTRY_FIELDS)
IOM_DEFINE_LAYOUT(vtd_pasid_dir_entry, "pasid_dir_entry", 64,
		  "9.5 Scalable-Mode PASID Directory Entry", VTD_PASID_DIR_ENTRY_FIELDS)
IOM_DEFINE_LAYOUT(vtd_pasid_table_entry, "pasid_table_entry", 512,
		  "9.6 Scalable-Mode PASID Table Entry", VTD_PASID_TABLE_ENTRY_FIELDS)
IOM_DEFINE_LAYOUT(vtd_hptl4e, "hptl4e", 128, "9.12.1 HPT Level-4 Entry", VTD_HPTL4E_FIELDS)
IOM_DEFINE_LAYOUT(vtd_hptl3e, "hptl3e", 128, "9.12.2 HPT Level-3 Entry", VTD_HPTL3E_FIELDS)
IOM_DEFINE_LAYOUT(vtd_hptl2e, "hptl2e", 128, "9.12.3 HPT Level-2 Entry", VTD_HPTL2E_FIELDS)
IOM_DEFINE_LAYOUT(vtd_hptl1e, "hptl1e", 128, "9.12.4 HPT Level-1 Entry", VTD_HPTL1E_FIELDS)
