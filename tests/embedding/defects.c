/* SPDX-License-Identifier: MIT */
#include "tests/embedding/defects.h"

IOM_TEST_MAIN(&defects_smmu_suite, &defects_vtd_suite)
