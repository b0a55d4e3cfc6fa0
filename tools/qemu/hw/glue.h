/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the two device models have in common: libiommulate on one side, QEMU's
 * memory API, interrupt lines and saved state on the other. Nothing here knows
 * an architecture.
 */
#ifndef IOMMULATE_QEMU_GLUE_H
#define IOMMULATE_QEMU_GLUE_H

/* QEMU wants it before everything else. */
#include "qemu/osdep.h"

/* Headers that moved between versions of QEMU. */
#if __has_include("system/memory.h")
#include "system/address-spaces.h"
#include "system/memory.h"
#else
#include "exec/address-spaces.h"
#include "exec/memory.h"
#endif
#if __has_include("hw/core/irq.h")
#include "hw/core/irq.h"
#include "hw/core/qdev-properties.h"
#include "hw/core/resettable.h"
#include "hw/core/sysbus.h"
#else
#include "hw/irq.h"
#include "hw/qdev-properties.h"
#include "hw/resettable.h"
#include "hw/sysbus.h"
#endif

#include "hw/pci/pci.h"
#include "hw/pci/pci_bus.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/thread.h"

#include "iommulate-features.h"
#include "sim/trace/trace.h"
#include <iommulate/mappings.h>

typedef struct IomWitness IomWitness;
typedef struct IomSpace IomSpace;
typedef struct IomListener IomListener;
typedef struct IomEndpoint IomEndpoint;

/* What the listeners of "listen=on" were told, and how often they were right. */
typedef struct IomListenerCounts {
	uint64_t maps, unmaps;
	uint64_t checked, left, wrong;
} IomListenerCounts;

/* The lines that QEMU's boards wire up; the library may know more. */
#define IOM_QEMU_LINES 4

/* What is to be passed on: an invalidation of the IOMMU's, or one sent to endpoints. */
typedef struct IomNotice {
	iom_invalidation what;
	bool sent; /* to what the requester itself keeps (ATS) */
} IomNotice;

/* The part of a device that the glue works on; zeroed memory to start with. */
typedef struct IomQemu {
	DeviceState *dev;
	iom_trace_info *info; /* the ID registers the properties ask for */
	iom_iommu *iommu;
	iom_memory *memory; /* the system address space, as the model reads it */
	MemoryRegion registers;
	qemu_irq line[IOM_QEMU_LINES];

	/* Interrupts and notifications that the model raised while it held its lock. */
	QemuMutex lock;
	GArray *raised; /* IomRaised */
	GArray *notices; /* IomNotice */
	GArray *responses; /* iom_page_response */
	bool scheduled;

	/* Who wants to hear of invalidations. */
	const char *no_map; /* why mappings cannot be told of, or NULL */
	unsigned listeners; /* spaces with a notifier, and endpoints with a cache */
	unsigned mirrors; /* spaces that ever had one for mappings */
	IomListenerCounts heard;
	uint8_t address_bits; /* of a device's address */

	GHashTable *spaces; /* PCIBus * -> array of IomSpace * by devfn */
	void (*space_added)(struct IomQemu *q, IomSpace *space);

	/* Properties. */
	char *machine;
	char *statistics;
	char *trace;
	bool verify;
	bool listen;

	IomWitness *witness;
	Notifier exit;
	uint8_t *saved;
	uint32_t saved_size;
} IomQemu;

/* The address space of one function behind the IOMMU. */
struct IomSpace {
	IOMMUMemoryRegion mr;
	MemoryRegion root;
	MemoryRegion interrupts; /* used by VT-d */
	AddressSpace as;
	IomQemu *q;
	PCIBus *bus; /* NULL: `devfn` is a whole requester ID */
	uint32_t devfn;

	bool listened;
	bool bypassed; /* as its notifiers were told last */
	bool mirrored; /* has had a mirror: `direct` is there */
	iom_mirror *mirror; /* while somebody listens to mappings */
	uint32_t mirror_of; /* its requester */
	IOMMUNotifier *newcomer; /* is told separately */
	MemoryRegion direct; /* all memory, while nothing is translated */
	GSList *endpoints; /* IomEndpoint */
	IomListener *listener; /* with "listen=on" */
};

#ifdef DEFINE_PROP_END_OF_LIST
#define IOM_PROP_END DEFINE_PROP_END_OF_LIST(),
#define IOM_PROP_TYPE Property
#else
#define IOM_PROP_END
#define IOM_PROP_TYPE const Property
#endif

