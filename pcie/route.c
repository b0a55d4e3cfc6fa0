/* SPDX-License-Identifier: MIT */
/*
 * The way of a memory request from a function: inside its device, through the
 * switches above it, to the root complex or to a peer (6.12 Access Control
 * Services).
 */
#include "pcie/topology.h"

enum { MEMORY_LIMIT = 0x22, PREFETCH_BASE = 0x24, PREFETCH_LIMIT = 0x26, PREFETCH_HIGH = 0x28 };

#define COMMAND_MEMORY 2u

static bool memory_enabled(const iom_pci_node *n)
{
	return n->config.config &&
	       iom_pci_config_read(n->config.config, PCI_COMMAND, 2) & COMMAND_MEMORY;
}

/* 7.5.1.2.1 Base Address Registers: the writable bits of one tell its size. */
static bool bar_has(const iom_pci_config *c, unsigned bar, unsigned n_bars, uint64_t address)
{
	unsigned at = PCI_BAR0 + bar * 4;
	uint32_t low = iom_pci_config_read(c, at, 4);
	bool wide = (low >> 1 & 3) == 2;
	uint64_t base = low & ~0xfu, mask;

	mask = iom_pci_config_writable(c, at) & ~0xfu;
	if (low & 1 || !mask)
		return false;
	if (wide && bar + 1 < n_bars) {
		base |= (uint64_t)iom_pci_config_read(c, at + 4, 4) << 32;
		mask |= (uint64_t)iom_pci_config_writable(c, at + 4) << 32;
	} else {
		mask |= UINT64_C(0xffffffff00000000);
	}
	return base && (address & mask) == base;
}

static bool bars_have(const iom_pci_node *n, uint64_t address)
{
	unsigned n_bars = pci_is_bridge(n) ? 2 : 6;
	uint64_t base, size;

	/* 9.3.3.14: a VF has no BARs, but a part of the physical function's VF BAR */
	if (n->config.pf)
		return n->config.pf->config.config &&
		       iom_pci_vf_memory(n->config.pf->config.config, n->config.vf_index, &base,
					 &size) &&
		       address - base < size;

	for (unsigned bar = 0; memory_enabled(n) && bar < n_bars; bar++) {
		uint32_t low;

		if (bar_has(n->config.config, bar, n_bars, address))
			return true;
		low = iom_pci_config_read(n->config.config, PCI_BAR0 + bar * 4, 4);
		if (!(low & 1) && (low >> 1 & 3) == 2)
			bar++; /* the upper half of a 64-bit one */
	}
	return false;
}

/* 7.5.1.3: memory window, and prefetchable window of up to 64 bits. */
static bool window_has(const iom_pci_node *n, uint64_t address)
{
	const iom_pci_config *c = n->config.config;
	uint64_t base, limit;

	if (!memory_enabled(n))
		return false;
	base = (uint64_t)(iom_pci_config_read(c, PCI_MEMORY_BASE, 2) & 0xfff0) << 16;
	limit = (uint64_t)(iom_pci_config_read(c, MEMORY_LIMIT, 2) & 0xfff0) << 16 | 0xfffff;
	if (base && base <= limit && address >= base && address <= limit)
		return true;
	base = (uint64_t)(iom_pci_config_read(c, PREFETCH_BASE, 2) & 0xfff0) << 16 |
	       (uint64_t)iom_pci_config_read(c, PREFETCH_HIGH, 4) << 32;
	limit = (uint64_t)(iom_pci_config_read(c, PREFETCH_LIMIT, 2) & 0xfff0) << 16 | 0xfffff |
		(uint64_t)iom_pci_config_read(c, PREFETCH_HIGH + 4, 4) << 32;
	return base && base <= limit && address >= base && address <= limit;
}

/* The function below `up` (or on its own) that has the address. */
static const iom_pci_node *target_below(const iom_pci_node *up, uint64_t address)
{
	const iom_pci_topology *t = up->topology;

	for (unsigned i = 0; i < t->nodes->len; i++) {
		const iom_pci_node *n = pci_node(t, i), *above = n;

		while (above && above != up)
			above = above->config.parent;
		if (above && bars_have(n, address))
			return n;
	}
	return NULL;
}

static bool translated(iom_request_type type)
{
	return type == IOM_TRANSLATED;
}

typedef struct route {
	const iom_pci_node *from;
	uint64_t address;
	iom_request_type type;
	const iom_pci_node *peer;
} route;

/* 6.12.3: redirected, unless translated and Direct Translated P2P is enabled. */
static bool redirected(const route *r, unsigned control)
{
	if (!(control & IOM_PCI_ACS_REQUEST_REDIRECT))
		return false;
	return !(translated(r->type) && control & IOM_PCI_ACS_DIRECT);
}

