/* SPDX-License-Identifier: MIT */
/*
 * Saved state of functions and endpoints. Everything is read and checked before
 * anything changes; a sum over all words finds what the checks cannot.
 */
#include <string.h>

#include "core/iommu.h"
#include "pcie/endpoint.h"

#define VERSION 1u

/* FNV-1a, 64 bits, over words. */
#define SUM_START UINT64_C(0xcbf29ce484222325)

static uint64_t sum_of(uint64_t sum, const uint64_t *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (unsigned byte = 0; byte < 8; byte++)
			sum = (sum ^ (words[i] >> (8 * byte) & 0xff)) * UINT64_C(0x100000001b3);
	}
	return sum;
}

/* A stream in either direction, with the sum so far. */
typedef struct stream {
	iom_writer *to;
	iom_reader *from;
	uint64_t sum;
	bool failed;
} stream;

static void put(stream *s, const uint64_t *words, size_t n)
{
	s->sum = sum_of(s->sum, words, n);
	iom_writer_words(s->to, words, n);
}

static bool get(stream *s, uint64_t *words, size_t n)
{
	if (!s->failed && !iom_reader_words(s->from, words, n))
		s->failed = true;
	if (s->failed)
		memset(words, 0, n * sizeof(*words));
	s->sum = sum_of(s->sum, words, n);
	return !s->failed;
}

static GBytes *finish(stream *s)
{
	iom_writer_u64(s->to, s->sum);
	return iom_writer_end(s->to);
}

/* The end of a stream: the sum, nothing behind it; consumes the reader. */
static gboolean check_end(stream *s, const char *what, GError **error)
{
	uint64_t sum;
	bool good = iom_reader_u64(s->from, &sum) && sum == s->sum;

	if (!iom_reader_end(s->from, error))
		return FALSE;
	if (!good)
		g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT,
			    "saved state of %s: its contents do not have the sum that it says",
			    what);
	return good;
}

/* ------------------------------------------------------------------------
 * Functions
 */
enum { SPACE_WORDS = IOM_PCI_CONFIG_SIZE / 8 };

static void pack(const uint8_t *bytes, uint64_t *words)
{
	memcpy(words, bytes, IOM_PCI_CONFIG_SIZE);
	for (unsigned i = 0; i < SPACE_WORDS; i++)
		words[i] = GUINT64_FROM_LE(words[i]);
}

static void unpack(const uint64_t *words, uint8_t *bytes)
{
	for (unsigned i = 0; i < SPACE_WORDS; i++) {
		uint64_t le = GUINT64_TO_LE(words[i]);

		memcpy(bytes + i * 8, &le, sizeof(le));
	}
}

/* What a function is: its values out of reset, and what writes can do. */
static uint64_t identity(const iom_pci_config *c)
{
	uint64_t words[SPACE_WORDS], sum = SUM_START;
	const uint8_t *const parts[] = { c->reset, c->clears, c->pulses };

	for (unsigned i = 0; i < G_N_ELEMENTS(parts); i++) {
		pack(parts[i], words);
		sum = sum_of(sum, words, SPACE_WORDS);
	}
	words[0] = c->size;
	words[1] = c->n_locks;
	words[2] = c->pf ? c->vf_index + 1u : 0;
	return sum_of(sum, words, 3);
}

GBytes *iom_pci_config_save(const iom_pci_config *config)
{
	stream s = { .to = iom_writer_new((iom_kind)IOM_STATE_FUNCTION, VERSION),
		     .sum = SUM_START };
	uint64_t is = identity(config), words[SPACE_WORDS];

	put(&s, &is, 1);
	pack(config->bytes, words);
	put(&s, words, SPACE_WORDS);
	pack(config->writable, words);
	put(&s, words, SPACE_WORDS);
	return finish(&s);
}

gboolean iom_pci_config_load(iom_pci_config *config, GBytes *state, GError **error)
{
	stream s = { .sum = SUM_START };
	uint64_t is, bytes[SPACE_WORDS], writable[SPACE_WORDS];

	s.from = iom_reader_new(state, (iom_kind)IOM_STATE_FUNCTION, VERSION, NULL, error);
	if (!s.from)
		return FALSE;
	get(&s, &is, 1);
	get(&s, bytes, SPACE_WORDS);
	get(&s, writable, SPACE_WORDS);
	if (!check_end(&s, "a PCI function", error))
		return FALSE;
	if (is != identity(config)) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
			    "saved state of a PCI function: it has other registers than this one");
		return FALSE;
	}
	pthread_mutex_lock(&config->lock);
	unpack(bytes, config->bytes);
	unpack(writable, config->writable);
	pthread_mutex_unlock(&config->lock);
	iom_pci_config_changed(config);
	return TRUE;
}

