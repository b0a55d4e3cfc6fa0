/* SPDX-License-Identifier: MIT */
#ifndef IOM_TESTS_SMMU_SUITES_H
#define IOM_TESTS_SMMU_SUITES_H

#include "tests/harness.h"

extern const iom_suite smmu_registers_suite;
extern const iom_suite smmu_queues_suite;
extern const iom_suite smmu_caches_suite;
extern const iom_suite smmu_again_suite;
extern const iom_suite smmu_front_suite;
extern const iom_suite smmu_stall_suite;
extern const iom_suite smmu_ats_suite;
extern const iom_suite smmu_pri_suite;
extern const iom_suite smmu_httu_suite;
extern const iom_suite smmu_secure_suite;
extern const iom_suite smmu_state_suite;
extern const iom_suite smmu_threads_suite;
extern const iom_suite smmu_hold_suite;
extern const iom_suite smmu_options_suite;
extern const iom_suite smmu_atos_suite;
extern const iom_suite smmu_pmcg_suite;
extern const iom_suite smmu_realm_suite;
extern const iom_suite smmu_fuzz_suite;
extern const iom_suite smmu_worlds_suite;
extern const iom_suite smmu_prefetch_suite;
extern const iom_suite smmu_nested_suite;

#endif
