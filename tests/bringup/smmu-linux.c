/* SPDX-License-Identifier: MIT */
/*
 * The order in which Linux's driver (arm-smmu-v3) works: reset and takeover, IRQ set-up,
 * streams attached and detached by entry updates that disturb nobody, invalidation, the
 * handlers of events, page requests and global errors, shutdown.
 */
#include "tests/bringup/smmu-linux.h"
#include "tests/bringup/suites.h"

#include <string.h>

enum { DATA_EVENTQ = 1, DATA_GERROR = 2, DATA_PRIQ = 3 };

/* ---- arm_smmu_device_reset ------------------------------------------- */

static void program_msi(smmu_driver *d, uint64_t cfg0, uint32_t data)
{
	wr64(&d->bench, cfg0, BENCH_DOORBELL);
	wr(&d->bench, cfg0 + 8, data);
	wr(&d->bench, cfg0 + 12, 1); /* Device-nGnRE */
	CHECK_EQ(rd64(&d->bench, cfg0), BENCH_DOORBELL);
	CHECK_EQ(rd(&d->bench, cfg0 + 8), data);
}

static void setup_irqs(smmu_driver *d)
{
	bench *b = &d->bench;

	write_ack(d, IRQ_CTRL, IRQ_CTRLACK, 0);
	wr64(b, GERROR_IRQ_CFG0, 0);
	wr64(b, EVENTQ_IRQ_CFG0, 0);
	wr64(b, PRIQ_IRQ_CFG0, 0);
	program_msi(d, EVENTQ_IRQ_CFG0, DATA_EVENTQ);
	program_msi(d, GERROR_IRQ_CFG0, DATA_GERROR);
	program_msi(d, PRIQ_IRQ_CFG0, DATA_PRIQ);
	write_ack(d, IRQ_CTRL, IRQ_CTRLACK, EVENTQ_IRQEN | PRIQ_IRQEN | GERROR_IRQEN);
}

static void program_queue(smmu_driver *d, uint64_t base, const smmu_queue *q)
{
	wr64(&d->bench, base, q->base | BASE_RWA | q->lg2);
	CHECK_EQ(rd64(&d->bench, base), q->base | BASE_RWA | q->lg2);
	wr(&d->bench, q->prod_reg, q->prod);
	wr(&d->bench, q->cons_reg, q->cons);
}

void linux_reset(smmu_driver *d, bool e2h)
{
	bench *b = &d->bench;

	if (rd(b, CR0) & SMMUEN)
		update_gbpa(d, GBPA_ABORT, 0);
	write_ack(d, CR0, CR0ACK, 0);
	d->cr0 = 0;
	wr(b, CR1, CR1_WB_ISH);
	CHECK_EQ(rd(b, CR1), CR1_WB_ISH);
	wr(b, CR2, 4 | 2 | e2h); /* PTM, RECINVSID */
	CHECK_EQ(rd(b, CR2) & 3, 2 | e2h);
	wr64(b, STRTAB_BASE, d->strtab | BASE_RWA);
	wr(b, STRTAB_BASE_CFG, d->two_level ? 1u << 16 | 8 << 6 | d->sid_bits : d->sid_bits);
	program_queue(d, CMDQ_BASE, &d->cmdq);
	enable(d, CMDQEN);
	command_sync(d, C_CFGI_ALL, 31);
	command_sync(d, C_TLBI_EL2_ALL, 0);
	command_sync(d, C_TLBI_NSNH_ALL, 0);
	program_queue(d, EVENTQ_BASE, &d->evtq);
	enable(d, EVENTQEN);
	program_queue(d, PRIQ_BASE, &d->priq);
	enable(d, PRIQEN);
	enable(d, ATSCHK);
	setup_irqs(d);
	enable(d, SMMUEN);
	QUIET(d);
}

/* ---- entries ---------------------------------------------------------- */

