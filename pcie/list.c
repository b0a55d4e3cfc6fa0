/* SPDX-License-Identifier: MIT */
/*
 * Walking capability lists. A list is other people's data: every header is
 * visited once at most, pointers are checked before they are followed, and what
 * is wrong is told rather than repaired. Pointers may run backwards; the
 * specification orders nothing.
 */
#include "pcie/internal.h"

#include <string.h>

#define STANDARD_START 0x40u
#define STANDARD_END 0x100u

typedef struct rules {
	unsigned first; /* lowest place of a header */
	unsigned end;
	unsigned header; /* bytes of one */
} rules;

static unsigned header_type(const iom_pci_config *c)
{
	return c->bytes[PCI_HEADER_TYPE] & 0x7f;
}

/*
 * Nothing answers, or a layout that no specification defines. A virtual function
 * has all ones for vendor and device too (9.3.4), but not for what follows.
 */
static bool has_standard(const iom_pci_config *c)
{
	bool silent = iom_pci_config_read(c, PCI_VENDOR, 2) == 0xffff &&
		      (c->size < 8 || iom_pci_config_read(c, PCI_COMMAND, 4) == UINT32_MAX);

	return !silent && header_type(c) <= 2 &&
	       (iom_pci_config_read(c, PCI_STATUS, 2) & PCI_STATUS_LIST);
}

static void defect(iom_pci_chain *chain, iom_pci_defect what, unsigned at, unsigned value)
{
	if (chain->defect)
		return;
	chain->defect = (uint8_t)what;
	chain->defect_at = (uint16_t)at;
	chain->defect_value = (uint16_t)value;
}

/* Whether the pointer that stands at header `from` may be followed. */
static bool follow(iom_pci_chain *chain, const rules *r, const bool *seen, unsigned from,
		   unsigned pointer)
{
	unsigned to = pointer & ~3u;

	if (!to)
		return false;
	if (to < r->first)
		defect(chain, IOM_PCI_OUTSIDE, from, pointer);
	else if (to + r->header > r->end)
		defect(chain, IOM_PCI_BEYOND, from, pointer);
	else if (seen[to / 4])
		defect(chain, IOM_PCI_LOOP, from, pointer);
	else
		return true;
	return false;
}

static iom_pci_capability *append(iom_pci_chain *chain, unsigned offset)
{
	iom_pci_capability *cap = &chain->capabilities[chain->n++];

	chain->exists = true;
	memset(cap, 0, sizeof(*cap));
	cap->offset = (uint16_t)offset;
	return cap;
}

static void walk_standard(const iom_pci_config *c, iom_pci_chain *chain, bool *seen)
{
	const rules r = { STANDARD_START, MIN(c->size, STANDARD_END), 2 };
	unsigned from = header_type(c) == 2 ? PCI_CARDBUS_CAPABILITIES : PCI_CAPABILITIES;
	unsigned pointer = c->bytes[from];

	if (!has_standard(c))
		return;
	while (follow(chain, &r, seen, from, pointer)) {
		unsigned at = pointer & ~3u;
		iom_pci_capability *cap = append(chain, at);

		if (pointer & 3)
			defect(chain, IOM_PCI_UNALIGNED, from, pointer);
		seen[at / 4] = true;
		cap->id = c->bytes[at];
		if (cap->id == 0xff) {
			defect(chain, IOM_PCI_ALL_ONES, at, 0xff);
			return;
		}
		from = at;
		pointer = c->bytes[at + 1];
		cap->next = (uint16_t)(pointer & ~3u);
	}
}

/*
 * 7.2.2: the space above 0x100 belongs to PCI Express functions, and to those of
 * PCI-X mode 2. A conventional device may answer there with anything, often with
 * its first 256 bytes over again, so there is no list to walk.
 */
bool iom_pci_has_extended(const iom_pci_config *config)
{
	return config->size > IOM_PCI_EXTENDED_START &&
	       (iom_pci_find(config, IOM_PCI_STANDARD, IOM_PCI_CAP_EXPRESS) ||
		iom_pci_find(config, IOM_PCI_STANDARD, IOM_PCI_CAP_PCIX));
}

