/* SPDX-License-Identifier: MIT */
/*
 * The mock back end: an IOMMU as the kernel's iommufd selftest driver pretends
 * to have one. Its page tables are the areas themselves; what they are made of
 * (entries of every power of two from 2 KiB on, as AMD's format has them) only
 * shows in dirty tracking.
 */
#include "iommufd/engine/mock.h"

#include <string.h>

#define HUGE_SPAN (2ul << 20)

static iomfd_mock_domain *mock(iomfd_domain *d)
{
	return (iomfd_mock_domain *)d;
}

static int hw_info(iomfd_dev *dev, uint32_t *type, void *data, uint32_t *len)
{
	const struct iomfd_test_hw_info info = { 0, IOMFD_HW_INFO_SELFTEST_REGVAL };

	(void)dev;
	if (*type != IOMFD_HW_INFO_NONE && *type != IOMFD_HW_INFO_SELFTEST)
		return -EOPNOTSUPP;
	memcpy(data, &info, sizeof(info));
	*len = sizeof(info);
	*type = IOMFD_HW_INFO_SELFTEST;
	return 0;
}

static int alloc_paging(iomfd_dev *dev, uint32_t flags, const iomfd_udata *data, iomfd_domain **out)
{
	const uint32_t known =
		IOMFD_HWPT_DIRTY_TRACKING | IOMFD_HWPT_NEST_PARENT | IOMFD_HWPT_PASID;
	struct iomfd_hwpt_selftest config = { 0 };
	iomfd_mock_domain *d;
	int rc;

	if ((flags & ~known) || ((flags & IOMFD_HWPT_DIRTY_TRACKING) && !dev->dirty))
		return -EOPNOTSUPP;
	if (data) {
		if (data->type != IOMFD_HWPT_DATA_SELFTEST && data->type != IOMFD_HWPT_DATA_NONE)
			return -EOPNOTSUPP;
		rc = iomfd_udata_in(&config, sizeof(config), 4, data, IOMFD_HWPT_DATA_SELFTEST);
		if (rc)
			return rc;
	}
	if (config.pagetable_type > IOMFD_MOCK_PT_HUGE)
		return -EOPNOTSUPP;
	d = g_new0(iomfd_mock_domain, 1);
	d->base.driver = &iomfd_mock_driver;
	d->base.instance = dev->instance;
	d->base.dirty = flags & IOMFD_HWPT_DIRTY_TRACKING;
	d->pagetable = config.pagetable_type;
	d->dirty = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	if (config.pagetable_type == IOMFD_MOCK_PT_HUGE) {
		d->base.pgsizes = IOMFD_MOCK_HUGE_PAGE_SIZE | IOMFD_PAGE;
		d->base.aperture_last = (1ull << 38) - 1;
	} else {
		/* Contiguous entries make every size from 2 KiB on. */
		d->base.pgsizes = 0x1ffffff800ull;
		d->base.aperture_start = IOMFD_MOCK_APERTURE_START;
		d->base.aperture_last = IOMFD_MOCK_APERTURE_LAST;
	}
	*out = &d->base;
	return 0;
}

static int alloc_nested(iomfd_dev *dev, iomfd_domain *parent, iomfd_viommu *viommu, uint32_t flags,
			const iomfd_udata *data, iomfd_domain **out)
{
	struct iomfd_hwpt_selftest config;
	iomfd_mock_domain *d;
	int rc;

	(void)parent;
	if (flags & ~(uint32_t)IOMFD_HWPT_PASID)
		return -EOPNOTSUPP;
	if (data->type != IOMFD_HWPT_DATA_SELFTEST)
		return -EOPNOTSUPP;
	rc = iomfd_udata_in(&config, sizeof(config), 4, data, IOMFD_HWPT_DATA_SELFTEST);
	if (rc)
		return rc;
	d = g_new0(iomfd_mock_domain, 1);
	d->base.driver = &iomfd_mock_driver;
	d->base.instance = dev->instance;
	d->viommu = viommu;
	for (unsigned i = 0; i < IOMFD_MOCK_IOTLBS; i++)
		d->iotlb[i] = config.iotlb;
	*out = &d->base;
	return 0;
}

static void free_domain(iomfd_domain *domain)
{
	iomfd_mock_domain *d = mock(domain);

	if (d->dirty)
		g_hash_table_unref(d->dirty);
	g_free(d);
}

