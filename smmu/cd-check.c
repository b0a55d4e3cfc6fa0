/* SPDX-License-Identifier: MIT */
/* ILLEGAL Context Descriptors (5.4.2 Validity of CD), one test for each condition. */
#include "smmu/walk.h"

#define ROW(CONDITION, ID) \
	do { \
		if (CONDITION) \
			return SMMU_DIAG_##ID; \
	} while (0)

static unsigned granule0(const struct smmu_ids *ids, unsigned tg)
{
	return tg == 0 && ids->gran4k    ? 12
	       : tg == 1 && ids->gran64k ? 16
	       : tg == 2 && ids->gran16k ? 14
					 : 0;
}

static unsigned granule1(const struct smmu_ids *ids, unsigned tg)
{
	return tg == 2 && ids->gran4k    ? 12
	       : tg == 3 && ids->gran64k ? 16
	       : tg == 1 && ids->gran16k ? 14
					 : 0;
}

static bool size_too_large(const struct smmu_ids *ids, unsigned txsz, unsigned granule)
{
	return txsz > (ids->stt ? (granule == 16 ? 47u : 48u) : 39u);
}

static bool size_too_small(const struct smmu_ids *ids, unsigned txsz, unsigned granule, bool ds)
{
	bool wide = ids->vax >= 1 && (granule == 16 || ds);

	return txsz < (wide ? 12u : 16u);
}

static bool ttb_beyond(const struct smmu_ids *ids, uint64_t ttb, bool aa64, unsigned ips)
{
	if (!aa64)
		return (ttb & iom_mask(52)) >> 40;
	ttb &= iom_mask(ids->minor ? 52 : 48);
	return ttb >> MIN(smmu_ids_ps_bits(ids, ips), ids->oas_bits);
}

/* 48-bit formats cannot name a table above 2^48. */
static bool ttb_wide(const struct smmu_ids *ids, uint64_t ttb, unsigned granule, bool ds)
{
	return granule != 16 && !ds && (ttb & iom_mask(ids->minor ? 52 : 48)) >> 48;
}

static enum smmu_diagnosis check_indirection(const uint64_t *cd, bool one_privilege)
{
	for (unsigned p = 0; p < 16; p++) {
		unsigned priv = cd[7] >> (3 * p) & 7, user = cd[6] >> (3 * p) & 7;

		ROW(priv == 4 || priv == 6, CD_26);
		if (!one_privilege)
			ROW(user == 4 || user == 6 || ((priv & 2) && (user & 4)), CD_27);
	}
	return SMMU_DIAG_NONE;
}

enum smmu_diagnosis smmu_cd_check(const smmu *s, unsigned space, const uint64_t *ste,
				  enum smmu_world world, const uint64_t *cd)
{
	const struct smmu_ids *ids = &s->ids;
	bool aa64 = smmu_cd_get_AA64(cd);
	bool one = world == SMMU_EL2 || world == SMMU_EL3; /* no TTB1, one privilege */
	bool epd0 = !one && smmu_cd_get_EPD0(cd), epd1 = one || smmu_cd_get_EPD1(cd);
	unsigned stall = smmu_stall_model(s, space), ips = (unsigned)smmu_cd_get_IPS(cd);
	unsigned t0sz = (unsigned)smmu_cd_get_T0SZ(cd), t1sz = (unsigned)smmu_cd_get_T1SZ(cd);
	unsigned g0 = granule0(ids, (unsigned)smmu_cd_get_TG0(cd));
	unsigned g1 = granule1(ids, (unsigned)smmu_cd_get_TG1(cd));
	bool ds = aa64 && ids->ds && smmu_cd_get_DS(cd);

	ROW(!smmu_cd_get_V(cd), CD_01);
	ROW(smmu_ste_get_S1STALLD(ste) && smmu_cd_get_S(cd), CD_02);
	ROW(ids->term_model && !smmu_cd_get_A(cd), CD_03);
	ROW(stall == 1 && smmu_cd_get_S(cd), CD_04);
	ROW(stall == 2 && !smmu_cd_get_S(cd), CD_05);
	if (!epd0 || !epd1)
		ROW(smmu_cd_get_ENDI(cd) ? ids->ttendian == 2 : ids->ttendian == 3, CD_06);
	ROW(!aa64 && !ids->ttf_32, CD_07);
	ROW(!aa64 && (world == SMMU_EL3 || world == SMMU_EL2_E2H ||
		      (world == SMMU_EL2 && space == IOM_SPACE_SECURE)),
	    CD_08);
	ROW(aa64 && !ids->ttf_64, CD_09);
	ROW(aa64 && (smmu_ste_get_Config(ste) & 6) == 6 && !smmu_ste_get_S2AA64(ste), CD_10);
	if (aa64) {
		ROW((smmu_cd_get_HA(cd) || smmu_cd_get_HD(cd)) && ids->httu == 0, CD_11);
		ROW(smmu_cd_get_HD(cd) && ids->httu == 1, CD_12);
		ROW(smmu_cd_get_HAFT(cd) && !smmu_cd_get_HA(cd) && ids->httu == 3, CD_13);
	}
	ROW(!one && !ids->asid16 && smmu_cd_get_ASID(cd) >> 8, CD_14);
	if (aa64 && !epd0) {
		ROW(size_too_large(ids, t0sz, g0), CD_15);
		ROW(size_too_small(ids, t0sz, g0, ds && g0 != 16), CD_16);
	}
	if (aa64 && !epd1)
		ROW(size_too_large(ids, t1sz, g1) || size_too_small(ids, t1sz, g1, ds && g1 != 16),
		    CD_17);
	ROW(aa64 && !epd0 && !g0, CD_18);
	ROW(aa64 && !epd1 && !g1, CD_19);
	if (!epd0) {
		ROW(ttb_beyond(ids, smmu_cd_get_TTB0(cd), aa64, ips), CD_20);
		ROW(aa64 && ttb_wide(ids, smmu_cd_get_TTB0(cd), g0, ds), CD_21);
	}
	if (!epd1)
		ROW(ttb_beyond(ids, smmu_cd_get_TTB1(cd), aa64, ips) ||
			    (aa64 && ttb_wide(ids, smmu_cd_get_TTB1(cd), g1, ds)),
		    CD_22);
	if (aa64 && ids->s1pi && smmu_ste_get_S1PIE(ste) && smmu_cd_get_PIE(cd))
		return check_indirection(cd, one);
	return SMMU_DIAG_NONE;
}
