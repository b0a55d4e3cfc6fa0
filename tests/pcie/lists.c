/* SPDX-License-Identifier: MIT */
/* Walking lists: oddities of real devices, and lists that are broken. */
#include "suites.h"

#include <string.h>

static void expect(const iom_pci_config *c, const char *offsets, iom_pci_defect defect)
{
	iom_pci_chain *chain = iom_pci_walk(c, IOM_PCI_EXTENDED);
	g_autofree char *got = test_offsets(c), *text = iom_pci_defect_text(chain);

	CU_ASSERT_STRING_EQUAL(got, offsets);
	if (strcmp(got, offsets) != 0)
		g_printerr("got %s, want %s\n", got, offsets);
	CHECK_EQ(chain->defect, defect);
	CU_ASSERT_EQUAL(text != NULL, defect != IOM_PCI_SOUND);
	CU_ASSERT_TRUE(!text || !strchr(text, '\n'));
	iom_pci_chain_free(chain);
}

static void forwards_and_backwards(void)
{
	iom_pci_config *c = test_endpoint();

	expect(c, "", IOM_PCI_SOUND);
	test_header(c, 0x100, 0x0001, 1, 0x220);
	test_header(c, 0x220, 0x000d, 1, 0x150);
	test_header(c, 0x150, 0x001f, 1, 0);
	expect(c, "100 220 150", IOM_PCI_SOUND);
	test_header(c, 0x150, 0x001f, 1, 0xffc);
	test_header(c, 0xffc, 0x0000, 1, 0);
	expect(c, "100 220 150 ffc", IOM_PCI_SOUND);
	iom_pci_config_free(c);
}

/* Id 0 is an entry as long as its header is not zero as a whole. */
static void null_entries(void)
{
	iom_pci_config *c = test_endpoint();

	test_header(c, 0x100, 0, 0, 0x140);
	test_header(c, 0x140, 0x0003, 1, 0x150);
	test_header(c, 0x150, 0, 0, 0x200);
	test_header(c, 0x200, 0x0018, 1, 0x300);
	expect(c, "100 140 150 200", IOM_PCI_SOUND);
	iom_pci_config_free(c);
}

static void broken(void)
{
	iom_pci_config *c = test_endpoint();

	test_header(c, 0x100, 1, 1, 0x100);
	expect(c, "100", IOM_PCI_LOOP);
	test_header(c, 0x100, 1, 1, 0x200);
	test_header(c, 0x200, 3, 1, 0x300);
	test_header(c, 0x300, 4, 1, 0x200);
	expect(c, "100 200 300", IOM_PCI_LOOP);
	test_header(c, 0x300, 4, 1, 0x0fc);
	expect(c, "100 200 300", IOM_PCI_OUTSIDE);
	test_header(c, 0x300, 4, 1, 0x403);
	test_header(c, 0x400, 5, 1, 0);
	expect(c, "100 200 300 400", IOM_PCI_UNALIGNED);
	test_header(c, 0x300, 4, 1, 0x400);
	iom_pci_config_set(c, 0x400, 4, UINT32_MAX);
	expect(c, "100 200 300", IOM_PCI_ALL_ONES);
	iom_pci_config_set(c, 0x100, 4, UINT32_MAX);
	expect(c, "", IOM_PCI_ALL_ONES);
	iom_pci_config_free(c);
}

/* A dump of 320 bytes whose list goes on behind them. */
static void cut_short(void)
{
	iom_pci_config *whole = test_endpoint(), *c;
	g_autoptr(GString) text = g_string_new(NULL);
	GError *error = NULL;
	char *cut;

	test_header(whole, 0x100, 1, 1, 0x13c);
	test_header(whole, 0x13c, 3, 0, 0x150);
	iom_pci_config_print(whole, NULL, text);
	cut = strstr(text->str, "140:");
	CU_ASSERT_PTR_NOT_NULL_FATAL(cut);
	c = iom_pci_config_parse(text->str, (size_t)(cut - text->str), "cut", NULL, &error);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CHECK_EQ(iom_pci_config_size(c), 320);
	expect(c, "100 13c", IOM_PCI_BEYOND);
	iom_pci_config_free(c);
	iom_pci_config_free(whole);
}

