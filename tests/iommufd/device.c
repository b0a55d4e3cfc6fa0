/* SPDX-License-Identifier: MIT */
/* VFIO devices on the engine: bind, attach, replace, detach, in any order. */
#include "suites.h"

#include <sys/mman.h>
#include <unistd.h>

static void add(rig *r, iom_iommufd_backend backend, unsigned number, unsigned group,
		unsigned pasid_bits)
{
	const iom_iommufd_device device = {
		.size = sizeof(device),
		.backend = backend,
		.number = number,
		.group = group,
		.pasid_bits = pasid_bits,
	};

	CU_ASSERT_TRUE(iom_iommufd_add_device(r->t, &device, NULL));
}

static int open_device(rig *r, const char *node, uint32_t *id)
{
	struct iomfd_vfio_bind bind = { .argsz = 16, .iommufd = r->fd };
	int fd = iom_iommufd_open(r->t, node);

	CU_ASSERT_TRUE(fd >= 0);
	CHECK_EQ(iom_iommufd_ioctl(r->t, fd, IOMFD_VFIO_DEVICE_BIND_IOMMUFD, (uintptr_t)&bind), 0);
	*id = bind.out_devid;
	return fd;
}

static int attach(rig *r, int fd, uint32_t pt, uint32_t *hwpt)
{
	struct iomfd_vfio_attach cmd = { .argsz = 12, .pt_id = pt };
	int rc = iom_iommufd_ioctl(r->t, fd, IOMFD_VFIO_DEVICE_ATTACH_IOMMUFD_PT, (uintptr_t)&cmd);

	if (hwpt)
		*hwpt = cmd.pt_id;
	return rc;
}

static int attach_pasid(rig *r, int fd, uint32_t pt, uint32_t pasid)
{
	struct iomfd_vfio_attach cmd = { 16, 1, pt, pasid };

	return iom_iommufd_ioctl(r->t, fd, IOMFD_VFIO_DEVICE_ATTACH_IOMMUFD_PT, (uintptr_t)&cmd);
}

static int detach(rig *r, int fd)
{
	struct iomfd_vfio_detach cmd = { 8, 0, 0 };

	return iom_iommufd_ioctl(r->t, fd, IOMFD_VFIO_DEVICE_DETACH_IOMMUFD_PT, (uintptr_t)&cmd);
}

static void test_bind(void)
{
	rig r = rig_new(NULL);
	struct iomfd_vfio_bind bind = { .argsz = 16, .iommufd = r.fd };
	struct iomfd_vfio_device_info info = { .argsz = 24 };
	uint32_t dev, hwpt, ioas = rig_ioas(&r), again;
	int fd, other;

	add(&r, IOM_IOMMUFD_MOCK, 0, 1, 0);
	fd = iom_iommufd_open(r.t, "vfio/devices/vfio0");
	/* Nothing works before the bind. */
	CHECK_EQ(attach(&r, fd, ioas, NULL), -EINVAL);
	CHECK_EQ(iom_iommufd_ioctl(r.t, fd, IOMFD_VFIO_DEVICE_GET_INFO, (uintptr_t)&info), -EINVAL);
	bind.iommufd = -1;
	CHECK_EQ(iom_iommufd_ioctl(r.t, fd, IOMFD_VFIO_DEVICE_BIND_IOMMUFD, (uintptr_t)&bind),
		 -EINVAL);
	bind.iommufd = 1;
	CHECK_EQ(iom_iommufd_ioctl(r.t, fd, IOMFD_VFIO_DEVICE_BIND_IOMMUFD, (uintptr_t)&bind),
		 -EBADFD);
	bind.iommufd = 1023;
	CHECK_EQ(iom_iommufd_ioctl(r.t, fd, IOMFD_VFIO_DEVICE_BIND_IOMMUFD, (uintptr_t)&bind),
		 -EBADF);
	iom_iommufd_close(r.t, fd);

	fd = open_device(&r, "vfio/devices/vfio0", &dev);
	bind.iommufd = r.fd;
	CHECK_EQ(iom_iommufd_ioctl(r.t, fd, IOMFD_VFIO_DEVICE_BIND_IOMMUFD, (uintptr_t)&bind),
		 -EINVAL);
	other = iom_iommufd_open(r.t, "vfio/devices/vfio0");
	CHECK_EQ(iom_iommufd_ioctl(r.t, other, IOMFD_VFIO_DEVICE_BIND_IOMMUFD, (uintptr_t)&bind),
		 -EINVAL);
	/* Attaching again replaces; an auto domain goes with its last device. */
	CHECK_EQ(attach(&r, fd, ioas, &hwpt), 0);
	CHECK_EQ(attach(&r, fd, ioas, &again), 0);
	CHECK_EQ(again, hwpt);
	CHECK_EQ(rig_destroy(&r, ioas), -EBUSY);
	CHECK_EQ(rig_destroy(&r, dev), -EBUSY);
	CHECK_EQ(detach(&r, fd), 0);
	CHECK_EQ(detach(&r, fd), 0);
	CHECK_EQ(rig_destroy(&r, hwpt), -ENOENT);
	CHECK_EQ(rig_destroy(&r, ioas), 0);
	iom_iommufd_close(r.t, fd);
	CHECK_EQ(rig_destroy(&r, dev), -ENOENT);
	rig_free(&r);
}

