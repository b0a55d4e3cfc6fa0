/* SPDX-License-Identifier: MIT */
/*
 * The software engine: the object model of Linux iommufd in user space.
 *
 * Words
 *   context   what one open of /dev/iommu makes: a table of objects
 *   object    IOAS, HWPT, device, ...; named by a 32-bit id; counted users, of
 *             which the table is one
 *   pages     a set of pinned or pinnable memory: user memory or a file
 *   area      a range of I/O virtual addresses mapped to a window of pages
 *   domain    an I/O page table of a back end, behind an HWPT
 *   file      what a descriptor of the engine refers to
 *
 * One lock per engine is held during every call: no call sees another half
 * done, so the kernel's short "in use" references and races do not exist here.
 * Functions return 0 or a negative errno unless they say otherwise.
 */
#ifndef IOM_IOMMUFD_ENGINE_H
#define IOM_IOMMUFD_ENGINE_H

#include "iommufd/iommufd.h"
#include "iommufd/uapi-test.h"

#include <errno.h>
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define IOMFD_PAGE 4096ul
#define IOMFD_NO_PASID 0u

typedef enum iomfd_kind {
	IOMFD_KIND_ANY = 0,
	IOMFD_KIND_DEVICE,
	IOMFD_KIND_IOAS,
	IOMFD_KIND_HWPT_PAGING,
	IOMFD_KIND_HWPT_NESTED,
	IOMFD_KIND_FAULT,
	IOMFD_KIND_ACCESS,
	IOMFD_KIND_VIOMMU,
	IOMFD_KIND_VDEVICE,
	IOMFD_KIND_VEVENTQ,
	IOMFD_KIND_HW_QUEUE,
	IOMFD_KIND_SELFTEST,
	IOMFD_N_KINDS,
} iomfd_kind;

typedef struct iomfd_context iomfd_context;
typedef struct iomfd_object iomfd_object;
typedef struct iomfd_ioas iomfd_ioas;
typedef struct iomfd_area iomfd_area;
typedef struct iomfd_pages iomfd_pages;
typedef struct iomfd_hwpt iomfd_hwpt;
typedef struct iomfd_device iomfd_device;
typedef struct iomfd_group iomfd_group;
typedef struct iomfd_fault iomfd_fault;
typedef struct iomfd_access iomfd_access;
typedef struct iomfd_viommu iomfd_viommu;
typedef struct iomfd_vdevice iomfd_vdevice;
typedef struct iomfd_veventq iomfd_veventq;
typedef struct iomfd_hw_queue iomfd_hw_queue;
typedef struct iomfd_domain iomfd_domain;
typedef struct iomfd_driver iomfd_driver;
typedef struct iomfd_dev iomfd_dev;
typedef struct iomfd_file iomfd_file;
typedef struct iomfd_dmabuf iomfd_dmabuf;

struct iomfd_object {
	uint32_t id;
	iomfd_kind kind;
	unsigned users;
	iomfd_context *ctx;
};

/* ------------------------------------------------------------------------
 * Ranges of addresses, both ends inclusive
 */
typedef struct iomfd_range {
	uint64_t start;
	uint64_t last;
	const void *owner;
} iomfd_range;

/*
 * `ranges` sorted, overlapping and adjacent ones merged, clipped to
 * [start, last]; holes between them with `holes`.
 */
GArray *iomfd_spans(const GArray *ranges, uint64_t start, uint64_t last, bool holes);
bool iomfd_ranges_hit(const GArray *ranges, uint64_t start, uint64_t last);
static inline bool iomfd_add_overflows(uint64_t a, uint64_t b, uint64_t *sum)
{
	return __builtin_add_overflow(a, b, sum);
}

/* ------------------------------------------------------------------------
 * Memory of the caller
 */
