/* SPDX-License-Identifier: MIT */
/*
 * The engine's hooks for tests, each seen to do what it says and nothing else: errors at
 * the n-th call and the n-th step, busy windows, lost events, other hosts' hardware
 * information, several physical IOMMUs.
 */
#include "suites.h"

#include <sys/mman.h>
#include <unistd.h>

/* The id that the next object gets: how many there are, as nothing was destroyed. */
static uint32_t next_id(rig *r)
{
	uint32_t id = rig_ioas(r);

	CHECK_EQ(rig_destroy(r, id), 0);
	return id;
}

static void *pages(unsigned n)
{
	return mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* Pins of a page, by the test driver. */
static int pinned(rig *r, void *va, uint32_t expected)
{
	struct iomfd_test_cmd cmd = { .size = sizeof(cmd), .op = IOMFD_TEST_MD_CHECK_REFS };

	cmd.check_refs.uptr = (uintptr_t)va;
	cmd.check_refs.length = PAGE;
	cmd.check_refs.refs = expected;
	return CALL(r, 0xa0, &cmd);
}

/* Every ioctl at its first, second and third call: refused before it did anything. */
static void test_nth_call(void)
{
	static const uint8_t numbers[] = { 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87,
					   0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f,
					   0x90, 0x91, 0x92, 0x93, 0x94, 0xa0 };
	rig r = rig_new(NULL);
	uint32_t before;

	rig_mock(&r, rig_ioas(&r), 0);
	before = next_id(&r);
	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
		for (unsigned after = 0; after < 3; after++) {
			uint32_t zeros[32] = { 8 };

			iom_iommufd_inject(r.t, numbers[i], after, ENOMEM);
			for (unsigned n = 0; n <= after; n++) {
				int rc = CALL(&r, numbers[i], zeros);

				CHECK_EQ(rc == -ENOMEM, n == after);
			}
			/* Used up. */
			CU_ASSERT_NOT_EQUAL(CALL(&r, numbers[i], zeros), -ENOMEM);
		}
	}
	CHECK_EQ(next_id(&r), before);
	/* Whichever call comes: by number 0. */
	iom_iommufd_inject(r.t, 0, 0, EIO);
	CHECK_EQ(rig_destroy(&r, 1), -EIO);
	rig_free(&r);
}

/* What a step can fail in: each makes one thing, whose number it returns. */
typedef struct stage {
	rig r;
	uint8_t *mem;
	uint32_t ioas, copy, dev, nest, viommu;
	int vfio;
} stage;

static int do_map(stage *s)
{
	return rig_map(&s->r, s->ioas, s->mem + 8 * PAGE, 4 * PAGE, 0x2000000);
}

static int do_copy(stage *s)
{
	struct iomfd_ioas_copy cmd = { .size = sizeof(cmd),
				       .flags = 7,
				       .dst_ioas_id = s->copy,
				       .src_ioas_id = s->ioas,
				       .length = 4 * PAGE,
				       .dst_iova = 0x5000000,
				       .src_iova = 0x1000000 };

	return CALL(&s->r, 0x83, &cmd);
}

static int do_hwpt(stage *s)
{
	int rc = rig_hwpt(&s->r, s->dev, s->ioas, 0, false, 0);

	return MIN(rc, 0);
}

static int do_nested(stage *s)
{
	int rc = rig_hwpt(&s->r, s->dev, s->nest, 0, true, 0);

	return MIN(rc, 0);
}

static int do_attach(stage *s)
{
	struct iomfd_vfio_attach cmd = { .argsz = 12, .pt_id = s->copy };

	return iom_iommufd_ioctl(s->r.t, s->vfio, IOMFD_VFIO_DEVICE_ATTACH_IOMMUFD_PT,
				 (uintptr_t)&cmd);
}

static int do_mock(stage *s)
{
	struct iomfd_test_cmd cmd = { .size = sizeof(cmd),
				      .op = IOMFD_TEST_MOCK_DOMAIN,
				      .id = s->ioas };

	return CALL(&s->r, 0xa0, &cmd);
}

