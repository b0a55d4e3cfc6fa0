/* SPDX-License-Identifier: MIT */
/* The engine's side: the library, through its public interface. */
#include "port.h"

#include <iommulate/iommufd.h>
#include <unistd.h>

static iom_iommufd *engine;

void port_start(void)
{
	iom_iommufd_engine_config config;

	iom_iommufd_engine_config_init(&config);
	config.selftest = true;
	config.vfio_noiommu = true;
	config.profile = port_profile;
	config.no_huge_pages = !port_huge_pages;
	engine = iom_iommufd_new_engine(&config, NULL);
	/* Older ones refuse it. */
	iom_iommufd_add_device(engine,
			       &(iom_iommufd_device){ .size = sizeof(iom_iommufd_device),
						      .backend = IOM_IOMMUFD_NOIOMMU },
			       NULL);
}

int port_open(const char *node)
{
	return iom_iommufd_open(engine, node);
}

int port_ioctl(int fd, unsigned long request, uintptr_t arg)
{
	return iom_iommufd_ioctl(engine, fd, request, arg);
}

ssize_t port_read(int fd, void *buf, size_t n)
{
	return iom_iommufd_read(engine, fd, buf, n);
}

ssize_t port_write(int fd, const void *buf, size_t n)
{
	return iom_iommufd_write(engine, fd, buf, n);
}

void *port_mmap(int fd, size_t n, int prot, int flags, uint64_t offset, int *error)
{
	return iom_iommufd_mmap(engine, fd, NULL, n, prot, flags, offset, error);
}

int port_munmap(void *addr, size_t n)
{
	return iom_iommufd_munmap(engine, addr, n);
}

int port_close(int fd)
{
	return iom_iommufd_owns(engine, fd) ? iom_iommufd_close(engine, fd) : close(fd) ? -9 : 0;
}
