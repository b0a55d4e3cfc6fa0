/* SPDX-License-Identifier: MIT */
/* IOMMU_TEST_CMD: the ioctl of the kernel's selftest driver. */
#include "iommufd/engine/mock.h"

#include <string.h>

typedef struct selftest_object {
	iomfd_object obj;
	iomfd_device *device;
	iomfd_mock_dev *dev;
} selftest_object;

/* ------------------------------------------------------------------------
 * Mock devices
 */
void iomfd_selftest_free(iomfd_object *obj)
{
	selftest_object *s = (selftest_object *)obj;

	if (s->device) {
		iomfd_device_detach_all(s->device);
		iomfd_device_unbind(s->device);
	}
	if (s->dev)
		iomfd_dev_free(&s->dev->base);
	g_free(s);
}

static int mock_domain(iomfd_call *call, struct iomfd_test_cmd *cmd)
{
	uint32_t flags = cmd->op == IOMFD_TEST_MOCK_DOMAIN_FLAGS ? cmd->mock_domain.dev_flags : 0;
	selftest_object *s = g_new0(selftest_object, 1);
	uint32_t pt_id = cmd->id;
	int rc;

	rc = iomfd_object_init(call->ctx, &s->obj, IOMFD_KIND_SELFTEST);
	if (rc) {
		g_free(s);
		return rc;
	}
	if (flags & ~(uint32_t)(IOMFD_MOCK_DEVICE_NO_DIRTY | IOMFD_MOCK_DEVICE_PASID))
		rc = -EINVAL;
	if (!rc) {
		s->dev = iomfd_mock_dev_new(call->engine, flags);
		rc = iomfd_device_bind(call->ctx, &s->dev->base, &s->device);
	}
	if (!rc)
		rc = iomfd_device_attach(s->device, IOMFD_NO_PASID, &pt_id);
	if (!rc) {
		cmd->mock_domain.out_hwpt_id = pt_id;
		cmd->mock_domain.out_stdev_id = s->obj.id;
		cmd->mock_domain.out_idev_id = s->device->obj.id;
		rc = iomfd_respond(call);
	}
	if (rc)
		iomfd_object_abort(&s->obj);
	else
		iomfd_object_publish(&s->obj);
	return rc;
}

static selftest_object *get_selftest(iomfd_call *call, uint32_t id)
{
	return (selftest_object *)iomfd_object_get(call->ctx, id, IOMFD_KIND_SELFTEST);
}

static int mock_domain_replace(iomfd_call *call, struct iomfd_test_cmd *cmd)
{
	selftest_object *s = get_selftest(call, cmd->id);
	uint32_t pt_id = cmd->mock_domain_replace.pt_id;
	int rc;

	if (!s)
		return -ENOENT;
	rc = iomfd_device_replace(s->device, IOMFD_NO_PASID, &pt_id);
	if (rc)
		return rc;
	cmd->mock_domain_replace.pt_id = pt_id;
	return iomfd_respond(call);
}

static int pasid_op(iomfd_call *call, struct iomfd_test_cmd *cmd)
{
	selftest_object *s = get_selftest(call, cmd->id);
	uint32_t pasid = cmd->pasid.pasid;
	int rc;

	if (!s)
		return -ENOENT;
	if (cmd->op == IOMFD_TEST_PASID_DETACH) {
		iomfd_device_detach(s->device, pasid);
		return 0;
	}
	if (cmd->op == IOMFD_TEST_PASID_REPLACE)
		rc = iomfd_device_replace(s->device, pasid, &cmd->pasid.pt_id);
	else
		rc = iomfd_device_attach(s->device, pasid, &cmd->pasid.pt_id);
	if (rc)
		return rc;
	rc = iomfd_respond(call);
	if (rc && cmd->op == IOMFD_TEST_PASID_ATTACH)
		iomfd_device_detach(s->device, pasid);
	return rc;
}

static int pasid_check(iomfd_call *call, const struct iomfd_test_cmd *cmd)
{
	selftest_object *s = get_selftest(call, cmd->id);
	const iomfd_attach *a;
	iomfd_object *h;

	if (!s)
		return -ENOENT;
	a = iomfd_attach_find(s->device->group, cmd->pasid.pasid);
	if (!cmd->pasid.pt_id)
		return a ? -EINVAL : 0;
	h = iomfd_object_get(call->ctx, cmd->pasid.pt_id, IOMFD_KIND_ANY);
	if (!h)
		return -ENOENT;
	if (h->kind != IOMFD_KIND_HWPT_PAGING && h->kind != IOMFD_KIND_HWPT_NESTED)
		return -EINVAL;
	return a && &a->hwpt->obj == h ? 0 : -EINVAL;
}

static iomfd_device *get_device(iomfd_call *call, uint32_t id)
{
	return (iomfd_device *)iomfd_object_get(call->ctx, id, IOMFD_KIND_DEVICE);
}