static int do_fault(stage *s)
{
	struct iomfd_fault_alloc cmd = { .size = sizeof(cmd) };

	return CALL(&s->r, 0x8e, &cmd);
}

static int do_viommu(stage *s)
{
	struct iomfd_viommu_alloc cmd = { .size = sizeof(cmd),
					  .type = IOMFD_VIOMMU_TYPE_SELFTEST,
					  .dev_id = s->dev,
					  .hwpt_id = s->nest };

	return CALL(&s->r, 0x90, &cmd);
}

static int do_vdevice(stage *s)
{
	struct iomfd_vdevice_alloc cmd = {
		.size = sizeof(cmd), .viommu_id = s->viommu, .dev_id = s->dev, .virt_id = 9
	};

	return CALL(&s->r, 0x91, &cmd);
}

static int do_veventq(stage *s)
{
	struct iomfd_veventq_alloc cmd = { .size = sizeof(cmd),
					   .viommu_id = s->viommu,
					   .type = IOMFD_VEVENTQ_TYPE_SELFTEST,
					   .veventq_depth = 4 };

	return CALL(&s->r, 0x93, &cmd);
}

static int do_hw_queue(stage *s)
{
	struct iomfd_hw_queue_alloc cmd = { .size = sizeof(cmd),
					    .viommu_id = s->viommu,
					    .type = IOMFD_HW_QUEUE_TYPE_SELFTEST,
					    .nesting_parent_iova = 0x1000000,
					    .length = PAGE };

	return CALL(&s->r, 0x94, &cmd);
}

static const struct {
	const char *name;
	int (*run)(stage *s);
	unsigned least; /* steps that it has at least */
} calls[] = {
	{ "map", do_map, 2 },         { "copy", do_copy, 2 },         { "hwpt", do_hwpt, 2 },
	{ "nested", do_nested, 1 },   { "attach", do_attach, 1 },     { "mock", do_mock, 3 },
	{ "fault", do_fault, 2 },     { "viommu", do_viommu, 1 },     { "vdevice", do_vdevice, 1 },
	{ "veventq", do_veventq, 2 }, { "hw_queue", do_hw_queue, 2 },
};

static stage stage_new(void)
{
	const iom_iommufd_device device = { .size = sizeof(device), .group = 1 };
	stage s = { .r = rig_new(NULL), .mem = pages(32) };
	struct iomfd_vfio_bind bind = { .argsz = 16, .iommufd = s.r.fd };
	struct iomfd_viommu_alloc viommu = { .size = sizeof(viommu),
					     .type = IOMFD_VIOMMU_TYPE_SELFTEST };

	CU_ASSERT_TRUE(iom_iommufd_add_device(s.r.t, &device, NULL));
	s.vfio = iom_iommufd_open(s.r.t, "vfio/devices/vfio0");
	CHECK_EQ(iom_iommufd_ioctl(s.r.t, s.vfio, IOMFD_VFIO_DEVICE_BIND_IOMMUFD, (uintptr_t)&bind),
		 0);
	s.ioas = rig_ioas(&s.r);
	s.copy = rig_ioas(&s.r);
	s.dev = bind.out_devid;
	CHECK_EQ(rig_map(&s.r, s.ioas, s.mem, 4 * PAGE, 0x1000000), 0);
	CHECK_EQ(rig_map(&s.r, s.copy, s.mem + 16 * PAGE, 4 * PAGE, 0x1000000), 0);
	s.nest = (uint32_t)rig_hwpt(&s.r, s.dev, s.ioas, IOMFD_HWPT_NEST_PARENT, false, 0);
	rig_mock(&s.r, s.copy, 0);
	viommu.dev_id = s.dev;
	viommu.hwpt_id = s.nest;
	CHECK_EQ(CALL(&s.r, 0x90, &viommu), 0);
	s.viommu = viommu.out_viommu_id;
	return s;
}

