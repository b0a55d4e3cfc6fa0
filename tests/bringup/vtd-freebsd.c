/* SPDX-License-Identifier: MIT */
/*
 * The order in which FreeBSD's driver (sys/x86/iommu) works: interrupts given their
 * messages, the root table with invalidations by registers, the fault records cleared,
 * the queue and its interrupt, interrupt remapping, translation when the first device
 * is attached.
 */
#include "tests/bringup/suites.h"
#include "tests/bringup/vtd-driver.h"

#define SID 0x0310u
#define IOVA UINT64_C(0x20000000)
#define PAGE UINT64_C(0x71717000)
#define DID 2

enum { DATA_FAULT = 0x30, DATA_QUEUE = 0x31 };

/* ---- intel_drv.c: attach ------------------------------------------------- */

static void load_root(vtd_driver *d, uint64_t root)
{
	wr64(&d->bench, RTADDR, root);
	if (d->cap >> 4 & 1)
		gcmd_set(d, WBF);
	gcmd_set(d, SRTP);
}

static void invalidate_by_registers(vtd_driver *d)
{
	bench *b = &d->bench;
	uint64_t iotlb = iotlb_register(d);

	wr64(b, CCMD, CCMD_GLOBAL);
	POLL(b, CCMD + 4, 1u << 31, 0);
	CHECK_EQ(rd(b, CCMD + 4) >> 27 & 3, 1); /* CAIG: done globally */
	wr64(b, iotlb, IOTLB_GLOBAL | IOTLB_DRAIN);
	POLL(b, iotlb + 4, 1u << 31, 0);
	CHECK_EQ(rd(b, iotlb + 4) >> 25 & 3, 1); /* IAIG */
}

/* ---- intel_fault.c -------------------------------------------------------- */

static void mask(vtd_driver *d, uint64_t control, bool masked)
{
	uint32_t value = rd(&d->bench, control);

	wr(&d->bench, control, masked ? value | 1u << 31 : value & ~(1u << 31));
	CHECK_EQ(rd(&d->bench, control) >> 31, masked);
}

static void clear_faults(vtd_driver *d)
{
	bench *b = &d->bench;

	for (unsigned i = 0; i < fault_registers(d); i++) {
		if (rd(b, fault_register(d, i) + 12) >> 31)
			wr(b, fault_register(d, i) + 12, 1u << 31);
	}
	wr(b, FSTS, rd(b, FSTS));
	CLEAN(d);
}

static void init_fault_log(vtd_driver *d)
{
	mask(d, FECTL, true);
	clear_faults(d);
	mask(d, FECTL, false);
}

static void fault_intr(vtd_driver *d, unsigned reason, uint64_t address)
{
	bench *b = &d->bench;
	uint32_t status = rd(b, FSTS);
	unsigned i = status >> 8 & 0xff, n = 0;

	CHECK_EQ(b->n_msi, 1);
	CHECK_EQ(b->msi[0], DATA_FAULT);
	b->n_msi = 0;
	CHECK_EQ(status & 0xff, FSTS_PPF);
	for (;;) {
		uint64_t at = fault_register(d, i), high = rd64(b, at + 8);

		if (!(high >> 63))
			break;
		CHECK_EQ(rd64(b, at), address);
		CHECK_EQ(high >> 32 & 0xff, reason);
		CHECK_EQ(high & 0xffff, SID);
		CHECK_EQ(high >> 62 & 1, 1); /* a read */
		wr(b, at + 12, 1u << 31);
		n++;
		i = i + 1 >= fault_registers(d) ? 0 : i + 1;
	}
	CHECK_EQ(n, 1);
	/* Nothing more to write: PPF followed the records. */
	CLEAN(d);
}

/* ---- intel_qi.c ------------------------------------------------------------ */

static void init_queue(vtd_driver *d)
{
	bench *b = &d->bench;

	d->wide = false;
	d->pages_lg2 = 3;
	d->queue = take(b, UINT64_C(4096) << d->pages_lg2);
	d->tail = 0;
	wr64(b, IQT, 0);
	wr64(b, IQA, d->queue | d->pages_lg2);
	gcmd_set(d, QIE);
	if (rd(b, ICS) & 1)
		wr(b, ICS, 1);
	mask(d, IECTL, false);
}

/* A wait with a sequence number and an interrupt, whose handler clears IWC. */
static void wait_sequence(vtd_driver *d)
{
	bench *b = &d->bench;

	d->sequence++;
	queue_put(d, D_WAIT_WRITE(d->sequence) | D_WAIT_IF, d->status);
	queue_tail(d);
	CHECK_EQ((uint32_t)ld(b, d->status), d->sequence);
	CHECK_EQ(b->n_msi, 1);
	CHECK_EQ(b->msi[0], DATA_QUEUE);
	b->n_msi = 0;
	CHECK_EQ(rd(b, ICS) & 1, 1);
	wr(b, ICS, 1);
	CHECK_EQ(rd(b, ICS) & 1, 0);
}

static void invalidate_and_wait(vtd_driver *d, uint64_t w0, uint64_t w1)
{
	queue_put(d, w0, w1);
	wait_sequence(d);
}

/* ---- intel_intrmap.c -------------------------------------------------------- */

