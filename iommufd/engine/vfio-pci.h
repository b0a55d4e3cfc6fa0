/* SPDX-License-Identifier: MIT */
/*
 * What VFIO shows of a device beyond its DMA: an endpoint's configuration space,
 * memory behind its BARs, and interrupts that arrive as eventfds.
 */
#ifndef IOM_IOMMUFD_VFIO_PCI_H
#define IOM_IOMMUFD_VFIO_PCI_H

#include "iommufd/engine/model.h"

typedef struct iomfd_function iomfd_function;

iomfd_function *iomfd_function_new(const iom_iommufd_device *c);
void iomfd_function_free(iomfd_function *f);
/* A program starts with it; it is left: its interrupts are off. */
void iomfd_function_open(iomfd_function *f);
void iomfd_function_close(iomfd_function *f);
/* The device file's ioctls that are about the function; -ENOTTY for any other. */
int iomfd_function_ioctl(iomfd_function *f, unsigned cmd, uint64_t arg);
ssize_t iomfd_function_rw(iomfd_function *f, uint64_t buf, size_t n, uint64_t offset, bool write);
/* The memory that a mapping is of, and where in it: a descriptor, or negative. */
int iomfd_function_mmap(iomfd_function *f, uint64_t offset, uint64_t length, int flags,
			uint64_t *at);
int iomfd_function_raise(iomfd_function *f, unsigned index, unsigned vector);

#endif
