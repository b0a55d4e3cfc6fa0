/* SPDX-License-Identifier: MIT */
/*
 * The SMMUv3 model as hardware, driven as the kernel does it: paging domains are
 * stage 1 tables (VMSAv8-64, 4 KiB granule, 48 bits) where the SMMU has that stage,
 * nest parents stage 2 ones. The streams are in hw-smmu-stream.c, what a guest puts
 * on top of a nest parent in hw-smmu-viommu.c.
 */
#include "iommufd/engine/hw-smmu.h"

#include <string.h>

#define QUEUE_LG2 8 /* entries: a page, to which the queue is aligned */
#define SID_BITS 16u
#define LAST_48 ((1ull << 48) - 1)

/* Stage 2 descriptors: AF, inner shareable, Normal write-back. */
static const iomfd_hw_format stage2 = {
	.top = 39,
	.table = 3,
	.leaf = 3 | 0xf << 2 | 3 << 8 | 1 << 10,
	.read = 1 << 6,
	.write = 1 << 7,
};

/* Stage 1: attribute 1, unprivileged, inner shareable, AF, nG. */
#define STAGE1_LEAF (3 | 1 << 2 | 1 << 6 | 3 << 8 | 1 << 10 | 1 << 11)
#define READ_ONLY (1ull << 7) /* AP[2] */
#define DBM (1ull << 51)
static const iomfd_hw_format stage1 = {
	.top = 39,
	.table = 3,
	.leaf = STAGE1_LEAF,
	.read_only = READ_ONLY,
};
/*
 * With dirty state: a writable page is clean while AP[2] is set, which the SMMU
 * takes away (hardware management of dirty state). A fresh one counts as dirty.
 */
static const iomfd_hw_format stage1_dirty = {
	.top = 39,
	.table = 3,
	.leaf = STAGE1_LEAF,
	.write = DBM,
	.read_only = READ_ONLY,
	.dirty_mask = DBM | READ_ONLY,
	.dirty = DBM,
	.clean = READ_ONLY,
};

uint64_t iomfd_smmu_read(iomfd_hw *hw, uint64_t offset)
{
	return iom_iommu_mmio_read(hw->model, offset, 4, IOM_SPACE_NONSECURE);
}

void iomfd_smmu_write(iomfd_hw *hw, uint64_t offset, unsigned size, uint64_t value)
{
	iom_iommu_mmio_write(hw->model, offset, size, value, IOM_SPACE_NONSECURE);
}

/* The model consumes commands before the write to PROD returns. */
int iomfd_smmu_command(iomfd_hw *hw, uint64_t word0, uint64_t word1)
{
	uint64_t at = hw->queue + (hw->produced & ((1u << QUEUE_LG2) - 1)) * 16;

	iomfd_hw_store(hw, at, word0);
	iomfd_hw_store(hw, at + 8, word1);
	hw->produced = (hw->produced + 1) & ((2u << QUEUE_LG2) - 1);
	iomfd_smmu_write(hw, REG_CMDQ_PROD, 4, hw->produced);
	return iomfd_smmu_read(hw, REG_CMDQ_CONS) >> 24 ? -EIO : 0;
}

int iomfd_smmu_sync(iomfd_hw *hw)
{
	return iomfd_smmu_command(hw, CMD_SYNC, 0);
}

bool iomfd_smmu_can_nest(const iomfd_hw *hw)
{
	return (hw->ids[0] & 3) == 3 && (hw->ids[3] & 1 << 8);
}

/* ------------------------------------------------------------------------
 * Domains
 */
static void flush_domain(const iomfd_hw_domain *d)
{
	/* The host's stage 1 is tagged by ASID, under VMID 0, which no stage 2 has. */
	if (d->first)
		iomfd_smmu_command(d->hw, CMD_TLBI_NH_ASID | (uint64_t)d->id << 48, 0);
	else
		iomfd_smmu_command(d->hw, CMD_TLBI_S12_VMALL | (uint64_t)d->id << 32, 0);
	iomfd_smmu_sync(d->hw);
}

static int hw_info(iomfd_dev *dev, uint32_t *type, void *data, uint32_t *len)
{
	const iomfd_hw *hw = ((iomfd_hw_dev *)dev)->hw;
	struct iomfd_hw_info_arm_smmuv3 info = { 0 };

	if (*type != IOMFD_HW_INFO_NONE && *type != IOMFD_HW_INFO_ARM_SMMUV3)
		return -EOPNOTSUPP;
	for (unsigned i = 0; i < 6; i++)
		info.idr[i] = (uint32_t)hw->ids[i];
	info.iidr = (uint32_t)hw->ids[6];
	info.aidr = (uint32_t)hw->ids[7];
	memcpy(data, &info, sizeof(info));
	*len = sizeof(info);
	*type = IOMFD_HW_INFO_ARM_SMMUV3;
	return 0;
}

