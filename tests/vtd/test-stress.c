/* SPDX-License-Identifier: MIT */
/*
 * One thread changes what a device's address leads to, in every structure on the
 * way and by the least command that the specification asks for (6.5.2 Queued
 * Invalidation Interface), while others translate. What was complete before an access
 * began must be what the access sees, or something newer.
 */
#include "tests/vtd/rig.h"
#include "tests/vtd/suites.h"

#include <stdatomic.h>

#define READERS 2
#define PWSNP (UINT64_C(1) << 23)
#define DID 5u
#define PASID 1u

/* Every change makes another page the target: version v is at 2^30 + v pages. */
#define TARGET(V) (UINT64_C(0x40000000) + ((V) << 12))

typedef struct stress {
	rig *r;
	uint32_t pasid;
	_Atomic bool stop;
	_Atomic uint64_t complete; /* versions below are gone */
	_Atomic uint64_t seen[READERS];
	_Atomic uint64_t stale, wrong;
	uint64_t version;
	uint64_t roots[2]; /* of the tables that translate RIG_VA; [0] is in use */
	uint64_t attr, upper;
} stress;

typedef struct reader {
	stress *s;
	unsigned id;
} reader;

static gpointer translate(gpointer data)
{
	const reader *me = data;
	stress *s = me->s;

	while (!atomic_load(&s->stop)) {
		uint64_t least = atomic_load(&s->complete);
		iom_result result = rig_dma(s->r, RIG_SID, s->pasid, IOM_WRITE, RIG_VA);

		if (result.status != IOM_OK || result.address < TARGET(UINT64_C(0)))
			atomic_fetch_add(&s->wrong, 1);
		else if (result.address < TARGET(least))
			atomic_fetch_add(&s->stale, 1);
		atomic_fetch_add(&s->seen[me->id], 1);
	}
	return NULL;
}

static uint64_t least_seen(stress *s)
{
	uint64_t n = UINT64_MAX;

	for (unsigned i = 0; i < READERS; i++) {
		uint64_t seen = atomic_load(&s->seen[i]);

		n = MIN(n, seen);
	}
	return n;
}

static void run(stress *s, void (*change)(stress *s))
{
	gint64 end = g_get_monotonic_time() + G_USEC_PER_SEC;
	reader readers[READERS];
	GThread *threads[READERS];

	for (unsigned i = 0; i < READERS; i++) {
		readers[i] = (reader){ s, i };
		threads[i] = g_thread_new("dma", translate, &readers[i]);
	}
	/* Every thread has to get its turns, however busy the machine is. */
	while (s->version < 300 || least_seen(s) < 300 ||
	       (s->version < 3000 && g_get_monotonic_time() < end)) {
		s->version++;
		change(s);
		rig_wait(s->r, (uint32_t)s->version);
		if (rig_status(s->r) != (uint32_t)s->version)
			atomic_fetch_add(&s->wrong, 1);
		atomic_store(&s->complete, s->version);
		if (s->version % 16 == 0)
			g_thread_yield();
	}
	atomic_store(&s->stop, true);
	for (unsigned i = 0; i < READERS; i++)
		g_thread_join(threads[i]);
	CHECK_EQ(s->stale, 0);
	CHECK_EQ(s->wrong, 0);
	CHECK_EQ(rig_dma(s->r, RIG_SID, s->pasid, IOM_WRITE, RIG_VA).address, TARGET(s->version));
}

/* ---- structures ---- */

static uint64_t entry_of(stress *s, uint64_t root, unsigned level)
{
	uint64_t table = root;

	for (unsigned l = 4; l > level; l--)
		table = rig_word(s->r, table + 8 * (RIG_VA >> (12 + 9 * (l - 1)) & 0x1ff)) &
			UINT64_C(0xffffffffff000);
	return table + 8 * (RIG_VA >> (12 + 9 * (level - 1)) & 0x1ff);
}

/* Two chains of tables, so that one can be written anew while the other is used. */
static void make_tables(stress *s)
{
	for (unsigned i = 0; i < 2; i++) {
		s->roots[i] = rig_table(s->r);
		rig_map(s->r, s->roots[i], RIG_VA, TARGET(UINT64_C(0)), 1, s->attr, s->upper);
	}
}

/* The leaf of the spare chain leads to the new page. */
static void renew_spare(stress *s)
{
	iom_memory_store64(s->r->memory, entry_of(s, s->roots[1], 1), TARGET(s->version) | s->attr);
}

/*
 * The entry of the chain in use, at the level whose turn it is, gets what the spare
 * chain has there: its leaf, or a table with all that is below it.
 */
static unsigned exchange(stress *s)
{
	unsigned level = 1 + (unsigned)(s->version % 4);
	uint64_t at[2] = { entry_of(s, s->roots[0], level), entry_of(s, s->roots[1], level) };
	uint64_t old;

	renew_spare(s);
	old = rig_word(s->r, at[0]);
	iom_memory_store64(s->r->memory, at[0], rig_word(s->r, at[1]));
	if (level > 1)
		iom_memory_store64(s->r->memory, at[1], old);
	return level;
}

/* ---- legacy mode ---- */

static uint64_t iotlb_page(bool leaf_only)
{
	return (RIG_VA & ~UINT64_C(0xfff)) | (uint64_t)leaf_only << 6;
}

/* Leaves with the hint that no table changed, tables without it. */
static void legacy_tables(stress *s)
{
	unsigned level = exchange(s);

	rig_push(s->r, 2 | 3 << 4 | DID << 16, iotlb_page(level == 1));
}

