/* SPDX-License-Identifier: MIT */
/*
 * Contexts: an STE and the CD used with it, decoded once.
 *
 * The configuration cache keeps for a stream the few words that a hit in the
 * IOTLB needs (struct smmu_hot) and the place of the whole context in a pool.
 * The pool has a fixed number of slots that are reused in turn; a reader copies
 * a slot and looks whether it changed meanwhile, so that no lock and no count of
 * users is needed. A slot that was reused is a miss of the configuration cache.
 */
#ifndef IOM_SMMU_CONTEXT_H
#define IOM_SMMU_CONTEXT_H

#include "core/cache.h"
#include "smmu/attrs.h"

enum smmu_world { SMMU_EL1 = 0, SMMU_EL2 = 1, SMMU_EL2_E2H = 2, SMMU_EL3 = 3 };

enum smmu_mode {
	SMMU_MODE_ABORT = 0, /* STE.Config 0b0xx */
	SMMU_MODE_BYPASS,
	SMMU_MODE_S1,
	SMMU_MODE_S2,
	SMMU_MODE_NESTED,
};

/* Half of the stage 1 address space: one table base register. */
struct smmu_half {
	uint64_t ttb; /* aligned as the start level wants it */
	bool disabled; /* EPD */
	bool tbi, had, e0pd, ns; /* ns: NSCFG, the first fetch is Non-secure */
	uint8_t granule_lg2;
	uint8_t ia_bits; /* input size: 64 - TxSZ */
	int8_t start_level;
	uint8_t sh;
};

struct smmu_s1 {
	struct smmu_half half[2];
	uint64_t mair;
	uint64_t piip, piiu;
	uint16_t asid;
	uint8_t oa_bits;
	bool lpae; /* VMSAv8-32 */
	bool two_halves; /* the world has TTB1 */
	bool one_privilege; /* any-EL2 and EL3: every access is privileged */
	bool ds, big_endian, affd, ha, hd, haft, wxn, uwxn, pan, epan, aie, pie;
	bool a, r, stall;
};

/* Stage 2 of one IPA space. */
struct smmu_s2 {
	uint64_t ttb;
	uint8_t granule_lg2;
	uint8_t ia_bits;
	uint8_t oa_bits;
	int8_t start_level;
	uint8_t sh; /* page shareability with DS */
	bool lpae, ds, big_endian, affd, ha, hd, haft, ptw, fwb, pie, poe;
	bool walk_ns; /* Secure streams: tables are in Non-secure memory */
	bool out_ns; /* Secure streams: the output is Non-secure */
};

struct smmu_context {
	uint32_t sid, ssid;
	bool ssv; /* substream in use */
	uint8_t space, world, mode;
	bool s1_skipped; /* S1DSS bypass of a stage 1 configuration */
	bool skipped_nested; /* the same with Config 0b111 */
	uint8_t eats;
	bool s2_stall, s2_record;
	bool ppar;
	struct smmu_override override;
	uint8_t privcfg, instcfg, nscfg;
	uint16_t vmid;
	uint16_t partid;
	uint8_t pmg;
	bool mpam_ns;
	struct smmu_s1 s1;
	struct smmu_s2 s2[2]; /* by IPA space: 0 as the stream's own tables, 1 Secure IPA */
	uint64_t s2poi; /* overlay permissions */
	uint64_t digest; /* of everything that a cached translation depends on */
	uint64_t s2_digest;
	/* tags an IOTLB entry of this context has */
	iom_tag *regime_tag, *vmid_tag, *asid_tag;
	iom_tag *s2_tag;
};

/* What a hit in the IOTLB needs; payload of the configuration cache. */
struct smmu_hot {
	iom_cache_scope scope;
	uint32_t slot, generation;
	uint8_t mode;
	uint8_t privcfg, instcfg;
	uint8_t tbi; /* bit 0: lower half, bit 1: upper half */
	uint8_t one_privilege;
	uint8_t mtcfg_memattr, shcfg, alloccfg;
	uint16_t partid;
	uint8_t pmg;
	uint8_t nscfg;
};
G_STATIC_ASSERT(sizeof(struct smmu_hot) <= IOM_CACHE_VALUE);

struct smmu_slot {
	uint32_t sequence; /* odd while it is written */
	uint32_t generation;
	struct smmu_context context;
};

struct smmu_contexts {
	struct smmu_slot *slots;
	uint32_t n;
	uint32_t next;
};

/* Identities that are invalidated as a whole. */
enum smmu_tag_kind {
	SMMU_TAG_REGIME = 1, /* a world of a security state, EL2 with EL2-E2H */
	SMMU_TAG_VMID, /* stage 1, alone or combined, of a VMID */
	SMMU_TAG_STAGE2, /* stage 2 alone of a VMID */
	SMMU_TAG_ASID, /* value: VMID << 16 | ASID */
	SMMU_TAG_SID,
	SMMU_TAG_CONFIG, /* every configuration of a security state */
};
#define SMMU_TAG(KIND, SPACE, WORLD, VALUE) \
	((uint64_t)(KIND) << 56 | (uint64_t)(SPACE) << 52 | (uint64_t)(WORLD) << 48 | (VALUE))

/* Scopes of cached translations (iom_cache_scope.lo). */
enum smmu_scope_kind {
	SMMU_SCOPE_ASID = 0, /* IOTLB: translations of one ASID */
	SMMU_SCOPE_GLOBAL, /* IOTLB: global translations */
	SMMU_SCOPE_S2, /* IOTLB and stage 2 cache: stage 2 only */
	SMMU_SCOPE_S2_SECURE, /* the same, Secure IPA space */
	SMMU_SCOPE_WALK1, /* walk cache: stage 1 tables; level + 1 in the scope */
	SMMU_SCOPE_WALK2,
	SMMU_SCOPE_WALK2_SECURE,
};

static inline uint64_t smmu_scope_lo(enum smmu_scope_kind kind, int level, unsigned space,
				     unsigned world, unsigned vmid, unsigned asid)
{
	return (uint64_t)kind << 44 | (uint64_t)(level + 1) << 40 | (uint64_t)space << 36 |
	       (uint64_t)world << 32 | (uint64_t)vmid << 16 | asid;
}

#endif
