/* SPDX-License-Identifier: MIT */
/*
 * Reset, save and load. What a unit remembers is gathered in one snapshot, and
 * one list of its members writes and reads it, so that neither can forget what
 * the other knows.
 */
#include "vtd/internal.h"

#define STATE_VERSION 1
#define N_IDENTITY 6
#define MOST_WAITS 0x8000u
#define MOST_PASID_WORDS ((1u << 20) / 64 + 8)

typedef struct snapshot {
	uint64_t identity[N_IDENTITY]; /* must be equal for a state to fit */
	uint64_t *regs; /* the register file */
	uint64_t n_regs;
	uint64_t root, irta;
	uint64_t next_frcd;
	uint64_t sequence;
	uint64_t fenced;
	uint64_t itags[VTD_MAX_ITAGS]; /* busy << 16 | source-id */
	uint64_t itag_sequence[VTD_MAX_ITAGS];
	uint64_t n_waits;
	uint64_t *waits; /* three words each */
	uint64_t n_pasids;
	uint64_t *pasids; /* the bitmap in words */
	uint64_t counters[VTD_MAX_COUNTERS][2 + VTD_MAX_FILTERS];
} snapshot;

/* A snapshot on its way: exactly one of these is set. */
typedef struct stream {
	iom_writer *w;
	iom_reader *r;
} stream;

static bool words(stream *s, uint64_t *at, size_t n)
{
	if (s->r)
		return iom_reader_words(s->r, at, n);
	iom_writer_words(s->w, at, n);
	return true;
}

static bool word(stream *s, uint64_t *at)
{
	return words(s, at, 1);
}

/* Words whose number comes first; a number beyond `most` is damage. */
static bool counted(stream *s, uint64_t *n, uint64_t **at, unsigned size, uint64_t most)
{
	if (!word(s, n) || *n > most)
		return false;
	if (s->r)
		*at = g_new0(uint64_t, *n * size + 1);
	return words(s, *at, *n * size);
}

static bool transfer(stream *s, snapshot *x)
{
	return words(s, x->regs, x->n_regs) && word(s, &x->root) && word(s, &x->irta) &&
	       word(s, &x->next_frcd) && word(s, &x->sequence) && word(s, &x->fenced) &&
	       words(s, x->itags, VTD_MAX_ITAGS) && words(s, x->itag_sequence, VTD_MAX_ITAGS) &&
	       counted(s, &x->n_waits, &x->waits, 3, MOST_WAITS) &&
	       counted(s, &x->n_pasids, &x->pasids, 1, MOST_PASID_WORDS) &&
	       words(s, &x->counters[0][0], sizeof(x->counters) / sizeof(uint64_t));
}

static void snapshot_clear(snapshot *x)
{
	g_free(x->regs);
	g_free(x->waits);
	g_free(x->pasids);
}

static void identity(const vtd_unit *unit, uint64_t out[N_IDENTITY])
{
	out[0] = unit->config.ver;
	out[1] = unit->config.cap;
	out[2] = unit->config.ecap;
	out[3] = unit->config.vccap;
	out[4] = unit->config.eccap[3] ^ unit->config.perfcap;
	out[5] = unit->config.haw;
}

/* From the unit, and back to it; the lock is held. */
static void take(snapshot *x, const vtd_unit *unit)
{
	const vtd_queue *queue = &unit->queue;

	memset(x, 0, sizeof(*x));
	identity(unit, x->identity);
	x->n_regs = unit->regs.size / 8;
	x->regs = g_new(uint64_t, x->n_regs);
	for (uint32_t i = 0; i < x->n_regs; i++)
		x->regs[i] = vtd_get64(&unit->regs, 8 * i);
	x->root = unit->root;
	x->irta = unit->irta;
	x->next_frcd = unit->next_frcd;
	x->sequence = queue->sequence;
	x->fenced = queue->fenced;
	for (unsigned i = 0; i < VTD_MAX_ITAGS; i++) {
		x->itags[i] = (uint64_t)queue->itags[i].busy << 16 | queue->itags[i].sid;
		x->itag_sequence[i] = queue->itags[i].sequence;
	}
	x->n_waits = queue->waits->len;
	x->waits = g_new(uint64_t, 3 * x->n_waits + 1);
	for (guint i = 0; i < queue->waits->len; i++) {
		const vtd_wait *wait = &g_array_index(queue->waits, vtd_wait, i);

		x->waits[3 * i] = wait->words[0];
		x->waits[3 * i + 1] = wait->words[1];
		x->waits[3 * i + 2] = wait->sequence;
	}
	x->n_pasids = (unit->pasids->len + 7) / 8;
	x->pasids = g_new0(uint64_t, x->n_pasids + 1);
	for (guint i = 0; i < unit->pasids->len; i++)
		x->pasids[i / 8] |= (uint64_t)unit->pasids->data[i] << (8 * (i % 8));
	for (unsigned c = 0; c < VTD_MAX_COUNTERS; c++) {
		x->counters[c][0] = unit->perfmon.counters[c].config;
		x->counters[c][1] = unit->perfmon.counters[c].value;
		for (unsigned f = 0; f < VTD_MAX_FILTERS; f++)
			x->counters[c][2 + f] = unit->perfmon.counters[c].filter[f];
	}
}

