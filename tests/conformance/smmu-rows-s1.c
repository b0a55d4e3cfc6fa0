/* SPDX-License-Identifier: MIT */
/* s1_descriptors.tsv: types, fields, checks of addresses, permissions, HTTU, LPAE. */
#include "tests/conformance/smmu-rows-cases.h"

#include "tests/harness.h"

#include <string.h>

#define TTB1 "EPD1=0;T1SZ=25;TG1=2;TTB1=0x80000000"
#define HD "HA=1;HD=1"
#define PI V34 ";S1PI=1"
/* PIIndex 1: read for all, write with privilege */
#define PIE "PIE=1;PIIU<p>=8;PIIP<p>=0x28"
#define LPAE "AA64=0;T0SZ=0"
#define LEAF_IS(value) .words = { { LEAF, value } }
#define L2_IS(value) .words = { { L2, value } }

static const row_case cases[] = {
	{ "type", "bits[1:0]", "<3", L2_IS(0), FAULT(F_TRANSLATION) },
	{ "type", "bits[1:0]", "<3", L2_IS(SMMU_BUILD_S1_L3 | 2), FAULT(F_TRANSLATION) },
	{ "type", "bits[1:0]", "<3", L2_IS(0x4000741), OK_AT(0x4001000) },
	{ "type", "bits[1:0]", "<3", L2_IS(TABLE(0)), OK },
	{ "type", "bits[1:0]", "3", LEAF_IS(PAGE(USER) & ~UINT64_C(3)), FAULT(F_TRANSLATION) },
	{ "type", "bits[1:0]", "3", LEAF_IS(PAGE(USER) & ~UINT64_C(2)), FAULT(F_TRANSLATION) },
	{ "type", "bits[1:0]", "3", LEAF_IS(PAGE(USER) & ~UINT64_C(1)), FAULT(F_TRANSLATION) },
	{ "type", "bits[1:0]", "3", LEAF_IS(PAGE(USER)), OK },

	{ "table_field", "NSTable", L2_IS(TABLE(BIT(63))), SPACE(IOM_SPACE_NONSECURE) },
	{ "table_field", "NSTable", .idr = SECURE, .space = IOM_SPACE_SECURE, L2_IS(TABLE(BIT(63))),
	  SPACE(IOM_SPACE_NONSECURE) },
	{ "table_field", "NSTable", .idr = SECURE, .space = IOM_SPACE_SECURE, L2_IS(TABLE(0)),
	  SPACE(IOM_SPACE_SECURE) },
	{ "table_field", "APTable", L2_IS(TABLE(BIT(61))), FAULT(F_PERMISSION) },
	{ "table_field", "APTable", L2_IS(TABLE(BIT(61))), .flags = PRIV, OK },
	{ "table_field", "APTable", L2_IS(TABLE(BIT(62))), OK },
	{ "table_field", "APTable", L2_IS(TABLE(BIT(62))), .access = W, FAULT(F_PERMISSION) },
	{ "table_field", "APTable", L2_IS(TABLE(BIT(61) | BIT(62))), .access = W, .flags = PRIV,
	  FAULT(F_PERMISSION) },
	{ "table_field", "APTable", L2_IS(TABLE(BIT(61) | BIT(62))), .access = W, .cd = "HAD0=1",
	  OK },
	{ "table_field", "APTable", L2_IS(TABLE(BIT(61))), .ste = EL2, OK },
	{ "table_field", "UXNTable", L2_IS(TABLE(BIT(60))), .access = X, FAULT(F_PERMISSION) },
	{ "table_field", "UXNTable", L2_IS(TABLE(BIT(60))), OK },
	{ "table_field", "UXNTable", L2_IS(TABLE(BIT(60))), .access = X, .cd = "HAD0=1", OK },
	{ "table_field", "UXNTable", L2_IS(TABLE(BIT(60))), .access = X, .ste = EL2,
	  FAULT(F_PERMISSION) },
	{ "table_field", "PXNTable", .words = { { L2, TABLE(BIT(59)) }, { LEAF, PAGE(0) } },
	  .access = X, .flags = PRIV, FAULT(F_PERMISSION) },
	{ "table_field", "PXNTable", .words = { { L2, TABLE(BIT(59)) }, { LEAF, PAGE(0) } },
	  .access = X, .flags = PRIV, .cd = "HAD0=1", OK },
	{ "table_field", "PXNTable", L2_IS(TABLE(BIT(59))), .access = X, OK },
	{ "table_field", "PXNTable", L2_IS(TABLE(BIT(59))), .access = X, .ste = EL2, OK },
	{ "table_field", "ignored", "[58:53]", L2_IS(TABLE(UINT64_C(0x3f) << 53 | BIT(51) | 0xfc)),
	  OK },
	{ "table_field", "Protected", L2_IS(TABLE(BIT(52))), OK },
	{ "table_field", "RES0", L2_IS(TABLE(BIT(50))), OK },
	{ "table_field", "ignored", "[11]", L2_IS(TABLE(BIT(11))), OK },
	{ "table_field", "AF", LEAVES(L2, TABLE(0)) },
	{ "table_field", "AF", .idr = V34 ";HTTU=3", .cd = "HA=1;HAFT=1", LEAVES(L2, TABLE(AF)) },

	{ "leaf_field", "AMEC", LEAF_IS(PAGE(USER | BIT(63))), OK },
	{ "leaf_field", "PBHA", LEAF_IS(PAGE(USER | UINT64_C(0xf) << 59)), OK },
	{ "leaf_field", "PBHA", LEAF_IS(PAGE(USER | BIT(59))), .idr = V34 ";AIE=1",
	  .cd = "AIE=1;MAIR1=0x44000000", ATTRS("Normal-iNC-oNC/OSH") },
	{ "leaf_field", "software", LEAF_IS(PAGE(USER | UINT64_C(0xf) << 55)), OK },
	{ "leaf_field", "UXN", LEAF_IS(PAGE(USER | UXN)), .access = X, FAULT(F_PERMISSION) },
	{ "leaf_field", "UXN", LEAF_IS(PAGE(USER | UXN)), OK },
	{ "leaf_field", "UXN", LEAF_IS(PAGE(UXN)), .access = X, .flags = PRIV, OK },
	{ "leaf_field", "UXN", LEAF_IS(PAGE(UXN)), .access = X, .ste = EL2, FAULT(F_PERMISSION) },
	{ "leaf_field", "PXN", LEAF_IS(PAGE(PXN)), .access = X, .flags = PRIV,
	  FAULT(F_PERMISSION) },
	{ "leaf_field", "PXN", LEAF_IS(PAGE(USER | RO | PXN)), .access = X, OK },
	{ "leaf_field", "PXN", LEAF_IS(PAGE(PXN)), .access = X, .ste = EL2, OK },
	{ "leaf_field", "Contiguous", LEAF_IS(PAGE(USER | BIT(52))), OK },
	{ "leaf_field", "DBM", LEAF_IS(PAGE(USER | RO | DBM)), .access = W, .cd = HD,
	  LEAVES(LEAF, PAGE(USER | DBM)) },
	{ "leaf_field", "DBM", LEAF_IS(PAGE(USER | RO)), .access = W, .cd = HD,
	  REFUSES_AND_LEAVES(LEAF, PAGE(USER | RO)) },
	{ "leaf_field", "GP", LEAF_IS(PAGE(USER | BIT(50))), OK },
	{ "leaf_field", "nT", L2_IS(0x4000741 | BIT(16)), OK_AT(0x4001000) },
	{ "leaf_field", "AF", LEAF_IS(PAGE(USER) & ~AF), FAULT(F_ACCESS) },
	{ "leaf_field", "AF", LEAF_IS(PAGE(USER) & ~AF), .cd = "AFFD=1", OK },
	{ "leaf_field", "SH", LEAF_IS(PAGE(USER) & ~UINT64_C(0x300)), ATTRS("Normal-iWB-oWB/NSH") },
	{ "leaf_field", "SH", LEAF_IS(PAGE(USER) & ~UINT64_C(0x200)), ATTRS("Normal-iWB-oWB/NSH") },
	{ "leaf_field", "SH", LEAF_IS(PAGE(USER) & ~UINT64_C(0x100)), ATTRS("Normal-iWB-oWB/OSH") },
	{ "leaf_field", "SH", LEAF_IS(PAGE(USER)), ATTRS("Normal-iWB-oWB/ISH") },
	{ "leaf_field", "SH", LEAF_IS(PAGE(USER)), .idr = "OAS=52;VAX=1;DS=1",
	  .cd = "DS=1;IPS=6;SH0=2",
	  .want = { .has_oa = true,
		    .oa = BIT(50) | BIT(51) | SMMU_BUILD_OA,
		    .attrs = "Normal-iWB-oWB/OSH" } },
	{ "leaf_field", "AP[2]", LEAF_IS(PAGE(USER | RO)), .access = W, FAULT(F_PERMISSION) },
	{ "leaf_field", "AP[2]", LEAF_IS(PAGE(USER | RO)), OK },
	{ "leaf_field", "AP[1]", LEAF_IS(PAGE(0)), FAULT(F_PERMISSION) },
	{ "leaf_field", "AP[1]", LEAF_IS(PAGE(0)), .ste = EL2, OK },
	{ "leaf_field", "NS", LEAF_IS(PAGE(USER | BIT(5))), .idr = SECURE,
	  .space = IOM_SPACE_SECURE, SPACE(IOM_SPACE_NONSECURE) },
	{ "leaf_field", "NS", LEAF_IS(PAGE(USER)), .idr = SECURE, .space = IOM_SPACE_SECURE,
	  SPACE(IOM_SPACE_SECURE) },
	{ "leaf_field", "NS", LEAF_IS(PAGE(USER)), SPACE(IOM_SPACE_NONSECURE) },
#define MAIRS .cd = "MAIR0=0xbb0444ff;MAIR1=0x0c0800f4"
	{ "leaf_field", "AttrIndx", MAIRS, ATTRS("Normal-iWB-oWB/ISH") },
	{ "leaf_field", "AttrIndx", MAIRS, LEAF_IS(PAGE(USER | 1 << 2)),
	  ATTRS("Normal-iNC-oNC/OSH") },
	{ "leaf_field", "AttrIndx", MAIRS, LEAF_IS(PAGE(USER | 2 << 2)),
	  ATTRS("Device-nGnRE/OSH") },
	{ "leaf_field", "AttrIndx", MAIRS, LEAF_IS(PAGE(USER | 3 << 2)),
	  ATTRS("Normal-iWT-oWT/ISH") },
	{ "leaf_field", "AttrIndx", MAIRS, LEAF_IS(PAGE(USER | 4 << 2)),
	  ATTRS("Normal-iNC-oWB/ISH") },
	{ "leaf_field", "AttrIndx", MAIRS, LEAF_IS(PAGE(USER | 5 << 2)),
	  ATTRS("Device-nGnRnE/OSH") },
	{ "leaf_field", "AttrIndx", MAIRS, LEAF_IS(PAGE(USER | 6 << 2)), ATTRS("Device-nGRE/OSH") },
	{ "leaf_field", "AttrIndx", MAIRS, LEAF_IS(PAGE(USER | 7 << 2)), ATTRS("Device-GRE/OSH") },

	{ "addr_check", "output size", .cd = "IPS=4", LEAF_IS(PAGE(USER | BIT(44))),
	  FAULT(F_ADDR_SIZE) },
	{ "addr_check", "output size", .cd = "IPS=4", LEAF_IS(PAGE(USER | BIT(43))),
	  OK_AT(BIT(43) | SMMU_BUILD_OA) },
	{ "addr_check", "output size", .cd = "IPS=4", L2_IS(TABLE(BIT(44))), FAULT(F_ADDR_SIZE) },
	{ "addr_check", "output size", .idr = "OAS=42", LEAF_IS(PAGE(USER | BIT(42))),
	  FAULT(F_ADDR_SIZE) },

	{ "va_check", "range", "two-range", .address = BIT(39) | 0x1000, FAULT(F_TRANSLATION) },
	{ "va_check", "range", "two-range", .address = BIT(38) | 0x1000, FAULT(F_TRANSLATION) },
	{ "va_check", "range", "two-range", .cd = TTB1, .address = UINT64_C(0xffffff8000001000),
	  OK },
	{ "va_check", "range", "two-range", .cd = TTB1, .address = UINT64_C(0xffffff0000001000),
	  FAULT(F_TRANSLATION) },
	{ "va_check", "range", "two-range", .cd = TTB1, .address = UINT64_C(0x12ffff8000001000),
	  FAULT(F_TRANSLATION) },
	{ "va_check", "range", "two-range", .cd = TTB1 ";TBI1=1",
	  .address = UINT64_C(0x12ffff8000001000), OK },
	{ "va_check", "range", "two-range", .cd = "TBI0=1", .address = UINT64_C(0xab00000000001000),
	  OK },
	{ "va_check", "range", "two-range", .cd = "TBI0=1", .address = UINT64_C(0xab01000000001000),
	  FAULT(F_TRANSLATION) },
	{ "va_check", "range", "any-EL2", .ste = EL2, .address = BIT(39) | 0x1000,
	  FAULT(F_TRANSLATION) },
	{ "va_check", "range", "any-EL2", .ste = EL2, .address = UINT64_C(0xffffff8000001000),
	  FAULT(F_TRANSLATION) },
	{ "va_check", "range", "any-EL2", .ste = EL2, .cd = "TBI0=1",
	  .address = UINT64_C(0xff00000000001000), OK },
	/* Its neighbours are invalid: used as it is. */
	{ "contiguous", "misprogramming", LEAF_IS(PAGE(USER | BIT(52))), OK },

#define AP(bits) "two-privilege worlds, effective AP[2:1]=0b" bits
	{ "permission", "data access", AP("00"), LEAF_IS(PAGE(0)), FAULT(F_PERMISSION) },
	{ "permission", "data access", AP("00"), LEAF_IS(PAGE(0)), .access = W,
	  FAULT(F_PERMISSION) },
	{ "permission", "data access", AP("00"), LEAF_IS(PAGE(0)), .flags = PRIV, OK },
	{ "permission", "data access", AP("00"), LEAF_IS(PAGE(0)), .access = W, .flags = PRIV, OK },
	{ "permission", "data access", AP("01"), LEAF_IS(PAGE(USER)), OK },
	{ "permission", "data access", AP("01"), LEAF_IS(PAGE(USER)), .access = W, OK },
	{ "permission", "data access", AP("01"), LEAF_IS(PAGE(USER)), .flags = PRIV, OK },
	{ "permission", "data access", AP("01"), LEAF_IS(PAGE(USER)), .access = W, .flags = PRIV,
	  OK },
	{ "permission", "data access", AP("10"), LEAF_IS(PAGE(RO)), FAULT(F_PERMISSION) },
	{ "permission", "data access", AP("10"), LEAF_IS(PAGE(RO)), .access = W,
	  FAULT(F_PERMISSION) },
	{ "permission", "data access", AP("10"), LEAF_IS(PAGE(RO)), .flags = PRIV, OK },
	{ "permission", "data access", AP("10"), LEAF_IS(PAGE(RO)), .access = W, .flags = PRIV,
	  FAULT(F_PERMISSION) },
	{ "permission", "data access", AP("11"), LEAF_IS(PAGE(USER | RO)), OK },
	{ "permission", "data access", AP("11"), LEAF_IS(PAGE(USER | RO)), .access = W,
	  FAULT(F_PERMISSION) },
	{ "permission", "data access", AP("11"), LEAF_IS(PAGE(USER | RO)), .flags = PRIV, OK },
	{ "permission", "data access", AP("11"), LEAF_IS(PAGE(USER | RO)), .access = W,
	  .flags = PRIV, FAULT(F_PERMISSION) },
	{ "permission", "data access", "single", .ste = EL2, LEAF_IS(PAGE(0)), .access = W, OK },
	{ "permission", "data access", "single", .ste = EL2, LEAF_IS(PAGE(RO)), OK },
	{ "permission", "data access", "single", .ste = EL2, LEAF_IS(PAGE(RO)), .access = W,
	  FAULT(F_PERMISSION) },
	{ "permission", "unprivileged execute", LEAF_IS(PAGE(USER)), .access = X, OK },
	{ "permission", "unprivileged execute", LEAF_IS(PAGE(USER | UXN)), .access = X,
	  FAULT(F_PERMISSION) },
	{ "permission", "unprivileged execute", LEAF_IS(PAGE(USER)), .access = X, .cd = "WXN=1",
	  FAULT(F_PERMISSION) },
	{ "permission", "unprivileged execute", LEAF_IS(PAGE(USER | RO)), .access = X,
	  .cd = "WXN=1", OK },
	{ "permission", "unprivileged execute", LEAF_IS(PAGE(0)), .access = X, OK },
	{ "permission", "unprivileged execute", LEAF_IS(PAGE(RO)), .access = X, OK },
	{ "permission", "privileged execute", LEAF_IS(PAGE(0)), .access = X, .flags = PRIV, OK },
	{ "permission", "privileged execute", LEAF_IS(PAGE(PXN)), .access = X, .flags = PRIV,
	  FAULT(F_PERMISSION) },
	{ "permission", "privileged execute", LEAF_IS(PAGE(USER)), .access = X, .flags = PRIV,
	  FAULT(F_PERMISSION) },
	{ "permission", "privileged execute", LEAF_IS(PAGE(USER | RO)), .access = X, .flags = PRIV,
	  OK },
	{ "permission", "privileged execute", LEAF_IS(PAGE(0)), .access = X, .flags = PRIV,
	  .cd = "WXN=1", FAULT(F_PERMISSION) },
	{ "permission", "privileged execute", LEAF_IS(PAGE(RO)), .access = X, .flags = PRIV,
	  .cd = "WXN=1", OK },
	{ "permission", "execute", .ste = EL2, LEAF_IS(PAGE(0)), .access = X, OK },
	{ "permission", "execute", .ste = EL2, LEAF_IS(PAGE(UXN)), .access = X,
	  FAULT(F_PERMISSION) },
	{ "permission", "execute", .ste = EL2, LEAF_IS(PAGE(0)), .access = X, .cd = "WXN=1",
	  FAULT(F_PERMISSION) },
	{ "permission", "execute", .ste = EL2, LEAF_IS(PAGE(RO)), .access = X, .cd = "WXN=1", OK },
	{ "permission", "write-dependent", LEAF_IS(PAGE(USER | RO | DBM)), .access = X,
	  .flags = PRIV, .cd = HD, FAULT(F_PERMISSION) },
	{ "permission", "write-dependent", LEAF_IS(PAGE(USER | RO | DBM)), .access = X,
	  .cd = HD ";WXN=1", FAULT(F_PERMISSION) },
	{ "permission", "write-dependent", LEAF_IS(PAGE(USER | RO | DBM)), .access = X,
	  .flags = PRIV, OK },
	{ "permission", "privileged data", .cd = "PAN=1", .flags = PRIV, FAULT(F_PERMISSION) },
	{ "permission", "privileged data", .cd = "PAN=1", .flags = PRIV, LEAF_IS(PAGE(0)), OK },
	{ "permission", "privileged data", .cd = "PAN=1", .flags = PRIV, .access = X,
	  LEAF_IS(PAGE(USER | RO)), OK },
	{ "permission", "privileged data", .cd = "PAN=1", OK },
	{ "permission", "privileged data", .idr = V34, .cd = "PAN=1;EPAN=1", .flags = PRIV,
	  LEAF_IS(PAGE(0)), FAULT(F_PERMISSION) },
	{ "permission", "privileged data", .idr = V34, .cd = "PAN=1;EPAN=1", .flags = PRIV,
	  LEAF_IS(PAGE(UXN)), OK },
	{ "permission", "", "UWXN", .cd = "UWXN=1", .access = X, OK },
	{ "permission", "", "UWXN", .cd = "UWXN=1", .access = X, LEAF_IS(PAGE(0)), .flags = PRIV,
	  OK },
	{ "permission", "APTable", .words = { { L1, L2 | 3 | BIT(61) }, { L2, TABLE(BIT(62)) } },
	  FAULT(F_PERMISSION) },
	{ "permission", "APTable", .words = { { L1, L2 | 3 | BIT(61) }, { L2, TABLE(BIT(62)) } },
	  .flags = PRIV, OK },
	{ "permission", "APTable", .words = { { L1, L2 | 3 | BIT(61) }, { L2, TABLE(BIT(62)) } },
	  .flags = PRIV, .access = W, FAULT(F_PERMISSION) },
	{ "permission", "mapping", LEAF_IS(PAGE(USER | UXN)), .access = X, FAULT(F_PERMISSION) },
	{ "permission", "mapping", LEAF_IS(PAGE(USER | UXN)), .access = W, .ste = "INSTCFG=3", OK },
	{ "permission", "mapping", LEAF_IS(PAGE(USER | UXN)), .ste = "INSTCFG=3",
	  FAULT(F_PERMISSION) },
	{ "permission", "mapping", LEAF_IS(PAGE(USER | RO)), .access = RW, FAULT(F_PERMISSION) },
	{ "permission", "mapping", LEAF_IS(PAGE(USER)), .access = RW, OK },
	{ "permission", "mapping", LEAF_IS(PAGE(0)), .ste = "PRIVCFG=3", OK },
	{ "permission", "indirect", .idr = PI, .ste = "S1PIE=1", .cd = PIE, OK },
	{ "permission", "indirect", .idr = PI, .ste = "S1PIE=1", .cd = PIE, .access = W,
	  FAULT(F_PERMISSION) },
	{ "permission", "indirect", .idr = PI, .ste = "S1PIE=1", .cd = PIE, .access = W,
	  .flags = PRIV, OK },
	{ "permission", "indirect", .idr = PI, .ste = "S1PIE=1", .cd = PIE, .access = W,
	  .flags = PRIV, LEAF_IS(PAGE(USER | RO)), FAULT(F_PERMISSION) },
	{ "permission", "indirect", .idr = PI, .ste = "S1PIE=1", .cd = PIE ";PAN=1", .flags = PRIV,
	  FAULT(F_PERMISSION) },
	{ "permission", "indirect", .idr = PI, .ste = "S1PIE=1", .cd = PIE, LEAF_IS(PAGE(0)),
	  .flags = PRIV, FAULT(F_PERMISSION) },

	{ "httu", "Access flag", LEAF_IS(PAGE(USER) & ~AF), .cd = "HA=1",
	  LEAVES(LEAF, PAGE(USER)) },
	{ "httu", "Access flag", LEAF_IS(PAGE(USER) & ~AF), .cd = "HA=1;AFFD=1",
	  LEAVES(LEAF, PAGE(USER)) },
	{ "httu", "Access flag", LEAF_IS(PAGE(USER | RO) & ~AF), .cd = "HA=1", .access = W,
	  REFUSES_AND_LEAVES(LEAF, PAGE(USER | RO) & ~AF) },
	{ "httu", "dirty state", "HA==1, HD==1", LEAF_IS(PAGE(USER | RO | DBM) & ~AF), .cd = HD,
	  .access = W, LEAVES(LEAF, PAGE(USER | DBM)) },
	{ "httu", "dirty state", "HA==1, HD==1",
	  .words = { { L2, TABLE(BIT(62)) }, { LEAF, PAGE(USER | RO | DBM) } }, .cd = HD,
	  .access = W, REFUSES_AND_LEAVES(LEAF, PAGE(USER | RO | DBM)) },
	{ "httu", "dirty state", "HA==1, HD==1", LEAF_IS(PAGE(USER | RO | DBM)), .cd = HD ";PAN=1",
	  .access = W, .flags = PRIV, REFUSES_AND_LEAVES(LEAF, PAGE(USER | RO | DBM)) },
	{ "httu", "dirty state", "HD==1, HA==0", LEAF_IS(PAGE(USER | RO | DBM)), .cd = "HD=1",
	  .access = W, REFUSES_AND_LEAVES(LEAF, PAGE(USER | RO | DBM)) },
	{ "httu", "dirty state", "read access", LEAF_IS(PAGE(USER | RO | DBM)), .cd = HD,
	  LEAVES(LEAF, PAGE(USER | RO | DBM)) },
	{ "httu", "table AF", .idr = V34 ";HTTU=3", .cd = "HA=1;HAFT=1", LEAVES(L1, L2 | 3 | AF) },
	{ "httu", "table AF", .idr = V34 ";HTTU=3", .cd = "HA=1;HAFT=1", LEAVES(L2, TABLE(AF)) },
	{ "httu", "stage-2 effect", .config = 7, .cd = "HA=1",
	  .words = { { LEAF, PAGE(USER) & ~AF }, { S2_TABLES, BIT(31) | BLOCK(WB | S2R) } },
	  .want = { .code = F_PERMISSION,
		    .has_s2 = true,
		    .s2 = true,
		    .watch = LEAF,
		    .after = PAGE(USER) & ~AF } },
	{ "httu", "stage-2 effect", .config = 7, .cd = "HA=1",
	  .words = { { LEAF, PAGE(USER) & ~AF } }, LEAVES(LEAF, PAGE(USER)) },
#define ATS .idr = "ATS=1", .ste = "EATS=1", .type = IOM_TRANSLATION_REQUEST
	{ "httu", "", "ATS TR", ATS, LEAF_IS(PAGE(USER) & ~AF), .cd = "HA=1",
	  LEAVES(LEAF, PAGE(USER)) },
	{ "httu", "", "ATS TR", ATS, LEAF_IS(PAGE(USER | RO | DBM)), .cd = HD, .access = R | W,
	  LEAVES(LEAF, PAGE(USER | DBM)) },
	{ "httu", "", "ATS TR", ATS, LEAF_IS(PAGE(USER | RO | DBM)), .cd = HD,
	  .flags = IOM_REQ_NO_WRITE, LEAVES(LEAF, PAGE(USER | RO | DBM)) },

	{ "lpae", "start level", .idr = "TTF=3", .cd = LPAE, OK },
	{ "lpae", "start level", .idr = "TTF=3", .cd = "AA64=0;T0SZ=1", OK },
	{ "lpae", "start level", .idr = "TTF=3", .cd = "AA64=0;T0SZ=2;TTB0=0x80100000", OK },
	{ "lpae", "start level", .idr = "TTF=3", .cd = "AA64=0;T0SZ=7;TTB0=0x80100000", OK },
	{ "lpae", "output", .idr = "TTF=3", .cd = LPAE, .address = BIT(32) | 0x1000,
	  FAULT(F_TRANSLATION) },
	{ "lpae", "output", .idr = "TTF=3", .cd = LPAE, LEAF_IS(PAGE(USER | BIT(40))),
	  FAULT(F_ADDR_SIZE) },
	{ "lpae", "output", .idr = "TTF=3", .cd = LPAE, LEAF_IS(PAGE(USER | BIT(39))),
	  OK_AT(BIT(39) | SMMU_BUILD_OA) },
	{ "lpae", "permissions", .idr = "TTF=3", .cd = LPAE, .access = X, .flags = PRIV, OK },
	{ "lpae", "permissions", .idr = "TTF=3", .cd = LPAE ";UWXN=1", .access = X, .flags = PRIV,
	  FAULT(F_PERMISSION) },
	{ "lpae", "permissions", .idr = "TTF=3", .cd = LPAE ";WXN=1", .access = X,
	  FAULT(F_PERMISSION) },
	{ "lpae", "permissions", .idr = "TTF=3", .cd = LPAE, LEAF_IS(PAGE(USER | RO | UXN)),
	  .access = X, .flags = PRIV, FAULT(F_PERMISSION) },
	{ "lpae", "permissions", .idr = "TTF=3", .cd = LPAE, LEAF_IS(PAGE(USER | RO | PXN)),
	  .access = X, .flags = PRIV, FAULT(F_PERMISSION) },
	{ "lpae", "permissions", .idr = "TTF=3", .cd = LPAE, LEAF_IS(PAGE(USER | RO | PXN)),
	  .access = X, OK },
};

