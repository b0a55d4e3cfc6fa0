/* SPDX-License-Identifier: MIT */
/*
 * 11.4 Register Descriptions: which registers a unit has, their reset values
 * and what software may change. Registers that the capabilities do not announce
 * read zero and ignore writes.
 */
#include "vtd/regs.h"

#include "core/layout.h"
#include "vtd/layouts/caps.h"
#include "vtd/layouts/registers.h"
#include "vtd/perfmon.h"

#include <string.h>

/* When a register exists. */
typedef enum need {
	ALWAYS,
	QI,
	IR,
	PRS,
	PLMR,
	PHMR,
	MTS,
	PMS,
	ECMDS,
	VCS,
	RDTS,
} need;

#define ADDRESS_4K UINT64_C(0xfffffffffffff000) /* narrowed to HAW below */

typedef struct reg_row {
	uint32_t offset;
	const iom_layout *layout;
	need need;
	uint64_t reset;
	uint64_t writable;
	uint64_t clear;
} reg_row;

static const reg_row rows[] = {
	{ VTD_VER, &vtd_ver_layout, ALWAYS, 0, 0, 0 },
	{ VTD_CAP, &vtd_cap_layout, ALWAYS, 0, 0, 0 },
	{ VTD_ECAP, &vtd_ecap_layout, ALWAYS, 0, 0, 0 },
	{ VTD_GCMD, &vtd_gcmd_layout, ALWAYS, 0, 0, 0 },
	{ VTD_GSTS, &vtd_gsts_layout, ALWAYS, 0, 0, 0 },
	{ VTD_RTADDR, &vtd_rtaddr_layout, ALWAYS, 0, ADDRESS_4K | 0xc80, 0 },
	{ VTD_CCMD, &vtd_ccmd_layout, ALWAYS, 0, UINT64_C(0xe0000003ffffffff), 0 },
	{ VTD_FSTS, &vtd_fsts_layout, ALWAYS, 0, 0,
	  VTD_FSTS_PFO | VTD_FSTS_IQE | VTD_FSTS_ICE | VTD_FSTS_ITE },
	{ VTD_FECTL, &vtd_fectl_layout, ALWAYS, VTD_CTL_IM, VTD_CTL_IM, 0 },
	{ VTD_FEDATA, &vtd_fedata_layout, ALWAYS, 0, 0xffff, 0 },
	{ VTD_FEADDR, &vtd_feaddr_layout, ALWAYS, 0, 0xfffffffc, 0 },
	{ VTD_FEUADDR, &vtd_feuaddr_layout, ALWAYS, 0, 0xffffffff, 0 },
	{ VTD_PMEN, &vtd_pmen_layout, PLMR, 0, 1u << 31, 0 },
	{ VTD_PMEN, &vtd_pmen_layout, PHMR, 0, 1u << 31, 0 },
	{ VTD_PLMBASE, NULL, PLMR, 0, 0xffe00000, 0 },
	{ VTD_PLMLIMIT, NULL, PLMR, 0, 0xffe00000, 0 },
	{ VTD_PHMBASE, NULL, PHMR, 0, UINT64_C(0xffffffffffe00000), 0 },
	{ VTD_PHMLIMIT, NULL, PHMR, 0, UINT64_C(0xffffffffffe00000), 0 },
	{ VTD_IQH, &vtd_iqh_layout, QI, 0, 0, 0 },
	{ VTD_IQT, &vtd_iqt_layout, QI, 0, 0x7fff0, 0 },
	{ VTD_IQA, &vtd_iqa_layout, QI, 0, ADDRESS_4K | 0x807, 0 },
	{ VTD_ICS, &vtd_ics_layout, QI, 0, 0, 1 },
	{ VTD_IECTL, &vtd_iectl_layout, QI, VTD_CTL_IM, VTD_CTL_IM, 0 },
	{ VTD_IEDATA, &vtd_iedata_layout, QI, 0, 0xffff, 0 },
	{ VTD_IEADDR, &vtd_ieaddr_layout, QI, 0, 0xfffffffc, 0 },
	{ VTD_IEUADDR, &vtd_ieuaddr_layout, QI, 0, 0xffffffff, 0 },
	{ VTD_IQERCD, &vtd_iqercd_layout, QI, 0, 0, 0 },
	{ VTD_IRTA, &vtd_irta_layout, IR, 0, ADDRESS_4K | 0x80f, 0 },
	{ VTD_PQH, &vtd_pqh_layout, PRS, 0, 0x7ffe0, 0 },
	{ VTD_PQT, &vtd_pqt_layout, PRS, 0, 0x7ffe0, 0 },
	{ VTD_PQA, &vtd_pqa_layout, PRS, 0, ADDRESS_4K | 7, 0 },
	{ VTD_PRS, &vtd_prs_layout, PRS, 0, 0, 3 },
	{ VTD_PECTL, &vtd_pectl_layout, PRS, VTD_CTL_IM, VTD_CTL_IM, 0 },
	{ VTD_PEDATA, &vtd_pedata_layout, PRS, 0, 0xffff, 0 },
	{ VTD_PEADDR, &vtd_peaddr_layout, PRS, 0, 0xfffffffc, 0 },
	{ VTD_PEUADDR, &vtd_peuaddr_layout, PRS, 0, 0xffffffff, 0 },
	{ VTD_MTRRCAP, &vtd_mtrrcap_layout, MTS, 1u << 10 | 1u << 8 | VTD_MTRR_VARIABLE, 0, 0 },
	{ VTD_MTRRDEF, &vtd_mtrrdef_layout, MTS, 0, 0xcff, 0 },
	{ VTD_PERFCAP, &vtd_perfcap_layout, PMS, 0, 0, 0 },
	{ VTD_PERFCFGOFF, NULL, PMS, 0, 0, 0 },
	{ VTD_PERFFRZOFF, NULL, PMS, 0, 0, 0 },
	{ VTD_PERFOVFOFF, NULL, PMS, 0, 0, 0 },
	{ VTD_PERFCNTROFF, NULL, PMS, 0, 0, 0 },
	{ VTD_PERFINTRSTS, &vtd_perfintrsts_layout, PMS, 0, 0, 1 },
	{ VTD_PERFINTRCTL, &vtd_perfintrctl_layout, PMS, VTD_CTL_IM, VTD_CTL_IM, 0 },
	{ VTD_PERFINTRDATA, &vtd_perfintrdata_layout, PMS, 0, 0xffff, 0 },
	{ VTD_PERFINTRADDR, &vtd_perfintraddr_layout, PMS, 0, 0xfffffffc, 0 },
	{ VTD_PERFINTRUADDR, &vtd_perfintruaddr_layout, PMS, 0, 0xffffffff, 0 },
	{ VTD_ECMD, &vtd_ecmd_layout, ECMDS, 0, UINT64_MAX, 0 },
	{ VTD_ECEO, &vtd_eceo_layout, ECMDS, 0, UINT64_MAX, 0 },
	{ VTD_ECRSP, &vtd_ecrsp_layout, ECMDS, 0, 0, 0 },
	{ VTD_ECCAP + 24, &vtd_eccap_3_layout, ECMDS, 0, 0, 0 },
	{ VTD_RDTC, &vtd_rdtc_layout, RDTS, 0, UINT64_C(0x1f00000fff), 0 },
	{ VTD_VCMD, &vtd_vcmd_layout, VCS, 0, UINT64_C(0xffffffffffff00ff), 0 },
	{ VTD_VCMD_EO, &vtd_vcmd_eo_layout, VCS, 0, UINT64_MAX, 0 },
	{ VTD_VCRSP, &vtd_vcrsp_layout, VCS, 0, 0, 0 },
	{ VTD_VCCAP, &vtd_vccap_layout, VCS, 0, 0, 0 },
};

