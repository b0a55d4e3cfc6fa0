/* SPDX-License-Identifier: MIT */
/* A scratch directory for a test, and small files in it. */
#ifndef IOM_TESTS_SIM_SCRATCH_H
#define IOM_TESTS_SIM_SCRATCH_H

#include <glib.h>

/* A new empty directory; free with scratch_free(), which removes what is in it. */
char *scratch_new(void);
void scratch_free(char *dir);
/* DIR/NAME; the caller frees it. */
char *scratch_path(const char *dir, const char *name);
void scratch_put(const char *path, const void *data, gsize len);
/* Number of entries of the directory, hidden ones included. */
unsigned scratch_count(const char *dir);
/* Run "TOOL -c PATH > TO"; false without such a tool, or if this build cannot read that. */
gboolean scratch_compress(const char *tool, const char *path, const char *to);

#endif
