/* SPDX-License-Identifier: MIT */
/*
 * The cache under random operations, against a list of everything that may be
 * found: a hit must be the newest of it, nothing that was invalidated comes
 * back, and entries disappear one for one with evictions.
 */
#include "core/cache.h"
#include "tests/core/suites.h"

#include <stdio.h>
#include <string.h>

#define MOST 4096
#define N_TAGS 5
#define N_SCOPES 3

typedef struct slow_entry {
	unsigned scope, lg2;
	uint64_t page;
	uint64_t value;
	unsigned tags; /* a bit for each */
	bool live;
} slow_entry;

typedef struct world {
	iom_tags *tags;
	iom_cache *cache;
	iom_tag *tag[N_TAGS];
	slow_entry entry[MOST];
	unsigned n, live;
	uint64_t seed, serial, evictions;
} world;

static const iom_cache_scope scopes[N_SCOPES] = { { 0, 0 }, { 0, 1 }, { 1, 0 } };
static const unsigned sizes[] = { 12, 14, 16, 21, 0 };

static bool peek(world *w, const slow_entry *e, uint64_t *value, unsigned *lg2)
{
	return iom_cache_peek(w->cache, &scopes[e->scope], e->page << e->lg2, value, 8, lg2);
}

static slow_entry *slow_same(world *w, unsigned scope, uint64_t page, unsigned lg2)
{
	for (unsigned i = 0; i < w->n; i++) {
		slow_entry *e = &w->entry[i];

		if (e->live && e->scope == scope && e->lg2 == lg2 && e->page == page)
			return e;
	}
	return NULL;
}

static void retire(world *w, slow_entry *e)
{
	e->live = false;
	w->live--;
}

static uint64_t evictions(world *w)
{
	iom_cache_statistics s;

	iom_cache_statistics_get(w->cache, &s);
	return s.evictions;
}

/* All values in the cache, by asking for entries to drop and dropping none. */
static bool note_value(void *opaque, const iom_cache_scope *scope, uint64_t address,
		       unsigned page_lg2, const void *value)
{
	uint64_t v;

	(void)scope;
	(void)address;
	(void)page_lg2;
	memcpy(&v, value, sizeof(v));
	g_hash_table_add(opaque, GSIZE_TO_POINTER(v));
	return false;
}

static GHashTable *contents(world *w)
{
	GHashTable *values = g_hash_table_new(NULL, NULL);

	iom_cache_invalidate_if(w->cache, note_value, values);
	return values;
}

/* At most one living entry made room, and then it was counted. */
static void follow_eviction(world *w)
{
	uint64_t now = evictions(w);
	unsigned gone = 0;
	GHashTable *values;

	CU_ASSERT_TRUE(now - w->evictions <= 1);
	if (now == w->evictions)
		return;
	values = contents(w);
	for (unsigned i = 0; i < w->n; i++) {
		slow_entry *e = &w->entry[i];

		if (e->live && !g_hash_table_contains(values, GSIZE_TO_POINTER(e->value))) {
			retire(w, e);
			gone++;
		}
	}
	CHECK_EQ(gone, 1);
	g_hash_table_unref(values);
	w->evictions = now;
}

static void op_insert(world *w)
{
	uint64_t r = next_random(&w->seed);
	slow_entry e = { .scope = below(r, N_SCOPES), .lg2 = sizes[r >> 8 & 3], .live = true };
	uint64_t address = (r >> 16) % (UINT64_C(1) << 18);
	iom_tag *tags[IOM_CACHE_TAGS];
	unsigned n_tags = 0;
	slow_entry *same;

	e.page = address >> e.lg2;
	e.value = ++w->serial;
	for (unsigned i = 0; i < N_TAGS && n_tags < IOM_CACHE_TAGS; i++) {
		if (r >> (40 + i) & 1) {
			e.tags |= 1u << i;
			tags[n_tags++] = w->tag[i];
		}
	}
	same = slow_same(w, e.scope, e.page, e.lg2);
	if (same)
		retire(w, same);
	iom_cache_insert(w->cache, &scopes[e.scope], address, e.lg2, &e.value, 8, tags, n_tags,
			 iom_tags_epoch(w->tags));
	if (w->n == MOST) {
		/* Forget what is dead anyway. */
		unsigned kept = 0;

		for (unsigned i = 0; i < w->n; i++) {
			if (w->entry[i].live)
				w->entry[kept++] = w->entry[i];
		}
		w->n = kept;
	}
	w->entry[w->n++] = e;
	w->live++;
	follow_eviction(w);
}

static void op_lookup(world *w)
{
	uint64_t r = next_random(&w->seed), address = (r >> 16) % (UINT64_C(1) << 18), value;
	unsigned scope = below(r, N_SCOPES), lg2;

	if (iom_cache_lookup(w->cache, &scopes[scope], address, &value, 8, &lg2)) {
		const slow_entry *e = slow_same(w, scope, address >> lg2, lg2);

		CU_ASSERT_PTR_NOT_NULL(e);
		if (e)
			CHECK_EQ(value, e->value);
	}
}

