/* SPDX-License-Identifier: MIT */
/*
 * The order in which FreeBSD's driver (sys/arm64/iommu) works: interrupts first, both
 * indexes of a queue in one 64-bit read, streams prepared by invalidating before and
 * after the entry's first word, prefetches.
 */
#include "tests/bringup/smmu-driver.h"
#include "tests/bringup/suites.h"

#define SID 0x0218u
#define IOVA UINT64_C(0x40001000)
#define PAGE UINT64_C(0x2a2a2000)
#define ASID UINT64_C(3)

static void enable_interrupts(smmu_driver *d)
{
	static const uint64_t cfg0[] = { GERROR_IRQ_CFG0, EVENTQ_IRQ_CFG0, PRIQ_IRQ_CFG0 };

	/* Wired: no message anywhere. */
	for (unsigned i = 0; i < G_N_ELEMENTS(cfg0); i++) {
		wr64(&d->bench, cfg0[i], 0);
		wr(&d->bench, cfg0[i] + 8, 0);
		wr(&d->bench, cfg0[i] + 12, 0);
	}
	write_ack(d, IRQ_CTRL, IRQ_CTRLACK, 0);
	write_ack(d, IRQ_CTRL, IRQ_CTRLACK, EVENTQ_IRQEN | GERROR_IRQEN | PRIQ_IRQEN);
}

static void reset(smmu_driver *d)
{
	bench *b = &d->bench;

	write_ack(d, CR0, CR0ACK, rd(b, CR0) & ~1u);
	enable_interrupts(d);
	wr(b, CR1, CR1_WB_ISH);
	wr(b, CR2, 7); /* PTM, RECINVSID, E2H */
	wr64(b, STRTAB_BASE, d->strtab | BASE_RWA);
	wr(b, STRTAB_BASE_CFG, 1u << 16 | 8 << 6 | d->sid_bits);
	wr64(b, CMDQ_BASE, d->cmdq.base | BASE_RWA | d->cmdq.lg2);
	wr(b, CMDQ_PROD, d->cmdq.prod);
	wr(b, CMDQ_CONS, d->cmdq.cons);
	d->cr0 = 0;
	enable(d, CMDQEN);
	command_sync(d, C_CFGI_ALL, 31);
	command(d, C_TLBI_EL2_ALL, 0);
	command_sync(d, C_TLBI_NSNH_ALL, 0);
	wr64(b, EVENTQ_BASE, d->evtq.base | BASE_RWA | d->evtq.lg2);
	wr(b, EVENTQ_PROD, d->evtq.prod);
	wr(b, EVENTQ_CONS, d->evtq.cons);
	enable(d, EVENTQEN);
	wr64(b, PRIQ_BASE, d->priq.base | BASE_RWA | d->priq.lg2);
	wr(b, PRIQ_PROD, d->priq.prod);
	wr(b, PRIQ_CONS, d->priq.cons);
	enable(d, PRIQEN);
	enable(d, ATSCHK);
	enable(d, SMMUEN);
	QUIET(d);
}

static void invalidate_sid(smmu_driver *d)
{
	command_sync(d, C_CFGI_STE | (uint64_t)SID << 32, 0);
}

static void finish_ste(smmu_driver *d, uint64_t word0, bool cd)
{
	invalidate_sid(d);
	st(&d->bench, ste_at(d, SID), word0);
	invalidate_sid(d);
	if (cd) {
		command(d, C_CFGI_CD | (uint64_t)SID << 32, 1);
		invalidate_sid(d);
	}
	command_sync(d, C_PREFETCH_CONFIG | (uint64_t)SID << 32, 0);
	sync_wait(d);
}

static void set_words(smmu_driver *d, uint64_t at, uint64_t word1)
{
	st(&d->bench, at + 8, word1);
	for (unsigned i = 2; i < 8; i++)
		st(&d->bench, at + 8 * i, 0);
}

static uint64_t init_cd(smmu_driver *d, uint64_t root)
{
	uint64_t cd = take(&d->bench, 64);

	st(&d->bench, cd + 8, root);
	st(&d->bench, cd + 24, UINT64_C(0xbbff4400));
	/* V, AA64, R, A, ASET, EPD1, T0SZ 16, IPS 48 bits; walks not cacheable */
	st(&d->bench, cd,
	   16 | 1 << 30 | UINT64_C(1) << 31 | UINT64_C(5) << 32 | UINT64_C(1) << 41 |
		   UINT64_C(7) << 45 | ASID << 48);
	return cd;
}

