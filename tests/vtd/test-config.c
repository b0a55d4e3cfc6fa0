/* SPDX-License-Identifier: MIT */
/* Capabilities as configuration: names, consistency, refusals. */
#include "tests/vtd/rig.h"
#include "tests/vtd/suites.h"

#include <string.h>

static iom_iommu *make(const iom_vtd_config *config, GError **error)
{
	iom_memory *memory = iom_memory_new();
	iom_bus bus = { .size = sizeof(bus), .memory = { memory } };
	iom_iommu *unit = iom_vtd_new(config, &bus, error);

	iom_memory_unref(memory);
	return unit;
}

static void names_set_fields(void)
{
	iom_vtd_config c;

	iom_vtd_config_init(&c);
	CU_ASSERT_TRUE(iom_vtd_config_set(&c, "CAP.MGAW", 47, NULL));
	CHECK_EQ(c.cap >> 16 & 63, 47);
	CU_ASSERT_TRUE(iom_vtd_config_set(&c, "ECAP.PSS", 9, NULL));
	CHECK_EQ(c.ecap >> 35 & 31, 9);
	CU_ASSERT_TRUE(iom_vtd_config_set(&c, "ECAP.SMTS", 0, NULL));
	CHECK_EQ(c.ecap >> 43 & 1, 0);
	CU_ASSERT_TRUE(iom_vtd_config_set(&c, "VER.MAX", 6, NULL));
	CHECK_EQ(c.ver, 0x60);
	CU_ASSERT_TRUE(iom_vtd_config_set(&c, "VER", 0x10, NULL));
	CHECK_EQ(c.ver, 0x10);
	CU_ASSERT_TRUE(iom_vtd_config_set(&c, "HAW", 39, NULL));
	CHECK_EQ(c.haw, 39);
	CU_ASSERT_TRUE(iom_vtd_config_set_register(&c, R_CAP, UINT64_C(0xd2008c22260206)));
	CHECK_EQ(c.cap, UINT64_C(0xd2008c22260206));
	CU_ASSERT_FALSE(iom_vtd_config_set_register(&c, R_GCMD, 0));
}

static void refused(const char *name, uint64_t value, const char *says)
{
	iom_vtd_config c;
	GError *error = NULL;

	iom_vtd_config_init(&c);
	CU_ASSERT_FALSE(iom_vtd_config_set(&c, name, value, &error));
	CU_ASSERT_PTR_NOT_NULL_FATAL(error);
	CU_ASSERT_TRUE(g_error_matches(error, IOM_ERROR, IOM_ERROR_CONFIG));
	CU_ASSERT_PTR_NOT_NULL(strstr(error->message, says));
	g_error_free(error);
}

static void bad_names_and_values(void)
{
	refused("CAP.NOSUCH", 1, "CAP.NOSUCH");
	refused("NOSUCH.MGAW", 1, "NOSUCH");
	refused("CAP.MGAW", 64, "6 bits");
	refused("HAW", 20, "30 to 52");
	refused("CAP.RSVD_3", 1, "CAP.RSVD_3");
	refused("", 1, "expected");
}

static void impossible(const char *name, uint64_t value)
{
	iom_vtd_config c;
	GError *error = NULL;

	iom_vtd_config_init(&c);
	CU_ASSERT_TRUE(iom_vtd_config_set(&c, name, value, NULL));
	CU_ASSERT_PTR_NULL(make(&c, &error));
	CU_ASSERT_TRUE(g_error_matches(error, IOM_ERROR, IOM_ERROR_CONFIG));
	g_clear_error(&error);
}

static void impossible_units(void)
{
	impossible("CAP.ND", 7);
	impossible("CAP.SSLPS", 2);
	impossible("CAP.MGAW", 60);
	impossible("ECAP.PSS", 25);
	impossible("CAP.FRO", 2); /* the records would lie on RTADDR */
	impossible("ECAP.IRO", 1);
	impossible("PERFCAP.NCNTR", 100);
}

