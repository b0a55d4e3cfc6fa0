/* SPDX-License-Identifier: MIT */
/*
 * Tags from the inside. Cache entries name their tags by number, to fit into a
 * cache line. All tags that there may be lie in one table of the host's address
 * space, of which only what is in use takes memory.
 *
 * Epochs count in steps of 64, which leaves the low bits of an entry's epoch for
 * the size of its page.
 */
#ifndef IOM_CORE_TAGS_H
#define IOM_CORE_TAGS_H

#include "core/cache.h"
#include "core/counters.h"
#include "core/hostmem.h"

#include <pthread.h>

#define IOM_EPOCH_STEP 64
/* Number 0 stands for no tag; these are shared by all identities beyond the limit. */
#define IOM_TAGS_SHARED 63
#define IOM_TAGS_MOST (UINT32_C(1) << 20)

struct iom_tag {
	uint64_t dead; /* epoch of the last invalidation: older entries are gone */
	uint64_t identity;
};

typedef struct iom_tag_table {
	uint32_t mask;
	struct iom_tag_table *older; /* readers may still be in it */
	iom_tag *slots[];
} iom_tag_table;

struct iom_tags {
	/* What lookups read, apart from what every invalidation writes. */
	uint64_t changed; /* epoch of the last invalidation that is not of a range */
	uint64_t all; /* epoch of the last invalidation of everything */
	/* Counts what ends the life of answers that were kept; front.h. Where they are asked for. */
	uint64_t *generation;
	iom_tag *tag;
	iom_tag_table *table;
	iom_host_table host;

	uint64_t now __attribute__((aligned(IOM_LINE)));

	pthread_mutex_t lock __attribute__((aligned(IOM_LINE))); /* of making tags */
	uint32_t count;

	uint64_t alone; /* the generation of a registry without fronts */
};

/* The epoch of an invalidation that begins: all that was read until now is older. */
static inline iom_epoch iom_tags_next(const iom_tags *tags)
{
	return __atomic_load_n(&tags->now, __ATOMIC_SEQ_CST) + IOM_EPOCH_STEP;
}

/*
 * What is older than `at` is gone: only now may anything be read that is as new.
 * The other way round, a walk that begins in between would be new, and yet be led
 * by what an invalidated table left behind in another entry. False: somebody else
 * has let time go on; the mark has to be made again with another iom_tags_next().
 */
static inline bool iom_tags_reach(iom_tags *tags, iom_epoch at)
{
	uint64_t now = at - IOM_EPOCH_STEP;

	return __atomic_compare_exchange_n(&tags->now, &now, at, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

/*
 * Answers that were kept before now are void. Called when what voids them is in
 * place: who reads the new generation sees it, and who read the old one keeps
 * nothing that outlives this call.
 */
static inline void iom_tags_outdate(iom_tags *tags)
{
	__atomic_add_fetch(tags->generation, 1, __ATOMIC_SEQ_CST);
}

/*
 * The same for who is alone in invalidating under this registry, as under the lock of
 * a model: plain stores. Who reads the clock sees what is dead, and who sees that the
 * invalidation has completed does so, too; nothing here has to be seen before anything
 * later is read.
 */
static inline void iom_tags_advance(iom_tags *tags, iom_epoch at)
{
	__atomic_store_n(&tags->now, at, __ATOMIC_RELEASE);
}

/*
 * Mark a tag as of a time that iom_tags_next() gave before, so that a batch of
 * invalidations needs, before it completes, one iom_tags_advance() and one
 * iom_tags_outdate(). Also only for who is alone.
 */
static inline void iom_tags_changed_at(iom_tags *tags, iom_epoch *dead, iom_epoch at)
{
	if (__atomic_load_n(dead, __ATOMIC_RELAXED) < at)
		__atomic_store_n(dead, at, __ATOMIC_RELEASE);
	if (__atomic_load_n(&tags->changed, __ATOMIC_RELAXED) < at)
		__atomic_store_n(&tags->changed, at, __ATOMIC_RELEASE);
}

static inline void iom_tag_invalidate_at(iom_tags *tags, iom_tag *tag, iom_epoch at)
{
	iom_tags_changed_at(tags, &tag->dead, at);
}

static inline void iom_tags_invalidate_all_at(iom_tags *tags, iom_epoch at)
{
	iom_tags_changed_at(tags, &tags->all, at);
}

/* Epochs that several invalidations may write at once only ever rise. */
static inline void iom_epoch_raise(iom_epoch *epoch, iom_epoch to)
{
	uint64_t old = __atomic_load_n(epoch, __ATOMIC_RELAXED);

	while (old < to && !__atomic_compare_exchange_n(epoch, &old, to, true, __ATOMIC_SEQ_CST,
							__ATOMIC_RELAXED))
		;
}

#endif
