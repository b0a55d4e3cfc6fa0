/* SPDX-License-Identifier: MIT */
/* What the files behind core/iommu.h share among themselves. */
#ifndef IOM_CORE_IOMMU_PRIVATE_H
#define IOM_CORE_IOMMU_PRIVATE_H

#include "core/counters.h"
#include "core/iommu.h"

#include <pthread.h>

typedef struct iom_shard {
	uint64_t value[IOM_N_STATS];
} __attribute__((aligned(IOM_LINE))) iom_shard;

struct iom_counters {
	iom_shard shard[IOM_SLOTS];
	pthread_mutex_t lock; /* of what follows */
	uint64_t reset_at[IOM_N_STATS];
	int64_t log_second; /* the second that log_lines counts for */
	unsigned log_lines;
	uint64_t log_dropped;
};

iom_counters *iom_counters_new(void);
void iom_counters_free(iom_counters *counters);
/* out: IOM_N_STATS values */
void iom_counters_get(iom_counters *counters, uint64_t *out);
void iom_counters_reset(iom_counters *counters);

#endif