/* A conventional function whose extended space mirrors its first 256 bytes. */
static void no_express(void)
{
	iom_pci_config *c = iom_pci_config_new(IOM_PCI_CONFIG_SIZE);

	iom_pci_build_header(c, 0x1002, 0x7911, 0x060000, 0);
	test_header(c, 0x100, 0x1002, 1, 0x791);
	test_header(c, 0x790, 0, 0, 0xd00);
	test_header(c, 0xd00, 0x1002, 1, 0x791);
	expect(c, "", IOM_PCI_SOUND);
	CU_ASSERT_TRUE(iom_pci_build_capability(c, IOM_PCI_STANDARD, 0xc0, 0x08, 0));
	expect(c, "", IOM_PCI_SOUND);
	CU_ASSERT_TRUE(iom_pci_build_capability(c, IOM_PCI_STANDARD, 0x50, IOM_PCI_CAP_PCIX, 0));
	expect(c, "100 790 d00", IOM_PCI_UNALIGNED);
	iom_pci_config_free(c);
}

static void standard(void)
{
	iom_pci_config *c = iom_pci_config_new(256);
	iom_pci_chain *chain;

	iom_pci_build_header(c, 0x1234, 1, 0, 0);
	CU_ASSERT_TRUE(iom_pci_build_capability(c, IOM_PCI_STANDARD, 0x80, IOM_PCI_CAP_PM, 0));
	CU_ASSERT_TRUE(iom_pci_build_capability(c, IOM_PCI_STANDARD, 0x50, IOM_PCI_CAP_MSI, 0));
	CU_ASSERT_FALSE(iom_pci_build_capability(c, IOM_PCI_STANDARD, 0x50, IOM_PCI_CAP_MSI, 0));
	CU_ASSERT_FALSE(iom_pci_build_capability(c, IOM_PCI_STANDARD, 0x3c, IOM_PCI_CAP_MSI, 0));
	chain = iom_pci_walk(c, IOM_PCI_STANDARD);
	CHECK_EQ(chain->n, 2);
	CHECK_EQ(chain->capabilities[0].offset, 0x80);
	CHECK_EQ(chain->capabilities[1].offset, 0x50);
	CHECK_EQ(chain->capabilities[1].size, 10);
	iom_pci_chain_free(chain);
	/* the Status register rules */
	iom_pci_config_set(c, 6, 2, 0);
	chain = iom_pci_walk(c, IOM_PCI_STANDARD);
	CHECK_EQ(chain->n, 0);
	CU_ASSERT_FALSE(chain->exists);
	iom_pci_chain_free(chain);
	iom_pci_config_set(c, 6, 2, 0x10);
	iom_pci_config_set(c, 0x51, 1, 0x80);
	chain = iom_pci_walk(c, IOM_PCI_STANDARD);
	CHECK_EQ(chain->n, 2);
	CHECK_EQ(chain->defect, IOM_PCI_LOOP);
	iom_pci_chain_free(chain);
	iom_pci_config_free(c);
}

/* Every space, however wild, ends with headers that differ. */
static void random_spaces(void)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(7);

	for (unsigned round = 0; round < 3000; round++) {
		iom_pci_config *c = test_endpoint();
		bool seen[IOM_PCI_CONFIG_SIZE] = { false }, twice = false;
		iom_pci_chain *chain;
		unsigned start = round & 1 ? 0x100 : 0x34;

		for (unsigned at = start; at < IOM_PCI_CONFIG_SIZE; at += 4) {
			uint32_t value = g_rand_int(rand);

			/* aligned pointers and known ids go further */
			if (round & 2)
				value = (value & 0xffcf003f) | 0x10000000;
			iom_pci_config_set(c, at, 4, value);
		}
		for (unsigned list = 0; list < 2; list++) {
			memset(seen, 0, sizeof(seen));
			chain = iom_pci_walk(c, (iom_pci_list)list);
			for (unsigned i = 0; i < chain->n; i++) {
				twice = twice || seen[chain->capabilities[i].offset];
				seen[chain->capabilities[i].offset] = true;
			}
			CU_ASSERT_TRUE_FATAL(chain->n <= 960);
			iom_pci_chain_free(chain);
		}
		CU_ASSERT_FALSE_FATAL(twice);
		iom_pci_config_free(c);
	}
}

static const iom_test tests[] = {
	{ "lists run forwards and backwards", forwards_and_backwards },
	{ "Null entries do not end a list", null_entries },
	{ "loops and bad pointers", broken },
	{ "a space that ends in the middle", cut_short },
	{ "no extended list without PCI Express", no_express },
	{ "the standard list", standard },
	{ "random spaces", random_spaces },
	{ 0 },
};
const iom_suite lists_suite = { "lists", tests };
