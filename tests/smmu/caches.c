/* SPDX-License-Identifier: MIT */
/*
 * What each command drops and what it has to leave (4.3, 4.4). Every test fills
 * the caches, changes memory behind their back, runs a command and looks which
 * translations are new. "New" is the tables' answer after the change.
 */
#include "tests/smmu/rig.h"
#include "tests/smmu/suites.h"

#include <string.h>

#define OLD UINT64_C(0x50000000)
#define NEW UINT64_C(0x60000000)
#define VA UINT64_C(0x7000)
#define VB UINT64_C(0x9000)

/* Streams: 1 and 2 share nothing; ASIDs 11, 12 in VMID 1; 3 has ASID 11 in VMID 2;
 * 4 is stage 2 only of VMID 1, 5 of VMID 2; 6 nested, ASID 16, VMID 1. */
static void fill(rig *r)
{
	const uint64_t leaf = AF | USER | NG;

	stream_s1(r, 1, 11, 1);
	stream_s1(r, 2, 12, 1);
	stream_s1(r, 3, 11, 2);
	for (uint32_t sid = 1; sid <= 3; sid++) {
		map(r, r->ttb[sid], VA, OLD, 12, leaf);
		map(r, r->ttb[sid], VB, OLD + 0x1000, 12, leaf);
	}
	stream_s2(r, 4, 1);
	stream_s2(r, 5, 2);
	stream_nested(r, 6, 16, 1);
	for (uint64_t p = 0; p < 2; p++)
		map(r, r->s2ttb, p ? VB : VA, OLD + p * 0x1000, 12, AF | S2_R | S2_W | S2_WB);
	/* stage 1 tables and CD of stream 6 are where stage 2 says: identity */
	for (uint64_t b = 0x30000000; b < 0x50000000; b += 0x200000)
		map(r, r->s2ttb, b, b, 21, AF | S2_R | S2_W | S2_WB);
	map(r, r->ttb[6], VA, VA, 12, leaf);
	map(r, r->ttb[6], VB, VB, 12, leaf);
	for (uint32_t sid = 1; sid <= 6; sid++) {
		CHECK_EQ(dma(r, sid, VA, IOM_READ).address, OLD);
		CHECK_EQ(dma(r, sid, VB, IOM_READ).address, OLD + 0x1000);
	}
	/* behind the caches */
	for (uint32_t sid = 1; sid <= 3; sid++) {
		map(r, r->ttb[sid], VA, NEW, 12, leaf);
		map(r, r->ttb[sid], VB, NEW + 0x1000, 12, leaf);
	}
	map(r, r->s2ttb, VA, NEW, 12, AF | S2_R | S2_W | S2_WB);
	map(r, r->s2ttb, VB, NEW + 0x1000, 12, AF | S2_R | S2_W | S2_WB);
}

/* A bit for each stream and page that is new: bit 2*sid for VA, 2*sid+1 for VB. */
static unsigned fresh(rig *r)
{
	unsigned bits = 0;

	for (uint32_t sid = 1; sid <= 6; sid++) {
		iom_result a = dma(r, sid, VA, IOM_READ), b = dma(r, sid, VB, IOM_READ);

		CHECK_EQ(a.status, IOM_OK);
		CHECK_EQ(b.status, IOM_OK);
		bits |= (unsigned)(a.address >= NEW) << (2 * sid);
		bits |= (unsigned)(b.address >= NEW) << (2 * sid + 1);
	}
	return bits;
}

#define A(SID) (1u << (2 * (SID)))
#define B(SID) (2u << (2 * (SID)))
#define AB(SID) (3u << (2 * (SID)))

static void effect(uint64_t w0, uint64_t w1, unsigned gone)
{
	rig r;

	rig_open(&r, NULL);
	fill(&r);
	CHECK_EQ(fresh(&r), 0);
	cmd(&r, w0, w1);
	cmd(&r, CMD_SYNC(0));
	CHECK_EQ(fresh(&r), gone);
	rig_close(&r);
}

static void by_asid(void)
{
	effect(CMD_NH_ASID(1, 11), AB(1));
	effect(CMD_NH_ASID(2, 11), AB(3));
	effect(CMD_NH_ASID(1, 99), 0);
}

static void by_va(void)
{
	effect(CMD_NH_VA(1, 11, VA), A(1));
	effect(CMD_NH_VA(1, 12, VB), B(2));
	effect(CMD_NH_VA(2, 12, VB), 0);
	/* The top byte of the operand does not matter where TBI might be set. */
	effect(CMD_NH_VA(1, 11, VA | UINT64_C(0x12) << 56), A(1));
}

