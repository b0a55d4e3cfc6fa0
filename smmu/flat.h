/* SPDX-License-Identifier: MIT */
/*
 * The flattened stage 2: where pages of IPAs are, densely and by thread, for pages of
 * stage 1 tables and for those that accesses go to. It stands before the stage 2 cache
 * as the front does before the IOTLB: an entry holds while the set of that cache that it
 * came from is as it was and the thread's context holds; a use counts as a hit there, and
 * is one for the order of replacement.
 *
 * An entry is two words:
 *   first    sequence of the set 63:32, address space 31:20, IPA bits 47:28 19:0
 *   second   PA bits 47:12 in place; way 53:48, size 55:54, then what the page is like
 */
#ifndef IOM_SMMU_FLAT_H
#define IOM_SMMU_FLAT_H

#include "core/cache-impl.h"
#include "smmu/walk.h"

#define SMMU_FLAT_ENTRIES 65536
#define SMMU_FLAT_SPACES 4096

struct smmu_flat_entry {
	uint64_t key;
	uint64_t page;
};

/* A stage 2 that has entries: contexts that share it share them. */
struct smmu_flat_space {
	uint64_t digest;
	uint64_t generation;
	uint32_t number;
	uint16_t vmid;
};
#define SMMU_FLAT_SPACES_KEPT 64

struct smmu_flat {
	struct smmu_flat_entry *entry;
	/* of the cache; `recent` is this thread's */
	const iom_cache_set *sets;
	iom_cache_recent *recent;
	const iom_cache_use *touch;
	uint64_t set_mask;
	iom_cache *cache;
	uint32_t numbers; /* given out; 0 is none */
	struct smmu_flat_space last[SMMU_FLAT_SPACES_KEPT];
	iom_host_table table;
};

/* That of this thread; NULL where a use of the cache is more than a word of order. */
struct smmu_flat *smmu_flat_mine(smmu *s);
void smmu_flat_free(struct smmu_flat *flat);
/* The number of a context's stage 2 for what is read under `generation`. */
uint32_t smmu_flat_space(smmu *s, struct smmu_flat *flat, const struct smmu_context *c,
			 uint64_t generation);

#define SMMU_FLAT_ADDRESS UINT64_C(0x0000fffffffff000)
#define SMMU_FLAT_SIZE (UINT64_C(3) << 54)
#define SMMU_FLAT_TRAITS (UINT64_C(0xfff) | UINT64_C(7) << 56) /* never 0 */
/* The smaller fields of an answer of stage 2, twelve bits below the address, two above the size. */
static inline uint64_t smmu_flat_pack(const struct smmu_s2_out *out)
{
	return (uint64_t)out->perm[0] | (uint64_t)out->perm[1] << 3 | (uint64_t)out->memattr << 6 |
	       (uint64_t)out->sh << 10 | (uint64_t)out->ns << 56 | (uint64_t)out->mostly_ro << 57 |
	       UINT64_C(1) << 58;
}

static inline void smmu_flat_unpack(uint64_t page, struct smmu_s2_out *out)
{
	out->perm[0] = page & 7;
	out->perm[1] = page >> 3 & 7;
	out->memattr = page >> 6 & 15;
	out->sh = page >> 10 & 3;
	out->ns = page >> 56 & 1;
	out->mostly_ro = page >> 57 & 1;
}

static inline uint64_t smmu_flat_key(uint64_t ipa, uint32_t space, uint32_t sequence)
{
	return (uint64_t)sequence << 32 | (uint64_t)space << 20 | ipa >> 28;
}

static inline struct smmu_flat_entry *smmu_flat_at(const struct smmu_flat *flat, uint64_t ipa)
{
	return &flat->entry[ipa >> 12 & (SMMU_FLAT_ENTRIES - 1)];
}

static inline uint64_t smmu_flat_size(unsigned lg2)
{
	return (uint64_t)((lg2 - 12) / 9) << 54;
}

