/* SPDX-License-Identifier: MIT */
/* The interrupts of a VFIO device, as eventfds. */
#ifndef IOM_IOMMUFD_VFIO_IRQ_H
#define IOM_IOMMUFD_VFIO_IRQ_H

#include "iommufd/engine/vfio-pci.h"

#define IOMFD_MSI_LG2 2u
#define IOMFD_MSIX_VECTORS 8u

typedef struct iomfd_irqs {
	unsigned type; /* INTx, MSI or MSI-X: the one that is on; IOMFD_VFIO_PCI_IRQS without */
	int vector[IOMFD_MSIX_VECTORS]; /* our descriptors of eventfds, or -1 */
	int error, request, unmask;
	bool masked, pending; /* INTx */
} iomfd_irqs;

void iomfd_irqs_init(iomfd_irqs *q);
void iomfd_irqs_close(iomfd_irqs *q);
int iomfd_irqs_info(uint64_t arg);
int iomfd_irqs_set(iomfd_irqs *q, uint64_t arg, bool intx_off);
/* 1: an eventfd was written to; 0: masked, or nobody listens; -EINVAL: no such interrupt. */
int iomfd_irqs_raise(iomfd_irqs *q, unsigned index, unsigned vector, bool intx_off);

#endif
