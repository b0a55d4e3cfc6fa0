/* SPDX-License-Identifier: MIT */
#include "core/everywhere.h"

#include "core/counters.h"

#if defined(__linux__) && !defined(IOM_TSAN) && defined(__has_include)
#if __has_include(<linux/membarrier.h>)
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>
#if defined(SYS_membarrier)
#define MEMBARRIER(command) syscall(SYS_membarrier, (command), 0, 0)
#endif
#endif
#endif

#if defined(MEMBARRIER)
bool iom_fence_everywhere_ready(void)
{
	long has = MEMBARRIER(MEMBARRIER_CMD_QUERY);

	/* The process says once that it will ask; again, it has no effect. */
	return has >= 0 && (has & MEMBARRIER_CMD_PRIVATE_EXPEDITED) &&
	       MEMBARRIER(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0;
}

bool iom_fence_everywhere(void)
{
	return MEMBARRIER(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0;
}
#else
bool iom_fence_everywhere_ready(void)
{
	return false;
}

bool iom_fence_everywhere(void)
{
	return false;
}
#endif
