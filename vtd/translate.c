/* SPDX-License-Identifier: MIT */
/*
 * 3.15 and 7.1.3: a request from the first check to the answer, in the order of
 * the specification, with one fault exit.
 */
#include "vtd/internal.h"

#include "core/ahead.h"
#include "core/race.h"

#include <string.h>

void vtd_dma_init(vtd_dma *dma, vtd_unit *unit, const iom_request *r)
{
	memset(dma, 0, offsetof(vtd_dma, ctx));
	dma->unit = unit;
	dma->mode = atomic_load_explicit(&unit->mode, memory_order_acquire);
	dma->address = r->address;
	dma->sid = (uint16_t)r->requester;
	dma->has_pasid = r->pasid != IOM_NO_PASID;
	dma->pasid = r->pasid & 0xfffff;
	dma->type = r->type;
	dma->column = (uint8_t)(2 * r->type + dma->has_pasid);
	/* 4.2.3: a translation request is a read, whatever it asks rights for */
	dma->atomic = r->access & IOM_ATOMIC && r->type != IOM_TRANSLATION_REQUEST;
	dma->write = dma->atomic || (r->access & IOM_WRITE && r->type != IOM_TRANSLATION_REQUEST);
	dma->zero_length = r->flags & IOM_REQ_ZERO_LENGTH && !dma->write;
	dma->read = dma->atomic || r->access & (IOM_READ | IOM_EXECUTE) || !dma->write;
	dma->pr = dma->has_pasid && r->flags & (IOM_REQ_PASID_PRIV | IOM_REQ_PRIVILEGED);
	dma->er = dma->has_pasid && (r->flags & IOM_REQ_PASID_EXEC || r->access & IOM_EXECUTE);
	dma->no_write = r->type == IOM_TRANSLATION_REQUEST && unit->caps.nwfs &&
			r->flags & IOM_REQ_NO_WRITE;
	dma->speculative = r->flags & IOM_REQ_SPECULATIVE;
	if (r->flags & IOM_REQ_UNSEEN)
		dma->mode &= ~(uint64_t)VTD_MODE_PERF;
	dma->n_updates = 0;
	dma->looked = 0;
	dma->reason = VTD_OK;
	dma->level = -1;
	dma->stage = 0;
	dma->fault_address = 0;
}

/* 11.4.8 Protected memory: [first, last] of the host-physical address space. */
static bool in_region(uint64_t base, uint64_t limit, uint64_t first, uint64_t last)
{
	limit |= iom_mask(VTD_PMR_ALIGN_LG2);
	return limit >= base && first <= limit && last >= base;
}

bool vtd_protected(vtd_unit *unit, uint64_t address, uint64_t length)
{
	const vtd_regs *regs = &unit->regs;
	uint64_t last = address + (length ? length - 1 : 0);
	bool hit = false;

	if (last < address)
		last = UINT64_MAX;
	vtd_lock(unit);
	if (unit->caps.plmr)
		hit = in_region(vtd_get32(regs, VTD_PLMBASE), vtd_get32(regs, VTD_PLMLIMIT),
				address, last);
	if (unit->caps.phmr && !hit)
		hit = in_region(vtd_get64(regs, VTD_PHMBASE), vtd_get64(regs, VTD_PHMLIMIT),
				address, last);
	vtd_unlock(unit);
	return hit;
}

/* ------------------------------------------------------------------------
 * Answers
 */
static void allow(vtd_dma *dma, iom_result *result, uint64_t address, unsigned lg2)
{
	result->status = IOM_OK;
	result->response = IOM_RESPONSE_SUCCESS;
	result->address = address;
	result->page_lg2 = (uint8_t)lg2;
	result->span = (UINT64_C(1) << lg2) - (address & iom_mask(lg2));
	result->memtype = IOM_MEM_NORMAL_WB;
	result->shareability = IOM_SH_OUTER;
	if (dma->supervisor)
		result->flags |= IOM_RES_PRIVILEGED;
}

/* No stage translates: the largest block that does not touch the interrupt range. */
static void bypass(vtd_dma *dma, iom_result *result)
{
	static const uint8_t sizes[] = { 30, 21, 12 };
	unsigned lg2 = 12;

	for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++) {
		uint64_t base = dma->address & ~iom_mask(sizes[i]);

		if (sizes[i] <= dma->unit->caps.haw &&
		    !vtd_overlaps_interrupt_range(base, sizes[i])) {
			lg2 = sizes[i];
			break;
		}
	}
	allow(dma, result, dma->address, lg2);
	result->permissions = IOM_READ | IOM_WRITE;
	result->flags |= IOM_RES_BYPASS;
	result->flags &= (uint16_t)~IOM_RES_PRIVILEGED;
}

