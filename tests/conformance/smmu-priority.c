/* SPDX-License-Identifier: MIT */
/*
 * Order of checks, fault_priority.tsv: each fault alone, then every two at once, of
 * which the one that is checked first must be reported; and the rows on terminating
 * and stalling.
 */
#include "tests/conformance/smmu-build.h"
#include "tests/conformance/smmu-suites.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Parts of a request that only one fault can change at a time. */
enum { SUBSTREAM = 1, ADDRESS = 2 };

#define L1STD SMMU_BUILD_STRTAB
#define STE_AT UINT64_C(0x40300140)
#define L1CD UINT64_C(0xc0010000)
#define CD_AT UINT64_C(0x40020000)
/* Stage-2 blocks: what lies in each GB. */
#define S2_FINAL SMMU_BUILD_S2
#define S2_CD (SMMU_BUILD_S2 + 8)
#define S2_TABLES (SMMU_BUILD_S2 + 16)
#define S2_L1CD (SMMU_BUILD_S2 + 24)
#define LEAF (SMMU_BUILD_S1_L3 + 8)
#define BIT(n) (UINT64_C(1) << (n))
#define AF BIT(10)
/* A stage-2 block may not be read or written. */
#define S2AP (BIT(6) | BIT(7))

typedef struct fault {
	const char *order;
	const char *ste, *cd;
	uint64_t word, clear, set; /* bits of a word of memory */
	uint64_t abort_at, abort_bytes;
	uint64_t address; /* of the request, if not 0 */
	int pasid; /* of the request, if not -1 */
	uint32_t sid; /* of the request, if not 0 */
	unsigned group;
	unsigned id; /* event; 0: none */
	unsigned s2, class;
} fault;

#define NONE .pasid = -1

/* In the order of the checks. */
static const fault faults[] = {
	{ "100", .sid = 0x1005, NONE, .id = 0x02 },
	{ "110", .abort_at = L1STD, .abort_bytes = 8, NONE, .id = 0x03 },
	{ "111", .word = L1STD, .clear = 0x1f, NONE, .id = 0x02 },
	{ "120", .abort_at = STE_AT, .abort_bytes = 64, NONE, .id = 0x03 },
	{ "130", .ste = "V=0", NONE, .id = 0x04 },
	{ "131", .ste = "Config=0", NONE, .id = 0 },
	{ "140", .ste = "S1CDMax=0", .pasid = 3, .group = SUBSTREAM, .id = 0x08 },
	{ "141", .pasid = 0x100, .group = SUBSTREAM, .id = 0x08 },
	{ "150", .ste = "S1DSS=0", NONE, .group = SUBSTREAM, .id = 0x06 },
	{ "151", .pasid = 0, .group = SUBSTREAM, .id = 0x06 },
	{ "161", .ste = "S1DSS=1", .address = BIT(48), NONE, .group = SUBSTREAM | ADDRESS,
	  .id = 0x11, .class = 2 },
	{ "201", .abort_at = S2_L1CD, .abort_bytes = 8, NONE, .id = 0x0b, .s2 = 1, .class = 0 },
	{ "200", .word = S2_L1CD, .clear = 1, NONE, .id = 0x10, .s2 = 1, .class = 0 },
	{ "202", .abort_at = L1CD, .abort_bytes = 8, NONE, .id = 0x09 },
	{ "203", .word = L1CD, .clear = 1, NONE, .id = 0x08 },
	{ "204", .word = S2_CD, .clear = 1, NONE, .id = 0x10, .s2 = 1, .class = 0 },
	{ "205", .abort_at = CD_AT, .abort_bytes = 64, NONE, .id = 0x09 },
	{ "210", .cd = "V=0", NONE, .id = 0x0a },
	{ "300", .address = BIT(39) | 0x1000, NONE, .group = ADDRESS, .id = 0x10, .class = 2 },
	{ "301", .cd = "EPD0=1", NONE, .id = 0x10, .class = 2 },
	{ "302", .cd = "E0PD0=1", NONE, .id = 0x10, .class = 2 },
	{ "310", .cd = "TTB0=0x8000000000", NONE, .id = 0x10, .s2 = 1, .class = 1 },
	{ "311", .abort_at = S2_TABLES, .abort_bytes = 8, NONE, .id = 0x0b, .s2 = 1, .class = 1 },
	{ "311", .word = S2_TABLES, .clear = 1, NONE, .id = 0x10, .s2 = 1, .class = 1 },
	{ "311", .ste = "S2PS=4", .word = S2_TABLES, .set = BIT(45), NONE, .id = 0x11, .s2 = 1,
	  .class = 1 },
	{ "312", .word = S2_TABLES, .clear = AF, NONE, .id = 0x12, .s2 = 1, .class = 1 },
	{ "312", .word = S2_TABLES, .clear = S2AP, NONE, .id = 0x13, .s2 = 1, .class = 1 },
	{ "313", .abort_at = SMMU_BUILD_S1, .abort_bytes = 8, NONE, .id = 0x0b, .class = 1 },
	{ "314", .word = SMMU_BUILD_S1, .clear = 1, NONE, .id = 0x10, .class = 2 },
	{ "315", .cd = "IPS=4", .word = SMMU_BUILD_S1, .set = BIT(45), NONE, .id = 0x11,
	  .class = 2 },
	{ "320", .word = LEAF, .clear = AF, NONE, .id = 0x12, .class = 2 },
	{ "321", .word = LEAF, .clear = BIT(6), NONE, .id = 0x13, .class = 2 },
	{ "330", .word = LEAF, .set = BIT(40), NONE, .id = 0x10, .s2 = 1, .class = 2 },
	{ "331", .abort_at = S2_FINAL, .abort_bytes = 8, NONE, .id = 0x0b, .s2 = 1, .class = 2 },
	{ "332", .word = S2_FINAL, .clear = 1, NONE, .id = 0x10, .s2 = 1, .class = 2 },
	{ "333", .ste = "S2PS=4", .word = S2_FINAL, .set = BIT(45), NONE, .id = 0x11, .s2 = 1,
	  .class = 2 },
	{ "334", .word = S2_FINAL, .clear = AF, NONE, .id = 0x12, .s2 = 1, .class = 2 },
	{ "335", .word = S2_FINAL, .clear = S2AP, NONE, .id = 0x13, .s2 = 1, .class = 2 },
};

