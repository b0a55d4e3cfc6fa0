/* SPDX-License-Identifier: MIT */
/*
 * PCI Express requesters: configuration space and its capability lists, safe
 * placement of capabilities that a guest may see, topology, and endpoints with
 * an address translation cache. Use it with <iommulate/core.h>.
 *
 * Sections of the PCI Express Base Specification are those of revision 6.0;
 * their titles are the same in 5.0.
 *
 * Threads: unless a function says otherwise, calls on one object must not run
 * side by side; calls on different objects may.
 */
#ifndef IOMMULATE_PCIE_H
#define IOMMULATE_PCIE_H

#include <iommulate/core.h>

G_BEGIN_DECLS

/* ------------------------------------------------------------------------
 * Configuration space (7.2.1 PCI-compatible Configuration Mechanism, 7.2.2
 * Enhanced Configuration Access Mechanism): bytes, and what a write changes.
 */
#define IOM_PCI_CONFIG_SIZE 4096u
#define IOM_PCI_EXTENDED_START 0x100u

typedef struct iom_pci_config iom_pci_config;

/* `size` bytes of zeros, 64 to 4096 and a multiple of 4, that ignore every write. */
IOM_API iom_pci_config *iom_pci_config_new(unsigned size);
IOM_API iom_pci_config *iom_pci_config_copy(const iom_pci_config *config);
IOM_API void iom_pci_config_free(iom_pci_config *config);
IOM_API unsigned iom_pci_config_size(const iom_pci_config *config);

/*
 * What software sees and does. `size` is 1, 2 or 4; anything outside the space,
 * and an access that crosses a 4-byte word, reads all ones and writes nothing.
 * These and iom_pci_config_set(): any thread, each in one step.
 */
IOM_API uint32_t iom_pci_config_read(const iom_pci_config *config, unsigned offset, unsigned size);
IOM_API void iom_pci_config_write(iom_pci_config *config, unsigned offset, unsigned size,
				  uint32_t value);
/* What the function itself does: the bits change whatever the masks say. */
IOM_API void iom_pci_config_set(iom_pci_config *config, unsigned offset, unsigned size,
				uint32_t value);
/* Bits that a write stores, and bits that a written one clears. Others keep their value. */
IOM_API void iom_pci_config_set_masks(iom_pci_config *config, unsigned offset, unsigned size,
				      uint32_t writable, uint32_t write_one_clears);
/*
 * Call `fn` after every iom_pci_config_write() that reached the space, with the
 * word before and after it (`offset` a multiple of 4). NULL ends it.
 */
IOM_API void iom_pci_config_watch(iom_pci_config *config,
				  void (*fn)(void *opaque, unsigned offset, uint32_t before,
					     uint32_t after),
				  void *opaque);

/*
 * The registers of a function as they are, versioned. Loading refuses what is
 * damaged (IOM_ERROR_FORMAT), of a later version (IOM_ERROR_UNSUPPORTED), or of a
 * function with other registers (IOM_ERROR_CONFIG), and leaves the space as it was.
 * Who watches is told after a load. Not while another thread uses the space.
 */
IOM_API GBytes *iom_pci_config_save(const iom_pci_config *config);
IOM_API gboolean iom_pci_config_load(iom_pci_config *config, GBytes *state, GError **error);

/*
 * A space from a dump: the text of `lspci -x`, `-xxx` or `-xxxx`, or 64 to 4096
 * raw bytes. `name` is for messages. `slot` ("01:00.0") chooses among several
 * functions; NULL takes the only one. IOM_ERROR_FORMAT with the place for
 * anything else. A dump that ends early makes a smaller space.
 */
IOM_API iom_pci_config *iom_pci_config_parse(const void *data, size_t length, const char *name,
					     const char *slot, GError **error);
/* Append the text that `lspci -F` reads. */
IOM_API void iom_pci_config_print(const iom_pci_config *config, const char *slot, GString *out);

/* ------------------------------------------------------------------------
 * Capability lists (7.5.1.1.11 Capabilities Pointer, 7.6 PCI Express Extended
 * Capabilities)
 */
enum {
	IOM_PCI_CAP_PM = 0x01,
	IOM_PCI_CAP_MSI = 0x05,
	IOM_PCI_CAP_PCIX = 0x07,
	IOM_PCI_CAP_VENDOR = 0x09,
	IOM_PCI_CAP_EXPRESS = 0x10,
	IOM_PCI_CAP_MSIX = 0x11,
};

