/* SPDX-License-Identifier: MIT */
/*
 * The SMMUv3 model from the inside.
 *
 * Words used here
 *   interface    the programming interface of one security state (iom_space):
 *                its registers, queues and stalled transactions
 *   world        which exception level and regime a stream belongs to
 *                (StreamWorld)
 *   context      an STE and, with stage 1, a CD: decoded, checked, immutable
 *   IPA          what stage 1 puts out and stage 2 takes in
 *   level        of a translation table as the architecture counts: 3 is the
 *                last, -1 the first of a 52-bit walk
 *
 * Threads and locks
 *   smmu.lock    registers, queues, stalled transactions, the registry of
 *                scopes. Held while the bus is called.
 *   Translations take it only to record a fault or to register a context.
 */
#ifndef IOM_SMMU_INTERNAL_H
#define IOM_SMMU_INTERNAL_H

#include "core/flight.h"
#include "core/iommu.h"
#include "core/lock.h"
#include "smmu/attrs.h"
#include "smmu/context.h"
#include "smmu/diagnosis.h"
#include "smmu/gpc.h"
#include "smmu/ids.h"
#include "smmu/layouts/cd.h"
#include "smmu/layouts/commands.h"
#include "smmu/layouts/events.h"
#include "smmu/layouts/regs.h"
#include "smmu/layouts/ste.h"

#define SMMU_FRAME_WORDS (0x1a0 / 4) /* of page 0 that have registers of translation */
#define SMMU_N_SPACES 3 /* interfaces: Non-secure, Secure, Realm */

/* Event numbers (7.3 Event records). */
enum smmu_event {
	SMMU_F_UUT = 0x01,
	SMMU_C_BAD_STREAMID = 0x02,
	SMMU_F_STE_FETCH = 0x03,
	SMMU_C_BAD_STE = 0x04,
	SMMU_F_BAD_ATS_TREQ = 0x05,
	SMMU_F_STREAM_DISABLED = 0x06,
	SMMU_F_TRANSL_FORBIDDEN = 0x07,
	SMMU_C_BAD_SUBSTREAMID = 0x08,
	SMMU_F_CD_FETCH = 0x09,
	SMMU_C_BAD_CD = 0x0a,
	SMMU_F_WALK_EABT = 0x0b,
	SMMU_F_TRANSLATION = 0x10,
	SMMU_F_ADDR_SIZE = 0x11,
	SMMU_F_ACCESS = 0x12,
	SMMU_F_PERMISSION = 0x13,
	SMMU_F_TLB_CONFLICT = 0x20,
	SMMU_F_CFG_CONFLICT = 0x21,
	SMMU_E_PAGE_REQUEST = 0x24,
	SMMU_F_VMS_FETCH = 0x25,
};

/* What was being translated when stage 2 faulted (CLASS of an event). */
enum smmu_class { SMMU_CLASS_CD = 0, SMMU_CLASS_TT = 1, SMMU_CLASS_IN = 2 };

