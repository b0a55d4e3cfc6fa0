/* SPDX-License-Identifier: MIT */
/* What writes of software to the function's registers do to the endpoint. */
#include "pcie/endpoint.h"

static uint32_t reg(const iom_endpoint *ep, unsigned capability, unsigned offset)
{
	return capability ? iom_pci_config_read(ep->config.function, capability + offset, 2) : 0;
}

/* 10.2.4: what is asked for at once fits in a completion of RCB bytes. */
static uint8_t translations(const iom_endpoint *ep)
{
	bool rcb = reg(ep, ep->at_express, EXP_LNKCTL) & EXP_LNKCTL_RCB;

	return (uint8_t)CLAMP(ep->config.translations, 1u, rcb ? MAX_TRANSLATIONS : 8u);
}

void ep_load_enables(iom_endpoint *ep)
{
	uint32_t pasid = reg(ep, ep->at_pasid, PASID_CTL);

	ep->on = (ep_enables){
		.master = reg(ep, PCI_COMMAND, 0) & PCI_COMMAND_MASTER,
		.ats = reg(ep, ep->at_ats, ATS_CTL) & ATS_CTL_ENABLE,
		.pri = reg(ep, ep->at_pri, PRI_CTL) & PRI_CTL_ENABLE,
		.pasid = pasid & PASID_ENABLE,
		.exec = (pasid & (PASID_ENABLE | PASID_EXEC)) == (PASID_ENABLE | PASID_EXEC),
		.priv = (pasid & (PASID_ENABLE | PASID_PRIV)) == (PASID_ENABLE | PASID_PRIV),
		.translated_pasid = (pasid & (PASID_ENABLE | PASID_TRANSLATED)) ==
				    (PASID_ENABLE | PASID_TRANSLATED),
		.stu_lg2 = (uint8_t)(12 + (reg(ep, ep->at_ats, ATS_CTL) & ATS_CTL_STU)),
		.translations = translations(ep),
		.pasid_bits = (uint8_t)MIN(reg(ep, ep->at_pasid, PASID_CAP) >> 8 & 31, 20),
	};
}

/* Groups with a PASID, when PASIDs are switched off. */
static void forget_pasids(iom_endpoint *ep)
{
	for (unsigned i = 0; i < PRI_INDEXES; i++) {
		if (ep->groups[i].used && ep->groups[i].pasid != IOM_NO_PASID)
			ep_forget_groups(ep, ep->groups[i].pasid, false);
	}
}

/* 10.5.2.2: Reset drops the page requests, and the errors, of a stopped interface. */
static void reset_page_requests(iom_endpoint *ep)
{
	if (ep->on.pri)
		return;
	ep_forget_groups(ep, IOM_NO_PASID, true);
	iom_pci_config_set(ep->config.function, ep->at_pri + PRI_STATUS, 2,
			   reg(ep, ep->at_pri, PRI_STATUS) &
				   ~(uint32_t)(PRI_STATUS_RF | PRI_STATUS_UPRGI));
	ep_update_stopped(ep);
}

/* 6.6.2 Function Level Reset: registers, cache and requests of the function. */
static void level_reset(iom_endpoint *ep)
{
	iom_pci_config_reset(ep->config.function);
	ep_forget_groups(ep, IOM_NO_PASID, true);
	ep_atc_drop_all(ep);
	ep->next_index = 0;
	for (unsigned i = 0; i < PRI_INDEXES; i++)
		ep->groups[i].code = IOM_PRG_INVALID;
}

void ep_watch(void *opaque, unsigned offset, uint32_t before, uint32_t after)
{
	iom_endpoint *ep = opaque;
	bool reset =
		ep->at_express && offset == ep->at_express + EXP_DEVCTL && after & EXP_DEVCTL_FLR;
	ep_enables was;
	bool fail;

	(void)before;
	pthread_mutex_lock(&ep->lock);
	was = ep->on;
	if (reset)
		level_reset(ep);
	ep_load_enables(ep);
	/* 10.5.1.3: with Enable clear nothing may be cached. */
	if (was.ats != ep->on.ats || was.pasid != ep->on.pasid)
		ep_atc_drop_all(ep);
	if (was.pasid && !ep->on.pasid)
		forget_pasids(ep);
	if (ep->at_pri && offset == ep->at_pri + PRI_CTL && after & PRI_CTL_RESET)
		reset_page_requests(ep);
	if (ep->at_pri)
		ep_update_stopped(ep);
	/* A reset loses what waited; with ATS off the rest is answered as it drains. */
	fail = reset && ep->n_waiting;
	pthread_mutex_unlock(&ep->lock);
	if (fail)
		ep_fail_waiting(ep);
}
