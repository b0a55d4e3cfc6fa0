/* SPDX-License-Identifier: MIT */
/*
 * 11.4.4.1 Global Command Register. Software changes one field a write; if it
 * changes several, the table pointers are taken first and the enables follow.
 */
#include "vtd/internal.h"

#include "core/tags.h"

/* Tell translations what they need of the registers. */
void vtd_publish(vtd_unit *unit)
{
	const vtd_regs *r = &unit->regs;
	uint32_t status = vtd_get32(r, VTD_GSTS);
	uint64_t mode = unit->root & ~(VTD_MODE_TES | VTD_MODE_PMR | VTD_MODE_PERF);
	uint64_t ir = unit->irta & ~(VTD_IR_IRES | VTD_IR_CFIS);

	if (status & VTD_GCMD_TE && !unit->drains.disable)
		mode |= VTD_MODE_TES;
	if (vtd_get32(r, VTD_PMEN) & 1)
		mode |= VTD_MODE_PMR;
	if (vtd_perfmon_running(unit))
		mode |= VTD_MODE_PERF;
	if (status & VTD_GCMD_IRE)
		ir |= VTD_IR_IRES;
	if (status & VTD_GCMD_CFI)
		ir |= VTD_IR_CFIS;
	vtd_iq_forget(unit);
	atomic_store_explicit(&unit->mode, mode, memory_order_release);
	iom_tags_outdate(unit->tags); /* answers that were kept were given in another mode */
	atomic_store_explicit(&unit->ir_mode, ir, memory_order_release);
}

static void set_status(vtd_unit *unit, uint32_t bit, bool on)
{
	uint32_t status = vtd_get32(&unit->regs, VTD_GSTS);

	vtd_set32(&unit->regs, VTD_GSTS, on ? status | bit : status & ~bit);
}

static void set_root(vtd_unit *unit)
{
	unit->root = vtd_get64(&unit->regs, VTD_RTADDR);
	set_status(unit, VTD_GCMD_SRTP, true);
	vtd_publish(unit);
	/* 6.6 Set Root Table Pointer Operation */
	if (unit->caps.esrtps)
		vtd_inv_all_dma(unit);
}

static void set_interrupt_table(vtd_unit *unit)
{
	unit->irta = vtd_get64(&unit->regs, VTD_IRTA);
	set_status(unit, VTD_GCMD_SIRTP, true);
	vtd_publish(unit);
	/* 6.7 Set Interrupt Remapping Table Pointer Operation */
	if (unit->caps.esirtps)
		vtd_inv_interrupt(unit, true, 0, 0);
}

void vtd_gcmd_write(vtd_unit *unit, uint32_t value)
{
	const vtd_caps *caps = &unit->caps;
	uint32_t changed = vtd_get32(&unit->regs, VTD_GSTS) ^ value;

	if (value & VTD_GCMD_SRTP)
		set_root(unit);
	if (value & VTD_GCMD_SIRTP && caps->ir)
		set_interrupt_table(unit);
	/* WBF: write buffers are never behind, so the flush is over at once */
	if (changed & VTD_GCMD_QIE && caps->qi) {
		set_status(unit, VTD_GCMD_QIE, value & VTD_GCMD_QIE);
		vtd_iq_enable(unit, value & VTD_GCMD_QIE);
	}
	if (changed & VTD_GCMD_CFI && caps->ir)
		set_status(unit, VTD_GCMD_CFI, value & VTD_GCMD_CFI);
	if (changed & VTD_GCMD_IRE && caps->ir)
		set_status(unit, VTD_GCMD_IRE, value & VTD_GCMD_IRE);
	if (changed & VTD_GCMD_TE)
		set_status(unit, VTD_GCMD_TE, value & VTD_GCMD_TE);
	unit->drains.disable = 0;
	vtd_publish(unit);
	/* Status follows when all is done that may have been translated. */
	if (changed & VTD_GCMD_TE && !(value & VTD_GCMD_TE) &&
	    !iom_flight_landed(&unit->base, &unit->drains.disable))
		set_status(unit, VTD_GCMD_TE, true);
	if (changed & VTD_GCMD_TE && !(value & VTD_GCMD_TE) && caps->smts)
		vtd_inv_all_dma(unit);
	if (changed & VTD_GCMD_IRE && !(value & VTD_GCMD_IRE) && caps->esirtps && caps->ir)
		vtd_inv_interrupt(unit, true, 0, 0);
	/* 7.2.1: recording starts over once neither kind of remapping is on */
	if (!(vtd_get32(&unit->regs, VTD_GSTS) & (VTD_GCMD_TE | VTD_GCMD_IRE)))
		unit->next_frcd = 0;
}
