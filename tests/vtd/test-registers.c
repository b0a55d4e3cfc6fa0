/* SPDX-License-Identifier: MIT */
/* Registers: reset, access rules, global commands. */
#include "tests/vtd/rig.h"
#include "tests/vtd/suites.h"

#include <stdlib.h>
#include <string.h>

/* registers.tsv: every register with a fixed offset and reset value. */
static void reset_values_of_the_table(void)
{
	char *path = g_build_filename(iom_test_data(), "spec", "vtd", "registers.tsv", NULL);
	rig *r = rig_new(NULL);
	unsigned checked = 0;
	char *text = NULL;

	CU_ASSERT_TRUE_FATAL(g_file_get_contents(path, &text, NULL, NULL));
	char **lines = g_strsplit(text, "\n", -1);

	for (unsigned i = 0; lines[i]; i++) {
		char **f = g_strsplit(lines[i], "\t", -1);

		if (g_strv_length(f) > 5 && strncmp(f[0], "0x", 2) == 0 && !strchr(f[0], '+') &&
		    strcmp(f[4], "impl") != 0 && strncmp(f[0], "0xE", 3) != 0 &&
		    strcmp(f[0], "0xDC0") != 0) {
			unsigned offset = (unsigned)strtoul(f[0], NULL, 16);
			uint64_t want = strtoull(f[4], NULL, 16);
			uint64_t got = strcmp(f[2], "64") == 0 ? rig_read64(r, offset)
							       : rig_read(r, offset);

			if (got != want)
				g_printerr("%s: ", f[1]);
			CHECK_EQ(got, want);
			checked++;
		}
		g_strfreev(f);
	}
	CU_ASSERT_TRUE(checked > 70);
	g_strfreev(lines);
	g_free(text);
	g_free(path);
	rig_free(r);
}

/* Names by offset, for printing. */
static void registers_have_names(void)
{
	rig *r = rig_new(NULL);
	const char *name = NULL;
	const iom_layout *layout = iom_iommu_register(r->unit, R_CAP, &name);

	CU_ASSERT_PTR_NOT_NULL_FATAL(layout);
	CU_ASSERT_STRING_EQUAL(name, "CAP_REG");
	CU_ASSERT_PTR_NOT_NULL(iom_layout_find(layout, "MGAW"));
	CU_ASSERT_PTR_NOT_NULL(iom_iommu_register(r->unit, R_FRCD + 16, &name));
	CU_ASSERT_STRING_EQUAL(name, "FRCD_REG");
	CU_ASSERT_PTR_NULL(iom_iommu_register(r->unit, 0x48, &name));
	CU_ASSERT_PTR_NULL(name);
	CU_ASSERT_PTR_NULL(iom_iommu_register(r->unit, UINT64_MAX, &name));
	rig_free(r);
}

static void accesses_of_other_sizes(void)
{
	rig *r = rig_new(NULL);

	CHECK_EQ(iom_iommu_mmio_read(r->unit, R_VER, 1, 0), 0);
	CHECK_EQ(iom_iommu_mmio_read(r->unit, R_VER, 2, 0), 0);
	CHECK_EQ(iom_iommu_mmio_read(r->unit, R_CAP + 4, 8, 0), 0);
	CHECK_EQ(iom_iommu_mmio_read(r->unit, R_CAP + 2, 4, 0), 0);
	CHECK_EQ(iom_iommu_mmio_read(r->unit, iom_iommu_mmio_size(r->unit), 4, 0), 0);
	CHECK_EQ(iom_iommu_mmio_read(r->unit, UINT64_MAX - 3, 4, 0), 0);
	iom_iommu_mmio_write(r->unit, UINT64_MAX - 7, 8, 1, 0);
	iom_iommu_mmio_write(r->unit, R_RTADDR, 2, 0xffff, 0);
	CHECK_EQ(rig_read64(r, R_RTADDR), 0);
	CHECK_EQ(iom_iommu_mmio_size(r->unit) % 0x1000, 0);
	rig_free(r);
}

static void halves_of_wide_registers(void)
{
	rig *r = rig_new(NULL);

	rig_write64(r, R_RTADDR, UINT64_MAX);
	/* HAW 46, TTM, SSIRWE */
	CHECK_EQ(rig_read64(r, R_RTADDR), UINT64_C(0x3ffffffffc80));
	rig_write(r, R_RTADDR, 0x5000);
	CHECK_EQ(rig_read64(r, R_RTADDR), UINT64_C(0x3fff00005000));
	rig_write(r, R_RTADDR + 4, 0x12);
	CHECK_EQ(rig_read(r, R_RTADDR), 0x5000);
	CHECK_EQ(rig_read(r, R_RTADDR + 4), 0x12);
	/* two registers of 32 bits by one access of 64 */
	rig_write64(r, R_FEADDR, UINT64_C(0x12345678fee00001));
	CHECK_EQ(rig_read(r, R_FEADDR), 0xfee00000);
	CHECK_EQ(rig_read(r, R_FEUADDR), 0x12345678);
	rig_free(r);
}

