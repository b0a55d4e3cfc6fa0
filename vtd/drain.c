/* SPDX-License-Identifier: MIT */
/*
 * 6.5.4 Draining of Requests to Memory: what completes only when the accesses
 * have ended that may have used what it removed.
 */
#include "vtd/iq.h"

/* 11.4.6.1 Context Command Register, 11.4.6.3 IOTLB Invalidate Register */
static void registers(vtd_unit *unit)
{
	uint64_t context = vtd_get64(&unit->regs, VTD_CCMD);
	uint64_t iotlb = vtd_get64(&unit->regs, unit->caps.iva + 8);

	if (unit->drains.context && iom_flight_landed(&unit->base, &unit->drains.context)) {
		vtd_ccmd_set_ICC(&context, 0);
		vtd_set64(&unit->regs, VTD_CCMD, context);
	}
	if (unit->drains.iotlb && iom_flight_landed(&unit->base, &unit->drains.iotlb)) {
		vtd_iotlb_set_IVT(&iotlb, 0);
		vtd_set64(&unit->regs, unit->caps.iva + 8, iotlb);
	}
}

/* 11.4.4.1: TES follows TE when nothing is under way that was translated. */
static void disable(vtd_unit *unit)
{
	uint32_t status = vtd_get32(&unit->regs, VTD_GSTS);

	if (!unit->drains.disable || !iom_flight_landed(&unit->base, &unit->drains.disable))
		return;
	vtd_set32(&unit->regs, VTD_GSTS, status & ~(uint32_t)VTD_GCMD_TE);
	/* 7.2.1: recording starts over once neither kind of remapping is on */
	if (!(status & VTD_GCMD_IRE))
		unit->next_frcd = 0;
}

void vtd_landed(iom_iommu *iommu)
{
	vtd_unit *unit = vtd_of(iommu);

	do {
		/* Whoever has the lock, perhaps this thread, looks when it is given back. */
		if (!iom_lock_try(&unit->lock))
			return;
		iom_flight_looked(iommu->flight);
		registers(unit);
		disable(unit);
		vtd_iq_waits_run(unit);
		iom_lock_give(&unit->lock);
	} while (iom_flight_look(iommu->flight));
}