/* Names and widths of registers that have no fields worth a layout. */
static const struct {
	uint32_t offset;
	const char *name;
	uint8_t bits;
} plain[] = {
	{ VTD_PLMBASE, "PLMBASE_REG", 32 },       { VTD_PLMLIMIT, "PLMLIMIT_REG", 32 },
	{ VTD_PHMBASE, "PHMBASE_REG", 64 },       { VTD_PHMLIMIT, "PHMLIMIT_REG", 64 },
	{ VTD_PERFCFGOFF, "PERFCFGOFF_REG", 32 }, { VTD_PERFFRZOFF, "PERFFRZOFF_REG", 32 },
	{ VTD_PERFOVFOFF, "PERFOVFOFF_REG", 32 }, { VTD_PERFCNTROFF, "PERFCNTROFF_REG", 32 },
};

static bool present(need what, const vtd_caps *caps)
{
	switch (what) {
	case ALWAYS:
		return true;
	case QI:
		return caps->qi;
	case IR:
		return caps->ir;
	case PRS:
		return caps->prs;
	case PLMR:
		return caps->plmr;
	case PHMR:
		return caps->phmr;
	case MTS:
		return caps->mts;
	case PMS:
		return caps->pms;
	case ECMDS:
		return caps->ecmds;
	case VCS:
		return caps->vcs;
	case RDTS:
		return caps->rdts;
	}
	return false;
}

