/* SPDX-License-Identifier: MIT */
/* Parts of the page that a replay can be looked at in. Private to sim/replay. */
#ifndef IOM_SIM_HTML_H
#define IOM_SIM_HTML_H

#include "sim/replay/replay.h"

extern const char iom_html_style[];

/* `text` with what HTML gives a meaning replaced; bytes that are no UTF-8 as U+FFFD. */
void iom_html_text(GString *out, const char *text);
/* The course of the run as small drawings over the number of the DMA. */
void iom_html_timeline(const iom_replay_report *report, GString *out);

#endif
