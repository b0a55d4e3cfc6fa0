/* SPDX-License-Identifier: MIT */
#include "suites.h"

iom_pci_config *test_endpoint(void)
{
	iom_pci_config *c = iom_pci_config_new(IOM_PCI_CONFIG_SIZE);

	iom_pci_build_header(c, 0x1234, 0x5678, 0x020000, 0);
	CU_ASSERT_TRUE(iom_pci_build_capability(c, IOM_PCI_STANDARD, 0x40, IOM_PCI_CAP_EXPRESS, 0));
	iom_pci_config_set(c, 0x42, 2, 0x0002); /* version 2, endpoint */
	return c;
}

void test_header(iom_pci_config *c, unsigned at, unsigned id, unsigned version, unsigned next)
{
	iom_pci_config_set(c, at, 4, id | version << 16 | next << 20);
}

char *test_offsets(const iom_pci_config *c)
{
	iom_pci_chain *chain = iom_pci_walk(c, IOM_PCI_EXTENDED);
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < chain->n; i++)
		g_string_append_printf(text, "%s%03x", i ? " " : "", chain->capabilities[i].offset);
	iom_pci_chain_free(chain);
	return g_string_free(text, FALSE);
}

IOM_TEST_MAIN(&config_suite, &lists_suite, &sizes_suite, &place_suite, &property_suite,
	      &expose_suite, &dumps_suite, &ats_suite, &completions_suite, &multiple_suite,
	      &pri_suite, &control_suite, &stress_suite, &resets_suite, &topology_suite,
	      &acpi_suite, &vf_suite, &state_suite, &rows_vtd_suite, &rows_smmu_suite)
