/* SPDX-License-Identifier: MIT */
/*
 * The options of a cache, against a list of lines that does what caches.h says and
 * nothing else: after every operation exactly the same pages are cached.
 */
#include "core/cache.h"
#include "tests/core/suites.h"

#include <string.h>

#define MOST_LINES 128
#define MOST_SECTORS 16
#define REQUESTERS 4

static const iom_cache_scope scope = { 7, 9 };

static void act_as(uint32_t requester, uint32_t pasid)
{
	iom_cache_owner_ = (iom_cache_owner){ requester, pasid, false, false };
}

/* ------------------------------------------------------------------------
 * The slow cache: one set
 */
typedef struct slow_line {
	bool used;
	unsigned partition;
	uint64_t number; /* page / sectors */
	bool valid[MOST_SECTORS];
	bool pin[MOST_SECTORS]; /* one is enough for the line */
	bool tagged[MOST_SECTORS]; /* goes when the tag is invalidated */
	uint64_t time;
} slow_line;

typedef struct slow_cache {
	unsigned ways, policy, sectors, n_parts, part_ways[IOM_CACHE_PARTITIONS];
	unsigned part_of[REQUESTERS]; /* + 1; 0: not seen yet */
	unsigned next_part, pin_most;
	iom_cache_pin pin;
	bool pins;
	slow_line line[MOST_LINES];
	uint64_t now, evictions, filled, refused;
} slow_cache;

static bool slow_is_pinned(const slow_line *l)
{
	bool pinned = false;

	for (unsigned s = 0; s < MOST_SECTORS; s++)
		pinned |= l->pin[s];
	return pinned;
}

static slow_line *slow_find(slow_cache *c, uint64_t page)
{
	for (unsigned i = 0; i < MOST_LINES; i++) {
		slow_line *l = &c->line[i];

		if (l->used && l->number == page / c->sectors)
			return l;
	}
	return NULL;
}

static bool slow_has(slow_cache *c, uint64_t page)
{
	const slow_line *l = slow_find(c, page);

	return l && l->valid[page % c->sectors];
}

static unsigned slow_partition(slow_cache *c, uint32_t requester)
{
	if (c->n_parts == 1)
		return 0;
	if (!c->part_of[requester])
		c->part_of[requester] = 1 + c->next_part++ % c->n_parts;
	return c->part_of[requester] - 1;
}

static unsigned slow_count(const slow_cache *c, unsigned partition, bool pinned)
{
	unsigned n = 0;

	for (unsigned i = 0; i < MOST_LINES; i++)
		n += c->line[i].used && c->line[i].partition == partition &&
		     (!pinned || slow_is_pinned(&c->line[i]));
	return n;
}

static unsigned slow_pinned(const slow_cache *c)
{
	unsigned n = 0;

	for (unsigned p = 0; p < c->n_parts; p++)
		n += slow_count(c, p, true);
	return n;
}

static void slow_evict(slow_cache *c, unsigned partition)
{
	slow_line *oldest = NULL;

	for (unsigned i = 0; i < MOST_LINES; i++) {
		slow_line *l = &c->line[i];

		if (l->used && l->partition == partition && !slow_is_pinned(l) &&
		    (!oldest || l->time < oldest->time))
			oldest = l;
	}
	CU_ASSERT_PTR_NOT_NULL_FATAL(oldest);
	memset(oldest, 0, sizeof(*oldest));
	c->evictions++;
}

static void slow_insert(slow_cache *c, uint64_t page, uint32_t requester, bool tagged)
{
	unsigned p = slow_partition(c, requester), home, i = 0;
	slow_line *l = slow_find(c, page);
	bool pin = c->pins && c->pin.requester == requester && page >= c->pin.first >> 12 &&
		   page <= c->pin.last >> 12;

	home = l ? l->partition : p;
	if (pin && !(l && slow_is_pinned(l)) &&
	    (slow_pinned(c) >= c->pin_most ||
	     slow_count(c, home, true) + 1 >= c->part_ways[home])) {
		pin = false;
		c->refused++;
	}
	if (l && !l->valid[page % c->sectors])
		c->filled++;
	if (!l) {
		if (slow_count(c, p, false) == c->part_ways[p])
			slow_evict(c, p);
		while (c->line[i].used)
			i++;
		l = &c->line[i];
		*l = (slow_line){ .used = true, .partition = p, .number = page / c->sectors };
	}
	l->pin[page % c->sectors] |= pin;
	l->valid[page % c->sectors] = true;
	l->tagged[page % c->sectors] = tagged;
	l->time = ++c->now;
}

