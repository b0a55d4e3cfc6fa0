/* SPDX-License-Identifier: MIT */
/*
 * Names and sizes of extended capabilities. Nothing in a header tells a size, so
 * each capability that the specification defines has one here: a number, or a
 * function where the structure's own registers, or the function's link and port
 * type, decide. A computed size is the largest that those registers allow.
 */
#include "pcie/internal.h"

#include "pcie/sizes.h"

static uint32_t dword(const iom_pci_config *c, unsigned offset)
{
	return iom_pci_config_read(c, offset, 4);
}

static unsigned bits(uint32_t value, unsigned high, unsigned low)
{
	return value >> low & ((1u << (high - low + 1)) - 1);
}

/* 7.5.3.2 PCI Express Capabilities Register, 7.5.3.6 Link Capabilities Register */
unsigned iom_pci_express(const iom_pci_config *config)
{
	return iom_pci_find(config, IOM_PCI_STANDARD, IOM_PCI_CAP_EXPRESS);
}

enum { PORT_ROOT = 4, PORT_UPSTREAM = 5, PORT_DOWNSTREAM = 6, PORT_RCEC = 10 };

static unsigned port_type(const iom_pci_config *c)
{
	unsigned exp = iom_pci_express(c);

	return exp ? bits(iom_pci_config_read(c, exp + 2, 2), 7, 4) : 0;
}

/* Lanes of the widest link the port can have; 0 if it says nothing usable. */
static unsigned lanes(const iom_pci_config *c)
{
	unsigned exp = iom_pci_express(c), n = exp ? bits(dword(c, exp + 0xc), 9, 4) : 0;

	return n <= 32 ? n : 0;
}

static unsigned round4(unsigned n)
{
	return (n + 3) & ~3u;
}

/* 7.5.3.15 Device Capabilities 2 Register, which version 1 does not have. */
static uint32_t device_capabilities2(const iom_pci_config *c)
{
	unsigned exp = iom_pci_express(c);

	return exp && (iom_pci_config_read(c, exp + 2, 2) & 15) >= 2 ? dword(c, exp + 0x24) : 0;
}

/* 7.8.4 Advanced Error Reporting: root ports and prefixes and flits add registers. */
static unsigned aer(const iom_pci_config *c, unsigned at)
{
	unsigned exp = iom_pci_express(c), type = port_type(c), size = 0x2c;

	if (type == PORT_ROOT || type == PORT_RCEC)
		size = 0x38;
	if (EXT_VERSION(dword(c, at)) >= 2 || device_capabilities2(c) >> 21 & 1)
		size = 0x48; /* End-End TLP Prefix Supported */
	if (exp && iom_pci_config_read(c, exp + 2, 2) >> 15 & 1)
		size = 0x60; /* Flit Mode Supported: a log of 14 words */
	return size;
}

/* Bytes of an arbitration table of `capability` phases of `lg2` bits. */
static unsigned phases(unsigned capability)
{
	if (capability >> 5 & 1)
		return 256;
	if (capability >> 3 & 3)
		return 128;
	return capability >> 2 & 1 ? 64 : capability >> 1 & 1 ? 32 : 0;
}

/*
 * 7.9.1 Virtual Channel, 7.9.2 Multi-Function Virtual Channel: tables that lie
 * behind the registers, at offsets given in units of 16 bytes.
 */
static unsigned vc(const iom_pci_config *c, unsigned at)
{
	uint32_t cap1 = dword(c, at + 4), cap2 = dword(c, at + 8);
	unsigned n = 1 + bits(cap1, 2, 0), size = 0x10 + n * 12, table = bits(cap2, 31, 24) * 16;
	unsigned entry = 1u << bits(cap1, 11, 10); /* bits of a phase */

	if (table)
		size = MAX(size, table + phases(bits(cap2, 3, 0)) * 4 / 8);
	for (unsigned i = 0; i < n; i++) {
		uint32_t resource = dword(c, at + 0x10 + i * 12);

		table = bits(resource, 31, 24) * 16;
		if (table)
			size = MAX(size, table + phases(bits(resource, 7, 0)) * entry / 8);
	}
	return round4(size);
}

