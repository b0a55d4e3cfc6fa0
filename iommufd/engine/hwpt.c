/* SPDX-License-Identifier: MIT */
/* Hardware page tables, their dirty pages and the invalidation of nested ones. */
#include "iommufd/engine/model.h"

#include <string.h>

#define INVALIDATE_MAX (1u << 19)

int iomfd_udata_in(void *to, size_t n, size_t min, const iomfd_udata *data, uint32_t type)
{
	if (data->type != type || data->len < min || data->len > n)
		return -EINVAL;
	return iomfd_copy_struct_in(to, n, data->uptr, data->len);
}

void iomfd_hwpt_put(iomfd_hwpt *h)
{
	h->obj.users--;
	if (h->auto_domain && h->obj.users == 1)
		iomfd_object_destroy(h->obj.ctx, h->obj.id, false);
}

void iomfd_hwpt_free(iomfd_hwpt *h)
{
	if (h->in_ioas)
		iomfd_ioas_remove_domain(h->ioas, h);
	if (h->domain)
		h->domain->driver->free_domain(h->domain);
	if (h->fault)
		h->fault->obj.users--;
	if (h->obj.kind == IOMFD_KIND_HWPT_PAGING)
		h->ioas->obj.users--;
	else if (h->viommu)
		h->viommu->obj.users--;
	else
		h->parent->obj.users--;
	g_free(h);
}

static int hwpt_new(iomfd_context *ctx, iomfd_kind kind, uint32_t flags, iomfd_hwpt **out)
{
	iomfd_hwpt *h = g_new0(iomfd_hwpt, 1);
	int rc = iomfd_object_init(ctx, &h->obj, kind);

	if (rc) {
		g_free(h);
		return rc;
	}
	h->pasid_compat = flags & IOMFD_HWPT_PASID;
	*out = h;
	return 0;
}

int iomfd_hwpt_paging_new(iomfd_ioas *ioas, iomfd_device *d, uint32_t pasid, uint32_t flags,
			  bool attach, const iomfd_udata *data, iomfd_hwpt **out)
{
	const iomfd_driver *driver = d->dev->driver;
	iomfd_hwpt *h;
	int rc;

	if (flags & ~d->dev->engine->profile->hwpt_flags)
		return -EOPNOTSUPP;
	if ((flags & IOMFD_HWPT_DIRTY_TRACKING) && !d->dev->dirty)
		return -EOPNOTSUPP;
	if ((flags & IOMFD_HWPT_FAULT_ID_VALID) && (flags & IOMFD_HWPT_NEST_PARENT))
		return -EOPNOTSUPP;
	rc = hwpt_new(ioas->obj.ctx, IOMFD_KIND_HWPT_PAGING, flags, &h);
	if (rc)
		return rc;
	h->ioas = ioas;
	ioas->obj.users++;
	h->nest_parent = flags & IOMFD_HWPT_NEST_PARENT;
	rc = driver->alloc_paging(d->dev, flags & ~(uint32_t)IOMFD_HWPT_FAULT_ID_VALID, data,
				  &h->domain);
	if (rc)
		goto abort;
	h->domain->hwpt = h;
	h->enforce_coherency = d->dev->enforce_coherency;
	if (attach) {
		rc = iomfd_hwpt_attach(h, d, pasid);
		if (rc)
			goto abort;
	}
	rc = iomfd_ioas_add_domain(ioas, h);
	if (rc) {
		if (attach)
			iomfd_hwpt_detach(d, pasid);
		goto abort;
	}
	h->in_ioas = true;
	*out = h;
	return 0;
abort:
	iomfd_object_abort(&h->obj);
	return rc;
}

static int nested_new(iomfd_device *d, iomfd_hwpt *parent, iomfd_viommu *v, uint32_t flags,
		      const iomfd_udata *data, iomfd_hwpt **out)
{
	const uint32_t valid = IOMFD_HWPT_FAULT_ID_VALID | IOMFD_HWPT_PASID;
	const iomfd_driver *driver = v ? v->driver : d->dev->driver;
	iomfd_hwpt *h;
	int rc;

	if ((flags & ~valid) || !data->len || !driver->alloc_nested)
		return -EOPNOTSUPP;
	if (!v && (parent->auto_domain || !parent->nest_parent ||
		   parent->domain->driver != d->dev->driver))
		return -EINVAL;
	rc = hwpt_new(d->obj.ctx, IOMFD_KIND_HWPT_NESTED, flags, &h);
	if (rc)
		return rc;
	h->parent = v ? v->hwpt : parent;
	h->viommu = v;
	if (v)
		v->obj.users++;
	else
		parent->obj.users++;
	rc = driver->alloc_nested(d->dev, h->parent->domain, v,
				  flags & ~(uint32_t)IOMFD_HWPT_FAULT_ID_VALID, data, &h->domain);
	if (rc) {
		iomfd_object_abort(&h->obj);
		return rc;
	}
	h->domain->nested = true;
	h->domain->hwpt = h;
	*out = h;
	return 0;
}

