/* SPDX-License-Identifier: MIT */
/* The domains of an address space: the alignment that they ask for, filling them. */
#include "iommufd/engine/model.h"

/* ------------------------------------------------------------------------
 * Alignment
 */
static int check_alignment(const iomfd_ioas *ioas, uint64_t alignment)
{
	uint64_t mask = alignment - 1;

	for (iomfd_area *a = iomfd_area_first(ioas, 0, UINT64_MAX); a;
	     a = iomfd_area_next(ioas, a, UINT64_MAX)) {
		if ((a->start & mask) || ((a->last - a->start + 1) & mask) ||
		    (a->start_byte % IOMFD_PAGE & mask))
			return -EADDRINUSE;
	}
	return 0;
}

static uint64_t smallest_page(const iomfd_domain *d)
{
	return d->pgsizes & -d->pgsizes;
}

static int recalculate_alignment(iomfd_ioas *ioas)
{
	uint64_t alignment = ioas->no_large_pages ? IOMFD_PAGE : 1;

	for (guint i = 0; i < ioas->domains->len; i++) {
		const iomfd_hwpt *h = g_ptr_array_index(ioas->domains, i);

		alignment = MAX(alignment, smallest_page(h->domain));
	}
	for (guint i = 0; i < ioas->accesses->len; i++) {
		const iomfd_access *a = g_ptr_array_index(ioas->accesses, i);

		alignment = MAX(alignment, a->alignment);
	}
	if (alignment > ioas->alignment) {
		int rc = check_alignment(ioas, alignment);

		if (rc)
			return rc;
	}
	ioas->alignment = alignment;
	return 0;
}

int iomfd_ioas_set_large_pages(iomfd_ioas *ioas, bool on)
{
	int rc;

	if (on) {
		ioas->no_large_pages = false;
		return recalculate_alignment(ioas);
	}
	if (ioas->no_large_pages)
		return 0;
	if (ioas->domains->len && g_tree_nnodes(ioas->areas))
		return -EINVAL;
	ioas->no_large_pages = true;
	rc = recalculate_alignment(ioas);
	if (rc)
		ioas->no_large_pages = false;
	return rc;
}

int iomfd_ioas_add_access(iomfd_ioas *ioas, iomfd_access *access)
{
	int rc;

	g_ptr_array_add(ioas->accesses, access);
	rc = recalculate_alignment(ioas);
	if (rc)
		g_ptr_array_remove(ioas->accesses, access);
	return rc;
}

void iomfd_ioas_remove_access(iomfd_ioas *ioas, iomfd_access *access)
{
	g_ptr_array_remove(ioas->accesses, access);
	recalculate_alignment(ioas);
}

/* ------------------------------------------------------------------------
 * Domains
 */
int iomfd_area_fill_domain(iomfd_area *area, iomfd_hwpt *hwpt)
{
	iomfd_pages *p = area->pages;

	if (iomfd_step(p->engine))
		return -ENOMEM;
	if (!hwpt->domain->driver->map || p->revoked)
		return 0;
	return hwpt->domain->driver->map(hwpt->domain, area->start,
					 iomfd_pages_host(p, area->start_byte),
					 area->last - area->start + 1, area->read, area->write);
}

void iomfd_area_unfill_domain(iomfd_area *area, iomfd_hwpt *hwpt)
{
	if (hwpt->domain->driver->unmap)
		hwpt->domain->driver->unmap(hwpt->domain, area->start,
					    area->last - area->start + 1);
}

static int pin_area(iomfd_area *a)
{
	return iomfd_pages_pin(a->pages, iomfd_area_index(a, a->start),
			       iomfd_area_index(a, a->last), a);
}

static void unpin_area(iomfd_area *a)
{
	iomfd_pages_unpin(a->pages, iomfd_area_index(a, a->start), iomfd_area_index(a, a->last), a);
}

int iomfd_area_fill(iomfd_area *area)
{
	iomfd_ioas *ioas = area->ioas;
	int rc;

	if (ioas->domains->len == 0)
		return 0;
	rc = pin_area(area);
	if (rc)
		return rc;
	for (guint i = 0; i < ioas->domains->len; i++) {
		rc = iomfd_area_fill_domain(area, g_ptr_array_index(ioas->domains, i));
		if (rc) {
			while (i-- > 0)
				iomfd_area_unfill_domain(area, g_ptr_array_index(ioas->domains, i));
			unpin_area(area);
			return rc;
		}
	}
	area->filled = true;
	return 0;
}

void iomfd_area_unfill(iomfd_area *area)
{
	iomfd_ioas *ioas = area->ioas;

	if (!area->filled)
		return;
	for (guint i = 0; i < ioas->domains->len; i++)
		iomfd_area_unfill_domain(area, g_ptr_array_index(ioas->domains, i));
	unpin_area(area);
	area->filled = false;
}

static void undo_fill(iomfd_ioas *ioas, iomfd_hwpt *hwpt, const iomfd_area *until, bool first)
{
	for (iomfd_area *a = iomfd_area_first(ioas, 0, UINT64_MAX); a && a != until;
	     a = iomfd_area_next(ioas, a, UINT64_MAX)) {
		iomfd_area_unfill_domain(a, hwpt);
		if (first) {
			unpin_area(a);
			a->filled = false;
		}
	}
}

static int fill_new_domain(iomfd_ioas *ioas, iomfd_hwpt *hwpt)
{
	bool first = ioas->domains->len == 0;
	int rc;

	for (iomfd_area *a = iomfd_area_first(ioas, 0, UINT64_MAX); a;
	     a = iomfd_area_next(ioas, a, UINT64_MAX)) {
		rc = first ? pin_area(a) : 0;
		if (!rc) {
			rc = iomfd_area_fill_domain(a, hwpt);
			if (rc && first)
				unpin_area(a);
		}
		if (rc) {
			undo_fill(ioas, hwpt, a, first);
			return rc;
		}
		a->filled = true;
	}
	return 0;
}

int iomfd_ioas_add_domain(iomfd_ioas *ioas, iomfd_hwpt *hwpt)
{
	iomfd_domain *d = hwpt->domain;
	uint64_t alignment = MAX(smallest_page(d), ioas->alignment);
	int rc = 0;

	if (alignment > IOMFD_PAGE)
		return -EINVAL;
	if (alignment != ioas->alignment)
		rc = check_alignment(ioas, alignment);
	if (rc)
		return rc;
	if (d->aperture_start)
		rc = iomfd_ioas_reserve(ioas, 0, d->aperture_start - 1, d);
	if (!rc && d->aperture_last != UINT64_MAX)
		rc = iomfd_ioas_reserve(ioas, d->aperture_last + 1, UINT64_MAX, d);
	if (!rc)
		rc = fill_new_domain(ioas, hwpt);
	if (rc) {
		iomfd_ioas_unreserve(ioas, d);
		return rc;
	}
	ioas->alignment = alignment;
	g_ptr_array_add(ioas->domains, hwpt);
	return 0;
}

void iomfd_ioas_remove_domain(iomfd_ioas *ioas, iomfd_hwpt *hwpt)
{
	g_ptr_array_remove(ioas->domains, hwpt);
	undo_fill(ioas, hwpt, NULL, ioas->domains->len == 0);
	iomfd_ioas_unreserve(ioas, hwpt->domain);
	recalculate_alignment(ioas);
}
