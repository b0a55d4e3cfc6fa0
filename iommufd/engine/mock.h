/* SPDX-License-Identifier: MIT */
/* What the mock driver and the ioctl that looks into it share. */
#ifndef IOM_IOMMUFD_MOCK_H
#define IOM_IOMMUFD_MOCK_H

#include "iommufd/engine/model.h"

typedef struct iomfd_mock_dev {
	iomfd_dev base;
	uint32_t flags;
	uint32_t cache[IOMFD_MOCK_DEV_CACHES];
	iomfd_viommu *viommu; /* of the nested domain on the RID */
	uint64_t vdev_id;
	bool pasid_fails_next;
} iomfd_mock_dev;

typedef struct iomfd_mock_domain {
	iomfd_domain base;
	uint32_t pagetable;
	bool tracking;
	GHashTable *dirty; /* set of the first IOVAs of dirty entries */
	uint32_t iotlb[IOMFD_MOCK_IOTLBS]; /* nested */
	iomfd_viommu *viommu; /* nested */
} iomfd_mock_domain;

/* Lengths beyond are refused, so that nothing is allocated for them. */
#define IOMFD_MOCK_BIG (16u << 20)

iomfd_mock_dev *iomfd_mock_dev_new(struct iomfd_engine *e, uint32_t flags);
/* Mark the page table entry that maps `iova` as written to. */
void iomfd_mock_set_dirty(iomfd_mock_domain *d, uint64_t iova);
/* Do two addresses of this process lie in the same page of memory? */
bool iomfd_mock_same_page(uint64_t a, uint64_t b);

/* Operations of IOMMU_TEST_CMD that have files of their own. */
int iomfd_mock_create_access(iomfd_call *call, struct iomfd_test_cmd *cmd);
int iomfd_mock_access_pages(iomfd_call *call, struct iomfd_test_cmd *cmd);
int iomfd_mock_destroy_access_pages(iomfd_call *call, const struct iomfd_test_cmd *cmd);
int iomfd_mock_access_rw(iomfd_call *call, const struct iomfd_test_cmd *cmd);
int iomfd_mock_access_replace(iomfd_call *call, const struct iomfd_test_cmd *cmd);
int iomfd_mock_dmabuf_get(iomfd_call *call, const struct iomfd_test_cmd *cmd);
int iomfd_mock_dmabuf_revoke(iomfd_call *call, const struct iomfd_test_cmd *cmd);
#endif
