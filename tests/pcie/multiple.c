/* SPDX-License-Identifier: MIT */
/*
 * Translation requests for several translations at once (10.2.4 Completions with
 * Multiple Translations), and bits of a completion that depend on the IOMMU:
 * Global, Priv, CXL.io, the size of an empty one.
 */
#include "rig.h"

#define VA UINT64_C(0x7f0000008000)
#define ALL (IOM_READ | IOM_WRITE)

static rig *rig_several(iom_kind kind, unsigned n)
{
	rig_options o;
	rig *r;

	rig_options_init(&o);
	o.translations = n;
	r = rig_new(kind, &o);
	/* Read Completion Boundary of 128 bytes: 16 entries */
	iom_pci_config_write(r->fn, 0x50, 2, 8);
	return r;
}

static iom_endpoint_statistics statistics(rig *r)
{
	iom_endpoint_statistics s;

	iom_endpoint_statistics_get(r->ep, &s);
	return s;
}

/* One request brings eight pages; each is used, dropped and invalidated alone. */
static void several(iom_kind kind)
{
	rig *r = rig_several(kind, 8);
	iom_dma_answer a;

	rig_map(r, 1, VA, RIG_DATA + 0x10000, 0x20000, ALL, 12);
	for (unsigned i = 0; i < 8; i++) {
		CHECK_EQ(rig_access(r, 1, VA + i * 0x1000 + 8, IOM_WRITE, 0, &a), IOM_OK);
		CHECK_EQ(a.cached, i != 0);
		CHECK_EQ(a.address, RIG_DATA + 0x10008 + i * 0x1000);
	}
	CHECK_EQ(statistics(r).translation_requests, 1);
	CHECK_EQ(statistics(r).translations, 8);
	CHECK_EQ(statistics(r).atc_entries, 8);
	rig_flush(r, 1, VA + 0x3000, 12);
	CHECK_EQ(statistics(r).atc_entries, 7);
	rig_flush(r, 1, VA, 15);
	CHECK_EQ(statistics(r).atc_entries, 0);
	CHECK_EQ(r->ops->next_event(r), 0);
	rig_free(r);
}
RIG_BOTH(several)

/* The completion ends where a page is missing, or is of another size. */
static void fewer(iom_kind kind)
{
	rig *r = rig_several(kind, 16);
	uint64_t base = UINT64_C(0x7f0000200000);
	iom_dma_answer a;

	rig_map(r, 1, VA, RIG_DATA, 0x3000, ALL, 12);
	rig_map(r, 1, VA + 0x4000, RIG_DATA, 0x3000, ALL, 12);
	CHECK_EQ(rig_access(r, 1, VA, IOM_READ, 0, &a), IOM_OK);
	CHECK_EQ(statistics(r).translations, 3);
	/* an empty one is never padded, and nothing is to be kept of it */
	CHECK_EQ(rig_access(r, 1, VA + 0x3000, IOM_READ, 0, &a), IOM_ABORT);
	CHECK_EQ(a.refusal, IOM_REFUSAL_PAGE);
	CHECK_EQ(statistics(r).translations, 4);
	CHECK_EQ(statistics(r).atc_entries, 3);
	/* a block of 2 MiB lies behind two pages */
	rig_map(r, 2, base - 0x2000, RIG_DATA, 0x2000, ALL, 12);
	rig_map(r, 2, base, UINT64_C(0x80000000), 0x400000, ALL, 21);
	CHECK_EQ(rig_access(r, 2, base - 0x2000, IOM_READ, 0, &a), IOM_OK);
	CHECK_EQ(statistics(r).translations, 6);
	/* one block covers all that was asked for: the next one is not touched by it */
	CHECK_EQ(rig_access(r, 2, base + 0x5000, IOM_READ, 0, &a), IOM_OK);
	CHECK_EQ(statistics(r).translations, 7);
	/* ... but by this */
	CHECK_EQ(rig_access(r, 2, base + 0x1f8000, IOM_READ, IOM_DMA_PRIVILEGED, &a), IOM_OK);
	CHECK_EQ(statistics(r).translations, 9);
	CHECK_EQ(rig_access(r, 2, base + 0x200000, IOM_READ, IOM_DMA_PRIVILEGED, &a), IOM_OK);
	CHECK_EQ(a.cached, 1);
	CHECK_EQ(a.address, UINT64_C(0x80200000));
	CHECK_EQ(r->ops->next_event(r), 0);
	rig_free(r);
}
RIG_BOTH(fewer)

