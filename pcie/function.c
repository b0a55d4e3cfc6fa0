/* SPDX-License-Identifier: MIT */
/*
 * The configuration space of a function that is modelled: which capabilities it
 * has, what their registers hold out of reset, and which bits software may
 * change, when.
 */
#include "pcie/function.h"

void iom_pci_function_config_init(iom_pci_function_config *config)
{
	*config = (iom_pci_function_config){
		.size = sizeof(*config),
		.vendor = 0x1af4,
		.device = 0x10ff,
		.class_code = 0x120000, /* processing accelerator */
		.flr = true,
		.ats = true,
		.invalidate_queue_depth = 32,
		.pri = true,
		.page_request_capacity = 256,
		.pasid_bits = 20,
		.pasid_exec = true,
		.pasid_priv = true,
	};
}

/* 7.5.3 PCI Express Capability Structure */
static void add_express(iom_pci_config *c, const iom_pci_function_config *f)
{
	iom_pci_build_capability(c, IOM_PCI_STANDARD, AT_EXPRESS, IOM_PCI_CAP_EXPRESS, 0);
	iom_pci_config_set(c, AT_EXPRESS + EXP_FLAGS, 2, 2u | (f->port_type & 15u) << 4);
	/* Device Capabilities: role-based error reporting, FLR */
	iom_pci_config_set(c, AT_EXPRESS + EXP_DEVCAP, 4, 1u << 15 | (f->flr ? 1u << 28 : 0));
	iom_pci_config_set_masks(c, AT_EXPRESS + EXP_DEVCTL, 2, 0x7eff, 0);
	if (f->flr)
		iom_pci_config_set_pulses(c, AT_EXPRESS + EXP_DEVCTL, 2, EXP_DEVCTL_FLR);
	iom_pci_config_set(c, AT_EXPRESS + 0x0c, 4, 4u | 16u << 4); /* 16 GT/s, x16 */
	iom_pci_config_set_masks(c, AT_EXPRESS + EXP_LNKCTL, 2, EXP_LNKCTL_RCB, 0);
	/* Device Capabilities 2: ARI forwarding, end-end prefixes (PASID) */
	iom_pci_config_set(c, AT_EXPRESS + 0x24, 4, 1u << 5 | 1u << 21);
	iom_pci_config_set_masks(c, AT_EXPRESS + EXP_DEVCTL2, 2, 1u << 5, 0);
}

/* 10.5.1: the enable bit, and STU, which is fixed while ATS is enabled. */
static void add_ats(iom_pci_config *c, const iom_pci_function_config *f)
{
	iom_pci_build_capability(c, IOM_PCI_EXTENDED, AT_ATS, IOM_PCI_EXT_ATS, 1);
	/* depth 0 means 32; page aligned requests; global invalidate */
	iom_pci_config_set(c, AT_ATS + ATS_CAP, 2,
			   (f->invalidate_queue_depth & 31u) | 1u << 5 | 1u << 6);
	iom_pci_config_set_masks(c, AT_ATS + ATS_CTL, 2, ATS_CTL_ENABLE | ATS_CTL_STU, 0);
	iom_pci_config_lock(c, AT_ATS + ATS_CAP, (uint32_t)ATS_CTL_STU << 16, AT_ATS + ATS_CAP,
			    (uint32_t)ATS_CTL_ENABLE << 16);
}

