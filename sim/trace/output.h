/* SPDX-License-Identifier: MIT */
/*
 * A file to write that appears whole or not at all: the bytes go to a file
 * without a name, or with a temporary one where the file system cannot do that,
 * which takes the place of the target when everything is written. "-" is
 * standard output; devices and pipes are written directly.
 */
#ifndef IOM_SIM_OUTPUT_H
#define IOM_SIM_OUTPUT_H

#include <iommulate/core.h>

typedef struct iom_output iom_output;

/* Errors name the file, also those of finish. */
iom_output *iom_output_open(const char *path, GError **error);
/* Could it be opened? To refuse before the work that makes the content. */
gboolean iom_output_probe(const char *path, GError **error);
/* A failure is remembered and reported by finish. */
void iom_output_write(iom_output *out, const void *data, size_t len);
bool iom_output_failed(const iom_output *out);
/* True: the file is complete and in place. Frees `out` either way. */
gboolean iom_output_finish(iom_output *out, GError **error);
void iom_output_abandon(iom_output *out);
/* For messages: the path, or "standard output". */
const char *iom_output_name(const iom_output *out);

#endif
