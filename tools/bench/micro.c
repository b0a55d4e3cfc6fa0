/* SPDX-License-Identifier: MIT */
/*
 * Hits and misses. Addresses are used in an order fixed by a
 * seed, random or sequential; working sets are 64, 4,096 and 65,536 pages. The
 * plain name of a benchmark is its middle case.
 */
#include "tools/bench/bench.h"

#define TABLE_BASELINE "mutex, configuration hash, GHashTable probed once per level"
#define WALK_BASELINE "bare walker of the same tables"

static const uint32_t working_sets[] = { 64, 4096, 65536 };

static char *case_name(const char *name, iom_kind kind, uint32_t pages, bool random)
{
	bool plain = kind == IOM_KIND_SMMUV3 && pages == 4096 && random;

	if (plain)
		return g_strdup(name);
	return g_strdup_printf("%s/%s-%u-%s", name, kind == IOM_KIND_SMMUV3 ? "smmuv3" : "vtd",
			       pages, random ? "random" : "sequential");
}

static iom_driver_mode stage1_mode(iom_kind kind)
{
	return kind == IOM_KIND_SMMUV3 ? IOM_DRIVER_STAGE1 : IOM_DRIVER_LEGACY;
}

/* Room for every page at once, twice over, so that a hit is a hit. */
iom_bench_setup iom_bench_hit_setup(iom_kind kind, uint32_t pages)
{
	return (iom_bench_setup){ .kind = kind,
				  .mode = stage1_mode(kind),
				  .pages = pages,
				  .iotlb_entries = MAX(pages * 2, 256u),
				  .walk_entries = 256,
				  .stage2_entries = 256,
				  .range_commands = true };
}

static void one_thread(iom_bench_report *report, iom_kind kind, uint32_t pages, bool random)
{
	iom_bench_setup setup = iom_bench_hit_setup(kind, pages);
	char *name = case_name("iotlb-hit", kind, pages, random);
	iom_bench_machine *m =
		iom_bench_wanted(report, name) ? iom_bench_machine_new(&setup, random) : NULL;

	if (m) {
		double ours, theirs;

		/* Once to fill the IOTLB, once for what a thread remembers of it. */
		iom_bench_translate(m, 2 * m->pages);
		if (!iom_bench_counted(report, iom_bench_translate, m)) {
			iom_bench_table *t = iom_bench_table_new(m);

			iom_bench_pair(iom_bench_translate, m, 1000000, &ours,
				       iom_bench_table_translate, t, 500000, &theirs);
			iom_bench_add(report, name, ours, "ns", TABLE_BASELINE, theirs);
			iom_bench_table_free(t);
		}
		iom_bench_machine_free(m);
	}
	g_free(name);
}

typedef struct pair_of_threads {
	iom_bench_fn fn;
	void *opaque;
	uint64_t n;
} pair_of_threads;

static gpointer run_thread(gpointer opaque)
{
	pair_of_threads *p = opaque;

	p->fn(p->opaque, p->n);
	return NULL;
}

/* The work of `n` shared by two threads: ns for one, over both. */
static void on_two_threads(void *opaque, uint64_t n)
{
	pair_of_threads *p = opaque;

	p->n = n / 2;
	GThread *other = g_thread_new("bench", run_thread, p);

	run_thread(p);
	g_thread_join(other);
}

