/* SPDX-License-Identifier: MIT */
/* The engine's objects beyond the IOAS, and the drivers behind them. */
#ifndef IOM_IOMMUFD_MODEL_H
#define IOM_IOMMUFD_MODEL_H

#include "iommufd/engine/engine.h"

/* User data of a driver, passed by pointer. */
typedef struct iomfd_udata {
	uint32_t type;
	uint32_t len;
	uint64_t uptr;
} iomfd_udata;

/*
 * A driver structure: the type must be `type`, the length between min and n,
 * and unlike the ioctls' own structures never more (-EINVAL).
 */
int iomfd_udata_in(void *to, size_t n, size_t min, const iomfd_udata *data, uint32_t type);

typedef struct iomfd_uarray {
	uint32_t type, entry_len, entry_num; /* entry_num: out, entries handled */
	uint64_t uptr;
} iomfd_uarray;

/* An I/O page table of a driver. Drivers embed it. */
struct iomfd_domain {
	const iomfd_driver *driver;
	void *instance; /* the driver's physical IOMMU */
	bool nested;
	bool dirty; /* dirty tracking operations exist */
	uint64_t pgsizes; /* paging: bitmap of page sizes */
	uint64_t aperture_start, aperture_last;
	bool faults; /* page requests go to a fault queue */
	iomfd_hwpt *hwpt;
};

/*
 * What a back end does. Paging domains are filled by map() with pieces that
 * are contiguous in host memory; unmap() takes away what map() put there.
 */
struct iomfd_driver {
	const char *name;
	uint32_t viommu_type; /* 0: no vIOMMU */
	uint32_t veventq_type, hw_queue_type;
	bool user_pasid_table; /* nested domain owns every PASID */
	bool noiommu;
	int (*hw_info)(iomfd_dev *dev, uint32_t *type, void *data, uint32_t *len);
	int (*alloc_paging)(iomfd_dev *dev, uint32_t flags, const iomfd_udata *data,
			    iomfd_domain **out);
	int (*alloc_nested)(iomfd_dev *dev, iomfd_domain *parent, iomfd_viommu *viommu,
			    uint32_t flags, const iomfd_udata *data, iomfd_domain **out);
	void (*free_domain)(iomfd_domain *d);
	int (*map)(iomfd_domain *d, uint64_t iova, uint64_t host, uint64_t length, bool read,
		   bool write);
	void (*unmap)(iomfd_domain *d, uint64_t iova, uint64_t length);
	/* domain NULL: block. old: what is attached now, NULL without */
	int (*attach)(iomfd_dev *dev, uint32_t pasid, iomfd_domain *d, iomfd_domain *old);
	int (*invalidate)(iomfd_domain *d, iomfd_uarray *array); /* nested */
	int (*set_dirty)(iomfd_domain *d, bool on);
	/* call report() for dirty pieces of [iova, last]; clear them unless told not to */
	void (*read_dirty)(iomfd_domain *d, uint64_t iova, uint64_t last, bool clear,
			   void (*report)(void *opaque, uint64_t iova, uint64_t length),
			   void *opaque);
	int (*viommu_init)(iomfd_viommu *v, iomfd_dev *dev, const iomfd_udata *data);
	void (*viommu_free)(iomfd_viommu *v);
	int (*viommu_invalidate)(iomfd_viommu *v, iomfd_uarray *array);
	int (*vdevice_init)(iomfd_vdevice *vdev);
	void (*vdevice_free)(iomfd_vdevice *vdev);
	int (*hw_queue_init)(iomfd_hw_queue *q);
	void (*hw_queue_free)(iomfd_hw_queue *q);
	void (*page_response)(iomfd_dev *dev, uint32_t pasid, uint32_t grpid, uint32_t code);
	void (*free_dev)(iomfd_dev *dev);
};

