/* SPDX-License-Identifier: MIT */
/* Reading and updating translation table descriptors. */
#include <string.h>

#include "smmu/layouts/descriptors.h"
#include "smmu/walk.h"

IOM_DEFINE_LAYOUT(smmu_table_desc, "table descriptor", 64, "Arm ARM D8.3.1 Table descriptors",
		  SMMU_TABLE_DESC_FIELDS)
IOM_DEFINE_LAYOUT(smmu_s1_leaf, "stage 1 leaf descriptor", 64,
		  "Arm ARM D8.3.1 Block and Page descriptors", SMMU_S1_LEAF_FIELDS)
IOM_DEFINE_LAYOUT(smmu_s2_leaf, "stage 2 leaf descriptor", 64,
		  "Arm ARM D8.3.1 Block and Page descriptors", SMMU_S2_LEAF_FIELDS)

iom_mem_status smmu_desc_read(smmu *s, unsigned space, uint64_t address, bool big_endian,
			      uint64_t *desc)
{
	iom_mem_status status;

	*desc = 0;
	if (!smmu_gpc_check(s, space, address, SMMU_GPC_WALK))
		return SMMU_MEM_GPF;
	status = iom_memory_load64(s->iommu.bus.memory[space], address, desc);
	iom_count(&s->iommu, IOM_STAT_TABLE_READS);
	if (big_endian)
		*desc = GUINT64_SWAP_LE_BE(*desc);
	return status;
}

uint64_t smmu_absent_after(smmu *s, unsigned space, bool big_endian, uint64_t address,
			   uint64_t index, unsigned granule_lg2)
{
	uint64_t valid = big_endian ? GUINT64_SWAP_LE_BE(UINT64_C(1)) : 1;
	unsigned last = (1u << (granule_lg2 - 3)) - 1, left = last - ((unsigned)index & last);

	/* Stage 2 may put the next page of the table elsewhere. */
	left = MIN(left, 511 - (unsigned)(address >> 3 & 511));
	return iom_absent_run(s->iommu.bus.memory[space], address + 8, left, valid);
}

iom_mem_status smmu_desc_cas(smmu *s, unsigned space, uint64_t address, bool big_endian,
			     uint64_t *desc, uint64_t desired)
{
	uint64_t expected = big_endian ? GUINT64_SWAP_LE_BE(*desc) : *desc;
	uint64_t found = expected;
	iom_mem_status status;

	if (big_endian)
		desired = GUINT64_SWAP_LE_BE(desired);
	if (!smmu_gpc_check(s, space, address, SMMU_GPC_WALK))
		return SMMU_MEM_GPF;
	status = iom_memory_cas64(s->iommu.bus.memory[space], address, &found, desired);
	if (status == IOM_MEM_OK && found == expected)
		iom_count(&s->iommu, IOM_STAT_TABLE_WRITES);
	*desc = big_endian ? GUINT64_SWAP_LE_BE(found) : found;
	return status;
}

iom_mem_status smmu_fetch(smmu *s, unsigned space, uint64_t address, uint64_t *words, unsigned n,
			  enum smmu_gpc_access access)
{
	iom_mem_status status;

	memset(words, 0, n * sizeof(*words));
	if (!smmu_gpc_check(s, space, address, access))
		return SMMU_MEM_GPF;
	status = iom_memory_read(s->iommu.bus.memory[space], address, words, n * sizeof(*words));
	iom_count(&s->iommu, IOM_STAT_TABLE_READS);
	for (unsigned i = 0; i < n; i++)
		words[i] = GUINT64_FROM_LE(words[i]);
	return status;
}

const char *smmu_level_name(unsigned stage, int level)
{
	static const char *const names[2][5] = {
		{ "stage 1 level -1 descriptor", "stage 1 level 0 descriptor",
		  "stage 1 level 1 descriptor", "stage 1 level 2 descriptor",
		  "stage 1 level 3 descriptor" },
		{ "stage 2 level -1 descriptor", "stage 2 level 0 descriptor",
		  "stage 2 level 1 descriptor", "stage 2 level 2 descriptor",
		  "stage 2 level 3 descriptor" },
	};

	return names[stage - 1][CLAMP(level + 1, 0, 4)];
}
