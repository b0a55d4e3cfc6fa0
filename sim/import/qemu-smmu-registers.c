/* SPDX-License-Identifier: MIT */
/*
 * Registers of an SMMUv3 in a QEMU log (IHI 0070 chapter 6 "Memory map and
 * registers"), the header of the trace, and what is assumed when the log begins
 * after the driver has set them up.
 */
#include "sim/import/qemu-smmu.h"

#include <string.h>

#define REG_CR0 0x20
#define REG_STRTAB_BASE 0x80
#define REG_STRTAB_BASE_CFG 0x88
#define REG_CMDQ_BASE 0x90
#define REG_CMDQ_PROD 0x98
#define REG_CMDQ_CONS 0x9c
#define CR0_SMMUEN 1u
#define CR0_CMDQEN 8u

#define ID_IIDR 6
#define ID_AIDR 7
#define IDR0_S2P 1u
#define IDR0_S1P 2u

/* RAM of QEMU's `virt` begins here; below are flash and devices. */
#define VIRT_RAM UINT64_C(0x40000000)

static const uint64_t id_offset[8] = { 0, 4, 8, 0xc, 0x10, 0x14, 0x18, 0x1c };

/*
 * What QEMU's model reads as when the log does not show it (hw/arm/smmuv3.c,
 * smmuv3_init_regs): 16-bit ASIDs, two-level stream tables, 44-bit addresses, all
 * granules, range invalidation.
 */
static const uint32_t id_default[8] = {
	0x0d441018, 0x02730010, 0, 0x1404, 0, 0x74, 0, 1,
};

static uint32_t id_value(const iom_qemu_smmu *q, unsigned i)
{
	uint32_t value = id_default[i];

	if (q->id_seen >> i & 1)
		return q->id[i];
	if (i == 0)
		value |= (q->stage1 || !q->stage2 ? IDR0_S1P : 0) | (q->stage2 ? IDR0_S2P : 0);
	return value;
}

static unsigned output_bits(uint32_t idr5)
{
	static const uint8_t bits[8] = { 32, 36, 40, 42, 44, 48, 52, 52 };

	return bits[idr5 & 7];
}

void iom_qemu_smmu_open(iom_qemu_smmu *q)
{
	iom_trace_info *info;
	iom_trace_region ram = { .base = VIRT_RAM };

	if (!q->sink->held)
		return;
	info = iom_trace_info_new(IOM_KIND_SMMUV3);
	for (unsigned i = 0; i < 8; i++) {
		iom_trace_register reg = { id_offset[i], id_value(q, i) };

		g_array_append_val(info->registers, reg);
	}
	if (!(q->id_seen & 1))
		iom_sink_note(q->sink, "ID registers are not in the log: QEMU's usual ones "
				       "assumed");
	/* One region that no table can lie beyond; only what is written takes space. */
	for (unsigned i = 0; i < IOM_TABLE_N_KINDS; i++) {
		if (iom_tables_has(q->tables, (iom_table_kind)i))
			ram.base = MIN(ram.base, q->tables->low[i] & ~UINT64_C(0xfffff));
	}
	ram.size = (UINT64_C(1) << output_bits(id_value(q, 5))) - ram.base;
	g_array_append_val(info->regions, ram);
	info->source = g_strdup("QEMU trace log of an SMMUv3");
	iom_sink_open(q->sink, info);
	iom_trace_info_free(info);
}

/*
 * QEMU logs page-1 registers with the offset of their image in page 0, which an
 * implementation need not have (6.2.1, 6.2.2).
 */
static uint64_t architected_offset(uint64_t offset)
{
	switch (offset) {
	case 0xa8:
	case 0xac:
	case 0xc8:
	case 0xcc:
		return offset + 0x10000;
	default:
		return offset;
	}
}

static bool read_is_comparable(uint64_t offset)
{
	switch (offset) {
	case 0x24: /* CR0ACK */
	case 0x54: /* IRQ_CTRLACK */
	case 0x60: /* GERROR */
	case REG_CMDQ_CONS:
		return true;
	default:
		return offset < 0x18;
	}
}

static void read_register(iom_qemu_smmu *q, const iom_qemu_event *e)
{
	iom_trace_record record = {
		.kind = IOM_TRACE_REG_READ,
		.flags = IOM_SPACE_NONSECURE,
		.pasid = IOM_NO_PASID,
		.length = e->f[2] == 8 ? 8 : 4,
		.address = architected_offset(e->f[0]),
		.value = e->f[1],
	};

	if (e->f[0] < 0x20 && q->sink->held) {
		for (unsigned i = 0; i < 8; i++) {
			if (e->f[0] == id_offset[i]) {
				q->id[i] = (uint32_t)e->f[1];
				q->id_seen |= (uint8_t)(1u << i);
			}
		}
	}
	if (e->f[0] == REG_CMDQ_CONS || e->f[0] == REG_CMDQ_PROD)
		record.value = iom_qemu_smmu_shifted(q, (uint32_t)e->f[1]);
	if (read_is_comparable(e->f[0]))
		record.flags |= IOM_TRACE_EXPECT;
	iom_sink_record(q->sink, &record);
}

static uint64_t merge(uint64_t old, uint64_t value, unsigned size, bool upper)
{
	if (size == 8)
		return value;
	return upper ? (old & UINT32_MAX) | value << 32
		     : (old & ~UINT64_C(0xffffffff)) | (uint32_t)value;
}

