/* SPDX-License-Identifier: MIT */
/* What a guest sees of ATS, PRI and PASID, for every answer of the host. */
#include "suites.h"

#include <string.h>

static iom_pci_config *device(void)
{
	iom_pci_config *c = test_endpoint();

	test_header(c, 0x100, IOM_PCI_EXT_AER, 1, 0x150);
	test_header(c, 0x150, IOM_PCI_EXT_ATS, 1, 0x160);
	test_header(c, 0x160, IOM_PCI_EXT_PRI, 1, 0x180);
	test_header(c, 0x180, 0x0018, 1, 0);
	iom_pci_config_set_masks(c, 0x156, 2, 0x801f, 0);
	return c;
}

typedef struct ats_case {
	iom_pci_auto ats;
	int host; /* -1 none, 0 supported, 1 not */
	bool iommu;
	bool shown;
	bool error;
} ats_case;

static const ats_case ats_cases[] = {
	{ IOM_PCI_OFF, -1, true, false, false },   { IOM_PCI_OFF, 0, true, false, false },
	{ IOM_PCI_OFF, 1, true, false, false },    { IOM_PCI_ON, -1, true, true, false },
	{ IOM_PCI_ON, 0, true, true, false },      { IOM_PCI_ON, 1, true, false, true },
	{ IOM_PCI_AUTO, -1, true, true, false },   { IOM_PCI_AUTO, 0, true, true, false },
	{ IOM_PCI_AUTO, 1, true, false, false },   { IOM_PCI_AUTO, 0, false, false, false },
	{ IOM_PCI_AUTO, -1, false, false, false }, { IOM_PCI_ON, 0, false, false, true },
};

static void ats(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(ats_cases); i++) {
		const ats_case *t = &ats_cases[i];
		iom_pci_config *c = device();
		iom_pci_host host = { .ats_unsupported = t->host == 1 };
		iom_pci_exposure e;
		GError *error = NULL;
		gboolean ok = iom_pci_expose_ats(c, t->ats, t->host < 0 ? NULL : &host, t->iommu,
						 &e, &error);
		g_autofree char *offsets = test_offsets(c);

		CU_ASSERT_EQUAL(ok, !t->error);
		CU_ASSERT_EQUAL(error != NULL, t->error);
		CU_ASSERT_EQUAL(e.shown, t->shown);
		CU_ASSERT_STRING_EQUAL(offsets, t->shown ? "100 150 160 180" : "100 180");
		CU_ASSERT_TRUE(e.reasons->len >= 1);
		/* the enable bit of a masked capability is out of reach */
		iom_pci_config_write(c, 0x156, 2, 0x8000);
		CHECK_EQ(iom_pci_config_read(c, 0x156, 2), t->shown ? 0x8000 : 0);
		iom_pci_exposure_clear(&e);
		g_clear_error(&error);
		iom_pci_config_free(c);
	}
}

/* A physical PASID capability stays whatever becomes of ATS. */
static void pasid_is_apart(void)
{
	iom_pci_config *c = device();
	g_autofree char *offsets = NULL;
	iom_pci_exposure e;

	test_header(c, 0x180, IOM_PCI_EXT_PASID, 1, 0);
	CU_ASSERT_TRUE(iom_pci_expose_ats(c, IOM_PCI_OFF, NULL, true, &e, NULL));
	offsets = test_offsets(c);
	CU_ASSERT_STRING_EQUAL(offsets, "100 180");
	iom_pci_exposure_clear(&e);
	iom_pci_config_free(c);
}

static void no_ats_at_all(void)
{
	iom_pci_config *c = test_endpoint();
	iom_pci_exposure e;

	CU_ASSERT_TRUE(iom_pci_expose_ats(c, IOM_PCI_ON, NULL, true, &e, NULL));
	CU_ASSERT_FALSE(e.shown);
	CU_ASSERT_FALSE(e.changed);
	iom_pci_exposure_clear(&e);
	iom_pci_config_free(c);
}

typedef struct pasid_case {
	bool has_host;
	iom_pci_host host;
	unsigned iommu_bits;
	uint32_t registers; /* capability and control; 0 nothing shown */
	uint32_t writable;
} pasid_case;

