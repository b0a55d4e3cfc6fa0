/* SPDX-License-Identifier: MIT */
/*
 * Threads: what an invalidation that has completed promises to everybody, and
 * counters that lose nothing.
 *
 * Every page has a version. The driver raises it ("writes the tables"),
 * invalidates, and then publishes that older versions are gone. Devices look up
 * and, on a miss, insert what the tables say now. No hit may be older than what
 * was published before the look-up began, and no value may be half of one and
 * half of another.
 */
#include "core/cache.h"
#include "core/iommu.h"
#include "core/lock.h"
#include "tests/core/suites.h"

#include <string.h>

#define PAGES 64
#define WORDS (IOM_CACHE_VALUE / 8)

typedef struct stress {
	iom_tags *tags;
	iom_cache *cache;
	uint64_t table[PAGES]; /* the version in the tables */
	uint64_t gone[PAGES]; /* versions below this must never be seen again */
	bool by_tag; /* the driver invalidates by tag */
	int stop;
	uint64_t wrong, torn, hits;
} stress;

static const iom_cache_scope scope = { 11, 12 };

static gpointer device(gpointer data)
{
	stress *s = data;
	uint64_t seed = (uintptr_t)&seed, wrong = 0, torn = 0, hits = 0;

	/* With partitions, one for each thread. */
	iom_cache_owner_.pasid = iom_thread_slot();
	while (!__atomic_load_n(&s->stop, __ATOMIC_ACQUIRE)) {
		unsigned page = next_random(&seed) % PAGES;
		uint64_t least = __atomic_load_n(&s->gone[page], __ATOMIC_ACQUIRE);
		uint64_t value[WORDS];
		iom_tag *tag;
		iom_epoch epoch;

		if (iom_cache_lookup(s->cache, &scope, (uint64_t)page << 12, value, sizeof(value),
				     NULL)) {
			if (!hits++)
				__atomic_fetch_add(&s->hits, 1, __ATOMIC_RELAXED);
			wrong += value[0] < least;
			for (unsigned i = 1; i < WORDS; i++)
				torn += value[i] != value[0] * (i + 1) + page;
			continue;
		}
		epoch = iom_tags_epoch(s->tags);
		value[0] = __atomic_load_n(&s->table[page], __ATOMIC_ACQUIRE);
		for (unsigned i = 1; i < WORDS; i++)
			value[i] = value[0] * (i + 1) + page;
		tag = iom_tags_get(s->tags, page / 4);
		iom_cache_insert(s->cache, &scope, (uint64_t)page << 12, 12, value, sizeof(value),
				 &tag, 1, epoch);
	}
	__atomic_fetch_add(&s->wrong, wrong, __ATOMIC_RELAXED);
	__atomic_fetch_add(&s->torn, torn, __ATOMIC_RELAXED);
	__atomic_fetch_add(&s->hits, hits, __ATOMIC_RELAXED);
	return NULL;
}

static void driver(stress *s, unsigned rounds)
{
	uint64_t seed = 3;

	for (unsigned round = 0; round < rounds; round++) {
		unsigned first = next_random(&seed) % PAGES, n = 1;
		iom_tag *tag;

		if (s->by_tag) {
			first &= ~3u;
			n = 4;
		}
		for (unsigned i = 0; i < n; i++)
			__atomic_fetch_add(&s->table[first + i], 1, __ATOMIC_ACQ_REL);
		if (!s->by_tag) {
			iom_cache_invalidate_range(s->cache, &scope, (uint64_t)first << 12,
						   ((uint64_t)first << 12) + 0xfff);
		} else {
			tag = iom_tags_find(s->tags, first / 4);
			if (tag)
				iom_tag_invalidate(s->tags, tag);
		}
		for (unsigned i = 0; i < n; i++)
			__atomic_store_n(&s->gone[first + i],
					 __atomic_load_n(&s->table[first + i], __ATOMIC_RELAXED),
					 __ATOMIC_RELEASE);
		if (round % 4096 == 0) {
			iom_cache_invalidate_all(s->cache);
			g_thread_yield();
		}
	}
}

