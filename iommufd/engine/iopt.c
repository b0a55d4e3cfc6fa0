/* SPDX-License-Identifier: MIT */
/*
 * The mechanics of an address space: areas, what may not be used, choosing
 * addresses, mapping and unmapping. The domains are in iopt-domain.c.
 */
#include "iommufd/engine/model.h"

#include <string.h>

static int compare_u64(gconstpointer a, gconstpointer b, gpointer unused)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	(void)unused;
	return x < y ? -1 : x > y;
}

int iomfd_ioas_new(iomfd_context *ctx, iomfd_ioas **out)
{
	iomfd_ioas *ioas = g_new0(iomfd_ioas, 1);
	int rc = iomfd_object_init(ctx, &ioas->obj, IOMFD_KIND_IOAS);

	if (rc) {
		g_free(ioas);
		return rc;
	}
	/* The key is the area's first member. */
	ioas->areas = g_tree_new_full(compare_u64, NULL, NULL, NULL);
	ioas->reserved = g_array_new(FALSE, FALSE, sizeof(iomfd_range));
	ioas->allowed = g_array_new(FALSE, FALSE, sizeof(iomfd_range));
	ioas->domains = g_ptr_array_new();
	ioas->accesses = g_ptr_array_new();
	ioas->alignment = 1;
	*out = ioas;
	return 0;
}

void iomfd_ioas_free(iomfd_ioas *ioas)
{
	uint64_t unmapped;

	iomfd_ioas_unmap_range(ioas, 0, UINT64_MAX, &unmapped);
	g_tree_unref(ioas->areas);
	g_array_unref(ioas->reserved);
	g_array_unref(ioas->allowed);
	g_ptr_array_unref(ioas->domains);
	g_ptr_array_unref(ioas->accesses);
	g_free(ioas);
}

iomfd_area *iomfd_area_first(const iomfd_ioas *ioas, uint64_t start, uint64_t last)
{
	GTreeNode *node = g_tree_upper_bound(ioas->areas, &start);
	GTreeNode *before = node ? g_tree_node_previous(node) : g_tree_node_last(ioas->areas);
	iomfd_area *area = before ? g_tree_node_value(before) : NULL;

	if (area && area->last >= start)
		return area;
	area = node ? g_tree_node_value(node) : NULL;
	return area && area->start <= last ? area : NULL;
}

iomfd_area *iomfd_area_next(const iomfd_ioas *ioas, const iomfd_area *area, uint64_t last)
{
	if (area->last >= last)
		return NULL;
	return iomfd_area_first(ioas, area->last + 1, last);
}

int iomfd_ioas_reserve(iomfd_ioas *ioas, uint64_t start, uint64_t last, const void *owner)
{
	iomfd_range r = { start, last, owner };

	if (iomfd_area_first(ioas, start, last) || iomfd_ranges_hit(ioas->allowed, start, last))
		return -EADDRINUSE;
	g_array_append_val(ioas->reserved, r);
	return 0;
}

void iomfd_ioas_unreserve(iomfd_ioas *ioas, const void *owner)
{
	for (guint i = ioas->reserved->len; i-- > 0;) {
		if (g_array_index(ioas->reserved, iomfd_range, i).owner == owner)
			g_array_remove_index_fast(ioas->reserved, i);
	}
}

int iomfd_ioas_reserve_device(iomfd_ioas *ioas, iomfd_dev *dev)
{
	for (guint i = 0; i < dev->reserved->len; i++) {
		const iomfd_range *r = &g_array_index(dev->reserved, iomfd_range, i);
		int rc = iomfd_ioas_reserve(ioas, r->start, r->last, dev);

		if (rc) {
			iomfd_ioas_unreserve(ioas, dev);
			return rc;
		}
	}
	return 0;
}

/* ------------------------------------------------------------------------
 * Mapping
 */
static uint64_t roundup_pow2(uint64_t v)
{
	return v <= 1 ? 1 : 1ull << (64 - __builtin_clzll(v - 1));
}

