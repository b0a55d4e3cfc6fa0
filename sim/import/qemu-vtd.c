/* SPDX-License-Identifier: MIT */
#include "sim/import/qemu-vtd.h"

#include <string.h>

#define REG_GCMD 0x18
#define REG_RTADDR 0x20
#define REG_IQT 0x88
#define REG_IQA 0x90
#define REG_IRTA 0xb8
#define REG_IVA 0xf0 /* at ECAP.IRO, which QEMU puts here */
#define REG_IOTLB 0xf8
#define GCMD_TE (UINT64_C(1) << 31)
#define GCMD_SRTP (UINT64_C(1) << 30)
#define GCMD_QIE (UINT64_C(1) << 26)
#define IRTA_EIME (UINT64_C(1) << 11)
#define IOTLB_IVT (UINT64_C(1) << 63)
#define FIRST_INTERRUPT_REASON 0x20u
#define LAST_INTERRUPT_REASON 0x2fu
#define FIRST_SCALABLE_REASON 0x40u

static bool is_static(void *opaque, uint64_t address, uint64_t value)
{
	const iom_qemu_vtd *q = opaque;
	iom_table_kind kind = iom_tables_kind(q->tables, address);

	(void)value;
	/* The driver model brings in page tables as they are used. */
	return kind == IOM_TABLE_ROOT || kind == IOM_TABLE_CONTEXT || kind == IOM_TABLE_PASID_DIR ||
	       kind == IOM_TABLE_PASID_TABLE || kind == IOM_TABLE_IRTE;
}

void iom_qemu_vtd_init(iom_qemu_vtd *q, iom_sink *sink, iom_tables *tables,
		       const iom_import_options *options)
{
	GPtrArray *pages = iom_shadow_sorted(&tables->words);

	memset(q, 0, sizeof(*q));
	q->sink = sink;
	q->tables = tables;
	q->options = options;
	q->descs = g_array_new(FALSE, TRUE, sizeof(iom_vtd_seen_desc));
	q->contexts = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	iom_qemu_vtd_driver_init(q);
	for (guint i = 0; i < pages->len; i++) {
		iom_shadow_page *page = g_ptr_array_index(pages, i);

		q->highest = MAX(q->highest, page->number << 12);
		iom_sink_page(sink, page, is_static, q);
	}
	g_ptr_array_unref(pages);
}

void iom_qemu_vtd_clear(iom_qemu_vtd *q)
{
	g_array_unref(q->descs);
	g_hash_table_destroy(q->contexts);
	iom_qemu_vtd_driver_clear(q);
}

/* ---- registers ---- */

static uint64_t merge(uint64_t old, uint64_t value, unsigned size, bool upper)
{
	if (size == 8)
		return value;
	return upper ? (old & UINT32_MAX) | value << 32
		     : (old & ~UINT64_C(0xffffffff)) | (uint32_t)value;
}

/* Register-based invalidation, which drivers use while the queue is off (6.5.1). */
static void unmap_by_register(iom_qemu_vtd *q, uint64_t command)
{
	uint16_t domain = (uint16_t)(command >> 32);

	if (!(command & IOTLB_IVT))
		return;
	switch (command >> 60 & 3) {
	case 1:
		iom_qemu_vtd_unmap_all(q);
		break;
	case 2:
		iom_qemu_vtd_unmap_domain(q, domain);
		break;
	case 3:
		iom_qemu_vtd_unmap_pages(q, domain, q->iva & ~UINT64_C(0xfff),
					 (unsigned)(q->iva & 0x3f));
		break;
	default:
		break;
	}
}

void iom_qemu_vtd_write(iom_qemu_vtd *q, uint64_t offset, uint64_t value, unsigned size)
{
	switch (offset) {
	case REG_GCMD:
		if (value & GCMD_SRTP)
			q->root = q->rtaddr;
		q->te = (value & GCMD_TE) != 0;
		q->qie = value & GCMD_QIE;
		if (!(value & GCMD_QIE))
			q->next_head = q->first_head = q->head_unknown = 0;
		break;
	case REG_RTADDR:
	case REG_RTADDR + 4:
		q->rtaddr = merge(q->rtaddr, value, size, offset & 4);
		break;
	case REG_IQA:
	case REG_IQA + 4:
		q->iqa = merge(q->iqa, value, size, offset & 4);
		break;
	case REG_IRTA:
		q->eim |= (value & IRTA_EIME) != 0;
		break;
	case REG_IVA:
	case REG_IVA + 4:
		q->iva = merge(q->iva, value, size, offset & 4);
		break;
	case REG_IOTLB:
		unmap_by_register(q, size == 8 ? value : 0);
		break;
	case REG_IOTLB + 4:
		unmap_by_register(q, value << 32);
		break;
	default:
		break;
	}
	iom_sink_register(q->sink, offset, value, size);
}

