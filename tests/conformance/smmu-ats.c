/* SPDX-License-Identifier: MIT */
/* ATS Translation Requests and Translated traffic: ats_pri.tsv. */
#include "tests/conformance/smmu-build.h"
#include "tests/conformance/smmu-suites.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TREQ "ats_translation_request"
#define PERM "ats_permission"
#define TRANSLATED "ats_translated"

#define R IOM_READ
#define W IOM_WRITE
#define X IOM_EXECUTE
#define NW IOM_REQ_NO_WRITE
#define EXE IOM_REQ_PASID_EXEC
#define PRIV IOM_REQ_PASID_PRIV

enum { OK, UR, CA }; /* iom_response */

#define LEAF (SMMU_BUILD_S1_L3 + 8)
/* Stage-2 blocks: what lies in each GB. */
#define S2_FINAL SMMU_BUILD_S2
#define S2_CD (SMMU_BUILD_S2 + 8)
#define S2_TABLES (SMMU_BUILD_S2 + 16)
#define S2_BLOCK(gb) ((UINT64_C(gb) << 30) | 0x7fd)
/* A page of SMMU_BUILD_OA without permissions bits. */
#define PAGE(bits) (SMMU_BUILD_OA | 0xf03 | (bits))
#define USER (UINT64_C(1) << 6)
#define RO (UINT64_C(1) << 7)
#define DBM (UINT64_C(1) << 51)
#define PXN (UINT64_C(1) << 53)
#define UXN (UINT64_C(1) << 54)

/* REC_CFG_ATS, RECINVSID */
#define REC "CR2=0xa"
#define ATSCHK "CR0=0x15"
#define SECURE "S_IDR1.SECURE_IMPL=1;S_IDR1.S_SIDSIZE=16"
/* Two CDs, the one of PASID 1 being ours. */
#define PASID1 "S1CDMax=1;S1DSS=0"

typedef struct ats_case {
	const char *topic, *name; /* of the row */
	unsigned config;
	const char *regs, *ste, *cd;
	uint64_t word, value; /* of memory */
	uint64_t abort_at;
	uint16_t flags; /* of the request */
	int pasid; /* 0: none */
	unsigned response, permissions;
	uint64_t address; /* of the answer; 0 not compared */
	unsigned event; /* 0 none */
} ats_case;

/* "would be X": Completer Abort, recorded with REC_CFG_ATS only. */
#define CONFIG_ERROR(name, id, ...) \
	{ TREQ, name, .response = CA, .event = id, .regs = REC, __VA_ARGS__ }, \
	{ \
		TREQ, name, .response = CA, .event = 0, __VA_ARGS__ \
	}

