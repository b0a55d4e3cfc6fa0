/* SPDX-License-Identifier: MIT */
/*
 * Replays with several threads against the same with one: traces in which six
 * devices, each with tables of its own, read in random order while pages move and
 * are invalidated. What every DMA has to be answered is known from how the trace
 * was made, and one in some thousands is made to expect something else.
 */
#include "sim/replay/replay.h"
#include "tests/harness.h"
#include "tests/sim/records.h"
#include "tests/sim/scratch.h"

#include <stdlib.h>
#include <string.h>

#define DEVICES 6
#define PAGES 64
#define TABLES UINT64_C(0x40100000) /* 64 KiB for each device */

typedef struct story {
	iom_trace_writer *w;
	iom_kind kind;
	GRand *rand;
	uint64_t pa[DEVICES][PAGES]; /* 0: not mapped */
	unsigned produced; /* commands */
	uint64_t dma, wrong, faults;
} story;

static uint32_t requester(const story *s, unsigned device)
{
	return s->kind == IOM_KIND_VTD ? 0x10 + 8 * device : 8 + device;
}

/* Four levels for the SMMUv3, of which VT-d uses the lower three. */
static uint64_t table(unsigned device, unsigned level)
{
	return TABLES + 0x10000 * (uint64_t)device + 0x1000 * (uint64_t)level;
}

static void move(story *s, unsigned device, unsigned page, uint64_t pa)
{
	uint64_t leaf = s->kind == IOM_KIND_VTD ? 3 : 1 << 10 | 3 << 8 | 1 << 6 | 3;

	s->pa[device][page] = pa;
	record_mem(s->w, table(device, 3) + page * 8, pa ? pa | leaf : 0);
}

static void tables(story *s)
{
	for (unsigned d = 0; d < DEVICES; d++) {
		for (unsigned l = 0; l < 3; l++)
			record_mem(s->w, table(d, l), table(d, l + 1) | 3);
		for (unsigned p = 1; p < PAGES; p++)
			move(s, d, p, UINT64_C(0x80000000) + ((d * PAGES + p) << 12));
	}
}

/* Encodings as in test-replay.c, for several devices. */
static void setup_smmu(story *s)
{
	for (uint64_t d = 0; d < DEVICES; d++) {
		uint64_t ste = 0x40010000 + (8 + d) * 64, cd = 0x40011000 + d * 64;

		record_mem(s->w, ste, cd | 5 << 1 | 1);
		record_mem(s->w, ste + 8, UINT64_C(1) << 44);
		record_mem(s->w, cd,
			   16 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 30 | UINT64_C(1) << 31 |
				   UINT64_C(4) << 32 | UINT64_C(1) << 41 | UINT64_C(3) << 45 |
				   (5 + d) << 48);
		record_mem(s->w, cd + 8, table((unsigned)d, 0));
		record_mem(s->w, cd + 24, 0xff);
	}
	record_reg(s->w, 0x80, 8, 0x40010000);
	record_reg(s->w, 0x88, 4, 5);
	record_reg(s->w, 0x90, 8, 0x40020000 | 8);
	record_reg(s->w, 0xa0, 8, 0x40030000 | 7);
	record_reg(s->w, 0x28, 4, 0xd75);
	record_reg(s->w, 0x20, 4, 1 << 3);
	record_reg(s->w, 0x20, 4, 1 << 3 | 1 << 2 | 1);
}

static void setup_vtd(story *s)
{
	record_mem(s->w, 0x40010000, 0x40011001);
	for (uint64_t d = 0; d < DEVICES; d++) {
		record_mem(s->w, 0x40011008 + (0x10 + 8 * d) * 16, (3 + d) << 8 | 1);
		record_mem(s->w, 0x40011000 + (0x10 + 8 * d) * 16, table((unsigned)d, 1) | 1);
	}
	record_reg(s->w, 0x20, 8, 0x40010000);
	record_reg(s->w, 0x18, 4, 1 << 30);
	record_reg(s->w, 0x90, 8, 0x40020000);
	record_reg(s->w, 0x18, 4, 1 << 26);
	record_reg(s->w, 0x18, 4, 1 << 26 | UINT32_C(1) << 31);
}