static void note_late(iom_qemu_vtd *q)
{
	iom_sink_note(q->sink, "the log begins after the driver set the unit up: where its tables "
			       "and queue are is taken from the tables file");
}

/* Where the root table is, when no register write tells. */
static void assume_tables(iom_qemu_vtd *q)
{
	const iom_tables *t = q->tables;
	uint64_t root = iom_tables_has(t, IOM_TABLE_ROOT)
				? t->low[IOM_TABLE_ROOT] & ~UINT64_C(0xfff)
				: 0x1000;

	note_late(q);
	if (iom_tables_has(t, IOM_TABLE_PASID_DIR))
		root |= 1 << 10; /* TTM: scalable mode */
	iom_qemu_vtd_write(q, REG_RTADDR, root, 8);
	iom_qemu_vtd_write(q, REG_GCMD, GCMD_SRTP | q->qie, 4);
	iom_qemu_vtd_write(q, REG_GCMD, GCMD_TE | q->qie, 4);
}

/* Where the queue is; it is taken up at `head`, which becomes its first slot. */
static void assume_queue(iom_qemu_vtd *q, uint32_t head)
{
	const iom_tables *t = q->tables;
	uint64_t low = t->low[IOM_TABLE_QUEUE] & ~UINT64_C(0xfff), bytes = 0x1000, qs = 0;

	/* Which descriptors are valid depends on the mode of the root table (6.5.2). */
	if (!q->root)
		assume_tables(q);
	note_late(q);
	if (!iom_tables_has(t, IOM_TABLE_QUEUE)) {
		low = 0x2000;
		bytes = 0x8000;
		qs = 3;
	}
	while (qs < 7 && iom_tables_has(t, IOM_TABLE_QUEUE) &&
	       t->high[IOM_TABLE_QUEUE] - low >= bytes) {
		bytes *= 2;
		qs++;
	}
	iom_qemu_vtd_write(q, REG_IQT, 0, 8);
	iom_qemu_vtd_write(q, REG_IQA, low | qs | (iom_qemu_vtd_scalable(q) ? 1 << 11 : 0), 8);
	iom_qemu_vtd_write(q, REG_GCMD, GCMD_QIE | (q->te ? GCMD_TE : 0), 4);
	q->next_head = q->first_head = head;
}

void iom_qemu_vtd_need_queue(iom_qemu_vtd *q)
{
	if (q->qie)
		return;
	assume_queue(q, 0);
	q->head_unknown = true;
}

static void find_head(iom_qemu_vtd *q)
{
	const iom_vtd_seen_desc *first = &g_array_index(q->descs, iom_vtd_seen_desc, 0);
	uint32_t used = q->next_head - q->first_head;

	if (!q->descs->len)
		return;
	q->head_unknown = false;
	q->next_head = first->has_index ? first->index : used;
	q->first_head = (q->next_head - used) % iom_qemu_vtd_queue_slots(q);
}

static void flush_tail(iom_qemu_vtd *q)
{
	unsigned bytes = iom_qemu_vtd_desc_bytes(q);
	uint32_t slots = iom_qemu_vtd_queue_slots(q);
	uint32_t tail = (uint32_t)(q->pending_value / bytes % slots);

	iom_qemu_vtd_place_descs(q, tail);
	if (q->pending_unseen) {
		tail = q->next_head;
		q->pending_value = (uint64_t)tail * bytes;
	}
	if (q->first_head)
		q->pending_value = (uint64_t)((tail - q->first_head) % slots) * bytes;
}

