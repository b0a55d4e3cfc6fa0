/* SPDX-License-Identifier: MIT */
/* The suites of test-core, and what several of them share. */
#ifndef IOM_TESTS_CORE_SUITES_H
#define IOM_TESTS_CORE_SUITES_H

#include "core/core.h"
#include "tests/harness.h"

extern const iom_suite memory_suite;
extern const iom_suite access_suite;
extern const iom_suite layout_suite;
extern const iom_suite cache_suite;
extern const iom_suite policy_suite;
extern const iom_suite options_suite;
extern const iom_suite oracle_suite;
extern const iom_suite random_suite;
extern const iom_suite threads_suite;
extern const iom_suite iommu_suite;
extern const iom_suite state_suite;

/* A generator of its own, so that every run sees the same numbers. */
static inline uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* A number below n out of r. */
static inline unsigned below(uint64_t r, unsigned n)
{
	return (unsigned)(r % n);
}

#endif
