/* SPDX-License-Identifier: MIT */
/*
 * Inside of the VT-d model.
 *
 * Words
 *   unit        the remapping unit: registers, queues and caches
 *   requester   who sent a request: 16-bit source-id (sid)
 *   level       of a paging entry, counted from the leaf table: 1 is a PTE,
 *               5 a PML5E; lg2 of the bytes an entry maps is 12 + 9 * (level - 1)
 *   context     what root, context and PASID entries say about a request,
 *               decoded; the payload of the configuration cache
 *   GPA, HPA    guest-physical and host-physical address; the input of a
 *               translation is simply the address
 *   reason      a condition of reasons.h; a fault is a value of that type and
 *               meets the fault recording registers only in fault.c
 *
 * Locks
 *   unit->lock guards registers, queues and fault records. Translations take
 *   it only to record a fault; what they need of the registers is published in
 *   unit->mode and unit->ir_mode, each one word.
 */
#ifndef IOM_VTD_INTERNAL_H
#define IOM_VTD_INTERNAL_H

#include "core/flight.h"
#include "core/iommu.h"
#include "core/lock.h"
#include "vtd/caps.h"
#include "vtd/layouts/caps.h"
#include "vtd/layouts/descriptors.h"
#include "vtd/layouts/entries.h"
#include "vtd/layouts/interrupts.h"
#include "vtd/layouts/pages.h"
#include "vtd/layouts/registers.h"
#include "vtd/masks.h"
#include "vtd/perfmon.h"
#include "vtd/reasons.h"
#include "vtd/regs.h"

#include <stdatomic.h>
#include <string.h>

/*
 * unit->mode: RTADDR as SRTP latched it (table address, TTM, SSIRWE), with
 * bits that RTADDR reserves for what else decides the way of a request.
 */
#define VTD_MODE_TES (UINT64_C(1) << 0)
#define VTD_MODE_PMR (UINT64_C(1) << 1) /* protected memory is enabled */
#define VTD_MODE_PERF (UINT64_C(1) << 2) /* a performance counter runs */
#define VTD_MODE_SSIRWE (UINT64_C(1) << 7)
#define VTD_MODE_TTM(mode) ((unsigned)((mode) >> 10 & 3))
#define VTD_MODE_TABLE(mode) ((mode) & ~UINT64_C(0xfff))

enum { VTD_TTM_LEGACY = 0, VTD_TTM_SCALABLE = 1, VTD_TTM_RESERVED = 2, VTD_TTM_ABORT = 3 };

/* unit->ir_mode: IRTA as SIRTP latched it (address, EIME, S), and states. */
#define VTD_IR_IRES (UINT64_C(1) << 4)
#define VTD_IR_CFIS (UINT64_C(1) << 5)
#define VTD_IR_EIME (UINT64_C(1) << 11)
#define VTD_IR_SIZE(mode) ((unsigned)((mode)&15))
#define VTD_IR_TABLE(mode) ((mode) & ~UINT64_C(0xfff))

/* 3.15 Handling Requests to Interrupt Address Range: FEEx_xxxxh */
#define VTD_INTERRUPT_FIRST UINT64_C(0xfee00000)
#define VTD_INTERRUPT_LAST UINT64_C(0xfeefffff)

static inline bool vtd_in_interrupt_range(uint64_t address)
{
	return address >> 20 == 0xfee;
}

static inline bool vtd_overlaps_interrupt_range(uint64_t base, unsigned lg2)
{
	return base <= VTD_INTERRUPT_LAST && (base | iom_mask(lg2)) >= VTD_INTERRUPT_FIRST;
}

/* ------------------------------------------------------------------------
 * Contexts
 */
typedef enum vtd_pgtt {
	VTD_PGTT_LEGACY = 0, /* second stage of a legacy context entry */
	VTD_PGTT_FIRST = 1,
	VTD_PGTT_SECOND = 2,
	VTD_PGTT_NESTED = 3,
	VTD_PGTT_PASS = 4,
	VTD_PGTT_NONE = 5, /* scalable context entry without a PASID entry */
} vtd_pgtt;

