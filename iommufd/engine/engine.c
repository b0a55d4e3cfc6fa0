/* SPDX-License-Identifier: MIT */
/*
 * The engine: its descriptors and what they refer to. Each descriptor is a real
 * one, so that its number, poll() and duplication behave: an eventfd for a fault
 * queue, the read end of a pipe for an event queue, /dev/null for what is only
 * ioctl'ed.
 */
#include "iommufd/engine/hw.h"
#include "iommufd/engine/vfio.h"

#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PRIVATE_FDS 512 /* our own descriptors start here */

int iomfd_private_fd(int fd)
{
	int mine = fcntl(fd, F_DUPFD_CLOEXEC, PRIVATE_FDS);

	return mine >= 0 ? mine : fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

int iomfd_step(struct iomfd_engine *e)
{
	return e->fail_step && --e->fail_step == 0 ? -ENOMEM : 0;
}

iomfd_file *iomfd_file_new(struct iomfd_engine *e, enum iomfd_file_kind kind, void *data)
{
	iomfd_file *f = g_new0(iomfd_file, 1);

	f->kind = kind;
	f->refs = 1;
	f->engine = e;
	f->data = data;
	f->signal = -1;
	g_ptr_array_add(e->files, f);
	return f;
}

void iomfd_file_ref(iomfd_file *f)
{
	f->refs++;
}

static void release(iomfd_file *f)
{
	iomfd_fault *fault = f->data;
	iomfd_veventq *q = f->data;
	iomfd_file *ctx_file = NULL;

	switch (f->kind) {
	case IOMFD_FILE_CONTEXT:
		iomfd_context_free(f->data);
		break;
	case IOMFD_FILE_FAULT:
		fault->file = NULL;
		fault->obj.users--;
		ctx_file = fault->obj.ctx->file;
		break;
	case IOMFD_FILE_VEVENTQ:
		q->file = NULL;
		q->obj.users--;
		ctx_file = q->obj.ctx->file;
		break;
	case IOMFD_FILE_ACCESS:
		iomfd_test_access_close(f->data);
		break;
	case IOMFD_FILE_DMABUF:
		iomfd_dmabuf_unref(f->data);
		break;
	case IOMFD_FILE_VFIO_DEVICE:
		iomfd_vfio_close(f->data);
		break;
	case IOMFD_FILE_VFIO_GROUP:
		iomfd_group_close(f->data);
		break;
	}
	if (ctx_file)
		iomfd_file_unref(ctx_file);
}

void iomfd_file_unref(iomfd_file *f)
{
	if (--f->refs)
		return;
	g_ptr_array_remove_fast(f->engine->files, f);
	release(f);
	if (f->signal >= 0)
		close(f->signal);
	g_free(f);
}

void iomfd_file_signal(iomfd_file *f, bool readable)
{
	uint64_t one = 1;
	char byte = 0;
	ssize_t n = 0;

	if (f->signal < 0 || f->raised == readable)
		return;
	f->raised = readable;
	if (f->kind == IOMFD_FILE_FAULT) {
		n = readable ? write(f->signal, &one, sizeof(one))
			     : read(f->signal, &one, sizeof(one));
	} else if (readable) {
		n = write(f->signal, &byte, 1);
	} else {
		/* The read end is the program's; look it up among its descriptors. */
		GHashTableIter iter;
		gpointer fd, file;

		g_hash_table_iter_init(&iter, f->engine->fds);
		while (g_hash_table_iter_next(&iter, &fd, &file)) {
			if (file != f)
				continue;
			n = read(GPOINTER_TO_INT(fd), &byte, 1);
			break;
		}
	}
	(void)n;
}

static int make_fd(iomfd_file *f, bool cloexec)
{
	int flags = cloexec ? O_CLOEXEC : 0, fd = -1, ends[2];

	switch (f->kind) {
	case IOMFD_FILE_FAULT:
		fd = eventfd(0, EFD_NONBLOCK | (cloexec ? EFD_CLOEXEC : 0));
		if (fd >= 0)
			f->signal = iomfd_private_fd(fd);
		return fd;
	case IOMFD_FILE_VEVENTQ:
		if (pipe2(ends, O_NONBLOCK | flags))
			return -1;
		f->signal = iomfd_private_fd(ends[1]);
		close(ends[1]);
		return ends[0];
	case IOMFD_FILE_DMABUF:
		fd = memfd_create("dmabuf", cloexec ? MFD_CLOEXEC : 0);
		return fd;
	default:
		return open("/dev/null", O_RDWR | flags);
	}
}

void iomfd_engine_forked(struct iomfd_engine *e)
{
	for (guint i = 0; i < e->files->len; i++) {
		iomfd_file *f = g_ptr_array_index(e->files, i);
		bool raised = f->raised;
		GHashTableIter iter;
		gpointer fd, file;
		int fresh;

		if (f->signal < 0)
			continue;
		close(f->signal);
		f->signal = -1;
		f->raised = false;
		fresh = make_fd(f, true);
		if (fresh < 0)
			continue;
		g_hash_table_iter_init(&iter, e->fds);
		while (g_hash_table_iter_next(&iter, &fd, &file)) {
			int number = GPOINTER_TO_INT(fd);
			bool cloexec = fcntl(number, F_GETFD) & FD_CLOEXEC;

			/* The system call itself, as dup3() may be the preloaded one. */
			if (file == f)
				syscall(SYS_dup3, fresh, number, cloexec ? O_CLOEXEC : 0);
		}
		close(fresh);
		iomfd_file_signal(f, raised);
	}
}

int iomfd_fd_install(struct iomfd_engine *e, iomfd_file *file, bool cloexec)
{
	int rc = iomfd_step(e), fd;

	if (rc)
		return rc;
	fd = make_fd(file, cloexec);
	if (fd < 0)
		return errno == EMFILE || errno == ENFILE ? -EMFILE : -ENOMEM;
	g_hash_table_insert(e->fds, GINT_TO_POINTER(fd), file);
	return fd;
}

int iomfd_fd_close(struct iomfd_engine *e, int fd)
{
	iomfd_file *f = iomfd_file_get(e, fd);

	if (!f)
		return -EBADF;
	g_hash_table_remove(e->fds, GINT_TO_POINTER(fd));
	close(fd);
	iomfd_file_unref(f);
	return 0;
}

iomfd_file *iomfd_file_get(struct iomfd_engine *e, int fd)
{
	return g_hash_table_lookup(e->fds, GINT_TO_POINTER(fd));
}

int iomfd_engine_dup(struct iomfd_engine *e, int fd, int fresh)
{
	iomfd_file *f = iomfd_file_get(e, fd);

	if (!f)
		return -EBADF;
	f->refs++;
	g_hash_table_insert(e->fds, GINT_TO_POINTER(fresh), f);
	return 0;
}

struct iomfd_engine *iomfd_engine_new(const iom_iommufd_engine_config *config, GError **error)
{
	const char *name = config->profile ? config->profile : "7.2";
	const iomfd_profile *profile = iomfd_profile_find(name);
	struct iomfd_engine *e;

	if (config->size != sizeof(*config)) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
			    "iommufd engine: configuration of another version");
		return NULL;
	}
	if (!profile) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
			    "iommufd engine: no profile '%s'; known are 6.6, 6.12, 6.13, 6.15, "
			    "6.17, 7.2 and 7.3",
			    name);
		return NULL;
	}
	e = g_new0(struct iomfd_engine, 1);
	g_rec_mutex_init(&e->lock);
	e->profile = profile;
	e->fds = g_hash_table_new(NULL, NULL);
	e->files = g_ptr_array_new();
	e->devices = g_ptr_array_new();
	e->hws = g_ptr_array_new();
	e->page_sets = g_ptr_array_new();
	e->mappings = g_array_new(FALSE, FALSE, sizeof(iomfd_mapping));
	e->hooks = g_array_new(FALSE, FALSE, sizeof(iomfd_hook));
	e->memlock_limit = config->memlock_limit / IOMFD_PAGE;
	e->capabilities = IOM_IOMMUFD_CAP_ALL;
	e->max_objects = INT32_MAX;
	e->strict_counts = config->strict_counts;
	e->mock = config->selftest;
	e->vfio_noiommu = config->vfio_noiommu;
	e->fragment = IOMFD_PAGE;
	e->iova_align_max = config->no_huge_pages ? IOMFD_PAGE : 2ul << 20;
	e->next_group = 1u << 20; /* of devices without a group number of their own */
	return e;
}

