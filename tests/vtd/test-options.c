/* SPDX-License-Identifier: MIT */
/* Options of the caches as a device and its driver see them: in figures, and else not. */
#include "tests/vtd/rig.h"
#include "tests/vtd/suites.h"

#include <string.h>

/* From the first set of a cache on, so that neighbours fill the sets evenly. */
#define PAGE(n) (UINT64_C(0x7654320000) + ((uint64_t)(n) << 12))
#define FRAME(n) (UINT64_C(0x500000) + ((uint64_t)(n) << 12))
#define A (1u << 5)
#define PWSNP (1u << 23)

static void four_ahead(iom_vtd_config *config)
{
	config->cache.options[IOM_CACHE_IOTLB].prefetch = 4;
}

static iom_cache_statistics iotlb(rig *r)
{
	return rig_statistics(r).caches[IOM_CACHE_IOTLB];
}

/* Second stage: no flags in the way. */
static void one_miss_in_a_row(void)
{
	rig *r = rig_new_cache(four_ahead, "default");
	uint64_t ss = rig_table(r);

	rig_legacy(r);
	rig_context(r, RIG_SID, ss, 0, 5);
	for (unsigned i = 0; i < 20; i++)
		rig_map(r, ss, PAGE(i), FRAME(i), 1, 3, 3);
	CU_ASSERT_FALSE(rig_cached(r, RIG_SID, IOM_NO_PASID, PAGE(0)));
	CHECK_EQ(iotlb(r).prefetched, 4);
	for (unsigned i = 1; i < 20; i++) {
		iom_result res = rig_dma(r, RIG_SID, IOM_NO_PASID, IOM_WRITE, PAGE(i));

		CHECK_EQ(res.status, IOM_OK);
		CHECK_EQ(res.address, FRAME(i));
	}
	CHECK_EQ(iotlb(r).misses, 1);
	CHECK_EQ(iotlb(r).hits, 19);
	CHECK_EQ(iotlb(r).prefetched, 19);
	CHECK_EQ(iotlb(r).prefetch_used, 19);
	CHECK_EQ(rig_statistics(r).translations, 20);
	CHECK_EQ(rig_statistics(r).events, 0);
	CHECK_EQ(rig_read(r, R_FSTS), 0);
	rig_free(r);
}

/* First stage: what has no A flag yet is not fetched, and gets none by it. */
static void no_flags(void)
{
	rig *r = rig_new_cache(four_ahead, "default");
	uint64_t fs = rig_table(r), leaf[4];

	rig_scalable(r);
	rig_sm_context(r, RIG_SID, 1 << 3, 0);
	rig_pasid(r, 1, PGTT_FIRST, fs, 0, 5, 0);
	rig_pasid_bits(r, 1, PWSNP, 0);
	for (unsigned i = 0; i < 4; i++)
		leaf[i] = rig_map(r, fs, PAGE(i), FRAME(i), 1, 7 | (i == 2 ? 0 : A), 7 | A);
	rig_dma(r, RIG_SID, 1, IOM_READ, PAGE(0));
	CHECK_EQ(iotlb(r).prefetched, 2);
	CHECK_EQ(rig_word(r, leaf[2]), FRAME(2) | 7);
	CU_ASSERT_TRUE(rig_cached(r, RIG_SID, 1, PAGE(1)));
	CU_ASSERT_FALSE(rig_cached(r, RIG_SID, 1, PAGE(2)));
	CHECK_EQ(rig_word(r, leaf[2]), FRAME(2) | 7 | A);
	CU_ASSERT_TRUE(rig_cached(r, RIG_SID, 1, PAGE(3)));
	/* Fetched for reading: a write finds its dirty flag unset and sets it. */
	CHECK_EQ(rig_dma(r, RIG_SID, 1, IOM_WRITE, PAGE(3)).status, IOM_OK);
	CHECK_EQ(rig_word(r, leaf[3]), FRAME(3) | 7 | A | 1 << 6);
	CHECK_EQ(rig_statistics(r).events, 0);
	rig_free(r);
}

static void dead_like_everything_else(void)
{
	rig *r = rig_new_cache(four_ahead, "default");
	uint64_t ss = rig_table(r), leaf = 0;

	rig_legacy(r);
	rig_context(r, RIG_SID, ss, 0, 5);
	for (unsigned i = 0; i < 4; i++)
		leaf = rig_map(r, ss, PAGE(i), FRAME(i), 1, 3, 3);
	rig_queue(r, false);
	rig_dma(r, RIG_SID, IOM_NO_PASID, IOM_READ, PAGE(0));
	rig_set(r, leaf, FRAME(9) | 3);
	/* 6.5.2.3 IOTLB Invalidate: page-selective, domain 5 */
	rig_push(r, 2 | 3 << 4 | UINT64_C(5) << 16, PAGE(3));
	rig_wait(r, 1);
	CHECK_EQ(rig_dma(r, RIG_SID, IOM_NO_PASID, IOM_READ, PAGE(3)).address, FRAME(9));
	CHECK_EQ(iotlb(r).misses, 2);
	rig_free(r);
}