/* Whether the answer, and the one from the caches, counts for every ASID. */
static bool global(const smmu_spec *spec, bool ng)
{
	bool ok = true;

	for (unsigned p = 0; p < 4; p++) {
		static const char *const presets[] = SMMU_CACHES;
		smmu_build build;
		smmu_answer answer;

		smmu_build_init(&build, spec, 5);
		smmu_build_word(&build, LEAF, PAGE(USER) & ~(ng ? 0 : BIT(11)));
		ok = smmu_build_ask(&build, presets[p], &answer) &&
		     !(answer.result.flags & IOM_RES_GLOBAL) == ng && ok;
		smmu_build_clear(&build);
	}
	return ok;
}

/* AF==0 is an F_ACCESS; once software has set it, nothing has to be invalidated. */
static bool not_cached(const smmu_spec *spec, uint64_t at, uint64_t before, uint64_t after)
{
	smmu_build build;
	iom_memory *memory;
	iom_result result;

	smmu_build_init(&build, spec, 5);
	smmu_build_word(&build, at, before);
	iom_iommu *iommu = smmu_build_model(&build, "default", &memory);

	if (!iommu)
		return false;
	iom_iommu_translate(iommu, &build.request, &result);
	bool ok = result.status == IOM_ABORT && result.fault.code == F_ACCESS;

	iom_memory_store64(memory, at, after);
	iom_iommu_translate(iommu, &build.request, &result);
	ok = ok && result.status == IOM_OK && result.address == SMMU_BUILD_OA;
	iom_iommu_unref(iommu);
	iom_memory_unref(memory);
	smmu_build_clear(&build);
	return ok;
}

void rows_s1_cases(smmu_coverage *coverage, const smmu_spec *spec)
{
	rows_run(coverage, spec, 1, cases, G_N_ELEMENTS(cases));
	CU_ASSERT_TRUE(global(spec, false) && global(spec, true));
	smmu_cover(coverage, rows_row(coverage, "leaf_field", "nG", NULL));
	CU_ASSERT_TRUE(not_cached(spec, LEAF, PAGE(USER) & ~AF, PAGE(USER)));
	smmu_cover(coverage, rows_row(coverage, "httu", "caching", NULL));
}
