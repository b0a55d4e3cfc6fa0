/* SPDX-License-Identifier: MIT */
/*
 * Where the importers put records: guest memory as the trace leaves it, and the
 * trace itself. The header of a trace comes first, but what belongs into it (ID
 * registers, modes that are used) shows only while the log is read, so records
 * are held back until iom_sink_open().
 */
#ifndef IOM_SIM_IMPORT_SINK_H
#define IOM_SIM_IMPORT_SINK_H

#include "sim/import/import.h"
#include "sim/import/shadow.h"
#include "sim/import/tables.h"
#include "sim/trace/trace.h"

typedef struct iom_sink {
	const char *path;
	iom_trace_writer *writer; /* NULL until opened */
	GByteArray *held;
	iom_shadow memory;
	iom_import_report *report;
	GError *error; /* of opening */
} iom_sink;

void iom_sink_init(iom_sink *sink, const char *path, iom_import_report *report);
/* Write the header and what was held back. */
void iom_sink_open(iom_sink *sink, const iom_trace_info *info);
gboolean iom_sink_finish(iom_sink *sink, GError **error);
void iom_sink_clear(iom_sink *sink); /* an unfinished trace disappears */

void iom_sink_record(iom_sink *sink, const iom_trace_record *record);
/* Make the word at `address` hold `value`; a record only if it does not yet. */
void iom_sink_word(iom_sink *sink, uint64_t address, uint64_t value);
/* The words of `page` for which `keep` says so, as blocks where they are dense. */
void iom_sink_page(iom_sink *sink, const iom_shadow_page *page,
		   bool (*keep)(void *opaque, uint64_t address, uint64_t value), void *opaque);
void iom_sink_register(iom_sink *sink, uint64_t offset, uint64_t value, unsigned size);
void iom_sink_dma(iom_sink *sink, const iom_trace_record *record);
/* Tell the person who runs the import something; each note once. */
void iom_sink_note(iom_sink *sink, const char *format, ...) G_GNUC_PRINTF(2, 3);

static inline uint64_t iom_sink_read(iom_sink *sink, uint64_t address)
{
	return iom_shadow_get(&sink->memory, address);
}

#endif
