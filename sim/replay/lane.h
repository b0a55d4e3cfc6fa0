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

/* Which requesters are whose; of several lanes. NULL in its place: all are this one's. */
typedef struct iom_deal iom_deal;

/* What is known of a requester without a search. */
typedef struct iom_lane_known {
	uint32_t requester;
	uint32_t index; /* among the devices; or one of those below */
} iom_lane_known;
#define IOM_LANE_NOBODY UINT32_MAX
#define IOM_LANE_ANOTHERS (UINT32_MAX - 1)
#define IOM_LANE_KNOWN_LG2 12

typedef struct iom_lane {
	iom_devices devices;
	iom_lane_known known[1u << IOM_LANE_KNOWN_LG2];
	/* Of a request, what the flags of a record say; by these. */
	uint64_t asked[256];
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

/*
 * Those of `n` DMAs that are this lane's, of which the first is number `dma` of the
 * trace and in its record `index`. How many these were.
 */
unsigned iom_lane_run(iom_lane *lane, const iom_lane_job *job, iom_deal *deal,
		      const iom_trace_record *records, unsigned n, uint64_t index, uint64_t dma);

/* Add what `from` counted to the report, with its differences in the order of the trace. */
void iom_lane_report(const iom_lane *from, iom_devices *devices, unsigned keep,
		     iom_replay_report *report);

#endif
