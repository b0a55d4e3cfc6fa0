/* SPDX-License-Identifier: MIT */
/* What each invalidation removes from which cache, and what it may not leave. */
#include "core/mappings.h"
#include "tests/vtd/rig.h"
#include "tests/vtd/suites.h"

enum { CC = 1, IOTLB = 2, PIOTLB = 6, PC = 7 };

#define VA2 (RIG_VA + 0x1000)
#define FAR (RIG_VA + (UINT64_C(1) << 30))

/* Two requesters in domains 5 and 6 of legacy mode, one page each and another. */
static rig *legacy(void)
{
	rig *r = rig_new(NULL);
	uint64_t five = rig_table(r), six = rig_table(r);

	rig_context(r, 0x10, five, 0, 5);
	rig_context(r, 0x18, six, 0, 6);
	rig_map(r, five, RIG_VA, 0x500000, 1, 3, 3);
	rig_map(r, five, VA2, 0x501000, 1, 3, 3);
	rig_map(r, six, RIG_VA, 0x600000, 1, 3, 3);
	rig_legacy(r);
	rig_queue(r, false);
	return r;
}

/* Bring everything into the caches; then the table reads of one more access. */
static void warm(rig *r)
{
	for (unsigned i = 0; i < 2; i++) {
		rig_dma(r, 0x10, IOM_NO_PASID, IOM_READ, RIG_VA);
		rig_dma(r, 0x10, IOM_NO_PASID, IOM_READ, VA2);
		rig_dma(r, 0x18, IOM_NO_PASID, IOM_READ, RIG_VA);
	}
	CU_ASSERT_TRUE(rig_cached(r, 0x10, IOM_NO_PASID, RIG_VA));
	CU_ASSERT_TRUE(rig_cached(r, 0x18, IOM_NO_PASID, RIG_VA));
}

static uint64_t reads(rig *r, uint16_t sid, uint32_t pasid, uint64_t address)
{
	uint64_t before = rig_statistics(r).table_reads;

	CHECK_EQ(rig_dma(r, sid, pasid, IOM_READ, address).status, IOM_OK);
	return rig_statistics(r).table_reads - before;
}

static void iotlb_global(void)
{
	rig *r = legacy();

	warm(r);
	rig_push(r, IOTLB | 1 << 4, 0);
	/* the context stays, nothing of the tables does */
	CHECK_EQ(reads(r, 0x10, IOM_NO_PASID, RIG_VA), 4);
	CHECK_EQ(reads(r, 0x18, IOM_NO_PASID, RIG_VA), 4);
	CHECK_EQ(r->invalidated.kind, IOM_INV_TLB);
	CHECK_EQ(r->invalidated.vmid, IOM_INV_ANY);
	rig_free(r);
}

static void iotlb_domain(void)
{
	rig *r = legacy();

	warm(r);
	rig_push(r, IOTLB | 2 << 4 | 5 << 16, 0);
	CHECK_EQ(r->invalidated.vmid, 5);
	CHECK_EQ(r->invalidated.length, 0);
	CHECK_EQ(reads(r, 0x10, IOM_NO_PASID, RIG_VA), 4);
	CHECK_EQ(reads(r, 0x18, IOM_NO_PASID, RIG_VA), 0);
	rig_free(r);
}

