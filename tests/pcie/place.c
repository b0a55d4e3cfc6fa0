/* SPDX-License-Identifier: MIT */
/* Where a capability goes: each rule, on spaces that have what real ones had. */
#include "suites.h"

#include <string.h>

/* AER, ACS, a backward pointer, and a vendor capability up high. */
static iom_pci_config *typical(void)
{
	iom_pci_config *c = test_endpoint();

	test_header(c, 0x100, 0x0001, 1, 0x220);
	test_header(c, 0x220, 0x000d, 1, 0x150);
	test_header(c, 0x150, 0x001f, 1, 0xa30);
	test_header(c, 0xa30, 0x000b, 1, 0);
	iom_pci_config_set(c, 0xa34, 4, 0x20u << 20);
	return c;
}

static iom_pci_plan *plan_at(iom_pci_config *c, unsigned offset, bool force)
{
	iom_pci_place_options o;

	iom_pci_place_options_init(&o);
	o.offset = (uint16_t)offset;
	o.force = force;
	return iom_pci_place(c, &o);
}

/* The plan's offset, 0 if there is none; the last reason must contain `says`. */
static void expect(iom_pci_config *c, unsigned offset, bool force, unsigned want, const char *says)
{
	iom_pci_plan *plan = plan_at(c, offset, force);
	bool found = false;

	CHECK_EQ(plan->possible, want != 0);
	if (want)
		CHECK_EQ(plan->offset, want);
	CU_ASSERT_FATAL(plan->reasons->len > 0);
	for (guint i = 0; i < plan->reasons->len; i++)
		found = found || strstr(plan->reasons->pdata[i], says);
	CU_ASSERT_TRUE(found);
	if (!found)
		g_printerr("want \"%s\", got \"%s\"\n", says,
			   (const char *)plan->reasons->pdata[plan->reasons->len - 1]);
	iom_pci_plan_free(plan);
}

static void highest_gap(void)
{
	iom_pci_config *c = typical();

	expect(c, 0, false, 0xff8, "highest place");
	/* bytes that do not read zero may be registers */
	iom_pci_config_set(c, 0xffc, 1, 1);
	iom_pci_config_set(c, 0xff0, 1, 1);
	expect(c, 0, false, 0xfe8, "2 higher places are free but do not read zero");
	/* an id that nobody knows takes everything up to the next header */
	test_header(c, 0xa30, 0x1234, 1, 0);
	expect(c, 0, false, 0xa28, "highest place");
	iom_pci_config_free(c);
}

static void given_offset(void)
{
	iom_pci_config *c = typical();

	expect(c, 0x800, false, 0x800, "was asked for");
	expect(c, 0x802, false, 0, "must be a multiple of 4");
	expect(c, 0x0f8, false, 0, "from 0x100 to 0xff8");
	expect(c, 0xffc, false, 0, "from 0x100 to 0xff8");
	expect(c, 0x100, false, 0, "overlaps AER");
	expect(c, 0x128, false, 0, "overlaps AER (0x100 to 0x12b)");
	expect(c, 0x12c, false, 0x12c, "was asked for");
	expect(c, 0x21c, false, 0, "overlaps ACS");
	expect(c, 0xa4c, false, 0, "overlaps VSEC (0xa30 to 0xa4f)");
	expect(c, 0xa50, false, 0xa50, "was asked for");
	iom_pci_config_set(c, 0xa54, 4, 5);
	expect(c, 0xa50, false, 0xa50, "do not read zero");
	iom_pci_config_free(c);
}

static void force(void)
{
	iom_pci_config *c = typical();

	test_header(c, 0x220, 0x1234, 1, 0x150);
	expect(c, 0x300, false, 0,
	       "capability id 0x1234, whose size is not known (0x220 to 0xa2f)");
	expect(c, 0x300, true, 0x300, "forced");
	expect(c, 0x220, true, 0, "overlaps");
	expect(c, 0x21c, true, 0, "overlaps"); /* its last 4 bytes are the header */
	expect(c, 0x224, true, 0x224, "forced");
	expect(c, 0xa2c, true, 0, "overlaps VSEC");
	/* what is known is never overridden */
	expect(c, 0x120, true, 0, "overlaps AER");
	iom_pci_config_free(c);
}

