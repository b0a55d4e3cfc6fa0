/* SPDX-License-Identifier: MIT */
/* The space itself, and dumps of it. */
#include "suites.h"

#include <string.h>

static void masks(void)
{
	iom_pci_config *c = iom_pci_config_new(IOM_PCI_CONFIG_SIZE);

	iom_pci_config_set(c, 0x10, 4, 0xdeadbeef);
	iom_pci_config_write(c, 0x10, 4, 0);
	CHECK_EQ(iom_pci_config_read(c, 0x10, 4), 0xdeadbeef);
	/* upper half stores, the low byte clears by ones, the rest keeps */
	iom_pci_config_set_masks(c, 0x10, 4, 0xffff0000, 0x000000ff);
	iom_pci_config_write(c, 0x10, 4, 0x1234560f);
	CHECK_EQ(iom_pci_config_read(c, 0x10, 4), 0x1234bee0);
	iom_pci_config_write(c, 0x13, 1, 0x99);
	CHECK_EQ(iom_pci_config_read(c, 0x10, 4), 0x9934bee0);
	CHECK_EQ(iom_pci_config_read(c, 0x12, 2), 0x9934);
	CHECK_EQ(iom_pci_config_read(c, 0x13, 1), 0x99);
	iom_pci_config_free(c);
}

static void outside(void)
{
	iom_pci_config *c = iom_pci_config_new(256);

	CHECK_EQ(iom_pci_config_size(c), 256);
	CHECK_EQ(iom_pci_config_read(c, 0x100, 4), UINT32_MAX);
	CHECK_EQ(iom_pci_config_read(c, 0xfffffffc, 4), UINT32_MAX);
	CHECK_EQ(iom_pci_config_read(c, 0x41, 4), UINT32_MAX);
	CHECK_EQ(iom_pci_config_read(c, 0x43, 2), 0xffff);
	CHECK_EQ(iom_pci_config_read(c, 0x100, 1), 0xff);
	iom_pci_config_set_masks(c, 0xff, 4, UINT32_MAX, 0);
	iom_pci_config_write(c, 0xff, 4, 0x55555555);
	CHECK_EQ(iom_pci_config_read(c, 0xff, 1), 0);
	iom_pci_config_free(c);
}

typedef struct seen {
	unsigned n, offset;
	uint32_t before, after;
} seen;

static void note(void *opaque, unsigned offset, uint32_t before, uint32_t after)
{
	seen *s = opaque;

	*s = (seen){ s->n + 1, offset, before, after };
}

static void watch(void)
{
	iom_pci_config *c = test_endpoint();
	seen s = { 0 };

	iom_pci_config_watch(c, note, &s);
	iom_pci_config_write(c, 4, 2, 0x0006);
	CHECK_EQ(s.n, 1);
	CHECK_EQ(s.offset, 4);
	CHECK_EQ(s.after & ~s.before, 6);
	iom_pci_config_set(c, 4, 2, 0);
	CHECK_EQ(s.n, 1);
	iom_pci_config_free(c);
}

/* Text and bytes give the same space. */
static void round_trip(void)
{
	iom_pci_config *c = test_endpoint(), *again, *raw;
	g_autoptr(GString) text = g_string_new(NULL);
	uint8_t bytes[IOM_PCI_CONFIG_SIZE];
	GError *error = NULL;
	unsigned different = 0;

	for (unsigned i = 0x100; i < IOM_PCI_CONFIG_SIZE; i += 4)
		iom_pci_config_set(c, i, 4, i * 0x9e3779b1u);
	for (unsigned i = 0; i < IOM_PCI_CONFIG_SIZE; i++)
		bytes[i] = (uint8_t)iom_pci_config_read(c, i, 1);
	iom_pci_config_print(c, "01:00.0", text);
	again = iom_pci_config_parse(text->str, text->len, "text", NULL, &error);
	raw = iom_pci_config_parse(bytes, sizeof(bytes), "raw", NULL, &error);
	CU_ASSERT_PTR_NOT_NULL_FATAL(again);
	CU_ASSERT_PTR_NOT_NULL_FATAL(raw);
	CHECK_EQ(iom_pci_config_size(again), IOM_PCI_CONFIG_SIZE);
	for (unsigned i = 0; i < IOM_PCI_CONFIG_SIZE; i++)
		different += iom_pci_config_read(again, i, 1) != bytes[i] ||
			     iom_pci_config_read(raw, i, 1) != bytes[i];
	CHECK_EQ(different, 0);
	iom_pci_config_free(raw);
	iom_pci_config_free(again);
	iom_pci_config_free(c);
}

#define ROW(at) at ": 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f\n"
#define FOUR ROW("00") ROW("10") ROW("20") ROW("30")

