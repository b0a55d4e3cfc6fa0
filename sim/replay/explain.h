/* SPDX-License-Identifier: MIT */
/* Every step of one DMA of a trace, for people. */
#ifndef IOM_SIM_EXPLAIN_H
#define IOM_SIM_EXPLAIN_H

#include "sim/replay/replay.h"

/*
 * Replay the trace up to DMA number `dma` with the caches off, so that every
 * structure is read, and append to `out` what the model reads and decides for it.
 */
gboolean iom_explain(const char *trace, const iom_machine *machine, uint64_t dma, GString *out,
		     GError **error);

/* Append `text` broken between words into lines of at most `width`, each after `indent`. */
void iom_explain_wrap(GString *out, const char *text, unsigned indent, unsigned width);

#endif
