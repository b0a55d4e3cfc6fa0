/* SPDX-License-Identifier: MIT */
/*
 * The pages of a requester, found by asking for one address after the other. An
 * answer covers a page; a refusal covers what its table entry stands for and, as the
 * question is a prefetch, the absent entries after it: a search takes a few steps for
 * each page, however large and empty the tables are.
 */
#include "core/mappings.h"

#include "core/iommu.h"

#define SMALLEST_LG2 12

unsigned iom_absent_run(iom_memory *mem, uint64_t address, unsigned n, uint64_t bits)
{
	uint64_t span = 0, value;
	const char *host = iom_memory_host(mem, address, false, &span);
	unsigned run = 0;

	for (; run < n; run++, address += 8) {
		if (host && span >= 8 * (run + 1u))
			value = GUINT64_FROM_LE(
				__atomic_load_n((const uint64_t *)(const void *)(host + 8 * run),
						__ATOMIC_RELAXED));
		else if (iom_memory_load64(mem, address, &value) != IOM_MEM_OK)
			break;
		if (value & bits)
			break;
	}
	return run;
}

/* One read and, where that is refused, one write: a page may allow only one of them. */
static unsigned ask(iom_iommu *iommu, const iom_request *from, iom_result *result)
{
	iom_request r = *from;
	iom_result second;

	r.length = 1;
	r.type = IOM_UNTRANSLATED;
	r.access = IOM_READ;
	iom_iommu_inspect(iommu, &r, result);
	if (result->status == IOM_OK)
		return 1;
	r.access = IOM_WRITE;
	iom_iommu_inspect(iommu, &r, &second);
	/* Nothing is known beyond what both are refused. */
	if (second.status != IOM_OK)
		second.span = MIN(result->span, second.span);
	*result = second;
	return 2;
}

/* The address after `bytes`, or false at the end of all addresses. */
static bool advance(uint64_t *address, uint64_t bytes)
{
	const uint64_t small = (UINT64_C(1) << SMALLEST_LG2) - 1;
	uint64_t next = *address + bytes;

	/* Without a span, to the next page. */
	if (!bytes)
		next = (*address | small) + 1;
	if (next <= *address)
		return false;
	*address = next;
	return true;
}

static bool whole_page(const iom_request *from, const iom_result *r)
{
	uint64_t low;

	if (r->page_lg2 >= 64)
		return false;
	low = (UINT64_C(1) << r->page_lg2) - 1;
	return r->span == low + 1 - (from->address & low);
}

/* `result` answers for `span` bytes; false when `fn` wants no more. */
static bool tell(const iom_request *from, const iom_result *r,
		 bool (*fn)(void *opaque, const iom_mapping *mapping), void *opaque)
{
	iom_mapping m = {
		.address = from->address,
		.output = r->address,
		.page_lg2 = r->page_lg2,
		.permissions = r->permissions,
		.space = r->space,
		.bypass = (r->flags & IOM_RES_BYPASS) != 0,
	};
	uint64_t left = r->span;

	if (whole_page(from, r)) {
		m.address &= ~((UINT64_C(1) << r->page_lg2) - 1);
		m.output &= ~((UINT64_C(1) << r->page_lg2) - 1);
		return fn(opaque, &m);
	}
	/* A part of a page: in pieces that are aligned by themselves. */
	left += m.address & ((UINT64_C(1) << SMALLEST_LG2) - 1);
	m.address &= ~((UINT64_C(1) << SMALLEST_LG2) - 1);
	m.output &= ~((UINT64_C(1) << SMALLEST_LG2) - 1);
	while (left >> SMALLEST_LG2) {
		unsigned lg2 = SMALLEST_LG2;

		while (lg2 < 63 && left >> (lg2 + 1) && !((m.address | m.output) >> lg2 & 1))
			lg2++;
		m.page_lg2 = (uint8_t)lg2;
		if (!fn(opaque, &m))
			return false;
		m.address += UINT64_C(1) << lg2;
		m.output += UINT64_C(1) << lg2;
		left -= UINT64_C(1) << lg2;
	}
	return true;
}

bool iom_iommu_mappings(iom_iommu *iommu, iom_request *from, uint64_t last, uint64_t steps,
			bool (*fn)(void *opaque, const iom_mapping *mapping), void *opaque)
{
	while (from->address <= last) {
		iom_result result;
		unsigned took;

		if (steps < 2)
			return false;
		took = ask(iommu, from, &result);
		steps -= took;
		if (result.status == IOM_OK && result.permissions && result.span &&
		    !tell(from, &result, fn, opaque))
			return true;
		if (!advance(&from->address, result.span))
			return true;
	}
	return true;
}

bool iom_invalidation_reaches(const iom_invalidation *inv, uint32_t requester, uint32_t pasid,
			      uint64_t *first, uint64_t *last)
{
	*first = 0;
	*last = UINT64_MAX;
	if (inv->requester != IOM_INV_ANY && inv->requester != requester)
		return false;
	if (inv->kind != IOM_INV_TLB)
		return true; /* entries of one PASID may decide for requests without */
	if (inv->pasid != IOM_NO_PASID && pasid != IOM_NO_PASID && inv->pasid != pasid)
		return false;
	/* An intermediate address names no address that a device uses. */
	if (!inv->length || inv->stage == 2)
		return true;
	*first = inv->address;
	*last = inv->address + (inv->length - 1);
	if (*last < *first)
		*last = UINT64_MAX;
	return true;
}
