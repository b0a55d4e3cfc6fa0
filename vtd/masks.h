/* SPDX-License-Identifier: MIT */
/*
 * Bits that must be zero in each structure of a unit, from the layouts and the
 * capabilities (reserved fields, and fields whose feature is absent).
 */
#ifndef IOM_VTD_MASKS_H
#define IOM_VTD_MASKS_H

#include "vtd/caps.h"

typedef struct vtd_masks {
	uint64_t root[2];
	uint64_t sm_root[2]; /* each half is judged alone */
	uint64_t context[2];
	uint64_t sm_context[4];
	uint64_t pasid_dir[1];
	uint64_t pasid_entry[8];
	uint64_t pasid_entry_hpt; /* of word 5, when HPTE is set */
	/* paging entries by level 1 to 5, as table pointer [0] or leaf [1] */
	uint64_t fs[6][2];
	uint64_t ss[6][2];
	uint64_t hpt[5][2]; /* levels 1 to 4 */
	uint64_t irte_remapped[2][2]; /* by EIME */
	uint64_t irte_posted[2];
	uint64_t pid[2][8]; /* posted interrupt descriptor, by EIME */
} vtd_masks;

void vtd_masks_init(vtd_masks *masks, const vtd_caps *caps);

static inline bool vtd_reserved(const uint64_t *words, const uint64_t *mask, unsigned n)
{
	uint64_t bad = 0;

	for (unsigned i = 0; i < n; i++)
		bad |= words[i] & mask[i];
	return bad != 0;
}

#endif
