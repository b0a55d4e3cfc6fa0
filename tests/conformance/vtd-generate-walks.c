/* SPDX-License-Identifier: MIT */
/* Random cases: paging structures of both stages. */
#include "tests/conformance/vtd-generate-private.h"

uint64_t vtd_new_page(generator *g, unsigned size_lg2)
{
	uint64_t space_mask = BIT(g->c->haw) - 1;
	uint64_t page;

	do
		page = (word(g) & space_mask) >> size_lg2 << size_lg2;
	while (page < BIT(32));
	return page;
}

unsigned vtd_ss_width(const generator *g, unsigned levels)
{
	unsigned mgaw = (unsigned)(g->c->cap >> 16 & 0x3f) + 1;

	return MIN(mgaw, 12 + 9 * levels);
}

static uint64_t ss_bits(generator *g, const space *s, bool leaf)
{
	uint64_t bits = 0;
	unsigned perm = g->tidy || chance(g, 93) ? 3 : 1 + below(g, 2);

	if (g->ssirwe)
		bits |= (uint64_t)perm << 61 | (word(g) & 3);
	else
		bits |= perm;
	if (chance(g, 50))
		bits |= BIT(8);
	if (leaf && chance(g, 50))
		bits |= BIT(9);
	if (leaf && ecap(g, 7) && chance(g, 25))
		bits |= BIT(11);
	if (!g->tidy && chance(g, 20)) {
		bits |= word(g) & (BIT(2) | BIT(10) | UINT64_C(0x1ff) << 52 | BIT(63));
		bits |= word(g) & (leaf ? UINT64_C(0x78) : UINT64_C(0x278));
	}
	(void)s;
	return bits;
}

/* Where guest-physical `in` lies on the host; entries that are missing are made. */
static uint64_t ss_map(generator *g, const space *s, uint64_t in, const char *label)
{
	uint64_t table = s->ss_root;

	for (unsigned level = s->ss_levels;; level--) {
		unsigned shift = 12 + 9 * (level - 1);
		uint64_t address = table + 8 * (in >> shift & 0x1ff), e;
		char name[24];

		g_snprintf(name, sizeof name, "%s.L%u", label, level);
		if (!word_at(g, address, &e)) {
			bool large = (level == 2 && g->c->cap & BIT(34) && chance(g, 15)) ||
				     (level == 3 && g->c->cap & BIT(35) && chance(g, 10));

			e = vtd_new_page(g, large ? shift : 12) |
			    ss_bits(g, s, large || level == 1) | (large ? BIT(7) : 0);
			put(g, address, e, name);
		}
		table = e & (BIT(g->c->haw) - 1) & PAGE_MASK;
		if (level == 1 || (level <= 3 && e & BIT(7)))
			return (table >> shift << shift) | (in & (BIT(shift) - 1));
	}
}

uint64_t vtd_target_page(generator *g, const space *s, unsigned size_lg2)
{
	unsigned width = s->pgtt == 3 ? vtd_ss_width(g, s->ss_levels) : g->c->haw;
	uint64_t page;

	if (size_lg2 == 12 && chance(g, 1))
		return 0xfee00000 | (uint64_t)below(g, 256) << 12;
	width = MIN(width, g->c->haw);
	do
		page = (word(g) & (BIT(width) - 1)) >> size_lg2 << size_lg2;
	while (page < BIT(32));
	return page;
}

static uint64_t fs_bits(generator *g, bool leaf)
{
	uint64_t bits = 1;

	bits |= g->tidy || chance(g, 92) ? BIT(1) : 0;
	bits |= g->tidy || chance(g, 92) ? BIT(2) : 0;
	bits |= chance(g, 50) ? BIT(5) : 0;
	bits |= chance(g, 50) ? BIT(10) : 0;
	bits |= leaf && chance(g, 50) ? BIT(6) : 0;
	if (!g->tidy && chance(g, 20))
		bits |= word(g) & (UINT64_C(0xfff) << 52 | BIT(11) | BIT(9) | BIT(8) | BIT(3) |
				   BIT(4) | (leaf ? 0 : BIT(6)));
	return bits;
}

static void fs_map(generator *g, const space *s, uint64_t in)
{
	uint64_t table = s->fs_root;

	for (unsigned level = s->fs_levels;; level--) {
		unsigned shift = 12 + 9 * (level - 1);
		uint64_t address = table + 8 * (in >> shift & 0x1ff), e;
		char name[24];

		if (s->pgtt == 3) {
			g_snprintf(name, sizeof name, "ss.fsL%u", level);
			address = ss_map(g, s, address, name);
		}
		g_snprintf(name, sizeof name, "fs.L%u", level);
		bool leaf = level == 1;

		if (!word_at(g, address, &e)) {
			bool large = (level == 2 && chance(g, 15)) ||
				     (level == 3 && cap(g, 56) && chance(g, 10));

			leaf |= large;
			e = vtd_target_page(g, s, large ? shift : 12) | fs_bits(g, leaf) |
			    (large ? BIT(7) : 0);
			put(g, address, e, name);
		} else {
			leaf |= level <= 3 && e & BIT(7);
		}
		table = e & (BIT(g->c->haw) - 1) & PAGE_MASK;
		if (!leaf)
			continue;
		if (s->pgtt == 3)
			ss_map(g, s, (table >> shift << shift) | (in & (BIT(shift) - 1)), "ss");
		return;
	}
}

void vtd_choose_addresses(generator *g, space *s)
{
	bool first = s->pgtt == 1 || s->pgtt == 3;
	unsigned width = first          ? 12 + 9 * s->fs_levels
			 : s->pgtt == 4 ? g->c->haw
					: vtd_ss_width(g, s->ss_levels);
	uint64_t in = word(g);

	for (unsigned i = 0; i < N_ADDRESSES; i++) {
		if (chance(g, 2) && (i || s->pgtt != 0))
			in = 0xfee00000 | (in & 0xfffff);
		if (first && in >> (width - 1) & 1)
			in |= ~(BIT(width) - 1);
		else
			in &= BIT(width) - 1;
		s->addresses[i] = in & ~UINT64_C(7);
		/* Another page under one of the tables on the way. */
		in ^= BIT(12 + below(g, chance(g, 70) ? 9 : 36));
	}
}

void vtd_map_space(generator *g, space *s)
{
	for (unsigned i = 0; i < N_ADDRESSES; i++) {
		/* What lacks is a case too. */
		if (i && chance(g, 15))
			continue;
		if (s->pgtt == 1 || s->pgtt == 3)
			fs_map(g, s, s->addresses[i]);
		else if (s->pgtt != 4)
			ss_map(g, s, s->addresses[i], "ss");
	}
}