/* 6.12.1.1, Egress Control: a bit of the vector blocks, or with RR redirects. */
static bool egress_blocked(const iom_pci_node *port, const iom_pci_node *egress)
{
	unsigned at = iom_pci_find(port->config.config, IOM_PCI_EXTENDED, IOM_PCI_EXT_ACS);
	unsigned number = 0;

	for (unsigned i = 0; i < egress->index; i++)
		number += pci_node(egress->topology, i)->config.parent == egress->config.parent;
	return at && number < 256 &&
	       iom_pci_config_read(port->config.config, at + 8 + number / 32 * 4, 4) >>
			       (number % 32) &
		       1;
}

/* The other ports of the switch; true when the request goes no further up. */
static bool to_peer_port(route *r, const iom_pci_node *port, unsigned control, iom_pci_route *out)
{
	const iom_pci_topology *t = port->topology;

	for (unsigned i = 0; i < t->nodes->len; i++) {
		const iom_pci_node *other = pci_node(t, i);
		const iom_pci_node *target;
		bool blocked;

		if (other->config.parent != port->config.parent ||
		    other->config.kind != IOM_PCI_SWITCH_DOWNSTREAM ||
		    !window_has(other, r->address))
			continue;
		if (other == port) {
			/* back to where it came from: up with UF, blocked without */
			if (control & IOM_PCI_ACS_UPSTREAM)
				return false;
			*out = IOM_PCI_ROUTE_BLOCKED;
			return true;
		}
		blocked = control & IOM_PCI_ACS_EGRESS && egress_blocked(port, other) &&
			  !(translated(r->type) && control & IOM_PCI_ACS_DIRECT);
		if (blocked && !(control & IOM_PCI_ACS_REQUEST_REDIRECT)) {
			*out = IOM_PCI_ROUTE_BLOCKED;
			return true;
		}
		/* with Egress Control only the ports of the vector are redirected */
		if (control & IOM_PCI_ACS_EGRESS ? blocked : redirected(r, control))
			return false;
		target = target_below(other, r->address);
		r->peer = target ? target : other;
		*out = IOM_PCI_ROUTE_PEER;
		return true;
	}
	return false;
}

/* A downstream or root port takes a request from below; true: it ends here. */
static bool at_port(route *r, const iom_pci_node *port, iom_pci_route *out)
{
	unsigned capability, control, bus = iom_pci_node_seen_as(r->from) >> 8 & 0xff;

	pci_acs(port, &capability, &control);
	if ((control & IOM_PCI_ACS_VALIDATION &&
	     (bus < pci_secondary(port) || bus > pci_subordinate(port))) ||
	    (control & IOM_PCI_ACS_BLOCKING && r->type != IOM_UNTRANSLATED)) {
		*out = IOM_PCI_ROUTE_BLOCKED;
		return true;
	}
	/* A translation request is for the root complex, whatever its address. */
	if (port->config.kind != IOM_PCI_SWITCH_DOWNSTREAM || r->type == IOM_TRANSLATION_REQUEST)
		return false;
	return to_peer_port(r, port, control, out);
}

/* Functions of one device, and of one PCI bus, hear each other. */
static bool beside(route *r, iom_pci_route *out)
{
	const iom_pci_topology *t = r->from->topology;
	const iom_pci_node *up = r->from->config.parent;
	bool bus = up && pci_below_is_pci(up);
	unsigned capability, control;

	pci_acs(r->from, &capability, &control);
	for (unsigned i = 0; i < t->nodes->len; i++) {
		const iom_pci_node *other = pci_node(t, i);

		if (other == r->from || !bars_have(other, r->address))
			continue;
		if (bus ? other->config.parent != up : !pci_same_device(r->from, other))
			continue;
		if (!bus && redirected(r, control))
			return false;
		r->peer = other;
		*out = IOM_PCI_ROUTE_PEER;
		return true;
	}
	return false;
}

iom_pci_route iom_pci_node_route(const iom_pci_node *node, uint64_t address, iom_request_type type,
				 const iom_pci_node **peer)
{
	route r = { node, address, type, NULL };
	iom_pci_route out = IOM_PCI_ROUTE_ROOT;
	bool ended = type != IOM_TRANSLATION_REQUEST && beside(&r, &out);

	for (const iom_pci_node *up = node->config.parent; up && !ended; up = up->config.parent) {
		if (up->config.kind == IOM_PCI_SWITCH_DOWNSTREAM ||
		    up->config.kind == IOM_PCI_ROOT_PORT)
			ended = at_port(&r, up, &out);
	}
	if (peer)
		*peer = r.peer;
	return out;
}