/* Fields that need `base` and must read 0 without it. */
static void without(const char *base, unsigned offset, unsigned lsb, unsigned width)
{
	iom_vtd_config c;
	iom_iommu *unit;

	iom_vtd_config_init(&c);
	CU_ASSERT_TRUE(iom_vtd_config_set(&c, base, 0, NULL));
	unit = make(&c, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(unit);
	CHECK_EQ(iom_iommu_mmio_read(unit, offset, 8, IOM_SPACE_NONSECURE) >> lsb &
			 ((UINT64_C(1) << width) - 1),
		 0);
	iom_iommu_unref(unit);
}

static void features_need_their_base(void)
{
	without("ECAP.QI", R_ECAP, 2, 1);
	without("ECAP.QI", R_ECAP, 3, 1);
	without("ECAP.QI", R_ECAP, 43, 1);
	without("ECAP.IR", R_ECAP, 4, 1);
	without("ECAP.IR", R_ECAP, 20, 4);
	without("ECAP.IR", R_CAP, 59, 1);
	without("ECAP.SMTS", R_ECAP, 47, 1);
	without("ECAP.SMTS", R_ECAP, 35, 5);
	without("ECAP.SMTS", R_ECAP, 26, 1);
	without("ECAP.SMTS", R_CAP, 60, 1);
	without("ECAP.DT", R_ECAP, 29, 1);
	without("ECAP.DT", R_ECAP, 42, 1);
	without("ECAP.SMPWCS", R_ECAP, 45, 1);
	without("ECAP.SMPWCS", R_ECAP, 34, 1);
	without("ECAP.FSTS", R_CAP, 56, 1);
	without("ECAP.SSTS", R_ECAP, 26, 1);
	without("ECAP.SRS", R_ECAP, 53, 1);
	without("ECAP.PASID", R_ECAP, 56, 1);
	without("ECAP.HPTS", R_ECAP, 59, 1);
	without("CAP.ECMDS", R_ECAP, 51, 1);
}

/* Withdrawn and foreign features never read 1. */
static void absent_features(void)
{
	iom_vtd_config c;
	iom_iommu *unit;

	iom_vtd_config_init(&c);
	c.cap |= 1 << 3 | 1 << 23;
	c.ecap = UINT64_MAX & ~(UINT64_C(31) << 35) & ~(UINT64_C(0x3ff) << 8);
	c.ecap |= UINT64_C(19) << 35 | 0xf << 8;
	unit = make(&c, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(unit);
	CHECK_EQ(iom_iommu_mmio_read(unit, R_CAP, 8, 0) & (1 << 3 | 1 << 23), 0);
	CHECK_EQ(iom_iommu_mmio_read(unit, R_ECAP, 8, 0) &
			 (UINT64_C(1) << 50 | 1 << 30 | 1 << 28 | 1 << 24 | 1 << 5),
		 0);
	iom_iommu_unref(unit);
}

/* What QEMU's unit says of itself, old and new. */
static void qemu_units(void)
{
	static const uint64_t values[][2] = {
		{ UINT64_C(0xd2008c22260206), UINT64_C(0xf00f4a) },
		{ UINT64_C(0xd2008c40660462), UINT64_C(0xf00f5a) },
		{ UINT64_C(0xd2008c222f0606), UINT64_C(0x480080f00f4a) },
		{ UINT64_C(0x00d2008c222f0686), UINT64_C(0x000c498080f00f5e) },
		{ UINT64_C(0x11d2008c222f0686), UINT64_C(0x2e9c00f00fdf) },
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(values); i++) {
		GError *error = NULL;
		iom_vtd_config c;

		iom_vtd_config_init(&c);
		CU_ASSERT_TRUE(iom_vtd_config_set_register(&c, R_VER, 0x10));
		CU_ASSERT_TRUE(iom_vtd_config_set_register(&c, R_CAP, values[i][0]));
		CU_ASSERT_TRUE(iom_vtd_config_set_register(&c, R_ECAP, values[i][1]));
		iom_iommu *unit = make(&c, &error);

		CU_ASSERT_PTR_NOT_NULL(unit);
		if (error)
			g_printerr("%s\n", error->message);
		g_clear_error(&error);
		if (unit)
			iom_iommu_unref(unit);
	}
}

static const iom_test tests[] = {
	{ "names set fields", names_set_fields },
	{ "bad names and values are refused", bad_names_and_values },
	{ "impossible units are refused", impossible_units },
	{ "features need their base", features_need_their_base },
	{ "absent features read zero", absent_features },
	{ "units of QEMU are taken", qemu_units },
	{ 0 },
};

const iom_suite config_suite = { "config", tests };
