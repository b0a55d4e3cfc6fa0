/* SPDX-License-Identifier: MIT */
/* Import of QEMU logs of an SMMUv3: which words are in memory when they are needed. */
#include "tests/harness.h"
#include "tests/sim/import-bench.h"

#include <string.h>

#define IDS \
	"smmuv3_read_mmio addr: 0x0 val:0xd44101b size: 0x4(0)\n" \
	"smmuv3_read_mmio addr: 0x14 val:0x74 size: 0x4(0)\n"
/* A two-level stream table at 0x41000000, a queue of 16 commands at 0x42000000. */
#define SETUP \
	"smmuv3_write_mmio addr: 0x80 val:0x4000000041000000 size: 0x8(0)\n" \
	"smmuv3_write_mmio addr: 0x88 val:0x10210 size: 0x4(0)\n" \
	"smmuv3_write_mmio addr: 0x90 val:0x4000000042000004 size: 0x8(0)\n" \
	"smmuv3_write_mmio addr: 0x98 val:0x0 size: 0x4(0)\n" \
	"smmuv3_write_mmio addr: 0x9c val:0x0 size: 0x4(0)\n" \
	"smmuv3_write_mmio addr: 0x20 val:0xd size: 0x4(0)\n"
#define CONFIG_S1(sid, ste, cd, ttb, asid) \
	"smmuv3_config_cache_miss Config cache MISS for sid=" sid \
	" (hits=0, misses=1, hit rate=0)\n" \
	"smmuv3_find_ste sid=" sid " features:0x1, sid_split:0x8\n" \
	"smmuv3_find_ste_2lvl strtab_base:0x4000000041000000 l1ptr:0x41000000 l1_off:0x0, " \
	"l2ptr:0x41100000 l2_off:0x8 max_l2_ste:511\n" \
	"smmuv3_get_ste STE addr: " ste "\n" \
	"smmuv3_get_cd CD addr: " cd "\n" \
	"smmuv3_decode_cd oas=44\n" \
	"smmuv3_decode_cd_tt TT[0]:tsz:16 ttb:" ttb " granule_sz:12 had:0\n"
#define HIT(sid) \
	"smmuv3_config_cache_hit Config cache HIT for sid=" sid " (hits=1, misses=1, hit " \
	"rate=50)\n"
#define LOOKUP(what, asid, addr) \
	"smmu_iotlb_lookup_" what " IOTLB cache X asid=" asid " addr=" addr \
	" hit=0 miss=1 hit rate=0\n"
#define PTE(addr, pte) "smmu_get_pte baseaddr=0x0 index=0x0, pteaddr=" addr ", pte=" pte "\n"
#define INSERT(asid, addr) "smmu_iotlb_insert IOTLB ++ asid=" asid " addr=" addr " tg=1 level=3\n"
#define SUCCESS(sid, iova, pa) \
	"smmuv3_translate_success smmuv3-iommu-memory-region-8-1 sid=" sid " iova=" iova \
	" translated=" pa " perm=0x3\n"
#define WALK(asid, page, t3, leaf_at, leaf) \
	LOOKUP("miss", asid, page) \
	PTE("0x43000000", "0x43001003") \
	PTE("0x43001000", "0x43002003") \
	PTE("0x43002000", t3) \
	PTE(leaf_at, leaf) \
	INSERT(asid, page)
#define CMDQ(cons, name) \
	"smmuv3_cmdq_consume prod=3 cons=" cons " prod.wrap=0 cons.wrap=0\n" \
	"smmuv3_cmdq_opcode <--- SMMU_CMD_" name "\n"
#define PROD(val) "smmuv3_write_mmio addr: 0x98 val:" val " size: 0x4(0)\n"

static const char one_dma[] =
	IDS SETUP CONFIG_S1("0x8", "0x41100200", "0x44000000", "0x43000000", "1")
		WALK("1", "0x1000", "0x43003003", "0x43003008", "0x45000f47")
			SUCCESS("0x8", "0x1000", "0x45000000");

