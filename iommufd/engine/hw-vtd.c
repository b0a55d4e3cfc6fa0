/* SPDX-License-Identifier: MIT */
/*
 * The VT-d model as hardware, in scalable mode, driven as the kernel does it: paging
 * domains are first-stage tables where nothing is asked for that only the second
 * stage has; a guest's first stage is nested on a second-stage one by the PASID
 * table entry.
 */
#include "iommufd/engine/hw.h"

#include <string.h>

enum { REG_GCMD = 0x18, REG_RTADDR = 0x20, REG_IQT = 0x88, REG_IQA = 0x90 };
#define GCMD_TE (1u << 31)
#define GCMD_SRTP (1u << 30)
#define GCMD_QIE (1u << 26)
#define ECAP_NEST (1ull << 26)
#define ECAP_SRS (1ull << 31)
#define ECAP_EAFS (1ull << 34)
#define ECAP_PASID (1ull << 40)
#define ECAP_SMTS (1ull << 43)
#define ECAP_SSADS (1ull << 45)
#define ECAP_SSTS (1ull << 46)
#define ECAP_FSTS (1ull << 47)
#define ECAP_SMPWCS (1ull << 48)
#define CAP_FS5LP (1ull << 60)
enum { PGTT_FIRST = 1, PGTT_SECOND = 2, PGTT_NESTED = 3 };
#define QUEUE_ENTRIES 128 /* of 256 bits, in one page */
#define EVERYTHING UINT64_MAX

/* By whether the table has 5 levels: 57 bits, else 48. */
#define DIRTY (1ull << 9)
static const iomfd_hw_format second_stage[2] = {
	{ .top = 39,
	  .table = 3,
	  .read = 1,
	  .write = 2,
	  .dirty_mask = DIRTY,
	  .dirty = DIRTY,
	  .clean = DIRTY },
	{ .top = 48,
	  .table = 3,
	  .read = 1,
	  .write = 2,
	  .dirty_mask = DIRTY,
	  .dirty = DIRTY,
	  .clean = DIRTY },
};
/* Present, writable, user, accessed; a writable page is dirty from the start. */
static const iomfd_hw_format first_stage[2] = {
	{ .top = 39, .table = 0x27, .leaf = 0x25, .write = 0x42 },
	{ .top = 48, .table = 0x27, .leaf = 0x25, .write = 0x42 },
};

static void reg_write(iomfd_hw *hw, uint64_t offset, unsigned size, uint64_t value)
{
	iom_iommu_mmio_write(hw->model, offset, size, value, IOM_SPACE_NONSECURE);
}

/* The model runs what the tail makes available before the write returns. */
static void descriptor(iomfd_hw *hw, uint64_t word0, uint64_t word1)
{
	uint64_t at = hw->queue + hw->produced * 32ull;

	iomfd_hw_store(hw, at, word0);
	iomfd_hw_store(hw, at + 8, word1);
	iomfd_hw_store(hw, at + 16, 0);
	iomfd_hw_store(hw, at + 24, 0);
	hw->produced = (hw->produced + 1) % QUEUE_ENTRIES;
	reg_write(hw, REG_IQT, 8, hw->produced * 32ull);
}

/* Context cache, PASID cache and IOTLB, each as a whole. */
static void flush_all(iomfd_hw *hw)
{
	descriptor(hw, 1 | 1 << 4, 0);
	descriptor(hw, 7 | 3 << 4, 0);
	descriptor(hw, 2 | 1 << 4, 0);
}

/* By domain-id: first-stage entries by PASID too, of whoever uses it. */
static void flush_domain(const iomfd_hw_domain *d)
{
	descriptor(d->hw, 2 | 2 << 4 | (uint64_t)d->id << 16, 0);
	for (guint i = 0; d->first && i < d->users->len; i++) {
		uint64_t pasid = g_array_index(d->users, iomfd_hw_user, i).pasid;

		descriptor(d->hw, 6 | 2 << 4 | (uint64_t)d->id << 16 | pasid << 32, 0);
	}
}

/* ------------------------------------------------------------------------
 * Tables of devices
 */
