/* SPDX-License-Identifier: MIT */
/*
 * The walks of quick.c where nothing has to be kept and nothing is new: no IOTLB and no
 * walk cache, all tables in the window of memory of the last walk, leaves like the last
 * ones of the class. What is left are the loads, and looking that all this is so.
 * Whatever is not is somebody else's: these have changed nothing.
 */
#include <string.h>

#include "smmu/quick.h"

/* The descriptor for `va` in a table of blocks of 2^SHIFT bytes. */
#define PLAIN_STEP(SHIFT) \
	at = (table | (index >> ((SHIFT)-3) & 0xff8)) - base; \
	if (G_UNLIKELY(at > q->window.room)) \
		return false; \
	desc = GUINT64_FROM_LE( \
		__atomic_load_n((const uint64_t *)(const void *)(host + at), __ATOMIC_ACQUIRE))
/* It has to be a table, or else is the leaf. */
#define PLAIN_TABLE(SHIFT) \
	PLAIN_STEP(SHIFT); \
	if (G_UNLIKELY((desc & check) != 3)) { \
		shift = (SHIFT); \
		goto leaf; \
	} \
	table = desc & SMMU_QUICK_ADDRESS; \
	all |= desc

/* A leaf like the last one of the class: all of the answer, and its figures. */
static inline __attribute__((always_inline)) bool plain_leaf(
	const iom_front_class *class, const struct smmu_request_class *k,
	const struct smmu_quick *q, const struct smmu_quick_half *h, uint64_t va, uint64_t desc,
	uint64_t all, unsigned shift, iom_result *result)
{
	const uint64_t low = ~(UINT64_MAX << shift);

	if (!smmu_quick_is_leaf(desc, shift, q->refused[0] | 3) ||
	    G_UNLIKELY(smmu_quick_key(desc, all >> 59 & h->limits, shift) != k->leaf))
		return false;
	memcpy(result, k->head, sizeof(k->head));
	result->address = (desc & SMMU_QUICK_ADDRESS & ~low) | (va & low);
	result->span = low + 1 - (va & low);
	/* The code, and what else fills the word. */
	memset(&result->fault, 0, sizeof(uint64_t));
	iom_front_class_use(class);
	iom_bump(q->config_hits, 1, 1);
	iom_bump(q->iotlb_misses, 1, 1);
	iom_bump(q->reads, 1, h->reads[shift / 9 & 3]);
	return true;
}

/* The context is another, the memory too, or somebody watches. */
static inline bool moved(const iom_iommu *iommu, const iom_front_class *class)
{
	return G_UNLIKELY(class->context->serial != class->serial) || iom_observed(iommu) ||
	       G_UNLIKELY(smmu_quick_of(class)->window.layout !=
			  iommu->bus.memory[IOM_SPACE_NONSECURE]->layout);
}

/* The leaf of an IPA in the window; reads are counted. */
static inline __attribute__((always_inline)) bool plain_second(const struct smmu_quick *q,
							       const uint8_t *host, uint64_t base,
							       uint64_t ipa, uint64_t *leaf,
							       unsigned *lg2, unsigned *reads)
{
	const uint64_t check = q->refused[1] | 3;
	uint64_t at, desc;
	unsigned shift = q->s2_shift;

	if (G_UNLIKELY(ipa >> q->s2_bits))
		return false;
	/* Tables at the start may be concatenated; nothing is above their index. */
	at = (q->s2_ttb | (ipa >> (shift - 3) & (UINT64_MAX << 3))) - base;
#define SECOND_LOAD() \
	if (G_UNLIKELY(at > q->window.room)) \
		return false; \
	desc = GUINT64_FROM_LE( \
		__atomic_load_n((const uint64_t *)(const void *)(host + at), __ATOMIC_ACQUIRE)); \
	++*reads
#define SECOND_NEXT(SHIFT) \
	SECOND_LOAD(); \
	if (G_UNLIKELY((desc & check) != 3)) { \
		*leaf = desc; \
		*lg2 = (SHIFT) + 9; \
		return smmu_quick_is_leaf(desc, (SHIFT) + 9, check); \
	} \
	at = ((desc & SMMU_QUICK_ADDRESS) | (ipa >> ((SHIFT)-3) & 0xff8)) - base
	switch (shift) {
	case 39:
		SECOND_NEXT(30);
		/* fallthrough */
	case 30:
		SECOND_NEXT(21);
		/* fallthrough */
	case 21:
		SECOND_NEXT(12);
		/* fallthrough */
	case 12:
		SECOND_LOAD();
		break;
	default:
		return false;
	}
	*leaf = desc;
	*lg2 = 12;
	return smmu_quick_is_leaf(desc, 12, check);
}

