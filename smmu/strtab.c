/* SPDX-License-Identifier: MIT */
/* Finding the STE of a stream (3.3.1 Stream table lookup). */
#include "smmu/walk.h"

static bool fetch_fault(struct smmu_fault *f, uint64_t address, enum smmu_diagnosis diagnosis,
			iom_mem_status status)
{
	smmu_fault_set(f, SMMU_F_STE_FETCH, 0, diagnosis);
	f->fetch = address;
	f->gpcf = status == SMMU_MEM_GPF;
	return false;
}

static bool bad_streamid(struct smmu_fault *f, enum smmu_diagnosis diagnosis)
{
	smmu_fault_set(f, SMMU_C_BAD_STREAMID, 0, diagnosis);
	return false;
}

/* 5.1 Level 1 Stream Table Descriptor */
static bool level1(smmu *s, unsigned space, uint64_t base, unsigned split, uint32_t sid,
		   uint64_t *ste_address, struct smmu_fault *f)
{
	uint64_t address = base + (uint64_t)(sid >> split) * 8, l1std, l2ptr;
	uint32_t index = sid & (uint32_t)iom_mask(split);
	iom_mem_status status;
	unsigned span;

	if (address >> s->ids.oas_bits)
		return fetch_fault(f, address, SMMU_DIAG_STE_ADDRESS, IOM_MEM_ABORT);
	status = smmu_fetch(s, space, address, &l1std, 1, SMMU_GPC_STE);
	if (status != IOM_MEM_OK)
		return fetch_fault(f, address, SMMU_DIAG_L1STD_FETCH, status);
	if (iom_observed(&s->iommu))
		iom_step_read(&s->iommu, "L1STD", &smmu_l1std_layout, address, sid, &l1std, 1);
	span = (unsigned)smmu_l1std_get_Span(&l1std);
	if (span == 0 || span > 11 || span > split + 1)
		return bad_streamid(f, SMMU_DIAG_L1STD_SPAN);
	if (index >> (span - 1))
		return bad_streamid(f, SMMU_DIAG_L1STD_INDEX);
	l2ptr = smmu_l1std_get_L2Ptr(&l1std) & ~iom_mask(5 + span);
	*ste_address = l2ptr + (uint64_t)index * 64;
	return true;
}

bool smmu_ste_fetch(smmu *s, unsigned space, uint32_t sid, uint64_t *ste, struct smmu_fault *f)
{
	uint64_t base_reg = smmu_reg(s, space, SMMU_R_STRTAB_BASE);
	uint64_t cfg = smmu_reg(s, space, SMMU_R_STRTAB_BASE_CFG), base, address;
	unsigned log2size = (unsigned)smmu_STRTAB_BASE_CFG_get_LOG2SIZE(&cfg);
	unsigned split = (unsigned)smmu_STRTAB_BASE_CFG_get_SPLIT(&cfg);
	unsigned sidsize = space == IOM_SPACE_SECURE ? s->ids.s_sidsize : s->ids.sidsize;
	iom_mem_status status;
	bool two_level = s->ids.st_2level && smmu_STRTAB_BASE_CFG_get_FMT(&cfg) == 1;

	/* 6.3.25: the range check uses the size that StreamIDs can have, the
	 * alignment of the base the size as written. */
	if ((uint64_t)sid >> MIN(log2size, sidsize))
		return bad_streamid(f, SMMU_DIAG_STREAM_RANGE);
	base = smmu_STRTAB_BASE_get_ADDR(&base_reg);
	if (two_level) {
		if (split != 8 && split != 10)
			split = 6;
		base &= ~iom_mask(MAX(6u, log2size + 3 > split ? log2size + 3 - split : 0));
		if (!level1(s, space, base, split, sid, &address, f))
			return false;
	} else {
		base &= ~iom_mask(log2size + 6);
		address = base + (uint64_t)sid * 64;
	}
	if (address >> s->ids.oas_bits)
		return fetch_fault(f, address, SMMU_DIAG_STE_ADDRESS, IOM_MEM_ABORT);
	status = smmu_fetch(s, space, address, ste, 8, SMMU_GPC_STE);
	if (status != IOM_MEM_OK)
		return fetch_fault(f, address, SMMU_DIAG_STE_FETCH, status);
	if (iom_observed(&s->iommu))
		iom_step_read(&s->iommu, "STE", &smmu_ste_layout, address, sid, ste, 8);
	return true;
}
