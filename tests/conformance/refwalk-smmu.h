/* SPDX-License-Identifier: MIT */
/*
 * A second SMMUv3 for tests: slow, obvious, without caches, written from the
 * specification tables alone. It shares no code with the model and sees only raw
 * memory words. Non-secure streams, VMSAv8-64 and VMSAv8-32 LPAE, ordinary (untranslated) traffic.
 */
#ifndef IOM_TESTS_REFWALK_SMMU_H
#define IOM_TESTS_REFWALK_SMMU_H

#include <stdbool.h>
#include <stdint.h>

/* ID fields by the names of register_fields.tsv; OAS in bits. */
#define REFWALK_IDS(F) \
	F(AIDR) \
	F(S1P) \
	F(S2P) \
	F(TTF) \
	F(HTTU) \
	F(Hyp) \
	F(ATS) \
	F(NS1ATS) \
	F(ASID16) \
	F(VMID16) \
	F(CD2L) \
	F(TTENDIAN) \
	F(STALL_MODEL) \
	F(TERM_MODEL) \
	F(ST_LEVEL) \
	F(SIDSIZE) \
	F(SSIDSIZE) \
	F(ATTR_PERMS_OVR) \
	F(ATTR_TYPES_OVR) \
	F(HAD) \
	F(XNX) \
	F(FWB) \
	F(STT) \
	F(E0PD) \
	F(PTWNNC) \
	F(EPAN) \
	F(AIE) \
	F(S1PI) \
	F(OAS) \
	F(GRAN4K) \
	F(GRAN16K) \
	F(GRAN64K) \
	F(DS) \
	F(VAX)

#define REFWALK_ID_MEMBER(name) unsigned name;
typedef struct refwalk_ids {
	REFWALK_IDS(REFWALK_ID_MEMBER)
} refwalk_ids;

typedef struct refwalk_registers {
	unsigned smmuen;
	unsigned e2h;
	unsigned recinvsid;
	uint32_t gbpa;
	uint64_t strtab_base;
	uint32_t strtab_base_cfg;
} refwalk_registers;

/* Memory: false means external abort. */
typedef struct refwalk_memory {
	void *opaque;
	bool (*read)(void *opaque, uint64_t address, uint64_t *word);
	bool (*write)(void *opaque, uint64_t address, uint64_t word);
} refwalk_memory;

typedef struct refwalk_request {
	uint32_t sid;
	bool ssv;
	uint32_t ssid;
	uint64_t address;
	char access; /* R, W, X or A as in the vectors */
	bool privileged;
	/* Attributes that come with the request; otherwise write-back, Non-shareable. */
	bool has_attrs;
	uint8_t memtype; /* a MAIR byte */
	uint8_t sh;
} refwalk_request;

typedef enum refwalk_status {
	REFWALK_OK,
	REFWALK_ABORT,
	REFWALK_RAZWI,
	REFWALK_STALL,
} refwalk_status;

typedef struct refwalk_result {
	refwalk_status status;
	uint64_t oa;
	unsigned leaf_lg2; /* 0: no stage translated */
	uint64_t input_end; /* where the table's input range ends inside the leaf; 0: not there */
	char attrs[40]; /* as the vectors write them */
	bool attrs_unsettled; /* the architecture leaves the shareability open here */
	bool event;
	uint64_t words[4];
	uint64_t mask[4]; /* bits of the record that the architecture defines */
	/* Which check decided, for reports. */
	const char *why;
} refwalk_result;

/* False: no ID field has that name. */
bool refwalk_set_id(refwalk_ids *ids, const char *name, uint64_t value);
const char *refwalk_status_name(refwalk_status status);

void refwalk_smmu(const refwalk_ids *ids, const refwalk_registers *registers,
		  const refwalk_memory *memory, const refwalk_request *request,
		  refwalk_result *result);

#endif