static void command(story *s, uint64_t w0, uint64_t w1)
{
	uint64_t at = 0x40020000 + s->produced % 256 * 16;

	record_mem(s->w, at, w0);
	record_mem(s->w, at + 8, w1);
	s->produced++;
}

/* A page of one device, with the command for it, and wait. */
static void invalidate(story *s, unsigned device, unsigned page)
{
	if (s->kind == IOM_KIND_VTD) {
		command(s, 2 | 3 << 4 | (uint64_t)(3 + device) << 16, (uint64_t)page << 12);
		command(s, UINT64_C(77) << 32 | 1 << 5 | 5, 0x40016000);
		record_reg(s->w, 0x88, 8, s->produced % 256 * 16);
	} else {
		command(s, 0x12 | (uint64_t)(5 + device) << 48, (uint64_t)page << 12 | 1);
		command(s, 0x46, 0);
		/* index and wrap bit */
		record_reg(s->w, 0x98, 4, s->produced % 512);
	}
}

static void dma(story *s)
{
	unsigned device = (unsigned)g_rand_int_range(s->rand, 0, DEVICES);
	unsigned page = (unsigned)g_rand_int_range(s->rand, 0, PAGES);
	uint64_t pa = s->pa[device][page], low = g_rand_int(s->rand) & 0xfc0;
	iom_trace_record r = { .kind = IOM_TRACE_DMA,
			       .flags = IOM_TRACE_READ | IOM_TRACE_EXPECT,
			       .expect = pa ? IOM_TRACE_EXPECT_ADDRESS : IOM_TRACE_EXPECT_FAULT,
			       .requester = requester(s, device),
			       .pasid = IOM_NO_PASID,
			       .length = 64,
			       .address = (uint64_t)page << 12 | low,
			       .value = pa                        ? pa | low
					: s->kind == IOM_KIND_VTD ? 6
								  : 0x10 };

	if (pa && g_rand_int_range(s->rand, 0, 3000) == 0) {
		r.value ^= 0x1000;
		s->wrong++;
	}
	s->faults += !pa;
	s->dma++;
	iom_trace_write(s->w, &r);
}

static iom_trace_writer *begin(const char *path, iom_kind kind)
{
	static const iom_trace_register smmu[] = { { 0x0, 0x0d00101a },
						   { 0x4, 0x02730010 },
						   { 0x14, 0x14 } };
	static const iom_trace_register vtd[] = { { 0x8, 0xd2008c22260286 }, { 0x10, 0xf00f5a } };
	iom_trace_info *info = iom_trace_info_new(kind);
	iom_trace_region ram = { 0x40000000, 0x80000000 };
	iom_trace_writer *w;

	if (kind == IOM_KIND_VTD)
		g_array_append_vals(info->registers, vtd, G_N_ELEMENTS(vtd));
	else
		g_array_append_vals(info->registers, smmu, G_N_ELEMENTS(smmu));
	g_array_append_val(info->regions, ram);
	info->haw = 39;
	w = iom_trace_writer_new(path, info, NULL);
	iom_trace_info_free(info);
	CU_ASSERT_PTR_NOT_NULL_FATAL(w);
	return w;
}

/* `stretch`: DMAs between two invalidations, on average. */
static story write_story(const char *path, iom_kind kind, unsigned n, unsigned stretch)
{
	story s = { .w = begin(path, kind), .kind = kind, .rand = g_rand_new_with_seed(stretch) };
	iom_trace_record mark = { .kind = IOM_TRACE_MARK, .length = 4 };

	tables(&s);
	if (kind == IOM_KIND_VTD)
		setup_vtd(&s);
	else
		setup_smmu(&s);
	for (unsigned i = 0; i < n; i++) {
		unsigned device, page;

		dma(&s);
		if (i % 10000 == 0)
			iom_trace_write_data(s.w, &mark, "here");
		if (g_rand_int_range(s.rand, 0, (gint32)stretch))
			continue;
		device = (unsigned)g_rand_int_range(s.rand, 0, DEVICES);
		page = (unsigned)g_rand_int_range(s.rand, 1, PAGES);
		move(&s, device, page,
		     g_rand_boolean(s.rand)
			     ? 0
			     : UINT64_C(0x80000000) +
				       ((uint64_t)g_rand_int_range(s.rand, 1, 1 << 18) << 12));
		invalidate(&s, device, page);
	}
	g_rand_free(s.rand);
	CU_ASSERT_TRUE(iom_trace_writer_finish(s.w, NULL));
	return s;
}

