/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IOTLB notifications. Who only drops what it cached (vhost) is told ranges. Who keeps
 * tables of its own (VFIO) is told each page that comes or goes, from a mirror of what
 * the guest maps, and gets plain memory where nothing is translated.
 */
#include "glue.h"

#include "qemu/error-report.h"
#include "qemu/main-loop.h"

/* A mapping takes VFIO some work and the host an entry: more is no use to anybody. */
#define PAGES_LIMIT (1u << 20)

/* ---- one notifier ---- */

/*
 * An entry is a naturally aligned power of two within what the notifier listens to:
 * cut [first, last] into such. `output` is that of `first`; unmappings have none.
 */
static void notify_range(IOMMUNotifier *n, hwaddr first, hwaddr last, hwaddr output,
			 IOMMUAccessFlags perm)
{
	IOMMUTLBEvent event = {
		.type = perm != IOMMU_NONE ? IOMMU_NOTIFIER_MAP
			: n->notifier_flags & IOMMU_NOTIFIER_DEVIOTLB_UNMAP
				? IOMMU_NOTIFIER_DEVIOTLB_UNMAP
				: IOMMU_NOTIFIER_UNMAP,
		.entry.target_as = &address_space_memory,
		.entry.perm = perm,
	};

	output += MAX(first, n->start) - first;
	first = MAX(first, n->start);
	last = MIN(last, n->end);
	while (first <= last) {
		unsigned lg2 = first ? ctz64(first) : 63;
		hwaddr mask;

		if (perm != IOMMU_NONE && output)
			lg2 = MIN(lg2, (unsigned)ctz64(output));
		while (lg2 && (UINT64_C(1) << lg2) - 1 > last - first)
			lg2--;
		mask = (UINT64_C(1) << lg2) - 1;
		event.entry.iova = first;
		event.entry.translated_addr = output;
		event.entry.addr_mask = mask;
		memory_region_notify_iommu_one(n, &event);
		if (first + mask >= last)
			break;
		first += mask + 1;
		output += perm != IOMMU_NONE ? mask + 1 : 0;
	}
}

void iom_notify_range(IOMMUNotifier *n, hwaddr first, hwaddr last)
{
	notify_range(n, first, last, 0, IOMMU_NONE);
}

static void notify_page(IOMMUNotifier *n, const iom_mapping *m, bool map)
{
	IOMMUAccessFlags perm = IOMMU_NONE;

	if (map)
		perm = IOMMU_ACCESS_FLAG(m->permissions & IOM_READ, m->permissions & IOM_WRITE);
	if (map && perm == IOMMU_NONE)
		return;
	notify_range(n, m->address, m->address + ((UINT64_C(1) << m->page_lg2) - 1),
		     map ? m->output : 0, perm);
}

/* ---- mirrors ---- */

static void page_changed(IomSpace *space, const iom_mapping *m, bool map)
{
	IOMMUNotifier *n;

	IOMMU_NOTIFIER_FOREACH(n, &space->mr)
	{
		if (n->notifier_flags & IOMMU_NOTIFIER_MAP && n != space->newcomer)
			notify_page(n, m, map);
	}
}

static void page_mapped(void *opaque, const iom_mapping *m)
{
	page_changed(opaque, m, true);
}

static void page_unmapped(void *opaque, const iom_mapping *m)
{
	page_changed(opaque, m, false);
}

static void told(void *opaque, const iom_mapping *m)
{
	notify_page(opaque, m, true);
}

static void make_mirror(IomSpace *space)
{
	static const iom_mirror_ops ops = { page_mapped, page_unmapped };
	iom_request who = { .requester = iom_qemu_requester(space), .pasid = IOM_NO_PASID };

	space->mirror = iom_mirror_new(space->q->iommu, &who, PAGES_LIMIT, &ops, space);
	space->mirror_of = who.requester;
}

static void sync_mirror(IomSpace *space, hwaddr first, hwaddr last)
{
	/* The guest numbers buses when it likes. */
	if (space->mirror_of != iom_qemu_requester(space)) {
		iom_mirror_clear(space->mirror);
		iom_mirror_free(space->mirror);
		make_mirror(space);
		first = 0;
		last = UINT64_MAX;
	}
	if (!iom_mirror_sync(space->mirror, first, last))
		warn_report_once("iommulate: requester %#x maps more than %u pages; "
				 "the rest is not passed on",
				 iom_qemu_requester(space), PAGES_LIMIT);
}

/* Without translation there is no page to tell of: the device gets all memory itself. */
static bool bypassed(IomSpace *space)
{
	iom_request request = {
		.requester = iom_qemu_requester(space),
		.pasid = IOM_NO_PASID,
		.access = IOM_READ,
	};
	iom_result result;

	iom_iommu_inspect(space->q->iommu, &request, &result);
	return result.status == IOM_OK && result.flags & IOM_RES_BYPASS;
}

/* Not from within a listener of the address space. */
static void update_direct(IomSpace *space)
{
	bool direct = bypassed(space);

	if (direct == memory_region_is_mapped(&space->direct))
		return;
	memory_region_transaction_begin();
	if (direct)
		memory_region_add_subregion_overlap(&space->root, 0, &space->direct, 0);
	else
		memory_region_del_subregion(&space->root, &space->direct);
	memory_region_set_enabled(MEMORY_REGION(&space->mr), !direct);
	memory_region_transaction_commit();
}

