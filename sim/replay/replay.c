/* SPDX-License-Identifier: MIT */
/*
 * The replay loop: stretches of DMAs go to the crew, everything else waits for the
 * crew and is done here. Nothing is allocated per record.
 */
#include "sim/replay/replay.h"

#include "sim/replay/crew.h"
#include "sim/replay/oracle.h"

#include <pthread.h>
#include <string.h>

#define MAX_MARKS 64u
#define MAX_NOTES 16u
#define FEW 64u /* DMAs of the first intervals */
#define MANY 8192u
/* Records between two looks at the clock and the progress callback. */
#define PROGRESS_RECORDS 16384u

/* A model with the memory it works on. */
typedef struct model {
	iom_iommu *iommu;
	iom_memory *memory;
	iom_replay_report *report; /* NULL for the twin, whose doings are not reported */
	pthread_mutex_t lock; /* of what the callbacks report */
	bool ats_pending;
} model;

typedef struct replay {
	const iom_replay_options *options;
	iom_trace_reader *reader;
	model *primary; /* the report keeps it: its IOMMU knows the names of faults */
	model twin; /* without caches; iommu NULL unless stale answers are looked for */
	iom_replay_report *report;
	iom_crew *crew;
	iom_timeline timeline;
	iom_oracle *oracle; /* or NULL */
	/* Stop in front of this DMA and call `at`. */
	uint64_t stop;
	iom_replay_at at;
	void *at_opaque;
} replay;

/* ---- what the models ask of their machine ---- */

static void count_message(model *m)
{
	if (!m->report)
		return;
	pthread_mutex_lock(&m->lock);
	m->report->messages++;
	pthread_mutex_unlock(&m->lock);
}

static iom_mem_status bus_msi(void *opaque, uint64_t address, uint32_t data)
{
	model *m = opaque;

	/* A doorbell is no RAM; the message arrives all the same. */
	(void)iom_memory_store32(m->memory, address, data);
	count_message(m);
	return IOM_MEM_OK;
}

static void bus_irq(void *opaque, unsigned line, bool level)
{
	model *m = opaque;

	(void)line;
	if (level)
		count_message(m);
}

static iom_ats_answer bus_ats_invalidate(void *opaque, const iom_ats_invalidate *inv)
{
	(void)inv;
	return ((model *)opaque)->ats_pending ? IOM_ATS_PENDING : IOM_ATS_COMPLETED;
}

static void bus_log(void *opaque, const char *message)
{
	model *m = opaque;

	if (!m->report)
		return;
	pthread_mutex_lock(&m->lock);
	if (m->report->notes->len < MAX_NOTES)
		g_ptr_array_add(m->report->notes, g_strdup(message));
	pthread_mutex_unlock(&m->lock);
}

static gboolean make_model(model *m, const iom_replay_options *options, const iom_trace_info *info,
			   const iom_cache_config *caches, GError **error)
{
	iom_bus bus = { .size = sizeof(bus),
			.opaque = m,
			.irq = bus_irq,
			.msi = bus_msi,
			.ats_invalidate = bus_ats_invalidate,
			.log = bus_log };

	m->ats_pending = info->flags & IOM_TRACE_INFO_ATS_COMPLETIONS;
	m->memory = iom_machine_memory(info, error);
	if (!m->memory)
		return FALSE;
	bus.memory[IOM_SPACE_NONSECURE] = m->memory;
	m->iommu = iom_machine_iommu(options->machine, info, caches, &bus, error);
	return m->iommu != NULL;
}

static void drop_model(model *m)
{
	pthread_mutex_destroy(&m->lock);
	if (m->iommu)
		iom_iommu_unref(m->iommu);
	if (m->memory)
		iom_memory_unref(m->memory);
}

/* ---- everything else ---- */

