/* SPDX-License-Identifier: MIT */
/*
 * The interface of core.h on top of what a model implements: thin dispatch, with
 * the counting that is the same for every model.
 */
#include "core/ahead.h"
#include "core/flight.h"
#include "core/front.h"
#include "core/iommu-private.h"

#include <string.h>

#define LOG_LINES_A_SECOND 5

bool iom_iommu_init(iom_iommu *iommu, const iom_iommu_ops *ops, const iom_bus *bus, GError **error)
{
	/* A bus of an older header ends earlier: what it lacks stays NULL. */
	const size_t least = offsetof(iom_bus, irq);

	if (!bus || bus->size < least) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
			    "iom_bus.size is %zu, should be sizeof(iom_bus), %zu",
			    bus ? bus->size : 0, sizeof(iom_bus));
		return false;
	}
	if (!bus->memory[IOM_SPACE_NONSECURE]) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
			    "iom_bus.memory[IOM_SPACE_NONSECURE] is not set");
		return false;
	}
	memset(iommu, 0, sizeof(*iommu));
	iommu->ops = ops;
	iommu->refs = 1;
	if (!iom_fronts_init(iommu)) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_IO, "no memory");
		return false;
	}
	memcpy(&iommu->bus, bus, MIN(bus->size, sizeof(*bus)));
	iommu->bus.size = sizeof(*bus);
	for (unsigned s = 0; s < G_N_ELEMENTS(iommu->bus.memory); s++) {
		if (!iommu->bus.memory[s])
			iommu->bus.memory[s] = iommu->bus.memory[IOM_SPACE_NONSECURE];
		iom_memory_ref(iommu->bus.memory[s]);
	}
	iommu->counters = iom_counters_new();
	iommu->flight = iom_flight_new();
	iommu->translate_class = ops->translate_class;
	return true;
}

void iom_iommu_fini(iom_iommu *iommu)
{
	for (unsigned s = 0; s < G_N_ELEMENTS(iommu->bus.memory); s++) {
		iom_memory_unref(iommu->bus.memory[s]);
		iommu->bus.memory[s] = NULL;
	}
	iom_fronts_free(iommu);
	iom_ahead_free(iommu->ahead);
	iom_counters_free(iommu->counters);
	iom_flight_free(iommu->flight);
	iommu->counters = NULL;
	iommu->flight = NULL;
}

iom_iommu *iom_iommu_ref(iom_iommu *iommu)
{
	__atomic_add_fetch(&iommu->refs, 1, __ATOMIC_RELAXED);
	return iommu;
}

void iom_iommu_unref(iom_iommu *iommu)
{
	if (iommu && __atomic_sub_fetch(&iommu->refs, 1, __ATOMIC_ACQ_REL) == 0)
		iommu->ops->destroy(iommu);
}

iom_kind iom_iommu_kind(const iom_iommu *iommu)
{
	return iommu->ops->kind;
}

/* ------------------------------------------------------------------------
 * Requests
 */
static void count_translation(iom_iommu *iommu, uint8_t status)
{
	unsigned slot = iom_thread_slot();
	uint64_t *cells = iommu->counters->shard[slot].value;

	iom_bump(&cells[IOM_STAT_TRANSLATIONS], slot, 1);
	if (G_LIKELY(status == IOM_OK))
		iom_bump(&cells[IOM_STAT_TRANSLATED], slot, 1);
	else if (status == IOM_ABORT || status == IOM_RAZWI || status == IOM_STALL)
		iom_bump(&cells[IOM_STAT_FAULTED], slot, 1);
}

static void describe_result(iom_iommu *iommu, const iom_request *request, const iom_result *result)
{
	const char *name = iom_status_name((iom_status)result->status);

	if (result->status == IOM_OK) {
		iom_step_note(iommu, IOM_STEP_RESULT, "result", NULL, request->address,
			      "%s: %#" G_GINT64_MODIFIER "x, %c%c%c, %#" G_GINT64_MODIFIER
			      "x bytes from here",
			      name, result->address, result->permissions & IOM_READ ? 'r' : '-',
			      result->permissions & IOM_WRITE ? 'w' : '-',
			      result->permissions & IOM_EXECUTE ? 'x' : '-', result->span);
	} else if (result->fault.code) {
		const char *fault = iom_iommu_fault_name(iommu, result->fault.code);

		iom_step_note(iommu, IOM_STEP_RESULT, "result", NULL, request->address,
			      "%s: %s (%#x)%s", name, fault ? fault : "fault", result->fault.code,
			      result->fault.recorded ? ", recorded" : "");
	} else {
		iom_step_note(iommu, IOM_STEP_RESULT, "result", NULL, request->address, "%s", name);
	}
}

