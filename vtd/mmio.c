/* SPDX-License-Identifier: MIT */
/*
 * 11.2 Software Access to Registers: aligned accesses of 32 and 64 bits. One of
 * 64 bits that covers two registers of 32 is taken as two.
 */
#include "vtd/internal.h"

#include "core/tags.h"

uint64_t vtd_mmio_size(const iom_iommu *iommu)
{
	return ((const vtd_unit *)iommu)->regs.size;
}

const iom_layout *vtd_register_layout(const iom_iommu *iommu, uint64_t offset, const char **name)
{
	const vtd_reg *reg = vtd_regs_find(&((const vtd_unit *)iommu)->regs, offset);

	*name = reg ? reg->name : NULL;
	return reg && reg->offset == offset ? reg->layout : NULL;
}

static bool access_ok(const vtd_unit *unit, uint64_t offset, unsigned size)
{
	return (size == 4 || size == 8) && !(offset & (size - 1)) && offset < unit->regs.size &&
	       size <= unit->regs.size - offset;
}

/* Registers that can only be written read 0. */
static bool write_only(const vtd_unit *unit, uint32_t offset)
{
	const vtd_reg *reg = vtd_regs_find(&unit->regs, offset);

	return reg && (reg->offset == VTD_ECMD || reg->offset == VTD_ECEO ||
		       reg->offset == unit->caps.iva);
}

static uint32_t read32(vtd_unit *unit, uint32_t offset)
{
	uint32_t value;

	if (unit->caps.pms && vtd_perfmon_read(unit, offset, &value))
		return value;
	return write_only(unit, offset) ? 0 : vtd_get32(&unit->regs, offset);
}

uint64_t vtd_mmio_read(iom_iommu *iommu, uint64_t offset, unsigned size, iom_space space)
{
	vtd_unit *unit = vtd_of(iommu);
	uint64_t value;

	(void)space;
	if (!access_ok(unit, offset, size))
		return 0;
	vtd_lock(unit);
	value = read32(unit, (uint32_t)offset);
	if (size == 8)
		value |= (uint64_t)read32(unit, (uint32_t)offset + 4) << 32;
	vtd_unlock(unit);
	return value;
}

/* ------------------------------------------------------------------------
 * What a write sets off. `low` and `high` tell which dwords of the register
 * were written.
 */
static void fault_status_written(vtd_unit *unit)
{
	vtd_fault_update(unit);
	vtd_iq_run(unit); /* clearing IQE or ITE lets the queue go on */
}

static void page_status_written(vtd_unit *unit)
{
	if (!(vtd_get32(&unit->regs, VTD_PRS) & (VTD_PRS_PPR | VTD_PRS_PRO)))
		vtd_event_clear(unit, VTD_EVENT_PAGE_REQUEST);
}

static void protection_written(vtd_unit *unit)
{
	uint32_t value = vtd_get32(&unit->regs, VTD_PMEN);

	vtd_set32(&unit->regs, VTD_PMEN, (value & ~1u) | value >> 31);
	vtd_publish(unit);
}

static void written_low_registers(vtd_unit *unit, uint32_t offset, bool high)
{
	switch (offset) {
	case VTD_CCMD:
		if (high)
			vtd_inv_register_context(unit);
		break;
	case VTD_FSTS:
		fault_status_written(unit);
		break;
	case VTD_FECTL:
		vtd_event_control(unit, VTD_EVENT_FAULT);
		break;
	case VTD_IECTL:
		vtd_event_control(unit, VTD_EVENT_INVALIDATION);
		break;
	case VTD_PECTL:
		vtd_event_control(unit, VTD_EVENT_PAGE_REQUEST);
		break;
	case VTD_PMEN:
		protection_written(unit);
		break;
	case VTD_ICS:
		if (!(vtd_get32(&unit->regs, VTD_ICS) & 1))
			vtd_event_clear(unit, VTD_EVENT_INVALIDATION);
		break;
	case VTD_PRS:
		page_status_written(unit);
		break;
	default:
		break;
	}
}

static void written(vtd_unit *unit, const vtd_reg *reg, bool low, bool high)
{
	uint32_t offset = reg->offset;

	if (offset == unit->caps.iva + 8) {
		if (high)
			vtd_inv_register_iotlb(unit);
	} else if (offset >= unit->caps.frcd &&
		   offset < unit->caps.frcd + 16u * unit->caps.n_frcd) {
		vtd_fault_update(unit);
	} else if (offset == VTD_IQT) {
		if (low)
			vtd_iq_run(unit);
	} else if (offset >= VTD_MTRRDEF && offset < VTD_MTRR_PHYSBASE0 + 16 * VTD_MTRR_VARIABLE &&
		   unit->caps.mts) {
		/* cached translations carry the memory type, and so do plans */
		iom_cache_invalidate_all(unit->cache[IOM_CACHE_IOTLB]);
		iom_tags_outdate(unit->tags);
	} else if (offset == VTD_PERFINTRCTL) {
		vtd_event_control(unit, VTD_EVENT_PERFMON);
	} else if (offset == VTD_PERFINTRSTS) {
		if (!(vtd_get32(&unit->regs, VTD_PERFINTRSTS) & 1))
			vtd_event_clear(unit, VTD_EVENT_PERFMON);
	} else if (offset == VTD_ECMD) {
		if (low)
			vtd_ecmd_write(unit, vtd_get64(&unit->regs, VTD_ECMD));
	} else if (offset == VTD_VCMD) {
		if (low)
			vtd_vcmd_write(unit, vtd_get64(&unit->regs, VTD_VCMD));
	} else {
		written_low_registers(unit, offset, high);
	}
}

/* The writable part of one register, dwords [first, last] of it. */
static void write_register(vtd_unit *unit, uint32_t offset, unsigned size, uint64_t value)
{
	const vtd_reg *reg = vtd_regs_find(&unit->regs, offset);

	if (!reg)
		return;
	if (reg->offset == VTD_GCMD) {
		vtd_gcmd_write(unit, (uint32_t)value);
		return;
	}
	if (unit->caps.pms && vtd_perfmon_write(unit, offset, size, value))
		return;
	vtd_regs_store(&unit->regs, offset, (uint32_t)value);
	if (size == 8)
		vtd_regs_store(&unit->regs, offset + 4, (uint32_t)(value >> 32));
	/* of a wide register the first dword counts as low, the others as high */
	written(unit, reg, offset == reg->offset, size == 8 || offset != reg->offset);
}

/* What drivers write most; the upper half of the register is reserved. */
static void ring(vtd_unit *unit, uint64_t value)
{
	vtd_lock(unit);
	vtd_regs_store(&unit->regs, VTD_IQT, (uint32_t)value);
	vtd_iq_run(unit);
	vtd_unlock(unit);
}

void vtd_mmio_write(iom_iommu *iommu, uint64_t offset, unsigned size, uint64_t value,
		    iom_space space)
{
	vtd_unit *unit = vtd_of(iommu);
	uint32_t at = (uint32_t)offset;

	(void)space;
	if (G_LIKELY(offset == VTD_IQT && (size == 4 || size == 8) && unit->caps.qi)) {
		ring(unit, value);
		return;
	}
	if (!access_ok(unit, offset, size))
		return;
	vtd_lock(unit);
	if (size == 8 && vtd_regs_find(&unit->regs, at) != vtd_regs_find(&unit->regs, at + 4)) {
		write_register(unit, at, 4, (uint32_t)value);
		write_register(unit, at + 4, 4, value >> 32);
	} else {
		write_register(unit, at, size, value);
	}
	vtd_unlock(unit);
}
