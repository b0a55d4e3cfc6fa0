/* SPDX-License-Identifier: MIT */
/* The replay's result for people. */
#include "sim/replay/machine-cache.h"
#include "sim/replay/print.h"

#include <string.h>

/* What the number of threads may have done to the figures. */
static void print_threads(const iom_replay_report *r, GString *out)
{
	static const char *const reasons[] = {
		[IOM_ALONE_REQUESTER] = "all DMAs are of one requester",
		[IOM_ALONE_SHORT] = "between changes there are too few DMAs to share out",
		[IOM_ALONE_ORACLE] = "the oracle knows the future of the trace's own order only",
	};

	if (r->alone)
		g_string_append_printf(out, "One thread did everything: %s\n", reasons[r->alone]);
	if (r->threads <= 1)
		return;
	if (r->shared < r->dma - r->dma / 10) {
		iom_print_count(out, r->dma - r->shared);
		g_string_append(out, " DMAs were too few at a time for more than one thread\n");
	}
	g_string_append_printf(out, "%u threads: ", r->threads);
	switch (r->totals) {
	case IOM_TOTALS_EXACT:
		g_string_append(out,
				"every figure is that of one thread, but for fault records lost\n");
		break;
	case IOM_TOTALS_PARTITIONED:
		g_string_append(out,
				"the caches are private to requesters, so hits, misses and "
				"evictions are nearly those\nof one thread unless requesters share "
				"a domain\n");
		break;
	case IOM_TOTALS_SHARED:
		g_string_append(out, "requesters share caches, so hits, misses and table reads "
				     "may differ from\nrun to run; answers and faults do not\n");
		break;
	}
}

static void print_head(const iom_replay_report *r, GString *out)
{
	char number[G_ASCII_DTOSTR_BUF_SIZE];

	g_string_append_printf(out, "%s: %s", r->trace,
			       r->kind == IOM_KIND_VTD ? "Intel VT-d" : "Arm SMMUv3");
	if (r->source)
		g_string_append_printf(out, ", %s", r->source);
	g_string_append_c(out, '\n');
	if (r->synthesised)
		g_string_append(out, "The accesses of this trace are synthesised, not observed.\n");
	g_string_append_c(out, '\n');
	iom_print_count(out, r->dma);
	g_string_append(out, " DMAs: ");
	iom_print_count(out, r->translated);
	g_string_append(out, " translated, ");
	iom_print_count(out, r->faulted);
	g_string_append(out, " faulted");
	if (r->interrupts) {
		g_string_append(out, ", ");
		iom_print_count(out, r->interrupts);
		g_string_append(out, " interrupt messages");
	}
	g_string_append(out, "; ");
	iom_print_count(out, r->compared);
	g_string_append(out, " answers compared\n");
	iom_print_count(out, r->by_kind[IOM_TRACE_REG_WRITE]);
	g_string_append(out, " register writes, ");
	iom_print_count(out, r->by_kind[IOM_TRACE_MEM_WRITE] + r->by_kind[IOM_TRACE_MEM_BLOCK]);
	g_string_append(out, " memory writes, ");
	iom_print_count(out, r->statistics.table_reads);
	g_string_append(out, " table reads, ");
	iom_print_count(out, r->statistics.events);
	g_string_append(out, " events recorded\n");
	g_string_append_printf(out, "%s s",
			       g_ascii_formatd(number, sizeof(number), "%.3f", r->seconds));
	if (r->dma && r->seconds > 0) {
		g_string_append(out, ", ");
		iom_print_count(out, (uint64_t)((double)r->dma / r->seconds));
		g_string_append(out, " DMAs a second");
	}
	g_string_append_c(out, '\n');
	print_threads(r, out);
}

static void print_devices(const iom_replay_report *r, GString *out)
{
	if (r->devices->len == 0)
		return;
	g_string_append_printf(out, "\n%-16s %12s %12s %10s %10s %10s", "Device", "DMAs",
			       "translated", "faulted", "IOTLB hit", "differ");
	g_string_append_printf(out, r->stale_checked ? " %10s\n" : "%s\n",
			       r->stale_checked ? "stale" : "");
	for (guint i = 0; i < r->devices->len; i++) {
		const iom_replay_device *d = &g_array_index(r->devices, iom_replay_device, i);
		g_autoptr(GString) name = g_string_new(NULL);

		iom_replay_print_requester(r->kind, d->requester, name);
		g_string_append_printf(out, "%-16s ", name->str);
		iom_print_column(out, d->dma, 12);
		iom_print_column(out, d->translated, 13);
		iom_print_column(out, d->faulted, 11);
		iom_print_percent(out, d->cached, d->dma, 11);
		iom_print_column(out, d->mismatches, 11);
		if (r->stale_checked)
			iom_print_column(out, d->stale, 11);
		g_string_append_c(out, '\n');
	}
}

