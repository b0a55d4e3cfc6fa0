/* SPDX-License-Identifier: MIT */
/*
 * VFIO group files: the way to a device from before the device files. An iommufd
 * stands in for the container; opening a device binds it and attaches it to the
 * compatibility IOAS. A group without an IOMMU binds nothing.
 */
#include "iommufd/engine/vfio.h"

#include <fcntl.h>
#include <string.h>

typedef struct group_file {
	struct iomfd_engine *engine;
	uint32_t number;
	bool noiommu;
	iomfd_context *ctx; /* the container; holds a reference on its file */
} group_file;

static bool belongs(const iomfd_dev *dev, uint32_t number, bool noiommu)
{
	return dev->group == number && dev->noiommu == noiommu && !dev->emulated;
}

int iomfd_group_open(struct iomfd_engine *e, const char *node, iomfd_file **out)
{
	bool noiommu = g_str_has_prefix(node, "vfio/noiommu-"), found = false;
	const char *digits = node + (noiommu ? 13 : 5);
	guint64 number;
	group_file *g;

	if (!g_str_has_prefix(node, "vfio/") ||
	    !g_ascii_string_to_unsigned(digits, 10, 0, UINT32_MAX, &number, NULL))
		return -ENOENT;
	for (guint i = 0; i < e->devices->len; i++)
		found |= belongs(g_ptr_array_index(e->devices, i), (uint32_t)number, noiommu);
	if (!found || (noiommu && !e->vfio_noiommu))
		return -ENOENT;
	if (noiommu && !(e->capabilities & IOM_IOMMUFD_CAP_SYS_RAWIO))
		return -EPERM;
	/* A group file is open once. */
	for (guint i = 0; i < e->files->len; i++) {
		const iomfd_file *f = g_ptr_array_index(e->files, i);
		const group_file *other = f->data;

		if (f->kind == IOMFD_FILE_VFIO_GROUP && other->number == number &&
		    other->noiommu == noiommu)
			return -EBUSY;
	}
	g = g_new0(group_file, 1);
	g->engine = e;
	g->number = (uint32_t)number;
	g->noiommu = noiommu;
	*out = iomfd_file_new(e, IOMFD_FILE_VFIO_GROUP, g);
	return 0;
}

static void leave(group_file *g)
{
	iomfd_file *file = g->ctx ? g->ctx->file : NULL;

	g->ctx = NULL;
	if (file)
		iomfd_file_unref(file);
}

void iomfd_group_close(void *data)
{
	leave(data);
	g_free(data);
}

/* An IOAS of its own for the context, unless one is assigned. */
static int make_compat_ioas(iomfd_context *ctx)
{
	iomfd_ioas *ioas;
	int rc;

	if (ctx->noiommu_mode)
		return -EINVAL;
	if (ctx->vfio_ioas)
		return 0;
	rc = iomfd_ioas_new(ctx, &ioas);
	if (rc)
		return rc;
	iomfd_object_publish(&ioas->obj);
	ctx->vfio_ioas = ioas;
	return 0;
}

static int set_container(group_file *g, uint64_t arg)
{
	iomfd_context *ctx;
	iomfd_file *file;
	int32_t fd;
	int rc = 0;

	if (iomfd_copy_in(&fd, arg, sizeof(fd)))
		return -EFAULT;
	if (fd < 0)
		return -EINVAL;
	file = iomfd_file_get(g->engine, fd);
	if (!file && fcntl(fd, F_GETFD) < 0)
		return -EBADF;
	if (g->ctx)
		return -EINVAL;
	if (!file || file->kind != IOMFD_FILE_CONTEXT)
		return -EBADFD;
	ctx = file->data;
	if (!g->noiommu)
		rc = make_compat_ioas(ctx);
	else if (ctx->vfio_ioas)
		rc = -EINVAL;
	else
		ctx->noiommu_mode = true;
	if (rc)
		return rc;
	g->ctx = ctx;
	iomfd_file_ref(file);
	return 0;
}

static bool devices_open(const group_file *g)
{
	for (guint i = 0; i < g->engine->devices->len; i++) {
		const iomfd_dev *dev = g_ptr_array_index(g->engine->devices, i);

		if (belongs(dev, g->number, g->noiommu) && dev->open_group)
			return true;
	}
	return false;
}

/* The name is that of the device file, without its folder. */
static iomfd_dev *find_named(const group_file *g, const char *name)
{
	for (guint i = 0; i < g->engine->devices->len; i++) {
		iomfd_dev *dev = g_ptr_array_index(g->engine->devices, i);
		g_autofree char *base = g_path_get_basename(dev->name);

		if (belongs(dev, g->number, g->noiommu) && strcmp(base, name) == 0)
			return dev;
	}
	return NULL;
}

static int get_device(group_file *g, uint64_t arg)
{
	iomfd_file *f;
	iomfd_dev *dev;
	char name[64];
	size_t n = 0;
	int rc;

	do {
		if (n == sizeof(name) - 1)
			return -EINVAL;
		if (iomfd_copy_in(&name[n], arg + n, 1))
			return -EFAULT;
	} while (name[n++]);
	dev = find_named(g, name);
	if (!dev)
		return -ENODEV;
	if (dev->open_cdev)
		return -EBUSY;
	if (!g->ctx)
		return -EINVAL;
	if (g->noiommu &&
	    (!(g->engine->capabilities & IOM_IOMMUFD_CAP_SYS_RAWIO) || g->ctx->vfio_ioas))
		return -EPERM;
	rc = iomfd_vfio_open_by_group(g->engine, dev, g->ctx, !g->noiommu, &f);
	if (rc)
		return rc;
	rc = iomfd_fd_install(g->engine, f, true);
	if (rc < 0)
		iomfd_file_unref(f);
	return rc;
}

static int get_status(const group_file *g, uint64_t arg)
{
	struct iomfd_vfio_group_status status;

	if (iomfd_copy_in(&status, arg, sizeof(status)))
		return -EFAULT;
	if (status.argsz < sizeof(status))
		return -EINVAL;
	status.flags = g->ctx ? 3 : 1;
	return iomfd_copy_out(arg, &status, sizeof(status));
}

int iomfd_group_ioctl(void *data, unsigned cmd, uint64_t arg)
{
	group_file *g = data;

	switch (cmd) {
	case IOMFD_VFIO_GROUP_GET_STATUS:
		return get_status(g, arg);
	case IOMFD_VFIO_GROUP_SET_CONTAINER:
		return set_container(g, arg);
	case IOMFD_VFIO_GROUP_UNSET_CONTAINER:
		if (!g->ctx)
			return -EINVAL;
		if (devices_open(g))
			return -EBUSY;
		leave(g);
		return 0;
	case IOMFD_VFIO_GROUP_GET_DEVICE_FD:
		return get_device(g, arg);
	default:
		return -ENOTTY;
	}
}
