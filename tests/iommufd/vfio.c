/* SPDX-License-Identifier: MIT */
/*
 * A VFIO device beyond its DMA: information, regions, configuration space, mapped BARs,
 * interrupts as eventfds, reset. The expected answers are those of vfio-pci.
 */
#include "suites.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#define BAR0 0ull
#define BAR2 (2ull << 40)
#define CONFIG (7ull << 40)
#define BAR0_SIZE 0x10000u

typedef struct dev {
	rig r;
	int fd;
} dev;

static dev dev_new(void)
{
	const iom_iommufd_device device = { .size = sizeof(device), .ats = true, .pasid_bits = 8 };
	dev d = { .r = rig_new(NULL) };
	struct iomfd_vfio_bind bind = { .argsz = 16, .iommufd = d.r.fd };
	uint32_t word;

	CU_ASSERT_TRUE(iom_iommufd_add_device(d.r.t, &device, NULL));
	d.fd = iom_iommufd_open(d.r.t, "vfio/devices/vfio0");
	/* Nothing before the bind. */
	CHECK_EQ(iom_iommufd_pread(d.r.t, d.fd, &word, 4, CONFIG), -EINVAL);
	CHECK_EQ(iom_iommufd_read(d.r.t, d.fd, &word, 4), -EINVAL);
	CHECK_EQ(iom_iommufd_ioctl(d.r.t, d.fd, IOMFD_VFIO_DEVICE_RESET, 0), -EINVAL);
	CHECK_EQ(iom_iommufd_ioctl(d.r.t, d.fd, IOMFD_VFIO_DEVICE_BIND_IOMMUFD, (uintptr_t)&bind),
		 0);
	return d;
}

static int call(dev *d, unsigned long nr, void *arg)
{
	return iom_iommufd_ioctl(d->r.t, d->fd, nr, (uintptr_t)arg);
}

static uint32_t config(dev *d, unsigned offset, unsigned size)
{
	uint32_t value = 0;

	CHECK_EQ(iom_iommufd_pread(d->r.t, d->fd, &value, size, CONFIG + offset), size);
	return value;
}

static void set_config(dev *d, unsigned offset, unsigned size, uint32_t value)
{
	CHECK_EQ(iom_iommufd_pwrite(d->r.t, d->fd, &value, size, CONFIG + offset), size);
}

static void test_info(void)
{
	dev d = dev_new();
	struct iomfd_vfio_device_info info = { .argsz = sizeof(info) };
	struct iomfd_vfio_region_info region = { .argsz = sizeof(region), .index = 7 };
	struct iomfd_vfio_irq_info irq = { .argsz = sizeof(irq) };
	const unsigned counts[5] = { 1, 4, 8, 1, 1 };

	CHECK_EQ(call(&d, IOMFD_VFIO_DEVICE_GET_INFO, &info), 0);
	CHECK_EQ(info.flags, 3); /* RESET, PCI */
	CHECK_EQ(info.num_regions, 9);
	CHECK_EQ(info.num_irqs, 5);
	info.argsz = 15;
	CHECK_EQ(call(&d, IOMFD_VFIO_DEVICE_GET_INFO, &info), -EINVAL);
	CHECK_EQ(call(&d, IOMFD_VFIO_DEVICE_GET_INFO, NULL), -EFAULT);

	CHECK_EQ(call(&d, IOMFD_VFIO_DEVICE_GET_REGION_INFO, &region), 0);
	CHECK_EQ(region.offset, CONFIG);
	CHECK_EQ(region.size, 4096);
	CHECK_EQ(region.flags, IOMFD_VFIO_REGION_READ | IOMFD_VFIO_REGION_WRITE);
	region.index = 0;
	CHECK_EQ(call(&d, IOMFD_VFIO_DEVICE_GET_REGION_INFO, &region), 0);
	CHECK_EQ(region.size, BAR0_SIZE);
	CHECK_EQ(region.flags, 7);
	region.index = 1;
	CHECK_EQ(call(&d, IOMFD_VFIO_DEVICE_GET_REGION_INFO, &region), 0);
	CHECK_EQ(region.size, 0);
	CHECK_EQ(region.flags, 0);
	region.index = 8;
	CHECK_EQ(call(&d, IOMFD_VFIO_DEVICE_GET_REGION_INFO, &region), -EINVAL);
	region.index = 0;
	region.argsz = 31;
	CHECK_EQ(call(&d, IOMFD_VFIO_DEVICE_GET_REGION_INFO, &region), -EINVAL);

	for (irq.index = 0; irq.index < 5; irq.index++) {
		CHECK_EQ(call(&d, IOMFD_VFIO_DEVICE_GET_IRQ_INFO, &irq), 0);
		CHECK_EQ(irq.count, counts[irq.index]);
		CU_ASSERT_TRUE(irq.flags & IOMFD_VFIO_IRQ_EVENTFD);
		CHECK_EQ(!!(irq.flags & IOMFD_VFIO_IRQ_AUTOMASKED), irq.index == 0);
	}
	CHECK_EQ(call(&d, IOMFD_VFIO_DEVICE_GET_IRQ_INFO, &irq), -EINVAL);
	CHECK_EQ(call(&d, IOMFD_VFIO_DEVICE_PCI_HOT_RESET, NULL), -ENODEV);
	CHECK_EQ(call(&d, _IO(';', 117), NULL), -ENOTTY);
	rig_free(&d.r);
}

