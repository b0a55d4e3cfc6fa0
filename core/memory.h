/* SPDX-License-Identifier: MIT */
/*
 * Guest memory from the inside: the region table, and loads and compare-and-
 * swaps that inline into a table walk.
 *
 * Regions are sorted by base and do not overlap. Their table changes only while
 * nobody accesses the address space, so an access takes no lock and writes
 * nothing that threads share. Injected errors live in a table of their own; an
 * address space without any pays one test for it.
 */
#ifndef IOM_CORE_MEMORY_H
#define IOM_CORE_MEMORY_H

#include "core/core.h"

#include <pthread.h>

#define IOM_SPARSE_CHUNK_LG2 16
#define IOM_SPARSE_CHUNK (UINT64_C(1) << IOM_SPARSE_CHUNK_LG2)

typedef struct iom_sparse_slot {
	uint64_t key; /* chunk number + 1; 0 is a free slot */
	uint8_t *host;
} iom_sparse_slot;

/* A hash of chunks. Tables that were outgrown stay until the memory goes, since
 * a reader may still be looking into one. */
typedef struct iom_sparse_table {
	unsigned shift; /* 64 - log2 of the number of slots */
	uint32_t used;
	struct iom_sparse_table *older;
	iom_sparse_slot slots[];
} iom_sparse_table;

typedef struct iom_sparse {
	iom_sparse_table *table;
	pthread_mutex_t lock; /* of growing */
	GArray *slabs; /* host mappings that chunks are cut from */
	uint8_t *free; /* the rest of the newest slab */
	uint64_t free_bytes;
} iom_sparse;

typedef enum iom_region_kind {
	IOM_REGION_DEVICE = 0,
	IOM_REGION_RAM, /* host memory, words aligned as the guest's are */
	IOM_REGION_RAM_SKEWED, /* host memory whose words are not aligned */
	IOM_REGION_SPARSE,
} iom_region_kind;

typedef struct iom_region {
	uint64_t base;
	uint64_t last;
	iom_region_kind kind;
	uint8_t *host;
	iom_sparse *sparse;
	iom_memory_ops ops;
	void *opaque;
} iom_region;

/* Injected errors: disjoint intervals in ascending order. */
typedef struct iom_mark {
	uint64_t base;
	uint64_t last;
	uint8_t read; /* iom_mem_status */
	uint8_t write;
} iom_mark;

struct iom_memory {
	iom_region *regions;
	unsigned n_regions;
	unsigned n_marks;
	uint64_t layout; /* counts changes of regions and marks, from 1 */
	iom_mark *marks;
	int refs;
	pthread_mutex_t swap_lock; /* compare-and-swap where the host has no instruction for it */
};

iom_sparse *iom_sparse_new(void);
void iom_sparse_free(iom_sparse *sparse);
/* The chunk of that number; NULL when the host has no memory left. */
uint8_t *iom_sparse_make(iom_sparse *sparse, uint64_t chunk);
/* Chunk numbers in use, ascending; the caller frees the array. */
uint64_t *iom_sparse_chunks(iom_sparse *sparse, size_t *n);

/*
 * Status for [addr, last], and in *end the last address up to which that status
 * holds (at least addr).
 */
iom_mem_status iom_memory_marked(const iom_memory *mem, uint64_t addr, uint64_t last, bool write,
				 uint64_t *end);
void iom_memory_drop_marks(iom_memory *mem);

static inline unsigned iom_sparse_home(const iom_sparse_table *table, uint64_t chunk)
{
	return (unsigned)(chunk * UINT64_C(0x9e3779b97f4a7c15) >> table->shift);
}

/* The chunk of that number, NULL while nothing was written to it. */
static inline uint8_t *iom_sparse_find(const iom_sparse *sparse, uint64_t chunk)
{
	const iom_sparse_table *t = __atomic_load_n(&sparse->table, __ATOMIC_ACQUIRE);
	unsigned mask = (unsigned)((UINT64_C(1) << (64 - t->shift)) - 1);

	for (unsigned i = iom_sparse_home(t, chunk);; i = (i + 1) & mask) {
		uint64_t key = __atomic_load_n(&t->slots[i].key, __ATOMIC_ACQUIRE);

		if (G_LIKELY(key == chunk + 1))
			return t->slots[i].host;
		if (!key)
			return NULL;
	}
}

