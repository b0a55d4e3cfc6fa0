/* SPDX-License-Identifier: MIT */
/* Random units: everything on, some features taken away, the dependencies kept. */
#include "tests/conformance/vtd-generate.h"

void vtd_random_seed(vtd_random *rnd, uint64_t seed)
{
	rnd->state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
}

/* splitmix64 */
uint64_t vtd_random_word(vtd_random *rnd)
{
	uint64_t z = rnd->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

unsigned vtd_random_below(vtd_random *rnd, unsigned n)
{
	return (unsigned)((vtd_random_word(rnd) >> 32) * n >> 32);
}

bool vtd_random_chance(vtd_random *rnd, unsigned percent)
{
	return vtd_random_below(rnd, 100) < percent;
}

#define BIT(n) (UINT64_C(1) << (n))

enum {
	CAP_PI = 59,
	CAP_FS5LP = 60,
	CAP_FS1GP = 56,
	CAP_ZLR = 22,
	CAP_CM = 7,
	CAP_PSI = 39,
	ECAP_QI = 1,
	ECAP_DT = 2,
	ECAP_IR = 3,
	ECAP_EIM = 4,
	ECAP_PT = 6,
	ECAP_SC = 7,
	ECAP_MTS = 25,
	ECAP_NEST = 26,
	ECAP_PRS = 29,
	ECAP_SRS = 31,
	ECAP_NWFS = 33,
	ECAP_EAFS = 34,
	ECAP_PASID = 40,
	ECAP_DIT = 41,
	ECAP_PDS = 42,
	ECAP_SMTS = 43,
	ECAP_SSADS = 45,
	ECAP_SSTS = 46,
	ECAP_FSTS = 47,
	ECAP_SMPWCS = 48,
	ECAP_RPS = 49,
	ECAP_ADMS = 52,
	ECAP_RPRIVS = 53,
	ECAP_HPTS = 55,
	ECAP_PTRS = 56,
	ECAP_SSIRWS = 57,
	ECAP_SMS = 58,
	ECAP_HPT1GPS = 59,
	ECAP_EIMER = 61,
	ECAP_IRREQ = 62,
};

/* "0 if X=0" of register_fields.tsv, in an order that settles in one pass. */
void vtd_settle_capabilities(iom_vtd_case *c)
{
	static const struct {
		unsigned without;
		uint64_t gone;
	} rules[] = {
		{ ECAP_QI, BIT(ECAP_SMTS) | BIT(ECAP_DT) | BIT(ECAP_IR) },
		{ ECAP_SMTS, BIT(ECAP_PASID) | BIT(ECAP_FSTS) | BIT(ECAP_SMPWCS) | BIT(ECAP_RPS) |
				     BIT(ECAP_PRS) | BIT(ECAP_NEST) | BIT(ECAP_MTS) |
				     BIT(ECAP_SRS) | BIT(ECAP_HPTS) | UINT64_C(0x1f) << 35 },
		{ ECAP_DT, BIT(ECAP_PRS) | BIT(ECAP_PDS) | BIT(ECAP_DIT) | BIT(ECAP_NWFS) |
				   BIT(ECAP_PTRS) | BIT(ECAP_HPTS) },
		{ ECAP_FSTS, BIT(ECAP_NEST) | BIT(ECAP_EAFS) },
		{ ECAP_SSTS, BIT(ECAP_NEST) | BIT(ECAP_SSIRWS) | BIT(ECAP_SSADS) },
		{ ECAP_SMPWCS, BIT(ECAP_SSADS) | BIT(ECAP_EAFS) },
		{ ECAP_SRS, BIT(ECAP_RPRIVS) },
		{ ECAP_PASID, BIT(ECAP_PTRS) },
		{ ECAP_HPTS, BIT(ECAP_HPT1GPS) },
		{ ECAP_PRS, BIT(ECAP_SMS) },
		{ ECAP_IR, BIT(ECAP_EIM) | UINT64_C(0xf) << 20 | BIT(ECAP_IRREQ) },
		{ ECAP_EIM, BIT(ECAP_EIMER) },
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(rules); i++) {
		if (!(c->ecap & BIT(rules[i].without)))
			c->ecap &= ~rules[i].gone;
	}
	if (!(c->ecap & BIT(ECAP_FSTS)))
		c->cap &= ~(BIT(CAP_FS5LP) | BIT(CAP_FS1GP));
	if (!(c->ecap & BIT(ECAP_IR)))
		c->cap &= ~BIT(CAP_PI);
}

static void set_field(uint64_t *word, unsigned lsb, unsigned width, uint64_t value)
{
	uint64_t mask = (BIT(width) - 1) << lsb;

	*word = (*word & ~mask) | (value << lsb & mask);
}

void vtd_generate_unit(vtd_random *rnd, iom_vtd_case *c)
{
	static const uint8_t haws[] = { 46, 46, 46, 39, 42, 48, 52, 52 };
	static const uint8_t ecap_features[] = {
		ECAP_DT,   ECAP_PT,     ECAP_SC,      ECAP_MTS,   ECAP_NEST,   ECAP_PRS,
		ECAP_SRS,  ECAP_NWFS,   ECAP_EAFS,    ECAP_PASID, ECAP_SSADS,  ECAP_SSTS,
		ECAP_FSTS, ECAP_SMPWCS, ECAP_RPS,     ECAP_ADMS,  ECAP_RPRIVS, ECAP_HPTS,
		ECAP_PTRS, ECAP_SSIRWS, ECAP_HPT1GPS, ECAP_EIM,
	};
	static const uint8_t cap_features[] = { CAP_PI, CAP_FS5LP, CAP_FS1GP, CAP_ZLR };
	static const uint8_t sslps[] = { 0, 1, 3, 3, 3, 3 };
	static const uint8_t nds[] = { 6, 6, 6, 2, 4, 5 };
	static const uint8_t vers[] = { 0x50, 0x50, 0x50, 0x60, 0x70, 0x80, 0x51, 0x20 };

	c->ver = 0x50;
	c->haw = 46;
	c->cap = UINT64_C(0xD9D2078C22780E06);
	c->ecap = UINT64_C(0x0033EF9EA4F00FDF);
	if (vtd_random_chance(rnd, 15))
		return;
	c->ver = vers[vtd_random_below(rnd, G_N_ELEMENTS(vers))];
	c->haw = haws[vtd_random_below(rnd, G_N_ELEMENTS(haws))];
	c->ecap |= BIT(ECAP_SSIRWS) | BIT(ECAP_HPTS) | BIT(ECAP_HPT1GPS) | BIT(ECAP_PTRS);
	for (unsigned i = 0; i < G_N_ELEMENTS(ecap_features); i++) {
		if (vtd_random_chance(rnd, 8))
			c->ecap &= ~BIT(ecap_features[i]);
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(cap_features); i++) {
		if (vtd_random_chance(rnd, 12))
			c->cap &= ~BIT(cap_features[i]);
	}
	if (vtd_random_chance(rnd, 4))
		c->ecap &= ~BIT(ECAP_SMTS);
	if (vtd_random_chance(rnd, 10))
		c->ecap |= BIT(vtd_random_chance(rnd, 50) ? ECAP_IRREQ : ECAP_EIMER);
	if (vtd_random_chance(rnd, 20))
		c->cap |= BIT(CAP_CM);
	if (vtd_random_chance(rnd, 40))
		set_field(&c->cap, 8, 5, (1 + vtd_random_below(rnd, 7)) << 1);
	set_field(&c->cap, 34, 4, sslps[vtd_random_below(rnd, G_N_ELEMENTS(sslps))]);
	set_field(&c->cap, 0, 3, nds[vtd_random_below(rnd, G_N_ELEMENTS(nds))]);
	set_field(&c->cap, 40, 8, vtd_random_below(rnd, 4));
	/* MGAW is at least HAW. */
	set_field(&c->cap, 16, 6,
		  vtd_random_chance(rnd, 50) ? 56
					     : c->haw - 1 + vtd_random_below(rnd, 58u - c->haw));
	if (vtd_random_chance(rnd, 15))
		set_field(&c->ecap, 35, 5, 5 + vtd_random_below(rnd, 15));
	vtd_settle_capabilities(c);
	/* Without a second stage there is no AGAW from major revision 6 on. */
	if (!(c->ecap & BIT(ECAP_SSTS)) && c->ver >= 0x60)
		set_field(&c->cap, 8, 5, 0);
}
