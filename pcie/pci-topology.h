/* SPDX-License-Identifier: MIT */
/*
 * Part of <iommulate/pcie.h>: functions, the ids that their requests carry, who is
 * isolated from whom, and which IOMMU they are behind.
 */
#ifndef IOMMULATE_PCI_TOPOLOGY_H
#define IOMMULATE_PCI_TOPOLOGY_H

#include <iommulate/pcie.h>

G_BEGIN_DECLS

/* ------------------------------------------------------------------------
 * Topology: who is behind what, what the IOMMU sees of it, and who is isolated
 * from whom
 */
typedef struct iom_pci_topology iom_pci_topology;
typedef struct iom_pci_node iom_pci_node;

typedef enum iom_pci_node_kind {
	IOM_PCI_ENDPOINT = 0,
	IOM_PCI_ROOT_PORT,
	IOM_PCI_SWITCH_UPSTREAM,
	IOM_PCI_SWITCH_DOWNSTREAM,
	IOM_PCI_BRIDGE_TO_PCI, /* PCI Express above, PCI or PCI-X below */
	IOM_PCI_BRIDGE_TO_PCIE, /* the other way round */
	IOM_PCI_BRIDGE_PCI, /* PCI on both sides */
	IOM_PCI_CONVENTIONAL, /* a PCI function */
	IOM_PCI_INTEGRATED, /* root complex integrated endpoint */
} iom_pci_node_kind;

typedef struct iom_pci_node_config {
	size_t size; /* sizeof(iom_pci_node_config) */
	iom_pci_node *parent; /* the bridge or port above; NULL: on a root bus */
	uint16_t segment; /* with no parent */
	uint8_t bus; /* with no parent: the root bus */
	uint8_t kind; /* iom_pci_node_kind */
	uint8_t device; /* 0 to 31 */
	uint8_t function; /* 0 to 7; to 255 for device 0 below a port (ARI) */
	uint8_t secondary; /* of bridges and ports: bus numbers, which go to `config` */
	uint8_t subordinate;
	iom_pci_config *config; /* NULL: no capability, no address. Stays the caller's */
	iom_pci_node *pf; /* a virtual function of this one; its place follows */
	uint16_t vf_index; /* from 0 */
	bool has_alias; /* it also sends with this device and function (a quirk) */
	uint8_t alias_devfn;
} iom_pci_node_config;

IOM_API iom_pci_topology *iom_pci_topology_new(void);
/* With all nodes. */
IOM_API void iom_pci_topology_free(iom_pci_topology *topology);
/*
 * Add a function. IOM_ERROR_CONFIG if its place is taken, cannot be, or its
 * parent is no bridge; bus numbers must lie inside those of the parent.
 */
IOM_API iom_pci_node *iom_pci_topology_add(iom_pci_topology *topology,
					   const iom_pci_node_config *config, GError **error);

/*
 * Requester ids are segment << 16 | bus << 8 | device << 3 | function. Bus numbers
 * and VF places are read from the registers, so they follow what software does.
 */
IOM_API uint32_t iom_pci_node_id(const iom_pci_node *node);
/* Virtual functions that are enabled (VF Enable, NumVFs) of a physical one. */
IOM_API unsigned iom_pci_node_vfs(const iom_pci_node *node);
/*
 * The id that the IOMMU sees. A bridge to PCI answers for what is below it with
 * its secondary bus and device 0 function 0, a PCI to PCI bridge with its own id
 * (PCI Express to PCI/PCI-X Bridge Specification, 2.3 Assignment of Requester ID).
 */
IOM_API uint32_t iom_pci_node_seen_as(const iom_pci_node *node);
/* Every id that its requests may carry, its own included, as uint32_t; free it. */
IOM_API GArray *iom_pci_node_aliases(const iom_pci_node *node);

/*
 * Isolation groups: functions that share an id, or that reach each other without
 * the IOMMU: below a port that lacks Source Validation, Request and Completion
 * Redirect or Upstream Forwarding, or in one device without ACS of its own.
 * Numbered from 0 in the order of the nodes; the count is returned.
 */
IOM_API unsigned iom_pci_topology_groups(iom_pci_topology *topology);
/* As the last iom_pci_topology_groups() found. */
IOM_API unsigned iom_pci_node_group(const iom_pci_node *node);

typedef enum iom_pci_route {
	IOM_PCI_ROUTE_ROOT = 0, /* up to the root complex and its IOMMU */
	IOM_PCI_ROUTE_PEER, /* straight to another function */
	IOM_PCI_ROUTE_BLOCKED, /* an ACS violation */
} iom_pci_route;

/*
 * Where a memory request of `node` with this address and type goes: ACS Source
 * Validation, Translation Blocking, Request Redirect, Upstream Forwarding, Egress
 * Control (the vector's bits count the ports of a switch in the order added) and
 * Direct Translated P2P (6.12 Access Control Services). *peer receives the
 * function reached. Addresses are those in base address registers and windows.
 */
IOM_API iom_pci_route iom_pci_node_route(const iom_pci_node *node, uint64_t address,
					 iom_request_type type, const iom_pci_node **peer);

/* ---- which IOMMU, and under which id, as firmware tables say ---- */

/* An ID mapping of a root complex node (IORT, "ID mapping format"). */
typedef struct iom_pci_id_mapping {
	uint16_t segment;
	uint32_t input_base; /* bus << 8 | device << 3 | function */
	uint32_t count; /* of ids; the table has it less one */
	uint32_t output_base; /* StreamID */
	bool single; /* every id maps to output_base */
	unsigned iommu; /* a number of the caller's */
} iom_pci_id_mapping;

typedef enum iom_pci_scope_kind {
	IOM_PCI_SCOPE_ALL = 0, /* INCLUDE_PCI_ALL: what no other scope names */
	IOM_PCI_SCOPE_ENDPOINT = 1, /* one function */
	IOM_PCI_SCOPE_BRIDGE = 2, /* a bridge and everything below it */
} iom_pci_scope_kind;

/* A device scope of a DRHD structure (DMAR; VT-d 8.3.1 Device Scope Structure). */
typedef struct iom_pci_scope {
	uint16_t segment;
	uint8_t kind; /* iom_pci_scope_kind */
	uint8_t start_bus;
	uint8_t path_length;
	struct {
		uint8_t device;
		uint8_t function;
	} path[8];
	unsigned iommu;
} iom_pci_scope;

/* False and IOM_ERROR_CONFIG for ids that are mapped already, or out of range. */
IOM_API gboolean iom_pci_topology_map(iom_pci_topology *topology, const iom_pci_id_mapping *mapping,
				      GError **error);
IOM_API gboolean iom_pci_topology_scope(iom_pci_topology *topology, const iom_pci_scope *scope,
					GError **error);
/*
 * The IOMMU of a function and the id it is known by there: a StreamID through the
 * ID mappings if there are any for its segment, otherwise the source-id. False:
 * no IOMMU.
 */
IOM_API bool iom_pci_node_iommu(const iom_pci_node *node, unsigned *iommu, uint32_t *requester);

G_END_DECLS
#endif
