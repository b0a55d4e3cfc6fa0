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
	uint16_t next_id; /* VMID, domain-id */
	GPtrArray *devs; /* iomfd_hw_dev */
	uint64_t ids[8]; /* ID registers as GET_HW_INFO gives them */
	uint64_t table; /* stream table, root table */
	uint64_t queue, event_queue;
	uint32_t produced, events_consumed;
};

typedef struct iomfd_hw_dev {
	iomfd_dev base;
	iomfd_hw *hw;
	uint32_t requester;
	uint64_t pasid_dir; /* VT-d */
	iomfd_viommu *viommu; /* SMMUv3: where its events go, and as whose */
	uint32_t vsid;
} iomfd_hw_dev;

typedef struct iomfd_hw_domain {
	iomfd_domain base;
	iomfd_hw *hw;
	uint64_t root; /* paging: 4-level tables of 512 entries */
	uint16_t id;
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

/* The bits of table entries. */
typedef struct iomfd_hw_format {
	uint64_t table; /* of an entry that points to a table */
	uint64_t leaf; /* of every page */
	uint64_t read, write;
} iomfd_hw_format;

iomfd_hw *iomfd_hw_new(struct iomfd_engine *e, unsigned instance, const iomfd_driver *driver);
void iomfd_hw_free(iomfd_hw *hw);
/* The model's machine. */
iom_bus iomfd_hw_bus(iomfd_hw *hw);
/* `pages` pages of zeros, one after the other. */
uint64_t iomfd_hw_alloc(iomfd_hw *hw, unsigned pages);
uint64_t iomfd_hw_load(iomfd_hw *hw, uint64_t addr);
void iomfd_hw_store(iomfd_hw *hw, uint64_t addr, uint64_t value);
void iomfd_hw_map(iomfd_hw_domain *d, const iomfd_hw_format *f, uint64_t iova, uint64_t host,
		  uint64_t length, bool read, bool write);
void iomfd_hw_unmap(iomfd_hw_domain *d, uint64_t iova, uint64_t length);
/* Address of the entry of a page, 0 without one. */
uint64_t iomfd_hw_leaf(iomfd_hw_domain *d, uint64_t iova);
iomfd_hw_domain *iomfd_hw_domain_new(iomfd_hw *hw, bool paging);
void iomfd_hw_domain_free(iomfd_domain *d);
void iomfd_hw_add_user(iomfd_hw_domain *d, iomfd_hw_dev *dev, uint32_t pasid);
void iomfd_hw_remove_user(iomfd_hw_domain *d, iomfd_hw_dev *dev, uint32_t pasid);

iomfd_hw *iomfd_smmu_new(struct iomfd_engine *e, unsigned instance, const iom_smmu_config *config,
			 GError **error);
iomfd_hw *iomfd_vtd_new(struct iomfd_engine *e, unsigned instance, const iom_vtd_config *config,
			GError **error);
/* Let the events that the model recorded go where they belong. */
void iomfd_smmu_events(iomfd_hw *hw);
void iomfd_vtd_forget(iomfd_hw_dev *dev);

extern const iomfd_driver iomfd_smmu_driver, iomfd_vtd_driver;
#endif
