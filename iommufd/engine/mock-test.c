/* SPDX-License-Identifier: MIT */
/* IOMMU_TEST_CMD: the ioctl of the kernel's selftest driver. */
#include "iommufd/engine/mock.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BIG (16u << 20) /* lengths beyond are refused, so that nothing is allocated for them */

typedef struct selftest_object {
	iomfd_object obj;
	iomfd_device *device;
	iomfd_mock_dev *dev;
} selftest_object;

typedef struct access_item {
	uint64_t iova, length;
	uint32_t id;
} access_item;

typedef struct access_file {
	iomfd_access *access;
	iomfd_file *file;
	GArray *items; /* access_item */
	uint32_t next_id;
} access_file;

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

static bool same_page(uint64_t a, uint64_t b)
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
		    !same_page(iomfd_pages_host(a->pages, iomfd_area_byte(a, iova + done)),
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
	if (bits > (uint64_t)BIG * 8)
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

/* ------------------------------------------------------------------------
 * Accesses
 */
static void access_unmap(void *data, uint64_t iova, uint64_t length)
{
	uint64_t last = iova + length - 1;
	access_file *f = data;

	for (guint i = f->items->len; i-- > 0;) {
		access_item item = g_array_index(f->items, access_item, i);

		if (iova > item.iova + item.length - 1 || last < item.iova)
			continue;
		g_array_remove_index(f->items, i);
		iomfd_access_unpin(f->access, item.iova, item.length);
	}
}

void iomfd_test_access_close(void *data)
{
	access_file *f = data;

	if (f->access) {
		access_unmap(f, 0, UINT64_MAX);
		iomfd_access_destroy(f->access);
	}
	g_array_unref(f->items);
	g_free(f);
}

static access_file *get_access(iomfd_call *call, uint32_t fd)
{
	iomfd_file *f = iomfd_file_get(call->engine, (int)fd);

	return f && f->kind == IOMFD_FILE_ACCESS ? f->data : NULL;
}

static int create_access(iomfd_call *call, struct iomfd_test_cmd *cmd)
{
	bool pin = cmd->create_access.flags & IOMFD_MOCK_ACCESS_NEEDS_PIN;
	iomfd_access *access;
	access_file *f;
	int rc, fd;

	if (cmd->create_access.flags & ~(uint32_t)IOMFD_MOCK_ACCESS_NEEDS_PIN)
		return -EOPNOTSUPP;
	f = g_new0(access_file, 1);
	f->items = g_array_new(FALSE, FALSE, sizeof(access_item));
	f->file = iomfd_file_new(call->engine, IOMFD_FILE_ACCESS, f);
	fd = iomfd_fd_install(call->engine, f->file, true);
	if (fd < 0) {
		iomfd_file_unref(f->file);
		return -ENOMEM;
	}
	rc = iomfd_access_new(call->ctx, false, pin, access_unmap, f, &access);
	if (rc) {
		iomfd_fd_close(call->engine, fd);
		return rc;
	}
	f->access = access;
	rc = iomfd_access_attach(access, cmd->id);
	if (!rc) {
		cmd->create_access.out_access_fd = (uint32_t)fd;
		rc = iomfd_respond(call);
	}
	if (rc)
		iomfd_fd_close(call->engine, fd);
	return rc;
}

/* An address given as "the n-th area plus an offset". */
static uint64_t convert_nth(const access_file *f, uint64_t packed)
{
	uint32_t nth = (uint32_t)packed;
	iomfd_area *a;

	if (!f->access->ioas)
		return 0;
	for (a = iomfd_area_first(f->access->ioas, 0, UINT64_MAX); a && nth--;)
		a = iomfd_area_next(f->access->ioas, a, UINT64_MAX);
	return a ? a->start + (packed >> 32) : 0;
}

static int check_pages(uint64_t uptr, const GArray *hosts)
{
	int rc;

	for (guint i = 0; i < hosts->len; i++) {
		uint64_t page = (uptr + i * IOMFD_PAGE) & ~(IOMFD_PAGE - 1);

		rc = iomfd_populate(uptr + i * IOMFD_PAGE, 1, false);
		if (rc)
			return rc;
		if (!same_page(g_array_index(hosts, uint64_t, i), page))
			return -EBADE;
	}
	return 0;
}

static int access_pages(iomfd_call *call, struct iomfd_test_cmd *cmd)
{
	uint64_t iova = cmd->access_pages.iova, length = cmd->access_pages.length;
	uint32_t flags = cmd->access_pages.flags;
	access_item item;
	access_file *f;
	GArray *hosts;
	int rc;

	if (length > BIG)
		return -ENOMEM;
	if (flags & ~(uint32_t)(IOMFD_MOCK_ACCESS_WRITE | IOMFD_MOCK_ACCESS_SYZ))
		return -EOPNOTSUPP;
	f = get_access(call, cmd->id);
	if (!f)
		return -EBADFD;
	if (!f->access->pin)
		return -EOPNOTSUPP;
	if (flags & IOMFD_MOCK_ACCESS_SYZ)
		iova = convert_nth(f, iova);
	hosts = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	rc = iomfd_access_pin(f->access, iova, length, flags & IOMFD_MOCK_ACCESS_WRITE, hosts);
	if (rc) {
		g_array_unref(hosts);
		return rc;
	}
	if (cmd->access_pages.uptr)
		rc = check_pages(cmd->access_pages.uptr - iova % IOMFD_PAGE, hosts);
	g_array_unref(hosts);
	if (!rc) {
		item = (access_item){ iova, length, f->next_id++ };
		cmd->access_pages.out_access_pages_id = item.id;
		rc = iomfd_respond(call);
	}
	if (rc)
		iomfd_access_unpin(f->access, iova, length);
	else
		g_array_append_val(f->items, item);
	return rc;
}

static int destroy_access_pages(iomfd_call *call, const struct iomfd_test_cmd *cmd)
{
	access_file *f = get_access(call, cmd->id);

	if (!f)
		return -EBADFD;
	for (guint i = 0; i < f->items->len; i++) {
		access_item item = g_array_index(f->items, access_item, i);

		if (item.id != cmd->destroy_access_pages.access_pages_id)
			continue;
		g_array_remove_index(f->items, i);
		iomfd_access_unpin(f->access, item.iova, item.length);
		return 0;
	}
	return -ENOENT;
}

static int access_rw(iomfd_call *call, const struct iomfd_test_cmd *cmd)
{
	const uint32_t known =
		IOMFD_MOCK_ACCESS_WRITE | IOMFD_MOCK_ACCESS_SLOW_PATH | IOMFD_MOCK_ACCESS_SYZ;
	uint64_t iova = cmd->access_rw.iova, length = cmd->access_rw.length;
	bool write = cmd->access_rw.flags & IOMFD_MOCK_ACCESS_WRITE;
	access_file *f;
	void *data;
	int rc = 0;

	if (length > BIG)
		return -ENOMEM;
	if (cmd->access_rw.flags & ~known)
		return -EOPNOTSUPP;
	f = get_access(call, cmd->id);
	if (!f)
		return -EBADFD;
	data = g_malloc0(MAX(length, 1));
	if (write)
		rc = iomfd_copy_in(data, cmd->access_rw.uptr, length);
	if (cmd->access_rw.flags & IOMFD_MOCK_ACCESS_SYZ)
		iova = convert_nth(f, iova);
	if (!rc)
		rc = iomfd_access_rw(f->access, iova, data, length, write,
				     cmd->access_rw.flags & IOMFD_MOCK_ACCESS_SLOW_PATH);
	if (!rc && !write)
		rc = iomfd_copy_out(cmd->access_rw.uptr, data, length);
	g_free(data);
	return rc;
}

static int access_replace(iomfd_call *call, const struct iomfd_test_cmd *cmd)
{
	access_file *f = get_access(call, cmd->id);

	return f ? iomfd_access_replace(f->access, cmd->access_replace_ioas.ioas_id) : -EBADFD;
}

/* ------------------------------------------------------------------------
 * Buffers
 */
void iomfd_dmabuf_unref(iomfd_dmabuf *buf)
{
	if (--buf->refs)
		return;
	munmap(buf->memory, buf->length);
	g_free(buf);
}

static int dmabuf_get(iomfd_call *call, const struct iomfd_test_cmd *cmd)
{
	uint64_t length = ((uint64_t)cmd->dmabuf_get.length + IOMFD_PAGE - 1) & ~(IOMFD_PAGE - 1);
	bool cloexec = cmd->dmabuf_get.open_flags & 02000000;
	iomfd_dmabuf *buf;
	iomfd_file *f;
	int fd;

	if (length == 0 || length > IOMFD_PAGE * 512)
		return -EINVAL;
	buf = g_new0(iomfd_dmabuf, 1);
	buf->refs = 1;
	buf->length = length;
	buf->memory =
		mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (buf->memory == MAP_FAILED) {
		g_free(buf);
		return -ENOMEM;
	}
	f = iomfd_file_new(call->engine, IOMFD_FILE_DMABUF, buf);
	fd = iomfd_fd_install(call->engine, f, cloexec);
	if (fd < 0)
		iomfd_file_unref(f);
	return fd;
}

/*
 * Take the buffer out of the domains. What was mapped before stays out; only
 * new mappings can be made once the buffer is no longer revoked.
 */
static void take_back(iomfd_context *ctx, const iomfd_dmabuf *buf)
{
	for (guint i = 1; i < ctx->slots->len; i++) {
		iomfd_ioas *ioas = (iomfd_ioas *)iomfd_object_get(ctx, i, IOMFD_KIND_IOAS);
		iomfd_area *a = ioas ? iomfd_area_first(ioas, 0, UINT64_MAX) : NULL;

		for (; a; a = iomfd_area_next(ioas, a, UINT64_MAX)) {
			for (guint d = 0; a->pages->dmabuf == buf && d < ioas->domains->len; d++)
				iomfd_area_unfill_domain(a, g_ptr_array_index(ioas->domains, d));
			if (a->pages->dmabuf == buf)
				a->pages->revoked = true;
		}
	}
}

static int dmabuf_revoke(iomfd_call *call, const struct iomfd_test_cmd *cmd)
{
	iomfd_file *f = iomfd_file_get(call->engine, cmd->dmabuf_revoke.dmabuf_fd);
	iomfd_dmabuf *buf;

	if (!f)
		return fcntl(cmd->dmabuf_revoke.dmabuf_fd, F_GETFD) >= 0 ? -EINVAL : -EBADF;
	if (f->kind != IOMFD_FILE_DMABUF)
		return -EINVAL;
	buf = f->data;
	buf->revoked = cmd->dmabuf_revoke.revoked;
	for (guint i = 0; i < call->engine->files->len; i++) {
		iomfd_file *other = g_ptr_array_index(call->engine->files, i);

		if (other->kind == IOMFD_FILE_CONTEXT)
			take_back(other->data, buf);
	}
	return 0;
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
		return create_access(call, cmd);
	case IOMFD_TEST_ACCESS_REPLACE_IOAS:
		return access_replace(call, cmd);
	case IOMFD_TEST_ACCESS_PAGES:
		return access_pages(call, cmd);
	case IOMFD_TEST_ACCESS_RW:
		return access_rw(call, cmd);
	case IOMFD_TEST_DESTROY_ACCESS_PAGES:
		return destroy_access_pages(call, cmd);
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
		return dmabuf_get(call, cmd);
	case IOMFD_TEST_DMABUF_REVOKE:
		return dmabuf_revoke(call, cmd);
	default:
		return -EOPNOTSUPP;
	}
}
