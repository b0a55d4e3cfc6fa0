/* SPDX-License-Identifier: MIT */
/*
 * Commands that need no second look, the most of those that a driver sends: TLB
 * invalidations whose first word came before, and CMD_SYNC with nothing to wait for and
 * nobody to tell. They are read from the queue in the host's memory; legality, operands
 * and registers were looked at the first time.
 */
#include <string.h>

#include "core/memory.h"
#include "core/tags.h"
#include "smmu/cmdq.h"

void smmu_forget_reaches(smmu *s)
{
	memset(s->reach, 0, sizeof(s->reach));
}

/*
 * Where the commands are in the host's memory; NULL unless it holds the whole
 * queue, no granule is checked and no error injected.
 */
static const uint64_t *host_of(const smmu *s, unsigned space, const struct smmu_queue *q)
{
	const iom_memory *memory = s->iommu.bus.memory[space];
	uint64_t base = q->base & iom_mask(s->ids.oas_bits);
	const iom_region *r;

	if (s->ids.rme || memory->n_marks)
		return NULL;
	r = iom_memory_region(memory, base);
	if (!r || r->kind != IOM_REGION_RAM || r->last - base < (UINT64_C(16) << q->size_lg2) - 1)
		return NULL;
	return (const uint64_t *)(const void *)(r->host + (base - r->base));
}

void smmu_direct_find(const smmu *s, unsigned space, uint64_t base_reg, struct smmu_direct *d)
{
	struct smmu_queue q;

	smmu_queue_load(&q, base_reg, s->ids.cmdqs, 4, 0, 0);
	d->base_reg = base_reg;
	d->layout = s->iommu.bus.memory[space]->layout;
	d->mask = smmu_queue_mask(&q);
	d->base = q.base;
	d->host = host_of(s, space, &q);
}

static inline uint64_t load_word(const uint64_t *at)
{
	return GUINT64_FROM_LE(__atomic_load_n(at, __ATOMIC_ACQUIRE));
}

/*
 * Drivers invalidate page after page: what follows the command before `at` and says the
 * same of the next page is done with it. Returns the index behind; *more: bytes.
 */
static inline uint32_t pages_after(const struct smmu_direct *d, uint32_t at, uint32_t prod,
				   uint64_t word0, uint64_t word1, uint64_t *more)
{
	uint64_t bytes = 0;

	while (at != prod) {
		const uint64_t *next = d->host + 2 * (size_t)(at & d->mask >> 1);
		uint64_t expected = word1 + bytes + 4096;

		/* Bit 55 says the half, and ranges do not wrap. */
		if (load_word(next) != word0 || load_word(next + 1) != expected ||
		    (word1 ^ expected) >> 55)
			break;
		bytes += 4096;
		at = (at + 1) & d->mask;
	}
	*more = bytes;
	return at;
}

static inline void drop_tags(smmu *s, const struct smmu_reach *r)
{
	iom_tag_invalidate(s->tags, r->tag[0]);
	if (r->tag[1])
		iom_tag_invalidate(s->tags, r->tag[1]);
}

uint32_t smmu_run_again(smmu *s, unsigned space, int queue, const struct smmu_direct *d,
			uint32_t cons, uint32_t prod)
{
	while (cons != prod) {
		const uint64_t *at = d->host + 2 * (size_t)(cons & d->mask >> 1);
		uint64_t word0 = load_word(at), word1 = load_word(at + 1), more = 0;
		const struct smmu_reach *r = smmu_reach_at(s, space, word0);
		uint32_t next = (cons + 1) & d->mask;

		if (r->word != word0) {
			if (!smmu_sync_plain(s, space, queue, word0))
				break;
			s->commands[s->command_at[space][SMMU_OP_SYNC] - 1]++;
		} else if (r->tag[0]) {
			drop_tags(s, r);
			++*r->count;
		} else if ((word1 & r->mask) == r->want) {
			uint64_t first = smmu_cmd_va(word1);

			if (next != prod)
				next = pages_after(d, next, prod, word0, word1, &more);
			smmu_count_va_command(s);
			iom_cache_invalidate_range(s->caches[IOM_CACHE_IOTLB], &r->scope, first,
						   first + more + 4095);
			*r->count += 1 + (more >> 12);
		} else {
			break;
		}
		cons = next;
	}
	return cons;
}

/* Entries of one context in the IOTLB, and none in other caches or scopes. */
void smmu_remember_va(smmu *s, const struct smmu_cmd *cmd, unsigned space, enum smmu_world world,
		      unsigned vmid, unsigned asid)
{
	const struct smmu_digests *d = smmu_scopes_digests(s, space, world, vmid, asid);
	unsigned number = s->command_at[cmd->space][cmd->w[0] & 0xff];
	bool tables = iom_cache_enabled(s->caches[IOM_CACHE_WALK]);
	uint64_t lo = smmu_scope_lo(SMMU_SCOPE_ASID, -1, space, world, vmid, asid);

	if (!d || d->n != 1 || d->overflow || s->any_global)
		return;
	/* What is not of the last level takes tables with it; a range is decoded. */
	*smmu_reach_at(s, cmd->space, cmd->w[0]) =
		(struct smmu_reach){ .word = cmd->w[0],
				     .scope = { d->digest[0], lo },
				     .mask = (s->ids.ril ? 0xc00 : 0) | tables,
				     .want = tables,
				     .count = &s->commands[number - 1] };
}

void smmu_remember_tags(smmu *s, const struct smmu_cmd *cmd, uint64_t first, uint64_t second)
{
	unsigned number = s->command_at[cmd->space][cmd->w[0] & 0xff];
	iom_tag *a = iom_tags_find(s->tags, first);
	iom_tag *b = second ? iom_tags_find(s->tags, second) : NULL;

	if (a && (b || !second))
		*smmu_reach_at(s, cmd->space, cmd->w[0]) = (struct smmu_reach){
			.word = cmd->w[0], .tag = { a, b }, .count = &s->commands[number - 1]
		};
}