/* Registers that hold state; one set for each interface. */
enum smmu_reg {
	SMMU_R_CR0,
	SMMU_R_CR0ACK,
	SMMU_R_CR1,
	SMMU_R_CR2,
	SMMU_R_S2PII,
	SMMU_R_GBPA,
	SMMU_R_AGBPA,
	SMMU_R_IRQ_CTRL,
	SMMU_R_GERROR,
	SMMU_R_GERRORN,
	SMMU_R_GERROR_IRQ_CFG0,
	SMMU_R_GERROR_IRQ_CFG1,
	SMMU_R_GERROR_IRQ_CFG2,
	SMMU_R_STRTAB_BASE,
	SMMU_R_STRTAB_BASE_CFG,
	SMMU_R_CMDQ_BASE,
	SMMU_R_CMDQ_PROD,
	SMMU_R_CMDQ_CONS,
	SMMU_R_EVENTQ_BASE,
	SMMU_R_EVENTQ_PROD,
	SMMU_R_EVENTQ_CONS,
	SMMU_R_EVENTQ_IRQ_CFG0,
	SMMU_R_EVENTQ_IRQ_CFG1,
	SMMU_R_EVENTQ_IRQ_CFG2,
	SMMU_R_PRIQ_BASE,
	SMMU_R_PRIQ_PROD,
	SMMU_R_PRIQ_CONS,
	SMMU_R_PRIQ_IRQ_CFG0,
	SMMU_R_PRIQ_IRQ_CFG1,
	SMMU_R_PRIQ_IRQ_CFG2,
	SMMU_R_GATOS_CTRL,
	SMMU_R_GATOS_SID,
	SMMU_R_GATOS_ADDR,
	SMMU_R_GATOS_PAR,
	SMMU_R_GMPAM,
	SMMU_R_GBPMPAM,
	SMMU_R_VATOS_SEL,
	SMMU_R_VATOS_CTRL,
	SMMU_R_VATOS_SID,
	SMMU_R_VATOS_ADDR,
	SMMU_R_VATOS_PAR,
	SMMU_N_REGS,
};

enum { /* CR0 */
       SMMU_CR0_SMMUEN = 1u << 0,
       SMMU_CR0_PRIQEN = 1u << 1,
       SMMU_CR0_EVENTQEN = 1u << 2,
       SMMU_CR0_CMDQEN = 1u << 3,
       SMMU_CR0_ATSCHK = 1u << 4,
       SMMU_CR0_SIF = 1u << 5,
       SMMU_CR0_VMW = 7u << 6,
       SMMU_CR0_NSSTALLD = 1u << 9,
};

enum { /* CR2 */
       SMMU_CR2_E2H = 1u << 0,
       SMMU_CR2_RECINVSID = 1u << 1,
       SMMU_CR2_PTM = 1u << 2,
       SMMU_CR2_REC_CFG_ATS = 1u << 3,
};

enum { /* GERROR */
       SMMU_GERROR_CMDQ = 1u << 0,
       SMMU_GERROR_EVENTQ_ABT = 1u << 2,
       SMMU_GERROR_PRIQ_ABT = 1u << 3,
       SMMU_GERROR_MSI_CMDQ_ABT = 1u << 4,
       SMMU_GERROR_MSI_EVENTQ_ABT = 1u << 5,
       SMMU_GERROR_MSI_PRIQ_ABT = 1u << 6,
       SMMU_GERROR_MSI_GERROR_ABT = 1u << 7,
       SMMU_GERROR_CMDQP = 1u << 9,
};

enum { SMMU_IRQ_GERROR = 1u << 0, SMMU_IRQ_PRIQ = 1u << 1, SMMU_IRQ_EVENTQ = 1u << 2 };

/* CMDQ_CONS.ERR (7.1 Command queue errors). */
enum smmu_cerror {
	SMMU_CERROR_NONE = 0,
	SMMU_CERROR_ILL = 1,
	SMMU_CERROR_ABT = 2,
	SMMU_CERROR_ATC_INV_SYNC = 3,
};

/* A transaction that waits for software, or for room to tell it. */
struct smmu_stall {
	uint32_t sid;
	uint16_t stag;
	bool recorded; /* false: held back until its record can be written */
};

struct smmu_stalls {
	GHashTable *by_stag; /* STAG -> struct smmu_stall */
	uint32_t next; /* candidate for the next STAG */
	uint32_t recorded;
};

/* A command queue in direct memory: as long as neither BASE nor the memory is another. */
struct smmu_direct {
	uint64_t base_reg;
	uint64_t layout; /* of the memory; 0: not looked for */
	const uint64_t *host; /* of the first command, NULL if it has to be read otherwise */
	uint64_t base; /* guest address */
	uint32_t mask; /* of an index and its wrap bit */
};

