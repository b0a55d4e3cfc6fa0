/* SPDX-License-Identifier: MIT */
/* Hardware update of flags (3.13), also against another agent. */
#include "tests/smmu/rig.h"
#include "tests/smmu/suites.h"

#include <string.h>

#define VA UINT64_C(0x7000)
#define PA UINT64_C(0x50000000)
#define HA (UINT64_C(1) << 43)
#define HD (UINT64_C(1) << 42)

static void cd_bits(rig *r, uint32_t sid, uint64_t bits)
{
	set_word(r, cd_address(sid), word(r, cd_address(sid)) | bits);
}

static void flags(void)
{
	static const char *const caches[] = { "default", "off", "one", "prefetch" };

	for (size_t i = 0; i < G_N_ELEMENTS(caches); i++) {
		iom_smmu_config c;
		uint64_t leaf;
		rig r;

		rig_config(&c, caches[i], NULL);
		rig_open(&r, &c);
		stream_s1(&r, 1, 1, 0);
		cd_bits(&r, 1, HA | HD);
		map(&r, r.ttb[1], VA, PA, 12, USER | NG | RO | DBM);
		leaf = leaf_address(&r, r.ttb[1], VA);
		CHECK_EQ(dma(&r, 1, VA, IOM_READ).status, IOM_OK);
		CHECK_EQ(word(&r, leaf), PA | AF | USER | NG | RO | DBM | 3);
		/* A read never dirties; a write after it does, hit or not. */
		CHECK_EQ(dma(&r, 1, VA, IOM_READ).permissions & IOM_WRITE, 0);
		CHECK_EQ(dma(&r, 1, VA, IOM_WRITE).status, IOM_OK);
		CHECK_EQ(word(&r, leaf), PA | AF | USER | NG | DBM | 3);
		CHECK_EQ(dma(&r, 1, VA, IOM_WRITE).status, IOM_OK);
		/* Both flags at once. */
		map(&r, r.ttb[1], VA + 0x1000, PA, 12, USER | NG | RO | DBM);
		CHECK_EQ(dma(&r, 1, VA + 0x1000, IOM_WRITE).status, IOM_OK);
		CHECK_EQ(word(&r, leaf + 8), PA | AF | USER | NG | DBM | 3);
		/* No permission: nothing is written. */
		map(&r, r.ttb[1], VA + 0x2000, PA, 12, NG | RO | DBM);
		CHECK_EQ(dma(&r, 1, VA + 0x2000, IOM_WRITE).fault.code, 0x13);
		CHECK_EQ(word(&r, leaf + 16), PA | NG | RO | DBM | 3);
		rig_close(&r);
	}
}

static void without_hd(void)
{
	uint64_t leaf;
	rig r;

	rig_open(&r, NULL);
	stream_s1(&r, 1, 1, 0);
	cd_bits(&r, 1, HA);
	map(&r, r.ttb[1], VA, PA, 12, USER | NG | RO | DBM);
	leaf = leaf_address(&r, r.ttb[1], VA);
	CHECK_EQ(dma(&r, 1, VA, IOM_WRITE).fault.code, 0x13);
	CHECK_EQ(word(&r, leaf), PA | USER | NG | RO | DBM | 3);
	rig_close(&r);
}

static void ats_requests(void)
{
	uint64_t leaf;
	rig r;

	rig_open(&r, NULL);
	stream_s1(&r, 1, 1, 0);
	cd_bits(&r, 1, HA | HD);
	stream_word(&r, 1, 1, 0, UINT64_C(1) << 28);
	map(&r, r.ttb[1], VA, PA, 12, USER | NG | RO | DBM);
	leaf = leaf_address(&r, r.ttb[1], VA);
	CHECK_EQ(ats(&r, 1, VA, IOM_REQ_NO_WRITE).permissions, IOM_READ);
	CHECK_EQ(word(&r, leaf), PA | AF | USER | NG | RO | DBM | 3);
	CHECK_EQ(ats(&r, 1, VA, 0).permissions, IOM_READ | IOM_WRITE);
	CHECK_EQ(word(&r, leaf), PA | AF | USER | NG | DBM | 3);
	/* Nothing to grant: no flag. */
	map(&r, r.ttb[1], VA + 0x1000, PA, 12, NG | RO | DBM);
	CHECK_EQ(ats(&r, 1, VA + 0x1000, 0).permissions, 0);
	CHECK_EQ(word(&r, leaf + 8), PA | NG | RO | DBM | 3);
	rig_close(&r);
}

