/* SPDX-License-Identifier: MIT */
/*
 * The walks of ss.c and fs.c for tables in which nothing is wrong or missing:
 * no fault, no flag to set, everything in direct memory. They give up at the
 * first sign of anything else, and the others start over and say what it is.
 */
#include "vtd/internal.h"

#include "core/memory.h"

#define ENTRY_ADDRESS UINT64_C(0x000ffffffffff000)
#define FS_P (UINT64_C(1) << 0)
#define FS_RW (UINT64_C(1) << 1)
#define FS_US (UINT64_C(1) << 2)
#define FS_A (UINT64_C(1) << 5)
#define FS_D (UINT64_C(1) << 6)
#define FS_EA (UINT64_C(1) << 10)
#define SS_A (UINT64_C(1) << 8)
#define SS_D (UINT64_C(1) << 9)
#define SS_IW (UINT64_C(1) << 62)
#define PS (UINT64_C(1) << 7)

typedef struct fast_walk {
	vtd_unit *unit;
	const vtd_context *ctx;
	iom_epoch epoch;
	unsigned reads;
	bool keep; /* in the walk cache */
} fast_walk;

static inline bool load(fast_walk *w, uint64_t at, uint64_t *entry)
{
	const uint64_t *word = iom_memory_word(w->unit->memory, at, 8);

	if (G_UNLIKELY(!word))
		return false;
	*entry = GUINT64_FROM_LE(__atomic_load_n(word, __ATOMIC_ACQUIRE));
	w->reads++;
	return true;
}

/* 3.7: as vtd_ss_walk() */
static inline bool second(fast_walk *w, uint64_t gpa, vtd_ss *out)
{
	const vtd_context *ctx = w->ctx;
	const vtd_masks *masks = &w->unit->masks;
	bool io = ctx->flags & VTD_CTX_SSIRWE;
	uint64_t accessed = ctx->flags & VTD_CTX_SSADE ? SS_A : 0;
	uint64_t rights = UINT64_MAX, more = io ? 0 : SS_IW, entry;
	uint64_t table = ctx->ss;
	unsigned level = ctx->ss_levels, lg2;
	vtd_table known;

	if (w->keep) {
		iom_cache_scope scope = vtd_scope_second(ctx->did);

		if (vtd_table_find(w->unit, &scope, gpa, &known, &level)) {
			if (known.signature != ctx->signature)
				return false;
			table = known.address;
			rights = (uint64_t)known.read | (uint64_t)known.write << 1;
			rights |= rights << 61;
		}
	}
	for (;; level--) {
		bool leaf;

		lg2 = 12 + 9 * (level - 1);
		if (!load(w, table + 8 * (gpa >> lg2 & 0x1ff), &entry))
			return false;
		leaf = level == 1 ||
		       (entry & PS &&
			(level == 2 ? w->unit->caps.ss2m : level == 3 && w->unit->caps.ss1g));
		if ((entry & (masks->ss[level][leaf] | more)) || (entry & accessed) != accessed)
			return false;
		rights &= entry;
		if (!(rights >> (io ? 61 : 0) & 3))
			return false;
		if (leaf)
			break;
		table = entry & ENTRY_ADDRESS;
		if (w->keep) {
			known = (vtd_table){ .address = table,
					     .signature = ctx->signature,
					     .read = rights >> (io ? 61 : 0) & 1,
					     .write = rights >> (io ? 62 : 1) & 1 };
			vtd_table_keep_second(w->unit, ctx->did, gpa, level, &known, w->epoch);
		}
	}
	out->page = entry & ENTRY_ADDRESS & ~iom_mask(lg2);
	out->leaf = table + 8 * (gpa >> lg2 & 0x1ff);
	out->entry = entry;
	out->signature = ctx->signature;
	out->lg2 = (uint8_t)lg2;
	out->read = rights >> (io ? 61 : 0) & 1;
	out->write = rights >> (io ? 62 : 1) & 1;
	out->dirty = !accessed || entry & SS_D;
	out->snoop = w->unit->caps.sc && entry >> 11 & 1;
	out->emt = ctx->flags & VTD_CTX_EMTE ? (uint8_t)(entry >> 3 & 7) : 0;
	out->ipat = ctx->flags & VTD_CTX_EMTE && entry >> 6 & 1;
	return true;
}

/* The second stage of a guest-physical address, as vtd_ss_gpa() */
static inline bool second_of(fast_walk *w, uint64_t gpa, vtd_ss *out)
{
	iom_cache *cache = w->unit->cache[IOM_CACHE_STAGE2];
	bool enabled = iom_cache_enabled(cache);
	iom_cache_scope scope = vtd_scope_second(w->ctx->did);
	iom_tag *tag;

	if (enabled && iom_cache_lookup(cache, &scope, gpa, out, sizeof(*out), NULL))
		return out->signature == w->ctx->signature;
	if (!second(w, gpa, out))
		return false;
	if (enabled) {
		tag = vtd_tag(w->unit, VTD_TAG_STAGE2, w->ctx->did, 0);
		iom_cache_insert(cache, &scope, gpa, out->lg2, out, sizeof(*out), &tag, 1,
				 w->epoch);
	}
	return true;
}