static const ats_case cases[] = {
	{ TREQ, "SMMUEN==0", 5, .regs = "CR0=4", .response = UR, .event = 5 },
	CONFIG_ERROR("would be F_STE_FETCH", 3, .config = 5, .abort_at = SMMU_BUILD_STE),
	CONFIG_ERROR("would be C_BAD_STE", 4, .config = 5, .ste = "V=0"),
	CONFIG_ERROR("would be C_BAD_SUBSTREAMID", 8, .config = 5, .ste = "EATS=1", .pasid = 3),
	CONFIG_ERROR("would be F_STREAM_DISABLED", 6, .config = 5, .ste = "EATS=1;" PASID1),
	CONFIG_ERROR("would be F_WALK_EABT", 0xb, .config = 5, .ste = "EATS=1",
		     .abort_at = SMMU_BUILD_S1),
	CONFIG_ERROR("would be F_CD_FETCH", 9, .config = 5, .ste = "EATS=1",
		     .abort_at = SMMU_BUILD_CD),
	CONFIG_ERROR("would be C_BAD_CD", 0xa, .config = 5, .ste = "EATS=1", .cd = "V=0"),
	{ TREQ, "STE.Config==0b000", 0, .response = UR },
	{ TREQ, "STE.Config==0b100", 4, .ste = "EATS=1", .response = UR, .event = 5 },
	{ TREQ, "effective EATS==0b00", 5, .response = UR, .event = 5 },
	{ TREQ, "effective EATS==0b00", 7, .ste = "EATS=2", .response = UR, .event = 5 },
	{ TREQ, "effective EATS==0b00", 5, .ste = "EATS=3", .response = UR, .event = 5 },
#define FAULT TREQ, "F_TRANSLATION / F_ADDR_SIZE / F_ACCESS at either stage"
	{ FAULT, 5, .ste = "EATS=1", .word = LEAF },
	{ FAULT, 5, .ste = "EATS=1", .cd = "S=1", .word = LEAF },
	{ FAULT, 5, .ste = "EATS=1", .cd = "IPS=0", .word = LEAF, .value = 0x100000f43 },
	{ FAULT, 5, .ste = "EATS=1", .word = LEAF, .value = 0x2b43 },
	{ FAULT, 7, .ste = "EATS=1", .word = S2_FINAL },
	{ FAULT, 7, .ste = "EATS=1", .word = S2_CD },
	{ FAULT, 7, .ste = "EATS=1", .word = S2_TABLES },
	{ TREQ, "AF==0, no HTTU, AFFD==0", 5, .ste = "EATS=1", .word = LEAF, .value = 0x2b43 },
	{ TREQ, "F_PERMISSION on the page", 5, .ste = "EATS=1", .word = LEAF, .value = PAGE(0) },
	{ TREQ, "F_PERMISSION on the page", 5, .ste = "EATS=1", .word = LEAF,
	  .value = PAGE(USER | RO), .permissions = R, .address = SMMU_BUILD_OA },
	{ TREQ, "F_PERMISSION at stage 2 for CD fetch or stage-1 walk", 7, .ste = "EATS=1",
	  .word = S2_TABLES, .value = S2_BLOCK(2) & ~UINT64_C(0xc0) },
	{ TREQ, "F_PERMISSION at stage 2 for CD fetch or stage-1 walk", 7, .ste = "EATS=1",
	  .word = S2_CD, .value = S2_BLOCK(1) & ~UINT64_C(0xc0) },
	/* The descriptor that stage 2 would need answers with an abort: CA if it is read. */
	{ TREQ, "no stage-1 permission at all", 7, .ste = "EATS=1", .word = LEAF,
	  .value = PAGE(UXN), .abort_at = S2_FINAL },
	{ TREQ, "stage 1 skipped, Config==0b101", 5, .ste = "EATS=1;S1CDMax=1;S1DSS=1",
	  .permissions = R | W, .address = SMMU_BUILD_VA },
	{ TREQ, "stage 1 skipped, Config==0b111, full ATS", 7, .ste = "EATS=1;S1CDMax=1;S1DSS=1",
	  .word = S2_FINAL, .value = S2_BLOCK(4) & ~UINT64_C(0x80), .permissions = R,
	  .address = 0x100000000 + SMMU_BUILD_VA },
	{ TREQ, "stage 1 skipped, Config==0b111, split-stage", 7, .regs = ATSCHK,
	  .ste = "EATS=2;S1CDMax=1;S1DSS=1", .word = S2_FINAL,
	  .value = S2_BLOCK(4) & ~UINT64_C(0x80), .permissions = R, .address = SMMU_BUILD_VA },
	{ TREQ, "split-stage normal", 7, .regs = ATSCHK, .ste = "EATS=2", .word = S2_FINAL,
	  .value = S2_BLOCK(4) & ~UINT64_C(0x80), .permissions = R, .address = SMMU_BUILD_OA },
	{ TREQ, "full ATS nested", 7, .ste = "EATS=1", .word = S2_FINAL, .value = S2_BLOCK(4),
	  .permissions = R | W, .address = 0x100000000 + SMMU_BUILD_OA },
	{ TREQ, "execute-only page", 5, .ste = "EATS=1;" PASID1, .word = LEAF, .value = PAGE(0),
	  .flags = EXE, .pasid = 1 },
	{ TREQ, "HTTU", 5, .ste = "EATS=1", .cd = "HA=1", .word = LEAF, .value = 0x2b43,
	  .permissions = R | W },
	{ TREQ, "HTTU", 5, .ste = "EATS=1", .cd = "HA=1;HD=1", .word = LEAF,
	  .value = PAGE(USER | RO | DBM), .permissions = R | W },
	{ TREQ, "HTTU", 5, .ste = "EATS=1", .cd = "HA=1;HD=1", .word = LEAF,
	  .value = PAGE(USER | RO | DBM), .flags = NW, .permissions = R },
	{ TREQ, "HTTU", 5, .ste = "EATS=1", .cd = "HA=1", .word = LEAF,
	  .value = PAGE(USER | RO | DBM), .permissions = R },

	{ PERM, "request attributes", 5, .ste = "EATS=1", .word = LEAF, .value = PAGE(0),
	  .flags = PRIV },
	{ PERM, "request attributes", 5, .ste = "EATS=1;" PASID1, .word = LEAF, .value = PAGE(0),
	  .flags = PRIV, .pasid = 1, .permissions = R | W },
	{ PERM, "effective privilege", 5, .ste = "EATS=1;PRIVCFG=3", .word = LEAF, .value = PAGE(0),
	  .permissions = R | W },
	{ PERM, "effective privilege", 5, .ste = "EATS=1;PRIVCFG=2;" PASID1, .word = LEAF,
	  .value = PAGE(0), .flags = PRIV, .pasid = 1 },
	{ PERM, "W granted", 5, .ste = "EATS=1", .permissions = R | W },
	{ PERM, "R/Exe with INSTCFG incoming", 5, .ste = "EATS=1;" PASID1, .word = LEAF,
	  .value = PAGE(USER), .flags = EXE, .pasid = 1, .permissions = R | W | X },
	{ PERM, "R/Exe with INSTCFG incoming", 5, .ste = "EATS=1;" PASID1, .word = LEAF,
	  .value = PAGE(USER | UXN), .flags = EXE, .pasid = 1, .permissions = R | W },
	{ PERM, "R/Exe with INSTCFG incoming", 5, .ste = "EATS=1;" PASID1, .word = LEAF,
	  .value = PAGE(USER), .pasid = 1, .permissions = R | W },
	{ PERM, "R/Exe with INSTCFG Instruction", 5, .ste = "EATS=1;INSTCFG=3;" PASID1,
	  .word = LEAF, .value = PAGE(USER | RO), .flags = EXE, .pasid = 1, .permissions = R | X },
	{ PERM, "R/Exe with INSTCFG Instruction", 5, .ste = "EATS=1;INSTCFG=3;" PASID1,
	  .word = LEAF, .value = PAGE(USER | RO | UXN), .flags = EXE, .pasid = 1,
	  .permissions = 0 },
	{ PERM, "R/Exe with INSTCFG Data", 5, .ste = "EATS=1;INSTCFG=2;" PASID1, .word = LEAF,
	  .value = PAGE(USER | RO | UXN), .flags = EXE, .pasid = 1, .permissions = R | X },

	{ TRANSLATED, "SMMUEN==0", 5, .regs = "CR0=4", .response = CA, .event = 7 },
	{ TRANSLATED, "ATSCHK==0 (NS)", 0, .permissions = R, .address = SMMU_BUILD_VA },
	{ TRANSLATED, "configuration error", 5, .regs = "CR0=0x15;CR2=0xa", .ste = "V=0",
	  .response = CA, .event = 4 },
	{ TRANSLATED, "configuration error", 5, .regs = ATSCHK, .ste = "V=0", .response = CA },
	{ TRANSLATED, "configuration error", 5, .regs = "CR0=0x15;CR2=0xa", .ste = "EATS=1",
	  .abort_at = SMMU_BUILD_STE, .response = CA, .event = 3 },
	{ TRANSLATED, "STE.Config==0b000", 0, .regs = ATSCHK, .response = CA },
	{ TRANSLATED, "STE.Config==0b100", 4, .regs = ATSCHK, .ste = "EATS=1", .response = CA,
	  .event = 7 },
	{ TRANSLATED, "effective EATS==0b00", 5, .regs = ATSCHK, .response = CA, .event = 7 },
	{ TRANSLATED, "EATS==0b01", 5, .regs = ATSCHK, .ste = "EATS=1", .permissions = R,
	  .address = SMMU_BUILD_VA },
	{ TRANSLATED, "EATS==0b10", 7, .regs = ATSCHK, .ste = "EATS=2", .word = S2_FINAL,
	  .value = S2_BLOCK(4), .permissions = R, .address = 0x100000000 + SMMU_BUILD_VA },
	{ TRANSLATED, "EATS==0b10", 7, .regs = ATSCHK, .ste = "EATS=2", .word = S2_FINAL,
	  .response = CA, .event = 0x10 },
};