static int trigger_iopf(iomfd_call *call, const struct iomfd_test_cmd *cmd)
{
	iomfd_device *d = get_device(call, cmd->trigger_iopf.dev_id);
	const struct iomfd_hwpt_pgfault fault = {
		.flags = IOMFD_PGFAULT_LAST_PAGE |
			 (cmd->trigger_iopf.pasid ? IOMFD_PGFAULT_PASID_VALID : 0),
		.pasid = cmd->trigger_iopf.pasid,
		.grpid = cmd->trigger_iopf.grpid,
		.perm = cmd->trigger_iopf.perm,
		.addr = cmd->trigger_iopf.addr,
	};

	if (!d)
		return -ENOENT;
	if (d->dev->driver != &iomfd_mock_driver)
		return -EINVAL;
	iomfd_report_fault(d->dev, &fault);
	return 0;
}

static int trigger_vevent(iomfd_call *call, const struct iomfd_test_cmd *cmd)
{
	iomfd_device *d = get_device(call, cmd->trigger_vevent.dev_id);
	struct iomfd_viommu_event_selftest event;
	iomfd_mock_dev *m;

	if (!d || d->dev->driver != &iomfd_mock_driver)
		return -ENOENT;
	m = (iomfd_mock_dev *)d->dev;
	if (!m->viommu || !m->vdev_id)
		return -ENOENT;
	event.virt_id = (uint32_t)m->vdev_id;
	return iomfd_report_event(m->viommu, IOMFD_VEVENTQ_TYPE_SELFTEST, &event, sizeof(event));
}

static int check_cache(iomfd_call *call, const struct iomfd_test_cmd *cmd)
{
	iomfd_device *d = get_device(call, cmd->id);
	iomfd_mock_dev *m;

	if (!d || d->dev->driver != &iomfd_mock_driver)
		return -ENOENT;
	m = (iomfd_mock_dev *)d->dev;
	return cmd->check_dev_cache.id < IOMFD_MOCK_DEV_CACHES &&
			       m->cache[cmd->check_dev_cache.id] == cmd->check_dev_cache.cache
		       ? 0
		       : -EINVAL;
}

static int check_iotlb(iomfd_call *call, const struct iomfd_test_cmd *cmd)
{
	iomfd_hwpt *h = (iomfd_hwpt *)iomfd_object_get(call->ctx, cmd->id, IOMFD_KIND_HWPT_NESTED);
	const iomfd_mock_domain *d;

	if (!h)
		return -ENOENT;
	if (h->domain->driver != &iomfd_mock_driver)
		return -EINVAL;
	d = (const iomfd_mock_domain *)h->domain;
	return cmd->check_iotlb.id < IOMFD_MOCK_IOTLBS &&
			       d->iotlb[cmd->check_iotlb.id] == cmd->check_iotlb.iotlb
		       ? 0
		       : -EINVAL;
}

/* ------------------------------------------------------------------------
 * Looking at memory
 */
static int get_mock_paging(iomfd_call *call, uint32_t id, iomfd_mock_domain **out)
{
	iomfd_hwpt *h = (iomfd_hwpt *)iomfd_object_get(call->ctx, id, IOMFD_KIND_HWPT_PAGING);

	if (!h)
		return -ENOENT;
	if (h->domain->driver != &iomfd_mock_driver)
		return -EINVAL;
	*out = (iomfd_mock_domain *)h->domain;
	return 0;
}

bool iomfd_mock_same_page(uint64_t a, uint64_t b)
{
	iomfd_phys x, y;

	if (a == b)
		return true;
	if ((a ^ b) % IOMFD_PAGE || iomfd_phys_of(a, false, &x) || iomfd_phys_of(b, false, &y))
		return false;
	return x.device == y.device && x.inode == y.inode && x.offset == y.offset;
}

static int check_map(iomfd_call *call, const struct iomfd_test_cmd *cmd)
{
	uint64_t iova = cmd->check_map.iova, uptr = cmd->check_map.uptr, end, size;
	iomfd_mock_domain *d;
	int rc = get_mock_paging(call, cmd->id, &d);

	if (rc)
		return rc;
	size = d->base.pgsizes & -d->base.pgsizes;
	if (iova % size || cmd->check_map.length % size || uptr % size ||
	    iomfd_add_overflows(uptr, cmd->check_map.length, &end))
		return -EINVAL;
	for (uint64_t done = 0; done < cmd->check_map.length; done += size) {
		iomfd_area *a = iomfd_area_first(d->base.hwpt->ioas, iova + done, iova + done);

		rc = iomfd_populate(uptr + done, 1, false);
		if (rc)
			return rc;
		if (!a || a->pages->revoked ||
		    !iomfd_mock_same_page(iomfd_pages_host(a->pages,
							   iomfd_area_byte(a, iova + done)),
					  uptr + done))
			return -EINVAL;
	}
	return 0;
}

