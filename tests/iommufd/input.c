/* SPDX-License-Identifier: MIT */
/*
 * Input that no careful program sends. The expected answers are the kernel's
 * rules for structures that grow, and its table of sizes.
 */
#include "suites.h"

#include <sys/mman.h>
#include <unistd.h>

typedef struct shape {
	uint8_t nr, full, least;
} shape;

/* Sizes of 7.2 and of the version that a structure came with. */
static const shape shapes[] = {
	{ 0x80, 8, 8 },   { 0x81, 12, 12 }, { 0x82, 24, 24 }, { 0x83, 40, 40 }, { 0x84, 32, 32 },
	{ 0x85, 40, 40 }, { 0x86, 24, 24 }, { 0x87, 24, 24 }, { 0x88, 12, 12 }, { 0x89, 48, 24 },
	{ 0x8a, 40, 32 }, { 0x8b, 16, 16 }, { 0x8c, 48, 48 }, { 0x8d, 32, 32 }, { 0x8e, 16, 16 },
	{ 0x8f, 40, 40 }, { 0x90, 40, 24 }, { 0x91, 24, 24 }, { 0x92, 8, 8 },   { 0x93, 32, 28 },
	{ 0x94, 40, 40 }, { 0xa0, 72, 68 },
};

static void test_sizes(void)
{
	rig r = rig_new(NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++) {
		const shape *s = &shapes[i];
		uint32_t words[64];
		int whole;

		memset(words, 0, sizeof(words));
		words[0] = s->full;
		whole = CALL(&r, s->nr, words);
		CU_ASSERT_NOT_EQUAL(whole, -ENOTTY);
		for (uint32_t size = 0; size < s->least; size++) {
			memset(words, 0, sizeof(words));
			words[0] = size;
			CHECK_EQ(CALL(&r, s->nr, words), -EINVAL);
		}
		/* A longer structure is fine while what is new in it is zero. */
		memset(words, 0, sizeof(words));
		words[0] = sizeof(words);
		CHECK_EQ(CALL(&r, s->nr, words), whole);
		memset(words, 0, sizeof(words));
		words[0] = sizeof(words);
		((uint8_t *)words)[s->full] = 1;
		CHECK_EQ(CALL(&r, s->nr, words), -E2BIG);
		memset(words, 0, sizeof(words));
		words[0] = 0xffffffff;
		CU_ASSERT_TRUE(CALL(&r, s->nr, words) < 0);
	}
	rig_free(&r);
}

static void test_pointers(void)
{
	uint8_t *page =
		mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	rig r = rig_new(NULL);

	munmap(page + 4096, 4096);
	for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++) {
		const shape *s = &shapes[i];
		uint32_t size = s->full;

		CHECK_EQ(CALL(&r, s->nr, 0), -EFAULT);
		CHECK_EQ(CALL(&r, s->nr, UINTPTR_MAX - 2), -EFAULT);
		CHECK_EQ(CALL(&r, s->nr, page + 4096), -EFAULT);
		/* The size can be read, the rest cannot. */
		memset(page, 0, 4096);
		memcpy(page + 4092, &size, 4);
		CHECK_EQ(CALL(&r, s->nr, page + 4092), -EFAULT);
		/* Unaligned, and ending with the page. */
		memset(page, 0, 4096);
		memcpy(page + 4096 - s->full, &size, 4);
		CU_ASSERT_NOT_EQUAL(CALL(&r, s->nr, page + 4096 - s->full), -EFAULT);
		memset(page, 0, 4096);
		memcpy(page + 1, &size, 4);
		CU_ASSERT_NOT_EQUAL(CALL(&r, s->nr, page + 1), -EFAULT);
	}
	munmap(page, 4096);
	rig_free(&r);
}

