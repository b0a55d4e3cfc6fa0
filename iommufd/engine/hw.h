/* SPDX-License-Identifier: MIT */
/*
 * Hardware back ends: one of our models as the IOMMU, and a driver that writes
 * its tables as an operating system's would. Physical address of a page is its
 * host address; the tables lie above all of those.
 */
#ifndef IOM_IOMMUFD_HW_H
#define IOM_IOMMUFD_HW_H

#include "iommufd/engine/model.h"

#define IOMFD_HW_TABLES (1ull << 47) /* where tables and queues are */
#define IOMFD_HW_TABLES_SIZE (1ull << 40)

typedef struct iomfd_hw iomfd_hw;

struct iomfd_hw {
	struct iomfd_engine *engine;
	unsigned instance;
	iom_iommu *model;
	iom_memory *mem;
	const iomfd_driver *driver;
	uint64_t next_page; /* of the tables */
	GArray *free_pages; /* uint64_t */
	uint64_t ids_used[1024]; /* a bit for each VMID, ASID or domain-id */
	GPtrArray *devs; /* iomfd_hw_dev */
	uint64_t ids[8]; /* ID registers as GET_HW_INFO gives them */
	uint64_t table; /* stream table, root table */
	uint64_t queue, event_queue;
	uint32_t produced, events_consumed;
	unsigned pasid_bits; /* that its devices may use */
	bool dirty; /* it can tell dirty pages */
	uint64_t granule; /* smallest page; only those of a page can be used */
};

typedef struct iomfd_hw_dev {
	iomfd_dev base;
	iomfd_hw *hw;
	uint32_t requester;
	uint64_t pasid_dir; /* VT-d */
	iomfd_viommu *viommu; /* SMMUv3: where its events go, and as whose */
	uint32_t vsid;
	uint64_t cd_table; /* SMMUv3: the host's, 0 until it is wanted */
	unsigned cd_bits, ssids; /* its size, and how many PASIDs are attached */
	bool cd_in_ste;
} iomfd_hw_dev;

/* The bits of table entries. */
typedef struct iomfd_hw_format {
	unsigned top; /* lowest address bit that indexes the root table */
	uint64_t table; /* of an entry that points to a table */
	uint64_t leaf; /* of every page */
	uint64_t read, write; /* of one that may be read, or written */
	uint64_t read_only; /* of one that may not be written */
	/* A page is dirty when these are set; `clean` is what makes it so no more. */
	uint64_t dirty_mask, dirty, clean;
} iomfd_hw_format;

typedef struct iomfd_hw_domain {
	iomfd_domain base;
	iomfd_hw *hw;
	const iomfd_hw_format *format; /* paging */
	uint64_t root; /* tables of 512 entries */
	uint16_t id;
	bool first; /* stage 1, first stage: by PASID too */
	bool nest_parent, dirty_on;
	struct iomfd_hw_domain *parent; /* nested */
	iomfd_viommu *viommu;
	uint64_t words[2]; /* nested SMMUv3: the STE's */
	struct iomfd_hwpt_vtd_s1 s1; /* nested VT-d */
	GArray *users; /* iomfd_hw_user */
} iomfd_hw_domain;

typedef struct iomfd_hw_user {
	iomfd_hw_dev *dev;
	uint32_t pasid;
} iomfd_hw_user;

iomfd_hw *iomfd_hw_new(struct iomfd_engine *e, unsigned instance, const iomfd_driver *driver);
void iomfd_hw_free(iomfd_hw *hw);
/* The model's machine. */
iom_bus iomfd_hw_bus(iomfd_hw *hw);
/* `pages` pages of zeros, one after the other, aligned to their size. */
uint64_t iomfd_hw_alloc(iomfd_hw *hw, unsigned pages);
uint64_t iomfd_hw_load(iomfd_hw *hw, uint64_t addr);
void iomfd_hw_store(iomfd_hw *hw, uint64_t addr, uint64_t value);
void iomfd_hw_map(iomfd_hw_domain *d, uint64_t iova, uint64_t host, uint64_t length, bool read,
		  bool write);
void iomfd_hw_unmap(iomfd_hw_domain *d, uint64_t iova, uint64_t length);
/* As the driver's read_dirty(); true if something was cleared and is to be flushed. */
bool iomfd_hw_read_dirty(iomfd_hw_domain *d, uint64_t iova, uint64_t last, bool clear,
			 void (*report)(void *opaque, uint64_t iova, uint64_t length),
			 void *opaque);
/*
 * A page table of `format` that ends at `last`, with an id of 1 to 2^id_bits - 1, or
 * NULL when those are used up. Without a format it is a nested one.
 */
iomfd_hw_domain *iomfd_hw_domain_new(iomfd_hw *hw, const iomfd_hw_format *format, uint64_t last,
				     unsigned id_bits);
void iomfd_hw_domain_free(iomfd_domain *d);
void iomfd_hw_add_user(iomfd_hw_domain *d, iomfd_hw_dev *dev, uint32_t pasid);
void iomfd_hw_remove_user(iomfd_hw_domain *d, iomfd_hw_dev *dev, uint32_t pasid);

iomfd_hw *iomfd_smmu_new(struct iomfd_engine *e, unsigned instance, const iom_smmu_config *config,
			 GError **error);
iomfd_hw *iomfd_vtd_new(struct iomfd_engine *e, unsigned instance, const iom_vtd_config *config,
			GError **error);
/* Let the events that the model recorded go where they belong. */
void iomfd_smmu_events(iomfd_hw *hw);
iomfd_hw *iomfd_hw_find(struct iomfd_engine *e, unsigned instance, const iomfd_driver *driver);
/* A device behind `hw`. */
iomfd_dev *iomfd_hw_dev_new(iomfd_hw *hw, const iom_iommufd_device *c);
void iomfd_vtd_forget(iomfd_hw_dev *dev);

extern const iomfd_driver iomfd_smmu_driver, iomfd_vtd_driver;
#endif
