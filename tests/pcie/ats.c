/* SPDX-License-Identifier: MIT */
/*
 * ATS end to end, with both models: translate, cache, invalidate, refuse. The
 * requester's view and the IOMMU's queues are those of the tables ats_pri.tsv
 * (SMMUv3) and page_requests.tsv (VT-d) of the specifications.
 */
#include "rig.h"

#include <string.h>

#define VA UINT64_C(0x7f0000001000)

static void codec(void)
{
	static const struct {
		uint64_t word, address;
		unsigned lg2;
	} sizes[] = {
		/* 10.2.3.2, table of S and the lowest address bit that is zero */
		{ 0x12345003, 0x12345000, 12 },
		{ 0x12344803, 0x12344000, 13 },
		{ 0x12341803, 0x12340000, 14 },
		{ 0x122ff803, 0x12200000, 21 },
	};
	iom_ats_entry e;

	for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++) {
		iom_ats_decode(sizes[i].word, &e);
		CHECK_EQ(e.address, sizes[i].address);
		CHECK_EQ(e.page_lg2, sizes[i].lg2);
		CHECK_EQ(e.permissions, IOM_READ | IOM_WRITE);
		CHECK_EQ(iom_ats_encode(&e), sizes[i].word);
	}
	/* R W U Exe Priv Global from bit 0 on, AMA 8:6, CXL.io 9, N 10, S 11 */
	iom_ats_decode(0x7ff, &e);
	CU_ASSERT_TRUE(e.untranslated_only && e.privileged && e.global && e.no_snoop);
	CHECK_EQ(e.permissions, IOM_READ | IOM_WRITE | IOM_EXECUTE);
	CU_ASSERT_TRUE(e.cxl_io);
	CHECK_EQ(e.ama, 7);
	CHECK_EQ(iom_ats_encode(&e), 0x7ff);
	iom_ats_decode(0x283, &e);
	CU_ASSERT_TRUE(e.cxl_io && !e.no_snoop && !e.global);
	CHECK_EQ(e.ama, 2);
	CHECK_EQ(iom_ats_encode(&e), 0x283);
	/* every size there and back; all ones is everything */
	for (unsigned lg2 = 12; lg2 <= 63; lg2++) {
		iom_ats_entry in = { .address = 0,
				     .page_lg2 = (uint8_t)lg2,
				     .permissions = IOM_READ };

		iom_ats_decode(iom_ats_encode(&in), &e);
		CHECK_EQ(e.page_lg2, lg2);
		CHECK_EQ(e.address, 0);
	}
	iom_ats_decode(UINT64_MAX, &e);
	CHECK_EQ(e.page_lg2, 63);
}

