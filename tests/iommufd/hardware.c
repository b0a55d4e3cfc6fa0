/* SPDX-License-Identifier: MIT */
/*
 * Our models as the hardware behind the engine: memory arrives where the maps
 * say, nested tables are walked through the maps, invalidation takes effect,
 * faults come back as events.
 */
#include "suites.h"

#include <sys/mman.h>

uint64_t *hwrig_word(hwrig *h, uint64_t gpa)
{
	return (uint64_t *)(h->mem + (gpa - GPA));
}

int hwrig_attach(hwrig *h, uint32_t pt)
{
	struct iomfd_vfio_attach cmd = { .argsz = 12, .pt_id = pt };

	return iom_iommufd_ioctl(h->r.t, h->fd, IOMFD_VFIO_DEVICE_ATTACH_IOMMUFD_PT,
				 (uintptr_t)&cmd);
}

int hwrig_attach_pasid(hwrig *h, uint32_t pt, uint32_t pasid)
{
	struct iomfd_vfio_attach cmd = { .argsz = 16, .flags = 1, .pt_id = pt, .pasid = pasid };

	return iom_iommufd_ioctl(h->r.t, h->fd, IOMFD_VFIO_DEVICE_ATTACH_IOMMUFD_PT,
				 (uintptr_t)&cmd);
}

int hwrig_detach(hwrig *h)
{
	struct iomfd_vfio_detach cmd = { .argsz = 8 };

	return iom_iommufd_ioctl(h->r.t, h->fd, IOMFD_VFIO_DEVICE_DETACH_IOMMUFD_PT,
				 (uintptr_t)&cmd);
}

int hwrig_detach_pasid(hwrig *h, uint32_t pasid)
{
	struct iomfd_vfio_detach cmd = { .argsz = 12, .flags = 1, .pasid = pasid };

	return iom_iommufd_ioctl(h->r.t, h->fd, IOMFD_VFIO_DEVICE_DETACH_IOMMUFD_PT,
				 (uintptr_t)&cmd);
}

hwrig hwrig_new(iom_iommufd_backend backend, uint32_t flags)
{
	hwrig h = { .r = rig_new(NULL) };
	iom_iommufd_device device = {
		.size = sizeof(device),
		.backend = backend,
		.requester = 0x108,
		.group = 1,
		.pasid_bits = 8,
	};
	struct iomfd_vfio_bind bind = { .argsz = 16, .iommufd = h.r.fd };
	iom_smmu_config smmu;
	iom_vtd_config vtd;

	CU_ASSERT_FALSE(iom_iommufd_add_device(h.r.t, &device, NULL));
	if (backend == IOM_IOMMUFD_SMMUV3) {
		iom_smmu_config_init(&smmu);
		CU_ASSERT_TRUE(iom_iommufd_add_smmu(h.r.t, 0, &smmu, NULL));
	} else {
		iom_vtd_config_init(&vtd);
		CU_ASSERT_TRUE(iom_iommufd_add_vtd(h.r.t, 0, &vtd, NULL));
	}
	CU_ASSERT_TRUE(iom_iommufd_add_device(h.r.t, &device, NULL));
	h.fd = iom_iommufd_open(h.r.t, "vfio/devices/vfio0");
	CHECK_EQ(iom_iommufd_ioctl(h.r.t, h.fd, IOMFD_VFIO_DEVICE_BIND_IOMMUFD, (uintptr_t)&bind),
		 0);
	h.dev = bind.out_devid;
	h.ioas = rig_ioas(&h.r);
	h.mem = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		     0);
	for (unsigned i = 0; i < PAGES * PAGE; i++)
		h.mem[i] = 0;
	CHECK_EQ(rig_map(&h.r, h.ioas, h.mem, PAGES * PAGE, GPA), 0);
	h.parent = (uint32_t)rig_hwpt(&h.r, h.dev, h.ioas, flags, false, 0);
	return h;
}

