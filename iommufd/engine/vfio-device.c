/* SPDX-License-Identifier: MIT */
/* VFIO device files (cdev): bind to a context, attach to its page tables. */
#include "iommufd/engine/hw.h"
#include "iommufd/engine/mock.h"
#include "iommufd/engine/vfio-pci.h"
#include "iommufd/engine/vfio.h"

#include <fcntl.h>
#include <string.h>

typedef struct vfio_file {
	struct iomfd_engine *engine;
	iomfd_dev *dev;
	iomfd_context *ctx; /* bound to; holds a reference on its file */
	iomfd_device *device;
	iomfd_access *access; /* of a mediated device */
	bool attached;
	bool by_group; /* opened by way of its group file */
	GHashTable *pasids;
} vfio_file;

int iomfd_vfio_open(struct iomfd_engine *e, iomfd_dev *dev, iomfd_file **out)
{
	vfio_file *f;

	if (dev->noiommu && !(e->capabilities & IOM_IOMMUFD_CAP_SYS_RAWIO))
		return -EPERM;
	f = g_new0(vfio_file, 1);
	f->engine = e;
	f->dev = dev;
	f->pasids = g_hash_table_new(NULL, NULL);
	*out = iomfd_file_new(e, IOMFD_FILE_VFIO_DEVICE, f);
	return 0;
}

static void detach_pasid(vfio_file *f, uint32_t pasid)
{
	if (g_hash_table_remove(f->pasids, GUINT_TO_POINTER(pasid)))
		iomfd_device_detach(f->device, pasid);
}

static void detach(vfio_file *f)
{
	if (!f->attached)
		return;
	f->attached = false;
	if (f->device)
		iomfd_device_detach(f->device, IOMFD_NO_PASID);
	else if (f->access)
		iomfd_access_set_ioas(f->access, NULL);
}

static void unbind(vfio_file *f)
{
	iomfd_file *ctx_file;

	if (!f->ctx)
		return;
	ctx_file = f->ctx->file;
	detach(f);
	if (f->device) {
		iomfd_device_detach_all(f->device);
		iomfd_device_unbind(f->device);
	} else if (f->access) {
		iomfd_access_destroy(f->access);
	}
	g_hash_table_remove_all(f->pasids);
	iomfd_function_close(f->dev->function);
	f->device = NULL;
	f->access = NULL;
	f->ctx = NULL;
	if (f->by_group)
		f->dev->open_group--;
	else
		f->dev->open_cdev--;
	iomfd_file_unref(ctx_file);
}

void iomfd_vfio_close(void *data)
{
	vfio_file *f = data;

	unbind(f);
	g_hash_table_unref(f->pasids);
	g_free(f);
}

static int check_token(const iomfd_dev *dev, const struct iomfd_vfio_bind *bind)
{
	uint8_t token[16];

	if (!(bind->flags & IOMFD_VFIO_BIND_TOKEN))
		return dev->has_token ? -EACCES : 0;
	if (!dev->has_token)
		return -EINVAL;
	if (iomfd_copy_in(token, bind->token_uuid_ptr, sizeof(token)))
		return -EFAULT;
	return memcmp(token, dev->token, sizeof(token)) ? -EACCES : 0;
}

static int do_bind(vfio_file *f, const struct iomfd_vfio_bind *bind, uint32_t *id)
{
	iomfd_file *file = iomfd_file_get(f->engine, bind->iommufd);
	iomfd_context *ctx;
	int rc;

	if (!file)
		return fcntl(bind->iommufd, F_GETFD) < 0 ? -EBADF : -EBADFD;
	if (file->kind != IOMFD_FILE_CONTEXT)
		return -EBADFD;
	if (f->dev->open_cdev)
		return -EINVAL;
	ctx = file->data;
	if (f->dev->emulated) {
		rc = iomfd_access_new(ctx, false, true, NULL, NULL, &f->access);
		if (!rc)
			*id = f->access->obj.id;
	} else {
		rc = iomfd_device_bind(ctx, f->dev, &f->device);
		if (!rc)
			*id = f->device->obj.id;
	}
	if (rc)
		return rc;
	f->ctx = ctx;
	iomfd_function_open(f->dev->function);
	f->dev->open_cdev++;
	iomfd_file_ref(ctx->file);
	return 0;
}

