/* SPDX-License-Identifier: MIT */
/* s2_descriptors.tsv: types, fields, checks of addresses, permissions, HTTU, LPAE. */
#include "tests/conformance/smmu-rows-cases.h"

#include "tests/harness.h"

#include <string.h>

#define S2_L2 UINT64_C(0x90010000)
#define S2_L3 UINT64_C(0x90011000)
/* Tables instead of the first GB's block. */
#define DEEP \
	{ S2_FINAL, S2_L2 | 3 }, \
	{ \
		S2_L2, S2_L3 | 3 \
	}
#define S2PAGE(bits) (SMMU_BUILD_OA | 0x703 | (bits))
#define ALL (WB | S2R | S2W)
#define BLOCK_IS(bits) .words = { { S2_FINAL, BLOCK(bits) } }
#define PAGE_IS(value) .words = { DEEP, { S2_L3 + 8, value } }
#define SAME OK_AT(SMMU_BUILD_VA)
#define XN(n) ((uint64_t)(n) << 53)
/* The Non-secure register. */
#define S2PII 0x30
#define HTTU3 V34 ";HTTU=3"
#define LPAE .idr = "TTF=3"

static const row_case cases[] = {
	{ "type", "bits[1:0]", "<3", .words = { { S2_FINAL, 0 } }, AT_STAGE2(F_TRANSLATION) },
	{ "type", "bits[1:0]", "<3", .words = { { S2_FINAL, S2_L2 | 2 } },
	  AT_STAGE2(F_TRANSLATION) },
	{ "type", "bits[1:0]", "<3", BLOCK_IS(ALL), SAME },
	{ "type", "bits[1:0]", "3", PAGE_IS(S2PAGE(ALL)), OK },
	{ "type", "bits[1:0]", "3", PAGE_IS(S2PAGE(ALL) & ~UINT64_C(2)), AT_STAGE2(F_TRANSLATION) },
	{ "type", "bits[1:0]", "3", PAGE_IS(S2PAGE(ALL) & ~UINT64_C(1)), AT_STAGE2(F_TRANSLATION) },
	{ "type", "bits[1:0]", "3", PAGE_IS(S2PAGE(ALL) & ~UINT64_C(3)), AT_STAGE2(F_TRANSLATION) },

#define WITH_TABLE_BITS(bits) \
	.words = { { S2_FINAL, S2_L2 | 3 | (bits) }, \
		   { S2_L2, S2_L3 | 3 | (bits) }, \
		   { S2_L3 + 8, S2PAGE(ALL) } }
	{ "table_field", "RES0", "[63]", WITH_TABLE_BITS(BIT(63)), OK },
	{ "table_field", "RES0", "[62:59]", WITH_TABLE_BITS(UINT64_C(15) << 59), OK },
	{ "table_field", "RES0", "[62:59]", WITH_TABLE_BITS(UINT64_C(15) << 59), .access = W, OK },
	{ "table_field", "ignored", WITH_TABLE_BITS(UINT64_C(0xff) << 51), OK },
	{ "table_field", "AF", WITH_TABLE_BITS(0), LEAVES(S2_FINAL, S2_L2 | 3) },
	{ "table_field", "AF", WITH_TABLE_BITS(0), .idr = HTTU3, .ste = "S2HA=1;S2HAFT=1",
	  LEAVES(S2_FINAL, S2_L2 | 3 | AF) },

	{ "leaf_field", "AMEC", BLOCK_IS(ALL | BIT(63)), SAME },
	{ "leaf_field", "PBHA", BLOCK_IS(ALL | UINT64_C(15) << 59), SAME },
	{ "leaf_field", "AssuredOnly", BLOCK_IS(ALL | BIT(58)), SAME },
	{ "leaf_field", "software", BLOCK_IS(ALL | UINT64_C(3) << 56), SAME },
	{ "leaf_field", "NS", BLOCK_IS(ALL | BIT(55)), SPACE(IOM_SPACE_NONSECURE) },
	{ "leaf_field", "NS", .idr = REALM, .space = IOM_SPACE_REALM, BLOCK_IS(ALL | BIT(55)),
	  SPACE(IOM_SPACE_NONSECURE) },
	{ "leaf_field", "NS", .idr = REALM, .space = IOM_SPACE_REALM, BLOCK_IS(ALL),
	  SPACE(IOM_SPACE_REALM) },
	{ "leaf_field", "XN", BLOCK_IS(ALL | XN(0)), .access = X, SAME },
	{ "leaf_field", "XN", BLOCK_IS(ALL | XN(0)), .access = X, .flags = PRIV, SAME },
	{ "leaf_field", "XN", BLOCK_IS(ALL | XN(1)), .access = X, SAME },
	{ "leaf_field", "XN", BLOCK_IS(ALL | XN(1)), .access = X, .flags = PRIV,
	  AT_STAGE2(F_PERMISSION) },
	{ "leaf_field", "XN", BLOCK_IS(ALL | XN(2)), .access = X, AT_STAGE2(F_PERMISSION) },
	{ "leaf_field", "XN", BLOCK_IS(ALL | XN(2)), .access = X, .flags = PRIV,
	  AT_STAGE2(F_PERMISSION) },
	{ "leaf_field", "XN", BLOCK_IS(ALL | XN(3)), .access = X, AT_STAGE2(F_PERMISSION) },
	{ "leaf_field", "XN", BLOCK_IS(ALL | XN(3)), .access = X, .flags = PRIV, SAME },
	{ "leaf_field", "Contiguous", BLOCK_IS(ALL | BIT(52)), SAME },
	{ "leaf_field", "DBM", .ste = "S2HA=1;S2HD=1", BLOCK_IS(WB | S2R | DBM), .access = W,
	  LEAVES(S2_FINAL, BLOCK(ALL | DBM)) },
	{ "leaf_field", "DBM", .ste = "S2HA=1;S2HD=1", BLOCK_IS(WB | S2R), .access = W,
	  REFUSES_AND_LEAVES(S2_FINAL, BLOCK(WB | S2R)) },
	{ "leaf_field", "RES0", BLOCK_IS(ALL | BIT(50)), SAME },
	{ "leaf_field", "nT", BLOCK_IS(ALL | BIT(16)), SAME },
	{ "leaf_field", "FnXS", BLOCK_IS(ALL | BIT(11)), SAME },
	{ "leaf_field", "AF", .words = { { S2_FINAL, BLOCK(ALL) & ~AF } }, AT_STAGE2(F_ACCESS) },
	{ "leaf_field", "AF", .words = { { S2_FINAL, BLOCK(ALL) & ~AF } }, .ste = "S2AFFD=1",
	  SAME },
#define SH_IS(n) .words = { { S2_FINAL, (BLOCK(ALL) & ~UINT64_C(0x300)) | (n) << 8 } }
	{ "leaf_field", "SH", .ste = "SHCFG=0", SH_IS(0), ATTRS("Normal-iWB-oWB/NSH") },
	{ "leaf_field", "SH", .ste = "SHCFG=0", SH_IS(1), ATTRS("Normal-iWB-oWB/NSH") },
	{ "leaf_field", "SH", .ste = "SHCFG=0", SH_IS(2), ATTRS("Normal-iWB-oWB/OSH") },
	{ "leaf_field", "SH", .ste = "SHCFG=0", SH_IS(3), ATTRS("Normal-iWB-oWB/ISH") },
	{ "leaf_field", "SH", .idr = "OAS=52;VAX=1;DS=1", .ste = "S2DS=1;S2PS=6;S2SH0=2;SHCFG=0",
	  SH_IS(3),
	  .want = { .has_oa = true,
		    .oa = BIT(50) | BIT(51) | SMMU_BUILD_VA,
		    .attrs = "Normal-iWB-oWB/OSH" } },
	{ "leaf_field", "S2AP", BLOCK_IS(WB), AT_STAGE2(F_PERMISSION) },
	{ "leaf_field", "S2AP", BLOCK_IS(WB | S2R), SAME },
	{ "leaf_field", "S2AP", BLOCK_IS(WB | S2R), .access = W, AT_STAGE2(F_PERMISSION) },
	{ "leaf_field", "S2AP", BLOCK_IS(WB | S2W), AT_STAGE2(F_PERMISSION) },
	{ "leaf_field", "S2AP", BLOCK_IS(WB | S2W), .access = W, SAME },
	{ "leaf_field", "S2AP", BLOCK_IS(ALL), .access = RW, SAME },
	{ "leaf_field", "MemAttr", BLOCK_IS(S2R | 1 << 2), ATTRS("Device-nGnRE/OSH") },
	{ "leaf_field", "MemAttr", BLOCK_IS(S2R | 5 << 2), ATTRS("Normal-iNC-oNC/OSH") },
	{ "leaf_field", "MemAttr", BLOCK_IS(S2R | 10 << 2), ATTRS("Normal-iWT-oWT/ISH") },

	{ "addr_check", "output size", .ste = "S2PS=4", BLOCK_IS(ALL | BIT(44)),
	  AT_STAGE2(F_ADDR_SIZE) },
	{ "addr_check", "output size", .ste = "S2PS=4", BLOCK_IS(ALL | BIT(43)),
	  OK_AT(BIT(43) | SMMU_BUILD_VA) },
	{ "addr_check", "output size", .ste = "S2PS=4",
	  .words = { { S2_FINAL, S2_L2 | 3 | BIT(44) } }, AT_STAGE2(F_ADDR_SIZE) },
	{ "ipa_check", "range", .address = BIT(39) | 0x1000, AT_STAGE2(F_TRANSLATION) },
	{ "ipa_check", "range", .config = 7, .ste = "S1ContextPtr=0x8040010000",
	  AT_STAGE2(F_TRANSLATION) },
	{ "ipa_check", "range", .config = 7, .cd = "TTB0=0x8080000000", AT_STAGE2(F_TRANSLATION) },
	{ "ipa_check", "range", .config = 7, .words = { { LEAF, PAGE(USER) | BIT(39) } },
	  AT_STAGE2(F_TRANSLATION) },

	{ "permission", "S2AP[0]", BLOCK_IS(WB | S2W), AT_STAGE2(F_PERMISSION) },
	{ "permission", "S2AP[0]", BLOCK_IS(WB | S2W), .flags = PRIV, AT_STAGE2(F_PERMISSION) },
	{ "permission", "S2AP[0]", BLOCK_IS(WB | S2R), .flags = PRIV, SAME },
	{ "permission", "S2AP[1]", BLOCK_IS(WB | S2R), .access = W, AT_STAGE2(F_PERMISSION) },
	{ "permission", "S2AP[1]", BLOCK_IS(WB | S2W), .access = W, .flags = PRIV, SAME },
	{ "permission", "XN", "instruction read, XNX==1", BLOCK_IS(WB), .access = X, SAME },
	{ "permission", "XN", "instruction read, XNX==1", BLOCK_IS(WB | XN(1)), .access = X,
	  .ste = "PRIVCFG=3", AT_STAGE2(F_PERMISSION) },
	{ "permission", "XN", "instruction read, XNX==1", BLOCK_IS(WB | XN(3)), .access = X,
	  .ste = "PRIVCFG=3", SAME },
	{ "permission", "XN", "instruction read, XNX==0", .idr = "XNX=0", BLOCK_IS(ALL | XN(1)),
	  .access = X, .flags = PRIV, SAME },
	{ "permission", "XN", "instruction read, XNX==0", .idr = "XNX=0", BLOCK_IS(ALL | XN(3)),
	  .access = X, .flags = PRIV, AT_STAGE2(F_PERMISSION) },
#define WALKS_IN(bits) .config = 7, .words = { { S2_TABLES, BIT(31) | BLOCK(bits) } }
	{ "permission", "data read", WALKS_IN(WB | S2R), OK },
	{ "permission", "data read", WALKS_IN(WB | S2R), .flags = PRIV, .access = X,
	  AT_STAGE1(F_PERMISSION) },
	{ "permission", "data read", WALKS_IN(WB | S2R | XN(2)), OK },
	{ "permission", "data read", WALKS_IN(WB | S2W), AT_STAGE2(F_PERMISSION) },
	{ "permission", "data read", WALKS_IN(S2R | 1 << 2), OK },
	{ "permission", "data read", WALKS_IN(S2R | 1 << 2), .ste = "S2PTW=1",
	  AT_STAGE2(F_PERMISSION) },
	{ "permission", "data read", .config = 7,
	  .words = { { SMMU_BUILD_S2 + 8, BIT(30) | BLOCK(WB | S2W) } }, AT_STAGE2(F_PERMISSION) },
	{ "permission", "order", .config = 7, .access = W,
	  .words = { { LEAF, PAGE(USER | RO) }, { S2_FINAL, BLOCK(WB | S2R) } },
	  AT_STAGE1(F_PERMISSION) },
	{ "permission", "order", .config = 7, .access = W,
	  .words = { { S2_FINAL, BLOCK(WB | S2R) } }, AT_STAGE2(F_PERMISSION) },

	{ "httu", "Access flag", .ste = "S2HA=1", .words = { { S2_FINAL, BLOCK(ALL) & ~AF } },
	  LEAVES(S2_FINAL, BLOCK(ALL)) },
	{ "httu", "Access flag", .config = 7, .ste = "S2HA=1",
	  .words = { { S2_TABLES, (BIT(31) | BLOCK(ALL)) & ~AF } },
	  LEAVES(S2_TABLES, BIT(31) | BLOCK(ALL)) },
	{ "httu", "Access flag", .config = 7, .ste = "S2HA=1",
	  .words = { { SMMU_BUILD_S2 + 8, (BIT(30) | BLOCK(ALL)) & ~AF } },
	  LEAVES(SMMU_BUILD_S2 + 8, BIT(30) | BLOCK(ALL)) },
	{ "httu", "dirty state", "S2HA==1, S2HD==1", .ste = "S2HA=1;S2HD=1",
	  .words = { { S2_FINAL, BLOCK(WB | S2R | DBM) & ~AF } }, .access = W,
	  LEAVES(S2_FINAL, BLOCK(ALL | DBM)) },
	{ "httu", "dirty state", "S2HA==1, S2HD==1", .ste = "S2HA=1;S2HD=1",
	  BLOCK_IS(WB | S2R | DBM), LEAVES(S2_FINAL, BLOCK(WB | S2R | DBM)) },
	/* A CD fetch dirties nothing. */
	{ "httu", "dirty state", "S2HA==1, S2HD==1", .config = 7, .ste = "S2HA=1;S2HD=1",
	  .words = { { SMMU_BUILD_S2 + 8, BIT(30) | BLOCK(WB | S2R | DBM) } },
	  LEAVES(SMMU_BUILD_S2 + 8, BIT(30) | BLOCK(WB | S2R | DBM)) },
	{ "httu", "stage-1 walk", .config = 7, .ste = "S2HA=1;S2HD=1", .cd = "HA=1",
	  .words = { { LEAF, PAGE(USER) & ~AF }, { S2_TABLES, BIT(31) | BLOCK(WB | S2R | DBM) } },
	  LEAVES(S2_TABLES, BIT(31) | BLOCK(ALL | DBM)) },
	{ "httu", "dirty state", "S2HD==1, S2HA==0", .ste = "S2HD=1", BLOCK_IS(WB | S2R | DBM),
	  .access = W, REFUSES_AND_LEAVES(S2_FINAL, BLOCK(WB | S2R | DBM)) },
	{ "httu", "table AF", .idr = HTTU3, .ste = "S2HA=1;S2HAFT=1", WITH_TABLE_BITS(0),
	  LEAVES(S2_L2, S2_L3 | 3 | AF) },

	{ "lpae", "geometry", LPAE, .ste = "S2AA64=0;S2T0SZ=0;S2SL0=1", SAME },
	{ "lpae", "geometry", LPAE, .ste = "S2AA64=0;S2T0SZ=0;S2SL0=1",
	  .address = UINT64_C(0xc0000010), OK_AT(UINT64_C(0xc0000010)) },
	{ "lpae", "geometry", LPAE, .ste = "S2AA64=0;S2T0SZ=0;S2SL0=1", .address = BIT(32),
	  AT_STAGE2(F_TRANSLATION) },
	/* 40 bits, two tables concatenated at level 1 */
	{ "lpae", "geometry", LPAE, .ste = "S2AA64=0;S2T0SZ=24;S2SL0=1",
	  .words = { { SMMU_BUILD_S2 + 8 * 1023, UINT64_C(0x40000000) | BLOCK(ALL) } },
	  .address = UINT64_C(0xffc0001000), OK_AT(0x40001000) },
	/* 25 bits from level 2 */
	{ "lpae", "geometry", LPAE, .ste = "S2AA64=0;S2T0SZ=7;S2SL0=0",
	  .words = { { SMMU_BUILD_S2 + 8 * 15, UINT64_C(0x600000) | BLOCK(ALL) } },
	  .address = 0x1e01000, OK_AT(0x601000) },
	{ "lpae", "geometry", LPAE, .ste = "S2AA64=0;S2T0SZ=0;S2SL0=1", BLOCK_IS(ALL | BIT(40)),
	  AT_STAGE2(F_ADDR_SIZE) },
};

