/* SPDX-License-Identifier: MIT */
#ifndef IOM_TESTS_EMBEDDING_MAPPINGS_H
#define IOM_TESTS_EMBEDDING_MAPPINGS_H

#include "tests/embedding/defects.h"

#include <iommulate/mappings.h>

#define PAGES_MAX 4096

typedef struct page_list {
	iom_mapping page[PAGES_MAX];
	size_t n;
} page_list;

typedef struct page_events {
	page_list mapped, unmapped; /* since the last comparison */
	page_list now;
} page_events;

void pages_add(page_list *list, uint64_t address, uint64_t output, unsigned lg2,
	       unsigned permissions);
/* The requester has exactly these pages (the list gets sorted). */
void pages_check(defect_rig *r, uint32_t requester, page_list *expected);
/* iom_iommu_inspect() answers for the pages what an access gets. */
void inspect_check(defect_rig *r, uint32_t requester, const page_list *pages);
void pages_check_parts(defect_rig *r, uint32_t requester, const iom_mapping *big);
void pages_check_endless(defect_rig *r, uint32_t requester);

/* A mirror whose telling is noted in *e. */
iom_mirror *events_mirror(defect_rig *r, uint32_t requester, size_t limit, page_events *e);
void events_sync(iom_mirror *mirror, page_events *e, uint64_t first, uint64_t last, size_t maps,
		 size_t unmaps);
/* The mirror holds what was told. */
void events_check(const iom_mirror *mirror, page_events *e);

extern const iom_suite mappings_suite, mappings_tables_suite;

#endif
