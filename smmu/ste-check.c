/* SPDX-License-Identifier: MIT */
/*
 * ILLEGAL Stream Table Entries (5.2.2 Validity of STE): one test for each
 * condition, in the order of the table of conditions, first match wins.
 */
#include "smmu/walk.h"

#define ROW(CONDITION, ID) \
	do { \
		if (CONDITION) \
			return SMMU_DIAG_##ID; \
	} while (0)

/* 5.5 Fault configuration: NSSTALLD hides stalling from Non-secure software. */
unsigned smmu_stall_model(const smmu *s, unsigned space)
{
	if (space == IOM_SPACE_SECURE)
		return s->ids.s_stall_model;
	if (space == IOM_SPACE_REALM)
		return 1;
	if (s->ids.secure && s->ids.s_stall_model == 0 &&
	    (smmu_reg(s, IOM_SPACE_SECURE, SMMU_R_CR0) & SMMU_CR0_NSSTALLD))
		return 1;
	return s->ids.stall_model;
}

/* 5.2 STRW */
enum smmu_world smmu_stream_world(const smmu *s, unsigned space, const uint64_t *ste)
{
	unsigned strw = (unsigned)smmu_ste_get_STRW(ste);
	bool e2h = smmu_reg(s, space, SMMU_R_CR2) & SMMU_CR2_E2H;

	if (smmu_ste_get_Config(ste) != 5 || !s->ids.s1p ||
	    (space == IOM_SPACE_NONSECURE && !s->ids.hyp))
		return SMMU_EL1;
	if (strw == 2)
		return e2h ? SMMU_EL2_E2H : SMMU_EL2;
	return strw == 1 && space == IOM_SPACE_SECURE ? SMMU_EL3 : SMMU_EL1;
}

static enum smmu_diagnosis check_ats(const smmu *s, unsigned space, const uint64_t *ste)
{
	unsigned config = (unsigned)smmu_ste_get_Config(ste);
	unsigned eats = (unsigned)smmu_ste_get_EATS(ste);
	bool ats = space == IOM_SPACE_NONSECURE ? s->ids.ats
		   : space == IOM_SPACE_REALM   ? s->ids.r_ats
						: false;

	if (!ats || (config & 3) == 0)
		return SMMU_DIAG_NONE;
	ROW(eats == 2 && (config != 7 || smmu_ste_get_S2S(ste) || !s->ids.split_ats), STE_07);
	ROW(eats == 1 && (config & 6) == 6 && smmu_ste_get_S2S(ste), STE_08);
	return SMMU_DIAG_NONE;
}

static enum smmu_diagnosis check_stage1(const smmu *s, unsigned space, const uint64_t *ste)
{
	unsigned config = (unsigned)smmu_ste_get_Config(ste);
	unsigned strw = (unsigned)smmu_ste_get_STRW(ste);
	unsigned cdmax = (unsigned)smmu_ste_get_S1CDMax(ste);
	unsigned fmt = (unsigned)smmu_ste_get_S1Fmt(ste);
	bool strw_used = config == 5 && s->ids.s1p && (space != IOM_SPACE_NONSECURE || s->ids.hyp);
	uint64_t ptr = smmu_ste_get_S1ContextPtr(ste);

	if (strw_used && space != IOM_SPACE_SECURE)
		ROW(strw & 1, STE_12);
	if (strw_used && space == IOM_SPACE_SECURE) {
		ROW(strw == 3, STE_13);
		ROW(strw == 1 && s->ids.rme, STE_14);
		ROW(strw == 2 && !s->ids.sel2, STE_15);
	}
	if (smmu_ste_get_S1STALLD(ste) && smmu_stall_model(s, space) != 0) {
		ROW(space == IOM_SPACE_NONSECURE, STE_16);
		ROW(space == IOM_SPACE_SECURE, STE_17);
		ROW(space == IOM_SPACE_REALM, STE_18);
	}
	if (s->ids.ssidsize) {
		ROW(cdmax > s->ids.ssidsize, STE_19);
		ROW(cdmax && !s->ids.cd2l && (fmt == 1 || fmt == 2), STE_20);
	}
	ROW(config == 5 && ptr >> s->ids.oas_bits, STE_21);
	ROW(config == 7 && ptr >> s->ids.ias_bits, STE_22);
	return SMMU_DIAG_NONE;
}

/* The fields that shape one stage 2 table, S2* or S_S2*. */
struct s2_shape {
	unsigned tg, t0sz, sl, ds, aa64;
	uint64_t ttb;
};

