/* SPDX-License-Identifier: MIT */
/* Accesses: alignment, devices, injected errors, compare-and-swap. */
#include "tests/core/suites.h"

#include <string.h>

/* A device that remembers what it was asked for. */
typedef struct device {
	uint8_t bytes[64];
	unsigned reads, writes, swaps, sizes; /* sizes: a bit for each size seen */
	iom_mem_status status;
} device;

static iom_mem_status device_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
	device *d = opaque;
	uint64_t v = 0;

	memcpy(&v, d->bytes + offset, size);
	*value = GUINT64_FROM_LE(v);
	d->reads++;
	d->sizes |= size;
	return d->status;
}

static iom_mem_status device_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	device *d = opaque;

	value = GUINT64_TO_LE(value);
	memcpy(d->bytes + offset, &value, size);
	d->writes++;
	d->sizes |= size;
	return d->status;
}

static iom_mem_status device_swap(void *opaque, uint64_t offset, uint64_t *expected,
				  uint64_t desired)
{
	device *d = opaque;
	uint64_t v;

	memcpy(&v, d->bytes + offset, 8);
	if (v == *expected)
		memcpy(d->bytes + offset, &desired, 8);
	*expected = v;
	d->swaps++;
	return IOM_MEM_OK;
}

static void *device_host(void *opaque, uint64_t offset, bool write, uint64_t *span)
{
	device *d = opaque;

	(void)write;
	if (offset >= 32)
		return NULL;
	*span = 32 - offset;
	return d->bytes + offset;
}

static iom_memory *with_device(device *d, const iom_memory_ops *ops)
{
	iom_memory *mem = iom_memory_new();

	memset(d, 0, sizeof(*d));
	for (unsigned i = 0; i < sizeof(d->bytes); i++)
		d->bytes[i] = (uint8_t)i;
	CU_ASSERT_TRUE(iom_memory_add_device(mem, 0x1000, sizeof(d->bytes), ops, d, NULL));
	return mem;
}

static void device_sizes(void)
{
	iom_memory_ops ops = { .read = device_read, .write = device_write };
	device d;
	iom_memory *mem = with_device(&d, &ops);
	uint8_t buf[13];
	uint64_t v;
	uint32_t w;

	CHECK_EQ(iom_memory_load64(mem, 0x1008, &v), IOM_MEM_OK);
	CHECK_EQ(v, 0x0f0e0d0c0b0a0908);
	CHECK_EQ(d.reads, 1);
	CHECK_EQ(d.sizes, 8);
	CHECK_EQ(iom_memory_load32(mem, 0x1006, &w), IOM_MEM_OK);
	CHECK_EQ(w, 0x07060504);
	d.sizes = d.reads = 0;
	/* 0x1003..0x100f: one byte, four, eight. */
	CHECK_EQ(iom_memory_read(mem, 0x1003, buf, 13), IOM_MEM_OK);
	CHECK_EQ(d.reads, 3);
	CHECK_EQ(d.sizes, 1 | 4 | 8);
	for (unsigned i = 0; i < 13; i++)
		CHECK_EQ(buf[i], 3 + i);
	memset(buf, 0xaa, sizeof(buf));
	CHECK_EQ(iom_memory_write(mem, 0x1011, buf, 3), IOM_MEM_OK);
	CHECK_EQ(d.bytes[0x10], 0x10);
	CHECK_EQ(d.bytes[0x11], 0xaa);
	CHECK_EQ(d.bytes[0x13], 0xaa);
	CHECK_EQ(d.bytes[0x14], 0x14);
	CHECK_EQ(iom_memory_store32(mem, 0x1020, 0x11223344), IOM_MEM_OK);
	CHECK_EQ(d.bytes[0x20], 0x44);
	CHECK_EQ(iom_memory_read(mem, 0x103c, buf, 5), IOM_MEM_ABORT);
	CU_ASSERT_PTR_NULL(iom_memory_host(mem, 0x1000, false, NULL));
	iom_memory_unref(mem);
}

