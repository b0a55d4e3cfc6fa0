/* SPDX-License-Identifier: MIT */
/*
 * Tags: who is invalidated as a whole, and when.
 *
 * An invalidation first marks the tag with the next point in time, and then lets
 * the clock get there. A walk that reads the clock after that was started after the
 * command, and sees neither the old tables nor what a cache has of them; one that
 * read it before is older than the mark.
 *
 * A tag may be missing when its identity is invalidated, while a walk for it is
 * under way and will make the tag when it inserts. So a tag is born dead to
 * everything older than its making, and looking for a missing one advances the
 * clock; the lock puts the two in order.
 *
 * Guests choose identities. Beyond IOM_TAGS_MOST of them, new ones share a few
 * tags: more than necessary is invalidated then, never less.
 */
#include "core/tags.h"

static uint64_t mix(uint64_t v)
{
	v ^= v >> 32;
	v *= UINT64_C(0xd6e8feb86659fd93);
	v ^= v >> 32;
	v *= UINT64_C(0xd6e8feb86659fd93);
	return v ^ v >> 32;
}

static iom_tag_table *table_new(uint32_t slots, iom_tag_table *older)
{
	iom_tag_table *t = g_malloc0(sizeof(*t) + slots * sizeof(iom_tag *));

	t->mask = slots - 1;
	t->older = older;
	return t;
}

static void place(iom_tag_table *t, iom_tag *tag)
{
	uint32_t i = (uint32_t)mix(tag->identity) & t->mask;

	while (t->slots[i])
		i = (i + 1) & t->mask;
	__atomic_store_n(&t->slots[i], tag, __ATOMIC_RELEASE);
}

static iom_tag *probe(const iom_tags *tags, uint64_t identity)
{
	const iom_tag_table *t = __atomic_load_n(&tags->table, __ATOMIC_ACQUIRE);

	for (uint32_t i = (uint32_t)mix(identity) & t->mask;; i = (i + 1) & t->mask) {
		iom_tag *tag = __atomic_load_n(&t->slots[i], __ATOMIC_ACQUIRE);

		if (!tag || tag->identity == identity)
			return tag;
	}
}

/* The tag of the next number, dead to all that is older than now. */
static iom_tag *append(iom_tags *tags, uint64_t identity)
{
	iom_tag *tag = &tags->tag[tags->count++];

	tag->identity = identity;
	tag->dead = __atomic_load_n(&tags->now, __ATOMIC_SEQ_CST);
	return tag;
}

iom_tags *iom_tags_new(void)
{
	iom_tags *tags = g_aligned_alloc0(1, sizeof(*tags), IOM_LINE);

	pthread_mutex_init(&tags->lock, NULL);
	tags->generation = &tags->alone;
	tags->now = tags->changed = tags->all = IOM_EPOCH_STEP;
	tags->table = table_new(256, NULL);
	tags->tag = iom_host_table_new(&tags->host, IOM_TAGS_MOST * sizeof(iom_tag), false);
	if (!tags->tag)
		tags->tag = g_new0(iom_tag, IOM_TAGS_MOST);
	for (unsigned i = 0; i <= IOM_TAGS_SHARED; i++)
		append(tags, 0)->dead = 0;
	return tags;
}

void iom_tags_free(iom_tags *tags)
{
	if (!tags)
		return;
	for (iom_tag_table *t = tags->table, *older; t; t = older) {
		older = t->older;
		g_free(t);
	}
	if (!tags->host.at)
		g_free(tags->tag);
	iom_host_table_free(&tags->host);
	pthread_mutex_destroy(&tags->lock);
	g_aligned_free(tags);
}

static iom_tag *shared(iom_tags *tags, uint64_t identity)
{
	return &tags->tag[1 + mix(identity) % IOM_TAGS_SHARED];
}

static bool full(const iom_tags *tags)
{
	return tags->count >= IOM_TAGS_MOST;
}

static iom_tag *make(iom_tags *tags, uint64_t identity)
{
	uint32_t used = tags->count - IOM_TAGS_SHARED - 1;
	iom_tag *tag = append(tags, identity);

	if (used >= tags->table->mask / 2) {
		iom_tag_table *old = tags->table;
		iom_tag_table *t = table_new((old->mask + 1) * 2, old);

		for (uint32_t i = 0; i <= old->mask; i++) {
			if (old->slots[i])
				place(t, old->slots[i]);
		}
		place(t, tag);
		__atomic_store_n(&tags->table, t, __ATOMIC_RELEASE);
	} else {
		place(tags->table, tag);
	}
	/* From now on identities without a tag share: they are as new as this one. */
	for (unsigned i = 1; full(tags) && i <= IOM_TAGS_SHARED; i++)
		iom_epoch_raise(&tags->tag[i].dead, tag->dead);
	return tag;
}

iom_tag *iom_tags_get(iom_tags *tags, uint64_t identity)
{
	iom_tag *tag = probe(tags, identity);

	if (G_LIKELY(tag))
		return tag;
	pthread_mutex_lock(&tags->lock);
	tag = probe(tags, identity);
	if (!tag)
		tag = full(tags) ? shared(tags, identity) : make(tags, identity);
	pthread_mutex_unlock(&tags->lock);
	return tag;
}

iom_tag *iom_tags_find(iom_tags *tags, uint64_t identity)
{
	iom_tag *tag = probe(tags, identity);

	if (G_LIKELY(tag))
		return tag;
	pthread_mutex_lock(&tags->lock);
	tag = probe(tags, identity);
	if (!tag && full(tags))
		tag = shared(tags, identity);
	if (!tag)
		__atomic_add_fetch(&tags->now, IOM_EPOCH_STEP, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&tags->lock);
	return tag;
}

/* Nothing of before is alive at the time that `dead` gets. */
static void mark(iom_tags *tags, iom_epoch *dead)
{
	iom_epoch at;

	do {
		at = iom_tags_next(tags);
		iom_epoch_raise(dead, at);
		iom_epoch_raise(&tags->changed, at);
	} while (!iom_tags_reach(tags, at));
	iom_tags_outdate(tags);
}

void iom_tag_invalidate(iom_tags *tags, iom_tag *tag)
{
	mark(tags, &tag->dead);
}

void iom_tags_invalidate_all(iom_tags *tags)
{
	mark(tags, &tags->all);
}

iom_epoch iom_tags_epoch(const iom_tags *tags)
{
	return __atomic_load_n(&tags->now, __ATOMIC_ACQUIRE);
}
