/* SPDX-License-Identifier: MIT */
/* Damaged traces: every cut and every flipped bit is refused, none crashes. */
#include "sim/trace/crc32c.h"
#include "sim/trace/format.h"
#include "sim/trace/trace.h"
#include "tests/harness.h"
#include "tests/sim/scratch.h"

#include <string.h>

#define RECORDS 12u

/* A small trace with payloads; its bytes. */
static uint8_t *small(const char *dir, gsize *len)
{
	g_autofree char *path = scratch_path(dir, "small");
	iom_trace_info *info = iom_trace_info_new(IOM_KIND_SMMUV3);
	iom_trace_register reg = { 0, 0xd50 };
	iom_trace_writer *w;
	char *bytes = NULL;

	g_array_append_val(info->registers, reg);
	info->source = g_strdup("test");
	w = iom_trace_writer_new(path, info, NULL);
	iom_trace_info_free(info);
	for (uint64_t i = 0; i < RECORDS; i++) {
		iom_trace_record r = { .kind = IOM_TRACE_DMA, .address = i << 12, .value = i };

		if (i % 5 == 4) {
			r.kind = IOM_TRACE_MEM_BLOCK;
			r.length = 40;
		}
		iom_trace_write_data(w, &r, "0123456789012345678901234567890123456789");
	}
	CU_ASSERT_TRUE(iom_trace_writer_finish(w, NULL));
	CU_ASSERT_TRUE(g_file_get_contents(path, &bytes, len, NULL));
	return (uint8_t *)bytes;
}

/*
 * Read all of it: the message of the refusal, or NULL when the file was taken.
 * *records: how many were handed out before.
 */
static char *refusal(const char *path, unsigned *records)
{
	GError *error = NULL;
	iom_trace_reader *r = iom_trace_reader_new(path, &error);
	const iom_trace_record *rec;
	const void *data;
	char *text = NULL;
	int got = r ? 1 : -1;

	*records = 0;
	while (r && (got = iom_trace_next(r, &rec, &data, &error)) == 1) {
		if (data) {
			volatile uint8_t sum = 0;

			for (uint32_t i = 0; i < rec->length; i++)
				sum = (uint8_t)(sum + ((const uint8_t *)data)[i]);
		}
		(*records)++;
	}
	if (got < 0) {
		text = g_strdup(error ? error->message : "(no message)");
		g_clear_error(&error);
		/* An error stays one. */
		if (r)
			CU_ASSERT_EQUAL(iom_trace_next(r, &rec, &data, NULL), -1);
	}
	iom_trace_reader_free(r);
	return text;
}

static void expect_refused(const char *path, const uint8_t *bytes, gsize len, const char *what)
{
	unsigned records;
	g_autofree char *text = NULL;

	scratch_put(path, bytes, len);
	text = refusal(path, &records);
	CU_ASSERT_PTR_NOT_NULL(text);
	if (!text) {
		fprintf(stderr, "\n%s: taken\n", what);
		return;
	}
	if (!g_str_has_prefix(text, path) || strchr(text, '\n')) {
		fprintf(stderr, "\n%s: %s\n", what, text);
		CU_FAIL("one line that begins with the file's name");
	}
}

static void test_every_cut(void)
{
	char *dir = scratch_new();
	g_autofree char *path = scratch_path(dir, "cut");
	gsize len;
	g_autofree uint8_t *bytes = small(dir, &len);
	gsize header = trace_get32(bytes + TRACE_H_BYTES);

	for (gsize n = 0; n < len; n++) {
		g_autofree char *what = g_strdup_printf("first %zu bytes", n);
		unsigned records;

		expect_refused(path, bytes, n, what);
		if (n < header)
			continue;
		g_autofree char *text = refusal(path, &records);

		CU_ASSERT_PTR_NOT_NULL(text ? strstr(text, ": record ") : NULL);
		CHECK_EQ(records, 0); /* refused when opened, not while it runs */
	}
	scratch_free(dir);
}