/* SMMU_S2PII gives PIIndex 0 to 15 their rights; {[54],[53],[51],[6]} picks one. */
static bool indirect(const smmu_spec *spec, unsigned right, unsigned access, bool allowed)
{
	smmu_build build;
	iom_memory *memory;
	iom_result result;

	smmu_build_init(&build, spec, 6);
	smmu_build_set(&build, "idr", V34 ";S2PI=1");
	smmu_build_set(&build, "ste", "S2PIE=1");
	/* PIIndex 5, Dirty */
	smmu_build_word(&build, S2_FINAL, BLOCK(WB | XN(1) | S2R | S2W));
	iom_iommu *iommu = smmu_build_model(&build, "default", &memory);

	if (!iommu)
		return false;
	build.request.access = (uint8_t)access;
	iom_iommu_mmio_write(iommu, S2PII, 8, (uint64_t)right << 20, IOM_SPACE_NONSECURE);
	iom_iommu_translate(iommu, &build.request, &result);
	bool ok = allowed ? result.status == IOM_OK
			  : result.status == IOM_ABORT && result.fault.code == F_PERMISSION;

	iom_iommu_unref(iommu);
	iom_memory_unref(memory);
	smmu_build_clear(&build);
	return ok;
}

void rows_s2_cases(smmu_coverage *coverage, const smmu_spec *spec)
{
	rows_run(coverage, spec, 2, cases, G_N_ELEMENTS(cases));
	/* NoAccess, WO, RO, RO+uX, RW+puX */
	static const struct {
		unsigned right;
		bool read, write, execute;
	} rights[] = { { 0, false, false, false },
		       { 4, false, true, false },
		       { 8, true, false, false },
		       { 9, true, false, true },
		       { 15, true, true, true } };

	for (unsigned i = 0; i < G_N_ELEMENTS(rights); i++) {
		CU_ASSERT_TRUE(indirect(spec, rights[i].right, R, rights[i].read));
		CU_ASSERT_TRUE(indirect(spec, rights[i].right, W, rights[i].write));
		CU_ASSERT_TRUE(indirect(spec, rights[i].right, X, rights[i].execute));
	}
	smmu_cover(coverage, rows_row(coverage, "permission", "indirect", NULL));
}
