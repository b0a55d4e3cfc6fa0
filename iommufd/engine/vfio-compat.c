/* SPDX-License-Identifier: MIT */
/* VFIO type 1 on an iommufd descriptor, over the context's compatibility IOAS. */
#include "iommufd/engine/model.h"

#include <string.h>

static iomfd_ioas *compat_ioas(const iomfd_context *ctx)
{
	return ctx->vfio_ioas;
}

int iomfd_do_vfio_ioas(iomfd_call *call)
{
	struct iomfd_vfio_ioas *cmd = call->cmd;
	iomfd_object *ioas;

	if (cmd->reserved)
		return -EOPNOTSUPP;
	switch (cmd->op) {
	case IOMFD_VFIO_IOAS_GET:
		if (!call->ctx->vfio_ioas)
			return -ENODEV;
		cmd->ioas_id = call->ctx->vfio_ioas->obj.id;
		return iomfd_respond(call);
	case IOMFD_VFIO_IOAS_SET:
		ioas = iomfd_object_get(call->ctx, cmd->ioas_id, IOMFD_KIND_IOAS);
		if (!ioas)
			return -ENOENT;
		call->ctx->vfio_ioas = (iomfd_ioas *)ioas;
		return 0;
	case IOMFD_VFIO_IOAS_CLEAR:
		call->ctx->vfio_ioas = NULL;
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

static int map_dma(iomfd_context *ctx, uint64_t arg)
{
	struct iomfd_vfio_dma_map map;
	bool read, write;
	iomfd_pages *pages;
	iomfd_ioas *ioas;
	uint64_t iova;
	int rc;

	if (iomfd_copy_in(&map, arg, sizeof(map)))
		return -EFAULT;
	read = map.flags & IOMFD_VFIO_DMA_MAP_READ;
	write = map.flags & IOMFD_VFIO_DMA_MAP_WRITE;
	if (map.argsz < sizeof(map) ||
	    (map.flags & ~(uint32_t)(IOMFD_VFIO_DMA_MAP_READ | IOMFD_VFIO_DMA_MAP_WRITE)))
		return -EINVAL;
	ioas = compat_ioas(ctx);
	if (!ioas)
		return -ENODEV;
	rc = iomfd_pages_user(ctx->engine, map.vaddr, map.dma_size, write, &pages);
	if (rc)
		return rc;
	if (ctx->account == IOMFD_ACCOUNT_MM && pages->account == IOMFD_ACCOUNT_USER)
		pages->account = IOMFD_ACCOUNT_MM;
	iova = map.iova;
	rc = iomfd_ioas_map_pages(ioas, pages, map.vaddr % IOMFD_PAGE, map.dma_size, &iova, read,
				  write, false);
	iomfd_pages_unref(pages);
	return rc;
}

static int unmap_some(iomfd_ioas *ioas, uint64_t iova, uint64_t size, uint64_t *unmapped,
		      bool *answer)
{
	uint64_t last;
	int rc = 0;

	/* Type 1 proper may unmap a part: cut the areas at both ends first. */
	if (ioas->no_large_pages) {
		rc = iomfd_ioas_cut(ioas, iova + size - 1);
		if (!rc && iova)
			rc = iomfd_ioas_cut(ioas, iova - 1);
	}
	if (rc)
		return rc;
	*answer = true;
	if (!size)
		return -EINVAL;
	if (iomfd_add_overflows(iova, size - 1, &last))
		return -EOVERFLOW;
	return iomfd_ioas_unmap_range(ioas, iova, last, unmapped);
}

static int unmap_dma(iomfd_context *ctx, uint64_t arg)
{
	struct iomfd_vfio_dma_unmap unmap;
	uint64_t unmapped = 0;
	bool answer = false;
	iomfd_ioas *ioas;
	int rc;

	if (iomfd_copy_in(&unmap, arg, sizeof(unmap)))
		return -EFAULT;
	if (unmap.argsz < sizeof(unmap) || (unmap.flags & ~(uint32_t)IOMFD_VFIO_DMA_UNMAP_ALL))
		return -EINVAL;
	ioas = compat_ioas(ctx);
	if (!ioas)
		return -ENODEV;
	if (unmap.flags & IOMFD_VFIO_DMA_UNMAP_ALL) {
		if (unmap.iova || unmap.dma_size)
			return -EINVAL;
		rc = iomfd_ioas_unmap_range(ioas, 0, UINT64_MAX, &unmapped);
		answer = true;
	} else {
		rc = unmap_some(ioas, unmap.iova, unmap.dma_size, &unmapped, &answer);
	}
	if (!answer)
		return rc;
	unmap.dma_size = unmapped;
	return iomfd_copy_out(arg, &unmap, sizeof(unmap)) ? -EFAULT : rc;
}

static int check_extension(const iomfd_context *ctx, uint64_t type)
{
	const iomfd_ioas *ioas = compat_ioas(ctx);

	switch (type) {
	case IOMFD_VFIO_TYPE1_IOMMU:
	case IOMFD_VFIO_TYPE1v2_IOMMU:
	case IOMFD_VFIO_UNMAP_ALL:
		return !ctx->noiommu_mode;
	case IOMFD_VFIO_NOIOMMU_IOMMU:
		return ctx->engine->vfio_noiommu;
	case IOMFD_VFIO_DMA_CC_IOMMU:
		if (!ioas)
			return -ENODEV;
		for (guint i = 0; i < ioas->domains->len; i++) {
			const iomfd_hwpt *h = g_ptr_array_index(ioas->domains, i);

			if (!h->enforce_coherency)
				return 0;
		}
		return 1;
	default:
		return 0;
	}
}

static int set_iommu(iomfd_context *ctx, uint64_t type)
{
	iomfd_ioas *ioas;

	if (ctx->engine->vfio_noiommu && type == IOMFD_VFIO_NOIOMMU_IOMMU && ctx->noiommu_mode)
		return ctx->engine->capabilities & IOM_IOMMUFD_CAP_SYS_RAWIO ? 0 : -EPERM;
	if ((type != IOMFD_VFIO_TYPE1_IOMMU && type != IOMFD_VFIO_TYPE1v2_IOMMU) ||
	    ctx->noiommu_mode)
		return -EINVAL;
	ioas = compat_ioas(ctx);
	if (!ioas)
		return -ENODEV;
	return type == IOMFD_VFIO_TYPE1_IOMMU ? iomfd_ioas_set_large_pages(ioas, false) : 0;
}

static uint64_t page_sizes(const iomfd_ioas *ioas)
{
	uint64_t sizes = UINT64_MAX;

	for (guint i = 0; i < ioas->domains->len; i++)
		sizes &= ((const iomfd_hwpt *)g_ptr_array_index(ioas->domains, i))->domain->pgsizes;
	if (sizes & (IOMFD_PAGE - 1))
		sizes = (sizes & ~(IOMFD_PAGE - 1)) | IOMFD_PAGE;
	return MAX(sizes, ioas->alignment);
}

/*
 * The capabilities behind the structure. Each is written only if it fits whole;
 * the chain's links as far as there is room.
 */
static int put_iova_ranges(const iomfd_ioas *ioas, uint64_t at, uint64_t room, uint32_t *size)
{
	struct iomfd_vfio_cap_iova_range cap = { .header = { .id = 1, .version = 1 } };
	GArray *holes = iomfd_spans(ioas->reserved, 0, UINT64_MAX, true);
	int rc = 0;

	for (guint i = 0; i < holes->len && !rc; i++) {
		const iomfd_range *h = &g_array_index(holes, iomfd_range, i);
		uint64_t range[2] = { h->start, h->last };

		if (room >= sizeof(cap) + (i + 1) * sizeof(range))
			rc = iomfd_copy_out(at + sizeof(cap) + i * sizeof(range), range,
					    sizeof(range));
	}
	cap.nr_iovas = holes->len;
	*size = (uint32_t)(sizeof(cap) + holes->len * 16);
	g_array_unref(holes);
	if (!rc && room >= *size)
		rc = iomfd_copy_out(at, &cap, sizeof(cap));
	return rc;
}

static int put_dma_avail(uint64_t at, uint64_t room, uint32_t *size)
{
	const struct iomfd_vfio_cap_dma_avail cap = {
		.header = { .id = 3, .version = 1 },
		.avail = UINT32_MAX,
	};

	*size = sizeof(cap);
	return room >= sizeof(cap) ? iomfd_copy_out(at, &cap, sizeof(cap)) : 0;
}

static int get_info(iomfd_context *ctx, uint64_t arg)
{
	struct iomfd_vfio_type1_info info = { 0 };
	uint32_t total = sizeof(info), size, given, last = 0;
	iomfd_ioas *ioas;
	int rc = 0;

	if (iomfd_copy_in(&info, arg, 16))
		return -EFAULT;
	if (info.argsz < 16)
		return -EINVAL;
	given = info.argsz;
	ioas = compat_ioas(ctx);
	if (!ioas)
		return -ENODEV;
	info.flags = 1;
	info.iova_pgsizes = page_sizes(ioas);
	for (int i = 0; i < 2; i++) {
		uint64_t room = given > total ? given - total : 0;

		rc = i == 0 ? put_dma_avail(arg + total, room, &size)
			    : put_iova_ranges(ioas, arg + total, room, &size);
		if (rc)
			return rc;
		size = (size + 7) & ~7u;
		if (last && given >= total) {
			rc = iomfd_copy_out(arg + last +
						    offsetof(struct iomfd_vfio_cap_header, next),
					    &total, sizeof(total));
			if (rc)
				return rc;
		}
		last = total;
		total += size;
	}
	info.cap_offset = given >= total ? (uint32_t)sizeof(info) : 0;
	info.argsz = total;
	info.flags |= 2;
	return iomfd_copy_out(arg, &info, MIN(given, sizeof(info)));
}

int iomfd_vfio_ioctl(iomfd_context *ctx, unsigned cmd, uint64_t arg)
{
	switch (cmd) {
	case IOMFD_VFIO_GET_API_VERSION:
		return 0;
	case IOMFD_VFIO_SET_IOMMU:
		return set_iommu(ctx, arg);
	case IOMFD_VFIO_CHECK_EXTENSION:
		return check_extension(ctx, arg);
	case IOMFD_VFIO_IOMMU_GET_INFO:
		return get_info(ctx, arg);
	case IOMFD_VFIO_IOMMU_MAP_DMA:
		return map_dma(ctx, arg);
	case IOMFD_VFIO_IOMMU_UNMAP_DMA:
		return unmap_dma(ctx, arg);
	default:
		return -ENOTTY;
	}
}
