/* SPDX-License-Identifier: MIT */
/* The two transports behind <iommulate/iommufd.h>: the kernel, and the engine. */
#include "iommufd/engine/hw.h"
#include "iommufd/engine/vfio-pci.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

struct iom_iommufd {
	char *dev; /* the kernel's: where device nodes are */
	struct iomfd_engine *engine; /* NULL: the kernel */
};

#define LOCKED(t) \
	g_autoptr(GRecMutexLocker) locker = \
		(t)->engine ? g_rec_mutex_locker_new(&(t)->engine->lock) : NULL; \
	(void)locker

iom_iommufd *iom_iommufd_new_kernel(const char *dev)
{
	iom_iommufd *t = g_new0(iom_iommufd, 1);

	t->dev = g_strdup(dev ? dev : "/dev");
	return t;
}

void iom_iommufd_engine_config_init(iom_iommufd_engine_config *config)
{
	memset(config, 0, sizeof(*config));
	config->size = sizeof(*config);
	config->memlock_limit = 8ull << 20;
}

iom_iommufd *iom_iommufd_new_engine(const iom_iommufd_engine_config *config, GError **error)
{
	struct iomfd_engine *e = iomfd_engine_new(config, error);
	iom_iommufd *t;

	if (!e)
		return NULL;
	t = g_new0(iom_iommufd, 1);
	t->engine = e;
	return t;
}

void iom_iommufd_free(iom_iommufd *t)
{
	if (!t)
		return;
	if (t->engine)
		iomfd_engine_free(t->engine);
	g_free(t->dev);
	g_free(t);
}

bool iom_iommufd_is_engine(const iom_iommufd *t)
{
	return t->engine != NULL;
}

static int result(long rc)
{
	return rc < 0 ? -errno : (int)rc;
}

int iom_iommufd_open(iom_iommufd *t, const char *node)
{
	g_autofree char *path = NULL;
	LOCKED(t);

	if (t->engine)
		return iomfd_engine_open(t->engine, node);
	path = g_build_filename(t->dev, node, NULL);
	return result(open(path, O_RDWR | O_CLOEXEC));
}

int iom_iommufd_ioctl(iom_iommufd *t, int fd, unsigned long request, uintptr_t arg)
{
	LOCKED(t);

	if (t->engine)
		return iomfd_engine_ioctl(t->engine, fd, (unsigned)request, arg);
	return result(ioctl(fd, request, arg));
}

ssize_t iom_iommufd_read(iom_iommufd *t, int fd, void *buf, size_t n)
{
	ssize_t got;
	LOCKED(t);

	if (t->engine)
		return iomfd_engine_read(t->engine, fd, (uintptr_t)buf, n);
	got = read(fd, buf, n);
	return got < 0 ? -errno : got;
}

ssize_t iom_iommufd_write(iom_iommufd *t, int fd, const void *buf, size_t n)
{
	ssize_t put;
	LOCKED(t);

	if (t->engine)
		return iomfd_engine_write(t->engine, fd, (uintptr_t)buf, n);
	put = write(fd, buf, n);
	return put < 0 ? -errno : put;
}

ssize_t iom_iommufd_pread(iom_iommufd *t, int fd, void *buf, size_t n, uint64_t offset)
{
	ssize_t got;
	LOCKED(t);

	if (t->engine)
		return iomfd_engine_rw_at(t->engine, fd, (uintptr_t)buf, n, offset, false);
	got = pread(fd, buf, n, (off_t)offset);
	return got < 0 ? -errno : got;
}

ssize_t iom_iommufd_pwrite(iom_iommufd *t, int fd, const void *buf, size_t n, uint64_t offset)
{
	ssize_t put;
	LOCKED(t);

	if (t->engine)
		return iomfd_engine_rw_at(t->engine, fd, (uintptr_t)buf, n, offset, true);
	put = pwrite(fd, buf, n, (off_t)offset);
	return put < 0 ? -errno : put;
}

void *iom_iommufd_mmap(iom_iommufd *t, int fd, void *addr, size_t length, int prot, int flags,
		       uint64_t offset, int *error)
{
	LOCKED(t);

	if (t->engine) {
		*error = iomfd_engine_mmap(t->engine, fd, &addr, length, prot, flags, offset);
		return *error ? MAP_FAILED : addr;
	}
	addr = mmap(addr, length, prot, flags, fd, (off_t)offset);
	*error = addr == MAP_FAILED ? -errno : 0;
	return addr;
}

int iom_iommufd_munmap(iom_iommufd *t, void *addr, size_t length)
{
	LOCKED(t);

	if (t->engine)
		return iomfd_engine_munmap(t->engine, addr, length);
	return result(munmap(addr, length));
}

