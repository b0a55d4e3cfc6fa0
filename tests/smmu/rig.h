/* SPDX-License-Identifier: MIT */
/*
 * An SMMUv3 with memory, queues and a machine that writes down what it is told.
 * Everything goes through the public interface; structures are written as raw
 * words at the positions that the specification gives.
 */
#ifndef IOM_TESTS_SMMU_RIG_H
#define IOM_TESTS_SMMU_RIG_H

#include <iommulate/core.h>
#include <iommulate/smmu.h>

#include "tests/harness.h"

#define STRTAB UINT64_C(0x10000000)
#define CMDQ UINT64_C(0x20000000)
#define EVENTQ UINT64_C(0x21000000)
#define PRIQ UINT64_C(0x22000000)
#define CDS UINT64_C(0x30000000)
#define TABLES UINT64_C(0x40000000)
#define QUEUE_LG2 4

/* Registers (6.2). */
enum {
	CR0 = 0x20,
	CR0ACK = 0x24,
	CR1 = 0x28,
	CR2 = 0x2c,
	GBPA = 0x44,
	IRQ_CTRL = 0x50,
	IRQ_CTRLACK = 0x54,
	GERROR = 0x60,
	GERRORN = 0x64,
	GERROR_IRQ_CFG0 = 0x68,
	GERROR_IRQ_CFG1 = 0x70,
	STRTAB_BASE = 0x80,
	STRTAB_BASE_CFG = 0x88,
	CMDQ_BASE = 0x90,
	CMDQ_PROD = 0x98,
	CMDQ_CONS = 0x9c,
	EVENTQ_BASE = 0xa0,
	EVENTQ_IRQ_CFG0 = 0xb0,
	EVENTQ_IRQ_CFG1 = 0xb8,
	PRIQ_BASE = 0xc0,
	PRIQ_IRQ_CFG0 = 0xd0,
	PRIQ_IRQ_CFG2 = 0xdc,
	EVENTQ_PROD = 0x100a8,
	EVENTQ_CONS = 0x100ac,
	PRIQ_PROD = 0x100c8,
	PRIQ_CONS = 0x100cc,
	S = 0x8000, /* Secure registers */
};

enum { SMMUEN = 1, PRIQEN = 2, EVENTQEN = 4, CMDQEN = 8, ATSCHK = 16 };

/* Leaf descriptor bits. */
#define AF (UINT64_C(1) << 10)
#define NG (UINT64_C(1) << 11)
#define USER (UINT64_C(1) << 6)
#define RO (UINT64_C(1) << 7)
#define DBM (UINT64_C(1) << 51)
#define S2_R (UINT64_C(1) << 6)
#define S2_W (UINT64_C(1) << 7)
#define S2_WB (UINT64_C(15) << 2)

typedef struct rig {
	iom_memory *mem;
	iom_iommu *iommu;
	uint64_t next_table;
	uint64_t ttb[256]; /* stage 1 table of a stream */
	uint64_t s2ttb; /* one stage 2 table for all */
	uint32_t cmd_prod, event_cons;
	unsigned space; /* interface that cmd() and events use */
	/* what the machine was told */
	unsigned irqs[IOM_SMMU_N_IRQS];
	iom_ats_answer ats_answer;
	iom_ats_invalidate ats[64];
	unsigned n_ats;
	iom_page_response responses[64];
	unsigned n_responses;
	struct {
		uint32_t requester;
		uint16_t stag;
		bool retry, abort;
	} resolved[64];
	unsigned n_resolved;
	iom_invalidation inv[64];
	unsigned n_inv;
	iom_hold *release; /* given up when an invalidation is told */
	void *ram; /* of a plain rig */
	void *gone; /* where it was before, and nothing is to look */
} rig;

/* A rig of `config` (NULL: the default machine) with everything enabled. */
void rig_open(rig *r, const iom_smmu_config *config);
/* The same in one block of RAM, and nobody is told of invalidations. */
void rig_open_plain(rig *r, const iom_smmu_config *config);
/* The RAM of a plain rig is from now on elsewhere in the host's memory. */
void rig_move_ram(rig *r);
/* The same as rig_open(), the model out of reset and nothing enabled. */
void rig_open_reset(rig *r, const iom_smmu_config *config);
void rig_enable(rig *r, uint32_t cr0);
/* A model of `config` on the memory of `r`, telling `r` what happens. */
iom_iommu *rig_model(rig *r, const iom_smmu_config *config);
void rig_close(rig *r);
/* `cache`: a preset; "walks", contexts alone; "stage2", contexts and stage 2. */
void rig_config(iom_smmu_config *config, const char *cache, ...) G_GNUC_NULL_TERMINATED;