/*
 * Each call with memory short at its first step, its second, until it has enough: no
 * object, mapping or pin is left of one that failed.
 */
static void test_nth_step(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(calls); i++) {
		stage s = stage_new();
		uint32_t before = next_id(&s.r);
		unsigned n;

		for (n = 1; n < 100; n++) {
			int rc;

			iom_iommufd_fail_step(s.r.t, n);
			rc = calls[i].run(&s);
			iom_iommufd_fail_step(s.r.t, 0);
			if (!rc)
				break;
			CHECK_EQ(rc, -ENOMEM);
			CHECK_EQ(next_id(&s.r), before);
			CHECK_EQ(pinned(&s.r, s.mem, 1), 0);
			CHECK_EQ(pinned(&s.r, s.mem + 8 * PAGE, 0), 0);
			CHECK_EQ(pinned(&s.r, s.mem + 16 * PAGE, 1), 0);
		}
		CU_ASSERT_TRUE(n > calls[i].least && n < 100);
		/* Nothing holds on to what cannot be released. */
		rig_free(&s.r);
		munmap(s.mem, 32 * PAGE);
	}
}

/* A busy attachment, and a busy replacement: the old table stays, and works. */
static void test_busy(void)
{
	iom_iommufd_backend backends[] = { IOM_IOMMUFD_SMMUV3, IOM_IOMMUFD_VTD };

	for (size_t i = 0; i < G_N_ELEMENTS(backends); i++) {
		hwrig h = hwrig_new(backends[i], 0);
		uint32_t other = (uint32_t)rig_hwpt(&h.r, h.dev, h.ioas, 0, false, 0);
		uint64_t got;

		iom_iommufd_busy(h.r.t, 2);
		CHECK_EQ(hwrig_attach(&h, h.parent), -EBUSY);
		CHECK_EQ(hwrig_attach(&h, h.parent), -EBUSY);
		CHECK_EQ(hwrig_dma(&h, IOM_NO_PASID, GPA, &got, false), -EFAULT);
		CHECK_EQ(hwrig_attach(&h, h.parent), 0);
		iom_iommufd_busy(h.r.t, 1);
		CHECK_EQ(hwrig_attach(&h, other), -EBUSY);
		CHECK_EQ(hwrig_dma(&h, IOM_NO_PASID, GPA, &got, false), 0);
		CHECK_EQ(rig_destroy(&h.r, h.parent), -EBUSY);
		CHECK_EQ(rig_destroy(&h.r, other), 0);
		hwrig_free(&h);
	}
}

/* ------------------------------------------------------------------------
 * Other hosts
 */
typedef struct host {
	rig r;
	uint32_t ioas, dev[2];
	int fd[2];
} host;

/* One device behind each of two IOMMUs, whose fields were set as told. */
static host host_new(bool vtd, const char *field, uint64_t value, bool ats)
{
	host h = { .r = rig_new(NULL) };

	for (unsigned i = 0; i < 2; i++) {
		iom_iommufd_device device = { .size = sizeof(device),
					      .backend = vtd ? IOM_IOMMUFD_VTD : IOM_IOMMUFD_SMMUV3,
					      .number = i,
					      .group = i,
					      .instance = i,
					      .ats = ats,
					      .pasid_bits = 10 };
		struct iomfd_vfio_bind bind = { .argsz = 16, .iommufd = h.r.fd };
		g_autofree char *node = g_strdup_printf("vfio/devices/vfio%u", i);
		iom_smmu_config smmu;
		iom_vtd_config config;

		iom_smmu_config_init(&smmu);
		iom_vtd_config_init(&config);
		if (field)
			CU_ASSERT_TRUE(vtd ? iom_vtd_config_set(&config, field, value, NULL)
					   : iom_smmu_config_set(&smmu, field, value, NULL));
		CU_ASSERT_TRUE(vtd ? iom_iommufd_add_vtd(h.r.t, i, &config, NULL)
				   : iom_iommufd_add_smmu(h.r.t, i, &smmu, NULL));
		CU_ASSERT_TRUE(iom_iommufd_add_device(h.r.t, &device, NULL));
		h.fd[i] = iom_iommufd_open(h.r.t, node);
		CHECK_EQ(iom_iommufd_ioctl(h.r.t, h.fd[i], IOMFD_VFIO_DEVICE_BIND_IOMMUFD,
					   (uintptr_t)&bind),
			 0);
		h.dev[i] = bind.out_devid;
	}
	h.ioas = rig_ioas(&h.r);
	return h;
}