/* ------------------------------------------------------------------------
 * Endpoints
 */
enum {
	IDENTITY_WORDS = 8,
	POSITION_WORDS = 3,
	STAT_WORDS = 14,
	GROUP_WORDS = 3,
	ACCESS_WORDS = 9,
	WAIT_WORDS = 5,
};

/* A new counter has to be thought of here. */
G_STATIC_ASSERT(offsetof(iom_endpoint_statistics, atc) == STAT_WORDS * sizeof(uint64_t));

static void endpoint_identity(const iom_endpoint *ep, uint64_t *w)
{
	w[0] = ep->config.requester;
	w[1] = ep->config.iommu_space;
	w[2] = ep->config.atc.entries;
	w[3] = (uint64_t)ep->config.atc.policy << 32 | ep->config.atc.ways;
	w[4] = ep->at_ats;
	w[5] = ep->at_pri;
	w[6] = ep->at_pasid;
	w[7] = ep->config.function->pf ? ep->config.function->vf_index + 1u : 0;
}

static void save_groups(stream *s, const iom_endpoint *ep)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < PRI_INDEXES; i++)
		n += ep->groups[i].used || ep->groups[i].code != IOM_PRG_INVALID;
	put(s, &n, 1);
	for (unsigned i = 0; i < PRI_INDEXES; i++) {
		const ep_group *g = &ep->groups[i];
		uint64_t w[GROUP_WORDS] = { i | (uint64_t)g->code << 16 | (uint64_t)g->used << 32,
					    g->pasid, g->requests };

		if (g->used || g->code != IOM_PRG_INVALID)
			put(s, w, GROUP_WORDS);
	}
}

static void save_accesses(stream *s, const iom_endpoint *ep)
{
	uint64_t n = ep->stats.in_flight;

	put(s, &n, 1);
	for (const ep_access *a = ep->oldest; a; a = a->next) {
		const iom_dma_answer *r = &a->answer;
		uint64_t w[ACCESS_WORDS] = {
			a->sequence,
			a->dma.address,
			(uint64_t)a->dma.length << 32 | a->dma.pasid,
			(uint64_t)a->dma.flags << 8 | a->dma.access,
			(uint64_t)r->type << 40 | (uint64_t)r->cached << 32 | r->permissions << 16 |
				r->page_lg2 << 8 | r->space,
			r->address,
			r->span,
			r->completion,
			r->cxl_io,
		};

		put(s, w, ACCESS_WORDS);
	}
}

static void save_waiting(stream *s, const iom_endpoint *ep)
{
	uint64_t n = ep->n_waiting;

	put(s, &n, 1);
	for (unsigned i = 0; i < ep->n_waiting; i++) {
		const ep_waiting *wait = &ep->waiting[i];
		uint64_t w[WAIT_WORDS] = { wait->inv.address, wait->inv.length,
					   (uint64_t)wait->inv.global << 48 |
						   (uint64_t)wait->inv.space << 40 |
						   (uint64_t)wait->inv.itag << 32 | wait->inv.pasid,
					   wait->sequence, wait->accesses };

		put(s, w, WAIT_WORDS);
	}
}

GBytes *iom_endpoint_save(iom_endpoint *endpoint)
{
	iom_endpoint *ep = endpoint;
	stream s = { .to = iom_writer_new((iom_kind)IOM_STATE_ENDPOINT, VERSION),
		     .sum = SUM_START };
	uint64_t is[IDENTITY_WORDS], n;
	g_autoptr(GArray) atc = NULL;

	pthread_mutex_lock(&ep->lock);
	endpoint_identity(ep, is);
	put(&s, is, IDENTITY_WORDS);
	put(&s, (uint64_t[]){ ep->removed, ep->next_index, ep->sequence }, POSITION_WORDS);
	put(&s, (const uint64_t *)&ep->stats, STAT_WORDS);
	save_groups(&s, ep);
	save_accesses(&s, ep);
	save_waiting(&s, ep);
	atc = ep_atc_save(ep);
	n = atc->len / ATC_WORDS;
	put(&s, &n, 1);
	for (guint i = 0; i < atc->len; i += ATC_WORDS)
		put(&s, &g_array_index(atc, uint64_t, i), ATC_WORDS);
	pthread_mutex_unlock(&ep->lock);
	return finish(&s);
}

