/* SPDX-License-Identifier: MIT */
/* The replay's result for scripts. Keys are only ever added. */
#include "config.h"

#include "sim/replay/machine-cache.h"
#include "sim/replay/print.h"
#include "sim/trace/output.h"

#include <string.h>

#if IOM_HAVE_JSON
#include <json-glib/json-glib.h>

bool iom_replay_has_json(void)
{
	return true;
}

static void member_count(JsonBuilder *b, const char *name, uint64_t value)
{
	json_builder_set_member_name(b, name);
	json_builder_add_int_value(b, (gint64)MIN(value, (uint64_t)G_MAXINT64));
}

static void member_text(JsonBuilder *b, const char *name, const char *text)
{
	json_builder_set_member_name(b, name);
	if (text) {
		/* File names may be anything, JSON is UTF-8. */
		g_autofree char *valid = g_utf8_make_valid(text, -1);

		json_builder_add_string_value(b, valid);
	} else {
		json_builder_add_null_value(b);
	}
}

/* Addresses do not fit the numbers that JSON readers keep exactly. */
static void member_hex(JsonBuilder *b, const char *name, uint64_t value)
{
	g_autofree char *text = g_strdup_printf("0x%" G_GINT64_MODIFIER "x", value);

	member_text(b, name, text);
}

static void add_commands(JsonBuilder *b, const iom_replay_report *r)
{
	json_builder_set_member_name(b, "commands");
	json_builder_begin_object(b);
	for (unsigned i = 0; i < IOM_MAX_COMMANDS; i++) {
		const iom_counter *c = &r->statistics.commands[i];

		if (c->name && c->value)
			member_count(b, c->name, c->value);
	}
	json_builder_end_object(b);
}

static void add_partitions(JsonBuilder *b, const iom_cache_statistics *c)
{
	json_builder_set_member_name(b, "partitions");
	json_builder_begin_array(b);
	for (unsigned i = 0; i < c->n_partitions; i++) {
		json_builder_begin_object(b);
		member_count(b, "ways", c->partition[i].ways);
		member_count(b, "insertions", c->partition[i].insertions);
		member_count(b, "evictions", c->partition[i].evictions);
		json_builder_end_object(b);
	}
	json_builder_end_array(b);
}

static void add_options(JsonBuilder *b, const iom_cache_options *o, const iom_cache_statistics *c)
{
	g_autoptr(GString) text = g_string_new(NULL);

	iom_cache_print_options(o, text);
	member_text(b, "options", text->str);
	member_count(b, "sectors", 1u << o->sectors_lg2);
	member_text(b, "partition_by", iom_cache_partition_name(o->partition_by));
	add_partitions(b, c);
	member_count(b, "sectors_filled", c->sectors_filled);
	member_count(b, "pinned", c->pinned);
	member_count(b, "pins_refused", c->pins_refused);
	member_count(b, "prefetched", c->prefetched);
	member_count(b, "prefetch_used", c->prefetch_used);
}

static void add_caches(JsonBuilder *b, const iom_replay_report *r)
{
	json_builder_set_member_name(b, "caches");
	json_builder_begin_object(b);
	for (unsigned i = 0; i < IOM_N_CACHES; i++) {
		const iom_cache_statistics *c = &r->statistics.caches[i];
		const iom_cache_geometry *g = &r->caches.cache[i];

		json_builder_set_member_name(b, iom_print_cache_name(i));
		json_builder_begin_object(b);
		member_count(b, "hits", c->hits);
		member_count(b, "misses", c->misses);
		member_count(b, "evictions", c->evictions);
		member_count(b, "invalidated", c->invalidated);
		member_count(b, "entries", g->entries);
		member_count(b, "ways", g->ways);
		member_text(b, "policy", iom_machine_policy_name(g->policy));
		add_options(b, &r->caches.options[i], c);
		json_builder_end_object(b);
	}
	json_builder_end_object(b);
}

static void add_devices(JsonBuilder *b, const iom_replay_report *r)
{
	json_builder_set_member_name(b, "devices");
	json_builder_begin_array(b);
	for (guint i = 0; i < r->devices->len; i++) {
		const iom_replay_device *d = &g_array_index(r->devices, iom_replay_device, i);
		g_autoptr(GString) name = g_string_new(NULL);

		iom_replay_print_requester(r->kind, d->requester, name);
		json_builder_begin_object(b);
		member_count(b, "requester", d->requester);
		member_text(b, "name", name->str);
		member_count(b, "dma", d->dma);
		member_count(b, "translated", d->translated);
		member_count(b, "faulted", d->faulted);
		member_count(b, "iotlb_hits", d->cached);
		member_count(b, "mismatches", d->mismatches);
		member_count(b, "stale", d->stale);
		member_count(b, "bytes", d->bytes);
		json_builder_end_object(b);
	}
	json_builder_end_array(b);
}

static void add_faults(JsonBuilder *b, const iom_replay_report *r)
{
	json_builder_set_member_name(b, "faults");
	json_builder_begin_array(b);
	for (guint i = 0; i < r->faults->len; i++) {
		const iom_replay_fault *f = &g_array_index(r->faults, iom_replay_fault, i);

		json_builder_begin_object(b);
		member_count(b, "code", f->code);
		member_text(b, "name", iom_iommu_fault_name(r->iommu, f->code));
		member_count(b, "count", f->count);
		json_builder_end_object(b);
	}
	json_builder_end_array(b);
}

