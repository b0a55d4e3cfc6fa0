/* SPDX-License-Identifier: MIT */
#ifndef IOM_PCIE_SIZES_H
#define IOM_PCIE_SIZES_H

#include "pcie/internal.h"

typedef struct iom_pci_known {
	uint16_t id;
	const char *name;
	const char *title;
	uint16_t size; /* bytes; 0 with no `compute`: not defined in one number */
	unsigned (*compute)(const iom_pci_config *config, unsigned offset);
} iom_pci_known;

const iom_pci_known *iom_pci_known_standard(unsigned id);

#endif
