/* SPDX-License-Identifier: MIT */
/* Decoding of commands.tsv: what each queue accepts, and what is CERROR_ILL. */
#include "tests/conformance/smmu-build.h"
#include "tests/conformance/smmu-suites.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef enum queue { NS = 0, SEC = 0x8000 } queue;

typedef struct command_case {
	const char *row; /* name in the table, or a rule */
	queue queue;
	const char *idr;
	uint64_t word[2];
	bool illegal;
} command_case;

/* ID fields that make every command of the Non-secure queue legal. */
#define ALL "ATS=1;PRI=1;RIL=1;SEV=1;MSI=1;COHACC=1"
#define SECURE ALL ";S_IDR1.SECURE_IMPL=1;S_IDR1.S_SIDSIZE=16"
#define SEL2 SECURE ";S_IDR1.SEL2=1;STT=1"
#define NO_S1 ALL ";S1P=0;Hyp=0"
#define NO_S2 ALL ";S2P=0;Hyp=0"
#define RIL "RIL=1"
#define SSEC (UINT64_C(1) << 10)
#define SID(n) ((uint64_t)(n) << 32)
#define VMID(n) ((uint64_t)(n) << 32)
#define ASID(n) ((uint64_t)(n) << 48)
/* Second word of range invalidations. */
#define TG(n) ((uint64_t)(n) << 10)
#define TTL(n) ((uint64_t)(n) << 8)
#define NUM(n) ((uint64_t)(n) << 12)
#define SCALE(n) ((uint64_t)(n) << 20)
#define ADDR(a) (UINT64_C(a) & ~UINT64_C(0xfff))

/* A VA or IPA invalidation: legal forms and the illegal range form. */
#define RANGE_CASES(name, q, ids, op) \
	{ name, q, ids, { op, ADDR(0x1000) }, false }, \
		{ name, \
		  q, \
		  ids, \
		  { op | NUM(3) | SCALE(1), ADDR(0x10000) | TG(1) | TTL(3) }, \
		  false }, \
		{ name, q, ids, { op | NUM(1), ADDR(0x10000) | TG(1) }, false }, \
		{ name, q, ids, { op, ADDR(0x10000) | TG(1) | TTL(3) }, false }, \
		{ name, q, ids, { op, ADDR(0x10000) | TG(1) }, true }, \
	{ \
		name, q, ids, { op, ADDR(0x10000) | TG(3) }, true \
	}

#define NOT_ON_NS(name, op) \
	{ \
		name, NS, SEL2, { op, 0 }, true \
	}