enum {
	VTD_CTX_LEGACY = 1u << 0,
	VTD_CTX_ATS = 1u << 1, /* TT = 01b, or DTE */
	VTD_CTX_PASIDE = 1u << 2,
	VTD_CTX_PRE = 1u << 3,
	VTD_CTX_EPTR = 1u << 4,
	VTD_CTX_HPTE = 1u << 5,
	VTD_CTX_RID_PRIV = 1u << 6,
	VTD_CTX_SRE = 1u << 7,
	VTD_CTX_WPE = 1u << 8,
	VTD_CTX_EAFE = 1u << 9,
	VTD_CTX_SSADE = 1u << 10,
	VTD_CTX_PGSNP = 1u << 11,
	VTD_CTX_PWSNP = 1u << 12, /* paging-structure accesses are snooped */
	VTD_CTX_CD = 1u << 13,
	VTD_CTX_EMTE = 1u << 14,
	VTD_CTX_FPD = 1u << 15, /* set in an entry on the way */
	VTD_CTX_SSIRWE = 1u << 16,
};

/*
 * What a hit of the IOTLB needs of a context comes first: it fits the part of a
 * cache entry that is read with the entry itself.
 */
typedef struct vtd_context_head {
	uint32_t signature; /* of all that decides a translation */
	uint32_t flags; /* VTD_CTX_* */
	uint32_t pasid; /* of the request, or RID_PASID */
	uint16_t did;
	uint8_t pgtt; /* vtd_pgtt */
	uint8_t width; /* bits of an input address: min(MGAW, AGAW), or canonical width */
} vtd_context_head;
G_STATIC_ASSERT(sizeof(vtd_context_head) == 16);

typedef struct vtd_context {
	uint32_t signature; /* to `width` as in vtd_context_head */
	uint32_t flags;
	uint32_t pasid;
	uint16_t did;
	uint8_t pgtt;
	uint8_t width;
	uint64_t ss; /* SSPTPTR */
	uint64_t fs; /* FSPTPTR */
	uint64_t hpt; /* HPTPTR, and HPTSZ in bits 1:0 */
	uint32_t pat;
	uint16_t hptdid;
	uint8_t ss_levels;
	uint8_t fs_levels;
} vtd_context;
G_STATIC_ASSERT(sizeof(vtd_context) <= IOM_CACHE_VALUE);
G_STATIC_ASSERT(offsetof(vtd_context, ss) == sizeof(vtd_context_head));
G_STATIC_ASSERT(sizeof(vtd_context) == 48);

/* The payload of the IOTLB. */
enum {
	VTD_TLB_USER = 1u << 0, /* every first-stage entry has U/S set */
	VTD_TLB_FS_W = 1u << 1, /* every first-stage entry has R/W set */
	VTD_TLB_SS_R = 1u << 2,
	VTD_TLB_SS_W = 1u << 3,
	VTD_TLB_DIRTY = 1u << 4, /* a write needs no dirty flag anywhere */
	VTD_TLB_SNOOP = 1u << 5, /* SNP of the second-stage leaf */
};

typedef struct vtd_tlb {
	uint64_t page; /* HPA of the first byte of the page */
	uint32_t signature;
	uint8_t flags; /* VTD_TLB_* */
	uint8_t memtype; /* MAIR-style byte */
	uint8_t lg2; /* smallest page of the stages */
} vtd_tlb;
G_STATIC_ASSERT(sizeof(vtd_tlb) == 16);

/* ------------------------------------------------------------------------
 * The unit
 */
#define VTD_MAX_ITAGS 32
#define VTD_MAX_COUNTERS 16
#define VTD_MAX_FILTERS 5

/* Descriptors by the name that statistics show. */
typedef enum vtd_command {
	VTD_CMD_CONTEXT_CACHE,
	VTD_CMD_IOTLB,
	VTD_CMD_DEV_IOTLB,
	VTD_CMD_IEC,
	VTD_CMD_WAIT,
	VTD_CMD_PASID_IOTLB,
	VTD_CMD_PASID_CACHE,
	VTD_CMD_PASID_DEV_IOTLB,
	VTD_CMD_PAGE_GROUP_RESPONSE,
	VTD_CMD_HPT,
	VTD_N_COMMANDS
} vtd_command;

