/* SPDX-License-Identifier: MIT */
#include "tools/bench/bench.h"

#include <inttypes.h>
#include <iommulate/smmu.h>
#include <iommulate/vtd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

static iom_cache_config caches(const iom_bench_setup *setup)
{
	iom_cache_config c = { 0 };

	iom_cache_config_preset(&c, "default");
	c.cache[IOM_CACHE_IOTLB].entries = setup->iotlb_entries;
	c.cache[IOM_CACHE_IOTLB].ways = 8;
	c.cache[IOM_CACHE_WALK].entries = setup->walk_entries;
	c.cache[IOM_CACHE_STAGE2].entries = setup->stage2_entries;
	return c;
}

static iom_iommu *make_iommu(const iom_bench_setup *setup, iom_memory *memory, GError **error)
{
	iom_bus bus = { .size = sizeof(bus), .memory = { memory } };

	if (setup->kind == IOM_KIND_SMMUV3) {
		iom_smmu_config config;

		iom_smmu_config_init(&config);
		config.cache = caches(setup);
		if (!iom_smmu_config_set(&config, "IDR3.RIL", setup->range_commands, error))
			return NULL;
		return iom_smmu_new(&config, &bus, error);
	}
	iom_vtd_config config;

	iom_vtd_config_init(&config);
	config.cache = caches(setup);
	return iom_vtd_new(&config, &bus, error);
}

/* A shuffle that is the same in every run (xorshift64). */
static void shuffle(uint64_t *values, uint32_t n)
{
	uint64_t x = UINT64_C(0x9e3779b97f4a7c15);

	for (uint32_t i = n - 1; i > 0; i--) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		uint32_t j = (uint32_t)(x % (i + 1));
		uint64_t t = values[i];

		values[i] = values[j];
		values[j] = t;
	}
}

static bool connect(iom_bench_machine *m, const iom_bench_setup *setup, GError **error)
{
	iom_driver_config config = { .memory = m->memory,
				     .pool_base = IOM_BENCH_RAM_BASE,
				     .pool_size = IOM_BENCH_RAM_SIZE,
				     .mode = (uint8_t)setup->mode,
				     .granule_lg2 = 12,
				     .input_bits = 48 };

	if (!iom_memory_add_ram(m->memory, IOM_BENCH_RAM_BASE, IOM_BENCH_RAM_SIZE, m->ram, error))
		return false;
	m->iommu = make_iommu(setup, m->memory, error);
	m->driver = m->iommu ? iom_driver_new(m->iommu, &config, error) : NULL;
	if (!m->driver)
		return false;
	m->domain = iom_domain_new(m->driver);
	if (!m->domain || !iom_driver_attach(m->driver, m->domain, m->requester) ||
	    !iom_driver_map(m->driver, m->domain, m->iova, IOM_BENCH_DATA, (uint64_t)m->pages << 12,
			    IOM_READ | IOM_WRITE, 12)) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_RANGE, "out of guest memory");
		return false;
	}
	return true;
}

iom_bench_machine *iom_bench_machine_new(const iom_bench_setup *setup, bool random)
{
	iom_bench_machine *m = g_new0(iom_bench_machine, 1);
	GError *error = NULL;

	m->memory = iom_memory_new();
	m->ram = mmap(NULL, IOM_BENCH_RAM_SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	m->requester = 0x10;
	m->pages = setup->pages;
	m->iova = UINT64_C(0x7f0000000000) - ((uint64_t)setup->pages << 12);
	m->order = g_new(uint64_t, setup->pages);
	m->order_mask = setup->pages - 1;
	for (uint32_t i = 0; i < setup->pages; i++)
		m->order[i] = m->iova + ((uint64_t)i << 12) + (i * 64 & 0xfc0);
	if (random)
		shuffle(m->order, setup->pages);
	if (m->ram == MAP_FAILED || !connect(m, setup, &error)) {
		fprintf(stderr, "iommulate bench: %s\n", error ? error->message : "no memory");
		g_clear_error(&error);
		iom_bench_machine_free(m);
		return NULL;
	}
	return m;
}

void iom_bench_machine_free(iom_bench_machine *m)
{
	if (!m)
		return;
	iom_driver_free(m->driver);
	if (m->iommu)
		iom_iommu_unref(m->iommu);
	iom_memory_unref(m->memory);
	if (m->ram != MAP_FAILED)
		munmap(m->ram, IOM_BENCH_RAM_SIZE);
	g_free(m->order);
	g_free(m);
}

void iom_bench_translate(void *machine, uint64_t n)
{
	iom_bench_machine *m = machine;
	iom_request request = {
		.requester = m->requester, .pasid = IOM_NO_PASID, .access = IOM_READ, .length = 64
	};
	iom_result result;
	uint64_t wrong = 0;

	for (uint64_t i = 0; i < n; i++) {
		request.address = m->order[i & m->order_mask];
		iom_iommu_translate(m->iommu, &request, &result);
		wrong += result.address != request.address - m->iova + IOM_BENCH_DATA;
	}
	/* A benchmark of wrong answers is worth nothing. */
	if (wrong) {
		fprintf(stderr, "iommulate bench: %" PRIu64 " wrong translations\n", wrong);
		exit(1);
	}
}

void iom_bench_translate_held(void *machine, uint64_t n)
{
	iom_bench_machine *m = machine;
	iom_request request = {
		.requester = m->requester, .pasid = IOM_NO_PASID, .access = IOM_READ, .length = 64
	};
	iom_result result;
	iom_hold hold;
	uint64_t wrong = 0;

	for (uint64_t i = 0; i < n; i++) {
		request.address = m->order[i & m->order_mask];
		wrong += !iom_iommu_translate_held(m->iommu, &request, &result, &hold) ||
			 result.address != request.address - m->iova + IOM_BENCH_DATA;
		iom_hold_release(&hold);
	}
	if (wrong) {
		fprintf(stderr, "iommulate bench: %" PRIu64 " wrong translations\n", wrong);
		exit(1);
	}
}
