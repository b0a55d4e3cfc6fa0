/* SPDX-License-Identifier: MIT */
#include "sim/replay/explain.h"

#include "sim/replay/print.h"

#include <string.h>

#define WIDTH 96u

typedef struct explanation {
	GString *out;
	const char *trace;
	uint64_t dma;
	unsigned n; /* steps so far */
} explanation;

void iom_explain_wrap(GString *out, const char *text, unsigned indent, unsigned width)
{
	unsigned column = 0;

	while (*text) {
		gsize len = strcspn(text, " ");

		if (column && column + 1 + len > width) {
			g_string_append_c(out, '\n');
			column = 0;
		}
		if (column) {
			g_string_append_c(out, ' ');
			column++;
		} else {
			g_string_append_printf(out, "%*s", (int)indent, "");
			column = indent;
		}
		g_string_append_len(out, text, (gssize)len);
		column += (unsigned)g_utf8_strlen(text, (gssize)len);
		text += len;
		text += strspn(text, " ");
	}
	g_string_append_c(out, '\n');
}

/* "  3  read   STE at 0x43c00200                       [5.2 Stream Table Entry]" */
static void step_title(explanation *e, const iom_step *step, const char *verb)
{
	g_autoptr(GString) line = g_string_new(NULL);

	g_string_append_printf(line, "%3u  %-7s", ++e->n, verb);
	if (step->what)
		g_string_append_printf(line, " %s", step->what);
	if (step->kind == IOM_STEP_READ || step->kind == IOM_STEP_WRITE ||
	    (step->kind == IOM_STEP_COMMAND && step->address))
		g_string_append_printf(line, " at %#" G_GINT64_MODIFIER "x", step->address);
	g_string_append(e->out, line->str);
	if (step->section) {
		gsize room = WIDTH - MIN(strlen(step->section) + 2, (gsize)WIDTH);

		if (line->len + 2 > room)
			g_string_append_printf(e->out, "\n%*s", (int)room, "");
		else
			g_string_append_printf(e->out, "%*s", (int)(room - line->len), "");
		g_string_append_printf(e->out, "[%s]", step->section);
	}
	g_string_append_c(e->out, '\n');
}

static void step_words(explanation *e, const iom_step *step)
{
	g_autoptr(GString) text = g_string_new(NULL);

	/* Highest word last, as they lie in memory. */
	for (unsigned i = 0; i < step->n_words; i++)
		g_string_append_printf(text, "%s%016" G_GINT64_MODIFIER "x", i ? " " : "",
				       step->words[i]);
	if (text->len)
		iom_explain_wrap(e->out, text->str, 13, 13 + 4 * 17);
	if (!step->layout || !step->n_words)
		return;
	g_string_truncate(text, 0);
	iom_layout_print(step->layout, step->words, text);
	if (text->len)
		iom_explain_wrap(e->out, text->str, 13, WIDTH);
	else
		g_string_append_printf(e->out, "%13sall fields zero\n", "");
}

static void on_step(void *opaque, const iom_step *step)
{
	static const char *const verbs[] = {
		[IOM_STEP_READ] = "read",     [IOM_STEP_WRITE] = "write",
		[IOM_STEP_CACHE] = "cache",   [IOM_STEP_DECISION] = "decide",
		[IOM_STEP_FAULT] = "fault",   [IOM_STEP_COMMAND] = "command",
		[IOM_STEP_RESULT] = "result",
	};
	explanation *e = opaque;

	step_title(e, step,
		   (unsigned)step->kind < G_N_ELEMENTS(verbs) ? verbs[step->kind] : "step");
	if (step->words)
		step_words(e, step);
	if (step->text)
		iom_explain_wrap(e->out, step->text, 13, WIDTH);
}

