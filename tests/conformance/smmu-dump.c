/* SPDX-License-Identifier: MIT */
/* A random case as a row of vectors, for `iommulate vectors --explain`. */
#include "tests/conformance/smmu-rig.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const columns[] = { "id",     "group",       "title",      "idr",       "regs",
				       "memory", "abort_at",    "sid",        "ssid",      "addr",
				       "access", "expect",      "oa",         "leaf_log2", "attrs",
				       "event",  "event_words", "event_mask", "mem_after" };

void smmu_dump_header(GString *out)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(columns); i++)
		g_string_append_printf(out, "%s%s", i ? "\t" : "", columns[i]);
	g_string_append_c(out, '\n');
}

static void dump_ids(GString *out, const refwalk_ids *ids)
{
	const char *separator = "";

#define DUMP_ID(name) \
	g_string_append_printf(out, "%s%s=%u", separator, #name, ids->name); \
	separator = ";";
	REFWALK_IDS(DUMP_ID)
}

typedef struct changed_word {
	uint64_t address, before, now;
} changed_word;

static int by_address(const void *a, const void *b)
{
	const changed_word *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

/* The value a word had before the last request. */
static uint64_t before(const smmu_store *store, uint64_t address, uint64_t now)
{
	for (unsigned i = 0; i < store->n_log; i++) {
		if (store->log[i].address == address)
			return store->log[i].before;
	}
	return now;
}

static void dump_memory(GString *out, const smmu_store *store, bool changes)
{
	changed_word *words = g_new(changed_word, store->n);
	const char *separator = "";

	for (unsigned i = 0; i < store->n; i++) {
		unsigned slot = store->order[i];

		words[i].address = store->address[slot];
		words[i].now = store->value[slot];
		words[i].before = before(store, words[i].address, words[i].now);
	}
	qsort(words, store->n, sizeof words[0], by_address);
	for (unsigned i = 0; i < store->n; i++) {
		if (changes ? words[i].before == words[i].now : words[i].before == 0)
			continue;
		g_string_append_printf(out, "%s%#" PRIx64 "=%#" PRIx64, separator, words[i].address,
				       changes ? words[i].now : words[i].before);
		separator = ";";
	}
	if (!*separator)
		g_string_append_c(out, '-');
	g_free(words);
}

static void dump_request(GString *out, const refwalk_request *request)
{
	g_string_append_printf(out, "\t%#x\t", request->sid);
	if (request->ssv)
		g_string_append_printf(out, "%#x", request->ssid);
	else
		g_string_append_c(out, '-');
	g_string_append_printf(out, "\t%#" PRIx64 "\t%c/%c", request->address, request->access,
			       request->privileged ? 'P' : 'U');
}

static void dump_result(GString *out, const refwalk_result *r)
{
	bool ok = r->status == REFWALK_OK;

	g_string_append_printf(out, "\t%s\t", refwalk_status_name(r->status));
	if (ok)
		g_string_append_printf(out, "%#" PRIx64, r->oa);
	else
		g_string_append_c(out, '-');
	if (ok && r->leaf_lg2)
		g_string_append_printf(out, "\t%u", r->leaf_lg2);
	else
		g_string_append(out, "\t-");
	g_string_append_printf(out, "\t%s", ok && !r->attrs_unsettled ? r->attrs : "-");
	if (!r->event) {
		g_string_append(out, "\t-\t-\t-");
		return;
	}
	g_string_append_printf(out, "\tid=%#x\t", (unsigned)(r->words[0] & 0xff));
	for (unsigned i = 0; i < 4; i++)
		g_string_append_printf(out, "%s%#" PRIx64, i ? "," : "", r->words[i]);
	for (unsigned i = 0; i < 4; i++)
		g_string_append_printf(out, "%s%#" PRIx64, i ? "," : "\t", r->mask[i]);
}

void smmu_dump_row(GString *out, const char *id, const char *title, const smmu_gen *gen,
		   const refwalk_request *request, const refwalk_result *result)
{
	const refwalk_registers *reg = &gen->registers;
	const smmu_store *store = &gen->store;

	g_string_append_printf(out, "%s\trandom\t%s\t", id, title);
	dump_ids(out, &gen->ids);
	g_string_append_printf(out,
			       "\tSMMUEN=%#x;E2H=%#x;RECINVSID=%#x;GBPA=%#x;STRTAB_BASE=%#" PRIx64
			       ";STRTAB_BASE_CFG=%#x\t",
			       reg->smmuen, reg->e2h, reg->recinvsid, reg->gbpa,
			       reg->strtab_base & low_bits(56), reg->strtab_base_cfg);
	dump_memory(out, store, false);
	if (store->abort_first <= store->abort_last)
		g_string_append_printf(out, "\t%#" PRIx64 "-%#" PRIx64, store->abort_first,
				       store->abort_last);
	else
		g_string_append(out, "\t-");
	dump_request(out, request);
	dump_result(out, result);
	g_string_append_c(out, '\t');
	dump_memory(out, store, true);
	g_string_append_c(out, '\n');
}
