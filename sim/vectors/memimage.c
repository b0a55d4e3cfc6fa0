/* SPDX-License-Identifier: MIT */
#include "sim/vectors/memimage.h"

#include <string.h>

/* The largest physical address space that either architecture defines. */
#define IMAGE_SIZE (UINT64_C(1) << 56)

typedef struct range {
	uint64_t first;
	uint64_t last;
} range;

struct iom_memimage {
	iom_memory *memory;
	GHashTable *initial; /* address to value, both uint64_t */
	GHashTable *expected; /* where it differs from initial */
	GArray *aborts; /* of range */
	GArray *ignored; /* of range */
};

iom_memimage *iom_memimage_new(void)
{
	iom_memimage *image = g_new0(iom_memimage, 1);

	image->memory = iom_memory_new();
	iom_memory_add_sparse(image->memory, 0, IMAGE_SIZE, NULL);
	image->initial = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	image->expected = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	image->aborts = g_array_new(FALSE, FALSE, sizeof(range));
	image->ignored = g_array_new(FALSE, FALSE, sizeof(range));
	return image;
}

void iom_memimage_free(iom_memimage *image)
{
	if (!image)
		return;
	iom_memory_unref(image->memory);
	g_hash_table_unref(image->initial);
	g_hash_table_unref(image->expected);
	g_array_unref(image->aborts);
	g_array_unref(image->ignored);
	g_free(image);
}

iom_memory *iom_memimage_memory(iom_memimage *image)
{
	return image->memory;
}

static bool usable(uint64_t address)
{
	return address % 8 == 0 && address < IMAGE_SIZE;
}

static void store(GHashTable *words, uint64_t address, uint64_t value)
{
	g_hash_table_insert(words, g_memdup2(&address, sizeof address),
			    g_memdup2(&value, sizeof value));
}

bool iom_memimage_put(iom_memimage *image, uint64_t address, uint64_t value)
{
	if (!usable(address))
		return false;
	store(image->initial, address, value);
	return iom_memory_store64(image->memory, address, value) == IOM_MEM_OK;
}

bool iom_memimage_expect(iom_memimage *image, uint64_t address, uint64_t value)
{
	if (!usable(address))
		return false;
	store(image->expected, address, value);
	return true;
}

void iom_memimage_abort(iom_memimage *image, uint64_t first, uint64_t last, bool reads, bool writes)
{
	range r = { first, last };

	g_array_append_val(image->aborts, r);
	iom_memory_inject(image->memory, first, last - first + 1, reads, writes, IOM_MEM_ABORT);
}

void iom_memimage_ignore(iom_memimage *image, uint64_t base, uint64_t size)
{
	range r = { base, base + size - 1 };

	g_array_append_val(image->ignored, r);
}

static bool in_ranges(const GArray *ranges, uint64_t first, uint64_t last)
{
	for (unsigned i = 0; i < ranges->len; i++) {
		const range *r = &g_array_index(ranges, range, i);

		if (first <= r->last && last >= r->first)
			return true;
	}
	return false;
}

static bool block_used(GHashTable *words, uint64_t base, uint64_t size)
{
	GHashTableIter iter;
	gpointer key;

	g_hash_table_iter_init(&iter, words);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		uint64_t address = *(uint64_t *)key;

		if (address >= base && address - base < size)
			return true;
	}
	return false;
}

static bool near_any(uint64_t base, uint64_t size, const uint64_t *avoid, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (avoid[i] + size >= base && avoid[i] < base + 2 * size)
			return true;
	}
	return false;
}

uint64_t iom_memimage_room(const iom_memimage *image, uint64_t size, uint64_t limit,
			   const uint64_t *avoid, unsigned n_avoid)
{
	/*
	 * Odd multiples of an odd stride: far from round addresses where tables are
	 * usually put, and there are more candidates than a vector has words.
	 */
	uint64_t stride = 37 * size;
	uint64_t base = 11 * size;

	for (unsigned i = 0; i < 4096 && base + size <= limit; i++, base += stride) {
		if (!block_used(image->initial, base, size) &&
		    !block_used(image->expected, base, size) &&
		    !in_ranges(image->aborts, base, base + size - 1) &&
		    !near_any(base, size, avoid, n_avoid))
			return base;
	}
	return 0;
}