static void test_group(void)
{
	rig r = rig_new(NULL);
	uint32_t a, b, hwpt, ioas = rig_ioas(&r), ioas2 = rig_ioas(&r);
	int fa, fb, h;

	add(&r, IOM_IOMMUFD_MOCK, 0, 5, 0);
	add(&r, IOM_IOMMUFD_MOCK, 1, 5, 0);
	fa = open_device(&r, "vfio/devices/vfio0", &a);
	fb = open_device(&r, "vfio/devices/vfio1", &b);
	CHECK_EQ(attach(&r, fa, ioas, &hwpt), 0);
	/* One group, one page table: another one is refused to the second device. */
	h = rig_hwpt(&r, b, ioas2, 0, false, 0);
	CU_ASSERT_TRUE(h > 0);
	CHECK_EQ(attach(&r, fb, (uint32_t)h, NULL), -EINVAL);
	CHECK_EQ(attach(&r, fb, ioas, &hwpt), 0);
	/* Replacing for one moves both. */
	CHECK_EQ(attach(&r, fa, (uint32_t)h, NULL), 0);
	CHECK_EQ(rig_destroy(&r, hwpt), -ENOENT);
	CHECK_EQ(detach(&r, fa), 0);
	CHECK_EQ(rig_destroy(&r, (uint32_t)h), -EBUSY);
	CHECK_EQ(detach(&r, fb), 0);
	CHECK_EQ(rig_destroy(&r, (uint32_t)h), 0);
	rig_free(&r);
}

static void test_pasids(void)
{
	rig r = rig_new(NULL);
	uint32_t dev, ioas = rig_ioas(&r);
	int fd, with, without;

	add(&r, IOM_IOMMUFD_MOCK, 0, 1, 4);
	fd = open_device(&r, "vfio/devices/vfio0", &dev);
	with = rig_hwpt(&r, dev, ioas, IOMFD_HWPT_PASID, false, 0);
	without = rig_hwpt(&r, dev, ioas, 0, false, 0);
	CHECK_EQ(attach_pasid(&r, fd, (uint32_t)without, 3), -EINVAL);
	CHECK_EQ(attach_pasid(&r, fd, ioas, 3), -EINVAL);
	CHECK_EQ(attach_pasid(&r, fd, (uint32_t)with, 16), -EINVAL);
	CHECK_EQ(attach_pasid(&r, fd, (uint32_t)with, 3), 0);
	/* While a PASID is attached, the RID must stay compatible. */
	CHECK_EQ(attach(&r, fd, (uint32_t)without, NULL), -EINVAL);
	CHECK_EQ(attach(&r, fd, (uint32_t)with, NULL), 0);
	CHECK_EQ(rig_destroy(&r, (uint32_t)with), -EBUSY);
	/* Closing the device detaches everything. */
	iom_iommufd_close(r.t, fd);
	CHECK_EQ(rig_destroy(&r, (uint32_t)with), 0);
	rig_free(&r);
}

