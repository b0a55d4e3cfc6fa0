/* SPDX-License-Identifier: MIT */
/*
 * 6.5 Invalidation of Translation Caches: what each command removes, whichever
 * interface it came through. Removing more than asked for is always allowed.
 */
#include "vtd/internal.h"

static void tell(vtd_unit *unit, const iom_invalidation *inv)
{
	if (unit->base.bus.invalidated)
		unit->base.bus.invalidated(unit->base.bus.opaque, inv);
}

/* What every invalidation of contexts ends with. */
static void tell_config(vtd_unit *unit, uint32_t sid, uint32_t did, uint32_t pasid)
{
	iom_invalidation inv = { .kind = IOM_INV_CONFIG,
				 .requester = sid,
				 .pasid = pasid,
				 .asid = IOM_INV_ANY,
				 .vmid = did };

	tell(unit, &inv);
}

static void tell_tlb(vtd_unit *unit, unsigned stage, uint32_t did, uint32_t pasid, uint64_t address,
		     uint64_t length, bool leaf)
{
	iom_invalidation inv = { .kind = IOM_INV_TLB,
				 .stage = (uint8_t)stage,
				 .leaf = leaf,
				 .granule_lg2 = 12,
				 .requester = IOM_INV_ANY,
				 .pasid = pasid,
				 .asid = IOM_INV_ANY,
				 .vmid = did,
				 .address = address,
				 .length = length };

	tell(unit, &inv);
}

static uint16_t domain(const vtd_unit *unit, uint16_t did)
{
	return (uint16_t)(did & iom_mask(unit->caps.nd)); /* upper bits are ignored */
}

/* 2^am pages around an address; *last is the last byte. */
static uint64_t range(uint64_t address, unsigned am, uint64_t *last)
{
	uint64_t mask = iom_mask(12 + am);

	*last = address | mask;
	return address & ~mask;
}

/*
 * In all that follows: what leads to others goes first, so that it cannot bring them
 * back. The walk cache has tables of the second stage, which lead to its pages, and
 * of the first, to which those pages lead.
 */
static void all_translations(vtd_unit *unit)
{
	iom_cache_invalidate_all(unit->cache[IOM_CACHE_WALK]);
	iom_cache_invalidate_all(unit->cache[IOM_CACHE_STAGE2]);
	iom_cache_invalidate_all(unit->cache[IOM_CACHE_WALK]);
	iom_cache_invalidate_all(unit->cache[IOM_CACHE_IOTLB]);
}

void vtd_inv_all_dma(vtd_unit *unit)
{
	iom_invalidation inv = { .kind = IOM_INV_ALL,
				 .requester = IOM_INV_ANY,
				 .pasid = IOM_NO_PASID,
				 .asid = IOM_INV_ANY,
				 .vmid = IOM_INV_ANY };

	iom_cache_invalidate_all(unit->cache[IOM_CACHE_CONFIG]);
	all_translations(unit);
	tell(unit, &inv);
}

/* 6.5.2.1: granularity 1 global, 2 domain, 3 device; domains only exist in legacy mode. */
void vtd_inv_context(vtd_unit *unit, unsigned granularity, uint16_t did, uint16_t sid, unsigned fm)
{
	static const uint8_t ignored[4] = { 0, 4, 6, 7 }; /* function bits by FM */
	bool legacy = VTD_MODE_TTM(unit->root) == VTD_TTM_LEGACY;

	did = domain(unit, did);
	if (granularity == 3) {
		unsigned free = ignored[fm & 3], first = sid & ~free;

		for (unsigned f = 0; f <= free; f++) {
			if (f & ~free)
				continue;
			vtd_tag_drop(unit, VTD_TAG_SID, first | f, 0);
			tell_config(unit, first | f, legacy ? did : IOM_INV_ANY, IOM_NO_PASID);
		}
	} else if (granularity == 2 && legacy) {
		vtd_tag_drop(unit, VTD_TAG_CONFIG_DOMAIN, did, 0);
		tell_config(unit, IOM_INV_ANY, did, IOM_NO_PASID);
	} else {
		iom_cache_invalidate_all(unit->cache[IOM_CACHE_CONFIG]);
		tell_config(unit, IOM_INV_ANY, IOM_INV_ANY, IOM_NO_PASID);
	}
}