/* The number is that of the first record that is not whole. */
static void test_cut_names_the_record(void)
{
	char *dir = scratch_new();
	g_autofree char *path = scratch_path(dir, "cut");
	gsize len;
	g_autofree uint8_t *bytes = small(dir, &len);
	gsize first = trace_get32(bytes + TRACE_H_BYTES) + TRACE_SLOT;
	unsigned records;

	/* Slots 0 to 3 are DMA, 4 to 6 a block with payload, 7 a DMA again. */
	static const struct {
		unsigned slots;
		const char *message;
	} cases[] = {
		{ 0, "record 0: the file ends here" }, { 3, "record 3: the file ends here" },
		{ 5, "record 4: the file ends here" }, { 6, "record 4: the file ends here" },
		{ 7, "record 7: the file ends here" },
	};
	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		scratch_put(path, bytes, first + cases[i].slots * TRACE_SLOT + 11);
		g_autofree char *text = refusal(path, &records);

		CU_ASSERT_PTR_NOT_NULL(text ? strstr(text, cases[i].message) : NULL);
	}
	scratch_free(dir);
}

static void test_every_bit(void)
{
	char *dir = scratch_new();
	g_autofree char *path = scratch_path(dir, "bit");
	gsize len;
	g_autofree uint8_t *bytes = small(dir, &len);

	for (gsize bit = 0; bit < len * 8; bit++) {
		g_autofree char *what = g_strdup_printf("bit %zu of byte %zu", bit % 8, bit / 8);

		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		expect_refused(path, bytes, len, what);
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	scratch_free(dir);
}

/* Damage that keeps every checksum right: only the rules for records are left. */
static void rewrite(uint8_t *bytes)
{
	uint8_t *chunk = bytes + trace_get32(bytes + TRACE_H_BYTES);
	uint32_t slots = trace_get32(chunk + TRACE_C_SLOTS);
	uint8_t *end = chunk + (slots + 1) * TRACE_SLOT;

	trace_put32(chunk + TRACE_C_DATA_CRC,
		    iom_crc32c(0, chunk + TRACE_SLOT, slots * TRACE_SLOT));
	trace_put32(chunk + TRACE_C_CRC, 0);
	trace_put32(chunk + TRACE_C_CRC, iom_crc32c(0, chunk, TRACE_SLOT));
	trace_put32(end + TRACE_E_CHUNK_CRC, iom_crc32c(0, chunk, TRACE_SLOT));
	trace_put32(end + TRACE_E_CRC, 0);
	trace_put32(end + TRACE_E_CRC, iom_crc32c(0, end, TRACE_SLOT));
}

static void test_rules(void)
{
	static const struct {
		unsigned slot, byte;
		uint8_t value;
		const char *message;
	} cases[] = {
		{ 2, 0, 200, "record 2: unknown record kind 200" },
		{ 3, 0, 0, "record 3: unknown record kind 0" },
		{ 0, 0, TRACE_SLOT_CHUNK, "record 0: unknown record kind 192" },
		{ 1, 2, 0x10, "record 1: DMA with unknown expectations 0x10" },
		{ 1, 0, IOM_TRACE_REG_WRITE,
		  "record 1: register write of 0 bytes, expected 4 or 8" },
		{ 1, 0, IOM_TRACE_MEM_WRITE, "record 1: memory write of 0 bytes, expected 1 to 8" },
		{ 4, 14, 2, "record 4: memory block of 131112 bytes, expected at most 65536" },
		{ 4, 13, 0x80, "record 4: 32808 bytes of payload go beyond the chunk" },
	};
	char *dir = scratch_new();
	g_autofree char *path = scratch_path(dir, "rule");
	gsize len;
	g_autofree uint8_t *bytes = small(dir, &len);
	uint8_t *first = bytes + trace_get32(bytes + TRACE_H_BYTES) + TRACE_SLOT;

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		uint8_t *p = first + cases[i].slot * TRACE_SLOT + cases[i].byte;
		uint8_t old = *p;
		unsigned records;

		*p = cases[i].value;
		/* First with the checksum wrong: the record is named all the same. */
		scratch_put(path, bytes, len);
		g_autofree char *damaged = refusal(path, &records);

		CU_ASSERT_PTR_NOT_NULL(damaged ? strstr(damaged, cases[i].message) : NULL);
		rewrite(bytes);
		scratch_put(path, bytes, len);
		g_autofree char *text = refusal(path, &records);

		if (!text || !strstr(text, cases[i].message)) {
			fprintf(stderr, "\ngot %s\nwant %s\n", text, cases[i].message);
			CU_FAIL("message");
		}
		*p = old;
	}
	rewrite(bytes);
	scratch_put(path, bytes, len);
	unsigned records;

	CU_ASSERT_PTR_NULL(refusal(path, &records));
	CHECK_EQ(records, RECORDS);
	scratch_free(dir);
}

