/* SPDX-License-Identifier: MIT */
/* Random interrupt remapping tables, posted-interrupt descriptors and messages. */
#include "tests/conformance/vtd-generate.h"

#include <string.h>

#define BIT(n) (UINT64_C(1) << (n))

enum { N_ENTRIES = 3 };

typedef struct generator {
	vtd_random *rnd;
	iom_vtd_case *c;
	unsigned index[N_ENTRIES];
	bool eime;
} generator;

static uint64_t word(generator *g)
{
	return vtd_random_word(g->rnd);
}

static unsigned below(generator *g, unsigned n)
{
	return vtd_random_below(g->rnd, n);
}

static bool chance(generator *g, unsigned percent)
{
	return vtd_random_chance(g->rnd, percent);
}

static uint64_t new_address(generator *g, unsigned align_lg2)
{
	uint64_t address;

	do
		address = (word(g) & (BIT(g->c->haw) - 1)) >> align_lg2 << align_lg2;
	while (address < BIT(32));
	return address;
}

/* The second word of both formats: who may use the entry. */
static uint64_t source(generator *g)
{
	unsigned type = chance(g, 2) ? 3 : below(g, 3), qualifier = below(g, 4);
	uint64_t sid = g->c->sid;

	if (type == 1 && chance(g, 25))
		sid ^= BIT(below(g, 4));
	if (type == 2) {
		unsigned bus = g->c->sid >> 8, start = bus - MIN(bus, below(g, 3));

		sid = (uint64_t)start << 8 | MIN(255u, bus + below(g, 3));
		if (chance(g, 10))
			sid = word(g) & 0xffff;
	}
	return sid | (uint64_t)qualifier << 16 | (uint64_t)type << 18;
}

static void put_remapped(generator *g, uint64_t at)
{
	static const uint8_t modes[] = { 0, 0, 0, 1, 2, 4, 5, 7 };
	uint64_t lo = 1 | (chance(g, 10) ? 2 : 0) | (word(g) & 0x1c) | (word(g) & 0xf00) |
		      (uint64_t)modes[below(g, G_N_ELEMENTS(modes))] << 5 |
		      (uint64_t)below(g, 256) << 16;

	lo |= g->eime ? word(g) << 32 : (uint64_t)below(g, 256) << 40;
	iom_vtd_case_put(g->c, at, lo, "irte.q0");
	iom_vtd_case_put(g->c, at + 8, source(g), "irte.q1");
}

static void put_posted(generator *g, uint64_t at)
{
	uint64_t descriptor = new_address(g, 6);
	uint64_t lo = 1 | (chance(g, 10) ? 2 : 0) | (word(g) & 0xf00) | BIT(15) |
		      (chance(g, 40) ? BIT(14) : 0) | (uint64_t)below(g, 256) << 16 |
		      (descriptor & 0xffffffc0) << 32;
	uint64_t control = (word(g) & 3) | (uint64_t)below(g, 256) << 16;

	control |= g->eime ? word(g) << 32 : (uint64_t)below(g, 256) << 40;
	iom_vtd_case_put(g->c, at, lo, "irte.q0");
	iom_vtd_case_put(g->c, at + 8, source(g) | descriptor >> 32 << 32, "irte.q1");
	for (unsigned i = 0; i < 4; i++)
		iom_vtd_case_put(g->c, descriptor + 8 * i, chance(g, 50) ? word(g) : 0, "pid");
	iom_vtd_case_put(g->c, descriptor + 32, control, "pid.q4");
	if (chance(g, 5))
		iom_vtd_case_put(g->c, descriptor + 40 + 8 * below(g, 3), BIT(below(g, 64)),
				 "pid.q5");
}

static void choose_message(generator *g, vtd_request *q)
{
	unsigned index = g->index[below(g, N_ENTRIES)], handle = index;
	bool shv = chance(g, 40);

	memset(q, 0, sizeof *q);
	q->sid = g->c->sid;
	q->at = 'U';
	q->op = 'W';
	q->pasid = IOM_NO_PASID;
	q->data = (uint32_t)word(g);
	if (chance(g, 10)) /* compatibility format */ {
		q->address = 0xfee00000 | (word(g) & 0xfffec);
		return;
	}
	if (shv) {
		unsigned sub = MIN(index, below(g, 32));

		handle = index - sub;
		q->data = sub | (chance(g, 5) ? (uint32_t)BIT(16 + below(g, 16)) : 0);
	}
	if (chance(g, 5))
		handle = (unsigned)(word(g) & 0xffff);
	q->address = 0xfee00010 | (uint64_t)(handle & 0x7fff) << 5 | (uint64_t)shv << 3 |
		     (handle >> 15 & 1) << 2;
	if (chance(g, 10))
		q->sid ^= (uint16_t)BIT(below(g, 16));
}

void vtd_generate_interrupt(vtd_random *rnd, vtd_random_case *rc)
{
	generator *g = &(generator){ .rnd = rnd, .c = rc->c };
	unsigned size = below(g, 16);
	uint64_t table = new_address(g, 12);

	g_array_set_size(rc->c->words, 0);
	g_array_set_size(rc->c->bad, 0);
	rc->c->sid = (uint16_t)word(g);
	rc->c->ires = !chance(g, 5);
	rc->c->cfis = chance(g, 40);
	g->eime = rc->c->ecap & BIT(4) && chance(g, 60);
	/* The table may end at, or run over, the end of the address space. */
	if (chance(g, 3))
		table = BIT(rc->c->haw) - 4096;
	rc->c->irta = table | (g->eime ? BIT(11) : 0) | size;
	for (unsigned i = 0; i < N_ENTRIES; i++) {
		g->index[i] = below(g, 2u << size);
		uint64_t at = table + 16 * (uint64_t)g->index[i];

		if (at >> rc->c->haw)
			continue;
		if (rc->c->cap & BIT(59) && chance(g, 45))
			put_posted(g, at);
		else
			put_remapped(g, at);
	}
	for (unsigned n = chance(g, 60) ? 0 : 1 + below(g, 2); n && rc->c->words->len; n--) {
		iom_vtd_word *w =
			&g_array_index(rc->c->words, iom_vtd_word, below(g, rc->c->words->len));
		iom_vtd_bad_page bad = { w->address & ~UINT64_C(0xfff), chance(g, 50) };

		if (chance(g, 75))
			w->value ^= BIT(below(g, 64));
		else
			g_array_append_val(rc->c->bad, bad);
	}
	rc->n_requests = 1 + below(g, VTD_MAX_REQUESTS);
	for (unsigned i = 0; i < rc->n_requests; i++)
		choose_message(g, &rc->requests[i]);
	vtd_take_request(rc, 0);
}
