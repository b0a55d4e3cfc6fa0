/* SPDX-License-Identifier: MIT */
/* The nested API of 2020-21 over the engine, with our models behind it. */
#include "suites.h"

#include "iommufd/uapi-legacy.h"

static iom_legacy *legacy_smmu(vsmmu *v)
{
	const iom_legacy_config config = {
		.size = sizeof(config),
		.transport = v->h.r.t,
		.iommufd = v->h.r.fd,
		.parent = v->h.parent,
		.viommu = v->viommu,
		.events = v->events,
		.faults = -1,
		.ring_entries = 4,
	};
	struct iomfd_vdevice_alloc vdev = {
		.size = sizeof(vdev),
		.viommu_id = v->viommu,
		.dev_id = v->h.dev,
		.virt_id = 0x33,
	};
	iom_legacy *l = iom_legacy_new(&config, NULL);

	CHECK_EQ(CALL(&v->h.r, 0x91, &vdev), 0);
	CHECK_EQ(hwrig_attach(&v->h, v->h.parent), 0);
	CHECK_EQ(iom_legacy_add_device(l, v->h.fd, v->h.dev, 0x33), 0);
	return l;
}

static struct iomfd_legacy_set_pasid_table translate(uint64_t cd)
{
	return (struct iomfd_legacy_set_pasid_table){
		.argsz = 40,
		.flags = 1,
		.config = { .argsz = 32,
			    .version = 1,
			    .base_ptr = cd,
			    .format = 1,
			    .config = 1,
			    .smmu_version = 1 },
	};
}

static void test_pasid_table(void)
{
	const uint64_t cd = GPA + PAGE, root = GPA + 8 * PAGE, va = 0x3f0000003000,
		       target = GPA + 20 * PAGE;
	vsmmu v = vsmmu_new();
	iom_legacy *l = legacy_smmu(&v);
	struct iomfd_legacy_set_pasid_table set = translate(cd), bad;
	struct iomfd_legacy_invalidate inv = {
		.argsz = 64,
		.info_argsz = 56,
		.version = 1,
		.cache = IOMFD_LEGACY_CACHE_IOTLB,
		.granularity = IOMFD_LEGACY_ADDR,
		.addr = { .flags = IOMFD_LEGACY_INV_ARCHID,
			  .addr = va,
			  .granule_size = 4096,
			  .nb_granules = 1 },
	};
	const struct iomfd_legacy_ring *ring;
	const struct iomfd_legacy_fault *fault;
	uint64_t value = 9, got = 0;
	size_t size;

	CHECK_EQ(iom_legacy_ioctl(l, IOMFD_VFIO_CHECK_EXTENSION, 6), 1);
	bad = set;
	bad.config.base_ptr += 8;
	CHECK_EQ(iom_legacy_ioctl(l, IOMFD_LEGACY_SET_PASID_TABLE, (uintptr_t)&bad), -EINVAL);
	bad = set;
	bad.flags = 3;
	CHECK_EQ(iom_legacy_ioctl(l, IOMFD_LEGACY_SET_PASID_TABLE, (uintptr_t)&bad), -EINVAL);
	bad = set;
	bad.config.version = 2;
	CHECK_EQ(iom_legacy_ioctl(l, IOMFD_LEGACY_SET_PASID_TABLE, (uintptr_t)&bad), -EINVAL);
	*hwrig_word(&v.h, cd) = 16 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 30 | 1ull << 31 |
				5ull << 32 | 1ull << 41 | 1ull << 45 | 1ull << 46 | 1ull << 47;
	*hwrig_word(&v.h, cd + 8) = root;
	*hwrig_word(&v.h, cd + 24) = 0xff;
	CHECK_EQ(iom_legacy_ioctl(l, IOMFD_LEGACY_SET_PASID_TABLE, (uintptr_t)&set), 0);
	/* From translation to translation not without a step in between. */
	CHECK_EQ(iom_legacy_ioctl(l, IOMFD_LEGACY_SET_PASID_TABLE, (uintptr_t)&set), -EINVAL);

	CHECK_EQ(hwrig_dma(&v.h, IOM_NO_PASID, va, &got, false), -EFAULT);
	CHECK_EQ(iom_legacy_pump(l), 1);
	ring = iom_legacy_fault_region(l, 0, &size);
	CHECK_EQ(size, 64 + 4 * 64);
	CHECK_EQ(ring->host, 1);
	fault = (const void *)((const char *)ring + ring->offset);
	CHECK_EQ(fault->type, 1);
	CHECK_EQ(fault->word0, 5); /* PTE_FETCH */
	CHECK_EQ(fault->addr, va);
	CHECK_EQ(fault->perm & 3, 1);
	/* A ring of four takes three; the others are lost. */
	for (unsigned i = 0; i < 6; i++)
		CHECK_EQ(hwrig_dma(&v.h, IOM_NO_PASID, va, &got, false), -EFAULT);
	CHECK_EQ(iom_legacy_pump(l), 2);

	hwrig_tables(&v.h, root, va, target, 3, 3 | 1 << 6 | 3 << 8 | 1 << 10);
	CHECK_EQ(iom_legacy_ioctl(l, IOMFD_LEGACY_CACHE_INVALIDATE, (uintptr_t)&inv), 0);
	CHECK_EQ(hwrig_dma(&v.h, IOM_NO_PASID, va, &value, true), 0);
	CHECK_EQ(*hwrig_word(&v.h, target), 9);
	*hwrig_word(&v.h, root + 3 * PAGE + (va >> 12 & 511) * 8) += PAGE;
	CHECK_EQ(iom_legacy_ioctl(l, IOMFD_LEGACY_CACHE_INVALIDATE, (uintptr_t)&inv), 0);
	CHECK_EQ(hwrig_dma(&v.h, IOM_NO_PASID, va, &value, true), 0);
	CHECK_EQ(*hwrig_word(&v.h, target + PAGE), 9);
	iom_legacy_free(l);
	hwrig_free(&v.h);
}

