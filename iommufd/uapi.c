/* SPDX-License-Identifier: MIT */
/* The layout of the user API, held to its table at compile time. */
#include "iommufd/uapi-test.h"

#include <stddef.h>

#define S(ours, kernel, bytes) _Static_assert(sizeof(struct iomfd_##ours) == (bytes), #ours);
#define F(ours, kernel, member, kernel_member, offset, bytes) \
	_Static_assert(offsetof(struct iomfd_##ours, member) == (offset) && \
			       sizeof(((struct iomfd_##ours *)0)->member) == (bytes), \
		       #ours "." #member);
#include "iommufd/uapi-layout.h"
#undef S
#undef F

_Static_assert(IOMFD_DESTROY == 0x3b80 || _IOC_NONE != 0, "ioctl number");
_Static_assert(sizeof(struct iomfd_test_cmd) == 72, "test command");
_Static_assert(offsetof(struct iomfd_test_cmd, last) == 64, "test command");
