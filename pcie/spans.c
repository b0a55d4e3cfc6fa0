/* SPDX-License-Identifier: MIT */
/*
 * Which bytes of the extended space are taken. Lists tell where capabilities
 * begin, not where they end, and a gap between two may hold vendor registers or a
 * capability that is hidden from whoever reads the list. So a capability of
 * unknown size takes everything up to the next header, wherever the list goes.
 */
#include "pcie/internal.h"

static int by_offset(const void *a, const void *b)
{
	const iom_pci_span *x = a, *y = b;

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return x->kind < y->kind ? -1 : x->kind > y->kind;
}

/* The next header above `offset`, whatever the order of the list. */
static unsigned next_header(const iom_pci_chain *chain, unsigned offset)
{
	unsigned next = IOM_PCI_CONFIG_SIZE;

	for (unsigned i = 0; i < chain->n; i++) {
		unsigned at = chain->capabilities[i].offset;

		if (at > offset && at < next)
			next = at;
	}
	return next;
}

static void add(GArray *spans, unsigned offset, unsigned end, unsigned id, iom_pci_span_kind kind,
		const char *what)
{
	iom_pci_span span = { (uint16_t)offset, (uint16_t)(end - offset), (uint16_t)id,
			      (uint8_t)kind, what };

	g_array_append_val(spans, span);
}

GArray *iom_pci_spans(const iom_pci_config *config, const iom_pci_chain *chain,
		      const iom_pci_place_options *options)
{
	GArray *spans = g_array_new(FALSE, FALSE, sizeof(iom_pci_span));
	const iom_pci_quirk *quirk;
	unsigned index = 0;

	for (unsigned i = 0; i < chain->n; i++) {
		const iom_pci_capability *cap = &chain->capabilities[i];
		unsigned end = next_header(chain, cap->offset);
		iom_pci_span_kind kind = IOM_PCI_SPAN_UNKNOWN;

		if (cap->size && cap->offset + cap->size <= end)
			end = cap->offset + cap->size;
		if (cap->size)
			kind = IOM_PCI_SPAN_CAPABILITY;
		add(spans, cap->offset, end, cap->id, kind, NULL);
	}
	for (unsigned i = 0; options && i < options->n_hidden; i++) {
		const iom_pci_span *h = &options->hidden[i];

		if (h->size && h->offset < IOM_PCI_CONFIG_SIZE)
			add(spans, h->offset, MIN(h->offset + h->size, IOM_PCI_CONFIG_SIZE), h->id,
			    IOM_PCI_SPAN_HIDDEN, h->what);
	}
	while ((quirk = iom_pci_quirk_next(config, options, &index))) {
		if (quirk->avoid && quirk->avoid_size)
			add(spans, quirk->avoid,
			    MIN(quirk->avoid + quirk->avoid_size, IOM_PCI_CONFIG_SIZE), 0,
			    IOM_PCI_SPAN_QUIRK, quirk->why);
	}
	g_array_sort(spans, by_offset);
	return spans;
}

const iom_pci_span *iom_pci_span_hit(const GArray *spans, unsigned offset, unsigned length)
{
	for (guint i = 0; i < spans->len; i++) {
		const iom_pci_span *span = &g_array_index(spans, iom_pci_span, i);

		if (offset < (unsigned)span->offset + span->size && span->offset < offset + length)
			return span;
	}
	return NULL;
}

void iom_pci_span_text(const iom_pci_span *span, GString *out)
{
	const char *name = iom_pci_capability_name(IOM_PCI_EXTENDED, span->id);

	switch (span->kind) {
	case IOM_PCI_SPAN_QUIRK:
		g_string_append(out, span->what ? span->what : "bytes known to be in use");
		break;
	case IOM_PCI_SPAN_HIDDEN:
		g_string_append_printf(out, "the hidden %s",
				       span->what ? span->what
				       : name     ? name
						  : "capability");
		break;
	default:
		if (name)
			g_string_append(out, name);
		else
			g_string_append_printf(out, "capability id 0x%04x", span->id);
		if (span->kind == IOM_PCI_SPAN_UNKNOWN)
			g_string_append(out, ", whose size is not known");
		break;
	}
	g_string_append_printf(out, " (0x%03x to 0x%03x)", span->offset,
			       span->offset + span->size - 1);
}
