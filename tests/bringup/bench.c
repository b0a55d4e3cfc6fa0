/* SPDX-License-Identifier: MIT */
#include "tests/bringup/bench.h"

#include <stdio.h>
#include <string.h>

#define FIRST_FREE UINT64_C(0x10000000)

void bench_each(void (*scenario)(const char *preset))
{
	static const char *const presets[] = { "default", "off", "one", "prefetch" };

	for (unsigned i = 0; i < G_N_ELEMENTS(presets); i++)
		scenario(presets[i]);
}

static void on_irq(void *opaque, unsigned line, bool level)
{
	bench *b = opaque;

	if (level && line < G_N_ELEMENTS(b->irqs))
		b->irqs[line]++;
}

static iom_mem_status on_msi(void *opaque, uint64_t address, uint32_t data)
{
	bench *b = opaque;

	if (address != BENCH_DOORBELL && address != BENCH_APIC)
		return iom_memory_store32(b->memory, address, data);
	if (b->n_msi < G_N_ELEMENTS(b->msi))
		b->msi[b->n_msi] = data;
	b->n_msi++;
	return IOM_MEM_OK;
}

static void on_response(void *opaque, const iom_page_response *response)
{
	bench *b = opaque;

	b->response = *response;
	b->n_responses++;
}

void bench_open(bench *b, const char *preset, iom_bus *bus)
{
	memset(b, 0, sizeof *b);
	b->preset = preset;
	b->next = FIRST_FREE;
	b->memory = iom_memory_new();
	CU_ASSERT_TRUE_FATAL(iom_memory_add_sparse(b->memory, 0, UINT64_C(1) << 44, NULL));
	*bus = (iom_bus){ .size = sizeof *bus,
			  .opaque = b,
			  .memory = { b->memory },
			  .irq = on_irq,
			  .msi = on_msi,
			  .page_response = on_response };
}

void bench_close(bench *b)
{
	if (b->iommu)
		iom_iommu_unref(b->iommu);
	iom_memory_unref(b->memory);
}

uint32_t rd(bench *b, uint64_t offset)
{
	return (uint32_t)iom_iommu_mmio_read(b->iommu, offset, 4, IOM_SPACE_NONSECURE);
}

uint64_t rd64(bench *b, uint64_t offset)
{
	return iom_iommu_mmio_read(b->iommu, offset, 8, IOM_SPACE_NONSECURE);
}

void wr(bench *b, uint64_t offset, uint32_t value)
{
	iom_iommu_mmio_write(b->iommu, offset, 4, value, IOM_SPACE_NONSECURE);
}

void wr64(bench *b, uint64_t offset, uint64_t value)
{
	iom_iommu_mmio_write(b->iommu, offset, 8, value, IOM_SPACE_NONSECURE);
}

void poll_for(bench *b, uint64_t offset, uint32_t mask, uint32_t want, const char *file, int line)
{
	uint32_t value = rd(b, offset);

	for (unsigned i = 0; i < 1000 && (value & mask) != want; i++)
		value = rd(b, offset);
	CU_ASSERT_TRUE(iom_test_equal(value & mask, want, "what the driver waits for", file, line));
}

uint64_t ld(bench *b, uint64_t address)
{
	uint64_t word = 0;

	CHECK_EQ(iom_memory_load64(b->memory, address, &word), IOM_MEM_OK);
	return word;
}

void st(bench *b, uint64_t address, uint64_t word)
{
	CHECK_EQ(iom_memory_store64(b->memory, address, word), IOM_MEM_OK);
}

uint64_t take(bench *b, uint64_t bytes)
{
	uint64_t size = 0x1000;

	while (size < bytes)
		size *= 2;
	uint64_t address = (b->next + size - 1) & ~(size - 1);

	b->next = address + size;
	return address;
}

iom_result dma(bench *b, uint32_t requester, uint32_t pasid, uint64_t address, unsigned access)
{
	iom_request request = { .address = address,
				.length = 4,
				.requester = requester,
				.pasid = pasid,
				.access = (uint8_t)access };
	iom_result result;

	iom_iommu_translate(b->iommu, &request, &result);
	return result;
}

static void note(const bench *b, bool ok)
{
	if (!ok)
		fprintf(stderr, "  (caches: %s)\n", b->preset);
}

void goes_to(bench *b, uint32_t requester, uint64_t from, uint64_t to, const char *file, int line)
{
	/* Twice, so that what was cached answers too. */
	for (unsigned i = 0; i < 2; i++) {
		iom_result result = dma(b, requester, IOM_NO_PASID, from, IOM_READ);
		bool ok = iom_test_equal(result.status, IOM_OK, "status", file, line) &&
			  iom_test_equal(result.address, to, "address", file, line);

		note(b, ok);
		CU_ASSERT_TRUE(ok);
	}
}

void refused(bench *b, uint32_t requester, uint64_t from, const char *file, int line)
{
	iom_result result = dma(b, requester, IOM_NO_PASID, from, IOM_READ);
	bool ok = iom_test_equal(result.status, IOM_ABORT, "status", file, line);

	note(b, ok);
	CU_ASSERT_TRUE(ok);
}
