/* SPDX-License-Identifier: MIT */
/* The replay's result as one page without scripts and without anything from elsewhere. */
#include "sim/replay/html.h"
#include "sim/replay/machine-cache.h"

#include "sim/replay/print.h"
#include "sim/trace/output.h"

void iom_html_text(GString *out, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	g_autofree char *escaped = g_markup_escape_text(valid, -1);

	g_string_append(out, escaped);
}

static void cell_count(GString *out, uint64_t value)
{
	g_string_append(out, "<td>");
	iom_print_count(out, value);
	g_string_append(out, "</td>");
}

/* A share with a bar behind it. */
static void cell_rate(GString *out, uint64_t part, uint64_t whole)
{
	char width[G_ASCII_DTOSTR_BUF_SIZE];

	g_ascii_formatd(width, sizeof(width), "%.1f",
			whole ? 100.0 * (double)part / (double)whole : 0.0);
	g_string_append_printf(out, "<td class=\"rate\" style=\"--w:%s%%\">", width);
	iom_print_percent(out, part, whole, 0);
	g_string_append(out, "</td>");
}

static void tile(GString *out, const char *label, const char *value)
{
	g_string_append_printf(out, "<div class=\"tile\"><b>%s</b><span>%s</span></div>\n", value,
			       label);
}

static void tile_count(GString *out, const char *label, uint64_t value)
{
	g_autoptr(GString) text = g_string_new(NULL);

	iom_print_count(text, value);
	tile(out, label, text->str);
}

static void verdict(const iom_replay_report *r, GString *out)
{
	bool bad = r->mismatches || r->stale;

	g_string_append_printf(out, "<p class=\"verdict %s\">",
			       bad           ? "bad"
			       : r->compared ? "good"
					     : "neutral");
	if (r->mismatches) {
		iom_print_count(out, r->mismatches);
		g_string_append(out, r->mismatches == 1 ? " answer differs" : " answers differ");
		g_string_append(out, " from the recorded one. ");
	} else if (r->compared) {
		g_string_append(out, "All ");
		iom_print_count(out, r->compared);
		g_string_append(out, " answers are the recorded ones. ");
	} else {
		g_string_append(out, "The trace records no answers to compare with. ");
	}
	if (r->stale) {
		iom_print_count(out, r->stale);
		g_string_append(out, r->stale == 1 ? " access used" : " accesses used");
		g_string_append(out, " a stale cached entry.");
	} else if (r->stale_checked) {
		g_string_append(out, "No access used a stale entry.");
	}
	g_string_append(out, "</p>\n");
}

static void tiles(const iom_replay_report *r, GString *out)
{
	const iom_cache_statistics *tlb = &r->statistics.caches[IOM_CACHE_IOTLB];
	g_autoptr(GString) rate = g_string_new(NULL);

	iom_print_percent(rate, tlb->hits, tlb->hits + tlb->misses, 0);
	g_string_append(out, "<div class=\"tiles\">\n");
	tile_count(out, "DMAs", r->dma);
	tile_count(out, "translated", r->translated);
	tile_count(out, "faulted", r->faulted);
	tile(out, "IOTLB hits", rate->str);
	tile_count(out, "table reads", r->statistics.table_reads);
	tile_count(out, "events recorded", r->statistics.events);
	tile_count(out, "register writes", r->by_kind[IOM_TRACE_REG_WRITE]);
	tile_count(out, "DMAs a second",
		   r->seconds > 0 ? (uint64_t)((double)r->dma / r->seconds) : 0);
	g_string_append(out, "</div>\n");
}

static void devices(const iom_replay_report *r, GString *out)
{
	if (r->devices->len == 0)
		return;
	g_string_append(out, "<h2>Devices</h2>\n<div class=\"card\"><table>\n<tr><th>Device</th>"
			     "<th>DMAs</th><th>Share</th><th>Translated</th><th>Faulted</th>"
			     "<th>IOTLB hits</th><th>Differ</th>");
	g_string_append(out, r->stale_checked ? "<th>Stale</th></tr>\n" : "</tr>\n");
	for (guint i = 0; i < r->devices->len; i++) {
		const iom_replay_device *d = &g_array_index(r->devices, iom_replay_device, i);

		g_string_append(out, "<tr><td class=\"mono\">");
		iom_replay_print_requester(r->kind, d->requester, out);
		g_string_append(out, "</td>");
		cell_count(out, d->dma);
		cell_rate(out, d->dma, r->dma);
		cell_count(out, d->translated);
		cell_count(out, d->faulted);
		cell_rate(out, d->cached, d->dma);
		cell_count(out, d->mismatches);
		if (r->stale_checked)
			cell_count(out, d->stale);
		g_string_append(out, "</tr>\n");
	}
	g_string_append(out, "</table></div>\n");
}

static void geometry(const iom_cache_geometry *g, const iom_cache_options *o, GString *out)
{
	g_autoptr(GString) options = g_string_new(NULL);

	g_string_append(out, "<td class=\"l\">");
	if (g->entries == 0) {
		g_string_append(out, "off");
	} else {
		iom_print_count(out, g->entries);
		if (g->ways == 0 || g->ways >= g->entries)
			g_string_append(out, " entries, fully associative, ");
		else
			g_string_append_printf(out, " entries, %u ways, ", g->ways);
		g_string_append(out, iom_machine_policy_name(g->policy));
	}
	iom_cache_print_options(o, options);
	if (options->len)
		g_string_append_printf(out, "; %s", options->str);
	g_string_append(out, "</td>");
}

