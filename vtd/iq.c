/* SPDX-License-Identifier: MIT */
/*
 * 6.5.2 Queued Invalidation Interface: fetching descriptors, their legality,
 * and errors. What a descriptor does is in iq_run.c.
 */
#include "vtd/iq.h"

#include <string.h>

/* IQERCD.IQEI */
enum {
	CAUSE_TAIL = 1,
	CAUSE_FETCH = 2,
	CAUSE_TYPE = 3,
	CAUSE_RESERVED = 4,
	CAUSE_WIDTH = 5,
	CAUSE_ALIGNMENT = 6,
	CAUSE_MODE = 7,
};

/* What a descriptor type needs. */
typedef struct iq_kind {
	const iom_layout *layout;
	vtd_iq_execute *execute;
	const char *name;
	vtd_command command;
	bool scalable; /* not in legacy mode */
	size_t cap; /* offset in vtd_caps of the feature needed, 0 none */
} iq_kind;

#define CAP(f) offsetof(vtd_caps, f)

static const iq_kind kinds[] = {
	[1] = { &vtd_cc_inv_dsc_layout, vtd_iq_context_cache, "context-cache invalidate",
		VTD_CMD_CONTEXT_CACHE, false, 0 },
	[2] = { &vtd_iotlb_inv_dsc_layout, vtd_iq_iotlb, "IOTLB invalidate", VTD_CMD_IOTLB, false,
		0 },
	[3] = { &vtd_dev_tlb_inv_dsc_layout, vtd_iq_dev_tlb, "device-TLB invalidate",
		VTD_CMD_DEV_IOTLB, false, CAP(dt) },
	[4] = { &vtd_iec_inv_dsc_layout, vtd_iq_interrupt, "interrupt entry cache invalidate",
		VTD_CMD_IEC, false, CAP(ir) },
	[5] = { &vtd_inv_wait_dsc_layout, vtd_iq_wait, "invalidation wait", VTD_CMD_WAIT, false,
		0 },
	[6] = { &vtd_p_iotlb_inv_dsc_layout, vtd_iq_pasid_iotlb, "PASID-based IOTLB invalidate",
		VTD_CMD_PASID_IOTLB, true, 0 },
	[7] = { &vtd_pc_inv_dsc_layout, vtd_iq_pasid_cache, "PASID-cache invalidate",
		VTD_CMD_PASID_CACHE, true, 0 },
	[8] = { &vtd_p_dev_tlb_inv_dsc_layout, vtd_iq_pasid_dev_tlb,
		"PASID-based device-TLB invalidate", VTD_CMD_PASID_DEV_IOTLB, true, CAP(dt) },
	[9] = { &vtd_page_grp_resp_dsc_layout, vtd_iq_page_response, "page group response",
		VTD_CMD_PAGE_GROUP_RESPONSE, true, CAP(prs) },
	[10] = { &vtd_hpt_inv_dsc_layout, vtd_iq_hpt, "HPT invalidate", VTD_CMD_HPT, true,
		 CAP(hpts) },
};

/* 6.5.2.11: processing stops until software clears IQE. */
static void queue_error(vtd_unit *unit, unsigned cause)
{
	uint64_t record = vtd_get64(&unit->regs, VTD_IQERCD);

	vtd_iqercd_set_IQEI(&record, cause);
	vtd_set64(&unit->regs, VTD_IQERCD, record);
	vtd_note(unit, "invalidation queue", "6.5.2.11 Queued Invalidation Errors", 0,
		 "queue error %u at offset %#" G_GINT64_MODIFIER "x", cause,
		 vtd_get64(&unit->regs, VTD_IQH));
	vtd_fault_status(unit, VTD_FSTS_IQE);
}

/* Table 26: whether the type exists in this mode; the kind, or NULL and a cause. */
static const iq_kind *find_kind(const vtd_unit *unit, const uint64_t *words)
{
	unsigned type = (unsigned)(iom_get(words[0], 11, 9) << 4 | iom_get(words[0], 3, 0));
	const iq_kind *kind = type < G_N_ELEMENTS(kinds) ? &kinds[type] : NULL;

	if (!kind || !kind->layout)
		return NULL;
	if (kind->scalable && VTD_MODE_TTM(unit->root) == VTD_TTM_LEGACY)
		return NULL;
	if (kind->cap && !*((const bool *)((const char *)&unit->caps + kind->cap)))
		return NULL;
	return kind;
}

