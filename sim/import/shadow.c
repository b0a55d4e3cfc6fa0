/* SPDX-License-Identifier: MIT */
#include "sim/import/shadow.h"

#include <string.h>

#define FIRST_SLOTS 64

static inline uint32_t slot_of(const iom_shadow *s, uint64_t number)
{
	return (uint32_t)((number * 0x9e3779b97f4a7c15u) >> 32) & s->mask;
}

void iom_shadow_init(iom_shadow *s)
{
	memset(s, 0, sizeof(*s));
	s->mask = FIRST_SLOTS - 1;
	s->slot = g_new0(iom_shadow_page *, FIRST_SLOTS);
}

void iom_shadow_clear(iom_shadow *s)
{
	for (uint32_t i = 0; s->slot && i <= s->mask; i++)
		g_free(s->slot[i]);
	g_free(s->slot);
	memset(s, 0, sizeof(*s));
}

iom_shadow_page *iom_shadow_find(iom_shadow *s, uint64_t address)
{
	uint64_t number = address >> 12;

	for (uint32_t i = slot_of(s, number); s->slot[i]; i = (i + 1) & s->mask) {
		if (s->slot[i]->number == number) {
			s->last = s->slot[i];
			return s->last;
		}
	}
	return NULL;
}

static void insert(iom_shadow *s, iom_shadow_page *page)
{
	uint32_t i = slot_of(s, page->number);

	while (s->slot[i])
		i = (i + 1) & s->mask;
	s->slot[i] = page;
}

static void grow(iom_shadow *s)
{
	iom_shadow_page **old = s->slot;
	uint32_t n = s->mask + 1;

	s->mask = 2 * n - 1;
	s->slot = g_new0(iom_shadow_page *, 2 * (gsize)n);
	for (uint32_t i = 0; i < n; i++) {
		if (old[i])
			insert(s, old[i]);
	}
	g_free(old);
}

bool iom_shadow_set(iom_shadow *s, uint64_t address, uint64_t value)
{
	iom_shadow_page *page = s->last;
	uint64_t *word;

	if (!page || page->number != address >> 12)
		page = iom_shadow_find(s, address);
	if (!page) {
		if (!value)
			return false;
		if (s->n_pages >= s->mask / 4 * 3)
			grow(s);
		page = g_new0(iom_shadow_page, 1);
		page->number = address >> 12;
		insert(s, page);
		s->n_pages++;
		s->last = page;
	}
	word = &page->word[(address & 0xfff) >> 3];
	if (*word == value)
		return false;
	*word = value;
	s->changes++;
	return true;
}

static int by_number(const void *a, const void *b)
{
	const iom_shadow_page *const *x = a, *const *y = b;

	return (*x)->number < (*y)->number ? -1 : (*x)->number > (*y)->number;
}

GPtrArray *iom_shadow_sorted(const iom_shadow *s)
{
	GPtrArray *pages = g_ptr_array_new();

	for (uint32_t i = 0; i <= s->mask; i++) {
		if (s->slot[i])
			g_ptr_array_add(pages, s->slot[i]);
	}
	g_ptr_array_sort(pages, by_number);
	return pages;
}
