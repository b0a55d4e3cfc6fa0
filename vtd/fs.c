/* SPDX-License-Identifier: MIT */
/*
 * 3.6 First-Stage Translation, alone or nested on a second stage (3.8 Nested
 * Translation): every first-stage table then has a guest-physical address.
 */
#include "vtd/internal.h"

#define ENTRY_ADDRESS UINT64_C(0x000ffffffffff000)
#define ENTRY_P (UINT64_C(1) << 0)
#define ENTRY_RW (UINT64_C(1) << 1)
#define ENTRY_US (UINT64_C(1) << 2)
#define ENTRY_A (UINT64_C(1) << 5)
#define ENTRY_D (UINT64_C(1) << 6)
#define ENTRY_PS (UINT64_C(1) << 7)
#define ENTRY_EA (UINT64_C(1) << 10)

static const struct {
	const char *what;
	const iom_layout *layout;
} kinds[6][2] = {
	[5] = { { "first-stage PML5 entry", &vtd_fs_pml5e_layout } },
	[4] = { { "first-stage PML4 entry", &vtd_fs_pml4e_layout } },
	[3] = { { "first-stage PDP entry", &vtd_fs_pdpe_table_layout },
		{ "first-stage PDP entry (1 GiB page)", &vtd_fs_pdpe_1g_layout } },
	[2] = { { "first-stage PD entry", &vtd_fs_pde_table_layout },
		{ "first-stage PD entry (2 MiB page)", &vtd_fs_pde_2m_layout } },
	[1] = { { NULL, NULL }, { "first-stage page table entry", &vtd_fs_pte_layout } },
};

/* The state of a walk. */
typedef struct fs_walk {
	vtd_table table;
	unsigned level;
	bool nested;
	uint64_t gpa; /* of the entry, equal to `at` unless nested */
	uint64_t at; /* HPA of the entry */
	uint64_t entry;
	vtd_ss page; /* nested: of the table that holds the entry */
	uint8_t width; /* nested: bits of a guest-physical address */
} fs_walk;

static bool is_leaf(const vtd_caps *caps, unsigned level, uint64_t entry)
{
	if (level == 1)
		return true;
	return entry & ENTRY_PS && (level == 2 || (level == 3 && caps->fs1gp));
}

static void start(vtd_dma *dma, fs_walk *w)
{
	const vtd_context *ctx = &dma->ctx;
	iom_cache_scope scope = vtd_scope_first(ctx->did, ctx->pasid);

	w->nested = ctx->pgtt == VTD_PGTT_NESTED;
	w->width = w->nested ? vtd_width(&dma->unit->caps, ctx->ss_levels - 2u) : 64;
	vtd_perf(dma, VTD_PERF_FS_LOOKUP);
	if (vtd_table_find(dma->unit, &scope, dma->address, &w->table, &w->level) &&
	    w->table.signature == ctx->signature) {
		vtd_perf_level(dma, VTD_PERF_FS_HIT, w->level + 1);
		vtd_note(dma->unit, "first-stage table", "6.2.5 Paging-Structure Caches",
			 dma->address, "cached table %#" G_GINT64_MODIFIER "x of level %u",
			 w->table.address, w->level);
		return;
	}
	w->level = ctx->fs_levels;
	w->table = (vtd_table){
		.address = ctx->fs, .signature = ctx->signature, .user = true, .fs_write = true
	};
}

/* Not with flags that are still to be set; see keep() of ss.c. */
static void keep(vtd_dma *dma, const fs_walk *w)
{
	if (!dma->n_updates && iom_cache_enabled(dma->unit->cache[IOM_CACHE_WALK]))
		vtd_table_keep_first(dma->unit, &dma->ctx, dma->address, w->level, &w->table,
				     dma->epoch);
}

/*
 * 3.8.1 Access Rights: reading a first-stage entry needs read permission of the
 * second stage, and write permission as well when that one keeps dirty flags.
 */
