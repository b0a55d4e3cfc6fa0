/* SPDX-License-Identifier: MIT */
/* What the files that make random tables share. */
#ifndef IOM_TESTS_VTD_GENERATE_PRIVATE_H
#define IOM_TESTS_VTD_GENERATE_PRIVATE_H

#include "tests/conformance/vtd-generate.h"

#define BIT(n) (UINT64_C(1) << (n))
#define PAGE_MASK (~UINT64_C(0xfff))

enum { N_SPACES = 2, N_ADDRESSES = 3 };

/* One address space: what a context or PASID entry leads to. */
typedef struct space {
	uint32_t pasid;
	unsigned pgtt; /* 0 legacy second stage, 1 first, 2 second, 3 nested, 4 pass-through */
	unsigned fs_levels, ss_levels;
	uint64_t fs_root, ss_root;
	uint64_t addresses[N_ADDRESSES];
	bool ssade;
} space;

typedef struct generator {
	vtd_random *rnd;
	iom_vtd_case *c;
	vtd_random_case *rc;
	bool scalable;
	bool ssirwe;
	bool tidy; /* permissions, flags and ignored bits as a driver writes them */
	bool hpte;
	bool rid_priv;
	uint32_t rid_pasid;
	space spaces[N_SPACES];
	unsigned n_spaces;
} generator;

static inline uint64_t word(generator *g)
{
	return vtd_random_word(g->rnd);
}

static inline unsigned below(generator *g, unsigned n)
{
	return vtd_random_below(g->rnd, n);
}

static inline bool chance(generator *g, unsigned percent)
{
	return vtd_random_chance(g->rnd, percent);
}

static inline bool cap(const generator *g, unsigned bit)
{
	return g->c->cap >> bit & 1;
}

static inline bool ecap(const generator *g, unsigned bit)
{
	return g->c->ecap >> bit & 1;
}

static inline void put(generator *g, uint64_t address, uint64_t value, const char *label)
{
	iom_vtd_case_put(g->c, address, value, label);
}

static inline bool word_at(generator *g, uint64_t address, uint64_t *value)
{
	int at = iom_vtd_case_find(g->c, address);

	if (at >= 0)
		*value = g_array_index(g->c->words, iom_vtd_word, at).value;
	return at >= 0;
}

/* A host-physical page, away from low memory. */
uint64_t vtd_new_page(generator *g, unsigned size_lg2);
/* A page for the first stage to point to: guest-physical if nested. */
uint64_t vtd_target_page(generator *g, const space *s, unsigned size_lg2);
unsigned vtd_ss_width(const generator *g, unsigned levels);
/* Input addresses of a space: one, and neighbours that share some of its tables. */
void vtd_choose_addresses(generator *g, space *s);
/* Tables for most of them. */
void vtd_map_space(generator *g, space *s);

#endif
