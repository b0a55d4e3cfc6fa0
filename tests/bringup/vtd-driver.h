/* SPDX-License-Identifier: MIT */
/* What every VT-d driver has: commands with their status, the queue, tables, faults. */
#ifndef IOM_TESTS_BRINGUP_VTD_DRIVER_H
#define IOM_TESTS_BRINGUP_VTD_DRIVER_H

#include "tests/bringup/bench.h"

#include <iommulate/vtd.h>

/* 11.4 Register descriptions */
enum {
	VER = 0x00,
	CAP = 0x08,
	ECAP = 0x10,
	GCMD = 0x18,
	GSTS = 0x1c,
	RTADDR = 0x20,
	CCMD = 0x28,
	FSTS = 0x34,
	FECTL = 0x38, /* then data, address, upper address */
	PMEN = 0x64,
	PLMBASE = 0x68,
	PLMLIMIT = 0x6c,
	PHMBASE = 0x70,
	PHMLIMIT = 0x78,
	IQH = 0x80,
	IQT = 0x88,
	IQA = 0x90,
	ICS = 0x9c,
	IECTL = 0xa0,
	IRTA = 0xb8,
	PQH = 0xc0,
	PQT = 0xc8,
	PQA = 0xd0,
	PRS = 0xdc,
	PECTL = 0xe0,
};

/* Of GCMD and GSTS */
#define TE (1u << 31)
#define SRTP (1u << 30)
#define WBF (1u << 27)
#define QIE (1u << 26)
#define IRE (1u << 25)
#define SIRTP (1u << 24)
#define CFI (1u << 23)

#define FSTS_PFO 1u
#define FSTS_PPF 2u
#define FSTS_QUEUE 0x70u /* IQE, ICE, ITE */
#define RTADDR_SMT (UINT64_C(1) << 10)
#define RTADDR_ADM (UINT64_C(3) << 10)
#define CCMD_GLOBAL (UINT64_C(1) << 63 | UINT64_C(1) << 61)
#define IOTLB_GLOBAL (UINT64_C(1) << 63 | UINT64_C(1) << 60)
#define IOTLB_DRAIN (UINT64_C(3) << 48)

/* 6.5.2 Queued invalidation: type and granularity */
#define D_CC_GLOBAL UINT64_C(0x11)
#define D_CC_DEVICE(DID, SID) (UINT64_C(0x31) | (uint64_t)(DID) << 16 | (uint64_t)(SID) << 32)
#define D_IOTLB_GLOBAL UINT64_C(0xd2) /* drains */
#define D_IOTLB_DOMAIN(DID) (UINT64_C(0xe2) | (uint64_t)(DID) << 16)
#define D_IOTLB_PAGE(DID) (UINT64_C(0xf2) | (uint64_t)(DID) << 16)
#define D_IEC_GLOBAL UINT64_C(0x04)
#define D_IEC_INDEX(I) (UINT64_C(0x14) | (uint64_t)(I) << 32)
#define D_PASID_IOTLB(DID, PASID) (UINT64_C(0x26) | (uint64_t)(DID) << 16 | (uint64_t)(PASID) << 32)
#define D_PASID_IOTLB_PAGE(DID, PASID) \
	(UINT64_C(0x36) | (uint64_t)(DID) << 16 | (uint64_t)(PASID) << 32)
#define D_PASID_GLOBAL UINT64_C(0x37)
#define D_PASID(DID, PASID) (UINT64_C(0x17) | (uint64_t)(DID) << 16 | (uint64_t)(PASID) << 32)
#define D_WAIT_WRITE(DATA) (UINT64_C(0x25) | (uint64_t)(DATA) << 32)
#define D_WAIT_IF UINT64_C(0x10)

typedef struct vtd_driver {
	bench bench;
	uint32_t gcmd; /* the level bits, as the driver remembers them */
	uint64_t queue;
	unsigned pages_lg2;
	bool wide; /* 256-bit descriptors */
	uint64_t tail; /* bytes */
	uint64_t status; /* word that waits write to */
	uint32_t sequence;
	uint64_t cap, ecap;
} vtd_driver;

/* "NAME=VALUE" settings on top of the default unit, ended by NULL. */
void vtd_open(vtd_driver *d, const char *preset, ...) G_GNUC_NULL_TERMINATED;
void vtd_close(vtd_driver *d);

/* Set or clear one bit of GCMD and wait for GSTS. */
void gcmd_set(vtd_driver *d, uint32_t bit);
void gcmd_clear(vtd_driver *d, uint32_t bit);
/* The same from what GSTS says, without the bits that act once. */
void gsts_set(vtd_driver *d, uint32_t bit);
void gsts_clear(vtd_driver *d, uint32_t bit);

void queue_enable(vtd_driver *d, bool wide, unsigned pages_lg2);
void queue_disable(vtd_driver *d);
/* A descriptor, put in the queue but not yet shown to the unit. */
void queue_put(vtd_driver *d, uint64_t w0, uint64_t w1);
void queue_tail(vtd_driver *d);
/* The descriptor and a wait for its status word; no queue error. */
void invalidate(vtd_driver *d, uint64_t w0, uint64_t w1);

void set_msi(vtd_driver *d, uint64_t control, uint32_t data);
uint64_t fault_register(const vtd_driver *d, unsigned i);
unsigned fault_registers(const vtd_driver *d);
uint64_t iotlb_register(const vtd_driver *d);

/* No fault recorded, no queue error. */
void clean(vtd_driver *d, const char *file, int line);
#define CLEAN(d_) clean(d_, __FILE__, __LINE__)

/* Context entry of a requester in legacy mode: 48-bit second stage. */
uint64_t context_at(vtd_driver *d, uint64_t root, uint32_t sid);
void context_set(vtd_driver *d, uint64_t root, uint32_t sid, uint64_t table, unsigned did);
uint64_t page_at(vtd_driver *d, uint64_t root, uint64_t input, uint64_t upper);

/* IRTE of a vector for APIC 5, of any requester. */
void irte_set(vtd_driver *d, uint64_t table, unsigned index, unsigned vector);
/* The remappable message of that index. */
iom_interrupt_result interrupt(vtd_driver *d, uint32_t sid, unsigned index);

#endif
