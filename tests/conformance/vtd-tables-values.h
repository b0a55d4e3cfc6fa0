/* SPDX-License-Identifier: MIT */
/* Every value of fields that have wrong ones; false: the model differs. */
#ifndef IOM_TESTS_VTD_TABLES_VALUES_H
#define IOM_TESTS_VTD_TABLES_VALUES_H

#include <stdbool.h>

bool vtd_check_root_address(void);
bool vtd_check_context_values(void);
bool vtd_check_sm_context_values(void);
bool vtd_check_pasid_values(void);

#endif