/* The region that holds `addr`, or NULL. */
static inline const iom_region *iom_memory_region(const iom_memory *mem, uint64_t addr)
{
	const iom_region *r = mem->regions;
	unsigned n = mem->n_regions;

	if (G_UNLIKELY(!n))
		return NULL;
	while (n > 1) {
		unsigned half = n / 2;

		r += r[half].base <= addr ? half : 0;
		n -= half;
	}
	return addr >= r->base && addr <= r->last ? r : NULL;
}

/*
 * Host address of the aligned word of `bytes` at `addr`, which existing direct
 * memory holds and no injected error may touch; NULL sends the caller to the
 * function that handles everything.
 */
static inline void *iom_memory_word(const iom_memory *mem, uint64_t addr, unsigned bytes)
{
	const iom_region *r;

	if (G_UNLIKELY(mem->n_marks))
		return NULL;
	r = iom_memory_region(mem, addr);
	if (G_UNLIKELY(!r || r->last - addr < bytes - 1))
		return NULL;
	if (r->kind == IOM_REGION_RAM)
		return r->host + (addr - r->base);
	if (r->kind == IOM_REGION_SPARSE) {
		uint8_t *chunk = iom_sparse_find(r->sparse, addr >> IOM_SPARSE_CHUNK_LG2);

		return chunk ? chunk + (addr & (IOM_SPARSE_CHUNK - 1)) : NULL;
	}
	return NULL;
}

/*
 * Direct memory that was found last: words from `base` on, up to `room` after it.
 * It may be kept for as long as iom_memory.layout stays the same; zeroes are a
 * window that nothing is in.
 */
typedef struct iom_window {
	const uint8_t *host;
	uint64_t base;
	uint64_t room;
	uint64_t layout;
} iom_window;

/* The window around an address; false: no direct memory, or errors are injected. */
bool iom_window_look(iom_window *window, const iom_memory *mem, uint64_t addr);

/* A window from an earlier walk is forgotten once it may lie. */
static inline void iom_window_check(iom_window *window, const iom_memory *mem)
{
	if (G_UNLIKELY(window->layout != mem->layout)) {
		window->base = UINT64_MAX; /* no aligned word is there */
		window->room = 0;
	}
}

static inline bool iom_window_holds(const iom_window *window, uint64_t addr)
{
	return addr - window->base <= window->room;
}

/* An aligned little-endian word of 64 bits; false as iom_window_look(). */
static inline __attribute__((always_inline)) bool iom_window_load64(iom_window *window,
								    const iom_memory *mem,
								    uint64_t addr, uint64_t *value)
{
	if (G_UNLIKELY(!iom_window_holds(window, addr)) && !iom_window_look(window, mem, addr))
		return false;
	*value = GUINT64_FROM_LE(__atomic_load_n(
		(const uint64_t *)(const void *)(window->host + (addr - window->base)),
		__ATOMIC_ACQUIRE));
	return true;
}

/* iom_memory_load64() and friends, inlined for direct memory. */
static inline iom_mem_status iom_memory_fast_load64(iom_memory *mem, uint64_t addr, uint64_t *value)
{
	uint64_t *word = iom_memory_word(mem, addr & ~UINT64_C(7), 8);

	if (G_UNLIKELY(!word))
		return iom_memory_load64(mem, addr, value);
	*value = GUINT64_FROM_LE(__atomic_load_n(word, __ATOMIC_ACQUIRE));
	return IOM_MEM_OK;
}

static inline iom_mem_status iom_memory_fast_load32(iom_memory *mem, uint64_t addr, uint32_t *value)
{
	uint32_t *word = iom_memory_word(mem, addr & ~UINT64_C(3), 4);

	if (G_UNLIKELY(!word))
		return iom_memory_load32(mem, addr, value);
	*value = GUINT32_FROM_LE(__atomic_load_n(word, __ATOMIC_ACQUIRE));
	return IOM_MEM_OK;
}

#endif
