/* SPDX-License-Identifier: MIT */
/* attributes.tsv: inputs, overrides and their scope, stage 1, what must be consistent. */
#include "tests/conformance/smmu-rows-attributes.h"

#include "tests/harness.h"

#include <stdio.h>
#include <string.h>

#define SEL2 SECURE ";S_IDR1.SEL2=1;STT=1"
#define SEC IOM_SPACE_SECURE
#define IN(byte, share, alloc) .has_in = true, .in_memtype = byte, .in_sh = share, .in_hints = alloc
#define TREQ .idr = "ATS=1", .type = IOM_TRANSLATION_REQUEST
#define MEMTYPE(byte) .want = { .has_memtype = true, .memtype = byte }
/* At stage 2: without privilege only. */
#define XN_USER_ONLY BIT(53)
#define WB_NSH ATTRS("Normal-iWB-oWB/NSH")
#define S2SECURE "S_S2T0SZ=25;S_S2SL0=1;S_S2TTB=0x90000000"
/* RA, WA; RA; transient too */
enum { RA_WA = 3, RA = 1, TR = 4 };

static const attr_case cases[] = {
	{ "default_input", "MT", WB_NSH },
	{ "default_input", "SH", WB_NSH },
	{ "default_input", "RA", MEMTYPE(0xff) },
	{ "default_input", "WA", MEMTYPE(0xff) },
	{ "default_input", "TR", MEMTYPE(0xff) },
	/* also where an override makes a type cacheable that was not */
	{ "default_input", "RA", IN(0x04, 2, 0), .ste = "MTCFG=1;MemAttr=15", MEMTYPE(0xff) },
	{ "default_input", "INST", .config = 5, .leaf = PAGE(USER | UXN), OK },
	{ "default_input", "PRIV", .config = 5, .leaf = PAGE(0), FAULT(F_PERMISSION) },
	{ "default_input", "NS", SPACE(IOM_SPACE_NONSECURE) },
	{ "default_input", "NS", .idr = REALM, .space = IOM_SPACE_REALM, SPACE(IOM_SPACE_REALM) },

	{ "input_rule", "INST on writes", .config = 5, .leaf = PAGE(USER | UXN), .ste = "INSTCFG=3",
	  .access = W, OK },
	{ "input_rule", "INST on writes", .config = 5, .leaf = PAGE(USER | UXN),
	  .access = W | IOM_EXECUTE, OK },
	{ "input_rule", "atomics", .config = 6, .s2 = BLOCK(WB | S2W), .access = RW,
	  AT_STAGE2(F_PERMISSION) },
	{ "input_rule", "atomics", .config = 6, .s2 = BLOCK(WB | S2R), .access = RW,
	  AT_STAGE2(F_PERMISSION) },
	{ "input_rule", "atomics", .config = 6, .access = RW, OK_AT(SMMU_BUILD_VA) },

	{ "override", "MTCFG", .ste = "MTCFG=1;MemAttr=1", ATTRS("Device-nGnRE/OSH") },
	{ "override", "MTCFG", .ste = "MTCFG=0;MemAttr=1", WB_NSH },
	{ "override", "MTCFG", .ste = "MTCFG=1;MemAttr=1", .idr = "ATTR_TYPES_OVR=0", WB_NSH },
	{ "override", "MTCFG", .config = 5, .ste = "MTCFG=1;MemAttr=1",
	  ATTRS("Normal-iWB-oWB/ISH") },
	{ "override", "SHCFG", .ste = "SHCFG=0", IN(0xff, 3, RA_WA), WB_NSH },
	{ "override", "SHCFG", .ste = "SHCFG=2", ATTRS("Normal-iWB-oWB/OSH") },
	{ "override", "SHCFG", .ste = "SHCFG=3", ATTRS("Normal-iWB-oWB/ISH") },
	{ "override", "SHCFG", .ste = "SHCFG=1", IN(0xff, 3, RA_WA), ATTRS("Normal-iWB-oWB/ISH") },
	{ "override", "SHCFG", .ste = "SHCFG=0", IN(0x44, 2, 0), ATTRS("Normal-iNC-oNC/OSH") },
	{ "override", "SHCFG", .ste = "SHCFG=3", .idr = "ATTR_TYPES_OVR=0", WB_NSH },
	{ "override", "ALLOCCFG", .ste = "ALLOCCFG=8", MEMTYPE(0xcc) },
	{ "override", "ALLOCCFG", .ste = "ALLOCCFG=10", MEMTYPE(0xdd) },
	{ "override", "ALLOCCFG", .ste = "ALLOCCFG=12", MEMTYPE(0xee) },
	{ "override", "ALLOCCFG", .ste = "ALLOCCFG=14", MEMTYPE(0xff) },
	{ "override", "ALLOCCFG", .ste = "ALLOCCFG=11", MEMTYPE(0x55) },
	{ "override", "ALLOCCFG", .ste = "ALLOCCFG=13", MEMTYPE(0x66) },
	{ "override", "ALLOCCFG", .ste = "ALLOCCFG=15", MEMTYPE(0x77) },
	{ "override", "ALLOCCFG", .ste = "ALLOCCFG=4", MEMTYPE(0xff) },
	{ "override", "ALLOCCFG", .ste = "ALLOCCFG=8", IN(0x44, 2, 0), MEMTYPE(0x44) },
	{ "override", "ALLOCCFG", .ste = "ALLOCCFG=8", .idr = "ATTR_TYPES_OVR=0", MEMTYPE(0xff) },
	{ "override", "INSTCFG", .config = 5, .leaf = PAGE(USER | UXN), .ste = "INSTCFG=2",
	  .access = X, OK },
	{ "override", "INSTCFG", .config = 5, .leaf = PAGE(USER | UXN), .ste = "INSTCFG=3",
	  FAULT(F_PERMISSION) },
	{ "override", "INSTCFG", .config = 5, .leaf = PAGE(USER | UXN), .ste = "INSTCFG=3",
	  .idr = "ATTR_PERMS_OVR=0", OK },
	{ "override", "PRIVCFG", .config = 5, .leaf = PAGE(0), .ste = "PRIVCFG=2", .flags = PRIV,
	  FAULT(F_PERMISSION) },
	{ "override", "PRIVCFG", .config = 5, .leaf = PAGE(0), .ste = "PRIVCFG=3", OK },
	{ "override", "PRIVCFG", .config = 5, .leaf = PAGE(0), .ste = "PRIVCFG=3",
	  .idr = "ATTR_PERMS_OVR=0", FAULT(F_PERMISSION) },
	{ "override", "NSCFG (Secure", .idr = SECURE, .space = SEC, .ste = "NSCFG=2", SPACE(SEC) },
	{ "override", "NSCFG (Secure", .idr = SECURE, .space = SEC, .ste = "NSCFG=3",
	  SPACE(IOM_SPACE_NONSECURE) },
	{ "override", "NSCFG (Secure", .idr = SECURE, .space = SEC, .ste = "NSCFG=3", .config = 5,
	  SPACE(SEC) },
	{ "override", "NSCFG (Secure", .idr = SECURE, .ste = "NSCFG=2",
	  SPACE(IOM_SPACE_NONSECURE) },
	{ "override", "NSCFG (Realm", .idr = REALM, .space = IOM_SPACE_REALM, .ste = "NSCFG=2",
	  SPACE(IOM_SPACE_REALM) },
	{ "override", "NSCFG (Realm", .idr = REALM ";ATTR_PERMS_OVR=0", .space = IOM_SPACE_REALM,
	  .ste = "NSCFG=3", SPACE(IOM_SPACE_NONSECURE) },

#define SCOPE "override_scope"
	{ SCOPE, "untranslated read", .config = 5, .leaf = PAGE(0), .ste = "PRIVCFG=3", OK },
	{ SCOPE, "untranslated read", .config = 5, .leaf = PAGE(USER | UXN), .ste = "INSTCFG=3",
	  FAULT(F_PERMISSION) },
	{ SCOPE, "untranslated read", .ste = "MTCFG=1;MemAttr=10;ALLOCCFG=12", MEMTYPE(0xaa) },
	{ SCOPE, "untranslated write", .config = 5, .leaf = PAGE(0), .ste = "PRIVCFG=3",
	  .access = W, OK },
	{ SCOPE, "untranslated write", .config = 5, .leaf = PAGE(USER | UXN), .ste = "INSTCFG=3",
	  .access = W, OK },
	{ SCOPE, "untranslated write", .ste = "MTCFG=1;MemAttr=10;ALLOCCFG=12", .access = W,
	  MEMTYPE(0xaa) },
	{ SCOPE, "atomic", .config = 5, .leaf = PAGE(0), .ste = "PRIVCFG=3", .access = RW, OK },
	{ SCOPE, "atomic", .config = 5, .leaf = PAGE(USER | UXN), .ste = "INSTCFG=3", .access = RW,
	  OK },
	{ SCOPE, "atomic", .ste = "MTCFG=1;MemAttr=10;ALLOCCFG=12", .access = RW, MEMTYPE(0xaa) },
	{ SCOPE, "speculative read", .config = 5, .leaf = PAGE(0), .ste = "PRIVCFG=3",
	  .flags = IOM_REQ_SPECULATIVE, OK },
	{ SCOPE, "speculative read", .ste = "MTCFG=1;MemAttr=10", .flags = IOM_REQ_SPECULATIVE,
	  ATTRS("Normal-iWT-oWT/NSH") },
	{ SCOPE, "ATS Translation Request", TREQ, .config = 5, .leaf = PAGE(0),
	  .ste = "EATS=1;PRIVCFG=3", OK },

#define TRANSLATED .idr = "ATS=1", .regs = "CR0=0x15", .type = IOM_TRANSLATED
	{ SCOPE, "ATS Translated", TRANSLATED, .config = 7, .ste = "EATS=2;PRIVCFG=2;INSTCFG=3",
	  .s2 = BLOCK(WB | S2R | XN_USER_ONLY), OK_AT(SMMU_BUILD_VA) },
	{ SCOPE, "ATS Translated", TRANSLATED, .config = 7, .ste = "EATS=2;PRIVCFG=3;INSTCFG=3",
	  .s2 = BLOCK(WB | S2R | XN_USER_ONLY), AT_STAGE2(F_PERMISSION) },
	{ SCOPE, "ATS Translated", TRANSLATED, .config = 7, .ste = "EATS=2;PRIVCFG=3;INSTCFG=2",
	  .s2 = BLOCK(WB | S2R | XN_USER_ONLY), OK_AT(SMMU_BUILD_VA) },
	{ SCOPE, "ATS Translated", TRANSLATED, .config = 5,
	  .ste = "EATS=1;MTCFG=1;MemAttr=1;SHCFG=3", WB_NSH },

	{ "stage1", "MT and SH", .config = 5, .ste = "MTCFG=1;MemAttr=1;SHCFG=0",
	  .cd = "MAIR0=0xbb", ATTRS("Normal-iWT-oWT/ISH") },
	{ "stage1", "MT and SH", .config = 5, IN(0x00, 2, 0), ATTRS("Normal-iWB-oWB/ISH") },
	{ "stage1", "MT and SH", .config = 5, .idr = "OAS=52;VAX=1;DS=1", .cd = "DS=1;IPS=6;SH0=0",
	  .leaf = PAGE(USER) & ~UINT64_C(0x300), WB_NSH },
	{ "stage1", "RA/WA/TR, input cacheable", .config = 5, IN(0xee, 3, RA), .cd = "MAIR0=0xff",
	  MEMTYPE(0xee) },
	{ "stage1", "RA/WA/TR, input cacheable", .config = 5, IN(0xff, 3, RA_WA),
	  .cd = "MAIR0=0xdd", MEMTYPE(0xdd) },
	{ "stage1", "RA/WA/TR, input cacheable", .config = 5, IN(0x77, 3, RA_WA | TR),
	  .cd = "MAIR0=0xff", MEMTYPE(0x77) },
	{ "stage1", "RA/WA/TR, input cacheable", .config = 5, .ste = "ALLOCCFG=12",
	  .cd = "MAIR0=0xff", MEMTYPE(0xee) },
	{ "stage1", "RA/WA/TR, input not", .config = 5, IN(0x04, 2, 0), .cd = "MAIR0=0x66",
	  MEMTYPE(0x66) },
	{ "stage1", "RA/WA/TR, input not", .config = 5, IN(0x44, 2, 0), .cd = "MAIR0=0xee",
	  MEMTYPE(0xee) },
	{ "stage1", "SH==0b01", .config = 5, .leaf = PAGE(USER) & ~UINT64_C(0x200), WB_NSH },

	{ "combine", "RA/WA/TR", .config = 7, .cd = "MAIR0=0xee", .s2 = BLOCK(WB | S2R),
	  MEMTYPE(0xee) },
	{ "combine", "RA/WA/TR", .config = 7, .cd = "MAIR0=0x55", .s2 = BLOCK(WB | S2R),
	  MEMTYPE(0x55) },
	{ "combine", "RA/WA/TR", .config = 7, .cd = "MAIR0=0x44", .ste = "S2FWB=1",
	  .s2 = BLOCK(S2R | 6 << 2), MEMTYPE(0xff) },
	{ "combine", "input to stage 2", .config = 6, .ste = "MTCFG=1;MemAttr=10;SHCFG=2",
	  .s2 = BLOCK(WB | S2R) & ~UINT64_C(0x300), ATTRS("Normal-iWT-oWT/OSH") },
	{ "combine", "input to stage 2", .config = 7,
	  .ste = "MTCFG=1;MemAttr=10;SHCFG=2;S1CDMax=1;S1DSS=1",
	  .s2 = BLOCK(WB | S2R) & ~UINT64_C(0x300), ATTRS("Normal-iWT-oWT/OSH") },
	{ "combine", "input shareability", .config = 6, .ste = "MTCFG=1;MemAttr=5;SHCFG=0;S2FWB=1",
	  .s2 = BLOCK(S2R | 6 << 2) & ~UINT64_C(0x300), ATTRS("Normal-iWB-oWB/OSH") },
	{ "combine", "input shareability", .config = 6, .ste = "MTCFG=1;MemAttr=1;SHCFG=0;S2FWB=1",
	  .s2 = BLOCK(S2R | 6 << 2) & ~UINT64_C(0x300), ATTRS("Normal-iWB-oWB/OSH") },

	{ "consistency", "Device or", .config = 5, .cd = "MAIR0=0x04", ATTRS("Device-nGnRE/OSH") },
	{ "consistency", "Device or", .config = 5, .cd = "MAIR0=0x44",
	  .leaf = PAGE(USER) & ~UINT64_C(0x300), ATTRS("Normal-iNC-oNC/OSH") },
	{ "consistency", "Device or", .config = 5, .cd = "MAIR0=0x4f",
	  .leaf = PAGE(USER) & ~UINT64_C(0x300), ATTRS("Normal-iWB-oNC/NSH") },
	{ "consistency", "NC at one level", .ste = "MTCFG=1;MemAttr=7;ALLOCCFG=15", MEMTYPE(0x47) },
	{ "consistency", "NC at one level", .ste = "MTCFG=1;MemAttr=13;ALLOCCFG=15",
	  MEMTYPE(0x74) },
	{ "consistency", "cacheable, RA==0", .ste = "ALLOCCFG=9", MEMTYPE(0xcc) },
	{ "consistency", "NS output", .config = 5, .leaf = PAGE(USER), SPACE(IOM_SPACE_NONSECURE) },
	{ "consistency", "NS output", .config = 6, SPACE(IOM_SPACE_NONSECURE) },
	{ "consistency", "NS output", .config = 7, SPACE(IOM_SPACE_NONSECURE) },

#define BYPASS .ste = "MTCFG=1;MemAttr=10;SHCFG=3;ALLOCCFG=12"
	{ "output_matrix", "MT", .config = 5, BYPASS, ATTRS("Normal-iWB-oWB") },
	{ "output_matrix", "MT", .config = 7, BYPASS, .s2 = BLOCK(S2R | 5 << 2),
	  ATTRS("Normal-iNC-oNC") },
	{ "output_matrix", "MT", .config = 6, BYPASS, .s2 = BLOCK(S2R | 15 << 2),
	  ATTRS("Normal-iWT-oWT") },
	{ "output_matrix", "MT", BYPASS, ATTRS("Normal-iWT-oWT") },
	{ "output_matrix", "MT", .regs = "CR0=4;GBPA=0x101a", ATTRS("Normal-iWT-oWT") },
	{ "output_matrix", "SH", .config = 5, BYPASS, .leaf = PAGE(USER) & ~UINT64_C(0x100),
	  ATTRS("Normal-iWB-oWB/OSH") },
	{ "output_matrix", "SH", .config = 7, .leaf = PAGE(USER) & ~UINT64_C(0x300),
	  .s2 = BLOCK(WB | S2R), ATTRS("Normal-iWB-oWB/ISH") },
	{ "output_matrix", "SH", .config = 6, .ste = "SHCFG=3",
	  .s2 = BLOCK(WB | S2R) & ~UINT64_C(0x300), ATTRS("Normal-iWB-oWB/ISH") },
	{ "output_matrix", "SH", .ste = "SHCFG=2", ATTRS("Normal-iWB-oWB/OSH") },
	{ "output_matrix", "SH", .regs = "CR0=4;GBPA=0x2000", ATTRS("Normal-iWB-oWB/OSH") },
	{ "output_matrix", "RA/WA/TR", .config = 5, .ste = "ALLOCCFG=12", .cd = "MAIR0=0xff",
	  MEMTYPE(0xee) },
	{ "output_matrix", "RA/WA/TR", .config = 7, .ste = "ALLOCCFG=12", .cd = "MAIR0=0xff",
	  MEMTYPE(0xee) },
	{ "output_matrix", "RA/WA/TR", .config = 6, .ste = "ALLOCCFG=12", MEMTYPE(0xee) },
	{ "output_matrix", "RA/WA/TR", .ste = "ALLOCCFG=12", MEMTYPE(0xee) },
	{ "output_matrix", "RA/WA/TR", .regs = "CR0=4;GBPA=0x1c00", MEMTYPE(0xee) },
	{ "output_matrix", "PA space, Secure", .config = 5, .idr = SECURE, .space = SEC,
	  .leaf = PAGE(USER | BIT(5)), SPACE(IOM_SPACE_NONSECURE) },
	{ "output_matrix", "PA space, Secure", .config = 5, .idr = SECURE, .space = SEC,
	  .leaf = PAGE(USER), SPACE(SEC) },
	{ "output_matrix", "PA space, Secure", .config = 7, .idr = SEL2, .space = SEC,
	  .ste = S2SECURE, .leaf = PAGE(USER), SPACE(SEC) },
	{ "output_matrix", "PA space, Secure", .config = 6, .idr = SEL2, .space = SEC,
	  .ste = S2SECURE ";NSCFG=2;S2SA=1", SPACE(IOM_SPACE_NONSECURE) },
	{ "output_matrix", "PA space, Secure", .idr = SECURE, .space = SEC, .ste = "NSCFG=2",
	  SPACE(SEC) },
	{ "output_matrix", "PA space, Realm", .config = 5, .idr = REALM, .space = IOM_SPACE_REALM,
	  .leaf = PAGE(USER | BIT(5)), SPACE(IOM_SPACE_REALM) },
	{ "output_matrix", "PA space, Realm", .config = 5, .idr = REALM, .space = IOM_SPACE_REALM,
	  .ste = EL2, .leaf = PAGE(USER | BIT(5)), SPACE(IOM_SPACE_NONSECURE) },
	{ "output_matrix", "PA space, Realm", .config = 6, .idr = REALM, .space = IOM_SPACE_REALM,
	  .s2 = BLOCK(WB | S2R | BIT(55)), SPACE(IOM_SPACE_NONSECURE) },
	{ "output_matrix", "PA space, Realm", .config = 7, .idr = REALM, .space = IOM_SPACE_REALM,
	  .s2 = BLOCK(WB | S2R), SPACE(IOM_SPACE_REALM) },
	{ "output_matrix", "PA space, Realm", .idr = REALM, .space = IOM_SPACE_REALM,
	  .ste = "NSCFG=3", SPACE(IOM_SPACE_NONSECURE) },
	{ "output_matrix", "PA space, Non-secure", .config = 5, .leaf = PAGE(USER | BIT(5)),
	  SPACE(IOM_SPACE_NONSECURE) },
	{ "output_matrix", "PA space, Non-secure", .config = 6, .s2 = BLOCK(WB | S2R | BIT(55)),
	  SPACE(IOM_SPACE_NONSECURE) },
	{ "output_matrix", "PA space, Non-secure", .regs = "CR0=4", SPACE(IOM_SPACE_NONSECURE) },

	{ "pcie", "No_snoop", .flags = IOM_REQ_NO_SNOOP, ATTRS("Normal-iNC-oNC/OSH") },
	{ "pcie", "No_snoop", .config = 5, .flags = IOM_REQ_NO_SNOOP, ATTRS("Normal-iNC-oNC/OSH") },
	{ "pcie", "No_snoop", .config = 7, .flags = IOM_REQ_NO_SNOOP, .ste = "S2FWB=1",
	  .s2 = BLOCK(S2R | 6 << 2), ATTRS("Normal-iNC-oNC/OSH") },
	{ "pcie", "No_snoop", .config = 5, .flags = IOM_REQ_NO_SNOOP, .cd = "MAIR0=0x0c",
	  ATTRS("Device-GRE/OSH") },

	{ "example", "combine", "Normal iWB RAWA oNC ISH + Device", .config = 7, .cd = "MAIR0=0x4f",
	  .s2 = BLOCK(S2R | 1 << 2), ATTRS("Device-nGnRE/OSH") },
	{ "example", "combine", "Device-nGnRE + Device-nGnRnE", .config = 7, .cd = "MAIR0=0x04",
	  .s2 = BLOCK(S2R), ATTRS("Device-nGnRnE/OSH") },
	{ "example", "combine", "Normal iWB RAWA nTR oNC", .config = 7, .cd = "MAIR0=0x4f",
	  .s2 = BLOCK(S2R | 10 << 2) & ~UINT64_C(0x100),
	  .want = { .attrs = "Normal-iWT-oNC/OSH", .has_memtype = true, .memtype = 0x4b } },
};