int iom_iommufd_dup(iom_iommufd *t, int fd, int wanted)
{
	int fresh, rc;
	LOCKED(t);

	if (t->engine && !iomfd_file_get(t->engine, fd))
		return -EBADF;
	fresh = fcntl(fd, F_DUPFD_CLOEXEC, wanted);
	if (fresh < 0 || !t->engine)
		return result(fresh);
	rc = iomfd_engine_dup(t->engine, fd, fresh);
	return rc ? rc : fresh;
}

int iom_iommufd_adopt(iom_iommufd *t, int fd, int fresh)
{
	LOCKED(t);

	return t->engine ? iomfd_engine_dup(t->engine, fd, fresh) : 0;
}

bool iom_iommufd_unmapped(iom_iommufd *t, void *addr, size_t length)
{
	uint64_t start = (uintptr_t)addr;
	LOCKED(t);

	for (guint i = 0; t->engine && i < t->engine->mappings->len; i++) {
		const iomfd_mapping *m = &g_array_index(t->engine->mappings, iomfd_mapping, i);

		if (m->addr < start + length && start < m->addr + m->length)
			return iomfd_engine_munmap(t->engine, addr, length) == 0;
	}
	return false;
}

void iom_iommufd_before_fork(iom_iommufd *t)
{
	if (t->engine)
		g_rec_mutex_lock(&t->engine->lock);
}

void iom_iommufd_after_fork(iom_iommufd *t, bool child)
{
	if (!t->engine)
		return;
	if (!child) {
		g_rec_mutex_unlock(&t->engine->lock);
		return;
	}
	/* The lock's owner is a thread of the parent's. */
	g_rec_mutex_init(&t->engine->lock);
	iomfd_engine_forked(t->engine);
}

int iom_iommufd_close(iom_iommufd *t, int fd)
{
	LOCKED(t);

	return t->engine ? iomfd_fd_close(t->engine, fd) : result(close(fd));
}

bool iom_iommufd_owns(iom_iommufd *t, int fd)
{
	LOCKED(t);

	return !t->engine || iomfd_file_get(t->engine, fd);
}

gboolean iom_iommufd_add_device(iom_iommufd *t, const iom_iommufd_device *device, GError **error)
{
	LOCKED(t);

	if (!t->engine) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_UNSUPPORTED,
			    "the kernel's devices are what they are");
		return FALSE;
	}
	return iomfd_engine_add(t->engine, device, error);
}

void iom_iommufd_set_capabilities(iom_iommufd *t, unsigned capabilities)
{
	LOCKED(t);

	if (t->engine)
		t->engine->capabilities = capabilities;
}

void iom_iommufd_inject(iom_iommufd *t, unsigned nr, unsigned after, int error)
{
	const iomfd_hook hook = { nr, after, error };
	LOCKED(t);

	if (t->engine)
		g_array_append_val(t->engine->hooks, hook);
}

void iom_iommufd_fail_step(iom_iommufd *t, unsigned n)
{
	LOCKED(t);

	if (t->engine)
		t->engine->fail_step = n;
}

void iom_iommufd_lose_events(iom_iommufd *t, unsigned n)
{
	LOCKED(t);

	if (t->engine)
		t->engine->lose_events = n;
}

void iom_iommufd_set_sequence(iom_iommufd *t, uint32_t first)
{
	LOCKED(t);

	if (t->engine)
		t->engine->vevent_sequence = first;
}

void iom_iommufd_busy(iom_iommufd *t, unsigned n)
{
	LOCKED(t);

	if (t->engine)
		t->engine->busy_attaches = n;
}

void iom_iommufd_limit_objects(iom_iommufd *t, uint32_t n)
{
	LOCKED(t);

	if (t->engine)
		t->engine->max_objects = n;
}

/* The engine's device of that number, whatever its back end; NULL. */
static iomfd_dev *find_dev(iom_iommufd *t, unsigned number)
{
	g_autofree char *name = g_strdup_printf("vfio/devices/vfio%u", number);
	g_autofree char *other = g_strdup_printf("vfio/devices/noiommu-vfio%u", number);

	for (guint i = 0; t->engine && i < t->engine->devices->len; i++) {
		iomfd_dev *dev = g_ptr_array_index(t->engine->devices, i);

		if (strcmp(dev->name, name) == 0 || strcmp(dev->name, other) == 0)
			return dev;
	}
	return NULL;
}

int iom_iommufd_interrupt(iom_iommufd *t, unsigned number, unsigned index, unsigned vector)
{
	iomfd_dev *dev;
	LOCKED(t);

	dev = find_dev(t, number);
	return dev ? iomfd_function_raise(dev->function, index, vector) : -ENOENT;
}

