/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Endpoints with a translation cache: ATS translation requests, page requests and
 * PASIDs, through the operations that QEMU's PCI core has for them from 10.1 on.
 */
#include "glue.h"

#ifdef IOM_QEMU_ATS

/* An endpoint that listens, by PASID (PCI_NO_PASID is IOM_NO_PASID). */
struct IomEndpoint {
	uint32_t pasid;
	IOMMUNotifier *n; /* drops what it cached; or NULL */
#ifdef IOM_QEMU_PRI
	IOMMUPRINotifier *pri; /* hears of page responses; or NULL */
#endif
};

static IomSpace *space_of(IomQemu *q, PCIBus *bus, int devfn)
{
	return iom_qemu_space(q, bus, (uint32_t)devfn);
}

/* ---- translation requests ---- */

static IOMMUTLBEntry entry_of(uint64_t address, uint32_t pasid, const iom_result *r)
{
	bool answered = r->status == IOM_OK;
	uint64_t mask = answered && r->page_lg2 >= 12 && r->page_lg2 < 64
				? (UINT64_C(1) << r->page_lg2) - 1
				: 0xfff;
	unsigned p = answered ? r->permissions : 0;

	return (IOMMUTLBEntry){
		.target_as = &address_space_memory,
		.iova = address & ~mask,
		.translated_addr = r->address & ~mask,
		.addr_mask = mask,
		.perm = IOMMU_ACCESS_FLAG_FULL(p & IOM_READ, p & IOM_WRITE, p & IOM_EXECUTE,
					       r->flags & IOM_RES_PRIVILEGED,
					       r->flags & IOM_RES_GLOBAL,
					       r->flags & IOM_RES_UNTRANSLATED_ONLY),
#ifdef IOM_QEMU_TLB_PASID
		.pasid = pasid,
#endif
	};
}

static ssize_t request_translation(PCIBus *bus, void *opaque, int devfn, uint32_t pasid,
				   bool priv_req, bool exec_req, hwaddr addr, size_t length,
				   bool no_write, IOMMUTLBEntry *result, size_t result_length,
				   uint32_t *err_count)
{
	IomQemu *q = opaque;
	hwaddr last = addr + (length ? length - 1 : 0);
	size_t n = 0;
	iom_request request = {
		.requester = iom_qemu_requester(space_of(q, bus, devfn)),
		.pasid = pasid,
		.type = IOM_TRANSLATION_REQUEST,
		.access = IOM_READ | (no_write ? 0 : IOM_WRITE),
		.flags = (no_write ? IOM_REQ_NO_WRITE : 0) | (priv_req ? IOM_REQ_PASID_PRIV : 0) |
			 (exec_req ? IOM_REQ_PASID_EXEC : 0),
	};

	*err_count = 0;
	while (addr <= last) {
		IOMMUTLBEntry entry;
		iom_result r;

		if (n == result_length)
			return -ENOMEM;
		request.address = addr;
		iom_iommu_translate(q->iommu, &request, &r);
		if (q->witness)
			iom_witness_translate(q->witness, &request, &r);
		entry = entry_of(addr, pasid, &r);
		if (entry.perm & IOMMU_RW)
			result[n++] = entry;
		else
			++*err_count;
		if ((addr | entry.addr_mask) >= last)
			break;
		addr = (addr | entry.addr_mask) + 1;
	}
	return (ssize_t)n;
}

/* ---- what an endpoint's cache has to drop ---- */

static void get_iotlb_info(void *opaque, uint8_t *addr_width, uint32_t *min_page_size)
{
	IomQemu *q = opaque;

	*addr_width = q->address_bits;
	*min_page_size = 4096;
}

static void init_iotlb_notifier(PCIBus *bus, void *opaque, int devfn, IOMMUNotifier *n,
				IOMMUNotify fn, void *user_opaque)
{
	n->opaque = user_opaque;
	iommu_notifier_init(n, fn, IOMMU_NOTIFIER_DEVIOTLB_EVENTS, 0, UINT64_MAX, 0);
}

static void register_iotlb_notifier(PCIBus *bus, void *opaque, int devfn, uint32_t pasid,
				    IOMMUNotifier *n)
{
	IomSpace *space = space_of(opaque, bus, devfn);
	IomEndpoint *e = g_new0(IomEndpoint, 1);

	e->pasid = pasid;
	e->n = n;
	space->endpoints = g_slist_prepend(space->endpoints, e);
	qatomic_inc(&space->q->listeners);
}

