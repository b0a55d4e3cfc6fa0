/* SPDX-License-Identifier: MIT */
/* Which options a cache can have, together with its geometry and with each other. */
#include "core/cache.h"

static const char *const names[IOM_N_CACHES] = {
	[IOM_CACHE_CONFIG] = "config",       [IOM_CACHE_IOTLB] = "iotlb",
	[IOM_CACHE_WALK] = "walk",           [IOM_CACHE_STAGE2] = "stage2",
	[IOM_CACHE_INTERRUPT] = "interrupt",
};

/* By address, or by the number of a structure. */
static bool has_pages(iom_cache_id id)
{
	return id != IOM_CACHE_CONFIG && id != IOM_CACHE_INTERRUPT;
}

static uint32_t ways_of(const iom_cache_geometry *g)
{
	return g->ways && g->ways < g->entries ? g->ways : g->entries;
}

/* The fewest ways of all structures that keep anything; UINT32_MAX without one. */
static uint32_t fewest_ways(const iom_cache_geometry *geometry, const iom_cache_options *o)
{
	uint32_t least = geometry->entries ? ways_of(geometry) : UINT32_MAX;

	for (unsigned b = 0; b < o->n_bins; b++) {
		if (o->bin[b].geometry.entries)
			least = MIN(least, ways_of(&o->bin[b].geometry));
	}
	return least;
}

static char *check_partition(iom_cache_id id, const iom_cache_options *o, uint32_t ways,
			     uint32_t *parts)
{
	*parts = 1;
	if (o->partition_by == IOM_PARTITION_SHARED)
		return NULL;
	if (o->partition_by > IOM_PARTITION_DOMAIN)
		return g_strdup("expected requester, pasid or domain");
	if (!has_pages(id) && o->partition_by == IOM_PARTITION_DOMAIN)
		return g_strdup("domains are not known there; expected requester or pasid");
	if (id == IOM_CACHE_INTERRUPT && o->partition_by == IOM_PARTITION_PASID)
		return g_strdup("interrupts have no PASID; expected requester");
	if (o->n_shares > IOM_CACHE_PARTITIONS - 1)
		return g_strdup_printf("%u shares, expected at most %u", o->n_shares,
				       IOM_CACHE_PARTITIONS - 1);
	if (!o->n_shares && (o->partitions < 2 || o->partitions > IOM_CACHE_PARTITIONS))
		return g_strdup_printf("%u partitions, expected 2 to %u", o->partitions,
				       IOM_CACHE_PARTITIONS);
	for (unsigned i = 0; i < o->n_shares; i++) {
		const iom_cache_share *s = &o->share[i];

		if (!s->share || s->first > s->last)
			return g_strdup("expected shares from 1 and ranges that do not end before "
					"they begin");
		for (unsigned k = 0; k < i; k++) {
			if (s->first <= o->share[k].last && s->last >= o->share[k].first)
				return g_strdup_printf("%#x is in two partitions",
						       MAX(s->first, o->share[k].first));
		}
	}
	*parts = o->n_shares ? o->n_shares + 1u : o->partitions;
	if (*parts > ways)
		return g_strdup_printf("%u partitions need at least as many ways, there are %u",
				       *parts, ways);
	return NULL;
}

static char *check_pins(iom_cache_id id, const iom_cache_options *o, uint32_t ways, uint32_t parts)
{
	if (o->n_pins > IOM_CACHE_PINS)
		return g_strdup_printf("%u pins, expected at most %u", o->n_pins, IOM_CACHE_PINS);
	for (unsigned i = 0; i < o->n_pins; i++) {
		const iom_cache_pin *p = &o->pin[i];

		if (p->first > p->last)
			return g_strdup("expected a range that does not end before it begins");
		if (!has_pages(id) && (p->first != 0 || p->last != UINT64_MAX))
			return g_strdup(
				"entries there have no address; expected a requester alone");
	}
	if (o->n_pins && ways != UINT32_MAX && ways / parts < 2)
		return g_strdup_printf("pins need at least two ways in each partition; there are "
				       "%u ways for %u",
				       ways, parts);
	return NULL;
}

