/* SPDX-License-Identifier: MIT */
/* Handing out stretches of DMAs to threads; crew.h says how. */
#include "sim/replay/crew.h"

#include "core/spin.h"
#include "sim/replay/deal.h"

#include <pthread.h>
#include <sched.h>

enum {
	STRETCHES = 16, /* handed out at most; a power of two */
	FEW = 512, /* DMAs that one thread does sooner than two agree on it */
	MANY = 2048, /* worth waking somebody up for */
	LONG = 4096, /* as many at a time, so that all get a part of what is left */
	SPINS = 1000, /* before a thread goes to sleep, or steps back */
	BUSY = 1, /* in share.state */
};

typedef struct stretch {
	const iom_trace_record *records;
	uint64_t index;
	uint64_t dma;
	unsigned n;
	uint32_t chunk;
} stretch;

typedef struct share {
	/* Stretches done, times two, and BUSY while somebody does the next one. */
	uint64_t state __attribute__((aligned(64)));
	iom_lane lane __attribute__((aligned(64))); /* of whoever has made it BUSY */
	iom_lane_job job;
} share;

typedef struct worker {
	iom_crew *crew;
	unsigned i; /* of its share */
	pthread_t thread;
} worker;

struct iom_crew {
	unsigned n; /* shares, and threads with the caller */
	share **shares;
	iom_lane **lanes; /* of the shares */
	iom_deal *deal;
	worker *workers; /* the first is the caller */

	share *solo; /* what the caller does without anybody else; outside of the deal */
	bool several; /* requesters */
	uint64_t shared; /* DMAs that were handed out */
	uint32_t chunk; /* the caller saw last */
	uint64_t done; /* stretches that were done by all when last looked at */

	stretch stretch[STRETCHES];
	uint64_t given __attribute__((aligned(64))); /* stretches handed out */
	/* Threads that sleep or are about to: they look at `given` once more. */
	unsigned sleepers __attribute__((aligned(64)));
	bool stop; /* with the lock */
	pthread_mutex_t lock;
	pthread_cond_t more;
};

static uint64_t load(const uint64_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

/* The next stretch of a share that has at least so many left and is nobody's. */
static bool take_up(iom_crew *crew, unsigned i, uint64_t least)
{
	share *s = crew->shares[i];
	uint64_t state = load(&s->state), done = state / 2;
	const stretch *next = &crew->stretch[done % STRETCHES];
	unsigned n;

	if (state & BUSY || load(&crew->given) - done < least)
		return false;
	if (!__atomic_compare_exchange_n(&s->state, &state, state | BUSY, false, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED))
		return false;
	n = iom_lane_run(&s->lane, &s->job, crew->deal, next->records, next->n, next->index,
			 next->dma);
	iom_deal_done(crew->deal, i, n);
	__atomic_store_n(&s->state, 2 * (done + 1), __ATOMIC_RELEASE);
	return true;
}

/* One's own share, or that of somebody who has fallen behind by `least`. */
static bool do_some(iom_crew *crew, unsigned own, uint64_t least)
{
	if (take_up(crew, own, 1))
		return true;
	for (unsigned i = 1; i < crew->n; i++) {
		if (take_up(crew, (own + i) % crew->n, least))
			return true;
	}
	return false;
}

/* ---- the other threads' side ---- */

/* False: the end. */
static bool await_more(iom_crew *crew, uint64_t seen)
{
	bool stop;

	for (unsigned i = 0; i < SPINS; i++) {
		if (load(&crew->given) != seen)
			return true;
		iom_pause();
	}
	pthread_mutex_lock(&crew->lock);
	__atomic_add_fetch(&crew->sleepers, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&crew->given, __ATOMIC_SEQ_CST) == seen && !crew->stop)
		pthread_cond_wait(&crew->more, &crew->lock);
	__atomic_sub_fetch(&crew->sleepers, 1, __ATOMIC_SEQ_CST);
	stop = crew->stop;
	pthread_mutex_unlock(&crew->lock);
	return !stop;
}

static void *work(void *opaque)
{
	worker *w = opaque;
	uint64_t seen;

	do {
		seen = load(&w->crew->given);
		while (do_some(w->crew, w->i, 2))
			;
	} while (await_more(w->crew, seen));
	return NULL;
}

/* ---- the caller's side ---- */

/* Stretches that all shares have done. */
static uint64_t all_done(iom_crew *crew)
{
	uint64_t least = UINT64_MAX;

	for (unsigned i = 0; i < crew->n; i++) {
		uint64_t done = load(&crew->shares[i]->state) / 2; /* once: it changes */

		least = MIN(least, done);
	}
	crew->done = least;
	return least;
}

/* Work until all shares have done so many. */
static void work_until(iom_crew *crew, uint64_t done)
{
	unsigned idle = 0;

	while (crew->done < done && all_done(crew) < done) {
		if (do_some(crew, 0, 1)) {
			idle = 0;
		} else if (++idle % SPINS) {
			iom_pause();
		} else {
			sched_yield();
		}
	}
}

static void hand_out(iom_crew *crew, const stretch *s)
{
	uint64_t given = crew->given;

	if (given >= STRETCHES)
		work_until(crew, given + 1 - STRETCHES);
	crew->stretch[given % STRETCHES] = *s;
	crew->shared += s->n;
	__atomic_store_n(&crew->given, given + 1, __ATOMIC_SEQ_CST);
	/* Who sleeps through a short one misses nothing: somebody else does it. */
	if (s->n < MANY && given == crew->done)
		return;
	if (__atomic_load_n(&crew->sleepers, __ATOMIC_SEQ_CST)) {
		pthread_mutex_lock(&crew->lock);
		pthread_cond_broadcast(&crew->more);
		pthread_mutex_unlock(&crew->lock);
	}
}

