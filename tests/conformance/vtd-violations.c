/* SPDX-License-Identifier: MIT */
/* One way to meet each condition of fault_reasons.tsv, starting from valid structures. */
#include "tests/conformance/vtd-base.h"

#define BIT(n) (UINT64_C(1) << (n))
#define LEGACY (1u << VTD_BASE_LEGACY | 1u << VTD_BASE_LEGACY_PT)
#define LEGACY_SS (1u << VTD_BASE_LEGACY)
#define LEGACY_PT (1u << VTD_BASE_LEGACY_PT)
#define FS (1u << VTD_BASE_FIRST)
#define SS (1u << VTD_BASE_SECOND)
#define NESTED (1u << VTD_BASE_NESTED)
#define PASS (1u << VTD_BASE_PASS)
#define HPT (1u << VTD_BASE_HPT)
#define SCALABLE (FS | SS | NESTED | PASS | HPT)
#define ANY (LEGACY | SCALABLE)

static bool has_pasid(const vtd_base *b)
{
	return b->c->pasid != IOM_NO_PASID;
}

/* Translation requests carry no data. */
static void make_write(vtd_base *b)
{
	if (b->c->at != 'T')
		b->c->op = 'W';
}

/* Both PASID entries: the requester's own and that of requests without PASID. */
static void change_pents(vtd_base *b, unsigned word, uint64_t set, uint64_t clear)
{
	for (unsigned i = 0; i < b->n_pents; i++)
		vtd_base_change(b, b->pent[i] + 8 * word, set, clear);
}

static void root_access(vtd_base *b)
{
	vtd_base_break(b, b->root, false);
}

static void root_absent(vtd_base *b)
{
	vtd_base_change(b, b->root, 0, BIT(0));
}

static void root_reserved(vtd_base *b)
{
	vtd_base_change(b, b->root, BIT(5), 0);
}

static void context_access(vtd_base *b)
{
	vtd_base_break(b, b->context, false);
}

static void context_absent(vtd_base *b)
{
	vtd_base_change(b, b->context, 0, BIT(0));
}

static void legacy_context_reserved(vtd_base *b)
{
	vtd_base_change(b, b->context, BIT(6), 0);
}

static void legacy_width(vtd_base *b)
{
	vtd_base_change(b, b->context + 8, 0, 7);
}

static void legacy_type(vtd_base *b)
{
	vtd_base_change(b, b->context, 3 << 2, 0);
}

static void legacy_ats_blocked(vtd_base *b)
{
	vtd_base_change(b, b->context, 0, 1 << 2);
}

static void ss_root_access(vtd_base *b)
{
	vtd_base_break(b, b->ss[b->ss_levels], false);
}

static void ss_access(vtd_base *b)
{
	vtd_base_break(b, b->ss[2], false);
}

static void ss_reserved(vtd_base *b)
{
	vtd_base_change(b, b->ss[1], BIT(51), 0);
}

static void ss_no_permission(vtd_base *b)
{
	vtd_base_change(b, b->ss[1], 0, 3);
}

static void too_wide(vtd_base *b)
{
	b->c->address |= BIT(51);
}

static void leaf_read_only(vtd_base *b)
{
	make_write(b);
	if (b->ss_levels)
		vtd_base_change(b, b->ss[1], 0, 2);
	else
		vtd_base_change(b, b->fs[1], 0, 2);
}

static void leaf_write_only(vtd_base *b)
{
	vtd_base_change(b, b->ss[1], 0, 1);
}

static void into_interrupts(vtd_base *b)
{
	uint64_t leaf = b->ss_levels ? b->ss[1] : b->fs_levels ? b->fs[1] : 0;

	if (b->c->at == 'X' || !leaf)
		b->c->address = 0xfee01000;
	else
		vtd_base_change(b, leaf, 0xfee01000, ~UINT64_C(0xfee01fff));
}

static void abort_unsupported(vtd_base *b)
{
	b->c->rtaddr |= 3 << 10;
	b->c->ecap &= ~BIT(52);
}

static void mode_reserved(vtd_base *b)
{
	b->c->rtaddr = (b->c->rtaddr & ~UINT64_C(0xc00)) | 2 << 10;
}

static void scalable_unsupported(vtd_base *b)
{
	b->c->rtaddr = (b->c->rtaddr & ~UINT64_C(0xc00)) | 1 << 10;
	b->c->ecap = UINT64_C(0x0010460200F00FDF);
	b->c->cap &= ~(BIT(60) | BIT(56));
}

