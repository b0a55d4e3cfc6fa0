/* SPDX-License-Identifier: MIT */
/*
 * The register file: values with access masks, filled from one table.
 */
#ifndef IOM_VTD_REGS_H
#define IOM_VTD_REGS_H

#include "core/core.h"
#include "vtd/caps.h"

/* 11.4 Register Descriptions: offsets. */
enum {
	VTD_VER = 0x000,
	VTD_CAP = 0x008,
	VTD_ECAP = 0x010,
	VTD_GCMD = 0x018,
	VTD_GSTS = 0x01c,
	VTD_RTADDR = 0x020,
	VTD_CCMD = 0x028,
	VTD_FSTS = 0x034,
	VTD_FECTL = 0x038,
	VTD_FEDATA = 0x03c,
	VTD_FEADDR = 0x040,
	VTD_FEUADDR = 0x044,
	VTD_PMEN = 0x064,
	VTD_PLMBASE = 0x068,
	VTD_PLMLIMIT = 0x06c,
	VTD_PHMBASE = 0x070,
	VTD_PHMLIMIT = 0x078,
	VTD_IQH = 0x080,
	VTD_IQT = 0x088,
	VTD_IQA = 0x090,
	VTD_ICS = 0x09c,
	VTD_IECTL = 0x0a0,
	VTD_IEDATA = 0x0a4,
	VTD_IEADDR = 0x0a8,
	VTD_IEUADDR = 0x0ac,
	VTD_IQERCD = 0x0b0,
	VTD_IRTA = 0x0b8,
	VTD_PQH = 0x0c0,
	VTD_PQT = 0x0c8,
	VTD_PQA = 0x0d0,
	VTD_PRS = 0x0dc,
	VTD_PECTL = 0x0e0,
	VTD_PEDATA = 0x0e4,
	VTD_PEADDR = 0x0e8,
	VTD_PEUADDR = 0x0ec,
	VTD_MTRRCAP = 0x100,
	VTD_MTRRDEF = 0x108,
	VTD_MTRR_FIX64K = 0x120,
	VTD_MTRR_FIX16K = 0x128,
	VTD_MTRR_FIX4K = 0x138,
	VTD_MTRR_PHYSBASE0 = 0x180,
	VTD_PERFCAP = 0x300,
	VTD_PERFCFGOFF = 0x310,
	VTD_PERFFRZOFF = 0x314,
	VTD_PERFOVFOFF = 0x318,
	VTD_PERFCNTROFF = 0x31c,
	VTD_PERFINTRSTS = 0x324,
	VTD_PERFINTRCTL = 0x328,
	VTD_PERFINTRDATA = 0x32c,
	VTD_PERFINTRADDR = 0x330,
	VTD_PERFINTRUADDR = 0x334,
	VTD_PERFEVNTCAP = 0x380,
	VTD_ECMD = 0x400,
	VTD_ECEO = 0x408,
	VTD_ECRSP = 0x410,
	VTD_ECSTS = 0x420,
	VTD_ECCAP = 0x430,
	VTD_RDTC = 0xdc0,
	VTD_VCMD = 0xe00,
	VTD_VCMD_EO = 0xe08,
	VTD_VCRSP = 0xe10,
	VTD_VCCAP = 0xe30,
};

#define VTD_MTRR_VARIABLE 10 /* variable ranges that MTRRCAP announces */
#define VTD_PMR_ALIGN_LG2 21 /* granularity of protected memory regions */

/* GCMD_REG and GSTS_REG */
enum {
	VTD_GCMD_TE = 1u << 31,
	VTD_GCMD_SRTP = 1u << 30,
	VTD_GCMD_WBF = 1u << 27,
	VTD_GCMD_QIE = 1u << 26,
	VTD_GCMD_IRE = 1u << 25,
	VTD_GCMD_SIRTP = 1u << 24,
	VTD_GCMD_CFI = 1u << 23,
};

enum {
	VTD_FSTS_PFO = 1u << 0,
	VTD_FSTS_PPF = 1u << 1,
	VTD_FSTS_IQE = 1u << 4,
	VTD_FSTS_ICE = 1u << 5,
	VTD_FSTS_ITE = 1u << 6,
	VTD_CTL_IM = 1u << 31,
	VTD_CTL_IP = 1u << 30,
	VTD_PRS_PPR = 1u << 0,
	VTD_PRS_PRO = 1u << 1,
};

/* One register of a unit. */
typedef struct vtd_reg {
	uint32_t offset;
	uint8_t bits;
	const char *name;
	const iom_layout *layout;
} vtd_reg;

typedef struct vtd_regs {
	uint32_t size; /* bytes of the register frame */
	uint32_t *value; /* by dword */
	uint32_t *reset;
	uint32_t *writable;
	uint32_t *clear; /* write 1 to clear */
	uint16_t *index; /* dword to entry of regs + 1; 0 where nothing is */
	vtd_reg *regs;
	unsigned n_regs;
	uint32_t perf_config, perf_freeze, perf_overflow, perf_counters; /* offsets */
} vtd_regs;

/* False: registers that the configuration moves would lie on others. */
bool vtd_regs_init(vtd_regs *regs, const vtd_caps *caps, const iom_vtd_config *config,
		   GError **error);
void vtd_regs_free(vtd_regs *regs);
void vtd_regs_reset(vtd_regs *regs);
/* The register that the dword at `offset` belongs to, or NULL. */
const vtd_reg *vtd_regs_find(const vtd_regs *regs, uint64_t offset);
/* A store by software to one dword: masks applied; what changed is not told. */
void vtd_regs_store(vtd_regs *regs, uint32_t offset, uint32_t value);

static inline uint32_t vtd_get32(const vtd_regs *regs, uint32_t offset)
{
	return regs->value[offset / 4];
}

static inline void vtd_set32(vtd_regs *regs, uint32_t offset, uint32_t value)
{
	regs->value[offset / 4] = value;
}

static inline uint64_t vtd_get64(const vtd_regs *regs, uint32_t offset)
{
	return regs->value[offset / 4] | (uint64_t)regs->value[offset / 4 + 1] << 32;
}

static inline void vtd_set64(vtd_regs *regs, uint32_t offset, uint64_t value)
{
	regs->value[offset / 4] = (uint32_t)value;
	regs->value[offset / 4 + 1] = (uint32_t)(value >> 32);
}

#endif