static void tables_come_from_the_log(void)
{
	imported *im = import_text(one_dma, -1, NULL);
	iom_trace_record dma = nth(im, IOM_TRACE_DMA, 0);

	CU_ASSERT_TRUE_FATAL(im->ok);
	CHECK_EQ(im->kind, IOM_KIND_SMMUV3);
	CHECK_EQ(header_register(im, 0), 0xd44101b);
	CHECK_EQ(header_register(im, 0x14), 0x74);
	CHECK_EQ(count_kind(im, IOM_TRACE_DMA), 1);
	CHECK_EQ(dma.requester, 8);
	CHECK_EQ(dma.address, 0x1000);
	CHECK_EQ(dma.value, 0x45000000);
	CHECK_EQ(dma.expect, IOM_TRACE_EXPECT_ADDRESS | IOM_TRACE_EXPECT_PERM);
	CHECK_EQ(dma.perm, IOM_READ | IOM_WRITE);
	CHECK_EQ(dma.flags & IOM_TRACE_PRIVILEGED, 0);
	CHECK_EQ(word_at_dma(im, 0, 0x43003008), 0x45000f47);
	CHECK_EQ(word_at_dma(im, 0, 0x43000000), 0x43001003);
	/* L1STD: pointer and Span 9; STE: V, stage 1, the CD; CD: V, AA64, T0SZ 16, EPD1. */
	CHECK_EQ(word_at_dma(im, 0, 0x41000000), 0x41100009);
	CHECK_EQ(word_at_dma(im, 0, 0x41100200), 0x4400000b);
	CHECK_EQ(word_at_dma(im, 0, 0x44000000) & 0xffff0200c000403f, 0x0001020080000010 | 1 << 30);
	CHECK_EQ(word_at_dma(im, 0, 0x44000008), 0x43000000);
	CHECK_EQ(nth_write(im, 0x20, 0).value, 0xd);
	imported_free(im);
}

static void final_words_that_agree_are_kept(void)
{
	imported *im = import_text(one_dma, -1,
				   "0x41000000 0x41100009 strtab\n"
				   "0x41100200 0x4400000b ste\n"
				   "0x41100208 0xd6 ste\n"
				   "0x44000000 0x1e204c0003510 cd\n"
				   "0x44000008 0x43000000 cd\n"
				   "0x44000018 0x1234 cd\n");

	CU_ASSERT_TRUE_FATAL(im->ok);
	CHECK_EQ(writes_of(im, 0x41000000), 1);
	CHECK_EQ(writes_of(im, 0x41100200), 1);
	CHECK_EQ(word_at_dma(im, 0, 0x44000000), 0x1e204c0003510);
	CHECK_EQ(word_at_dma(im, 0, 0x44000018), 0x1234);
	imported_free(im);
}