static const struct bad {
	const char *text;
	const char *says;
} bad_dumps[] = {
	{ "", "empty" },
	{ "hello\n", "no configuration space found" },
	{ "01:00.0 Device\n", "no configuration space found" },
	{ "01:00.0 Device\n" ROW("00") ROW("10"), "ends after 32 bytes" },
	{ ROW("00") ROW("20"), "dump:2: row 0x20 where row 0x10 was expected" },
	{ FOUR ROW("30"), "dump:5: row 0x30 where row 0x40 was expected" },
	{ ROW("10"), "row 0x10 where row 0x00 was expected" },
	{ "00: 00 01 02 0g\n", "byte 3 is not two hexadecimal digits" },
	{ "00: 00 01 02 0\n", "byte 3 is not two hexadecimal digits" },
	{ "00: 000 01\n", "byte 0 is not two hexadecimal digits" },
	{ "00: 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10\n", "more than 16 bytes" },
	{ "00: 00 01\n" ROW("10"), "dump:2: row 0x10 where row 0x02 was expected" },
	{ "00:01.0 A\n" FOUR "\n00:02.0 B\n" FOUR,
	  "holds 2 functions; name one of 00:01.0, 00:02.0" },
};

static void malformed_dumps(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(bad_dumps); i++) {
		GError *error = NULL;
		iom_pci_config *c =
			iom_pci_config_parse(bad_dumps[i].text, strlen(bad_dumps[i].text), "dump",
					     NULL, &error);

		CU_ASSERT_PTR_NULL(c);
		CU_ASSERT_PTR_NOT_NULL_FATAL(error);
		CU_ASSERT_PTR_NOT_NULL(strstr(error->message, bad_dumps[i].says));
		if (!strstr(error->message, bad_dumps[i].says))
			g_printerr("%u: %s\n", i, error->message);
		CU_ASSERT_PTR_NULL(strchr(error->message, '\n'));
		CU_ASSERT_TRUE(g_str_has_prefix(error->message, "dump"));
		g_clear_error(&error);
	}
}

static void raw_sizes(void)
{
	static const struct {
		size_t length;
		unsigned size;
	} cases[] = { { 1, 0 },     { 63, 0 },      { 64, 64 }, { 256, 256 },
		      { 322, 320 }, { 4096, 4096 }, { 4097, 0 } };
	uint8_t *zeros = g_malloc0(5000);

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		GError *error = NULL;
		iom_pci_config *c =
			iom_pci_config_parse(zeros, cases[i].length, "raw", NULL, &error);

		CU_ASSERT_EQUAL(c != NULL, cases[i].size != 0);
		CU_ASSERT_EQUAL(error == NULL, cases[i].size != 0);
		if (c)
			CHECK_EQ(iom_pci_config_size(c), cases[i].size);
		g_clear_error(&error);
		iom_pci_config_free(c);
	}
	g_free(zeros);
}

static void slots(void)
{
	static const char text[] = "00:01.0 A\n" FOUR "\tFlags: fast\n\n0000:00:02.0 B\n" ROW("00")
		ROW("10") ROW("20") "30: aa 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f\n";
	GError *error = NULL;
	iom_pci_config *c = iom_pci_config_parse(text, strlen(text), "dump", "00:02.0", &error);

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CHECK_EQ(iom_pci_config_read(c, 0x30, 1), 0xaa);
	iom_pci_config_free(c);
	c = iom_pci_config_parse(text, strlen(text), "dump", "00:03.0", &error);
	CU_ASSERT_PTR_NULL(c);
	CU_ASSERT_STRING_EQUAL(error->message,
			       "dump: has no function 00:03.0, only 00:01.0, 0000:00:02.0");
	g_clear_error(&error);
}

/* Any bytes at all are a space or an error. */
static void random_bytes(void)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(1);
	char text[600];

	for (unsigned round = 0; round < 20000; round++) {
		static const char alphabet[] = "0123456789abcdef:  .\n\n\t\rx";
		size_t n = (size_t)g_rand_int_range(rand, 0, sizeof(text));
		GError *error = NULL;
		iom_pci_config *c;

		for (size_t i = 0; i < n; i++)
			text[i] =
				round & 1
					? alphabet[g_rand_int_range(rand, 0, sizeof(alphabet) - 1)]
					: (char)g_rand_int(rand);
		c = iom_pci_config_parse(text, n, "x", NULL, &error);
		if ((c != NULL) == (error != NULL) || (error && strchr(error->message, '\n')))
			CU_FAIL("neither a space nor one line");
		g_clear_error(&error);
		iom_pci_config_free(c);
	}
}

static const iom_test tests[] = {
	{ "a write changes what the masks allow", masks },
	{ "outside the space", outside },
	{ "a watcher sees writes", watch },
	{ "text and raw bytes", round_trip },
	{ "malformed dumps give one line", malformed_dumps },
	{ "raw bytes of any length", raw_sizes },
	{ "one function of several", slots },
	{ "random bytes", random_bytes },
	{ 0 },
};
const iom_suite config_suite = { "config", tests };