void hwrig_free(hwrig *h)
{
	rig_free(&h->r);
	munmap(h->mem, PAGES * PAGE);
}

int hwrig_dma(hwrig *h, uint32_t pasid, uint64_t addr, uint64_t *value, bool write)
{
	return iom_iommufd_dma(h->r.t, 0, pasid, addr, value, 8, write);
}

static void check_paging(iom_iommufd_backend backend)
{
	hwrig h = hwrig_new(backend, IOMFD_HWPT_NEST_PARENT);
	struct iomfd_ioas_unmap unmap = {
		.size = sizeof(unmap),
		.ioas_id = h.ioas,
		.iova = GPA,
		.length = PAGES * PAGE,
	};
	uint64_t value = 0x1122334455667788, got = 0;

	/* Bound but not attached: blocked. */
	CHECK_EQ(hwrig_dma(&h, IOM_NO_PASID, GPA, &got, false), -EFAULT);
	CHECK_EQ(hwrig_attach(&h, h.parent), 0);
	CHECK_EQ(hwrig_dma(&h, IOM_NO_PASID, GPA + 5 * PAGE + 16, &value, true), 0);
	CHECK_EQ(*hwrig_word(&h, GPA + 5 * PAGE + 16), value);
	CHECK_EQ(hwrig_dma(&h, IOM_NO_PASID, GPA + 5 * PAGE + 16, &got, false), 0);
	CHECK_EQ(got, value);
	CHECK_EQ(hwrig_dma(&h, IOM_NO_PASID, GPA + PAGES * PAGE, &got, false), -EFAULT);
	/* Unmapping takes effect, what was cached included. */
	CHECK_EQ(CALL(&h.r, 0x86, &unmap), 0);
	CHECK_EQ(hwrig_dma(&h, IOM_NO_PASID, GPA + 5 * PAGE, &got, false), -EFAULT);
	CHECK_EQ(iom_iommufd_dma(h.r.t, 7, IOM_NO_PASID, GPA, &got, 8, false), -ENOENT);
	hwrig_free(&h);
}

static void test_paging(void)
{
	check_paging(IOM_IOMMUFD_SMMUV3);
	check_paging(IOM_IOMMUFD_VTD);
}

/*
 * A 4-level table of one page in the guest's memory: the entries' bits are those
 * of VMSAv8-64 stage 1, or of the VT-d first stage.
 */
void hwrig_tables(hwrig *h, uint64_t root, uint64_t va, uint64_t gpa, uint64_t table_bits,
		  uint64_t leaf_bits)
{
	uint64_t table = root;

	for (unsigned shift = 39; shift > 12; shift -= 9) {
		uint64_t next = table + PAGE;

		*hwrig_word(h, table + (va >> shift & 511) * 8) = next | table_bits;
		table = next;
	}
	*hwrig_word(h, table + (va >> 12 & 511) * 8) = gpa | leaf_bits;
}

