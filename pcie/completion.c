/* SPDX-License-Identifier: MIT */
/*
 * Translation requests and completions: the form of an entry on the bus, and what
 * a translation agent makes of a request for several translations.
 */
#include "pcie/internal.h"

/* ---- 10.2.3 Translation Completion Data Entry ---- */
enum {
	ENTRY_R = 1u << 0,
	ENTRY_W = 1u << 1,
	ENTRY_U = 1u << 2,
	ENTRY_EXE = 1u << 3,
	ENTRY_PRIV = 1u << 4,
	ENTRY_GLOBAL = 1u << 5,
	ENTRY_AMA_LSB = 6,
	ENTRY_CXL_IO = 1u << 9,
	ENTRY_N = 1u << 10,
	ENTRY_S = 1u << 11,
};

#define PAGE_LG2 12u
#define MOST_TRANSLATIONS 16u

uint64_t iom_ats_encode(const iom_ats_entry *entry)
{
	unsigned lg2 = CLAMP(entry->page_lg2, PAGE_LG2, 63u);
	uint64_t word = entry->address & ~((UINT64_C(1) << lg2) - 1);

	/* With S the lowest address bit that is zero tells the size. */
	if (lg2 > PAGE_LG2)
		word |= ENTRY_S | (((UINT64_C(1) << (lg2 - 1)) - 1) & ~UINT64_C(0xfff));
	word |= (entry->permissions & IOM_READ ? ENTRY_R : 0) |
		(entry->permissions & IOM_WRITE ? ENTRY_W : 0) |
		(entry->permissions & IOM_EXECUTE ? ENTRY_EXE : 0);
	word |= (uint64_t)(entry->ama & 7u) << ENTRY_AMA_LSB | (entry->cxl_io ? ENTRY_CXL_IO : 0);
	return word | (entry->untranslated_only ? ENTRY_U : 0) | (entry->no_snoop ? ENTRY_N : 0) |
	       (entry->privileged ? ENTRY_PRIV : 0) | (entry->global ? ENTRY_GLOBAL : 0);
}

void iom_ats_decode(uint64_t word, iom_ats_entry *entry)
{
	uint64_t page = ~word >> PAGE_LG2;

	*entry = (iom_ats_entry){
		.page_lg2 = PAGE_LG2,
		.permissions = (uint8_t)((word & ENTRY_R ? IOM_READ : 0) |
					 (word & ENTRY_W ? IOM_WRITE : 0) |
					 (word & ENTRY_EXE ? IOM_EXECUTE : 0)),
		.untranslated_only = word & ENTRY_U,
		.no_snoop = word & ENTRY_N,
		.privileged = word & ENTRY_PRIV,
		.global = word & ENTRY_GLOBAL,
		.cxl_io = word & ENTRY_CXL_IO,
		.ama = word >> ENTRY_AMA_LSB & 7,
	};
	if (word & ENTRY_S) {
		/* `~word >> 12` has zeros above bit 51 for a word of ones: everything */
		entry->page_lg2 = (uint8_t)MIN(13 + (page ? __builtin_ctzll(page) : 51), 63);
	}
	entry->address = word & ~((UINT64_C(1) << entry->page_lg2) - 1);
}

/* What the bus cannot carry does not reach the function. */
static iom_ats_entry entry_of(const iom_request *request, const iom_result *result,
			      unsigned stu_lg2)
{
	bool granted = result->permissions & (IOM_READ | IOM_WRITE);
	iom_ats_entry entry = {
		.address = result->address,
		.page_lg2 = CLAMP(result->page_lg2, PAGE_LG2, 63u),
		.permissions = result->permissions,
		.untranslated_only = result->flags & IOM_RES_UNTRANSLATED_ONLY,
		.no_snoop = result->flags & IOM_RES_NO_SNOOP,
		/* 10.2.3.7: as the request had it, whatever is granted */
		.privileged = request->flags & IOM_REQ_PASID_PRIV,
		.global = result->flags & IOM_RES_GLOBAL,
		.cxl_io = result->flags & IOM_RES_CXL_IO,
	};

	/* Nothing granted: of the size that software programmed (IHI 0070, 3.9.1.2). */
	if (!granted)
		entry.page_lg2 = (uint8_t)stu_lg2;
	iom_ats_decode(iom_ats_encode(&entry), &entry);
	return entry;
}

/*
 * 10.2.4: one of the translations that follow. It must grant something, for no
 * completion is filled up with empty ones, and be of the size of the others. It is
 * looked at first, so that a page which the completion leaves out is not marked as
 * accessed and leaves no fault behind.
 */
static bool next_entry(iom_iommu *iommu, const iom_request *first, uint64_t address,
		       unsigned stu_lg2, iom_ats_entry *entry)
{
	uint8_t page_lg2 = entry[-1].page_lg2;
	iom_request request = *first;
	iom_result result;

	request.address = address;
	for (unsigned look = 0; look < 2; look++) {
		request.flags = (uint16_t)(first->flags | (look ? 0 : IOM_REQ_SPECULATIVE));
		iom_iommu_translate(iommu, &request, &result);
		if (result.status != IOM_OK || !(result.permissions & (IOM_READ | IOM_WRITE)))
			return false;
		*entry = entry_of(first, &result, stu_lg2);
		if (entry->page_lg2 != page_lg2)
			return false;
	}
	return true;
}

unsigned iom_ats_request(iom_iommu *iommu, const iom_request *request, unsigned stu_lg2,
			 iom_ats_entry *entries, unsigned n, iom_result *result)
{
	iom_request first = *request;
	uint64_t at, last;
	unsigned got;

	n = CLAMP(n, 1u, MOST_TRANSLATIONS);
	stu_lg2 = CLAMP(stu_lg2, PAGE_LG2, 43u);
	first.type = IOM_TRANSLATION_REQUEST;
	first.address &= ~UINT64_C(0xfff);
	first.length = (uint32_t)MIN((uint64_t)n << stu_lg2, UINT32_MAX);
	last = first.address + ((uint64_t)n << stu_lg2) - 1;
	if (last < first.address)
		last = UINT64_MAX;
	iom_iommu_translate(iommu, &first, result);
	if (result->status != IOM_OK)
		return 0;
	entries[0] = entry_of(&first, result, stu_lg2);
	at = first.address & ~((UINT64_C(1) << entries[0].page_lg2) - 1);
	for (got = 1; got < n && entries[0].permissions & (IOM_READ | IOM_WRITE); got++) {
		uint64_t next = at + (UINT64_C(1) << entries[0].page_lg2);

		if (next < at || next > last ||
		    !next_entry(iommu, &first, next, stu_lg2, &entries[got]))
			break;
		at = next;
	}
	return got;
}
