/* SPDX-License-Identifier: MIT */
/* Held translations: what CMD_SYNC waits for (4.7.3 CMD_SYNC), and what not. */
#include "tests/smmu/rig.h"
#include "tests/smmu/suites.h"

#include <string.h>

#define VA UINT64_C(0x7000)
#define PA UINT64_C(0x50000000)
#define LEAF (AF | USER | NG)

static const iom_request write_va = {
	.address = VA, .length = 8, .requester = 1, .pasid = IOM_NO_PASID, .access = IOM_WRITE
};

static void map_pages(rig *r)
{
	stream_s1(r, 1, 11, 1);
	map(r, r->ttb[1], VA, PA, 12, LEAF);
	map(r, r->ttb[1], VA + 0x1000, PA + 0x100000, 12, LEAF);
}

static void open_mapped(rig *r, const iom_smmu_config *c)
{
	rig_open(r, c);
	map_pages(r);
}

static void move(rig *r, uint64_t pa)
{
	set_word(r, leaf_address(r, r->ttb[1], VA), pa | LEAF | 3);
	cmd(r, CMD_NH_VA(1, 11, VA));
	cmd(r, CMD_SYNC(1));
}

/* Are all commands consumed? With the queue's wrap bit. */
static bool idle(rig *r)
{
	return (rd(r, CMDQ_CONS) & 0xfffff) == r->cmd_prod;
}

static void sync_waits(void)
{
	static const char *const caches[] = { "default", "one", "off" };

	for (size_t i = 0; i < G_N_ELEMENTS(caches); i++) {
		iom_smmu_config c;
		iom_result res;
		iom_hold hold;
		rig r;

		rig_config(&c, caches[i], NULL);
		open_mapped(&r, &c);
		CU_ASSERT_TRUE(iom_iommu_translate_held(r.iommu, &write_va, &res, &hold));
		CHECK_EQ(res.address, PA);
		CHECK_EQ(iom_iommu_holds(r.iommu), 1);
		move(&r, PA + 0x2000);
		/* TLBI has run, CMD_SYNC has not, and nothing was signalled. */
		CHECK_EQ(rd(&r, CMDQ_CONS) & 0xfffff, r.cmd_prod - 1);
		CHECK_EQ(r.irqs[IOM_SMMU_IRQ_CMD_SYNC], 0);
		/* The invalidation is effective all the same. */
		CHECK_EQ(dma(&r, 1, VA, IOM_WRITE).address, PA + 0x2000);
		iom_hold_release(&hold);
		CHECK_EQ(iom_iommu_holds(r.iommu), 0);
		CU_ASSERT_TRUE(idle(&r));
		CHECK_EQ(r.irqs[IOM_SMMU_IRQ_CMD_SYNC], 1);
		/* Once is enough, twice is no harm. */
		iom_hold_release(&hold);
		move(&r, PA);
		CU_ASSERT_TRUE(idle(&r));
		rig_close(&r);
	}
}

/* Holds nest and end in any order. */
static void many_holds(void)
{
	iom_hold hold[4];
	iom_result res;
	rig r;

	open_mapped(&r, NULL);
	iom_iommu_hold(r.iommu, &hold[0]);
	CU_ASSERT_TRUE(iom_iommu_translate_held(r.iommu, &write_va, &res, &hold[1]));
	move(&r, PA + 0x2000);
	CU_ASSERT_TRUE(iom_iommu_translate_held(r.iommu, &write_va, &res, &hold[2]));
	CHECK_EQ(res.address, PA + 0x2000);
	CHECK_EQ(iom_iommu_holds(r.iommu), 3);
	iom_hold_release(&hold[0]);
	CU_ASSERT_FALSE(idle(&r));
	iom_hold_release(&hold[1]);
	/* hold[2] was taken after the command */
	CU_ASSERT_TRUE(idle(&r));
	/* Two invalidations on their way at once. */
	move(&r, PA + 0x3000);
	CU_ASSERT_FALSE(idle(&r));
	CU_ASSERT_TRUE(iom_iommu_translate_held(r.iommu, &write_va, &res, &hold[3]));
	CHECK_EQ(res.address, PA + 0x3000);
	move(&r, PA + 0x4000);
	iom_hold_release(&hold[2]);
	CU_ASSERT_FALSE(idle(&r));
	iom_hold_release(&hold[3]);
	CU_ASSERT_TRUE(idle(&r));
	CHECK_EQ(iom_iommu_holds(r.iommu), 0);
	rig_close(&r);
}