/* Bits of a stream table entry that the SMMU looks at, given the entry. */
static void ste_used(const uint64_t *ste, uint64_t *used)
{
	unsigned config = ste[0] >> 1 & 7;

	memset(used, 0, 64);
	used[0] = 1;
	if (!(ste[0] & 1))
		return;
	used[0] |= 7 << 1;
	if (config == 4)
		used[1] |= UINT64_C(3) << 44;
	if ((config & 5) == 5) {
		used[0] |= UINT64_C(0xf8fffffffffffff0);
		used[1] |= UINT64_C(0xff) | 1 << 27 | UINT64_C(0xf) << 28;
		used[2] |= 0xffff; /* VMID */
	}
	if ((config & 6) == 6) {
		used[1] |= UINT64_C(3) << 28 | UINT64_C(3) << 44;
		used[2] |= UINT64_C(0x7ffffff0000ffff) | UINT64_C(0xffff) << 32;
		used[3] |= UINT64_C(0xffffffffffff0);
	}
}

static void cd_used(const uint64_t *cd, uint64_t *used)
{
	memset(used, 0, 64);
	used[0] = UINT64_C(1) << 31;
	if (!(cd[0] & used[0]))
		return;
	used[0] = UINT64_MAX;
	used[1] = UINT64_MAX;
	used[3] = UINT64_MAX;
	if (cd[0] & 1 << 14) { /* EPD0 */
		used[0] &= ~UINT64_C(0x3fff);
		used[1] = 0;
	}
}

typedef struct entry_writer {
	smmu_driver *d;
	uint64_t at;
	void (*used)(const uint64_t *entry, uint64_t *used);
	uint64_t invalidate[2]; /* the command */
	void (*between)(smmu_driver *d, unsigned step); /* looks in after a step; or NULL */
	unsigned steps;
} entry_writer;

/* Words [from, to) that differ; then the command, and what the devices see. */
static bool write_words(entry_writer *w, const uint64_t *words, unsigned from, unsigned to)
{
	bool changed = false;

	for (unsigned i = from; i < to; i++) {
		if (ld(&w->d->bench, w->at + 8 * i) == words[i])
			continue;
		st(&w->d->bench, w->at + 8 * i, words[i]);
		changed = true;
	}
	if (!changed)
		return false;
	command_sync(w->d, w->invalidate[0], w->invalidate[1]);
	w->steps++;
	if (w->between)
		w->between(w->d, w->steps);
	return true;
}

/*
 * Bring the entry to `target` so that at every moment it is the old one or the new one
 * where that is possible (one word holds all that matters); otherwise with V clear in
 * between. Returns true when it was possible.
 */
static bool write_entry(entry_writer *w, const uint64_t *target)
{
	uint64_t now[8], now_used[8], target_used[8], step[8];
	unsigned critical = 0, n = 0;

	for (unsigned i = 0; i < 8; i++)
		now[i] = ld(&w->d->bench, w->at + 8 * i);
	w->used(now, now_used);
	w->used(target, target_used);
	for (unsigned i = 0; i < 8; i++) {
		step[i] = (now[i] & now_used[i]) | (target[i] & ~now_used[i]);
		if ((step[i] & target_used[i]) != target[i]) {
			critical = i;
			n++;
		}
	}
	if (n <= 1) {
		if (n)
			step[critical] = now[critical];
		write_words(w, step, 0, 8);
		step[critical] = target[critical];
		write_words(w, step, critical, critical + 1);
		write_words(w, target, 0, 8);
		return true;
	}
	now[0] = 0;
	write_words(w, now, 0, 1);
	write_words(w, target, 1, 8);
	write_words(w, target, 0, 1);
	return false;
}

bool linux_write_ste(smmu_driver *d, uint32_t sid, const uint64_t *ste, linux_between between)
{
	entry_writer w = { .d = d,
			   .at = ste_at(d, sid),
			   .used = ste_used,
			   .invalidate = { C_CFGI_STE | (uint64_t)sid << 32, 1 },
			   .between = between };

	return write_entry(&w, ste);
}

bool linux_write_cd(smmu_driver *d, uint32_t sid, uint32_t ssid, uint64_t at, const uint64_t *cd,
		    linux_between between)
{
	entry_writer w = { .d = d,
			   .at = at,
			   .used = cd_used,
			   .invalidate = { C_CFGI_CD | (uint64_t)ssid << 12 | (uint64_t)sid << 32,
					   1 },
			   .between = between };

	return write_entry(&w, cd);
}

