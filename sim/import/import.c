/* SPDX-License-Identifier: MIT */
#include "sim/import/import.h"

#include <inttypes.h>
#include <string.h>

void iom_import_report_init(iom_import_report *report)
{
	memset(report, 0, sizeof(*report));
	report->unknown = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	report->notes = g_ptr_array_new_with_free_func(g_free);
}

void iom_import_report_clear(iom_import_report *report)
{
	g_clear_pointer(&report->unknown, g_hash_table_destroy);
	g_clear_pointer(&report->notes, g_ptr_array_unref);
}

static void print_unknown(const iom_import_report *report, GString *out)
{
	GList *names = g_list_sort(g_hash_table_get_keys(report->unknown), (GCompareFunc)strcmp);
	uint64_t total = 0;

	for (GList *l = names; l; l = l->next)
		total += *(uint64_t *)g_hash_table_lookup(report->unknown, l->data);
	g_string_append_printf(out, "  %" PRIu64 " lines of %u unknown events:", total,
			       g_list_length(names));
	for (GList *l = names; l; l = l->next)
		g_string_append_printf(out, " %s (%" PRIu64 ")", (char *)l->data,
				       *(uint64_t *)g_hash_table_lookup(report->unknown, l->data));
	g_string_append_c(out, '\n');
	g_list_free(names);
}

void iom_import_report_print(const iom_import_report *report, const char *log, GString *out)
{
	g_string_append_printf(out, "%s: %s, %" PRIu64 " lines\n", log,
			       report->kind == IOM_KIND_SMMUV3 ? "SMMUv3" : "VT-d", report->lines);
	g_string_append_printf(out,
			       "  %" PRIu64 " DMAs (%" PRIu64 " expected to fault), %" PRIu64
			       " register writes, %" PRIu64 " commands, %" PRIu64
			       " words of memory\n",
			       report->dma, report->faults, report->register_writes,
			       report->commands, report->memory_writes);
	if (report->made_up)
		g_string_append_printf(out,
				       "  %" PRIu64 " commands were made up from the log, the "
				       "tables holding others in their place\n",
				       report->made_up);
	if (report->placed)
		g_string_append_printf(out,
				       "  %" PRIu64
				       " faults were given an address that faults alike, "
				       "theirs not being in the log\n",
				       report->placed);
	if (report->left_out)
		g_string_append_printf(out,
				       "  %" PRIu64 " faults were left out, their addresses not "
				       "being in the log\n",
				       report->left_out);
	if (report->damaged)
		g_string_append_printf(out, "  %" PRIu64 " lines of known events are damaged\n",
				       report->damaged);
	if (report->other)
		g_string_append_printf(out, "  %" PRIu64 " lines are no trace events\n",
				       report->other);
	if (g_hash_table_size(report->unknown))
		print_unknown(report, out);
	if (report->cut)
		g_string_append(out, "  the last line is cut off and was left out\n");
	for (guint i = 0; i < report->notes->len; i++)
		g_string_append_printf(out, "  note: %s\n",
				       (char *)g_ptr_array_index(report->notes, i));
}
