/* SPDX-License-Identifier: MIT */
/*
 * The order in which Linux's driver (drivers/iommu/intel) works: interrupt remapping
 * and the queue first, then the root table and its global invalidations, the fault
 * interrupt, translation last; and the takeover by a crash kernel, which keeps the
 * devices running on copies of the old tables.
 */
#include "tests/bringup/suites.h"
#include "tests/bringup/vtd-driver.h"

#include <string.h>

#define SID 0x00a8u
#define STRANGER 0x0100u
#define IOVA UINT64_C(0xfffff000)
#define PAGE UINT64_C(0x3ab000)
#define DID 7
#define NO_PASID_PASID 0

typedef struct unit {
	vtd_driver d;
	bool scalable;
	bool caching; /* CAP.CM */
	uint64_t root, irt;
	uint64_t pasid_dir; /* of SID */
} unit;

/* ---- faults ------------------------------------------------------------- */

/* The handler of the fault interrupt; returns how many records it read. */
static unsigned fault_handler(vtd_driver *d, unsigned reason, uint32_t sid, uint64_t address)
{
	bench *b = &d->bench;
	uint32_t status = rd(b, FSTS);
	unsigned i = status >> 8 & 0xff, n = 0;

	if (!(status & FSTS_PPF))
		return 0;
	for (;;) {
		uint64_t at = fault_register(d, i);
		uint32_t top = rd(b, at + 12);

		if (!(top >> 31))
			break;
		CHECK_EQ(top & 0xff, reason);
		CHECK_EQ(rd(b, at + 8) & 0xffff, sid);
		CHECK_EQ(rd64(b, at) & ~UINT64_C(0xfff), address);
		wr(b, at + 12, 1u << 31);
		CHECK_EQ(rd(b, at + 12) >> 31, 0);
		n++;
		if (++i >= fault_registers(d))
			i = 0;
	}
	wr(b, FSTS, FSTS_PFO | FSTS_PPF | 1 << 7);
	CHECK_EQ(rd(b, FSTS) & 0xff, 0);
	return n;
}

static void expect_fault(vtd_driver *d, unsigned reason, uint32_t sid, uint64_t address)
{
	bench *b = &d->bench;

	CHECK_EQ(b->n_msi, 1);
	CHECK_EQ(b->msi[0], 0x41);
	b->n_msi = 0;
	CHECK_EQ(fault_handler(d, reason, sid, address), 1);
	CLEAN(d);
}

/* ---- set-up ------------------------------------------------------------- */

/* What firmware or the last kernel left is not trusted, only remembered. */
static void sane_state(unit *u)
{
	bench *b = &u->d.bench;

	u->d.gcmd = rd(b, GSTS) & (TE | QIE | IRE);
	while (fault_handler(&u->d, 0, 0, 0))
		;
	queue_disable(&u->d);
	queue_enable(&u->d, u->scalable, u->scalable);
}

static void set_irt(unit *u)
{
	wr64(&u->d.bench, IRTA, u->irt | 1 << 11 | 0xf);
	gcmd_set(&u->d, SIRTP);
	invalidate(&u->d, D_IEC_GLOBAL, 0);
}

static void prepare_interrupts(unit *u)
{
	bench *b = &u->d.bench;

	sane_state(u);
	u->irt = take(b, 16 << 16);
	set_irt(u);
	gcmd_set(&u->d, IRE);
	if (rd(b, GSTS) & CFI)
		gcmd_clear(&u->d, CFI);
	CHECK_EQ(rd(b, GSTS) & CFI, 0);
}

static void set_root(unit *u)
{
	wr64(&u->d.bench, RTADDR, u->root | (u->scalable ? RTADDR_SMT : 0));
	gcmd_set(&u->d, SRTP);
	invalidate(&u->d, D_CC_GLOBAL, 0);
	if (u->scalable)
		invalidate(&u->d, D_PASID_GLOBAL, 0);
	invalidate(&u->d, D_IOTLB_GLOBAL, 0);
}

static void fault_interrupt(unit *u)
{
	bench *b = &u->d.bench;

	set_msi(&u->d, FECTL, 0x41);
	wr(b, FECTL, 0);
	CHECK_EQ(rd(b, FECTL), 0);
	fault_handler(&u->d, 0, 0, 0);
	wr(b, FSTS, rd(b, FSTS));
	CLEAN(&u->d);
}

static void enable_prq(unit *u)
{
	bench *b = &u->d.bench;
	uint64_t queue = take(b, 4096);

	set_msi(&u->d, PECTL, 0x42);
	wr(b, PECTL, 0);
	wr64(b, PQH, 0);
	wr64(b, PQT, 0);
	wr64(b, PQA, queue);
	CHECK_EQ(rd64(b, PQA), queue);
}