/*
 * machine     machine file of the library (docs/guide.md): ID fields and caches
 * verify      ask a second model without caches about every access and compare
 * trace       write what crosses the IOMMU to this file; implies verify
 * statistics  write counts to this file when QEMU exits
 * listen      keep MAP notifiers on every function and compare, as a test of them
 */
#define IOM_QEMU_PROPERTIES(type, field) \
	DEFINE_PROP_STRING("machine", type, field.machine), \
		DEFINE_PROP_STRING("statistics", type, field.statistics), \
		DEFINE_PROP_STRING("trace", type, field.trace), \
		DEFINE_PROP_BOOL("verify", type, field.verify, false), \
		DEFINE_PROP_BOOL("listen", type, field.listen, false)

extern const VMStateDescription iom_qemu_vmstate;

/* Add an ID register to what the device is to be. */
void iom_qemu_id(IomQemu *q, uint64_t offset, uint64_t value);
/* Before iom_qemu_id(). */
void iom_qemu_prepare(IomQemu *q, DeviceState *dev, iom_kind kind);
/* Make the model; `frame` limits the register region, 0 does not. */
bool iom_qemu_realize(IomQemu *q, uint64_t frame, Error **errp);
void iom_qemu_reset(IomQemu *q);
/* Put every function below `bus` behind the IOMMU; `alone`: none on other root buses. */
void iom_qemu_attach(IomQemu *q, PCIBus *bus, bool alone);
/* The address space of `devfn` on `bus`, made when there is none. */
IomSpace *iom_qemu_space(IomQemu *q, PCIBus *bus, uint32_t devfn);
uint32_t iom_qemu_requester(const IomSpace *space);
void iom_qemu_interrupt(IomQemu *q, const iom_interrupt *msi, iom_interrupt_result *result);

/* ---- notifications: vhost, VFIO ---- */
int iom_notify_flag_changed(IOMMUMemoryRegion *mr, IOMMUNotifierFlag old, IOMMUNotifierFlag new,
			    Error **errp);
void iom_notify_replay(IOMMUMemoryRegion *mr, IOMMUNotifier *n);
/* Pass on the invalidations that were queued; with the big lock. */
void iom_notify_deliver(IomQemu *q);
/* Whether something is translated may have changed. */
void iom_notify_modes(IomQemu *q);
/* Everything may have changed. */
void iom_notify_all(IomQemu *q);
void iom_notify_spaces(IomQemu *q, void (*fn)(IomSpace *space, const void *opaque),
		       const void *opaque);

void iom_notify_range(IOMMUNotifier *n, hwaddr first, hwaddr last);

/* ---- endpoints with ATS, PRI, PASIDs, where QEMU has them ---- */
#ifdef IOM_QEMU_ATS
void iom_ats_ops(PCIIOMMUOps *ops);
void iom_ats_invalidated(IomSpace *space, const iom_invalidation *inv);
#endif
#ifdef IOM_QEMU_PRI
void iom_ats_page_response(IomSpace *space, const iom_page_response *response);
#endif

/* ---- a stand-in for VFIO, for tests ---- */
void iom_listener_new(IomSpace *space);
void iom_listener_access(IomListener *l, hwaddr address, IOMMUAccessFlags flag,
			 const iom_result *result);
void iom_listener_finish(IomSpace *space, const void *unused);

/* ---- the witness: a second model, without caches, that sees the same ---- */
IomWitness *iom_witness_new(IomQemu *q,
			    iom_iommu *(*make)(IomQemu *q, const iom_bus *bus, const char *caches,
					       Error **errp),
			    Error **errp);
void iom_witness_write(IomWitness *w, uint64_t offset, unsigned size, uint64_t value);
void iom_witness_translate(IomWitness *w, const iom_request *request, const iom_result *result);
void iom_witness_interrupt(IomWitness *w, const iom_interrupt *msi,
			   const iom_interrupt_result *result);
void iom_witness_page_request(IomWitness *w, const iom_page_request *request,
			      iom_prq_status status);
void iom_witness_reset(IomWitness *w);
void iom_witness_load(IomWitness *w, GBytes *state);
/* Append the counts; end the trace. */
void iom_witness_finish(IomWitness *w, GString *out);

/* Guest memory at `addr` that may be used directly, or NULL; *span as in core.h. */
void *iom_qemu_ram(uint64_t addr, bool write, uint64_t *span, MemoryRegion **mr, hwaddr *xlat);

#endif
