/* SPDX-License-Identifier: MIT */
/*
 * What the host itself does with our models behind the engine: page tables by PASID,
 * dirty pages, which flags go together, and what neither model has.
 */
#include "suites.h"

static void set_dirty(hwrig *h, uint32_t hwpt, bool on)
{
	struct iomfd_hwpt_set_dirty_tracking cmd = { sizeof(cmd), on, hwpt, 0 };

	CHECK_EQ(CALL(&h->r, 0x8b, &cmd), 0);
}

/* A bit for each page of guest memory. */
static uint64_t get_dirty(hwrig *h, uint32_t hwpt, uint32_t flags)
{
	uint64_t bitmap = 0;
	struct iomfd_hwpt_get_dirty_bitmap cmd = {
		.size = sizeof(cmd),
		.hwpt_id = hwpt,
		.flags = flags,
		.iova = GPA,
		.length = PAGES * PAGE,
		.page_size = PAGE,
		.data = (uintptr_t)&bitmap,
	};

	CHECK_EQ(CALL(&h->r, 0x8c, &cmd), 0);
	return bitmap;
}

static void check_dirty(iom_iommufd_backend backend, uint32_t flags, uint32_t pasid)
{
	hwrig h = hwrig_new(backend, IOMFD_HWPT_DIRTY_TRACKING | flags);
	uint64_t value = 1;

	CHECK_EQ(pasid == IOM_NO_PASID ? hwrig_attach(&h, h.parent)
				       : hwrig_attach_pasid(&h, h.parent, pasid),
		 0);
	set_dirty(&h, h.parent, true);
	CHECK_EQ(get_dirty(&h, h.parent, 0), 0);
	CHECK_EQ(hwrig_dma(&h, pasid, GPA + 9 * PAGE, &value, true), 0);
	CHECK_EQ(hwrig_dma(&h, pasid, GPA + 10 * PAGE, &value, false), 0);
	CHECK_EQ(get_dirty(&h, h.parent, IOMFD_GET_DIRTY_BITMAP_NO_CLEAR), 1 << 9);
	CHECK_EQ(get_dirty(&h, h.parent, 0), 1 << 9);
	CHECK_EQ(get_dirty(&h, h.parent, 0), 0);
	/* Clean again, and noticed again: by a page that has been written, and by one
	 * that is cached as readable. */
	CHECK_EQ(hwrig_dma(&h, pasid, GPA + 9 * PAGE, &value, true), 0);
	CHECK_EQ(hwrig_dma(&h, pasid, GPA + 9 * PAGE + 8, &value, true), 0);
	CHECK_EQ(hwrig_dma(&h, pasid, GPA + 10 * PAGE, &value, true), 0);
	CHECK_EQ(get_dirty(&h, h.parent, 0), 3 << 9);
	set_dirty(&h, h.parent, false);
	CHECK_EQ(hwrig_dma(&h, pasid, GPA + 3 * PAGE, &value, true), 0);
	/* What was dirty before it starts again is forgotten. */
	set_dirty(&h, h.parent, true);
	CHECK_EQ(get_dirty(&h, h.parent, 0), 0);
	hwrig_free(&h);
}

static void test_dirty(void)
{
	check_dirty(IOM_IOMMUFD_VTD, 0, IOM_NO_PASID);
	check_dirty(IOM_IOMMUFD_VTD, IOMFD_HWPT_NEST_PARENT, IOM_NO_PASID);
	check_dirty(IOM_IOMMUFD_VTD, IOMFD_HWPT_PASID, 7);
	check_dirty(IOM_IOMMUFD_SMMUV3, 0, IOM_NO_PASID);
	check_dirty(IOM_IOMMUFD_SMMUV3, IOMFD_HWPT_PASID, IOM_NO_PASID);
	check_dirty(IOM_IOMMUFD_SMMUV3, IOMFD_HWPT_PASID, 7);
}

/* One page of host memory at an address of its own, in an address space of its own. */
static uint32_t private_space(hwrig *h, uint32_t flags, uint64_t iova, void *page)
{
	uint32_t ioas = rig_ioas(&h->r);

	CHECK_EQ(rig_map(&h->r, ioas, page, PAGE, iova), 0);
	return (uint32_t)rig_hwpt(&h->r, h->dev, ioas, flags, false, 0);
}

