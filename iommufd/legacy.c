/* SPDX-License-Identifier: MIT */
/* The nested API of 2020-21 on today's objects, field by field. */
#include "iommufd/legacy.h"

#include <string.h>

#define WRITE_BACK (1ull << 2 | 1ull << 4 | 3ull << 6) /* S1CIR, S1COR, S1CSH */
#define SID_SHIFT 32

static int call(iom_legacy *l, unsigned long request, void *cmd)
{
	return iom_iommufd_ioctl(l->config.transport, l->config.iommufd, request, (uintptr_t)cmd);
}

static void destroy(iom_legacy *l, uint32_t id)
{
	struct iomfd_destroy cmd = { sizeof(cmd), id };

	if (id)
		call(l, IOMFD_DESTROY, &cmd);
}

static int attach(iom_legacy *l, const iomfd_legacy_device *d, uint32_t pt, uint32_t pasid)
{
	struct iomfd_vfio_attach cmd = { .argsz = pasid ? 16 : 12, .pt_id = pt };

	if (pasid) {
		cmd.flags = IOMFD_VFIO_ATTACH_PASID;
		cmd.pasid = pasid;
	}
	return iom_iommufd_ioctl(l->config.transport, d->fd, IOMFD_VFIO_DEVICE_ATTACH_IOMMUFD_PT,
				 (uintptr_t)&cmd);
}

iom_legacy *iom_legacy_new(const iom_legacy_config *config, GError **error)
{
	iom_legacy *l;

	if (config->size != sizeof(*config) || !config->transport || !config->parent ||
	    config->ring_entries < 2 || config->ring_entries > 1u << 16) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
			    "legacy nested API: a transport, a nest parent and rings of 2 to "
			    "65536 entries are wanted");
		return NULL;
	}
	l = g_new0(iom_legacy, 1);
	l->config = *config;
	l->devices = g_ptr_array_new();
	return l;
}

static iomfd_legacy_device *device_at(iom_legacy *l, unsigned index)
{
	return index < l->devices->len ? g_ptr_array_index(l->devices, index) : NULL;
}

void iom_legacy_free(iom_legacy *l)
{
	if (!l)
		return;
	for (guint i = 0; i < l->devices->len; i++) {
		iomfd_legacy_device *d = g_ptr_array_index(l->devices, i);

		while (d->pasids->len)
			iom_legacy_unbind_gpasid(
				l, i, g_array_index(d->pasids, iomfd_legacy_pasid, 0).pasid);
		if (l->nested)
			attach(l, d, l->config.parent, 0);
		g_array_unref(d->pasids);
		g_array_unref(d->open);
		g_free(d->faults);
		g_free(d->responses);
		g_free(d);
	}
	destroy(l, l->nested);
	g_ptr_array_unref(l->devices);
	g_free(l);
}

int iom_legacy_add_device(iom_legacy *l, int fd, uint32_t dev_id, uint32_t vsid)
{
	iomfd_legacy_device *d = g_new0(iomfd_legacy_device, 1);
	int rc;

	d->fd = fd;
	d->dev_id = dev_id;
	d->vsid = vsid;
	rc = l->nested ? attach(l, d, l->nested, 0) : 0;
	if (rc < 0) {
		g_free(d);
		return rc;
	}
	d->pasids = g_array_new(FALSE, FALSE, sizeof(iomfd_legacy_pasid));
	d->open = g_array_new(FALSE, FALSE, sizeof(iomfd_legacy_open));
	d->faults =
		iomfd_legacy_ring_new(l->config.ring_entries, sizeof(struct iomfd_legacy_fault));
	d->responses =
		iomfd_legacy_ring_new(l->config.ring_entries, sizeof(struct iomfd_legacy_response));
	g_ptr_array_add(l->devices, d);
	return (int)l->devices->len - 1;
}

/* ------------------------------------------------------------------------
 * SET_PASID_TABLE
 */
