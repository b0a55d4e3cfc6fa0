/* SPDX-License-Identifier: MIT */
/*
 * Importers: make a trace of what another program logged.
 */
#ifndef IOM_SIM_IMPORT_H
#define IOM_SIM_IMPORT_H

#include <iommulate/core.h>

typedef struct iom_import_options {
	const char *log; /* file to read, "-" standard input */
	const char *tables; /* contents of the guest's tables, or NULL */
	const char *output; /* trace to write, "-" standard output */
	/* What a VT-d log does not tell; each counts only when its `have_` is true. */
	bool have_ver, have_cap, have_ecap, have_haw;
	uint32_t ver, haw;
	uint64_t cap, ecap;
} iom_import_options;

/* What was found, for the person who ran the import. */
typedef struct iom_import_report {
	iom_kind kind;
	uint64_t lines; /* read */
	uint64_t known; /* of these, events that the importer understands */
	uint64_t damaged; /* known events whose text does not have the known form */
	uint64_t other; /* lines that are no event at all */
	bool cut; /* the last line had no end and was left out */
	uint64_t dma; /* DMA records written */
	uint64_t faults; /* of these, expected to fault */
	uint64_t left_out; /* faults whose address is not in the log */
	uint64_t placed; /* the same, but any address of a kind faults alike: one was chosen */
	uint64_t register_writes;
	uint64_t commands; /* commands or descriptors seen consumed */
	uint64_t made_up; /* of these, written from the log because the tables have others */
	uint64_t memory_writes; /* words of memory written */
	uint64_t records; /* slots of the trace */
	GHashTable *unknown; /* event name -> uint64_t count */
	GPtrArray *notes; /* char *: what had to be assumed, each once */
} iom_import_report;

void iom_import_report_init(iom_import_report *report);
void iom_import_report_clear(iom_import_report *report);
/* Print it for a person; names sorted, so that the same input prints the same. */
void iom_import_report_print(const iom_import_report *report, const char *log, GString *out);

/*
 * Read the log of QEMU's `-trace` option and write a trace in which every table
 * word is in memory before the model needs it. False: nothing was left under
 * the name of the output.
 */
gboolean iom_import_qemu(const iom_import_options *options, iom_import_report *report,
			 GError **error);

#endif