/* Flags in table descriptors (HAFT), and speculation updates none. */
static void tables_and_speculation(void)
{
	iom_smmu_config c;
	iom_request q = { .address = VA,
			  .requester = 1,
			  .pasid = IOM_NO_PASID,
			  .access = IOM_READ,
			  .flags = IOM_REQ_SPECULATIVE };
	iom_result res;
	uint64_t leaf;
	rig r;

	rig_config(&c, "default", "HTTU=3", "AIDR=4", NULL);
	rig_open(&r, &c);
	stream_s1(&r, 1, 1, 0);
	cd_bits(&r, 1, HA);
	set_word(&r, cd_address(1) + 8, word(&r, cd_address(1) + 8) | 8); /* HAFT */
	map(&r, r.ttb[1], VA, PA, 12, USER | NG);
	leaf = leaf_address(&r, r.ttb[1], VA);
	iom_iommu_translate(r.iommu, &q, &res);
	CHECK_EQ(res.status, IOM_OK);
	CHECK_EQ(word(&r, leaf) & AF, 0);
	CHECK_EQ(word(&r, r.ttb[1]) & AF, 0);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).status, IOM_OK);
	CHECK_EQ(word(&r, leaf) & AF, AF);
	CHECK_EQ(word(&r, r.ttb[1]) & AF, AF);
	rig_close(&r);
}

/* Updating a stage 1 descriptor is a write at stage 2. */
static void nested(void)
{
	uint64_t leaf, e[4];
	rig r;

	rig_open(&r, NULL);
	stream_nested(&r, 1, 1, 1);
	cd_bits(&r, 1, HA | HD);
	for (uint64_t b = 0x30000000; b < 0x50000000; b += 0x200000)
		map(&r, r.s2ttb, b, b, 21, AF | S2_R | S2_WB); /* tables read-only */
	map(&r, r.s2ttb, 0x8000, PA, 12, AF | S2_R | S2_W | S2_WB);
	map(&r, r.ttb[1], VA, 0x8000, 12, USER | NG | RO | DBM);
	leaf = leaf_address(&r, r.ttb[1], VA);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).fault.code, 0x13);
	CU_ASSERT_TRUE(event(&r, e));
	CHECK_EQ(e[1] >> 39 & 1, 1); /* S2 */
	CHECK_EQ(e[1] >> 40 & 3, 1); /* CLASS TT */
	CHECK_EQ(e[1] >> 44 & 1, 0); /* TTRnW: the write */
	CHECK_EQ(e[3], leaf & ~UINT64_C(0xfff));
	for (uint64_t b = 0x30000000; b < 0x50000000; b += 0x200000)
		map(&r, r.s2ttb, b, b, 21, AF | S2_R | S2_W | S2_WB);
	cmd(&r, CMD_S12_VMALL(1));
	CHECK_EQ(dma(&r, 1, VA, IOM_WRITE).status, IOM_OK);
	CHECK_EQ(word(&r, leaf), UINT64_C(0x8000) | AF | USER | NG | DBM | 3);
	rig_close(&r);
}

/* ------------------------------------------------------------------------
 * Races: software flips an ignored bit of the same descriptor all the time; no
 * update of either side may get lost.
 */
struct racer {
	rig *r;
	uint64_t leaf;
	int stop;
	uint64_t flips;
};

static gpointer flip(gpointer opaque)
{
	struct racer *racer = opaque;
	const uint64_t bit = UINT64_C(1) << 55;

	while (!g_atomic_int_get(&racer->stop)) {
		uint64_t old = 0;

		iom_memory_load64(racer->r->mem, racer->leaf, &old);
		for (;;) {
			uint64_t seen = old;

			iom_memory_cas64(racer->r->mem, racer->leaf, &seen, old ^ bit);
			if (seen == old)
				break;
			old = seen;
		}
		racer->flips++;
	}
	return NULL;
}

static void races(void)
{
	iom_smmu_config c;
	struct racer racer;
	GThread *thread;
	uint64_t lost = 0;
	rig r;

	rig_config(&c, "off", NULL);
	rig_open(&r, &c);
	stream_s1(&r, 1, 1, 0);
	cd_bits(&r, 1, HA | HD);
	map(&r, r.ttb[1], VA, PA, 12, AF | USER | NG | DBM);
	racer = (struct racer){ &r, leaf_address(&r, r.ttb[1], VA), 0, 0 };
	thread = g_thread_new("flip", flip, &racer);
	for (unsigned i = 0; i < 20000; i++) {
		uint64_t old = word(&r, racer.leaf), seen;

		/* software makes the page clean and old, */
		do {
			seen = old;
			iom_memory_cas64(r.mem, racer.leaf, &seen, (old | RO) & ~AF);
		} while (seen != old && (old = seen, true));
		/* the device writes to it */
		if (dma(&r, 1, VA, IOM_WRITE).status != IOM_OK)
			lost++;
		old = word(&r, racer.leaf);
		if (!(old & AF) || (old & RO))
			lost++;
	}
	g_atomic_int_set(&racer.stop, 1);
	g_thread_join(thread);
	CHECK_EQ(lost, 0);
	/* An even number of flips leaves the bit as it was. */
	CHECK_EQ(word(&r, racer.leaf) >> 55 & 1, racer.flips & 1);
	rig_close(&r);
}

