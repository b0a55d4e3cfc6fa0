/* SPDX-License-Identifier: MIT */
/* Making and ageing flattened stages 2; flat.h says what they are. */
#include "smmu/flat.h"

#include <string.h>

static struct smmu_flat *make(iom_cache *cache)
{
	struct smmu_flat *flat = g_new0(struct smmu_flat, 1);

	flat->entry = iom_host_table_new(&flat->table,
					 SMMU_FLAT_ENTRIES * sizeof(struct smmu_flat_entry), true);
	if (!flat->entry) {
		g_free(flat);
		return NULL;
	}
	flat->cache = cache;
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
		s->flat[slot] = make(cache);
	return s->flat[slot];
}

uint32_t smmu_flat_space(smmu *s, struct smmu_flat *flat, const struct smmu_context *c,
			 uint64_t generation)
{
	struct smmu_flat_space *r = &flat->recent[(c->s2_digest ^ c->vmid) % SMMU_FLAT_RECENT];

	if (r->number && r->digest == c->s2_digest && r->vmid == c->vmid &&
	    r->generation == generation)
		return r->number;
	if (++flat->numbers >= SMMU_FLAT_SPACES) {
		/* Numbers are used again: no entry and no context may still have one. */
		memset(flat->entry, 0, SMMU_FLAT_ENTRIES * sizeof(*flat->entry));
		memset(flat->recent, 0, sizeof(flat->recent));
		flat->numbers = 1;
		iom_tags_outdate(s->tags);
	}
	*r = (struct smmu_flat_space){ c->s2_digest, generation, flat->numbers, c->vmid };
	return r->number;
}
