/* SPDX-License-Identifier: MIT */
#include "tests/embedding/defects.h"

enum {
	ROOT = 0x100000,
	CONTEXT = 0x101000,
	PASID_DIR = 0x102000,
	PASID_TABLE = 0x103000,
	L4 = 0x200000,
	L3 = 0x201000,
	L2 = 0x202000,
	L1 = 0x203000,
	QUEUE = 0x300000,
	INTERRUPTS = 0x301000,
	STATUS = 0x40000,
	SOURCE = 0x10,
};

#define VA UINT64_C(0x8000000)

enum { /* registers */
       GCMD = 0x18,
       RTADDR = 0x20,
       FSTS = 0x34,
       IQT = 0x88,
       IQA = 0x90,
       IRTA = 0xb8,
};

static void start(defect_rig *r, const char *change, uint64_t value)
{
	iom_vtd_config config;
	iom_bus bus;

	defect_rig_init(r, &bus);
	iom_vtd_config_init(&config);
	if (*change)
		CU_ASSERT_TRUE_FATAL(iom_vtd_config_set(&config, change, value, NULL));
	r->iommu = iom_vtd_new(&config, &bus, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r->iommu);
	defect_reg(r, IQA, 8, QUEUE);
}

/* Tables for VA with the leaf in the page at `leaves`. */
static void map(defect_rig *r, uint64_t leaves, uint64_t table_bits, uint64_t leaf)
{
	defect_put(r, L4 + (VA >> 39 & 511) * 8, L3 | table_bits);
	defect_put(r, L3 + (VA >> 30 & 511) * 8, L2 | table_bits);
	defect_put(r, L2 + (VA >> 21 & 511) * 8, leaves | table_bits);
	defect_put(r, leaves + (VA >> 12 & 511) * 8, leaf);
}

static void start_legacy(defect_rig *r, uint64_t leaf)
{
	start(r, "", 0);
	map(r, L1, 3, leaf);
	defect_put(r, ROOT, CONTEXT | 1);
	defect_put(r, CONTEXT + SOURCE * 16, L4 | 1);
	defect_put(r, CONTEXT + SOURCE * 16 + 8, 1 << 8 | 2); /* domain 1, 48 bits */
	defect_reg(r, RTADDR, 8, ROOT);
	defect_reg(r, GCMD, 4, 1u << 30);
	defect_reg(r, GCMD, 4, 1u << 26);
	defect_reg(r, GCMD, 4, 1u << 31 | 1u << 26);
}

static void start_first_stage(defect_rig *r, uint64_t leaves)
{
	start(r, "", 0);
	map(r, leaves, 7, 0x600000 | 7);
	defect_put(r, ROOT, CONTEXT | 1);
	defect_put(r, CONTEXT + SOURCE * 32, PASID_DIR | 1);
	defect_put(r, PASID_DIR, PASID_TABLE | 1);
	defect_put(r, PASID_TABLE, 1 << 6 | 1); /* first stage */
	defect_put(r, PASID_TABLE + 8, 1 << 23 | 1); /* snooped walks, domain 1 */
	defect_put(r, PASID_TABLE + 16, L4);
	defect_reg(r, IQA, 8, QUEUE | 1 << 11); /* 256-bit descriptors */
	defect_reg(r, RTADDR, 8, ROOT | 1 << 10); /* scalable mode */
	defect_reg(r, GCMD, 4, 1u << 30);
	defect_reg(r, GCMD, 4, 1u << 26);
	defect_reg(r, GCMD, 4, 1u << 31 | 1u << 26);
}

/* Fault recording registers in use. */
static unsigned records(defect_rig *r)
{
	uint64_t cap = defect_peek(r, 8, 8);
	unsigned first = (unsigned)(cap >> 24 & 0x3ff) * 16, n = (unsigned)(cap >> 40 & 0xff) + 1;
	unsigned used = 0;

	for (unsigned i = 0; i < n; i++)
		used += (unsigned)(defect_peek(r, first + 16 * i + 8, 8) >> 63);
	return used;
}

static void test_rights_on_hit(void)
{
	defect_rig r;

	start_legacy(&r, 0x600000 | 1);
	CHECK_EQ(defect_ask(&r, SOURCE, VA, IOM_READ), 0);
	CHECK_EQ(defect_ask(&r, SOURCE, VA, IOM_WRITE), 5);
	CHECK_EQ(records(&r), 1);
	defect_rig_clear(&r);
}

