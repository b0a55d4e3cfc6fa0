/* SPDX-License-Identifier: MIT */
/*
 * A device without an IOMMU, by its device file (7.3): bound, attached, and asked for
 * physical addresses, of which only what is the same everywhere is noted.
 */
#define _GNU_SOURCE
#include "port.h"

#define NODE "vfio/devices/noiommu-vfio0"

static int fd;

static uint32_t ioas_alloc(void)
{
	struct iomfd_ioas_alloc cmd = { .size = sizeof(cmd) };

	call(fd, "ioas", IOMFD_IOAS_ALLOC, &cmd, sizeof(cmd));
	return cmd.out_ioas_id;
}

static void map(uint32_t ioas, uint64_t va, uint64_t length, uint64_t iova)
{
	struct iomfd_ioas_map cmd = { .size = sizeof(cmd),
				      .flags = 7,
				      .ioas_id = ioas,
				      .user_va = va,
				      .length = length,
				      .iova = iova };

	call(fd, "map", IOMFD_IOAS_MAP, &cmd, sizeof(cmd));
}

static void get_pa(uint32_t ioas, uint64_t iova, uint64_t length)
{
	struct iomfd_ioas_noiommu_get_pa cmd = {
		.size = sizeof(cmd), .ioas_id = ioas, .iova = iova, .length = length
	};
	int rc = port_ioctl(fd, IOMFD_IOAS_NOIOMMU_GET_PA, (uintptr_t)&cmd);

	note("get_pa %llx %llx = %d length %llx offset %llx\n", (unsigned long long)iova,
	     (unsigned long long)length, rc, (unsigned long long)cmd.length,
	     rc ? 0 : (unsigned long long)cmd.out_phys % 4096);
}

static uint32_t hwpt(uint32_t dev, uint32_t pt, uint32_t flags, uint32_t fault)
{
	struct iomfd_hwpt_alloc cmd = {
		.size = sizeof(cmd), .flags = flags, .dev_id = dev, .pt_id = pt, .fault_id = fault
	};

	call(fd, "hwpt", IOMFD_HWPT_ALLOC, &cmd, sizeof(cmd));
	return cmd.out_hwpt_id;
}

static uint32_t attach(int dev, uint32_t pt)
{
	struct iomfd_vfio_attach cmd = { .argsz = 12, .pt_id = pt };

	call(dev, "attach", IOMFD_VFIO_DEVICE_ATTACH_IOMMUFD_PT, &cmd, 12);
	return cmd.pt_id;
}

static void attach_pasid(int dev, uint32_t pt, uint32_t pasid)
{
	struct iomfd_vfio_attach cmd = { .argsz = 16, .flags = 1, .pt_id = pt, .pasid = pasid };

	call(dev, "attach pasid", IOMFD_VFIO_DEVICE_ATTACH_IOMMUFD_PT, &cmd, sizeof(cmd));
}

static void destroy(uint32_t id)
{
	struct iomfd_destroy cmd = { sizeof(cmd), id };

	call(fd, "destroy", IOMFD_DESTROY, &cmd, sizeof(cmd));
}

void noiommu_device(int iommu)
{
	int dev = port_open(NODE);
	struct iomfd_vfio_bind bind = { .argsz = 16, .iommufd = iommu };
	struct iomfd_vfio_detach detach = { .argsz = 8 };
	struct iomfd_hw_info info = { .size = sizeof(info) };
	struct iomfd_viommu_alloc viommu = { .size = sizeof(viommu), .type = 1 };
	struct iomfd_vdevice_alloc vdev = { .size = sizeof(vdev) };
	struct iomfd_fault_alloc fault = { .size = sizeof(fault) };
	uint32_t ioas, other, table, automatic;

	fd = iommu;
	note("open = %d\n", dev < 0 ? dev : 0);
	call(dev, "attach unbound", IOMFD_VFIO_DEVICE_ATTACH_IOMMUFD_PT, &bind, 12);
	call(dev, "bind", IOMFD_VFIO_DEVICE_BIND_IOMMUFD, &bind, 16);
	call(dev, "bind again", IOMFD_VFIO_DEVICE_BIND_IOMMUFD, &bind, 16);
	info.dev_id = viommu.dev_id = vdev.dev_id = bind.out_devid;
	call(fd, "hw_info", IOMFD_GET_HW_INFO, &info, sizeof(info));
	ioas = ioas_alloc();
	other = ioas_alloc();
	map(ioas, MEM_BASE, 0x8000, 0x100000);
	map(other, MEM_FILE, 0x8000, 0x100000);
	get_pa(ioas, 0x100000, 16);
	for (uint32_t bit = 1; bit <= 32; bit *= 2)
		hwpt(bind.out_devid, ioas, bit, 0);
	call(fd, "fault", IOMFD_FAULT_QUEUE_ALLOC, &fault, sizeof(fault));
	destroy(hwpt(bind.out_devid, ioas, IOMFD_HWPT_FAULT_ID_VALID, fault.out_fault_id));
	table = hwpt(bind.out_devid, ioas, 0, 0);
	hwpt(bind.out_devid, table, 0, 0);
	viommu.hwpt_id = table;
	call(fd, "viommu", IOMFD_VIOMMU_ALLOC, &viommu, sizeof(viommu));
	vdev.viommu_id = table;
	call(fd, "vdevice", IOMFD_VDEVICE_ALLOC, &vdev, sizeof(vdev));
	get_pa(ioas, 0x100000, 16);
	attach_pasid(dev, table, 1);
	attach(dev, table);
	get_pa(ioas, 0x100010, 16);
	get_pa(ioas, 0x100010, 1);
	get_pa(ioas, 0x100fff, 1);
	get_pa(ioas, 0x107ff0, UINT64_MAX);
	get_pa(ioas, 0x108000, 1);
	get_pa(ioas, 0, 1);
	get_pa(ioas, 0x100000, 0);
	get_pa(ioas, UINT64_MAX, 1);
	get_pa(ioas, UINT64_MAX - 1, UINT64_MAX);
	get_pa(77, 0x100000, 1);
	get_pa(table, 0x100000, 1);
	/* Replaced by a table that is made for it, which goes with the device. */
	automatic = attach(dev, other);
	get_pa(other, 0x103008, 8);
	destroy(automatic);
	destroy(table);
	call(dev, "detach", IOMFD_VFIO_DEVICE_DETACH_IOMMUFD_PT, &detach, 8);
	destroy(automatic);
	get_pa(other, 0x103008, 8);
	attach(dev, bind.out_devid);
	attach(dev, 99);
	attach(dev, ioas);
	destroy(bind.out_devid);
	destroy(ioas);
	note("close = %d\n", port_close(dev));
	destroy(bind.out_devid);
	destroy(ioas);
}