static void unregister_iotlb_notifier(PCIBus *bus, void *opaque, int devfn, uint32_t pasid,
				      IOMMUNotifier *n)
{
	IomSpace *space = space_of(opaque, bus, devfn);

	for (GSList *i = space->endpoints; i; i = i->next) {
		IomEndpoint *e = i->data;

		if (e->n != n || e->pasid != pasid)
			continue;
		space->endpoints = g_slist_delete_link(space->endpoints, i);
		g_free(e);
		qatomic_dec(&space->q->listeners);
		return;
	}
}

void iom_ats_invalidated(IomSpace *space, const iom_invalidation *inv)
{
	for (GSList *i = space->endpoints; i; i = i->next) {
		IomEndpoint *e = i->data;
		uint64_t first, last;

		if (e->n && iom_invalidation_reaches(inv, iom_qemu_requester(space), e->pasid,
						     &first, &last))
			iom_notify_range(e->n, first, last);
	}
}

/* ---- page requests ---- */

#ifdef IOM_QEMU_PRI
static void pri_register(PCIBus *bus, void *opaque, int devfn, uint32_t pasid,
			 IOMMUPRINotifier *notifier)
{
	IomSpace *space = space_of(opaque, bus, devfn);
	IomEndpoint *e = g_new0(IomEndpoint, 1);

	e->pasid = pasid;
	e->pri = notifier;
	space->endpoints = g_slist_prepend(space->endpoints, e);
}

static void pri_unregister(PCIBus *bus, void *opaque, int devfn, uint32_t pasid)
{
	IomSpace *space = space_of(opaque, bus, devfn);

	for (GSList *i = space->endpoints; i; i = i->next) {
		IomEndpoint *e = i->data;

		if (!e->pri || e->pasid != pasid)
			continue;
		space->endpoints = g_slist_delete_link(space->endpoints, i);
		g_free(e);
		return;
	}
}

static int request_page(PCIBus *bus, void *opaque, int devfn, uint32_t pasid, bool priv_req,
			bool exec_req, hwaddr addr, bool lpig, uint16_t prgi, bool is_read,
			bool is_write)
{
	IomQemu *q = opaque;
	iom_page_request request = {
		.address = addr,
		.requester = iom_qemu_requester(space_of(q, bus, devfn)),
		.pasid = pasid,
		.prg_index = prgi & PCI_PRI_PRGI_MASK,
		.access = (is_read ? IOM_READ : 0) | (is_write ? IOM_WRITE : 0) |
			  (exec_req ? IOM_EXECUTE : 0),
		.last = lpig,
		.privileged = priv_req,
	};
	iom_prq_status status;

	status = iom_iommu_page_request(q->iommu, &request);
	if (q->witness)
		iom_witness_page_request(q->witness, &request, status);
	/* A request that the IOMMU answers itself has its answer on the way. */
	return status == IOM_PRQ_DROPPED ? -EIO : 0;
}

void iom_ats_page_response(IomSpace *space, const iom_page_response *response)
{
	IOMMUPRIResponse r = {
		.response_code = response->code == IOM_PRG_SUCCESS ? IOMMU_PRI_RESP_SUCCESS
				 : response->code == IOM_PRG_INVALID
					 ? IOMMU_PRI_RESP_INVALID_REQUEST
					 : IOMMU_PRI_RESP_FAILURE,
		.prgi = response->prg_index,
	};

	for (GSList *i = space->endpoints; i; i = i->next) {
		IomEndpoint *e = i->data;

		if (e->pri && e->pasid == response->pasid) {
			e->pri->notify(e->pri, &r);
			return;
		}
	}
}
#endif

void iom_ats_ops(PCIIOMMUOps *ops)
{
	ops->get_iotlb_info = get_iotlb_info;
	ops->init_iotlb_notifier = init_iotlb_notifier;
	ops->register_iotlb_notifier = register_iotlb_notifier;
	ops->unregister_iotlb_notifier = unregister_iotlb_notifier;
	ops->ats_request_translation = request_translation;
#ifdef IOM_QEMU_PRI
	ops->pri_register_notifier = pri_register;
	ops->pri_unregister_notifier = pri_unregister;
	ops->pri_request_page = request_page;
#endif
}

#endif
