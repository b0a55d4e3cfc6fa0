/* SPDX-License-Identifier: MIT */
/*
 * The timeline: one drawing for each quantity, all over the same axis, so that
 * what happens together is seen together.
 */
#include "sim/replay/html.h"

#include "sim/replay/print.h"

#include <math.h>
#include <string.h>

#define LEFT 8.0
#define WIDE 984.0
#define HIGH 84.0
#define TOP 22.0

typedef struct panel {
	const char *title;
	const char *class;
	const char *unit;
	double (*value)(const iom_replay_interval *v);
} panel;

static double per_dma(uint64_t n, const iom_replay_interval *v)
{
	return v->dma ? (double)n / (double)v->dma : 0.0;
}

static double miss_share(const iom_replay_interval *v)
{
	return 100.0 * per_dma(v->missed, v);
}

static double reads_per_dma(const iom_replay_interval *v)
{
	return per_dma(v->table_reads, v);
}

static double drops_per_dma(const iom_replay_interval *v)
{
	return per_dma(v->invalidated, v);
}

static double fault_share(const iom_replay_interval *v)
{
	return 100.0 * per_dma(v->faulted, v);
}

static const panel panels[] = {
	{ "IOTLB misses", "miss", "% of the DMAs", miss_share },
	{ "Table reads", "read", "a DMA", reads_per_dma },
	{ "IOTLB entries invalidated", "drop", "a DMA", drops_per_dma },
	{ "Faults", "fault", "% of the DMAs", fault_share },
};

/* Like printf() of one number, but with a "." in every locale. */
static void number(GString *out, const char *format, double value)
{
	const char *conversion = strchr(format, '%');
	const char *rest = conversion + strcspn(conversion, "fg") + 1;
	char spec[16], text[64];

	g_strlcpy(spec, conversion, MIN(sizeof(spec), (gsize)(rest - conversion) + 1));
	g_string_append_len(out, format, conversion - format);
	g_string_append(out, g_ascii_formatd(text, sizeof(text), spec, value));
	g_string_append(out, rest);
}

static uint64_t total_dma(const iom_replay_report *r)
{
	uint64_t n = 0;

	for (guint i = 0; i < r->intervals->len; i++)
		n += g_array_index(r->intervals, iom_replay_interval, i).dma;
	return n;
}

static double x_of(uint64_t dma, uint64_t total)
{
	return LEFT + WIDE * (double)dma / (double)total;
}

/* The area under the values, as steps as wide as their intervals. */
static void area(const iom_replay_report *r, const panel *p, double max, uint64_t total,
		 GString *out)
{
	uint64_t at = 0;

	g_string_append_printf(out, "<path class=\"area %s\" d=\"M", p->class);
	number(out, "%.2f", LEFT);
	number(out, " %.2f", TOP + HIGH);
	for (guint i = 0; i < r->intervals->len; i++) {
		const iom_replay_interval *v = &g_array_index(r->intervals, iom_replay_interval, i);

		number(out, "V%.2f", TOP + HIGH - HIGH * p->value(v) / max);
		at += v->dma;
		number(out, "H%.2f", x_of(at, total));
	}
	number(out, "V%.2fZ\"/>\n", TOP + HIGH);
}

/* What the pointer sees. */
static void tips(const iom_replay_report *r, const panel *p, uint64_t total, GString *out)
{
	uint64_t at = 0;

	for (guint i = 0; i < r->intervals->len; i++) {
		const iom_replay_interval *v = &g_array_index(r->intervals, iom_replay_interval, i);

		number(out, "<rect class=\"tip\" x=\"%.2f\"", x_of(at, total));
		number(out, " width=\"%.2f\"", x_of(at + v->dma, total) - x_of(at, total));
		number(out, " y=\"%.0f\"", TOP);
		number(out, " height=\"%.0f\"><title>DMA ", HIGH);
		iom_print_count(out, at);
		g_string_append(out, " to ");
		iom_print_count(out, at + v->dma - 1);
		number(out, ": %.3g ", p->value(v));
		g_string_append_printf(out, "%s</title></rect>\n", p->unit);
		at += v->dma;
	}
}

static void marks(const iom_replay_report *r, uint64_t total, GString *out)
{
	for (guint i = 0; i < r->marks->len; i++) {
		const iom_replay_mark *m = &g_array_index(r->marks, iom_replay_mark, i);
		double x = x_of(MIN(m->dma, total), total);

		number(out, "<line class=\"mark\" x1=\"%.2f\"", x);
		number(out, " x2=\"%.2f\"", x);
		number(out, " y1=\"%.0f\"", TOP);
		number(out, " y2=\"%.0f\"><title>", TOP + HIGH);
		iom_html_text(out, m->text);
		g_string_append(out, "</title></line>\n");
	}
}

static void draw(const iom_replay_report *r, const panel *p, uint64_t total, GString *out)
{
	double max = 0;

	for (guint i = 0; i < r->intervals->len; i++)
		max = fmax(max, p->value(&g_array_index(r->intervals, iom_replay_interval, i)));
	if (max == 0) {
		g_string_append_printf(out, "<p class=\"none\"><b>%s</b> none</p>\n", p->title);
		return;
	}
	number(out, "<svg viewBox=\"0 0 1000 %.0f\" role=\"img\">\n", TOP + HIGH + 18);
	number(out, "<text x=\"%.0f\" y=\"14\" class=\"title\">", LEFT);
	g_string_append_printf(out, "%s</text>\n", p->title);
	number(out, "<text x=\"%.0f\" y=\"14\" class=\"axis end\">", LEFT + WIDE);
	number(out, "highest %.3g ", max);
	g_string_append_printf(out, "%s</text>\n", p->unit);
	number(out, "<line class=\"grid\" x1=\"%.0f\"", LEFT);
	number(out, " x2=\"%.0f\"", LEFT + WIDE);
	number(out, " y1=\"%.0f\"", TOP);
	number(out, " y2=\"%.0f\"/>\n", TOP);
	area(r, p, max, total, out);
	number(out, "<line class=\"base\" x1=\"%.0f\"", LEFT);
	number(out, " x2=\"%.0f\"", LEFT + WIDE);
	number(out, " y1=\"%.0f\"", TOP + HIGH);
	number(out, " y2=\"%.0f\"/>\n", TOP + HIGH);
	for (unsigned i = 0; i <= 4; i++) {
		static const char *const anchor[] = { "", " mid", " mid", " mid", " end" };

		number(out, "<text x=\"%.1f\"", LEFT + WIDE * i / 4);
		number(out, " y=\"%.0f\"", TOP + HIGH + 14);
		g_string_append_printf(out, " class=\"axis%s\">%s", anchor[i],
				       i == 0 ? "DMA " : "");
		iom_print_count(out, total * i / 4);
		g_string_append(out, "</text>\n");
	}
	tips(r, p, total, out);
	marks(r, total, out);
	g_string_append(out, "</svg>\n");
}

void iom_html_timeline(const iom_replay_report *r, GString *out)
{
	uint64_t total = total_dma(r);

	if (total == 0)
		return;
	g_string_append(out, "<h2>Over the run</h2>\n<div class=\"card\">\n");
	for (unsigned i = 0; i < G_N_ELEMENTS(panels); i++)
		draw(r, &panels[i], total, out);
	g_string_append(out, "</div>\n");
}
