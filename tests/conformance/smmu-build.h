/* SPDX-License-Identifier: MIT */
/*
 * Hand-made SMMUv3 cases. Structures are written by the field names and positions of
 * the specification tables, not by the model's.
 */
#ifndef IOM_TESTS_SMMU_BUILD_H
#define IOM_TESTS_SMMU_BUILD_H

#include "tests/conformance/smmu-case.h"

/* ste_fields.tsv and cd_fields.tsv, loaded once by a test. */
typedef struct smmu_spec {
	iom_tsv *ste;
	iom_tsv *cd;
} smmu_spec;

bool smmu_spec_open(smmu_spec *spec);
void smmu_spec_close(smmu_spec *spec);
/* Row of a field, by the first word of its name; NULL if there is none. */
const iom_tsv_row *smmu_spec_field(const iom_tsv *table, const char *structure, const char *name);

/* Where things are in a case. */
enum {
	SMMU_BUILD_SID = 5,
	SMMU_BUILD_VA = 0x1000,
	SMMU_BUILD_OA = 0x2000,
};
#define SMMU_BUILD_STRTAB UINT64_C(0x40000000)
#define SMMU_BUILD_STE (SMMU_BUILD_STRTAB + 64 * SMMU_BUILD_SID)
#define SMMU_BUILD_CD UINT64_C(0x40010000)
#define SMMU_BUILD_S1 UINT64_C(0x80000000) /* level 1, then 2 and 3 */
#define SMMU_BUILD_S1_L2 UINT64_C(0x80100000)
#define SMMU_BUILD_S1_L3 UINT64_C(0x80101000)
#define SMMU_BUILD_S2 UINT64_C(0x90000000) /* level 1 */
#define SMMU_BUILD_EVENTQ UINT64_C(0x40100000)
#define SMMU_BUILD_CMDQ UINT64_C(0x40200000)

typedef struct smmu_build {
	const smmu_spec *spec;
	iom_smmu_vector vector; /* ID fields and registers */
	GArray *extra_ids; /* of iom_smmu_id: fields that vectors do not have */
	uint64_t ste[8];
	uint64_t cd[8];
	GArray *words; /* address, value pairs */
	uint64_t ste_address, cd_address; /* where they are put; PAs */
	struct {
		uint64_t first, last;
	} aborts[8]; /* ranges that answer with an external abort */
	unsigned n_aborts;
	iom_space space; /* whose interface is used; set before asking */
	iom_request request;
} smmu_build;

typedef struct smmu_answer {
	iom_result result;
	unsigned events;
	uint64_t event[4];
} smmu_answer;

/*
 * A case that translates SMMU_BUILD_VA to SMMU_BUILD_OA with 4KB tables, stage 2
 * (if any) being an identity of 1GB blocks. `config` is STE.Config.
 */
void smmu_build_init(smmu_build *build, const smmu_spec *spec, unsigned config);
void smmu_build_clear(smmu_build *build);
/*
 * "NAME=VALUE;..." into `what`: "idr", "ste", "cd" (addresses whole), or "regs".
 * False (and a message) for a name that the tables do not have.
 */
bool smmu_build_set(smmu_build *build, const char *what, const char *settings);
void smmu_build_word(smmu_build *build, uint64_t address, uint64_t value);
/* A word of the tables so far. */
uint64_t smmu_build_get(const smmu_build *build, uint64_t address);
/* A model of the case with its memory and registers set up; NULL and a message. */
iom_iommu *smmu_build_model(const smmu_build *build, const char *preset, iom_memory **memory);
/* Ask a fresh model, twice; the two answers must be alike. */
bool smmu_build_ask(const smmu_build *build, const char *preset, smmu_answer *answer);

/* Which rows of a table have been exercised, and why others have not. */
typedef struct smmu_coverage {
	const iom_tsv *table;
	const char **reasons; /* by row: NULL nothing, "" exercised, else why not */
} smmu_coverage;

void smmu_coverage_init(smmu_coverage *c, const iom_tsv *table);
void smmu_cover(smmu_coverage *c, const iom_tsv_row *row);
void smmu_waive(smmu_coverage *c, const iom_tsv_row *row, const char *reason);
/*
 * Print what was not exercised and why; asserts that nothing was forgotten and that
 * at least `exercised` rows were.
 */
void smmu_coverage_end(smmu_coverage *c, unsigned exercised);

#endif
