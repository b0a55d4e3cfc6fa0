/* SPDX-License-Identifier: MIT */
/*
 * Guest memory: the region table and accesses of every length.
 *
 * An access is cut where the region, the chunk of sparse memory or an injected
 * error ends. Direct memory is read and written with atomic accesses of bytes and
 * aligned words, because guests may change it under our hands: a torn
 * 64-bit descriptor would be our fault, not theirs.
 */
#include "core/memory.h"

#include <string.h>

G_STATIC_ASSERT(sizeof(uint64_t) == 8 && sizeof(void *) >= 4);

iom_memory *iom_memory_new(void)
{
	iom_memory *mem = g_new0(iom_memory, 1);

	mem->refs = 1;
	mem->layout = 1;
	pthread_mutex_init(&mem->swap_lock, NULL);
	return mem;
}

iom_memory *iom_memory_ref(iom_memory *mem)
{
	__atomic_add_fetch(&mem->refs, 1, __ATOMIC_RELAXED);
	return mem;
}

void iom_memory_unref(iom_memory *mem)
{
	if (!mem || __atomic_sub_fetch(&mem->refs, 1, __ATOMIC_ACQ_REL))
		return;
	for (unsigned i = 0; i < mem->n_regions; i++)
		iom_sparse_free(mem->regions[i].sparse);
	g_free(mem->regions);
	iom_memory_drop_marks(mem);
	pthread_mutex_destroy(&mem->swap_lock);
	g_free(mem);
}

/* ------------------------------------------------------------------------
 * Regions
 */
static iom_region *add_region(iom_memory *mem, uint64_t base, uint64_t size, GError **error)
{
	uint64_t last = base + size - 1;
	unsigned at = 0;

	if (!size || last < base) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_RANGE,
			    "memory region at %#" G_GINT64_MODIFIER "x: size %#" G_GINT64_MODIFIER
			    "x %s",
			    base, size, size ? "reaches beyond the 64-bit space" : "is empty");
		return NULL;
	}
	while (at < mem->n_regions && mem->regions[at].last < base)
		at++;
	if (at < mem->n_regions && mem->regions[at].base <= last) {
		const iom_region *r = &mem->regions[at];

		g_set_error(error, IOM_ERROR, IOM_ERROR_RANGE,
			    "memory region [%#" G_GINT64_MODIFIER "x, %#" G_GINT64_MODIFIER
			    "x] overlaps [%#" G_GINT64_MODIFIER "x, %#" G_GINT64_MODIFIER "x]",
			    base, last, r->base, r->last);
		return NULL;
	}
	mem->regions = g_renew(iom_region, mem->regions, mem->n_regions + 1);
	memmove(&mem->regions[at + 1], &mem->regions[at],
		(mem->n_regions - at) * sizeof(iom_region));
	mem->n_regions++;
	mem->layout++;
	mem->regions[at] = (iom_region){ .base = base, .last = last };
	return &mem->regions[at];
}

gboolean iom_memory_add_ram(iom_memory *mem, uint64_t base, uint64_t size, void *host,
			    GError **error)
{
	iom_region *r = add_region(mem, base, size, error);

	if (!r)
		return FALSE;
	r->kind = ((uintptr_t)host ^ base) & 7 ? IOM_REGION_RAM_SKEWED : IOM_REGION_RAM;
	r->host = host;
	return TRUE;
}

gboolean iom_memory_add_sparse(iom_memory *mem, uint64_t base, uint64_t size, GError **error)
{
	iom_region *r = add_region(mem, base, size, error);

	if (!r)
		return FALSE;
	r->kind = IOM_REGION_SPARSE;
	r->sparse = iom_sparse_new();
	return TRUE;
}

gboolean iom_memory_add_device(iom_memory *mem, uint64_t base, uint64_t size,
			       const iom_memory_ops *ops, void *opaque, GError **error)
{
	iom_region *r = add_region(mem, base, size, error);

	if (!r)
		return FALSE;
	r->kind = IOM_REGION_DEVICE;
	r->ops = *ops;
	r->opaque = opaque;
	return TRUE;
}