/* Read Completion Boundary 64 bytes: not more than 8, whatever is wanted. */
static void boundary(iom_kind kind)
{
	rig *r = rig_several(kind, 16);
	iom_dma_answer a;

	rig_map(r, 1, VA, RIG_DATA, 0x40000, ALL, 12);
	CHECK_EQ(rig_access(r, 1, VA, IOM_READ, 0, &a), IOM_OK);
	CHECK_EQ(statistics(r).translations, 16);
	iom_pci_config_write(r->fn, 0x50, 2, 0);
	CHECK_EQ(rig_access(r, 1, VA + 0x10000, IOM_READ, 0, &a), IOM_OK);
	CHECK_EQ(statistics(r).translations, 24);
	/* the end of the address space is the end of the completion */
	CHECK_EQ(rig_access(r, 0, UINT64_MAX - 0xfff, IOM_READ, 0, &a), IOM_ABORT);
	rig_free(r);
}
RIG_BOTH(boundary)

/*
 * What a completion leaves out is not marked in the tables: the first page is
 * accessed, the third was taken away, the fourth is untouched.
 */
static void flags(iom_kind kind)
{
	bool smmu = kind == IOM_KIND_SMMUV3;
	uint64_t accessed = smmu ? 1u << 10 : 1u << 5, valid = 1;
	rig *r = rig_several(kind, 4);
	uint64_t at, w;
	iom_dma_answer a;

	/* CD.HA; PWSNP of the PASID entry: hardware keeps the access flag */
	if (smmu) {
		at = r->contexts + 64;
	} else {
		iom_memory_load64(r->mem, r->contexts, &at);
		at = (at & ~UINT64_C(0xfff)) + 64 + 8;
	}
	iom_memory_load64(r->mem, at, &w);
	iom_memory_store64(r->mem, at, w | (smmu ? UINT64_C(1) << 43 : 1u << 23));
	r->ops->reconfigure(r);
	rig_map(r, 1, VA, RIG_DATA, 0x4000, IOM_READ, 12);
	for (unsigned i = 0; i < 4; i++)
		rig_change_leaf(r, 1, VA + i * 0x1000, 0, accessed | (i == 2 ? valid : 0));
	CHECK_EQ(rig_access(r, 1, VA, IOM_READ, 0, &a), IOM_OK);
	CU_ASSERT_NOT_EQUAL(rig_leaf(r, 1, VA) & accessed, 0);
	CHECK_EQ(rig_leaf(r, 1, VA + 0x3000) & accessed, 0);
	/* the second: marked exactly if it was given */
	CHECK_EQ(statistics(r).translations, rig_leaf(r, 1, VA + 0x1000) & accessed ? 2 : 1);
	CHECK_EQ(statistics(r).atc_entries, statistics(r).translations);
	rig_free(r);
}
RIG_BOTH(flags)

/*
 * Global is never set, whatever the tables say: IHI 0070 3.9.1 forbids it with a
 * PASID, for contexts of different ASETs must not share; VT-d 4.2.3 returns 0
 * (first_stage_permissions.tsv, row "EXE, G"). So one PASID's entry does not serve
 * another.
 */
static void global(iom_kind kind)
{
	bool smmu = kind == IOM_KIND_SMMUV3;
	rig *r = rig_new(kind, NULL);
	iom_ats_entry e;
	iom_dma_answer a;

	for (unsigned space = 0; space < 3; space++) {
		rig_map(r, space, VA, RIG_DATA + space * 0x1000, 0x1000, ALL, 12);
		/* nG clear; G set */
		rig_change_leaf(r, space, VA, smmu ? 0 : 1u << 8, smmu ? 1u << 11 : 0);
		CHECK_EQ(rig_access(r, space, VA, IOM_READ, 0, &a), IOM_OK);
		CHECK_EQ(a.cached, 0);
		CHECK_EQ(a.address, RIG_DATA + space * 0x1000);
		iom_ats_decode(a.completion, &e);
		CU_ASSERT_FALSE(e.global);
		CHECK_EQ(e.ama, 0);
		CU_ASSERT_FALSE(e.untranslated_only);
	}
	rig_free(r);
}
RIG_BOTH(global)