static bool reserved_clear(const vtd_unit *unit, const iq_kind *kind, const uint64_t *words,
			   unsigned n_words)
{
	unsigned defined = kind->layout->bits / 64;

	if (iom_layout_reserved(kind->layout, words, NULL))
		return false;
	for (unsigned i = defined; i < n_words; i++) {
		if (words[i])
			return false;
	}
	/* fields of features that are absent */
	if (kind->execute == vtd_iq_dev_tlb && !unit->caps.dit &&
	    (vtd_dev_tlb_inv_dsc_get_PFSID_HI(words) || vtd_dev_tlb_inv_dsc_get_PFSID_LO(words)))
		return false;
	if (kind->execute == vtd_iq_pasid_dev_tlb && !unit->caps.dit &&
	    (vtd_p_dev_tlb_inv_dsc_get_PFSID_HI(words) ||
	     vtd_p_dev_tlb_inv_dsc_get_PFSID_LO(words)))
		return false;
	return kind->execute != vtd_iq_wait || unit->caps.pds || !vtd_inv_wait_dsc_get_PD(words);
}

/* The queue as a whole: its cause of error, or 0. */
static unsigned check_queue(const vtd_unit *unit, uint64_t iqa, uint64_t tail)
{
	unsigned ttm = VTD_MODE_TTM(unit->root);
	bool wide = vtd_iqa_get_DW(&iqa);

	if (ttm == VTD_TTM_RESERVED)
		return CAUSE_MODE;
	if (wide ? !unit->caps.smts && !unit->caps.adms : ttm != VTD_TTM_LEGACY)
		return CAUSE_WIDTH;
	if (wide && tail & 0x10)
		return CAUSE_ALIGNMENT;
	if (tail >= UINT64_C(0x1000) << vtd_iqa_get_QS(&iqa))
		return CAUSE_TAIL;
	return 0;
}

/* One descriptor; false when the queue stops at it. */
static bool consume(vtd_unit *unit, uint64_t address, unsigned n_words)
{
	uint64_t words[4] = { 0 };
	const iq_kind *kind;

	for (unsigned i = 0; i < n_words; i++) {
		if (iom_memory_load64(unit->memory, address + 8 * i, &words[i]) != IOM_MEM_OK) {
			queue_error(unit, CAUSE_FETCH);
			return false;
		}
	}
	kind = find_kind(unit, words);
	if (iom_observed(&unit->base))
		iom_step_command(&unit->base, kind ? kind->name : "unknown descriptor",
				 kind ? kind->layout : NULL, address, words, n_words);
	if (!kind) {
		queue_error(unit, CAUSE_TYPE);
		return false;
	}
	if (!reserved_clear(unit, kind, words, n_words)) {
		queue_error(unit, CAUSE_RESERVED);
		return false;
	}
	switch (kind->execute(unit, words)) {
	case VTD_IQ_INVALID:
		queue_error(unit, CAUSE_RESERVED);
		return false;
	case VTD_IQ_BUSY:
		return false;
	case VTD_IQ_DONE:
		break;
	}
	atomic_fetch_add_explicit(&unit->commands[kind->command], 1, memory_order_relaxed);
	return true;
}

static bool may_fetch(const vtd_unit *unit)
{
	return vtd_get32(&unit->regs, VTD_GSTS) & VTD_GCMD_QIE && !unit->queue.fenced &&
	       !(vtd_get32(&unit->regs, VTD_FSTS) & (VTD_FSTS_IQE | VTD_FSTS_ITE));
}

/*
 * Consume what is there. Every round moves the head one descriptor on, so that
 * there are at most as many rounds as the queue has places.
 */
void vtd_iq_run(vtd_unit *unit)
{
	uint64_t iqa = vtd_get64(&unit->regs, VTD_IQA);
	uint64_t tail = vtd_get64(&unit->regs, VTD_IQT);
	uint64_t head = vtd_get64(&unit->regs, VTD_IQH);
	uint64_t size = UINT64_C(0x1000) << vtd_iqa_get_QS(&iqa);
	unsigned step = vtd_iqa_get_DW(&iqa) ? 32 : 16;
	const uint64_t *host;
	unsigned cause;

	head = (head & (size - 1)) & ~(uint64_t)(step - 1);
	if (!may_fetch(unit) || head == tail)
		return;
	cause = check_queue(unit, iqa, tail);
	if (cause) {
		queue_error(unit, cause);
		return;
	}
	host = iom_observed(&unit->base) || unit->base.bus.invalidated
		       ? NULL
		       : vtd_iq_host(unit, iqa, size);
	while (head != tail && may_fetch(unit)) {
		if (host) {
			head = vtd_iq_again(unit, host, step, size - 1, head, tail);
			vtd_set64(&unit->regs, VTD_IQH, head);
			if (head == tail)
				return;
		}
		vtd_set64(&unit->regs, VTD_IQH, head);
		if (!consume(unit, vtd_iqa_get_IQA(&iqa) + head, step / 8))
			return;
		head = (head + step) & (size - 1);
		vtd_set64(&unit->regs, VTD_IQH, head);
	}
}

/* 11.4.4.1: without the queue its head reads 0 and nothing is pending in it. */
void vtd_iq_enable(vtd_unit *unit, bool on)
{
	if (on) {
		vtd_iq_run(unit);
		return;
	}
	vtd_set64(&unit->regs, VTD_IQH, 0);
	g_array_set_size(unit->queue.waits, 0);
	unit->queue.fenced = false;
}
