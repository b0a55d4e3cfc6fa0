/* SPDX-License-Identifier: MIT */
#include "tests/sim/story.h"

#include "tests/harness.h"
#include "tests/sim/records.h"

#include <string.h>

#define TABLES UINT64_C(0x40100000) /* 64 KiB for each device */

static uint32_t story_requester(const story *s, unsigned device)
{
	return s->kind == IOM_KIND_VTD ? 0x10 + 8 * device : 8 + device;
}

uint64_t story_table(unsigned device, unsigned level)
{
	return TABLES + 0x10000 * (uint64_t)device + 0x1000 * (uint64_t)level;
}

void story_move(story *s, unsigned device, unsigned page, uint64_t pa)
{
	uint64_t leaf = s->kind == IOM_KIND_VTD ? 3 : 1 << 10 | 3 << 8 | 1 << 6 | 3;

	s->pa[device][page] = pa;
	record_mem(s->w, story_table(device, 3) + page * 8, pa ? pa | leaf : 0);
}

void story_tables(story *s)
{
	for (unsigned d = 0; d < STORY_DEVICES; d++) {
		for (unsigned l = 0; l < 3; l++)
			record_mem(s->w, story_table(d, l), story_table(d, l + 1) | 3);
		for (unsigned p = 1; p < STORY_PAGES; p++)
			story_move(s, d, p, UINT64_C(0x80000000) + ((d * STORY_PAGES + p) << 12));
	}
}

void story_setup_smmu(story *s)
{
	for (uint64_t d = 0; d < STORY_DEVICES; d++) {
		uint64_t ste = 0x40010000 + (8 + d) * 64, cd = 0x40011000 + d * 64;

		record_mem(s->w, ste, cd | 5 << 1 | 1);
		record_mem(s->w, ste + 8, UINT64_C(1) << 44);
		record_mem(s->w, cd,
			   16 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 30 | UINT64_C(1) << 31 |
				   UINT64_C(4) << 32 | UINT64_C(1) << 41 | UINT64_C(3) << 45 |
				   (5 + d) << 48);
		record_mem(s->w, cd + 8, story_table((unsigned)d, 0));
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
	for (uint64_t d = 0; d < STORY_DEVICES; d++) {
		record_mem(s->w, 0x40011008 + (0x10 + 8 * d) * 16, (3 + d) << 8 | 1);
		record_mem(s->w, 0x40011000 + (0x10 + 8 * d) * 16, story_table((unsigned)d, 1) | 1);
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

void story_invalidate(story *s, unsigned device, unsigned page)
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
	unsigned device = (unsigned)g_rand_int_range(s->rand, 0, STORY_DEVICES);
	unsigned page = (unsigned)g_rand_int_range(s->rand, 0, STORY_PAGES);
	uint64_t pa = s->pa[device][page], low = g_rand_int(s->rand) & 0xfc0;
	iom_trace_record r = { .kind = IOM_TRACE_DMA,
			       .flags = IOM_TRACE_READ | IOM_TRACE_EXPECT,
			       .expect = pa ? IOM_TRACE_EXPECT_ADDRESS : IOM_TRACE_EXPECT_FAULT,
			       .requester = story_requester(s, device),
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

iom_trace_writer *story_begin(const char *path, iom_kind kind)
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

story story_write(const char *path, iom_kind kind, unsigned n, unsigned stretch)
{
	story s = { .w = story_begin(path, kind),
		    .kind = kind,
		    .rand = g_rand_new_with_seed(stretch) };
	iom_trace_record mark = { .kind = IOM_TRACE_MARK, .length = 4 };

	story_tables(&s);
	if (kind == IOM_KIND_VTD)
		setup_vtd(&s);
	else
		story_setup_smmu(&s);
	for (unsigned i = 0; i < n; i++) {
		unsigned device, page;

		dma(&s);
		if (i % 10000 == 0)
			iom_trace_write_data(s.w, &mark, "here");
		if (g_rand_int_range(s.rand, 0, (gint32)stretch))
			continue;
		device = (unsigned)g_rand_int_range(s.rand, 0, STORY_DEVICES);
		page = (unsigned)g_rand_int_range(s.rand, 1, STORY_PAGES);
		story_move(&s, device, page,
			   g_rand_boolean(s.rand)
				   ? 0
				   : UINT64_C(0x80000000) +
					     ((uint64_t)g_rand_int_range(s.rand, 1, 1 << 18)
					      << 12));
		story_invalidate(&s, device, page);
	}
	g_rand_free(s.rand);
	CU_ASSERT_TRUE(iom_trace_writer_finish(s.w, NULL));
	return s;
}

iom_replay_report *story_replay(const char *path, const char *cache, unsigned threads, bool stale)
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

void story_same_answers(const iom_replay_report *a, const iom_replay_report *b)
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

void story_same_figures(const iom_replay_report *a, const iom_replay_report *b)
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
