/* SPDX-License-Identifier: MIT */
#include "tests/bringup/suites.h"

IOM_TEST_MAIN(&smmu_linux_suite, &smmu_freebsd_suite, &smmu_firmware_suite, &vtd_linux_suite,
	      &vtd_freebsd_suite, &vtd_edk2_suite)