static void translate_cache_invalidate(iom_kind kind)
{
	rig *r = rig_new(kind, NULL);
	iom_dma_answer a;
	iom_endpoint_statistics s;

	rig_map(r, 0, VA, RIG_DATA, 0x4000, IOM_READ | IOM_WRITE, 12);
	CHECK_EQ(rig_access(r, 0, VA + 0x123, IOM_READ, 0, &a), IOM_OK);
	CHECK_EQ(a.address, RIG_DATA + 0x123);
	CHECK_EQ(a.type, IOM_TRANSLATED);
	CHECK_EQ(a.cached, 0);
	CHECK_EQ(a.page_lg2, 12);
	CHECK_EQ(a.span, 64);
	CHECK_EQ(rig_access(r, 0, VA + 0xff0, IOM_READ, 0, &a), IOM_OK);
	CHECK_EQ(a.cached, 1);
	CHECK_EQ(a.span, 16);
	/* the ATC is the device's: until it is told it uses what it was given */
	rig_map(r, 0, VA, RIG_DATA + 0x100000, 0x1000, IOM_READ | IOM_WRITE, 12);
	r->ops->invalidate(r, 0, VA, 12, true, false);
	r->ops->sync(r);
	CHECK_EQ(rig_access(r, 0, VA, IOM_READ, 0, &a), IOM_OK);
	CHECK_EQ(a.address, RIG_DATA);
	rig_flush(r, 0, VA, 12);
	CHECK_EQ(rig_access(r, 0, VA, IOM_READ, 0, &a), IOM_OK);
	CHECK_EQ(a.address, RIG_DATA + 0x100000);
	CHECK_EQ(a.cached, 0);
	/* untranslated, though ATS is on */
	CHECK_EQ(rig_access(r, 0, VA, IOM_READ, IOM_DMA_UNTRANSLATED, &a), IOM_OK);
	CHECK_EQ(a.type, IOM_UNTRANSLATED);
	CHECK_EQ(a.address, RIG_DATA + 0x100000);
	iom_endpoint_statistics_get(r->ep, &s);
	CHECK_EQ(s.translation_requests, 2);
	CHECK_EQ(s.translated, 4);
	CHECK_EQ(s.untranslated, 1);
	CHECK_EQ(s.invalidations, 1);
	CHECK_EQ(s.in_flight, 0);
	CHECK_EQ(r->ops->next_event(r), 0);
	rig_free(r);
}
RIG_BOTH(translate_cache_invalidate)

/* An access that was read without W asks again when it writes. */
static void permissions(iom_kind kind)
{
	rig *r = rig_new(kind, NULL);
	iom_dma_answer a;

	rig_map(r, 0, VA, RIG_DATA, 0x1000, IOM_READ, 12);
	rig_map(r, 0, VA + 0x1000, RIG_DATA + 0x1000, 0x1000, IOM_READ | IOM_WRITE, 12);
	/* read only: Success with R, and the write is not sent */
	CHECK_EQ(rig_access(r, 0, VA, IOM_WRITE, 0, &a), IOM_ABORT);
	CHECK_EQ(a.refusal, IOM_REFUSAL_PAGE);
	CHECK_EQ(a.permissions, IOM_READ);
	CHECK_EQ(a.response, IOM_RESPONSE_SUCCESS);
	CHECK_EQ(rig_access(r, 0, VA, IOM_READ, 0, &a), IOM_OK);
	/* not mapped: Success with R=W=0, no event (F_TRANSLATION row), nothing cached */
	CHECK_EQ(rig_access(r, 0, VA + 0x8000, IOM_READ, 0, &a), IOM_ABORT);
	CHECK_EQ(a.refusal, IOM_REFUSAL_PAGE);
	CHECK_EQ(a.permissions, 0);
	CHECK_EQ(r->ops->next_event(r), 0);
	/* so a mapping needs no invalidation */
	rig_map(r, 0, VA + 0x8000, RIG_DATA + 0x8000, 0x1000, IOM_READ | IOM_WRITE, 12);
	CHECK_EQ(rig_access(r, 0, VA + 0x8000, IOM_READ, 0, &a), IOM_OK);
	CHECK_EQ(a.address, RIG_DATA + 0x8000);
	/* W is had when it is asked for */
	CHECK_EQ(rig_access(r, 0, VA + 0x1000, IOM_READ, 0, &a), IOM_OK);
	CHECK_EQ(rig_access(r, 0, VA + 0x1000, IOM_WRITE, 0, &a), IOM_OK);
	CHECK_EQ(rig_access(r, 0, VA + 0x1000, IOM_WRITE, 0, &a), IOM_OK);
	CHECK_EQ(a.cached, 1);
	/* more permission needs no invalidation either */
	rig_map(r, 0, VA, RIG_DATA, 0x1000, IOM_READ | IOM_WRITE, 12);
	r->ops->invalidate(r, 0, VA, 12, true, false);
	r->ops->sync(r);
	CHECK_EQ(rig_access(r, 0, VA, IOM_WRITE, 0, &a), IOM_OK);
	rig_free(r);
}
RIG_BOTH(permissions)