/* 7.6.1: a header of zero at 0x100 means no list; id 0 with a pointer is an entry. */
static void walk_extended(const iom_pci_config *c, iom_pci_chain *chain, bool *seen)
{
	const rules r = { IOM_PCI_EXTENDED_START, c->size, EXT_HEADER_BYTES };
	unsigned from = 0, pointer = IOM_PCI_EXTENDED_START;

	if (!iom_pci_has_extended(c))
		return;
	while (follow(chain, &r, seen, from, pointer)) {
		unsigned at = pointer & ~3u;
		uint32_t header = iom_pci_config_read(c, at, 4);
		iom_pci_capability *cap;

		if (pointer & 3)
			defect(chain, IOM_PCI_UNALIGNED, from, pointer);
		if (!header)
			return;
		if (header == UINT32_MAX) {
			defect(chain, IOM_PCI_ALL_ONES, at, 0xffff);
			return;
		}
		seen[at / 4] = true;
		cap = append(chain, at);
		cap->id = (uint16_t)EXT_ID(header);
		cap->version = (uint8_t)EXT_VERSION(header);
		from = at;
		pointer = EXT_NEXT(header);
		cap->next = (uint16_t)(pointer & ~3u);
	}
}

static iom_pci_chain *walk(const iom_pci_config *config, iom_pci_list list)
{
	bool seen[IOM_PCI_CONFIG_SIZE / 4] = { false };
	iom_pci_chain *chain = g_new0(iom_pci_chain, 1);

	chain->capabilities = g_new(iom_pci_capability, IOM_PCI_CONFIG_SIZE / 4);
	if (list == IOM_PCI_STANDARD)
		walk_standard(config, chain, seen);
	else
		walk_extended(config, chain, seen);
	return chain;
}

iom_pci_chain *iom_pci_walk(const iom_pci_config *config, iom_pci_list list)
{
	iom_pci_chain *chain = walk(config, list);

	for (unsigned i = 0; i < chain->n; i++) {
		iom_pci_capability *cap = &chain->capabilities[i];
		iom_pci_size_kind kind;

		cap->size = (uint16_t)iom_pci_capability_size(config, list, cap->offset, &kind);
		cap->size_kind = (uint8_t)kind;
	}
	return chain;
}

void iom_pci_chain_free(iom_pci_chain *chain)
{
	if (!chain)
		return;
	g_free(chain->capabilities);
	g_free(chain);
}

unsigned iom_pci_find(const iom_pci_config *config, iom_pci_list list, unsigned id)
{
	iom_pci_chain *chain = walk(config, list);
	unsigned found = 0;

	for (unsigned i = 0; i < chain->n && !found; i++) {
		if (chain->capabilities[i].id == id)
			found = chain->capabilities[i].offset;
	}
	iom_pci_chain_free(chain);
	return found;
}

void iom_pci_set_next(iom_pci_config *config, unsigned offset, unsigned next)
{
	uint32_t header = iom_pci_config_read(config, offset, 4);

	iom_pci_config_set(config, offset, 4, (header & 0xfffff) | (uint32_t)next << 20);
}

char *iom_pci_defect_text(const iom_pci_chain *chain)
{
	unsigned at = chain->defect_at, value = chain->defect_value;

	switch (chain->defect) {
	case IOM_PCI_LOOP:
		return g_strdup_printf("the capability at 0x%03x points back at 0x%03x: the list "
				       "loops",
				       at, value);
	case IOM_PCI_OUTSIDE:
		return g_strdup_printf("the pointer at 0x%03x leads to 0x%03x, where no capability "
				       "of this list can be",
				       at, value);
	case IOM_PCI_BEYOND:
		return g_strdup_printf("the pointer at 0x%03x leads to 0x%03x, behind the end of "
				       "the space",
				       at, value);
	case IOM_PCI_ALL_ONES:
		return g_strdup_printf("the header at 0x%03x is all ones: nothing answers there",
				       at);
	case IOM_PCI_UNALIGNED:
		return g_strdup_printf("the pointer at 0x%03x, 0x%03x, has reserved bits set", at,
				       value);
	default:
		return NULL;
	}
}
