/* SPDX-License-Identifier: MIT */
#include "tests/embedding/defects.h"

enum {
	STRTAB = 0x100000,
	STRTAB_L2 = 0x110000,
	CD = 0x200000,
	L1 = 0x300000,
	L2 = 0x301000,
	L3 = 0x302000,
	CMDQ = 0x400000,
	EVENTQ = 0x500000,
	SID = 5,
	VA = 0x8000000,
};

enum { /* registers */
       CR0 = 0x20,
       GERROR = 0x60,
       STRTAB_BASE = 0x80,
       STRTAB_BASE_CFG = 0x88,
       CMDQ_BASE = 0x90,
       CMDQ_PROD = 0x98,
       CMDQ_CONS = 0x9c,
       EVENTQ_BASE = 0xa0,
       EVENTQ_PROD = 0x100a8,
};

enum { F_STE = 0x04, F_TRANSLATION = 0x10, F_ADDR_SIZE = 0x11, F_PERMISSION = 0x13 };

#define LEAF UINT64_C(0x743) /* access flag, shareable, read and write at EL0 */
#define READ_ONLY UINT64_C(0x80)
#define UXN (UINT64_C(1) << 54)

static void put_ste(defect_rig *r, uint64_t at)
{
	defect_put(r, at, CD | 5 << 1 | 1); /* stage 1 */
	defect_put(r, at + 8, UINT64_C(1) << 44); /* shareability as it comes */
}

/* `change` names ID fields, "" none; `eventq_lg2` is the size of the event queue. */
static void start(defect_rig *r, const char *change, uint64_t value, unsigned eventq_lg2)
{
	iom_smmu_config config;
	iom_bus bus;

	defect_rig_init(r, &bus);
	iom_smmu_config_init(&config);
	if (*change)
		CU_ASSERT_TRUE_FATAL(iom_smmu_config_set(&config, change, value, NULL));
	r->iommu = iom_smmu_new(&config, &bus, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r->iommu);
	put_ste(r, STRTAB + 64 * SID);
	/* 39-bit table at TTB0, none at TTB1, valid, 32-bit output, AArch64, faults
	 * abort and are recorded, ASID 1 */
	defect_put(r, CD,
		   25 | UINT64_C(1) << 30 | UINT64_C(1) << 31 | UINT64_C(1) << 41 |
			   UINT64_C(3) << 45 | UINT64_C(1) << 48);
	defect_put(r, CD + 8, L1);
	defect_put(r, CD + 24, 0xff);
	defect_put(r, L1 + (VA >> 30 & 511) * 8, L2 | 3);
	defect_put(r, L2 + (VA >> 21 & 511) * 8, L3 | 3);
	defect_put(r, L3 + (VA >> 12 & 511) * 8, 0x600000 | LEAF);
	defect_reg(r, STRTAB_BASE, 8, STRTAB);
	defect_reg(r, STRTAB_BASE_CFG, 4, 8);
	defect_reg(r, CMDQ_BASE, 8, CMDQ | 4);
	defect_reg(r, EVENTQ_BASE, 8, EVENTQ | eventq_lg2);
	defect_reg(r, CR0, 4, 0xd);
}

static void test_overflow(void)
{
	defect_rig r;

	start(&r, "", 0, 1);
	for (unsigned i = 0; i < 5; i++)
		CHECK_EQ(defect_ask(&r, SID, 0x10000000 + i * 4096, IOM_READ), F_TRANSLATION);
	CHECK_EQ(defect_peek(&r, EVENTQ_PROD, 4) >> 31, 1); /* OVFLG */
	CHECK_EQ(defect_peek(&r, GERROR, 4), 0); /* and no abort */
	defect_rig_clear(&r);
}

static void test_format_again(void)
{
	defect_rig r;

	start(&r, "", 0, 4);
	defect_reg(&r, CR0, 4, 0xc);
	defect_reg(&r, STRTAB_BASE_CFG, 4, 8 | 8 << 6 | 1 << 16);
	defect_reg(&r, CR0, 4, 0xd);
	CU_ASSERT_NOT_EQUAL(defect_ask(&r, SID, VA, IOM_READ), 0);
	defect_reg(&r, CR0, 4, 0xc);
	defect_reg(&r, STRTAB_BASE_CFG, 4, 8);
	defect_reg(&r, CR0, 4, 0xd);
	defect_put(&r, CMDQ, 0x04 | UINT64_C(31) << 32); /* CMD_CFGI_ALL: */
	defect_put(&r, CMDQ + 8, 31); /* Range */
	defect_reg(&r, CMDQ_PROD, 4, 1);
	CHECK_EQ(defect_ask(&r, SID, VA, IOM_READ), 0);
	defect_rig_clear(&r);
}

static void test_split(void)
{
	defect_rig r;
	uint32_t sid = 70; /* second entry when the table is split at 6, first at 7 */

	start(&r, "", 0, 4);
	defect_reg(&r, CR0, 4, 0xc);
	memset(iom_memory_host(r.memory, STRTAB, true, NULL), 0, 4096);
	defect_put(&r, STRTAB + 8, STRTAB_L2 | 7);
	put_ste(&r, STRTAB_L2 + 64 * (sid & 63));
	defect_reg(&r, STRTAB_BASE_CFG, 4, 8 | 7 << 6 | 1 << 16); /* 7 is reserved, means 6 */
	defect_reg(&r, CR0, 4, 0xd);
	CHECK_EQ(defect_ask(&r, sid, VA, IOM_READ), 0);
	defect_rig_clear(&r);
}

