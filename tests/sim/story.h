/* SPDX-License-Identifier: MIT */
/*
 * Traces for replays with several threads: some devices, each with tables of its own,
 * read in random order while pages move and are invalidated. What every DMA has to be
 * answered is known from how the trace was made, and one in some thousands is made to
 * expect something else.
 */
#ifndef IOM_TESTS_SIM_STORY_H
#define IOM_TESTS_SIM_STORY_H

#include "sim/replay/replay.h"

#define STORY_DEVICES 6
#define STORY_PAGES 64

typedef struct story {
	iom_trace_writer *w;
	iom_kind kind;
	GRand *rand;
	uint64_t pa[STORY_DEVICES][STORY_PAGES]; /* 0: not mapped */
	unsigned produced; /* commands */
	uint64_t dma, wrong, faults;
} story;

/* A trace of an IOMMU of that kind with RAM. */
iom_trace_writer *story_begin(const char *path, iom_kind kind);
/* `stretch`: DMAs between two invalidations, on average. */
story story_write(const char *path, iom_kind kind, unsigned n, unsigned stretch);

/* Four levels for the SMMUv3, of which VT-d uses the lower three. */
uint64_t story_table(unsigned device, unsigned level);
void story_tables(story *s);
/* Encodings as in test-replay.c, for several devices. */
void story_setup_smmu(story *s);
void story_move(story *s, unsigned device, unsigned page, uint64_t pa);
/* A page of one device, with the command for it, and wait. */
void story_invalidate(story *s, unsigned device, unsigned page);

iom_replay_report *story_replay(const char *path, const char *cache, unsigned threads, bool stale);
/* What must never differ. */
void story_same_answers(const iom_replay_report *a, const iom_replay_report *b);
/* What is the same where the caches are nobody else's. */
void story_same_figures(const iom_replay_report *a, const iom_replay_report *b);

#endif
