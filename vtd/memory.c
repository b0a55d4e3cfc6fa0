/* SPDX-License-Identifier: MIT */
#include "vtd/internal.h"

/*
 * 9 Translation Structure Formats: entries of 64 and 128 bits are fetched in
 * one piece as far as the host can, larger ones may be fetched in pieces.
 */
bool vtd_fetch(vtd_unit *unit, const char *what, const iom_layout *layout, uint64_t address,
	       uint64_t input, uint64_t *words, unsigned n)
{
	iom_count(&unit->base, IOM_STAT_TABLE_READS);
	for (unsigned i = 0; i < n; i++) {
		if (iom_memory_load64(unit->memory, address + 8 * i, &words[i]) != IOM_MEM_OK) {
			vtd_note(unit, what, NULL, input,
				 "reading %#" G_GINT64_MODIFIER "x returned an error", address);
			return false;
		}
	}
	if (iom_observed(&unit->base))
		iom_step_read(&unit->base, what, layout, address, input, words, n);
	return true;
}

/* Whether bits that must be zero are set; the observer hears which. */
bool vtd_reserved_noted(vtd_dma *dma, const char *what, const uint64_t *words, const uint64_t *mask,
			unsigned n)
{
	bool bad = false;

	for (unsigned i = 0; i < n; i++) {
		uint64_t set = words[i] & mask[i];

		if (!set)
			continue;
		bad = true;
		vtd_note(dma->unit, what, "7.1.3 Fault conditions and remapping hardware behavior",
			 dma->address, "reserved bits set: %#" G_GINT64_MODIFIER "x of word %u",
			 set, i);
	}
	return bad;
}