/* A device as its driver sees it. Drivers embed it. */
struct iomfd_dev {
	const iomfd_driver *driver;
	struct iomfd_engine *engine;
	char *name; /* of the VFIO node; NULL for devices of IOMMU_TEST_CMD */
	void *instance; /* physical IOMMU */
	uint32_t group;
	uint32_t max_pasids; /* 0: none */
	bool enforce_coherency;
	bool dirty, ats, pasid_exec, pasid_priv, pci;
	bool vf_pri; /* a virtual function that does page requests */
	bool emulated; /* no IOMMU: bound as an access */
	bool noiommu;
	bool has_token;
	uint8_t token[16];
	GArray *reserved; /* iomfd_range */
	iomfd_context *owner; /* claimed for DMA by this context */
	GHashTable *attached; /* pasid to iomfd_domain, as the hardware has it */
	struct iomfd_function *function; /* of a device file: what else it is */
	unsigned open_group, open_cdev;
};

/* What an attachment of a device group by PASID consists of. */
typedef struct iomfd_attach {
	uint32_t pasid;
	iomfd_hwpt *hwpt;
	iomfd_device *first; /* whose driver calls made it: names fault records */
	GPtrArray *devices; /* iomfd_device */
	uint64_t serial; /* tells two attachments of one HWPT apart */
} iomfd_attach;

struct iomfd_group {
	uint32_t number;
	unsigned refs;
	iomfd_context *ctx;
	GPtrArray *attaches;
	GPtrArray *devices; /* bound, in the order of binding */
};

struct iomfd_device {
	iomfd_object obj;
	iomfd_dev *dev;
	iomfd_group *group;
	iomfd_vdevice *vdevice;
	bool destroying;
};

struct iomfd_hwpt {
	iomfd_object obj;
	iomfd_domain *domain;
	iomfd_fault *fault;
	bool pasid_compat, auto_domain, nest_parent, enforce_coherency;
	bool in_ioas; /* paging: listed in its IOAS */
	iomfd_ioas *ioas; /* paging */
	iomfd_hwpt *parent; /* nested */
	iomfd_viommu *viommu;
};

/* A page request group on its way to user space and back. */
typedef struct iomfd_pgroup {
	uint32_t cookie;
	uint64_t attach; /* serial of the attachment */
	uint32_t dev_id;
	iomfd_dev *dev;
	GArray *faults; /* struct iomfd_hwpt_pgfault */
} iomfd_pgroup;

struct iomfd_fault {
	iomfd_object obj;
	iomfd_file *file;
	GQueue deliver; /* iomfd_pgroup */
	GPtrArray *response; /* by cookie; NULL free */
};

struct iomfd_access {
	iomfd_object obj;
	iomfd_ioas *ioas, *ioas_unpin;
	uint64_t alignment;
	bool internal, pin;
	void (*unmap)(void *data, uint64_t iova, uint64_t length);
	void *data;
	bool holds_context;
};

struct iomfd_viommu {
	iomfd_object obj;
	uint32_t type;
	iomfd_hwpt *hwpt;
	const iomfd_driver *driver;
	void *instance;
	GHashTable *vdevices; /* virt_id to iomfd_vdevice */
	GPtrArray *veventqs;
	void *data; /* the driver's */
};

struct iomfd_vdevice {
	iomfd_object obj;
	iomfd_viommu *viommu;
	iomfd_device *device;
	uint64_t virt_id;
};

typedef struct iomfd_vevent {
	struct iomfd_vevent_header header;
	uint32_t len;
	uint8_t data[64];
} iomfd_vevent;

struct iomfd_veventq {
	iomfd_object obj;
	iomfd_viommu *viommu;
	iomfd_file *file;
	uint32_t type, depth, num_events, sequence;
	GQueue deliver; /* iomfd_vevent */
};

struct iomfd_hw_queue {
	iomfd_object obj;
	iomfd_viommu *viommu;
	iomfd_access *access;
	uint32_t type, index;
	uint64_t base, length;
	uint64_t host; /* where base lies in host memory */
	iomfd_hw_queue *prev;
};

/* Devices */
int iomfd_device_bind(iomfd_context *ctx, iomfd_dev *dev, iomfd_device **out);
void iomfd_device_unbind(iomfd_device *device);
int iomfd_device_attach(iomfd_device *d, uint32_t pasid, uint32_t *pt_id);
int iomfd_device_replace(iomfd_device *d, uint32_t pasid, uint32_t *pt_id);
void iomfd_device_detach(iomfd_device *d, uint32_t pasid);
void iomfd_device_detach_all(iomfd_device *d);
iomfd_attach *iomfd_attach_find(const iomfd_group *group, uint32_t pasid);
int iomfd_hwpt_attach(iomfd_hwpt *hwpt, iomfd_device *d, uint32_t pasid);
iomfd_hwpt *iomfd_hwpt_detach(iomfd_device *d, uint32_t pasid);
void iomfd_hwpt_put(iomfd_hwpt *hwpt); /* drops a user; an unused auto domain goes */
int iomfd_hwpt_paging_new(iomfd_ioas *ioas, iomfd_device *d, uint32_t pasid, uint32_t flags,
			  bool attach, const iomfd_udata *data, iomfd_hwpt **out);
