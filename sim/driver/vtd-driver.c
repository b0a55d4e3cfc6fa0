/* SPDX-License-Identifier: MIT */
/*
 * A driver of VT-d: legacy or scalable mode, queued invalidation, status writes
 * for waiting. Every domain has PASID 0, which is where requests without a PASID
 * go (RID_PASID 0).
 */
#include "core/layout.h"
#include "sim/driver/driver-internal.h"

enum {
	R_CAP = 0x08,
	R_ECAP = 0x10,
	R_GCMD = 0x18,
	R_GSTS = 0x1c,
	R_RTADDR = 0x20,
	R_IQT = 0x88,
	R_IQA = 0x90,
	QUEUE_PAGES_LG2 = 0,
};

#define GCMD_TE (1u << 31)
#define GCMD_SRTP (1u << 30)
#define GCMD_QIE (1u << 26)
/* GSTS bits that a GCMD write sets by level, and so must repeat: TES, QIES, IRES, CFIS. */
#define GSTS_LEVELS 0x86800000u

enum {
	DSC_CONTEXT = 1,
	DSC_IOTLB = 2,
	DSC_WAIT = 5,
	DSC_PASID_IOTLB = 6,
	DSC_PASID_CACHE = 7,
};

static void push(iom_driver *d, uint64_t word0, uint64_t word1)
{
	unsigned bytes = d->wide ? 32 : 16;
	uint64_t at = d->queue + (uint64_t)d->queue_index * bytes;

	for (unsigned i = 0; i < bytes / 8; i++)
		iom_memory_store64(d->pool.memory, at + i * 8, i == 0 ? word0 : i == 1 ? word1 : 0);
	d->queue_index = (d->queue_index + 1) % d->queue_entries;
}

static void wait(iom_driver *d)
{
	iom_memory_store32(d->pool.memory, d->status, 0);
	push(d, DSC_WAIT | 1u << 5 | 1u << 6 | UINT64_C(1) << 32, d->status);
	iom_driver_write(d, R_IQT, 8, (uint64_t)d->queue_index << (d->wide ? 5 : 4));
}

static void command(iom_driver *d, uint32_t bit, bool level)
{
	uint32_t value = iom_driver_read(d, R_GSTS) & GSTS_LEVELS;

	if (level)
		value |= bit;
	iom_driver_write(d, R_GCMD, 4, value | bit);
}

/* 10.4.2, 10.4.3: what the mode needs of CAP and ECAP. */
static bool supported(iom_driver *d, GError **error)
{
	uint64_t cap = iom_iommu_mmio_read(d->iommu, R_CAP, 8, IOM_SPACE_NONSECURE);
	uint64_t ecap = iom_iommu_mmio_read(d->iommu, R_ECAP, 8, IOM_SPACE_NONSECURE);
	unsigned mode = d->config.mode, bits = d->config.input_bits;
	unsigned levels = (bits - 12u + 8) / 9;
	bool scalable = mode != IOM_DRIVER_LEGACY;
	bool ok = d->config.granule_lg2 == 12 && (ecap >> 1 & 1);

	ok = ok && (!scalable || (ecap >> 43 & 1));
	ok = ok && (mode != IOM_DRIVER_STAGE1 || (ecap >> 47 & 1));
	ok = ok && (mode != IOM_DRIVER_STAGE2 || (ecap >> 46 & 1));
	ok = ok && (mode != IOM_DRIVER_NESTED || (ecap >> 26 & 1));
	if (mode == IOM_DRIVER_LEGACY || mode == IOM_DRIVER_STAGE2)
		ok = ok && levels >= 3 && levels <= 5 && (cap >> (8 + levels - 2) & 1);
	else
		ok = ok && (levels == 4 || (levels == 5 && (cap >> 60 & 1)));
	if (!ok)
		g_set_error(error, IOM_ERROR, IOM_ERROR_UNSUPPORTED,
			    "the VT-d unit does not have the mode or address width asked for");
	d->wide = scalable;
	return ok;
}

static bool bring_up(iom_driver *d, GError **error)
{
	bool scalable = d->config.mode != IOM_DRIVER_LEGACY;

	if (!supported(d, error))
		return false;
	d->queue_entries = (4096u << QUEUE_PAGES_LG2) / (d->wide ? 32 : 16);
	d->root = iom_guest_alloc(&d->pool, 4096, 4096);
	d->queue = iom_guest_alloc(&d->pool, 4096u << QUEUE_PAGES_LG2, 4096);
	d->status = iom_guest_alloc(&d->pool, 64, 64);
	if (!d->root || !d->queue || !d->status ||
	    (d->config.mode == IOM_DRIVER_NESTED &&
	     (!iom_pt_init(&d->second, &d->pool, IOM_PT_VTD_SS, 12, 48) ||
	      !iom_driver_map_second(d, d->config.pool_base, d->config.pool_size, 12)))) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_RANGE, "no room for the VT-d tables");
		return false;
	}
	iom_driver_write(d, R_IQT, 8, 0);
	iom_driver_write(d, R_IQA, 8, d->queue | (d->wide ? 1u << 11 : 0) | QUEUE_PAGES_LG2);
	command(d, GCMD_QIE, true);
	iom_driver_write(d, R_RTADDR, 8, d->root | (scalable ? 1u << 10 : 0));
	command(d, GCMD_SRTP, false);
	push(d, DSC_CONTEXT | 1u << 4, 0);
	if (scalable)
		push(d, DSC_PASID_CACHE | 3u << 4, 0);
	push(d, DSC_IOTLB | 1u << 4 | 3u << 6, 0);
	wait(d);
	command(d, GCMD_TE, true);
	if (!(iom_driver_read(d, R_GSTS) & GCMD_TE)) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_UNSUPPORTED,
			    "the VT-d unit does not come up");
		return false;
	}
	return true;
}