static void device_errors(void)
{
	iom_memory_ops ops = { .read = device_read, .write = device_write };
	device d;
	iom_memory *mem = with_device(&d, &ops);
	uint64_t v = 0;

	d.status = IOM_MEM_POISON;
	CHECK_EQ(iom_memory_load64(mem, 0x1000, &v), IOM_MEM_POISON);
	CHECK_EQ(v, 0x0706050403020100);
	CHECK_EQ(iom_memory_store64(mem, 0x1000, 0), IOM_MEM_POISON);
	d.status = IOM_MEM_ABORT;
	CHECK_EQ(iom_memory_load64(mem, 0x1000, &v), IOM_MEM_ABORT);
	iom_memory_unref(mem);
	/* A device that cannot be read or written at all. */
	ops = (iom_memory_ops){ 0 };
	mem = with_device(&d, &ops);
	CHECK_EQ(iom_memory_load64(mem, 0x1000, &v), IOM_MEM_ABORT);
	CHECK_EQ(iom_memory_store64(mem, 0x1000, v), IOM_MEM_ABORT);
	iom_memory_unref(mem);
}

static void device_swaps(void)
{
	iom_memory_ops ops = { .read = device_read, .write = device_write };
	device d;
	iom_memory *mem = with_device(&d, &ops);
	uint64_t expected = 1, span;

	CHECK_EQ(iom_memory_cas64(mem, 0x1000, &expected, 5), IOM_MEM_OK);
	CHECK_EQ(expected, 0x0706050403020100);
	CHECK_EQ(d.writes, 0);
	CHECK_EQ(iom_memory_cas64(mem, 0x1000, &expected, 5), IOM_MEM_OK);
	CHECK_EQ(expected, 0x0706050403020100);
	CHECK_EQ(d.bytes[0], 5);
	iom_memory_unref(mem);
	ops.cas64 = device_swap;
	ops.host = device_host;
	mem = with_device(&d, &ops);
	CHECK_EQ(iom_memory_cas64(mem, 0x1000, &expected, 6), IOM_MEM_OK);
	CHECK_EQ(d.swaps, 1);
	CHECK_EQ(d.bytes[0], 6);
	CU_ASSERT_PTR_EQUAL(iom_memory_host(mem, 0x1008, true, &span), d.bytes + 8);
	CHECK_EQ(span, 24);
	CU_ASSERT_PTR_NULL(iom_memory_host(mem, 0x1020, true, &span));
	CHECK_EQ(span, 0);
	iom_memory_unref(mem);
}

/* Words that lie across two regions, on memory of every alignment. */
static void unaligned(void)
{
	for (unsigned skew = 0; skew < 8; skew++) {
		iom_memory *mem = iom_memory_new();
		uint64_t store[8] = { 0 }, expected = 0, v;
		uint8_t *low = (uint8_t *)store + skew, *high = (uint8_t *)store + 40;
		uint32_t w;

		CU_ASSERT_TRUE(iom_memory_add_ram(mem, 0x1000, 12, low, NULL));
		CU_ASSERT_TRUE(iom_memory_add_ram(mem, 0x100c, 20, high, NULL));
		CHECK_EQ(iom_memory_store64(mem, 0x1008, 0x8877665544332211), IOM_MEM_OK);
		CHECK_EQ(low[8], 0x11);
		CHECK_EQ(low[11], 0x44);
		CHECK_EQ(high[0], 0x55);
		CHECK_EQ(high[3], 0x88);
		CHECK_EQ(iom_memory_load64(mem, 0x100f, &v), IOM_MEM_OK);
		CHECK_EQ(v, 0x8877665544332211);
		CHECK_EQ(iom_memory_load32(mem, 0x100e, &w), IOM_MEM_OK);
		CHECK_EQ(w, 0x88776655);
		CHECK_EQ(iom_memory_cas64(mem, 0x1008, &expected, 1), IOM_MEM_OK);
		CHECK_EQ(expected, 0x8877665544332211);
		CHECK_EQ(iom_memory_cas64(mem, 0x1008, &expected, 0xaabb), IOM_MEM_OK);
		CHECK_EQ(iom_memory_load64(mem, 0x1008, &v), IOM_MEM_OK);
		CHECK_EQ(v, 0xaabb);
		iom_memory_store64(mem, 0x1000, 0x0102030405060708);
		expected = 0x0102030405060708;
		CHECK_EQ(iom_memory_cas64(mem, 0x1000, &expected, 4), IOM_MEM_OK);
		CHECK_EQ(low[0], 4);
		CHECK_EQ(iom_memory_load64(mem, 0x1020, &v), IOM_MEM_ABORT);
		iom_memory_unref(mem);
	}
}