static void replay_register(replay *p, const iom_trace_record *record)
{
	iom_space space = record->flags & 3;
	uint64_t value;

	if (record->kind == IOM_TRACE_REG_WRITE) {
		iom_iommu_mmio_write(p->primary->iommu, record->address, record->length,
				     record->value, space);
		if (p->twin.iommu)
			iom_iommu_mmio_write(p->twin.iommu, record->address, record->length,
					     record->value, space);
		return;
	}
	value = iom_iommu_mmio_read(p->primary->iommu, record->address, record->length, space);
	if (p->twin.iommu)
		(void)iom_iommu_mmio_read(p->twin.iommu, record->address, record->length, space);
	if (record->flags & IOM_TRACE_EXPECT && value != record->value) {
		iom_replay_difference d = { .record = iom_trace_reader_index(p->reader),
					    .dma = p->report->dma,
					    .trace = *record,
					    .value = value };

		p->report->mismatches++;
		if (p->report->first_mismatches->len < p->options->keep)
			g_array_append_val(p->report->first_mismatches, d);
	}
}

static iom_mem_status write_memory(iom_memory *memory, const iom_trace_record *record,
				   const void *data)
{
	uint8_t bytes[8];

	if (record->kind == IOM_TRACE_MEM_BLOCK)
		return data ? iom_memory_write(memory, record->address, data, record->length)
			    : IOM_MEM_OK;
	if (record->length == 8 && record->address % 8 == 0)
		return iom_memory_store64(memory, record->address, record->value);
	for (unsigned i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(record->value >> 8 * i);
	return iom_memory_write(memory, record->address, bytes, record->length);
}

static void replay_memory(replay *p, const iom_trace_record *record, const void *data)
{
	if (write_memory(p->primary->memory, record, data) != IOM_MEM_OK)
		p->report->unbacked++;
	if (p->twin.memory)
		(void)write_memory(p->twin.memory, record, data);
}

static uint64_t get64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return GUINT64_FROM_LE(v);
}

static void replay_page_request(model *m, const iom_trace_record *record, const uint8_t *data)
{
	iom_page_request request = { .address = record->address,
				     .requester = record->requester,
				     .pasid = record->pasid,
				     .prg_index = record->value & 0x1ff,
				     .access = record->flags & (IOM_READ | IOM_WRITE | IOM_EXECUTE),
				     .last = (record->flags & IOM_TRACE_LAST) != 0,
				     .privileged = (record->flags & IOM_TRACE_PRIVILEGED) != 0 };

	if (!m->iommu)
		return;
	if (data) {
		request.has_private_data = 1;
		request.private_data[0] = get64(data);
		request.private_data[1] = get64(data + 8);
	}
	(void)iom_iommu_page_request(m->iommu, &request);
}

static void replay_interrupt(model *m, const iom_trace_record *record)
{
	iom_interrupt interrupt = { .address = record->address,
				    .data = (uint32_t)record->value,
				    .requester = record->requester };
	iom_interrupt_result result;

	if (m->iommu)
		iom_iommu_interrupt(m->iommu, &interrupt, &result);
}

static void replay_ats_completed(model *m, const iom_trace_record *record)
{
	if (m->iommu)
		iom_iommu_ats_completed(m->iommu, record->requester, (uint8_t)record->value,
					!(record->value & IOM_TRACE_ATS_FAILED));
}

static void replay_mark(replay *p, const iom_trace_record *record, const void *data)
{
	iom_replay_mark mark = { .dma = p->report->dma, .number = record->value };

	if (p->report->marks->len >= MAX_MARKS)
		return;
	mark.text = data ? g_utf8_make_valid(data, record->length) : g_strdup("");
	g_array_append_val(p->report->marks, mark);
}

/* Whether the record is for the reader of the report alone. */
static bool informs(const iom_trace_record *record)
{
	return record->kind == IOM_TRACE_COMMAND || record->kind == IOM_TRACE_MARK ||
	       record->kind == IOM_TRACE_LOST;
}