static bool locate(vtd_dma *dma, fs_walk *w)
{
	bool top = w->level == dma->ctx.fs_levels;

	w->gpa = w->table.address + 8 * (dma->address >> (12 + 9 * (w->level - 1)) & 0x1ff);
	w->at = w->gpa;
	if (!w->nested)
		return true;
	vtd_note(dma->unit, "nested translation", "3.8 Nested Translation", w->gpa,
		 "the first-stage entry of level %u has a guest-physical address", w->level);
	if (!vtd_ss_gpa(dma, w->gpa, false, &w->page))
		return false;
	if (!w->page.read || (dma->ctx.flags & VTD_CTX_SSADE && !w->page.write))
		return vtd_fail(dma, top ? VTD_SFS_6 : VTD_SFS_7, 1, (int)w->level, w->gpa);
	w->at = w->page.page | (w->gpa & iom_mask(w->page.lg2));
	return true;
}

static bool fetch(vtd_dma *dma, fs_walk *w)
{
	vtd_unit *unit = dma->unit;
	bool top = w->level == dma->ctx.fs_levels;

	iom_count(&unit->base, IOM_STAT_TABLE_READS);
	vtd_perf_level(dma, VTD_PERF_MEMORY_READS, w->level);
	if (iom_memory_load64(unit->memory, w->at, &w->entry) != IOM_MEM_OK)
		return vtd_fail(dma, top ? VTD_SFS_4 : VTD_SFS_1, 1, (int)w->level, w->at);
	if (iom_observed(&unit->base)) {
		bool leaf = is_leaf(&unit->caps, w->level, w->entry);

		iom_step_read(&unit->base, kinds[w->level][leaf].what, kinds[w->level][leaf].layout,
			      w->at, dma->address, &w->entry, 1);
	}
	return true;
}

/*
 * 3.6.2 Accessed, Extended Accessed, and Dirty Flags. The write to the entry
 * needs a snooped walk, and when nested write permission of the second stage,
 * where it makes the page dirty.
 */
static bool want(vtd_dma *dma, fs_walk *w, uint64_t flags)
{
	if (!(flags & ~w->entry))
		return true;
	if (!(dma->ctx.flags & VTD_CTX_PWSNP))
		return vtd_fail(dma, VTD_SFS_9, 1, (int)w->level, w->at);
	if (w->nested) {
		if (!w->page.write)
			return vtd_fail(dma, VTD_SFS_8, 1, (int)w->level, w->at);
		/* a cached page may lack its leaf: walk once more for the flag */
		if (!w->page.dirty &&
		    !(vtd_ss_gpa(dma, w->gpa, true, &w->page) && vtd_ss_need_dirty(dma, &w->page)))
			return false;
	}
	vtd_update_add(dma, w->at, w->entry, flags, VTD_SFS_10, 1, (int)w->level);
	return true;
}

/*
 * 3.6.1 Access Rights, judged for the whole path: reads of a user need U/S
 * everywhere, writes R/W too; a supervisor may do everything unless WPE is set.
 */
static bool first_write(const vtd_dma *dma, const vtd_table *t)
{
	if (dma->supervisor)
		return t->fs_write || !(dma->ctx.flags & VTD_CTX_WPE);
	return t->user && t->fs_write;
}

static bool first_permitted(vtd_dma *dma, const fs_walk *w)
{
	vtd_note(dma->unit, "first-stage rights", "3.6.1 Access Rights", dma->address,
		 "%s request; every entry has U/S %u, R/W %u; WPE %u",
		 dma->supervisor ? "supervisor" : "user", w->table.user, w->table.fs_write,
		 (dma->ctx.flags & VTD_CTX_WPE) != 0);
	if (!dma->supervisor && !w->table.user)
		return vtd_fail(dma, VTD_SGN_2, 1, (int)w->level, w->at);
	if (dma->type != IOM_TRANSLATION_REQUEST && dma->write && !first_write(dma, &w->table))
		return vtd_fail(dma, VTD_SGN_6, 1, (int)w->level, w->at);
	return true;
}

/* The slot of PAT that the leaf selects: PAT, PCD, PWT. */
static unsigned pat_index(const fs_walk *w)
{
	const uint64_t *e = &w->entry;

	if (w->level == 1)
		return (unsigned)(vtd_fs_pte_get_PAT(e) << 2 | vtd_fs_pte_get_PCD(e) << 1 |
				  vtd_fs_pte_get_PWT(e));
	return (unsigned)(vtd_fs_pde_2m_get_PAT(e) << 2 | vtd_fs_pde_2m_get_PCD(e) << 1 |
			  vtd_fs_pde_2m_get_PWT(e));
}