static void refuse_unrecorded(iom_result *result, iom_response response)
{
	result->status = IOM_ABORT;
	result->response = (uint8_t)response;
}

/*
 * 4.2.3 Handling of Translation Requests: the fields of a completion. Without
 * any permission it carries none of the other fields.
 */
static void completion(vtd_dma *dma, iom_result *result, uint8_t permissions, bool snoop)
{
	result->flags &= (uint16_t) ~(IOM_RES_PRIVILEGED | IOM_RES_SNOOP | IOM_RES_NO_SNOOP);
	if (dma->no_write)
		permissions &= (uint8_t)~IOM_WRITE;
	result->permissions = permissions;
	if (dma->pr)
		result->flags |= IOM_RES_PRIVILEGED;
	if (permissions && snoop)
		result->flags |= IOM_RES_SNOOP | IOM_RES_NO_SNOOP;
}

static void no_permission(vtd_dma *dma, iom_result *result)
{
	allow(dma, result, dma->address, 12);
	completion(dma, result, 0, false);
}

/* Table 10 and section 3.10: whether accesses to the page are snooped by force. */
static bool snooped(const vtd_dma *dma, unsigned flags)
{
	bool leaf = flags & VTD_TLB_SNOOP;

	switch (dma->ctx.pgtt) {
	case VTD_PGTT_LEGACY:
		return leaf;
	case VTD_PGTT_SECOND:
	case VTD_PGTT_NESTED:
		return leaf || dma->ctx.flags & VTD_CTX_PGSNP;
	default:
		return dma->ctx.flags & VTD_CTX_PGSNP;
	}
}

/* What this requester may do with a page of these rights. */
static uint8_t rights(const vtd_dma *dma, unsigned flags)
{
	bool read = flags & VTD_TLB_SS_R, write = flags & VTD_TLB_SS_W;

	if (dma->ctx.pgtt == VTD_PGTT_FIRST || dma->ctx.pgtt == VTD_PGTT_NESTED) {
		bool user = flags & VTD_TLB_USER, rw = flags & VTD_TLB_FS_W;

		if (dma->supervisor) {
			write = write && (rw || !(dma->ctx.flags & VTD_CTX_WPE));
		} else {
			read = read && user;
			write = write && user && rw;
		}
	}
	return (uint8_t)((read ? IOM_READ : 0) | (write ? IOM_WRITE : 0));
}

static void answer(vtd_dma *dma, iom_result *result, const vtd_found *found)
{
	uint8_t permissions = rights(dma, found->flags);
	bool snoop = snooped(dma, found->flags);

	if (dma->type == IOM_TRANSLATION_REQUEST &&
	    !(permissions & (dma->no_write ? IOM_READ : IOM_READ | IOM_WRITE))) {
		no_permission(dma, result);
		return;
	}
	allow(dma, result, found->page | (dma->address & iom_mask(found->lg2)), found->lg2);
	result->permissions = permissions;
	result->memtype = found->memtype;
	if (snoop)
		result->flags |= IOM_RES_SNOOP;
	if (dma->type == IOM_TRANSLATION_REQUEST)
		completion(dma, result, permissions, snoop);
}

/* ------------------------------------------------------------------------
 * Page tables
 */
static bool input_check(vtd_dma *dma)
{
	const vtd_context *ctx = &dma->ctx;
	uint64_t above = dma->address >> (ctx->width - 1);

	vtd_note(dma->unit, "input address",
		 vtd_has_first_stage(ctx->pgtt) ? "3.6 First-Stage Translation"
		 : ctx->pgtt == VTD_PGTT_PASS   ? "3.9 Pass-Through"
						: "3.7 Second-Stage Translation",
		 dma->address, "%s of %u bits",
		 vtd_has_first_stage(ctx->pgtt) ? "must be a canonical address"
						: "must be an address",
		 ctx->width);

	switch (ctx->pgtt) {
	case VTD_PGTT_FIRST:
	case VTD_PGTT_NESTED:
		/* 3.6: bits from the width on repeat the one below */
		if (above != 0 && above != iom_mask(65u - ctx->width))
			return vtd_fail(dma, VTD_SGN_1, 1, -1, dma->address);
		return true;
	case VTD_PGTT_PASS:
		if (dma->address >> ctx->width)
			return vtd_fail(dma,
					ctx->flags & VTD_CTX_LEGACY ? VTD_LGN_1_3 : VTD_SGN_4_2, 0,
					-1, dma->address);
		return true;
	default:
		if (dma->address >> ctx->width)
			return vtd_fail(dma, ctx->flags & VTD_CTX_LEGACY ? VTD_LGN_1_1 : VTD_SGN_5,
					2, -1, dma->address);
		return true;
	}
}