static struct iomfd_hw_info info_of(host *h, void *data, uint32_t n)
{
	struct iomfd_hw_info info = { .size = sizeof(info),
				      .dev_id = h->dev[0],
				      .data_len = n,
				      .data_uptr = (uintptr_t)data };

	CHECK_EQ(CALL(&h->r, 0x8a, &info), 0);
	return info;
}

static int new_viommu(host *h, unsigned device, uint32_t parent)
{
	struct iomfd_viommu_alloc cmd = { .size = sizeof(cmd),
					  .type = IOMFD_VIOMMU_TYPE_ARM_SMMUV3,
					  .dev_id = h->dev[device],
					  .hwpt_id = parent };
	int rc = CALL(&h->r, 0x90, &cmd);

	return rc ? rc : (int)cmd.out_viommu_id;
}

/* Hardware information of hosts that have less, and what follows from it. */
static void test_templates(void)
{
	struct iomfd_hw_info_arm_smmuv3 smmu;
	struct iomfd_hw_info_vtd vtd;
	struct iomfd_hw_info info;
	host h = host_new(false, "IDR3.RIL", 0, true);

	info = info_of(&h, &smmu, sizeof(smmu));
	CHECK_EQ(info.data_type, IOMFD_HW_INFO_ARM_SMMUV3);
	CHECK_EQ(smmu.idr[3] & 1 << 10, 0);
	CHECK_EQ(info.out_capabilities & IOMFD_HW_CAP_ATS_NOT_SUPPORTED, 0);
	CHECK_EQ(info.out_max_pasid_log2, 10);
	CU_ASSERT_TRUE(rig_hwpt(&h.r, h.dev[0], h.ioas, IOMFD_HWPT_NEST_PARENT, false, 0) > 0);
	rig_free(&h.r);

	/* Stage 2 cannot force memory types: nothing is nested. */
	h = host_new(false, "IDR3.FWB", 0, false);
	info = info_of(&h, &smmu, sizeof(smmu));
	CHECK_EQ(smmu.idr[3] & 1 << 8, 0);
	CU_ASSERT_TRUE(info.out_capabilities & IOMFD_HW_CAP_ATS_NOT_SUPPORTED);
	CHECK_EQ(rig_hwpt(&h.r, h.dev[0], h.ioas, IOMFD_HWPT_NEST_PARENT, false, 0), -EOPNOTSUPP);
	rig_free(&h.r);

	/* Pages of 16 KiB at least, on a host of 4 KiB: it has no page table for it. */
	h = host_new(false, "IDR5.GRAN4K", 0, false);
	info_of(&h, &smmu, sizeof(smmu));
	CHECK_EQ(smmu.idr[5] >> 4 & 3, 2);
	CHECK_EQ(rig_hwpt(&h.r, h.dev[0], h.ioas, 0, false, 0), -EINVAL);
	rig_free(&h.r);

	h = host_new(false, "IDR1.SSIDSIZE", 0, false);
	info = info_of(&h, &smmu, sizeof(smmu));
	CHECK_EQ(info.out_max_pasid_log2, 0);
	rig_free(&h.r);

	h = host_new(false, "IDR0.HTTU", 1, false);
	info = info_of(&h, &smmu, sizeof(smmu));
	CHECK_EQ(info.out_capabilities & IOMFD_HW_CAP_DIRTY_TRACKING, 0);
	CHECK_EQ(rig_hwpt(&h.r, h.dev[0], h.ioas, IOMFD_HWPT_DIRTY_TRACKING, false, 0),
		 -EOPNOTSUPP);
	rig_free(&h.r);

	/* VT-d: the errata flag is always set; no nesting; 48 bits of address. */
	h = host_new(true, "ECAP.NEST", 0, false);
	info = info_of(&h, &vtd, sizeof(vtd));
	CHECK_EQ(info.data_type, IOMFD_HW_INFO_INTEL_VTD);
	CHECK_EQ(vtd.flags, 1);
	CHECK_EQ(vtd.ecap_reg >> 26 & 1, 0);
	CHECK_EQ(rig_hwpt(&h.r, h.dev[0], h.ioas, IOMFD_HWPT_NEST_PARENT, false, 0), -EOPNOTSUPP);
	rig_free(&h.r);

	h = host_new(true, "ECAP.SSADS", 0, false);
	info = info_of(&h, &vtd, sizeof(vtd));
	CHECK_EQ(info.out_capabilities & IOMFD_HW_CAP_DIRTY_TRACKING, 0);
	rig_free(&h.r);
}

