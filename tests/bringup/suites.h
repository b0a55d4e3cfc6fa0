/* SPDX-License-Identifier: MIT */
#ifndef IOM_TESTS_BRINGUP_SUITES_H
#define IOM_TESTS_BRINGUP_SUITES_H

#include "tests/harness.h"

extern const iom_suite smmu_linux_suite;
extern const iom_suite smmu_freebsd_suite;
extern const iom_suite smmu_firmware_suite;
extern const iom_suite vtd_linux_suite;
extern const iom_suite vtd_freebsd_suite;
extern const iom_suite vtd_edk2_suite;

#endif
