/* SPDX-License-Identifier: MIT */
/*
 * What the cache costs: nanoseconds for a hit by number of pages, sequential and
 * random, on one and two threads, and for invalidations. The floor is the same
 * loop over a plain array of entries in place of the cache.
 *
 *   bench-cache [milliseconds a figure]
 */
#include "core/cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WAYS 8
#define BATCH 4096
#define VALUE 16

typedef struct plain_entry {
	uint64_t page, value[7];
} plain_entry;

typedef struct bench {
	iom_tags *tags;
	iom_cache *cache;
	plain_entry *plain;
	uint32_t pages;
	uint32_t *order; /* of the pages looked up, a power of two of them */
	uint32_t n_order;
	size_t size; /* payload bytes */
	double budget; /* nanoseconds a figure */
} bench;

static const iom_cache_scope scope = { 7, 9 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static uint64_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + 1;
	return *state >> 33;
}

static void fill(bench *b, uint32_t pages, uint32_t entries, uint8_t policy, size_t size)
{
	iom_cache_geometry g = { entries, WAYS, policy };
	iom_tag *tags[2];

	b->tags = iom_tags_new();
	b->cache = iom_cache_new("iotlb", &g, b->tags);
	b->pages = pages;
	b->size = size;
	b->plain = calloc(pages, sizeof(*b->plain));
	for (unsigned i = 0; i < 2; i++)
		tags[i] = iom_tags_get(b->tags, i);
	for (uint32_t page = 0; page < pages; page++) {
		uint64_t value[IOM_CACHE_VALUE / 8] = { page, 1, 2, 3, 4, 5 };

		b->plain[page].page = page;
		iom_cache_insert(b->cache, &scope, (uint64_t)page << 12, 12, value, size, tags, 2,
				 iom_tags_epoch(b->tags));
	}
}

static void order(bench *b, bool random)
{
	uint64_t seed = 1;

	b->n_order = MAX(b->pages, BATCH);
	b->order = malloc(b->n_order * sizeof(*b->order));
	for (uint32_t i = 0; i < b->n_order; i++)
		b->order[i] = random ? (uint32_t)(next_random(&seed) % b->pages) : i % b->pages;
}

static void drop(bench *b)
{
	iom_cache_free(b->cache);
	iom_tags_free(b->tags);
	free(b->plain);
	free(b->order);
}

/* Look-ups in batches until the time is up; the best batch counts. */
static double hits(const bench *b)
{
	double begin = now(), best = 1e9;
	uint64_t misses = 0;
	uint32_t at = 0;

	while (now() - begin < b->budget) {
		double t = now();

		for (unsigned i = 0; i < BATCH; i++, at++) {
			uint64_t value[IOM_CACHE_VALUE / 8];
			uint64_t address = (uint64_t)b->order[at & (b->n_order - 1)] << 12;

			if (!iom_cache_lookup(b->cache, &scope, address, value, b->size, NULL))
				misses++;
			__asm__ volatile("" ::"r"(value[0]) : "memory");
		}
		t = (now() - t) / BATCH;
		best = MIN(best, t);
	}
	if (misses)
		printf("(%.1f%% misses) ", 100.0 * (double)misses / at);
	return best;
}

static double floor_hits(const bench *b)
{
	double begin = now(), best = 1e9;
	uint32_t at = 0;

	while (now() - begin < b->budget) {
		double t = now();

		for (unsigned i = 0; i < BATCH; i++, at++) {
			uint32_t page = b->order[at & (b->n_order - 1)];
			uint64_t value = b->plain[page].page == page ? b->plain[page].value[0] : 0;

			__asm__ volatile("" ::"r"(value) : "memory");
		}
		t = (now() - t) / BATCH;
		best = MIN(best, t);
	}
	return best;
}

typedef struct worker {
	const bench *b;
	double ns;
} worker;

static gpointer work(gpointer data)
{
	worker *w = data;

	w->ns = hits(w->b);
	return NULL;
}

