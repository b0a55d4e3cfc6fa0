/* SPDX-License-Identifier: MIT */
/* Caches of a machine file in a replay: the oracle against Belady, and the figures. */
#include "sim/replay/replay.h"
#include "tests/harness.h"
#include "tests/sim/scratch.h"

#include <string.h>

#define PAGES 200
#define ACCESSES 3000

/* VT-d, legacy mode, three levels of second-stage tables: two devices, two domains. */
static void word(iom_trace_writer *w, unsigned kind, uint64_t address, uint32_t length,
		 uint64_t value)
{
	iom_trace_record r = {
		.kind = (uint8_t)kind, .length = length, .address = address, .value = value
	};

	iom_trace_write(w, &r);
}

static void access_page(iom_trace_writer *w, uint32_t requester, uint64_t page)
{
	iom_trace_record r = { .kind = IOM_TRACE_DMA,
			       .flags = IOM_TRACE_READ | IOM_TRACE_EXPECT,
			       .expect = IOM_TRACE_EXPECT_ADDRESS,
			       .requester = requester,
			       .pasid = IOM_NO_PASID,
			       .length = 64,
			       .address = page << 12 | 0x40,
			       .value = 0x80000040 + (page << 12) + requester * 0x1000000 };

	iom_trace_write(w, &r);
}

static iom_trace_writer *begin(const char *path)
{
	static const iom_trace_register registers[] = { { 0x8, 0xd2008c22260286 },
							{ 0x10, 0xf00f5a } };
	iom_trace_info *info = iom_trace_info_new(IOM_KIND_VTD);
	iom_trace_region ram = { 0, 0x90000000 };
	iom_trace_writer *w;

	g_array_append_vals(info->registers, registers, G_N_ELEMENTS(registers));
	g_array_append_val(info->regions, ram);
	info->haw = 39;
	w = iom_trace_writer_new(path, info, NULL);
	iom_trace_info_free(info);
	CU_ASSERT_PTR_NOT_NULL_FATAL(w);
	word(w, IOM_TRACE_MEM_WRITE, 0x10000, 8, 0x11001);
	for (unsigned i = 0; i < 2; i++) {
		uint64_t sid = 0x10 + 8 * i, tables = 0x20000 + 0x10000 * i;

		word(w, IOM_TRACE_MEM_WRITE, 0x11000 + sid * 16, 8, tables | 1);
		word(w, IOM_TRACE_MEM_WRITE, 0x11008 + sid * 16, 8, (3 + i) << 8 | 1);
		word(w, IOM_TRACE_MEM_WRITE, tables, 8, (tables + 0x1000) | 3);
		word(w, IOM_TRACE_MEM_WRITE, tables + 0x1000, 8, (tables + 0x2000) | 3);
		for (uint64_t page = 0; page < PAGES; page++)
			word(w, IOM_TRACE_MEM_WRITE, tables + 0x2000 + page * 8, 8,
			     (0x80000000 + (page << 12) + sid * 0x1000000) | 3);
	}
	word(w, IOM_TRACE_REG_WRITE, 0x20, 8, 0x10000); /* RTADDR */
	word(w, IOM_TRACE_REG_WRITE, 0x18, 4, 1 << 30); /* GCMD.SRTP */
	word(w, IOM_TRACE_REG_WRITE, 0x18, 4, UINT32_C(1) << 31); /* GCMD.TE */
	return w;
}

typedef struct run {
	char *dir;
	char *trace;
	uint64_t page[ACCESSES];
} run;

static iom_replay_report *replay(const run *r, const char *machine_text, GError **error)
{
	g_autofree char *path = g_build_filename(r->dir, "machine.ini", NULL);
	iom_replay_options options = { .keep = 5 };
	iom_replay_report *report;
	iom_machine *machine;

	CU_ASSERT_TRUE_FATAL(g_file_set_contents(path, machine_text, -1, NULL));
	machine = iom_machine_load(path, error);
	if (!machine)
		return NULL;
	options.machine = machine;
	report = iom_replay_run(r->trace, &options, error);
	iom_machine_free(machine);
	return report;
}

static uint64_t misses(const run *r, const char *policy, unsigned entries)
{
	g_autofree char *text = g_strdup_printf("[cache]\niotlb = %u, 0, %s\n", entries, policy);
	GError *error = NULL;
	iom_replay_report *report = replay(r, text, &error);
	uint64_t n;

	if (!report)
		fprintf(stderr, "\n%s\n", error->message);
	CU_ASSERT_PTR_NOT_NULL_FATAL(report);
	CHECK_EQ(report->dma, ACCESSES);
	CHECK_EQ(report->mismatches, 0);
	CHECK_EQ(report->compared, ACCESSES);
	n = report->statistics.caches[IOM_CACHE_IOTLB].misses;
	iom_replay_report_free(report);
	return n;
}

