/* SPDX-License-Identifier: MIT */
#ifndef IOM_TESTS_IOMMUFD_SUITES_H
#define IOM_TESTS_IOMMUFD_SUITES_H

#include "tests/harness.h"

#include "iommufd/uapi-test.h"

#include <errno.h>
#include <iommulate/iommufd.h>
#include <string.h>

extern const iom_suite input_suite, device_suite, profile_suite, queue_suite, hardware_suite;

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
#endif