uint64_t iom_memimage_initial(const iom_memimage *image, uint64_t address)
{
	const uint64_t *value = g_hash_table_lookup(image->initial, &address);

	return value ? *value : 0;
}

static uint64_t expected_at(const iom_memimage *image, uint64_t address)
{
	const uint64_t *value = g_hash_table_lookup(image->expected, &address);

	return value ? *value : iom_memimage_initial(image, address);
}

typedef struct comparison {
	iom_memimage *image;
	GArray *found; /* addresses that differ */
	GHashTable *now; /* words that are not zero */
} comparison;

static bool note_word(void *opaque, uint64_t address, uint64_t value)
{
	comparison *c = opaque;

	if (!in_ranges(c->image->ignored, address, address + 7)) {
		store(c->now, address, value);
		if (expected_at(c->image, address) != value)
			g_array_append_val(c->found, address);
	}
	return true;
}

/* Words that should not be zero, but are: the walk over memory does not meet them. */
static void note_zeroes(comparison *c, GHashTable *words)
{
	GHashTableIter iter;
	gpointer key;

	g_hash_table_iter_init(&iter, words);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		uint64_t address = *(uint64_t *)key;

		if (expected_at(c->image, address) != 0 && !g_hash_table_contains(c->now, key) &&
		    !in_ranges(c->image->ignored, address, address + 7)) {
			uint64_t zero = 0;

			store(c->now, address, zero);
			g_array_append_val(c->found, address);
		}
	}
}

static gint by_address(gconstpointer a, gconstpointer b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

unsigned iom_memimage_compare(iom_memimage *image, iom_memimage_difference fn, void *opaque)
{
	comparison c = { image, g_array_new(FALSE, FALSE, sizeof(uint64_t)),
			 g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free) };

	iom_memory_foreach(image->memory, note_word, &c);
	note_zeroes(&c, image->initial);
	note_zeroes(&c, image->expected);
	g_array_sort(c.found, by_address);
	unsigned n = c.found->len;

	for (unsigned i = 0; i < n; i++) {
		uint64_t address = g_array_index(c.found, uint64_t, i);
		const uint64_t *now = g_hash_table_lookup(c.now, &address);

		fn(opaque, address, expected_at(image, address), now ? *now : 0);
	}
	g_array_unref(c.found);
	g_hash_table_unref(c.now);
	return n;
}

typedef struct parse_context {
	iom_memimage *image;
	bool expected;
} parse_context;

static bool parse_word(const iom_tsv_row *row, const char *column, const char *item, void *opaque,
		       GError **error)
{
	parse_context *c = opaque;
	char *key = NULL;
	uint64_t address, value;

	if (!iom_tsv_pair(row, column, item, &key, &value, error))
		return false;
	bool ok = iom_tsv_parse(key, &address) &&
		  (c->expected ? iom_memimage_expect(c->image, address, value)
			       : iom_memimage_put(c->image, address, value));

	g_free(key);
	if (!ok)
		return iom_tsv_fail(
			row, column, error,
			"'%s': expected ADDRESS=WORD with an address below 2^56 that is a"
			" multiple of 8",
			item);
	return true;
}

bool iom_memimage_parse(iom_memimage *image, const iom_tsv_row *row, const char *column,
			bool expected, GError **error)
{
	parse_context c = { image, expected };

	return iom_tsv_each(row, column, "; ", parse_word, &c, error);
}

static bool parse_abort(const iom_tsv_row *row, const char *column, const char *item, void *opaque,
			GError **error)
{
	const char *dash = strchr(item, '-');
	uint64_t first, last;
	char *low = dash ? g_strndup(item, (gsize)(dash - item)) : g_strdup("");
	bool ok = dash && iom_tsv_parse(low, &first) && iom_tsv_parse(dash + 1, &last) &&
		  first <= last && last < IMAGE_SIZE;

	g_free(low);
	if (!ok)
		return iom_tsv_fail(row, column, error,
				    "'%s': expected FIRST-LAST, inclusive addresses below 2^56",
				    item);
	iom_memimage_abort(opaque, first, last, true, true);
	return true;
}

bool iom_memimage_parse_aborts(iom_memimage *image, const iom_tsv_row *row, const char *column,
			       GError **error)
{
	return iom_tsv_each(row, column, "; ,", parse_abort, image, error);
}
