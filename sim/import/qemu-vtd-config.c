/* SPDX-License-Identifier: MIT */
/*
 * From a requester to its tables in a VT-d log: root, context, PASID directory and
 * table (VT-d chapter 9 "Translation Structure Formats"), and who owns which page
 * of tables. Pages are recycled during a run; each has one owner, and what would
 * share a page with another use gets a page of its own.
 */
#include "sim/import/qemu-vtd-driver.h"

#include <string.h>

#define TT(low) ((unsigned)((low) >> 2 & 3))
#define TT_PASS_THROUGH 2u
#define PGTT(e) ((unsigned)((e) >> 6 & 7))
#define PGTT_FIRST 1u
#define PGTT_SECOND 2u
#define PGTT_PASS_THROUGH 4u
#define FS_P UINT64_C(1)
#define FS_US UINT64_C(4)
#define PTE_ADDRESS IOM_VTD_ADDRESS
#define PRESENT IOM_VTD_PRESENT

/* ---- pages ---- */

uint64_t iom_vtd_new_page(iom_qemu_vtd *q, const iom_vtd_owner *use)
{
	/* Far above what the tables file and the log name, below 2^38. */
	if (!q->next_page)
		q->next_page = UINT64_C(1) << 38;
	do
		q->next_page -= 0x1000;
	while (iom_shadow_find(&q->tables->words, q->next_page) ||
	       iom_shadow_find(&q->sink->memory, q->next_page));
	if (use)
		g_hash_table_insert(q->owners, GSIZE_TO_POINTER(q->next_page >> 12),
				    g_memdup2(use, sizeof(*use)));
	return q->next_page;
}

static bool same_use(const iom_vtd_owner *a, const iom_vtd_owner *b)
{
	return a->role == b->role && a->level == b->level && a->root == b->root &&
	       a->base == b->base;
}

static bool kind_fits(const iom_qemu_vtd *q, uint64_t page, const iom_vtd_owner *use)
{
	iom_table_kind kind = iom_tables_kind(q->tables, page);

	if (use->role == IOM_VTD_OWNER_DIR)
		return kind == IOM_TABLE_PASID_DIR;
	if (use->role == IOM_VTD_OWNER_PASID_TABLE)
		return kind == IOM_TABLE_PASID_TABLE;
	return kind == IOM_TABLE_OTHER;
}

static void clear_page(iom_qemu_vtd *q, uint64_t address)
{
	for (unsigned i = 0; i < IOM_SHADOW_WORDS; i++) {
		if (iom_sink_read(q->sink, address + i * 8))
			iom_sink_word(q->sink, address + i * 8, 0);
	}
}

/*
 * Whether the page may be used so: it is so already, or nobody uses it. A page
 * that the log itself names (`sure`) is taken from whoever has it.
 */
bool iom_vtd_claim(iom_qemu_vtd *q, uint64_t address, const iom_vtd_owner *use, bool sure)
{
	gpointer key = GSIZE_TO_POINTER(address >> 12);
	iom_vtd_owner *old = g_hash_table_lookup(q->owners, key);

	if (old && same_use(old, use))
		return true;
	if (!old && kind_fits(q, address, use)) {
		g_hash_table_insert(q->owners, key, g_memdup2(use, sizeof(*use)));
		return true;
	}
	if (!sure)
		return false;
	clear_page(q, address);
	g_hash_table_insert(q->owners, key, g_memdup2(use, sizeof(*use)));
	return true;
}

/* ---- from the requester to its tables ---- */

static void put_words(iom_qemu_vtd *q, uint64_t address, const uint64_t *w, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		iom_sink_word(q->sink, address + i * 8, w[i]);
}

/* The pointer in a root entry, whose table is made if there is none (9.1, 9.2). */
static uint64_t root_pointer(iom_qemu_vtd *q, uint64_t address)
{
	uint64_t w = iom_sink_read(q->sink, address);

	if (!(w & PRESENT)) {
		uint64_t kept = iom_shadow_get(&q->tables->words, address);

		w = kept & PRESENT ? kept : iom_vtd_new_page(q, NULL) | PRESENT;
		iom_sink_word(q->sink, address, w);
	}
	return w & PTE_ADDRESS;
}

