/* SPDX-License-Identifier: MIT */
/* Import of QEMU logs: lines, prefixes, bad input. */
#include "sim/import/qemu-event.h"
#include "tests/harness.h"
#include "tests/sim/import-bench.h"

#include <string.h>

#define READ "smmuv3_read_mmio addr: 0x0 val:0xd40101a size: 0x4(0)"
#define VTD "vtd_reg_write addr 0x88 size 0x4 value 0x40"

static iom_qemu_line parse(const char *line, iom_qemu_event *event)
{
	iom_qemu_names names;

	iom_qemu_names_init(&names);
	memset(event, 0, sizeof(*event));
	return iom_qemu_parse(&names, line, strlen(line), event);
}

/* Lines as QEMU versions from 4.2 to 11 print them. */
static void forms_of_events(void)
{
	static const struct {
		const char *line;
		iom_qemu_id id;
		uint32_t have;
		uint64_t f[6];
	} cases[] = {
		{ READ, IOM_QEMU_SMMU_READ, 7, { 0, 0xd40101a, 4 } },
		{ "12345@1700000000.123456:" READ, IOM_QEMU_SMMU_READ, 7, { 0, 0xd40101a, 4 } },
		{ "2026-01-31T12:34:56.789012Z " READ, IOM_QEMU_SMMU_READ, 7, { 0, 0xd40101a, 4 } },
		{ READ "\r", IOM_QEMU_SMMU_READ, 7, { 0, 0xd40101a, 4 } },
		{ "smmu_iotlb_lookup_hit IOTLB cache HIT asid=2 addr=0x1000 hit=3 miss=1 hit "
		  "rate=7",
		  IOM_QEMU_SMMU_LOOKUP_HIT,
		  5,
		  { 2, 0, 0x1000 } },
		{ "smmu_iotlb_lookup_hit IOTLB cache HIT asid=-1 vmid=3 addr=0x1000 hit=3 miss=1",
		  IOM_QEMU_SMMU_LOOKUP_HIT,
		  7,
		  { UINT64_MAX, 3, 0x1000 } },
		{ "smmu_iotlb_cache_miss IOTLB cache MISS asid=1 addr=0x2000 hit=0 miss=1 hit "
		  "rate=0",
		  IOM_QEMU_SMMU_LOOKUP_MISS,
		  5,
		  { 1, 0, 0x2000 } },
		{ "smmuv3_translate_success smmuv3-iommu-memory-region-8-1 sid=16 iova=0x1 "
		  "translated=0x2 perm=0x3",
		  IOM_QEMU_SMMU_SUCCESS,
		  0xf,
		  { 16, 1, 2, 3 } },
		{ "smmuv3_translate_success smmuv3-iommu-memory-region-8-1 sid=0x10 iova=0x1 "
		  "translated=0x2 perm=0x3 stage=2",
		  IOM_QEMU_SMMU_SUCCESS,
		  0x1f,
		  { 16, 1, 2, 3, 2 } },
		{ "smmuv3_cmdq_cfgi_ste streamid= 0x10", IOM_QEMU_SMMU_CFGI_STE, 1, { 16 } },
		{ "smmuv3_cmdq_cfgi_ste streamid =16", IOM_QEMU_SMMU_CFGI_STE, 1, { 16 } },
		{ "smmuv3_cmdq_cfgi_cd streamid = 24", IOM_QEMU_SMMU_CFGI_CD, 1, { 24 } },
		{ "smmuv3_cmdq_cfgi_cd sid=0x18", IOM_QEMU_SMMU_CFGI_CD, 1, { 24 } },
		{ "smmuv3_config_cache_hit Config cache HIT for sid 8 (hits=1, misses=1, hit "
		  "rate=5)",
		  IOM_QEMU_SMMU_CFG_HIT,
		  1,
		  { 8 } },
		{ "smmuv3_cmdq_tlbi_nh ", IOM_QEMU_SMMU_TLBI_NH, 0, { 0 } },
		{ "smmuv3_cmdq_tlbi_nh vmid=2", IOM_QEMU_SMMU_TLBI_NH, 1, { 2 } },
		{ "smmu_ptw_level level=2 iova=0x3 subpage_sz=0x200000 baseaddr=0x4 offset=5 => "
		  "pte=0x6",
		  IOM_QEMU_SMMU_PTW_LEVEL,
		  0x1e,
		  { 0, 2, 3, 0x200000, 4 } },
		{ "smmuv3_decode_cd_tt TT[1]:tsz:25 ttb:0x5000 granule_sz:14",
		  IOM_QEMU_SMMU_DECODE_TT,
		  0xf,
		  { 1, 25, 0x5000, 14 } },
		{ "smmuv3_propagate_event SMMU_EVT_F_TRANSLATION sid=0x20",
		  IOM_QEMU_SMMU_EVENT,
		  1,
		  { 0x20 } },
		{ VTD, IOM_QEMU_VTD_WRITE, 7, { 0x88, 4, 0x40 } },
		{ "vtd_dmar_translate dev 1c:1f.07 iova 0xffffe000 -> gpa 0x72f1000 mask 0xfff",
		  IOM_QEMU_VTD_TRANSLATE,
		  0x3f,
		  { 0x1c, 0x1f, 7, 0xffffe000, 0x72f1000, 0xfff } },
		{ "vtd_iotlb_page_update IOTLB page update sid 0x10 iova 0x1 slpte 0x2 domain 0x3",
		  IOM_QEMU_VTD_PAGE,
		  0xf,
		  { 0x10, 1, 2, 3 } },
		{ "vtd_iotlb_page_hit IOTLB page hit sid 0x10 iova 0x1 pte 0x2 domain 0x3",
		  IOM_QEMU_VTD_PAGE,
		  0xf,
		  { 0x10, 1, 2, 3 } },
		{ "vtd_inv_desc invalidate desc type context-cache high 0x1 low 0x2",
		  IOM_QEMU_VTD_DESC,
		  3,
		  { 1, 2 } },
		{ "vtd_dmar_fault sid 0x10 fault 5 addr 0x1000 write 1",
		  IOM_QEMU_VTD_FAULT,
		  0xf,
		  { 0x10, 5, 0x1000, 1 } },
	};
	iom_qemu_event e;

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		CHECK_EQ(parse(cases[i].line, &e), IOM_QEMU_LINE_EVENT);
		CHECK_EQ(e.id, cases[i].id);
		CHECK_EQ(e.have, cases[i].have);
		for (unsigned k = 0; k < 6; k++)
			CHECK_EQ(e.f[k], cases[i].f[k]);
	}
}

