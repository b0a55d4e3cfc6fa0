/* SPDX-License-Identifier: MIT */
/*
 * iommulate's boundary to Linux iommufd: one interface of ioctl-shaped calls,
 * behind which stands either the kernel (/dev/iommu and VFIO device files) or a
 * software engine that behaves as the kernel does.
 *
 * The structures and request numbers are those of <linux/iommufd.h> and
 * <linux/vfio.h>. Descriptors of both transports are real ones: poll() works on
 * them. On the engine's, ioctl(), read() and the like only work through the
 * calls below (or in a program started with `iommulate iommufd`).
 *
 * Errors
 *   Calls that mirror a system call return what it returns, or a negative
 *   errno; nothing touches errno itself. Pointers inside of arguments may be
 *   anything: what cannot be read or written is -EFAULT.
 *
 * Threads
 *   Every call may be made from any thread. The engine runs one at a time.
 */
#ifndef IOMMULATE_IOMMUFD_H
#define IOMMULATE_IOMMUFD_H

#include <iommulate/core.h>
#include <iommulate/smmu.h>
#include <iommulate/vtd.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* ------------------------------------------------------------------------
 * Transports
 */
typedef struct iom_iommufd iom_iommufd;

/* The kernel; `dev` is where its device nodes are, NULL for "/dev". Owned by the caller. */
IOM_API iom_iommufd *iom_iommufd_new_kernel(const char *dev);

typedef struct iom_iommufd_engine_config {
	size_t size; /* sizeof, set by iom_iommufd_engine_config_init() */
	/*
	 * Which kernel to be: "6.6", "6.12", "6.13", "6.15", "6.17", "7.2" or "7.3",
	 * the newest. NULL is "7.2". Calls, flags and members that a version did not
	 * have are absent.
	 */
	const char *profile;
	bool selftest; /* answer IOMMU_TEST_CMD: the kernel's mock driver */
	bool vfio_noiommu; /* as a kernel with VFIO noiommu */
	bool no_huge_pages; /* as a kernel without transparent huge pages: addresses that it
			     * chooses are aligned to a page at most */
	bool strict_counts; /* invalidations count only what was really done */
	uint64_t memlock_limit; /* bytes that may be pinned without CAP_IPC_LOCK */
} iom_iommufd_engine_config;

IOM_API void iom_iommufd_engine_config_init(iom_iommufd_engine_config *config);
/* An engine of its own, or NULL and IOM_ERROR_CONFIG. Owned by the caller. */
IOM_API iom_iommufd *iom_iommufd_new_engine(const iom_iommufd_engine_config *config,
					    GError **error);
/*
 * Drop the transport. Its descriptors must be closed before; those of the
 * engine that are still open are closed here.
 */
IOM_API void iom_iommufd_free(iom_iommufd *t);
IOM_API bool iom_iommufd_is_engine(const iom_iommufd *t);

/*
 * Open a node by its name below /dev: "iommu", "vfio/vfio",
 * "vfio/devices/vfio0", "vfio/7". Returns a descriptor, -ENOENT without such a
 * node.
 */
IOM_API int iom_iommufd_open(iom_iommufd *t, const char *node);
IOM_API int iom_iommufd_ioctl(iom_iommufd *t, int fd, unsigned long request, uintptr_t arg);
IOM_API ssize_t iom_iommufd_read(iom_iommufd *t, int fd, void *buf, size_t n);
IOM_API ssize_t iom_iommufd_write(iom_iommufd *t, int fd, const void *buf, size_t n);
/*
 * The same at an offset, as pread() and pwrite(): a device's regions, at the offsets that
 * VFIO_DEVICE_GET_REGION_INFO tells.
 */
IOM_API ssize_t iom_iommufd_pread(iom_iommufd *t, int fd, void *buf, size_t n, uint64_t offset);
IOM_API ssize_t iom_iommufd_pwrite(iom_iommufd *t, int fd, const void *buf, size_t n,
				   uint64_t offset);
/*
 * As mmap(), `addr` a wish, or with MAP_FIXED the place. MAP_FAILED on an error, which
 * *error receives as a negative errno.
 */
IOM_API void *iom_iommufd_mmap(iom_iommufd *t, int fd, void *addr, size_t length, int prot,
			       int flags, uint64_t offset, int *error);
IOM_API int iom_iommufd_munmap(iom_iommufd *t, void *addr, size_t length);
/* `wanted` is the least number of the new descriptor. */
IOM_API int iom_iommufd_dup(iom_iommufd *t, int fd, int wanted);
IOM_API int iom_iommufd_close(iom_iommufd *t, int fd);
/*
 * For programs whose own calls are led to the engine. `fresh` has been made of
 * `fd` with dup() and belongs to the engine from now on.
 */
