/* SPDX-License-Identifier: MIT */
#include "suites.h"

rig rig_new(const char *profile)
{
	iom_iommufd_engine_config config;
	rig r;

	iom_iommufd_engine_config_init(&config);
	config.selftest = true;
	config.profile = profile;
	r.t = iom_iommufd_new_engine(&config, NULL);
	r.fd = iom_iommufd_open(r.t, "iommu");
	CU_ASSERT_TRUE(r.fd >= 0);
	return r;
}

void rig_free(rig *r)
{
	iom_iommufd_free(r->t);
}

uint32_t rig_ioas(rig *r)
{
	struct iomfd_ioas_alloc cmd = { .size = sizeof(cmd) };

	CHECK_EQ(CALL(r, 0x81, &cmd), 0);
	return cmd.out_ioas_id;
}

mock_ids rig_mock(rig *r, uint32_t pt, uint32_t flags)
{
	struct iomfd_test_cmd cmd = {
		.size = sizeof(cmd),
		.op = IOMFD_TEST_MOCK_DOMAIN_FLAGS,
		.id = pt,
	};

	cmd.mock_domain.dev_flags = flags;
	CHECK_EQ(CALL(r, 0xa0, &cmd), 0);
	return (mock_ids){ cmd.mock_domain.out_stdev_id, cmd.mock_domain.out_idev_id,
			   cmd.mock_domain.out_hwpt_id };
}

int rig_hwpt(rig *r, uint32_t dev, uint32_t pt, uint32_t flags, bool nested, uint32_t fault)
{
	struct iomfd_hwpt_selftest data = { .iotlb = IOMFD_IOTLB_DEFAULT };
	struct iomfd_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.flags = flags | (fault ? IOMFD_HWPT_FAULT_ID_VALID : 0),
		.dev_id = dev,
		.pt_id = pt,
		.fault_id = fault,
	};
	int rc;

	if (nested) {
		cmd.data_type = IOMFD_HWPT_DATA_SELFTEST;
		cmd.data_len = sizeof(data);
		cmd.data_uptr = (uintptr_t)&data;
	}
	rc = CALL(r, 0x89, &cmd);
	return rc ? rc : (int)cmd.out_hwpt_id;
}

int rig_map(rig *r, uint32_t ioas, void *va, uint64_t length, uint64_t iova)
{
	struct iomfd_ioas_map cmd = {
		.size = sizeof(cmd),
		.flags = 7,
		.ioas_id = ioas,
		.user_va = (uintptr_t)va,
		.length = length,
		.iova = iova,
	};

	return CALL(r, 0x85, &cmd);
}

int rig_destroy(rig *r, uint32_t id)
{
	struct iomfd_destroy cmd = { sizeof(cmd), id };

	return CALL(r, 0x80, &cmd);
}

IOM_TEST_MAIN(&input_suite, &device_suite, &profile_suite, &queue_suite, &hardware_suite,
	      &hooks_suite, &host_suite, &legacy_suite, &vfio_suite)
