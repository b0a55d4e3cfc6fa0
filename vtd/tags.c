/* SPDX-License-Identifier: MIT */
/*
 * 6.2.1 Tagging of Cached Translations: who owns an entry of a cache.
 *
 * Tags live as long as the unit, so their number must not depend on what a
 * guest writes: PASID tags are folded onto 2^16 identities. Two PASIDs that
 * share one are invalidated together, which is always allowed.
 */
#include "vtd/internal.h"

#include "core/cache-impl.h"

static uint64_t identity(vtd_tag_kind kind, unsigned did, uint32_t pasid)
{
	uint64_t who = did;

	if (kind == VTD_TAG_CONFIG_PASID || kind == VTD_TAG_PASID)
		who = (pasid ^ pasid >> 16 ^ did * 0x9e37u) & 0xffff;
	return (uint64_t)kind << 32 | who;
}

iom_tag *vtd_tag(vtd_unit *unit, vtd_tag_kind kind, unsigned did, uint32_t pasid)
{
	return iom_tags_get(unit->tags, identity(kind, did, pasid));
}

void vtd_tag_drop(vtd_unit *unit, vtd_tag_kind kind, unsigned did, uint32_t pasid)
{
	iom_tag *tag = iom_tags_find(unit->tags, identity(kind, did, pasid));

	if (tag)
		iom_tag_invalidate(unit->tags, tag);
}

unsigned vtd_tags_tlb(vtd_unit *unit, const vtd_context *ctx, iom_tag **tags)
{
	if (!vtd_has_first_stage(ctx->pgtt)) {
		tags[0] = vtd_tag(unit, VTD_TAG_SECOND, ctx->did, 0);
		return 1;
	}
	tags[0] = vtd_tag(unit, VTD_TAG_FIRST, ctx->did, 0);
	tags[1] = vtd_tag(unit, VTD_TAG_PASID, ctx->did, ctx->pasid);
	return 2;
}

/*
 * The deepest table that is known for an address. A look-up in the order of the
 * cache's own choice would do when that begins with the smallest span.
 */
bool vtd_table_find(vtd_unit *unit, const iom_cache_scope *scope, uint64_t address,
		    vtd_table *table, unsigned *level)
{
	iom_cache *cache = unit->cache[IOM_CACHE_WALK];
	unsigned lg2;
	bool found;

	if (__atomic_load_n(&cache->frequent, __ATOMIC_RELAXED) == 21)
		found = iom_cache_find(cache, scope, address, table, sizeof(*table), &lg2, true);
	else
		found = iom_cache_find_slow(cache, scope, address, table, sizeof(*table), &lg2,
					    true, NULL);
	if (found)
		*level = (lg2 - 12) / 9;
	return found;
}

/* What the entry of `level` for an address points to. */
void vtd_table_keep_first(vtd_unit *unit, const vtd_context *ctx, uint64_t address, unsigned level,
			  const vtd_table *table, iom_epoch epoch)
{
	iom_cache_scope scope = vtd_scope_first(ctx->did, ctx->pasid);
	iom_tag *tags[IOM_CACHE_TAGS];
	unsigned n = vtd_tags_tlb(unit, ctx, tags);

	iom_cache_insert(unit->cache[IOM_CACHE_WALK], &scope, address, 12 + 9 * (level - 1), table,
			 sizeof(*table), tags, n, epoch);
}

void vtd_table_keep_second(vtd_unit *unit, unsigned did, uint64_t gpa, unsigned level,
			   const vtd_table *table, iom_epoch epoch)
{
	iom_cache_scope scope = vtd_scope_second(did);
	iom_tag *tag = vtd_tag(unit, VTD_TAG_STAGE2, did, 0);

	iom_cache_insert(unit->cache[IOM_CACHE_WALK], &scope, gpa, 12 + 9 * (level - 1), table,
			 sizeof(*table), &tag, 1, epoch);
}