static void iotlb_pages(void)
{
	rig *r = legacy();

	warm(r);
	rig_push(r, IOTLB | 3 << 4 | 5 << 16, RIG_VA | 1 << 6); /* IH */
	CHECK_EQ(r->invalidated.address, RIG_VA);
	CHECK_EQ(r->invalidated.length, 0x1000);
	CHECK_EQ(r->invalidated.leaf, 1);
	CHECK_EQ(reads(r, 0x10, IOM_NO_PASID, VA2), 0);
	CHECK_EQ(reads(r, 0x10, IOM_NO_PASID, RIG_VA), 1); /* upper tables are still known */
	CHECK_EQ(reads(r, 0x18, IOM_NO_PASID, RIG_VA), 0);
	warm(r);
	rig_push(r, IOTLB | 3 << 4 | 5 << 16, RIG_VA);
	CHECK_EQ(reads(r, 0x10, IOM_NO_PASID, RIG_VA), 4);
	warm(r);
	rig_push(r, IOTLB | 3 << 4 | 5 << 16, (RIG_VA & ~UINT64_C(0x1fff)) | 1); /* two pages */
	CU_ASSERT_FALSE(rig_cached(r, 0x10, IOM_NO_PASID, RIG_VA));
	rig_push(r, IOTLB | 3 << 4 | 5 << 16, RIG_VA | 18); /* 1 GiB */
	CU_ASSERT_FALSE(rig_cached(r, 0x10, IOM_NO_PASID, VA2));
	/* address bits from MGAW on are ignored */
	rig_push(r, IOTLB | 3 << 4 | 5 << 16, VA2 | UINT64_C(1) << 63);
	CU_ASSERT_FALSE(rig_cached(r, 0x10, IOM_NO_PASID, VA2));
	rig_free(r);
}

/* A page of 2 MiB goes with any of its small pages. */
static void large_pages_overlap(void)
{
	rig *r = legacy();
	uint64_t ss = rig_word(r, RIG_CONTEXT + 16 * 0x10) & ~UINT64_C(0xfff), first, last;

	rig_map(r, ss, FAR & ~UINT64_C(0x1fffff), 0x800000, 2, 0x83, 3);
	rig_dma(r, 0x10, IOM_NO_PASID, IOM_READ, FAR);
	CU_ASSERT_TRUE(rig_cached(r, 0x10, IOM_NO_PASID, FAR ^ 0x4000));
	rig_push(r, IOTLB | 3 << 4 | 5 << 16, (FAR ^ 0x8000) & ~UINT64_C(0xfff));
	CU_ASSERT_FALSE(rig_cached(r, 0x10, IOM_NO_PASID, FAR));
	/* Who listens to the device is told no more than the page. */
	CU_ASSERT_TRUE(
		iom_invalidation_reaches(&r->invalidated, 0x10, IOM_NO_PASID, &first, &last));
	CHECK_EQ(first, (FAR ^ 0x8000) & ~UINT64_C(0xfff));
	CHECK_EQ(last, first | 0xfff);
	rig_free(r);
}

static void context_cache(void)
{
	rig *r = legacy();

	warm(r);
	rig_push(r, CC | 3 << 4 | 5 << 16 | UINT64_C(0x10) << 32, 0);
	CHECK_EQ(r->invalidated.kind, IOM_INV_CONFIG);
	CHECK_EQ(r->invalidated.requester, 0x10);
	CHECK_EQ(reads(r, 0x10, IOM_NO_PASID, RIG_VA), 2); /* root and context only */
	CHECK_EQ(reads(r, 0x18, IOM_NO_PASID, RIG_VA), 0);
	rig_push(r, CC | 2 << 4 | 6 << 16, 0);
	CHECK_EQ(reads(r, 0x10, IOM_NO_PASID, RIG_VA), 0);
	CHECK_EQ(reads(r, 0x18, IOM_NO_PASID, RIG_VA), 2);
	rig_push(r, CC | 1 << 4, 0);
	CHECK_EQ(reads(r, 0x10, IOM_NO_PASID, RIG_VA), 2);
	CHECK_EQ(reads(r, 0x18, IOM_NO_PASID, RIG_VA), 2);
	/* FM 3 leaves the function out */
	rig_push(r, CC | 3 << 4 | 5 << 16 | UINT64_C(0x13) << 32 | UINT64_C(3) << 48, 0);
	CHECK_EQ(reads(r, 0x10, IOM_NO_PASID, RIG_VA), 2);
	CHECK_EQ(reads(r, 0x18, IOM_NO_PASID, RIG_VA), 0);
	rig_free(r);
}

