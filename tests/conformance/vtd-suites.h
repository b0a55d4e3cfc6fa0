/* SPDX-License-Identifier: MIT */
#ifndef IOM_TESTS_VTD_SUITES_H
#define IOM_TESTS_VTD_SUITES_H

#include "tests/harness.h"

extern const iom_suite vtd_reference_suite;
extern const iom_suite vtd_vectors_suite;
extern const iom_suite vtd_layout_suite;
extern const iom_suite vtd_reserved_suite;
extern const iom_suite vtd_faults_suite;
extern const iom_suite vtd_recording_suite;
extern const iom_suite vtd_changes_suite;
extern const iom_suite vtd_pages_suite;
extern const iom_suite vtd_rights_suite;
extern const iom_suite vtd_interrupts_suite;
extern const iom_suite vtd_commands_suite;
extern const iom_suite vtd_registers_suite;
extern const iom_suite vtd_random_suite;

#endif