/* Each PASID has a page table of its own, and the RID one. */
static void check_pasids(iom_iommufd_backend backend)
{
	hwrig h = hwrig_new(backend, IOMFD_HWPT_PASID);
	const uint64_t iova = 0x123000;
	uint64_t *pages = (uint64_t *)h.mem, got;
	uint32_t a = private_space(&h, IOMFD_HWPT_PASID, iova, h.mem);
	uint32_t b = private_space(&h, IOMFD_HWPT_PASID, iova, h.mem + PAGE);
	uint32_t plain = private_space(&h, 0, iova, h.mem);

	pages[0] = 0xaaaa;
	pages[PAGE / 8] = 0xbbbb;
	/* A PASID while the device itself is blocked. */
	CHECK_EQ(hwrig_attach_pasid(&h, a, 1), 0);
	CHECK_EQ(hwrig_dma(&h, 1, iova, &got, false), 0);
	CHECK_EQ(got, 0xaaaa);
	CHECK_EQ(hwrig_dma(&h, 2, iova, &got, false), -EFAULT);
	CHECK_EQ(hwrig_dma(&h, IOM_NO_PASID, iova, &got, false), -EFAULT);
	CHECK_EQ(hwrig_attach_pasid(&h, b, 255), 0);
	CHECK_EQ(hwrig_dma(&h, 255, iova, &got, false), 0);
	CHECK_EQ(got, 0xbbbb);
	/* The device's own, which must be one that goes with PASIDs. */
	CHECK_EQ(hwrig_attach(&h, plain), -EINVAL);
	CHECK_EQ(hwrig_attach(&h, h.parent), 0);
	CHECK_EQ(hwrig_dma(&h, IOM_NO_PASID, GPA + PAGE, &got, false), 0);
	CHECK_EQ(got, 0xbbbb);
	CHECK_EQ(hwrig_dma(&h, 1, iova, &got, false), 0);
	/* Replace, by the other table and back. */
	CHECK_EQ(hwrig_attach_pasid(&h, b, 1), 0);
	CHECK_EQ(hwrig_dma(&h, 1, iova, &got, false), 0);
	CHECK_EQ(got, 0xbbbb);
	CHECK_EQ(hwrig_attach_pasid(&h, a, 1), 0);
	CHECK_EQ(hwrig_dma(&h, 1, iova, &got, false), 0);
	CHECK_EQ(got, 0xaaaa);
	CHECK_EQ(hwrig_attach_pasid(&h, a, 256), -EINVAL);
	/* The device is detached, its PASIDs are not; then they are. */
	CHECK_EQ(hwrig_detach(&h), 0);
	CHECK_EQ(hwrig_dma(&h, IOM_NO_PASID, GPA, &got, false), -EFAULT);
	CHECK_EQ(hwrig_dma(&h, 1, iova, &got, false), 0);
	CHECK_EQ(hwrig_detach_pasid(&h, 1), 0);
	CHECK_EQ(hwrig_dma(&h, 1, iova, &got, false), -EFAULT);
	CHECK_EQ(hwrig_dma(&h, 255, iova, &got, false), 0);
	CHECK_EQ(hwrig_detach_pasid(&h, 255), 0);
	CHECK_EQ(hwrig_dma(&h, 255, iova, &got, false), -EFAULT);
	/* Without PASIDs, any table will do again. */
	CHECK_EQ(hwrig_attach(&h, plain), 0);
	CHECK_EQ(hwrig_dma(&h, IOM_NO_PASID, iova, &got, false), 0);
	CHECK_EQ(got, 0xaaaa);
	hwrig_free(&h);
}

static void test_pasids(void)
{
	check_pasids(IOM_IOMMUFD_SMMUV3);
	check_pasids(IOM_IOMMUFD_VTD);
}

/* Which flags go together: the rules of the kernel's two drivers. */
static void test_flags(void)
{
	const uint32_t nest = IOMFD_HWPT_NEST_PARENT, dirty = IOMFD_HWPT_DIRTY_TRACKING,
		       pasid = IOMFD_HWPT_PASID;
	const uint32_t never[] = { nest | dirty, nest | pasid, nest | dirty | pasid };
	const uint32_t always[] = { 0, nest, dirty, pasid, dirty | pasid };
	hwrig smmu = hwrig_new(IOM_IOMMUFD_SMMUV3, 0), vtd = hwrig_new(IOM_IOMMUFD_VTD, 0);

	for (size_t i = 0; i < G_N_ELEMENTS(always); i++) {
		CU_ASSERT_TRUE(rig_hwpt(&smmu.r, smmu.dev, smmu.ioas, always[i], false, 0) > 0);
		CU_ASSERT_TRUE(rig_hwpt(&vtd.r, vtd.dev, vtd.ioas, always[i], false, 0) > 0);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(never); i++) {
		CHECK_EQ(rig_hwpt(&smmu.r, smmu.dev, smmu.ioas, never[i], false, 0), -EOPNOTSUPP);
		CU_ASSERT_TRUE(rig_hwpt(&vtd.r, vtd.dev, vtd.ioas, never[i], false, 0) > 0);
	}
	hwrig_free(&smmu);
	hwrig_free(&vtd);
}

