/* SPDX-License-Identifier: MIT */
/* Virtual IOMMUs, their devices, hardware queues and mappable regions. */
#include "iommufd/engine/model.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static iomfd_viommu *get_viommu(iomfd_call *call, uint32_t id)
{
	return (iomfd_viommu *)iomfd_object_get(call->ctx, id, IOMFD_KIND_VIOMMU);
}

void iomfd_viommu_free(iomfd_viommu *v)
{
	if (v->driver && v->driver->viommu_free)
		v->driver->viommu_free(v);
	iomfd_mmap_remove(&v->obj);
	if (v->hwpt)
		v->hwpt->obj.users--;
	g_hash_table_unref(v->vdevices);
	g_ptr_array_unref(v->veventqs);
	g_free(v);
}

int iomfd_do_viommu_alloc(iomfd_call *call)
{
	struct iomfd_viommu_alloc *cmd = call->cmd;
	const iomfd_udata data = { cmd->type, cmd->data_len, cmd->data_uptr };
	iomfd_device *d;
	iomfd_hwpt *h;
	iomfd_viommu *v;
	int rc;

	if (cmd->flags || cmd->type == IOMFD_VIOMMU_TYPE_DEFAULT)
		return -EOPNOTSUPP;
	d = (iomfd_device *)iomfd_object_get(call->ctx, cmd->dev_id, IOMFD_KIND_DEVICE);
	if (!d)
		return -ENOENT;
	if (!d->dev->driver->viommu_type || d->dev->driver->viommu_type != cmd->type)
		return -EOPNOTSUPP;
	h = (iomfd_hwpt *)iomfd_object_get(call->ctx, cmd->hwpt_id, IOMFD_KIND_HWPT_PAGING);
	if (!h)
		return -ENOENT;
	if (!h->nest_parent)
		return -EINVAL;
	v = g_new0(iomfd_viommu, 1);
	rc = iomfd_object_init(call->ctx, &v->obj, IOMFD_KIND_VIOMMU);
	if (rc) {
		g_free(v);
		return rc;
	}
	v->vdevices = g_hash_table_new(g_int64_hash, g_int64_equal);
	v->veventqs = g_ptr_array_new();
	v->type = cmd->type;
	v->hwpt = h;
	h->obj.users++;
	v->instance = d->dev->instance;
	rc = d->dev->driver->viommu_init(v, d->dev, data.len ? &data : NULL);
	if (!rc) {
		v->driver = d->dev->driver;
		cmd->out_viommu_id = v->obj.id;
		rc = iomfd_respond(call);
	}
	if (rc)
		iomfd_object_abort(&v->obj);
	else
		iomfd_object_publish(&v->obj);
	return rc;
}

iomfd_vdevice *iomfd_viommu_find(iomfd_viommu *v, const iomfd_dev *dev)
{
	GHashTableIter iter;
	gpointer vdev;

	g_hash_table_iter_init(&iter, v->vdevices);
	while (g_hash_table_iter_next(&iter, NULL, &vdev)) {
		if (((iomfd_vdevice *)vdev)->device->dev == dev)
			return vdev;
	}
	return NULL;
}

void iomfd_vdevice_free(iomfd_vdevice *vdev)
{
	iomfd_viommu *v = vdev->viommu;

	if (v->driver->vdevice_free)
		v->driver->vdevice_free(vdev);
	if (g_hash_table_lookup(v->vdevices, &vdev->virt_id) == vdev)
		g_hash_table_remove(v->vdevices, &vdev->virt_id);
	v->obj.users--;
	vdev->device->vdevice = NULL;
	g_free(vdev);
}

int iomfd_do_vdevice_alloc(iomfd_call *call)
{
	struct iomfd_vdevice_alloc *cmd = call->cmd;
	iomfd_viommu *v = get_viommu(call, cmd->viommu_id);
	iomfd_vdevice *vdev;
	iomfd_device *d;
	int rc;

	if (!v)
		return -ENOENT;
	d = (iomfd_device *)iomfd_object_get(call->ctx, cmd->dev_id, IOMFD_KIND_DEVICE);
	if (!d)
		return -ENOENT;
	if (v->driver != d->dev->driver || v->instance != d->dev->instance)
		return -EINVAL;
	if (d->destroying)
		return -ENOENT;
	if (d->vdevice)
		return -EEXIST;
	vdev = g_new0(iomfd_vdevice, 1);
	rc = iomfd_object_init(call->ctx, &vdev->obj, IOMFD_KIND_VDEVICE);
	if (rc) {
		g_free(vdev);
		return rc;
	}
	vdev->virt_id = cmd->virt_id;
	vdev->viommu = v;
	v->obj.users++;
	vdev->device = d;
	d->vdevice = vdev;
	if (g_hash_table_contains(v->vdevices, &vdev->virt_id))
		rc = -EEXIST;
	if (!rc && v->driver->vdevice_init)
		rc = v->driver->vdevice_init(vdev);
	if (!rc) {
		g_hash_table_insert(v->vdevices, &vdev->virt_id, vdev);
		cmd->out_vdevice_id = vdev->obj.id;
		rc = iomfd_respond(call);
	}
	if (rc)
		iomfd_object_abort(&vdev->obj);
	else
		iomfd_object_publish(&vdev->obj);
	return rc;
}

/* ------------------------------------------------------------------------
 * Hardware queues
 */
static void drop_queue_access(iomfd_hw_queue *q)
{
	uint64_t down = q->base & ~(IOMFD_PAGE - 1);
	uint64_t length = (q->length + (q->base - down) + IOMFD_PAGE - 1) & ~(IOMFD_PAGE - 1);

	iomfd_access_unpin(q->access, down, length);
	iomfd_access_set_ioas(q->access, NULL);
	iomfd_access_destroy(q->access);
}

