/* SPDX-License-Identifier: MIT */
/* Regions: what may be added, where they end, and what lies between them. */
#include "tests/core/suites.h"

#include <string.h>

#define TOP UINT64_MAX
#define HALF (UINT64_C(1) << 63)

static void refuse(iom_memory *mem, uint64_t base, uint64_t size)
{
	GError *error = NULL;

	CU_ASSERT_FALSE(iom_memory_add_sparse(mem, base, size, &error));
	CU_ASSERT_TRUE(g_error_matches(error, IOM_ERROR, IOM_ERROR_RANGE));
	g_clear_error(&error);
}

static void accept(iom_memory *mem, uint64_t base, uint64_t size)
{
	GError *error = NULL;

	CU_ASSERT_TRUE(iom_memory_add_sparse(mem, base, size, &error));
	CU_ASSERT_PTR_NULL(error);
	g_clear_error(&error);
}

static void overlaps(void)
{
	iom_memory *mem = iom_memory_new();

	refuse(mem, 0x1000, 0);
	refuse(mem, TOP, 2);
	refuse(mem, HALF, HALF + 1);
	accept(mem, 0x1000, 0x1000);
	refuse(mem, 0x1000, 0x1000);
	refuse(mem, 0x1fff, 1);
	refuse(mem, 0, 0x1001);
	refuse(mem, 0, TOP);
	refuse(mem, 0x1800, 0x10);
	accept(mem, 0x2000, 1);
	accept(mem, 0, 0x1000);
	accept(mem, TOP, 1);
	refuse(mem, TOP, 1);
	refuse(mem, 0x3000, TOP - 0x3000 + 1);
	accept(mem, 0x3000, TOP - 0x3000);
	iom_memory_unref(mem);
}

static void removal(void)
{
	iom_memory *mem = iom_memory_new();
	GError *error = NULL;
	uint64_t v;

	accept(mem, 0x1000, 0x1000);
	accept(mem, 0x4000, 0x1000);
	accept(mem, 0x8000, 0x1000);
	iom_memory_store64(mem, 0x1000, 1);
	iom_memory_store64(mem, 0x8000, 3);
	CU_ASSERT_FALSE(iom_memory_remove(mem, 0x4800, &error));
	CU_ASSERT_TRUE(g_error_matches(error, IOM_ERROR, IOM_ERROR_RANGE));
	g_clear_error(&error);
	CU_ASSERT_TRUE(iom_memory_remove(mem, 0x4000, NULL));
	CHECK_EQ(iom_memory_load64(mem, 0x4000, &v), IOM_MEM_ABORT);
	CHECK_EQ(iom_memory_load64(mem, 0x1000, &v), IOM_MEM_OK);
	CHECK_EQ(v, 1);
	CHECK_EQ(iom_memory_load64(mem, 0x8000, &v), IOM_MEM_OK);
	CHECK_EQ(v, 3);
	accept(mem, 0x2000, 0x6000);
	iom_memory_unref(mem);
}

/* Every byte of a table of regions answers from the right one, and no other does. */
static void many_regions(void)
{
	iom_memory *mem = iom_memory_new();
	uint8_t host[40][16];

	for (unsigned i = 0; i < 40; i++) {
		unsigned at = i * 7 % 40;

		memset(host[at], (int)at + 1, 16);
		CU_ASSERT_TRUE(iom_memory_add_ram(mem, at * 24, 16, host[at], NULL));
	}
	for (unsigned addr = 0; addr < 40 * 24; addr++) {
		uint8_t byte = 0xee;
		iom_mem_status status = iom_memory_read(mem, addr, &byte, 1);

		if (addr % 24 < 16) {
			CHECK_EQ(status, IOM_MEM_OK);
			CHECK_EQ(byte, addr / 24 + 1);
		} else {
			CHECK_EQ(status, IOM_MEM_ABORT);
		}
	}
	iom_memory_unref(mem);
}