/* Group files and device files exclude each other, a group at a time. */
static bool group_in_use(const iomfd_dev *dev)
{
	for (guint i = 0; i < dev->engine->devices->len; i++) {
		const iomfd_dev *other = g_ptr_array_index(dev->engine->devices, i);

		if (other->group == dev->group && other->open_group)
			return true;
	}
	return false;
}

int iomfd_vfio_open_by_group(struct iomfd_engine *e, iomfd_dev *dev, iomfd_context *ctx,
			     bool with_iommu, iomfd_file **out)
{
	uint32_t pt = ctx->vfio_ioas ? ctx->vfio_ioas->obj.id : 0;
	vfio_file *f;
	int rc;

	if (with_iommu && !ctx->vfio_ioas)
		return -ENODEV;
	/* A second opening shares what the first one bound. */
	if (dev->open_group)
		return -EBUSY;
	rc = iomfd_vfio_open(e, dev, out);
	if (rc)
		return rc;
	f = (*out)->data;
	if (with_iommu)
		rc = iomfd_device_bind(ctx, dev, &f->device);
	if (!rc) {
		f->by_group = true;
		f->ctx = ctx;
		iomfd_function_open(dev->function);
		dev->open_group++;
		iomfd_file_ref(ctx->file);
		if (with_iommu)
			rc = iomfd_device_attach(f->device, IOMFD_NO_PASID, &pt);
		f->attached = with_iommu && !rc;
	}
	if (rc)
		iomfd_file_unref(*out);
	return rc;
}

static int bind(vfio_file *f, uint64_t arg)
{
	bool token = f->engine->profile->bind_token;
	size_t full = token ? sizeof(struct iomfd_vfio_bind) : 16;
	struct iomfd_vfio_bind bind = { 0 };
	uint32_t size, id = 0;
	int rc;

	if (iomfd_copy_in(&size, arg, sizeof(size)))
		return -EFAULT;
	if (size < 16)
		return -EINVAL;
	/* Before the token, what lay beyond the structure was not looked at. */
	rc = iomfd_copy_struct_in(&bind, full, arg, token ? size : 16);
	if (rc)
		return rc;
	if (bind.iommufd < 0 || (bind.flags & ~(uint32_t)(token ? IOMFD_VFIO_BIND_TOKEN : 0)))
		return -EINVAL;
	if (f->by_group)
		return -EINVAL;
	if (group_in_use(f->dev))
		return -EBUSY;
	if (f->ctx)
		return -EINVAL;
	rc = check_token(f->dev, &bind);
	if (!rc)
		rc = do_bind(f, &bind, &id);
	if (rc)
		return rc;
	if (iomfd_copy_out(arg + offsetof(struct iomfd_vfio_bind, out_devid), &id, sizeof(id))) {
		unbind(f);
		return -EFAULT;
	}
	return 0;
}

static int attach_pt(vfio_file *f, struct iomfd_vfio_attach *cmd)
{
	uint32_t pasid = cmd->flags & IOMFD_VFIO_ATTACH_PASID ? cmd->pasid : IOMFD_NO_PASID;
	bool by_pasid = cmd->flags & IOMFD_VFIO_ATTACH_PASID, again;
	int rc;

	if (f->access) {
		rc = f->attached ? iomfd_access_replace(f->access, cmd->pt_id)
				 : iomfd_access_attach(f->access, cmd->pt_id);
		if (!rc)
			f->attached = true;
		return rc;
	}
	again = by_pasid ? g_hash_table_contains(f->pasids, GUINT_TO_POINTER(pasid)) : f->attached;
	rc = again ? iomfd_device_replace(f->device, pasid, &cmd->pt_id)
		   : iomfd_device_attach(f->device, pasid, &cmd->pt_id);
	if (rc)
		return rc;
	if (by_pasid)
		g_hash_table_add(f->pasids, GUINT_TO_POINTER(pasid));
	else
		f->attached = true;
	return 0;
}

