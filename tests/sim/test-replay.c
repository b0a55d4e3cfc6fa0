/* SPDX-License-Identifier: MIT */
/*
 * Replays of a trace that is written here by hand: tables for one device, an
 * entry that is changed and only later invalidated, an address that is not
 * mapped. Encodings come from the specifications, not from the models.
 */
#include "sim/replay/explain.h"
#include "sim/replay/replay.h"
#include "tests/harness.h"
#include "tests/sim/records.h"
#include "tests/sim/scratch.h"

#include <string.h>

typedef struct script {
	iom_trace_writer *w;
	uint32_t requester;
} script;

static void dma(script *s, uint64_t address, unsigned expect, uint64_t value)
{
	iom_trace_record r = { .kind = IOM_TRACE_DMA,
			       .flags = IOM_TRACE_READ | (expect ? IOM_TRACE_EXPECT : 0),
			       .expect = (uint8_t)expect,
			       .perm = iom_trace_perm(IOM_READ | IOM_WRITE, 12),
			       .requester = s->requester,
			       .pasid = IOM_NO_PASID,
			       .length = 64,
			       .address = address,
			       .value = value };

	iom_trace_write(s->w, &r);
}

#define ANSWER (IOM_TRACE_EXPECT_ADDRESS | IOM_TRACE_EXPECT_PERM | IOM_TRACE_EXPECT_PAGE)

/* ---- SMMUv3: stage 1, 4 KiB granule, linear stream table ---- */

static void smmu_leaf(script *s, unsigned page, uint64_t pa)
{
	/* AF, inner shareable, AP[1] (EL0 may), page descriptor */
	record_mem(s->w, 0x40103000 + page * 8, pa ? pa | 1 << 10 | 3 << 8 | 1 << 6 | 3 : 0);
}

static void smmu_setup(script *s)
{
	uint64_t ste = 0x40010000 + 8 * 64;

	s->requester = 8;
	record_mem(s->w, ste, 0x40011000 | 5 << 1 | 1); /* S1ContextPtr, Config: stage 1, V */
	record_mem(s->w, ste + 8, UINT64_C(1) << 44); /* SHCFG: use incoming */
	/* T0SZ 16, write-back inner shareable, EPD1, V, IPS 44 bits, AA64, R, A, ASID 5 */
	record_mem(s->w, 0x40011000,
		   16 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 30 | UINT64_C(1) << 31 |
			   UINT64_C(4) << 32 | UINT64_C(1) << 41 | UINT64_C(3) << 45 |
			   UINT64_C(5) << 48);
	record_mem(s->w, 0x40011008, 0x40100000); /* TTB0 */
	record_mem(s->w, 0x40011018, 0xff); /* MAIR: attribute 0 is write-back */
	record_mem(s->w, 0x40100000, 0x40101003);
	record_mem(s->w, 0x40101000, 0x40102003);
	record_mem(s->w, 0x40102000, 0x40103003);
	for (unsigned page = 1; page < 8; page++)
		smmu_leaf(s, page, 0x80000000 + page * 0x1000);
	record_reg(s->w, 0x80, 8, 0x40010000);
	record_reg(s->w, 0x88, 4, 5);
	record_reg(s->w, 0x90, 8, 0x40020000 | 8);
	record_reg(s->w, 0xa0, 8, 0x40030000 | 7);
	record_reg(s->w, 0x28, 4, 0xd75);
	record_reg(s->w, 0x20, 4, 1 << 3);
	record_reg(s->w, 0x20, 4, 1 << 3 | 1 << 2 | 1);
}

static void smmu_invalidate(script *s)
{
	record_mem(s->w, 0x40020000, 0x10); /* CMD_TLBI_NH_ALL */
	record_mem(s->w, 0x40020008, 0);
	record_mem(s->w, 0x40020010, 0x46); /* CMD_SYNC */
	record_mem(s->w, 0x40020018, 0);
	record_reg(s->w, 0x98, 4, 2);
}

/* ---- VT-d: legacy mode, three second-level tables ---- */

static void vtd_leaf(script *s, unsigned page, uint64_t pa)
{
	record_mem(s->w, 0x14000 + page * 8, pa ? pa | 3 : 0);
}