int iomfd_copy_in(void *to, uint64_t from, size_t n); /* -EFAULT */
int iomfd_copy_out(uint64_t to, const void *from, size_t n); /* -EFAULT */
int iomfd_zero_out(uint64_t to, size_t n); /* -EFAULT */
/*
 * The kernel's rule for structures that grow: missing bytes are zero, more than
 * `n` bytes only if they are zero (-E2BIG).
 */
int iomfd_copy_struct_in(void *to, size_t n, uint64_t from, size_t user_n);
/* Fault pages in, as pinning them would; -EFAULT, -ENOMEM. */
int iomfd_populate(uint64_t addr, uint64_t length, bool write);
/* A name for the physical page behind addr; equal names, equal pages. */
typedef struct iomfd_phys {
	uint64_t device, inode, offset;
	bool huge; /* of a huge page: contiguous within 2 MiB */
} iomfd_phys;
int iomfd_phys_of(uint64_t addr, bool write, iomfd_phys *out);

/* ------------------------------------------------------------------------
 * Pages
 */
enum iomfd_pages_type { IOMFD_PAGES_USER, IOMFD_PAGES_FILE, IOMFD_PAGES_DMABUF };
enum iomfd_account { IOMFD_ACCOUNT_NONE, IOMFD_ACCOUNT_USER, IOMFD_ACCOUNT_MM };

typedef struct iomfd_pin {
	uint64_t index, last; /* pages */
	unsigned users;
	const void *owner; /* area, or NULL of an access */
} iomfd_pin;

struct iomfd_pages {
	unsigned refs;
	struct iomfd_engine *engine;
	enum iomfd_pages_type type;
	enum iomfd_account account;
	bool writable;
	uint64_t npages;
	uint64_t base; /* host address of page 0; of a file: of our mapping, 0 until made */
	uint64_t file_start; /* page-aligned offset in the file */
	int fd; /* our descriptor of the file, -1 otherwise */
	iomfd_file *file; /* of the engine, if the descriptor was one of its own */
	uint64_t mapped; /* bytes of our mapping of the file */
	iomfd_dmabuf *dmabuf;
	bool revoked; /* the buffer's owner took it back; for good, as far as this set goes */
	uint64_t npinned;
	GArray *pins; /* iomfd_pin */
};

int iomfd_pages_user(struct iomfd_engine *e, uint64_t uptr, uint64_t length, bool writable,
		     iomfd_pages **out);
int iomfd_pages_file(struct iomfd_engine *e, int fd, uint64_t start, uint64_t length, bool writable,
		     iomfd_pages **out);
int iomfd_pages_dmabuf(struct iomfd_engine *e, iomfd_dmabuf *buf, uint64_t start, uint64_t length,
		       bool writable, iomfd_pages **out);
iomfd_pages *iomfd_pages_ref(iomfd_pages *p);
void iomfd_pages_unref(iomfd_pages *p);
/* Pin pages [index, last] for a domain-filled area (`owner`) or an access (NULL). */
int iomfd_pages_pin(iomfd_pages *p, uint64_t index, uint64_t last, const void *owner);
void iomfd_pages_unpin(iomfd_pages *p, uint64_t index, uint64_t last, const void *owner);
void iomfd_pages_move_pin(iomfd_pages *p, const void *from, const void *to, uint64_t index,
			  uint64_t last);
uint64_t iomfd_pages_host(const iomfd_pages *p, uint64_t byte);
/* Read or write bytes of the pages; -EFAULT, -EINVAL, -EPERM. */
int iomfd_pages_rw(iomfd_pages *p, uint64_t byte, void *data, uint64_t length, bool write,
		   bool slow);
/* How many page sets of the engine pin the page at host address `addr`. */
unsigned iomfd_pages_count_pins(struct iomfd_engine *e, uint64_t addr);

/* ------------------------------------------------------------------------
 * IOAS
 */
