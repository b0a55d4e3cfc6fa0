/* SPDX-License-Identifier: MIT */
/* The cache, case by case: what is found, what is dead, what comes too late. */
#include "core/cache.h"
#include "tests/core/suites.h"

#include <string.h>

typedef struct fixture {
	iom_tags *tags;
	iom_cache *cache;
} fixture;

static fixture make(uint32_t entries, uint32_t ways)
{
	iom_cache_geometry g = { entries, ways, IOM_POLICY_LRU };
	fixture f = { .tags = iom_tags_new() };

	f.cache = iom_cache_new("iotlb", &g, f.tags);
	return f;
}

static void drop(fixture *f)
{
	iom_cache_free(f->cache);
	iom_tags_free(f->tags);
}

static const iom_cache_scope scope_a = { 1, 2 }, scope_b = { 1, 3 }, scope_c = { 2, 2 };

static void put(fixture *f, const iom_cache_scope *scope, uint64_t address, unsigned lg2,
		uint64_t value)
{
	iom_cache_insert(f->cache, scope, address, lg2, &value, sizeof(value), NULL, 0,
			 iom_tags_epoch(f->tags));
}

/* The value found, or UINT64_MAX. */
static uint64_t get(fixture *f, const iom_cache_scope *scope, uint64_t address)
{
	uint64_t value;

	return iom_cache_lookup(f->cache, scope, address, &value, sizeof(value), NULL) ? value
										       : UINT64_MAX;
}

static void exact_scope(void)
{
	fixture f = make(64, 4);

	put(&f, &scope_a, 0x5000, 12, 1);
	put(&f, &scope_b, 0x5000, 12, 2);
	put(&f, &scope_c, 0x5000, 12, 3);
	CHECK_EQ(get(&f, &scope_a, 0x5fff), 1);
	CHECK_EQ(get(&f, &scope_b, 0x5000), 2);
	CHECK_EQ(get(&f, &scope_c, 0x5800), 3);
	CHECK_EQ(get(&f, &scope_a, 0x6000), UINT64_MAX);
	CHECK_EQ(get(&f, &scope_a, 0x4fff), UINT64_MAX);
	iom_cache_invalidate_range(f.cache, &scope_b, 0x5abc, 0x5abc);
	CHECK_EQ(get(&f, &scope_a, 0x5000), 1);
	CHECK_EQ(get(&f, &scope_b, 0x5000), UINT64_MAX);
	CHECK_EQ(get(&f, &scope_c, 0x5000), 3);
	drop(&f);
}

/* Every size of page, at the bottom and the top of the address space. */
static void page_sizes(void)
{
	for (unsigned lg2 = 0; lg2 < 64; lg2++) {
		fixture f = make(16, 4);
		uint64_t bytes = UINT64_C(1) << lg2, top = UINT64_MAX - bytes + 1, v;
		unsigned found = 99;

		put(&f, &scope_a, 0, lg2, 1);
		put(&f, &scope_a, UINT64_MAX, lg2, 2);
		CHECK_EQ(get(&f, &scope_a, bytes - 1), 1);
		CHECK_EQ(get(&f, &scope_a, top), 2);
		CU_ASSERT_TRUE(iom_cache_lookup(f.cache, &scope_a, top, &v, 8, &found));
		CHECK_EQ(found, lg2);
		if (lg2 < 63)
			CHECK_EQ(get(&f, &scope_a, bytes), UINT64_MAX);
		iom_cache_invalidate_range(f.cache, &scope_a, UINT64_MAX, UINT64_MAX);
		CHECK_EQ(get(&f, &scope_a, top), UINT64_MAX);
		CHECK_EQ(get(&f, &scope_a, 0), 1);
		drop(&f);
	}
}