uint64_t iom_vtd_context_address(iom_qemu_vtd *q, uint16_t requester, bool make)
{
	unsigned bus = requester >> 8, devfn = requester & 0xff;
	uint64_t root = (q->root & PTE_ADDRESS) + bus * 16;
	bool scalable = iom_qemu_vtd_scalable(q);

	if (scalable)
		root += devfn >= 0x80 ? 8 : 0;
	if (!make && !(iom_sink_read(q->sink, root) & PRESENT))
		return 0;
	if (scalable)
		return root_pointer(q, root) + (devfn & 0x7f) * 32;
	return root_pointer(q, root) + devfn * 16;
}

static unsigned address_width(unsigned levels)
{
	return levels - 2;
}

static uint64_t new_root(iom_qemu_vtd *q, unsigned levels)
{
	iom_vtd_owner use = { .role = IOM_VTD_OWNER_TABLE, .level = (uint8_t)levels };
	uint64_t page = iom_vtd_new_page(q, NULL);

	use.root = page;
	g_hash_table_insert(q->owners, GSIZE_TO_POINTER(page >> 12), g_memdup2(&use, sizeof(use)));
	return page;
}

/* Whether a context entry does what the access needs (9.3). */
static bool context_fits(const uint64_t *w, const iom_vtd_mapping *m)
{
	if (!(w[0] & PRESENT))
		return false;
	if (m->pass_through)
		return TT(w[0]) == TT_PASS_THROUGH;
	if (TT(w[0]) == TT_PASS_THROUGH)
		return !m->has_entry && m->iova == m->gpa;
	return !m->has_entry || (w[1] >> 8 & 0xffff) == m->domain;
}

static void configure_legacy(iom_qemu_vtd *q, const iom_vtd_mapping *m,
			     const iom_vtd_seen_context *seen, iom_vtd_place *p)
{
	uint64_t address = iom_vtd_context_address(q, m->requester, true), w[2];
	unsigned levels = q->large_input ? 4 : 3;

	w[0] = iom_sink_read(q->sink, address);
	w[1] = iom_sink_read(q->sink, address + 8);
	if (seen) {
		w[0] = seen->low;
		w[1] = seen->high;
	} else if (!context_fits(w, m)) {
		w[0] = iom_shadow_get(&q->tables->words, address);
		w[1] = iom_shadow_get(&q->tables->words, address + 8);
	}
	if (!(w[0] & PRESENT) || (!seen && !context_fits(w, m))) {
		w[0] = m->pass_through ? PRESENT | TT_PASS_THROUGH << 2
				       : PRESENT | new_root(q, levels);
		w[1] = (uint64_t)(m->has_entry ? m->domain : 1) << 8 | address_width(levels);
	}
	put_words(q, address, w, 2);
	p->pass_through = TT(w[0]) == TT_PASS_THROUGH;
	p->root = w[0] & PTE_ADDRESS;
	p->levels = (unsigned)(w[1] & 7) + 2;
	p->domain = (uint16_t)(w[1] >> 8);
	p->fs = false;
}

/* Whether a leaf is of first-stage form: U/S is set, which second stage has no use for. */
static bool entry_is_first_stage(uint64_t entry)
{
	return (entry & (FS_P | FS_US)) == (FS_P | FS_US);
}

static bool pasid_entry_fits(const uint64_t *e, const iom_vtd_mapping *m)
{
	unsigned type = PGTT(e[0]);

	if (!(e[0] & PRESENT))
		return false;
	if (m->pass_through)
		return type == PGTT_PASS_THROUGH;
	if (type != PGTT_FIRST && type != PGTT_SECOND)
		return type == PGTT_PASS_THROUGH && !m->has_entry && m->iova == m->gpa;
	if (!m->has_entry)
		return true;
	return (e[1] & 0xffff) == m->domain &&
	       (type == PGTT_FIRST) == entry_is_first_stage(m->entry);
}

static void make_pasid_entry(iom_qemu_vtd *q, uint64_t *e, const iom_vtd_mapping *m)
{
	uint64_t type = m->pass_through ? PGTT_PASS_THROUGH
			: (m->has_entry ? entry_is_first_stage(m->entry) : q->first_stage)
				? PGTT_FIRST
				: PGTT_SECOND;

	memset(e, 0, 8 * sizeof(*e));
	e[0] = PRESENT | type << 6;
	e[1] = m->has_entry ? m->domain : 1;
	if (type == PGTT_FIRST)
		e[2] = new_root(q, 4);
	else if (type == PGTT_SECOND)
		e[0] |= new_root(q, 4) | address_width(4) << 2;
}

