/* SPDX-License-Identifier: MIT */
/*
 * 5.2 Interrupt Posting
 */
#include "vtd/internal.h"

#define POST_TRIES 1024
#define PID_ON UINT64_C(1)
#define PID_SN UINT64_C(2)

/*
 * Change a word of the descriptor as one step against every other agent; *word
 * is what it was. A processor that keeps writing it ends in an access error.
 */
static bool update(vtd_unit *unit, uint64_t address, uint64_t *word,
		   uint64_t (*change)(uint64_t word, uint64_t arg), uint64_t arg)
{
	for (unsigned i = 0; i < POST_TRIES; i++) {
		uint64_t expected = *word, next = change(expected, arg);

		if (next == expected)
			return true;
		if (iom_memory_cas64(unit->memory, address, word, next) != IOM_MEM_OK)
			return false;
		if (*word == expected) {
			iom_count(&unit->base, IOM_STAT_TABLE_WRITES);
			return true;
		}
	}
	return false;
}

static uint64_t set_request(uint64_t word, uint64_t bit)
{
	return word | bit;
}

/* ON is set when a notification is due: none outstanding, and none suppressed. */
static uint64_t set_outstanding(uint64_t word, uint64_t urgent)
{
	if (word & PID_ON || (word & PID_SN && !urgent))
		return word;
	return word | PID_ON;
}

vtd_reason vtd_post(vtd_unit *unit, const uint64_t *irte, bool eime, iom_interrupt_result *result)
{
	uint64_t at = vtd_irte_posted_get_PDAH(irte) | vtd_irte_posted_get_PDAL(irte);
	unsigned vector = (unsigned)vtd_irte_posted_get_VV(irte);
	uint64_t urgent = vtd_irte_posted_get_URG(irte);
	uint64_t pid[8], control;
	uint32_t destination;

	if (!vtd_fetch(unit, "posted interrupt descriptor", &vtd_posted_interrupt_descriptor_layout,
		       at, vector, pid, 8))
		return VTD_IR_27;
	if (vtd_reserved(pid, unit->masks.pid[eime], 8))
		return VTD_IR_28;

	/* 5.2.3: the request first, so that who sees ON finds it */
	if (!update(unit, at + 8 * (vector / 64), &pid[vector / 64], set_request,
		    UINT64_C(1) << (vector % 64)))
		return VTD_IR_27;
	control = pid[4];
	if (!update(unit, at + 32, &control, set_outstanding, urgent))
		return VTD_IR_27;
	pid[4] = control;
	result->posted = 1;
	result->deliver = set_outstanding(control, urgent) != control;
	vtd_note(unit, "posted interrupt", "5.2.3 Interrupt-Posting Hardware Operation", vector,
		 "vector %#x posted, %s", vector,
		 result->deliver ? "notification sent" : "no notification");
	if (!result->deliver)
		return VTD_OK;
	destination = (uint32_t)vtd_posted_interrupt_descriptor_get_NDST(pid);
	result->destination = eime ? destination : destination >> 8 & 0xff;
	result->vector = (uint8_t)vtd_posted_interrupt_descriptor_get_NV(pid);
	vtd_interrupt_message(result, eime);
	return VTD_OK;
}
