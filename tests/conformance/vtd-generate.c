/* SPDX-License-Identifier: MIT */
/* Random tables and requests for a unit. */
#include "tests/conformance/vtd-generate-private.h"

#include <string.h>

/* AW values that SAGAW has; 0 if there is none. */
static unsigned choose_levels(generator *g)
{
	unsigned sagaw = (unsigned)(g->c->cap >> 8 & 0x1f);
	unsigned aw;

	if (!(sagaw & 0xe))
		return 0;
	do
		aw = 1 + below(g, 3);
	while (!(sagaw >> aw & 1));
	return aw + 2;
}

static uint64_t domain_id(generator *g, unsigned which)
{
	unsigned bits = 4 + 2 * (unsigned)(g->c->cap & 7);

	/* Never 0, which caching mode reserves, and never the same twice. */
	return ((word(g) & (BIT(bits) - 1)) & ~UINT64_C(3)) | (which + 1);
}

static void build_legacy(generator *g, uint64_t root)
{
	static const uint8_t types[] = { 0, 1, 1, 1, 1, 2 };
	space *s = &g->spaces[0];
	uint64_t contexts = vtd_new_page(g, 12);
	unsigned tt = types[below(g, G_N_ELEMENTS(types))];

	if (tt == 1 && !ecap(g, 2))
		tt = 0;
	if (tt == 2 && !ecap(g, 6))
		tt = 0;
	g->n_spaces = 1;
	s->pasid = IOM_NO_PASID;
	s->pgtt = tt == 2 ? 4 : 0;
	s->ss_levels = choose_levels(g);
	s->ss_root = vtd_new_page(g, 12);
	put(g, root + 16 * (g->c->sid >> 8), contexts | 1, "root.q0");
	uint64_t at = contexts + 16 * (g->c->sid & 0xff);

	put(g, at, s->ss_root | tt << 2 | (chance(g, 5) ? 2 : 0) | 1, "ctx.q0");
	put(g, at + 8,
	    domain_id(g, 0) << 8 | (uint64_t)(s->ss_levels ? s->ss_levels - 2 : 0) |
		    (word(g) & 0x78),
	    "ctx.q1");
	if (!s->ss_levels)
		s->ss_levels = 4;
	vtd_choose_addresses(g, s);
	vtd_map_space(g, s);
}

static unsigned choose_pgtt(generator *g)
{
	static const uint8_t weights[] = { 1, 1, 1, 2, 2, 3, 3, 3, 3, 4 };
	static const uint8_t feature[] = { 0, 47, 46, 26, 6 };

	for (unsigned i = 0; i < 20; i++) {
		unsigned pgtt = weights[below(g, G_N_ELEMENTS(weights))];

		if (ecap(g, feature[pgtt]))
			return pgtt;
	}
	return 1 + below(g, 4);
}

static void put_pasid_entry(generator *g, const space *s, uint64_t at, unsigned which)
{
	uint64_t e[8] = { 0 };
	bool first = s->pgtt == 1 || s->pgtt == 3, second = s->pgtt == 2 || s->pgtt == 3;

	e[0] = 1 | (uint64_t)s->pgtt << 6 | (chance(g, 4) ? 2 : 0);
	if (second)
		e[0] |= s->ss_root | (uint64_t)(s->ss_levels - 2) << 2 | (uint64_t)s->ssade << 9;
	e[1] = domain_id(g, which);
	if (ecap(g, 48) && chance(g, 85))
		e[1] |= BIT(23);
	if (ecap(g, 7) && chance(g, 30))
		e[1] |= BIT(24);
	if (ecap(g, 25)) {
		e[1] |= word(g) & (BIT(25) | BIT(26));
		e[1] |= UINT64_C(0x07460746) << 32;
	}
	if (first) {
		e[2] = s->fs_root | (uint64_t)(s->fs_levels - 4) << 2 |
		       (chance(g, 50) ? BIT(4) : 0);
		if (ecap(g, 34) && chance(g, 30))
			e[2] |= BIT(7);
	}
	if (ecap(g, 31) && chance(g, 70))
		e[2] |= BIT(0);
	if (chance(g, 10))
		e[2] |= word(g) & (BIT(5) | BIT(6));
	static const char *const names[] = { "pent.q0", "pent.q1", "pent.q2" };

	for (unsigned i = 0; i < 3; i++)
		put(g, at + 8 * i, e[i], names[i]);
}

