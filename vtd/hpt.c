/* SPDX-License-Identifier: MIT */
/*
 * 4.2.4 Host Permission Table: whether a translated request may use the
 * host-physical address that it carries.
 */
#include "vtd/internal.h"

static const struct {
	const char *what;
	const iom_layout *layout;
} kinds[5] = {
	[4] = { "HPT level-4 entry", &vtd_hptl4e_layout },
	[3] = { "HPT level-3 entry", &vtd_hptl3e_layout },
	[2] = { "HPT level-2 entry", &vtd_hptl2e_layout },
	[1] = { "HPT level-1 entry", &vtd_hptl1e_layout },
};

/* An entry of a level covers 2^lg2 bytes, a permission of it 2^leaf_lg2 bytes. */
static const struct {
	uint8_t lg2, leaf_lg2, pp_mask;
} spans[5] = { { 0, 0, 0 }, { 17, 12, 31 }, { 25, 21, 15 }, { 33, 30, 7 }, { 41, 0, 0 } };

/* 4.2.4.1 Access rights */
static bool permitted(vtd_dma *dma, unsigned pp, int level, uint64_t at)
{
	bool exempt = dma->zero_length && dma->unit->caps.zlr;

	if (dma->zero_length && dma->unit->caps.zlr && !pp)
		return vtd_fail(dma, VTD_HPT_4, 0, level, at);
	if (dma->write && !(pp & 2))
		return vtd_fail(dma, VTD_HPT_5, 0, level, at);
	if (dma->read && !(pp & 1) && !exempt)
		return vtd_fail(dma, VTD_HPT_6, 0, level, at);
	return true;
}

/* The payload of a kept permission: its bits 1:0; bit 8 marks one that is there. */
static bool cached(vtd_dma *dma, bool *ok)
{
	vtd_unit *unit = dma->unit;
	iom_cache_scope scope = vtd_scope_hpt(dma->ctx.hptdid);
	uint64_t word[2];

	if (!iom_cache_lookup(unit->cache[IOM_CACHE_WALK], &scope, dma->address, word, sizeof(word),
			      NULL) ||
	    word[1] != dma->ctx.hpt)
		return false;
	*ok = permitted(dma, (unsigned)word[0], 0, 0);
	return *ok; /* a refusal is explained by a walk */
}

static void keep(vtd_dma *dma, unsigned pp, unsigned lg2)
{
	vtd_unit *unit = dma->unit;
	iom_cache_scope scope = vtd_scope_hpt(dma->ctx.hptdid);
	uint64_t word[2] = { pp, dma->ctx.hpt };
	iom_tag *tag;

	if (!pp || !iom_cache_enabled(unit->cache[IOM_CACHE_WALK]))
		return;
	tag = vtd_tag(unit, VTD_TAG_HPT, dma->ctx.hptdid, 0);
	iom_cache_insert(unit->cache[IOM_CACHE_WALK], &scope, dma->address, lg2, word, sizeof(word),
			 &tag, 1, dma->epoch);
}

bool vtd_hpt_walk(vtd_dma *dma)
{
	vtd_unit *unit = dma->unit;
	uint64_t table = dma->ctx.hpt & ~UINT64_C(0xfff);
	unsigned size = (unsigned)dma->ctx.hpt & 3;
	uint64_t entry[2], at = 0;
	bool ok = false;

	if (dma->address >> unit->caps.haw)
		return vtd_fail(dma, VTD_SGN_4_1, 0, -1, 0);
	if (dma->address >> (49 + size))
		return vtd_fail(dma, VTD_SPT_9, 0, -1, 0);
	if (vtd_in_interrupt_range(dma->address))
		return vtd_fail(dma, VTD_SGN_8_3, 0, -1, 0);
	if (cached(dma, &ok))
		return true;

	for (int level = 4; level >= 1; level--) {
		uint64_t index = dma->address >> spans[level].lg2;
		bool reserved;
		unsigned pp = 0;

		if (level < 4)
			index &= 0xff;
		at = table + 16 * index;
		if (!vtd_fetch(unit, kinds[level].what, kinds[level].layout, at, dma->address,
			       entry, 2))
			return vtd_fail(dma, level == 4 ? VTD_HPT_3 : VTD_HPT_1, 0, level, at);
		reserved = vtd_reserved(entry, unit->masks.hpt[level], 2);
		if (reserved)
			return vtd_fail(dma, VTD_HPT_2, 0, level, at);
		if (level < 4) {
			unsigned i = (unsigned)(dma->address >> spans[level].leaf_lg2) &
				     spans[level].pp_mask;

			pp = (unsigned)(entry[i / 16] >> (4 * (i % 16))) & 3;
		}
		if (pp) {
			keep(dma, pp, spans[level].leaf_lg2);
			return permitted(dma, pp, level, at);
		}
		if (level == 1 || !vtd_hptl4e_get_AV(entry))
			return permitted(dma, 0, level, at);
		table = vtd_hptl4e_get_ADDR(entry);
	}
	return permitted(dma, 0, 1, at);
}
