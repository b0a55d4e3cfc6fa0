/* SPDX-License-Identifier: MIT */
#include "vtd/layouts/interrupts.h"

IOM_DEFINE_LAYOUT(vtd_irte_remapped, "irte_remapped", 128,
		  "9.9 Interrupt Remapping Table Entry (IRTE) for Remapped Interrupts",
		  VTD_IRTE_REMAPPED_FIELDS)
IOM_DEFINE_LAYOUT(vtd_irte_posted, "irte_posted", 128,
		  "9.10 Interrupt Remapping Table Entry (IRTE) for Posted Interrupts",
		  VTD_IRTE_POSTED_FIELDS)
IOM_DEFINE_LAYOUT(vtd_posted_interrupt_descriptor, "posted_interrupt_descriptor", 512,
		  "9.11 Posted Interrupt Descriptor", VTD_POSTED_INTERRUPT_DESCRIPTOR_FIELDS)
IOM_DEFINE_LAYOUT(vtd_msi_address_remappable, "msi_address_remappable", 32,
		  "5.1.2.2 Interrupt Requests in Remappable Format",
		  VTD_MSI_ADDRESS_REMAPPABLE_FIELDS)
IOM_DEFINE_LAYOUT(vtd_msi_data_remappable, "msi_data_remappable", 32,
		  "5.1.2.2 Interrupt Requests in Remappable Format", VTD_MSI_DATA_REMAPPABLE_FIELDS)
IOM_DEFINE_LAYOUT(vtd_msi_address_compat, "msi_address_compat", 32,
		  "5.1.2.1 Interrupt Requests in Compatibility Format",
		  VTD_MSI_ADDRESS_COMPAT_FIELDS)
IOM_DEFINE_LAYOUT(vtd_ioapic_rte_remappable, "ioapic_rte_remappable", 64,
		  "5.1.5.1 I/OxAPIC Programming", VTD_IOAPIC_RTE_REMAPPABLE_FIELDS)