static void put64(uint32_t *words, uint32_t offset, unsigned bits, uint64_t value)
{
	words[offset / 4] = (uint32_t)value;
	if (bits > 32)
		words[offset / 4 + 1] = (uint32_t)(value >> 32);
}

/* False if something lies there already. */
static bool add(vtd_regs *regs, uint32_t offset, const char *name, const iom_layout *layout,
		unsigned bits, uint64_t reset, uint64_t writable, uint64_t clear)
{
	for (unsigned i = 0; i < bits / 32; i++) {
		const vtd_reg *old = vtd_regs_find(regs, offset + 4 * i);

		if (old && old->offset != offset)
			return false;
	}
	if (regs->index[offset / 4])
		return true; /* announced by two capabilities */
	regs->regs[regs->n_regs++] = (vtd_reg){ offset, (uint8_t)bits, name, layout };
	for (unsigned i = 0; i < bits / 32; i++)
		regs->index[offset / 4 + i] = (uint16_t)regs->n_regs;
	put64(regs->reset, offset, bits, reset);
	put64(regs->writable, offset, bits, writable);
	put64(regs->clear, offset, bits, clear);
	return true;
}

static void add_row(vtd_regs *regs, const reg_row *row)
{
	const char *name = row->layout ? row->layout->name : NULL;
	unsigned bits = row->layout ? row->layout->bits : 0;

	for (unsigned i = 0; i < G_N_ELEMENTS(plain) && !row->layout; i++) {
		if (plain[i].offset == row->offset) {
			name = plain[i].name;
			bits = plain[i].bits;
		}
	}
	add(regs, row->offset, name, row->layout, bits, row->reset, row->writable, row->clear);
}

static void add_mtrrs(vtd_regs *regs, uint64_t address)
{
	static const char *const fixed[] = {
		"MTRR_FIX64K_00000_REG", "MTRR_FIX16K_80000_REG", "MTRR_FIX16K_A0000_REG",
		"MTRR_FIX4K_C0000_REG",  "MTRR_FIX4K_C8000_REG",  "MTRR_FIX4K_D0000_REG",
		"MTRR_FIX4K_D8000_REG",  "MTRR_FIX4K_E0000_REG",  "MTRR_FIX4K_E8000_REG",
		"MTRR_FIX4K_F0000_REG",  "MTRR_FIX4K_F8000_REG",
	};

	for (uint32_t i = 0; i < G_N_ELEMENTS(fixed); i++)
		add(regs, VTD_MTRR_FIX64K + 8 * i, fixed[i], &vtd_mtrr_fixn_layout, 64, 0,
		    UINT64_MAX, 0);
	for (uint32_t i = 0; i < VTD_MTRR_VARIABLE; i++) {
		add(regs, VTD_MTRR_PHYSBASE0 + 16 * i, "MTRR_PHYSBASEn_REG",
		    &vtd_mtrr_physbasen_layout, 64, 0, address | 0xff, 0);
		add(regs, VTD_MTRR_PHYSBASE0 + 16 * i + 8, "MTRR_PHYSMASKn_REG",
		    &vtd_mtrr_physmaskn_layout, 64, 0, address | 0x800, 0);
	}
}

/* 11.4.13.21 and 22: every counter can count every event. */
static void add_counter_caps(vtd_regs *regs, uint32_t base, uint64_t perfcap)
{
	uint32_t groups = (uint32_t)vtd_perfcap_get_EGCNT(&perfcap);
	uint64_t cap = 0;

	vtd_perfcntrcap_set_PCC(&cap, 1);
	vtd_perfcntrcap_set_CW(&cap, vtd_perfcap_get_CW(&perfcap));
	vtd_perfcntrcap_set_IOS(&cap, vtd_perfcap_get_IOS(&perfcap));
	vtd_perfcntrcap_set_GFS(&cap, vtd_perfcap_get_GFS(&perfcap));
	vtd_perfcntrcap_set_EGCNT(&cap, groups);
	add(regs, base, "PERFCNTRCAP_REG", &vtd_perfcntrcap_layout, 32, cap, 0, 0);
	for (uint32_t g = 0; g < groups; g++) {
		uint64_t events = 0;

		vtd_perfcntrevcap_set_EGI(&events, g);
		vtd_perfcntrevcap_set_ES(&events, vtd_perfmon_events(g));
		add(regs, base + 4 + 4 * g, "PERFCNTREVCAP_REG", &vtd_perfcntrevcap_layout, 32,
		    events, 0, 0);
	}
}