static void io_permissions_in_legacy(vtd_base *b)
{
	b->c->rtaddr = (b->c->rtaddr & ~UINT64_C(0xc00)) | BIT(7);
}

static void legacy_mode(vtd_base *b)
{
	b->c->rtaddr &= ~UINT64_C(0xc00);
}

static void pasid_in_legacy(vtd_base *b)
{
	legacy_mode(b);
	b->c->pasid = 3;
}

static void abort_mode(vtd_base *b)
{
	b->c->rtaddr |= 3 << 10;
}

static void execute_blocked(vtd_base *b)
{
	b->c->ver = 0x80;
	b->c->er = true;
}

static void sm_context_reserved(vtd_base *b)
{
	vtd_base_change(b, b->context, BIT(7), 0);
}

static void pre_without_dte(vtd_base *b)
{
	vtd_base_change(b, b->context, 0, BIT(2));
}

static void rid_pasid_range(vtd_base *b)
{
	vtd_base_change(b, b->context, 0, 7 << 9);
	vtd_base_change(b, b->context + 8, 0x2000, 0);
}

static void eptr_without_paside(vtd_base *b)
{
	vtd_base_change(b, b->context, 0, BIT(3));
}

static void no_dte(vtd_base *b)
{
	vtd_base_change(b, b->context, 0, BIT(2) | BIT(4));
}

static void no_paside(vtd_base *b)
{
	vtd_base_change(b, b->context, 0, BIT(3) | BIT(6));
}

static void beyond_directory(vtd_base *b)
{
	vtd_base_change(b, b->context, 0, 7 << 9);
	if (has_pasid(b))
		b->c->pasid = 0x2011;
}

static void no_pre(vtd_base *b)
{
	vtd_base_change(b, b->context, 0, BIT(4));
}

static void is_rid_pasid(vtd_base *b)
{
	if (has_pasid(b))
		b->c->pasid = (uint32_t)(vtd_base_word(b, b->context + 8) & 0xfffff);
}

static void no_eptr(vtd_base *b)
{
	vtd_base_change(b, b->context, 0, BIT(6));
}

static void directory_access(vtd_base *b)
{
	vtd_base_break(b, b->directory, false);
}

static void directory_absent(vtd_base *b)
{
	vtd_base_change(b, b->directory, 0, BIT(0));
}

static void directory_reserved(vtd_base *b)
{
	vtd_base_change(b, b->directory, BIT(2), 0);
}

static void table_access(vtd_base *b)
{
	vtd_base_break(b, b->pent[0], false);
}

static void entry_absent(vtd_base *b)
{
	change_pents(b, 0, 0, BIT(0));
}

static void entry_reserved(vtd_base *b)
{
	change_pents(b, 0, BIT(10), 0);
}

static void entry_width(vtd_base *b)
{
	/* Where there is no second stage yet, there is now. */
	change_pents(b, 0, 2 << 6, 7 << 2 | (b->ss_levels ? 0 : 5 << 6));
}

static void entry_type(vtd_base *b)
{
	change_pents(b, 0, 5 << 6, 2 << 6);
}

static void entry_first_mode(vtd_base *b)
{
	change_pents(b, 2, 2 << 2, 0);
}

static void entry_first_range(vtd_base *b)
{
	change_pents(b, 0, 3 << 6 | 1 << 2, 0);
	change_pents(b, 2, BIT(40), 0);
}

static void execute_unsupported(vtd_base *b)
{
	b->c->er = true;
}

static void supervisor(vtd_base *b)
{
	if (has_pasid(b))
		b->c->pr = true;
	else
		vtd_base_change(b, b->context + 8, BIT(20), 0);
}

static void beyond_permissions(vtd_base *b)
{
	b->c->address |= BIT(49);
}

static void fs_access(vtd_base *b)
{
	vtd_base_break(b, b->fs[2], false);
}

static void fs_absent(vtd_base *b)
{
	vtd_base_change(b, b->fs[2], 0, BIT(0));
}

static void fs_reserved(vtd_base *b)
{
	vtd_base_change(b, b->fs[3], BIT(51), 0);
}

static void fs_root_access(vtd_base *b)
{
	vtd_base_break(b, b->fs[4], false);
}