static void slow_drop(slow_cache *c, uint64_t page)
{
	slow_line *l = slow_find(c, page);
	bool any = false;

	if (!l)
		return;
	l->valid[page % c->sectors] = l->pin[page % c->sectors] = false;
	for (unsigned s = 0; s < c->sectors; s++)
		any |= l->valid[s];
	if (!any)
		memset(l, 0, sizeof(*l));
}

static void slow_drop_tagged(slow_cache *c)
{
	for (unsigned i = 0; i < MOST_LINES; i++) {
		slow_line copy = c->line[i];

		for (unsigned s = 0; copy.used && s < c->sectors; s++) {
			if (copy.valid[s] && copy.tagged[s])
				slow_drop(c, copy.number * c->sectors + s);
		}
	}
}

/* ------------------------------------------------------------------------
 * Both side by side
 */
static bool has(iom_cache *cache, uint64_t page)
{
	uint64_t v = 0;

	if (!iom_cache_peek(cache, &scope, page << 12, &v, 8, NULL))
		return false;
	CHECK_EQ(v, page * 3);
	return true;
}

static void add(iom_cache *cache, iom_tags *tags, uint64_t page, iom_tag *tag)
{
	uint64_t v = page * 3;

	iom_cache_insert(cache, &scope, page << 12, 12, &v, 8, &tag, tag ? 1 : 0,
			 iom_tags_epoch(tags));
}

static void compare(const iom_cache_geometry *g, const iom_cache_options *o, slow_cache *c,
		    uint64_t seed)
{
	iom_tags *tags = iom_tags_new();
	iom_cache *cache = iom_cache_new_with("iotlb", g, o, NULL, tags);
	unsigned pages = 3 * c->ways * c->sectors, failures = CU_get_number_of_failures();
	iom_tag *tag = iom_tags_get(tags, 1);
	iom_cache_statistics s;
	uint64_t v;

	for (unsigned round = 0; round < 1500 && CU_get_number_of_failures() == failures; round++) {
		uint64_t r = next_random(&seed), page = r % pages;
		uint32_t requester = (uint32_t)(r >> 40) % REQUESTERS;
		unsigned op = r >> 32 & 15;

		act_as(requester, IOM_NO_PASID);
		if (op == 0) {
			iom_cache_invalidate_range(cache, &scope, page << 12, page << 12);
			slow_drop(c, page);
		} else if (op == 1 && r >> 50 & 1) {
			iom_tag_invalidate(tags, tag);
			slow_drop_tagged(c);
		} else if (op < 8) {
			bool hit = iom_cache_lookup(cache, &scope, page << 12, &v, 8, NULL);

			CHECK_EQ(hit, slow_has(c, page));
			if (hit && slow_has(c, page) && c->policy == IOM_POLICY_LRU)
				slow_find(c, page)->time = ++c->now;
		} else {
			add(cache, tags, page, r >> 51 & 1 ? tag : NULL);
			slow_insert(c, page, requester, r >> 51 & 1);
		}
		if (round % 8)
			continue;
		for (page = 0; page < pages; page++)
			CHECK_EQ(has(cache, page), slow_has(c, page));
	}
	iom_cache_statistics_get(cache, &s);
	CHECK_EQ(s.evictions, c->evictions);
	CHECK_EQ(s.sectors_filled, c->filled);
	CHECK_EQ(s.pins_refused, c->refused);
	iom_cache_free(cache);
	iom_tags_free(tags);
}

