/* SPDX-License-Identifier: MIT */
/*
 * Counters that threads bump side by side without sharing a cache line.
 *
 * Every thread holds a slot number for its life. A slot belongs to one thread
 * at a time, so its cells are bumped with a plain load and store; only threads
 * beyond IOM_SLOTS - 1 share slot 0 and pay for an atomic addition.
 */
#ifndef IOM_CORE_COUNTERS_H
#define IOM_CORE_COUNTERS_H

#include "core/core.h"

#define IOM_SLOTS 64
#define IOM_SLOT_SHARED 0
#define IOM_LINE 64

#if defined(__SANITIZE_THREAD__)
#define IOM_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define IOM_TSAN 1
#endif
#endif

/* Slot of this thread: IOM_SLOT_SHARED before its first use, and when none is left. */
extern __thread unsigned iom_thread_slot_ __attribute__((tls_model("initial-exec")));
/* Finds a slot for the calling thread, which it keeps until it ends. */
unsigned iom_thread_slot_take(void);

static inline unsigned iom_thread_slot(void)
{
	unsigned slot = iom_thread_slot_;

	return G_LIKELY(slot != IOM_SLOT_SHARED) ? slot : iom_thread_slot_take();
}

static inline void iom_bump(uint64_t *cell, unsigned slot, uint64_t n)
{
	if (G_LIKELY(slot != IOM_SLOT_SHARED)) {
#if defined(__x86_64__) && !defined(IOM_TSAN)
		/* In one instruction, which compilers don't make of the two below. */
		__asm__("addq %1, %0" : "+m"(*cell) : "er"(n));
#else
		__atomic_store_n(cell, __atomic_load_n(cell, __ATOMIC_RELAXED) + n,
				 __ATOMIC_RELAXED);
#endif
	} else {
		__atomic_fetch_add(cell, n, __ATOMIC_RELAXED);
	}
}

#endif
