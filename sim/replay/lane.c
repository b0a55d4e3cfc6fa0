/* SPDX-License-Identifier: MIT */
/*
 * DMAs: ask the model, count, compare. Nothing is allocated and every figure is
 * a plain counter, so that what is left is the model's own work.
 */
#include "sim/replay/lane.h"

#include "sim/replay/deal.h"

#include <string.h>

#define MAX_RETRIES 16u

/* Where a request has what the flags of a record say, eight bytes from its flags on. */
G_STATIC_ASSERT(offsetof(iom_request, flags) % 8 == 4);
G_STATIC_ASSERT(sizeof(iom_request) == offsetof(iom_request, flags) + sizeof(uint64_t) + 4 ||
		sizeof(iom_request) == offsetof(iom_request, flags) + sizeof(uint64_t));
/* And the requester with its PASID, as it is in a record. */
G_STATIC_ASSERT(offsetof(iom_request, pasid) == offsetof(iom_request, requester) + 4);
G_STATIC_ASSERT(offsetof(iom_trace_record, pasid) == offsetof(iom_trace_record, requester) + 4);

static void request_flags(uint8_t flags, iom_request *request)
{
	request->access = flags & 0xf;
	if (request->access == 0)
		request->access = IOM_READ;
	request->type = flags >> IOM_TRACE_TYPE_SHIFT & 3;
	if (flags & IOM_TRACE_PRIVILEGED)
		request->flags = IOM_REQ_PRIVILEGED | IOM_REQ_PASID_PRIV;
}

static uint64_t asked(unsigned flags)
{
	iom_request request = { 0 };
	uint64_t word;

	request_flags((uint8_t)flags, &request);
	memcpy(&word, &request.flags, sizeof(word));
	return word;
}

void iom_lane_init(iom_lane *lane)
{
	memset(lane, 0, sizeof(*lane));
	for (unsigned i = 0; i < G_N_ELEMENTS(lane->known); i++)
		lane->known[i].index = IOM_LANE_NOBODY;
	for (unsigned i = 0; i < G_N_ELEMENTS(lane->asked); i++)
		lane->asked[i] = asked(i);
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
	request_flags(record->flags, request);
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

/* Index of the requester's device here, or IOM_LANE_ANOTHERS. */
static uint32_t look_up(iom_lane *lane, iom_deal *deal, iom_lane_known *known, uint32_t requester)
{
	known->requester = requester;
	known->index = IOM_LANE_ANOTHERS;
	if (!deal || iom_deal_owner(deal, requester) == lane) {
		(void)iom_devices_find(&lane->devices, requester);
		known->index = lane->devices.last;
	}
	return known->index;
}

static inline uint32_t device_of(iom_lane *lane, iom_deal *deal, uint32_t requester)
{
	uint32_t at = requester * 0x9e3779b1u >> (32 - IOM_LANE_KNOWN_LG2);
	iom_lane_known *known = &lane->known[at];

	if (G_LIKELY(known->requester == requester && known->index != IOM_LANE_NOBODY))
		return known->index;
	return look_up(lane, deal, known, requester);
}

static __attribute__((noinline)) void count_refused(iom_lane *lane, iom_replay_device *device,
						    const iom_result *result)
{
	if (result->status == IOM_INTERRUPT) {
		lane->interrupts++;
		return;
	}
	device->faulted++;
	lane->faulted++;
	iom_tally_fault(lane->faults, result->fault.code, 1);
}

static __attribute__((noinline)) void keep_mismatch(iom_lane *lane, const iom_lane_job *job,
						    iom_replay_device *device,
						    const iom_replay_difference *d)
{
	lane->n_mismatches++;
	device->mismatches++;
	if (lane->mismatches->len < job->keep)
		g_array_append_val(lane->mismatches, *d);
}

static inline void one_dma(iom_lane *lane, const iom_lane_job *job, iom_replay_device *device,
			   const iom_trace_record *record, uint64_t index, uint64_t dma)
{
	iom_request request;
	iom_result result;

	/* In words as large as those in which the model reads it. */
	request.address = record->address;
	request.length = record->length;
	memcpy(&request.requester, &record->requester, sizeof(uint64_t));
	memcpy(&request.flags, &lane->asked[record->flags], sizeof(uint64_t));
	iom_iommu_translate(job->iommu, &request, &result);
	if (G_UNLIKELY(result.status == IOM_RETRY))
		translate(job->iommu, &request, &result);

	device->dma++;
	device->bytes += record->length;
	if (G_LIKELY(result.status == IOM_OK)) {
		bool cached = result.flags & IOM_RES_CACHED;

		device->translated++;
		device->cached += cached;
		lane->missed += !cached;
	} else {
		count_refused(lane, device, &result);
	}
	lane->compared += record->expect != 0;
	if (G_UNLIKELY(!iom_replay_matches(record, &result)) || G_UNLIKELY(job->twin != NULL)) {
		iom_replay_difference d = {
			.record = index, .dma = dma, .trace = *record, .got = result
		};

		if (!iom_replay_matches(record, &result))
			keep_mismatch(lane, job, device, &d);
		if (job->twin)
			check_stale(lane, job, device, &request, &d);
	}
}

unsigned iom_lane_run(iom_lane *lane, const iom_lane_job *job, iom_deal *deal,
		      const iom_trace_record *records, unsigned n, uint64_t index, uint64_t dma)
{
	unsigned mine = 0;

	for (unsigned i = 0; i < n; i++) {
		uint32_t d = device_of(lane, deal, records[i].requester);
		iom_replay_device *devices = (iom_replay_device *)(void *)lane->devices.array->data;

		if (d == IOM_LANE_ANOTHERS)
			continue;
		mine++;
		one_dma(lane, job, &devices[d], &records[i], index + i, dma + i);
	}
	return mine;
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
