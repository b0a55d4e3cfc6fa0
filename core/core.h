/* SPDX-License-Identifier: MIT */
/*
 * iommulate core: the vocabulary that both IOMMU models share.
 *
 * Everything an embedder needs to build guest memory, connect a model to its
 * machine and translate accesses. The models themselves are created with
 * <iommulate/smmu.h> and <iommulate/vtd.h>.
 *
 * Conventions
 *   Addresses and lengths are in bytes. Names ending in _lg2 are base-2
 *   logarithms. "Requester" is the StreamID of an SMMUv3 or the 16-bit
 *   source-id (bus << 8 | device << 3 | function) of a VT-d unit.
 *   Nothing here aborts the process because of what a guest wrote. Errors of
 *   the embedder are reported with a GError.
 *
 * Threads
 *   Each function says which calls may run side by side. "Any thread" means
 *   concurrently with every other call on the same object except its
 *   destruction.
 */
#ifndef IOMMULATE_CORE_H
#define IOMMULATE_CORE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define IOM_API __attribute__((visibility("default")))
#else
#define IOM_API
#endif

#include <iommulate/caches.h>

G_BEGIN_DECLS

/* The version of the library as "major.minor.micro"; static storage. */
IOM_API const char *iom_version(void);

#define IOM_ERROR (iom_error_quark())
IOM_API GQuark iom_error_quark(void);

typedef enum iom_error_code {
	IOM_ERROR_CONFIG, /* a configuration that no implementation may have */
	IOM_ERROR_RANGE, /* an address range that is empty, wraps or overlaps */
	IOM_ERROR_FORMAT, /* a file that is not what it should be */
	IOM_ERROR_IO, /* the operating system refused an operation */
	IOM_ERROR_UNSUPPORTED, /* valid, but this model or build lacks it */
} iom_error_code;

/* ------------------------------------------------------------------------
 * Guest memory
 *
 * A physical address space made of regions that do not overlap. Anything
 * outside every region answers with an external abort. All multi-byte values
 * are little-endian in guest memory and host-endian in arguments.
 */
typedef struct iom_memory iom_memory;

typedef enum iom_mem_status {
	IOM_MEM_OK = 0,
	IOM_MEM_ABORT, /* external abort: nothing answers, or it answered with an error */
	IOM_MEM_POISON, /* data came back, marked as corrupt */
} iom_mem_status;

/*
 * What a device region does with an access of `size` bytes (1, 2, 4 or 8). Without
 * `read` or `write`, `host` serves that direction, and where it has no pointer
 * the access aborts.
 */
typedef struct iom_memory_ops {
	iom_mem_status (*read)(void *opaque, uint64_t offset, unsigned size, uint64_t *value);
	iom_mem_status (*write)(void *opaque, uint64_t offset, unsigned size, uint64_t value);
	/*
	 * Optional. A host pointer to the byte at `offset`, and in *span how many
	 * bytes from there may be used through it; NULL when there is none. The
	 * pointer must stay valid until the region is removed.
	 */
	void *(*host)(void *opaque, uint64_t offset, bool write, uint64_t *span);
	/*
	 * Optional. Replace the 64-bit word at `offset` by `desired` if it equals
	 * *expected, in one step as seen by every other agent; *expected receives
	 * what was found. Without it a read followed by a write is used.
	 */
	iom_mem_status (*cas64)(void *opaque, uint64_t offset, uint64_t *expected,
				uint64_t desired);
} iom_memory_ops;

/* A new, empty address space with one reference, owned by the caller. */
IOM_API iom_memory *iom_memory_new(void);
IOM_API iom_memory *iom_memory_ref(iom_memory *mem);
IOM_API void iom_memory_unref(iom_memory *mem);

/*
 * Adding and removing regions: [base, base + size) must not wrap, be empty or
 * overlap an existing region (IOM_ERROR_RANGE). Not to be called while another
 * thread accesses the address space.
 *
 * ram     `host` is `size` bytes owned by the caller, who keeps them alive
 *         until the region is removed.
 * sparse  zero-filled memory that takes host memory only where it is written;
 *         any size up to the whole 64-bit space.
 * device  every access goes to `ops`, which is copied.
 */
