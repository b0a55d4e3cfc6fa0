/* SPDX-License-Identifier: MIT */
/*
 * The order in which EDK2's drivers (IntelSiliconPkg, Feature/VTd) work: protected
 * memory before there are tables, then translation with invalidations by registers up
 * to version 5 of the architecture and by the queue after, commands made from what GSTS
 * says, abort-DMA mode while tables are exchanged, everything off for the loader.
 */
#include "tests/bringup/suites.h"
#include "tests/bringup/vtd-driver.h"

#define SID 0x00f8u
#define BUFFER UINT64_C(0x00800000)
#define HIGH UINT64_C(0x140000000)
#define DID 1

static uint32_t alignment(bench *b, uint64_t limit)
{
	/* Bits of a limit that a unit does not have read as 0. */
	wr(b, limit, UINT32_MAX);
	uint32_t value = rd(b, limit);

	return ~value + 1;
}

static void disable_protection(bench *b)
{
	if (!(rd(b, PMEN) & 1))
		return;
	wr(b, PMEN, 0);
	POLL(b, PMEN, 1, 0);
}

/* PEI: all memory but the buffer below is out of the reach of devices. */
static void protect(vtd_driver *d)
{
	bench *b = &d->bench;

	disable_protection(b);
	CU_ASSERT_TRUE(alignment(b, PLMLIMIT) <= BUFFER);
	CU_ASSERT_TRUE(alignment(b, PHMLIMIT) <= BUFFER);
	wr(b, PLMBASE, 0);
	wr(b, PLMLIMIT, (uint32_t)BUFFER - 1);
	wr64(b, PHMBASE, UINT64_C(0x100000000));
	wr64(b, PHMLIMIT, UINT64_C(0x1ffffffff));
	wr(b, PMEN, 1u << 31);
	POLL(b, PMEN, 1, 1);
}

static void check_protection(vtd_driver *d)
{
	bench *b = &d->bench;

	REFUSED(b, SID, 0x1000);
	REFUSED(b, SID, BUFFER - 0x1000);
	REFUSED(b, SID, HIGH);
	GOES_TO(b, SID, BUFFER, BUFFER);
	GOES_TO(b, SID, UINT64_C(0x200000000), UINT64_C(0x200000000));
	CLEAN(d);
}

static void prepare_queue(vtd_driver *d)
{
	bench *b = &d->bench;

	if (rd(b, GSTS) & QIE)
		gsts_clear(d, QIE);
	d->wide = true;
	d->pages_lg2 = 0;
	d->queue = take(b, 4096);
	d->tail = 0;
	wr64(b, IQT, 0);
	wr64(b, IQA, d->queue | 1 << 11);
	CHECK_EQ(rd64(b, IQA), d->queue | 1 << 11);
	gsts_set(d, QIE);
}

/* No wait descriptor: IQH reaching the tail is the sign. */
static void submit(vtd_driver *d, uint64_t w0)
{
	bench *b = &d->bench;

	CHECK_EQ(rd64(b, IQT), d->tail);
	queue_put(d, w0, 0);
	wr64(b, IQT, d->tail);
	CHECK_EQ(rd(b, FSTS) & FSTS_QUEUE, 0);
	POLL(b, IQH, UINT32_MAX, (uint32_t)d->tail);
}

static void invalidate_all(vtd_driver *d, bool queue)
{
	bench *b = &d->bench;
	uint64_t iotlb = iotlb_register(d);

	if (d->cap >> 4 & 1)
		gsts_set(d, WBF);
	if (queue) {
		submit(d, D_CC_GLOBAL);
		submit(d, D_IOTLB_GLOBAL);
		return;
	}
	CHECK_EQ(rd64(b, CCMD) >> 63, 0);
	wr64(b, CCMD, (rd64(b, CCMD) & ~(UINT64_C(3) << 61)) | CCMD_GLOBAL);
	POLL(b, CCMD + 4, 1u << 31, 0);
	CHECK_EQ(rd64(b, iotlb) >> 63, 0);
	wr64(b, iotlb, (rd64(b, iotlb) & ~(UINT64_C(3) << 60)) | IOTLB_GLOBAL);
	POLL(b, iotlb + 4, 1u << 31, 0);
}

static void set_root(vtd_driver *d, uint64_t value)
{
	wr64(&d->bench, RTADDR, value);
	gsts_set(d, SRTP);
}

