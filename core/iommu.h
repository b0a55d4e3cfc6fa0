/* SPDX-License-Identifier: MIT */
/*
 * What a model implements behind <iommulate/core.h>, and the helpers that both
 * models use for it: guest memory of the right address space, counters, steps.
 */
#ifndef IOM_CORE_IOMMU_H
#define IOM_CORE_IOMMU_H

#include "core/cache.h"
#include "core/core.h"
#include "core/counters.h"
#include "core/layout.h"

#include <string.h>

typedef struct iom_front iom_front;
typedef struct iom_front_class iom_front_class;

typedef void iom_translate_class(iom_iommu *iommu, iom_front *front, iom_front_class *class,
				 const iom_request *request, iom_result *result);

/* Entries are required unless marked optional. Semantics: see core.h. */
typedef struct iom_iommu_ops {
	iom_kind kind;
	void (*destroy)(iom_iommu *iommu); /* frees the model, which embeds iom_iommu */
	/* `result` comes zeroed, but for IOM_ABORT and fault.level -1 */
	void (*translate)(iom_iommu *iommu, const iom_request *request, iom_result *result);
	/*
	 * optional: the same for a request whose class the thread knows (front.h).
	 * `result` is not zeroed: who answers IOM_OK sets all up to the code of the
	 * fault, everyone else begins with iom_result_clear().
	 */
	iom_translate_class *translate_class;
	uint64_t (*mmio_read)(iom_iommu *iommu, uint64_t offset, unsigned size, iom_space space);
	void (*mmio_write)(iom_iommu *iommu, uint64_t offset, unsigned size, uint64_t value,
			   iom_space space);
	uint64_t (*mmio_size)(const iom_iommu *iommu);
	iom_prq_status (*page_request)(iom_iommu *iommu, const iom_page_request *request);
	/* optional: without it messages pass unchanged; `result` comes as above */
	void (*interrupt)(iom_iommu *iommu, const iom_interrupt *interrupt,
			  iom_interrupt_result *result);
	void (*ats_completed)(iom_iommu *iommu, uint32_t requester, uint8_t itag, bool ok);
	void (*reset)(iom_iommu *iommu);
	GBytes *(*save)(iom_iommu *iommu);
	gboolean (*load)(iom_iommu *iommu, GBytes *state, GError **error);
	/* adds what only the model knows (commands, caches) */
	void (*statistics)(iom_iommu *iommu, iom_statistics *out);
	void (*reset_statistics)(iom_iommu *iommu);
	const char *(*fault_name)(const iom_iommu *iommu, unsigned code);
	const char *(*diagnosis)(const iom_iommu *iommu, unsigned diagnosis);
	const iom_layout *(*register_layout)(const iom_iommu *iommu, uint64_t offset,
					     const char **name);
	/* optional: accesses have landed that a completion may wait for; flight.h */
	void (*landed)(iom_iommu *iommu);
} iom_iommu_ops;

/*
 * Counters of iom_statistics that core keeps for every model. The first three
 * are counted by iom_iommu_translate(), INTERRUPTS by iom_raise_irq() and
 * iom_send_msi(); the model counts the others where they happen.
 */
typedef enum iom_stat {
	IOM_STAT_TRANSLATIONS,
	IOM_STAT_TRANSLATED,
	IOM_STAT_FAULTED,
	IOM_STAT_TABLE_READS,
	IOM_STAT_TABLE_WRITES,
	IOM_STAT_EVENTS,
	IOM_STAT_EVENTS_LOST,
	IOM_STAT_INTERRUPTS,
	IOM_STAT_PAGE_REQUESTS,
	IOM_N_STATS,
} iom_stat;

typedef struct iom_counters iom_counters; /* sharded by thread; see counters.c */

typedef struct iom_flight iom_flight; /* who holds translations; flight.h */
typedef struct iom_lock iom_lock; /* lock.h */

struct iom_iommu {
	/* What threads remember of hits; front.h. First, for every request asks it. */
	iom_front *front[IOM_SLOTS]; /* by thread slot; no_front until one is made */
	uint64_t generation; /* counted up by the tags */

	const iom_iommu_ops *ops;
	int refs;
	iom_bus bus; /* memory[] all set, referenced */
	iom_counters *counters;
	void (*observer)(void *opaque, const iom_step *step);
	void *observer_opaque;

	iom_front *no_front; /* answers nothing */
	iom_tags *tags;
	iom_cache *front_config;
	iom_cache *front_iotlb; /* NULL: no answers are kept */
	uint32_t front_entries; /* 0: no fronts */
	uint64_t front_reset_at[2]; /* iom_front_hits(), iom_front_known() */