/* Unbound, bound again: another CD; the STE was abort in the end. */
static void configurations_change(void)
{
	static const char log[] = SETUP CONFIG_S1("0x8", "0x41100200", "0x44000000", "0x43000000",
						  "1") WALK("1", "0x1000", "0x43003003",
							    "0x43003008",
							    "0x45000f47") SUCCESS("0x8", "0x1000",
										  "0x45000000")
		CMDQ("0", "CFGI_STE") "smmuv3_cmdq_cfgi_ste streamid= 0x8\n" PROD(
			"0x1") "smmuv3_config_cache_miss Config cache MISS for sid=0x8 (hits=0, "
			       "misses=2)\n"
			       "smmuv3_get_ste STE addr: 0x41100200\n"
			       "smmuv3_translate_bypass NAME sid=0x8 STE bypass iova:0x45001000 "
			       "is_write=1\n" CONFIG_S1("0x8", "0x41100200", "0x44001000",
							"0x46000000", "2")
				       LOOKUP("miss", "2", "0x1000")
					       PTE("0x46000000",
						   "0x0") "smmu_ptw_invalid_pte stage=1 level=0 "
							  "base@=0x46000000 pte@=0x46000000 "
							  "offset=0 pte=0x0\n"
							  "smmuv3_record_event "
							  "SMMU_EVT_F_TRANSLATION sid=0x8\n"
							  "smmuv3_config_cache_miss Config cache "
							  "MISS for sid=0x8 (hits=0, misses=3)\n"
							  "smmuv3_get_ste STE addr: 0x41100200\n"
							  "smmuv3_translate_abort NAME sid=0x8 "
							  "abort on iova:0x1000 is_write=0\n";
	imported *im = import_text(log, -1, "0x41100200 0x1 ste\n");

	CU_ASSERT_TRUE_FATAL(im->ok);
	CHECK_EQ(count_kind(im, IOM_TRACE_DMA), 4);
	CHECK_EQ(word_at_dma(im, 0, 0x41100200), 0x4400000b);
	CHECK_EQ(word_at_dma(im, 1, 0x41100200), 9);
	CHECK_EQ(nth(im, IOM_TRACE_DMA, 1).value, 0x45001000);
	CHECK_EQ(word_at_dma(im, 2, 0x41100200), 0x4400100b);
	CHECK_EQ(word_at_dma(im, 2, 0x44001008), 0x46000000);
	CHECK_EQ(word_at_dma(im, 2, 0x44001000) >> 48, 2);
	CHECK_EQ(nth(im, IOM_TRACE_DMA, 2).value, 0x10);
	CHECK_EQ(nth(im, IOM_TRACE_DMA, 2).expect, IOM_TRACE_EXPECT_FAULT);
	CHECK_EQ(word_at_dma(im, 3, 0x41100200), 1);
	CHECK_EQ(nth(im, IOM_TRACE_DMA, 3).expect, IOM_TRACE_EXPECT_FAULT);
	CHECK_EQ(im->report.faults, 2);
	imported_free(im);
}

/* A table page is used again by another stream while the first still hits in the IOTLB. */
static void a_hit_finds_its_words_again(void)
{
	static const char log[] = SETUP CONFIG_S1("0x8", "0x41100200", "0x44000000", "0x43000000",
						  "1") WALK("1", "0x1000", "0x43003003",
							    "0x43003008", "0x45000f47")
		SUCCESS("0x8", "0x1000", "0x45000000") CONFIG_S1("0x10", "0x41100400", "0x44001000",
								 "0x43000000", "2")
			WALK("2", "0x1000", "0x43003003", "0x43003008",
			     "0x46000f47") SUCCESS("0x10", "0x1000", "0x46000000") HIT("0x8")
				LOOKUP("hit", "1", "0x1234") SUCCESS("0x8", "0x1234", "0x45000234")
					HIT("0x8") LOOKUP("hit", "1", "0x1238")
						SUCCESS("0x8", "0x1238", "0x45000238");
	imported *im = import_text(log, -1, NULL);

	CU_ASSERT_TRUE_FATAL(im->ok);
	CHECK_EQ(word_at_dma(im, 0, 0x43003008), 0x45000f47);
	CHECK_EQ(word_at_dma(im, 1, 0x43003008), 0x46000f47);
	CHECK_EQ(word_at_dma(im, 2, 0x43003008), 0x45000f47);
	CHECK_EQ(writes_of(im, 0x43003008), 3);
	CHECK_EQ(nth(im, IOM_TRACE_DMA, 2).value, 0x45000234);
	imported_free(im);
}

/* A CD page that became a page table must be a CD again for a cached configuration. */
static void a_cached_configuration_finds_its_words_again(void)
{
	static const char log[] =
		SETUP CONFIG_S1("0x8", "0x41100200", "0x44000000", "0x43000000",
				"1") WALK("1", "0x1000", "0x43003003", "0x43003008",
					  "0x45000f47") SUCCESS("0x8", "0x1000", "0x45000000")
			CONFIG_S1("0x10", "0x41100400", "0x44001000", "0x43000000", "2")
				WALK("2", "0x1000", "0x44000003", "0x44000008", "0x46000f47")
					SUCCESS("0x10", "0x1000", "0x46000000") HIT("0x8")
						LOOKUP("hit", "1", "0x1000")
							SUCCESS("0x8", "0x1000", "0x45000000");
	imported *im = import_text(log, -1, NULL);

	CU_ASSERT_TRUE_FATAL(im->ok);
	CHECK_EQ(word_at_dma(im, 1, 0x44000008), 0x46000f47);
	CHECK_EQ(word_at_dma(im, 2, 0x44000008), 0x43000000);
	imported_free(im);
}

