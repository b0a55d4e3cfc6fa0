/* SPDX-License-Identifier: MIT */
/* Registers: identification, handshakes, guards, halves (6.3). */
#include "tests/smmu/rig.h"
#include "tests/smmu/suites.h"

/* What Linux found in QEMU 7.2's SMMUv3. */
static void ids_of_a_trace(void)
{
	iom_smmu_config c;
	rig r;

	iom_smmu_config_init(&c);
	CU_ASSERT_TRUE(iom_smmu_config_set_register(&c, 0x0, 0x0d40101a));
	CU_ASSERT_TRUE(iom_smmu_config_set_register(&c, 0x4, 0x02730010));
	CU_ASSERT_TRUE(iom_smmu_config_set_register(&c, 0xc, 0x1404));
	CU_ASSERT_TRUE(iom_smmu_config_set_register(&c, 0x14, 0x74));
	CU_ASSERT_FALSE(iom_smmu_config_set_register(&c, 0x20, 1));
	rig_open_reset(&r, &c);
	CHECK_EQ(rd(&r, 0x0), 0x0d40101a);
	CHECK_EQ(rd(&r, 0x4), 0x02730010);
	CHECK_EQ(rd(&r, 0xc), 0x1404);
	CHECK_EQ(rd(&r, 0x14), 0x74);
	/* No MSI: the addresses are RES0. No PRI: PRIQEN cannot be set. */
	wr64(&r, GERROR_IRQ_CFG0, UINT64_MAX);
	CHECK_EQ(rd64(&r, GERROR_IRQ_CFG0), 0);
	wr(&r, CR0, 0xffffffff);
	CHECK_EQ(rd(&r, CR0ACK), SMMUEN | EVENTQEN | CMDQEN);
	rig_close(&r);
}

static void config_names(void)
{
	iom_smmu_config c;
	GError *error = NULL;

	iom_smmu_config_init(&c);
	CU_ASSERT_TRUE(iom_smmu_config_set(&c, "IDR0.HTTU", 1, NULL));
	CHECK_EQ(c.idr[0] >> 6 & 3, 1);
	CU_ASSERT_TRUE(iom_smmu_config_set(&c, "OAS", 6, NULL));
	CHECK_EQ(c.idr[5] & 7, 6);
	CU_ASSERT_TRUE(iom_smmu_config_set(&c, "S_IDR1.SECURE_IMPL", 1, NULL));
	CHECK_EQ(c.s_idr[1] >> 31, 1);
	CU_ASSERT_TRUE(iom_smmu_config_set(&c, "AIDR", 4, NULL));
	CHECK_EQ(c.aidr, 4);
	CU_ASSERT_FALSE(iom_smmu_config_set(&c, "IDR0.HTTU", 4, &error));
	CU_ASSERT_TRUE(g_error_matches(error, IOM_ERROR, IOM_ERROR_CONFIG));
	g_clear_error(&error);
	CU_ASSERT_FALSE(iom_smmu_config_set(&c, "IDR9.X", 0, &error));
	CU_ASSERT_TRUE(g_error_matches(error, IOM_ERROR, IOM_ERROR_CONFIG));
	g_clear_error(&error);
}

/* What the model does not have, or nobody can have, is refused with a reason. */
static void refused_ids(void)
{
	static const char *const bad[] = { "DPT=1",         "THE=1",       "D128=1",
					   "STALL_MODEL=3", "TTENDIAN=1",  "TTF=0",
					   "OAS=7",         "SSIDSIZE=21", "TABLES_PRESET=1",
					   "ST_LEVEL=2" };
	iom_memory *mem = iom_memory_new();
	iom_bus bus = { .size = sizeof(bus), .memory = { mem } };

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		iom_smmu_config c;
		GError *error = NULL;

		rig_config(&c, "default", bad[i], NULL);
		CU_ASSERT_PTR_NULL(iom_smmu_new(&c, &bus, &error));
		CU_ASSERT_TRUE(g_error_matches(error, IOM_ERROR, IOM_ERROR_CONFIG));
		g_clear_error(&error);
	}
	iom_memory_unref(mem);
}