static void test_reserved(void)
{
	static const uint64_t window[] = { 0xfee00000, 0xfeefffff };
	iom_iommufd_device device = {
		.size = sizeof(device),
		.reserved = window,
		.n_reserved = 1,
	};
	rig r = rig_new(NULL);
	uint32_t dev, ioas = rig_ioas(&r), ioas2 = rig_ioas(&r);
	uint8_t *page =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd;

	CU_ASSERT_TRUE(iom_iommufd_add_device(r.t, &device, NULL));
	CU_ASSERT_FALSE(iom_iommufd_add_device(r.t, &device, NULL));
	fd = open_device(&r, "vfio/devices/vfio0", &dev);
	CHECK_EQ(rig_map(&r, ioas, page, 4096, 0xfee01000), 0);
	CHECK_EQ(attach(&r, fd, ioas, NULL), -EADDRINUSE);
	/* The mock aperture ends before the window; what counts is that it is refused. */
	CHECK_EQ(attach(&r, fd, ioas2, NULL), 0);
	CHECK_EQ(rig_map(&r, ioas2, page, 4096, 0xfee01000), -EINVAL);
	munmap(page, 4096);
	rig_free(&r);
}

static void test_emulated(void)
{
	rig r = rig_new(NULL);
	struct iomfd_hw_info info = { .size = sizeof(info) };
	uint32_t id, ioas = rig_ioas(&r), ioas2 = rig_ioas(&r);
	int fd;

	add(&r, IOM_IOMMUFD_EMULATED, 2, 9, 0);
	fd = open_device(&r, "vfio/devices/vfio2", &id);
	/* An access, not a device. */
	info.dev_id = id;
	CHECK_EQ(CALL(&r, 0x8a, &info), -ENOENT);
	CHECK_EQ(rig_hwpt(&r, id, ioas, 0, false, 0), -ENOENT);
	CHECK_EQ(attach_pasid(&r, fd, ioas, 1), -EOPNOTSUPP);
	CHECK_EQ(attach(&r, fd, id, NULL), -ENOENT);
	CHECK_EQ(attach(&r, fd, ioas, NULL), 0);
	CHECK_EQ(attach(&r, fd, ioas2, NULL), 0);
	CHECK_EQ(rig_destroy(&r, ioas), 0);
	CHECK_EQ(rig_destroy(&r, ioas2), -EBUSY);
	CHECK_EQ(detach(&r, fd), 0);
	CHECK_EQ(rig_destroy(&r, ioas2), 0);
	rig_free(&r);
}

static void test_noiommu(void)
{
	rig old = rig_new("7.2"), r = rig_new("7.3");
	iom_iommufd_device device = {
		.size = sizeof(device),
		.backend = IOM_IOMMUFD_NOIOMMU,
		.number = 4,
	};
	uint8_t *page =
		mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint32_t dev, hwpt, ioas = rig_ioas(&r);
	struct iomfd_ioas_noiommu_get_pa pa = {
		.size = sizeof(pa),
		.ioas_id = ioas,
		.iova = 0x10010,
		.length = UINT64_MAX,
	};
	struct iomfd_hw_info info = { .size = sizeof(info) };
	uint64_t first;
	int fd;

	/* A kernel that lacks it makes no node at all. */
	CU_ASSERT_FALSE(iom_iommufd_add_device(old.t, &device, NULL));
	CU_ASSERT_TRUE(iom_iommufd_add_device(r.t, &device, NULL));
	CHECK_EQ(iom_iommufd_open(r.t, "vfio/devices/vfio4"), -ENOENT);
	iom_iommufd_set_capabilities(r.t, 0);
	CHECK_EQ(iom_iommufd_open(r.t, "vfio/devices/noiommu-vfio4"), -EPERM);
	iom_iommufd_set_capabilities(r.t, IOM_IOMMUFD_CAP_ALL);
	fd = open_device(&r, "vfio/devices/noiommu-vfio4", &dev);
	CU_ASSERT_TRUE(dev > 0);
	info.dev_id = dev;
	CHECK_EQ(CALL(&r, 0x8a, &info), -EOPNOTSUPP);
	CHECK_EQ(rig_hwpt(&r, dev, ioas, IOMFD_HWPT_NEST_PARENT, false, 0), -EOPNOTSUPP);
	CHECK_EQ(rig_hwpt(&r, dev, ioas, IOMFD_HWPT_DIRTY_TRACKING, false, 0), -EOPNOTSUPP);
	CHECK_EQ(rig_hwpt(&r, dev, ioas, IOMFD_HWPT_PASID, false, 0), -EOPNOTSUPP);
	/* What is not mapped is told before what no such device maps. */
	CHECK_EQ(CALL(&r, 0x95, &pa), -ENOENT);
	CHECK_EQ(rig_map(&r, ioas, page, 8192, 0x10000), 0);
	CHECK_EQ(CALL(&r, 0x95, &pa), -EOPNOTSUPP);
	CHECK_EQ(attach(&r, fd, ioas, &hwpt), 0);
	CHECK_EQ(CALL(&r, 0x95, &pa), 0);
	/* To the end of the page, offset included; the next page lies elsewhere. */
	CHECK_EQ(pa.length, 4096 - 0x10);
	CHECK_EQ(pa.out_phys % 4096, 0x10);
	first = pa.out_phys;
	pa.iova = 0x11000;
	pa.length = 16;
	CHECK_EQ(CALL(&r, 0x95, &pa), 0);
	CHECK_EQ(pa.length, 16);
	CU_ASSERT_NOT_EQUAL(pa.out_phys, first - 0x10 + 4096);
	pa.length = 0;
	CHECK_EQ(CALL(&r, 0x95, &pa), -EINVAL);
	pa.length = 1;
	pa.iova = UINT64_MAX;
	CHECK_EQ(CALL(&r, 0x95, &pa), -EOVERFLOW);
	iom_iommufd_set_capabilities(r.t, 0);
	CHECK_EQ(CALL(&r, 0x95, &pa), -EPERM);
	rig_free(&r);
	rig_free(&old);
	munmap(page, 8192);
}

