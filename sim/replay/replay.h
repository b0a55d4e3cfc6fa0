/* SPDX-License-Identifier: MIT */
/*
 * Replaying a trace: the model gets the register and memory writes and every
 * DMA in their order, and what it answers is compared with what the trace says
 * was answered.
 */
#ifndef IOM_SIM_REPLAY_H
#define IOM_SIM_REPLAY_H

#include "sim/replay/machine.h"
#include "sim/trace/trace.h"

typedef struct iom_replay_options {
	const iom_machine *machine; /* or NULL */
	const char *cache; /* preset, or NULL for the machine's */
	bool check_stale; /* ask a second model without caches, too */
	unsigned keep; /* differences of each kind kept in full */
	unsigned threads; /* of one trace; 0 counts as 1 */
	/* Now and then: bytes of the file, its size (0 unknown), DMAs so far. */
	void (*progress)(void *opaque, uint64_t done, uint64_t total, uint64_t dma);
	void *opaque;
} iom_replay_options;

/*
 * What several threads do to the figures. Answers, faults, and differences from the
 * recorded answers are never affected.
 */
typedef enum iom_replay_totals {
	IOM_TOTALS_EXACT = 0, /* every figure is that of one thread, but for fault records lost */
	IOM_TOTALS_PARTITIONED, /* hits, misses, evictions nearly so, unless domains are shared */
	IOM_TOTALS_SHARED, /* caches are shared: hits, misses and table reads may differ */
} iom_replay_totals;

/* Why one thread did everything, though more were asked for. */
typedef enum iom_replay_alone {
	IOM_ALONE_NOT = 0,
	IOM_ALONE_REQUESTER, /* the trace has only one */
	IOM_ALONE_SHORT, /* everywhere few DMAs between two records that change something */
	IOM_ALONE_ORACLE, /* a cache's oracle knows the order of the trace only */
} iom_replay_alone;

/* One answer that is not what it should be. */
typedef struct iom_replay_difference {
	uint64_t record; /* number in the trace */
	uint64_t dma; /* number of the DMA; of the next one for a register read */
	iom_trace_record trace; /* the record, with the expected answer */
	iom_result got;
	iom_result fresh; /* stale check: what the tables say */
	uint64_t value; /* register read: what the model read */
} iom_replay_difference;

typedef struct iom_replay_device {
	uint32_t requester;
	uint64_t dma;
	uint64_t translated;
	uint64_t faulted;
	uint64_t cached; /* answered by the IOTLB */
	uint64_t mismatches;
	uint64_t stale;
	uint64_t bytes; /* where the trace knows lengths */
} iom_replay_device;

typedef struct iom_replay_fault {
	unsigned code;
	uint64_t count;
} iom_replay_fault;

/* What happened in a stretch of the trace; `dma` long, the last one shorter. */
typedef struct iom_replay_interval {
	uint64_t dma;
	uint64_t missed; /* DMAs that the IOTLB did not answer */
	uint64_t faulted;
	uint64_t invalidated; /* IOTLB entries dropped */
	uint64_t table_reads;
} iom_replay_interval;

typedef struct iom_replay_mark {
	uint64_t dma; /* DMAs before it */
	uint64_t number;
	char *text;
} iom_replay_mark;

