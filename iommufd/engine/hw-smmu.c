/* SPDX-License-Identifier: MIT */
/*
 * The SMMUv3 model as hardware. Paging domains are stage 2 tables (VMSAv8-64,
 * 4 KiB granule, 48 bits); what a guest gives as its STE is put on top of its
 * vIOMMU's stage 2, as the kernel does it.
 */
#include "iommufd/engine/hw.h"

#include <string.h>

enum {
	REG_CR0 = 0x20,
	REG_STRTAB_BASE = 0x80,
	REG_STRTAB_BASE_CFG = 0x88,
	REG_CMDQ_BASE = 0x90,
	REG_CMDQ_PROD = 0x98,
	REG_CMDQ_CONS = 0x9c,
	REG_EVENTQ_BASE = 0xa0,
	REG_EVENTQ_PROD = 0x100a8,
	REG_EVENTQ_CONS = 0x100ac,
};
enum {
	CMD_CFGI_STE = 0x03,
	CMD_CFGI_CD = 0x05,
	CMD_CFGI_CD_ALL = 0x06,
	CMD_TLBI_NH_ALL = 0x10,
	CMD_TLBI_NH_ASID = 0x11,
	CMD_TLBI_NH_VA = 0x12,
	CMD_TLBI_NH_VAA = 0x13,
	CMD_TLBI_S12_VMALL = 0x28,
	CMD_TLBI_NSNH_ALL = 0x30,
	CMD_ATC_INV = 0x40,
	CMD_SYNC = 0x46,
};
enum { CONFIG_ABORT = 0, CONFIG_BYPASS = 4, CONFIG_S1 = 5, CONFIG_S2 = 6, CONFIG_BOTH = 7 };
#define QUEUE_LG2 8 /* entries; both queues fill a page, to which they are aligned */
#define EVENTS_LG2 7
#define SID_BITS 16u
#define BATCH 63 /* commands that the kernel issues at once */
#define STE0_ALLOWED 0xf80fffffffffffffull
#define STE1_ALLOWED 0x380000ffull
#define STE1_EATS (3ull << 28)

/* Stage 2 descriptors: AF, inner shareable, Normal write-back. */
static const iomfd_hw_format format = {
	.table = 3,
	.leaf = 3 | 0xf << 2 | 3 << 8 | 1 << 10,
	.read = 1 << 6,
	.write = 1 << 7,
};

static uint64_t reg_read(iomfd_hw *hw, uint64_t offset)
{
	return iom_iommu_mmio_read(hw->model, offset, 4, IOM_SPACE_NONSECURE);
}

static void reg_write(iomfd_hw *hw, uint64_t offset, unsigned size, uint64_t value)
{
	iom_iommu_mmio_write(hw->model, offset, size, value, IOM_SPACE_NONSECURE);
}

/* The model consumes commands before the write to PROD returns. */
static int command(iomfd_hw *hw, uint64_t word0, uint64_t word1)
{
	uint64_t at = hw->queue + (hw->produced & ((1u << QUEUE_LG2) - 1)) * 16;

	iomfd_hw_store(hw, at, word0);
	iomfd_hw_store(hw, at + 8, word1);
	hw->produced = (hw->produced + 1) & ((2u << QUEUE_LG2) - 1);
	reg_write(hw, REG_CMDQ_PROD, 4, hw->produced);
	return reg_read(hw, REG_CMDQ_CONS) >> 24 ? -EIO : 0;
}

static int sync_queue(iomfd_hw *hw)
{
	return command(hw, CMD_SYNC, 0);
}

static void flush_domain(const iomfd_hw_domain *d)
{
	command(d->hw, CMD_TLBI_S12_VMALL | (uint64_t)d->id << 32, 0);
	sync_queue(d->hw);
}

/* ------------------------------------------------------------------------
 * Domains
 */
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

/* Both stages, and stage 2 that can force the guest's memory types. */
static bool can_nest(const iomfd_hw *hw)
{
	return (hw->ids[0] & 3) == 3 && (hw->ids[3] & 1 << 8);
}

