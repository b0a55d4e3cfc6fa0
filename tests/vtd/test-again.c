/* SPDX-License-Identifier: MIT */
/*
 * The short way of descriptors that came before, which a unit takes where nobody is
 * told of invalidations, against one that looks at every descriptor: the same
 * answers, from the caches or not, the same counts, the same registers.
 */
#include "tests/vtd/rig.h"
#include "tests/vtd/suites.h"

#include <string.h>

#define PAGES 12
#define STEPS 4000

enum { CC = 1, IOTLB = 2, WAIT = 5, PIOTLB = 6, PC = 7 };

/* Who asks: PASIDs 1, 2 (first stage), 4 (nested), or none (second stage). */
static const uint32_t pasids[] = { 1, 2, 4, IOM_NO_PASID };

typedef struct side {
	rig *r;
	uint64_t leaf[G_N_ELEMENTS(pasids)][PAGES];
	uint64_t below[PAGES]; /* of the second stage under PASID 4 */
	unsigned status;
} side;

static uint64_t page(unsigned i)
{
	return RIG_VA + 0x1000 * (uint64_t)i;
}

static void map(side *s, unsigned who, uint64_t root, bool first)
{
	for (unsigned i = 0; i < PAGES; i++)
		s->leaf[who][i] =
			rig_map(s->r, root, page(i),
				0x500000 + 0x100000 * (uint64_t)who + 0x1000 * (uint64_t)i, 1,
				first ? 0x67 : 3, first ? 0x27 : 3);
}

static void set_up(side *s, bool scalable)
{
	rig *r = s->r;
	uint64_t one = rig_table(r), two = rig_table(r), four = rig_table(r);
	uint64_t alone = rig_table(r), under = rig_table(r);

	map(s, 0, one, true);
	map(s, 1, two, true);
	map(s, 3, alone, false);
	rig_map(r, under, 0, 0, 3, 0x83, 3);
	for (unsigned i = 0; i < PAGES; i++) {
		s->leaf[2][i] = rig_map(r, four, page(i), page(i), 1, 0x67, 0x27);
		s->below[i] = rig_map(r, under, page(i), 0x900000 + 0x1000 * (uint64_t)i, 1, 3, 3);
	}
	if (!scalable) {
		rig_context(r, RIG_SID, alone, 0, 6);
		rig_legacy(r);
	} else {
		rig_scalable(r);
		rig_sm_context(r, RIG_SID, 1 << 3, 3); /* PASIDE, RID_PASID 3 */
		rig_pasid(r, 1, PGTT_FIRST, one, 0, 5, 0);
		rig_pasid(r, 2, PGTT_FIRST, two, 0, 5, 0);
		rig_pasid(r, 3, PGTT_SECOND, 0, alone, 6, 0);
		rig_pasid(r, 4, PGTT_NESTED, four, under, 7, 0);
	}
	rig_queue(r, scalable);
}

typedef struct batch {
	uint64_t words[12][4];
	unsigned n;
} batch;

static void add(batch *b, uint64_t w0, uint64_t w1, uint64_t w2)
{
	memcpy(b->words[b->n++], (uint64_t[4]){ w0, w1, w2, 0 }, sizeof(b->words[0]));
}

static uint64_t any_pages(GRand *g)
{
	unsigned am = g_rand_int_range(g, 0, 4) ? 0 : (unsigned)g_rand_int_range(g, 1, 4);

	return page((unsigned)g_rand_int_range(g, 0, PAGES)) | am |
	       (uint64_t)g_rand_int_range(g, 0, 2) << 6;
}

static void any_descriptor(GRand *g, bool scalable, batch *b)
{
	uint64_t did = (uint64_t)g_rand_int_range(g, 5, 8) << 16;
	uint64_t pasid = (uint64_t)g_rand_int_range(g, 1, 5) << 32, w1 = any_pages(g), w0;
	unsigned kind = (unsigned)g_rand_int_range(g, 0, 25);

	if (kind < 6) {
		add(b, IOTLB | 3 << 4 | did, w1, 0);
	} else if (kind < 12) {
		w0 = scalable ? PIOTLB | 3 << 4 | did | pasid : IOTLB | 3 << 4 | did;
		/* one page after the other, as drivers do it */
		w1 &= ~UINT64_C(0x3f);
		for (unsigned n = (unsigned)g_rand_int_range(g, 1, 4); n; n--, w1 += 0x1000)
			add(b, w0, w1, 0);
	} else if (kind < 14) {
		add(b, IOTLB | 2 << 4 | did, w1, 0);
	} else if (kind < 17) {
		add(b, scalable ? PIOTLB | 2 << 4 | did | pasid : IOTLB | 2 << 4 | did, 0, 0);
	} else if (kind < 18) {
		add(b, IOTLB | 1 << 4, 0, 0);
	} else if (kind < 19) {
		add(b, CC | 1 << 4, 0, 0);
	} else if (kind < 20) {
		/* reserved bits, in either half */
		add(b, IOTLB | 3 << 4 | did, w1 | 1 << 8, 0);
	} else if (kind < 21) {
		add(b, scalable ? PIOTLB | 3 << 4 | did | pasid : IOTLB | 3 << 4 | did, w1,
		    scalable);
	} else if (kind < 22) {
		add(b, 0, 0, 0); /* of no type */
	} else {
		add(b,
		    WAIT | 1 << 5 | (uint64_t)g_rand_int_range(g, 0, 2) << 6 |
			    (uint64_t)g_rand_int(g) << 32,
		    RIG_STATUS, 0);
	}
}