static void piece_gone(const iomfd_mapping *piece)
{
	if (piece->owner)
		piece->owner->users--;
	iomfd_file_unref(piece->file);
}

void iomfd_engine_free(struct iomfd_engine *e)
{
	GList *fds = g_hash_table_get_keys(e->fds);

	/* What is still mapped stays mapped, but holds nothing any more. */
	while (e->mappings->len) {
		iomfd_mapping m = g_array_index(e->mappings, iomfd_mapping, 0);

		g_array_remove_index_fast(e->mappings, 0);
		piece_gone(&m);
	}
	for (GList *l = fds; l; l = l->next)
		iomfd_fd_close(e, GPOINTER_TO_INT(l->data));
	g_list_free(fds);
	/* Contexts that keep themselves, by a mapping of their own descriptor. */
	for (guint i = 0; i < e->page_sets->len;) {
		iomfd_pages *p = g_ptr_array_index(e->page_sets, i);
		iomfd_file *f = p->file;

		p->file = NULL;
		if (f)
			iomfd_file_unref(f);
		i = f ? 0 : i + 1;
	}
	for (guint i = 0; i < e->devices->len; i++)
		iomfd_dev_free(g_ptr_array_index(e->devices, i));
	g_ptr_array_unref(e->devices);
	for (guint i = 0; i < e->hws->len; i++)
		iomfd_hw_free(g_ptr_array_index(e->hws, i));
	g_ptr_array_unref(e->hws);
	g_ptr_array_unref(e->files);
	g_ptr_array_unref(e->page_sets);
	g_hash_table_unref(e->fds);
	g_array_unref(e->mappings);
	g_array_unref(e->hooks);
	g_rec_mutex_clear(&e->lock);
	g_free(e);
}