static void disable_protected_memory(unit *u)
{
	bench *b = &u->d.bench;

	wr(b, PMEN, rd(b, PMEN) & ~(1u << 31));
	POLL(b, PMEN, 1, 0);
}

/* ---- devices ------------------------------------------------------------ */

/* With CM entries that were not present may be cached too. */
static void flush_new(unit *u, uint64_t w0, uint64_t w1)
{
	if (u->caching)
		invalidate(&u->d, w0, w1);
	else if (u->d.cap >> 4 & 1)
		gcmd_set(&u->d, WBF);
}

static uint64_t sm_context_at(unit *u)
{
	bench *b = &u->d.bench;
	uint64_t at = u->root + 16 * (uint64_t)(SID >> 8) + (SID & 0x80 ? 8 : 0);

	if (!(ld(b, at) & 1))
		st(b, at, take(b, 4096) | 1);
	return (ld(b, at) & ~UINT64_C(0xfff)) + 32 * (uint64_t)(SID & 0x7f);
}

static uint64_t pasid_entry_at(unit *u, unsigned pasid)
{
	bench *b = &u->d.bench;
	uint64_t at = u->pasid_dir + 8 * (uint64_t)(pasid >> 6);

	if (!(ld(b, at) & 1))
		st(b, at, take(b, 4096) | 1);
	return (ld(b, at) & ~UINT64_C(0xfff)) + 64 * (uint64_t)(pasid & 63);
}

/* Requests without a PASID: the entry of PASID 0, first stage. */
static void attach_pasid(unit *u, unsigned pasid, uint64_t table, unsigned did)
{
	bench *b = &u->d.bench;
	uint64_t at = pasid_entry_at(u, pasid);

	st(b, at + 8, did | UINT64_C(1) << 23);
	st(b, at + 16, table);
	st(b, at, 1 | 1 << 6 | 2 << 2);
	flush_new(u, D_PASID(did, pasid), 0);
	flush_new(u, D_PASID_IOTLB(did, pasid), 0);
}

static void attach(unit *u, uint64_t table, unsigned did)
{
	bench *b = &u->d.bench;

	if (!u->scalable) {
		context_set(&u->d, u->root, SID, table, did);
		flush_new(u, D_CC_DEVICE(u->caching ? 0 : did, SID), 0);
		flush_new(u, D_IOTLB_DOMAIN(did), 0);
		return;
	}
	u->pasid_dir = take(b, 4096);
	attach_pasid(u, NO_PASID_PASID, table, did);
	uint64_t at = sm_context_at(u);

	st(b, at + 8, NO_PASID_PASID);
	st(b, at, u->pasid_dir | 1 << 3 | 1);
	flush_new(u, D_CC_DEVICE(u->caching ? 0 : did, SID), 0);
}

static void detach(unit *u, unsigned did)
{
	bench *b = &u->d.bench;

	if (u->scalable) {
		uint64_t at = pasid_entry_at(u, NO_PASID_PASID);

		st(b, at, 0);
		invalidate(&u->d, D_PASID(did, NO_PASID_PASID), 0);
		invalidate(&u->d, D_PASID_IOTLB(did, NO_PASID_PASID), 0);
		st(b, sm_context_at(u), 0);
	} else {
		st(b, context_at(&u->d, u->root, SID), 0);
	}
	invalidate(&u->d, D_CC_DEVICE(did, SID), 0);
	if (!u->scalable) {
		invalidate(&u->d, D_IOTLB_DOMAIN(did), 0);
	} else {
		invalidate(&u->d, D_PASID_GLOBAL, 0);
		invalidate(&u->d, D_IOTLB_DOMAIN(did), 0);
	}
}

static void map(unit *u, uint64_t table, uint64_t iova, uint64_t page, unsigned did)
{
	st(&u->d.bench, page_at(&u->d, table, iova, u->scalable ? 0x67 : 3),
	   page | (u->scalable ? 0x67 : 3));
	/* First stage entries that are not present are never cached. */
	if (!u->scalable)
		flush_new(u, D_IOTLB_PAGE(did), iova);
}

static void unmap(unit *u, uint64_t table, uint64_t iova, unsigned did)
{
	st(&u->d.bench, page_at(&u->d, table, iova, 3), 0);
	invalidate(&u->d, u->scalable ? D_PASID_IOTLB_PAGE(did, NO_PASID_PASID) : D_IOTLB_PAGE(did),
		   iova);
}

static unsigned not_mapped(const unit *u)
{
	return u->scalable ? 0x71 : 0x06; /* P clear; no read permission */
}

/* ---- scenarios ---------------------------------------------------------- */

