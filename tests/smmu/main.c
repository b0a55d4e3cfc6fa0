/* SPDX-License-Identifier: MIT */
#include "tests/smmu/suites.h"

IOM_TEST_MAIN(&smmu_registers_suite, &smmu_queues_suite, &smmu_caches_suite, &smmu_stall_suite,
	      &smmu_ats_suite, &smmu_pri_suite, &smmu_httu_suite, &smmu_secure_suite,
	      &smmu_state_suite, &smmu_threads_suite, &smmu_atos_suite, &smmu_pmcg_suite,
	      &smmu_realm_suite, &smmu_fuzz_suite, &smmu_worlds_suite, &smmu_hold_suite,
	      &smmu_options_suite, &smmu_again_suite, &smmu_front_suite, &smmu_prefetch_suite,
	      &smmu_nested_suite)
