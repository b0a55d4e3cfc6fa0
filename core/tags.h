/* SPDX-License-Identifier: MIT */
/*
 * Tags from the inside. Cache entries name their tags by number, to fit into a
 * cache line; a number leads to the tag through segments that double in size and
 * never move.
 */
#ifndef IOM_CORE_TAGS_H
#define IOM_CORE_TAGS_H

#include "core/cache.h"
#include "core/counters.h"

#include <pthread.h>

#define IOM_TAG_SEGMENTS 16
#define IOM_TAG_FIRST_LG2 6
/* Number 0 stands for no tag; these are shared by all identities beyond the limit. */
#define IOM_TAGS_SHARED 63
#define IOM_TAGS_MOST (UINT32_C(1) << 20)

struct iom_tag {
	uint64_t dead; /* epoch of the last invalidation: older entries are gone */
	uint64_t identity;
	uint32_t index;
	uint32_t reserved[3];
};

typedef struct iom_tag_table {
	uint32_t mask;
	struct iom_tag_table *older; /* readers may still be in it */
	iom_tag *slots[];
} iom_tag_table;

struct iom_tags {
	/* What lookups read, apart from what every invalidation writes. */
	uint64_t all; /* epoch of the last invalidation of everything */
	iom_tag *segments[IOM_TAG_SEGMENTS];
	iom_tag_table *table;

	uint64_t now __attribute__((aligned(IOM_LINE)));
	uint64_t changed; /* differs after any invalidation that is not of a range */

	pthread_mutex_t lock __attribute__((aligned(IOM_LINE))); /* of making tags */
	uint32_t count;
};

G_STATIC_ASSERT(sizeof(struct iom_tag) == 32);

static inline iom_tag *iom_tag_at(const iom_tags *tags, uint32_t index)
{
	uint64_t i = (uint64_t)index + (1u << IOM_TAG_FIRST_LG2);
	unsigned lg2 = 63 - (unsigned)__builtin_clzll(i);
	iom_tag *segment =
		__atomic_load_n(&tags->segments[lg2 - IOM_TAG_FIRST_LG2], __ATOMIC_RELAXED);

	return &segment[i - (UINT64_C(1) << lg2)];
}

/* A new point in time; what was read before it is older. */
static inline iom_epoch iom_tags_advance(iom_tags *tags)
{
	return __atomic_add_fetch(&tags->now, 1, __ATOMIC_SEQ_CST);
}

#endif