static char *check_bins(iom_cache_id id, const iom_cache_options *o)
{
	if (o->n_bins > IOM_CACHE_BINS)
		return g_strdup_printf("%u sizes with a structure of their own, expected at most "
				       "%u",
				       o->n_bins, IOM_CACHE_BINS);
	if (o->n_bins && !has_pages(id))
		return g_strdup("entries there have no size; expected one geometry");
	for (unsigned i = 0; i < o->n_bins; i++) {
		const iom_cache_bin *b = &o->bin[i];

		if (b->page_lg2 > 62 || b->stage > 2)
			return g_strdup("expected a size below 2^63 and stage 1 or 2");
		for (unsigned k = 0; k < i; k++) {
			if (b->page_lg2 == o->bin[k].page_lg2 && b->stage == o->bin[k].stage)
				return g_strdup("the same size twice");
		}
	}
	return NULL;
}

static char *check_policies(iom_cache_id id, const iom_cache_geometry *geometry,
			    const iom_cache_options *o)
{
	bool oracle = geometry->policy == IOM_POLICY_ORACLE, known = true;

	known = geometry->policy <= IOM_POLICY_ORACLE;
	for (unsigned b = 0; b < o->n_bins; b++) {
		oracle |= o->bin[b].geometry.policy == IOM_POLICY_ORACLE;
		known &= o->bin[b].geometry.policy <= IOM_POLICY_ORACLE;
	}
	if (!known)
		return g_strdup("expected policy lru, plru, fifo, random or oracle");
	if (oracle && id != IOM_CACHE_CONFIG && id != IOM_CACHE_IOTLB)
		return g_strdup("policy oracle: a trace tells the future of config and iotlb only; "
				"expected lru, plru, fifo or random");
	return NULL;
}

char *iom_cache_options_check(iom_cache_id id, const iom_cache_geometry *geometry,
			      const iom_cache_options *o, const char **key)
{
	uint32_t ways = fewest_ways(geometry, o), parts;
	char *wrong;

	*key = NULL;
	wrong = check_policies(id, geometry, o);
	if (wrong)
		return wrong;
	wrong = check_bins(id, o);
	if (wrong)
		return wrong;
	*key = "partition";
	wrong = check_partition(id, o, ways, &parts);
	if (wrong)
		return wrong;
	*key = "pin";
	wrong = check_pins(id, o, ways, parts);
	if (wrong)
		return wrong;
	*key = "pin_ways";
	if (o->pin_ways && o->pin_ways >= ways)
		return g_strdup_printf("%u ways, expected less than there are, %u", o->pin_ways,
				       ways);
	*key = "sectors";
	if (o->sectors_lg2 > IOM_CACHE_SECTORS_LG2)
		return g_strdup_printf("2^%u pages, expected at most %u", o->sectors_lg2,
				       1u << IOM_CACHE_SECTORS_LG2);
	*key = "prefetch";
	if (o->prefetch > IOM_CACHE_PREFETCH)
		return g_strdup_printf("%u pages, expected at most %u", o->prefetch,
				       IOM_CACHE_PREFETCH);
	if (o->prefetch && id != IOM_CACHE_IOTLB)
		return g_strdup("only iotlb prefetches; the others fill on its way");
	return NULL;
}

static bool has_oracle(const iom_cache_geometry *geometry, const iom_cache_options *o)
{
	bool oracle = geometry->policy == IOM_POLICY_ORACLE;

	for (unsigned b = 0; b < o->n_bins; b++)
		oracle |= o->bin[b].geometry.policy == IOM_POLICY_ORACLE;
	return oracle;
}

bool iom_cache_config_check(const iom_cache_config *config, GError **error)
{
	for (unsigned id = 0; id < IOM_N_CACHES; id++) {
		const iom_cache_geometry *g = &config->cache[id];
		const iom_cache_options *o = &config->options[id];
		const char *key;
		g_autofree char *wrong = iom_cache_options_check((iom_cache_id)id, g, o, &key);

		if (wrong) {
			g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG, "cache %s%s%s: %s",
				    names[id], key ? "." : "", key ? key : "", wrong);
			return false;
		}
		if (has_oracle(g, o) && !o->next_use) {
			g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
				    "cache %s: policy oracle needs the order of accesses to come, "
				    "which a replay has",
				    names[id]);
			return false;
		}
	}
	return true;
}