static uint64_t last_iova(host *h)
{
	uint64_t ranges[32];
	struct iomfd_ioas_iova_ranges cmd = { .size = sizeof(cmd),
					      .ioas_id = h->ioas,
					      .num_iovas = 16,
					      .allowed_iovas = (uintptr_t)ranges };

	CHECK_EQ(CALL(&h->r, 0x84, &cmd), 0);
	return ranges[2 * cmd.num_iovas - 1];
}

/* The width of the tables shows in what may be mapped. */
static void test_widths(void)
{
	host h = host_new(true, "CAP.FS5LP", 1, false);

	/* The first stage sign-extends: half of 57, and of 48 bits; the second does not. */
	rig_hwpt(&h.r, h.dev[0], h.ioas, 0, false, 0);
	CHECK_EQ(last_iova(&h), (1ull << 56) - 1);
	rig_free(&h.r);
	h = host_new(true, "CAP.FS5LP", 0, false);
	rig_hwpt(&h.r, h.dev[0], h.ioas, IOMFD_HWPT_NEST_PARENT, false, 0);
	CHECK_EQ(last_iova(&h), (1ull << 57) - 1);
	rig_hwpt(&h.r, h.dev[0], h.ioas, 0, false, 0);
	CHECK_EQ(last_iova(&h), (1ull << 47) - 1);
	rig_free(&h.r);
	h = host_new(false, NULL, 0, false);
	rig_hwpt(&h.r, h.dev[0], h.ioas, 0, false, 0);
	CHECK_EQ(last_iova(&h), (1ull << 48) - 1);
	rig_free(&h.r);
}