enum {
	IOM_PCI_EXT_NULL = 0x0000,
	IOM_PCI_EXT_AER = 0x0001,
	IOM_PCI_EXT_DSN = 0x0003,
	IOM_PCI_EXT_VENDOR = 0x000b,
	IOM_PCI_EXT_ACS = 0x000d,
	IOM_PCI_EXT_ARI = 0x000e,
	IOM_PCI_EXT_ATS = 0x000f,
	IOM_PCI_EXT_SRIOV = 0x0010,
	IOM_PCI_EXT_PRI = 0x0013,
	IOM_PCI_EXT_PASID = 0x001b,
};

typedef enum iom_pci_list {
	IOM_PCI_STANDARD, /* from the pointer at 0x34 (CardBus bridges: 0x14) */
	IOM_PCI_EXTENDED, /* from 0x100 */
} iom_pci_list;

/* How sure the size of a capability is. */
typedef enum iom_pci_size_kind {
	IOM_PCI_SIZE_UNKNOWN = 0, /* an id that is not defined, or whose size is not */
	IOM_PCI_SIZE_FIXED, /* the specification gives one size */
	IOM_PCI_SIZE_COMPUTED, /* from the capability's own registers, or the function's */
} iom_pci_size_kind;

typedef struct iom_pci_capability {
	uint16_t offset;
	uint16_t id;
	uint16_t next; /* as walked: the reserved low bits cleared; 0 at the end */
	uint16_t size; /* bytes, header included; 0 unknown */
	uint8_t version; /* extended capabilities */
	uint8_t size_kind; /* iom_pci_size_kind */
} iom_pci_capability;

/* What is wrong with a list. The walk ends there, but for UNALIGNED. */
typedef enum iom_pci_defect {
	IOM_PCI_SOUND = 0,
	IOM_PCI_LOOP, /* a header that was visited before */
	IOM_PCI_OUTSIDE, /* a pointer below the first place for a header */
	IOM_PCI_BEYOND, /* a pointer past the end of what was dumped */
	IOM_PCI_ALL_ONES, /* a header of all ones: nothing answers */
	IOM_PCI_UNALIGNED, /* a pointer whose reserved low bits are set */
} iom_pci_defect;

/*
 * A list as read. `exists` is false where the function has no such list: the
 * Status register says so, or (extended) the function is neither PCI Express nor
 * PCI-X, or the header at 0x100 is zero, or the space is too short.
 */
typedef struct iom_pci_chain {
	unsigned n;
	bool exists;
	uint8_t defect; /* iom_pci_defect, the first one met */
	uint16_t defect_at; /* the header that has the bad pointer, or is bad itself */
	uint16_t defect_value; /* the pointer as it stands there */
	iom_pci_capability *capabilities; /* in list order */
} iom_pci_chain;

/* Never loops: at most as many headers as the space has room for. Free it. */
IOM_API iom_pci_chain *iom_pci_walk(const iom_pci_config *config, iom_pci_list list);
IOM_API void iom_pci_chain_free(iom_pci_chain *chain);
/* The first capability with that id; 0 if there is none. */
IOM_API unsigned iom_pci_find(const iom_pci_config *config, iom_pci_list list, unsigned id);
/* One line on what is wrong, NULL if nothing is. Free it. */
IOM_API char *iom_pci_defect_text(const iom_pci_chain *chain);
/* "ATS", "Process Address Space ID"; NULL for an id that is not defined. */
IOM_API const char *iom_pci_capability_name(iom_pci_list list, unsigned id);
IOM_API const char *iom_pci_capability_title(iom_pci_list list, unsigned id);
/* Size in bytes of the capability at `offset`, 0 unknown, and in *kind how it is known. */
IOM_API unsigned iom_pci_capability_size(const iom_pci_config *config, iom_pci_list list,
					 unsigned offset, iom_pci_size_kind *kind);

/* ------------------------------------------------------------------------
 * Building a space, for models of functions and for tests
 */

/* The standard header of an endpoint (type 0) or bridge (type 1), no list yet. */
IOM_API void iom_pci_build_header(iom_pci_config *config, uint16_t vendor, uint16_t device,
				  uint32_t class_code, unsigned header_type);
/*
 * Put a header at `offset` and link it at the end of its list. False, and
 * nothing changed, if it does not fit, or the list is defective. The first
 * extended capability must be at 0x100.
 */