static void refused(void)
{
	iom_request q = write_va;
	iom_result res;
	iom_hold hold;
	rig r;

	open_mapped(&r, NULL);
	q.address = VA + 0x100000;
	CU_ASSERT_FALSE(iom_iommu_translate_held(r.iommu, &q, &res, &hold));
	CHECK_EQ(res.fault.code, 0x10);
	CHECK_EQ(iom_iommu_holds(r.iommu), 0);
	iom_hold_release(&hold);
	cmd(&r, CMD_SYNC(0));
	CU_ASSERT_TRUE(idle(&r));
	rig_close(&r);
}

static gpointer release(gpointer hold)
{
	iom_hold_release(hold);
	return NULL;
}

static void other_thread(void)
{
	iom_result res;
	iom_hold hold;
	rig r;

	open_mapped(&r, NULL);
	CU_ASSERT_TRUE(iom_iommu_translate_held(r.iommu, &write_va, &res, &hold));
	move(&r, PA + 0x2000);
	CU_ASSERT_FALSE(idle(&r));
	g_thread_join(g_thread_new("release", release, &hold));
	CU_ASSERT_TRUE(idle(&r));
	rig_close(&r);
}

/* A user who lets go as soon as he is told. */
static void in_callback(void)
{
	iom_result res;
	iom_hold hold, other;
	rig r;

	open_mapped(&r, NULL);
	CU_ASSERT_TRUE(iom_iommu_translate_held(r.iommu, &write_va, &res, &hold));
	r.release = &hold;
	move(&r, PA + 0x2000);
	CU_ASSERT_TRUE(idle(&r));
	/* The same where a CMD_SYNC waits already, and the queue is being run. */
	CU_ASSERT_TRUE(iom_iommu_translate_held(r.iommu, &write_va, &res, &hold));
	r.release = NULL;
	cmd(&r, CMD_SYNC(0));
	CU_ASSERT_FALSE(idle(&r));
	CU_ASSERT_TRUE(iom_iommu_translate_held(r.iommu, &write_va, &res, &other));
	r.release = &other;
	move(&r, PA + 0x3000);
	CU_ASSERT_FALSE(idle(&r));
	iom_hold_release(&hold);
	CU_ASSERT_TRUE(idle(&r));
	CHECK_EQ(iom_iommu_holds(r.iommu), 0);
	rig_close(&r);
}

/* 6.3.9 SMMU_CR0: SMMUEN is acknowledged as 0 when nothing is under way. */
static void disabling(void)
{
	uint32_t on = SMMUEN | EVENTQEN | CMDQEN;
	iom_result res;
	iom_hold hold;
	rig r;

	open_mapped(&r, NULL);
	wr(&r, CR0, on);
	CU_ASSERT_TRUE(iom_iommu_translate_held(r.iommu, &write_va, &res, &hold));
	wr(&r, CR0, on & ~(uint32_t)SMMUEN);
	CHECK_EQ(rd(&r, CR0), on & ~(uint32_t)SMMUEN);
	CHECK_EQ(rd(&r, CR0ACK), on);
	/* guarded by SMMUEN and its acknowledgement */
	wr(&r, STRTAB_BASE_CFG, 3);
	CHECK_EQ(rd(&r, STRTAB_BASE_CFG) & 0x3f, 8);
	iom_hold_release(&hold);
	CHECK_EQ(rd(&r, CR0ACK), on & ~(uint32_t)SMMUEN);
	wr(&r, CR0, on);
	CHECK_EQ(rd(&r, CR0ACK), on);
	rig_close(&r);
}