static void flush_write(iom_qemu_vtd *q)
{
	if (!q->pending)
		return;
	q->pending = false;
	if (q->descs->len && !q->iqa) {
		const iom_vtd_seen_desc *first = &g_array_index(q->descs, iom_vtd_seen_desc, 0);
		uint32_t head = first->has_index ? first->index : 0;

		assume_queue(q, head);
	}
	if (q->head_unknown)
		find_head(q);
	if (q->pending_offset == REG_IQT)
		flush_tail(q);
	else
		iom_qemu_vtd_place_descs(q, q->next_head);
	iom_qemu_vtd_write(q, q->pending_offset, q->pending_value, q->pending_size);
}

static void hold_write(iom_qemu_vtd *q, const iom_qemu_event *e)
{
	flush_write(q);
	q->pending = true;
	q->pending_offset = e->f[0];
	q->pending_value = e->f[2];
	q->pending_size = e->f[1] == 8 ? 8 : 4;
	q->pending_unseen = false;
}

/* A descriptor that no write in the log made visible. */
static void queue_event(iom_qemu_vtd *q, const iom_qemu_event *e)
{
	if (!q->pending) {
		/* A log that begins amid descriptors: nobody knows which slot it is. */
		if (e->id == IOM_QEMU_VTD_DESC && !q->descs->len && !q->iqa)
			return;
		q->pending = q->pending_unseen = true;
		q->pending_offset = REG_IQT;
		q->pending_size = 4;
	}
	iom_qemu_vtd_queue_event(q, e);
}

/* A reset of the machine writes no register. */
static void reset(iom_qemu_vtd *q)
{
	flush_write(q);
	if (q->te || q->root || q->iqa) {
		iom_sink_note(q->sink, "the machine was reset amid the log");
		iom_qemu_vtd_write(q, REG_GCMD, 0, 4);
		iom_qemu_vtd_write(q, REG_RTADDR, 0, 8);
	}
	q->root = q->iqa = 0;
	g_hash_table_remove_all(q->contexts);
}

/* ---- accesses ---- */

static void see_context(iom_qemu_vtd *q, const iom_qemu_event *e)
{
	guint requester = (guint)((e->f[0] & 0xff) << 8 | (e->f[1] & 0xff));
	iom_vtd_seen_context *seen = g_hash_table_lookup(q->contexts, GUINT_TO_POINTER(requester));

	if (!seen) {
		seen = g_new0(iom_vtd_seen_context, 1);
		g_hash_table_insert(q->contexts, GUINT_TO_POINTER(requester), seen);
	}
	seen->high = e->f[2];
	seen->low = e->f[3];
	seen->valid = true;
}

static void translate(iom_qemu_vtd *q, const iom_qemu_event *e)
{
	iom_vtd_mapping m = {
		.requester =
			(uint16_t)((e->f[0] & 0xff) << 8 | (e->f[1] & 0x1f) << 3 | (e->f[2] & 7)),
		.iova = e->f[3],
		.gpa = e->f[4],
		.mask = e->f[5],
	};
	iom_trace_record record = {
		.kind = IOM_TRACE_DMA,
		.flags = IOM_TRACE_EXPECT,
		.expect = IOM_TRACE_EXPECT_ADDRESS,
		.requester = m.requester,
		.pasid = IOM_NO_PASID,
		.length = 1,
		.address = m.iova,
		.value = m.gpa,
	};
	const iom_vtd_seen_page *page = &q->page;
	unsigned perm = IOM_READ | IOM_WRITE;

	flush_write(q);
	if (page->valid && page->requester == m.requester &&
	    (page->iova & ~m.mask) == (m.iova & ~m.mask)) {
		m.has_entry = true;
		m.entry = page->entry;
		m.domain = page->domain;
		/* The line of the access gives its page, the one before the address. */
		record.address = page->iova;
		record.value = m.gpa | (page->iova & m.mask);
	}
	m.pass_through = q->pass_through && q->pass_through_requester == m.requester;
	if (!q->te && (m.has_entry || m.pass_through || m.iova != m.gpa))
		assume_tables(q);
	if (q->te) {
		perm = iom_qemu_vtd_map(q, &m);
		if (m.has_entry) {
			record.expect |= IOM_TRACE_EXPECT_PERM;
			record.perm = (uint8_t)perm;
		}
	}
	q->highest = MAX(q->highest, m.gpa);
	q->large_input |= m.iova >> 39 != 0;
	record.flags |= perm & IOM_READ ? IOM_TRACE_READ : IOM_TRACE_WRITE;
	iom_sink_dma(q->sink, &record);
	q->page.valid = false;
	q->pass_through = false;
}

