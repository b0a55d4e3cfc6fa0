/* SPDX-License-Identifier: MIT */
#ifndef IOM_IOMMUFD_LEGACY_H
#define IOM_IOMMUFD_LEGACY_H

#include "iommufd/iommufd.h"
#include "iommufd/uapi-legacy.h"

#include <errno.h>

/* A PASID's nested page table on VT-d. */
typedef struct iomfd_legacy_pasid {
	uint32_t pasid, hwpt;
} iomfd_legacy_pasid;

/* A page request that waits for the guest's answer. */
typedef struct iomfd_legacy_open {
	uint32_t grpid, pasid, cookie;
} iomfd_legacy_open;

typedef struct iomfd_legacy_device {
	int fd;
	uint32_t dev_id, vsid;
	struct iomfd_legacy_ring *faults, *responses;
	GArray *pasids; /* iomfd_legacy_pasid */
	GArray *open; /* iomfd_legacy_open */
} iomfd_legacy_device;

struct iom_legacy {
	iom_legacy_config config;
	GPtrArray *devices; /* iomfd_legacy_device */
	uint32_t nested; /* SMMUv3: what the devices are attached to; 0: the parent */
	bool translating;
};

struct iomfd_legacy_ring *iomfd_legacy_ring_new(unsigned entries, uint32_t entry_size);
#endif
