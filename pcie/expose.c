/* SPDX-License-Identifier: MIT */
/*
 * What a guest may see of a passed-through function: ATS if the property, the
 * host and the virtual IOMMU agree; PASID made up from what the host reports. The
 * two are decided apart: masking ATS never touches PASID.
 */
#include "pcie/internal.h"

#include <string.h>

#define MAX_PASID_BITS 20u

/* 7.8.9 PASID Extended Capability: capability and control registers. */
#define PASID_BODY(exec, priv, bits) \
	((uint32_t)(exec) << 1 | (uint32_t)(priv) << 2 | (uint32_t)(bits) << 8)

static void start(iom_pci_exposure *out)
{
	memset(out, 0, sizeof(*out));
	out->reasons = g_ptr_array_new_with_free_func(g_free);
}

void iom_pci_exposure_clear(iom_pci_exposure *exposure)
{
	if (exposure->reasons)
		g_ptr_array_unref(exposure->reasons);
	iom_pci_plan_free(exposure->plan);
	memset(exposure, 0, sizeof(*exposure));
}

/* Every capability of that id, so that none is left behind a duplicate. */
static gboolean mask(iom_pci_config *config, unsigned id, iom_pci_exposure *out, GError **error)
{
	unsigned offset;

	while ((offset = iom_pci_find(config, IOM_PCI_EXTENDED, id))) {
		if (!iom_pci_unlink(config, offset, error))
			return FALSE;
		out->changed = true;
		iom_pci_reason(out->reasons, "%s at 0x%03x is taken out of the list",
			       iom_pci_capability_name(IOM_PCI_EXTENDED, id), offset);
	}
	return TRUE;
}

gboolean iom_pci_expose_ats(iom_pci_config *config, iom_pci_auto ats, const iom_pci_host *host,
			    bool iommu_ats, iom_pci_exposure *out, GError **error)
{
	bool host_refuses = host && host->ats_unsupported;
	const char *why;

	start(out);
	out->offset = (uint16_t)iom_pci_find(config, IOM_PCI_EXTENDED, IOM_PCI_EXT_ATS);
	if (ats == IOM_PCI_OFF)
		why = "the property says off";
	else if (host_refuses)
		why = "the host reports that ATS is not supported for this device";
	else if (!iommu_ats)
		why = "the virtual IOMMU does not support ATS";
	else
		why = NULL;
	if (!why) {
		out->shown = out->offset != 0;
		iom_pci_reason(out->reasons, "%s",
			       !out->shown ? "the device has no ATS capability"
			       : !host     ? "ATS is shown: nothing is known of the host's side"
					   : "ATS is shown: the host does not rule it out");
		return TRUE;
	}
	iom_pci_reason(out->reasons, "ATS is not shown: %s", why);
	if (!mask(config, IOM_PCI_EXT_ATS, out, error) ||
	    !mask(config, IOM_PCI_EXT_PRI, out, error))
		return FALSE;
	if (ats == IOM_PCI_ON) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_UNSUPPORTED, "ats=on cannot be had: %s",
			    why);
		return FALSE;
	}
	return TRUE;
}

static const char *no_pasid(const iom_pci_host *host, unsigned iommu_pasid_bits)
{
	if (!iommu_pasid_bits)
		return "the virtual IOMMU does not support PASIDs";
	if (!host)
		return "the device has no host IOMMU information";
	return host->max_pasid_log2 ? NULL : "the host has no PASIDs for this device";
}

gboolean iom_pci_expose_pasid(iom_pci_config *config, const iom_pci_host *host,
			      unsigned iommu_pasid_bits, const iom_pci_place_options *options,
			      iom_pci_exposure *out, GError **error)
{
	iom_pci_place_options place;
	const char *why = no_pasid(host, iommu_pasid_bits);
	unsigned width, enables;
	uint32_t body;

	start(out);
	out->offset = (uint16_t)iom_pci_find(config, IOM_PCI_EXTENDED, IOM_PCI_EXT_PASID);
	if (out->offset) {
		out->shown = true;
		iom_pci_reason(out->reasons,
			       "PASID is in the list at 0x%03x already and stays as it is",
			       out->offset);
		return TRUE;
	}
	if (why) {
		iom_pci_reason(out->reasons, "PASID is not shown: %s", why);
		return TRUE;
	}
	iom_pci_place_options_init(&place);
	if (options)
		place = *options;
	place.id = IOM_PCI_EXT_PASID;
	place.length = 8;
	out->plan = iom_pci_place(config, &place);
	for (guint i = 0; i < out->plan->reasons->len; i++)
		iom_pci_reason(out->reasons, "%s", (const char *)out->plan->reasons->pdata[i]);
	if (!out->plan->possible) {
		iom_pci_reason(out->reasons, "PASID is not shown: there is no safe place");
		if (!place.offset)
			return TRUE;
		g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG, "PASID cannot be placed: %s",
			    (const char *)out->plan->reasons->pdata[out->plan->reasons->len - 1]);
		return FALSE;
	}
	width = MIN(MIN(host->max_pasid_log2, iommu_pasid_bits), MAX_PASID_BITS);
	body = GUINT32_TO_LE(PASID_BODY(host->pasid_exec, host->pasid_priv, width));
	if (!iom_pci_insert(config, out->plan, IOM_PCI_EXT_PASID, 1, &body, error))
		return FALSE;
	enables = 1u | (host->pasid_exec ? 2u : 0) | (host->pasid_priv ? 4u : 0);
	iom_pci_config_set_masks(config, out->plan->offset + 6u, 2, enables, 0);
	out->shown = out->changed = true;
	out->offset = out->plan->offset;
	iom_pci_reason(out->reasons, "PASID is shown at 0x%03x: %u bits%s%s", out->offset, width,
		       host->pasid_exec ? ", execute" : "", host->pasid_priv ? ", privileged" : "");
	return TRUE;
}