static int alloc_paging(iomfd_dev *dev, uint32_t flags, const iomfd_udata *data, iomfd_domain **out)
{
	iomfd_hw *hw = ((iomfd_hw_dev *)dev)->hw;
	iomfd_hw_domain *d;

	if (data || (flags & ~(uint32_t)IOMFD_HWPT_NEST_PARENT) || (flags && !can_nest(hw)))
		return -EOPNOTSUPP;
	d = iomfd_hw_domain_new(hw, true);
	d->nest_parent = flags & IOMFD_HWPT_NEST_PARENT;
	*out = &d->base;
	return 0;
}

static int map(iomfd_domain *d, uint64_t iova, uint64_t host, uint64_t length, bool read,
	       bool write)
{
	iomfd_hw_map((iomfd_hw_domain *)d, &format, iova, host, length, read, write);
	return 0;
}

static void unmap(iomfd_domain *d, uint64_t iova, uint64_t length)
{
	iomfd_hw_unmap((iomfd_hw_domain *)d, iova, length);
	flush_domain((iomfd_hw_domain *)d);
}

static int alloc_nested(iomfd_dev *dev, iomfd_domain *parent, iomfd_viommu *viommu, uint32_t flags,
			const iomfd_udata *data, iomfd_domain **out)
{
	struct iomfd_hwpt_arm_smmuv3 ste;
	iomfd_hw_domain *d;
	uint64_t config, eats;
	int rc;

	if (!viommu || flags)
		return -EOPNOTSUPP;
	rc = iomfd_udata_in(&ste, sizeof(ste), sizeof(ste), data, IOMFD_HWPT_DATA_ARM_SMMUV3);
	if (rc)
		return rc;
	if (!(ste.ste[0] & 1))
		memset(&ste, 0, sizeof(ste));
	if ((ste.ste[0] & ~STE0_ALLOWED) || (ste.ste[1] & ~STE1_ALLOWED))
		return -EIO;
	config = ste.ste[0] >> 1 & 7;
	eats = ste.ste[1] >> 28 & 3;
	if ((config != CONFIG_ABORT && config != CONFIG_BYPASS && config != CONFIG_S1) || eats > 1)
		return -EIO;
	d = iomfd_hw_domain_new(((iomfd_hw_dev *)dev)->hw, false);
	d->parent = (iomfd_hw_domain *)parent;
	d->viommu = viommu;
	d->words[0] = ste.ste[0];
	d->words[1] = ste.ste[1];
	*out = &d->base;
	return 0;
}

/* ------------------------------------------------------------------------
 * Streams
 */
static void write_ste(iomfd_hw_dev *dev, const uint64_t ste[4])
{
	uint64_t at = dev->hw->table + (uint64_t)dev->requester * 64;

	/* Invalid while it changes; word 0 last. */
	iomfd_hw_store(dev->hw, at, 0);
	command(dev->hw, CMD_CFGI_STE | (uint64_t)dev->requester << 32, 1);
	sync_queue(dev->hw);
	for (unsigned i = 3; i < 4; i--)
		iomfd_hw_store(dev->hw, at + i * 8, ste[i]);
	command(dev->hw, CMD_CFGI_STE | (uint64_t)dev->requester << 32, 1);
	sync_queue(dev->hw);
}

static void stage2_ste(const iomfd_hw_domain *d, uint64_t ste[4])
{
	uint64_t output_size = MIN(d->hw->ids[5] & 7, 5);

	ste[0] = 1 | CONFIG_S2 << 1;
	ste[1] = 1ull << 44; /* SHCFG: as it comes */
	/* VMID, 48 bits from level 0, cacheable inner-shareable walks, AArch64, record. */
	ste[2] = d->id | 16ull << 32 | 2ull << 38 | 1ull << 40 | 1ull << 42 | 3ull << 44 |
		 output_size << 48 | 1ull << 51 | 1ull << 58;
	ste[3] = d->root;
}

static void nested_ste(const iomfd_hw_domain *d, uint64_t ste[4])
{
	uint64_t config = d->words[0] >> 1 & 7;

	if (!(d->words[0] & 1))
		config = CONFIG_ABORT;
	if (config == CONFIG_ABORT) {
		ste[0] = 1;
		return;
	}
	stage2_ste(d->parent, ste);
	if (config == CONFIG_BYPASS)
		return;
	ste[0] = 1 | CONFIG_BOTH << 1 | (d->words[0] & ~0xfull);
	/* Repeated events may be merged: a guest must not flood the host. */
	ste[1] |= d->words[1] | 1ull << 19;
}

