/* SPDX-License-Identifier: MIT */
/*
 * What the library is compared with. The table is the design that emulators use
 * today; the walkers are the floor that memory sets: nothing but the loads that
 * depend on each other.
 */
#include "tools/bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct key {
	uint64_t iova;
	uint16_t asid;
	uint16_t vmid;
	uint8_t granule;
	uint8_t level;
} key;

typedef struct entry {
	uint64_t output;
	uint64_t mask;
	uint8_t permissions;
} entry;

typedef struct stream {
	uint16_t asid;
	uint16_t vmid;
	uint8_t granule;
	uint8_t start_level;
} stream;

struct iom_bench_table {
	const iom_bench_machine *machine;
	GMutex lock;
	GHashTable *streams;
	GHashTable *entries;
};

static guint key_hash(gconstpointer p)
{
	const key *k = p;
	uint64_t h = k->iova ^ (uint64_t)k->asid << 48 ^ (uint64_t)k->vmid << 32 ^
		     (uint64_t)k->level << 8 ^ k->granule;

	/* the finaliser of MurmurHash3 */
	h ^= h >> 33;
	h *= UINT64_C(0xff51afd7ed558ccd);
	h ^= h >> 33;
	h *= UINT64_C(0xc4ceb9fe1a85ec53);
	h ^= h >> 33;
	return (guint)h;
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
	const key *x = a, *y = b;

	return x->iova == y->iova && x->asid == y->asid && x->vmid == y->vmid &&
	       x->level == y->level && x->granule == y->granule;
}

iom_bench_table *iom_bench_table_new(const iom_bench_machine *m)
{
	iom_bench_table *t = g_new0(iom_bench_table, 1);
	stream *s = g_new0(stream, 1);

	t->machine = m;
	g_mutex_init(&t->lock);
	t->streams = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	t->entries = g_hash_table_new_full(key_hash, key_equal, g_free, g_free);
	*s = (stream){ .asid = 1, .granule = 12 };
	g_hash_table_insert(t->streams, GUINT_TO_POINTER(m->requester), s);
	iom_bench_table_fill(t);
	return t;
}

void iom_bench_table_free(iom_bench_table *t)
{
	g_hash_table_unref(t->streams);
	g_hash_table_unref(t->entries);
	g_mutex_clear(&t->lock);
	g_free(t);
}

void iom_bench_table_fill(iom_bench_table *t)
{
	const iom_bench_machine *m = t->machine;

	for (uint32_t i = 0; i < m->pages; i++) {
		key *k = g_new0(key, 1);
		entry *e = g_new0(entry, 1);

		k->iova = m->iova + ((uint64_t)i << 12);
		k->asid = 1;
		k->granule = 12;
		k->level = 3;
		*e = (entry){ .output = IOM_BENCH_DATA + ((uint64_t)i << 12),
			      .mask = 0xfff,
			      .permissions = IOM_READ | IOM_WRITE };
		g_hash_table_replace(t->entries, k, e);
	}
}

static uint64_t table_lookup(iom_bench_table *t, uint32_t requester, uint64_t iova)
{
	uint64_t output = UINT64_MAX;

	g_mutex_lock(&t->lock);
	const stream *s = g_hash_table_lookup(t->streams, GUINT_TO_POINTER(requester));

	for (unsigned level = s->start_level; level <= 3; level++) {
		unsigned shift = s->granule + 9 * (3 - level);
		key k = { .iova = iova >> shift << shift,
			  .asid = s->asid,
			  .vmid = s->vmid,
			  .granule = s->granule,
			  .level = (uint8_t)level };
		const entry *e = g_hash_table_lookup(t->entries, &k);

		if (e) {
			if (e->permissions & IOM_READ)
				output = e->output | (iova & e->mask);
			break;
		}
	}
	g_mutex_unlock(&t->lock);
	return output;
}

void iom_bench_table_translate(void *table, uint64_t n)
{
	iom_bench_table *t = table;
	const iom_bench_machine *m = t->machine;
	uint64_t wrong = 0;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t iova = m->order[i & m->order_mask];

		wrong += table_lookup(t, m->requester, iova) != iova - m->iova + IOM_BENCH_DATA;
	}
	if (wrong) {
		fprintf(stderr, "iommulate bench: the baseline answers wrongly\n");
		exit(1);
	}
}

static gboolean of_asid(gpointer k, gpointer value, gpointer asid)
{
	(void)value;
	return ((const key *)k)->asid == GPOINTER_TO_UINT(asid);
}

static gboolean covers(gpointer k, gpointer value, gpointer address)
{
	const key *x = k;

	return x->asid == 1 && x->iova == (*(const uint64_t *)address & ~((entry *)value)->mask);
}

void iom_bench_table_invalidate_asid(void *table, uint64_t n)
{
	iom_bench_table *t = table;

	/* An ASID that holds nothing: the scan is what costs. */
	for (uint64_t i = 0; i < n; i++) {
		g_mutex_lock(&t->lock);
		g_hash_table_foreach_remove(t->entries, of_asid, GUINT_TO_POINTER(2));
		g_mutex_unlock(&t->lock);
	}
}

void iom_bench_table_invalidate_page(void *table, uint64_t n)
{
	iom_bench_table *t = table;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t iova = t->machine->order[i & t->machine->order_mask];

		g_mutex_lock(&t->lock);
		g_hash_table_foreach_remove(t->entries, covers, &iova);
		g_mutex_unlock(&t->lock);
	}
}

static uint64_t load(const iom_bench_machine *m, uint64_t address)
{
	uint64_t v;

	memcpy(&v, (const char *)m->ram + (address - IOM_BENCH_RAM_BASE), 8);
	return v;
}

#define TABLE_MASK UINT64_C(0x0000fffffffff000)

static inline uint64_t walk4(const iom_bench_machine *m, uint64_t table, uint64_t address)
{
	for (unsigned shift = 39; shift > 12; shift -= 9)
		table = load(m, table + (address >> shift & 511) * 8) & TABLE_MASK;
	return load(m, table + (address >> 12 & 511) * 8) & TABLE_MASK;
}

/* Somewhere for the sums to go, so that the walks that make them are done. */
static volatile uint64_t sink;

void iom_bench_walk(void *machine, uint64_t n)
{
	const iom_bench_machine *m = machine;
	uint64_t root = iom_domain_tables(m->domain)->root, sum = 0;

	for (uint64_t i = 0; i < n; i++)
		sum += walk4(m, root, m->order[i & m->order_mask]);
	sink = sum;
}

void iom_bench_walk_nested(void *machine, uint64_t n)
{
	const iom_bench_machine *m = machine;
	uint64_t root = iom_domain_tables(m->domain)->root, sum = 0;
	uint64_t second = iom_driver_second_stage(m->driver)->root;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t address = m->order[i & m->order_mask], table = root;

		for (unsigned shift = 39; shift >= 12; shift -= 9) {
			uint64_t at = table + (address >> shift & 511) * 8;

			at = walk4(m, second, at) | (at & 0xfff);
			table = load(m, at) & TABLE_MASK;
		}
		sum += walk4(m, second, table);
	}
	sink = sum;
}