/* A queue that is switched off and filled anew does not complete too early. */
static void restarted_queue(void)
{
	iom_result res;
	iom_hold hold[2];
	rig r;

	open_mapped(&r, NULL);
	CU_ASSERT_TRUE(iom_iommu_translate_held(r.iommu, &write_va, &res, &hold[0]));
	cmd(&r, CMD_SYNC(0));
	wr(&r, CR0, SMMUEN | EVENTQEN);
	wr(&r, CMDQ_PROD, 0);
	wr(&r, CMDQ_CONS, 0);
	r.cmd_prod = 0;
	wr(&r, CR0, SMMUEN | EVENTQEN | CMDQEN);
	CU_ASSERT_TRUE(iom_iommu_translate_held(r.iommu, &write_va, &res, &hold[1]));
	move(&r, PA + 0x2000);
	iom_hold_release(&hold[0]);
	CU_ASSERT_FALSE(idle(&r));
	iom_hold_release(&hold[1]);
	CU_ASSERT_TRUE(idle(&r));
	rig_close(&r);
}

/* ------------------------------------------------------------------------
 * Stress. A page of the host is given back, and poisoned, when CMD_SYNC says that
 * no device writes to it any more.
 */
#define SPARES 8
#define POISON 0xdb
#define HOLDERS 2

struct yard {
	rig r;
	int stop;
	uint64_t writes[HOLDERS];
	uint64_t refused;
};

struct holder {
	struct yard *y;
	unsigned id;
};

static void write_page(struct yard *y, const iom_result *res, unsigned id, uint64_t value)
{
	uint64_t span = 0;
	uint64_t *p = iom_memory_host(y->r.mem, res->address, true, &span);

	/* A line of its own for each device. */
	for (unsigned i = 0; p && span >= 8 * 64 && i < 512; i += 64)
		p[i + 8 * id] = value;
}

static gpointer holder(gpointer opaque)
{
	const struct holder *h = opaque;
	struct yard *y = h->y;
	uint64_t refusals = 0;

	for (uint64_t n = 0; !g_atomic_int_get(&y->stop); n++) {
		iom_request q[2] = { write_va, write_va };
		iom_result res[2];
		iom_hold hold;

		q[0].length = q[1].length = 4096;
		if (n % 4 < 3) {
			if (iom_iommu_translate_held(y->r.iommu, &q[0], &res[0], &hold))
				write_page(y, &res[0], h->id, n);
			else
				refusals++;
		} else {
			/* a batch under one hold */
			q[1].address += 0x1000;
			iom_iommu_hold(y->r.iommu, &hold);
			if (iom_iommu_translate_many(y->r.iommu, q, res, 2) == 2) {
				write_page(y, &res[0], h->id, n);
				write_page(y, &res[1], h->id, n);
			} else {
				refusals++;
			}
		}
		iom_hold_release(&hold);
		__atomic_store_n(&y->writes[h->id], n + 1, __ATOMIC_RELEASE);
	}
	__atomic_fetch_add(&y->refused, refusals, __ATOMIC_RELAXED);
	return NULL;
}

static bool await_sync(rig *r)
{
	gint64 end = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;

	while (!idle(r)) {
		if (g_get_monotonic_time() > end)
			return false;
		g_thread_yield();
	}
	return true;
}

static bool poisoned(const uint8_t *page)
{
	for (unsigned i = 0; i < 4096; i++) {
		if (page[i] != POISON)
			return false;
	}
	return true;
}

