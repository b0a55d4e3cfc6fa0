/* SPDX-License-Identifier: MIT */
/*
 * Accesses in the log of an SMMUv3: gather the words QEMU read for one, see that
 * memory holds them, write the access with QEMU's answer.
 */
#include "sim/import/qemu-smmu.h"

#include <string.h>

#define PERM_RW (IOM_READ | IOM_WRITE)
#define STAGE_NESTED 3
#define DESC_AP_USER UINT64_C(0x40) /* AP[1]: stage 1 admits unprivileged accesses */
#define DESC_AP_RO UINT64_C(0x80) /* AP[2] */
#define DESC_S2AP_R UINT64_C(0x40)
#define DESC_ADDRESS UINT64_C(0x0000fffffffff000)
/* Instead of an ASID and VMID in logs without look-up lines. */
#define VMID_NO_LOOKUP (UINT32_MAX - 1)

static const struct {
	const char *name;
	uint8_t number;
} events[] = {
	{ "F_UUT", 0x01 },
	{ "C_BAD_STREAMID", 0x02 },
	{ "F_STE_FETCH", 0x03 },
	{ "C_BAD_STE", 0x04 },
	{ "F_BAD_ATS_TREQ", 0x05 },
	{ "F_STREAM_DISABLED", 0x06 },
	{ "F_TRANS_FORBIDDEN", 0x07 },
	{ "C_BAD_SUBSTREAMID", 0x08 },
	{ "C_BAD_SSID", 0x08 },
	{ "F_CD_FETCH", 0x09 },
	{ "C_BAD_CD", 0x0a },
	{ "F_WALK_EABT", 0x0b },
	{ "F_TRANSLATION", 0x10 },
	{ "F_ADDR_SIZE", 0x11 },
	{ "F_ACCESS", 0x12 },
	{ "F_PERMISSION", 0x13 },
	{ "F_TLB_CONFLICT", 0x20 },
	{ "F_CFG_CONFLICT", 0x21 },
	{ "E_PAGE_REQ", 0x24 },
};
#define EVENT_F_TRANSLATION 0x10u
#define EVENT_F_PERMISSION 0x13u
#define EVENT_FIRST_TRANSLATION 0x0bu

static unsigned event_number(const char *text, size_t len)
{
	static const char prefix[] = "SMMU_EVT_";
	size_t n = 0;

	while (len && *text == ' ')
		text++, len--;
	if (len >= strlen(prefix) && memcmp(text, prefix, strlen(prefix)) == 0) {
		text += strlen(prefix);
		len -= strlen(prefix);
	}
	while (n < len && text[n] != ' ')
		n++;
	for (size_t i = 0; i < G_N_ELEMENTS(events); i++) {
		if (strlen(events[i].name) == n && memcmp(events[i].name, text, n) == 0)
			return events[i].number;
	}
	return 0;
}

static void start_access(iom_qemu_smmu *q, uint32_t sid, bool miss)
{
	memset(&q->access, 0, sizeof(q->access));
	q->access.open = true;
	q->access.sid = sid;
	q->access.cfg_miss = miss;
	q->access.asid = q->access.vmid = IOM_SMMU_ANY;
	g_array_set_size(q->words, 0);
}

/* ---- lines inside an access ---- */

static uint32_t tag(const iom_qemu_event *e, unsigned i)
{
	return e->have >> i & 1 ? (uint32_t)e->f[i] : IOM_SMMU_ANY;
}

/*
 * With nested translation, addresses of CDs and of tables are looked up as well,
 * with ASID -1; so are the addresses of accesses that only stage 2 translates.
 */