/* 11.4.13: the blocks that PERFxxxOFF point to lie behind everything else. */
static void add_perfmon(vtd_regs *regs, const iom_vtd_config *config)
{
	uint64_t cap = config->perfcap;
	unsigned n = (unsigned)vtd_perfcap_get_NCNTR(&cap);
	uint32_t stride = 1u << (vtd_perfcap_get_CS(&cap) + 10);

	for (uint32_t g = 0; g < vtd_perfcap_get_EGCNT(&cap); g++)
		add(regs, VTD_PERFEVNTCAP + 8 * g, "PERFEVNTCAP_REG", &vtd_perfevntcap_layout, 64,
		    vtd_perfmon_events(g), 0, 0);
	add(regs, regs->perf_freeze, "PERFFRZSTS_REG", NULL, 64, 0, 0, 0);
	add(regs, regs->perf_overflow, "PERFOVFSTS_REG", NULL, 64, 0, 0, UINT64_MAX);
	for (uint32_t c = 0; c < n; c++) {
		uint32_t base = regs->perf_config + 0x100 * c;

		add(regs, base, "PERFCNTRCFG_REG", &vtd_perfcntrcfg_layout, 64, 0, 0, 0);
		if (vtd_perfcap_get_RIDFS(&cap))
			add(regs, base + 0x08, "PERFCNTR_RIDFLTR_REG", &vtd_perfcntr_ridfltr_layout,
			    32, 0, 0, 0);
		if (vtd_perfcap_get_DIDFS(&cap))
			add(regs, base + 0x0c, "PERFCNTR_DIDFLTR_REG", &vtd_perfcntr_didfltr_layout,
			    32, 0, 0, 0);
		if (vtd_perfcap_get_PASIDFS(&cap))
			add(regs, base + 0x10, "PERFCNTR_PASIDFLTR_REG",
			    &vtd_perfcntr_pasidfltr_layout, 32, 0, 0, 0);
		if (vtd_perfcap_get_ATFS(&cap))
			add(regs, base + 0x14, "PERFCNTR_ATFLTR_REG", &vtd_perfcntr_atfltr_layout,
			    32, 0, 0, 0);
		if (vtd_perfcap_get_PTLFS(&cap))
			add(regs, base + 0x18, "PERFCNTR_PTLFLTR_REG", &vtd_perfcntr_ptlfltr_layout,
			    32, 0, 0, 0);
		if (vtd_perfcap_get_PCCS(&cap))
			add_counter_caps(regs, base + 0x80, cap);
		add(regs, regs->perf_counters + stride * c, "PERFCNTR_REG", NULL, 64, 0, 0, 0);
	}
}

static void size_frame(vtd_regs *regs, const vtd_caps *caps, const iom_vtd_config *config)
{
	uint32_t end = MAX(caps->frcd + 16u * caps->n_frcd, caps->iva + 16);

	end = MAX((end + 0xfff) & ~0xfffu, 0x1000u);
	if (caps->pms) {
		uint64_t cap = config->perfcap;
		uint32_t n = (uint32_t)vtd_perfcap_get_NCNTR(&cap);
		uint32_t stride = 1u << (vtd_perfcap_get_CS(&cap) + 10);

		regs->perf_config = end;
		regs->perf_freeze = end + 0x100 * n;
		regs->perf_overflow = regs->perf_freeze + 0x40;
		regs->perf_counters = (regs->perf_overflow + 0x40 + stride - 1) & ~(stride - 1);
		end = (regs->perf_counters + stride * n + 0xfff) & ~0xfffu;
	}
	regs->size = end;
}

/* Bits that exist only with their capability. */
static void narrow(vtd_regs *regs, const vtd_caps *caps)
{
	static const uint32_t addresses[] = { VTD_RTADDR, VTD_IQA,     VTD_IRTA,
					      VTD_PQA,    VTD_PHMBASE, VTD_PHMLIMIT };
	uint64_t haw = iom_mask(caps->haw);

	for (unsigned i = 0; i < G_N_ELEMENTS(addresses); i++)
		put64(regs->writable, addresses[i], 64,
		      (regs->writable[addresses[i] / 4] |
		       (uint64_t)regs->writable[addresses[i] / 4 + 1] << 32) &
			      haw);
	if (!caps->ssirws)
		regs->writable[VTD_RTADDR / 4] &= ~0x80u;
	if (!caps->eim)
		regs->writable[VTD_IRTA / 4] &= ~0x800u;
	if (!caps->qi)
		regs->clear[VTD_FSTS / 4] &= ~(uint32_t)VTD_FSTS_IQE;
	if (!caps->dt)
		regs->clear[VTD_FSTS / 4] &= ~(uint32_t)(VTD_FSTS_ICE | VTD_FSTS_ITE);
}