static void op_range(world *w)
{
	uint64_t r = next_random(&w->seed), start = (r >> 16) % (UINT64_C(1) << 18);
	uint64_t last = start + (r >> 36) % (UINT64_C(1) << (r >> 8 & 1 ? 13 : 18));
	unsigned scope = below(r, N_SCOPES);

	iom_cache_invalidate_range(w->cache, &scopes[scope], start, last);
	for (unsigned i = 0; i < w->n; i++) {
		slow_entry *e = &w->entry[i];

		if (e->live && e->scope == scope && e->page >= start >> e->lg2 &&
		    e->page <= last >> e->lg2)
			retire(w, e);
	}
}

static void op_tag(world *w)
{
	unsigned tag = below(next_random(&w->seed), N_TAGS);

	iom_tag_invalidate(w->tags, w->tag[tag]);
	for (unsigned i = 0; i < w->n; i++) {
		if (w->entry[i].live && w->entry[i].tags >> tag & 1)
			retire(w, &w->entry[i]);
	}
}

static bool value_is_multiple(void *opaque, const iom_cache_scope *scope, uint64_t address,
			      unsigned page_lg2, const void *value)
{
	uint64_t v;

	(void)scope;
	(void)address;
	(void)page_lg2;
	memcpy(&v, value, sizeof(v));
	return v % *(const unsigned *)opaque == 0;
}

static void op_if(world *w)
{
	unsigned by = 2 + below(next_random(&w->seed), 5);

	iom_cache_invalidate_if(w->cache, value_is_multiple, &by);
	for (unsigned i = 0; i < w->n; i++) {
		if (w->entry[i].live && w->entry[i].value % by == 0)
			retire(w, &w->entry[i]);
	}
}

static void op_all(world *w)
{
	if (next_random(&w->seed) & 1)
		iom_tags_invalidate_all(w->tags);
	else
		iom_cache_invalidate_all(w->cache);
	for (unsigned i = 0; i < w->n; i++)
		w->entry[i].live = false;
	w->live = 0;
}

static void check_everything(world *w)
{
	CHECK_EQ(iom_cache_count(w->cache), w->live);
	for (unsigned i = 0; i < w->n; i++) {
		const slow_entry *e = &w->entry[i], *same;
		uint64_t value;
		unsigned lg2;

		if (!peek(w, e, &value, &lg2))
			continue;
		same = slow_same(w, e->scope, (e->page << e->lg2) >> lg2, lg2);
		CU_ASSERT_PTR_NOT_NULL(same);
		if (same)
			CHECK_EQ(value, same->value);
	}
}

static void run(uint32_t entries, uint32_t ways, uint8_t policy, unsigned rounds)
{
	iom_cache_geometry g = { entries, ways, policy };
	world *w = g_new0(world, 1);
	unsigned failures = CU_get_number_of_failures();

	w->tags = iom_tags_new();
	w->cache = iom_cache_new("iotlb", &g, w->tags);
	w->seed = entries * 1000 + ways * 10 + policy;
	for (unsigned i = 0; i < N_TAGS; i++)
		w->tag[i] = iom_tags_get(w->tags, 100 + i);
	for (unsigned round = 0; round < rounds && CU_get_number_of_failures() == failures;
	     round++) {
		unsigned op = below(next_random(&w->seed), 256);

		if (op < 120)
			op_insert(w);
		else if (op < 240)
			op_lookup(w);
		else if (op < 250)
			op_range(w);
		else if (op < 253)
			op_tag(w);
		else if (op == 253)
			op_if(w);
		else if (next_random(&w->seed) % 8 == 0)
			op_all(w);
		if (round % 64 == 0)
			check_everything(w);
	}
	if (CU_get_number_of_failures() != failures)
		fprintf(stderr, "with %u entries, %u ways, policy %u\n", entries, ways, policy);
	iom_cache_free(w->cache);
	iom_tags_free(w->tags);
	g_free(w);
}

static void geometries(void)
{
	static const uint32_t entries[] = { 1, 2, 3, 5, 8, 12, 24, 48, 64, 100, 256 };
	static const uint32_t ways[] = { 0, 1, 2, 3, 4, 6, 8, 16, 20, 70 };

	for (unsigned e = 0; e < G_N_ELEMENTS(entries); e++) {
		for (unsigned n = 0; n < G_N_ELEMENTS(ways); n++) {
			for (uint8_t policy = 0; policy < 4; policy++)
				run(entries[e], ways[n], policy, 600);
		}
	}
}

static void long_runs(void)
{
	run(64, 4, IOM_POLICY_LRU, 20000);
	run(32, 0, IOM_POLICY_PLRU, 20000);
	run(4096, 8, IOM_POLICY_FIFO, 20000);
}

static const iom_test tests[] = {
	{ "all geometries and policies", geometries },
	{ "long runs", long_runs },
	{ 0 },
};
const iom_suite random_suite = { "random", tests };
