/* SPDX-License-Identifier: MIT */
/* What both hardware back ends share: memory, and tables of pages. */
#include "iommufd/engine/hw.h"

#include <string.h>

/* Host memory as the IOMMU sees it. What is not there any more is an abort. */
static iom_mem_status host_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
	(void)opaque;
	*value = 0;
	return iomfd_copy_in(value, offset, size) ? IOM_MEM_ABORT : IOM_MEM_OK;
}

static iom_mem_status host_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	(void)opaque;
	return iomfd_copy_out(offset, &value, size) ? IOM_MEM_ABORT : IOM_MEM_OK;
}

iomfd_hw *iomfd_hw_new(struct iomfd_engine *e, unsigned instance, const iomfd_driver *driver)
{
	const iom_memory_ops ops = { .read = host_read, .write = host_write };
	iomfd_hw *hw = g_new0(iomfd_hw, 1);

	hw->engine = e;
	hw->instance = instance;
	hw->driver = driver;
	hw->mem = iom_memory_new();
	hw->devs = g_ptr_array_new();
	hw->free_pages = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	hw->next_page = IOMFD_HW_TABLES;
	hw->granule = IOMFD_PAGE;
	hw->ids_used[0] = 1; /* 0 is nobody's */
	iom_memory_add_device(hw->mem, 0, IOMFD_HW_TABLES, &ops, hw, NULL);
	iom_memory_add_sparse(hw->mem, IOMFD_HW_TABLES, IOMFD_HW_TABLES_SIZE, NULL);
	return hw;
}

void iomfd_hw_free(iomfd_hw *hw)
{
	if (hw->model)
		iom_iommu_unref(hw->model);
	iom_memory_unref(hw->mem);
	g_ptr_array_unref(hw->devs);
	g_array_unref(hw->free_pages);
	g_free(hw);
}

iom_bus iomfd_hw_bus(iomfd_hw *hw)
{
	iom_bus bus = { .size = sizeof(bus), .opaque = hw };

	bus.memory[IOM_SPACE_NONSECURE] = hw->mem;
	return bus;
}

uint64_t iomfd_hw_alloc(iomfd_hw *hw, unsigned pages)
{
	uint64_t addr, align = IOMFD_PAGE;

	while (align < pages * IOMFD_PAGE)
		align *= 2;
	if (pages == 1 && hw->free_pages->len) {
		addr = g_array_index(hw->free_pages, uint64_t, hw->free_pages->len - 1);
		g_array_set_size(hw->free_pages, hw->free_pages->len - 1);
		return addr;
	}
	/* Tables that are indexed by concatenation are aligned to their size. */
	addr = hw->next_page + (-hw->next_page & (align - 1));
	hw->next_page = addr + pages * IOMFD_PAGE;
	return addr;
}

uint64_t iomfd_hw_load(iomfd_hw *hw, uint64_t addr)
{
	uint64_t value = 0;

	iom_memory_load64(hw->mem, addr, &value);
	return value;
}

void iomfd_hw_store(iomfd_hw *hw, uint64_t addr, uint64_t value)
{
	iom_memory_store64(hw->mem, addr, value);
}

static const uint64_t address_bits = 0x000ffffffffff000ull;

/* The entry of `iova` at the level of pages; tables that lack are made, if wanted. */
static uint64_t find_entry(iomfd_hw_domain *d, uint64_t iova, bool make)
{
	uint64_t table = d->root;

	for (unsigned shift = d->format->top; shift > 12; shift -= 9) {
		uint64_t at = table + (iova >> shift & 511) * 8;
		uint64_t entry = iomfd_hw_load(d->hw, at);

		if (!entry) {
			if (!make)
				return 0;
			entry = iomfd_hw_alloc(d->hw, 1) | d->format->table;
			iomfd_hw_store(d->hw, at, entry);
		}
		table = entry & address_bits;
	}
	return table + (iova >> 12 & 511) * 8;
}

void iomfd_hw_map(iomfd_hw_domain *d, uint64_t iova, uint64_t host, uint64_t length, bool read,
		  bool write)
{
	const iomfd_hw_format *f = d->format;
	uint64_t bits = f->leaf | (read ? f->read : 0) | (write ? f->write : f->read_only);

	for (uint64_t done = 0; done < length; done += IOMFD_PAGE)
		iomfd_hw_store(d->hw, find_entry(d, iova + done, true), (host + done) | bits);
}

void iomfd_hw_unmap(iomfd_hw_domain *d, uint64_t iova, uint64_t length)
{
	for (uint64_t done = 0; done < length; done += IOMFD_PAGE) {
		uint64_t at = find_entry(d, iova + done, false);

		if (at)
			iomfd_hw_store(d->hw, at, 0);
	}
}