static const command_case cases[] = {
	{ "CMD_PREFETCH_CONFIG", NS, ALL, { 0x01 | SID(5), 0 }, false },
	{ "CMD_PREFETCH_CONFIG", NS, ALL, { 0x01 | SID(5) | SSEC, 0 }, true },
	{ "CMD_PREFETCH_CONFIG", SEC, SECURE, { 0x01 | SID(5) | SSEC, 0 }, false },
	{ "CMD_PREFETCH_ADDR", NS, ALL, { 0x02 | SID(5), ADDR(0x1000) }, false },
	{ "CMD_PREFETCH_ADDR", NS, ALL, { 0x02 | SID(5) | SSEC, ADDR(0x1000) }, true },
	{ "CMD_CFGI_STE", NS, ALL, { 0x03 | SID(5), 1 }, false },
	{ "CMD_CFGI_STE", NS, ALL, { 0x03 | SID(5), 0 }, false },
	{ "CMD_CFGI_STE", NS, ALL, { 0x03 | SID(5) | SSEC, 0 }, true },
	{ "CMD_CFGI_STE", SEC, SECURE, { 0x03 | SID(5) | SSEC, 0 }, false },
	{ "CMD_CFGI_STE_RANGE", NS, ALL, { 0x04 | SID(4), 3 }, false },
	{ "CMD_CFGI_STE_RANGE", NS, ALL, { 0x04 | SID(4) | SSEC, 3 }, true },
	{ "CMD_CFGI_ALL (Range==31)", NS, ALL, { 0x04 | SID(0xffffffff), 31 }, false },
	{ "CMD_CFGI_ALL (Range==31)", NS, ALL, { 0x04 | SSEC, 31 }, true },
	{ "CMD_CFGI_CD", NS, ALL, { 0x05 | SID(5) | 3u << 12, 1 }, false },
	{ "CMD_CFGI_CD", NS, NO_S1, { 0x05 | SID(5), 1 }, true },
	{ "CMD_CFGI_CD", NS, ALL, { 0x05 | SID(5) | SSEC, 1 }, true },
	{ "CMD_CFGI_CD_ALL", NS, ALL, { 0x06 | SID(5), 0 }, false },
	{ "CMD_CFGI_CD_ALL", NS, NO_S1, { 0x06 | SID(5), 0 }, true },
	{ "CMD_CFGI_CD_ALL", NS, ALL, { 0x06 | SID(5) | SSEC, 0 }, true },
	{ "CMD_CFGI_VMS_PIDM", NS, ALL, { 0x07 | VMID(3), 0 }, true },
	{ "CMD_CFGI_VMS_PIDM", NS, ALL ";MPAM=1", { 0x07 | VMID(3), 0 }, false },
	{ "CMD_CFGI_VMS_PIDM", NS, ALL ";MPAM=1", { 0x07 | VMID(3) | SSEC, 0 }, true },
	{ "CMD_TLBI_NH_ALL", NS, ALL, { 0x10 | VMID(3), 0 }, false },
	{ "CMD_TLBI_NH_ALL", NS, NO_S1, { 0x10, 0 }, true },
	{ "CMD_TLBI_NH_ALL", SEC, SECURE, { 0x10, 0 }, false },
	{ "CMD_TLBI_NH_ASID", NS, ALL, { 0x11 | VMID(3) | ASID(7), 0 }, false },
	{ "CMD_TLBI_NH_ASID", NS, NO_S1, { 0x11, 0 }, true },
	{ "CMD_TLBI_NH_VA", NS, NO_S1, { 0x12, 0 }, true },
	RANGE_CASES("CMD_TLBI_NH_VA", NS, ALL, 0x12),
	{ "CMD_TLBI_NH_VAA", NS, NO_S1, { 0x13, 0 }, true },
	RANGE_CASES("CMD_TLBI_NH_VAA", NS, ALL, 0x13),
	NOT_ON_NS("CMD_TLBI_EL3_ALL", 0x18),
	{ "CMD_TLBI_EL3_ALL", SEC, SECURE, { 0x18, 0 }, false },
	{ "CMD_TLBI_EL3_ALL", SEC, SECURE ";S1P=0;Hyp=0", { 0x18, 0 }, true },
	NOT_ON_NS("CMD_TLBI_EL3_VA", 0x1a),
	RANGE_CASES("CMD_TLBI_EL3_VA", SEC, SECURE, 0x1a),
	{ "CMD_TLBI_EL2_ALL", NS, ALL, { 0x20, 0 }, false },
	{ "CMD_TLBI_EL2_ALL", NS, NO_S2, { 0x20, 0 }, true },
	{ "CMD_TLBI_EL2_ALL", NS, NO_S1, { 0x20, 0 }, true },
	{ "CMD_TLBI_EL2_ASID", NS, ALL, { 0x21 | ASID(7), 0 }, false },
	{ "CMD_TLBI_EL2_ASID", NS, NO_S2, { 0x21 | ASID(7), 0 }, true },
	{ "CMD_TLBI_EL2_VA", NS, NO_S2, { 0x22, 0 }, true },
	RANGE_CASES("CMD_TLBI_EL2_VA", NS, ALL, 0x22),
	{ "CMD_TLBI_EL2_VAA", NS, NO_S2, { 0x23, 0 }, true },
	RANGE_CASES("CMD_TLBI_EL2_VAA", NS, ALL, 0x23),
	{ "CMD_TLBI_S12_VMALL", NS, ALL, { 0x28 | VMID(3), 0 }, false },
	{ "CMD_TLBI_S12_VMALL", NS, NO_S2, { 0x28 | VMID(3), 0 }, true },
	{ "CMD_TLBI_S2_IPA", NS, NO_S2, { 0x2a, 0 }, true },
	RANGE_CASES("CMD_TLBI_S2_IPA", NS, ALL, 0x2a),
	{ "CMD_TLBI_NSNH_ALL", NS, ALL, { 0x30, 0 }, false },
	{ "CMD_TLBI_NSNH_ALL", SEC, SECURE, { 0x30, 0 }, false },
	NOT_ON_NS("CMD_TLBI_S_EL2_ALL", 0x50),
	{ "CMD_TLBI_S_EL2_ALL", SEC, SEL2, { 0x50, 0 }, false },
	{ "CMD_TLBI_S_EL2_ALL", SEC, SECURE, { 0x50, 0 }, true },
	NOT_ON_NS("CMD_TLBI_S_EL2_ASID", 0x51),
	{ "CMD_TLBI_S_EL2_ASID", SEC, SEL2, { 0x51 | ASID(7), 0 }, false },
	{ "CMD_TLBI_S_EL2_ASID", SEC, SECURE, { 0x51, 0 }, true },
	NOT_ON_NS("CMD_TLBI_S_EL2_VA", 0x52),
	{ "CMD_TLBI_S_EL2_VA", SEC, SECURE, { 0x52, 0 }, true },
	RANGE_CASES("CMD_TLBI_S_EL2_VA", SEC, SEL2, 0x52),
	NOT_ON_NS("CMD_TLBI_S_EL2_VAA", 0x53),
	{ "CMD_TLBI_S_EL2_VAA", SEC, SECURE, { 0x53, 0 }, true },
	RANGE_CASES("CMD_TLBI_S_EL2_VAA", SEC, SEL2, 0x53),
	NOT_ON_NS("CMD_TLBI_S_S12_VMALL", 0x58),
	{ "CMD_TLBI_S_S12_VMALL", SEC, SEL2, { 0x58 | VMID(3), 0 }, false },
	{ "CMD_TLBI_S_S12_VMALL", SEC, SECURE, { 0x58 | VMID(3), 0 }, true },
	NOT_ON_NS("CMD_TLBI_S_S2_IPA", 0x5a),
	{ "CMD_TLBI_S_S2_IPA", SEC, SECURE, { 0x5a, 0 }, true },
	RANGE_CASES("CMD_TLBI_S_S2_IPA", SEC, SEL2, 0x5a),
	NOT_ON_NS("CMD_TLBI_SNH_ALL", 0x60),
	{ "CMD_TLBI_SNH_ALL", SEC, SEL2, { 0x60, 0 }, false },
	{ "CMD_TLBI_SNH_ALL", SEC, SECURE, { 0x60, 0 }, true },
	{ "CMD_ATC_INV", NS, ALL, { 0x40 | SID(5), ADDR(0x1000) | 4 }, false },
	{ "CMD_ATC_INV", NS, "", { 0x40 | SID(5), ADDR(0x1000) | 4 }, true },
	{ "CMD_ATC_INV", NS, ALL, { 0x40 | SID(5), 52 }, false },
	{ "CMD_ATC_INV", NS, ALL, { 0x40 | SID(5), 53 }, true },
	{ "CMD_ATC_INV", SEC, SECURE ";S_IDR3.SAMS=1", { 0x40 | SID(5), 52 }, true },
	{ "CMD_PRI_RESP", NS, ALL, { 0x41 | SID(5), UINT64_C(2) << 12 | 7 }, false },
	{ "CMD_PRI_RESP", NS, "ATS=1", { 0x41 | SID(5), UINT64_C(2) << 12 | 7 }, true },
	{ "CMD_PRI_RESP", NS, ALL, { 0x41 | SID(5), UINT64_C(3) << 12 | 7 }, true },
	{ "CMD_PRI_RESP", SEC, SECURE ";S_IDR3.SAMS=1", { 0x41 | SID(5), 7 }, true },
	{ "CMD_RESUME", NS, ALL, { 0x44 | SID(5) | 1u << 12, 9 }, false },
	{ "CMD_RESUME", NS, ALL ";STALL_MODEL=1", { 0x44 | SID(5), 9 }, true },
	{ "CMD_RESUME", NS, ALL, { 0x44 | SID(5) | SSEC, 9 }, true },
	{ "CMD_STALL_TERM", NS, ALL, { 0x45 | SID(5), 0 }, false },
	{ "CMD_STALL_TERM", NS, ALL ";STALL_MODEL=1", { 0x45 | SID(5), 0 }, true },
	{ "CMD_STALL_TERM", NS, ALL, { 0x45 | SID(5) | SSEC, 0 }, true },
	{ "CMD_SYNC", NS, ALL, { 0x46, 0 }, false },
	{ "CMD_SYNC", NS, ALL, { 0x46 | 2u << 12, 0 }, false },
	{ "CMD_SYNC", NS, ALL, { 0x46 | 1u << 12, 0 }, false },
	{ "CMD_SYNC", NS, ALL, { 0x46 | 3u << 12, 0 }, true },
	{ "CMD_DPTI_ALL", NS, ALL, { 0x70, 0 }, true },
	{ "CMD_DPTI_PA", NS, ALL, { 0x73, 0 }, true },
	{ "IMPLEMENTATION DEFINED", NS, ALL, { 0x80, 0 }, true },
	{ "IMPLEMENTATION DEFINED", NS, ALL, { 0x8f, 0 }, true },
	{ "ILLEGAL beats IGNORED", NS, ALL, { 0x40 | SID(5), 53 }, true },
	{ "reserved fields", NS, ALL, { 0x30 | UINT64_C(0xffffff) << 40, UINT64_MAX }, false },
	{ "SSec", NS, ALL, { 0x03 | SID(5) | SSEC, 0 }, true },
	{ "SSec", SEC, SECURE, { 0x03 | SID(5) | SSEC, 0 }, false },
	{ "out-of-range parameter", NS, ALL, { 0x03 | SID(0xffffffff), 0 }, false },
	{ "out-of-range parameter",
	  NS,
	  ALL ";VMID16=0;ASID16=0",
	  { 0x11 | VMID(0xff00) | ASID(0xff00), 0 },
	  false },
	{ "out-of-range parameter",
	  NS,
	  ALL ";SSIDSIZE=4",
	  { 0x05 | SID(5) | 0xfffffu << 12, 1 },
	  false },
	{ "range invalidate", NS, ALL, { 0x12 | NUM(31) | SCALE(31), ADDR(0) | TG(3) }, false },
	{ "range invalidate",
	  NS,
	  ALL,
	  { 0x12 | NUM(31) | SCALE(5), ADDR(0x1000) | TTL(2) },
	  false },
	{ "TTL hint", NS, ALL, { 0x12, ADDR(0x40000000) | TG(1) | TTL(1) }, false },
	{ "TTL hint", NS, ALL, { 0x12, ADDR(0x4000) | TG(2) | TTL(1) }, true },
	{ "TTL hint", NS, ALL ";VAX=1;DS=1", { 0x12, ADDR(0) | TG(2) | TTL(1) }, false },
	{ "range alignment", NS, ALL, { 0x12, ADDR(0x1000) | TG(3) | TTL(3) }, false },
	{ "RIL==0", NS, "RIL=0", { 0x12, ADDR(0x10000) | TG(1) }, false },
};

