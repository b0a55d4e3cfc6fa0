/* SPDX-License-Identifier: MIT */
/* Which STEs and CDs are ILLEGAL: ste_illegal.tsv and cd_illegal.tsv, row by row. */
#include "tests/conformance/refwalk-smmu-internal.h"

#define RULE(condition, name) \
	do { \
		if (condition) { \
			*why = name; \
			return true; \
		} \
	} while (0)

unsigned ref_ias(const refwalk_ids *id)
{
	unsigned ias = 0;

	if (id->TTF & 1)
		ias = 40;
	if ((id->TTF & 2) && id->OAS > ias)
		ias = id->OAS;
	return ias;
}

/* IPS and S2PS: effective output size. */
unsigned ref_effective_size(const refwalk_ids *id, unsigned encoded)
{
	static const unsigned sizes[] = { 32, 36, 40, 42, 44, 48, 52, 56 };
	unsigned bits = sizes[encoded & 7];

	if (id->AIDR == 0 && bits > 48)
		bits = 48;
	if (id->AIDR <= 3 && bits > 52)
		bits = 52;
	return bits < id->OAS ? bits : id->OAS;
}

unsigned ref_granule(const refwalk_ids *id, unsigned tg, bool tg1)
{
	static const unsigned tg0_sizes[] = { 12, 16, 14, 0 };
	static const unsigned tg1_sizes[] = { 0, 14, 12, 16 };
	unsigned size = tg1 ? tg1_sizes[tg & 3] : tg0_sizes[tg & 3];

	if ((size == 12 && !id->GRAN4K) || (size == 14 && !id->GRAN16K) ||
	    (size == 16 && !id->GRAN64K))
		return 0;
	return size;
}

typedef struct start_row {
	unsigned granule;
	unsigned sl;
	int level;
	unsigned from, to; /* S2T0SZ */
	unsigned to_stt; /* with IDR3.STT */
	unsigned from_ds; /* with S2DS */
	bool needs_stt, needs_ds;
	unsigned oas; /* at least */
} start_row;

/* STE-38 to STE-41 */
static const start_row start_rows[] = {
	{ 12, 0, 2, 30, 39, 42, 30, false, false, 0 },
	{ 12, 1, 1, 21, 33, 33, 21, false, false, 0 },
	{ 12, 2, 0, 16, 24, 24, 12, false, false, 44 },
	{ 12, 3, 3, 39, 39, 48, 39, true, false, 0 },
	{ 12, 4, -1, 12, 15, 15, 12, false, true, 52 },
	{ 14, 0, 3, 35, 39, 48, 35, false, false, 0 },
	{ 14, 1, 2, 24, 38, 38, 24, false, false, 0 },
	{ 14, 2, 1, 16, 27, 27, 13, false, false, 42 },
	{ 14, 3, 0, 12, 16, 16, 12, false, true, 52 },
	{ 16, 0, 3, 31, 39, 47, 31, false, false, 0 },
	{ 16, 1, 2, 18, 34, 34, 18, false, false, 0 },
	{ 16, 2, 1, 12, 21, 21, 12, false, false, 44 },
};

bool ref_s1_lpae(const walk *w)
{
	return !CD(w, 41, 41);
}

bool ref_s2_lpae(const walk *w)
{
	return !STE(w, 179, 179);
}

bool ref_s1_indirect(const walk *w)
{
	return w->id->S1PI && STE(w, 88, 88) && CD(w, 187, 187) && !ref_s1_lpae(w);
}

/* CD-26, CD-27: PIIP<p> at 448 + 3p, PIIU<p> at 384 + 3p. */
static bool indirect_illegal(const walk *w, const char **why)
{
	for (unsigned p = 0; p < 16; p++) {
		unsigned piip = (unsigned)field(w->cd, 448 + 3 * p, 3);
		unsigned piiu = (unsigned)field(w->cd, 384 + 3 * p, 3);

		RULE(piip == 4 || piip == 6, "CD-26");
		RULE(!w->single && (piiu == 4 || piiu == 6), "CD-27");
		RULE(!w->single && (piip & 2) && (piiu & 4), "CD-27");
	}
	return false;
}

/* VMSAv8-32: S2T0SZ is a signed number of four bits. */
unsigned ref_s2_input_bits(const walk *w)
{
	int t0sz = (int)STE(w, 163, 160);

	if (!ref_s2_lpae(w))
		return 64 - (unsigned)STE(w, 165, 160);
	return (unsigned)(32 - (t0sz >= 8 ? t0sz - 16 : t0sz));
}

/* STE-42; Arm ARM Table G5-5. */
static bool s2_start_lpae(const walk *w, int *level)
{
	unsigned sl0 = (unsigned)STE(w, 167, 166), bits = ref_s2_input_bits(w);

	*level = sl0 == 0 ? 2 : 1;
	return sl0 == 0 ? bits >= 25 && bits <= 34 : sl0 == 1 && bits >= 31 && bits <= 40;
}