/* 7.9.8 Root Complex Link Declaration */
static unsigned rcld(const iom_pci_config *c, unsigned at)
{
	return 0x10 + bits(dword(c, at + 4), 15, 8) * 16;
}

/* 7.9.10 Root Complex Event Collector: version 2 adds the bus numbers. */
static unsigned rcec(const iom_pci_config *c, unsigned at)
{
	return EXT_VERSION(dword(c, at)) >= 2 ? 12 : 8;
}

/* 7.9.5 Vendor-Specific, 7.9.6 Designated Vendor-Specific: they say it. */
static unsigned length_field(const iom_pci_config *c, unsigned at)
{
	unsigned length = bits(dword(c, at + 4), 31, 20);

	return length >= 8 ? round4(length) : 0;
}

/* 7.7.11 Access Control Services: the egress control vector, 0 is 256 bits. */
static unsigned acs(const iom_pci_config *c, unsigned at)
{
	uint32_t cap = dword(c, at + 4);
	unsigned vector = bits(cap, 15, 8);

	if (!(cap >> 5 & 1))
		return 8;
	return 8 + ((vector ? vector : 256) + 31) / 32 * 4;
}

/* 7.9.11 Multicast: the overlay BAR is for ports. */
static unsigned multicast(const iom_pci_config *c, unsigned at)
{
	unsigned type = port_type(c);

	(void)at;
	return type == PORT_ROOT || type == PORT_UPSTREAM || type == PORT_DOWNSTREAM ? 0x30 : 0x28;
}

/* 7.8.6 Resizable BAR, 7.8.7 VF Resizable BAR */
static unsigned rebar(const iom_pci_config *c, unsigned at)
{
	unsigned n = bits(dword(c, at + 8), 7, 5);

	return n >= 1 && n <= 6 ? 4 + n * 8 : 0;
}

/* 7.9.12 Dynamic Power Allocation: a byte for each substate. */
static unsigned dpa(const iom_pci_config *c, unsigned at)
{
	return 0x10 + round4(bits(dword(c, at + 4), 4, 0) + 1);
}

/* 7.9.13 TPH Requester: the steering table may be here. */
static unsigned tph(const iom_pci_config *c, unsigned at)
{
	uint32_t cap = dword(c, at + 4);

	if (bits(cap, 10, 9) != 1)
		return 12;
	return 12 + round4((bits(cap, 26, 16) + 1) * 2);
}

/* 7.7.3 Secondary PCI Express: 16 bits of equalization for each lane. */
static unsigned secondary(const iom_pci_config *c, unsigned at)
{
	unsigned n = lanes(c);

	(void)at;
	return n ? 12 + round4(n * 2) : 0;
}

/* 7.7.5 16.0 GT/s, 7.7.6 32.0 GT/s: a byte for each lane behind 32. */
static unsigned physical(const iom_pci_config *c, unsigned at)
{
	unsigned n = lanes(c);

	(void)at;
	return n ? 0x20 + round4(n) : 0;
}

/* 7.7.7 64.0 GT/s */
static unsigned physical64(const iom_pci_config *c, unsigned at)
{
	unsigned n = lanes(c);

	(void)at;
	return n ? 0x10 + round4(n) : 0;
}

/* 7.7.10 Lane Margining at the Receiver */
static unsigned margining(const iom_pci_config *c, unsigned at)
{
	unsigned n = lanes(c);

	(void)at;
	return n ? 8 + n * 4 : 0;
}

/* 7.9.14 Downstream Port Containment: logs with root port extensions. */
static unsigned dpc(const iom_pci_config *c, unsigned at)
{
	unsigned cap = bits(dword(c, at + 4), 15, 0);

	if (!(cap >> 5 & 1))
		return 12;
	return 0x20 + (bits(cap, 11, 8) | bits(cap, 12, 12) << 4) * 4;
}

/* 7.8.3 L1 PM Substates: the status register came later. */
static unsigned l1pm(const iom_pci_config *c, unsigned at)
{
	return dword(c, at + 4) >> 5 & 1 ? 0x14 : 0x10;
}

