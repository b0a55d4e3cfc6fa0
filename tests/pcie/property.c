/* SPDX-License-Identifier: MIT */
/*
 * Random valid lists: capabilities of random sizes at random places, linked in
 * random order behind the head. The test keeps its own map of the bytes in use
 * and walks with its own few lines; a placement is right if the map says so.
 */
#include "suites.h"

#include <string.h>

#define MAX_CAPS 40

typedef struct model {
	iom_pci_config *c;
	uint8_t used[IOM_PCI_CONFIG_SIZE]; /* 1: a capability, or presumed one */
	uint8_t before[IOM_PCI_CONFIG_SIZE];
	unsigned order[MAX_CAPS]; /* offsets, in list order */
	unsigned n;
} model;

static int by_value(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return x < y ? -1 : x > y;
}

/* Offsets: 0x100 and others, at least 8 bytes apart. */
static void choose_offsets(model *m, GRand *rand)
{
	unsigned want = (unsigned)g_rand_int_range(rand, 1, MAX_CAPS);

	m->n = 0;
	m->order[m->n++] = 0x100;
	for (unsigned tries = 0; tries < 200 && m->n < want; tries++) {
		unsigned at = (unsigned)g_rand_int_range(rand, 0x108 / 4, 0x1000 / 4) * 4;
		bool far = true;

		for (unsigned i = 0; i < m->n; i++)
			far = far && (at >= m->order[i] + 8 || at + 8 <= m->order[i]);
		if (far && at <= 0xff8)
			m->order[m->n++] = at;
	}
}

/* The bytes each one takes, as its header and length say, or up to the next. */
static void fill(model *m, GRand *rand, const unsigned *sorted)
{
	for (unsigned i = 0; i < m->n; i++) {
		unsigned at = sorted[i], end = i + 1 < m->n ? sorted[i + 1] : 0x1000, room, id,
			 size;

		room = end - at;
		switch (g_rand_int_range(rand, 0, 4)) {
		case 0:
			id = 0x000b; /* says its length */
			size = (unsigned)g_rand_int_range(rand, 8, (gint32)room + 1);
			iom_pci_config_set(m->c, at + 4, 4, size << 20);
			break;
		case 1:
			id = 0x0018;
			size = 8;
			break;
		case 2:
			id = 0x0023;
			size = 8;
			iom_pci_config_set(m->c, at + 4, 4, size << 20);
			break;
		default:
			id = 0x4000 + (unsigned)g_rand_int_range(rand, 0, 0x1000);
			size = room;
			break;
		}
		iom_pci_config_set(m->c, at, 2, id);
		iom_pci_config_set(m->c, at + 2, 2, 1);
		memset(m->used + at, 1, (size + 3) & ~3u);
	}
}

static void generate(model *m, GRand *rand)
{
	unsigned sorted[MAX_CAPS];

	memset(m, 0, sizeof(*m));
	m->c = test_endpoint();
	choose_offsets(m, rand);
	memcpy(sorted, m->order, sizeof(sorted));
	qsort(sorted, m->n, sizeof(sorted[0]), by_value);
	fill(m, rand, sorted);
	for (unsigned i = 0; i < m->n; i++) {
		unsigned next = i + 1 < m->n ? m->order[i + 1] : 0;

		iom_pci_config_set(m->c, m->order[i] + 2, 2, 1 | next << 4);
	}
	/* some bytes of the gaps hold something */
	for (unsigned k = (unsigned)g_rand_int_range(rand, 0, 60); k > 0; k--) {
		unsigned at = (unsigned)g_rand_int_range(rand, 0x100, 0x1000);

		if (!m->used[at])
			iom_pci_config_set(m->c, at, 1, 0x5a);
	}
	for (unsigned i = 0; i < sizeof(m->before); i++)
		m->before[i] = (uint8_t)iom_pci_config_read(m->c, i, 1);
}

static bool fits(const model *m, unsigned at)
{
	for (unsigned i = 0; i < 8; i++) {
		if (m->used[at + i] || m->before[at + i])
			return false;
	}
	return true;
}