static iom_replay_report *replay(const char *path, const char *cache, unsigned threads, bool stale)
{
	iom_replay_options options = {
		.cache = cache, .keep = 7, .threads = threads, .check_stale = stale
	};
	GError *error = NULL;
	iom_replay_report *r = iom_replay_run(path, &options, &error);

	if (!r)
		fprintf(stderr, "\n%s\n", error->message);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	return r;
}

/* ---- what must never differ ---- */

static void same_differences(const GArray *a, const GArray *b)
{
	CHECK_EQ(a->len, b->len);
	for (guint i = 0; i < MIN(a->len, b->len); i++) {
		const iom_replay_difference *x = &g_array_index(a, iom_replay_difference, i);
		const iom_replay_difference *y = &g_array_index(b, iom_replay_difference, i);

		CHECK_EQ(x->record, y->record);
		CHECK_EQ(x->dma, y->dma);
		CHECK_EQ(memcmp(&x->trace, &y->trace, sizeof(x->trace)), 0);
		CHECK_EQ(x->got.address, y->got.address);
		CHECK_EQ(x->got.fault.code, y->got.fault.code);
	}
}

static void same_answers(const iom_replay_report *a, const iom_replay_report *b)
{
	CHECK_EQ(a->records, b->records);
	CHECK_EQ(memcmp(a->by_kind, b->by_kind, sizeof(a->by_kind)), 0);
	CHECK_EQ(a->dma, b->dma);
	CHECK_EQ(a->translated, b->translated);
	CHECK_EQ(a->faulted, b->faulted);
	CHECK_EQ(a->compared, b->compared);
	CHECK_EQ(a->mismatches, b->mismatches);
	CHECK_EQ(a->stale, b->stale);
	same_differences(a->first_mismatches, b->first_mismatches);
	CHECK_EQ(a->faults->len, b->faults->len);
	for (guint i = 0; i < MIN(a->faults->len, b->faults->len); i++) {
		CHECK_EQ(g_array_index(a->faults, iom_replay_fault, i).code,
			 g_array_index(b->faults, iom_replay_fault, i).code);
		CHECK_EQ(g_array_index(a->faults, iom_replay_fault, i).count,
			 g_array_index(b->faults, iom_replay_fault, i).count);
	}
	CHECK_EQ(a->marks->len, b->marks->len);
	CHECK_EQ(a->devices->len, b->devices->len);
	for (guint i = 0; i < MIN(a->devices->len, b->devices->len); i++) {
		const iom_replay_device *x = &g_array_index(a->devices, iom_replay_device, i);
		const iom_replay_device *y = &g_array_index(b->devices, iom_replay_device, i);

		CHECK_EQ(x->requester, y->requester);
		CHECK_EQ(x->dma, y->dma);
		CHECK_EQ(x->translated, y->translated);
		CHECK_EQ(x->faulted, y->faulted);
		CHECK_EQ(x->mismatches, y->mismatches);
		CHECK_EQ(x->bytes, y->bytes);
	}
	CHECK_EQ(a->statistics.translations, b->statistics.translations);
	CHECK_EQ(memcmp(a->statistics.commands, b->statistics.commands,
			sizeof(a->statistics.commands)),
		 0);
}

/* Over all intervals, which are longer with several threads. */
static uint64_t missed(const iom_replay_report *r)
{
	uint64_t sum = 0;

	for (guint i = 0; i < r->intervals->len; i++)
		sum += g_array_index(r->intervals, iom_replay_interval, i).missed;
	return sum;
}