static int attach(vfio_file *f, uint64_t arg)
{
	uint32_t known = f->engine->profile->pasid ? IOMFD_VFIO_ATTACH_PASID : 0;
	struct iomfd_vfio_attach cmd = { 0 };
	int rc;

	if (iomfd_copy_in(&cmd, arg, 12))
		return -EFAULT;
	if (cmd.argsz < 12 || (cmd.flags & ~known))
		return -EINVAL;
	if (cmd.flags & IOMFD_VFIO_ATTACH_PASID) {
		if (f->access)
			return -EOPNOTSUPP;
		if (cmd.argsz < 16)
			return -EINVAL;
		if (iomfd_copy_in(&cmd.pasid, arg + 12, 4))
			return -EFAULT;
	}
	rc = attach_pt(f, &cmd);
	if (rc)
		return rc;
	if (iomfd_copy_out(arg + offsetof(struct iomfd_vfio_attach, pt_id), &cmd.pt_id, 4)) {
		detach(f);
		return -EFAULT;
	}
	return 0;
}

static int detach_pt(vfio_file *f, uint64_t arg)
{
	uint32_t known = f->engine->profile->pasid ? IOMFD_VFIO_ATTACH_PASID : 0;
	struct iomfd_vfio_detach cmd = { 0 };

	if (iomfd_copy_in(&cmd, arg, 8))
		return -EFAULT;
	if (cmd.argsz < 8 || (cmd.flags & ~known))
		return -EINVAL;
	if (!(cmd.flags & IOMFD_VFIO_ATTACH_PASID)) {
		detach(f);
		return 0;
	}
	if (f->access)
		return -EOPNOTSUPP;
	if (cmd.argsz < 12)
		return -EINVAL;
	if (iomfd_copy_in(&cmd.pasid, arg + 8, 4))
		return -EFAULT;
	detach_pasid(f, cmd.pasid);
	return 0;
}

int iomfd_vfio_device_ioctl(void *data, unsigned cmd, uint64_t arg)
{
	vfio_file *f = data;

	if (cmd == IOMFD_VFIO_DEVICE_BIND_IOMMUFD)
		return bind(f, arg);
	/* Before it is bound, a device file does nothing else. */
	if (!f->ctx)
		return -EINVAL;
	if (!f->by_group && cmd == IOMFD_VFIO_DEVICE_ATTACH_IOMMUFD_PT)
		return attach(f, arg);
	if (!f->by_group && cmd == IOMFD_VFIO_DEVICE_DETACH_IOMMUFD_PT)
		return detach_pt(f, arg);
	return iomfd_function_ioctl(f->dev->function, cmd, arg);
}

ssize_t iomfd_vfio_rw(void *data, uint64_t buf, size_t n, uint64_t offset, bool write)
{
	vfio_file *f = data;

	return f->ctx ? iomfd_function_rw(f->dev->function, buf, n, offset, write) : -EINVAL;
}

int iomfd_vfio_mmap(void *data, uint64_t offset, uint64_t length, int flags, uint64_t *at)
{
	vfio_file *f = data;

	return f->ctx ? iomfd_function_mmap(f->dev->function, offset, length, flags, at) : -EINVAL;
}

/* ------------------------------------------------------------------------
 * The machine's devices
 */
static const iomfd_driver *driver_of(iom_iommufd_backend backend)
{
	switch (backend) {
	case IOM_IOMMUFD_NOIOMMU:
		return &iomfd_noiommu_driver;
	case IOM_IOMMUFD_EMULATED:
		return &iomfd_emulated_driver;
	case IOM_IOMMUFD_SMMUV3:
		return &iomfd_smmu_driver;
	case IOM_IOMMUFD_VTD:
		return &iomfd_vtd_driver;
	default:
		return &iomfd_mock_driver;
	}
}

