/* SPDX-License-Identifier: MIT */
/*
 * Rows of the specifications' tables as a requester sees them. Every row of a table
 * is either driven by an endpoint, or named with the reason why no requester can show
 * it; a row that is neither, or both, is a failure.
 */
#ifndef IOM_TESTS_PCIE_ROWS_H
#define IOM_TESTS_PCIE_ROWS_H

#include "rig.h"

typedef struct row_case row_case;
struct row_case {
	const char *topic;
	const char *name; /* how the second cell begins */
	const char *condition; /* how the third begins; NULL any */
	void (*run)(const row_case *t, char **cells);
	int arg;
	const char *outside; /* without `run`: why */
};

typedef struct rows rows;

rows *rows_open(const char *name);
/* Claims a row for each case, and runs it. */
void rows_run(rows *t, const row_case *cases, unsigned n);
/* Nothing may be left; these many were driven and named. */
void rows_close(rows *t, unsigned driven, unsigned outside);

/* The column of a row, by its name in the heading. */
enum { ROW_CONDITION = 2, ROW_RESPONSE = 3, ROW_EVENT = 4 };

/* Say which row a failure is in. */
void row_fail(char **cells, const char *what);
void row_check(char **cells, bool holds, const char *what);
#define ROW_CHECK(cells, condition) row_check(cells, condition, #condition)

/* Bits of a 128-bit entry, "[51:32]" or "51:32". */
uint64_t row_bits(const uint64_t *words, const char *range);

/* The cases, by file. */
extern const row_case rows_requests[], rows_permissions[], rows_translated[], rows_pri[];
extern const unsigned n_rows_requests, n_rows_permissions, n_rows_translated, n_rows_pri;

/* ---- an SMMUv3 for a row ---- */
#define VA UINT64_C(0x7f0000001000)
#define ALL (IOM_READ | IOM_WRITE)

enum { CR2_RECINVSID = 2, CR2_REC_CFG_ATS = 8 };

/* NULL config: the default one. */
rig *smmu_rig(const void *config, uint32_t cr2);
/* One with Secure state and a Secure event queue; the endpoint is a Secure stream. */
rig *smmu_rig_secure(void);
/* The number of the only record in the Secure event queue, 0 for none. */
unsigned smmu_secure_event(rig *r);
uint64_t smmu_reg(rig *r, uint64_t at, unsigned size);
void smmu_set_reg(rig *r, uint64_t at, unsigned size, uint64_t value);
/* Bits of the STE, and of the CD of a space, and what caches them invalidated. */
void smmu_ste(rig *r, unsigned word, uint64_t clear, uint64_t set);
void smmu_cd(rig *r, unsigned space, unsigned word, uint64_t clear, uint64_t set);
/* Stage 2 below the stage 1 that is there: memory maps to itself, IPA_DATA to RIG_DATA. */
#define IPA_DATA UINT64_C(0x600000000)
void smmu_nest(rig *r, iom_pt *s2, unsigned eats);
void smmu_s2_leaf(rig *r, const iom_pt *s2, uint64_t ipa, uint64_t set, uint64_t clear);
/* Oldest event: its words; false when there is none. */
bool smmu_event(rig *r, uint64_t words[4]);

/* What the row says of an access: the response in one cell, the event in the next. */
void row_agrees(char **cells, rig *r, const iom_dma_answer *a, bool recorded);
iom_ats_entry row_entry(const iom_dma_answer *a);

#endif
