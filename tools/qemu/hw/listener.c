/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stand-in for VFIO and vhost, for tests ("listen=on"): it watches the address space
 * of every function with a memory listener and notifiers, and keeps a table of pages.
 *
 * Where mappings are told, the table is made of what was told, as VFIO's is: every
 * access of a device must find its page there, as in a host's IOMMU. Elsewhere it is a
 * cache of what accesses found, as vhost's is: a page still in it must be right. At the
 * end nothing may be left that the tables do not say.
 */
#include "glue.h"

#include "qemu/error-report.h"

#define PAGE_LG2 12
#define REPORTED 10

struct IomListener {
	IomSpace *space;
	MemoryListener listener;
	GSList *notifiers; /* Watched */
	QemuMutex lock; /* of the table */
	GHashTable *pages; /* address >> 12 -> Page */
	bool failed;
};

typedef struct Watched {
	IOMMUNotifier n;
	IomListener *l;
	hwaddr first, last;
	hwaddr offset; /* of the region in the address space */
	IOMMUMemoryRegion *mr; /* NULL: memory itself */
} Watched;

typedef struct Page {
	uint64_t number;
	uint64_t output;
	IOMMUAccessFlags perm;
} Page;

static void count(IomListener *l, uint64_t *counter)
{
	qatomic_inc(counter);
}

static void wrong(IomListener *l, const char *what, uint64_t address, uint64_t output)
{
	IomListenerCounts *c = &l->space->q->heard;

	if (qatomic_fetch_inc(&c->wrong) < REPORTED)
		error_report("iommulate: listener of %#x: %s, address %#" PRIx64
			     " output %#" PRIx64,
			     iom_qemu_requester(l->space), what, address, output);
}

static void drop_range(IomListener *l, hwaddr first, hwaddr last)
{
	GHashTableIter it;
	gpointer value;

	g_hash_table_iter_init(&it, l->pages);
	while (g_hash_table_iter_next(&it, NULL, &value)) {
		const Page *p = value;

		if (p->number >= first >> PAGE_LG2 && p->number <= last >> PAGE_LG2)
			g_hash_table_iter_remove(&it);
	}
}

static void add_range(IomListener *l, const IOMMUTLBEntry *e)
{
	for (uint64_t i = 0; i <= e->addr_mask >> PAGE_LG2; i++) {
		Page *p = g_new(Page, 1);

		*p = (Page){ (e->iova >> PAGE_LG2) + i, (e->translated_addr >> PAGE_LG2) + i,
			     e->perm };
		/* A host's IOMMU refuses to map what is mapped. */
		if (!g_hash_table_insert(l->pages, &p->number, p))
			wrong(l, "mapped twice", p->number << PAGE_LG2, p->output << PAGE_LG2);
	}
}

static void notified(IOMMUNotifier *n, IOMMUTLBEntry *e)
{
	IomListener *l = container_of(n, Watched, n)->l;
	IomListenerCounts *c = &l->space->q->heard;

	qemu_mutex_lock(&l->lock);
	if (e->perm == IOMMU_NONE) {
		count(l, &c->unmaps);
		drop_range(l, e->iova, e->iova + e->addr_mask);
	} else {
		count(l, &c->maps);
		add_range(l, e);
	}
	qemu_mutex_unlock(&l->lock);
}

static void region_add(MemoryListener *listener, MemoryRegionSection *section)
{
	IomListener *l = container_of(listener, IomListener, listener);
	Error *error = NULL;
	Watched *w;

	if (!memory_region_is_iommu(section->mr))
		return;
	w = g_new0(Watched, 1);
	w->l = l;
	w->mr = IOMMU_MEMORY_REGION(section->mr);
	w->first = section->offset_within_region;
	w->last = w->first + (hwaddr)int128_get64(int128_sub(section->size, int128_one()));
	iommu_notifier_init(&w->n, notified,
			    l->space->q->no_map ? IOMMU_NOTIFIER_UNMAP
						: IOMMU_NOTIFIER_IOTLB_EVENTS,
			    w->first, w->last, 0);
	if (memory_region_register_iommu_notifier(section->mr, &w->n, &error)) {
		error_report_err(error);
		l->failed = true;
		g_free(w);
		return;
	}
	l->notifiers = g_slist_prepend(l->notifiers, w);
	if (!l->space->q->no_map)
		memory_region_iommu_replay(w->mr, &w->n);
}

