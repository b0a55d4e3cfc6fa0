/* SPDX-License-Identifier: MIT */
/*
 * What a host offers, asked rather than concluded from a version: every call is
 * made with the right size and an id that cannot exist.
 */
#include "iommufd/engine/model.h"

#include <inttypes.h>
#include <string.h>

typedef struct probe_entry {
	uint8_t nr;
	uint8_t size;
	const char *name;
	const char *means;
} probe_entry;

static const probe_entry probes[] = {
	{ 0x80, 8, "DESTROY", "objects" },
	{ 0x85, 40, "IOAS_MAP", "address spaces" },
	{ 0x89, 24, "HWPT_ALLOC", "page tables of one's own" },
	{ 0x8a, 32, "GET_HW_INFO", "hardware information" },
	{ 0x8c, 48, "HWPT_GET_DIRTY_BITMAP", "dirty tracking" },
	{ 0x8d, 32, "HWPT_INVALIDATE", "nested page tables" },
	{ 0x8e, 16, "FAULT_QUEUE_ALLOC", "page faults" },
	{ 0x8f, 40, "IOAS_MAP_FILE", "mapping files" },
	{ 0x90, 24, "VIOMMU_ALLOC", "virtual IOMMUs" },
	{ 0x91, 24, "VDEVICE_ALLOC", "virtual devices" },
	{ 0x92, 8, "IOAS_CHANGE_PROCESS", "handing over between processes" },
	{ 0x93, 28, "VEVENTQ_ALLOC", "events of virtual IOMMUs" },
	{ 0x94, 40, "HW_QUEUE_ALLOC", "hardware queues" },
	{ 0x95, 40, "IOAS_NOIOMMU_GET_PA", "physical addresses without an IOMMU" },
	{ 0xa0, 72, "TEST_CMD", "the kernel's test driver" },
};

/* Flags with every bit set make each call fail before it does anything. */
static bool offers(iom_iommufd *t, int fd, const probe_entry *p)
{
	uint32_t words[24];

	memset(words, 0xff, sizeof(words));
	words[0] = p->size;
	if (p->nr == 0x80 || p->nr == 0x92)
		words[1] = p->nr == 0x80 ? 0 : 1;
	return iom_iommufd_ioctl(t, fd, IOMFD_IO(p->nr), (uintptr_t)words) != -ENOTTY;
}

static const char *hw_name(uint32_t type)
{
	switch (type) {
	case IOMFD_HW_INFO_NONE:
		return "none";
	case IOMFD_HW_INFO_INTEL_VTD:
		return "Intel VT-d";
	case IOMFD_HW_INFO_ARM_SMMUV3:
		return "Arm SMMUv3";
	case IOMFD_HW_INFO_TEGRA241_CMDQV:
		return "Tegra241 CMDQV";
	case IOMFD_HW_INFO_AMD:
		return "AMD";
	case IOMFD_HW_INFO_SELFTEST:
		return "mock";
	default:
		return "unknown";
	}
}

static void describe_data(GString *out, const struct iomfd_hw_info *info, const void *data)
{
	const struct iomfd_hw_info_arm_smmuv3 *smmu = data;
	const struct iomfd_hw_info_vtd *vtd = data;

	if (info->data_type == IOMFD_HW_INFO_INTEL_VTD) {
		g_string_append_printf(out,
				       "  CAP_REG             0x%016" PRIx64 "\n"
				       "  ECAP_REG            0x%016" PRIx64 "\n"
				       "  erratum 772415      %s\n",
				       (uint64_t)vtd->cap_reg, (uint64_t)vtd->ecap_reg,
				       vtd->flags & 1 ? "yes" : "no");
	} else if (info->data_type == IOMFD_HW_INFO_ARM_SMMUV3) {
		for (unsigned i = 0; i < 6; i++)
			g_string_append_printf(out, "  IDR%u                0x%08x\n", i,
					       smmu->idr[i]);
		g_string_append_printf(out,
				       "  IIDR                0x%08x\n"
				       "  AIDR                0x%08x\n",
				       smmu->iidr, smmu->aidr);
	}
}

static const char *yes(bool b)
{
	return b ? "yes" : "no";
}