static void test_vtd_nesting(void)
{
	const uint64_t root = GPA + 8 * PAGE, va = 0x7f0000003000, target = GPA + 20 * PAGE;
	hwrig h = hwrig_new(IOM_IOMMUFD_VTD, IOMFD_HWPT_NEST_PARENT | IOMFD_HWPT_PASID);
	struct iomfd_hwpt_vtd_s1 s1 = { .pgtbl_addr = root, .addr_width = 48 };
	struct iomfd_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.flags = IOMFD_HWPT_PASID,
		.dev_id = h.dev,
		.pt_id = h.parent,
		.data_type = IOMFD_HWPT_DATA_VTD_S1,
		.data_len = sizeof(s1),
		.data_uptr = (uintptr_t)&s1,
	};
	struct iomfd_hwpt_vtd_s1_invalidate entry = { .addr = va, .npages = 1 };
	struct iomfd_hwpt_invalidate inv = {
		.size = sizeof(inv),
		.data_uptr = (uintptr_t)&entry,
		.entry_len = sizeof(entry),
		.entry_num = 1,
	};
	struct iomfd_vfio_attach pasid = { .argsz = 16, .flags = 1, .pasid = 5 };
	uint64_t value = 42, got = 0;
	uint32_t nested;

	CHECK_EQ(CALL(&h.r, 0x89, &cmd), 0);
	nested = cmd.out_hwpt_id;
	CHECK_EQ(hwrig_attach(&h, nested), 0);
	CHECK_EQ(hwrig_dma(&h, IOM_NO_PASID, va, &got, false), -EFAULT);
	/* P, R/W, U/S, A and D set. */
	hwrig_tables(&h, root, va, target, 0x27, 0x67);
	inv.hwpt_id = nested;
	CHECK_EQ(CALL(&h.r, 0x8d, &inv), 0);
	CHECK_EQ(inv.entry_num, 1);
	CHECK_EQ(hwrig_dma(&h, IOM_NO_PASID, va + 8, &value, true), 0);
	CHECK_EQ(*hwrig_word(&h, target + 8), 42);
	/* The guest moves the page: the old one is used until it says so. */
	*hwrig_word(&h, root + 3 * PAGE + (va >> 12 & 511) * 8) = (target + PAGE) | 0x67;
	CHECK_EQ(CALL(&h.r, 0x8d, &inv), 0);
	CHECK_EQ(hwrig_dma(&h, IOM_NO_PASID, va + 8, &value, true), 0);
	CHECK_EQ(*hwrig_word(&h, target + PAGE + 8), 42);
	/* The same tables under a PASID. */
	CHECK_EQ(hwrig_dma(&h, 5, va + 8, &got, false), -EFAULT);
	pasid.pt_id = nested;
	CHECK_EQ(iom_iommufd_ioctl(h.r.t, h.fd, IOMFD_VFIO_DEVICE_ATTACH_IOMMUFD_PT,
				   (uintptr_t)&pasid),
		 0);
	CHECK_EQ(hwrig_dma(&h, 5, va + 8, &got, false), 0);
	CHECK_EQ(got, 42);
	entry.npages = UINT64_MAX;
	inv.entry_num = 1;
	CHECK_EQ(CALL(&h.r, 0x8d, &inv), -EINVAL);
	CHECK_EQ(inv.entry_num, 0);
	hwrig_free(&h);
}

/* A table that does not fit leaves the device blocked, the old one listed. */
static void test_vtd_bad_width(void)
{
	hwrig h = hwrig_new(IOM_IOMMUFD_VTD, IOMFD_HWPT_NEST_PARENT);
	struct iomfd_hwpt_vtd_s1 s1 = { .pgtbl_addr = GPA, .addr_width = 39 };
	struct iomfd_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.dev_id = h.dev,
		.pt_id = h.parent,
		.data_type = IOMFD_HWPT_DATA_VTD_S1,
		.data_len = sizeof(s1),
		.data_uptr = (uintptr_t)&s1,
	};
	uint64_t got = 0;

	CHECK_EQ(hwrig_attach(&h, h.parent), 0);
	CHECK_EQ(CALL(&h.r, 0x89, &cmd), 0);
	CHECK_EQ(hwrig_attach(&h, cmd.out_hwpt_id), -EINVAL);
	CHECK_EQ(hwrig_dma(&h, IOM_NO_PASID, GPA, &got, false), -EFAULT);
	CHECK_EQ(hwrig_attach(&h, h.parent), 0);
	CHECK_EQ(hwrig_dma(&h, IOM_NO_PASID, GPA, &got, false), -EFAULT);
	/* Attaching the same again does nothing: another one repairs it. */
	CHECK_EQ(hwrig_attach(&h, (uint32_t)rig_hwpt(&h.r, h.dev, h.ioas, 0, false, 0)), 0);
	CHECK_EQ(hwrig_dma(&h, IOM_NO_PASID, GPA, &got, false), 0);
	hwrig_free(&h);
}