static void lookup(iom_qemu_smmu *q, const iom_qemu_event *e)
{
	iom_smmu_access *a = &q->access;
	uint32_t asid = tag(e, 0), vmid = tag(e, 1);
	bool hit = e->id == IOM_QEMU_SMMU_LOOKUP_HIT;
	bool of_table = a->has_lookup && a->asid != IOM_SMMU_ANY && asid == IOM_SMMU_ANY;

	if (asid == IOM_SMMU_ANY) {
		a->has_s2_lookup = true;
		a->s2_lookup = e->f[2];
	}
	if (!of_table) {
		if (asid != IOM_SMMU_ANY && a->cfg_miss && !a->config_words)
			a->config_words = q->words->len;
		a->has_lookup = true;
		a->hit = hit;
		a->asid = asid;
		a->vmid = vmid;
		a->iova = e->f[2];
		a->has_iova = true;
	}
	if (hit) {
		const iom_path *path = iom_paths_find(&q->paths, asid, vmid, e->f[2]);

		/* What the entry stands for is read again by a model without caches. */
		if (path)
			g_array_append_vals(q->words, iom_path_words(&q->paths, path),
					    path->n_words);
	} else if (a->n_open < IOM_SMMU_MAX_LOOKUPS) {
		a->open_lookup[a->n_open].asid = asid;
		a->open_lookup[a->n_open].vmid = vmid;
		a->open_lookup[a->n_open].address = e->f[2];
		a->open_lookup[a->n_open].first = q->words->len;
		a->n_open++;
	}
}

static void insert(iom_qemu_smmu *q, const iom_qemu_event *e)
{
	iom_smmu_access *a = &q->access;
	uint32_t asid = tag(e, 0), vmid = tag(e, 1);
	unsigned granule = (unsigned)(e->f[3] & 3) * 2 + 10, level = (unsigned)MIN(e->f[4], 3);
	unsigned i = a->n_open;
	iom_path *path;
	guint first;

	while (i && (a->open_lookup[i - 1].asid != asid || a->open_lookup[i - 1].vmid != vmid))
		i--;
	if (!i || granule < 12)
		return;
	a->n_open = i - 1;
	first = a->open_lookup[i - 1].first;
	if (first >= q->words->len)
		return;
	path = iom_paths_store(&q->paths, asid, vmid, e->f[2],
			       granule + (3 - level) * (granule - 3),
			       &g_array_index(q->words, iom_path_word, first),
			       q->words->len - first);
	path->privileged = asid != IOM_SMMU_ANY && a->s1_leaf && !(a->s1_leaf & DESC_AP_USER);
}

static void walk_level(iom_smmu_access *a, const iom_qemu_event *e)
{
	unsigned stage = e->have & 1 ? (unsigned)e->f[0] : 1;
	unsigned level = (unsigned)MIN(e->f[1], 3);

	if (stage != 2) {
		a->s1_walk = true;
		if (!a->has_iova || !a->has_lookup) {
			a->iova = e->f[2];
			a->has_iova = true;
		}
		return;
	}
	if (!a->s2_walk) {
		a->has_s2 = true;
		a->s2_base = e->f[4];
		for (unsigned g = 12; g <= 16; g += 2) {
			if (e->f[3] == UINT64_C(1) << (g + (3 - level) * (g - 3))) {
				a->has_s2_level = true;
				a->s2_level = (uint8_t)level;
				a->s2_granule_lg2 = (uint8_t)g;
			}
		}
	}
	a->s2_walk = true;
	if (!a->has_iova) {
		a->iova = e->f[2];
		a->has_iova = true;
	}
}

static void leaf(iom_smmu_access *a, unsigned stage, uint64_t descriptor)
{
	/* With both stages QEMU calls the first one 3, "nested". */
	if (stage != 2)
		a->s1_leaf = descriptor;
	a->last_leaf = descriptor;
	a->last_leaf_stage = stage == 2 ? 2 : 1;
}

static void read_cd(iom_smmu_access *a, uint64_t address)
{
	a->has_cd = true;
	a->cd = a->cd_pointer = address;
	a->has_s2_lookup = false;
	a->has_lookup = a->has_iova = false;
}

