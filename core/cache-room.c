/* SPDX-License-Identifier: MIT */
/* Room for an entry where partitions, pins, sectors or an oracle have a say. */
#include "core/cache-extra.h"

bool iom_cache_line_pinned(const iom_cache *cache, uint32_t index, unsigned way)
{
	uint32_t leader = iom_cache_leader(cache, index);

	if (!cache->extra->pinned)
		return false;
	for (uint32_t k = 0; k <= cache->sector_mask; k++) {
		if (cache->extra->pinned[(size_t)(leader + k) * cache->ways + way])
			return true;
	}
	return false;
}

/* ------------------------------------------------------------------------
 * Whose turn it is; cache-policy.h says how the order is kept
 */
static bool any(const iom_cache *cache, uint32_t index, unsigned from, unsigned to)
{
	for (unsigned way = from; way < to; way++) {
		if (!iom_cache_line_pinned(cache, index, way))
			return true;
	}
	return false;
}

/* The way that no other candidate was used before. */
static int matrix_oldest(const iom_cache *cache, uint32_t index, unsigned from, unsigned to)
{
	uint64_t order = IOM_CACHE_LOAD(&iom_cache_set_at(cache, index)->order);
	unsigned candidates = 0;

	for (unsigned way = from; way < to; way++) {
		if (!iom_cache_line_pinned(cache, index, way))
			candidates |= 1u << way;
	}
	for (unsigned way = from; way < to; way++) {
		if (candidates >> way & 1 && !(order >> (8 * way) & candidates & ~(1u << way)))
			return (int)way;
	}
	return -1;
}

/* Follow the bits, but not into a half without a candidate. */
static int tree_oldest(const iom_cache *cache, uint32_t index, const uint64_t *tree, unsigned from,
		       unsigned to)
{
	unsigned lo = 0, n = 1, node = 1;

	while (n < cache->ways)
		n *= 2;
	for (; n > 1; n /= 2) {
		unsigned middle = lo + n / 2;
		bool right = IOM_CACHE_LOAD(&tree[node / 64]) >> (node % 64) & 1;
		bool left_has = any(cache, index, MAX(lo, from), MIN(middle, to));
		bool right_has = any(cache, index, MAX(middle, from), MIN(lo + n, to));

		if (!left_has && !right_has)
			return -1;
		if (right ? !right_has : !left_has)
			right = !right;
		node = node * 2 + right;
		lo = right ? middle : lo;
	}
	return any(cache, index, lo, lo + 1) && lo >= from && lo < to ? (int)lo : -1;
}

/* Least, or with an oracle latest, of the candidates. */
static int stamps_first(const iom_cache *cache, uint32_t index, const uint64_t *stamps,
			unsigned from, unsigned to)
{
	bool latest = cache->policy == IOM_POLICY_ORACLE;
	uint64_t best = 0;
	int found = -1;

	for (unsigned way = from; way < to; way++) {
		uint64_t at = IOM_CACHE_LOAD(&stamps[way]);

		if (found >= 0 && (latest ? at <= best : at >= best))
			continue;
		if (iom_cache_line_pinned(cache, index, way))
			continue;
		best = at;
		found = (int)way;
	}
	return found;
}

static int random_of(iom_cache *cache, uint32_t index, unsigned from, unsigned to)
{
	unsigned n = 0, left;

	for (unsigned way = from; way < to; way++)
		n += !iom_cache_line_pinned(cache, index, way);
	if (!n)
		return -1;
	left = iom_cache_random_below(cache, n);
	for (unsigned way = from; way < to; way++) {
		if (!iom_cache_line_pinned(cache, index, way) && left-- == 0)
			return (int)way;
	}
	return -1;
}

int iom_cache_victim_among(iom_cache *cache, uint32_t index, unsigned from, unsigned to)
{
	uint32_t leader = iom_cache_leader(cache, index);
	const uint64_t *side =
		cache->side ? cache->side + (size_t)leader * cache->side_words : NULL;

	switch ((iom_cache_recency)cache->recency) {
	case IOM_RECENCY_MATRIX:
		return matrix_oldest(cache, leader, from, to);
	case IOM_RECENCY_TREE:
		return tree_oldest(cache, leader, &iom_cache_set_at(cache, leader)->order, from,
				   to);
	case IOM_RECENCY_STAMPS:
		return stamps_first(cache, leader, side, from, to);
	case IOM_RECENCY_WIDE_TREE:
		return tree_oldest(cache, leader, side, from, to);
	case IOM_RECENCY_NONE:
		break;
	}
	return random_of(cache, leader, from, to);
}

/* ------------------------------------------------------------------------
 * Room
 */

/* A page of the same line; its way. */
static int same_line(const iom_cache *cache, uint32_t index, uint8_t print,
		     const iom_cache_hot *key)
{
	iom_cache_scope scope = { key->hi, key->lo };

	for (uint32_t k = 1; k <= cache->sector_mask; k++) {
		int way = iom_cache_way(cache, index ^ k, print, &scope, key->page ^ k,
					key->born & 63);

		if (way >= 0)
			return way;
	}
	return -1;
}