gboolean iom_memory_remove(iom_memory *mem, uint64_t base, GError **error)
{
	for (unsigned i = 0; i < mem->n_regions; i++) {
		if (mem->regions[i].base != base)
			continue;
		iom_sparse_free(mem->regions[i].sparse);
		mem->n_regions--;
		mem->layout++;
		memmove(&mem->regions[i], &mem->regions[i + 1],
			(mem->n_regions - i) * sizeof(iom_region));
		return TRUE;
	}
	g_set_error(error, IOM_ERROR, IOM_ERROR_RANGE,
		    "no memory region starts at %#" G_GINT64_MODIFIER "x", base);
	return FALSE;
}

/* ------------------------------------------------------------------------
 * Host memory
 */

/*
 * Host address of region byte `addr`, and in *last the last guest address that
 * is contiguous with it. *hole: sparse memory that nobody wrote yet, which
 * reads as zero.
 */
static uint8_t *region_host(const iom_region *r, uint64_t addr, bool write, uint64_t *last,
			    bool *hole)
{
	uint64_t span = 0;
	uint8_t *host;

	*hole = false;
	*last = r->last;
	switch (r->kind) {
	case IOM_REGION_RAM:
	case IOM_REGION_RAM_SKEWED:
		return r->host + (addr - r->base);
	case IOM_REGION_SPARSE:
		*last = MIN(r->last, addr | (IOM_SPARSE_CHUNK - 1));
		host = write ? iom_sparse_make(r->sparse, addr >> IOM_SPARSE_CHUNK_LG2)
			     : iom_sparse_find(r->sparse, addr >> IOM_SPARSE_CHUNK_LG2);
		*hole = !host && !write;
		return host ? host + (addr & (IOM_SPARSE_CHUNK - 1)) : NULL;
	case IOM_REGION_DEVICE:
		host = r->ops.host ? r->ops.host(r->opaque, addr - r->base, write, &span) : NULL;
		if (!host || !span)
			return NULL;
		if (span - 1 < r->last - addr)
			*last = addr + (span - 1);
		return host;
	}
	return NULL;
}

/* Whether a copy can move a whole aligned word of guest memory next. */
static bool word_next(const uint8_t *guest, uint64_t n)
{
	return n >= 8 && ((uintptr_t)guest & 7) == 0;
}

static void copy_out(uint8_t *to, const uint8_t *guest, uint64_t n)
{
	while (n) {
		if (word_next(guest, n)) {
			uint64_t v = __atomic_load_n((const uint64_t *)(const void *)guest,
						     __ATOMIC_ACQUIRE);

			memcpy(to, &v, 8);
			to += 8;
			guest += 8;
			n -= 8;
		} else {
			*to++ = __atomic_load_n(guest++, __ATOMIC_ACQUIRE);
			n--;
		}
	}
}

static void copy_in(uint8_t *guest, const uint8_t *from, uint64_t n)
{
	while (n) {
		if (word_next(guest, n)) {
			uint64_t v;

			memcpy(&v, from, 8);
			__atomic_store_n((uint64_t *)(void *)guest, v, __ATOMIC_RELEASE);
			from += 8;
			guest += 8;
			n -= 8;
		} else {
			__atomic_store_n(guest++, *from++, __ATOMIC_RELEASE);
			n--;
		}
	}
}

/* The largest naturally aligned power of two up to 8 that starts at addr. */
static unsigned device_step(uint64_t addr, uint64_t n)
{
	unsigned size = 8;

	while (size > 1 && ((addr & (size - 1)) || n < size))
		size /= 2;
	return size;
}

static iom_mem_status device_read(const iom_region *r, uint64_t addr, uint8_t *buf, uint64_t n)
{
	iom_mem_status worst = IOM_MEM_OK;

	while (n) {
		unsigned size = device_step(addr, n);
		uint64_t value = 0;
		iom_mem_status status = r->ops.read(r->opaque, addr - r->base, size, &value);

		if (status != IOM_MEM_OK)
			worst = status;
		if (status == IOM_MEM_ABORT)
			break;
		value = GUINT64_TO_LE(value);
		memcpy(buf, &value, size);
		buf += size;
		addr += size;
		n -= size;
	}
	return worst;
}

