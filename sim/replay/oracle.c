/* SPDX-License-Identifier: MIT */
#include "sim/replay/oracle.h"

#include "sim/trace/trace.h"

#include <string.h>
#include <sys/stat.h>

#define PAGE_LG2 12
#define NEVER UINT32_MAX
#define SIZES 64

struct iom_oracle {
	GArray *page; /* uint64_t, of 4 KiB, of each DMA */
	GArray *who; /* uint32_t, number of its requester and PASID */
	uint32_t *next[SIZES]; /* by page_lg2: the DMA that is next on the same page */
	uint64_t now;
};

/* DMAs by page and by who accesses it; a slot has a number, or NEVER. */
typedef struct table {
	uint32_t *slot;
	uint64_t mask;
	uint64_t used;
} table;

static uint64_t mix(uint64_t v)
{
	v = (v ^ v >> 32) * UINT64_C(0x9e3779b97f4a7c15);
	return v ^ v >> 29;
}

static uint64_t page_of(const iom_oracle *o, uint32_t dma, unsigned lg2)
{
	/* What has no page, as a configuration has none, is used at every address. */
	if (lg2 < PAGE_LG2)
		return 0;
	return g_array_index(o->page, uint64_t, dma) >> (lg2 - PAGE_LG2);
}

static uint32_t *find(const iom_oracle *o, const table *t, uint32_t dma, unsigned lg2)
{
	uint64_t page = page_of(o, dma, lg2);
	uint32_t who = g_array_index(o->who, uint32_t, dma);
	uint64_t i = mix(page * 31 + mix(who)) & t->mask;

	for (;; i = (i + 1) & t->mask) {
		uint32_t at = t->slot[i];

		if (at == NEVER ||
		    (page_of(o, at, lg2) == page && g_array_index(o->who, uint32_t, at) == who))
			return &t->slot[i];
	}
}

static void table_make(table *t, uint64_t slots)
{
	t->slot = g_new(uint32_t, slots);
	memset(t->slot, 0xff, slots * sizeof(*t->slot));
	t->mask = slots - 1;
	t->used = 0;
}

static void put(const iom_oracle *o, table *t, uint32_t dma, unsigned lg2)
{
	uint32_t *slot;

	if (t->used > t->mask / 2) {
		table old = *t;

		table_make(t, 2 * (old.mask + 1));
		for (uint64_t i = 0; i <= old.mask; i++) {
			if (old.slot[i] == NEVER)
				continue;
			*find(o, t, old.slot[i], lg2) = old.slot[i];
			t->used++;
		}
		g_free(old.slot);
	}
	slot = find(o, t, dma, lg2);
	t->used += *slot == NEVER;
	*slot = dma;
}

/* From the end of the trace to its begin: the last one seen is the next one. */
static void look_back(iom_oracle *o, unsigned lg2)
{
	table t;

	o->next[lg2] = g_new(uint32_t, o->page->len);
	table_make(&t, 1024);
	for (uint32_t i = o->page->len; i-- > 0;) {
		o->next[lg2][i] = *find(o, &t, i, lg2);
		put(o, &t, i, lg2);
	}
	g_free(t.slot);
}

static uint64_t next_use(void *opaque, unsigned page_lg2)
{
	iom_oracle *o = opaque;
	uint32_t next;

	if (o->now >= o->page->len)
		return UINT64_MAX;
	if (!o->next[page_lg2])
		look_back(o, page_lg2);
	next = o->next[page_lg2][o->now];
	return next == NEVER ? UINT64_MAX : next;
}

static gboolean rereadable(const char *trace, GError **error)
{
	struct stat st;

	/* What cannot be looked at at all is told by who opens it. */
	if (strcmp(trace, "-") != 0 && (stat(trace, &st) != 0 || S_ISREG(st.st_mode)))
		return TRUE;
	g_set_error(error, IOM_ERROR, IOM_ERROR_UNSUPPORTED,
		    "%s: policy oracle reads a trace twice, and this is a stream; expected a file",
		    trace);
	return FALSE;
}

static gboolean read_all(iom_oracle *o, iom_trace_reader *reader, const char *trace, GError **error)
{
	GHashTable *numbers = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	const iom_trace_record *record;
	const void *data;
	int got;

	while ((got = iom_trace_next(reader, &record, &data, error)) > 0) {
		uint64_t who, page = record->address >> PAGE_LG2;
		gpointer number;
		uint32_t n;

		if (record->kind != IOM_TRACE_DMA)
			continue;
		if (o->page->len == NEVER - 1) {
			g_set_error(error, IOM_ERROR, IOM_ERROR_UNSUPPORTED,
				    "%s: policy oracle knows traces of up to %u DMAs", trace,
				    NEVER - 1);
			got = -1;
			break;
		}
		who = (uint64_t)record->requester << 32 | record->pasid;
		number = g_hash_table_lookup(numbers, &who);
		if (!number) {
			number = GUINT_TO_POINTER(g_hash_table_size(numbers) + 1);
			g_hash_table_insert(numbers, g_memdup2(&who, sizeof(who)), number);
		}
		n = GPOINTER_TO_UINT(number);
		g_array_append_val(o->page, page);
		g_array_append_val(o->who, n);
	}
	g_hash_table_unref(numbers);
	return got == 0;
}

static bool asks(const iom_cache_config *caches, unsigned id)
{
	const iom_cache_options *options = &caches->options[id];
	bool asks = caches->cache[id].policy == IOM_POLICY_ORACLE;

	for (unsigned b = 0; b < options->n_bins; b++)
		asks |= options->bin[b].geometry.policy == IOM_POLICY_ORACLE;
	return asks;
}

bool iom_oracle_wanted(const iom_cache_config *caches)
{
	bool wanted = false;

	for (unsigned i = 0; i < IOM_N_CACHES; i++)
		wanted |= asks(caches, i);
	return wanted;
}

iom_oracle *iom_oracle_new(const char *trace, GError **error)
{
	iom_trace_reader *reader;
	iom_oracle *o;
	gboolean ok;

	if (!rereadable(trace, error))
		return NULL;
	reader = iom_trace_reader_new(trace, error);
	if (!reader)
		return NULL;
	o = g_new0(iom_oracle, 1);
	o->page = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	o->who = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	ok = read_all(o, reader, trace, error);
	iom_trace_reader_free(reader);
	if (ok)
		return o;
	iom_oracle_free(o);
	return NULL;
}

void iom_oracle_free(iom_oracle *o)
{
	if (!o)
		return;
	for (unsigned i = 0; i < SIZES; i++)
		g_free(o->next[i]);
	g_array_unref(o->page);
	g_array_unref(o->who);
	g_free(o);
}

void iom_oracle_attach(iom_oracle *o, iom_cache_config *caches)
{
	for (unsigned i = 0; i < IOM_N_CACHES; i++) {
		if (!asks(caches, i))
			continue;
		caches->options[i].next_use = next_use;
		caches->options[i].opaque = o;
	}
}

void iom_oracle_at(iom_oracle *o, uint64_t dma)
{
	o->now = dma;
}
