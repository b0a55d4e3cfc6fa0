/* SPDX-License-Identifier: MIT */
#ifndef IOM_PCIE_ACPI_INTERNAL_H
#define IOM_PCIE_ACPI_INTERNAL_H

#include "core/core.h"
#include "pcie/acpi.h"

#define ACPI_HEADER_BYTES 36u

struct iom_acpi_table {
	iom_acpi_kind kind;
	char oem[16];
	bool counts_whole; /* ID counts of this firmware are not less one */
	uint8_t address_bits, flags;
	GPtrArray *nodes; /* iom_acpi_node */
	/* only while it is read: */
	const char *name;
	const uint8_t *data;
	uint32_t length;
};

static inline uint32_t acpi_u8(const iom_acpi_table *t, uint32_t at)
{
	return t->data[at];
}

static inline uint32_t acpi_u16(const iom_acpi_table *t, uint32_t at)
{
	return acpi_u8(t, at) | acpi_u8(t, at + 1) << 8;
}

static inline uint32_t acpi_u32(const iom_acpi_table *t, uint32_t at)
{
	return acpi_u16(t, at) | acpi_u16(t, at + 2) << 16;
}

static inline uint64_t acpi_u64(const iom_acpi_table *t, uint32_t at)
{
	return acpi_u32(t, at) | (uint64_t)acpi_u32(t, at + 4) << 32;
}

/* "NAME: at 0xOFFSET: ...", IOM_ERROR_FORMAT; always false. */
bool acpi_fail(const iom_acpi_table *t, uint32_t offset, GError **error, const char *format, ...)
	G_GNUC_PRINTF(4, 5);
/* A node of the table, at its end. */
iom_acpi_node *acpi_add(iom_acpi_table *t, iom_acpi_node_kind kind, const char *what,
			uint32_t offset);
/* The text at `at`, which ends before `end`; false: it does not. */
bool acpi_text(const iom_acpi_table *t, uint32_t at, uint32_t end, char **text);
static inline iom_acpi_node *acpi_node(const iom_acpi_table *t, unsigned i)
{
	return g_ptr_array_index(t->nodes, i);
}
static inline const iom_acpi_mapping *acpi_mapping(const iom_acpi_node *n, unsigned i)
{
	return &g_array_index(n->mappings, iom_acpi_mapping, i);
}

bool iort_parse(iom_acpi_table *t, GError **error);
iom_acpi_found iort_resolve(const iom_acpi_table *t, const iom_acpi_node *from, uint32_t id,
			    iom_acpi_path *path);
bool iort_apply(const iom_acpi_table *t, iom_pci_topology *topology, GError **error);

bool dmar_parse(iom_acpi_table *t, GError **error);
iom_acpi_found dmar_requester(const iom_acpi_table *t, uint16_t segment, uint32_t rid,
			      iom_acpi_path *path);
bool dmar_apply(const iom_acpi_table *t, iom_pci_topology *topology, GError **error);

#endif
