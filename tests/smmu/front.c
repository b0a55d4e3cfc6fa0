/* SPDX-License-Identifier: MIT */
/*
 * What a thread remembers of its hits is small: a part of the address, a part of the
 * number of changes of a set, the number of a kind of answers. Whatever is left out or
 * comes round, it never answers for another page or for what was invalidated.
 */
#include "tests/smmu/rig.h"
#include "tests/smmu/suites.h"

#include <string.h>

#define VA UINT64_C(0x7000)
#define VB UINT64_C(0x9000)
#define PA UINT64_C(0x50000000)
#define LEAF (AF | USER | NG)

static void open_with(rig *r, uint32_t entries, uint32_t ways)
{
	iom_smmu_config c;

	rig_config(&c, "default", NULL);
	c.cache.cache[IOM_CACHE_IOTLB] = (iom_cache_geometry){ entries, ways, IOM_POLICY_LRU };
	rig_open_plain(r, &c);
	stream_s1(r, 1, 11, 1);
}

/* Often enough that the thread remembers it. */
static void learn(rig *r, uint64_t va, uint64_t pa)
{
	for (unsigned i = 0; i < 8; i++)
		CHECK_EQ(dma(r, 1, va, IOM_READ).address, pa);
}

static void unmap(rig *r, uint64_t va)
{
	set_word(r, leaf_address(r, r->ttb[1], va), 0);
}

static bool gone(rig *r, uint64_t va)
{
	return dma(r, 1, va, IOM_READ).status == IOM_ABORT;
}

/* All numbers of changes that a set can have, and the same once more. */
static void changes_come_round(void)
{
	unsigned wrong = 0;
	rig r;

	open_with(&r, 8, 8);
	map(&r, r.ttb[1], VA, PA, 12, LEAF);
	map(&r, r.ttb[1], VB, PA + 0x1000, 12, LEAF);
	learn(&r, VA, PA);
	unmap(&r, VA);
	cmd(&r, CMD_NH_VA(1, 11, VA));
	cmd(&r, CMD_SYNC(0));
	/* One set: a page leaves it, and comes back. */
	for (unsigned i = 0; i < 66000; i++) {
		wrong += !gone(&r, VA);
		wrong += dma(&r, 1, VB, IOM_READ).address != PA + 0x1000;
		wrong += !gone(&r, VA);
		cmd(&r, CMD_NH_VA(1, 11, VB));
	}
	CHECK_EQ(wrong, 0);
	rig_close(&r);
}

/* A new kind of answers for every command; the page's own is given out again and again. */
static void kinds_come_round(void)
{
	unsigned wrong = 0;
	rig r;

	open_with(&r, 64, 1);
	map(&r, r.ttb[1], VA, PA, 12, LEAF);
	map(&r, r.ttb[1], VB, PA + 0x1000, 12, LEAF);
	learn(&r, VA, PA);
	unmap(&r, VA);
	for (unsigned i = 0; i < 9000; i++) {
		cmd(&r, CMD_NH_ASID(1, 11));
		for (unsigned n = 0; n < 3; n++)
			wrong += dma(&r, 1, VB, IOM_READ).address != PA + 0x1000;
		wrong += !gone(&r, VA);
	}
	CHECK_EQ(wrong, 0);
	rig_close(&r);
}

/* Each of them alone in the lowest or the highest bits that tell pages apart. */
static void pages_apart(void)
{
	uint64_t va[37];
	rig r;

	open_with(&r, 1024, 8);
	va[0] = VA;
	for (unsigned i = 1; i < 37; i++)
		va[i] = VA ^ UINT64_C(1) << (11 + i);
	for (unsigned i = 0; i < 37; i++) {
		uint64_t pa = PA + ((uint64_t)i << 12);

		/* To places far apart, too. */
		if (i % 3 == 0)
			pa += UINT64_C(1) << 43;
		map(&r, r.ttb[1], va[i], pa, 12, i % 2 ? LEAF : LEAF | RO);
	}
	for (unsigned round = 0; round < 40; round++) {
		for (unsigned i = 0; i < 37; i++) {
			unsigned low = (round * 0x123 + i * 0x71) & 0xfff;
			iom_result res = dma(&r, 1, va[i] + low, IOM_READ);

			CHECK_EQ(res.status, IOM_OK);
			CHECK_EQ(res.address,
				 PA + ((uint64_t)i << 12) + low + (i % 3 ? 0 : UINT64_C(1) << 43));
			CHECK_EQ(res.span, 0x1000 - low);
			CHECK_EQ(res.permissions & IOM_WRITE, i % 2 ? IOM_WRITE : 0);
			if (round % 8 == 7)
				CHECK_EQ(dma(&r, 1, va[i] + low, IOM_WRITE).status,
					 i % 2 ? IOM_OK : IOM_ABORT);
		}
	}
	rig_close(&r);
}

