/* SPDX-License-Identifier: MIT */
#include "smmu/ids.h"

#include "smmu/layouts/regs-realm.h"
#include "smmu/layouts/regs-secure.h"
#include "smmu/layouts/regs.h"

static const uint8_t ps_bits[8] = { 32, 36, 40, 42, 44, 48, 52, 56 };

/* 6.3.6 SMMU_IDR5, 5.4 CD.IPS, 5.2 STE.S2PS: encodings that an older version
 * does not know act as the largest that it does. */
unsigned smmu_ids_ps_bits(const struct smmu_ids *ids, unsigned encoding)
{
	unsigned bits = ps_bits[encoding & 7];
	unsigned most = ids->minor == 0 ? 48 : ids->minor < 4 ? 52 : 56;

	return MIN(bits, most);
}

static bool refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool refuse(GError **error, const char *format, ...)
{
	va_list args;
	g_autofree char *text = NULL;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG, "SMMUv3 ID registers: %s", text);
	return false;
}

static void decode_idr0(struct smmu_ids *ids, const uint64_t *w)
{
	unsigned ttf = (unsigned)smmu_IDR0_get_TTF(w);

	ids->s1p = smmu_IDR0_get_S1P(w);
	ids->s2p = smmu_IDR0_get_S2P(w);
	ids->ttf_32 = ttf & 1;
	ids->ttf_64 = ttf & 2;
	ids->cohacc = smmu_IDR0_get_COHACC(w);
	ids->btm = smmu_IDR0_get_BTM(w);
	ids->httu = (uint8_t)smmu_IDR0_get_HTTU(w);
	ids->hyp = ids->s1p && smmu_IDR0_get_Hyp(w);
	ids->ats = smmu_IDR0_get_ATS(w);
	ids->split_ats = ids->ats && ids->s1p && ids->s2p && !smmu_IDR0_get_NS1ATS(w);
	ids->asid16 = smmu_IDR0_get_ASID16(w);
	ids->msi = smmu_IDR0_get_MSI(w);
	ids->sev = smmu_IDR0_get_SEV(w);
	ids->atos = smmu_IDR0_get_ATOS(w);
	ids->pri = ids->ats && smmu_IDR0_get_PRI(w);
	ids->vmw = ids->s2p && smmu_IDR0_get_VMW(w);
	ids->vmid16 = smmu_IDR0_get_VMID16(w);
	ids->cd2l = smmu_IDR0_get_CD2L(w);
	ids->vatos = ids->atos && ids->s1p && ids->s2p && smmu_IDR0_get_VATOS(w);
	ids->ttendian = (uint8_t)smmu_IDR0_get_TTENDIAN(w);
	ids->atsrecerr = ids->ats && smmu_IDR0_get_ATSRECERR(w);
	ids->stall_model = (uint8_t)smmu_IDR0_get_STALL_MODEL(w);
	ids->term_model = smmu_IDR0_get_TERM_MODEL(w);
	ids->st_2level = smmu_IDR0_get_ST_LEVEL(w) != 0;
	ids->rme = smmu_IDR0_get_RME_IMPL(w);
}

static void decode_idr1(struct smmu_ids *ids, const uint64_t *w)
{
	ids->ecmdq = smmu_IDR1_get_ECMDQ(w);
	ids->attr_types_ovr = smmu_IDR1_get_ATTR_TYPES_OVR(w);
	ids->attr_perms_ovr = smmu_IDR1_get_ATTR_PERMS_OVR(w);
	ids->cmdqs = (uint8_t)smmu_IDR1_get_CMDQS(w);
	ids->eventqs = (uint8_t)smmu_IDR1_get_EVENTQS(w);
	ids->priqs = (uint8_t)smmu_IDR1_get_PRIQS(w);
	ids->ssidsize = (uint8_t)smmu_IDR1_get_SSIDSIZE(w);
	ids->sidsize = (uint8_t)smmu_IDR1_get_SIDSIZE(w);
}