static void injection(void)
{
	iom_memory *mem = iom_memory_new();
	uint64_t v, span, expected = 0;
	uint8_t buf[32];

	CU_ASSERT_TRUE(iom_memory_add_sparse(mem, 0, 0x10000, NULL));
	iom_memory_store64(mem, 0x1000, 11);
	iom_memory_inject(mem, 0x1004, 1, true, false, IOM_MEM_ABORT);
	CHECK_EQ(iom_memory_load64(mem, 0x1000, &v), IOM_MEM_ABORT);
	CHECK_EQ(iom_memory_store64(mem, 0x1000, 12), IOM_MEM_OK);
	CHECK_EQ(iom_memory_cas64(mem, 0x1000, &expected, 5), IOM_MEM_ABORT);
	CHECK_EQ(iom_memory_load64(mem, 0x1008, &v), IOM_MEM_OK);
	CHECK_EQ(iom_memory_read(mem, 0xff0, buf, 32), IOM_MEM_ABORT);
	CHECK_EQ(iom_memory_read(mem, 0xff0, buf, 20), IOM_MEM_OK);
	CU_ASSERT_PTR_NULL(iom_memory_host(mem, 0x1004, false, NULL));
	CU_ASSERT_PTR_NOT_NULL(iom_memory_host(mem, 0x1000, false, &span));
	CHECK_EQ(span, 4);
	/* Writes only; a compare-and-swap that fails to compare writes nothing. */
	iom_memory_inject(mem, 0, 0x10000, true, true, IOM_MEM_OK);
	iom_memory_inject(mem, 0x1000, 8, false, true, IOM_MEM_ABORT);
	CHECK_EQ(iom_memory_load64(mem, 0x1000, &v), IOM_MEM_OK);
	CHECK_EQ(v, 12);
	CHECK_EQ(iom_memory_store32(mem, 0x1004, 1), IOM_MEM_ABORT);
	expected = 1;
	CHECK_EQ(iom_memory_cas64(mem, 0x1000, &expected, 5), IOM_MEM_OK);
	CHECK_EQ(expected, 12);
	CHECK_EQ(iom_memory_cas64(mem, 0x1000, &expected, 5), IOM_MEM_ABORT);
	CHECK_EQ(iom_memory_load64(mem, 0x1000, &v), IOM_MEM_OK);
	CHECK_EQ(v, 12);
	/* Poison brings the data along. */
	iom_memory_inject(mem, 0x1000, 8, true, false, IOM_MEM_POISON);
	CHECK_EQ(iom_memory_load64(mem, 0x1000, &v), IOM_MEM_POISON);
	CHECK_EQ(v, 12);
	iom_memory_inject(mem, 0x1000, 8, true, true, IOM_MEM_OK);
	CHECK_EQ(iom_memory_cas64(mem, 0x1000, &expected, 5), IOM_MEM_OK);
	CHECK_EQ(iom_memory_load64(mem, 0x1000, &v), IOM_MEM_OK);
	CHECK_EQ(v, 5);
	iom_memory_unref(mem);
}

