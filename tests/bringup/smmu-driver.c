/* SPDX-License-Identifier: MIT */
#include "tests/bringup/smmu-driver.h"

#include <stdarg.h>
#include <string.h>

void driver_open(smmu_driver *d, const char *preset, ...)
{
	iom_smmu_config config;
	iom_bus bus;
	va_list args;
	const char *setting;
	GError *error = NULL;

	memset(d, 0, sizeof *d);
	bench_open(&d->bench, preset, &bus);
	iom_smmu_config_init(&config);
	CU_ASSERT_TRUE(iom_cache_config_preset(&config.cache, preset));
	va_start(args, preset);
	while ((setting = va_arg(args, const char *)) != NULL) {
		char **pair = g_strsplit(setting, "=", 2);

		CU_ASSERT_TRUE(iom_smmu_config_set(&config, pair[0],
						   g_ascii_strtoull(pair[1], NULL, 0), &error));
		g_strfreev(pair);
	}
	va_end(args);
	if (!error)
		d->bench.iommu = iom_smmu_new(&config, &bus, &error);
	if (error)
		g_printerr("\n%s\n", error->message);
	CU_ASSERT_PTR_NOT_NULL_FATAL(d->bench.iommu);
}

void driver_close(smmu_driver *d)
{
	bench_close(&d->bench);
}

static void queue_new(smmu_driver *d, smmu_queue *q, unsigned lg2, unsigned words, uint64_t prod,
		      uint64_t cons)
{
	*q = (smmu_queue){ .base = take(&d->bench, UINT64_C(8) * words << lg2),
			   .lg2 = lg2,
			   .words = words,
			   .prod_reg = prod,
			   .cons_reg = cons };
}

void driver_queues(smmu_driver *d, unsigned cmdq_lg2, unsigned evtq_lg2, unsigned priq_lg2)
{
	queue_new(d, &d->cmdq, cmdq_lg2, 2, CMDQ_PROD, CMDQ_CONS);
	queue_new(d, &d->evtq, evtq_lg2, 4, EVENTQ_PROD, EVENTQ_CONS);
	queue_new(d, &d->priq, priq_lg2, 2, PRIQ_PROD, PRIQ_CONS);
}

void write_ack(smmu_driver *d, uint64_t reg, uint64_t ack, uint32_t value)
{
	wr(&d->bench, reg, value);
	POLL(&d->bench, ack, UINT32_MAX, value);
	CHECK_EQ(rd(&d->bench, reg), value);
}

void enable(smmu_driver *d, uint32_t bits)
{
	d->cr0 |= bits;
	write_ack(d, CR0, CR0ACK, d->cr0);
}

void update_gbpa(smmu_driver *d, uint32_t set, uint32_t clear)
{
	bench *b = &d->bench;

	POLL(b, GBPA, GBPA_UPDATE, 0);
	uint32_t value = (rd(b, GBPA) & ~clear) | set;

	wr(b, GBPA, value | GBPA_UPDATE);
	POLL(b, GBPA, GBPA_UPDATE, 0);
	CHECK_EQ(rd(b, GBPA), value);
}

/* ---- queues ----------------------------------------------------------- */

static uint32_t next_index(const smmu_queue *q, uint32_t index)
{
	return (index + 1) & ((2u << q->lg2) - 1);
}

static uint64_t entry_at(const smmu_queue *q, uint32_t index)
{
	return q->base + UINT64_C(8) * q->words * (index & ((1u << q->lg2) - 1));
}

static bool queue_full(const smmu_queue *q)
{
	return (q->prod ^ q->cons) == 1u << q->lg2;
}

void command(smmu_driver *d, uint64_t w0, uint64_t w1)
{
	bench *b = &d->bench;
	smmu_queue *q = &d->cmdq;
	uint64_t at = entry_at(q, q->prod);

	q->cons = rd(b, q->cons_reg) & ((2u << q->lg2) - 1);
	CU_ASSERT_FALSE(queue_full(q));
	st(b, at, w0);
	st(b, at + 8, w1);
	q->prod = next_index(q, q->prod);
	wr(b, q->prod_reg, q->prod);
}