/* The PASID table entry that requests without a PASID use (9.4 RID_PASID, 9.5, 9.6). */
uint64_t iom_vtd_pasid_entry_address(iom_qemu_vtd *q, const uint64_t *context, bool sure)
{
	uint32_t pasid = (uint32_t)(context[1] & 0xfffff);
	iom_vtd_owner use = { .role = IOM_VTD_OWNER_DIR };
	uint64_t dir = context[0] & PTE_ADDRESS, slot = dir + (pasid >> 6) * 8, w;

	iom_vtd_claim(q, slot & PTE_ADDRESS, &use, sure);
	w = iom_sink_read(q->sink, slot);
	use.role = IOM_VTD_OWNER_PASID_TABLE;
	if (!(w & PRESENT) || !iom_vtd_claim(q, w & PTE_ADDRESS, &use, false)) {
		w = iom_vtd_new_page(q, &use) | PRESENT;
		iom_sink_word(q->sink, slot, w);
	}
	return (w & PTE_ADDRESS) + (pasid & 63) * 64;
}

static void configure_scalable(iom_qemu_vtd *q, const iom_vtd_mapping *m,
			       const iom_vtd_seen_context *seen, iom_vtd_place *p)
{
	uint64_t address = iom_vtd_context_address(q, m->requester, true), entry, w[4], e[8];

	for (unsigned i = 0; i < 4; i++)
		w[i] = iom_sink_read(q->sink, address + i * 8);
	if (seen) {
		w[0] = seen->low;
		w[1] = seen->high;
	}
	if (!(w[0] & PRESENT)) {
		iom_vtd_owner use = { .role = IOM_VTD_OWNER_DIR };

		w[0] = iom_shadow_get(&q->tables->words, address);
		w[1] = iom_shadow_get(&q->tables->words, address + 8);
		if (!(w[0] & PRESENT)) {
			w[0] = iom_vtd_new_page(q, &use) | PRESENT;
			w[1] = 0;
		}
	}
	put_words(q, address, w, 4);
	entry = iom_vtd_pasid_entry_address(q, w, seen != NULL);
	for (unsigned i = 0; i < 8; i++)
		e[i] = iom_sink_read(q->sink, entry + i * 8);
	if (!pasid_entry_fits(e, m)) {
		for (unsigned i = 0; i < 8; i++)
			e[i] = iom_shadow_get(&q->tables->words, entry + i * 8);
		if (iom_tables_kind(q->tables, entry) != IOM_TABLE_PASID_TABLE ||
		    !pasid_entry_fits(e, m))
			make_pasid_entry(q, e, m);
		put_words(q, entry, e, 8);
	}
	p->pass_through = PGTT(e[0]) == PGTT_PASS_THROUGH;
	p->fs = PGTT(e[0]) == PGTT_FIRST;
	p->root = (p->fs ? e[2] : e[0]) & PTE_ADDRESS;
	p->levels = p->fs ? (e[2] >> 2 & 3) == 1 ? 5 : 4 : (unsigned)(e[0] >> 2 & 7) + 2;
	p->domain = (uint16_t)e[1];
	q->first_stage |= p->fs;
}

static bool same_context(iom_qemu_vtd *q, uint16_t requester, const iom_vtd_seen_context *seen)
{
	uint64_t address = iom_vtd_context_address(q, requester, true);

	return iom_sink_read(q->sink, address) == seen->low &&
	       iom_sink_read(q->sink, address + 8) == seen->high;
}

void iom_vtd_configure(iom_qemu_vtd *q, const iom_vtd_mapping *m, iom_vtd_place *p)
{
	gpointer key = GUINT_TO_POINTER((guint)m->requester);
	iom_vtd_seen_context *seen = g_hash_table_lookup(q->contexts, key);

	if (!seen) {
		seen = g_new0(iom_vtd_seen_context, 1);
		g_hash_table_insert(q->contexts, key, seen);
	}
	if (!seen->valid) {
		seen->guessed = true;
		seen = NULL;
	} else if (seen->guessed) {
		seen->guessed = false;
		if (!same_context(q, m->requester, seen)) {
			iom_qemu_vtd_need_queue(q);
			iom_qemu_vtd_forget_guess(q);
		}
	}
	if (iom_qemu_vtd_scalable(q))
		configure_scalable(q, m, seen, p);
	else
		configure_legacy(q, m, seen, p);
	p->levels = CLAMP(p->levels, 3, 5);
}
