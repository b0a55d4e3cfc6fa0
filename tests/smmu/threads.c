/* SPDX-License-Identifier: MIT */
/* Translations on one thread while another maps, unmaps and invalidates. */
#include "tests/smmu/rig.h"
#include "tests/smmu/suites.h"

#define VA UINT64_C(0x7000)
#define PA UINT64_C(0x50000000)

struct shared {
	rig *r;
	int stop;
	uint64_t floor; /* versions below it are invalidated */
	uint64_t wrong, seen;
};

/* The page moves from version to version; a version below the floor is stale. */
static gpointer reader(gpointer opaque)
{
	struct shared *s = opaque;

	while (!g_atomic_int_get(&s->stop)) {
		uint64_t floor = __atomic_load_n(&s->floor, __ATOMIC_ACQUIRE);
		iom_result res = dma(s->r, 1, VA, IOM_READ);

		if (res.status != IOM_OK || (res.address - PA) >> 12 < floor)
			s->wrong++;
		__atomic_add_fetch(&s->seen, 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

static uint64_t seen_by(const struct shared *s)
{
	return __atomic_load_n(&s->seen, __ATOMIC_ACQUIRE);
}

static void moving(uint64_t leaf)
{
	static const char *const caches[] = { "default", "one", "prefetch", "walks", "default" };

	for (size_t i = 0; i < G_N_ELEMENTS(caches); i++) {
		struct shared s = { 0 };
		iom_smmu_config c;
		GThread *thread;
		rig r;

		rig_config(&c, caches[i], NULL);
		/* The last two in plain memory, where walks and commands are shortest. */
		if (i < 3)
			rig_open(&r, &c);
		else
			rig_open_plain(&r, &c);
		stream_s1(&r, 1, 11, 1);
		map(&r, r.ttb[1], VA, PA, 12, leaf);
		s.r = &r;
		thread = g_thread_new("reader", reader, &s);
		/* Both threads have to get their turns, however busy the machine is. */
		for (uint64_t v = 1; v < 5000 || (v < 3000000 && seen_by(&s) < 5000); v++) {
			set_word(&r, leaf_address(&r, r.ttb[1], VA), (PA + (v << 12)) | leaf | 3);
			switch (v % 4) {
			case 0:
				cmd(&r, CMD_NH_VA(1, 11, VA));
				break;
			case 1:
				/* an ASID does not name a global page */
				if (leaf & NG)
					cmd(&r, CMD_NH_ASID(1, 11));
				else
					cmd(&r, CMD_NH_ALL(1));
				break;
			case 2:
				cmd(&r, CMD_NH_VAA(1, VA));
				break;
			default:
				cmd(&r, CMD_NSNH_ALL);
				break;
			}
			cmd(&r, CMD_SYNC(0));
			__atomic_store_n(&s.floor, v, __ATOMIC_RELEASE);
			if (v % 3 == 0)
				cmd(&r, CMD_PREFETCH_ADDR(1, VA, 0, 0));
			if (v % 64 == 0) {
				g_thread_yield();
				cmd(&r, CMD_CFGI_STE(1, 1));
			}
		}
		g_atomic_int_set(&s.stop, 1);
		g_thread_join(thread);
		CHECK_EQ(s.wrong, 0);
		CU_ASSERT_TRUE(s.seen > 0);
		rig_close(&r);
	}
}

static void moving_page(void)
{
	moving(AF | USER | NG);
}

static void moving_global_page(void)
{
	moving(AF | USER);
}

/* Faulting on two threads while the queue overflows and is drained. */
static gpointer faulter(gpointer opaque)
{
	struct shared *s = opaque;

	for (unsigned i = 0; i < 20000; i++) {
		if (dma(s->r, 9, i << 12, IOM_READ).fault.recorded)
			s->seen++;
	}
	return NULL;
}

static void two_faulters(void)
{
	struct shared a = { 0 }, b = { 0 };
	GThread *threads[2];
	uint64_t e[4], records = 0;
	iom_statistics st;
	rig r;

	rig_open(&r, NULL);
	a.r = b.r = &r;
	threads[0] = g_thread_new("a", faulter, &a);
	threads[1] = g_thread_new("b", faulter, &b);
	for (unsigned i = 0; i < 200000 && records < 5000; i++) {
		while (event(&r, e)) {
			CHECK_EQ(e[0], UINT64_C(0x900000004));
			records++;
		}
	}
	g_thread_join(threads[0]);
	g_thread_join(threads[1]);
	while (event(&r, e))
		records++;
	CHECK_EQ(records, a.seen + b.seen);
	iom_iommu_statistics(r.iommu, &st);
	CHECK_EQ(st.events, records);
	CHECK_EQ(st.events + st.events_lost, 40000);
	rig_close(&r);
}

/* Two readers of one page; a thread that changes where it leads. */
static void with_readers(rig *r, void (*step)(rig *r, uint64_t version))
{
	struct shared s[2] = { { .r = r }, { .r = r } };
	GThread *threads[2];

	for (unsigned i = 0; i < 2; i++)
		threads[i] = g_thread_new("reader", reader, &s[i]);
	/* Every thread has to get its turns, however busy the machine is. */
	for (uint64_t v = 1;
	     v < 3000 || (v < 3000000 && MIN(seen_by(&s[0]), seen_by(&s[1])) < 2000); v++) {
		step(r, v);
		for (unsigned i = 0; i < 2; i++)
			__atomic_store_n(&s[i].floor, v, __ATOMIC_RELEASE);
		if (v % 16 == 0)
			g_thread_yield();
	}
	for (unsigned i = 0; i < 2; i++)
		g_atomic_int_set(&s[i].stop, 1);
	for (unsigned i = 0; i < 2; i++) {
		g_thread_join(threads[i]);
		CHECK_EQ(s[i].wrong, 0);
		CU_ASSERT_TRUE(s[i].seen > 0);
	}
}

/* The CD names one table, then the other, which meanwhile was written anew. */
static void other_table(rig *r, uint64_t v)
{
	uint64_t unused = r->ttb[2];

	set_word(r, leaf_address(r, unused, VA), (PA + (v << 12)) | AF | USER | NG | 3);
	r->ttb[2] = r->ttb[1];
	r->ttb[1] = unused;
	stream_s1(r, 1, 11, 1);
	cmd(r, CMD_CFGI_CD(1, 0));
	cmd(r, CMD_NH_ASID(1, 11));
	cmd(r, CMD_SYNC(0));
}

/* In plain memory, where walks are shortest; NULL: in sparse memory, default caches. */
static void open_with(rig *r, const char *caches)
{
	iom_smmu_config c;

	rig_config(&c, caches ? caches : "default", NULL);
	if (caches)
		rig_open_plain(r, &c);
	else
		rig_open(r, &c);
}

static void changing_context(void)
{
	static const char *const caches[] = { NULL, "walks" };

	for (size_t k = 0; k < G_N_ELEMENTS(caches); k++) {
		rig r;

		open_with(&r, caches[k]);
		stream_s1(&r, 1, 11, 1);
		stream_s1(&r, 2, 11, 1);
		for (unsigned i = 1; i <= 2; i++)
			map(&r, r.ttb[i], VA, PA, 12, AF | USER | NG);
		with_readers(&r, other_table);
		rig_close(&r);
	}
}

/* Stage 1 stays; 4.4.3: what both stages gave goes with the VMID, after stage 2. */
static void other_page(rig *r, uint64_t v)
{
	set_word(r, leaf_address(r, r->s2ttb, VA), (PA + (v << 12)) | AF | S2_R | S2_W | S2_WB | 3);
	cmd(r, CMD_S2_IPA(1, VA));
	cmd(r, CMD_NH_ALL(1));
	cmd(r, CMD_SYNC(0));
}

/* Without an IOTLB nothing but stage 2 remembers the page. */
static void other_page_alone(rig *r, uint64_t v)
{
	set_word(r, leaf_address(r, r->s2ttb, VA), (PA + (v << 12)) | AF | S2_R | S2_W | S2_WB | 3);
	cmd(r, CMD_S2_IPA(1, VA));
	cmd(r, CMD_SYNC(0));
}

static void changing_stage2(void)
{
	static const char *const caches[] = { NULL, "walks", "stage2" };

	for (size_t k = 0; k < G_N_ELEMENTS(caches); k++) {
		rig r;

		open_with(&r, caches[k]);
		stream_nested(&r, 1, 11, 1);
		map(&r, r.s2ttb, VA, PA, 12, AF | S2_R | S2_W | S2_WB);
		for (uint64_t b = 0x30000000; b < 0x50000000; b += 0x200000)
			map(&r, r.s2ttb, b, b, 21, AF | S2_R | S2_W | S2_WB);
		map(&r, r.ttb[1], VA, VA, 12, AF | USER | NG);
		with_readers(&r, caches[k] ? other_page_alone : other_page);
		rig_close(&r);
	}
}

/*
 * Two chains of tables for VA: the entry of the one in use, at the level whose turn
 * it is, gets what the spare one has there, a page or a table with all below it.
 */
static uint64_t entry_of(rig *r, uint64_t root, int start, int level)
{
	uint64_t table = root;

	for (int l = start; l < level; l++)
		table = word(r, table + (VA >> (39 - 9 * l) & 511) * 8) & UINT64_C(0xfffffffff000);
	return table + (VA >> (39 - 9 * level) & 511) * 8;
}

static void exchange(rig *r, uint64_t used, uint64_t spare, int start, uint64_t leaf, uint64_t v)
{
	int level = 3 - (int)(v % (4 - (unsigned)start));
	uint64_t at[2] = { entry_of(r, used, start, level), 0 }, old;

	set_word(r, entry_of(r, spare, start, 3), leaf);
	at[1] = entry_of(r, spare, start, level);
	old = word(r, at[0]);
	set_word(r, at[0], word(r, at[1]));
	if (level < 3)
		set_word(r, at[1], old);
}

static void other_level(rig *r, uint64_t v)
{
	exchange(r, r->ttb[1], r->ttb[2], 0, (PA + (v << 12)) | AF | USER | NG | 3, v);
	/* Leaf is 0 where a table was exchanged */
	cmd(r, 0x12 | UINT64_C(1) << 32 | UINT64_C(11) << 48,
	    (VA & ~UINT64_C(0xfff)) | (v % 4 == 0));
	cmd(r, CMD_SYNC(0));
}

static void changing_levels(void)
{
	static const char *const caches[] = { "default", "one", "off" };

	for (size_t i = 0; i < G_N_ELEMENTS(caches); i++) {
		iom_smmu_config c;
		rig r;

		rig_config(&c, caches[i], NULL);
		rig_open(&r, &c);
		stream_s1(&r, 1, 11, 1);
		stream_s1(&r, 2, 12, 1);
		for (unsigned t = 1; t <= 2; t++)
			map(&r, r.ttb[t], VA, PA, 12, AF | USER | NG);
		with_readers(&r, other_level);
		rig_close(&r);
	}
}

/* The same of stage 2, whose spare chain is the stage 1 table of no stream. */
static void other_level2(rig *r, uint64_t v)
{
	exchange(r, r->s2ttb, r->ttb[200], 1, (PA + (v << 12)) | AF | S2_R | S2_W | S2_WB | 3, v);
	cmd(r, 0x2a | UINT64_C(1) << 32, (VA & ~UINT64_C(0xfff)) | (v % 3 == 0));
	cmd(r, CMD_NH_ALL(1));
	cmd(r, CMD_SYNC(0));
}

static void changing_levels2(void)
{
	static const char *const caches[] = { "default", "one", "off" };

	for (size_t i = 0; i < 2 * G_N_ELEMENTS(caches); i++) {
		iom_smmu_config c;
		uint64_t s2;
		rig r;

		rig_config(&c, caches[i / 2], NULL);
		rig_open(&r, &c);
		if (i % 2)
			stream_nested(&r, 1, 11, 1);
		else
			stream_s2(&r, 1, 1);
		s2 = r.s2ttb;
		r.ttb[200] = new_table(&r);
		for (unsigned t = 0; t < 2; t++) {
			r.s2ttb = t ? s2 : r.ttb[200]; /* where map() takes it for stage 2 */
			map(&r, r.s2ttb, VA, PA, 12, AF | S2_R | S2_W | S2_WB);
			for (uint64_t b = 0x30000000; b < 0x50000000; b += 0x200000)
				map(&r, r.s2ttb, b, b, 21, AF | S2_R | S2_W | S2_WB);
		}
		if (i % 2)
			map(&r, r.ttb[1], VA, VA, 12, AF | USER | NG);
		with_readers(&r, other_level2);
		rig_close(&r);
	}
}

static const iom_test tests[] = {
	{ "tables of every level", changing_levels },
	{ "tables of every level of stage 2", changing_levels2 },
	{ "no stale translation after an invalidation", moving_page },
	{ "the same for global pages", moving_global_page },
	{ "the same when the CD changes", changing_context },
	{ "the same when stage 2 changes", changing_stage2 },
	{ "events of two threads", two_faulters },
	{ 0 },
};
const iom_suite smmu_threads_suite = { "threads", tests };