void iom_notify_spaces(IomQemu *q, void (*fn)(IomSpace *space, const void *opaque),
		       const void *opaque)
{
	GHashTableIter it;
	gpointer value;

	g_hash_table_iter_init(&it, q->spaces);
	while (g_hash_table_iter_next(&it, NULL, &value)) {
		IomSpace **by_devfn = value;

		for (unsigned f = 0; f < PCI_DEVFN_MAX; f++) {
			if (by_devfn[f])
				fn(by_devfn[f], opaque);
		}
	}
}

/* Translation went on or off: what was cached before means nothing now. */
static void check_mode(IomSpace *space, const void *unused)
{
	IOMMUNotifier *n;

	if (space->mirrored) {
		update_direct(space);
		return;
	}
	if (!space->listened || space->bypassed == bypassed(space))
		return;
	space->bypassed = !space->bypassed;
	IOMMU_NOTIFIER_FOREACH(n, &space->mr)
	notify_range(n, 0, UINT64_MAX, 0, IOMMU_NONE);
}

void iom_notify_modes(IomQemu *q)
{
	if (q->mirrors || qatomic_read(&q->listeners))
		iom_notify_spaces(q, check_mode, NULL);
}

static void modes_later(void *opaque)
{
	iom_notify_modes(opaque);
}

/* ---- what QEMU's memory core asks ---- */

int iom_notify_flag_changed(IOMMUMemoryRegion *mr, IOMMUNotifierFlag old, IOMMUNotifierFlag new,
			    Error **errp)
{
	IomSpace *space = container_of(mr, IomSpace, mr);
	IomQemu *q = space->q;

	if (new &IOMMU_NOTIFIER_MAP && q->no_map) {
		error_setg(errp, "iommulate: %s", q->no_map);
		return -EINVAL;
	}
	space->listened = new != IOMMU_NOTIFIER_NONE;
	qatomic_add(&q->listeners, (new != IOMMU_NOTIFIER_NONE) - (old != IOMMU_NOTIFIER_NONE));
	if (new &IOMMU_NOTIFIER_MAP && !space->mirror) {
		make_mirror(space);
		if (!space->mirrored) {
			memory_region_init_alias(&space->direct, OBJECT(q->dev), "iommulate-direct",
						 get_system_memory(), 0,
						 memory_region_size(get_system_memory()));
			space->mirrored = true;
			q->mirrors++;
		}
	} else if (!(new &IOMMU_NOTIFIER_MAP)) {
		iom_mirror_free(space->mirror);
		space->mirror = NULL;
	}
	return 0;
}

void iom_notify_replay(IOMMUMemoryRegion *mr, IOMMUNotifier *n)
{
	IomSpace *space = container_of(mr, IomSpace, mr);

	if (!space->mirror)
		return;
	if (bypassed(space)) {
		aio_bh_schedule_oneshot(qemu_get_aio_context(), modes_later, space->q);
		return;
	}
	space->newcomer = n;
	sync_mirror(space, 0, UINT64_MAX);
	space->newcomer = NULL;
	iom_mirror_foreach(space->mirror, told, n);
}

/* ---- invalidations ---- */

static void deliver_to(IomSpace *space, const void *opaque)
{
	const IomNotice *notice = opaque;
	const iom_invalidation *inv = &notice->what;
	uint64_t first, last;
	IOMMUNotifier *n;

#ifdef IOM_QEMU_ATS
	/* An endpoint drops what it is told to, and only that, as its driver must know. */
	if (notice->sent)
		iom_ats_invalidated(space, inv);
#endif
	if (!space->listened ||
	    !iom_invalidation_reaches(inv, iom_qemu_requester(space), IOM_NO_PASID, &first, &last))
		return;
	IOMMU_NOTIFIER_FOREACH(n, &space->mr)
	{
		if (!(n->notifier_flags & IOMMU_NOTIFIER_MAP))
			notify_range(n, first, last, 0, IOMMU_NONE);
	}
	if (space->mirror && !bypassed(space))
		sync_mirror(space, first, last);
}

void iom_notify_deliver(IomQemu *q)
{
	GArray *notices;

	qemu_mutex_lock(&q->lock);
	notices = q->notices;
	q->notices = g_array_new(FALSE, FALSE, sizeof(IomNotice));
	qemu_mutex_unlock(&q->lock);
	for (guint i = 0; i < notices->len; i++)
		iom_notify_spaces(q, deliver_to, &g_array_index(notices, IomNotice, i));
	g_array_unref(notices);
}

/* Everything may have changed: a reset, or another state. */
void iom_notify_all(IomQemu *q)
{
	const IomNotice all = {
		.what.kind = IOM_INV_ALL,
		.what.requester = IOM_INV_ANY,
		.what.pasid = IOM_NO_PASID,
		.what.asid = IOM_INV_ANY,
		.what.vmid = IOM_INV_ANY,
		.sent = true,
	};

	if (!qatomic_read(&q->listeners) && !q->mirrors)
		return;
	iom_notify_deliver(q);
	iom_notify_spaces(q, deliver_to, &all);
	iom_notify_modes(q);
}