static bool s2_ds(const walk *w)
{
	unsigned granule = ref_granule(w->id, (unsigned)STE(w, 175, 174), false);

	return w->id->DS && STE(w, 195, 195) && granule != 16;
}

bool ref_s2_start(const walk *w, int *level)
{
	unsigned granule = ref_granule(w->id, (unsigned)STE(w, 175, 174), false);
	unsigned t0sz = (unsigned)STE(w, 165, 160);
	unsigned sl = (unsigned)STE(w, 167, 166);
	bool ds = s2_ds(w);

	if (ref_s2_lpae(w))
		return s2_start_lpae(w, level);
	if (granule == 12 && ds)
		sl |= (unsigned)STE(w, 194, 194) << 2;
	for (unsigned i = 0; i < sizeof start_rows / sizeof start_rows[0]; i++) {
		const start_row *r = &start_rows[i];
		unsigned from = ds ? r->from_ds : r->from;
		unsigned to = w->id->STT ? r->to_stt : r->to;

		if (r->granule != granule || r->sl != sl)
			continue;
		if ((r->needs_stt && !w->id->STT) || (r->needs_ds && !ds) || w->id->OAS < r->oas)
			return false;
		*level = r->level;
		return t0sz >= from && t0sz <= to;
	}
	return false;
}

static bool wrong_endian(const refwalk_ids *id, bool big)
{
	return (big && id->TTENDIAN == 2) || (!big && id->TTENDIAN == 3);
}

static bool stage2_illegal(const walk *w, const char **why)
{
	const refwalk_ids *id = w->id;
	unsigned granule = ref_granule(id, (unsigned)STE(w, 175, 174), false);
	unsigned size = ref_effective_size(id, (unsigned)STE(w, 178, 176));
	uint64_t ttb = STE(w, 243, 196) << 4; /* [51:4]: STE-53 */
	unsigned t0sz = (unsigned)STE(w, 165, 160);
	bool ds = s2_ds(w), lpae = ref_s2_lpae(w);
	unsigned max = !id->STT ? 39 : granule == 16 ? 47 : 48;
	unsigned min = granule == 16 || ds ? 12 : 16;
	int level;

	if (64 - ref_ias(id) > min)
		min = 64 - ref_ias(id);
	RULE(STE(w, 185, 185) && id->STALL_MODEL == 1, "STE-24");
	RULE(!STE(w, 185, 185) && id->STALL_MODEL == 2, "STE-26");
	RULE(lpae && !(id->TTF & 1), "STE-27");
	RULE(!lpae && !(id->TTF & 2), "STE-28");
	RULE(lpae && id->FWB && STE(w, 89, 89), "STE-23");
	RULE((STE(w, 184, 184) || STE(w, 183, 183)) && (lpae || id->HTTU == 0), "STE-29");
	RULE(STE(w, 183, 183) && id->HTTU == 1, "STE-30");
	RULE(STE(w, 187, 187) && !STE(w, 184, 184) && id->HTTU == 3, "STE-31");
	RULE(!lpae && granule == 0, "STE-32");
	RULE(ttb >> (lpae ? 40 : size), "STE-33");
	RULE(wrong_endian(id, STE(w, 180, 180)), "STE-45");
	if (lpae) {
		RULE(!ref_s2_start(w, &level), "STE-42");
		return false;
	}
	RULE(granule != 16 && !ds && ttb >> 48, "STE-34");
	RULE(t0sz > max, "STE-35");
	RULE(t0sz < min, "STE-36/37");
	RULE(!ref_s2_start(w, &level), "STE-38..41");
	return false;
}

static bool stage1_illegal(const walk *w, const char **why)
{
	const refwalk_ids *id = w->id;
	unsigned cdmax = (unsigned)STE(w, 63, 59);
	unsigned fmt = (unsigned)STE(w, 5, 4);
	uint64_t pointer = STE(w, 55, 6) << 6;
	bool nested = STE(w, 3, 1) == 7;

	RULE(STE(w, 91, 91) && id->STALL_MODEL != 0, "STE-16");
	RULE(id->SSIDSIZE && cdmax > id->SSIDSIZE, "STE-19");
	RULE(id->SSIDSIZE && cdmax && !id->CD2L && (fmt == 1 || fmt == 2), "STE-20");
	RULE(!nested && pointer >> id->OAS, "STE-21");
	RULE(nested && pointer >> ref_ias(id), "STE-22");
	return false;
}

