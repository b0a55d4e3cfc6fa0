/* SPDX-License-Identifier: MIT */
#include "tests/embedding/defects.h"

#include <pthread.h>

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

/* 6.3.26 SMMU_CMDQ_BASE, 6.3.29 SMMU_EVENTQ_BASE: bits below the size of the queue count as 0. */
static void test_queue_alignment(void)
{
	defect_rig r;

	start(&r, "", 0, 4);
	defect_reg(&r, CR0, 4, 1);
	defect_reg(&r, CMDQ_BASE, 8, CMDQ | 0xe0 | 4); /* 256 bytes */
	defect_reg(&r, EVENTQ_BASE, 8, EVENTQ | 0x1e0 | 4); /* 512 bytes */
	defect_reg(&r, CR0, 4, 0xd);
	r.notices = 0;
	defect_put(&r, CMDQ, 0x10); /* CMD_TLBI_NH_ALL */
	defect_reg(&r, CMDQ_PROD, 4, 1);
	CHECK_EQ(defect_peek(&r, CMDQ_CONS, 4), 1);
	CU_ASSERT_TRUE(r.notices > 0);
	CHECK_EQ(defect_ask(&r, SID, 0x10000000, IOM_READ), F_TRANSLATION);
	CHECK_EQ(defect_get(&r, EVENTQ) & 0xff, F_TRANSLATION);
	defect_rig_clear(&r);
}

/* Pages whose descriptors differ in both halves. */
#define PAGE_A UINT64_C(0x100600000)
#define PAGE_B UINT64_C(0x280700000)

typedef struct reader {
	defect_rig *r;
	bool stop;
	uint64_t asked, wrong;
} reader;

static void *read_on(void *opaque)
{
	reader *t = opaque;
	iom_request request = {
		.address = VA, .requester = SID, .pasid = IOM_NO_PASID, .access = IOM_READ
	};

	while (!__atomic_load_n(&t->stop, __ATOMIC_ACQUIRE)) {
		iom_result result;

		iom_iommu_translate(t->r->iommu, &request, &result);
		if (result.status != IOM_OK ||
		    (result.address != PAGE_A && result.address != PAGE_B))
			t->wrong++;
		__atomic_store_n(&t->asked, t->asked + 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

/*
 * A table entry changes and is invalidated while another thread translates with it: every
 * answer is the old page or the new one, whole, and none is the old one after CMD_SYNC.
 */
static void test_beside(void)
{
	iom_request request = {
		.address = VA, .requester = SID, .pasid = IOM_NO_PASID, .access = IOM_READ
	};
	unsigned stale = 0, prod = 0;
	uint64_t *descriptor;
	iom_result result;
	pthread_t thread;
	defect_rig r;
	reader t = { .r = &r };

	start(&r, "", 0, 4);
	defect_put(&r, CD, defect_get(&r, CD) | UINT64_C(5) << 32); /* 48-bit output */
	defect_put(&r, L3 + (VA >> 12 & 511) * 8, PAGE_A | LEAF);
	descriptor = iom_memory_host(r.memory, L3 + (VA >> 12 & 511) * 8, true, NULL);
	for (unsigned i = 0; i < 16; i += 2) {
		defect_put(&r, CMDQ + 16 * i, 0x10); /* CMD_TLBI_NH_ALL */
		defect_put(&r, CMDQ + 16 * (i + 1), 0x46); /* CMD_SYNC */
	}
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, read_on, &t), 0);
	while (!__atomic_load_n(&t.asked, __ATOMIC_ACQUIRE))
		sched_yield();
	for (unsigned i = 0; i < 20000; i++) {
		uint64_t page = i & 1 ? PAGE_A : PAGE_B;

		__atomic_store_n(descriptor, GUINT64_TO_LE(page | LEAF), __ATOMIC_RELEASE);
		prod = (prod + 2) & 31;
		defect_reg(&r, CMDQ_PROD, 4, prod);
		iom_iommu_translate(r.iommu, &request, &result);
		stale += result.status != IOM_OK || result.address != page;
	}
	__atomic_store_n(&t.stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	CHECK_EQ(defect_peek(&r, CMDQ_CONS, 4), prod);
	CHECK_EQ(stale, 0);
	CHECK_EQ(t.wrong, 0);
	CHECK_EQ(defect_peek(&r, GERROR, 4), 0);
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
	{ "queues are aligned to their size", test_queue_alignment },
	{ "an invalidation beside translations", test_beside },
	{ "commands of absent features are illegal", test_absent_commands },
	{ "a table beyond the output size is an address size fault", test_table_address },
	{ 0 },
};
const iom_suite defects_smmu_suite = { "defects-smmu", tests };
