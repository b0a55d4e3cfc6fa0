/* SPDX-License-Identifier: MIT */
/*
 * The operating-system driver behind a VT-d log: it writes a leaf into the tables
 * before an address is first used and clears it when its invalidation is queued,
 * in the tables that the tables file holds, wherever these are still those of the
 * time. Table pages are recycled during a run; each page therefore has one owner,
 * and what would share a page with another use gets a page of its own.
 */
#include "sim/import/qemu-vtd.h"

#include <string.h>

#define PTE_ADDRESS UINT64_C(0x000ffffffffff000)
#define PTE_PAGE (UINT64_C(1) << 7) /* PS: a page, not a table */
#define SS_RW UINT64_C(3)
#define FS_P UINT64_C(1)
#define FS_RW UINT64_C(2)
#define FS_TABLE UINT64_C(0x27) /* P, R/W, U/S, A */
#define FS_PAGE UINT64_C(0x67) /* and D */
#define FS_AD UINT64_C(0x60)
#define FS_US UINT64_C(4)
#define SS_AD UINT64_C(0x300)
#define PRESENT UINT64_C(1)
#define TT(low) ((unsigned)((low) >> 2 & 3))
#define TT_PASS_THROUGH 2u
#define PGTT(e) ((unsigned)((e) >> 6 & 7))
#define PGTT_FIRST 1u
#define PGTT_SECOND 2u
#define PGTT_PASS_THROUGH 4u
#define REASON_ROOT 1u
#define REASON_CONTEXT 2u
#define REASON_WRITE 5u
#define REASON_READ 6u
#define REASON_PASID_ENTRY 0x59u
#define REASON_FS_ENTRY 0x71u

enum owner_role { OWNER_DIR = 1, OWNER_PASID_TABLE, OWNER_TABLE };

/* What a page is used for. */
typedef struct owner {
	uint8_t role;
	uint8_t level;
	uint64_t root; /* of the address space it belongs to */
	uint64_t base; /* first input address that it maps, for OWNER_TABLE */
} owner;

typedef struct leaf {
	uint64_t address, word;
} leaf;

/* The leaves of a domain, by input page and level. */
typedef struct domain {
	GHashTable *leaves; /* page | level -> leaf */
	uint32_t n_large; /* of levels above 1, ever */
} domain;

/* How a requester's addresses are translated. */
typedef struct place {
	bool pass_through;
	bool fs;
	unsigned levels;
	uint64_t root;
	uint16_t domain;
} place;

static void free_domain(gpointer data)
{
	domain *d = data;

	g_hash_table_destroy(d->leaves);
	g_free(d);
}

void iom_qemu_vtd_driver_init(iom_qemu_vtd *q)
{
	q->owners = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	q->domains = g_hash_table_new_full(NULL, NULL, NULL, free_domain);
	q->pages = g_array_new(FALSE, FALSE, sizeof(uint64_t));
}

void iom_qemu_vtd_driver_clear(iom_qemu_vtd *q)
{
	g_hash_table_destroy(q->owners);
	g_hash_table_destroy(q->domains);
	g_array_unref(q->pages);
}

/* ---- pages ---- */

static uint64_t new_page(iom_qemu_vtd *q, const owner *use)
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

static bool same_use(const owner *a, const owner *b)
{
	return a->role == b->role && a->level == b->level && a->root == b->root &&
	       a->base == b->base;
}

static bool kind_fits(const iom_qemu_vtd *q, uint64_t page, const owner *use)
{
	iom_table_kind kind = iom_tables_kind(q->tables, page);

	if (use->role == OWNER_DIR)
		return kind == IOM_TABLE_PASID_DIR;
	if (use->role == OWNER_PASID_TABLE)
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
static bool claim(iom_qemu_vtd *q, uint64_t address, const owner *use, bool sure)
{
	gpointer key = GSIZE_TO_POINTER(address >> 12);
	owner *old = g_hash_table_lookup(q->owners, key);

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

		w = kept & PRESENT ? kept : new_page(q, NULL) | PRESENT;
		iom_sink_word(q->sink, address, w);
	}
	return w & PTE_ADDRESS;
}