static __attribute__((noinline)) void finish(iom_iommu *iommu, const iom_request *request,
					     iom_result *result)
{
	count_translation(iommu, result->status);
	if (iom_observed(iommu))
		describe_result(iommu, request, result);
}

static __attribute__((noinline)) void translate_any(iom_iommu *iommu, const iom_request *request,
						    iom_result *result)
{
	iom_result_clear(result);
	if (G_UNLIKELY(iommu->attended))
		iom_ahead_translate(iommu, request, result);
	else
		iommu->ops->translate(iommu, request, result);
	finish(iommu, request, result);
}

/* Arguments in the order of iom_iommu_translate(), which need not move them. */
static __attribute__((noinline)) void translate(iom_iommu *iommu, const iom_request *request,
						iom_result *result, iom_front *front)
{
	iom_front_class *class = iom_front_class_known(iommu, front, request);
	iom_translate_class *known = __atomic_load_n(&iommu->translate_class, __ATOMIC_RELAXED);

	if (!class || !known) {
		translate_any(iommu, request, result);
		return;
	}
	known(iommu, front, class, request, result);
	if (G_UNLIKELY(result->status != IOM_OK) || iom_observed(iommu)) {
		finish(iommu, request, result);
		return;
	}
	/* Who has classes has a front and a slot. */
	iom_bump(&front->counts[IOM_STAT_TRANSLATIONS], 1, 1);
	iom_bump(&front->counts[IOM_STAT_TRANSLATED], 1, 1);
}

/* The front that this thread has at the moment. */
static inline iom_front *front_now(const iom_iommu *iommu)
{
	return __atomic_load_n(&iommu->front[iom_thread_slot_], __ATOMIC_RELAXED);
}

void iom_iommu_translate(iom_iommu *iommu, const iom_request *request, iom_result *result)
{
	iom_front *front = front_now(iommu);

	if (!iom_front_answer(iommu, front, request, result))
		translate(iommu, request, result, front);
}

size_t iom_iommu_translate_many(iom_iommu *iommu, const iom_request *requests, iom_result *results,
				size_t n)
{
	size_t good = 0;

	for (size_t i = 0; i < n; i++) {
		iom_iommu_translate(iommu, &requests[i], &results[i]);
		good += results[i].status == IOM_OK;
	}
	return good;
}

uint64_t iom_iommu_mmio_read(iom_iommu *iommu, uint64_t offset, unsigned size, iom_space space)
{
	return iommu->ops->mmio_read(iommu, offset, size, space);
}

void iom_iommu_mmio_write(iom_iommu *iommu, uint64_t offset, unsigned size, uint64_t value,
			  iom_space space)
{
	iommu->ops->mmio_write(iommu, offset, size, value, space);
}

uint64_t iom_iommu_mmio_size(const iom_iommu *iommu)
{
	return iommu->ops->mmio_size(iommu);
}

iom_prq_status iom_iommu_page_request(iom_iommu *iommu, const iom_page_request *request)
{
	iom_cache_owner_ = (iom_cache_owner){ request->requester, request->pasid, false, false };
	return iommu->ops->page_request(iommu, request);
}

void iom_iommu_interrupt(iom_iommu *iommu, const iom_interrupt *interrupt,
			 iom_interrupt_result *result)
{
	memset(result, 0, sizeof(*result));
	result->fault.level = -1;
	if (iommu->ops->interrupt) {
		iom_cache_owner_ =
			(iom_cache_owner){ interrupt->requester, IOM_NO_PASID, false, false };
		result->status = IOM_ABORT;
		iommu->ops->interrupt(iommu, interrupt, result);
		return;
	}
	result->status = IOM_OK;
	result->deliver = 1;
	result->address = interrupt->address;
	result->data = interrupt->data;
}

void iom_iommu_ats_completed(iom_iommu *iommu, uint32_t requester, uint8_t itag, bool ok)
{
	if (iommu->ops->ats_completed)
		iommu->ops->ats_completed(iommu, requester, itag, ok);
}

void iom_iommu_reset(iom_iommu *iommu)
{
	iommu->ops->reset(iommu);
}

GBytes *iom_iommu_save(iom_iommu *iommu)
{
	return iommu->ops->save(iommu);
}

gboolean iom_iommu_load(iom_iommu *iommu, GBytes *state, GError **error)
{
	return iommu->ops->load(iommu, state, error);
}

/* ------------------------------------------------------------------------
 * Statistics and names
 */