static __attribute__((noinline)) uint64_t upper_table(struct smmu_quick *q, unsigned level,
						      uint64_t ipa)
{
	uint64_t page = smmu_flat_find(q->flat, &q->scope, ipa, q->space);

	if (page)
		smmu_flat_remember(q->flat, &q->scope, ipa, &q->upper[level]);
	return page;
}

/*
 * The entry of a page of stage 1 tables. Those of the upper levels are few, and most
 * often the same as in the walk before.
 */
static inline __attribute__((always_inline)) uint64_t plain_table(struct smmu_quick *q,
								  unsigned shift, uint64_t ipa)
{
	unsigned level = (shift - 21) / 9;
	uint64_t page;

	if (G_UNLIKELY(ipa >> q->s2_bits))
		return 0;
	if (shift == 12)
		return smmu_flat_find(q->flat, &q->scope, ipa, q->space);
	page = smmu_flat_find_again(&q->upper[level], ipa);
	return G_LIKELY(page) ? page : upper_table(q, level, ipa);
}

/* Where an IPA leads and what it is like, as page_at(). */
static inline __attribute__((always_inline)) bool plain_page(const struct smmu_quick *q, bool flat,
							     const uint8_t *host, uint64_t base,
							     uint64_t ipa, uint64_t *pa,
							     uint64_t *like, unsigned *lg2,
							     unsigned *reads)
{
	uint64_t page;

	if (flat) {
		if (G_UNLIKELY(ipa >> q->s2_bits))
			return false;
		page = smmu_flat_find(q->flat, &q->scope, ipa, q->space);
		*pa = (page & SMMU_FLAT_ADDRESS) | (ipa & 0xfff);
		*like = page & (SMMU_FLAT_TRAITS | SMMU_FLAT_SIZE);
		*lg2 = smmu_flat_lg2(page);
		return page != 0;
	}
	if (!plain_second(q, host, base, ipa, &page, lg2, reads))
		return false;
	*pa = (page & SMMU_QUICK_ADDRESS & UINT64_MAX << *lg2) | (ipa & ~(UINT64_MAX << *lg2));
	*like = (page & ~SMMU_QUICK_ADDRESS) | (uint64_t)*lg2 << 16;
	return true;
}

/* One level of stage 1 under stage 2: its descriptor. */
static inline __attribute__((always_inline)) bool plain_level(
	struct smmu_quick *q, const struct smmu_request_class *k, bool flat, const uint8_t *host,
	uint64_t base, unsigned shift, uint64_t at, uint64_t *desc, unsigned *reads)
{
	/* The size of a page of tables is no matter. */
	const uint64_t traits = flat ? SMMU_FLAT_TRAITS : ~SMMU_QUICK_ADDRESS;
	uint64_t like;
	unsigned lg2;

	if (flat) {
		like = plain_table(q, shift, at);
		at = (like & SMMU_FLAT_ADDRESS) | (at & 0xfff);
	} else if (!plain_page(q, false, host, base, at, &at, &like, &lg2, reads)) {
		return false;
	}
	at -= base;
	if (G_UNLIKELY((like & traits) != k->tables) || G_UNLIKELY(at > q->window.room))
		return false;
	*desc = GUINT64_FROM_LE(
		__atomic_load_n((const uint64_t *)(const void *)(host + at), __ATOMIC_ACQUIRE));
	++*reads;
	return true;
}