/* What belongs to one physical IOMMU is refused to a device behind another. */
static void test_instances(void)
{
	host h = host_new(false, NULL, 0, false), v;
	int parent = rig_hwpt(&h.r, h.dev[0], h.ioas, IOMFD_HWPT_NEST_PARENT, false, 0), viommu;
	struct iomfd_vfio_attach attach = { .argsz = 12, .pt_id = (uint32_t)parent };
	struct iomfd_vdevice_alloc vdev = { .size = sizeof(vdev), .virt_id = 3 };
	struct iomfd_hwpt_arm_smmuv3 ste = { { 1 | 4 << 1, 0 } };
	struct iomfd_hwpt_alloc nested = { .size = sizeof(nested),
					   .data_type = IOMFD_HWPT_DATA_ARM_SMMUV3,
					   .data_len = sizeof(ste),
					   .data_uptr = (uintptr_t)&ste };
	uint32_t hwpt[2];

	CHECK_EQ(iom_iommufd_ioctl(h.r.t, h.fd[1], IOMFD_VFIO_DEVICE_ATTACH_IOMMUFD_PT,
				   (uintptr_t)&attach),
		 -EINVAL);
	CHECK_EQ(new_viommu(&h, 1, (uint32_t)parent), -EINVAL);
	viommu = new_viommu(&h, 0, (uint32_t)parent);
	CU_ASSERT_TRUE(viommu > 0);
	vdev.viommu_id = nested.pt_id = (uint32_t)viommu;
	vdev.dev_id = nested.dev_id = h.dev[1];
	CHECK_EQ(CALL(&h.r, 0x91, &vdev), -EINVAL);
	CHECK_EQ(CALL(&h.r, 0x89, &nested), -EINVAL);
	nested.dev_id = h.dev[0];
	CHECK_EQ(CALL(&h.r, 0x89, &nested), 0);
	/* One address space, two IOMMUs: each gets a table of its own, by itself. */
	for (unsigned i = 0; i < 2; i++) {
		attach.pt_id = h.ioas;
		CHECK_EQ(iom_iommufd_ioctl(h.r.t, h.fd[i], IOMFD_VFIO_DEVICE_ATTACH_IOMMUFD_PT,
					   (uintptr_t)&attach),
			 0);
		hwpt[i] = attach.pt_id;
	}
	CU_ASSERT_NOT_EQUAL(hwpt[0], hwpt[1]);
	rig_free(&h.r);
	/* And on VT-d. */
	v = host_new(true, NULL, 0, false);
	attach.pt_id = (uint32_t)rig_hwpt(&v.r, v.dev[0], v.ioas, 0, false, 0);
	CHECK_EQ(iom_iommufd_ioctl(v.r.t, v.fd[1], IOMFD_VFIO_DEVICE_ATTACH_IOMMUFD_PT,
				   (uintptr_t)&attach),
		 -EINVAL);
	CHECK_EQ(new_viommu(&v, 0, attach.pt_id), -EOPNOTSUPP);
	rig_free(&v.r);
}

/* A virtual function that makes page requests cannot have them delivered. */
static void test_vf_with_pri(void)
{
	const iom_iommufd_device device = { .size = sizeof(device), .vf_with_pri = true };
	rig r = rig_new(NULL);
	struct iomfd_vfio_bind bind = { .argsz = 16, .iommufd = r.fd };
	struct iomfd_fault_alloc fault = { .size = sizeof(fault) };
	struct iomfd_vfio_attach attach = { .argsz = 12 };
	uint32_t ioas = rig_ioas(&r);
	int fd;

	CU_ASSERT_TRUE(iom_iommufd_add_device(r.t, &device, NULL));
	fd = iom_iommufd_open(r.t, "vfio/devices/vfio0");
	CHECK_EQ(iom_iommufd_ioctl(r.t, fd, IOMFD_VFIO_DEVICE_BIND_IOMMUFD, (uintptr_t)&bind), 0);
	CHECK_EQ(CALL(&r, 0x8e, &fault), 0);
	attach.pt_id = (uint32_t)rig_hwpt(&r, bind.out_devid, ioas, 0, false, fault.out_fault_id);
	CHECK_EQ(iom_iommufd_ioctl(r.t, fd, IOMFD_VFIO_DEVICE_ATTACH_IOMMUFD_PT,
				   (uintptr_t)&attach),
		 -EINVAL);
	attach.pt_id = ioas;
	CHECK_EQ(iom_iommufd_ioctl(r.t, fd, IOMFD_VFIO_DEVICE_ATTACH_IOMMUFD_PT,
				   (uintptr_t)&attach),
		 0);
	rig_free(&r);
}

static const iom_test tests[] = {
	{ "an error at the n-th call leaves nothing behind", test_nth_call },
	{ "no memory at the n-th step leaves nothing behind", test_nth_step },
	{ "busy attachments and replacements", test_busy },
	{ "hardware information of smaller hosts", test_templates },
	{ "widths of page tables", test_widths },
	{ "several physical IOMMUs of either kind", test_instances },
	{ "a virtual function with page requests", test_vf_with_pri },
	{ 0 },
};
const iom_suite hooks_suite = { "hooks", tests };