/* 4.2.3, 3.15: nothing may be reached in the interrupt address range this way. */
static bool output_check(vtd_dma *dma, const vtd_found *found)
{
	uint64_t out = found->page | (dma->address & iom_mask(found->lg2));
	bool legacy = dma->ctx.flags & VTD_CTX_LEGACY;

	if (dma->type == IOM_TRANSLATION_REQUEST) {
		uint8_t p = rights(dma, found->flags);

		if (p && vtd_overlaps_interrupt_range(found->page, found->lg2))
			return vtd_fail(dma, legacy ? VTD_LGN_4 : VTD_SGN_8_2, 0, -1, out);
		return true;
	}
	if (vtd_in_interrupt_range(out))
		return vtd_fail(dma, legacy ? VTD_LGN_4 : VTD_SGN_8_1, 0, -1, out);
	return true;
}

static bool second_stage(vtd_dma *dma, vtd_found *found)
{
	vtd_ss ss;

	if (!vtd_ss_walk(dma, dma->address, &ss) || !vtd_ss_permitted(dma, &ss))
		return false;
	bool write = dma->type == IOM_TRANSLATION_REQUEST ? !dma->no_write : dma->write;

	if (write && ss.write && !vtd_ss_need_dirty(dma, &ss))
		return false;
	found->page = ss.page;
	found->lg2 = ss.lg2;
	found->flags = (uint8_t)((ss.read ? VTD_TLB_SS_R : 0) | (ss.write ? VTD_TLB_SS_W : 0) |
				 (ss.dirty ? VTD_TLB_DIRTY : 0) | (ss.snoop ? VTD_TLB_SNOOP : 0));
	found->memtype = vtd_memtype(dma->unit, &dma->ctx, 0, &ss, ss.page);
	return true;
}

void vtd_tlb_keep(vtd_unit *unit, const vtd_context *ctx, uint64_t address, const vtd_found *found,
		  iom_epoch epoch)
{
	iom_cache *cache = unit->cache[IOM_CACHE_IOTLB];
	iom_cache_scope scope = vtd_scope_tlb(ctx->pgtt, ctx->did, ctx->pasid);
	iom_tag *tags[IOM_CACHE_TAGS];
	vtd_tlb tlb = { found->page, ctx->signature, found->flags, found->memtype, found->lg2 };

	if (!iom_cache_enabled(cache))
		return;
	unsigned n = vtd_tags_tlb(unit, ctx, tags);

	iom_cache_insert(cache, &scope, address, found->lg2, &tlb, sizeof(tlb), tags, n, epoch);
}

/* The IOTLB answers if it says yes; whatever it would refuse is walked. */
static bool cached(vtd_dma *dma, vtd_found *found)
{
	iom_cache_scope scope = vtd_scope_tlb(dma->ctx.pgtt, dma->ctx.did, dma->ctx.pasid);
	vtd_tlb tlb;

	if (dma->looked & VTD_LOOKED_TLB)
		return false;
	vtd_perf(dma, VTD_PERF_IOTLB_LOOKUP);
	if (!iom_cache_lookup(dma->unit->cache[IOM_CACHE_IOTLB], &scope, dma->address, &tlb,
			      sizeof(tlb), NULL) ||
	    tlb.signature != dma->ctx.signature)
		return false;
	*found = (vtd_found){ tlb.page, tlb.lg2, tlb.flags, tlb.memtype };

	uint8_t p = rights(dma, tlb.flags);
	bool dirty = tlb.flags & VTD_TLB_DIRTY;

	if (dma->type == IOM_TRANSLATION_REQUEST)
		return dirty || dma->no_write || !(p & IOM_WRITE);
	if (dma->write && (!(p & IOM_WRITE) || !dirty))
		return false;
	return !dma->read || p & IOM_READ;
}

