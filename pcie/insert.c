/* SPDX-License-Identifier: MIT */
/*
 * Changing a list: the space is changed in a copy, the copy is walked, and only
 * a walk that shows exactly the capabilities wanted makes it the space.
 */
#include "pcie/internal.h"

#include <string.h>

/*
 * Whether `after` is `before` with `added` (0: none) inserted anywhere and
 * `removed` (0: none) left out, everything else once and in the old order.
 */
static bool as_wanted(const iom_pci_chain *before, const iom_pci_chain *after, unsigned added,
		      unsigned removed)
{
	unsigned i = 0, seen = 0;

	if (after->defect)
		return false;
	for (unsigned k = 0; k < after->n; k++) {
		unsigned offset = after->capabilities[k].offset;

		if (added && offset == added) {
			seen++;
			continue;
		}
		if (removed && i < before->n && before->capabilities[i].offset == removed)
			i++;
		if (i >= before->n || before->capabilities[i].offset != offset ||
		    before->capabilities[i].id != after->capabilities[k].id)
			return false;
		i++;
	}
	if (removed && i < before->n && before->capabilities[i].offset == removed)
		i++;
	return i == before->n && seen == (added != 0);
}

static bool verify(const iom_pci_config *before, const iom_pci_config *after, unsigned added,
		   unsigned removed)
{
	iom_pci_chain *b = iom_pci_walk(before, IOM_PCI_EXTENDED);
	iom_pci_chain *a = iom_pci_walk(after, IOM_PCI_EXTENDED);
	bool ok = as_wanted(b, a, added, removed);

	iom_pci_chain_free(a);
	iom_pci_chain_free(b);
	return ok;
}

static void adopt(iom_pci_config *config, const iom_pci_config *changed)
{
	memcpy(config->bytes, changed->bytes, sizeof(config->bytes));
	memcpy(config->writable, changed->writable, sizeof(config->writable));
	memcpy(config->clears, changed->clears, sizeof(config->clears));
}

static void clear(iom_pci_config *c, unsigned offset, unsigned length)
{
	memset(c->bytes + offset, 0, length);
	memset(c->writable + offset, 0, length);
	memset(c->clears + offset, 0, length);
}

gboolean iom_pci_insert(iom_pci_config *config, const iom_pci_plan *plan, unsigned id,
			unsigned version, const void *body, GError **error)
{
	iom_pci_config *changed;
	gboolean ok;

	if (!plan->possible || plan->offset < IOM_PCI_EXTENDED_START || plan->length < 4 ||
	    plan->offset + plan->length > config->size) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG, "the capability has no place: %s",
			    plan->reasons->len
				    ? (const char *)plan->reasons->pdata[plan->reasons->len - 1]
				    : "no plan");
		return FALSE;
	}
	changed = iom_pci_config_copy(config);
	clear(changed, plan->offset, plan->length);
	if (body)
		memcpy(changed->bytes + plan->offset + EXT_HEADER_BYTES, body,
		       plan->length - EXT_HEADER_BYTES);
	iom_pci_config_set(changed, plan->offset, 4, EXT_HEADER(id, version & 15, plan->next));
	if (plan->after)
		iom_pci_set_next(changed, plan->after, plan->offset);
	ok = verify(config, changed, plan->offset, 0);
	if (ok)
		adopt(config, changed);
	else
		g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
			    "a capability at 0x%03x would break the list; nothing was changed",
			    plan->offset);
	iom_pci_config_free(changed);
	return ok;
}

gboolean iom_pci_unlink(iom_pci_config *config, unsigned offset, GError **error)
{
	iom_pci_chain *chain = iom_pci_walk(config, IOM_PCI_EXTENDED);
	const iom_pci_capability *cap = NULL, *from = NULL;
	iom_pci_config *changed;
	unsigned length, next;
	gboolean ok = FALSE;

	for (unsigned i = 0; i < chain->n && !cap; i++) {
		if (chain->capabilities[i].offset == offset)
			cap = &chain->capabilities[i];
		else
			from = &chain->capabilities[i];
	}
	if (!cap) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
			    "no capability of the list is at 0x%03x", offset);
		iom_pci_chain_free(chain);
		return FALSE;
	}
	/* Never beyond the next header, whatever the size says. */
	length = cap->size ? cap->size : EXT_HEADER_BYTES;
	length = MIN(length, config->size - offset);
	for (unsigned i = 0; i < chain->n; i++) {
		unsigned other = chain->capabilities[i].offset;

		if (other > offset)
			length = MIN(length, other - offset);
	}
	next = cap->next;
	changed = iom_pci_config_copy(config);
	clear(changed, offset, length);
	if (from)
		iom_pci_set_next(changed, from->offset, next);
	else if (next)
		iom_pci_config_set(changed, offset, 4, EXT_HEADER(IOM_PCI_EXT_NULL, 0, next));
	/* The head stays as a Null capability: for the check it is a new one. */
	ok = chain->defect || verify(config, changed, from || !next ? 0 : offset, offset);
	if (ok)
		adopt(config, changed);
	else
		g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
			    "taking the capability at 0x%03x out would break the list; nothing was "
			    "changed",
			    offset);
	iom_pci_config_free(changed);
	iom_pci_chain_free(chain);
	return ok;
}
