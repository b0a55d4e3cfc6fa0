/* SPDX-License-Identifier: MIT */
/*
 * From what a command names (ASID, VMID, StreamID, address) to what the caches
 * know (tags and scopes).
 *
 * A tag covers everything of an identity and is invalidated in one step. An
 * address is invalidated in each scope of its ASID; the registry here remembers
 * which digests were used with an ASID, nearly always one. Where software makes
 * more than the registry keeps, the whole ASID or VMID goes instead.
 */
#include "smmu/walk.h"

#define ASIDS 256 /* of one VMID that an any-ASID command visits one by one */
#define MOST 65536 /* registered ASIDs; beyond it everything starts anew */

struct asids {
	uint16_t asid[ASIDS];
	unsigned n;
	bool overflow;
};

struct smmu_scopes {
	GHashTable *by_asid; /* key -> struct smmu_digests */
	GHashTable *by_vmid; /* key -> struct asids */
	GHashTable *stage2; /* key -> struct smmu_digests */
};

static uint64_t key_of(unsigned space, unsigned world, unsigned vmid, unsigned asid)
{
	return (uint64_t)space << 40 | (uint64_t)world << 32 | (uint64_t)vmid << 16 | asid;
}

void smmu_scopes_init(smmu *s)
{
	s->scopes = g_new0(struct smmu_scopes, 1);
	s->scopes->by_asid = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	s->scopes->by_vmid = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	s->scopes->stage2 = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
}

void smmu_scopes_free(smmu *s)
{
	g_hash_table_destroy(s->scopes->by_asid);
	g_hash_table_destroy(s->scopes->by_vmid);
	g_hash_table_destroy(s->scopes->stage2);
	g_free(s->scopes);
}

static void *find_or_add(GHashTable *table, uint64_t key, size_t size, bool *added)
{
	void *value = g_hash_table_lookup(table, &key);

	*added = !value;
	if (!value) {
		uint64_t *k = g_new(uint64_t, 1);

		*k = key;
		value = g_malloc0(size);
		g_hash_table_insert(table, k, value);
	}
	return value;
}

static void add_digest(smmu *s, GHashTable *table, uint64_t key, uint64_t digest, bool *added)
{
	struct smmu_digests *d = find_or_add(table, key, sizeof(*d), added);

	for (unsigned i = 0; i < d->n; i++) {
		if (d->digest[i] == digest)
			return;
	}
	if (d->n == SMMU_DIGESTS)
		d->overflow = true;
	else
		d->digest[d->n++] = digest;
	smmu_forget_reaches(s);
}

/* Nothing that is cached may stay unknown to the registry. */
static void bound(smmu *s)
{
	struct smmu_scopes *r = s->scopes;

	if (g_hash_table_size(r->by_asid) + g_hash_table_size(r->stage2) < MOST)
		return;
	iom_tags_invalidate_all(s->tags);
	g_hash_table_remove_all(r->by_asid);
	g_hash_table_remove_all(r->by_vmid);
	g_hash_table_remove_all(r->stage2);
	smmu_forget_reaches(s);
}

static bool has_stage2(const struct smmu_context *c)
{
	/* Split stage translates IPAs of a stream whose stage 1 is not looked at. */
	return c->mode == SMMU_MODE_S2 || c->mode == SMMU_MODE_NESTED;
}

void smmu_scopes_register_stage2(smmu *s, const struct smmu_context *c)
{
	bool added;

	bound(s);
	if (has_stage2(c))
		add_digest(s, s->scopes->stage2, key_of(c->space, SMMU_EL1, c->vmid, 0),
			   c->s2_digest, &added);
}

void smmu_scopes_register(smmu *s, const struct smmu_context *c)
{
	struct smmu_scopes *r = s->scopes;
	bool added;

	smmu_scopes_register_stage2(s, c);
	if (c->mode == SMMU_MODE_S2)
		add_digest(s, r->stage2, key_of(c->space, SMMU_EL1, c->vmid, 0), c->digest, &added);
	if (c->mode != SMMU_MODE_S1 && c->mode != SMMU_MODE_NESTED)
		return;
	add_digest(s, r->by_asid, key_of(c->space, c->world, c->vmid, c->s1.asid), c->digest,
		   &added);
	if (added) {
		struct asids *a = find_or_add(r->by_vmid, key_of(c->space, c->world, c->vmid, 0),
					      sizeof(*a), &added);

		if (a->n == ASIDS)
			a->overflow = true;
		else
			a->asid[a->n++] = c->s1.asid;
	}
}

