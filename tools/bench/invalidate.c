/* SPDX-License-Identifier: MIT */
/*
 * Invalidations, with everything that belongs to them: the commands written to
 * the queue in guest memory, the register write, the commands fetched and done.
 *
 *   invalidate-va      one page at a time in the order of use, each with a
 *                      register write and a command that waits
 *   invalidate-range   page after page, as drivers send what they unmapped: so
 *                      many commands, one that waits, one register write
 *   invalidate-queued  the same, timed from the register write on: what is left
 *                      without the stores of the driver
 *   invalidate-asid    an address space at a time; each register write and wait
 */
#include "tools/bench/bench.h"

#define SCAN_BASELINE "scan of the same entries"
#define BATCH 32 /* commands to a register write */

typedef struct job {
	iom_bench_machine *m;
	uint64_t at; /* pages invalidated so far */
	uint64_t taken; /* ns that register writes took */
} job;

static void by_asid(void *opaque, uint64_t n)
{
	job *j = opaque;

	for (uint64_t i = 0; i < n; i++)
		iom_driver_invalidate_domain(j->m->driver, j->m->domain);
}

static void by_page(void *opaque, uint64_t n)
{
	job *j = opaque;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t iova = j->m->order[j->at++ & j->m->order_mask];

		iom_driver_invalidate(j->m->driver, j->m->domain, iova & ~UINT64_C(4095), 4096);
	}
}

static uint64_t next_batch(job *j, uint64_t left, uint64_t *pages)
{
	uint64_t first = j->at & j->m->order_mask;

	*pages = MIN(MIN(left, BATCH), j->m->pages - first);
	j->at += *pages;
	return j->m->iova + (first << 12);
}

static void by_range(void *opaque, uint64_t n)
{
	job *j = opaque;

	for (uint64_t done = 0, pages; done < n; done += pages) {
		uint64_t iova = next_batch(j, n - done, &pages);

		iom_driver_invalidate(j->m->driver, j->m->domain, iova, pages << 12);
	}
}

/* SMMUv3 registers and commands; 6.3.26 CMDQ_BASE, 4.4.2 CMD_TLBI_NH_VA, 4.7.3 CMD_SYNC */
enum { CMDQ_BASE = 0x90, CMDQ_PROD = 0x98, TLBI_NH_VA = 0x12, SYNC = 0x46 };

/* The driver is not used afterwards: it does not know of these commands. */
static void by_queued(void *opaque, uint64_t n)
{
	job *j = opaque;
	iom_bench_machine *m = j->m;
	uint64_t base = iom_iommu_mmio_read(m->iommu, CMDQ_BASE, 8, IOM_SPACE_NONSECURE);
	uint64_t prod = iom_iommu_mmio_read(m->iommu, CMDQ_PROD, 4, IOM_SPACE_NONSECURE);
	uint64_t wrap = UINT64_C(2) << (base & 31), asid = UINT64_C(1) << 48;
	uint64_t *queue =
		(uint64_t *)(void *)((char *)m->ram +
				     ((base & UINT64_C(0xfffffffffffe0)) - IOM_BENCH_RAM_BASE));

	for (uint64_t done = 0, pages; done < n; done += pages) {
		uint64_t iova = next_batch(j, n - done, &pages), start;

		for (uint64_t i = 0; i <= pages; i++) {
			uint64_t *command = queue + 2 * (prod & (wrap / 2 - 1));

			command[0] = i < pages ? TLBI_NH_VA | asid : SYNC;
			command[1] = i < pages ? (iova + (i << 12)) | 1 : 0;
			prod = (prod + 1) & (wrap - 1);
		}
		start = iom_bench_now();
		iom_iommu_mmio_write(m->iommu, CMDQ_PROD, 4, prod, IOM_SPACE_NONSECURE);
		j->taken += iom_bench_now() - start;
	}
}

static char *case_name(const char *what, iom_kind kind, uint32_t pages)
{
	if (kind == IOM_KIND_VTD)
		return g_strdup_printf("%s/vtd-%u", what, pages);
	return pages == 65536 ? g_strdup(what) : g_strdup_printf("%s/%u", what, pages);
}

/* Every round begins with all pages cached and ends with none. */
static double rounds(job *j, iom_bench_fn fn, uint64_t n)
{
	double ns[IOM_BENCH_ROUNDS];

	for (unsigned r = 0; r < IOM_BENCH_ROUNDS; r++) {
		uint64_t start, took;

		iom_bench_translate(j->m, j->m->pages);
		j->taken = 0;
		start = iom_bench_now();
		fn(j, n);
		took = iom_bench_now() - start;
		ns[r] = (double)(fn == by_queued ? j->taken : took) / (double)n;
	}
	return iom_bench_median(ns, IOM_BENCH_ROUNDS);
}

static void measure(iom_bench_report *report, const char *what, iom_kind kind, uint32_t pages,
		    iom_bench_fn fn)
{
	iom_bench_setup setup = iom_bench_hit_setup(kind, pages);
	char *name = case_name(what, kind, pages);
	bool wanted = iom_bench_wanted(report, name);

	setup.range_commands = false;
	job j = { .m = wanted ? iom_bench_machine_new(&setup, true) : NULL };

	if (j.m) {
		iom_bench_translate(j.m, j.m->pages);
		if (!iom_bench_counted(report, fn, &j)) {
			iom_bench_table *t = iom_bench_table_new(j.m);
			uint64_t scans = MAX(2000000u / pages / 10, 3u);
			double ours, scan;

			ours = rounds(&j, fn, fn == by_asid ? 20000 : pages);
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

	for (int k = 0; k < 2; k++) {
		iom_kind kind = k ? IOM_KIND_VTD : IOM_KIND_SMMUV3;

		for (unsigned i = 0; i < G_N_ELEMENTS(working_sets); i++) {
			uint32_t pages = working_sets[i];

			measure(report, "invalidate-va", kind, pages, by_page);
			measure(report, "invalidate-range", kind, pages, by_range);
			if (kind == IOM_KIND_SMMUV3)
				measure(report, "invalidate-queued", kind, pages, by_queued);
			measure(report, "invalidate-asid", kind, pages, by_asid);
		}
	}
}