/* A way of [from, to) where no page of a line is; -1 none. */
static int free_line(const iom_cache *cache, uint32_t index, unsigned from, unsigned to)
{
	uint32_t leader = iom_cache_leader(cache, index);

	for (unsigned way = from; way < to; way++) {
		uint32_t k = 0;

		while (k <= cache->sector_mask &&
		       !iom_cache_print_of(iom_cache_prints(cache, leader + k), way))
			k++;
		if (k > cache->sector_mask)
			return (int)way;
	}
	return -1;
}

static void free_dead(iom_cache *cache, uint32_t index)
{
	uint32_t leader = iom_cache_leader(cache, index);

	for (uint32_t k = 0; k <= cache->sector_mask; k++)
		iom_cache_free_dead(cache, leader + k);
}

static unsigned partition_of_way(const iom_cache_extra *extra, unsigned way)
{
	unsigned p = 0;

	while (p + 1 < extra->n_partitions && way >= extra->first[p + 1])
		p++;
	return p;
}

static void evict_line(iom_cache *cache, uint32_t index, unsigned way)
{
	uint32_t leader = iom_cache_leader(cache, index);

	for (uint32_t k = 0; k <= cache->sector_mask; k++) {
		if (iom_cache_print_of(iom_cache_prints(cache, leader + k), way))
			iom_cache_remove(cache, leader + k, way);
	}
	cache->evictions++;
	cache->extra->evictions[partition_of_way(cache->extra, way)]++;
}

static bool wanted(const iom_cache_extra *extra, const iom_cache_hot *key)
{
	unsigned lg2 = key->born & 63;
	uint64_t first = key->page << lg2, last = first | ((UINT64_C(1) << lg2) - 1);

	for (unsigned i = 0; i < extra->options.n_pins; i++) {
		const iom_cache_pin *pin = &extra->options.pin[i];

		if (pin->first <= last && pin->last >= first &&
		    (pin->requester == IOM_PIN_ANY ||
		     pin->requester == iom_cache_owner_.requester) &&
		    (pin->pasid == IOM_PIN_ANY || pin->pasid == iom_cache_owner_.pasid))
			return true;
	}
	return false;
}

static unsigned pinned_lines(const iom_cache *cache, uint32_t index, unsigned from, unsigned to)
{
	unsigned n = 0;

	for (unsigned way = from; way < to; way++)
		n += iom_cache_line_pinned(cache, index, way);
	return n;
}

bool iom_cache_to_pin(iom_cache *cache, uint32_t index, uint8_t print, const iom_cache_hot *key,
		      unsigned partition)
{
	iom_cache_extra *extra = cache->extra;
	unsigned from, to;
	unsigned most = extra->options.pin_ways ? extra->options.pin_ways : cache->ways / 2;
	iom_cache_scope scope = { key->hi, key->lo };
	int way;

	if (!extra->options.n_pins || !wanted(extra, key))
		return false;
	free_dead(cache, index);
	way = iom_cache_way(cache, index, print, &scope, key->page, key->born & 63);
	if (way < 0)
		way = same_line(cache, index, print, key);
	if (way >= 0 && iom_cache_line_pinned(cache, index, (unsigned)way))
		return true;
	/* It may be in a way of another partition, which keeps it. */
	if (way >= 0)
		partition = partition_of_way(extra, (unsigned)way);
	from = extra->first[partition];
	to = extra->first[partition + 1];
	if (pinned_lines(cache, index, 0, cache->ways) < most &&
	    pinned_lines(cache, index, from, to) + 1 < to - from)
		return true;
	extra->pins_refused++;
	return false;
}

int iom_cache_room(iom_cache *cache, uint32_t index, uint8_t print, const iom_cache_hot *key,
		   unsigned partition)
{
	iom_cache_extra *extra = cache->extra;
	unsigned from = extra->first[partition], to = extra->first[partition + 1];
	iom_cache_scope scope = { key->hi, key->lo };
	int way;

	/* What is dead holds no place, not even in another's partition. */
	free_dead(cache, index);
	way = iom_cache_way(cache, index, print, &scope, key->page, key->born & 63);
	if (way >= 0) {
		/* Replaced in its place, whoever it belongs to: nothing else has to go. */
		iom_cache_replace(cache, index, (unsigned)way);
		extra->insertions[partition]++;
		return way;
	}
	way = same_line(cache, index, print, key);
	if (way >= 0)
		extra->sectors_filled++;
	if (way < 0)
		way = free_line(cache, index, from, to);
	if (way < 0) {
		way = iom_cache_victim_among(cache, index, from, to);
		if (way < 0)
			return -1;
		evict_line(cache, index, (unsigned)way);
	}
	extra->insertions[partition]++;
	return way;
}