static void vtd_setup(script *s)
{
	s->requester = 0x10; /* 00:02.0 */
	record_mem(s->w, 0x10000, 0x11001); /* root entry of bus 0 */
	record_mem(s->w, 0x11000 + 0x10 * 16, 0x12001); /* context entry: second-level tables */
	record_mem(s->w, 0x11008 + 0x10 * 16, 3 << 8 | 1); /* domain 3, 39 bits */
	record_mem(s->w, 0x12000, 0x13003);
	record_mem(s->w, 0x13000, 0x14003);
	for (unsigned page = 1; page < 8; page++)
		vtd_leaf(s, page, 0x80000000 + page * 0x1000);
	record_reg(s->w, 0x20, 8, 0x10000); /* RTADDR */
	record_reg(s->w, 0x18, 4, 1 << 30); /* GCMD.SRTP */
	record_reg(s->w, 0x90, 8, 0x15000); /* IQA */
	record_reg(s->w, 0x18, 4, 1 << 26); /* GCMD.QIE */
	record_reg(s->w, 0x18, 4, 1 << 26 | UINT32_C(1) << 31); /* GCMD.TE */
}

static void vtd_invalidate(script *s)
{
	record_mem(s->w, 0x15000, 0x12); /* IOTLB, global */
	record_mem(s->w, 0x15008, 0);
	record_mem(s->w, 0x15010, UINT64_C(77) << 32 | 1 << 5 | 5); /* wait, status write of 77 */
	record_mem(s->w, 0x15018, 0x16000);
	record_reg(s->w, 0x88, 8, 0x20);
}

/* ---- both ---- */

typedef struct architecture {
	iom_kind kind;
	iom_trace_register registers[3];
	unsigned n_registers;
	iom_trace_region ram;
	void (*setup)(script *s);
	void (*leaf)(script *s, unsigned page, uint64_t pa);
	void (*invalidate)(script *s);
	unsigned not_mapped; /* fault code of a read where nothing is mapped */
	unsigned n_commands;
	const char *words[6]; /* what explain must speak of */
} architecture;

static const architecture architectures[] = {
	{ .kind = IOM_KIND_SMMUV3,
	  /* stage 1, AArch64 tables, 16-bit ASIDs; 16-bit StreamIDs; 44 bits, 4 KiB */
	  .registers = { { 0x0, 0x0d00101a }, { 0x4, 0x02730010 }, { 0x14, 0x14 } },
	  .n_registers = 3,
	  .ram = { 0x40000000, 0x80000000 },
	  .setup = smmu_setup,
	  .leaf = smmu_leaf,
	  .invalidate = smmu_invalidate,
	  .not_mapped = 0x10,
	  .n_commands = 2,
	  .words = { "STE at 0x40010200", "0x40011000", "0x40100000", "0x40103008",
		     "0x80001000" } },
	{ .kind = IOM_KIND_VTD,
	  .registers = { { 0x8, 0xd2008c22260286 }, { 0x10, 0xf00f5a } },
	  .n_registers = 2,
	  .ram = { 0, 0x90000000 },
	  .setup = vtd_setup,
	  .leaf = vtd_leaf,
	  .invalidate = vtd_invalidate,
	  .not_mapped = 6,
	  .n_commands = 2,
	  .words = { "0x10000", "0x11100", "0x12000", "0x14008", "0x80001000" } },
};

static iom_trace_writer *begin(const char *path, const architecture *a)
{
	iom_trace_info *info = iom_trace_info_new(a->kind);
	iom_trace_writer *w;

	g_array_append_vals(info->registers, a->registers, a->n_registers);
	g_array_append_val(info->regions, a->ram);
	info->haw = 39;
	w = iom_trace_writer_new(path, info, NULL);
	iom_trace_info_free(info);
	CU_ASSERT_PTR_NOT_NULL_FATAL(w);
	return w;
}

