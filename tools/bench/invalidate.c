/* SPDX-License-Identifier: MIT */
/*
 * Invalidations, with everything that belongs to them: the commands written to
 * the queue in guest memory, the register write, the commands fetched and done.
 *
 *   invalidate-va     one page at a time in the order of use
 *   invalidate-range  page after page, as drivers send what they unmapped
 *   invalidate-asid   an address space at a time; the others are called by what
 *                     they name, a VMID, a domain, a PASID, everything
 *
 * Each command has a register write and a command that waits of its own. Where the
 * name ends in 32, and for pages in a row, so many commands share one of both.
 */
#include "tools/bench/bench.h"

#define SCAN_BASELINE "scan of the same entries"
#define BATCH 32 /* commands to a register write */

typedef struct job {
	iom_bench_machine *m;
	uint64_t at; /* pages invalidated so far */
} job;

static uint64_t next_batch(job *j, uint64_t left, uint64_t *pages)
{
	uint64_t first = j->at & j->m->order_mask;

	*pages = MIN(MIN(left, BATCH), j->m->pages - first);
	j->at += *pages;
	return j->m->iova + (first << 12);
}

/*
 * Commands of the SMMUv3 written by hand, as few stores as a driver needs. The driver
 * model is not used afterwards: it does not know of them.
 * 6.3.26 CMDQ_BASE, 4.4.2 CMD_TLBI_NH_VA, 4.7.3 CMD_SYNC
 */
enum {
	CMDQ_BASE = 0x90,
	CMDQ_PROD = 0x98,
	TLBI_NH_ALL = 0x10,
	TLBI_NH_ASID = 0x11,
	TLBI_NH_VA = 0x12,
	TLBI_NSNH_ALL = 0x30,
	SYNC = 0x46,
};
#define ASID (UINT64_C(1) << 48)

typedef struct queue {
	iom_iommu *iommu;
	uint64_t *commands;
	uint64_t mask; /* of an index, without the wrap bit */
	uint64_t prod;
} queue;

static queue queue_of(iom_bench_machine *m)
{
	uint64_t base = iom_iommu_mmio_read(m->iommu, CMDQ_BASE, 8, IOM_SPACE_NONSECURE);
	uint64_t prod = iom_iommu_mmio_read(m->iommu, CMDQ_PROD, 4, IOM_SPACE_NONSECURE);
	char *host = (char *)m->ram + ((base & UINT64_C(0xfffffffffffe0)) - IOM_BENCH_RAM_BASE);

	return (queue){ m->iommu, (uint64_t *)(void *)host, (UINT64_C(1) << (base & 31)) - 1,
			prod };
}

static inline void push(queue *q, uint64_t word0, uint64_t word1)
{
	uint64_t *command = q->commands + 2 * (q->prod & q->mask);

	command[0] = word0;
	command[1] = word1;
	q->prod = (q->prod + 1) & (q->mask << 1 | 1);
}

static inline void ring(const queue *q)
{
	iom_iommu_mmio_write(q->iommu, CMDQ_PROD, 4, q->prod, IOM_SPACE_NONSECURE);
}

static void smmu_alike(job *j, uint64_t n, uint64_t batch, uint64_t command)
{
	queue q = queue_of(j->m);

	for (uint64_t i = 0; i < n; i++) {
		push(&q, command, 0);
		if (i % batch == batch - 1 || i + 1 == n) {
			push(&q, SYNC, 0);
			ring(&q);
		}
	}
}

static void smmu_by_asid(void *opaque, uint64_t n)
{
	smmu_alike(opaque, n, 1, TLBI_NH_ASID | ASID);
}

static void smmu_by_asids(void *opaque, uint64_t n)
{
	smmu_alike(opaque, n, BATCH, TLBI_NH_ASID | ASID);
}

/* The VMID of a stream without stage 2 is 0. */
static void smmu_by_vmid(void *opaque, uint64_t n)
{
	smmu_alike(opaque, n, 1, TLBI_NH_ALL);
}

