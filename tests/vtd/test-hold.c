/* SPDX-License-Identifier: MIT */
/* Held translations: what 6.5.4 Draining of Requests to Memory makes wait. */
#include "tests/vtd/rig.h"
#include "tests/vtd/suites.h"

#include <string.h>

#define PLACE UINT64_C(0x40000000)
#define IOTLB_DOMAIN (2 | 2 << 4 | 5 << 16)
#define IOTLB_PAGE (2 | 3 << 4 | 5 << 16)

static const iom_request write_va = { .address = RIG_VA,
				      .length = 8,
				      .requester = RIG_SID,
				      .pasid = IOM_NO_PASID,
				      .access = IOM_WRITE };

static uint64_t leaf; /* set by open_mapped(), one rig at a time */

static rig *open_mapped(void (*set)(iom_vtd_config *config), const char *cache, bool queue)
{
	rig *r = rig_new_cache(set, cache);
	uint64_t ss = rig_table(r);

	leaf = rig_map(r, ss, RIG_VA, PLACE, 1, 3, 3);
	rig_map(r, ss, RIG_VA + 0x1000, PLACE + 0x100000, 1, 3, 3);
	rig_context(r, RIG_SID, ss, 0, 5);
	rig_legacy(r);
	if (queue)
		rig_queue(r, false);
	return r;
}

static void wait_waits(void)
{
	static const char *const caches[] = { "default", "one", "off" };

	for (size_t i = 0; i < G_N_ELEMENTS(caches); i++) {
		rig *r = open_mapped(NULL, caches[i], true);
		iom_result result;
		iom_hold hold[2];

		CU_ASSERT_TRUE(iom_iommu_translate_held(r->unit, &write_va, &result, &hold[0]));
		CHECK_EQ(result.address, PLACE);
		iom_iommu_hold(r->unit, &hold[1]);
		CHECK_EQ(iom_iommu_holds(r->unit), 2);
		rig_set(r, leaf, (PLACE + 0x2000) | 3);
		rig_push(r, IOTLB_PAGE, RIG_VA);
		rig_wait(r, 7);
		/* 6.5.2.9: the wait was fetched, its status not written. */
		CHECK_EQ(rig_read64(r, R_IQH), r->tail);
		CHECK_EQ(rig_status(r), 0);
		CHECK_EQ(rig_dma(r, RIG_SID, IOM_NO_PASID, IOM_WRITE, RIG_VA).address,
			 PLACE + 0x2000);
		iom_hold_release(&hold[0]);
		CHECK_EQ(rig_status(r), 0);
		iom_hold_release(&hold[1]);
		CHECK_EQ(rig_status(r), 7);
		iom_hold_release(&hold[1]);
		CHECK_EQ(iom_iommu_holds(r->unit), 0);
		rig_wait(r, 8);
		CHECK_EQ(rig_status(r), 8);
		rig_free(r);
	}
}

/* FN: nothing behind the wait is fetched before it completes (6.5.2.9). */
static void fence(void)
{
	rig *r = open_mapped(NULL, "default", true);
	iom_result result;
	iom_hold hold;

	CU_ASSERT_TRUE(iom_iommu_translate_held(r->unit, &write_va, &result, &hold));
	rig_wait(r, 1);
	rig_push(r, 5 | 1 << 5 | 1 << 6 | UINT64_C(2) << 32, RIG_STATUS + 8);
	rig_push(r, IOTLB_DOMAIN, 0);
	CHECK_EQ(rig_count(r, "iotlb"), 0);
	CHECK_EQ(rig_word(r, RIG_STATUS + 8), 0);
	iom_hold_release(&hold);
	CHECK_EQ(rig_status(r), 1);
	CHECK_EQ(rig_word(r, RIG_STATUS + 8), 2);
	CHECK_EQ(rig_count(r, "iotlb"), 1);
	CHECK_EQ(rig_read64(r, R_IQH), r->tail);
	rig_free(r);
}

/* An endpoint that has not answered, and an access under way: both count. */
static void with_endpoint(void)
{
	rig *r = open_mapped(NULL, "default", true);
	iom_result result;
	iom_hold hold;

	r->ats_answer = IOM_ATS_PENDING;
	CU_ASSERT_TRUE(iom_iommu_translate_held(r->unit, &write_va, &result, &hold));
	rig_push(r, 3 | (uint64_t)RIG_SID << 32, RIG_VA);
	CHECK_EQ(r->n_ats, 1);
	rig_wait(r, 1);
	iom_hold_release(&hold);
	CHECK_EQ(rig_status(r), 0);
	iom_iommu_ats_completed(r->unit, RIG_SID, r->ats[0].itag, true);
	CHECK_EQ(rig_status(r), 1);
	/* and the other way round */
	CU_ASSERT_TRUE(iom_iommu_translate_held(r->unit, &write_va, &result, &hold));
	rig_push(r, 3 | (uint64_t)RIG_SID << 32, RIG_VA);
	rig_wait(r, 2);
	iom_iommu_ats_completed(r->unit, RIG_SID, r->ats[1].itag, true);
	CHECK_EQ(rig_status(r), 1);
	iom_hold_release(&hold);
	CHECK_EQ(rig_status(r), 2);
	rig_free(r);
}

