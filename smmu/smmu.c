/* SPDX-License-Identifier: MIT */
#include "smmu/smmu.h"