/* Move the page to `pa`, by a different command each time. */
static void invalidate(rig *r, uint64_t v, uint64_t pa)
{
	set_word(r, leaf_address(r, r->ttb[1], VA), pa | LEAF | 3);
	switch (v % 4) {
	case 0:
		cmd(r, CMD_NH_VA(1, 11, VA));
		break;
	case 1:
		cmd(r, CMD_NH_ASID(1, 11));
		break;
	case 2:
		cmd(r, CMD_NSNH_ALL);
		break;
	default:
		/* the STE goes as well, the translation with its VMID */
		cmd(r, CMD_CFGI_STE(1, 1));
		cmd(r, CMD_NH_ALL(1));
		break;
	}
	cmd(r, CMD_SYNC(0));
}

/*
 * The first hold that there ever is, beside an invalidation: who completes that does not
 * look for holds before.
 */
struct beginner {
	rig r;
	unsigned delay;
	int begin, complete, wrong;
};

static void pause_for(unsigned n)
{
	for (volatile unsigned i = 0; i < n; i++)
		;
}

static gpointer begin_holding(gpointer opaque)
{
	struct beginner *b = opaque;
	iom_result res;
	iom_hold hold;

	while (!g_atomic_int_get(&b->begin))
		;
	if (!iom_iommu_translate_held(b->r.iommu, &write_va, &res, &hold))
		return NULL;
	for (unsigned i = 0; i < 50; i++) {
		pause_for(20);
		if (res.address == PA && g_atomic_int_get(&b->complete))
			b->wrong++;
	}
	iom_hold_release(&hold);
	return NULL;
}

static void first_holds(void)
{
	for (unsigned n = 0; n < 400; n++) {
		struct beginner b = { .delay = n % 40 * 8 };
		GThread *thread;

		if (n & 2)
			rig_open_plain(&b.r, NULL);
		else
			rig_open(&b.r, NULL);
		map_pages(&b.r);
		/* Half of them find the page in the IOTLB. */
		if (n & 1)
			dma(&b.r, 1, VA, IOM_WRITE);
		thread = g_thread_new("holder", begin_holding, &b);
		g_atomic_int_set(&b.begin, 1);
		pause_for(b.delay);
		invalidate(&b.r, n >> 2, PA + 0x2000);
		CU_ASSERT_TRUE(await_sync(&b.r));
		g_atomic_int_set(&b.complete, 1);
		g_thread_join(thread);
		CHECK_EQ(b.wrong, 0);
		CHECK_EQ(iom_iommu_holds(b.r.iommu), 0);
		rig_close(&b.r);
	}
}

static uint64_t least(const struct yard *y)
{
	uint64_t n = UINT64_MAX;

	for (unsigned i = 0; i < HOLDERS; i++)
		n = MIN(n, __atomic_load_n(&y->writes[i], __ATOMIC_ACQUIRE));
	return n;
}

