/* SPDX-License-Identifier: MIT */
/* Saving and restoring in the middle of things. */
#include "tests/smmu/rig.h"
#include "tests/smmu/suites.h"

#define VA UINT64_C(0x7000)

/* Another model on the same memory that takes over. */
static void take_over(rig *from, rig *to)
{
	GBytes *state = iom_iommu_save(from->iommu);
	iom_smmu_config c;
	GError *error = NULL;

	rig_open_reset(to, NULL);
	rig_close(to);
	to->mem = iom_memory_ref(from->mem);
	rig_config(&c, "default", NULL);
	to->iommu = rig_model(to, &c);
	CU_ASSERT_TRUE(iom_iommu_load(to->iommu, state, &error));
	g_clear_error(&error);
	to->cmd_prod = from->cmd_prod;
	to->event_cons = from->event_cons;
	to->next_table = from->next_table;
	for (unsigned i = 0; i < 256; i++)
		to->ttb[i] = from->ttb[i];
	to->s2ttb = from->s2ttb;
	g_bytes_unref(state);
}

static void running(void)
{
	uint64_t e[4];
	iom_result stalled;
	rig a, b;

	rig_open(&a, NULL);
	stream_s1(&a, 1, 1, 0);
	map(&a, a.ttb[1], VA, 0x50000000, 12, AF | USER | NG);
	stream_s1(&a, 2, 2, 0);
	set_word(&a, cd_address(2), word(&a, cd_address(2)) | UINT64_C(1) << 44);
	CHECK_EQ(dma(&a, 1, VA, IOM_READ).status, IOM_OK);
	stalled = dma(&a, 2, VA, IOM_READ);
	/* an invalidation on its way, CMD_SYNC waiting for it */
	a.ats_answer = IOM_ATS_PENDING;
	cmd(&a, CMD_ATC_INV(3, 0, 0));
	cmd(&a, CMD_SYNC(1));
	take_over(&a, &b);
	CHECK_EQ(rd(&b, CR0ACK), rd(&a, CR0ACK));
	CHECK_EQ(rd64(&b, STRTAB_BASE), STRTAB);
	CHECK_EQ(rd(&b, CMDQ_CONS), 1);
	CHECK_EQ(dma(&b, 1, VA, IOM_READ).status, IOM_OK);
	CU_ASSERT_TRUE(event(&b, e));
	CHECK_EQ(e[1] & 0xffff, stalled.stag);
	iom_iommu_ats_completed(b.iommu, 3, a.ats[0].itag, true);
	CHECK_EQ(rd(&b, CMDQ_CONS), 2);
	CHECK_EQ(b.irqs[IOM_SMMU_IRQ_CMD_SYNC], 1);
	/* The tag of the stall is not given away again, and can be answered. */
	CU_ASSERT_TRUE(dma(&b, 2, VA, IOM_READ).stag != stalled.stag);
	cmd(&b, CMD_RESUME(2, stalled.stag, 1, 0));
	CHECK_EQ(b.n_resolved, 1);
	CHECK_EQ(b.resolved[0].stag, stalled.stag);
	rig_close(&a);
	rig_close(&b);
}

/* State of another model is refused, and leaves what was there. */
static void refused(void)
{
	iom_smmu_config c;
	GError *error = NULL;
	GBytes *state, *part;
	rig a, b;

	rig_open(&a, NULL);
	state = iom_iommu_save(a.iommu);
	rig_config(&c, "default", "SIDSIZE=8", NULL);
	rig_open(&b, &c);
	wr(&b, EVENTQ_CONS, 7);
	CU_ASSERT_FALSE(iom_iommu_load(b.iommu, state, &error));
	CU_ASSERT_PTR_NOT_NULL(error);
	g_clear_error(&error);
	CHECK_EQ(rd(&b, EVENTQ_CONS), 7);
	rig_close(&b);
	rig_open(&b, NULL);
	wr(&b, EVENTQ_CONS, 7);
	/* every truncation, and every byte changed in turn, never breaks it */
	for (gsize n = 0; n < g_bytes_get_size(state); n += 7) {
		part = g_bytes_new_from_bytes(state, 0, n);
		CU_ASSERT_FALSE(iom_iommu_load(b.iommu, part, &error));
		g_clear_error(&error);
		g_bytes_unref(part);
	}
	CHECK_EQ(rd(&b, EVENTQ_CONS), 7);
	for (gsize n = 0; n < g_bytes_get_size(state); n += 3) {
		gsize size;
		guint8 *copy = g_memdup2(g_bytes_get_data(state, &size), g_bytes_get_size(state));

		copy[n] ^= 0x81;
		part = g_bytes_new_take(copy, g_bytes_get_size(state));
		iom_iommu_load(b.iommu, part, &error);
		g_clear_error(&error);
		g_bytes_unref(part);
		dma(&b, 1, VA, IOM_READ);
		cmd(&b, CMD_SYNC(0));
	}
	g_bytes_unref(state);
	rig_close(&a);
	rig_close(&b);
}

static const iom_test tests[] = {
	{ "restoring in the middle of stalls and invalidations", running },
	{ "state of another model and damaged state", refused },
	{ 0 },
};
const iom_suite smmu_state_suite = { "state", tests };