static int open_context(struct iomfd_engine *e, bool as_container)
{
	iomfd_context *ctx = iomfd_context_new(e);
	int fd;

	ctx->file = iomfd_file_new(e, IOMFD_FILE_CONTEXT, ctx);
	/* Opened under VFIO's name, it accounts as VFIO does. */
	if (as_container)
		ctx->account = IOMFD_ACCOUNT_MM;
	fd = iomfd_fd_install(e, ctx->file, true);
	if (fd < 0)
		iomfd_file_unref(ctx->file);
	return fd;
}

static iomfd_dev *find_node(struct iomfd_engine *e, const char *node)
{
	for (guint i = 0; i < e->devices->len; i++) {
		iomfd_dev *dev = g_ptr_array_index(e->devices, i);

		if (strcmp(dev->name, node) == 0 && (!dev->noiommu || e->profile->noiommu_cdev))
			return dev;
	}
	return NULL;
}

int iomfd_engine_open(struct iomfd_engine *e, const char *node)
{
	iomfd_dev *dev = find_node(e, node);
	iomfd_file *f;
	int rc;

	if (strcmp(node, "iommu") == 0)
		return open_context(e, false);
	if (strcmp(node, "vfio/vfio") == 0)
		return open_context(e, true);
	rc = dev ? iomfd_vfio_open(e, dev, &f) : iomfd_group_open(e, node, &f);
	if (rc)
		return rc;
	rc = iomfd_fd_install(e, f, true);
	if (rc < 0)
		iomfd_file_unref(f);
	return rc;
}

int iomfd_engine_ioctl(struct iomfd_engine *e, int fd, unsigned cmd, uint64_t arg)
{
	iomfd_file *f = iomfd_file_get(e, fd);
	int rc;

	if (!f)
		return -EBADF;
	iomfd_file_ref(f);
	switch (f->kind) {
	case IOMFD_FILE_CONTEXT:
		rc = iomfd_ctx_ioctl(f->data, cmd, arg);
		break;
	case IOMFD_FILE_VFIO_DEVICE:
		rc = iomfd_vfio_device_ioctl(f->data, cmd, arg);
		break;
	case IOMFD_FILE_VFIO_GROUP:
		rc = iomfd_group_ioctl(f->data, cmd, arg);
		break;
	default:
		rc = -ENOTTY;
		break;
	}
	iomfd_file_unref(f);
	return rc;
}

/* Read or write a device's file where it stands. */
static ssize_t at_position(iomfd_file *f, uint64_t buf, size_t n, bool write)
{
	ssize_t done = iomfd_vfio_rw(f->data, buf, n, f->position, write);

	if (done > 0)
		f->position += (uint64_t)done;
	return done;
}

ssize_t iomfd_engine_read(struct iomfd_engine *e, int fd, uint64_t buf, size_t n)
{
	iomfd_file *f = iomfd_file_get(e, fd);

	if (!f)
		return -EBADF;
	if (f->kind == IOMFD_FILE_FAULT)
		return iomfd_fault_read(f->data, buf, n);
	if (f->kind == IOMFD_FILE_VEVENTQ)
		return iomfd_veventq_read(f->data, buf, n);
	return f->kind == IOMFD_FILE_VFIO_DEVICE ? at_position(f, buf, n, false) : -EINVAL;
}