static int alloc_on(iomfd_call *call, struct iomfd_hwpt_alloc *cmd, iomfd_device *d,
		    const iomfd_udata *data, iomfd_hwpt **out)
{
	iomfd_object *pt = iomfd_object_get(call->ctx, cmd->pt_id, IOMFD_KIND_ANY);
	iomfd_viommu *v;

	if (!pt)
		return -EINVAL;
	switch (pt->kind) {
	case IOMFD_KIND_IOAS:
		return iomfd_hwpt_paging_new((iomfd_ioas *)pt, d, IOMFD_NO_PASID, cmd->flags, false,
					     data->len ? data : NULL, out);
	case IOMFD_KIND_HWPT_PAGING:
		return nested_new(d, (iomfd_hwpt *)pt, NULL, cmd->flags, data, out);
	case IOMFD_KIND_VIOMMU:
		v = (iomfd_viommu *)pt;
		if (v->driver != d->dev->driver || v->instance != d->dev->instance)
			return -EINVAL;
		return nested_new(d, NULL, v, cmd->flags, data, out);
	default:
		return -EINVAL;
	}
}

int iomfd_do_hwpt_alloc(iomfd_call *call)
{
	struct iomfd_hwpt_alloc *cmd = call->cmd;
	const iomfd_udata data = { cmd->data_type, cmd->data_len, cmd->data_uptr };
	iomfd_device *d;
	iomfd_fault *f;
	iomfd_hwpt *h;
	int rc;

	if (cmd->reserved)
		return -EOPNOTSUPP;
	if ((cmd->data_type == IOMFD_HWPT_DATA_NONE) != (cmd->data_len == 0))
		return -EINVAL;
	d = (iomfd_device *)iomfd_object_get(call->ctx, cmd->dev_id, IOMFD_KIND_DEVICE);
	if (!d)
		return -ENOENT;
	rc = alloc_on(call, cmd, d, &data, &h);
	if (rc)
		return rc;
	if (cmd->flags & IOMFD_HWPT_FAULT_ID_VALID) {
		f = (iomfd_fault *)iomfd_object_get(call->ctx, cmd->fault_id, IOMFD_KIND_FAULT);
		if (!f) {
			rc = -ENOENT;
			goto abort;
		}
		h->fault = f;
		h->domain->faults = true;
		f->obj.users++;
	}
	cmd->out_hwpt_id = h->obj.id;
	rc = iomfd_respond(call);
	if (rc)
		goto abort;
	iomfd_object_publish(&h->obj);
	return 0;
abort:
	iomfd_object_abort(&h->obj);
	return rc;
}

/* ------------------------------------------------------------------------
 * Dirty pages
 */
static iomfd_hwpt *get_paging(iomfd_call *call, uint32_t id)
{
	return (iomfd_hwpt *)iomfd_object_get(call->ctx, id, IOMFD_KIND_HWPT_PAGING);
}

static void report_nothing(void *opaque, uint64_t iova, uint64_t length)
{
	(void)opaque;
	(void)iova;
	(void)length;
}

int iomfd_do_set_dirty(iomfd_call *call)
{
	const struct iomfd_hwpt_set_dirty_tracking *cmd = call->cmd;
	bool on = cmd->flags & IOMFD_DIRTY_TRACKING_ENABLE;
	iomfd_domain *d;
	iomfd_hwpt *h;

	if (cmd->flags & ~(uint32_t)IOMFD_DIRTY_TRACKING_ENABLE)
		return -EOPNOTSUPP;
	h = get_paging(call, cmd->hwpt_id);
	if (!h)
		return -ENOENT;
	d = h->domain;
	if (!d->dirty)
		return -EOPNOTSUPP;
	for (iomfd_area *a = on ? iomfd_area_first(h->ioas, 0, UINT64_MAX) : NULL; a;
	     a = iomfd_area_next(h->ioas, a, UINT64_MAX))
		d->driver->read_dirty(d, a->start, a->last, true, report_nothing, NULL);
	return d->driver->set_dirty(d, on);
}

typedef struct bitmap {
	uint64_t iova, page_lg2, data, bits;
	bool failed;
} bitmap;

