/* SPDX-License-Identifier: MIT */
/*
 * Page requests (10.4 Page Request Services): groups with an index of their own,
 * as many requests outstanding as software allows, one response for each group.
 */
#include "pcie/endpoint.h"

/* Software's limit, which the capacity bounds. */
static uint64_t credit(const iom_endpoint *ep)
{
	uint32_t capacity = iom_pci_config_peek(ep->shared, ep->at_pri + PRI_CAPACITY, 4);
	uint32_t allowed = iom_pci_config_peek(ep->shared, ep->at_pri + PRI_ALLOCATION, 4);

	return MIN(capacity, allowed);
}

static uint32_t status(const iom_endpoint *ep)
{
	return iom_pci_config_peek(ep->shared, ep->at_pri + PRI_STATUS, 2);
}

static void set_status(iom_endpoint *ep, uint32_t set, uint32_t clear)
{
	if (ep->at_pri)
		iom_pci_config_set(ep->shared, ep->at_pri + PRI_STATUS, 2,
				   (status(ep) | set) & ~clear);
}

/* 10.5.2.3: Stopped tells that the interface is off and nothing is outstanding. */
void ep_update_stopped(iom_endpoint *ep)
{
	bool enabled = ep->at_pri &&
		       iom_pci_config_peek(ep->shared, ep->at_pri + PRI_CTL, 2) & PRI_CTL_ENABLE;

	if (!enabled && !iom_pci_outstanding(ep->shared))
		set_status(ep, PRI_STATUS_STOPPED, 0);
	else
		set_status(ep, 0, PRI_STATUS_STOPPED);
}

/* The limit is for a physical function and its virtual functions together. */
static iom_ask_status may_ask(iom_endpoint *ep, uint32_t pasid, unsigned n)
{
	if (ep->removed || !ep->on.pri || !ep->on.ats)
		return IOM_ASK_DISABLED;
	if (!ep->on.master || !n)
		return IOM_ASK_DISABLED;
	if (status(ep) & PRI_STATUS_RF)
		return IOM_ASK_STOPPED;
	if (!ep_pasid_usable(ep, pasid))
		return IOM_ASK_PASID;
	return iom_pci_outstanding_take(ep->shared, n, credit(ep)) ? IOM_ASK_SENT
								   : IOM_ASK_NO_CREDIT;
}

static bool take_index(iom_endpoint *ep, unsigned *index)
{
	for (unsigned i = 0; i < PRI_INDEXES; i++) {
		unsigned at = (ep->next_index + i) % PRI_INDEXES;

		if (!ep->groups[at].used) {
			ep->next_index = (at + 1) % PRI_INDEXES;
			*index = at;
			return true;
		}
	}
	return false;
}

static void end_group(iom_endpoint *ep, ep_group *group, iom_prg_code code)
{
	group->used = false;
	group->code = (uint8_t)code;
	ep->outstanding -= group->requests;
	iom_pci_outstanding_give(ep->shared, group->requests);
	group->requests = 0;
	ep_update_stopped(ep);
}

void ep_forget_groups(iom_endpoint *ep, uint32_t pasid, bool all)
{
	for (unsigned i = 0; i < PRI_INDEXES; i++) {
		if (ep->groups[i].used && (all || ep->groups[i].pasid == pasid))
			end_group(ep, &ep->groups[i], IOM_PRG_INVALID);
	}
}

/* Messages of a group; stops when the group has been answered in between. */
static void send_group(iom_endpoint *ep, uint32_t pasid, const iom_page_ask *pages, unsigned n,
		       unsigned index)
{
	for (unsigned i = 0; i < n; i++) {
		iom_page_request request = {
			.address = pages[i].address & ~UINT64_C(0xfff),
			.requester = ep->config.requester,
			.pasid = pasid,
			.prg_index = (uint16_t)index,
			.access = pages[i].access,
			.last = i + 1 == n,
			.privileged = pasid != IOM_NO_PASID && pages[i].privileged,
			.space = ep->config.iommu_space,
		};

		if (!iom_endpoint_outstanding(ep, (uint16_t)index, NULL))
			return;
		iom_iommu_page_request(ep->config.iommu, &request);
	}
}