static const char *const presets[] = SMMU_CACHES;

static bool set_up(smmu_build *build, const ats_case *c)
{
	bool ok = smmu_build_set(build, "idr", "ATS=1;ATSRECERR=1") &&
		  smmu_build_set(build, "regs", c->regs ? c->regs : "") &&
		  smmu_build_set(build, "ste", c->ste ? c->ste : "") &&
		  smmu_build_set(build, "cd", c->cd ? c->cd : "");

	if (c->word)
		smmu_build_word(build, c->word, c->value);
	if (c->abort_at) {
		build->aborts[0].first = c->abort_at;
		build->aborts[0].last = c->abort_at + 7;
		build->n_aborts = 1;
	}
	if (c->pasid) {
		build->request.pasid = (uint32_t)c->pasid;
		if (c->pasid == 1)
			build->cd_address += 64;
	}
	build->request.flags |= c->flags;
	build->request.type =
		strcmp(c->topic, TRANSLATED) == 0 ? IOM_TRANSLATED : IOM_TRANSLATION_REQUEST;
	if (build->request.type == IOM_TRANSLATION_REQUEST)
		build->request.access = R | (c->flags & NW ? 0 : W) | (c->flags & EXE ? X : 0);
	return ok;
}

static bool right_answer(const ats_case *c, const smmu_answer *a)
{
	bool translated = strcmp(c->topic, TRANSLATED) == 0;

	if (a->events != (c->event != 0) || (a->event[0] & 0xff) != c->event)
		return false;
	if (c->response != OK)
		return a->result.status == IOM_ABORT &&
		       (translated || a->result.response == c->response);
	if (a->result.status != IOM_OK)
		return false;
	if (!translated && a->result.permissions != c->permissions)
		return false;
	return !c->address || a->result.address == c->address;
}

