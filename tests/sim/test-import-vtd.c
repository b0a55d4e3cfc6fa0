/* SPDX-License-Identifier: MIT */
/* Import of QEMU logs of a VT-d unit: the driver model and the invalidation queue. */
#include "tests/harness.h"
#include "tests/sim/import-bench.h"

#include <string.h>

#define REG(offset, value) "vtd_reg_write addr " offset " size 0x8 value " value "\n"
/* Root table at 0x10000, queue of 256 at 0x20000; translation on. */
#define SETUP_AT(root, iqa) \
	REG("0x20", root) \
	REG("0x18", "0x40000000") \
	REG("0x88", "0x0") REG("0x90", iqa) REG("0x18", "0x4000000") REG("0x18", "0x84000000")
#define LEGACY SETUP_AT("0x10000", "0x20000")
#define SCALABLE SETUP_AT("0x10400", "0x20800")
#define CONTEXT(low, high) \
	"vtd_iotlb_cc_update IOTLB context update bus 0x0 devfn 0x10 high " high " low " low \
	" gen 0 -> gen 1\n"
#define PAGE(iova, pte, did) \
	"vtd_iotlb_page_update IOTLB page update sid 0x10 iova " iova " slpte " pte " domain " did \
	"\n"
#define DMA(iova, gpa, mask) \
	"vtd_dmar_translate dev 00:02.00 iova " iova " -> gpa " gpa " mask " mask "\n"
#define DESC(head, type, high, low) \
	"vtd_inv_qi_head read head " head "\n" \
	"vtd_inv_desc invalidate desc type " type " high " high " low " low "\n"
#define ONE_PAGE \
	CONTEXT("0x30001", "0x401") \
	PAGE("0xffffe040", "0x72f1003", "0x4") DMA("0xffffe000", "0x72f1000", "0xfff")

/* Walk 3-level second-stage tables at `root` as they are at the n-th DMA. */
static uint64_t walk(const imported *im, unsigned n, uint64_t root, unsigned levels, uint64_t iova,
		     unsigned stop)
{
	uint64_t table = root, w = 0;

	for (unsigned l = levels; l >= stop; l--) {
		w = word_at_dma(im, n, table + (iova >> (12 + 9 * (l - 1)) & 0x1ff) * 8);
		if (!(w & 3))
			return 0;
		table = w & 0xffffffffff000;
	}
	return w;
}

static uint64_t context_pointer(const imported *im, unsigned n)
{
	return word_at_dma(im, n, 0x10000) & ~UINT64_C(0xfff);
}

static void leaves_before_their_use(void)
{
	imported *im = import_text(LEGACY ONE_PAGE, -1, NULL);
	iom_trace_record dma = nth(im, IOM_TRACE_DMA, 0);

	CU_ASSERT_TRUE_FATAL(im->ok);
	CHECK_EQ(im->kind, IOM_KIND_VTD);
	CHECK_EQ(dma.requester, 0x10);
	CHECK_EQ(dma.address, 0xffffe040); /* of the page line, which is exact */
	CHECK_EQ(dma.value, 0x72f1040);
	CHECK_EQ(dma.perm, IOM_READ | IOM_WRITE);
	CHECK_EQ(word_at_dma(im, 0, context_pointer(im, 0) + 0x100), 0x30001);
	CHECK_EQ(word_at_dma(im, 0, context_pointer(im, 0) + 0x108), 0x401);
	CHECK_EQ(walk(im, 0, 0x30000, 3, 0xffffe000, 1), 0x72f1003);
	/* 3-level tables only: a 39-bit unit. */
	CHECK_EQ(im->haw, 39);
	CHECK_EQ(header_register(im, 0x8), 0xd2008c22260206);
	CHECK_EQ(header_register(im, 0x10), 0xf00f4a);
	imported_free(im);
}