static void in_callback(void)
{
	rig *r = open_mapped(NULL, "default", true);
	iom_result result;
	iom_hold hold;

	CU_ASSERT_TRUE(iom_iommu_translate_held(r->unit, &write_va, &result, &hold));
	r->release = &hold;
	rig_push(r, IOTLB_PAGE, RIG_VA);
	rig_wait(r, 1);
	CHECK_EQ(rig_status(r), 1);
	CHECK_EQ(iom_iommu_holds(r->unit), 0);
	/* a wait that is there already, and the callback of another command */
	CU_ASSERT_TRUE(iom_iommu_translate_held(r->unit, &write_va, &result, &hold));
	rig_wait(r, 2);
	CHECK_EQ(rig_status(r), 1);
	rig_push(r, IOTLB_PAGE, RIG_VA);
	CHECK_EQ(rig_status(r), 2);
	rig_free(r);
}

/* 11.4.6.1, 11.4.6.3: ICC and IVT read 1 until the command is complete. */
static void registers(void)
{
	rig *r = open_mapped(NULL, "default", false);
	iom_result result;
	iom_hold hold;

	CU_ASSERT_TRUE(iom_iommu_translate_held(r->unit, &write_va, &result, &hold));
	rig_set(r, leaf, (PLACE + 0x2000) | 3);
	rig_write64(r, R_CCMD, UINT64_C(1) << 63 | UINT64_C(1) << 61);
	rig_write64(r, R_IOTLB, UINT64_C(1) << 63 | UINT64_C(1) << 60);
	CHECK_EQ(rig_read64(r, R_CCMD) >> 63, 1);
	CHECK_EQ(rig_read64(r, R_IOTLB) >> 63, 1);
	CHECK_EQ(rig_dma(r, RIG_SID, IOM_NO_PASID, IOM_WRITE, RIG_VA).address, PLACE + 0x2000);
	iom_hold_release(&hold);
	CHECK_EQ(rig_read64(r, R_CCMD) >> 63, 0);
	CHECK_EQ(rig_read64(r, R_CCMD) >> 59 & 3, 1); /* CAIG: global */
	CHECK_EQ(rig_read64(r, R_IOTLB) >> 63, 0);
	CHECK_EQ(rig_read64(r, R_IOTLB) >> 57 & 3, 1); /* IAIG: global */
	rig_write64(r, R_IOTLB, UINT64_C(1) << 63 | UINT64_C(1) << 60);
	CHECK_EQ(rig_read64(r, R_IOTLB) >> 63, 0);
	rig_free(r);
}

/* 11.4.4.1: TES follows TE when accesses that were translated have ended. */
static void disabling(void)
{
	rig *r = open_mapped(NULL, "default", false);
	iom_result result;
	iom_hold hold;

	CU_ASSERT_TRUE(iom_iommu_translate_held(r->unit, &write_va, &result, &hold));
	rig_clear(r, G_TE);
	CHECK_EQ(rig_read(r, R_GSTS) & G_TE, G_TE);
	CHECK_EQ(rig_dma(r, RIG_SID, IOM_NO_PASID, IOM_WRITE, RIG_VA).address, RIG_VA);
	iom_hold_release(&hold);
	CHECK_EQ(rig_read(r, R_GSTS) & G_TE, 0);
	rig_command(r, G_TE);
	CHECK_EQ(rig_read(r, R_GSTS) & G_TE, G_TE);
	/* on again before it was off */
	CU_ASSERT_TRUE(iom_iommu_translate_held(r->unit, &write_va, &result, &hold));
	CHECK_EQ(result.address, PLACE);
	rig_clear(r, G_TE);
	rig_command(r, G_TE);
	iom_hold_release(&hold);
	CHECK_EQ(rig_read(r, R_GSTS) & G_TE, G_TE);
	CHECK_EQ(rig_dma(r, RIG_SID, IOM_NO_PASID, IOM_WRITE, RIG_VA).address, PLACE);
	rig_free(r);
}

/* ------------------------------------------------------------------------
 * Stress: pages are given back, and poisoned, when the wait descriptor says that
 * no device writes to them any more.
 */
#define SPARES 8
#define POISON 0xdb
#define HOLDERS 2

typedef struct yard {
	rig *r;
	int stop;
	uint64_t writes[HOLDERS];
	uint64_t refused;
} yard;