static int make_ste(const struct iomfd_legacy_pasid_config *c, uint64_t ste[2])
{
	ste[1] = 0;
	switch (c->config) {
	case 1:
		if ((c->base_ptr & 63) || c->base_ptr >> 52 || c->s1fmt > 2 || c->s1dss > 2 ||
		    c->pasid_bits > 20)
			return -EINVAL;
		ste[0] = 1 | 5 << 1 | (uint64_t)c->s1fmt << 4 | c->base_ptr |
			 (uint64_t)c->pasid_bits << 59;
		ste[1] = c->s1dss | WRITE_BACK;
		return 0;
	case 2:
		ste[0] = 1 | 4 << 1;
		return 0;
	case 3:
		ste[0] = 1;
		return 0;
	default:
		return -EINVAL;
	}
}

static int nested_alloc(iom_legacy *l, uint32_t dev_id, uint32_t pt, uint32_t flags, uint32_t type,
			const void *data, uint32_t len, uint32_t *id)
{
	struct iomfd_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.flags = flags | (l->config.fault_id ? IOMFD_HWPT_FAULT_ID_VALID : 0),
		.dev_id = dev_id,
		.pt_id = pt,
		.data_type = type,
		.data_len = len,
		.data_uptr = (uintptr_t)data,
		.fault_id = l->config.fault_id,
	};
	int rc = call(l, IOMFD_HWPT_ALLOC, &cmd);

	*id = cmd.out_hwpt_id;
	return rc;
}

/* Every device moves, or none: what has moved goes back. */
static int move_all(iom_legacy *l, uint32_t to)
{
	uint32_t from = l->nested ? l->nested : l->config.parent;

	for (guint i = 0; i < l->devices->len; i++) {
		int rc = attach(l, g_ptr_array_index(l->devices, i), to, 0);

		if (rc < 0) {
			while (i-- > 0)
				attach(l, g_ptr_array_index(l->devices, i), from, 0);
			return rc;
		}
	}
	return 0;
}

static int set_pasid_table(iom_legacy *l, const struct iomfd_legacy_set_pasid_table *cmd)
{
	struct iomfd_legacy_pasid_config c = cmd->config;
	struct iomfd_hwpt_arm_smmuv3 ste;
	uint32_t fresh;
	int rc;

	if (cmd->argsz < 8 || (cmd->flags != 1 && cmd->flags != 2))
		return -EINVAL;
	if (!l->config.viommu)
		return -EOPNOTSUPP;
	if (cmd->flags == 2) {
		c.config = 2;
	} else if (cmd->argsz < sizeof(*cmd) || c.argsz < sizeof(c) || c.version != 1 ||
		   c.format != 1 || c.smmu_version != 1) {
		return -EINVAL;
	}
	/* The old header: translate to translate needs a step in between. */
	if (l->devices->len == 0 || (c.config == 1 && l->translating))
		return -EINVAL;
	rc = make_ste(&c, ste.ste);
	if (rc)
		return rc;
	rc = nested_alloc(l, device_at(l, 0)->dev_id, l->config.viommu, 0,
			  IOMFD_HWPT_DATA_ARM_SMMUV3, &ste, sizeof(ste), &fresh);
	if (rc < 0)
		return rc;
	rc = move_all(l, fresh);
	if (rc < 0) {
		destroy(l, fresh);
		return rc;
	}
	destroy(l, l->nested);
	l->nested = fresh;
	l->translating = c.config == 1;
	return 0;
}

/* ------------------------------------------------------------------------
 * CACHE_INVALIDATE
 */
static int invalidate(iom_legacy *l, uint32_t id, uint32_t type, const void *entries, uint32_t size,
		      uint32_t n)
{
	struct iomfd_hwpt_invalidate cmd = {
		.size = sizeof(cmd),
		.hwpt_id = id,
		.data_uptr = (uintptr_t)entries,
		.data_type = type,
		.entry_len = size,
		.entry_num = n,
	};

	return n ? call(l, IOMFD_HWPT_INVALIDATE, &cmd) : 0;
}