static void init_interrupts(vtd_driver *d, uint64_t table)
{
	bench *b = &d->bench;

	wr64(b, IRTA, table | 1 << 11 | 9); /* EIME, 1024 entries */
	gcmd_set(d, SIRTP);
	invalidate_and_wait(d, D_IEC_GLOBAL, 0);
	d->gcmd &= ~CFI;
	gcmd_set(d, IRE);
	CHECK_EQ(rd(b, GSTS) & CFI, 0);
}

/* ---- scenarios --------------------------------------------------------------- */

static void unmap(vtd_driver *d, uint64_t table)
{
	bench *b = &d->bench;

	/* Three pages: by two blocks of a power of two, the waits' interrupt at the end. */
	for (uint64_t i = 0; i < 3; i++)
		st(b, page_at(d, table, IOVA + (i << 12), 3), 0);
	queue_put(d, D_IOTLB_PAGE(DID), IOVA | 1);
	queue_put(d, D_IOTLB_PAGE(DID), IOVA + 0x2000);
	wait_sequence(d);
}

static void life_of(const char *preset)
{
	vtd_driver d;
	bench *b = &d.bench;

	vtd_open(&d, preset, "VER=0x50", "ECAP.SMTS=0", "CAP.CM=0", "CAP.RWBF=1", "CAP.ESRTPS=0",
		 "CAP.ESIRTPS=0", "CAP.PSI=1", NULL);
	GOES_TO(b, SID, IOVA, IOVA);
	set_msi(&d, FECTL, DATA_FAULT);
	set_msi(&d, IECTL, DATA_QUEUE);
	uint64_t root = take(b, 4096), table = take(b, 4096), irt = take(b, 16 << 10);

	load_root(&d, root);
	invalidate_by_registers(&d);
	init_fault_log(&d);
	init_queue(&d);
	irte_set(&d, irt, 12, 0x66);
	init_interrupts(&d, irt);
	CHECK_EQ(interrupt(&d, SID, 12).vector, 0x66);
	st(b, irt + 16 * 13, 0);
	irte_set(&d, irt, 13, 0x67);
	invalidate_and_wait(&d, D_IEC_INDEX(13), 0);
	CHECK_EQ(interrupt(&d, SID, 13).vector, 0x67);
	CLEAN(&d);

	/* The first context; then translation. */
	for (uint64_t i = 0; i < 3; i++)
		st(b, page_at(&d, table, IOVA + (i << 12), 3), (PAGE + (i << 12)) | 3);
	context_set(&d, root, SID, table, DID);
	invalidate_and_wait(&d, D_CC_GLOBAL, 0);
	invalidate_and_wait(&d, D_IOTLB_GLOBAL, 0);
	GOES_TO(b, SID, IOVA, IOVA);
	gcmd_set(&d, TE);
	for (uint64_t i = 0; i < 3; i++)
		GOES_TO(b, SID, IOVA + (i << 12), PAGE + (i << 12));
	CLEAN(&d);

	unmap(&d, table);
	for (uint64_t i = 0; i < 3; i++) {
		REFUSED(b, SID, IOVA + (i << 12));
		fault_intr(&d, 0x06, IOVA + (i << 12));
	}
	gcmd_clear(&d, TE);
	GOES_TO(b, SID, IOVA, IOVA);

	/* Quiesce: a last wait, then the queue's interrupt and the queue go. */
	wait_sequence(&d);
	mask(&d, IECTL, true);
	gcmd_clear(&d, IRE);
	gcmd_clear(&d, QIE);
	CHECK_EQ(rd64(b, IQH), 0);
	CLEAN(&d);
	CHECK_EQ(b->n_msi, 0);
	vtd_close(&d);
}

static void life(void)
{
	bench_each(life_of);
}

/* Without queue (CM set): registers only, after each change. */
static void registers_of(const char *preset)
{
	vtd_driver d;
	bench *b = &d.bench;

	vtd_open(&d, preset, "VER=0x50", "ECAP.SMTS=0", "CAP.CM=1", NULL);
	set_msi(&d, FECTL, DATA_FAULT);
	uint64_t root = take(b, 4096), table = take(b, 4096);

	load_root(&d, root);
	invalidate_by_registers(&d);
	init_fault_log(&d);
	gcmd_set(&d, TE);
	REFUSED(b, SID, IOVA);
	fault_intr(&d, 0x01, IOVA);
	st(b, page_at(&d, table, IOVA, 3), PAGE | 3);
	context_set(&d, root, SID, table, DID);
	invalidate_by_registers(&d);
	GOES_TO(b, SID, IOVA, PAGE);
	/* One page away, by its address. */
	st(b, page_at(&d, table, IOVA, 3), 0);
	wr64(b, iotlb_register(&d) - 8, IOVA);
	wr64(b, iotlb_register(&d),
	     UINT64_C(1) << 63 | UINT64_C(3) << 60 | IOTLB_DRAIN | (uint64_t)DID << 32);
	POLL(b, iotlb_register(&d) + 4, 1u << 31, 0);
	CU_ASSERT_TRUE((rd(b, iotlb_register(&d) + 4) >> 25 & 3) != 0);
	REFUSED(b, SID, IOVA);
	fault_intr(&d, 0x06, IOVA);
	vtd_close(&d);
}

static void registers(void)
{
	bench_each(registers_of);
}

static const iom_test tests[] = {
	{ "Life of a device, queue", life },
	{ "Life of a device, registers", registers },
	{ 0 },
};

const iom_suite vtd_freebsd_suite = { "vtd-freebsd", tests };
