/* SPDX-License-Identifier: MIT */
/* Devices: binding, and attaching, replacing and detaching page tables by PASID. */
#include "iommufd/engine/vfio-pci.h"

#include <string.h>

void iomfd_dev_init(iomfd_dev *dev, struct iomfd_engine *e, const iomfd_driver *driver)
{
	dev->driver = driver;
	dev->engine = e;
	dev->reserved = g_array_new(FALSE, FALSE, sizeof(iomfd_range));
	dev->attached = g_hash_table_new(NULL, NULL);
}

void iomfd_dev_free(iomfd_dev *dev)
{
	g_array_unref(dev->reserved);
	g_hash_table_unref(dev->attached);
	iomfd_function_free(dev->function);
	g_free(dev->name);
	if (dev->driver && dev->driver->free_dev)
		dev->driver->free_dev(dev);
	else
		g_free(dev);
}

/* The group's DMA belongs to one context at a time. */
static bool owned_by_other(const iomfd_dev *dev, const iomfd_context *ctx)
{
	const struct iomfd_engine *e = dev->engine;

	for (guint i = 0; i < e->devices->len; i++) {
		const iomfd_dev *other = g_ptr_array_index(e->devices, i);

		if (other->group == dev->group && other->owner && other->owner != ctx)
			return true;
	}
	return false;
}

static iomfd_group *group_get(iomfd_context *ctx, uint32_t number)
{
	iomfd_group *g = g_hash_table_lookup(ctx->groups, GUINT_TO_POINTER(number));

	if (!g) {
		g = g_new0(iomfd_group, 1);
		g->number = number;
		g->ctx = ctx;
		g->attaches = g_ptr_array_new();
		g->devices = g_ptr_array_new();
		g_hash_table_insert(ctx->groups, GUINT_TO_POINTER(number), g);
	}
	g->refs++;
	return g;
}

static void group_put(iomfd_group *g)
{
	if (--g->refs)
		return;
	g_hash_table_remove(g->ctx->groups, GUINT_TO_POINTER(g->number));
	g_ptr_array_unref(g->attaches);
	g_ptr_array_unref(g->devices);
	g_free(g);
}

int iomfd_device_bind(iomfd_context *ctx, iomfd_dev *dev, iomfd_device **out)
{
	iomfd_device *d;
	int rc;

	if (owned_by_other(dev, ctx))
		return -EBUSY;
	d = g_new0(iomfd_device, 1);
	rc = iomfd_object_init(ctx, &d->obj, IOMFD_KIND_DEVICE);
	if (rc) {
		g_free(d);
		return rc;
	}
	d->obj.users++; /* the binder's, until iomfd_device_unbind() */
	d->dev = dev;
	/* Without an IOMMU there is no group: each device stands alone. */
	d->group = group_get(ctx, dev->noiommu ? dev->engine->next_group++ : dev->group);
	g_ptr_array_add(d->group->devices, d);
	dev->owner = ctx;
	iomfd_object_publish(&d->obj);
	*out = d;
	return 0;
}

void iomfd_device_free(iomfd_device *d)
{
	d->dev->owner = NULL;
	g_ptr_array_remove(d->group->devices, d);
	group_put(d->group);
	g_free(d);
}

void iomfd_device_unbind(iomfd_device *d)
{
	d->destroying = true;
	if (d->vdevice)
		iomfd_object_destroy(d->obj.ctx, d->vdevice->obj.id, true);
	d->obj.users--;
	/* A PASID that is still attached keeps the object until the context closes. */
	iomfd_object_destroy(d->obj.ctx, d->obj.id, false);
}

iomfd_attach *iomfd_attach_find(const iomfd_group *group, uint32_t pasid)
{
	for (guint i = 0; i < group->attaches->len; i++) {
		iomfd_attach *a = g_ptr_array_index(group->attaches, i);

		if (a->pasid == pasid)
			return a;
	}
	return NULL;
}

static bool has_device(const iomfd_attach *a, iomfd_device *d)
{
	return g_ptr_array_find(a->devices, d, NULL);
}