/* An enhanced command queue, in a command queue control page (3.5.6). */
struct smmu_ecmdq {
	uint64_t base;
	uint64_t prod;
	uint64_t cons;
	uint32_t atc_pending;
	bool atc_failed;
	uint64_t flight; /* what its CMD_SYNC waits for; iom_flight_landed() */
};

struct smmu_interface {
	uint64_t reg[SMMU_N_REGS]; /* written under the lock, read without it */
	struct smmu_stalls stalls;
	uint32_t atc_pending; /* CMD_ATC_INV of the command queue on their way */
	bool atc_failed; /* one of them timed out since the last CMD_SYNC */
	uint64_t flight; /* what its CMD_SYNC waits for; iom_flight_landed() */
	uint64_t disabling; /* the same of SMMUEN, which CR0ACK still shows as 1 */
	struct smmu_ecmdq *ecmdq;
	unsigned n_ecmdq;
};

/* An ATS invalidation that an endpoint has not completed. */
struct smmu_atc {
	bool busy;
	uint8_t space;
	uint32_t requester;
	int32_t queue; /* -1: the command queue; otherwise an ECMDQ */
};

/* Contexts that an ASID, or the stage 2 of a VMID, was used with. */
#define SMMU_DIGESTS 6
struct smmu_digests {
	uint64_t digest[SMMU_DIGESTS];
	unsigned n;
	bool overflow; /* and others */
};

/*
 * What a TLB invalidation reached, by the first word of the command and the state of
 * its queue. The next one with this word reaches the same, until CR0 or CR2 is written,
 * the registry of scopes gets another one, or the first global entry is kept.
 */
struct smmu_reach {
	uint64_t word; /* 0: nothing is known */
	iom_cache_scope scope; /* by address, if the bits of word 1 in `mask` are `want` */
	uint64_t mask, want;
	iom_tag *tag[2]; /* by tags, unless the first is NULL */
	uint64_t *count; /* of such commands */
};
#define SMMU_REACHES 64
struct smmu;
void smmu_forget_reaches(struct smmu *s);

struct smmu_pmcg;
typedef struct iom_flat iom_flat;

typedef struct smmu {
	iom_iommu iommu; /* first: an iom_iommu * is a smmu * */
	iom_smmu_config config;
	struct smmu_ids ids;
	iom_lock lock;
	struct smmu_interface pi[SMMU_N_SPACES];
	struct smmu_atc atc[256]; /* by ITag */
	iom_tags *tags;
	iom_cache *caches[4]; /* by iom_cache_id, without the interrupt cache */
	struct smmu_contexts contexts;
	iom_flat *flat[IOM_SLOTS]; /* by thread slot; core/flat.h */
	struct smmu_scopes *scopes;
	/*
	 * While no global entry was ever put into the IOTLB, commands by address do
	 * not look for one. The first is put there under the lock, and only if no
	 * such command has come since its tables were read.
	 */
	int any_global;
	uint64_t va_commands;
	uint64_t commands[IOM_MAX_COMMANDS];
	uint64_t prefetched
		[2]; /* by CMD_PREFETCH_*, into these caches; IOM_CACHE_IOTLB is the last */
	uint32_t prefetches_left; /* addresses that this register write may still have looked up */
	/* by opcode: number of the command from 1, 0 where a queue of the space has none */
	uint8_t command_at[SMMU_N_SPACES][256];
	/* the command queues, and of each space the ECMDQ that was used last */
	struct smmu_direct cmdq[SMMU_N_SPACES], ecmdq[SMMU_N_SPACES];
	struct smmu_reach reach[SMMU_N_SPACES][SMMU_REACHES];
	struct smmu_pmcg *pmcg;
	unsigned n_pmcg;
	struct smmu_root root;
	/* register frame; row_at: see regs.c */
	uint8_t row_at[SMMU_N_SPACES][SMMU_FRAME_WORDS];
	uint64_t vatos_base, s_vatos_base, ecmdq_base[SMMU_N_SPACES], realm_base, root_base,
		pmcg_base;
	uint64_t mmio_size;
} smmu;