static bool page_tables(vtd_dma *dma, iom_result *result)
{
	vtd_found found;
	unsigned races = 0;

	if (cached(dma, &found)) {
		if (!output_check(dma, &found))
			return false;
		if (iom_observed(&dma->unit->base))
			iom_step_note(&dma->unit->base, IOM_STEP_CACHE, "IOTLB", "6.2.4 IOTLB",
				      dma->address, "cached page %#" G_GINT64_MODIFIER "x",
				      found.page);
		answer(dma, result, &found);
		result->flags |= IOM_RES_CACHED;
		vtd_perf(dma, VTD_PERF_IOTLB_HIT);
		return true;
	}
	do {
		bool first = dma->ctx.pgtt == VTD_PGTT_FIRST || dma->ctx.pgtt == VTD_PGTT_NESTED;

		/* The epoch stays that of the context, which may have been replaced. */
		dma->n_updates = 0;
		if (!(first ? vtd_fs_walk(dma, &found) : second_stage(dma, &found)) ||
		    !output_check(dma, &found))
			return false;
		switch (dma->speculative ? VTD_UPDATED : vtd_update_run(dma)) {
		case VTD_UPDATED:
			if (!(dma->speculative && dma->n_updates))
				vtd_tlb_keep(dma->unit, &dma->ctx, dma->address, &found,
					     dma->epoch);
			answer(dma, result, &found);
			return true;
		case VTD_UPDATE_FAILED:
			return false;
		case VTD_UPDATE_RACE:
			break;
		}
	} while (iom_race_again(&races));
	/* An agent changes the tables under every walk, without end. */
	result->status = IOM_RETRY;
	return true;
}

/* ------------------------------------------------------------------------
 * The request
 */

/* 3.15 Handling Requests to Interrupt Address Range; true when it ends here. */
static bool interrupt_range(vtd_dma *dma, const iom_request *request, iom_result *result)
{
	bool dword = request->length == 4 && !(request->address & 3);

	if (dma->write && !dma->read && dword) {
		result->status = IOM_INTERRUPT;
		result->address = request->address;
		result->permissions = IOM_WRITE;
		result->page_lg2 = 12;
		result->span = 0x1000 - (request->address & 0xfff);
		return true;
	}
	if (!(dma->mode & VTD_MODE_TES))
		return false;
	if (dma->zero_length) {
		/* completes without remapping; the data mean nothing */
		bypass(dma, result);
		return true;
	}
	vtd_fail(dma, VTD_IR_29, 0, -1, request->address);
	vtd_fault_exit(dma, result);
	/* The address alone is at fault: as far as the range goes. */
	if (result->status == IOM_ABORT)
		result->span = (request->address | 0xfffff) - request->address + 1;
	return true;
}

/* 4.2.5 Handling of Translated Requests */
static bool translated(vtd_dma *dma, iom_result *result)
{
	bool legacy = dma->ctx.flags & VTD_CTX_LEGACY;

	if (dma->ctx.flags & VTD_CTX_HPTE) {
		if (!vtd_hpt_walk(dma))
			return false;
	} else if (dma->address >> dma->unit->caps.haw) {
		return vtd_fail(dma, legacy ? VTD_LGN_1_2 : VTD_SGN_4_1, 0, -1, dma->address);
	} else if (vtd_in_interrupt_range(dma->address)) {
		return vtd_fail(dma, legacy ? VTD_LGN_4 : VTD_SGN_8_3, 0, -1, dma->address);
	}
	vtd_note(dma->unit, "address", "4.2.5 Handling of Translated Requests", dma->address,
		 "is taken as host-physical");
	bypass(dma, result);
	if (dma->ctx.flags & VTD_CTX_HPTE) {
		result->page_lg2 = 12;
		result->span = 0x1000 - (dma->address & 0xfff);
	}
	return true;
}

/* 3.9 Pass-Through */
static bool pass_through(vtd_dma *dma, iom_result *result)
{
	vtd_note(dma->unit, "address", "3.9 Pass-Through", dma->address, "leaves as it came");
	if (dma->type == IOM_UNTRANSLATED && vtd_in_interrupt_range(dma->address))
		return vtd_fail(dma, dma->ctx.flags & VTD_CTX_LEGACY ? VTD_LGN_4 : VTD_SGN_8_1, 0,
				-1, dma->address);
	bypass(dma, result);
	if (dma->ctx.flags & VTD_CTX_PGSNP)
		result->flags |= IOM_RES_SNOOP;
	if (dma->ctx.flags & VTD_CTX_CD)
		result->memtype = IOM_MEM_DEVICE_nGnRnE;
	if (dma->type == IOM_TRANSLATION_REQUEST)
		completion(dma, result, IOM_READ | IOM_WRITE, dma->ctx.flags & VTD_CTX_PGSNP);
	return true;
}