static inline unsigned smmu_flat_lg2(uint64_t page)
{
	return 12 + 9 * (unsigned)(page >> 54 & 3);
}

/* What iom_cache_hash() makes of a scope, for pages to come. */
struct smmu_flat_scope {
	uint64_t upper, sum;
};

static inline struct smmu_flat_scope smmu_flat_scope(const iom_cache_scope *scope)
{
	return (struct smmu_flat_scope){ scope->hi << 32 | scope->hi >> 32,
					 scope->lo * IOM_CACHE_HASH_SCOPE };
}

/* As iom_cache_index() of iom_cache_hash(). */
static inline uint64_t smmu_flat_index(const struct smmu_flat *flat,
				       const struct smmu_flat_scope *scope, uint64_t page)
{
	uint64_t hash =
		((page & ~flat->set_mask) ^ scope->upper) * IOM_CACHE_HASH_PAGE + scope->sum;

	return (page ^ hash >> 40) & flat->set_mask;
}

/* The second word of the page's entry, which is used once more; 0: there is none. */
static inline __attribute__((always_inline)) uint64_t smmu_flat_find(
	const struct smmu_flat *flat, const struct smmu_flat_scope *scope, uint64_t ipa,
	uint32_t space)
{
	const struct smmu_flat_entry *e = smmu_flat_at(flat, ipa);
	uint64_t page = e->page, at = ipa >> 12, index, *order;
	const iom_cache_use *use;
	uint32_t sequence;

	/* Foreseen, so that the set need not wait for the entry. */
	if (G_UNLIKELY(page & SMMU_FLAT_SIZE))
		at = ipa >> smmu_flat_lg2(page);
	index = smmu_flat_index(flat, scope, at);
	sequence = __atomic_load_n(&flat->sets[index].sequence, __ATOMIC_ACQUIRE);
	if (G_UNLIKELY(e->key != smmu_flat_key(ipa, space, sequence)))
		return 0;
	/* The word is of this sequence since the entry was kept. */
	order = &flat->recent[index].order;
	use = &flat->touch[page >> 48 & 63];
	IOM_CACHE_STORE(order, (IOM_CACHE_LOAD(order) & use->keep) | use->set);
	return page;
}

/* An entry that was used last, and all that another use takes. */
struct smmu_flat_again {
	uint64_t page; /* the IPA with its low 12 bits set: 0 is none */
	uint64_t entry; /* the second word */
	const uint32_t *sequence_at; /* of the set */
	uint64_t *order;
	const iom_cache_use *use;
	uint32_t sequence;
};

static inline __attribute__((always_inline)) uint64_t smmu_flat_find_again(
	const struct smmu_flat_again *a, uint64_t ipa)
{
	if (G_UNLIKELY((ipa | 0xfff) != a->page) ||
	    G_UNLIKELY(__atomic_load_n(a->sequence_at, __ATOMIC_ACQUIRE) != a->sequence))
		return 0;
	IOM_CACHE_STORE(a->order, (IOM_CACHE_LOAD(a->order) & a->use->keep) | a->use->set);
	return a->entry;
}

/* For the next time; the entry that smmu_flat_find() gave. */
void smmu_flat_remember(const struct smmu_flat *flat, const struct smmu_flat_scope *scope,
			uint64_t ipa, struct smmu_flat_again *a);

/* What the cache gave at that place for an IPA of at most 48 bits. */
static inline void smmu_flat_keep(const struct smmu_flat *flat, uint64_t ipa, uint32_t space,
				  const struct smmu_s2_out *out, const iom_cache_place *place)
{
	struct smmu_flat_entry *e = smmu_flat_at(flat, ipa);

	if (!place->usable || place->way > 63)
		return;
	iom_cache_order(flat->cache, place->index, place->sequence);
	e->key = smmu_flat_key(ipa, space, place->sequence);
	e->page = (out->pa & SMMU_FLAT_ADDRESS) | (uint64_t)place->way << 48 |
		  smmu_flat_size(out->page_lg2) | smmu_flat_pack(out);
}

#endif