/* Host permission tables that let the space's addresses pass, mostly. */
static void build_permissions(generator *g, const space *s, uint64_t entry)
{
	uint64_t root = vtd_new_page(g, 15);
	unsigned size = below(g, 4);

	put(g, entry + 32, root | size, "pent.q4");
	put(g, entry + 40, domain_id(g, 2), "pent.q5");
	for (unsigned i = 0; i < N_ADDRESSES; i++) {
		uint64_t in = s->addresses[i] & (BIT(g->c->haw) - 1), table = root;

		for (unsigned level = 4; level >= 1; level--) {
			static const unsigned n_lg2[] = { 0, 5, 4, 3, 0 };
			unsigned shift = 17 + 8 * (level - 1);
			uint64_t index =
				level == 4 ? in >> shift & (BIT(8 + size) - 1) : in >> shift & 0xff;
			uint64_t at = table + 16 * index, hi = 0;
			unsigned sub =
				(unsigned)(in >> (shift - n_lg2[level]) & (BIT(n_lg2[level]) - 1));
			bool ends = level == 1 || (level == 2 && chance(g, 25)) ||
				    (level == 3 && ecap(g, 59) && chance(g, 20));
			uint64_t perm = chance(g, 80) ? 3 : below(g, 4), lo = 0;
			char q0[24], q1[24];

			g_snprintf(q0, sizeof q0, "hpt.L%u.q0", level);
			g_snprintf(q1, sizeof q1, "hpt.L%u.q1", level);
			bool known = word_at(g, at + 8, &hi);

			known = word_at(g, at, &lo) || known;

			if (ends && sub < 16)
				lo |= perm << 4 * sub;
			else if (ends)
				hi |= perm << 4 * (sub - 16);
			if (!known && level > 1 && (!ends || chance(g, 50)))
				hi |= vtd_new_page(g, 12) | 1;
			put(g, at, lo, q0);
			put(g, at + 8, hi, q1);
			table = hi & (BIT(g->c->haw) - 1) & PAGE_MASK;
			if (ends || !(hi & 1))
				break;
		}
	}
}

static uint64_t scalable_context(generator *g, uint64_t *q1, unsigned *pdts)
{
	uint64_t q0 = 1 | (chance(g, 4) ? 2 : 0);
	bool dte = ecap(g, 2) && chance(g, 85);

	*pdts = below(g, 8);
	q0 |= (uint64_t)*pdts << 9;
	q0 |= dte ? BIT(2) : 0;
	q0 |= dte && ecap(g, 29) && chance(g, 85) ? BIT(4) : 0;
	if (ecap(g, 40) && chance(g, 95)) {
		q0 |= BIT(3);
		q0 |= ecap(g, 56) && chance(g, 85) ? BIT(6) : 0;
	}
	g->hpte = ecap(g, 55) && chance(g, 50);
	q0 |= g->hpte ? BIT(5) : 0;
	*q1 = 0;
	g->rid_pasid = 0;
	if (ecap(g, 49) && chance(g, 60)) {
		g->rid_pasid = (uint32_t)(word(g) & (BIT(*pdts + 13) - 1) & 0xfffff);
		*q1 = g->rid_pasid;
	}
	if (ecap(g, 53) && chance(g, 15))
		*q1 |= BIT(20);
	return q0;
}

static uint32_t choose_pasid(generator *g, unsigned pdts)
{
	unsigned pss = (unsigned)(g->c->ecap >> 35 & 0x1f) + 1;
	uint32_t pasid;

	do
		pasid = (uint32_t)(word(g) & (BIT(MIN(pdts + 13, pss)) - 1) & 0xfffff);
	while (pasid == g->rid_pasid);
	return pasid;
}

static void build_space(generator *g, space *s)
{
	s->pgtt = choose_pgtt(g);
	s->fs_levels = cap(g, 60) && chance(g, 35) ? 5 : 4;
	s->ss_levels = choose_levels(g);
	if (!s->ss_levels) {
		s->pgtt = s->pgtt == 2 || s->pgtt == 3 ? 1 : s->pgtt;
		s->ss_levels = 4;
	}
	s->ssade = (s->pgtt == 2 || s->pgtt == 3) && ecap(g, 45) && chance(g, 45);
	s->ss_root = vtd_new_page(g, 12);
	s->fs_root = vtd_target_page(g, s, 12);
	vtd_choose_addresses(g, s);
	vtd_map_space(g, s);
}