iom_ask_status iom_endpoint_ask(iom_endpoint *endpoint, uint32_t pasid, const iom_page_ask *pages,
				unsigned n, uint16_t *prg_index)
{
	iom_endpoint *ep = endpoint;
	iom_ask_status may;
	unsigned index = 0;

	pthread_mutex_lock(&ep->lock);
	may = may_ask(ep, pasid, n);
	if (may == IOM_ASK_SENT && !take_index(ep, &index)) {
		iom_pci_outstanding_give(ep->shared, n);
		may = IOM_ASK_NO_INDEX;
	}
	if (may == IOM_ASK_SENT) {
		/* Before the first message: the answer may come at once. */
		ep->groups[index] = (ep_group){ true, IOM_PRG_INVALID, pasid, n };
		ep->outstanding += n;
		ep->stats.page_requests += n;
	}
	pthread_mutex_unlock(&ep->lock);
	if (may != IOM_ASK_SENT)
		return may;
	*prg_index = (uint16_t)index;
	send_group(ep, pasid, pages, n, index);
	return IOM_ASK_SENT;
}

iom_ask_status ep_ask_one(iom_endpoint *ep, const iom_dma *dma, uint16_t *prg_index)
{
	iom_page_ask page = {
		.address = dma->address,
		.access = dma->access & IOM_ATOMIC
				  ? (IOM_READ | IOM_WRITE)
				  : dma->access & (IOM_READ | IOM_WRITE | IOM_EXECUTE),
		.privileged = (dma->flags & IOM_DMA_PRIVILEGED) != 0,
	};

	/* Execute is a modifier of a read. */
	if (page.access & IOM_EXECUTE)
		page.access |= IOM_READ;
	return iom_endpoint_ask(ep, dma->pasid, &page, 1, prg_index);
}

/* 10.4.2: whom it is for; a PASID must match where the function asked for one. */
static ep_group *matching(iom_endpoint *ep, const iom_page_response *response)
{
	ep_group *group = &ep->groups[response->prg_index % PRI_INDEXES];

	if (!group->used)
		return NULL;
	if (response->pasid != IOM_NO_PASID && response->pasid != group->pasid)
		return NULL;
	/* A Response Failure of the IOMMU itself never has a PASID. */
	if (response->pasid == IOM_NO_PASID && group->pasid != IOM_NO_PASID &&
	    response->code != IOM_PRG_FAILURE && status(ep) & PRI_STATUS_PASID_REQUIRED)
		return NULL;
	return group;
}

void iom_endpoint_respond(iom_endpoint *ep, const iom_page_response *response)
{
	bool tell = false;
	ep_group *group;

	pthread_mutex_lock(&ep->lock);
	group = ep->removed || !ep->at_pri ? NULL : matching(ep, response);
	if (group) {
		ep->stats.responses++;
		end_group(ep, group, (iom_prg_code)response->code);
		if (response->code == IOM_PRG_FAILURE) {
			/* No answer comes to the others any more. */
			ep_forget_groups(ep, IOM_NO_PASID, true);
			set_status(ep, PRI_STATUS_RF, 0);
		}
		tell = true;
	} else if (!ep->removed && ep->at_pri && !(status(ep) & PRI_STATUS_RF)) {
		ep->stats.responses_unexpected++;
		set_status(ep, PRI_STATUS_UPRGI, 0);
	}
	pthread_mutex_unlock(&ep->lock);
	if (tell && ep->config.answered)
		ep->config.answered(ep->config.opaque, response);
}

bool iom_endpoint_outstanding(iom_endpoint *endpoint, uint16_t prg_index, iom_prg_code *code)
{
	bool used;

	pthread_mutex_lock(&endpoint->lock);
	used = endpoint->groups[prg_index % PRI_INDEXES].used;
	if (code)
		*code = (iom_prg_code)endpoint->groups[prg_index % PRI_INDEXES].code;
	pthread_mutex_unlock(&endpoint->lock);
	return used;
}

bool iom_endpoint_stop_pasid(iom_endpoint *endpoint, uint32_t pasid)
{
	iom_page_request marker = { .requester = endpoint->config.requester,
				    .pasid = pasid,
				    .last = 1,
				    .space = endpoint->config.iommu_space };
	bool ok;

	pthread_mutex_lock(&endpoint->lock);
	ok = !endpoint->removed && pasid != IOM_NO_PASID && endpoint->on.pri &&
	     ep_pasid_usable(endpoint, pasid);
	if (ok) {
		ep_atc_drop_pasid(endpoint, pasid);
		ep_forget_groups(endpoint, pasid, false);
		endpoint->stats.stop_markers++;
	}
	pthread_mutex_unlock(&endpoint->lock);
	if (ok)
		iom_iommu_page_request(endpoint->config.iommu, &marker);
	return ok;
}