IOM_API gboolean iom_memory_add_ram(iom_memory *mem, uint64_t base, uint64_t size, void *host,
				    GError **error);
IOM_API gboolean iom_memory_add_sparse(iom_memory *mem, uint64_t base, uint64_t size,
				       GError **error);
IOM_API gboolean iom_memory_add_device(iom_memory *mem, uint64_t base, uint64_t size,
				       const iom_memory_ops *ops, void *opaque, GError **error);
IOM_API gboolean iom_memory_remove(iom_memory *mem, uint64_t base, GError **error);

/*
 * Make accesses that touch [base, base + size) fail with `status`, whatever
 * region lies there: reads, writes or both. IOM_MEM_OK takes such marks away
 * again. For tests and fault injection; the same rule on threads as above.
 */
IOM_API void iom_memory_inject(iom_memory *mem, uint64_t base, uint64_t size, bool reads,
			       bool writes, iom_mem_status status);

/*
 * Access of any length and alignment, any thread. A failing access may have
 * transferred a part of the bytes.
 */
IOM_API iom_mem_status iom_memory_read(iom_memory *mem, uint64_t addr, void *buf, size_t len);
IOM_API iom_mem_status iom_memory_write(iom_memory *mem, uint64_t addr, const void *buf,
					size_t len);

/*
 * Single-copy atomic access to a naturally aligned word, any thread. An
 * address that is not aligned is rounded down. Loads acquire, stores release.
 */
IOM_API iom_mem_status iom_memory_load32(iom_memory *mem, uint64_t addr, uint32_t *value);
IOM_API iom_mem_status iom_memory_load64(iom_memory *mem, uint64_t addr, uint64_t *value);
IOM_API iom_mem_status iom_memory_store32(iom_memory *mem, uint64_t addr, uint32_t value);
IOM_API iom_mem_status iom_memory_store64(iom_memory *mem, uint64_t addr, uint64_t value);
/*
 * Compare-and-swap of an aligned 64-bit word, sequentially consistent. On
 * return *expected holds what was found; the swap took place exactly when it
 * is unchanged. Any thread.
 */
IOM_API iom_mem_status iom_memory_cas64(iom_memory *mem, uint64_t addr, uint64_t *expected,
					uint64_t desired);
/*
 * A host pointer to guest address `addr`, and in *span (may be NULL) how many
 * bytes from there are contiguous on the host. NULL where there is no direct
 * memory, or an injected error covers it. For sparse regions `write` allocates.
 * Valid until the region is removed. Any thread.
 */
IOM_API void *iom_memory_host(iom_memory *mem, uint64_t addr, bool write, uint64_t *span);

/*
 * Call `fn` for every 64-bit word of the sparse and RAM regions that is not
 * zero, in ascending order, until it returns false. Sparse memory that was
 * never written costs nothing. Not while another thread writes.
 */
IOM_API void iom_memory_foreach(iom_memory *mem,
				bool (*fn)(void *opaque, uint64_t addr, uint64_t value),
				void *opaque);

/* ------------------------------------------------------------------------
 * Requests and results
 */
#define IOM_NO_PASID UINT32_MAX

enum {
	IOM_READ = 1u << 0,
	IOM_WRITE = 1u << 1,
	IOM_EXECUTE = 1u << 2, /* an instruction fetch; with IOM_READ or alone */
	IOM_ATOMIC = 1u << 3, /* an atomic operation: needs read and write */
};

typedef enum iom_request_type {
	IOM_UNTRANSLATED = 0,
	IOM_TRANSLATION_REQUEST = 1, /* PCIe ATS Translation Request */
	IOM_TRANSLATED = 2, /* PCIe access with an address from ATS */
} iom_request_type;

/* The physical address space, or security state, a request or address is in. */
typedef enum iom_space {
	IOM_SPACE_NONSECURE = 0,
	IOM_SPACE_SECURE = 1,
	IOM_SPACE_REALM = 2,
	IOM_SPACE_ROOT = 3,
} iom_space;

