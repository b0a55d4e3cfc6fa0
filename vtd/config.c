/* SPDX-License-Identifier: MIT */
/*
 * Capability registers as the configuration of a unit (11.4.2 Capability
 * Register, 11.4.3 Extended Capability Register).
 *
 * What a unit advertises is made consistent by one rule: a feature whose base
 * feature is absent is absent too, so its bit reads 0. Bits of features that
 * this model does not have (TDX Connect, execute requests, advanced fault
 * logging, isochrony and other withdrawn ones) and reserved bits read 0 as well.
 * Only values without any sensible reading are refused.
 */
#include "vtd/caps.h"

#include "core/layout.h"
#include "vtd/layouts/caps.h"
#include "vtd/perfmon.h"
#include "vtd/regs.h"

#include <string.h>

/* A named register of the configuration. */
typedef struct config_reg {
	const char *name;
	uint32_t offset;
	size_t field; /* in iom_vtd_config */
	unsigned bytes;
	const iom_layout *layout;
} config_reg;

#define AT(f) offsetof(iom_vtd_config, f)

static const config_reg config_regs[] = {
	{ "VER", VTD_VER, AT(ver), 4, &vtd_ver_layout },
	{ "CAP", VTD_CAP, AT(cap), 8, &vtd_cap_layout },
	{ "ECAP", VTD_ECAP, AT(ecap), 8, &vtd_ecap_layout },
	{ "VCCAP", VTD_VCCAP, AT(vccap), 8, &vtd_vccap_layout },
	{ "ECCAP0", VTD_ECCAP, AT(eccap[0]), 8, NULL },
	{ "ECCAP1", VTD_ECCAP + 8, AT(eccap[1]), 8, NULL },
	{ "ECCAP2", VTD_ECCAP + 16, AT(eccap[2]), 8, NULL },
	{ "ECCAP3", VTD_ECCAP + 24, AT(eccap[3]), 8, &vtd_eccap_3_layout },
	{ "PERFCAP", VTD_PERFCAP, AT(perfcap), 8, &vtd_perfcap_layout },
};

static uint64_t load(const iom_vtd_config *config, const config_reg *reg)
{
	const char *at = (const char *)config + reg->field;
	uint32_t v32;
	uint64_t v64;

	if (reg->bytes == 4) {
		memcpy(&v32, at, 4);
		return v32;
	}
	memcpy(&v64, at, 8);
	return v64;
}

static void store(iom_vtd_config *config, const config_reg *reg, uint64_t value)
{
	char *at = (char *)config + reg->field;
	uint32_t v32 = (uint32_t)value;

	if (reg->bytes == 4)
		memcpy(at, &v32, 4);
	else
		memcpy(at, &value, 8);
}

void iom_vtd_config_init(iom_vtd_config *config)
{
	memset(config, 0, sizeof(*config));
	config->size = sizeof(*config);
	config->ver = 0x50;
	config->haw = 52;

	uint64_t *cap = &config->cap;

	vtd_cap_set_ESRTPS(cap, 1);
	vtd_cap_set_ESIRTPS(cap, 1);
	vtd_cap_set_ECMDS(cap, 1);
	vtd_cap_set_FS5LP(cap, 1);
	vtd_cap_set_PI(cap, 1);
	vtd_cap_set_FS1GP(cap, 1);
	vtd_cap_set_DRD(cap, 1);
	vtd_cap_set_DWD(cap, 1);
	vtd_cap_set_MAMV(cap, 18);
	vtd_cap_set_NFR(cap, 7);
	vtd_cap_set_PSI(cap, 1);
	vtd_cap_set_SSLPS(cap, 3);
	vtd_cap_set_FRO(cap, 0x22);
	vtd_cap_set_ZLR(cap, 1);
	vtd_cap_set_MGAW(cap, 56);
	vtd_cap_set_SAGAW(cap, 0xe);
	vtd_cap_set_PHMR(cap, 1);
	vtd_cap_set_PLMR(cap, 1);
	vtd_cap_set_ND(cap, 6);

	/* all but what makes a unit insist on something (IRREQ, EIMER), or mark
	 * it as an emulated one (VCS) */
	config->ecap =
		VTD_ECAP_KNOWN & ~(UINT64_C(1) << 62 | UINT64_C(1) << 61 | UINT64_C(1) << 44);
	vtd_ecap_set_PSS(&config->ecap, 19);
	vtd_ecap_set_MHMV(&config->ecap, 15);
	vtd_ecap_set_IRO(&config->ecap, 0xf);

	config->vccap = 7;
	config->eccap[3] = UINT64_C(0x3f) << 48;

	uint64_t *perf = &config->perfcap;

	vtd_perfcap_set_NCNTR(perf, 8);
	vtd_perfcap_set_CW(perf, 48);
	vtd_perfcap_set_EGCNT(perf, VTD_PERF_GROUPS);
	vtd_perfcap_set_RIDFS(perf, 1);
	vtd_perfcap_set_DIDFS(perf, 1);
	vtd_perfcap_set_PASIDFS(perf, 1);
	vtd_perfcap_set_ATFS(perf, 1);
	vtd_perfcap_set_PTLFS(perf, 1);
	vtd_perfcap_set_PCCS(perf, 1);
	vtd_perfcap_set_IOS(perf, 1);
	vtd_perfcap_set_GFS(perf, 1);
	vtd_perfcap_set_CWE(perf, 1);

	iom_cache_config_preset(&config->cache, "default");
}

