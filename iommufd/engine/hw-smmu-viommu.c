/* SPDX-License-Identifier: MIT */
/*
 * The SMMUv3 back end's vIOMMU: the STEs that a guest may give, its commands, and
 * the events that are told to it.
 */
#include "iommufd/engine/hw-smmu.h"

#include <string.h>

#define BATCH 63 /* commands that the kernel issues at once */
#define STE0_ALLOWED 0xf80fffffffffffffull
#define STE1_ALLOWED 0x380000ffull

int iomfd_smmu_alloc_nested(iomfd_dev *dev, iomfd_domain *parent, iomfd_viommu *viommu,
			    uint32_t flags, const iomfd_udata *data, iomfd_domain **out)
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
	d = iomfd_hw_domain_new(((iomfd_hw_dev *)dev)->hw, NULL, 0, 0);
	d->parent = (iomfd_hw_domain *)parent;
	d->viommu = viommu;
	d->words[0] = ste.ste[0];
	d->words[1] = ste.ste[1];
	*out = &d->base;
	return 0;
}

int iomfd_smmu_viommu_init(iomfd_viommu *v, iomfd_dev *dev, const iomfd_udata *data)
{
	const iomfd_hw_domain *parent = (iomfd_hw_domain *)v->hwpt->domain;
	iomfd_hw *hw = ((iomfd_hw_dev *)dev)->hw;

	(void)data;
	if (!iomfd_smmu_can_nest(hw))
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
		rc |= iomfd_smmu_command(hw, cmds[2 * i], cmds[2 * i + 1]);
	rc |= iomfd_smmu_sync(hw);
	return rc ? -EIO : 0;
}

/*
 * Commands are converted one by one and issued in batches. A command that
 * cannot be converted ends it: the count then names it, though converted ones
 * of its batch have not been issued. With strict counts they are.
 */
int iomfd_smmu_viommu_invalidate(iomfd_viommu *v, iomfd_uarray *array)
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
	uint32_t produced = (uint32_t)iomfd_smmu_read(hw, REG_EVENTQ_PROD) & mask;

	while (hw->events_consumed != produced) {
		uint64_t at =
			hw->event_queue + (hw->events_consumed & ((1u << EVENTS_LG2) - 1)) * 32;
		uint64_t event[4];

		for (unsigned i = 0; i < 4; i++)
			event[i] = iomfd_hw_load(hw, at + i * 8);
		forward(hw, event);
		hw->events_consumed = (hw->events_consumed + 1) & mask;
	}
	iomfd_smmu_write(hw, REG_EVENTQ_CONS, 4, hw->events_consumed);
}