static void freed_pages(const char *cache)
{
	struct yard y = { 0 };
	struct holder h[HOLDERS];
	GThread *threads[HOLDERS];
	uint64_t touched = 0, late = 0;
	uint8_t *page[SPARES];
	gint64 end = g_get_monotonic_time() + 3 * G_USEC_PER_SEC;
	iom_smmu_config c;

	rig_config(&c, cache, NULL);
	open_mapped(&y.r, &c);
	for (unsigned i = 0; i < SPARES; i++) {
		page[i] = iom_memory_host(y.r.mem, PA + 0x1000 * i, true, NULL);
		memset(page[i], i ? POISON : 0, 4096);
	}
	for (unsigned i = 0; i < HOLDERS; i++) {
		h[i] = (struct holder){ &y, i };
		threads[i] = g_thread_new("holder", holder, &h[i]);
	}
	/* A busy machine leaves little of a second to each thread. */
	for (uint64_t v = 1;
	     v < 200 || least(&y) < 100 || (v < 5000 && g_get_monotonic_time() < end); v++) {
		unsigned to = v % SPARES, from = (v - 1) % SPARES;

		/* nobody may have written since it was poisoned */
		touched += !poisoned(page[to]);
		memset(page[to], 0, 4096);
		invalidate(&y.r, v, PA + 0x1000 * to);
		late += !await_sync(&y.r);
		memset(page[from], POISON, 4096);
		if (late)
			break;
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
	CHECK_EQ(iom_iommu_holds(y.r.iommu), 0);
	rig_close(&y.r);
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

/*
 * A device that holds hundreds of times between two completions, which is when holds
 * make no fences. While it holds a page, that page must not be said to be free.
 */
struct hurry {
	rig r;
	int stop;
	uint64_t holds;
	uint64_t broken;
	uint8_t gone[SPARES]; /* pages that were given back */
	uint64_t *far; /* FAR words, most of them in no cache */
};
#define FAR (UINT64_C(1) << 23)

static gpointer hurried(gpointer opaque)
{
	struct hurry *y = opaque;
	uint64_t broken = 0;

	for (uint64_t n = 1; !g_atomic_int_get(&y->stop); n++) {
		iom_result res;
		iom_hold hold;

		/* Stores that follow wait until these are done, loads do not. */
		for (uint64_t i = 0; i < 24; i++)
			y->far[(24 * n + i) * 1000003 * 8 % FAR] = n;
		if (!iom_iommu_translate_held(y->r.iommu, &write_va, &res, &hold)) {
			broken++;
			continue;
		}
		for (unsigned i = 0; i < n % 512; i++)
			broken += __atomic_load_n(&y->gone[(res.address - PA) >> 12],
						  __ATOMIC_ACQUIRE);
		iom_hold_release(&hold);
		__atomic_store_n(&y->holds, n, __ATOMIC_RELEASE);
	}
	__atomic_fetch_add(&y->broken, broken, __ATOMIC_RELAXED);
	return NULL;
}

static void often(void)
{
	struct hurry y = { 0 };
	gint64 end = g_get_monotonic_time() + 2 * G_USEC_PER_SEC;
	uint64_t late = 0, v;
	GThread *thread;

	open_mapped(&y.r, NULL);
	y.far = g_new0(uint64_t, FAR);
	thread = g_thread_new("holder", hurried, &y);
	for (v = 1; !late && (v < 100 || g_get_monotonic_time() < end); v++) {
		uint64_t from = __atomic_load_n(&y.holds, __ATOMIC_ACQUIRE);

		while (__atomic_load_n(&y.holds, __ATOMIC_ACQUIRE) < from + 200 + v % 64)
			;
		__atomic_store_n(&y.gone[v % SPARES], 0, __ATOMIC_RELEASE);
		invalidate(&y.r, v, PA + 0x1000 * (v % SPARES));
		late += !await_sync(&y.r);
		__atomic_store_n(&y.gone[(v - 1) % SPARES], 1, __ATOMIC_RELEASE);
	}
	g_atomic_int_set(&y.stop, 1);
	g_thread_join(thread);
	g_free(y.far);
	CHECK_EQ(y.broken, 0);
	CHECK_EQ(late, 0);
	CHECK_EQ(iom_iommu_holds(y.r.iommu), 0);
	rig_close(&y.r);
}

static const iom_test tests[] = {
	{ "CMD_SYNC waits for the release", sync_waits },
	{ "many holds, in any order", many_holds },
	{ "what is refused is not held", refused },
	{ "released by another thread", other_thread },
	{ "released from inside a callback", in_callback },
	{ "CR0ACK waits for the release", disabling },
	{ "a queue that is started anew", restarted_queue },
	{ "the first hold of all", first_holds },
	{ "nobody writes to a page that was given back", freed_default },
	{ "the same with one entry", freed_one },
	{ "the same without caches", freed_off },
	{ "a device that holds often", often },
	{ 0 },
};
const iom_suite smmu_hold_suite = { "hold", tests };
