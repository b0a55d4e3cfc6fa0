/* SPDX-License-Identifier: MIT */
#ifndef IOM_TESTS_SMMU_SUITES_H
#define IOM_TESTS_SMMU_SUITES_H

#include "tests/harness.h"

extern const iom_suite smmu_vectors_suite;
extern const iom_suite smmu_random_suite;
extern const iom_suite smmu_tables_suite;

#endif