static void legacy_domain(stress *s)
{
	exchange(s);
	rig_push(s->r, 2 | 2 << 4 | DID << 16, 0);
}

/* Another root in the context entry; device-selective, then what it led to. */
static void legacy_context(stress *s)
{
	uint64_t spare = s->roots[1];

	renew_spare(s);
	iom_memory_store64(s->r->memory, RIG_CONTEXT + 16 * RIG_SID, spare | 1);
	s->roots[1] = s->roots[0];
	s->roots[0] = spare;
	rig_push(s->r, 1 | 3 << 4 | DID << 16 | (uint64_t)RIG_SID << 32, 0);
	rig_push(s->r, 2 | 2 << 4 | DID << 16, 0);
}

static void legacy(const char *cache, void (*change)(stress *s))
{
	stress s = {
		.r = rig_new_cache(NULL, cache), .pasid = IOM_NO_PASID, .attr = 3, .upper = 3
	};

	make_tables(&s);
	rig_context(s.r, RIG_SID, s.roots[0], 0, DID);
	rig_legacy(s.r);
	rig_queue(s.r, false);
	run(&s, change);
	rig_free(s.r);
}

/* ---- scalable mode ---- */

#define P_IOTLB(G) (6 | (uint64_t)(G) << 4 | DID << 16 | (uint64_t)PASID << 32)

static void first_tables(stress *s)
{
	unsigned level = exchange(s);

	rig_push(s->r, P_IOTLB(3), iotlb_page(level == 1));
}

static void first_pasid(stress *s)
{
	exchange(s);
	rig_push(s->r, P_IOTLB(2), 0);
}

/* The second stage: its page tables, then (6.5.2.4) what was combined from both. */
static void second_tables(stress *s)
{
	unsigned level = exchange(s);

	rig_push(s->r, 2 | 3 << 4 | DID << 16, iotlb_page(level == 1));
}

/* Another root in the PASID entry: PASID cache, then the PASID's translations. */
static void pasid_entry(stress *s)
{
	uint64_t at = RIG_PASID_TABLE + 64 * (uint64_t)PASID, spare = s->roots[1];

	renew_spare(s);
	iom_memory_store64(s->r->memory, at + 16, spare);
	s->roots[1] = s->roots[0];
	s->roots[0] = spare;
	rig_push(s->r, 7 | 1 << 4 | DID << 16 | (uint64_t)PASID << 32, 0);
	rig_push(s->r, P_IOTLB(2), 0);
}

static void scalable(const char *cache, unsigned pgtt, void (*change)(stress *s))
{
	bool first = pgtt == PGTT_FIRST;
	stress s = { .r = rig_new_cache(NULL, cache),
		     .pasid = PASID,
		     .attr = first ? 0x67 : 3,
		     .upper = first ? 0x27 : 3 };

	make_tables(&s);
	rig_scalable(s.r);
	rig_sm_context(s.r, RIG_SID, 1 << 3, 0);
	rig_pasid(s.r, PASID, pgtt, first ? s.roots[0] : 0, first ? 0 : s.roots[0], DID, 0);
	rig_pasid_bits(s.r, PASID, PWSNP, 0);
	rig_queue(s.r, true);
	run(&s, change);
	rig_free(s.r);
}

/* The first stage stays and leads to RIG_VA of the second, which changes. */
static void nested(const char *cache, void (*change)(stress *s))
{
	stress s = { .r = rig_new_cache(NULL, cache), .pasid = PASID, .attr = 3, .upper = 3 };
	uint64_t fs = rig_table(s.r);

	make_tables(&s);
	rig_map(s.r, fs, RIG_VA, RIG_VA, 1, 0x67, 0x27);
	/* the tables of the first stage are where they are, in both chains */
	for (unsigned i = 0; i < 2; i++) {
		for (uint64_t page = RIG_TABLES; page < RIG_TABLES + 0x40000; page += 0x1000)
			rig_map(s.r, s.roots[i], page, page, 1, 3, 3);
	}
	rig_scalable(s.r);
	rig_sm_context(s.r, RIG_SID, 1 << 3, 0);
	rig_pasid(s.r, PASID, PGTT_NESTED, fs, s.roots[0], DID, 0);
	rig_pasid_bits(s.r, PASID, PWSNP, 0);
	rig_queue(s.r, true);
	run(&s, change);
	rig_free(s.r);
}

/* ---- each with every setting of the caches ---- */

static const char *const caches[] = { "default", "one", "off" };

static void test_legacy(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(caches); i++) {
		legacy(caches[i], legacy_tables);
		legacy(caches[i], legacy_domain);
	}
}

static void test_contexts(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(caches); i++)
		legacy(caches[i], legacy_context);
}

static void test_first(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(caches); i++) {
		scalable(caches[i], PGTT_FIRST, first_tables);
		scalable(caches[i], PGTT_FIRST, first_pasid);
	}
}

static void test_second(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(caches); i++)
		scalable(caches[i], PGTT_SECOND, second_tables);
}

static void test_nested(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(caches); i++)
		nested(caches[i], second_tables);
}

static void test_pasid_entries(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(caches); i++)
		scalable(caches[i], PGTT_FIRST, pasid_entry);
}

static const iom_test tests[] = {
	{ "legacy: tables of all levels", test_legacy },
	{ "legacy: contexts", test_contexts },
	{ "first stage: tables of all levels", test_first },
	{ "second stage: tables of all levels", test_second },
	{ "nested: tables of the second stage", test_nested },
	{ "PASID entries", test_pasid_entries },
	{ 0 },
};

const iom_suite stress_suite = { "stress", tests };