/* 10.5.2 */
static void add_pri(iom_pci_config *c, const iom_pci_function_config *f)
{
	iom_pci_build_capability(c, IOM_PCI_EXTENDED, AT_PRI, IOM_PCI_EXT_PRI, 1);
	iom_pci_config_set_masks(c, AT_PRI + PRI_CTL, 2, PRI_CTL_ENABLE, 0);
	iom_pci_config_set_pulses(c, AT_PRI + PRI_CTL, 2, PRI_CTL_RESET);
	iom_pci_config_set(c, AT_PRI + PRI_STATUS, 2,
			   PRI_STATUS_STOPPED |
				   (f->prg_response_pasid ? PRI_STATUS_PASID_REQUIRED : 0));
	iom_pci_config_set_masks(c, AT_PRI + PRI_STATUS, 2, 0, PRI_STATUS_RF | PRI_STATUS_UPRGI);
	iom_pci_config_set(c, AT_PRI + PRI_CAPACITY, 4, f->page_request_capacity);
	iom_pci_config_set_masks(c, AT_PRI + PRI_ALLOCATION, 4, UINT32_MAX, 0);
	iom_pci_config_lock(c, AT_PRI + PRI_ALLOCATION, UINT32_MAX, AT_PRI + PRI_CTL,
			    PRI_CTL_ENABLE);
}

/* 7.8.9: the enables may not change while ATS is on. */
static void add_pasid(iom_pci_config *c, const iom_pci_function_config *f)
{
	uint32_t offers = (f->pasid_exec ? PASID_EXEC : 0u) | (f->pasid_priv ? PASID_PRIV : 0u) |
			  (f->translated_pasid ? PASID_TRANSLATED : 0u);
	uint32_t enables = PASID_ENABLE | offers;

	iom_pci_build_capability(c, IOM_PCI_EXTENDED, AT_PASID, IOM_PCI_EXT_PASID, 1);
	iom_pci_config_set(c, AT_PASID + PASID_CAP, 2,
			   offers | (uint32_t)MIN(f->pasid_bits, 20u) << 8);
	iom_pci_config_set_masks(c, AT_PASID + PASID_CTL, 2, enables, 0);
	if (f->ats)
		iom_pci_config_lock(c, AT_PASID + PASID_CAP, enables << 16, AT_ATS + ATS_CAP,
				    (uint32_t)ATS_CTL_ENABLE << 16);
}

/* 7.7.11: controls for what the capability offers. */
static void add_acs(iom_pci_config *c, const iom_pci_function_config *f)
{
	iom_pci_build_capability(c, IOM_PCI_EXTENDED, AT_ACS, IOM_PCI_EXT_ACS, 1);
	iom_pci_config_set(c, AT_ACS + ACS_CAP, 2, f->acs & 0x7fu);
	iom_pci_config_set_masks(c, AT_ACS + ACS_CTL, 2, f->acs & 0x7fu, 0);
}

/*
 * 9.3.3: NumVFs, ARI Capable Hierarchy and the page size are fixed while VFs are
 * enabled.
 */
static void add_sriov(iom_pci_config *c, const iom_pci_function_config *f)
{
	bool ari = f->first_vf_offset_ari || f->vf_stride_ari;

	iom_pci_build_capability(c, IOM_PCI_EXTENDED, AT_SRIOV, IOM_PCI_EXT_SRIOV, 1);
	iom_pci_config_set_masks(c, AT_SRIOV + SRIOV_CTL, 2,
				 SRIOV_CTL_ENABLE | SRIOV_CTL_MEMORY | SRIOV_CTL_ARI, 0);
	iom_pci_config_lock(c, AT_SRIOV + SRIOV_CTL, SRIOV_CTL_ARI, AT_SRIOV + SRIOV_CTL,
			    SRIOV_CTL_ENABLE);
	iom_pci_config_set(c, AT_SRIOV + SRIOV_INITIAL, 2, f->total_vfs);
	iom_pci_config_set(c, AT_SRIOV + SRIOV_TOTAL, 2, f->total_vfs);
	iom_pci_config_set_masks(c, AT_SRIOV + SRIOV_NUM, 2, 0xffff, 0);
	iom_pci_config_lock(c, AT_SRIOV + SRIOV_NUM, 0xffff, AT_SRIOV + SRIOV_CTL,
			    SRIOV_CTL_ENABLE);
	iom_pci_config_set(c, AT_SRIOV + SRIOV_DEVICE, 2, f->vf_device);
	iom_pci_config_set(c, AT_SRIOV + SRIOV_PAGES, 4, 0x553);
	iom_pci_config_set(c, AT_SRIOV + SRIOV_PAGE, 4, 1);
	iom_pci_config_set_masks(c, AT_SRIOV + SRIOV_PAGE, 4, 0x553, 0);
	iom_pci_config_lock(c, AT_SRIOV + SRIOV_PAGE, UINT32_MAX, AT_SRIOV + SRIOV_CTL,
			    SRIOV_CTL_ENABLE);
	/* VF BAR 0: 64-bit memory */
	iom_pci_config_set(c, AT_SRIOV + SRIOV_BAR, 4, 0x4);
	iom_pci_config_set_masks(c, AT_SRIOV + SRIOV_BAR + 4, 4, UINT32_MAX, 0);
	c->vf_offset[0] = f->first_vf_offset;
	c->vf_stride[0] = f->vf_stride;
	c->vf_offset[1] = ari ? f->first_vf_offset_ari : f->first_vf_offset;
	c->vf_stride[1] = ari ? f->vf_stride_ari : f->vf_stride;
	c->vf_bar_lg2 = (uint8_t)CLAMP(f->vf_bar_lg2 ? f->vf_bar_lg2 : 16u, 12u, 30u);
	pci_sriov_follow(c);
}

