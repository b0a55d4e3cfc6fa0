/* SPDX-License-Identifier: MIT */
/*
 * What a unit has, decoded once from its capability registers.
 */
#ifndef IOM_VTD_CAPS_H
#define IOM_VTD_CAPS_H

#include "vtd/vtd.h"

/*
 * Bits that the model gives a meaning. ECAP leaves out ERS, TDXCS and what the
 * specification has withdrawn.
 */
#define VTD_CAP_KNOWN UINT64_C(0xf9ffffbfff7f1ff7)
#define VTD_ECAP_KNOWN UINT64_C(0x7fbbfffea6f3ffdf)
#define VTD_PERFCAP_KNOWN UINT64_C(0x7f001f1f7fffff)

typedef struct vtd_caps {
	uint8_t major; /* architecture version */
	uint8_t haw; /* host address width, bits */
	uint8_t mgaw; /* maximum guest address width, bits */
	uint8_t sagaw; /* bit n: an AW encoding of n is supported */
	uint8_t nd; /* width of a domain-id, bits */
	uint8_t pss; /* width of a PASID, bits */
	uint8_t mamv;
	uint8_t mhmv;
	uint8_t fi_bits; /* fault information is kept below this address bit */
	uint16_t n_frcd;
	uint32_t frcd; /* offset of the first fault recording register */
	uint32_t iva; /* offset of the IOTLB registers */
	bool esrtps, esirtps, ecmds, fs5lp, pi, fs1gp, psi, zlr, cm, phmr, plmr, rwbf;
	bool ss2m, ss1g;
	bool irreq, eimer, rdts, hpt1gps, sms, ssirws, ptrs, hpts, rprivs, adms, pms, rps, smpwcs;
	bool fsts, ssts, ssads, vcs, smts, pds, dit, pasid, eafs, nwfs, srs, prs, nest, mts;
	bool sc, pt, eim, ir, dt, qi;
} vtd_caps;

/* Clear what lacks its base feature and what the model does not have (config.c). */
void vtd_config_normalise(iom_vtd_config *config);
bool vtd_config_check(const iom_vtd_config *config, GError **error);
void vtd_caps_decode(vtd_caps *caps, const iom_vtd_config *config);

#endif