static void decode_idr3(struct smmu_ids *ids, const uint64_t *w)
{
	ids->aie = ids->s1p && smmu_IDR3_get_AIE(w);
	ids->mteperm = smmu_IDR3_get_MTEPERM(w);
	ids->s2po = smmu_IDR3_get_S2PO(w);
	ids->s2pi = smmu_IDR3_get_S2PI(w);
	ids->s1pi = smmu_IDR3_get_S1PI(w);
	ids->epan = smmu_IDR3_get_EPAN(w);
	ids->pasidtt = ids->ats && ids->ssidsize && smmu_IDR3_get_PASIDTT(w);
	ids->ptwnnc = smmu_IDR3_get_PTWNNC(w);
	ids->e0pd = smmu_IDR3_get_E0PD(w);
	ids->ril = smmu_IDR3_get_RIL(w);
	ids->stt = smmu_IDR3_get_STT(w);
	ids->fwb = smmu_IDR3_get_FWB(w);
	ids->mpam = smmu_IDR3_get_MPAM(w);
	ids->pps = ids->pri && ids->ssidsize && smmu_IDR3_get_PPS(w);
	ids->xnx = smmu_IDR3_get_XNX(w);
	ids->pbha = smmu_IDR3_get_PBHA(w);
	ids->had = smmu_IDR3_get_HAD(w);
}

static void decode_idr5(struct smmu_ids *ids, const uint64_t *w)
{
	ids->ds = smmu_IDR5_get_DS(w);
	ids->gran4k = smmu_IDR5_get_GRAN4K(w) || ids->ttf_32;
	ids->gran16k = smmu_IDR5_get_GRAN16K(w);
	ids->gran64k = smmu_IDR5_get_GRAN64K(w);
	ids->vax = (uint8_t)smmu_IDR5_get_VAX(w);
	ids->oas_bits = ps_bits[smmu_IDR5_get_OAS(w)];
	/* An implementation that states no limit has that of the tag itself. */
	ids->stall_max = (uint16_t)smmu_IDR5_get_STALL_MAX(w);
	if (!ids->stall_max)
		ids->stall_max = UINT16_MAX;
	/* 3.4 Address sizes: IAS */
	ids->ias_bits = ids->ttf_64 ? ids->oas_bits : 0;
	if (ids->ttf_32)
		ids->ias_bits = MAX(ids->ias_bits, 40);
}

static void decode_other(struct smmu_ids *ids, const iom_smmu_config *c)
{
	uint64_t w6 = c->idr[6], s0 = c->s_idr[0], s1 = c->s_idr[1], s3 = c->s_idr[3];
	uint64_t r0 = c->r_idr[0], r1 = c->r_idr[1], mpam = c->mpamidr;

	ids->ecmdq_pages_lg2 = (uint8_t)smmu_IDR6_get_CMDQ_CONTROL_PAGE_LOG2NUMP(&w6);
	ids->ecmdq_queues_lg2 = (uint8_t)smmu_IDR6_get_CMDQ_CONTROL_PAGE_LOG2NUMQ(&w6);
	ids->secure = smmu_S_IDR1_get_SECURE_IMPL(&s1);
	if (ids->secure) {
		ids->sel2 = smmu_S_IDR1_get_SEL2(&s1);
		ids->s_sidsize = (uint8_t)smmu_S_IDR1_get_S_SIDSIZE(&s1);
		ids->s_msi = smmu_S_IDR0_get_MSI(&s0);
		ids->s_ecmdq = smmu_S_IDR0_get_ECMDQ(&s0);
		ids->s_stall_model = (uint8_t)smmu_S_IDR0_get_STALL_MODEL(&s0);
		ids->sams = smmu_S_IDR3_get_SAMS(&s3);
	}
	ids->realm = ids->rme && smmu_R_IDR1_get_RME_DA_IMPL(&r1);
	if (ids->realm) {
		ids->r_ats = ids->ats && smmu_R_IDR0_get_ATS(&r0);
		ids->r_pri = ids->pri && smmu_R_IDR0_get_PRI(&r0);
		ids->r_msi = smmu_R_IDR0_get_MSI(&r0);
		ids->r_ecmdq = smmu_R_IDR0_get_ECMDQ(&r0);
	}
	if (ids->mpam) {
		ids->partid_max = (uint16_t)smmu_MPAMIDR_get_PARTID_MAX(&mpam);
		ids->pmg_max = (uint8_t)smmu_MPAMIDR_get_PMG_MAX(&mpam);
	}
}

