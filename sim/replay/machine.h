/* SPDX-License-Identifier: MIT */
/*
 * Machines: an IOMMU and its memory as a trace describes them, changed by a
 * machine file.
 *
 *   [machine]
 *   kind = smmuv3              # or vtd; must be the trace's
 *   [id]
 *   IDR0.S1P = 1               # a field of an ID or capability register,
 *   CAP = 0xd2008c22260286     # a whole register,
 *   HAW = 39                   # or the host address width of a VT-d unit
 *   [cache]
 *   iotlb = 4096, 8, lru       # entries, ways (0: fully associative), policy
 *   iotlb.sectors = 4          # and what else docs/caches.md has
 *
 * Every group and key is optional.
 */
#ifndef IOM_SIM_MACHINE_H
#define IOM_SIM_MACHINE_H

#include "sim/trace/trace.h"

typedef struct iom_machine iom_machine;

/* Errors name the file, the group and the key, and what was expected. */
iom_machine *iom_machine_load(const char *path, GError **error);
void iom_machine_free(iom_machine *machine);

/*
 * The caches: `preset` if given, or else the machine's geometry over "default".
 * Error: an unknown preset. `machine` may be NULL, here and below.
 */
gboolean iom_machine_caches(const iom_machine *machine, const char *preset,
			    iom_cache_config *caches, GError **error);

/* Zero-filled memory where the trace has RAM, or everywhere if it does not say. */
iom_memory *iom_machine_memory(const iom_trace_info *info, GError **error);

/*
 * The IOMMU that the trace's ID registers describe, with the machine's changes.
 * Once a trace lists any ID register, those it does not list read as zero: its
 * driver cannot have relied on them.
 */
iom_iommu *iom_machine_iommu(const iom_machine *machine, const iom_trace_info *info,
			     const iom_cache_config *caches, const iom_bus *bus, GError **error);

/* "smmuv3" or "vtd". */
const char *iom_machine_kind_name(iom_kind kind);

/* "lru", "plru", "fifo", "random", "oracle". */
const char *iom_machine_policy_name(unsigned policy);

#endif