/* Members that an old kernel does not write stay zero, as they were sent. */
static void describe_hw(iom_iommufd *t, int fd, uint32_t dev_id, GString *out)
{
	uint64_t data[8] = { 0 };
	struct iomfd_hw_info info = {
		.size = sizeof(info),
		.dev_id = dev_id,
		.data_len = sizeof(data),
		.data_uptr = (uintptr_t)data,
	};
	int rc = iom_iommufd_ioctl(t, fd, IOMFD_GET_HW_INFO, (uintptr_t)&info);

	if (rc < 0) {
		g_string_append_printf(out, "  hardware            %s\n",
				       rc == -ENOENT ? "none: an emulated device"
						     : g_strerror(-rc));
		return;
	}
	g_string_append_printf(out, "  hardware            %s\n", hw_name(info.data_type));
	describe_data(out, &info, data);
	g_string_append_printf(out,
			       "  dirty tracking      %s\n"
			       "  PASIDs              %s%u\n"
			       "  ATS                 %s\n",
			       yes(info.out_capabilities & IOMFD_HW_CAP_DIRTY_TRACKING),
			       info.out_max_pasid_log2 ? "2^" : "", info.out_max_pasid_log2,
			       info.out_capabilities & IOMFD_HW_CAP_ATS_NOT_SUPPORTED
				       ? "no"
				       : "not denied");
	if (info.out_max_pasid_log2)
		g_string_append_printf(out, "  PASID modes         execute %s, privileged %s\n",
				       yes(info.out_capabilities & IOMFD_HW_CAP_PASID_EXEC),
				       yes(info.out_capabilities & IOMFD_HW_CAP_PASID_PRIV));
}

/* What VFIO gives of the device: its regions, and what it interrupts with. */
static void describe_function(iom_iommufd *t, int device, GString *out)
{
	static const char *const kinds[] = { "INTx", "MSI", "MSI-X" };
	struct iomfd_vfio_device_info info = { .argsz = sizeof(info) };
	uint32_t ids = 0;

	if (iom_iommufd_ioctl(t, device, IOMFD_VFIO_DEVICE_GET_INFO, (uintptr_t)&info) < 0 ||
	    !(info.flags & IOMFD_VFIO_DEVICE_FLAGS_PCI))
		return;
	for (uint32_t i = 0; i < MIN(info.num_regions, 8); i++) {
		struct iomfd_vfio_region_info region = { .argsz = sizeof(region), .index = i };

		if (iom_iommufd_ioctl(t, device, IOMFD_VFIO_DEVICE_GET_REGION_INFO,
				      (uintptr_t)&region) < 0 ||
		    !region.size)
			continue;
		if (i == 7 && iom_iommufd_pread(t, device, &ids, 4, region.offset) == 4)
			g_string_append_printf(out, "  PCI id              %04x:%04x\n",
					       ids & 0xffff, ids >> 16);
		if (i < 6)
			g_string_append_printf(out, "  BAR %u               %" PRIu64 " bytes%s\n",
					       i, (uint64_t)region.size,
					       region.flags & IOMFD_VFIO_REGION_MMAP
						       ? ", can be mapped"
						       : "");
	}
	for (uint32_t i = 0; i < MIN(info.num_irqs, G_N_ELEMENTS(kinds)); i++) {
		struct iomfd_vfio_irq_info irq = { .argsz = sizeof(irq), .index = i };

		if (iom_iommufd_ioctl(t, device, IOMFD_VFIO_DEVICE_GET_IRQ_INFO, (uintptr_t)&irq) >=
			    0 &&
		    irq.count)
			g_string_append_printf(out, "  %-19s %u\n", kinds[i], irq.count);
	}
}

static gboolean describe_device(iom_iommufd *t, int fd, const char *node, GString *out,
				GError **error)
{
	struct iomfd_vfio_bind bind = { .argsz = 16, .iommufd = fd };
	int device = iom_iommufd_open(t, node), rc;

	if (device < 0) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_IO, "%s: cannot open: %s", node,
			    g_strerror(-device));
		return FALSE;
	}
	rc = iom_iommufd_ioctl(t, device, IOMFD_VFIO_DEVICE_BIND_IOMMUFD, (uintptr_t)&bind);
	if (rc < 0) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_IO, "%s: cannot bind to iommufd: %s", node,
			    g_strerror(-rc));
		iom_iommufd_close(t, device);
		return FALSE;
	}
	g_string_append_printf(out, "device %s\n", node);
	describe_hw(t, fd, bind.out_devid, out);
	describe_function(t, device, out);
	iom_iommufd_close(t, device);
	return TRUE;
}

gboolean iom_iommufd_describe(iom_iommufd *t, const char *device, GString *out, GError **error)
{
	int fd = iom_iommufd_open(t, "iommu");
	gboolean ok = TRUE;

	if (fd < 0) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_IO, "/dev/iommu: %s",
			    fd == -ENOENT ? "this host has none" : g_strerror(-fd));
		return FALSE;
	}
	g_string_append(out, "iommufd\n");
	for (size_t i = 0; i < G_N_ELEMENTS(probes); i++)
		g_string_append_printf(out, "  %-22s %-4s %s\n", probes[i].name,
				       offers(t, fd, &probes[i]) ? "yes" : "no", probes[i].means);
	if (device)
		ok = describe_device(t, fd, device, out, error);
	iom_iommufd_close(t, fd);
	return ok;
}