static void caches(const iom_replay_report *r, GString *out)
{
	g_string_append(out, "<h2>Caches</h2>\n<div class=\"card\"><table>\n<tr><th>Cache</th>"
			     "<th class=\"l\">Geometry</th><th>Hit rate</th><th>Hits</th>"
			     "<th>Misses</th><th>Evictions</th><th>Invalidated</th></tr>\n");
	for (unsigned i = 0; i < IOM_N_CACHES; i++) {
		const iom_cache_statistics *c = &r->statistics.caches[i];

		if (i == IOM_CACHE_INTERRUPT && c->hits + c->misses == 0)
			continue;
		g_string_append_printf(out, "<tr><td>%s</td>", iom_print_cache_name(i));
		geometry(&r->caches.cache[i], &r->caches.options[i], out);
		cell_rate(out, c->hits, c->hits + c->misses);
		cell_count(out, c->hits);
		cell_count(out, c->misses);
		cell_count(out, c->evictions);
		cell_count(out, c->invalidated);
		g_string_append(out, "</tr>\n");
	}
	g_string_append(out, "</table></div>\n");
}

static void commands(const iom_replay_report *r, GString *out)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < IOM_MAX_COMMANDS; i++)
		total += r->statistics.commands[i].name ? r->statistics.commands[i].value : 0;
	if (total == 0)
		return;
	g_string_append(out, "<h2>Commands consumed</h2>\n<div class=\"card\"><table>\n"
			     "<tr><th>Command</th><th>Count</th><th>Share</th></tr>\n");
	for (unsigned i = 0; i < IOM_MAX_COMMANDS; i++) {
		const iom_counter *c = &r->statistics.commands[i];

		if (!c->name || !c->value)
			continue;
		g_string_append(out, "<tr><td class=\"mono\">");
		iom_html_text(out, c->name);
		g_string_append(out, "</td>");
		cell_count(out, c->value);
		cell_rate(out, c->value, total);
		g_string_append(out, "</tr>\n");
	}
	g_string_append(out, "</table></div>\n");
}

static void faults(const iom_replay_report *r, GString *out)
{
	if (r->faults->len == 0)
		return;
	g_string_append(out, "<h2>Faults</h2>\n<div class=\"card\"><table>\n"
			     "<tr><th>Fault</th><th>DMAs</th><th>Share</th></tr>\n");
	for (guint i = 0; i < r->faults->len; i++) {
		const iom_replay_fault *f = &g_array_index(r->faults, iom_replay_fault, i);
		g_autoptr(GString) name = g_string_new(NULL);

		iom_print_fault(name, r->iommu, f->code);
		g_string_append(out, "<tr><td class=\"mono\">");
		iom_html_text(out, name->str);
		g_string_append(out, "</td>");
		cell_count(out, f->count);
		cell_rate(out, f->count, r->faulted);
		g_string_append(out, "</tr>\n");
	}
	g_string_append(out, "</table></div>\n");
}

static void differences(const iom_replay_report *r, const char *title, const GArray *first,
			uint64_t total, bool stale, GString *out)
{
	if (first->len == 0)
		return;
	g_string_append_printf(out, "<h2>%s</h2>\n<div class=\"card\"><ul class=\"diff mono\">\n",
			       title);
	for (guint i = 0; i < first->len; i++) {
		g_autoptr(GString) text = g_string_new(NULL);

		iom_replay_print_difference(r, &g_array_index(first, iom_replay_difference, i),
					    stale, text);
		g_string_append(out, "<li>");
		iom_html_text(out, text->str);
		g_string_append(out, "</li>\n");
	}
	if (total > first->len) {
		g_string_append(out, "<li>and ");
		iom_print_count(out, total - first->len);
		g_string_append(out, " more</li>\n");
	}
	g_string_append(out, "</ul></div>\n");
}

static void head(const iom_replay_report *r, GString *out)
{
	g_autofree char *name = g_path_get_basename(r->trace);

	g_string_append(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta "
			     "charset=\"utf-8\">\n<meta name=\"viewport\" "
			     "content=\"width=device-width,initial-scale=1\">\n<title>");
	iom_html_text(out, name);
	g_string_append_printf(out,
			       " - iommulate replay</title>\n<style>\n%s</style>\n</head>\n"
			       "<body><main>\n<h1>",
			       iom_html_style);
	iom_html_text(out, name);
	g_string_append_printf(out, "</h1>\n<p class=\"sub\">%s",
			       r->kind == IOM_KIND_VTD ? "Intel VT-d" : "Arm SMMUv3");
	if (r->source) {
		g_string_append(out, " &middot; ");
		iom_html_text(out, r->source);
	}
	if (r->synthesised)
		g_string_append(out, " &middot; accesses synthesised, not observed");
	g_string_append(out, "</p>\n");
}

gboolean iom_replay_write_html(const iom_replay_report *r, const char *path, GError **error)
{
	g_autoptr(GString) page = g_string_new(NULL);
	iom_output *out;

	head(r, page);
	verdict(r, page);
	tiles(r, page);
	differences(r, "Answers that differ", r->first_mismatches, r->mismatches, false, page);
	differences(r, "Stale entries used", r->first_stale, r->stale, true, page);
	iom_html_timeline(r, page);
	devices(r, page);
	caches(r, page);
	commands(r, page);
	faults(r, page);
	g_string_append_printf(page, "<footer>iommulate %s</footer>\n</main></body>\n</html>\n",
			       iom_version());
	out = iom_output_open(path, error);
	if (!out)
		return FALSE;
	iom_output_write(out, page->str, page->len);
	return iom_output_finish(out, error);
}