static int attach_rid(iomfd_mock_dev *m, iomfd_domain *domain)
{
	iomfd_viommu *viommu = domain && domain->nested ? mock(domain)->viommu : NULL;
	iomfd_vdevice *vdev;
	uint64_t id = 0;

	if (domain && domain->dirty && (m->flags & IOMFD_MOCK_DEVICE_NO_DIRTY))
		return -EINVAL;
	if (viommu) {
		vdev = iomfd_viommu_find(viommu, &m->base);
		if (!vdev)
			return -ENOENT;
		id = vdev->virt_id;
	}
	if (viommu != m->viommu) {
		m->viommu = viommu;
		m->vdev_id = id;
	}
	return 0;
}

static int attach(iomfd_dev *dev, uint32_t pasid, iomfd_domain *domain, iomfd_domain *old)
{
	iomfd_mock_dev *m = (iomfd_mock_dev *)dev;

	(void)old;
	if (pasid == IOMFD_NO_PASID)
		return attach_rid(m, domain);
	/* One PASID fails every second time, to test how the core backs out. */
	if (pasid == IOMFD_MOCK_PASID_FAILS) {
		bool fail = domain && m->pasid_fails_next;

		m->pasid_fails_next = domain && !fail;
		if (fail)
			return -ENOMEM;
	}
	return 0;
}

static int invalidate(iomfd_domain *domain, iomfd_uarray *array)
{
	iomfd_mock_domain *d = mock(domain);
	uint32_t n = array->entry_num, done = 0;
	struct iomfd_hwpt_invalidate_selftest in;
	int rc = 0;

	array->entry_num = 0;
	if (array->type != IOMFD_INVALIDATE_SELFTEST)
		return -EINVAL;
	for (; done < n; done++) {
		const iomfd_udata data = { array->type, array->entry_len,
					   array->uptr + (uint64_t)array->entry_len * done };

		rc = iomfd_udata_in(&in, sizeof(in), 8, &data, IOMFD_INVALIDATE_SELFTEST);
		if (rc)
			break;
		if (in.flags & ~(uint32_t)IOMFD_MOCK_INVALIDATE_ALL) {
			rc = -EOPNOTSUPP;
			break;
		}
		if (in.iotlb_id >= IOMFD_MOCK_IOTLBS) {
			rc = -EINVAL;
			break;
		}
		if (in.flags)
			memset(d->iotlb, 0, sizeof(d->iotlb));
		else
			d->iotlb[in.iotlb_id] = 0;
	}
	array->entry_num = done;
	return rc;
}

/* ------------------------------------------------------------------------
 * Dirty tracking
 */
static int set_dirty_tracking(iomfd_domain *domain, bool on)
{
	mock(domain)->tracking = on;
	return 0;
}

typedef struct entry {
	uint64_t start, last;
} entry;

/* The stretch of an area around `iova` that is one piece of physical memory. */
static entry physical_run(const iomfd_area *a, uint64_t iova, uint64_t *output)
{
	uint64_t byte = iomfd_area_byte(a, iova), span = IOMFD_PAGE, first, last;
	iomfd_phys phys;
	entry run;

	if (a->pages->type == IOMFD_PAGES_DMABUF && !a->ioas->no_large_pages) {
		*output = a->start_byte;
		return (entry){ a->start, a->last };
	}
	if (!a->ioas->no_large_pages &&
	    iomfd_phys_of(iomfd_pages_host(a->pages, byte), false, &phys) == 0 && phys.huge)
		span = HUGE_SPAN;
	/* Of user memory and files alike, the address is congruent to the frame. */
	first = iomfd_pages_host(a->pages, byte) & ~(span - 1);
	last = first + span - 1;
	run.start = iova - MIN(iova - a->start, iomfd_pages_host(a->pages, byte) - first);
	run.last = iova + MIN(a->last - iova, last - iomfd_pages_host(a->pages, byte));
	*output = iomfd_pages_host(a->pages, iomfd_area_byte(a, run.start));
	return run;
}

static uint64_t best_size(uint64_t sizes, uint64_t iova, uint64_t output, uint64_t left)
{
	uint64_t align = iova | output;
	uint64_t limit = 1ull << (63 - __builtin_clzll(left));

	if (align)
		limit = MIN(limit, align & -align);
	for (uint64_t size = limit; size; size >>= 1) {
		if (size & sizes)
			return size;
	}
	return left;
}