static bool run_case(const smmu_spec *spec, const ats_case *c, const char *preset)
{
	smmu_build build;
	smmu_answer a = { 0 };

	smmu_build_init(&build, spec, c->config);
	bool ok = set_up(&build, c) && smmu_build_ask(&build, preset, &a) && right_answer(c, &a);

	if (!ok)
		fprintf(stderr,
			"\n%s, %s (caches %s, regs '%s' ste '%s' cd '%s' leaf %#" PRIx64
			"): %s, response %u, permissions %u, address %#" PRIx64
			", %u events, %#" PRIx64 "\n",
			c->topic, c->name, preset, c->regs ? c->regs : "", c->ste ? c->ste : "",
			c->cd ? c->cd : "", c->value, iom_status_name((iom_status)a.result.status),
			a.result.response, a.result.permissions, a.result.address, a.events,
			a.event[0]);
	smmu_build_clear(&build);
	return ok;
}

/* StreamID out of range: RECINVSID and REC_CFG_ATS both have to be set for a record. */
static bool bad_stream(const smmu_spec *spec, const char *preset)
{
	bool ok = true;

	for (unsigned cr2 = 0; cr2 < 16; cr2 += 2) {
		smmu_build build;
		smmu_answer a = { 0 };
		char regs[16];
		bool recorded = (cr2 & 2) && (cr2 & 8);

		if (cr2 & 4)
			continue;
		smmu_build_init(&build, spec, 5);
		g_snprintf(regs, sizeof regs, "CR2=%u", cr2);
		smmu_build_set(&build, "idr", "ATS=1;ATSRECERR=1");
		smmu_build_set(&build, "regs", regs);
		build.request.requester = 0x1000;
		build.request.type = IOM_TRANSLATION_REQUEST;
		ok = smmu_build_ask(&build, preset, &a) && a.result.response == IOM_RESPONSE_CA &&
		     a.events == recorded && ok;
		smmu_build_clear(&build);
	}
	return ok;
}

static bool secure_stream(const smmu_spec *spec, iom_request_type type, unsigned event,
			  const char *preset)
{
	smmu_build build;
	smmu_answer a = { 0 };

	smmu_build_init(&build, spec, 5);
	smmu_build_set(&build, "idr", "ATS=1;" SECURE);
	build.space = IOM_SPACE_SECURE;
	build.request.type = (uint8_t)type;
	bool ok = smmu_build_ask(&build, preset, &a) && a.result.status == IOM_ABORT &&
		  a.events == 1 && (a.event[0] & 0xff) == event;

	smmu_build_clear(&build);
	return ok;
}

/* The example rows: "NW=1 Exe=0 Priv=0; page ..." with the answer beside. */
static const struct {
	const char *start;
	uint16_t flags;
	uint64_t page;
	unsigned permissions;
} examples[] = {
	{ "NW=1 Exe=0 Priv=0; page user RO, priv RW", NW, PAGE(USER | RO), R },
	{ "NW=0 Exe=0 Priv=0; page user RW, priv RW", 0, PAGE(USER), R | W },
	{ "NW=0 Exe=0 Priv=0; page user RO, priv RW", 0, PAGE(USER | RO), R },
	{ "NW=1 Exe=1 Priv=0; page user RW, XN=1", NW | EXE, PAGE(USER | UXN), R | W },
	{ "NW=0 Exe=1 Priv=0; page user RW, XN=0", EXE, PAGE(USER), R | W | X },
	{ "NW=0 Exe=1 Priv=0; page user X only", EXE, PAGE(0), 0 },
	{ "any; page translation-related fault", EXE, 0, 0 },
};

