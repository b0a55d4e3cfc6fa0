/* SPDX-License-Identifier: MIT */
#include "tests/bringup/vtd-driver.h"

#include <stdarg.h>
#include <string.h>

void vtd_open(vtd_driver *d, const char *preset, ...)
{
	iom_vtd_config config;
	iom_bus bus;
	va_list args;
	const char *setting;
	GError *error = NULL;

	memset(d, 0, sizeof *d);
	bench_open(&d->bench, preset, &bus);
	iom_vtd_config_init(&config);
	config.haw = 44;
	CU_ASSERT_TRUE(iom_cache_config_preset(&config.cache, preset));
	va_start(args, preset);
	while ((setting = va_arg(args, const char *)) != NULL) {
		char **pair = g_strsplit(setting, "=", 2);

		CU_ASSERT_TRUE(iom_vtd_config_set(&config, pair[0],
						  g_ascii_strtoull(pair[1], NULL, 0), &error));
		g_strfreev(pair);
	}
	va_end(args);
	if (!error)
		d->bench.iommu = iom_vtd_new(&config, &bus, &error);
	if (error)
		g_printerr("\n%s\n", error->message);
	CU_ASSERT_PTR_NOT_NULL_FATAL(d->bench.iommu);
	d->cap = rd64(&d->bench, CAP);
	d->ecap = rd64(&d->bench, ECAP);
	d->status = take(&d->bench, 64);
}

void vtd_close(vtd_driver *d)
{
	bench_close(&d->bench);
}

/* ---- commands ---------------------------------------------------------- */

#define ONE_SHOT (SRTP | SIRTP | WBF)

void gcmd_set(vtd_driver *d, uint32_t bit)
{
	if (!(bit & ONE_SHOT))
		d->gcmd |= bit;
	wr(&d->bench, GCMD, d->gcmd | bit);
	POLL(&d->bench, GSTS, bit, bit == WBF ? 0 : bit);
	/* Nothing else moved. */
	CHECK_EQ(rd(&d->bench, GSTS) & (TE | QIE | IRE), d->gcmd & (TE | QIE | IRE));
}

void gcmd_clear(vtd_driver *d, uint32_t bit)
{
	d->gcmd &= ~bit;
	wr(&d->bench, GCMD, d->gcmd);
	POLL(&d->bench, GSTS, bit, 0);
	CHECK_EQ(rd(&d->bench, GSTS) & (TE | QIE | IRE), d->gcmd & (TE | QIE | IRE));
}

#define LEVELS 0x96ffffffu

void gsts_set(vtd_driver *d, uint32_t bit)
{
	wr(&d->bench, GCMD, (rd(&d->bench, GSTS) & LEVELS) | bit);
	POLL(&d->bench, GSTS, bit, bit == WBF ? 0 : bit);
}

void gsts_clear(vtd_driver *d, uint32_t bit)
{
	wr(&d->bench, GCMD, rd(&d->bench, GSTS) & LEVELS & ~bit);
	POLL(&d->bench, GSTS, bit, 0);
}

/* ---- the invalidation queue -------------------------------------------- */

void queue_enable(vtd_driver *d, bool wide, unsigned pages_lg2)
{
	d->wide = wide;
	d->pages_lg2 = pages_lg2;
	d->queue = take(&d->bench, UINT64_C(4096) << pages_lg2);
	d->tail = 0;
	wr(&d->bench, IQT, 0);
	wr64(&d->bench, IQA, d->queue | (uint64_t)wide << 11 | pages_lg2);
	gcmd_set(d, QIE);
	CHECK_EQ(rd64(&d->bench, IQH), 0);
}

/* What is queued completes first. */
void queue_disable(vtd_driver *d)
{
	if (!(rd(&d->bench, GSTS) & QIE))
		return;
	CHECK_EQ(rd(&d->bench, IQH), rd(&d->bench, IQT));
	gcmd_clear(d, QIE);
	CHECK_EQ(rd64(&d->bench, IQH), 0);
}

