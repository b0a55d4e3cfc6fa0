/* SPDX-License-Identifier: MIT */
/*
 * The nested API that was proposed for VFIO in 2020 and 2021, before iommufd:
 * container ioctls, and rings of faults and of answers in device regions. Its
 * numbers mean something else today; only the kind of handle tells.
 */
#ifndef IOM_IOMMUFD_UAPI_LEGACY_H
#define IOM_IOMMUFD_UAPI_LEGACY_H

#include "iommufd/uapi.h"

#include <stddef.h>

#define IOMFD_LEGACY_SET_PASID_TABLE IOMFD_VFIO_IO(18)
#define IOMFD_LEGACY_CACHE_INVALIDATE IOMFD_VFIO_IO(19)
#define IOMFD_LEGACY_SET_MSI_BINDING IOMFD_VFIO_IO(20)
#define IOMFD_LEGACY_BIND IOMFD_VFIO_IO(22)
#define IOMFD_LEGACY_UNBIND IOMFD_VFIO_IO(23)

struct iomfd_legacy_pasid_config {
	uint32_t argsz;
	uint32_t version; /* 1 */
	iomfd_u64 base_ptr;
	uint32_t format; /* 1: SMMUv3 */
	uint8_t pasid_bits;
	uint8_t config; /* 1 translate, 2 bypass, 3 abort */
	uint8_t padding[2];
	uint32_t smmu_version; /* 1 */
	uint8_t s1fmt;
	uint8_t s1dss;
	uint8_t smmu_padding[2];
};

struct iomfd_legacy_set_pasid_table {
	uint32_t argsz;
	uint32_t flags; /* 1 set, 2 unset */
	struct iomfd_legacy_pasid_config config;
};

enum { IOMFD_LEGACY_CACHE_IOTLB = 1, IOMFD_LEGACY_CACHE_DEV = 2, IOMFD_LEGACY_CACHE_PASID = 4 };
enum { IOMFD_LEGACY_DOMAIN = 0, IOMFD_LEGACY_PASID = 1, IOMFD_LEGACY_ADDR = 2 };
enum { IOMFD_LEGACY_INV_PASID = 1, IOMFD_LEGACY_INV_ARCHID = 2, IOMFD_LEGACY_INV_LEAF = 4 };

/* The PASID form has the first 16 bytes. */
struct iomfd_legacy_inv_addr {
	uint32_t flags;
	uint32_t archid;
	iomfd_u64 pasid;
	iomfd_u64 addr;
	iomfd_u64 granule_size;
	iomfd_u64 nb_granules;
};

struct iomfd_legacy_invalidate {
	uint32_t argsz;
	uint32_t flags; /* 0 */
	uint32_t info_argsz;
	uint32_t version; /* 1 */
	uint8_t cache;
	uint8_t granularity;
	uint8_t padding[6];
	struct iomfd_legacy_inv_addr addr;
};

struct iomfd_legacy_msi_binding {
	uint32_t argsz;
	uint32_t flags; /* 1 bind, 2 unbind */
	iomfd_u64 iova;
	iomfd_u64 gpa;
	iomfd_u64 bytes;
};

struct iomfd_legacy_gpasid {
	uint32_t argsz;
	uint32_t version; /* 1 */
	uint32_t format; /* 1: VT-d */
	uint32_t addr_width;
	iomfd_u64 flags; /* 1: gpasid is valid */
	iomfd_u64 gpgd;
	iomfd_u64 hpasid;
	iomfd_u64 gpasid;
	uint8_t padding[8];
	iomfd_u64 vtd_flags; /* 1 SRE, 2 EAFE; the rest says what iommufd cannot */
	uint32_t pat;
	uint32_t emt;
};

/* Head of a ring; entries follow at `offset`. */
struct iomfd_legacy_ring {
	uint32_t user; /* where the user is: tail of faults, head of answers */
	uint32_t entry_size;
	uint32_t nb_entries;
	uint32_t offset;
	uint32_t host; /* where the host is: head of faults, tail of answers */
};

struct iomfd_legacy_fault {
	uint32_t type; /* 1 unrecoverable, 2 page request */
	uint32_t padding;
	uint32_t word0; /* unrecoverable: reason; page request: flags */
	uint32_t word1; /* flags; PASID */
	uint32_t word2; /* PASID; group */
	uint32_t perm;
	iomfd_u64 addr;
	iomfd_u64 more[4];
};

struct iomfd_legacy_response {
	uint32_t argsz;
	uint32_t version; /* 1 */
	uint32_t flags; /* 1: PASID */
	uint32_t pasid;
	uint32_t grpid;
	uint32_t code; /* 0 success, 1 invalid, 2 failure */
};

_Static_assert(sizeof(struct iomfd_legacy_pasid_config) == 32, "legacy layout");
_Static_assert(sizeof(struct iomfd_legacy_set_pasid_table) == 40, "legacy layout");
_Static_assert(offsetof(struct iomfd_legacy_set_pasid_table, config.smmu_version) == 32, "legacy");
_Static_assert(offsetof(struct iomfd_legacy_invalidate, addr) == 24, "legacy layout");
_Static_assert(sizeof(struct iomfd_legacy_invalidate) == 64, "legacy layout");
_Static_assert(sizeof(struct iomfd_legacy_msi_binding) == 32, "legacy layout");
_Static_assert(sizeof(struct iomfd_legacy_gpasid) == 72, "legacy layout");
_Static_assert(offsetof(struct iomfd_legacy_gpasid, vtd_flags) == 56, "legacy layout");
_Static_assert(sizeof(struct iomfd_legacy_fault) == 64, "legacy layout");
_Static_assert(sizeof(struct iomfd_legacy_response) == 24, "legacy layout");

#endif
