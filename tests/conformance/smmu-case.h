/* SPDX-License-Identifier: MIT */
/* What the SMMUv3 conformance tests share: the reference walker on parsed vectors. */
#ifndef IOM_TESTS_SMMU_CASE_H
#define IOM_TESTS_SMMU_CASE_H

#include "sim/vectors/vectors-smmu.h"
#include "tests/conformance/refwalk-smmu.h"

/* tests/data/spec/smmuv3/NAME; a failed assertion and NULL if it cannot be read. */
iom_tsv *smmu_spec_table(const char *name);

/* The reference walker's view of a vector. */
void smmu_reference_ids(const iom_smmu_vector *vector, refwalk_ids *ids);
void smmu_reference_registers(const iom_smmu_registers *registers, refwalk_registers *out);
void smmu_reference_request(const iom_request *request, refwalk_request *out);
refwalk_memory smmu_reference_memory(iom_memory *memory);

/*
 * Sizes of caches that everything is tried with. Beside the presets: contexts alone,
 * so that every request walks, and contexts and stage 2.
 */
#define SMMU_CACHES \
	{ \
		"default", "off", "one", "prefetch", "walks", "stage2" \
	}
/* One of these; false for any other name. */
bool smmu_caches(iom_cache_config *config, const char *name);

#endif