static void intermediate_tables_of_the_run_are_used(void)
{
	imported *im = import_text(LEGACY ONE_PAGE, -1,
				   "0x10000 0x11001 root\n"
				   "0x11100 0x30001 context\n0x11108 0x401 context\n"
				   "0x30018 0x31003 second-level\n"
				   "0x31ff8 0x32003 second-level\n"
				   "0x32fe8 0x99003 second-level\n");

	CU_ASSERT_TRUE_FATAL(im->ok);
	CHECK_EQ(word_at_dma(im, 0, 0x31ff8), 0x32003);
	CHECK_EQ(word_at_dma(im, 0, 0x32ff0), 0x72f1003);
	/* Leaves that were not used yet are not there yet. */
	CHECK_EQ(word_at_dma(im, 0, 0x32fe8), 0);
	imported_free(im);
}

static void cleared_at_the_invalidation(void)
{
	static const char log[] = LEGACY ONE_PAGE PAGE("0xffffd000", "0x5000001", "0x4")
		DMA("0xffffd000", "0x5000000",
		    "0xfff") REG("0x88", "0x20") DESC("0", "iotlb", "0xffffe040", "0x400f2")
			DESC("1", "wait", "0x1000", "0x25") PAGE("0xffffd010", "0x5000001", "0x4")
				DMA("0xffffd000", "0x5000000", "0xfff") REG("0x88", "0x40")
					DESC("2", "iotlb", "0x0", "0x400e2") DESC("3", "wait",
										  "0x1000", "0x25")
						PAGE("0xffffe000", "0x6000003", "0x4")
							DMA("0xffffe000", "0x6000000", "0xfff");
	imported *im = import_text(log, -1, NULL);

	CU_ASSERT_TRUE_FATAL(im->ok);
	CHECK_EQ(nth(im, IOM_TRACE_DMA, 1).perm, IOM_READ);
	CHECK_EQ(walk(im, 2, 0x30000, 3, 0xffffe000, 1), 0);
	CHECK_EQ(walk(im, 2, 0x30000, 3, 0xffffd000, 1), 0x5000001);
	CHECK_EQ(walk(im, 3, 0x30000, 3, 0xffffd000, 1), 0);
	CHECK_EQ(walk(im, 3, 0x30000, 3, 0xffffe000, 1), 0x6000003);
	/* Before the tail write that makes it visible. */
	CHECK_EQ(word_at_write(im, 0x88, 1, 0x20000), 0x400f2);
	CHECK_EQ(word_at_write(im, 0x88, 1, 0x20008), 0xffffe040);
	CHECK_EQ(word_at_write(im, 0x88, 1, 0x20010), 0x25);
	CHECK_EQ(word_at_write(im, 0x88, 2, 0x20020), 0x400e2);
	imported_free(im);
}

static void large_pages(void)
{
	static const char log[] = LEGACY CONTEXT("0x30001", "0x402")
		PAGE("0x40345678", "0x80200083", "0x4") DMA("0x40200000", "0x80200000", "0x1fffff")
			REG("0x88", "0x10") DESC("0", "iotlb", "0x40300000", "0x400f2")
				DMA("0x5000", "0x6000", "0xfff");
	imported *im = import_text(log, -1, NULL);

	CU_ASSERT_TRUE_FATAL(im->ok);
	CHECK_EQ(walk(im, 0, 0x30000, 4, 0x40200000, 2), 0x80200083);
	CHECK_EQ(nth(im, IOM_TRACE_DMA, 0).value, 0x80345678);
	CHECK_EQ(walk(im, 1, 0x30000, 4, 0x40200000, 2), 0);
	CHECK_EQ(walk(im, 1, 0x30000, 4, 0x5000, 1), 0x6003);
	CHECK_EQ(im->haw, 48);
	imported_free(im);
}