static entry entry_of(const iomfd_mock_domain *d, const iomfd_area *a, uint64_t iova)
{
	uint64_t output;
	entry run = physical_run(a, iova, &output);

	while (true) {
		uint64_t size =
			best_size(d->base.pgsizes, run.start, output, run.last - run.start + 1);

		if (iova - run.start < size)
			return (entry){ run.start, run.start + size - 1 };
		run.start += size;
		output += size;
	}
}

void iomfd_mock_set_dirty(iomfd_mock_domain *d, uint64_t iova)
{
	iomfd_area *a = iomfd_area_first(d->base.hwpt->ioas, iova, iova);
	uint64_t start;

	if (!a)
		return;
	start = entry_of(d, a, iova).start;
	g_hash_table_add(d->dirty, g_memdup2(&start, sizeof(start)));
}

/*
 * How much of a dirty entry is told. The kernel's page tables (7.2) take the
 * last of several contiguous items for the end, so one item is missing.
 */
static uint64_t told(entry e, uint64_t from, uint64_t last)
{
	uint64_t size = e.last - e.start + 1, item = IOMFD_MOCK_PAGE_SIZE;

	while (item << 9 <= size)
		item <<= 9;
	if (size == item)
		return MIN(e.last, last) - from + 1;
	return MIN(e.last + 1 - item, last + 1) - MIN(e.last + 1 - item, from);
}

static void read_dirty(iomfd_domain *domain, uint64_t iova, uint64_t last, bool clear,
		       void (*report)(void *opaque, uint64_t iova, uint64_t length), void *opaque)
{
	iomfd_mock_domain *d = mock(domain);
	GHashTableIter iter;
	gpointer key;

	g_hash_table_iter_init(&iter, d->dirty);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		uint64_t at = *(uint64_t *)key, length;
		iomfd_area *a = iomfd_area_first(domain->hwpt->ioas, at, at);
		entry e;

		if (!a)
			continue;
		e = entry_of(d, a, at);
		if (e.last < iova || e.start > last)
			continue;
		at = MAX(at, iova);
		length = told(e, at, last);
		if (length)
			report(opaque, at, length);
		if (clear)
			g_hash_table_iter_remove(&iter);
	}
}

static void unmap(iomfd_domain *domain, uint64_t iova, uint64_t length)
{
	iomfd_mock_domain *d = mock(domain);
	GHashTableIter iter;
	gpointer key;

	if (g_hash_table_size(d->dirty) == 0)
		return;
	g_hash_table_iter_init(&iter, d->dirty);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		if (*(uint64_t *)key - iova < length)
			g_hash_table_iter_remove(&iter);
	}
}

/* ------------------------------------------------------------------------
 * vIOMMU
 */
typedef struct mock_viommu {
	iomfd_hw_queue *queues[IOMFD_MOCK_HW_QUEUES];
} mock_viommu;

static int viommu_init(iomfd_viommu *v, iomfd_dev *dev, const iomfd_udata *data)
{
	struct iomfd_viommu_selftest config;
	const uint64_t length = 2 * IOMFD_PAGE;
	uint64_t offset;
	int rc;

	(void)dev;
	if (data) {
		rc = iomfd_udata_in(&config, sizeof(config), 8, data, IOMFD_VIOMMU_TYPE_SELFTEST);
		if (rc)
			return rc;
		rc = iomfd_mmap_add(&v->obj, length, &config.in_data, sizeof(config.in_data),
				    &offset);
		if (rc)
			return rc;
		config.out_data = config.in_data;
		config.out_mmap_length = length;
		config.out_mmap_offset = offset;
		rc = iomfd_copy_out(data->uptr, &config, MIN(data->len, sizeof(config)));
		if (rc)
			return rc;
	}
	v->data = g_new0(mock_viommu, 1);
	return 0;
}

static void viommu_free(iomfd_viommu *v)
{
	g_free(v->data);
}

static int load_array(const iomfd_uarray *array, uint32_t n,
		      struct iomfd_viommu_invalidate_selftest *in)
{
	const size_t size = sizeof(*in);