static int nested_ste(vsmmu *v, uint64_t word0, uint64_t word1)
{
	struct iomfd_hwpt_arm_smmuv3 ste = { { word0, word1 } };
	struct iomfd_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.dev_id = v->h.dev,
		.pt_id = v->viommu,
		.data_type = IOMFD_HWPT_DATA_ARM_SMMUV3,
		.data_len = sizeof(ste),
		.data_uptr = (uintptr_t)&ste,
	};
	int rc = CALL(&v->h.r, 0x89, &cmd);

	return rc ? rc : (int)cmd.out_hwpt_id;
}

vsmmu vsmmu_new(void)
{
	vsmmu v = { .h = hwrig_new(IOM_IOMMUFD_SMMUV3, IOMFD_HWPT_NEST_PARENT) };
	struct iomfd_viommu_alloc viommu = {
		.size = sizeof(viommu),
		.type = IOMFD_VIOMMU_TYPE_ARM_SMMUV3,
		.dev_id = v.h.dev,
		.hwpt_id = v.h.parent,
	};
	struct iomfd_veventq_alloc q = {
		.size = sizeof(q),
		.type = IOMFD_VEVENTQ_TYPE_ARM_SMMUV3,
		.veventq_depth = 16,
	};

	CHECK_EQ(CALL(&v.h.r, 0x90, &viommu), 0);
	v.viommu = viommu.out_viommu_id;
	q.viommu_id = v.viommu;
	CHECK_EQ(CALL(&v.h.r, 0x93, &q), 0);
	v.events = (int)q.out_veventq_fd;
	return v;
}

static int invalidate(vsmmu *v, const uint64_t *cmds, uint32_t n, uint32_t *done)
{
	struct iomfd_hwpt_invalidate inv = {
		.size = sizeof(inv),
		.hwpt_id = v->viommu,
		.data_uptr = (uintptr_t)cmds,
		.data_type = IOMFD_INVALIDATE_ARM_SMMUV3,
		.entry_len = 16,
		.entry_num = n,
	};
	int rc = CALL(&v->h.r, 0x8d, &inv);

	*done = inv.entry_num;
	return rc;
}

static void test_smmu_stes(void)
{
	vsmmu v = vsmmu_new();
	uint64_t got = 0;
	int abort_pt = nested_ste(&v, 1, 0), bypass = nested_ste(&v, 9, 0);

	CU_ASSERT_TRUE(abort_pt > 0 && bypass > 0);
	CHECK_EQ(nested_ste(&v, 1 | 7 << 1, 0), -EIO); /* both stages are not the guest's */
	CHECK_EQ(nested_ste(&v, 9, 1ull << 44), -EIO); /* SHCFG neither */
	CHECK_EQ(nested_ste(&v, 9, 2ull << 28), -EIO); /* EATS split-stage */
	CHECK_EQ(rig_hwpt(&v.h.r, v.h.dev, v.h.parent, 0, true, 0), -EOPNOTSUPP);
	CHECK_EQ(rig_hwpt(&v.h.r, v.h.dev, v.h.ioas, IOMFD_HWPT_NEST_PARENT | IOMFD_HWPT_PASID,
			  false, 0),
		 -EOPNOTSUPP);
	CHECK_EQ(hwrig_attach(&v.h, (uint32_t)bypass), 0);
	CHECK_EQ(hwrig_dma(&v.h, IOM_NO_PASID, GPA, &got, false), 0);
	CHECK_EQ(hwrig_attach(&v.h, (uint32_t)abort_pt), 0);
	CHECK_EQ(hwrig_dma(&v.h, IOM_NO_PASID, GPA, &got, false), -EFAULT);
	/* Translation needs to know the guest's StreamID. */
	CHECK_EQ(hwrig_attach(&v.h, (uint32_t)nested_ste(&v, 1 | 5 << 1 | GPA, 0)), -ENOENT);
	hwrig_free(&v.h);
}

