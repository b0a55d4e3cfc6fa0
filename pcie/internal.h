/* SPDX-License-Identifier: MIT */
#ifndef IOM_PCIE_INTERNAL_H
#define IOM_PCIE_INTERNAL_H

#include "core/core.h"
#include "pcie/pcie.h"

/* 7.5.1.1 Type 0/1 Common Configuration Space */
enum {
	PCI_VENDOR = 0x00,
	PCI_DEVICE = 0x02,
	PCI_COMMAND = 0x04,
	PCI_STATUS = 0x06,
	PCI_REVISION = 0x08,
	PCI_HEADER_TYPE = 0x0e,
	PCI_CARDBUS_CAPABILITIES = 0x14,
	PCI_CAPABILITIES = 0x34,
	PCI_COMMAND_MASTER = 1u << 2,
	PCI_STATUS_LIST = 1u << 4,
};

/* 7.6.3 PCI Express Extended Capability Header */
#define EXT_HEADER(id, version, next) \
	((uint32_t)(id) | (uint32_t)(version) << 16 | (uint32_t)(next) << 20)
#define EXT_HEADER_BYTES 4u
#define EXT_ID(header) ((header)&0xffffu)
#define EXT_VERSION(header) ((header) >> 16 & 0xfu)
#define EXT_NEXT(header) ((header) >> 20)

struct iom_pci_config {
	unsigned size;
	uint8_t bytes[IOM_PCI_CONFIG_SIZE];
	uint8_t writable[IOM_PCI_CONFIG_SIZE];
	uint8_t clears[IOM_PCI_CONFIG_SIZE];
	void (*watch)(void *opaque, unsigned offset, uint32_t before, uint32_t after);
	void *watch_opaque;
};

/* Whether extended capabilities may be looked for at all; see list.c. */
bool iom_pci_has_extended(const iom_pci_config *config);
/* Let the extended header at `offset` point at `next`. */
void iom_pci_set_next(iom_pci_config *config, unsigned offset, unsigned next);

/* The PCI Express capability (7.5.3) at a glance, for sizes that depend on it. */
unsigned iom_pci_express(const iom_pci_config *config);

/* Spans of the extended space, by offset; see spans.c. */
GArray *iom_pci_spans(const iom_pci_config *config, const iom_pci_chain *chain,
		      const iom_pci_place_options *options);
/* The first span that [offset, offset + length) meets; NULL none. */
const iom_pci_span *iom_pci_span_hit(const GArray *spans, unsigned offset, unsigned length);
void iom_pci_span_text(const iom_pci_span *span, GString *out);

const iom_pci_quirk *iom_pci_quirk_next(const iom_pci_config *config,
					const iom_pci_place_options *options, unsigned *index);

void iom_pci_reason(GPtrArray *reasons, const char *format, ...) G_GNUC_PRINTF(2, 3);

#endif