const iom_tsv_row *attr_row(const smmu_coverage *coverage, const char *group, const char *item,
			    const char *inputs)
{
	for (unsigned i = 0; i < iom_tsv_n_rows(coverage->table); i++) {
		const iom_tsv_row *row = iom_tsv_row_at(coverage->table, i);

		if (strcmp(iom_tsv_get(row, "group"), group) == 0 &&
		    g_str_has_prefix(iom_tsv_get(row, "item"), item) &&
		    (!inputs || g_str_has_prefix(iom_tsv_get(row, "inputs"), inputs)))
			return row;
	}
	return NULL;
}

bool attr_run(const smmu_spec *spec, const attr_case *c)
{
	smmu_build build;
	char *title =
		g_strdup_printf("%s, %s (config %u idr '%s' ste '%s' cd '%s' regs '%s')", c->group,
				c->item, c->config, c->idr ? c->idr : "", c->ste ? c->ste : "",
				c->cd ? c->cd : "", c->regs ? c->regs : "");
	bool ok = true;

	smmu_build_init(&build, spec, c->config ? c->config : 4);
	if (c->idr)
		ok = smmu_build_set(&build, "idr", c->idr);
	if (c->ste)
		ok = smmu_build_set(&build, "ste", c->ste) && ok;
	if (c->cd)
		ok = smmu_build_set(&build, "cd", c->cd) && ok;
	if (c->regs)
		ok = smmu_build_set(&build, "regs", c->regs) && ok;
	if (c->leaf)
		smmu_build_word(&build, LEAF, c->leaf);
	if (c->s2)
		smmu_build_word(&build, S2_FINAL, c->s2);
	build.space = c->space;
	build.request.access = c->access ? c->access : IOM_READ;
	build.request.flags = c->flags | (c->has_in ? IOM_REQ_HAS_ATTRS : 0);
	build.request.type = (uint8_t)c->type;
	build.request.memtype = c->in_memtype;
	build.request.shareability = c->in_sh;
	build.request.hints = c->in_hints;
	ok = rows_ask(&build, &c->want, title) && ok;
	smmu_build_clear(&build);
	g_free(title);
	return ok;
}