/* All of a batch, then the tail. */
static void send(side *s, const batch *b)
{
	rig *r = s->r;
	unsigned bytes = r->wide ? 32 : 16;

	for (unsigned i = 0; i < b->n; i++) {
		for (unsigned w = 0; w < bytes / 8; w++)
			rig_set(r, RIG_IQ + r->tail + 8 * w, b->words[i][w]);
		r->tail = (r->tail + bytes) % 0x2000;
	}
	rig_write(r, R_IQT, (uint32_t)r->tail);
}

/* What stopped the queue is skipped: nothing but waits may stand there. */
static void go_on(side *s)
{
	rig *r = s->r;
	uint64_t head;

	while (rig_read(r, R_FSTS) & 1 << 4) {
		head = rig_read64(r, R_IQH);
		rig_set(r, RIG_IQ + head, WAIT | 1 << 5);
		rig_set(r, RIG_IQ + head + 8, RIG_STATUS);
		if (r->wide)
			rig_set(r, RIG_IQ + head + 16, 0);
		rig_write(r, R_FSTS, 1 << 4);
	}
}

static void change(side *s, unsigned who, unsigned i, bool below, uint64_t to)
{
	if (who == 2 && below)
		rig_set(s->r, s->below[i], to | 3);
	else if (who != 2)
		rig_set(s->r, s->leaf[who][i], to | (who == 3 ? 3 : 0x67));
}

static void compare(side *a, side *b)
{
	iom_statistics x = rig_statistics(a->r), y = rig_statistics(b->r);

	CHECK_EQ(rig_read64(a->r, R_IQH), rig_read64(b->r, R_IQH));
	CHECK_EQ(rig_read64(a->r, R_IQERCD), rig_read64(b->r, R_IQERCD));
	CHECK_EQ(rig_read(a->r, R_FSTS), rig_read(b->r, R_FSTS));
	CHECK_EQ(rig_status(a->r), rig_status(b->r));
	CHECK_EQ(x.table_reads, y.table_reads);
	for (unsigned i = 0; i < IOM_N_CACHES; i++) {
		CHECK_EQ(x.caches[i].hits, y.caches[i].hits);
		CHECK_EQ(x.caches[i].misses, y.caches[i].misses);
		CHECK_EQ(x.caches[i].evictions, y.caches[i].evictions);
	}
	for (unsigned i = 0; x.commands[i].name; i++)
		CHECK_EQ(x.commands[i].value, y.commands[i].value);
}

static void run(const char *preset, bool scalable)
{
	side a = { .r = rig_new_cache(NULL, preset) }, b = { .r = rig_new_untold(preset) };
	GRand *g = g_rand_new_with_seed(17);

	set_up(&a, scalable);
	set_up(&b, scalable);
	for (unsigned step = 0; step < STEPS; step++) {
		unsigned who = scalable ? (unsigned)g_rand_int_range(g, 0, 4) : 3;
		unsigned i = (unsigned)g_rand_int_range(g, 0, PAGES);

		if (g_rand_int_range(g, 0, 6) == 0) {
			bool below = g_rand_boolean(g);
			uint64_t to = (uint64_t)g_rand_int_range(g, 0xa00, 0xf00) << 12;
			batch commands = { .n = 0 };

			change(&a, who, i, below, to);
			change(&b, who, i, below, to);
			do
				any_descriptor(g, scalable, &commands);
			while (commands.n < 8 && g_rand_int_range(g, 0, 3));
			send(&a, &commands);
			send(&b, &commands);
			compare(&a, &b);
			go_on(&a);
			go_on(&b);
		}
		for (unsigned n = 0; n < 3; n++) {
			unsigned access = g_rand_boolean(g) ? IOM_READ : IOM_WRITE;
			iom_result x = rig_dma(a.r, RIG_SID, pasids[who], access, page(i));
			iom_result y = rig_dma(b.r, RIG_SID, pasids[who], access, page(i));

			CHECK_EQ(x.status, y.status);
			CHECK_EQ(x.address, y.address);
			CHECK_EQ(x.flags, y.flags);
			CHECK_EQ(x.permissions, y.permissions);
			i = (i + 1) % PAGES;
		}
	}
	compare(&a, &b);
	/* it was something */
	CU_ASSERT_TRUE(rig_count(a.r, "iotlb") > STEPS / 20);
	CU_ASSERT_TRUE(rig_count(a.r, "wait") > STEPS / 20);
	CU_ASSERT_TRUE(!scalable || rig_count(a.r, "pasid-iotlb") > STEPS / 20);
	CU_ASSERT_TRUE(a.r->n_invalidated > STEPS / 20);
	CHECK_EQ(b.r->n_invalidated, 0);
	g_rand_free(g);
	rig_free(a.r);
	rig_free(b.r);
}

static void legacy_mode(void)
{
	run("default", false);
	run("one", false);
	run("off", false);
}

static void scalable_mode(void)
{
	run("default", true);
	run("one", true);
	run("off", true);
}

static const iom_test tests[] = {
	{ "the short way does the same, legacy mode", legacy_mode },
	{ "the short way does the same, scalable mode", scalable_mode },
	{ 0 },
};

const iom_suite again_suite = { "descriptors that came before", tests };
