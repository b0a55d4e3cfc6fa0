/* SPDX-License-Identifier: MIT */
/* Finding direct memory to keep; memory.h says for how long. */
#include "core/memory.h"

bool iom_window_look(iom_window *window, const iom_memory *mem, uint64_t addr)
{
	const iom_region *r = mem->n_marks ? NULL : iom_memory_region(mem, addr);
	const uint8_t *host;
	uint64_t first, last;

	if (!r || r->last - addr < 7)
		return false;
	first = r->base;
	last = r->last;
	if (r->kind == IOM_REGION_RAM) {
		host = r->host;
	} else if (r->kind == IOM_REGION_SPARSE) {
		host = iom_sparse_find(r->sparse, addr >> IOM_SPARSE_CHUNK_LG2);
		if (!host)
			return false;
		first = MAX(addr & ~(IOM_SPARSE_CHUNK - 1), r->base);
		last = MIN(addr | (IOM_SPARSE_CHUNK - 1), r->last);
		host += first & (IOM_SPARSE_CHUNK - 1);
	} else {
		return false;
	}
	*window = (iom_window){ host, first, last - first - 7, mem->layout };
	return true;
}