static uint64_t context_address(iom_qemu_vtd *q, uint16_t requester, bool make)
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
	owner use = { .role = OWNER_TABLE, .level = (uint8_t)levels };
	uint64_t page = new_page(q, NULL);

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
			     const iom_vtd_seen_context *seen, place *p)
{
	uint64_t address = context_address(q, m->requester, true), w[2];
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
static uint64_t pasid_entry_address(iom_qemu_vtd *q, const uint64_t *context, bool sure)
{
	uint32_t pasid = (uint32_t)(context[1] & 0xfffff);
	owner use = { .role = OWNER_DIR };
	uint64_t dir = context[0] & PTE_ADDRESS, slot = dir + (pasid >> 6) * 8, w;

	claim(q, slot & PTE_ADDRESS, &use, sure);
	w = iom_sink_read(q->sink, slot);
	use.role = OWNER_PASID_TABLE;
	if (!(w & PRESENT) || !claim(q, w & PTE_ADDRESS, &use, false)) {
		w = new_page(q, &use) | PRESENT;
		iom_sink_word(q->sink, slot, w);
	}
	return (w & PTE_ADDRESS) + (pasid & 63) * 64;
}

static void configure_scalable(iom_qemu_vtd *q, const iom_vtd_mapping *m,
			       const iom_vtd_seen_context *seen, place *p)
{
	uint64_t address = context_address(q, m->requester, true), entry, w[4], e[8];

	for (unsigned i = 0; i < 4; i++)
		w[i] = iom_sink_read(q->sink, address + i * 8);
	if (seen) {
		w[0] = seen->low;
		w[1] = seen->high;
	}
	if (!(w[0] & PRESENT)) {
		owner use = { .role = OWNER_DIR };

		w[0] = iom_shadow_get(&q->tables->words, address);
		w[1] = iom_shadow_get(&q->tables->words, address + 8);
		if (!(w[0] & PRESENT)) {
			w[0] = new_page(q, &use) | PRESENT;
			w[1] = 0;
		}
	}
	put_words(q, address, w, 4);
	entry = pasid_entry_address(q, w, seen != NULL);
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
	uint64_t address = context_address(q, requester, true);

	return iom_sink_read(q->sink, address) == seen->low &&
	       iom_sink_read(q->sink, address + 8) == seen->high;
}

static void configure(iom_qemu_vtd *q, const iom_vtd_mapping *m, place *p)
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

/* ---- tables ---- */

static uint64_t entry_of(uint64_t table, uint64_t iova, unsigned level)
{
	return table + ((iova >> (12 + 9 * (level - 1))) & 0x1ff) * 8;
}

static bool present(const place *p, uint64_t w)
{
	return p->fs ? (w & FS_P) != 0 : (w & SS_RW) != 0;
}

/*
 * The address of the entry at `level` for `iova`; tables on the way are made.
 * *perm receives what the tables above grant.
 */
static uint64_t descend(iom_qemu_vtd *q, const place *p, uint64_t iova, unsigned level,
			unsigned *perm)
{
	owner use = { .role = OWNER_TABLE, .root = p->root };
	uint64_t table = p->root;

	*perm = IOM_READ | IOM_WRITE;
	use.level = (uint8_t)p->levels;
	claim(q, table, &use, true);
	for (unsigned l = p->levels; l > level; l--) {
		uint64_t slot = entry_of(table, iova, l), w = iom_sink_read(q->sink, slot);
		unsigned shift = 12 + 9 * (l - 1);

		use.level = (uint8_t)(l - 1);
		use.base = iova >> shift << shift;
		if (!present(p, w) || (w & PTE_PAGE)) {
			w = iom_shadow_get(&q->tables->words, slot);
			if (!present(p, w) || (w & PTE_PAGE) ||
			    iom_tables_kind(q->tables, slot) != IOM_TABLE_OTHER)
				w = 0;
		}
		if (!w || !claim(q, w & PTE_ADDRESS, &use, false))
			w = new_page(q, &use) | (p->fs ? FS_TABLE : SS_RW);
		iom_sink_word(q->sink, slot, w);
		*perm &= p->fs ? IOM_READ | (w & FS_RW ? IOM_WRITE : 0) : (unsigned)(w & SS_RW);
		table = w & PTE_ADDRESS;
	}
	return entry_of(table, iova, level);
}

static unsigned level_of_mask(uint64_t mask)
{
	return mask >= 0x3fffffff ? 3 : mask >= 0x1fffff ? 2 : 1;
}

static uint64_t leaf_word(const place *p, const iom_vtd_mapping *m, unsigned level)
{
	uint64_t w;

	if (m->has_entry && ((m->entry & PTE_ADDRESS) & ~m->mask) == (m->gpa & ~m->mask))
		return m->entry;
	w = (m->gpa & ~m->mask & PTE_ADDRESS) | (p->fs ? FS_PAGE : SS_RW);
	return level > 1 ? w | PTE_PAGE : w;
}

static void remember(iom_qemu_vtd *q, uint16_t did, uint64_t iova, unsigned level,
		     const leaf *entry)
{
	domain *d = g_hash_table_lookup(q->domains, GUINT_TO_POINTER((guint)did));
	unsigned shift = 12 + 9 * (level - 1);
	gpointer key = GSIZE_TO_POINTER((iova >> shift << shift) | level);
	leaf *old;

	if (!d) {
		d = g_new0(domain, 1);
		d->leaves = g_hash_table_new_full(NULL, NULL, NULL, g_free);
		g_hash_table_insert(q->domains, GUINT_TO_POINTER((guint)did), d);
	}
	old = g_hash_table_lookup(d->leaves, key);
	if (old) {
		*old = *entry;
		return;
	}
	g_hash_table_insert(d->leaves, key, g_memdup2(entry, sizeof(*entry)));
	d->n_large += level > 1;
}

unsigned iom_qemu_vtd_map(iom_qemu_vtd *q, const iom_vtd_mapping *m)
{
	unsigned level = level_of_mask(m->mask), perm;
	uint64_t ad;
	place p;
	leaf l;

	configure(q, m, &p);
	if (p.pass_through)
		return IOM_READ | IOM_WRITE;
	ad = p.fs ? FS_AD : SS_AD;
	l.address = descend(q, &p, m->iova, level, &perm);
	l.word = leaf_word(&p, m, level);
	/* Accessed and dirty flags are the unit's to set. */
	if ((iom_sink_read(q->sink, l.address) & ~ad) != (l.word & ~ad))
		iom_sink_word(q->sink, l.address, l.word);
	remember(q, p.domain, m->iova, level, &l);
	return perm &
	       (p.fs ? IOM_READ | (l.word & FS_RW ? IOM_WRITE : 0) : (unsigned)(l.word & SS_RW));
}

/* ---- unmapping ---- */

static void clear_leaf(iom_qemu_vtd *q, const leaf *l)
{
	uint64_t ad = FS_AD | SS_AD;

	/* The page may have become another table since. */
	if ((iom_sink_read(q->sink, l->address) & ~ad) == (l->word & ~ad))
		iom_sink_word(q->sink, l->address, 0);
}

static void clear_domain(iom_qemu_vtd *q, domain *d)
{
	GHashTableIter iter;
	gpointer l;

	g_hash_table_iter_init(&iter, d->leaves);
	while (g_hash_table_iter_next(&iter, NULL, &l))
		clear_leaf(q, l);
	g_hash_table_remove_all(d->leaves);
	d->n_large = 0;
}

void iom_qemu_vtd_unmap_all(iom_qemu_vtd *q)
{
	GHashTableIter iter;
	gpointer d;

	g_hash_table_iter_init(&iter, q->domains);
	while (g_hash_table_iter_next(&iter, NULL, &d))
		clear_domain(q, d);
}

void iom_qemu_vtd_unmap_domain(iom_qemu_vtd *q, uint16_t did)
{
	domain *d = g_hash_table_lookup(q->domains, GUINT_TO_POINTER((guint)did));

	if (d)
		clear_domain(q, d);
}

static void unmap_key(iom_qemu_vtd *q, domain *d, uint64_t key)
{
	leaf *l = g_hash_table_lookup(d->leaves, GSIZE_TO_POINTER(key));

	if (l) {
		clear_leaf(q, l);
		g_hash_table_remove(d->leaves, GSIZE_TO_POINTER(key));
	}
}

static void unmap_by_scan(iom_qemu_vtd *q, domain *d, uint64_t first, uint64_t last)
{
	GHashTableIter iter;
	gpointer key, l;

	g_hash_table_iter_init(&iter, d->leaves);
	while (g_hash_table_iter_next(&iter, &key, &l)) {
		uint64_t start = GPOINTER_TO_SIZE(key) & ~UINT64_C(0xfff);
		unsigned level = (unsigned)(GPOINTER_TO_SIZE(key) & 7);
		uint64_t end = start + ((UINT64_C(0x1000) << (9 * (level - 1))) - 1);

		if (start <= last && end >= first) {
			clear_leaf(q, l);
			g_hash_table_iter_remove(&iter);
		}
	}
}

void iom_qemu_vtd_unmap_pages(iom_qemu_vtd *q, uint16_t did, uint64_t address, unsigned mask_lg2)
{
	domain *d = g_hash_table_lookup(q->domains, GUINT_TO_POINTER((guint)did));
	uint64_t n = UINT64_C(1) << MIN(mask_lg2, 51u);
	uint64_t first = address & ~((n << 12) - 1), last = first + ((n << 12) - 1);

	if (!d)
		return;
	if (d->n_large || n > g_hash_table_size(d->leaves)) {
		unmap_by_scan(q, d, first, last);
		return;
	}
	for (uint64_t i = 0; i < n; i++)
		unmap_key(q, d, (first + (i << 12)) | 1);
}

void iom_qemu_vtd_unmap(iom_qemu_vtd *q, uint64_t low, uint64_t high)
{
	unsigned type = (unsigned)((low & 0xf) | (low >> 9 & 7) << 4), g = (unsigned)(low >> 4 & 3);
	uint16_t did = (uint16_t)(low >> 16);

	/* iotlb_inv_dsc and p_iotlb_inv_dsc (6.5.2.3, 6.5.2.4). */
	if (type == 2 && g == 1)
		iom_qemu_vtd_unmap_all(q);
	else if ((type == 2 || type == 6) && g == 2)
		iom_qemu_vtd_unmap_domain(q, did);
	else if ((type == 2 || type == 6) && g == 3)
		iom_qemu_vtd_unmap_pages(q, did, high & ~UINT64_C(0xfff), (unsigned)(high & 0x3f));
}

/* ---- faults ---- */

static void forbid_context(iom_qemu_vtd *q, uint16_t requester)
{
	uint64_t address = context_address(q, requester, false);
	iom_vtd_seen_context *seen =
		g_hash_table_lookup(q->contexts, GUINT_TO_POINTER((guint)requester));

	if (seen)
		seen->valid = false;
	if (address && (iom_sink_read(q->sink, address) & PRESENT))
		iom_sink_word(q->sink, address, iom_sink_read(q->sink, address) & ~PRESENT);
}

static void forbid_root(iom_qemu_vtd *q, uint16_t requester)
{
	uint64_t address = (q->root & PTE_ADDRESS) + (requester >> 8) * 16;

	if (iom_qemu_vtd_scalable(q) && (requester & 0x80))
		address += 8;
	if (iom_sink_read(q->sink, address) & PRESENT)
		iom_sink_word(q->sink, address, 0);
}

/* Take away the entry that would let the access through. */
static void forbid_page(iom_qemu_vtd *q, const place *p, uint64_t iova, bool write)
{
	uint64_t need = p->fs ? FS_P | (write ? FS_RW : 0) : write ? 2 : 1, table = p->root;

	for (unsigned l = p->levels; l >= 1; l--) {
		uint64_t slot = entry_of(table, iova, l), w = iom_sink_read(q->sink, slot);

		if ((w & need) != need)
			return;
		if (l == 1 || (w & PTE_PAGE)) {
			iom_sink_word(q->sink, slot, 0);
			return;
		}
		table = w & PTE_ADDRESS;
	}
}

void iom_qemu_vtd_forbid(iom_qemu_vtd *q, uint16_t requester, uint64_t iova, bool write,
			 unsigned reason)
{
	iom_vtd_mapping m = { .requester = requester, .iova = iova, .gpa = ~iova };
	place p;

	switch (reason) {
	case REASON_ROOT:
		forbid_root(q, requester);
		break;
	case REASON_CONTEXT:
		forbid_context(q, requester);
		break;
	case REASON_PASID_ENTRY:
		configure(q, &m, &p);
		/* configure() left a present entry; find it again to take it away. */
		if (iom_qemu_vtd_scalable(q)) {
			uint64_t context = context_address(q, requester, true), w[2], e;

			w[0] = iom_sink_read(q->sink, context);
			w[1] = iom_sink_read(q->sink, context + 8);
			e = pasid_entry_address(q, w, false);
			iom_sink_word(q->sink, e, iom_sink_read(q->sink, e) & ~PRESENT);
		}
		break;
	case REASON_WRITE:
	case REASON_READ:
	case REASON_FS_ENTRY:
		configure(q, &m, &p);
		if (!p.pass_through)
			forbid_page(q, &p, iova, write);
		break;
	default:
		/* A reserved bit or an address too large: what is there causes it or not. */
		break;
	}
}
