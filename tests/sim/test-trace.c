/* SPDX-License-Identifier: MIT */
/* Traces: what is written is read back, plain, streamed and compressed. */
#include "config.h"

#include "sim/trace/crc32c.h"
#include "sim/trace/format.h"
#include "sim/trace/output.h"
#include "sim/trace/trace.h"
#include "tests/harness.h"
#include "tests/sim/scratch.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

static iom_trace_info *sample_info(void)
{
	iom_trace_info *info = iom_trace_info_new(IOM_KIND_VTD);
	iom_trace_register regs[] = { { 0x8, 0xd2008c22260286 }, { 0x10, 0xf00f5a } };
	iom_trace_region ram[] = { { 0x100000000, 0x80000000 }, { 0, 0x80000000 } };

	g_array_append_vals(info->registers, regs, 2);
	g_array_append_vals(info->regions, ram, 2);
	info->haw = 39;
	info->flags = IOM_TRACE_INFO_SYNTHESISED;
	info->source = g_strdup("made up by a test \xe2\x9c\x93");
	return info;
}

static const char text[] = "phase two begins";

/* One record of every kind; payloads of no, one and several slots. */
static unsigned write_all_kinds(iom_trace_writer *w)
{
	uint8_t block[100];

	for (unsigned i = 0; i < sizeof(block); i++)
		block[i] = (uint8_t)(i * 7 + 1);
	for (unsigned kind = IOM_TRACE_REG_WRITE; kind < IOM_TRACE_N_KINDS; kind++) {
		iom_trace_record r = { .kind = (uint8_t)kind,
				       .flags = IOM_TRACE_WRITE | IOM_TRACE_EXPECT,
				       .expect = IOM_TRACE_EXPECT_ADDRESS | IOM_TRACE_EXPECT_PAGE,
				       .perm = iom_trace_perm(IOM_READ | IOM_WRITE, 21),
				       .requester = 0x12345678 + kind,
				       .pasid = 0xfffff,
				       .length = 8,
				       .address = 0xfedcba9876543210 - kind,
				       .value = 0x0123456789abcdef + kind };

		if (kind == IOM_TRACE_MEM_BLOCK)
			r.length = sizeof(block);
		if (kind == IOM_TRACE_MARK)
			r.length = sizeof(text) - 1;
		if (kind == IOM_TRACE_PAGE_REQUEST)
			r.length = 16;
		iom_trace_write_data(w, &r, kind == IOM_TRACE_MARK ? (const void *)text : block);
	}
	return IOM_TRACE_N_KINDS - 1;
}

static void check_all_kinds(iom_trace_reader *r)
{
	const iom_trace_record *rec;
	const void *data;
	uint64_t slot = 0;
	GError *error = NULL;

	for (unsigned kind = IOM_TRACE_REG_WRITE; kind < IOM_TRACE_N_KINDS; kind++) {
		int got = iom_trace_next(r, &rec, &data, &error);

		CU_ASSERT_EQUAL_FATAL(got, 1);
		CHECK_EQ(rec->kind, kind);
		CHECK_EQ(rec->flags, 0x82);
		CHECK_EQ(rec->expect, 9);
		CHECK_EQ(rec->perm & 7, 3);
		CHECK_EQ(iom_trace_page_lg2(rec), 21);
		CHECK_EQ(rec->requester, 0x12345678 + kind);
		CHECK_EQ(rec->pasid, 0xfffff);
		CHECK_EQ(rec->address, 0xfedcba9876543210 - kind);
		CHECK_EQ(rec->value, 0x0123456789abcdef + kind);
		CHECK_EQ(iom_trace_reader_index(r), slot);
		slot++;
		if (kind == IOM_TRACE_MEM_BLOCK) {
			CU_ASSERT_PTR_NOT_NULL_FATAL(data);
			CHECK_EQ(rec->length, 100);
			for (unsigned i = 0; i < 100; i++)
				CHECK_EQ(((const uint8_t *)data)[i], (uint8_t)(i * 7 + 1));
			slot += 4;
		} else if (kind == IOM_TRACE_MARK) {
			CHECK_EQ(rec->length, sizeof(text) - 1);
			CU_ASSERT_EQUAL(memcmp(data, text, sizeof(text) - 1), 0);
			slot++;
		} else if (kind == IOM_TRACE_PAGE_REQUEST) {
			CU_ASSERT_PTR_NOT_NULL(data);
			slot++;
		} else {
			CU_ASSERT_PTR_NULL(data);
		}
	}
	CHECK_EQ(iom_trace_next(r, &rec, &data, &error), 0);
	CHECK_EQ(iom_trace_next(r, &rec, &data, &error), 0);
	CU_ASSERT_PTR_NULL(error);
	CHECK_EQ(iom_trace_reader_info(r)->n_records, slot);
	CHECK_EQ(iom_trace_reader_info(r)->n_dma, 1);
}