/* An ATS invalidation that an endpoint has not answered yet. */
typedef struct vtd_itag {
	bool busy;
	uint16_t sid;
	uint64_t sequence;
} vtd_itag;

/* A wait descriptor behind invalidations that are under way. */
typedef struct vtd_wait {
	uint64_t words[2];
	uint64_t sequence; /* waits for every invalidation up to this one */
	uint64_t flight; /* and for accesses; iom_flight_landed() */
	bool landed;
} vtd_wait;

/* What is not complete while accesses are under way that it has to drain. */
typedef struct vtd_drains {
	uint64_t context, iotlb; /* the command in the register; iom_flight_landed() */
	uint64_t disable; /* of translation: GSTS.TES still shows 1 */
} vtd_drains;

/*
 * What invalidation descriptors with that first word reach. What has to do with a
 * first stage is left out for as long as there was none.
 */
#define VTD_REACHES 16
typedef struct vtd_reach {
	uint64_t word; /* 0: nothing yet */
	uint64_t reserved; /* of the second word */
	iom_tag *tag[3];
	uint8_t n_tags; /* without a first stage */
	uint8_t n_tags_first; /* with one */
	bool all; /* everything in IOTLB, walk and stage-2 cache */
	bool range; /* pages: address, AM and IH in the second word */
	bool second; /* pages of the second stage */
	uint8_t most; /* AM */
	iom_cache_scope scope;
	_Atomic uint64_t *count;
} vtd_reach;

/* Where the queue is in the host's memory. */
typedef struct vtd_direct {
	uint64_t iqa;
	uint64_t layout; /* iom_memory.layout */
	const uint64_t *host; /* NULL: not as a whole */
} vtd_direct;

typedef struct vtd_queue {
	vtd_itag itags[VTD_MAX_ITAGS];
	uint64_t sequence;
	GArray *waits; /* of vtd_wait, in order */
	bool fenced; /* the last of waits has FN set: nothing is fetched */

	/* Descriptors that came before; iq_again.c. */
	vtd_reach reach[VTD_REACHES];
	vtd_direct direct;
} vtd_queue;

typedef struct vtd_counter {
	uint64_t config; /* PERFCNTRCFG */
	uint32_t filter[VTD_MAX_FILTERS];
	uint64_t value;
} vtd_counter;

typedef struct vtd_perfmon {
	vtd_counter counters[VTD_MAX_COUNTERS];
} vtd_perfmon;

/* Whose request an event belongs to. */
typedef struct vtd_perf_source {
	uint32_t pasid;
	uint16_t sid;
	uint16_t did;
	uint8_t type; /* iom_request_type */
	uint8_t level; /* of the paging entry, 0 without one */
} vtd_perf_source;

/* What an invalidation matches (tags.c). */
typedef enum vtd_tag_kind {
	VTD_TAG_SID = 1, /* contexts of a requester */
	VTD_TAG_CONFIG_DOMAIN, /* contexts of a domain */
	VTD_TAG_CONFIG_PASID, /* contexts of a PASID of a domain */
	VTD_TAG_SECOND, /* translations of a domain by the second stage alone */
	VTD_TAG_STAGE2, /* what else is kept of the second stage of a domain */
	VTD_TAG_FIRST, /* translations of a domain in which a first stage has a part */
	VTD_TAG_PASID, /* the same of a PASID of a domain */
	VTD_TAG_HPT, /* host permissions of an HPT domain */
} vtd_tag_kind;

typedef struct iom_flat iom_flat;