/* The page is known: second stage of it, dirty flags, and what goes into the IOTLB. */
static bool finish(vtd_dma *dma, fs_walk *w, vtd_found *out)
{
	unsigned lg2 = 12 + 9 * (w->level - 1);
	uint64_t page = w->entry & ENTRY_ADDRESS & ~iom_mask(lg2);
	bool translation = dma->type == IOM_TRANSLATION_REQUEST;
	bool write = translation ? !dma->no_write && first_write(dma, &w->table) : dma->write;
	vtd_ss ss = {
		.page = page, .lg2 = (uint8_t)lg2, .read = true, .write = true, .dirty = true
	};

	if (w->nested) {
		uint64_t gpa = page | (dma->address & iom_mask(lg2));

		vtd_note(dma->unit, "nested translation", "3.8 Nested Translation", gpa,
			 "the page has a guest-physical address");
		if (!vtd_ss_gpa(dma, gpa, false, &ss) || !vtd_ss_permitted(dma, &ss))
			return false;
		write = write && ss.write;
		if (write && !ss.dirty &&
		    !(vtd_ss_gpa(dma, gpa, true, &ss) && vtd_ss_need_dirty(dma, &ss)))
			return false;
		lg2 = MIN(lg2, ss.lg2);
		page = (ss.page | (gpa & iom_mask(ss.lg2))) & ~iom_mask(lg2);
	}
	uint64_t flags =
		ENTRY_A | (dma->ctx.flags & VTD_CTX_EAFE ? ENTRY_EA : 0) | (write ? ENTRY_D : 0);

	if (!want(dma, w, flags))
		return false;
	out->page = page;
	out->lg2 = (uint8_t)lg2;
	out->flags =
		(uint8_t)((w->table.user ? VTD_TLB_USER : 0) |
			  (w->table.fs_write ? VTD_TLB_FS_W : 0) | (ss.read ? VTD_TLB_SS_R : 0) |
			  (ss.write ? VTD_TLB_SS_W : 0) | (ss.snoop ? VTD_TLB_SNOOP : 0));
	if ((w->entry & ENTRY_D || write) && ss.dirty)
		out->flags |= VTD_TLB_DIRTY;
	out->memtype =
		vtd_memtype(dma->unit, &dma->ctx, pat_index(w), w->nested ? &ss : NULL, page);
	return true;
}

bool vtd_fs_walk(vtd_dma *dma, vtd_found *out)
{
	vtd_unit *unit = dma->unit;
	fs_walk w;

	for (start(dma, &w);; w.level--) {
		if (!locate(dma, &w) || !fetch(dma, &w))
			return false;
		bool leaf = is_leaf(&unit->caps, w.level, w.entry);
		uint64_t next = w.entry & ENTRY_ADDRESS;

		if (!(w.entry & ENTRY_P))
			return vtd_fail(dma, VTD_SFS_2, 1, (int)w.level, w.at);
		if (vtd_reserved_noted(dma, kinds[w.level][leaf].what, &w.entry,
				       &unit->masks.fs[w.level][leaf], 1))
			return vtd_fail(dma, VTD_SFS_3, 1, (int)w.level, w.at);
		if (leaf)
			next &= ~iom_mask(12 + 9 * (w.level - 1));
		if (w.nested && next >> w.width)
			return vtd_fail(dma, VTD_SFS_5, 1, (int)w.level, w.at);
		w.table.user &= (w.entry & ENTRY_US) != 0;
		w.table.fs_write &= (w.entry & ENTRY_RW) != 0;
		if (leaf)
			break;
		if (!want(dma, &w, ENTRY_A | (dma->ctx.flags & VTD_CTX_EAFE ? ENTRY_EA : 0)))
			return false;
		w.table.address = next;
		keep(dma, &w);
	}
	return first_permitted(dma, &w) && finish(dma, &w, out);
}