static const char *const presets[] = SMMU_CACHES;

/* Both stages, two-level stream table and CD table, everything in a GB of its own. */
static void base_case(smmu_build *build, const smmu_spec *spec)
{
	smmu_build_init(build, spec, 7);
	smmu_build_set(build, "ste", "S1CDMax=8;S1Fmt=1;S1DSS=2;S1ContextPtr=0xc0010000");
	smmu_build_set(build, "regs", "STRTAB_BASE_CFG=0x10188"); /* 2-level, SPLIT 6 */
	build->ste_address = STE_AT;
	build->cd_address = CD_AT;
	smmu_build_word(build, L1STD, (STE_AT & ~UINT64_C(0xfff)) | 7);
	smmu_build_word(build, L1CD, CD_AT | 1);
}

static void break_it(smmu_build *build, const fault *f)
{
	if (f->ste)
		smmu_build_set(build, "ste", f->ste);
	if (f->cd)
		smmu_build_set(build, "cd", f->cd);
	if (f->word)
		smmu_build_word(build, f->word,
				(smmu_build_get(build, f->word) & ~f->clear) | f->set);
	if (f->abort_bytes) {
		build->aborts[build->n_aborts].first = f->abort_at;
		build->aborts[build->n_aborts++].last = f->abort_at + f->abort_bytes - 1;
	}
	if (f->address)
		build->request.address = f->address;
	if (f->pasid >= 0)
		build->request.pasid = (uint32_t)f->pasid;
	if (f->sid)
		build->request.requester = f->sid;
}

static bool reported(const fault *f, const smmu_answer *answer)
{
	if (answer->result.status != IOM_ABORT || answer->events != (f->id != 0))
		return false;
	if (f->id == 0)
		return true;
	bool translation = f->id == 0x0b || (f->id >= 0x10 && f->id <= 0x13);
	unsigned s2 = answer->event[1] >> 39 & 1, class = answer->event[1] >> 40 & 3;

	return (answer->event[0] & 0xff) == f->id &&
	       (!translation || (s2 == f->s2 && class == f->class));
}

