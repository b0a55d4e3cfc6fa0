/* SPDX-License-Identifier: MIT */
#include "tests/conformance/smmu-suites.h"

IOM_TEST_MAIN(&smmu_frame_suite, &smmu_fields_suite, &smmu_vectors_suite, &smmu_illegal_suite,
	      &smmu_registers_suite, &smmu_commands_suite, &smmu_priority_suite, &smmu_ats_suite,
	      &smmu_rows_suite, &smmu_random_suite)
