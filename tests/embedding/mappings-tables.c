/* SPDX-License-Identifier: MIT */
/* Tables of both architectures, written bit by bit, and what has to be found in them. */
#include "tests/embedding/mappings.h"

enum {
	CONFIG = 0x100000, /* stream table; root and context table */
	CD = 0x110000,
	PASID_DIR = 0x120000,
	PASID_TABLE = 0x121000,
	QUEUE = 0x130000,
	EVENTS = 0x140000,
	TABLES = 0x1000000, /* from here on, a page each */
	WHO = 5,
	R = IOM_READ,
	RW = IOM_READ | IOM_WRITE,
};

/* How a kind of table writes its entries. */
typedef struct format {
	uint64_t table; /* bits of an entry that points to a table */
	unsigned levels; /* 3: 39 bits, 4: 48 bits */
	uint64_t (*leaf)(unsigned lg2, unsigned permissions);
} format;

static uint64_t second_leaf(unsigned lg2, unsigned permissions)
{
	return permissions | (lg2 > 12 ? 1u << 7 : 0);
}

static uint64_t first_leaf(unsigned lg2, unsigned permissions)
{
	return 1 | (permissions & IOM_WRITE ? 2 : 0) | 4 | (lg2 > 12 ? 1u << 7 : 0);
}

/* Access flag, shareable, EL0; AP[2] makes it read-only. */
static uint64_t stage1_leaf(unsigned lg2, unsigned permissions)
{
	return (lg2 > 12 ? 0x741u : 0x743u) | (permissions & IOM_WRITE ? 0 : 1u << 7);
}

static uint64_t stage2_leaf(unsigned lg2, unsigned permissions)
{
	return (lg2 > 12 ? 0x73du : 0x73fu) | (permissions & R ? 1u << 6 : 0) |
	       (permissions & IOM_WRITE ? 1u << 7 : 0);
}

static const format vtd_second = { 3, 4, second_leaf };
static const format vtd_first = { 7, 4, first_leaf };
static const format smmu_stage1 = { 3, 3, stage1_leaf };
static const format smmu_stage2 = { 3, 3, stage2_leaf };

typedef struct space {
	defect_rig r;
	const format *f;
	uint64_t root;
	uint64_t next; /* free page for a table */
	bool big_endian;
} space;

static uint64_t word(const space *s, uint64_t value)
{
	return s->big_endian ? GUINT64_SWAP_LE_BE(value) : value;
}

/* Where the entry for `address` of a page of 2^lg2 bytes is; tables appear as needed. */
static uint64_t entry_at(space *s, uint64_t root, uint64_t address, unsigned lg2)
{
	uint64_t table = root;

	for (unsigned level = s->f->levels;; level--) {
		unsigned shift = 12 + 9 * (level - 1);
		uint64_t at = table + (address >> shift & 511) * 8, entry;

		if (shift == lg2)
			return at;
		entry = word(s, defect_get(&s->r, at));
		if (!entry) {
			entry = s->next | s->f->table;
			s->next += 4096;
			defect_put(&s->r, at, word(s, entry));
		}
		table = entry & UINT64_C(0xfffffffff000);
	}
}

static void map(space *s, page_list *list, uint64_t address, uint64_t output, unsigned lg2,
		unsigned permissions)
{
	defect_put(&s->r, entry_at(s, s->root, address, lg2),
		   word(s, output | s->f->leaf(lg2, permissions)));
	if (list)
		pages_add(list, address, output, lg2, permissions);
}

/* ---- the two machines ---- */

static void make_vtd(space *s, const format *f)
{
	iom_vtd_config config;
	iom_bus bus;
	bool first = f == &vtd_first;

	*s = (space){ .f = f, .root = TABLES, .next = TABLES + 4096 };
	defect_rig_init(&s->r, &bus);
	iom_vtd_config_init(&config);
	CU_ASSERT_TRUE(iom_vtd_config_set(&config, "CAP.CM", 1, NULL));
	s->r.iommu = iom_vtd_new(&config, &bus, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s->r.iommu);
	defect_put(&s->r, CONFIG, (CONFIG + 4096) | 1);
	if (first) {
		defect_put(&s->r, CONFIG + 4096 + WHO * 32, PASID_DIR | 1);
		defect_put(&s->r, PASID_DIR, PASID_TABLE | 1);
		defect_put(&s->r, PASID_TABLE, 1 << 6 | 1); /* first stage */
		defect_put(&s->r, PASID_TABLE + 8, 1 << 23 | 1); /* snooped, domain 1 */
		defect_put(&s->r, PASID_TABLE + 16, s->root);
	} else {
		defect_put(&s->r, CONFIG + 4096 + WHO * 16, s->root | 1);
		defect_put(&s->r, CONFIG + 4096 + WHO * 16 + 8, 1 << 8 | 2); /* 48 bits */
	}
	defect_reg(&s->r, 0x20, 8, CONFIG | (first ? 1 << 10 : 0));
	defect_reg(&s->r, 0x18, 4, 1u << 30);
	defect_reg(&s->r, 0x90, 8, QUEUE);
	defect_reg(&s->r, 0x18, 4, 1u << 26);
	defect_reg(&s->r, 0x18, 4, 1u << 31 | 1u << 26);
}