bool iomfd_hw_read_dirty(iomfd_hw_domain *d, uint64_t iova, uint64_t last, bool clear,
			 void (*report)(void *opaque, uint64_t iova, uint64_t length), void *opaque)
{
	const iomfd_hw_format *f = d->format;
	bool cleared = false;

	for (uint64_t at = iova & ~(IOMFD_PAGE - 1); at <= last; at += IOMFD_PAGE) {
		uint64_t leaf = find_entry(d, at, false);
		uint64_t entry = leaf ? iomfd_hw_load(d->hw, leaf) : 0;

		if (!entry || (entry & f->dirty_mask) != f->dirty)
			continue;
		report(opaque, MAX(at, iova), MIN(at + IOMFD_PAGE - 1, last) - MAX(at, iova) + 1);
		if (clear)
			iomfd_hw_store(d->hw, leaf, entry ^ f->clean);
		cleared |= clear;
	}
	return cleared;
}

static uint16_t take_id(iomfd_hw *hw, unsigned bits)
{
	unsigned n = 1u << MIN(bits, 16);

	for (unsigned word = 0; word < (n + 63) / 64; word++) {
		uint64_t free_ids = ~hw->ids_used[word];
		unsigned id;

		if (!free_ids)
			continue;
		id = word * 64 + (unsigned)__builtin_ctzll(free_ids);
		if (id >= n)
			break;
		hw->ids_used[word] |= 1ull << id % 64;
		return (uint16_t)id;
	}
	return 0;
}

iomfd_hw_domain *iomfd_hw_domain_new(iomfd_hw *hw, const iomfd_hw_format *format, uint64_t last,
				     unsigned id_bits)
{
	uint16_t id = format ? take_id(hw, id_bits) : 0;
	iomfd_hw_domain *d;

	if (format && !id)
		return NULL;
	d = g_new0(iomfd_hw_domain, 1);
	d->base.driver = hw->driver;
	d->base.instance = hw;
	d->hw = hw;
	d->users = g_array_new(FALSE, FALSE, sizeof(iomfd_hw_user));
	if (format) {
		d->base.pgsizes = hw->granule;
		d->base.aperture_last = last;
		d->format = format;
		d->root = iomfd_hw_alloc(hw, 1);
		d->id = id;
	}
	return d;
}

/* Tables go back empty: allocation hands out zeros. */
static void free_table(iomfd_hw *hw, uint64_t table, unsigned shift)
{
	for (unsigned i = 0; i < 512; i++) {
		uint64_t entry = iomfd_hw_load(hw, table + i * 8);

		if (entry && shift > 12)
			free_table(hw, entry & address_bits, shift - 9);
		if (entry)
			iomfd_hw_store(hw, table + i * 8, 0);
	}
	g_array_append_val(hw->free_pages, table);
}

void iomfd_hw_domain_free(iomfd_domain *domain)
{
	iomfd_hw_domain *d = (iomfd_hw_domain *)domain;

	if (d->format) {
		free_table(d->hw, d->root, d->format->top);
		d->hw->ids_used[d->id / 64] &= ~(1ull << d->id % 64);
	}
	g_array_unref(d->users);
	g_free(d);
}

void iomfd_hw_add_user(iomfd_hw_domain *d, iomfd_hw_dev *dev, uint32_t pasid)
{
	const iomfd_hw_user user = { dev, pasid };

	g_array_append_val(d->users, user);
}

void iomfd_hw_remove_user(iomfd_hw_domain *d, iomfd_hw_dev *dev, uint32_t pasid)
{
	for (guint i = 0; i < d->users->len; i++) {
		const iomfd_hw_user *u = &g_array_index(d->users, iomfd_hw_user, i);

		if (u->dev == dev && u->pasid == pasid) {
			g_array_remove_index_fast(d->users, i);
			return;
		}
	}
}

/* ------------------------------------------------------------------------
 * Devices
 */
iomfd_hw *iomfd_hw_find(struct iomfd_engine *e, unsigned instance, const iomfd_driver *driver)
{
	for (guint i = 0; i < e->hws->len; i++) {
		iomfd_hw *hw = g_ptr_array_index(e->hws, i);

		if (hw->instance == instance && hw->driver == driver)
			return hw;
	}
	return NULL;
}

iomfd_dev *iomfd_hw_dev_new(iomfd_hw *hw, const iom_iommufd_device *c)
{
	/* What the host's interrupts go through: the SMMU's window for messages is
	 * chosen by software, VT-d's lies where x86 has it. */
	const iomfd_range smmu_msi = { 0x8000000, 0x80fffff, NULL };
	const iomfd_range vtd_msi = { 0xfee00000, 0xfeefffff, NULL };
	iomfd_hw_dev *dev = g_new0(iomfd_hw_dev, 1);
	bool smmu = hw->driver == &iomfd_smmu_driver;

	iomfd_dev_init(&dev->base, hw->engine, hw->driver);
	dev->hw = hw;
	dev->requester = c->requester;
	dev->base.dirty = hw->dirty && !c->no_dirty;
	g_array_append_vals(dev->base.reserved, smmu ? &smmu_msi : &vtd_msi, 1);
	g_ptr_array_add(hw->devs, dev);
	return &dev->base;
}