/* Register-based invalidation: old versions, legacy mode, no queue. */
static void registers(void)
{
	rig *r = legacy();

	rig_clear(r, G_QIE);
	warm(r);
	rig_write64(r, R_CCMD, UINT64_C(7) << 61 | 0x10 << 16);
	CHECK_EQ(rig_read64(r, R_CCMD) >> 59, 0xf); /* ICC 0, CIRG 3, CAIG 3 */
	CHECK_EQ(reads(r, 0x10, IOM_NO_PASID, RIG_VA), 2);
	rig_write64(r, R_IVA, RIG_VA);
	rig_write64(r, R_IOTLB, UINT64_C(1) << 63 | UINT64_C(3) << 60 | UINT64_C(5) << 32);
	CHECK_EQ(rig_read64(r, R_IOTLB) >> 63, 0);
	CHECK_EQ(rig_read64(r, R_IOTLB) >> 57 & 3, 3);
	CHECK_EQ(reads(r, 0x10, IOM_NO_PASID, RIG_VA), 4);
	CHECK_EQ(reads(r, 0x10, IOM_NO_PASID, VA2), 0);
	/* AM beyond MAMV */
	rig_write64(r, R_IVA, RIG_VA | 19);
	rig_write64(r, R_IOTLB, UINT64_C(1) << 63 | UINT64_C(3) << 60 | UINT64_C(5) << 32);
	CHECK_EQ(rig_read64(r, R_IOTLB) >> 57 & 3, 0);
	CU_ASSERT_TRUE(rig_cached(r, 0x10, IOM_NO_PASID, RIG_VA));
	/* by halves: the upper one starts it */
	rig_write(r, R_IOTLB, 0);
	rig_write(r, R_IOTLB + 4, 1u << 31 | 1u << 28);
	CHECK_EQ(rig_read64(r, R_IOTLB) >> 57 & 3, 1);
	CU_ASSERT_FALSE(rig_cached(r, 0x10, IOM_NO_PASID, RIG_VA));
	/* not while the queue is on */
	rig_queue(r, false);
	rig_write64(r, R_IOTLB, UINT64_C(1) << 63 | UINT64_C(1) << 60);
	CHECK_EQ(rig_read64(r, R_IOTLB) >> 57 & 3, 0);
	CU_ASSERT_TRUE(rig_cached(r, 0x10, IOM_NO_PASID, RIG_VA));
	rig_free(r);
}

static void version_six(iom_vtd_config *c)
{
	iom_vtd_config_set(c, "VER.MAX", 6, NULL);
}

static void registers_of_new_versions(void)
{
	rig *r = rig_new(version_six);

	rig_write64(r, R_CCMD, UINT64_C(5) << 61);
	CHECK_EQ(rig_read64(r, R_CCMD) >> 63, 0);
	CHECK_EQ(rig_read64(r, R_CCMD) >> 59 & 3, 0);
	rig_free(r);
}

/* ------------------------------------------------------------------------
 * Scalable mode: PASIDs 1 and 2 of domain 5 with first stages, RID_PASID 3 with
 * a second stage in domain 6.
 */
static rig *scalable(void)
{
	rig *r = rig_new(NULL);
	uint64_t one = rig_table(r), two = rig_table(r), ss = rig_table(r);

	rig_scalable(r);
	rig_sm_context(r, RIG_SID, 1 << 3, 3); /* PASIDE, RID_PASID 3 */
	rig_pasid(r, 1, PGTT_FIRST, one, 0, 5, 0);
	rig_pasid(r, 2, PGTT_FIRST, two, 0, 5, 0);
	rig_pasid(r, 3, PGTT_SECOND, 0, ss, 6, 0);
	rig_map(r, one, RIG_VA, 0x500000, 1, 0x67, 0x27);
	rig_map(r, one, VA2, 0x501000, 1, 0x67, 0x27);
	rig_map(r, two, RIG_VA, 0x600000, 1, 0x67, 0x27);
	rig_map(r, ss, RIG_VA, 0x700000, 1, 3, 3);
	rig_queue(r, true);
	return r;
}

