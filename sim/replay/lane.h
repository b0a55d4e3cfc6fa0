/* SPDX-License-Identifier: MIT */
/*
 * Lanes: what one thread of a replay does with DMAs, and counts of them. A replay
 * with one thread has one lane. Private to sim/replay.
 */
#ifndef IOM_SIM_LANE_H
#define IOM_SIM_LANE_H

#include "sim/replay/tally.h"

/* The same for all lanes of a replay. */
typedef struct iom_lane_job {
	iom_iommu *iommu;
	iom_iommu *twin; /* without caches; NULL unless stale answers are looked for */
	unsigned keep; /* differences of each kind */
} iom_lane_job;

typedef struct iom_lane {
	iom_devices devices;
	GArray *faults; /* iom_replay_fault */
	GArray *mismatches; /* iom_replay_difference, the first `keep` */
	GArray *stale;
	uint64_t interrupts;
	uint64_t compared;
	uint64_t n_mismatches;
	uint64_t n_stale;
	uint64_t missed; /* DMAs that the IOTLB did not answer */
	uint64_t faulted;
} iom_lane;

void iom_lane_init(iom_lane *lane);
void iom_lane_clear(iom_lane *lane);

/* DMA number `dma` of the trace, in its record `index`. */
void iom_lane_dma(iom_lane *lane, const iom_lane_job *job, const iom_trace_record *record,
		  uint64_t index, uint64_t dma);

/* Add what `from` counted to the report, with its differences in the order of the trace. */
void iom_lane_report(const iom_lane *from, iom_devices *devices, unsigned keep,
		     iom_replay_report *report);

#endif