/*
 * What the access leaves with: to version 3.3 as overridden, from 3.4 Data, Privileged;
 * bypassing and translated, walked and from the caches.
 */
static bool leaves_as(const smmu_spec *spec, unsigned version, bool privileged, bool instruction,
		      unsigned flags)
{
	static const char *const presets[] = SMMU_CACHES;
	const unsigned mask = IOM_RES_PRIVILEGED | IOM_RES_INSTRUCTION;
	bool ok = true;

	for (unsigned n = 0; n < 6; n++) {
		smmu_build build;
		iom_memory *memory;
		char idr[20];

		smmu_build_init(&build, spec, n / 3 + 4);
		smmu_build_word(&build, LEAF, privileged ? PAGE(0) : PAGE(USER));
		g_snprintf(idr, sizeof idr, "AIDR=%u", version);
		smmu_build_set(&build, "idr", idr);
		smmu_build_set(&build, "ste", privileged ? "PRIVCFG=3" : "PRIVCFG=2");
		smmu_build_set(&build, "ste", instruction ? "INSTCFG=3" : "INSTCFG=2");
		iom_iommu *iommu =
			smmu_build_model(&build, presets[n % G_N_ELEMENTS(presets)], &memory);

		for (unsigned i = 0; iommu && i < 3; i++) {
			iom_result result;

			iom_iommu_translate(iommu, &build.request, &result);
			ok = ok && result.status == IOM_OK && (result.flags & mask) == flags;
		}
		iom_iommu_unref(iommu);
		iom_memory_unref(memory);
		smmu_build_clear(&build);
	}
	return ok;
}

