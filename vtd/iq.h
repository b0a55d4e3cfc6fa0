/* SPDX-License-Identifier: MIT */
/* What the files of the invalidation queue share. */
#ifndef IOM_VTD_IQ_H
#define IOM_VTD_IQ_H

#include "vtd/internal.h"

typedef enum vtd_iq_result {
	VTD_IQ_DONE,
	VTD_IQ_INVALID, /* an encoding that the type does not have */
	VTD_IQ_BUSY, /* not yet: taken up again when an endpoint answers */
} vtd_iq_result;

typedef vtd_iq_result vtd_iq_execute(vtd_unit *unit, const uint64_t *words);

vtd_iq_execute vtd_iq_context_cache, vtd_iq_iotlb, vtd_iq_dev_tlb, vtd_iq_interrupt, vtd_iq_wait,
	vtd_iq_pasid_iotlb, vtd_iq_pasid_cache, vtd_iq_pasid_dev_tlb, vtd_iq_page_response,
	vtd_iq_hpt;

/*
 * Descriptors like ones that were legal before, from `head` to `tail` of the queue in
 * the host's memory; returns the offset of the first that needs a look (iq_again.c).
 */
uint64_t vtd_iq_again(vtd_unit *unit, const uint64_t *host, unsigned step, uint64_t mask,
		      uint64_t head, uint64_t tail);
const uint64_t *vtd_iq_host(vtd_unit *unit, uint64_t iqa, uint64_t size);
void vtd_iq_remember_iotlb(vtd_unit *unit, const uint64_t *words);
void vtd_iq_remember_pasid_iotlb(vtd_unit *unit, const uint64_t *words);

/* Waits that nothing holds up any more complete. */
void vtd_iq_waits_run(vtd_unit *unit);

#endif