/* ---- what the entries are --------------------------------------------- */

void linux_domain_new(smmu_driver *d, linux_domain *domain, unsigned asid, bool e2h)
{
	*domain = (linux_domain){ .root = take(&d->bench, 4096), .asid = asid, .e2h = e2h };
}

/* 48-bit, 4KB, TTB0 only, write-back; A, R, ASET */
void linux_cd(const linux_domain *domain, uint64_t *cd)
{
	memset(cd, 0, 64);
	cd[0] = 16 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 30 | UINT64_C(1) << 31 | UINT64_C(5) << 32 |
		UINT64_C(1) << 41 | UINT64_C(7) << 45 | (uint64_t)domain->asid << 48;
	cd[1] = domain->root;
	cd[3] = UINT64_C(0xf404ff44);
}

void linux_ste_s1(const linux_domain *domain, uint64_t cdtab, unsigned cdmax, uint64_t *ste)
{
	memset(ste, 0, 64);
	ste[0] = 1 | 5 << 1 | cdtab | (uint64_t)cdmax << 59;
	/* S1DSS SSID0; CDs write-back Inner Shareable; EATS; STRW EL2 with E2H */
	ste[1] = 2 | 1 << 2 | 1 << 4 | 3 << 6 | 1 << 28 | (domain->e2h ? UINT64_C(2) << 30 : 0);
}

void linux_ste_s2(uint64_t root, unsigned vmid, uint64_t *ste)
{
	memset(ste, 0, 64);
	ste[0] = 1 | 6 << 1;
	ste[1] = UINT64_C(1) << 28 | UINT64_C(1) << 44;
	/* S2T0SZ 25, from level 1, write-back, 48-bit output, AArch64, S2PTW, S2R */
	ste[2] = vmid | UINT64_C(25) << 32 | UINT64_C(1) << 38 | UINT64_C(1) << 40 |
		 UINT64_C(1) << 42 | UINT64_C(3) << 44 | UINT64_C(5) << 48 | UINT64_C(1) << 51 |
		 UINT64_C(1) << 54 | UINT64_C(1) << 58;
	ste[3] = root;
}

void linux_ste_fixed(unsigned config, uint64_t *ste)
{
	memset(ste, 0, 64);
	ste[0] = 1 | config << 1;
	if (config == 4)
		ste[1] = UINT64_C(1) << 44; /* SHCFG incoming */
}

void linux_unmap(smmu_driver *d, const linux_domain *domain, uint64_t iova, unsigned pages_lg2,
		 bool ranges)
{
	uint64_t w0 = (domain->e2h ? C_TLBI_EL2_VA : C_TLBI_NH_VA) | (uint64_t)domain->asid << 48;

	for (uint64_t i = 0; i < UINT64_C(1) << pages_lg2; i++)
		st(&d->bench, leaf_at(d, domain->root, 0, iova + (i << 12)), 0);
	if (ranges) {
		/* One block of 2^SCALE pages; TG 4KB, TTL 3, leaf */
		command(d, w0 | (uint64_t)pages_lg2 << 20, iova | 1 << 10 | 3 << 8 | 1);
	} else {
		for (uint64_t i = 0; i < UINT64_C(1) << pages_lg2; i++)
			command(d, w0, (iova + (i << 12)) | 1);
	}
	sync_wait(d);
}

/* ---- the handlers ------------------------------------------------------ */

void linux_event_thread(smmu_driver *d, unsigned code, uint32_t sid, uint64_t address)
{
	bench *b = &d->bench;
	uint64_t record[4];

	CU_ASSERT_TRUE(b->n_msi > 0 && b->msi[0] == DATA_EVENTQ);
	b->n_msi = 0;
	if (!dequeue(d, &d->evtq, record)) {
		CU_FAIL("no event");
		return;
	}
	CHECK_EQ(record[0] & 0xff, code);
	CHECK_EQ(record[0] >> 32, sid);
	if (code >= 0x10) {
		CHECK_EQ(record[2], address);
		CHECK_EQ(record[1] >> 35 & 1, 1); /* RnW */
		CHECK_EQ(record[1] >> 40 & 3, 2); /* CLASS: the input address */
	}
	CU_ASSERT_FALSE(dequeue(d, &d->evtq, record));
	/* OVFLG has not moved. */
	CHECK_EQ(rd(b, EVENTQ_PROD) >> 31, 0);
	QUIET(d);
}

