/* SPDX-License-Identifier: MIT */
/*
 * The future of a trace, for caches with policy oracle: when each requester's and
 * PASID's page is accessed next.
 *
 * Memory: 12 bytes for each DMA and 4 more for each size of page that entries have,
 * and while one of these is made up to 16 for each page.
 */
#ifndef IOM_SIM_ORACLE_H
#define IOM_SIM_ORACLE_H

#include "core/core.h"

typedef struct iom_oracle iom_oracle;

/* Whether any cache has the policy. */
bool iom_oracle_wanted(const iom_cache_config *caches);
/* Reads all of the trace. Error: as of reading it, or a stream that cannot be read twice. */
iom_oracle *iom_oracle_new(const char *trace, GError **error);
void iom_oracle_free(iom_oracle *oracle);
/* The caches ask this oracle for as long as there are requests. */
void iom_oracle_attach(iom_oracle *oracle, iom_cache_config *caches);
/* DMA number `dma` of the trace is under way, from 0. */
void iom_oracle_at(iom_oracle *oracle, uint64_t dma);

#endif