/* `second` may be NULL; `first` is checked first. */
static bool run_faults(const smmu_spec *spec, const fault *first, const fault *second,
		       const char *preset)
{
	smmu_build build;
	smmu_answer answer = { 0 };

	base_case(&build, spec);
	break_it(&build, first);
	if (second)
		break_it(&build, second);
	bool ok = smmu_build_ask(&build, preset, &answer) && reported(first, &answer);

	if (!ok)
		fprintf(stderr,
			"\n%s (event %#x) with %s (event %#x), caches %s: %s, %u events, %#" PRIx64
			" %#" PRIx64 "\n",
			first->order, first->id, second ? second->order : "nothing else",
			second ? second->id : 0, preset,
			iom_status_name((iom_status)answer.result.status), answer.events,
			answer.event[0], answer.event[1]);
	smmu_build_clear(&build);
	return ok;
}

static void every_two_faults(void)
{
	unsigned pairs = 0, wrong = 0;
	smmu_spec spec;

	if (!smmu_spec_open(&spec))
		return;
	for (unsigned i = 0; i < G_N_ELEMENTS(faults); i++) {
		for (unsigned k = i + 1; k < G_N_ELEMENTS(faults); k++) {
			if (faults[i].group & faults[k].group)
				continue;
			pairs++;
			for (unsigned p = 0; p < G_N_ELEMENTS(presets); p++)
				wrong += !run_faults(&spec, &faults[i], &faults[k], presets[p]);
		}
	}
	printf("\n  %u pairs of faults, each with six sizes of caches\n  ", pairs);
	CHECK_EQ(wrong, 0);
	smmu_spec_close(&spec);
}

/* ---- terminate and stall: rows M01 to M17 ----------------------------- */

typedef struct response_case {
	const char *row;
	unsigned config;
	const char *idr, *ste, *cd;
	uint64_t word, value; /* what makes it fault */
	iom_status status;
	bool recorded;
	uint16_t flags;
} response_case;

static const response_case responses[] = {
	/* Not one of the four eligible faults: CD.A, CD.R, CD.S do not count. */
	{ "M01", 5, "", "", "A=0;R=0;S=1;V=0", 0, 0, IOM_ABORT, true, 0 },
	{ "M02", 5, "", "", "S=0;R=0;A=1", LEAF, 0, IOM_ABORT, false, 0 },
	{ "M03", 5, "", "", "S=0;R=1;A=1", LEAF, 0, IOM_ABORT, true, 0 },
	{ "M04", 5, "", "", "S=0;R=0;A=0", LEAF, 0, IOM_RAZWI, false, 0 },
	{ "M05", 5, "", "", "S=0;R=1;A=0", LEAF, 0, IOM_RAZWI, true, 0 },
	{ "M06", 5, "", "", "S=1;R=0;A=0", LEAF, 0, IOM_STALL, true, 0 },
	{ "M06", 5, "", "", "S=1;R=1;A=1", LEAF, 0, IOM_STALL, true, 0 },
	{ "M07", 6, "", "S2R=1", "", S2_FINAL, 0, IOM_ABORT, true, 0 },
	{ "M07", 6, "", "S2R=0", "", S2_FINAL, 0, IOM_ABORT, false, 0 },
	{ "M08", 6, "", "S2S=1;S2R=0", "", S2_FINAL, 0, IOM_STALL, true, 0 },
	{ "M09", 7, "", "S2R=1", "S=1;A=0", S2_TABLES, 0, IOM_ABORT, true, 0 },
	{ "M09", 7, "", "S2S=1", "S=0;R=0", S2_CD, 0, IOM_STALL, true, 0 },
	{ "M12", 5, "", "", "S=1;R=1", LEAF, 0, IOM_ABORT, false, IOM_REQ_SPECULATIVE },
	{ "M14", 5, "STALL_MODEL=1", "", "S=1", 0, 0, IOM_ABORT, true, 0 },
	{ "M14", 5, "STALL_MODEL=2", "", "S=0", 0, 0, IOM_ABORT, true, 0 },
	{ "M14", 6, "STALL_MODEL=1", "S2S=1", "", 0, 0, IOM_ABORT, true, 0 },
	{ "M14", 6, "STALL_MODEL=2", "S2S=0", "", 0, 0, IOM_ABORT, true, 0 },
};

