/* SPDX-License-Identifier: MIT */
/* Making and ageing flattened second stages; flat.h says what they are. */
#include "vtd/flat.h"

#define MOST 65536 /* entries: 256 MiB of guest memory in pages of 4 KiB */

static vtd_flat *make(iom_cache *cache, unsigned slot)
{
	uint64_t room = (uint64_t)(cache->set_mask + 1) * cache->ways, n = 64;
	iom_cache_recent *recent = __atomic_load_n(&cache->recent[slot], __ATOMIC_RELAXED);
	vtd_flat *flat;

	if (!recent)
		recent = iom_cache_recent_make(cache, slot);
	if (!recent)
		return NULL;
	while (n < MIN(room, MOST))
		n *= 2;
	flat = g_new0(vtd_flat, 1);
	flat->entry = iom_host_table_new(&flat->table, n * sizeof(vtd_flat_entry), true);
	if (!flat->entry) {
		g_free(flat);
		return NULL;
	}
	flat->mask = n - 1;
	flat->sets = (const char *)cache->sets;
	flat->recent = (char *)recent;
	flat->touch = cache->touch;
	return flat;
}

void vtd_flat_free(vtd_flat *flat)
{
	if (!flat)
		return;
	iom_host_table_free(&flat->table);
	g_free(flat);
}

/* As for a front: a use changes a word of the thread at most. */
static vtd_flat *first_use(vtd_unit *unit, unsigned slot)
{
	iom_cache *cache = unit->cache[IOM_CACHE_STAGE2];

	if (slot == IOM_SLOT_SHARED || !iom_cache_enabled(cache) || !cache->touch)
		return NULL;
	unit->flat[slot] = make(cache, slot);
	return unit->flat[slot];
}

vtd_flat *vtd_flat_mine(vtd_unit *unit)
{
	unsigned slot = iom_thread_slot();
	vtd_flat *flat = unit->flat[slot];

	return flat ? flat : first_use(unit, slot);
}

uint64_t vtd_flat_space_of(vtd_flat *flat, const vtd_context *ctx, uint64_t generation)
{
	vtd_flat_space *s = &flat->space[(ctx->signature ^ ctx->did) % VTD_FLAT_SPACES];

	if (s->generation != generation || s->did != ctx->did || s->signature != ctx->signature)
		*s = (vtd_flat_space){ .generation = generation,
				       .number = ++flat->spaces,
				       .signature = ctx->signature,
				       .did = ctx->did };
	return s->number;
}