typedef struct vtd_unit {
	iom_iommu base;
	_Atomic uint64_t mode;
	_Atomic uint64_t ir_mode;
	vtd_caps caps;
	iom_tags *tags;
	iom_cache *cache[IOM_N_CACHES];
	iom_memory *memory;
	vtd_masks masks;
	iom_flat *flat[IOM_SLOTS]; /* by thread slot, each the thread's own; core/flat.h */

	iom_lock lock;
	vtd_regs regs;
	uint64_t root; /* RTADDR and IRTA as SRTP and SIRTP took them */
	uint64_t irta;
	uint16_t next_frcd;
	vtd_queue queue;
	vtd_drains drains;
	GByteArray *pasids; /* bitmap of PASIDs that the virtual command handed out */
	vtd_perfmon perfmon;
	_Atomic uint64_t commands[VTD_N_COMMANDS];
	_Atomic bool first_stages; /* a context with a first stage was ever made */
	_Atomic bool first_stages_known; /* and all who invalidate know it */
	iom_vtd_config config;
} vtd_unit;

/*
 * Called before the walk that the context is for reads tables. Who invalidates looks at
 * the flag under the lock: if he did not see it, he is done when this returns, and the
 * walk reads what is new.
 */
static inline void vtd_first_stage_seen(vtd_unit *unit)
{
	if (G_LIKELY(atomic_load_explicit(&unit->first_stages_known, memory_order_acquire)))
		return;
	atomic_store(&unit->first_stages, true);
	iom_iommu_pass(&unit->base);
	atomic_store(&unit->first_stages_known, true);
}

static inline vtd_unit *vtd_of(iom_iommu *iommu)
{
	return (vtd_unit *)iommu;
}

static inline void vtd_lock(vtd_unit *unit)
{
	iom_lock_take(&unit->lock);
}

/* What landed while the lock was taken; drain.c. */
void vtd_landed(iom_iommu *iommu);

static inline void vtd_unlock(vtd_unit *unit)
{
	iom_lock_give(&unit->lock);
	if (G_UNLIKELY(iom_flight_look(unit->base.flight)))
		vtd_landed(&unit->base);
}

/* ------------------------------------------------------------------------
 * A request on its way
 */
#define VTD_MAX_UPDATES 48

/* Flags that a paging entry still lacks (walk.c). */
typedef struct vtd_update {
	uint64_t address; /* host-physical */
	uint64_t seen;
	uint64_t set;
	uint16_t reason; /* if it cannot be done */
	uint8_t stage;
	int8_t level;
} vtd_update;

enum {
	VTD_LOOKED_CONTEXT = 1, /* not in the configuration cache */
	VTD_LOOKED_HIT = 2, /* in the configuration cache */
	VTD_LOOKED_TLB = 4, /* in the IOTLB, or not, but no answer */
};

typedef struct vtd_dma {
	vtd_unit *unit;
	uint64_t mode;
	uint64_t address;
	iom_epoch epoch;
	uint32_t pasid; /* of the message; meaningful with has_pasid */
	uint16_t sid;
	uint8_t column; /* of the table of reasons */
	uint8_t type; /* iom_request_type */
	bool page_request;
	bool has_pasid;
	bool read, write, atomic; /* atomic sets the others too */
	bool zero_length;
	bool pr; /* privileged mode requested, with PASID */
	bool er; /* execute requested */
	bool no_write; /* NW, when it counts */
	bool supervisor; /* the privilege that tables judge */
	bool speculative;
	bool fpd; /* an entry on the way disables fault processing */
	bool configured; /* root to PASID entry are in order: the address decides */
	uint8_t looked; /* VTD_LOOKED_*: what the fast way has looked up and counted */
	vtd_context ctx;

	/* the one fault exit: set by vtd_fail() */
	uint16_t reason;
	uint8_t stage;
	int8_t level;
	uint64_t fault_address;

	unsigned n_updates;
	vtd_update updates[VTD_MAX_UPDATES];
} vtd_dma;

/*
 * The payload of the walk cache: the table that an upper entry points to, and
 * the rights of the entries down to it.
 */
typedef struct vtd_table {
	uint64_t address; /* HPA, or GPA for a nested first stage */
	uint32_t signature;
	bool user, fs_write; /* first stage */
	bool read, write; /* second stage */
} vtd_table;
G_STATIC_ASSERT(sizeof(vtd_table) == 16);