static void add_differences(JsonBuilder *b, const iom_replay_report *r, const char *name,
			    const GArray *first, bool stale)
{
	json_builder_set_member_name(b, name);
	json_builder_begin_array(b);
	for (guint i = 0; i < first->len; i++) {
		const iom_replay_difference *d = &g_array_index(first, iom_replay_difference, i);
		g_autoptr(GString) text = g_string_new(NULL);

		iom_replay_print_difference(r, d, stale, text);
		json_builder_begin_object(b);
		member_count(b, "record", d->record);
		member_count(b, "dma", d->dma);
		member_count(b, "requester", d->trace.requester);
		member_hex(b, "address", d->trace.address);
		member_hex(b, "expected", stale ? d->fresh.address : d->trace.value);
		member_hex(b, "got",
			   d->trace.kind == IOM_TRACE_REG_READ ? d->value : d->got.address);
		member_text(b, "text", text->str);
		json_builder_end_object(b);
	}
	json_builder_end_array(b);
}

static void add_totals(JsonBuilder *b, const iom_replay_report *r)
{
	static const char *const totals[] = { "exact", "nearly exact unless domains are shared",
					      "hits may differ" };

	member_text(b, "iommu", r->mixed ? "mixed" : iom_machine_kind_name(r->kind));
	member_text(b, "trace", r->trace);
	member_text(b, "source", r->source);
	member_count(b, "dma", r->dma);
	member_count(b, "translated", r->translated);
	member_count(b, "faulted", r->faulted);
	member_count(b, "interrupt_messages", r->interrupts);
	member_count(b, "compared", r->compared);
	member_count(b, "mismatches", r->mismatches);
	json_builder_set_member_name(b, "stale_checked");
	json_builder_add_boolean_value(b, r->stale_checked);
	member_count(b, "stale", r->stale);
	json_builder_set_member_name(b, "synthesised");
	json_builder_add_boolean_value(b, r->synthesised);
	member_count(b, "events", r->statistics.events);
	member_count(b, "events_lost", r->statistics.events_lost);
	member_count(b, "table_reads", r->statistics.table_reads);
	member_count(b, "table_writes", r->statistics.table_writes);
	member_count(b, "interrupts", r->messages);
	member_count(b, "page_requests", r->by_kind[IOM_TRACE_PAGE_REQUEST]);
	member_count(b, "register_writes", r->by_kind[IOM_TRACE_REG_WRITE]);
	member_count(b, "memory_writes",
		     r->by_kind[IOM_TRACE_MEM_WRITE] + r->by_kind[IOM_TRACE_MEM_BLOCK]);
	member_count(b, "commands_recorded", r->by_kind[IOM_TRACE_COMMAND]);
	member_count(b, "records", r->records);
	member_count(b, "lost", r->lost);
	member_count(b, "threads", r->threads);
	member_count(b, "dma_shared_out", r->shared);
	member_text(b, "totals", totals[r->totals]);
	json_builder_set_member_name(b, "seconds");
	json_builder_add_double_value(b, r->seconds);
	json_builder_set_member_name(b, "dma_per_second");
	json_builder_add_double_value(b, r->seconds > 0 ? (double)r->dma / r->seconds : 0.0);
}

static void add_report(JsonBuilder *b, const iom_replay_report *r)
{
	member_text(b, "schema", "iommulate-replay-1");
	add_totals(b, r);
	add_commands(b, r);
	add_caches(b, r);
	add_devices(b, r);
	add_faults(b, r);
	add_differences(b, r, "first_mismatches", r->first_mismatches, false);
	add_differences(b, r, "first_stale", r->first_stale, true);
}

static gboolean write_out(JsonBuilder *b, const char *path, GError **error)
{
	g_autoptr(JsonGenerator) generator = json_generator_new();
	g_autofree char *text = NULL;
	JsonNode *root = json_builder_get_root(b);
	iom_output *out;
	gsize len;

	json_generator_set_pretty(generator, TRUE);
	json_generator_set_root(generator, root);
	text = json_generator_to_data(generator, &len);
	json_node_unref(root);
	out = iom_output_open(path, error);
	if (!out)
		return FALSE;
	iom_output_write(out, text, len);
	iom_output_write(out, "\n", 1);
	return iom_output_finish(out, error);
}

gboolean iom_replay_write_json(const iom_replay_report *r, const char *path, GError **error)
{
	g_autoptr(JsonBuilder) b = json_builder_new();

	json_builder_begin_object(b);
	add_report(b, r);
	json_builder_end_object(b);
	return write_out(b, path, error);
}

gboolean iom_replay_write_json_several(const iom_replay_report *total,
				       iom_replay_report *const *reports, unsigned n,
				       const char *path, GError **error)
{
	g_autoptr(JsonBuilder) b = json_builder_new();

	json_builder_begin_object(b);
	add_report(b, total);
	json_builder_set_member_name(b, "traces");
	json_builder_begin_array(b);
	for (unsigned i = 0; i < n; i++) {
		json_builder_begin_object(b);
		add_report(b, reports[i]);
		json_builder_end_object(b);
	}
	json_builder_end_array(b);
	json_builder_end_object(b);
	return write_out(b, path, error);
}

#else

bool iom_replay_has_json(void)
{
	return false;
}

gboolean iom_replay_write_json(const iom_replay_report *r, const char *path, GError **error)
{
	(void)r;
	g_set_error(error, IOM_ERROR, IOM_ERROR_UNSUPPORTED,
		    "%s: this build has no JSON output (json-glib)", path);
	return FALSE;
}

gboolean iom_replay_write_json_several(const iom_replay_report *total,
				       iom_replay_report *const *reports, unsigned n,
				       const char *path, GError **error)
{
	(void)reports;
	(void)n;
	return iom_replay_write_json(total, path, error);
}
#endif