struct iomfd_area {
	uint64_t start, last;
	uint64_t start_byte; /* offset of `start` within the pages */
	iomfd_ioas *ioas;
	iomfd_pages *pages;
	bool read, write;
	bool filled; /* its pages are in every domain of the IOAS */
	bool prevent_access;
	unsigned num_accesses, num_locks;
};

struct iomfd_ioas {
	iomfd_object obj;
	GTree *areas; /* by start */
	GArray *reserved, *allowed; /* iomfd_range */
	GPtrArray *domains; /* iomfd_hwpt, in the order of arrival */
	GPtrArray *accesses;
	bool no_large_pages;
	uint64_t alignment;
};

/* First area with a byte in [start, last], in ascending order; NULL without one. */
iomfd_area *iomfd_area_first(const iomfd_ioas *ioas, uint64_t start, uint64_t last);
iomfd_area *iomfd_area_next(const iomfd_ioas *ioas, const iomfd_area *area, uint64_t last);
static inline uint64_t iomfd_area_byte(const iomfd_area *a, uint64_t iova)
{
	return a->start_byte + (iova - a->start);
}
static inline uint64_t iomfd_area_index(const iomfd_area *a, uint64_t iova)
{
	return iomfd_area_byte(a, iova) / IOMFD_PAGE;
}

int iomfd_ioas_new(iomfd_context *ctx, iomfd_ioas **out);
int iomfd_ioas_map_pages(iomfd_ioas *ioas, iomfd_pages *pages, uint64_t start_byte, uint64_t length,
			 uint64_t *iova, bool read, bool write, bool choose);
int iomfd_ioas_unmap_range(iomfd_ioas *ioas, uint64_t start, uint64_t last, uint64_t *unmapped);
int iomfd_ioas_cut(iomfd_ioas *ioas, uint64_t iova);
int iomfd_ioas_reserve(iomfd_ioas *ioas, uint64_t start, uint64_t last, const void *owner);
void iomfd_ioas_unreserve(iomfd_ioas *ioas, const void *owner);
int iomfd_ioas_reserve_device(iomfd_ioas *ioas, iomfd_dev *dev);
int iomfd_ioas_add_domain(iomfd_ioas *ioas, iomfd_hwpt *hwpt);
void iomfd_ioas_remove_domain(iomfd_ioas *ioas, iomfd_hwpt *hwpt);
int iomfd_ioas_add_access(iomfd_ioas *ioas, iomfd_access *access);
void iomfd_ioas_remove_access(iomfd_ioas *ioas, iomfd_access *access);
int iomfd_ioas_set_large_pages(iomfd_ioas *ioas, bool on);
void iomfd_area_unfill_domain(iomfd_area *area, iomfd_hwpt *hwpt);
/* The area's pages, pinned, in all domains of its IOAS; out of them again. */
int iomfd_area_fill(iomfd_area *area);
void iomfd_area_unfill(iomfd_area *area);
/* Pieces of the area that are contiguous in host memory, as page tables want them. */
int iomfd_area_fill_domain(iomfd_area *area, iomfd_hwpt *hwpt);

/* ------------------------------------------------------------------------
 * Files and the engine
 */
enum iomfd_file_kind {
	IOMFD_FILE_CONTEXT,
	IOMFD_FILE_FAULT,
	IOMFD_FILE_VEVENTQ,
	IOMFD_FILE_ACCESS,
	IOMFD_FILE_DMABUF,
	IOMFD_FILE_VFIO_DEVICE,
	IOMFD_FILE_VFIO_GROUP,
};

struct iomfd_file {
	enum iomfd_file_kind kind;
	unsigned refs;
	struct iomfd_engine *engine;
	void *data; /* by kind: context, fault, veventq, access, dmabuf, vfio file */
	int signal; /* write end of what makes the descriptor readable, or -1 */
	bool raised;
	uint64_t position; /* of a device's file */
};

typedef struct iomfd_mmap {
	iomfd_object *owner;
	uint64_t offset, length;
	int memfd;
} iomfd_mmap;

