/* SPDX-License-Identifier: MIT */
/*
 * Performance monitoring (11.4.13): the events that the model counts, in the
 * numbering of event groups and events that drivers use. Events of time are not
 * offered, because the model has none.
 */
#ifndef IOM_VTD_PERFMON_H
#define IOM_VTD_PERFMON_H

#include <stdbool.h>
#include <stdint.h>

#define VTD_PERF_GROUPS 5

/* group << 28 | event */
typedef enum vtd_perf_event {
	VTD_PERF_REQUESTS = 0x00000002,
	VTD_PERF_ATS_BLOCKED = 0x00000008,
	VTD_PERF_MEMORY_READS = 0x10000001,
	VTD_PERF_PAGE_REQUESTS = 0x10000040,
	VTD_PERF_CONTEXT_LOOKUP = 0x20000001,
	VTD_PERF_CONTEXT_HIT = 0x20000002,
	VTD_PERF_PASID_LOOKUP = 0x20000004,
	VTD_PERF_PASID_HIT = 0x20000008,
	VTD_PERF_SS_LOOKUP = 0x20000010,
	VTD_PERF_SS_HIT = 0x20000020,
	VTD_PERF_FS_LOOKUP = 0x20000040,
	VTD_PERF_FS_HIT = 0x20000080,
	VTD_PERF_IOTLB_LOOKUP = 0x30000001,
	VTD_PERF_IOTLB_HIT = 0x30000002,
	VTD_PERF_INTERRUPT_LOOKUP = 0x40000001,
	VTD_PERF_INTERRUPT_HIT_REMAPPED = 0x40000002,
	VTD_PERF_INTERRUPT_HIT_POSTED = 0x40000004,
} vtd_perf_event;

/* PERFEVNTCAP_REG of event group `group`. */
uint64_t vtd_perfmon_events(unsigned group);

#endif
