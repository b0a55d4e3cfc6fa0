/* SPDX-License-Identifier: MIT */
/*
 * Nested walks, by the way of nearly every access and by all steps (which an observer makes
 * a model take): the same answers, records and statistics, whatever becomes of the tables.
 * Two rigs get the same of everything; one of them is observed.
 */
#include "tests/smmu/rig.h"
#include "tests/smmu/suites.h"

#include <string.h>

#define DATA UINT64_C(0x50000000) /* IPAs that accesses go to */
#define BLOCK UINT64_C(0x50200000) /* 2 MiB of stage 2 */
#define OUT UINT64_C(0x60000000)
#define SPARE UINT64_C(0x70000000) /* where pages of tables move to */
#define PAGES 32
#define TABLE_PAGES 256 /* of the rig, that stage 2 maps */
#define PAGE UINT64_C(0x1000)
#define ADDRESS UINT64_C(0xfffffffff000)
#define S2_LEAF (AF | S2_R | S2_W | S2_WB)

typedef struct pair {
	rig r[2];
	uint64_t random;
	uint64_t pa[TABLE_PAGES]; /* of the pages of tables */
	uint64_t spare;
	uint64_t tables[2][64]; /* IPAs of stage 1 tables of each stream, root first */
	unsigned n_tables[2];
	bool faults; /* wanted */
} pair;

static unsigned below(pair *p, unsigned n)
{
	p->random ^= p->random << 13;
	p->random ^= p->random >> 7;
	p->random ^= p->random << 17;
	return (unsigned)((p->random >> 20) % n);
}

/* Two of everything at each level, and four pages of a table. */
static uint64_t page_va(unsigned i)
{
	return (uint64_t)(i & 1) << 39 | (uint64_t)(i >> 1 & 1) << 30 |
	       (uint64_t)(i >> 2 & 1) << 21 | (uint64_t)(i >> 3) << 12;
}

static void watch(void *opaque, const iom_step *step)
{
	(void)opaque;
	(void)step;
}

static void list_tables(pair *p, unsigned stream, uint64_t table, int level)
{
	p->tables[stream][p->n_tables[stream]++] = table;
	for (unsigned i = 0; level < 3 && i < 512; i++) {
		uint64_t desc = word(&p->r[0], table + i * 8);

		if ((desc & 3) == 3)
			list_tables(p, stream, desc & ADDRESS, level + 1);
	}
}

static void prepare(rig *r)
{
	for (uint32_t sid = 1; sid <= 2; sid++) {
		stream_nested(r, sid, 15 + sid, 1);
		map(r, r->s2ttb, cd_address(sid), cd_address(sid), 12, S2_LEAF);
		for (unsigned i = 0; i < PAGES; i++)
			map(r, r->ttb[sid], page_va(i), DATA + (i ^ sid) * PAGE, 12,
			    AF | USER | NG);
		for (uint64_t i = 0; i < 2; i++) {
			map(r, r->ttb[sid], i << 39 | UINT64_C(3) << 30, BLOCK, 21, AF | USER | NG);
			map(r, r->ttb[sid], i << 39 | UINT64_C(5) << 30, BLOCK + 5 * PAGE, 12,
			    AF | USER | NG);
		}
	}
	for (unsigned i = 0; i < PAGES; i++)
		map(r, r->s2ttb, DATA + i * PAGE, OUT + i * PAGE, 12, S2_LEAF);
	map(r, r->s2ttb, BLOCK, OUT + 0x200000, 21, S2_LEAF);
	for (unsigned i = 0; i < TABLE_PAGES; i++)
		map(r, r->s2ttb, TABLES + i * PAGE, TABLES + i * PAGE, 12, S2_LEAF);
}

static void open_pair(pair *p, const iom_cache_geometry *stage2, bool plain)
{
	iom_smmu_config config;

	memset(p, 0, sizeof(*p));
	p->random = UINT64_C(0x9e3779b97f4a7c15);
	rig_config(&config, "stage2", NULL);
	config.cache.cache[IOM_CACHE_STAGE2] = *stage2;
	for (unsigned i = 0; i < 2; i++) {
		(plain ? rig_open_plain : rig_open)(&p->r[i], &config);
		prepare(&p->r[i]);
	}
	iom_iommu_observe(p->r[1].iommu, watch, NULL);
	for (unsigned i = 0; i < TABLE_PAGES; i++)
		p->pa[i] = TABLES + i * PAGE;
	for (unsigned i = 0; i < 2; i++)
		list_tables(p, i, p->r[0].ttb[1 + i], 0);
	CU_ASSERT_TRUE_FATAL(p->n_tables[0] > 8 && p->n_tables[0] < 64);
	CU_ASSERT_TRUE_FATAL(p->r[0].next_table < TABLES + TABLE_PAGES * PAGE);
}

