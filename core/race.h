/* SPDX-License-Identifier: MIT */
/*
 * Losing races: a compare-and-swap of a table entry finds that another agent was
 * quicker. The architectures have hardware go on until the entry is as it should
 * be, and never report this as a fault. Each lost race means that somebody else got
 * on, and who loses often steps back for a while, so that it comes to an end also
 * where software writes to the entry without pause. For the worst of cases there is
 * a limit of some tenths of a second, after which the request is to be asked again.
 */
#ifndef IOM_CORE_RACE_H
#define IOM_CORE_RACE_H

#include "core/spin.h"

#include <stdbool.h>

#define IOM_RACES_MOST 65536u

/* After each lost race; *lost counts them from 0. False: give up, IOM_RETRY. */
static inline bool iom_race_again(unsigned *lost)
{
	unsigned n = ++*lost;

	if (n >= IOM_RACES_MOST)
		return false;
	if (n % 1024 == 0)
		sched_yield();
	/* Of uneven length, to get out of step with the other side. */
	for (unsigned i = n < 8 ? 0 : n * 2654435761u >> 25; i; i--)
		iom_pause();
	return true;
}

#endif