/* A guest's table, or stage 2, holds for all PASIDs: not while the host uses some. */
static void test_smmu_exclusive(void)
{
	hwrig h = hwrig_new(IOM_IOMMUFD_SMMUV3, IOMFD_HWPT_PASID);
	uint32_t nest = (uint32_t)rig_hwpt(&h.r, h.dev, h.ioas, IOMFD_HWPT_NEST_PARENT, false, 0);
	uint64_t got = 0;

	/* Stage 2 is no page table for a PASID, nor beside one. */
	CHECK_EQ(hwrig_attach_pasid(&h, nest, 3), -EINVAL);
	CHECK_EQ(hwrig_attach(&h, nest), 0);
	CHECK_EQ(hwrig_attach_pasid(&h, h.parent, 3), -EINVAL);
	CHECK_EQ(hwrig_attach(&h, h.parent), 0);
	CHECK_EQ(hwrig_attach_pasid(&h, h.parent, 3), 0);
	CHECK_EQ(hwrig_attach(&h, nest), -EINVAL);
	CHECK_EQ(hwrig_dma(&h, 3, GPA, &got, false), 0);
	CHECK_EQ(hwrig_detach_pasid(&h, 3), 0);
	CHECK_EQ(hwrig_attach(&h, nest), 0);
	CHECK_EQ(hwrig_dma(&h, IOM_NO_PASID, GPA, &got, false), 0);
	CHECK_EQ(hwrig_dma(&h, 3, GPA, &got, false), -EFAULT);
	hwrig_free(&h);
}

/* Ids of page tables are used again, and nothing of their last owner is left. */
static void check_ids(iom_iommufd_backend backend, uint32_t flags)
{
	hwrig h = hwrig_new(backend, 0);
	uint64_t *pages = (uint64_t *)h.mem, got;

	for (unsigned i = 0; i < 300; i++) {
		uint32_t ioas = rig_ioas(&h.r), hwpt;
		uint8_t *page = h.mem + i % PAGES * PAGE;

		pages[i % PAGES * (PAGE / 8)] = i;
		CHECK_EQ(rig_map(&h.r, ioas, page, PAGE, 0x5000), 0);
		hwpt = (uint32_t)rig_hwpt(&h.r, h.dev, ioas, flags, false, 0);
		CHECK_EQ(hwrig_attach(&h, hwpt), 0);
		CHECK_EQ(hwrig_dma(&h, IOM_NO_PASID, 0x5000, &got, false), 0);
		CHECK_EQ(got, i);
		CHECK_EQ(hwrig_detach(&h), 0);
		CHECK_EQ(rig_destroy(&h.r, hwpt), 0);
		CHECK_EQ(rig_destroy(&h.r, ioas), 0);
	}
	hwrig_free(&h);
}

static void test_ids(void)
{
	check_ids(IOM_IOMMUFD_SMMUV3, 0);
	check_ids(IOM_IOMMUFD_SMMUV3, IOMFD_HWPT_NEST_PARENT);
	check_ids(IOM_IOMMUFD_VTD, 0);
	check_ids(IOM_IOMMUFD_VTD, IOMFD_HWPT_NEST_PARENT);
}