static void check_info(const iom_trace_info *info)
{
	CHECK_EQ(info->kind, IOM_KIND_VTD);
	CHECK_EQ(info->registers->len, 2);
	CHECK_EQ(g_array_index(info->registers, iom_trace_register, 1).offset, 0x10);
	CHECK_EQ(g_array_index(info->registers, iom_trace_register, 1).value, 0xf00f5a);
	CHECK_EQ(info->regions->len, 2);
	CHECK_EQ(g_array_index(info->regions, iom_trace_region, 0).base, 0x100000000);
	CHECK_EQ(g_array_index(info->regions, iom_trace_region, 0).size, 0x80000000);
	CHECK_EQ(info->haw, 39);
	CHECK_EQ(info->flags, IOM_TRACE_INFO_SYNTHESISED);
	CU_ASSERT_STRING_EQUAL(info->source, "made up by a test \xe2\x9c\x93");
	CHECK_EQ(info->version_major, 1);
}

static void make(const char *path)
{
	iom_trace_info *info = sample_info();
	GError *error = NULL;
	iom_trace_writer *w = iom_trace_writer_new(path, info, &error);

	iom_trace_info_free(info);
	CU_ASSERT_PTR_NOT_NULL_FATAL(w);
	write_all_kinds(w);
	CU_ASSERT_TRUE(iom_trace_writer_finish(w, &error));
	CU_ASSERT_PTR_NULL(error);
}

static void check_file(const char *path)
{
	GError *error = NULL;
	iom_trace_reader *r = iom_trace_reader_new(path, &error);

	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	check_info(iom_trace_reader_info(r));
	check_all_kinds(r);
	iom_trace_reader_free(r);
}

static void test_checksum(void)
{
	uint8_t bytes[300], many[20000];

	/* The check value of the CRC catalogue, and two vectors of RFC 3720 B.4. */
	CHECK_EQ(iom_crc32c(0, "123456789", 9), 0xe3069283);
	memset(bytes, 0, 32);
	CHECK_EQ(iom_crc32c(0, bytes, 32), 0x8a9136aa);
	memset(bytes, 0xff, 32);
	CHECK_EQ(iom_crc32c(0, bytes, 32), 0x62a8ab43);
	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * i + 3);
	for (unsigned n = 0; n < sizeof(bytes); n++)
		CHECK_EQ(iom_crc32c(0, bytes, n), iom_crc32c_portable(0, bytes, n));
	/* Long ones are made of several parts. */
	for (unsigned i = 0; i < sizeof(many); i++)
		many[i] = (uint8_t)(i * 2654435761u >> 13);
	for (unsigned n = 0; n < sizeof(many) - 7; n += n % 1024 < 9 ? 1 : 251)
		CHECK_EQ(iom_crc32c(5, many + n % 8, n), iom_crc32c_portable(5, many + n % 8, n));
	CHECK_EQ(iom_crc32c(iom_crc32c(0, bytes, 101), bytes + 101, 199),
		 iom_crc32c(0, bytes, 300));
}

static void test_round_trip_plain(void)
{
	char *dir = scratch_new();
	g_autofree char *path = scratch_path(dir, "t.trace");

	make(path);
	check_file(path);
	CHECK_EQ(scratch_count(dir), 1);
	scratch_free(dir);
}