static void fs_beyond_second(vtd_base *b)
{
	vtd_base_change(b, b->fs[1], BIT(40), 0);
}

static void fs_root_unreadable(vtd_base *b)
{
	vtd_base_change(b, b->ss_fs[4], 0, 1);
}

static void fs_unreadable(vtd_base *b)
{
	vtd_base_change(b, b->ss_fs[2], 0, 1);
}

static void fs_unwritable(vtd_base *b)
{
	vtd_base_change(b, b->ss_fs[3], 0, 2);
}

static void not_snooped(vtd_base *b)
{
	change_pents(b, 1, 0, BIT(23));
}

static void fs_update_fails(vtd_base *b)
{
	vtd_base_break(b, b->fs[3], true);
}

static void ss_not_snooped(vtd_base *b)
{
	change_pents(b, 0, BIT(9), 0);
	not_snooped(b);
}

static void ss_update_fails(vtd_base *b)
{
	change_pents(b, 0, BIT(9), 0);
	vtd_base_break(b, b->ss[1], true);
}

static void not_canonical(vtd_base *b)
{
	b->c->address |= BIT(60);
}

static void user_privilege(vtd_base *b)
{
	vtd_base_change(b, b->fs[3], 0, BIT(2));
}

static void beyond_pss(vtd_base *b)
{
	b->c->ecap = (b->c->ecap & ~(UINT64_C(0x1f) << 35)) | UINT64_C(3) << 35;
}

static void special(vtd_base *b)
{
	b->c->address = 0xfee00000;
	b->c->nw = false;
}

static void special_no_write(vtd_base *b)
{
	special(b);
	b->c->nw = true;
}

static void permissions_access(vtd_base *b)
{
	vtd_base_break(b, b->hpt[2], false);
}

static void permissions_reserved(vtd_base *b)
{
	vtd_base_change(b, b->hpt[2] + 8, BIT(1), 0);
}

static void permissions_root_access(vtd_base *b)
{
	vtd_base_break(b, b->hpt[4], false);
}

static void permissions_zero_length(vtd_base *b)
{
	vtd_base_change(b, b->hpt[4] + 8, 0, BIT(0));
	if (b->c->at != 'X')
		return;
	b->c->op = 'Z';
	b->c->length = 0;
}

static void clear_permissions(vtd_base *b, uint64_t bits)
{
	vtd_base_change(b, b->hpt[1], 0, bits);
	vtd_base_change(b, b->hpt[1] + 8, 0, bits);
}

static void permissions_no_write(vtd_base *b)
{
	clear_permissions(b, UINT64_C(0x2222222222222222));
	make_write(b);
}

static void permissions_no_read(vtd_base *b)
{
	clear_permissions(b, UINT64_C(0x1111111111111111));
}