static iomfd_ioas *paging_ioas(const iomfd_hwpt *h)
{
	if (h->obj.kind == IOMFD_KIND_HWPT_PAGING)
		return h->ioas;
	return h->parent ? h->parent->ioas : NULL;
}

/* An HWPT on a PASID, and on the RID of a device with PASIDs, was made for it. */
static int check_pasid_compat(const iomfd_hwpt *h, const iomfd_group *g, uint32_t pasid)
{
	const iomfd_attach *rid = iomfd_attach_find(g, IOMFD_NO_PASID);

	if (h->pasid_compat)
		return pasid != IOMFD_NO_PASID && rid && !rid->hwpt->pasid_compat ? -EINVAL : 0;
	if (pasid != IOMFD_NO_PASID)
		return -EINVAL;
	for (guint i = 0; i < g->attaches->len; i++) {
		const iomfd_attach *a = g_ptr_array_index(g->attaches, i);

		if (a->pasid != IOMFD_NO_PASID)
			return -EINVAL;
	}
	return 0;
}

static int driver_attach(iomfd_hwpt *h, iomfd_device *d, uint32_t pasid, iomfd_hwpt *old)
{
	iomfd_dev *dev = d->dev;
	int rc;

	if (h->fault && dev->vf_pri)
		return -EINVAL;
	rc = check_pasid_compat(h, d->group, pasid);
	if (rc)
		return rc;
	if (h->domain->driver != dev->driver)
		return -EINVAL;
	if (dev->engine->busy_attaches) {
		dev->engine->busy_attaches--;
		return -EBUSY;
	}
	if (pasid != IOMFD_NO_PASID && !old && dev->max_pasids && pasid >= dev->max_pasids)
		return -EINVAL;
	rc = iomfd_step(dev->engine);
	if (!rc)
		rc = dev->driver->attach(dev, pasid, h->domain, old ? old->domain : NULL);
	if (!rc)
		g_hash_table_insert(dev->attached, GUINT_TO_POINTER(pasid), h->domain);
	return rc;
}

static uint64_t next_serial(void)
{
	static uint64_t serial; /* only ever compared for equality */

	return __atomic_add_fetch(&serial, 1, __ATOMIC_RELAXED);
}

/* The first device of a group attaches; the others join. */
int iomfd_hwpt_attach(iomfd_hwpt *h, iomfd_device *d, uint32_t pasid)
{
	iomfd_group *g = d->group;
	iomfd_attach *a = iomfd_attach_find(g, pasid);
	iomfd_ioas *ioas = paging_ioas(h);
	bool reserve = ioas && pasid == IOMFD_NO_PASID;
	int rc = 0;

	if (a && has_device(a, d))
		return -EBUSY;
	if (a && a->hwpt != h)
		return -EINVAL;
	if (reserve)
		rc = iomfd_ioas_reserve_device(ioas, d->dev);
	if (rc)
		return rc;
	if (!a) {
		rc = driver_attach(h, d, pasid, NULL);
		if (rc) {
			if (reserve)
				iomfd_ioas_unreserve(ioas, d->dev);
			return rc;
		}
		a = g_new0(iomfd_attach, 1);
		a->pasid = pasid;
		a->hwpt = h;
		a->first = d;
		a->serial = next_serial();
		a->devices = g_ptr_array_new();
		g_ptr_array_add(g->attaches, a);
	}
	h->obj.users++;
	g_ptr_array_add(a->devices, d);
	return 0;
}

iomfd_hwpt *iomfd_hwpt_detach(iomfd_device *d, uint32_t pasid)
{
	iomfd_attach *a = iomfd_attach_find(d->group, pasid);
	iomfd_hwpt *h;
	iomfd_ioas *ioas;

	if (!a || !g_ptr_array_remove(a->devices, d))
		return NULL;
	h = a->hwpt;
	ioas = paging_ioas(h);
	if (a->devices->len == 0) {
		d->dev->driver->attach(d->dev, pasid, NULL, h->domain);
		g_hash_table_remove(d->dev->attached, GUINT_TO_POINTER(pasid));
		if (h->fault)
			iomfd_fault_auto_respond(h->fault, a->serial);
		g_ptr_array_remove(d->group->attaches, a);
		g_ptr_array_unref(a->devices);
		g_free(a);
	}
	if (ioas && pasid == IOMFD_NO_PASID)
		iomfd_ioas_unreserve(ioas, d->dev);
	iomfd_hwpt_put(h);
	return h;
}