/* Which cache may be invalidated by what, from the old header's table. */
static void test_matrix(void)
{
	static const int8_t valid[3][3] = {
		/* IOTLB, device IOTLB, PASID cache */
		{ 1, 0, 1 }, /* domain */
		{ 1, 1, 1 }, /* PASID */
		{ 1, 1, 0 }, /* address */
	};
	vsmmu v = vsmmu_new();
	iom_legacy *l = legacy_smmu(&v);

	for (unsigned g = 0; g < 3; g++) {
		for (unsigned c = 0; c < 3; c++) {
			struct iomfd_legacy_invalidate inv = {
				.argsz = 64,
				.info_argsz = 56,
				.version = 1,
				.cache = (uint8_t)(1u << c),
				.granularity = (uint8_t)g,
				.addr = { .flags = IOMFD_LEGACY_INV_ARCHID,
					  .granule_size = 4096,
					  .nb_granules = 2 },
			};

			CHECK_EQ(iom_legacy_ioctl(l, IOMFD_LEGACY_CACHE_INVALIDATE,
						  (uintptr_t)&inv),
				 valid[g][c] ? 0 : -EINVAL);
			inv.addr.flags = 0;
			inv.addr.nb_granules = 0;
			if (g > 0)
				CHECK_EQ(iom_legacy_ioctl(l, IOMFD_LEGACY_CACHE_INVALIDATE,
							  (uintptr_t)&inv),
					 -EINVAL);
		}
	}
	CHECK_EQ(iom_legacy_ioctl(l, IOMFD_LEGACY_BIND, 0), -EOPNOTSUPP);
	CHECK_EQ(iom_legacy_ioctl(l, IOMFD_VFIO_IO(21), 0), -ENOTTY);
	iom_legacy_free(l);
	hwrig_free(&v.h);
}

