/* SPDX-License-Identifier: MIT */
/*
 * 5.1 Interrupt Remapping
 */
#include "vtd/internal.h"

#include <string.h>

/* A request on its way. */
typedef struct ir_request {
	vtd_unit *unit;
	const iom_interrupt *message;
	uint64_t mode;
	uint16_t sid;
	uint16_t index;
	bool fpd;
} ir_request;

/* 11.4.7.6: the index is the fault information; other fields mean nothing. */
static void refuse(ir_request *ir, vtd_reason reason, iom_interrupt_result *result)
{
	const vtd_reason_info *info = &vtd_reasons[reason];
	vtd_unit *unit = ir->unit;
	iom_fault *fault = &result->fault;
	/* reasons without an index */
	bool has_index = reason != VTD_IR_20 && reason != VTD_IR_25 && reason != VTD_IR_2A &&
			 reason != VTD_IR_2B;

	memset(result, 0, sizeof(*result));
	result->status = IOM_ABORT;
	fault->code = info->code;
	fault->diagnosis = (uint16_t)reason;
	fault->level = -1;
	fault->words = 2;
	fault->address = ir->message->address;
	if (has_index)
		fault->record[0] = (uint64_t)ir->index << 48;
	vtd_frcd_set_FR(fault->record, info->code);
	vtd_frcd_set_SID(fault->record, ir->sid);
	vtd_frcd_set_F(fault->record, 1);
	if (iom_observed(&unit->base))
		iom_step_note(&unit->base, IOM_STEP_FAULT, info->condition,
			      "5.1.4.1 Interrupt Remapping Fault Conditions", ir->message->address,
			      "%s: fault %02Xh", info->name, info->code);
	if (!(info->qualified && ir->fpd))
		fault->recorded = vtd_fault_record(unit, fault->record);
}

/* What an xAPIC message says, for messages that pass unchanged. */
static void unchanged(const iom_interrupt *message, iom_interrupt_result *result)
{
	result->status = IOM_OK;
	result->deliver = 1;
	result->address = message->address;
	result->data = message->data;
	result->vector = (uint8_t)message->data;
	result->delivery_mode = message->data >> 8 & 7;
	result->trigger_level = message->data >> 15 & 1;
	result->destination = message->address >> 12 & 0xff;
	result->redirection_hint = message->address >> 3 & 1;
	result->destination_logical = message->address >> 2 & 1;
}

/*
 * 5.1.6 Remapped interrupts as messages. In x2APIC mode bits 31:8 of the
 * destination go to bits 63:40 of the address.
 */
void vtd_interrupt_message(iom_interrupt_result *result, bool eime)
{
	result->address = 0xfee00000u | (result->destination & 0xff) << 12 |
			  (unsigned)result->redirection_hint << 3 |
			  (unsigned)result->destination_logical << 2;
	if (eime)
		result->address |= (uint64_t)(result->destination >> 8) << 40;
	result->data = result->vector | (unsigned)result->delivery_mode << 8 | 1u << 14 |
		       (unsigned)result->trigger_level << 15;
}

/* 9.9 SVT, SQ and SID: whether this requester may use the entry. */
static bool source_ok(const uint64_t *irte, uint16_t sid)
{
	static const uint16_t masks[4] = { 0xffff, 0xfffb, 0xfff9, 0xfff8 };
	uint16_t want = (uint16_t)vtd_irte_remapped_get_SID(irte);

	switch (vtd_irte_remapped_get_SVT(irte)) {
	case 1: {
		uint16_t mask = masks[vtd_irte_remapped_get_SQ(irte)];

		return (sid & mask) == (want & mask);
	}
	case 2:
		return sid >> 8 >= want >> 8 && sid >> 8 <= (want & 0xff);
	default:
		return true;
	}
}

/* Checks 3 to 6 of an entry that was read from memory. */
static vtd_reason check_entry(const ir_request *ir, const uint64_t *irte)
{
	const vtd_masks *masks = &ir->unit->masks;
	bool eime = ir->mode & VTD_IR_EIME;

	if (!vtd_irte_remapped_get_P(irte))
		return VTD_IR_22;
	if (!source_ok(irte, ir->sid))
		return VTD_IR_26;
	if (vtd_irte_remapped_get_SVT(irte) == 3)
		return VTD_IR_24; /* a reserved encoding */
	if (vtd_reserved(irte,
			 vtd_irte_remapped_get_IM(irte) ? masks->irte_posted
							: masks->irte_remapped[eime],
			 2))
		return VTD_IR_24;
	return VTD_OK;
}

static void count(const ir_request *ir, vtd_perf_event event)
{
	vtd_perf_source source = { IOM_NO_PASID, ir->sid, 0, IOM_UNTRANSLATED, 0 };

	if (G_UNLIKELY(atomic_load_explicit(&ir->unit->mode, memory_order_relaxed) & VTD_MODE_PERF))
		vtd_perfmon_count(ir->unit, event, &source);
}

