/* SPDX-License-Identifier: MIT */
/* Waiting for a model's lock; lock.h. */
#include "core/lock.h"
#include "core/spin.h"

#include <time.h>
#ifdef __linux__
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#define SPINS 256 /* most sections are shorter than this */
#define NAP_NS 200000 /* at the most, for who was overlooked */

static void nap(const uint32_t *state)
{
	const struct timespec most = { 0, NAP_NS };

#ifdef SYS_futex
	syscall(SYS_futex, state, FUTEX_WAIT_PRIVATE, 2, &most, NULL, 0);
#else
	(void)state;
	nanosleep(&most, NULL);
#endif
}

void iom_lock_wait(iom_lock *lock)
{
	for (unsigned i = 0; i < SPINS; i++) {
		iom_pause();
		if (!__atomic_load_n(&lock->state, __ATOMIC_RELAXED) && iom_lock_try(lock))
			return;
	}
	/* Who has slept says 2, for others may sleep as well. */
	while (__atomic_exchange_n(&lock->state, 2, __ATOMIC_ACQUIRE))
		nap(&lock->state);
	iom_lock_own(lock, &iom_thread_slot_);
}

void iom_lock_wake(iom_lock *lock)
{
	__atomic_store_n(&lock->state, 0, __ATOMIC_RELEASE);
#ifdef SYS_futex
	syscall(SYS_futex, &lock->state, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
#endif
}