static void unreserve_group(const iomfd_group *g, iomfd_ioas *ioas)
{
	const iomfd_attach *a = iomfd_attach_find(g, IOMFD_NO_PASID);

	for (guint i = 0; i < a->devices->len; i++) {
		iomfd_device *d = g_ptr_array_index(a->devices, i);

		iomfd_ioas_unreserve(ioas, d->dev);
	}
}

static int reserve_group(const iomfd_group *g, iomfd_ioas *ioas)
{
	const iomfd_attach *a = iomfd_attach_find(g, IOMFD_NO_PASID);

	for (guint i = 0; i < a->devices->len; i++) {
		iomfd_device *d = g_ptr_array_index(a->devices, i);
		int rc = iomfd_ioas_reserve_device(ioas, d->dev);

		if (rc) {
			unreserve_group(g, ioas);
			return rc;
		}
	}
	return 0;
}

/*
 * Move the whole group to another HWPT. *old is what the caller drops a user
 * of, NULL if nothing changed.
 */
static int hwpt_replace(iomfd_hwpt *h, iomfd_device *d, uint32_t pasid, iomfd_hwpt **old)
{
	iomfd_group *g = d->group;
	iomfd_attach *a = iomfd_attach_find(g, pasid);
	iomfd_ioas *to = paging_ioas(h), *from;
	bool reserve = to && pasid == IOMFD_NO_PASID;
	iomfd_hwpt *was;
	int rc = 0;

	*old = NULL;
	if (!a || !has_device(a, d))
		return -EINVAL;
	was = a->hwpt;
	if (was == h)
		return 0;
	from = paging_ioas(was);
	if (reserve && from != to)
		rc = reserve_group(g, to);
	if (rc)
		return rc;
	rc = driver_attach(h, d, pasid, was);
	if (rc) {
		/* The kernel lets go of the reservations of the new address space,
		 * which are those of the old one when they are the same. */
		if (reserve)
			unreserve_group(g, to);
		return rc;
	}
	if (was->fault)
		iomfd_fault_auto_respond(was->fault, a->serial);
	if (from && pasid == IOMFD_NO_PASID && from != to)
		unreserve_group(g, from);
	a->hwpt = h;
	a->first = d;
	a->serial = next_serial();
	h->obj.users += a->devices->len;
	was->obj.users -= a->devices->len - 1;
	*old = was;
	return 0;
}

static int change_one(iomfd_device *d, uint32_t pasid, iomfd_hwpt *h, bool replace,
		      iomfd_hwpt **old)
{
	*old = NULL;
	return replace ? hwpt_replace(h, d, pasid, old) : iomfd_hwpt_attach(h, d, pasid);
}

/* Any auto domain of the IOAS that the device can use, or a new one. */
static int auto_domain(iomfd_device *d, uint32_t pasid, iomfd_ioas *ioas, uint32_t *pt_id,
		       bool replace, iomfd_hwpt **old)
{
	iomfd_hwpt *h;
	int rc;

	for (guint i = 0; i < ioas->domains->len; i++) {
		h = g_ptr_array_index(ioas->domains, i);
		if (!h->auto_domain)
			continue;
		rc = change_one(d, pasid, h, replace, old);
		if (rc == -EINVAL)
			continue;
		*pt_id = h->obj.id;
		return rc;
	}
	rc = iomfd_hwpt_paging_new(ioas, d, pasid, 0, !replace, NULL, &h);
	if (rc)
		return rc;
	if (replace) {
		rc = hwpt_replace(h, d, pasid, old);
		if (rc) {
			iomfd_object_abort(&h->obj);
			return rc;
		}
	}
	h->auto_domain = true;
	*pt_id = h->obj.id;
	iomfd_object_publish(&h->obj);
	return 0;
}

