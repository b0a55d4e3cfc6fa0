/* SPDX-License-Identifier: MIT */
/*
 * What is known of single devices. A gap proves nothing, so knowledge of the
 * device is the only proof that a place is free. A device that has a physical
 * PASID capability tells the best place by itself: the host hides it, its bytes
 * are no other register, and drivers find it where they always did. Places are
 * those of dumps of the physical configuration space.
 */
#include "pcie/internal.h"

static const iom_pci_quirk builtin[] = {
	{ 0x8086, 0x0b25, 0x230, IOM_PCI_EXT_PASID, 0, 0,
	  "Intel Data Streaming Accelerator: the physical PASID capability is at 0x230" },
	{ 0x1002, 0x7300, 0x2d0, IOM_PCI_EXT_PASID, 0, 0,
	  "AMD Fiji: the physical PASID capability is at 0x2d0" },
	{ 0x1002, 0x731f, 0x2d0, IOM_PCI_EXT_PASID, 0, 0,
	  "AMD Navi 10: the physical PASID capability is at 0x2d0" },
	{ 0x1912, 0x0015, 0, 0, 0x140, 16,
	  "Renesas uPD720202: a serial number capability that no pointer leads to" },
};

/* Iterate from *index 0: the caller's quirks, then the built-in ones. */
const iom_pci_quirk *iom_pci_quirk_next(const iom_pci_config *config,
					const iom_pci_place_options *options, unsigned *index)
{
	unsigned vendor = iom_pci_config_read(config, PCI_VENDOR, 2);
	unsigned device = iom_pci_config_read(config, PCI_DEVICE, 2);
	unsigned given = options ? options->n_quirks : 0;

	while (*index < given + G_N_ELEMENTS(builtin)) {
		unsigned i = (*index)++;
		const iom_pci_quirk *q = i < given ? &options->quirks[i] : &builtin[i - given];

		if (q->vendor == vendor && q->device == device)
			return q;
	}
	return NULL;
}
