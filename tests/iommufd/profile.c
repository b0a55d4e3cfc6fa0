/* SPDX-License-Identifier: MIT */
/* Kernels of other ages, and the hooks for tests. */
#include "suites.h"

typedef struct age {
	const char *name;
	uint8_t last; /* highest ioctl number */
	uint8_t flags; /* of HWPT_ALLOC */
	uint8_t hwpt, hw_info, viommu, veventq; /* bytes of the structures; 0: no such call */
	uint8_t capabilities; /* that GET_HW_INFO knows */
	bool input_type, pasid, token; /* flags of GET_HW_INFO, of VFIO's ATTACH and BIND */
} age;

/*
 * The history of the uAPI. The rows of 6.12, 7.2 and 7.3 are also what those kernels'
 * own headers say.
 */
static const age ages[] = {
	{ "6.6", 0x8a, 0x0, 24, 32, 0, 0, 0x0, false, false, false },
	{ "6.12", 0x8e, 0x7, 48, 40, 0, 0, 0x1, false, false, false },
	{ "6.13", 0x92, 0xf, 48, 40, 24, 0, 0x1, false, false, false },
	{ "6.15", 0x93, 0xf, 48, 40, 24, 28, 0x7, false, true, false },
	{ "6.17", 0x94, 0xf, 48, 40, 40, 28, 0x7, true, true, true },
	{ "7.2", 0x94, 0xf, 48, 40, 40, 32, 0xf, true, true, true },
	{ "7.3", 0x95, 0xf, 48, 40, 40, 32, 0xf, true, true, true },
};

static void test_ioctls(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(ages); i++) {
		rig r = rig_new(ages[i].name);

		for (unsigned nr = 0x80; nr <= 0x97; nr++) {
			uint32_t words[32] = { 72 };
			int rc = CALL(&r, nr, words);

			CHECK_EQ(rc == -ENOTTY, nr > ages[i].last);
		}
		rig_free(&r);
	}
}

static void check_size(rig *r, uint8_t nr, uint8_t size)
{
	uint8_t bytes[64] = { 64 };

	if (!size)
		return;
	/* The first byte that this age does not know is refused, the last one it knows not. */
	bytes[size] = 1;
	CHECK_EQ(CALL(r, nr, bytes), -E2BIG);
	bytes[size] = 0;
	bytes[size - 1] = 1;
	CU_ASSERT_NOT_EQUAL(CALL(r, nr, bytes), -E2BIG);
}

static void test_sizes(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(ages); i++) {
		rig r = rig_new(ages[i].name);

		check_size(&r, 0x89, ages[i].hwpt);
		check_size(&r, 0x8a, ages[i].hw_info);
		check_size(&r, 0x90, ages[i].viommu);
		check_size(&r, 0x93, ages[i].veventq);
		rig_free(&r);
	}
}

/* Flags and capabilities, one by one. */
static void test_flags(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(ages); i++) {
		const age *a = &ages[i];
		const iom_iommufd_device device = { .size = sizeof(device),
						    .pasid_bits = 4,
						    .pasid_exec = true,
						    .pasid_priv = true };
		rig r = rig_new(a->name);
		struct iomfd_vfio_bind bind = { .argsz = 24, .flags = 1, .iommufd = r.fd };
		struct iomfd_vfio_attach attach = { .argsz = 16, .flags = 1, .pasid = 1 };
		struct iomfd_hw_info info = { .size = a->hw_info };
		uint32_t ioas = rig_ioas(&r);
		int fd;

		CU_ASSERT_TRUE(iom_iommufd_add_device(r.t, &device, NULL));
		fd = iom_iommufd_open(r.t, "vfio/devices/vfio0");
		/* A token for a device that has none is wrong, whoever knows the flag. */
		CHECK_EQ(iom_iommufd_ioctl(r.t, fd, IOMFD_VFIO_DEVICE_BIND_IOMMUFD,
					   (uintptr_t)&bind),
			 -EINVAL);
		bind.flags = 0;
		bind.token_uuid_ptr = 1;
		/* Members beyond an old structure were not looked at. */
		CHECK_EQ(iom_iommufd_ioctl(r.t, fd, IOMFD_VFIO_DEVICE_BIND_IOMMUFD,
					   (uintptr_t)&bind),
			 0);
		info.dev_id = bind.out_devid;
		CHECK_EQ(CALL(&r, 0x8a, &info), 0);
		/* Dirty tracking, PASID modes, no ATS: all true of this device. */
		CHECK_EQ(info.out_capabilities, a->hw_info > 32 ? a->capabilities : 0);
		CHECK_EQ(info.out_max_pasid_log2, a->pasid ? 4 : 0);
		info.flags = 1;
		info.data_type = info.data_len = 0;
		CHECK_EQ(CALL(&r, 0x8a, &info), a->input_type ? 0 : -EOPNOTSUPP);
		for (unsigned bit = 0; bit < 5; bit++) {
			int rc = rig_hwpt(&r, bind.out_devid, ioas, 1u << bit, false, 0);

			CHECK_EQ(rc == -EOPNOTSUPP, !(a->flags >> bit & 1));
		}
		attach.pt_id = (uint32_t)rig_hwpt(&r, bind.out_devid, ioas,
						  a->flags & IOMFD_HWPT_PASID, false, 0);
		CHECK_EQ(iom_iommufd_ioctl(r.t, fd, IOMFD_VFIO_DEVICE_ATTACH_IOMMUFD_PT,
					   (uintptr_t)&attach),
			 a->pasid ? 0 : -EINVAL);
		rig_free(&r);
	}
}