static void replay_other(replay *p, const iom_trace_record *record, const void *data)
{
	/* DMAs before it do not see what it does, those after it do. */
	if (!informs(record))
		iom_crew_wait(p->crew);
	else
		iom_crew_chunk(p->crew, iom_trace_reader_chunk(p->reader));
	switch (record->kind) {
	case IOM_TRACE_REG_WRITE:
	case IOM_TRACE_REG_READ:
		replay_register(p, record);
		break;
	case IOM_TRACE_MEM_WRITE:
	case IOM_TRACE_MEM_BLOCK:
		replay_memory(p, record, data);
		break;
	case IOM_TRACE_PAGE_REQUEST:
		replay_page_request(p->primary, record, data);
		replay_page_request(&p->twin, record, data);
		break;
	case IOM_TRACE_INTERRUPT:
		replay_interrupt(p->primary, record);
		replay_interrupt(&p->twin, record);
		break;
	case IOM_TRACE_ATS_COMPLETED:
		replay_ats_completed(p->primary, record);
		replay_ats_completed(&p->twin, record);
		break;
	case IOM_TRACE_MARK:
		replay_mark(p, record, data);
		break;
	case IOM_TRACE_LOST:
		p->report->lost += record->value;
		break;
	default: /* IOM_TRACE_COMMAND informs; the model reads the queue itself */
		break;
	}
}

/* ---- the run ---- */

static void report_progress(replay *p)
{
	uint64_t done, total;

	iom_trace_reader_progress(p->reader, &done, &total);
	p->options->progress(p->options->opaque, done, total, p->report->dma);
}

static void turn(replay *p)
{
	uint64_t missed, faulted;

	iom_crew_wait(p->crew);
	iom_crew_progress(p->crew, &missed, &faulted);
	iom_timeline_turn(&p->timeline, p->primary->iommu, missed, faulted);
}

/* DMAs that can be had at once, without passing by what is to happen in between. */
static unsigned most_at_once(const replay *p)
{
	uint64_t most = MIN(p->timeline.width - p->timeline.now.dma, (uint64_t)PROGRESS_RECORDS);

	if (p->oracle || p->stop == p->report->dma)
		return 1;
	return (unsigned)MIN(most, p->stop - p->report->dma);
}

static void replay_dmas(replay *p, const iom_trace_record *records, unsigned n)
{
	if (p->oracle)
		iom_oracle_at(p->oracle, p->report->dma);
	iom_crew_run(p->crew, records, n, iom_trace_reader_index(p->reader), p->report->dma,
		     iom_trace_reader_chunk(p->reader));
	p->report->dma += n;
	p->timeline.now.dma += n;
	if (G_UNLIKELY(p->timeline.now.dma >= p->timeline.width))
		turn(p);
}

/* True at the end of the trace or where it is to stop. */
static gboolean run(replay *p, GError **error)
{
	iom_replay_report *r = p->report;
	const iom_trace_record *record;
	uint64_t looked = 0;
	const void *data;
	int got;

	while ((got = iom_trace_next_run(p->reader, most_at_once(p), &record, &data, error)) > 0) {
		r->by_kind[record->kind] += (unsigned)got;
		if (record->kind == IOM_TRACE_DMA) {
			if (r->dma == p->stop) {
				iom_crew_wait(p->crew);
				p->at(p->at_opaque, p->primary->iommu, record,
				      iom_trace_reader_index(p->reader));
				return TRUE;
			}
			replay_dmas(p, record, (unsigned)got);
		} else {
			replay_other(p, record, data);
		}
		r->records += (unsigned)got;
		if (G_UNLIKELY(r->records - looked >= PROGRESS_RECORDS) && p->options->progress) {
			looked = r->records;
			report_progress(p);
		}
	}
	if (got == 0 && p->options->progress)
		report_progress(p);
	return got == 0;
}

static void clear_mark(gpointer mark)
{
	g_free(((iom_replay_mark *)mark)->text);
}