/* With abort-DMA mode while invalidating, where translation was on and it is there. */
static void enable_translation(vtd_driver *d, uint64_t root, bool queue)
{
	bench *b = &d->bench;
	bool abort_mode = (rd(b, GSTS) & TE) && d->ecap >> 52 & 1;

	if (abort_mode) {
		if (!(d->cap >> 63 & 1))
			gsts_clear(d, TE);
		set_root(d, root | RTADDR_ADM);
		gsts_set(d, TE);
		REFUSED(b, SID, BUFFER);
	} else {
		set_root(d, root);
	}
	invalidate_all(d, queue);
	if (abort_mode) {
		if (!(d->cap >> 63 & 1))
			gsts_clear(d, TE);
		set_root(d, root);
	}
	gsts_set(d, TE);
	disable_protection(b);
}

/* The handler that dumps and clears whatever records there are. */
static unsigned clear_faults(vtd_driver *d, unsigned reason, uint64_t address)
{
	bench *b = &d->bench;
	unsigned n = 0;

	for (unsigned i = 0; i < fault_registers(d); i++) {
		uint64_t at = fault_register(d, i), high = rd64(b, at + 8);

		if (!(high >> 63))
			continue;
		CHECK_EQ(high >> 32 & 0xff, reason);
		CHECK_EQ(high & 0xffff, SID);
		CHECK_EQ(rd64(b, at), address);
		wr64(b, at + 8, high);
		n++;
	}
	wr(b, FSTS, rd(b, FSTS));
	CLEAN(d);
	return n;
}

static void run(const char *preset, bool queue, bool esrtps)
{
	vtd_driver d;
	bench *b = &d.bench;

	vtd_open(&d, preset, queue ? "VER=0x60" : "VER=0x50", "CAP.PLMR=1", "CAP.PHMR=1",
		 "ECAP.ADMS=1", esrtps ? "CAP.ESRTPS=1" : "CAP.ESRTPS=0", NULL);
	GOES_TO(b, SID, 0x1000, 0x1000);
	protect(&d);
	check_protection(&d);
	if (queue)
		prepare_queue(&d);

	/* DXE: a table for the device, through which its buffer alone is seen. */
	uint64_t root = take(b, 4096), table = take(b, 4096);

	st(b, page_at(&d, table, BUFFER, 3), BUFFER | 3);
	context_set(&d, root, SID, table, DID);
	enable_translation(&d, root, queue);
	CHECK_EQ(rd(b, GSTS) & (TE | QIE), TE | (queue ? QIE : 0));
	GOES_TO(b, SID, BUFFER, BUFFER);
	CLEAN(&d);
	REFUSED(b, SID, 0x1000);
	CHECK_EQ(clear_faults(&d, 0x06, 0x1000), 1);
	CHECK_EQ(b->n_msi, 0); /* the fault event is masked */

	/* A buffer is mapped and unmapped, with everything invalidated. */
	st(b, page_at(&d, table, BUFFER, 3), 0);
	invalidate_all(&d, queue);
	REFUSED(b, SID, BUFFER);
	CHECK_EQ(clear_faults(&d, 0x06, BUFFER), 1);
	st(b, page_at(&d, table, BUFFER, 3), BUFFER | 1);
	invalidate_all(&d, queue);
	GOES_TO(b, SID, BUFFER, BUFFER);
	CHECK_EQ(dma(b, SID, IOM_NO_PASID, BUFFER, IOM_WRITE).status, IOM_ABORT);
	CHECK_EQ(clear_faults(&d, 0x05, BUFFER), 1);

	/* A later driver finds translation on. */
	uint64_t second = take(b, 4096), other = take(b, 4096);

	st(b, page_at(&d, other, BUFFER, 3), 0x5000 | 3);
	context_set(&d, second, SID, other, DID);
	if (queue)
		prepare_queue(&d);
	enable_translation(&d, second, queue);
	GOES_TO(b, SID, BUFFER, 0x5000);
	CHECK_EQ(clear_faults(&d, 0x33, BUFFER), 1); /* while it was in abort-DMA mode */

	/* ExitBootServices. */
	gsts_clear(&d, TE);
	gsts_set(&d, SRTP);
	if (queue)
		gsts_clear(&d, QIE);
	GOES_TO(b, SID, BUFFER, BUFFER);
	CHECK_EQ(rd(b, GSTS) & (TE | QIE), 0);
	CLEAN(&d);
	vtd_close(&d);
}

static void run_registers(const char *preset)
{
	run(preset, false, false);
	run(preset, false, true);
}

static void run_queue(const char *preset)
{
	run(preset, true, false);
	run(preset, true, true);
}

static void registers(void)
{
	bench_each(run_registers);
}

static void queue(void)
{
	bench_each(run_queue);
}

static const iom_test tests[] = {
	{ "Version 5, registers", registers },
	{ "Version 6, queue", queue },
	{ 0 },
};

const iom_suite vtd_edk2_suite = { "vtd-edk2", tests };
