/* SPDX-License-Identifier: MIT */
#include "vtd/vtd.h"
