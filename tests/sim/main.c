/* SPDX-License-Identifier: MIT */
#include "tests/harness.h"

extern const iom_suite trace_suite;
extern const iom_suite trace_damage_suite;
extern const iom_suite lines_suite;
extern const iom_suite replay_suite;
extern const iom_suite replay_threads_suite;
extern const iom_suite caches_suite;

extern const iom_suite import_suite;
extern const iom_suite import_smmu_suite;
extern const iom_suite import_vtd_suite;

IOM_TEST_MAIN(&trace_suite, &trace_damage_suite, &lines_suite, &replay_suite, &replay_threads_suite,
	      &import_suite, &import_smmu_suite, &import_vtd_suite, &caches_suite)