static void gerror_handler(smmu_driver *d)
{
	bench *b = &d->bench;
	uint32_t error = rd(b, GERROR), active = error ^ rd(b, GERRORN), cons = rd(b, CMDQ_CONS);

	CHECK_EQ(active, 1); /* CMDQ_ERR */
	CHECK_EQ(cons >> 24 & 0x7f, 1); /* CERROR_ILL */
	uint64_t at = d->cmdq.base + 16 * (uint64_t)(cons & ((1u << d->cmdq.lg2) - 1));

	CHECK_EQ(ld(b, at) & 0xff, 0xff);
	st(b, at, C_SYNC | 2 << 12);
	st(b, at + 8, 0);
	wr(b, GERRORN, error);
}

/* ---- scenarios --------------------------------------------------------- */

#define SID 0x1a3u
#define IOVA UINT64_C(0x7f0012345000)
#define PAGE UINT64_C(0x55554000)

static void up(smmu_driver *d, const char *preset, sync_style sync, bool e2h)
{
	driver_open(d, preset, "IDR1.SIDSIZE=16", "IDR0.ST_LEVEL=1", "IDR0.MSI=1", "IDR0.SEV=1",
		    "IDR0.ATS=1", "IDR0.PRI=1", "IDR0.Hyp=1", "IDR3.RIL=1", "IDR0.STALL_MODEL=1",
		    NULL);
	d->sync = sync;
	/* Out of reset nothing is translated and nothing refused. */
	CHECK_EQ(rd(&d->bench, GBPA) & GBPA_ABORT, 0);
	CHECK_EQ(rd(&d->bench, CR0), 0);
	GOES_TO(&d->bench, SID, PAGE, PAGE);
	CHECK_EQ(rd(&d->bench, IDR1) & 0x3f, 16);
	CHECK_EQ(rd(&d->bench, IDR0) >> 10 & 1, 1); /* ATS */
	driver_queues(d, 7, 5, 5);
	strtab_new(d, true, 16);
	linux_reset(d, e2h);
}

static void insert_master(smmu_driver *d, uint32_t sid)
{
	strtab_level2(d, sid, 1, 0); /* abort */
}

/* The stream is silently refused while the entry of the new domain is prepared. */
static void still_aborts(smmu_driver *d, unsigned step)
{
	if (step == 1)
		REFUSED(&d->bench, SID, IOVA);
	else
		GOES_TO(&d->bench, SID, IOVA, PAGE);
	QUIET(d);
}

static void still_goes(smmu_driver *d, unsigned step)
{
	if (step == 1)
		GOES_TO(&d->bench, SID, IOVA, PAGE);
	else
		GOES_TO(&d->bench, SID, IOVA, IOVA);
	QUIET(d);
}

static void broken_between(smmu_driver *d, unsigned step)
{
	if (step > 2)
		return;
	REFUSED(&d->bench, SID, IOVA);
	linux_event_thread(d, 0x04, SID, 0); /* C_BAD_STE */
}

static void attach(smmu_driver *d, linux_domain *domain, uint64_t cdtab)
{
	uint64_t cd[8], ste[8];

	linux_cd(domain, cd);
	CU_ASSERT_TRUE(linux_write_cd(d, SID, 0, cdtab, cd, NULL));
	linux_ste_s1(domain, cdtab, 0, ste);
	CU_ASSERT_TRUE(linux_write_ste(d, SID, ste, still_aborts));
	GOES_TO(&d->bench, SID, IOVA, PAGE);
	QUIET(d);
}