/* 7.5.1.2, 7.5.1.3: the addresses that software assigns. */
static void add_addresses(iom_pci_config *c, bool bridge)
{
	if (bridge) {
		iom_pci_config_set_masks(c, PCI_PRIMARY_BUS, 4, 0x00ffffff, 0);
		iom_pci_config_set_masks(c, PCI_MEMORY_BASE, 4, 0xfff0fff0, 0);
		/* no window until software opens one; prefetchable: 64 bits */
		iom_pci_config_set(c, PCI_MEMORY_BASE, 2, 0xfff0);
		iom_pci_config_set(c, PCI_PREFETCH_BASE, 4, 0x0001fff1);
		iom_pci_config_set_masks(c, PCI_PREFETCH_BASE, 4, 0xfff0fff0, 0);
		iom_pci_config_set_masks(c, PCI_PREFETCH_BASE + 4, 4, UINT32_MAX, 0);
		iom_pci_config_set_masks(c, PCI_PREFETCH_BASE + 8, 4, UINT32_MAX, 0);
		return;
	}
	/* BAR 0: 64-bit memory of 64 KiB */
	iom_pci_config_set(c, PCI_BAR0, 4, 0x4);
	iom_pci_config_set_masks(c, PCI_BAR0, 4, 0xffff0000, 0);
	iom_pci_config_set_masks(c, PCI_BAR0 + 4, 4, UINT32_MAX, 0);
}

iom_pci_config *iom_pci_function_new(const iom_pci_function_config *config)
{
	const iom_pci_function_config *f = config;
	iom_pci_config *c = iom_pci_config_new(IOM_PCI_CONFIG_SIZE);
	bool bridge = f->port_type >= 4 && f->port_type <= 8;

	iom_pci_build_header(c, f->vendor, f->device, f->class_code,
			     (bridge ? 1u : 0) | (f->multifunction ? 0x80u : 0));
	add_addresses(c, bridge);
	add_express(c, f);
	iom_pci_build_capability(c, IOM_PCI_EXTENDED, AT_AER, IOM_PCI_EXT_AER, 2);
	if (f->acs)
		add_acs(c, f);
	/* 9.3.7: functions of a device with SR-IOV have ARI */
	if (f->ari || f->total_vfs) {
		iom_pci_build_capability(c, IOM_PCI_EXTENDED, AT_ARI, IOM_PCI_EXT_ARI, 1);
		iom_pci_config_set(c, AT_ARI + 4, 2, (uint32_t)f->next_function << 8);
	}
	if (f->total_vfs)
		add_sriov(c, f);
	if (f->ats)
		add_ats(c, f);
	if (f->ats && f->pri)
		add_pri(c, f);
	if (f->pasid_bits)
		add_pasid(c, f);
	c->effect = pci_function_effect;
	iom_pci_config_set_reset(c);
	return c;
}
