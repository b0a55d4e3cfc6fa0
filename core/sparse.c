/* SPDX-License-Identifier: MIT */
/*
 * Sparse guest memory: a hash of 64 KiB chunks, keyed by the chunk's number in
 * the whole 64-bit space. A hash costs the same two loads wherever a region
 * lies and however large it is, and an address space with a few tables scattered
 * over 52 bits stays small. Chunks are cut from larger host mappings, which the
 * host fills with zeros page by page as they are touched.
 */
#include "core/hostmem.h"
#include "core/memory.h"

#include <stdbool.h>
#include <stdlib.h>

#define FIRST_SLOTS_LG2 6
#define SLAB_FIRST (UINT64_C(1) << 20)
#define SLAB_MOST (UINT64_C(1) << 26)

static iom_sparse_table *table_new(unsigned slots_lg2, iom_sparse_table *older)
{
	iom_sparse_table *t = g_malloc0(sizeof(*t) + (sizeof(iom_sparse_slot) << slots_lg2));

	t->shift = 64 - slots_lg2;
	t->older = older;
	return t;
}

iom_sparse *iom_sparse_new(void)
{
	iom_sparse *s = g_new0(iom_sparse, 1);

	s->table = table_new(FIRST_SLOTS_LG2, NULL);
	s->slabs = g_array_new(FALSE, FALSE, sizeof(iom_host_table));
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

void iom_sparse_free(iom_sparse *s)
{
	if (!s)
		return;
	for (guint i = 0; i < s->slabs->len; i++) {
		iom_host_table_free(&g_array_index(s->slabs, iom_host_table, i));
	}
	g_array_free(s->slabs, TRUE);
	for (iom_sparse_table *t = s->table, *older; t; t = older) {
		older = t->older;
		g_free(t);
	}
	pthread_mutex_destroy(&s->lock);
	g_free(s);
}

static void place(iom_sparse_table *t, uint64_t chunk, uint8_t *host)
{
	unsigned mask = (unsigned)((UINT64_C(1) << (64 - t->shift)) - 1);
	unsigned i = iom_sparse_home(t, chunk);

	while (t->slots[i].key)
		i = (i + 1) & mask;
	t->slots[i].host = host;
	/* Readers take no lock: the pointer must be there before the key is. */
	__atomic_store_n(&t->slots[i].key, chunk + 1, __ATOMIC_RELEASE);
	t->used++;
}

static void grow(iom_sparse *s)
{
	iom_sparse_table *old = s->table;
	unsigned lg2 = 64 - old->shift;
	iom_sparse_table *t = table_new(lg2 + 1, old);

	for (size_t i = 0; i < (size_t)1 << lg2; i++) {
		if (old->slots[i].key)
			place(t, old->slots[i].key - 1, old->slots[i].host);
	}
	__atomic_store_n(&s->table, t, __ATOMIC_RELEASE);
}

static uint8_t *cut_chunk(iom_sparse *s)
{
	uint8_t *host;

	if (s->free_bytes < IOM_SPARSE_CHUNK) {
		iom_host_table slab;
		uint64_t bytes = SLAB_FIRST;

		for (guint i = 0; i < s->slabs->len && bytes < SLAB_MOST; i++)
			bytes *= 2;
		s->free = iom_host_table_new(&slab, bytes, false);
		if (!s->free)
			return NULL;
		g_array_append_val(s->slabs, slab);
		s->free_bytes = bytes;
	}
	host = s->free;
	s->free += IOM_SPARSE_CHUNK;
	s->free_bytes -= IOM_SPARSE_CHUNK;
	return host;
}

uint8_t *iom_sparse_make(iom_sparse *s, uint64_t chunk)
{
	uint8_t *host = iom_sparse_find(s, chunk);

	if (host)
		return host;
	pthread_mutex_lock(&s->lock);
	host = iom_sparse_find(s, chunk);
	if (!host && (host = cut_chunk(s)) != NULL) {
		if (s->table->used >= UINT32_C(1) << (63 - s->table->shift))
			grow(s);
		place(s->table, chunk, host);
	}
	pthread_mutex_unlock(&s->lock);
	return host;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

uint64_t *iom_sparse_chunks(iom_sparse *s, size_t *n)
{
	const iom_sparse_table *t = s->table;
	uint64_t *chunks = g_new(uint64_t, t->used + 1);

	*n = 0;
	for (size_t i = 0; i < (size_t)1 << (64 - t->shift); i++) {
		if (t->slots[i].key)
			chunks[(*n)++] = t->slots[i].key - 1;
	}
	qsort(chunks, *n, sizeof(*chunks), by_number);
	return chunks;
}
