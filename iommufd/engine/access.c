/* SPDX-License-Identifier: MIT */
/* Accesses: what reads, writes or pins an address space in software. */
#include "iommufd/engine/model.h"

int iomfd_access_new(iomfd_context *ctx, bool internal, bool pin,
		     void (*unmap)(void *data, uint64_t iova, uint64_t length), void *data,
		     iomfd_access **out)
{
	iomfd_access *a = g_new0(iomfd_access, 1);
	int rc = iomfd_object_init(ctx, &a->obj, IOMFD_KIND_ACCESS);

	if (rc) {
		g_free(a);
		return rc;
	}
	a->obj.users++; /* the maker's, until iomfd_access_destroy() */
	a->internal = internal;
	a->pin = pin;
	a->alignment = pin || internal ? IOMFD_PAGE : 1;
	a->unmap = unmap;
	a->data = data;
	if (!internal) {
		iomfd_file_ref(ctx->file);
		a->holds_context = true;
	}
	iomfd_object_publish(&a->obj);
	*out = a;
	return 0;
}

int iomfd_access_set_ioas(iomfd_access *a, iomfd_ioas *ioas)
{
	iomfd_ioas *cur = a->ioas;
	int rc;

	if (cur != a->ioas_unpin)
		return -EBUSY;
	if (cur == ioas)
		return 0;
	a->ioas = NULL;
	if (ioas) {
		rc = iomfd_ioas_add_access(ioas, a);
		if (rc) {
			a->ioas = cur;
			return rc;
		}
		ioas->obj.users++;
	}
	if (cur) {
		if (!a->internal && a->unmap)
			a->unmap(a->data, 0, UINT64_MAX);
		iomfd_ioas_remove_access(cur, a);
		cur->obj.users--;
	}
	a->ioas = ioas;
	a->ioas_unpin = ioas;
	return 0;
}

static int set_ioas_id(iomfd_access *a, uint32_t id)
{
	iomfd_object *ioas = iomfd_object_get(a->obj.ctx, id, IOMFD_KIND_IOAS);

	return ioas ? iomfd_access_set_ioas(a, (iomfd_ioas *)ioas) : -ENOENT;
}

int iomfd_access_attach(iomfd_access *a, uint32_t ioas_id)
{
	return a->ioas ? -EINVAL : set_ioas_id(a, ioas_id);
}

int iomfd_access_replace(iomfd_access *a, uint32_t ioas_id)
{
	return a->ioas ? set_ioas_id(a, ioas_id) : -ENOENT;
}

void iomfd_access_free(iomfd_access *a)
{
	iomfd_file *ctx_file = a->holds_context ? a->obj.ctx->file : NULL;

	if (a->ioas)
		iomfd_access_set_ioas(a, NULL);
	g_free(a);
	if (ctx_file)
		iomfd_file_unref(ctx_file);
}

void iomfd_access_destroy(iomfd_access *a)
{
	a->obj.users--;
	iomfd_object_destroy(a->obj.ctx, a->obj.id, false);
}

void iomfd_access_notify(iomfd_ioas *ioas, uint64_t iova, uint64_t length)
{
	for (guint i = 0; i < ioas->accesses->len; i++) {
		iomfd_access *a = g_ptr_array_index(ioas->accesses, i);

		if (!a->internal && a->unmap)
			a->unmap(a->data, iova, length);
	}
}

static void release_area(iomfd_area *area, uint64_t at, uint64_t end, bool internal)
{
	iomfd_pages_unpin(area->pages, iomfd_area_index(area, at), iomfd_area_index(area, end),
			  NULL);
	area->num_accesses--;
	if (internal)
		area->num_locks--;
}

static void unpin_range(const iomfd_access *a, iomfd_ioas *ioas, uint64_t iova, uint64_t last)
{
	for (uint64_t at = iova; at <= last;) {
		iomfd_area *area = iomfd_area_first(ioas, at, at);
		uint64_t end;

		if (!area)
			return;
		end = MIN(last, area->last);
		release_area(area, at, end, a->internal);
		if (end == last)
			return;
		at = end + 1;
	}
}

void iomfd_access_unpin(iomfd_access *a, uint64_t iova, uint64_t length)
{
	if (a->ioas_unpin && length)
		unpin_range(a, a->ioas_unpin, iova, iova + length - 1);
}

/* Where areas meet, pages do too. */
static bool page_aligned(const iomfd_area *area, uint64_t at, uint64_t last)
{
	if (iomfd_area_byte(area, at) % IOMFD_PAGE)
		return false;
	return area->last >= last ||
	       iomfd_area_byte(area, area->last) % IOMFD_PAGE == IOMFD_PAGE - 1;
}

static int pin_one(iomfd_access *a, iomfd_area *area, uint64_t at, uint64_t last, bool write,
		   GArray *hosts)
{
	uint64_t end = MIN(last, area->last);
	uint64_t index = iomfd_area_index(area, at), top = iomfd_area_index(area, end);
	int rc;

	if (area->prevent_access || !page_aligned(area, at, last))
		return -EINVAL;
	if (write ? !area->write : !area->read)
		return -EPERM;
	if (write && !area->pages->writable)
		return -EPERM;
	if (area->pages->type == IOMFD_PAGES_DMABUF)
		return -EINVAL;
	rc = iomfd_pages_pin(area->pages, index, top, NULL);
	if (rc)
		return rc;
	area->num_accesses++;
	if (a->internal)
		area->num_locks++;
	for (uint64_t i = index; hosts && i <= top; i++) {
		uint64_t host = iomfd_pages_host(area->pages, i * IOMFD_PAGE);

		g_array_append_val(hosts, host);
	}
	return 0;
}

int iomfd_access_pin(iomfd_access *a, uint64_t iova, uint64_t length, bool write, GArray *hosts)
{
	uint64_t last, at = iova;
	int rc;

	if (!length)
		return -EINVAL;
	if (iomfd_add_overflows(iova, length - 1, &last))
		return -EOVERFLOW;
	if (!a->ioas)
		return -ENOENT;
	while (true) {
		iomfd_area *area = iomfd_area_first(a->ioas, at, at);

		rc = area ? pin_one(a, area, at, last, write, hosts) : -ENOENT;
		if (rc) {
			if (at > iova)
				unpin_range(a, a->ioas, iova, at - 1);
			return rc;
		}
		if (area->last >= last)
			return 0;
		at = area->last + 1;
	}
}

int iomfd_access_rw(iomfd_access *a, uint64_t iova, void *data, uint64_t length, bool write,
		    bool slow)
{
	uint64_t last, at = iova;
	int rc;

	if (!length)
		return -EINVAL;
	if (iomfd_add_overflows(iova, length - 1, &last))
		return -EOVERFLOW;
	if (!a->ioas)
		return -ENOENT;
	while (true) {
		iomfd_area *area = iomfd_area_first(a->ioas, at, at);
		uint64_t end;

		if (!area)
			return -ENOENT;
		end = MIN(area->last, last);
		if (area->prevent_access)
			return -EINVAL;
		if (write ? !area->write : !area->read)
			return -EPERM;
		rc = iomfd_pages_rw(area->pages, iomfd_area_byte(area, at), data, end - at + 1,
				    write, slow);
		if (rc || end == last)
			return rc;
		data = (uint8_t *)data + (end - at + 1);
		at = end + 1;
	}
}
