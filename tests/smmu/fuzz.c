/* SPDX-License-Identifier: MIT */
/*
 * Whatever software writes, the model answers: random registers, structures,
 * commands and requests. Seeded; IOM_FUZZ_ROUNDS makes it longer.
 */
#include "tests/smmu/rig.h"
#include "tests/smmu/suites.h"

#include <stdlib.h>

static uint64_t next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x * UINT64_C(0x2545f4914f6cdd1d);
}

/* Mostly small or sparse values, sometimes anything. */
static uint64_t value(uint64_t *x)
{
	uint64_t v = next(x);

	switch (next(x) >> 60 & 7) {
	case 0:
		return v;
	case 1:
		return v & next(x) & next(x);
	case 2:
		return v >> 32;
	case 3:
		return UINT64_C(1) << (v >> 58);
	case 4:
		return TABLES + (v >> 40 & 0xfff000);
	default:
		return v >> 52;
	}
}

static void some_memory(rig *r, uint64_t *x)
{
	static const uint64_t bases[] = { STRTAB, CDS, TABLES, CMDQ, UINT64_C(0x70000000) };
	uint64_t base = bases[next(x) % G_N_ELEMENTS(bases)];
	uint64_t at = base + (next(x) >> 40 & (base == STRTAB ? 0xf8 : 0x1fff8)), v = value(x);

	if (base == TABLES || base > TABLES)
		v = (TABLES + (next(x) >> 40 & 0x3f000)) | (next(x) >> 52 & 0xfff) | (v << 50);
	if (next(x) & 3)
		v = word(r, at) ^ UINT64_C(1) << (next(x) >> 58);
	set_word(r, at, v);
}

static void some_register(rig *r, uint64_t *x)
{
	static const uint16_t offsets[] = { 0x20,  0x2c,  0x44,  0x50, 0x64,  0x80, 0x88,
					    0x90,  0x98,  0x9c,  0xa0, 0xc0,  0xd0, 0xdc,
					    0x100, 0x108, 0x110, 0x3c, 0x138, 0x180 };
	uint64_t size = iom_iommu_mmio_size(r->iommu), offset;
	unsigned width = next(x) & 1024 ? 8 : 4;
	iom_space space = (iom_space)(next(x) >> 62);

	if (next(x) & 4096)
		offset = offsets[next(x) % G_N_ELEMENTS(offsets)] + (next(x) & 1 ? 0x8000 : 0);
	else
		offset = next(x) % size & ~UINT64_C(3);
	if (next(x) & 8192)
		iom_iommu_mmio_read(r->iommu, offset, width, space);
	else
		iom_iommu_mmio_write(r->iommu, offset, width, value(x), space);
}

static void some_request(rig *r, uint64_t *x)
{
	iom_request q = { .address = next(x) & 15 ? (next(x) >> 52 & 0xf) << 12 : next(x),
			  .length = (uint32_t)value(x),
			  .requester = next(x) & 15 ? 1 + (uint32_t)(next(x) >> 40) % 3
						    : (uint32_t)(next(x) >> 60),
			  .pasid = next(x) & 15 ? IOM_NO_PASID : (uint32_t)(next(x) >> 61),
			  .flags = (uint16_t)(next(x) & 7 ? 0 : next(x)),
			  .access = (uint8_t)(next(x) & 15 ? 1 + next(x) % 3 : next(x)),
			  .type = (uint8_t)(next(x) & 15 ? 0 : next(x) % 3),
			  .space = (uint8_t)(next(x) & 15 ? next(x) >> 63 : next(x) >> 62),
			  .memtype = (uint8_t)next(x),
			  .shareability = (uint8_t)next(x),
			  .hints = (uint8_t)next(x) };
	iom_page_request p = { .address = next(x),
			       .requester = q.requester,
			       .pasid = q.pasid,
			       .prg_index = (uint16_t)next(x),
			       .access = (uint8_t)next(x),
			       .last = next(x) & 1,
			       .space = q.space,
			       .hint = (next(x) & 15) == 0 };
	iom_result res;

	iom_iommu_translate(r->iommu, &q, &res);
	CU_ASSERT_TRUE(res.status <= IOM_RETRY);
	if ((next(x) & 31) == 0)
		iom_iommu_page_request(r->iommu, &p);
	if ((next(x) & 31) == 0)
		iom_iommu_ats_completed(r->iommu, q.requester, (uint8_t)next(x), next(x) & 1);
}

