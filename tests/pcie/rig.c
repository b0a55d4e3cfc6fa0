/* SPDX-License-Identifier: MIT */
#include "rig.h"

#define POOL UINT64_C(0x10000000)
#define POOL_SIZE UINT64_C(0x10000000)

void rig_options_init(rig_options *o)
{
	*o = (rig_options){ .atc_entries = 64, .priq_lg2 = 7, .cr2 = 0xa };
	iom_pci_function_config_init(&o->function);
}

static void answered(void *opaque, const iom_page_response *response)
{
	rig *r = opaque;

	r->answers++;
	r->answer = *response;
}

void rig_set_reg(rig *r, unsigned capability, unsigned offset, unsigned size, uint32_t value)
{
	unsigned at = iom_pci_find(r->fn, IOM_PCI_EXTENDED, capability);

	CU_ASSERT_NOT_EQUAL_FATAL(at, 0);
	iom_pci_config_write(r->fn, at + offset, size, value);
}

uint32_t rig_reg(rig *r, unsigned capability, unsigned offset, unsigned size)
{
	unsigned at = iom_pci_find(r->fn, IOM_PCI_EXTENDED, capability);

	CU_ASSERT_NOT_EQUAL_FATAL(at, 0);
	return iom_pci_config_read(r->fn, at + offset, size);
}

void rig_endpoint(rig *r, uint32_t requester)
{
	iom_endpoint_config config = {
		.size = sizeof(config),
		.iommu = r->iommu,
		.requesters = r->hub,
		.function = r->fn,
		.requester = requester,
		.iommu_space = (uint8_t)r->iommu_space,
		.atc = { .entries = r->atc_entries, .ways = 4 },
		.translations = (uint8_t)r->translations,
		.answered = answered,
		.opaque = r,
	};

	r->ep = iom_endpoint_new(&config, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r->ep);
}

void rig_move(rig *r, uint32_t requester)
{
	iom_endpoint_free(r->ep);
	rig_endpoint(r, requester);
}

rig *rig_new(iom_kind kind, const rig_options *options)
{
	rig *r = g_new0(rig, 1);
	rig_options defaults;
	iom_bus bus = { .size = sizeof(bus) };

	rig_options_init(&defaults);
	if (!options)
		options = &defaults;
	r->kind = kind;
	r->ops = kind == IOM_KIND_SMMUV3 ? &rig_smmu_ops : &rig_vtd_ops;
	r->priq_lg2 = options->priq_lg2;
	r->cr2 = options->cr2;
	r->iommu_space = options->iommu_space;
	r->mem = iom_memory_new();
	iom_memory_add_sparse(r->mem, 0, UINT64_C(1) << 44, NULL);
	r->pool = (iom_guest_pool){ .memory = r->mem, .next = POOL, .end = POOL + POOL_SIZE };
	r->hub = iom_requesters_new();
	iom_requesters_connect(r->hub, &bus);
	bus.memory[0] = r->mem;
	r->iommu = r->ops->make(&bus, options->model);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r->iommu);
	for (unsigned i = 0; i < RIG_PASIDS; i++)
		iom_pt_init(&r->pt[i], &r->pool,
			    kind == IOM_KIND_SMMUV3 ? IOM_PT_ARM_S1 : IOM_PT_VTD_FS, 12, 48);
	r->ops->bring_up(r);
	r->fn = iom_pci_function_new(&options->function);
	r->atc_entries = options->atc_entries;
	r->translations = options->translations;
	rig_endpoint(r, RIG_REQUESTER);
	iom_pci_config_write(r->fn, 4, 2, 0x0006);
	if (options->function.pasid_bits)
		rig_set_reg(r, IOM_PCI_EXT_PASID, 6, 2, 7);
	if (options->function.ats)
		rig_set_reg(r, IOM_PCI_EXT_ATS, 6, 2, 0x8000);
	if (options->function.ats && options->function.pri) {
		rig_set_reg(r, IOM_PCI_EXT_PRI, 12, 4, 32);
		rig_set_reg(r, IOM_PCI_EXT_PRI, 4, 2, 1);
	}
	return r;
}

void rig_free(rig *r)
{
	iom_endpoint_free(r->ep);
	iom_iommu_unref(r->iommu);
	iom_requesters_free(r->hub);
	iom_pci_config_free(r->fn);
	iom_memory_unref(r->mem);
	g_free(r);
}

uint32_t rig_pasid(unsigned space)
{
	return space ? space : IOM_NO_PASID;
}

void rig_map(rig *r, unsigned space, uint64_t va, uint64_t pa, uint64_t size, unsigned access,
	     unsigned max_lg2)
{
	CU_ASSERT_TRUE_FATAL(iom_pt_map(&r->pt[space], va, pa, size, access, max_lg2));
}

void rig_unmap(rig *r, unsigned space, uint64_t va, uint64_t size)
{
	iom_pt_unmap(&r->pt[space], va, size);
}

uint64_t rig_leaf(rig *r, unsigned space, uint64_t va)
{
	uint64_t at, value;

	CU_ASSERT_TRUE_FATAL(iom_pt_leaf(&r->pt[space], va, &at, &value));
	return value;
}

void rig_change_leaf(rig *r, unsigned space, uint64_t va, uint64_t set, uint64_t clear)
{
	uint64_t at, value;

	CU_ASSERT_TRUE_FATAL(iom_pt_leaf(&r->pt[space], va, &at, &value));
	iom_memory_store64(r->mem, at, (value | set) & ~clear);
}

void rig_flush(rig *r, unsigned space, uint64_t va, unsigned size_lg2)
{
	r->ops->invalidate(r, space, va, size_lg2, true, true);
	r->ops->sync(r);
	CU_ASSERT_TRUE(r->ops->synced(r));
}

iom_dma rig_dma(unsigned space, uint64_t va, unsigned access, unsigned flags)
{
	return (iom_dma){ .address = va,
			  .length = 64,
			  .pasid = rig_pasid(space),
			  .access = (uint8_t)access,
			  .flags = (uint8_t)flags };
}

iom_status rig_access(rig *r, unsigned space, uint64_t va, unsigned access, unsigned flags,
		      iom_dma_answer *answer)
{
	iom_dma dma = rig_dma(space, va, access, flags);
	iom_status status = iom_endpoint_begin(r->ep, &dma, answer);

	if (status == IOM_OK)
		iom_endpoint_end(r->ep, answer);
	return status;
}
