/* SPDX-License-Identifier: MIT */
/* Checks of the invalidation queue that rows of invalidation.tsv name; false: a difference. */
#ifndef IOM_TESTS_VTD_TABLES_DESCRIPTORS_H
#define IOM_TESTS_VTD_TABLES_DESCRIPTORS_H

#include <stdbool.h>

bool vtd_check_descriptor_types(void);
bool vtd_check_descriptor_features(const char *name);
bool vtd_check_descriptor_bits(const char *name);
bool vtd_check_descriptor_encodings(void);
bool vtd_check_queue_errors(void);

#endif
