/* SPDX-License-Identifier: MIT */
#ifndef IOM_PCIE_TOPOLOGY_H
#define IOM_PCIE_TOPOLOGY_H

#include "pcie/function.h"

struct iom_pci_node {
	iom_pci_topology *topology;
	iom_pci_node_config config;
	unsigned index; /* in the order added */
	unsigned set; /* union-find: another node's index, or its own */
	unsigned group;
};

struct iom_pci_topology {
	GPtrArray *nodes; /* iom_pci_node */
	GArray *mappings; /* iom_pci_id_mapping */
	GArray *scopes; /* iom_pci_scope */
};

bool pci_is_bridge(const iom_pci_node *n);
/* Below it are functions of a PCI bus, which has no requester ids of its own. */
bool pci_below_is_pci(const iom_pci_node *n);
uint16_t pci_segment(const iom_pci_node *n);
unsigned pci_bus(const iom_pci_node *n);
unsigned pci_secondary(const iom_pci_node *n);
unsigned pci_subordinate(const iom_pci_node *n);
/* Functions of one device: on one bus, one device number, or all of it with ARI. */
bool pci_same_device(const iom_pci_node *a, const iom_pci_node *b);
bool pci_multifunction(const iom_pci_node *n);
/* The ACS capability and control registers; false: no capability. */
bool pci_acs(const iom_pci_node *n, unsigned *capability, unsigned *control);

static inline iom_pci_node *pci_node(const iom_pci_topology *t, unsigned i)
{
	return g_ptr_array_index(t->nodes, i);
}

#endif