void sync_wait(smmu_driver *d)
{
	bench *b = &d->bench;
	uint64_t at = entry_at(&d->cmdq, d->cmdq.prod);
	unsigned events = b->irqs[IOM_SMMU_IRQ_SEV];
	/* MSH Inner Shareable, MSIATTR write-back */
	uint64_t attributes = UINT64_C(3) << 22 | UINT64_C(15) << 24;

	switch (d->sync) {
	case SYNC_MSI:
		command(d, C_SYNC | 1 << 12 | attributes, at);
		/* MSIData is 0 */
		CHECK_EQ((uint32_t)ld(b, at), 0);
		break;
	case SYNC_SEV:
		command(d, C_SYNC | 2 << 12 | attributes, 0);
		CHECK_EQ(b->irqs[IOM_SMMU_IRQ_SEV], events + 1);
		break;
	case SYNC_NONE:
		command(d, C_SYNC, 0);
		break;
	}
	/* No error code in [30:24]; everything consumed. */
	POLL(b, d->cmdq.cons_reg, UINT32_MAX, d->cmdq.prod);
}

void command_sync(smmu_driver *d, uint64_t w0, uint64_t w1)
{
	command(d, w0, w1);
	sync_wait(d);
}

void quiet(smmu_driver *d, const char *file, int line)
{
	bench *b = &d->bench;
	bool ok = iom_test_equal(rd(b, EVENTQ_PROD), d->evtq.cons, "EVENTQ_PROD", file, line) &&
		  iom_test_equal(rd(b, GERROR), rd(b, GERRORN), "GERROR", file, line);

	CU_ASSERT_TRUE(ok);
}

bool dequeue(smmu_driver *d, smmu_queue *q, uint64_t *record)
{
	bench *b = &d->bench;

	q->prod = rd(b, q->prod_reg);
	if (q->prod == q->cons)
		return false;
	for (unsigned i = 0; i < q->words; i++)
		record[i] = ld(b, entry_at(q, q->cons) + 8 * i);
	q->cons = next_index(q, q->cons);
	wr(b, q->cons_reg, q->cons);
	CHECK_EQ(rd(b, q->cons_reg), q->cons);
	return true;
}

/* ---- tables ----------------------------------------------------------- */

void strtab_new(smmu_driver *d, bool two_level, unsigned sid_bits)
{
	d->two_level = two_level;
	d->sid_bits = sid_bits;
	d->strtab = take(&d->bench,
			 two_level ? UINT64_C(8) << (sid_bits - 8) : UINT64_C(64) << sid_bits);
}

void strtab_level2(smmu_driver *d, uint32_t sid, uint64_t word0, uint64_t word1)
{
	uint64_t table = take(&d->bench, 64 * 256);

	for (unsigned i = 0; i < 256; i++) {
		st(&d->bench, table + 64 * i, word0);
		st(&d->bench, table + 64 * i + 8, word1);
	}
	/* Span 9: all 256 STEs */
	st(&d->bench, d->strtab + 8 * (sid >> 8), table | 9);
}

uint64_t ste_at(smmu_driver *d, uint32_t sid)
{
	if (!d->two_level)
		return d->strtab + 64 * (uint64_t)sid;
	uint64_t l1 = ld(&d->bench, d->strtab + 8 * (sid >> 8));

	return (l1 & UINT64_C(0xfffffffffffc0)) + 64 * (sid & 255);
}

uint64_t leaf_at(smmu_driver *d, uint64_t root, unsigned start, uint64_t input)
{
	uint64_t table = root;

	for (unsigned level = start;; level++) {
		uint64_t at = table + 8 * (input >> (39 - 9 * level) & 511);

		if (level == 3)
			return at;
		if (!(ld(&d->bench, at) & 1))
			st(&d->bench, at, take(&d->bench, 4096) | 3);
		table = ld(&d->bench, at) & UINT64_C(0xfffffffff000);
	}
}

void map_page(smmu_driver *d, uint64_t root, unsigned start, uint64_t input, uint64_t descriptor)
{
	st(&d->bench, leaf_at(d, root, start, input), descriptor);
}