static void test_s2aa64(void)
{
	defect_rig r;

	start(&r, "", 0, 4);
	defect_put(&r, STRTAB + 64 * SID, 6 << 1 | 1);
	defect_put(&r, STRTAB + 64 * SID + 16, 1 | UINT64_C(25) << 32 | UINT64_C(1) << 38);
	CHECK_EQ(defect_ask(&r, SID, VA, IOM_READ), F_STE);
	defect_rig_clear(&r);
}

static void test_rights_on_hit(void)
{
	defect_rig r;

	start(&r, "", 0, 4);
	defect_put(&r, L3 + (VA >> 12 & 511) * 8, 0x600000 | LEAF | READ_ONLY | UXN);
	CHECK_EQ(defect_ask(&r, SID, VA, IOM_READ), 0);
	CHECK_EQ(defect_ask(&r, SID, VA, IOM_WRITE), F_PERMISSION);
	CHECK_EQ(defect_ask(&r, SID, VA, IOM_EXECUTE), F_PERMISSION);
	CHECK_EQ(defect_ask(&r, SID, VA, IOM_READ), 0);
	defect_rig_clear(&r);
}

static void test_table_rights(void)
{
	defect_rig r;

	start(&r, "", 0, 4);
	/* APTable[1]: nothing below is writable */
	defect_put(&r, L2 + (VA >> 21 & 511) * 8, L3 | 3 | UINT64_C(1) << 62);
	CHECK_EQ(defect_ask(&r, SID, VA, IOM_READ), 0);
	CHECK_EQ(defect_ask(&r, SID, VA, IOM_WRITE), F_PERMISSION);
	defect_rig_clear(&r);
}

static void test_notified(void)
{
	defect_rig r;

	start(&r, "", 0, 4);
	CHECK_EQ(defect_ask(&r, SID, VA, IOM_READ), 0);
	r.notices = 0;
	defect_put(&r, CMDQ, 0x10); /* CMD_TLBI_NH_ALL, with both stages present */
	defect_reg(&r, CMDQ_PROD, 4, 1);
	CU_ASSERT_TRUE(r.notices > 0);
	defect_rig_clear(&r);
}

static void test_alignment(void)
{
	defect_rig r;

	start(&r, "", 0, 4);
	defect_reg(&r, CR0, 4, 0xc);
	defect_reg(&r, STRTAB_BASE, 8, STRTAB | 0x2000); /* a table of 16 KiB */
	defect_reg(&r, CR0, 4, 0xd);
	CHECK_EQ(defect_ask(&r, SID, VA, IOM_READ), 0);
	defect_rig_clear(&r);
}

static void test_absent_commands(void)
{
	static const struct {
		const char *field;
		uint64_t value;
		uint64_t command;
	} cases[] = {
		{ "IDR0.Hyp", 0, 0x20 }, /* TLBI_EL2_ALL */
		{ "", 0, 0x18 }, /* TLBI_EL3_ALL outside Secure state */
		{ "IDR0.PRI", 0, 0x41 }, /* PRI_RESP */
		{ "IDR0.STALL_MODEL", 1, 0x44 }, /* RESUME */
		{ "IDR0.S2P", 0, 0x28 }, /* TLBI_S12_VMALL */
		{ "IDR0.ATS", 0, 0x40 }, /* ATC_INV */
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		defect_rig r;

		start(&r, cases[i].field, cases[i].value, 4);
		defect_put(&r, CMDQ, cases[i].command);
		defect_reg(&r, CMDQ_PROD, 4, 1);
		CHECK_EQ(defect_peek(&r, CMDQ_CONS, 4), 1 << 24); /* CERROR_ILL, not consumed */
		CHECK_EQ(defect_peek(&r, GERROR, 4), 1);
		defect_rig_clear(&r);
	}
}

static void test_table_address(void)
{
	defect_rig r;

	start(&r, "IDR5.OAS", 0, 4); /* 32 bits */
	defect_put(&r, L1 + (VA >> 30 & 511) * 8, UINT64_C(1) << 33 | L2 | 3);
	CHECK_EQ(defect_ask(&r, SID, VA, IOM_READ), F_ADDR_SIZE);
	defect_rig_clear(&r);
}

static const iom_test tests[] = {
	{ "an event queue that overflows is not an abort", test_overflow },
	{ "a linear stream table after a two-level one", test_format_again },
	{ "a reserved SPLIT means 6", test_split },
	{ "S2AA64 = 0 is C_BAD_STE", test_s2aa64 },
	{ "a hit checks write and execute", test_rights_on_hit },
	{ "a hit knows what APTable took away", test_table_rights },
	{ "TLBI_NH_ALL is told to listeners", test_notified },
	{ "a stream table is aligned to its size", test_alignment },
	{ "commands of absent features are illegal", test_absent_commands },
	{ "a table beyond the output size is an address size fault", test_table_address },
	{ 0 },
};
const iom_suite defects_smmu_suite = { "defects-smmu", tests };
