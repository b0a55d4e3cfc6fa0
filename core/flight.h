/* SPDX-License-Identifier: MIT */
/*
 * Accesses in flight: who holds translations, and when all of an earlier time
 * have let go of them.
 *
 * Holding and releasing write only to the thread's own line. Every hold belongs
 * to one of two turns, odd or even, and each thread counts for both how many it
 * has taken and released. Whoever completes an invalidation lets new holds go to
 * the other turn and waits, without blocking, until the old one has as many
 * releases as holds; twice, since the other turn may still have holds from before.
 * However many holds are taken meanwhile, this comes to an end. Since turns and not threads are counted, another
 * thread may release what one has taken.
 *
 * A hold is published before the translation that it protects reads anything,
 * and an invalidation takes effect before the counts are read. So either the
 * count shows the hold, or the translation shows the invalidation.
 *
 * For that both sides need a fence, and holds are many, completions few. So a thread
 * that holds often announces it, and makes no fences from then on; whoever completes
 * an invalidation and finds such threads ends what they have announced, makes one
 * fence in all threads (everywhere.h), and then counts. Where nobody has announced
 * anything since the last time, the counts show every hold as they are. A hold is
 * counted first and then looks whether its announcement stands: if it still does,
 * the fence is yet to come, and makes the count visible.
 *
 * Where nobody has ever held anything, completing takes no fence at all: a thread's first
 * hold waits until it has seen the model's lock free (iom_iommu_pass), so that whoever
 * completes an invalidation before has changed everything, and whoever does later knows
 * of the thread.
 */
#ifndef IOM_CORE_FLIGHT_H
#define IOM_CORE_FLIGHT_H

#include "core/counters.h"
#include "core/iommu.h"

/* ThreadSanitizer knows no fences; there the counts themselves are ordered. */
#if defined(__SANITIZE_THREAD__)
#define IOM_FLIGHT_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define IOM_FLIGHT_TSAN 1
#endif
#endif

typedef struct iom_flight_cell {
	uint64_t taken[2]; /* by turn */
	uint64_t released[2];
	uint64_t announced; /* iom_flight.epoch when the thread said that it makes no fences */
	uint64_t fenced; /* the epoch of the last hold with a fence */
	uint64_t fences; /* and how many there were in it */
} __attribute__((aligned(IOM_LINE))) iom_flight_cell;

struct iom_flight {
	iom_flight_cell cell[IOM_SLOTS];
	/* What every hold and release reads; written when somebody waits. */
	uint64_t turn __attribute__((aligned(IOM_LINE))); /* its lowest bit is what counts */
	uint64_t wanted; /* the turn that somebody waits for; `turn` when nobody does */
	uint64_t epoch; /* counts the ends of announcements, from 1 */
	bool everywhere; /* such fences are to be had */
	uint64_t slots; /* that ever held something, a bit each */
	uint64_t joined; /* of these, whom everybody knows who completes an invalidation */
	uint64_t unfenced; /* of these, who has announced something in this epoch */
	uint32_t landed; /* a release may have ended a wait, nobody has looked yet */
};

iom_flight *iom_flight_new(void);
void iom_flight_free(iom_flight *flight);

/*
 * Has everything landed that was in flight when this was first asked with *ticket
 * 0? If not, *ticket is set for the next time, and ops->landed() will be called.
 * If so, it is 0 again. With the model's lock held.
 */
bool iom_flight_landed(iom_iommu *iommu, uint64_t *ticket);

/* No thread has ever held anything; with the model's lock held, see above. */
static inline bool iom_flight_none(const iom_flight *flight)
{
	return !__atomic_load_n(&flight->slots, __ATOMIC_ACQUIRE);
}

#ifdef IOM_FLIGHT_TSAN
#define IOM_FLIGHT_FENCE(f) ((void)__atomic_fetch_or(&(f)->landed, 0, __ATOMIC_SEQ_CST))
#else
#define IOM_FLIGHT_FENCE(f) __atomic_thread_fence(__ATOMIC_SEQ_CST)
#endif

/*
 * Whoever gives back the model's lock asks this afterwards: true means that a
 * release found the lock taken and left it to its owner to see what has landed.
 * He takes the lock, if nobody else has, calls iom_flight_looked(), and looks.
 */
static inline bool iom_flight_look(iom_flight *flight)
{
	if (G_LIKELY(!__atomic_load_n(&flight->slots, __ATOMIC_RELAXED)))
		return false;
	/* The lock has to be free before: else both could leave it to the other. */
	IOM_FLIGHT_FENCE(flight);
	return __atomic_load_n(&flight->landed, __ATOMIC_SEQ_CST);
}

static inline void iom_flight_looked(iom_flight *flight)
{
	__atomic_store_n(&flight->landed, 0, __ATOMIC_SEQ_CST);
}

#endif
