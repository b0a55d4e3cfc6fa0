/* SPDX-License-Identifier: MIT */
/* Small pieces that the reports share. Private to sim/replay and the command. */
#ifndef IOM_SIM_PRINT_H
#define IOM_SIM_PRINT_H

#include "sim/replay/replay.h"

/* "1,234,567"; the same in every locale. */
void iom_print_count(GString *out, uint64_t value);
/* The same, right-aligned in `width` columns. */
void iom_print_column(GString *out, uint64_t value, int width);
/* "97.3 %" with a "." in every locale; "-" of nothing. Right-aligned in `width`. */
void iom_print_percent(GString *out, uint64_t part, uint64_t whole, int width);
/* "F_TRANSLATION (0x10)" or "0x10". */
void iom_print_fault(GString *out, const iom_iommu *iommu, unsigned code);
/* "read write" */
void iom_print_access(GString *out, unsigned access);
/* "config", "iotlb", ... */
const char *iom_print_cache_name(unsigned cache);

#endif
