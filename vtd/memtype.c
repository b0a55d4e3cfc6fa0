/* SPDX-License-Identifier: MIT */
/*
 * 3.11 Memory Type (table 9): of the final page, in scalable mode with ECAP.MTS.
 * The result is given as a MAIR-style byte: UC as Device-nGnRnE, WC as Normal
 * non-cacheable, WP as write-through that allocates on reads only.
 */
#include "vtd/internal.h"

enum { UC = 0, WC = 1, WT = 4, WP = 5, WB = 6, UC_MINUS = 7 };

#define MAIR_WP 0xaa

static uint8_t mair(unsigned type)
{
	switch (type) {
	case WB:
		return IOM_MEM_NORMAL_WB;
	case WT:
		return IOM_MEM_NORMAL_WT;
	case WP:
		return MAIR_WP;
	case WC:
		return IOM_MEM_NORMAL_NC;
	default:
		return IOM_MEM_DEVICE_nGnRnE;
	}
}

/* Registers change under a lock that translations do not take: dword by dword. */
static uint64_t reg64(const vtd_unit *unit, uint32_t offset)
{
	const uint32_t *at = &unit->regs.value[offset / 4];

	return __atomic_load_n(at, __ATOMIC_RELAXED) |
	       (uint64_t)__atomic_load_n(at + 1, __ATOMIC_RELAXED) << 32;
}

/* The eight sub-ranges of a fixed-range register. */
static unsigned fixed_type(const vtd_unit *unit, uint64_t hpa)
{
	uint32_t offset, size_lg2;
	uint64_t base;

	if (hpa < 0x80000) {
		offset = VTD_MTRR_FIX64K;
		size_lg2 = 16;
		base = 0;
	} else if (hpa < 0xc0000) {
		size_lg2 = 14;
		base = hpa & ~UINT64_C(0x1ffff);
		offset = VTD_MTRR_FIX16K + 8 * (uint32_t)((base - 0x80000) >> 17);
	} else {
		size_lg2 = 12;
		base = hpa & ~UINT64_C(0x7fff);
		offset = VTD_MTRR_FIX4K + 8 * (uint32_t)((base - 0xc0000) >> 15);
	}
	return reg64(unit, offset) >> (8 * ((hpa - base) >> size_lg2)) & 0xff;
}

/* 11.4.12: overlapping variable ranges give UC, or WT where WT meets WB. */
static unsigned mtrr_type(const vtd_unit *unit, uint64_t hpa)
{
	uint64_t def = reg64(unit, VTD_MTRRDEF);
	int type = -1;

	if (!vtd_mtrrdef_get_E(&def))
		return UC;
	if (hpa < 0x100000 && vtd_mtrrdef_get_FE(&def))
		return fixed_type(unit, hpa);
	for (uint32_t i = 0; i < VTD_MTRR_VARIABLE; i++) {
		uint64_t base = reg64(unit, VTD_MTRR_PHYSBASE0 + 16 * i);
		uint64_t mask = reg64(unit, VTD_MTRR_PHYSBASE0 + 16 * i + 8);
		int t = (int)vtd_mtrr_physbasen_get_TYPE(&base);

		if (!vtd_mtrr_physmaskn_get_V(&mask) || ((hpa ^ base) & mask & ~UINT64_C(0xfff)))
			continue;
		if (type < 0 || type == t)
			type = t;
		else if ((type == WT && t == WB) || (type == WB && t == WT))
			type = WT;
		else
			return UC;
	}
	return type < 0 ? (unsigned)vtd_mtrrdef_get_TYPE(&def) : (unsigned)type;
}

bool vtd_mtrrs_uniform(const vtd_unit *unit)
{
	uint64_t def = reg64(unit, VTD_MTRRDEF);

	if (!vtd_mtrrdef_get_E(&def))
		return true;
	if (vtd_mtrrdef_get_FE(&def))
		return false;
	for (uint32_t i = 0; i < VTD_MTRR_VARIABLE; i++) {
		uint64_t mask = reg64(unit, VTD_MTRR_PHYSBASE0 + 16 * i + 8);

		if (vtd_mtrr_physmaskn_get_V(&mask))
			return false;
	}
	return true;
}

/* What a page table's type makes of the type of the memory. */
static unsigned combine(unsigned memory, unsigned pat)
{
	switch (pat) {
	case UC_MINUS:
		return memory == WC ? WC : UC;
	case WC:
		return WC;
	case WT:
		return memory == WB || memory == WT ? WT : memory == WP ? WP : UC;
	case WP:
		return memory == WB || memory == WP ? WP : memory == WT ? WT : UC;
	case WB:
		return memory;
	default:
		return UC;
	}
}

uint8_t vtd_memtype(const vtd_unit *unit, const vtd_context *ctx, unsigned pat_index,
		    const vtd_ss *ss, uint64_t hpa)
{
	unsigned pat = ctx->pat >> (4 * pat_index) & 15;

	if (!unit->caps.mts || ctx->flags & VTD_CTX_LEGACY)
		return IOM_MEM_NORMAL_WB;
	if (ctx->flags & VTD_CTX_CD)
		return mair(UC);
	switch (ctx->pgtt) {
	case VTD_PGTT_SECOND:
		return mair(ctx->flags & VTD_CTX_EMTE && ss ? ss->emt : WB);
	case VTD_PGTT_NESTED:
		if (ctx->flags & VTD_CTX_EMTE && ss)
			return mair(ss->ipat ? ss->emt : combine(ss->emt, pat));
		return mair(combine(mtrr_type(unit, hpa), pat));
	case VTD_PGTT_FIRST:
		return mair(combine(mtrr_type(unit, hpa), pat));
	default:
		return mair(WB);
	}
}
