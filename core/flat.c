/* SPDX-License-Identifier: MIT */
/* Making, filling and ageing flattened stages 2; flat.h says what they are. */
#include "core/flat.h"

#include <string.h>

/* Where keys have the stamp of a set. */
G_STATIC_ASSERT(IOM_STAMP_LG2 + IOM_STAMP_BITS + 36 == 64);
G_STATIC_ASSERT(IOM_STAMP_LG2 + 36 >= 18 + IOM_FLAT_SPACE_LG2);

void iom_flat_enable(iom_cache *cache)
{
	cache->stamps |= iom_cache_enabled(cache) && cache->touch;
}

static iom_flat *make(iom_cache *cache, unsigned slot)
{
	iom_cache_recent *recent = __atomic_load_n(&cache->recent[slot], __ATOMIC_RELAXED);
	iom_flat *flat;

	if (!recent)
		recent = iom_cache_recent_make(cache, slot);
	if (!recent)
		return NULL;
	flat = g_new0(iom_flat, 1);
	flat->entry =
		iom_host_table_new(&flat->entries, IOM_FLAT_ENTRIES * sizeof(iom_flat_entry), true);
	flat->link = iom_host_table_new(&flat->links, IOM_FLAT_LINKS * sizeof(iom_flat_link), true);
	if (!flat->entry || !flat->link) {
		iom_flat_free(flat);
		return NULL;
	}
	flat->cache = cache;
	flat->recent = recent;
	return flat;
}

void iom_flat_free(iom_flat *flat)
{
	if (!flat)
		return;
	iom_host_table_free(&flat->entries);
	iom_host_table_free(&flat->links);
	g_free(flat);
}

iom_flat *iom_flat_mine(iom_flat **slots, iom_cache *cache)
{
	unsigned slot = iom_thread_slot();

	if (slot == IOM_SLOT_SHARED || !iom_cache_enabled(cache) || !cache->touch)
		return NULL;
	if (!slots[slot])
		slots[slot] = make(cache, slot);
	return slots[slot];
}

static uint64_t space_of(iom_flat *flat, uint64_t who0, uint64_t who1, uint64_t generation)
{
	iom_flat_space *s = &flat->space[(who0 ^ who1) % IOM_FLAT_SPACES_KEPT];

	if (s->number && s->who[0] == who0 && s->who[1] == who1 && s->generation == generation)
		return s->number;
	if (++flat->numbers >= IOM_FLAT_SPACES) {
		/* Numbers are used again: no entry and no context may still have one. */
		memset(flat->entry, 0, IOM_FLAT_ENTRIES * sizeof(*flat->entry));
		memset(flat->space, 0, sizeof(flat->space));
		flat->numbers = 1;
		iom_tags_outdate(flat->cache->tags);
	}
	*s = (iom_flat_space){ { who0, who1 }, generation, flat->numbers };
	return s->number;
}

void iom_flat_look(iom_flat *flat, const iom_cache_scope *scope, uint64_t who0, uint64_t who1,
		   uint64_t generation, unsigned granule_lg2, iom_flat_view *view)
{
	uint64_t number = flat ? space_of(flat, who0, who1, generation) : 0;

	view->flat = flat;
	if (flat) {
		view->entry = flat->entry;
		view->link = flat->link;
		view->recent = flat->recent;
		view->touch = flat->cache->touch;
		view->set_mask = flat->cache->set_mask;
		view->above = ~view->set_mask;
	}
	view->upper = scope->hi << 32 | scope->hi >> 32;
	view->sum = scope->lo * IOM_CACHE_HASH_SCOPE;
	view->space = number << IOM_FLAT_SPACE_LG2;
	view->mix = number << 7;
	view->lg2[0] = 12;
	view->lg2[1] = (uint8_t)(granule_lg2 == 12 ? 21 : granule_lg2);
	view->lg2[2] = (uint8_t)(view->lg2[1] + granule_lg2 - 3);
	view->lg2[3] = (uint8_t)(view->lg2[2] + granule_lg2 - 3);
	iom_flat_cut(view);
}

void iom_flat_cut(iom_flat_view *view)
{
	/* The lower bits spread the links of contexts. */
	if (view->flat)
		view->owner = ++view->flat->owners << 12;
}

void iom_flat_link_clear(const iom_flat_view *view, iom_flat_link *link)
{
	/* No set has that stamp. */
	*link = (iom_flat_link){ .set = view->recent, .stamp = UINT64_MAX };
}

void iom_flat_keep(const iom_flat_view *view, uint64_t address, uint64_t page, unsigned page_lg2,
		   const iom_cache_place *place)
{
	iom_flat_entry *e = iom_flat_at(view, address);
	uint64_t size = iom_flat_size(view, page_lg2);

	if (!place->usable || place->way > IOM_FLAT_WAY || address >> 57 ||
	    iom_flat_lg2(view, size) != page_lg2)
		return;
	iom_cache_order(view->flat->cache, place->index, place->sequence);
	e->key = iom_flat_key(view, address, iom_cache_stamp(place->sequence));
	e->page = page | size | place->way;
}

void iom_flat_link_to(const iom_flat_view *view, iom_flat_link *link, uint64_t descriptor,
		      uint64_t address, const uint8_t *host)
{
	const iom_flat_entry *e = iom_flat_at(view, address);
	uint64_t index = iom_flat_index(view, address >> iom_flat_lg2(view, e->page));
	iom_cache_recent *set = &view->recent[index];
	uint32_t stamp = __atomic_load_n(&set->stamp, __ATOMIC_ACQUIRE);

	if (e->key != iom_flat_key(view, address, stamp))
		return;
	*link = (iom_flat_link){ .descriptor = descriptor,
				 .owner = view->owner,
				 .host = host,
				 .set = set,
				 .use = view->touch[e->page & IOM_FLAT_WAY],
				 .stamp = stamp };
}