void smmu_context_tags(smmu *s, struct smmu_context *c)
{
	uint64_t asid = (uint64_t)c->vmid << 16 | c->s1.asid;

	c->regime_tag = iom_tags_get(s->tags,
				     SMMU_TAG(SMMU_TAG_REGIME, c->space, smmu_regime(c->world), 0));
	if (c->mode == SMMU_MODE_S1 || c->mode == SMMU_MODE_NESTED) {
		c->vmid_tag =
			iom_tags_get(s->tags, SMMU_TAG(SMMU_TAG_VMID, c->space, c->world, c->vmid));
		c->asid_tag =
			iom_tags_get(s->tags, SMMU_TAG(SMMU_TAG_ASID, c->space, c->world, asid));
	}
	c->s2_tag = iom_tags_get(s->tags, SMMU_TAG(SMMU_TAG_STAGE2, c->space, 0, c->vmid));
}

static void drop(smmu *s, uint64_t identity)
{
	iom_tag *tag = iom_tags_find(s->tags, identity);

	if (tag)
		iom_tag_invalidate(s->tags, tag);
}

void smmu_invalidate_asid(smmu *s, unsigned space, enum smmu_world world, unsigned vmid,
			  unsigned asid)
{
	drop(s, SMMU_TAG(SMMU_TAG_ASID, space, world, (uint64_t)vmid << 16 | asid));
}

void smmu_invalidate_vmid(smmu *s, unsigned space, unsigned vmid, bool stage2)
{
	/* Stage 2 first: stage 1 must not be led by it again. */
	if (stage2)
		drop(s, SMMU_TAG(SMMU_TAG_STAGE2, space, 0, vmid));
	drop(s, SMMU_TAG(SMMU_TAG_VMID, space, SMMU_EL1, vmid));
}

void smmu_invalidate_regime(smmu *s, unsigned space, enum smmu_world world)
{
	drop(s, SMMU_TAG(SMMU_TAG_REGIME, space, smmu_regime(world), 0));
}

/* They stay where they are until the registry starts anew. */
const struct smmu_digests *smmu_scopes_digests(smmu *s, unsigned space, unsigned world,
					       unsigned vmid, unsigned asid)
{
	uint64_t key = key_of(space, world, vmid, asid);

	return g_hash_table_lookup(s->scopes->by_asid, &key);
}

static void range(smmu *s, iom_cache_id cache, uint64_t digest, uint64_t lo, uint64_t first,
		  uint64_t last)
{
	iom_cache_scope scope = { digest, lo };

	iom_cache_invalidate_range(s->caches[cache], &scope, first, last);
}

static __attribute__((noinline)) void tables_of(smmu *s, uint64_t digest, enum smmu_scope_kind kind,
						uint64_t lo, uint64_t first, uint64_t last)
{
	iom_cache_scope scopes[4];

	for (int level = -1; level <= 2; level++)
		scopes[level + 1] =
			(iom_cache_scope){ digest, lo | smmu_scope_lo(kind, level, 0, 0, 0, 0) };
	iom_cache_invalidate_ranges(s->caches[IOM_CACHE_WALK], scopes, 4, first, last);
}

/* The registry does not know all digests of the ASID. */
static __attribute__((noinline)) void whole_asid(smmu *s, unsigned space, unsigned world,
						 unsigned vmid, unsigned asid, bool global)
{
	if (global)
		smmu_invalidate_vmid(s, space, vmid, false);
	else
		smmu_invalidate_asid(s, space, (enum smmu_world)world, vmid, asid);
}

/* One ASID; `global` only its digests' global scopes. */
static void asid_range(smmu *s, unsigned space, unsigned world, unsigned vmid, unsigned asid,
		       uint64_t first, uint64_t last, bool leaf, bool global)
{
	const struct smmu_digests *d = smmu_scopes_digests(s, space, world, vmid, asid);
	enum smmu_scope_kind kind = global ? SMMU_SCOPE_GLOBAL : SMMU_SCOPE_ASID;
	uint64_t lo = smmu_scope_lo(kind, -1, space, world, vmid, global ? 0 : asid);
	bool tables = !leaf && !global && iom_cache_enabled(s->caches[IOM_CACHE_WALK]);

	if (!d)
		return;
	if (d->overflow) {
		whole_asid(s, space, world, vmid, asid, global);
		return;
	}
	for (unsigned i = 0; i < d->n; i++) {
		/* Tables first: what they lead to must not come again. */
		if (tables)
			tables_of(s, d->digest[i], SMMU_SCOPE_WALK1, lo, first, last);
		range(s, IOM_CACHE_IOTLB, d->digest[i], lo, first, last);
	}
}