static inline smmu *smmu_of(iom_iommu *iommu)
{
	return (smmu *)iommu;
}

static inline void smmu_lock(smmu *s)
{
	iom_lock_take(&s->lock);
}

/* What landed while the lock was taken; sync.c. */
void smmu_landed(iom_iommu *iommu);

static inline void smmu_unlock(smmu *s)
{
	iom_lock_give(&s->lock);
	if (G_UNLIKELY(iom_flight_look(s->iommu.flight)))
		smmu_landed(&s->iommu);
}

static inline uint64_t smmu_reg(const smmu *s, unsigned space, enum smmu_reg r)
{
	return __atomic_load_n(&s->pi[space].reg[r], __ATOMIC_ACQUIRE);
}

static inline void smmu_reg_set(smmu *s, unsigned space, enum smmu_reg r, uint64_t value)
{
	__atomic_store_n(&s->pi[space].reg[r], value, __ATOMIC_RELEASE);
}

static inline bool smmu_enabled(const smmu *s, unsigned space)
{
	return smmu_reg(s, space, SMMU_R_CR0) & SMMU_CR0_SMMUEN;
}

/* The interface of `space` exists on this implementation. */
static inline bool smmu_has_space(const smmu *s, unsigned space)
{
	return space == IOM_SPACE_NONSECURE || (space == IOM_SPACE_SECURE && s->ids.secure) ||
	       (space == IOM_SPACE_REALM && s->ids.realm);
}

/* Effective STALL_MODEL of a security state (5.5 Fault configuration). */
unsigned smmu_stall_model(const smmu *s, unsigned space);

/* regs.c */
uint64_t smmu_mmio_read(iom_iommu *iommu, uint64_t offset, unsigned size, iom_space space);
void smmu_mmio_write(iom_iommu *iommu, uint64_t offset, unsigned size, uint64_t value,
		     iom_space space);
const iom_layout *smmu_register_layout(const iom_iommu *iommu, uint64_t offset, const char **name);
void smmu_regs_init(smmu *s);
void smmu_regs_reset(smmu *s);
void smmu_frame_init(smmu *s);

/* Memory of a space: fetches of structures. 64-bit words in host order. */
iom_mem_status smmu_fetch(smmu *s, unsigned space, uint64_t address, uint64_t *words, unsigned n,
			  enum smmu_gpc_access access);
/* What such accesses report when the granule protection check refuses them. */
#define SMMU_MEM_GPF ((iom_mem_status)0x10)

/* gerror.c, queue.c: with the lock held */
void smmu_gerror(smmu *s, unsigned space, uint32_t bit);
static inline bool smmu_gerror_active(const smmu *s, unsigned space, uint32_t bit)
{
	return (smmu_reg(s, space, SMMU_R_GERROR) ^ smmu_reg(s, space, SMMU_R_GERRORN)) & bit;
}
enum smmu_irq { SMMU_INT_EVENTQ, SMMU_INT_PRIQ, SMMU_INT_GERROR };
void smmu_interrupt(smmu *s, unsigned space, enum smmu_irq which);
unsigned smmu_irq_line(unsigned space, enum smmu_irq which);
unsigned smmu_sync_line(unsigned space);
bool smmu_has_msi(const smmu *s, unsigned space);

struct smmu_queue {
	uint64_t base;
	unsigned size_lg2; /* entries */
	uint32_t prod, cons; /* index and wrap bit */
};
static inline void smmu_queue_load(struct smmu_queue *q, uint64_t base_reg, unsigned max_lg2,
				   unsigned entry_lg2, uint64_t prod, uint64_t cons)
{
	unsigned size_lg2 = (unsigned)smmu_CMDQ_BASE_get_LOG2SIZE(&base_reg);
	uint32_t mask;

	q->size_lg2 = MIN(size_lg2, max_lg2);
	/* The SMMU aligns the base to the size of the queue. */
	q->base = smmu_CMDQ_BASE_get_ADDR(&base_reg) & ~iom_mask(MAX(5u, q->size_lg2 + entry_lg2));
	mask = (UINT32_C(2) << q->size_lg2) - 1;
	q->prod = (uint32_t)prod & mask;
	q->cons = (uint32_t)cons & mask;
}

