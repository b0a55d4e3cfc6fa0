/* SPDX-License-Identifier: MIT */
/*
 * What is mapped, for those who keep tables of their own: VFIO, which programs the
 * host's IOMMU with what the guest maps, endpoints with large caches, debuggers.
 *
 * Neither writes to guest memory, nor records faults; conventions as in
 * <iommulate/core.h>.
 */
#ifndef IOMMULATE_MAPPINGS_H
#define IOMMULATE_MAPPINGS_H

#include <iommulate/core.h>

G_BEGIN_DECLS

/* A page or block, cut so that it is a naturally aligned power of two. */
typedef struct iom_mapping {
	uint64_t address;
	uint64_t output;
	uint8_t page_lg2; /* its size is 2^page_lg2 bytes */
	uint8_t permissions; /* IOM_READ | IOM_WRITE | IOM_EXECUTE */
	uint8_t space; /* iom_space of `output` */
	uint8_t bypass; /* no stage translates: `output` is `address` */
} iom_mapping;

/*
 * Call `fn` for every page that the tables map for *from (requester, PASID, flags,
 * space), in ascending order, from the one that holds from->address up to the one
 * that holds `last`, until it returns false. The tables are asked with
 * iom_iommu_inspect(): no fault is recorded, no flag of theirs is set, nothing is
 * counted; from->access is ignored.
 *
 * A guest can map one page everywhere and without end, so that at most `steps`
 * translations are made. True: that was all, or `fn` wanted no more. False: the
 * steps are used up, and from->address is where to go on. `fn` may call the model.
 * Any thread; each page is a translation of its own to a concurrent change.
 */
IOM_API bool iom_iommu_mappings(iom_iommu *iommu, iom_request *from, uint64_t last, uint64_t steps,
				bool (*fn)(void *opaque, const iom_mapping *mapping), void *opaque);

/*
 * Whether an invalidation may concern a requester and PASID (IOM_NO_PASID: without
 * one), and which of its addresses: [*first, *last]. Tables are looked up by
 * identities that the invalidation does not translate back to requesters, so the
 * answer may be true where nothing changes, never the reverse. Any thread.
 */
IOM_API bool iom_invalidation_reaches(const iom_invalidation *inv, uint32_t requester,
				      uint32_t pasid, uint64_t *first, uint64_t *last);

/*
 * A mirror of one requester's address space: it remembers the pages that it told
 * of, so that whoever listens is told of differences only. Where software must
 * invalidate what it maps as well as what it unmaps (VT-d with CAP.CM), a call of
 * iom_mirror_sync() for what each invalidation reaches keeps it exact.
 */
typedef struct iom_mirror iom_mirror;

/* Pages never overlap; a page that changed is unmapped, then mapped again. */
typedef struct iom_mirror_ops {
	void (*map)(void *opaque, const iom_mapping *mapping);
	void (*unmap)(void *opaque, const iom_mapping *mapping);
} iom_mirror_ops;

/*
 * An empty mirror of `who` (as iom_iommu_mappings() takes it) with a reference to the
 * model; at most `limit` pages are remembered. The caller frees it, which tells nobody.
 * One thread at a time uses a mirror; the callbacks may call the model, not the mirror.
 */
IOM_API iom_mirror *iom_mirror_new(iom_iommu *iommu, const iom_request *who, size_t limit,
				   const iom_mirror_ops *ops, void *opaque);
IOM_API void iom_mirror_free(iom_mirror *mirror);
/*
 * Compare with the tables in [first, last] and tell what changed: what is gone first,
 * then what is new, both ascending. False: there were more pages than the limit, or the
 * tables took more than 16 steps for each page of it to search; what was found is told.
 */
IOM_API bool iom_mirror_sync(iom_mirror *mirror, uint64_t first, uint64_t last);
/* Everything is gone. */
IOM_API void iom_mirror_clear(iom_mirror *mirror);
/* The pages told of and not gone, ascending; also for somebody who came later. */
IOM_API void iom_mirror_foreach(const iom_mirror *mirror,
				void (*fn)(void *opaque, const iom_mapping *mapping), void *opaque);
IOM_API size_t iom_mirror_size(const iom_mirror *mirror);
/* The page that holds `address`, or NULL; valid until the mirror changes. */
IOM_API const iom_mapping *iom_mirror_find(const iom_mirror *mirror, uint64_t address);

G_END_DECLS
#endif
