/* SPDX-License-Identifier: MIT */
/*
 * One DMA: ask the model, count, compare. Nothing is allocated and every figure is
 * a plain counter, so that what is left is the model's own work.
 */
#include "sim/replay/lane.h"

#include <string.h>

#define MAX_RETRIES 16u

void iom_lane_init(iom_lane *lane)
{
	memset(lane, 0, sizeof(*lane));
	iom_devices_init(&lane->devices);
	lane->faults = g_array_new(FALSE, FALSE, sizeof(iom_replay_fault));
	lane->mismatches = g_array_new(FALSE, FALSE, sizeof(iom_replay_difference));
	lane->stale = g_array_new(FALSE, FALSE, sizeof(iom_replay_difference));
}

void iom_lane_clear(iom_lane *lane)
{
	g_array_unref(lane->devices.array);
	iom_devices_clear(&lane->devices);
	g_array_unref(lane->faults);
	g_array_unref(lane->mismatches);
	g_array_unref(lane->stale);
}

void iom_replay_request(const iom_trace_record *record, iom_request *request)
{
	memset(request, 0, sizeof(*request));
	request->address = record->address;
	request->length = record->length;
	request->requester = record->requester;
	request->pasid = record->pasid;
	request->access = record->flags & 0xf;
	if (request->access == 0)
		request->access = IOM_READ;
	request->type = record->flags >> IOM_TRACE_TYPE_SHIFT & 3;
	if (record->flags & IOM_TRACE_PRIVILEGED)
		request->flags = IOM_REQ_PRIVILEGED | IOM_REQ_PASID_PRIV;
}

bool iom_replay_matches(const iom_trace_record *record, const iom_result *result)
{
	const unsigned access = IOM_READ | IOM_WRITE;

	if (record->expect == 0)
		return true;
	if (record->expect & IOM_TRACE_EXPECT_FAULT)
		return result->status != IOM_OK && result->status != IOM_INTERRUPT &&
		       (record->value == 0 || record->value == result->fault.code);
	if (result->status != IOM_OK)
		return false;
	if (record->expect & IOM_TRACE_EXPECT_ADDRESS && result->address != record->value)
		return false;
	if (record->expect & IOM_TRACE_EXPECT_PERM && (result->permissions ^ record->perm) & access)
		return false;
	return !(record->expect & IOM_TRACE_EXPECT_PAGE) ||
	       result->page_lg2 == iom_trace_page_lg2(record);
}

/* Would the device notice that the answer is not the other one? */
static bool same_answer(const iom_result *a, const iom_result *b)
{
	if (a->status != b->status)
		return false;
	if (a->status != IOM_OK)
		return a->fault.code == b->fault.code;
	return a->address == b->address && a->permissions == b->permissions;
}

static void translate(iom_iommu *iommu, const iom_request *request, iom_result *result)
{
	for (unsigned i = 0; i < MAX_RETRIES; i++) {
		iom_iommu_translate(iommu, request, result);
		if (G_LIKELY(result->status != IOM_RETRY))
			return;
	}
}

static void check_stale(iom_lane *lane, const iom_lane_job *job, iom_replay_device *device,
			const iom_request *request, iom_replay_difference *d)
{
	translate(job->twin, request, &d->fresh);
	if (same_answer(&d->got, &d->fresh))
		return;
	lane->n_stale++;
	device->stale++;
	if (lane->stale->len < job->keep)
		g_array_append_val(lane->stale, *d);
}

void iom_lane_dma(iom_lane *lane, const iom_lane_job *job, const iom_trace_record *record,
		  uint64_t index, uint64_t dma)
{
	iom_replay_device *device = iom_devices_find(&lane->devices, record->requester);
	iom_request request;
	iom_result result;

	iom_replay_request(record, &request);
	translate(job->iommu, &request, &result);

	device->dma++;
	device->bytes += record->length;
	if (G_LIKELY(result.status == IOM_OK)) {
		device->translated++;
		if (result.flags & IOM_RES_CACHED)
			device->cached++;
		else
			lane->missed++;
	} else if (result.status == IOM_INTERRUPT) {
		lane->interrupts++;
	} else {
		device->faulted++;
		lane->faulted++;
		iom_tally_fault(lane->faults, result.fault.code, 1);
	}
	if (record->expect) {
		lane->compared++;
		if (G_UNLIKELY(!iom_replay_matches(record, &result))) {
			iom_replay_difference d = {
				.record = index, .dma = dma, .trace = *record, .got = result
			};

			lane->n_mismatches++;
			device->mismatches++;
			if (lane->mismatches->len < job->keep)
				g_array_append_val(lane->mismatches, d);
		}
	}
	if (G_UNLIKELY(job->twin != NULL)) {
		iom_replay_difference d = {
			.record = index, .dma = dma, .trace = *record, .got = result
		};

		check_stale(lane, job, device, &request, &d);
	}
}

/* ---- the sum ---- */

static int by_record(const void *a, const void *b)
{
	const iom_replay_difference *x = a, *y = b;

	return x->record < y->record ? -1 : x->record > y->record;
}

/* Each lane has its first ones; of all of them the first ones count. */
static void add_first(GArray *to, const GArray *from, unsigned keep)
{
	g_array_append_vals(to, from->data, from->len);
	g_array_sort(to, by_record);
	if (to->len > keep)
		g_array_set_size(to, keep);
}

void iom_lane_report(const iom_lane *from, iom_devices *devices, unsigned keep,
		     iom_replay_report *report)
{
	for (guint i = 0; i < from->devices.array->len; i++) {
		const iom_replay_device *d =
			&g_array_index(from->devices.array, iom_replay_device, i);
		iom_replay_device *sum = iom_devices_find(devices, d->requester);

		iom_tally_device(sum, d);
		report->translated += d->translated;
		report->faulted += d->faulted;
	}
	for (guint i = 0; i < from->faults->len; i++) {
		const iom_replay_fault *f = &g_array_index(from->faults, iom_replay_fault, i);

		iom_tally_fault(report->faults, f->code, f->count);
	}
	report->interrupts += from->interrupts;
	report->compared += from->compared;
	report->mismatches += from->n_mismatches;
	report->stale += from->n_stale;
	add_first(report->first_mismatches, from->mismatches, keep);
	add_first(report->first_stale, from->stale, keep);
}
