/* SPDX-License-Identifier: MIT */
/*
 * The invalidation queue in a QEMU log (VT-d 6.5.2 "Queued Invalidation
 * Interface"). It is small and wraps all the time, so descriptors are written
 * into their slots again just before the tail write that makes them visible.
 */
#include "sim/import/qemu-vtd.h"

#define TYPE_DEVICE_TLB 3
#define TYPE_WAIT 5
#define TYPE_PASID_DEVICE_TLB 8
#define TYPE_PAGE_RESPONSE 9
/* pc_inv_dsc, all of the PASID cache (6.5.2.2). */
#define PASID_CACHE_GLOBAL UINT64_C(0x37)
/* cc_inv_dsc, all of the context cache (6.5.2.1). */
#define CONTEXT_CACHE_GLOBAL UINT64_C(0x11)
/* iotlb_inv_dsc, all of it (6.5.2.3). */
#define IOTLB_GLOBAL UINT64_C(0xd2)
#define REG_IQT 0x88
#define IQA_MASK (~UINT64_C(0xfff))

static unsigned type_of(uint64_t low)
{
	return (unsigned)((low & 0xf) | (low >> 9 & 7) << 4);
}

void iom_qemu_vtd_queue_event(iom_qemu_vtd *q, const iom_qemu_event *e)
{
	iom_vtd_seen_desc desc = { 0 };

	if (e->id == IOM_QEMU_VTD_QI_HEAD) {
		desc.index = (uint32_t)e->f[0];
		desc.has_index = true;
		q->head_lines = true;
		g_array_append_val(q->descs, desc);
		return;
	}
	iom_vtd_seen_desc *last =
		q->descs->len ? &g_array_index(q->descs, iom_vtd_seen_desc, q->descs->len - 1)
			      : NULL;

	desc.has_words = true;
	desc.high = e->f[0];
	desc.low = e->f[1];
	if (last && last->has_index && !last->has_words) {
		desc.index = last->index;
		desc.has_index = true;
		*last = desc;
	} else {
		g_array_append_val(q->descs, desc);
	}
}

/*
 * Contents for a slot that QEMU fetched without a word. Until 10.x that is so of
 * PASID-cache descriptors, in 7.2 also of PASID-based IOTLB descriptors, which
 * drivers queue after one of the former. What the slot holds in the end may be of
 * another round, for another domain; everything may always be invalidated instead
 * (6.5.2.2, 6.5.2.3).
 */
static void guess_words(iom_qemu_vtd *q, iom_vtd_seen_desc *desc, uint64_t slot)
{
	desc->low = q->silent_before ? IOTLB_GLOBAL : PASID_CACHE_GLOBAL;
	desc->high = 0;
	q->sink->report->made_up += iom_shadow_get(&q->tables->words, slot) != desc->low;
}

static void place(iom_qemu_vtd *q, iom_vtd_seen_desc *desc)
{
	unsigned bytes = iom_qemu_vtd_desc_bytes(q);
	uint32_t slots = iom_qemu_vtd_queue_slots(q);
	uint64_t base = q->iqa & IQA_MASK;
	uint64_t old = base + (uint64_t)(desc->index % slots) * bytes;
	uint64_t slot = base + (uint64_t)((desc->index - q->first_head) % slots) * bytes;
	unsigned type;

	if (!desc->has_words)
		guess_words(q, desc, old);
	type = type_of(desc->low);
	if (type != TYPE_WAIT)
		q->silent_before = !desc->has_words;
	q->device_tlb |= type == TYPE_DEVICE_TLB || type == TYPE_PASID_DEVICE_TLB;
	q->page_response |= type == TYPE_PAGE_RESPONSE;
	iom_qemu_vtd_unmap(q, desc->low, desc->high);
	iom_sink_word(q->sink, slot, desc->low);
	iom_sink_word(q->sink, slot + 8, desc->high);
	if (bytes == 32) {
		/* The upper half is not logged; it holds something for few types. */
		bool same = iom_shadow_get(&q->tables->words, old) == desc->low &&
			    iom_shadow_get(&q->tables->words, old + 8) == desc->high;

		for (unsigned i = 16; i < 32; i += 8)
			iom_sink_word(q->sink, slot + i,
				      same ? iom_shadow_get(&q->tables->words, old + i) : 0);
	}
	q->sink->report->commands++;
}

void iom_qemu_vtd_place_descs(iom_qemu_vtd *q, uint32_t tail)
{
	uint32_t slots = iom_qemu_vtd_queue_slots(q), head = q->next_head;
	iom_vtd_seen_desc *desc;

	if (!q->descs->len)
		return;
	if (!q->head_lines) {
		/* Without head lines, fetches that left no line come first: a wait ends a batch. */
		uint32_t n = (tail - head) % slots;

		for (guint i = q->descs->len; i < n; i++) {
			iom_vtd_seen_desc silent = { 0 };

			g_array_prepend_val(q->descs, silent);
		}
	}
	for (guint i = 0; i < q->descs->len; i++) {
		desc = &g_array_index(q->descs, iom_vtd_seen_desc, i);
		if (!desc->has_index)
			desc->index = head;
		head = (desc->index + 1) % slots;
		place(q, desc);
	}
	q->next_head = head;
	g_array_set_size(q->descs, 0);
}

void iom_qemu_vtd_forget_guess(iom_qemu_vtd *q)
{
	static const uint64_t everything[] = { CONTEXT_CACHE_GLOBAL, PASID_CACHE_GLOBAL,
					       IOTLB_GLOBAL };
	unsigned bytes = iom_qemu_vtd_desc_bytes(q);
	uint32_t slots = iom_qemu_vtd_queue_slots(q), tail = (q->next_head - q->first_head) % slots;

	for (unsigned i = 0; i < G_N_ELEMENTS(everything); i++) {
		uint64_t slot = (q->iqa & IQA_MASK) + (uint64_t)tail * bytes;

		/* There is no PASID cache in legacy mode. */
		if (everything[i] == PASID_CACHE_GLOBAL && bytes == 16)
			continue;
		for (unsigned k = 0; k < bytes; k += 8)
			iom_sink_word(q->sink, slot + k, k ? 0 : everything[i]);
		tail = (tail + 1) % slots;
		q->first_head = (q->first_head - 1) % slots;
	}
	iom_qemu_vtd_write(q, REG_IQT, (uint64_t)tail * bytes, 4);
	iom_sink_note(q->sink, "what was assumed before the log showed it was invalidated, which "
			       "the driver did not do");
}