/* What is the same where the caches are nobody else's. */
static void same_figures(const iom_replay_report *a, const iom_replay_report *b)
{
	CHECK_EQ(a->statistics.table_reads, b->statistics.table_reads);
	CHECK_EQ(a->statistics.table_writes, b->statistics.table_writes);
	CHECK_EQ(a->statistics.events, b->statistics.events);
	CHECK_EQ(a->messages, b->messages);
	for (unsigned i = 0; i < IOM_N_CACHES; i++) {
		const iom_cache_statistics *x = &a->statistics.caches[i];
		const iom_cache_statistics *y = &b->statistics.caches[i];

		CHECK_EQ(x->hits, y->hits);
		CHECK_EQ(x->misses, y->misses);
		CHECK_EQ(x->evictions, y->evictions);
		CHECK_EQ(x->invalidated, y->invalidated);
	}
	for (guint i = 0; i < a->devices->len; i++)
		CHECK_EQ(g_array_index(a->devices, iom_replay_device, i).cached,
			 g_array_index(b->devices, iom_replay_device, i).cached);
	CHECK_EQ(missed(a), missed(b));
}

static void compare(const char *path, const story *s, const char *cache)
{
	iom_replay_report *one = replay(path, cache, 1, false);

	CHECK_EQ(one->dma, s->dma);
	CHECK_EQ(one->faulted, s->faults);
	CHECK_EQ(one->mismatches, s->wrong);
	CHECK_EQ(one->totals, IOM_TOTALS_EXACT);
	CHECK_EQ(one->threads, 1);
	for (unsigned threads = 2; threads <= 4; threads += 2) {
		iom_replay_report *r = replay(path, cache, threads, false);

		same_answers(one, r);
		CHECK_EQ(r->threads, threads);
		if (strcmp(cache, "off") == 0) {
			CHECK_EQ(r->totals, IOM_TOTALS_EXACT);
			same_figures(one, r);
		} else {
			CHECK_EQ(r->totals, IOM_TOTALS_SHARED);
		}
		iom_replay_report_free(r);
	}
	iom_replay_report_free(one);
}

static void test_stories(void)
{
	static const char *const caches[] = { "default", "off", "one" };
	static const iom_kind kinds[] = { IOM_KIND_SMMUV3, IOM_KIND_VTD };
	static const unsigned stretches[] = { 4, 300, 20000 };
	char *dir = scratch_new();
	g_autofree char *path = scratch_path(dir, "story");

	for (unsigned k = 0; k < G_N_ELEMENTS(kinds); k++) {
		for (unsigned i = 0; i < G_N_ELEMENTS(stretches); i++) {
			unsigned n = stretches[i] == 4 ? 2000 : 20000;
			story s = write_story(path, kinds[k], n, stretches[i]);

			CU_ASSERT_TRUE(stretches[i] == 20000 || s.faults > 0);
			for (unsigned c = 0; c < G_N_ELEMENTS(caches); c++)
				compare(path, &s, caches[c]);
		}
	}
	scratch_free(dir);
}