static void by_domain(iom_vtd_config *config)
{
	config->cache.cache[IOM_CACHE_IOTLB] = (iom_cache_geometry){ 32, 4, IOM_POLICY_PLRU };
	config->cache.options[IOM_CACHE_IOTLB].partition_by = IOM_PARTITION_DOMAIN;
	config->cache.options[IOM_CACHE_IOTLB].n_shares = 1;
	config->cache.options[IOM_CACHE_IOTLB].share[0] = (iom_cache_share){ 5, 5, 1 };
}

static void partitions(void)
{
	rig *r = rig_new_cache(by_domain, "default");
	uint64_t ss = rig_table(r), other = rig_table(r);

	rig_legacy(r);
	rig_context(r, RIG_SID, ss, 0, 5);
	rig_context(r, RIG_SID + 8, other, 0, 6);
	for (unsigned i = 0; i < 304; i++) {
		if (i < 16)
			rig_map(r, ss, PAGE(i), FRAME(i), 1, 3, 3);
		rig_map(r, other, PAGE(i), FRAME(i), 1, 3, 3);
	}
	for (unsigned i = 0; i < 16; i++)
		CU_ASSERT_FALSE(rig_cached(r, RIG_SID, IOM_NO_PASID, PAGE(i)));
	for (unsigned i = 0; i < 304; i++)
		CU_ASSERT_FALSE(rig_cached(r, RIG_SID + 8, IOM_NO_PASID, PAGE(i)));
	for (unsigned i = 0; i < 16; i++)
		CU_ASSERT_TRUE(rig_cached(r, RIG_SID, IOM_NO_PASID, PAGE(i)));
	CHECK_EQ(iotlb(r).partition[0].evictions, 0);
	CHECK_EQ(iotlb(r).partition[1].evictions, 304 - 16);
	rig_free(r);
}

/* Pages of 2 MiB have four places of their own; those of 4 KiB fill the rest. */
static void large_apart(iom_vtd_config *config)
{
	config->cache.cache[IOM_CACHE_IOTLB] = (iom_cache_geometry){ 32, 4, IOM_POLICY_LRU };
	config->cache.options[IOM_CACHE_IOTLB].n_bins = 1;
	config->cache.options[IOM_CACHE_IOTLB].bin[0] =
		(iom_cache_bin){ 21, 0, { 4, 0, IOM_POLICY_LRU } };
	config->cache.options[IOM_CACHE_WALK].n_bins = 1;
	config->cache.options[IOM_CACHE_WALK].bin[0] =
		(iom_cache_bin){ 30, 2, { 0, 0, IOM_POLICY_LRU } };
}

static void sizes(void)
{
	rig *r = rig_new_cache(large_apart, "default");
	uint64_t ss = rig_table(r);

	rig_legacy(r);
	rig_context(r, RIG_SID, ss, 0, 5);
	for (uint64_t i = 0; i < 4; i++) {
		rig_map(r, ss, i << 21, i << 21, 2, 3 | 1 << 7, 3);
		CU_ASSERT_FALSE(rig_cached(r, RIG_SID, IOM_NO_PASID, i << 21));
	}
	for (unsigned i = 0; i < 304; i++) {
		rig_map(r, ss, PAGE(i), FRAME(i), 1, 3, 3);
		CU_ASSERT_FALSE(rig_cached(r, RIG_SID, IOM_NO_PASID, PAGE(i)));
	}
	for (uint64_t i = 0; i < 4; i++)
		CU_ASSERT_TRUE(rig_cached(r, RIG_SID, IOM_NO_PASID, (i << 21) + 0x12345));
	for (unsigned i = 304 - 32; i < 304; i++)
		CU_ASSERT_TRUE(rig_cached(r, RIG_SID, IOM_NO_PASID, PAGE(i)));
	rig_free(r);
}

static const iom_test tests[] = {
	{ "prefetch: pages in a row are one miss", one_miss_in_a_row },
	{ "prefetch: sets no flag", no_flags },
	{ "prefetch: dead after an invalidation", dead_like_everything_else },
	{ "partitions by domain-id", partitions },
	{ "page sizes apart", sizes },
	{ 0 },
};
const iom_suite options_suite = { "options", tests };