/* Beyond the range of TTB0 nothing is looked up, and no line tells the address. */
static void a_fault_without_an_address(void)
{
	static const char log[] =
		SETUP CONFIG_S1("0x8", "0x41100200", "0x44000000", "0x43000000",
				"1") "smmuv3_record_event SMMU_EVT_F_TRANSLATION "
				     "sid=0x8\n" HIT("0x8") "smmuv3_record_event "
							    "SMMU_EVT_F_PERMISSION sid=0x8\n";
	imported *im = import_text(log, -1, NULL);

	CU_ASSERT_TRUE_FATAL(im->ok);
	CHECK_EQ(count_kind(im, IOM_TRACE_DMA), 1);
	CHECK_EQ(nth(im, IOM_TRACE_DMA, 0).address, UINT64_C(1) << 48);
	CHECK_EQ(nth(im, IOM_TRACE_DMA, 0).value, 0x10);
	CHECK_EQ(im->report.placed, 1);
	CHECK_EQ(im->report.left_out, 1);
	imported_free(im);
}

static void leaves_for_privileged_accesses(void)
{
	static const char log[] = SETUP CONFIG_S1("0x8", "0x41100200", "0x44000000", "0x43000000",
						  "1") LOOKUP("miss", "1", "0x1000")
		PTE("0x43003008",
		    "0x45000f07") "smmu_ptw_page_pte stage=1 level=3 iova=0x1000 base@=0x43003000 "
				  "pte@=0x43003008 "
				  "pte=0x45000f07 page address = 0x45000000\n" INSERT("1", "0x1000")
					  SUCCESS("0x8", "0x1000", "0x45000000") HIT("0x8")
						  LOOKUP("hit", "1", "0x1008")
							  SUCCESS("0x8", "0x1008", "0x45000008");
	imported *im = import_text(log, -1, NULL);

	CU_ASSERT_TRUE_FATAL(im->ok);
	CU_ASSERT_TRUE(nth(im, IOM_TRACE_DMA, 0).flags & IOM_TRACE_PRIVILEGED);
	CU_ASSERT_TRUE(nth(im, IOM_TRACE_DMA, 1).flags & IOM_TRACE_PRIVILEGED);
	imported_free(im);
}

/* Stage 2 alone: QEMU 10 calls the ASID -1. */
static void stage_two(void)
{
	static const char log[] = SETUP
		"smmuv3_config_cache_miss Config cache MISS for sid=0x8 (hits=0, misses=1)\n"
		"smmuv3_get_ste STE addr: 0x41100200\n"
		"smmu_iotlb_lookup_miss IOTLB cache MISS asid=-1 vmid=3 addr=0x40001040 hit=0\n"
		"smmu_get_pte baseaddr=0x46000000 index=0x1, pteaddr=0x46000008, pte=0x46001003\n"
		"smmu_ptw_level stage=2 level=1 iova=0x40001040 subpage_sz=0x40000000 "
		"baseaddr=0x46000000 offset=1 => pte=0x46001003\n"
		"smmu_get_pte baseaddr=0x46001000 index=0x0, pteaddr=0x46001000, pte=0x450006fd\n"
		"smmu_iotlb_insert IOTLB ++ asid=-1 vmid=3 addr=0x40000000 tg=1 level=2\n"
		"smmuv3_translate_success NAME sid=0x8 iova=0x40001040 translated=0x45001040 "
		"perm=0x2 stage=2\n";
	imported *im = import_text(log, -1, NULL);
	uint64_t word2;

	CU_ASSERT_TRUE_FATAL(im->ok);
	word2 = word_at_dma(im, 0, 0x41100210);
	CHECK_EQ(word_at_dma(im, 0, 0x41100200), 0xd);
	CHECK_EQ(word_at_dma(im, 0, 0x41100218), 0x46000000);
	CHECK_EQ(word2 & 0xffff, 3);
	CHECK_EQ(word2 >> 32 & 0x3f, 64 - 39); /* one table of level 1 */
	CHECK_EQ(word2 >> 38 & 3, 1);
	CHECK_EQ(nth(im, IOM_TRACE_DMA, 0).perm, IOM_WRITE);
	CU_ASSERT_TRUE(nth(im, IOM_TRACE_DMA, 0).flags & IOM_TRACE_WRITE);
	imported_free(im);
}