static void add_command(GArray *cmds, uint64_t word0, uint64_t word1)
{
	const struct iomfd_viommu_arm_smmuv3_invalidate c = { { word0, word1 } };

	g_array_append_val(cmds, c);
}

static uint64_t ssid_bits(const struct iomfd_legacy_inv_addr *a)
{
	return a->flags & IOMFD_LEGACY_INV_PASID ? 1ull << 11 | (a->pasid & 0xfffff) << 12 : 0;
}

/* ATC_INV of 2^size pages. */
static void add_atc(iom_legacy *l, GArray *cmds, uint64_t ssid, uint64_t addr, unsigned pages_lg2)
{
	for (guint i = 0; i < l->devices->len; i++)
		add_command(cmds, 0x40 | ssid | (uint64_t)device_at(l, i)->vsid << SID_SHIFT,
			    (addr & ~0xfffull) | pages_lg2);
}

static void add_per_device(iom_legacy *l, GArray *cmds, uint64_t word0, uint64_t word1)
{
	for (guint i = 0; i < l->devices->len; i++)
		add_command(cmds, word0 | (uint64_t)device_at(l, i)->vsid << SID_SHIFT, word1);
}

static void iotlb_commands(const struct iomfd_legacy_invalidate *c, GArray *cmds)
{
	const struct iomfd_legacy_inv_addr *a = &c->addr;
	bool by_asid = a->flags & IOMFD_LEGACY_INV_ARCHID;
	uint64_t asid = (uint64_t)(a->archid & 0xffff) << 48;

	if (c->granularity == IOMFD_LEGACY_DOMAIN) {
		add_command(cmds, 0x30, 0);
	} else if (c->granularity == IOMFD_LEGACY_PASID) {
		/* Which ASID a PASID has only its CD says: all of them go. */
		add_command(cmds, by_asid ? 0x11 | asid : 0x10, 0);
	} else if (!by_asid && (a->flags & IOMFD_LEGACY_INV_PASID)) {
		add_command(cmds, 0x10, 0);
	} else {
		for (uint64_t i = 0; i < a->nb_granules; i++)
			add_command(cmds, by_asid ? 0x12 | asid : 0x13,
				    ((a->addr + i * a->granule_size) & ~0xfffull) |
					    (a->flags & IOMFD_LEGACY_INV_LEAF ? 1 : 0));
	}
}

static void dev_iotlb_commands(iom_legacy *l, const struct iomfd_legacy_invalidate *c, GArray *cmds)
{
	const struct iomfd_legacy_inv_addr *a = &c->addr;
	uint64_t bytes = a->granule_size * a->nb_granules;
	unsigned pages_lg2 = 0;

	if (c->granularity == IOMFD_LEGACY_PASID) {
		add_atc(l, cmds, ssid_bits(a), 0, 52);
		return;
	}
	while (pages_lg2 < 52 && (4096ull << pages_lg2) < bytes)
		pages_lg2++;
	add_atc(l, cmds, ssid_bits(a), a->addr & ~((4096ull << pages_lg2) - 1), pages_lg2);
}

static int invalidate_smmu(iom_legacy *l, const struct iomfd_legacy_invalidate *c)
{
	GArray *cmds = g_array_new(FALSE, FALSE, 16);
	int rc;

	/* Configuration first, translations after it, devices last. */
	if (c->cache & IOMFD_LEGACY_CACHE_PASID) {
		if (c->granularity == IOMFD_LEGACY_DOMAIN)
			add_per_device(l, cmds, 0x06, 0);
		else
			add_per_device(l, cmds, 0x05 | (c->addr.pasid & 0xfffff) << 12, 1);
	}
	if (c->cache & IOMFD_LEGACY_CACHE_IOTLB)
		iotlb_commands(c, cmds);
	if (c->cache & IOMFD_LEGACY_CACHE_DEV)
		dev_iotlb_commands(l, c, cmds);
	rc = invalidate(l, l->config.viommu, IOMFD_INVALIDATE_ARM_SMMUV3, cmds->data, 16,
			cmds->len);
	g_array_unref(cmds);
	return rc;
}

