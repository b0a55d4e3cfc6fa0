/* SPDX-License-Identifier: MIT */
/*
 * The flattened second stage: where pages of guest-physical addresses are, densely
 * and by thread, for pages of first-stage tables and for those that accesses go
 * to. It stands before the stage-2 cache as the front does before the IOTLB: an
 * entry holds while the set of that cache that it came from is as it was, and
 * while the thread's contexts hold; a use counts as a hit there and is one for the
 * order of replacement.
 */
#ifndef IOM_VTD_FLAT_H
#define IOM_VTD_FLAT_H

#include "core/front.h"
#include "core/hostmem.h"
#include "vtd/internal.h"

/* What a second-stage page is like, in the low bits of its address. */
enum {
	VTD_SS_R = 1u << 0,
	VTD_SS_W = 1u << 1,
	VTD_SS_DIRTY = 1u << 2, /* no dirty flag is missing */
	VTD_SS_SNOOP = 1u << 3,
	VTD_SS_IPAT = 1u << 4,
	VTD_SS_EMT = 7u << 5,
	VTD_SS_SIZE_SHIFT = 8, /* of two bits: lg2 of the page is 12 + 9 times that */
};

/*
 * Numbers of address spaces (`space`) are never used twice, and begin at 1: what is
 * zero holds nothing.
 */
typedef struct vtd_flat_entry {
	uint64_t gpa; /* its page of 4 KiB */
	uint64_t space;
	uint64_t page; /* the HPA and VTD_SS_ bits, shifted; the way in the cache */
	uint32_t at; /* the set: its place in iom_cache.recent, in bytes */
	uint32_t sequence; /* of the set */
} vtd_flat_entry;
G_STATIC_ASSERT(sizeof(vtd_flat_entry) == 32);

/* An address has 52 bits: there is room for a way of up to 64. */
#define VTD_FLAT_SHIFT 6
#define VTD_FLAT_WAY 63

/* A second stage that has entries: contexts that share it share them. */
#define VTD_FLAT_SPACES 16
typedef struct vtd_flat_space {
	uint64_t generation; /* it has entries of this one */
	uint64_t number;
	uint32_t signature;
	uint16_t did;
} vtd_flat_space;

struct vtd_flat {
	vtd_flat_entry *entry;
	uint64_t mask;
	const char *sets; /* of the stage-2 cache */
	char *recent; /* this thread's words of order */
	const iom_cache_use *touch;
	uint64_t spaces; /* given out */
	vtd_flat_space space[VTD_FLAT_SPACES];
	iom_host_table table;
};

/* That of this thread; may be NULL. */
vtd_flat *vtd_flat_mine(vtd_unit *unit);
/* The number of the second stage of a context, for what is read under `generation`. */
uint64_t vtd_flat_space_of(vtd_flat *flat, const vtd_context *ctx, uint64_t generation);
void vtd_flat_free(vtd_flat *flat);

static inline vtd_flat_entry *vtd_flat_at(const vtd_flat *flat, uint64_t page, uint64_t space)
{
	return &flat->entry[(page ^ space << 7) & flat->mask];
}

static inline bool vtd_flat_find(const vtd_flat *flat, uint64_t gpa, uint64_t space, uint64_t *page)
{
	const vtd_flat_entry *e = vtd_flat_at(flat, gpa >> 12, space);
	const iom_cache_set *set;
	const iom_cache_use *use;
	uint64_t *order;
	size_t at;

	if (G_UNLIKELY(e->gpa != gpa >> 12) || G_UNLIKELY(e->space != space))
		return false;
	at = e->at;
	/* A header of a set is twice as large as a thread's word of it. */
	set = (const iom_cache_set *)(const void *)(flat->sets + at * 2);
	if (G_UNLIKELY(__atomic_load_n(&set->sequence, __ATOMIC_ACQUIRE) != e->sequence))
		return false;
	/* The word is of this sequence since the entry was kept. */
	order = (uint64_t *)(void *)(flat->recent + at);
	use = &flat->touch[e->page & VTD_FLAT_WAY];
	IOM_CACHE_STORE(order, (IOM_CACHE_LOAD(order) & use->keep) | use->set);
	*page = e->page >> VTD_FLAT_SHIFT;
	return true;
}

/* What iom_cache_find_at() gave at that place, which is usable. */
static inline void vtd_flat_keep(vtd_flat *flat, iom_cache *cache, uint64_t gpa, uint64_t space,
				 uint64_t page, const iom_cache_place *place)
{
	uint64_t at = (uint64_t)place->index * sizeof(iom_cache_recent);

	if (place->way > VTD_FLAT_WAY || at > UINT32_MAX)
		return;
	iom_cache_order(cache, place->index, place->sequence);
	*vtd_flat_at(flat, gpa >> 12, space) =
		(vtd_flat_entry){ .gpa = gpa >> 12,
				  .space = space,
				  .page = page << VTD_FLAT_SHIFT | place->way,
				  .at = (uint32_t)at,
				  .sequence = place->sequence };
}

#endif