static void test_token(void)
{
	static const uint8_t token[16] = "a token of a VF";
	iom_iommufd_device device = { .size = sizeof(device), .token = token };
	rig r = rig_new(NULL);
	struct iomfd_vfio_bind bind = { .argsz = sizeof(bind), .iommufd = r.fd };
	uint8_t wrong[16] = "another token!!";
	int fd;

	CU_ASSERT_TRUE(iom_iommufd_add_device(r.t, &device, NULL));
	fd = iom_iommufd_open(r.t, "vfio/devices/vfio0");
	CHECK_EQ(iom_iommufd_ioctl(r.t, fd, IOMFD_VFIO_DEVICE_BIND_IOMMUFD, (uintptr_t)&bind),
		 -EACCES);
	bind.flags = IOMFD_VFIO_BIND_TOKEN;
	bind.token_uuid_ptr = (uintptr_t)wrong;
	CHECK_EQ(iom_iommufd_ioctl(r.t, fd, IOMFD_VFIO_DEVICE_BIND_IOMMUFD, (uintptr_t)&bind),
		 -EACCES);
	bind.token_uuid_ptr = 8;
	CHECK_EQ(iom_iommufd_ioctl(r.t, fd, IOMFD_VFIO_DEVICE_BIND_IOMMUFD, (uintptr_t)&bind),
		 -EFAULT);
	bind.token_uuid_ptr = (uintptr_t)token;
	CHECK_EQ(iom_iommufd_ioctl(r.t, fd, IOMFD_VFIO_DEVICE_BIND_IOMMUFD, (uintptr_t)&bind), 0);
	rig_free(&r);
}