IOM_API int iom_iommufd_adopt(iom_iommufd *t, int fd, int fresh);
/* If [addr, addr + length) has a mapping of the engine's, unmap it all: true. */
IOM_API bool iom_iommufd_unmapped(iom_iommufd *t, void *addr, size_t length);
/*
 * Around fork(), so that no thread is inside of the engine: the child has a copy of its
 * own, queues included. What either does to its copy the other does not see.
 */
IOM_API void iom_iommufd_before_fork(iom_iommufd *t);
IOM_API void iom_iommufd_after_fork(iom_iommufd *t, bool child);
/* Does the descriptor belong to this transport? (Of the kernel: always true.) */
IOM_API bool iom_iommufd_owns(iom_iommufd *t, int fd);

/* ------------------------------------------------------------------------
 * The engine's machine
 */
typedef enum iom_iommufd_backend {
	IOM_IOMMUFD_MOCK = 0, /* behaves as the kernel's iommufd selftest driver */
	IOM_IOMMUFD_NOIOMMU, /* a device without an IOMMU, bound all the same (7.3) */
	IOM_IOMMUFD_EMULATED, /* a mediated device: no IOMMU, an access object */
	IOM_IOMMUFD_SMMUV3, /* behind a model made with iom_iommufd_add_smmu() */
	IOM_IOMMUFD_VTD, /* behind a model made with iom_iommufd_add_vtd() */
} iom_iommufd_backend;

/* A device that VFIO offers; zero it, then set what matters. */
typedef struct iom_iommufd_device {
	size_t size; /* sizeof(iom_iommufd_device) */
	iom_iommufd_backend backend;
	unsigned number; /* the node is vfio/devices/vfioN, or noiommu-vfioN */
	unsigned group; /* devices of one number share an IOMMU group */
	unsigned instance; /* physical IOMMU that it sits behind */
	uint32_t requester; /* StreamID or source-id, behind one of the models */
	unsigned pasid_bits; /* 0: no PASID */
	bool no_dirty; /* its IOMMU tracks no dirty pages */
	bool ats, pasid_exec, pasid_priv;
	bool enforce_coherency;
	bool vf_with_pri; /* a virtual function that makes page requests */
	const uint8_t *token; /* 16-byte VF token that BIND must show, or NULL */
	const uint64_t *reserved; /* pairs of first and last reserved IOVA */
	unsigned n_reserved; /* pairs */
} iom_iommufd_device;

/*
 * One of our models as physical IOMMU number `instance`, driven as a kernel
 * would drive it. The model is the engine's; devices are added behind it.
 */
IOM_API gboolean iom_iommufd_add_smmu(iom_iommufd *t, unsigned instance,
				      const iom_smmu_config *config, GError **error);
IOM_API gboolean iom_iommufd_add_vtd(iom_iommufd *t, unsigned instance,
				     const iom_vtd_config *config, GError **error);
/*
 * An access of device `number` behind a model, with `request->requester` filled
 * in. Addresses of results are addresses of this process. -ENOENT without such
 * a device.
 */
IOM_API int iom_iommufd_translate(iom_iommufd *t, unsigned number, const iom_request *request,
				  iom_result *result);
/* Read or write as the device does: -EFAULT where a translation is refused. */
IOM_API int iom_iommufd_dma(iom_iommufd *t, unsigned number, uint32_t pasid, uint64_t address,
			    void *data, size_t n, bool write);

/* False and IOM_ERROR_CONFIG for a number that is taken or what makes no sense. */
IOM_API gboolean iom_iommufd_add_device(iom_iommufd *t, const iom_iommufd_device *device,
					GError **error);

/*
 * An interrupt of a device of the engine, as its VFIO interrupt `index` (0 INTx, 1 MSI,
 * 2 MSI-X, 3 error, 4 request) and `vector`. 1 if an eventfd was written to, 0 if it is
 * masked or nobody listens (INTx then waits); -ENOENT without such a device, -EINVAL
 * without such an interrupt.
 */
IOM_API int iom_iommufd_interrupt(iom_iommufd *t, unsigned number, unsigned index, unsigned vector);

/* What the caller may do, as capable() in the kernel would say. All at the start. */
enum {
	IOM_IOMMUFD_CAP_IPC_LOCK = 1u << 0,
	IOM_IOMMUFD_CAP_SYS_RESOURCE = 1u << 1,
	IOM_IOMMUFD_CAP_SYS_RAWIO = 1u << 2,
	IOM_IOMMUFD_CAP_ALL = 7,
};
IOM_API void iom_iommufd_set_capabilities(iom_iommufd *t, unsigned capabilities);

