/* SPDX-License-Identifier: MIT */
/* What every SMMUv3 driver has: queues, commands, stream tables, stage 1 tables. */
#ifndef IOM_TESTS_BRINGUP_SMMU_DRIVER_H
#define IOM_TESTS_BRINGUP_SMMU_DRIVER_H

#include "tests/bringup/bench.h"

#include <iommulate/smmu.h>

/* 6.2 Register overview */
enum {
	IDR0 = 0x00,
	IDR1 = 0x04,
	IDR5 = 0x14,
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
	STRTAB_BASE = 0x80,
	STRTAB_BASE_CFG = 0x88,
	CMDQ_BASE = 0x90,
	CMDQ_PROD = 0x98,
	CMDQ_CONS = 0x9c,
	EVENTQ_BASE = 0xa0,
	EVENTQ_IRQ_CFG0 = 0xb0,
	PRIQ_BASE = 0xc0,
	PRIQ_IRQ_CFG0 = 0xd0,
	EVENTQ_PROD = 0x100a8,
	EVENTQ_CONS = 0x100ac,
	PRIQ_PROD = 0x100c8,
	PRIQ_CONS = 0x100cc,
};

enum { SMMUEN = 1, PRIQEN = 2, EVENTQEN = 4, CMDQEN = 8, ATSCHK = 16 };
enum { GERROR_IRQEN = 1, PRIQ_IRQEN = 2, EVENTQ_IRQEN = 4 };

#define GBPA_UPDATE (1u << 31)
#define GBPA_ABORT (1u << 20)
#define CR1_WB_ISH 0xd75u /* tables and queues Inner Shareable, write-back */
#define BASE_RWA (UINT64_C(1) << 62)

/* 4 Commands */
enum {
	C_PREFETCH_CONFIG = 0x01,
	C_CFGI_STE = 0x03,
	C_CFGI_ALL = 0x04,
	C_CFGI_CD = 0x05,
	C_TLBI_NH_ASID = 0x11,
	C_TLBI_NH_VA = 0x12,
	C_TLBI_EL2_ALL = 0x20,
	C_TLBI_EL2_ASID = 0x21,
	C_TLBI_EL2_VA = 0x22,
	C_TLBI_S12_VMALL = 0x28,
	C_TLBI_S2_IPA = 0x2a,
	C_TLBI_NSNH_ALL = 0x30,
	C_PRI_RESP = 0x41,
	C_SYNC = 0x46,
};

typedef enum sync_style {
	SYNC_MSI, /* the message clears the command's own first word */
	SYNC_SEV, /* event to the PE, then CONS is read */
	SYNC_NONE, /* CONS is read */
} sync_style;

typedef struct smmu_queue {
	uint64_t base;
	unsigned lg2;
	unsigned words; /* 64-bit words of an entry */
	uint32_t prod, cons;
	uint64_t prod_reg, cons_reg;
} smmu_queue;

typedef struct smmu_driver {
	bench bench;
	smmu_queue cmdq, evtq, priq;
	sync_style sync;
	uint32_t cr0;
	uint64_t strtab;
	bool two_level;
	unsigned sid_bits;
} smmu_driver;

/* "NAME=VALUE" settings of ID fields, ended by NULL, on top of the default machine. */
void driver_open(smmu_driver *d, const char *preset, ...) G_GNUC_NULL_TERMINATED;
void driver_close(smmu_driver *d);
/* Fresh queues; the registers are not touched. */
void driver_queues(smmu_driver *d, unsigned cmdq_lg2, unsigned evtq_lg2, unsigned priq_lg2);

/* Write a register and wait until its acknowledgement says so. */
void write_ack(smmu_driver *d, uint64_t reg, uint64_t ack, uint32_t value);
/* CR0 with these bits more. */
void enable(smmu_driver *d, uint32_t bits);
/* The update handshake of GBPA. */
void update_gbpa(smmu_driver *d, uint32_t set, uint32_t clear);

void command(smmu_driver *d, uint64_t w0, uint64_t w1);
void sync_wait(smmu_driver *d);
void command_sync(smmu_driver *d, uint64_t w0, uint64_t w1);

/* No event, no global error. */
void quiet(smmu_driver *d, const char *file, int line);
#define QUIET(d_) quiet(d_, __FILE__, __LINE__)
/* The oldest record of an output queue, consumed; false when there is none. */
bool dequeue(smmu_driver *d, smmu_queue *q, uint64_t *record);

/* Linear or two-level stream table; entries of `words` with word 0 last. */
void strtab_new(smmu_driver *d, bool two_level, unsigned sid_bits);
/* The L2 table of a stream (split 8), STEs of it being `word0`, `word1`. */
void strtab_level2(smmu_driver *d, uint32_t sid, uint64_t word0, uint64_t word1);
uint64_t ste_at(smmu_driver *d, uint32_t sid);

/* Stage 1 or 2 tables, 4KB granule, from level 0 or `start`. */
void map_page(smmu_driver *d, uint64_t root, unsigned start, uint64_t input, uint64_t descriptor);
uint64_t leaf_at(smmu_driver *d, uint64_t root, unsigned start, uint64_t input);

/* AF, Inner Shareable, unprivileged access, not global, attributes 1; page */
#define S1_PAGE UINT64_C(0xf47)
/* AF, Inner Shareable, read and write, Normal write-back; page */
#define S2_PAGE UINT64_C(0x7ff)

#endif
