/* SPDX-License-Identifier: MIT */
#include "vtd/masks.h"

#include "core/layout.h"
#include "vtd/layouts/entries.h"
#include "vtd/layouts/interrupts.h"
#include "vtd/layouts/pages.h"

#include <string.h>

static void from_layout(uint64_t *mask, const iom_layout *layout)
{
	for (unsigned i = 0; i < layout->n_fields; i++) {
		const iom_field *f = &layout->fields[i];

		if (f->kind == IOM_FIELD_RESERVED)
			iom_set_bits(mask, f->lsb, f->width, UINT64_MAX);
	}
}

static void field(uint64_t *mask, const iom_layout *layout, const char *name)
{
	const iom_field *f = iom_layout_find(layout, name);

	if (f)
		iom_set_bits(mask, f->lsb, f->width, UINT64_MAX);
}

static void fields(uint64_t *mask, const iom_layout *layout, bool absent, const char *const *names)
{
	for (; absent && *names; names++)
		field(mask, layout, *names);
}

#define ABSENT(mask, layout, have, ...) \
	fields(mask, layout, !(have), (const char *const[]){ __VA_ARGS__, NULL })

/* 9.4 Scalable-Mode Context Entry */
static void context_masks(vtd_masks *m, const vtd_caps *caps, uint64_t haw)
{
	const iom_layout *sm = &vtd_sm_context_entry_layout;

	from_layout(m->context, &vtd_context_entry_layout);
	m->context[0] |= haw;
	m->context[1] |= (iom_mask(16) & ~iom_mask(caps->nd)) << 8;

	from_layout(m->sm_context, sm);
	m->sm_context[0] |= haw;
	ABSENT(m->sm_context, sm, caps->rprivs, "RID_PRIV");
	ABSENT(m->sm_context, sm, caps->rps, "RID_PASID");
	ABSENT(m->sm_context, sm, caps->ptrs, "EPTR");
	ABSENT(m->sm_context, sm, caps->hpts, "HPTE");
	ABSENT(m->sm_context, sm, caps->prs, "PRE");
	ABSENT(m->sm_context, sm, caps->pasid, "PASIDE");
	ABSENT(m->sm_context, sm, caps->dt, "DTE");
}

/* 9.6 Scalable-Mode PASID Table Entry */
static void pasid_masks(vtd_masks *m, const vtd_caps *caps, uint64_t haw)
{
	const iom_layout *e = &vtd_pasid_table_entry_layout;
	uint64_t *mask = m->pasid_entry;
	uint64_t did = iom_mask(16) & ~iom_mask(caps->nd);

	from_layout(m->pasid_dir, &vtd_pasid_dir_entry_layout);
	m->pasid_dir[0] |= haw;

	from_layout(mask, e);
	mask[0] |= haw;
	mask[2] |= haw;
	mask[4] |= haw;
	mask[1] |= did;
	m->pasid_entry_hpt = did;
	ABSENT(mask, e, caps->ssts, "AW", "SSPTPTR", "SSADE");
	ABSENT(mask, e, caps->ssads, "SSADE");
	ABSENT(mask, e, caps->smpwcs, "PWSNP");
	ABSENT(mask, e, caps->sc, "PGSNP");
	ABSENT(mask, e, caps->mts, "CD", "EMTE", "PAT");
	ABSENT(mask, e, caps->srs, "SRE");
	ABSENT(mask, e, caps->fsts, "FSPM", "WPE", "FSPTPTR");
	ABSENT(mask, e, caps->eafs, "EAFE");
	ABSENT(mask, e, caps->hpts, "HPTSZ", "HPTPFD", "HPTPTR", "HPTDID");
}

