/* SPDX-License-Identifier: MIT */
/* One transaction on its way through the stages, and what may stop it. */
#ifndef IOM_SMMU_WALK_H
#define IOM_SMMU_WALK_H

#include "smmu/internal.h"

enum smmu_origin {
	SMMU_ORDINARY = 0,
	SMMU_ATS_REQUEST, /* permissions are collected, not demanded */
	SMMU_ATS_TRANSLATED,
	SMMU_ATOS,
};

/* A transaction after the overrides of its stream. */
struct smmu_tx {
	uint64_t address;
	uint32_t sid, ssid;
	bool ssv;
	uint8_t space;
	uint8_t origin;
	uint8_t need; /* IOM_READ | IOM_WRITE | IOM_EXECUTE that the pages have to grant */
	bool read; /* RnW */
	bool privileged; /* PnU */
	bool instruction; /* InD */
	bool atomic;
	bool passive; /* no flag is updated: speculative, or ATOS with HTTUI */
	bool ahead; /* and its answer is kept: a prefetch */
	bool dirty; /* ATS request that may make pages dirty */
	bool want_exec; /* ATS request for execute permission */
	uint8_t instcfg; /* of the STE */
	bool loaded; /* the context came from memory, not from the cache */
	uint32_t config_reads; /* structures read for it */
	bool input_ns; /* Secure: the address is in the Non-secure space */
	bool locked; /* the caller holds the lock: ATOS, commands */
	uint32_t *walk_reads; /* counted for the PMCG, or NULL */
	iom_epoch epoch; /* of the first fetch; the next two are as old */
	bool global_known; /* commands look for global entries */
	uint64_t va_commands;
	struct smmu_attr attr;
};

struct smmu_fault {
	uint8_t event;
	uint8_t stage; /* whose terminate and stall settings rule: 1, 2; 0 abort and record */
	bool s2; /* S2 of the record */
	uint8_t class;
	bool tt_write; /* a descriptor update, not a read, was refused (TTRnW 0) */
	bool ns_ipa;
	bool gpcf; /* the granule protection check refused the fetch */
	bool read_refused; /* atomic: only the read was refused */
	bool retry; /* no fault: flags could not be set against another agent, yet */
	int8_t level;
	uint16_t diagnosis;
	uint64_t ipa;
	uint64_t fetch; /* FetchAddr, or the structure at fault */
	uint64_t hole; /* bytes from the address on that are refused the same; 0 unknown */
};

/* What stage 1 found. perm[0] unprivileged, perm[1] privileged. */
struct smmu_s1_out {
	uint64_t oa;
	uint8_t page_lg2;
	bool split; /* the page also describes addresses of the other half */
	uint64_t rest; /* bytes from the address to the end of the half, if less than 2^64 */
	int8_t level;
	uint8_t perm[2]; /* granted as the descriptor stands (after its update) */
	uint8_t grant[2]; /* and what a dirty update would grant */
	uint8_t mair;
	uint8_t sh;
	bool global;
	bool ns;
	bool updated; /* flags of the descriptor were set */
};

struct smmu_s2_out {
	uint64_t pa;
	uint8_t page_lg2;
	int8_t level;
	uint8_t perm[2];
	uint8_t grant[2];
	uint8_t memattr;
	uint8_t sh;
	uint8_t ns;
	uint8_t mostly_ro; /* table walks may still write (permission indirection) */
};

/* What the walk cache keeps of a table descriptor; stage 2 has but the address. */
struct smmu_walk_entry {
	uint64_t table;
	uint8_t no_write, no_user, uxn, pxn, ns;
};

/* What the stage 2 cache keeps of a leaf: the level is of use to faults only. */
struct smmu_s2_entry {
	uint64_t pa;
	uint8_t perm[2], grant[2];
	uint8_t memattr, sh, ns, mostly_ro;
	int8_t level;
};
G_STATIC_ASSERT(sizeof(struct smmu_s2_entry) <= IOM_CACHE_VALUE);

static inline struct smmu_s2_entry smmu_s2_entry_of(const struct smmu_s2_out *out)
{
	return (struct smmu_s2_entry){ .pa = out->pa & ~iom_mask(out->page_lg2),
				       .perm = { out->perm[0], out->perm[1] },
				       .grant = { out->grant[0], out->grant[1] },
				       .memattr = out->memattr,
				       .sh = out->sh,
				       .ns = out->ns,
				       .mostly_ro = out->mostly_ro,
				       .level = out->level };
}

/* Without its flags the descriptor would say more than it does. */
static inline bool smmu_tx_keeps(const struct smmu_tx *tx)
{
	return !tx->passive || tx->ahead;
}

/* geometry.c */
static inline unsigned smmu_level_shift(unsigned granule_lg2, int level)
{
	return granule_lg2 + (unsigned)(3 - level) * (granule_lg2 - 3);
}
int smmu_s1_start_level(unsigned granule_lg2, unsigned ia_bits);
/* A descriptor with bits[1:0] = 0b01 maps a block at this level. */
bool smmu_block_allowed(unsigned granule_lg2, int level, bool ds, unsigned oas_bits);
/* Address in a descriptor, low `shift` bits zero. */
uint64_t smmu_desc_address(uint64_t desc, unsigned granule_lg2, unsigned shift, bool ds,
			   unsigned oas_bits);