/* Detached and attached: the root of one domain becomes a lower table of the next. */
static void table_pages_are_used_again(void)
{
	static const char log[] = LEGACY ONE_PAGE CONTEXT("0x40001", "0x501")
		PAGE("0xffffe000", "0x8000003", "0x5") DMA("0xffffe000", "0x8000000", "0xfff")
			CONTEXT("0x31001", "0x601") PAGE("0xffffe000", "0x9000003", "0x6")
				DMA("0xffffe000", "0x9000000", "0xfff");
	/* 0x40000 is in the middle of the first domain's tables at the end. */
	imported *im = import_text(log, -1,
				   "0x30018 0x40003 second-level\n"
				   "0x40ff8 0x31003 second-level\n");

	CU_ASSERT_TRUE_FATAL(im->ok);
	CHECK_EQ(walk(im, 0, 0x30000, 3, 0xffffe000, 1), 0x72f1003);
	CHECK_EQ(walk(im, 1, 0x40000, 3, 0xffffe000, 1), 0x8000003);
	CHECK_EQ(walk(im, 2, 0x31000, 3, 0xffffe000, 1), 0x9000003);
	imported_free(im);
}

static void pass_through_and_translation_off(void)
{
	static const char log[] = DMA("0x7000", "0x7000", "0xfff") LEGACY
		"vtd_translate_pt source id 0x10, iova 0x5000\n" DMA("0x5000", "0x5000", "0xfff");
	imported *im = import_text(log, -1, NULL);

	CU_ASSERT_TRUE_FATAL(im->ok);
	CHECK_EQ(nth(im, IOM_TRACE_DMA, 0).value, 0x7000);
	CHECK_EQ(word_at_dma(im, 1, context_pointer(im, 1) + 0x100) & 0xf, 9);
	imported_free(im);
}

static void faults(void)
{
	static const char log[] =
		LEGACY ONE_PAGE "vtd_dmar_fault sid 0x10 fault 6 addr 0xffffe123 write 0\n"
				"vtd_dmar_fault sid 0x10 fault 2 addr 0x1000 write 1\n"
				"vtd_dmar_fault sid 0x10 fault 34 addr 0x3 write 0\n" ONE_PAGE;
	imported *im = import_text(log, -1, NULL);

	CU_ASSERT_TRUE_FATAL(im->ok);
	CHECK_EQ(count_kind(im, IOM_TRACE_DMA), 4); /* 34 is of interrupt remapping */
	CHECK_EQ(nth(im, IOM_TRACE_DMA, 1).expect, IOM_TRACE_EXPECT_FAULT);
	CHECK_EQ(nth(im, IOM_TRACE_DMA, 1).value, 6);
	CHECK_EQ(walk(im, 1, 0x30000, 3, 0xffffe000, 1), 0);
	CHECK_EQ(word_at_dma(im, 2, context_pointer(im, 2) + 0x100) & 1, 0);
	CU_ASSERT_TRUE(nth(im, IOM_TRACE_DMA, 2).flags & IOM_TRACE_WRITE);
	CHECK_EQ(walk(im, 3, 0x30000, 3, 0xffffe000, 1), 0x72f1003);
	imported_free(im);
}

/* Scalable mode: context, PASID directory and table, then tables of either form. */
static uint64_t pasid_entry(const imported *im, unsigned n, unsigned word)
{
	uint64_t context = context_pointer(im, n) + 0x10 * 32;
	uint64_t dir = word_at_dma(im, n, context) & ~UINT64_C(0xfff);
	uint64_t table = word_at_dma(im, n, dir) & ~UINT64_C(0xfff);

	return word_at_dma(im, n, table + word * 8);
}

static void scalable_second_stage(void)
{
	imported *im = import_text(SCALABLE CONTEXT("0x30401", "0x0")
					   PAGE("0xffffe040", "0x72f1003", "0x4")
						   DMA("0xffffe000", "0x72f1000", "0xfff"),
				   -1, NULL);
	uint64_t e;

	CU_ASSERT_TRUE_FATAL(im->ok);
	e = pasid_entry(im, 0, 0);
	CHECK_EQ(e & 0xfff, 0x89); /* P, 48-bit, second stage */
	CHECK_EQ(pasid_entry(im, 0, 1), 4);
	CHECK_EQ(walk(im, 0, e & ~UINT64_C(0xfff), 4, 0xffffe000, 1), 0x72f1003);
	CHECK_EQ(header_register(im, 0x8), 0xd2008c222f0606);
	CHECK_EQ(header_register(im, 0x10), 0x480080f00f4a);
	imported_free(im);
}