static void every_asid(smmu *s, unsigned space, unsigned world, unsigned vmid, uint64_t first,
		       uint64_t last, bool leaf, bool global)
{
	uint64_t key = key_of(space, world, vmid, 0);
	const struct asids *a = g_hash_table_lookup(s->scopes->by_vmid, &key);

	if (!a)
		return;
	if (a->overflow) {
		if (world == SMMU_EL1)
			smmu_invalidate_vmid(s, space, vmid, false);
		else
			smmu_invalidate_regime(s, space, (enum smmu_world)world);
		return;
	}
	for (unsigned i = 0; i < a->n; i++)
		asid_range(s, space, world, vmid, a->asid[i], first, last, leaf, global);
}

void smmu_invalidate_va(smmu *s, unsigned space, enum smmu_world world, unsigned vmid,
			uint32_t asid, uint64_t first, uint64_t last, bool leaf)
{
	smmu_count_va_command(s);
	if (asid == SMMU_ANY_ASID)
		every_asid(s, space, world, vmid, first, last, leaf, false);
	else
		asid_range(s, space, world, vmid, asid, first, last, leaf, false);
	/* An address names global entries whatever ASID they came with. */
	if (__atomic_load_n(&s->any_global, __ATOMIC_ACQUIRE))
		every_asid(s, space, world, vmid, first, last, leaf, true);
}

void smmu_invalidate_ipa(smmu *s, unsigned space, unsigned vmid, uint64_t first, uint64_t last,
			 bool leaf)
{
	uint64_t key = key_of(space, SMMU_EL1, vmid, 0);
	const struct smmu_digests *d = g_hash_table_lookup(s->scopes->stage2, &key);

	if (!d)
		return;
	if (d->overflow) {
		drop(s, SMMU_TAG(SMMU_TAG_STAGE2, space, 0, vmid));
		return;
	}
	for (unsigned i = 0; i < d->n; i++) {
		for (unsigned secure = 0; secure <= (space == IOM_SPACE_SECURE); secure++) {
			enum smmu_scope_kind kind =
				secure ? SMMU_SCOPE_WALK2_SECURE : SMMU_SCOPE_WALK2;
			uint64_t lo = smmu_scope_lo(secure ? SMMU_SCOPE_S2_SECURE : SMMU_SCOPE_S2,
						    -1, space, SMMU_EL1, vmid, 0);

			/* Tables first: what they lead to must not come again. */
			if (!leaf)
				tables_of(s, d->digest[i], kind,
					  smmu_scope_lo((enum smmu_scope_kind)0, -1, space,
							SMMU_EL1, vmid, 0),
					  first, last);
			range(s, IOM_CACHE_STAGE2, d->digest[i], lo, first, last);
			range(s, IOM_CACHE_IOTLB, d->digest[i], lo, first, last);
		}
	}
}

/* ------------------------------------------------------------------------
 * Configuration cache
 */
struct sid_range {
	uint64_t first, last; /* space << 32 | StreamID */
};

static bool in_range(void *opaque, const iom_cache_scope *scope, uint64_t address,
		     unsigned page_lg2, const void *value)
{
	const struct sid_range *r = opaque;

	(void)address;
	(void)page_lg2;
	(void)value;
	return scope->hi >= r->first && scope->hi <= r->last;
}

void smmu_invalidate_ste(smmu *s, unsigned space, uint32_t first, uint32_t last)
{
	struct sid_range r = { (uint64_t)space << 32 | first, (uint64_t)space << 32 | last };

	if (last - first < 64) {
		for (uint64_t sid = first; sid <= last; sid++)
			drop(s, SMMU_TAG(SMMU_TAG_SID, space, 0, sid));
		return;
	}
	iom_cache_invalidate_if(s->caches[IOM_CACHE_CONFIG], in_range, &r);
}

void smmu_invalidate_cd(smmu *s, unsigned space, uint32_t sid, uint32_t ssid)
{
	iom_cache_scope scope = smmu_config_scope(space, sid, true);

	if (!iom_cache_enabled(s->caches[IOM_CACHE_CONFIG]))
		return;
	iom_cache_invalidate_range(s->caches[IOM_CACHE_CONFIG], &scope, ssid, ssid);
	if (ssid == 0) { /* also what a transaction without SubstreamID uses */
		scope = smmu_config_scope(space, sid, false);
		iom_cache_invalidate_range(s->caches[IOM_CACHE_CONFIG], &scope, 0, 0);
	}
}

void smmu_invalidate_config(smmu *s, unsigned space)
{
	drop(s, SMMU_TAG(SMMU_TAG_CONFIG, space, 0, 0));
}