const vtd_violation vtd_violations[] = {
	{ "LRT.1", LEGACY, root_access },
	{ "LRT.2", LEGACY, root_absent },
	{ "LRT.3", LEGACY, root_reserved },
	{ "LCT.1", LEGACY, context_access },
	{ "LCT.2", LEGACY, context_absent },
	{ "LCT.3", LEGACY, legacy_context_reserved },
	{ "LCT.4.1", LEGACY, legacy_width },
	{ "LCT.4.2", LEGACY, legacy_type },
	{ "LCT.4.3", LEGACY_SS, ss_root_access },
	{ "LCT.5", LEGACY_SS, legacy_ats_blocked },
	{ "LSS.1", LEGACY_SS, ss_access },
	{ "LSS.2", LEGACY_SS, ss_reserved },
	{ "LGN.1.1", LEGACY_SS, too_wide },
	{ "LGN.1.2", LEGACY_SS, too_wide },
	{ "LGN.1.3", LEGACY_PT, too_wide },
	{ "LGN.2", LEGACY_SS, leaf_read_only },
	{ "LGN.3", LEGACY_SS, leaf_write_only },
	{ "LGN.4", LEGACY_SS, into_interrupts },
	{ "RTA.1.1", ANY, abort_unsupported },
	{ "RTA.1.2", ANY, mode_reserved },
	{ "RTA.1.3", ANY, scalable_unsupported },
	{ "RTA.1.4", LEGACY, io_permissions_in_legacy },
	{ "RTA.2", LEGACY, pasid_in_legacy },
	{ "RTA.3", ANY, legacy_mode },
	{ "RTA.4", ANY, abort_mode },
	{ "RTA.5", SCALABLE, execute_blocked },
	{ "SRT.1", SCALABLE, root_access },
	{ "SRT.2", SCALABLE, root_absent },
	{ "SRT.3", SCALABLE, root_reserved },
	{ "SCT.1", SCALABLE, context_access },
	{ "SCT.2", SCALABLE, context_absent },
	{ "SCT.3", SCALABLE, sm_context_reserved },
	{ "SCT.4.1", SCALABLE, pre_without_dte },
	{ "SCT.4.2", SCALABLE, rid_pasid_range },
	{ "SCT.4.3", SCALABLE, eptr_without_paside },
	{ "SCT.5", SCALABLE, no_dte },
	{ "SCT.6", SCALABLE, no_paside },
	{ "SCT.7", SCALABLE, beyond_directory },
	{ "SCT.8", SCALABLE, no_pre },
	{ "SCT.9", SCALABLE, is_rid_pasid },
	{ "SCT.10", SCALABLE, no_eptr },
	{ "SPD.1", SCALABLE, directory_access },
	{ "SPD.2", SCALABLE, directory_absent },
	{ "SPD.3", SCALABLE, directory_reserved },
	{ "SPT.1", SCALABLE, table_access },
	{ "SPT.2", SCALABLE, entry_absent },
	{ "SPT.3", SCALABLE, entry_reserved },
	{ "SPT.4.1", SS | NESTED | HPT, entry_width },
	{ "SPT.4.2", SCALABLE, entry_type },
	{ "SPT.4.3", FS | NESTED | HPT, entry_first_mode },
	{ "SPT.4.4", NESTED | HPT, entry_first_range },
	{ "SPT.5", SCALABLE, execute_unsupported },
	{ "SPT.6", SCALABLE, supervisor },
	{ "SPT.9", HPT, beyond_permissions },
	{ "SFS.1", FS | NESTED | HPT, fs_access },
	{ "SFS.2", FS | NESTED | HPT, fs_absent },
	{ "SFS.3", FS | NESTED, fs_reserved },
	{ "SFS.4", FS | NESTED | HPT, fs_root_access },
	{ "SFS.5", NESTED, fs_beyond_second },
	{ "SFS.6", NESTED, fs_root_unreadable },
	{ "SFS.7", NESTED, fs_unreadable },
	{ "SFS.8", NESTED, fs_unwritable },
	{ "SFS.9", FS | NESTED | HPT, not_snooped },
	{ "SFS.10", FS | NESTED | HPT, fs_update_fails },
	{ "SSS.1", SS | NESTED, ss_access },
	{ "SSS.2", SS | NESTED, ss_no_permission },
	{ "SSS.3", SS | NESTED, ss_reserved },
	{ "SSS.4", SS | NESTED, ss_root_access },
	{ "SSS.5", SS, ss_not_snooped },
	{ "SSS.6", SS | NESTED, ss_update_fails },
	{ "SGN.1", FS | NESTED | HPT, not_canonical },
	{ "SGN.2", FS | NESTED | HPT, user_privilege },
	{ "SGN.4.1", FS | SS | NESTED | PASS, too_wide },
	{ "SGN.4.2", PASS, too_wide },
	{ "SGN.5", SS, too_wide },
	{ "SGN.6", FS | SS | NESTED | HPT, leaf_read_only },
	{ "SGN.7", SS | NESTED, leaf_write_only },
	{ "SGN.8.1", FS | SS | NESTED | HPT, into_interrupts },
	{ "SGN.8.2", FS | SS | NESTED | HPT, into_interrupts },
	{ "SGN.8.3", SCALABLE, into_interrupts },
	{ "SGN.10", SCALABLE, beyond_pss },
	{ "S.1", LEGACY_SS | FS | SS | NESTED | PASS | HPT, special },
	{ "S.2", LEGACY_SS | FS | SS | NESTED | PASS | HPT, special_no_write },
	{ "HPT.1", HPT, permissions_access },
	{ "HPT.2", HPT, permissions_reserved },
	{ "HPT.3", HPT, permissions_root_access },
	{ "HPT.4", HPT, permissions_zero_length },
	{ "HPT.5", HPT, permissions_no_write },
	{ "HPT.6", HPT, permissions_no_read },
	{ NULL, 0, NULL },
};
