/* SPDX-License-Identifier: MIT */
/* Who is evicted: each policy against an obvious model of it, in one set. */
#include "core/cache.h"
#include "tests/core/suites.h"

#include <string.h>

#define MOST_WAYS 130
#define PAGES 400

static const iom_cache_scope scope = { 5, 6 };

/* A fully associative set, slowly: way -> page, and lists or a tree of the ways. */
typedef struct slow_set {
	unsigned ways, policy;
	int page[MOST_WAYS]; /* -1 free */
	unsigned order[MOST_WAYS]; /* most recent first */
	bool tree[2 * 256]; /* true: the right half is older */
} slow_set;

static void slow_init(slow_set *s, unsigned ways, unsigned policy)
{
	memset(s, 0, sizeof(*s));
	s->ways = ways;
	s->policy = policy;
	for (unsigned i = 0; i < ways; i++) {
		s->page[i] = -1;
		s->order[i] = ways - 1 - i;
	}
}

static unsigned slow_leaves(const slow_set *s)
{
	unsigned n = 1;

	while (n < s->ways)
		n *= 2;
	return n;
}

static void slow_front(slow_set *s, unsigned way)
{
	unsigned at = 0;

	while (s->order[at] != way)
		at++;
	memmove(&s->order[1], &s->order[0], at * sizeof(s->order[0]));
	s->order[0] = way;
}

static void slow_used(slow_set *s, unsigned way, bool inserted)
{
	unsigned lo = 0, n = slow_leaves(s), node = 1;

	if (s->policy == IOM_POLICY_LRU || (s->policy == IOM_POLICY_FIFO && inserted))
		slow_front(s, way);
	/* From the root down, point to the half where the way is not. */
	for (; s->policy == IOM_POLICY_PLRU && n > 1; n /= 2) {
		bool right = way >= lo + n / 2;

		s->tree[node] = !right;
		node = node * 2 + right;
		lo += right ? n / 2 : 0;
	}
}

static unsigned slow_victim(const slow_set *s)
{
	unsigned lo = 0, n = slow_leaves(s), node = 1;

	if (s->policy != IOM_POLICY_PLRU)
		return s->order[s->ways - 1];
	for (; n > 1; n /= 2) {
		bool right = s->tree[node] && lo + n / 2 < s->ways;

		node = node * 2 + right;
		lo += right ? n / 2 : 0;
	}
	return lo;
}

static int slow_find(const slow_set *s, int page)
{
	for (unsigned i = 0; i < s->ways; i++) {
		if (s->page[i] == page)
			return (int)i;
	}
	return -1;
}

/* The page evicted, or -1. */
static int slow_insert(slow_set *s, int page)
{
	int way = slow_find(s, page), gone = -1;

	if (way < 0)
		way = slow_find(s, -1);
	if (way < 0) {
		way = (int)slow_victim(s);
		gone = s->page[way];
	}
	s->page[way] = page;
	slow_used(s, (unsigned)way, true);
	return gone;
}

static bool has(iom_cache *cache, int page)
{
	uint64_t v;

	return iom_cache_peek(cache, &scope, (uint64_t)page << 12, &v, 8, NULL);
}

static void add(iom_cache *cache, iom_tags *tags, int page)
{
	uint64_t v = (uint64_t)page;

	iom_cache_insert(cache, &scope, v << 12, 12, &v, 8, NULL, 0, iom_tags_epoch(tags));
}

static void compare(unsigned ways, unsigned policy)
{
	iom_cache_geometry g = { ways, 0, (uint8_t)policy };
	iom_tags *tags = iom_tags_new();
	iom_cache *cache = iom_cache_new("iotlb", &g, tags);
	uint64_t seed = ways * 16 + policy, v;
	slow_set s;

	slow_init(&s, ways, policy);
	for (unsigned round = 0; round < 3000; round++) {
		uint64_t r = next_random(&seed);
		int page = (int)(r % MIN(ways * 2 + 1, PAGES)), way = slow_find(&s, page);

		switch (r >> 32 & 7) {
		case 0:
			iom_cache_invalidate_range(cache, &scope, (uint64_t)page << 12,
						   (uint64_t)page << 12);
			if (way >= 0)
				s.page[way] = -1;
			break;
		case 1:
		case 2:
		case 3: {
			bool hit =
				iom_cache_lookup(cache, &scope, (uint64_t)page << 12, &v, 8, NULL);

			CHECK_EQ(hit, way >= 0);
			if (way >= 0)
				slow_used(&s, (unsigned)way, false);
			break;
		}
		default: {
			int gone = slow_insert(&s, page);

			add(cache, tags, page);
			if (gone >= 0)
				CU_ASSERT_FALSE(has(cache, gone));
			break;
		}
		}
	}
	for (int page = 0; page < PAGES; page++)
		CHECK_EQ(has(cache, page), slow_find(&s, page) >= 0);
	iom_cache_free(cache);
	iom_tags_free(tags);
}

