/* SPDX-License-Identifier: MIT */
/* DMAR (VT-d 8 BIOS Considerations): remapping structures and their device scopes. */
#include "pcie/acpi-internal.h"

enum { FIRST = 48, SCOPE_BYTES = 6 };

#define INCLUDE_PCI_ALL 1u
#define NO_SCOPES 0u

static const struct {
	iom_acpi_node_kind kind;
	const char *what;
	unsigned least; /* bytes */
	unsigned scopes; /* where the device scopes begin */
} types[] = {
	{ IOM_ACPI_DRHD, "DRHD", 16, 16 },       { IOM_ACPI_RMRR, "RMRR", 24, 24 },
	{ IOM_ACPI_ATSR, "ATSR", 8, 8 },         { IOM_ACPI_RHSA, "RHSA", 20, NO_SCOPES },
	{ IOM_ACPI_ANDD, "ANDD", 9, NO_SCOPES }, { IOM_ACPI_SATC, "SATC", 8, 8 },
	{ IOM_ACPI_SIDP, "SIDP", 8, 8 },
};

/* 8.3.1 Device Scope Structure: entries up to the end of their structure. */
static bool read_scopes(iom_acpi_table *t, iom_acpi_node *n, uint32_t at, uint32_t end,
			GError **error)
{
	while (at < end) {
		iom_acpi_scope s = { 0 };
		uint32_t length;

		if (end - at < SCOPE_BYTES)
			return acpi_fail(t, at, error,
					 "%u bytes are left, too few for a device scope", end - at);
		length = acpi_u8(t, at + 1);
		if (length < SCOPE_BYTES + 2 || length > end - at || length & 1)
			return acpi_fail(t, at + 1, error,
					 "a device scope of %u bytes, where 8 to %u can be", length,
					 end - at);
		s.kind = (uint8_t)acpi_u8(t, at);
		s.enumeration = (uint8_t)acpi_u8(t, at + 4);
		s.start_bus = (uint8_t)acpi_u8(t, at + 5);
		s.path_length = (uint8_t)((length - SCOPE_BYTES) / 2);
		if (s.path_length > G_N_ELEMENTS(s.path))
			return acpi_fail(t, at + 1, error,
					 "a path of %u steps, at most %u expected", s.path_length,
					 (unsigned)G_N_ELEMENTS(s.path));
		for (unsigned i = 0; i < s.path_length; i++) {
			s.path[i].device = (uint8_t)acpi_u8(t, at + SCOPE_BYTES + 2 * i);
			s.path[i].function = (uint8_t)acpi_u8(t, at + SCOPE_BYTES + 2 * i + 1);
			if (s.path[i].device > 31 || s.path[i].function > 7)
				return acpi_fail(t, at + SCOPE_BYTES + 2 * i, error,
						 "there is no device %u function %u",
						 s.path[i].device, s.path[i].function);
		}
		g_array_append_val(n->scopes, s);
		at += length;
	}
	return true;
}

static bool read_drhd(iom_acpi_table *t, iom_acpi_node *n, uint32_t at, GError **error)
{
	n->flags = acpi_u8(t, at + 4);
	n->base = acpi_u64(t, at + 8);
	/* 8.3: 2^N pages of registers */
	n->size = UINT64_C(4096) << (acpi_u8(t, at + 5) & 15);
	if (!n->base || n->base & 0xfff)
		return acpi_fail(t, at + 8, error,
				 "registers at 0x%" G_GINT64_MODIFIER "x: a page expected",
				 n->base);
	for (unsigned i = 0; i + 1 < t->nodes->len; i++) {
		const iom_acpi_node *o = acpi_node(t, i);

		if (o->kind != IOM_ACPI_DRHD)
			continue;
		if (o->base == n->base)
			return acpi_fail(t, at + 8, error,
					 "registers at 0x%" G_GINT64_MODIFIER
					 "x are those of the unit at 0x%x already",
					 n->base, o->offset);
		if (o->segment == n->segment && o->flags & n->flags & INCLUDE_PCI_ALL)
			return acpi_fail(t, at + 4, error,
					 "segment %u has a unit for all functions already, at 0x%x",
					 n->segment, o->offset);
	}
	return true;
}