static void life(const char *preset, sync_style sync, bool e2h)
{
	smmu_driver d;
	linux_domain domain;
	uint64_t ste[8];

	up(&d, preset, sync, e2h);
	/* No level 2 table yet: RECINVSID makes that an event. */
	REFUSED(&d.bench, SID, IOVA);
	linux_event_thread(&d, 0x02, SID, 0);
	insert_master(&d, SID);
	REFUSED(&d.bench, SID, IOVA);
	QUIET(&d);

	linux_domain_new(&d, &domain, 9, e2h);
	map_page(&d, domain.root, 0, IOVA, PAGE | S1_PAGE);
	uint64_t cdtab = take(&d.bench, 64);

	attach(&d, &domain, cdtab);

	/* Map and unmap, page by page and by ranges. */
	for (unsigned ranges = 0; ranges < 2; ranges++) {
		for (uint64_t i = 0; i < 8; i++) {
			map_page(&d, domain.root, 0, 0x800000 + (i << 12),
				 (PAGE + (i << 12)) | S1_PAGE);
			GOES_TO(&d.bench, SID, 0x800000 + (i << 12), PAGE + (i << 12));
		}
		linux_unmap(&d, &domain, 0x800000, 3, ranges);
		for (uint64_t i = 0; i < 8; i++) {
			REFUSED(&d.bench, SID, 0x800000 + (i << 12));
			linux_event_thread(&d, 0x10, SID, 0x800000 + (i << 12));
		}
		GOES_TO(&d.bench, SID, IOVA, PAGE);
	}

	/* Detach to the identity domain, without a moment of neither. */
	linux_ste_fixed(4, ste);
	CU_ASSERT_TRUE(linux_write_ste(&d, SID, ste, still_goes));
	command_sync(&d, (e2h ? C_TLBI_EL2_ASID : C_TLBI_NH_ASID) | UINT64_C(9) << 48, 0);
	GOES_TO(&d.bench, SID, IOVA, IOVA);
	linux_ste_fixed(0, ste);
	CU_ASSERT_TRUE(linux_write_ste(&d, SID, ste, NULL));
	REFUSED(&d.bench, SID, IOVA);
	QUIET(&d);

	/* Shutdown: everything off, and GBPA decides again. */
	write_ack(&d, CR0, CR0ACK, 0);
	GOES_TO(&d.bench, SID, IOVA, IOVA);
	CHECK_EQ(d.bench.n_msi, 0);
	driver_close(&d);
}

static void life_msi(const char *preset)
{
	life(preset, SYNC_MSI, false);
}

static void life_sev(const char *preset)
{
	life(preset, SYNC_SEV, false);
}

static void life_e2h(const char *preset)
{
	life(preset, SYNC_MSI, true);
}

static void msi(void)
{
	bench_each(life_msi);
}

static void sev(void)
{
	bench_each(life_sev);
}

static void vhe(void)
{
	bench_each(life_e2h);
}

/* Stage 1 with ASIDs to stage 2 with a VMID: two words matter, so V goes down between. */
static void breaking_update(const char *preset)
{
	smmu_driver d;
	linux_domain domain;
	uint64_t ste[8];

	up(&d, preset, SYNC_MSI, false);
	insert_master(&d, SID);
	linux_domain_new(&d, &domain, 9, false);
	map_page(&d, domain.root, 0, IOVA, PAGE | S1_PAGE);
	attach(&d, &domain, take(&d.bench, 64));

	uint64_t s2 = take(&d.bench, 4096);

	map_page(&d, s2, 1, 0x4000, 0x77778000 | S2_PAGE);
	linux_ste_s2(s2, 3, ste);
	CU_ASSERT_FALSE(linux_write_ste(&d, SID, ste, broken_between));
	GOES_TO(&d.bench, SID, 0x4010, 0x77778010);
	QUIET(&d);

	/* Unmap at stage 2, then the whole VMID. */
	map_page(&d, s2, 1, 0x4000, 0);
	command_sync(&d, C_TLBI_S2_IPA | UINT64_C(3) << 32, 0x4000 | 1);
	REFUSED(&d.bench, SID, 0x4010);
	linux_event_thread(&d, 0x10, SID, 0x4010);
	map_page(&d, s2, 1, 0x4000, 0x11118000 | S2_PAGE);
	GOES_TO(&d.bench, SID, 0x4010, 0x11118010);
	map_page(&d, s2, 1, 0x4000, 0x22228000 | S2_PAGE);
	command_sync(&d, C_TLBI_S12_VMALL | UINT64_C(3) << 32, 0);
	GOES_TO(&d.bench, SID, 0x4010, 0x22228010);
	QUIET(&d);
	driver_close(&d);
}