static void close_pair(pair *p)
{
	rig_close(&p->r[0]);
	rig_close(&p->r[1]);
}

static void command(pair *p, uint64_t w0, uint64_t w1)
{
	for (unsigned i = 0; i < 2; i++) {
		cmd(&p->r[i], w0, w1);
		cmd(&p->r[i], CMD_SYNC(0));
	}
}

static void set(pair *p, uint64_t at, uint64_t value)
{
	for (unsigned i = 0; i < 2; i++)
		set_word(&p->r[i], at, value);
}

static void map_ipa(pair *p, uint64_t ipa, uint64_t pa, uint64_t leaf)
{
	for (unsigned i = 0; i < 2; i++)
		map(&p->r[i], p->r[i].s2ttb, ipa, pa, 12, leaf);
	/* Of both stages together nothing is cached. */
	command(p, CMD_S2_IPA(1, ipa));
}

static void compare(pair *p)
{
	static const uint64_t others[] = { UINT64_C(3) << 30 | 0x12345, UINT64_C(5) << 30,
					   UINT64_C(7) << 30 };
	unsigned i = below(p, PAGES + (p->faults ? 3 : 2)), access = 1u << below(p, 2);
	uint64_t va = (i < PAGES ? page_va(i) : others[i - PAGES]) | below(p, 512) * 8;
	uint32_t sid = 1 + below(p, 2);
	iom_result a = dma(&p->r[0], sid, va, access), b = dma(&p->r[1], sid, va, access);
	uint64_t one[4], two[4];

	CHECK_EQ(a.status, b.status);
	CHECK_EQ(a.address, b.address);
	CHECK_EQ(a.span, b.span);
	CHECK_EQ(a.permissions, b.permissions);
	CHECK_EQ(a.page_lg2, b.page_lg2);
	CHECK_EQ(a.memtype, b.memtype);
	CHECK_EQ(a.shareability, b.shareability);
	CHECK_EQ(a.flags, b.flags);
	CHECK_EQ(a.fault.code, b.fault.code);
	while (event(&p->r[0], one)) {
		CU_ASSERT_TRUE_FATAL(event(&p->r[1], two));
		CHECK_EQ(memcmp(one, two, sizeof(one)), 0);
	}
	CHECK_EQ(events_waiting(&p->r[1]), 0);
}

/* A table in use, and where its words are now. */
static uint64_t any_table(pair *p, uint64_t *pa)
{
	unsigned stream = below(p, 2);
	uint64_t ipa = p->tables[stream][below(p, p->n_tables[stream])];

	*pa = p->pa[(ipa - TABLES) / PAGE];
	return ipa;
}

/* The page moves, and what remains at its old place is of no use. */
static void move_table(pair *p)
{
	uint64_t from, to = SPARE + p->spare++ % 64 * PAGE, ipa = any_table(p, &from);

	for (unsigned i = 0; i < TABLE_PAGES; i++) {
		if (p->pa[i] == to)
			return;
	}
	for (uint64_t at = 0; at < PAGE; at += 8) {
		set(p, to + at, word(&p->r[0], from + at));
		set(p, from + at, 0);
	}
	p->pa[(ipa - TABLES) / PAGE] = to;
	map_ipa(p, ipa, to, S2_LEAF);
}

/* Nothing of stage 1 is cached: what is written there is seen at once. */
static void swap_words(pair *p)
{
	uint64_t pa, one, two;

	any_table(p, &pa);
	one = word(&p->r[0], pa);
	two = word(&p->r[0], pa + 8);
	if (!one || !two)
		return;
	set(p, pa, two);
	set(p, pa + 8, one);
}