/* Descriptors of one set of objects closed in every order of a few hundred. */
static void test_close_orders(void)
{
	GRand *rand = g_rand_new_with_seed(7);

	for (unsigned round = 0; round < 200; round++) {
		rig r = rig_new(NULL);
		struct iomfd_fault_alloc fault = { .size = sizeof(fault) };
		struct iomfd_test_cmd access = {
			.size = sizeof(access),
			.op = IOMFD_TEST_CREATE_ACCESS,
		};
		uint32_t dev, ioas = rig_ioas(&r);
		int fds[5], n = 0, h, parent;

		add(&r, IOM_IOMMUFD_MOCK, 0, 1, 4);
		fds[n++] = r.fd;
		fds[n++] = open_device(&r, "vfio/devices/vfio0", &dev);
		CHECK_EQ(CALL(&r, 0x8e, &fault), 0);
		fds[n++] = (int)fault.out_fault_fd;
		access.id = ioas;
		CHECK_EQ(CALL(&r, 0xa0, &access), 0);
		fds[n++] = (int)access.create_access.out_access_fd;
		fds[n++] = iom_iommufd_dup(r.t, r.fd, 0);
		parent = rig_hwpt(&r, dev, ioas, IOMFD_HWPT_NEST_PARENT | IOMFD_HWPT_PASID, false,
				  0);
		h = rig_hwpt(&r, dev, (uint32_t)parent, IOMFD_HWPT_PASID, true, fault.out_fault_id);
		CU_ASSERT_TRUE(h > 0);
		CHECK_EQ(attach(&r, fds[1], (uint32_t)h, NULL), 0);
		CHECK_EQ(iom_iommufd_page_request(r.t, 0, IOM_NO_PASID, 1, 0x1000, IOM_READ, true),
			 0);
		while (n > 0) {
			int k = g_rand_int_range(rand, 0, n);

			CHECK_EQ(iom_iommufd_close(r.t, fds[k]), 0);
			fds[k] = fds[--n];
		}
		rig_free(&r);
	}
	g_rand_free(rand);
}

static int group_call(rig *r, int fd, unsigned nr, const void *arg)
{
	return iom_iommufd_ioctl(r->t, fd, IOMFD_VFIO_IO(nr), (uintptr_t)arg);
}

static void test_group_files(void)
{
	rig r = rig_new(NULL);
	struct iomfd_vfio_group_status status = { .argsz = 8 };
	struct iomfd_vfio_ioas compat = { .size = sizeof(compat), .op = IOMFD_VFIO_IOAS_GET };
	struct iomfd_vfio_bind bind = { .argsz = 16, .iommufd = r.fd };
	int group, dev, cdev, one = 1;

	add(&r, IOM_IOMMUFD_MOCK, 0, 7, 0);
	CHECK_EQ(iom_iommufd_open(r.t, "vfio/8"), -ENOENT);
	group = iom_iommufd_open(r.t, "vfio/7");
	CU_ASSERT_TRUE(group >= 0);
	CHECK_EQ(iom_iommufd_open(r.t, "vfio/7"), -EBUSY);
	CHECK_EQ(group_call(&r, group, 6, "vfio0"), -EINVAL);
	CHECK_EQ(group_call(&r, group, 4, &one), -EBADFD);
	CHECK_EQ(CALL(&r, 0x88, &compat), -ENODEV);
	CHECK_EQ(group_call(&r, group, 4, &r.fd), 0);
	CHECK_EQ(group_call(&r, group, 4, &r.fd), -EINVAL);
	CHECK_EQ(group_call(&r, group, 3, &status), 0);
	CHECK_EQ(status.flags, 3);
	CHECK_EQ(CALL(&r, 0x88, &compat), 0);
	CHECK_EQ(iom_iommufd_ioctl(r.t, r.fd, IOMFD_VFIO_SET_IOMMU, 3), 0);
	CHECK_EQ(group_call(&r, group, 6, "vfio1"), -ENODEV);
	dev = group_call(&r, group, 6, "vfio0");
	CU_ASSERT_TRUE(dev >= 0);
	/* Attached to the compatibility IOAS; the device file is shut out. */
	CHECK_EQ(rig_destroy(&r, compat.ioas_id), -EBUSY);
	CHECK_EQ(group_call(&r, group, 5, NULL), -EBUSY);
	cdev = iom_iommufd_open(r.t, "vfio/devices/vfio0");
	CHECK_EQ(iom_iommufd_ioctl(r.t, cdev, IOMFD_VFIO_DEVICE_BIND_IOMMUFD, (uintptr_t)&bind),
		 -EBUSY);
	CHECK_EQ(iom_iommufd_ioctl(r.t, dev, IOMFD_VFIO_DEVICE_BIND_IOMMUFD, (uintptr_t)&bind),
		 -EINVAL);
	iom_iommufd_close(r.t, dev);
	CHECK_EQ(group_call(&r, group, 5, NULL), 0);
	CHECK_EQ(rig_destroy(&r, compat.ioas_id), 0);
	rig_free(&r);
}