static void commands_come_from_the_tables_or_the_log(void)
{
	static const char log[] =
		SETUP CMDQ("0", "TLBI_NH_ASID") "smmuv3_cmdq_tlbi_nh_asid asid=5\n" CMDQ(
			"1",
			"TLBI_NH_VA") "smmuv3_s1_range_inval vmid=0 asid=7 addr=0xffff9000 tg=1 "
				      "num_pages=0x1 ttl=3 leaf=1\n"
				      "smmuv3_s1_range_inval vmid=0 asid=7 addr=0xffffa000 tg=1 "
				      "num_pages=0x2 ttl=3 leaf=1\n" CMDQ("2", "SYNC") PROD("0x3")
					      CMDQ("15",
						   "CFGI_STE_RANGE") "smmuv3_cmdq_cfgi_ste_"
								     "range start=0x0 - "
								     "end=0xffffffff\n" CMDQ(
									     "0",
									     "CFGI_CD") "smmu"
											"v3_"
											"cmdq"
											"_cfg"
											"i_"
											"cd "
											"sid="
											"0x18"
											"\n" PROD(
												"0x"
												"1"
												"1");
	/* Slot 0 holds a later command, slot 2 the SYNC as it was. */
	imported *im = import_text(log, -1,
				   "0x42000000 0x1800000005 cmdq\n"
				   "0x42000008 0x1 cmdq\n"
				   "0x42000020 0x3f00046 cmdq\n");

	CU_ASSERT_TRUE_FATAL(im->ok);
	CHECK_EQ(word_at_write(im, 0x98, 1, 0x42000000), UINT64_C(5) << 48 | 0x11);
	/* Three pages: NUM 2, SCALE 0. */
	CHECK_EQ(word_at_write(im, 0x98, 1, 0x42000010), UINT64_C(7) << 48 | 2 << 12 | 0x12);
	CHECK_EQ(word_at_write(im, 0x98, 1, 0x42000018), 0xffff9000 | 1 << 10 | 3 << 8 | 1);
	CHECK_EQ(word_at_write(im, 0x98, 1, 0x42000020), 0x3f00046);
	CHECK_EQ(word_at_write(im, 0x98, 2, 0x420000f0), 0x4);
	CHECK_EQ(word_at_write(im, 0x98, 2, 0x420000f8), 31);
	CHECK_EQ(word_at_write(im, 0x98, 2, 0x42000000), 0x1800000005);
	CHECK_EQ(im->report.commands, 5);
	CHECK_EQ(im->report.made_up, 3);
	imported_free(im);
}

static void page_one_registers_and_reads(void)
{
	imported *im = import_text("smmuv3_write_mmio addr: 0xac val:0x5 size: 0x4(0)\n"
				   "smmuv3_read_mmio addr: 0x24 val:0xd size: 0x4(0)\n"
				   "smmuv3_read_mmio addr: 0xa8 val:0x7 size: 0x4(0)\n",
				   -1, NULL);

	CU_ASSERT_TRUE_FATAL(im->ok);
	CHECK_EQ(nth_write(im, 0x100ac, 0).value, 5);
	CHECK_EQ(nth(im, IOM_TRACE_REG_READ, 0).flags & IOM_TRACE_EXPECT, IOM_TRACE_EXPECT);
	CHECK_EQ(nth(im, IOM_TRACE_REG_READ, 1).address, 0x100a8);
	CHECK_EQ(nth(im, IOM_TRACE_REG_READ, 1).flags & IOM_TRACE_EXPECT, 0);
	imported_free(im);
}