/* Stage 2 translated the pointer of the STE before the CD was read. */
static void found_cd(iom_qemu_smmu *q)
{
	iom_smmu_access *a = &q->access;
	const iom_path *path;

	if (!a->has_s2_lookup || a->s2_lookup != a->cd_pointer)
		return;
	path = iom_paths_find(&q->paths, IOM_SMMU_ANY, a->vmid, a->s2_lookup);
	if (path) {
		uint64_t offset = (UINT64_C(1) << (path->page & 0x3f)) - 1;
		uint64_t leaf_word = iom_path_words(&q->paths, path)[path->n_words - 1].value;

		a->cd = (leaf_word & DESC_ADDRESS & ~offset) | (a->cd_pointer & offset);
	}
	a->has_s2_lookup = false;
	a->has_lookup = a->has_iova = false;
}

static void read_tt(iom_smmu_access *a, const iom_qemu_event *e)
{
	iom_smmu_seen_tt *tt = &a->tt[e->f[0] & 1];

	tt->seen = true;
	tt->tsz = (uint8_t)(e->f[1] & 0x3f);
	tt->ttb = a->has_s2_lookup ? a->s2_lookup : e->f[2];
	tt->granule_lg2 = (uint8_t)e->f[3];
	tt->has_had = (e->have >> 4 & 1) != 0;
	tt->had = e->f[4] != 0;
	a->has_s2_lookup = false;
	a->has_lookup = a->has_iova = false;
}

static void gather(iom_qemu_smmu *q, const iom_qemu_event *e)
{
	iom_smmu_access *a = &q->access;

	switch (e->id) {
	case IOM_QEMU_SMMU_FIND_STE:
		a->split_seen = true;
		a->split = (uint32_t)(e->f[2] & 0x1f);
		break;
	case IOM_QEMU_SMMU_FIND_STE_2LVL:
		a->two_level = true;
		a->strtab = e->f[0];
		a->l1ptr = e->f[1];
		a->l2ptr = e->f[3];
		a->max_l2 = e->f[5];
		break;
	case IOM_QEMU_SMMU_GET_STE:
		a->has_ste = true;
		a->ste = e->f[0];
		break;
	case IOM_QEMU_SMMU_GET_CD:
		read_cd(a, e->f[0]);
		break;
	case IOM_QEMU_SMMU_DECODE_CD:
		found_cd(q);
		a->has_oas = true;
		a->oas = (uint8_t)e->f[0];
		break;
	case IOM_QEMU_SMMU_DECODE_TT:
		read_tt(a, e);
		break;
	case IOM_QEMU_SMMU_LOOKUP_HIT:
	case IOM_QEMU_SMMU_LOOKUP_MISS:
		lookup(q, e);
		break;
	case IOM_QEMU_SMMU_INSERT:
		insert(q, e);
		break;
	case IOM_QEMU_SMMU_GET_PTE: {
		iom_path_word word = { e->f[2], e->f[3] };

		if (!a->has_base) {
			a->has_base = true;
			a->first_base = e->f[0];
			a->first_index = e->f[1];
		}
		g_array_append_val(q->words, word);
		break;
	}
	case IOM_QEMU_SMMU_PTW_LEVEL:
		walk_level(a, e);
		break;
	case IOM_QEMU_SMMU_PTW_INVALID:
		a->invalid = true;
		break;
	case IOM_QEMU_SMMU_PTW_PAGE:
		leaf(a, (unsigned)e->f[0], e->f[5]);
		break;
	case IOM_QEMU_SMMU_PTW_BLOCK:
		leaf(a, (unsigned)e->f[0], e->f[4]);
		break;
	default:
		break;
	}
}

/* ---- the end of an access ---- */