/* 6.5.2.2: granularity 0 domain, 1 PASID of a domain, 3 global */
void vtd_inv_pasid_cache(vtd_unit *unit, unsigned granularity, uint16_t did, uint32_t pasid)
{
	did = domain(unit, did);
	if (granularity == 3) {
		iom_cache_invalidate_all(unit->cache[IOM_CACHE_CONFIG]);
		tell_config(unit, IOM_INV_ANY, IOM_INV_ANY, IOM_NO_PASID);
	} else if (granularity == 0) {
		vtd_tag_drop(unit, VTD_TAG_CONFIG_DOMAIN, did, 0);
		tell_config(unit, IOM_INV_ANY, did, IOM_NO_PASID);
	} else {
		vtd_tag_drop(unit, VTD_TAG_CONFIG_PASID, did, pasid);
		tell_config(unit, IOM_INV_ANY, did, pasid);
	}
}

/*
 * 6.5.2.3 (table 23): granularity 1 global, 2 domain, 3 pages. Pages are those
 * of the second stage; whatever a first stage has a part in goes by domain.
 */
void vtd_inv_iotlb(vtd_unit *unit, unsigned granularity, uint16_t did, uint64_t address,
		   unsigned am, bool hint)
{
	iom_cache_scope scope;
	bool legacy;
	uint64_t first, last;

	did = domain(unit, did);
	if (granularity == 1) {
		all_translations(unit);
		tell_tlb(unit, 0, IOM_INV_ANY, IOM_NO_PASID, 0, 0, false);
		return;
	}
	if (granularity == 2) {
		vtd_tag_drop(unit, VTD_TAG_STAGE2, did, 0);
		vtd_tag_drop(unit, VTD_TAG_SECOND, did, 0);
		vtd_tag_drop(unit, VTD_TAG_FIRST, did, 0);
		tell_tlb(unit, 0, did, IOM_NO_PASID, 0, 0, false);
		return;
	}
	legacy = VTD_MODE_TTM(atomic_load_explicit(&unit->mode, memory_order_acquire)) ==
		 VTD_TTM_LEGACY;
	first = range(address & iom_mask(unit->caps.mgaw), am, &last);
	scope = vtd_scope_second(did);
	if (!hint)
		iom_cache_invalidate_range(unit->cache[IOM_CACHE_WALK], &scope, first, last);
	iom_cache_invalidate_range(unit->cache[IOM_CACHE_STAGE2], &scope, first, last);
	iom_cache_invalidate_range(unit->cache[IOM_CACHE_IOTLB], &scope, first, last);
	vtd_tag_drop(unit, VTD_TAG_FIRST, did, 0);
	/* In legacy mode there is one stage, whose addresses are those of the devices. */
	tell_tlb(unit, legacy ? 0 : 2, did, IOM_NO_PASID, first, last - first + 1, hint);
}

/* 6.5.2.4 (table 24): granularity 2 a whole PASID of a domain, 3 pages of it */
void vtd_inv_pasid_iotlb(vtd_unit *unit, unsigned granularity, uint16_t did, uint32_t pasid,
			 uint64_t address, unsigned am, bool hint)
{
	iom_cache_scope scope;
	uint64_t first, last;

	did = domain(unit, did);
	if (granularity == 2) {
		vtd_tag_drop(unit, VTD_TAG_SECOND, did, 0);
		vtd_tag_drop(unit, VTD_TAG_PASID, did, pasid);
		tell_tlb(unit, 0, did, pasid, 0, 0, false);
		return;
	}
	first = range(address, am, &last);
	scope = vtd_scope_first(did, pasid);
	if (!hint)
		iom_cache_invalidate_range(unit->cache[IOM_CACHE_WALK], &scope, first, last);
	iom_cache_invalidate_range(unit->cache[IOM_CACHE_IOTLB], &scope, first, last);
	tell_tlb(unit, 1, did, pasid, first, last - first + 1, hint);
}