static uint64_t context_entry(iomfd_hw *hw, uint32_t requester)
{
	unsigned bus = requester >> 8 & 0xff, devfn = requester & 0xff;
	uint64_t root = hw->table + bus * 16 + (devfn >= 128 ? 8 : 0);
	uint64_t entry = iomfd_hw_load(hw, root);

	if (!entry) {
		entry = iomfd_hw_alloc(hw, 1) | 1;
		iomfd_hw_store(hw, root, entry);
	}
	return (entry & ~0xfffull) + (devfn & 127) * 32;
}

/* Where the PASID table entry is; the device's context entry is made with it. */
static uint64_t pasid_entry(iomfd_hw_dev *dev, uint32_t pasid)
{
	iomfd_hw *hw = dev->hw;
	uint64_t at, entry;

	if (!dev->pasid_dir) {
		/* 2^14 directory entries of 64 PASIDs: all 20 bits. */
		dev->pasid_dir = iomfd_hw_alloc(hw, 32);
		at = context_entry(hw, dev->requester);
		iomfd_hw_store(hw, at + 8, IOMFD_NO_PASID);
		iomfd_hw_store(hw, at,
			       dev->pasid_dir | 7 << 9 | (dev->base.max_pasids ? 1 << 3 : 0) | 1);
	}
	at = dev->pasid_dir + (pasid >> 6) * 8ull;
	entry = iomfd_hw_load(hw, at);
	if (!entry) {
		entry = iomfd_hw_alloc(hw, 1) | 1;
		iomfd_hw_store(hw, at, entry);
	}
	return (entry & ~0xfffull) + (pasid & 63) * 64;
}

void iomfd_vtd_forget(iomfd_hw_dev *dev)
{
	if (!dev->pasid_dir)
		return;
	iomfd_hw_store(dev->hw, context_entry(dev->hw, dev->requester), 0);
	flush_all(dev->hw);
}

static void write_entry(iomfd_hw_dev *dev, uint32_t pasid, const uint64_t words[3])
{
	uint64_t at = pasid_entry(dev, pasid);

	iomfd_hw_store(dev->hw, at, 0);
	flush_all(dev->hw);
	iomfd_hw_store(dev->hw, at + 16, words[2]);
	iomfd_hw_store(dev->hw, at + 8, words[1]);
	iomfd_hw_store(dev->hw, at, words[0]);
	flush_all(dev->hw);
}

static void first_stage_words(const iomfd_hw_domain *d, uint64_t words[3])
{
	if (d->base.nested)
		words[2] =
			(d->s1.pgtbl_addr & ~0xfffull) | (d->s1.flags & IOMFD_VTD_S1_SRE ? 1 : 0) |
			(d->s1.addr_width == 57 ? 1 << 2 : 0) |
			(d->s1.flags & IOMFD_VTD_S1_SRE && d->s1.flags & IOMFD_VTD_S1_WPE ? 1 << 4
											  : 0) |
			(d->s1.flags & IOMFD_VTD_S1_EAFE ? 1 << 7 : 0);
	else
		words[2] = d->root | (d->format->top > 39 ? 1 << 2 : 0);
}

static void make_entry(const iomfd_hw_domain *d, uint64_t words[3])
{
	const iomfd_hw_domain *paging = d->base.nested ? d->parent : d;
	bool snoop = paging->first || paging->dirty_on;

	words[1] = paging->id;
	/* Walks that write flags snoop; so do those of the first stage. */
	if (snoop && (d->hw->ids[1] & ECAP_SMPWCS))
		words[1] |= 1 << 23;
	words[2] = 0;
	if (d->base.nested || d->first)
		first_stage_words(d, words);
	if (d->first) {
		words[0] = (uint64_t)PGTT_FIRST << 6 | 1;
		return;
	}
	words[0] = paging->root | (paging->format->top > 39 ? 3 : 2) << 2 |
		   (uint64_t)(d->base.nested ? PGTT_NESTED : PGTT_SECOND) << 6 |
		   (paging->dirty_on ? 1 << 9 : 0) | 1;
}

/* ------------------------------------------------------------------------
 * Domains
 */