gboolean iom_vtd_config_set(iom_vtd_config *config, const char *name, uint64_t value,
			    GError **error)
{
	const char *dot = strchr(name, '.');
	size_t len = dot ? (size_t)(dot - name) : strlen(name);

	if (strcmp(name, "HAW") == 0) {
		if (value < 30 || value > 52) {
			g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
				    "HAW is %" G_GUINT64_FORMAT ", expected 30 to 52 bits", value);
			return FALSE;
		}
		config->haw = (uint8_t)value;
		return TRUE;
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(config_regs); i++) {
		const config_reg *reg = &config_regs[i];
		uint64_t word = load(config, reg);

		if (strlen(reg->name) != len || strncmp(reg->name, name, len) != 0)
			continue;
		if (!dot) {
			if (reg->bytes == 4 && value > UINT32_MAX)
				break;
			store(config, reg, value);
			return TRUE;
		}
		const iom_field *field = reg->layout ? iom_layout_find(reg->layout, dot + 1) : NULL;

		if (!field || field->kind != IOM_FIELD_USE)
			continue;
		if (value & ~iom_mask(field->width)) {
			g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
				    "%s is %#" G_GINT64_MODIFIER "x, expected at most %u bits",
				    name, value, field->width);
			return FALSE;
		}
		iom_field_set(field, &word, value << field->shift);
		store(config, reg, word);
		return TRUE;
	}
	g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
		    "%s is no setting of a VT-d unit; expected HAW, or a field such as CAP.MGAW of "
		    "VER, CAP, ECAP, VCCAP, ECCAP3 or PERFCAP",
		    name);
	return FALSE;
}

gboolean iom_vtd_config_set_register(iom_vtd_config *config, uint64_t offset, uint64_t value)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(config_regs); i++) {
		if (config_regs[i].offset == offset) {
			store(config, &config_regs[i], value);
			return TRUE;
		}
	}
	return FALSE;
}

/* Which bit needs which other one of the same or the other register. */
typedef struct dependency {
	uint8_t bit;
	uint8_t width;
	uint8_t needs; /* ECAP bit */
} dependency;

/* ECAP bits in an order in which one pass suffices. */
static const dependency ecap_needs[] = {
	{ 2, 1, 1 }, /* DT needs QI */
	{ 3, 1, 1 }, /* IR needs QI */
	{ 43, 1, 1 }, /* SMTS needs QI */
	{ 4, 1, 3 }, /* EIM needs IR */
	{ 20, 4, 3 }, /* MHMV needs IR */
	{ 62, 1, 3 }, /* IRREQ needs IR */
	{ 61, 1, 4 }, /* EIMER needs EIM */
	{ 48, 1, 43 }, /* SMPWCS, FSTS, SRS, PASID, PSS, RPS, MTS need SMTS */
	{ 47, 1, 43 }, { 31, 1, 43 }, { 40, 1, 43 }, { 35, 5, 43 },
	{ 49, 1, 43 }, { 25, 1, 43 }, { 45, 1, 48 }, /* SSADS needs SMPWCS */
	{ 34, 1, 47 }, /* EAFS needs FSTS and SMPWCS */
	{ 34, 1, 48 }, { 26, 1, 43 }, /* NEST needs SMTS, FSTS and SSTS */
	{ 26, 1, 47 }, { 26, 1, 46 }, { 29, 1, 2 }, /* PRS needs DT and SMTS */
	{ 29, 1, 43 }, { 58, 1, 29 }, /* SMS needs PRS */
	{ 42, 1, 2 }, /* PDS, DIT, NWFS need DT */
	{ 41, 1, 2 },  { 33, 1, 2 },  { 56, 1, 2 }, /* PTRS needs DT and PASID */
	{ 56, 1, 40 }, { 55, 1, 43 }, /* HPTS needs SMTS and DT */
	{ 55, 1, 2 },  { 59, 1, 55 }, /* HPT1GPS needs HPTS */
	{ 53, 1, 31 }, /* RPRIVS needs SRS */
	{ 57, 1, 46 }, /* SSIRWS needs SSTS */
};