static void hidden(void)
{
	iom_pci_config *c = typical();
	iom_pci_span spans[] = {
		{ 0xff0, 0x10, 0x001d, IOM_PCI_SPAN_HIDDEN, NULL },
		{ 0x300, 8, IOM_PCI_EXT_PASID, IOM_PCI_SPAN_HIDDEN, NULL },
	};
	iom_pci_place_options o;
	iom_pci_plan *plan;

	iom_pci_place_options_init(&o);
	o.hidden = spans;
	o.n_hidden = 1;
	plan = iom_pci_place(c, &o);
	CHECK_EQ(plan->offset, 0xfe8);
	iom_pci_plan_free(plan);
	o.offset = 0xff8;
	plan = iom_pci_place(c, &o);
	CU_ASSERT_FALSE(plan->possible);
	iom_pci_plan_free(plan);
	/* the device's own PASID capability is the best place there is */
	o.offset = 0;
	o.n_hidden = 2;
	plan = iom_pci_place(c, &o);
	CHECK_EQ(plan->offset, 0x300);
	CHECK_EQ(plan->after, 0x220);
	CHECK_EQ(plan->next, 0x150);
	iom_pci_plan_free(plan);
	iom_pci_config_free(c);
}

/* The space shown has zeros where the device has registers. */
static void physical(void)
{
	iom_pci_config *c = typical(), *device = typical();
	iom_pci_place_options o;
	iom_pci_plan *plan;

	for (unsigned at = 0xf00; at < 0x1000; at += 4)
		iom_pci_config_set(device, at, 4, 0x11111111);
	iom_pci_place_options_init(&o);
	o.physical = device;
	plan = iom_pci_place(c, &o);
	CHECK_EQ(plan->offset, 0xef8);
	iom_pci_plan_free(plan);
	iom_pci_config_free(device);
	iom_pci_config_free(c);
}

static void quirks(void)
{
	iom_pci_config *c = typical();
	const iom_pci_quirk own[] = {
		{ 0x1234, 0x5678, 0, 0, 0xc00, 0x400, "vendor registers" },
		{ 0x1234, 0x5678, 0x400, IOM_PCI_EXT_PASID, 0, 0, "the data sheet" },
	};
	iom_pci_place_options o;
	iom_pci_plan *plan;

	iom_pci_place_options_init(&o);
	o.quirks = own;
	o.n_quirks = 1;
	plan = iom_pci_place(c, &o);
	CHECK_EQ(plan->offset, 0xbf8);
	iom_pci_plan_free(plan);
	o.n_quirks = 2;
	plan = iom_pci_place(c, &o);
	CHECK_EQ(plan->offset, 0x400);
	iom_pci_plan_free(plan);
	/* for another capability that place means nothing */
	o.id = IOM_PCI_EXT_ATS;
	plan = iom_pci_place(c, &o);
	CHECK_EQ(plan->offset, 0xbf8);
	iom_pci_plan_free(plan);
	/* and a place that is taken is not used */
	o.id = IOM_PCI_EXT_PASID;
	test_header(c, 0xa30, 0x000b, 1, 0x3f0);
	test_header(c, 0x3f0, 0x1234, 1, 0);
	plan = iom_pci_place(c, &o);
	CHECK_EQ(plan->offset, 0xbf8);
	iom_pci_plan_free(plan);
	/* a built-in one: the DSA's own place */
	iom_pci_build_header(c, 0x8086, 0x0b25, 0x088000, 0);
	test_header(c, 0xa30, 0x000b, 1, 0);
	iom_pci_config_set(c, 0x3f0, 4, 0);
	iom_pci_config_set(c, 0x224, 4, 0);
	plan = iom_pci_place(c, NULL);
	CHECK_EQ(plan->offset, 0x230);
	iom_pci_plan_free(plan);
	iom_pci_config_free(c);
}

/* Without a list only 0x100 can start one. */
static void empty_list(void)
{
	iom_pci_config *c = test_endpoint();

	expect(c, 0, false, 0x100, "becomes the head");
	expect(c, 0x200, false, 0, "the first capability of a list is at 0x100");
	iom_pci_config_set(c, 0x104, 4, 1);
	expect(c, 0, false, 0, "no place");
	iom_pci_config_free(c);
}

static void no_list_possible(void)
{
	iom_pci_config *c = iom_pci_config_new(IOM_PCI_CONFIG_SIZE);

	iom_pci_build_header(c, 0x1234, 0x5678, 0, 0);
	expect(c, 0, false, 0, "neither PCI Express nor PCI-X");
	iom_pci_config_free(c);
	c = test_endpoint();
	iom_pci_config_set(c, 0x100, 4, UINT32_MAX);
	expect(c, 0, false, 0, "all ones");
	test_header(c, 0x100, 1, 1, 0x200);
	test_header(c, 0x200, 1, 1, 0x100);
	expect(c, 0, false, 0, "loops");
	expect(c, 0xff8, true, 0, "loops");
	iom_pci_config_free(c);
	c = iom_pci_config_new(256);
	expect(c, 0, false, 0, "only 256 of 4096 bytes");
	iom_pci_config_free(c);
}

