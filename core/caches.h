/* SPDX-License-Identifier: MIT */
/*
 * What the caches of a model can be: geometry, replacement, and options that are
 * off unless set. Part of <iommulate/core.h>. docs/caches.md explains each.
 *
 * None of it changes what a request is answered: only what is found, and so how
 * often tables are read.
 */
#ifndef IOMMULATE_CACHES_H
#define IOMMULATE_CACHES_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef IOM_API
#if defined(__GNUC__)
#define IOM_API __attribute__((visibility("default")))
#else
#define IOM_API
#endif
#endif

G_BEGIN_DECLS

typedef enum iom_policy {
	IOM_POLICY_LRU = 0,
	IOM_POLICY_PLRU, /* tree pseudo-LRU */
	IOM_POLICY_FIFO,
	IOM_POLICY_RANDOM, /* seeded, so that runs repeat */
	IOM_POLICY_ORACLE, /* evicts what is used last; needs iom_cache_options.next_use */
} iom_policy;

/* Geometry of one cache. entries 0 switches it off. */
typedef struct iom_cache_geometry {
	uint32_t entries; /* rounded up to ways * a power of two */
	uint32_t ways; /* 0: fully associative */
	uint8_t policy; /* iom_policy */
} iom_cache_geometry;

/* The caches a model has, by index in iom_statistics.caches. */
typedef enum iom_cache_id {
	IOM_CACHE_CONFIG = 0, /* STE and CD, or context and PASID entries */
	IOM_CACHE_IOTLB,
	IOM_CACHE_WALK, /* table entries of upper levels */
	IOM_CACHE_STAGE2, /* IPA to PA, GPA to HPA */
	IOM_CACHE_INTERRUPT, /* VT-d interrupt entry cache */
	IOM_N_CACHES,
} iom_cache_id;

#define IOM_CACHE_PARTITIONS 16
#define IOM_CACHE_PINS 16
#define IOM_CACHE_BINS 8
#define IOM_CACHE_SECTORS_LG2 4 /* at most */
#define IOM_CACHE_PREFETCH 16 /* at most */

/* Whose entries may evict each other. */
typedef enum iom_partition_by {
	IOM_PARTITION_SHARED = 0,
	IOM_PARTITION_REQUESTER,
	IOM_PARTITION_PASID, /* IOM_NO_PASID counts as one */
	IOM_PARTITION_DOMAIN, /* VMID << 16 | ASID (stage 2: ASID 0), or domain-id */
} iom_partition_by;

/* One partition for the keys from `first` to `last`. */
typedef struct iom_cache_share {
	uint32_t first;
	uint32_t last;
	uint32_t share; /* of the ways, in proportion to the other shares; at least one way */
} iom_cache_share;

#define IOM_PIN_ANY UINT32_MAX

/*
 * Entries that are kept: those that a requester (IOM_PIN_ANY: any) brought in under
 * a PASID (IOM_PIN_ANY: any or none) and that touch the addresses [first, last].
 * Addresses are what the cache is looked up by: input addresses in the IOTLB and for
 * stage 1 of the walk cache, guest-physical ones for stage 2. In the configuration
 * and interrupt caches give all of them (0, UINT64_MAX).
 */
typedef struct iom_cache_pin {
	uint32_t requester;
	uint32_t pasid;
	uint64_t first;
	uint64_t last;
} iom_cache_pin;

/* A structure of its own for entries of one size. */
typedef struct iom_cache_bin {
	uint8_t page_lg2;
	uint8_t stage; /* 1 or 2: of that stage only (a nested page is stage 1); 0: both */
	iom_cache_geometry geometry; /* entries 0: such entries are not kept */
} iom_cache_bin;

/* All zero: no option. */
typedef struct iom_cache_options {
	uint8_t partition_by; /* iom_partition_by */
	/* Without shares: so many equal partitions, given out in the order in which
	 * keys appear, around and around. */
	uint8_t partitions;
	uint8_t n_shares;
	uint8_t n_pins;
	uint8_t n_bins; /* other sizes live together in the cache's own geometry */
	/* One tag for 2^n neighbouring pages, each with its payload; `entries` counts tags. */
	uint8_t sectors_lg2;
	/* IOTLB only: translations fetched ahead on a miss and on the first use of one
	 * of these; with `stride` in the distance and direction of the last two misses. */
	uint8_t prefetch;
	uint8_t stride;
	uint32_t rest; /* with shares: that of all other keys, 0 counts as 1 */
	uint32_t pin_ways; /* most pinned ways of a set; 0: half of them. One is always left */
	iom_cache_share share[IOM_CACHE_PARTITIONS - 1];
	iom_cache_pin pin[IOM_CACHE_PINS];
	iom_cache_bin bin[IOM_CACHE_BINS];
	/*
	 * IOM_POLICY_ORACLE: when, on a clock of the caller's, the page of 2^page_lg2
	 * bytes that the request under way accesses is accessed next; UINT64_MAX never.
	 * Called on the thread of the request.
	 */
	uint64_t (*next_use)(void *opaque, unsigned page_lg2);
	void *opaque;
} iom_cache_options;

typedef struct iom_cache_config {
	iom_cache_geometry cache[IOM_N_CACHES];
	iom_cache_options options[IOM_N_CACHES];
} iom_cache_config;

/*
 * Named settings: "default", "off" (no entry), "one" (one entry each), "options"
 * (a few entries, with every option in use that neither needs nor changes what is
 * read ahead), "prefetch" (the same, and prefetch). False: unknown.
 */
IOM_API bool iom_cache_config_preset(iom_cache_config *config, const char *name);

/* Of a partition; who belongs to it: iom_cache_options. */
typedef struct iom_partition_statistics {
	uint32_t ways;
	uint64_t insertions;
	uint64_t evictions;
} iom_partition_statistics;

typedef struct iom_cache_statistics {
	const char *name; /* "config", "iotlb", "walk", "stage2", "interrupt" */
	uint64_t hits;
	uint64_t misses;
	uint64_t evictions; /* of sectored caches: of tags */
	uint64_t invalidated; /* entries dropped, or found dead after an invalidation */
	uint64_t sectors_filled; /* insertions under a tag that was there */
	uint64_t pinned; /* entries that are pinned now */
	uint64_t pins_refused; /* entries that would be, but for the limit of their set */
	uint64_t prefetched; /* entries that were fetched ahead, also by commands */
	uint64_t prefetch_used; /* of those not by commands, used; a lower bound */
	uint64_t n_partitions; /* 0 unless partitioned */
	iom_partition_statistics partition[IOM_CACHE_PARTITIONS]; /* of all structures */
} iom_cache_statistics;

G_END_DECLS
#endif