/* Compressed traces: cut and damaged anywhere. */
static void test_compressed(void)
{
	char *dir = scratch_new();
	g_autofree char *path = scratch_path(dir, "damaged");
	g_autofree char *plain = scratch_path(dir, "small");
	g_autofree char *packed = scratch_path(dir, "packed");
	static const char *const tools[] = { "zstd", "xz", "gzip" };
	gsize len;
	unsigned records;

	g_free(small(dir, &len));
	for (unsigned t = 0; t < G_N_ELEMENTS(tools); t++) {
		char *data = NULL;
		gsize n = 0;

		if (!scratch_compress(tools[t], plain, packed) ||
		    !g_file_get_contents(packed, &data, &n, NULL))
			continue;
		for (gsize cut = 0; cut < n; cut++) {
			scratch_put(path, data, cut);
			g_autofree char *text = refusal(path, &records);

			/* The last bytes of some formats say nothing about the content. */
			if (!text) {
				CHECK_EQ(records, RECORDS);
			} else if (!g_str_has_prefix(text, path) || strchr(text, '\n')) {
				CU_FAIL("one line with the file's name");
			}
		}
		for (gsize bit = 0; bit < n * 8; bit++) {
			data[bit / 8] ^= (char)(1u << bit % 8);
			scratch_put(path, data, n);
			g_autofree char *text = refusal(path, &records);

			if (!text)
				CHECK_EQ(records, RECORDS);
			data[bit / 8] ^= (char)(1u << bit % 8);
		}
		g_free(data);
	}
	scratch_free(dir);
}

static void test_foreign(void)
{
	static const struct {
		const char *bytes;
		gsize len;
		const char *message;
	} cases[] = {
		{ "", 0, "it is empty" },
		{ "hello, world\n", 13, "it is text" },
		{ "smmuv3_translate_success smmu-iommu-memory-region-8-0 sid=0x8 iova=0xfffff000\n",
		  77, "it is text" },
		{ "\x7f"
		  "ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0",
		  16, "its first bytes are not those of a trace" },
		{ "\x89IOM", 4, "it ends inside the header" },
	};
	char *dir = scratch_new();
	g_autofree char *path = scratch_path(dir, "foreign");
	unsigned records;

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		scratch_put(path, cases[i].bytes, cases[i].len);
		g_autofree char *text = refusal(path, &records);

		if (!text || !strstr(text, cases[i].message)) {
			fprintf(stderr, "\ngot %s\nwant %s\n", text, cases[i].message);
			CU_FAIL("message");
		}
	}
	g_autofree char *none = scratch_path(dir, "none");
	g_autofree char *missing = refusal(none, &records);
	g_autofree char *folder = refusal(dir, &records);

	CU_ASSERT_PTR_NOT_NULL(missing ? strstr(missing, "cannot open: No such file") : NULL);
	CU_ASSERT_PTR_NOT_NULL(folder ? strstr(folder, "is a directory") : NULL);
	scratch_free(dir);
}

static void test_later_version(void)
{
	char *dir = scratch_new();
	g_autofree char *path = scratch_path(dir, "version");
	gsize len;
	g_autofree uint8_t *bytes = small(dir, &len);
	unsigned records;

	bytes[TRACE_H_MAJOR] = 9;
	scratch_put(path, bytes, len);
	g_autofree char *text = refusal(path, &records);

	CU_ASSERT_PTR_NOT_NULL(text ? strstr(text, "format version 9.0") : NULL);
	scratch_free(dir);
}

static const iom_test tests[] = {
	{ "cut at every byte", test_every_cut },
	{ "a cut names the record", test_cut_names_the_record },
	{ "every bit flipped", test_every_bit },
	{ "rules for records, checksums right or wrong", test_rules },
	{ "compressed traces cut and flipped", test_compressed },
	{ "files that are no traces", test_foreign },
	{ "a later version of the format", test_later_version },
	{ NULL, NULL },
};
const iom_suite trace_damage_suite = { "trace-damage", tests };