static void run(unsigned ways, unsigned policy, unsigned sectors_lg2, unsigned parts, bool pins)
{
	iom_cache_geometry g = { ways, 0, (uint8_t)policy };
	iom_cache_options o = { .sectors_lg2 = (uint8_t)sectors_lg2 };
	slow_cache *c = g_new0(slow_cache, 1);

	c->ways = ways;
	c->policy = policy;
	c->sectors = 1u << sectors_lg2;
	c->n_parts = parts;
	for (unsigned p = 0; p < parts; p++)
		c->part_ways[p] = ways * (p + 1) / parts - ways * p / parts;
	if (parts > 1) {
		o.partition_by = IOM_PARTITION_REQUESTER;
		o.partitions = (uint8_t)parts;
	}
	c->pin_most = ways / 2;
	if (pins) {
		c->pins = true;
		c->pin = (iom_cache_pin){ 1, IOM_PIN_ANY, 0, (uint64_t)ways << 12 };
		o.n_pins = 1;
		o.pin[0] = c->pin;
	}
	compare(&g, &o, c, ways * 1000 + policy * 100 + sectors_lg2 * 10 + parts);
	g_free(c);
}

static void against_a_list(void)
{
	static const unsigned ways[] = { 2, 3, 4, 7, 8, 9, 16, 33 };
	static const unsigned policies[] = { IOM_POLICY_LRU, IOM_POLICY_FIFO };

	for (unsigned w = 0; w < G_N_ELEMENTS(ways); w++) {
		for (unsigned i = 0; i < 2 * 3 * 3 * 2; i++) {
			unsigned parts = 1 + i / 6 % 3;

			if (ways[w] < parts * 2)
				continue;
			run(ways[w], policies[i % 2], i / 2 % 3, parts, i / 18);
		}
	}
}

/* ------------------------------------------------------------------------
 * What each policy has to respect, in many sets
 */
static void misses_stay_at_home(void)
{
	static const unsigned policies[] = { IOM_POLICY_LRU, IOM_POLICY_PLRU, IOM_POLICY_FIFO,
					     IOM_POLICY_RANDOM };

	for (unsigned i = 0; i < 4 * 3 * 2; i++) {
		unsigned ways = i / 4 % 3 == 0 ? 4 : i / 4 % 3 == 1 ? 12 : 80;
		iom_cache_geometry g = { 8 * ways, ways, (uint8_t)policies[i % 4] };
		iom_cache_options o = { .partition_by = IOM_PARTITION_REQUESTER,
					.n_shares = 1,
					.share = { { 0x10, 0x1f, 1 } },
					.rest = 3,
					.sectors_lg2 = (uint8_t)(i / 12) };
		iom_tags *tags = iom_tags_new();
		iom_cache *cache = iom_cache_new_with("iotlb", &g, &o, NULL, tags);
		unsigned mine = 8 * ways / 4 << o.sectors_lg2;
		iom_cache_statistics s;

		act_as(0x1f, IOM_NO_PASID);
		for (unsigned page = 0; page < mine; page++)
			add(cache, tags, page, NULL);
		CHECK_EQ(iom_cache_count(cache), mine);
		for (uint32_t requester = 0; requester < 40; requester++) {
			if (requester >= 0x10 && requester <= 0x1f)
				continue;
			act_as(requester, IOM_NO_PASID);
			for (unsigned page = 0; page < mine * 8; page++)
				add(cache, tags, 0x100000 + requester * mine + page, NULL);
		}
		for (unsigned page = 0; page < mine; page++)
			CU_ASSERT_TRUE(has(cache, page));
		iom_cache_statistics_get(cache, &s);
		CHECK_EQ(s.n_partitions, 2);
		CHECK_EQ(s.partition[0].ways, ways / 4);
		CHECK_EQ(s.partition[0].insertions, mine);
		CHECK_EQ(s.partition[0].evictions, 0);
		CHECK_EQ(s.partition[1].ways, ways - ways / 4);
		CHECK_EQ(s.partition[1].evictions, s.evictions);
		CU_ASSERT_TRUE(s.evictions > 0);
		/* An invalidation asks for no partition. */
		iom_cache_invalidate_range(cache, &scope, 0, UINT64_MAX);
		CHECK_EQ(iom_cache_count(cache), 0);
		iom_cache_free(cache);
		iom_tags_free(tags);
	}
}