static void test_round_trip_compressed(void)
{
	char *dir = scratch_new();
	g_autofree char *plain = scratch_path(dir, "t.trace");
	g_autofree char *zst = scratch_path(dir, "t.trace.zst");
	g_autofree char *other = scratch_path(dir, "other");
	g_autofree char *bytes = NULL;
	gsize len = 0;

	(void)bytes;
	(void)len;
#if IOM_HAVE_ZSTD
	make(zst);
	check_file(zst);
	/* The frame magic of RFC 8878, and the seek table's at the end. */
	CU_ASSERT_TRUE(g_file_get_contents(zst, &bytes, &len, NULL));
	CU_ASSERT_EQUAL(memcmp(bytes, "\x28\xb5\x2f\xfd", 4), 0);
	CU_ASSERT_EQUAL(memcmp(bytes + len - 4, "\xb1\xea\x92\x8f", 4), 0);
	g_unlink(zst);
#endif

	make(plain);
	if (scratch_compress("xz", plain, other))
		check_file(other);
	if (scratch_compress("gzip", plain, other))
		check_file(other);
	if (scratch_compress("zstd", plain, other))
		check_file(other);
	g_unlink(other);
	CHECK_EQ(scratch_count(dir), 1);
	scratch_free(dir);
}

/* Sizes around the ends of chunks and pieces of a long memory block. */
static void test_long(void)
{
	char *dir = scratch_new();
	const char *names[] = { "long.trace", "long.trace.zst" };
	g_autofree uint8_t *block = g_malloc(300001);
	GRand *rand = g_rand_new_with_seed(1);

	for (unsigned i = 0; i < 300001; i++)
		block[i] = (uint8_t)g_rand_int(rand);
	for (unsigned n = 0; n < 1 + IOM_HAVE_ZSTD; n++) {
		g_autofree char *path = scratch_path(dir, names[n]);
		iom_trace_info *info = sample_info();
		iom_trace_writer *w = iom_trace_writer_new(path, info, NULL);
		iom_trace_reader *r;
		const iom_trace_record *rec;
		const void *data;
		uint64_t dma = 0, bytes = 0;

		iom_trace_info_free(info);
		for (uint64_t i = 0; i < 10000; i++) {
			iom_trace_record d = { .kind = IOM_TRACE_DMA, .address = i << 12 };
			iom_trace_record b = { .kind = IOM_TRACE_MEM_BLOCK,
					       .length = (uint32_t)(i % 211),
					       .address = i };

			iom_trace_write(w, &d);
			iom_trace_write_data(w, &b, block + i);
		}
		iom_trace_record b = { .kind = IOM_TRACE_MEM_BLOCK,
				       .length = 300001,
				       .address = 0x1000 };

		iom_trace_write_data(w, &b, block);
		CU_ASSERT_TRUE(iom_trace_writer_finish(w, NULL));
		r = iom_trace_reader_new(path, NULL);
		CU_ASSERT_PTR_NOT_NULL_FATAL(r);
		for (uint64_t i = 0; i < 10000; i++) {
			CHECK_EQ(iom_trace_next(r, &rec, &data, NULL), 1);
			if (rec->kind != IOM_TRACE_DMA || rec->address != i << 12)
				CU_FAIL_FATAL("DMA out of order");
			CHECK_EQ(iom_trace_next(r, &rec, &data, NULL), 1);
			if (rec->length != i % 211 ||
			    (rec->length && memcmp(data, block + i, rec->length) != 0))
				CU_FAIL_FATAL("block differs");
			dma++;
		}
		while (iom_trace_next(r, &rec, &data, NULL) == 1) {
			CHECK_EQ(rec->kind, IOM_TRACE_MEM_BLOCK);
			CHECK_EQ(rec->address, 0x1000 + bytes);
			CU_ASSERT_EQUAL(memcmp(data, block + bytes, rec->length), 0);
			bytes += rec->length;
		}
		CHECK_EQ(bytes, 300001);
		CHECK_EQ(iom_trace_reader_info(r)->n_dma, dma);
		iom_trace_reader_free(r);
	}
	g_rand_free(rand);
	scratch_free(dir);
}

