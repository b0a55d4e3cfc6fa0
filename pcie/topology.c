/* SPDX-License-Identifier: MIT */
/*
 * Functions and the ids that their requests carry. Bus numbers and the places of
 * virtual functions are not kept here: they are registers, and read when asked.
 */
#include "pcie/topology.h"

#include <string.h>

enum { SECONDARY_BUS = 0x19, SUBORDINATE_BUS = 0x1a };

iom_pci_topology *iom_pci_topology_new(void)
{
	iom_pci_topology *t = g_new0(iom_pci_topology, 1);

	t->nodes = g_ptr_array_new_with_free_func(g_free);
	t->mappings = g_array_new(FALSE, FALSE, sizeof(iom_pci_id_mapping));
	t->scopes = g_array_new(FALSE, FALSE, sizeof(iom_pci_scope));
	return t;
}

void iom_pci_topology_free(iom_pci_topology *topology)
{
	if (!topology)
		return;
	g_ptr_array_unref(topology->nodes);
	g_array_unref(topology->mappings);
	g_array_unref(topology->scopes);
	g_free(topology);
}

bool pci_is_bridge(const iom_pci_node *n)
{
	return n->config.kind >= IOM_PCI_ROOT_PORT && n->config.kind <= IOM_PCI_BRIDGE_PCI;
}

bool pci_below_is_pci(const iom_pci_node *n)
{
	return n->config.kind == IOM_PCI_BRIDGE_TO_PCI || n->config.kind == IOM_PCI_BRIDGE_PCI;
}

static unsigned bus_register(const iom_pci_node *n, unsigned offset, unsigned given)
{
	return n->config.config ? iom_pci_config_read(n->config.config, offset, 1) : given;
}

unsigned pci_secondary(const iom_pci_node *n)
{
	return bus_register(n, SECONDARY_BUS, n->config.secondary);
}

unsigned pci_subordinate(const iom_pci_node *n)
{
	return bus_register(n, SUBORDINATE_BUS, n->config.subordinate);
}

uint16_t pci_segment(const iom_pci_node *n)
{
	if (n->config.pf)
		n = n->config.pf;
	while (n->config.parent)
		n = n->config.parent;
	return n->config.segment;
}

static unsigned sriov(const iom_pci_node *n)
{
	return n->config.config
		       ? iom_pci_find(n->config.config, IOM_PCI_EXTENDED, IOM_PCI_EXT_SRIOV)
		       : 0;
}

/* 9.2.1.2 VF Discovery: the PF's routing id, First VF Offset and VF Stride. */
static unsigned routing_id(const iom_pci_node *n)
{
	unsigned bus, function = n->config.function;

	if (n->config.pf) {
		unsigned at = sriov(n->config.pf);
		const iom_pci_config *c = n->config.pf->config.config;

		if (!at)
			return 0;
		return (routing_id(n->config.pf) + iom_pci_config_read(c, at + SRIOV_OFFSET, 2) +
			n->config.vf_index * iom_pci_config_read(c, at + SRIOV_STRIDE, 2)) &
		       0xffff;
	}
	bus = n->config.parent ? pci_secondary(n->config.parent) : n->config.bus;
	return (bus << 8 | n->config.device << 3 | function) & 0xffff;
}

unsigned pci_bus(const iom_pci_node *n)
{
	return routing_id(n) >> 8;
}

uint32_t iom_pci_node_id(const iom_pci_node *node)
{
	return (uint32_t)pci_segment(node) << 16 | routing_id(node);
}

unsigned iom_pci_node_vfs(const iom_pci_node *node)
{
	unsigned at = sriov(node);
	const iom_pci_config *c = node->config.config;

	if (!at || !(iom_pci_config_read(c, at + SRIOV_CTL, 2) & SRIOV_CTL_ENABLE))
		return 0;
	return MIN(iom_pci_config_read(c, at + SRIOV_NUM, 2),
		   iom_pci_config_read(c, at + SRIOV_TOTAL, 2));
}

/* ------------------------------------------------------------------------
 * Adding
 */
static bool refuse(GError **error, const iom_pci_node_config *c, const char *why)
{
	g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG, "function %02x.%x cannot be there: %s",
		    c->device, c->function, why);
	return false;
}

static bool below_port(const iom_pci_node_config *c)
{
	return c->parent && !pci_below_is_pci(c->parent);
}

