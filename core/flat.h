/* SPDX-License-Identifier: MIT */
/*
 * The flattened stage 2: where pages of intermediate addresses (IPA, GPA) are, densely and by
 * thread. It stands before the stage 2 cache as the front does before the IOTLB: what it knows
 * holds while the set of that cache that it came from is as it was, which the stamp in the
 * thread's word of the set says (iom_cache_recent), and the thread's context holds; a use counts
 * as a hit there, and is one for the order of replacement. A stamp that comes round ends the life
 * of contexts before it does; a walk that began before that is one of before.
 *
 * It has entries for pages, in a table by their address, and links for pages that tables of
 * stage 1 are in, found by the descriptor that points to the table: where that has not changed,
 * all that follows from it up to the host's address of the table has not either.
 *
 * An entry is two words:
 *   key     stamp of the set 63:48, address space 47:29, bits 56:28 of the address 28:0
 *   page    address 51:12 in place; way 5:0, size 7:6, what the page is like 63:52 11:8
 */
#ifndef IOM_CORE_FLAT_H
#define IOM_CORE_FLAT_H

#include "core/cache-impl.h"

#define IOM_FLAT_ENTRIES 65536
#define IOM_FLAT_LINKS_LG2 11
#define IOM_FLAT_LINKS (1u << IOM_FLAT_LINKS_LG2)
#define IOM_FLAT_SPACES (1u << 18)
#define IOM_FLAT_SPACE_LG2 29
#define IOM_FLAT_SPACES_KEPT 64

#define IOM_FLAT_ADDRESS UINT64_C(0x000ffffffffff000)
#define IOM_FLAT_WAY UINT64_C(63)
#define IOM_FLAT_SIZE (UINT64_C(3) << 6)
/* The model's; at least one is set. */
#define IOM_FLAT_TRAITS (UINT64_C(0xfff) << 52 | UINT64_C(15) << 8)

typedef struct iom_flat_entry {
	uint64_t key;
	uint64_t page;
} iom_flat_entry;

/* The page that a table is in, and all that another use of it takes. */
typedef struct iom_flat_link {
	uint64_t descriptor;
	uint64_t owner; /* 0: none */
	const uint8_t *host; /* of the table */
	iom_cache_recent *set; /* the thread's word of it */
	iom_cache_use use;
	uint64_t stamp; /* that it had */
	uint64_t spare;
} iom_flat_link;
G_STATIC_ASSERT(sizeof(iom_flat_link) == IOM_LINE);

/* A stage 2 that has entries: contexts that share it share them. */
typedef struct iom_flat_space {
	uint64_t who[2];
	uint64_t generation;
	uint64_t number; /* 0: none */
} iom_flat_space;

typedef struct iom_flat {
	iom_flat_entry *entry;
	iom_flat_link *link;
	iom_cache *cache;
	iom_cache_recent *recent; /* of this thread */
	uint64_t numbers; /* of spaces, given out */
	uint64_t owners;
	iom_flat_space space[IOM_FLAT_SPACES_KEPT];
	iom_host_table entries, links;
} iom_flat;

/* What a context asks it by. */
typedef struct iom_flat_view {
	iom_flat *flat; /* NULL: none */
	/* what it has, beside each other here */
	iom_flat_entry *entry;
	iom_flat_link *link;
	iom_cache_recent *recent;
	const iom_cache_use *touch;
	uint64_t set_mask, above; /* bits of a page's number that are of its set, and the others */
	uint64_t upper, sum; /* what iom_cache_hash() makes of the scope */
	uint64_t space; /* as in keys */
	uint64_t mix; /* spreads the pages of spaces */
	uint64_t owner; /* of links; never used twice */
	uint8_t lg2[4]; /* of pages, by size: 4 KiB, and the smallest of the granule first */
} iom_flat_view;

/* Before the cache is used: threads may have flattened tables of what is in it. */
void iom_flat_enable(iom_cache *cache);
/*
 * That of this thread, in its place of `slots`; NULL where a use of the cache is more than a
 * word of order.
 */
iom_flat *iom_flat_mine(iom_flat **slots, iom_cache *cache);
void iom_flat_free(iom_flat *flat);
/*
 * A view of the stage 2 that who0 and who1 name, for what is read under `generation`: pages of
 * that scope in the cache.
 */