static void by_va_any_asid(void)
{
	/* The nested stream still has the stage 2 entry: same answer as before. */
	effect(CMD_NH_VAA(1, VA), A(1) | A(2));
	effect(CMD_NH_VAA(2, VB), B(3));
}

static void by_vmid(void)
{
	effect(CMD_NH_ALL(1), AB(1) | AB(2));
	effect(CMD_NH_ALL(2), AB(3));
	effect(CMD_S12_VMALL(1), AB(1) | AB(2) | AB(4) | AB(6));
	effect(CMD_S12_VMALL(2), AB(3) | AB(5));
	effect(CMD_NSNH_ALL, AB(1) | AB(2) | AB(3) | AB(4) | AB(5) | AB(6));
}

static void by_ipa(void)
{
	effect(CMD_S2_IPA(1, VA), A(4));
	effect(CMD_S2_IPA(2, VB), B(5));
}

/* Nested: stage 2 by IPA and then stage 1, as hypervisors do. */
static void nested_pair(void)
{
	rig r;

	rig_open(&r, NULL);
	fill(&r);
	cmd(&r, CMD_S2_IPA(1, VA));
	cmd(&r, CMD_NH_ALL(1));
	CHECK_EQ(fresh(&r), AB(1) | AB(2) | A(4) | A(6));
	rig_close(&r);
}

static void el2_commands_leave_el1(void)
{
	effect(0x20, 0, 0);
	effect(0x21 | UINT64_C(11) << 48, 0, 0);
	effect(0x22 | UINT64_C(11) << 48, VA | 1, 0);
	effect(0x23, VA | 1, 0);
}

/* Range fields: TG 4 KiB, NUM 2 (three pages), SCALE 0 covers VA to VB. */
static void ranges(void)
{
	const uint64_t nh_va = 0x12 | UINT64_C(1) << 32 | UINT64_C(11) << 48;

	effect(nh_va | 2 << 12, VA | 1 << 10 | 1, AB(1));
	effect(nh_va | 1 << 12, VA | 1 << 10 | 1, A(1));
	effect(nh_va | 1 << 20, VA | 1 << 10 | 1, A(1)); /* two pages by SCALE */
	effect(nh_va | 9 << 20, 1 << 10 | 1, AB(1));
	/* one page with a level hint */
	effect(nh_va, VB | 1 << 10 | 3 << 8 | 1, B(1));
	/* any ASID and IPA ranges */
	effect(0x13 | UINT64_C(1) << 32 | 2 << 12, VA | 1 << 10 | 1, AB(1) | AB(2));
	effect(0x2a | UINT64_C(1) << 32 | 2 << 12, VA | 1 << 10 | 1, AB(4));
}

/* TG without NUM, SCALE and TTL is illegal, but only where ranges exist. */
static void range_legality(void)
{
	iom_smmu_config c;
	rig r;

	rig_open(&r, NULL);
	cmd(&r, 0x12, VA | 1 << 10);
	CHECK_EQ(rd(&r, GERROR), 1);
	rig_close(&r);
	rig_config(&c, "default", "RIL=0", NULL);
	rig_open(&r, &c);
	fill(&r);
	cmd(&r, 0x12 | UINT64_C(1) << 32 | UINT64_C(11) << 48 | 2 << 12, VA | 1 << 10 | 1);
	CHECK_EQ(rd(&r, GERROR), 0);
	CHECK_EQ(fresh(&r), A(1));
	rig_close(&r);
}

/* Leaf 1 keeps the tables above; Leaf 0 drops them too. */
static void leaf(void)
{
	rig r;
	uint64_t other, at;

	rig_open(&r, NULL);
	fill(&r);
	/* A new last-level table in place of the one of VA and VB. */
	other = new_table(&r);
	set_word(&r, other + 7 * 8, (NEW + 0x5000) | AF | USER | NG | 3);
	at = word(&r, r.ttb[1]) & ~UINT64_C(0xfff);
	at = word(&r, at) & ~UINT64_C(0xfff);
	set_word(&r, at, other | 3);
	cmd(&r, CMD_NH_VA(1, 11, VA));
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, NEW); /* through the old table */
	cmd(&r, 0x12 | UINT64_C(1) << 32 | UINT64_C(11) << 48, VA);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, NEW + 0x5000);
	rig_close(&r);
}