static void full(void)
{
	iom_pci_config *c = test_endpoint();

	test_header(c, 0x100, 0x1234, 1, 0);
	expect(c, 0, false, 0, "no place");
	iom_pci_config_free(c);
}

static void insert_and_remove(void)
{
	iom_pci_config *c = typical();
	iom_pci_plan *plan = iom_pci_place(c, NULL);
	const uint8_t body[4] = { 6, 20, 0, 0 };
	g_autofree char *before = test_offsets(c), *between = NULL, *after = NULL;
	GError *error = NULL;

	CU_ASSERT_TRUE(iom_pci_insert(c, plan, IOM_PCI_EXT_PASID, 1, body, &error));
	between = test_offsets(c);
	CU_ASSERT_STRING_EQUAL(between, "100 220 150 a30 ff8");
	CHECK_EQ(iom_pci_config_read(c, 0xff8, 4), 0x0001001b);
	CHECK_EQ(iom_pci_config_read(c, 0xffc, 4), 0x00001406);
	/* the same plan again would lose what is there now */
	CU_ASSERT_FALSE(iom_pci_insert(c, plan, IOM_PCI_EXT_PASID, 1, body, &error));
	CU_ASSERT_PTR_NOT_NULL(error);
	g_clear_error(&error);
	CU_ASSERT_TRUE(iom_pci_unlink(c, 0xff8, &error));
	after = test_offsets(c);
	CU_ASSERT_STRING_EQUAL(after, before);
	CHECK_EQ(iom_pci_config_read(c, 0xff8, 4), 0);
	CU_ASSERT_FALSE(iom_pci_unlink(c, 0xff8, &error));
	CU_ASSERT_STRING_EQUAL(error->message, "no capability of the list is at 0xff8");
	g_clear_error(&error);
	iom_pci_plan_free(plan);
	iom_pci_config_free(c);
}

/* The head leaves a Null entry; new capabilities keep it as the head. */
static void head(void)
{
	iom_pci_config *c = typical();
	g_autofree char *offsets = NULL;
	iom_pci_plan *plan;
	GError *error = NULL;

	CU_ASSERT_TRUE(iom_pci_unlink(c, 0x100, &error));
	offsets = test_offsets(c);
	CU_ASSERT_STRING_EQUAL(offsets, "100 220 150 a30");
	CHECK_EQ(iom_pci_config_read(c, 0x100, 4), 0x22000000);
	plan = plan_at(c, 0x148, false);
	/* how much the placeholder hides is not known */
	CU_ASSERT_FALSE(plan->possible);
	iom_pci_plan_free(plan);
	plan = iom_pci_place(c, NULL);
	CU_ASSERT_TRUE(iom_pci_insert(c, plan, IOM_PCI_EXT_PASID, 1, NULL, &error));
	iom_pci_plan_free(plan);
	iom_pci_config_free(c);
	/* alone in the list, nothing is left */
	c = test_endpoint();
	test_header(c, 0x100, 3, 1, 0);
	CU_ASSERT_TRUE(iom_pci_unlink(c, 0x100, &error));
	CHECK_EQ(iom_pci_config_read(c, 0x100, 4), 0);
	iom_pci_config_free(c);
}

/* A pointer to a header of zeros ends a list; that very place may be taken. */
static void zero_terminator(void)
{
	iom_pci_config *c = test_endpoint();
	g_autofree char *offsets = NULL;
	iom_pci_plan *plan;

	test_header(c, 0x100, 3, 1, 0x400);
	test_header(c, 0x400, 3, 1, 0x300);
	plan = plan_at(c, 0x300, false);
	CU_ASSERT_TRUE(plan->possible);
	CU_ASSERT_TRUE(iom_pci_insert(c, plan, IOM_PCI_EXT_PASID, 1, NULL, NULL));
	offsets = test_offsets(c);
	CU_ASSERT_STRING_EQUAL(offsets, "100 400 300");
	iom_pci_plan_free(plan);
	iom_pci_config_free(c);
}

static const iom_test tests[] = {
	{ "the highest gap that reads zero", highest_gap },
	{ "an offset that is given", given_offset },
	{ "force", force },
	{ "hidden capabilities", hidden },
	{ "the device's own bytes decide", physical },
	{ "quirks", quirks },
	{ "an empty list", empty_list },
	{ "no list possible", no_list_possible },
	{ "no room", full },
	{ "insert, refuse, take out", insert_and_remove },
	{ "the head of the list", head },
	{ "a list that a zero header ends", zero_terminator },
	{ 0 },
};
const iom_suite place_suite = { "place", tests };
