/* SPDX-License-Identifier: MIT */
/*
 * A machine of one IOMMU and one endpoint: the same calls bring up either model,
 * change its tables, invalidate, and read what its queues say. Written from the
 * specifications' layouts, not from the models.
 */
#ifndef IOM_TESTS_PCIE_RIG_H
#define IOM_TESTS_PCIE_RIG_H

#include "sim/driver/pagetable.h"
#include "suites.h"

#define RIG_PASIDS 4u /* address spaces: 0 without a PASID, 1 to 3 */
#define RIG_REQUESTER 0x0108u
#define RIG_DATA UINT64_C(0x40000000) /* memory that DMA goes to */

typedef struct rig_options {
	unsigned atc_entries;
	unsigned translations; /* of one translation request */
	unsigned priq_lg2; /* entries of the page request queue */
	iom_pci_function_config function;
	const void *model; /* iom_smmu_config or iom_vtd_config; NULL: the default one */
	uint32_t cr2; /* SMMUv3: CR2; 0xa: RECINVSID and REC_CFG_ATS */
	unsigned iommu_space; /* iom_space of the endpoint */
} rig_options;

typedef struct rig_request { /* a page request as the queue has it */
	uint32_t requester, pasid; /* IOM_NO_PASID without one */
	uint64_t address;
	unsigned access, last, privileged, prg_index;
} rig_request;

typedef struct rig rig;

struct rig_ops {
	iom_iommu *(*make)(const iom_bus *bus, const void *config);
	void (*bring_up)(rig *r);
	void (*invalidate)(rig *r, unsigned space, uint64_t va, unsigned size_lg2, bool iotlb,
			   bool atc);
	void (*invalidate_global)(rig *r, uint64_t va, unsigned size_lg2);
	void (*sync)(rig *r);
	bool (*synced)(rig *r);
	bool (*sync_failed)(rig *r);
	bool (*next_request)(rig *r, rig_request *out);
	void (*respond)(rig *r, const rig_request *request, iom_prg_code code);
	unsigned (*next_event)(rig *r);
	void (*ats_allowed)(rig *r, bool on);
	void (*translation)(rig *r, bool on);
	void (*page_requests)(rig *r, bool on);
	bool (*overflow)(rig *r);
	/* Caches of tables that a test changed behind the rig's back are emptied. */
	void (*reconfigure)(rig *r);
	/* VT-d: RTADDR.TTM */
	void (*table_mode)(rig *r, unsigned ttm);
};

struct rig {
	iom_kind kind;
	const struct rig_ops *ops;
	iom_memory *mem;
	iom_requesters *hub;
	iom_iommu *iommu;
	iom_pci_config *fn;
	iom_endpoint *ep;
	iom_guest_pool pool;
	iom_pt pt[RIG_PASIDS];
	unsigned priq_lg2, atc_entries, translations, iommu_space;
	uint32_t cr2;
	uint64_t config, contexts; /* STE or context entry; CDs or PASID table */
	uint64_t cmdq, eventq, priq, status;
	uint32_t cmd_index, event_index, pri_index, serial, fault_index;
	unsigned answers; /* of groups, told by the endpoint */
	iom_page_response answer; /* the last one */
};

void rig_options_init(rig_options *o);
/* ATS, PASID and PRI are switched on, with a limit of 32 page requests. */
rig *rig_new(iom_kind kind, const rig_options *options);
void rig_free(rig *r);

/* `space` 0 has no PASID. */
uint32_t rig_pasid(unsigned space);
void rig_map(rig *r, unsigned space, uint64_t va, uint64_t pa, uint64_t size, unsigned access,
	     unsigned max_lg2);
/* Bits of the leaf of a page that is mapped; nothing is invalidated. */
void rig_change_leaf(rig *r, unsigned space, uint64_t va, uint64_t set, uint64_t clear);
uint64_t rig_leaf(rig *r, unsigned space, uint64_t va);
void rig_unmap(rig *r, unsigned space, uint64_t va, uint64_t size);
/* IOTLB and ATC, and a sync that must complete. */
void rig_flush(rig *r, unsigned space, uint64_t va, unsigned size_lg2);
iom_dma rig_dma(unsigned space, uint64_t va, unsigned access, unsigned flags);
/* Begin and end at once; the answer stays. */
iom_status rig_access(rig *r, unsigned space, uint64_t va, unsigned access, unsigned flags,
		      iom_dma_answer *answer);
/* A new endpoint in `ep`; whoever was there is not freed. */
void rig_endpoint(rig *r, uint32_t requester);
/* The endpoint sends with another requester id from now on. */
void rig_move(rig *r, uint32_t requester);
/* Registers of the function, through its lists as software finds them. */
void rig_set_reg(rig *r, unsigned capability, unsigned offset, unsigned size, uint32_t value);
uint32_t rig_reg(rig *r, unsigned capability, unsigned offset, unsigned size);

extern const struct rig_ops rig_smmu_ops, rig_vtd_ops;

/* Run a test with each model. */
#define RIG_BOTH(test) \
	static void test##_both(void) \
	{ \
		test(IOM_KIND_SMMUV3); \
		test(IOM_KIND_VTD); \
	}

#endif