static void test_config(void)
{
	dev d = dev_new();
	unsigned cap, found = 0;
	uint8_t all[256];

	CU_ASSERT_NOT_EQUAL(config(&d, 0, 2), 0xffff);
	CHECK_EQ(config(&d, 0, 4), config(&d, 0, 2) | config(&d, 2, 2) << 16);
	CHECK_EQ(config(&d, 0x3d, 1), 1); /* INTA */
	CHECK_EQ(config(&d, 4, 2) & 2, 2); /* memory is on for the one who opens it */
	/* BARs tell their size. */
	set_config(&d, 0x10, 4, 0xffffffff);
	CHECK_EQ(config(&d, 0x10, 4), ~(BAR0_SIZE - 1));
	set_config(&d, 0x14, 4, 0xffffffff);
	CHECK_EQ(config(&d, 0x14, 4), 0);
	/* The list of capabilities, MSI and MSI-X and PCI Express among them. */
	for (cap = config(&d, 0x34, 1); cap; cap = config(&d, cap + 1, 1))
		found |= 1u << config(&d, cap, 1);
	CHECK_EQ(found & (1u << 5 | 1u << 0x11 | 1u << 0x10), 1u << 5 | 1u << 0x11 | 1u << 0x10);
	/* ATS is shown, PASID is not. */
	for (cap = 0x100, found = 0; cap; cap = config(&d, cap, 4) >> 20)
		found |= 1u << (config(&d, cap, 2) & 31);
	CHECK_EQ(found & (1u << 0xf | 1u << 0x1b), 1u << 0xf);
	/* In any size and place; not beyond the end. */
	CHECK_EQ(iom_iommufd_pread(d.r.t, d.fd, all, 255, CONFIG + 1), 255);
	CHECK_EQ(all[0x3c], 1);
	CHECK_EQ(iom_iommufd_pread(d.r.t, d.fd, all, 4, CONFIG + 4094), -EFAULT);
	CHECK_EQ(iom_iommufd_pread(d.r.t, d.fd, all, 4, CONFIG + 4096), -EFAULT);
	CHECK_EQ(iom_iommufd_pread(d.r.t, d.fd, NULL, 4, CONFIG), -EFAULT);
	CHECK_EQ(iom_iommufd_pread(d.r.t, d.fd, all, 4, 9ull << 40), -EINVAL);
	CHECK_EQ(iom_iommufd_pread(d.r.t, d.fd, all, 4, UINT64_MAX - 7), -EINVAL);
	CHECK_EQ(iom_iommufd_pread(d.r.t, d.r.fd, all, 4, 0), -EINVAL);
	rig_free(&d.r);
}

