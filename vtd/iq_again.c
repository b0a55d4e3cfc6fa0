/* SPDX-License-Identifier: MIT */
/*
 * Descriptors that need no second look, the most of those that a driver sends:
 * invalidations of IOTLBs whose first word came before, and waits with nothing to
 * wait for. They are read from the queue in the host's memory; legality and operands
 * were looked at the first time (iq.c).
 *
 * All that one write of the tail sets off happens at one time of iom_tags: tables
 * were changed before the tail was written. Answers that were kept are void before
 * a wait completes, and before the queue is given back.
 */
#include "vtd/iq.h"

#include "core/front.h"
#include "core/memory.h"

#define AM_MASK UINT64_C(0x3f)
#define AM(word) ((unsigned)((word)&AM_MASK))
#define IH_MASK (UINT64_C(1) << 6)
/* 6.5.2.3 and 6.5.2.4: of the second word */
#define RESERVED UINT64_C(0xf80)

/* 6.5.2.9: a wait that does nothing but write its status */
#define WAIT_TYPE UINT64_C(5)
#define WAIT_SW (UINT64_C(1) << 5)
#define WAIT_FN (UINT64_C(1) << 6)
#define WAIT_PLAIN (UINT64_C(0xffffffff00000000) | WAIT_FN)

static inline vtd_reach *reach_at(vtd_queue *queue, uint64_t word)
{
	/* domain-id, PASID, granularity and type */
	return &queue->reach[(word ^ word >> 4 ^ word >> 16 ^ word >> 32) % VTD_REACHES];
}

void vtd_iq_forget(vtd_unit *unit)
{
	memset(unit->queue.reach, 0, sizeof(unit->queue.reach));
}

/* ------------------------------------------------------------------------
 * What a descriptor that was legal reaches; as inval.c
 */
void vtd_iq_remember_iotlb(vtd_unit *unit, const uint64_t *words)
{
	unsigned did = (unsigned)(vtd_iotlb_inv_dsc_get_DID(words) & iom_mask(unit->caps.nd));
	vtd_reach r = { .word = words[0],
			.reserved = RESERVED,
			.most = 63,
			.count = &unit->commands[VTD_CMD_IOTLB] };

	switch (vtd_iotlb_inv_dsc_get_G(words)) {
	case 1:
		r.all = true;
		break;
	case 2:
		r.tag[0] = vtd_tag(unit, VTD_TAG_SECOND, did, 0);
		r.tag[1] = vtd_tag(unit, VTD_TAG_STAGE2, did, 0);
		r.tag[2] = vtd_tag(unit, VTD_TAG_FIRST, did, 0);
		r.n_tags = 2;
		r.n_tags_first = 3;
		break;
	default:
		r.tag[0] = vtd_tag(unit, VTD_TAG_FIRST, did, 0);
		r.n_tags_first = 1;
		r.range = r.second = true;
		/* upper bits are ignored: leave such addresses to inval.c */
		r.reserved |= ~iom_mask(unit->caps.mgaw) & ~UINT64_C(0xfff);
		r.most = unit->caps.mamv;
		r.scope = vtd_scope_second(did);
	}
	*reach_at(&unit->queue, r.word) = r;
}

void vtd_iq_remember_pasid_iotlb(vtd_unit *unit, const uint64_t *words)
{
	unsigned did = (unsigned)(vtd_p_iotlb_inv_dsc_get_DID(words) & iom_mask(unit->caps.nd));
	uint32_t pasid = (uint32_t)vtd_p_iotlb_inv_dsc_get_PASID(words);
	vtd_reach r = { .word = words[0],
			.reserved = RESERVED,
			.most = 63,
			.count = &unit->commands[VTD_CMD_PASID_IOTLB] };

	if (vtd_p_iotlb_inv_dsc_get_G(words) == 2) {
		r.tag[0] = vtd_tag(unit, VTD_TAG_SECOND, did, 0);
		r.tag[1] = vtd_tag(unit, VTD_TAG_PASID, did, pasid);
		r.n_tags = 1;
		r.n_tags_first = 2;
	} else {
		r.range = true;
		r.scope = vtd_scope_first(did, pasid);
	}
	*reach_at(&unit->queue, r.word) = r;
}

