/* SPDX-License-Identifier: MIT */
#ifndef IOM_PCIE_INTERNAL_H
#define IOM_PCIE_INTERNAL_H

#include <pthread.h>

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

#define PCI_MAX_LOCKS 8

struct iom_pci_config {
	pthread_mutex_t lock; /* of one access; the watcher is called without it */
	unsigned size;
	uint8_t bytes[IOM_PCI_CONFIG_SIZE];
	uint8_t writable[IOM_PCI_CONFIG_SIZE];
	uint8_t clears[IOM_PCI_CONFIG_SIZE];
	uint8_t reset[IOM_PCI_CONFIG_SIZE]; /* values of what a reset changes */
	uint8_t pulses[IOM_PCI_CONFIG_SIZE]; /* a one is seen by the watcher, then reads 0 */
	struct {
		uint16_t offset; /* of the word */
		uint32_t bits; /* that a write leaves alone ... */
		uint16_t guard; /* ... while any of `guard_bits` of this word is set */
		uint32_t guard_bits;
	} locks[PCI_MAX_LOCKS];
	unsigned n_locks;
	/* What a write does inside the function, before anyone is told; see function.c. */
	void (*effect)(iom_pci_config *config, unsigned offset, uint32_t before, uint32_t after);
	void (*watch)(void *opaque, unsigned offset, uint32_t before, uint32_t after);
	void *watch_opaque;
	GArray *watchers; /* pci_watcher: more of them, of virtual functions; NULL none */
	uint64_t outstanding; /* page requests of the function and its virtual functions */
	/* A virtual function: the physical one, the place of its SR-IOV capability, and
	 * which one of its functions this is. */
	iom_pci_config *pf;
	unsigned at_sriov, vf_index;
	GPtrArray *vfs; /* of a physical function: their spaces; NULL none */
	uint16_t vf_offset[2], vf_stride[2]; /* without and with ARI Capable Hierarchy */
	uint8_t vf_bar_lg2;
};

typedef struct pci_watcher {
	void (*fn)(void *opaque, unsigned offset, uint32_t before, uint32_t after);
	void *opaque;
} pci_watcher;

/* Beside iom_pci_config_watch(); removed by function and opaque. */
void iom_pci_config_watch_more(iom_pci_config *config,
			       void (*fn)(void *opaque, unsigned offset, uint32_t before,
					  uint32_t after),
			       void *opaque, bool on);
/* Tell who watches that any register may have another value. */
void iom_pci_config_changed(iom_pci_config *config);
/* As iom_pci_config_read(), whether a virtual function is enabled or not. */
uint32_t iom_pci_config_peek(const iom_pci_config *config, unsigned offset, unsigned size);
/* Count page requests: false, and none counted, beyond `limit`. */
bool iom_pci_outstanding_take(iom_pci_config *config, uint64_t n, uint64_t limit);
void iom_pci_outstanding_give(iom_pci_config *config, uint64_t n);
uint64_t iom_pci_outstanding(const iom_pci_config *config);
/* The space that has the registers shared by a physical function and its virtual ones. */
static inline iom_pci_config *iom_pci_shared(iom_pci_config *config)
{
	return config->pf ? config->pf : config;
}

/* The writable bits of a word. */
uint32_t iom_pci_config_writable(const iom_pci_config *config, unsigned offset);
/* Bits that are commands: writing one does something, and they read zero. */
void iom_pci_config_set_pulses(iom_pci_config *config, unsigned offset, unsigned size,
			       uint32_t bits);
/* This is what the space looks like out of reset; and a reset, back to that. */
void iom_pci_config_set_reset(iom_pci_config *config);
void iom_pci_config_reset(iom_pci_config *config);
/* Writable bits that keep their value while another register forbids the change. */
void iom_pci_config_lock(iom_pci_config *config, unsigned offset, uint32_t bits, unsigned guard,
			 uint32_t guard_bits);

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