static void two_threads(iom_bench_report *report)
{
	iom_bench_setup setup = iom_bench_hit_setup(IOM_KIND_SMMUV3, 4096);
	iom_bench_machine *m = !report->count && iom_bench_wanted(report, "iotlb-hit-2-threads")
				       ? iom_bench_machine_new(&setup, true)
				       : NULL;

	if (!m)
		return;
	iom_bench_table *t = iom_bench_table_new(m);
	pair_of_threads a = { .fn = iom_bench_translate, .opaque = m };
	pair_of_threads b = { .fn = iom_bench_table_translate, .opaque = t };
	double ours, theirs, one;

	iom_bench_translate(m, m->pages);
	iom_bench_pair(on_two_threads, &a, 2000000, &ours, on_two_threads, &b, 500000, &theirs);
	iom_bench_add(report, "iotlb-hit-2-threads", ours, "ns", TABLE_BASELINE, theirs);
	iom_bench_pair(iom_bench_translate, m, 1000000, &one, on_two_threads, &a, 2000000, &ours);
	iom_bench_add(report, "iotlb-hit-2-threads/scaling", ours, "ns", "one thread", one);
	iom_bench_table_free(t);
	iom_bench_machine_free(m);
}

void iom_bench_hits(iom_bench_report *report)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(working_sets); i++) {
		for (int random = 1; random >= 0; random--) {
			one_thread(report, IOM_KIND_SMMUV3, working_sets[i], random);
			one_thread(report, IOM_KIND_VTD, working_sets[i], random);
		}
	}
	two_threads(report);
}

/* Hits that are held while they are used, beside the same that are not. */
void iom_bench_holds(iom_bench_report *report)
{
	static const iom_kind kinds[] = { IOM_KIND_SMMUV3, IOM_KIND_VTD };

	for (unsigned k = 0; k < G_N_ELEMENTS(kinds); k++) {
		iom_bench_setup setup = iom_bench_hit_setup(kinds[k], 64);
		char *name = case_name("hold", kinds[k], 64, true);
		iom_bench_machine *m =
			iom_bench_wanted(report, name) ? iom_bench_machine_new(&setup, true) : NULL;

		if (m) {
			double held, plain;

			iom_bench_translate(m, 2 * m->pages);
			if (!iom_bench_counted(report, iom_bench_translate_held, m)) {
				iom_bench_pair(iom_bench_translate_held, m, 1000000, &held,
					       iom_bench_translate, m, 1000000, &plain);
				iom_bench_add(report, name, held, "ns", "the same, not held",
					      plain);
			}
			iom_bench_machine_free(m);
		}
		g_free(name);
	}
}

static void miss(iom_bench_report *report, const char *what, iom_bench_setup setup, bool random,
		 iom_bench_fn walker)
{
	char *name = case_name(what, setup.kind, setup.pages, random);
	iom_bench_machine *m =
		iom_bench_wanted(report, name) ? iom_bench_machine_new(&setup, random) : NULL;

	if (m) {
		double ours, floor;

		iom_bench_translate(m, m->pages);
		if (!iom_bench_counted(report, iom_bench_translate, m)) {
			iom_bench_pair(iom_bench_translate, m, 200000, &ours, walker, m, 1000000,
				       &floor);
			iom_bench_add(report, name, ours, "ns", WALK_BASELINE, floor);
		}
		iom_bench_machine_free(m);
	}
	g_free(name);
}

void iom_bench_misses(iom_bench_report *report)
{
	for (int k = 0; k < 2; k++) {
		iom_kind kind = k ? IOM_KIND_VTD : IOM_KIND_SMMUV3;

		for (unsigned i = 0; i < G_N_ELEMENTS(working_sets); i++) {
			for (int random = 1; random >= 0; random--) {
				iom_bench_setup s = { .kind = kind,
						      .mode = stage1_mode(kind),
						      .pages = working_sets[i] };

				miss(report, "s1-miss", s, random, iom_bench_walk);
				/* of VT-d the above is a second stage, in legacy mode */
				s.mode = IOM_DRIVER_STAGE1;
				if (kind == IOM_KIND_VTD)
					miss(report, "first-stage-miss", s, random, iom_bench_walk);
				s.mode = IOM_DRIVER_NESTED;
				miss(report, "nested-miss", s, random, iom_bench_walk_nested);
				/* stage 2 warm: its cache holds every page of the tables */
				s.stage2_entries = 262144;
				miss(report, "nested-miss-warm", s, random, iom_bench_walk_nested);
			}
		}
	}
}