static const char *const presets[] = SMMU_CACHES;

enum { CR0 = 0x20, GERROR = 0x60, GERRORN = 0x64, CMDQ_BASE = 0x90, PROD = 0x98, CONS = 0x9c };

typedef struct command_rig {
	smmu_build build;
	iom_iommu *iommu;
	iom_memory *memory;
	queue queue;
	iom_space space;
} command_rig;

static bool rig_open(command_rig *rig, const smmu_spec *spec, const char *idr, queue which,
		     const char *preset)
{
	memset(rig, 0, sizeof *rig);
	rig->queue = which;
	rig->space = which == SEC ? IOM_SPACE_SECURE : IOM_SPACE_NONSECURE;
	smmu_build_init(&rig->build, spec, 5);
	if (smmu_build_set(&rig->build, "idr", idr))
		rig->iommu = smmu_build_model(&rig->build, preset, &rig->memory);
	if (!rig->iommu)
		return false;
	iom_iommu_mmio_write(rig->iommu, which + CMDQ_BASE, 8, SMMU_BUILD_CMDQ | 4, rig->space);
	iom_iommu_mmio_write(rig->iommu, which + PROD, 4, 0, rig->space);
	iom_iommu_mmio_write(rig->iommu, which + CONS, 4, 0, rig->space);
	/* Keep SMMUEN, EVENTQEN of the Non-secure interface. */
	iom_iommu_mmio_write(rig->iommu, which + CR0, 4, which == SEC ? 8 : 0xd, rig->space);
	return true;
}

