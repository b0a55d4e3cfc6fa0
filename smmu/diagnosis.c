/* SPDX-License-Identifier: MIT */
#include "smmu/diagnosis.h"

#include <stddef.h>

static const char *const names[] = {
#define SMMU_DIAGNOSIS_NAME_(N, S) S,
	SMMU_DIAGNOSES(SMMU_DIAGNOSIS_NAME_)
};

const char *smmu_diagnosis_name(unsigned diagnosis)
{
	return diagnosis < SMMU_N_DIAGNOSES ? names[diagnosis] : NULL;
}
