/* SPDX-License-Identifier: MIT */
/*
 * Granule protection (3.25 Granule Protection Checks; Arm ARM D9 The Granule
 * Protection Table). The table is read at every check: nothing of it is cached,
 * so that ROOT_TLBI completes at once.
 */
#include "smmu/gpc.h"

#include <string.h>

#include "smmu/internal.h"
#include "smmu/layouts/regs-realm.h"

enum { ACCESSEN = 1, GPCEN = 2 };

/* ROOT_GPT_CFG_FAR.CFG_ERR */
enum { BAD_REGISTERS = 0, BASE_RANGE = 1, FETCH_ABORT = 2, BAD_ENTRY = 3, TABLE_RANGE = 4 };

#define L0_BITS 30 /* L0GPTSZ 0: a level 0 entry describes 1 GiB */

static const uint8_t pas_codes[4] = { 1, 0, 3, 2 }; /* FPAS by iom_space */

/* The first fault stays until software clears it. */
static void note(uint64_t *far, unsigned space, uint64_t pa, unsigned access, unsigned cfg_err)
{
	uint64_t value = 0, expected = 0;

	smmu_ROOT_GPT_CFG_FAR_set_FPAS(&value, pas_codes[space & 3]);
	smmu_ROOT_GPT_CFG_FAR_set_CFG_ERR(&value, cfg_err);
	smmu_ROOT_GPT_CFG_FAR_set_FADDR(&value, pa);
	smmu_ROOT_GPT_CFG_FAR_set_FAULTCODE(&value, access & 0xff);
	smmu_ROOT_GPT_CFG_FAR_set_REASON(&value, access >> 8);
	smmu_ROOT_GPT_CFG_FAR_set_FAULT(&value, 1);
	__atomic_compare_exchange_n(far, &expected, value, false, __ATOMIC_ACQ_REL,
				    __ATOMIC_ACQUIRE);
}

static bool allowed(unsigned gpi, unsigned space)
{
	switch (gpi) {
	case 8:
		return space == IOM_SPACE_SECURE;
	case 9:
		return space == IOM_SPACE_NONSECURE;
	case 10:
		return space == IOM_SPACE_ROOT;
	case 11:
		return space == IOM_SPACE_REALM;
	default:
		return gpi == 15;
	}
}

static bool valid_gpi(unsigned gpi)
{
	return gpi == 0 || (gpi >= 8 && gpi <= 11) || gpi == 15;
}

/* The protection of `pa` in *gpi; false: *error says why the table does not tell. */
static bool look_up(smmu *s, uint64_t pa, unsigned *gpi, unsigned *error)
{
	static const uint8_t granules[4] = { 12, 16, 14, 0 };
	static const uint8_t sizes[8] = { 32, 36, 40, 42, 44, 48, 52, 0 };
	uint64_t cfg = __atomic_load_n(&s->root.gpt_base_cfg, __ATOMIC_ACQUIRE);
	uint64_t base = __atomic_load_n(&s->root.gpt_base, __ATOMIC_ACQUIRE), entry;
	unsigned pps = sizes[smmu_ROOT_GPT_BASE_CFG_get_PPS(&cfg)];
	unsigned granule = granules[smmu_ROOT_GPT_BASE_CFG_get_PGS(&cfg)];
	iom_memory *mem = s->iommu.bus.memory[IOM_SPACE_ROOT];
	unsigned l0_lg2;

	*error = BAD_REGISTERS;
	if (!pps || !granule || pps > s->ids.oas_bits)
		return false;
	/* 6.3.114: aligned to the size of the level 0 table, at least 4 KiB */
	l0_lg2 = pps > L0_BITS ? pps - L0_BITS : 0;
	base = smmu_ROOT_GPT_BASE_get_ADDR(&base) & ~iom_mask(MAX(12u, l0_lg2 + 3));
	*error = BASE_RANGE;
	if (base >> pps)
		return false;
	*error = FETCH_ABORT;
	if (iom_memory_load64(mem, base + (pa >> L0_BITS) * 8, &entry) != IOM_MEM_OK)
		return false;
	*error = BAD_ENTRY;
	if ((entry & 15) == 1) { /* block */
		*gpi = (unsigned)iom_get(entry, 7, 4);
		return valid_gpi(*gpi);
	}
	if ((entry & 15) != 3)
		return false;
	base = entry & iom_mask(52) & ~iom_mask(L0_BITS - granule - 1);
	*error = TABLE_RANGE;
	if (base >> pps)
		return false;
	*error = FETCH_ABORT;
	if (iom_memory_load64(mem, base + ((pa & iom_mask(L0_BITS)) >> (granule + 4)) * 8,
			      &entry) != IOM_MEM_OK)
		return false;
	*error = BAD_ENTRY;
	if ((entry & 15) == 1) /* contiguous */
		*gpi = (unsigned)iom_get(entry, 7, 4);
	else
		*gpi = (unsigned)(entry >> (4 * (pa >> granule & 15)) & 15);
	return valid_gpi(*gpi);
}

