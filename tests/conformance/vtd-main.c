/* SPDX-License-Identifier: MIT */
#include "tests/conformance/vtd-suites.h"

IOM_TEST_MAIN(&vtd_reference_suite, &vtd_vectors_suite, &vtd_layout_suite, &vtd_reserved_suite,
	      &vtd_faults_suite, &vtd_registers_suite, &vtd_recording_suite, &vtd_commands_suite,
	      &vtd_rights_suite, &vtd_interrupts_suite, &vtd_pages_suite, &vtd_random_suite,
	      &vtd_changes_suite)