static void run_with(uint32_t entries, uint32_t ways, uint8_t policy, bool by_tag,
		     const iom_cache_options *options)
{
	iom_cache_geometry g = { entries, ways, policy };
	stress *s = g_new0(stress, 1);
	GThread *devices[2];

	s->tags = iom_tags_new();
	s->cache = iom_cache_new_with("iotlb", &g, options, NULL, s->tags);
	s->by_tag = by_tag;
	for (unsigned i = 0; i < G_N_ELEMENTS(devices); i++)
		devices[i] = g_thread_new("device", device, s);
	driver(s, 60000);
	/* Let the devices hit what they have inserted, however busy the machine is. */
	for (unsigned i = 0; i < 1000 && !__atomic_load_n(&s->hits, __ATOMIC_RELAXED); i++)
		g_usleep(20000);
	__atomic_store_n(&s->stop, 1, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < G_N_ELEMENTS(devices); i++)
		g_thread_join(devices[i]);
	CHECK_EQ(s->wrong, 0);
	CHECK_EQ(s->torn, 0);
	CU_ASSERT_TRUE(s->hits > 0);
	CU_ASSERT_TRUE(iom_cache_count(s->cache) <= PAGES);
	iom_cache_free(s->cache);
	iom_tags_free(s->tags);
	g_free(s);
}

static void run(uint32_t entries, uint32_t ways, uint8_t policy, bool by_tag)
{
	static const iom_cache_options none;

	run_with(entries, ways, policy, by_tag, &none);
}

/* Ways divided, entries pinned, pages in lines, some pages in a structure of their own. */
static void with_options(void)
{
	iom_cache_options lines = { .sectors_lg2 = 2, .n_pins = 1 };
	iom_cache_options divided = { .partition_by = IOM_PARTITION_PASID,
				      .partitions = 2,
				      .n_bins = 1,
				      .bin = { { 12, 0, { 16, 4, IOM_POLICY_LRU } } } };

	lines.pin[0] = (iom_cache_pin){ IOM_PIN_ANY, IOM_PIN_ANY, 0, 0xffff };
	run_with(8, 4, IOM_POLICY_LRU, false, &lines);
	run_with(8, 4, IOM_POLICY_PLRU, true, &lines);
	run_with(16, 4, IOM_POLICY_LRU, false, &divided);
	run_with(16, 4, IOM_POLICY_LRU, true, &divided);
}

static void by_range(void)
{
	run(128, 8, IOM_POLICY_LRU, false);
	run(16, 4, IOM_POLICY_PLRU, false);
	run(1, 1, IOM_POLICY_FIFO, false);
	run(40, 0, IOM_POLICY_LRU, false);
}

static void by_tag(void)
{
	run(128, 8, IOM_POLICY_LRU, true);
	run(12, 3, IOM_POLICY_RANDOM, true);
}