static void smmu_by_vmids(void *opaque, uint64_t n)
{
	smmu_alike(opaque, n, BATCH, TLBI_NH_ALL);
}

static void smmu_by_all(void *opaque, uint64_t n)
{
	smmu_alike(opaque, n, 1, TLBI_NSNH_ALL);
}

static void smmu_by_alls(void *opaque, uint64_t n)
{
	smmu_alike(opaque, n, BATCH, TLBI_NSNH_ALL);
}

static void smmu_by_page(void *opaque, uint64_t n)
{
	job *j = opaque;
	queue q = queue_of(j->m);

	for (uint64_t i = 0; i < n; i++) {
		push(&q, TLBI_NH_VA | ASID,
		     (j->m->order[j->at++ & j->m->order_mask] & ~UINT64_C(4095)) | 1);
		push(&q, SYNC, 0);
		ring(&q);
	}
}

/* 32 pages in the order of use, which is not that of their addresses. */
static void smmu_by_pages(void *opaque, uint64_t n)
{
	job *j = opaque;
	queue q = queue_of(j->m);

	for (uint64_t i = 0; i < n; i++) {
		push(&q, TLBI_NH_VA | ASID,
		     (j->m->order[j->at++ & j->m->order_mask] & ~UINT64_C(4095)) | 1);
		if (i % BATCH == BATCH - 1 || i + 1 == n) {
			push(&q, SYNC, 0);
			ring(&q);
		}
	}
}

static void smmu_by_range(void *opaque, uint64_t n)
{
	job *j = opaque;
	queue q = queue_of(j->m);

	for (uint64_t done = 0, pages; done < n; done += pages) {
		uint64_t iova = next_batch(j, n - done, &pages);

		for (uint64_t i = 0; i < pages; i++)
			push(&q, TLBI_NH_VA | ASID, (iova + (i << 12)) | 1);
		push(&q, SYNC, 0);
		ring(&q);
	}
}

/*
 * The same of VT-d, legacy or scalable mode: 11.4.9.3 IQA_REG, 6.5.2.3 IOTLB
 * Invalidate, 6.5.2.4 PASID-based-IOTLB Invalidate, 6.5.2.9 Invalidation Wait.
 */
enum { IQT = 0x88, IQA = 0x90, IOTLB = 2, WAIT = 5, PASID_IOTLB = 6 };
#define G_DOMAIN (UINT64_C(2) << 4) /* of PASID_IOTLB: a PASID of the domain */
#define G_PAGES (UINT64_C(3) << 4)
#define G_GLOBAL (UINT64_C(1) << 4)
#define DRAIN (UINT64_C(3) << 6)
#define LEAF_HINT (UINT64_C(1) << 6)
#define WAIT_STATUS (WAIT | UINT64_C(1) << 5 | UINT64_C(1) << 32)
#define FIRST_DOMAIN (UINT64_C(1) << 16)

typedef struct vtd_queue {
	iom_iommu *iommu;
	uint64_t *descriptors;
	uint64_t mask; /* of an index */
	unsigned words; /* of a descriptor */
	uint64_t tail;
	uint64_t status; /* address that waits write to */
} vtd_queue;

static vtd_queue vtd_queue_of(iom_bench_machine *m)
{
	uint64_t iqa = iom_iommu_mmio_read(m->iommu, IQA, 8, IOM_SPACE_NONSECURE);
	uint64_t iqt = iom_iommu_mmio_read(m->iommu, IQT, 8, IOM_SPACE_NONSECURE);
	bool wide = iqa >> 11 & 1;
	char *host = (char *)m->ram + ((iqa & ~UINT64_C(0xfff)) - IOM_BENCH_RAM_BASE);

	return (vtd_queue){ .iommu = m->iommu,
			    .descriptors = (uint64_t *)(void *)host,
			    .mask = (UINT64_C(0x1000) << (iqa & 7)) / (wide ? 32 : 16) - 1,
			    .words = wide ? 4 : 2,
			    .tail = iqt >> (wide ? 5 : 4),
			    .status = IOM_BENCH_RAM_BASE + IOM_BENCH_RAM_SIZE - 64 };
}