/* Secure IPA: S2SW or S2SA; Non-secure IPA: S2NSW or S2SW or S2SA or S2NSA. */
static bool secure_outputs(const smmu_spec *spec)
{
	bool ok = true;

	for (unsigned n = 0; n < 32; n++) {
		bool ns = n & 1, sw = n & 2, sa = n & 4, nsw = n & 8, nsa = n & 16;
		bool out = ns ? nsw || sw || sa || nsa : sw || sa;
		char ste[120];

		g_snprintf(ste, sizeof ste, S2SECURE ";NSCFG=%u;S2SW=%d;S2SA=%d;S2NSW=%d;S2NSA=%d",
			   ns ? 3 : 2, sw, sa, nsw, nsa);
		ok = attr_run(spec, &(attr_case){ "secure_s2", "NS of output", .config = 6,
						  .idr = SEL2, .space = SEC, .ste = ste,
						  SPACE(out ? IOM_SPACE_NONSECURE : SEC) }) &&
		     ok;
	}
	return ok;
}

/* A stage-1 walk through stage-2 Device: refused with S2PTW, made without. */
static bool device_walk(const smmu_spec *spec, const char *idr, const char *ste, unsigned code)
{
	smmu_build build;

	smmu_build_init(&build, spec, 7);
	smmu_build_set(&build, "idr", idr);
	smmu_build_set(&build, "ste", ste);
	smmu_build_word(&build, S2_TABLES, BIT(31) | BLOCK(S2R | 1 << 2));
	bool ok = rows_ask(&build, &(rows_want){ .code = code, .has_s2 = true, .s2 = true }, ste);

	smmu_build_clear(&build);
	return ok;
}