struct iomfd_context {
	struct iomfd_engine *engine;
	iomfd_file *file; /* the open file; its references keep the context */
	GPtrArray *slots; /* by id; NULL free */
	GHashTable *groups; /* group number to iomfd_group */
	GArray *mmaps; /* iomfd_mmap */
	enum iomfd_account account;
	bool noiommu_mode;
	iomfd_ioas *vfio_ioas;
};

typedef struct iomfd_mapping {
	uint64_t addr, length;
	iomfd_object *owner; /* NULL: of a device's memory */
	iomfd_file *file; /* stays open as long */
} iomfd_mapping;

/* Which calls, flags and members a kernel of some age has. */
typedef struct iomfd_profile {
	const char *name;
	uint8_t last_ioctl; /* highest number, from 0x80 */
	uint32_t hwpt_flags;
	uint8_t hwpt_alloc_size, hw_info_size, viommu_alloc_size, veventq_alloc_size;
	uint32_t hw_info_flags;
	uint64_t hw_caps;
	bool pasid; /* VFIO attach by PASID, max_pasid_log2 */
	bool bind_token;
	bool vfio_arm, dmabuf, invalidate_limits, noiommu_cdev;
} iomfd_profile;
const iomfd_profile *iomfd_profile_find(const char *name);

typedef struct iomfd_hook {
	unsigned nr; /* ioctl number, 0 for all */
	unsigned after; /* calls that still pass */
	int error;
} iomfd_hook;

struct iomfd_engine {
	GRecMutex lock;
	const iomfd_profile *profile;
	GHashTable *fds; /* descriptor to iomfd_file */
	GPtrArray *files; /* every live file */
	GPtrArray *devices; /* iomfd_dev that can be opened, owned */
	GPtrArray *hws; /* iomfd_hw, owned */
	GPtrArray *page_sets; /* every live iomfd_pages */
	GArray *mappings; /* iomfd_mapping */
	GArray *hooks; /* iomfd_hook */
	uint64_t locked_vm, memlock_limit; /* pages */
	uint32_t capabilities; /* IOM_IOMMUFD_CAP_* */
	uint32_t max_objects;
	uint64_t iova_align_max;
	uint32_t lose_events, vevent_sequence;
	uint32_t busy_attaches;
	uint32_t fail_step; /* steps until one lacks memory, 0: none does */
	bool strict_counts;
	bool mock;
	bool vfio_noiommu;
	uint32_t next_group;
	uint64_t fragment; /* bytes of a noiommu device's memory that are contiguous */
};

/*
 * A step of a call that memory may be short for: -ENOMEM if a test wants it here. What the
 * call did until then must be undone.
 */
int iomfd_step(struct iomfd_engine *e);
/* Takes over the caller's reference. */
int iomfd_fd_install(struct iomfd_engine *e, iomfd_file *file, bool cloexec);
int iomfd_fd_close(struct iomfd_engine *e, int fd);
/* A second descriptor for ourselves, out of the way of the program's numbers. */
int iomfd_private_fd(int fd);
struct iomfd_engine *iomfd_engine_new(const iom_iommufd_engine_config *config, GError **error);
void iomfd_engine_free(struct iomfd_engine *e);
int iomfd_engine_open(struct iomfd_engine *e, const char *node);
int iomfd_engine_ioctl(struct iomfd_engine *e, int fd, unsigned cmd, uint64_t arg);
ssize_t iomfd_engine_read(struct iomfd_engine *e, int fd, uint64_t buf, size_t n);
ssize_t iomfd_engine_write(struct iomfd_engine *e, int fd, uint64_t buf, size_t n);
/* As pread() and pwrite(). */
ssize_t iomfd_engine_rw_at(struct iomfd_engine *e, int fd, uint64_t buf, size_t n, uint64_t offset,
			   bool write);
int iomfd_engine_mmap(struct iomfd_engine *e, int fd, void **addr, size_t length, int prot,
		      int flags, uint64_t offset);