	if (array->type != IOMFD_INVALIDATE_SELFTEST || !n)
		return -EINVAL;
	if (array->entry_len == size)
		return iomfd_copy_in(in, array->uptr, n * size);
	for (uint32_t i = 0; i < n; i++) {
		int rc = iomfd_copy_struct_in(&in[i], size,
					      array->uptr + (uint64_t)array->entry_len * i,
					      array->entry_len);

		if (rc)
			return rc;
	}
	return 0;
}

static int invalidate_cache(iomfd_viommu *v, const struct iomfd_viommu_invalidate_selftest *in)
{
	uint64_t id = in->vdev_id;
	iomfd_vdevice *vdev;
	iomfd_mock_dev *m;

	if (in->flags & ~(uint32_t)IOMFD_MOCK_INVALIDATE_ALL)
		return -EOPNOTSUPP;
	if (in->cache_id >= IOMFD_MOCK_DEV_CACHES)
		return -EINVAL;
	vdev = g_hash_table_lookup(v->vdevices, &id);
	if (!vdev)
		return -EINVAL;
	m = (iomfd_mock_dev *)vdev->device->dev;
	if (in->flags)
		memset(m->cache, 0, sizeof(m->cache));
	else
		m->cache[in->cache_id] = 0;
	return 0;
}

static int viommu_invalidate(iomfd_viommu *v, iomfd_uarray *array)
{
	struct iomfd_viommu_invalidate_selftest *in;
	uint32_t n = array->entry_num, done = 0;
	int rc;

	if (n == 0 && array->type == IOMFD_INVALIDATE_SELFTEST)
		return 0;
	in = g_new0(struct iomfd_viommu_invalidate_selftest, MAX(n, 1));
	rc = load_array(array, n, in);
	while (!rc && done < n) {
		rc = invalidate_cache(v, &in[done]);
		if (!rc)
			done++;
	}
	array->entry_num = done;
	g_free(in);
	return rc;
}

static int hw_queue_init(iomfd_hw_queue *q)
{
	mock_viommu *m = q->viommu->data;

	if (q->index >= IOMFD_MOCK_HW_QUEUES)
		return -EINVAL;
	if (m->queues[q->index])
		return -EEXIST;
	if (q->index) {
		q->prev = m->queues[q->index - 1];
		if (!q->prev)
			return -EIO;
		q->prev->obj.users++;
	}
	m->queues[q->index] = q;
	return 0;
}

static void hw_queue_free(iomfd_hw_queue *q)
{
	mock_viommu *m = q->viommu->data;

	if (q->index >= IOMFD_MOCK_HW_QUEUES || m->queues[q->index] != q)
		return;
	m->queues[q->index] = NULL;
	if (q->prev)
		q->prev->obj.users--;
}

const iomfd_driver iomfd_mock_driver = {
	.name = "mock",
	.viommu_type = IOMFD_VIOMMU_TYPE_SELFTEST,
	.veventq_type = IOMFD_VEVENTQ_TYPE_SELFTEST,
	.hw_queue_type = IOMFD_HW_QUEUE_TYPE_SELFTEST,
	.user_pasid_table = true,
	.hw_info = hw_info,
	.alloc_paging = alloc_paging,
	.alloc_nested = alloc_nested,
	.free_domain = free_domain,
	.unmap = unmap,
	.attach = attach,
	.invalidate = invalidate,
	.set_dirty = set_dirty_tracking,
	.read_dirty = read_dirty,
	.viommu_init = viommu_init,
	.viommu_free = viommu_free,
	.viommu_invalidate = viommu_invalidate,
	.hw_queue_init = hw_queue_init,
	.hw_queue_free = hw_queue_free,
};

iomfd_mock_dev *iomfd_mock_dev_new(struct iomfd_engine *e, uint32_t flags)
{
	iomfd_mock_dev *m = g_new0(iomfd_mock_dev, 1);

	iomfd_dev_init(&m->base, e, &iomfd_mock_driver);
	m->flags = flags;
	m->base.group = e->next_group++;
	m->base.dirty = !(flags & IOMFD_MOCK_DEVICE_NO_DIRTY);
	/* Without the property the kernel counts one PASID: the RID's own. */
	m->base.max_pasids = flags & IOMFD_MOCK_DEVICE_PASID ? 1u << IOMFD_MOCK_PASID_WIDTH : 1;
	for (unsigned i = 0; i < IOMFD_MOCK_DEV_CACHES; i++)
		m->cache[i] = IOMFD_DEV_CACHE_DEFAULT;
	return m;
}