static void test_bars(void)
{
	dev d = dev_new();
	struct iomfd_destroy destroy = { sizeof(destroy), 1 };
	uint64_t value = 0x1122334455667788, got[2] = { 0 };
	uint8_t *bar;
	int error;

	CHECK_EQ(iom_iommufd_pwrite(d.r.t, d.fd, &value, 8, BAR0 + 16), 8);
	bar = iom_iommufd_mmap(d.r.t, d.fd, NULL, BAR0_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			       BAR0, &error);
	CHECK_EQ(error, 0);
	/* Mapped and read it is the same memory. */
	CHECK_EQ(memcmp(bar + 16, &value, 8), 0);
	bar[0x2000] = 0x5a;
	CHECK_EQ(iom_iommufd_pread(d.r.t, d.fd, got, 1, BAR0 + 0x2000), 1);
	CHECK_EQ(got[0] & 0xff, 0x5a);
	/* Up to the end, and no further. */
	CHECK_EQ(iom_iommufd_pread(d.r.t, d.fd, got, 16, BAR0 + BAR0_SIZE - 8), 8);
	CHECK_EQ(iom_iommufd_pread(d.r.t, d.fd, got, 8, BAR0 + BAR0_SIZE), -EINVAL);
	CHECK_EQ(iom_iommufd_pread(d.r.t, d.fd, got, 8, 1ull << 40), -EINVAL);
	/* A file has a position, too. */
	CHECK_EQ(iom_iommufd_read(d.r.t, d.fd, got, 16), 16);
	CHECK_EQ(iom_iommufd_read(d.r.t, d.fd, got, 8), 8);
	CHECK_EQ(got[0], value);
	/* What may not be mapped. */
	CU_ASSERT_PTR_EQUAL(iom_iommufd_mmap(d.r.t, d.fd, NULL, 4096, PROT_READ, MAP_PRIVATE, BAR0,
					     &error),
			    MAP_FAILED);
	CHECK_EQ(error, -EINVAL);
	iom_iommufd_mmap(d.r.t, d.fd, NULL, 8192, PROT_READ, MAP_SHARED, BAR0 + BAR0_SIZE - 4096,
			 &error);
	CHECK_EQ(error, -EINVAL);
	iom_iommufd_mmap(d.r.t, d.fd, NULL, 4096, PROT_READ, MAP_SHARED, CONFIG, &error);
	CHECK_EQ(error, -EINVAL);
	/* The MSI-X table is the kernel's. */
	CHECK_EQ(iom_iommufd_pwrite(d.r.t, d.fd, &value, 8, BAR2), 8);
	CHECK_EQ(iom_iommufd_pread(d.r.t, d.fd, got, 8, BAR2), 8);
	CHECK_EQ(got[0], UINT64_MAX);
	CHECK_EQ(iom_iommufd_pwrite(d.r.t, d.fd, &value, 8, BAR2 + 8 * 16 - 4), 8);
	CHECK_EQ(iom_iommufd_pread(d.r.t, d.fd, got, 8, BAR2 + 8 * 16 - 4), 8);
	CHECK_EQ(got[0], 0x11223344ffffffff);
	/* Memory space off: no access by calls. */
	set_config(&d, 4, 2, 0);
	CHECK_EQ(iom_iommufd_pread(d.r.t, d.fd, got, 8, BAR0), -EIO);
	set_config(&d, 4, 2, 2);
	/* Reset. */
	CHECK_EQ(call(&d, IOMFD_VFIO_DEVICE_RESET, NULL), 0);
	CHECK_EQ(bar[0x2000], 0);
	/* The mapping keeps the device bound after its descriptor is closed. */
	iom_iommufd_close(d.r.t, d.fd);
	CHECK_EQ(iom_iommufd_ioctl(d.r.t, d.r.fd, IOMFD_DESTROY, (uintptr_t)&destroy), -EBUSY);
	bar[0] = 1;
	CHECK_EQ(iom_iommufd_munmap(d.r.t, bar, 4096), 0);
	CHECK_EQ(iom_iommufd_ioctl(d.r.t, d.r.fd, IOMFD_DESTROY, (uintptr_t)&destroy), -EBUSY);
	CHECK_EQ(iom_iommufd_munmap(d.r.t, bar + 4096, BAR0_SIZE - 4096), 0);
	CHECK_EQ(iom_iommufd_ioctl(d.r.t, d.r.fd, IOMFD_DESTROY, (uintptr_t)&destroy), -ENOENT);
	rig_free(&d.r);
}

typedef struct irq_set {
	struct iomfd_vfio_irq_set head;
	int32_t fds[8];
} irq_set;

static int irqs(dev *d, unsigned index, uint32_t flags, unsigned start, unsigned count,
		const int32_t *fds)
{
	irq_set s = { { sizeof(s), flags, index, start, count }, { 0 } };

	if (fds)
		memcpy(s.fds, fds, count * 4);
	return call(d, IOMFD_VFIO_DEVICE_SET_IRQS, &s);
}

static uint64_t taken(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t n = 0;

	if (poll(&p, 1, 0) == 1)
		CHECK_EQ(read(fd, &n, 8), 8);
	return n;
}

