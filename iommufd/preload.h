/* SPDX-License-Identifier: MIT */
/* The engine of a program that the preloaded library is part of. */
#ifndef IOM_IOMMUFD_PRELOAD_H
#define IOM_IOMMUFD_PRELOAD_H

#include "iommufd/iommufd.h"

/* NULL until it has been made; with `make` only if it cannot be. */
iom_iommufd *iom_preload_engine(bool make);

#endif