enum { VTCR = 25 | 1 << 6 }; /* 39 bits, start level 1 */

static void make_smmu(space *s, const format *f, bool nested)
{
	uint64_t ste = CONFIG + 64 * WHO, s2 = 1 | (uint64_t)VTCR << 32;
	iom_smmu_config config;
	iom_bus bus;

	*s = (space){ .f = f, .root = TABLES, .next = TABLES + 4096 };
	defect_rig_init(&s->r, &bus);
	iom_smmu_config_init(&config);
	s->r.iommu = iom_smmu_new(&config, &bus, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s->r.iommu);
	/* VMID 1, 48-bit output, AArch64, record faults */
	s2 |= UINT64_C(5) << 48 | UINT64_C(1) << 51 | UINT64_C(1) << 58;
	if (f == &smmu_stage2) {
		defect_put(&s->r, ste, 6 << 1 | 1);
		defect_put(&s->r, ste + 16, s2);
		defect_put(&s->r, ste + 24, s->root);
	} else {
		defect_put(&s->r, ste, CD | (nested ? 7 : 5) << 1 | 1);
		defect_put(&s->r, ste + 8, UINT64_C(1) << 44);
		if (nested)
			defect_put(&s->r, ste + 16, s2);
		/* 39 bits in both halves, 4 KiB, valid, 40-bit output, AArch64, record, abort */
		defect_put(&s->r, CD,
			   25 | 25 << 16 | 2 << 22 | UINT64_C(1) << 31 | UINT64_C(2) << 32 |
				   UINT64_C(1) << 41 | UINT64_C(3) << 45 | UINT64_C(1) << 48);
		defect_put(&s->r, CD + 8, s->root);
		defect_put(&s->r, CD + 16, s->next);
		s->next += 4096;
		defect_put(&s->r, CD + 24, 0xff);
	}
	defect_reg(&s->r, 0x80, 8, CONFIG);
	defect_reg(&s->r, 0x88, 4, 8);
	defect_reg(&s->r, 0x90, 8, QUEUE | 4);
	defect_reg(&s->r, 0xa0, 8, EVENTS | 4);
	defect_reg(&s->r, 0x20, 4, 0xd);
}

/* Pages of each size at the ends and borders of what a table reaches, and a few more. */
static void fill(space *s, page_list *list)
{
	const uint64_t top = UINT64_C(1) << (s->f->levels == 3 ? 39 : 47);
	uint64_t seed = 12345;

	list->n = 0;
	map(s, list, 0, 0x600000, 12, RW);
	map(s, list, 0x1000, 0x5000, 12, R);
	map(s, list, 0x1ff000, 0x1000, 12, RW);
	map(s, list, 0x200000, 0x800000, 21, RW);
	map(s, list, 0x400000, 0xa00000, 21, R);
	map(s, list, 0x600000, 0x600000, 12, RW);
	map(s, list, 0x40000000, 0x80000000, 30, R);
	map(s, list, 0xfffff000, 0x7000, 12, RW);
	map(s, list, top - 4096, 0x9000, 12, RW);
	for (unsigned i = 0; i < 200; i++) {
		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
		/* One page in each 2 MiB from 4 GiB on. */
		map(s, list,
		    (UINT64_C(1) << 32) + i * UINT64_C(0x200000) + (seed >> 40 & 511) * 4096,
		    (seed >> 20 & 0xffff) * 4096, 12, seed >> 60 & 1 ? RW : R);
	}
}

static void test_pages(space *s)
{
	static page_list list;
	iom_mapping big;

	fill(s, &list);
	big = list.page[3];
	pages_check(&s->r, WHO, &list);
	pages_check_parts(&s->r, WHO, &big);
	inspect_check(&s->r, WHO, &list);
	defect_rig_clear(&s->r);
}

static void test_vtd_second(void)
{
	static page_list list;
	space s;

	make_vtd(&s, &vtd_second);
	test_pages(&s);
	/* A page that can only be written. */
	make_vtd(&s, &vtd_second);
	list.n = 0;
	map(&s, &list, 0x5000, 0x5000, 12, IOM_WRITE);
	map(&s, &list, 0x6000, 0x6000, 12, R);
	pages_check(&s.r, WHO, &list);
	defect_rig_clear(&s.r);
}

