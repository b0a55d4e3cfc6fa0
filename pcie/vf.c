/* SPDX-License-Identifier: MIT */
/*
 * Virtual functions (9 Single Root I/O Virtualization and Sharing): spaces that
 * answer while the physical function enables them, what they have of their own and
 * what the physical function has for all; and what writes do inside a function.
 */
#include "pcie/function.h"

static unsigned sriov_register(const iom_pci_config *pf, unsigned at, unsigned offset)
{
	return iom_pci_config_peek(pf, at + offset, 2);
}

static bool enabled(const iom_pci_config *pf, unsigned at, unsigned index)
{
	return sriov_register(pf, at, SRIOV_CTL) & SRIOV_CTL_ENABLE &&
	       index < MIN(sriov_register(pf, at, SRIOV_NUM), sriov_register(pf, at, SRIOV_TOTAL));
}

bool iom_pci_vf_enabled(const iom_pci_config *vf)
{
	return vf->pf && enabled(vf->pf, vf->at_sriov, vf->vf_index);
}

/* 9.3.3.14: each VF's part is one BAR size, which is the System Page Size at least. */
static unsigned bar_lg2(const iom_pci_config *pf, unsigned at)
{
	uint32_t page = iom_pci_config_peek(pf, at + SRIOV_PAGE, 4);
	unsigned page_lg2 = page ? 12 + (unsigned)__builtin_ctz(page) : 12;

	return MAX(pf->vf_bar_lg2, page_lg2);
}

void pci_sriov_follow(iom_pci_config *config)
{
	bool ari = iom_pci_config_peek(config, AT_SRIOV + SRIOV_CTL, 2) & SRIOV_CTL_ARI;
	uint32_t mask = UINT32_MAX << bar_lg2(config, AT_SRIOV);

	iom_pci_config_set(config, AT_SRIOV + SRIOV_OFFSET, 2, config->vf_offset[ari]);
	iom_pci_config_set(config, AT_SRIOV + SRIOV_STRIDE, 2, config->vf_stride[ari]);
	iom_pci_config_set_masks(config, AT_SRIOV + SRIOV_BAR, 4, mask, 0);
	iom_pci_config_set(config, AT_SRIOV + SRIOV_BAR, 4,
			   (iom_pci_config_peek(config, AT_SRIOV + SRIOV_BAR, 4) & mask) | 4);
}

/* 6.6.2, 9.2.2.3: the registers of the function; the virtual ones go with it. */
static void reset(iom_pci_config *c)
{
	iom_pci_config_reset(c);
	for (guint i = 0; c->vfs && i < c->vfs->len; i++)
		iom_pci_config_reset(g_ptr_array_index(c->vfs, i));
	if (c->vf_bar_lg2)
		pci_sriov_follow(c);
}

void pci_function_effect(iom_pci_config *config, unsigned offset, uint32_t before, uint32_t after)
{
	uint32_t changed = before ^ after;

	if (offset == AT_EXPRESS + EXP_DEVCTL && after & EXP_DEVCTL_FLR) {
		reset(config);
		return;
	}
	if (!config->vf_bar_lg2)
		return;
	if (offset == AT_SRIOV + SRIOV_CTL || offset == AT_SRIOV + SRIOV_PAGE)
		pci_sriov_follow(config);
	/* 9.3.3.3.1: enabled or disabled, they begin as out of reset */
	if (offset == AT_SRIOV + SRIOV_CTL && changed & SRIOV_CTL_ENABLE && config->vfs) {
		for (guint i = 0; i < config->vfs->len; i++)
			iom_pci_config_reset(g_ptr_array_index(config->vfs, i));
	}
}

/* 9.3.4 PF/VF Configuration Space Header */
static void header(iom_pci_config *vf, const iom_pci_config *pf)
{
	uint32_t class_code = iom_pci_config_peek(pf, PCI_REVISION, 4);

	iom_pci_build_header(vf, 0xffff, 0xffff, class_code >> 8, 0);
	iom_pci_config_set(vf, PCI_REVISION, 1, class_code & 0xff);
	iom_pci_config_set(vf, 0x2c, 4, iom_pci_config_peek(pf, 0x2c, 4)); /* subsystem */
	iom_pci_config_set_masks(vf, PCI_COMMAND, 2, PCI_COMMAND_MASTER, 0);
}