static void warm_scalable(rig *r)
{
	for (unsigned i = 0; i < 2; i++) {
		rig_dma(r, RIG_SID, 1, IOM_READ, RIG_VA);
		rig_dma(r, RIG_SID, 1, IOM_READ, VA2);
		rig_dma(r, RIG_SID, 2, IOM_READ, RIG_VA);
		rig_dma(r, RIG_SID, IOM_NO_PASID, IOM_READ, RIG_VA);
	}
	CU_ASSERT_TRUE(rig_cached(r, RIG_SID, 1, RIG_VA));
	CU_ASSERT_TRUE(rig_cached(r, RIG_SID, 2, RIG_VA));
	CU_ASSERT_TRUE(rig_cached(r, RIG_SID, IOM_NO_PASID, RIG_VA));
}

static void pasid_iotlb(void)
{
	rig *r = scalable();

	warm_scalable(r);
	rig_push(r, PIOTLB | 2 << 4 | 5 << 16 | UINT64_C(1) << 32, 0);
	CHECK_EQ(reads(r, RIG_SID, 1, RIG_VA), 4);
	CHECK_EQ(reads(r, RIG_SID, 1, VA2), 1);
	CHECK_EQ(reads(r, RIG_SID, 2, RIG_VA), 0);
	CHECK_EQ(reads(r, RIG_SID, IOM_NO_PASID, RIG_VA), 0);
	/* pages, with and without the upper tables */
	rig_push(r, PIOTLB | 3 << 4 | 5 << 16 | UINT64_C(1) << 32, RIG_VA | 1 << 6);
	CHECK_EQ(r->invalidated.stage, 1);
	CHECK_EQ(r->invalidated.pasid, 1);
	CHECK_EQ(reads(r, RIG_SID, 1, RIG_VA), 1);
	CHECK_EQ(reads(r, RIG_SID, 1, VA2), 0);
	rig_push(r, PIOTLB | 3 << 4 | 5 << 16 | UINT64_C(1) << 32, RIG_VA);
	CHECK_EQ(reads(r, RIG_SID, 1, RIG_VA), 4);
	/* the other way round: a second stage by its PASID */
	rig_push(r, PIOTLB | 2 << 4 | 6 << 16 | UINT64_C(3) << 32, 0);
	CU_ASSERT_FALSE(rig_cached(r, RIG_SID, IOM_NO_PASID, RIG_VA));
	/* any address mask */
	rig_push(r, PIOTLB | 3 << 4 | 5 << 16 | UINT64_C(1) << 32, 63);
	CU_ASSERT_FALSE(rig_cached(r, RIG_SID, 1, RIG_VA));
	rig_free(r);
}

static void domain_commands_reach_first_stages(void)
{
	rig *r = scalable();

	warm_scalable(r);
	rig_push(r, IOTLB | 3 << 4 | 5 << 16, FAR); /* pages of a second stage */
	CU_ASSERT_FALSE(rig_cached(r, RIG_SID, 1, RIG_VA));
	CU_ASSERT_FALSE(rig_cached(r, RIG_SID, 2, RIG_VA));
	CU_ASSERT_TRUE(rig_cached(r, RIG_SID, IOM_NO_PASID, RIG_VA));
	warm_scalable(r);
	rig_push(r, IOTLB | 2 << 4 | 5 << 16, 0);
	CU_ASSERT_FALSE(rig_cached(r, RIG_SID, 1, RIG_VA));
	rig_free(r);
}

static void pasid_cache(void)
{
	rig *r = scalable();

	warm_scalable(r);
	rig_push(r, PC | 1 << 4 | 5 << 16 | UINT64_C(1) << 32, 0);
	CHECK_EQ(r->invalidated.pasid, 1);
	CHECK_EQ(reads(r, RIG_SID, 1, RIG_VA), 4); /* root, context, directory, entry */
	CHECK_EQ(reads(r, RIG_SID, 2, RIG_VA), 0);
	rig_push(r, PC | 5 << 16, 0);
	CHECK_EQ(reads(r, RIG_SID, 2, RIG_VA), 4);
	CHECK_EQ(reads(r, RIG_SID, IOM_NO_PASID, RIG_VA), 0);
	rig_push(r, PC | 3 << 4, 0);
	CHECK_EQ(reads(r, RIG_SID, IOM_NO_PASID, RIG_VA), 4);
	/* in scalable mode a domain of the context cache is everything */
	warm_scalable(r);
	rig_push(r, CC | 2 << 4 | 99 << 16, 0);
	CHECK_EQ(reads(r, RIG_SID, 1, RIG_VA), 4);
	rig_free(r);
}