static void rig_close(command_rig *rig)
{
	if (rig->iommu) {
		iom_iommu_unref(rig->iommu);
		iom_memory_unref(rig->memory);
	}
	smmu_build_clear(&rig->build);
}

static uint32_t rig_read(command_rig *rig, uint64_t offset)
{
	return (uint32_t)iom_iommu_mmio_read(rig->iommu, rig->queue + offset, 4, rig->space);
}

static void rig_write(command_rig *rig, uint64_t offset, uint32_t value)
{
	iom_iommu_mmio_write(rig->iommu, rig->queue + offset, 4, value, rig->space);
}

static void put_command(command_rig *rig, unsigned index, uint64_t w0, uint64_t w1)
{
	iom_memory_store64(rig->memory, SMMU_BUILD_CMDQ + 16 * index, w0);
	iom_memory_store64(rig->memory, SMMU_BUILD_CMDQ + 16 * index + 8, w1);
}

static bool run_command(const smmu_spec *spec, const command_case *c, const char *preset)
{
	command_rig rig;
	bool ok = rig_open(&rig, spec, c->idr, c->queue, preset);
	uint32_t cons = 0, gerror = 0;

	if (ok) {
		put_command(&rig, 0, c->word[0], c->word[1]);
		rig_write(&rig, PROD, 1);
		cons = rig_read(&rig, CONS);
		gerror = rig_read(&rig, GERROR);
		/* CERROR_ILL: RD stays, ERR 1, CMDQ_ERR active. */
		ok = c->illegal ? cons == 1u << 24 && gerror == 1 : cons == 1 && gerror == 0;
	}
	rig_close(&rig);
	if (!ok)
		fprintf(stderr,
			"\n%s, %s queue, caches %s, idr '%s', command %#" PRIx64 " %#" PRIx64
			": CONS %#x GERROR %#x, should be %s\n",
			c->row, c->queue == SEC ? "Secure" : "Non-secure", preset, c->idr,
			c->word[0], c->word[1], cons, gerror,
			c->illegal ? "CERROR_ILL" : "consumed");
	return ok;
}