/* Device caches are implied: the kernel flushes them with the IOTLB. */
static int invalidate_vtd(iom_legacy *l, const struct iomfd_legacy_invalidate *c)
{
	const struct iomfd_legacy_inv_addr *a = &c->addr;
	bool by_pasid =
		c->granularity != IOMFD_LEGACY_DOMAIN && (a->flags & IOMFD_LEGACY_INV_PASID);
	struct iomfd_hwpt_vtd_s1_invalidate entry = { .npages = UINT64_MAX };

	if (c->granularity == IOMFD_LEGACY_ADDR) {
		entry.addr = a->addr & ~0xfffull;
		entry.npages = a->nb_granules * (a->granule_size >> 12);
		entry.flags = a->flags & IOMFD_LEGACY_INV_LEAF ? IOMFD_VTD_INV_LEAF : 0;
	}
	for (guint i = 0; i < l->devices->len; i++) {
		const iomfd_legacy_device *d = device_at(l, i);

		for (guint k = 0; k < d->pasids->len; k++) {
			const iomfd_legacy_pasid *p =
				&g_array_index(d->pasids, iomfd_legacy_pasid, k);
			int rc = 0;

			if (!by_pasid || p->pasid == a->pasid)
				rc = invalidate(l, p->hwpt, IOMFD_INVALIDATE_VTD_S1, &entry,
						sizeof(entry), 1);
			if (rc < 0)
				return rc;
		}
	}
	return 0;
}

/* Which cache knows which granularity; every cache that is named must. */
static bool allowed(unsigned cache, unsigned granularity)
{
	static const uint8_t caches[] = {
		[IOMFD_LEGACY_DOMAIN] = IOMFD_LEGACY_CACHE_IOTLB | IOMFD_LEGACY_CACHE_PASID,
		[IOMFD_LEGACY_PASID] = IOMFD_LEGACY_CACHE_IOTLB | IOMFD_LEGACY_CACHE_DEV |
				       IOMFD_LEGACY_CACHE_PASID,
		[IOMFD_LEGACY_ADDR] = IOMFD_LEGACY_CACHE_IOTLB | IOMFD_LEGACY_CACHE_DEV,
	};

	return cache && granularity < G_N_ELEMENTS(caches) && !(cache & ~caches[granularity]);
}

static int cache_invalidate(iom_legacy *l, const struct iomfd_legacy_invalidate *c)
{
	static const uint32_t needed[] = { 24, 40, 64 };
	const struct iomfd_legacy_inv_addr *a = &c->addr;

	if (c->argsz < 24 || c->flags || c->version != 1 || !allowed(c->cache, c->granularity) ||
	    c->argsz < needed[c->granularity] || c->info_argsz < needed[c->granularity] - 8)
		return -EINVAL;
	if (c->granularity == IOMFD_LEGACY_PASID &&
	    !(a->flags & (IOMFD_LEGACY_INV_PASID | IOMFD_LEGACY_INV_ARCHID)))
		return -EINVAL;
	/* A bound on the work, far above what a driver asks for at once. */
	if (c->granularity == IOMFD_LEGACY_ADDR &&
	    (!a->nb_granules || a->nb_granules > 1u << 16 || a->granule_size < 4096 ||
	     (a->granule_size & (a->granule_size - 1)) || a->granule_size > 1ull << 39))
		return -EINVAL;
	return l->config.viommu ? invalidate_smmu(l, c) : invalidate_vtd(l, c);
}

/*
 * The host's doorbell is at a fixed place today, and the guest maps it one to
 * one; a binding is checked and otherwise needs nothing.
 */
static int set_msi_binding(const struct iomfd_legacy_msi_binding *cmd)
{
	if (cmd->argsz < sizeof(*cmd) || (cmd->flags != 1 && cmd->flags != 2))
		return -EINVAL;
	if (cmd->flags == 1 && (!cmd->bytes || ((cmd->iova | cmd->gpa) & 0xfff)))
		return -EINVAL;
	return 0;
}