static void guards(void)
{
	rig r;

	rig_open(&r, NULL);
	/* Everything is enabled: bases, CR2 and interrupt targets are read-only. */
	wr64(&r, STRTAB_BASE, 0);
	CHECK_EQ(rd64(&r, STRTAB_BASE), STRTAB);
	wr(&r, STRTAB_BASE_CFG, 0);
	CHECK_EQ(rd(&r, STRTAB_BASE_CFG), 8);
	wr64(&r, CMDQ_BASE, 0);
	CHECK_EQ(rd64(&r, CMDQ_BASE), CMDQ | QUEUE_LG2);
	wr64(&r, EVENTQ_BASE, 0);
	CHECK_EQ(rd64(&r, EVENTQ_BASE), EVENTQ | QUEUE_LG2);
	wr64(&r, PRIQ_BASE, 0);
	CHECK_EQ(rd64(&r, PRIQ_BASE), PRIQ | 2);
	wr(&r, CR2, 0);
	CHECK_EQ(rd(&r, CR2), 2);
	wr(&r, CR1, 0xfff);
	CHECK_EQ(rd(&r, CR1), 0);
	wr64(&r, EVENTQ_IRQ_CFG0, 0x1000);
	CHECK_EQ(rd64(&r, EVENTQ_IRQ_CFG0), 0);
	wr(&r, CMDQ_CONS, 3);
	CHECK_EQ(rd(&r, CMDQ_CONS), 0);
	wr(&r, EVENTQ_PROD, 3);
	CHECK_EQ(rd(&r, EVENTQ_PROD), 0);
	/* PRIQ_BASE is guarded by the actual PRIQEN, not by SMMUEN. */
	wr(&r, CR0, PRIQEN);
	wr64(&r, PRIQ_BASE, 0);
	CHECK_EQ(rd64(&r, PRIQ_BASE), PRIQ | 2);
	/* TABLE_* of CR1 opens with SMMUEN, QUEUE_* not with a queue enabled. */
	wr(&r, CR1, 0xfff);
	CHECK_EQ(rd(&r, CR1), 0xfc0);
	wr(&r, CR0, 0);
	wr(&r, CR1, 0x3f);
	CHECK_EQ(rd(&r, CR1), 0x3f);
	wr64(&r, STRTAB_BASE, UINT64_MAX);
	CHECK_EQ(rd64(&r, STRTAB_BASE), UINT64_C(0x40ffffffffffffc0));
	rig_close(&r);
}

static void halves_and_sizes(void)
{
	rig r;

	rig_open_reset(&r, NULL);
	wr64(&r, STRTAB_BASE, UINT64_C(0x4012345678901240));
	CHECK_EQ(rd(&r, STRTAB_BASE), 0x78901240);
	CHECK_EQ(rd(&r, STRTAB_BASE + 4), 0x40123456);
	wr(&r, STRTAB_BASE, 0xabc000);
	CHECK_EQ(rd64(&r, STRTAB_BASE), UINT64_C(0x4012345600abc000));
	wr(&r, STRTAB_BASE + 4, 0x12);
	CHECK_EQ(rd64(&r, STRTAB_BASE), UINT64_C(0x1200abc000));
	/* 64 bits over two registers are both; odd addresses and sizes: nothing. */
	CHECK_EQ(rd64(&r, 0x0), rd(&r, 0) | (uint64_t)rd(&r, 4) << 32);
	wr64(&r, GERROR_IRQ_CFG1, UINT64_C(0x512345678));
	CHECK_EQ(rd(&r, GERROR_IRQ_CFG1), 0x12345678);
	CHECK_EQ(rd(&r, GERROR_IRQ_CFG1 + 4), 5);
	wr64(&r, CR2, UINT64_MAX);
	CHECK_EQ(rd(&r, CR2), 0);
	CHECK_EQ(iom_iommu_mmio_read(r.iommu, 2, 4, IOM_SPACE_NONSECURE), 0);
	CHECK_EQ(iom_iommu_mmio_read(r.iommu, 0, 2, IOM_SPACE_NONSECURE), 0);
	CHECK_EQ(iom_iommu_mmio_read(r.iommu, 0, 1, IOM_SPACE_NONSECURE), 0);
	iom_iommu_mmio_write(r.iommu, CR0, 2, 1, IOM_SPACE_NONSECURE);
	CHECK_EQ(rd(&r, CR0), 0);
	CHECK_EQ(rd(&r, iom_iommu_mmio_size(r.iommu) + 0x20), 0);
	rig_close(&r);
}