/* A second-stage translation; as it is the payload of the stage-2 cache. */
typedef struct vtd_ss {
	uint64_t page; /* HPA of the first byte of the page */
	uint64_t leaf; /* HPA of the leaf entry */
	uint64_t entry; /* the leaf entry as it was read */
	uint32_t signature;
	uint8_t lg2;
	bool read, write;
	bool dirty; /* no dirty flag is missing */
	bool snoop;
	bool ipat;
	uint8_t emt;
} vtd_ss;

/* What both stages found. */
typedef struct vtd_found {
	uint64_t page;
	uint8_t lg2;
	uint8_t flags; /* VTD_TLB_* */
	uint8_t memtype;
} vtd_found;

/* The end of a step that refuses: false, so that callers can return it. */
static inline bool vtd_fail(vtd_dma *dma, vtd_reason reason, unsigned stage, int level,
			    uint64_t address)
{
	dma->reason = (uint16_t)reason;
	dma->stage = (uint8_t)stage;
	dma->level = (int8_t)level;
	dma->fault_address = address;
	return false;
}

/* Count an event of a request, of a paging entry of `level`, while counters run. */
#define vtd_perf_level(dma, event, level) \
	do { \
		if (G_UNLIKELY((dma)->mode & VTD_MODE_PERF)) \
			vtd_perfmon_count((dma)->unit, event, \
					  &(vtd_perf_source){ (dma)->has_pasid ? (dma)->pasid \
									       : IOM_NO_PASID, \
							      (dma)->sid, (dma)->ctx.did, \
							      (dma)->type, (uint8_t)(level) }); \
	} while (0)
#define vtd_perf(dma, event) vtd_perf_level(dma, event, 0)

#define vtd_note(unit, what, section, input, ...) \
	do { \
		if (iom_observed(&(unit)->base)) \
			iom_step_note(&(unit)->base, IOM_STEP_DECISION, what, section, input, \
				      __VA_ARGS__); \
	} while (0)

/* Read `n` words of a structure, counted and shown to the observer (memory.c). */
bool vtd_fetch(vtd_unit *unit, const char *what, const iom_layout *layout, uint64_t address,
	       uint64_t input, uint64_t *words, unsigned n);

bool vtd_reserved_noted(vtd_dma *dma, const char *what, const uint64_t *words, const uint64_t *mask,
			unsigned n);

/* tables: root.c, pasid.c */
bool vtd_context_get(vtd_dma *dma);
bool vtd_legacy_tables(vtd_dma *dma);
bool vtd_scalable_tables(vtd_dma *dma);
bool vtd_pasid_tables(vtd_dma *dma, const uint64_t *sm_context);
bool vtd_root_check(vtd_dma *dma);
uint8_t vtd_width(const vtd_caps *caps, unsigned aw);
uint32_t vtd_signature(const vtd_context *ctx);

/* walks: ss.c, fs.c, hpt.c */
bool vtd_ss_walk(vtd_dma *dma, uint64_t gpa, vtd_ss *out);
bool vtd_ss_gpa(vtd_dma *dma, uint64_t gpa, bool dirty, vtd_ss *out);
bool vtd_ss_need_dirty(vtd_dma *dma, vtd_ss *ss);
bool vtd_ss_permitted(vtd_dma *dma, const vtd_ss *ss);
bool vtd_fs_walk(vtd_dma *dma, vtd_found *out);
bool vtd_hpt_walk(vtd_dma *dma);

/* walk.c: flags to set, and setting them */
typedef enum vtd_updated {
	VTD_UPDATED,
	VTD_UPDATE_RACE, /* an entry changed under the walk: walk again */
	VTD_UPDATE_FAILED,
} vtd_updated;
void vtd_update_add(vtd_dma *dma, uint64_t address, uint64_t seen, uint64_t set, vtd_reason reason,
		    unsigned stage, int level);
vtd_updated vtd_update_run(vtd_dma *dma);

/* memtype.c */
uint8_t vtd_memtype(const vtd_unit *unit, const vtd_context *ctx, unsigned pat_index,
		    const vtd_ss *ss, uint64_t hpa);