/* Set the bits of [iova, iova + length), a byte at a time: others stay. */
static void record(void *opaque, uint64_t iova, uint64_t length)
{
	bitmap *b = opaque;
	uint64_t first = (iova - b->iova) >> b->page_lg2;
	uint64_t last = (iova + length - 1 - b->iova) >> b->page_lg2;

	last = MIN(last, b->bits - 1);
	for (uint64_t bit = first; bit <= last && !b->failed;) {
		uint64_t end = MIN(last, bit | 7);
		uint8_t byte, mask = (uint8_t)((0xffu >> (7 - (end & 7))) & (0xffu << (bit & 7)));

		if (iomfd_copy_in(&byte, b->data + bit / 8, 1)) {
			b->failed = true;
			break;
		}
		byte |= mask;
		b->failed = iomfd_copy_out(b->data + bit / 8, &byte, 1);
		bit = end + 1;
	}
}

static int check_bitmap_range(const iomfd_ioas *ioas, const struct iomfd_hwpt_get_dirty_bitmap *cmd)
{
	uint64_t mask = ioas->alignment - 1, last;

	if (iomfd_add_overflows(cmd->iova, cmd->length - 1, &last))
		return -EOVERFLOW;
	if ((cmd->iova & mask) || ((last + 1) & mask) || !cmd->page_size)
		return -EINVAL;
	mask = cmd->page_size - 1;
	return (cmd->iova & mask) || ((last + 1) & mask) ? -EINVAL : 0;
}

int iomfd_do_get_dirty(iomfd_call *call)
{
	const struct iomfd_hwpt_get_dirty_bitmap *cmd = call->cmd;
	bool clear = !(cmd->flags & IOMFD_GET_DIRTY_BITMAP_NO_CLEAR);
	bitmap b = { .iova = cmd->iova, .data = cmd->data };
	uint64_t at = cmd->iova, last;
	iomfd_domain *d;
	iomfd_hwpt *h;
	int rc;

	if ((cmd->flags & ~(uint32_t)IOMFD_GET_DIRTY_BITMAP_NO_CLEAR) || cmd->reserved)
		return -EOPNOTSUPP;
	h = get_paging(call, cmd->hwpt_id);
	if (!h)
		return -ENOENT;
	rc = check_bitmap_range(h->ioas, cmd);
	if (rc)
		return rc;
	d = h->domain;
	if (!d->dirty)
		return -EOPNOTSUPP;
	if (cmd->length == 0)
		return 0;
	b.page_lg2 = (uint64_t)__builtin_ctzll(cmd->page_size);
	b.bits = ((cmd->length - 1) >> b.page_lg2) + 1;
	last = cmd->iova + cmd->length - 1;
	/* A hole ends the walk; what was found until then counts, and nobody is told. */
	while (true) {
		iomfd_area *a = iomfd_area_first(h->ioas, at, at);
		uint64_t end;

		if (!a)
			return 0;
		end = MIN(a->last, last);
		d->driver->read_dirty(d, at, end, clear, record, &b);
		if (end == last)
			return 0;
		at = end + 1;
	}
}

/* ------------------------------------------------------------------------
 * Invalidation
 */
static int invalidate(iomfd_call *call, struct iomfd_hwpt_invalidate *cmd, iomfd_uarray *array)
{
	iomfd_object *pt;
	iomfd_hwpt *h;
	iomfd_viommu *v;

	if (cmd->reserved)
		return -EOPNOTSUPP;
	if (cmd->entry_num && (!cmd->data_uptr || !cmd->entry_len))
		return -EINVAL;
	if (cmd->entry_num && call->engine->profile->invalidate_limits &&
	    (cmd->entry_len > IOMFD_PAGE || cmd->entry_num > INVALIDATE_MAX))
		return -EINVAL;
	pt = iomfd_object_get(call->ctx, cmd->hwpt_id, IOMFD_KIND_ANY);
	if (!pt)
		return -ENOENT;
	if (pt->kind == IOMFD_KIND_HWPT_NESTED) {
		h = (iomfd_hwpt *)pt;
		if (!h->domain->driver->invalidate)
			return -EOPNOTSUPP;
		array->entry_num = cmd->entry_num;
		return h->domain->driver->invalidate(h->domain, array);
	}
	if (pt->kind == IOMFD_KIND_VIOMMU) {
		v = (iomfd_viommu *)pt;
		if (!v->driver->viommu_invalidate)
			return -EOPNOTSUPP;
		array->entry_num = cmd->entry_num;
		return v->driver->viommu_invalidate(v, array);
	}
	return -EINVAL;
}

int iomfd_do_invalidate(iomfd_call *call)
{
	struct iomfd_hwpt_invalidate *cmd = call->cmd;
	iomfd_uarray array = { cmd->data_type, cmd->entry_len, 0, cmd->data_uptr };
	int rc = invalidate(call, cmd, &array);

	/* The number of entries handled goes back whatever happened. */
	cmd->entry_num = array.entry_num;
	if (iomfd_respond(call))
		return -EFAULT;
	return rc;
}