static inline void vtd_push(vtd_queue *q, uint64_t word0, uint64_t word1)
{
	uint64_t *d = q->descriptors + q->words * q->tail;

	d[0] = word0;
	d[1] = word1;
	if (q->words == 4)
		d[2] = d[3] = 0;
	q->tail = (q->tail + 1) & q->mask;
}

static inline void vtd_ring(vtd_queue *q)
{
	vtd_push(q, WAIT_STATUS, q->status);
	iom_iommu_mmio_write(q->iommu, IQT, 8, q->tail << (q->words == 4 ? 5 : 4),
			     IOM_SPACE_NONSECURE);
}

/* The command for pages of the first domain, and of its PASID 0 in scalable mode. */
static uint64_t vtd_pages(const vtd_queue *q)
{
	return FIRST_DOMAIN | G_PAGES | (q->words == 4 ? PASID_IOTLB : IOTLB | DRAIN);
}

static uint64_t vtd_tag(const vtd_queue *q)
{
	return FIRST_DOMAIN | G_DOMAIN | (q->words == 4 ? PASID_IOTLB : IOTLB | DRAIN);
}

static void vtd_by_page(void *opaque, uint64_t n)
{
	job *j = opaque;
	vtd_queue q = vtd_queue_of(j->m);
	uint64_t command = vtd_pages(&q);

	for (uint64_t i = 0; i < n; i++) {
		vtd_push(&q, command,
			 (j->m->order[j->at++ & j->m->order_mask] & ~UINT64_C(4095)) | LEAF_HINT);
		vtd_ring(&q);
	}
}

/* 32 pages in the order of use, which is not that of their addresses. */
static void vtd_by_pages(void *opaque, uint64_t n)
{
	job *j = opaque;
	vtd_queue q = vtd_queue_of(j->m);
	uint64_t command = vtd_pages(&q);

	for (uint64_t i = 0; i < n; i++) {
		vtd_push(&q, command,
			 (j->m->order[j->at++ & j->m->order_mask] & ~UINT64_C(4095)) | LEAF_HINT);
		if (i % BATCH == BATCH - 1 || i + 1 == n)
			vtd_ring(&q);
	}
}

static void vtd_by_range(void *opaque, uint64_t n)
{
	job *j = opaque;
	vtd_queue q = vtd_queue_of(j->m);
	uint64_t command = vtd_pages(&q);

	for (uint64_t done = 0, pages; done < n; done += pages) {
		uint64_t iova = next_batch(j, n - done, &pages);

		for (uint64_t i = 0; i < pages; i++)
			vtd_push(&q, command, (iova + (i << 12)) | LEAF_HINT);
		vtd_ring(&q);
	}
}

static void vtd_alike(job *j, uint64_t n, uint64_t batch, uint64_t command)
{
	vtd_queue q = vtd_queue_of(j->m);

	for (uint64_t i = 0; i < n; i++) {
		vtd_push(&q, command ? command : vtd_tag(&q), 0);
		if (i % batch == batch - 1 || i + 1 == n)
			vtd_ring(&q);
	}
}

static void vtd_by_tag(void *opaque, uint64_t n)
{
	vtd_alike(opaque, n, 1, 0);
}

static void vtd_by_tags(void *opaque, uint64_t n)
{
	vtd_alike(opaque, n, BATCH, 0);
}

static void vtd_by_all(void *opaque, uint64_t n)
{
	vtd_alike(opaque, n, 1, IOTLB | G_GLOBAL | DRAIN);
}

static void vtd_by_alls(void *opaque, uint64_t n)
{
	vtd_alike(opaque, n, BATCH, IOTLB | G_GLOBAL | DRAIN);
}

static char *case_name(const char *what, iom_kind kind, uint32_t pages)
{
	if (kind == IOM_KIND_VTD)
		return g_strdup_printf("%s/vtd-%u", what, pages);
	return g_strdup_printf("%s/smmuv3-%u", what, pages);
}