static void large_pages(iom_kind kind)
{
	rig *r = rig_new(kind, NULL);
	iom_dma_answer a;
	iom_endpoint_statistics s;
	uint64_t base = UINT64_C(0x7f0000000000);

	rig_map(r, 0, base, UINT64_C(0x80000000), 0x400000, IOM_READ | IOM_WRITE, 21);
	for (unsigned i = 0; i < 64; i++) {
		CHECK_EQ(rig_access(r, 0, base + i * 0x10000, IOM_READ, 0, &a), IOM_OK);
		CHECK_EQ(a.address, UINT64_C(0x80000000) + i * 0x10000);
		CHECK_EQ(a.page_lg2, 21);
	}
	iom_endpoint_statistics_get(r->ep, &s);
	CHECK_EQ(s.translation_requests, 2);
	CHECK_EQ(s.atc_entries, 2);
	/* 4 KiB in the middle of one drops it, and only it */
	rig_flush(r, 0, base + 0x1ff000, 12);
	iom_endpoint_statistics_get(r->ep, &s);
	CHECK_EQ(s.atc_entries, 1);
	CHECK_EQ(rig_access(r, 0, base, IOM_READ, 0, &a), IOM_OK);
	CHECK_EQ(a.cached, 0);
	rig_flush(r, 0, base, 22);
	iom_endpoint_statistics_get(r->ep, &s);
	CHECK_EQ(s.atc_entries, 0);
	rig_free(r);
}
RIG_BOTH(large_pages)

static bool cached(rig *r, unsigned space, uint64_t va)
{
	iom_dma_answer a;

	CHECK_EQ(rig_access(r, space, va, IOM_READ, 0, &a), IOM_OK);
	return a.cached;
}

/* PASIDs are apart: translations, invalidations with one, without, and global. */
static void pasids(iom_kind kind)
{
	rig *r = rig_new(kind, NULL);
	iom_dma_answer a;

	for (unsigned i = 0; i < RIG_PASIDS; i++) {
		rig_map(r, i, VA, RIG_DATA + i * 0x10000, 0x4000, IOM_READ | IOM_WRITE, 12);
		CHECK_EQ(rig_access(r, i, VA, IOM_READ, 0, &a), IOM_OK);
		CHECK_EQ(a.address, RIG_DATA + i * 0x10000);
		CHECK_EQ(a.cached, 0);
	}
	for (unsigned i = 0; i < RIG_PASIDS; i++)
		CU_ASSERT_TRUE(cached(r, i, VA));
	rig_flush(r, 2, VA, 12);
	CU_ASSERT_TRUE(cached(r, 0, VA));
	CU_ASSERT_TRUE(cached(r, 1, VA));
	CU_ASSERT_FALSE(cached(r, 2, VA));
	CU_ASSERT_TRUE(cached(r, 3, VA));
	/* everything without a PASID */
	rig_flush(r, 0, 0, 64);
	CU_ASSERT_FALSE(cached(r, 0, VA));
	CU_ASSERT_TRUE(cached(r, 1, VA));
	/* everything of PASID 1 */
	rig_flush(r, 1, 0, 64);
	CU_ASSERT_FALSE(cached(r, 1, VA));
	CU_ASSERT_TRUE(cached(r, 2, VA));
	/* a range in every PASID */
	CU_ASSERT_FALSE(cached(r, 3, VA + 0x1000));
	r->ops->invalidate_global(r, VA, 12);
	r->ops->sync(r);
	CU_ASSERT_TRUE(r->ops->synced(r));
	CU_ASSERT_TRUE(cached(r, 0, VA));
	CU_ASSERT_FALSE(cached(r, 1, VA));
	CU_ASSERT_FALSE(cached(r, 2, VA));
	CU_ASSERT_TRUE(cached(r, 3, VA + 0x1000));
	CU_ASSERT_FALSE(cached(r, 3, VA));
	rig_free(r);
}
RIG_BOTH(pasids)