static iom_mem_status device_write(const iom_region *r, uint64_t addr, const uint8_t *buf,
				   uint64_t n)
{
	while (n) {
		unsigned size = device_step(addr, n);
		uint64_t value = 0;
		iom_mem_status status;

		memcpy(&value, buf, size);
		status = r->ops.write(r->opaque, addr - r->base, size, GUINT64_FROM_LE(value));
		if (status != IOM_MEM_OK)
			return status;
		buf += size;
		addr += size;
		n -= size;
	}
	return IOM_MEM_OK;
}

/* One piece, which ends in this region at the latest at *last; it may end earlier. */
static iom_mem_status read_piece(const iom_region *r, uint64_t addr, uint8_t *buf, uint64_t *last)
{
	uint64_t end;
	bool hole;
	const uint8_t *host;

	if (r->kind == IOM_REGION_DEVICE && r->ops.read)
		return device_read(r, addr, buf, *last - addr + 1);
	host = region_host(r, addr, false, &end, &hole);
	*last = MIN(*last, end);
	if (hole)
		memset(buf, 0, *last - addr + 1);
	else if (host)
		copy_out(buf, host, *last - addr + 1);
	return hole || host ? IOM_MEM_OK : IOM_MEM_ABORT;
}

static iom_mem_status write_piece(const iom_region *r, uint64_t addr, const uint8_t *buf,
				  uint64_t *last)
{
	uint64_t end;
	bool hole;
	uint8_t *host;

	if (r->kind == IOM_REGION_DEVICE && r->ops.write)
		return device_write(r, addr, buf, *last - addr + 1);
	host = region_host(r, addr, true, &end, &hole);
	*last = MIN(*last, end);
	if (!host)
		return IOM_MEM_ABORT;
	copy_in(host, buf, *last - addr + 1);
	return IOM_MEM_OK;
}

/*
 * The last address of the next piece of an access to `len` bytes at `addr`, as
 * far as region and marks allow, and what the marks make of it.
 */
static uint64_t piece_end(const iom_memory *mem, const iom_region *r, uint64_t addr, size_t len,
			  bool write, iom_mem_status *status)
{
	uint64_t last = addr + (len - 1) < addr ? UINT64_MAX : addr + (len - 1);

	last = MIN(last, r->last);
	*status = IOM_MEM_OK;
	if (G_UNLIKELY(mem->n_marks))
		*status = iom_memory_marked(mem, addr, last, write, &last);
	return last;
}

iom_mem_status iom_memory_read(iom_memory *mem, uint64_t addr, void *buf, size_t len)
{
	iom_mem_status worst = IOM_MEM_OK;
	uint8_t *to = buf;

	while (len) {
		const iom_region *r = iom_memory_region(mem, addr);
		iom_mem_status status, marked;
		uint64_t last;

		if (!r)
			return IOM_MEM_ABORT;
		last = piece_end(mem, r, addr, len, false, &marked);
		if (marked == IOM_MEM_ABORT)
			return IOM_MEM_ABORT;
		status = read_piece(r, addr, to, &last);
		if (status == IOM_MEM_ABORT)
			return IOM_MEM_ABORT;
		if (status != IOM_MEM_OK || marked != IOM_MEM_OK)
			worst = IOM_MEM_POISON;
		to += last - addr + 1;
		len -= (size_t)(last - addr + 1);
		addr = last + 1;
		if (!addr && len)
			return IOM_MEM_ABORT;
	}
	return worst;
}

iom_mem_status iom_memory_write(iom_memory *mem, uint64_t addr, const void *buf, size_t len)
{
	const uint8_t *from = buf;

	while (len) {
		const iom_region *r = iom_memory_region(mem, addr);
		iom_mem_status status;
		uint64_t last;

		if (!r)
			return IOM_MEM_ABORT;
		last = piece_end(mem, r, addr, len, true, &status);
		if (status == IOM_MEM_OK)
			status = write_piece(r, addr, from, &last);
		if (status != IOM_MEM_OK)
			return status;
		from += last - addr + 1;
		len -= (size_t)(last - addr + 1);
		addr = last + 1;
		if (!addr && len)
			return IOM_MEM_ABORT;
	}
	return IOM_MEM_OK;
}