/* What the model does not have, and what no implementation may have. */
static bool check(const struct smmu_ids *ids, const iom_smmu_config *c, GError **error)
{
	uint64_t i0 = c->idr[0], i1 = c->idr[1], i3 = c->idr[3], i5 = c->idr[5];
	uint64_t r3 = c->r_idr[3], r0 = c->r_idr[0];
	unsigned oas = (unsigned)smmu_IDR5_get_OAS(&i5);

	if (smmu_IDR3_get_DPT(&i3) || (ids->realm && smmu_R_IDR3_get_DPT(&r3)))
		return refuse(error, "IDR3.DPT: the model has no Device Permission Table");
	if (smmu_IDR3_get_THE(&i3))
		return refuse(error, "IDR3.THE: the model has no translation hardening");
	if (smmu_IDR5_get_D128(&i5))
		return refuse(error, "IDR5.D128: the model has no 128-bit descriptors");
	if (smmu_IDR1_get_TABLES_PRESET(&i1) || smmu_IDR1_get_QUEUES_PRESET(&i1))
		return refuse(error, "IDR1: preset tables and queues are not modelled");
	if (ids->realm && (r3 & (UINT64_C(3) << 16)))
		return refuse(error, "R_IDR3: XT and MEC are not modelled");
	if (smmu_IDR0_get_ST_LEVEL(&i0) > 1)
		return refuse(error, "IDR0.ST_LEVEL is reserved");
	if (ids->stall_model == 3 || ids->s_stall_model == 3)
		return refuse(error, "STALL_MODEL is reserved");
	if (ids->ttendian == 1)
		return refuse(error, "IDR0.TTENDIAN is reserved");
	if ((ids->s1p || ids->s2p) && !ids->ttf_32 && !ids->ttf_64)
		return refuse(error, "IDR0.TTF names no translation table format");
	if (ids->ttf_64 && !ids->gran4k && !ids->gran16k && !ids->gran64k)
		return refuse(error, "IDR5 names no granule");
	if (oas == 7)
		return refuse(error, "IDR5.OAS of 56 bits needs 128-bit descriptors");
	if (ids->vax > 1)
		return refuse(error, "IDR5.VAX is reserved or needs 128-bit descriptors");
	if (ids->sidsize > 32 || ids->s_sidsize > 32)
		return refuse(error, "SIDSIZE exceeds 32 bits");
	if (ids->ssidsize > 20)
		return refuse(error, "IDR1.SSIDSIZE exceeds 20 bits");
	if (ids->cmdqs > 19 || ids->eventqs > 19 || ids->priqs > 19)
		return refuse(error, "IDR1: a queue of more than 2^19 entries");
	if (ids->minor > 4 || c->aidr > 0xff || (c->aidr >> 4))
		return refuse(error, "AIDR names no known version of SMMUv3");
	if (ids->ecmdq && (ids->ecmdq_pages_lg2 > 8 || ids->ecmdq_queues_lg2 > 8))
		return refuse(error, "IDR6: more than 2^8 command queue control pages or queues");
	if (ids->realm && smmu_R_IDR0_get_STALL_MODEL(&r0) != 1)
		return refuse(error, "R_IDR0.STALL_MODEL has to be 1");
	if (c->pmcg_groups > 64)
		return refuse(error, "pmcg_groups: at most 64 counter groups");
	if (ids->s2po && !ids->s2pi)
		return refuse(error, "IDR3.S2PO needs S2PI");
	return true;
}

bool smmu_ids_decode(struct smmu_ids *ids, const iom_smmu_config *config, GError **error)
{
	uint64_t i0 = config->idr[0], i1 = config->idr[1], i3 = config->idr[3], i5 = config->idr[5];

	*ids = (struct smmu_ids){ .minor = config->aidr & 15 };
	decode_idr0(ids, &i0);
	decode_idr1(ids, &i1);
	decode_idr3(ids, &i3);
	decode_idr5(ids, &i5);
	decode_other(ids, config);
	return check(ids, config, error);
}