/* An invalidation completes when what was in flight has ended, not before. */
static void drain(iom_kind kind)
{
	rig *r = rig_new(kind, NULL);
	iom_dma dma = rig_dma(1, VA, IOM_WRITE, 0), other = rig_dma(2, VA, IOM_WRITE, 0);
	iom_dma far = rig_dma(1, VA + 0x2000, IOM_WRITE, 0);
	iom_dma_answer held[2], new, elsewhere, apart;
	iom_endpoint_statistics s;

	rig_map(r, 1, VA, RIG_DATA, 0x4000, IOM_READ | IOM_WRITE, 12);
	rig_map(r, 2, VA, RIG_DATA, 0x4000, IOM_READ | IOM_WRITE, 12);
	CHECK_EQ(iom_endpoint_begin(r->ep, &dma, &held[0]), IOM_OK);
	CHECK_EQ(iom_endpoint_begin(r->ep, &dma, &held[1]), IOM_OK);
	CHECK_EQ(iom_endpoint_begin(r->ep, &far, &elsewhere), IOM_OK);
	rig_map(r, 1, VA, RIG_DATA + 0x100000, 0x1000, IOM_READ | IOM_WRITE, 12);
	r->ops->invalidate(r, 1, VA, 12, true, true);
	r->ops->sync(r);
	CU_ASSERT_FALSE(r->ops->synced(r));
	/* later accesses see the new table and do not delay it */
	CHECK_EQ(iom_endpoint_begin(r->ep, &dma, &new), IOM_OK);
	CHECK_EQ(new.address, RIG_DATA + 0x100000);
	CHECK_EQ(new.cached, 0);
	iom_endpoint_end(r->ep, &held[1]);
	CU_ASSERT_FALSE(r->ops->synced(r));
	iom_endpoint_end(r->ep, &held[0]);
	CU_ASSERT_TRUE(r->ops->synced(r));
	/* those of other pages and of requests without a PASID delay nothing */
	rig_flush(r, 1, VA + 0x3000, 12);
	rig_flush(r, 0, 0, 64);
	CHECK_EQ(iom_endpoint_begin(r->ep, &other, &apart), IOM_OK);
	rig_flush(r, 1, VA + 0x1000, 12);
	iom_endpoint_end(r->ep, &apart);
	iom_endpoint_end(r->ep, &elsewhere);
	iom_endpoint_end(r->ep, &new);
	iom_endpoint_statistics_get(r->ep, &s);
	CHECK_EQ(s.invalidations_deferred, 1);
	CHECK_EQ(s.in_flight, 0);
	rig_free(r);
}
RIG_BOTH(drain)

/* Several wait at once; each for its own. */
static void many_waiting(iom_kind kind)
{
	rig *r = rig_new(kind, NULL);
	iom_dma_answer held[8];

	rig_map(r, 0, VA, RIG_DATA, 0x10000, IOM_READ | IOM_WRITE, 12);
	for (unsigned i = 0; i < 8; i++) {
		iom_dma dma = rig_dma(0, VA + i * 0x1000, IOM_READ, 0);

		CHECK_EQ(iom_endpoint_begin(r->ep, &dma, &held[i]), IOM_OK);
	}
	for (unsigned i = 0; i < 8; i++)
		r->ops->invalidate(r, 0, VA + i * 0x1000, 12, false, true);
	r->ops->sync(r);
	for (unsigned i = 8; i-- > 0;) {
		CU_ASSERT_FALSE(r->ops->synced(r));
		iom_endpoint_end(r->ep, &held[i]);
	}
	CU_ASSERT_TRUE(r->ops->synced(r));
	rig_free(r);
}
RIG_BOTH(many_waiting)

