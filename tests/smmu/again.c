/* SPDX-License-Identifier: MIT */
/*
 * Commands that were seen before, in a queue in plain memory and with nobody who is told
 * of invalidations: the way of most commands of a driver. What they drop is the same as
 * the first time, whatever happened in between.
 */
#include "tests/smmu/rig.h"
#include "tests/smmu/suites.h"

#include <string.h>

#define PAGES 24
#define VA UINT64_C(0x700000)
#define PA UINT64_C(0x50000000)
#define LEAF (AF | USER | NG)

/* Every page leads to a place of its own, another one in every round. */
static uint64_t place(unsigned round, unsigned page)
{
	return PA + ((uint64_t)round << 24) + ((uint64_t)page << 12);
}

static void map_round(rig *r, uint64_t ttb, unsigned round, uint64_t leaf)
{
	for (unsigned i = 0; i < PAGES; i++)
		map(r, ttb, VA + i * 0x1000, place(round, i), 12, leaf);
}

/* The round that a page was cached in. */
static unsigned seen(rig *r, uint32_t sid, unsigned page)
{
	iom_result res = dma(r, sid, VA + page * 0x1000, IOM_READ);

	CHECK_EQ(res.status, IOM_OK);
	CHECK_EQ(res.address & 0xffffff, page << 12);
	return (unsigned)((res.address - PA) >> 24);
}

static void cache_all(rig *r, uint32_t sid)
{
	for (unsigned i = 0; i < PAGES; i++)
		seen(r, sid, i);
}

/* Streams 1 (ASID 11, VMID 1), 2 (12, 1) and 3 (11, 2); bits of those that are dropped. */
static void repeated(uint64_t w0, uint64_t w1, unsigned dropped)
{
	unsigned first[4] = { 0 };
	rig r;

	rig_open_plain(&r, NULL);
	stream_s1(&r, 1, 11, 1);
	stream_s1(&r, 2, 12, 1);
	stream_s1(&r, 3, 11, 2);
	for (unsigned round = 0; round < 4; round++) {
		for (uint32_t sid = 1; sid <= 3; sid++) {
			map_round(&r, r.ttb[sid], round, LEAF);
			CHECK_EQ(seen(&r, sid, 3), first[sid]);
			CHECK_EQ(seen(&r, sid, 4), first[sid]);
		}
		cmd(&r, w0, w1);
		cmd(&r, CMD_SYNC(0));
		CHECK_EQ(rd(&r, CMDQ_CONS), r.cmd_prod);
		for (uint32_t sid = 1; sid <= 3; sid++) {
			if (dropped >> sid & 1)
				first[sid] = round;
			CHECK_EQ(seen(&r, sid, 3), first[sid]);
			CHECK_EQ(seen(&r, sid, 4), first[sid]);
		}
	}
	rig_close(&r);
}

static void by_tags(void)
{
	repeated(CMD_NH_ASID(1, 11), 1u << 1);
	repeated(CMD_NH_ASID(1, 12), 1u << 2);
	repeated(CMD_NH_ALL(1), 1u << 1 | 1u << 2);
	repeated(CMD_S12_VMALL(2), 1u << 3);
	repeated(CMD_NSNH_ALL, 1u << 1 | 1u << 2 | 1u << 3);
	repeated(CMD_NH_ASID(7, 11), 0);
}

static void push(rig *r, uint64_t w0, uint64_t w1)
{
	uint32_t mask = (1u << QUEUE_LG2) - 1;

	set_word(r, CMDQ + (r->cmd_prod & mask) * 16, w0);
	set_word(r, CMDQ + (r->cmd_prod & mask) * 16 + 8, w1);
	r->cmd_prod = (r->cmd_prod + 1) & (2 * mask + 1);
}

static uint64_t count_of(rig *r, const char *name)
{
	iom_statistics s;

	iom_iommu_statistics(r->iommu, &s);
	for (unsigned i = 0; i < G_N_ELEMENTS(s.commands) && s.commands[i].name; i++) {
		if (strcmp(s.commands[i].name, name) == 0)
			return s.commands[i].value;
	}
	return UINT64_MAX;
}