static bool ats_illegal(const walk *w, const char **why)
{
	unsigned config = (unsigned)STE(w, 3, 1);
	unsigned eats = (unsigned)STE(w, 93, 92);

	if (!w->id->ATS)
		return false;
	RULE((config & 3) && eats == 2 && (config != 7 || STE(w, 185, 185) || w->id->NS1ATS),
	     "STE-07");
	RULE((config & 6) == 6 && eats == 1 && STE(w, 185, 185), "STE-08");
	return false;
}

bool ref_ste_illegal(const walk *w, const char **why)
{
	const refwalk_ids *id = w->id;
	unsigned config = (unsigned)STE(w, 3, 1);
	bool s1 = (config & 5) == 5, s2 = (config & 6) == 6;
	bool strw_used = id->S1P && config == 5 && id->Hyp;

	RULE(!STE(w, 0, 0), "STE-01");
	if (!(config & 4))
		return false; /* STE-02 */
	RULE(s1 && !id->S1P, "STE-03");
	RULE(s2 && !id->S2P, "STE-04");
	if (ats_illegal(w, why))
		return true;
	RULE(strw_used && STE(w, 94, 94), "STE-12");
	if (s1 && stage1_illegal(w, why))
		return true;
	if (s2 && stage2_illegal(w, why))
		return true;
	bool el1 = !(strw_used && STE(w, 95, 94) == 2);

	RULE(id->S2P && (config & 3) && el1 && !id->VMID16 && STE(w, 143, 136), "STE-50");
	return false;
}

/* The half of a CD that serves TTB0 (half 0) or TTB1. */
static bool half_illegal(const walk *w, unsigned half, const char **why)
{
	const refwalk_ids *id = w->id;
	unsigned tsz = (unsigned)(half ? CD(w, 21, 16) : CD(w, 5, 0));
	unsigned tg = (unsigned)(half ? CD(w, 23, 22) : CD(w, 7, 6));
	uint64_t ttb = (half ? CD(w, 179, 132) : CD(w, 115, 68)) << 4; /* [51:4]: CD-31 */
	unsigned granule = ref_granule(id, tg, half);
	bool ds = id->DS && CD(w, 186, 186) && granule != 16;
	unsigned max = !id->STT ? 39 : granule == 16 ? 47 : 48;
	unsigned min = id->VAX >= 1 && (granule == 16 || ds) ? 12 : 16;

	if (ref_s1_lpae(w)) {
		RULE(ttb >> 40, half ? "CD-22" : "CD-20");
		return false;
	}
	RULE(granule == 0, half ? "CD-19" : "CD-18");
	RULE(tsz > max, half ? "CD-17" : "CD-15");
	RULE(tsz < min, half ? "CD-17" : "CD-16");
	RULE(ttb >> ref_effective_size(id, (unsigned)CD(w, 34, 32)), half ? "CD-22" : "CD-20");
	RULE(granule != 16 && !ds && ttb >> 48, half ? "CD-22" : "CD-21");
	return false;
}

bool ref_cd_illegal(const walk *w, const char **why)
{
	const refwalk_ids *id = w->id;
	bool epd0 = !w->single && CD(w, 14, 14);
	bool epd1 = w->single || CD(w, 30, 30);
	bool has_asid = !w->single, lpae = ref_s1_lpae(w);
	bool el2 = STE(w, 3, 1) == 5 && id->Hyp && STE(w, 95, 94) == 2;

	RULE(!CD(w, 31, 31), "CD-01");
	RULE(STE(w, 91, 91) && CD(w, 44, 44), "CD-02");
	RULE(id->TERM_MODEL && !CD(w, 46, 46), "CD-03");
	RULE(id->STALL_MODEL == 1 && CD(w, 44, 44), "CD-04");
	RULE(id->STALL_MODEL == 2 && !CD(w, 44, 44), "CD-05");
	RULE(!(epd0 && epd1) && wrong_endian(id, CD(w, 15, 15)), "CD-06");
	RULE(lpae && !(id->TTF & 1), "CD-07");
	RULE(lpae && el2 && !w->single, "CD-08");
	RULE(!lpae && !(id->TTF & 2), "CD-09");
	RULE(!lpae && w->stage2 && ref_s2_lpae(w), "CD-10");
	RULE(!lpae && (CD(w, 43, 43) || CD(w, 42, 42)) && id->HTTU == 0, "CD-11");
	RULE(!lpae && CD(w, 42, 42) && id->HTTU == 1, "CD-12");
	RULE(!lpae && CD(w, 67, 67) && !CD(w, 43, 43) && id->HTTU == 3, "CD-13");
	RULE(has_asid && !id->ASID16 && CD(w, 63, 56), "CD-14");
	if (ref_s1_indirect(w) && indirect_illegal(w, why))
		return true;
	if (!epd0 && half_illegal(w, 0, why))
		return true;
	return !epd1 && half_illegal(w, 1, why);
}
