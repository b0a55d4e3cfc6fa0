/* SPDX-License-Identifier: MIT */
/*
 * A lock for sections of a few dozen instructions: one locked instruction to
 * take it, a plain store to give it back. Who waits longer than that yields.
 */
#ifndef IOM_CORE_SPIN_H
#define IOM_CORE_SPIN_H

#include <sched.h>
#include <stdint.h>

typedef uint32_t iom_spin;

static inline void iom_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

static inline void iom_spin_lock(iom_spin *lock)
{
	unsigned tries = 0;

	while (__atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE)) {
		while (__atomic_load_n(lock, __ATOMIC_RELAXED)) {
			if (++tries % 64 == 0)
				sched_yield();
			else
				iom_pause();
		}
	}
}

static inline void iom_spin_unlock(iom_spin *lock)
{
	__atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

#endif