void *iom_memory_host(iom_memory *mem, uint64_t addr, bool write, uint64_t *span)
{
	const iom_region *r = iom_memory_region(mem, addr);
	uint64_t last, end;
	bool hole;
	uint8_t *host;

	if (span)
		*span = 0;
	if (!r)
		return NULL;
	end = r->last;
	/* Whoever may write through the pointer may read through it as well. */
	if (G_UNLIKELY(mem->n_marks) &&
	    (iom_memory_marked(mem, addr, end, false, &end) != IOM_MEM_OK ||
	     (write && iom_memory_marked(mem, addr, end, true, &end) != IOM_MEM_OK)))
		return NULL;
	host = region_host(r, addr, write, &last, &hole);
	if (host && span) {
		last = MIN(last, end) - addr;
		*span = last == UINT64_MAX ? last : last + 1;
	}
	return host;
}

/* ------------------------------------------------------------------------
 * Single words
 */
static iom_mem_status load_slow(iom_memory *mem, uint64_t addr, uint64_t *value, unsigned bytes)
{
	uint64_t le = 0;
	iom_mem_status status = iom_memory_read(mem, addr, &le, bytes);

	*value = status == IOM_MEM_ABORT ? 0 : GUINT64_FROM_LE(le);
	return status;
}

static iom_mem_status store_slow(iom_memory *mem, uint64_t addr, uint64_t value, unsigned bytes)
{
	uint64_t le = GUINT64_TO_LE(value);

	return iom_memory_write(mem, addr, &le, bytes);
}

iom_mem_status iom_memory_load32(iom_memory *mem, uint64_t addr, uint32_t *value)
{
	uint64_t wide;
	iom_mem_status status;
	const uint32_t *word;

	addr &= ~UINT64_C(3);
	word = iom_memory_word(mem, addr, 4);
	if (G_LIKELY(word)) {
		*value = GUINT32_FROM_LE(__atomic_load_n(word, __ATOMIC_ACQUIRE));
		return IOM_MEM_OK;
	}
	status = load_slow(mem, addr, &wide, 4);
	*value = (uint32_t)wide;
	return status;
}

iom_mem_status iom_memory_load64(iom_memory *mem, uint64_t addr, uint64_t *value)
{
	const uint64_t *word;

	addr &= ~UINT64_C(7);
	word = iom_memory_word(mem, addr, 8);
	if (G_LIKELY(word)) {
		*value = GUINT64_FROM_LE(__atomic_load_n(word, __ATOMIC_ACQUIRE));
		return IOM_MEM_OK;
	}
	return load_slow(mem, addr, value, 8);
}

iom_mem_status iom_memory_store32(iom_memory *mem, uint64_t addr, uint32_t value)
{
	uint32_t *word;

	addr &= ~UINT64_C(3);
	word = iom_memory_word(mem, addr, 4);
	if (G_LIKELY(word)) {
		__atomic_store_n(word, GUINT32_TO_LE(value), __ATOMIC_RELEASE);
		return IOM_MEM_OK;
	}
	return store_slow(mem, addr, value, 4);
}

iom_mem_status iom_memory_store64(iom_memory *mem, uint64_t addr, uint64_t value)
{
	uint64_t *word;

	addr &= ~UINT64_C(7);
	word = iom_memory_word(mem, addr, 8);
	if (G_LIKELY(word)) {
		__atomic_store_n(word, GUINT64_TO_LE(value), __ATOMIC_RELEASE);
		return IOM_MEM_OK;
	}
	return store_slow(mem, addr, value, 8);
}

static void swap_word(uint64_t *word, uint64_t *expected, uint64_t desired)
{
	uint64_t found = GUINT64_TO_LE(*expected);

	__atomic_compare_exchange_n(word, &found, GUINT64_TO_LE(desired), false, __ATOMIC_SEQ_CST,
				    __ATOMIC_SEQ_CST);
	*expected = GUINT64_FROM_LE(found);
}