static int attach(iomfd_dev *base, uint32_t pasid, iomfd_domain *domain, iomfd_domain *old)
{
	iomfd_hw_domain *d = (iomfd_hw_domain *)domain;
	iomfd_hw_dev *dev = (iomfd_hw_dev *)base;
	iomfd_vdevice *vdev = NULL;
	uint64_t ste[4] = { 1 };

	if (pasid != IOMFD_NO_PASID)
		return -EOPNOTSUPP;
	if (d && d->hw != dev->hw)
		return -EINVAL;
	if (d && d->base.nested) {
		vdev = iomfd_viommu_find(d->viommu, base);
		if (!vdev && (d->words[0] >> 1 & 7) == CONFIG_S1)
			return -ENOENT;
		nested_ste(d, ste);
	} else if (d) {
		stage2_ste(d, ste);
	}
	write_ste(dev, ste);
	dev->viommu = vdev ? d->viommu : NULL;
	dev->vsid = vdev ? (uint32_t)vdev->virt_id : 0;
	if (old)
		iomfd_hw_remove_user((iomfd_hw_domain *)old, dev, pasid);
	if (d)
		iomfd_hw_add_user(d, dev, pasid);
	return 0;
}

/* ------------------------------------------------------------------------
 * vIOMMU: the guest's commands and events
 */
static int viommu_init(iomfd_viommu *v, iomfd_dev *dev, const iomfd_udata *data)
{
	const iomfd_hw_domain *parent = (iomfd_hw_domain *)v->hwpt->domain;
	iomfd_hw *hw = ((iomfd_hw_dev *)dev)->hw;

	(void)data;
	if (!can_nest(hw))
		return -EOPNOTSUPP;
	return parent->hw == hw ? 0 : -EINVAL;
}

static int convert(const iomfd_viommu *v, uint64_t cmd[2])
{
	uint64_t vmid = ((const iomfd_hw_domain *)v->hwpt->domain)->id;
	uint64_t vsid = cmd[0] >> 32;
	const iomfd_vdevice *vdev;

	switch (cmd[0] & 0xff) {
	case CMD_TLBI_NSNH_ALL:
		cmd[0] = CMD_TLBI_NH_ALL | vmid << 32;
		cmd[1] = 0;
		return 0;
	case CMD_TLBI_NH_VA:
	case CMD_TLBI_NH_VAA:
	case CMD_TLBI_NH_ALL:
	case CMD_TLBI_NH_ASID:
		cmd[0] = (cmd[0] & ~(0xffffull << 32)) | vmid << 32;
		return 0;
	case CMD_ATC_INV:
	case CMD_CFGI_CD:
	case CMD_CFGI_CD_ALL:
		vdev = g_hash_table_lookup(v->vdevices, &vsid);
		if (!vdev)
			return -EIO;
		cmd[0] = (cmd[0] & 0xffffffffull) |
			 (uint64_t)((iomfd_hw_dev *)vdev->device->dev)->requester << 32;
		return 0;
	default:
		return -EIO;
	}
}

static int load_commands(const iomfd_uarray *array, uint32_t n, uint64_t *cmds)
{
	if (array->type != IOMFD_INVALIDATE_ARM_SMMUV3 || !n)
		return -EINVAL;
	if (array->entry_len == 16)
		return iomfd_copy_in(cmds, array->uptr, n * 16ull);
	for (uint32_t i = 0; i < n; i++) {
		int rc = iomfd_copy_struct_in(&cmds[2 * i], 16,
					      array->uptr + (uint64_t)array->entry_len * i,
					      array->entry_len);

		if (rc)
			return rc;
	}
	return 0;
}

static int issue(iomfd_hw *hw, const uint64_t *cmds, uint32_t n)
{
	int rc = 0;

	for (uint32_t i = 0; i < n; i++)
		rc |= command(hw, cmds[2 * i], cmds[2 * i + 1]);
	rc |= sync_queue(hw);
	return rc ? -EIO : 0;
}

/*
 * Commands are converted one by one and issued in batches. A command that
 * cannot be converted ends it: the count then names it, though converted ones
 * of its batch have not been issued. With strict counts they are.
 */
