/* SPDX-License-Identifier: MIT */
/*
 * Reading text files line by line, plain or compressed (.xz, .gz, .zst by
 * content, not by name), "-" being standard input.
 */
#ifndef IOM_SIM_LINES_H
#define IOM_SIM_LINES_H

#include <iommulate/core.h>

typedef struct iom_lines iom_lines;

iom_lines *iom_lines_open(const char *path, GError **error);
/*
 * The next line without its end: 1; 0 at the end of the file; -1 and an error.
 * *line stays valid until the next call, is NUL-terminated and *len bytes long
 * (a NUL inside it is kept). *complete (may be NULL): false for a last line with
 * no newline. A carriage return before the newline belongs to the line's end. A
 * line longer than 1 MiB is an error: memory does not grow with the file.
 */
int iom_lines_next(iom_lines *l, char **line, size_t *len, bool *complete, GError **error);
uint64_t iom_lines_number(const iom_lines *l); /* of the line returned last, from 1 */
uint64_t iom_lines_bytes(const iom_lines *l); /* compressed bytes consumed, for progress */
uint64_t iom_lines_size(const iom_lines *l); /* compressed bytes in all, 0 unknown */
const char *iom_lines_name(const iom_lines *l); /* for messages: path or "standard input" */
void iom_lines_close(iom_lines *l);

#endif