static iomfd_dev *make_dev(struct iomfd_engine *e, const iom_iommufd_device *c)
{
	const iomfd_driver *driver = driver_of(c->backend);
	uint32_t flags = (c->no_dirty ? IOMFD_MOCK_DEVICE_NO_DIRTY : 0) |
			 (c->pasid_bits ? IOMFD_MOCK_DEVICE_PASID : 0);
	iomfd_hw *hw = iomfd_hw_find(e, c->instance, driver);
	iomfd_dev *dev;

	if (c->backend == IOM_IOMMUFD_MOCK)
		return &iomfd_mock_dev_new(e, flags)->base;
	if (hw)
		return iomfd_hw_dev_new(hw, c);
	dev = g_new0(iomfd_dev, 1);
	iomfd_dev_init(dev, e, driver);
	dev->noiommu = c->backend == IOM_IOMMUFD_NOIOMMU;
	dev->emulated = c->backend == IOM_IOMMUFD_EMULATED;
	return dev;
}

static const char *what_is_wrong(struct iomfd_engine *e, const iom_iommufd_device *c)
{
	bool on_model = c->backend == IOM_IOMMUFD_SMMUV3 || c->backend == IOM_IOMMUFD_VTD;

	if (c->size != sizeof(*c) || (unsigned)c->backend > IOM_IOMMUFD_VTD)
		return "a back end of this version is wanted";
	if (c->pasid_bits > 20)
		return "a PASID has at most 20 bits";
	if (on_model && !iomfd_hw_find(e, c->instance, driver_of(c->backend)))
		return "the model that it is to sit behind was not added";
	if (on_model && c->requester > 0xffff)
		return "a requester of at most 16 bits is wanted";
	return NULL;
}

gboolean iomfd_engine_add(struct iomfd_engine *e, const iom_iommufd_device *c, GError **error)
{
	g_autofree char *name =
		g_strdup_printf("vfio/devices/%svfio%u",
				c->backend == IOM_IOMMUFD_NOIOMMU ? "noiommu-" : "", c->number);
	const char *wrong = what_is_wrong(e, c);
	unsigned pasid_bits;
	iomfd_dev *dev;
	iomfd_hw *hw;

	if (wrong) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG, "%s: %s", name, wrong);
		return FALSE;
	}
	/* Without the device file there is still the group's, if VFIO has noiommu. */
	if (c->backend == IOM_IOMMUFD_NOIOMMU && !e->profile->noiommu_cdev && !e->vfio_noiommu) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_UNSUPPORTED,
			    "%s: devices without IOMMU need profile 7.3, this is %s", name,
			    e->profile->name);
		return FALSE;
	}
	for (guint i = 0; i < e->devices->len; i++) {
		const iomfd_dev *other = g_ptr_array_index(e->devices, i);

		if (strcmp(other->name, name) == 0) {
			g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG, "%s: exists already", name);
			return FALSE;
		}
	}
	dev = make_dev(e, c);
	dev->name = g_steal_pointer(&name);
	dev->group = c->group;
	hw = iomfd_hw_find(e, c->instance, dev->driver);
	dev->instance = hw ? (void *)hw : GUINT_TO_POINTER(c->instance + 1);
	pasid_bits = c->pasid_bits;
	if (hw)
		pasid_bits = MIN(pasid_bits, hw->pasid_bits);
	dev->max_pasids = pasid_bits ? 1u << pasid_bits : 0;
	dev->function = iomfd_function_new(c);
	dev->ats = c->ats;
	dev->pasid_exec = c->pasid_exec;
	dev->pasid_priv = c->pasid_priv;
	dev->enforce_coherency = c->enforce_coherency;
	dev->vf_pri = c->vf_with_pri;
	dev->has_token = c->token != NULL;
	if (c->token)
		memcpy(dev->token, c->token, sizeof(dev->token));
	for (unsigned i = 0; i < c->n_reserved; i++) {
		iomfd_range r = { c->reserved[2 * i], c->reserved[2 * i + 1], NULL };

		g_array_append_val(dev->reserved, r);
	}
	g_ptr_array_add(e->devices, dev);
	return TRUE;
}
