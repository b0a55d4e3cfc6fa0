/* SPDX-License-Identifier: MIT */
/*
 * The operating-system driver behind a VT-d log: it writes a leaf into the tables
 * before an address is first used and clears it when its invalidation is queued,
 * in the tables that the tables file holds, wherever these are still those of the
 * time.
 */
#include "sim/import/qemu-vtd-driver.h"

#include <string.h>

#define PTE_ADDRESS IOM_VTD_ADDRESS
#define PRESENT IOM_VTD_PRESENT
#define PTE_PAGE (UINT64_C(1) << 7) /* PS: a page, not a table */
#define SS_RW UINT64_C(3)
#define FS_P UINT64_C(1)
#define FS_RW UINT64_C(2)
#define FS_TABLE UINT64_C(0x27) /* P, R/W, U/S, A */
#define FS_PAGE UINT64_C(0x67) /* and D */
#define FS_AD UINT64_C(0x60)
#define SS_AD UINT64_C(0x300)
#define REASON_ROOT 1u
#define REASON_CONTEXT 2u
#define REASON_WRITE 5u
#define REASON_READ 6u
#define REASON_PASID_ENTRY 0x59u
#define REASON_FS_ENTRY 0x71u

typedef struct leaf {
	uint64_t address, word;
} leaf;

/* The leaves of a domain, by input page and level. */
typedef struct domain {
	GHashTable *leaves; /* page | level -> leaf */
	uint32_t n_large; /* of levels above 1, ever */
} domain;

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
}

void iom_qemu_vtd_driver_clear(iom_qemu_vtd *q)
{
	g_hash_table_destroy(q->owners);
	g_hash_table_destroy(q->domains);
}

/* ---- tables ---- */

static uint64_t entry_of(uint64_t table, uint64_t iova, unsigned level)
{
	return table + ((iova >> (12 + 9 * (level - 1))) & 0x1ff) * 8;
}

static bool present(const iom_vtd_place *p, uint64_t w)
{
	return p->fs ? (w & FS_P) != 0 : (w & SS_RW) != 0;
}

/*
 * The address of the entry at `level` for `iova`; tables on the way are made.
 * *perm receives what the tables above grant.
 */
static uint64_t descend(iom_qemu_vtd *q, const iom_vtd_place *p, uint64_t iova, unsigned level,
			unsigned *perm)
{
	iom_vtd_owner use = { .role = IOM_VTD_OWNER_TABLE, .root = p->root };
	uint64_t table = p->root;

	*perm = IOM_READ | IOM_WRITE;
	use.level = (uint8_t)p->levels;
	iom_vtd_claim(q, table, &use, true);
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
		if (!w || !iom_vtd_claim(q, w & PTE_ADDRESS, &use, false))
			w = iom_vtd_new_page(q, &use) | (p->fs ? FS_TABLE : SS_RW);
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

static uint64_t leaf_word(const iom_vtd_place *p, const iom_vtd_mapping *m, unsigned level)
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
	iom_vtd_place p;
	leaf l;

	iom_vtd_configure(q, m, &p);
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
	uint64_t address = iom_vtd_context_address(q, requester, false);
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
static void forbid_page(iom_qemu_vtd *q, const iom_vtd_place *p, uint64_t iova, bool write)
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
	iom_vtd_place p;

	switch (reason) {
	case REASON_ROOT:
		forbid_root(q, requester);
		break;
	case REASON_CONTEXT:
		forbid_context(q, requester);
		break;
	case REASON_PASID_ENTRY:
		iom_vtd_configure(q, &m, &p);
		/* iom_vtd_configure() left a present entry; find it again to take it away. */
		if (iom_qemu_vtd_scalable(q)) {
			uint64_t context = iom_vtd_context_address(q, requester, true), w[2], e;

			w[0] = iom_sink_read(q->sink, context);
			w[1] = iom_sink_read(q->sink, context + 8);
			e = iom_vtd_pasid_entry_address(q, w, false);
			iom_sink_word(q->sink, e, iom_sink_read(q->sink, e) & ~PRESENT);
		}
		break;
	case REASON_WRITE:
	case REASON_READ:
	case REASON_FS_ENTRY:
		iom_vtd_configure(q, &m, &p);
		if (!p.pass_through)
			forbid_page(q, &p, iova, write);
		break;
	default:
		/* A reserved bit or an address too large: what is there causes it or not. */
		break;
	}
}