/* A function's token, where the age knows what that is. */
static void test_token(void)
{
	static const uint8_t token[16] = { 1, 2, 3 }, other[16] = { 1, 2, 4 };
	const iom_iommufd_device device = { .size = sizeof(device), .token = token };

	for (size_t i = 0; i < G_N_ELEMENTS(ages); i++) {
		rig r = rig_new(ages[i].name);
		struct iomfd_vfio_bind bind = {
			.argsz = 24, .flags = 1, .iommufd = r.fd, .token_uuid_ptr = (uintptr_t)other
		};
		int fd;

		CU_ASSERT_TRUE(iom_iommufd_add_device(r.t, &device, NULL));
		fd = iom_iommufd_open(r.t, "vfio/devices/vfio0");
		CHECK_EQ(iom_iommufd_ioctl(r.t, fd, IOMFD_VFIO_DEVICE_BIND_IOMMUFD,
					   (uintptr_t)&bind),
			 ages[i].token ? -EACCES : -EINVAL);
		bind.token_uuid_ptr = (uintptr_t)token;
		CHECK_EQ(iom_iommufd_ioctl(r.t, fd, IOMFD_VFIO_DEVICE_BIND_IOMMUFD,
					   (uintptr_t)&bind),
			 ages[i].token ? 0 : -EINVAL);
		rig_free(&r);
	}
}

static void test_tails(void)
{
	rig r = rig_new("6.6");
	struct iomfd_hwpt_alloc cmd = { .size = sizeof(cmd) };
	struct iomfd_hw_info info = { .size = 40, .data_uptr = 0 };
	mock_ids ids = rig_mock(&r, rig_ioas(&r), 0);

	/* 6.6 knows 24 bytes of the structure: what comes after must be zero. */
	cmd.dev_id = ids.dev;
	cmd.pt_id = 1;
	CHECK_EQ(CALL(&r, 0x89, &cmd), 0);
	cmd.data_type = 1;
	cmd.data_len = 8;
	CHECK_EQ(CALL(&r, 0x89, &cmd), -E2BIG);
	cmd.data_type = cmd.data_len = 0;
	cmd.flags = IOMFD_HWPT_NEST_PARENT;
	CHECK_EQ(CALL(&r, 0x89, &cmd), -EOPNOTSUPP);
	info.dev_id = ids.dev;
	CHECK_EQ(CALL(&r, 0x8a, &info), 0);
	CHECK_EQ(info.out_capabilities, 0);
	info.out_capabilities = 1;
	CHECK_EQ(CALL(&r, 0x8a, &info), -E2BIG);
	rig_free(&r);
}

static void test_unknown_profile(void)
{
	iom_iommufd_engine_config config;
	GError *error = NULL;

	iom_iommufd_engine_config_init(&config);
	config.profile = "5.4";
	CU_ASSERT_PTR_NULL(iom_iommufd_new_engine(&config, &error));
	CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "5.4"));
	g_error_free(error);
}