/* Memory type and cacheability in the encoding of an AArch64 MAIR byte. */
enum {
	IOM_MEM_DEVICE_nGnRnE = 0x00,
	IOM_MEM_DEVICE_nGnRE = 0x04,
	IOM_MEM_DEVICE_nGRE = 0x08,
	IOM_MEM_DEVICE_GRE = 0x0c,
	IOM_MEM_NORMAL_NC = 0x44,
	IOM_MEM_NORMAL_WT = 0xbb,
	IOM_MEM_NORMAL_WB = 0xff,
};

typedef enum iom_shareability {
	IOM_SH_NON = 0,
	IOM_SH_RESERVED = 1,
	IOM_SH_OUTER = 2,
	IOM_SH_INNER = 3,
} iom_shareability;

/* Flags of a request. */
enum {
	IOM_REQ_PRIVILEGED = 1u << 0,
	IOM_REQ_NO_WRITE = 1u << 1, /* translation request: NW, only reads are wanted */
	IOM_REQ_ZERO_LENGTH = 1u << 2, /* zero-length read */
	IOM_REQ_HAS_ATTRS = 1u << 3, /* memtype/shareability/hints below are given;
				       * otherwise Normal iWB-oWB non-shareable */
	IOM_REQ_PASID_PRIV = 1u << 4, /* PMR of the PASID prefix (VT-d "PR") */
	IOM_REQ_PASID_EXEC = 1u << 5, /* ER of the PASID prefix */
	IOM_REQ_SPECULATIVE = 1u << 6, /* prefetch: no fault is recorded, no flag updated */
	IOM_REQ_NO_SNOOP = 1u << 7,
	IOM_REQ_RELAXED = 1u << 8, /* relaxed ordering */
	IOM_REQ_CXL = 1u << 9, /* CXL.cache source of a translation request */
};

/* Zero it, then set what matters: 0 is a sensible default for every field but pasid. */
typedef struct iom_request {
	uint64_t address;
	uint32_t length; /* bytes; 0 counts as 1 */
	uint32_t requester; /* StreamID, or source-id */
	uint32_t pasid; /* SubstreamID or PASID, IOM_NO_PASID without one */
	uint16_t flags; /* IOM_REQ_* */
	uint8_t access; /* IOM_READ | ... */
	uint8_t type; /* iom_request_type */
	uint8_t space; /* iom_space of the requester */
	uint8_t memtype; /* with IOM_REQ_HAS_ATTRS: MAIR-style byte */
	uint8_t shareability;
	uint8_t hints; /* allocation hints: bit 0 read-allocate, 1 write-allocate,
			     * 2 transient */
} iom_request;

typedef enum iom_status {
	IOM_OK = 0,
	IOM_ABORT, /* refused; the requester sees an error (`response` says which) */
	IOM_RAZWI, /* refused quietly: reads give zero, writes are dropped */
	IOM_STALL, /* held by the IOMMU; iom_bus.stall_resolved ends it */
	IOM_RETRY, /* the model cannot answer now (no room for a stall, or another agent
		    * rewrites the tables all the time); ask again */
	IOM_INTERRUPT, /* the address belongs to the interrupt path: iom_iommu_interrupt() */
} iom_status;

/* The completion a PCIe requester receives. */
typedef enum iom_response {
	IOM_RESPONSE_SUCCESS = 0,
	IOM_RESPONSE_UR, /* Unsupported Request */
	IOM_RESPONSE_CA, /* Completer Abort */
} iom_response;

/* Flags of a result. */
enum {
	IOM_RES_GLOBAL = 1u << 0, /* translation valid for every PASID of the requester */
	IOM_RES_UNTRANSLATED_ONLY = 1u << 1, /* ATS completion U bit */
	IOM_RES_NO_SNOOP = 1u << 2, /* ATS completion N bit, or snoop not forced */
	IOM_RES_SNOOP = 1u << 3, /* snoop forced */
	IOM_RES_PRIVILEGED = 1u << 4, /* privilege the access leaves with */
	IOM_RES_INSTRUCTION = 1u << 5,
	IOM_RES_BYPASS = 1u << 6, /* no stage translated */
	IOM_RES_CXL_IO = 1u << 7,
	IOM_RES_CACHED = 1u << 8, /* came from the IOTLB without a table read */
};

