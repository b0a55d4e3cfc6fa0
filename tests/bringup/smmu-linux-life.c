/* SPDX-License-Identifier: MIT */
/*
 * What Linux's driver does with an SMMUv3 from boot to shutdown, and what devices see
 * at each step.
 */
#include "tests/bringup/smmu-linux.h"
#include "tests/bringup/suites.h"

#include <string.h>

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
	linux_gerror_handler(&d);
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