/* Whether the MTRRs give every page the same type, until one is written. */
bool vtd_mtrrs_uniform(const vtd_unit *unit);

/* translate.c, fast.c, result.c */
void vtd_tlb_keep(vtd_unit *unit, const vtd_context *ctx, uint64_t address, const vtd_found *found,
		  iom_epoch epoch);
void vtd_translate_slow(vtd_unit *unit, const iom_request *request, iom_result *result,
			unsigned looked);
void vtd_translate(iom_iommu *iommu, const iom_request *request, iom_result *result);
void vtd_translate_class(iom_iommu *iommu, iom_front *front, iom_front_class *class,
			 const iom_request *request, iom_result *result);
void vtd_fault_exit(vtd_dma *dma, iom_result *result);
void vtd_dma_init(vtd_dma *dma, vtd_unit *unit, const iom_request *request);
bool vtd_protected(vtd_unit *unit, uint64_t address, uint64_t length);

/* scopes and tags of the caches: tags.c */
/*
 * A scope names an address space for look-ups. The translations of a domain by
 * the second stage alone share one scope; those in which a first stage has a
 * part have one for each PASID.
 */
enum { VTD_SCOPE_CONFIG = 1, VTD_SCOPE_FIRST, VTD_SCOPE_SECOND, VTD_SCOPE_HPT };

static inline iom_cache_scope vtd_scope(unsigned kind, unsigned variant, unsigned did,
					uint32_t pasid)
{
	return (iom_cache_scope){ (uint64_t)kind << 32 | variant, (uint64_t)did << 32 | pasid };
}

/*
 * The configuration cache is looked up by source-id (the address) and PASID, or
 * IOM_NO_PASID. A translated request may end before the PASID tables, which
 * gives another context.
 */
static inline iom_cache_scope vtd_scope_config(bool translated, uint32_t pasid)
{
	return vtd_scope(VTD_SCOPE_CONFIG, translated, 0, pasid);
}

/* With or without a second stage; the signature tells them apart. */
static inline iom_cache_scope vtd_scope_first(unsigned did, uint32_t pasid)
{
	return vtd_scope(VTD_SCOPE_FIRST, 0, did, pasid);
}

static inline iom_cache_scope vtd_scope_second(unsigned did)
{
	return vtd_scope(VTD_SCOPE_SECOND, 0, did, 0);
}

static inline iom_cache_scope vtd_scope_hpt(unsigned did)
{
	return vtd_scope(VTD_SCOPE_HPT, 0, did, 0);
}

static inline bool vtd_has_first_stage(unsigned pgtt)
{
	return pgtt == VTD_PGTT_FIRST || pgtt == VTD_PGTT_NESTED;
}

static inline iom_cache_scope vtd_scope_tlb(unsigned pgtt, unsigned did, uint32_t pasid)
{
	return vtd_has_first_stage(pgtt) ? vtd_scope_first(did, pasid) : vtd_scope_second(did);
}

bool vtd_table_find(vtd_unit *unit, const iom_cache_scope *scope, uint64_t address,
		    vtd_table *table, unsigned *level);
void vtd_table_keep_first(vtd_unit *unit, const vtd_context *ctx, uint64_t address, unsigned level,
			  const vtd_table *table, iom_epoch epoch);
void vtd_table_keep_second(vtd_unit *unit, unsigned did, uint64_t gpa, unsigned level,
			   const vtd_table *table, iom_epoch epoch);
iom_tag *vtd_tag(vtd_unit *unit, vtd_tag_kind kind, unsigned did, uint32_t pasid);
unsigned vtd_tags_tlb(vtd_unit *unit, const vtd_context *ctx, iom_tag **tags);
void vtd_tag_drop(vtd_unit *unit, vtd_tag_kind kind, unsigned did, uint32_t pasid);

/* invalidations: inval.c */
void vtd_inv_all_dma(vtd_unit *unit);
void vtd_inv_context(vtd_unit *unit, unsigned granularity, uint16_t did, uint16_t sid, unsigned fm);
void vtd_inv_pasid_cache(vtd_unit *unit, unsigned granularity, uint16_t did, uint32_t pasid);
void vtd_inv_iotlb(vtd_unit *unit, unsigned granularity, uint16_t did, uint64_t address,
		   unsigned am, bool hint);