/* Models of less: what they lack is refused, and the rest works. */
static void test_small_smmu(void)
{
	iom_iommufd_device device = {
		.size = sizeof(device),
		.backend = IOM_IOMMUFD_SMMUV3,
		.requester = 3,
		.pasid_bits = 16,
	};
	struct iomfd_vfio_bind bind = { .argsz = 16 };
	struct iomfd_hw_info info = { .size = sizeof(info) };
	iom_smmu_config config;
	rig r = rig_new(NULL);
	uint32_t ioas = rig_ioas(&r);

	iom_smmu_config_init(&config);
	config.idr[0] &= ~3u; /* no stage 1, no dirty state, no substreams */
	config.idr[0] = (config.idr[0] & ~(3u << 6)) | 1 | 1 << 6;
	config.idr[1] &= ~(0x1fu << 6);
	CU_ASSERT_TRUE(iom_iommufd_add_smmu(r.t, 0, &config, NULL));
	CU_ASSERT_TRUE(iom_iommufd_add_device(r.t, &device, NULL));
	bind.iommufd = r.fd;
	CHECK_EQ(iom_iommufd_ioctl(r.t, iom_iommufd_open(r.t, "vfio/devices/vfio0"),
				   IOMFD_VFIO_DEVICE_BIND_IOMMUFD, (uintptr_t)&bind),
		 0);
	info.dev_id = bind.out_devid;
	CHECK_EQ(CALL(&r, 0x8a, &info), 0);
	CHECK_EQ(info.out_max_pasid_log2, 0);
	CHECK_EQ(info.out_capabilities & IOMFD_HW_CAP_DIRTY_TRACKING, 0);
	CU_ASSERT_TRUE(rig_hwpt(&r, bind.out_devid, ioas, 0, false, 0) > 0);
	CHECK_EQ(rig_hwpt(&r, bind.out_devid, ioas, IOMFD_HWPT_NEST_PARENT, false, 0), -EOPNOTSUPP);
	CHECK_EQ(rig_hwpt(&r, bind.out_devid, ioas, IOMFD_HWPT_PASID, false, 0), -EOPNOTSUPP);
	CHECK_EQ(rig_hwpt(&r, bind.out_devid, ioas, IOMFD_HWPT_DIRTY_TRACKING, false, 0),
		 -EOPNOTSUPP);
	rig_free(&r);
}

/* What only other hardware has: announced by neither model, refused as by a host
 * without it. */
static void test_foreign_types(void)
{
	hwrig smmu = hwrig_new(IOM_IOMMUFD_SMMUV3, IOMFD_HWPT_NEST_PARENT);
	hwrig vtd = hwrig_new(IOM_IOMMUFD_VTD, IOMFD_HWPT_NEST_PARENT);
	hwrig *rigs[] = { &smmu, &vtd };

	for (size_t i = 0; i < G_N_ELEMENTS(rigs); i++) {
		hwrig *h = rigs[i];
		struct iomfd_viommu_alloc viommu = {
			.size = sizeof(viommu),
			.type = IOMFD_VIOMMU_TYPE_TEGRA241_CMDQV,
			.dev_id = h->dev,
			.hwpt_id = h->parent,
		};
		struct iomfd_hw_info info = { .size = sizeof(info),
					      .flags = 1,
					      .dev_id = h->dev,
					      .data_type = IOMFD_HW_INFO_TEGRA241_CMDQV };
		uint8_t dte[32] = { 0 };
		struct iomfd_hwpt_alloc amd = {
			.size = sizeof(amd),
			.dev_id = h->dev,
			.pt_id = h->parent,
			.data_type = IOMFD_HWPT_DATA_AMD_GUEST,
			.data_len = sizeof(dte),
			.data_uptr = (uintptr_t)dte,
		};
		struct iomfd_hw_queue_alloc queue = {
			.size = sizeof(queue),
			.type = IOMFD_HW_QUEUE_TYPE_TEGRA241_CMDQV,
			.nesting_parent_iova = GPA,
			.length = PAGE,
		};

		CHECK_EQ(CALL(&h->r, 0x90, &viommu), -EOPNOTSUPP);
		CHECK_EQ(CALL(&h->r, 0x8a, &info), -EOPNOTSUPP);
		info.data_type = IOMFD_HW_INFO_AMD;
		CHECK_EQ(CALL(&h->r, 0x8a, &info), -EOPNOTSUPP);
		CHECK_EQ(CALL(&h->r, 0x89, &amd), -EOPNOTSUPP);
		CHECK_EQ(CALL(&h->r, 0x94, &queue), -ENOENT);
		viommu.type = IOMFD_VIOMMU_TYPE_ARM_SMMUV3;
		CHECK_EQ(CALL(&h->r, 0x90, &viommu), h == &smmu ? 0 : -EOPNOTSUPP);
		queue.viommu_id = viommu.out_viommu_id;
		CHECK_EQ(CALL(&h->r, 0x94, &queue), h == &smmu ? -EOPNOTSUPP : -ENOENT);
		hwrig_free(h);
	}
}

static const iom_test tests[] = {
	{ "both models: dirty pages, by RID and PASID", test_dirty },
	{ "both models: page tables by PASID", test_pasids },
	{ "which flags of a page table go together", test_flags },
	{ "SMMUv3: stage 2 and host PASIDs exclude each other", test_smmu_exclusive },
	{ "ids of page tables are used again, clean", test_ids },
	{ "SMMUv3 of one stage, without dirty state", test_small_smmu },
	{ "types of other vendors are refused", test_foreign_types },
	{ 0 },
};
const iom_suite host_suite = { "host", tests };