/* The story of the top of this file; one DMA in the middle uses a changed entry. */
static void write_story(const char *path, const architecture *a)
{
	script s = { begin(path, a), 0 };

	a->setup(&s);
	dma(&s, 0x1000, ANSWER, 0x80001000);
	dma(&s, 0x2fc0, ANSWER, 0x80002fc0);
	dma(&s, 0x1040, ANSWER, 0x80001040);
	a->leaf(&s, 1, 0x80005000);
	dma(&s, 0x1080, 0, 0);
	dma(&s, 0x3000, ANSWER, 0x80003000);
	a->invalidate(&s);
	dma(&s, 0x1080, ANSWER, 0x80005080);
	dma(&s, 0x9000, IOM_TRACE_EXPECT_FAULT, a->not_mapped);
	dma(&s, 0x9000, IOM_TRACE_EXPECT_FAULT, 0);
	CU_ASSERT_TRUE(iom_trace_writer_finish(s.w, NULL));
}

static iom_replay_report *replay(const char *path, const char *cache, bool stale)
{
	iom_replay_options options = { .cache = cache, .check_stale = stale, .keep = 5 };
	GError *error = NULL;
	iom_replay_report *r = iom_replay_run(path, &options, &error);

	if (!r)
		fprintf(stderr, "\n%s\n", error->message);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	return r;
}

static void test_story(void)
{
	static const char *const caches[] = { "default", "off", "one", "options" };
	char *dir = scratch_new();
	g_autofree char *path = scratch_path(dir, "story");

	for (unsigned i = 0; i < G_N_ELEMENTS(architectures); i++) {
		const architecture *a = &architectures[i];

		write_story(path, a);
		for (unsigned c = 0; c < G_N_ELEMENTS(caches); c++) {
			iom_replay_report *r = replay(path, caches[c], true);
			uint64_t commands = 0;

			CHECK_EQ(r->kind, a->kind);
			CHECK_EQ(r->dma, 8);
			CHECK_EQ(r->compared, 7);
			CHECK_EQ(r->mismatches, 0);
			CHECK_EQ(r->translated, 6);
			CHECK_EQ(r->faulted, 2);
			CHECK_EQ(r->devices->len, 1);
			CHECK_EQ(r->faults->len, 1);
			CHECK_EQ(g_array_index(r->faults, iom_replay_fault, 0).code, a->not_mapped);
			CHECK_EQ(g_array_index(r->faults, iom_replay_fault, 0).count, 2);
			CHECK_EQ(r->statistics.events >= 1, true);
			for (unsigned k = 0; k < IOM_MAX_COMMANDS; k++)
				commands += r->statistics.commands[k].value;
			CHECK_EQ(commands, a->n_commands);
			/* Only a cache that still holds the entry can be stale. */
			CHECK_EQ(r->stale, c == 1 ? 0 : 1);
			if (r->stale) {
				const iom_replay_difference *d =
					&g_array_index(r->first_stale, iom_replay_difference, 0);

				CHECK_EQ(d->dma, 3);
				CHECK_EQ(d->got.address, 0x80001080);
				CHECK_EQ(d->fresh.address, 0x80005080);
			}
			iom_replay_report_free(r);
		}
	}
	scratch_free(dir);
}

/* Every kind of wrong expectation is found and told apart from the right ones. */
static void test_mismatches(void)
{
	char *dir = scratch_new();
	g_autofree char *path = scratch_path(dir, "wrong");

	for (unsigned i = 0; i < G_N_ELEMENTS(architectures); i++) {
		const architecture *a = &architectures[i];
		script s = { begin(path, a), 0 };
		iom_trace_record r = { .kind = IOM_TRACE_DMA,
				       .flags = IOM_TRACE_READ,
				       .pasid = IOM_NO_PASID,
				       .address = 0x1000,
				       .value = 0x80001000 };
		iom_replay_report *report;

		a->setup(&s);
		r.requester = s.requester;
		dma(&s, 0x1000, ANSWER, 0x80001001);
		dma(&s, 0x1000, IOM_TRACE_EXPECT_FAULT, 0);
		dma(&s, 0x9000, ANSWER, 0x80009000);
		dma(&s, 0x9000, IOM_TRACE_EXPECT_FAULT, a->not_mapped + 1);
		r.expect = IOM_TRACE_EXPECT_PERM;
		r.perm = IOM_READ;
		iom_trace_write(s.w, &r);
		r.expect = IOM_TRACE_EXPECT_PAGE;
		r.perm = iom_trace_perm(0, 21);
		iom_trace_write(s.w, &r);
		dma(&s, 0x1000, ANSWER, 0x80001000);
		CU_ASSERT_TRUE(iom_trace_writer_finish(s.w, NULL));

		report = replay(path, NULL, false);
		CHECK_EQ(report->mismatches, 6);
		CHECK_EQ(report->first_mismatches->len, 5);
		for (guint k = 0; k < report->first_mismatches->len; k++)
			CHECK_EQ(g_array_index(report->first_mismatches, iom_replay_difference, k)
					 .dma,
				 k);
		iom_replay_report_free(report);
	}
	scratch_free(dir);
}

