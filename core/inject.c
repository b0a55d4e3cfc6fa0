/* SPDX-License-Identifier: MIT */
/*
 * Injected memory errors, kept as disjoint ascending intervals so that the
 * newest mark on an address simply replaces what was there.
 */
#include "core/memory.h"

static void append(GArray *marks, uint64_t base, uint64_t last, uint8_t read, uint8_t write)
{
	iom_mark m = { base, last, read, write };

	if (read == IOM_MEM_OK && write == IOM_MEM_OK)
		return;
	g_array_append_val(marks, m);
}

void iom_memory_inject(iom_memory *mem, uint64_t base, uint64_t size, bool reads, bool writes,
		       iom_mem_status status)
{
	uint64_t last = base + size - 1;
	GArray *out;
	uint64_t next = base; /* first address of the range that is not yet marked */
	bool open = true; /* the range is not yet complete */
	uint8_t r = reads ? (uint8_t)status : IOM_MEM_OK;
	uint8_t w = writes ? (uint8_t)status : IOM_MEM_OK;

	if (!size || !(reads || writes))
		return;
	if (last < base)
		last = UINT64_MAX;
	out = g_array_new(FALSE, FALSE, sizeof(iom_mark));
	for (unsigned i = 0; i < mem->n_marks; i++) {
		const iom_mark *m = &mem->marks[i];
		uint64_t from = MAX(m->base, base), to = MIN(m->last, last);

		if (open && m->base > last) {
			append(out, next, last, r, w);
			open = false;
		}
		if (from > to) {
			append(out, m->base, m->last, m->read, m->write);
			continue;
		}
		if (m->base < from)
			append(out, m->base, from - 1, m->read, m->write);
		if (open && next < from)
			append(out, next, from - 1, r, w);
		append(out, from, to, reads ? r : m->read, writes ? w : m->write);
		if (to == last)
			open = false;
		else
			next = to + 1;
		if (m->last > to)
			append(out, to + 1, m->last, m->read, m->write);
	}
	if (open)
		append(out, next, last, r, w);
	g_free(mem->marks);
	mem->n_marks = out->len;
	mem->layout++;
	mem->marks = (iom_mark *)(void *)g_array_free(out, FALSE);
}

void iom_memory_drop_marks(iom_memory *mem)
{
	g_free(mem->marks);
	mem->marks = NULL;
	mem->n_marks = 0;
	mem->layout++;
}

iom_mem_status iom_memory_marked(const iom_memory *mem, uint64_t addr, uint64_t last, bool write,
				 uint64_t *end)
{
	unsigned lo = 0, hi = mem->n_marks;
	const iom_mark *m;

	/* The first mark that ends at or behind addr. */
	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;

		if (mem->marks[mid].last < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	*end = last;
	if (lo == mem->n_marks)
		return IOM_MEM_OK;
	m = &mem->marks[lo];
	if (m->base > addr) {
		*end = MIN(last, m->base - 1);
		return IOM_MEM_OK;
	}
	*end = MIN(last, m->last);
	return write ? m->write : m->read;
}