static int alloc_paging(iomfd_dev *dev, uint32_t flags, const iomfd_udata *data, iomfd_domain **out)
{
	const uint32_t first_flags = IOMFD_HWPT_DIRTY_TRACKING | IOMFD_HWPT_PASID;
	iomfd_hw *hw = ((iomfd_hw_dev *)dev)->hw;
	bool has_first = hw->ids[0] & 2, first = has_first && !(flags & IOMFD_HWPT_NEST_PARENT);
	unsigned wide = first ? hw->ids[0] >> 12 & 1 : hw->ids[0] >> 18 & 1;
	const iomfd_hw_format *format = &stage2;
	iomfd_hw_domain *d;

	/* A nest parent is stage 2, the rest needs stage 1: together they cannot be. */
	if (data || (flags & ~(first_flags | IOMFD_HWPT_NEST_PARENT)) ||
	    ((flags & IOMFD_HWPT_NEST_PARENT) &&
	     (flags != IOMFD_HWPT_NEST_PARENT || !iomfd_smmu_can_nest(hw))) ||
	    ((flags & first_flags) && !has_first))
		return -EOPNOTSUPP;
	if (first)
		format = flags & IOMFD_HWPT_DIRTY_TRACKING ? &stage1_dirty : &stage1;
	d = iomfd_hw_domain_new(hw, format, LAST_48, wide ? 16 : 8);
	if (!d)
		return first ? -EBUSY : -ENOSPC;
	d->first = first;
	d->nest_parent = flags & IOMFD_HWPT_NEST_PARENT;
	d->base.dirty = flags & IOMFD_HWPT_DIRTY_TRACKING;
	*out = &d->base;
	return 0;
}

static void free_domain(iomfd_domain *domain)
{
	iomfd_hw_domain *d = (iomfd_hw_domain *)domain;

	/* Its id is somebody else's next. */
	if (d->format)
		flush_domain(d);
	iomfd_hw_domain_free(domain);
}

static int map(iomfd_domain *d, uint64_t iova, uint64_t host, uint64_t length, bool read,
	       bool write)
{
	iomfd_hw_map((iomfd_hw_domain *)d, iova, host, length, read, write);
	return 0;
}

static void unmap(iomfd_domain *d, uint64_t iova, uint64_t length)
{
	iomfd_hw_unmap((iomfd_hw_domain *)d, iova, length);
	flush_domain((iomfd_hw_domain *)d);
}

/* Always on in tables that have it; what was dirty before has been cleared. */
static int set_dirty(iomfd_domain *domain, bool on)
{
	(void)domain;
	(void)on;
	return 0;
}

static void read_dirty(iomfd_domain *domain, uint64_t iova, uint64_t last, bool clear,
		       void (*report)(void *opaque, uint64_t iova, uint64_t length), void *opaque)
{
	iomfd_hw_domain *d = (iomfd_hw_domain *)domain;

	if (iomfd_hw_read_dirty(d, iova, last, clear, report, opaque))
		flush_domain(d);
}

const iomfd_driver iomfd_smmu_driver = {
	.name = "smmuv3",
	.viommu_type = IOMFD_VIOMMU_TYPE_ARM_SMMUV3,
	.veventq_type = IOMFD_VEVENTQ_TYPE_ARM_SMMUV3,
	.user_pasid_table = true,
	.hw_info = hw_info,
	.alloc_paging = alloc_paging,
	.alloc_nested = iomfd_smmu_alloc_nested,
	.free_domain = free_domain,
	.map = map,
	.unmap = unmap,
	.attach = iomfd_smmu_attach,
	.set_dirty = set_dirty,
	.read_dirty = read_dirty,
	.viommu_init = iomfd_smmu_viommu_init,
	.viommu_invalidate = iomfd_smmu_viommu_invalidate,
};

iomfd_hw *iomfd_smmu_new(struct iomfd_engine *e, unsigned instance, const iom_smmu_config *config,
			 GError **error)
{
	iomfd_hw *hw = iomfd_hw_new(e, instance, &iomfd_smmu_driver);
	iom_bus bus = iomfd_hw_bus(hw);
	unsigned bits = MIN(SID_BITS, config->idr[1] & 0x3f);

	hw->model = iom_smmu_new(config, &bus, error);
	if (!hw->model) {
		iomfd_hw_free(hw);
		return NULL;
	}
	if (!(config->idr[0] & 3) || (config->idr[5] & 7) < 5) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
			    "iommufd engine: an SMMUv3 with a stage of translation and 48 bits of "
			    "output is wanted (IDR0.S1P or IDR0.S2P, IDR5.OAS)");
		iomfd_hw_free(hw);
		return NULL;
	}
	for (unsigned i = 0; i < 6; i++)
		hw->ids[i] = config->idr[i];
	hw->ids[6] = config->iidr;
	hw->ids[7] = config->aidr;
	/* GRAN4K, GRAN16K, GRAN64K: the smallest it has. */
	if (!(config->idr[5] & 1 << 4))
		hw->granule = config->idr[5] & 1 << 5 ? 1 << 14 : 1 << 16;
	if (config->idr[0] & 2)
		hw->pasid_bits = config->idr[1] >> 6 & 0x1f;
	/* HTTU of dirty state, by walks that are coherent. */
	hw->dirty = (config->idr[0] >> 6 & 3) >= 2 && (config->idr[0] & 1 << 4);
	hw->table = iomfd_hw_alloc(hw, (unsigned)MAX((64ull << bits) / IOMFD_PAGE, 1));
	hw->queue = iomfd_hw_alloc(hw, 1);
	hw->event_queue = iomfd_hw_alloc(hw, 1);
	iomfd_smmu_write(hw, REG_STRTAB_BASE, 8, hw->table);
	iomfd_smmu_write(hw, REG_STRTAB_BASE_CFG, 4, bits);
	iomfd_smmu_write(hw, REG_CMDQ_BASE, 8, hw->queue | QUEUE_LG2);
	iomfd_smmu_write(hw, REG_EVENTQ_BASE, 8, hw->event_queue | EVENTS_LG2);
	iomfd_smmu_write(hw, REG_CR0, 4, 1 << 3 | 1 << 2);
	iomfd_smmu_write(hw, REG_CR0, 4, 1 << 3 | 1 << 2 | 1);
	return hw;
}
