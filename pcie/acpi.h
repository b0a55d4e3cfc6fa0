/* SPDX-License-Identifier: MIT */
/*
 * Firmware tables that say which IOMMU a requester is behind and under which id:
 * IORT (IO Remapping Table, Arm DEN0049) and DMAR (VT-d, chapter 8 BIOS
 * Considerations). Tables are read from their bytes, checked as a whole, and then
 * asked, or applied to a topology of <iommulate/pcie.h>.
 *
 * Threads: a table does not change after it was read; any thread may ask.
 */
#ifndef IOMMULATE_ACPI_H
#define IOMMULATE_ACPI_H

#include <iommulate/pcie.h>

G_BEGIN_DECLS

typedef struct iom_acpi_table iom_acpi_table;

typedef enum iom_acpi_kind {
	IOM_ACPI_IORT = 1,
	IOM_ACPI_DMAR = 2,
} iom_acpi_kind;

/* What a node of an IORT, or a remapping structure of a DMAR, is. */
typedef enum iom_acpi_node_kind {
	IOM_ACPI_UNKNOWN = 0, /* a type of a later revision; not looked into */
	/* IORT */
	IOM_ACPI_ITS_GROUP,
	IOM_ACPI_NAMED_COMPONENT,
	IOM_ACPI_ROOT_COMPLEX,
	IOM_ACPI_SMMU, /* SMMUv1 and SMMUv2 */
	IOM_ACPI_SMMUV3,
	IOM_ACPI_PMCG, /* performance monitor counter group */
	IOM_ACPI_RMR, /* reserved memory ranges */
	/* DMAR */
	IOM_ACPI_DRHD, /* a remapping unit */
	IOM_ACPI_RMRR, /* a reserved memory region */
	IOM_ACPI_ATSR, /* root ports with ATS */
	IOM_ACPI_RHSA, /* the proximity domain of a unit */
	IOM_ACPI_ANDD, /* a device of the ACPI namespace */
	IOM_ACPI_SATC, /* integrated endpoints with an ATC */
	IOM_ACPI_SIDP, /* properties of integrated devices */
} iom_acpi_node_kind;

/* IORT, ID mapping. */
typedef struct iom_acpi_mapping {
	uint32_t input_base;
	uint32_t output_base;
	uint64_t count; /* of ids */
	unsigned output; /* number of the node that the ids go to */
	bool single; /* every input id becomes output_base */
	/* The range of the table reaches one id further, into the next one, because
	 * whoever wrote it counted ids instead of ids less one; `count` is right. */
	bool overlapped;
} iom_acpi_mapping;

/* VT-d 8.3.1 Device Scope Structure */
typedef enum iom_acpi_scope_kind {
	IOM_ACPI_SCOPE_ENDPOINT = 1,
	IOM_ACPI_SCOPE_BRIDGE = 2, /* and everything below it */
	IOM_ACPI_SCOPE_IOAPIC = 3,
	IOM_ACPI_SCOPE_HPET = 4,
	IOM_ACPI_SCOPE_NAMESPACE = 5,
} iom_acpi_scope_kind;

typedef struct iom_acpi_scope {
	uint8_t kind; /* iom_acpi_scope_kind, or a later one */
	uint8_t enumeration; /* APIC id, HPET number, ACPI device number */
	uint8_t start_bus;
	uint8_t path_length;
	struct {
		uint8_t device, function;
	} path[8];
} iom_acpi_scope;

typedef struct iom_acpi_region {
	uint64_t base, last; /* bytes, both included */
} iom_acpi_region;

#define IOM_ACPI_NO_NODE UINT32_MAX