static void some_command(rig *r, uint64_t *x)
{
	static const uint8_t opcodes[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x10, 0x11,
					   0x12, 0x13, 0x18, 0x1a, 0x20, 0x21, 0x22, 0x23, 0x28,
					   0x2a, 0x30, 0x40, 0x41, 0x44, 0x45, 0x46, 0x50, 0x51,
					   0x52, 0x53, 0x58, 0x5a, 0x60, 0xff };
	uint64_t w0 = value(x) << 8 | opcodes[next(x) % G_N_ELEMENTS(opcodes)];

	cmd(r, w0 & ~(UINT64_C(0xff) << 52), value(x));
	/* acknowledge whatever happened */
	wr(r, GERRORN, rd(r, GERROR));
}

static void enable(rig *r, uint64_t *x)
{
	for (unsigned space = 0; space < 2; space++) {
		uint64_t base = space ? S : 0;

		iom_iommu_mmio_write(r->iommu, base + CR0, 4, 0, (iom_space)space);
		iom_iommu_mmio_write(r->iommu, base + STRTAB_BASE, 8, STRTAB, (iom_space)space);
		iom_iommu_mmio_write(r->iommu, base + STRTAB_BASE_CFG, 4, next(x) & 1 ? 8 : 0x10188,
				     (iom_space)space);
		iom_iommu_mmio_write(r->iommu, base + CMDQ_BASE, 8, CMDQ | QUEUE_LG2,
				     (iom_space)space);
		iom_iommu_mmio_write(r->iommu, base + EVENTQ_BASE, 8, EVENTQ | QUEUE_LG2,
				     (iom_space)space);
		iom_iommu_mmio_write(r->iommu, base + CR0, 4, 0x1f, (iom_space)space);
	}
	r->cmd_prod = rd(r, CMDQ_CONS) & 31;
	/* some streams that work to start from */
	stream_s1(r, 1, 1, 0);
	stream_s2(r, 2, 1);
	stream_nested(r, 3, 3, 1);
	for (unsigned i = 0; i < 48; i++)
		map(r, i % 3 == 1 ? r->s2ttb : r->ttb[i % 3 + 1], (i / 3) << 12,
		    next(x) & 3 ? (next(x) >> 52 & 0xf) << 12 : TABLES + (next(x) >> 44 & 0xff000),
		    12, (next(x) & 3 ? AF | USER | S2_W : 0) | (value(x) & 0xffc));
	for (uint64_t b = 0x30000000; b < 0x40400000; b += 0x200000)
		map(r, r->s2ttb, b, b, 21, AF | S2_R | S2_W | S2_WB);
}

static void one(uint64_t seed)
{
	static const char *const caches[] = { "default", "one", "off", "prefetch" };
	uint64_t x = seed;
	iom_smmu_config c;
	rig r;

	rig_config(&c, caches[seed % 3], "HTTU=3", "TTF=3", "DS=1", "VAX=1", "STT=1", "MPAM=1",
		   "MPAMIDR.PARTID_MAX=50", "S1PI=1", "S2PI=1", "S2PO=1", "AIE=1", "EPAN=1",
		   "ECMDQ=1", "S_IDR1.SECURE_IMPL=1", "S_IDR1.SEL2=1", "pmcg_groups=1", NULL);
	if (seed % 5 == 0) {
		iom_smmu_config_set(&c, "IDR0.RME_IMPL", 1, NULL);
		iom_smmu_config_set(&c, "R_IDR1.RME_DA_IMPL", 1, NULL);
	}
	if (seed % 7 == 0)
		iom_smmu_config_set(&c, "OAS", 6, NULL);
	rig_open_reset(&r, &c);
	r.ats_answer = seed % 2 ? IOM_ATS_PENDING : IOM_ATS_COMPLETED;
	enable(&r, &x);
	for (unsigned i = 0; i < 3000; i++) {
		switch (next(&x) >> 60) {
		case 0:
			some_register(&r, &x);
			break;
		case 1:
			some_memory(&r, &x);
			break;
		case 4:
			some_command(&r, &x);
			break;
		case 5:
			if ((next(&x) & 7) == 0)
				enable(&r, &x);
			break;
		default:
			some_request(&r, &x);
			break;
		}
	}
	rig_close(&r);
}

static void anything(void)
{
	const char *rounds = g_getenv("IOM_FUZZ_ROUNDS");
	uint64_t n = rounds ? g_ascii_strtoull(rounds, NULL, 0) : 60;

	for (uint64_t seed = 1; seed <= n; seed++)
		one(seed);
}

static const iom_test tests[] = {
	{ "random registers, structures, commands and requests", anything },
	{ 0 },
};
const iom_suite smmu_fuzz_suite = { "fuzz", tests };
