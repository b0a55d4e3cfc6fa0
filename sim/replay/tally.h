/* SPDX-License-Identifier: MIT */
/* What a replay counts besides the model's own statistics. Private to sim/replay. */
#ifndef IOM_SIM_TALLY_H
#define IOM_SIM_TALLY_H

#include "sim/replay/replay.h"

/* Devices by requester, found without allocation. */
typedef struct iom_devices {
	GArray *array; /* iom_replay_device, by first appearance */
	uint32_t *slots; /* open addressing: index + 1, 0 free */
	uint32_t mask;
	uint32_t last; /* index of the device found last */
} iom_devices;

void iom_devices_init(iom_devices *d);
void iom_devices_clear(iom_devices *d); /* leaves `array` to its owner */
iom_replay_device *iom_devices_find_slow(iom_devices *d, uint32_t requester);

static inline iom_replay_device *iom_devices_find(iom_devices *d, uint32_t requester)
{
	iom_replay_device *device = &((iom_replay_device *)(void *)d->array->data)[d->last];

	if (G_LIKELY(d->array->len && device->requester == requester))
		return device;
	return iom_devices_find_slow(d, requester);
}

/*
 * The course of the run in a bounded number of intervals: when they are used up,
 * neighbours are joined and the intervals become twice as long.
 */
typedef struct iom_timeline {
	GArray *array; /* iom_replay_interval */
	iom_replay_interval now; /* being filled */
	uint64_t width; /* DMAs of an interval */
	uint64_t invalidated; /* cumulative figures at the start of `now` */
	uint64_t table_reads;
	uint64_t missed;
	uint64_t faulted;
} iom_timeline;

/* `width`: DMAs of an interval as long as there are few. */
void iom_timeline_init(iom_timeline *t, uint64_t width);
/*
 * `now` is full, or the run over: take the model's figures, and those of the DMAs
 * from the begin of the trace on, and go on.
 */
void iom_timeline_turn(iom_timeline *t, iom_iommu *iommu, uint64_t missed, uint64_t faulted);

/* Add to what `to` has; the requester stays. */
void iom_tally_device(iom_replay_device *to, const iom_replay_device *from);
void iom_tally_fault(GArray *faults, unsigned code, uint64_t count);
void iom_tally_sort(iom_replay_report *report);

#endif