static const pasid_case pasid_cases[] = {
	{ false, { 0 }, 20, 0, 0 }, /* a mediated device */
	{ true, { false, 0, true, true }, 20, 0, 0 },
	{ true, { false, 20, true, true }, 0, 0, 0 },
	{ true, { false, 20, true, true }, 20, 0x1406, 0x00070000 },
	{ true, { false, 16, true, false }, 20, 0x1002, 0x00030000 },
	{ true, { false, 20, false, true }, 8, 0x0804, 0x00050000 },
	{ true, { true, 31, false, false }, 31, 0x1400, 0x00010000 },
};

static void pasid(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(pasid_cases); i++) {
		const pasid_case *t = &pasid_cases[i];
		iom_pci_config *c = device();
		iom_pci_exposure e;
		GError *error = NULL;

		CU_ASSERT_TRUE(iom_pci_expose_pasid(c, t->has_host ? &t->host : NULL, t->iommu_bits,
						    NULL, &e, &error));
		CU_ASSERT_EQUAL(e.shown, t->registers != 0);
		CU_ASSERT_EQUAL(e.changed, t->registers != 0);
		CHECK_EQ(iom_pci_config_read(c, 0xffc, 4), t->registers);
		iom_pci_config_write(c, 0xff8, 4, UINT32_MAX);
		iom_pci_config_write(c, 0xffc, 4, UINT32_MAX);
		CHECK_EQ(iom_pci_config_read(c, 0xffc, 4), t->registers | t->writable);
		CHECK_EQ(iom_pci_config_read(c, 0xff8, 4), t->registers ? 0x0001001b : 0);
		iom_pci_exposure_clear(&e);
		iom_pci_config_free(c);
	}
}

static void pasid_there_already(void)
{
	iom_pci_config *c = device();
	iom_pci_host host = { .max_pasid_log2 = 20 };
	iom_pci_exposure e;

	test_header(c, 0x180, IOM_PCI_EXT_PASID, 1, 0);
	CU_ASSERT_TRUE(iom_pci_expose_pasid(c, &host, 20, NULL, &e, NULL));
	CU_ASSERT_TRUE(e.shown);
	CU_ASSERT_FALSE(e.changed);
	CHECK_EQ(e.offset, 0x180);
	iom_pci_exposure_clear(&e);
	iom_pci_config_free(c);
}

static void pasid_placed(void)
{
	iom_pci_config *c = device();
	iom_pci_host host = { .max_pasid_log2 = 20 };
	iom_pci_place_options o;
	iom_pci_exposure e;
	GError *error = NULL;

	iom_pci_place_options_init(&o);
	o.offset = 0x160;
	CU_ASSERT_FALSE(iom_pci_expose_pasid(c, &host, 20, &o, &e, &error));
	CU_ASSERT_PTR_NOT_NULL_FATAL(error);
	CU_ASSERT_STRING_EQUAL(error->message, "PASID cannot be placed: offset 0x160 overlaps PRI "
					       "(0x160 to 0x16f)");
	CU_ASSERT_FALSE(e.changed);
	g_clear_error(&error);
	iom_pci_exposure_clear(&e);
	o.offset = 0x170;
	CU_ASSERT_TRUE(iom_pci_expose_pasid(c, &host, 20, &o, &e, &error));
	CHECK_EQ(e.offset, 0x170);
	iom_pci_exposure_clear(&e);
	iom_pci_config_free(c);
	/* chosen, and no place: not an error, nothing shown */
	c = test_endpoint();
	test_header(c, 0x100, 0x7777, 1, 0);
	CU_ASSERT_TRUE(iom_pci_expose_pasid(c, &host, 20, NULL, &e, &error));
	CU_ASSERT_FALSE(e.shown);
	iom_pci_exposure_clear(&e);
	iom_pci_config_free(c);
}

static const iom_test tests[] = {
	{ "ATS by property, host and virtual IOMMU", ats },
	{ "ATS leaves PASID alone", pasid_is_apart },
	{ "a device without ATS", no_ats_at_all },
	{ "PASID by host and virtual IOMMU", pasid },
	{ "a PASID capability that is there stays", pasid_there_already },
	{ "PASID at a given offset", pasid_placed },
	{ 0 },
};
const iom_suite expose_suite = { "expose", tests };
