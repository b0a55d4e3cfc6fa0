/* SPDX-License-Identifier: MIT */
/*
 * Benchmarks that measure the library and a baseline side by side in one run.
 * The machine is assumed to be noisy: each figure is the median of several
 * rounds in which the two take turns.
 */
#ifndef IOM_TOOLS_BENCH_H
#define IOM_TOOLS_BENCH_H

#include "core/core.h"
#include "sim/driver/driver.h"

#define IOM_BENCH_ROUNDS 7

typedef struct iom_bench_result {
	char *name;
	double value;
	const char *unit; /* "ns" (less is better), or a rate (more is better) */
	const char *baseline; /* what it is compared with */
	double baseline_value;
	double ratio; /* above 1: better than the baseline */
} iom_bench_result;

typedef struct iom_bench_report {
	GPtrArray *results; /* iom_bench_result */
	char **names; /* the ones asked for; NULL for all */
	gint64 count; /* do our side so many times, measure nothing; 0: measure */
} iom_bench_report;

/* Is a benchmark of this name, or one whose name begins with it, wanted? */
bool iom_bench_wanted(const iom_bench_report *report, const char *name);
void iom_bench_add(iom_bench_report *report, const char *name, double value, const char *unit,
		   const char *baseline, double baseline_value);

/* What is timed: `fn` does its work `n` times; the result is ns for one. */
typedef void (*iom_bench_fn)(void *opaque, uint64_t n);

/*
 * Whether only our side is wanted, so many times and nothing else, and then do
 * it: the difference between two such runs under a counter of instructions is
 * the cost of one operation.
 */
bool iom_bench_counted(const iom_bench_report *report, iom_bench_fn fn, void *opaque);

uint64_t iom_bench_now(void); /* ns, monotonic */

/* Alternate both for IOM_BENCH_ROUNDS rounds; medians in *a and *b (b may be NULL). */
void iom_bench_pair(iom_bench_fn fn_a, void *a, uint64_t n_a, double *ns_a, iom_bench_fn fn_b,
		    void *b, uint64_t n_b, double *ns_b);
double iom_bench_median(double *values, unsigned n);

/* ---- an IOMMU brought up by a driver, with pages mapped ---- */
typedef struct iom_bench_setup {
	iom_kind kind;
	iom_driver_mode mode;
	uint32_t pages;
	uint32_t iotlb_entries; /* 0: no IOTLB */
	uint32_t walk_entries;
	uint32_t stage2_entries;
	bool range_commands;
} iom_bench_setup;

typedef struct iom_bench_machine {
	iom_memory *memory;
	void *ram;
	iom_iommu *iommu;
	iom_driver *driver;
	iom_domain *domain;
	uint32_t requester;
	uint32_t pages;
	uint64_t iova; /* of the first page; the pages are contiguous */
	uint64_t *order; /* addresses in the order of use, a power of two of them */
	uint32_t order_mask;
} iom_bench_machine;

#define IOM_BENCH_RAM_BASE UINT64_C(0x40000000)
#define IOM_BENCH_RAM_SIZE (UINT64_C(256) << 20)
#define IOM_BENCH_DATA UINT64_C(0x100000000) /* where the mapped pages lead */

/* NULL and a message on standard error when the model lacks something. */
iom_bench_machine *iom_bench_machine_new(const iom_bench_setup *setup, bool random);
void iom_bench_machine_free(iom_bench_machine *m);
/* Room for every page at once in the IOTLB, twice over. */
iom_bench_setup iom_bench_hit_setup(iom_kind kind, uint32_t pages);
/* Translate `n` addresses in the machine's order; an iom_bench_fn. */
void iom_bench_translate(void *machine, uint64_t n);

/* ---- baselines, written from their description ---- */
typedef struct iom_bench_table iom_bench_table;

/*
 * A mutex, a hash of configurations by requester, and one hash table keyed by
 * (asid, vmid, iova, granule, level) that is probed once for each level.
 */
iom_bench_table *iom_bench_table_new(const iom_bench_machine *m);
void iom_bench_table_free(iom_bench_table *t);
void iom_bench_table_fill(iom_bench_table *t);
void iom_bench_table_translate(void *table, uint64_t n); /* iom_bench_fn */
void iom_bench_table_invalidate_asid(void *table, uint64_t n); /* iom_bench_fn */
void iom_bench_table_invalidate_page(void *table, uint64_t n); /* iom_bench_fn */

/* The dependent loads of a walk of the same tables, and nothing else. */
void iom_bench_walk(void *machine, uint64_t n); /* iom_bench_fn */
void iom_bench_walk_nested(void *machine, uint64_t n); /* iom_bench_fn */

/* The same, each held and released; an iom_bench_fn. */
void iom_bench_translate_held(void *machine, uint64_t n);

/* ---- the benchmarks ---- */
void iom_bench_hits(iom_bench_report *report);
void iom_bench_holds(iom_bench_report *report);
void iom_bench_misses(iom_bench_report *report);
void iom_bench_invalidations(iom_bench_report *report);
void iom_bench_files(iom_bench_report *report);

#endif