static void breaking(void)
{
	bench_each(breaking_update);
}

static iom_result pasid_read(smmu_driver *d, uint32_t ssid)
{
	return dma(&d->bench, SID, ssid, IOVA, IOM_READ);
}

/* A PASID attached, moved to other tables, quiesced and taken away, others untouched. */
static void pasids_of(const char *preset)
{
	smmu_driver d;
	linux_domain domain, process;
	uint64_t cd[8], ste[8];

	up(&d, preset, SYNC_MSI, false);
	insert_master(&d, SID);
	linux_domain_new(&d, &domain, 9, false);
	map_page(&d, domain.root, 0, IOVA, PAGE | S1_PAGE);
	uint64_t cdtab = take(&d.bench, 64 << 5), at = cdtab + 64 * 17;

	linux_cd(&domain, cd);
	CU_ASSERT_TRUE(linux_write_cd(&d, SID, 0, cdtab, cd, NULL));
	linux_ste_s1(&domain, cdtab, 5, ste);
	CU_ASSERT_TRUE(linux_write_ste(&d, SID, ste, still_aborts));

	linux_domain_new(&d, &process, 10, false);
	map_page(&d, process.root, 0, IOVA, 0x66666000 | S1_PAGE);
	linux_cd(&process, cd);
	CU_ASSERT_TRUE(linux_write_cd(&d, SID, 17, at, cd, NULL));
	CHECK_EQ(pasid_read(&d, 17).address, 0x66666000);
	GOES_TO(&d.bench, SID, IOVA, PAGE);
	QUIET(&d);

	/* Other tables and another ASID: three words, so the CD is not valid between. */
	linux_domain_new(&d, &process, 11, false);
	map_page(&d, process.root, 0, IOVA, 0x33333000 | S1_PAGE);
	linux_cd(&process, cd);
	CU_ASSERT_FALSE(linux_write_cd(&d, SID, 17, at, cd, NULL));
	CHECK_EQ(pasid_read(&d, 17).address, 0x33333000);

	/* Quiesce: EPD0, nothing is walked; no valid CD afterwards. */
	cd[0] |= 1 << 14;
	cd[0] &= ~(UINT64_C(7) << 45 & UINT64_C(1) << 45); /* R: terminated quietly */
	cd[1] = 0;
	cd[0] &= ~UINT64_C(0x3f3f);
	linux_write_cd(&d, SID, 17, at, cd, NULL);
	command_sync(&d, C_TLBI_NH_ASID | UINT64_C(11) << 48, 0);
	CHECK_EQ(pasid_read(&d, 17).status, IOM_ABORT);
	QUIET(&d);
	memset(cd, 0, sizeof cd);
	CU_ASSERT_TRUE(linux_write_cd(&d, SID, 17, at, cd, NULL));
	CHECK_EQ(pasid_read(&d, 17).status, IOM_ABORT);
	linux_event_thread(&d, 0x0a, SID, 0); /* C_BAD_CD */
	GOES_TO(&d.bench, SID, IOVA, PAGE);
	QUIET(&d);
	driver_close(&d);
}

static void pasids(void)
{
	bench_each(pasids_of);
}

