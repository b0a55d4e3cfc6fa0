/* SPDX-License-Identifier: MIT */
/*
 * Sizes: each case gives the registers that decide and the size that follows
 * from the structure in the specification. Many are also those of real devices,
 * where the next capability follows without a gap.
 */
#include "suites.h"

#include <string.h>

typedef struct size_case {
	const char *what;
	unsigned id, version;
	unsigned flags; /* PCI Express Capabilities register */
	uint32_t link; /* Link Capabilities */
	uint32_t devcap2;
	uint32_t regs[8]; /* from offset 4 of the capability */
	unsigned size;
	iom_pci_size_kind kind;
} size_case;

#define EP 0x0002u
#define ROOT 0x0042u
#define UP 0x0052u
#define X(n) ((n) << 4)

static const size_case cases[] = {
	{ "AER of an endpoint", 0x01, 1, EP, X(1), 0, { 0 }, 0x2c, IOM_PCI_SIZE_COMPUTED },
	{ "AER of a root port", 0x01, 1, ROOT, X(1), 0, { 0 }, 0x38, IOM_PCI_SIZE_COMPUTED },
	{ "AER with prefixes", 0x01, 1, EP, X(1), 1u << 21, { 0 }, 0x48, IOM_PCI_SIZE_COMPUTED },
	{ "AER with PCI Express version 1",
	  0x01,
	  1,
	  0x0001,
	  X(1),
	  1u << 21,
	  { 0 },
	  0x2c,
	  IOM_PCI_SIZE_COMPUTED },
	{ "AER version 2", 0x01, 2, EP, X(1), 0, { 0 }, 0x48, IOM_PCI_SIZE_COMPUTED },
	{ "AER in flit mode", 0x01, 2, EP | 1u << 15, X(1), 0, { 0 }, 0x60, IOM_PCI_SIZE_COMPUTED },
	{ "VC, one", 0x02, 1, EP, X(1), 0, { 0 }, 0x1c, IOM_PCI_SIZE_COMPUTED },
	{ "VC, two", 0x02, 1, EP, X(1), 0, { 1 }, 0x28, IOM_PCI_SIZE_COMPUTED },
	{ "VC with a table of 64 phases",
	  0x02,
	  1,
	  UP,
	  X(1),
	  0,
	  { 1, 3u << 24 | 4 },
	  0x50,
	  IOM_PCI_SIZE_COMPUTED },
	{ "VC with a port table of 128 phases of 4 bits",
	  0x02,
	  1,
	  UP,
	  X(1),
	  0,
	  { 2u << 10, 0, 0, 2u << 24 | 8 },
	  0x60,
	  IOM_PCI_SIZE_COMPUTED },
	{ "DSN", 0x03, 1, EP, X(1), 0, { 0 }, 12, IOM_PCI_SIZE_FIXED },
	{ "PB", 0x04, 1, EP, X(1), 0, { 0 }, 16, IOM_PCI_SIZE_FIXED },
	{ "RCLD of three links", 0x05, 1, ROOT, X(1), 0, { 0x300 }, 64, IOM_PCI_SIZE_COMPUTED },
	{ "RCEC version 1", 0x07, 1, 0xa2, 0, 0, { 0 }, 8, IOM_PCI_SIZE_COMPUTED },
	{ "RCEC version 2", 0x07, 2, 0xa2, 0, 0, { 0 }, 12, IOM_PCI_SIZE_COMPUTED },
	{ "VSEC of 0xb0", 0x0b, 1, EP, X(1), 0, { 0xb0u << 20 }, 0xb0, IOM_PCI_SIZE_COMPUTED },
	{ "VSEC without a length", 0x0b, 1, EP, X(1), 0, { 0 }, 0, IOM_PCI_SIZE_UNKNOWN },
	{ "ACS", 0x0d, 1, ROOT, X(1), 0, { 0x1f }, 8, IOM_PCI_SIZE_COMPUTED },
	{ "ACS with a vector of 8", 0x0d, 1, ROOT, X(1), 0, { 0x83f }, 12, IOM_PCI_SIZE_COMPUTED },
	{ "ACS with a vector of 256", 0x0d, 1, ROOT, X(1), 0, { 0x3f }, 40, IOM_PCI_SIZE_COMPUTED },
	{ "ARI", 0x0e, 1, EP, X(1), 0, { 0 }, 8, IOM_PCI_SIZE_FIXED },
	{ "ATS", 0x0f, 1, EP, X(1), 0, { 0 }, 8, IOM_PCI_SIZE_FIXED },
	{ "SR-IOV", 0x10, 1, EP, X(1), 0, { 0 }, 64, IOM_PCI_SIZE_FIXED },
	{ "Multicast of an endpoint", 0x12, 1, EP, X(1), 0, { 0 }, 40, IOM_PCI_SIZE_COMPUTED },
	{ "Multicast of a port", 0x12, 1, UP, X(1), 0, { 0 }, 48, IOM_PCI_SIZE_COMPUTED },
	{ "PRI", 0x13, 1, EP, X(1), 0, { 0 }, 16, IOM_PCI_SIZE_FIXED },
	{ "REBAR of two", 0x15, 1, EP, X(1), 0, { 0, 2u << 5 }, 20, IOM_PCI_SIZE_COMPUTED },
	{ "REBAR of none", 0x15, 1, EP, X(1), 0, { 0, 0 }, 0, IOM_PCI_SIZE_UNKNOWN },
	{ "DPA of six substates", 0x16, 1, EP, X(1), 0, { 5 }, 24, IOM_PCI_SIZE_COMPUTED },
	{ "TPH without a table", 0x17, 1, EP, X(1), 0, { 0 }, 12, IOM_PCI_SIZE_COMPUTED },
	{ "TPH with a table of 64",
	  0x17,
	  1,
	  EP,
	  X(1),
	  0,
	  { 63u << 16 | 1u << 9 },
	  140,
	  IOM_PCI_SIZE_COMPUTED },
	{ "TPH with a table in MSI-X",
	  0x17,
	  1,
	  EP,
	  X(1),
	  0,
	  { 63u << 16 | 2u << 9 },
	  12,
	  IOM_PCI_SIZE_COMPUTED },
	{ "LTR", 0x18, 1, EP, X(1), 0, { 0 }, 8, IOM_PCI_SIZE_FIXED },
	{ "Secondary, x16", 0x19, 1, EP, X(16), 0, { 0 }, 44, IOM_PCI_SIZE_COMPUTED },
	{ "Secondary, x1", 0x19, 1, EP, X(1), 0, { 0 }, 16, IOM_PCI_SIZE_COMPUTED },
	{ "Secondary, link not told", 0x19, 1, EP, 0, 0, { 0 }, 0, IOM_PCI_SIZE_UNKNOWN },
	{ "PASID", 0x1b, 1, EP, X(1), 0, { 0 }, 8, IOM_PCI_SIZE_FIXED },
	{ "DPC", 0x1d, 1, ROOT, X(1), 0, { 0 }, 12, IOM_PCI_SIZE_COMPUTED },
	{ "DPC with logs of 9 words",
	  0x1d,
	  1,
	  ROOT,
	  X(1),
	  0,
	  { 0x920 },
	  68,
	  IOM_PCI_SIZE_COMPUTED },
	{ "L1 substates", 0x1e, 1, EP, X(1), 0, { 0x1f }, 16, IOM_PCI_SIZE_COMPUTED },
	{ "L1 substates with status", 0x1e, 1, EP, X(1), 0, { 0x3f }, 20, IOM_PCI_SIZE_COMPUTED },
	{ "PTM", 0x1f, 1, EP, X(1), 0, { 0 }, 12, IOM_PCI_SIZE_FIXED },
	{ "DVSEC of 24", 0x23, 1, EP, X(1), 0, { 24u << 20 }, 24, IOM_PCI_SIZE_COMPUTED },
	{ "Data Link Feature", 0x25, 1, EP, X(1), 0, { 0 }, 12, IOM_PCI_SIZE_FIXED },
	{ "16 GT/s, x4", 0x26, 1, EP, X(4), 0, { 0 }, 36, IOM_PCI_SIZE_COMPUTED },
	{ "Lane margining, x4", 0x27, 1, EP, X(4), 0, { 0 }, 24, IOM_PCI_SIZE_COMPUTED },
	{ "32 GT/s, x16", 0x2a, 1, EP, X(16), 0, { 0 }, 48, IOM_PCI_SIZE_COMPUTED },
	{ "DOE", 0x2e, 1, EP, X(1), 0, { 0 }, 24, IOM_PCI_SIZE_FIXED },
	{ "Device 3", 0x2f, 1, EP, X(1), 0, { 0 }, 16, IOM_PCI_SIZE_FIXED },
	{ "IDE with two links", 0x30, 1, EP, X(1), 0, { 1u << 13 | 1 }, 28, IOM_PCI_SIZE_COMPUTED },
	{ "IDE with a stream of one range",
	  0x30,
	  1,
	  EP,
	  X(1),
	  0,
	  { 2, 0, 1 },
	  44,
	  IOM_PCI_SIZE_COMPUTED },
	{ "64 GT/s, x8", 0x31, 1, EP, X(8), 0, { 0 }, 24, IOM_PCI_SIZE_COMPUTED },
	{ "PMUX of no protocol", 0x1a, 1, ROOT, X(1), 0, { 0 }, 16, IOM_PCI_SIZE_COMPUTED },
	{ "PMUX of 63", 0x1a, 1, ROOT, X(1), 0, { 0xff3f }, 268, IOM_PCI_SIZE_COMPUTED },
	{ "M-PCIe", 0x20, 1, EP, X(1), 0, { 0 }, 0x1c, IOM_PCI_SIZE_FIXED },
	{ "Shadow Functions", 0x2d, 1, EP, X(1), 0, { 0 }, 0x1c, IOM_PCI_SIZE_FIXED },
	{ "Flit Logging", 0x32, 1, EP, X(1), 0, { 0 }, 0x3c, IOM_PCI_SIZE_FIXED },
	{ "Flit Performance", 0x33, 1, EP, X(1), 0, { 0 }, 0x24, IOM_PCI_SIZE_FIXED },
	{ "Flit Error Injection", 0x34, 1, EP, X(1), 0, { 0 }, 0x24, IOM_PCI_SIZE_FIXED },
	{ "SVC of one", 0x35, 1, EP, X(1), 0, { 0 }, 0x20, IOM_PCI_SIZE_COMPUTED },
	{ "SVC of eight", 0x35, 1, EP, X(1), 0, { 7 }, 0x74, IOM_PCI_SIZE_COMPUTED },
	{ "MRBL of three", 0x36, 1, EP, X(1), 0, { 32 }, 32, IOM_PCI_SIZE_COMPUTED },
	{ "MRBL without a length", 0x36, 1, EP, X(1), 0, { 4 }, 0, IOM_PCI_SIZE_UNKNOWN },
	{ "NOP Flit", 0x37, 1, EP, X(1), 0, { 0 }, 0x14, IOM_PCI_SIZE_FIXED },
	{ "MR-IOV", 0x11, 1, EP, X(1), 0, { 0 }, 0, IOM_PCI_SIZE_UNKNOWN },
	{ "Null", 0x00, 1, EP, X(1), 0, { 0 }, 0, IOM_PCI_SIZE_UNKNOWN },
	{ "an id nobody defined", 0x1234, 1, EP, X(1), 0, { 0 }, 0, IOM_PCI_SIZE_UNKNOWN },
};

