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
/* vtd-tables-endpoints.c */
bool vtd_check_ats(bool pasid);
bool vtd_check_response(void);
bool vtd_check_wait(void);
bool vtd_check_endpoint_errors(bool timeout);
bool vtd_check_order(void);

#endif
