/* SPDX-License-Identifier: MIT */
/*
 * The model beside the reference walker: three models (default caches, none, one
 * entry each) and the walker get the same memory and the same requests.
 */
#ifndef IOM_TESTS_SMMU_RIG_H
#define IOM_TESTS_SMMU_RIG_H

#include "tests/conformance/smmu-case.h"
#include "tests/conformance/smmu-gen.h"

/* The event queue, and after it the command queue. */
#define SMMU_RIG_QUEUES UINT64_C(0x1000)
#define SMMU_RIG_EVENTQ SMMU_RIG_QUEUES
#define SMMU_RIG_CMDQ (SMMU_RIG_EVENTQ + IOM_SMMU_EVENTQ_BYTES)
#define SMMU_RIG_QUEUES_END (SMMU_RIG_CMDQ + 4096)

typedef struct smmu_rig {
	const char *preset;
	bool device; /* memory behind callbacks; otherwise plain memory */
	iom_memory *memory;
	iom_iommu *iommu;
	smmu_store store; /* device memory */
	uint64_t queues[(SMMU_RIG_QUEUES_END - SMMU_RIG_QUEUES) / 8]; /* device memory */
	bool stray; /* a write where nothing was */
	uint64_t stray_address;
	unsigned records;
	uint32_t cmdq_prod;
} smmu_rig;

/* A model of `ids`; NULL iommu and an error if no implementation may have them. */
bool smmu_rig_open(smmu_rig *rig, const refwalk_ids *ids, const char *preset, bool device,
		   GError **error);
void smmu_rig_close(smmu_rig *rig);
/* Start over with the memory and registers of a case. */
void smmu_rig_load(smmu_rig *rig, const smmu_gen *gen);
/*
 * Send the request; what differs from the answer and the memory of the reference
 * is noted in `outcome`.
 */
void smmu_rig_ask(smmu_rig *rig, const refwalk_request *request, const refwalk_result *expected,
		  const smmu_store *after, iom_vector_outcome *outcome);

/* Make the change in the model's memory and run its commands; false: they were not. */
/* Commands, with a CMD_SYNC after them; false: not consumed. */
bool smmu_rig_commands(smmu_rig *rig, const uint64_t (*commands)[2], unsigned n);
bool smmu_rig_change(smmu_rig *rig, const smmu_change *change);

/* smmu-dump.c: the request as a row of vectors, with the memory from before it. */
void smmu_dump_header(GString *out);
void smmu_dump_row(GString *out, const char *id, const char *title, const smmu_gen *gen,
		   const refwalk_request *request, const refwalk_result *result);

#endif
