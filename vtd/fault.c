/* SPDX-License-Identifier: MIT */
/*
 * 7.2 Fault Recording: the fault recording registers, their status and event.
 */
#include "vtd/internal.h"

#define RECORD_F (UINT64_C(1) << 63)

static uint64_t record_high(vtd_unit *unit, unsigned n)
{
	return vtd_get64(&unit->regs, unit->caps.frcd + 16 * n + 8);
}

/* 7.3: what makes a fault event; overflow alone does not. */
static uint32_t sources(vtd_unit *unit)
{
	return vtd_get32(&unit->regs, VTD_FSTS) &
	       (VTD_FSTS_PPF | VTD_FSTS_IQE | VTD_FSTS_ICE | VTD_FSTS_ITE);
}

/* Set status bits; an event if none of the status bits was set before. */
void vtd_fault_status(vtd_unit *unit, uint32_t bits)
{
	uint32_t old = vtd_get32(&unit->regs, VTD_FSTS);
	bool quiet = !(old & (VTD_FSTS_PFO | sources(unit)));

	vtd_set32(&unit->regs, VTD_FSTS, old | bits);
	if (quiet && sources(unit))
		vtd_event_raise(unit, VTD_EVENT_FAULT);
}

/*
 * After software cleared status or records: PPF is the OR of all F bits, FRI the
 * first register that is pending, and without any status no event is pending.
 */
void vtd_fault_update(vtd_unit *unit)
{
	uint32_t status = vtd_get32(&unit->regs, VTD_FSTS) & ~(uint32_t)(VTD_FSTS_PPF | 0xff00);
	unsigned n = unit->caps.n_frcd;

	/* the oldest record is the one after the last written, going round */
	for (unsigned i = 0; i < n; i++) {
		unsigned at = (unit->next_frcd + i) % n;

		if (record_high(unit, at) & RECORD_F) {
			status |= VTD_FSTS_PPF | at << 8;
			break;
		}
	}
	vtd_set32(&unit->regs, VTD_FSTS, status);
	if (!(status & (VTD_FSTS_PPF | VTD_FSTS_PFO | VTD_FSTS_IQE | VTD_FSTS_ICE | VTD_FSTS_ITE)))
		vtd_event_clear(unit, VTD_EVENT_FAULT);
}

/*
 * 7.2.1 Primary Fault Logging. Faults of a requester that has a record pending
 * are compressed into it.
 */
bool vtd_fault_record_locked(vtd_unit *unit, const uint64_t record[2])
{
	uint32_t status = vtd_get32(&unit->regs, VTD_FSTS);
	unsigned n = unit->caps.n_frcd, at = unit->next_frcd;
	uint32_t offset = unit->caps.frcd + 16 * at;

	if (status & VTD_FSTS_PFO) {
		iom_count(&unit->base, IOM_STAT_EVENTS_LOST);
		return false;
	}
	for (unsigned i = 0; i < n && status & VTD_FSTS_PPF; i++) {
		uint64_t high = record_high(unit, i);

		if (high & RECORD_F && (uint16_t)high == (uint16_t)record[1]) {
			vtd_note(unit, "fault record", "7.2.1 Primary Fault Logging", 0,
				 "compressed: record %u of source-id %#x is pending", i,
				 (uint16_t)high);
			return false;
		}
	}
	if (record_high(unit, at) & RECORD_F) {
		iom_count(&unit->base, IOM_STAT_EVENTS_LOST);
		vtd_fault_status(unit, VTD_FSTS_PFO);
		return false;
	}
	vtd_set64(&unit->regs, offset, record[0]);
	vtd_set64(&unit->regs, offset + 8, record[1] | RECORD_F);
	unit->next_frcd = (uint16_t)((at + 1) % n);
	iom_count(&unit->base, IOM_STAT_EVENTS);
	if (!(status & VTD_FSTS_PPF))
		status = (status & ~0xff00u) | at << 8;
	vtd_set32(&unit->regs, VTD_FSTS, status);
	vtd_fault_status(unit, VTD_FSTS_PPF);
	if (iom_observed(&unit->base))
		iom_step_write(&unit->base, "fault recording register", &vtd_frcd_layout, offset, 0,
			       record, 2);
	return true;
}

bool vtd_fault_record(vtd_unit *unit, const uint64_t record[2])
{
	vtd_lock(unit);
	bool recorded = vtd_fault_record_locked(unit, record);

	vtd_unlock(unit);
	return recorded;
}
