/* SPDX-License-Identifier: MIT */
/*
 * The interface of the kernel's selftest driver (CONFIG_IOMMUFD_TEST): the one
 * ioctl through which a program makes mock devices, looks into them and lets
 * them fault. Present only where the mock back end is.
 */
#ifndef IOM_IOMMUFD_UAPI_TEST_H
#define IOM_IOMMUFD_UAPI_TEST_H

#include "iommufd/uapi.h"

enum {
	IOMFD_TEST_ADD_RESERVED = 1,
	IOMFD_TEST_MOCK_DOMAIN,
	IOMFD_TEST_MD_CHECK_MAP,
	IOMFD_TEST_MD_CHECK_REFS,
	IOMFD_TEST_CREATE_ACCESS,
	IOMFD_TEST_DESTROY_ACCESS_PAGES,
	IOMFD_TEST_ACCESS_PAGES,
	IOMFD_TEST_ACCESS_RW,
	IOMFD_TEST_SET_TEMP_MEMORY_LIMIT,
	IOMFD_TEST_MOCK_DOMAIN_REPLACE,
	IOMFD_TEST_ACCESS_REPLACE_IOAS,
	IOMFD_TEST_MOCK_DOMAIN_FLAGS,
	IOMFD_TEST_DIRTY,
	IOMFD_TEST_MD_CHECK_IOTLB,
	IOMFD_TEST_TRIGGER_IOPF,
	IOMFD_TEST_DEV_CHECK_CACHE,
	IOMFD_TEST_TRIGGER_VEVENT,
	IOMFD_TEST_PASID_ATTACH,
	IOMFD_TEST_PASID_REPLACE,
	IOMFD_TEST_PASID_DETACH,
	IOMFD_TEST_PASID_CHECK_HWPT,
	IOMFD_TEST_DMABUF_GET,
	IOMFD_TEST_DMABUF_REVOKE,
	IOMFD_TEST_N_OPS,
};

enum {
	IOMFD_MOCK_PT_DEFAULT = 0,
	IOMFD_MOCK_PT_HUGE = 1,
	IOMFD_MOCK_PAGE_SIZE = 2048,
	IOMFD_MOCK_HUGE_PAGE_SIZE = 512 * 2048,
	IOMFD_MOCK_APERTURE_START = 1 << 24,
	IOMFD_MOCK_APERTURE_LAST = 0x7fffffff,
	IOMFD_MOCK_ACCESS_WRITE = 1 << 0,
	IOMFD_MOCK_ACCESS_SLOW_PATH = 1 << 2,
	IOMFD_MOCK_ACCESS_SYZ = 1 << 16,
	IOMFD_MOCK_ACCESS_NEEDS_PIN = 1 << 0,
	IOMFD_MOCK_DEVICE_NO_DIRTY = 1 << 0,
	IOMFD_MOCK_DEVICE_PASID = 1 << 2,
	IOMFD_MOCK_IOTLBS = 4,
	IOMFD_MOCK_DEV_CACHES = 4,
	IOMFD_MOCK_PASID_FAILS = 1024, /* the PASID whose second attach fails */
	IOMFD_MOCK_PASID_WIDTH = 20,
	IOMFD_MOCK_HW_QUEUES = 2,
	IOMFD_MOCK_INVALIDATE_ALL = 1 << 0,
};

#define IOMFD_HW_INFO_SELFTEST 0xfeedbeefu
#define IOMFD_HW_INFO_SELFTEST_REGVAL 0xdeadbeefu
#define IOMFD_HWPT_DATA_SELFTEST 0xdeadu
#define IOMFD_IOTLB_DEFAULT 0xbadbeefu
#define IOMFD_DEV_CACHE_DEFAULT 0xbaddadu
#define IOMFD_INVALIDATE_SELFTEST 0xdeadbeefu
#define IOMFD_VIOMMU_TYPE_SELFTEST 0xdeadbeefu
#define IOMFD_VEVENTQ_TYPE_SELFTEST 0xbeefbeefu
#define IOMFD_HW_QUEUE_TYPE_SELFTEST 0xdeadbeefu

struct iomfd_test_cmd {
	uint32_t size;
	uint32_t op;
	uint32_t id;
	uint32_t reserved;
	union {
		struct {
			iomfd_u64 start, length;
		} add_reserved;
		struct {
			uint32_t out_stdev_id, out_hwpt_id, out_idev_id, dev_flags;
		} mock_domain;
		struct {
			uint32_t pt_id;
		} mock_domain_replace;
		struct {
			iomfd_u64 iova, length, uptr;
		} check_map;
		struct {
			iomfd_u64 length, uptr;
			uint32_t refs;
		} check_refs;
		struct {
			uint32_t out_access_fd, flags;
		} create_access;
		struct {
			uint32_t access_pages_id;
		} destroy_access_pages;
		struct {
			uint32_t flags, out_access_pages_id;
			iomfd_u64 iova, length, uptr;
		} access_pages;
		struct {
			iomfd_u64 iova, length, uptr;
			uint32_t flags;
		} access_rw;
		struct {
			uint32_t limit;
		} memory_limit;
		struct {
			uint32_t ioas_id;
		} access_replace_ioas;
		struct {
			uint32_t flags;
			iomfd_u64 iova, length, page_size, uptr, out_nr_dirty;
		} dirty;
		struct {
			uint32_t id, iotlb;
		} check_iotlb;
		struct {
			uint32_t dev_id, pasid, grpid, perm;
			iomfd_u64 addr;
		} trigger_iopf;
		struct {
			uint32_t id, cache;
		} check_dev_cache;
		struct {
			uint32_t dev_id;
		} trigger_vevent;
		struct {
			uint32_t pasid, pt_id;
		} pasid;
		struct {
			uint32_t length, open_flags;
		} dmabuf_get;
		struct {
			int32_t dmabuf_fd;
			uint32_t revoked;
		} dmabuf_revoke;
		uint64_t words[6];
	};
	uint32_t last;
};

struct iomfd_test_hw_info {
	uint32_t flags;
	uint32_t test_reg;
};

struct iomfd_hwpt_selftest {
	uint32_t iotlb;
	uint32_t pagetable_type;
};

struct iomfd_hwpt_invalidate_selftest {
	uint32_t flags;
	uint32_t iotlb_id;
};

struct iomfd_viommu_selftest {
	uint32_t in_data;
	uint32_t out_data;
	iomfd_u64 out_mmap_offset;
	iomfd_u64 out_mmap_length;
};

struct iomfd_viommu_invalidate_selftest {
	uint32_t flags;
	uint32_t vdev_id;
	uint32_t cache_id;
};

struct iomfd_viommu_event_selftest {
	uint32_t virt_id;
};

#endif