IOM_API bool iom_pci_build_capability(iom_pci_config *config, iom_pci_list list, unsigned offset,
				      unsigned id, unsigned version);

/* ------------------------------------------------------------------------
 * Where a new extended capability may go
 */

/* Bytes of the extended space that are taken, or must be taken to be. */
typedef enum iom_pci_span_kind {
	IOM_PCI_SPAN_CAPABILITY, /* of a known size */
	IOM_PCI_SPAN_UNKNOWN, /* a capability of unknown size: up to the next header */
	IOM_PCI_SPAN_HIDDEN, /* there physically, but not in the list shown */
	IOM_PCI_SPAN_QUIRK, /* known of this device */
} iom_pci_span_kind;

typedef struct iom_pci_span {
	uint16_t offset;
	uint16_t size;
	uint16_t id; /* of the capability */
	uint8_t kind; /* iom_pci_span_kind */
	const char *what; /* of HIDDEN and QUIRK; static, or the caller's */
} iom_pci_span;

/* What is known of a device beyond its list. */
typedef struct iom_pci_quirk {
	uint16_t vendor;
	uint16_t device;
	uint16_t place; /* a proven place for `id`; 0 none */
	uint16_t id; /* with `place` */
	uint16_t avoid; /* start of bytes that must not be used; 0 none */
	uint16_t avoid_size;
	const char *why;
} iom_pci_quirk;

typedef struct iom_pci_place_options {
	size_t size; /* sizeof(iom_pci_place_options) */
	uint16_t id; /* of the new capability */
	uint16_t length; /* bytes, a multiple of 4; 8 for PASID and ATS */
	uint16_t offset; /* where to put it; 0 chooses */
	bool force; /* an offset may lie in a span of unknown size */
	const iom_pci_config *physical; /* the device's own space, NULL: the one shown */
	const iom_pci_span *hidden; /* capabilities that are not in the list shown */
	unsigned n_hidden;
	const iom_pci_quirk *quirks; /* asked before the built-in table */
	unsigned n_quirks;
} iom_pci_place_options;

IOM_API void iom_pci_place_options_init(iom_pci_place_options *options);

typedef struct iom_pci_plan {
	bool possible;
	uint16_t offset;
	uint16_t length;
	uint16_t after; /* header that will point at it; 0: it becomes the head at 0x100 */
	uint16_t next; /* what it will point at */
	GArray *spans; /* iom_pci_span, by offset */
	GPtrArray *reasons; /* char *, one line each, in the order of the decision */
} iom_pci_plan;

/* Decides; changes nothing. Never NULL; `possible` says whether there is a place. */
IOM_API iom_pci_plan *iom_pci_place(const iom_pci_config *config,
				    const iom_pci_place_options *options);
IOM_API void iom_pci_plan_free(iom_pci_plan *plan);
/*
 * Write the header and `length` - 4 bytes of `body` (NULL: zeros) at the plan's
 * place and link it. The list is walked again: if any old capability is not
 * reached exactly once, in the old order, or the new one is not, everything is
 * put back and the call fails (IOM_ERROR_CONFIG). The new bytes ignore writes
 * until iom_pci_config_set_masks() says otherwise.
 */
IOM_API gboolean iom_pci_insert(iom_pci_config *config, const iom_pci_plan *plan, unsigned id,
				unsigned version, const void *body, GError **error);
/*
 * Take the extended capability at `offset` out of the list; its bytes read zero
 * and ignore writes. The head at 0x100 leaves a Null capability behind that keeps
 * the rest of the list. Fails (IOM_ERROR_CONFIG) if the list does not reach it.
 */
IOM_API gboolean iom_pci_unlink(iom_pci_config *config, unsigned offset, GError **error);

/* ------------------------------------------------------------------------
 * What a guest may see of ATS and PASID
 */
typedef enum iom_pci_auto {
	IOM_PCI_AUTO = 0,
	IOM_PCI_OFF,
	IOM_PCI_ON,
} iom_pci_auto;

/* What the host's IOMMU says of one device (IOMMU_GET_HW_INFO). */
typedef struct iom_pci_host {
	bool ats_unsupported; /* IOMMU_HW_CAP_PCI_ATS_NOT_SUPPORTED; clear proves nothing */
	uint8_t max_pasid_log2; /* out_max_pasid_log2; 0: PASIDs are off */
	bool pasid_exec; /* IOMMU_HW_CAP_PCI_PASID_EXEC */
	bool pasid_priv; /* IOMMU_HW_CAP_PCI_PASID_PRIV */
} iom_pci_host;