/* Marks set and taken at random against one status a byte. */
static void injection_random(void)
{
	enum { BYTES = 256 };
	iom_memory *mem = iom_memory_new();
	uint64_t seed = 7, base = UINT64_MAX - BYTES + 1;
	uint8_t want[2][BYTES] = { { 0 } }, byte = 0;

	CU_ASSERT_TRUE(iom_memory_add_sparse(mem, base, BYTES, NULL));
	for (unsigned round = 0; round < 2000; round++) {
		uint64_t r = next_random(&seed);
		unsigned at = below(r, BYTES), n = 1 + below(r >> 8, 40),
			 which = 1 + below(r >> 16, 3);
		unsigned status = below(r >> 20, 3);

		iom_memory_inject(mem, base + at, n, which & 1, which & 2, (iom_mem_status)status);
		for (unsigned i = at; i < MIN(at + n, BYTES); i++) {
			if (which & 1)
				want[0][i] = (uint8_t)status;
			if (which & 2)
				want[1][i] = (uint8_t)status;
		}
		for (unsigned i = 0; i < BYTES; i++) {
			if (iom_memory_read(mem, base + i, &byte, 1) != want[0][i] ||
			    iom_memory_write(mem, base + i, &byte, 1) != want[1][i]) {
				CU_FAIL("a byte has another status than it was given");
				round = 2000;
				break;
			}
		}
	}
	iom_memory_unref(mem);
}

typedef struct counting {
	iom_memory *mem;
	unsigned times;
} counting;

static gpointer count_up(gpointer data)
{
	const counting *c = data;

	uint64_t seen = 0, expected;

	for (unsigned i = 0; i < c->times; i++) {
		do {
			expected = seen;
			iom_memory_cas64(c->mem, 0x5008, &seen, expected + 1);
		} while (seen != expected);
		seen++;
	}
	return NULL;
}

static void swap_threads(void)
{
	counting c = { iom_memory_new(), 500000 };
	GThread *other;
	uint64_t v;

	CU_ASSERT_TRUE(iom_memory_add_sparse(c.mem, 0, UINT64_C(1) << 48, NULL));
	other = g_thread_new("count", count_up, &c);
	count_up(&c);
	g_thread_join(other);
	CHECK_EQ(iom_memory_load64(c.mem, 0x5008, &v), IOM_MEM_OK);
	CHECK_EQ(v, 1000000);
	iom_memory_unref(c.mem);
}

/* Without an instruction for it: the fallback must not lose an update either. */
static void swap_threads_device(void)
{
	iom_memory_ops ops = { .read = device_read, .write = device_write };
	counting c = { NULL, 20000 };
	device d;
	GThread *other;
	uint64_t v;

	c.mem = iom_memory_new();
	CU_ASSERT_TRUE(iom_memory_add_device(c.mem, 0x5000, sizeof(d.bytes), &ops, &d, NULL));
	memset(&d, 0, sizeof(d));
	other = g_thread_new("count", count_up, &c);
	count_up(&c);
	g_thread_join(other);
	CHECK_EQ(iom_memory_load64(c.mem, 0x5008, &v), IOM_MEM_OK);
	CHECK_EQ(v, 40000);
	iom_memory_unref(c.mem);
}

static const iom_test tests[] = {
	{ "a device sees naturally aligned accesses", device_sizes },
	{ "abort, poison and success of a device are told apart", device_errors },
	{ "compare-and-swap and host pointers of a device", device_swaps },
	{ "words across regions and on skewed memory", unaligned },
	{ "injected errors hit reads, writes or both", injection },
	{ "injected errors against one status a byte", injection_random },
	{ "two threads count to a million by compare-and-swap", swap_threads },
	{ "counting on a device without compare-and-swap", swap_threads_device },
	{ 0 },
};
const iom_suite access_suite = { "access", tests };
