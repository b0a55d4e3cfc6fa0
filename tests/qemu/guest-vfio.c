/* SPDX-License-Identifier: MIT */
/*
 * Runs in the guest: give QEMU's edu device to user space through VFIO and let it
 * copy a page from one buffer to another, at addresses of our choice.
 *
 *   guest-vfio GROUP FUNCTION     such as 4 0000:00:04.0
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define IOVA UINT64_C(0x20000000)
#define SIZE 0x10000
#define HALF 0x8000
#define LENGTH 4080 /* the whole buffer but its end, which edu refuses */
#define EDU_BUFFER 0x40000

static int device;
static uint64_t bar;

static int fail(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	return 1;
}

static void edu_write(uint64_t offset, uint64_t value)
{
	if (pwrite(device, &value, 8, (off_t)(bar + offset)) != 8)
		fail("write to edu");
}

/* One transfer; true when the device says it is through. */
static int edu_dma(uint64_t from, uint64_t to, uint64_t length, int to_memory)
{
	uint64_t busy = 1;

	edu_write(0x80, from);
	edu_write(0x88, to);
	edu_write(0x90, length);
	edu_write(0x98, to_memory ? 3 : 1);
	for (int i = 0; i < 100 && (busy & 1); i++) {
		usleep(20000);
		if (pread(device, &busy, 8, (off_t)(bar + 0x98)) != 8)
			return 0;
	}
	return !(busy & 1);
}

static int round_trip(uint8_t *memory, uint64_t iova, unsigned seed)
{
	for (int i = 0; i < LENGTH; i++)
		memory[i] = (uint8_t)(i * 7 + (int)seed);
	memset(memory + HALF, 0, LENGTH);
	if (!edu_dma(iova, EDU_BUFFER, LENGTH, 0) || !edu_dma(EDU_BUFFER, iova + HALF, LENGTH, 1))
		return fail("edu is stuck");
	return memcmp(memory, memory + HALF, LENGTH) != 0;
}

int main(int argc, char **argv)
{
	struct vfio_iommu_type1_dma_map map = { .argsz = sizeof(map),
						.flags = VFIO_DMA_MAP_FLAG_READ |
							 VFIO_DMA_MAP_FLAG_WRITE,
						.size = SIZE };
	struct vfio_iommu_type1_dma_unmap unmap = { .argsz = sizeof(unmap), .size = SIZE };
	struct vfio_region_info region = { .argsz = sizeof(region),
					   .index = VFIO_PCI_CONFIG_REGION_INDEX };
	char path[64];
	int container, group;
	uint16_t command = 0x406; /* memory, bus master, no INTx */
	uint8_t *memory;

	if (argc != 3)
		return 2;
	snprintf(path, sizeof(path), "/dev/vfio/%s", argv[1]);
	container = open("/dev/vfio/vfio", O_RDWR);
	group = open(path, O_RDWR);
	if (container < 0 || group < 0 || ioctl(group, VFIO_GROUP_SET_CONTAINER, &container) ||
	    ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return fail(path);
	device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, argv[2]);
	if (device < 0 || ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &region))
		return fail(argv[2]);
	if (pwrite(device, &command, 2, (off_t)region.offset + 4) != 2)
		return fail("configuration space");
	region.index = VFIO_PCI_BAR0_REGION_INDEX;
	if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &region))
		return fail("BAR 0");
	bar = region.offset;

	memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (unsigned i = 0; i < 4; i++) {
		map.vaddr = (uintptr_t)memory;
		map.iova = unmap.iova = IOVA + i * 0x1000000;
		if (ioctl(container, VFIO_IOMMU_MAP_DMA, &map))
			return fail("map");
		if (round_trip(memory, map.iova, i)) {
			printf("what came back through %#llx differs\n",
			       (unsigned long long)map.iova);
			return 1;
		}
		if (ioctl(container, VFIO_IOMMU_UNMAP_DMA, &unmap))
			return fail("unmap");
	}
	/* Nothing is mapped any more: the device reads and writes nothing. */
	memset(memory, 0x11, SIZE);
	edu_dma(EDU_BUFFER, IOVA + HALF, 16, 1);
	for (int i = 0; i < SIZE; i++) {
		if (memory[i] != 0x11)
			return printf("a page that was unmapped changed\n"), 1;
	}
	return 0;
}