/* Blocks go by any address inside them. */
static void blocks(void)
{
	rig r;

	rig_open(&r, NULL);
	stream_s1(&r, 1, 11, 1);
	map(&r, r.ttb[1], 0x40000000, 0x80000000, 30, AF | USER | NG);
	CHECK_EQ(dma(&r, 1, 0x40123456, IOM_READ).address, 0x80123456);
	CHECK_EQ(dma(&r, 1, 0x40123456, IOM_READ).page_lg2, 30);
	map(&r, r.ttb[1], 0x40000000, 0xc0000000, 30, AF | USER | NG);
	cmd(&r, CMD_NH_VA(1, 11, UINT64_C(0x80000000)));
	CHECK_EQ(dma(&r, 1, 0x40123456, IOM_READ).address, 0x80123456);
	cmd(&r, CMD_NH_VA(1, 11, UINT64_C(0x7ffff000)));
	CHECK_EQ(dma(&r, 1, 0x40123456, IOM_READ).address, 0xc0123456);
	rig_close(&r);
}

/* A global entry belongs to no ASID, and to every address. */
static void global(void)
{
	rig r;

	rig_open(&r, NULL);
	stream_s1(&r, 1, 11, 1);
	map(&r, r.ttb[1], VA, OLD, 12, AF | USER);
	CU_ASSERT_TRUE(dma(&r, 1, VA, IOM_READ).flags & IOM_RES_GLOBAL);
	map(&r, r.ttb[1], VA, NEW, 12, AF | USER);
	cmd(&r, CMD_NH_ASID(1, 11));
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, OLD);
	/* by address it goes whatever the ASID */
	cmd(&r, CMD_NH_VA(1, 99, VA));
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, NEW);
	map(&r, r.ttb[1], VA, OLD, 12, AF | USER);
	cmd(&r, CMD_NH_ALL(1));
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, OLD);
	rig_close(&r);
}

static void vmid_wildcard(void)
{
	rig r;

	rig_open(&r, NULL);
	fill(&r);
	wr(&r, CR0, SMMUEN | PRIQEN | EVENTQEN | CMDQEN | ATSCHK | 2 << 6);
	cmd(&r, CMD_NH_ALL(0)); /* VMIDs 0 to 3 */
	CHECK_EQ(fresh(&r), AB(1) | AB(2) | AB(3));
	rig_close(&r);
}

/* ------------------------------------------------------------------------
 * Configuration
 */
static void abort_streams(rig *r)
{
	for (uint32_t sid = 1; sid <= 6; sid++)
		stream_word(r, sid, 0, 0xe, 0); /* Config 0b000 */
}

static unsigned alive(rig *r)
{
	unsigned bits = 0;

	for (uint32_t sid = 1; sid <= 6; sid++)
		bits |= (unsigned)(dma(r, sid, VA, IOM_READ).status == IOM_OK) << sid;
	return bits;
}

static void config_effect(uint64_t w0, uint64_t w1, unsigned stay)
{
	rig r;

	rig_open(&r, NULL);
	fill(&r);
	abort_streams(&r);
	CHECK_EQ(alive(&r), 0x7e);
	cmd(&r, w0, w1);
	CHECK_EQ(alive(&r), stay);
	/* The TLB was not touched: with the STE back, old translations answer. */
	rig_close(&r);
}

static void by_stream(void)
{
	config_effect(CMD_CFGI_STE(3, 1), 0x7e & ~8u);
	config_effect(CMD_CFGI_STE(3, 0), 0x7e & ~8u);
	config_effect(CMD_CFGI_RANGE(3, 0), 0x7e & ~0xcu); /* 2 and 3 */
	config_effect(CMD_CFGI_RANGE(5, 1), 0x7e & ~0x70u); /* 4 to 7 */
	config_effect(CMD_CFGI_RANGE(0x80, 6), 0x7e); /* 128 to 255 */
	config_effect(CMD_CFGI_RANGE(0, 6), 0);
	config_effect(CMD_CFGI_RANGE(0, 31), 0);
	config_effect(CMD_CFGI_CD_ALL(6), 0x7e & ~0x40u);
}

static void config_leaves_the_tlb(void)
{
	rig r;

	rig_open(&r, NULL);
	fill(&r);
	cmd(&r, CMD_CFGI_RANGE(0, 31));
	CHECK_EQ(fresh(&r), 0);
	rig_close(&r);
}