/* ------------------------------------------------------------------------
 * The same descriptor again
 */
typedef struct again {
	vtd_unit *unit;
	iom_epoch at; /* 0 before anything was invalidated */
	bool first_stages;
	bool outdated; /* answers that were kept are, and nobody was told */
} again;

static inline void begin(again *a)
{
	if (a->at)
		return;
	a->at = iom_tags_next(a->unit->tags);
	a->first_stages = atomic_load_explicit(&a->unit->first_stages, memory_order_acquire);
}

/* What begins from now on is new: nothing of before is left for it to find. */
static inline void finish(again *a)
{
	/* Everybody else who lets that clock go on has the lock, too. */
	if (a->at)
		iom_tags_advance(a->unit->tags, a->at);
	a->at = 0;
	if (a->outdated)
		iom_tags_outdate(a->unit->tags);
	a->outdated = false;
}

static inline void count(_Atomic uint64_t *counter, uint64_t n)
{
	/* the lock is held */
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
			      memory_order_relaxed);
}

static inline void drop_tags(again *a, const vtd_reach *r)
{
	unsigned n = a->first_stages ? r->n_tags_first : r->n_tags;

	for (unsigned i = 0; i < n; i++)
		iom_tag_invalidate_at(a->unit->tags, r->tag[i], a->at);
	a->outdated |= n != 0;
}

static void drop_all(again *a)
{
	iom_cache_invalidate_all_at(a->unit->cache[IOM_CACHE_IOTLB], a->at);
	iom_cache_invalidate_all_at(a->unit->cache[IOM_CACHE_WALK], a->at);
	iom_cache_invalidate_all_at(a->unit->cache[IOM_CACHE_STAGE2], a->at);
	a->outdated = true;
}

static inline void drop_range(again *a, const vtd_reach *r, uint64_t first, uint64_t last,
			      bool leaf)
{
	iom_cache *const *cache = a->unit->cache;

	iom_cache_invalidate_range_at(cache[IOM_CACHE_IOTLB], &r->scope, first, last, a->at);
	if (r->second && a->first_stages)
		iom_cache_invalidate_range_at(cache[IOM_CACHE_STAGE2], &r->scope, first, last,
					      a->at);
	if (!leaf)
		iom_cache_invalidate_range_at(cache[IOM_CACHE_WALK], &r->scope, first, last, a->at);
}

/* The queue in the host's memory, as words. */
typedef struct words {
	const uint64_t *host;
	uint64_t mask; /* of an offset in bytes */
	uint32_t step;
} words;

static inline uint64_t load_word(const words *q, uint64_t head, unsigned i)
{
	return GUINT64_FROM_LE(__atomic_load_n(q->host + head / 8 + i, __ATOMIC_ACQUIRE));
}

static inline bool upper_clear(const words *q, uint64_t head)
{
	return q->step == 16 || !(load_word(q, head, 2) | load_word(q, head, 3));
}

static inline bool wait_is_plain(const vtd_unit *unit, uint64_t word0)
{
	return (word0 & ~WAIT_PLAIN) == (WAIT_TYPE | WAIT_SW) && !unit->queue.waits->len &&
	       !unit->queue.sequence;
}

/* False: something is to be waited for, or the write takes more than a store. */
static inline bool wait_again(again *a, uint64_t word0, uint64_t word1)
{
	vtd_unit *unit = a->unit;
	uint64_t address = word1 & iom_mask(unit->caps.haw);
	uint32_t *status;

	finish(a);
	if (!iom_flight_none(unit->base.flight) || word1 & 3)
		return false;
	status = iom_memory_word(unit->memory, address, 4);
	if (!status)
		return false;
	__atomic_store_n(status, GUINT32_TO_LE((uint32_t)(word0 >> 32)), __ATOMIC_RELEASE);
	count(&unit->commands[VTD_CMD_WAIT], 1);
	return true;
}

