/* SPDX-License-Identifier: MIT */
/*
 * The PCI function behind a VFIO device file: regions. BAR 0 is memory that a
 * program may map, BAR 2 holds the MSI-X table, which VFIO keeps to itself. The
 * interrupts are in vfio-irq.c.
 */
#include "iommufd/engine/vfio-irq.h"

#include "pcie/pcie.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define INDEX_SHIFT 40 /* a region's index is in the upper bits of a file offset */
#define BAR0_SIZE 0x10000u
#define BAR2_SIZE 0x1000u
#define MSIX_TABLE_SIZE (IOMFD_MSIX_VECTORS * 16u)
#define MSI_AT 0xa0u /* capabilities */
#define MSIX_AT 0xc0u
#define COMMAND 0x04u
#define COMMAND_MEMORY (1u << 1)
#define COMMAND_INTX_OFF (1u << 10)
#define PIECE 4096u

enum { REGION_BAR0 = 0, REGION_BAR2 = 2, REGION_ROM = 6, REGION_CONFIG = 7, REGION_VGA = 8 };
enum { REGIONS = 9 };

struct iomfd_function {
	iom_pci_config *config;
	int memory; /* of BAR 0, then of BAR 2; -1 until it is wanted */
	iomfd_irqs irqs;
};

static void add_msi(iom_pci_config *config)
{
	/* Message control: 64-bit addresses, 2^IOMFD_MSI_LG2 vectors. */
	if (!iom_pci_build_capability(config, IOM_PCI_STANDARD, MSI_AT, IOM_PCI_CAP_MSI, 0))
		return;
	iom_pci_config_set(config, MSI_AT + 2, 2, 1u << 7 | IOMFD_MSI_LG2 << 1);
	iom_pci_config_set_masks(config, MSI_AT + 2, 2, 0x71, 0);
	iom_pci_config_set_masks(config, MSI_AT + 4, 4, 0xfffffffc, 0);
	iom_pci_config_set_masks(config, MSI_AT + 8, 4, 0xffffffff, 0);
	iom_pci_config_set_masks(config, MSI_AT + 12, 2, 0xffff, 0);
}

static void add_msix(iom_pci_config *config)
{
	/* The table at the start of BAR 2, pending bits in its upper half. */
	if (!iom_pci_build_capability(config, IOM_PCI_STANDARD, MSIX_AT, IOM_PCI_CAP_MSIX, 0))
		return;
	iom_pci_config_set(config, MSIX_AT + 2, 2, IOMFD_MSIX_VECTORS - 1);
	iom_pci_config_set_masks(config, MSIX_AT + 2, 2, 0xc000, 0);
	iom_pci_config_set(config, MSIX_AT + 4, 4, 2);
	iom_pci_config_set(config, MSIX_AT + 8, 4, BAR2_SIZE / 2 | 2);
}

iomfd_function *iomfd_function_new(const iom_iommufd_device *c)
{
	iomfd_function *f = g_new0(iomfd_function, 1);
	iom_pci_function_config pci;

	iom_pci_function_config_init(&pci);
	pci.flr = true;
	pci.ats = c->ats;
	pci.pri = c->ats && c->vf_with_pri;
	/* VFIO shows nobody the PASID capability. */
	pci.pasid_bits = 0;
	f->config = iom_pci_function_new(&pci);
	for (unsigned at = 0x10; at <= 0x30; at += 4) {
		/* The six BARs and the ROM's; between them are other things. */
		if (at < 0x28 || at == 0x30)
			iom_pci_config_set_masks(f->config, at, 4, 0, 0);
	}
	iom_pci_config_set(f->config, 0x10, 4, 0xfe000000);
	iom_pci_config_set_masks(f->config, 0x10, 4, ~(BAR0_SIZE - 1), 0);
	iom_pci_config_set(f->config, 0x18, 4, 0xfe010000);
	iom_pci_config_set_masks(f->config, 0x18, 4, ~(BAR2_SIZE - 1), 0);
	iom_pci_config_set_masks(f->config, 0x3c, 1, 0xff, 0);
	iom_pci_config_set(f->config, 0x3d, 1, 1);
	add_msi(f->config);
	add_msix(f->config);
	f->memory = -1;
	iomfd_irqs_init(&f->irqs);
	return f;
}

