/* SPDX-License-Identifier: MIT */
/*
 * SMMUv3 translation vectors, parsed. Separate from running them, so that another
 * walker than the model can be given the same vectors.
 */
#ifndef IOM_SIM_VECTORS_SMMU_H
#define IOM_SIM_VECTORS_SMMU_H

#include "sim/vectors/vectors.h"

#include <iommulate/smmu.h>

/* One ID field; `value` as the vectors write it: OAS in bits, others raw. */
typedef struct iom_smmu_id {
	const char *name; /* as in the vectors, without the register */
	const char *field; /* for iom_smmu_config_set() */
	uint64_t value;
} iom_smmu_id;

#define IOM_SMMU_VECTOR_IDS 64

typedef struct iom_smmu_registers {
	uint32_t cr0;
	uint32_t cr1;
	uint32_t cr2;
	uint32_t gbpa;
	uint64_t strtab_base;
	uint32_t strtab_base_cfg;
} iom_smmu_registers;

typedef struct iom_smmu_vector {
	iom_smmu_id ids[IOM_SMMU_VECTOR_IDS];
	unsigned n_ids;
	iom_smmu_registers registers;
	iom_memimage *image;
	iom_request request;
	iom_status status;
	bool has_oa;
	uint64_t oa;
	bool has_leaf;
	uint64_t leaf_lg2;
	const char *attrs; /* of the row; NULL: not compared */
	int events; /* records expected: 0 or 1; -1: not compared */
	uint64_t event_words[4];
	uint64_t event_mask[4];
} iom_smmu_vector;

/* False and an error. Otherwise iom_smmu_vector_clear() releases it; `row` must live on. */
bool iom_smmu_vector_parse(const iom_tsv_row *row, iom_smmu_vector *vector, GError **error);
void iom_smmu_vector_clear(iom_smmu_vector *vector);

/* The ID fields that the vectors start from, with the values of their base set. */
void iom_smmu_vector_base_ids(iom_smmu_vector *vector);
/* ID registers of these fields. */
bool iom_smmu_vector_config(const iom_smmu_vector *vector, const iom_cache_config *cache,
			    iom_smmu_config *config, GError **error);
/*
 * Program the registers through the register interface, the way a driver orders
 * them, with an event queue of 128 records at `eventq`.
 */
void iom_smmu_vector_program(const iom_smmu_registers *registers, uint64_t eventq,
			     iom_iommu *iommu);
/* "Normal-iWB-oWB/ISH" of a MAIR-style byte and a shareability; `text` has 40 bytes. */
void iom_smmu_attrs_text(uint8_t memtype, uint8_t shareability, char *text);

#define IOM_SMMU_EVENTQ_BYTES 4096

#endif