void iom_iommu_statistics(iom_iommu *iommu, iom_statistics *out)
{
	uint64_t v[IOM_N_STATS], front, known;

	memset(out, 0, sizeof(*out));
	iom_counters_get(iommu->counters, v);
	out->translations = v[IOM_STAT_TRANSLATIONS];
	out->translated = v[IOM_STAT_TRANSLATED];
	out->faulted = v[IOM_STAT_FAULTED];
	out->table_reads = v[IOM_STAT_TABLE_READS];
	out->table_writes = v[IOM_STAT_TABLE_WRITES];
	out->events = v[IOM_STAT_EVENTS];
	out->events_lost = v[IOM_STAT_EVENTS_LOST];
	out->interrupts = v[IOM_STAT_INTERRUPTS];
	out->page_requests = v[IOM_STAT_PAGE_REQUESTS];
	if (iommu->ops->statistics)
		iommu->ops->statistics(iommu, out);
	iom_ahead_statistics(iommu, out);
	/* Who was in the middle of a hit may have been counted too early then. */
	front = iom_front_hits(iommu);
	front -= MIN(front, iommu->front_reset_at[0]);
	known = iom_front_known(iommu) - iommu->front_reset_at[1];
	out->translations += front;
	out->translated += front;
	out->caches[IOM_CACHE_CONFIG].hits += front + known;
	out->caches[IOM_CACHE_IOTLB].hits += front;
}

void iom_iommu_reset_statistics(iom_iommu *iommu)
{
	iom_counters_reset(iommu->counters);
	iommu->front_reset_at[0] = iom_front_hits(iommu);
	iommu->front_reset_at[1] = iom_front_known(iommu);
	iom_ahead_reset_statistics(iommu);
	if (iommu->ops->reset_statistics)
		iommu->ops->reset_statistics(iommu);
}

const char *iom_iommu_fault_name(const iom_iommu *iommu, unsigned code)
{
	return iommu->ops->fault_name ? iommu->ops->fault_name(iommu, code) : NULL;
}

const char *iom_iommu_diagnosis(const iom_iommu *iommu, unsigned diagnosis)
{
	return iommu->ops->diagnosis ? iommu->ops->diagnosis(iommu, diagnosis) : NULL;
}

const iom_layout *iom_iommu_register(const iom_iommu *iommu, uint64_t offset, const char **name)
{
	*name = NULL;
	return iommu->ops->register_layout ? iommu->ops->register_layout(iommu, offset, name)
					   : NULL;
}

/* ------------------------------------------------------------------------
 * Interrupts and the log
 */
void iom_raise_irq(iom_iommu *iommu, unsigned line, bool level)
{
	if (level)
		iom_count(iommu, IOM_STAT_INTERRUPTS);
	if (iommu->bus.irq)
		iommu->bus.irq(iommu->bus.opaque, line, level);
}

iom_mem_status iom_send_msi(iom_iommu *iommu, iom_space space, uint64_t address, uint32_t data)
{
	iom_mem_status status;

	if (iommu->bus.msi)
		status = iommu->bus.msi(iommu->bus.opaque, address, data);
	else
		status = iom_memory_store32(iommu->bus.memory[space & 3], address, data);
	if (status == IOM_MEM_OK)
		iom_count(iommu, IOM_STAT_INTERRUPTS);
	return status;
}

/* Whether a line may be logged now; in *dropped how many were not before it. */
static bool log_allowed(iom_counters *c, uint64_t *dropped)
{
	int64_t now = g_get_monotonic_time() / G_USEC_PER_SEC;
	bool allowed;

	pthread_mutex_lock(&c->lock);
	if (c->log_second != now || !c->log_lines) {
		c->log_second = now;
		c->log_lines = 0;
	}
	allowed = c->log_lines < LOG_LINES_A_SECOND;
	*dropped = allowed ? c->log_dropped : 0;
	if (allowed) {
		c->log_lines++;
		c->log_dropped = 0;
	} else {
		c->log_dropped++;
	}
	pthread_mutex_unlock(&c->lock);
	return allowed;
}

void iom_log(iom_iommu *iommu, const char *format, ...)
{
	uint64_t dropped;
	va_list args;
	GString *line;

	if (!iommu->bus.log || !log_allowed(iommu->counters, &dropped))
		return;
	line = g_string_new(NULL);
	va_start(args, format);
	g_string_append_vprintf(line, format, args);
	va_end(args);
	if (dropped)
		g_string_append_printf(line, " (%" G_GUINT64_FORMAT " earlier lines left out)",
				       dropped);
	iommu->bus.log(iommu->bus.opaque, line->str);
	g_string_free(line, TRUE);
}