/* One entry, rewritten all the time: a reader sees one of its values, whole. */
static gpointer rewrite(gpointer data)
{
	stress *s = data;

	for (uint64_t version = 1; version <= 1000000; version++) {
		uint64_t value[WORDS];

		for (unsigned i = 0; i < WORDS; i++)
			value[i] = version * (i + 1);
		iom_cache_insert(s->cache, &scope, 0, 12, value, sizeof(value), NULL, 0,
				 iom_tags_epoch(s->tags));
	}
	__atomic_store_n(&s->stop, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void whole_values(void)
{
	iom_cache_geometry g = { 8, 8, IOM_POLICY_LRU };
	stress s = { .tags = iom_tags_new() };
	GThread *writer;
	uint64_t last = 0;

	s.cache = iom_cache_new("iotlb", &g, s.tags);
	writer = g_thread_new("rewrite", rewrite, &s);
	while (!__atomic_load_n(&s.stop, __ATOMIC_ACQUIRE)) {
		uint64_t value[WORDS];

		if (!iom_cache_lookup(s.cache, &scope, 0, value, sizeof(value), NULL))
			continue;
		s.hits++;
		s.wrong += value[0] < last;
		last = value[0];
		for (unsigned i = 1; i < WORDS; i++)
			s.torn += value[i] != value[0] * (i + 1);
	}
	g_thread_join(writer);
	CHECK_EQ(s.torn, 0);
	CHECK_EQ(s.wrong, 0);
	CU_ASSERT_TRUE(s.hits > 0);
	iom_cache_free(s.cache);
	iom_tags_free(s.tags);
}

/* ------------------------------------------------------------------------
 * The lock of a model, with sections short and so long that others fall asleep
 */
#define LOCK_THREADS 4
#define LOCK_TURNS 20000

typedef struct locked {
	iom_lock lock;
	uint64_t turns; /* under the lock */
	uint64_t tried; /* the same */
	int inside;
	uint64_t wrong;
} locked;

static gpointer take_turns(gpointer data)
{
	locked *l = data;

	for (unsigned i = 0; i < LOCK_TURNS; i++) {
		if (i % 3 || !iom_lock_try(&l->lock))
			iom_lock_take(&l->lock);
		else
			l->tried++;
		if (__atomic_fetch_add(&l->inside, 1, __ATOMIC_RELAXED) ||
		    !iom_lock_mine(&l->lock) || iom_lock_try(&l->lock))
			__atomic_fetch_add(&l->wrong, 1, __ATOMIC_RELAXED);
		l->turns++;
		if (i % 1000 == 0)
			g_usleep(300);
		__atomic_fetch_sub(&l->inside, 1, __ATOMIC_RELAXED);
		iom_lock_give(&l->lock);
		if (iom_lock_mine(&l->lock))
			__atomic_fetch_add(&l->wrong, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void model_lock(void)
{
	GThread *thread[LOCK_THREADS];
	locked l = { 0 };

	for (unsigned i = 0; i < LOCK_THREADS; i++)
		thread[i] = g_thread_new("turns", take_turns, &l);
	for (unsigned i = 0; i < LOCK_THREADS; i++)
		g_thread_join(thread[i]);
	CHECK_EQ(l.turns, LOCK_THREADS * LOCK_TURNS);
	CHECK_EQ(l.wrong, 0);
	CU_ASSERT_TRUE(l.tried > 0);
	CU_ASSERT_TRUE(iom_lock_try(&l.lock));
	iom_lock_give(&l.lock);
}

/* More threads than slots of their own, one after the other and side by side. */
typedef struct counted {
	iom_cache *cache;
	iom_iommu *iommu;
} counted;

#define COUNTING_THREADS 100
#define COUNTS 2000

static gpointer count(gpointer data)
{
	const counted *c = data;
	uint64_t v;

	for (unsigned i = 0; i < COUNTS; i++) {
		iom_cache_lookup(c->cache, &scope, i % 2 ? 0 : 0x1000, &v, 8, NULL);
		iom_count(c->iommu, IOM_STAT_EVENTS);
		iom_count_n(c->iommu, IOM_STAT_TABLE_READS, 3);
	}
	return NULL;
}

static void counters(void)
{
	static const iom_iommu_ops ops = { .kind = IOM_KIND_VTD };
	iom_cache_geometry g = { 16, 4, IOM_POLICY_LRU };
	iom_tags *tags = iom_tags_new();
	iom_bus bus = { .size = sizeof(bus), .memory = { iom_memory_new() } };
	iom_iommu iommu;
	counted c = { iom_cache_new("iotlb", &g, tags), &iommu };
	GThread *thread[COUNTING_THREADS];
	iom_cache_statistics s;
	iom_statistics all;
	uint64_t v = 0;

	CU_ASSERT_TRUE(iom_iommu_init(&iommu, &ops, &bus, NULL));
	iom_cache_insert(c.cache, &scope, 0, 12, &v, 8, NULL, 0, iom_tags_epoch(tags));
	for (unsigned i = 0; i < COUNTING_THREADS; i++)
		thread[i] = g_thread_new("count", count, &c);
	for (unsigned i = 0; i < COUNTING_THREADS; i++)
		g_thread_join(thread[i]);
	iom_cache_statistics_get(c.cache, &s);
	CHECK_EQ(s.hits, COUNTING_THREADS * COUNTS / 2);
	CHECK_EQ(s.misses, COUNTING_THREADS * COUNTS / 2);
	iom_iommu_statistics(&iommu, &all);
	CHECK_EQ(all.events, COUNTING_THREADS * COUNTS);
	CHECK_EQ(all.table_reads, 3 * COUNTING_THREADS * COUNTS);
	CHECK_EQ(all.translations, 0);
	iom_iommu_reset_statistics(&iommu);
	count(&c);
	iom_iommu_statistics(&iommu, &all);
	CHECK_EQ(all.events, COUNTS);
	iom_iommu_fini(&iommu);
	iom_cache_free(c.cache);
	iom_tags_free(tags);
	iom_memory_unref(bus.memory[0]);
}

static const iom_test tests[] = {
	{ "no stale hit after an invalidation of a range", by_range },
	{ "no stale hit after an invalidation of a tag", by_tag },
	{ "no stale hit with options", with_options },
	{ "values are never half of one and half of another", whole_values },
	{ "one at a time has the lock of a model", model_lock },
	{ "counters of a hundred threads", counters },
	{ 0 },
};
const iom_suite threads_suite = { "threads", tests };