/* GATOS: what ADDR says counts, not the overrides. */
static bool atos(const smmu_spec *spec, uint64_t leaf, const char *ste, unsigned bits, bool fault)
{
	smmu_build build;

	smmu_build_init(&build, spec, 5);
	smmu_build_set(&build, "idr", "ATOS=1");
	smmu_build_set(&build, "ste", ste);
	smmu_build_word(&build, LEAF, leaf);
	iom_iommu *iommu = smmu_build_model(&build, "default", NULL);

	if (!iommu)
		return false;
	/* SID, ADDR: stage 1, RnW; RUN; PAR */
	iom_iommu_mmio_write(iommu, 0x108, 8, SMMU_BUILD_SID, IOM_SPACE_NONSECURE);
	iom_iommu_mmio_write(iommu, 0x110, 8, SMMU_BUILD_VA | 1 << 10 | 1 << 8 | bits,
			     IOM_SPACE_NONSECURE);
	iom_iommu_mmio_write(iommu, 0x100, 4, 1, IOM_SPACE_NONSECURE);
	uint64_t par = iom_iommu_mmio_read(iommu, 0x118, 8, IOM_SPACE_NONSECURE);

	iom_iommu_unref(iommu);
	smmu_build_clear(&build);
	/* FAULT and FAULTCODE; or the address, write-back, Inner Shareable */
	return fault ? (par & 0xff1) == (F_PERMISSION << 4 | 1)
		     : par == (SMMU_BUILD_OA | UINT64_C(0xff) << 56 | 3 << 8);
}