/* What was read, before it is believed. */
typedef struct loaded {
	uint64_t position[POSITION_WORDS], stats[STAT_WORDS], outstanding;
	ep_group groups[PRI_INDEXES];
	GPtrArray *accesses; /* ep_access */
	ep_waiting waiting[ATS_ITAGS];
	unsigned n_waiting;
	GArray *atc;
	const char *wrong; /* the first thing that cannot be */
} loaded;

static void doubt(loaded *l, bool good, const char *what)
{
	if (!good && !l->wrong)
		l->wrong = what;
}

static bool good_pasid(uint32_t pasid)
{
	return pasid == IOM_NO_PASID || pasid <= MAX_PASID;
}

/* A number of items that follow; bounded, so that nothing endless is read. */
static uint64_t get_count(stream *s, loaded *l, uint64_t most, const char *what)
{
	uint64_t n;

	get(s, &n, 1);
	doubt(l, n <= most, what);
	return l->wrong ? 0 : n;
}

static void load_groups(stream *s, loaded *l)
{
	uint64_t n = get_count(s, l, PRI_INDEXES, "the number of page request groups"), w[3];
	bool seen[PRI_INDEXES] = { false };

	for (unsigned i = 0; i < PRI_INDEXES; i++)
		l->groups[i].code = IOM_PRG_INVALID;
	while (n-- && get(s, w, GROUP_WORDS)) {
		unsigned index = w[0] & 0xffff, code = w[0] >> 16 & 0xffff;
		bool used = w[0] >> 32 & 1;

		doubt(l,
		      index < PRI_INDEXES && !(w[0] >> 33) && good_pasid((uint32_t)w[1]) &&
			      !(w[1] >> 32) &&
			      (code == IOM_PRG_SUCCESS || code == IOM_PRG_INVALID ||
			       code == IOM_PRG_FAILURE) &&
			      (used ? w[2] >= 1 && w[2] <= UINT32_MAX : w[2] == 0),
		      "a page request group");
		if (l->wrong)
			return;
		doubt(l, !seen[index], "a page request group that is there twice");
		seen[index] = true;
		l->groups[index] =
			(ep_group){ used, (uint8_t)code, (uint32_t)w[1], (unsigned)w[2] };
		l->outstanding += used ? w[2] : 0;
	}
}

static ep_access *load_access(const uint64_t *w)
{
	ep_access *a = g_new0(ep_access, 1);

	a->sequence = w[0];
	a->dma = (iom_dma){ .address = w[1],
			    .length = (uint32_t)(w[2] >> 32),
			    .pasid = (uint32_t)w[2],
			    .access = (uint8_t)w[3],
			    .flags = (uint8_t)(w[3] >> 8) };
	a->pasid = a->dma.pasid;
	ep_span_of(a);
	a->answer = (iom_dma_answer){ .type = (uint8_t)(w[4] >> 40),
				      .cached = (uint8_t)(w[4] >> 32),
				      .permissions = (uint8_t)(w[4] >> 16),
				      .page_lg2 = (uint8_t)(w[4] >> 8),
				      .space = (uint8_t)w[4],
				      .address = w[5],
				      .span = w[6],
				      .completion = w[7],
				      .cxl_io = (uint8_t)w[8],
				      .hold = a };
	return a;
}

static void load_accesses(stream *s, loaded *l)
{
	uint64_t n = get_count(s, l, UINT32_MAX, "the number of accesses"), w[ACCESS_WORDS];
	uint64_t before = 0;

	for (uint64_t i = 0; i < n && get(s, w, ACCESS_WORDS); i++) {
		ep_access *a = load_access(w);

		g_ptr_array_add(l->accesses, a);
		doubt(l,
		      (!i || w[0] > before) && w[0] < l->position[2] && good_pasid(a->pasid) &&
			      !(w[3] >> 16) && a->answer.type <= IOM_TRANSLATED &&
			      a->answer.space <= IOM_SPACE_ROOT,
		      "an access in flight");
		before = w[0];
	}
}

static void load_waiting(stream *s, loaded *l)
{
	uint64_t n = get_count(s, l, ATS_ITAGS, "the number of invalidations"), w[WAIT_WORDS];

	while (n-- && get(s, w, WAIT_WORDS)) {
		ep_waiting *wait = &l->waiting[l->n_waiting++];
		uint64_t meets = 0;

		wait->inv = (iom_ats_invalidate){ .address = w[0],
						  .length = w[1],
						  .pasid = (uint32_t)w[2],
						  .itag = (uint8_t)(w[2] >> 32),
						  .space = (uint8_t)(w[2] >> 40),
						  .global = w[2] >> 48 & 1 };
		wait->sequence = w[3];
		wait->accesses = (unsigned)w[4];
		for (guint i = 0; i < l->accesses->len; i++) {
			const ep_access *a = l->accesses->pdata[i];

			meets += a->sequence < wait->sequence && ep_meets(&wait->inv, a);
		}
		doubt(l,
		      wait->inv.itag < ATS_ITAGS && good_pasid(wait->inv.pasid) && meets &&
			      meets == w[4] && w[3] <= l->position[2],
		      "an invalidation that waits");
	}
}