static void read_only_and_write_only(void)
{
	rig *r = rig_new(NULL);
	uint64_t cap = rig_read64(r, R_CAP);

	rig_write64(r, R_CAP, 0);
	rig_write64(r, R_ECAP, 0);
	rig_write(r, R_GSTS, UINT32_MAX);
	rig_write64(r, R_IQH, UINT64_MAX);
	CHECK_EQ(rig_read64(r, R_CAP), cap);
	CHECK_EQ(rig_read(r, R_GSTS), 0);
	CHECK_EQ(rig_read64(r, R_IQH), 0);
	rig_write64(r, R_IVA, UINT64_MAX);
	CHECK_EQ(rig_read64(r, R_IVA), 0);
	CHECK_EQ(rig_read(r, R_GCMD), 0);
	rig_write64(r, R_IQT, UINT64_MAX);
	CHECK_EQ(rig_read64(r, R_IQT), 0x7fff0);
	rig_write(r, R_FEDATA, UINT32_MAX);
	CHECK_EQ(rig_read(r, R_FEDATA), 0xffff);
	rig_write(r, R_PLMBASE, UINT32_MAX);
	CHECK_EQ(rig_read(r, R_PLMBASE), 0xffe00000);
	rig_free(r);
}

static void no_queue(iom_vtd_config *c)
{
	iom_vtd_config_set(c, "ECAP.QI", 0, NULL);
	iom_vtd_config_set(c, "CAP.PLMR", 0, NULL);
	iom_vtd_config_set(c, "CAP.PHMR", 0, NULL);
}

static void registers_of_absent_features(void)
{
	static const unsigned offsets[] = { R_IQT,  R_IQA,     R_IRTA,  R_PQA,
					    R_PMEN, R_PHMBASE, R_IECTL, R_PECTL };
	rig *r = rig_new(no_queue);

	for (unsigned i = 0; i < G_N_ELEMENTS(offsets); i++) {
		rig_write(r, offsets[i], UINT32_MAX);
		CHECK_EQ(rig_read(r, offsets[i]), 0);
	}
	rig_command(r, G_QIE);
	rig_command(r, G_IRE | G_SIRTP | G_CFI);
	CHECK_EQ(rig_read(r, R_GSTS), 0);
	rig_free(r);
}

static void global_commands(void)
{
	rig *r = rig_new(NULL);

	rig_command(r, G_SRTP);
	CHECK_EQ(rig_read(r, R_GSTS), G_SRTP);
	rig_command(r, 1 << 27); /* no write buffer to flush */
	CHECK_EQ(rig_read(r, R_GSTS), G_SRTP);
	rig_command(r, G_SIRTP);
	CHECK_EQ(rig_read(r, R_GSTS), G_SRTP | G_SIRTP);
	rig_command(r, G_QIE);
	rig_command(r, G_IRE);
	rig_command(r, G_CFI);
	rig_command(r, G_TE);
	CHECK_EQ(rig_read(r, R_GSTS), G_SRTP | G_SIRTP | G_QIE | G_IRE | G_CFI | G_TE);
	rig_clear(r, G_TE);
	rig_clear(r, G_CFI);
	CHECK_EQ(rig_read(r, R_GSTS), G_SRTP | G_SIRTP | G_QIE | G_IRE);
	/* bits that no revision in use defines */
	rig_command(r, 3 << 28 | 0x7fffff);
	CHECK_EQ(rig_read(r, R_GSTS), G_SRTP | G_SIRTP | G_QIE | G_IRE);
	iom_iommu_reset(r->unit);
	CHECK_EQ(rig_read(r, R_GSTS), 0);
	rig_free(r);
}

/* RTADDR and IRTA have no effect before the commands that take them. */
static void table_pointers_are_latched(void)
{
	rig *r = rig_new(NULL);
	uint64_t ss = rig_table(r);

	rig_context(r, RIG_SID, ss, 0, 7);
	rig_map(r, ss, RIG_VA, 0x5000, 1, 3, 3);
	rig_legacy(r);
	CHECK_EQ(rig_dma(r, RIG_SID, IOM_NO_PASID, IOM_READ, RIG_VA).address, 0x5000);
	rig_write64(r, R_RTADDR, UINT64_C(0x2000000000));
	CHECK_EQ(rig_dma(r, RIG_SID, IOM_NO_PASID, IOM_READ, RIG_VA).status, IOM_OK);
	rig_command(r, G_SRTP);
	/* ESRTPS: nothing of the old table is used any more */
	iom_result result = rig_dma(r, RIG_SID, IOM_NO_PASID, IOM_READ, RIG_VA);

	CHECK_EQ(result.status, IOM_ABORT);
	CHECK_EQ(result.fault.code, 0x01);
	rig_free(r);
}

static void without_translation(void)
{
	rig *r = rig_new(NULL);
	iom_result result = rig_dma(r, RIG_SID, 5, IOM_WRITE, UINT64_C(0x123456789));

	CHECK_EQ(result.status, IOM_OK);
	CHECK_EQ(result.address, UINT64_C(0x123456789));
	CHECK_EQ(result.permissions, IOM_READ | IOM_WRITE);
	CU_ASSERT_TRUE(result.flags & IOM_RES_BYPASS);
	result = rig_ats(r, RIG_SID, IOM_NO_PASID, RIG_VA, 0);
	CHECK_EQ(result.status, IOM_ABORT);
	CHECK_EQ(result.response, IOM_RESPONSE_UR);
	CHECK_EQ(rig_read(r, R_FSTS), 0);
	rig_free(r);
}

static const iom_test tests[] = {
	{ "reset values are those of the table", reset_values_of_the_table },
	{ "registers have names", registers_have_names },
	{ "accesses of other sizes do nothing", accesses_of_other_sizes },
	{ "halves of wide registers", halves_of_wide_registers },
	{ "read-only and write-only bits", read_only_and_write_only },
	{ "registers of absent features", registers_of_absent_features },
	{ "global commands and status", global_commands },
	{ "table pointers are latched", table_pointers_are_latched },
	{ "without translation", without_translation },
	{ 0 },
};

const iom_suite registers_suite = { "registers", tests };