static bool run_response(const smmu_spec *spec, const response_case *c, const char *preset)
{
	smmu_build build;
	smmu_answer answer = { 0 };

	smmu_build_init(&build, spec, c->config);
	bool ok = smmu_build_set(&build, "idr", c->idr) && smmu_build_set(&build, "ste", c->ste) &&
		  smmu_build_set(&build, "cd", c->cd);

	if (c->word)
		smmu_build_word(&build, c->word, c->value);
	build.request.flags |= c->flags;
	ok = ok && smmu_build_ask(&build, preset, &answer) && answer.result.status == c->status &&
	     answer.events == c->recorded;
	if (ok && c->recorded)
		ok = (answer.event[1] >> 31 & 1) == (c->status == IOM_STALL) &&
		     (c->status != IOM_STALL || (answer.event[1] & 0xffff) == answer.result.stag);
	if (!ok)
		fprintf(stderr, "\n%s, caches %s, ste '%s' cd '%s': %s, %u events\n", c->row,
			preset, c->ste, c->cd, iom_status_name((iom_status)answer.result.status),
			answer.events);
	smmu_build_clear(&build);
	return ok;
}

static const struct {
	const char *order, *reason;
} no_case[] = {
	{ "010", "no transaction of this interface is unsupported" },
	{ "020", "vector V201" },
	{ "021", "vector V202" },
	{ "022", "vectors V199, V200, V433" },
	{ "023", "Secure stream: tests of the model" },
	{ "024", "Realm stream: tests of the model" },
	{ "135", "needs MPAM: tests of the model" },
	{ "152", "no fault; vectors of group substream" },
	{ "160", "no other check can follow; vector V174" },
	{ "162", "Secure stream: tests of the model" },
	{ "340", "granule protection: tests of the model" },
	{ "350", "the model's caches cannot hold two matches" },
	{ "M10", "a property of the system, not of the SMMU" },
	{ "M11", "ATS: tests of the model" },
	{ "M13", "CMD and register sequences: tests of the model" },
	{ "M15", "recommended: never suppress" },
	{ "M16", "CMD and register sequences: tests of the model" },
	{ "M17", "CMD and register sequences: tests of the model" },
};

static void cover_row(smmu_coverage *coverage, const smmu_spec *spec, const iom_tsv_row *row)
{
	const char *order = iom_tsv_get(row, "order");

	for (unsigned p = 0; p < G_N_ELEMENTS(presets); p++) {
		for (unsigned i = 0; i < G_N_ELEMENTS(faults); i++) {
			if (strcmp(faults[i].order, order) == 0) {
				CU_ASSERT_TRUE(run_faults(spec, &faults[i], NULL, presets[p]));
				smmu_cover(coverage, row);
			}
		}
		for (unsigned i = 0; i < G_N_ELEMENTS(responses); i++) {
			if (strcmp(responses[i].row, order) == 0) {
				CU_ASSERT_TRUE(run_response(spec, &responses[i], presets[p]));
				smmu_cover(coverage, row);
			}
		}
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(no_case); i++) {
		if (strcmp(no_case[i].order, order) == 0)
			smmu_waive(coverage, row, no_case[i].reason);
	}
}

static void every_fault(void)
{
	iom_tsv *table = smmu_spec_table("fault_priority.tsv");
	smmu_coverage coverage;
	smmu_spec spec;

	if (!table || !smmu_spec_open(&spec))
		return;
	smmu_coverage_init(&coverage, table);
	for (unsigned i = 0; i < iom_tsv_n_rows(table); i++)
		cover_row(&coverage, &spec, iom_tsv_row_at(table, i));
	smmu_coverage_end(&coverage, 45);
	smmu_spec_close(&spec);
	iom_tsv_free(table);
}

static const iom_test tests[] = {
	{ "every fault and response of fault_priority.tsv", every_fault },
	{ "of two faults, the one checked first is reported", every_two_faults },
	{ 0 },
};

const iom_suite smmu_priority_suite = { "priority", tests };
