/* SPDX-License-Identifier: MIT */
#include "sim/driver/pagetable.h"

#include "core/layout.h"

uint64_t iom_guest_alloc(iom_guest_pool *pool, uint64_t size, uint64_t align)
{
	uint64_t base = (pool->next + align - 1) & ~(align - 1);

	if (base > pool->end || size > pool->end - base)
		return 0;
	pool->next = base + size;
	return base;
}

static unsigned bits_per_level(const iom_pt *pt)
{
	return pt->granule_lg2 - 3u;
}

unsigned iom_pt_levels(const iom_pt *pt)
{
	unsigned bits = pt->input_bits - pt->granule_lg2;

	return (bits + bits_per_level(pt) - 1) / bits_per_level(pt);
}

unsigned iom_pt_shift(const iom_pt *pt, unsigned depth)
{
	return pt->granule_lg2 + bits_per_level(pt) * (iom_pt_levels(pt) - 1 - depth);
}

bool iom_pt_init(iom_pt *pt, iom_guest_pool *pool, iom_pt_format format, unsigned granule_lg2,
		 unsigned input_bits)
{
	pt->pool = pool;
	pt->format = format;
	pt->granule_lg2 = (uint8_t)granule_lg2;
	pt->input_bits = (uint8_t)input_bits;
	pt->root = iom_guest_alloc(pool, UINT64_C(1) << granule_lg2, UINT64_C(1) << granule_lg2);
	return pt->root != 0;
}

static uint64_t table_entry(const iom_pt *pt, uint64_t table)
{
	uint64_t address = table + pt->pool->offset;

	/* VT-d: present or readable, writable; first stage also user-accessible. */
	switch (pt->format) {
	case IOM_PT_VTD_FS:
		return address | 0x7 | 1u << 5;
	default:
		return address | 0x3;
	}
}

static uint64_t leaf_entry(const iom_pt *pt, uint64_t pa, unsigned access, bool block)
{
	bool r = access & IOM_READ, w = access & IOM_WRITE;

	switch (pt->format) {
	case IOM_PT_ARM_S1:
		/* nG, AF, inner shareable, AttrIndx 0, unprivileged access */
		return pa | (block ? 1u : 3u) | 1u << 11 | 1u << 10 | 3u << 8 | 1u << 6 |
		       (w ? 0u : 1u << 7);
	case IOM_PT_ARM_S2:
		return pa | (block ? 1u : 3u) | 1u << 10 | 3u << 8 | 0xfu << 2 |
		       (r ? 1u << 6 : 0u) | (w ? 1u << 7 : 0u);
	case IOM_PT_VTD_FS:
		/* present, user, accessed and dirty already */
		return pa | 1u | (w ? 2u : 0u) | 1u << 2 | 1u << 5 | 1u << 6 |
		       (block ? 1u << 7 : 0u);
	case IOM_PT_VTD_SS:
	default:
		return pa | (r ? 1u : 0u) | (w ? 2u : 0u) | (block ? 1u << 7 : 0u);
	}
}

static bool is_table(const iom_pt *pt, uint64_t entry)
{
	switch (pt->format) {
	case IOM_PT_ARM_S1:
	case IOM_PT_ARM_S2:
		return (entry & 3) == 3;
	case IOM_PT_VTD_FS:
		return (entry & 1) && !(entry & 1u << 7);
	case IOM_PT_VTD_SS:
	default:
		return (entry & 3) && !(entry & 1u << 7);
	}
}

static uint64_t table_address(const iom_pt *pt, uint64_t entry)
{
	return (entry & iom_mask(52) & ~iom_mask(pt->granule_lg2)) - pt->pool->offset;
}

static uint64_t entry_address(const iom_pt *pt, uint64_t table, uint64_t va, unsigned depth)
{
	uint64_t index = va >> iom_pt_shift(pt, depth) & iom_mask(bits_per_level(pt));

	return table + index * 8;
}

/* The entry of `va` at `depth`, tables on the way made on demand; 0 when exhausted. */
static uint64_t reach(iom_pt *pt, uint64_t va, unsigned depth)
{
	uint64_t table = pt->root, size = UINT64_C(1) << pt->granule_lg2;

	for (unsigned d = 0; d < depth; d++) {
		uint64_t at = entry_address(pt, table, va, d), entry = 0;

		iom_memory_load64(pt->pool->memory, at, &entry);
		if (!is_table(pt, entry)) {
			uint64_t next = iom_guest_alloc(pt->pool, size, size);

			if (!next)
				return 0;
			entry = table_entry(pt, next);
			iom_memory_store64(pt->pool->memory, at, entry);
		}
		table = table_address(pt, entry);
	}
	return entry_address(pt, table, va, depth);
}

bool iom_pt_map(iom_pt *pt, uint64_t va, uint64_t pa, uint64_t size, unsigned access,
		unsigned max_page_lg2)
{
	unsigned last = iom_pt_levels(pt) - 1;

	while (size > 0) {
		unsigned depth = last;

		while (depth > 0) {
			unsigned shift = iom_pt_shift(pt, depth - 1);

			if (shift > max_page_lg2 || ((va | pa) & iom_mask(shift)) ||
			    size < UINT64_C(1) << shift)
				break;
			depth--;
		}
		uint64_t at = reach(pt, va, depth), step = UINT64_C(1) << iom_pt_shift(pt, depth);

		if (!at)
			return false;
		iom_memory_store64(pt->pool->memory, at, leaf_entry(pt, pa, access, depth != last));
		va += step;
		pa += step;
		size -= step;
	}
	return true;
}

static bool find(const iom_pt *pt, uint64_t va, uint64_t *at, uint64_t *entry, unsigned *depth)
{
	uint64_t table = pt->root;
	unsigned last = iom_pt_levels(pt) - 1;

	for (unsigned d = 0; d <= last; d++) {
		*at = entry_address(pt, table, va, d);
		*entry = 0;
		*depth = d;
		iom_memory_load64(pt->pool->memory, *at, entry);
		if (d == last || !is_table(pt, *entry))
			return *entry != 0;
		table = table_address(pt, *entry);
	}
	return false;
}

void iom_pt_unmap(iom_pt *pt, uint64_t va, uint64_t size)
{
	uint64_t end = va + size;

	while (va < end) {
		uint64_t at, entry;
		unsigned depth;
		bool found = find(pt, va, &at, &entry, &depth);
		uint64_t step = UINT64_C(1) << iom_pt_shift(pt, depth);

		if (found)
			iom_memory_store64(pt->pool->memory, at, 0);
		va = (va & ~(step - 1)) + step;
		if (va == 0)
			break;
	}
}

bool iom_pt_leaf(const iom_pt *pt, uint64_t va, uint64_t *address, uint64_t *value)
{
	unsigned depth;

	return find(pt, va, address, value, &depth);
}
