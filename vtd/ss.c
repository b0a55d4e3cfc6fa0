/* SPDX-License-Identifier: MIT */
/*
 * 3.7 Second-Stage Translation. One walk serves legacy mode, PGTT 010b and the
 * second stage of PGTT 011b; only the reasons of its faults differ.
 */
#include "vtd/internal.h"

#include <string.h>

#define ENTRY_ADDRESS UINT64_C(0x000ffffffffff000)
#define ENTRY_PS (UINT64_C(1) << 7)
#define ENTRY_A (UINT64_C(1) << 8)
#define ENTRY_D (UINT64_C(1) << 9)
#define ENTRY_IW (UINT64_C(1) << 62)

/* Names and layouts by level; [1] is a leaf. */
static const struct {
	const char *what;
	const iom_layout *layout;
} kinds[6][2] = {
	[5] = { { "second-stage PML5 entry", &vtd_ss_pml5e_layout } },
	[4] = { { "second-stage PML4 entry", &vtd_ss_pml4e_layout } },
	[3] = { { "second-stage PDP entry", &vtd_ss_pdpe_table_layout },
		{ "second-stage PDP entry (1 GiB page)", &vtd_ss_pdpe_1g_layout } },
	[2] = { { "second-stage PD entry", &vtd_ss_pde_table_layout },
		{ "second-stage PD entry (2 MiB page)", &vtd_ss_pde_2m_layout } },
	[1] = { { NULL, NULL }, { "second-stage page table entry", &vtd_ss_pte_layout } },
};

/* The same condition has another number in legacy mode. */
typedef struct ss_reasons {
	vtd_reason top, access, reserved;
} ss_reasons;

static const ss_reasons reasons[2] = {
	{ VTD_SSS_4, VTD_SSS_1, VTD_SSS_3 },
	{ VTD_LCT_4_3, VTD_LSS_1, VTD_LSS_2 },
};

static bool is_leaf(const vtd_caps *caps, unsigned level, uint64_t entry)
{
	if (level == 1)
		return true;
	if (!(entry & ENTRY_PS))
		return false;
	return level == 2 ? caps->ss2m : level == 3 && caps->ss1g;
}

static bool nothing_permitted(vtd_dma *dma, bool legacy, unsigned level, uint64_t at)
{
	if (!legacy)
		return vtd_fail(dma, VTD_SSS_2, 2, (int)level, at);
	return vtd_fail(dma, dma->write ? VTD_LGN_2 : VTD_LGN_3, 2, (int)level, at);
}

/* The deepest table that the walk cache knows; returns its level. */
static unsigned start(vtd_dma *dma, uint64_t gpa, vtd_table *table)
{
	const vtd_context *ctx = &dma->ctx;
	iom_cache_scope scope = vtd_scope_second(ctx->did);
	unsigned level;

	vtd_perf(dma, VTD_PERF_SS_LOOKUP);
	if (vtd_table_find(dma->unit, &scope, gpa, table, &level) &&
	    table->signature == ctx->signature) {
		vtd_note(dma->unit, "second-stage table", "6.2.5 Paging-Structure Caches", gpa,
			 "cached table %#" G_GINT64_MODIFIER "x of level %u", table->address,
			 level);
		vtd_perf_level(dma, VTD_PERF_SS_HIT, level + 1);
		return level;
	}
	*table = (vtd_table){
		.address = ctx->ss, .signature = ctx->signature, .read = true, .write = true
	};
	return ctx->ss_levels;
}

/*
 * 6.2.4.1: only what has its accessed flags set may be kept, and flags that this
 * request still has to set may never be set if it is refused.
 */
static void keep(vtd_dma *dma, uint64_t gpa, unsigned level, const vtd_table *table)
{
	if (!dma->n_updates && iom_cache_enabled(dma->unit->cache[IOM_CACHE_WALK]))
		vtd_table_keep_second(dma->unit, dma->ctx.did, gpa, level, table, dma->epoch);
}

static bool fetch(vtd_dma *dma, uint64_t at, unsigned level, uint64_t gpa, uint64_t *entry)
{
	vtd_unit *unit = dma->unit;

	iom_count(&unit->base, IOM_STAT_TABLE_READS);
	vtd_perf_level(dma, VTD_PERF_MEMORY_READS, level);
	if (iom_memory_load64(unit->memory, at, entry) != IOM_MEM_OK)
		return false;
	if (iom_observed(&unit->base)) {
		bool leaf = is_leaf(&unit->caps, level, *entry);

		iom_step_read(&unit->base, kinds[level][leaf].what, kinds[level][leaf].layout, at,
			      gpa, entry, 1);
	}
	return true;
}

static void leaf_found(vtd_dma *dma, uint64_t entry, uint64_t at, unsigned level,
		       const vtd_table *rights, vtd_ss *out)
{
	const vtd_context *ctx = &dma->ctx;

	memset(out, 0, sizeof(*out));
	out->lg2 = (uint8_t)(12 + 9 * (level - 1));
	out->page = entry & ENTRY_ADDRESS & ~iom_mask(out->lg2);
	out->leaf = at;
	out->entry = entry;
	out->signature = ctx->signature;
	out->read = rights->read;
	out->write = rights->write;
	out->dirty = !(ctx->flags & VTD_CTX_SSADE) || entry & ENTRY_D;
	out->snoop = dma->unit->caps.sc && vtd_ss_pte_get_SNP(&entry);
	if (ctx->flags & VTD_CTX_EMTE) {
		out->emt = (uint8_t)vtd_ss_pte_get_EMT(&entry);
		out->ipat = vtd_ss_pte_get_IPAT(&entry);
	}
}