static void nothing_there(void)
{
	iom_memory *mem = iom_memory_new();
	uint64_t v = 1, span = 5, expected = 0;
	uint32_t w;

	CHECK_EQ(iom_memory_load64(mem, 0, &v), IOM_MEM_ABORT);
	CHECK_EQ(iom_memory_load32(mem, 0, &w), IOM_MEM_ABORT);
	CHECK_EQ(iom_memory_store64(mem, TOP, 0), IOM_MEM_ABORT);
	CHECK_EQ(iom_memory_store32(mem, 0, 0), IOM_MEM_ABORT);
	CHECK_EQ(iom_memory_cas64(mem, 0, &expected, 0), IOM_MEM_ABORT);
	CU_ASSERT_PTR_NULL(iom_memory_host(mem, 0, true, &span));
	CHECK_EQ(span, 0);
	CHECK_EQ(iom_memory_read(mem, 0, &v, 0), IOM_MEM_OK);
	iom_memory_unref(mem);
}

/* The last word of the space works; an access that goes on beyond it aborts. */
static void top_of_space(void)
{
	iom_memory *mem = iom_memory_new();
	uint8_t buf[16];
	uint64_t v, span;

	accept(mem, 0, 0x1000);
	accept(mem, HALF, HALF);
	CHECK_EQ(iom_memory_store64(mem, TOP, 0x1122334455667788), IOM_MEM_OK);
	CHECK_EQ(iom_memory_load64(mem, TOP - 7, &v), IOM_MEM_OK);
	CHECK_EQ(v, 0x1122334455667788);
	CHECK_EQ(iom_memory_read(mem, TOP - 7, buf, 8), IOM_MEM_OK);
	CHECK_EQ(buf[0], 0x88);
	CHECK_EQ(buf[7], 0x11);
	CHECK_EQ(iom_memory_read(mem, TOP - 7, buf, 9), IOM_MEM_ABORT);
	CHECK_EQ(iom_memory_write(mem, TOP, buf, 2), IOM_MEM_ABORT);
	CHECK_EQ(iom_memory_write(mem, TOP, buf, 1), IOM_MEM_OK);
	CU_ASSERT_PTR_NOT_NULL(iom_memory_host(mem, TOP, true, &span));
	CHECK_EQ(span, 1);
	CHECK_EQ(iom_memory_load64(mem, 0, &v), IOM_MEM_OK);
	CHECK_EQ(v, 0);
	iom_memory_unref(mem);
}