static void print_request(explanation *e, iom_iommu *iommu, const iom_trace_record *record,
			  const iom_request *request, uint64_t number)
{
	static const char *const types[] = { "untranslated", "translation request", "translated",
					     "reserved type" };

	g_string_append_printf(e->out,
			       "%s: DMA %" G_GUINT64_FORMAT " (record %" G_GUINT64_FORMAT ")\n",
			       e->trace, e->dma, number);
	iom_replay_print_requester(iom_iommu_kind(iommu), record->requester, e->out);
	if (request->pasid != IOM_NO_PASID)
		g_string_append_printf(e->out, ", PASID %#x", request->pasid);
	g_string_append(e->out, ": ");
	iom_print_access(e->out, request->access);
	if (request->flags & IOM_REQ_PRIVILEGED)
		g_string_append(e->out, ", privileged");
	if (request->length)
		g_string_append_printf(e->out, " of %u bytes", request->length);
	g_string_append_printf(e->out, " at %#" G_GINT64_MODIFIER "x, %s\n\n", request->address,
			       types[request->type & 3]);
}

static void print_fault(explanation *e, iom_iommu *iommu, const iom_fault *fault)
{
	const char *diagnosis = iom_iommu_diagnosis(iommu, fault->diagnosis);

	g_string_append(e->out, "Fault   ");
	iom_print_fault(e->out, iommu, fault->code);
	if (fault->stage)
		g_string_append_printf(e->out, ", stage %u", fault->stage);
	if (fault->level >= 0)
		g_string_append_printf(e->out, ", level %d", fault->level);
	g_string_append_printf(e->out, ", address %#" G_GINT64_MODIFIER "x, %s\n", fault->address,
			       fault->recorded ? "recorded" : "not recorded");
	if (diagnosis)
		iom_explain_wrap(e->out, diagnosis, 8, WIDTH);
	for (unsigned i = 0; i < fault->words && i < G_N_ELEMENTS(fault->record); i++)
		g_string_append_printf(e->out, "%s%016" G_GINT64_MODIFIER "x", i ? " " : "Record  ",
				       fault->record[i]);
	if (fault->words)
		g_string_append_c(e->out, '\n');
}

static void print_result(explanation *e, iom_iommu *iommu, const iom_result *result)
{
	g_string_append_printf(e->out, "\nAnswer  %s", iom_status_name(result->status));
	if (result->status != IOM_OK) {
		g_string_append_c(e->out, '\n');
		if (result->fault.code)
			print_fault(e, iommu, &result->fault);
		return;
	}
	g_string_append_printf(e->out, ": %#" G_GINT64_MODIFIER "x, ", result->address);
	iom_print_access(e->out, result->permissions);
	if (result->flags & IOM_RES_BYPASS)
		g_string_append(e->out, ", bypass");
	else if (result->page_lg2)
		g_string_append_printf(e->out, ", page of 2^%u bytes", result->page_lg2);
	g_string_append_printf(e->out,
			       "; the same for %#" G_GINT64_MODIFIER
			       "x bytes; memory type 0x%02x\n",
			       result->span, result->memtype);
}

static void print_comparison(explanation *e, iom_iommu *iommu, const iom_trace_record *record,
			     const iom_result *result, uint64_t number)
{
	iom_replay_report report = { .kind = iom_iommu_kind(iommu), .iommu = iommu };
	iom_replay_difference d = {
		.record = number, .dma = e->dma, .trace = *record, .got = *result
	};

	if (record->expect == 0) {
		g_string_append(e->out, "The trace does not say what the answer was.\n");
	} else if (iom_replay_matches(record, result)) {
		g_string_append(e->out, "This is the recorded answer.\n");
	} else {
		g_string_append(e->out, "This differs from the recorded answer. ");
		iom_replay_print_difference(&report, &d, false, e->out);
		g_string_append_c(e->out, '\n');
	}
}

static void explain_here(void *opaque, iom_iommu *iommu, const iom_trace_record *record,
			 uint64_t number)
{
	explanation *e = opaque;
	iom_request request;
	iom_result result;

	iom_replay_request(record, &request);
	print_request(e, iommu, record, &request, number);
	iom_iommu_observe(iommu, on_step, e);
	iom_iommu_translate(iommu, &request, &result);
	iom_iommu_observe(iommu, NULL, NULL);
	print_result(e, iommu, &result);
	print_comparison(e, iommu, record, &result, number);
}

gboolean iom_explain(const char *trace, const iom_machine *machine, uint64_t dma, GString *out,
		     GError **error)
{
	iom_replay_options options = { .machine = machine, .cache = "off" };
	explanation e = { .out = out, .trace = trace, .dma = dma };

	return iom_replay_until(trace, &options, dma, explain_here, &e, error);
}