static bool read_rmrr(iom_acpi_table *t, iom_acpi_node *n, uint32_t at, GError **error)
{
	iom_acpi_region r = { acpi_u64(t, at + 8), acpi_u64(t, at + 16) };

	if (r.base & 0xfff || (r.last & 0xfff) != 0xfff || r.last < r.base)
		return acpi_fail(t, at + 8, error,
				 "memory from 0x%" G_GINT64_MODIFIER "x to 0x%" G_GINT64_MODIFIER
				 "x: whole pages expected",
				 r.base, r.last);
	g_array_append_val(n->regions, r);
	return true;
}

static bool read_structure(iom_acpi_table *t, iom_acpi_node *n, uint32_t at, uint32_t end,
			   GError **error)
{
	uint32_t number;

	if (n->kind != IOM_ACPI_RHSA && n->kind != IOM_ACPI_ANDD && n->kind != IOM_ACPI_UNKNOWN)
		n->segment = (uint16_t)acpi_u16(t, at + 6);
	switch (n->kind) {
	case IOM_ACPI_DRHD:
		return read_drhd(t, n, at, error);
	case IOM_ACPI_RMRR:
		return read_rmrr(t, n, at, error);
	case IOM_ACPI_ATSR:
	case IOM_ACPI_SATC:
		n->flags = acpi_u8(t, at + 4);
		return true;
	case IOM_ACPI_RHSA:
		n->base = acpi_u64(t, at + 8);
		n->domain = acpi_u32(t, at + 16);
		return true;
	case IOM_ACPI_ANDD:
		number = acpi_u8(t, at + 7);
		g_array_append_val(n->identifiers, number);
		if (!acpi_text(t, at + 8, end, &n->name))
			return acpi_fail(t, at + 8, error, "the name of the device does not end");
		return true;
	default:
		return true;
	}
}

/* RHSA: the unit whose registers it names; firmware that names none is only wrong. */
static void find_units(iom_acpi_table *t)
{
	for (unsigned i = 0; i < t->nodes->len; i++) {
		iom_acpi_node *n = acpi_node(t, i);

		for (unsigned k = 0; n->kind == IOM_ACPI_RHSA && k < t->nodes->len; k++) {
			const iom_acpi_node *unit = acpi_node(t, k);

			if (unit->kind == IOM_ACPI_DRHD && unit->base == n->base)
				n->node = k;
		}
	}
}

bool dmar_parse(iom_acpi_table *t, GError **error)
{
	uint32_t at = FIRST;

	t->address_bits = (uint8_t)(acpi_u8(t, 36) + 1);
	t->flags = (uint8_t)acpi_u8(t, 37);
	if (t->address_bits > 64)
		return acpi_fail(t, 36, error, "addresses of %u bits: at most 64 expected",
				 t->address_bits);
	while (at < t->length) {
		uint32_t type, length;
		iom_acpi_node *n;

		if (t->length - at < 4)
			return acpi_fail(t, at, error, "%u bytes are left, too few for a structure",
					 t->length - at);
		type = acpi_u16(t, at);
		length = acpi_u16(t, at + 2);
		if (length < 4 || length > t->length - at)
			return acpi_fail(t, at + 2, error,
					 "a structure of %u bytes, where 4 to %u can be", length,
					 t->length - at);
		if (type < G_N_ELEMENTS(types) && length < types[type].least)
			return acpi_fail(
				t, at + 2, error,
				"a structure of kind %s with %u bytes, at least %u expected",
				types[type].what, length, types[type].least);
		n = type < G_N_ELEMENTS(types) ? acpi_add(t, types[type].kind, types[type].what, at)
					       : acpi_add(t, IOM_ACPI_UNKNOWN, "unknown", at);
		n->type = (uint8_t)type;
		if (!read_structure(t, n, at, at + length, error) ||
		    (type < G_N_ELEMENTS(types) && types[type].scopes &&
		     !read_scopes(t, n, at + types[type].scopes, at + length, error)))
			return false;
		at += length;
	}
	find_units(t);
	return true;
}