/* Put the words of the walk in place; returns whether the leaf is privileged. */
static bool place_walk(iom_qemu_smmu *q)
{
	const iom_smmu_access *a = &q->access;
	uint32_t asid = a->has_lookup ? a->asid : a->sid;
	uint32_t vmid = a->has_lookup ? a->vmid : VMID_NO_LOOKUP;
	iom_path *path = NULL;

	if (a->has_lookup ? a->hit : !q->words->len) {
		path = iom_paths_find(&q->paths, asid, vmid, a->iova);
		q->walk_known = path != NULL;
		if (path && path->checked != q->sink->memory.changes) {
			const iom_path_word *w = iom_path_words(&q->paths, path);

			for (uint32_t i = 0; i < path->n_words; i++)
				iom_sink_word(q->sink, w[i].address, w[i].value);
			path->checked = q->sink->memory.changes;
		}
		return path && path->privileged;
	}
	q->walk_known = q->words->len != 0;
	for (guint i = 0; i < q->words->len; i++) {
		const iom_path_word *w = &g_array_index(q->words, iom_path_word, i);

		iom_sink_word(q->sink, w->address, w->value);
	}
	if (!a->has_lookup && a->has_iova && q->words->len)
		iom_paths_store(&q->paths, asid, vmid, a->iova, 12,
				&g_array_index(q->words, iom_path_word, 0), q->words->len);
	return a->s1_leaf && !(a->s1_leaf & DESC_AP_USER);
}

static iom_trace_record dma_record(uint32_t sid, uint64_t iova)
{
	iom_trace_record record = {
		.kind = IOM_TRACE_DMA,
		.flags = IOM_TRACE_EXPECT | IOM_TRACE_READ,
		.requester = sid,
		.pasid = IOM_NO_PASID,
		.length = 1,
		.address = iova,
	};

	return record;
}

static void finish_translated(iom_qemu_smmu *q, const iom_qemu_event *e)
{
	iom_smmu_access *a = &q->access;
	iom_trace_record record = dma_record((uint32_t)e->f[0], e->f[1]);
	unsigned stage = e->have >> 4 & 1 ? (unsigned)e->f[4] : 0;
	uint8_t perm = (uint8_t)(e->f[3] & PERM_RW);

	if (!a->has_iova || !a->has_lookup) {
		a->iova = e->f[1];
		a->has_iova = true;
	}
	iom_qemu_smmu_need_enabled(q, false);
	iom_qemu_smmu_configure(q, IOM_SMMU_TRANSLATED, stage, 0);
	iom_qemu_smmu_restore_config(q, record.requester);
	if (place_walk(q))
		record.flags |= IOM_TRACE_PRIVILEGED;
	if (!q->walk_known || !iom_qemu_smmu_stream(q, record.requester)->n_words)
		iom_qemu_smmu_assume(q, record.requester, stage, e->f[1], e->f[2], perm);
	if (!(perm & IOM_READ))
		record.flags ^= IOM_TRACE_READ | IOM_TRACE_WRITE;
	record.value = e->f[2];
	record.expect = IOM_TRACE_EXPECT_ADDRESS;
	/* With both stages QEMU prints the permissions of stage 1 alone. */
	if (perm && stage != STAGE_NESTED) {
		record.expect |= IOM_TRACE_EXPECT_PERM;
		record.perm = perm;
	}
	q->stage1 |= stage ? (stage & 1) != 0 : a->has_cd;
	q->stage2 |= (stage & 2) != 0;
	iom_sink_dma(q->sink, &record);
}

static void finish_untranslated(iom_qemu_smmu *q, const iom_qemu_event *e)
{
	iom_trace_record record = dma_record((uint32_t)e->f[0], e->f[1]);
	bool abort = e->id == IOM_QEMU_SMMU_ABORT;

	record.expect = abort ? IOM_TRACE_EXPECT_FAULT : IOM_TRACE_EXPECT_ADDRESS;
	record.value = abort ? 0 : e->f[1];
	/* With translation off nothing looks up a configuration. */
	if (e->id == IOM_QEMU_SMMU_DISABLE || (abort && !q->access.open && !q->enabled_seen)) {
		iom_qemu_smmu_need_disabled(q);
	} else {
		iom_qemu_smmu_need_enabled(q, false);
		iom_qemu_smmu_configure(q, abort ? IOM_SMMU_ABORTED : IOM_SMMU_BYPASSED, 0, 0);
		iom_qemu_smmu_restore_config(q, record.requester);
		iom_qemu_smmu_assume_untranslated(q, record.requester, abort);
	}
	iom_sink_dma(q->sink, &record);
}

/*
 * An address between the ranges of TTB0 and TTB1 faults before anything is looked
 * up, so that no line tells it; any such address will do (5.4, T0SZ and T1SZ).
 */