/* Why a request was refused. `code` 0 means that nothing went wrong. */
typedef struct iom_fault {
	uint16_t code; /* SMMUv3 event number, or VT-d fault reason */
	uint8_t stage; /* 1 or 2 (VT-d: first or second stage), 0 where none applies */
	int8_t level; /* of the descriptor at fault, as the architecture counts; -1 none */
	uint8_t recorded; /* an event, or a fault record, was written */
	uint8_t words; /* 64-bit words of `record` that are in use */
	uint16_t diagnosis; /* finer than `code`; iom_iommu_diagnosis() names it */
	uint64_t address; /* of the structure or descriptor at fault, or the input address */
	uint64_t record[4]; /* as written, or as it would have been, to the event queue or
			     * fault recording register */
} iom_fault;

/*
 * The answer to a request. On IOM_OK everything but `fault` beyond its code is
 * valid. `span` counts the bytes from `address` on for which the same answer
 * holds (the rest of the smallest page used). On IOM_ABORT it counts, from the
 * address of the request on, bytes that the same entry refuses; 0: not known.
 */
typedef struct iom_result {
	uint8_t status; /* iom_status */
	uint8_t response; /* iom_response */
	uint8_t permissions; /* IOM_READ | IOM_WRITE | IOM_EXECUTE that this requester, at
			      * this privilege, has on the page */
	uint8_t page_lg2; /* smallest page or block of the stages that translated */
	uint8_t space; /* iom_space of `address` */
	uint8_t memtype; /* MAIR-style byte (VT-d: derived from PAT/EMT) */
	uint8_t shareability;
	uint8_t hints;
	uint16_t flags; /* IOM_RES_* */
	uint16_t stag; /* with IOM_STALL: the tag software answers with */
	uint16_t partid; /* MPAM partition, 0 without MPAM */
	uint8_t pmg;
	uint8_t reserved;
	uint64_t address;
	uint64_t span;
	iom_fault fault;
} iom_result;

/* A PCIe page request message (ATS specification, "Page Request Message"). */
typedef struct iom_page_request {
	uint64_t address;
	uint32_t requester;
	uint32_t pasid; /* IOM_NO_PASID without one */
	uint16_t prg_index; /* 9 bits */
	uint8_t access; /* IOM_READ | IOM_WRITE | IOM_EXECUTE; 0 with `last` alone
			      * is a stop marker */
	uint8_t last;
	uint8_t privileged;
	uint8_t space;
	uint64_t private_data[2];
	uint8_t has_private_data;
	/* Not a PCIe message but a device's hint that it will use the page (SMMUv3
	 * E_PAGE_REQUEST); nobody answers it. */
	uint8_t hint;
} iom_page_request;

typedef enum iom_prg_code {
	IOM_PRG_SUCCESS = 0,
	IOM_PRG_INVALID = 1,
	IOM_PRG_FAILURE = 15,
} iom_prg_code;

/* A PRG Response, software's or the IOMMU's own. */
typedef struct iom_page_response {
	uint32_t requester;
	uint32_t pasid;
	uint16_t prg_index;
	uint8_t code; /* iom_prg_code */
	uint8_t automatic; /* sent by the IOMMU itself, not by software */
} iom_page_response;

/* What became of a page request. */
typedef enum iom_prq_status {
	IOM_PRQ_QUEUED = 0,
	IOM_PRQ_RESPONDED, /* the IOMMU answered itself, through iom_bus.page_response */
	IOM_PRQ_DROPPED,
} iom_prq_status;

/* An interrupt message (MSI, or an I/O interrupt controller's). */
typedef struct iom_interrupt {
	uint64_t address;
	uint32_t data;
	uint32_t requester;
} iom_interrupt;