static void test_explain(void)
{
	char *dir = scratch_new();
	g_autofree char *path = scratch_path(dir, "story");

	for (unsigned i = 0; i < G_N_ELEMENTS(architectures); i++) {
		const architecture *a = &architectures[i];
		g_autoptr(GString) text = g_string_new(NULL);
		g_autoptr(GString) fault = g_string_new(NULL);
		GError *error = NULL;

		write_story(path, a);
		CU_ASSERT_TRUE(iom_explain(path, NULL, 2, text, &error));
		for (unsigned k = 0; a->words[k]; k++) {
			if (strstr(text->str, a->words[k]))
				continue;
			fprintf(stderr, "\n'%s' is missing in:\n%s\n", a->words[k], text->str);
			CU_FAIL("explain");
		}
		CU_ASSERT_PTR_NOT_NULL(strstr(text->str, "This is the recorded answer."));
		CU_ASSERT_TRUE(iom_explain(path, NULL, 6, fault, &error));
		CU_ASSERT_PTR_NOT_NULL(strstr(fault->str, "Fault "));
		CU_ASSERT_FALSE(iom_explain(path, NULL, 8, fault, &error));
		CU_ASSERT_PTR_NOT_NULL(error);
		g_clear_error(&error);
	}
	scratch_free(dir);
}

/* Records of no use to the answer, addresses outside RAM: nothing goes wrong. */
static void test_odd_records(void)
{
	char *dir = scratch_new();
	g_autofree char *path = scratch_path(dir, "odd");

	for (unsigned i = 0; i < G_N_ELEMENTS(architectures); i++) {
		const architecture *a = &architectures[i];
		script s = { begin(path, a), 0 };
		GRand *rand = g_rand_new_with_seed(7 + i);
		iom_replay_report *report;

		a->setup(&s);
		for (unsigned n = 0; n < 3000; n++) {
			uint8_t bytes[16] = { 0 };
			iom_trace_record r = {
				.kind = (uint8_t)g_rand_int_range(rand, IOM_TRACE_REG_READ,
								  IOM_TRACE_N_KINDS),
				.flags = (uint8_t)g_rand_int(rand),
				.perm = (uint8_t)g_rand_int(rand),
				.requester = g_rand_int(rand) >> g_rand_int_range(rand, 0, 32),
				.pasid = n % 3 ? IOM_NO_PASID : g_rand_int(rand),
				.length = 8,
				.address = (uint64_t)g_rand_int(rand)
					   << g_rand_int_range(rand, 0, 33),
				.value = (uint64_t)g_rand_int(rand) << g_rand_int_range(rand, 0, 33)
			};

			if (r.kind == IOM_TRACE_PAGE_REQUEST)
				r.length = n & 16;
			iom_trace_write_data(s.w, &r, bytes);
		}
		dma(&s, 0x2000, 0, 0);
		CU_ASSERT_TRUE(iom_trace_writer_finish(s.w, NULL));
		report = replay(path, NULL, true);
		CHECK_EQ(report->dma, report->by_kind[IOM_TRACE_DMA]);
		CHECK_EQ(report->dma, report->translated + report->faulted + report->interrupts);
		CHECK_EQ(report->stale, 0);
		iom_replay_report_free(report);
		g_rand_free(rand);
	}
	scratch_free(dir);
}

static const iom_test tests[] = {
	{ "answers, a stale entry, faults; caches on, off and of one entry", test_story },
	{ "every kind of difference is found", test_mismatches },
	{ "explain reads every structure", test_explain },
	{ "records that mean nothing", test_odd_records },
	{ NULL, NULL },
};
const iom_suite replay_suite = { "replay", tests };
