/* SPDX-License-Identifier: MIT */
/* Finding the CD of a substream (3.3.2 Configuration and Translation lookup). */
#include "smmu/walk.h"

/* Fetch through stage 2 where there is one; CLASS is CD. */
static bool fetch(smmu *s, const struct smmu_tx *tx, const struct smmu_context *c, uint64_t address,
		  uint64_t *words, unsigned n, enum smmu_diagnosis diagnosis, struct smmu_fault *f,
		  uint64_t *pa)
{
	unsigned space = c->space;
	iom_mem_status status;

	*pa = address;
	if (c->mode == SMMU_MODE_NESTED) {
		struct smmu_s2_out out;

		if (!smmu_s2_translate(s, tx, c, c->space == IOM_SPACE_SECURE ? 1 : 0, address,
				       SMMU_CLASS_CD, IOM_READ, &out, f))
			return false;
		*pa = out.pa;
		if (out.ns)
			space = IOM_SPACE_NONSECURE;
	}
	status = smmu_fetch(s, space, *pa, words, n, SMMU_GPC_CD);
	if (status == IOM_MEM_OK)
		return true;
	smmu_fault_set(f, SMMU_F_CD_FETCH, 0, diagnosis);
	f->gpcf = status == SMMU_MEM_GPF;
	f->fetch = *pa;
	return false;
}

bool smmu_cd_fetch(smmu *s, const struct smmu_tx *tx, const struct smmu_context *c,
		   const uint64_t *ste, uint32_t ssid, uint64_t *cd, struct smmu_fault *f)
{
	uint64_t table = smmu_ste_get_S1ContextPtr(ste), l1cd, pa;
	unsigned cdmax = s->ids.ssidsize ? (unsigned)smmu_ste_get_S1CDMax(ste) : 0;
	unsigned fmt = (unsigned)smmu_ste_get_S1Fmt(ste);

	if (cdmax && (fmt == 1 || fmt == 2)) {
		unsigned split = fmt == 1 ? 6 : 10;
		unsigned limit = c->mode == SMMU_MODE_NESTED ? s->ids.ias_bits : s->ids.oas_bits;

		table &= ~iom_mask(MAX(6u, cdmax + 3 > split ? cdmax + 3 - split : 0));
		table += (uint64_t)(ssid >> split) * 8;
		if (!fetch(s, tx, c, table, &l1cd, 1, SMMU_DIAG_L1CD_FETCH, f, &pa))
			return false;
		if (iom_observed(&s->iommu))
			iom_step_read(&s->iommu, "L1CD", &smmu_l1cd_layout, pa, ssid, &l1cd, 1);
		if (!smmu_l1cd_get_V(&l1cd)) {
			smmu_fault_set(f, SMMU_C_BAD_SUBSTREAMID, 0, SMMU_DIAG_L1CD_INVALID);
			return false;
		}
		table = smmu_l1cd_get_L2Ptr(&l1cd);
		if (table >> limit) {
			smmu_fault_set(f, SMMU_C_BAD_SUBSTREAMID, 0, SMMU_DIAG_L1CD_RANGE);
			return false;
		}
		table &= ~iom_mask(split + 6);
		table += (uint64_t)(ssid & (uint32_t)iom_mask(split)) * 64;
	} else {
		table &= ~iom_mask(cdmax + 6);
		table += (uint64_t)ssid * 64;
	}
	if (!fetch(s, tx, c, table, cd, 8, SMMU_DIAG_CD_FETCH, f, &pa))
		return false;
	if (iom_observed(&s->iommu))
		iom_step_read(&s->iommu, "CD", &smmu_cd_layout, pa, ssid, cd, 8);
	return true;
}