static void give(const snapshot *x, vtd_unit *unit)
{
	vtd_queue *queue = &unit->queue;

	for (uint32_t i = 0; i < x->n_regs; i++)
		vtd_set64(&unit->regs, 8 * i, x->regs[i]);
	unit->root = x->root;
	unit->irta = x->irta;
	unit->next_frcd = (uint16_t)(x->next_frcd % unit->caps.n_frcd);
	queue->sequence = x->sequence;
	queue->fenced = x->fenced && x->n_waits;
	for (unsigned i = 0; i < VTD_MAX_ITAGS; i++)
		queue->itags[i] = (vtd_itag){ x->itags[i] >> 16 & 1, (uint16_t)x->itags[i],
					      x->itag_sequence[i] };
	unit->drains = (vtd_drains){ 0 };
	g_array_set_size(queue->waits, 0);
	for (uint64_t i = 0; i < x->n_waits; i++) {
		vtd_wait wait = { .words = { x->waits[3 * i], x->waits[3 * i + 1] },
				  .sequence = x->waits[3 * i + 2] };

		g_array_append_val(queue->waits, wait);
	}
	g_byte_array_set_size(unit->pasids, (guint)(8 * x->n_pasids));
	for (guint i = 0; i < unit->pasids->len; i++)
		unit->pasids->data[i] = (guint8)(x->pasids[i / 8] >> (8 * (i % 8)));
	for (unsigned c = 0; c < VTD_MAX_COUNTERS; c++) {
		unit->perfmon.counters[c].config = x->counters[c][0];
		unit->perfmon.counters[c].value = x->counters[c][1];
		for (unsigned f = 0; f < VTD_MAX_FILTERS; f++)
			unit->perfmon.counters[c].filter[f] = (uint32_t)x->counters[c][2 + f];
	}
	vtd_publish(unit);
	iom_tags_invalidate_all(unit->tags);
}

/* Reset is a snapshot of nothing, with the registers' reset values. */
void vtd_reset_locked(vtd_unit *unit)
{
	snapshot x;

	vtd_regs_reset(&unit->regs);
	memset(&x, 0, sizeof(x));
	x.n_regs = unit->regs.size / 8;
	x.regs = g_new(uint64_t, x.n_regs);
	for (uint32_t i = 0; i < x.n_regs; i++)
		x.regs[i] = vtd_get64(&unit->regs, 8 * i);
	give(&x, unit);
	snapshot_clear(&x);
}

void vtd_reset(iom_iommu *iommu)
{
	vtd_unit *unit = vtd_of(iommu);

	vtd_lock(unit);
	vtd_reset_locked(unit);
	vtd_unlock(unit);
}

GBytes *vtd_save(iom_iommu *iommu)
{
	vtd_unit *unit = vtd_of(iommu);
	stream s = { .w = iom_writer_new(IOM_KIND_VTD, STATE_VERSION) };
	snapshot x;

	vtd_lock(unit);
	take(&x, unit);
	vtd_unlock(unit);
	words(&s, x.identity, N_IDENTITY);
	transfer(&s, &x);
	snapshot_clear(&x);
	return iom_writer_end(s.w);
}

gboolean vtd_load(iom_iommu *iommu, GBytes *state, GError **error)
{
	vtd_unit *unit = vtd_of(iommu);
	uint64_t mine[N_IDENTITY];
	snapshot x = { .n_regs = unit->regs.size / 8 };
	stream s = { 0 };
	bool same, ok;

	s.r = iom_reader_new(state, IOM_KIND_VTD, STATE_VERSION, NULL, error);
	if (!s.r)
		return FALSE;
	identity(unit, mine);
	same = !words(&s, x.identity, N_IDENTITY) || memcmp(mine, x.identity, sizeof(mine)) == 0;
	x.regs = g_new0(uint64_t, x.n_regs);
	ok = same && transfer(&s, &x);
	if (!same) {
		iom_reader_end(s.r, NULL);
		g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
			    "saved state is of a VT-d unit with other capabilities: CAP "
			    "%#" G_GINT64_MODIFIER "x, here %#" G_GINT64_MODIFIER "x; ECAP "
			    "%#" G_GINT64_MODIFIER "x, here %#" G_GINT64_MODIFIER "x",
			    x.identity[1], mine[1], x.identity[2], mine[2]);
	} else if (!ok) {
		iom_reader_end(s.r, NULL);
		g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT,
			    "saved state of a VT-d unit is cut short or damaged");
	} else {
		ok = iom_reader_end(s.r, error);
	}
	if (ok) {
		vtd_lock(unit);
		give(&x, unit);
		vtd_unlock(unit);
	}
	snapshot_clear(&x);
	return ok;
}
