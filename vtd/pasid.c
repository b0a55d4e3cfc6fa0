/* SPDX-License-Identifier: MIT */
/*
 * 9.5 Scalable-Mode PASID Directory Entry, 9.6 Scalable-Mode PASID Table Entry
 */
#include "vtd/internal.h"

/* 9.6: values that do not name a translation this unit has, one fault code. */
static vtd_reason entry_programming(const vtd_caps *caps, const uint64_t *entry)
{
	unsigned pgtt = (unsigned)vtd_pasid_table_entry_get_PGTT(entry);
	unsigned aw = (unsigned)vtd_pasid_table_entry_get_AW(entry);
	unsigned fspm = (unsigned)vtd_pasid_table_entry_get_FSPM(entry);
	bool first = pgtt == VTD_PGTT_FIRST || pgtt == VTD_PGTT_NESTED;
	bool second = pgtt == VTD_PGTT_SECOND || pgtt == VTD_PGTT_NESTED;

	switch (pgtt) {
	case VTD_PGTT_FIRST:
		if (!caps->fsts)
			return VTD_SPT_4_2;
		break;
	case VTD_PGTT_SECOND:
		if (!caps->ssts)
			return VTD_SPT_4_2;
		break;
	case VTD_PGTT_NESTED:
		if (!caps->nest)
			return VTD_SPT_4_2;
		break;
	case VTD_PGTT_PASS:
		if (!caps->pt)
			return VTD_SPT_4_2;
		break;
	default:
		return VTD_SPT_4_2;
	}
	if (second && !(aw >= 1 && aw <= 3 && caps->sagaw >> aw & 1))
		return VTD_SPT_4_1;
	if (first && (fspm > 1 || (fspm == 1 && !caps->fs5lp)))
		return VTD_SPT_4_3;
	if (pgtt == VTD_PGTT_NESTED &&
	    vtd_pasid_table_entry_get_FSPTPTR(entry) >> vtd_width(caps, aw))
		return VTD_SPT_4_4;
	return VTD_OK;
}

static void decode(vtd_dma *dma, const uint64_t *entry)
{
	const vtd_caps *caps = &dma->unit->caps;
	vtd_context *ctx = &dma->ctx;
	unsigned aw = (unsigned)vtd_pasid_table_entry_get_AW(entry);
	bool five = vtd_pasid_table_entry_get_FSPM(entry) == 1;

	ctx->pgtt = (uint8_t)vtd_pasid_table_entry_get_PGTT(entry);
	ctx->did = (uint16_t)vtd_pasid_table_entry_get_DID(entry);
#define FLAG(name) (vtd_pasid_table_entry_get_##name(entry) ? VTD_CTX_##name : 0)
	ctx->flags |= FLAG(SRE) | FLAG(PGSNP) | FLAG(PWSNP) | FLAG(CD);
	if (ctx->pgtt == VTD_PGTT_FIRST || ctx->pgtt == VTD_PGTT_NESTED) {
		ctx->flags |= FLAG(WPE) | FLAG(EAFE);
		ctx->fs = vtd_pasid_table_entry_get_FSPTPTR(entry);
		ctx->fs_levels = five ? 5 : 4;
		ctx->width = five ? 57 : 48;
		ctx->pat = (uint32_t)vtd_pasid_table_entry_get_PAT(entry);
	}
	if (vtd_has_first_stage(ctx->pgtt))
		vtd_first_stage_seen(dma->unit);
	if (ctx->pgtt == VTD_PGTT_SECOND || ctx->pgtt == VTD_PGTT_NESTED) {
		ctx->flags |= FLAG(SSADE) | FLAG(EMTE);
		ctx->ss = vtd_pasid_table_entry_get_SSPTPTR(entry);
		ctx->ss_levels = (uint8_t)(aw + 2);
		if (ctx->pgtt == VTD_PGTT_SECOND)
			ctx->width = vtd_width(caps, aw);
	}
#undef FLAG
	if (ctx->pgtt == VTD_PGTT_PASS)
		ctx->width = caps->haw;
	if (ctx->flags & VTD_CTX_HPTE) {
		ctx->hpt = vtd_pasid_table_entry_get_HPTPTR(entry) |
			   vtd_pasid_table_entry_get_HPTSZ(entry);
		ctx->hptdid = (uint16_t)vtd_pasid_table_entry_get_HPTDID(entry);
	}
	if (dma->fpd)
		ctx->flags |= VTD_CTX_FPD;
	ctx->signature = vtd_signature(ctx);
}

bool vtd_pasid_tables(vtd_dma *dma, const uint64_t *sm_context)
{
	static const char *const names[] = {
		[VTD_PGTT_FIRST] = "PGTT 001b: first stage",
		[VTD_PGTT_SECOND] = "PGTT 010b: second stage",
		[VTD_PGTT_NESTED] = "PGTT 011b: first stage nested on a second stage",
		[VTD_PGTT_PASS] = "PGTT 100b: pass-through",
	};
	vtd_unit *unit = dma->unit;
	uint32_t pasid = dma->ctx.pasid;
	uint64_t dir[1], entry[8];
	uint64_t at = vtd_sm_context_entry_get_PASIDDIRPTR(sm_context) + 8 * (uint64_t)(pasid >> 6);

	if (!vtd_fetch(unit, "PASID directory entry", &vtd_pasid_dir_entry_layout, at, dma->address,
		       dir, 1))
		return vtd_fail(dma, VTD_SPD_1, 0, -1, at);
	dma->fpd |= vtd_pasid_dir_entry_get_FPD(dir);
	if (!vtd_pasid_dir_entry_get_P(dir))
		return vtd_fail(dma, VTD_SPD_2, 0, -1, at);
	if (vtd_reserved_noted(dma, "PASID directory entry", dir, unit->masks.pasid_dir, 1))
		return vtd_fail(dma, VTD_SPD_3, 0, -1, at);

	at = vtd_pasid_dir_entry_get_SMPTBLPTR(dir) + 64 * (uint64_t)(pasid & 63);
	if (!vtd_fetch(unit, "PASID table entry", &vtd_pasid_table_entry_layout, at, dma->address,
		       entry, 8))
		return vtd_fail(dma, VTD_SPT_1, 0, -1, at);
	dma->fpd |= vtd_pasid_table_entry_get_FPD(entry);
	if (!vtd_pasid_table_entry_get_P(entry))
		return vtd_fail(dma, VTD_SPT_2, 0, -1, at);
	if (vtd_reserved_noted(dma, "PASID table entry", entry, unit->masks.pasid_entry, 8) ||
	    (dma->ctx.flags & VTD_CTX_HPTE && entry[5] & unit->masks.pasid_entry_hpt))
		return vtd_fail(dma, VTD_SPT_3, 0, -1, at);

	vtd_reason reason = entry_programming(&unit->caps, entry);

	if (reason != VTD_OK)
		return vtd_fail(dma, reason, 0, -1, at);
	decode(dma, entry);
	vtd_note(unit, "PASID table entry", "3.4.3 Scalable Mode Address Translation", dma->address,
		 "%s, domain %u, %u address bits", names[dma->ctx.pgtt], dma->ctx.did,
		 dma->ctx.width);
	return true;
}
