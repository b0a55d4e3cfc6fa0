/* SPDX-License-Identifier: MIT */
#ifndef IOM_TESTS_VTD_SUITES_H
#define IOM_TESTS_VTD_SUITES_H

#include "tests/harness.h"

extern const iom_suite config_suite, registers_suite, queue_suite, endpoints_suite,
	invalidation_suite, faults_suite, page_requests_suite, interrupts_suite, flags_suite,
	state_suite, threads_suite, beside_suite, abuse_suite, hold_suite, options_suite,
	again_suite, stress_suite;

#endif