/* On a miss of a full cache, the page goes whose next access is farthest away. */
static uint64_t belady(const run *r, unsigned entries)
{
	uint64_t held[PAGES], misses = 0;
	unsigned n = 0;

	for (unsigned i = 0; i < ACCESSES; i++) {
		unsigned k = 0, worst = 0, worst_at = 0;

		while (k < n && held[k] != r->page[i])
			k++;
		if (k < n)
			continue;
		misses++;
		if (n < entries) {
			held[n++] = r->page[i];
			continue;
		}
		for (k = 0; k < n; k++) {
			unsigned at = i + 1;

			while (at < ACCESSES && r->page[at] != held[k])
				at++;
			if (at > worst_at) {
				worst_at = at;
				worst = k;
			}
		}
		held[worst] = r->page[i];
	}
	return misses;
}

static void run_begin(run *r, unsigned requesters)
{
	GRand *rand = g_rand_new_with_seed(requesters);
	iom_trace_writer *w;

	r->dir = scratch_new();
	r->trace = g_build_filename(r->dir, "trace", NULL);
	w = begin(r->trace);
	for (unsigned i = 0; i < ACCESSES; i++) {
		uint64_t page = (uint64_t)g_rand_int_range(rand, 0, PAGES);
		uint32_t requester = 0;

		/* Some pages more often than others, and now and then a sweep. */
		if (i % 500 < 300)
			page = page * page / PAGES;
		else
			page = i % 97;
		if (requesters > 1)
			requester = (uint32_t)g_rand_int_range(rand, 0, (gint32)requesters);
		r->page[i] = page;
		access_page(w, 0x10 + 8 * requester, page);
	}
	CU_ASSERT_TRUE_FATAL(iom_trace_writer_finish(w, NULL));
	g_rand_free(rand);
}

static void run_end(run *r)
{
	g_free(r->trace);
	scratch_free(r->dir);
}

static void the_best_possible(void)
{
	static const unsigned sizes[] = { 1, 4, 16, 50, 120 };
	run r;

	run_begin(&r, 1);
	for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++) {
		uint64_t oracle = misses(&r, "oracle", sizes[i]);

		CHECK_EQ(oracle, belady(&r, sizes[i]));
		CU_ASSERT_TRUE(oracle <= misses(&r, "lru", sizes[i]));
	}
	CU_ASSERT_TRUE(misses(&r, "oracle", 16) < misses(&r, "lru", 16));
	run_end(&r);
}

static void figures(void)
{
	static const char *const want[] = {
		"iotlb: 4 pages a tag, ",
		"2 partitions by requester, 1 pin, prefetch of 2, 2m 4 x 4 lru",
		"partition 0, 4 ways: ",
		"sectors filled: ",
		"pinned: ",
		"prefetched: ",
		"config: 2 partitions by pasid"
	};
	const iom_cache_statistics *c;
	g_autoptr(GString) text = g_string_new(NULL);
	iom_replay_report *report;
	GError *error = NULL;
	run r;

	run_begin(&r, 2);
	report = replay(&r,
			"[cache]\n"
			"iotlb = 16, 4, lru\n"
			"iotlb.sectors = 4\n"
			"iotlb.partition = requester, 00:02.0:1, *:1\n"
			"iotlb.pin = 00:02.0:0x1000-0x1fff\n"
			"iotlb.prefetch = 2\n"
			"iotlb.2m = 4, 0\n"
			"config.partition = pasid, 2\n",
			&error);
	CU_ASSERT_PTR_NOT_NULL_FATAL(report);
	CHECK_EQ(report->mismatches, 0);
	c = &report->statistics.caches[IOM_CACHE_IOTLB];
	CHECK_EQ(c->n_partitions, 2);
	CHECK_EQ(c->partition[0].ways, 2 + 2);
	CHECK_EQ(c->partition[0].evictions + c->partition[1].evictions, c->evictions);
	/* Both requesters miss; every insertion is a miss or a prefetch. */
	CHECK_EQ(c->partition[0].insertions + c->partition[1].insertions,
		 c->misses + c->prefetched);
	CHECK_EQ(c->pinned, 1);
	CHECK_EQ(c->hits + c->misses, ACCESSES);
	CU_ASSERT_TRUE(c->sectors_filled > 0);
	CU_ASSERT_TRUE(c->prefetch_used > 0 && c->prefetch_used <= c->prefetched);
	iom_replay_print(report, text);
	for (unsigned i = 0; i < G_N_ELEMENTS(want); i++) {
		if (!strstr(text->str, want[i]))
			CU_FAIL(want[i]);
	}
	iom_replay_report_free(report);
	run_end(&r);
}

static const iom_test tests[] = {
	{ "the oracle has the misses of Belady's policy", the_best_possible },
	{ "figures of the options", figures },
	{ NULL, NULL },
};
const iom_suite caches_suite = { "caches", tests };