static int hw_info(iomfd_dev *dev, uint32_t *type, void *data, uint32_t *len)
{
	const iomfd_hw *hw = ((iomfd_hw_dev *)dev)->hw;
	const struct iomfd_hw_info_vtd info = {
		.flags = 1,
		.cap_reg = hw->ids[0],
		.ecap_reg = hw->ids[1],
	};

	if (*type != IOMFD_HW_INFO_NONE && *type != IOMFD_HW_INFO_INTEL_VTD)
		return -EOPNOTSUPP;
	memcpy(data, &info, sizeof(info));
	*len = sizeof(info);
	*type = IOMFD_HW_INFO_INTEL_VTD;
	return 0;
}

static int alloc_paging(iomfd_dev *dev, uint32_t flags, const iomfd_udata *data, iomfd_domain **out)
{
	const uint32_t second = IOMFD_HWPT_NEST_PARENT | IOMFD_HWPT_DIRTY_TRACKING;
	iomfd_hw *hw = ((iomfd_hw_dev *)dev)->hw;
	bool first = !(flags & second) && (hw->ids[1] & ECAP_FSTS);
	/* The first stage's addresses are sign-extended: the upper half is not offered. */
	bool wide = first ? hw->ids[0] >> 60 & 1
			  : (hw->ids[0] >> 16 & 0x3f) + 1 > 48 && (hw->ids[0] >> 8 & 8);
	unsigned bits = first ? (wide ? 56 : 47) : (unsigned)MIN(wide ? 57 : 48, hw->ids[2]);
	iomfd_hw_domain *d;

	if (data || (flags & ~(second | IOMFD_HWPT_PASID)) ||
	    ((flags & IOMFD_HWPT_NEST_PARENT) && !(hw->ids[1] & ECAP_NEST)) ||
	    (!first && !(hw->ids[1] & ECAP_SSTS)))
		return -EOPNOTSUPP;
	d = iomfd_hw_domain_new(hw, first ? &first_stage[wide] : &second_stage[wide],
				(1ull << bits) - 1, 4 + 2 * (unsigned)(hw->ids[0] & 7));
	if (!d)
		return -ENOSPC;
	d->first = first;
	d->nest_parent = flags & IOMFD_HWPT_NEST_PARENT;
	d->base.dirty = flags & IOMFD_HWPT_DIRTY_TRACKING;
	*out = &d->base;
	return 0;
}

static void free_domain(iomfd_domain *domain)
{
	iomfd_hw_domain *d = (iomfd_hw_domain *)domain;

	/* Its id is somebody else's next. */
	if (d->format)
		flush_domain(d);
	iomfd_hw_domain_free(domain);
}

/* Erratum 772415: a nest parent maps everything writable. */
static int map(iomfd_domain *domain, uint64_t iova, uint64_t host, uint64_t length, bool read,
	       bool write)
{
	iomfd_hw_domain *d = (iomfd_hw_domain *)domain;

	iomfd_hw_map(d, iova, host, length, read, write || d->nest_parent);
	/* With caching mode even what was not there is announced. */
	flush_domain(d);
	return 0;
}

static void unmap(iomfd_domain *domain, uint64_t iova, uint64_t length)
{
	iomfd_hw_unmap((iomfd_hw_domain *)domain, iova, length);
	flush_domain((iomfd_hw_domain *)domain);
}

static int alloc_nested(iomfd_dev *dev, iomfd_domain *parent, iomfd_viommu *viommu, uint32_t flags,
			const iomfd_udata *data, iomfd_domain **out)
{
	iomfd_hw *hw = ((iomfd_hw_dev *)dev)->hw;
	struct iomfd_hwpt_vtd_s1 s1;
	iomfd_hw_domain *d;
	int rc;

	if (viommu || !(hw->ids[1] & ECAP_NEST) || (flags & ~(uint32_t)IOMFD_HWPT_PASID) ||
	    data->type != IOMFD_HWPT_DATA_VTD_S1)
		return -EOPNOTSUPP;
	if (!((iomfd_hw_domain *)parent)->nest_parent)
		return -EINVAL;
	rc = iomfd_udata_in(&s1, sizeof(s1), sizeof(s1), data, IOMFD_HWPT_DATA_VTD_S1);
	if (rc)
		return rc;
	d = iomfd_hw_domain_new(hw, NULL, 0, 0);
	d->parent = (iomfd_hw_domain *)parent;
	d->s1 = s1;
	*out = &d->base;
	return 0;
}