/* What the IOMMU refuses, as the requester and the event queue see it. */
static void refused_by_iommu(iom_kind kind)
{
	rig *r = rig_new(kind, NULL);
	iom_dma_answer a;
	/* F_BAD_ATS_TREQ and F_TRANSL_FORBIDDEN; with DTE=0 fault 44h */
	unsigned event;

	rig_map(r, 0, VA, RIG_DATA, 0x1000, IOM_READ | IOM_WRITE, 12);
	r->ops->ats_allowed(r, false);
	CHECK_EQ(rig_access(r, 0, VA, IOM_READ, 0, &a), IOM_ABORT);
	CHECK_EQ(a.response, IOM_RESPONSE_UR);
	CHECK_EQ(a.type, IOM_TRANSLATION_REQUEST);
	event = r->ops->next_event(r);
	CHECK_EQ(event, kind == IOM_KIND_SMMUV3 ? 0x05 : 0x44);
	CHECK_EQ(a.fault.code, event);
	/* untranslated requests still work */
	CHECK_EQ(rig_access(r, 0, VA, IOM_READ, IOM_DMA_UNTRANSLATED, &a), IOM_OK);
	r->ops->ats_allowed(r, true);
	CHECK_EQ(rig_access(r, 0, VA, IOM_READ, 0, &a), IOM_OK);
	/* a translated access that is no longer allowed */
	r->ops->ats_allowed(r, false);
	CHECK_EQ(rig_access(r, 0, VA, IOM_READ, 0, &a), IOM_ABORT);
	CHECK_EQ(a.cached, 1);
	CHECK_EQ(a.type, IOM_TRANSLATED);
	event = r->ops->next_event(r);
	CHECK_EQ(event, kind == IOM_KIND_SMMUV3 ? 0x07 : 0x44);
	rig_free(r);
}
RIG_BOTH(refused_by_iommu)

static void smmu_disabled(void)
{
	rig *r = rig_new(IOM_KIND_SMMUV3, NULL);
	iom_dma_answer a;

	rig_map(r, 0, VA, RIG_DATA, 0x1000, IOM_READ | IOM_WRITE, 12);
	CHECK_EQ(rig_access(r, 0, VA, IOM_READ, 0, &a), IOM_OK);
	r->ops->translation(r, false);
	/* row "SMMUEN==0": F_TRANSL_FORBIDDEN for the translated, UR for requests */
	CHECK_EQ(rig_access(r, 0, VA, IOM_READ, 0, &a), IOM_ABORT);
	CHECK_EQ(a.type, IOM_TRANSLATED);
	CHECK_EQ(r->ops->next_event(r), 0x07);
	CHECK_EQ(rig_access(r, 0, VA + 0x1000, IOM_READ, 0, &a), IOM_ABORT);
	CHECK_EQ(a.response, IOM_RESPONSE_UR);
	CHECK_EQ(r->ops->next_event(r), 0x05);
	rig_free(r);
}

/* Reads and writes of memory, over pages that are apart. */
static void data(iom_kind kind)
{
	rig *r = rig_new(kind, NULL);
	uint8_t out[0x2800], in[0x2800], mem[16];
	iom_dma dma = rig_dma(1, VA + 0xc00, IOM_WRITE, 0);
	iom_dma_answer a;
	uint32_t done;

	for (unsigned i = 0; i < sizeof(out); i++)
		out[i] = (uint8_t)(i * 7 + (i >> 8));
	for (unsigned i = 0; i < 4; i++)
		rig_map(r, 1, VA + i * 0x1000, RIG_DATA + (3 - i) * 0x5000, 0x1000,
			IOM_READ | IOM_WRITE, 12);
	dma.length = sizeof(out);
	CHECK_EQ(iom_endpoint_dma(r->ep, &dma, r->mem, out, &done, &a), IOM_OK);
	CHECK_EQ(done, sizeof(out));
	iom_memory_read(r->mem, RIG_DATA + 2 * 0x5000, mem, sizeof(mem));
	CU_ASSERT_TRUE(memcmp(mem, out + 0x400, sizeof(mem)) == 0);
	dma.access = IOM_READ;
	CHECK_EQ(iom_endpoint_dma(r->ep, &dma, r->mem, in, &done, &a), IOM_OK);
	CU_ASSERT_TRUE(memcmp(in, out, sizeof(in)) == 0);
	/* it stops where a page is missing */
	rig_unmap(r, 1, VA + 0x2000, 0x1000);
	rig_flush(r, 1, VA + 0x2000, 12);
	CHECK_EQ(iom_endpoint_dma(r->ep, &dma, r->mem, in, &done, &a), IOM_ABORT);
	CHECK_EQ(done, 0x1400);
	CHECK_EQ(a.refusal, IOM_REFUSAL_PAGE);
	rig_free(r);
}
RIG_BOTH(data)