	iom_flight *flight;
	iom_lock *lock; /* the model's; NULL if it never waits for accesses in flight */

	/* Options of the caches; ahead.h. */
	iom_cache *const *caches; /* by iom_cache_id */
	unsigned n_caches;
	bool attended; /* somebody asks whose request is under way */
	iom_translate_class *translate_class; /* of ops; NULL when attended */
	struct iom_ahead *ahead; /* or NULL */
};

/* Set up the base: copies the bus, takes references. False: bus without memory. */
bool iom_iommu_init(iom_iommu *iommu, const iom_iommu_ops *ops, const iom_bus *bus, GError **error);
void iom_iommu_fini(iom_iommu *iommu);

void iom_count(iom_iommu *iommu, iom_stat stat);
void iom_count_n(iom_iommu *iommu, iom_stat stat, uint64_t n);
/* The counter that only the calling thread bumps, for its life; NULL when it shares. */
uint64_t *iom_count_cell(iom_iommu *iommu, iom_stat stat);

/* Until the model says otherwise nothing is allowed. */
static inline void iom_result_clear(iom_result *result)
{
	memset(result, 0, sizeof(*result));
	result->status = IOM_ABORT;
	result->fault.level = -1;
}

static inline bool iom_observed(const iom_iommu *iommu)
{
	return G_UNLIKELY(iommu->observer != NULL);
}

/* Report a step; call only when iom_observed(). */
void iom_step_read(iom_iommu *iommu, const char *what, const iom_layout *layout, uint64_t address,
		   uint64_t input, const uint64_t *words, unsigned n_words);
void iom_step_write(iom_iommu *iommu, const char *what, const iom_layout *layout, uint64_t address,
		    uint64_t input, const uint64_t *words, unsigned n_words);
void iom_step_note(iom_iommu *iommu, iom_step_kind kind, const char *what, const char *section,
		   uint64_t input, const char *format, ...) G_GNUC_PRINTF(6, 7);
void iom_step_command(iom_iommu *iommu, const char *what, const iom_layout *layout,
		      uint64_t address, const uint64_t *words, unsigned n_words);

/*
 * How many of the `n` words from `address` on, one after the other, have none of
 * `bits`: the entries of a table that map nothing. For those who search tables.
 */
unsigned iom_absent_run(iom_memory *mem, uint64_t address, unsigned n, uint64_t bits);

/* The model's lock, unless this thread has it; returns whether it was taken. */
bool iom_iommu_lock(iom_iommu *iommu);
void iom_iommu_unlock(iom_iommu *iommu, bool taken);

/*
 * What this thread has done until now is seen by whoever takes the model's lock from
 * now on, and this thread sees what was done under it before; who has it now is waited
 * for. So what happens once can be told to those who invalidate without a fence on
 * their side.
 */
void iom_iommu_pass(iom_iommu *iommu);

/* Raise interrupts and send messages through the bus, counting them. */
void iom_raise_irq(iom_iommu *iommu, unsigned line, bool level);
iom_mem_status iom_send_msi(iom_iommu *iommu, iom_space space, uint64_t address, uint32_t data);

/* Saved state: a tagged, versioned, little-endian byte stream. */
typedef struct iom_writer iom_writer;
typedef struct iom_reader iom_reader;

/* Of what is no IOMMU, in the place of an iom_kind. */
enum { IOM_STATE_FUNCTION = 16, IOM_STATE_ENDPOINT = 17 };

iom_writer *iom_writer_new(iom_kind kind, uint32_t version);
void iom_writer_u64(iom_writer *w, uint64_t value);
void iom_writer_words(iom_writer *w, const uint64_t *words, size_t n);
GBytes *iom_writer_end(iom_writer *w); /* consumes w */

/* NULL and an error unless kind and a version <= `version` match. */
iom_reader *iom_reader_new(GBytes *state, iom_kind kind, uint32_t version, uint32_t *found,
			   GError **error);
bool iom_reader_u64(iom_reader *r, uint64_t *value);
bool iom_reader_words(iom_reader *r, uint64_t *words, size_t n);
/* Error if a read ran short or bytes are left; consumes r. */
bool iom_reader_end(iom_reader *r, GError **error);

/*
 * IOM_POLICY "log through the bus", at most a few lines a second.
 */
void iom_log(iom_iommu *iommu, const char *format, ...) G_GNUC_PRINTF(2, 3);

#endif