int iom_iommufd_page_request(iom_iommufd *t, unsigned number, uint32_t pasid, uint32_t grpid,
			     uint64_t address, uint32_t access, bool last)
{
	struct iomfd_hwpt_pgfault fault = { 0 };
	iomfd_dev *dev;
	LOCKED(t);

	fault.flags = (pasid != IOM_NO_PASID ? IOMFD_PGFAULT_PASID_VALID : 0) |
		      (last ? IOMFD_PGFAULT_LAST_PAGE : 0);
	fault.pasid = pasid != IOM_NO_PASID ? pasid : 0;
	fault.grpid = grpid;
	fault.perm = (access & IOM_READ ? 1 : 0) | (access & IOM_WRITE ? 2 : 0) |
		     (access & IOM_EXECUTE ? 4 : 0);
	fault.addr = address;
	dev = find_dev(t, number);
	return dev ? iomfd_report_fault(dev, &fault) : -ENOENT;
}

/* ------------------------------------------------------------------------
 * Our models as hardware
 */
static gboolean add_hw(iom_iommufd *t, iomfd_hw *hw)
{
	if (hw)
		g_ptr_array_add(t->engine->hws, hw);
	return hw != NULL;
}

static gboolean may_add(const iom_iommufd *t, unsigned instance, GError **error)
{
	for (guint i = 0; t->engine && i < t->engine->hws->len; i++) {
		const iomfd_hw *hw = g_ptr_array_index(t->engine->hws, i);

		if (hw->instance == instance) {
			g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
				    "iommufd engine: IOMMU %u exists already", instance);
			return FALSE;
		}
	}
	if (t->engine)
		return TRUE;
	g_set_error(error, IOM_ERROR, IOM_ERROR_UNSUPPORTED,
		    "the kernel's IOMMUs are what they are");
	return FALSE;
}

gboolean iom_iommufd_add_smmu(iom_iommufd *t, unsigned instance, const iom_smmu_config *config,
			      GError **error)
{
	LOCKED(t);

	return may_add(t, instance, error) &&
	       add_hw(t, iomfd_smmu_new(t->engine, instance, config, error));
}

gboolean iom_iommufd_add_vtd(iom_iommufd *t, unsigned instance, const iom_vtd_config *config,
			     GError **error)
{
	LOCKED(t);

	return may_add(t, instance, error) &&
	       add_hw(t, iomfd_vtd_new(t->engine, instance, config, error));
}

static iomfd_hw_dev *find_hw_dev(iom_iommufd *t, unsigned number)
{
	iomfd_dev *dev = find_dev(t, number);

	return dev && (dev->driver == &iomfd_smmu_driver || dev->driver == &iomfd_vtd_driver)
		       ? (iomfd_hw_dev *)dev
		       : NULL;
}

static void translate(iomfd_hw_dev *dev, const iom_request *request, iom_result *result)
{
	iom_request mine = *request;

	mine.requester = dev->requester;
	iom_iommu_translate(dev->hw->model, &mine, result);
	if (dev->hw->driver == &iomfd_smmu_driver)
		iomfd_smmu_events(dev->hw);
}

int iom_iommufd_translate(iom_iommufd *t, unsigned number, const iom_request *request,
			  iom_result *result)
{
	iomfd_hw_dev *dev;
	LOCKED(t);

	dev = find_hw_dev(t, number);
	if (!dev)
		return -ENOENT;
	translate(dev, request, result);
	return 0;
}

int iom_iommufd_dma(iom_iommufd *t, unsigned number, uint32_t pasid, uint64_t address, void *data,
		    size_t n, bool write)
{
	iomfd_hw_dev *dev;
	LOCKED(t);

	dev = find_hw_dev(t, number);
	if (!dev)
		return -ENOENT;
	while (n > 0) {
		size_t piece = MIN(n, IOMFD_PAGE - address % IOMFD_PAGE);
		const iom_request request = {
			.address = address,
			.length = (uint32_t)piece,
			.pasid = pasid,
			.access = write ? IOM_WRITE : IOM_READ,
		};
		iom_result result;
		iom_mem_status status;

		translate(dev, &request, &result);
		if (result.status != IOM_OK)
			return -EFAULT;
		status = write ? iom_memory_write(dev->hw->mem, result.address, data, piece)
			       : iom_memory_read(dev->hw->mem, result.address, data, piece);
		if (status != IOM_MEM_OK)
			return -EFAULT;
		data = (uint8_t *)data + piece;
		address += piece;
		n -= piece;
	}
	return 0;
}
