/* SPDX-License-Identifier: MIT */
/*
 * Random VT-d cases: valid structures for one requester, then a few mutations, and
 * a short series of requests against them.
 */
#ifndef IOM_TESTS_VTD_GENERATE_H
#define IOM_TESTS_VTD_GENERATE_H

#include "sim/vectors/vectors-vtd.h"

/* A small generator of its own, so that a seed means the same case everywhere. */
typedef struct vtd_random {
	uint64_t state;
} vtd_random;

void vtd_random_seed(vtd_random *rnd, uint64_t seed);
uint64_t vtd_random_word(vtd_random *rnd);
/* Below `n`, which is not 0. */
unsigned vtd_random_below(vtd_random *rnd, unsigned n);
/* True in `percent` of a hundred. */
bool vtd_random_chance(vtd_random *rnd, unsigned percent);

#define VTD_MAX_REQUESTS 5

/* Requests of one case; the first is the case's own. */
typedef struct vtd_request {
	uint32_t pasid;
	uint64_t address;
	uint32_t length;
	uint32_t data;
	uint16_t sid;
	char at, op;
	bool pr, er, nw, lpig;
} vtd_request;

typedef struct vtd_random_case {
	iom_vtd_case *c;
	vtd_request requests[VTD_MAX_REQUESTS];
	unsigned n_requests;
	uint32_t pasids[2]; /* whose entries there are, RID_PASID among them */
	unsigned n_pasids;
} vtd_random_case;

/* Capabilities that contradict nothing in register_fields.tsv. */
void vtd_generate_unit(vtd_random *rnd, iom_vtd_case *c);
/* Take away what depends on a capability that is not there. */
void vtd_settle_capabilities(iom_vtd_case *c);
/* Memory and requests for the unit that the case has. */
void vtd_generate_dma(vtd_random *rnd, vtd_random_case *rc);
void vtd_generate_interrupt(vtd_random *rnd, vtd_random_case *rc);
/* Make request number `i` the case's own. */
void vtd_take_request(vtd_random_case *rc, unsigned i);

#endif
