/* SPDX-License-Identifier: MIT */
/*
 * Several traces side by side. They have nothing in common but the threads, which
 * take one after the other, and the display of progress.
 */
#include "sim/replay/tally.h"

#include <pthread.h>
#include <string.h>

typedef struct crowd crowd;

typedef struct one {
	crowd *all;
	const char *trace;
	iom_replay_options options;
	iom_replay_report *report;
	GError *error;
	uint64_t done, total, dma;
} one;

struct crowd {
	one *ones;
	unsigned n;
	unsigned next; /* to be taken */
	const iom_replay_options *options;
	pthread_mutex_t lock; /* of progress */
};

static void progress(void *opaque, uint64_t done, uint64_t total, uint64_t dma)
{
	one *o = opaque;
	crowd *c = o->all;
	bool known = true;

	pthread_mutex_lock(&c->lock);
	o->done = done;
	o->total = total;
	o->dma = dma;
	done = total = dma = 0;
	for (unsigned i = 0; i < c->n; i++) {
		known = known && c->ones[i].total;
		done += c->ones[i].done;
		total += c->ones[i].total;
		dma += c->ones[i].dma;
	}
	c->options->progress(c->options->opaque, done, known ? total : 0, dma);
	pthread_mutex_unlock(&c->lock);
}

static void *work(void *opaque)
{
	crowd *c = opaque;

	for (;;) {
		unsigned i = __atomic_fetch_add(&c->next, 1, __ATOMIC_RELAXED);

		if (i >= c->n)
			return NULL;
		c->ones[i].report =
			iom_replay_run(c->ones[i].trace, &c->ones[i].options, &c->ones[i].error);
	}
}

gboolean iom_replay_run_several(char *const *traces, unsigned n, const iom_replay_options *options,
				unsigned threads, iom_replay_report **reports, GError **error)
{
	crowd c = { .ones = g_new0(one, n), .n = n, .options = options };
	unsigned others = MIN(MAX(threads, 1), n) - 1, started = 0;
	pthread_t *thread = g_new0(pthread_t, others + 1);
	gboolean ok = TRUE;

	pthread_mutex_init(&c.lock, NULL);
	for (unsigned i = 0; i < n; i++) {
		one *o = &c.ones[i];

		*o = (one){ .all = &c, .trace = traces[i], .options = *options };
		/* What is left over goes to the first ones. */
		o->options.threads = MAX(threads / n + (i < threads % n), 1);
		if (options->progress) {
			o->options.progress = progress;
			o->options.opaque = o;
		}
	}
	while (started < others && pthread_create(&thread[started], NULL, work, &c) == 0)
		started++;
	work(&c);
	for (unsigned i = 0; i < started; i++)
		pthread_join(thread[i], NULL);
	for (unsigned i = 0; i < n; i++) {
		reports[i] = c.ones[i].report;
		if (!reports[i] && ok)
			g_propagate_error(error, c.ones[i].error);
		else
			g_clear_error(&c.ones[i].error);
		ok = ok && reports[i];
	}
	for (unsigned i = 0; i < n && !ok; i++)
		g_clear_pointer(&reports[i], iom_replay_report_free);
	pthread_mutex_destroy(&c.lock);
	g_free(thread);
	g_free(c.ones);
	return ok;
}

/* ---- the sum ---- */

static void add_command(iom_statistics *to, const iom_counter *from)
{
	for (unsigned i = 0; i < IOM_MAX_COMMANDS; i++) {
		iom_counter *c = &to->commands[i];

		if (!c->name)
			c->name = from->name;
		if (strcmp(c->name, from->name) == 0) {
			c->value += from->value;
			return;
		}
	}
}

static void add_cache(iom_cache_statistics *to, const iom_cache_statistics *from)
{
	to->name = from->name;
	to->hits += from->hits;
	to->misses += from->misses;
	to->evictions += from->evictions;
	to->invalidated += from->invalidated;
	to->sectors_filled += from->sectors_filled;
	to->pinned += from->pinned;
	to->pins_refused += from->pins_refused;
	to->prefetched += from->prefetched;
	to->prefetch_used += from->prefetch_used;
	to->n_partitions = from->n_partitions;
	for (unsigned p = 0; p < from->n_partitions; p++) {
		to->partition[p].ways = from->partition[p].ways;
		to->partition[p].insertions += from->partition[p].insertions;
		to->partition[p].evictions += from->partition[p].evictions;
	}
}

static void add_statistics(iom_statistics *to, const iom_statistics *from)
{
	to->translations += from->translations;
	to->translated += from->translated;
	to->faulted += from->faulted;
	to->table_reads += from->table_reads;
	to->table_writes += from->table_writes;
	to->events += from->events;
	to->events_lost += from->events_lost;
	to->interrupts += from->interrupts;
	to->page_requests += from->page_requests;
	for (unsigned i = 0; i < IOM_N_CACHES; i++)
		add_cache(&to->caches[i], &from->caches[i]);
	for (unsigned i = 0; i < IOM_MAX_COMMANDS && from->commands[i].name; i++) {
		if (from->commands[i].value)
			add_command(to, &from->commands[i]);
	}
}

static void add(iom_replay_report *to, const iom_replay_report *from)
{
	to->mixed = to->mixed || from->kind != to->kind;
	to->synthesised = to->synthesised || from->synthesised;
	to->totals = MAX(to->totals, from->totals);
	to->threads += from->threads;
	to->shared += from->shared;
	to->records += from->records;
	for (unsigned i = 0; i < IOM_TRACE_N_KINDS; i++)
		to->by_kind[i] += from->by_kind[i];
	to->dma += from->dma;
	to->translated += from->translated;
	to->faulted += from->faulted;
	to->interrupts += from->interrupts;
	to->compared += from->compared;
	to->mismatches += from->mismatches;
	to->stale += from->stale;
	to->unbacked += from->unbacked;
	to->lost += from->lost;
	to->messages += from->messages;
	add_statistics(&to->statistics, &from->statistics);
	g_array_append_vals(to->devices, from->devices->data, from->devices->len);
	/* Numbers of faults mean nothing without the kind of IOMMU. */
	for (guint i = 0; i < from->faults->len; i++) {
		const iom_replay_fault *f = &g_array_index(from->faults, iom_replay_fault, i);

		iom_tally_fault(to->faults, f->code, f->count);
	}
	if (to->mixed)
		g_array_set_size(to->faults, 0);
}

iom_replay_report *iom_replay_total(iom_replay_report *const *reports, unsigned n, double seconds)
{
	iom_replay_report *total = iom_replay_report_new(NULL);

	total->kind = reports[0]->kind;
	total->iommu = reports[0]->iommu;
	total->caches = reports[0]->caches;
	total->stale_checked = reports[0]->stale_checked;
	total->seconds = seconds;
	for (unsigned i = 0; i < n; i++)
		add(total, reports[i]);
	return total;
}