/* Priv echoes the request, with nothing granted too; an empty one has STU's size. */
static void echo(iom_kind kind)
{
	rig_options o;
	rig *r;
	iom_ats_entry e;
	iom_dma_answer a;

	rig_options_init(&o);
	r = rig_new(kind, &o);
	rig_set_reg(r, IOM_PCI_EXT_ATS, 6, 2, 0);
	rig_set_reg(r, IOM_PCI_EXT_ATS, 6, 2, 0x8004);
	rig_map(r, 1, VA, RIG_DATA, 0x1000, ALL, 12);
	for (unsigned i = 0; i < 4; i++) {
		unsigned flag = i & 1 ? IOM_DMA_PRIVILEGED : 0;
		uint64_t va = i & 2 ? VA + 0x10000 : VA;

		rig_access(r, 1, va, IOM_READ, flag, &a);
		iom_ats_decode(a.completion, &e);
		CHECK_EQ(e.privileged, i & 1);
		CHECK_EQ(e.permissions & IOM_READ, i & 2 ? 0 : IOM_READ);
		CHECK_EQ(e.page_lg2, i & 2 ? 16 : 12);
	}
	rig_free(r);
}
RIG_BOTH(echo)

/*
 * ats_pri.tsv, "Source-CXL request": memory that is not write-back and shareable is
 * for CXL.io only, and the ATC keeps what came with the CXL Src bit apart. VT-d
 * says nothing of it.
 */
static void cxl(void)
{
	rig *r = rig_new(IOM_KIND_SMMUV3, NULL);
	iom_ats_entry e;
	iom_dma_answer a;

	rig_map(r, 1, VA, RIG_DATA, 0x1000, ALL, 12);
	CHECK_EQ(rig_access(r, 1, VA, IOM_READ, IOM_DMA_CXL, &a), IOM_OK);
	CHECK_EQ(a.cxl_io, 0);
	/* MAIR attribute 0: Normal non-cacheable */
	iom_memory_store64(r->mem, r->contexts + 64 + 24, 0x44);
	r->ops->reconfigure(r);
	CHECK_EQ(rig_access(r, 1, VA, IOM_READ, IOM_DMA_CXL, &a), IOM_OK);
	CHECK_EQ(a.cached, 1);
	rig_flush(r, 1, VA, 12);
	CHECK_EQ(rig_access(r, 1, VA, IOM_READ, 0, &a), IOM_OK);
	CHECK_EQ(a.cached, 0);
	CHECK_EQ(a.cxl_io, 0);
	for (unsigned i = 0; i < 2; i++) {
		CHECK_EQ(rig_access(r, 1, VA, IOM_READ, IOM_DMA_CXL, &a), IOM_OK);
		CHECK_EQ(a.cached, i);
		CHECK_EQ(a.cxl_io, 1);
		iom_ats_decode(a.completion, &e);
		CU_ASSERT_TRUE(e.cxl_io);
	}
	CHECK_EQ(statistics(r).atc_entries, 2);
	/* one invalidation drops both */
	rig_flush(r, 1, VA, 12);
	CHECK_EQ(statistics(r).atc_entries, 0);
	rig_free(r);
}

static const iom_test tests[] = {
	{ "several translations of one request", several_both },
	{ "fewer than asked", fewer_both },
	{ "Read Completion Boundary", boundary_both },
	{ "marks in the tables", flags_both },
	{ "Global is never set", global_both },
	{ "Priv, and the size of an empty completion", echo_both },
	{ "CXL.io", cxl },
	{ 0 },
};
const iom_suite multiple_suite = { "multiple", tests };