/* What the kernel finds out only when the table is attached. */
static int check_first_stage(const iomfd_hw *hw, const struct iomfd_hwpt_vtd_s1 *s1)
{
	if (s1->addr_width != 48 && !(s1->addr_width == 57 && (hw->ids[0] & CAP_FS5LP)))
		return -EINVAL;
	if ((s1->flags & IOMFD_VTD_S1_SRE) && !(hw->ids[1] & ECAP_SRS))
		return -EINVAL;
	if ((s1->flags & IOMFD_VTD_S1_EAFE) && !(hw->ids[1] & ECAP_EAFS))
		return -EINVAL;
	return 0;
}

/*
 * A nested table is put in by blocking the device first: when it then turns out
 * not to fit, the device stays blocked while the old table is still the one
 * that iommufd lists. Attaching another one repairs it.
 */
static int attach(iomfd_dev *base, uint32_t pasid, iomfd_domain *domain, iomfd_domain *old)
{
	static const uint64_t blocked[3];
	iomfd_hw_domain *d = (iomfd_hw_domain *)domain;
	iomfd_hw_dev *dev = (iomfd_hw_dev *)base;
	uint64_t words[3];
	int rc = 0;

	/* Nothing to do for requests that a device cannot make. */
	if (pasid != IOMFD_NO_PASID && !base->max_pasids)
		return 0;
	if (d && d->hw != dev->hw)
		return -EINVAL;
	if (d && d->base.nested) {
		rc = check_first_stage(dev->hw, &d->s1);
		if (rc) {
			write_entry(dev, pasid, blocked);
			return rc;
		}
	}
	if (d)
		make_entry(d, words);
	write_entry(dev, pasid, d ? words : blocked);
	if (old)
		iomfd_hw_remove_user((iomfd_hw_domain *)old, dev, pasid);
	if (d)
		iomfd_hw_add_user(d, dev, pasid);
	return 0;
}

/* ------------------------------------------------------------------------
 * Invalidation and dirty pages
 */
static void flush_first_stage(const iomfd_hw_domain *d, uint32_t pasid, uint64_t addr,
			      uint64_t npages, bool leaf)
{
	uint64_t word0 = 6 | (uint64_t)d->parent->id << 16 | (uint64_t)pasid << 32;

	/* By page while that is less work than the whole PASID. */
	if (npages == EVERYTHING || npages > 64) {
		descriptor(d->hw, word0 | 2 << 4, 0);
		return;
	}
	for (uint64_t i = 0; i < npages; i++)
		descriptor(d->hw, word0 | 3 << 4,
			   ((addr + i * IOMFD_PAGE) & ~0xfffull) | (leaf ? 1 << 6 : 0));
}

static int invalidate_one(iomfd_hw_domain *d, const struct iomfd_hwpt_vtd_s1_invalidate *in)
{
	if ((in->flags & ~(uint32_t)IOMFD_VTD_INV_LEAF) || in->reserved)
		return -EOPNOTSUPP;
	if (in->addr % IOMFD_PAGE || (in->npages == EVERYTHING && in->addr))
		return -EINVAL;
	for (guint i = 0; i < d->users->len; i++)
		flush_first_stage(d, g_array_index(d->users, iomfd_hw_user, i).pasid, in->addr,
				  in->npages, in->flags & IOMFD_VTD_INV_LEAF);
	return 0;
}

static int invalidate(iomfd_domain *domain, iomfd_uarray *array)
{
	struct iomfd_hwpt_vtd_s1_invalidate in;
	uint32_t n = array->entry_num, done = 0;
	int rc = 0;

	array->entry_num = 0;
	if (array->type != IOMFD_INVALIDATE_VTD_S1)
		return -EINVAL;
	for (; !rc && done < n; done += !rc) {
		const iomfd_udata data = { array->type, array->entry_len,
					   array->uptr + (uint64_t)array->entry_len * done };

		rc = iomfd_udata_in(&in, sizeof(in), sizeof(in), &data, IOMFD_INVALIDATE_VTD_S1);
		if (!rc)
			rc = invalidate_one((iomfd_hw_domain *)domain, &in);
	}
	array->entry_num = done;
	return rc;
}

