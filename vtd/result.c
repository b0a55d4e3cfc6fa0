/* SPDX-License-Identifier: MIT */
/*
 * The one fault exit: what is recorded, and what the requester sees (7.1.3,
 * 7.2.1).
 */
#include "vtd/internal.h"

/* 11.4.7.6 Fault Recording Registers */
static void make_record(const vtd_dma *dma, const vtd_reason_info *info, uint64_t record[2])
{
	const vtd_caps *caps = &dma->unit->caps;
	unsigned code = info->code;
	bool interrupt = dma->reason >= VTD_IR_20;

	record[0] = record[1] = 0;
	vtd_frcd_set_F(record, 1);
	vtd_frcd_set_FR(record, code);
	vtd_frcd_set_SID(record, dma->sid);
	if (interrupt)
		return;
	vtd_frcd_set_FI(record, dma->address & iom_mask(caps->fi_bits));
	if (dma->page_request) {
		vtd_frcd_set_T2(record, 1);
	} else {
		vtd_frcd_set_T1(record, dma->read);
		vtd_frcd_set_T2(record, dma->atomic);
		if (caps->dt)
			vtd_frcd_set_AT(record, dma->type);
	}
	if (!dma->has_pasid)
		return;
	vtd_frcd_set_PP(record, 1);
	vtd_frcd_set_PRIV(record, dma->pr);
	vtd_frcd_set_EXE(record, dma->er);
	if (caps->pasid)
		vtd_frcd_set_PV(record, dma->pasid);
}

static void seen(vtd_dma *dma, iom_result *result, vtd_seen seen_as)
{
	switch (seen_as) {
	case VTD_SEEN_S0:
	case VTD_SEEN_S0R:
	case VTD_SEEN_EFF:
		result->status = IOM_OK;
		result->response = IOM_RESPONSE_SUCCESS;
		result->permissions = 0;
		result->address = dma->address;
		result->page_lg2 = 12;
		result->span = 0x1000 - (dma->address & 0xfff);
		result->flags = dma->pr ? IOM_RES_PRIVILEGED : 0;
		break;
	case VTD_SEEN_CA:
		result->status = IOM_ABORT;
		result->response = IOM_RESPONSE_CA;
		break;
	default:
		result->status = IOM_ABORT;
		result->response = IOM_RESPONSE_UR;
		break;
	}
}

/* A prefetch may look ahead: entries from the one at fault on that map nothing. */
static unsigned absent(const vtd_dma *dma, unsigned shift)
{
	bool io = dma->ctx.flags & VTD_CTX_SSIRWE;
	uint64_t bits = vtd_has_first_stage(dma->ctx.pgtt) ? 1 : UINT64_C(3) << (io ? 61 : 0);
	unsigned left = 512 - (unsigned)(dma->address >> shift & 511);

	if (!dma->speculative)
		return 1;
	return MAX(iom_absent_run(dma->unit->memory, dma->fault_address, left, bits), 1u);
}

/*
 * How far from the address on the entry at fault refuses: what it stands for, or
 * everything where the requester as a whole is refused. Addresses of a second stage
 * below a first one are none of the requester's: one page.
 */
static uint64_t refused(const vtd_dma *dma)
{
	const vtd_context *ctx = &dma->ctx;
	unsigned shift = 12, run = 1;
	uint64_t half;

	if (!dma->configured)
		return ~dma->address;
	half = iom_mask(ctx->width - 1u);
	if (vtd_has_first_stage(ctx->pgtt)) {
		/* It takes up the bottom and the very top. */
		if (dma->address > half && dma->address < ~half)
			return ~half - dma->address;
	} else if (dma->address >> ctx->width) {
		return ~dma->address;
	}
	if (dma->level > 0 && ctx->pgtt != VTD_PGTT_NESTED) {
		shift = 12 + 9 * ((unsigned)dma->level - 1);
		run = absent(dma, shift);
	}
	return ((uint64_t)run << shift) - (dma->address & iom_mask(shift));
}

void vtd_fault_exit(vtd_dma *dma, iom_result *result)
{
	vtd_unit *unit = dma->unit;
	const vtd_reason_info *info = &vtd_reasons[dma->reason];
	vtd_seen column = (vtd_seen)info->seen[dma->column];
	bool record = column != VTD_SEEN_S0 && column != VTD_SEEN_EFF && !dma->speculative &&
		      !(info->qualified && dma->fpd);

	seen(dma, result, column);
	if (result->status == IOM_ABORT)
		result->span = refused(dma);
	result->fault.code = info->code;
	result->fault.diagnosis = dma->reason;
	result->fault.stage = dma->stage;
	result->fault.level = dma->level;
	result->fault.address = dma->fault_address;
	result->fault.words = 2;
	make_record(dma, info, result->fault.record);
	if (iom_observed(&unit->base))
		iom_step_note(&unit->base, IOM_STEP_FAULT, info->condition,
			      "7.1.3 Fault conditions and remapping hardware behavior",
			      dma->address, "%s: fault %02Xh%s", info->name, info->code,
			      record ? "" : ", not recorded");
	if (record)
		result->fault.recorded = vtd_fault_record(unit, result->fault.record);
}
