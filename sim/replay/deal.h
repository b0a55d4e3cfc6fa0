/* SPDX-License-Identifier: MIT */
/*
 * Which requester is whose when several lanes share out the DMAs of a trace: a new
 * one goes to the lane that had fewest DMAs so far, and stays there, so that its
 * DMAs keep their order. Any thread. Private to sim/replay.
 */
#ifndef IOM_SIM_DEAL_H
#define IOM_SIM_DEAL_H

#include "sim/replay/lane.h"

/* `lanes` stay where they are. */
iom_deal *iom_deal_new(iom_lane *const *lanes, unsigned n);
void iom_deal_free(iom_deal *deal);
const iom_lane *iom_deal_owner(iom_deal *deal, uint32_t requester);
/* Lane number `i` has done that many more. */
void iom_deal_done(iom_deal *deal, unsigned i, unsigned dmas);
/* Lanes that have a requester. */
unsigned iom_deal_used(iom_deal *deal);

#endif