static uint32_t domain_of(const iom_cache_scope *s)
{
	return (uint32_t)s->lo;
}

static unsigned stage_of(const iom_cache_scope *s)
{
	return (unsigned)s->hi;
}

static const iom_cache_reader reader = { stage_of, domain_of };

static void put(iom_cache *cache, iom_tags *tags, uint64_t hi, uint64_t lo, uint64_t address,
		unsigned lg2)
{
	iom_cache_scope s = { hi, lo };

	iom_cache_insert(cache, &s, address, lg2, &address, 8, NULL, 0, iom_tags_epoch(tags));
}

static unsigned n_found(iom_cache *cache, uint64_t hi, uint64_t lo, unsigned n, unsigned lg2)
{
	iom_cache_scope s = { hi, lo };
	unsigned found = 0, got_lg2;
	uint64_t v;

	for (uint64_t i = 0; i < n; i++) {
		if (!iom_cache_lookup(cache, &s, i << lg2, &v, 8, &got_lg2))
			continue;
		found++;
		CHECK_EQ(v, i << lg2);
		CHECK_EQ(got_lg2, lg2);
	}
	return found;
}

static void by_domain_and_pasid(void)
{
	iom_cache_geometry g = { 8, 8, IOM_POLICY_LRU };
	iom_cache_options o = { .partition_by = IOM_PARTITION_DOMAIN, .partitions = 2 };
	iom_tags *tags = iom_tags_new();
	iom_cache *cache = iom_cache_new_with("iotlb", &g, &o, &reader, tags);

	act_as(1, 1);
	for (uint64_t i = 0; i < 4; i++)
		put(cache, tags, 1, 50, i << 12, 12);
	for (uint64_t i = 0; i < 100; i++)
		put(cache, tags, 1, 60, i << 12, 12);
	CHECK_EQ(n_found(cache, 1, 50, 4, 12), 4);
	CHECK_EQ(iom_cache_count(cache), 8);
	iom_cache_free(cache);
	o.partition_by = IOM_PARTITION_PASID;
	cache = iom_cache_new_with("iotlb", &g, &o, &reader, tags);
	for (uint64_t i = 0; i < 4; i++)
		put(cache, tags, 1, 50, i << 12, 12);
	act_as(1, IOM_NO_PASID);
	for (uint64_t i = 0; i < 100; i++)
		put(cache, tags, 1, 60, i << 12, 12);
	CHECK_EQ(n_found(cache, 1, 50, 4, 12), 4);
	iom_cache_free(cache);
	iom_tags_free(tags);
}

/* ------------------------------------------------------------------------
 * Pins
 */
static void pinned_until_invalidated(void)
{
	static const unsigned policies[] = { IOM_POLICY_LRU, IOM_POLICY_PLRU, IOM_POLICY_FIFO,
					     IOM_POLICY_RANDOM };

	for (unsigned i = 0; i < 8; i++) {
		unsigned ways = i / 4 ? 70 : 4;
		iom_cache_geometry g = { 4 * ways, ways, (uint8_t)policies[i % 4] };
		iom_cache_options o = { .n_pins = 1, .pin_ways = 1 };
		iom_tags *tags = iom_tags_new();
		iom_cache *cache;
		iom_cache_statistics s;

		o.pin[0] = (iom_cache_pin){ 5, 3, 0x4000, 0xbfff };
		cache = iom_cache_new_with("iotlb", &g, &o, NULL, tags);
		act_as(5, 3);
		for (unsigned page = 0; page < 12; page++)
			add(cache, tags, page, NULL);
		/* Pages 4 to 11 are in the range; each of the four sets may pin one. */
		iom_cache_statistics_get(cache, &s);
		CHECK_EQ(s.pinned, 4);
		CHECK_EQ(s.pins_refused, 4);
		act_as(5, 4);
		for (unsigned page = 0; page < 3000; page++)
			add(cache, tags, 0x1000 + page, NULL);
		for (unsigned page = 4; page < 8; page++)
			CU_ASSERT_TRUE(has(cache, page));
		iom_cache_invalidate_range(cache, &scope, 0x4000, 0x4fff);
		CU_ASSERT_FALSE(has(cache, 4));
		iom_tags_invalidate_all(tags);
		CU_ASSERT_FALSE(has(cache, 5));
		iom_cache_statistics_get(cache, &s);
		CHECK_EQ(s.pinned, 0);
		/* The places are free again. */
		act_as(5, 3);
		for (unsigned page = 8; page < 12; page++)
			add(cache, tags, page, NULL);
		iom_cache_statistics_get(cache, &s);
		CHECK_EQ(s.pinned, 4);
		iom_cache_unpin_all(cache);
		act_as(0, 0);
		for (unsigned page = 0; page < 3000; page++)
			add(cache, tags, 0x1000 + page, NULL);
		for (unsigned page = 8; page < 12 && policies[i % 4] != IOM_POLICY_RANDOM; page++)
			CU_ASSERT_FALSE(has(cache, page));
		iom_cache_free(cache);
		iom_tags_free(tags);
	}
}