static const unsigned ways_tried[] = { 1,  2,  3,  4,  5,  6,  7,  8,  11,  15,
				       16, 17, 20, 31, 33, 63, 64, 65, 100, 130 };

static void policy_lru(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(ways_tried); i++)
		compare(ways_tried[i], IOM_POLICY_LRU);
}

static void policy_fifo(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(ways_tried); i++)
		compare(ways_tried[i], IOM_POLICY_FIFO);
}

static void policy_plru(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(ways_tried); i++)
		compare(ways_tried[i], IOM_POLICY_PLRU);
}

/* By hand: 4 ways, pages 0 to 3, then a use of 0 and 2. */
static void by_hand(void)
{
	static const struct {
		unsigned policy;
		int first, second;
	} want[] = {
		{ IOM_POLICY_LRU, 1, 3 },
		{ IOM_POLICY_FIFO, 0, 1 },
		/* After 0 and 2 were used the root points left, there to 1; then right to 3. */
		{ IOM_POLICY_PLRU, 1, 3 },
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(want); i++) {
		iom_cache_geometry g = { 4, 4, (uint8_t)want[i].policy };
		iom_tags *tags = iom_tags_new();
		iom_cache *cache = iom_cache_new("iotlb", &g, tags);
		uint64_t v;

		for (int page = 0; page < 4; page++)
			add(cache, tags, page);
		CU_ASSERT_TRUE(iom_cache_lookup(cache, &scope, 0, &v, 8, NULL));
		CU_ASSERT_TRUE(iom_cache_lookup(cache, &scope, 0x2000, &v, 8, NULL));
		add(cache, tags, 10);
		for (int page = 0; page < 4; page++)
			CHECK_EQ(has(cache, page), page != want[i].first);
		add(cache, tags, 11);
		for (int page = 0; page < 4; page++)
			CHECK_EQ(has(cache, page), page != want[i].first && page != want[i].second);
		iom_cache_free(cache);
		iom_tags_free(tags);
	}
}

/* Random replacement: the same in every run, and every way's turn comes. */
static void policy_random(void)
{
	iom_cache_geometry g = { 7, 0, IOM_POLICY_RANDOM };
	iom_tags *tags = iom_tags_new();
	iom_cache *a = iom_cache_new("a", &g, tags), *b = iom_cache_new("b", &g, tags);
	unsigned lives[8] = { 0 };

	for (int page = 0; page < PAGES; page++) {
		int oldest = page;

		add(a, tags, page);
		add(b, tags, page);
		for (int p = 0; p <= page; p++) {
			CHECK_EQ(has(a, p), has(b, p));
			if (has(a, p) && p < oldest)
				oldest = p;
		}
		CHECK_EQ(iom_cache_count(a), MIN(page + 1, 7));
		lives[MIN(page - oldest, 7)]++;
	}
	/* Not the order of FIFO, which never keeps a page for more than six more. */
	CU_ASSERT_TRUE(lives[7] > PAGES / 4);
	iom_cache_free(a);
	iom_cache_free(b);
	iom_tags_free(tags);
}

/* Another thread that looks pages up, one at a time, when told. */
#define STOP UINT_MAX
typedef struct user {
	iom_cache *cache;
	GAsyncQueue *asked, *done;
	GThread *thread;
} user;

static void look(iom_cache *cache, int page)
{
	uint64_t v;

	iom_cache_lookup(cache, &scope, (uint64_t)page << 12, &v, 8, NULL);
}