void iomfd_function_free(iomfd_function *f)
{
	if (!f)
		return;
	iomfd_irqs_close(&f->irqs);
	if (f->memory >= 0)
		close(f->memory);
	iom_pci_config_free(f->config);
	g_free(f);
}

static bool intx_disabled(const iomfd_function *f)
{
	return iom_pci_config_read(f->config, COMMAND, 2) & COMMAND_INTX_OFF;
}

void iomfd_function_open(iomfd_function *f)
{
	uint32_t command = iom_pci_config_read(f->config, COMMAND, 2);

	iom_pci_config_set(f->config, COMMAND, 2, (command & ~COMMAND_INTX_OFF) | COMMAND_MEMORY);
}

void iomfd_function_close(iomfd_function *f)
{
	iomfd_irqs_close(&f->irqs);
}

static int reset(iomfd_function *f)
{
	/* FLR: what a program wrote is gone; what the kernel restores is there again. */
	if (f->memory >= 0 &&
	    (ftruncate(f->memory, 0) || ftruncate(f->memory, BAR0_SIZE + BAR2_SIZE)))
		return -EIO;
	return 0;
}

/* ------------------------------------------------------------------------
 * What there is
 */
static int get_info(uint64_t arg)
{
	struct iomfd_vfio_device_info info = { 0 };

	if (iomfd_copy_in(&info, arg, 16))
		return -EFAULT;
	if (info.argsz < 16)
		return -EINVAL;
	info.flags = IOMFD_VFIO_DEVICE_FLAGS_RESET | IOMFD_VFIO_DEVICE_FLAGS_PCI;
	info.num_regions = REGIONS;
	info.num_irqs = IOMFD_VFIO_PCI_IRQS;
	return iomfd_copy_out(arg, &info, MIN(info.argsz, sizeof(info)));
}

static uint64_t region_size(const iomfd_function *f, unsigned index)
{
	switch (index) {
	case REGION_BAR0:
		return BAR0_SIZE;
	case REGION_BAR2:
		return BAR2_SIZE;
	case REGION_CONFIG:
		return iom_pci_config_size(f->config);
	default:
		return 0;
	}
}

static int get_region_info(const iomfd_function *f, uint64_t arg)
{
	struct iomfd_vfio_region_info info;

	if (iomfd_copy_in(&info, arg, sizeof(info)))
		return -EFAULT;
	/* There is no VGA region. */
	if (info.argsz < sizeof(info) || info.index >= REGION_VGA)
		return -EINVAL;
	info.cap_offset = 0;
	info.size = region_size(f, info.index);
	info.offset = (uint64_t)info.index << INDEX_SHIFT;
	info.flags = info.size ? IOMFD_VFIO_REGION_READ | IOMFD_VFIO_REGION_WRITE : 0;
	if (info.index == REGION_BAR0)
		info.flags |= IOMFD_VFIO_REGION_MMAP;
	return iomfd_copy_out(arg, &info, sizeof(info));
}

int iomfd_function_ioctl(iomfd_function *f, unsigned cmd, uint64_t arg)
{
	switch (cmd) {
	case IOMFD_VFIO_DEVICE_GET_INFO:
		return get_info(arg);
	case IOMFD_VFIO_DEVICE_GET_REGION_INFO:
		return get_region_info(f, arg);
	case IOMFD_VFIO_DEVICE_GET_IRQ_INFO:
		return iomfd_irqs_info(arg);
	case IOMFD_VFIO_DEVICE_SET_IRQS:
		return iomfd_irqs_set(&f->irqs, arg, intx_disabled(f));
	case IOMFD_VFIO_DEVICE_RESET:
		return reset(f);
	case IOMFD_VFIO_DEVICE_GET_PCI_HOT_RESET_INFO:
	case IOMFD_VFIO_DEVICE_PCI_HOT_RESET:
		return -ENODEV; /* no slot or bus that could be reset */
	default:
		return -ENOTTY;
	}
}

int iomfd_function_raise(iomfd_function *f, unsigned index, unsigned vector)
{
	return iomfd_irqs_raise(&f->irqs, index, vector, intx_disabled(f));
}

/* ------------------------------------------------------------------------
 * Reading and writing
 */