static bool place_possible(const iom_pci_topology *t, const iom_pci_node_config *c, GError **error)
{
	bool bridge = c->kind >= IOM_PCI_ROOT_PORT && c->kind <= IOM_PCI_BRIDGE_PCI;

	if (c->pf)
		return c->kind == IOM_PCI_ENDPOINT && sriov(c->pf)
			       ? true
			       : refuse(error, c, "its physical function has no SR-IOV");
	if (c->kind > IOM_PCI_INTEGRATED || c->device > 31)
		return refuse(error, c, "no such kind or device number");
	if (c->function > 7 && (c->device || !below_port(c)))
		return refuse(error, c, "only ARI devices have more than 8 functions");
	if (c->parent && (c->parent->topology != t || !pci_is_bridge(c->parent)))
		return refuse(error, c, "its parent is not a bridge of this topology");
	if (c->parent && (c->kind == IOM_PCI_ROOT_PORT || c->kind == IOM_PCI_INTEGRATED))
		return refuse(error, c, "its place is a root bus");
	if (!bridge)
		return true;
	if (c->secondary > c->subordinate ||
	    (c->parent && (c->secondary <= pci_secondary(c->parent) ||
			   c->subordinate > pci_subordinate(c->parent))))
		return refuse(error, c, "its bus numbers are not inside those above it");
	return true;
}

iom_pci_node *iom_pci_topology_add(iom_pci_topology *topology, const iom_pci_node_config *config,
				   GError **error)
{
	iom_pci_node *n;

	if (!place_possible(topology, config, error))
		return NULL;
	n = g_new0(iom_pci_node, 1);
	n->topology = topology;
	n->config = *config;
	if (config->pf)
		n->config.parent = config->pf->config.parent;
	n->index = topology->nodes->len;
	for (unsigned i = 0; i < topology->nodes->len && !config->pf; i++) {
		const iom_pci_node *other = pci_node(topology, i);

		if (!other->config.pf && iom_pci_node_id(other) == iom_pci_node_id(n)) {
			refuse(error, config, "its place is taken");
			g_free(n);
			return NULL;
		}
	}
	if (pci_is_bridge(n) && config->config) {
		iom_pci_config_set(config->config, SECONDARY_BUS, 1, config->secondary);
		iom_pci_config_set(config->config, SUBORDINATE_BUS, 1, config->subordinate);
	}
	g_ptr_array_add(topology->nodes, n);
	return n;
}

/* ------------------------------------------------------------------------
 * What the IOMMU sees
 */

/* The id that a bridge gives to requests from below; false: it passes them on. */
static bool takes_over(const iom_pci_node *bridge, uint32_t *id)
{
	uint32_t segment = (uint32_t)pci_segment(bridge) << 16;

	if (bridge->config.kind == IOM_PCI_BRIDGE_TO_PCI)
		*id = segment | pci_secondary(bridge) << 8;
	else if (bridge->config.kind == IOM_PCI_BRIDGE_PCI)
		*id = iom_pci_node_id(bridge);
	else
		return false;
	return true;
}

uint32_t iom_pci_node_seen_as(const iom_pci_node *node)
{
	uint32_t id = iom_pci_node_id(node);

	for (const iom_pci_node *up = node->config.parent; up; up = up->config.parent)
		takes_over(up, &id);
	return id;
}

static void add_id(GArray *ids, uint32_t id)
{
	for (guint i = 0; i < ids->len; i++) {
		if (g_array_index(ids, uint32_t, i) == id)
			return;
	}
	g_array_append_val(ids, id);
}

/* PCI-X and some bridges pass ids on, so every one on the way may show. */
GArray *iom_pci_node_aliases(const iom_pci_node *node)
{
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	uint32_t id = iom_pci_node_id(node);

	add_id(ids, id);
	if (node->config.has_alias)
		add_id(ids, (id & ~0xffu) | node->config.alias_devfn);
	for (const iom_pci_node *up = node->config.parent; up; up = up->config.parent) {
		if (takes_over(up, &id))
			add_id(ids, id);
	}
	return ids;
}

bool pci_same_device(const iom_pci_node *a, const iom_pci_node *b)
{
	bool ari;

	if (a->config.pf || b->config.pf || a->config.parent != b->config.parent ||
	    pci_segment(a) != pci_segment(b) || pci_bus(a) != pci_bus(b))
		return false;
	/* A link leads to one device, and with ARI all numbers are its functions. */
	ari = a->config.parent && !pci_below_is_pci(a->config.parent) &&
	      a->config.parent->config.kind != IOM_PCI_SWITCH_UPSTREAM;
	return ari || a->config.device == b->config.device;
}

bool pci_multifunction(const iom_pci_node *n)
{
	for (unsigned i = 0; i < n->topology->nodes->len; i++) {
		const iom_pci_node *other = pci_node(n->topology, i);

		if (other != n && pci_same_device(n, other))
			return true;
	}
	return n->config.config && iom_pci_config_read(n->config.config, PCI_HEADER_TYPE, 1) & 0x80;
}

bool pci_acs(const iom_pci_node *n, unsigned *capability, unsigned *control)
{
	const iom_pci_config *c = n->config.config;
	unsigned at = c ? iom_pci_find(c, IOM_PCI_EXTENDED, IOM_PCI_EXT_ACS) : 0;

	*capability = at ? iom_pci_config_read(c, at + ACS_CAP, 2) : 0;
	*control = at ? iom_pci_config_read(c, at + ACS_CTL, 2) : 0;
	return at != 0;
}
