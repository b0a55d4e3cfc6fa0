/* SPDX-License-Identifier: MIT */
/*
 * A VT-d unit with memory, and the little of a driver that tests need: tables at
 * fixed places, an invalidation queue, a record of what the unit sent out.
 * Everything goes through the public interface.
 */
#ifndef IOM_TESTS_VTD_RIG_H
#define IOM_TESTS_VTD_RIG_H

#include "vtd/vtd.h"

#include "tests/harness.h"

/* Where the tables are. */
enum {
	RIG_ROOT = 0x1000,
	RIG_CONTEXT = 0x2000, /* of bus 0: devfn 0 to 0x7f in scalable mode */
	RIG_CONTEXT_UPPER = 0x3000,
	RIG_PASID_DIR = 0x4000,
	RIG_PASID_TABLE = 0x8000,
	RIG_IRT = 0x10000,
	RIG_IQ = 0x20000, /* two pages */
	RIG_PQ = 0x30000, /* one page */
	RIG_STATUS = 0x38000, /* of wait descriptors */
	RIG_PID = 0x39000, /* posted interrupt descriptor */
	RIG_TABLES = 0x100000, /* pages for paging structures, handed out upwards */
};

#define RIG_SID 0x0010
#define RIG_VA UINT64_C(0x7654321000)
#define RIG_MSI 16

/* Offsets of registers. */
enum {
	R_VER = 0x0,
	R_CAP = 0x8,
	R_ECAP = 0x10,
	R_GCMD = 0x18,
	R_GSTS = 0x1c,
	R_RTADDR = 0x20,
	R_CCMD = 0x28,
	R_FSTS = 0x34,
	R_FECTL = 0x38,
	R_FEDATA = 0x3c,
	R_FEADDR = 0x40,
	R_FEUADDR = 0x44,
	R_PMEN = 0x64,
	R_PLMBASE = 0x68,
	R_PLMLIMIT = 0x6c,
	R_PHMBASE = 0x70,
	R_PHMLIMIT = 0x78,
	R_IQH = 0x80,
	R_IQT = 0x88,
	R_IQA = 0x90,
	R_ICS = 0x9c,
	R_IECTL = 0xa0,
	R_IEDATA = 0xa4,
	R_IEADDR = 0xa8,
	R_IQERCD = 0xb0,
	R_IRTA = 0xb8,
	R_PQH = 0xc0,
	R_PQT = 0xc8,
	R_PQA = 0xd0,
	R_PRS = 0xdc,
	R_PECTL = 0xe0,
	R_PEDATA = 0xe4,
	R_PEADDR = 0xe8,
	R_IVA = 0xf0,
	R_IOTLB = 0xf8,
	R_FRCD = 0x220,
	R_ECMD = 0x400,
	R_ECRSP = 0x410,
	R_VCMD = 0xe00,
	R_VCRSP = 0xe10,
};

#define G_TE (1u << 31)
#define G_SRTP (1u << 30)
#define G_QIE (1u << 26)
#define G_IRE (1u << 25)
#define G_SIRTP (1u << 24)
#define G_CFI (1u << 23)

enum { PGTT_FIRST = 1, PGTT_SECOND = 2, PGTT_NESTED = 3, PGTT_PASS = 4 };

typedef struct rig {
	iom_memory *memory;
	iom_iommu *unit;
	iom_vtd_config config;
	uint64_t next_table;
	uint64_t tail; /* of the invalidation queue, bytes */
	bool wide; /* 256-bit descriptors */
	uint32_t command; /* what GSTS should show of the level bits */

	/* what the unit sent out */
	unsigned n_msi;
	struct {
		uint64_t address;
		uint32_t data;
	} msi[RIG_MSI];
	unsigned n_responses;
	iom_page_response response;
	unsigned n_ats;
	iom_ats_invalidate ats[64];
	iom_ats_answer ats_answer;
	unsigned n_invalidated;
	iom_invalidation invalidated;
	iom_hold *release; /* given up when an invalidation is told */
} rig;

/* With `set` (may be NULL) changing the configuration before the unit is made. */
rig *rig_new(void (*set)(iom_vtd_config *config));
rig *rig_new_cache(void (*set)(iom_vtd_config *config), const char *preset);
/* Nobody is told of invalidations, which leaves the unit a shorter way. */
rig *rig_new_untold(const char *preset);
void rig_free(rig *r);

uint64_t rig_word(rig *r, uint64_t address);
void rig_set(rig *r, uint64_t address, uint64_t word);
uint32_t rig_read(rig *r, unsigned offset);
uint64_t rig_read64(rig *r, unsigned offset);
void rig_write(rig *r, unsigned offset, uint32_t value);
void rig_write64(rig *r, unsigned offset, uint64_t value);
/* GCMD with the level bits as they are, and one more. */
void rig_command(rig *r, uint32_t bit);
void rig_clear(rig *r, uint32_t bit);

/* Legacy mode: root and context entry of `sid`; turns translation on. */
void rig_legacy(rig *r);
void rig_context(rig *r, uint16_t sid, uint64_t ss, unsigned tt, unsigned did);
/* Scalable mode: one directory for all; PASID table for PASIDs 0 to 63. */
void rig_scalable(rig *r);
void rig_sm_context(rig *r, uint16_t sid, uint64_t flags, uint64_t high);
void rig_pasid(rig *r, unsigned pasid, unsigned pgtt, uint64_t fs, uint64_t ss, unsigned did,
	       uint64_t flags0);
/* More bits of the PASID entry: word 1 (PWSNP and so on) and 2 (SRE, WPE...). */
void rig_pasid_bits(rig *r, unsigned pasid, uint64_t word1, uint64_t word2);

/* A zeroed page for a table. */
uint64_t rig_table(rig *r);
/*
 * Map [va] to `pa` with four levels from `root`: `attr` in the leaf of `level`,
 * `upper` in what is above it. Returns the address of the leaf.
 */
uint64_t rig_map(rig *r, uint64_t root, uint64_t va, uint64_t pa, unsigned level, uint64_t attr,
		 uint64_t upper);

iom_result rig_dma(rig *r, uint16_t sid, uint32_t pasid, unsigned access, uint64_t address);
iom_result rig_ats(rig *r, uint16_t sid, uint32_t pasid, uint64_t address, unsigned flags);
/* Whether a DMA read was answered from the IOTLB. */
bool rig_cached(rig *r, uint16_t sid, uint32_t pasid, uint64_t address);

/* Turn the queue on; then descriptors by their words. */
void rig_queue(rig *r, bool wide);
void rig_push(rig *r, uint64_t w0, uint64_t w1);
void rig_push4(rig *r, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3);
/* A wait that writes `value` to RIG_STATUS. */
void rig_wait(rig *r, uint32_t value);
uint32_t rig_status(rig *r);

iom_statistics rig_statistics(rig *r);
uint64_t rig_count(rig *r, const char *command);

#endif
