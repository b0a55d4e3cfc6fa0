/* SPDX-License-Identifier: MIT */
/*
 * Devices without an IOMMU (7.3): bound and attached as others are, but the page
 * table is software only and tells physical addresses; DMA is not limited by it.
 */
#include "iommufd/engine/model.h"

static int alloc_paging(iomfd_dev *dev, uint32_t flags, const iomfd_udata *data, iomfd_domain **out)
{
	iomfd_domain *d;

	if (flags || data)
		return -EOPNOTSUPP;
	d = g_new0(iomfd_domain, 1);
	d->driver = dev->driver;
	d->pgsizes = IOMFD_PAGE;
	d->aperture_last = UINT64_MAX;
	*out = d;
	return 0;
}

static void free_domain(iomfd_domain *d)
{
	g_free(d);
}

static int attach(iomfd_dev *dev, uint32_t pasid, iomfd_domain *d, iomfd_domain *old)
{
	(void)dev;
	(void)d;
	(void)old;
	return pasid == IOMFD_NO_PASID ? 0 : -EOPNOTSUPP;
}

const iomfd_driver iomfd_noiommu_driver = {
	.name = "noiommu",
	.noiommu = true,
	.alloc_paging = alloc_paging,
	.free_domain = free_domain,
	.attach = attach,
};

/* A mediated device is never bound as a device: nothing of this is called. */
const iomfd_driver iomfd_emulated_driver = {
	.name = "emulated",
	.alloc_paging = alloc_paging,
	.free_domain = free_domain,
	.attach = attach,
};

/*
 * Physical memory as the engine plays it: pieces of `fragment` bytes, in an
 * order of their own. The factor is odd, so no two pieces share an address, and
 * not one, so no two neighbours stay neighbours.
 */
static uint64_t physical(const struct iomfd_engine *e, uint64_t host)
{
	uint64_t piece = host / e->fragment;

	return ((piece * 0x9e3779b1u) & ((1ull << 35) - 1)) * e->fragment + host % e->fragment;
}

int iomfd_do_noiommu_get_pa(iomfd_call *call)
{
	struct iomfd_ioas_noiommu_get_pa *cmd = call->cmd;
	const struct iomfd_engine *e = call->engine;
	uint64_t host, left, want;
	const iomfd_hwpt *h;
	iomfd_ioas *ioas;
	iomfd_area *a;

	if (!(e->capabilities & IOM_IOMMUFD_CAP_SYS_RAWIO))
		return -EPERM;
	if (cmd->flags || cmd->reserved)
		return -EOPNOTSUPP;
	if (!cmd->length)
		return -EINVAL;
	if (cmd->iova == UINT64_MAX)
		return -EOVERFLOW;
	ioas = (iomfd_ioas *)iomfd_object_get(call->ctx, cmd->ioas_id, IOMFD_KIND_IOAS);
	if (!ioas)
		return -ENOENT;
	a = iomfd_area_first(ioas, cmd->iova, cmd->iova);
	if (!a)
		return -ENOENT;
	if (a->pages->revoked)
		return -EINVAL;
	/* The address space keeps physical addresses in its first page table. */
	h = ioas->domains->len ? g_ptr_array_index(ioas->domains, 0) : NULL;
	if (!h || !h->domain->driver->noiommu)
		return -EOPNOTSUPP;
	host = iomfd_pages_host(a->pages, iomfd_area_byte(a, cmd->iova));
	left = MIN(e->fragment - host % e->fragment, a->last - cmd->iova + 1);
	/* It ends with a page, or where the caller said. */
	want = cmd->length;
	cmd->out_phys = physical(e, host);
	cmd->length = MIN(left, want);
	return iomfd_respond(call);
}
