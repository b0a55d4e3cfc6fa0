/* SPDX-License-Identifier: MIT */
#include "tests/embedding/defects.h"

static iom_mem_status page_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
	defect_rig *r = opaque;

	(void)size;
	*value = r->page[offset / 8 % 512];
	return IOM_MEM_OK;
}

static iom_mem_status page_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	defect_rig *r = opaque;

	(void)size;
	r->page[offset / 8 % 512] = value;
	return IOM_MEM_OK;
}

static iom_mem_status page_cas64(void *opaque, uint64_t offset, uint64_t *expected,
				 uint64_t desired)
{
	defect_rig *r = opaque;
	uint64_t *word = &r->page[offset / 8 % 512];
	uint64_t found = *word;

	r->swaps++;
	if (found == *expected)
		*word = desired;
	*expected = found;
	return IOM_MEM_OK;
}

static void noticed(void *opaque, const iom_invalidation *inv)
{
	defect_rig *r = opaque;

	(void)inv;
	r->notices++;
}

void defect_rig_init(defect_rig *r, iom_bus *bus)
{
	static const iom_memory_ops ops = { .read = page_read,
					    .write = page_write,
					    .cas64 = page_cas64 };

	memset(r, 0, sizeof(*r));
	memset(bus, 0, sizeof(*bus));
	r->memory = iom_memory_new();
	iom_memory_add_sparse(r->memory, 0, DEFECT_RAM, NULL);
	iom_memory_add_device(r->memory, DEFECT_DEVICE, sizeof(r->page), &ops, r, NULL);
	bus->size = sizeof(*bus);
	bus->opaque = r;
	bus->memory[IOM_SPACE_NONSECURE] = r->memory;
	bus->invalidated = noticed;
}

void defect_rig_clear(defect_rig *r)
{
	iom_iommu_unref(r->iommu);
	iom_memory_unref(r->memory);
}

void defect_put(defect_rig *r, uint64_t address, uint64_t value)
{
	iom_memory_store64(r->memory, address, value);
}

uint64_t defect_get(defect_rig *r, uint64_t address)
{
	uint64_t value = 0;

	iom_memory_load64(r->memory, address, &value);
	return value;
}

void defect_reg(defect_rig *r, uint64_t offset, unsigned size, uint64_t value)
{
	iom_iommu_mmio_write(r->iommu, offset, size, value, IOM_SPACE_NONSECURE);
}

uint64_t defect_peek(defect_rig *r, uint64_t offset, unsigned size)
{
	return iom_iommu_mmio_read(r->iommu, offset, size, IOM_SPACE_NONSECURE);
}

unsigned defect_ask(defect_rig *r, uint32_t requester, uint64_t address, uint8_t access)
{
	iom_request request = {
		.address = address, .requester = requester, .pasid = IOM_NO_PASID, .access = access
	};
	iom_result result;

	iom_iommu_translate(r->iommu, &request, &result);
	return result.status == IOM_OK ? 0 : result.fault.code;
}