/* The entry, from the interrupt entry cache or memory; only good ones are kept. */
static vtd_reason get_entry(ir_request *ir, uint64_t *irte)
{
	vtd_unit *unit = ir->unit;
	iom_cache *cache = unit->cache[IOM_CACHE_INTERRUPT];
	iom_cache_scope scope = { 0, 0 };
	iom_epoch epoch = iom_tags_epoch(unit->tags);
	uint64_t at = VTD_IR_TABLE(ir->mode) + 16 * (uint64_t)ir->index;
	vtd_reason reason;

	if (at >> unit->caps.haw)
		return VTD_IR_21;
	count(ir, VTD_PERF_INTERRUPT_LOOKUP);
	if (iom_cache_lookup(cache, &scope, ir->index, irte, 16, NULL)) {
		count(ir, vtd_irte_remapped_get_IM(irte) ? VTD_PERF_INTERRUPT_HIT_POSTED
							 : VTD_PERF_INTERRUPT_HIT_REMAPPED);
		ir->fpd = vtd_irte_remapped_get_FPD(irte);
		/* 6.4: the source is checked on every use */
		return check_entry(ir, irte);
	}
	if (!vtd_fetch(unit, "interrupt remapping table entry", &vtd_irte_remapped_layout, at,
		       ir->message->address, irte, 2))
		return VTD_IR_23;
	ir->fpd = vtd_irte_remapped_get_FPD(irte);
	reason = check_entry(ir, irte);
	if (reason == VTD_OK)
		iom_cache_insert(cache, &scope, ir->index, 0, irte, 16, NULL, 0, epoch);
	return reason;
}

static vtd_reason remap(ir_request *ir, iom_interrupt_result *result)
{
	const iom_interrupt *m = ir->message;
	bool eime = ir->mode & VTD_IR_EIME;
	bool shv = m->address >> 3 & 1;
	uint32_t index = (uint32_t)((m->address >> 5 & 0x7fff) | (m->address >> 2 & 1) << 15);
	uint64_t irte[2];
	vtd_reason reason;

	if (shv && m->data >> 16)
		return VTD_IR_20;
	if (shv)
		index += m->data & 0xffff;
	ir->index = (uint16_t)index;
	if (index >= 2u << VTD_IR_SIZE(ir->mode))
		return VTD_IR_21;
	vtd_note(ir->unit, "interrupt", "5.1.3 Interrupt Remapping Table", m->address,
		 "interrupt_index %#x", index);
	reason = get_entry(ir, irte);
	if (reason != VTD_OK)
		return reason;
	result->remapped = 1;
	result->source_valid = vtd_irte_remapped_get_SVT(irte) != 0;
	if (vtd_irte_remapped_get_IM(irte))
		return vtd_post(ir->unit, irte, eime, result);
	result->deliver = 1;
	result->vector = (uint8_t)vtd_irte_remapped_get_V(irte);
	result->delivery_mode = (uint8_t)vtd_irte_remapped_get_DLM(irte);
	result->trigger_level = (uint8_t)vtd_irte_remapped_get_TM(irte);
	result->redirection_hint = (uint8_t)vtd_irte_remapped_get_RH(irte);
	result->destination_logical = (uint8_t)vtd_irte_remapped_get_DM(irte);
	result->destination = (uint32_t)vtd_irte_remapped_get_DST(irte);
	if (!eime)
		result->destination = result->destination >> 8 & 0xff;
	vtd_interrupt_message(result, eime);
	return VTD_OK;
}

/* 5.1.4 Interrupt-Remapping Hardware Operation: true if it passes unchanged. */
static bool admitted(ir_request *ir, vtd_reason *reason)
{
	const vtd_caps *caps = &ir->unit->caps;
	bool eime = ir->mode & VTD_IR_EIME;
	bool remappable = ir->message->address >> 4 & 1;

	*reason = VTD_OK;
	if (!(ir->mode & VTD_IR_IRES)) {
		if (!caps->irreq)
			return true;
		*reason = VTD_IR_2B;
	} else if (caps->eimer && !eime) {
		*reason = VTD_IR_2A;
	} else if (!remappable) {
		if (!eime && ir->mode & VTD_IR_CFIS)
			return true;
		*reason = VTD_IR_25;
	}
	return false;
}

void vtd_interrupt(iom_iommu *iommu, const iom_interrupt *message, iom_interrupt_result *result)
{
	vtd_unit *unit = vtd_of(iommu);
	ir_request ir = { .unit = unit,
			  .message = message,
			  .mode = atomic_load_explicit(&unit->ir_mode, memory_order_acquire),
			  .sid = (uint16_t)message->requester };
	vtd_reason reason;

	if (admitted(&ir, &reason)) {
		vtd_note(unit, "interrupt", "5.1.2.1 Interrupt Requests in Compatibility Format",
			 message->address, "delivered as it came");
		unchanged(message, result);
		return;
	}
	if (reason == VTD_OK)
		reason = remap(&ir, result);
	if (reason != VTD_OK) {
		refuse(&ir, reason, result);
		return;
	}
	result->status = IOM_OK;
}
