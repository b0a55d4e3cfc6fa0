/* SPDX-License-Identifier: MIT */
/* Memory attributes: decoding, overriding and combining them (13 Attributes). */
#ifndef IOM_SMMU_ATTRS_H
#define IOM_SMMU_ATTRS_H

#include "core/layout.h"

enum smmu_cacheability { SMMU_NC = 0, SMMU_WT = 1, SMMU_WB = 2 };
enum { SMMU_RA = 1, SMMU_WA = 2, SMMU_TR = 4 }; /* allocation hints, as iom_request.hints */

/* One memory type. Device: `device` set, `kind` 0 nGnRnE to 3 GRE. */
struct smmu_attr {
	uint8_t device;
	uint8_t kind;
	uint8_t inner, outer; /* enum smmu_cacheability */
	uint8_t inner_hints, outer_hints;
	uint8_t sh; /* iom_shareability */
};

/* The overrides of an STE or of GBPA, as raw fields. */
struct smmu_override {
	uint8_t mtcfg, memattr, alloccfg, shcfg;
};

struct smmu_attr smmu_attr_default(void);
struct smmu_attr smmu_attr_request(const iom_request *request);
struct smmu_attr smmu_attr_mair(uint8_t byte);
/* The 4-bit MemAttr encoding of STE.MemAttr and of stage 2 without S2FWB. */
struct smmu_attr smmu_attr_memattr(unsigned memattr, bool mteperm);
void smmu_attr_override(struct smmu_attr *attr, const struct smmu_override *o);
/* Device and Normal iNC-oNC are Outer Shareable, hints only where cacheable. */
void smmu_attr_normalise(struct smmu_attr *attr);
/* Stage 1 type `s1` with the allocation hints of the incoming transaction. */
struct smmu_attr smmu_attr_stage1(const struct smmu_attr *in, const struct smmu_attr *s1);
/* What stage 2 makes of `in`. */
struct smmu_attr smmu_attr_stage2(const struct smmu_attr *in, unsigned memattr, unsigned sh,
				  bool fwb, bool mteperm);
uint8_t smmu_attr_byte(const struct smmu_attr *attr);
void smmu_attr_result(const struct smmu_attr *attr, bool no_snoop, iom_result *result);
/* Stage 2 MemAttr makes the mapping Device whatever stage 1 says (S2PTW). */
bool smmu_memattr_device(unsigned memattr, bool fwb, bool mteperm);

#endif