static void test_gpasid(void)
{
	const uint64_t root = GPA + 8 * PAGE, va = 0x7000, target = GPA + 30 * PAGE;
	hwrig h = hwrig_new(IOM_IOMMUFD_VTD, IOMFD_HWPT_NEST_PARENT | IOMFD_HWPT_PASID);
	const iom_legacy_config config = {
		.size = sizeof(config),
		.transport = h.r.t,
		.iommufd = h.r.fd,
		.parent = h.parent,
		.events = -1,
		.faults = -1,
		.ring_entries = 4,
	};
	struct iomfd_legacy_gpasid bind = {
		.argsz = 72,
		.version = 1,
		.format = 1,
		.addr_width = 48,
		.flags = 1,
		.gpgd = root,
		.hpasid = 3,
		.gpasid = 3,
	};
	iom_legacy *l = iom_legacy_new(&config, NULL);
	uint64_t value = 5;

	CHECK_EQ(hwrig_attach(&h, h.parent), 0);
	CHECK_EQ(iom_legacy_add_device(l, h.fd, h.dev, 0), 0);
	hwrig_tables(&h, root, va, target, 0x27, 0x67);
	bind.gpasid = 4;
	CHECK_EQ(iom_legacy_bind_gpasid(l, 0, &bind), -EINVAL);
	bind.gpasid = 3;
	bind.vtd_flags = 16; /* EMTE */
	CHECK_EQ(iom_legacy_bind_gpasid(l, 0, &bind), -EINVAL);
	bind.vtd_flags = 0;
	CHECK_EQ(iom_legacy_bind_gpasid(l, 1, &bind), -ENODEV);
	CHECK_EQ(hwrig_dma(&h, 3, va, &value, true), -EFAULT);
	CHECK_EQ(iom_legacy_bind_gpasid(l, 0, &bind), 0);
	CHECK_EQ(iom_legacy_bind_gpasid(l, 0, &bind), -EBUSY);
	CHECK_EQ(hwrig_dma(&h, 3, va, &value, true), 0);
	CHECK_EQ(*hwrig_word(&h, target), 5);
	CHECK_EQ(iom_legacy_unbind_gpasid(l, 0, 3), 0);
	CHECK_EQ(iom_legacy_unbind_gpasid(l, 0, 3), -EINVAL);
	CHECK_EQ(hwrig_dma(&h, 3, va, &value, true), -EFAULT);
	iom_legacy_free(l);
	hwrig_free(&h);
}

/* Page requests through the rings: told with their PASID, answered by group, once. */
static void test_page_requests(void)
{
	hwrig h = hwrig_new(IOM_IOMMUFD_VTD, IOMFD_HWPT_NEST_PARENT | IOMFD_HWPT_PASID);
	struct iomfd_fault_alloc queue = { .size = sizeof(queue) };
	struct iomfd_legacy_gpasid bind = {
		.argsz = 72,
		.version = 1,
		.format = 1,
		.addr_width = 48,
		.flags = 1,
		.gpgd = GPA + 8 * PAGE,
		.hpasid = 3,
		.gpasid = 3,
	};
	struct iomfd_hwpt_page_response again = { 1, IOMFD_PAGE_RESP_SUCCESS };
	struct iomfd_legacy_ring *faults, *answers;
	struct iomfd_legacy_response *out;
	const struct iomfd_legacy_fault *in;
	iom_legacy_config config = {
		.size = sizeof(config),
		.transport = h.r.t,
		.iommufd = h.r.fd,
		.parent = h.parent,
		.events = -1,
		.ring_entries = 4,
	};
	iom_legacy *l;
	size_t size;

	CHECK_EQ(CALL(&h.r, 0x8e, &queue), 0);
	config.fault_id = queue.out_fault_id;
	config.faults = (int)queue.out_fault_fd;
	l = iom_legacy_new(&config, NULL);
	CHECK_EQ(hwrig_attach(&h, h.parent), 0);
	CHECK_EQ(iom_legacy_add_device(l, h.fd, h.dev, 0), 0);
	CHECK_EQ(iom_legacy_bind_gpasid(l, 0, &bind), 0);
	faults = iom_legacy_fault_region(l, 0, &size);
	answers = iom_legacy_response_region(l, 0, &size);
	in = (const void *)((uint8_t *)faults + faults->offset);
	out = (void *)((uint8_t *)answers + answers->offset);
	CHECK_EQ(faults->entry_size, 64);
	CHECK_EQ(answers->entry_size, 24);
	CHECK_EQ(iom_iommufd_page_request(h.r.t, 0, 3, 7, 0x5000, IOM_WRITE, false), 0);
	CHECK_EQ(iom_legacy_pump(l), 0);
	CHECK_EQ(iom_iommufd_page_request(h.r.t, 0, 3, 7, 0x6000, IOM_READ, true), 0);
	CHECK_EQ(iom_legacy_pump(l), 2);
	CHECK_EQ(faults->host, 2);
	CHECK_EQ(in[0].type, 2);
	CHECK_EQ(in[0].word0, 1 | 8); /* PASID valid, and wanted in the answer */
	CHECK_EQ(in[0].word1, 3);
	CHECK_EQ(in[0].word2, 7);
	CHECK_EQ(in[0].perm, 2);
	CHECK_EQ(in[0].addr, 0x5000);
	CHECK_EQ(in[1].word0, 1 | 2 | 8); /* the last of the group */
	/* An answer for another group is nobody's. */
	out[0] = (struct iomfd_legacy_response){ 24, 1, 1, 3, 8, 0 };
	out[1] = (struct iomfd_legacy_response){ 24, 1, 1, 3, 7, 0 };
	answers->user = 1;
	CHECK_EQ(iom_legacy_pump(l), 0);
	CHECK_EQ(answers->host, 1);
	/* It is still open: told by the one that answers it now. */
	answers->user = 2;
	CHECK_EQ(iom_legacy_pump(l), 0);
	CHECK_EQ(iom_iommufd_write(h.r.t, config.faults, &again, sizeof(again)), -EINVAL);
	/* A full ring drops: one entry is always free. */
	for (unsigned i = 0; i < 4; i++)
		CHECK_EQ(iom_iommufd_page_request(h.r.t, 0, 3, i, 0x5000, IOM_READ, true), 0);
	CHECK_EQ(iom_legacy_pump(l), 1);
	CHECK_EQ((faults->host + 1) % faults->nb_entries, faults->user);
	iom_legacy_free(l);
	hwrig_free(&h);
}

