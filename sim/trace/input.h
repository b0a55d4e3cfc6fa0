/* SPDX-License-Identifier: MIT */
/*
 * A file to read: plain or compressed with xz, gzip or zstd, which is told from
 * its first bytes, not from its name. "-" is standard input. Memory use does not
 * depend on the length of the file.
 */
#ifndef IOM_SIM_INPUT_H
#define IOM_SIM_INPUT_H

#include <iommulate/core.h>

typedef struct iom_input iom_input;

/* Errors name the file. */
iom_input *iom_input_open(const char *path, GError **error);
void iom_input_close(iom_input *in);
/* For messages: the path, or "standard input". */
const char *iom_input_name(const iom_input *in);
/* Up to `len` bytes; fewer only at the end of the data; -1 and an error. */
gssize iom_input_read(iom_input *in, void *buf, size_t len, GError **error);
/*
 * The whole file in memory, if it is a plain regular file and not empty; NULL
 * otherwise, and then it is to be read. Valid until the input is closed. Only
 * before the first read.
 */
const uint8_t *iom_input_map(iom_input *in, size_t *size);
/* What is mapped before `offset` will not be read soon; it stays readable. */
void iom_input_unmap_until(iom_input *in, size_t offset);
bool iom_input_compressed(const iom_input *in);
/* Bytes of the file consumed, before decompression, and its size (0 unknown). */
void iom_input_progress(const iom_input *in, uint64_t *done, uint64_t *total);

#endif