static void print_geometry(const iom_cache_geometry *g, GString *out)
{
	gsize from = out->len;

	if (g->entries == 0) {
		g_string_append(out, "off");
	} else {
		iom_print_count(out, g->entries);
		if (g->ways == 0 || g->ways >= g->entries)
			g_string_append(out, " full");
		else
			g_string_append_printf(out, " x %u", g->ways);
		g_string_append_printf(out, " %s", iom_machine_policy_name(g->policy));
	}
	while (out->len - from < 18)
		g_string_append_c(out, ' ');
}

/* What the options of a cache are, and did; nothing without any. */
static void print_options(const iom_replay_report *r, unsigned id, GString *out)
{
	const iom_cache_statistics *c = &r->statistics.caches[id];
	const iom_cache_options *o = &r->caches.options[id];
	g_autoptr(GString) text = g_string_new(NULL);

	iom_cache_print_options(o, text);
	if (text->len == 0 && c->prefetched)
		g_string_append(text, "prefetch by commands");
	if (text->len == 0)
		return;
	g_string_append_printf(out, "\n%s: %s\n", iom_print_cache_name(id), text->str);
	for (unsigned i = 0; i < c->n_partitions; i++) {
		g_string_append_printf(out, "  partition %u, ", i);
		iom_print_count(out, c->partition[i].ways);
		g_string_append(out, c->partition[i].ways == 1 ? " way: " : " ways: ");
		iom_print_count(out, c->partition[i].insertions);
		g_string_append(out, " insertions, ");
		iom_print_count(out, c->partition[i].evictions);
		g_string_append(out, " evictions\n");
	}
	if (o->sectors_lg2) {
		g_string_append(out, "  sectors filled: ");
		iom_print_count(out, c->sectors_filled);
		g_string_append_c(out, '\n');
	}
	if (o->n_pins) {
		g_string_append(out, "  pinned: ");
		iom_print_count(out, c->pinned);
		g_string_append(out, ", refused: ");
		iom_print_count(out, c->pins_refused);
		g_string_append_c(out, '\n');
	}
	if (o->prefetch || c->prefetched) {
		g_string_append(out, "  prefetched: ");
		iom_print_count(out, c->prefetched);
		if (o->prefetch) {
			g_string_append(out, ", used: ");
			iom_print_count(out, c->prefetch_used);
		}
		g_string_append_c(out, '\n');
	}
}

static void print_caches(const iom_replay_report *r, GString *out)
{
	g_string_append_printf(out, "\n%-10s %-18s%12s %12s %9s %11s %12s\n", "Cache", "geometry",
			       "hits", "misses", "hit rate", "evictions", "invalidated");
	for (unsigned i = 0; i < IOM_N_CACHES; i++) {
		const iom_cache_statistics *c = &r->statistics.caches[i];

		if (i == IOM_CACHE_INTERRUPT && c->hits + c->misses == 0)
			continue;
		g_string_append_printf(out, "%-10s ", iom_print_cache_name(i));
		print_geometry(&r->caches.cache[i], out);
		iom_print_column(out, c->hits, 12);
		iom_print_column(out, c->misses, 13);
		iom_print_percent(out, c->hits, c->hits + c->misses, 10);
		iom_print_column(out, c->evictions, 12);
		iom_print_column(out, c->invalidated, 13);
		g_string_append_c(out, '\n');
	}
	for (unsigned i = 0; i < IOM_N_CACHES; i++)
		print_options(r, i, out);
}