static int viommu_invalidate(iomfd_viommu *v, iomfd_uarray *array)
{
	iomfd_hw *hw = ((iomfd_hw_domain *)v->hwpt->domain)->hw;
	uint32_t n = array->entry_num, issued = 0, at = 0;
	uint64_t *cmds = g_new0(uint64_t, MAX(n, 1) * 2);
	int rc = load_commands(array, n, cmds);

	while (!rc && at < n) {
		rc = convert(v, &cmds[2 * at]);
		if (rc)
			break;
		at++;
		if (at != n && at - issued != BATCH)
			continue;
		rc = issue(hw, &cmds[2 * issued], at - issued);
		if (rc)
			at--;
		else
			issued = at;
	}
	if (rc && hw->engine->strict_counts && at > issued)
		issue(hw, &cmds[2 * issued], at - issued);
	array->entry_num = at;
	g_free(cmds);
	return rc;
}

static bool forwarded(unsigned id)
{
	return id == 0x04 || id == 0x06 || id == 0x08 || id == 0x0a || (id >= 0x10 && id <= 0x13);
}

static void forward(iomfd_hw *hw, uint64_t event[4])
{
	uint32_t sid = (uint32_t)(event[0] >> 32);

	/* Stage 2 is the host's own business. */
	if (!forwarded(event[0] & 0xff) || (event[1] >> 39 & 1))
		return;
	for (guint i = 0; i < hw->devs->len; i++) {
		iomfd_hw_dev *dev = g_ptr_array_index(hw->devs, i);

		if (dev->requester != sid || !dev->viommu)
			continue;
		event[0] = (event[0] & 0xffffffffull) | (uint64_t)dev->vsid << 32;
		iomfd_report_event(dev->viommu, IOMFD_VEVENTQ_TYPE_ARM_SMMUV3, event, 32);
	}
}

void iomfd_smmu_events(iomfd_hw *hw)
{
	const uint32_t mask = (2u << EVENTS_LG2) - 1;
	uint32_t produced = (uint32_t)reg_read(hw, REG_EVENTQ_PROD) & mask;

	while (hw->events_consumed != produced) {
		uint64_t at =
			hw->event_queue + (hw->events_consumed & ((1u << EVENTS_LG2) - 1)) * 32;
		uint64_t event[4];

		for (unsigned i = 0; i < 4; i++)
			event[i] = iomfd_hw_load(hw, at + i * 8);
		forward(hw, event);
		hw->events_consumed = (hw->events_consumed + 1) & mask;
	}
	reg_write(hw, REG_EVENTQ_CONS, 4, hw->events_consumed);
}

const iomfd_driver iomfd_smmu_driver = {
	.name = "smmuv3",
	.viommu_type = IOMFD_VIOMMU_TYPE_ARM_SMMUV3,
	.veventq_type = IOMFD_VEVENTQ_TYPE_ARM_SMMUV3,
	.user_pasid_table = true,
	.hw_info = hw_info,
	.alloc_paging = alloc_paging,
	.alloc_nested = alloc_nested,
	.free_domain = iomfd_hw_domain_free,
	.map = map,
	.unmap = unmap,
	.attach = attach,
	.viommu_init = viommu_init,
	.viommu_invalidate = viommu_invalidate,
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
	if (!(config->idr[0] & 1) || (config->idr[5] & 7) < 5) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
			    "iommufd engine: an SMMUv3 with stage 2 and 48 bits of output is "
			    "wanted (IDR0.S2P, IDR5.OAS)");
		iomfd_hw_free(hw);
		return NULL;
	}
	for (unsigned i = 0; i < 6; i++)
		hw->ids[i] = config->idr[i];
	hw->ids[6] = config->iidr;
	hw->ids[7] = config->aidr;
	hw->table = iomfd_hw_alloc(hw, (unsigned)MAX((64ull << bits) / IOMFD_PAGE, 1));
	hw->queue = iomfd_hw_alloc(hw, 1);
	hw->event_queue = iomfd_hw_alloc(hw, 1);
	reg_write(hw, REG_STRTAB_BASE, 8, hw->table);
	reg_write(hw, REG_STRTAB_BASE_CFG, 4, bits);
	reg_write(hw, REG_CMDQ_BASE, 8, hw->queue | QUEUE_LG2);
	reg_write(hw, REG_EVENTQ_BASE, 8, hw->event_queue | EVENTS_LG2);
	reg_write(hw, REG_CR0, 4, 1 << 3 | 1 << 2);
	reg_write(hw, REG_CR0, 4, 1 << 3 | 1 << 2 | 1);
	return hw;
}