static void sparse_chunks(void)
{
	iom_memory *mem = iom_memory_new();
	uint8_t in[300], out[300];
	uint64_t v;

	accept(mem, 0x123, (UINT64_C(1) << 52) - 0x200);
	for (unsigned i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(i + 1);
	for (unsigned lg2 = 12; lg2 < 52; lg2++) {
		uint64_t at = (UINT64_C(1) << lg2) - 150;

		memset(out, 0xff, sizeof(out));
		CHECK_EQ(iom_memory_write(mem, at, in, sizeof(in)), IOM_MEM_OK);
		CHECK_EQ(iom_memory_read(mem, at, out, sizeof(out)), IOM_MEM_OK);
		CU_ASSERT_EQUAL(memcmp(in, out, sizeof(in)), 0);
	}
	/* Memory that was never written reads zero, across written chunks too. */
	CHECK_EQ(iom_memory_load64(mem, 0x7654321000, &v), IOM_MEM_OK);
	CHECK_EQ(v, 0);
	CHECK_EQ(iom_memory_read(mem, 0x4000000, out, sizeof(out)), IOM_MEM_OK);
	CHECK_EQ(out[149], in[299]);
	CHECK_EQ(out[150], 0);
	CHECK_EQ(iom_memory_read(mem, 0x122, out, 1), IOM_MEM_ABORT);
	CHECK_EQ(iom_memory_read(mem, 0x123, out, 1), IOM_MEM_OK);
	iom_memory_unref(mem);
}

/* As many chunks as make the table of chunks grow several times. */
static void sparse_grows(void)
{
	iom_memory *mem = iom_memory_new();
	uint64_t seed = 1, v;

	accept(mem, 0, HALF);
	for (unsigned i = 0; i < 2000; i++) {
		uint64_t at = next_random(&seed) & (HALF - 8);

		CHECK_EQ(iom_memory_store64(mem, at, at + 1), IOM_MEM_OK);
	}
	seed = 1;
	for (unsigned i = 0; i < 2000; i++) {
		uint64_t at = next_random(&seed) & (HALF - 8);

		CHECK_EQ(iom_memory_load64(mem, at, &v), IOM_MEM_OK);
		CHECK_EQ(v, at + 1);
	}
	iom_memory_unref(mem);
}

static void host_pointers(void)
{
	iom_memory *mem = iom_memory_new();
	uint64_t ram[64] = { 0 }, span, v;
	uint8_t *p;

	CU_ASSERT_TRUE(iom_memory_add_ram(mem, 0x10000, sizeof(ram), ram, NULL));
	accept(mem, 0x20000, 0x30000);
	p = iom_memory_host(mem, 0x10008, true, &span);
	CU_ASSERT_PTR_EQUAL(p, &ram[1]);
	CHECK_EQ(span, sizeof(ram) - 8);
	CU_ASSERT_PTR_NOT_NULL(iom_memory_host(mem, 0x10008, false, NULL));
	/* Sparse memory has a pointer for reading only once it was written. */
	CU_ASSERT_PTR_NULL(iom_memory_host(mem, 0x20000, false, &span));
	p = iom_memory_host(mem, 0x20010, true, &span);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_TRUE(span >= 0xff0 && span <= 0x30000 - 0x10);
	p[0] = 0x5a;
	CHECK_EQ(iom_memory_load64(mem, 0x20010, &v), IOM_MEM_OK);
	CHECK_EQ(v, 0x5a);
	CU_ASSERT_PTR_EQUAL(iom_memory_host(mem, 0x20010, false, NULL), p);
	CU_ASSERT_PTR_NOT_NULL(iom_memory_host(mem, 0x4ffff, true, &span));
	CHECK_EQ(span, 1);
	iom_memory_unref(mem);
}

typedef struct listing {
	uint64_t addr[8], value[8];
	unsigned n, most;
} listing;

static bool list_word(void *opaque, uint64_t addr, uint64_t value)
{
	listing *l = opaque;

	l->addr[l->n] = addr;
	l->value[l->n] = value;
	return ++l->n < l->most;
}

static void every_word(void)
{
	iom_memory *mem = iom_memory_new();
	uint64_t ram[4] = { 0, GUINT64_TO_LE(7), 0, GUINT64_TO_LE(9) };
	listing l = { .most = 8 };

	accept(mem, UINT64_C(1) << 40, HALF);
	CU_ASSERT_TRUE(iom_memory_add_ram(mem, 0x100, sizeof(ram), ram, NULL));
	iom_memory_store64(mem, UINT64_C(1) << 62, 3);
	iom_memory_store64(mem, UINT64_C(1) << 41, 2);
	iom_memory_store64(mem, (UINT64_C(1) << 40) + 8, 1);
	iom_memory_foreach(mem, list_word, &l);
	CHECK_EQ(l.n, 5);
	CHECK_EQ(l.addr[0], 0x108);
	CHECK_EQ(l.value[0], 7);
	CHECK_EQ(l.addr[1], 0x118);
	CHECK_EQ(l.value[1], 9);
	CHECK_EQ(l.addr[2], (UINT64_C(1) << 40) + 8);
	CHECK_EQ(l.addr[3], UINT64_C(1) << 41);
	CHECK_EQ(l.value[3], 2);
	CHECK_EQ(l.addr[4], UINT64_C(1) << 62);
	CHECK_EQ(l.value[4], 3);
	l = (listing){ .most = 3 };
	iom_memory_foreach(mem, list_word, &l);
	CHECK_EQ(l.n, 3);
	iom_memory_unref(mem);
}

static const iom_test tests[] = {
	{ "regions that overlap, wrap or are empty are refused", overlaps },
	{ "a removed region answers no more, its neighbours do", removal },
	{ "each of many regions answers for its own bytes", many_regions },
	{ "an empty space aborts", nothing_there },
	{ "the top of the 64-bit space", top_of_space },
	{ "sparse memory across chunks, at every width", sparse_chunks },
	{ "sparse memory with thousands of chunks", sparse_grows },
	{ "host pointers and their spans", host_pointers },
	{ "foreach gives the words that are not zero, ascending", every_word },
	{ 0 },
};
const iom_suite memory_suite = { "memory", tests };