/* Every entry that walks this second stage, nested ones too. */
static void rewrite_entries(iomfd_hw_domain *d)
{
	for (guint i = 0; i < d->hw->devs->len; i++) {
		iomfd_hw_dev *dev = g_ptr_array_index(d->hw->devs, i);
		GHashTableIter iter;
		gpointer pasid, on;

		g_hash_table_iter_init(&iter, dev->base.attached);
		while (g_hash_table_iter_next(&iter, &pasid, &on)) {
			iomfd_hw_domain *used = on;
			uint64_t words[3];

			if (used != d && used->parent != d)
				continue;
			make_entry(used, words);
			write_entry(dev, GPOINTER_TO_UINT(pasid), words);
		}
	}
}

static int set_dirty(iomfd_domain *domain, bool on)
{
	iomfd_hw_domain *d = (iomfd_hw_domain *)domain;

	if (d->dirty_on != on) {
		d->dirty_on = on;
		rewrite_entries(d);
	}
	return 0;
}

static void read_dirty(iomfd_domain *domain, uint64_t iova, uint64_t last, bool clear,
		       void (*report)(void *opaque, uint64_t iova, uint64_t length), void *opaque)
{
	iomfd_hw_domain *d = (iomfd_hw_domain *)domain;

	if (iomfd_hw_read_dirty(d, iova, last, clear, report, opaque))
		flush_domain(d);
}

const iomfd_driver iomfd_vtd_driver = {
	.name = "vtd",
	.hw_info = hw_info,
	.alloc_paging = alloc_paging,
	.alloc_nested = alloc_nested,
	.free_domain = free_domain,
	.map = map,
	.unmap = unmap,
	.attach = attach,
	.invalidate = invalidate,
	.set_dirty = set_dirty,
	.read_dirty = read_dirty,
};

iomfd_hw *iomfd_vtd_new(struct iomfd_engine *e, unsigned instance, const iom_vtd_config *config,
			GError **error)
{
	iomfd_hw *hw = iomfd_hw_new(e, instance, &iomfd_vtd_driver);
	iom_bus bus = iomfd_hw_bus(hw);

	hw->model = iom_vtd_new(config, &bus, error);
	if (!hw->model) {
		iomfd_hw_free(hw);
		return NULL;
	}
	if (!(config->ecap & ECAP_SMTS) || !(config->ecap & (ECAP_SSTS | ECAP_FSTS)) ||
	    config->haw < 48) {
		g_set_error(
			error, IOM_ERROR, IOM_ERROR_CONFIG,
			"iommufd engine: a VT-d unit with scalable mode, a stage of translation "
			"and 48 bits of address is wanted (ECAP.SMTS, ECAP.FSTS or ECAP.SSTS, "
			"HAW)");
		iomfd_hw_free(hw);
		return NULL;
	}
	hw->ids[0] = config->cap;
	hw->ids[1] = config->ecap;
	hw->ids[2] = (config->cap >> 16 & 0x3f) + 1; /* MGAW */
	if (config->ecap & ECAP_PASID)
		hw->pasid_bits = (config->ecap >> 35 & 0x1f) + 1;
	/* Second-stage A/D flags, written by walks that snoop. */
	hw->dirty = (config->ecap & ECAP_SSADS) && (config->ecap & ECAP_SMPWCS);
	hw->table = iomfd_hw_alloc(hw, 1);
	hw->queue = iomfd_hw_alloc(hw, 1);
	reg_write(hw, REG_IQT, 8, 0);
	reg_write(hw, REG_IQA, 8, hw->queue | 1 << 11);
	reg_write(hw, REG_GCMD, 4, GCMD_QIE);
	/* Scalable mode is in the pointer: TTM, bits 11:10. */
	reg_write(hw, REG_RTADDR, 8, hw->table | 1 << 10);
	reg_write(hw, REG_GCMD, 4, GCMD_QIE | GCMD_SRTP);
	flush_all(hw);
	reg_write(hw, REG_GCMD, 4, GCMD_QIE | GCMD_TE);
	return hw;
}