/* A nested translation falls with its domain, whatever page is named. */
static void nested(void)
{
	rig *r = rig_new(NULL);
	uint64_t fs = rig_table(r), ss = rig_table(r);

	rig_scalable(r);
	rig_sm_context(r, RIG_SID, 1 << 3, 0);
	rig_pasid(r, 1, PGTT_NESTED, fs, ss, 5, 0);
	rig_map(r, ss, 0, 0, 3, 0x83, 3); /* the first gigabyte onto itself */
	rig_map(r, ss, UINT64_C(0x40000000), 0x800000, 1, 3, 3);
	rig_map(r, fs, RIG_VA, UINT64_C(0x40000000), 1, 0x67, 0x27);
	rig_queue(r, true);
	CHECK_EQ(rig_dma(r, RIG_SID, 1, IOM_READ, RIG_VA).address, 0x800000);
	CU_ASSERT_TRUE(rig_cached(r, RIG_SID, 1, RIG_VA));
	/* the second stage moves the page */
	rig_map(r, ss, UINT64_C(0x40000000), 0x900000, 1, 3, 3);
	rig_push(r, IOTLB | 3 << 4 | 5 << 16, UINT64_C(0x40000000));
	CHECK_EQ(rig_dma(r, RIG_SID, 1, IOM_READ, RIG_VA).address, 0x900000);
	/* the first stage does */
	rig_map(r, fs, RIG_VA, UINT64_C(0x3000), 1, 0x67, 0x27);
	rig_push(r, PIOTLB | 3 << 4 | 5 << 16 | UINT64_C(1) << 32, RIG_VA);
	CHECK_EQ(rig_dma(r, RIG_SID, 1, IOM_READ, RIG_VA).address, 0x3000);
	rig_free(r);
}

/* Turning translation off drops everything in a unit with scalable mode. */
static void translation_off_and_on(void)
{
	rig *r = scalable();

	warm_scalable(r);
	rig_clear(r, G_TE);
	rig_command(r, G_TE);
	CHECK_EQ(reads(r, RIG_SID, 1, RIG_VA), 8);
	rig_free(r);
}

/* Two requesters of a domain share it; tables under one domain-id never mix. */
static void domains_share_and_do_not_mix(void)
{
	rig *r = legacy();
	uint64_t other = rig_table(r);

	rig_context(r, 0x20, rig_word(r, RIG_CONTEXT + 16 * 0x10) & ~UINT64_C(0xfff), 0, 5);
	rig_dma(r, 0x10, IOM_NO_PASID, IOM_READ, RIG_VA);
	CU_ASSERT_TRUE(rig_cached(r, 0x20, IOM_NO_PASID, RIG_VA));
	/* an error of software: another table under domain 5 */
	rig_map(r, other, RIG_VA, 0xa00000, 1, 3, 3);
	rig_context(r, 0x28, other, 0, 5);
	CHECK_EQ(rig_dma(r, 0x28, IOM_NO_PASID, IOM_READ, RIG_VA).address, 0xa00000);
	CHECK_EQ(rig_dma(r, 0x10, IOM_NO_PASID, IOM_READ, RIG_VA).address, 0x500000);
	rig_free(r);
}

static const iom_test tests[] = {
	{ "IOTLB, global", iotlb_global },
	{ "IOTLB, domain", iotlb_domain },
	{ "IOTLB, pages", iotlb_pages },
	{ "IOTLB, large pages", large_pages_overlap },
	{ "context cache", context_cache },
	{ "registers", registers },
	{ "registers of new versions", registers_of_new_versions },
	{ "PASID-based IOTLB", pasid_iotlb },
	{ "domain commands reach first stages", domain_commands_reach_first_stages },
	{ "PASID cache", pasid_cache },
	{ "nested translations", nested },
	{ "translation off and on", translation_off_and_on },
	{ "domains share and do not mix", domains_share_and_do_not_mix },
	{ 0 },
};

const iom_suite invalidation_suite = { "invalidation", tests };
