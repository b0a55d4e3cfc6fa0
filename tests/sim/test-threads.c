/* SPDX-License-Identifier: MIT */
/* Replays with several threads against the same with one. */
#include "tests/harness.h"
#include "tests/sim/records.h"
#include "tests/sim/scratch.h"
#include "tests/sim/story.h"

#include <stdlib.h>
#include <string.h>

/* `shared`: there are stretches long enough for several threads. */
static void compare(const char *path, const story *s, const char *cache, bool shared)
{
	iom_replay_report *one = story_replay(path, cache, 1, false);

	CHECK_EQ(one->dma, s->dma);
	CHECK_EQ(one->faulted, s->faults);
	CHECK_EQ(one->mismatches, s->wrong);
	CHECK_EQ(one->totals, IOM_TOTALS_EXACT);
	CHECK_EQ(one->threads, 1);
	CHECK_EQ(one->alone, IOM_ALONE_NOT);
	CHECK_EQ(one->shared, 0);
	for (unsigned threads = 2; threads <= 4; threads++) {
		iom_replay_report *r = story_replay(path, cache, threads, false);

		story_same_answers(one, r);
		CHECK_EQ(r->threads, shared ? threads : 1);
		CHECK_EQ(r->shared > 0, shared);
		CHECK_EQ(r->alone, shared ? IOM_ALONE_NOT : IOM_ALONE_SHORT);
		if (!shared || strcmp(cache, "off") == 0) {
			CHECK_EQ(r->totals, IOM_TOTALS_EXACT);
			story_same_figures(one, r);
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
	static const unsigned stretches[] = { 1, 4, 300, 20000 };
	char *dir = scratch_new();
	g_autofree char *path = scratch_path(dir, "story");

	for (unsigned k = 0; k < G_N_ELEMENTS(kinds); k++) {
		for (unsigned i = 0; i < G_N_ELEMENTS(stretches); i++) {
			unsigned n = stretches[i] <= 4 ? 2000 : 20000;
			story s = story_write(path, kinds[k], n, stretches[i]);

			CU_ASSERT_TRUE(stretches[i] == 20000 || s.faults > 0);
			for (unsigned c = 0; c < G_N_ELEMENTS(caches); c++)
				compare(path, &s, caches[c], stretches[i] > 4);
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

		story_write(path, kinds[k], 20000, 2000);
		one = iom_replay_run(path, &options, NULL);
		CU_ASSERT_PTR_NOT_NULL_FATAL(one);
		CU_ASSERT_TRUE(one->statistics.caches[IOM_CACHE_IOTLB].evictions > 1000);
		for (options.threads = 2; options.threads <= 4; options.threads++) {
			iom_replay_report *r = iom_replay_run(path, &options, NULL);

			CU_ASSERT_PTR_NOT_NULL_FATAL(r);
			CHECK_EQ(r->totals, IOM_TOTALS_PARTITIONED);
			story_same_answers(one, r);
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
	story s = { .w = story_begin(path, IOM_KIND_SMMUV3), .kind = IOM_KIND_SMMUV3 };
	iom_replay_report *one, *four;

	story_tables(&s);
	story_setup_smmu(&s);
	for (unsigned i = 0; i < 5000; i++) {
		iom_trace_record r = { .kind = IOM_TRACE_DMA,
				       .flags = IOM_TRACE_READ,
				       .requester = 8,
				       .pasid = IOM_NO_PASID,
				       .address = (1 + i * 7 % 63) << 12 };

		iom_trace_write(s.w, &r);
	}
	CU_ASSERT_TRUE(iom_trace_writer_finish(s.w, NULL));
	one = story_replay(path, "default", 1, false);
	four = story_replay(path, "default", 4, false);
	CHECK_EQ(four->totals, IOM_TOTALS_EXACT);
	CHECK_EQ(four->threads, 1);
	CHECK_EQ(four->alone, IOM_ALONE_REQUESTER);
	CHECK_EQ(four->shared, 0);
	story_same_answers(one, four);
	story_same_figures(one, four);
	iom_replay_report_free(one);
	iom_replay_report_free(four);
	scratch_free(dir);
}

/*
 * A requester for every few DMAs. The SMMUv3 is out of reset, each address its own
 * answer; the third requester's are said to be answered something else.
 */
static void test_many_requesters(void)
{
	enum { REQUESTERS = 5003, DMAS = 40000 };
	char *dir = scratch_new();
	g_autofree char *path = scratch_path(dir, "many");
	iom_trace_writer *w = story_begin(path, IOM_KIND_SMMUV3);
	iom_replay_report *one;

	for (unsigned i = 0; i < DMAS; i++) {
		uint32_t requester = i % REQUESTERS * 257;
		iom_trace_record r = { .kind = IOM_TRACE_DMA,
				       .flags = IOM_TRACE_WRITE | IOM_TRACE_EXPECT,
				       .expect = IOM_TRACE_EXPECT_ADDRESS,
				       .requester = requester,
				       .pasid = IOM_NO_PASID,
				       .length = requester,
				       .address = 0x40000000 + 64 * i,
				       .value = 0x40000000 + 64 * i + (requester == 2 * 257) };

		iom_trace_write(w, &r);
	}
	CU_ASSERT_TRUE(iom_trace_writer_finish(w, NULL));
	one = story_replay(path, "default", 1, false);
	CHECK_EQ(one->devices->len, REQUESTERS);
	CHECK_EQ(one->mismatches, DMAS / REQUESTERS + 1);
	for (unsigned threads = 2; threads <= 4; threads++) {
		iom_replay_report *r = story_replay(path, "default", threads, false);

		CHECK_EQ(r->threads, threads);
		CHECK_EQ(r->shared, DMAS);
		story_same_answers(one, r);
		story_same_figures(one, r);
		iom_replay_report_free(r);
	}
	iom_replay_report_free(one);
	scratch_free(dir);
}

/*
 * What comes through a decoder is gone a few chunks later: long stretches of DMAs with
 * chunks of nothing but commands and marks between them, for which nobody waits.
 */
static void test_stream(void)
{
	char *dir = scratch_new();
	g_autofree char *path = scratch_path(dir, "plain"), *packed = scratch_path(dir, "t.gz");
	iom_trace_writer *w = story_begin(path, IOM_KIND_SMMUV3);
	iom_trace_record command = { .kind = IOM_TRACE_COMMAND };
	iom_trace_record mark = { .kind = IOM_TRACE_MARK, .length = 4 };
	uint64_t dma = 0;

	for (unsigned part = 0; part < 30; part++) {
		for (unsigned i = 0; i < 1200 * part % 9973; i++, dma++) {
			iom_trace_record r = { .kind = IOM_TRACE_DMA,
					       .flags = IOM_TRACE_READ | IOM_TRACE_EXPECT,
					       .expect = IOM_TRACE_EXPECT_ADDRESS,
					       .requester = 1 + i * i % 7,
					       .pasid = IOM_NO_PASID,
					       .address = dma << 6,
					       .value = dma << 6 };

			iom_trace_write(w, &r);
		}
		for (unsigned i = 0; i < 30000 * (part % 3); i++)
			iom_trace_write(w, &command);
		iom_trace_write_data(w, &mark, "part");
	}
	CU_ASSERT_TRUE(iom_trace_writer_finish(w, NULL));
	if (scratch_compress("gzip", path, packed)) {
		for (unsigned threads = 1; threads <= 4; threads++) {
			iom_replay_report *r = story_replay(packed, "default", threads, false);

			CHECK_EQ(r->dma, dma);
			CHECK_EQ(r->compared, dma);
			CHECK_EQ(r->mismatches, 0);
			CHECK_EQ(r->threads, threads);
			CHECK_EQ(r->marks->len, 30);
			iom_replay_report_free(r);
		}
	}
	scratch_free(dir);
}

/* A trace that breaks off in its middle is refused with the same words. */
static void test_damage(void)
{
	char *dir = scratch_new();
	g_autofree char *path = scratch_path(dir, "whole"), *broken = scratch_path(dir, "broken");
	g_autofree char *data = NULL;
	gsize len;

	story_write(path, IOM_KIND_VTD, 20000, 300);
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
	story s = { .w = story_begin(path, IOM_KIND_SMMUV3), .kind = IOM_KIND_SMMUV3 };

	story_tables(&s);
	story_setup_smmu(&s);
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 600; i++) {
			iom_trace_record r = { .kind = IOM_TRACE_DMA,
					       .flags = IOM_TRACE_READ,
					       .requester = 8 + i % STORY_DEVICES,
					       .pasid = IOM_NO_PASID,
					       .address = (1 + i / STORY_DEVICES % 8) << 12 };

			iom_trace_write(s.w, &r);
		}
		if (round == 0)
			story_move(&s, 2, 5, 0x90000000);
		if (round == 1)
			story_invalidate(&s, 2, 5);
	}
	CU_ASSERT_TRUE(iom_trace_writer_finish(s.w, NULL));
	for (unsigned threads = 1; threads <= 4; threads *= 2) {
		iom_replay_report *r = story_replay(path, "default", threads, true);

		/* of 100 accesses of that device in round 1, those to page 5 */
		CHECK_EQ(r->stale, 12);
		CHECK_EQ(r->first_stale->len, 7);
		for (guint i = 0; i < r->first_stale->len; i++)
			CHECK_EQ(g_array_index(r->first_stale, iom_replay_difference, i).dma,
				 600 + 4 * STORY_DEVICES + 2 + 8 * STORY_DEVICES * i);
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
		story_write(paths[i], i % 2 ? IOM_KIND_VTD : IOM_KIND_SMMUV3, 4000 * (i + 1), 200);
		alone[i] = story_replay(paths[i], "default", 1, false);
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
			story_same_answers(alone[i], together[i]);
			if (threads <= 4)
				story_same_figures(alone[i], together[i]);
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
	{ "more requesters than a thread knows by heart", test_many_requesters },
	{ "streams, and chunks without DMAs", test_stream },
	{ "damaged traces", test_damage },
	{ "stale answers", test_stale },
	{ "several IOMMUs side by side", test_several },
	{ NULL, NULL },
};
const iom_suite replay_threads_suite = { "threads", tests };