typedef struct iom_replay_report {
	char *trace;
	iom_kind kind;
	bool mixed; /* a sum over IOMMUs of both kinds */
	char *source; /* or NULL */
	iom_cache_config caches;
	unsigned threads; /* that translated */
	iom_replay_alone alone;
	uint64_t shared; /* DMAs that were shared out among them */
	iom_replay_totals totals;
	bool stale_checked;
	bool synthesised; /* accesses made up by the importer */
	uint64_t records; /* without payload slots */
	uint64_t by_kind[IOM_TRACE_N_KINDS];
	uint64_t dma;
	uint64_t translated;
	uint64_t faulted;
	uint64_t interrupts; /* DMAs that were interrupt messages */
	uint64_t compared; /* DMAs with an expected answer */
	uint64_t mismatches; /* DMAs and register reads that differ */
	uint64_t stale;
	uint64_t unbacked; /* memory writes of the trace outside its RAM */
	uint64_t lost; /* records the source says it lost */
	uint64_t messages; /* MSIs and wired interrupts from the model */
	double seconds;
	iom_statistics statistics;
	GArray *devices; /* iom_replay_device, by requester */
	GArray *faults; /* iom_replay_fault, by code */
	GArray *first_mismatches; /* iom_replay_difference */
	GArray *first_stale;
	GArray *intervals; /* iom_replay_interval */
	GArray *marks; /* iom_replay_mark, the first 64 */
	GPtrArray *notes; /* char *: what the model logged, the first 16 */
	iom_iommu *iommu; /* for names of faults; after the run, the report's */
	struct model *model; /* private: what `iommu` needs */
} iom_replay_report;

/* Replay all of the trace. NULL: an unreadable or damaged trace, or a machine that cannot be. */
iom_replay_report *iom_replay_run(const char *trace, const iom_replay_options *options,
				  GError **error);
void iom_replay_report_free(iom_replay_report *report);
/* An empty one, to be filled. */
iom_replay_report *iom_replay_report_new(const char *trace);

/*
 * Replay several traces, each with an IOMMU of its own, side by side: as many at
 * once as `threads`, and if there are more threads than traces, each trace with its
 * part of them. reports[i] is that of traces[i]. False: an error, of the first of
 * the traces that have one, and no report. `progress` tells of all together and is
 * called by one thread at a time.
 */
gboolean iom_replay_run_several(char *const *traces, unsigned n, const iom_replay_options *options,
				unsigned threads, iom_replay_report **reports, GError **error);

/*
 * The sum of several reports, which have to outlive it: figures, devices one after
 * the other, no differences. `seconds` took all of them together.
 */
iom_replay_report *iom_replay_total(iom_replay_report *const *reports, unsigned n, double seconds);

/*
 * Replay up to DMA number `dma` (from 0) and call `at` instead of translating it.
 * False: as above, or the trace has no such DMA.
 */
typedef void (*iom_replay_at)(void *opaque, iom_iommu *iommu, const iom_trace_record *record,
			      uint64_t number);
gboolean iom_replay_until(const char *trace, const iom_replay_options *options, uint64_t dma,
			  iom_replay_at at, void *opaque, GError **error);

/* The request that a DMA record describes. */
void iom_replay_request(const iom_trace_record *record, iom_request *request);
/* Does the answer hold what the record expects? True also if it expects nothing. */
bool iom_replay_matches(const iom_trace_record *record, const iom_result *result);

/* ---- reports ---- */

/* For people, ended by a one-line verdict. */
void iom_replay_print(const iom_replay_report *report, GString *out);
/* The last lines for several traces. */
void iom_replay_print_total(const iom_replay_report *total, unsigned n, GString *out);
/* One line on a difference: what was asked, expected and answered. */
void iom_replay_print_difference(const iom_replay_report *report, const iom_replay_difference *d,
				 bool stale, GString *out);
/* "00:02.0" or "StreamID 0x10". */
void iom_replay_print_requester(iom_kind kind, uint32_t requester, GString *out);
/* For scripts. Error: IOM_ERROR_UNSUPPORTED in a build without json-glib, or the file. */
bool iom_replay_has_json(void);
gboolean iom_replay_write_json(const iom_replay_report *report, const char *path, GError **error);
/* The object of the total, with those of the traces in its member "traces". */
gboolean iom_replay_write_json_several(const iom_replay_report *total,
				       iom_replay_report *const *reports, unsigned n,
				       const char *path, GError **error);
/* One page that needs nothing else. */
gboolean iom_replay_write_html(const iom_replay_report *report, const char *path, GError **error);

#endif
