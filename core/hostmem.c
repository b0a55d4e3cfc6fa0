/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "core/hostmem.h"

#include <stdint.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)

/* A random access to a table of many small pages would miss the host's TLB, too. */
static void *map_huge(size_t *bytes)
{
	size_t rounded = (*bytes + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1), before;
	uint8_t *at = mmap(NULL, rounded + HUGE_PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED)
		return NULL;
	before = -(uintptr_t)at & (HUGE_PAGE - 1);
	if (before)
		munmap(at, before);
	at += before;
	munmap(at + rounded, HUGE_PAGE - before);
#ifdef MADV_HUGEPAGE
	madvise(at, rounded, MADV_HUGEPAGE);
#endif
	*bytes = rounded;
	return at;
}

void *iom_host_table_new(iom_host_table *table, size_t bytes, int random_access)
{
	void *at;

	if (random_access && bytes >= HUGE_PAGE) {
		at = map_huge(&bytes);
	} else {
		at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (at == MAP_FAILED)
			at = NULL;
	}
	table->at = at;
	table->bytes = at ? bytes : 0;
	return at;
}

void iom_host_table_free(iom_host_table *table)
{
	if (table->at)
		munmap(table->at, table->bytes);
	*table = (iom_host_table){ 0 };
}