static unsigned best(const model *m)
{
	for (unsigned at = 0xff8; at >= 0x100; at -= 8) {
		if (fits(m, at))
			return at;
	}
	return 0;
}

/* The list as the bytes say, without the new one; true if that is the old order. */
static bool order_kept(const model *m, unsigned added)
{
	unsigned at = 0x100, i = 0, steps = 0, seen = 0;

	while (at && steps++ < MAX_CAPS + 2) {
		if (at == added)
			seen++;
		else if (i >= m->n || m->order[i++] != at)
			return false;
		at = iom_pci_config_read(m->c, at + 2, 2) >> 4;
	}
	return !at && i == m->n && seen == (added != 0);
}

/* Nothing but the new bytes and one pointer may differ. */
static unsigned changed_elsewhere(const model *m, unsigned added)
{
	unsigned pointers = 0, others = 0;

	for (unsigned at = 0; at < IOM_PCI_CONFIG_SIZE; at += 4) {
		uint32_t was = m->before[at] | (uint32_t)m->before[at + 1] << 8 |
			       (uint32_t)m->before[at + 2] << 16 |
			       (uint32_t)m->before[at + 3] << 24;
		uint32_t is = iom_pci_config_read(m->c, at, 4);

		if (was == is || (at >= added && at < added + 8))
			continue;
		if ((was & 0xfffff) == (is & 0xfffff))
			pointers++;
		else
			others++;
	}
	return others ? 100 : pointers;
}

static void placements(void)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(3);
	unsigned placed = 0, full = 0;

	for (unsigned round = 0; round < 4000; round++) {
		iom_pci_plan *plan;
		GError *error = NULL;
		model m;
		unsigned want;

		generate(&m, rand);
		want = best(&m);
		CU_ASSERT_TRUE_FATAL(order_kept(&m, 0));
		plan = iom_pci_place(m.c, NULL);
		CU_ASSERT_EQUAL_FATAL(plan->possible, want != 0);
		if (want) {
			CU_ASSERT_EQUAL_FATAL(plan->offset, want);
			CU_ASSERT_TRUE_FATAL(iom_pci_insert(m.c, plan, 0x1b, 1, NULL, &error));
			CU_ASSERT_TRUE_FATAL(order_kept(&m, want));
			CU_ASSERT_EQUAL_FATAL(changed_elsewhere(&m, want), 1);
			/* and out again: every byte as before */
			CU_ASSERT_TRUE_FATAL(iom_pci_unlink(m.c, want, &error));
			CU_ASSERT_EQUAL_FATAL(changed_elsewhere(&m, 0x2000), 0);
			placed++;
		} else {
			full++;
		}
		iom_pci_plan_free(plan);
		iom_pci_config_free(m.c);
	}
	CU_ASSERT_TRUE(placed > 1000 && full > 10);
}

/* Any capability of any list can be taken out, and the others stay. */
static void removals(void)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(4);

	for (unsigned round = 0; round < 1000; round++) {
		GError *error = NULL;
		unsigned i, at;
		model m;

		generate(&m, rand);
		i = (unsigned)g_rand_int_range(rand, 0, (gint32)m.n);
		at = m.order[i];
		CU_ASSERT_TRUE_FATAL(iom_pci_unlink(m.c, at, &error));
		if (i || m.n == 1) {
			m.n--;
			memmove(m.order + i, m.order + i + 1, (m.n - i) * sizeof(m.order[0]));
		}
		if (m.n)
			CU_ASSERT_TRUE_FATAL(order_kept(&m, 0));
		CHECK_EQ(iom_pci_config_read(m.c, at, 2), 0);
		iom_pci_config_free(m.c);
	}
}

static const iom_test tests[] = {
	{ "4000 random lists: the place, the order, every byte", placements },
	{ "1000 random removals", removals },
	{ 0 },
};
const iom_suite property_suite = { "property", tests };