typedef struct iom_pci_exposure {
	bool shown;
	bool changed; /* the space was changed */
	uint16_t offset; /* of the capability shown, or of the one taken out */
	GPtrArray *reasons; /* char * */
	iom_pci_plan *plan; /* of a synthesised capability, NULL otherwise */
} iom_pci_exposure;

/*
 * Apply a property `ats` to the space shown to a guest. `host` is NULL for a
 * device without host IOMMU information (a mediated device); `iommu_ats`: the
 * virtual IOMMU supports ATS. Where ATS is not shown its capability, and PRI's,
 * are taken out of the list. PASID is not touched. ON with a host that cannot,
 * or a virtual IOMMU that cannot, masks ATS and is an error (IOM_ERROR_UNSUPPORTED);
 * the exposure is filled in all the same. `out` is to be cleared by the caller.
 */
IOM_API gboolean iom_pci_expose_ats(iom_pci_config *config, iom_pci_auto ats,
				    const iom_pci_host *host, bool iommu_ats, iom_pci_exposure *out,
				    GError **error);
/*
 * Show a PASID capability made up from the host's answer: width, execute and
 * privilege, only if the virtual IOMMU has `iommu_pasid_bits` > 0, `host` is
 * there and has PASIDs, and the space has no PASID capability yet (that one is
 * kept). `options` places it (id and length are filled in). Its control register
 * stores the bits that it offers; no byte reaches the device. Nothing shown is not
 * an error, except for an explicit offset that cannot be used (IOM_ERROR_CONFIG).
 */
IOM_API gboolean iom_pci_expose_pasid(iom_pci_config *config, const iom_pci_host *host,
				      unsigned iommu_pasid_bits,
				      const iom_pci_place_options *options, iom_pci_exposure *out,
				      GError **error);
IOM_API void iom_pci_exposure_clear(iom_pci_exposure *exposure);

/* ------------------------------------------------------------------------
 * Functions: a configuration space with registers that work
 */
typedef struct iom_pci_function_config {
	size_t size; /* set by iom_pci_function_config_init() */
	uint16_t vendor;
	uint16_t device;
	uint32_t class_code;
	uint8_t port_type; /* 7.5.3.2 Device/Port Type: 0 endpoint, 4 root port, 5 and 6 switch
			    * ports, 7 bridge to PCI, 9 root complex integrated endpoint */
	bool multifunction;
	bool flr; /* Function Level Reset */
	bool ats; /* 10.5.1 ATS Extended Capability */
	uint8_t invalidate_queue_depth; /* 1 to 32 */
	bool pri; /* 10.5.2 Page Request Extended Capability; needs ats */
	uint32_t page_request_capacity;
	bool prg_response_pasid; /* PRG Response PASID Required */
	uint8_t pasid_bits; /* 7.8.9 PASID; 0: no capability */
	bool pasid_exec;
	bool pasid_priv;
	bool translated_pasid; /* Translated Requests with PASID */
	uint16_t acs; /* 7.7.11 ACS Capability register, IOM_PCI_ACS_*; 0: no capability */
	bool ari; /* 7.8.8 */
	uint8_t next_function; /* ARI: the next function of the device */
	uint16_t total_vfs; /* 9.3.3 SR-IOV; 0: no capability */
	uint16_t first_vf_offset;
	uint16_t vf_stride;
	uint16_t vf_device;
	/* What First VF Offset and VF Stride are with ARI Capable Hierarchy; both 0: as
	 * without it. */
	uint16_t first_vf_offset_ari;
	uint16_t vf_stride_ari;
	uint8_t vf_bar_lg2; /* VF BAR 0, of one VF: 12 to 30; 0: 64 KiB */
} iom_pci_function_config;

enum {
	IOM_PCI_ACS_VALIDATION = 1u << 0, /* source validation */
	IOM_PCI_ACS_BLOCKING = 1u << 1, /* translation blocking */
	IOM_PCI_ACS_REQUEST_REDIRECT = 1u << 2,
	IOM_PCI_ACS_COMPLETION_REDIRECT = 1u << 3,
	IOM_PCI_ACS_UPSTREAM = 1u << 4, /* upstream forwarding */
	IOM_PCI_ACS_EGRESS = 1u << 5, /* egress control */
	IOM_PCI_ACS_DIRECT = 1u << 6, /* direct translated peer-to-peer */
};

