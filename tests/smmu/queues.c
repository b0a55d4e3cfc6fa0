/* SPDX-License-Identifier: MIT */
/* Command and event queues, global errors and interrupts (3.5, 4.7.3, 7). */
#include "tests/smmu/rig.h"
#include "tests/smmu/suites.h"

static uint32_t cerror(rig *r)
{
	return rd(r, CMDQ_CONS) >> 24 & 0x7f;
}

static void wrap_at_every_size(void)
{
	for (unsigned lg2 = 0; lg2 <= 8; lg2++) {
		uint32_t size = 1u << lg2, mask = 2 * size - 1, prod = 0;
		iom_statistics st;
		rig r;

		rig_open_reset(&r, NULL);
		wr64(&r, CMDQ_BASE, CMDQ | lg2);
		wr(&r, CR0, CMDQEN);
		for (uint32_t i = 0; i < 5 * size + 3; i++) {
			set_word(&r, CMDQ + (prod & (size - 1)) * 16, 0x46);
			set_word(&r, CMDQ + (prod & (size - 1)) * 16 + 8, 0);
			prod = (prod + 1) & mask;
			wr(&r, CMDQ_PROD, prod);
			CHECK_EQ(rd(&r, CMDQ_CONS), prod);
		}
		/* a full queue at once */
		for (uint32_t i = 0; i < size; i++) {
			set_word(&r, CMDQ + i * 16, 0x46);
			set_word(&r, CMDQ + i * 16 + 8, 0);
		}
		prod = (prod + size) & mask;
		wr(&r, CMDQ_PROD, prod);
		CHECK_EQ(rd(&r, CMDQ_CONS), prod);
		iom_iommu_statistics(r.iommu, &st);
		for (unsigned i = 0; i < IOM_MAX_COMMANDS && st.commands[i].name; i++) {
			if (g_strcmp0(st.commands[i].name, "SYNC") == 0)
				CHECK_EQ(st.commands[i].value, 6 * size + 3);
		}
		rig_close(&r);
	}
}

static void illegal_command(void)
{
	rig r;

	rig_open(&r, NULL);
	cmd(&r, CMD_SYNC(0));
	cmd(&r, 0xff, 0);
	CHECK_EQ(rd(&r, CMDQ_CONS), 1u << 24 | 1);
	CHECK_EQ(rd(&r, GERROR), 1);
	CHECK_EQ(r.irqs[IOM_SMMU_IRQ_GERROR], 1);
	/* Nothing is consumed while the error is active. */
	cmd(&r, CMD_SYNC(1));
	CHECK_EQ(rd(&r, CMDQ_CONS) & 0xfffff, 1);
	CHECK_EQ(r.irqs[IOM_SMMU_IRQ_CMD_SYNC], 0);
	/* Acknowledged without repair: the same again. */
	wr(&r, GERRORN, 1);
	CHECK_EQ(rd(&r, GERROR), 0);
	CHECK_EQ(cerror(&r), 1);
	CHECK_EQ(r.irqs[IOM_SMMU_IRQ_GERROR], 2);
	/* Software replaces it by a CMD_SYNC, as Linux does. */
	set_word(&r, CMDQ + 16, 0x46);
	wr(&r, GERRORN, 0);
	CHECK_EQ(rd(&r, GERROR), 0);
	CHECK_EQ(rd(&r, CMDQ_CONS) & 0xfffff, 3);
	CHECK_EQ(r.irqs[IOM_SMMU_IRQ_CMD_SYNC], 1);
	rig_close(&r);
}

static void aborted_fetch(void)
{
	rig r;

	rig_open(&r, NULL);
	iom_memory_inject(r.mem, CMDQ, 16, true, false, IOM_MEM_ABORT);
	cmd(&r, CMD_SYNC(1));
	CHECK_EQ(rd(&r, CMDQ_CONS), 2u << 24);
	CHECK_EQ(rd(&r, GERROR), 1);
	iom_memory_inject(r.mem, CMDQ, 16, true, false, IOM_MEM_OK);
	wr(&r, GERRORN, 1);
	CHECK_EQ(rd(&r, CMDQ_CONS), 1);
	CHECK_EQ(r.irqs[IOM_SMMU_IRQ_CMD_SYNC], 1);
	rig_close(&r);
}

static void inconsistent_indexes(void)
{
	rig r;

	rig_open(&r, NULL);
	/* 17 and more entries in a queue of 16: nothing happens. */
	wr(&r, CMDQ_PROD, 17);
	CHECK_EQ(rd(&r, CMDQ_CONS), 0);
	CHECK_EQ(rd(&r, GERROR), 0);
	wr(&r, CMDQ_PROD, 31);
	CHECK_EQ(rd(&r, CMDQ_CONS), 0);
	rig_close(&r);
}

