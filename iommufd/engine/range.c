/* SPDX-License-Identifier: MIT */
/* Sets of address ranges: reserved and allowed I/O virtual addresses. */
#include "iommufd/engine/engine.h"

static int by_start(gconstpointer a, gconstpointer b)
{
	const iomfd_range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static GArray *merged(const GArray *ranges, uint64_t start, uint64_t last)
{
	GArray *sorted = g_array_new(FALSE, FALSE, sizeof(iomfd_range));
	GArray *out = g_array_new(FALSE, FALSE, sizeof(iomfd_range));

	for (guint i = 0; i < ranges->len; i++) {
		iomfd_range r = g_array_index(ranges, iomfd_range, i);

		if (r.last < start || r.start > last)
			continue;
		r.start = MAX(r.start, start);
		r.last = MIN(r.last, last);
		g_array_append_val(sorted, r);
	}
	g_array_sort(sorted, by_start);
	for (guint i = 0; i < sorted->len; i++) {
		iomfd_range r = g_array_index(sorted, iomfd_range, i);
		iomfd_range *prev =
			out->len ? &g_array_index(out, iomfd_range, out->len - 1) : NULL;

		if (prev && (r.start <= prev->last || r.start - 1 == prev->last))
			prev->last = MAX(prev->last, r.last);
		else
			g_array_append_val(out, r);
	}
	g_array_unref(sorted);
	return out;
}

GArray *iomfd_spans(const GArray *ranges, uint64_t start, uint64_t last, bool holes)
{
	GArray *used = merged(ranges, start, last);
	GArray *out;
	uint64_t at = start;
	bool open = true;

	if (!holes)
		return used;
	out = g_array_new(FALSE, FALSE, sizeof(iomfd_range));
	for (guint i = 0; i < used->len; i++) {
		const iomfd_range *r = &g_array_index(used, iomfd_range, i);
		iomfd_range hole = { at, r->start - 1, NULL };

		if (r->start > at)
			g_array_append_val(out, hole);
		open = r->last != UINT64_MAX && r->last < last;
		at = r->last + 1;
	}
	if (open) {
		iomfd_range hole = { at, last, NULL };

		g_array_append_val(out, hole);
	}
	g_array_unref(used);
	return out;
}

bool iomfd_ranges_hit(const GArray *ranges, uint64_t start, uint64_t last)
{
	for (guint i = 0; i < ranges->len; i++) {
		const iomfd_range *r = &g_array_index(ranges, iomfd_range, i);

		if (r->start <= last && r->last >= start)
			return true;
	}
	return false;
}