/* 3.6 and 3.8: as vtd_fs_walk(), with or without a second stage */
static inline __attribute__((always_inline)) bool first(fast_walk *w, uint64_t address, bool write,
							bool nested, vtd_found *found)
{
	const vtd_context *ctx = w->ctx;
	const vtd_masks *masks = &w->unit->masks;
	uint64_t flags = FS_P | FS_A | (ctx->flags & VTD_CTX_EAFE ? FS_EA : 0);
	uint64_t rights = FS_RW | FS_US, table = ctx->fs, entry, page;
	unsigned level = ctx->fs_levels, lg2, pat;
	unsigned width = nested ? vtd_width(&w->unit->caps, ctx->ss_levels - 2u) : 64;
	vtd_ss ss = { .read = true, .write = true, .dirty = true, .lg2 = 63 };
	vtd_table known;

	if (w->keep) {
		iom_cache_scope scope = vtd_scope_first(ctx->pgtt, ctx->did, ctx->pasid);

		if (vtd_table_find(w->unit, &scope, address, &known, &level)) {
			if (known.signature != ctx->signature)
				return false;
			table = known.address;
			rights = (known.user ? FS_US : 0) | (known.fs_write ? FS_RW : 0);
		}
	}
	for (;; level--) {
		uint64_t at;
		bool leaf;

		lg2 = 12 + 9 * (level - 1);
		at = table + 8 * (address >> lg2 & 0x1ff);
		if (nested) {
			if (!second_of(w, at, &ss) || !ss.read ||
			    (ctx->flags & VTD_CTX_SSADE && !ss.write))
				return false;
			at = ss.page | (at & iom_mask(ss.lg2));
		}
		if (!load(w, at, &entry))
			return false;
		leaf = level == 1 ||
		       (entry & PS && (level == 2 || (level == 3 && w->unit->caps.fs1gp)));
		if ((entry & flags) != flags || entry & masks->fs[level][leaf])
			return false;
		rights &= entry;
		table = entry & ENTRY_ADDRESS;
		if (leaf)
			break;
		if (nested && table >> width)
			return false;
		if (w->keep) {
			known = (vtd_table){ .address = table,
					     .signature = ctx->signature,
					     .user = rights & FS_US,
					     .fs_write = rights & FS_RW };
			vtd_table_keep_first(w->unit, ctx, address, level, &known, w->epoch);
		}
	}
	page = table & ~iom_mask(lg2);
	pat = (unsigned)(entry >> 3 & 3) | (unsigned)(entry >> (level == 1 ? 7 : 12) & 1) << 2;
	if (nested) {
		uint64_t gpa = page | (address & iom_mask(lg2));

		if (page >> width || !second_of(w, gpa, &ss))
			return false;
		lg2 = MIN(lg2, ss.lg2);
		page = (ss.page | (gpa & iom_mask(ss.lg2))) & ~iom_mask(lg2);
	}
	if (write && (!(entry & FS_D) || !ss.dirty))
		return false;
	found->page = page;
	found->lg2 = (uint8_t)lg2;
	found->flags =
		(uint8_t)((rights & FS_US ? VTD_TLB_USER : 0) |
			  (rights & FS_RW ? VTD_TLB_FS_W : 0) | (ss.read ? VTD_TLB_SS_R : 0) |
			  (ss.write ? VTD_TLB_SS_W : 0) | (nested && ss.snoop ? VTD_TLB_SNOOP : 0) |
			  (entry & FS_D && ss.dirty ? VTD_TLB_DIRTY : 0));
	found->memtype = w->unit->caps.mts
				 ? vtd_memtype(w->unit, ctx, pat, nested ? &ss : NULL, page)
				 : IOM_MEM_NORMAL_WB;
	return true;
}

bool vtd_walk_fast(vtd_unit *unit, const vtd_context *ctx, uint64_t address, bool write,
		   vtd_found *found)
{
	fast_walk w = { .unit = unit,
			.ctx = ctx,
			.epoch = iom_tags_epoch(unit->tags),
			.keep = iom_cache_enabled(unit->cache[IOM_CACHE_WALK]) };
	uint64_t above = address >> (ctx->width - 1);
	vtd_ss ss;
	bool ok;

	switch (ctx->pgtt) {
	case VTD_PGTT_FIRST:
		ok = (!above || above == iom_mask(65u - ctx->width)) &&
		     first(&w, address, write, false, found);
		break;
	case VTD_PGTT_NESTED:
		ok = (!above || above == iom_mask(65u - ctx->width)) &&
		     first(&w, address, write, true, found);
		break;
	case VTD_PGTT_LEGACY:
	case VTD_PGTT_SECOND:
		ok = !(address >> ctx->width) && second(&w, address, &ss) && (!write || ss.dirty);
		if (!ok)
			break;
		found->page = ss.page;
		found->lg2 = ss.lg2;
		found->flags =
			(uint8_t)((ss.read ? VTD_TLB_SS_R : 0) | (ss.write ? VTD_TLB_SS_W : 0) |
				  (ss.dirty ? VTD_TLB_DIRTY : 0) | (ss.snoop ? VTD_TLB_SNOOP : 0));
		found->memtype = unit->caps.mts ? vtd_memtype(unit, ctx, 0, &ss, ss.page)
						: IOM_MEM_NORMAL_WB;
		break;
	default:
		return false;
	}
	if (ok)
		iom_count_n(&unit->base, IOM_STAT_TABLE_READS, w.reads);
	return ok;
}