iom_replay_report *iom_replay_report_new(const char *trace)
{
	iom_replay_report *r = g_new0(iom_replay_report, 1);

	r->trace = g_strdup(trace);
	r->model = g_new0(model, 1);
	pthread_mutex_init(&r->model->lock, NULL);
	r->faults = g_array_new(FALSE, FALSE, sizeof(iom_replay_fault));
	r->first_mismatches = g_array_new(FALSE, FALSE, sizeof(iom_replay_difference));
	r->first_stale = g_array_new(FALSE, FALSE, sizeof(iom_replay_difference));
	r->marks = g_array_new(FALSE, FALSE, sizeof(iom_replay_mark));
	g_array_set_clear_func(r->marks, clear_mark);
	r->notes = g_ptr_array_new_with_free_func(g_free);
	r->devices = g_array_new(FALSE, FALSE, sizeof(iom_replay_device));
	return r;
}

void iom_replay_report_free(iom_replay_report *r)
{
	if (!r)
		return;
	g_array_unref(r->devices);
	g_clear_pointer(&r->intervals, g_array_unref);
	g_array_unref(r->faults);
	g_array_unref(r->first_mismatches);
	g_array_unref(r->first_stale);
	g_array_unref(r->marks);
	g_ptr_array_unref(r->notes);
	drop_model(r->model);
	g_free(r->model);
	g_free(r->source);
	g_free(r->trace);
	g_free(r);
}

static gboolean start(replay *p, const char *trace, GError **error)
{
	const iom_trace_info *info;
	iom_cache_config off;
	iom_lane_job job;
	unsigned threads = 1;

	p->reader = iom_trace_reader_new(trace, error);
	if (!p->reader)
		return FALSE;
	info = iom_trace_reader_info(p->reader);
	p->report->kind = info->kind;
	p->report->source = g_strdup(info->source);
	p->report->synthesised = info->flags & IOM_TRACE_INFO_SYNTHESISED;
	p->report->stale_checked = p->options->check_stale;
	if (!iom_machine_caches(p->options->machine, p->options->cache, &p->report->caches, error))
		return FALSE;
	if (iom_oracle_wanted(&p->report->caches)) {
		p->oracle = iom_oracle_new(trace, error);
		if (!p->oracle)
			return FALSE;
		iom_oracle_attach(p->oracle, &p->report->caches);
	}
	p->primary->report = p->report;
	if (!make_model(p->primary, p->options, info, &p->report->caches, error))
		return FALSE;
	if (p->options->check_stale && !(iom_machine_caches(NULL, "off", &off, error) &&
					 make_model(&p->twin, p->options, info, &off, error)))
		return FALSE;
	/* An oracle knows the next use of a page in the order of the trace only. */
	if (p->options->threads > 1 && !iom_oracle_wanted(&p->report->caches))
		threads = MIN(p->options->threads, IOM_CREW_MOST);
	job = (iom_lane_job){ p->primary->iommu, p->twin.iommu, p->options->keep };
	p->crew = iom_crew_new(&job, threads);
	return TRUE;
}

/* The partition of a cache that a requester uses; `index`: in the order of appearance. */
static unsigned partition(const iom_cache_options *o, uint32_t requester, unsigned index)
{
	for (unsigned i = 0; i < o->n_shares; i++) {
		if (requester >= o->share[i].first && requester <= o->share[i].last)
			return i;
	}
	return o->n_shares ? o->n_shares : index % MAX(o->partitions, 1);
}

static uint32_t ways_of(const iom_cache_geometry *g)
{
	return g->ways ? MIN(g->ways, g->entries) : g->entries;
}

/* Whether no requester has a part in what happens to another's entries. */
static bool is_private(const iom_cache_geometry *g, const iom_cache_options *o,
		       const GArray *devices)
{
	uint32_t used = 0;

	/* Chance, and what is fetched ahead, go by the requests of all. */
	if (o->partition_by != IOM_PARTITION_REQUESTER || g->policy == IOM_POLICY_RANDOM ||
	    o->prefetch)
		return false;
	/* Which of unequal partitions a requester gets depends on who comes first. */
	if (!o->n_shares && (!o->partitions || ways_of(g) % o->partitions))
		return false;
	for (guint i = 0; i < devices->len; i++) {
		const iom_replay_device *d = &g_array_index(devices, iom_replay_device, i);
		uint32_t bit = 1u << partition(o, d->requester, i);

		if (used & bit)
			return false;
		used |= bit;
	}
	return true;
}