static int memory_of(iomfd_function *f)
{
	if (f->memory < 0) {
		int fd = memfd_create("bars", MFD_CLOEXEC);

		if (fd < 0)
			return -ENOMEM;
		f->memory = iomfd_private_fd(fd);
		close(fd);
		if (f->memory < 0 || ftruncate(f->memory, BAR0_SIZE + BAR2_SIZE))
			return -ENOMEM;
	}
	return f->memory;
}

static ssize_t config_rw(iomfd_function *f, uint64_t buf, size_t n, uint64_t at, bool write)
{
	unsigned size = iom_pci_config_size(f->config);

	if (at >= size || n > size - at)
		return -EFAULT;
	for (size_t done = 0; done < n;) {
		unsigned pos = (unsigned)(at + done);
		unsigned piece = pos % 4 == 0 && n - done >= 4   ? 4
				 : pos % 2 == 0 && n - done >= 2 ? 2
								 : 1;
		uint32_t value = 0;

		if (write) {
			if (iomfd_copy_in(&value, buf + done, piece))
				return -EFAULT;
			iom_pci_config_write(f->config, pos, piece, value);
		} else {
			value = iom_pci_config_read(f->config, pos, piece);
			if (iomfd_copy_out(buf + done, &value, piece))
				return -EFAULT;
		}
		done += piece;
	}
	return (ssize_t)n;
}

/* The MSI-X table is not the program's: it reads as ones and stays as it is. */
static void hide_table(uint8_t *data, size_t n, uint64_t at)
{
	if (at < MSIX_TABLE_SIZE)
		memset(data, 0xff, MIN(n, MSIX_TABLE_SIZE - at));
}

static int bar_piece(int fd, unsigned index, uint64_t buf, size_t n, uint64_t at, bool write)
{
	uint64_t base = index == REGION_BAR2 ? BAR0_SIZE : 0;
	size_t hidden =
		index == REGION_BAR2 && at < MSIX_TABLE_SIZE ? MIN(n, MSIX_TABLE_SIZE - at) : 0;
	uint8_t data[PIECE];

	if (write) {
		if (iomfd_copy_in(data, buf, n))
			return -EFAULT;
		return pwrite(fd, data + hidden, n - hidden, (off_t)(base + at + hidden)) < 0 ? -EIO
											      : 0;
	}
	if (pread(fd, data, n, (off_t)(base + at)) != (ssize_t)n)
		return -EIO;
	if (hidden)
		hide_table(data, n, at);
	return iomfd_copy_out(buf, data, n);
}

static ssize_t bar_rw(iomfd_function *f, unsigned index, uint64_t buf, size_t n, uint64_t at,
		      bool write)
{
	uint64_t size = region_size(f, index);
	int fd, rc = 0;

	if (at >= size)
		return -EINVAL;
	if (!(iom_pci_config_read(f->config, COMMAND, 2) & COMMAND_MEMORY))
		return -EIO;
	fd = memory_of(f);
	if (fd < 0)
		return fd;
	n = MIN(n, size - at);
	for (size_t done = 0; !rc && done < n; done += PIECE)
		rc = bar_piece(fd, index, buf + done, MIN(PIECE, n - done), at + done, write);
	return rc ? rc : (ssize_t)n;
}

ssize_t iomfd_function_rw(iomfd_function *f, uint64_t buf, size_t n, uint64_t offset, bool write)
{
	uint64_t index = offset >> INDEX_SHIFT, at = offset & ((1ull << INDEX_SHIFT) - 1);

	if (index >= REGIONS)
		return -EINVAL;
	if (index == REGION_CONFIG)
		return config_rw(f, buf, n, at, write);
	return bar_rw(f, (unsigned)index, buf, n, at, write);
}

int iomfd_function_mmap(iomfd_function *f, uint64_t offset, uint64_t length, int flags,
			uint64_t *at)
{
	uint64_t index = offset >> INDEX_SHIFT;

	*at = offset & ((1ull << INDEX_SHIFT) - 1);
	if (!(flags & MAP_SHARED) || index != REGION_BAR0 || *at > BAR0_SIZE ||
	    length > BAR0_SIZE - *at)
		return -EINVAL;
	return memory_of(f);
}
