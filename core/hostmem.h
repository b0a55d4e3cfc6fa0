/* SPDX-License-Identifier: MIT */
/*
 * Large tables of host memory: zeroed, and not backed by pages until they are
 * used, so that they can be as large as they may ever have to be.
 */
#ifndef IOM_CORE_HOSTMEM_H
#define IOM_CORE_HOSTMEM_H

#include <stddef.h>

typedef struct iom_host_table {
	void *at;
	size_t bytes;
} iom_host_table;

/*
 * A table of at least `bytes`, aligned to a page; NULL when the host has no
 * room. With `random_access` a large one asks for huge pages.
 */
void *iom_host_table_new(iom_host_table *table, size_t bytes, int random_access);
void iom_host_table_free(iom_host_table *table);

#endif