/* Hooks for tests; none has an effect on the kernel. */
/* Let the call of request number `nr` (0: any) after the next `after` ones fail. */
IOM_API void iom_iommufd_inject(iom_iommufd *t, unsigned nr, unsigned after, int error);
/*
 * Let the `n`-th step from now that needs memory (an object, a descriptor, pinning, filling
 * a page table, attaching) have none: its call fails with ENOMEM. 0: none.
 */
IOM_API void iom_iommufd_fail_step(iom_iommufd *t, unsigned n);
/* Drop the next `n` vIOMMU events as if the queue were full. */
IOM_API void iom_iommufd_lose_events(iom_iommufd *t, unsigned n);
/* Sequence number that vEVENTQs made from now on start with (default 0). */
IOM_API void iom_iommufd_set_sequence(iom_iommufd *t, uint32_t first);
/* The next `n` attachments answer EBUSY, as while a device is being reset. */
IOM_API void iom_iommufd_busy(iom_iommufd *t, unsigned n);
/* No more than `n` objects a context. */
IOM_API void iom_iommufd_limit_objects(iom_iommufd *t, uint32_t n);
/* A page request of a device; -ENOENT without such a device, -EINVAL if nobody listens. */
IOM_API int iom_iommufd_page_request(iom_iommufd *t, unsigned number, uint32_t pasid,
				     uint32_t grpid, uint64_t address, uint32_t access, bool last);

/* ------------------------------------------------------------------------
 * The nested API of 2020-21
 *
 * A container-like handle for programs that were written against the patches
 * from before iommufd: their ioctls are turned into today's objects. What has no
 * equivalent is refused (-EOPNOTSUPP). One thread at a time.
 */
typedef struct iom_legacy iom_legacy;

typedef struct iom_legacy_config {
	size_t size; /* sizeof(iom_legacy_config) */
	iom_iommufd *transport;
	int iommufd; /* the context */
	uint32_t parent; /* nest parent that the devices are attached to */
	uint32_t viommu; /* SMMUv3: vIOMMU on it; 0: VT-d */
	int events; /* SMMUv3: descriptor of the vEVENTQ, or -1 */
	uint32_t fault_id; /* fault queue of nested page tables, or 0 */
	int faults; /* its descriptor, or -1 */
	unsigned ring_entries; /* of each device's rings, at least 2 */
} iom_legacy_config;

IOM_API iom_legacy *iom_legacy_new(const iom_legacy_config *config, GError **error);
/* The devices go back to the nest parent; descriptors stay the caller's. */
IOM_API void iom_legacy_free(iom_legacy *legacy);
/*
 * A bound and attached VFIO device; `vsid` is its StreamID as the guest sees it
 * (its vDEVICE exists). Returns its index, or a negative errno.
 */
IOM_API int iom_legacy_add_device(iom_legacy *legacy, int fd, uint32_t dev_id, uint32_t vsid);
/*
 * SET_PASID_TABLE (118), CACHE_INVALIDATE (119), SET_MSI_BINDING (120), BIND (122)
 * and UNBIND (123), as on the container; also CHECK_EXTENSION (101) of TYPE1_NESTING.
 */
IOM_API int iom_legacy_ioctl(iom_legacy *legacy, unsigned long request, uintptr_t arg);
/* iommu_gpasid_bind_data of one device (VT-d), and the end of it. */
IOM_API int iom_legacy_bind_gpasid(iom_legacy *legacy, unsigned device, const void *data);
IOM_API int iom_legacy_unbind_gpasid(iom_legacy *legacy, unsigned device, uint32_t pasid);
/* The fault and the answer region of a device; *size of each. Owned by the handle. */
IOM_API void *iom_legacy_fault_region(iom_legacy *legacy, unsigned device, size_t *size);
IOM_API void *iom_legacy_response_region(iom_legacy *legacy, unsigned device, size_t *size);
/*
 * Move what the host reported into the rings and the guest's answers out of
 * them. Returns how many faults were put in; full rings drop them.
 */
IOM_API int iom_legacy_pump(iom_legacy *legacy);

/* ------------------------------------------------------------------------
 * What a host offers
 */
/* Write a description of the transport, and of one device node or of all, as lines. */
IOM_API gboolean iom_iommufd_describe(iom_iommufd *t, const char *device, GString *out,
				      GError **error);

G_END_DECLS
#endif
