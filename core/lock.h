/* SPDX-License-Identifier: MIT */
/*
 * The lock of a model: of its registers and queues, and of whatever is invalidated.
 * It is taken with one locked instruction and given back with plain stores, where a
 * mutex needs two: an invalidation has little else that costs as much.
 *
 * Who waits for long sleeps. A plain store cannot tell who has just fallen asleep, so
 * nobody sleeps for longer than a moment without looking again; nearly always the
 * owner sees in `state` that somebody waits, and wakes him.
 */
#ifndef IOM_CORE_LOCK_H
#define IOM_CORE_LOCK_H

#include "core/counters.h"

typedef struct iom_lock {
	uint32_t state; /* 0 free, 1 taken, 2 taken, and somebody may sleep */
	const void *owner; /* something that only that thread has; NULL while it is free */
} iom_lock;

/* Wait for a lock that was taken; it is the caller's afterwards. */
void iom_lock_wait(iom_lock *lock);
/* Give back a lock that somebody waits for. */
void iom_lock_wake(iom_lock *lock);

static inline void iom_lock_own(iom_lock *lock, const void *owner)
{
	__atomic_store_n(&lock->owner, owner, __ATOMIC_RELAXED);
}

static inline bool iom_lock_try(iom_lock *lock)
{
	uint32_t free = 0;

	if (G_UNLIKELY(!__atomic_compare_exchange_n(&lock->state, &free, 1, false, __ATOMIC_ACQUIRE,
						    __ATOMIC_RELAXED)))
		return false;
	iom_lock_own(lock, &iom_thread_slot_);
	return true;
}

static inline void iom_lock_take(iom_lock *lock)
{
	if (G_UNLIKELY(!iom_lock_try(lock)))
		iom_lock_wait(lock);
}

static inline void iom_lock_give(iom_lock *lock)
{
	iom_lock_own(lock, NULL);
	if (G_LIKELY(__atomic_load_n(&lock->state, __ATOMIC_RELAXED) == 1))
		__atomic_store_n(&lock->state, 0, __ATOMIC_RELEASE);
	else
		iom_lock_wake(lock);
}

/* This thread has it: only of itself a thread can tell. */
static inline bool iom_lock_mine(const iom_lock *lock)
{
	return __atomic_load_n(&lock->owner, __ATOMIC_RELAXED) == &iom_thread_slot_;
}

#endif