static void write_register(iom_qemu_smmu *q, uint64_t offset, uint64_t value, unsigned size)
{
	switch (offset) {
	case REG_CR0:
		q->cr0 = (uint32_t)value;
		q->enabled_seen |= (value & CR0_SMMUEN) != 0;
		break;
	case REG_STRTAB_BASE:
	case REG_STRTAB_BASE + 4:
		q->strtab = merge(q->strtab, value, size, offset & 4);
		break;
	case REG_STRTAB_BASE_CFG:
		q->strtab_cfg = (uint32_t)value;
		break;
	case REG_CMDQ_BASE:
	case REG_CMDQ_BASE + 4:
		q->cmdq = merge(q->cmdq, value, size, offset & 4);
		break;
	case REG_CMDQ_PROD:
		q->wide_index = (uint32_t)value;
		value = iom_qemu_smmu_shifted(q, (uint32_t)value);
		break;
	case REG_CMDQ_CONS:
		q->next_index = (uint32_t)value & 0xfffff;
		q->has_index = true;
		q->shift = 0;
		break;
	default:
		break;
	}
	iom_sink_register(q->sink, architected_offset(offset), value, size);
}

void iom_qemu_smmu_register_event(iom_qemu_smmu *q, const iom_qemu_event *e)
{
	if (e->id == IOM_QEMU_SMMU_READ) {
		read_register(q, e);
		return;
	}
	if (q->commands->len) {
		iom_qemu_smmu_number_commands(q);
		iom_qemu_smmu_need_enabled(q, true);
		iom_qemu_smmu_place_commands(q);
	}
	write_register(q, e->f[0], e->f[1], e->f[2] == 8 ? 8 : 4);
}

/* Where the stream table is, when no register write tells. */
static void assume_stream_table(iom_qemu_smmu *q)
{
	const iom_smmu_access *a = &q->access;
	const iom_tables *t = q->tables;
	unsigned split = a->split_seen ? a->split : 8;

	if (a->two_level || (!a->has_ste && iom_tables_has(t, IOM_TABLE_STRTAB))) {
		q->strtab = a->two_level ? a->strtab : t->low[IOM_TABLE_STRTAB] & ~UINT64_C(0xfff);
		q->strtab_cfg = 1u << 16 | split << 6 | 16;
	} else if (a->has_ste) {
		q->strtab = a->ste - (uint64_t)a->sid * 64;
		q->strtab_cfg = 16;
	} else if (iom_tables_has(t, IOM_TABLE_STE)) {
		q->strtab = t->low[IOM_TABLE_STE] & ~UINT64_C(0xfff);
		q->strtab_cfg = 16;
	}
	/* A table is aligned to its size (6.3.24 SMMU_STRTAB_BASE). */
	if (q->strtab_cfg == 16) {
		while ((q->strtab_cfg & 0x3f) > 6 &&
		       (q->strtab & UINT64_C(0x000fffffffffffc0)) &
			       ((UINT64_C(64) << (q->strtab_cfg & 0x3f)) - 1))
			q->strtab_cfg--;
	} else {
		while ((q->strtab_cfg & 0x3f) > split &&
		       (q->strtab & UINT64_C(0x000fffffffffffc0)) &
			       ((UINT64_C(8) << ((q->strtab_cfg & 0x3f) - split)) - 1))
			q->strtab_cfg--;
	}
	write_register(q, REG_STRTAB_BASE, q->strtab, 8);
	write_register(q, REG_STRTAB_BASE_CFG, q->strtab_cfg, 4);
}

static void assume_command_queue(iom_qemu_smmu *q)
{
	const iom_smmu_seen_command *c =
		q->commands->len ? &g_array_index(q->commands, iom_smmu_seen_command, 0) : NULL;
	uint64_t low = q->tables->low[IOM_TABLE_CMDQ], high = q->tables->high[IOM_TABLE_CMDQ];
	uint64_t bytes = 0x1000;
	uint32_t index = c ? c->index : q->next_index;
	unsigned log2size;

	if (!iom_tables_has(q->tables, IOM_TABLE_CMDQ)) {
		low = VIRT_RAM;
		high = VIRT_RAM + 0x7ffff8;
	}
	low &= ~UINT64_C(0xfff);
	/* The queue is aligned to its size, a power of two (6.3.26 SMMU_CMDQ_BASE). */
	while (bytes < (UINT64_C(16) << 19) && high - (low & ~(bytes - 1)) >= bytes)
		bytes *= 2;
	log2size = (unsigned)__builtin_ctzll(bytes) - 4;
	write_register(q, REG_CMDQ_BASE, (low & ~(bytes - 1)) | log2size, 8);
	index |= q->cons_wrap << log2size;
	write_register(q, REG_CMDQ_PROD, index, 4);
	write_register(q, REG_CMDQ_CONS, index, 4);
}

void iom_qemu_smmu_need_enabled(iom_qemu_smmu *q, bool queue)
{
	uint32_t want = queue ? CR0_CMDQEN : CR0_SMMUEN, cr0 = q->cr0;

	if (q->cr0 & want)
		return;
	/* The write that follows in the log is the one that turns it on. */
	if (queue && q->cmdq)
		return;
	iom_sink_note(q->sink, "the log begins after the driver set the SMMU up: where its tables "
			       "and queues are is taken from the tables file");
	if (!(cr0 & CR0_SMMUEN)) {
		if (!q->strtab)
			assume_stream_table(q);
		cr0 |= CR0_SMMUEN;
	}
	/* Where the queue's consumer is shows with the first command only. */
	if (queue) {
		assume_command_queue(q);
		cr0 |= CR0_CMDQEN;
	}
	write_register(q, REG_CR0, cr0, 4);
}

void iom_qemu_smmu_need_disabled(iom_qemu_smmu *q)
{
	if (!(q->cr0 & CR0_SMMUEN))
		return;
	/* A reset of the machine is not logged, the driver's writes after it are. */
	iom_sink_note(q->sink, "translation went off without a register write, as after a reset of "
			       "the machine");
	write_register(q, REG_CR0, 0, 4);
}
