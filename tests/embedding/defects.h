/* SPDX-License-Identifier: MIT */
/*
 * Mistakes that were found in other emulators' IOMMUs, each as a test that ours does
 * not make it. Everything goes through the public interface.
 */
#ifndef IOM_TESTS_EMBEDDING_DEFECTS_H
#define IOM_TESTS_EMBEDDING_DEFECTS_H

#include "tests/harness.h"

#include <string.h>

#include <iommulate/smmu.h>
#include <iommulate/vtd.h>

typedef struct defect_rig {
	iom_memory *memory;
	iom_iommu *iommu;
	unsigned notices;
	unsigned swaps; /* compare-and-swaps in the device region */
	uint64_t page[512]; /* of the device region */
} defect_rig;

#define DEFECT_RAM UINT64_C(0x40000000)
#define DEFECT_DEVICE UINT64_C(0x80000000) /* a page that counts compare-and-swaps */

/* Memory, and a bus that counts; the caller makes the model. */
void defect_rig_init(defect_rig *r, iom_bus *bus);
void defect_rig_clear(defect_rig *r);
void defect_put(defect_rig *r, uint64_t address, uint64_t value);
uint64_t defect_get(defect_rig *r, uint64_t address);
void defect_reg(defect_rig *r, uint64_t offset, unsigned size, uint64_t value);
uint64_t defect_peek(defect_rig *r, uint64_t offset, unsigned size);
/* Fault code, or 0. */
unsigned defect_ask(defect_rig *r, uint32_t requester, uint64_t address, uint8_t access);

extern const iom_suite defects_smmu_suite, defects_vtd_suite;

#endif