typedef struct iom_interrupt_result {
	uint8_t status; /* IOM_OK or IOM_ABORT */
	uint8_t remapped; /* 0: delivered as it came (compatibility format or no remapping) */
	uint8_t posted; /* the posted-interrupt descriptor was updated */
	uint8_t deliver; /* an interrupt is to be sent (false: posting without notification) */
	uint8_t vector;
	uint8_t delivery_mode;
	uint8_t trigger_level; /* trigger mode: 1 level */
	uint8_t redirection_hint;
	uint8_t destination_logical;
	uint8_t source_valid;
	uint32_t destination; /* APIC id */
	uint64_t address; /* the message as it leaves */
	uint32_t data;
	iom_fault fault;
} iom_interrupt_result;

/* ------------------------------------------------------------------------
 * Structures as tables of fields
 */
typedef enum iom_field_kind {
	IOM_FIELD_USE = 0,
	IOM_FIELD_RESERVED, /* RES0, or must be zero */
	IOM_FIELD_IGNORED,
	IOM_FIELD_IMPDEF,
} iom_field_kind;

typedef struct iom_field {
	const char *name;
	uint16_t lsb; /* lowest bit, counted from bit 0 of the first word */
	uint8_t width; /* bits, 1 to 64 */
	uint8_t shift; /* the quantity meant is the value << shift (addresses) */
	uint8_t kind; /* iom_field_kind */
	const char *doc; /* meaning in a few words; "0=abort 4=bypass" for encodings */
} iom_field;

typedef struct iom_layout {
	const char *name;
	const char *section; /* where the specification defines it: number and title */
	uint16_t bits;
	uint16_t n_fields;
	const iom_field *fields;
} iom_layout;

/* Any thread; all of them. `words` are 64-bit, host-endian, bits 0 up. */
IOM_API const iom_field *iom_layout_find(const iom_layout *layout, const char *name);
IOM_API uint64_t iom_field_get(const iom_field *field, const uint64_t *words);
/* Bits of `value` that do not fit (after the shift) are dropped. */
IOM_API void iom_field_set(const iom_field *field, uint64_t *words, uint64_t value);
/* Reserved fields that are not zero: their number; the first one in *first. */
IOM_API unsigned iom_layout_reserved(const iom_layout *layout, const uint64_t *words,
				     const iom_field **first);
/* Append "NAME=0x.. NAME=0x.." of every field in use that is not zero. */
IOM_API void iom_layout_print(const iom_layout *layout, const uint64_t *words, GString *out);

/* ------------------------------------------------------------------------
 * Connecting a model to a machine
 */

/* What software invalidated: for endpoints' caches, vhost, VFIO, shadows. */
typedef struct iom_invalidation {
	uint8_t kind; /* iom_invalidation_kind */
	uint8_t stage; /* 1, 2, or 0 for both, or for the only one that there is */
	uint8_t leaf; /* only last-level entries */
	uint8_t granule_lg2; /* of the tables, 0 unknown */
	uint8_t space;
	uint8_t global; /* global mappings included */
	uint32_t requester; /* or IOM_INV_ANY */
	uint32_t pasid; /* or IOM_NO_PASID for any */
	uint32_t asid; /* ASID, or IOM_INV_ANY */
	uint32_t vmid; /* VMID or domain-id, or IOM_INV_ANY */
	uint64_t address;
	uint64_t length; /* bytes; 0 is everything in the scope */
} iom_invalidation;
#define IOM_INV_ANY UINT32_MAX

typedef enum iom_invalidation_kind {
	IOM_INV_CONFIG, /* STE, CD, context or PASID entries */
	IOM_INV_TLB,
	IOM_INV_ALL,
} iom_invalidation_kind;

/* An ATS invalidation request sent to an endpoint. */
typedef struct iom_ats_invalidate {
	uint64_t address;
	uint64_t length; /* bytes, a power of two; 0 is the whole address space */
	uint32_t requester;
	uint32_t pasid; /* IOM_NO_PASID without one */
	uint8_t global;
	uint8_t itag;
	uint8_t space;
} iom_ats_invalidate;

typedef enum iom_ats_answer {
	IOM_ATS_COMPLETED = 0, /* the endpoint has dropped the range */
	IOM_ATS_PENDING, /* iom_iommu_ats_completed() will follow */
	IOM_ATS_FAILED, /* no such endpoint, UR or CA */
} iom_ats_answer;

