/* SPDX-License-Identifier: MIT */
/* Handing out DMAs to threads; crew.h says which to whom. */
#include "sim/replay/crew.h"

#include "core/spin.h"

#include <pthread.h>
#include <string.h>

/* Memory is BLOCKS * BLOCK records for each thread, however long the trace is. */
enum {
	BLOCK = 1024,
	BLOCKS = 4,
	FEW = 128, /* not worth waking somebody up for */
	SPINS = 1000, /* before a thread goes to sleep */
};

typedef struct entry {
	iom_trace_record record;
	uint64_t index;
	uint64_t dma;
} entry;

typedef struct block {
	unsigned n;
	entry entries[BLOCK];
} block;

/* A thread, and its ring of blocks between the one who fills and the one who empties. */
typedef struct worker {
	iom_lane lane; /* of whoever empties */
	iom_lane_job job;
	uint64_t done __attribute__((aligned(64))); /* blocks emptied */
	uint64_t filled __attribute__((aligned(64)));
	bool stop;
	bool asleep; /* both sides look at these under the lock before they sleep */
	bool awaited;
	pthread_mutex_t lock;
	pthread_cond_t more; /* blocks to empty, or the end */
	pthread_cond_t less; /* a block was emptied */
	pthread_t thread;
	bool started;
	uint64_t dmas; /* handed out: who has fewest gets the next requester */
	block blocks[BLOCKS];
} worker;

struct iom_crew {
	unsigned n;
	worker **workers; /* the first is the caller, without a ring */
	iom_devices requesters; /* in the order of their appearance */
	GArray *owner; /* uint8_t, by index there */
	uint64_t dmas;
	bool busy; /* something was handed out since everything was idle */
};

static uint64_t load(const uint64_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static void empty(worker *w, const block *b)
{
	for (unsigned i = 0; i < b->n; i++)
		iom_lane_dma(&w->lane, &w->job, &b->entries[i].record, b->entries[i].index,
			     b->entries[i].dma);
}

/* ---- the worker's side ---- */

/* False: the end. */
static bool await_block(worker *w)
{
	bool more;

	for (unsigned i = 0; i < SPINS; i++) {
		if (load(&w->filled) != w->done)
			return true;
		iom_pause();
	}
	pthread_mutex_lock(&w->lock);
	while (load(&w->filled) == w->done && !w->stop) {
		w->asleep = true;
		pthread_cond_wait(&w->more, &w->lock);
	}
	w->asleep = false;
	more = load(&w->filled) != w->done;
	pthread_mutex_unlock(&w->lock);
	return more;
}

static void *work(void *opaque)
{
	worker *w = opaque;

	while (await_block(w)) {
		empty(w, &w->blocks[w->done % BLOCKS]);
		__atomic_store_n(&w->done, w->done + 1, __ATOMIC_RELEASE);
		pthread_mutex_lock(&w->lock);
		if (w->awaited)
			pthread_cond_signal(&w->less);
		pthread_mutex_unlock(&w->lock);
	}
	return NULL;
}

/* ---- the caller's side ---- */

/* Until at most `left` blocks wait for the worker. */
static void await_room(worker *w, uint64_t left)
{
	for (unsigned i = 0; i < SPINS; i++) {
		if (w->filled - load(&w->done) <= left)
			return;
		iom_pause();
	}
	pthread_mutex_lock(&w->lock);
	w->awaited = true;
	while (w->filled - load(&w->done) > left)
		pthread_cond_wait(&w->less, &w->lock);
	w->awaited = false;
	pthread_mutex_unlock(&w->lock);
}

/* The block being filled is full enough: on to the next one. */
static void hand_over(worker *w)
{
	pthread_mutex_lock(&w->lock);
	__atomic_store_n(&w->filled, w->filled + 1, __ATOMIC_RELEASE);
	if (w->asleep)
		pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->lock);
	await_room(w, BLOCKS - 1);
	w->blocks[w->filled % BLOCKS].n = 0;
}

static worker *worker_new(const iom_lane_job *job)
{
	worker *w = g_aligned_alloc0(1, sizeof(*w), 64);

	w->job = *job;
	iom_lane_init(&w->lane);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->more, NULL);
	pthread_cond_init(&w->less, NULL);
	return w;
}

