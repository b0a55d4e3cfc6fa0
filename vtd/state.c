/* SPDX-License-Identifier: MIT */
/*
 * Reset, save and load. What a unit remembers is its register file, which is
 * saved whole, and the members listed here; each reset, saved and loaded by the
 * same list.
 */
#include "vtd/internal.h"

#define STATE_VERSION 1

/* Members of vtd_unit that are one word, and those behind pointers. */
typedef struct words {
	void *at;
	size_t n;
} words;

static unsigned list(vtd_unit *unit, uint64_t *small, words *out)
{
	unsigned n = 0;

	out[n++] = (words){ &unit->root, 1 };
	out[n++] = (words){ &unit->irta, 1 };
	out[n++] = (words){ small, 4 };
	out[n++] = (words){ &unit->queue.sequence, 1 };
	return n;
}

/* State of queues and counters in words. */
enum { SMALL_FRCD, SMALL_FENCED, SMALL_WAITS, SMALL_PASIDS, N_SMALL };

void vtd_reset_locked(vtd_unit *unit)
{
	vtd_regs_reset(&unit->regs);
	unit->root = 0;
	unit->irta = 0;
	unit->next_frcd = 0;
	memset(unit->queue.itags, 0, sizeof(unit->queue.itags));
	unit->queue.sequence = 0;
	unit->queue.fenced = false;
	g_array_set_size(unit->queue.waits, 0);
	g_byte_array_set_size(unit->pasids, 0);
	vtd_perfmon_reset(unit);
	vtd_publish(unit);
	iom_tags_invalidate_all(unit->tags);
	vtd_forget_recent(unit);
}

void vtd_reset(iom_iommu *iommu)
{
	vtd_unit *unit = vtd_of(iommu);

	g_mutex_lock(&unit->lock);
	vtd_reset_locked(unit);
	g_mutex_unlock(&unit->lock);
}

/* What must be equal for a state to fit. */
static void identity(const vtd_unit *unit, uint64_t out[6])
{
	out[0] = unit->config.ver;
	out[1] = unit->config.cap;
	out[2] = unit->config.ecap;
	out[3] = unit->config.vccap;
	out[4] = unit->config.eccap[3] ^ unit->config.perfcap;
	out[5] = unit->config.haw;
}

GBytes *vtd_save(iom_iommu *iommu)
{
	vtd_unit *unit = vtd_of(iommu);
	iom_writer *w = iom_writer_new(IOM_KIND_VTD, STATE_VERSION);
	uint64_t who[6], small[N_SMALL];
	words members[8];

	g_mutex_lock(&unit->lock);
	identity(unit, who);
	iom_writer_words(w, who, G_N_ELEMENTS(who));
	for (uint32_t i = 0; i < unit->regs.size / 4; i += 2)
		iom_writer_u64(w, vtd_get64(&unit->regs, 4 * i));
	small[SMALL_FRCD] = unit->next_frcd;
	small[SMALL_FENCED] = unit->queue.fenced;
	small[SMALL_WAITS] = unit->queue.waits->len;
	small[SMALL_PASIDS] = unit->pasids->len;
	for (unsigned i = 0, n = list(unit, small, members); i < n; i++)
		iom_writer_words(w, members[i].at, members[i].n);
	for (unsigned i = 0; i < VTD_MAX_ITAGS; i++) {
		const vtd_itag *t = &unit->queue.itags[i];

		iom_writer_u64(w, (uint64_t)t->busy << 16 | t->sid);
		iom_writer_u64(w, t->sequence);
	}
	for (guint i = 0; i < unit->queue.waits->len; i++) {
		const vtd_wait *wait = &g_array_index(unit->queue.waits, vtd_wait, i);

		iom_writer_words(w, wait->words, 2);
		iom_writer_u64(w, wait->sequence);
	}
	for (guint i = 0; i < unit->pasids->len; i++)
		iom_writer_u64(w, unit->pasids->data[i]);
	for (unsigned c = 0; c < VTD_MAX_COUNTERS; c++) {
		const vtd_counter *counter = &unit->perfmon.counters[c];

		iom_writer_u64(w, counter->config);
		iom_writer_u64(w, counter->value);
		for (unsigned f = 0; f < VTD_MAX_FILTERS; f++)
			iom_writer_u64(w, counter->filter[f]);
	}
	g_mutex_unlock(&unit->lock);
	return iom_writer_end(w);
}

/* ------------------------------------------------------------------------
 * Loading goes into a unit of its own first, so that a bad state changes nothing.
 */
typedef struct loaded {
	uint64_t *regs;
	uint64_t small[N_SMALL];
	uint64_t root, irta, sequence;
	vtd_itag itags[VTD_MAX_ITAGS];
	GArray *waits;
	GByteArray *pasids;
	vtd_perfmon perfmon;
} loaded;

