/* SPDX-License-Identifier: MIT */
/* Options of the caches as a device and its driver see them: in figures, and else not. */
#include "tests/smmu/rig.h"
#include "tests/smmu/suites.h"

#include <string.h>

#define VA UINT64_C(0x7000000)
#define PA UINT64_C(0x50000000)
#define HA (UINT64_C(1) << 43)
#define HD (UINT64_C(1) << 42)
#define PAGE(n) (VA + ((uint64_t)(n) << 12))
#define FRAME(n) (PA + ((uint64_t)(n) << 12))

static void open_with(rig *r, void (*set)(iom_cache_options *iotlb))
{
	iom_smmu_config c;

	rig_config(&c, "default", NULL);
	set(&c.cache.options[IOM_CACHE_IOTLB]);
	rig_open(r, &c);
}

static void map_pages(rig *r, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		map(r, r->ttb[1], PAGE(i), FRAME(i), 12, AF | NG | USER);
}

static iom_cache_statistics iotlb(rig *r)
{
	iom_statistics s;

	iom_iommu_statistics(r->iommu, &s);
	return s.caches[IOM_CACHE_IOTLB];
}

static bool cached(rig *r, uint32_t sid, unsigned page)
{
	iom_result res = dma(r, sid, PAGE(page), IOM_READ);

	CHECK_EQ(res.status, IOM_OK);
	CHECK_EQ(res.address, FRAME(page));
	return res.flags & IOM_RES_CACHED;
}

static void three_ahead(iom_cache_options *o)
{
	o->prefetch = 3;
}

static void three_by_stride(iom_cache_options *o)
{
	o->prefetch = 3;
	o->stride = 1;
}

/* 16 pages in a row are one miss, and what lies behind them is nobody's fault. */
static void one_miss_in_a_row(void)
{
	iom_statistics all;
	rig r;

	open_with(&r, three_ahead);
	stream_s1(&r, 1, 1, 0);
	map_pages(&r, 16);
	CU_ASSERT_FALSE(cached(&r, 1, 0));
	CHECK_EQ(iotlb(&r).prefetched, 3);
	CHECK_EQ(iotlb(&r).prefetch_used, 0);
	for (unsigned i = 1; i < 16; i++)
		CU_ASSERT_TRUE(cached(&r, 1, i));
	CHECK_EQ(iotlb(&r).misses, 1);
	CHECK_EQ(iotlb(&r).hits, 15);
	CHECK_EQ(iotlb(&r).prefetched, 15);
	CHECK_EQ(iotlb(&r).prefetch_used, 15);
	CHECK_EQ(events_waiting(&r), 0);
	iom_iommu_statistics(r.iommu, &all);
	CHECK_EQ(all.translations, 16);
	CHECK_EQ(all.faulted, 0);
	CHECK_EQ(all.caches[IOM_CACHE_CONFIG].hits, 15);
	/* The access that is refused is the one that somebody made. */
	CHECK_EQ(dma(&r, 1, PAGE(16), IOM_READ).fault.code, 0x10);
	CHECK_EQ(events_waiting(&r), 1);
	iom_iommu_reset_statistics(r.iommu);
	CHECK_EQ(iotlb(&r).prefetched, 0);
	CHECK_EQ(iotlb(&r).prefetch_used, 0);
	rig_close(&r);
}

static void dead_like_everything_else(void)
{
	rig r;

	open_with(&r, three_ahead);
	stream_s1(&r, 1, 1, 0);
	map_pages(&r, 8);
	CU_ASSERT_FALSE(cached(&r, 1, 0));
	set_word(&r, leaf_address(&r, r.ttb[1], PAGE(1)), FRAME(7) | AF | NG | USER | 3);
	cmd(&r, CMD_NH_VA(0, 1, PAGE(1)));
	cmd(&r, CMD_SYNC(0));
	CHECK_EQ(dma(&r, 1, PAGE(1), IOM_READ).address, FRAME(7));
	CHECK_EQ(iotlb(&r).misses, 2);
	set_word(&r, leaf_address(&r, r.ttb[1], PAGE(1)), FRAME(1) | AF | NG | USER | 3);
	cmd(&r, CMD_NH_ASID(0, 1));
	cmd(&r, CMD_SYNC(0));
	CU_ASSERT_FALSE(cached(&r, 1, 1));
	rig_close(&r);
}