/* ------------------------------------------------------------------------
 * Asking
 */
static bool is_pci(const iom_acpi_scope *s)
{
	return s->kind == IOM_ACPI_SCOPE_ENDPOINT || s->kind == IOM_ACPI_SCOPE_BRIDGE;
}

/*
 * A scope of one step names its function by bus number. Longer paths, and what is
 * below a bridge, follow from bus numbers that software assigns.
 */
iom_acpi_found dmar_requester(const iom_acpi_table *t, uint16_t segment, uint32_t rid,
			      iom_acpi_path *path)
{
	unsigned all = IOM_ACPI_NO_NODE;
	bool bridges = false;

	for (unsigned i = 0; i < t->nodes->len; i++) {
		const iom_acpi_node *n = acpi_node(t, i);

		if (n->kind != IOM_ACPI_DRHD || n->segment != segment)
			continue;
		if (n->flags & INCLUDE_PCI_ALL)
			all = i;
		for (guint k = 0; k < n->scopes->len; k++) {
			const iom_acpi_scope *s = &g_array_index(n->scopes, iom_acpi_scope, k);
			uint32_t id = (uint32_t)s->start_bus << 8 | s->path[0].device << 3 |
				      s->path[0].function;

			if (!is_pci(s))
				continue;
			if (s->path_length == 1 && id == rid) {
				path->iommu = i;
				return IOM_ACPI_FOUND;
			}
			/* Below a bridge bus numbers are higher than its own. A unit for all
			 * takes what is below its own bridges anyway. */
			if (!(n->flags & INCLUDE_PCI_ALL) && rid >> 8 > s->start_bus &&
			    (s->path_length > 1 || s->kind == IOM_ACPI_SCOPE_BRIDGE))
				bridges = true;
		}
	}
	if (bridges)
		return IOM_ACPI_NEEDS_TOPOLOGY;
	path->iommu = all;
	return all == IOM_ACPI_NO_NODE ? IOM_ACPI_NOT_MAPPED : IOM_ACPI_FOUND;
}

static bool apply_scope(const iom_acpi_node *n, unsigned unit, const iom_acpi_scope *s,
			iom_pci_topology *topology, GError **error)
{
	iom_pci_scope scope = { .segment = n->segment,
				.kind = s->kind == IOM_ACPI_SCOPE_BRIDGE ? IOM_PCI_SCOPE_BRIDGE
									 : IOM_PCI_SCOPE_ENDPOINT,
				.start_bus = s->start_bus,
				.path_length = s->path_length,
				.iommu = unit };

	for (unsigned i = 0; i < s->path_length; i++) {
		scope.path[i].device = s->path[i].device;
		scope.path[i].function = s->path[i].function;
	}
	return iom_pci_topology_scope(topology, &scope, error);
}

bool dmar_apply(const iom_acpi_table *t, iom_pci_topology *topology, GError **error)
{
	for (unsigned i = 0; i < t->nodes->len; i++) {
		const iom_acpi_node *n = acpi_node(t, i);
		iom_pci_scope all = { .segment = n->segment,
				      .kind = IOM_PCI_SCOPE_ALL,
				      .iommu = i };

		if (n->kind != IOM_ACPI_DRHD)
			continue;
		for (guint k = 0; k < n->scopes->len; k++) {
			const iom_acpi_scope *s = &g_array_index(n->scopes, iom_acpi_scope, k);

			if (is_pci(s) && !apply_scope(n, i, s, topology, error))
				return false;
		}
		if (n->flags & INCLUDE_PCI_ALL && !iom_pci_topology_scope(topology, &all, error))
			return false;
	}
	return true;
}
