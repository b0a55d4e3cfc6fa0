/* SPDX-License-Identifier: MIT */
/*
 * zstd in frames that stand on their own, closed by the seek table of the
 * "zstd seekable format" in a frame that ordinary decompressors skip. So a part
 * of a compressed trace can be read without the rest, and damage stays local.
 */
#ifndef IOM_SIM_SQUEEZE_H
#define IOM_SIM_SQUEEZE_H

#include "sim/trace/output.h"

typedef struct iom_squeeze iom_squeeze;

/* Error: the build has no zstd. `out` stays the caller's. */
iom_squeeze *iom_squeeze_new(iom_output *out, GError **error);
void iom_squeeze_write(iom_squeeze *s, const void *data, size_t len);
/* Write what is left and the seek table. */
gboolean iom_squeeze_end(iom_squeeze *s, GError **error);
void iom_squeeze_free(iom_squeeze *s);

#endif
