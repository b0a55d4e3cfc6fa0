/* SPDX-License-Identifier: MIT */
/*
 * What the ID registers advertise, decoded once when a model is made (6.3
 * Register descriptions). Every other file asks here instead of reading an ID
 * register, so that a feature that is not advertised is absent everywhere.
 */
#ifndef IOM_SMMU_IDS_H
#define IOM_SMMU_IDS_H

#include "smmu/smmu.h"

struct smmu_ids {
	/* IDR0 */
	bool s1p, s2p, ttf_32, ttf_64, cohacc, btm, hyp, ats, split_ats, asid16, msi, sev;
	bool atos, pri, vmw, vmid16, cd2l, vatos, atsrecerr, term_model, rme, st_2level;
	uint8_t httu; /* 0 none, 1 access flag, 2 and dirty state, 3 and table access flags */
	uint8_t stall_model; /* as Non-secure software sees it, before S_CR0.NSSTALLD */
	uint8_t ttendian;
	/* IDR1 */
	bool ecmdq, attr_types_ovr, attr_perms_ovr;
	uint8_t cmdqs, eventqs, priqs, ssidsize, sidsize;
	/* IDR3 */
	bool aie, mteperm, s2po, s2pi, s1pi, epan, pasidtt, ptwnnc, e0pd, ril, stt, fwb, mpam;
	bool pps, xnx, pbha, had;
	/* IDR5 */
	bool ds, gran4k, gran16k, gran64k;
	uint8_t vax, oas_bits, ias_bits;
	uint16_t stall_max; /* records outstanding at once */
	uint8_t minor; /* AIDR: SMMUv3.minor */
	/* IDR6 */
	uint8_t ecmdq_pages_lg2, ecmdq_queues_lg2;
	/* Secure and Realm interfaces */
	bool secure, sel2, s_msi, s_ecmdq, sams, s_has_mpam_ns;
	uint8_t s_stall_model, s_sidsize;
	bool realm, r_ats, r_pri, r_msi, r_ecmdq;
	uint16_t partid_max;
	uint8_t pmg_max;
};

/* False and IOM_ERROR_CONFIG for registers that no implementation may have. */
bool smmu_ids_decode(struct smmu_ids *ids, const iom_smmu_config *config, GError **error);
/* Address size in bits of an OAS, IPS or S2PS encoding on this implementation. */
unsigned smmu_ids_ps_bits(const struct smmu_ids *ids, unsigned encoding);

#endif