/* Nanoseconds a hit, two threads together. */
static double two_threads(const bench *b)
{
	worker w[2] = { { b, 0 }, { b, 0 } };
	GThread *t[2];

	for (unsigned i = 0; i < 2; i++)
		t[i] = g_thread_new("hits", work, &w[i]);
	for (unsigned i = 0; i < 2; i++)
		g_thread_join(t[i]);
	return 1 / (1 / w[0].ns + 1 / w[1].ns);
}

static void bench_hits(double budget)
{
	static const struct {
		uint32_t pages, entries;
	} sizes[] = { { 64, 64 },      { 64, 16384 },    { 4096, 4096 },
		      { 4096, 16384 }, { 65536, 65536 }, { 65536, 131072 } };
	static const char *const policies[] = { "lru", "plru", "fifo", "random" };

	printf("%7s %7s %-6s %-10s %5s %7s %8s %8s\n", "pages", "entries", "policy", "order",
	       "bytes", "floor", "1 thread", "2 threads");
	for (unsigned s = 0; s < G_N_ELEMENTS(sizes); s++) {
		for (unsigned random = 0; random < 2; random++) {
			for (uint8_t policy = 0; policy < 2; policy++) {
				for (size_t size = VALUE; size <= IOM_CACHE_VALUE; size += 32) {
					bench b = { .budget = budget };

					fill(&b, sizes[s].pages, sizes[s].entries, policy, size);
					order(&b, random);
					printf("%7u %7u %-6s %-10s %5zu %7.2f ", b.pages,
					       sizes[s].entries, policies[policy],
					       random ? "random" : "sequential", size,
					       floor_hits(&b));
					printf("%8.2f ", hits(&b));
					printf("%8.2f\n", two_threads(&b));
					drop(&b);
				}
			}
		}
	}
}

static void bench_invalidations(double budget)
{
	bench b = { .budget = budget };
	double t, begin;
	uint64_t n;
	iom_tag *tag;

	fill(&b, 65536, 65536, IOM_POLICY_LRU, VALUE);
	tag = iom_tags_get(b.tags, 77);
	begin = now();
	for (n = 0; now() - begin < budget; n += BATCH) {
		for (unsigned i = 0; i < BATCH; i++)
			iom_tag_invalidate(b.tags, tag);
	}
	printf("tag                          %7.2f ns\n", (now() - begin) / (double)n);

	begin = now();
	for (n = 0; now() - begin < budget; n += BATCH) {
		for (unsigned i = 0; i < BATCH; i++)
			iom_cache_invalidate_range(b.cache, &scope,
						   (uint64_t)(1000000 + n + i) << 12,
						   ((uint64_t)(1000000 + n + i) << 12) + 0xfff);
	}
	printf("range, a page not cached     %7.2f ns\n", (now() - begin) / (double)n);

	/* Entries that are there: insert a batch, then time dropping it. */
	t = 0;
	for (n = 0; n < 400 * BATCH; n += BATCH) {
		for (unsigned i = 0; i < BATCH; i++) {
			uint64_t value[2] = { i, 0 };

			iom_cache_insert(b.cache, &scope, (uint64_t)i << 12, 12, value, VALUE, &tag,
					 1, iom_tags_epoch(b.tags));
		}
		begin = now();
		for (unsigned i = 0; i < BATCH; i++)
			iom_cache_invalidate_range(b.cache, &scope, (uint64_t)i << 12,
						   ((uint64_t)i << 12) + 0xfff);
		t += now() - begin;
	}
	printf("range, a cached page         %7.2f ns\n", t / (double)n);

	begin = now();
	for (n = 0; now() - begin < budget; n += BATCH) {
		for (unsigned i = 0; i < BATCH; i++) {
			uint64_t value[2] = { i, 0 };

			iom_cache_insert(b.cache, &scope, (uint64_t)((n + i) & 0x3ffff) << 12, 12,
					 value, VALUE, &tag, 1, iom_tags_epoch(b.tags));
		}
	}
	printf("insertion into a full cache  %7.2f ns\n", (now() - begin) / (double)n);
	drop(&b);
}

int main(int argc, char **argv)
{
	double budget = (argc > 1 ? atof(argv[1]) : 100) * 1e6;

	bench_invalidations(budget);
	bench_hits(budget);
	return 0;
}