/*
 * What a model needs from its machine. Copied when the model is made; set
 * `size` to sizeof(iom_bus). Every callback may be NULL. Callbacks are made on
 * the thread whose call caused them, while the model may hold its own lock: a
 * callback must not call back into the same model, except where it says so.
 */
typedef struct iom_bus {
	size_t size;
	void *opaque;
	/* By iom_space; [IOM_SPACE_NONSECURE] is required, NULL elsewhere means
	 * the same memory. The model takes a reference. */
	iom_memory *memory[4];
	/* Wired interrupt `line` (the model's header names them); edge: pulse with
	 * level true. */
	void (*irq)(void *opaque, unsigned line, bool level);
	/* A message-signalled interrupt; NULL writes it to memory. */
	iom_mem_status (*msi)(void *opaque, uint64_t address, uint32_t data);
	void (*invalidated)(void *opaque, const iom_invalidation *inv);
	iom_ats_answer (*ats_invalidate)(void *opaque, const iom_ats_invalidate *inv);
	void (*page_response)(void *opaque, const iom_page_response *response);
	/* A stalled request ends: `retry` true to ask again, false with `abort`
	 * telling whether the requester sees an abort or RAZ/WI. */
	void (*stall_resolved)(void *opaque, uint32_t requester, uint16_t stag, bool retry,
			       bool abort);
	/* Something a person should know, at most a few a second. */
	void (*log)(void *opaque, const char *message);
} iom_bus;

typedef struct iom_iommu iom_iommu;

typedef enum iom_kind {
	IOM_KIND_SMMUV3 = 1,
	IOM_KIND_VTD = 2,
} iom_kind;

/* Take and drop references; the last drop destroys the model. Any thread. */
IOM_API iom_iommu *iom_iommu_ref(iom_iommu *iommu);
IOM_API void iom_iommu_unref(iom_iommu *iommu);
IOM_API iom_kind iom_iommu_kind(const iom_iommu *iommu);

/*
 * Translate one access that does not cross what the caller may split; only the
 * first page's answer is given, `span` says where it ends. Faults are recorded
 * as the architecture says. Any thread.
 */
IOM_API void iom_iommu_translate(iom_iommu *iommu, const iom_request *request, iom_result *result);
/*
 * The same for `n` accesses, in order: results[i] answers requests[i], and an
 * access sees what the ones before it did to tables and queues. Each is one
 * access of its own to a concurrent invalidation. The arrays must not overlap.
 * Returns how many are IOM_OK. Any thread.
 */
IOM_API size_t iom_iommu_translate_many(iom_iommu *iommu, const iom_request *requests,
					iom_result *results, size_t n);

/*
 * What iom_iommu_translate() would answer, for those who look without an access: a
 * device model that asks whether it is behind translation at all, a debugger, a test.
 * No fault is recorded and no flag of the tables set, as for IOM_REQ_SPECULATIVE, which
 * need not be given; and it counts nowhere, neither in iom_statistics nor in the
 * counters that software programs (SMMUv3 chapter 10 PMCGs, VT-d 11.4.13 and following).
 * What it reads on its way may stay in caches, and what has to leave for that is counted
 * there as evicted. An observer sees its steps. Any thread; on threads beyond 63 at the
 * same time statistics do count it.
 */
IOM_API void iom_iommu_inspect(iom_iommu *iommu, const iom_request *request, iom_result *result);