static void gbpa(void)
{
	rig r;
	iom_result res;

	rig_open_reset(&r, NULL);
	CHECK_EQ(rd(&r, GBPA), 0x1000);
	wr(&r, GBPA, 0x100000); /* without Update: ignored */
	CHECK_EQ(rd(&r, GBPA), 0x1000);
	res = dma(&r, 1, 0x1234, IOM_READ);
	CHECK_EQ(res.status, IOM_OK);
	CHECK_EQ(res.address, 0x1234);
	CU_ASSERT_TRUE(res.flags & IOM_RES_BYPASS);
	wr(&r, GBPA, 0x80100000);
	CHECK_EQ(rd(&r, GBPA), 0x100000);
	CHECK_EQ(dma(&r, 1, 0x1234, IOM_READ).status, IOM_ABORT);
	/* MTCFG Device-nGnRE */
	wr(&r, GBPA, 0x80001011);
	res = dma(&r, 1, 0x1234, IOM_WRITE);
	CHECK_EQ(res.status, IOM_OK);
	CHECK_EQ(res.memtype, IOM_MEM_DEVICE_nGnRE);
	CHECK_EQ(res.shareability, IOM_SH_OUTER);
	CHECK_EQ(dma(&r, 1, UINT64_C(1) << 48, IOM_READ).status, IOM_ABORT);
	rig_close(&r);
}

static void aliases_and_handshakes(void)
{
	rig r;

	rig_open_reset(&r, NULL);
	wr(&r, EVENTQ_CONS, 0x80000003);
	CHECK_EQ(rd(&r, 0xac), 0x80000003);
	wr(&r, 0xcc, 5);
	CHECK_EQ(rd(&r, PRIQ_CONS), 5);
	wr(&r, IRQ_CTRL, 0xff);
	CHECK_EQ(rd(&r, IRQ_CTRL), 7);
	CHECK_EQ(rd(&r, IRQ_CTRLACK), 7);
	/* CIDR */
	CHECK_EQ(rd(&r, 0xff0), 0x0d);
	CHECK_EQ(rd(&r, 0xffc), 0xb1);
	/* Index bits beyond the size of the queue read 0. */
	wr64(&r, CMDQ_BASE, CMDQ | 3);
	wr(&r, CMDQ_CONS, 0xfff1f);
	CHECK_EQ(rd(&r, CMDQ_CONS), 0xf);
	rig_close(&r);
}

static void reset_returns_everything(void)
{
	rig r;

	rig_open(&r, NULL);
	stream_s1(&r, 1, 1, 0);
	map(&r, r.ttb[1], 0x1000, 0x50000000, 12, AF | USER | NG);
	CHECK_EQ(dma(&r, 1, 0x1000, IOM_READ).status, IOM_OK);
	iom_iommu_reset(r.iommu);
	CHECK_EQ(rd(&r, CR0), 0);
	CHECK_EQ(rd(&r, CR0ACK), 0);
	CHECK_EQ(rd64(&r, STRTAB_BASE), 0);
	CHECK_EQ(rd(&r, GBPA), 0x1000);
	CHECK_EQ(dma(&r, 1, 0x1000, IOM_READ).address, 0x1000);
	rig_close(&r);
}

static const iom_test tests[] = {
	{ "ID registers of a trace are taken as they are", ids_of_a_trace },
	{ "ID fields are set by name", config_names },
	{ "impossible ID registers are refused", refused_ids },
	{ "guarded registers ignore writes", guards },
	{ "64-bit registers by halves, odd accesses do nothing", halves_and_sizes },
	{ "GBPA with Update", gbpa },
	{ "aliases, acknowledgements and identification", aliases_and_handshakes },
	{ "reset", reset_returns_everything },
	{ 0 },
};
const iom_suite smmu_registers_suite = { "registers", tests };
