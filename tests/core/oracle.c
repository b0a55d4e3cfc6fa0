/* SPDX-License-Identifier: MIT */
/* The oracle, against Belady's policy written from its description. */
#include "core/cache.h"
#include "tests/core/suites.h"

static const iom_cache_scope scope = { 7, 9 };

#define ACCESSES 4000

typedef struct future {
	uint64_t page[ACCESSES];
	unsigned now;
} future;

static uint64_t next_at(const future *f, unsigned from, uint64_t page)
{
	for (unsigned i = from + 1; i < ACCESSES; i++) {
		if (f->page[i] == page)
			return i;
	}
	return UINT64_MAX;
}

static uint64_t next_use(void *opaque, unsigned page_lg2)
{
	const future *f = opaque;

	CHECK_EQ(page_lg2, 12);
	return next_at(f, f->now, f->page[f->now]);
}

/* Belady, from its description: on a miss of a full cache the page goes that comes last. */
static unsigned belady_hits(const future *f, unsigned size)
{
	uint64_t *held = g_new0(uint64_t, size);
	unsigned hits = 0, n = 0;

	for (unsigned i = 0; i < ACCESSES; i++) {
		unsigned k = 0, worst = 0;

		while (k < n && held[k] != f->page[i])
			k++;
		if (k < n) {
			hits++;
			continue;
		}
		if (n < size) {
			held[n++] = f->page[i];
			continue;
		}
		for (k = 1; k < n; k++) {
			if (next_at(f, i, held[k]) > next_at(f, i, held[worst]))
				worst = k;
		}
		held[worst] = f->page[i];
	}
	g_free(held);
	return hits;
}

static unsigned hits_of(future *f, unsigned size, unsigned policy)
{
	iom_cache_geometry g = { size, 0, (uint8_t)policy };
	iom_cache_options o = { .next_use = next_use, .opaque = f };
	iom_tags *tags = iom_tags_new();
	iom_cache *cache = iom_cache_new_with("iotlb", &g, &o, NULL, tags);
	iom_cache_statistics s;
	uint64_t v = 0;

	for (f->now = 0; f->now < ACCESSES; f->now++) {
		if (!iom_cache_lookup(cache, &scope, f->page[f->now] << 12, &v, 8, NULL))
			iom_cache_insert(cache, &scope, f->page[f->now] << 12, 12, &v, 8, NULL, 0,
					 iom_tags_epoch(tags));
	}
	iom_cache_statistics_get(cache, &s);
	iom_cache_free(cache);
	iom_tags_free(tags);
	return (unsigned)s.hits;
}

static void oracle_is_belady(void)
{
	static const unsigned sizes[] = { 1, 2, 3, 8, 20, 64 };
	future *f = g_new0(future, 1);
	uint64_t seed = 4;

	for (unsigned pattern = 0; pattern < 3; pattern++) {
		for (unsigned i = 0; i < ACCESSES; i++) {
			uint64_t r = next_random(&seed);

			f->page[i] = pattern == 0   ? r % 100
				     : pattern == 1 ? i % 70 /* LRU's worst */
						    : MIN(r % 100, r >> 32 & 127);
		}
		for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++) {
			unsigned oracle = hits_of(f, sizes[i], IOM_POLICY_ORACLE);

			CHECK_EQ(oracle, belady_hits(f, sizes[i]));
			CU_ASSERT_TRUE(oracle >= hits_of(f, sizes[i], IOM_POLICY_LRU));
		}
	}
	g_free(f);
}

static const iom_test tests[] = {
	{ "the oracle is Belady's policy", oracle_is_belady },
	{ 0 },
};
const iom_suite oracle_suite = { "oracle", tests };
