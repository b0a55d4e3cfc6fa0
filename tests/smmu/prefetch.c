/* SPDX-License-Identifier: MIT */
/* CMD_PREFETCH_CONFIG and CMD_PREFETCH_ADDR (4.2 Prefetch) where they fill the caches. */
#include "tests/smmu/rig.h"
#include "tests/smmu/suites.h"

#include <string.h>

#define VA UINT64_C(0x40000000)
#define PA UINT64_C(0x50000000)
#define LEAF (AF | USER | NG)
#define SSEC (1 << 10)
#define SSV (1 << 11)

static void config_with(iom_smmu_config *c, const char *cache)
{
	rig_config(c, cache, NULL);
	c->prefetch_commands = 1;
}

static iom_statistics figures(rig *r)
{
	iom_statistics st;

	iom_iommu_statistics(r->iommu, &st);
	return st;
}

static uint64_t prefetched(rig *r, iom_cache_id cache)
{
	iom_statistics st = figures(r);

	return st.caches[cache].prefetched;
}

/* The STE and the CD are there when the first transaction comes. */
static void config(void)
{
	for (unsigned on = 0; on < 2; on++) {
		iom_smmu_config c;
		iom_statistics st;
		uint64_t reads;
		rig r;

		config_with(&c, "default");
		c.prefetch_commands = (uint8_t)on;
		rig_open(&r, &c);
		stream_s1(&r, 1, 11, 1);
		map(&r, r.ttb[1], VA, PA, 12, LEAF);
		cmd(&r, CMD_PREFETCH_CONFIG(1));
		st = figures(&r);
		CHECK_EQ(st.table_reads, on ? 2 : 0);
		CHECK_EQ(st.translations, 0);
		CHECK_EQ(st.caches[IOM_CACHE_CONFIG].prefetched, on);
		CHECK_EQ(st.caches[IOM_CACHE_CONFIG].hits + st.caches[IOM_CACHE_CONFIG].misses, 0);
		CHECK_EQ(st.caches[IOM_CACHE_IOTLB].prefetched, 0);
		reads = st.table_reads;
		/* once is enough */
		cmd(&r, CMD_PREFETCH_CONFIG(1));
		CHECK_EQ(figures(&r).table_reads, reads);
		CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, PA);
		st = figures(&r);
		CHECK_EQ(st.caches[IOM_CACHE_CONFIG].hits, on);
		CHECK_EQ(st.table_reads, 2 + 4);
		/* Gone with the others: the stream points elsewhere, and is told so. */
		stream_s1(&r, 2, 12, 1);
		map(&r, r.ttb[2], VA, PA + 0x5000, 12, LEAF);
		cmd(&r, CMD_PREFETCH_CONFIG(1));
		for (unsigned i = 0; i < 8; i++)
			set_word(&r, cd_address(1) + 8 * i, word(&r, cd_address(2) + 8 * i));
		cmd(&r, CMD_CFGI_CD(1, 0));
		cmd(&r, CMD_SYNC(0));
		CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, PA + 0x5000);
		rig_close(&r);
	}
}

/* 2^Size pages; accesses hit, what they may not do faults as ever. */
static void addresses(void)
{
	iom_smmu_config c;
	iom_statistics st;
	uint64_t reads, e[4];
	rig r;

	config_with(&c, "default");
	rig_open(&r, &c);
	stream_s1(&r, 1, 11, 1);
	for (uint64_t i = 0; i < 20; i++)
		map(&r, r.ttb[1], VA + (i << 12), PA + (i << 13), 12, LEAF | (i == 3 ? RO : 0));
	cmd(&r, CMD_PREFETCH_ADDR(1, VA, 4, 0));
	st = figures(&r);
	CHECK_EQ(st.caches[IOM_CACHE_CONFIG].prefetched, 1);
	CHECK_EQ(st.caches[IOM_CACHE_IOTLB].prefetched, 16);
	CHECK_EQ(st.caches[IOM_CACHE_IOTLB].hits + st.caches[IOM_CACHE_IOTLB].misses, 0);
	CHECK_EQ(st.caches[IOM_CACHE_WALK].hits + st.caches[IOM_CACHE_WALK].misses, 0);
	CHECK_EQ(st.translations + st.events, 0);
	reads = st.table_reads;
	for (uint64_t i = 0; i < 16; i++) {
		iom_result res = dma(&r, 1, VA + (i << 12), IOM_READ);

		CHECK_EQ(res.address, PA + (i << 13));
		CHECK_EQ(res.flags & IOM_RES_CACHED, IOM_RES_CACHED);
	}
	CHECK_EQ(figures(&r).table_reads, reads);
	CHECK_EQ(dma(&r, 1, VA + (16 << 12), IOM_READ).flags & IOM_RES_CACHED, 0);
	/* a second time nothing is new */
	cmd(&r, CMD_PREFETCH_ADDR(1, VA, 4, 0));
	CHECK_EQ(prefetched(&r, IOM_CACHE_IOTLB), 16);
	/* read-only is read-only */
	CHECK_EQ(dma(&r, 1, VA + (3 << 12), IOM_WRITE).fault.code, 0x13);
	CU_ASSERT_TRUE(event(&r, e));
	CHECK_EQ(e[0] & 0xff, 0x13);
	/* and what is invalidated is gone */
	set_word(&r, leaf_address(&r, r.ttb[1], VA), (PA + 0x100000) | LEAF | 3);
	cmd(&r, CMD_NH_VA(1, 11, VA));
	cmd(&r, CMD_SYNC(0));
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, PA + 0x100000);
	iom_iommu_reset_statistics(r.iommu);
	CHECK_EQ(prefetched(&r, IOM_CACHE_IOTLB), 0);
	rig_close(&r);
}