/* Whether a descriptor with the first word of the one before says a page as that did. */
static inline bool page_alike(const words *q, const vtd_reach *r, uint64_t at, uint64_t word1,
			      uint64_t next)
{
	return load_word(q, at, 0) == r->word &&
	       !(((next ^ word1) & (AM_MASK | IH_MASK)) | (next & r->reserved)) &&
	       upper_clear(q, at);
}

/*
 * Drivers invalidate page after page: descriptors that say the same of other pages are
 * looked up together. Returns the offset behind the last of them.
 */
static inline uint64_t pages_again(again *a, const words *q, const vtd_reach *r, uint64_t next,
				   uint64_t tail, uint64_t word1)
{
	iom_cache *const *cache = a->unit->cache;
	uint64_t page[IOM_CACHE_PAGES], n = 0, other = word1;

	for (;;) {
		page[n++] = other >> IOM_CACHE_PAGE_LG2;
		if (next == tail || n == IOM_CACHE_PAGES)
			break;
		other = load_word(q, next, 1);
		if (!page_alike(q, r, next, word1, other))
			break;
		next = (next + q->step) & q->mask;
	}
	iom_cache_invalidate_pages_at(cache[IOM_CACHE_IOTLB], &r->scope, page, (unsigned)n, a->at);
	if (r->second && a->first_stages)
		iom_cache_invalidate_pages_at(cache[IOM_CACHE_STAGE2], &r->scope, page, (unsigned)n,
					      a->at);
	if (!(word1 & IH_MASK))
		iom_cache_invalidate_pages_at(cache[IOM_CACHE_WALK], &r->scope, page, (unsigned)n,
					      a->at);
	count(r->count, n);
	return next;
}

static inline void range_again(again *a, const vtd_reach *r, uint64_t word1)
{
	uint64_t mask = iom_mask(12 + AM(word1));

	drop_range(a, r, word1 & ~mask, word1 | mask, word1 & IH_MASK);
	count(r->count, 1);
}

uint64_t vtd_iq_again(vtd_unit *unit, const uint64_t *host, unsigned step, uint64_t mask,
		      uint64_t head, uint64_t tail)
{
	const words q = { host, mask, step };
	again a = { .unit = unit };
	const vtd_reach *r = &unit->queue.reach[0];

	while (head != tail) {
		uint64_t word0 = load_word(&q, head, 0), word1 = load_word(&q, head, 1);
		uint64_t next = (head + step) & mask;

		if (G_UNLIKELY(!upper_clear(&q, head)))
			break;
		if (r->word != word0) /* it is often the one before */
			r = reach_at(&unit->queue, word0);
		/* a word of zeros is no descriptor, and what nothing is known of */
		if (r->word != word0 || G_UNLIKELY(!word0)) {
			if (!wait_is_plain(unit, word0) || !wait_again(&a, word0, word1))
				break;
			head = next;
			continue;
		}
		if (G_UNLIKELY(word1 & r->reserved) || G_UNLIKELY(AM(word1) > r->most))
			break;
		begin(&a);
		if (r->n_tags_first)
			drop_tags(&a, r);
		head = next;
		if (r->range && !AM(word1)) {
			head = pages_again(&a, &q, r, next, tail, word1);
		} else if (r->range) {
			range_again(&a, r, word1);
		} else {
			if (r->all)
				drop_all(&a);
			count(r->count, 1);
		}
	}
	finish(&a);
	return head;
}

/* Whether the whole queue is in the host's memory, and where. */
const uint64_t *vtd_iq_host(vtd_unit *unit, uint64_t iqa, uint64_t size)
{
	vtd_direct *d = &unit->queue.direct;
	const iom_memory *memory = unit->memory;
	uint64_t base = vtd_iqa_get_IQA(&iqa);

	if (G_UNLIKELY(d->iqa != iqa || d->layout != memory->layout)) {
		iom_window w;

		*d = (vtd_direct){ .iqa = iqa, .layout = memory->layout };
		if (iom_window_look(&w, memory, base) && base - w.base + (size - 8) <= w.room)
			d->host = (const uint64_t *)(const void *)(w.host + (base - w.base));
	}
	return d->host;
}