/* A flag that an access would set is set by an access. */
static void no_flags(void)
{
	uint64_t leaf, e[4];
	rig r;

	open_with(&r, three_ahead);
	stream_s1(&r, 1, 1, 0);
	set_word(&r, cd_address(1), word(&r, cd_address(1)) | HA | HD);
	map(&r, r.ttb[1], PAGE(0), FRAME(0), 12, AF | NG | USER);
	map(&r, r.ttb[1], PAGE(1), FRAME(1), 12, NG | USER); /* no AF */
	map(&r, r.ttb[1], PAGE(2), FRAME(2), 12, AF | NG | USER | RO | DBM); /* clean */
	map(&r, r.ttb[1], PAGE(3), FRAME(3), 12, AF | NG | USER);
	leaf = leaf_address(&r, r.ttb[1], VA);
	CHECK_EQ(dma(&r, 1, PAGE(0), IOM_READ).status, IOM_OK);
	CHECK_EQ(iotlb(&r).prefetched, 2);
	CHECK_EQ(word(&r, leaf + 8), FRAME(1) | NG | USER | 3);
	CHECK_EQ(word(&r, leaf + 16), FRAME(2) | AF | NG | USER | RO | DBM | 3);
	/* What was fetched for reading says nothing about writing. */
	CHECK_EQ(dma(&r, 1, PAGE(2), IOM_READ).permissions & IOM_WRITE, 0);
	CHECK_EQ(dma(&r, 1, PAGE(2), IOM_WRITE).status, IOM_OK);
	CHECK_EQ(word(&r, leaf + 16), FRAME(2) | AF | NG | USER | DBM | 3);
	CU_ASSERT_FALSE(cached(&r, 1, 1));
	CHECK_EQ(word(&r, leaf + 8), FRAME(1) | AF | NG | USER | 3);
	CU_ASSERT_FALSE(event(&r, e));
	rig_close(&r);
}

static void by_stride(void)
{
	rig r;

	open_with(&r, three_by_stride);
	stream_s1(&r, 1, 1, 0);
	stream_s1(&r, 2, 2, 0);
	map_pages(&r, 64);
	CU_ASSERT_FALSE(cached(&r, 1, 0));
	CHECK_EQ(iotlb(&r).prefetched, 0);
	CU_ASSERT_FALSE(cached(&r, 1, 5));
	CHECK_EQ(iotlb(&r).prefetched, 3);
	for (unsigned page = 10; page < 40; page += 5)
		CU_ASSERT_TRUE(cached(&r, 1, page));
	CU_ASSERT_FALSE(cached(&r, 1, 11));
	/* And backwards; page 1 and then the begin of the mapping end it. */
	CU_ASSERT_FALSE(cached(&r, 1, 63));
	CU_ASSERT_FALSE(cached(&r, 1, 61));
	CU_ASSERT_TRUE(cached(&r, 1, 59));
	CU_ASSERT_TRUE(cached(&r, 1, 57));
	CHECK_EQ(events_waiting(&r), 0);
	rig_close(&r);
}

static void both_ends(void)
{
	iom_request q = { .requester = 1, .pasid = IOM_NO_PASID, .access = IOM_READ };
	iom_result res;
	rig r;

	/* The last page of the lower half: no table describes what is behind it. */
	open_with(&r, three_ahead);
	stream_s1(&r, 1, 1, 0);
	map(&r, r.ttb[1], 0, PA, 12, AF | NG | USER);
	map(&r, r.ttb[1], UINT64_C(0xfffffffff000), PA, 12, AF | NG | USER);
	q.address = UINT64_C(0xfffffffff000);
	iom_iommu_translate(r.iommu, &q, &res);
	CHECK_EQ(res.status, IOM_OK);
	CHECK_EQ(iotlb(&r).prefetched, 0);
	CHECK_EQ(events_waiting(&r), 0);
	rig_close(&r);
}

static void apart(iom_cache_options *o)
{
	o->partition_by = IOM_PARTITION_REQUESTER;
	o->partitions = 2;
}

static void apart_by_domain(iom_cache_options *o)
{
	o->partition_by = IOM_PARTITION_DOMAIN;
	o->n_shares = 1;
	o->share[0] = (iom_cache_share){ 1, 1, 1 }; /* VMID 0, ASID 1 */
	o->rest = 1;
}

/* One device that reads everything does not cost another its few pages. */
static void partitions(void (*set)(iom_cache_options *o))
{
	iom_smmu_config c;
	rig r;

	rig_config(&c, "default", NULL);
	c.cache.cache[IOM_CACHE_IOTLB] = (iom_cache_geometry){ 64, 4, IOM_POLICY_LRU };
	set(&c.cache.options[IOM_CACHE_IOTLB]);
	rig_open(&r, &c);
	stream_s1(&r, 1, 1, 0);
	stream_s1(&r, 2, 2, 0);
	map_pages(&r, 32);
	for (unsigned i = 0; i < 512; i++)
		map(&r, r.ttb[2], PAGE(i), FRAME(i), 12, AF | NG | USER);
	for (unsigned i = 0; i < 32; i++)
		CU_ASSERT_FALSE(cached(&r, 1, i));
	for (unsigned i = 0; i < 512; i++)
		CU_ASSERT_FALSE(cached(&r, 2, i));
	for (unsigned i = 0; i < 32; i++)
		CU_ASSERT_TRUE(cached(&r, 1, i));
	CHECK_EQ(iotlb(&r).n_partitions, 2);
	CHECK_EQ(iotlb(&r).partition[0].evictions, 0);
	CHECK_EQ(iotlb(&r).partition[1].evictions, 512 - 32);
	cmd(&r, CMD_NSNH_ALL);
	cmd(&r, CMD_SYNC(0));
	CU_ASSERT_FALSE(cached(&r, 1, 0));
	rig_close(&r);
}