/* Both stages, as smmu_translate_class(): with the stage 2 cache and without. */
static inline __attribute__((always_inline)) bool plain_nested(iom_front_class *class,
							       const iom_request *request,
							       bool flat, iom_result *result)
{
	const struct smmu_request_class *k = smmu_class_of(class);
	struct smmu_quick *q = smmu_quick_of(class);
	const struct smmu_quick_half *h = &q->half[q->two_halves & request->address >> 55];
	const uint64_t va = request->address, check = q->refused[0] | 3, base = q->window.base;
	const uint8_t *host = q->window.host;
	uint64_t index = va & h->width, table = h->ttb, all = 0, at, desc, like, low;
	unsigned shift = h->shift, lg2, reads = 0;

	if (G_UNLIKELY((va ^ h->invert) & h->outside))
		return false;
#define NESTED_TABLE(SHIFT) \
	if (!plain_level(q, k, flat, host, base, (SHIFT), table | (index >> ((SHIFT)-3) & 0xff8), \
			 &desc, &reads)) \
		return false; \
	if (G_UNLIKELY((desc & check) != 3)) { \
		shift = (SHIFT); \
		break; \
	} \
	table = desc & SMMU_QUICK_ADDRESS; \
	all |= desc
	switch (shift) {
	case 39:
		NESTED_TABLE(39);
		/* fallthrough */
	case 30:
		NESTED_TABLE(30);
		/* fallthrough */
	case 21:
		NESTED_TABLE(21);
		/* fallthrough */
	case 12:
		if (!plain_level(q, k, flat, host, base, 12, table | (index >> 9 & 0xff8), &desc,
				 &reads))
			return false;
		shift = 12;
		break;
	default:
		return false;
	}
	low = ~(UINT64_MAX << shift);
	if (!smmu_quick_is_leaf(desc, shift, check) ||
	    G_UNLIKELY(smmu_quick_key(desc, all >> 59 & h->limits, shift) != k->leaf) ||
	    !plain_page(q, flat, host, base, (desc & SMMU_QUICK_ADDRESS & ~low) | (va & low), &at,
			&like, &lg2, &reads) ||
	    G_UNLIKELY(like != k->second))
		return false;
	low = ~(UINT64_MAX << MIN(shift, lg2));
	memcpy(result, k->head, sizeof(k->head));
	result->address = at;
	result->span = low + 1 - (at & low);
	memset(&result->fault, 0, sizeof(uint64_t));
	iom_front_class_use(class);
	iom_bump(q->config_hits, 1, 1);
	iom_bump(q->iotlb_misses, 1, 1);
	iom_bump(q->reads, 1, reads);
	/* A look-up for every table, and one for the page. */
	if (flat)
		iom_bump(q->stage2_hits, 1, reads + 1);
	return true;
}

static __attribute__((noinline)) void translate_nested(iom_iommu *iommu, iom_front *front,
						       iom_front_class *class,
						       const iom_request *request,
						       iom_result *result)
{
	if (!plain_nested(class, request, false, result))
		smmu_translate_known(iommu, front, class, request, result);
}

static __attribute__((noinline)) void translate_flat(iom_iommu *iommu, iom_front *front,
						     iom_front_class *class,
						     const iom_request *request, iom_result *result)
{
	if (!plain_nested(class, request, true, result))
		smmu_translate_known(iommu, front, class, request, result);
}

/*
 * Stage 1 alone, with no cache but that of contexts, all tables in one window and a
 * leaf like the last one: loads and what is remembered. Everything else is somebody
 * else's. The class holds: it was looked at before any table.
 */
static inline __attribute__((always_inline)) bool plain_first(const iom_iommu *iommu,
							      iom_front_class *class,
							      const iom_request *request,
							      iom_result *result)
{
	const struct smmu_request_class *k = smmu_class_of(class);
	struct smmu_quick *q = smmu_quick_of(class);
	const struct smmu_quick_half *h = &q->half[q->two_halves & request->address >> 55];
	const uint64_t va = request->address, check = q->refused[0] | 3, base = q->window.base;
	const uint8_t *host = q->window.host;
	uint64_t index = va & h->width, table = h->ttb, all = 0, at, desc;
	unsigned shift;

	if (G_UNLIKELY((va ^ h->invert) & h->outside) || G_UNLIKELY(moved(iommu, class)))
		return false;
	switch (h->shift) {
	case 39:
		PLAIN_TABLE(39);
		/* fallthrough */
	case 30:
		PLAIN_TABLE(30);
		/* fallthrough */
	case 21:
		PLAIN_TABLE(21);
		/* fallthrough */
	case 12:
		PLAIN_STEP(12);
		return plain_leaf(class, k, q, h, va, desc, all, 12, result);
	default:
		return false;
	}
leaf:
	return plain_leaf(class, k, q, h, va, desc, all, shift, result);
}

static __attribute__((noinline)) void translate_other(iom_iommu *iommu, iom_front *front,
						      iom_front_class *class,
						      const iom_request *request,
						      iom_result *result)
{
	unsigned nested = smmu_class_of(class)->nested;

	if (nested == SMMU_NESTED_NONE || moved(iommu, class))
		smmu_translate_known(iommu, front, class, request, result);
	else if (nested == SMMU_NESTED_FLAT)
		translate_flat(iommu, front, class, request, result);
	else
		translate_nested(iommu, front, class, request, result);
}

void smmu_translate_class(iom_iommu *iommu, iom_front *front, iom_front_class *class,
			  const iom_request *request, iom_result *result)
{
	if (!smmu_class_of(class)->plain || !plain_first(iommu, class, request, result))
		translate_other(iommu, front, class, request, result);
}