static bool atos_row(const smmu_spec *spec)
{
	enum { InD = 1 << 7, PnU = 1 << 9 };
	const char *other = "MTCFG=1;MemAttr=1;SHCFG=0;ALLOCCFG=8";

	return atos(spec, PAGE(0), "PRIVCFG=3", 0, true) &&
	       atos(spec, PAGE(0), "PRIVCFG=2", PnU, false) &&
	       atos(spec, PAGE(USER | UXN), "INSTCFG=3", 0, false) &&
	       atos(spec, PAGE(USER | UXN), "INSTCFG=2", InD, true) &&
	       atos(spec, PAGE(USER), other, 0, false);
}

/* Which memory the stage-2 tables are read from, the two being apart. */
static bool walked_in(const smmu_spec *spec, bool ns_ipa, bool sw, bool nsw)
{
	static const char *const secure[] = { "S_IDR1.SECURE_IMPL", "S_IDR1.SEL2" };
	iom_memory *memory[2] = { iom_memory_new(), iom_memory_new() };
	iom_bus bus = { .size = sizeof bus, .memory = { memory[0], memory[1] } };
	smmu_build build;
	iom_cache_config cache;
	iom_smmu_config config;
	iom_result result = { 0 };
	char ste[120];
	GError *error = NULL;

	smmu_build_init(&build, spec, 6);
	g_snprintf(ste, sizeof ste, S2SECURE ";NSCFG=%u;S2SW=%d;S2NSW=%d", ns_ipa ? 3 : 2, sw, nsw);
	smmu_build_set(&build, "ste", ste);
	bool ok = iom_cache_config_preset(&cache, "default") &&
		  iom_smmu_vector_config(&build.vector, &cache, &config, &error) &&
		  iom_smmu_config_set(&config, "S_IDR1.S_SIDSIZE", 16, &error) &&
		  iom_smmu_config_set(&config, "IDR3.STT", 1, &error);

	for (unsigned i = 0; i < 2; i++) {
		ok = ok && iom_smmu_config_set(&config, secure[i], 1, &error);
		iom_memory_add_sparse(memory[i], 0, BIT(48), NULL);
		/* Another output in each. */
		iom_memory_store64(memory[i], SMMU_BUILD_S2,
				   (uint64_t)(i + 1) << 30 | BLOCK(WB | S2R));
	}
	for (unsigned i = 0; i < 8; i++)
		iom_memory_store64(memory[IOM_SPACE_SECURE], SMMU_BUILD_STE + 8 * i, build.ste[i]);
	iom_iommu *iommu = ok ? iom_smmu_new(&config, &bus, &error) : NULL;

	if (iommu) {
		iom_iommu_mmio_write(iommu, 0x8080, 8, SMMU_BUILD_STRTAB, SEC);
		iom_iommu_mmio_write(iommu, 0x8088, 4, 8, SEC);
		iom_iommu_mmio_write(iommu, 0x8020, 4, 1, SEC);
		build.request.space = SEC;
		iom_iommu_translate(iommu, &build.request, &result);
		iom_iommu_unref(iommu);
	}
	g_clear_error(&error);
	iom_memory_unref(memory[0]);
	iom_memory_unref(memory[1]);
	smmu_build_clear(&build);
	bool ns = ns_ipa ? nsw : sw;

	return result.status == IOM_OK && result.address >> 30 == (ns ? 1 : 2);
}