void iomfd_hw_queue_free(iomfd_hw_queue *q)
{
	if (q->viommu && q->viommu->driver->hw_queue_free)
		q->viommu->driver->hw_queue_free(q);
	if (q->access)
		drop_queue_access(q);
	if (q->viommu)
		q->viommu->obj.users--;
	g_free(q);
}

/* Are the pages one after the other in physical memory? As far as user space can tell. */
static bool contiguous(const GArray *hosts)
{
	iomfd_phys first, next;

	if (hosts->len < 2)
		return true;
	if (iomfd_phys_of(g_array_index(hosts, uint64_t, 0), false, &first))
		return false;
	for (guint i = 1; i < hosts->len; i++) {
		if (iomfd_phys_of(g_array_index(hosts, uint64_t, i), false, &next) || !first.huge ||
		    !next.huge || next.device != first.device || next.inode != first.inode ||
		    next.offset != first.offset + i * IOMFD_PAGE)
			return false;
	}
	return true;
}

static int pin_queue(iomfd_call *call, struct iomfd_hw_queue_alloc *cmd, iomfd_viommu *v,
		     iomfd_hw_queue *q)
{
	uint64_t down = cmd->nesting_parent_iova & ~(IOMFD_PAGE - 1);
	uint64_t offset = cmd->nesting_parent_iova - down, length;
	iomfd_access *access;
	GArray *hosts;
	int rc;

	if (iomfd_add_overflows(offset, cmd->length, &length) ||
	    iomfd_add_overflows(length, IOMFD_PAGE - 1, &length))
		return -ERANGE;
	length &= ~(IOMFD_PAGE - 1);
	/* The kernel allocates an array of page pointers first. */
	if (length / IOMFD_PAGE > INT32_MAX / sizeof(void *))
		return -ENOMEM;
	rc = iomfd_access_new(call->ctx, true, true, NULL, NULL, &access);
	if (rc)
		return rc;
	hosts = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	rc = iomfd_access_set_ioas(access, v->hwpt->ioas);
	if (!rc)
		rc = iomfd_access_pin(access, down, length, false, hosts);
	if (!rc && !contiguous(hosts)) {
		iomfd_access_unpin(access, down, length);
		rc = -EFAULT;
	}
	if (!rc)
		q->host = g_array_index(hosts, uint64_t, 0) + offset;
	g_array_unref(hosts);
	if (rc) {
		iomfd_access_set_ioas(access, NULL);
		iomfd_access_destroy(access);
		return rc;
	}
	q->access = access;
	return 0;
}

int iomfd_do_hw_queue_alloc(iomfd_call *call)
{
	struct iomfd_hw_queue_alloc *cmd = call->cmd;
	iomfd_hw_queue *q;
	iomfd_viommu *v;
	uint64_t last;
	int rc;

	if (cmd->flags || !cmd->type)
		return -EOPNOTSUPP;
	if (!cmd->length)
		return -EINVAL;
	if (iomfd_add_overflows(cmd->nesting_parent_iova, cmd->length - 1, &last))
		return -EOVERFLOW;
	v = get_viommu(call, cmd->viommu_id);
	if (!v)
		return -ENOENT;
	if (!v->driver->hw_queue_init || v->driver->hw_queue_type != cmd->type)
		return -EOPNOTSUPP;
	q = g_new0(iomfd_hw_queue, 1);
	rc = iomfd_object_init(call->ctx, &q->obj, IOMFD_KIND_HW_QUEUE);
	if (rc) {
		g_free(q);
		return rc;
	}
	q->type = cmd->type;
	q->index = cmd->index;
	q->base = cmd->nesting_parent_iova;
	q->length = cmd->length;
	rc = pin_queue(call, cmd, v, q);
	if (!rc) {
		q->viommu = v;
		v->obj.users++;
		rc = v->driver->hw_queue_init(q);
	}
	if (!rc) {
		cmd->out_hw_queue_id = q->obj.id;
		rc = iomfd_respond(call);
	}
	if (rc)
		iomfd_object_abort(&q->obj);
	else
		iomfd_object_publish(&q->obj);
	return rc;
}

/* ------------------------------------------------------------------------
 * Regions for mmap()
 */
int iomfd_mmap_add(iomfd_object *owner, uint64_t length, const void *init, size_t n,
		   uint64_t *offset)
{
	iomfd_context *ctx = owner->ctx;
	iomfd_mmap m = { owner, IOMFD_PAGE, length, -1 };
	int fd = memfd_create("iommufd-region", MFD_CLOEXEC);

	if (fd < 0)
		return -ENOMEM;
	m.memfd = iomfd_private_fd(fd);
	close(fd);
	if (ftruncate(m.memfd, (off_t)length) || pwrite(m.memfd, init, n, 0) != (ssize_t)n) {
		close(m.memfd);
		return -ENOMEM;
	}
	/* The lowest free offset above the first page. */
	for (guint i = 0; i < ctx->mmaps->len; i++) {
		const iomfd_mmap *other = &g_array_index(ctx->mmaps, iomfd_mmap, i);

		if (m.offset < other->offset + other->length &&
		    other->offset < m.offset + m.length) {
			m.offset = other->offset + other->length;
			i = (guint)-1;
		}
	}
	g_array_append_val(ctx->mmaps, m);
	*offset = m.offset;
	return 0;
}

void iomfd_mmap_remove(iomfd_object *owner)
{
	GArray *mmaps = owner->ctx->mmaps;

	for (guint i = mmaps->len; i-- > 0;) {
		if (g_array_index(mmaps, iomfd_mmap, i).owner != owner)
			continue;
		close(g_array_index(mmaps, iomfd_mmap, i).memfd);
		g_array_remove_index_fast(mmaps, i);
	}
}
