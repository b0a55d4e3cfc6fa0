/* SPDX-License-Identifier: MIT */
/*
 * The contents of a guest's tables: `ADDRESS VALUE KIND`, both numbers
 * hexadecimal, one 8-byte little-endian word a line. Kinds that say where a
 * structure begins are remembered by page.
 */
#ifndef IOM_SIM_IMPORT_TABLES_H
#define IOM_SIM_IMPORT_TABLES_H

#include <iommulate/core.h>

#include "sim/import/shadow.h"

/* The kinds the importers look for; others are only stored. */
typedef enum iom_table_kind {
	IOM_TABLE_STRTAB,
	IOM_TABLE_STE,
	IOM_TABLE_CMDQ,
	IOM_TABLE_EVENTQ,
	IOM_TABLE_ROOT,
	IOM_TABLE_CONTEXT,
	IOM_TABLE_PASID_DIR,
	IOM_TABLE_PASID_TABLE,
	IOM_TABLE_QUEUE, /* invalidation queue */
	IOM_TABLE_IRTE,
	IOM_TABLE_OTHER,
	IOM_TABLE_N_KINDS,
} iom_table_kind;

typedef struct iom_tables {
	iom_shadow words;
	uint64_t n_words;
	/* Lowest and highest address of each kind; low > high: none. */
	uint64_t low[IOM_TABLE_N_KINDS], high[IOM_TABLE_N_KINDS];
	GHashTable *kinds; /* page number -> kind + 1, for kinds other than OTHER */
} iom_tables;

void iom_tables_init(iom_tables *t);
void iom_tables_clear(iom_tables *t);
gboolean iom_tables_read(iom_tables *t, const char *path, GError **error);
static inline bool iom_tables_has(const iom_tables *t, iom_table_kind kind)
{
	return t->low[kind] <= t->high[kind];
}
/* The kind of the page at `address`. */
iom_table_kind iom_tables_kind(const iom_tables *t, uint64_t address);

#endif