enum { EVENTFDS = 4 | 32, NOTHING = 1 | 32, BOOLS = 2 | 32 };

static void test_msix(void)
{
	dev d = dev_new();
	int32_t fds[8];

	for (unsigned i = 0; i < 8; i++)
		fds[i] = eventfd(0, EFD_CLOEXEC);
	CHECK_EQ(iom_iommufd_interrupt(d.r.t, 0, 2, 3), 0);
	CHECK_EQ(irqs(&d, 2, NOTHING, 0, 1, NULL), -EINVAL); /* not on yet */
	CHECK_EQ(irqs(&d, 2, EVENTFDS, 0, 8, fds), 0);
	CHECK_EQ(iom_iommufd_interrupt(d.r.t, 0, 2, 3), 1);
	CHECK_EQ(iom_iommufd_interrupt(d.r.t, 0, 2, 3), 1);
	CHECK_EQ(iom_iommufd_interrupt(d.r.t, 0, 2, 8), -EINVAL);
	CHECK_EQ(iom_iommufd_interrupt(d.r.t, 7, 2, 0), -ENOENT);
	for (unsigned i = 0; i < 8; i++)
		CHECK_EQ(taken(fds[i]), i == 3 ? 2 : 0);
	/* By the program itself, to test: all of a block, or those of a list. */
	CHECK_EQ(irqs(&d, 2, NOTHING, 4, 2, NULL), 0);
	for (unsigned i = 0; i < 8; i++)
		CHECK_EQ(taken(fds[i]), i == 4 || i == 5);
	CHECK_EQ(irqs(&d, 2, BOOLS, 0, 3, (const int32_t[]){ 0x010001, 0, 0 }), 0);
	for (unsigned i = 0; i < 8; i++)
		CHECK_EQ(taken(fds[i]), i == 0 || i == 2);
	/* One is taken out, another kind refused while this one is on. */
	CHECK_EQ(irqs(&d, 2, EVENTFDS, 3, 1, (const int32_t[]){ -1 }), 0);
	CHECK_EQ(iom_iommufd_interrupt(d.r.t, 0, 2, 3), 0);
	CHECK_EQ(irqs(&d, 1, EVENTFDS, 0, 1, fds), -EINVAL);
	CHECK_EQ(irqs(&d, 0, EVENTFDS, 0, 1, fds), -EINVAL);
	CHECK_EQ(irqs(&d, 2, EVENTFDS, 0, 1, (const int32_t[]){ 1000 }), -EBADF);
	CHECK_EQ(irqs(&d, 2, EVENTFDS, 0, 1, (const int32_t[]){ d.r.fd }), -EINVAL);
	CHECK_EQ(irqs(&d, 2, NOTHING, 0, 0, NULL), 0);
	CHECK_EQ(iom_iommufd_interrupt(d.r.t, 0, 2, 0), 0);
	CHECK_EQ(irqs(&d, 1, EVENTFDS, 0, 4, fds), 0);
	CHECK_EQ(iom_iommufd_interrupt(d.r.t, 0, 1, 2), 1);
	CHECK_EQ(taken(fds[2]), 1);
	/* Closing the device ends it; the program's eventfds stay its own. */
	iom_iommufd_close(d.r.t, d.fd);
	CHECK_EQ(iom_iommufd_interrupt(d.r.t, 0, 1, 2), 0);
	for (unsigned i = 0; i < 8; i++)
		close(fds[i]);
	rig_free(&d.r);
}