static void print_commands(const iom_replay_report *r, GString *out)
{
	unsigned column = 0;

	for (unsigned i = 0; i < IOM_MAX_COMMANDS; i++) {
		const iom_counter *c = &r->statistics.commands[i];
		g_autoptr(GString) item = g_string_new(NULL);

		if (!c->name || c->value == 0)
			continue;
		g_string_append_printf(item, "%s ", c->name);
		iom_print_count(item, c->value);
		if (column == 0)
			g_string_append(out, "\nCommands  ");
		else if (column + item->len > 84)
			g_string_append(out, ",\n          "), column = 0;
		else
			g_string_append(out, ", "), column += 2;
		g_string_append(out, item->str);
		column += (unsigned)item->len;
	}
	if (column)
		g_string_append_c(out, '\n');
}

static void print_faults(const iom_replay_report *r, GString *out)
{
	for (guint i = 0; i < r->faults->len; i++) {
		const iom_replay_fault *f = &g_array_index(r->faults, iom_replay_fault, i);

		g_string_append(out, i ? "          " : "\nFaults    ");
		iom_print_fault(out, r->iommu, f->code);
		g_string_append(out, ": ");
		iom_print_count(out, f->count);
		g_string_append_c(out, '\n');
	}
}

static void print_differences(const iom_replay_report *r, const GArray *first, uint64_t total,
			      bool stale, GString *out)
{
	for (guint i = 0; i < first->len; i++) {
		g_string_append(out, "  ");
		iom_replay_print_difference(r, &g_array_index(first, iom_replay_difference, i),
					    stale, out);
		g_string_append_c(out, '\n');
	}
	if (total > first->len) {
		g_string_append(out, "  and ");
		iom_print_count(out, total - first->len);
		g_string_append(out, " more\n");
	}
}

static void print_verdict(const iom_replay_report *r, GString *out)
{
	g_string_append_c(out, '\n');
	if (r->stale) {
		iom_print_count(out, r->stale);
		g_string_append(out, r->stale == 1 ? " access used" : " accesses used");
		g_string_append(out, " a cached entry that its tables no longer hold:\n");
		print_differences(r, r->first_stale, r->stale, true, out);
	} else if (r->stale_checked) {
		g_string_append(out, "No access used a stale entry.\n");
	}
	if (r->mismatches) {
		iom_print_count(out, r->mismatches);
		g_string_append(out, r->mismatches == 1 ? " answer differs" : " answers differ");
		g_string_append(out, " from the recorded one:\n");
		print_differences(r, r->first_mismatches, r->mismatches, false, out);
	} else if (r->compared) {
		g_string_append(out, "Every answer is the recorded one.\n");
	} else {
		g_string_append(out, "The trace records no answers to compare with.\n");
	}
}

void iom_replay_print(const iom_replay_report *r, GString *out)
{
	print_head(r, out);
	print_devices(r, out);
	print_caches(r, out);
	print_commands(r, out);
	print_faults(r, out);
	if (r->lost) {
		g_string_append(out, "\nThe source of the trace lost ");
		iom_print_count(out, r->lost);
		g_string_append(out, " records; what follows them may differ for that reason.\n");
	}
	if (r->unbacked) {
		g_string_append_c(out, '\n');
		iom_print_count(out, r->unbacked);
		g_string_append(out, " memory writes of the trace are outside its RAM.\n");
	}
	print_verdict(r, out);
}

void iom_replay_print_total(const iom_replay_report *t, unsigned n, GString *out)
{
	char number[G_ASCII_DTOSTR_BUF_SIZE];

	g_string_append_printf(out, "\nAll %u traces: ", n);
	iom_print_count(out, t->dma);
	g_string_append(out, " DMAs, ");
	iom_print_count(out, t->translated);
	g_string_append(out, " translated, ");
	iom_print_count(out, t->faulted);
	g_string_append(out, " faulted; ");
	iom_print_count(out, t->compared);
	g_string_append(out, " answers compared, ");
	iom_print_count(out, t->mismatches);
	g_string_append(out, t->mismatches == 1 ? " differs" : " differ");
	if (t->stale_checked) {
		g_string_append(out, "; ");
		iom_print_count(out, t->stale);
		g_string_append(out, " stale");
	}
	g_string_append_printf(out, "\n%s s",
			       g_ascii_formatd(number, sizeof(number), "%.3f", t->seconds));
	if (t->dma && t->seconds > 0) {
		g_string_append(out, ", ");
		iom_print_count(out, (uint64_t)((double)t->dma / t->seconds));
		g_string_append(out, " DMAs a second");
	}
	g_string_append_c(out, '\n');
}