/* So many commands for page after page, written at once, wherever the queue wraps. */
static void runs_of_pages(void)
{
	for (unsigned start = 0; start < 9; start++) {
		unsigned first = 2 + start, n = 1 + start, last[PAGES] = { 0 };
		uint64_t counted;
		rig r;

		rig_open_plain(&r, NULL);
		stream_s1(&r, 1, 11, 1);
		map_round(&r, r.ttb[1], 0, LEAF);
		cache_all(&r, 1);
		counted = count_of(&r, "TLBI_NH_VA");
		for (unsigned round = 1; round < 6; round++) {
			map_round(&r, r.ttb[1], round, LEAF);
			for (unsigned i = 0; i < n; i++)
				push(&r, CMD_NH_VA(1, 11, VA + (first + i) * 0x1000));
			/* One that does not follow, and one of another ASID that would. */
			push(&r, CMD_NH_VA(1, 11, VA + (first + n + 2) * 0x1000));
			push(&r, CMD_NH_VA(1, 12, VA + (first + n + 3) * 0x1000));
			push(&r, CMD_SYNC(0));
			wr(&r, CMDQ_PROD, r.cmd_prod);
			CHECK_EQ(rd(&r, CMDQ_CONS), r.cmd_prod);
			for (unsigned i = 0; i < PAGES; i++) {
				if ((i >= first && i < first + n) || i == first + n + 2)
					last[i] = round;
				CHECK_EQ(seen(&r, 1, i), last[i]);
			}
			CHECK_EQ(count_of(&r, "TLBI_NH_VA") - counted, round * (n + 2));
		}
		CHECK_EQ(count_of(&r, "SYNC"), 5);
		rig_close(&r);
	}
}

static void after_vmw(void)
{
	const uint32_t on = SMMUEN | PRIQEN | EVENTQEN | CMDQEN | ATSCHK;
	rig r;

	rig_open_plain(&r, NULL);
	stream_s1(&r, 1, 11, 2);
	stream_s1(&r, 2, 11, 3);
	for (unsigned round = 0; round < 3; round++) {
		for (uint32_t sid = 1; sid <= 2; sid++)
			map_round(&r, r.ttb[sid], round, LEAF);
		cmd(&r, CMD_NH_ASID(2, 11));
		cmd(&r, CMD_NH_VA(2, 11, VA));
		CHECK_EQ(seen(&r, 1, 0), round);
		CHECK_EQ(seen(&r, 2, 0), 0);
	}
	/* From now on VMID 2 means 3 as well, and then again not. */
	wr(&r, CR0, on | 1 << 6);
	cmd(&r, CMD_NH_VA(2, 11, VA));
	CHECK_EQ(seen(&r, 2, 0), 2);
	map_round(&r, r.ttb[2], 3, LEAF);
	cmd(&r, CMD_NH_ASID(2, 11));
	CHECK_EQ(seen(&r, 2, 0), 3);
	wr(&r, CR0, on);
	map_round(&r, r.ttb[2], 4, LEAF);
	cmd(&r, CMD_NH_VA(2, 11, VA));
	cmd(&r, CMD_NH_ASID(2, 11));
	CHECK_EQ(seen(&r, 2, 0), 3);
	rig_close(&r);
}

/* An address names global entries, whoever made the first one. */
static void after_global(void)
{
	rig r;

	rig_open_plain(&r, NULL);
	stream_s1(&r, 1, 11, 1);
	stream_s1(&r, 2, 12, 1);
	map_round(&r, r.ttb[1], 0, LEAF);
	map_round(&r, r.ttb[2], 0, LEAF);
	cache_all(&r, 1);
	for (unsigned i = 0; i < 3; i++)
		cmd(&r, CMD_NH_VA(1, 11, VA));
	map_round(&r, r.ttb[2], 1, AF | USER);
	cmd(&r, CMD_NH_ASID(1, 12));
	CHECK_EQ(seen(&r, 2, 0), 1);
	map_round(&r, r.ttb[2], 2, AF | USER);
	CHECK_EQ(seen(&r, 2, 0), 1);
	cmd(&r, CMD_NH_VA(1, 11, VA));
	CHECK_EQ(seen(&r, 2, 0), 2);
	rig_close(&r);
}

/* Another context of the same ASID. */
static void after_another_context(void)
{
	rig r;

	rig_open_plain(&r, NULL);
	stream_s1(&r, 1, 11, 1);
	map_round(&r, r.ttb[1], 0, LEAF);
	cache_all(&r, 1);
	for (unsigned i = 0; i < 3; i++)
		cmd(&r, CMD_NH_VA(1, 11, VA));
	stream_s1(&r, 2, 11, 1);
	map_round(&r, r.ttb[2], 0, LEAF);
	cache_all(&r, 2);
	for (unsigned round = 1; round < 4; round++) {
		for (uint32_t sid = 1; sid <= 2; sid++)
			map_round(&r, r.ttb[sid], round, LEAF);
		cmd(&r, CMD_NH_VA(1, 11, VA));
		CHECK_EQ(seen(&r, 1, 0), round);
		CHECK_EQ(seen(&r, 2, 0), round);
	}
	rig_close(&r);
}