static void test_vtd_first(void)
{
	static page_list list;
	space s;

	make_vtd(&s, &vtd_first);
	/* The very top, and no page in the interrupt range. */
	fill(&s, &list);
	map(&s, &list, UINT64_C(0xfffffffffffff000), 0xb000, 12, RW);
	map(&s, NULL, 0xfee01000, 0xc000, 12, RW);
	pages_check(&s.r, WHO, &list);
	defect_rig_clear(&s.r);
	make_vtd(&s, &vtd_first);
	test_pages(&s);
}

static void test_stage1(void)
{
	static page_list list;
	space s;

	make_smmu(&s, &smmu_stage1, false);
	test_pages(&s);
	make_smmu(&s, &smmu_stage1, false);
	fill(&s, &list);
	/* The upper half, which TTB1 describes. */
	s.root = defect_get(&s.r, CD + 16);
	map(&s, &list, UINT64_C(0xffffff8000000000), 0xb000, 12, RW);
	map(&s, &list, UINT64_C(0xfffffffffffff000), 0xc000, 12, R);
	pages_check(&s.r, WHO, &list);
	defect_rig_clear(&s.r);
}

static void test_big_endian(void)
{
	static page_list list;
	space s;

	make_smmu(&s, &smmu_stage1, false);
	defect_put(&s.r, CD, defect_get(&s.r, CD) | 1 << 15); /* ENDI */
	s.big_endian = true;
	fill(&s, &list);
	pages_check(&s.r, WHO, &list);
	defect_rig_clear(&s.r);
}

static void test_stage2(void)
{
	static page_list list;
	space s;

	make_smmu(&s, &smmu_stage2, false);
	test_pages(&s);
	make_smmu(&s, &smmu_stage2, false);
	list.n = 0;
	map(&s, &list, 0x5000, 0x5000, 12, IOM_WRITE);
	pages_check(&s.r, WHO, &list);
	defect_rig_clear(&s.r);
}

/* Stage 1 over a stage 2 that maps the first GiB to itself, but for some pages. */
static void test_nested(void)
{
	static page_list list;
	space s, s2;

	make_smmu(&s, &smmu_stage1, true);
	s2 = s;
	s2.f = &smmu_stage2;
	s2.root = 0x20000000;
	s2.next = s2.root + 4096;
	defect_put(&s.r, CONFIG + 64 * WHO + 24, s2.root);
	for (uint64_t a = 0; a < 0x40000000; a += 0x200000) {
		if (a != 0x600000 && a != 0x800000)
			map(&s2, NULL, a, a, 21, RW);
	}
	map(&s2, NULL, 0x600000, 0x610000, 12, R);
	list.n = 0;
	map(&s, NULL, 0x8000000, 0x600000, 12, RW);
	pages_add(&list, 0x8000000, 0x610000, 12, R);
	map(&s, NULL, 0x8001000, 0x601000, 12, RW); /* not in stage 2 */
	map(&s, NULL, 0x8200000, 0x800000, 21, RW); /* neither */
	map(&s, &list, 0x8400000, 0xa00000, 21, RW);
	map(&s, NULL, 0x40000000, 0x40000000, 30, RW); /* nothing of this GiB */
	map(&s, NULL, 0x80000000, 0, 30, RW); /* in pieces of 2 MiB and one page */
	for (uint64_t a = 0; a < 0x40000000; a += 0x200000) {
		if (a != 0x600000 && a != 0x800000)
			pages_add(&list, 0x80000000 + a, a, 21, RW);
	}
	pages_add(&list, 0x80600000, 0x610000, 12, R);
	pages_check(&s.r, WHO, &list);
	defect_rig_clear(&s.r);
}

static void test_endless(void)
{
	space s;

	make_vtd(&s, &vtd_second);
	for (unsigned i = 0; i < 512; i++)
		defect_put(&s.r, s.root + i * 8, s.root | 3);
	pages_check_endless(&s.r, WHO);
	defect_rig_clear(&s.r);
	make_smmu(&s, &smmu_stage2, false);
	for (unsigned i = 0; i < 512; i++)
		defect_put(&s.r, s.root + i * 8, s.root | 0x7ff);
	pages_check_endless(&s.r, WHO);
	defect_rig_clear(&s.r);
}