static void test_smmu_nesting(void)
{
	const uint64_t cd = GPA + PAGE, root = GPA + 8 * PAGE, va = 0x3f0000003000,
		       target = GPA + 20 * PAGE;
	vsmmu v = vsmmu_new();
	struct iomfd_vdevice_alloc vdev = {
		.size = sizeof(vdev),
		.viommu_id = v.viommu,
		.dev_id = v.h.dev,
		.virt_id = 0x33,
	};
	uint64_t cmds[4] = { 0x12, va | 1, 0x46, 0 }; /* TLBI_NH_VA, CMD_SYNC */
	uint64_t value = 7, got = 0;
	uint32_t done, event[10] = { 0 };

	CHECK_EQ(CALL(&v.h.r, 0x91, &vdev), 0);
	/* T0SZ 16, write-back walks, EPD1, V, IPS 48 bits, AA64, R, A, ASET, ASID 0. */
	*hwrig_word(&v.h, cd) = 16 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 30 | 1ull << 31 |
				5ull << 32 | 1ull << 41 | 1ull << 45 | 1ull << 46 | 1ull << 47;
	*hwrig_word(&v.h, cd + 8) = root;
	*hwrig_word(&v.h, cd + 24) = 0xff;
	CHECK_EQ(hwrig_attach(&v.h, (uint32_t)nested_ste(&v, 1 | 5 << 1 | cd, 0)), 0);
	/* Nothing there: F_TRANSLATION, under the guest's name for the device. */
	CHECK_EQ(hwrig_dma(&v.h, IOM_NO_PASID, va, &got, false), -EFAULT);
	CHECK_EQ(iom_iommufd_read(v.h.r.t, v.events, event, sizeof(event)), 40);
	CHECK_EQ(event[1], 0);
	CHECK_EQ(event[2] & 0xff, 0x10);
	CHECK_EQ(event[3], 0x33);
	CHECK_EQ((uint64_t)event[7] << 32 | event[6], va);
	/* Tables, and a page: AF, inner shareable, readable and writable at EL0. */
	hwrig_tables(&v.h, root, va, target, 3, 3 | 1 << 6 | 3 << 8 | 1 << 10);
	CHECK_EQ(invalidate(&v, cmds, 1, &done), 0);
	CHECK_EQ(done, 1);
	CHECK_EQ(hwrig_dma(&v.h, IOM_NO_PASID, va + 24, &value, true), 0);
	CHECK_EQ(*hwrig_word(&v.h, target + 24), 7);
	*hwrig_word(&v.h, root + 3 * PAGE + (va >> 12 & 511) * 8) += PAGE;
	CHECK_EQ(invalidate(&v, cmds, 1, &done), 0);
	CHECK_EQ(hwrig_dma(&v.h, IOM_NO_PASID, va + 24, &value, true), 0);
	CHECK_EQ(*hwrig_word(&v.h, target + PAGE + 24), 7);
	/* What is not the guest's to say ends the array; the count names it. */
	CHECK_EQ(invalidate(&v, cmds, 2, &done), -EIO);
	CHECK_EQ(done, 1);
	CHECK_EQ(invalidate(&v, cmds, 0, &done), -EINVAL);
	cmds[0] = 0x05 | 0x34ull << 32; /* CFGI_CD of a StreamID that is nobody's */
	CHECK_EQ(invalidate(&v, cmds, 1, &done), -EIO);
	hwrig_free(&v.h);
}

static const iom_test tests[] = {
	{ "both models: DMA goes where the maps say", test_paging },
	{ "VT-d: a first stage in guest memory, by RID and PASID", test_vtd_nesting },
	{ "VT-d: a width that does not fit blocks the device", test_vtd_bad_width },
	{ "SMMUv3: which STE a guest may give", test_smmu_stes },
	{ "SMMUv3: stage 1 in guest memory, events, invalidation", test_smmu_nesting },
	{ 0 },
};
const iom_suite hardware_suite = { "hardware", tests };