/* Where no device can evict another's entries, hits and evictions are nearly those of one thread. */
static void test_private_caches(void)
{
	static const iom_kind kinds[] = { IOM_KIND_SMMUV3, IOM_KIND_VTD };
	static const char text[] = "[cache]\n"
				   "config=16,8,lru\nconfig.partition=requester,8\n"
				   "iotlb=128,16,lru\niotlb.partition=requester,8\n"
				   "walk=64,8,fifo\nwalk.partition=requester,8\n"
				   "stage2=64,8,lru\nstage2.partition=requester,8\n";
	char *dir = scratch_new();
	g_autofree char *path = scratch_path(dir, "story"), *file = scratch_path(dir, "machine");
	iom_machine *machine;

	scratch_put(file, text, strlen(text));
	machine = iom_machine_load(file, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(machine);
	for (unsigned k = 0; k < G_N_ELEMENTS(kinds); k++) {
		iom_replay_options options = { .machine = machine, .keep = 7, .threads = 1 };
		iom_replay_report *one;

		write_story(path, kinds[k], 20000, 2000);
		one = iom_replay_run(path, &options, NULL);
		CU_ASSERT_PTR_NOT_NULL_FATAL(one);
		CU_ASSERT_TRUE(one->statistics.caches[IOM_CACHE_IOTLB].evictions > 1000);
		for (options.threads = 2; options.threads <= 4; options.threads++) {
			iom_replay_report *r = iom_replay_run(path, &options, NULL);

			CU_ASSERT_PTR_NOT_NULL_FATAL(r);
			CHECK_EQ(r->totals, IOM_TOTALS_PARTITIONED);
			same_answers(one, r);
			/* Who finds a set being changed for long calls it a miss. */
			for (unsigned i = 0; i < IOM_N_CACHES; i++) {
				const iom_cache_statistics *x = &one->statistics.caches[i];
				const iom_cache_statistics *y = &r->statistics.caches[i];

				CU_ASSERT_TRUE(llabs((long long)(x->hits - y->hits)) <=
					       (long long)(x->hits / 100));
				CU_ASSERT_TRUE(llabs((long long)(x->evictions - y->evictions)) <=
					       (long long)(x->evictions / 100 + 2));
			}
			iom_replay_report_free(r);
		}
		iom_replay_report_free(one);
	}
	iom_machine_free(machine);
	scratch_free(dir);
}

/* A single device uses a single thread, whatever is asked for. */
static void test_one_device(void)
{
	char *dir = scratch_new();
	g_autofree char *path = scratch_path(dir, "single");
	story s = { .w = begin(path, IOM_KIND_SMMUV3), .kind = IOM_KIND_SMMUV3 };
	iom_replay_report *one, *four;

	tables(&s);
	setup_smmu(&s);
	for (unsigned i = 0; i < 5000; i++) {
		iom_trace_record r = { .kind = IOM_TRACE_DMA,
				       .flags = IOM_TRACE_READ,
				       .requester = 8,
				       .pasid = IOM_NO_PASID,
				       .address = (1 + i * 7 % 63) << 12 };

		iom_trace_write(s.w, &r);
	}
	CU_ASSERT_TRUE(iom_trace_writer_finish(s.w, NULL));
	one = replay(path, "default", 1, false);
	four = replay(path, "default", 4, false);
	CHECK_EQ(four->totals, IOM_TOTALS_EXACT);
	CHECK_EQ(four->threads, 1);
	same_answers(one, four);
	same_figures(one, four);
	iom_replay_report_free(one);
	iom_replay_report_free(four);
	scratch_free(dir);
}

/* A trace that breaks off in its middle is refused with the same words. */
static void test_damage(void)
{
	char *dir = scratch_new();
	g_autofree char *path = scratch_path(dir, "whole"), *broken = scratch_path(dir, "broken");
	g_autofree char *data = NULL;
	gsize len;

	write_story(path, IOM_KIND_VTD, 20000, 300);
	CU_ASSERT_TRUE(g_file_get_contents(path, &data, &len, NULL));
	/* one bit of a record, in chunks of all ages */
	for (gsize at = 5000; at < len; at += len / 7) {
		g_autofree char *message = NULL;

		data[at] ^= 4;
		scratch_put(broken, data, len);
		data[at] ^= 4;
		for (unsigned threads = 1; threads <= 4; threads *= 2) {
			iom_replay_options options = { .cache = "one", .threads = threads };
			GError *error = NULL;

			CU_ASSERT_PTR_NULL(iom_replay_run(broken, &options, &error));
			CU_ASSERT_PTR_NOT_NULL_FATAL(error);
			if (!message)
				message = g_strdup(error->message);
			CU_ASSERT_STRING_EQUAL(error->message, message);
			g_error_free(error);
		}
	}
	scratch_free(dir);
}

/* Changed and not invalidated: found by every number of threads. */
static void test_stale(void)
{
	char *dir = scratch_new();
	g_autofree char *path = scratch_path(dir, "stale");
	story s = { .w = begin(path, IOM_KIND_SMMUV3), .kind = IOM_KIND_SMMUV3 };

	tables(&s);
	setup_smmu(&s);
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 600; i++) {
			iom_trace_record r = { .kind = IOM_TRACE_DMA,
					       .flags = IOM_TRACE_READ,
					       .requester = 8 + i % DEVICES,
					       .pasid = IOM_NO_PASID,
					       .address = (1 + i / DEVICES % 8) << 12 };

			iom_trace_write(s.w, &r);
		}
		if (round == 0)
			move(&s, 2, 5, 0x90000000);
		if (round == 1)
			invalidate(&s, 2, 5);
	}
	CU_ASSERT_TRUE(iom_trace_writer_finish(s.w, NULL));
	for (unsigned threads = 1; threads <= 4; threads *= 2) {
		iom_replay_report *r = replay(path, "default", threads, true);

		/* of 100 accesses of that device in round 1, those to page 5 */
		CHECK_EQ(r->stale, 12);
		CHECK_EQ(r->first_stale->len, 7);
		for (guint i = 0; i < r->first_stale->len; i++)
			CHECK_EQ(g_array_index(r->first_stale, iom_replay_difference, i).dma,
				 600 + 4 * DEVICES + 2 + 8 * DEVICES * i);
		iom_replay_report_free(r);
	}
	scratch_free(dir);
}

