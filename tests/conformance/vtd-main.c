/* SPDX-License-Identifier: MIT */
#include "tests/conformance/vtd-suites.h"

IOM_TEST_MAIN(&vtd_reference_suite, &vtd_vectors_suite, &vtd_random_suite)
