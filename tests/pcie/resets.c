/* SPDX-License-Identifier: MIT */
/*
 * Resets, PASID disable and removal while threads do DMA and ask for pages, and while
 * invalidations wait for them. A round begins when software has switched something
 * off: no access that begins and ends inside a round may get through by it.
 */
#include "rig.h"

#include <string.h>

#define VA UINT64_C(0x7f0000000000)
#define PAGES 8u
#define WORKERS 3u
#define ALL (IOM_READ | IOM_WRITE)

enum { NOTHING, RESET, PASIDS_OFF, ATS_OFF, REMOVED };

typedef struct resets {
	rig *r;
	int off; /* round << 4 | what is off in it; atomic */
	int stop;
	int wrong, used, refused, asked;
} resets;

/* Whether what is off forbids this answer. */
static bool forbidden(int off, const iom_dma *dma, const iom_dma_answer *a)
{
	bool ok = a->status == IOM_OK;

	switch (off & 15) {
	case RESET:
		return ok || a->refusal != IOM_REFUSAL_NOT_MASTER;
	case PASIDS_OFF:
		return dma->pasid != IOM_NO_PASID && (ok || a->refusal != IOM_REFUSAL_NO_PASID);
	case ATS_OFF:
		return ok && a->type != IOM_UNTRANSLATED;
	case REMOVED:
		return ok || a->refusal != IOM_REFUSAL_REMOVED;
	default:
		return false;
	}
}

static void one(resets *s, GRand *rand)
{
	unsigned space = (unsigned)g_rand_int_range(rand, 0, RIG_PASIDS);
	uint64_t va = VA + (uint64_t)g_rand_int_range(rand, 0, PAGES) * 0x1000;
	iom_dma dma = rig_dma(space, va, g_rand_boolean(rand) ? IOM_READ : IOM_WRITE, 0);
	int before = g_atomic_int_get(&s->off);
	iom_dma_answer a;
	iom_page_ask page = { va, IOM_READ, 0 };
	uint16_t index;
	bool bad;

	if (g_rand_int_range(rand, 0, 8) == 0 &&
	    iom_endpoint_ask(s->r->ep, dma.pasid, &page, 1, &index) == IOM_ASK_SENT)
		g_atomic_int_inc(&s->asked);
	iom_endpoint_begin(s->r->ep, &dma, &a);
	bad = forbidden(before, &dma, &a) && g_atomic_int_get(&s->off) == before;
	if (bad)
		g_atomic_int_inc(&s->wrong);
	g_atomic_int_inc(a.status == IOM_OK ? &s->used : &s->refused);
	if (a.status != IOM_OK) {
		g_thread_yield();
		return;
	}
	if (g_rand_int_range(rand, 0, 4) == 0)
		g_thread_yield();
	iom_endpoint_end(s->r->ep, &a);
}

static gpointer worker(gpointer opaque)
{
	resets *s = opaque;
	g_autoptr(GRand) rand = g_rand_new_with_seed(GPOINTER_TO_UINT(g_thread_self()) & 0xffff);

	while (!g_atomic_int_get(&s->stop))
		one(s, rand);
	return NULL;
}

static void switch_on(rig *r)
{
	iom_pci_config_write(r->fn, 4, 2, 6);
	rig_set_reg(r, IOM_PCI_EXT_ATS, 6, 2, 0);
	rig_set_reg(r, IOM_PCI_EXT_PASID, 6, 2, 7);
	rig_set_reg(r, IOM_PCI_EXT_ATS, 6, 2, 0x8000);
	rig_set_reg(r, IOM_PCI_EXT_PRI, 4, 2, 0);
	rig_set_reg(r, IOM_PCI_EXT_PRI, 4, 2, 2);
	rig_set_reg(r, IOM_PCI_EXT_PRI, 12, 4, 16);
	rig_set_reg(r, IOM_PCI_EXT_PRI, 4, 2, 1);
}

/* Until the queue goes on, with an invalidation that failed or not; false: never. */
static bool settled(rig *r)
{
	gint64 end = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;

	while (!r->ops->synced(r)) {
		if (r->ops->sync_failed(r))
			r->ops->sync(r);
		if (g_get_monotonic_time() > end)
			return false;
		g_thread_yield();
	}
	return true;
}

static void answer_pages(rig *r)
{
	rig_request q;

	while (r->ops->next_request(r, &q)) {
		if (q.last && q.access)
			r->ops->respond(r, &q, IOM_PRG_SUCCESS);
	}
}

static bool round_of(resets *s, unsigned n, unsigned what)
{
	rig *r = s->r;
	bool ok;

	r->ops->invalidate(r, n % RIG_PASIDS, VA, 15, true, true);
	r->ops->sync(r);
	switch (what) {
	case RESET:
		iom_pci_config_write(r->fn, 0x48, 2, 0x8000);
		break;
	case PASIDS_OFF:
		rig_set_reg(r, IOM_PCI_EXT_ATS, 6, 2, 0);
		rig_set_reg(r, IOM_PCI_EXT_PASID, 6, 2, 0);
		break;
	case ATS_OFF:
		rig_set_reg(r, IOM_PCI_EXT_ATS, 6, 2, 0);
		break;
	default:
		break;
	}
	g_atomic_int_set(&s->off, (int)(n << 4 | what));
	for (unsigned i = 0; i < 20; i++)
		g_thread_yield();
	ok = settled(r);
	answer_pages(r);
	g_atomic_int_set(&s->off, (int)(n << 4));
	switch_on(r);
	return ok && settled(r);
}

static void run(iom_kind kind)
{
	resets s = { 0 };
	GThread *threads[WORKERS];
	iom_endpoint_statistics stats;
	bool ok = true;

	s.r = rig_new(kind, NULL);
	for (unsigned space = 0; space < RIG_PASIDS; space++)
		rig_map(s.r, space, VA, RIG_DATA, PAGES * 0x1000, ALL, 12);
	for (unsigned i = 0; i < WORKERS; i++)
		threads[i] = g_thread_new("dma", worker, &s);
	for (unsigned n = 1; ok && (n < 300 || (g_atomic_int_get(&s.used) < 500 && n < 20000)); n++)
		ok = round_of(&s, n, n % 4);
	CU_ASSERT_TRUE(ok);
	/* surprise removal, with an invalidation on its way: it fails, and that is all */
	s.r->ops->invalidate(s.r, 1, VA, 15, true, true);
	s.r->ops->sync(s.r);
	iom_endpoint_remove(s.r->ep);
	g_atomic_int_set(&s.off, 1 << 24 | REMOVED);
	for (unsigned i = 0; i < 200; i++)
		g_thread_yield();
	CU_ASSERT_TRUE(settled(s.r));
	g_atomic_int_set(&s.stop, 1);
	for (unsigned i = 0; i < WORKERS; i++)
		g_thread_join(threads[i]);
	iom_endpoint_statistics_get(s.r->ep, &stats);
	CHECK_EQ(s.wrong, 0);
	CHECK_EQ(stats.in_flight, 0);
	CHECK_EQ(stats.outstanding, 0);
	CHECK_EQ(stats.atc_entries, 0);
	CU_ASSERT_TRUE(s.used > 100 && s.refused > 0 && s.asked > 0);
	g_print("%d accesses, %d refused, %d page requests ... ", s.used, s.refused, s.asked);
	rig_free(s.r);
}
RIG_BOTH(run)

static const iom_test tests[] = {
	{ "reset, PASID disable, ATS disable and removal under threads", run_both },
	{ 0 },
};
const iom_suite resets_suite = { "resets", tests };