/* The log of a run that was already going: the tables tell where things are. */
static void a_log_that_starts_late(void)
{
	static const char log[] = CMDQ("9", "SYNC") PROD("0xa") HIT("0x8")
		LOOKUP("hit", "1", "0x1234") SUCCESS("0x8", "0x1234", "0x45000234");
	imported *im = import_text(log, -1,
				   "0x41000000 0x41100009 strtab\n"
				   "0x41100200 0x4400000b ste\n"
				   "0x42000010 0x46 cmdq\n");

	CU_ASSERT_TRUE_FATAL(im->ok);
	CHECK_EQ(nth_write(im, 0x80, 0).value, 0x41000000);
	CHECK_EQ(nth_write(im, 0x88, 0).value >> 16, 1);
	CHECK_EQ(nth_write(im, 0x90, 0).value, 0x42000008);
	CHECK_EQ(nth_write(im, 0x9c, 0).value, 9);
	CHECK_EQ(nth_write(im, 0x20, 0).value, 9);
	CHECK_EQ(word_at_write(im, 0x98, 1, 0x42000090), 0x46);
	CU_ASSERT_TRUE(im->report.notes->len >= 1);
	imported_free(im);
}

/* The leaf at the end of a 4-level walk from the TTB0 of stream 8 as it is at a DMA. */
static uint64_t walk_s1(const imported *im, unsigned n, uint64_t iova)
{
	uint64_t l1 = word_at_dma(im, n, 0x41000000) & ~UINT64_C(0x3f);
	uint64_t cd = word_at_dma(im, n, l1 + 0x200) & UINT64_C(0xffffffffffc0);
	uint64_t w = word_at_dma(im, n, cd + 8);

	for (unsigned shift = 39; shift >= 12; shift -= 9)
		w = word_at_dma(im, n,
				(w & UINT64_C(0xfffffffff000)) + (iova >> shift & 0x1ff) * 8);
	return w;
}

/* Nothing but hits of an IOTLB that was filled before the log began. */
static void walks_that_the_log_lacks(void)
{
	static const char log[] = SETUP HIT("0x8") LOOKUP("hit", "1", "0x1234")
		SUCCESS("0x8", "0x1234", "0x45000234") HIT("0x8")
			LOOKUP("hit", "1", "0x2000") "smmuv3_translate_success NAME sid=0x8 "
						     "iova=0x2000 translated=0x46000000 "
						     "perm=0x1\n";
	imported *im = import_text(log, -1, NULL);

	CU_ASSERT_TRUE_FATAL(im->ok);
	CHECK_EQ(walk_s1(im, 0, 0x1234), 0x45000f43);
	CHECK_EQ(walk_s1(im, 1, 0x2000), 0x46000fc3); /* read-only */
	CHECK_EQ(walk_s1(im, 1, 0x1234), 0x45000f43);
	imported_free(im);
}

