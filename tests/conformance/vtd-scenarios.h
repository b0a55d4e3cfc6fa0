/* SPDX-License-Identifier: MIT */
/* What software changes and which commands it issues for it, by row of invalidation.tsv. */
#ifndef IOM_TESTS_VTD_SCENARIOS_H
#define IOM_TESTS_VTD_SCENARIOS_H

#include "tests/conformance/vtd-queue.h"

#define BIT(n) (UINT64_C(1) << (n))

/* What the bases have: see vtd-base.c. */
enum { SID = 0x10, PASID = 0x11, RID_PASID = 5, DID_LEGACY = 7, DID = 9, HPTDID = 11 };
#define INPUT UINT64_C(0x7654321000)

typedef enum change {
	CHANGE_ROOT, /* root entry not present */
	CHANGE_CONTEXT, /* context entry not present */
	CHANGE_DIRECTORY,
	CHANGE_ENTRY, /* PASID entry not present */
	CHANGE_ENTRY_FIELD, /* pass-through from now on */
	CHANGE_FS_LEAF,
	CHANGE_FS_TABLE, /* a level-2 entry not present */
	CHANGE_SS_LEAF,
	CHANGE_SS_TABLE,
	CHANGE_HPT, /* no permission */
} change;

/* Which row (parts of `command` and `encoding`, or a topic) and what is done. */
typedef struct scenario {
	const char *command;
	const char *encoding;
	vtd_base_kind kind;
	vtd_request_kind request;
	change what;
	uint64_t words[3][2];
} scenario;

extern const scenario vtd_scenarios[];
extern const unsigned vtd_n_scenarios;

#endif
