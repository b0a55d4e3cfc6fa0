/* SPDX-License-Identifier: MIT */
/*
 * 3.4 Address Translation: from the source-id to the context of a request.
 * Checks run in the order of 7.1.3 Fault conditions and remapping hardware
 * behavior.
 */
#include "vtd/internal.h"

#include <string.h>

/* AGAW encodings: 1 is 39 bits in 3 levels, 2 is 48 in 4, 3 is 57 in 5. */
static bool aw_supported(const vtd_caps *caps, unsigned aw)
{
	return aw >= 1 && aw <= 3 && caps->sagaw >> aw & 1;
}

/* Input addresses of a second stage: min(MGAW, AGAW) bits. */
uint8_t vtd_width(const vtd_caps *caps, unsigned aw)
{
	return (uint8_t)MIN((unsigned)caps->mgaw, 30 + 9 * aw);
}

/*
 * Entries of the IOTLB are found by domain and PASID. Tables that differ under
 * the same ones are an error of software, but must not answer for each other.
 */
uint32_t vtd_signature(const vtd_context *ctx)
{
	uint32_t translate = VTD_CTX_EAFE | VTD_CTX_SSADE | VTD_CTX_CD | VTD_CTX_EMTE |
			     VTD_CTX_SSIRWE | VTD_CTX_LEGACY | VTD_CTX_PWSNP;
	uint64_t h = ctx->ss ^ (uint64_t)ctx->ss_levels << 56;

	h = (h ^ h >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
	h ^= ctx->fs ^ (uint64_t)ctx->fs_levels << 56;
	h = (h ^ h >> 32) * UINT64_C(0x94d049bb133111eb);
	h ^= ctx->pat | (uint64_t)(ctx->flags & translate) << 32 | (uint64_t)ctx->pgtt << 60;
	h = (h ^ h >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
	return (uint32_t)(h >> 32);
}

/* 11.4.5 Root Table Address Register: modes that refuse every request. */
bool vtd_root_check(vtd_dma *dma)
{
	const vtd_caps *caps = &dma->unit->caps;
	const char *what = "root table address";
	const char *section = "11.4.5 Root Table Address Register";

	switch (VTD_MODE_TTM(dma->mode)) {
	case VTD_TTM_RESERVED:
		vtd_note(dma->unit, what, section, dma->address, "TTM 10b is reserved");
		return vtd_fail(dma, VTD_RTA_1_2, 0, -1, 0);
	case VTD_TTM_SCALABLE:
		if (!caps->smts)
			return vtd_fail(dma, VTD_RTA_1_3, 0, -1, 0);
		break;
	case VTD_TTM_ABORT:
		if (!caps->adms)
			return vtd_fail(dma, VTD_RTA_1_1, 0, -1, 0);
		vtd_note(dma->unit, what, "3.4.4 Abort-DMA Mode", dma->address,
			 "abort-DMA mode refuses every request");
		return vtd_fail(dma, VTD_RTA_4, 0, -1, 0);
	default:
		if (dma->page_request)
			return vtd_fail(dma, VTD_RTA_3, 0, -1, 0);
		if (dma->has_pasid)
			return vtd_fail(dma, VTD_RTA_2, 0, -1, 0);
		if (dma->mode & VTD_MODE_SSIRWE)
			return vtd_fail(dma, VTD_RTA_1_4, 0, -1, 0);
		vtd_note(dma->unit, what, section, dma->address, "legacy mode");
		return true;
	}
	/* version 8 blocks execute requests before any table is read */
	if (!dma->page_request && dma->er && caps->major >= 8)
		return vtd_fail(dma, VTD_RTA_5, 0, -1, 0);
	vtd_note(dma->unit, what, section, dma->address, "scalable mode");
	return true;
}

/* 3.4.2 Legacy Mode Address Translation, 9.1 Root Entry, 9.3 Context Entry */
bool vtd_legacy_tables(vtd_dma *dma)
{
	vtd_unit *unit = dma->unit;
	const vtd_caps *caps = &unit->caps;
	vtd_context *ctx = &dma->ctx;
	uint64_t root[2], entry[2];
	uint64_t at = VTD_MODE_TABLE(dma->mode) + 16 * (uint64_t)(dma->sid >> 8);

	if (!vtd_fetch(unit, "root entry", &vtd_root_entry_layout, at, dma->address, root, 2))
		return vtd_fail(dma, VTD_LRT_1, 0, -1, at);
	if (!vtd_root_entry_get_P(root))
		return vtd_fail(dma, VTD_LRT_2, 0, -1, at);
	if (vtd_reserved_noted(dma, "root entry", root, unit->masks.root, 2))
		return vtd_fail(dma, VTD_LRT_3, 0, -1, at);

	at = vtd_root_entry_get_CTP(root) + 16 * (uint64_t)(dma->sid & 0xff);
	if (!vtd_fetch(unit, "context entry", &vtd_context_entry_layout, at, dma->address, entry,
		       2))
		return vtd_fail(dma, VTD_LCT_1, 0, -1, at);
	dma->fpd |= vtd_context_entry_get_FPD(entry);
	if (!vtd_context_entry_get_P(entry))
		return vtd_fail(dma, VTD_LCT_2, 0, -1, at);
	if (vtd_reserved_noted(dma, "context entry", entry, unit->masks.context, 2))
		return vtd_fail(dma, VTD_LCT_3, 0, -1, at);

	unsigned aw = (unsigned)vtd_context_entry_get_AW(entry);
	unsigned tt = (unsigned)vtd_context_entry_get_TT(entry);

	if (!aw_supported(caps, aw))
		return vtd_fail(dma, VTD_LCT_4_1, 0, -1, at);
	if (tt == 3 || (tt == 1 && !caps->dt) || (tt == 2 && !caps->pt))
		return vtd_fail(dma, VTD_LCT_4_2, 0, -1, at);
	if (tt != 1 && dma->type != IOM_UNTRANSLATED)
		return vtd_fail(dma, VTD_LCT_5, 0, -1, at);

	memset(ctx, 0, sizeof(*ctx));
	ctx->flags = VTD_CTX_LEGACY | (tt == 1 ? VTD_CTX_ATS : 0) | (dma->fpd ? VTD_CTX_FPD : 0);
	ctx->pgtt = tt == 2 ? VTD_PGTT_PASS : VTD_PGTT_LEGACY;
	ctx->did = (uint16_t)vtd_context_entry_get_DID(entry);
	ctx->ss = vtd_context_entry_get_SSPTPTR(entry);
	ctx->ss_levels = (uint8_t)(aw + 2);
	ctx->width = tt == 2 ? caps->haw : vtd_width(caps, aw);
	ctx->signature = vtd_signature(ctx);
	if (tt == 2)
		vtd_note(unit, "context entry", "3.9 Pass-Through", dma->address,
			 "TT 10b: not translated, domain %u", ctx->did);
	else
		vtd_note(unit, "context entry", "3.4.2 Legacy Mode Address Translation",
			 dma->address,
			 "TT %u%ub: second stage of %u levels, %u address bits, domain %u, ATS %s",
			 tt >> 1, tt & 1, ctx->ss_levels, ctx->width, ctx->did,
			 tt == 1 ? "allowed" : "blocked");
	return true;
}

/* Whether a scalable context entry lets this request through, in order. */
static bool scalable_checks(vtd_dma *dma, const uint64_t *entry, uint64_t at)
{
	const vtd_caps *caps = &dma->unit->caps;
	bool paside = vtd_sm_context_entry_get_PASIDE(entry);
	bool dte = vtd_sm_context_entry_get_DTE(entry);
	bool pre = vtd_sm_context_entry_get_PRE(entry);
	bool eptr = vtd_sm_context_entry_get_EPTR(entry);
	bool translated = dma->type == IOM_TRANSLATED && !dma->page_request;
	bool ats = dma->type != IOM_UNTRANSLATED && !dma->page_request;
	uint64_t limit = UINT64_C(1) << (vtd_sm_context_entry_get_PDTS(entry) + 13);
	uint64_t rid_pasid = vtd_sm_context_entry_get_RID_PASID(entry);

	if (!paside && dma->has_pasid && !translated)
		return vtd_fail(dma, VTD_SCT_6, 0, -1, at);
	if (pre && !dte)
		return vtd_fail(dma, VTD_SCT_4_1, 0, -1, at);
	if (rid_pasid >= limit)
		return vtd_fail(dma, VTD_SCT_4_2, 0, -1, at);
	if (eptr && !paside)
		return vtd_fail(dma, VTD_SCT_4_3, 0, -1, at);
	if (!dte && ats)
		return vtd_fail(dma, VTD_SCT_5, 0, -1, at);
	if (!pre && dma->page_request)
		return vtd_fail(dma, VTD_SCT_8, 0, -1, at);
	if (translated && dma->has_pasid && !eptr)
		return vtd_fail(dma, VTD_SCT_10, 0, -1, at);
	if (!dma->has_pasid)
		return true;
	/* not a condition of page requests: table 30 */
	if (!dma->page_request && dma->pasid >> caps->pss)
		return vtd_fail(dma, VTD_SGN_10, 0, -1, at);
	if (dma->pasid >= limit)
		return vtd_fail(dma, VTD_SCT_7, 0, -1, at);
	if (dma->pasid == rid_pasid)
		return vtd_fail(dma, VTD_SCT_9, 0, -1, at);
	return true;
}

/* 3.4.3 Scalable Mode Address Translation, 9.2 and 9.4 */
bool vtd_scalable_tables(vtd_dma *dma)
{
	vtd_unit *unit = dma->unit;
	vtd_context *ctx = &dma->ctx;
	uint64_t root[2], entry[4];
	unsigned half = dma->sid >> 7 & 1;
	uint64_t at = VTD_MODE_TABLE(dma->mode) + 16 * (uint64_t)(dma->sid >> 8);

	if (!vtd_fetch(unit, "scalable-mode root entry", &vtd_sm_root_entry_layout, at,
		       dma->address, root, 2))
		return vtd_fail(dma, VTD_SRT_1, 0, -1, at);
	if (!(half ? vtd_sm_root_entry_get_UP(root) : vtd_sm_root_entry_get_LP(root)))
		return vtd_fail(dma, VTD_SRT_2, 0, -1, at);
	if (vtd_reserved_noted(dma, "scalable-mode root entry", &root[half],
			       &unit->masks.sm_root[half], 1))
		return vtd_fail(dma, VTD_SRT_3, 0, -1, at);

	at = (half ? vtd_sm_root_entry_get_UCTP(root) : vtd_sm_root_entry_get_LCTP(root)) +
	     32 * (uint64_t)(dma->sid & 0x7f);
	if (!vtd_fetch(unit, "scalable-mode context entry", &vtd_sm_context_entry_layout, at,
		       dma->address, entry, 4))
		return vtd_fail(dma, VTD_SCT_1, 0, -1, at);
	dma->fpd |= vtd_sm_context_entry_get_FPD(entry);
	if (!vtd_sm_context_entry_get_P(entry))
		return vtd_fail(dma, VTD_SCT_2, 0, -1, at);
	if (vtd_reserved_noted(dma, "scalable-mode context entry", entry, unit->masks.sm_context,
			       4))
		return vtd_fail(dma, VTD_SCT_3, 0, -1, at);
	if (!scalable_checks(dma, entry, at))
		return false;

	memset(ctx, 0, sizeof(*ctx));
#define FLAG(name) (vtd_sm_context_entry_get_##name(entry) ? VTD_CTX_##name : 0)
	ctx->flags = FLAG(PASIDE) | FLAG(PRE) | FLAG(EPTR) | FLAG(HPTE) | FLAG(RID_PRIV);
#undef FLAG
	if (vtd_sm_context_entry_get_DTE(entry))
		ctx->flags |= VTD_CTX_ATS;
	if (dma->mode & VTD_MODE_SSIRWE)
		ctx->flags |= VTD_CTX_SSIRWE;
	ctx->pasid =
		dma->has_pasid ? dma->pasid : (uint32_t)vtd_sm_context_entry_get_RID_PASID(entry);
	ctx->pgtt = VTD_PGTT_NONE;
	ctx->width = unit->caps.haw;
	vtd_note(unit, "scalable-mode context entry", "3.4.3 Scalable Mode Address Translation",
		 dma->address, "PASID %#x (%s)", ctx->pasid,
		 dma->has_pasid ? "of the request" : "RID_PASID");
	/* 4.2.5: without host permission tables a translated request ends here */
	if (dma->type == IOM_TRANSLATED && !dma->page_request && !(ctx->flags & VTD_CTX_HPTE)) {
		if (dma->fpd)
			ctx->flags |= VTD_CTX_FPD;
		return true;
	}
	return vtd_pasid_tables(dma, entry);
}

/* Whether a cached context lets this request through; if not, the tables tell why. */
static bool cached_allows(const vtd_dma *dma)
{
	uint32_t flags = dma->ctx.flags;

	if (dma->page_request)
		return flags & VTD_CTX_PRE;
	if (dma->type != IOM_UNTRANSLATED && !(flags & VTD_CTX_ATS))
		return false;
	if (dma->has_pasid)
		return flags & (dma->type == IOM_TRANSLATED ? VTD_CTX_EPTR : VTD_CTX_PASIDE);
	return true;
}

static iom_cache_scope config_scope(const vtd_dma *dma)
{
	return vtd_scope_config(dma->type == IOM_TRANSLATED && !dma->page_request,
				dma->has_pasid ? dma->pasid : IOM_NO_PASID);
}

static void insert(vtd_dma *dma)
{
	vtd_unit *unit = dma->unit;
	const vtd_context *ctx = &dma->ctx;
	iom_cache *cache = unit->cache[IOM_CACHE_CONFIG];
	iom_cache_scope scope = config_scope(dma);

	if (!iom_cache_enabled(cache))
		return;
	iom_tag *tags[IOM_CACHE_TAGS] = {
		vtd_tag(unit, VTD_TAG_SID, dma->sid, 0),
		vtd_tag(unit, VTD_TAG_CONFIG_DOMAIN, ctx->did, 0),
		vtd_tag(unit, VTD_TAG_CONFIG_PASID, ctx->did, ctx->pasid),
	};

	iom_cache_insert(cache, &scope, dma->sid, 0, ctx, sizeof(*ctx), tags, 3, dma->epoch);
}

/* The configuration cache, counted once however often it is asked. */
static bool cached(vtd_dma *dma)
{
	iom_cache *cache = dma->unit->cache[IOM_CACHE_CONFIG];
	iom_cache_scope scope = config_scope(dma);

	vtd_perf(dma, VTD_PERF_CONTEXT_LOOKUP);
	vtd_perf(dma, VTD_PERF_PASID_LOOKUP);
	if (dma->looked & VTD_LOOKED_CONTEXT)
		return false;
	if (dma->looked & VTD_LOOKED_HIT)
		return iom_cache_peek(cache, &scope, dma->sid, &dma->ctx, sizeof(dma->ctx), NULL);
	return iom_cache_lookup(cache, &scope, dma->sid, &dma->ctx, sizeof(dma->ctx), NULL);
}

bool vtd_context_get(vtd_dma *dma)
{
	vtd_unit *unit = dma->unit;

	dma->ctx.did = 0;
	if (cached(dma) && cached_allows(dma)) {
		if (iom_observed(&unit->base))
			iom_step_note(&unit->base, IOM_STEP_CACHE, "context and PASID entry",
				      "6.2.2 Context-Cache", dma->address,
				      "cached for source-id %#x", dma->sid);
		dma->fpd |= (dma->ctx.flags & VTD_CTX_FPD) != 0;
		vtd_perf(dma, VTD_PERF_CONTEXT_HIT);
		vtd_perf(dma, VTD_PERF_PASID_HIT);
		return true;
	}
	if (!(VTD_MODE_TTM(dma->mode) == VTD_TTM_LEGACY ? vtd_legacy_tables(dma)
							: vtd_scalable_tables(dma)))
		return false;
	insert(dma);
	return true;
}