static bool read_queue(iom_reader *r, loaded *l)
{
	for (unsigned i = 0; i < VTD_MAX_ITAGS; i++) {
		uint64_t word;

		if (!iom_reader_u64(r, &word) || !iom_reader_u64(r, &l->itags[i].sequence))
			return false;
		l->itags[i].busy = word >> 16 & 1;
		l->itags[i].sid = (uint16_t)word;
	}
	if (l->small[SMALL_WAITS] > 0x8000 || l->small[SMALL_PASIDS] > (1u << 17) + 64)
		return false;
	for (uint64_t i = 0; i < l->small[SMALL_WAITS]; i++) {
		vtd_wait wait;

		if (!iom_reader_words(r, wait.words, 2) || !iom_reader_u64(r, &wait.sequence))
			return false;
		g_array_append_val(l->waits, wait);
	}
	for (uint64_t i = 0; i < l->small[SMALL_PASIDS]; i++) {
		uint64_t word;
		guint8 byte;

		if (!iom_reader_u64(r, &word))
			return false;
		byte = (guint8)word;
		g_byte_array_append(l->pasids, &byte, 1);
	}
	return true;
}

static bool read_perfmon(iom_reader *r, loaded *l)
{
	for (unsigned c = 0; c < VTD_MAX_COUNTERS; c++) {
		vtd_counter *counter = &l->perfmon.counters[c];

		if (!iom_reader_u64(r, &counter->config) || !iom_reader_u64(r, &counter->value))
			return false;
		for (unsigned f = 0; f < VTD_MAX_FILTERS; f++) {
			uint64_t word;

			if (!iom_reader_u64(r, &word))
				return false;
			counter->filter[f] = (uint32_t)word;
		}
	}
	return true;
}

static void take(vtd_unit *unit, const loaded *l)
{
	for (uint32_t i = 0; i < unit->regs.size / 8; i++)
		vtd_set64(&unit->regs, 8 * i, l->regs[i]);
	unit->root = l->root;
	unit->irta = l->irta;
	unit->next_frcd = (uint16_t)(l->small[SMALL_FRCD] % unit->caps.n_frcd);
	unit->queue.fenced = l->small[SMALL_FENCED] && l->waits->len;
	unit->queue.sequence = l->sequence;
	memcpy(unit->queue.itags, l->itags, sizeof(l->itags));
	g_array_set_size(unit->queue.waits, 0);
	if (l->waits->len)
		g_array_append_vals(unit->queue.waits, l->waits->data, l->waits->len);
	g_byte_array_set_size(unit->pasids, 0);
	if (l->pasids->len)
		g_byte_array_append(unit->pasids, l->pasids->data, l->pasids->len);
	unit->perfmon = l->perfmon;
}

static bool read_all(vtd_unit *unit, iom_reader *r, loaded *l)
{
	return iom_reader_words(r, l->regs, unit->regs.size / 8) && iom_reader_u64(r, &l->root) &&
	       iom_reader_u64(r, &l->irta) && iom_reader_words(r, l->small, N_SMALL) &&
	       iom_reader_u64(r, &l->sequence) && read_queue(r, l) && read_perfmon(r, l);
}

gboolean vtd_load(iom_iommu *iommu, GBytes *state, GError **error)
{
	vtd_unit *unit = vtd_of(iommu);
	uint64_t mine[6], theirs[6] = { 0 };
	loaded l = { 0 };
	uint32_t version;
	iom_reader *r = iom_reader_new(state, IOM_KIND_VTD, STATE_VERSION, &version, error);

	if (!r)
		return FALSE;
	identity(unit, mine);
	if (iom_reader_words(r, theirs, G_N_ELEMENTS(theirs)) &&
	    memcmp(mine, theirs, sizeof(mine)) != 0) {
		iom_reader_end(r, NULL);
		g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
			    "saved state is of a VT-d unit with other capabilities: CAP "
			    "%#" G_GINT64_MODIFIER "x, expected %#" G_GINT64_MODIFIER
			    "x; ECAP %#" G_GINT64_MODIFIER "x, expected %#" G_GINT64_MODIFIER "x",
			    theirs[1], mine[1], theirs[2], mine[2]);
		return FALSE;
	}
	l.regs = g_new0(uint64_t, unit->regs.size / 8);
	l.waits = g_array_new(FALSE, TRUE, sizeof(vtd_wait));
	l.pasids = g_byte_array_new();

	bool complete = read_all(unit, r, &l);
	bool ended = iom_reader_end(r, complete ? error : NULL);

	if (!complete)
		g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT,
			    "saved state of a VT-d unit is cut short or damaged");
	if (complete && ended) {
		g_mutex_lock(&unit->lock);
		take(unit, &l);
		vtd_publish(unit);
		iom_tags_invalidate_all(unit->tags);
		vtd_forget_recent(unit);
		g_mutex_unlock(&unit->lock);
	}
	g_free(l.regs);
	g_array_free(l.waits, TRUE);
	g_byte_array_free(l.pasids, TRUE);
	return complete && ended;
}