typedef struct iom_acpi_node {
	iom_acpi_node_kind kind;
	const char *what; /* "SMMUv3"; static */
	uint32_t offset; /* in the table */
	uint8_t type, revision; /* as in the table */
	/* DRHD, RMRR, ATSR, SATC, SIDP, root complex */
	uint16_t segment;
	/* Flags of the structure; of a DRHD bit 0 is INCLUDE_PCI_ALL, of an ATSR ALL_PORTS,
	 * of a SATC ATC_REQUIRED; of a root complex the ATS attribute. */
	uint32_t flags;
	uint64_t base; /* of its registers, 0 none */
	uint64_t size; /* bytes of them where the table says it */
	uint32_t model; /* SMMU, SMMUv3 */
	uint32_t interrupts[4]; /* SMMUv3: GSIVs of events, PRI, errors, sync */
	uint32_t domain; /* proximity domain of SMMUv3 and RHSA */
	uint32_t node; /* PMCG: the node it counts for; RHSA: its unit; else NO_NODE */
	uint32_t own_mapping; /* SMMUv3: the mapping of its own MSIs, or NO_NODE */
	char *name; /* named component, ANDD; NULL others */
	GArray *mappings; /* iom_acpi_mapping */
	GArray *scopes; /* iom_acpi_scope */
	GArray *identifiers; /* uint32_t: ITS group; ANDD: the device number */
	GArray *regions; /* iom_acpi_region: RMR, RMRR */
} iom_acpi_node;

/*
 * Read a table. `name` is for messages: one line with it, the offset and what was
 * expected (IOM_ERROR_FORMAT). Refused: another signature, lengths that leave the
 * table or their structure, a wrong checksum, ids that do not exist or are mapped
 * twice, references to what is no node or not one that can be meant.
 */
IOM_API iom_acpi_table *iom_acpi_parse(const void *data, size_t length, const char *name,
				       GError **error);
IOM_API void iom_acpi_free(iom_acpi_table *table);
IOM_API iom_acpi_kind iom_acpi_table_kind(const iom_acpi_table *table);
/* "BOCHS BXPC" of the header; NULL-terminated, without trailing blanks. */
IOM_API const char *iom_acpi_oem(const iom_acpi_table *table);
/* DMAR: bits of a DMA address, and the flags: 0 interrupt remapping, 1 no x2APIC. */
IOM_API unsigned iom_acpi_address_bits(const iom_acpi_table *table);
IOM_API unsigned iom_acpi_flags(const iom_acpi_table *table);
IOM_API unsigned iom_acpi_n_nodes(const iom_acpi_table *table);
/* In the order of the table; NULL beyond the last. Lives as long as the table. */
IOM_API const iom_acpi_node *iom_acpi_node_at(const iom_acpi_table *table, unsigned index);

typedef struct iom_acpi_path {
	unsigned iommu; /* number of the node, IOM_ACPI_NO_NODE: none on the way */
	uint32_t id; /* StreamID, or source-id */
	unsigned its; /* number of the ITS group, IOM_ACPI_NO_NODE: none */
	uint32_t device_id; /* for it */
} iom_acpi_path;

typedef enum iom_acpi_found {
	IOM_ACPI_FOUND = 0,
	IOM_ACPI_NOT_MAPPED, /* the table says nothing of it: no IOMMU */
	IOM_ACPI_NEEDS_TOPOLOGY, /* DMAR: bus numbers behind bridges decide */
} iom_acpi_found;

/*
 * Where the requests of a requester id (bus << 8 | device << 3 | function) go. IORT:
 * through the root complex of the segment. DMAR: for what the table can tell without
 * the bus numbers of bridges; iom_acpi_apply() and iom_pci_node_iommu() tell the rest.
 */
IOM_API iom_acpi_found iom_acpi_requester(const iom_acpi_table *table, uint16_t segment,
					  uint32_t rid, iom_acpi_path *path);
/* IORT: the same for input id `id` of a named component ("\\_SB.DEV0"). */
IOM_API iom_acpi_found iom_acpi_component(const iom_acpi_table *table, const char *name,
					  uint32_t id, iom_acpi_path *path);
/*
 * Add what the table says to a topology: ID mappings of root complexes to SMMUs,
 * device scopes of units. The `iommu` that iom_pci_node_iommu() gives is then the
 * number of a node of this table.
 */
IOM_API gboolean iom_acpi_apply(const iom_acpi_table *table, iom_pci_topology *topology,
				GError **error);

G_END_DECLS
#endif