static void set_constants(vtd_regs *regs, const vtd_caps *caps, const iom_vtd_config *config)
{
	put64(regs->reset, VTD_VER, 32, config->ver);
	put64(regs->reset, VTD_CAP, 64, config->cap);
	put64(regs->reset, VTD_ECAP, 64, config->ecap);
	if (caps->vcs)
		put64(regs->reset, VTD_VCCAP, 64, config->vccap);
	if (caps->ecmds)
		put64(regs->reset, VTD_ECCAP + 24, 64, config->eccap[3]);
	if (caps->pms) {
		put64(regs->reset, VTD_PERFCAP, 64, config->perfcap);
		put64(regs->reset, VTD_PERFCFGOFF, 32, regs->perf_config);
		put64(regs->reset, VTD_PERFFRZOFF, 32, regs->perf_freeze);
		put64(regs->reset, VTD_PERFOVFOFF, 32, regs->perf_overflow);
		put64(regs->reset, VTD_PERFCNTROFF, 32, regs->perf_counters);
	}
}

bool vtd_regs_init(vtd_regs *regs, const vtd_caps *caps, const iom_vtd_config *config,
		   GError **error)
{
	bool ok = true;

	memset(regs, 0, sizeof(*regs));
	size_frame(regs, caps, config);
	regs->value = g_new0(uint32_t, regs->size / 4);
	regs->reset = g_new0(uint32_t, regs->size / 4);
	regs->writable = g_new0(uint32_t, regs->size / 4);
	regs->clear = g_new0(uint32_t, regs->size / 4);
	regs->index = g_new0(uint16_t, regs->size / 4);
	regs->regs = g_new0(vtd_reg, regs->size / 4);
	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (present(rows[i].need, caps))
			add_row(regs, &rows[i]);
	}
	if (caps->mts)
		add_mtrrs(regs, iom_mask(caps->haw) & ADDRESS_4K);
	narrow(regs, caps);
	if (caps->pms)
		add_perfmon(regs, config);
	ok = ok && add(regs, caps->iva, "IVA_REG", &vtd_iva_layout, 64, 0,
		       UINT64_C(0xfffffffffffff07f), 0);
	ok = ok && add(regs, caps->iva + 8, "IOTLB_REG", &vtd_iotlb_layout, 64, 0,
		       UINT64_C(0xb003ffff00000000), 0);
	for (uint32_t n = 0; ok && n < caps->n_frcd; n++) {
		uint32_t at = caps->frcd + 16 * n;

		ok = add(regs, at, "FRCD_REG", &vtd_frcd_layout, 128, 0, 0, 0);
		regs->clear[at / 4 + 3] = 1u << 31;
	}
	if (!ok) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
			    "CAP.FRO %#x with NFR %u or ECAP.IRO %#x puts registers on others",
			    caps->frcd / 16, caps->n_frcd - 1, caps->iva / 16);
		vtd_regs_free(regs);
		return false;
	}
	set_constants(regs, caps, config);
	vtd_regs_reset(regs);
	return true;
}

void vtd_regs_free(vtd_regs *regs)
{
	g_free(regs->value);
	g_free(regs->reset);
	g_free(regs->writable);
	g_free(regs->clear);
	g_free(regs->index);
	g_free(regs->regs);
	memset(regs, 0, sizeof(*regs));
}

void vtd_regs_reset(vtd_regs *regs)
{
	memcpy(regs->value, regs->reset, regs->size);
}

const vtd_reg *vtd_regs_find(const vtd_regs *regs, uint64_t offset)
{
	unsigned i = offset < regs->size ? regs->index[offset / 4] : 0;

	return i ? &regs->regs[i - 1] : NULL;
}

void vtd_regs_store(vtd_regs *regs, uint32_t offset, uint32_t value)
{
	uint32_t i = offset / 4;
	uint32_t old = regs->value[i];

	regs->value[i] = ((old & ~regs->writable[i]) | (value & regs->writable[i])) &
			 ~(value & regs->clear[i]);
}