/* 7.9.21 Alternate Protocol: a mask if protocols can be enabled one by one. */
static unsigned alternate(const iom_pci_config *c, unsigned at)
{
	return dword(c, at + 4) >> 8 & 1 ? 0x18 : 0x14;
}

/* 7.9.26 Integrity and Data Encryption: blocks of link and of selective streams. */
static unsigned ide(const iom_pci_config *c, unsigned at)
{
	uint32_t cap = dword(c, at + 4);
	unsigned size = 12;

	if (cap & 1)
		size += (bits(cap, 15, 13) + 1) * 8;
	for (unsigned i = 0; cap & 2 && i <= bits(cap, 23, 16); i++) {
		if (at + size + 4 > c->size)
			return 0;
		size += 20 + bits(dword(c, at + size), 3, 0) * 12;
	}
	return size;
}

/* 7.9.29 Streamlined Virtual Channel: three registers for each channel. */
static unsigned svc(const iom_pci_config *c, unsigned at)
{
	return 0x14 + (1 + bits(dword(c, at + 4), 2, 0)) * 12;
}

/* 7.9.30 MMIO Register Block Locator: it says its length, locators of 8 bytes. */
static unsigned mrbl(const iom_pci_config *c, unsigned at)
{
	unsigned length = bits(dword(c, at + 4), 11, 0);

	return length >= 8 ? round4(length) : 0;
}

/* Protocol Multiplexing: a register for each protocol that the array has. */
static unsigned pmux(const iom_pci_config *c, unsigned at)
{
	return 0x10 + bits(dword(c, at + 4), 5, 0) * 4;
}

/*
 * Without a size: id 0, which no capability has; MR-IOV, which a
 * specification of its own defined and which was taken back; and those that only
 * revision 7.0 defines.
 */