/* `base` with the alignment that a table of 2^entries_lg2 descriptors has. */
uint64_t smmu_table_base(uint64_t base, unsigned entries_lg2, unsigned oa_bits);

/* desc.c */
iom_mem_status smmu_desc_read(smmu *s, unsigned space, uint64_t address, bool big_endian,
			      uint64_t *desc);
/* Swap a descriptor; *desc receives what was found. */
iom_mem_status smmu_desc_cas(smmu *s, unsigned space, uint64_t address, bool big_endian,
			     uint64_t *desc, uint64_t desired);
/*
 * How many absent descriptors follow the one at `address`, number `index` of the input
 * address, in its table.
 */
uint64_t smmu_absent_after(smmu *s, unsigned space, bool big_endian, uint64_t address,
			   uint64_t index, unsigned granule_lg2);
const char *smmu_level_name(unsigned stage, int level);

/* perms.c */
struct smmu_table_limits {
	bool no_write, no_user, uxn, pxn;
};
void smmu_s1_permissions(const struct smmu_s1 *s1, uint64_t desc,
			 const struct smmu_table_limits *limits, struct smmu_s1_out *out);
void smmu_s2_permissions(const smmu *s, const struct smmu_context *c, const struct smmu_s2 *s2,
			 uint64_t desc, struct smmu_s2_out *out);

/* strtab.c, cdtab.c: the words of an STE or a CD */
bool smmu_ste_fetch(smmu *s, unsigned space, uint32_t sid, uint64_t *ste, struct smmu_fault *f);
bool smmu_cd_fetch(smmu *s, const struct smmu_tx *tx, const struct smmu_context *c,
		   const uint64_t *ste, uint32_t ssid, uint64_t *cd, struct smmu_fault *f);

/* ste-check.c, cd-check.c */
enum smmu_diagnosis smmu_ste_check(const smmu *s, unsigned space, const uint64_t *ste);
enum smmu_diagnosis smmu_cd_check(const smmu *s, unsigned space, const uint64_t *ste,
				  enum smmu_world world, const uint64_t *cd);

/* context.c */
enum smmu_world smmu_stream_world(const smmu *s, unsigned space, const uint64_t *ste);
void smmu_context_ste(const smmu *s, unsigned space, uint32_t sid, const uint64_t *ste,
		      struct smmu_context *c);
void smmu_context_cd(const smmu *s, const uint64_t *ste, const uint64_t *cd,
		     struct smmu_context *c);
/*
 * The context of a transaction: from the configuration cache, or from memory.
 * False with *f set. The overrides of the stream are applied to the transaction.
 */
bool smmu_context_get(smmu *s, struct smmu_tx *tx, struct smmu_context *c, struct smmu_fault *f);
/* Copy a context out of the pool; false when the slot was reused. */
bool smmu_context_copy(const struct smmu_contexts *pool, uint32_t slot, uint32_t generation,
		       struct smmu_context *c);
void smmu_contexts_init(smmu *s);
void smmu_contexts_free(smmu *s);
void smmu_hot_fill(const struct smmu_context *c, struct smmu_hot *hot);
iom_cache_scope smmu_config_scope(unsigned space, uint32_t sid, bool ssv);

/* s1.c, s2.c */
bool smmu_s1_translate(smmu *s, const struct smmu_tx *tx, const struct smmu_context *c,
		       struct smmu_s1_out *out, struct smmu_fault *f);
bool smmu_s2_translate(smmu *s, const struct smmu_tx *tx, const struct smmu_context *c,
		       unsigned ipa_space, uint64_t ipa, enum smmu_class class, unsigned need,
		       struct smmu_s2_out *out, struct smmu_fault *f);

/* The result of both stages. */
struct smmu_out {
	uint64_t address;
	uint64_t ipa;
	uint8_t page_lg2; /* smallest page or block used */
	bool split; /* the page reaches into the other half: not for the IOTLB */
	uint64_t rest;
	uint8_t perm[2];
	uint8_t grant[2];
	bool has_s1, has_s2, global;
	uint8_t mair, s1_sh; /* stage 1 type */
	uint8_t s2_memattr, s2_sh;
	bool fwb;
	uint8_t space; /* of the output */
	struct smmu_attr attr;
};

/* translate.c: stages 1 and 2 of a transaction whose context is known */
bool smmu_walk(smmu *s, const struct smmu_tx *tx, const struct smmu_context *c,
	       struct smmu_out *out, struct smmu_fault *f);
struct smmu_attr smmu_final_attr(const smmu *s, const struct smmu_attr *in,
				 const struct smmu_out *out);