void queue_put(vtd_driver *d, uint64_t w0, uint64_t w1)
{
	unsigned size = d->wide ? 32 : 16;

	st(&d->bench, d->queue + d->tail, w0);
	st(&d->bench, d->queue + d->tail + 8, w1);
	for (unsigned i = 16; i < size; i += 8)
		st(&d->bench, d->queue + d->tail + i, 0);
	d->tail = (d->tail + size) & ((UINT64_C(4096) << d->pages_lg2) - 1);
}

void queue_tail(vtd_driver *d)
{
	wr(&d->bench, IQT, (uint32_t)d->tail);
	POLL(&d->bench, IQH, UINT32_MAX, (uint32_t)d->tail);
	CHECK_EQ(rd(&d->bench, FSTS) & FSTS_QUEUE, 0);
}

void invalidate(vtd_driver *d, uint64_t w0, uint64_t w1)
{
	d->sequence++;
	queue_put(d, w0, w1);
	queue_put(d, D_WAIT_WRITE(d->sequence), d->status);
	queue_tail(d);
	CHECK_EQ((uint32_t)ld(&d->bench, d->status), d->sequence);
}

/* ---- registers --------------------------------------------------------- */

void set_msi(vtd_driver *d, uint64_t control, uint32_t data)
{
	wr(&d->bench, control + 4, data);
	wr(&d->bench, control + 8, (uint32_t)BENCH_APIC);
	wr(&d->bench, control + 12, 0);
}

uint64_t fault_register(const vtd_driver *d, unsigned i)
{
	return ((d->cap >> 24 & 0x3ff) + i) * 16;
}

unsigned fault_registers(const vtd_driver *d)
{
	return (d->cap >> 40 & 0xff) + 1;
}

uint64_t iotlb_register(const vtd_driver *d)
{
	return (d->ecap >> 8 & 0x3ff) * 16 + 8;
}

void clean(vtd_driver *d, const char *file, int line)
{
	CU_ASSERT_TRUE(iom_test_equal(rd(&d->bench, FSTS) & 0xff, 0, "FSTS", file, line));
}

/* ---- tables ------------------------------------------------------------ */

uint64_t context_at(vtd_driver *d, uint64_t root, uint32_t sid)
{
	uint64_t at = root + 16 * (uint64_t)(sid >> 8);

	if (!(ld(&d->bench, at) & 1))
		st(&d->bench, at, take(&d->bench, 4096) | 1);
	return (ld(&d->bench, at) & ~UINT64_C(0xfff)) + 16 * (uint64_t)(sid & 0xff);
}

void context_set(vtd_driver *d, uint64_t root, uint32_t sid, uint64_t table, unsigned did)
{
	uint64_t at = context_at(d, root, sid);

	st(&d->bench, at + 8, 2 | (uint64_t)did << 8);
	st(&d->bench, at, table | 1);
}

uint64_t page_at(vtd_driver *d, uint64_t root, uint64_t input, uint64_t upper)
{
	uint64_t table = root;

	for (unsigned level = 4;; level--) {
		uint64_t at = table + 8 * (input >> (12 + 9 * (level - 1)) & 511);

		if (level == 1)
			return at;
		if (!(ld(&d->bench, at) & 1))
			st(&d->bench, at, take(&d->bench, 4096) | upper);
		table = ld(&d->bench, at) & UINT64_C(0xffffffff000);
	}
}

/* ---- interrupts -------------------------------------------------------- */

void irte_set(vtd_driver *d, uint64_t table, unsigned index, unsigned vector)
{
	st(&d->bench, table + 16 * (uint64_t)index + 8, 0);
	st(&d->bench, table + 16 * (uint64_t)index, 1 | (uint64_t)vector << 16 | UINT64_C(5) << 32);
}

iom_interrupt_result interrupt(vtd_driver *d, uint32_t sid, unsigned index)
{
	iom_interrupt message = { .address = BENCH_APIC | (uint64_t)(index & 0x7fff) << 5 | 1 << 4 |
					     (index >> 15) << 2,
				  .requester = sid };
	iom_interrupt_result result;

	iom_iommu_interrupt(d->bench.iommu, &message, &result);
	return result;
}