static void extended(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		const size_case *t = &cases[i];
		iom_pci_config *c = test_endpoint();
		iom_pci_size_kind kind;
		unsigned got;

		iom_pci_config_set(c, 0x42, 2, t->flags);
		iom_pci_config_set(c, 0x4c, 4, t->link);
		iom_pci_config_set(c, 0x64, 4, t->devcap2);
		test_header(c, 0x100, t->id, t->version, 0);
		for (unsigned k = 0; k < 8; k++)
			iom_pci_config_set(c, 0x104 + 4 * k, 4, t->regs[k]);
		got = iom_pci_capability_size(c, IOM_PCI_EXTENDED, 0x100, &kind);
		if (got != t->size || kind != t->kind) {
			g_printerr("%s: %u bytes, want %u\n", t->what, got, t->size);
			CU_FAIL("size");
		}
		iom_pci_config_free(c);
	}
}

static void standard(void)
{
	static const struct {
		unsigned id;
		uint16_t word;
		unsigned size;
	} list[] = {
		{ 0x01, 0, 8 },
		{ 0x05, 0, 10 },
		{ 0x05, 0x80, 14 },
		{ 0x05, 0x100, 20 },
		{ 0x05, 0x180, 24 },
		{ 0x10, 0x0002, 60 },
		{ 0x10, 0x0001, 20 },
		{ 0x11, 0, 12 },
		{ 0x09, 0x2c, 44 },
		{ 0x09, 0, 0 },
		{ 0x0d, 0, 8 },
		{ 0xfe, 0, 0 },
		{ 0x02, 0x20, 12 },
		{ 0x02, 0x30, 36 },
		{ 0x0e, 0x35, 36 },
		/* HyperTransport: the upper three, or five, bits of the command */
		{ 0x08, 0, 28 },
		{ 0x08, 0x2000, 24 },
		{ 0x08, 0x4000, 24 },
		{ 0x08, 0x8000, 8 },
		{ 0x08, 0x8800, 4 },
		{ 0x08, 0x9000, 12 },
		{ 0x08, 0x9800, 12 },
		{ 0x08, 0xa003, 36 },
		{ 0x08, 0xa200, 16 },
		{ 0x08, 0xa800, 12 },
		{ 0x08, 0xa802, 4 },
		{ 0x08, 0xb000, 12 },
		{ 0x08, 0xb800, 16 },
		{ 0x08, 0xc000, 12 },
		{ 0x08, 0xd000, 0 },
		/* AMD: exclusion vector, IOMMU, IOMMU with the second register */
		{ 0x0f, 0, 12 },
		{ 0x0f, 0x0003, 20 },
		{ 0x0f, 0x1003, 24 },
		{ 0x0f, 0x0005, 0 },
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(list); i++) {
		iom_pci_config *c = iom_pci_config_new(256);

		iom_pci_config_set(c, 0x50, 1, list[i].id);
		iom_pci_config_set(c, 0x52, 2, list[i].word);
		CHECK_EQ(iom_pci_capability_size(c, IOM_PCI_STANDARD, 0x50, NULL), list[i].size);
		iom_pci_config_free(c);
	}
}