static void scalable_first_stage(void)
{
	static const char log[] = SCALABLE CONTEXT("0x30401", "0x0")
		PAGE("0xffffe040", "0x72f1067", "0x4") DMA("0xffffe000", "0x72f1000", "0xfff")
			REG("0x88", "0x20") DESC("0", "p-iotlb", "0xffffe040", "0x40036")
				PAGE("0xffffe040", "0x72f2025", "0x4")
					DMA("0xffffe000", "0x72f2000", "0xfff");
	imported *im = import_text(log, -1, NULL);
	uint64_t root;

	CU_ASSERT_TRUE_FATAL(im->ok);
	CHECK_EQ(pasid_entry(im, 0, 0), 0x41);
	root = pasid_entry(im, 0, 2);
	CHECK_EQ(walk(im, 0, root, 4, 0xffffe000, 1), 0x72f1067);
	CHECK_EQ(walk(im, 1, root, 4, 0xffffe000, 1), 0x72f2025);
	CHECK_EQ(nth(im, IOM_TRACE_DMA, 1).perm, IOM_READ);
	CHECK_EQ(header_register(im, 0x10) >> 46 & 3, 2); /* FSTS, no SSTS */
	/* 256-bit descriptors. */
	CHECK_EQ(word_at_write(im, 0x88, 1, 0x20000), 0x40036);
	imported_free(im);
}

/*
 * QEMU 7.2 says nothing about descriptors of the PASID cache and of the PASID-based
 * IOTLB but that it fetched one; what the slot holds later may be another's.
 */
static void descriptors_without_words(void)
{
	static const char log[] =
		SCALABLE REG("0x88", "0x40") "vtd_inv_qi_head read head 0\n" DESC("1", "wait",
										  "0x1000", "0x25")
			REG("0x88", "0x80") "vtd_inv_qi_head read head 2\n" DESC("3", "wait",
										 "0x1000", "0x25");
	imported *im = import_text(log, -1,
				   "0x20000 0x37 invalidation-queue\n"
				   "0x20040 0x40036 invalidation-queue\n");

	CU_ASSERT_TRUE_FATAL(im->ok);
	CHECK_EQ(word_at_write(im, 0x88, 1, 0x20000), 0x37);
	CHECK_EQ(word_at_write(im, 0x88, 1, 0x20020), 0x25);
	CHECK_EQ(word_at_write(im, 0x88, 2, 0x20040), 0xd2);
	CHECK_EQ(im->report.made_up, 1);
	imported_free(im);
}

static void the_queue_wraps(void)
{
	static const char log[] = LEGACY REG("0x88", "0x10") DESC("255", "iotlb", "0x0", "0xd2")
		DESC("0", "wait", "0x1000", "0x25");
	imported *im = import_text(log, -1, NULL);

	CU_ASSERT_TRUE_FATAL(im->ok);
	CHECK_EQ(word_at_write(im, 0x88, 1, 0x20ff0), 0xd2);
	CHECK_EQ(word_at_write(im, 0x88, 1, 0x20000), 0x25);
	imported_free(im);
}

/* A late log: the queue is taken up where the log does, renumbered from 0. */
static void a_log_that_starts_late(void)
{
	static const char log[] = REG("0x88", "0x30") DESC("1", "wait", "0x1000", "0x25")
		DESC("2", "wait", "0x1004", "0x25") ONE_PAGE;
	imported *im = import_text(log, -1,
				   "0x10000 0x11001 root\n"
				   "0x20000 0x25 invalidation-queue\n");

	CU_ASSERT_TRUE_FATAL(im->ok);
	CHECK_EQ(nth_write(im, 0x20, 0).value, 0x10000);
	CHECK_EQ(nth_write(im, 0x90, 0).value, 0x20000);
	CHECK_EQ(nth_write(im, 0x88, 1).value, 0x20);
	CHECK_EQ(word_at_write(im, 0x88, 1, 0x20018), 0x1004);
	CHECK_EQ(walk(im, 0, 0x30000, 3, 0xffffe000, 1), 0x72f1003);
	imported_free(im);
}