/* Tables above the page go too, unless the command is about the last level. */
static void tables(void)
{
	const uint64_t word0 = 0x12 | UINT64_C(1) << 32 | UINT64_C(11) << 48;
	rig r;

	rig_open_plain(&r, NULL);
	stream_s1(&r, 1, 11, 1);
	map_round(&r, r.ttb[1], 0, LEAF);
	cache_all(&r, 1);
	for (unsigned round = 1; round < 4; round++) {
		uint64_t table = new_table(&r), at = leaf_address(&r, r.ttb[1], VA);
		uint64_t level2;

		/* The last table moves; the walk cache knows the old one. */
		for (unsigned i = 0; i < PAGES; i++)
			set_word(&r, table + (at & 0xfff) + i * 8, place(round, i) | LEAF | 3);
		level2 = word(&r, r.ttb[1] + (VA >> 39 & 511) * 8) & UINT64_C(0xfffffffff000);
		level2 = word(&r, level2 + (VA >> 30 & 511) * 8) & UINT64_C(0xfffffffff000);
		set_word(&r, level2 + (VA >> 21 & 511) * 8, table | 3);
		cmd(&r, CMD_NH_VA(1, 11, VA));
		CHECK_EQ(seen(&r, 1, 0), round - 1);
		cmd(&r, word0, VA);
		CHECK_EQ(seen(&r, 1, 0), round);
	}
	rig_close(&r);
}

/* CMD_SYNC waits for what is held. */
static void held(void)
{
	uint32_t before;
	iom_hold hold;
	rig r;

	rig_open_plain(&r, NULL);
	stream_s1(&r, 1, 11, 1);
	map_round(&r, r.ttb[1], 0, LEAF);
	cache_all(&r, 1);
	for (unsigned i = 0; i < 3; i++) {
		iom_iommu_hold(r.iommu, &hold);
		cmd(&r, CMD_NH_VA(1, 11, VA));
		before = r.cmd_prod;
		CHECK_EQ(rd(&r, CMDQ_CONS), before);
		cmd(&r, CMD_SYNC(0));
		CHECK_EQ(rd(&r, CMDQ_CONS), before);
		iom_hold_release(&hold);
		CHECK_EQ(rd(&r, CMDQ_CONS), r.cmd_prod);
	}
	rig_close(&r);
}

/* An error in the middle stops the queue there, however plain the rest is. */
static void stops(void)
{
	uint32_t bad;
	rig r;

	rig_open_plain(&r, NULL);
	stream_s1(&r, 1, 11, 1);
	map_round(&r, r.ttb[1], 0, LEAF);
	cache_all(&r, 1);
	cmd(&r, CMD_NH_VA(1, 11, VA));
	map_round(&r, r.ttb[1], 1, LEAF);
	cache_all(&r, 1);
	push(&r, CMD_NH_VA(1, 11, VA + 0x1000));
	push(&r, CMD_NH_VA(1, 11, VA + 0x2000));
	bad = r.cmd_prod;
	push(&r, 0xff, 0);
	push(&r, CMD_NH_VA(1, 11, VA + 0x3000));
	wr(&r, CMDQ_PROD, r.cmd_prod);
	CHECK_EQ(rd(&r, CMDQ_CONS), bad | 1u << 24);
	CHECK_EQ(seen(&r, 1, 1), 1);
	CHECK_EQ(seen(&r, 1, 2), 1);
	CHECK_EQ(seen(&r, 1, 3), 0);
	set_word(&r, CMDQ + (bad & 15) * 16, 0x46);
	wr(&r, GERRORN, rd(&r, GERROR));
	CHECK_EQ(rd(&r, CMDQ_CONS), r.cmd_prod);
	CHECK_EQ(seen(&r, 1, 3), 1);
	rig_close(&r);
}

/* 4.1.3: there is no command 0, of which nothing was ever remembered either. */
static void zeros(void)
{
	for (unsigned first = 0; first < 3; first++) {
		uint32_t bad;
		rig r;

		rig_open_plain(&r, NULL);
		stream_s1(&r, 1, 11, 1);
		map_round(&r, r.ttb[1], 0, LEAF);
		cache_all(&r, 1);
		for (unsigned i = 0; i < first; i++)
			cmd(&r, CMD_NH_VA(1, 11, VA));
		bad = r.cmd_prod;
		push(&r, 0, 0);
		push(&r, CMD_SYNC(0));
		wr(&r, CMDQ_PROD, r.cmd_prod);
		CHECK_EQ(rd(&r, CMDQ_CONS), UINT32_C(1) << 24 | bad);
		CHECK_EQ(rd(&r, GERROR) ^ rd(&r, GERRORN), 1);
		set_word(&r, CMDQ + (bad & 15) * 16, 0x46);
		wr(&r, GERRORN, rd(&r, GERROR));
		CHECK_EQ(rd(&r, CMDQ_CONS), r.cmd_prod);
		rig_close(&r);
	}
}