/* A cache made without options gets a pin while it is in use. */
static void pinned_later(void)
{
	iom_cache_geometry g = { 4, 0, IOM_POLICY_LRU };
	iom_cache_pin pin = { IOM_PIN_ANY, IOM_PIN_ANY, 0x2000, 0x2000 };
	iom_cache_pin bad = { 0, 0, 2, 1 };
	iom_tags *tags = iom_tags_new();
	iom_cache *cache = iom_cache_new("iotlb", &g, tags), *off, *narrow;
	iom_cache_geometry none = { 0, 0, 0 }, one = { 4, 1, 0 };
	GError *error = NULL;

	add(cache, tags, 2, NULL);
	add(cache, tags, 3, NULL);
	CU_ASSERT_TRUE(iom_cache_pin_add(cache, &pin, NULL));
	CU_ASSERT_FALSE(has(cache, 2));
	CU_ASSERT_TRUE(has(cache, 3));
	for (unsigned page = 2; page < 100; page++)
		add(cache, tags, page, NULL);
	CU_ASSERT_TRUE(has(cache, 2));
	for (unsigned i = 1; i < IOM_CACHE_PINS; i++)
		CU_ASSERT_TRUE(iom_cache_pin_add(cache, &pin, NULL));
	CU_ASSERT_FALSE(iom_cache_pin_add(cache, &pin, &error));
	CU_ASSERT_TRUE(g_error_matches(error, IOM_ERROR, IOM_ERROR_RANGE));
	g_clear_error(&error);
	CU_ASSERT_FALSE(iom_cache_pin_add(cache, &bad, &error));
	CU_ASSERT_TRUE(g_error_matches(error, IOM_ERROR, IOM_ERROR_CONFIG));
	g_clear_error(&error);
	off = iom_cache_new("iotlb", &none, tags);
	CU_ASSERT_FALSE(iom_cache_pin_add(off, &pin, &error));
	CU_ASSERT_TRUE(g_error_matches(error, IOM_ERROR, IOM_ERROR_CONFIG));
	g_clear_error(&error);
	iom_cache_unpin_all(off);
	narrow = iom_cache_new("iotlb", &one, tags);
	CU_ASSERT_FALSE(iom_cache_pin_add(narrow, &pin, &error));
	g_clear_error(&error);
	iom_cache_free(narrow);
	iom_cache_free(off);
	iom_cache_free(cache);
	iom_tags_free(tags);
}

/* ------------------------------------------------------------------------
 * Structures by size
 */