/* An endpoint with ATS, PRI and PASIDs of 20 bits, execute and privilege. */
IOM_API void iom_pci_function_config_init(iom_pci_function_config *config);
/*
 * The space of such a function out of reset. What software may change is
 * writable and nothing else; what may not change while something is enabled
 * (NumVFs, STU, the PASID enables, the page request allocation) does not.
 */
IOM_API iom_pci_config *iom_pci_function_new(const iom_pci_function_config *config);

/*
 * The space of virtual function `index` (from 0) of a physical one, which must live
 * as long. All ones while VF Enable is clear or NumVFs does not reach it; then as 9.3.4
 * to 9.3.7 say: vendor and device FFFFh, no BARs, Bus Master Enable, Function Level
 * Reset and ATS of its own, no PASID and PRI, for which those of the physical function
 * count. A topology takes it as the `config` of the node, an endpoint as its function.
 * IOM_ERROR_CONFIG: beyond TotalVFs, or there already.
 */
IOM_API iom_pci_config *iom_pci_vf_new(iom_pci_config *pf, unsigned index, GError **error);
IOM_API bool iom_pci_vf_enabled(const iom_pci_config *vf);
/*
 * The part of VF BAR 0 (9.3.3.14) that belongs to one virtual function, bytes. False:
 * the VF or its memory is not enabled, or no address is assigned.
 */
IOM_API bool iom_pci_vf_memory(const iom_pci_config *pf, unsigned index, uint64_t *address,
			       uint64_t *size);

/* ------------------------------------------------------------------------
 * Endpoints: DMA through an IOMMU, with an address translation cache
 */
typedef struct iom_endpoint iom_endpoint;
typedef struct iom_requesters iom_requesters;

/*
 * The endpoints behind one IOMMU, and its way to them. Made before the model,
 * because the model's bus leads here. Any thread.
 */
IOM_API iom_requesters *iom_requesters_new(void);
/* After the endpoints and the model are gone. */
IOM_API void iom_requesters_free(iom_requesters *requesters);
/* Fill in the bus's `ats_invalidate`, `page_response` and `opaque`. */
IOM_API void iom_requesters_connect(iom_requesters *requesters, iom_bus *bus);
/* The same two, for an embedder whose own bus callbacks pass calls on. */
IOM_API iom_ats_answer iom_requesters_invalidate(iom_requesters *requesters,
						 const iom_ats_invalidate *inv);
IOM_API void iom_requesters_respond(iom_requesters *requesters, const iom_page_response *response);

typedef struct iom_endpoint_config {
	size_t size; /* sizeof(iom_endpoint_config) */
	iom_iommu *iommu; /* a reference is taken */
	iom_requesters *requesters;
	iom_pci_config *function; /* stays the caller's and must live as long; its enable
				   * bits rule, and the endpoint is its watcher */
	uint32_t requester; /* as the IOMMU sees it: StreamID or source-id */
	uint8_t iommu_space; /* iom_space */
	iom_cache_geometry atc; /* entries 0: nothing is cached */
	/*
	 * Translations that one translation request asks for, for the pages that
	 * follow (10.2.4 Completions with Multiple Translations): 0 and 1 ask for one.
	 * At most 8, or 16 with Read Completion Boundary of the Link Control register.
	 */
	uint8_t translations;
	/*
	 * Optional: a group of page requests has been answered. Called on the
	 * thread that made the IOMMU answer, which must not be re-entered.
	 */
	void (*answered)(void *opaque, const iom_page_response *response);
	void *opaque;
} iom_endpoint_config;

/* NULL and IOM_ERROR_CONFIG if the requester is taken already. */
IOM_API iom_endpoint *iom_endpoint_new(const iom_endpoint_config *config, GError **error);
/* No access may be held. */
IOM_API void iom_endpoint_free(iom_endpoint *endpoint);

enum {
	IOM_DMA_PRIVILEGED = 1u << 0, /* with a PASID: Privileged Mode Requested */
	IOM_DMA_UNTRANSLATED = 1u << 1, /* neither ATC nor ATS, though they are enabled */
	IOM_DMA_PAGE_REQUEST = 1u << 2, /* ask for pages that are missing (PRI) */
	/* The address is sent as a translated one, whoever made it up: what a device does
	 * that is broken or malicious. With ATS off and without the ATC too. */
	IOM_DMA_TRANSLATED = 1u << 4,
	IOM_DMA_CXL = 1u << 3, /* CXL.cache: translation requests have the CXL Src bit */
};