static void by_requester(void)
{
	partitions(apart);
}

static void by_domain(void)
{
	partitions(apart_by_domain);
}

static void nothing(iom_cache_options *o)
{
	(void)o;
}

/* An embedder pins the ring of a device; a whole sweep of others leaves it there. */
static void pinned_ring(void)
{
	iom_cache_pin ring = { 1, IOM_PIN_ANY, PAGE(0), PAGE(2) - 1 };
	GError *error = NULL;
	iom_smmu_config c;
	rig r;

	rig_config(&c, "default", NULL);
	c.cache.cache[IOM_CACHE_IOTLB] = (iom_cache_geometry){ 8, 4, IOM_POLICY_RANDOM };
	rig_open(&r, &c);
	stream_s1(&r, 1, 1, 0);
	map_pages(&r, 512);
	CU_ASSERT_FALSE(cached(&r, 1, 1));
	CU_ASSERT_TRUE(iom_iommu_pin(r.iommu, IOM_CACHE_IOTLB, &ring, &error));
	for (unsigned i = 0; i < 512; i++)
		CU_ASSERT_FALSE(cached(&r, 1, i));
	CHECK_EQ(iotlb(&r).pinned, 2);
	CU_ASSERT_TRUE(cached(&r, 1, 0));
	CU_ASSERT_TRUE(cached(&r, 1, 1));
	cmd(&r, CMD_NH_VA(0, 1, PAGE(1)));
	cmd(&r, CMD_SYNC(0));
	CU_ASSERT_TRUE(cached(&r, 1, 0));
	CU_ASSERT_FALSE(cached(&r, 1, 1));
	iom_iommu_unpin_all(r.iommu, IOM_CACHE_IOTLB);
	CHECK_EQ(iotlb(&r).pinned, 0);
	CU_ASSERT_FALSE(iom_iommu_pin(r.iommu, IOM_CACHE_INTERRUPT, &ring, &error));
	CU_ASSERT_TRUE(g_error_matches(error, IOM_ERROR, IOM_ERROR_CONFIG));
	g_clear_error(&error);
	rig_close(&r);
	open_with(&r, nothing);
	CU_ASSERT_TRUE(iom_iommu_pin(r.iommu, IOM_CACHE_CONFIG, &ring, NULL));
	rig_close(&r);
}

/* A model with all of it, saved in the middle and going on in another. */
static void saved(void)
{
	iom_smmu_config c;
	iom_iommu *other;
	GBytes *state;
	rig r;

	rig_config(&c, "prefetch", NULL);
	rig_open(&r, &c);
	stream_nested(&r, 1, 1, 1);
	for (uint64_t b = 0x30000000; b < 0x60000000; b += 0x200000)
		map(&r, r.s2ttb, b, b, 21, AF | S2_R | S2_W | S2_WB);
	map_pages(&r, 40);
	for (unsigned i = 0; i < 40; i++)
		cached(&r, 1, i);
	state = iom_iommu_save(r.iommu);
	other = rig_model(&r, &c);
	CU_ASSERT_TRUE(iom_iommu_load(other, state, NULL));
	iom_iommu_unref(r.iommu);
	r.iommu = other;
	for (unsigned i = 0; i < 40; i++)
		cached(&r, 1, i);
	CU_ASSERT_TRUE(iotlb(&r).prefetched > 0);
	/* Into itself: what was cached is gone, what was pinned as well. */
	CU_ASSERT_TRUE(iom_iommu_load(r.iommu, state, NULL));
	CHECK_EQ(iotlb(&r).pinned, 0);
	CU_ASSERT_FALSE(cached(&r, 1, 0));
	g_bytes_unref(state);
	rig_close(&r);
}

static void refused(void)
{
	iom_bus bus = { .size = sizeof(bus), .memory = { iom_memory_new() } };
	GError *error = NULL;
	iom_smmu_config c;

	rig_config(&c, "default", NULL);
	c.cache.options[IOM_CACHE_WALK].prefetch = 1;
	CU_ASSERT_PTR_NULL(iom_smmu_new(&c, &bus, &error));
	CU_ASSERT_TRUE(g_error_matches(error, IOM_ERROR, IOM_ERROR_CONFIG));
	CU_ASSERT_TRUE(error && strstr(error->message, "walk.prefetch"));
	g_clear_error(&error);
	iom_memory_unref(bus.memory[0]);
}

static const iom_test tests[] = {
	{ "prefetch: pages in a row are one miss", one_miss_in_a_row },
	{ "prefetch: dead after an invalidation", dead_like_everything_else },
	{ "prefetch: sets no flag", no_flags },
	{ "prefetch: by stride", by_stride },
	{ "prefetch: not beyond the address space", both_ends },
	{ "partitions by requester", by_requester },
	{ "partitions by ASID", by_domain },
	{ "a pinned ring", pinned_ring },
	{ "saved and loaded with every option", saved },
	{ "a configuration that cannot be", refused },
	{ 0 },
};
const iom_suite smmu_options_suite = { "options", tests };
