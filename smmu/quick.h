/* SPDX-License-Identifier: MIT */
/* Walks in which nothing is out of the ordinary; see quick.c. */
#ifndef IOM_SMMU_QUICK_H
#define IOM_SMMU_QUICK_H

#include "core/front.h"
#include "core/memory.h"
#include "smmu/flat.h"
#include "smmu/walk.h"

/* A half of the address space whose walks may be quick. */
struct smmu_quick_half {
	uint64_t ttb;
	/* addresses of the half, with `invert` turned over, have no bit of `outside` */
	uint64_t invert, outside;
	uint64_t width; /* bits translated */
	uint8_t shift; /* of the start level; 0: walks of this half are not quick */
	uint8_t limits; /* 15 where tables limit permissions */
	bool tbi;
	uint8_t reads[4]; /* of a walk to a leaf, by its size: at shift / 9 mod 4 */
	/* tables that lie in pages of stage 2: the first, and of levels 1 and 2 the last ones */
	iom_flat_link root, last[2];
};

/* What a thread remembers of a stream, in the contexts of its front. */
struct smmu_quick {
	struct smmu_hot hot;
	struct smmu_context context;
	struct smmu_quick_half half[2];
	bool two_halves, nested;
	bool plain; /* no cache but those of contexts and stage 2 */
	bool kept; /* by the front of this thread, which the counters and `flat` belong to */
	uint8_t s2_shift; /* of the start level of stage 2 */
	uint8_t s2_bits; /* of an IPA */
	uint64_t s2_ttb;
	iom_cache *iotlb, *tables, *stage2; /* IOTLB, walk cache, stage 2 cache; NULL when off */
	uint64_t refused[2]; /* address bits that may not be set, by stage */
	uint64_t judged; /* bits of a leaf of stage 1 that its meaning depends on, or refused */
	iom_window window; /* tables were there last */
	iom_flat_view flat; /* pages of stage 2 */
	/* the thread's own counters */
	uint64_t *iotlb_misses, *stage2_hits, *reads;
	/* what the last leaf meant: its bits beside the address, and what they are */
	uint64_t s1_flags, s2_flags, s1_limits;
	struct smmu_s1_out s1_leaf;
	struct smmu_s2_out s2_leaf;
	/* the type that this page type became last time */
	bool type_known;
	uint8_t memtype, shareability, hints;
	uint32_t type_of;
};
G_STATIC_ASSERT(sizeof(struct smmu_quick) <= IOM_FRONT_CONTEXT_WORDS * sizeof(uint64_t));

/*
 * What requests of a class have in common beside the context, in the class of the
 * front. The head of a result follows from the last leaf of each stage.
 */
enum { SMMU_NESTED_NONE, SMMU_NESTED_WALK, SMMU_NESTED_FLAT };
struct smmu_request_class {
	bool known;
	bool unusual; /* not for a quick walk */
	/* for smmu_translate_class(): stage 1 alone, or both */
	bool plain;
	uint8_t nested; /* SMMU_NESTED_ */
	bool privileged;
	uint8_t need; /* IOM_READ | IOM_WRITE | IOM_EXECUTE */
	uint8_t page_lg2; /* of the result */
	uint64_t leaf, second; /* what the head follows from */
	uint64_t head[2];
	uint64_t tables; /* bits beside the address of a stage 2 leaf that may hold tables */
};
G_STATIC_ASSERT(sizeof(struct smmu_request_class) <= IOM_FRONT_CLASS_WORDS * sizeof(uint64_t));

static inline struct smmu_quick *smmu_quick_of(const iom_front_class *class)
{
	return (struct smmu_quick *)(void *)class->context->words;
}

static inline struct smmu_request_class *smmu_class_of(iom_front_class *class)
{
	return (struct smmu_request_class *)(void *)class->words;
}

/* The address of a table or page in a descriptor, and the access flag of a leaf. */
#define SMMU_QUICK_ADDRESS (iom_mask(48) & ~iom_mask(12))
#define SMMU_QUICK_AF (UINT64_C(1) << 10)

/* A page, or a block of level 1 or 2, with its flag set and an address in range. */
static inline bool smmu_quick_is_leaf(uint64_t desc, unsigned shift, uint64_t check)
{
	uint64_t kind = shift == 12 ? 3 : 1;

	return (desc & (check | SMMU_QUICK_AF)) == (kind | SMMU_QUICK_AF) && shift <= 30;
}

/* Bits of a stage 1 leaf beside the address, limits of tables above it, its size. */
static inline uint64_t smmu_quick_key(uint64_t desc, uint64_t limits, unsigned shift)
{
	return (desc & ~SMMU_QUICK_ADDRESS) | limits << 12 | (uint64_t)shift << 16;
}

static inline iom_cache_scope smmu_quick_scope(const struct smmu_context *c,
					       enum smmu_scope_kind kind, int level)
{
	return (iom_cache_scope){ c->s2_digest, smmu_scope_lo(kind, level, IOM_SPACE_NONSECURE,
							      SMMU_EL1, c->vmid, 0) };
}

/* prepare.c */
void smmu_quick_init(smmu *s, struct smmu_quick *q, bool kept, uint64_t generation);
/* Forget where in memory tables are. */
void smmu_quick_cut(struct smmu_quick *q);
/* The whole way of a request whose class the thread knows; tlb.c. */
void smmu_translate_known(iom_iommu *iommu, iom_front *front, iom_front_class *class,
			  const iom_request *request, iom_result *result);
/*
 * Answer a request that the IOTLB does not, all of the result up to the code of the
 * fault. `generation` was read before the context was found. False: nothing was
 * decided.
 */
bool smmu_quick_walk(smmu *s, const iom_request *request, struct smmu_quick *q,
		     struct smmu_request_class *class, uint64_t generation, iom_result *result);

#endif
