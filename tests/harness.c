/* SPDX-License-Identifier: MIT */
#include "tests/harness.h"

#include <CUnit/Basic.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool wanted(int argc, char **argv, const char *name)
{
	if (argc < 2)
		return true;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], name) == 0)
			return true;
	}
	return false;
}

int iom_test_main(int argc, char **argv, const iom_suite *const *suites, unsigned n_suites)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (CU_initialize_registry() != CUE_SUCCESS)
		return 2;
	for (unsigned i = 0; i < n_suites; i++) {
		if (!wanted(argc, argv, suites[i]->name))
			continue;
		CU_pSuite suite = CU_add_suite(suites[i]->name, NULL, NULL);

		for (const iom_test *t = suites[i]->tests; suite && t->name; t++) {
			if (!CU_add_test(suite, t->name, t->run))
				return 2;
		}
	}
	CU_basic_set_mode(CU_BRM_NORMAL);
	CU_basic_run_tests();
	bool ok = CU_get_number_of_tests_run() > 0 && CU_get_number_of_failures() == 0 &&
		  CU_get_number_of_suites_failed() == 0 && CU_get_number_of_tests_failed() == 0;

	CU_cleanup_registry();
	return ok ? 0 : 1;
}

bool iom_test_equal(uint64_t got, uint64_t want, const char *what, const char *file, int line)
{
	if (got == want)
		return true;
	fprintf(stderr, "\n%s:%d: %s is %#" PRIx64 ", should be %#" PRIx64 "\n", file, line, what,
		got, want);
	return false;
}

const char *iom_test_data(void)
{
	const char *dir = g_getenv("IOM_TEST_DATA");

	return dir ? dir : IOM_TEST_SOURCE_DATA;
}