/* The event's wired interrupt: a 64-bit read of PROD and CONS, a record, CONS. */
static void event_intr(smmu_driver *d, uint64_t address)
{
	bench *b = &d->bench;
	uint64_t both = rd64(b, EVENTQ_PROD);
	uint32_t cons = (uint32_t)(both >> 32);

	CHECK_EQ(b->irqs[IOM_SMMU_IRQ_EVENTQ], 1);
	b->irqs[IOM_SMMU_IRQ_EVENTQ] = 0;
	CHECK_EQ((uint32_t)both, cons + 1);
	uint64_t at = d->evtq.base + 32 * (uint64_t)cons;

	CHECK_EQ(ld(b, at) & 0xff, 0x10);
	CHECK_EQ(ld(b, at) >> 32, SID);
	CHECK_EQ(ld(b, at + 16), address);
	d->evtq.cons = cons + 1;
	wr(b, EVENTQ_CONS, d->evtq.cons);
	both = rd64(b, EVENTQ_PROD);
	CHECK_EQ((uint32_t)both, both >> 32);
	QUIET(d);
}

static void life_of(const char *preset)
{
	smmu_driver d;
	bench *b = &d.bench;

	driver_open(&d, preset, "IDR1.SIDSIZE=16", "IDR0.ST_LEVEL=1", "IDR0.MSI=1", "IDR0.ATS=1",
		    "IDR0.PRI=1", "IDR0.Hyp=1", "IDR0.STALL_MODEL=0", NULL);
	d.sync = SYNC_MSI;
	GOES_TO(b, SID, PAGE, PAGE);
	driver_queues(&d, 6, 5, 4);
	strtab_new(&d, true, 16);
	reset(&d);

	/* The STEs of a new level 2 table are zero; this one bypasses first. */
	strtab_level2(&d, SID, 0, 0);
	/* SHCFG incoming, EATS full */
	set_words(&d, ste_at(&d, SID), UINT64_C(1) << 44 | 1 << 28);
	finish_ste(&d, 1 | 4 << 1, false);
	GOES_TO(b, SID, IOVA, IOVA);
	QUIET(&d);

	uint64_t root = take(b, 4096);

	map_page(&d, root, 0, IOVA, PAGE | (S1_PAGE & ~UINT64_C(0x1c)) | 2 << 2);
	uint64_t cd = init_cd(&d, root);

	/* S1STALLD, for the SMMU may stall; EL1 in spite of E2H */
	set_words(&d, ste_at(&d, SID), 1 << 2 | 1 << 4 | 3 << 6 | 1 << 27 | 1 << 28);
	finish_ste(&d, 1 | 5 << 1 | cd, true);
	GOES_TO(b, SID, IOVA + 4, PAGE + 4);
	QUIET(&d);

	/* Unmapped, invalidated by address. */
	map_page(&d, root, 0, IOVA, 0);
	command_sync(&d, C_TLBI_NH_VA | ASID << 48, IOVA | 1);
	REFUSED(b, SID, IOVA);
	event_intr(&d, IOVA);
	/* Mapped elsewhere; by ASID, as when an address space goes. */
	map_page(&d, root, 0, IOVA, 0x1000 | S1_PAGE);
	GOES_TO(b, SID, IOVA, 0x1000);
	map_page(&d, root, 0, IOVA, 0x3000 | S1_PAGE);
	command_sync(&d, C_TLBI_NH_ASID | ASID << 48, 0);
	GOES_TO(b, SID, IOVA, 0x3000);
	QUIET(&d);

	/*
	 * A kernel started by one that left the SMMU on, and its queues off: the driver
	 * clears no more than SMMUEN, and a queue that runs keeps its base.
	 */
	write_ack(&d, CR0, CR0ACK, SMMUEN);
	GOES_TO(b, SID, IOVA, 0x3000);
	driver_queues(&d, 6, 5, 4);
	strtab_new(&d, true, 16);
	reset(&d);
	CHECK_EQ(rd64(b, EVENTQ_PROD), 0);
	strtab_level2(&d, SID, 0, 0);
	set_words(&d, ste_at(&d, SID), UINT64_C(1) << 44 | 1 << 28);
	finish_ste(&d, 1 | 4 << 1, false);
	GOES_TO(b, SID, IOVA, IOVA);
	QUIET(&d);
	CHECK_EQ(b->n_msi, 0);
	driver_close(&d);
}

static void life(void)
{
	bench_each(life_of);
}

static const iom_test tests[] = {
	{ "Life of a stream", life },
	{ 0 },
};

const iom_suite smmu_freebsd_suite = { "smmu-freebsd", tests };