void iom_flat_look(iom_flat *flat, const iom_cache_scope *scope, uint64_t who0, uint64_t who1,
		   uint64_t generation, unsigned granule_lg2, iom_flat_view *view);
/* No link of this view holds any longer, but those that its owner keeps. */
void iom_flat_cut(iom_flat_view *view);
/* A link of its own that a context keeps leads nowhere. */
void iom_flat_link_clear(const iom_flat_view *view, iom_flat_link *link);
/* What the cache gave at that place for an address: its page's address and traits. */
void iom_flat_keep(const iom_flat_view *view, uint64_t address, uint64_t page, unsigned page_lg2,
		   const iom_cache_place *place);
/* The page at an address, which iom_flat_find() gave, has a table whose host address that is. */
void iom_flat_link_to(const iom_flat_view *view, iom_flat_link *link, uint64_t descriptor,
		      uint64_t address, const uint8_t *host);

static inline iom_flat_entry *iom_flat_at(const iom_flat_view *view, uint64_t address)
{
	return &view->entry[(address >> 12 ^ view->mix) & (IOM_FLAT_ENTRIES - 1)];
}

static inline uint64_t iom_flat_key(const iom_flat_view *view, uint64_t address, uint32_t stamp)
{
	return (uint64_t)stamp << 36 | view->space | address >> 28;
}

static inline unsigned iom_flat_lg2(const iom_flat_view *view, uint64_t page)
{
	return view->lg2[page >> 6 & 3];
}

/* The bits of a size that iom_flat_lg2() gives. */
static inline uint64_t iom_flat_size(const iom_flat_view *view, unsigned lg2)
{
	uint64_t size = 0;

	while (size < 3 && view->lg2[size] != lg2)
		size++;
	return size << 6;
}

/* As iom_cache_index() of iom_cache_hash(). */
static inline uint64_t iom_flat_index(const iom_flat_view *view, uint64_t page)
{
	uint64_t hash = ((page & view->above) ^ view->upper) * IOM_CACHE_HASH_PAGE + view->sum;

	return (page ^ hash >> 40) & view->set_mask;
}

/* The second word of the page's entry, which is used once more; 0: there is none. */
static inline __attribute__((always_inline)) uint64_t iom_flat_find(const iom_flat_view *view,
								    uint64_t address)
{
	const iom_flat_entry *e = iom_flat_at(view, address);
	uint64_t page = e->page, at = address >> 12;
	const iom_cache_use *use;
	iom_cache_recent *set;
	uint32_t stamp;

	/* Foreseen, so that the set need not wait for the entry. */
	if (G_UNLIKELY(page & IOM_FLAT_SIZE))
		at = address >> iom_flat_lg2(view, page);
	set = &view->recent[iom_flat_index(view, at)];
	stamp = __atomic_load_n(&set->stamp, __ATOMIC_ACQUIRE);
	if (G_UNLIKELY(e->key != iom_flat_key(view, address, stamp)))
		return 0;
	/* The word is of this stamp since the entry was kept. */
	use = &view->touch[page & IOM_FLAT_WAY];
	IOM_CACHE_STORE(&set->order, (IOM_CACHE_LOAD(&set->order) & use->keep) | use->set);
	return page;
}

static inline iom_flat_link *iom_flat_link_at(const iom_flat_view *view, uint64_t descriptor)
{
	return &view->link[(descriptor ^ view->owner) >> 12 & (IOM_FLAT_LINKS - 1)];
}

static inline bool iom_flat_links(const iom_flat_view *view, const iom_flat_link *link,
				  uint64_t descriptor)
{
	return G_LIKELY(link->descriptor == descriptor) && G_LIKELY(link->owner == view->owner);
}

/* The table that a link leads to, whose page is used once more; false: no longer known. */
static inline __attribute__((always_inline)) bool iom_flat_follow(const iom_flat_link *link,
								  const uint8_t **host)
{
	iom_cache_recent *set = link->set;

	if (G_UNLIKELY(__atomic_load_n(&set->stamp, __ATOMIC_ACQUIRE) != link->stamp))
		return false;
	IOM_CACHE_STORE(&set->order,
			(IOM_CACHE_LOAD(&set->order) & link->use.keep) | link->use.set);
	*host = link->host;
	return true;
}

#endif