/* A context that was assumed and turns out to be another is invalidated. */
static void a_guess_is_taken_back(void)
{
	static const char log[] = REG("0x88", "0x30") DESC("2", "wait", "0x1000", "0x25")
		PAGE("0xffffe040", "0x72f1003", "0x4") DMA("0xffffe000", "0x72f1000", "0xfff")
			ONE_PAGE REG("0x88", "0x40") DESC("3", "wait", "0x1004", "0x25");
	imported *im = import_text(log, -1, "0x20000 0x25 invalidation-queue\n");

	CU_ASSERT_TRUE_FATAL(im->ok);
	CHECK_EQ(nth_write(im, 0x88, 1).value, 0x10);
	CHECK_EQ(nth_write(im, 0x88, 2).value, 0x30);
	CHECK_EQ(word_at_write(im, 0x88, 2, 0x20010), 0x11);
	CHECK_EQ(word_at_write(im, 0x88, 2, 0x20020), 0xd2);
	CHECK_EQ(nth_write(im, 0x88, 3).value, 0x40);
	CHECK_EQ(word_at_write(im, 0x88, 3, 0x20038), 0x1004);
	CHECK_EQ(walk(im, 1, 0x30000, 3, 0xffffe000, 1), 0x72f1003);
	imported_free(im);
}

static void a_reset_of_the_machine(void)
{
	static const char pt[] = LEGACY ONE_PAGE "vtd_switch_address_space Device 00:02.0 "
						 "switching address space (iommu enabled=0)\n";
	static const char reset[] = LEGACY ONE_PAGE "vtd_context_cache_reset \n"
						    "vtd_switch_address_space Device 00:02.0 "
						    "switching address space (iommu enabled=0)\n";
	imported *im = import_text(pt, -1, NULL);

	/* One device alone is switched off when it is passed through. */
	CU_ASSERT_TRUE_FATAL(im->ok);
	CHECK_EQ(nth_write(im, 0x18, 3).kind, 0);
	imported_free(im);
	im = import_text(reset, -1, NULL);
	CU_ASSERT_TRUE_FATAL(im->ok);
	CHECK_EQ(nth_write(im, 0x18, 3).kind, (uint64_t)IOM_TRACE_REG_WRITE);
	CHECK_EQ(nth_write(im, 0x18, 3).value, 0);
	imported_free(im);
}

static void capabilities_can_be_given(void)
{
	iom_import_options options = {
		.have_cap = true, .cap = 0x123, .have_haw = true, .haw = 46
	};
	imported *im = import_with(LEGACY ONE_PAGE, -1, NULL, &options);

	CU_ASSERT_TRUE_FATAL(im->ok);
	CHECK_EQ(header_register(im, 0x8), 0x123);
	CHECK_EQ(im->haw, 46);
	imported_free(im);
}

static const iom_test tests[] = {
	{ "leaves before their use", leaves_before_their_use },
	{ "intermediate tables of the run are used", intermediate_tables_of_the_run_are_used },
	{ "cleared at the invalidation", cleared_at_the_invalidation },
	{ "large pages", large_pages },
	{ "table pages are used again", table_pages_are_used_again },
	{ "pass-through and translation off", pass_through_and_translation_off },
	{ "faults", faults },
	{ "scalable mode, second stage", scalable_second_stage },
	{ "scalable mode, first stage", scalable_first_stage },
	{ "descriptors without words", descriptors_without_words },
	{ "the queue wraps", the_queue_wraps },
	{ "a log that starts late", a_log_that_starts_late },
	{ "a guess is taken back", a_guess_is_taken_back },
	{ "a reset of the machine", a_reset_of_the_machine },
	{ "capabilities can be given", capabilities_can_be_given },
	{ NULL, NULL },
};
const iom_suite import_vtd_suite = { "import-vtd", tests };