/* A CD with its SubstreamID; 0 is also the CD without one. */
static void by_cd(void)
{
	rig r;
	uint64_t table = cd_address(1);

	rig_open(&r, NULL);
	stream_s1(&r, 1, 11, 1);
	/* S1CDMax 2, S1DSS 0b10 */
	stream_word(&r, 1, 0, 0, UINT64_C(2) << 59);
	stream_word(&r, 1, 1, 3, 2);
	map(&r, r.ttb[1], VA, OLD, 12, AF | USER | NG);
	for (unsigned i = 1; i < 4; i++) {
		for (unsigned w = 0; w < 8; w++)
			set_word(&r, table + i * 64 + w * 8, word(&r, table + w * 8));
	}
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, OLD);
	CHECK_EQ(dma_pasid(&r, 1, 1, VA, IOM_READ).address, OLD);
	CHECK_EQ(dma_pasid(&r, 1, 2, VA, IOM_READ).address, OLD);
	for (unsigned i = 0; i < 4; i++)
		set_word(&r, table + i * 64, 0);
	cmd(&r, CMD_CFGI_CD(1, 2));
	CHECK_EQ(dma_pasid(&r, 1, 2, VA, IOM_READ).fault.code, 0x0a);
	CHECK_EQ(dma_pasid(&r, 1, 1, VA, IOM_READ).status, IOM_OK);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).status, IOM_OK);
	cmd(&r, CMD_CFGI_CD(1, 0));
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).fault.code, 0x0a);
	CHECK_EQ(dma_pasid(&r, 1, 1, VA, IOM_READ).status, IOM_OK);
	cmd(&r, CMD_CFGI_CD_ALL(1));
	CHECK_EQ(dma_pasid(&r, 1, 1, VA, IOM_READ).fault.code, 0x0a);
	rig_close(&r);
}

/* A faulting access is never remembered. */
static void faults_are_not_cached(void)
{
	rig r;

	rig_open(&r, NULL);
	stream_s1(&r, 1, 11, 1);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).fault.code, 0x10);
	map(&r, r.ttb[1], VA, OLD, 12, AF | USER | NG | RO);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, OLD);
	CHECK_EQ(dma(&r, 1, VA, IOM_WRITE).fault.code, 0x13);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).status, IOM_OK);
	CHECK_EQ(dma(&r, 7, VA, IOM_READ).fault.code, 0x04);
	stream_s1(&r, 7, 17, 1);
	map(&r, r.ttb[7], VA, OLD, 12, AF | USER | NG);
	CHECK_EQ(dma(&r, 7, VA, IOM_READ).status, IOM_OK);
	rig_close(&r);
}

static uint64_t command_count(rig *r, const char *name)
{
	iom_statistics st;

	iom_iommu_statistics(r->iommu, &st);
	for (unsigned i = 0; i < IOM_MAX_COMMANDS && st.commands[i].name; i++) {
		if (g_strcmp0(st.commands[i].name, name) == 0)
			return st.commands[i].value;
	}
	return UINT64_MAX;
}

static void statistics(void)
{
	iom_statistics st;
	rig r;

	rig_open(&r, NULL);
	stream_s1(&r, 1, 11, 1);
	map(&r, r.ttb[1], VA, OLD, 12, AF | USER | NG);
	dma(&r, 1, VA, IOM_READ);
	dma(&r, 1, VA, IOM_READ);
	dma(&r, 1, VB, IOM_READ);
	cmd(&r, CMD_CFGI_RANGE(0, 31));
	cmd(&r, CMD_NH_VA(1, 11, VA));
	cmd(&r, CMD_SYNC(0));
	iom_iommu_statistics(r.iommu, &st);
	CHECK_EQ(st.translations, 3);
	CHECK_EQ(st.translated, 2);
	CHECK_EQ(st.faulted, 1);
	CHECK_EQ(st.events, 1);
	CHECK_EQ(st.table_reads, 2 + 4 + 1); /* STE, CD, four levels, the last again */
	CHECK_EQ(st.caches[IOM_CACHE_CONFIG].hits, 2);
	CHECK_EQ(st.caches[IOM_CACHE_CONFIG].misses, 1);
	CHECK_EQ(st.caches[IOM_CACHE_IOTLB].hits, 1);
	CHECK_EQ(command_count(&r, "CFGI_STE_RANGE"), 1);
	CHECK_EQ(command_count(&r, "TLBI_NH_VA"), 1);
	CHECK_EQ(command_count(&r, "SYNC"), 1);
	CHECK_EQ(command_count(&r, "PREFETCH_CONFIG"), 0);
	iom_iommu_reset_statistics(r.iommu);
	CHECK_EQ(command_count(&r, "SYNC"), 0);
	rig_close(&r);
}