ssize_t iomfd_engine_write(struct iomfd_engine *e, int fd, uint64_t buf, size_t n)
{
	iomfd_file *f = iomfd_file_get(e, fd);

	if (!f)
		return -EBADF;
	if (f->kind == IOMFD_FILE_FAULT)
		return iomfd_fault_write(f->data, buf, n);
	return f->kind == IOMFD_FILE_VFIO_DEVICE ? at_position(f, buf, n, true) : -EINVAL;
}

ssize_t iomfd_engine_rw_at(struct iomfd_engine *e, int fd, uint64_t buf, size_t n, uint64_t offset,
			   bool write)
{
	iomfd_file *f = iomfd_file_get(e, fd);

	if (!f)
		return -EBADF;
	/* Queues have no places. */
	if (f->kind == IOMFD_FILE_FAULT || f->kind == IOMFD_FILE_VEVENTQ)
		return -ESPIPE;
	return f->kind == IOMFD_FILE_VFIO_DEVICE ? iomfd_vfio_rw(f->data, buf, n, offset, write)
						 : -EINVAL;
}

static iomfd_mmap *find_region(iomfd_context *ctx, uint64_t offset)
{
	for (guint i = 0; i < ctx->mmaps->len; i++) {
		iomfd_mmap *m = &g_array_index(ctx->mmaps, iomfd_mmap, i);

		if (m->offset == offset)
			return m;
	}
	return NULL;
}

static void piece_added(struct iomfd_engine *e, const iomfd_mapping *piece)
{
	g_array_append_vals(e->mappings, piece, 1);
	if (piece->owner)
		piece->owner->users++;
	iomfd_file_ref(piece->file);
}

/* What a context's objects publish: each whole, by the offset that it was told. */
static int map_object(iomfd_context *ctx, size_t length, int prot, int flags, uint64_t offset,
		      iomfd_mapping *mapping)
{
	iomfd_mmap *m;

	if (!(flags & MAP_SHARED) || (flags & MAP_PRIVATE & ~MAP_SHARED))
		return -EINVAL;
	if (prot & PROT_EXEC)
		return -EPERM;
	m = find_region(ctx, offset);
	if (!m || m->length != length)
		return -ENXIO;
	mapping->owner = m->owner;
	return m->memfd;
}

int iomfd_engine_mmap(struct iomfd_engine *e, int fd, void **addr, size_t length, int prot,
		      int flags, uint64_t offset)
{
	iomfd_file *f = iomfd_file_get(e, fd);
	iomfd_mapping mapping = { .file = f };
	uint64_t at = 0;
	int memory;
	void *got;

	if (!f)
		return -EBADF;
	if (f->kind != IOMFD_FILE_CONTEXT && f->kind != IOMFD_FILE_VFIO_DEVICE)
		return -ENODEV;
	if (!length || offset % IOMFD_PAGE)
		return -EINVAL;
	length = (length + IOMFD_PAGE - 1) & ~(IOMFD_PAGE - 1);
	memory = f->kind == IOMFD_FILE_CONTEXT
			 ? map_object(f->data, length, prot, flags, offset, &mapping)
			 : iomfd_vfio_mmap(f->data, offset, length, flags, &at);
	if (memory < 0)
		return memory;
	/* What was mapped there before is no more. */
	if (flags & MAP_FIXED)
		iomfd_engine_munmap(e, *addr, length);
	got = mmap(*addr, length, prot, flags, memory, (off_t)at);
	if (got == MAP_FAILED)
		return -errno;
	mapping.addr = (uint64_t)(uintptr_t)got;
	mapping.length = length;
	piece_added(e, &mapping);
	*addr = got;
	return 0;
}

/* Each piece of a mapping that is left holds the owner, and the open file. */
int iomfd_engine_munmap(struct iomfd_engine *e, void *addr, size_t length)
{
	uint64_t start = (uint64_t)(uintptr_t)addr, end;

	/* The system call itself: munmap() may be the preloaded one, which led here. */
	if (syscall(SYS_munmap, addr, length))
		return -errno;
	end = start + ((length + IOMFD_PAGE - 1) & ~(IOMFD_PAGE - 1));
	for (guint i = e->mappings->len; i-- > 0;) {
		iomfd_mapping m = g_array_index(e->mappings, iomfd_mapping, i);
		iomfd_mapping left = { m.addr, start - m.addr, m.owner, m.file };
		iomfd_mapping right = { end, m.addr + m.length - end, m.owner, m.file };

		if (m.addr >= end || m.addr + m.length <= start)
			continue;
		g_array_remove_index_fast(e->mappings, i);
		if (m.addr < start)
			piece_added(e, &left);
		if (m.addr + m.length > end)
			piece_added(e, &right);
		piece_gone(&m);
	}
	return 0;
}
