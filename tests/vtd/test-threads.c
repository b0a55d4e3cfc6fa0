/* SPDX-License-Identifier: MIT */
/* Translations on some threads while another changes tables and invalidates. */
#include "tests/vtd/rig.h"
#include "tests/vtd/suites.h"

#include <stdatomic.h>

#define PAGES 16
#define ROUNDS 3000

typedef struct shared {
	rig *r;
	uint32_t pasid;
	_Atomic bool stop;
	/* the generation that was complete before an access began */
	_Atomic uint64_t complete[PAGES];
	_Atomic uint64_t stale, wrong;
} shared;

/* Page `i` in generation g is at 2^30 + (g * PAGES + i) * 2^12. */
static uint64_t place(unsigned i, uint64_t generation)
{
	return UINT64_C(0x40000000) + (generation * PAGES + i) * 0x1000;
}

static gpointer translate(gpointer data)
{
	shared *s = data;
	unsigned i = 0;

	while (!atomic_load(&s->stop)) {
		uint64_t before = atomic_load(&s->complete[i]);
		iom_result result =
			rig_dma(s->r, RIG_SID, s->pasid, IOM_WRITE, RIG_VA + 0x1000 * (uint64_t)i);
		uint64_t page = (result.address - UINT64_C(0x40000000)) / 0x1000;

		if (result.status != IOM_OK || page % PAGES != i)
			atomic_fetch_add(&s->wrong, 1);
		else if (page / PAGES < before)
			atomic_fetch_add(&s->stale, 1);
		i = (i + 5) % PAGES;
	}
	return NULL;
}

static void run(rig *r, uint32_t pasid, uint64_t *leaves, uint64_t attr, uint64_t invalidate,
		bool by_page)
{
	shared s = { .r = r, .pasid = pasid };
	GThread *threads[2];

	for (unsigned i = 0; i < 2; i++)
		threads[i] = g_thread_new("dma", translate, &s);
	for (uint64_t g = 1; g <= ROUNDS; g++) {
		unsigned i = (unsigned)(g % PAGES);

		iom_memory_store64(r->memory, leaves[i], place(i, g) | attr);
		rig_push(r, invalidate, by_page ? (RIG_VA + 0x1000 * (uint64_t)i) | 1 << 6 : 0);
		rig_wait(r, (uint32_t)g);
		if (rig_status(r) != (uint32_t)g)
			atomic_fetch_add(&s.wrong, 1);
		atomic_store(&s.complete[i], g);
	}
	atomic_store(&s.stop, true);
	for (unsigned i = 0; i < 2; i++)
		g_thread_join(threads[i]);
	CHECK_EQ(s.stale, 0);
	CHECK_EQ(s.wrong, 0);
}

static void second_stage(rig *r)
{
	uint64_t ss = rig_table(r), leaves[PAGES];

	for (unsigned i = 0; i < PAGES; i++)
		leaves[i] = rig_map(r, ss, RIG_VA + 0x1000 * (uint64_t)i, place(i, 0), 1, 3, 3);
	rig_context(r, RIG_SID, ss, 0, 5);
	rig_legacy(r);
	rig_queue(r, false);
	run(r, IOM_NO_PASID, leaves, 3, 2 | 3 << 4 | 5 << 16, true);
	rig_free(r);
}

static void second_stage_by_page(void)
{
	second_stage(rig_new(NULL));
	second_stage(rig_new_untold("default"));
}

static void first_stage(rig *r)
{
	uint64_t fs = rig_table(r), leaves[PAGES];

	for (unsigned i = 0; i < PAGES; i++)
		leaves[i] = rig_map(r, fs, RIG_VA + 0x1000 * (uint64_t)i, place(i, 0), 1, 7, 7);
	rig_scalable(r);
	rig_sm_context(r, RIG_SID, 1 << 3, 0);
	rig_pasid(r, 1, PGTT_FIRST, fs, 0, 5, 0);
	rig_pasid_bits(r, 1, 1 << 23, 0);
	rig_queue(r, true);
	run(r, 1, leaves, 7, 6 | 2 << 4 | 5 << 16 | UINT64_C(1) << 32, false);
	rig_free(r);
}

static void first_stage_by_pasid(void)
{
	first_stage(rig_new(NULL));
	first_stage(rig_new_untold("default"));
}

