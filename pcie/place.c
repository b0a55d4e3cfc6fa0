/* SPDX-License-Identifier: MIT */
/*
 * Where a new extended capability goes, and why. Steps, each of which leaves a
 * reason: the list must be sound; the bytes that are taken are collected; an
 * offset that is given is checked, otherwise a place is chosen: one known of the
 * device, the device's own hidden capability of that id, or the highest gap that
 * no capability can reach and that reads zero; then the pointers.
 */
#include "pcie/internal.h"

void iom_pci_reason(GPtrArray *reasons, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(reasons, g_strdup_vprintf(format, args));
	va_end(args);
}

void iom_pci_place_options_init(iom_pci_place_options *options)
{
	*options = (iom_pci_place_options){ .size = sizeof(*options),
					    .id = IOM_PCI_EXT_PASID,
					    .length = 8 };
}

typedef struct placer {
	const iom_pci_config *config;
	const iom_pci_place_options *options;
	iom_pci_chain *chain;
	iom_pci_plan *plan;
} placer;

static bool refuse(placer *p, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool refuse(placer *p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(p->plan->reasons, g_strdup_vprintf(format, args));
	va_end(args);
	return false;
}

static bool list_usable(placer *p)
{
	g_autofree char *text = iom_pci_defect_text(p->chain);

	if (p->config->size < IOM_PCI_CONFIG_SIZE)
		return refuse(p,
			      "only %u of 4096 bytes are known: what the others hold cannot be "
			      "judged",
			      p->config->size);
	if (!iom_pci_has_extended(p->config))
		return refuse(p, "the function is neither PCI Express nor PCI-X: it has no "
				 "extended configuration space");
	if (text)
		return refuse(p, "the list cannot be relied on: %s", text);
	if (p->options->length < 4 || p->options->length & 3 || p->options->length > 0xf00)
		return refuse(p, "a capability of %u bytes cannot be", p->options->length);
	if (p->chain->n)
		iom_pci_reason(p->plan->reasons, "the list is sound: %u capabilities", p->chain->n);
	else
		iom_pci_reason(p->plan->reasons, "the list is empty: the first capability can only "
						 "be at 0x100");
	return true;
}

/* The image that tells what the device really has there. */
static bool reads_zero(const placer *p, unsigned offset)
{
	const iom_pci_config *image = p->options->physical ? p->options->physical : p->config;

	for (unsigned i = 0; i < p->options->length; i++) {
		if (offset + i >= image->size || image->bytes[offset + i])
			return false;
	}
	return true;
}

static bool in_space(const placer *p, unsigned offset)
{
	return offset >= IOM_PCI_EXTENDED_START && !(offset & 3) &&
	       offset + p->options->length <= IOM_PCI_CONFIG_SIZE;
}

/* The device's own capability of that id, hidden: its bytes are no other register. */
static bool own_place(const placer *p, const iom_pci_span *span, unsigned offset)
{
	return span->kind == IOM_PCI_SPAN_HIDDEN && span->id == p->options->id &&
	       span->offset == offset && span->size >= p->options->length;
}

/* With force, what is only presumed taken may be used; headers never. */
static bool forcible(const placer *p, const iom_pci_span *span, unsigned offset)
{
	return p->options->force && span->kind == IOM_PCI_SPAN_UNKNOWN &&
	       offset >= span->offset + EXT_HEADER_BYTES;
}

/* The first span in the way of [offset, offset + length). */
static const iom_pci_span *obstacle(const placer *p, unsigned offset, bool *forced)
{
	for (guint i = 0; i < p->plan->spans->len; i++) {
		const iom_pci_span *span = &g_array_index(p->plan->spans, iom_pci_span, i);

		if (offset >= (unsigned)span->offset + span->size ||
		    span->offset >= offset + p->options->length || own_place(p, span, offset))
			continue;
		if (!forcible(p, span, offset))
			return span;
		*forced = true;
	}
	return NULL;
}

static bool check_given(placer *p)
{
	unsigned offset = p->options->offset;
	const iom_pci_span *span;
	bool forced = false;

	if (!in_space(p, offset))
		return refuse(p,
			      "offset 0x%03x cannot be: it must be a multiple of 4 from 0x100 "
			      "to 0x%03x",
			      offset, IOM_PCI_CONFIG_SIZE - p->options->length);
	if (!p->chain->n && offset != IOM_PCI_EXTENDED_START)
		return refuse(p,
			      "offset 0x%03x cannot be reached: the first capability of a list "
			      "is at 0x100",
			      offset);
	span = obstacle(p, offset, &forced);
	if (span) {
		g_autoptr(GString) text = g_string_new(NULL);

		iom_pci_span_text(span, text);
		return refuse(p, "offset 0x%03x overlaps %s", offset, text->str);
	}
	iom_pci_reason(p->plan->reasons, "offset 0x%03x was asked for and is free%s", offset,
		       forced ? " but for a capability of unknown size (forced)" : "");
	if (!reads_zero(p, offset))
		iom_pci_reason(p->plan->reasons,
			       "warning: the bytes there do not read zero; registers may be hidden "
			       "there");
	p->plan->offset = (uint16_t)offset;
	return true;
}

static bool take(placer *p, unsigned offset)
{
	bool forced = false;

	if (!in_space(p, offset) || (!p->chain->n && offset != IOM_PCI_EXTENDED_START) ||
	    obstacle(p, offset, &forced) || forced)
		return false;
	p->plan->offset = (uint16_t)offset;
	return true;
}

static bool known_place(placer *p)
{
	const iom_pci_quirk *quirk;
	unsigned index = 0;

	while ((quirk = iom_pci_quirk_next(p->config, p->options, &index))) {
		if (!quirk->place || quirk->id != p->options->id)
			continue;
		if (take(p, quirk->place)) {
			iom_pci_reason(p->plan->reasons, "0x%03x is known of this device: %s",
				       quirk->place, quirk->why);
			return true;
		}
		iom_pci_reason(p->plan->reasons, "0x%03x is known of this device but taken",
			       quirk->place);
	}
	for (guint i = 0; i < p->plan->spans->len; i++) {
		const iom_pci_span *span = &g_array_index(p->plan->spans, iom_pci_span, i);

		if (own_place(p, span, span->offset) && take(p, span->offset)) {
			iom_pci_reason(p->plan->reasons,
				       "0x%03x is where the device's own capability is hidden",
				       span->offset);
			return true;
		}
	}
	return false;
}

static bool search(placer *p)
{
	unsigned lowest = IOM_PCI_EXTENDED_START, busy = 0, offset;

	offset = p->chain->n ? (IOM_PCI_CONFIG_SIZE - p->options->length) & ~7u : lowest;
	for (;; offset -= 8) {
		bool zero = reads_zero(p, offset), free = take(p, offset);

		if (free && zero)
			break;
		p->plan->offset = 0;
		busy += free;
		if (offset < lowest + 8)
			return refuse(p,
				      "no place: everything is taken, or may be (%u gaps do not "
				      "read zero)",
				      busy);
	}
	if (busy)
		iom_pci_reason(p->plan->reasons, "%u higher places are free but do not read zero",
			       busy);
	iom_pci_reason(p->plan->reasons,
		       "0x%03x is the highest place that no capability reaches and that reads zero",
		       offset);
	return true;
}

/* New capabilities go behind the highest header below them. */
static void link(placer *p)
{
	iom_pci_plan *plan = p->plan;

	for (unsigned i = 0; i < p->chain->n; i++) {
		const iom_pci_capability *cap = &p->chain->capabilities[i];

		/* A zero header at the place ends the list: what points there stays. */
		if (cap->next == plan->offset) {
			plan->after = cap->offset;
			plan->next = 0;
			break;
		}
		if (cap->offset < plan->offset && cap->offset >= plan->after) {
			plan->after = cap->offset;
			plan->next = cap->next;
		}
	}
	/* The terminator of a list that ends in a zero header is not kept. */
	if (plan->next && !iom_pci_config_read(p->config, plan->next, 4))
		plan->next = 0;
	if (!plan->after)
		iom_pci_reason(plan->reasons, "it becomes the head of the list");
	else if (plan->next)
		iom_pci_reason(plan->reasons, "0x%03x points at it, and it at 0x%03x", plan->after,
			       plan->next);
	else
		iom_pci_reason(plan->reasons, "0x%03x points at it, and it ends the list",
			       plan->after);
}

iom_pci_plan *iom_pci_place(const iom_pci_config *config, const iom_pci_place_options *options)
{
	iom_pci_place_options defaults;
	placer p = { .config = config };

	iom_pci_place_options_init(&defaults);
	p.options = options ? options : &defaults;
	p.chain = iom_pci_walk(config, IOM_PCI_EXTENDED);
	p.plan = g_new0(iom_pci_plan, 1);
	p.plan->length = p.options->length;
	p.plan->reasons = g_ptr_array_new_with_free_func(g_free);
	p.plan->spans = iom_pci_spans(config, p.chain, p.options);
	if (list_usable(&p))
		p.plan->possible =
			p.options->offset ? check_given(&p) : known_place(&p) || search(&p);
	if (p.plan->possible)
		link(&p);
	iom_pci_chain_free(p.chain);
	return p.plan;
}

void iom_pci_plan_free(iom_pci_plan *plan)
{
	if (!plan)
		return;
	g_array_unref(plan->spans);
	g_ptr_array_unref(plan->reasons);
	g_free(plan);
}
