/* SPDX-License-Identifier: MIT */
/* VFIO's device and group files. */
#ifndef IOM_IOMMUFD_VFIO_H
#define IOM_IOMMUFD_VFIO_H

#include "iommufd/engine/model.h"

int iomfd_group_open(struct iomfd_engine *e, const char *node, iomfd_file **out);
void iomfd_group_close(void *data);
int iomfd_group_ioctl(void *data, unsigned cmd, uint64_t arg);
/* A device file by way of its group: bound and attached, or with neither. */
int iomfd_vfio_open_by_group(struct iomfd_engine *e, iomfd_dev *dev, iomfd_context *ctx,
			     bool with_iommu, iomfd_file **out);
#endif
