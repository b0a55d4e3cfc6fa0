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

/* Where an IPA leads and what it is like, as page_at(). */
static inline __attribute__((always_inline)) bool plain_page(const struct smmu_quick *q,
							     const uint8_t *host, uint64_t base,
							     uint64_t ipa, uint64_t *pa,
							     uint64_t *like, unsigned *lg2,
							     unsigned *reads)
{
	uint64_t page;

	if (!plain_second(q, host, base, ipa, &page, lg2, reads))
		return false;
	*pa = (page & SMMU_QUICK_ADDRESS & UINT64_MAX << *lg2) | (ipa & ~(UINT64_MAX << *lg2));
	*like = (page & ~SMMU_QUICK_ADDRESS) | (uint64_t)*lg2 << 16;
	return true;
}

/* One level of stage 1 under stage 2: its descriptor. */
static inline __attribute__((always_inline)) bool plain_level(const struct smmu_quick *q,
							      const struct smmu_request_class *k,
							      const uint8_t *host, uint64_t base,
							      uint64_t at, uint64_t *desc,
							      unsigned *reads)
{
	uint64_t like;
	unsigned lg2;

	if (!plain_page(q, host, base, at, &at, &like, &lg2, reads))
		return false;
	at -= base;
	/* The size of a page of tables is no matter. */
	if (G_UNLIKELY((like & ~SMMU_QUICK_ADDRESS) != k->tables) ||
	    G_UNLIKELY(at > q->window.room))
		return false;
	*desc = GUINT64_FROM_LE(
		__atomic_load_n((const uint64_t *)(const void *)(host + at), __ATOMIC_ACQUIRE));
	++*reads;
	return true;
}

/* Both stages without a stage 2 cache, as smmu_translate_class(). */
static inline __attribute__((always_inline)) bool plain_nested(iom_front_class *class,
							       const iom_request *request,
							       iom_result *result)
{
	const struct smmu_request_class *k = smmu_class_of(class);
	const struct smmu_quick *q = smmu_quick_of(class);
	const struct smmu_quick_half *h = &q->half[q->two_halves & request->address >> 55];
	const uint64_t va = request->address, check = q->refused[0] | 3, base = q->window.base;
	const uint8_t *host = q->window.host;
	uint64_t index = va & h->width, table = h->ttb, all = 0, at, desc, like, low;
	unsigned shift = h->shift, lg2, reads = 0;

	if (G_UNLIKELY((va ^ h->invert) & h->outside))
		return false;
#define NESTED_STEP(SHIFT) \
	if (!plain_level(q, k, host, base, table | (index >> ((SHIFT)-3) & 0xff8), &desc, &reads)) \
	return false
#define NESTED_TABLE(SHIFT) \
	NESTED_STEP(SHIFT); \
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
		NESTED_STEP(12);
		shift = 12;
		break;
	default:
		return false;
	}
	low = ~(UINT64_MAX << shift);
	if (!smmu_quick_is_leaf(desc, shift, check) ||
	    G_UNLIKELY(smmu_quick_key(desc, all >> 59 & h->limits, shift) != k->leaf) ||
	    !plain_page(q, host, base, (desc & SMMU_QUICK_ADDRESS & ~low) | (va & low), &at, &like,
			&lg2, &reads) ||
	    G_UNLIKELY(like != k->second))
		return false;
	low = ~(UINT64_MAX << MIN(shift, lg2));
	memcpy(result, k->head, sizeof(k->head));
	result->address = at;
	result->span = low + 1 - (at & low);
	memset(&result->fault, 0, sizeof(uint64_t));
	iom_front_class_use(class);
	iom_bump(q->iotlb_misses, 1, 1);
	iom_bump(q->reads, 1, reads);
	return true;
}

/*
 * Where the table at an IPA is, that no link leads to or no longer; next time one does.
 * False: the stage 2 cache has to be asked.
 */
static __attribute__((noinline)) bool new_table(struct smmu_quick *q,
						const struct smmu_request_class *k,
						const iom_memory *memory, iom_flat_link *link,
						uint64_t descriptor, uint64_t ipa,
						const uint8_t **host)
{
	uint64_t page, at, last;

	if (G_UNLIKELY(ipa >> q->s2_bits))
		return false;
	page = iom_flat_find(&q->flat, ipa);
	at = (page & IOM_FLAT_ADDRESS) | (ipa & 0xfff);
	last = at | 0xff8;
	if ((page & IOM_FLAT_TRAITS) != k->tables ||
	    (!iom_window_holds(&q->window, at) && !iom_window_look(&q->window, memory, at)) ||
	    last - q->window.base > q->window.room)
		return false;
	*host = q->window.host + (at - q->window.base);
	if (smmu_flat_same_read(page))
		iom_flat_link_to(&q->flat, link, descriptor, ipa, *host);
	return true;
}

/*
 * A leaf of stage 1 like the last one of the class, and its page. Only addresses that are
 * in range have one.
 */
static inline __attribute__((always_inline)) bool flat_leaf(
	const iom_front_class *class, const struct smmu_request_class *k,
	const struct smmu_quick *q, const struct smmu_quick_half *h, uint64_t va, uint64_t desc,
	uint64_t all, unsigned shift, iom_result *result)
{
	const uint64_t inside = ~(UINT64_MAX << shift);
	uint64_t ipa = (desc & SMMU_QUICK_ADDRESS & ~inside) | (va & inside), page, low;
	unsigned reads = h->reads[shift / 9 & 3];

	/* What has the key of a leaf of this size is one. */
	if (G_UNLIKELY(((desc & q->judged) | (all >> 59 & h->limits) << 12 |
			(uint64_t)shift << 16) != k->leaf))
		return false;
	page = iom_flat_find(&q->flat, ipa);
	if (G_UNLIKELY((page & (IOM_FLAT_TRAITS | IOM_FLAT_SIZE)) != k->second))
		return false;
	memcpy(result, k->head, sizeof(k->head));
	low = UINT64_C(1) << k->page_lg2;
	result->address = (page & IOM_FLAT_ADDRESS) | (va & 0xfff);
	result->span = low - (result->address & (low - 1));
	memset(&result->fault, 0, sizeof(uint64_t));
	iom_front_class_use(class);
	iom_bump(q->iotlb_misses, 1, 1);
	iom_bump(q->reads, 1, reads);
	/* A look-up for every table, and one for the page. */
	iom_bump(q->stage2_hits, 1, reads + 1);
	return true;
}