/* 9.7 First-Stage Paging Entries, 9.8 Second-Stage Paging Entries */
static void page_masks(vtd_masks *m, const vtd_caps *caps)
{
	static const iom_layout *const fs[6][2] = {
		[5] = { &vtd_fs_pml5e_layout },
		[4] = { &vtd_fs_pml4e_layout },
		[3] = { &vtd_fs_pdpe_table_layout, &vtd_fs_pdpe_1g_layout },
		[2] = { &vtd_fs_pde_table_layout, &vtd_fs_pde_2m_layout },
		[1] = { NULL, &vtd_fs_pte_layout },
	};
	static const iom_layout *const ss[6][2] = {
		[5] = { &vtd_ss_pml5e_layout },
		[4] = { &vtd_ss_pml4e_layout },
		[3] = { &vtd_ss_pdpe_table_layout, &vtd_ss_pdpe_1g_layout },
		[2] = { &vtd_ss_pde_table_layout, &vtd_ss_pde_2m_layout },
		[1] = { NULL, &vtd_ss_pte_layout },
	};
	uint64_t haw = iom_mask(52) & ~iom_mask(caps->haw);
	uint64_t snp = UINT64_C(1) << 11, ps = UINT64_C(1) << 7;

	for (unsigned level = 1; level <= 5; level++) {
		for (unsigned leaf = 0; leaf < 2; leaf++) {
			if (fs[level][leaf])
				from_layout(&m->fs[level][leaf], fs[level][leaf]);
			if (ss[level][leaf])
				from_layout(&m->ss[level][leaf], ss[level][leaf]);
			m->fs[level][leaf] |= haw;
			m->ss[level][leaf] |= haw;
		}
		if (!caps->sc)
			m->ss[level][1] |= snp;
	}
	if (!caps->fs1gp)
		m->fs[3][0] |= ps;
	if (!caps->ss1g)
		m->ss[3][0] |= ps;
	if (!caps->ss2m)
		m->ss[2][0] |= ps;
}

/* 9.12 Host Permission Table Entries: bits 3:2 of every permission are reserved. */
static void hpt_masks(vtd_masks *m, const vtd_caps *caps, uint64_t haw)
{
	static const iom_layout *const layouts[5] = { NULL, &vtd_hptl1e_layout, &vtd_hptl2e_layout,
						      &vtd_hptl3e_layout, &vtd_hptl4e_layout };
	uint64_t upper = UINT64_C(0xcccccccccccccccc);

	for (unsigned level = 1; level <= 4; level++) {
		from_layout(m->hpt[level], layouts[level]);
		if (level > 1) {
			m->hpt[level][1] &= ~(UINT64_C(0xfff) << 52); /* 127:116 are ignored */
			m->hpt[level][1] |= haw & iom_mask(52);
		} else {
			m->hpt[level][1] |= upper;
		}
		if (level < 4)
			m->hpt[level][0] |= level == 3 ? upper & iom_mask(32) : upper;
	}
	if (!caps->hpt1gps)
		m->hpt[3][0] |= iom_mask(32);
}

/* 9.9 to 9.11 */
static void interrupt_masks(vtd_masks *m, const vtd_caps *caps, uint64_t haw)
{
	for (unsigned eime = 0; eime < 2; eime++) {
		from_layout(m->irte_remapped[eime], &vtd_irte_remapped_layout);
		from_layout(m->pid[eime], &vtd_posted_interrupt_descriptor_layout);
	}
	m->irte_remapped[0][0] |= UINT64_C(0xffff00ff00000000);
	m->pid[0][4] |= UINT64_C(0xffff00ff00000000);
	from_layout(m->irte_posted, &vtd_irte_posted_layout);
	m->irte_posted[1] |= haw;
	if (!caps->pi)
		m->irte_posted[0] |= UINT64_C(1) << 15;
}

void vtd_masks_init(vtd_masks *masks, const vtd_caps *caps)
{
	uint64_t haw = ~iom_mask(caps->haw);

	memset(masks, 0, sizeof(*masks));
	from_layout(masks->root, &vtd_root_entry_layout);
	masks->root[0] |= haw;
	from_layout(masks->sm_root, &vtd_sm_root_entry_layout);
	masks->sm_root[0] |= haw;
	masks->sm_root[1] |= haw;
	context_masks(masks, caps, haw);
	pasid_masks(masks, caps, haw);
	page_masks(masks, caps);
	hpt_masks(masks, caps, haw);
	interrupt_masks(masks, caps, haw);
}