static void test_records(void)
{
	defect_rig r;

	start_legacy(&r, 0x600000 | 3);
	/* Of one source some may be dropped: take three. */
	for (unsigned i = 1; i <= 3; i++)
		CHECK_EQ(defect_ask(&r, SOURCE + i, VA, IOM_READ), 2);
	CHECK_EQ(records(&r), 3);
	CHECK_EQ(defect_peek(&r, FSTS, 4) & 1, 0); /* and no overflow */
	defect_rig_clear(&r);
}

static void test_dirty_on_hit(void)
{
	defect_rig r;
	uint64_t leaf = L1 + (VA >> 12 & 511) * 8;

	start_first_stage(&r, L1);
	CHECK_EQ(defect_ask(&r, SOURCE, VA, IOM_READ), 0);
	CHECK_EQ(defect_get(&r, leaf) & 0x60, 0x20); /* accessed */
	CHECK_EQ(defect_ask(&r, SOURCE, VA, IOM_WRITE), 0);
	CHECK_EQ(defect_get(&r, leaf) & 0x60, 0x60); /* and dirty */
	defect_rig_clear(&r);
}

static void test_atomic(void)
{
	defect_rig r;

	start_first_stage(&r, DEFECT_DEVICE);
	CHECK_EQ(defect_ask(&r, SOURCE, VA, IOM_WRITE), 0);
	CHECK_EQ(r.page[VA >> 12 & 511] & 0x60, 0x60);
	CU_ASSERT_TRUE(r.swaps > 0);
	defect_rig_clear(&r);
}

static void test_address_mask(void)
{
	defect_rig r;

	start_first_stage(&r, L1);
	CHECK_EQ(defect_ask(&r, SOURCE, VA, IOM_READ), 0);
	defect_put(&r, L1 + (VA >> 12 & 511) * 8, 0);
	/* p_iotlb_inv_dsc by page: 2^63 pages, which is everything */
	defect_put(&r, QUEUE, UINT64_C(1) << 16 | 3 << 4 | 6);
	defect_put(&r, QUEUE + 8, (VA + 0x5000) | 63);
	defect_reg(&r, IQT, 8, 1 << 5);
	CHECK_EQ(defect_peek(&r, FSTS, 4), 0);
	CHECK_EQ(defect_ask(&r, SOURCE, VA, IOM_READ), 0x71);
	defect_rig_clear(&r);
}

static void test_compatibility_format(void)
{
	iom_interrupt msi = { .address = 0xfee00000, .data = 0x41, .requester = SOURCE };
	iom_interrupt_result result;
	defect_rig r;

	start(&r, "", 0);
	defect_reg(&r, IRTA, 8, INTERRUPTS | 7);
	defect_reg(&r, GCMD, 4, 1u << 24);
	defect_reg(&r, GCMD, 4, 1u << 25);
	iom_iommu_interrupt(r.iommu, &msi, &result);
	CHECK_EQ(result.status, IOM_ABORT);
	CHECK_EQ(result.fault.code, 0x25);
	defect_rig_clear(&r);
}

static void test_status_address(void)
{
	defect_rig r;

	start(&r, "HAW", 39);
	defect_reg(&r, GCMD, 4, 1u << 26);
	defect_put(&r, QUEUE, UINT64_C(0x1234) << 32 | 1 << 5 | 5);
	defect_put(&r, QUEUE + 8, UINT64_C(1) << 60 | STATUS);
	defect_reg(&r, IQT, 8, 1 << 4);
	CHECK_EQ(defect_get(&r, STATUS), 0x1234); /* 6.5.2.9: upper address bits are ignored */
	defect_rig_clear(&r);
}

static const iom_test tests[] = {
	{ "a hit without the right is recorded", test_rights_on_hit },
	{ "each fault has a register while there are some", test_records },
	{ "a write that hits an entry of a read sets D", test_dirty_on_hit },
	{ "A and D are set by compare-and-swap", test_atomic },
	{ "an address mask of 63 reaches everything", test_address_mask },
	{ "compatibility format is blocked without CFI", test_compatibility_format },
	{ "a wait status address has the host's width", test_status_address },
	{ 0 },
};
const iom_suite defects_vtd_suite = { "defects-vtd", tests };
