/* SPDX-License-Identifier: MIT */
/* Shapes of VMSAv8-64 translation tables (Arm ARM D8.2 Translation process). */
#include "smmu/walk.h"

/* D8.2: the start level is the one that leaves at most a full table at the top. */
int smmu_s1_start_level(unsigned granule_lg2, unsigned ia_bits)
{
	return 3 - (int)((ia_bits - granule_lg2 - 1) / (granule_lg2 - 3));
}

/* D8.3 Translation table descriptor formats */
bool smmu_block_allowed(unsigned granule_lg2, int level, bool ds, unsigned oas_bits)
{
	switch (granule_lg2) {
	case 12:
		return level == 1 || level == 2 || (level == 0 && ds);
	case 14:
		return level == 2 || (level == 1 && ds);
	default:
		return level == 2 || (level == 1 && oas_bits >= 52);
	}
}

uint64_t smmu_desc_address(uint64_t desc, unsigned granule_lg2, unsigned shift, bool ds,
			   unsigned oas_bits)
{
	uint64_t low = ~iom_mask(shift);

	if (granule_lg2 == 16) {
		uint64_t address = desc & iom_mask(48) & low;

		if (oas_bits >= 52)
			address |= iom_get(desc, 15, 12) << 48;
		return address;
	}
	if (ds)
		return (desc & iom_mask(50) & low) | iom_get(desc, 9, 8) << 50;
	return desc & iom_mask(48) & low;
}

/* 5.4 TTB0, 5.2 S2TTB: bits below the size of the table are taken as 0. */
uint64_t smmu_table_base(uint64_t base, unsigned entries_lg2, unsigned oa_bits)
{
	unsigned align_lg2 = entries_lg2 + 3;

	if (align_lg2 < 4)
		align_lg2 = 4;
	if (oa_bits >= 52 && align_lg2 < 6)
		align_lg2 = 6;
	return base & ~iom_mask(align_lg2);
}