static bool fits(uint64_t *start, uint64_t last, uint64_t length, uint64_t alignment,
		 uint64_t page_offset)
{
	uint64_t at;

	if (iomfd_add_overflows(*start, alignment - 1, &at))
		return false;
	at = (at & ~(alignment - 1)) | page_offset;
	if (at >= last || last - at < length - 1)
		return false;
	*start = at;
	return true;
}

/* First fit in [start, last] around reserved ranges and areas. */
static bool find_hole(const iomfd_ioas *ioas, uint64_t start, uint64_t last, uint64_t length,
		      uint64_t alignment, uint64_t page_offset, uint64_t *iova)
{
	GArray *holes = iomfd_spans(ioas->reserved, start, last, true);
	bool found = false;

	for (guint i = 0; i < holes->len && !found; i++) {
		const iomfd_range *h = &g_array_index(holes, iomfd_range, i);
		uint64_t at = h->start;

		while (!found) {
			iomfd_area *a = iomfd_area_first(ioas, at, h->last);
			uint64_t piece = at;

			if (!a || a->start > at) {
				found = fits(&piece, a ? a->start - 1 : h->last, length, alignment,
					     page_offset);
				if (found)
					*iova = piece;
			}
			if (found || !a || a->last >= h->last)
				break;
			at = a->last + 1;
		}
	}
	g_array_unref(holes);
	return found;
}

static int choose_iova(const iomfd_ioas *ioas, uint64_t addr, uint64_t length, uint64_t *iova)
{
	uint64_t offset = addr % IOMFD_PAGE, alignment;
	uint64_t lowest = IOMFD_PAGE, highest = UINT64_MAX - IOMFD_PAGE;
	GArray *spans;
	int rc = -ENOSPC;

	if (length == 0 || length >= UINT64_MAX / 2)
		return -EOVERFLOW;
	alignment = roundup_pow2(length);
	if (addr)
		alignment = MIN(alignment, addr & -addr);
	alignment = MIN(alignment, ioas->obj.ctx->engine->iova_align_max);
	if (alignment < ioas->alignment)
		return -EINVAL;
	if (ioas->allowed->len) {
		spans = iomfd_spans(ioas->allowed, lowest, highest, false);
	} else {
		iomfd_range all = { lowest, highest, NULL };

		spans = g_array_new(FALSE, FALSE, sizeof(iomfd_range));
		g_array_append_val(spans, all);
	}
	for (guint i = 0; i < spans->len && rc; i++) {
		iomfd_range *s = &g_array_index(spans, iomfd_range, i);

		if (fits(&s->start, s->last, length, alignment, offset) &&
		    find_hole(ioas, s->start, s->last, length, alignment, offset, iova))
			rc = 0;
	}
	g_array_unref(spans);
	return rc;
}

static int check_iova(const iomfd_ioas *ioas, uint64_t iova, uint64_t length)
{
	uint64_t last;

	if (iova & (ioas->alignment - 1))
		return -EINVAL;
	if (iomfd_add_overflows(iova, length - 1, &last))
		return -EOVERFLOW;
	if (iomfd_ranges_hit(ioas->reserved, iova, last))
		return -EINVAL;
	return iomfd_area_first(ioas, iova, last) ? -EEXIST : 0;
}

typedef struct piece {
	iomfd_pages *pages;
	uint64_t start_byte, length;
	iomfd_area *area;
} piece;

static int insert_area(iomfd_ioas *ioas, piece *p, uint64_t iova, bool read, bool write)
{
	iomfd_area *a;
	uint64_t last;

	if (write && !p->pages->writable)
		return -EPERM;
	if (p->start_byte % IOMFD_PAGE & (ioas->alignment - 1))
		return -EINVAL;
	if (iomfd_add_overflows(iova, p->length - 1, &last))
		return -EOVERFLOW;
	a = g_new0(iomfd_area, 1);
	a->start = iova;
	a->last = last;
	a->start_byte = p->start_byte;
	a->ioas = ioas;
	a->pages = iomfd_pages_ref(p->pages);
	a->read = read;
	a->write = write;
	g_tree_insert(ioas->areas, &a->start, a);
	p->area = a;
	return 0;
}