static void sizes_apart(void)
{
	iom_cache_geometry g = { 8, 0, IOM_POLICY_LRU };
	iom_cache_options o = { .n_bins = 3,
				.bin = { { 21, 0, { 4, 0, IOM_POLICY_FIFO } },
					 { 21, 2, { 2, 0, IOM_POLICY_LRU } },
					 { 30, 1, { 0, 0, IOM_POLICY_LRU } } } };
	iom_tags *tags = iom_tags_new();
	iom_cache *cache = iom_cache_new_with("walk", &g, &o, &reader, tags);
	iom_cache_scope s = { 1, 0 };
	iom_cache_statistics stat;
	uint64_t v;

	for (uint64_t i = 0; i < 20; i++) {
		put(cache, tags, 1, 1, i << 21, 21);
		put(cache, tags, 2, 1, i << 21, 21);
		put(cache, tags, 1, 2, i << 30, 30);
		put(cache, tags, 2, 2, i << 30, 30);
	}
	CHECK_EQ(n_found(cache, 1, 1, 20, 21), 4);
	CHECK_EQ(n_found(cache, 2, 1, 20, 21), 2);
	CHECK_EQ(n_found(cache, 1, 2, 20, 30), 0);
	CHECK_EQ(n_found(cache, 2, 2, 20, 30), 8);
	CHECK_EQ(iom_cache_count(cache), 14);
	iom_cache_statistics_get(cache, &stat);
	CHECK_EQ(stat.evictions, 16 + 18 + 12);
	CHECK_EQ(stat.hits, 14);
	CHECK_EQ(stat.misses, 66);
	/* The smaller page answers first, wherever it is. */
	put(cache, tags, 1, 0, 0, 40);
	put(cache, tags, 1, 0, 0, 21);
	put(cache, tags, 1, 0, 0x1000, 12);
	{
		unsigned lg2;

		CU_ASSERT_TRUE(iom_cache_lookup(cache, &s, 0x1000, &v, 8, &lg2));
		CHECK_EQ(lg2, 12);
		CU_ASSERT_TRUE(iom_cache_lookup(cache, &s, 0x2000, &v, 8, &lg2));
		CHECK_EQ(lg2, 21);
		CU_ASSERT_TRUE(iom_cache_lookup(cache, &s, 0x200000, &v, 8, &lg2));
		CHECK_EQ(lg2, 40);
	}
	iom_cache_invalidate_range(cache, &s, 0, 0);
	CU_ASSERT_FALSE(iom_cache_peek(cache, &s, 0x2000, &v, 8, NULL));
	put(cache, tags, 1, 0, 0, 21);
	iom_cache_invalidate_all(cache);
	CHECK_EQ(iom_cache_count(cache), 0);
	put(cache, tags, 1, 0, 0, 21);
	put(cache, tags, 1, 0, 0, 12);
	CHECK_EQ(iom_cache_count(cache), 2);
	iom_tags_invalidate_all(tags);
	CHECK_EQ(iom_cache_count(cache), 0);
	CU_ASSERT_FALSE(iom_cache_lookup(cache, &s, 0, &v, 8, NULL));
	iom_cache_free(cache);
	iom_tags_free(tags);
}

/* Only the sizes that are listed. */
static void no_main_structure(void)
{
	iom_cache_geometry g = { 0, 0, IOM_POLICY_LRU };
	iom_cache_options o = { .n_bins = 1, .bin = { { 12, 0, { 4, 2, IOM_POLICY_LRU } } } };
	iom_tags *tags = iom_tags_new();
	iom_cache *cache = iom_cache_new_with("iotlb", &g, &o, &reader, tags);

	CU_ASSERT_TRUE(iom_cache_enabled(cache));
	for (uint64_t i = 0; i < 4; i++) {
		put(cache, tags, 1, 0, i << 12, 12);
		put(cache, tags, 1, 1, i << 21, 21);
		put(cache, tags, 1, 1, 0, 63);
	}
	CHECK_EQ(n_found(cache, 1, 0, 4, 12), 4);
	CHECK_EQ(n_found(cache, 1, 1, 4, 21), 0);
	CHECK_EQ(iom_cache_count(cache), 4);
	iom_cache_free(cache);
	iom_tags_free(tags);
}

/* ------------------------------------------------------------------------
 * What is refused
 */
static void refused(iom_cache_id id, const iom_cache_geometry *g, const iom_cache_options *o,
		    const char *key, const char *part)
{
	iom_cache_config config;
	GError *error = NULL;

	CU_ASSERT_TRUE(iom_cache_config_preset(&config, "default"));
	CU_ASSERT_TRUE(iom_cache_config_check(&config, NULL));
	config.cache[id] = *g;
	config.options[id] = *o;
	CU_ASSERT_FALSE(iom_cache_config_check(&config, &error));
	CU_ASSERT_TRUE(g_error_matches(error, IOM_ERROR, IOM_ERROR_CONFIG));
	if (error && (!strstr(error->message, key) || !strstr(error->message, part)))
		CU_FAIL(error->message);
	g_clear_error(&error);
}

