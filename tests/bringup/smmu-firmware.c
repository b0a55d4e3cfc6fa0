/* SPDX-License-Identifier: MIT */
/*
 * SMMUv3 bring-up by software without an operating system: the order of Arm's system
 * architecture compliance suite, and that of a UEFI driver which puts every stream
 * behind one stage 2 and leaves the SMMU bypassed, or shut, when the loader goes.
 */
#include "tests/bringup/smmu-driver.h"
#include "tests/bringup/suites.h"

#include <string.h>

#define SID 0x12u
#define IPA UINT64_C(0x80042000)
#define PAGE UINT64_C(0x60006000)

static void program_queue(smmu_driver *d, uint64_t base, const smmu_queue *q)
{
	wr64(&d->bench, base, q->base | BASE_RWA | q->lg2);
	wr(&d->bench, q->prod_reg, q->prod);
	wr(&d->bench, q->cons_reg, q->cons);
}

static void invalidate_everything(smmu_driver *d)
{
	command(d, C_CFGI_ALL, 31);
	command(d, C_TLBI_EL2_ALL, 0);
	command_sync(d, C_TLBI_NSNH_ALL, 0);
}

/* Stage 2, S2T0SZ 25 from level 1, write-back, 48 bits, AArch64, S2PTW, S2R */
#define VTCR(VMID) \
	((VMID) | UINT64_C(25) << 32 | UINT64_C(1) << 38 | UINT64_C(1) << 40 | UINT64_C(1) << 42 | \
	 UINT64_C(3) << 44 | UINT64_C(5) << 48 | UINT64_C(1) << 51 | UINT64_C(1) << 54 | \
	 UINT64_C(1) << 58)

static void take_event(smmu_driver *d, unsigned code, uint64_t address)
{
	uint64_t record[4];

	CU_ASSERT_TRUE_FATAL(dequeue(d, &d->evtq, record));
	CHECK_EQ(record[0] & 0xff, code);
	CHECK_EQ(record[0] >> 32, SID);
	CHECK_EQ(record[2], address);
	CU_ASSERT_FALSE(dequeue(d, &d->evtq, record));
	QUIET(d);
}

/* ---- compliance suite -------------------------------------------------- */

static void acs_reset(smmu_driver *d)
{
	bench *b = &d->bench;

	write_ack(d, CR0, CR0ACK, 0);
	d->cr0 = 0;
	wr(b, CR1, CR1_WB_ISH);
	wr(b, CR2, 0);
	wr64(b, STRTAB_BASE, d->strtab | BASE_RWA);
	wr(b, STRTAB_BASE_CFG, d->sid_bits);
	program_queue(d, CMDQ_BASE, &d->cmdq);
	enable(d, CMDQEN);
	invalidate_everything(d);
	program_queue(d, EVENTQ_BASE, &d->evtq);
	enable(d, EVENTQEN);
	enable(d, SMMUEN);
	QUIET(d);
}

static void acs_of(const char *preset)
{
	smmu_driver d;
	bench *b = &d.bench;

	driver_open(&d, preset, "IDR1.SIDSIZE=8", "IDR0.ST_LEVEL=0", NULL);
	d.sync = SYNC_NONE;
	GOES_TO(b, SID, PAGE, PAGE);
	driver_queues(&d, 4, 3, 0);
	strtab_new(&d, false, 8);
	for (uint32_t sid = 0; sid < 256; sid++) {
		st(b, ste_at(&d, sid) + 8, UINT64_C(1) << 44);
		st(b, ste_at(&d, sid), 1); /* abort */
	}
	acs_reset(&d);
	REFUSED(b, SID, IPA);
	QUIET(&d);

	/* Stage 2: the STE from its last word to its first, then everything invalidated. */
	uint64_t root = take(b, 4096);

	map_page(&d, root, 1, IPA, PAGE | S2_PAGE);
	st(b, ste_at(&d, SID) + 8, UINT64_C(1) << 44 | UINT64_C(2) << 30 | 1 << 28);
	st(b, ste_at(&d, SID) + 16, VTCR(1));
	st(b, ste_at(&d, SID) + 24, root);
	st(b, ste_at(&d, SID), 1 | 6 << 1);
	invalidate_everything(&d);
	GOES_TO(b, SID, IPA, PAGE);
	QUIET(&d);
	REFUSED(b, SID, IPA + 0x1000);
	take_event(&d, 0x10, IPA + 0x1000);

	/* Stage 1 in the same STE: CD and STE, everything again. */
	uint64_t s1 = take(b, 4096), cd = take(b, 64);

	map_page(&d, s1, 0, IPA, 0x7000 | S1_PAGE);
	st(b, cd + 8, s1);
	st(b, cd + 16, 0);
	st(b, cd + 24, 0xff44);
	st(b, cd,
	   16 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 30 | UINT64_C(1) << 31 | UINT64_C(5) << 32 |
		   UINT64_C(1) << 41 | UINT64_C(7) << 45);
	st(b, ste_at(&d, SID) + 8, 2 | 1 << 2 | 1 << 4 | 3 << 6 | 1 << 28);
	st(b, ste_at(&d, SID), 1 | 5 << 1 | cd);
	invalidate_everything(&d);
	GOES_TO(b, SID, IPA, 0x7000);
	QUIET(&d);

	/* Off: GBPA.ABORT is cleared, everything passes; and on again. */
	write_ack(&d, CR0, CR0ACK, d.cr0 & ~1u);
	update_gbpa(&d, 0, GBPA_ABORT);
	GOES_TO(b, SID, IPA, IPA);
	write_ack(&d, CR0, CR0ACK, d.cr0);
	GOES_TO(b, SID, IPA, 0x7000);
	QUIET(&d);
	driver_close(&d);
}