static void test_injection(void)
{
	rig r = rig_new(NULL);
	struct iomfd_ioas_alloc cmd = { .size = sizeof(cmd) };

	iom_iommufd_inject(r.t, 0x81, 1, ENOMEM);
	CHECK_EQ(CALL(&r, 0x81, &cmd), 0);
	CHECK_EQ(CALL(&r, 0x81, &cmd), -ENOMEM);
	CHECK_EQ(CALL(&r, 0x81, &cmd), 0);
	rig_free(&r);
}

static void test_busy(void)
{
	rig r = rig_new(NULL);
	uint32_t ioas = rig_ioas(&r);
	struct iomfd_test_cmd cmd = {
		.size = sizeof(cmd),
		.op = IOMFD_TEST_MOCK_DOMAIN,
		.id = ioas,
	};

	iom_iommufd_busy(r.t, 1);
	CHECK_EQ(CALL(&r, 0xa0, &cmd), -EBUSY);
	CHECK_EQ(CALL(&r, 0xa0, &cmd), 0);
	rig_free(&r);
}

/* Two physical IOMMUs: a virtual one stands on one of them. */
static void test_instances(void)
{
	rig r = rig_new(NULL);
	uint32_t ids[2], ioas = rig_ioas(&r);
	struct iomfd_viommu_alloc v = { .size = sizeof(v), .type = IOMFD_VIOMMU_TYPE_SELFTEST };
	struct iomfd_vdevice_alloc vdev = { .size = sizeof(vdev), .virt_id = 7 };
	int fds[2];

	for (unsigned i = 0; i < 2; i++) {
		iom_iommufd_device device = {
			.size = sizeof(device),
			.number = i,
			.group = i,
			.instance = i,
		};
		struct iomfd_vfio_bind bind = { .argsz = 16, .iommufd = r.fd };
		g_autofree char *node = g_strdup_printf("vfio/devices/vfio%u", i);

		CU_ASSERT_TRUE(iom_iommufd_add_device(r.t, &device, NULL));
		fds[i] = iom_iommufd_open(r.t, node);
		CHECK_EQ(iom_iommufd_ioctl(r.t, fds[i], IOMFD_VFIO_DEVICE_BIND_IOMMUFD,
					   (uintptr_t)&bind),
			 0);
		ids[i] = bind.out_devid;
	}
	v.dev_id = ids[0];
	v.hwpt_id = (uint32_t)rig_hwpt(&r, ids[0], ioas, IOMFD_HWPT_NEST_PARENT, false, 0);
	CHECK_EQ(CALL(&r, 0x90, &v), 0);
	vdev.viommu_id = v.out_viommu_id;
	vdev.dev_id = ids[1];
	CHECK_EQ(CALL(&r, 0x91, &vdev), -EINVAL);
	CHECK_EQ(rig_hwpt(&r, ids[1], v.out_viommu_id, 0, true, 0), -EINVAL);
	vdev.dev_id = ids[0];
	CHECK_EQ(CALL(&r, 0x91, &vdev), 0);
	/* The device goes: a tombstone keeps the virtual device's id. */
	iom_iommufd_close(r.t, fds[0]);
	CHECK_EQ(rig_destroy(&r, vdev.out_vdevice_id), -ENOENT);
	CHECK_EQ(rig_destroy(&r, v.out_viommu_id), 0);
	for (unsigned i = 0; i < 8; i++)
		CU_ASSERT_NOT_EQUAL(rig_ioas(&r), vdev.out_vdevice_id);
	rig_free(&r);
}

static const iom_test tests[] = {
	{ "each age has its ioctls", test_ioctls },
	{ "each age has its structures", test_sizes },
	{ "each age has its flags and capabilities", test_flags },
	{ "tokens of virtual functions by age", test_token },
	{ "members and flags that came later are absent", test_tails },
	{ "an unknown age is refused by name", test_unknown_profile },
	{ "errors at the n-th call", test_injection },
	{ "busy attachments", test_busy },
	{ "several physical IOMMUs, tombstones", test_instances },
	{ 0 },
};
const iom_suite profile_suite = { "profile", tests };