/* Privileged and user translations of one page are apart; execute is asked for. */
static void privilege_and_execute(iom_kind kind)
{
	bool smmu = kind == IOM_KIND_SMMUV3;
	rig *r = rig_new(kind, NULL);
	iom_dma_answer a;

	rig_map(r, 1, VA, RIG_DATA, 0x3000, IOM_READ | IOM_WRITE, 12);
	/* AP[1], U/S clear: for privileged requests only */
	rig_change_leaf(r, 1, VA, 0, smmu ? 1u << 6 : 1u << 2);
	/* UXN, XD: not for execution */
	rig_change_leaf(r, 1, VA + 0x1000, smmu ? UINT64_C(1) << 54 : UINT64_C(1) << 63, 0);
	CHECK_EQ(rig_access(r, 1, VA, IOM_READ, 0, &a), IOM_ABORT);
	CHECK_EQ(a.refusal, IOM_REFUSAL_PAGE);
	CHECK_EQ(rig_access(r, 1, VA, IOM_READ, IOM_DMA_PRIVILEGED, &a), IOM_OK);
	CHECK_EQ(rig_access(r, 1, VA, IOM_READ, IOM_DMA_PRIVILEGED, &a), IOM_OK);
	CHECK_EQ(a.cached, 1);
	CHECK_EQ(rig_access(r, 1, VA, IOM_READ, 0, &a), IOM_ABORT);
	CHECK_EQ(rig_access(r, 1, VA + 0x1000, IOM_READ | IOM_EXECUTE, 0, &a), IOM_ABORT);
	CHECK_EQ(a.permissions & IOM_EXECUTE, 0);
	CHECK_EQ(rig_access(r, 1, VA + 0x1000, IOM_READ, 0, &a), IOM_OK);
	/* what was cached without Exe is asked for again; VT-d grants no execution any more
	 * (first_stage_permissions.tsv, row "execute": Success without permissions) */
	CHECK_EQ(rig_access(r, 1, VA + 0x2000, IOM_READ, 0, &a), IOM_OK);
	CHECK_EQ(a.permissions & IOM_EXECUTE, 0);
	for (unsigned again = 0; again < 2; again++) {
		CHECK_EQ(rig_access(r, 1, VA + 0x2000, IOM_READ | IOM_EXECUTE, 0, &a),
			 smmu ? IOM_OK : IOM_ABORT);
		CHECK_EQ(a.refusal, smmu ? IOM_REFUSAL_NONE : IOM_REFUSAL_PAGE);
		CHECK_EQ(a.cached, smmu && again);
	}
	CHECK_EQ(r->ops->next_event(r), 0);
	rig_free(r);
}
RIG_BOTH(privilege_and_execute)

static void invalidate_now(void *opaque, const iom_step *step)
{
	rig *r = opaque;
	iom_ats_invalidate inv = { .requester = RIG_REQUESTER, .pasid = IOM_NO_PASID };

	(void)step;
	iom_iommu_observe(r->iommu, NULL, NULL);
	CHECK_EQ(iom_requesters_invalidate(r->hub, &inv), IOM_ATS_PENDING);
}