/*
 * Holding translations while accesses run. An access that was translated is in
 * flight until its data have arrived, and no invalidation is complete before the
 * accesses that used what it removes: SMMUv3 4.7.3 CMD_SYNC, VT-d 6.5.4 Draining.
 * Whoever uses an answer after the call that gave it, through a host pointer for
 * instance, holds it:
 *
 *	iom_hold hold;
 *
 *	if (iom_iommu_translate_held(iommu, &request, &result, &hold)) {
 *		void *p = iom_memory_host(memory, result.address, true, &span);
 *		... write to p ...
 *		iom_hold_release(&hold);
 *	}
 *
 * What waits for the release. Software sees a command as complete (CMDQ_CONS
 * passes a CMD_SYNC, its MSI is sent; the status of a wait descriptor is written;
 * CCMD.ICC, IOTLB.IVT, and translation that was switched off, read so) only when
 * every hold is released that was taken before; of those taken later some may
 * delay it, too, but never without end. The invalidation itself takes effect at
 * once: what is translated later does not use what it removed, held or not.
 *
 * Nothing blocks. A register write that finds translations held returns; the
 * release that lets the last of them go completes what waited, and makes the
 * callbacks of that on its own thread. So holds nest, threads hold as many as
 * they like, across any other call, in any order, and may write registers
 * meanwhile. Only, a thread must not wait for software or hardware to complete a
 * command while it holds: it would wait for itself.
 *
 * A hold is a few plain loads and stores more than a translation, and so is its
 * release, where the host has membarrier(2): a command that completes makes the memory
 * barrier for threads that have held a hundred times and more since the last one. A
 * thread that holds less often, and every thread elsewhere, makes one for each hold.
 * Threads beyond 63 share a cache line, too. A thread's first hold waits until register
 * accesses of other threads have returned, as translations that fault do.
 */
typedef struct iom_hold {
	iom_iommu *iommu; /* NULL: holds nothing */
	uint64_t turn; /* private */
} iom_hold;

/*
 * Hold whatever is translated from here on, by this thread with any call or on
 * behalf of it: a batch of iom_iommu_translate_many(), say. Any thread; also from
 * inside a callback. `hold` is the caller's, stays where it is or is copied, and
 * must be released exactly once, before the model is destroyed or saved.
 */
IOM_API void iom_iommu_hold(iom_iommu *iommu, iom_hold *hold);
/* Translate one access, as above, and hold it if it is IOM_OK: then true. Any thread. */
IOM_API bool iom_iommu_translate_held(iom_iommu *iommu, const iom_request *request,
				      iom_result *result, iom_hold *hold);
/*
 * The access has ended. Any thread, not only the one that holds; also from inside
 * a callback. Of a hold that holds nothing, and a second time, without effect.
 */
IOM_API void iom_hold_release(iom_hold *hold);
/* Holds that are not released; exact while no thread takes or releases one. */
IOM_API uint64_t iom_iommu_holds(const iom_iommu *iommu);

/*
 * Register access at `offset` into the register pages, `size` 4 or 8 bytes.
 * `space` is that of the access (SMMUv3 Secure and Realm pages). An access the
 * architecture does not define reads zero and writes nothing. A write runs the
 * commands that it makes available before it returns. Any thread.
 */
IOM_API uint64_t iom_iommu_mmio_read(iom_iommu *iommu, uint64_t offset, unsigned size,
				     iom_space space);
IOM_API void iom_iommu_mmio_write(iom_iommu *iommu, uint64_t offset, unsigned size, uint64_t value,
				  iom_space space);
/* Size in bytes of the register frame. */
IOM_API uint64_t iom_iommu_mmio_size(const iom_iommu *iommu);

IOM_API iom_prq_status iom_iommu_page_request(iom_iommu *iommu, const iom_page_request *request);
IOM_API void iom_iommu_interrupt(iom_iommu *iommu, const iom_interrupt *interrupt,
				 iom_interrupt_result *result);
/* The completion of an ATS invalidation that was answered with IOM_ATS_PENDING. */
IOM_API void iom_iommu_ats_completed(iom_iommu *iommu, uint32_t requester, uint8_t itag, bool ok);

/* Power-on reset: registers, queues, caches and stalled requests; statistics stay. */
IOM_API void iom_iommu_reset(iom_iommu *iommu);

/*
 * The architected state (never the caches), versioned. Loading refuses state of
 * another kind or of different ID registers and leaves the model as it was.
 * Not while another thread uses the model.
 */
IOM_API GBytes *iom_iommu_save(iom_iommu *iommu);
IOM_API gboolean iom_iommu_load(iom_iommu *iommu, GBytes *state, GError **error);