/*
 * 3.7.1 Access Rights: an entry without any right ends the walk; otherwise a
 * right is what every entry grants. Whether it suffices is asked at the end of
 * the walk, because rights are defined for valid translations only.
 */
bool vtd_ss_walk(vtd_dma *dma, uint64_t gpa, vtd_ss *out)
{
	vtd_unit *unit = dma->unit;
	const vtd_context *ctx = &dma->ctx;
	bool legacy = ctx->flags & VTD_CTX_LEGACY;
	const ss_reasons *reason = &reasons[legacy];
	bool io = ctx->flags & VTD_CTX_SSIRWE; /* bits 61 and 62 take the place of 0 and 1 */
	vtd_table table;
	unsigned level = start(dma, gpa, &table);

	for (;; level--) {
		unsigned top = level == ctx->ss_levels;
		uint64_t at = table.address + 8 * (gpa >> (12 + 9 * (level - 1)) & 0x1ff);
		uint64_t entry;

		if (!fetch(dma, at, level, gpa, &entry))
			return vtd_fail(dma, top ? reason->top : reason->access, 2, (int)level, at);
		bool r = entry >> (io ? 61 : 0) & 1, w = entry >> (io ? 62 : 1) & 1;
		bool leaf = is_leaf(&unit->caps, level, entry);
		uint64_t reserved = unit->masks.ss[level][leaf] | (io ? 0 : ENTRY_IW);

		if (!r && !w)
			return nothing_permitted(dma, legacy, level, at);
		if (vtd_reserved_noted(dma, kinds[level][leaf].what, &entry, &reserved, 1))
			return vtd_fail(dma, reason->reserved, 2, (int)level, at);
		table.read &= r;
		table.write &= w;
		if (!legacy && !table.read && !table.write)
			return nothing_permitted(dma, legacy, level, at);
		bool flag = ctx->flags & VTD_CTX_SSADE && !(entry & ENTRY_A);

		if (flag && !(ctx->flags & VTD_CTX_PWSNP))
			return vtd_fail(dma, VTD_SSS_5, 2, (int)level, at);
		if (flag)
			vtd_update_add(dma, at, entry, ENTRY_A, VTD_SSS_6, 2, (int)level);
		if (leaf) {
			leaf_found(dma, entry, at, level, &table, out);
			vtd_note(unit, "second-stage page", "3.7.1 Access Rights", gpa,
				 "%#" G_GINT64_MODIFIER "x, 2^%u bytes, %c%c in every entry",
				 out->page, out->lg2, out->read ? 'r' : '-',
				 out->write ? 'w' : '-');
			return true;
		}
		table.address = entry & ENTRY_ADDRESS;
		keep(dma, gpa, level, &table);
	}
}

/* A write through this translation: its leaf must be dirty. */
bool vtd_ss_need_dirty(vtd_dma *dma, vtd_ss *ss)
{
	if (ss->dirty)
		return true;
	if (!(dma->ctx.flags & VTD_CTX_PWSNP))
		return vtd_fail(dma, VTD_SSS_5, 2, (ss->lg2 - 12) / 9 + 1, ss->leaf);
	vtd_update_add(dma, ss->leaf, ss->entry, ENTRY_A | ENTRY_D, VTD_SSS_6, 2,
		       (ss->lg2 - 12) / 9 + 1);
	ss->dirty = true;
	return true;
}

/*
 * The second stage of a nested translation, through the stage-2 cache. A cached
 * page that is not dirty yet is walked again when it must become so.
 */
bool vtd_ss_gpa(vtd_dma *dma, uint64_t gpa, bool dirty, vtd_ss *out)
{
	vtd_unit *unit = dma->unit;
	iom_cache *cache = unit->cache[IOM_CACHE_STAGE2];
	iom_cache_scope scope = vtd_scope_second(dma->ctx.did);
	iom_tag *tag;

	if (iom_cache_lookup(cache, &scope, gpa, out, sizeof(*out), NULL) &&
	    out->signature == dma->ctx.signature && (!dirty || out->dirty)) {
		vtd_note(unit, "second-stage translation", "6.2.5 Paging-Structure Caches", gpa,
			 "cached page %#" G_GINT64_MODIFIER "x", out->page);
		return true;
	}
	if (!vtd_ss_walk(dma, gpa, out))
		return false;
	if (!dma->n_updates && iom_cache_enabled(cache)) {
		tag = vtd_tag(unit, VTD_TAG_STAGE2, dma->ctx.did, 0);
		iom_cache_insert(cache, &scope, gpa, out->lg2, out, sizeof(*out), &tag, 1,
				 dma->epoch);
	}
	return true;
}

/*
 * 3.7.1 Access Rights at the end of a walk. A zero-length read may go to a page
 * that can only be written, if CAP.ZLR says so.
 */
bool vtd_ss_permitted(vtd_dma *dma, const vtd_ss *ss)
{
	bool legacy = dma->ctx.flags & VTD_CTX_LEGACY;
	int level = (ss->lg2 - 12) / 9 + 1;
	bool exempt = dma->zero_length && dma->unit->caps.zlr && ss->write;

	if (dma->type == IOM_TRANSLATION_REQUEST)
		return true;
	if (exempt && dma->read && !ss->read)
		vtd_note(dma->unit, "zero-length read", "3.7.1 Access Rights", dma->address,
			 "CAP.ZLR: needs no read permission where writes are permitted");
	if (dma->write && !ss->write)
		return vtd_fail(dma, legacy ? VTD_LGN_2 : VTD_SGN_6, 2, level, ss->leaf);
	if (dma->read && !ss->read && !exempt)
		return vtd_fail(dma, legacy ? VTD_LGN_3 : VTD_SGN_7, 2, level, ss->leaf);
	return true;
}