static bool run_example(const smmu_spec *spec, const char *condition, const char *preset)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(examples); i++) {
		const ats_case c = { PERM,
				     condition,
				     5,
				     .ste = "EATS=1;" PASID1,
				     .word = LEAF,
				     .value = examples[i].page,
				     .flags = examples[i].flags,
				     .pasid = 1,
				     .permissions = examples[i].permissions };

		if (g_str_has_prefix(condition, examples[i].start))
			return run_case(spec, &c, preset);
	}
	return false;
}

static void waive(smmu_coverage *coverage, const iom_tsv_row *row)
{
	static const struct {
		const char *topic, *name, *reason;
	} reasons[] = {
		{ TREQ, "would be F_VMS_FETCH", "needs MPAM: tests of the model" },
		{ TREQ, "would be F_CFG_CONFLICT", "the model's caches cannot hold two matches" },
		{ TREQ, "would be F_TLB_CONFLICT", "the model's caches cannot hold two matches" },
		{ TREQ, "granule protection fault", "tests of the model" },
		{ TREQ, "page address of completion",
		  "coding of a PCIe message, not of an answer" },
		{ TREQ, "Source-CXL request", "tests of the model" },
		{ PERM, "example",
		  "VMSAv8-64 cannot give privileged more than the user's read-only" },
		{ TRANSLATED, "EATS==0b11", "needs a Device Permission Table" },
		{ TRANSLATED, "attributes", "tests of the model" },
		{ TRANSLATED, "F_UUT", "no transaction of this interface is unsupported" },
		{ TRANSLATED, "event order", "tests of the model" },
	};
	const char *topic = iom_tsv_get(row, "topic"), *name = iom_tsv_get(row, "case");

	for (unsigned i = 0; i < G_N_ELEMENTS(reasons); i++) {
		if (strcmp(reasons[i].topic, topic) == 0 && g_str_has_prefix(name, reasons[i].name))
			smmu_waive(coverage, row, reasons[i].reason);
	}
	if (strncmp(topic, "ats_", 4) != 0)
		smmu_waive(coverage, row, "not about ATS requests: tests of the model");
}

static bool run_row(const smmu_spec *spec, const iom_tsv_row *row, const char *preset)
{
	const char *topic = iom_tsv_get(row, "topic"), *name = iom_tsv_get(row, "case");
	const char *condition = iom_tsv_get(row, "condition");
	bool any = false;

	for (unsigned k = 0; k < G_N_ELEMENTS(cases); k++) {
		if (strcmp(cases[k].topic, topic) == 0 && strcmp(cases[k].name, name) == 0) {
			CU_ASSERT_TRUE(run_case(spec, &cases[k], preset));
			any = true;
		}
	}
	if (strcmp(name, "Secure stream") == 0) {
		bool request = strcmp(topic, TREQ) == 0;

		CU_ASSERT_TRUE(secure_stream(spec,
					     request ? IOM_TRANSLATION_REQUEST : IOM_TRANSLATED,
					     request ? 5 : 7, preset));
		any = true;
	}
	if (g_str_has_prefix(name, "StreamID out of range")) {
		CU_ASSERT_TRUE(bad_stream(spec, preset));
		any = true;
	}
	if (strcmp(name, "example") == 0)
		any = run_example(spec, condition, preset);
	return any;
}

static void every_ats_row(void)
{
	iom_tsv *table = smmu_spec_table("ats_pri.tsv");
	smmu_coverage coverage;
	smmu_spec spec;

	if (!table || !smmu_spec_open(&spec))
		return;
	smmu_coverage_init(&coverage, table);
	for (unsigned i = 0; i < iom_tsv_n_rows(table); i++) {
		const iom_tsv_row *row = iom_tsv_row_at(table, i);
		bool any = false;

		for (unsigned p = 0; p < G_N_ELEMENTS(presets); p++)
			any = run_row(&spec, row, presets[p]) || any;
		if (any)
			smmu_cover(&coverage, row);
		else
			waive(&coverage, row);
	}
	smmu_coverage_end(&coverage, 45);
	smmu_spec_close(&spec);
	iom_tsv_free(table);
}

static const iom_test tests[] = {
	{ "requests and answers of ats_pri.tsv", every_ats_row },
	{ 0 },
};

const iom_suite smmu_ats_suite = { "ats", tests };