typedef struct holder {
	yard *y;
	unsigned id;
} holder;

static gpointer hold_and_write(gpointer opaque)
{
	const holder *h = opaque;
	yard *y = h->y;
	uint64_t refusals = 0;

	for (uint64_t n = 0; !g_atomic_int_get(&y->stop); n++) {
		iom_request q[2] = { write_va, write_va };
		unsigned batch = n % 4 ? 1 : 2;
		iom_result result[2];
		iom_hold hold;

		q[1].address += 0x1000;
		iom_iommu_hold(y->r->unit, &hold);
		refusals += batch - iom_iommu_translate_many(y->r->unit, q, result, batch);
		for (unsigned i = 0; i < batch; i++) {
			uint64_t *p = iom_memory_host(y->r->memory, result[i].address, true, NULL);

			/* a line of its own for each device */
			for (unsigned at = 0; result[i].status == IOM_OK && at < 512; at += 64)
				p[at + 8 * h->id] = n;
		}
		iom_hold_release(&hold);
		__atomic_store_n(&y->writes[h->id], n + 1, __ATOMIC_RELEASE);
	}
	__atomic_fetch_add(&y->refused, refusals, __ATOMIC_RELAXED);
	return NULL;
}

static bool poisoned(const uint8_t *page)
{
	for (unsigned i = 0; i < 4096; i++) {
		if (page[i] != POISON)
			return false;
	}
	return true;
}

static bool await_status(rig *r, uint32_t value)
{
	gint64 end = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;

	while (rig_status(r) != value) {
		if (g_get_monotonic_time() > end)
			return false;
		g_thread_yield();
	}
	return true;
}

static uint64_t least(const yard *y)
{
	uint64_t n = UINT64_MAX;

	for (unsigned i = 0; i < HOLDERS; i++)
		n = MIN(n, __atomic_load_n(&y->writes[i], __ATOMIC_ACQUIRE));
	return n;
}

static void freed_pages(const char *cache)
{
	yard y = { .r = open_mapped(NULL, cache, true) };
	uint64_t touched = 0, late = 0;
	GThread *threads[HOLDERS];
	gint64 end = g_get_monotonic_time() + 3 * G_USEC_PER_SEC;
	uint8_t *page[SPARES];
	holder h[HOLDERS];

	for (unsigned i = 0; i < SPARES; i++) {
		page[i] = iom_memory_host(y.r->memory, PLACE + 0x1000 * i, true, NULL);
		memset(page[i], i ? POISON : 0, 4096);
	}
	for (unsigned i = 0; i < HOLDERS; i++) {
		h[i] = (holder){ &y, i };
		threads[i] = g_thread_new("holder", hold_and_write, &h[i]);
	}
	/* A busy machine leaves little of a second to each thread. */
	for (uint32_t v = 1;
	     !late && (v < 200 || least(&y) < 100 || (v < 5000 && g_get_monotonic_time() < end));
	     v++) {
		unsigned to = v % SPARES, from = (v - 1) % SPARES;

		/* nobody may have written since it was poisoned */
		touched += !poisoned(page[to]);
		memset(page[to], 0, 4096);
		iom_memory_store64(y.r->memory, leaf, (PLACE + 0x1000 * to) | 3);
		rig_push(y.r, v % 2 ? IOTLB_PAGE : IOTLB_DOMAIN, v % 2 ? RIG_VA : 0);
		rig_wait(y.r, v);
		late += !await_status(y.r, v);
		memset(page[from], POISON, 4096);
		if (v % 16 == 0)
			g_thread_yield();
	}
	g_atomic_int_set(&y.stop, 1);
	for (unsigned i = 0; i < HOLDERS; i++) {
		g_thread_join(threads[i]);
		CU_ASSERT_TRUE(y.writes[i] > 0);
	}
	CHECK_EQ(touched, 0);
	CHECK_EQ(late, 0);
	CHECK_EQ(y.refused, 0);
	CHECK_EQ(iom_iommu_holds(y.r->unit), 0);
	rig_free(y.r);
}

static void freed_default(void)
{
	freed_pages("default");
}

static void freed_one(void)
{
	freed_pages("one");
}

static void freed_off(void)
{
	freed_pages("off");
}

static const iom_test tests[] = {
	{ "a wait descriptor waits for the release", wait_waits },
	{ "so does what a fence holds back", fence },
	{ "endpoints and accesses", with_endpoint },
	{ "released from inside a callback", in_callback },
	{ "commands in registers wait", registers },
	{ "TES waits", disabling },
	{ "nobody writes to a page that was given back", freed_default },
	{ "the same with one entry", freed_one },
	{ "the same without caches", freed_off },
	{ 0 },
};
const iom_suite hold_suite = { "hold", tests };
