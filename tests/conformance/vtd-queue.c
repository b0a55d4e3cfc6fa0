/* SPDX-License-Identifier: MIT */
#include "tests/conformance/vtd-queue.h"

#define QUEUE UINT64_C(0x1000080000)
#define QUEUE_BYTES 4096
/* Level bits of GSTS that a write of GCMD repeats. */
#define LEVELS 0x86800000u

uint64_t vtd_queue_get(const vtd_queue *q, uint64_t offset, unsigned size)
{
	return iom_iommu_mmio_read(iom_vtd_bench_unit(q->bench), offset, size, IOM_SPACE_NONSECURE);
}

void vtd_queue_put(const vtd_queue *q, uint64_t offset, unsigned size, uint64_t value)
{
	iom_iommu_mmio_write(iom_vtd_bench_unit(q->bench), offset, size, value,
			     IOM_SPACE_NONSECURE);
}

void vtd_queue_command(const vtd_queue *q, uint32_t set, uint32_t clear)
{
	uint32_t levels = (uint32_t)vtd_queue_get(q, VTD_R_GSTS, 4) & LEVELS;

	vtd_queue_put(q, VTD_R_GCMD, 4, (levels | set) & ~clear);
}

vtd_queue *vtd_queue_new(vtd_base *base, bool wide, unsigned cache)
{
	vtd_queue *q = g_new0(vtd_queue, 1);
	iom_cache_config config;
	GError *error = NULL;

	q->bench = iom_vtd_bench_new();
	q->base = base;
	q->wide = wide;
	vtd_cache_config(cache, &config);
	if (!iom_vtd_bench_load(q->bench, base->c, false, &config, false, &error))
		g_print("%s\n", error->message);
	CU_ASSERT_PTR_NOT_NULL_FATAL(iom_vtd_bench_unit(q->bench));
	vtd_queue_put(q, VTD_R_IQT, 8, 0);
	vtd_queue_put(q, VTD_R_IQA, 8, QUEUE | (wide ? 1 << 11 : 0));
	vtd_queue_command(q, 1u << 26, 0);
	return q;
}

void vtd_queue_free(vtd_queue *q)
{
	iom_vtd_bench_free(q->bench);
	vtd_base_free(q->base);
	g_free(q);
}

void vtd_queue_submit(vtd_queue *q, const uint64_t *words)
{
	unsigned n = q->wide ? 4 : 2;

	for (unsigned i = 0; i < n; i++)
		vtd_queue_poke(q, QUEUE + q->tail + 8 * i, words[i]);
	q->tail = (q->tail + 8 * n) % QUEUE_BYTES;
	vtd_queue_put(q, VTD_R_IQT, 8, q->tail);
}

unsigned vtd_queue_error(const vtd_queue *q)
{
	if (vtd_queue_get(q, VTD_R_FSTS, 4) & VTD_FSTS_IQE)
		return 1 + (unsigned)(vtd_queue_get(q, VTD_R_IQERCD, 8) & 0xf);
	/* Nothing is left, or something else holds the queue. */
	return vtd_queue_get(q, VTD_R_IQH, 8) == q->tail ? 0 : 99;
}

void vtd_queue_recover(vtd_queue *q)
{
	uint64_t head = vtd_queue_get(q, VTD_R_IQH, 8);

	for (unsigned i = 0; i < (q->wide ? 4u : 2u); i++)
		vtd_queue_poke(q, QUEUE + head + 8 * i, i ? 0 : 5);
	vtd_queue_put(q, VTD_R_FSTS, 4, VTD_FSTS_IQE);
}

iom_vtd_outcome vtd_queue_ask(vtd_queue *q)
{
	iom_vtd_outcome out;

	iom_vtd_bench_run(q->bench, q->base->c, q->interrupt, &out);
	return out;
}

void vtd_queue_poke(const vtd_queue *q, uint64_t address, uint64_t value)
{
	iom_memory_store64(iom_vtd_bench_memory(q->bench), address, value);
}

uint64_t vtd_queue_peek(const vtd_queue *q, uint64_t address)
{
	uint64_t value = 0;

	iom_memory_load64(iom_vtd_bench_memory(q->bench), address, &value);
	return value;
}
