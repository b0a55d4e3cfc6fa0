/* SPDX-License-Identifier: MIT */
/* Saving in the middle of things and going on in another unit. */
#include "tests/vtd/rig.h"
#include "tests/vtd/suites.h"

#include <string.h>

/* `to` goes on with the memory of `from`: all words are copied. */
static bool copy_word(void *opaque, uint64_t address, uint64_t value)
{
	rig_set(opaque, address, value);
	return true;
}

static void move(rig *from, rig *to)
{
	GBytes *state = iom_iommu_save(from->unit);
	GError *error = NULL;

	iom_memory_foreach(from->memory, copy_word, to);
	CU_ASSERT_TRUE(iom_iommu_load(to->unit, state, &error));
	if (error)
		g_printerr("%s\n", error->message);
	g_clear_error(&error);
	g_bytes_unref(state);
	to->tail = from->tail;
	to->wide = from->wide;
	to->command = from->command;
}

static void in_the_middle(void)
{
	rig *a = rig_new(NULL), *b = rig_new(NULL);
	uint64_t ss = rig_table(a);

	rig_context(a, RIG_SID, ss, 0, 5);
	rig_map(a, ss, RIG_VA, 0x500000, 1, 3, 3);
	rig_legacy(a);
	rig_write64(a, R_RTADDR, 0x7777000); /* written, not taken */
	rig_queue(a, false);
	rig_write(a, R_FEADDR, 0xfee07000);
	rig_dma(a, 0x99, IOM_NO_PASID, IOM_READ, 0x1000); /* masked event pending */
	a->ats_answer = IOM_ATS_PENDING;
	rig_push(a, 3 | UINT64_C(0x10) << 32, 0);
	rig_wait(a, 0x1234);
	move(a, b);

	/* the queue waits for the same endpoint */
	CHECK_EQ(rig_read64(b, R_IQH), 32);
	CHECK_EQ(rig_status(b), 0);
	iom_iommu_ats_completed(b->unit, 0x10, a->ats[0].itag, true);
	CHECK_EQ(rig_status(b), 0x1234);
	/* the pending event */
	rig_write(b, R_FECTL, 0);
	CHECK_EQ(b->n_msi, 1);
	CHECK_EQ(b->msi[0].address, 0xfee07000);
	/* the record, and the next one goes to the next register */
	CHECK_EQ(rig_read64(b, R_FRCD + 8) & 0xffff, 0x99);
	rig_dma(b, 0x9a, IOM_NO_PASID, IOM_READ, 0x1000);
	CHECK_EQ(rig_read64(b, R_FRCD + 24) & 0xffff, 0x9a);
	/* the table that was taken, not the one that was written */
	CHECK_EQ(rig_dma(b, RIG_SID, IOM_NO_PASID, IOM_READ, RIG_VA).address, 0x500000);
	CHECK_EQ(rig_read64(b, R_RTADDR), 0x7777000);
	rig_free(a);
	rig_free(b);
}

/* What the unit that loads had cached is not used any more. */
static void caches_are_not_state(void)
{
	rig *a = rig_new(NULL), *b = rig_new(NULL);
	rig *both[2] = { a, b };

	for (unsigned i = 0; i < 2; i++) {
		uint64_t ss = rig_table(both[i]);

		rig_context(both[i], RIG_SID, ss, 0, 5);
		rig_map(both[i], ss, RIG_VA, 0x500000 + 0x1000 * i, 1, 3, 3);
		rig_legacy(both[i]);
		rig_dma(both[i], RIG_SID, IOM_NO_PASID, IOM_READ, RIG_VA);
	}
	move(a, b);
	CHECK_EQ(rig_dma(b, RIG_SID, IOM_NO_PASID, IOM_READ, RIG_VA).address, 0x500000);
	rig_free(a);
	rig_free(b);
}

static void narrow(iom_vtd_config *c)
{
	iom_vtd_config_set(c, "CAP.NFR", 0, NULL);
}

static void states_that_do_not_fit(void)
{
	rig *a = rig_new(NULL), *b = rig_new(narrow);
	GBytes *state = iom_iommu_save(a->unit);
	gsize size;
	const uint8_t *data = g_bytes_get_data(state, &size);
	GError *error = NULL;

	rig_legacy(b);
	CU_ASSERT_FALSE(iom_iommu_load(b->unit, state, &error));
	CU_ASSERT_PTR_NOT_NULL_FATAL(error);
	CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "capabilities"));
	g_clear_error(&error);
	CHECK_EQ(rig_read(b, R_GSTS), G_TE | G_SRTP);
	/* cut short anywhere, nothing changes */
	rig_legacy(a);
	for (gsize cut = 0; cut < size; cut += cut < 200 ? 7 : 501) {
		GBytes *part = g_bytes_new(data, cut);

		CU_ASSERT_FALSE(iom_iommu_load(a->unit, part, &error));
		CU_ASSERT_PTR_NOT_NULL(error);
		g_clear_error(&error);
		g_bytes_unref(part);
	}
	CHECK_EQ(rig_read(a, R_GSTS), G_TE | G_SRTP);
	/* longer than it should be */
	uint8_t *more = g_malloc0(size + 8);

	memcpy(more, data, size);
	GBytes *longer = g_bytes_new_take(more, size + 8);

	CU_ASSERT_FALSE(iom_iommu_load(a->unit, longer, NULL));
	CHECK_EQ(rig_read(a, R_GSTS), G_TE | G_SRTP);
	g_bytes_unref(longer);
	g_bytes_unref(state);
	rig_free(a);
	rig_free(b);
}

static void reset(void)
{
	rig *r = rig_new(NULL);
	uint64_t ss = rig_table(r);
	GBytes *fresh = iom_iommu_save(r->unit), *after;

	rig_context(r, RIG_SID, ss, 0, 5);
	rig_legacy(r);
	rig_queue(r, false);
	r->ats_answer = IOM_ATS_PENDING;
	rig_push(r, 3, 0);
	rig_wait(r, 1);
	rig_dma(r, 1, IOM_NO_PASID, IOM_READ, 0);
	rig_write64(r, R_VCMD, 1);
	iom_iommu_reset(r->unit);
	after = iom_iommu_save(r->unit);
	CU_ASSERT_TRUE(g_bytes_equal(fresh, after));
	CHECK_EQ(rig_dma(r, 1, IOM_NO_PASID, IOM_READ, 0x1000).address, 0x1000);
	g_bytes_unref(fresh);
	g_bytes_unref(after);
	rig_free(r);
}

static const iom_test tests[] = {
	{ "in the middle of things", in_the_middle },
	{ "caches are not state", caches_are_not_state },
	{ "states that do not fit", states_that_do_not_fit },
	{ "reset", reset },
	{ 0 },
};

const iom_suite state_suite = { "state", tests };