/* ------------------------------------------------------------------------
 * Walks under stage 2
 */
#define IPAS 300

static void ignore(void *opaque, const iom_step *step)
{
	(void)opaque;
	(void)step;
}

static void map_nested(rig *r)
{
	stream_nested(r, 1, 11, 1);
	for (uint64_t b = 0x30000000; b < 0x50000000; b += 0x200000)
		map(r, r->s2ttb, b, b, 21, AF | S2_R | S2_W | S2_WB);
	for (unsigned i = 0; i < IPAS; i++) {
		map(r, r->ttb[1], VA + i * 0x1000, VA + i * 0x1000, 12, LEAF);
		map(r, r->s2ttb, VA + i * 0x1000, PA + i * 0x1000, 12, AF | S2_R | S2_W | S2_WB);
	}
}

/* One model is watched, and so takes all steps; the other goes the short way. */
static void same_as_by_steps(uint32_t entries)
{
	uint32_t x = 1;
	uint64_t now[IPAS];
	iom_statistics s[2];
	iom_smmu_config c;
	rig r[2];

	rig_config(&c, "stage2", NULL);
	c.cache.cache[IOM_CACHE_STAGE2].entries = entries;
	c.cache.cache[IOM_CACHE_STAGE2].ways = entries < 4 ? entries : 4;
	for (unsigned k = 0; k < 2; k++) {
		rig_open_plain(&r[k], &c);
		map_nested(&r[k]);
	}
	iom_iommu_observe(r[1].iommu, ignore, NULL);
	for (unsigned i = 0; i < IPAS; i++)
		now[i] = PA + i * 0x1000;
	for (unsigned i = 0; i < 12000; i++) {
		unsigned page;

		x = x * 1664525 + 1013904223;
		page = (x >> 8) % (x >> 31 ? IPAS : 16);
		for (unsigned k = 0; k < 2; k++) {
			iom_result res = dma(&r[k], 1, VA + page * 0x1000 + 8, IOM_READ);

			CHECK_EQ(res.status, IOM_OK);
			CHECK_EQ(res.address, now[page] + 8);
			CHECK_EQ(res.span, 0x1000 - 8);
		}
		if (i % 16)
			continue;
		/* The page moves; with it goes what stage 2 knows, now and then all of it. */
		now[page] ^= UINT64_C(1) << 28;
		for (unsigned k = 0; k < 2; k++) {
			map(&r[k], r[k].s2ttb, VA + page * 0x1000, now[page], 12,
			    AF | S2_R | S2_W | S2_WB);
			if (i % 512)
				cmd(&r[k], CMD_S2_IPA(1, VA + page * 0x1000));
			else
				cmd(&r[k], CMD_S12_VMALL(1));
			cmd(&r[k], CMD_SYNC(0));
		}
	}
	for (unsigned k = 0; k < 2; k++)
		iom_iommu_statistics(r[k].iommu, &s[k]);
	CHECK_EQ(s[0].translations, s[1].translations);
	CHECK_EQ(s[0].table_reads, s[1].table_reads);
	CHECK_EQ(s[0].caches[IOM_CACHE_IOTLB].misses, s[1].caches[IOM_CACHE_IOTLB].misses);
	CHECK_EQ(s[0].caches[IOM_CACHE_CONFIG].hits, s[1].caches[IOM_CACHE_CONFIG].hits);
	CHECK_EQ(s[0].caches[IOM_CACHE_STAGE2].hits, s[1].caches[IOM_CACHE_STAGE2].hits);
	CHECK_EQ(s[0].caches[IOM_CACHE_STAGE2].misses, s[1].caches[IOM_CACHE_STAGE2].misses);
	CHECK_EQ(s[0].caches[IOM_CACHE_STAGE2].evictions, s[1].caches[IOM_CACHE_STAGE2].evictions);
	for (unsigned k = 0; k < 2; k++)
		rig_close(&r[k]);
}

static void nested(void)
{
	same_as_by_steps(0);
	same_as_by_steps(1);
	same_as_by_steps(64);
	same_as_by_steps(4096);
}

static const iom_test tests[] = {
	{ "by ASID, VMID and all", by_tags },
	{ "runs of pages", runs_of_pages },
	{ "after VMW has changed", after_vmw },
	{ "after the first global entry", after_global },
	{ "after another context of the ASID", after_another_context },
	{ "with tables, and without", tables },
	{ "while translations are held", held },
	{ "an error in between", stops },
	{ "a command of zeros", zeros },
	{ "walks under stage 2 are those by steps", nested },
	{ 0 },
};
const iom_suite smmu_again_suite = { "commands again", tests };