/* An index and the wrap bit above it. */
static inline uint32_t smmu_queue_mask(const struct smmu_queue *q)
{
	return (UINT32_C(2) << q->size_lg2) - 1;
}

static inline bool smmu_queue_empty(const struct smmu_queue *q)
{
	return q->prod == q->cons;
}

static inline uint32_t smmu_queue_used(const struct smmu_queue *q)
{
	return (q->prod - q->cons) & smmu_queue_mask(q);
}

static inline bool smmu_queue_full(const struct smmu_queue *q)
{
	return smmu_queue_used(q) >= (1u << q->size_lg2);
}

static inline uint32_t smmu_queue_next(const struct smmu_queue *q, uint32_t index)
{
	return (index + 1) & smmu_queue_mask(q);
}

static inline uint64_t smmu_queue_entry(const struct smmu_queue *q, uint32_t index,
					unsigned entry_lg2)
{
	return q->base + ((uint64_t)(index & smmu_queue_mask(q) >> 1) << entry_lg2);
}

/* Write an event record; true when it is in the queue. */
bool smmu_event_write(smmu *s, unsigned space, const uint64_t *record, bool stall);
bool smmu_event_writable(const smmu *s, unsigned space);
const char *smmu_event_name(unsigned code);
const iom_layout *smmu_event_layout(unsigned code);

/* cmdq.c: which commands there are */
void smmu_commands_init(smmu *s);
/* run what the queue holds; with the lock held */
void smmu_cmdq_run(smmu *s, unsigned space);
void smmu_ecmdq_run(smmu *s, unsigned space, unsigned queue);
void smmu_queues_run(smmu *s); /* all of them: what a queue waits for may be over */
/* Name of a command counter, NULL beyond the last. */
const char *smmu_command_name(unsigned index);

/* stall.c: with the lock held */
void smmu_stalls_init(struct smmu_stalls *stalls);
void smmu_stalls_clear(struct smmu_stalls *stalls);
bool smmu_stall_room(const smmu *s, unsigned space);
/* A STAG for a stalled transaction; false when none is left. */
bool smmu_stall_add(smmu *s, unsigned space, uint32_t sid, bool recorded, uint16_t *stag);
/* Its record was written after all. */
void smmu_stall_recorded(smmu *s, unsigned space, uint16_t stag, bool recorded);
void smmu_stall_resume(smmu *s, unsigned space, uint32_t sid, uint16_t stag, bool retry,
		       bool abort);
void smmu_stall_terminate(smmu *s, unsigned space, bool any, uint32_t sid);
/* The event queue may have become writable: held-back transactions ask again. */
void smmu_stall_retry(smmu *s, unsigned space);

/* translate.c */
void smmu_translate(iom_iommu *iommu, const iom_request *request, iom_result *result);
/* Whatever the caches and a quick walk do not answer; `result` is as for ops.translate. */
void smmu_by_steps(smmu *s, const iom_request *request, iom_result *result);

/* tlb.c */
void smmu_translate_class(iom_iommu *iommu, iom_front *front, iom_front_class *class,
			  const iom_request *request, iom_result *result);

/* state.c */
GBytes *smmu_save(iom_iommu *iommu);
gboolean smmu_load(iom_iommu *iommu, GBytes *state, GError **error);

/* atos.c, ats.c, pri.c, pmcg.c */
void smmu_atos_run(smmu *s, unsigned space, bool vatos);
iom_prq_status smmu_page_request(iom_iommu *iommu, const iom_page_request *request);
void smmu_ats_completed(iom_iommu *iommu, uint32_t requester, uint8_t itag, bool ok);

#endif