/* 9.6 Scalable-Mode PASID Table Entry, for PASID 0. */
static void pasid_entry(const iom_driver *d, const iom_domain *domain, uint64_t *entry)
{
	const iom_pt *second = d->config.mode == IOM_DRIVER_NESTED ? &d->second : &domain->tables;
	bool first = d->config.mode != IOM_DRIVER_STAGE2;
	uint64_t pgtt = d->config.mode == IOM_DRIVER_STAGE1   ? 1
			: d->config.mode == IOM_DRIVER_STAGE2 ? 2
							      : 3;

	entry[0] = 1 | pgtt << 6;
	entry[1] = domain->id;
	if (pgtt != 1)
		entry[0] |= second->root | (uint64_t)(iom_pt_levels(second) - 2) << 2;
	if (first)
		entry[2] =
			domain->tables.root | (iom_pt_levels(&domain->tables) == 5 ? 1u << 2 : 0);
}

static bool domain_init(iom_driver *d, iom_domain *domain)
{
	bool first = d->config.mode == IOM_DRIVER_STAGE1 || d->config.mode == IOM_DRIVER_NESTED;
	uint64_t entry[8] = { 0 }, table;

	if (!iom_pt_init(&domain->tables, &d->pool, first ? IOM_PT_VTD_FS : IOM_PT_VTD_SS, 12,
			 d->config.input_bits))
		return false;
	if (d->config.mode == IOM_DRIVER_LEGACY)
		return true;
	domain->context = iom_guest_alloc(&d->pool, 4096, 4096);
	table = iom_guest_alloc(&d->pool, 4096, 4096);
	if (!domain->context || !table)
		return false;
	pasid_entry(d, domain, entry);
	iom_memory_store64(d->pool.memory, domain->context, table | 1);
	for (unsigned i = 8; i-- > 0;)
		iom_memory_store64(d->pool.memory, table + i * 8, entry[i]);
	return true;
}

/* The context entry of the requester, its table made on demand; 0 when exhausted. */
static uint64_t context_entry(iom_driver *d, uint32_t requester)
{
	bool scalable = d->config.mode != IOM_DRIVER_LEGACY;
	unsigned devfn = requester & 0xff, size = scalable ? 32 : 16;
	uint64_t at = d->root + (uint64_t)(requester >> 8) * 16, entry = 0;

	if (scalable && devfn >= 0x80)
		at += 8;
	iom_memory_load64(d->pool.memory, at, &entry);
	if (!(entry & 1)) {
		uint64_t table = iom_guest_alloc(&d->pool, 4096, 4096);

		if (!table)
			return 0;
		entry = table | 1;
		iom_memory_store64(d->pool.memory, at, entry);
	}
	return (entry & ~iom_mask(12)) + (scalable ? devfn & 0x7f : devfn) * size;
}

static bool attach(iom_driver *d, iom_domain *domain, uint32_t requester)
{
	uint64_t at = requester >> 16 ? 0 : context_entry(d, requester);

	if (!at)
		return false;
	if (d->config.mode == IOM_DRIVER_LEGACY) {
		iom_memory_store64(d->pool.memory, at + 8,
				   (iom_pt_levels(&domain->tables) - 2u) | (uint64_t)domain->id
										   << 8);
		iom_memory_store64(d->pool.memory, at, domain->tables.root | 1);
	} else {
		iom_memory_store64(d->pool.memory, at, domain->context | 1);
	}
	/* device-selective, then everything of the domain */
	push(d, DSC_CONTEXT | 3u << 4 | (uint64_t)domain->id << 16 | (uint64_t)requester << 32, 0);
	if (d->wide)
		push(d, DSC_PASID_CACHE | (uint64_t)domain->id << 16, 0);
	push(d, DSC_IOTLB | 2u << 4 | 3u << 6 | (uint64_t)domain->id << 16, 0);
	wait(d);
	return true;
}

static void invalidate(iom_driver *d, iom_domain *domain, uint64_t iova, uint64_t size)
{
	bool first = d->config.mode == IOM_DRIVER_STAGE1 || d->config.mode == IOM_DRIVER_NESTED;
	uint64_t word0 = first ? DSC_PASID_IOTLB | 3u << 4 : DSC_IOTLB | 3u << 4 | 3u << 6;
	uint64_t cap = iom_iommu_mmio_read(d->iommu, R_CAP, 8, IOM_SPACE_NONSECURE);
	unsigned largest = (unsigned)iom_get(cap, 53, 48); /* CAP.MAMV */
	uint64_t page = iova >> 12, pages = (size + 4095) >> 12;
	uint32_t room = d->queue_entries - 3;

	word0 |= (uint64_t)domain->id << 16;
	while (pages > 0) {
		unsigned am = page ? (unsigned)__builtin_ctzll(page) : 52;

		if (am > largest)
			am = largest;
		while (UINT64_C(1) << am > pages)
			am--;
		push(d, word0, page << 12 | am);
		page += UINT64_C(1) << am;
		pages -= UINT64_C(1) << am;
		if (--room == 0) {
			wait(d);
			room = d->queue_entries - 3;
		}
	}
	wait(d);
}

static void invalidate_domain(iom_driver *d, iom_domain *domain)
{
	push(d, DSC_IOTLB | 2u << 4 | 3u << 6 | (uint64_t)domain->id << 16, 0);
	wait(d);
}

const iom_driver_ops iom_vtd_driver_ops = {
	.bring_up = bring_up,
	.domain_init = domain_init,
	.attach = attach,
	.invalidate = invalidate,
	.invalidate_domain = invalidate_domain,
};