/* Only the descriptors that were read are logged: the first lies in the new table. */
static void a_table_base_from_the_first_descriptor(void)
{
	static const char log[] = SETUP
		"smmu_get_pte baseaddr=0x43000000 index=0x0, pteaddr=0x43000000, "
		"pte=0x43001003\n" PTE("0x43001000", "0x43002003") PTE("0x43002000", "0x43003003")
			PTE("0x43003008", "0x45000f47") SUCCESS("0x8", "0x1000", "0x45000000")
				CMDQ("0", "CFGI_CD") "smmuv3_cmdq_cfgi_cd sid=0x8\n" PROD(
					"0x1") "smmu_get_pte baseaddr=0x47000000 index=0x0, "
					       "pteaddr=0x47000000, pte=0x43001003\n" PTE(
						       "0x43001000", "0x43002003")
						       PTE("0x43002000", "0x43003003")
							       PTE("0x43003008", "0x46000f47")
								       SUCCESS("0x8", "0x1000",
									       "0x46000000");
	imported *im = import_text(log, -1, NULL);

	CU_ASSERT_TRUE_FATAL(im->ok);
	CHECK_EQ(walk_s1(im, 0, 0x1000), 0x45000f47);
	CHECK_EQ(walk_s1(im, 1, 0x1000), 0x46000f47);
	/* The driver said so itself: no command of the importer's own. */
	CHECK_EQ(nth_write(im, 0x98, 2).kind, 0);
	imported_free(im);
}

/* A guess that turns out wrong is invalidated, and the queue shifted by that. */
static void a_guess_is_taken_back(void)
{
	static const char log[] = SETUP CMDQ("0", "SYNC") PROD("0x1") HIT("0x8")
		LOOKUP("hit", "1", "0x1234") SUCCESS("0x8", "0x1234", "0x45000234") HIT("0x8")
			LOOKUP("hit", "2", "0x1238") SUCCESS("0x8", "0x1238",
							     "0x45000238") CMDQ("1", "SYNC")
				PROD("0x2") "smmuv3_read_mmio addr: 0x9c val:0x2 size: 0x4(0)\n";
	imported *im = import_text(log, -1, NULL);

	CU_ASSERT_TRUE_FATAL(im->ok);
	CHECK_EQ(nth_write(im, 0x98, 2).value, 4);
	CHECK_EQ(word_at_write(im, 0x98, 2, 0x42000010), 4);
	CHECK_EQ(word_at_write(im, 0x98, 2, 0x42000020), 0x30);
	CHECK_EQ(nth_write(im, 0x98, 3).value, 5);
	CHECK_EQ(word_at_write(im, 0x98, 3, 0x42000040), 0x46);
	CHECK_EQ(nth(im, IOM_TRACE_REG_READ, 0).value, 5);
	imported_free(im);
}

static void a_log_that_ends_amid_commands(void)
{
	static const char log[] = SETUP CMDQ("0", "SYNC") CMDQ("1", "SYNC") "smmuv3_write_mm";
	imported *im = import_text(log, -1, NULL);

	CU_ASSERT_TRUE_FATAL(im->ok);
	CU_ASSERT_TRUE(im->report.cut);
	CHECK_EQ(nth_write(im, 0x98, 1).value, 2);
	CHECK_EQ(word_at_write(im, 0x98, 1, 0x42000010), 0x46);
	imported_free(im);
}

/* EDK2 uses the devices before, and a reset of the machine leaves no register write. */
static void translation_off(void)
{
	static const char disabled[] =
		"smmuv3_translate_disable NAME sid=0x8 bypass (smmu disabled) iova:0x5000 "
		"is_write=1\n";
	g_autofree char *log = g_strconcat(disabled, one_dma, disabled, NULL);
	imported *im = import_text(log, -1, NULL);

	CU_ASSERT_TRUE_FATAL(im->ok);
	CHECK_EQ(count_kind(im, IOM_TRACE_DMA), 3);
	CHECK_EQ(nth(im, IOM_TRACE_DMA, 0).value, 0x5000);
	CHECK_EQ(nth_write(im, 0x20, 1).value, 0);
	CHECK_EQ(nth_write(im, 0x20, 2).kind, 0);
	imported_free(im);
}