/* Traces of several IOMMUs, side by side and one by one. */
static void test_several(void)
{
	char *dir = scratch_new(), *paths[5];
	iom_replay_report *alone[5], *together[5], *total;
	uint64_t dma = 0;

	for (unsigned i = 0; i < 5; i++) {
		g_autofree char *name = g_strdup_printf("t%u", i);

		paths[i] = scratch_path(dir, name);
		write_story(paths[i], i % 2 ? IOM_KIND_VTD : IOM_KIND_SMMUV3, 4000 * (i + 1), 200);
		alone[i] = replay(paths[i], "default", 1, false);
		dma += alone[i]->dma;
	}
	for (unsigned threads = 1; threads <= 16; threads *= 2) {
		iom_replay_options options = { .cache = "default", .keep = 7 };
		GError *error = NULL;

		CU_ASSERT_TRUE_FATAL(
			iom_replay_run_several(paths, 5, &options, threads, together, &error));
		total = iom_replay_total(together, 5, 1.0);
		CHECK_EQ(total->dma, dma);
		CHECK_EQ(total->mixed, true);
		/* Up to one thread for each trace their caches are private. */
		CHECK_EQ(total->totals, threads <= 4 ? IOM_TOTALS_EXACT : IOM_TOTALS_SHARED);
		for (unsigned i = 0; i < 5; i++) {
			same_answers(alone[i], together[i]);
			if (threads <= 4)
				same_figures(alone[i], together[i]);
		}
		iom_replay_report_free(total);
		for (unsigned i = 0; i < 5; i++)
			iom_replay_report_free(together[i]);
	}
	/* One that cannot be read: its error, and no report. */
	scratch_put(paths[3], "nonsense", 8);
	for (unsigned threads = 1; threads <= 4; threads++) {
		iom_replay_options options = { .cache = "default" };
		GError *error = NULL;

		CU_ASSERT_FALSE(
			iom_replay_run_several(paths, 5, &options, threads, together, &error));
		CU_ASSERT_PTR_NOT_NULL_FATAL(error);
		CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "t3"));
		for (unsigned i = 0; i < 5; i++)
			CU_ASSERT_PTR_NULL(together[i]);
		g_error_free(error);
	}
	for (unsigned i = 0; i < 5; i++) {
		iom_replay_report_free(alone[i]);
		g_free(paths[i]);
	}
	scratch_free(dir);
}

static const iom_test tests[] = {
	{ "the same answers with 1, 2 and 4 threads", test_stories },
	{ "private caches: hits and evictions", test_private_caches },
	{ "one device, many threads", test_one_device },
	{ "damaged traces", test_damage },
	{ "stale answers", test_stale },
	{ "several IOMMUs side by side", test_several },
	{ NULL, NULL },
};
const iom_suite replay_threads_suite = { "threads", tests };