/* A doorbell's place is the host's today: bindings are checked, and that is all. */
static void test_msi_binding(void)
{
	vsmmu v = vsmmu_new();
	iom_legacy *l = legacy_smmu(&v);
	struct iomfd_legacy_msi_binding bind = {
		.argsz = 32, .flags = 1, .iova = 0x8000000, .gpa = 0x8080000, .bytes = 4096
	};

	CHECK_EQ(iom_legacy_ioctl(l, IOMFD_LEGACY_SET_MSI_BINDING, (uintptr_t)&bind), 0);
	bind.flags = 3;
	CHECK_EQ(iom_legacy_ioctl(l, IOMFD_LEGACY_SET_MSI_BINDING, (uintptr_t)&bind), -EINVAL);
	bind.flags = 1;
	bind.gpa += 8;
	CHECK_EQ(iom_legacy_ioctl(l, IOMFD_LEGACY_SET_MSI_BINDING, (uintptr_t)&bind), -EINVAL);
	bind.argsz = 31;
	CHECK_EQ(iom_legacy_ioctl(l, IOMFD_LEGACY_SET_MSI_BINDING, (uintptr_t)&bind), -EINVAL);
	bind = (struct iomfd_legacy_msi_binding){ .argsz = 32, .flags = 2, .iova = 0x8000000 };
	CHECK_EQ(iom_legacy_ioctl(l, IOMFD_LEGACY_SET_MSI_BINDING, (uintptr_t)&bind), 0);
	/* Processes are bound by nothing that iommufd has. */
	CHECK_EQ(iom_legacy_ioctl(l, IOMFD_LEGACY_BIND, 0), -EOPNOTSUPP);
	CHECK_EQ(iom_legacy_ioctl(l, IOMFD_LEGACY_UNBIND, 0), -EOPNOTSUPP);
	CHECK_EQ(iom_legacy_ioctl(l, IOMFD_LEGACY_UNBIND + 1, 0), -ENOTTY);
	CHECK_EQ(iom_legacy_ioctl(l, IOMFD_VFIO_CHECK_EXTENSION, IOMFD_VFIO_TYPE1_NESTING_IOMMU),
		 1);
	iom_legacy_free(l);
	hwrig_free(&v.h);
}

static const iom_test tests[] = {
	{ "SET_PASID_TABLE, CACHE_INVALIDATE, the fault ring", test_pasid_table },
	{ "caches and granularities", test_matrix },
	{ "gpasid bind and unbind", test_gpasid },
	{ "page requests and answers through the rings", test_page_requests },
	{ "SET_MSI_BINDING, and process bind refused", test_msi_binding },
	{ 0 },
};
const iom_suite legacy_suite = { "legacy", tests };
