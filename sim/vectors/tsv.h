/* SPDX-License-Identifier: MIT */
/*
 * Tables of tab-separated values with a header row: test vectors and the tables
 * of the specifications. Lines starting with '#' are comments. Cells are found by
 * the name of their column, so columns may come in any order and others may be
 * present. A cell "-" says that there is nothing to say.
 */
#ifndef IOM_SIM_TSV_H
#define IOM_SIM_TSV_H

#include <iommulate/core.h>

typedef struct iom_tsv iom_tsv;

typedef struct iom_tsv_row {
	const iom_tsv *table;
	uint64_t line; /* in the file, from 1 */
	char **cells; /* as many as the header has */
} iom_tsv_row;

/* Read a whole file (plain or compressed, "-" is standard input). */
iom_tsv *iom_tsv_load(const char *path, GError **error);
void iom_tsv_free(iom_tsv *table);
const char *iom_tsv_path(const iom_tsv *table);
unsigned iom_tsv_n_rows(const iom_tsv *table);
const iom_tsv_row *iom_tsv_row_at(const iom_tsv *table, unsigned i);
/* Position of the column, or -1. */
int iom_tsv_column(const iom_tsv *table, const char *name);

/* The cell, "-" where the table has no such column. Never NULL. */
const char *iom_tsv_get(const iom_tsv_row *row, const char *column);
/* The cell says something: it is neither "-" nor empty. */
bool iom_tsv_has(const iom_tsv_row *row, const char *column);
/* Set an error that names file, line and column; returns false. */
bool iom_tsv_fail(const iom_tsv_row *row, const char *column, GError **error, const char *format,
		  ...) G_GNUC_PRINTF(4, 5);

/* A number in a cell: decimal, or hexadecimal after 0x. */
bool iom_tsv_u64(const iom_tsv_row *row, const char *column, uint64_t *value, GError **error);
/* The same, "-" giving `fallback`. */
bool iom_tsv_u64_or(const iom_tsv_row *row, const char *column, uint64_t fallback, uint64_t *value,
		    GError **error);
/* The number in `text` and nothing else. */
bool iom_tsv_parse(const char *text, uint64_t *value);

/*
 * Call `fn` for every item of the cell; items are separated by any character of
 * `separators`, white space around them is dropped, "-" is none. Stops when `fn`
 * returns false, which must have set the error.
 */
typedef bool (*iom_tsv_item)(const iom_tsv_row *row, const char *column, const char *item,
			     void *opaque, GError **error);
bool iom_tsv_each(const iom_tsv_row *row, const char *column, const char *separators,
		  iom_tsv_item fn, void *opaque, GError **error);
/* Split "KEY=VALUE" (VALUE a number) of an item; *key is to be freed. */
bool iom_tsv_pair(const iom_tsv_row *row, const char *column, const char *item, char **key,
		  uint64_t *value, GError **error);

#endif
