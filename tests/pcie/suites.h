/* SPDX-License-Identifier: MIT */
#ifndef IOM_TESTS_PCIE_SUITES_H
#define IOM_TESTS_PCIE_SUITES_H

#include "pcie/pcie.h"
#include "tests/harness.h"

extern const iom_suite config_suite;
extern const iom_suite lists_suite;
extern const iom_suite sizes_suite;
extern const iom_suite place_suite;
extern const iom_suite property_suite;
extern const iom_suite expose_suite;
extern const iom_suite dumps_suite;
extern const iom_suite ats_suite;
extern const iom_suite completions_suite;
extern const iom_suite rows_vtd_suite;
extern const iom_suite resets_suite;
extern const iom_suite rows_smmu_suite;
extern const iom_suite acpi_suite;
extern const iom_suite state_suite;
extern const iom_suite vf_suite;
extern const iom_suite multiple_suite;
extern const iom_suite topology_suite;
extern const iom_suite stress_suite;
extern const iom_suite pri_suite;
extern const iom_suite control_suite;

/* A PCI Express endpoint with nothing but the capability at 0x40. */
iom_pci_config *test_endpoint(void);
/* An extended capability of any header, wherever the test wants it. */
void test_header(iom_pci_config *c, unsigned at, unsigned id, unsigned version, unsigned next);
/* The offsets of the extended list, as text: "100 220 150". */
char *test_offsets(const iom_pci_config *c);

#endif
