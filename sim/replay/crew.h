/* SPDX-License-Identifier: MIT */
/*
 * Replaying with several threads. Between two records that change what the IOMMU
 * knows, DMAs of different requesters have no effect on each other's answers. So
 * stretches of DMAs are handed over as they lie in the trace, and who takes one up
 * does those of its own requesters (deal.h); everything else waits until all is done.
 *
 * There are as many shares as threads. A share's stretches are done one after the
 * other, mostly by its own thread, or by whoever has nothing to do, the calling
 * thread, which reads the trace, among them: so nobody waits for a thread that the
 * host has put aside. Stretches that are too short for that, and all of a trace with
 * one requester, the calling thread does alone. Private to sim/replay.
 */
#ifndef IOM_SIM_CREW_H
#define IOM_SIM_CREW_H

#include "sim/replay/lane.h"

#define IOM_CREW_MOST 64

typedef struct iom_crew iom_crew;

/* Threads: 1 to IOM_CREW_MOST, the caller among them. Nothing is started for 1. */
iom_crew *iom_crew_new(const iom_lane_job *job, unsigned threads);
/* After iom_crew_wait(), or when the figures do not matter any more. */
void iom_crew_free(iom_crew *crew);

/*
 * `n` DMAs, now or before iom_crew_wait() returns, of which the first is number `dma`
 * of the trace and in its record `index`. The records are in chunk number `chunk`.
 */
void iom_crew_run(iom_crew *crew, const iom_trace_record *records, unsigned n, uint64_t index,
		  uint64_t dma, uint32_t chunk);
/* The reader is in that chunk: what it will read next takes the place of none in use. */
void iom_crew_chunk(iom_crew *crew, uint32_t chunk);
/* Until everything that was handed out is done. */
void iom_crew_wait(iom_crew *crew);

/* After iom_crew_wait(): sums over the lanes, and all of what they counted. */
void iom_crew_progress(const iom_crew *crew, uint64_t *missed, uint64_t *faulted);
void iom_crew_report(const iom_crew *crew, iom_devices *devices, iom_replay_report *report);
/* Shares that had something to do so far; 1 if nothing was shared out. */
unsigned iom_crew_used(const iom_crew *crew);
/* DMAs that were shared out, and whether there was more than one requester. */
uint64_t iom_crew_shared(const iom_crew *crew, bool *several);

#endif