static void build_scalable(generator *g, uint64_t root)
{
	uint64_t contexts = vtd_new_page(g, 12), directory = vtd_new_page(g, 12), q0, q1;
	unsigned half = g->c->sid >> 7 & 1, pdts;

	put(g, root + 16 * (g->c->sid >> 8) + 8 * half, contexts | 1,
	    half ? "smroot.q1" : "smroot.q0");
	q0 = scalable_context(g, &q1, &pdts);
	uint64_t at = contexts + 32 * (g->c->sid & 0x7f);

	put(g, at, q0 | directory, "smctx.q0");
	put(g, at + 8, q1, "smctx.q1");
	g->n_spaces = 1 + chance(g, 40);
	for (unsigned i = 0; i < g->n_spaces; i++) {
		space *s = &g->spaces[i];
		bool rid = i ? g->spaces[0].pasid != IOM_NO_PASID && chance(g, 60)
			     : !ecap(g, 40) || chance(g, 30);
		uint32_t pasid = rid ? g->rid_pasid : choose_pasid(g, pdts);
		uint64_t table;

		if (i && !rid && !ecap(g, 40))
			break;
		s->pasid = rid ? IOM_NO_PASID : pasid;
		g->rc->pasids[g->rc->n_pasids++] = pasid;
		build_space(g, s);
		uint64_t slot = directory + 8 * (pasid >> 6);

		if (!word_at(g, slot, &table)) {
			table = vtd_new_page(g, 12);
			put(g, slot, table | 1 | (chance(g, 3) ? 2 : 0), "pdir");
		}
		table &= PAGE_MASK;
		put_pasid_entry(g, s, table + 64 * (pasid & 0x3f), i);
		if (ecap(g, 55) && (g->hpte || chance(g, 10)))
			build_permissions(g, s, table + 64 * (pasid & 0x3f));
	}
}

static const iom_vtd_word *any_word(generator *g)
{
	return &g_array_index(g->c->words, iom_vtd_word, below(g, g->c->words->len));
}

/* A bit that matters for the kind of entry that the label names. */
static unsigned telling_bit(generator *g, const char *label)
{
	static const uint8_t fs[] = { 0, 0, 1, 1, 2, 2, 5, 6, 7, 10, 12, 13, 20, 29, 46, 51, 63 };
	static const uint8_t ss[] = { 0,  0,  1,  1,  8,  9,  7,  11, 12, 20,
				      29, 39, 46, 51, 61, 61, 62, 62, 2 };
	static const uint8_t pent[] = { 0, 1, 2, 3, 4, 6, 7, 8, 9, 16, 22, 23, 24, 27, 45, 46, 63 };
	static const uint8_t smctx[] = { 0, 1, 2, 3, 4, 5, 6, 7, 9, 20, 21, 46, 63 };
	static const uint8_t others[] = { 0, 1, 2, 5, 46, 52, 63 };

	if (g_str_has_prefix(label, "fs."))
		return fs[below(g, G_N_ELEMENTS(fs))];
	if (g_str_has_prefix(label, "ss."))
		return ss[below(g, G_N_ELEMENTS(ss))];
	if (g_str_has_prefix(label, "pent"))
		return pent[below(g, G_N_ELEMENTS(pent))];
	if (g_str_has_prefix(label, "smctx"))
		return smctx[below(g, G_N_ELEMENTS(smctx))];
	return others[below(g, G_N_ELEMENTS(others))];
}

static bool deep(const char *label)
{
	return label[1] == 's' || g_str_has_prefix(label, "pent") || g_str_has_prefix(label, "hpt");
}

static void flip(generator *g, bool telling)
{
	const iom_vtd_word *w = any_word(g);

	/* Entries at the top end most requests early: take them less often. */
	for (unsigned i = 0; i < 3 && !deep(w->label); i++)
		w = any_word(g);
	unsigned bit = telling ? telling_bit(g, w->label) : below(g, 64);

	/*
	 * Two entries must not come to share a domain while their tables differ:
	 * what caches do then is open (6.2.3.1).
	 */
	if (strcmp(w->label, "pent.q1") == 0 && bit < 16 && g->n_spaces > 1)
		return;
	put(g, w->address, w->value ^ BIT(bit), w->label);
}

static void break_page(generator *g)
{
	const iom_vtd_word *w = any_word(g);

	for (unsigned i = 0; i < 2 && !deep(w->label); i++)
		w = any_word(g);
	iom_vtd_bad_page bad = { w->address & PAGE_MASK, chance(g, 50) };

	g_array_append_val(g->c->bad, bad);
}

static void mutate_request(generator *g, vtd_request *q)
{
	switch (below(g, 7)) {
	case 0:
		q->address ^= BIT(12 + below(g, 52));
		break;
	case 1:
		q->address = 0xfee00000 | (q->address & 0xfffff);
		q->length = chance(g, 50) ? 4 : 8;
		break;
	case 2:
		q->pasid =
			g->scalable && chance(g, 50) ? (uint32_t)(word(g) & 0xfffff) : g->rid_pasid;
		break;
	case 3:
		q->pasid = q->pasid == IOM_NO_PASID ? (uint32_t)(word(g) & 0xff) : IOM_NO_PASID;
		break;
	case 4:
		q->er = true;
		break;
	case 5:
		q->sid ^= (uint16_t)(1u << below(g, 16));
		break;
	default:
		q->address = word(g) >> below(g, 60) & ~UINT64_C(7);
		break;
	}
}