typedef struct iom_dma {
	uint64_t address;
	uint32_t length; /* bytes */
	uint32_t pasid; /* IOM_NO_PASID without one */
	uint8_t access; /* IOM_READ | IOM_WRITE | IOM_EXECUTE */
	uint8_t flags; /* IOM_DMA_* */
} iom_dma;

/* Why an access was not even sent. */
typedef enum iom_refusal {
	IOM_REFUSAL_NONE = 0,
	IOM_REFUSAL_NOT_MASTER, /* Bus Master Enable is clear */
	IOM_REFUSAL_REMOVED,
	IOM_REFUSAL_NO_PASID, /* PASID Enable is clear, or the PASID is too wide */
	IOM_REFUSAL_NO_EXECUTE, /* Execute Permission Enable is clear, or no PASID */
	IOM_REFUSAL_NO_PRIVILEGE, /* Privileged Mode Enable is clear, or no PASID */
	IOM_REFUSAL_PAGE, /* the completion grants less than is needed */
} iom_refusal;

typedef struct iom_dma_answer {
	uint8_t status; /* iom_status; RETRY: a page request is outstanding, or the IOMMU says
			 * so; nothing is held unless it is OK */
	uint8_t response; /* iom_response */
	uint8_t refusal; /* iom_refusal */
	uint8_t type; /* iom_request_type of the access as it went out */
	uint8_t cached; /* the ATC answered */
	uint8_t permissions;
	uint8_t page_lg2;
	uint8_t space;
	uint16_t prg_index; /* with RETRY and `asked` */
	uint8_t asked; /* a page request was sent */
	uint64_t address;
	uint64_t span; /* bytes from `address` that may be used, at most the length */
	iom_fault fault;
	void *hold;
	/* With ATS: the entry of the Translation Completion that answered, from the IOMMU
	 * or the ATC, in the form it has on the bus (iom_ats_decode()). */
	uint64_t completion;
	uint8_t cxl_io; /* CXL.io of that entry: not by CXL.cache */
} iom_dma_answer;

/*
 * Translate the start of an access and hold the translation: until
 * iom_endpoint_end() no ATS invalidation that meets it completes. `answer` needs
 * iom_endpoint_end() only with status OK. Any thread, but no callback of the
 * IOMMU.
 */
IOM_API iom_status iom_endpoint_begin(iom_endpoint *endpoint, const iom_dma *dma,
				      iom_dma_answer *answer);
IOM_API void iom_endpoint_end(iom_endpoint *endpoint, iom_dma_answer *answer);
/*
 * Move `dma->length` bytes between `data` and `memory` (a read, or with IOM_WRITE
 * a write), page by page. The status of the first piece that fails; *done (may be
 * NULL) counts the bytes before it. Any thread.
 */
IOM_API iom_status iom_endpoint_dma(iom_endpoint *endpoint, const iom_dma *dma, iom_memory *memory,
				    void *data, uint32_t *done, iom_dma_answer *answer);

/* Page requests (10.4 Page Request Services) */
typedef struct iom_page_ask {
	uint64_t address;
	uint8_t access; /* IOM_READ | IOM_WRITE | IOM_EXECUTE */
	uint8_t privileged;
} iom_page_ask;

typedef enum iom_ask_status {
	IOM_ASK_SENT = 0,
	IOM_ASK_DISABLED, /* PRI Enable is clear, or the function is not there */
	IOM_ASK_STOPPED, /* Response Failure: software must clear it and enable again */
	IOM_ASK_NO_CREDIT, /* more than the Outstanding Page Request Allocation */
	IOM_ASK_NO_INDEX, /* every group index is in use */
	IOM_ASK_PASID, /* that PASID may not be used */
} iom_ask_status;

/*
 * Send a group of `n` page requests, the last one marked so; *prg_index receives
 * its index. The answer may come before the call returns. Any thread, but no
 * callback of the IOMMU.
 */
IOM_API iom_ask_status iom_endpoint_ask(iom_endpoint *endpoint, uint32_t pasid,
					const iom_page_ask *pages, unsigned n, uint16_t *prg_index);