static void acs(void)
{
	bench_each(acs_of);
}

/* ---- UEFI -------------------------------------------------------------- */

static void uefi_configure(smmu_driver *d)
{
	bench *b = &d->bench;

	write_ack(d, CR0, CR0ACK, rd(b, CR0) & ~1u);
	write_ack(d, IRQ_CTRL, IRQ_CTRLACK, 0);
	/* Stale global errors are acknowledged. */
	wr(b, GERRORN, rd(b, GERROR));
	wr(b, STRTAB_BASE_CFG, d->sid_bits);
	wr64(b, STRTAB_BASE, d->strtab | BASE_RWA);
	program_queue(d, CMDQ_BASE, &d->cmdq);
	program_queue(d, EVENTQ_BASE, &d->evtq);
	write_ack(d, IRQ_CTRL, IRQ_CTRLACK, EVENTQ_IRQEN | GERROR_IRQEN);
	wr(b, CR1, (rd(b, CR1) & ~0x3fu) | 0x35);
	CHECK_EQ(rd(b, CR1) & 0x3f, 0x35);
	wr(b, CR2, 3); /* RECINVSID, E2H */
	/* Both queues at once. */
	d->cr0 = 0;
	enable(d, EVENTQEN | CMDQEN);
	command(d, C_CFGI_ALL, 31);
	command(d, C_TLBI_NSNH_ALL, 0);
	command_sync(d, C_TLBI_EL2_ALL, 0);
	enable(d, SMMUEN);
	CHECK_EQ(rd(b, GERROR), rd(b, GERRORN));
	QUIET(d);
}

static void uefi_of(const char *preset)
{
	smmu_driver d;
	bench *b = &d.bench;

	driver_open(&d, preset, "IDR1.SIDSIZE=8", NULL);
	d.sync = SYNC_NONE;
	driver_queues(&d, 5, 4, 0);
	strtab_new(&d, false, 6);
	uint64_t root = take(b, 4096);

	for (uint32_t sid = 0; sid < 64; sid++) {
		uint64_t at = ste_at(&d, sid);

		/* MTCFG, write-back, Inner Shareable */
		st(b, at + 8, UINT64_C(0xf) << 32 | UINT64_C(1) << 36 | UINT64_C(3) << 44);
		st(b, at + 16, VTCR(0));
		st(b, at + 24, root);
		st(b, at, 1 | 6 << 1);
	}
	uefi_configure(&d);

	/* A device's buffer is mapped for one transfer, then not. */
	map_page(&d, root, 1, IPA, IPA | S2_PAGE);
	GOES_TO(b, SID, IPA, IPA);
	CHECK_EQ(dma(b, SID, IOM_NO_PASID, IPA, IOM_WRITE).status, IOM_OK);
	QUIET(&d);
	map_page(&d, root, 1, IPA, 0);
	command(&d, C_TLBI_NSNH_ALL, 0);
	command_sync(&d, C_TLBI_EL2_ALL, 0);
	REFUSED(b, SID, IPA);
	take_event(&d, 0x10, IPA);
	CHECK_EQ(b->irqs[IOM_SMMU_IRQ_EVENTQ], 1);
	/* A stream that the table is too short for. */
	REFUSED(b, 64, IPA);
	uint64_t record[4];

	CU_ASSERT_TRUE_FATAL(dequeue(&d, &d.evtq, record));
	CHECK_EQ(record[0] & 0xff, 0x02);
	CHECK_EQ(record[0] >> 32, 64);

	/* ExitBootServices: off and bypassed; or, when torn down, shut. */
	write_ack(&d, CR0, CR0ACK, rd(b, CR0) & ~1u);
	update_gbpa(&d, 0, GBPA_ABORT);
	GOES_TO(b, SID, IPA, IPA);
	update_gbpa(&d, GBPA_ABORT, 0);
	REFUSED(b, SID, IPA);
	QUIET(&d);
	driver_close(&d);
}

static void uefi(void)
{
	bench_each(uefi_of);
}

static const iom_test tests[] = {
	{ "Compliance suite", acs },
	{ "UEFI driver", uefi },
	{ 0 },
};

const iom_suite smmu_firmware_suite = { "smmu-firmware", tests };