bool smmu_gpc_check(smmu *s, unsigned space, uint64_t pa, enum smmu_gpc_access access)
{
	static const uint8_t sizes[8] = { 32, 36, 40, 42, 44, 48, 52, 52 };
	uint64_t cr0, cfg;
	unsigned gpi, error;

	if (!s->ids.rme)
		return true;
	cr0 = __atomic_load_n(&s->root.cr0, __ATOMIC_ACQUIRE);
	/* 6.3.112: without ACCESSEN nothing passes, whatever GPCEN says. */
	if (!(cr0 & ACCESSEN)) {
		note(&s->root.gpf_far, space, pa, access, 0);
		return false;
	}
	if (!(cr0 & GPCEN))
		return true;
	cfg = __atomic_load_n(&s->root.gpt_base_cfg, __ATOMIC_ACQUIRE);
	/* Beyond the protected size only Non-secure accesses pass. */
	if (pa >> sizes[smmu_ROOT_GPT_BASE_CFG_get_PPS(&cfg)]) {
		if (space == IOM_SPACE_NONSECURE)
			return true;
		note(&s->root.gpf_far, space, pa, access, 0);
		return false;
	}
	if (!look_up(s, pa, &gpi, &error)) {
		note(&s->root.gpt_cfg_far, space, pa, access, error);
		return false;
	}
	if (allowed(gpi, space))
		return true;
	note(&s->root.gpf_far, space, pa, access, 0);
	return false;
}

/* ------------------------------------------------------------------------
 * Registers
 */
static const struct {
	uint16_t offset;
	uint8_t width;
	const iom_layout *layout;
} registers[] = {
	{ 0x00, 4, &smmu_ROOT_IDR0_layout },      { 0x08, 4, &smmu_ROOT_IIDR_layout },
	{ 0x20, 4, &smmu_ROOT_CR0_layout },       { 0x24, 4, &smmu_ROOT_CR0ACK_layout },
	{ 0x28, 8, &smmu_ROOT_GPT_BASE_layout },  { 0x30, 8, &smmu_ROOT_GPT_BASE_CFG_layout },
	{ 0x38, 8, &smmu_ROOT_GPF_FAR_layout },   { 0x40, 8, &smmu_ROOT_GPT_CFG_FAR_layout },
	{ 0x50, 8, &smmu_ROOT_TLBI_layout },      { 0x58, 4, &smmu_ROOT_TLBI_CTRL_layout },
	{ 0x60, 8, &smmu_ROOT_GPT_BASE2_layout }, { 0x68, 4, &smmu_ROOT_GPT_BASE_UPDATE_layout },
};

static int find(uint64_t offset)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(registers); i++) {
		if (offset >= registers[i].offset &&
		    offset < (uint64_t)registers[i].offset + registers[i].width)
			return (int)i;
	}
	return -1;
}

const iom_layout *smmu_root_layout(uint64_t offset, const char **name)
{
	int i = find(offset);

	if (i < 0)
		return NULL;
	*name = registers[i].layout->name;
	return registers[i].layout;
}

static uint64_t idr0(const smmu *s)
{
	uint64_t value = 0;

	smmu_ROOT_IDR0_set_ROOT_IMPL(&value, 1);
	smmu_ROOT_IDR0_set_RGPTM(&value, 1);
	if (s->ids.realm) {
		smmu_ROOT_IDR0_set_REALM_IMPL(&value, 1);
		smmu_ROOT_IDR0_set_BA_REALM(&value, (s->realm_base - 0x20000) >> 16);
	}
	return value;
}

static uint64_t read_register(const smmu *s, unsigned offset)
{
	switch (offset) {
	case 0x00:
		return idr0(s);
	case 0x08:
		return s->config.iidr;
	case 0x20:
	case 0x24:
		return s->root.cr0;
	case 0x28:
		return s->root.gpt_base;
	case 0x30:
		return s->root.gpt_base_cfg;
	case 0x38:
		return s->root.gpf_far;
	case 0x40:
		return s->root.gpt_cfg_far;
	case 0x50:
		return s->root.tlbi;
	case 0x60:
		return s->root.gpt_base2;
	default:
		return 0; /* what runs has finished */
	}
}

static void store(uint64_t *to, uint64_t value)
{
	__atomic_store_n(to, value, __ATOMIC_RELEASE);
}

static void write_register(smmu *s, unsigned offset, uint64_t value)
{
	const uint64_t address = iom_mask(52) & ~iom_mask(12);
	bool checking = s->root.cr0 & GPCEN;

	switch (offset) {
	case 0x20:
		store(&s->root.cr0, value & (ACCESSEN | GPCEN));
		break;
	case 0x28:
		if (!checking)
			store(&s->root.gpt_base, value & address);
		break;
	case 0x30: /* L0GPTSZ is fixed */
		if (!checking)
			store(&s->root.gpt_base_cfg, value & 0x2ff07);
		break;
	case 0x38:
		if (!(value & 1))
			store(&s->root.gpf_far, 0);
		break;
	case 0x40:
		if (!(value & 1))
			store(&s->root.gpt_cfg_far, 0);
		break;
	case 0x50:
		s->root.tlbi = value & (address | 0xf3);
		break;
	case 0x60:
		s->root.gpt_base2 = value & address;
		break;
	case 0x68: /* a switch of tables while checks go on */
		if (value & 1)
			store(&s->root.gpt_base, s->root.gpt_base2);
		break;
	default:
		break;
	}
}

uint64_t smmu_root_read(smmu *s, uint64_t offset, unsigned size)
{
	int i = find(offset);
	uint64_t value;

	if (i < 0 || (size == 8 && registers[i].width != 8))
		return 0;
	value = read_register(s, registers[i].offset);
	if (size == 8)
		return offset == registers[i].offset ? value : 0;
	return offset == registers[i].offset ? value & UINT32_MAX : value >> 32;
}

void smmu_root_write(smmu *s, uint64_t offset, unsigned size, uint64_t value)
{
	int i = find(offset);
	uint64_t old;

	if (i < 0 || (size == 8 && registers[i].width != 8))
		return;
	if (size == 4 && registers[i].width == 8) {
		old = read_register(s, registers[i].offset);
		value = offset == registers[i].offset
				? (old & ~(uint64_t)UINT32_MAX) | (value & UINT32_MAX)
				: (old & UINT32_MAX) | value << 32;
	}
	write_register(s, registers[i].offset, value);
}