/* With caches off every DMA is by itself. */
static iom_replay_totals totals(const replay *p)
{
	const iom_cache_config *c = &p->report->caches;
	iom_replay_totals totals = IOM_TOTALS_EXACT;

	if (iom_crew_used(p->crew) <= 1)
		return totals;
	for (unsigned i = 0; i < IOM_N_CACHES; i++) {
		/* DMAs do not use that of interrupts. */
		if (i == IOM_CACHE_INTERRUPT || !c->cache[i].entries)
			continue;
		totals = MAX(totals, is_private(&c->cache[i], &c->options[i], p->report->devices)
					     ? IOM_TOTALS_PARTITIONED
					     : IOM_TOTALS_SHARED);
	}
	return totals;
}

static iom_replay_alone alone(const replay *p)
{
	bool several;

	if (p->options->threads <= 1 || iom_crew_used(p->crew) > 1)
		return IOM_ALONE_NOT;
	if (p->oracle)
		return IOM_ALONE_ORACLE;
	(void)iom_crew_shared(p->crew, &several);
	return several ? IOM_ALONE_SHORT : IOM_ALONE_REQUESTER;
}

static void finish(replay *p, gint64 began)
{
	bool several;
	iom_replay_report *r = p->report;
	iom_devices devices;

	turn(p);
	r->seconds = (double)(g_get_monotonic_time() - began) / 1e6;
	iom_iommu_statistics(p->primary->iommu, &r->statistics);
	iom_devices_init(&devices);
	iom_crew_report(p->crew, &devices, r);
	g_array_unref(r->devices);
	r->devices = devices.array;
	iom_devices_clear(&devices);
	iom_tally_sort(r);
	r->threads = iom_crew_used(p->crew);
	r->alone = alone(p);
	r->shared = iom_crew_shared(p->crew, &several);
	r->totals = totals(p);
	r->iommu = p->primary->iommu;
}

/* NULL and an error, or the report. */
static iom_replay_report *execute(replay *p, const char *trace, GError **error)
{
	iom_replay_report *r = p->report = iom_replay_report_new(trace);
	gboolean ok;

	p->primary = r->model;
	pthread_mutex_init(&p->twin.lock, NULL);
	/* All threads have to be idle at the end of an interval. */
	iom_timeline_init(&p->timeline, p->options->threads > 1 ? MANY : FEW);
	r->intervals = p->timeline.array;
	ok = start(p, trace, error);
	if (ok) {
		gint64 began = g_get_monotonic_time();

		ok = run(p, error);
		if (ok)
			finish(p, began);
	}
	iom_crew_free(p->crew);
	drop_model(&p->twin);
	iom_oracle_free(p->oracle);
	iom_trace_reader_free(p->reader);
	if (ok)
		return r;
	iom_replay_report_free(r);
	return NULL;
}

iom_replay_report *iom_replay_run(const char *trace, const iom_replay_options *options,
				  GError **error)
{
	replay p = { .options = options, .stop = UINT64_MAX };

	return execute(&p, trace, error);
}

gboolean iom_replay_until(const char *trace, const iom_replay_options *options, uint64_t dma,
			  iom_replay_at at, void *opaque, GError **error)
{
	replay p = { .options = options, .stop = dma, .at = at, .at_opaque = opaque };
	iom_replay_report *r = execute(&p, trace, error);
	uint64_t total;

	if (!r)
		return FALSE;
	total = r->by_kind[IOM_TRACE_DMA];
	/* The one that it stopped at is counted by kind, but not among the replayed. */
	if (total == r->dma) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_RANGE,
			    "%s: holds %" G_GUINT64_FORMAT " DMAs, numbered from 0; there is no "
			    "number %" G_GUINT64_FORMAT,
			    trace, total, dma);
		iom_replay_report_free(r);
		return FALSE;
	}
	iom_replay_report_free(r);
	return TRUE;
}
