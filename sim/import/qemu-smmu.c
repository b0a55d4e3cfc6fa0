/* SPDX-License-Identifier: MIT */
#include "sim/import/qemu-smmu.h"

#include <string.h>

static void free_stream(gpointer data)
{
	iom_smmu_stream *stream = data;

	g_free(stream->words);
	g_free(stream);
}

static bool is_static(void *opaque, uint64_t address, uint64_t value)
{
	const iom_qemu_smmu *q = opaque;
	iom_table_kind kind = iom_tables_kind(q->tables, address);

	(void)value;
	/* Commands are put in place when they are consumed, events are output. */
	return kind != IOM_TABLE_CMDQ && kind != IOM_TABLE_EVENTQ;
}

void iom_qemu_smmu_init(iom_qemu_smmu *q, iom_sink *sink, iom_tables *tables)
{
	GPtrArray *pages = iom_shadow_sorted(&tables->words);

	memset(q, 0, sizeof(*q));
	q->sink = sink;
	q->tables = tables;
	q->commands = g_array_new(FALSE, TRUE, sizeof(iom_smmu_seen_command));
	q->words = g_array_new(FALSE, FALSE, sizeof(iom_path_word));
	q->streams = g_hash_table_new_full(NULL, NULL, NULL, free_stream);
	q->s2 = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	iom_paths_init(&q->paths);
	q->access.asid = q->access.vmid = IOM_SMMU_ANY;
	for (guint i = 0; i < pages->len; i++)
		iom_sink_page(sink, g_ptr_array_index(pages, i), is_static, q);
	g_ptr_array_unref(pages);
}

void iom_qemu_smmu_clear(iom_qemu_smmu *q)
{
	g_array_unref(q->commands);
	g_array_unref(q->words);
	g_hash_table_destroy(q->streams);
	g_hash_table_destroy(q->s2);
	iom_paths_clear(&q->paths);
}

void iom_qemu_smmu_event(iom_qemu_smmu *q, const iom_qemu_event *e)
{
	switch (e->id) {
	case IOM_QEMU_SMMU_READ:
	case IOM_QEMU_SMMU_WRITE:
		iom_qemu_smmu_register_event(q, e);
		break;
	case IOM_QEMU_SMMU_CONSUME:
	case IOM_QEMU_SMMU_CONSUME_OUT:
	case IOM_QEMU_SMMU_OPCODE:
	case IOM_QEMU_SMMU_CMD_ERROR:
	case IOM_QEMU_SMMU_CFGI_STE:
	case IOM_QEMU_SMMU_CFGI_STE_RANGE:
	case IOM_QEMU_SMMU_CFGI_CD:
	case IOM_QEMU_SMMU_TLBI_NH:
	case IOM_QEMU_SMMU_TLBI_ASID:
	case IOM_QEMU_SMMU_TLBI_VMID:
	case IOM_QEMU_SMMU_INV_ASID_VMID:
	case IOM_QEMU_SMMU_RANGE:
		iom_qemu_smmu_command_event(q, e);
		break;
	case IOM_QEMU_SMMU_RESET:
		iom_qemu_smmu_need_disabled(q);
		break;
	case IOM_QEMU_SMMU_INFO:
		break;
	default:
		iom_qemu_smmu_access_event(q, e);
	}
}

void iom_qemu_smmu_finish(iom_qemu_smmu *q)
{
	/* The log ends between commands and the write that set them off. */
	if (q->commands->len) {
		unsigned log2size;

		iom_qemu_smmu_number_commands(q);
		iom_qemu_smmu_need_enabled(q, true);
		log2size = (unsigned)(q->cmdq & 0x1f);
		iom_qemu_smmu_place_commands(q);
		/* The wrap bit is the one the consumer has after the last command. */
		uint32_t mask = (UINT32_C(1) << MIN(log2size, 19u)) - 1;
		uint32_t wrap = q->cons_wrap ^ (q->next_index > mask);

		uint32_t prod = (q->next_index & mask) | (wrap & 1) << MIN(log2size, 19u);

		iom_sink_register(q->sink, 0x98, iom_qemu_smmu_shifted(q, prod), 4);
		iom_sink_note(q->sink, "the log ends amid commands: the queue was cut there");
	}
	iom_qemu_smmu_open(q);
}
