/* SPDX-License-Identifier: MIT */
#ifndef IOM_TESTS_IOMMUFD_SUITES_H
#define IOM_TESTS_IOMMUFD_SUITES_H

#include "tests/harness.h"

#include "iommufd/uapi-test.h"

#include <errno.h>
#include <iommulate/iommufd.h>
#include <string.h>

extern const iom_suite input_suite, device_suite, profile_suite, queue_suite, hardware_suite,
	hooks_suite, host_suite, legacy_suite, vfio_suite;

/* An engine with the test driver, and one context. */
typedef struct rig {
	iom_iommufd *t;
	int fd;
} rig;
rig rig_new(const char *profile);
void rig_free(rig *r);
#define CALL(r, nr, cmd) iom_iommufd_ioctl((r)->t, (r)->fd, IOMFD_IO(nr), (uintptr_t)(cmd))
uint32_t rig_ioas(rig *r);
/* A mock device attached to an IOAS; its object, device and page table ids. */
typedef struct mock_ids {
	uint32_t stdev, dev, hwpt;
} mock_ids;
mock_ids rig_mock(rig *r, uint32_t pt, uint32_t flags);
/* negative errno, or the id */
int rig_hwpt(rig *r, uint32_t dev, uint32_t pt, uint32_t flags, bool nested, uint32_t fault);
int rig_map(rig *r, uint32_t ioas, void *va, uint64_t length, uint64_t iova);
int rig_destroy(rig *r, uint32_t id);

/* ------------------------------------------------------------------------
 * A device behind one of our models, with guest memory in its address space
 */
#define PAGE 4096ull
#define GPA 0x40000000ull /* where guest memory is in the address space */
#define PAGES 64u

typedef struct hwrig {
	rig r;
	uint32_t ioas, dev, parent;
	int fd;
	uint8_t *mem; /* PAGES pages of guest memory */
} hwrig;

typedef struct vsmmu {
	hwrig h;
	uint32_t viommu;
	int events;
} vsmmu;

uint64_t *hwrig_word(hwrig *h, uint64_t gpa);
int hwrig_attach(hwrig *h, uint32_t pt);
int hwrig_attach_pasid(hwrig *h, uint32_t pt, uint32_t pasid);
int hwrig_detach(hwrig *h);
int hwrig_detach_pasid(hwrig *h, uint32_t pasid);
hwrig hwrig_new(iom_iommufd_backend backend, uint32_t flags);
void hwrig_free(hwrig *h);
int hwrig_dma(hwrig *h, uint32_t pasid, uint64_t addr, uint64_t *value, bool write);
/* 4-level tables at `root`, a page each, that map the page at `va`. */
void hwrig_tables(hwrig *h, uint64_t root, uint64_t va, uint64_t gpa, uint64_t table_bits,
		  uint64_t leaf_bits);
vsmmu vsmmu_new(void);
#endif
