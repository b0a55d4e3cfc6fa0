/* SPDX-License-Identifier: MIT */
/*
 * 64-bit words of guest memory, zero where nothing was stored. The importers
 * keep two: what the tables file says, and what the trace has written so far.
 */
#ifndef IOM_SIM_IMPORT_SHADOW_H
#define IOM_SIM_IMPORT_SHADOW_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define IOM_SHADOW_WORDS 512

typedef struct iom_shadow_page {
	uint64_t number; /* address >> 12 */
	uint64_t word[IOM_SHADOW_WORDS];
} iom_shadow_page;

typedef struct iom_shadow {
	iom_shadow_page **slot; /* open addressing */
	uint32_t mask; /* slots - 1 */
	uint32_t n_pages;
	iom_shadow_page *last; /* found last */
	uint64_t changes; /* words that took another value */
} iom_shadow;

void iom_shadow_init(iom_shadow *s);
void iom_shadow_clear(iom_shadow *s);
/* The page of `address`; NULL if nothing was ever stored there. */
iom_shadow_page *iom_shadow_find(iom_shadow *s, uint64_t address);
/* Store a word; false if it had that value already. */
bool iom_shadow_set(iom_shadow *s, uint64_t address, uint64_t value);
/* Every page, in ascending order of address; free the array. */
GPtrArray *iom_shadow_sorted(const iom_shadow *s);

static inline uint64_t iom_shadow_get(iom_shadow *s, uint64_t address)
{
	const iom_shadow_page *page = s->last;

	if (!page || page->number != address >> 12) {
		page = iom_shadow_find(s, address);
		if (!page)
			return 0;
	}
	return page->word[(address & 0xfff) >> 3];
}

#endif