/* A kernel starts while the last one's tables are in use. */
static void takeover_of(const char *preset)
{
	smmu_driver d;
	linux_domain domain;

	up(&d, preset, SYNC_MSI, false);
	insert_master(&d, SID);
	linux_domain_new(&d, &domain, 9, false);
	map_page(&d, domain.root, 0, IOVA, PAGE | S1_PAGE);
	attach(&d, &domain, take(&d.bench, 64));

	driver_queues(&d, 6, 4, 4);
	strtab_new(&d, true, 16);
	linux_reset(&d, false);
	CHECK_EQ(rd(&d.bench, GBPA) & GBPA_ABORT, GBPA_ABORT);
	REFUSED(&d.bench, SID, IOVA);
	linux_event_thread(&d, 0x02, SID, 0);
	insert_master(&d, SID);
	linux_domain_new(&d, &domain, 9, false); /* the same ASID, other tables */
	map_page(&d, domain.root, 0, IOVA, PAGE | S1_PAGE);
	map_page(&d, domain.root, 0, IOVA + 0x1000, 0x99999000 | S1_PAGE);
	attach(&d, &domain, take(&d.bench, 64));
	GOES_TO(&d.bench, SID, IOVA + 0x1000, 0x99999000);
	write_ack(&d, CR0, CR0ACK, 0);
	REFUSED(&d.bench, SID, IOVA);
	update_gbpa(&d, 0, GBPA_ABORT);
	GOES_TO(&d.bench, SID, IOVA, IOVA);
	driver_close(&d);
}

static void takeover(void)
{
	bench_each(takeover_of);
}

/* The global error handler turns the illegal command into a CMD_SYNC. */
static void command_error(void)
{
	smmu_driver d;
	bench *b = &d.bench;

	up(&d, "default", SYNC_SEV, false);
	command(&d, 0xff, 0);
	CHECK_EQ(b->n_msi, 1);
	CHECK_EQ(b->msi[0], DATA_GERROR);
	/* What follows waits. */
	command(&d, C_CFGI_ALL, 31);
	CU_ASSERT_TRUE((rd(b, CMDQ_CONS) & 0xff) != d.cmdq.prod);
	gerror_handler(&d);
	/* The queue goes on when it is told that the error was seen. */
	POLL(b, CMDQ_CONS, UINT32_MAX, d.cmdq.prod);
	QUIET(&d);
	sync_wait(&d);
	driver_close(&d);
}

static void page_requests(void)
{
	smmu_driver d;
	bench *b = &d.bench;
	linux_domain domain;
	uint64_t record[2];
	iom_page_request request = { .address = IOVA,
				     .requester = SID,
				     .pasid = IOM_NO_PASID,
				     .prg_index = 77,
				     .access = IOM_READ | IOM_WRITE,
				     .last = 1 };

	up(&d, "default", SYNC_MSI, false);
	insert_master(&d, SID);
	linux_domain_new(&d, &domain, 9, false);
	map_page(&d, domain.root, 0, IOVA, PAGE | S1_PAGE);
	attach(&d, &domain, take(b, 64));
	CHECK_EQ(iom_iommu_page_request(b->iommu, &request), IOM_PRQ_QUEUED);
	CHECK_EQ(b->n_msi, 1);
	CHECK_EQ(b->msi[0], DATA_PRIQ);
	CU_ASSERT_TRUE_FATAL(dequeue(&d, &d.priq, record));
	CHECK_EQ((uint32_t)record[0], SID);
	CHECK_EQ(record[0] >> 60 & 7, 7); /* read, write, last */
	CHECK_EQ(record[0] >> 63, 0); /* no PASID */
	CHECK_EQ(record[1], IOVA | 77);
	command_sync(&d, C_PRI_RESP | (uint64_t)SID << 32, 77 | 2 << 12);
	CHECK_EQ(b->n_responses, 1);
	CHECK_EQ(b->response.requester, SID);
	CHECK_EQ(b->response.prg_index, 77);
	CHECK_EQ(b->response.code, IOM_PRG_SUCCESS);
	CU_ASSERT_FALSE(dequeue(&d, &d.priq, record));
	QUIET(&d);
	driver_close(&d);
}

static const iom_test tests[] = {
	{ "Life of a stream, CMD_SYNC by MSI", msi },
	{ "Life of a stream, CMD_SYNC by polling", sev },
	{ "Life of a stream, EL2-E2H", vhe },
	{ "Stage 1 to stage 2 with V clear between", breaking },
	{ "PASIDs", pasids },
	{ "Takeover of a running SMMU", takeover },
	{ "Command error", command_error },
	{ "Page requests", page_requests },
	{ 0 },
};

const iom_suite smmu_linux_suite = { "smmu-linux", tests };