static void load_atc(stream *s, const iom_endpoint *ep, loaded *l)
{
	uint64_t most = iom_cache_enabled(ep->atc) ? UINT32_MAX : 0, w[ATC_WORDS];
	uint64_t n = get_count(s, l, most, "the number of ATC entries");

	while (n-- && get(s, w, ATC_WORDS)) {
		doubt(l, ep_atc_possible(w), "an ATC entry");
		g_array_append_vals(l->atc, w, ATC_WORDS);
	}
}

static void commit(iom_endpoint *ep, const loaded *l)
{
	iom_epoch epoch;

	ep_forget_groups(ep, IOM_NO_PASID, true);
	ep_load_enables(ep);
	ep->removed = l->position[0];
	ep->next_index = (unsigned)l->position[1];
	ep->sequence = l->position[2];
	memcpy(&ep->stats, l->stats, sizeof(l->stats));
	memcpy(ep->groups, l->groups, sizeof(ep->groups));
	ep->outstanding = l->outstanding;
	iom_pci_outstanding_take(ep->shared, l->outstanding, UINT64_MAX);
	ep->stats.in_flight = 0;
	for (guint i = 0; i < l->accesses->len; i++)
		ep_link(ep, l->accesses->pdata[i]);
	memcpy(ep->waiting, l->waiting, sizeof(ep->waiting));
	ep->n_waiting = l->n_waiting;
	for (unsigned i = 0; i < ep->n_waiting; i++)
		ep->waiting[i].inv.requester = ep->config.requester;
	ep_atc_drop_all(ep);
	epoch = iom_tags_epoch(ep->tags);
	for (guint i = 0; i < l->atc->len; i += ATC_WORDS)
		ep_atc_restore(ep, &g_array_index(l->atc, uint64_t, i), epoch);
	if (ep->at_pri)
		ep_update_stopped(ep);
}

static gboolean believe(iom_endpoint *ep, const uint64_t *is, loaded *l, GError **error)
{
	uint64_t own[IDENTITY_WORDS];

	endpoint_identity(ep, own);
	if (memcmp(is, own, sizeof(own)) != 0) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
			    "saved state of an endpoint: of requester 0x%x, or with another ATC or "
			    "other capabilities than this one, 0x%x",
			    (unsigned)is[0], ep->config.requester);
		return FALSE;
	}
	if (l->wrong) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT,
			    "saved state of an endpoint: %s cannot be as it is there", l->wrong);
		return FALSE;
	}
	if (ep->oldest) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
			    "an endpoint that holds accesses cannot be loaded: end them first");
		return FALSE;
	}
	return TRUE;
}

gboolean iom_endpoint_load(iom_endpoint *endpoint, GBytes *state, GError **error)
{
	stream s = { .sum = SUM_START };
	uint64_t is[IDENTITY_WORDS];
	g_autofree loaded *l = NULL;
	gboolean ok;

	s.from = iom_reader_new(state, (iom_kind)IOM_STATE_ENDPOINT, VERSION, NULL, error);
	if (!s.from)
		return FALSE;
	l = g_new0(loaded, 1);
	l->accesses = g_ptr_array_new();
	l->atc = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	get(&s, is, IDENTITY_WORDS);
	get(&s, l->position, POSITION_WORDS);
	doubt(l, l->position[0] <= 1 && l->position[1] < PRI_INDEXES, "the position");
	get(&s, l->stats, STAT_WORDS);
	load_groups(&s, l);
	load_accesses(&s, l);
	load_waiting(&s, l);
	load_atc(&s, endpoint, l);
	/* With something wrong the rest is not read; that is the better message. */
	if (l->wrong && !s.failed) {
		(void)iom_reader_end(s.from, NULL);
		ok = TRUE;
	} else {
		ok = check_end(&s, "an endpoint", error);
	}
	pthread_mutex_lock(&endpoint->lock);
	ok = ok && believe(endpoint, is, l, error);
	if (ok)
		commit(endpoint, l);
	pthread_mutex_unlock(&endpoint->lock);
	for (guint i = 0; i < l->accesses->len && !ok; i++)
		g_free(l->accesses->pdata[i]);
	g_ptr_array_unref(l->accesses);
	g_array_unref(l->atc);
	return ok;
}