static void test_empty_trace(void)
{
	char *dir = scratch_new();
	g_autofree char *path = scratch_path(dir, "t");
	iom_trace_info *info = iom_trace_info_new(IOM_KIND_SMMUV3);
	iom_trace_writer *w = iom_trace_writer_new(path, info, NULL);
	const iom_trace_record *rec;
	const void *data;
	iom_trace_reader *r;

	iom_trace_info_free(info);
	CU_ASSERT_TRUE(iom_trace_writer_finish(w, NULL));
	r = iom_trace_reader_new(path, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	CHECK_EQ(iom_trace_reader_info(r)->n_records, 0);
	CHECK_EQ(iom_trace_next(r, &rec, &data, NULL), 0);
	iom_trace_reader_free(r);
	scratch_free(dir);
}

/* Nothing appears before finish, nothing at all after an error or abandon. */
static void test_all_or_nothing(void)
{
	char *dir = scratch_new();
	g_autofree char *path = scratch_path(dir, "t.trace");
	iom_trace_info *info = sample_info();
	iom_trace_record bad = { .kind = IOM_TRACE_REG_WRITE, .length = 3 };
	iom_trace_record unknown = { .kind = 200 };
	GError *error = NULL;
	iom_trace_writer *w = iom_trace_writer_new(path, info, NULL);

	write_all_kinds(w);
	CU_ASSERT_FALSE(g_file_test(path, G_FILE_TEST_EXISTS));
	iom_trace_writer_abandon(w);
	CHECK_EQ(scratch_count(dir), 0);

	w = iom_trace_writer_new(path, info, NULL);
	iom_trace_write(w, &bad);
	iom_trace_write(w, &unknown);
	CU_ASSERT_FALSE(iom_trace_writer_finish(w, &error));
	CU_ASSERT_PTR_NOT_NULL_FATAL(error);
	CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "record 0: register write of 3 bytes"));
	g_clear_error(&error);
	CHECK_EQ(scratch_count(dir), 0);

	/* A file that is there stays until the new one is complete. */
	scratch_put(path, "precious", 8);
	w = iom_trace_writer_new(path, info, NULL);
	write_all_kinds(w);
	iom_trace_writer_abandon(w);
	g_autofree char *kept = NULL;

	CU_ASSERT_TRUE(g_file_get_contents(path, &kept, NULL, NULL));
	CU_ASSERT_STRING_EQUAL(kept, "precious");
	make(path);
	check_file(path);
	CHECK_EQ(scratch_count(dir), 1);

	g_autofree char *nowhere = scratch_path(dir, "no/such/dir.trace");

	CU_ASSERT_PTR_NULL(iom_trace_writer_new(nowhere, info, &error));
	CU_ASSERT_PTR_NOT_NULL_FATAL(error);
	CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "no/such/dir.trace: cannot write"));
	g_clear_error(&error);

	w = iom_trace_writer_new("/dev/full", info, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(w);
	CU_ASSERT_FALSE(iom_trace_writer_finish(w, &error));
	CU_ASSERT_PTR_NOT_NULL_FATAL(error);
	CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "/dev/full: cannot write: No space"));
	g_clear_error(&error);
	iom_trace_info_free(info);
	scratch_free(dir);
}

static void test_header_refused(void)
{
	iom_trace_info *info = sample_info();
	iom_trace_region overlap = { 0x7fffffff, 2 }, wraps = { UINT64_MAX, 2 };
	GError *error = NULL;

	g_array_append_val(info->regions, overlap);
	CU_ASSERT_PTR_NULL(iom_trace_header_encode(info, &error));
	CU_ASSERT_PTR_NOT_NULL_FATAL(error);
	CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "overlaps"));
	g_clear_error(&error);
	g_array_set_size(info->regions, 2);
	g_array_append_val(info->regions, wraps);
	CU_ASSERT_PTR_NULL(iom_trace_header_encode(info, &error));
	g_clear_error(&error);
	iom_trace_info_free(info);
}

static const iom_test tests[] = {
	{ "the checksum is CRC-32C, with and without the instruction", test_checksum },
	{ "every kind of record survives a plain file", test_round_trip_plain },
	{ "and zstd of our own, xz, gzip and zstd of the tools", test_round_trip_compressed },
	{ "chunk borders and long memory blocks", test_long },
	{ "a trace without records", test_empty_trace },
	{ "a file appears whole or not at all", test_all_or_nothing },
	{ "a header that cannot be is refused", test_header_refused },
	{ NULL, NULL },
};
const iom_suite trace_suite = { "trace", tests };
