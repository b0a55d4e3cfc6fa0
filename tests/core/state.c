/* SPDX-License-Identifier: MIT */
/* Saved state: what was written comes back, anything else is refused. */
#include "core/iommu.h"
#include "tests/core/suites.h"

#include <string.h>

static GBytes *sample(void)
{
	static const uint64_t words[3] = { 1, UINT64_MAX, 0x123456789abcdef0 };
	iom_writer *w = iom_writer_new(IOM_KIND_SMMUV3, 3);

	iom_writer_u64(w, 42);
	iom_writer_words(w, words, 3);
	iom_writer_words(w, NULL, 0);
	iom_writer_u64(w, 43);
	return iom_writer_end(w);
}

/* Reads what sample() wrote; whether all of it was accepted. */
static bool read_sample(GBytes *state, GError **error)
{
	uint64_t v = 0, words[3] = { 0 };
	uint32_t version = 0;
	iom_reader *r = iom_reader_new(state, IOM_KIND_SMMUV3, 4, &version, error);
	bool ok;

	if (!r)
		return false;
	ok = iom_reader_u64(r, &v) && v == 42 && iom_reader_words(r, words, 3) &&
	     words[1] == UINT64_MAX && words[2] == 0x123456789abcdef0 &&
	     iom_reader_words(r, NULL, 0) && iom_reader_u64(r, &v) && v == 43;
	return iom_reader_end(r, error) && ok && version == 3;
}

static void refused(GBytes *state, const char *what)
{
	GError *error = NULL;

	if (read_sample(state, &error))
		CU_FAIL("damaged state was accepted");
	if (!error || error->domain != IOM_ERROR || strchr(error->message, '\n'))
		CU_FAIL("no clear error");
	(void)what;
	g_clear_error(&error);
	g_bytes_unref(state);
}

static void round_trip(void)
{
	GBytes *state = sample();
	GError *error = NULL;

	CU_ASSERT_TRUE(read_sample(state, &error));
	CU_ASSERT_PTR_NULL(error);
	g_bytes_unref(state);
	state = iom_writer_end(iom_writer_new(IOM_KIND_VTD, 1));
	iom_reader *r = iom_reader_new(state, IOM_KIND_VTD, 1, NULL, &error);

	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	CU_ASSERT_TRUE(iom_reader_end(r, &error));
	g_bytes_unref(state);
}

/* The bytes themselves, so that files outlive this library's byte order. */
static void bytes(void)
{
	static const uint8_t want[] = { 'I', 'O', 'M', 'S', 'T', 'A', 'T', 'E', 2, 0, 0, 0, 7, 0,
					0,   0,   16,  0,   0,   0,   0,   0,   0, 0, 1, 0, 0, 0,
					1,   0,   0,   0,   8,   7,   6,   5,   4, 3, 2, 1 };
	iom_writer *w = iom_writer_new(IOM_KIND_VTD, 7);
	GBytes *state;

	iom_writer_u64(w, 0x0102030405060708);
	state = iom_writer_end(w);
	CHECK_EQ(g_bytes_get_size(state), sizeof(want));
	CU_ASSERT_EQUAL(memcmp(g_bytes_get_data(state, NULL), want, sizeof(want)), 0);
	g_bytes_unref(state);
}

static void truncated(void)
{
	GBytes *state = sample();
	gsize size = g_bytes_get_size(state);

	for (gsize n = 0; n < size; n++)
		refused(g_bytes_new_from_bytes(state, 0, n), "truncated");
	g_bytes_unref(state);
}

static void extended(void)
{
	GBytes *state = sample();
	gsize size;
	const uint8_t *data = g_bytes_get_data(state, &size);
	uint8_t *longer = g_malloc0(size + 16);

	memcpy(longer, data, size);
	refused(g_bytes_new(longer, size + 16), "extended");
	/* With a length that admits to it. */
	longer[16] = (uint8_t)(longer[16] + 16);
	refused(g_bytes_new(longer, size + 16), "extended");
	g_free(longer);
	g_bytes_unref(state);
}

/* Every bit of the header, and of every item's header, matters. */
static void damaged(void)
{
	GBytes *state = sample();
	gsize size;
	const uint8_t *data = g_bytes_get_data(state, &size);

	for (gsize bit = 0; bit < size * 8; bit++) {
		uint8_t *copy = g_memdup2(data, size);
		gsize byte = bit / 8;
		GBytes *bad;

		copy[byte] ^= (uint8_t)(1u << bit % 8);
		bad = g_bytes_new_take(copy, size);
		/* Values are the model's to judge; older versions are welcome. */
		if (byte < 12 || (byte >= 16 && byte < 32) || (byte >= 40 && byte < 48)) {
			refused(bad, "damaged");
		} else {
			GError *error = NULL;

			read_sample(bad, &error);
			g_clear_error(&error);
			g_bytes_unref(bad);
		}
	}
	g_bytes_unref(state);
}

static void mismatches(void)
{
	GBytes *state = sample();
	GError *error = NULL;
	uint64_t v[4] = { 9, 9, 9, 9 };
	iom_reader *r;

	CU_ASSERT_PTR_NULL(iom_reader_new(state, IOM_KIND_VTD, 3, NULL, &error));
	CU_ASSERT_TRUE(g_error_matches(error, IOM_ERROR, IOM_ERROR_FORMAT));
	g_clear_error(&error);
	CU_ASSERT_PTR_NULL(iom_reader_new(state, IOM_KIND_SMMUV3, 2, NULL, &error));
	CU_ASSERT_TRUE(g_error_matches(error, IOM_ERROR, IOM_ERROR_UNSUPPORTED));
	g_clear_error(&error);
	/* Another number of words: nothing after it is taken for something else. */
	r = iom_reader_new(state, IOM_KIND_SMMUV3, 3, NULL, NULL);
	CU_ASSERT_TRUE(iom_reader_u64(r, v));
	CU_ASSERT_FALSE(iom_reader_words(r, v, 4));
	CHECK_EQ(v[0] | v[3], 0);
	CU_ASSERT_FALSE(iom_reader_words(r, v, 3));
	CU_ASSERT_FALSE(iom_reader_end(r, &error));
	CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "item 2"));
	g_clear_error(&error);
	/* Too few reads. */
	r = iom_reader_new(state, IOM_KIND_SMMUV3, 3, NULL, NULL);
	CU_ASSERT_TRUE(iom_reader_u64(r, v));
	CU_ASSERT_FALSE(iom_reader_end(r, NULL));
	/* Too many. */
	r = iom_reader_new(state, IOM_KIND_SMMUV3, 3, NULL, NULL);
	CU_ASSERT_TRUE(iom_reader_u64(r, v) && iom_reader_words(r, v, 3) &&
		       iom_reader_words(r, v, 0) && iom_reader_u64(r, v));
	CU_ASSERT_FALSE(iom_reader_u64(r, v));
	CU_ASSERT_FALSE(iom_reader_end(r, NULL));
	g_bytes_unref(state);
}

static const iom_test tests[] = {
	{ "what was written is read", round_trip },
	{ "the bytes are little-endian", bytes },
	{ "truncated at every length", truncated },
	{ "with something behind it", extended },
	{ "with any bit changed", damaged },
	{ "another kind, version or list of items", mismatches },
	{ 0 },
};
const iom_suite state_suite = { "state", tests };