/* ------------------------------------------------------------------------
 * A table of which another agent rewrites an entry whenever the device is about to
 * set its flags: 3.13 has the SMMU try again, not fail.
 */
struct rival {
	uint64_t word;
	uint64_t left; /* times that it is quicker */
	uint64_t tries;
};

static iom_mem_status rival_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
	const struct rival *rival = opaque;

	*value = rival->word >> 8 * (offset % 8);
	if (size < 8)
		*value &= (UINT64_C(1) << 8 * size) - 1;
	return IOM_MEM_OK;
}

static iom_mem_status rival_cas(void *opaque, uint64_t offset, uint64_t *expected, uint64_t desired)
{
	struct rival *rival = opaque;
	uint64_t found;

	(void)offset;
	rival->tries++;
	if (rival->left) {
		rival->left--;
		rival->word ^= UINT64_C(1) << 55; /* ignored by hardware */
	}
	found = rival->word;
	if (found == *expected)
		rival->word = desired;
	*expected = found;
	return IOM_MEM_OK;
}

#define RIVAL (UINT64_C(1) << 39)

static void lost_races(void)
{
	static const uint64_t losses[] = { 1, 255, 256, 3000, UINT64_MAX };
	const iom_memory_ops ops = { .read = rival_read, .cas64 = rival_cas };

	for (size_t i = 0; i < 2 * G_N_ELEMENTS(losses); i++) {
		struct rival rival = { 0, losses[i / 2], 0 };
		bool stage2 = i % 2;
		iom_smmu_config c;
		iom_result res;
		uint64_t table;
		rig r;

		rig_config(&c, "off", NULL);
		rig_open(&r, &c);
		CU_ASSERT_TRUE_FATAL(iom_memory_remove(r.mem, 0, NULL));
		CU_ASSERT_TRUE_FATAL(iom_memory_add_sparse(r.mem, 0, RIVAL, NULL));
		CU_ASSERT_TRUE_FATAL(
			iom_memory_add_device(r.mem, RIVAL, 0x1000, &ops, &rival, NULL));
		if (stage2) {
			stream_s2(&r, 1, 1);
			stream_word(&r, 1, 2, 0, UINT64_C(3) << 55); /* S2HA, S2HD */
			table = r.s2ttb;
			rival.word = PA | S2_R | S2_WB | DBM | 3;
		} else {
			stream_s1(&r, 1, 1, 0);
			cd_bits(&r, 1, HA | HD);
			table = r.ttb[1];
			rival.word = PA | USER | NG | RO | DBM | 3;
		}
		map(&r, table, VA, PA, 12, AF);
		/* the last table is the rival's */
		for (unsigned level = stage2; level < 2; level++)
			table = word(&r, table) & UINT64_C(0xfffffffff000);
		set_word(&r, table, RIVAL | 3);
		res = dma(&r, 1, VA, IOM_WRITE);
		CHECK_EQ(events_waiting(&r), 0);
		if (losses[i / 2] < UINT64_MAX) {
			CHECK_EQ(res.status, IOM_OK);
			CHECK_EQ(res.address, PA);
			CHECK_EQ(rival.word & AF, AF);
			CHECK_EQ(rival.word & (stage2 ? S2_W : RO), stage2 ? S2_W : 0);
			CHECK_EQ(rival.tries, losses[i / 2] + 1);
		} else {
			/* Without end: no wrong answer, and an end. */
			CHECK_EQ(res.status, IOM_RETRY);
			CHECK_EQ(res.fault.recorded, 0);
			CHECK_EQ(rival.word & AF, 0);
			rival.left = 0;
			CHECK_EQ(dma(&r, 1, VA, IOM_WRITE).status, IOM_OK);
		}
		rig_close(&r);
	}
}

static const iom_test tests[] = {
	{ "races that are lost", lost_races },
	{ "access flag and dirty state", flags },
	{ "HD off", without_hd },
	{ "ATS requests", ats_requests },
	{ "table flags, speculation", tables_and_speculation },
	{ "stage 1 updates under stage 2", nested },
	{ "races with software", races },
	{ 0 },
};
const iom_suite smmu_httu_suite = { "httu", tests };
