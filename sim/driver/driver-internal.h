/* SPDX-License-Identifier: MIT */
#ifndef IOM_SIM_DRIVER_INTERNAL_H
#define IOM_SIM_DRIVER_INTERNAL_H

#include "sim/driver/driver.h"

struct iom_domain {
	iom_pt tables;
	uint16_t id; /* ASID and VMID, or domain-id; from 1 */
	uint64_t context; /* CD, or scalable-mode PASID directory */
};

typedef struct iom_driver_ops {
	bool (*bring_up)(iom_driver *driver, GError **error);
	bool (*domain_init)(iom_driver *driver, iom_domain *domain);
	bool (*attach)(iom_driver *driver, iom_domain *domain, uint32_t requester);
	void (*invalidate)(iom_driver *driver, iom_domain *domain, uint64_t iova, uint64_t size);
	void (*invalidate_domain)(iom_driver *driver, iom_domain *domain);
} iom_driver_ops;

struct iom_driver {
	const iom_driver_ops *ops;
	iom_iommu *iommu;
	iom_driver_config config;
	iom_guest_pool pool;
	iom_pt second; /* nested: the stage under the domains' tables */
	GPtrArray *domains;
	uint64_t root; /* stream table, or root table */
	uint64_t queue; /* command, or invalidation, queue */
	uint32_t queue_entries;
	uint32_t queue_index; /* next entry to write; with the wrap bit on the SMMUv3 */
	uint64_t status; /* where wait descriptors write */
	uint64_t output_size; /* SMMUv3: IDR5.OAS */
	bool range_commands; /* SMMUv3: IDR3.RIL */
	bool wide; /* VT-d: 256-bit descriptors */
};

extern const iom_driver_ops iom_smmu_driver_ops;
extern const iom_driver_ops iom_vtd_driver_ops;

/* Map [base, base + size) of the pool or of data to itself in the second stage. */
bool iom_driver_map_second(iom_driver *driver, uint64_t base, uint64_t size, unsigned max_page_lg2);

static inline uint32_t iom_driver_read(iom_driver *d, uint64_t offset)
{
	return (uint32_t)iom_iommu_mmio_read(d->iommu, offset, 4, IOM_SPACE_NONSECURE);
}

static inline void iom_driver_write(iom_driver *d, uint64_t offset, unsigned size, uint64_t value)
{
	iom_iommu_mmio_write(d->iommu, offset, size, value, IOM_SPACE_NONSECURE);
}

#endif