void vtd_inv_pasid_iotlb(vtd_unit *unit, unsigned granularity, uint16_t did, uint32_t pasid,
			 uint64_t address, unsigned am, bool hint);
void vtd_inv_interrupt(vtd_unit *unit, bool all, uint16_t index, unsigned mask_lg2);
void vtd_inv_hpt(vtd_unit *unit, unsigned granularity, uint16_t did, uint64_t address, unsigned am);
void vtd_inv_register_context(vtd_unit *unit);
void vtd_inv_register_iotlb(vtd_unit *unit);

/* faults and events: fault.c, event.c (lock held unless it says otherwise) */
bool vtd_fault_record(vtd_unit *unit, const uint64_t record[2]); /* takes the lock */
bool vtd_fault_record_locked(vtd_unit *unit, const uint64_t record[2]);
void vtd_fault_update(vtd_unit *unit);
void vtd_fault_status(vtd_unit *unit, uint32_t bits);

typedef enum vtd_event {
	VTD_EVENT_FAULT,
	VTD_EVENT_INVALIDATION,
	VTD_EVENT_PAGE_REQUEST,
	VTD_EVENT_PERFMON,
	VTD_N_EVENTS
} vtd_event;
void vtd_event_raise(vtd_unit *unit, vtd_event event);
void vtd_event_clear(vtd_unit *unit, vtd_event event);
void vtd_event_control(vtd_unit *unit, vtd_event event);

/* queues: iq.c, iq_run.c (lock held), prq.c */
void vtd_iq_run(vtd_unit *unit);
void vtd_iq_enable(vtd_unit *unit, bool on);
void vtd_iq_forget(vtd_unit *unit); /* modes changed: look at every descriptor again */
void vtd_ats_completed(iom_iommu *iommu, uint32_t requester, uint8_t itag, bool ok);
iom_prq_status vtd_page_request(iom_iommu *iommu, const iom_page_request *request);

/* interrupts: ir.c, pi.c */
void vtd_interrupt(iom_iommu *iommu, const iom_interrupt *interrupt, iom_interrupt_result *result);
vtd_reason vtd_post(vtd_unit *unit, const uint64_t *irte, bool eime, iom_interrupt_result *result);
void vtd_interrupt_message(iom_interrupt_result *result, bool eime);

/* registers: regs.c, gcmd.c, mmio.c */
uint64_t vtd_mmio_read(iom_iommu *iommu, uint64_t offset, unsigned size, iom_space space);
void vtd_mmio_write(iom_iommu *iommu, uint64_t offset, unsigned size, uint64_t value,
		    iom_space space);
uint64_t vtd_mmio_size(const iom_iommu *iommu);
const iom_layout *vtd_register_layout(const iom_iommu *iommu, uint64_t offset, const char **name);
void vtd_gcmd_write(vtd_unit *unit, uint32_t value);
void vtd_publish(vtd_unit *unit);

/* perfmon.c, vcmd.c */
void vtd_ecmd_write(vtd_unit *unit, uint64_t value);
void vtd_vcmd_write(vtd_unit *unit, uint64_t value);
void vtd_perfmon_reset(vtd_unit *unit);
/* Without the lock. */
void vtd_perfmon_count(vtd_unit *unit, vtd_perf_event event, const vtd_perf_source *source);
bool vtd_perfmon_running(vtd_unit *unit);
bool vtd_perfmon_read(vtd_unit *unit, uint32_t offset, uint32_t *value);
bool vtd_perfmon_write(vtd_unit *unit, uint32_t offset, unsigned size, uint64_t value);

/* state.c */
void vtd_reset(iom_iommu *iommu);
void vtd_reset_locked(vtd_unit *unit);
GBytes *vtd_save(iom_iommu *iommu);
gboolean vtd_load(iom_iommu *iommu, GBytes *state, GError **error);

#endif