static void region_del(MemoryListener *listener, MemoryRegionSection *section)
{
	IomListener *l = container_of(listener, IomListener, listener);

	if (!memory_region_is_iommu(section->mr))
		return;
	for (GSList *i = l->notifiers; i; i = i->next) {
		Watched *w = i->data;

		if (MEMORY_REGION(w->mr) != section->mr ||
		    w->first != section->offset_within_region)
			continue;
		memory_region_unregister_iommu_notifier(section->mr, &w->n);
		qemu_mutex_lock(&l->lock);
		drop_range(l, w->first, w->last);
		qemu_mutex_unlock(&l->lock);
		l->notifiers = g_slist_delete_link(l->notifiers, i);
		g_free(w);
		return;
	}
}

void iom_listener_new(IomSpace *space)
{
	IomListener *l = g_new0(IomListener, 1);

	l->space = space;
	space->listener = l;
	qemu_mutex_init(&l->lock);
	l->pages = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
	l->listener = (MemoryListener){
		.name = "iommulate-listener",
		.region_add = region_add,
		.region_del = region_del,
		.priority = 10,
	};
	memory_listener_register(&l->listener, &space->as);
}

void iom_listener_access(IomListener *l, hwaddr address, IOMMUAccessFlags flag,
			 const iom_result *result)
{
	uint64_t number = address >> PAGE_LG2;
	IomListenerCounts *c = &l->space->q->heard;
	const Page *p;

	if (result->status != IOM_OK || result->flags & IOM_RES_BYPASS)
		return;
	count(l, &c->checked);
	qemu_mutex_lock(&l->lock);
	p = g_hash_table_lookup(l->pages, &number);
	if (!p && l->space->q->no_map)
		add_range(l, &(IOMMUTLBEntry){ .iova = address & ~(hwaddr)0xfff,
					       .translated_addr = result->address & ~(hwaddr)0xfff,
					       .addr_mask = 0xfff,
					       .perm = flag });
	else if (!p)
		wrong(l, "used but not mapped", address, result->address);
	else if (l->space->q->no_map && flag & ~p->perm)
		g_hash_table_remove(l->pages, &number); /* asked again, as vhost does */
	else if (p->output != result->address >> PAGE_LG2 || flag & ~p->perm)
		wrong(l, "mapped differently", address, result->address);
	qemu_mutex_unlock(&l->lock);
}

/* What is left must be what the tables still say. */
void iom_listener_finish(IomSpace *space, const void *unused)
{
	IomListener *l = space->listener;
	IomListenerCounts *c = &space->q->heard;
	GHashTableIter it;
	gpointer value;

	if (!l)
		return;
	g_hash_table_iter_init(&it, l->pages);
	while (g_hash_table_iter_next(&it, NULL, &value)) {
		const Page *p = value;
		iom_request request = {
			.address = p->number << PAGE_LG2,
			.requester = iom_qemu_requester(space),
			.pasid = IOM_NO_PASID,
			.access = p->perm & IOMMU_RO ? IOM_READ : IOM_WRITE,
		};
		iom_result result;

		count(l, &c->left);
		iom_iommu_inspect(space->q->iommu, &request, &result);
		if (result.status != IOM_OK || result.flags & IOM_RES_BYPASS ||
		    result.address >> PAGE_LG2 != p->output)
			wrong(l, "left behind", request.address, p->output << PAGE_LG2);
	}
}