/* Of the two halves of the address space the lower is foreseen, and not waited for. */
static inline __attribute__((always_inline)) struct smmu_quick_half *half_of(struct smmu_quick *q,
									     uint64_t va)
{
	struct smmu_quick_half *h = &q->half[0];

	if (G_UNLIKELY(q->two_halves & va >> 55)) {
		h = &q->half[1];
		__asm__("" : "+r"(h));
	}
	return h;
}

/*
 * The same with the pages of stage 2 that the thread knows. Nearly always every link is
 * there (`whole`), and nothing is to be called. Tables of the upper levels are most often
 * those of the last walk: then the next level need not wait for their descriptors.
 */
static inline __attribute__((always_inline)) bool plain_flat(const iom_memory *memory,
							     iom_front_class *class,
							     const iom_request *request, bool whole,
							     iom_result *result)
{
	const struct smmu_request_class *k = smmu_class_of(class);
	struct smmu_quick *q = smmu_quick_of(class);
	const uint64_t va = request->address;
	struct smmu_quick_half *h = half_of(q, va);
	uint64_t index = va & h->width, all = 0, desc;
	const uint8_t *host;
	iom_flat_link *link;
	unsigned shift;

	if (G_UNLIKELY((va ^ h->invert) & h->outside))
		return false;
	if (G_UNLIKELY(!iom_flat_follow(&h->root, &host)) &&
	    (whole || !new_table(q, k, memory, &h->root, 0, h->ttb, &host)))
		return false;
#define FLAT_STEP(SHIFT) \
	desc = GUINT64_FROM_LE(__atomic_load_n( \
		(const uint64_t *)(const void *)(host + (index >> ((SHIFT)-3) & 0xff8)), \
		__ATOMIC_ACQUIRE))
/* Links have descriptors of tables only. */
#define FLAT_TABLE(SHIFT) \
	link = iom_flat_link_at(&q->flat, desc); \
	if (!iom_flat_links(&q->flat, link, desc) || G_UNLIKELY(!iom_flat_follow(link, &host))) { \
		if ((desc & (q->refused[0] | 3)) != 3) { \
			shift = (SHIFT); \
			goto leaf; \
		} \
		if (whole || \
		    !new_table(q, k, memory, link, desc, desc & SMMU_QUICK_ADDRESS, &host)) \
			return false; \
	} \
	all |= desc
#define FLAT_UPPER(SHIFT, LAST) \
	FLAT_STEP(SHIFT); \
	if (G_UNLIKELY((LAST)->descriptor != desc) || \
	    G_UNLIKELY(!iom_flat_follow((LAST), &host))) { \
		FLAT_TABLE(SHIFT); \
		*(LAST) = *link; \
	} else { \
		all |= desc; \
	}
	switch (h->shift) {
	case 39:
		FLAT_UPPER(39, &h->last[0]);
		/* fallthrough */
	case 30:
		FLAT_UPPER(30, &h->last[1]);
		/* fallthrough */
	case 21:
		FLAT_STEP(21);
		FLAT_TABLE(21);
		/* fallthrough */
	case 12:
		FLAT_STEP(12);
		return flat_leaf(class, k, q, h, va, desc, all, 12, result);
	default:
		return false;
	}
leaf:
	return flat_leaf(class, k, q, h, va, desc, all, shift, result);
}

static __attribute__((noinline)) void translate_nested(iom_iommu *iommu, iom_front *front,
						       iom_front_class *class,
						       const iom_request *request,
						       iom_result *result)
{
	if (!plain_nested(class, request, result))
		smmu_translate_known(iommu, front, class, request, result);
}

static __attribute__((noinline)) void relink(iom_iommu *iommu, iom_front *front,
					     iom_front_class *class, const iom_request *request,
					     iom_result *result)
{
	if (!plain_flat(iommu->bus.memory[IOM_SPACE_NONSECURE], class, request, false, result))
		smmu_translate_known(iommu, front, class, request, result);
}

static __attribute__((noinline)) void translate_flat(iom_iommu *iommu, iom_front *front,
						     iom_front_class *class,
						     const iom_request *request, iom_result *result)
{
	if (moved(iommu, class))
		smmu_translate_known(iommu, front, class, request, result);
	else if (!plain_flat(NULL, class, request, true, result))
		relink(iommu, front, class, request, result);
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
	if (smmu_class_of(class)->nested != SMMU_NESTED_WALK || moved(iommu, class))
		smmu_translate_known(iommu, front, class, request, result);
	else
		translate_nested(iommu, front, class, request, result);
}

void smmu_translate_class(iom_iommu *iommu, iom_front *front, iom_front_class *class,
			  const iom_request *request, iom_result *result)
{
	const struct smmu_request_class *k = smmu_class_of(class);

	if (k->plain) {
		if (!plain_first(iommu, class, request, result))
			smmu_translate_known(iommu, front, class, request, result);
	} else if (k->nested == SMMU_NESTED_FLAT) {
		translate_flat(iommu, front, class, request, result);
	} else {
		translate_other(iommu, front, class, request, result);
	}
}