/* Pages come and go as a driver's would, each followed by the invalidation of it. */
static void test_mirror(void)
{
	static page_events e;
	static page_list list;
	iom_mirror *mirror;
	uint64_t two;
	space s;

	make_vtd(&s, &vtd_second);
	list.n = 0;
	map(&s, &list, 0x8000000, 0x600000, 12, RW);
	map(&s, &list, 0x8200000, 0x800000, 21, RW);
	mirror = events_mirror(&s.r, WHO, 1000, &e);
	events_sync(mirror, &e, 0, UINT64_MAX, 2, 0);
	events_sync(mirror, &e, 0, UINT64_MAX, 0, 0);
	events_check(mirror, &e);
	CU_ASSERT_PTR_NULL(iom_mirror_find(mirror, 0x8001000));
	/* One more page; another range sees nothing of it. */
	map(&s, &list, 0x8001000, 0x700000, 12, R);
	events_sync(mirror, &e, 0x9000000, 0x9000fff, 0, 0);
	events_sync(mirror, &e, 0x8001000, 0x8001fff, 1, 0);
	events_check(mirror, &e);
	/* The same page elsewhere is gone, then new. */
	defect_put(&s.r, entry_at(&s, s.root, 0x8001000, 12), 0x701000 | R);
	defect_put(&s.r, QUEUE, 1 << 4 | 2);
	defect_reg(&s.r, 0x88, 8, 1 << 4);
	events_sync(mirror, &e, 0x8001000, 0x8001fff, 1, 1);
	events_check(mirror, &e);
	/* A block becomes small pages: asked about one of them, all of it is compared. */
	two = entry_at(&s, s.root, 0x8200000, 21);
	defect_put(&s.r, two, 0);
	for (unsigned i = 0; i < 16; i++)
		map(&s, NULL, 0x8200000 + i * 0x2000, 0x900000 + i * 4096, 12, RW);
	defect_put(&s.r, QUEUE + 16, 1 << 4 | 2);
	defect_reg(&s.r, 0x88, 8, 2 << 4);
	events_sync(mirror, &e, 0x8204000, 0x8204fff, 16, 1);
	events_check(mirror, &e);
	/* And a block again. */
	defect_put(&s.r, two, 0xa00000 | 1 << 7 | 3);
	defect_put(&s.r, QUEUE + 32, 1 << 4 | 2);
	defect_reg(&s.r, 0x88, 8, 3 << 4);
	events_sync(mirror, &e, 0x8208000, 0x8208fff, 1, 16);
	events_check(mirror, &e);
	/* All of it goes. */
	e.mapped.n = 0;
	iom_mirror_clear(mirror);
	CHECK_EQ(iom_mirror_size(mirror), 0);
	CHECK_EQ(e.now.n, 0);
	iom_mirror_free(mirror);
	defect_rig_clear(&s.r);
}

static void test_limit(void)
{
	static page_events e;
	iom_mirror *mirror;
	space s;

	make_vtd(&s, &vtd_second);
	for (unsigned i = 0; i < 512; i++)
		defect_put(&s.r, s.root + i * 8, s.root | 3);
	mirror = events_mirror(&s.r, WHO, 100, &e);
	CU_ASSERT_FALSE(iom_mirror_sync(mirror, 0, UINT64_MAX));
	CHECK_EQ(iom_mirror_size(mirror), 100);
	CHECK_EQ(e.now.n, 100);
	events_check(mirror, &e);
	iom_mirror_free(mirror);
	defect_rig_clear(&s.r);
}

/* Without translation an address is its own; the answer says so. */
static bool is_bypass(void *opaque, const iom_mapping *m)
{
	*(bool *)opaque = m->bypass && m->address == m->output;
	return false;
}

static void test_bypass(void)
{
	iom_request from = { .requester = WHO, .pasid = IOM_NO_PASID };
	bool bypass = false;
	space s;

	make_vtd(&s, &vtd_second);
	iom_iommu_reset(s.r.iommu);
	CU_ASSERT_TRUE(iom_iommu_mappings(s.r.iommu, &from, UINT64_MAX, 10, is_bypass, &bypass));
	CU_ASSERT_TRUE(bypass);
	defect_rig_clear(&s.r);
	make_smmu(&s, &smmu_stage2, false);
	iom_iommu_reset(s.r.iommu);
	bypass = false;
	from.address = 0;
	CU_ASSERT_TRUE(iom_iommu_mappings(s.r.iommu, &from, UINT64_MAX, 10, is_bypass, &bypass));
	CU_ASSERT_TRUE(bypass);
	defect_rig_clear(&s.r);
}

static const iom_test tests[] = {
	{ "VT-d, second stage", test_vtd_second },
	{ "VT-d, first stage", test_vtd_first },
	{ "SMMUv3, stage 1", test_stage1 },
	{ "SMMUv3, big-endian tables", test_big_endian },
	{ "SMMUv3, stage 2", test_stage2 },
	{ "SMMUv3, nested", test_nested },
	{ "a table that holds itself", test_endless },
	{ "a mirror tells differences", test_mirror },
	{ "a mirror has a limit", test_limit },
	{ "no translation", test_bypass },
	{ 0 },
};
const iom_suite mappings_tables_suite = { "mappings-tables", tests };

IOM_TEST_MAIN(&mappings_suite, &mappings_tables_suite)