void vtd_config_normalise(iom_vtd_config *config)
{
	uint64_t *cap = &config->cap;
	uint64_t *ecap = &config->ecap;

	*cap &= VTD_CAP_KNOWN;
	*ecap &= VTD_ECAP_KNOWN;
	for (unsigned i = 0; i < G_N_ELEMENTS(ecap_needs); i++) {
		const dependency *d = &ecap_needs[i];

		if (!(*ecap >> d->needs & 1))
			*ecap &= ~(iom_mask(d->width) << d->bit);
	}
	if (!vtd_cap_get_ECMDS(cap) || vtd_perfcap_get_NCNTR(&config->perfcap) == 0)
		vtd_ecap_set_PMS(ecap, 0);
	if (!vtd_ecap_get_PMS(ecap))
		config->eccap[3] = 0; /* every command is about counters */
	if (!vtd_ecap_get_FSTS(ecap)) {
		vtd_cap_set_FS5LP(cap, 0);
		vtd_cap_set_FS1GP(cap, 0);
	}
	if (!vtd_ecap_get_IR(ecap))
		vtd_cap_set_PI(cap, 0);
	if (vtd_ecap_get_SMTS(ecap))
		vtd_cap_set_RWBF(cap, 0);
	vtd_cap_set_SSLPS(cap, vtd_cap_get_SSLPS(cap) & 3);
	vtd_cap_set_SAGAW(cap, vtd_cap_get_SAGAW(cap) & 0xe);
	if (vtd_ver_get_MAX((uint64_t[]){ config->ver }) >= 2) {
		/* 6.5.1.2: draining is not optional from version 2 on */
		vtd_cap_set_DRD(cap, 1);
		vtd_cap_set_DWD(cap, 1);
	}
	config->ver &= 0xff;
	config->vccap &= 7;
	memset(config->eccap, 0, 3 * sizeof(config->eccap[0]));
	config->eccap[3] &= UINT64_C(0x3f) << 48;
	if (vtd_perfcap_get_EGCNT(&config->perfcap) > VTD_PERF_GROUPS)
		vtd_perfcap_set_EGCNT(&config->perfcap, VTD_PERF_GROUPS);
	config->perfcap &= VTD_PERFCAP_KNOWN;
}

bool vtd_config_check(const iom_vtd_config *config, GError **error)
{
	const char *what = NULL;
	uint64_t cap = config->cap, ecap = config->ecap, perf = config->perfcap;

	if (config->haw < 30 || config->haw > 52)
		what = "HAW must be 30 to 52 bits";
	else if (vtd_cap_get_ND(&cap) == 7)
		what = "CAP.ND 7 is reserved";
	else if (vtd_cap_get_SSLPS(&cap) == 2)
		what = "CAP.SSLPS offers 1 GiB pages without 2 MiB pages";
	else if (vtd_cap_get_MGAW(&cap) > 56)
		what = "CAP.MGAW is beyond 57 bits";
	else if (vtd_cap_get_MGAW(&cap) < 29)
		what = "CAP.MGAW is below 30 bits";
	else if (vtd_ecap_get_PSS(&ecap) > 19)
		what = "ECAP.PSS is beyond 20 bits";
	else if (vtd_ecap_get_PMS(&ecap) && vtd_perfcap_get_NCNTR(&perf) > 16)
		what = "PERFCAP.NCNTR is beyond the 16 counters of the model";
	else if (vtd_ecap_get_PMS(&ecap) &&
		 (vtd_perfcap_get_CW(&perf) == 0 || vtd_perfcap_get_CW(&perf) > 64))
		what = "PERFCAP.CW must be 1 to 64 bits";
	if (!what)
		return true;
	g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG, "VT-d configuration: %s", what);
	return false;
}

