/* SPDX-License-Identifier: MIT */
/*
 * Models of operating-system drivers: they bring an IOMMU up through its
 * registers, build its tables in guest memory, and map, unmap and invalidate
 * with its own commands, as a kernel would. The same calls drive both
 * architectures.
 */
#ifndef IOM_SIM_DRIVER_H
#define IOM_SIM_DRIVER_H

#include "core/core.h"
#include "sim/driver/pagetable.h"

typedef struct iom_driver iom_driver;
typedef struct iom_domain iom_domain;

typedef enum iom_driver_mode {
	IOM_DRIVER_STAGE1, /* SMMUv3 stage 1; VT-d scalable mode, first stage */
	IOM_DRIVER_STAGE2, /* SMMUv3 stage 2; VT-d scalable mode, second stage */
	IOM_DRIVER_NESTED, /* both; the second stage maps all of the pool one to one */
	IOM_DRIVER_LEGACY, /* VT-d legacy mode, second-level tables */
} iom_driver_mode;

typedef struct iom_driver_config {
	iom_memory *memory;
	uint64_t pool_base; /* guest RAM for tables and queues */
	uint64_t pool_size;
	uint8_t mode; /* iom_driver_mode */
	uint8_t granule_lg2; /* 12, 14 or 16; VT-d 12 */
	uint8_t input_bits; /* 48, 39, ... */
} iom_driver_config;

/* Bring the IOMMU up; NULL and an error if it does not have what `config` wants. */
iom_driver *iom_driver_new(iom_iommu *iommu, const iom_driver_config *config, GError **error);
void iom_driver_free(iom_driver *driver);

/* A new, empty address space; NULL when the pool is exhausted. Freed with the driver. */
iom_domain *iom_domain_new(iom_driver *driver);
/* Let the requester use the domain. */
bool iom_driver_attach(iom_driver *driver, iom_domain *domain, uint32_t requester);
bool iom_driver_map(iom_driver *driver, iom_domain *domain, uint64_t iova, uint64_t pa,
		    uint64_t size, unsigned access, unsigned max_page_lg2);
/* Clear, invalidate the range and wait for it. */
void iom_driver_unmap(iom_driver *driver, iom_domain *domain, uint64_t iova, uint64_t size);
/* Clear without telling the IOMMU: what a forgetful driver does. */
void iom_driver_unmap_silently(iom_driver *driver, iom_domain *domain, uint64_t iova,
			       uint64_t size);
void iom_driver_invalidate(iom_driver *driver, iom_domain *domain, uint64_t iova, uint64_t size);
void iom_driver_invalidate_domain(iom_driver *driver, iom_domain *domain);
/* The tables that translate first and, when nested, those under them. */
iom_pt *iom_domain_tables(iom_domain *domain);
iom_pt *iom_driver_second_stage(iom_driver *driver);

#endif