/* A block is remembered page by page; each answer goes up to the block's end. */
static void blocks(void)
{
	static const unsigned sizes[] = { 12, 21, 30 };
	rig r;

	open_with(&r, 1024, 8);
	for (unsigned k = 0; k < G_N_ELEMENTS(sizes); k++) {
		uint64_t size = UINT64_C(1) << sizes[k], va = UINT64_C(3) << 30 << k;
		uint64_t pa = UINT64_C(5) << 30 << k;

		map(&r, r.ttb[1], va, pa, sizes[k], LEAF);
		for (unsigned i = 0; i < 400; i++) {
			uint64_t low = i / 4 * UINT64_C(0x9e3779b97f4a7c15) & (size - 1);
			iom_result res = dma(&r, 1, va + low, IOM_READ);

			CHECK_EQ(res.address, pa + low);
			CHECK_EQ(res.span, size - low);
			CHECK_EQ(res.page_lg2, sizes[k]);
		}
	}
	rig_close(&r);
}

/* Like the empty place where an answer would be, with an IOTLB and without. */
static void nothing_but_zeroes(void)
{
	static const char *const caches[] = { "default", "off", "walks" };

	for (unsigned i = 0; i < G_N_ELEMENTS(caches); i++) {
		iom_request request = { 0 };
		iom_smmu_config c;
		rig r;

		rig_config(&c, caches[i], NULL);
		rig_open_plain(&r, &c);
		for (unsigned n = 0; n < 4; n++) {
			iom_result res;

			iom_iommu_translate(r.iommu, &request, &res);
			/* Stream 0 has no valid STE. */
			CHECK_EQ(res.status, IOM_ABORT);
		}
		rig_close(&r);
	}
}

#define CONTEXTS 4

/* Contexts evict each other in the order that this list says, hits of a front included. */
static void contexts_in_order(void)
{
	uint32_t list[CONTEXTS] = { 0 }, seed = 12345; /* the latest first */
	uint64_t misses = 0, hits = 0;
	iom_statistics s;
	iom_smmu_config c;
	rig r;

	rig_config(&c, "default", NULL);
	c.cache.cache[IOM_CACHE_CONFIG] =
		(iom_cache_geometry){ CONTEXTS, CONTEXTS, IOM_POLICY_LRU };
	rig_open_plain(&r, &c);
	for (uint32_t sid = 1; sid <= 7; sid++) {
		stream_s1(&r, sid, 10 + sid, 1);
		map(&r, r.ttb[sid], VA, PA + sid * 0x1000, 12, LEAF);
	}
	for (unsigned i = 0; i < 30000; i++) {
		uint32_t sid, at = 0;

		seed = seed * 1664525 + 1013904223;
		/* Mostly those that are there. */
		sid = seed >> 16 & 63 ? list[seed >> 24 & 3] : 1 + (seed >> 24) % 7;
		sid = sid ? sid : 1;
		while (at < CONTEXTS - 1 && list[at] != sid)
			at++;
		if (list[at] == sid)
			hits++;
		else
			misses++;
		memmove(&list[1], &list[0], at * sizeof(list[0]));
		list[0] = sid;
		CHECK_EQ(dma(&r, sid, VA, IOM_READ).address, PA + sid * 0x1000);
	}
	iom_iommu_statistics(r.iommu, &s);
	CHECK_EQ(s.caches[IOM_CACHE_CONFIG].misses, misses);
	CHECK_EQ(s.caches[IOM_CACHE_CONFIG].hits, hits);
	CHECK_EQ(s.translations, 30000);
	rig_close(&r);
}

typedef struct other_thread {
	rig *r;
	uint64_t expected;
} other_thread;

static gpointer learns(gpointer opaque)
{
	other_thread *t = opaque;

	learn(t->r, VA, t->expected);
	return NULL;
}

/* A thread that begins when sets have changed, and remembers what they have then. */
static void threads_that_come_late(void)
{
	rig r;

	open_with(&r, 8, 8);
	map(&r, r.ttb[1], VB, PA + 0x1000, 12, LEAF);
	for (unsigned round = 0; round < 20; round++) {
		other_thread t = { &r, PA + ((uint64_t)round << 20) };
		GThread *thread;

		map(&r, r.ttb[1], VA, t.expected, 12, LEAF);
		cmd(&r, CMD_NH_VA(1, 11, VA));
		cmd(&r, CMD_SYNC(0));
		thread = g_thread_new("late", learns, &t);
		g_thread_join(thread);
		learn(&r, VA, t.expected);
		for (unsigned i = 0; i < round; i++) {
			CHECK_EQ(dma(&r, 1, VB, IOM_READ).address, PA + 0x1000);
			cmd(&r, CMD_NH_VA(1, 11, VB));
		}
	}
	rig_close(&r);
}

static const iom_test tests[] = {
	{ "changes of a set come round", changes_come_round },
	{ "kinds of answers come round", kinds_come_round },
	{ "pages that differ in one bit", pages_apart },
	{ "blocks", blocks },
	{ "nothing but zeroes", nothing_but_zeroes },
	{ "contexts make room in order", contexts_in_order },
	{ "threads that come late", threads_that_come_late },
	{ 0 },
};
const iom_suite smmu_front_suite = { "what threads remember", tests };