/* What a translation request brings that an invalidation overtook is not kept. */
static void overtaken(iom_kind kind)
{
	rig *r = rig_new(kind, NULL);
	iom_dma_answer a;

	rig_map(r, 0, VA, RIG_DATA, 0x1000, IOM_READ | IOM_WRITE, 12);
	iom_iommu_observe(r->iommu, invalidate_now, r);
	CHECK_EQ(rig_access(r, 0, VA, IOM_READ, 0, &a), IOM_OK);
	CHECK_EQ(rig_access(r, 0, VA, IOM_READ, 0, &a), IOM_OK);
	CHECK_EQ(a.cached, 0);
	CHECK_EQ(rig_access(r, 0, VA, IOM_READ, 0, &a), IOM_OK);
	CHECK_EQ(a.cached, 1);
	rig_free(r);
}
RIG_BOTH(overtaken)

typedef struct reference {
	uint64_t pa[RIG_PASIDS][16];
	unsigned access[RIG_PASIDS][16];
} reference;

/* Random tables and accesses: any ATC, or none, gives what the tables say. */
static void any_geometry(iom_kind kind)
{
	static const unsigned entries[] = { 0, 1, 4, 256 };

	for (unsigned g = 0; g < G_N_ELEMENTS(entries); g++) {
		g_autoptr(GRand) rand = g_rand_new_with_seed(11);
		rig_options o;
		reference ref = { 0 };
		rig *r;
		unsigned wrong = 0;

		rig_options_init(&o);
		o.atc_entries = entries[g];
		r = rig_new(kind, &o);
		for (unsigned step = 0; step < 3000; step++) {
			unsigned space = (unsigned)g_rand_int_range(rand, 0, RIG_PASIDS);
			unsigned page = (unsigned)g_rand_int_range(rand, 0, 16);
			uint64_t va = VA + page * 0x1000;
			unsigned want = g_rand_boolean(rand) ? IOM_READ : IOM_WRITE;
			iom_dma_answer a;
			iom_status status;
			bool ok;

			if (g_rand_int_range(rand, 0, 8) == 0) {
				unsigned access = (unsigned)g_rand_int_range(rand, 0, 3);

				ref.access[space][page] = access == 0   ? 0
							  : access == 1 ? IOM_READ
									: (IOM_READ | IOM_WRITE);
				ref.pa[space][page] =
					RIG_DATA +
					(uint64_t)g_rand_int_range(rand, 0, 4096) * 0x1000;
				if (access)
					rig_map(r, space, va, ref.pa[space][page], 0x1000,
						ref.access[space][page], 12);
				else
					rig_unmap(r, space, va, 0x1000);
				rig_flush(r, space, va, 12);
			}
			status = rig_access(r, space, va + 8, want, 0, &a);
			ok = (ref.access[space][page] & want) == want;
			if (ok != (status == IOM_OK) ||
			    (ok && a.address != ref.pa[space][page] + 8))
				wrong++;
		}
		CHECK_EQ(wrong, 0);
		rig_free(r);
	}
}
RIG_BOTH(any_geometry)

static const iom_test tests[] = {
	{ "the completion entry of the bus", codec },
	{ "translate, cache, invalidate", translate_cache_invalidate_both },
	{ "permissions", permissions_both },
	{ "large pages", large_pages_both },
	{ "PASIDs", pasids_both },
	{ "privilege and execute", privilege_and_execute_both },
	{ "invalidations wait for accesses in flight", drain_both },
	{ "several invalidations wait", many_waiting_both },
	{ "an invalidation that overtakes a translation request", overtaken_both },
	{ "what the IOMMU refuses", refused_by_iommu_both },
	{ "an SMMU that is off", smmu_disabled },
	{ "data", data_both },
	{ "any geometry of the ATC", any_geometry_both },
	{ 0 },
};
const iom_suite ats_suite = { "ats", tests };