/* An error stops the queue; fixing the entry and acknowledging goes on from it. */
static bool error_recovery(const smmu_spec *spec, const char *preset)
{
	command_rig rig;
	bool ok = rig_open(&rig, spec, ALL, NS, preset);

	if (!ok)
		return false;
	put_command(&rig, 0, 0x46, 0);
	put_command(&rig, 1, 0xff, 0);
	put_command(&rig, 2, 0x46, 0);
	rig_write(&rig, PROD, 3);
	ok = rig_read(&rig, CONS) == (1u << 24 | 1) && rig_read(&rig, GERROR) == 1;
	put_command(&rig, 1, 0x30, 0);
	/* Without an acknowledgement nothing moves. */
	rig_write(&rig, PROD, 3);
	ok = ok && (rig_read(&rig, CONS) & 0xfffff) == 1;
	rig_write(&rig, GERRORN, 1);
	ok = ok && (rig_read(&rig, CONS) & 0xfffff) == 3 && rig_read(&rig, GERROR) == 1;
	rig_close(&rig);
	return ok;
}

static bool fetch_abort(const smmu_spec *spec, const char *preset)
{
	command_rig rig;
	bool ok = rig_open(&rig, spec, ALL, NS, preset);

	if (!ok)
		return false;
	put_command(&rig, 0, 0x46, 0);
	put_command(&rig, 1, 0x46, 0);
	iom_memory_inject(rig.memory, SMMU_BUILD_CMDQ + 16, 16, true, true, IOM_MEM_ABORT);
	rig_write(&rig, PROD, 2);
	ok = rig_read(&rig, CONS) == (2u << 24 | 1) && rig_read(&rig, GERROR) == 1;
	iom_memory_inject(rig.memory, SMMU_BUILD_CMDQ + 16, 16, true, true, IOM_MEM_OK);
	rig_write(&rig, GERRORN, 1);
	ok = ok && (rig_read(&rig, CONS) & 0xfffff) == 2;
	rig_close(&rig);
	return ok;
}