static const iom_pci_known known[] = {
	{ 0x0000, "Null", "Null", 0, NULL },
	{ 0x0001, "AER", "Advanced Error Reporting", 0, aer },
	{ 0x0002, "VC", "Virtual Channel", 0, vc },
	{ 0x0003, "DSN", "Device Serial Number", 12, NULL },
	{ 0x0004, "PB", "Power Budgeting", 16, NULL },
	{ 0x0005, "RCLD", "Root Complex Link Declaration", 0, rcld },
	{ 0x0006, "RCILC", "Root Complex Internal Link Control", 12, NULL },
	{ 0x0007, "RCEC", "Root Complex Event Collector Endpoint Association", 0, rcec },
	{ 0x0008, "MFVC", "Multi-Function Virtual Channel", 0, vc },
	{ 0x0009, "VC9", "Virtual Channel (MFVC present)", 0, vc },
	{ 0x000a, "RCRB", "Root Complex Register Block Header", 20, NULL },
	{ 0x000b, "VSEC", "Vendor-Specific", 0, length_field },
	{ 0x000c, "CAC", "Configuration Access Correlation", 8, NULL },
	{ 0x000d, "ACS", "Access Control Services", 0, acs },
	{ 0x000e, "ARI", "Alternative Routing-ID Interpretation", 8, NULL },
	{ 0x000f, "ATS", "Address Translation Services", 8, NULL },
	{ 0x0010, "SRIOV", "Single Root I/O Virtualization", 64, NULL },
	{ 0x0011, "MRIOV", "Multi-Root I/O Virtualization", 0, NULL },
	{ 0x0012, "MCAST", "Multicast", 0, multicast },
	{ 0x0013, "PRI", "Page Request Interface", 16, NULL },
	{ 0x0015, "REBAR", "Resizable BAR", 0, rebar },
	{ 0x0016, "DPA", "Dynamic Power Allocation", 0, dpa },
	{ 0x0017, "TPH", "TPH Requester", 0, tph },
	{ 0x0018, "LTR", "Latency Tolerance Reporting", 8, NULL },
	{ 0x0019, "SECPCI", "Secondary PCI Express", 0, secondary },
	{ 0x001a, "PMUX", "Protocol Multiplexing", 0, pmux },
	{ 0x001b, "PASID", "Process Address Space ID", 8, NULL },
	{ 0x001c, "LNR", "LN Requester", 8, NULL },
	{ 0x001d, "DPC", "Downstream Port Containment", 0, dpc },
	{ 0x001e, "L1PM", "L1 PM Substates", 0, l1pm },
	{ 0x001f, "PTM", "Precision Time Measurement", 12, NULL },
	{ 0x0020, "MPCIE", "PCI Express over M-PHY", 0x1c, NULL },
	{ 0x0021, "FRSQ", "FRS Queueing", 16, NULL },
	{ 0x0022, "RTR", "Readiness Time Reporting", 12, NULL },
	{ 0x0023, "DVSEC", "Designated Vendor-Specific", 0, length_field },
	{ 0x0024, "VFREBAR", "VF Resizable BAR", 0, rebar },
	{ 0x0025, "DLNK", "Data Link Feature", 12, NULL },
	{ 0x0026, "16GT", "Physical Layer 16.0 GT/s", 0, physical },
	{ 0x0027, "LMR", "Lane Margining at the Receiver", 0, margining },
	{ 0x0028, "HID", "Hierarchy ID", 32, NULL },
	{ 0x0029, "NPEM", "Native PCIe Enclosure Management", 16, NULL },
	{ 0x002a, "32GT", "Physical Layer 32.0 GT/s", 0, physical },
	{ 0x002b, "ALTP", "Alternate Protocol", 0, alternate },
	{ 0x002c, "SFI", "System Firmware Intermediary", 20, NULL },
	{ 0x002d, "SHADOW", "Shadow Functions", 0x1c, NULL },
	{ 0x002e, "DOE", "Data Object Exchange", 24, NULL },
	{ 0x002f, "DEV3", "Device 3", 16, NULL },
	{ 0x0030, "IDE", "Integrity and Data Encryption", 0, ide },
	{ 0x0031, "64GT", "Physical Layer 64.0 GT/s", 0, physical64 },
	{ 0x0032, "FLITLOG", "Flit Logging", 0x3c, NULL },
	{ 0x0033, "FLITPERF", "Flit Performance Measurement", 0x24, NULL },
	{ 0x0034, "FLITERR", "Flit Error Injection", 0x24, NULL },
	{ 0x0035, "SVC", "Streamlined Virtual Channel", 0, svc },
	{ 0x0036, "MRBL", "MMIO Register Block Locator", 0, mrbl },
	{ 0x0037, "NOPFLIT", "NOP Flit", 0x14, NULL },
	{ 0x0038, "SIOV", "Scalable I/O Virtualization", 0, NULL },
	{ 0x0039, "128GT", "Physical Layer 128.0 GT/s", 0, NULL },
	{ 0x003a, "CAPTD", "Captured Data", 0, NULL },
};

static const iom_pci_known *find(iom_pci_list list, unsigned id)
{
	if (list == IOM_PCI_STANDARD)
		return iom_pci_known_standard(id);
	for (unsigned i = 0; i < G_N_ELEMENTS(known); i++) {
		if (known[i].id == id)
			return &known[i];
	}
	return NULL;
}

const char *iom_pci_capability_name(iom_pci_list list, unsigned id)
{
	const iom_pci_known *k = find(list, id);

	return k ? k->name : NULL;
}

const char *iom_pci_capability_title(iom_pci_list list, unsigned id)
{
	const iom_pci_known *k = find(list, id);

	return k ? k->title : NULL;
}

unsigned iom_pci_capability_size(const iom_pci_config *config, iom_pci_list list, unsigned offset,
				 iom_pci_size_kind *kind)
{
	unsigned id = iom_pci_config_read(config, offset, list == IOM_PCI_STANDARD ? 1 : 2);
	const iom_pci_known *k = find(list, id);
	unsigned size = k ? k->size : 0;
	iom_pci_size_kind how = IOM_PCI_SIZE_FIXED;

	if (k && k->compute) {
		size = k->compute(config, offset);
		how = IOM_PCI_SIZE_COMPUTED;
	}
	if (kind)
		*kind = size ? how : IOM_PCI_SIZE_UNKNOWN;
	return size;
}
