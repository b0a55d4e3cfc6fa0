/* SPDX-License-Identifier: MIT */
/*
 * Events of the unit itself: fault (7.3 Interrupt Model of fault events),
 * invalidation completion (6.5.2.10), page request (7.5), performance
 * monitoring (11.4.13.8). Each has a control register with a mask and a pending
 * bit and a message that is never remapped.
 */
#include "vtd/internal.h"

typedef struct event_regs {
	uint32_t control, data, address, upper;
} event_regs;

static const event_regs events[VTD_N_EVENTS] = {
	[VTD_EVENT_FAULT] = { VTD_FECTL, VTD_FEDATA, VTD_FEADDR, VTD_FEUADDR },
	[VTD_EVENT_INVALIDATION] = { VTD_IECTL, VTD_IEDATA, VTD_IEADDR, VTD_IEUADDR },
	[VTD_EVENT_PAGE_REQUEST] = { VTD_PECTL, VTD_PEDATA, VTD_PEADDR, VTD_PEUADDR },
	[VTD_EVENT_PERFMON] = { VTD_PERFINTRCTL, VTD_PERFINTRDATA, VTD_PERFINTRADDR,
				VTD_PERFINTRUADDR },
};

static void deliver(vtd_unit *unit, const event_regs *regs)
{
	vtd_regs *r = &unit->regs;
	uint64_t address = vtd_get32(r, regs->address) | (uint64_t)vtd_get32(r, regs->upper) << 32;

	vtd_set32(r, regs->control, vtd_get32(r, regs->control) & ~(uint32_t)VTD_CTL_IP);
	iom_send_msi(&unit->base, IOM_SPACE_NONSECURE, address, vtd_get32(r, regs->data));
}

void vtd_event_raise(vtd_unit *unit, vtd_event event)
{
	const event_regs *regs = &events[event];
	uint32_t control = vtd_get32(&unit->regs, regs->control);

	vtd_set32(&unit->regs, regs->control, control | VTD_CTL_IP);
	if (!(control & VTD_CTL_IM))
		deliver(unit, regs);
}

/* Software has serviced every status bit: a pending message is not sent any more. */
void vtd_event_clear(vtd_unit *unit, vtd_event event)
{
	uint32_t offset = events[event].control;

	vtd_set32(&unit->regs, offset, vtd_get32(&unit->regs, offset) & ~(uint32_t)VTD_CTL_IP);
}

/* After a write to the control register: unmasking sends what is pending. */
void vtd_event_control(vtd_unit *unit, vtd_event event)
{
	uint32_t control = vtd_get32(&unit->regs, events[event].control);

	if (!(control & VTD_CTL_IM) && control & VTD_CTL_IP)
		deliver(unit, &events[event]);
}
