/* SPDX-License-Identifier: MIT */
/*
 * A full fence in all threads of the process at once, made by one of them: what the
 * others do often then needs none, at the price of a microsecond or some here. Linux
 * has membarrier(2) for it; elsewhere there is no such thing.
 */
#ifndef IOM_CORE_EVERYWHERE_H
#define IOM_CORE_EVERYWHERE_H

#include <stdbool.h>

/* Makes it ready; false where it is not to be had. May take milliseconds, the first time. */
bool iom_fence_everywhere_ready(void);
/* False: it has failed after all, a filter of system calls having come up, say. */
bool iom_fence_everywhere(void);

#endif
