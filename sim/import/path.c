/* SPDX-License-Identifier: MIT */
#include "sim/import/path.h"

#include <string.h>

#define FIRST_SLOTS 1024

void iom_paths_init(iom_paths *p)
{
	memset(p, 0, sizeof(*p));
	p->mask = FIRST_SLOTS - 1;
	p->slot = g_new0(iom_path, FIRST_SLOTS);
	p->arena = g_array_new(FALSE, FALSE, sizeof(iom_path_word));
}

void iom_paths_clear(iom_paths *p)
{
	g_clear_pointer(&p->slot, g_free);
	if (p->arena)
		g_array_unref(p->arena);
	p->arena = NULL;
}

/* The slot of the entry, or the free one where it belongs. */
static iom_path *probe(const iom_paths *p, uint32_t asid, uint32_t vmid, uint64_t page)
{
	uint64_t h = page * 0x9e3779b97f4a7c15u;

	h ^= ((uint64_t)vmid << 32 | asid) * 0xc2b2ae3d27d4eb4fu;
	for (uint32_t i = (uint32_t)(h >> 32) & p->mask;; i = (i + 1) & p->mask) {
		iom_path *e = &p->slot[i];

		if (!e->n_words || (e->page == page && e->asid == asid && e->vmid == vmid))
			return e;
	}
}

iom_path *iom_paths_find(iom_paths *p, uint32_t asid, uint32_t vmid, uint64_t address)
{
	iom_path *found = NULL;

	for (uint64_t sizes = p->sizes; sizes; sizes &= sizes - 1) {
		unsigned lg2 = (unsigned)__builtin_ctzll(sizes);
		iom_path *e = probe(p, asid, vmid, (address >> lg2 << lg2) | lg2);

		if (e->n_words && (!found || (int32_t)(e->stored - found->stored) > 0))
			found = e;
	}
	return found;
}

static void grow(iom_paths *p)
{
	iom_path *old = p->slot;
	uint32_t n = p->mask + 1;

	p->mask = 2 * n - 1;
	p->slot = g_new0(iom_path, 2 * (gsize)n);
	for (uint32_t i = 0; i < n; i++) {
		if (old[i].n_words)
			*probe(p, old[i].asid, old[i].vmid, old[i].page) = old[i];
	}
	g_free(old);
}

iom_path *iom_paths_store(iom_paths *p, uint32_t asid, uint32_t vmid, uint64_t address,
			  unsigned size_lg2, const iom_path_word *words, unsigned n)
{
	uint64_t page = (address >> size_lg2 << size_lg2) | size_lg2;
	iom_path *e = probe(p, asid, vmid, page);

	if (!e->n_words) {
		if (p->n_used >= p->mask / 4 * 3) {
			grow(p);
			e = probe(p, asid, vmid, page);
		}
		p->n_used++;
		p->sizes |= UINT64_C(1) << size_lg2;
		e->page = page;
		e->asid = asid;
		e->vmid = vmid;
		e->room = 0;
	}
	if (n > e->room) {
		e->first = p->arena->len;
		e->room = n;
		g_array_append_vals(p->arena, words, n);
	} else {
		memcpy(&g_array_index(p->arena, iom_path_word, e->first), words,
		       n * sizeof(*words));
	}
	e->n_words = n;
	e->stored = ++p->n_stored;
	e->privileged = false;
	e->checked = 0;
	return e;
}