static void enabling_with_entries(void)
{
	rig r;

	rig_open(&r, NULL);
	wr(&r, CR0, SMMUEN | EVENTQEN);
	cmd(&r, CMD_SYNC(1));
	cmd(&r, CMD_SYNC(1));
	CHECK_EQ(rd(&r, CMDQ_CONS), 0);
	/* Software may move CONS now; the first command is then skipped. */
	wr(&r, CMDQ_CONS, 1);
	wr(&r, CR0, SMMUEN | EVENTQEN | CMDQEN);
	CHECK_EQ(rd(&r, CMDQ_CONS), 2);
	CHECK_EQ(r.irqs[IOM_SMMU_IRQ_CMD_SYNC], 1);
	rig_close(&r);
}

static void base_alignment(void)
{
	rig r;

	rig_open_reset(&r, NULL);
	/* 16 entries of 16 bytes: bits [7:5] of the base are taken as 0. */
	wr64(&r, CMDQ_BASE, CMDQ | 0xe0 | QUEUE_LG2);
	wr(&r, CR0, CMDQEN);
	cmd(&r, CMD_SYNC(1));
	CHECK_EQ(r.irqs[IOM_SMMU_IRQ_CMD_SYNC], 1);
	CHECK_EQ(rd64(&r, CMDQ_BASE), CMDQ | 0xe0 | QUEUE_LG2);
	rig_close(&r);
}

static void sync_signals(void)
{
	iom_smmu_config c;
	rig r;

	rig_open(&r, NULL);
	cmd(&r, CMD_SYNC(2));
	CHECK_EQ(r.irqs[IOM_SMMU_IRQ_SEV], 1);
	CHECK_EQ(r.irqs[IOM_SMMU_IRQ_CMD_SYNC], 0);
	/* MSI: data 0x1234 to 0x50000008 */
	cmd(&r, 0x46 | 1 << 12 | UINT64_C(0x1234) << 32, 0x50000008);
	CHECK_EQ(word(&r, 0x50000008) & 0xffffffff, 0x1234);
	/* It cannot be delivered: the command completes, GERROR tells. */
	iom_memory_inject(r.mem, 0x50000000, 4096, false, true, IOM_MEM_ABORT);
	cmd(&r, 0x46 | 1 << 12 | UINT64_C(0x1234) << 32, 0x50000008);
	CHECK_EQ(rd(&r, GERROR), 0x10);
	CHECK_EQ(rd(&r, CMDQ_CONS), 3);
	cmd(&r, CMD_SYNC(UINT64_C(3)));
	CHECK_EQ(cerror(&r), 1);
	rig_close(&r);

	rig_config(&c, "default", "SEV=0", "MSI=0", NULL);
	rig_open(&r, &c);
	cmd(&r, CMD_SYNC(2));
	CHECK_EQ(r.irqs[IOM_SMMU_IRQ_SEV], 0);
	cmd(&r, 0x46 | 1 << 12 | UINT64_C(0x1234) << 32, 0x50000008);
	CHECK_EQ(word(&r, 0x50000008), 0);
	rig_close(&r);
}

static void event_overflow(void)
{
	uint64_t e[4];
	iom_statistics st;
	rig r;

	rig_open(&r, NULL);
	/* Stream 5 has no valid STE: C_BAD_STE each time. */
	for (unsigned i = 0; i < 16; i++)
		CHECK_EQ(dma(&r, 5, i << 12, IOM_READ).fault.code, 0x04);
	CHECK_EQ(rd(&r, EVENTQ_PROD), 16);
	CHECK_EQ(r.irqs[IOM_SMMU_IRQ_EVENTQ], 1); /* from empty only */
	CHECK_EQ(dma(&r, 5, 0, IOM_READ).fault.recorded, 0);
	CHECK_EQ(rd(&r, EVENTQ_PROD), 0x80000010);
	dma(&r, 5, 0, IOM_READ); /* one overflow, not two */
	CHECK_EQ(rd(&r, EVENTQ_PROD), 0x80000010);
	/* Unlike PRI: an unacknowledged overflow does not stop recording. */
	CU_ASSERT_TRUE(event(&r, e));
	CHECK_EQ(e[0], UINT64_C(0x500000004));
	CHECK_EQ(dma(&r, 5, 0, IOM_READ).fault.recorded, 1);
	CHECK_EQ(rd(&r, EVENTQ_PROD), 0x80000011);
	wr(&r, EVENTQ_CONS, 0x80000000 | 1);
	dma(&r, 5, 0, IOM_READ);
	CHECK_EQ(rd(&r, EVENTQ_PROD), 0x11); /* the next overflow toggles back */
	CHECK_EQ(rd(&r, GERROR), 0); /* never an abort */
	iom_iommu_statistics(r.iommu, &st);
	CHECK_EQ(st.events, 17);
	CHECK_EQ(st.events_lost, 3);
	rig_close(&r);
}