void iomfd_dev_init(iomfd_dev *dev, struct iomfd_engine *e, const iomfd_driver *driver);
void iomfd_dev_free(iomfd_dev *dev);

/* Accesses */
int iomfd_access_new(iomfd_context *ctx, bool internal, bool pin,
		     void (*unmap)(void *data, uint64_t iova, uint64_t length), void *data,
		     iomfd_access **out);
int iomfd_access_attach(iomfd_access *a, uint32_t ioas_id);
int iomfd_access_replace(iomfd_access *a, uint32_t ioas_id);
int iomfd_access_set_ioas(iomfd_access *a, iomfd_ioas *ioas);
void iomfd_access_destroy(iomfd_access *a);
int iomfd_access_pin(iomfd_access *a, uint64_t iova, uint64_t length, bool write, GArray *hosts);
void iomfd_access_unpin(iomfd_access *a, uint64_t iova, uint64_t length);
int iomfd_access_rw(iomfd_access *a, uint64_t iova, void *data, uint64_t length, bool write,
		    bool slow);
void iomfd_access_notify(iomfd_ioas *ioas, uint64_t iova, uint64_t length);

/* Faults and events */
void iomfd_fault_auto_respond(iomfd_fault *f, uint64_t attach);
int iomfd_report_fault(iomfd_dev *dev, const struct iomfd_hwpt_pgfault *fault);
void iomfd_fault_free(iomfd_fault *f);
ssize_t iomfd_fault_read(iomfd_fault *f, uint64_t buf, size_t n);
ssize_t iomfd_fault_write(iomfd_fault *f, uint64_t buf, size_t n);
int iomfd_report_event(iomfd_viommu *v, uint32_t type, const void *data, uint32_t len);
ssize_t iomfd_veventq_read(iomfd_veventq *q, uint64_t buf, size_t n);
iomfd_vdevice *iomfd_viommu_find(iomfd_viommu *v, const iomfd_dev *dev);
int iomfd_mmap_add(iomfd_object *owner, uint64_t length, const void *init, size_t n,
		   uint64_t *offset);
void iomfd_mmap_remove(iomfd_object *owner);

/* Destructors, called by iomfd_object_free(). */
void iomfd_ioas_free(iomfd_ioas *ioas);
void iomfd_hwpt_free(iomfd_hwpt *hwpt);
void iomfd_device_free(iomfd_device *d);
void iomfd_access_free(iomfd_access *a);
void iomfd_viommu_free(iomfd_viommu *v);
void iomfd_vdevice_free(iomfd_vdevice *v);
void iomfd_veventq_free(iomfd_veventq *q);
void iomfd_hw_queue_free(iomfd_hw_queue *q);
void iomfd_selftest_free(iomfd_object *obj);

/* Test access files and buffers of the mock driver */
void iomfd_test_access_close(void *data);
struct iomfd_dmabuf {
	unsigned refs;
	uint64_t length;
	bool revoked, foreign;
	void *memory;
};
void iomfd_dmabuf_unref(iomfd_dmabuf *buf);

/* VFIO files */
int iomfd_vfio_open(struct iomfd_engine *e, iomfd_dev *dev, iomfd_file **out);
void iomfd_vfio_close(void *data);
int iomfd_vfio_device_ioctl(void *data, unsigned cmd, uint64_t arg);
ssize_t iomfd_vfio_rw(void *data, uint64_t buf, size_t n, uint64_t offset, bool write);
int iomfd_vfio_mmap(void *data, uint64_t offset, uint64_t length, int flags, uint64_t *at);

extern const iomfd_driver iomfd_mock_driver;
extern const iomfd_driver iomfd_noiommu_driver;
extern const iomfd_driver iomfd_emulated_driver;
#endif