/* 5.2 S2SL0: start level against input size */
static bool sl_allows(const struct smmu_ids *ids, unsigned granule_lg2, const struct s2_shape *x,
		      int *level)
{
	/* by granule, by SL: level, smallest and largest S2T0SZ; small: with STT */
	static const struct {
		uint8_t granule_lg2, sl;
		int8_t level;
		uint8_t min, min_ds, max, max_stt, needs; /* 1 STT, 2 DS */
	} rows[] = {
		{ 12, 0, 2, 30, 30, 39, 42, 0 },  { 12, 1, 1, 21, 21, 33, 33, 0 },
		{ 12, 2, 0, 16, 12, 24, 24, 0 },  { 12, 3, 3, 39, 39, 48, 48, 1 },
		{ 12, 4, -1, 12, 12, 15, 15, 2 }, { 14, 0, 3, 35, 35, 39, 48, 0 },
		{ 14, 1, 2, 24, 24, 38, 38, 0 },  { 14, 2, 1, 16, 13, 27, 27, 0 },
		{ 14, 3, 0, 12, 12, 16, 16, 2 },  { 16, 0, 3, 31, 31, 39, 47, 0 },
		{ 16, 1, 2, 18, 18, 34, 34, 0 },  { 16, 2, 1, 12, 12, 21, 21, 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (rows[i].granule_lg2 != granule_lg2 || rows[i].sl != x->sl)
			continue;
		if ((rows[i].needs == 1 && !ids->stt) || (rows[i].needs == 2 && !x->ds))
			return false;
		*level = rows[i].level;
		return x->t0sz >= (x->ds ? rows[i].min_ds : rows[i].min) &&
		       x->t0sz <= (ids->stt ? rows[i].max_stt : rows[i].max);
	}
	return false;
}

static unsigned tg_granule(const struct smmu_ids *ids, unsigned tg)
{
	switch (tg) {
	case 0:
		return ids->gran4k ? 12 : 0;
	case 1:
		return ids->gran64k ? 16 : 0;
	case 2:
		return ids->gran16k ? 14 : 0;
	default:
		return 0;
	}
}

static enum smmu_diagnosis check_shape(const smmu *s, const uint64_t *ste, const struct s2_shape *x)
{
	static const uint8_t oas_needed[3][3] = { /* by granule; levels -1, 0, 1 */
						  { 52, 44, 0 },
						  { 0, 52, 42 },
						  { 0, 0, 44 }
	};
	const struct smmu_ids *ids = &s->ids;
	unsigned granule = tg_granule(ids, x->tg), ps, low;
	int level = 3;

	if (!x->aa64) {
		int t0sz = (int)(x->t0sz & 15) - (x->t0sz & 8 ? 16 : 0);

		ROW(x->ttb >> 40, STE_33);
		ROW(x->sl > 1 || (x->sl == 0 ? t0sz < -2 : t0sz > 1), STE_42);
		return SMMU_DIAG_NONE;
	}
	ROW(!granule, STE_32);
	ps = MIN(smmu_ids_ps_bits(ids, (unsigned)smmu_ste_get_S2PS(ste)), ids->oas_bits);
	if (granule != 16 && !x->ds)
		ps = MIN(ps, 48);
	ROW(x->ttb >> MIN(smmu_ids_ps_bits(ids, (unsigned)smmu_ste_get_S2PS(ste)), ids->oas_bits),
	    STE_33);
	ROW(granule != 16 && !x->ds && x->ttb >> ps, STE_34);
	ROW(x->t0sz > (ids->stt ? (granule == 16 ? 47u : 48u) : 39u), STE_35);
	low = granule == 16 || x->ds ? 12 : 16;
	low = MAX(low, 64u - ids->ias_bits);
	ROW(granule != 16 && !x->ds && x->t0sz < low, STE_36);
	ROW((granule == 16 || x->ds) && x->t0sz < low, STE_37);
	if (!sl_allows(ids, granule, x, &level)) {
		ROW(granule == 12, STE_38);
		ROW(granule == 14, STE_39);
		ROW(granule == 16, STE_40);
	}
	ROW(level <= 1 && ids->oas_bits < oas_needed[granule / 2 - 6][level + 1], STE_41);
	return SMMU_DIAG_NONE;
}

static uint64_t ttb_bits(const smmu *s, uint64_t ttb, bool aa64)
{
	/* 5.2 S2TTB: VMSAv8-64 uses [51:4], SMMUv3.0 [47:4]; what is above is RES0. */
	return ttb & iom_mask(s->ids.minor || !aa64 ? 52 : 48);
}

static enum smmu_diagnosis check_stage2(const smmu *s, unsigned space, const uint64_t *ste)
{
	const struct smmu_ids *ids = &s->ids;
	bool aa64 = smmu_ste_get_S2AA64(ste);
	bool ha = smmu_ste_get_S2HA(ste), hd = smmu_ste_get_S2HD(ste);
	unsigned tg = (unsigned)smmu_ste_get_S2TG(ste);
	bool ds = aa64 && ids->ds && smmu_ste_get_S2DS(ste);
	unsigned stall = smmu_stall_model(s, space);
	enum smmu_diagnosis d;
	struct s2_shape x;

	if (space == IOM_SPACE_NONSECURE) {
		ROW(smmu_ste_get_S2FWB(ste) && !aa64 && ids->fwb, STE_23);
		ROW(smmu_ste_get_S2S(ste) && stall == 1, STE_24);
		ROW(!smmu_ste_get_S2S(ste) && stall == 2, STE_26);
	} else if (space == IOM_SPACE_REALM) {
		ROW(smmu_ste_get_S2S(ste), STE_25);
	}
	ROW(!aa64 && !ids->ttf_32, STE_27);
	ROW(aa64 && !ids->ttf_64, STE_28);
	ROW((ha || hd) && (!aa64 || ids->httu == 0), STE_29);
	ROW(hd && ids->httu == 1, STE_30);
	ROW(smmu_ste_get_S2HAFT(ste) && !ha && ids->httu == 3, STE_31);
	x = (struct s2_shape){ .tg = tg,
			       .t0sz = (unsigned)smmu_ste_get_S2T0SZ(ste),
			       .sl = (unsigned)smmu_ste_get_S2SL0(ste),
			       .ds = ds && tg != 1,
			       .aa64 = aa64,
			       .ttb = ttb_bits(s, smmu_ste_get_S2TTB(ste), aa64) };
	if (x.ds && tg == 0)
		x.sl |= (unsigned)smmu_ste_get_S2SL0_2(ste) << 2;
	d = check_shape(s, ste, &x);
	if (d)
		return d;
	if (space == IOM_SPACE_SECURE) {
		tg = (unsigned)smmu_ste_get_S_S2TG(ste);
		x = (struct s2_shape){ .tg = tg,
				       .t0sz = (unsigned)smmu_ste_get_S_S2T0SZ(ste),
				       .sl = (unsigned)smmu_ste_get_S_S2SL0(ste),
				       .ds = ds && tg != 1,
				       .aa64 = aa64,
				       .ttb = ttb_bits(s, smmu_ste_get_S_S2TTB(ste), aa64) };
		if (x.ds && tg == 0)
			x.sl |= (unsigned)smmu_ste_get_S_S2SL0_2(ste) << 2;
		ROW(check_shape(s, ste, &x), STE_44);
	}
	ROW(smmu_ste_get_S2ENDI(ste) ? ids->ttendian == 2 : ids->ttendian == 3, STE_45);
	ROW(smmu_ste_get_S2PIE(ste) && !aa64 && ids->s2pi, STE_46);
	if (ids->s2po && smmu_ste_get_S2POE(ste)) {
		ROW(!smmu_ste_get_S2PIE(ste), STE_47);
		ROW(ids->pbha && (smmu_ste_get_S2HWU59(ste) || smmu_ste_get_S2HWU60(ste) ||
				  smmu_ste_get_S2HWU61(ste) || smmu_ste_get_S2HWU62(ste)),
		    STE_48);
		for (unsigned p = 0; p < 16; p++)
			ROW((ste[7] >> (4 * p) & 15) == 1 || (ste[7] >> (4 * p) & 15) == 5, STE_49);
	}
	return SMMU_DIAG_NONE;
}

enum smmu_diagnosis smmu_ste_check(const smmu *s, unsigned space, const uint64_t *ste)
{
	const struct smmu_ids *ids = &s->ids;
	unsigned config = (unsigned)smmu_ste_get_Config(ste);
	bool s1 = config & 1, s2 = config & 2, vmid_used;
	enum smmu_diagnosis d;

	ROW(!smmu_ste_get_V(ste), STE_01);
	if (!(config & 4))
		return SMMU_DIAG_NONE; /* aborts silently, nothing else is looked at */
	ROW(s1 && !ids->s1p, STE_03);
	ROW(s2 && !ids->s2p, STE_04);
	if (space == IOM_SPACE_SECURE)
		ROW(s2 && !ids->sel2, STE_05);
	if (space != IOM_SPACE_NONSECURE)
		ROW(s2 && !smmu_ste_get_S2AA64(ste), STE_06);
	d = check_ats(s, space, ste);
	if (!d && s1)
		d = check_stage1(s, space, ste);
	if (!d && s2)
		d = check_stage2(s, space, ste);
	if (d)
		return d;
	if (space == IOM_SPACE_SECURE)
		vmid_used = ids->sel2 && s2;
	else
		vmid_used =
			ids->s2p && (config & 3) && smmu_stream_world(s, space, ste) == SMMU_EL1;
	ROW(vmid_used && !ids->vmid16 && smmu_ste_get_S2VMID(ste) >> 8, STE_50);
	ROW(config == 7 && ids->mpam && smmu_ste_get_S1MPAM(ste) &&
		    smmu_ste_get_VMSPtr(ste) >> ids->oas_bits,
	    STE_51);
	return SMMU_DIAG_NONE;
}