/* Nested: the CD's address and the tables' are input to stage 2. */
static void both_stages(void)
{
	static const char log[] = SETUP
		"smmuv3_config_cache_miss Config cache MISS for sid=0x8 (hits=0, misses=1)\n"
		"smmuv3_get_ste STE addr: 0x41100200\n"
		"smmuv3_get_cd CD addr: 0x7040\n"
		"smmu_iotlb_lookup_miss IOTLB cache MISS asid=-1 vmid=1 addr=0x7040 hit=0\n"
		"smmu_get_pte baseaddr=0x46000000 index=0x0, pteaddr=0x46000000, pte=0x450007fd\n"
		"smmu_ptw_level stage=2 level=2 iova=0x7040 subpage_sz=0x200000 "
		"baseaddr=0x46000000 offset=0 => pte=0x450007fd\n"
		"smmu_iotlb_insert IOTLB ++ asid=-1 vmid=1 addr=0x0 tg=1 level=2\n"
		"smmuv3_decode_cd oas=44\n"
		"smmu_iotlb_lookup_hit IOTLB cache HIT asid=-1 vmid=1 addr=0x9000 hit=1\n"
		"smmuv3_decode_cd_tt TT[0]:tsz:25 ttb:0x45009000 granule_sz:12 had:0\n"
		"smmu_iotlb_lookup_miss IOTLB cache MISS asid=4 vmid=1 addr=0x40000000 hit=0\n"
		"smmu_get_pte baseaddr=0x45009000 index=0x1, pteaddr=0x45009008, pte=0x60000741\n"
		"smmu_ptw_level stage=3 level=1 iova=0x40000000 subpage_sz=0x40000000 "
		"baseaddr=0x45009000 offset=1 => pte=0x60000741\n"
		"smmu_ptw_block_pte stage=3 level=1 base@=0x45009000 pte@=0x45009008 "
		"pte=0x60000741 iova=0x40000000 block address = 0x0 block size = 1024 MiB\n"
		"smmu_get_pte baseaddr=0x46000000 index=0x0, pteaddr=0x46000000, pte=0x450007fd\n"
		"smmu_iotlb_insert IOTLB ++ asid=4 vmid=1 addr=0x40000000 tg=1 level=2\n"
		"smmuv3_translate_success NAME sid=0x8 iova=0x40000010 translated=0x45000010 "
		"perm=0x3 stage=3\n";
	imported *im = import_text(log, -1, NULL);

	CU_ASSERT_TRUE_FATAL(im->ok);
	/* The STE holds the pointer before stage 2, the CD lies behind it. */
	CHECK_EQ(word_at_dma(im, 0, 0x41100200), 0x704f);
	CHECK_EQ(word_at_dma(im, 0, 0x45007048), 0x9000);
	CHECK_EQ(word_at_dma(im, 0, 0x45007040) >> 48, 4);
	CHECK_EQ(word_at_dma(im, 0, 0x45009008), 0x60000741);
	CHECK_EQ(nth(im, IOM_TRACE_DMA, 0).expect, IOM_TRACE_EXPECT_ADDRESS);
	CHECK_EQ(nth(im, IOM_TRACE_DMA, 0).flags & IOM_TRACE_PRIVILEGED, 0);
	imported_free(im);
}

static const iom_test tests[] = {
	{ "tables come from the log", tables_come_from_the_log },
	{ "final words that agree are kept", final_words_that_agree_are_kept },
	{ "configurations change", configurations_change },
	{ "a hit finds its words again", a_hit_finds_its_words_again },
	{ "a cached configuration finds its words again",
	  a_cached_configuration_finds_its_words_again },
	{ "a fault without an address", a_fault_without_an_address },
	{ "leaves for privileged accesses", leaves_for_privileged_accesses },
	{ "stage 2", stage_two },
	{ "both stages", both_stages },
	{ "commands come from the tables or the log", commands_come_from_the_tables_or_the_log },
	{ "page-1 registers and reads", page_one_registers_and_reads },
	{ "a log that starts late", a_log_that_starts_late },
	{ "walks that the log lacks", walks_that_the_log_lacks },
	{ "a table base from the first descriptor", a_table_base_from_the_first_descriptor },
	{ "a guess is taken back", a_guess_is_taken_back },
	{ "a log that ends amid commands", a_log_that_ends_amid_commands },
	{ "translation off", translation_off },
	{ NULL, NULL },
};
const iom_suite import_smmu_suite = { "import-smmu", tests };