/* 4.2.3: a translation request without PASID for the interrupt range, S.1 and S.2 */
static void special_completion(vtd_dma *dma, iom_result *result)
{
	no_permission(dma, result);
	if (dma->no_write)
		return;
	result->permissions = IOM_WRITE;
	result->flags |= IOM_RES_UNTRANSLATED_ONLY;
}

static bool steps(vtd_dma *dma, iom_result *result)
{
	if (!vtd_root_check(dma) || !vtd_context_get(dma))
		return false;
	const vtd_context *ctx = &dma->ctx;

	dma->supervisor = dma->has_pasid ? dma->pr : (ctx->flags & VTD_CTX_RID_PRIV) != 0;
	if (dma->supervisor)
		vtd_note(dma->unit, "privilege", "3.6.1 Access Rights", dma->address,
			 "supervisor, by %s", dma->has_pasid ? "the request" : "RID_PRIV");
	if (dma->type == IOM_TRANSLATED)
		return translated(dma, result);
	if (!(ctx->flags & VTD_CTX_LEGACY)) {
		if (dma->er && dma->unit->caps.major <= 7)
			return vtd_fail(dma, VTD_SPT_5, 0, -1, 0);
		if (dma->supervisor && !(ctx->flags & VTD_CTX_SRE))
			return vtd_fail(dma, VTD_SPT_6, 0, -1, 0);
	}
	dma->configured = true;
	if (dma->type == IOM_TRANSLATION_REQUEST && !dma->has_pasid &&
	    vtd_in_interrupt_range(dma->address)) {
		special_completion(dma, result);
		return true;
	}
	if (!input_check(dma))
		return false;
	if (ctx->pgtt == VTD_PGTT_PASS)
		return pass_through(dma, result);
	return page_tables(dma, result);
}

void vtd_translate_slow(vtd_unit *unit, const iom_request *request, iom_result *result,
			unsigned looked)
{
	vtd_dma dma;

	vtd_dma_init(&dma, unit, request);
	dma.looked = (uint8_t)looked;
	bool enabled = dma.mode & VTD_MODE_TES;

	/* 4.2.1: translation off, and requests that no rule of ATS allows */
	if (request->type > IOM_TRANSLATED || (request->type != IOM_UNTRANSLATED && !enabled) ||
	    (request->type == IOM_TRANSLATION_REQUEST &&
	     (request->access & (IOM_READ | IOM_WRITE | IOM_ATOMIC)) > IOM_READ &&
	     (request->access & (IOM_READ | IOM_WRITE | IOM_ATOMIC)) != (IOM_READ | IOM_WRITE))) {
		vtd_note(unit, "request", "4.2.1 Handling of ATS Protocol Errors", request->address,
			 "refused without a record");
		refuse_unrecorded(result, IOM_RESPONSE_UR);
		return;
	}
	if (request->type == IOM_UNTRANSLATED && !dma.has_pasid &&
	    vtd_in_interrupt_range(request->address) && interrupt_range(&dma, request, result))
		return;
	if (!enabled) {
		vtd_note(unit, "request", "11.4.4.2 Global Status Register", request->address,
			 "TES is 0: not remapped");
		bypass(&dma, result);
	} else {
		dma.epoch = iom_tags_epoch(unit->tags);
		bool ok = steps(&dma, result);

		vtd_perf(&dma, VTD_PERF_REQUESTS);
		if (!ok) {
			if (dma.type == IOM_TRANSLATION_REQUEST)
				vtd_perf(&dma, VTD_PERF_ATS_BLOCKED);
			vtd_fault_exit(&dma, result);
			return;
		}
	}
	/* 11.4.8.1: protected memory, also with translation off */
	if (dma.mode & VTD_MODE_PMR && dma.type != IOM_TRANSLATION_REQUEST &&
	    result->status == IOM_OK && vtd_protected(unit, result->address, request->length)) {
		vtd_note(unit, "protected memory", "11.4.8.1 Protected Memory Enable Register",
			 result->address, "blocked without a record");
		memset(result, 0, sizeof(*result));
		refuse_unrecorded(result, IOM_RESPONSE_UR);
		result->fault.level = -1;
	}
}