static void test_intx(void)
{
	dev d = dev_new();
	int32_t fd = eventfd(0, EFD_CLOEXEC), unmask = eventfd(0, EFD_CLOEXEC), none = -1;
	const uint64_t one = 1;

	CHECK_EQ(irqs(&d, 0, 1 | 8, 0, 1, NULL), -EINVAL); /* mask: not on */
	CHECK_EQ(irqs(&d, 0, EVENTFDS, 0, 1, &fd), 0);
	/* Level: masked when told, told again when it is unmasked and still waits. */
	CHECK_EQ(iom_iommufd_interrupt(d.r.t, 0, 0, 0), 1);
	CHECK_EQ(iom_iommufd_interrupt(d.r.t, 0, 0, 0), 0);
	CHECK_EQ(taken(fd), 1);
	CHECK_EQ(irqs(&d, 0, 1 | 16, 0, 1, NULL), 0);
	CHECK_EQ(taken(fd), 1);
	CHECK_EQ(irqs(&d, 0, 1 | 16, 0, 1, NULL), 0);
	CHECK_EQ(taken(fd), 0);
	CHECK_EQ(irqs(&d, 0, 1 | 8, 0, 1, NULL), 0);
	CHECK_EQ(iom_iommufd_interrupt(d.r.t, 0, 0, 0), 0);
	CHECK_EQ(irqs(&d, 0, 4 | 8, 0, 1, &fd), -ENOTTY);
	/* Unmasked by an eventfd. */
	CHECK_EQ(irqs(&d, 0, 4 | 16, 0, 1, &unmask), 0);
	CHECK_EQ(write(unmask, &one, 8), 8);
	CHECK_EQ(iom_iommufd_interrupt(d.r.t, 0, 0, 0), 1);
	CHECK_EQ(irqs(&d, 0, 4 | 16, 0, 1, &none), 0);
	CHECK_EQ(irqs(&d, 0, 1 | 16, 0, 1, NULL), 0);
	taken(fd);
	/* Turned off by the command register. */
	set_config(&d, 4, 2, 2 | 1 << 10);
	CHECK_EQ(iom_iommufd_interrupt(d.r.t, 0, 0, 0), 0);
	CHECK_EQ(irqs(&d, 0, NOTHING, 0, 0, NULL), 0);
	CHECK_EQ(irqs(&d, 0, NOTHING, 0, 0, NULL), -EINVAL);
	/* Errors and requests stand beside whatever is on. */
	CHECK_EQ(irqs(&d, 4, NOTHING, 0, 1, NULL), -EINVAL);
	CHECK_EQ(irqs(&d, 4, EVENTFDS, 0, 1, &fd), 0);
	CHECK_EQ(irqs(&d, 3, EVENTFDS, 0, 1, &fd), 0);
	CHECK_EQ(iom_iommufd_interrupt(d.r.t, 0, 4, 0), 1);
	CHECK_EQ(iom_iommufd_interrupt(d.r.t, 0, 3, 0), 1);
	CHECK_EQ(taken(fd), 2);
	CHECK_EQ(irqs(&d, 4, EVENTFDS, 0, 1, &none), 0);
	CHECK_EQ(iom_iommufd_interrupt(d.r.t, 0, 4, 0), 0);
	close(fd);
	close(unmask);
	rig_free(&d.r);
}

/* Each field of SET_IRQS wrong in turn. */
static void test_bad_irqs(void)
{
	dev d = dev_new();
	int32_t fd = eventfd(0, EFD_CLOEXEC);
	irq_set good = { { sizeof(good), EVENTFDS, 2, 0, 1 }, { fd } }, s;

#define WRONG(member, value, error) \
	s = good; \
	s.head.member = (value); \
	CHECK_EQ(call(&d, IOMFD_VFIO_DEVICE_SET_IRQS, &s), error)
	WRONG(argsz, 19, -EINVAL);
	WRONG(argsz, 23, -EINVAL); /* no room for the descriptor */
	WRONG(index, 5, -EINVAL);
	WRONG(start, 8, -EINVAL);
	WRONG(count, 9, -EINVAL);
	WRONG(count, UINT32_MAX, -EINVAL);
	WRONG(flags, EVENTFDS | 64, -EINVAL);
	WRONG(flags, 5 | 32, -EINVAL); /* two kinds of data */
	WRONG(flags, 32, -EINVAL); /* none */
	WRONG(flags, 4, -ENOTTY); /* no action */
	WRONG(flags, 4 | 8, -ENOTTY); /* messages cannot be masked here */
	WRONG(flags, 4 | 8 | 32, -ENOTTY); /* two actions */
#undef WRONG
	CHECK_EQ(call(&d, IOMFD_VFIO_DEVICE_SET_IRQS, NULL), -EFAULT);
	CHECK_EQ(call(&d, IOMFD_VFIO_DEVICE_SET_IRQS, &good), 0);
	close(fd);
	rig_free(&d.r);
}

static const iom_test tests[] = {
	{ "what the device says it has", test_info },
	{ "configuration space", test_config },
	{ "BARs, read, written and mapped; reset", test_bars },
	{ "messages as eventfds", test_msix },
	{ "INTx: masks itself, waits, is unmasked", test_intx },
	{ "SET_IRQS with each field wrong", test_bad_irqs },
	{ 0 },
};
const iom_suite vfio_suite = { "vfio", tests };