static int check_refs(iomfd_call *call, const struct iomfd_test_cmd *cmd)
{
	uint64_t uptr = cmd->check_refs.uptr, length = cmd->check_refs.length, end;
	iomfd_phys phys;

	if (length % IOMFD_PAGE || uptr % IOMFD_PAGE || iomfd_add_overflows(uptr, length, &end))
		return -EINVAL;
	for (; uptr < end; uptr += IOMFD_PAGE) {
		if (iomfd_phys_of(uptr, false, &phys))
			return -EFAULT;
		if (!phys.huge &&
		    iomfd_pages_count_pins(call->engine, uptr) != cmd->check_refs.refs)
			return -EIO;
	}
	return 0;
}

static int test_dirty(iomfd_call *call, struct iomfd_test_cmd *cmd)
{
	uint64_t size = cmd->dirty.page_size, length = cmd->dirty.length, count = 0, bits;
	uint64_t iova = cmd->dirty.iova;
	iomfd_mock_domain *d;
	uint8_t *bitmap;
	int rc;

	if (!size || !length || iova % size || length % size || !cmd->dirty.uptr)
		return -EINVAL;
	bits = length / size;
	if (bits > (uint64_t)IOMFD_MOCK_BIG * 8)
		return -EOVERFLOW;
	rc = get_mock_paging(call, cmd->id, &d);
	if (rc)
		return rc;
	if (!d->tracking)
		return -EINVAL;
	bitmap = g_malloc0((bits + 7) / 8);
	rc = iomfd_copy_in(bitmap, cmd->dirty.uptr, (bits + 7) / 8);
	for (uint64_t i = 0; !rc && i < bits; i++) {
		if (!(bitmap[i / 8] & (1u << (i % 8))))
			continue;
		iomfd_mock_set_dirty(d, iova + i * size);
		count++;
	}
	g_free(bitmap);
	if (rc)
		return rc;
	cmd->dirty.out_nr_dirty = count;
	return iomfd_respond(call);
}

static int add_reserved(iomfd_call *call, const struct iomfd_test_cmd *cmd)
{
	uint64_t last;
	iomfd_object *ioas;

	if (!cmd->add_reserved.length)
		return -EINVAL;
	if (iomfd_add_overflows(cmd->add_reserved.start, cmd->add_reserved.length - 1, &last))
		return -EOVERFLOW;
	ioas = iomfd_object_get(call->ctx, cmd->id, IOMFD_KIND_IOAS);
	if (!ioas)
		return -ENOENT;
	return iomfd_ioas_reserve((iomfd_ioas *)ioas, cmd->add_reserved.start, last, NULL);
}

int iomfd_do_test(iomfd_call *call)
{
	struct iomfd_test_cmd *cmd = call->cmd;

	if (!call->engine->mock)
		return -ENOTTY;
	switch (cmd->op) {
	case IOMFD_TEST_ADD_RESERVED:
		return add_reserved(call, cmd);
	case IOMFD_TEST_MOCK_DOMAIN:
	case IOMFD_TEST_MOCK_DOMAIN_FLAGS:
		return mock_domain(call, cmd);
	case IOMFD_TEST_MOCK_DOMAIN_REPLACE:
		return mock_domain_replace(call, cmd);
	case IOMFD_TEST_MD_CHECK_MAP:
		return check_map(call, cmd);
	case IOMFD_TEST_MD_CHECK_REFS:
		return check_refs(call, cmd);
	case IOMFD_TEST_MD_CHECK_IOTLB:
		return check_iotlb(call, cmd);
	case IOMFD_TEST_DEV_CHECK_CACHE:
		return check_cache(call, cmd);
	case IOMFD_TEST_CREATE_ACCESS:
		return iomfd_mock_create_access(call, cmd);
	case IOMFD_TEST_ACCESS_REPLACE_IOAS:
		return iomfd_mock_access_replace(call, cmd);
	case IOMFD_TEST_ACCESS_PAGES:
		return iomfd_mock_access_pages(call, cmd);
	case IOMFD_TEST_ACCESS_RW:
		return iomfd_mock_access_rw(call, cmd);
	case IOMFD_TEST_DESTROY_ACCESS_PAGES:
		return iomfd_mock_destroy_access_pages(call, cmd);
	case IOMFD_TEST_SET_TEMP_MEMORY_LIMIT:
		return cmd->memory_limit.limit < 12 ? -EINVAL : 0;
	case IOMFD_TEST_DIRTY:
		return test_dirty(call, cmd);
	case IOMFD_TEST_TRIGGER_IOPF:
		return trigger_iopf(call, cmd);
	case IOMFD_TEST_TRIGGER_VEVENT:
		return trigger_vevent(call, cmd);
	case IOMFD_TEST_PASID_ATTACH:
	case IOMFD_TEST_PASID_REPLACE:
	case IOMFD_TEST_PASID_DETACH:
		return pasid_op(call, cmd);
	case IOMFD_TEST_PASID_CHECK_HWPT:
		return pasid_check(call, cmd);
	case IOMFD_TEST_DMABUF_GET:
		return iomfd_mock_dmabuf_get(call, cmd);
	case IOMFD_TEST_DMABUF_REVOKE:
		return iomfd_mock_dmabuf_revoke(call, cmd);
	default:
		return -EOPNOTSUPP;
	}
}
