/* SPDX-License-Identifier: MIT */
/*
 * One test executable per module: a table of suites, each a table of tests.
 *
 *   static const iom_test tests[] = { { "what holds", test_function }, { 0 } };
 *   const iom_suite memory_suite = { "memory", tests };
 *
 * main() is IOM_TEST_MAIN(&memory_suite, ...). Arguments name suites to run;
 * without any, all run. CUnit's summary closes the output.
 */
#ifndef IOM_TESTS_HARNESS_H
#define IOM_TESTS_HARNESS_H

#include <CUnit/CUnit.h>
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct iom_test {
	const char *name;
	void (*run)(void);
} iom_test;

typedef struct iom_suite {
	const char *name;
	const iom_test *tests; /* ends with a NULL name */
} iom_suite;

int iom_test_main(int argc, char **argv, const iom_suite *const *suites, unsigned n_suites);

#define IOM_TEST_MAIN(...) \
	int main(int argc, char **argv) \
	{ \
		static const iom_suite *const suites[] = { __VA_ARGS__ }; \
		return iom_test_main(argc, argv, suites, G_N_ELEMENTS(suites)); \
	}

/* Compare 64-bit values; on a difference print both, in hexadecimal. */
bool iom_test_equal(uint64_t got, uint64_t want, const char *what, const char *file, int line);
#define CHECK_EQ(got, want) \
	CU_ASSERT_TRUE(iom_test_equal((uint64_t)(got), (uint64_t)(want), #got, __FILE__, __LINE__))

/* Directory of the repository's test data; $IOM_TEST_DATA or the source tree. */
const char *iom_test_data(void);

#endif