static void event_abort(void)
{
	rig r;

	rig_open(&r, NULL);
	iom_memory_inject(r.mem, EVENTQ, 4096, false, true, IOM_MEM_ABORT);
	CHECK_EQ(dma(&r, 5, 0, IOM_READ).fault.recorded, 0);
	CHECK_EQ(rd(&r, GERROR), 4);
	CHECK_EQ(rd(&r, EVENTQ_PROD), 0);
	iom_memory_inject(r.mem, EVENTQ, 4096, false, true, IOM_MEM_OK);
	/* Blocked until acknowledged, without overflow. */
	CHECK_EQ(dma(&r, 5, 0, IOM_READ).fault.recorded, 0);
	CHECK_EQ(rd(&r, EVENTQ_PROD), 0);
	wr(&r, GERRORN, 4);
	CHECK_EQ(dma(&r, 5, 0, IOM_READ).fault.recorded, 1);
	CHECK_EQ(rd(&r, EVENTQ_PROD), 1);
	rig_close(&r);
}

static void msi_and_its_abort(void)
{
	rig r;

	rig_open_reset(&r, NULL);
	wr64(&r, EVENTQ_IRQ_CFG0, 0x60000000);
	wr(&r, EVENTQ_IRQ_CFG1, 77);
	wr64(&r, GERROR_IRQ_CFG0, 0x60000010);
	wr(&r, GERROR_IRQ_CFG1, 78);
	rig_enable(&r, SMMUEN | EVENTQEN | CMDQEN);
	dma(&r, 5, 0, IOM_READ);
	CHECK_EQ(word(&r, 0x60000000), 77);
	iom_memory_inject(r.mem, 0x60000000, 4, false, true, IOM_MEM_ABORT);
	wr(&r, EVENTQ_CONS, 1);
	dma(&r, 5, 0, IOM_READ);
	CHECK_EQ(rd(&r, GERROR), 0x20);
	CHECK_EQ(word(&r, 0x60000010), 78);
	/* The GERROR message itself aborts: its own bit, and no further interrupt. */
	wr(&r, GERRORN, 0x20);
	iom_memory_inject(r.mem, 0x60000000, 4096, false, true, IOM_MEM_ABORT);
	wr(&r, EVENTQ_CONS, 2);
	dma(&r, 5, 0, IOM_READ);
	CHECK_EQ(rd(&r, GERROR) ^ rd(&r, GERRORN), 0xa0);
	rig_close(&r);
}

static void events_need_the_queue(void)
{
	rig r;

	rig_open_reset(&r, NULL);
	rig_enable(&r, SMMUEN);
	CHECK_EQ(dma(&r, 5, 0, IOM_READ).fault.recorded, 0);
	CHECK_EQ(rd(&r, EVENTQ_PROD), 0);
	/* C_BAD_STREAMID only with RECINVSID */
	wr(&r, CR0, 0);
	wr(&r, CR2, 0);
	wr(&r, CR0, SMMUEN | EVENTQEN);
	CHECK_EQ(dma(&r, 0x100, 0, IOM_READ).fault.recorded, 0);
	CHECK_EQ(dma(&r, 0xff, 0, IOM_READ).fault.recorded, 1);
	rig_close(&r);
}

static const iom_test tests[] = {
	{ "the command queue wraps at every size", wrap_at_every_size },
	{ "CERROR_ILL stops, acknowledging resumes", illegal_command },
	{ "CERROR_ABT", aborted_fetch },
	{ "inconsistent indexes are not consumed", inconsistent_indexes },
	{ "enabling with entries in the queue", enabling_with_entries },
	{ "queue bases are aligned by the SMMU", base_alignment },
	{ "CMD_SYNC: SEV, interrupt, message", sync_signals },
	{ "event queue overflow", event_overflow },
	{ "event queue abort", event_abort },
	{ "messages and their abort bits", msi_and_its_abort },
	{ "events need the queue, C_BAD_STREAMID needs RECINVSID", events_need_the_queue },
	{ 0 },
};
const iom_suite smmu_queues_suite = { "queues", tests };