/* The pages of the second stage under a first move; walks read it flattened. */
static void nested_by_page(void)
{
	rig *r = rig_new_untold("default");
	uint64_t fs = rig_table(r), ss = rig_table(r), leaves[PAGES];

	rig_map(r, ss, 0, 0, 3, 0x83, 3); /* the tables, onto themselves */
	for (unsigned i = 0; i < PAGES; i++) {
		uint64_t page = RIG_VA + 0x1000 * (uint64_t)i;

		rig_map(r, fs, page, page, 1, 0x67, 0x27);
		leaves[i] = rig_map(r, ss, page, place(i, 0), 1, 3, 3);
	}
	rig_scalable(r);
	rig_sm_context(r, RIG_SID, 1 << 3, 0);
	rig_pasid(r, 1, PGTT_NESTED, fs, ss, 5, 0);
	rig_queue(r, true);
	run(r, 1, leaves, 3, 2 | 3 << 4 | 5 << 16, true);
	rig_free(r);
}

static void contexts(void)
{
	rig *r = rig_new(NULL);
	uint64_t ss[2] = { rig_table(r), rig_table(r) };
	shared s = { .r = r, .pasid = IOM_NO_PASID };
	GThread *thread;

	for (unsigned i = 0; i < PAGES; i++) {
		rig_map(r, ss[0], RIG_VA + 0x1000 * (uint64_t)i, place(i, 0), 1, 3, 3);
		rig_map(r, ss[1], RIG_VA + 0x1000 * (uint64_t)i, place(i, 1), 1, 3, 3);
	}
	rig_context(r, RIG_SID, ss[0], 0, 5);
	rig_legacy(r);
	rig_queue(r, false);
	thread = g_thread_new("dma", translate, &s);
	for (unsigned g = 1; g <= ROUNDS; g++) {
		rig_set(r, RIG_CONTEXT + 16 * RIG_SID, ss[g & 1] | 1);
		rig_push(r, 1 | 3 << 4 | 5 << 16 | (uint64_t)RIG_SID << 32, 0);
		rig_push(r, 2 | 2 << 4 | 5 << 16, 0);
		CHECK_EQ(rig_dma(r, RIG_SID, IOM_NO_PASID, IOM_READ, RIG_VA).address,
			 place(0, g & 1));
	}
	atomic_store(&s.stop, true);
	g_thread_join(thread);
	CHECK_EQ(s.wrong, 0);
	rig_free(r);
}

static gpointer fault(gpointer data)
{
	shared *s = data;

	for (unsigned i = 0; i < ROUNDS; i++)
		rig_dma(s->r, (uint16_t)(0x100 + i % 50), IOM_NO_PASID, IOM_READ, 0x1000);
	return NULL;
}

/* Faults, registers and interrupts side by side: no record is lost or torn. */
static void faults(void)
{
	rig *r = rig_new(NULL);
	shared s = { .r = r };
	GThread *threads[2];
	uint64_t seen = 0;

	rig_legacy(r);
	for (unsigned i = 0; i < 2; i++)
		threads[i] = g_thread_new("dma", fault, &s);
	for (unsigned n = 0; n < 2 * ROUNDS; n++) {
		unsigned at = n % 8;
		uint64_t high = rig_read64(r, R_FRCD + 16 * at + 8);

		if (high >> 63) {
			CHECK_EQ(high >> 32 & 0xff, 1);
			seen++;
			rig_write(r, R_FRCD + 16 * at + 12, 1u << 31);
		}
		rig_write(r, R_FSTS, 1);
	}
	for (unsigned i = 0; i < 2; i++)
		g_thread_join(threads[i]);
	for (unsigned at = 0; at < 8; at++)
		seen += rig_read64(r, R_FRCD + 16 * at + 8) >> 63;
	CHECK_EQ(rig_statistics(r).events, seen);
	rig_free(r);
}

static const iom_test tests[] = {
	{ "second stage, invalidated by page", second_stage_by_page },
	{ "first stage, invalidated by PASID", first_stage_by_pasid },
	{ "nested, the second stage invalidated by page", nested_by_page },
	{ "contexts that change", contexts },
	{ "faults side by side", faults },
	{ 0 },
};

const iom_suite threads_suite = { "threads", tests };