static void worker_free(worker *w)
{
	if (w->started) {
		pthread_mutex_lock(&w->lock);
		w->stop = true;
		pthread_cond_signal(&w->more);
		pthread_mutex_unlock(&w->lock);
		pthread_join(w->thread, NULL);
	}
	pthread_cond_destroy(&w->less);
	pthread_cond_destroy(&w->more);
	pthread_mutex_destroy(&w->lock);
	iom_lane_clear(&w->lane);
	g_aligned_free(w);
}

iom_crew *iom_crew_new(const iom_lane_job *job, unsigned threads)
{
	iom_crew *crew = g_new0(iom_crew, 1);

	crew->workers = g_new0(worker *, threads);
	crew->owner = g_array_new(FALSE, FALSE, sizeof(uint8_t));
	iom_devices_init(&crew->requesters);
	for (unsigned i = 0; i < threads; i++) {
		worker *w = worker_new(job);

		w->started = i && pthread_create(&w->thread, NULL, work, w) == 0;
		/* A host that has no more threads gives fewer. */
		if (i && !w->started) {
			worker_free(w);
			break;
		}
		crew->workers[crew->n++] = w;
	}
	return crew;
}

void iom_crew_free(iom_crew *crew)
{
	if (!crew)
		return;
	for (unsigned i = 0; i < crew->n; i++)
		worker_free(crew->workers[i]);
	g_array_unref(crew->requesters.array);
	iom_devices_clear(&crew->requesters);
	g_array_unref(crew->owner);
	g_free(crew->workers);
	g_free(crew);
}

/* A requester stays with its thread, so that its DMAs keep their order. */
static worker *owner_of(iom_crew *crew, uint32_t requester)
{
	guint known = crew->owner->len;
	worker *w;

	iom_devices_find(&crew->requesters, requester);
	if (G_UNLIKELY(crew->requesters.array->len > known)) {
		/* Reading the trace is a part of the work, too. */
		uint64_t fewest = crew->workers[0]->dmas + crew->dmas / 4;
		uint8_t least = 0;

		for (uint8_t i = 1; i < crew->n; i++) {
			if (crew->workers[i]->dmas < fewest) {
				fewest = crew->workers[i]->dmas;
				least = i;
			}
		}
		g_array_append_val(crew->owner, least);
	}
	w = crew->workers[g_array_index(crew->owner, uint8_t, crew->requesters.last)];
	w->dmas++;
	return w;
}

void iom_crew_dma(iom_crew *crew, const iom_trace_record *record, uint64_t index, uint64_t dma)
{
	worker *w = crew->workers[0];
	block *b;

	if (G_LIKELY(crew->n == 1)) {
		w->dmas++;
		iom_lane_dma(&w->lane, &w->job, record, index, dma);
		return;
	}
	w = owner_of(crew, record->requester);
	crew->dmas++;
	if (!w->started) {
		iom_lane_dma(&w->lane, &w->job, record, index, dma);
		return;
	}
	crew->busy = true;
	b = &w->blocks[w->filled % BLOCKS];
	b->entries[b->n++] = (entry){ *record, index, dma };
	if (b->n == BLOCK)
		hand_over(w);
}

void iom_crew_wait(iom_crew *crew)
{
	if (G_LIKELY(!crew->busy))
		return;
	crew->busy = false;
	for (unsigned i = 1; i < crew->n; i++) {
		worker *w = crew->workers[i];

		if (w->blocks[w->filled % BLOCKS].n >= FEW)
			hand_over(w);
	}
	for (unsigned i = 1; i < crew->n; i++) {
		worker *w = crew->workers[i];
		block *b = &w->blocks[w->filled % BLOCKS];

		await_room(w, 0);
		/* It is idle, and this is quicker than waking it up. */
		empty(w, b);
		b->n = 0;
	}
}

void iom_crew_progress(const iom_crew *crew, uint64_t *missed, uint64_t *faulted)
{
	*missed = *faulted = 0;
	for (unsigned i = 0; i < crew->n; i++) {
		*missed += crew->workers[i]->lane.missed;
		*faulted += crew->workers[i]->lane.faulted;
	}
}

void iom_crew_report(const iom_crew *crew, iom_devices *devices, iom_replay_report *report)
{
	for (unsigned i = 0; i < crew->n; i++)
		iom_lane_report(&crew->workers[i]->lane, devices, crew->workers[i]->job.keep,
				report);
}

unsigned iom_crew_used(const iom_crew *crew)
{
	unsigned used = 0;

	for (unsigned i = 0; i < crew->n; i++)
		used += crew->workers[i]->dmas > 0;
	return used;
}
