/* SPDX-License-Identifier: MIT */
/*
 * Accessed and dirty flags (3.6.2, 3.7.2). A walk notes the entries that lack
 * flags; they are set only when the whole request succeeds, each by an atomic
 * compare-and-swap, so that a refused request leaves the tables alone.
 */
#include "vtd/internal.h"

#define UPDATE_TRIES 64

void vtd_update_add(vtd_dma *dma, uint64_t address, uint64_t seen, uint64_t set, vtd_reason reason,
		    unsigned stage, int level)
{
	set &= ~seen;
	for (unsigned i = 0; i < dma->n_updates; i++) {
		if (dma->updates[i].address == address) {
			dma->updates[i].set |= set;
			return;
		}
	}
	if (dma->n_updates == VTD_MAX_UPDATES)
		return; /* two walks of five levels in each of five never get here */
	dma->updates[dma->n_updates++] =
		(vtd_update){ address, seen, set, (uint16_t)reason, (uint8_t)stage, (int8_t)level };
}

/*
 * One entry. If other flags appeared meanwhile, they are kept; if anything else
 * changed, the walk is void.
 */
static vtd_updated update_one(vtd_dma *dma, const vtd_update *u)
{
	vtd_unit *unit = dma->unit;
	/* flags that hardware sets by itself, in either stage */
	uint64_t flags = u->stage == 1 ? UINT64_C(0x460) : UINT64_C(0x300);
	uint64_t now = u->seen;

	for (unsigned i = 0; i < UPDATE_TRIES; i++) {
		uint64_t expected = now;

		if (iom_memory_cas64(unit->memory, u->address, &now, expected | u->set) !=
		    IOM_MEM_OK) {
			vtd_fail(dma, (vtd_reason)u->reason, u->stage, u->level, u->address);
			return VTD_UPDATE_FAILED;
		}
		if (now == expected) {
			uint64_t word = expected | u->set;

			iom_count(&unit->base, IOM_STAT_TABLE_WRITES);
			if (iom_observed(&unit->base))
				iom_step_write(&unit->base, "accessed and dirty flags", NULL,
					       u->address, dma->address, &word, 1);
			return VTD_UPDATED;
		}
		if ((now ^ u->seen) & ~flags)
			return VTD_UPDATE_RACE;
		if (!(u->set & ~now))
			return VTD_UPDATED;
	}
	return VTD_UPDATE_RACE;
}

vtd_updated vtd_update_run(vtd_dma *dma)
{
	for (unsigned i = 0; i < dma->n_updates; i++) {
		vtd_updated updated = update_one(dma, &dma->updates[i]);

		if (updated != VTD_UPDATED)
			return updated;
	}
	return VTD_UPDATED;
}
