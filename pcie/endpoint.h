/* SPDX-License-Identifier: MIT */
/*
 * Inside an endpoint.
 *
 * Locks. The IOMMU calls here (invalidations, responses) with its own lock held,
 * so the endpoint's lock is taken inside it and the IOMMU is never called with
 * the endpoint's lock held.
 *
 * In flight. An access is in flight from before its translation is looked up
 * until iom_endpoint_end(). An invalidation counts the accesses in flight that it
 * meets and completes when the last of them ends; one that starts later finds the
 * cache without the entry, and what a translation request brings that was sent
 * before is not kept (iom_epoch). So nothing uses a translation after its
 * invalidation has completed (10.3.3 Invalidate Completion).
 */
#ifndef IOM_PCIE_ENDPOINT_H
#define IOM_PCIE_ENDPOINT_H

#include "core/cache.h"
#include "pcie/function.h"

#define PRI_INDEXES 512u
#define ATS_ITAGS 32u
#define MAX_PASID 0xfffffu
#define MAX_TRANSLATIONS 16u

typedef struct ep_access {
	struct ep_access *next, *prev; /* in flight, oldest first */
	uint64_t first, last; /* input addresses */
	uint64_t sequence;
	uint32_t pasid;
	iom_dma dma;
	iom_dma_answer answer; /* once it is there */
} ep_access;

/* An invalidation that waits for accesses in flight. */
typedef struct ep_waiting {
	iom_ats_invalidate inv;
	uint64_t sequence; /* accesses below it were in flight */
	unsigned accesses;
} ep_waiting;

typedef struct ep_group {
	bool used;
	uint8_t code; /* iom_prg_code of the last answer */
	uint32_t pasid;
	unsigned requests;
} ep_group;

/* What the registers allow, kept where DMA can look without walking lists. */
typedef struct ep_enables {
	bool present; /* a virtual function may not be enabled */
	bool master, ats, pri, pasid, exec, priv, translated_pasid;
	uint8_t pasid_bits;
	uint8_t stu_lg2;
	uint8_t translations; /* of one request */
} ep_enables;

struct iom_endpoint {
	int refs;
	iom_endpoint_config config;
	iom_pci_config *shared; /* has PRI and PASID: the function, or its physical one */
	unsigned at_express, at_ats; /* 0: not there */
	unsigned at_pri, at_pasid, at_stu; /* in `shared` */
	pthread_mutex_t lock; /* for all below but the cache, which has its own */
	ep_enables on;
	bool removed;
	uint64_t sequence;
	ep_access *oldest, *newest;
	ep_waiting waiting[ATS_ITAGS];
	unsigned n_waiting;
	ep_group groups[PRI_INDEXES];
	unsigned next_index;
	uint64_t outstanding;
	iom_endpoint_statistics stats;
	iom_tags *tags;
	iom_cache *atc;
};

/* ---- atc.c ---- */
typedef struct ep_key {
	uint32_t pasid;
	bool privileged;
	bool cxl;
} ep_key;

bool ep_atc_lookup(iom_endpoint *ep, ep_key key, uint64_t address, iom_ats_entry *entry);
void ep_atc_insert(iom_endpoint *ep, ep_key key, uint64_t address, const iom_ats_entry *entry,
		   iom_epoch epoch);
void ep_atc_invalidate(iom_endpoint *ep, const iom_ats_invalidate *inv);
void ep_atc_drop_pasid(iom_endpoint *ep, uint32_t pasid);
void ep_atc_drop_all(iom_endpoint *ep);
/* Every entry as words, for saving; and back. False: no such entry can be. */
#define ATC_WORDS 4u
GArray *ep_atc_save(iom_endpoint *ep);
bool ep_atc_possible(const uint64_t *words);
void ep_atc_restore(iom_endpoint *ep, const uint64_t *words, iom_epoch epoch);

/* ---- endpoint.c ---- */
/* An invalidation from the IOMMU. */
iom_ats_answer iom_endpoint_invalidate(iom_endpoint *ep, const iom_ats_invalidate *inv);
/* Whether an access delays an invalidation. */
bool ep_meets(const iom_ats_invalidate *inv, const ep_access *a);
/* Fill in the input addresses of an access from what was asked for. */
void ep_span_of(ep_access *a);
/* Put an access behind the others in flight; its sequence number is set already. */
void ep_link(iom_endpoint *ep, ep_access *a);
/* The ones that wait are given up: the IOMMU sees time-outs. Without the lock. */
void ep_fail_waiting(iom_endpoint *ep);

/* ---- pri.c ---- */
void iom_endpoint_respond(iom_endpoint *ep, const iom_page_response *response);
/* Forget the groups of a PASID, or with `all` every group; with the lock held. */
void ep_forget_groups(iom_endpoint *ep, uint32_t pasid, bool all);
/* Requests that lacked a page: one request of its own group. */
iom_ask_status ep_ask_one(iom_endpoint *ep, const iom_dma *dma, uint16_t *prg_index);
/* Keep Stopped in step with Enable and what is outstanding; with the lock held. */
void ep_update_stopped(iom_endpoint *ep);
bool ep_pasid_usable(const iom_endpoint *ep, uint32_t pasid);

/* ---- control.c ---- */
void ep_watch(void *opaque, unsigned offset, uint32_t before, uint32_t after);
/* The same for writes to the physical function of a virtual one. */
void ep_watch_pf(void *opaque, unsigned offset, uint32_t before, uint32_t after);
/* Read the enables out of the registers; with the lock held. */
void ep_load_enables(iom_endpoint *ep);

/* ---- requesters.c ---- */
bool iom_requesters_add(iom_requesters *r, iom_endpoint *ep);
void iom_requesters_remove(iom_requesters *r, iom_endpoint *ep);
void ep_unref(iom_endpoint *ep);

#endif
