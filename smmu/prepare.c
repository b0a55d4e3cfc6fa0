/* SPDX-License-Identifier: MIT */
/* What quick walks in a context need, worked out once. */
#include <string.h>

#include "smmu/quick.h"

static bool plain_s2(const struct smmu_s2 *s2)
{
	return s2->granule_lg2 == 12 && s2->ia_bits <= 48 &&
	       !(s2->lpae | s2->ds | s2->big_endian | s2->haft | s2->pie);
}

static bool plain_half(const struct smmu_s1 *s1, const struct smmu_half *h)
{
	return h->granule_lg2 == 12 && !(h->disabled | h->e0pd) &&
	       !(s1->lpae | s1->big_endian | s1->ds | s1->aie | s1->pie | s1->haft);
}

static void half_init(const struct smmu_context *c, unsigned upper, struct smmu_quick_half *to)
{
	const struct smmu_half *h = &c->s1.half[upper];

	if (!plain_half(&c->s1, h) || h->start_level < 0)
		return;
	to->ttb = h->ttb;
	to->invert = upper ? UINT64_MAX : 0;
	to->outside = ~iom_mask(h->ia_bits);
	to->width = iom_mask(h->ia_bits);
	to->shift = (uint8_t)smmu_level_shift(12, h->start_level);
	to->limits = h->had ? 0 : 15;
	to->tbi = h->tbi;
	for (unsigned shift = 12; shift <= to->shift; shift += 9)
		to->reads[shift / 9 & 3] = (uint8_t)((to->shift - shift) / 9 + 1);
}

static iom_cache *enabled(const smmu *s, iom_cache_id id)
{
	return iom_cache_enabled(s->caches[id]) ? s->caches[id] : NULL;
}

void smmu_quick_cut(struct smmu_quick *q)
{
	iom_flat_cut(&q->flat);
	for (unsigned i = 0; i < 2; i++) {
		iom_flat_link_clear(&q->flat, &q->half[i].root);
		iom_flat_link_clear(&q->flat, &q->half[i].last[0]);
		iom_flat_link_clear(&q->flat, &q->half[i].last[1]);
	}
}

void smmu_quick_init(smmu *s, struct smmu_quick *q, bool kept, uint64_t generation)
{
	const struct smmu_context *c = &q->context;
	const struct smmu_s2 *s2 = &c->s2[0];
	unsigned slot = iom_thread_slot();

	memset(&q->half, 0, sizeof(*q) - offsetof(struct smmu_quick, half));
	q->nested = c->mode == SMMU_MODE_NESTED;
	q->two_halves = c->s1.two_halves;
	q->iotlb = enabled(s, IOM_CACHE_IOTLB);
	q->tables = enabled(s, IOM_CACHE_WALK);
	q->stage2 = q->nested ? enabled(s, IOM_CACHE_STAGE2) : NULL;
	q->kept = kept;
	if (kept) {
		q->iotlb_misses = &s->caches[IOM_CACHE_IOTLB]->cells[slot].misses;
		q->stage2_hits = &s->caches[IOM_CACHE_STAGE2]->cells[slot].hits;
		q->reads = iom_count_cell(&s->iommu, IOM_STAT_TABLE_READS);
	}
	q->plain = !q->iotlb && !q->tables && q->reads;
	if (s->ids.rme || s->n_pmcg || c->space != IOM_SPACE_NONSECURE ||
	    (c->mode != SMMU_MODE_S1 && (!q->nested || !plain_s2(s2))))
		return;
	q->window.base = UINT64_MAX;
	q->refused[0] = SMMU_QUICK_ADDRESS & ~iom_mask(c->s1.oa_bits);
	q->judged = ~SMMU_QUICK_ADDRESS | q->refused[0];
	q->refused[1] = SMMU_QUICK_ADDRESS & ~iom_mask(s2->oa_bits);
	if (q->nested) {
		q->s2_ttb = s2->ttb;
		q->s2_bits = s2->ia_bits;
		q->s2_shift = (uint8_t)smmu_level_shift(12, s2->start_level);
	}
	if (q->stage2) {
		iom_cache_scope scope = smmu_quick_scope(c, SMMU_SCOPE_S2, -1);

		iom_flat_look(kept ? iom_flat_mine(s->flat, q->stage2) : NULL, &scope, c->s2_digest,
			      c->vmid, generation, s2->granule_lg2, &q->flat);
	}
	for (unsigned i = 0; i < 2; i++)
		half_init(c, i, &q->half[i]);
	smmu_quick_cut(q);
}