int iom_legacy_ioctl(iom_legacy *l, unsigned long request, uintptr_t arg)
{
	const void *cmd = (const void *)arg;

	switch (request) {
	case IOMFD_VFIO_CHECK_EXTENSION:
		return arg == IOMFD_VFIO_TYPE1_NESTING_IOMMU
			       ? 1
			       : iom_iommufd_ioctl(l->config.transport, l->config.iommufd, request,
						   arg);
	case IOMFD_LEGACY_SET_PASID_TABLE:
		return set_pasid_table(l, cmd);
	case IOMFD_LEGACY_CACHE_INVALIDATE:
		return cache_invalidate(l, cmd);
	case IOMFD_LEGACY_SET_MSI_BINDING:
		return set_msi_binding(cmd);
	case IOMFD_LEGACY_BIND:
	case IOMFD_LEGACY_UNBIND:
		/* Sharing a process's address space has no call in iommufd. */
		return -EOPNOTSUPP;
	default:
		return -ENOTTY;
	}
}

/* ------------------------------------------------------------------------
 * gpasid
 */
int iom_legacy_bind_gpasid(iom_legacy *l, unsigned device, const void *data)
{
	const struct iomfd_legacy_gpasid *g = data;
	iomfd_legacy_device *d = device_at(l, device);
	struct iomfd_hwpt_vtd_s1 s1 = { 0 };
	iomfd_legacy_pasid p;
	int rc;

	if (!d)
		return -ENODEV;
	if (l->config.viommu)
		return -EOPNOTSUPP;
	if (g->argsz < sizeof(*g) || g->version != 1 || g->format != 1 ||
	    (g->addr_width != 48 && g->addr_width != 57) || g->hpasid >> 20)
		return -EINVAL;
	/* Only one and the same PASID on both sides, and no memory types. */
	if (((g->flags & 1) && g->gpasid != g->hpasid) || (g->vtd_flags & ~3ull))
		return -EINVAL;
	s1.pgtbl_addr = g->gpgd;
	s1.addr_width = g->addr_width;
	s1.flags = g->vtd_flags & 3;
	rc = nested_alloc(l, d->dev_id, l->config.parent, IOMFD_HWPT_PASID, IOMFD_HWPT_DATA_VTD_S1,
			  &s1, sizeof(s1), &p.hwpt);
	if (rc < 0)
		return rc;
	p.pasid = (uint32_t)g->hpasid;
	for (guint i = 0; i < d->pasids->len; i++) {
		if (g_array_index(d->pasids, iomfd_legacy_pasid, i).pasid == p.pasid)
			rc = -EBUSY;
	}
	if (!rc)
		rc = attach(l, d, p.hwpt, p.pasid);
	if (rc < 0) {
		destroy(l, p.hwpt);
		return rc;
	}
	g_array_append_val(d->pasids, p);
	return 0;
}

int iom_legacy_unbind_gpasid(iom_legacy *l, unsigned device, uint32_t pasid)
{
	iomfd_legacy_device *d = device_at(l, device);

	for (guint i = 0; d && i < d->pasids->len; i++) {
		iomfd_legacy_pasid p = g_array_index(d->pasids, iomfd_legacy_pasid, i);
		struct iomfd_vfio_detach cmd = { 12, IOMFD_VFIO_ATTACH_PASID, pasid };

		if (p.pasid != pasid)
			continue;
		g_array_remove_index_fast(d->pasids, i);
		if (pasid)
			iom_iommufd_ioctl(l->config.transport, d->fd,
					  IOMFD_VFIO_DEVICE_DETACH_IOMMUFD_PT, (uintptr_t)&cmd);
		else
			attach(l, d, l->config.parent, 0);
		destroy(l, p.hwpt);
		return 0;
	}
	return d ? -EINVAL : -ENODEV;
}