uint32_t rd(rig *r, uint64_t offset);
void wr(rig *r, uint64_t offset, uint32_t value);
uint64_t rd64(rig *r, uint64_t offset);
void wr64(rig *r, uint64_t offset, uint64_t value);
uint64_t word(rig *r, uint64_t address);
void set_word(rig *r, uint64_t address, uint64_t value);

/* A command; consumed on return unless the queue has stopped. */
void cmd(rig *r, uint64_t w0, uint64_t w1);
/* The oldest event; false when there is none. */
bool event(rig *r, uint64_t record[4]);
unsigned events_waiting(rig *r);

/* Streams. Stage 1: own ASID `asid`, 48-bit, 4 KiB granule, TTB0 only. */
void stream_s1(rig *r, uint32_t sid, unsigned asid, unsigned vmid);
void stream_s2(rig *r, uint32_t sid, unsigned vmid);
void stream_nested(rig *r, uint32_t sid, unsigned asid, unsigned vmid);
void stream_word(rig *r, uint32_t sid, unsigned w, uint64_t clear, uint64_t set);
uint64_t ste_address(uint32_t sid);
uint64_t cd_address(uint32_t sid);

/* Map a page or block; `page_lg2` 12, 21 or 30; `leaf` are the descriptor's other bits. */
void map(rig *r, uint64_t ttb, uint64_t va, uint64_t pa, unsigned page_lg2, uint64_t leaf);
/* Address of the last-level descriptor of `va`. */
uint64_t leaf_address(rig *r, uint64_t ttb, uint64_t va);
uint64_t new_table(rig *r);

iom_result dma(rig *r, uint32_t sid, uint64_t address, unsigned access);
iom_result dma_pasid(rig *r, uint32_t sid, uint32_t pasid, uint64_t address, unsigned access);
iom_result ats(rig *r, uint32_t sid, uint64_t address, unsigned flags);

/* Opcodes with their operands in place. */
#define CMD_PREFETCH_CONFIG(SID) 0x01 | (uint64_t)(SID) << 32, 0
/* `SIZE`, `STRIDE`: base-2 logarithms of the number, and of the distance in 4 KiB */
#define CMD_PREFETCH_ADDR(SID, VA, SIZE, STRIDE) \
	0x02 | (uint64_t)(SID) << 32, \
		((VA) & ~UINT64_C(0xfff)) | (uint64_t)(STRIDE) << 5 | (uint64_t)(SIZE)
#define CMD_CFGI_STE(SID, LEAF) 0x03 | (uint64_t)(SID) << 32, (LEAF)
#define CMD_CFGI_RANGE(SID, RANGE) 0x04 | (uint64_t)(SID) << 32, (RANGE)
#define CMD_CFGI_CD(SID, SSID) 0x05 | (uint64_t)(SID) << 32 | (uint64_t)(SSID) << 12, 1
#define CMD_CFGI_CD_ALL(SID) 0x06 | (uint64_t)(SID) << 32, 0
#define CMD_NH_ALL(VMID) 0x10 | (uint64_t)(VMID) << 32, 0
#define CMD_NH_ASID(VMID, ASID) 0x11 | (uint64_t)(VMID) << 32 | (uint64_t)(ASID) << 48, 0
#define CMD_NH_VA(VMID, ASID, VA) \
	0x12 | (uint64_t)(VMID) << 32 | (uint64_t)(ASID) << 48, ((VA) & ~UINT64_C(0xfff)) | 1
#define CMD_NH_VAA(VMID, VA) 0x13 | (uint64_t)(VMID) << 32, ((VA) & ~UINT64_C(0xfff)) | 1
#define CMD_S12_VMALL(VMID) 0x28 | (uint64_t)(VMID) << 32, 0
#define CMD_S2_IPA(VMID, IPA) 0x2a | (uint64_t)(VMID) << 32, ((IPA) & ~UINT64_C(0xfff)) | 1
#define CMD_NSNH_ALL 0x30, 0
#define CMD_ATC_INV(SID, ADDR, SIZE) 0x40 | (uint64_t)(SID) << 32, (ADDR) | (SIZE)
#define CMD_RESUME(SID, STAG, AC, AB) \
	0x44 | (uint64_t)(SID) << 32 | (uint64_t)(AC) << 12 | (uint64_t)(AB) << 13, (STAG)
#define CMD_STALL_TERM(SID) 0x45 | (uint64_t)(SID) << 32, 0
#define CMD_SYNC(CS) 0x46 | (CS) << 12, 0

#endif