static void lines_that_are_no_known_event(void)
{
	iom_qemu_event e;

	CHECK_EQ(parse("", &e), IOM_QEMU_LINE_OTHER);
	CHECK_EQ(parse("hello world", &e), IOM_QEMU_LINE_OTHER);
	CHECK_EQ(parse("[    0.000000] Linux_version 6", &e), IOM_QEMU_LINE_OTHER);
	CHECK_EQ(parse("pci_nvme_read cid 3", &e), IOM_QEMU_LINE_UNKNOWN);
	CHECK_EQ(e.text_len, strlen("pci_nvme_read"));
	CHECK_EQ(parse("smmuv3_get_stex STE addr: 0x1", &e), IOM_QEMU_LINE_UNKNOWN);
	CHECK_EQ(parse("smmuv3_get_ste STE addr:", &e), IOM_QEMU_LINE_DAMAGED);
	CHECK_EQ(parse("vtd_dmar_translate dev 00:02", &e), IOM_QEMU_LINE_DAMAGED);
}

static void unknown_lines_are_counted(void)
{
	imported *im = import_text(READ "\npci_nvme_read cid 3\npci_nvme_read cid 4\nfree text\n"
					"smmuv3_get_ste STE addr\n" READ "\n",
				   -1, NULL);
	const uint64_t *n = g_hash_table_lookup(im->report.unknown, "pci_nvme_read");
	GString *text = g_string_new(NULL);

	CU_ASSERT_TRUE_FATAL(im->ok);
	CHECK_EQ(im->report.lines, 6);
	CHECK_EQ(im->report.known, 2);
	CHECK_EQ(im->report.damaged, 1);
	CHECK_EQ(im->report.other, 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(n);
	CHECK_EQ(*n, 2);
	iom_import_report_print(&im->report, "LOG", text);
	CU_ASSERT_PTR_NOT_NULL(strstr(text->str, "2 lines of 1 unknown events: pci_nvme_read (2)"));
	g_string_free(text, TRUE);
	imported_free(im);
}

static void refused(const char *log, gssize len, const char *tables, const char *why)
{
	imported *im = import_text(log, len, tables);

	CU_ASSERT_FALSE(im->ok);
	CU_ASSERT_PTR_NOT_NULL(strstr(im->message, why));
	CU_ASSERT_PTR_NULL(strchr(im->message, '\n'));
	CU_ASSERT_PTR_NULL(im->bytes);
	imported_free(im);
}

static void bad_input_is_refused(void)
{
	refused("", -1, NULL, "no event");
	refused("The quick brown fox\n", -1, NULL, "no event");
	refused("sched_switch: prev=3\nkvm_exit reason 1\n", -1, NULL, "no event");
	refused("\0\0\0\n\1\2\n", 6, NULL, "no event");
	refused(READ "\n" VTD "\n", -1, NULL, "log:2: an event of a VT-d unit");
	refused(VTD "\n" READ "\n", -1, NULL, "log:2: an event of an SMMUv3");
	refused(READ "\n", -1, "0x1000 0x1 pt\n0x1008 0x2\n",
		"tables:2: expected `ADDRESS VALUE KIND`");
	refused(READ "\n", -1, "0x1001 0x1 pt\n", "tables:1: expected");
	refused(READ "\n", -1, "0x1000 zebra pt\n", "tables:1: expected");
	refused(READ "\n", -1, "0x1000 0x11111111111111111 pt\n", "tables:1: expected");
	refused(READ "\n", -1, "0x1000 0x1 pt more\n", "tables:1: expected");
}

static void tables_may_have_comments(void)
{
	imported *im =
		import_text(READ "\n", -1, "# words\n\n  1000 0x1 pt\r\n0x1008\t2\todd-kind\n");

	CU_ASSERT_TRUE_FATAL(im->ok);
	CHECK_EQ(count_kind(im, IOM_TRACE_MEM_WRITE), 2);
	imported_free(im);
}

/* Every cut of a log loses at most the line that it cuts. */
static void any_cut_is_survived(void)
{
	static const char log[] =
		VTD "\nvtd_inv_qi_head read head 0\n"
		    "vtd_inv_desc invalidate desc type wait high 0x1000 low 0x25\n"
		    "vtd_dmar_translate dev 00:02.00 iova 0x1000 -> gpa 0x2000 "
		    "mask 0xfff\n" VTD "\n";

	for (gssize n = (gssize)strlen(VTD) + 1; n <= (gssize)strlen(log); n++) {
		imported *im = import_text(log, n, NULL);
		uint64_t lines = 0;

		for (gssize i = 0; i < n; i++)
			lines += log[i] == '\n';
		CU_ASSERT_TRUE(im->ok);
		CHECK_EQ(im->report.known, lines);
		CHECK_EQ(im->report.cut, log[n - 1] != '\n');
		CHECK_EQ(im->report.dma, lines >= 4);
		imported_free(im);
	}
}

static void the_same_log_gives_the_same_bytes(void)
{
	imported *a = import_text(READ "\n", -1, "0x41000000 0x5 strtab\n");
	imported *b = import_text(READ "\n", -1, "0x41000000 0x5 strtab\n");

	CU_ASSERT_TRUE_FATAL(a->ok && b->ok);
	CU_ASSERT_TRUE(g_bytes_equal(a->bytes, b->bytes));
	imported_free(a);
	imported_free(b);
}

static const iom_test tests[] = {
	{ "forms of events", forms_of_events },
	{ "lines that are no known event", lines_that_are_no_known_event },
	{ "unknown lines are counted", unknown_lines_are_counted },
	{ "bad input is refused", bad_input_is_refused },
	{ "tables may have comments", tables_may_have_comments },
	{ "any cut is survived", any_cut_is_survived },
	{ "the same log gives the same bytes", the_same_log_gives_the_same_bytes },
	{ NULL, NULL },
};
const iom_suite import_suite = { "import", tests };