static void remove_area(iomfd_area *a)
{
	g_tree_remove(a->ioas->areas, &a->start);
	iomfd_pages_unref(a->pages);
	g_free(a);
}

static int map_pieces(iomfd_ioas *ioas, GArray *pieces, uint64_t length, uint64_t *iova, bool read,
		      bool write, bool choose)
{
	piece *first = &g_array_index(pieces, piece, 0);
	uint64_t at, base;
	guint i;
	int rc;

	if ((length & (ioas->alignment - 1)) || !length)
		return -EINVAL;
	if (choose) {
		base = first->pages->type == IOMFD_PAGES_USER ? first->pages->base
							      : first->pages->file_start;
		rc = choose_iova(ioas, base + first->start_byte, length, iova);
	} else {
		rc = check_iova(ioas, *iova, length);
	}
	if (rc)
		return rc;
	at = *iova;
	for (i = 0; i < pieces->len; i++) {
		piece *p = &g_array_index(pieces, piece, i);

		rc = insert_area(ioas, p, at, read, write);
		if (rc)
			break;
		at += p->length;
	}
	for (i = 0; !rc && i < pieces->len; i++)
		rc = iomfd_area_fill(g_array_index(pieces, piece, i).area);
	if (!rc)
		return 0;
	for (i = 0; i < pieces->len; i++) {
		piece *p = &g_array_index(pieces, piece, i);

		if (p->area) {
			iomfd_area_unfill(p->area);
			remove_area(p->area);
		}
	}
	return rc;
}

int iomfd_ioas_map_pages(iomfd_ioas *ioas, iomfd_pages *pages, uint64_t start_byte, uint64_t length,
			 uint64_t *iova, bool read, bool write, bool choose)
{
	GArray *pieces = g_array_new(FALSE, TRUE, sizeof(piece));
	piece p = { pages, start_byte, length, NULL };
	int rc;

	g_array_append_val(pieces, p);
	rc = map_pieces(ioas, pieces, length, iova, read, write, choose);
	g_array_unref(pieces);
	return rc;
}

/* The pages behind [iova, iova + length), without a hole. */
static int get_pieces(iomfd_ioas *src, uint64_t iova, uint64_t length, GArray *pieces)
{
	uint64_t last, at = iova;

	if (!length)
		return -EINVAL;
	if (iomfd_add_overflows(iova, length - 1, &last))
		return -EOVERFLOW;
	while (true) {
		iomfd_area *a = iomfd_area_first(src, at, at);
		uint64_t end = a ? MIN(a->last, last) : 0;
		piece p = { 0 };

		if (!a)
			return -ENOENT;
		p.pages = iomfd_pages_ref(a->pages);
		p.start_byte = iomfd_area_byte(a, at);
		p.length = end - at + 1;
		g_array_append_val(pieces, p);
		if (end == last)
			return 0;
		at = end + 1;
	}
}

static iomfd_ioas *get_ioas(iomfd_call *call, uint32_t id)
{
	return (iomfd_ioas *)iomfd_object_get(call->ctx, id, IOMFD_KIND_IOAS);
}

/* In the test kernel, an address may be given as "the n-th area plus an offset". */
static void convert_nth_area(iomfd_call *call, struct iomfd_ioas_copy *cmd)
{
	uint32_t nth = (uint32_t)cmd->src_iova, offset = (uint32_t)(cmd->src_iova >> 32);
	iomfd_ioas *ioas;
	iomfd_area *a;

	if (!call->engine->mock || !(cmd->flags & IOMFD_MOCK_ACCESS_SYZ))
		return;
	cmd->flags &= ~(uint32_t)IOMFD_MOCK_ACCESS_SYZ;
	ioas = get_ioas(call, cmd->src_ioas_id);
	if (!ioas)
		return;
	for (a = iomfd_area_first(ioas, 0, UINT64_MAX); a && nth--;)
		a = iomfd_area_next(ioas, a, UINT64_MAX);
	cmd->src_iova = a ? a->start + offset : 0;
}