/* Every round begins with all pages cached and ends with none. */
static double rounds(job *j, iom_bench_fn fn, uint64_t n)
{
	double ns[IOM_BENCH_ROUNDS];

	for (unsigned r = 0; r < IOM_BENCH_ROUNDS; r++) {
		uint64_t start;

		iom_bench_translate(j->m, j->m->pages);
		start = iom_bench_now();
		fn(j, n);
		ns[r] = (double)(iom_bench_now() - start) / (double)n;
	}
	return iom_bench_median(ns, IOM_BENCH_ROUNDS);
}

typedef struct sort {
	const char *name;
	iom_bench_fn fn;
	bool vtd;
	bool legacy; /* of VT-d: legacy mode, otherwise a first stage */
	bool pages;
} sort;

static void measure(iom_bench_report *report, const sort *by, uint32_t pages)
{
	iom_kind kind = by->vtd ? IOM_KIND_VTD : IOM_KIND_SMMUV3;
	iom_bench_setup setup = iom_bench_hit_setup(kind, pages);
	char *name = case_name(by->name, kind, pages);
	bool wanted = iom_bench_wanted(report, name);

	setup.range_commands = false;
	setup.mode = by->legacy ? IOM_DRIVER_LEGACY : IOM_DRIVER_STAGE1;
	job j = { .m = wanted ? iom_bench_machine_new(&setup, true) : NULL };

	if (j.m) {
		iom_bench_translate(j.m, j.m->pages);
		if (!iom_bench_counted(report, by->fn, &j)) {
			iom_bench_table *t = iom_bench_table_new(j.m);
			uint64_t scans = MAX(2000000u / pages / 10, 3u);
			double ours, scan;

			ours = rounds(&j, by->fn, by->pages ? pages : 20000);
			iom_bench_pair(iom_bench_table_invalidate_asid, t, scans, &scan, NULL, NULL,
				       0, NULL);
			iom_bench_add(report, name, ours, "ns", SCAN_BASELINE, scan);
			iom_bench_table_free(t);
		}
		iom_bench_machine_free(j.m);
	}
	g_free(name);
}

void iom_bench_invalidations(iom_bench_report *report)
{
	static const uint32_t working_sets[] = { 256, 4096, 65536 };
	static const sort sorts[] = {
		{ "invalidate-va", smmu_by_page, false, false, true },
		{ "invalidate-va-32", smmu_by_pages, false, false, true },
		{ "invalidate-range", smmu_by_range, false, false, true },
		{ "invalidate-asid", smmu_by_asid, false, false, false },
		{ "invalidate-asid-32", smmu_by_asids, false, false, false },
		{ "invalidate-vmid", smmu_by_vmid, false, false, false },
		{ "invalidate-vmid-32", smmu_by_vmids, false, false, false },
		{ "invalidate-global", smmu_by_all, false, false, false },
		{ "invalidate-global-32", smmu_by_alls, false, false, false },
		{ "invalidate-va", vtd_by_page, true, true, true },
		{ "invalidate-va-32", vtd_by_pages, true, true, true },
		{ "invalidate-range", vtd_by_range, true, true, true },
		{ "invalidate-domain", vtd_by_tag, true, true, false },
		{ "invalidate-domain-32", vtd_by_tags, true, true, false },
		{ "invalidate-global", vtd_by_all, true, true, false },
		{ "invalidate-global-32", vtd_by_alls, true, true, false },
		{ "invalidate-pasid-va", vtd_by_page, true, false, true },
		{ "invalidate-pasid-va-32", vtd_by_pages, true, false, true },
		{ "invalidate-pasid", vtd_by_tag, true, false, false },
		{ "invalidate-pasid-32", vtd_by_tags, true, false, false },
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(working_sets); i++) {
		for (unsigned k = 0; k < G_N_ELEMENTS(sorts); k++)
			measure(report, &sorts[k], working_sets[i]);
	}
}
