/* SPDX-License-Identifier: MIT */
/* Making and ageing flattened stages 2; flat.h says what they are. */
#include "smmu/flat.h"

#include <string.h>

static struct smmu_flat *make(iom_cache *cache, unsigned slot)
{
	iom_cache_recent *recent = __atomic_load_n(&cache->recent[slot], __ATOMIC_RELAXED);
	struct smmu_flat *flat;

	if (!recent)
		recent = iom_cache_recent_make(cache, slot);
	if (!recent)
		return NULL;
	flat = g_new0(struct smmu_flat, 1);
	flat->entry = iom_host_table_new(&flat->table,
					 SMMU_FLAT_ENTRIES * sizeof(struct smmu_flat_entry), true);
	if (!flat->entry) {
		g_free(flat);
		return NULL;
	}
	flat->cache = cache;
	flat->sets = cache->sets;
	flat->recent = recent;
	flat->touch = cache->touch;
	flat->set_mask = cache->set_mask;
	return flat;
}

void smmu_flat_free(struct smmu_flat *flat)
{
	if (!flat)
		return;
	iom_host_table_free(&flat->table);
	g_free(flat);
}

struct smmu_flat *smmu_flat_mine(smmu *s)
{
	iom_cache *cache = s->caches[IOM_CACHE_STAGE2];
	unsigned slot = iom_thread_slot();

	if (slot == IOM_SLOT_SHARED || !iom_cache_enabled(cache) || !cache->touch)
		return NULL;
	if (!s->flat[slot])
		s->flat[slot] = make(cache, slot);
	return s->flat[slot];
}

uint32_t smmu_flat_space(smmu *s, struct smmu_flat *flat, const struct smmu_context *c,
			 uint64_t generation)
{
	struct smmu_flat_space *r = &flat->last[(c->s2_digest ^ c->vmid) % SMMU_FLAT_SPACES_KEPT];

	if (r->number && r->digest == c->s2_digest && r->vmid == c->vmid &&
	    r->generation == generation)
		return r->number;
	if (++flat->numbers >= SMMU_FLAT_SPACES) {
		/* Numbers are used again: no entry and no context may still have one. */
		memset(flat->entry, 0, SMMU_FLAT_ENTRIES * sizeof(*flat->entry));
		memset(flat->last, 0, sizeof(flat->last));
		flat->numbers = 1;
		iom_tags_outdate(s->tags);
	}
	*r = (struct smmu_flat_space){ c->s2_digest, generation, flat->numbers, c->vmid };
	return r->number;
}

void smmu_flat_remember(const struct smmu_flat *flat, const struct smmu_flat_scope *scope,
			uint64_t ipa, struct smmu_flat_again *a)
{
	const struct smmu_flat_entry *e = smmu_flat_at(flat, ipa);
	uint64_t index = smmu_flat_index(flat, scope, ipa >> smmu_flat_lg2(e->page));

	a->page = ipa | 0xfff;
	a->entry = e->page;
	a->sequence_at = &flat->sets[index].sequence;
	a->sequence = (uint32_t)(e->key >> 32);
	a->order = &flat->recent[index].order;
	a->use = &flat->touch[e->page >> 48 & 63];
}