/* Words that mean no table, or another than before. */
static void break_word(pair *p)
{
	const uint64_t bits[] = { 1, 2, 3, AF, UINT64_C(1) << 61, UINT64_C(1) << 62 };
	uint64_t pa, at, old;

	any_table(p, &pa);
	at = pa + below(p, 2) * 8;
	old = word(&p->r[0], at);
	/* The address of the first table, which is no descriptor. */
	set(p, at, below(p, 4) ? old ^ bits[below(p, G_N_ELEMENTS(bits))] : p->tables[0][0]);
	for (unsigned i = 0; i < 8; i++)
		compare(p);
	set(p, at, old);
}

/* The page of a table cannot be read: stage 2 says so, or memory fails. */
static void hide_table(pair *p)
{
	uint64_t pa, ipa = any_table(p, &pa);
	bool fail = below(p, 2);

	if (fail) {
		for (unsigned i = 0; i < 2; i++)
			iom_memory_inject(p->r[i].mem, pa, PAGE, true, false, IOM_MEM_ABORT);
	} else {
		map_ipa(p, ipa, pa, S2_LEAF & ~S2_R);
	}
	for (unsigned i = 0; i < 8; i++)
		compare(p);
	if (fail) {
		for (unsigned i = 0; i < 2; i++)
			iom_memory_inject(p->r[i].mem, pa, PAGE, true, false, IOM_MEM_OK);
	} else {
		map_ipa(p, ipa, pa, S2_LEAF);
	}
}

/* All of memory goes elsewhere in the host's. */
static void move_memory(pair *p)
{
	for (unsigned i = 0; i < 2 && p->r[0].ram; i++)
		rig_move_ram(&p->r[i]);
}

static void change(pair *p)
{
	unsigned what = below(p, p->faults ? 12 : 8);

	if (what < 2)
		map_ipa(p, DATA + below(p, PAGES) * PAGE, OUT + below(p, 64) * PAGE, S2_LEAF);
	else if (what == 2)
		move_table(p);
	else if (what == 3)
		swap_words(p);
	else if (what < 6)
		move_memory(p);
	else if (what == 6)
		command(p, CMD_S12_VMALL(1));
	else if (what == 7)
		command(p, CMD_CFGI_STE(1 + below(p, 2), 1));
	else if (what < 10)
		break_word(p);
	else
		hide_table(p);
}

static void same_statistics(pair *p)
{
	iom_statistics a, b;

	iom_iommu_statistics(p->r[0].iommu, &a);
	iom_iommu_statistics(p->r[1].iommu, &b);
	CHECK_EQ(a.translations, b.translations);
	CHECK_EQ(a.translated, b.translated);
	CHECK_EQ(a.table_reads, b.table_reads);
	for (unsigned c = 0; c < IOM_N_CACHES; c++) {
		CHECK_EQ(a.caches[c].hits, b.caches[c].hits);
		CHECK_EQ(a.caches[c].misses, b.caches[c].misses);
		CHECK_EQ(a.caches[c].evictions, b.caches[c].evictions);
		CHECK_EQ(a.caches[c].invalidated, b.caches[c].invalidated);
	}
}

static void run(const iom_cache_geometry *stage2, bool plain, bool faults)
{
	pair p;

	open_pair(&p, stage2, plain);
	p.faults = faults;
	for (unsigned n = 0; n < 12000; n++) {
		compare(&p);
		if (below(&p, 60) == 0)
			change(&p);
	}
	/* A quick walk that gives up leaves pages of stage 2 for the others to hit. */
	if (!faults)
		same_statistics(&p);
	close_pair(&p);
}

static const iom_cache_geometry geometries[] = {
	{ 32, 4, IOM_POLICY_LRU },    { 128, 8, IOM_POLICY_LRU },    { 128, 4, IOM_POLICY_LRU },
	{ 128, 16, IOM_POLICY_PLRU }, { 128, 8, IOM_POLICY_RANDOM }, { 128, 4, IOM_POLICY_FIFO },
	{ 256, 1, IOM_POLICY_LRU },   { 4096, 4, IOM_POLICY_PLRU },
};

static void same_answers(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(geometries); i++) {
		run(&geometries[i], false, true);
		run(&geometries[i], true, true);
	}
}

static void same_counts(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(geometries); i++) {
		run(&geometries[i], false, false);
		run(&geometries[i], true, false);
	}
}

static const iom_test tests[] = {
	{ "answers and records as by all steps", same_answers },
	{ "statistics and evictions as by all steps", same_counts },
	{ 0 },
};
const iom_suite smmu_nested_suite = { "nested walks", tests };