/* Whether the trace has had more than one requester, with these DMAs. */
static bool several(iom_crew *crew, const iom_trace_record *records, unsigned n)
{
	const GArray *known = crew->solo->lane.devices.array;
	uint32_t first = records[0].requester;

	if (G_LIKELY(crew->several))
		return true;
	if (known->len)
		first = g_array_index(known, iom_replay_device, 0).requester;
	for (unsigned i = 0; i < n && !crew->several; i++)
		crew->several = records[i].requester != first;
	return crew->several;
}

void iom_crew_run(iom_crew *crew, const iom_trace_record *records, unsigned n, uint64_t index,
		  uint64_t dma, uint32_t chunk)
{
	share *solo = crew->solo;

	if (crew->n == 1 || ((!several(crew, records, n) || n < FEW) &&
			     (crew->done == crew->given || all_done(crew) == crew->given))) {
		(void)iom_lane_run(&solo->lane, &solo->job, NULL, records, n, index, dma);
		return;
	}
	iom_crew_chunk(crew, chunk);
	for (unsigned i = 0, some; i < n; i += some) {
		some = MIN(n - i, (unsigned)LONG);
		hand_out(crew, &(stretch){ .records = records + i,
					   .index = index + i,
					   .dma = dma + i,
					   .n = some,
					   .chunk = chunk });
	}
}

void iom_crew_chunk(iom_crew *crew, uint32_t chunk)
{
	uint64_t done;

	if (G_LIKELY(crew->chunk == chunk))
		return;
	crew->chunk = chunk;
	/* Stretches are in the order of their chunks. */
	for (done = crew->done; done < crew->given; done++) {
		if (crew->stretch[done % STRETCHES].chunk + IOM_TRACE_KEPT > chunk + 1)
			break;
	}
	work_until(crew, done);
}

void iom_crew_wait(iom_crew *crew)
{
	if (G_UNLIKELY(crew->done != crew->given))
		work_until(crew, crew->given);
}

static share *share_new(const iom_lane_job *job)
{
	share *s = g_aligned_alloc0(1, sizeof(*s), 64);

	s->job = *job;
	iom_lane_init(&s->lane);
	return s;
}

static void share_free(share *s)
{
	iom_lane_clear(&s->lane);
	g_aligned_free(s);
}

iom_crew *iom_crew_new(const iom_lane_job *job, unsigned threads)
{
	iom_crew *crew = g_aligned_alloc0(1, sizeof(iom_crew), 64);

	pthread_mutex_init(&crew->lock, NULL);
	pthread_cond_init(&crew->more, NULL);
	crew->solo = share_new(job);
	crew->n = threads;
	crew->shares = g_new0(share *, threads);
	crew->lanes = g_new0(iom_lane *, threads);
	crew->workers = g_new0(worker, threads);
	if (threads == 1)
		return crew;
	for (unsigned i = 0; i < threads; i++) {
		crew->shares[i] = share_new(job);
		crew->lanes[i] = &crew->shares[i]->lane;
	}
	crew->deal = iom_deal_new(crew->lanes, threads);
	/* Where the host has no more threads, the others do their shares. */
	for (unsigned i = 1; i < threads; i++) {
		worker *w = &crew->workers[i];

		w->i = i;
		w->crew = crew;
		if (pthread_create(&w->thread, NULL, work, w))
			w->crew = NULL;
	}
	return crew;
}

void iom_crew_free(iom_crew *crew)
{
	if (!crew)
		return;
	/* What was handed out is read until it is done. */
	iom_crew_wait(crew);
	pthread_mutex_lock(&crew->lock);
	crew->stop = true;
	pthread_cond_broadcast(&crew->more);
	pthread_mutex_unlock(&crew->lock);
	for (unsigned i = 1; i < crew->n; i++) {
		if (crew->workers[i].crew)
			pthread_join(crew->workers[i].thread, NULL);
	}
	for (unsigned i = 0; i < crew->n && crew->shares[i]; i++)
		share_free(crew->shares[i]);
	share_free(crew->solo);
	iom_deal_free(crew->deal);
	pthread_cond_destroy(&crew->more);
	pthread_mutex_destroy(&crew->lock);
	g_free(crew->shares);
	g_free(crew->lanes);
	g_free(crew->workers);
	g_aligned_free(crew);
}

void iom_crew_progress(const iom_crew *crew, uint64_t *missed, uint64_t *faulted)
{
	*missed = crew->solo->lane.missed;
	*faulted = crew->solo->lane.faulted;
	for (unsigned i = 0; i < crew->n && crew->shares[i]; i++) {
		*missed += crew->shares[i]->lane.missed;
		*faulted += crew->shares[i]->lane.faulted;
	}
}

void iom_crew_report(const iom_crew *crew, iom_devices *devices, iom_replay_report *report)
{
	iom_lane_report(&crew->solo->lane, devices, crew->solo->job.keep, report);
	for (unsigned i = 0; i < crew->n && crew->shares[i]; i++)
		iom_lane_report(&crew->shares[i]->lane, devices, crew->shares[i]->job.keep, report);
}

unsigned iom_crew_used(const iom_crew *crew)
{
	return crew->given ? iom_deal_used(crew->deal) : 1;
}

uint64_t iom_crew_shared(const iom_crew *crew, bool *several)
{
	*several = crew->several;
	return crew->shared;
}