static void boot(unit *u, const char *preset, bool scalable, bool caching)
{
	bench *b = &u->d.bench;

	memset(u, 0, sizeof *u);
	vtd_open(&u->d, preset, scalable ? "ECAP.SMTS=1" : "ECAP.SMTS=0",
		 caching ? "CAP.CM=1" : "CAP.CM=0", "CAP.ESRTPS=0", "CAP.ESIRTPS=0",
		 scalable ? "CAP.RWBF=0" : "CAP.RWBF=1", NULL);
	u->scalable = scalable;
	u->caching = caching;
	GOES_TO(b, SID, IOVA, IOVA);
	CHECK_EQ(rd(b, GSTS), 0);
	prepare_interrupts(u);
	GOES_TO(b, SID, IOVA, IOVA);
	u->root = take(b, 4096);
	set_root(u);
	GOES_TO(b, SID, IOVA, IOVA);
	if (scalable)
		enable_prq(u);
	fault_interrupt(u);
	disable_protected_memory(u);
	gcmd_set(&u->d, TE);
	CLEAN(&u->d);
}

static void check_interrupts(unit *u)
{
	irte_set(&u->d, u->irt, 0x8123, 0x51);
	flush_new(u, D_IEC_INDEX(0x8123), 0);
	iom_interrupt_result result = interrupt(&u->d, SID, 0x8123);

	CHECK_EQ(result.status, IOM_OK);
	CHECK_EQ(result.vector, 0x51);
	CHECK_EQ(result.destination, 5);
	irte_set(&u->d, u->irt, 0x8123, 0x52);
	invalidate(&u->d, D_IEC_INDEX(0x8123), 0);
	CHECK_EQ(interrupt(&u->d, SID, 0x8123).vector, 0x52);
	CLEAN(&u->d);
}

static void life(const char *preset, bool scalable, bool caching)
{
	unit u;
	bench *b = &u.d.bench;

	boot(&u, preset, scalable, caching);
	check_interrupts(&u);
	/* No root entry of that bus. */
	REFUSED(b, STRANGER, IOVA);
	expect_fault(&u.d, scalable ? 0x39 : 0x01, STRANGER, IOVA);

	uint64_t table = take(b, 4096);

	attach(&u, table, DID);
	map(&u, table, IOVA, PAGE, DID);
	GOES_TO(b, SID, IOVA + 0x123, PAGE + 0x123);
	CLEAN(&u.d);
	unmap(&u, table, IOVA, DID);
	REFUSED(b, SID, IOVA);
	expect_fault(&u.d, not_mapped(&u), SID, IOVA);
	map(&u, table, IOVA, PAGE + 0x1000, DID);
	GOES_TO(b, SID, IOVA, PAGE + 0x1000);
	CLEAN(&u.d);

	/* To another domain and away. */
	detach(&u, DID);
	uint64_t other = take(b, 4096);

	attach(&u, other, DID + 1);
	map(&u, other, IOVA, 0x9000, DID + 1);
	GOES_TO(b, SID, IOVA, 0x9000);
	CLEAN(&u.d);
	detach(&u, DID + 1);
	REFUSED(b, SID, IOVA);
	expect_fault(&u.d, scalable ? 0x41 : 0x02, SID, IOVA);

	/* Shutdown: translation off, protected memory off, then interrupt remapping. */
	gcmd_clear(&u.d, TE);
	disable_protected_memory(&u);
	GOES_TO(b, SID, IOVA, IOVA);
	invalidate(&u.d, D_IEC_GLOBAL, 0);
	gcmd_clear(&u.d, IRE);
	CHECK_EQ(interrupt(&u.d, SID, 0x8123).remapped, 0);
	queue_disable(&u.d);
	CLEAN(&u.d);
	CHECK_EQ(b->n_msi, 0);
	vtd_close(&u.d);
}

static void life_legacy(const char *preset)
{
	life(preset, false, false);
}

static void life_legacy_cm(const char *preset)
{
	life(preset, false, true);
}

static void life_scalable(const char *preset)
{
	life(preset, true, false);
}

static void life_scalable_cm(const char *preset)
{
	life(preset, true, true);
}

static void legacy(void)
{
	bench_each(life_legacy);
	bench_each(life_legacy_cm);
}

static void scalable(void)
{
	bench_each(life_scalable);
	bench_each(life_scalable_cm);
}

static void copy(bench *b, uint64_t to, uint64_t from, uint64_t bytes)
{
	for (uint64_t i = 0; i < bytes; i += 8)
		st(b, to + i, ld(b, from + i));
}