/* Every byte of every structure, one wrong bit at a time: an answer, no crash. */
static void test_every_field(void)
{
	rig r = rig_new(NULL);
	uint32_t ioas = rig_ioas(&r);

	rig_mock(&r, ioas, IOMFD_MOCK_DEVICE_PASID);
	for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++) {
		const shape *s = &shapes[i];

		for (unsigned bit = 32; bit < s->full * 8u; bit++) {
			uint8_t bytes[128] = { s->full };
			int rc;

			bytes[bit / 8] |= (uint8_t)(1u << (bit % 8));
			rc = CALL(&r, s->nr, bytes);
			CU_ASSERT_TRUE(rc <= 0 && rc > -200);
		}
	}
	rig_free(&r);
}

/* Structures in read-only memory: done or not, but never half. */
static void test_copy_back(void)
{
	rig r = rig_new(NULL);
	uint32_t ioas = rig_ioas(&r);
	struct iomfd_ioas_alloc *cmd =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iomfd_fault_alloc *fault = (struct iomfd_fault_alloc *)(cmd + 16);
	struct iomfd_ioas_alloc again = { .size = sizeof(again) };

	cmd->size = sizeof(*cmd);
	fault->size = sizeof(*fault);
	fault->flags = 0;
	mprotect(cmd, 4096, PROT_READ);
	CHECK_EQ(CALL(&r, 0x81, cmd), -EFAULT);
	CHECK_EQ(CALL(&r, 0x8e, fault), -EFAULT);
	/* Neither left an id taken. */
	CHECK_EQ(CALL(&r, 0x81, &again), 0);
	CHECK_EQ(again.out_ioas_id, ioas + 1);
	munmap(cmd, 4096);
	rig_free(&r);
}

static void test_exhaustion(void)
{
	rig r = rig_new(NULL);
	struct iomfd_ioas_alloc cmd = { .size = sizeof(cmd) };
	struct iomfd_fault_alloc fault = { .size = sizeof(fault) };
	uint32_t first;

	iom_iommufd_limit_objects(r.t, 3);
	first = rig_ioas(&r);
	rig_ioas(&r);
	rig_ioas(&r);
	CHECK_EQ(CALL(&r, 0x81, &cmd), -EBUSY);
	CHECK_EQ(CALL(&r, 0x8e, &fault), -EBUSY);
	CHECK_EQ(rig_destroy(&r, first), 0);
	CHECK_EQ(CALL(&r, 0x81, &cmd), 0);
	CHECK_EQ(cmd.out_ioas_id, first);
	rig_free(&r);
}

static void test_foreign_descriptors(void)
{
	rig r = rig_new(NULL);
	struct iomfd_destroy cmd = { sizeof(cmd), 1 };
	int null = iom_iommufd_open(r.t, "iommu");

	CHECK_EQ(iom_iommufd_ioctl(r.t, 1, IOMFD_DESTROY, (uintptr_t)&cmd), -EBADF);
	CHECK_EQ(iom_iommufd_close(r.t, null), 0);
	CHECK_EQ(iom_iommufd_ioctl(r.t, null, IOMFD_DESTROY, (uintptr_t)&cmd), -EBADF);
	CHECK_EQ(iom_iommufd_close(r.t, null), -EBADF);
	CHECK_EQ(iom_iommufd_read(r.t, r.fd, &cmd, 8), -EINVAL);
	CHECK_EQ(iom_iommufd_open(r.t, "vfio/devices/vfio9"), -ENOENT);
	rig_free(&r);
}

static const iom_test tests[] = {
	{ "sizes too small, too large, with and without a tail of zeros", test_sizes },
	{ "pointers that cannot be read, unaligned ones", test_pointers },
	{ "every bit of every structure wrong in turn", test_every_field },
	{ "answers that cannot be written leave nothing behind", test_copy_back },
	{ "no more objects", test_exhaustion },
	{ "descriptors of something else", test_foreign_descriptors },
	{ 0 },
};
const iom_suite input_suite = { "input", tests };