/* What the header type, or a later word, decides. */
static void standard_more(void)
{
	iom_pci_config *c = iom_pci_config_new(256);

	iom_pci_config_set(c, 0x50, 1, 0x12);
	CHECK_EQ(iom_pci_capability_size(c, IOM_PCI_STANDARD, 0x50, NULL), 8);
	iom_pci_config_set(c, 0x54, 1, 0x0f);
	CHECK_EQ(iom_pci_capability_size(c, IOM_PCI_STANDARD, 0x50, NULL), 16);
	/* PCI-X: a bridge, and one with ECC registers; the same of an endpoint */
	iom_pci_config_set(c, 0x50, 4, 0x07);
	CHECK_EQ(iom_pci_capability_size(c, IOM_PCI_STANDARD, 0x50, NULL), 8);
	iom_pci_config_set(c, 0x52, 2, 0x1000);
	CHECK_EQ(iom_pci_capability_size(c, IOM_PCI_STANDARD, 0x50, NULL), 24);
	iom_pci_config_set(c, 0x0e, 1, 1);
	CHECK_EQ(iom_pci_capability_size(c, IOM_PCI_STANDARD, 0x50, NULL), 32);
	iom_pci_config_set(c, 0x52, 2, 0);
	CHECK_EQ(iom_pci_capability_size(c, IOM_PCI_STANDARD, 0x50, NULL), 16);
	iom_pci_config_free(c);
}

static void names(void)
{
	CU_ASSERT_STRING_EQUAL(iom_pci_capability_name(IOM_PCI_EXTENDED, 0x1b), "PASID");
	CU_ASSERT_STRING_EQUAL(iom_pci_capability_title(IOM_PCI_EXTENDED, 0x0f),
			       "Address Translation Services");
	CU_ASSERT_STRING_EQUAL(iom_pci_capability_name(IOM_PCI_STANDARD, 0x10), "EXP");
	CU_ASSERT_PTR_NULL(iom_pci_capability_name(IOM_PCI_EXTENDED, 0x14));
	CU_ASSERT_PTR_NULL(iom_pci_capability_name(IOM_PCI_EXTENDED, 0xffff));
	CU_ASSERT_PTR_NULL(iom_pci_capability_name(IOM_PCI_STANDARD, 0x99));
}

static const iom_test tests[] = {
	{ "extended capabilities", extended },
	{ "standard capabilities", standard },
	{ "standard capabilities that other registers decide", standard_more },
	{ "names", names },
	{ 0 },
};
const iom_suite sizes_suite = { "sizes", tests };