void vtd_caps_decode(vtd_caps *caps, const iom_vtd_config *config)
{
	const uint64_t *cap = &config->cap, *ecap = &config->ecap;
	uint64_t ver = config->ver;

	memset(caps, 0, sizeof(*caps));
	caps->major = (uint8_t)vtd_ver_get_MAX(&ver);
	caps->haw = config->haw;
	caps->mgaw = (uint8_t)(vtd_cap_get_MGAW(cap) + 1);
	caps->sagaw = (uint8_t)vtd_cap_get_SAGAW(cap);
	caps->nd = (uint8_t)(4 + 2 * vtd_cap_get_ND(cap));
	caps->pss = (uint8_t)(vtd_ecap_get_PSS(ecap) + 1);
	caps->mamv = (uint8_t)vtd_cap_get_MAMV(cap);
	caps->mhmv = (uint8_t)vtd_ecap_get_MHMV(ecap);
	caps->n_frcd = (uint16_t)(vtd_cap_get_NFR(cap) + 1);
	caps->frcd = 16 * (uint32_t)vtd_cap_get_FRO(cap);
	caps->iva = 16 * (uint32_t)vtd_ecap_get_IRO(ecap);
	caps->ss2m = vtd_cap_get_SSLPS(cap) & 1;
	caps->ss1g = vtd_cap_get_SSLPS(cap) >> 1 & 1;
	/* 11.4.7.6: FI is kept up to the largest address that can be translated */
	caps->fi_bits = 39;
	if (caps->sagaw & 4 || !caps->sagaw || vtd_ecap_get_FSTS(ecap))
		caps->fi_bits = 48;
	if (caps->sagaw & 8 || vtd_cap_get_FS5LP(cap))
		caps->fi_bits = 57;
#define CAP_BIT(field, name) caps->field = vtd_cap_get_##name(cap) != 0
#define ECAP_BIT(field, name) caps->field = vtd_ecap_get_##name(ecap) != 0
	CAP_BIT(esrtps, ESRTPS);
	CAP_BIT(esirtps, ESIRTPS);
	CAP_BIT(ecmds, ECMDS);
	CAP_BIT(fs5lp, FS5LP);
	CAP_BIT(pi, PI);
	CAP_BIT(fs1gp, FS1GP);
	CAP_BIT(psi, PSI);
	CAP_BIT(zlr, ZLR);
	CAP_BIT(cm, CM);
	CAP_BIT(phmr, PHMR);
	CAP_BIT(plmr, PLMR);
	CAP_BIT(rwbf, RWBF);
	ECAP_BIT(irreq, IRREQ);
	ECAP_BIT(eimer, EIMER);
	ECAP_BIT(rdts, RDTS);
	ECAP_BIT(hpt1gps, HPT1GPS);
	ECAP_BIT(sms, SMS);
	ECAP_BIT(ssirws, SSIRWS);
	ECAP_BIT(ptrs, PTRS);
	ECAP_BIT(hpts, HPTS);
	ECAP_BIT(rprivs, RPRIVS);
	ECAP_BIT(adms, ADMS);
	ECAP_BIT(pms, PMS);
	ECAP_BIT(rps, RPS);
	ECAP_BIT(smpwcs, SMPWCS);
	ECAP_BIT(fsts, FSTS);
	ECAP_BIT(ssts, SSTS);
	ECAP_BIT(ssads, SSADS);
	ECAP_BIT(vcs, VCS);
	ECAP_BIT(smts, SMTS);
	ECAP_BIT(pds, PDS);
	ECAP_BIT(dit, DIT);
	ECAP_BIT(pasid, PASID);
	ECAP_BIT(eafs, EAFS);
	ECAP_BIT(nwfs, NWFS);
	ECAP_BIT(srs, SRS);
	ECAP_BIT(prs, PRS);
	ECAP_BIT(nest, NEST);
	ECAP_BIT(mts, MTS);
	ECAP_BIT(sc, SC);
	ECAP_BIT(pt, PT);
	ECAP_BIT(eim, EIM);
	ECAP_BIT(ir, IR);
	ECAP_BIT(dt, DT);
	ECAP_BIT(qi, QI);
#undef CAP_BIT
#undef ECAP_BIT
}