int iomfd_engine_munmap(struct iomfd_engine *e, void *addr, size_t length);
/* This is the copy of a child: its queues' descriptors become its own. */
void iomfd_engine_forked(struct iomfd_engine *e);
int iomfd_engine_dup(struct iomfd_engine *e, int fd, int fresh);
gboolean iomfd_engine_add(struct iomfd_engine *e, const iom_iommufd_device *c, GError **error);
iomfd_file *iomfd_file_get(struct iomfd_engine *e, int fd); /* borrowed; NULL */
iomfd_file *iomfd_file_new(struct iomfd_engine *e, enum iomfd_file_kind kind, void *data);
void iomfd_file_ref(iomfd_file *f);
void iomfd_file_unref(iomfd_file *f);
/* Make the descriptor readable, or not. */
void iomfd_file_signal(iomfd_file *f, bool readable);

/* ------------------------------------------------------------------------
 * Objects
 */
int iomfd_object_reserve(iomfd_context *ctx, uint32_t *id); /* id not yet visible */
void iomfd_object_release_id(iomfd_context *ctx, uint32_t id);
int iomfd_object_init(iomfd_context *ctx, iomfd_object *obj, iomfd_kind kind);
void iomfd_object_publish(iomfd_object *obj);
iomfd_object *iomfd_object_get(iomfd_context *ctx, uint32_t id, iomfd_kind kind); /* NULL */
int iomfd_object_destroy(iomfd_context *ctx, uint32_t id, bool tombstone);
/* The destructors; each releases what the object holds and frees it. */
void iomfd_object_free(iomfd_object *obj);
/* Undo creation: the object was initialised but not published. */
void iomfd_object_abort(iomfd_object *obj);

/* What an ioctl handler works with. */
typedef struct iomfd_call {
	iomfd_context *ctx;
	struct iomfd_engine *engine;
	uint64_t arg;
	uint32_t user_size;
	uint32_t size; /* of the structure in this profile */
	void *cmd;
} iomfd_call;
int iomfd_respond(iomfd_call *call);

int iomfd_ctx_ioctl(iomfd_context *ctx, unsigned cmd, uint64_t arg);
iomfd_context *iomfd_context_new(struct iomfd_engine *e);
void iomfd_context_free(iomfd_context *ctx);
int iomfd_vfio_ioctl(iomfd_context *ctx, unsigned cmd, uint64_t arg);

int iomfd_do_destroy(iomfd_call *call);
int iomfd_do_ioas_alloc(iomfd_call *call);
int iomfd_do_ioas_allow_iovas(iomfd_call *call);
int iomfd_do_ioas_copy(iomfd_call *call);
int iomfd_do_ioas_iova_ranges(iomfd_call *call);
int iomfd_do_ioas_map(iomfd_call *call);
int iomfd_do_ioas_map_file(iomfd_call *call);
int iomfd_do_ioas_unmap(iomfd_call *call);
int iomfd_do_option(iomfd_call *call);
int iomfd_do_vfio_ioas(iomfd_call *call);
int iomfd_do_change_process(iomfd_call *call);
int iomfd_do_noiommu_get_pa(iomfd_call *call);
int iomfd_do_hwpt_alloc(iomfd_call *call);
int iomfd_do_get_hw_info(iomfd_call *call);
int iomfd_do_set_dirty(iomfd_call *call);
int iomfd_do_get_dirty(iomfd_call *call);
int iomfd_do_invalidate(iomfd_call *call);
int iomfd_do_fault_alloc(iomfd_call *call);
int iomfd_do_viommu_alloc(iomfd_call *call);
int iomfd_do_vdevice_alloc(iomfd_call *call);
int iomfd_do_veventq_alloc(iomfd_call *call);
int iomfd_do_hw_queue_alloc(iomfd_call *call);
int iomfd_do_test(iomfd_call *call);

#endif