static void cannot_be(void)
{
	const iom_cache_geometry g = { 64, 4, IOM_POLICY_LRU }, one = { 64, 1, IOM_POLICY_LRU };
	const iom_cache_geometry oracle = { 64, 4, IOM_POLICY_ORACLE }, bad = { 64, 4, 9 };
	iom_cache_options o = { .partition_by = IOM_PARTITION_REQUESTER, .partitions = 5 };

	refused(IOM_CACHE_IOTLB, &g, &o, "iotlb.partition", "5 partitions");
	o.partitions = 1;
	refused(IOM_CACHE_IOTLB, &g, &o, "iotlb.partition", "2 to 16");
	o = (iom_cache_options){ .partition_by = 4, .partitions = 2 };
	refused(IOM_CACHE_WALK, &g, &o, "walk.partition", "requester, pasid or domain");
	o = (iom_cache_options){ .partition_by = IOM_PARTITION_DOMAIN, .partitions = 2 };
	refused(IOM_CACHE_CONFIG, &g, &o, "config.partition", "requester or pasid");
	o = (iom_cache_options){ .partition_by = IOM_PARTITION_PASID,
				 .n_shares = 2,
				 .share = { { 1, 5, 1 }, { 5, 5, 1 } } };
	refused(IOM_CACHE_IOTLB, &g, &o, "iotlb.partition", "0x5 is in two");
	refused(IOM_CACHE_INTERRUPT, &g, &o, "interrupt.partition", "no PASID");
	o = (iom_cache_options){ .n_pins = 1, .pin = { { 0, 0, 1, 0 } } };
	refused(IOM_CACHE_IOTLB, &g, &o, "iotlb.pin", "before it begins");
	o.pin[0] = (iom_cache_pin){ 1, 1, 0, 4095 };
	refused(IOM_CACHE_IOTLB, &one, &o, "iotlb.pin", "two ways");
	refused(IOM_CACHE_CONFIG, &g, &o, "config.pin", "requester alone");
	o.pin_ways = 4;
	refused(IOM_CACHE_IOTLB, &g, &o, "iotlb.pin_ways", "less than");
	o = (iom_cache_options){ .sectors_lg2 = 5 };
	refused(IOM_CACHE_IOTLB, &g, &o, "iotlb.sectors", "at most 16");
	o = (iom_cache_options){ .prefetch = 17 };
	refused(IOM_CACHE_IOTLB, &g, &o, "iotlb.prefetch", "at most 16");
	o.prefetch = 1;
	refused(IOM_CACHE_STAGE2, &g, &o, "stage2.prefetch", "only iotlb");
	o = (iom_cache_options){ .n_bins = 2, .bin = { { 12, 0, g }, { 12, 0, g } } };
	refused(IOM_CACHE_IOTLB, &g, &o, "iotlb", "twice");
	refused(IOM_CACHE_CONFIG, &g, &o, "config", "no size");
	o = (iom_cache_options){ 0 };
	refused(IOM_CACHE_STAGE2, &oracle, &o, "stage2", "config and iotlb only");
	refused(IOM_CACHE_IOTLB, &oracle, &o, "iotlb", "order of accesses");
	refused(IOM_CACHE_IOTLB, &bad, &o, "iotlb", "lru, plru, fifo, random or oracle");
}

static const iom_test tests[] = {
	{ "partitions, pins and sectors against a list of lines", against_a_list },
	{ "misses of one partition evict nothing of another", misses_stay_at_home },
	{ "partitions by domain and by PASID", by_domain_and_pasid },
	{ "pinned entries stay until they are invalidated", pinned_until_invalidated },
	{ "pins for a cache in use, and those that cannot be", pinned_later },
	{ "page sizes and stages apart", sizes_apart },
	{ "page sizes apart, and nothing else", no_main_structure },
	{ "options that cannot be", cannot_be },
	{ 0 },
};
const iom_suite options_suite = { "options", tests };
