/* SPDX-License-Identifier: MIT */
/*
 * Isolation groups. Two functions are in one group if the IOMMU cannot tell them
 * apart, or if something on the way may let one reach the other before the
 * IOMMU. The sets grow by pairs: a function with the port above it as long as the
 * way on from that port is not guarded, with everything below a switch that lets
 * it in unchecked, with the bridge that answers for it, with
 * the other functions of its device, with whoever shares an id.
 */
#include "pcie/topology.h"

#define NEEDED \
	(IOM_PCI_ACS_VALIDATION | IOM_PCI_ACS_REQUEST_REDIRECT | IOM_PCI_ACS_COMPLETION_REDIRECT | \
	 IOM_PCI_ACS_UPSTREAM)

static unsigned root_of(const iom_pci_topology *t, unsigned i)
{
	while (pci_node(t, i)->set != i)
		i = pci_node(t, i)->set;
	return i;
}

static void join(iom_pci_topology *t, const iom_pci_node *a, const iom_pci_node *b)
{
	unsigned x = root_of(t, a->index), y = root_of(t, b->index);

	/* The smaller index leads, so that numbering follows the order added. */
	if (x < y)
		pci_node(t, y)->set = x;
	else
		pci_node(t, x)->set = y;
}

/* 6.12.1: a feature that the capability does not offer need not be enabled. */
static bool acs_enabled(const iom_pci_node *n)
{
	unsigned capability, control, needed = NEEDED;

	if (!pci_acs(n, &capability, &control))
		return false;
	needed &= capability;
	return (control & needed) == needed;
}

static bool guards(const iom_pci_node *n)
{
	switch (n->config.kind) {
	case IOM_PCI_ROOT_PORT:
	case IOM_PCI_SWITCH_DOWNSTREAM:
		return acs_enabled(n);
	case IOM_PCI_ENDPOINT:
	case IOM_PCI_SWITCH_UPSTREAM:
	case IOM_PCI_INTEGRATED:
		/* one function alone has nobody beside it */
		return !pci_multifunction(n) || acs_enabled(n);
	default:
		return false;
	}
}

/* Everything from this port up to the root complex. */
static bool way_guarded(const iom_pci_node *n)
{
	for (; n; n = n->config.parent) {
		if (!guards(n))
			return false;
	}
	return true;
}

static bool share_id(const iom_pci_node *a, const iom_pci_node *b)
{
	g_autoptr(GArray) x = iom_pci_node_aliases(a), y = iom_pci_node_aliases(b);

	for (guint i = 0; i < x->len; i++) {
		for (guint k = 0; k < y->len; k++) {
			if (g_array_index(x, uint32_t, i) == g_array_index(y, uint32_t, k))
				return true;
		}
	}
	return false;
}

/*
 * What comes in at a switch port without the checks goes out at any other port,
 * guarded or not: everything below the switch can be reached.
 */
static void join_switch(iom_pci_topology *t, const iom_pci_node *port)
{
	for (unsigned i = 0; i < t->nodes->len; i++) {
		const iom_pci_node *n = pci_node(t, i), *up = n->config.parent;

		while (up && up != port->config.parent)
			up = up->config.parent;
		if (up)
			join(t, n, port);
	}
}

static void join_others(iom_pci_topology *t, const iom_pci_node *n)
{
	bool open = pci_multifunction(n) && !acs_enabled(n) && !n->config.pf;

	for (unsigned i = n->index + 1; i < t->nodes->len; i++) {
		const iom_pci_node *other = pci_node(t, i);

		if ((open && pci_same_device(n, other) && !acs_enabled(other)) ||
		    share_id(n, other))
			join(t, n, other);
	}
}

unsigned iom_pci_topology_groups(iom_pci_topology *topology)
{
	unsigned n_groups = 0;

	for (unsigned i = 0; i < topology->nodes->len; i++)
		pci_node(topology, i)->set = i;
	for (unsigned i = 0; i < topology->nodes->len; i++) {
		const iom_pci_node *n = pci_node(topology, i), *up = n->config.parent;

		if (up && !way_guarded(up))
			join(topology, n, up);
		if (up && n->config.kind == IOM_PCI_SWITCH_DOWNSTREAM && !guards(n))
			join_switch(topology, n);
		join_others(topology, n);
	}
	for (unsigned i = 0; i < topology->nodes->len; i++) {
		iom_pci_node *n = pci_node(topology, i);
		unsigned root = root_of(topology, i);

		n->group = root == i ? n_groups++ : pci_node(topology, root)->group;
	}
	return n_groups;
}

unsigned iom_pci_node_group(const iom_pci_node *node)
{
	return node->group;
}