/* 2^(12 + Stride) bytes apart, and a block is one however many addresses it has. */
static void strides(void)
{
	static const struct {
		unsigned size, stride, found;
	} cases[] = { { 0, 0, 1 },  { 9, 0, 1 }, { 10, 0, 2 }, { 3, 9, 4 },
		      { 2, 10, 2 }, { 4, 8, 4 }, { 31, 0, 4 }, { 31, 31, 1 } };

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		iom_smmu_config c;
		rig r;

		config_with(&c, "default");
		rig_open(&r, &c);
		stream_s1(&r, 1, 11, 1);
		for (uint64_t b = 0; b < 4; b++)
			map(&r, r.ttb[1], VA + (b << 21), PA + (b << 21), 21, LEAF);
		cmd(&r, CMD_PREFETCH_ADDR(1, VA, cases[i].size, cases[i].stride));
		CHECK_EQ(prefetched(&r, IOM_CACHE_IOTLB), cases[i].found);
		CHECK_EQ(dma(&r, 1, VA + 0x1234, IOM_READ).flags & IOM_RES_CACHED, IOM_RES_CACHED);
		rig_close(&r);
	}
}

/* 4.2: whatever is wrong, nothing is recorded and nothing is found afterwards. */
static void silent(void)
{
	iom_smmu_config c;
	rig r;

	config_with(&c, "default");
	rig_open(&r, &c);
	stream_s1(&r, 1, 11, 1);
	stream_s1(&r, 2, 12, 1);
	stream_word(&r, 2, 0, 1, 0); /* V */
	stream_s1(&r, 3, 13, 1);
	set_word(&r, cd_address(3), word(&r, cd_address(3)) & ~(UINT64_C(1) << 31)); /* CD.V */
	cmd(&r, CMD_PREFETCH_CONFIG(2));
	cmd(&r, CMD_PREFETCH_CONFIG(3));
	cmd(&r, CMD_PREFETCH_CONFIG(0xfffffff)); /* beyond the Stream table */
	cmd(&r, CMD_PREFETCH_ADDR(1, VA, 2, 0)); /* nothing mapped */
	cmd(&r, CMD_PREFETCH_ADDR(1, UINT64_C(1) << 50, 2, 0)); /* beyond the tables */
	cmd(&r, CMD_PREFETCH_ADDR(1, ~UINT64_C(0xfff), 31, 31)); /* around the end */
	cmd(&r, CMD_PREFETCH_ADDR(2, VA, 0, 0));
	/* a substream of a stream without any */
	cmd(&r, 0x01 | SSV | UINT64_C(1) << 32, 0);
	CHECK_EQ(prefetched(&r, IOM_CACHE_IOTLB), 0);
	CHECK_EQ(prefetched(&r, IOM_CACHE_CONFIG), 1);
	CHECK_EQ(events_waiting(&r), 0);
	CHECK_EQ(rd(&r, GERROR), 0);
	/* What was wrong was not kept: put right it works without a command. */
	stream_word(&r, 2, 0, 0, 1);
	map(&r, r.ttb[2], VA, PA, 12, LEAF);
	CHECK_EQ(dma(&r, 2, VA, IOM_READ).address, PA);
	map(&r, r.ttb[1], VA, PA, 12, LEAF);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, PA);
	rig_close(&r);
}

/* Nothing happens without SMMUEN, where granules are protected, and unless asked for. */
static void without_effect(void)
{
	iom_smmu_config c;
	rig r;

	config_with(&c, "default");
	rig_open_reset(&r, &c);
	rig_enable(&r, CMDQEN);
	stream_s1(&r, 1, 11, 1);
	map(&r, r.ttb[1], VA, PA, 12, LEAF);
	cmd(&r, CMD_PREFETCH_CONFIG(1));
	cmd(&r, CMD_PREFETCH_ADDR(1, VA, 0, 0));
	CHECK_EQ(figures(&r).table_reads, 0);
	rig_close(&r);
	rig_open(&r, NULL);
	stream_s1(&r, 1, 11, 1);
	map(&r, r.ttb[1], VA, PA, 12, LEAF);
	cmd(&r, CMD_PREFETCH_CONFIG(1));
	cmd(&r, CMD_PREFETCH_ADDR(1, VA, 0, 0));
	CHECK_EQ(figures(&r).table_reads, 0);
	rig_close(&r);
}

