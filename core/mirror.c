/* SPDX-License-Identifier: MIT */
/*
 * A mirror: the pages of a requester that somebody was told of, in an array sorted
 * by address. A comparison reads the tables into a second array and merges the two.
 */
#include "core/mappings.h"

#define STEPS_A_PAGE 16
#define STEPS_LEAST 65536 /* a sparse address space has holes to pass */

struct iom_mirror {
	iom_iommu *iommu;
	iom_request who;
	size_t limit;
	iom_mirror_ops ops;
	void *opaque;
	GArray *pages; /* iom_mapping */
};

static const iom_mapping *page_at(const GArray *pages, size_t i)
{
	return &g_array_index(pages, iom_mapping, i);
}

static uint64_t last_of(const iom_mapping *m)
{
	return m->page_lg2 >= 64 ? UINT64_MAX : m->address + ((UINT64_C(1) << m->page_lg2) - 1);
}

/* How many pages end before `address`. */
static size_t before(const GArray *pages, uint64_t address)
{
	size_t low = 0, high = pages->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (last_of(page_at(pages, middle)) < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

iom_mirror *iom_mirror_new(iom_iommu *iommu, const iom_request *who, size_t limit,
			   const iom_mirror_ops *ops, void *opaque)
{
	iom_mirror *s = g_new0(iom_mirror, 1);

	s->iommu = iom_iommu_ref(iommu);
	s->who = *who;
	s->limit = limit;
	s->ops = *ops;
	s->opaque = opaque;
	s->pages = g_array_new(FALSE, FALSE, sizeof(iom_mapping));
	return s;
}

void iom_mirror_free(iom_mirror *s)
{
	if (!s)
		return;
	iom_iommu_unref(s->iommu);
	g_array_unref(s->pages);
	g_free(s);
}

static void tell(const iom_mirror *s, void (*fn)(void *opaque, const iom_mapping *m),
		 const iom_mapping *m)
{
	if (fn)
		fn(s->opaque, m);
}

/* ---- comparing ---- */

struct reading {
	GArray *pages;
	size_t room;
	bool full;
};

static bool read_page(void *opaque, const iom_mapping *m)
{
	struct reading *r = opaque;

	if (r->pages->len >= r->room) {
		r->full = true;
		return false;
	}
	/* Tables that change under the search may show a page twice. */
	if (r->pages->len && m->address <= last_of(page_at(r->pages, r->pages->len - 1)))
		return true;
	g_array_append_vals(r->pages, m, 1);
	return true;
}

static bool same(const iom_mapping *a, const iom_mapping *b)
{
	return a->address == b->address && a->output == b->output && a->page_lg2 == b->page_lg2 &&
	       a->permissions == b->permissions && a->space == b->space && a->bypass == b->bypass;
}

/* Tell the pages of `a` [from, to) that `b` [first, end) does not have. */
static void tell_missing(const iom_mirror *s, void (*fn)(void *opaque, const iom_mapping *m),
			 const GArray *a, size_t from, size_t to, const GArray *b, size_t first,
			 size_t end)
{
	for (size_t i = from; i < to; i++) {
		const iom_mapping *m = page_at(a, i);

		while (first < end && page_at(b, first)->address < m->address)
			first++;
		if (first == end || !same(page_at(b, first), m))
			tell(s, fn, m);
	}
}

bool iom_mirror_sync(iom_mirror *s, uint64_t first, uint64_t last)
{
	struct reading now = { .pages = g_array_new(FALSE, FALSE, sizeof(iom_mapping)) };
	size_t from = before(s->pages, first), to = from;
	uint64_t steps = MAX((uint64_t)s->limit * STEPS_A_PAGE, STEPS_LEAST);
	iom_request request = s->who;
	bool complete;

	/* Pages that were told of are compared as a whole. */
	while (to < s->pages->len && page_at(s->pages, to)->address <= last)
		to++;
	if (to > from) {
		first = MIN(first, page_at(s->pages, from)->address);
		last = MAX(last, last_of(page_at(s->pages, to - 1)));
	}
	now.room = s->limit - MIN(s->limit, s->pages->len - (to - from));
	request.address = first;
	complete = iom_iommu_mappings(s->iommu, &request, last, steps, read_page, &now);

	/* And so are the pages that are there now, which may reach further. */
	if (now.pages->len) {
		const iom_mapping *begin = page_at(now.pages, 0);
		const iom_mapping *end = page_at(now.pages, now.pages->len - 1);

		while (from && last_of(page_at(s->pages, from - 1)) >= begin->address)
			from--;
		while (to < s->pages->len && page_at(s->pages, to)->address <= last_of(end))
			to++;
	}
	tell_missing(s, s->ops.unmap, s->pages, from, to, now.pages, 0, now.pages->len);
	tell_missing(s, s->ops.map, now.pages, 0, now.pages->len, s->pages, from, to);
	if (to > from)
		g_array_remove_range(s->pages, (guint)from, (guint)(to - from));
	if (now.pages->len)
		g_array_insert_vals(s->pages, (guint)from, now.pages->data, now.pages->len);
	g_array_unref(now.pages);
	return complete && !now.full;
}

void iom_mirror_clear(iom_mirror *s)
{
	for (size_t i = 0; i < s->pages->len; i++)
		tell(s, s->ops.unmap, page_at(s->pages, i));
	g_array_set_size(s->pages, 0);
}

void iom_mirror_foreach(const iom_mirror *s, void (*fn)(void *opaque, const iom_mapping *m),
			void *opaque)
{
	for (size_t i = 0; i < s->pages->len; i++)
		fn(opaque, page_at(s->pages, i));
}

size_t iom_mirror_size(const iom_mirror *s)
{
	return s->pages->len;
}

const iom_mapping *iom_mirror_find(const iom_mirror *s, uint64_t address)
{
	size_t i = before(s->pages, address);

	return i < s->pages->len && page_at(s->pages, i)->address <= address ? page_at(s->pages, i)
									     : NULL;
}