static int change_pt(iomfd_device *d, uint32_t pasid, uint32_t *pt_id, bool replace)
{
	iomfd_object *pt = iomfd_object_get(d->obj.ctx, *pt_id, IOMFD_KIND_ANY);
	iomfd_hwpt *old;
	int rc;

	if (!pt)
		return -ENOENT;
	switch (pt->kind) {
	case IOMFD_KIND_HWPT_PAGING:
	case IOMFD_KIND_HWPT_NESTED:
		rc = change_one(d, pasid, (iomfd_hwpt *)pt, replace, &old);
		break;
	case IOMFD_KIND_IOAS:
		old = NULL;
		rc = auto_domain(d, pasid, (iomfd_ioas *)pt, pt_id, replace, &old);
		break;
	default:
		return -EINVAL;
	}
	if (!rc && old)
		iomfd_hwpt_put(old);
	return rc;
}

int iomfd_device_attach(iomfd_device *d, uint32_t pasid, uint32_t *pt_id)
{
	int rc = change_pt(d, pasid, pt_id, false);

	if (!rc)
		d->obj.users++;
	return rc;
}

int iomfd_device_replace(iomfd_device *d, uint32_t pasid, uint32_t *pt_id)
{
	return change_pt(d, pasid, pt_id, true);
}

void iomfd_device_detach(iomfd_device *d, uint32_t pasid)
{
	if (iomfd_hwpt_detach(d, pasid))
		d->obj.users--;
}

void iomfd_device_detach_all(iomfd_device *d)
{
	for (guint i = d->group->attaches->len; i-- > 0;) {
		iomfd_attach *a = g_ptr_array_index(d->group->attaches, i);

		if (has_device(a, d))
			iomfd_device_detach(d, a->pasid);
	}
}

int iomfd_do_get_hw_info(iomfd_call *call)
{
	struct iomfd_hw_info *cmd = call->cmd;
	const iomfd_profile *p = call->engine->profile;
	uint8_t data[64] = { 0 };
	uint32_t len = 0, type, n;
	iomfd_device *d;
	iomfd_dev *dev;

	if (cmd->flags & ~p->hw_info_flags)
		return -EOPNOTSUPP;
	if (cmd->reserved[0] || cmd->reserved[1] || cmd->reserved[2])
		return -EOPNOTSUPP;
	type = cmd->flags & IOMFD_HW_INFO_FLAG_INPUT_TYPE ? cmd->data_type : IOMFD_HW_INFO_NONE;
	d = (iomfd_device *)iomfd_object_get(call->ctx, cmd->dev_id, IOMFD_KIND_DEVICE);
	if (!d)
		return -ENOENT;
	dev = d->dev;
	if (dev->driver->noiommu)
		return -EOPNOTSUPP;
	if (dev->driver->hw_info) {
		int rc = dev->driver->hw_info(dev, &type, data, &len);

		if (rc)
			return rc;
	} else {
		type = IOMFD_HW_INFO_NONE;
	}
	n = MIN(cmd->data_len, len);
	if (iomfd_copy_out(cmd->data_uptr, data, n) ||
	    iomfd_zero_out(cmd->data_uptr + n, cmd->data_len - n))
		return -EFAULT;
	cmd->data_type = type;
	cmd->data_len = len;
	cmd->out_capabilities = (dev->dirty ? IOMFD_HW_CAP_DIRTY_TRACKING : 0) |
				(dev->ats ? 0 : IOMFD_HW_CAP_ATS_NOT_SUPPORTED);
	cmd->out_max_pasid_log2 = 0;
	if (dev->max_pasids && p->pasid) {
		cmd->out_max_pasid_log2 = (uint8_t)(31 - __builtin_clz(dev->max_pasids));
		cmd->out_capabilities |= (dev->pasid_exec ? IOMFD_HW_CAP_PASID_EXEC : 0) |
					 (dev->pasid_priv ? IOMFD_HW_CAP_PASID_PRIV : 0);
	}
	cmd->out_capabilities &= p->hw_caps;
	return iomfd_respond(call);
}