static void values(void)
{
	fixture f = make(8, 2);
	uint8_t in[IOM_CACHE_VALUE], out[IOM_CACHE_VALUE + 1];

	for (unsigned i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(i * 5 + 1);
	for (size_t size = 0; size <= IOM_CACHE_VALUE; size++) {
		iom_cache_insert(f.cache, &scope_a, 0x1000, 12, in, size, NULL, 0,
				 iom_tags_epoch(f.tags));
		memset(out, 0xee, sizeof(out));
		CU_ASSERT_TRUE(iom_cache_lookup(f.cache, &scope_a, 0x1000, out, size, NULL));
		CU_ASSERT_EQUAL(memcmp(in, out, size), 0);
		CHECK_EQ(out[size], 0xee);
	}
	CHECK_EQ(iom_cache_count(f.cache), 1);
	/* Too large a value is not kept, and does not hurt what is there. */
	iom_cache_insert(f.cache, &scope_a, 0x9000, 12, in, IOM_CACHE_VALUE + 1, NULL, 0,
			 iom_tags_epoch(f.tags));
	CHECK_EQ(get(&f, &scope_a, 0x9000), UINT64_MAX);
	drop(&f);
}

static void nothing_kept(void)
{
	fixture f = make(0, 4);
	iom_cache_statistics s;

	CU_ASSERT_FALSE(iom_cache_enabled(f.cache));
	put(&f, &scope_a, 0, 12, 1);
	CHECK_EQ(get(&f, &scope_a, 0), UINT64_MAX);
	iom_cache_invalidate_range(f.cache, &scope_a, 0, UINT64_MAX);
	iom_cache_invalidate_all(f.cache);
	CHECK_EQ(iom_cache_count(f.cache), 0);
	iom_cache_statistics_get(f.cache, &s);
	CHECK_EQ(s.misses, 1);
	CHECK_EQ(s.hits, 0);
	drop(&f);
}

static void tags(void)
{
	fixture f = make(64, 0);
	iom_tag *t[6];
	uint64_t v;

	for (unsigned i = 0; i < 6; i++) {
		CU_ASSERT_PTR_NULL(iom_tags_find(f.tags, i));
		t[i] = iom_tags_get(f.tags, i);
		CU_ASSERT_PTR_EQUAL(iom_tags_get(f.tags, i), t[i]);
		CU_ASSERT_PTR_EQUAL(iom_tags_find(f.tags, i), t[i]);
	}
	/* Entry i carries the tags i, i + 1, ... as many as its number says. */
	for (unsigned n = 0; n <= IOM_CACHE_TAGS; n++) {
		v = n;
		iom_cache_insert(f.cache, &scope_a, (uint64_t)n << 12, 12, &v, 8, t, n,
				 iom_tags_epoch(f.tags));
	}
	iom_tag_invalidate(f.tags, t[5]);
	CHECK_EQ(iom_cache_count(f.cache), 5);
	for (unsigned dead = IOM_CACHE_TAGS; dead > 0; dead--) {
		iom_tag_invalidate(f.tags, t[dead - 1]);
		for (unsigned n = 0; n <= IOM_CACHE_TAGS; n++)
			CHECK_EQ(get(&f, &scope_a, (uint64_t)n << 12), n < dead ? n : UINT64_MAX);
		CHECK_EQ(iom_cache_count(f.cache), dead);
	}
	iom_tags_invalidate_all(f.tags);
	CHECK_EQ(get(&f, &scope_a, 0), UINT64_MAX);
	CHECK_EQ(iom_cache_count(f.cache), 0);
	drop(&f);
}

/* One registry, two caches: a tag reaches both, invalidate_all() only its own. */
static void two_caches(void)
{
	fixture f = make(16, 4), g = { .tags = f.tags };
	iom_cache_geometry geometry = { 16, 2, IOM_POLICY_FIFO };
	iom_tag *t = iom_tags_get(f.tags, 9);
	uint64_t v = 1;

	g.cache = iom_cache_new("walk", &geometry, f.tags);
	for (unsigned round = 0; round < 2; round++) {
		iom_cache_insert(f.cache, &scope_a, 0, 12, &v, 8, &t, 1, iom_tags_epoch(f.tags));
		iom_cache_insert(g.cache, &scope_a, 0, 12, &v, 8, &t, 1, iom_tags_epoch(f.tags));
		CHECK_EQ(get(&f, &scope_a, 0), 1);
		CHECK_EQ(get(&g, &scope_a, 0), 1);
		if (round == 0)
			iom_cache_invalidate_all(g.cache);
		else
			iom_tag_invalidate(f.tags, t);
		CHECK_EQ(get(&f, &scope_a, 0), round == 0 ? 1 : UINT64_MAX);
		CHECK_EQ(get(&g, &scope_a, 0), UINT64_MAX);
	}
	iom_cache_free(g.cache);
	drop(&f);
}

/*
 * What was read before an invalidation and comes after it must not be found:
 * epoch, invalidation, insertion.
 */
static void late_tag(void)
{
	fixture f = make(16, 4);
	iom_tag *known = iom_tags_get(f.tags, 1), *other = iom_tags_get(f.tags, 2), *unknown;
	iom_epoch epoch;
	uint64_t v = 7;

	epoch = iom_tags_epoch(f.tags);
	iom_tag_invalidate(f.tags, known);
	iom_cache_insert(f.cache, &scope_a, 0, 12, &v, 8, &known, 1, epoch);
	CHECK_EQ(get(&f, &scope_a, 0), UINT64_MAX);
	/* Another tag's invalidation is no reason. */
	iom_cache_insert(f.cache, &scope_a, 0, 12, &v, 8, &other, 1, epoch);
	CHECK_EQ(get(&f, &scope_a, 0), 7);

	/* The command came when no entry had ever named the identity. */
	epoch = iom_tags_epoch(f.tags);
	CU_ASSERT_PTR_NULL(iom_tags_find(f.tags, 3));
	unknown = iom_tags_get(f.tags, 3);
	iom_cache_insert(f.cache, &scope_b, 0, 12, &v, 8, &unknown, 1, epoch);
	CHECK_EQ(get(&f, &scope_b, 0), UINT64_MAX);
	iom_cache_insert(f.cache, &scope_b, 0, 12, &v, 8, &unknown, 1, iom_tags_epoch(f.tags));
	CHECK_EQ(get(&f, &scope_b, 0), 7);

	epoch = iom_tags_epoch(f.tags);
	iom_tags_invalidate_all(f.tags);
	iom_cache_insert(f.cache, &scope_c, 0, 12, &v, 8, NULL, 0, epoch);
	CHECK_EQ(get(&f, &scope_c, 0), UINT64_MAX);

	epoch = iom_tags_epoch(f.tags);
	iom_cache_invalidate_all(f.cache);
	iom_cache_insert(f.cache, &scope_c, 0, 12, &v, 8, NULL, 0, epoch);
	CHECK_EQ(get(&f, &scope_c, 0), UINT64_MAX);
	drop(&f);
}

static bool no_match(void *opaque, const iom_cache_scope *scope, uint64_t address,
		     unsigned page_lg2, const void *value)
{
	(void)opaque;
	(void)scope;
	(void)address;
	(void)page_lg2;
	(void)value;
	return false;
}

static void late_range(void)
{
	fixture f = make(64, 4);
	iom_epoch epoch = iom_tags_epoch(f.tags);
	uint64_t v = 7;

	iom_cache_invalidate_range(f.cache, &scope_a, 0x5000, 0x5fff);
	/* The page itself, a block around it, a part of it. */
	iom_cache_insert(f.cache, &scope_a, 0x5000, 12, &v, 8, NULL, 0, epoch);
	iom_cache_insert(f.cache, &scope_a, 0, 21, &v, 8, NULL, 0, epoch);
	iom_cache_insert(f.cache, &scope_a, 0x5800, 10, &v, 8, NULL, 0, epoch);
	CHECK_EQ(get(&f, &scope_a, 0x5800), UINT64_MAX);
	CHECK_EQ(iom_cache_count(f.cache), 0);
	/* Neighbours and other scopes are not concerned. */
	iom_cache_insert(f.cache, &scope_a, 0x6000, 12, &v, 8, NULL, 0, epoch);
	iom_cache_insert(f.cache, &scope_a, 0x4000, 12, &v, 8, NULL, 0, epoch);
	iom_cache_insert(f.cache, &scope_b, 0x5000, 12, &v, 8, NULL, 0, epoch);
	CHECK_EQ(iom_cache_count(f.cache), 3);
	/* However many invalidations come in between. */
	for (unsigned i = 0; i < 100; i++) {
		iom_cache_invalidate_range(f.cache, &scope_c, i << 12, i << 12);
		iom_cache_insert(f.cache, &scope_a, 0x5000, 12, &v, 8, NULL, 0, epoch);
		CHECK_EQ(get(&f, &scope_a, 0x5000), UINT64_MAX);
	}
	iom_cache_insert(f.cache, &scope_a, 0x5000, 12, &v, 8, NULL, 0, iom_tags_epoch(f.tags));
	CHECK_EQ(get(&f, &scope_a, 0x5000), 7);
	epoch = iom_tags_epoch(f.tags);
	iom_cache_invalidate_if(f.cache, no_match, NULL);
	iom_cache_insert(f.cache, &scope_b, 0x9000, 12, &v, 8, NULL, 0, epoch);
	CHECK_EQ(get(&f, &scope_b, 0x9000), UINT64_MAX);
	drop(&f);
}

static void mixed_ranges(void)
{
	fixture f = make(256, 8);

	for (unsigned i = 0; i < 8; i++)
		put(&f, &scope_a, (uint64_t)i << 12, 12, i);
	put(&f, &scope_a, 1 << 21, 21, 21);
	put(&f, &scope_a, 1 << 16, 16, 16);
	put(&f, &scope_a, UINT64_C(1) << 30, 30, 30);
	CHECK_EQ(iom_cache_count(f.cache), 11);
	iom_cache_invalidate_range(f.cache, &scope_a, 0x2fff, 0x4000);
	CHECK_EQ(iom_cache_count(f.cache), 8);
	CHECK_EQ(get(&f, &scope_a, 0x1fff), 1);
	CHECK_EQ(get(&f, &scope_a, 0x2000), UINT64_MAX);
	CHECK_EQ(get(&f, &scope_a, 0x5000), 5);
	iom_cache_invalidate_range(f.cache, &scope_a, 0x1ffff, (1 << 21) + 5);
	CHECK_EQ(get(&f, &scope_a, 1 << 16), UINT64_MAX);
	CHECK_EQ(get(&f, &scope_a, 1 << 21), UINT64_MAX);
	CHECK_EQ(get(&f, &scope_a, UINT64_C(1) << 30), 30);
	/* More pages than sets: the whole space at once. */
	iom_cache_invalidate_range(f.cache, &scope_b, 0, UINT64_MAX);
	CHECK_EQ(iom_cache_count(f.cache), 6);
	iom_cache_invalidate_range(f.cache, &scope_a, 0, UINT64_MAX);
	CHECK_EQ(iom_cache_count(f.cache), 0);
	iom_cache_invalidate_range(f.cache, &scope_a, 5, 4);
	drop(&f);
}

static bool odd_value(void *opaque, const iom_cache_scope *scope, uint64_t address,
		      unsigned page_lg2, const void *value)
{
	uint64_t v;

	memcpy(&v, value, 8);
	CHECK_EQ(address, v << 12);
	CHECK_EQ(page_lg2, 12);
	CHECK_EQ(scope->lo, 2);
	++*(unsigned *)opaque;
	return v & 1;
}

static void predicate(void)
{
	fixture f = make(64, 4);
	unsigned asked = 0;

	for (unsigned i = 0; i < 20; i++)
		put(&f, &scope_a, (uint64_t)i << 12, 12, i);
	iom_cache_invalidate_if(f.cache, odd_value, &asked);
	CHECK_EQ(asked, 20);
	CHECK_EQ(iom_cache_count(f.cache), 10);
	CHECK_EQ(get(&f, &scope_a, 7 << 12), UINT64_MAX);
	CHECK_EQ(get(&f, &scope_a, 8 << 12), 8);
	drop(&f);
}

static void statistics(void)
{
	fixture f = make(4, 0);
	iom_cache_statistics s;
	iom_tag *t = iom_tags_get(f.tags, 1);
	uint64_t v = 0;

	for (unsigned i = 0; i < 6; i++)
		iom_cache_insert(f.cache, &scope_a, (uint64_t)i << 12, 12, &v, 8, &t, 1,
				 iom_tags_epoch(f.tags));
	get(&f, &scope_a, 0x5000);
	get(&f, &scope_a, 0);
	CU_ASSERT_TRUE(iom_cache_peek(f.cache, &scope_a, 0x5000, &v, 8, NULL));
	CU_ASSERT_FALSE(iom_cache_peek(f.cache, &scope_a, 0, &v, 8, NULL));
	iom_cache_statistics_get(f.cache, &s);
	CU_ASSERT_STRING_EQUAL(s.name, "iotlb");
	CHECK_EQ(s.hits, 1);
	CHECK_EQ(s.misses, 1);
	CHECK_EQ(s.evictions, 2);
	CHECK_EQ(s.invalidated, 0);
	/* Dead entries make room before living ones, and count once. */
	iom_tag_invalidate(f.tags, t);
	for (unsigned i = 0; i < 4; i++)
		put(&f, &scope_b, (uint64_t)i << 12, 12, 0);
	iom_cache_statistics_get(f.cache, &s);
	CHECK_EQ(s.evictions, 2);
	CHECK_EQ(s.invalidated, 4);
	iom_cache_invalidate_range(f.cache, &scope_b, 0, 0x1000);
	iom_cache_statistics_get(f.cache, &s);
	CHECK_EQ(s.invalidated, 6);
	iom_cache_statistics_reset(f.cache);
	get(&f, &scope_b, 0x3000);
	iom_cache_statistics_get(f.cache, &s);
	CHECK_EQ(s.hits, 1);
	CHECK_EQ(s.misses + s.evictions + s.invalidated, 0);
	drop(&f);
}

static void presets(void)
{
	iom_cache_config c;

	CU_ASSERT_TRUE(iom_cache_config_preset(&c, "off"));
	for (unsigned i = 0; i < IOM_N_CACHES; i++)
		CHECK_EQ(c.cache[i].entries, 0);
	CU_ASSERT_TRUE(iom_cache_config_preset(&c, "one"));
	for (unsigned i = 0; i < IOM_N_CACHES; i++)
		CHECK_EQ(c.cache[i].entries, 1);
	CU_ASSERT_TRUE(iom_cache_config_preset(&c, "default"));
	for (unsigned i = 0; i < IOM_N_CACHES; i++)
		CU_ASSERT_TRUE(c.cache[i].entries > 1);
	CU_ASSERT_FALSE(iom_cache_config_preset(&c, "Default"));
}

/* Guests choose identities: more than there is room for stay correct. */
static void many_tags(void)
{
	fixture f = make(64, 4);
	const uint64_t most = (UINT64_C(1) << 20) + 1000;
	uint64_t v = 5;
	iom_tag *t;

	for (uint64_t i = 0; i < most; i++)
		iom_tags_get(f.tags, i * 3);
	for (uint64_t i = most - 3; i < most + 3; i++) {
		t = iom_tags_get(f.tags, i * 3);
		iom_cache_insert(f.cache, &scope_a, i << 12, 12, &v, 8, &t, 1,
				 iom_tags_epoch(f.tags));
		CHECK_EQ(get(&f, &scope_a, i << 12), 5);
		t = iom_tags_find(f.tags, i * 3);
		CU_ASSERT_PTR_NOT_NULL_FATAL(t);
		iom_tag_invalidate(f.tags, t);
		CHECK_EQ(get(&f, &scope_a, i << 12), UINT64_MAX);
	}
	CU_ASSERT_PTR_EQUAL(iom_tags_get(f.tags, 0), iom_tags_find(f.tags, 0));
	CU_ASSERT_PTR_NOT_EQUAL(iom_tags_get(f.tags, 0), iom_tags_get(f.tags, 3));
	drop(&f);
}

static const iom_test tests[] = {
	{ "scopes are kept apart", exact_scope },
	{ "pages of every size", page_sizes },
	{ "values of every length", values },
	{ "a cache without entries misses", nothing_kept },
	{ "an entry dies with any of its tags", tags },
	{ "tags reach every cache of the registry", two_caches },
	{ "too late for a tag, known, unknown or all", late_tag },
	{ "too late for a range", late_range },
	{ "ranges over mixed page sizes", mixed_ranges },
	{ "invalidation by predicate", predicate },
	{ "hits, misses, evictions, invalidated", statistics },
	{ "presets", presets },
	{ "a million tags and more", many_tags },
	{ 0 },
};
const iom_suite cache_suite = { "cache", tests };