/* The crash kernel's root table, its context tables copies of what it found. */
static uint64_t copy_tables(bench *b, uint64_t old)
{
	uint64_t root = take(b, 4096);

	for (uint64_t i = 0; i < 4096; i += 8) {
		uint64_t entry = ld(b, old + i);

		if (!(entry & 1))
			continue;
		uint64_t table = take(b, 4096);

		copy(b, table, entry & ~UINT64_C(0xfff), 4096);
		st(b, root + i, table | 1);
	}
	return root;
}

static void crash(const char *preset, bool scalable_mode)
{
	unit u;
	bench *b = &u.d.bench;

	boot(&u, preset, scalable_mode, false);
	check_interrupts(&u);
	uint64_t table = take(b, 4096);

	attach(&u, table, DID);
	map(&u, table, IOVA, PAGE, DID);
	GOES_TO(b, SID, IOVA, PAGE);
	/* A fault that nobody handled any more. */
	REFUSED(b, STRANGER, IOVA);
	b->n_msi = 0;

	/* The new kernel knows what GSTS says, and that a fault is pending. */
	u.d.gcmd = rd(b, GSTS) & (TE | QIE | IRE);
	CHECK_EQ(u.d.gcmd, TE | QIE | IRE);
	CHECK_EQ(fault_handler(&u.d, scalable_mode ? 0x39 : 0x01, STRANGER, IOVA), 1);
	queue_disable(&u.d);
	queue_enable(&u.d, scalable_mode, scalable_mode);
	GOES_TO(b, SID, IOVA, PAGE);

	uint64_t irta = rd64(b, IRTA);

	CHECK_EQ(irta & ~UINT64_C(0xfff), u.irt);
	CHECK_EQ(irta & 0xfff, 1 << 11 | 0xf);
	u.irt = take(b, 16 << 16);
	copy(b, u.irt + 16 * 0x8000, (irta & ~UINT64_C(0xfff)) + 16 * 0x8000, 16 * 0x200);
	set_irt(&u);
	CHECK_EQ(interrupt(&u.d, SID, 0x8123).vector, 0x52);

	uint64_t rtaddr = rd64(b, RTADDR);

	CHECK_EQ(rtaddr & RTADDR_SMT, scalable_mode ? RTADDR_SMT : 0);
	u.root = copy_tables(b, rtaddr & ~UINT64_C(0xfff));
	set_root(&u);
	GOES_TO(b, SID, IOVA, PAGE);
	fault_interrupt(&u);
	CLEAN(&u.d);

	/* The device's own driver comes: its copied entry goes, then it has a new domain. */
	detach(&u, DID);
	uint64_t other = take(b, 4096);

	attach(&u, other, DID + 2);
	map(&u, other, IOVA, 0x8000, DID + 2);
	GOES_TO(b, SID, IOVA, 0x8000);
	CLEAN(&u.d);
	REFUSED(b, SID, IOVA - 0x1000);
	expect_fault(&u.d, not_mapped(&u), SID, IOVA - 0x1000);
	vtd_close(&u.d);
}

static void crash_legacy(const char *preset)
{
	crash(preset, false);
}

static void crash_scalable(const char *preset)
{
	crash(preset, true);
}

static void kexec(void)
{
	bench_each(crash_legacy);
	bench_each(crash_scalable);
}

/* Not a crash kernel: what was left on is turned off before anything is built. */
static void leftovers_of(const char *preset)
{
	unit u;
	bench *b = &u.d.bench;

	boot(&u, preset, false, false);
	uint64_t table = take(b, 4096);

	attach(&u, table, DID);
	map(&u, table, IOVA, PAGE, DID);
	GOES_TO(b, SID, IOVA, PAGE);
	u.d.gcmd = rd(b, GSTS) & (TE | QIE | IRE);
	gcmd_clear(&u.d, TE);
	GOES_TO(b, SID, IOVA, IOVA);
	queue_disable(&u.d);
	queue_enable(&u.d, false, 0);
	invalidate(&u.d, D_IEC_GLOBAL, 0);
	gcmd_clear(&u.d, IRE);
	prepare_interrupts(&u);
	u.root = take(b, 4096);
	set_root(&u);
	fault_interrupt(&u);
	gcmd_set(&u.d, TE);
	REFUSED(b, SID, IOVA);
	expect_fault(&u.d, 0x01, SID, IOVA);
	check_interrupts(&u);
	vtd_close(&u.d);
}

static void leftovers(void)
{
	bench_each(leftovers_of);
}

static const iom_test tests[] = {
	{ "Life of a device, legacy mode", legacy },
	{ "Life of a device, scalable mode", scalable },
	{ "Crash kernel takes over", kexec },
	{ "Leftovers are turned off", leftovers },
	{ 0 },
};

const iom_suite vtd_linux_suite = { "vtd-linux", tests };