/* 9.3.5: what a VF controls itself is its reset; FLR is not optional. */
static void express(iom_pci_config *vf, const iom_pci_config *pf, unsigned at)
{
	iom_pci_build_capability(vf, IOM_PCI_STANDARD, AT_EXPRESS, IOM_PCI_CAP_EXPRESS, 0);
	for (unsigned i = EXP_DEVCAP; at && i < 0x3c; i += 4) {
		if (i == EXP_DEVCAP || i == 0x0c || i == 0x24 || i == 0x2c)
			iom_pci_config_set(vf, AT_EXPRESS + i, 4,
					   iom_pci_config_peek(pf, at + i, 4));
	}
	iom_pci_config_set(vf, AT_EXPRESS + EXP_FLAGS, 2,
			   at ? iom_pci_config_peek(pf, at + EXP_FLAGS, 2) : 2u);
	iom_pci_config_set(vf, AT_EXPRESS + EXP_DEVCAP, 4,
			   iom_pci_config_peek(vf, AT_EXPRESS + EXP_DEVCAP, 4) | 1u << 28);
	iom_pci_config_set_pulses(vf, AT_EXPRESS + EXP_DEVCTL, 2, EXP_DEVCTL_FLR);
}

/*
 * 9.3.7: ATS has its own enable, while the queue and STU are the physical function's;
 * PRI and PASID are the physical function's altogether.
 */
static void extended(iom_pci_config *vf, const iom_pci_config *pf)
{
	unsigned ats = iom_pci_find(pf, IOM_PCI_EXTENDED, IOM_PCI_EXT_ATS);
	unsigned acs = iom_pci_find(pf, IOM_PCI_EXTENDED, IOM_PCI_EXT_ACS);

	iom_pci_build_capability(vf, IOM_PCI_EXTENDED, IOM_PCI_EXTENDED_START, IOM_PCI_EXT_ARI, 1);
	if (acs) {
		uint32_t offers = iom_pci_config_peek(pf, acs + ACS_CAP, 2) & 0x7f;

		/* a bit for each port is for ports */
		offers &= ~(uint32_t)(IOM_PCI_ACS_EGRESS | IOM_PCI_ACS_VALIDATION);
		iom_pci_build_capability(vf, IOM_PCI_EXTENDED, AT_ACS, IOM_PCI_EXT_ACS, 1);
		iom_pci_config_set(vf, AT_ACS + ACS_CAP, 2, offers);
		iom_pci_config_set_masks(vf, AT_ACS + ACS_CTL, 2, offers, 0);
	}
	if (ats) {
		iom_pci_build_capability(vf, IOM_PCI_EXTENDED, AT_ATS, IOM_PCI_EXT_ATS, 1);
		iom_pci_config_set(vf, AT_ATS + ATS_CAP, 2,
				   iom_pci_config_peek(pf, ats + ATS_CAP, 2) & ~0x1fu);
		iom_pci_config_set_masks(vf, AT_ATS + ATS_CTL, 2, ATS_CTL_ENABLE, 0);
	}
}

iom_pci_config *iom_pci_vf_new(iom_pci_config *pf, unsigned index, GError **error)
{
	unsigned at = iom_pci_find(pf, IOM_PCI_EXTENDED, IOM_PCI_EXT_SRIOV);
	unsigned total = at ? sriov_register(pf, at, SRIOV_TOTAL) : 0;
	iom_pci_config *vf;

	if (pf->pf || index >= total) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
			    "virtual function %u: the physical function has %u", index, total);
		return NULL;
	}
	for (guint i = 0; pf->vfs && i < pf->vfs->len; i++) {
		const iom_pci_config *other = g_ptr_array_index(pf->vfs, i);

		if (other->vf_index == index) {
			g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
				    "virtual function %u has a space already", index);
			return NULL;
		}
	}
	vf = iom_pci_config_new(IOM_PCI_CONFIG_SIZE);
	header(vf, pf);
	express(vf, pf, iom_pci_express(pf));
	extended(vf, pf);
	vf->effect = pci_function_effect;
	iom_pci_config_set_reset(vf);
	vf->at_sriov = at;
	vf->vf_index = index;
	vf->pf = pf;
	if (!pf->vfs)
		pf->vfs = g_ptr_array_new();
	g_ptr_array_add(pf->vfs, vf);
	return vf;
}

bool iom_pci_vf_memory(const iom_pci_config *pf, unsigned index, uint64_t *address, uint64_t *size)
{
	unsigned at = iom_pci_find(pf, IOM_PCI_EXTENDED, IOM_PCI_EXT_SRIOV);
	uint64_t base;

	if (!at || !pf->vf_bar_lg2 || !enabled(pf, at, index) ||
	    !(sriov_register(pf, at, SRIOV_CTL) & SRIOV_CTL_MEMORY))
		return false;
	base = (iom_pci_config_peek(pf, at + SRIOV_BAR, 4) & ~15u) |
	       (uint64_t)iom_pci_config_peek(pf, at + SRIOV_BAR + 4, 4) << 32;
	*size = UINT64_C(1) << bar_lg2(pf, at);
	*address = base + index * *size;
	return base != 0;
}
