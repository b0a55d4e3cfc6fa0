/* SPDX-License-Identifier: MIT */
/*
 * The SMMUv3 back end's streams: STEs, and the host's own context descriptors. A
 * stage 1 page table of the host is a CD in the device's table, at the PASID that
 * it is attached to; a stage 2 one, or what a guest gives, is in the STE.
 */
#include "iommufd/engine/hw-smmu.h"

#include <string.h>

enum { S1DSS_TERMINATE = 0, S1DSS_SSID0 = 2 };

static void config_ste(const iomfd_hw_dev *dev)
{
	iomfd_smmu_command(dev->hw, CMD_CFGI_STE | (uint64_t)dev->requester << 32, 1);
	iomfd_smmu_sync(dev->hw);
}

static void write_ste(iomfd_hw_dev *dev, const uint64_t ste[4])
{
	uint64_t at = dev->hw->table + (uint64_t)dev->requester * 64;

	/* Invalid while it changes; word 0 last. */
	iomfd_hw_store(dev->hw, at, 0);
	config_ste(dev);
	for (unsigned i = 3; i < 4; i--)
		iomfd_hw_store(dev->hw, at + i * 8, ste[i]);
	config_ste(dev);
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

/* ------------------------------------------------------------------------
 * Context descriptors
 */
static uint64_t cd_address(iomfd_hw_dev *dev, uint32_t pasid)
{
	if (!dev->cd_table) {
		dev->cd_bits =
			dev->base.max_pasids ? (unsigned)__builtin_ctz(dev->base.max_pasids) : 0;
		dev->cd_table =
			iomfd_hw_alloc(dev->hw,
				       (unsigned)MAX((64ull << dev->cd_bits) / IOMFD_PAGE, 1));
	}
	return dev->cd_table + (uint64_t)pasid * 64;
}

static void config_cd(const iomfd_hw_dev *dev, uint32_t pasid)
{
	iomfd_smmu_command(dev->hw,
			   CMD_CFGI_CD | (uint64_t)pasid << 12 | (uint64_t)dev->requester << 32, 1);
	iomfd_smmu_sync(dev->hw);
}

static void write_cd(iomfd_hw_dev *dev, uint32_t pasid, const uint64_t cd[4])
{
	uint64_t at = cd_address(dev, pasid);

	iomfd_hw_store(dev->hw, at, 0);
	config_cd(dev, pasid);
	for (unsigned i = 3; i < 4; i--)
		iomfd_hw_store(dev->hw, at + i * 8, cd[i]);
	config_cd(dev, pasid);
}

static void clear_cd(iomfd_hw_dev *dev, uint32_t pasid)
{
	static const uint64_t nothing[4];

	if (dev->cd_table)
		write_cd(dev, pasid, nothing);
}

static void stage1_cd(const iomfd_hw_domain *d, uint64_t cd[4])
{
	uint64_t output_size = MIN(d->hw->ids[5] & 7, 5);

	/* 48 bits by TTB0 alone, cacheable inner-shareable walks, valid, AArch64, record
	 * and abort, an ASID that is not shared with processors. */
	cd[0] = 16 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 30 | 1ull << 31 | output_size << 32 |
		1ull << 41 | 1ull << 45 | 1ull << 46 | 1ull << 47 | (uint64_t)d->id << 48;
	/* HA and HD: the SMMU sets the access flag and the dirty state itself. */
	if (d->base.dirty)
		cd[0] |= 1ull << 43 | 1ull << 42;
	cd[1] = d->root;
	cd[2] = 0;
	cd[3] = 0xff00; /* MAIR: attribute 1, which the tables use, is write-back */
}

/* The device's CD table, of one level; `s1dss` is for what comes without PASID. */
static void table_ste(iomfd_hw_dev *dev, unsigned s1dss)
{
	bool stalls = (dev->hw->ids[0] >> 24 & 3) == 0;
	uint64_t ste[4] = { 0 };

	ste[0] = 1 | CONFIG_S1 << 1 | cd_address(dev, 0) | (uint64_t)dev->cd_bits << 59;
	/* The CDs' own accesses: write-back, inner shareable. No stalls, where there are
	 * any: these are PCI devices. */
	ste[1] = s1dss | 1 << 2 | 1 << 4 | 3 << 6 | (stalls ? 1u << 27 : 0);
	write_ste(dev, ste);
	dev->cd_in_ste = true;
}

/* ------------------------------------------------------------------------
 * Attaching
 */
static void block(iomfd_hw_dev *dev)
{
	static const uint64_t aborting[4] = { 1 };

	if (dev->ssids) {
		table_ste(dev, S1DSS_TERMINATE);
	} else {
		write_ste(dev, aborting);
		dev->cd_in_ste = false;
	}
	clear_cd(dev, IOMFD_NO_PASID);
}

static int attach_stream(iomfd_hw_dev *dev, iomfd_hw_domain *d, iomfd_vdevice **vdev)
{
	uint64_t ste[4] = { 0 };

	*vdev = NULL;
	if (!d) {
		block(dev);
		return 0;
	}
	if (d->first) {
		uint64_t cd[4];

		stage1_cd(d, cd);
		write_cd(dev, IOMFD_NO_PASID, cd);
		table_ste(dev, S1DSS_SSID0);
		return 0;
	}
	/* Stage 2 and a guest's table hold for every PASID. */
	if (dev->ssids)
		return -EBUSY;
	if (d->base.nested) {
		*vdev = iomfd_viommu_find(d->viommu, &dev->base);
		if (!*vdev && (d->words[0] >> 1 & 7) == CONFIG_S1)
			return -ENOENT;
		nested_ste(d, ste);
	} else {
		stage2_ste(d, ste);
	}
	write_ste(dev, ste);
	dev->cd_in_ste = false;
	clear_cd(dev, IOMFD_NO_PASID);
	return 0;
}

static int attach_pasid(iomfd_hw_dev *dev, uint32_t pasid, iomfd_hw_domain *d, bool replace)
{
	iomfd_domain *rid =
		g_hash_table_lookup(dev->base.attached, GUINT_TO_POINTER(IOMFD_NO_PASID));
	uint64_t cd[4];

	if (!d) {
		clear_cd(dev, pasid);
		if (--dev->ssids == 0 && !rid)
			block(dev);
		return 0;
	}
	if (!d->first || (!dev->cd_in_ste && rid))
		return -EINVAL;
	stage1_cd(d, cd);
	write_cd(dev, pasid, cd);
	dev->ssids += !replace;
	if (!dev->cd_in_ste)
		table_ste(dev, S1DSS_TERMINATE);
	return 0;
}

int iomfd_smmu_attach(iomfd_dev *base, uint32_t pasid, iomfd_domain *domain, iomfd_domain *old)
{
	iomfd_hw_domain *d = (iomfd_hw_domain *)domain;
	iomfd_hw_dev *dev = (iomfd_hw_dev *)base;
	iomfd_vdevice *vdev;
	int rc;

	/* Nothing to do for requests that a device cannot make. */
	if (pasid != IOMFD_NO_PASID && !base->max_pasids)
		return 0;
	if (d && d->hw != dev->hw)
		return -EINVAL;
	if (pasid == IOMFD_NO_PASID) {
		rc = attach_stream(dev, d, &vdev);
		if (rc)
			return rc;
		dev->viommu = vdev ? d->viommu : NULL;
		dev->vsid = vdev ? (uint32_t)vdev->virt_id : 0;
	} else {
		rc = attach_pasid(dev, pasid, d, old != NULL);
		if (rc)
			return rc;
	}
	if (old)
		iomfd_hw_remove_user((iomfd_hw_domain *)old, dev, pasid);
	if (d)
		iomfd_hw_add_user(d, dev, pasid);
	return 0;
}
