/* SPDX-License-Identifier: MIT */
/*
 * The order in which Linux's driver (arm-smmu-v3) works: reset, IRQ set-up, updates of
 * entries that disturb nobody, invalidation, the handlers of events and global errors.
 */
#include "tests/bringup/smmu-linux.h"

#include <string.h>

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

void linux_gerror_handler(smmu_driver *d)
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
