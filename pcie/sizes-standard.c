/* SPDX-License-Identifier: MIT */
/* Names and sizes of the capabilities of the first 256 bytes. */
#include "pcie/sizes.h"

static unsigned word(const iom_pci_config *c, unsigned offset)
{
	return iom_pci_config_read(c, offset, 2);
}

/* 7.7.1 MSI: a 64-bit address and per-vector masks each add registers. */
static unsigned msi(const iom_pci_config *c, unsigned at)
{
	unsigned control = word(c, at + 2);
	unsigned size = control >> 7 & 1 ? 14 : 10;

	if (control >> 8 & 1)
		size = control >> 7 & 1 ? 24 : 20;
	return size;
}

/* PCI-X 2.0, 7.2: a bridge's is longer, as is that of version 1 and 2 with ECC. */
static unsigned pcix(const iom_pci_config *c, unsigned at)
{
	bool bridge = (c->bytes[PCI_HEADER_TYPE] & 0x7f) == 1;
	unsigned version = word(c, at + 2) >> 12 & 3;

	if (bridge)
		return version ? 0x20 : 0x10; /* four ECC registers */
	return version ? 0x18 : 8;
}

/* 7.9.4 Vendor-Specific: the third byte is the length. */
static unsigned vendor(const iom_pci_config *c, unsigned at)
{
	unsigned length = iom_pci_config_read(c, at + 2, 1);

	return length >= 3 && at + length <= 0x100 ? length : 0;
}

/* 7.5.3: version 1 stops behind the registers of the port's type. */
static unsigned express(const iom_pci_config *c, unsigned at)
{
	unsigned flags = word(c, at + 2), type = flags >> 4 & 15;

	if ((flags & 15) >= 2)
		return 0x3c;
	if (type == 4 || type == 10)
		return 0x24;
	if (type == 6 || type == 5)
		return 0x1c;
	return type == 9 ? 0x0c : 0x14;
}

/* 7.8.5 Enhanced Allocation: entries of a length that each tells. */
static unsigned enhanced_allocation(const iom_pci_config *c, unsigned at)
{
	unsigned n = iom_pci_config_read(c, at + 2, 1) & 0x3f;
	unsigned size = (c->bytes[PCI_HEADER_TYPE] & 0x7f) == 1 ? 8 : 4;

	while (n-- > 0) {
		if (at + size + 4 > 0x100)
			return 0;
		size += 4 + (iom_pci_config_read(c, at + size, 4) & 7) * 4;
	}
	return at + size <= 0x100 ? size : 0;
}

/* AGP 3.0 adds aperture and isochronous registers to the three of AGP 2.0. */
static unsigned agp(const iom_pci_config *c, unsigned at)
{
	return iom_pci_config_read(c, at + 2, 1) >> 4 >= 3 ? 0x24 : 0x0c;
}

/* Serial ATA AHCI 1.3.1, 2.2 SATA Capability: index and data may follow. */
static unsigned sata(const iom_pci_config *c, unsigned at)
{
	return (iom_pci_config_read(c, at + 4, 1) & 15) == 15 ? 16 : 8;
}

/*
 * HyperTransport 3.1, 7 HyperTransport Configuration: what a block is follows from
 * the upper bits of its command, three for the interfaces and five for the rest.
 */
static unsigned hypertransport(const iom_pci_config *c, unsigned at)
{
	unsigned command = word(c, at + 2);

	switch (command >> 13) {
	case 0:
		return 28; /* slave, or primary interface */
	case 1:
		return 24; /* host, or secondary interface */
	default:
		break;
	}
	switch (command >> 11) {
	case 0x08: /* switch */
		return 24;
	case 0x10: /* interrupt discovery */
		return 8;
	case 0x11: /* revision */
		return 4;
	case 0x12: /* UnitID clumping */
	case 0x13: /* extended configuration space access */
	case 0x16: /* direct route */
	case 0x18: /* retry mode */
		return 12;
	case 0x14: /* address mapping of 40 or of 64 bits */
		if ((command >> 9 & 3) == 0)
			return 12 + (command & 15) * 8;
		return (command >> 9 & 3) == 1 ? 16 : 0;
	case 0x15: /* MSI mapping: a fixed one has no address */
		return command & 2 ? 4 : 12;
	case 0x17: /* VCSet */
		return 16;
	default:
		return 0;
	}
}

/* AMD: block type 0 is the device exclusion vector, 3 the IOMMU's own. */
static unsigned secure_device(const iom_pci_config *c, unsigned at)
{
	uint32_t header = iom_pci_config_read(c, at, 4);

	switch (header >> 16 & 7) {
	case 0:
		return 12;
	case 3:
		return header >> 28 & 1 ? 0x18 : 0x14;
	default:
		return 0;
	}
}

static const iom_pci_known known[] = {
	{ 0x00, "Null", "Null", 0, NULL },
	{ 0x01, "PM", "Power Management", 8, NULL },
	{ 0x02, "AGP", "Accelerated Graphics Port", 0, agp },
	{ 0x03, "VPD", "Vital Product Data", 8, NULL },
	{ 0x04, "SLOTID", "Slot Identification", 4, NULL },
	{ 0x05, "MSI", "Message Signalled Interrupts", 0, msi },
	{ 0x06, "CHSWP", "CompactPCI Hot Swap", 4, NULL },
	{ 0x07, "PCIX", "PCI-X", 0, pcix },
	{ 0x08, "HT", "HyperTransport", 0, hypertransport },
	{ 0x09, "VNDR", "Vendor-Specific", 0, vendor },
	{ 0x0a, "DBG", "Debug Port", 4, NULL },
	{ 0x0b, "CCRC", "CompactPCI Central Resource Control", 0, NULL },
	{ 0x0c, "SHPC", "Hot-Plug Controller", 8, NULL },
	{ 0x0d, "SSVID", "Bridge Subsystem Vendor ID", 8, NULL },
	{ 0x0e, "AGP8X", "AGP 8x", 0, agp },
	{ 0x0f, "SECURE", "Secure Device", 0, secure_device },
	{ 0x10, "EXP", "PCI Express", 0, express },
	{ 0x11, "MSIX", "MSI-X", 12, NULL },
	{ 0x12, "SATA", "SATA HBA", 0, sata },
	{ 0x13, "AF", "Advanced Features", 6, NULL },
	{ 0x14, "EA", "Enhanced Allocation", 0, enhanced_allocation },
	{ 0x15, "FPB", "Flattening Portal Bridge", 0x24, NULL },
};

const iom_pci_known *iom_pci_known_standard(unsigned id)
{
	return id < G_N_ELEMENTS(known) ? &known[id] : NULL;
}