/* A group without an IOMMU on 7.2: no device file, no binding, no maps. */
static void test_group_noiommu(void)
{
	iom_iommufd_engine_config config;
	const iom_iommufd_device device = {
		.size = sizeof(device), .backend = IOM_IOMMUFD_NOIOMMU, .number = 4, .group = 2
	};
	rig r;
	int group, dev;

	iom_iommufd_engine_config_init(&config);
	config.vfio_noiommu = true;
	r.t = iom_iommufd_new_engine(&config, NULL);
	r.fd = iom_iommufd_open(r.t, "iommu");
	CU_ASSERT_TRUE(iom_iommufd_add_device(r.t, &device, NULL));
	CHECK_EQ(iom_iommufd_open(r.t, "vfio/devices/noiommu-vfio4"), -ENOENT);
	CHECK_EQ(iom_iommufd_open(r.t, "vfio/2"), -ENOENT);
	group = iom_iommufd_open(r.t, "vfio/noiommu-2");
	CHECK_EQ(iom_iommufd_ioctl(r.t, r.fd, IOMFD_VFIO_CHECK_EXTENSION, 1), 1);
	CHECK_EQ(group_call(&r, group, 4, &r.fd), 0);
	CHECK_EQ(iom_iommufd_ioctl(r.t, r.fd, IOMFD_VFIO_CHECK_EXTENSION, 1), 0);
	CHECK_EQ(iom_iommufd_ioctl(r.t, r.fd, IOMFD_VFIO_CHECK_EXTENSION, 8), 1);
	CHECK_EQ(iom_iommufd_ioctl(r.t, r.fd, IOMFD_VFIO_SET_IOMMU, 3), -EINVAL);
	CHECK_EQ(iom_iommufd_ioctl(r.t, r.fd, IOMFD_VFIO_SET_IOMMU, 8), 0);
	dev = group_call(&r, group, 6, "noiommu-vfio4");
	CU_ASSERT_TRUE(dev >= 0);
	CHECK_EQ(rig_destroy(&r, 1), -ENOENT); /* no object was made */
	iom_iommufd_set_capabilities(r.t, 0);
	CHECK_EQ(iom_iommufd_ioctl(r.t, r.fd, IOMFD_VFIO_SET_IOMMU, 8), -EPERM);
	iom_iommufd_close(r.t, dev);
	rig_free(&r);
}

/* A descriptor of the engine, mapped as a file, stays open behind it. */
static void test_mapped_descriptors(void)
{
	rig r = rig_new(NULL);
	struct iomfd_fault_alloc fault = { .size = sizeof(fault) };
	uint32_t ioas = rig_ioas(&r);
	struct iomfd_ioas_map_file map = {
		.size = sizeof(map), .flags = 7, .ioas_id = ioas, .length = 4096, .iova = 0x1000
	};

	CHECK_EQ(CALL(&r, 0x8e, &fault), 0);
	map.fd = (int)fault.out_fault_fd;
	CHECK_EQ(CALL(&r, 0x8f, &map), 0);
	iom_iommufd_close(r.t, map.fd);
	CHECK_EQ(rig_destroy(&r, fault.out_fault_id), -EBUSY);
	CHECK_EQ(rig_destroy(&r, ioas), 0);
	CHECK_EQ(rig_destroy(&r, fault.out_fault_id), 0);
	map.ioas_id = rig_ioas(&r);
	map.fd = r.fd;
	CHECK_EQ(CALL(&r, 0x8f, &map), 0);
	iom_iommufd_close(r.t, r.fd);
	rig_free(&r);
}

static const iom_test tests[] = {
	{ "bind, attach, replace by attaching again, detach", test_bind },
	{ "devices of a group share a page table", test_group },
	{ "PASIDs and what the RID must be", test_pasids },
	{ "reserved ranges of a device", test_reserved },
	{ "an emulated device is an access", test_emulated },
	{ "a device without IOMMU, physical addresses", test_noiommu },
	{ "a virtual function's token", test_token },
	{ "descriptors mapped as files", test_mapped_descriptors },
	{ "group files over an iommufd", test_group_files },
	{ "group files without an IOMMU", test_group_noiommu },
	{ "descriptors closed in any order", test_close_orders },
	{ 0 },
};
const iom_suite device_suite = { "device", tests };
