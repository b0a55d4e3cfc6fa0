/* SPDX-License-Identifier: MIT */
#include "tests/vtd/suites.h"

IOM_TEST_MAIN(&config_suite, &registers_suite, &queue_suite, &endpoints_suite, &invalidation_suite,
	      &faults_suite, &page_requests_suite, &interrupts_suite, &flags_suite, &state_suite,
	      &threads_suite, &beside_suite, &abuse_suite, &hold_suite, &options_suite,
	      &again_suite, &stress_suite)