/* 6.5.2.8: all entries, or 2^mask_lg2 of them around an index */
void vtd_inv_interrupt(vtd_unit *unit, bool all, uint16_t index, unsigned mask_lg2)
{
	iom_cache *cache = unit->cache[IOM_CACHE_INTERRUPT];
	iom_cache_scope scope = { 0, 0 };
	uint64_t mask = iom_mask(mask_lg2);

	if (all)
		iom_cache_invalidate_all(cache);
	else
		iom_cache_invalidate_range(cache, &scope, index & ~mask, index | mask);
}

/*
 * 6.5.2.7: granularity 1 global, 2 HPT domain, 3 pages. Only permissions are
 * kept, no tables, so every level that `levels` names is gone with them.
 */
void vtd_inv_hpt(vtd_unit *unit, unsigned granularity, uint16_t did, uint64_t address, unsigned am)
{
	iom_cache_scope scope;
	uint64_t first, last;

	did = domain(unit, did);
	scope = vtd_scope_hpt(did);
	first = range(address, am, &last);
	if (granularity == 1)
		iom_cache_invalidate_all(unit->cache[IOM_CACHE_WALK]);
	else if (granularity == 2)
		vtd_tag_drop(unit, VTD_TAG_HPT, did, 0);
	else
		iom_cache_invalidate_range(unit->cache[IOM_CACHE_WALK], &scope, first, last);
}

/* ------------------------------------------------------------------------
 * 6.5.1 Register-Based Invalidation Interface: for versions up to 5, in legacy
 * mode, while the queue is off. Otherwise the answer is that nothing was done.
 */
static bool registers_allowed(const vtd_unit *unit)
{
	return unit->caps.major <= 5 && VTD_MODE_TTM(unit->root) == VTD_TTM_LEGACY &&
	       !(vtd_get32(&unit->regs, VTD_GSTS) & VTD_GCMD_QIE);
}

/* 11.4.6.1 Context Command Register */
void vtd_inv_register_context(vtd_unit *unit)
{
	uint64_t command = vtd_get64(&unit->regs, VTD_CCMD);
	unsigned granularity = (unsigned)vtd_ccmd_get_CIRG(&command);

	if (!vtd_ccmd_get_ICC(&command))
		return;
	if (!registers_allowed(unit))
		granularity = 0;
	if (granularity)
		vtd_inv_context(unit, granularity, (uint16_t)vtd_ccmd_get_DID(&command),
				(uint16_t)vtd_ccmd_get_SID(&command),
				(unsigned)vtd_ccmd_get_FM(&command));
	vtd_ccmd_set_CAIG(&command, granularity);
	unit->drains.context = 0;
	if (!granularity || iom_flight_landed(&unit->base, &unit->drains.context))
		vtd_ccmd_set_ICC(&command, 0);
	vtd_set64(&unit->regs, VTD_CCMD, command);
}

/* 11.4.6.3 IOTLB Invalidate Register, 11.4.6.4 Invalidate Address Register */
void vtd_inv_register_iotlb(vtd_unit *unit)
{
	uint64_t command = vtd_get64(&unit->regs, unit->caps.iva + 8);
	uint64_t iva = vtd_get64(&unit->regs, unit->caps.iva);
	unsigned granularity = (unsigned)vtd_iotlb_get_IIRG(&command);
	unsigned am = (unsigned)vtd_iva_get_AM(&iva);

	if (!vtd_iotlb_get_IVT(&command))
		return;
	if (granularity == 3 && !unit->caps.psi)
		granularity = 2;
	if (!registers_allowed(unit) || (granularity == 3 && am > unit->caps.mamv))
		granularity = 0;
	if (granularity)
		vtd_inv_iotlb(unit, granularity, (uint16_t)vtd_iotlb_get_DID(&command),
			      vtd_iva_get_ADDR(&iva), am, vtd_iva_get_IH(&iva));
	vtd_iotlb_set_IAIG(&command, granularity);
	unit->drains.iotlb = 0;
	if (!granularity || iom_flight_landed(&unit->base, &unit->drains.iotlb))
		vtd_iotlb_set_IVT(&command, 0);
	vtd_set64(&unit->regs, unit->caps.iva + 8, command);
}