static bool make_up_address(iom_qemu_smmu *q, uint32_t sid, unsigned event, uint64_t *iova)
{
	const iom_smmu_stream *stream = iom_qemu_smmu_stream(q, sid);
	uint64_t cd = stream->cd ? iom_sink_read(q->sink, stream->cd) : 0;
	unsigned t0sz = (unsigned)(cd & 0x3f);

	if (event != EVENT_F_TRANSLATION || !stream->n_words || t0sz < 16)
		return false;
	*iova = UINT64_C(1) << (64 - t0sz);
	q->sink->report->placed++;
	return true;
}

static void finish_faulted(iom_qemu_smmu *q, uint32_t sid, unsigned event)
{
	const iom_smmu_access *a = &q->access;
	iom_trace_record record = dma_record(sid, a->iova);
	bool write = a->last_leaf_stage == 1 ? (a->last_leaf & DESC_AP_RO) != 0
					     : (a->last_leaf & DESC_S2AP_R) != 0;

	iom_qemu_smmu_need_enabled(q, false);
	iom_qemu_smmu_configure(q, IOM_SMMU_FAULTED, 0, event);
	if (event >= EVENT_FIRST_TRANSLATION && !a->has_iova &&
	    !make_up_address(q, sid, event, &record.address)) {
		q->sink->report->left_out++;
		return;
	}
	if (event >= EVENT_FIRST_TRANSLATION || !event) {
		iom_qemu_smmu_restore_config(q, sid);
		if (a->has_iova && place_walk(q))
			record.flags |= IOM_TRACE_PRIVILEGED;
	}
	/* The direction is not logged; what the leaf allows cannot have failed. */
	if ((event == EVENT_F_PERMISSION || !event) && a->last_leaf && write)
		record.flags ^= IOM_TRACE_READ | IOM_TRACE_WRITE;
	record.expect = IOM_TRACE_EXPECT_FAULT;
	record.value = event;
	iom_sink_dma(q->sink, &record);
}

void iom_qemu_smmu_access_drop(iom_qemu_smmu *q)
{
	iom_smmu_access *a = &q->access;

	if (!a->open)
		return;
	/* CD.R or S2R 0, or no event queue: the fault left no line (5.4, 7.2). */
	if (a->has_lookup && a->n_open && q->words->len) {
		if (!a->invalid && !a->last_leaf)
			iom_sink_note(q->sink, "accesses without an outcome in the log were taken "
					       "for faults");
		finish_faulted(q, a->sid, 0);
	}
	a->open = false;
}

void iom_qemu_smmu_access_event(iom_qemu_smmu *q, const iom_qemu_event *e)
{
	switch (e->id) {
	case IOM_QEMU_SMMU_CFG_HIT:
	case IOM_QEMU_SMMU_CFG_MISS:
		iom_qemu_smmu_access_drop(q);
		start_access(q, (uint32_t)e->f[0], e->id == IOM_QEMU_SMMU_CFG_MISS);
		return;
	case IOM_QEMU_SMMU_SUCCESS:
	case IOM_QEMU_SMMU_BYPASS:
	case IOM_QEMU_SMMU_DISABLE:
	case IOM_QEMU_SMMU_ABORT:
	case IOM_QEMU_SMMU_EVENT:
		if (q->access.open && q->access.sid != (uint32_t)e->f[0])
			start_access(q, (uint32_t)e->f[0], false);
		q->access.sid = (uint32_t)e->f[0];
		if (e->id == IOM_QEMU_SMMU_SUCCESS)
			finish_translated(q, e);
		else if (e->id == IOM_QEMU_SMMU_EVENT)
			finish_faulted(q, (uint32_t)e->f[0], event_number(e->text, e->text_len));
		else
			finish_untranslated(q, e);
		start_access(q, 0, false);
		q->access.open = false;
		return;
	default:
		/* Logs of some events only have no line that starts an access. */
		if (!q->access.open && e->id == IOM_QEMU_SMMU_GET_STE)
			q->access.cfg_miss = true;
		gather(q, e);
	}
}
