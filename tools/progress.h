/* SPDX-License-Identifier: MIT */
/* A progress bar on standard error, where that is a terminal. */
#ifndef IOM_TOOLS_PROGRESS_H
#define IOM_TOOLS_PROGRESS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct iom_progress {
	bool on;
	bool shown;
	gint64 began;
	gint64 last;
} iom_progress;

void iom_progress_start(iom_progress *p);
/* `done` of `total` bytes (0 unknown), and a count of `what` so far. */
void iom_progress_update(iom_progress *p, uint64_t done, uint64_t total, uint64_t count,
			 const char *what);
/* Take the bar away. */
void iom_progress_end(iom_progress *p);

#endif
