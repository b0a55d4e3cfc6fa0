/* SPDX-License-Identifier: MIT */
/*
 * Threads do DMA while another one changes tables and invalidates. The address
 * that a page is mapped to counts the changes, and the oldest count that is still
 * good is published only once the IOMMU says that the invalidation is complete.
 * No access may get, or still hold, an older one than was published.
 */
#include "rig.h"

#define VA UINT64_C(0x7f0000000000)
#define PAGES 8u
#define WORKERS 3u

typedef struct stress {
	rig *r;
	int oldest[RIG_PASIDS][PAGES]; /* published; atomic */
	int stop;
	int stale, held_stale, wrong; /* what must not happen */
	int used; /* accesses that went through */
} stress;

static unsigned version_of(uint64_t address)
{
	return (unsigned)((address - RIG_DATA) >> 16);
}

static uint64_t place(unsigned page, unsigned version)
{
	return RIG_DATA + ((uint64_t)version << 16) + page * 0x1000;
}

static void one_access(stress *s, GRand *rand)
{
	unsigned space = (unsigned)g_rand_int_range(rand, 0, RIG_PASIDS);
	unsigned page = (unsigned)g_rand_int_range(rand, 0, PAGES);
	iom_dma dma =
		rig_dma(space, VA + page * 0x1000, g_rand_boolean(rand) ? IOM_READ : IOM_WRITE, 0);
	int before = g_atomic_int_get(&s->oldest[space][page]);
	iom_dma_answer a;

	if (iom_endpoint_begin(s->r->ep, &dma, &a) != IOM_OK) {
		if (a.refusal != IOM_REFUSAL_PAGE)
			g_atomic_int_inc(&s->wrong);
		return;
	}
	if ((a.address & 0xffff) != page * 0x1000)
		g_atomic_int_inc(&s->wrong);
	if ((int)version_of(a.address) < before)
		g_atomic_int_inc(&s->stale);
	for (unsigned i = 0; i < 4; i++) {
		if (g_rand_int_range(rand, 0, 16) == 0)
			g_thread_yield();
		if ((int)version_of(a.address) < g_atomic_int_get(&s->oldest[space][page]))
			g_atomic_int_inc(&s->held_stale);
	}
	iom_endpoint_end(s->r->ep, &a);
	g_atomic_int_inc(&s->used);
}

static gpointer worker(gpointer opaque)
{
	stress *s = opaque;
	g_autoptr(GRand) rand = g_rand_new_with_seed(GPOINTER_TO_UINT(g_thread_self()) & 0xffff);

	while (!g_atomic_int_get(&s->stop))
		one_access(s, rand);
	return NULL;
}

/* Until the queue says so; false when it never does. */
static bool wait_synced(rig *r)
{
	gint64 end = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;

	while (!r->ops->synced(r)) {
		if (g_get_monotonic_time() > end)
			return false;
		g_thread_yield();
	}
	return true;
}

static bool change(stress *s, GRand *rand, unsigned *versions)
{
	rig *r = s->r;
	unsigned space = (unsigned)g_rand_int_range(rand, 0, RIG_PASIDS);
	unsigned page = (unsigned)g_rand_int_range(rand, 0, PAGES);
	unsigned version = ++versions[space * PAGES + page];
	uint64_t va = VA + page * 0x1000;
	bool through_nothing = g_rand_boolean(rand);

	if (through_nothing)
		rig_unmap(r, space, va, 0x1000);
	else
		rig_map(r, space, va, place(page, version), 0x1000, IOM_READ | IOM_WRITE, 12);
	r->ops->invalidate(r, space, g_rand_int_range(rand, 0, 4) ? va : VA,
			   g_rand_int_range(rand, 0, 4) ? 15 : 64, true, true);
	r->ops->sync(r);
	if (!wait_synced(r))
		return false;
	g_atomic_int_set(&s->oldest[space][page], (int)version);
	/* nothing that grants nothing is cached, so this needs no invalidation */
	if (through_nothing)
		rig_map(r, space, va, place(page, version), 0x1000, IOM_READ | IOM_WRITE, 12);
	return true;
}

static void run(iom_kind kind, unsigned atc_entries, unsigned translations)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(5);
	unsigned versions[RIG_PASIDS * PAGES] = { 0 }, changes = 0;
	GThread *threads[WORKERS];
	iom_endpoint_statistics stats;
	stress s = { 0 };
	rig_options o;
	gint64 end;
	bool ok = true;

	rig_options_init(&o);
	o.atc_entries = atc_entries;
	o.translations = translations;
	s.r = rig_new(kind, &o);
	for (unsigned space = 0; space < RIG_PASIDS; space++) {
		for (unsigned page = 0; page < PAGES; page++)
			rig_map(s.r, space, VA + page * 0x1000, place(page, 0), 0x1000,
				IOM_READ | IOM_WRITE, 12);
	}
	for (unsigned i = 0; i < WORKERS; i++)
		threads[i] = g_thread_new("dma", worker, &s);
	end = g_get_monotonic_time() + G_USEC_PER_SEC / 2;
	while (ok && (g_get_monotonic_time() < end || changes < 200)) {
		ok = change(&s, rand, versions);
		changes++;
	}
	g_atomic_int_set(&s.stop, 1);
	for (unsigned i = 0; i < WORKERS; i++)
		g_thread_join(threads[i]);
	iom_endpoint_statistics_get(s.r->ep, &stats);
	CU_ASSERT_TRUE(ok);
	CHECK_EQ(s.stale, 0);
	CHECK_EQ(s.held_stale, 0);
	CHECK_EQ(s.wrong, 0);
	CHECK_EQ(stats.in_flight, 0);
	CHECK_EQ(s.r->ops->next_event(s.r), 0);
	CU_ASSERT_TRUE(s.used > 100 && changes >= 200);
	g_print("%d accesses, %u changes, %" G_GUINT64_FORMAT " waited ... ", s.used, changes,
		stats.invalidations_deferred);
	rig_free(s.r);
}

static void tables_change(iom_kind kind)
{
	run(kind, 64, 1);
	run(kind, 64, 8);
	run(kind, 4, 4);
	run(kind, 0, 1);
}
RIG_BOTH(tables_change)

static const iom_test tests[] = {
	{ "no translation outlives its invalidation", tables_change_both },
	{ 0 },
};
const iom_suite stress_suite = { "stress", tests };
