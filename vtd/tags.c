/* SPDX-License-Identifier: MIT */
/*
 * 6.2.1 Tagging of Cached Translations: who owns an entry of a cache.
 *
 * A scope names an address space for look-ups. The translations of a domain by
 * the second stage alone share one scope; those in which a first stage has a
 * part have one for each PASID. A tag is what an invalidation names.
 *
 * Tags live as long as the unit, so their number must not depend on what a
 * guest writes: PASID tags are folded onto 2^16 identities. Two PASIDs that
 * share one are invalidated together, which is always allowed.
 */
#include "vtd/internal.h"

enum { SCOPE_CONFIG = 1, SCOPE_FIRST, SCOPE_SECOND, SCOPE_HPT };

static iom_cache_scope scope(unsigned kind, unsigned variant, unsigned did, uint32_t pasid)
{
	return (iom_cache_scope){ (uint64_t)kind << 32 | variant, (uint64_t)did << 32 | pasid };
}

/*
 * The configuration cache is looked up by source-id (the address) and PASID.
 * A translated request may end before the PASID tables, which gives another
 * context.
 */
iom_cache_scope vtd_scope_config(const vtd_dma *dma)
{
	return scope(SCOPE_CONFIG, dma->column == VTD_COLUMN_TRANSLATED + dma->has_pasid, 0,
		     dma->has_pasid ? dma->pasid : IOM_NO_PASID);
}

iom_cache_scope vtd_scope_first(unsigned pgtt, unsigned did, uint32_t pasid)
{
	return scope(SCOPE_FIRST, pgtt, did, pasid);
}

iom_cache_scope vtd_scope_second(unsigned did)
{
	return scope(SCOPE_SECOND, 0, did, 0);
}

iom_cache_scope vtd_scope_hpt(unsigned did)
{
	return scope(SCOPE_HPT, 0, did, 0);
}

iom_cache_scope vtd_scope_tlb(const vtd_context *ctx)
{
	if (ctx->pgtt == VTD_PGTT_FIRST || ctx->pgtt == VTD_PGTT_NESTED)
		return vtd_scope_first(ctx->pgtt, ctx->did, ctx->pasid);
	return vtd_scope_second(ctx->did);
}

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
	if (ctx->pgtt != VTD_PGTT_FIRST && ctx->pgtt != VTD_PGTT_NESTED) {
		tags[0] = vtd_tag(unit, VTD_TAG_SECOND, ctx->did, 0);
		return 1;
	}
	tags[0] = vtd_tag(unit, VTD_TAG_FIRST, ctx->did, 0);
	tags[1] = vtd_tag(unit, VTD_TAG_PASID, ctx->did, ctx->pasid);
	return 2;
}
