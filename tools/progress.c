/* SPDX-License-Identifier: MIT */
#include "tools/progress.h"

#include <stdio.h>
#include <unistd.h>

#define WIDTH 40
/* Nobody needs a bar for what is over before it can be read. */
#define QUIET_US 300000
#define INTERVAL_US 100000

void iom_progress_start(iom_progress *p)
{
	*p = (iom_progress){ .on = isatty(STDERR_FILENO), .began = g_get_monotonic_time() };
}

void iom_progress_update(iom_progress *p, uint64_t done, uint64_t total, uint64_t count,
			 const char *what)
{
	gint64 now;
	int filled;

	if (!p->on)
		return;
	now = g_get_monotonic_time();
	if (now - p->began < QUIET_US || now - p->last < INTERVAL_US)
		return;
	p->last = now;
	p->shown = true;
	if (total == 0) {
		fprintf(stderr, "\r\033[K%" G_GUINT64_FORMAT " %s", count, what);
		return;
	}
	done = MIN(done, total);
	filled = (int)(done * WIDTH / total);
	fprintf(stderr, "\r\033[K[");
	for (int i = 0; i < WIDTH; i++)
		fputc(i < filled ? '#' : '.', stderr);
	fprintf(stderr, "] %3d %%  %" G_GUINT64_FORMAT " %s", (int)(done * 100 / total), count,
		what);
	if (done)
		fprintf(stderr, ", %d s left",
			(int)((double)(now - p->began) / 1e6 * (double)(total - done) /
			      (double)done));
}

void iom_progress_end(iom_progress *p)
{
	if (p->shown)
		fprintf(stderr, "\r\033[K");
	p->shown = false;
}