static iom_mem_status swap_piecewise(iom_memory *mem, uint64_t addr, uint64_t *expected,
				     uint64_t desired)
{
	uint64_t found;
	iom_mem_status status;

	pthread_mutex_lock(&mem->swap_lock);
	status = load_slow(mem, addr, &found, 8);
	if (status == IOM_MEM_OK && found == *expected)
		status = store_slow(mem, addr, desired, 8);
	pthread_mutex_unlock(&mem->swap_lock);
	*expected = found;
	return status;
}

iom_mem_status iom_memory_cas64(iom_memory *mem, uint64_t addr, uint64_t *expected,
				uint64_t desired)
{
	uint64_t *word, last, read_end, write_end;
	const iom_region *r;
	bool hole;

	addr &= ~UINT64_C(7);
	word = iom_memory_word(mem, addr, 8);
	if (G_LIKELY(word)) {
		swap_word(word, expected, desired);
		return IOM_MEM_OK;
	}
	if (mem->n_marks &&
	    (iom_memory_marked(mem, addr, addr | 7, false, &read_end) != IOM_MEM_OK ||
	     iom_memory_marked(mem, addr, addr | 7, true, &write_end) != IOM_MEM_OK ||
	     MIN(read_end, write_end) != (addr | 7)))
		return swap_piecewise(mem, addr, expected, desired);
	r = iom_memory_region(mem, addr);
	if (!r || r->last - addr < 7 || r->kind == IOM_REGION_RAM_SKEWED)
		return swap_piecewise(mem, addr, expected, desired);
	if (r->kind == IOM_REGION_DEVICE && r->ops.cas64)
		return r->ops.cas64(r->opaque, addr - r->base, expected, desired);
	word = (uint64_t *)(void *)region_host(r, addr, true, &last, &hole);
	if (!word || last - addr < 7 || ((uintptr_t)word & 7))
		return swap_piecewise(mem, addr, expected, desired);
	swap_word(word, expected, desired);
	return IOM_MEM_OK;
}

/* ------------------------------------------------------------------------
 * Walking all of it
 */
static bool foreach_words(const uint8_t *host, uint64_t addr, uint64_t last,
			  bool (*fn)(void *opaque, uint64_t addr, uint64_t value), void *opaque)
{
	uint64_t word = addr & ~UINT64_C(7);

	/* Words at the edges of a region count with the bytes that lie in it. */
	for (;; word += 8) {
		uint64_t from = MAX(word, addr), to = MIN(word + 7, last), value = 0;

		memcpy((uint8_t *)&value + (from - word), host + (from - addr),
		       (size_t)(to - from + 1));
		if (value && !fn(opaque, word, GUINT64_FROM_LE(value)))
			return false;
		if (to == last)
			break;
	}
	return true;
}

static bool foreach_sparse(const iom_region *r,
			   bool (*fn)(void *opaque, uint64_t addr, uint64_t value), void *opaque)
{
	size_t n;
	uint64_t *chunks = iom_sparse_chunks(r->sparse, &n);
	bool on = true;

	for (size_t i = 0; on && i < n; i++) {
		uint64_t base = chunks[i] << IOM_SPARSE_CHUNK_LG2;
		uint64_t from = MAX(base, r->base);
		uint64_t to = MIN(base + (IOM_SPARSE_CHUNK - 1), r->last);

		on = foreach_words(iom_sparse_find(r->sparse, chunks[i]) + (from - base), from, to,
				   fn, opaque);
	}
	g_free(chunks);
	return on;
}

void iom_memory_foreach(iom_memory *mem, bool (*fn)(void *opaque, uint64_t addr, uint64_t value),
			void *opaque)
{
	for (unsigned i = 0; i < mem->n_regions; i++) {
		const iom_region *r = &mem->regions[i];
		bool on = true;

		if (r->kind == IOM_REGION_SPARSE)
			on = foreach_sparse(r, fn, opaque);
		else if (r->kind != IOM_REGION_DEVICE)
			on = foreach_words(r->host, r->base, r->last, fn, opaque);
		if (!on)
			return;
	}
}
