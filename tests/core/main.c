/* SPDX-License-Identifier: MIT */
#include "tests/core/suites.h"

IOM_TEST_MAIN(&memory_suite, &access_suite, &layout_suite, &cache_suite, &policy_suite,
	      &options_suite, &oracle_suite, &random_suite, &threads_suite, &iommu_suite,
	      &state_suite)
