/* SPDX-License-Identifier: MIT */
/* Which IOMMU a function is behind, as IORT and DMAR tables describe it. */
#include "pcie/topology.h"

gboolean iom_pci_topology_map(iom_pci_topology *topology, const iom_pci_id_mapping *mapping,
			      GError **error)
{
	uint64_t end = (uint64_t)mapping->input_base + mapping->count;
	uint64_t out = (uint64_t)mapping->output_base + (mapping->single ? 1 : mapping->count);

	if (!mapping->count || end > 0x10000 || out > UINT64_C(0x100000000)) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
			    "ID mapping of segment %u from 0x%x: %u ids to 0x%x on do not exist",
			    mapping->segment, mapping->input_base, mapping->count,
			    mapping->output_base);
		return FALSE;
	}
	for (guint i = 0; i < topology->mappings->len; i++) {
		const iom_pci_id_mapping *m =
			&g_array_index(topology->mappings, iom_pci_id_mapping, i);

		if (m->segment == mapping->segment && m->input_base < end &&
		    mapping->input_base < (uint64_t)m->input_base + m->count) {
			g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
				    "ID mapping of segment %u from 0x%x: ids from 0x%x on are "
				    "mapped already",
				    mapping->segment, mapping->input_base,
				    MAX(m->input_base, mapping->input_base));
			return FALSE;
		}
	}
	g_array_append_val(topology->mappings, *mapping);
	return TRUE;
}

gboolean iom_pci_topology_scope(iom_pci_topology *topology, const iom_pci_scope *scope,
				GError **error)
{
	bool all = scope->kind == IOM_PCI_SCOPE_ALL;

	if (scope->kind > IOM_PCI_SCOPE_BRIDGE || scope->path_length > G_N_ELEMENTS(scope->path) ||
	    all != (scope->path_length == 0)) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
			    "device scope of segment %u: a path of 1 to %u steps is needed, and "
			    "none for all functions",
			    scope->segment, (unsigned)G_N_ELEMENTS(scope->path));
		return FALSE;
	}
	for (guint i = 0; all && i < topology->scopes->len; i++) {
		const iom_pci_scope *s = &g_array_index(topology->scopes, iom_pci_scope, i);

		if (s->kind == IOM_PCI_SCOPE_ALL && s->segment == scope->segment) {
			g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
				    "segment %u has a unit for all functions already",
				    scope->segment);
			return FALSE;
		}
	}
	g_array_append_val(topology->scopes, *scope);
	return TRUE;
}

/* VT-d 8.3.1: the function that a path leads to, from its start bus on. */
static const iom_pci_node *follow(const iom_pci_topology *t, const iom_pci_scope *s)
{
	unsigned bus = s->start_bus;
	const iom_pci_node *found = NULL;

	for (unsigned step = 0; step < s->path_length; step++) {
		uint32_t id = (uint32_t)s->segment << 16 | (bus & 0xff) << 8 |
			      (unsigned)(s->path[step].device & 31) << 3 |
			      (s->path[step].function & 7u);

		found = NULL;
		for (unsigned i = 0; i < t->nodes->len && !found; i++) {
			if (iom_pci_node_id(pci_node(t, i)) == id)
				found = pci_node(t, i);
		}
		if (!found)
			return NULL;
		bus = pci_is_bridge(found) ? pci_secondary(found) : 0x100;
		if (bus > 0xff && step + 1 < s->path_length)
			return NULL;
	}
	return found;
}

/* A VF is in the scope of its physical function (VT-d 8.3, "SR-IOV"). */
static const iom_pci_scope *scope_of(const iom_pci_node *node)
{
	const iom_pci_topology *t = node->topology;
	const iom_pci_node *n = node->config.pf ? node->config.pf : node;
	const iom_pci_scope *all = NULL, *above = NULL;
	unsigned nearest = UINT_MAX;

	for (guint i = 0; i < t->scopes->len; i++) {
		const iom_pci_scope *s = &g_array_index(t->scopes, iom_pci_scope, i);
		const iom_pci_node *target, *up = n;
		unsigned distance = 0;

		if (s->segment != pci_segment(n))
			continue;
		if (s->kind == IOM_PCI_SCOPE_ALL) {
			all = s;
			continue;
		}
		target = follow(t, s);
		while (up && up != target && s->kind == IOM_PCI_SCOPE_BRIDGE) {
			up = up->config.parent;
			distance++;
		}
		if (target && up == target && distance < nearest) {
			nearest = distance;
			above = s;
		}
	}
	return above ? above : all;
}

bool iom_pci_node_iommu(const iom_pci_node *node, unsigned *iommu, uint32_t *requester)
{
	const iom_pci_topology *t = node->topology;
	uint32_t id = iom_pci_node_seen_as(node) & 0xffff;
	bool mapped = false;
	const iom_pci_scope *scope;

	for (guint i = 0; i < t->mappings->len; i++) {
		const iom_pci_id_mapping *m = &g_array_index(t->mappings, iom_pci_id_mapping, i);

		if (m->segment != pci_segment(node))
			continue;
		mapped = true;
		if (id < m->input_base || id - m->input_base >= m->count)
			continue;
		*iommu = m->iommu;
		*requester = m->output_base + (m->single ? 0 : id - m->input_base);
		return true;
	}
	scope = mapped ? NULL : scope_of(node);
	if (!scope)
		return false;
	*iommu = scope->iommu;
	*requester = id;
	return true;
}
