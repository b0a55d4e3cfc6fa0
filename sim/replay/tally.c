/* SPDX-License-Identifier: MIT */
#include "sim/replay/tally.h"

/* Intervals of the timeline: what a page is wide in pixels, about. */
#define MAX_INTERVALS 480u

/* ---- devices ---- */

static uint32_t hash(uint32_t requester)
{
	return requester * 0x9e3779b1u >> 8;
}

void iom_devices_init(iom_devices *d)
{
	d->array = g_array_new(FALSE, FALSE, sizeof(iom_replay_device));
	g_array_set_size(d->array, 1);
	g_array_set_size(d->array, 0);
	d->mask = 255;
	d->slots = g_new0(uint32_t, d->mask + 1);
	d->last = 0;
}

void iom_devices_clear(iom_devices *d)
{
	g_clear_pointer(&d->slots, g_free);
}

static void enter(iom_devices *d, uint32_t requester, uint32_t index)
{
	uint32_t i = hash(requester) & d->mask;

	while (d->slots[i])
		i = (i + 1) & d->mask;
	d->slots[i] = index + 1;
}

static void grow(iom_devices *d)
{
	g_free(d->slots);
	d->mask = d->mask * 2 + 1;
	d->slots = g_new0(uint32_t, d->mask + 1);
	for (guint i = 0; i < d->array->len; i++)
		enter(d, g_array_index(d->array, iom_replay_device, i).requester, i);
}

iom_replay_device *iom_devices_find_slow(iom_devices *d, uint32_t requester)
{
	iom_replay_device fresh = { .requester = requester };

	for (uint32_t i = hash(requester) & d->mask; d->slots[i]; i = (i + 1) & d->mask) {
		iom_replay_device *device =
			&g_array_index(d->array, iom_replay_device, d->slots[i] - 1);

		if (device->requester == requester) {
			d->last = d->slots[i] - 1;
			return device;
		}
	}
	if (d->array->len >= d->mask / 2)
		grow(d);
	d->last = d->array->len;
	g_array_append_val(d->array, fresh);
	enter(d, requester, d->last);
	return &g_array_index(d->array, iom_replay_device, d->last);
}

/* ---- timeline ---- */

void iom_timeline_init(iom_timeline *t, uint64_t width)
{
	*t = (iom_timeline){ .width = width };
	t->array = g_array_sized_new(FALSE, FALSE, sizeof(iom_replay_interval), MAX_INTERVALS);
}

static void join_neighbours(iom_timeline *t)
{
	iom_replay_interval *v = (iom_replay_interval *)(void *)t->array->data;

	for (guint i = 0; i < t->array->len / 2; i++) {
		const iom_replay_interval *a = &v[2 * i], *b = &v[2 * i + 1];

		v[i] = (iom_replay_interval){
			.dma = a->dma + b->dma,
			.missed = a->missed + b->missed,
			.faulted = a->faulted + b->faulted,
			.invalidated = a->invalidated + b->invalidated,
			.table_reads = a->table_reads + b->table_reads,
		};
	}
	g_array_set_size(t->array, t->array->len / 2);
	t->width *= 2;
}

void iom_timeline_turn(iom_timeline *t, iom_iommu *iommu, uint64_t missed, uint64_t faulted)
{
	iom_statistics s;

	if (t->now.dma == 0)
		return;
	iom_iommu_statistics(iommu, &s);
	t->now.invalidated = s.caches[IOM_CACHE_IOTLB].invalidated - t->invalidated;
	t->now.table_reads = s.table_reads - t->table_reads;
	t->now.missed = missed - t->missed;
	t->now.faulted = faulted - t->faulted;
	t->missed = missed;
	t->faulted = faulted;
	t->invalidated = s.caches[IOM_CACHE_IOTLB].invalidated;
	t->table_reads = s.table_reads;
	g_array_append_val(t->array, t->now);
	t->now = (iom_replay_interval){ 0 };
	if (t->array->len == MAX_INTERVALS)
		join_neighbours(t);
}

/* ---- the rest ---- */

void iom_tally_device(iom_replay_device *to, const iom_replay_device *from)
{
	to->dma += from->dma;
	to->translated += from->translated;
	to->faulted += from->faulted;
	to->cached += from->cached;
	to->mismatches += from->mismatches;
	to->stale += from->stale;
	to->bytes += from->bytes;
}

void iom_tally_fault(GArray *faults, unsigned code, uint64_t count)
{
	iom_replay_fault fresh = { code, count };

	for (guint i = 0; i < faults->len; i++) {
		iom_replay_fault *f = &g_array_index(faults, iom_replay_fault, i);

		if (f->code == code) {
			f->count += count;
			return;
		}
	}
	g_array_append_val(faults, fresh);
}

static int by_requester(const void *a, const void *b)
{
	const iom_replay_device *x = a, *y = b;

	return x->requester < y->requester ? -1 : x->requester > y->requester;
}

static int by_code(const void *a, const void *b)
{
	const iom_replay_fault *x = a, *y = b;

	return x->code < y->code ? -1 : x->code > y->code;
}

void iom_tally_sort(iom_replay_report *report)
{
	g_array_sort(report->devices, by_requester);
	g_array_sort(report->faults, by_code);
}