/* A batch answers as single calls do: hits, faults, records and statistics. */
static void batch(void)
{
	enum { N = 64 };
	iom_request requests[N];
	iom_result many[N], single;
	iom_statistics one, two;
	size_t good = 0;
	rig a, b;

	rig_open(&a, NULL);
	rig_open(&b, NULL);
	for (unsigned k = 0; k < 2; k++) {
		rig *r = k ? &b : &a;

		stream_s1(r, 1, 11, 1);
		for (uint64_t i = 0; i < 8; i++)
			map(r, r->ttb[1], i << 12, 0x50000000 + (i << 13), 12, AF | USER | NG);
	}
	for (uint64_t i = 0; i < N; i++)
		requests[i] = (iom_request){ .address = (i * 5 % 11) << 12 | i,
					     .requester = i % 16 == 15 ? 9 : 1,
					     .pasid = IOM_NO_PASID,
					     .access = i & 1 ? IOM_WRITE : IOM_READ };
	CHECK_EQ(iom_iommu_translate_many(a.iommu, requests, many, 0), 0);
	CHECK_EQ(iom_iommu_translate_many(a.iommu, requests, many, N / 2), 22);
	iom_iommu_translate_many(a.iommu, requests + N / 2, many + N / 2, N / 2);
	for (unsigned i = 0; i < N; i++) {
		iom_iommu_translate(b.iommu, &requests[i], &single);
		CHECK_EQ(many[i].status, single.status);
		if (single.status == IOM_OK) {
			CHECK_EQ(many[i].address, single.address);
			CHECK_EQ(many[i].span, single.span);
			CHECK_EQ(many[i].permissions, single.permissions);
			CHECK_EQ(many[i].memtype, single.memtype);
			CHECK_EQ(many[i].flags, single.flags);
			good++;
		} else {
			CHECK_EQ(many[i].fault.code, single.fault.code);
			CHECK_EQ(many[i].fault.record[0], single.fault.record[0]);
		}
	}
	CU_ASSERT_TRUE(good > 0 && good < N);
	iom_iommu_statistics(a.iommu, &one);
	iom_iommu_statistics(b.iommu, &two);
	CHECK_EQ(one.translations, N);
	CHECK_EQ(one.translated, good);
	CHECK_EQ(one.translated, two.translated);
	CHECK_EQ(one.faulted, two.faulted);
	CHECK_EQ(one.caches[IOM_CACHE_IOTLB].hits, two.caches[IOM_CACHE_IOTLB].hits);
	CHECK_EQ(one.caches[IOM_CACHE_CONFIG].hits, two.caches[IOM_CACHE_CONFIG].hits);
	/* Every answer is one from the IOTLB or one that was walked. */
	CHECK_EQ(one.caches[IOM_CACHE_CONFIG].hits + one.caches[IOM_CACHE_CONFIG].misses, N);
	rig_close(&a);
	rig_close(&b);
}

/* Leaves ones where the next functions have their variables. */
static __attribute__((noinline)) void dirty(void)
{
	uint8_t ones[16384];

	memset(ones, 1, sizeof(ones));
	__asm__ volatile("" : : "r"(ones) : "memory");
}

/*
 * A configuration cache whose order takes more than a word has no front to keep
 * contexts: a hit knows part of one, which is not enough to walk by.
 */
static void contexts_not_kept(void)
{
	iom_smmu_config config;
	rig r;

	rig_config(&config, "walks", NULL);
	config.cache.cache[IOM_CACHE_CONFIG] = (iom_cache_geometry){ 64, 16, IOM_POLICY_LRU };
	rig_open(&r, &config);
	fill(&r);
	for (uint32_t sid = 1; sid <= 6; sid++) {
		dirty();
		CHECK_EQ(dma(&r, sid, VA, IOM_READ).address, NEW);
		dirty();
		CHECK_EQ(dma(&r, sid, VB, IOM_READ).address, NEW + 0x1000);
	}
	rig_close(&r);
}

static const iom_test tests[] = {
	{ "by ASID", by_asid },
	{ "by VA", by_va },
	{ "by VA of any ASID", by_va_any_asid },
	{ "by VMID and all", by_vmid },
	{ "by IPA", by_ipa },
	{ "by IPA and then stage 1", nested_pair },
	{ "EL2 commands leave EL1", el2_commands_leave_el1 },
	{ "ranges", ranges },
	{ "legality of ranges", range_legality },
	{ "Leaf", leaf },
	{ "blocks", blocks },
	{ "global entries", global },
	{ "VMID wildcard", vmid_wildcard },
	{ "configuration by StreamID", by_stream },
	{ "configuration commands leave the TLB", config_leaves_the_tlb },
	{ "configuration by SubstreamID", by_cd },
	{ "faults are not cached", faults_are_not_cached },
	{ "statistics", statistics },
	{ "a batch answers as single calls do", batch },
	{ "contexts that no front keeps", contexts_not_kept },
	{ 0 },
};
const iom_suite smmu_caches_suite = { "caches", tests };