static void mutate(generator *g)
{
	unsigned pick = below(g, 100);

	if (pick < 30)
		flip(g, false);
	else if (pick < 72)
		flip(g, true);
	else if (pick < 84)
		break_page(g);
	else if (pick < 97)
		mutate_request(g, &g->rc->requests[below(g, g->rc->n_requests)]);
	else
		g->c->rtaddr ^= BIT(pick == 97 ? 7 : pick == 98 ? 10 : 11);
}

static void choose_request(generator *g, vtd_request *q)
{
	static const char ats[] = "UUUUUUUUUUUUTTTTXXXP";
	static const char ops[] = "RRRRRWWWWAZ";
	const space *s = &g->spaces[below(g, g->n_spaces)];

	memset(q, 0, sizeof *q);
	q->sid = g->c->sid;
	q->pasid = s->pasid;
	q->address = s->addresses[chance(g, 60) ? 0 : below(g, N_ADDRESSES)];
	q->address = (q->address & PAGE_MASK) | (word(g) & 0xff8);
	q->length = chance(g, 80) ? 8 : 4;
	q->at = ats[below(g, sizeof ats - 1)];
	if ((q->at == 'T' || q->at == 'X') && !ecap(g, 2) && chance(g, 80))
		q->at = 'U';
	/* Whether a unit without page request services sees one is nobody's case. */
	if (q->at == 'P' && !ecap(g, 29))
		q->at = 'U';
	q->op = q->at == 'T' ? '-' : ops[below(g, sizeof ops - 1)];
	if (q->at == 'P' && q->op == 'Z')
		q->op = 'R';
	if (q->op == 'Z')
		q->length = 0;
	q->pr = q->pasid != IOM_NO_PASID && chance(g, 25);
	q->nw = q->at == 'T' && chance(g, 35);
	q->er = q->pasid != IOM_NO_PASID && chance(g, 2);
	q->lpig = q->at == 'P' && chance(g, 60);
	/* Addresses from ATS are host-physical. */
	if (q->at == 'X')
		q->address &= BIT(g->c->haw) - 1;
}

void vtd_take_request(vtd_random_case *rc, unsigned i)
{
	const vtd_request *q = &rc->requests[i];
	iom_vtd_case *c = rc->c;

	c->sid = q->sid;
	c->pasid = q->pasid;
	c->address = q->address;
	c->length = q->length;
	c->data = q->data;
	c->at = q->at;
	c->op = q->op;
	/* Only a PASID prefix carries these. */
	c->pr = q->pr && q->pasid != IOM_NO_PASID;
	c->er = q->er && q->pasid != IOM_NO_PASID;
	c->nw = q->nw;
	c->lpig = q->lpig;
}

void vtd_generate_dma(vtd_random *rnd, vtd_random_case *rc)
{
	generator *g = &(generator){ .rnd = rnd, .c = rc->c, .rc = rc };
	uint64_t root = vtd_new_page(g, 12);

	g_array_set_size(rc->c->words, 0);
	g_array_set_size(rc->c->bad, 0);
	rc->n_pasids = 0;
	rc->c->tes = !chance(g, 1);
	rc->c->sid = (uint16_t)word(g);
	g->tidy = chance(g, 40);
	g->scalable = ecap(g, 43) && chance(g, 78);
	rc->c->rtaddr = root | (g->scalable ? BIT(10) : 0);
	if (g->scalable && ecap(g, 57) && chance(g, 25)) {
		g->ssirwe = true;
		rc->c->rtaddr |= BIT(7);
	}
	if (g->scalable)
		build_scalable(g, root);
	else
		build_legacy(g, root);
	rc->n_requests = 1 + below(g, VTD_MAX_REQUESTS);
	for (unsigned i = 0; i < rc->n_requests; i++)
		choose_request(g, &rc->requests[i]);
	/* Half of the series ask for the same thing again, where caches answer. */
	for (unsigned i = 1; i < rc->n_requests; i++) {
		if (chance(g, 50)) {
			rc->requests[i].address = rc->requests[i - 1].address ^ (word(g) & 0xff8);
			rc->requests[i].pasid = rc->requests[i - 1].pasid;
		}
	}
	unsigned n = chance(g, 40) ? 0 : chance(g, 75) ? 1 : 2;

	for (unsigned i = 0; i < n; i++)
		mutate(g);
	vtd_take_request(rc, 0);
}
