/* SPDX-License-Identifier: MIT */
/* IOMMU_TEST_CMD: accesses, which stand for emulated devices, and buffers. */
#include "iommufd/engine/mock.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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

int iomfd_mock_create_access(iomfd_call *call, struct iomfd_test_cmd *cmd)
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
		if (!iomfd_mock_same_page(g_array_index(hosts, uint64_t, i), page))
			return -EBADE;
	}
	return 0;
}

int iomfd_mock_access_pages(iomfd_call *call, struct iomfd_test_cmd *cmd)
{
	uint64_t iova = cmd->access_pages.iova, length = cmd->access_pages.length;
	uint32_t flags = cmd->access_pages.flags;
	access_item item;
	access_file *f;
	GArray *hosts;
	int rc;

	if (length > IOMFD_MOCK_BIG)
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

int iomfd_mock_destroy_access_pages(iomfd_call *call, const struct iomfd_test_cmd *cmd)
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

int iomfd_mock_access_rw(iomfd_call *call, const struct iomfd_test_cmd *cmd)
{
	const uint32_t known =
		IOMFD_MOCK_ACCESS_WRITE | IOMFD_MOCK_ACCESS_SLOW_PATH | IOMFD_MOCK_ACCESS_SYZ;
	uint64_t iova = cmd->access_rw.iova, length = cmd->access_rw.length;
	bool write = cmd->access_rw.flags & IOMFD_MOCK_ACCESS_WRITE;
	access_file *f;
	void *data;
	int rc = 0;

	if (length > IOMFD_MOCK_BIG)
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

int iomfd_mock_access_replace(iomfd_call *call, const struct iomfd_test_cmd *cmd)
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

int iomfd_mock_dmabuf_get(iomfd_call *call, const struct iomfd_test_cmd *cmd)
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

int iomfd_mock_dmabuf_revoke(iomfd_call *call, const struct iomfd_test_cmd *cmd)
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