int iomfd_do_ioas_copy(iomfd_call *call)
{
	struct iomfd_ioas_copy *cmd = call->cmd;
	bool read, write;
	iomfd_ioas *src, *dst;
	uint64_t iova;
	GArray *pieces;
	int rc;

	convert_nth_area(call, cmd);
	read = cmd->flags & IOMFD_MAP_READABLE;
	write = cmd->flags & IOMFD_MAP_WRITEABLE;
	if (cmd->flags &
	    ~(uint32_t)(IOMFD_MAP_FIXED_IOVA | IOMFD_MAP_WRITEABLE | IOMFD_MAP_READABLE))
		return -EOPNOTSUPP;
	if (cmd->length == UINT64_MAX || cmd->src_iova == UINT64_MAX || cmd->dst_iova == UINT64_MAX)
		return -EOVERFLOW;
	if (!read && !write)
		return -EINVAL;
	src = get_ioas(call, cmd->src_ioas_id);
	if (!src)
		return -ENOENT;
	pieces = g_array_new(FALSE, TRUE, sizeof(piece));
	rc = get_pieces(src, cmd->src_iova, cmd->length, pieces);
	if (!rc) {
		dst = get_ioas(call, cmd->dst_ioas_id);
		iova = cmd->dst_iova;
		rc = dst ? map_pieces(dst, pieces, cmd->length, &iova, read, write,
				      !(cmd->flags & IOMFD_MAP_FIXED_IOVA))
			 : -ENOENT;
	}
	for (guint i = 0; i < pieces->len; i++)
		iomfd_pages_unref(g_array_index(pieces, piece, i).pages);
	g_array_unref(pieces);
	if (rc)
		return rc;
	cmd->dst_iova = iova;
	return iomfd_respond(call);
}

int iomfd_ioas_unmap_range(iomfd_ioas *ioas, uint64_t start, uint64_t last, uint64_t *unmapped)
{
	unsigned tries = 0;
	iomfd_area *a;

	*unmapped = 0;
	while ((a = iomfd_area_first(ioas, start, last))) {
		uint64_t first = a->start, end = a->last;

		if (a->num_locks)
			return -EBUSY;
		if (first < start || end > last)
			return -ENOENT;
		if (first != start)
			tries = 0;
		if (a->num_accesses) {
			start = first;
			a->prevent_access = true;
			if (++tries > 101)
				return -EDEADLK;
			iomfd_access_notify(ioas, first, end - first + 1);
			continue;
		}
		iomfd_area_unfill(a);
		remove_area(a);
		*unmapped += end - first + 1;
		if (end >= last)
			break;
		start = end + 1;
	}
	return 0;
}

int iomfd_ioas_cut(iomfd_ioas *ioas, uint64_t iova)
{
	iomfd_area *a = iomfd_area_first(ioas, iova, iova), *rhs;
	uint64_t mask = ioas->alignment - 1, cut = iova + 1;

	if (!a || iova == a->start || iova == a->last)
		return 0;
	if (a->prevent_access)
		return -EBUSY;
	if (a->pages->type == IOMFD_PAGES_DMABUF)
		return -EOPNOTSUPP;
	if ((cut & mask) || (iomfd_area_byte(a, cut) & mask) || a->num_accesses ||
	    (a->filled && !ioas->no_large_pages))
		return -EINVAL;
	rhs = g_new(iomfd_area, 1);
	*rhs = *a;
	rhs->start = cut;
	rhs->start_byte = iomfd_area_byte(a, cut);
	iomfd_pages_ref(rhs->pages);
	a->last = iova;
	if (a->filled) {
		iomfd_pages_move_pin(a->pages, a, a, iomfd_area_index(a, a->start),
				     iomfd_area_index(a, a->last));
		iomfd_pages_move_pin(a->pages, NULL, rhs, iomfd_area_index(rhs, rhs->start),
				     iomfd_area_index(rhs, rhs->last));
	}
	g_tree_insert(ioas->areas, &rhs->start, rhs);
	return 0;
}