static void fault(iom_qemu_vtd *q, const iom_qemu_event *e)
{
	unsigned reason = (unsigned)e->f[1];
	bool write = e->f[3] != 0;
	iom_trace_record record = {
		.kind = IOM_TRACE_DMA,
		.flags = IOM_TRACE_EXPECT | (write ? IOM_TRACE_WRITE : IOM_TRACE_READ),
		.expect = IOM_TRACE_EXPECT_FAULT,
		.requester = (uint16_t)e->f[0],
		.pasid = IOM_NO_PASID,
		.length = 1,
		.address = e->f[2],
	};

	flush_write(q);
	if (reason >= FIRST_INTERRUPT_REASON && reason <= LAST_INTERRUPT_REASON)
		return;
	if (!q->te)
		assume_tables(q);
	iom_qemu_vtd_forbid(q, (uint16_t)record.requester, record.address, write, reason);
	/* QEMU reports legacy reasons for second-stage tables in scalable mode too. */
	if (!iom_qemu_vtd_scalable(q) || reason >= FIRST_SCALABLE_REASON)
		record.value = reason;
	iom_sink_dma(q->sink, &record);
	q->page.valid = false;
}

void iom_qemu_vtd_event(iom_qemu_vtd *q, const iom_qemu_event *e)
{
	switch (e->id) {
	case IOM_QEMU_VTD_WRITE:
		hold_write(q, e);
		break;
	case IOM_QEMU_VTD_READ:
		flush_write(q);
		break;
	case IOM_QEMU_VTD_QI_HEAD:
	case IOM_QEMU_VTD_DESC:
		queue_event(q, e);
		break;
	case IOM_QEMU_VTD_CC_HIT:
	case IOM_QEMU_VTD_CC_UPDATE:
		flush_write(q);
		see_context(q, e);
		break;
	case IOM_QEMU_VTD_PAGE:
		q->page.valid = true;
		q->page.requester = (uint16_t)e->f[0];
		q->page.iova = e->f[1];
		q->page.entry = e->f[2];
		q->page.domain = (uint16_t)e->f[3];
		break;
	case IOM_QEMU_VTD_PASS_THROUGH:
		q->pass_through = true;
		q->pass_through_requester = (uint16_t)e->f[0];
		break;
	case IOM_QEMU_VTD_TRANSLATE:
		translate(q, e);
		break;
	case IOM_QEMU_VTD_FAULT:
		fault(q, e);
		break;
	case IOM_QEMU_VTD_FAULT_OFF:
		q->sink->report->left_out++;
		break;
	case IOM_QEMU_VTD_CC_RESET:
		/* Without a write that does so, it is the machine that was reset. */
		if (!(q->pending && q->pending_offset == REG_GCMD) && !q->descs->len)
			reset(q);
		break;
	case IOM_QEMU_VTD_RESET:
		reset(q);
		break;
	default:
		break;
	}
}

/* The log may end amid the descriptors: only those that are in it are consumed. */
static void cut_queue(iom_qemu_vtd *q)
{
	uint32_t slots = iom_qemu_vtd_queue_slots(q), tail = q->next_head;

	if (q->descs->len) {
		const iom_vtd_seen_desc *last =
			&g_array_index(q->descs, iom_vtd_seen_desc, q->descs->len - 1);
		bool whole = last->has_words || !last->has_index;

		tail = last->has_index ? last->index + whole : tail + q->descs->len;
		if (!whole)
			g_array_set_size(q->descs, q->descs->len - 1);
	}
	q->pending_value = (uint64_t)(tail % slots) * iom_qemu_vtd_desc_bytes(q);
}

void iom_qemu_vtd_finish(iom_qemu_vtd *q)
{
	if (q->pending && q->pending_offset == REG_IQT && q->sink->report->commands)
		cut_queue(q);
	flush_write(q);
	iom_qemu_vtd_open(q);
}