static bool secure_walks(const smmu_spec *spec)
{
	bool ok = true;

	for (unsigned n = 0; n < 8; n++)
		ok = walked_in(spec, n & 1, n & 2, n & 4) && ok;
	return ok;
}

static void waive(smmu_coverage *coverage)
{
	static const struct {
		const char *group, *item, *reason;
	} reasons[] = {
		{ SCOPE, "cache maintenance", "no such request in the interface" },
		{ SCOPE, "destructive read", "no such request in the interface" },
		{ SCOPE, "write with", "no such request in the interface" },
		{ "combine", "stage-1 shareability", "IMPLEMENTATION DEFINED" },
		{ "walk", "", "attributes of the SMMU's own accesses leave no trace" },
	};

	for (unsigned i = 0; i < iom_tsv_n_rows(coverage->table); i++) {
		const iom_tsv_row *row = iom_tsv_row_at(coverage->table, i);

		for (unsigned k = 0; k < G_N_ELEMENTS(reasons); k++) {
			if (strcmp(iom_tsv_get(row, "group"), reasons[k].group) == 0 &&
			    g_str_has_prefix(iom_tsv_get(row, "item"), reasons[k].item))
				smmu_waive(coverage, row, reasons[k].reason);
		}
	}
}

void rows_attributes(smmu_coverage *coverage, const smmu_spec *spec)
{
	const unsigned both = IOM_RES_PRIVILEGED | IOM_RES_INSTRUCTION;

	attr_types(coverage, spec);
	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		const attr_case *c = &cases[i];
		const iom_tsv_row *row = attr_row(coverage, c->group, c->item, c->inputs);

		if (!row) {
			fprintf(stderr, "\nno row '%s' '%s'\n", c->group, c->item);
			CU_FAIL("a case of no row");
			continue;
		}
		CU_ASSERT_TRUE(attr_run(spec, c));
		smmu_cover(coverage, row);
	}
	CU_ASSERT_TRUE(leaves_as(spec, 3, true, true, both));
	CU_ASSERT_TRUE(leaves_as(spec, 3, false, false, 0));
	CU_ASSERT_TRUE(leaves_as(spec, 4, false, true, IOM_RES_PRIVILEGED));
	smmu_cover(coverage, attr_row(coverage, "consistency", "INST/PRIV", NULL));
	CU_ASSERT_TRUE(secure_outputs(spec));
	smmu_cover(coverage, attr_row(coverage, "secure_s2", "NS of output", NULL));
	CU_ASSERT_TRUE(secure_walks(spec));
	smmu_cover(coverage, attr_row(coverage, "secure_s2", "NS of stage-2 walk", NULL));
	CU_ASSERT_TRUE(atos_row(spec));
	smmu_cover(coverage, attr_row(coverage, SCOPE, "ATOS", NULL));
	CU_ASSERT_TRUE(device_walk(spec, "PTWNNC=0", "S2PTW=0", 0));
	CU_ASSERT_TRUE(device_walk(spec, "PTWNNC=1", "S2PTW=0", 0));
	CU_ASSERT_TRUE(device_walk(spec, "PTWNNC=1", "S2PTW=1", F_PERMISSION));
	smmu_cover(coverage, attr_row(coverage, "walk", "S2PTW==0", NULL));
	waive(coverage);
}