/* Overrides of the stream on a request: need, privilege, instruction, attributes. */
void smmu_tx_override(const smmu *s, const struct smmu_context *c, struct smmu_tx *tx);
void smmu_tx_init(smmu *s, const iom_request *request, struct smmu_tx *tx);
/* Before anything is read: what an invalidation may overtake. */
void smmu_tx_start(const smmu *s, struct smmu_tx *tx);
/*
 * Bring what the transaction, a prefetch, finds into the IOTLB: whether that was done.
 * *same: for how many bytes from its address on another would find nothing else, 0
 * not known.
 */
bool smmu_fetch_ahead(smmu *s, const iom_request *request, const struct smmu_tx *tx,
		      const struct smmu_context *c, uint64_t *same);

/* tlb.c */
/* False: it can't be kept. */
bool smmu_tlb_keep(smmu *s, const iom_request *request, const struct smmu_tx *tx,
		   const struct smmu_context *c, const struct smmu_out *out,
		   const iom_result *result);
/* True: answered. False: nothing cached, or the entry does not grant the access. */
bool smmu_tlb_answers(smmu *s, const iom_request *request, const struct smmu_hot *hot,
		      iom_result *result);
/* The same for a stream that the configuration cache knows, or by a quick walk. */
bool smmu_tlb_hit(smmu *s, const iom_request *request, uint64_t generation, iom_result *result);
/*
 * 13.1.2: what a client's access leaves with. To SMMUv3.3 INST and PRIV are those after
 * the overrides, from SMMUv3.4 on every access is Data, Privileged.
 */
static inline unsigned smmu_leaves_as(const smmu *s, bool privileged, bool instruction)
{
	if (G_UNLIKELY(s->ids.minor >= 4))
		return IOM_RES_PRIVILEGED;
	return (privileged ? IOM_RES_PRIVILEGED : 0) | (instruction ? IOM_RES_INSTRUCTION : 0);
}

/* Permissions as the requester finds them under INSTCFG. */
uint8_t smmu_seen_permissions(uint8_t perm, unsigned instcfg);

/* fault.c */
void smmu_fault_set(struct smmu_fault *f, enum smmu_event event, unsigned stage,
		    enum smmu_diagnosis diagnosis);
/* Record the fault as configured and fill `result`. The lock is not held. */
void smmu_fault_report(smmu *s, const struct smmu_tx *tx, const struct smmu_context *c,
		       const struct smmu_fault *f, iom_result *result);
void smmu_event_build(const struct smmu_tx *tx, const struct smmu_fault *f, uint64_t *record);
void smmu_abort(iom_result *result, enum smmu_diagnosis diagnosis);

/* ats.c */
/* What a translation request is granted of what the page allows (13.7.1). */
unsigned smmu_ats_granted(const struct smmu_tx *tx, unsigned have);
void smmu_ats_request(smmu *s, const iom_request *request, iom_result *result);
void smmu_ats_translated(smmu *s, const iom_request *request, iom_result *result);

/* scopes.c */
void smmu_scopes_init(smmu *s);
void smmu_scopes_free(smmu *s);
/* The scopes of a context may be in the caches from now on; with the lock held. */
void smmu_scopes_register(smmu *s, const struct smmu_context *c);
/* The same for its stage 2, before a CD is fetched through it. */
void smmu_scopes_register_stage2(smmu *s, const struct smmu_context *c);
void smmu_context_tags(smmu *s, struct smmu_context *c);
/* EL2 and EL2-E2H are invalidated together by CMD_TLBI_EL2_ALL. */
static inline unsigned smmu_regime(unsigned world)
{
	return world == SMMU_EL2_E2H ? SMMU_EL2 : world;
}
#define SMMU_ANY_ASID UINT32_MAX
/* What commands by the address reach of this ASID: NULL if it was never used. */
const struct smmu_digests *smmu_scopes_digests(smmu *s, unsigned space, unsigned world,
					       unsigned vmid, unsigned asid);
/* Entries read before it do not become the first global one; with the lock held. */
static inline void smmu_count_va_command(smmu *s)
{
	__atomic_store_n(&s->va_commands, s->va_commands + 1, __ATOMIC_RELEASE);
}
void smmu_invalidate_va(smmu *s, unsigned space, enum smmu_world world, unsigned vmid,
			uint32_t asid, uint64_t first, uint64_t last, bool leaf);
void smmu_invalidate_asid(smmu *s, unsigned space, enum smmu_world world, unsigned vmid,
			  unsigned asid);
void smmu_invalidate_vmid(smmu *s, unsigned space, unsigned vmid, bool stage2);
void smmu_invalidate_regime(smmu *s, unsigned space, enum smmu_world world);
void smmu_invalidate_ipa(smmu *s, unsigned space, unsigned vmid, uint64_t first, uint64_t last,
			 bool leaf);
void smmu_invalidate_ste(smmu *s, unsigned space, uint32_t first, uint32_t last);
void smmu_invalidate_cd(smmu *s, unsigned space, uint32_t sid, uint32_t ssid);
void smmu_invalidate_config(smmu *s, unsigned space);

#endif