/* ------------------------------------------------------------------------
 * Caches and statistics; caches.h has what a cache can be
 */

typedef struct iom_counter {
	const char *name; /* static storage */
	uint64_t value;
} iom_counter;

#define IOM_MAX_COMMANDS 64

typedef struct iom_statistics {
	uint64_t translations; /* requests of every type */
	uint64_t translated; /* of these, IOM_OK */
	uint64_t faulted; /* of these, aborted, RAZ/WI or stalled */
	uint64_t table_reads; /* words of STEs, CDs, descriptors, ... read from memory,
				* one count a structure */
	uint64_t table_writes; /* access flag, dirty state and similar updates */
	uint64_t events; /* event records, or fault records, written */
	uint64_t events_lost;
	uint64_t interrupts; /* wired and message-signalled interrupts raised */
	uint64_t page_requests;
	iom_cache_statistics caches[IOM_N_CACHES];
	iom_counter commands[IOM_MAX_COMMANDS]; /* consumed commands or descriptors by name;
						 * unused entries have name NULL */
} iom_statistics;

/*
 * Keep what `pin` describes in the cache from its next use on: replacement passes
 * such entries by, invalidations do not. Entries of these addresses that are cached
 * now are dropped, so that they come back pinned. Error: a cache that is off or has
 * no room to pin (IOM_ERROR_CONFIG), IOM_CACHE_PINS pins are in force (IOM_ERROR_RANGE).
 * Any thread; the cost is a scan of the cache.
 */
IOM_API gboolean iom_iommu_pin(iom_iommu *iommu, iom_cache_id cache, const iom_cache_pin *pin,
			       GError **error);
/* No pin is in force any more; what they held is evicted in its turn. Any thread. */
IOM_API void iom_iommu_unpin_all(iom_iommu *iommu, iom_cache_id cache);

/* Any thread; figures of calls in flight may be missing. */
IOM_API void iom_iommu_statistics(iom_iommu *iommu, iom_statistics *out);
IOM_API void iom_iommu_reset_statistics(iom_iommu *iommu);

/* ------------------------------------------------------------------------
 * Watching the model decide
 */
typedef enum iom_step_kind {
	IOM_STEP_READ, /* a structure or descriptor was read: address, words, layout */
	IOM_STEP_WRITE, /* a structure or descriptor was updated */
	IOM_STEP_CACHE, /* a cache answered, or did not */
	IOM_STEP_DECISION, /* a rule was applied */
	IOM_STEP_FAULT,
	IOM_STEP_COMMAND, /* a command or descriptor was consumed: words, layout */
	IOM_STEP_RESULT,
} iom_step_kind;

typedef struct iom_step {
	iom_step_kind kind;
	const char *what; /* "STE", "stage 1 level 2 descriptor", ... */
	const char *section; /* specification section and title, or NULL */
	const char *text; /* the decision in words, or NULL */
	uint64_t address; /* of the structure; with READ and WRITE */
	uint64_t input; /* the address being translated at this step */
	const iom_layout *layout; /* of `words`, or NULL */
	unsigned n_words;
	const uint64_t *words;
} iom_step;

/*
 * Call `fn` for every step from now on; NULL ends it. Costs time: formatting
 * happens only while an observer is set. Not while another thread uses the
 * model. The step and what it points to live only for the call.
 */
IOM_API void iom_iommu_observe(iom_iommu *iommu, void (*fn)(void *opaque, const iom_step *step),
			       void *opaque);

/* Names for numbers, static storage; NULL if there is none. Any thread. */
IOM_API const char *iom_iommu_fault_name(const iom_iommu *iommu, unsigned code);
IOM_API const char *iom_iommu_diagnosis(const iom_iommu *iommu, unsigned diagnosis);
IOM_API const char *iom_status_name(iom_status status);

/*
 * The layout of the register at `offset` (for printing and machine files), or
 * NULL; *name receives the register's name.
 */
IOM_API const iom_layout *iom_iommu_register(const iom_iommu *iommu, uint64_t offset,
					     const char **name);

G_END_DECLS
#endif
