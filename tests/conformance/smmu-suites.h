/* SPDX-License-Identifier: MIT */
#ifndef IOM_TESTS_SMMU_SUITES_H
#define IOM_TESTS_SMMU_SUITES_H

#include "tests/harness.h"

extern const iom_suite smmu_vectors_suite;
extern const iom_suite smmu_random_suite;
extern const iom_suite smmu_ats_suite;
extern const iom_suite smmu_fields_suite;
extern const iom_suite smmu_frame_suite;
extern const iom_suite smmu_illegal_suite;
extern const iom_suite smmu_registers_suite;
extern const iom_suite smmu_commands_suite;
extern const iom_suite smmu_priority_suite;
extern const iom_suite smmu_rows_suite;

#endif