/*
 * Whether the group waits for its answer; false with the code of the last answer
 * to that index in *code (may be NULL), IOM_PRG_INVALID if there was none.
 */
IOM_API bool iom_endpoint_outstanding(iom_endpoint *endpoint, uint16_t prg_index,
				      iom_prg_code *code);
/*
 * Stop using a PASID: its ATC entries are dropped, its groups forgotten, and a
 * Stop Marker follows the requests made so far (10.4.1.2.1 Managing PASID Usage
 * on PRG Requests). False if the PASID or PRI is not enabled.
 */
IOM_API bool iom_endpoint_stop_pasid(iom_endpoint *endpoint, uint32_t pasid);

/*
 * The function is pulled out: every access and request from now on fails,
 * invalidations that wait fail, and so do later ones. Any thread, but no callback
 * of the IOMMU.
 */
IOM_API void iom_endpoint_remove(iom_endpoint *endpoint);

/*
 * Everything of an endpoint but its function's registers: the ATC, accesses in
 * flight, invalidations that wait for them, page requests, statistics. Versioned.
 * Load the function first, then the endpoint, which must have the same requester,
 * ATC and capabilities (IOM_ERROR_CONFIG) and hold no access; damaged state is
 * refused (IOM_ERROR_FORMAT) and changes nothing. The IOMMU's state is its own:
 * iom_iommu_save(). Not while another thread uses the endpoint.
 */
IOM_API GBytes *iom_endpoint_save(iom_endpoint *endpoint);
IOM_API gboolean iom_endpoint_load(iom_endpoint *endpoint, GBytes *state, GError **error);
/*
 * The accesses in flight, oldest first: what was asked for and the answer, which
 * iom_endpoint_end() ends. After a load this is the only way to them. False: there
 * are not so many.
 */
IOM_API bool iom_endpoint_held(iom_endpoint *endpoint, unsigned index, iom_dma *dma,
			       iom_dma_answer *answer);

typedef struct iom_endpoint_statistics {
	uint64_t accesses;
	uint64_t untranslated; /* of these, sent as untranslated requests */
	uint64_t translated; /* sent as translated requests */
	uint64_t refused;
	uint64_t translation_requests;
	uint64_t translations; /* entries of their completions */
	uint64_t invalidations;
	uint64_t invalidations_deferred; /* that waited for accesses in flight */
	uint64_t page_requests;
	uint64_t stop_markers;
	uint64_t responses; /* of groups, matched */
	uint64_t responses_unexpected;
	uint64_t in_flight; /* accesses held now */
	uint64_t outstanding; /* page requests not answered yet */
	iom_cache_statistics atc;
	uint64_t atc_entries; /* live now */
} iom_endpoint_statistics;

IOM_API void iom_endpoint_statistics_get(iom_endpoint *endpoint, iom_endpoint_statistics *out);

/*
 * Translation Completion Data Entry (10.2.3 Translation Completion): what an
 * IOMMU's answer to a translation request looks like on the bus, and back.
 */
typedef struct iom_ats_entry {
	uint64_t address; /* of the page */
	uint8_t page_lg2; /* from S and the address bits: 12 to 63 */
	uint8_t permissions; /* R, W, Exe */
	bool untranslated_only; /* U */
	bool no_snoop; /* N */
	bool privileged; /* Priv */
	bool global;
	bool cxl_io;
	uint8_t ama; /* ATS Memory Attributes, 3 bits; what they mean is the host's */
} iom_ats_entry;

IOM_API uint64_t iom_ats_encode(const iom_ats_entry *entry);
IOM_API void iom_ats_decode(uint64_t word, iom_ats_entry *entry);
/*
 * A Translation Request for `n` translations (1 to 16) of `stu_lg2` (12 up) each,
 * from request->address on, and its completion: how many entries it has, in
 * `entries`. They are of one size, each begins where the one before ends, and all
 * but a first one grant something; fewer than asked is no error. 0: UR or CA, or
 * the IOMMU wants a retry. *result is the answer of the model for the first one.
 * An entry's low address bits are as iom_ats_encode() leaves them. Any thread.
 */
IOM_API unsigned iom_ats_request(iom_iommu *iommu, const iom_request *request, unsigned stu_lg2,
				 iom_ats_entry *entries, unsigned n, iom_result *result);

G_END_DECLS

#include <iommulate/pci-topology.h>

#endif