static gpointer user_run(gpointer data)
{
	user *u = data;
	guint page;

	while ((page = GPOINTER_TO_UINT(g_async_queue_pop(u->asked))) != STOP) {
		look(u->cache, (int)page);
		g_async_queue_push(u->done, u);
	}
	return NULL;
}

static void user_start(user *u, iom_cache *cache)
{
	u->cache = cache;
	u->asked = g_async_queue_new();
	u->done = g_async_queue_new();
	u->thread = g_thread_new("user", user_run, u);
}

static void user_look(user *u, int page)
{
	g_async_queue_push(u->asked, GUINT_TO_POINTER((guint)page));
	g_async_queue_pop(u->done);
}

static void user_stop(user *u)
{
	g_async_queue_push(u->asked, GUINT_TO_POINTER(STOP));
	g_thread_join(u->thread);
	g_async_queue_unref(u->asked);
	g_async_queue_unref(u->done);
}

/* One thread uses pages, another inserts them: the order is exact all the same. */
static void other_thread(void)
{
	static const unsigned policies[] = { IOM_POLICY_LRU, IOM_POLICY_PLRU, IOM_POLICY_FIFO };

	for (unsigned p = 0; p < G_N_ELEMENTS(policies); p++) {
		iom_cache_geometry g = { 8, 0, (uint8_t)policies[p] };
		iom_tags *tags = iom_tags_new();
		iom_cache *cache = iom_cache_new("iotlb", &g, tags);
		uint64_t seed = p;
		slow_set s;
		user u;

		slow_init(&s, 8, policies[p]);
		user_start(&u, cache);
		for (unsigned round = 0; round < 600; round++) {
			int page = 1 + (int)below(next_random(&seed), 16);
			int way = slow_find(&s, page);

			if (next_random(&seed) & 3) {
				user_look(&u, page);
				if (way >= 0)
					slow_used(&s, (unsigned)way, false);
			} else {
				slow_insert(&s, page);
				add(cache, tags, page);
			}
			for (page = 1; page <= 16; page++)
				CHECK_EQ(has(cache, page), slow_find(&s, page) >= 0);
		}
		user_stop(&u);
		iom_cache_free(cache);
		iom_tags_free(tags);
	}
}

/* Three threads use pages: with LRU, what nobody used since the last eviction goes first. */
static void every_thread(void)
{
	iom_cache_geometry g = { 8, 0, IOM_POLICY_LRU };
	iom_tags *tags = iom_tags_new();
	iom_cache *cache = iom_cache_new("iotlb", &g, tags);
	int page[8], next = 1;
	uint64_t seed = 8;
	user u[2];

	for (unsigned i = 0; i < 2; i++)
		user_start(&u[i], cache);
	for (unsigned i = 0; i < 8; i++) {
		page[i] = next;
		add(cache, tags, next++);
	}
	for (unsigned round = 0; round < 600; round++) {
		unsigned used = 0, gone = 0, n_gone = 0;

		for (unsigned n = 1 + below(next_random(&seed), 7); n; n--) {
			unsigned who = below(next_random(&seed), 3),
				 i = below(next_random(&seed), 8);

			if (who < 2)
				user_look(&u[who], page[i]);
			else
				look(cache, page[i]);
			used |= 1u << i;
		}
		add(cache, tags, next);
		for (unsigned i = 0; i < 8; i++) {
			if (!has(cache, page[i])) {
				gone = i;
				n_gone++;
			}
		}
		CHECK_EQ(n_gone, 1);
		CHECK_EQ(used >> gone & 1, 0);
		page[gone] = next++;
	}
	for (unsigned i = 0; i < 2; i++)
		user_stop(&u[i]);
	iom_cache_free(cache);
	iom_tags_free(tags);
}

static const iom_test tests[] = {
	{ "LRU, exactly, with up to 130 ways", policy_lru },
	{ "FIFO, exactly, with up to 130 ways", policy_fifo },
	{ "tree pseudo-LRU, exactly, with up to 130 ways", policy_plru },
	{ "four ways by hand", by_hand },
	{ "random replacement repeats and reaches every way", policy_random },
	{ "pages that another thread uses, exactly", other_thread },
	{ "pages that three threads use, none forgotten", every_thread },
	{ 0 },
};
const iom_suite policy_suite = { "policy", tests };