/* A page that needs its access flag set is left alone, at either stage. */
static void flags(void)
{
	iom_smmu_config c;
	uint64_t leaf;
	rig r;

	config_with(&c, "default");
	rig_open(&r, &c);
	stream_s1(&r, 1, 11, 1);
	set_word(&r, cd_address(1), word(&r, cd_address(1)) | UINT64_C(1) << 43); /* HA */
	map(&r, r.ttb[1], VA, PA, 12, USER | NG);
	map(&r, r.ttb[1], VA + 0x1000, PA, 12, LEAF);
	leaf = leaf_address(&r, r.ttb[1], VA);
	cmd(&r, CMD_PREFETCH_ADDR(1, VA, 1, 0));
	CHECK_EQ(word(&r, leaf) & AF, 0);
	CHECK_EQ(prefetched(&r, IOM_CACHE_IOTLB), 1);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).status, IOM_OK);
	CHECK_EQ(word(&r, leaf) & AF, AF);
	rig_close(&r);
}

/* Stage 2 warms up as well, with or without an IOTLB. */
static void caches(void)
{
	static const char *const settings[] = { "default", "walks", "stage2", "one", "off" };

	for (unsigned i = 0; i < G_N_ELEMENTS(settings); i++) {
		uint64_t reads, cold;
		iom_smmu_config c;
		rig r;

		config_with(&c, settings[i]);
		rig_open(&r, &c);
		stream_nested(&r, 1, 11, 1);
		for (uint64_t b = 0x30000000; b < 0x60000000; b += 0x200000)
			map(&r, r.s2ttb, b, b, 21, AF | S2_R | S2_W | S2_WB);
		map(&r, r.ttb[1], VA, PA, 12, LEAF);
		(void)dma(&r, 1, VA, IOM_READ);
		cold = figures(&r).table_reads;
		cmd(&r, CMD_CFGI_RANGE(0, 31));
		cmd(&r, CMD_NSNH_ALL);
		cmd(&r, CMD_PREFETCH_ADDR(1, VA, 0, 0));
		reads = figures(&r).table_reads;
		CHECK_EQ(reads, 2 * cold);
		CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, PA);
		reads = figures(&r).table_reads - reads;
		if (i == 0) {
			CHECK_EQ(reads, 0);
		} else if (strcmp(settings[i], "off") == 0) {
			CHECK_EQ(reads, cold);
		} else {
			CU_ASSERT_TRUE(reads < cold);
		}
		rig_close(&r);
	}
}

/* A queue full of the largest commands is soon over. */
static void bounded(void)
{
	iom_smmu_config c;
	iom_statistics st;
	rig r;

	config_with(&c, "default");
	rig_open(&r, &c);
	stream_s1(&r, 1, 11, 1);
	for (unsigned i = 0; i < 100; i++)
		cmd(&r, CMD_PREFETCH_ADDR(1, VA, 31, 0));
	st = figures(&r);
	CHECK_EQ(st.caches[IOM_CACHE_IOTLB].prefetched, 0);
	/* no more than the IOTLB has room for, each */
	CU_ASSERT_TRUE(st.table_reads <=
		       100 * 4 * (uint64_t)c.cache.cache[IOM_CACHE_IOTLB].entries + 2);
	rig_close(&r);
}

/* SSec names Secure streams, and only on the Secure queue. */
static void secure(void)
{
	iom_smmu_config c;
	rig r;

	rig_config(&c, "default", "S_IDR1.SECURE_IMPL=1", "S_IDR1.SEL2=1", NULL);
	c.prefetch_commands = 1;
	rig_open_reset(&r, &c);
	r.space = IOM_SPACE_SECURE;
	rig_enable(&r, SMMUEN | EVENTQEN | CMDQEN);
	stream_s1(&r, 1, 1, 0);
	map(&r, r.ttb[1], VA, PA, 12, LEAF);
	/* a Non-secure stream of a disabled interface */
	cmd(&r, CMD_PREFETCH_ADDR(1, VA, 0, 0));
	CHECK_EQ(figures(&r).table_reads, 0);
	cmd(&r, SSEC | CMD_PREFETCH_ADDR(1, VA, 0, 0));
	CHECK_EQ(prefetched(&r, IOM_CACHE_IOTLB), 1);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).space, IOM_SPACE_SECURE);
	CHECK_EQ(figures(&r).caches[IOM_CACHE_IOTLB].hits, 1);
	rig_close(&r);
}

static const iom_test tests[] = {
	{ "CMD_PREFETCH_CONFIG brings the STE and the CD", config },
	{ "CMD_PREFETCH_ADDR brings translations", addresses },
	{ "size, stride and blocks", strides },
	{ "what is wrong is silent", silent },
	{ "where they have no effect", without_effect },
	{ "flags are left to transactions", flags },
	{ "walk caches and stage 2", caches },
	{ "a bounded number of walks", bounded },
	{ "Secure streams", secure },
	{ 0 },
};
const iom_suite smmu_prefetch_suite = { "prefetch", tests };
