/* SPDX-License-Identifier: MIT */
/* What writes of software to the function's registers do to the endpoint. */
#include "pcie/endpoint.h"

static uint32_t peek(const iom_pci_config *c, unsigned capability, unsigned offset)
{
	return capability ? iom_pci_config_peek(c, capability + offset, 2) : 0;
}

/* Of the function itself; 0 while a virtual one does not answer. */
static uint32_t own(const iom_endpoint *ep, bool present, unsigned capability, unsigned offset)
{
	return present ? peek(ep->config.function, capability, offset) : 0;
}

static uint32_t shared(const iom_endpoint *ep, unsigned capability, unsigned offset)
{
	return peek(ep->shared, capability, offset);
}

/* 10.2.4: what is asked for at once fits in a completion of RCB bytes. */
static uint8_t translations(const iom_endpoint *ep)
{
	unsigned at = iom_pci_express(ep->shared);
	bool rcb = shared(ep, at, EXP_LNKCTL) & EXP_LNKCTL_RCB;

	return (uint8_t)CLAMP(ep->config.translations, 1u, rcb ? MAX_TRANSLATIONS : 8u);
}

void ep_load_enables(iom_endpoint *ep)
{
	const iom_pci_config *function = ep->config.function;
	bool present = ep->shared == function || iom_pci_vf_enabled(function);
	uint32_t pasid = shared(ep, ep->at_pasid, PASID_CTL);

	ep->on = (ep_enables){
		.present = present,
		.master = present &&
			  iom_pci_config_peek(function, PCI_COMMAND, 2) & PCI_COMMAND_MASTER,
		.ats = own(ep, present, ep->at_ats, ATS_CTL) & ATS_CTL_ENABLE,
		.pri = present && shared(ep, ep->at_pri, PRI_CTL) & PRI_CTL_ENABLE,
		.pasid = pasid & PASID_ENABLE,
		.exec = (pasid & (PASID_ENABLE | PASID_EXEC)) == (PASID_ENABLE | PASID_EXEC),
		.priv = (pasid & (PASID_ENABLE | PASID_PRIV)) == (PASID_ENABLE | PASID_PRIV),
		.translated_pasid = (pasid & (PASID_ENABLE | PASID_TRANSLATED)) ==
				    (PASID_ENABLE | PASID_TRANSLATED),
		.stu_lg2 = (uint8_t)(12 + (shared(ep, ep->at_stu, ATS_CTL) & ATS_CTL_STU)),
		.translations = translations(ep),
		.pasid_bits = (uint8_t)MIN(shared(ep, ep->at_pasid, PASID_CAP) >> 8 & 31, 20),
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
	iom_pci_config_set(ep->shared, ep->at_pri + PRI_STATUS, 2,
			   shared(ep, ep->at_pri, PRI_STATUS) &
				   ~(uint32_t)(PRI_STATUS_RF | PRI_STATUS_UPRGI));
	ep_update_stopped(ep);
}

/* 6.6.2 Function Level Reset: cache and requests; the registers are reset already. */
static void level_reset(iom_endpoint *ep)
{
	ep_forget_groups(ep, IOM_NO_PASID, true);
	ep_atc_drop_all(ep);
	ep->next_index = 0;
	for (unsigned i = 0; i < PRI_INDEXES; i++)
		ep->groups[i].code = IOM_PRG_INVALID;
}

/* A write to the function or, of a virtual one, to its physical function. */
static void registers_written(iom_endpoint *ep, bool reset, bool page_reset)
{
	ep_enables was;
	bool fail;

	pthread_mutex_lock(&ep->lock);
	was = ep->on;
	ep_load_enables(ep);
	reset = reset || (was.present && !ep->on.present);
	if (reset)
		level_reset(ep);
	/* 10.5.1.3: with Enable clear nothing may be cached. */
	if (was.ats != ep->on.ats || was.pasid != ep->on.pasid)
		ep_atc_drop_all(ep);
	if (was.pasid && !ep->on.pasid)
		forget_pasids(ep);
	if (page_reset)
		reset_page_requests(ep);
	if (ep->at_pri)
		ep_update_stopped(ep);
	/* A reset loses what waited; with ATS off the rest is answered as it drains. */
	fail = reset && ep->n_waiting;
	pthread_mutex_unlock(&ep->lock);
	if (fail)
		ep_fail_waiting(ep);
}

static bool page_request_reset(const iom_endpoint *ep, unsigned offset, uint32_t after)
{
	return ep->at_pri && offset == ep->at_pri + PRI_CTL && after & PRI_CTL_RESET;
}

void ep_watch(void *opaque, unsigned offset, uint32_t before, uint32_t after)
{
	iom_endpoint *ep = opaque;
	bool reset =
		ep->at_express && offset == ep->at_express + EXP_DEVCTL && after & EXP_DEVCTL_FLR;

	(void)before;
	registers_written(ep, reset,
			  ep->shared == ep->config.function &&
				  page_request_reset(ep, offset, after));
}

void ep_watch_pf(void *opaque, unsigned offset, uint32_t before, uint32_t after)
{
	iom_endpoint *ep = opaque;

	(void)before;
	registers_written(ep, false, page_request_reset(ep, offset, after));
}
