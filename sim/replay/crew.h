/* SPDX-License-Identifier: MIT */
/*
 * Replaying with several threads. Between two records that change what the IOMMU
 * knows, DMAs of different requesters have no effect on each other's answers. So
 * the DMAs of a requester go, in their order and in blocks, to the thread that it
 * was given to, and everything else waits until all threads are idle.
 *
 * The calling thread reads the trace, hands out blocks and does its share; the
 * others only work through what they get. Private to sim/replay.
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

/* One DMA, now or before iom_crew_wait() returns. The record is copied. */
void iom_crew_dma(iom_crew *crew, const iom_trace_record *record, uint64_t index, uint64_t dma);
/* Until everything that was handed out is done. */
void iom_crew_wait(iom_crew *crew);

/* After iom_crew_wait(): sums over the lanes, and all of what they counted. */
void iom_crew_progress(const iom_crew *crew, uint64_t *missed, uint64_t *faulted);
void iom_crew_report(const iom_crew *crew, iom_devices *devices, iom_replay_report *report);
/* Threads that had something to do so far. */
unsigned iom_crew_used(const iom_crew *crew);

#endif