/* Every opcode that no row names is reserved. */
static bool reserved_opcodes(const smmu_spec *spec, const iom_tsv *table, const char *preset)
{
	bool known[256] = { false };
	bool ok = true;

	for (unsigned i = 0; i < iom_tsv_n_rows(table); i++) {
		uint64_t opcode;

		if (iom_tsv_parse(iom_tsv_get(iom_tsv_row_at(table, i), "opcode"), &opcode) &&
		    opcode < 256)
			known[opcode] = true;
	}
	for (unsigned op = 0; op < 256; op++) {
		const command_case c = { "other", NS, ALL, { op, 0 }, true };

		if (!known[op])
			ok = run_command(spec, &c, preset) && ok;
	}
	return ok;
}

static const struct {
	const char *name, *reason;
} no_case[] = {
	{ "entry format", "every case depends on it" },
	{ "address fields", "placement is in the suite of fields" },
	{ "ordering", "commands complete in order here" },
	{ "stalled transactions", "effect on stalls: tests of the model" },
	{ "consumption meaning", "commands complete when consumed here" },
	{ "commands while SMMUEN==0", "tests of the model" },
	{ "Leaf==0", "effect on caches: tests of the model" },
	{ "ASET", "effect on caches: tests of the model" },
	{ "VMID wildcard", "effect on caches: tests of the model" },
};

static void cover_row(smmu_coverage *coverage, const smmu_spec *spec, const iom_tsv_row *row)
{
	const char *name = iom_tsv_get(row, "name");

	for (unsigned k = 0; k < G_N_ELEMENTS(cases); k++) {
		if (strcmp(cases[k].row, name) != 0)
			continue;
		for (unsigned p = 0; p < G_N_ELEMENTS(presets); p++)
			CU_ASSERT_TRUE(run_command(spec, &cases[k], presets[p]));
		smmu_cover(coverage, row);
	}
	for (unsigned k = 0; k < G_N_ELEMENTS(no_case); k++) {
		if (strcmp(no_case[k].name, name) == 0)
			smmu_waive(coverage, row, no_case[k].reason);
	}
}

static void commands(void)
{
	iom_tsv *table = smmu_spec_table("commands.tsv");
	smmu_coverage coverage;
	smmu_spec spec;

	if (!table || !smmu_spec_open(&spec))
		return;
	smmu_coverage_init(&coverage, table);
	for (unsigned i = 0; i < iom_tsv_n_rows(table); i++) {
		const iom_tsv_row *row = iom_tsv_row_at(table, i);
		const char *name = iom_tsv_get(row, "name");

		cover_row(&coverage, &spec, row);
		for (unsigned p = 0; p < G_N_ELEMENTS(presets); p++) {
			if (strcmp(name, "Reserved opcodes") == 0) {
				CU_ASSERT_TRUE(reserved_opcodes(&spec, table, presets[p]));
				smmu_cover(&coverage, row);
			} else if (strcmp(name, "CERROR_ILL handling") == 0) {
				CU_ASSERT_TRUE(error_recovery(&spec, presets[p]));
				smmu_cover(&coverage, row);
			} else if (strcmp(name, "CERROR_ABT handling") == 0) {
				CU_ASSERT_TRUE(fetch_abort(&spec, presets[p]));
				smmu_cover(&coverage, row);
			}
		}
	}
	smmu_coverage_end(&coverage, 46);
	smmu_spec_close(&spec);
	iom_tsv_free(table);
}

static const iom_test tests[] = {
	{ "decoding of every command", commands },
	{ 0 },
};

const iom_suite smmu_commands_suite = { "commands", tests };
