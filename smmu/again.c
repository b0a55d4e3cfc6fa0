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
 * What is done but not yet at an end. All that the commands up to a CMD_SYNC invalidate
 * happens at one time of iom_tags, for the tables were changed before they were queued:
 * the clock goes on when all of it is gone. Who is here has the model's lock, and
 * everybody else who lets that clock go on has it, too.
 */
typedef struct again {
	smmu *s;
	iom_epoch at; /* 0 before anything was invalidated */
	bool outdated; /* answers that were kept are, and nobody was told */
} again;

static inline void begin(again *a)
{
	if (!a->at)
		a->at = iom_tags_next(a->s->tags);
}

/* What begins from now on is new: nothing of before is left for it to find. */
static inline void finish(again *a)
{
	if (a->at)
		iom_tags_advance(a->s->tags, a->at);
	if (a->outdated)
		iom_tags_outdate(a->s->tags);
	a->at = 0;
	a->outdated = false;
}

static inline void drop_tags(again *a, const struct smmu_reach *r)
{
	begin(a);
	iom_tag_invalidate_at(a->s->tags, r->tag[0], a->at);
	if (r->tag[1])
		iom_tag_invalidate_at(a->s->tags, r->tag[1], a->at);
	a->outdated = true;
}

/*
 * Drivers invalidate page after page: commands that say the same of other pages are
 * looked up together. Returns the index behind them.
 */
static inline uint32_t drop_pages(again *a, const struct smmu_direct *d, const struct smmu_reach *r,
				  uint32_t at, uint32_t prod)
{
	uint64_t page[IOM_CACHE_PAGES];
	unsigned n = 0;

	do {
		const uint64_t *command = d->host + 2 * (size_t)(at & d->mask >> 1);
		uint64_t word1 = load_word(command + 1);

		if (load_word(command) != r->word || (word1 & r->mask) != r->want)
			break;
		page[n++] = smmu_cmd_va(word1) >> IOM_CACHE_PAGE_LG2;
		at = (at + 1) & d->mask;
	} while (at != prod && n < IOM_CACHE_PAGES);
	if (!n)
		return at;
	begin(a);
	smmu_count_va_command(a->s);
	iom_cache_invalidate_pages_at(a->s->caches[IOM_CACHE_IOTLB], &r->scope, page, n, a->at);
	*r->count += n;
	return at;
}

uint32_t smmu_run_again(smmu *s, unsigned space, int queue, const struct smmu_direct *d,
			uint32_t cons, uint32_t prod)
{
	again a = { .s = s };

	while (cons != prod) {
		const uint64_t *at = d->host + 2 * (size_t)(cons & d->mask >> 1);
		uint64_t word0 = load_word(at);
		const struct smmu_reach *r;

		if ((word0 & 0xff) == SMMU_OP_SYNC) {
			finish(&a);
			if (!smmu_sync_plain(s, space, queue, word0))
				break;
			s->commands[s->command_at[space][SMMU_OP_SYNC] - 1]++;
			cons = (cons + 1) & d->mask;
			continue;
		}
		r = smmu_reach_at(s, space, word0);
		/* a word of zeros is no command, and what nothing is known of */
		if (r->word != word0 || G_UNLIKELY(!word0))
			break;
		if (r->tag[0]) {
			drop_tags(&a, r);
			++*r->count;
			cons = (cons + 1) & d->mask;
		} else {
			uint32_t next = drop_pages(&a, d, r, cons, prod);

			if (next == cons)
				break;
			cons = next;
		}
	}
	finish(&a);
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
