/* SPDX-License-Identifier: MIT */
/* VT-d vectors: what a row expects against what the unit did. */
#include "sim/vectors/vectors-vtd.h"

#include <inttypes.h>
#include <string.h>

/* How the cell "also_acceptable" begins: KIND [CODE] [response R] (why). */
typedef struct alternative {
	bool any; /* there is one */
	bool smaller_page;
	iom_vtd_kind kind;
	uint64_t fault; /* 0: any */
	char response[8]; /* "": any */
} alternative;

static alternative parse_alternative(const iom_tsv_row *row)
{
	const char *text = iom_tsv_get(row, "also_acceptable");
	alternative alt = { 0 };

	if (!iom_tsv_has(row, "also_acceptable"))
		return alt;
	if (g_str_has_prefix(text, "smaller page size")) {
		alt.smaller_page = true;
		return alt;
	}
	char **words = g_strsplit_set(text, " ,;(", -1);

	/* "blocked ..." leaves the reason open. */
	alt.kind = strcmp(words[0], "blocked") == 0 ? IOM_VTD_FAULT : iom_vtd_kind_from(words[0]);
	alt.any = alt.kind != IOM_VTD_N_KINDS;
	if (alt.any && words[1] && !iom_tsv_parse(words[1], &alt.fault))
		alt.fault = 0;
	for (char **w = words; w[0] && w[1]; w++) {
		if (strcmp(w[0], "response") == 0)
			g_strlcpy(alt.response, w[1], sizeof alt.response);
	}
	g_strfreev(words);
	return alt;
}

static const char *response_name(const iom_vtd_outcome *got)
{
	static const char *const names[] = {
		[IOM_RESPONSE_SUCCESS] = "SUCCESS",
		[IOM_RESPONSE_UR] = "UR",
		[IOM_RESPONSE_CA] = "CA",
	};

	switch (got->kind) {
	case IOM_VTD_ATS_S0:
		return "S0";
	case IOM_VTD_PRQ_IR:
		return "IR";
	case IOM_VTD_PRQ_DROP:
		return "drop";
	default:
		return got->response < G_N_ELEMENTS(names) ? names[got->response] : "?";
	}
}

static bool is_alternative(const alternative *alt, const iom_vtd_outcome *got)
{
	return alt->any && got->kind == alt->kind && (!alt->fault || alt->fault == got->fault) &&
	       (!*alt->response || strcmp(alt->response, response_name(got)) == 0);
}

/* The cell of a number against what came; a cell without one says nothing. */
static bool check_number(const iom_tsv_row *row, const char *column, uint64_t got,
			 iom_vector_outcome *outcome, GError **error)
{
	uint64_t expected;

	if (!iom_tsv_has(row, column))
		return true;
	if (!iom_tsv_u64(row, column, &expected, error))
		return false;
	iom_vector_check(outcome, column, expected, got);
	return true;
}

static void check_letters(const iom_tsv_row *row, const char *column, const char *got,
			  iom_vector_outcome *outcome)
{
	if (iom_tsv_has(row, column))
		iom_vector_check_text(outcome, column, iom_tsv_get(row, column), got);
}

/* "R=1 W=0 ...": every bit that the cell names. */
typedef struct ats_check {
	uint8_t got;
	bool any_size;
	iom_vector_outcome *outcome;
} ats_check;

static bool check_ats_bit(const iom_tsv_row *row, const char *column, const char *item,
			  void *opaque, GError **error)
{
	static const char *const names[] = { "R", "W", "U", "S", "N", "PRIV", "EXE", "G" };
	ats_check *check = opaque;
	char *key = NULL;
	uint64_t value;

	if (!iom_tsv_pair(row, column, item, &key, &value, error))
		return false;
	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
		if (strcmp(key, names[i]) != 0)
			continue;
		if (strcmp(key, "S") != 0 || !check->any_size)
			iom_vector_check(check->outcome, key, value, check->got >> i & 1);
		g_free(key);
		return true;
	}
	g_free(key);
	return iom_tsv_fail(row, column, error, "'%s': no such bit of a completion", item);
}

/* Where a smaller page is as good, the pages need only overlap. */
static bool check_page(const iom_tsv_row *row, const iom_vtd_outcome *got, bool smaller,
		       iom_vector_outcome *outcome, GError **error)
{
	uint64_t size, address;

	if (!smaller)
		return check_number(row, "page_size", got->page_size, outcome, error) &&
		       check_number(row, "out_addr", got->out_addr, outcome, error);
	if (!iom_tsv_u64_or(row, "page_size", 0, &size, error) ||
	    !iom_tsv_u64_or(row, "out_addr", 0, &address, error))
		return false;
	if (got->page_size > size)
		iom_vector_check(outcome, "page_size", size, got->page_size);
	iom_vector_check(outcome, "out_addr", address, size ? got->out_addr & ~(size - 1) : 0);
	return true;
}

static bool check_record(const iom_tsv_row *row, const iom_vtd_outcome *got,
			 iom_vector_outcome *outcome, GError **error)
{
	static const char *const columns[2][2] = { { "frcd_lo", "frcd_lo_mask" },
						   { "frcd_hi", "frcd_hi_mask" } };
	bool expected = strcmp(iom_tsv_get(row, "recorded"), "yes") == 0;

	iom_vector_check(outcome, "records", expected, got->recorded);
	for (unsigned i = 0; i < 2 && expected && got->recorded; i++) {
		uint64_t value, mask;

		if (!iom_tsv_u64_or(row, columns[i][0], 0, &value, error) ||
		    !iom_tsv_u64_or(row, columns[i][1], 0, &mask, error))
			return false;
		iom_vector_check(outcome, columns[i][0], value & mask, got->frcd[i] & mask);
	}
	return true;
}

/* The fault reason; without a record a page request does not tell. */
static bool check_fault(const iom_tsv_row *row, const iom_vtd_outcome *got,
			iom_vector_outcome *outcome, GError **error)
{
	uint64_t expected;
	bool page_request = got->kind == IOM_VTD_PRQ_IR || got->kind == IOM_VTD_PRQ_DROP;

	if (!iom_tsv_u64_or(row, "fault", 0, &expected, error))
		return false;
	/* Success without permission has a reason, but the table names only reported ones. */
	if ((page_request && !got->recorded) || (got->kind == IOM_VTD_ATS_S0 && !expected))
		return true;
	iom_vector_check(outcome, "fault", expected, got->fault);
	return true;
}

typedef struct memory_check {
	GArray *expected; /* of iom_vtd_word */
	bool speculative; /* accessed flags may have been set */
	const iom_vtd_case *c;
	iom_vector_outcome *outcome;
	char *met; /* by position in `expected` */
} memory_check;

static bool parse_after(const iom_tsv_row *row, const char *column, const char *item, void *opaque,
			GError **error)
{
	memory_check *check = opaque;
	const char *at = strchr(item, '@');
	const char *equals = at ? strchr(at, '=') : NULL;
	iom_vtd_word word = { 0, 0, "" };

	if (strcmp(item, "*") == 0) {
		check->speculative = true;
		return true;
	}
	char *text = equals ? g_strndup(at + 1, (gsize)(equals - at - 1)) : NULL;
	bool ok = text && iom_tsv_parse(text, &word.address) &&
		  iom_tsv_parse(equals + 1, &word.value);

	g_free(text);
	if (!ok)
		return iom_tsv_fail(row, column, error, "'%s': expected LABEL@ADDRESS=WORD or *",
				    item);
	g_array_append_val(check->expected, word);
	return true;
}

/*
 * Bits that a refused request may have set: A (5) and EA (10) of first-stage
 * entries; A (8) of second-stage entries, and D (9) of those that map a
 * first-stage table.
 */
static uint64_t speculative_bits(const char *label)
{
	if (g_str_has_prefix(label, "fs."))
		return 1u << 5 | 1u << 10;
	if (g_str_has_prefix(label, "ss.fs"))
		return 1u << 8 | 1u << 9;
	if (g_str_has_prefix(label, "ss."))
		return 1u << 8;
	return 0;
}

static void check_change(void *opaque, uint64_t address, uint64_t before, uint64_t after)
{
	memory_check *check = opaque;
	uint64_t expected = before;
	int at = iom_vtd_case_find(check->c, address);

	for (unsigned i = 0; i < check->expected->len; i++) {
		const iom_vtd_word *w = &g_array_index(check->expected, iom_vtd_word, i);

		if (w->address == address) {
			expected = w->value;
			check->met[i] = 1;
		}
	}
	if (check->speculative && at >= 0 && !(before & ~after) &&
	    !((after & ~before) &
	      ~speculative_bits(g_array_index(check->c->words, iom_vtd_word, at).label)))
		return;
	if (expected != after) {
		char what[40];

		g_snprintf(what, sizeof what, "memory %#" PRIx64, address);
		iom_vector_check(check->outcome, what, expected, after);
	}
}

static bool check_memory(const iom_tsv_row *row, const iom_vtd_after *after, const iom_vtd_case *c,
			 iom_vector_outcome *outcome, GError **error)
{
	memory_check check = { g_array_new(FALSE, FALSE, sizeof(iom_vtd_word)), false, c, outcome,
			       NULL };
	bool ok = iom_tsv_each(row, "mem_after", " ", parse_after, &check, error);

	if (ok) {
		check.met = g_malloc0(check.expected->len + 1);
		after->changes(after->source, c, check_change, &check);
		for (unsigned i = 0; i < check.expected->len; i++) {
			const iom_vtd_word *w = &g_array_index(check.expected, iom_vtd_word, i);
			int at = iom_vtd_case_find(c, w->address);
			uint64_t now = 0;
			char what[40];

			/* A word that did not change at all. */
			if (check.met[i])
				continue;
			if (at >= 0)
				now = g_array_index(c->words, iom_vtd_word, at).value;
			g_snprintf(what, sizeof what, "memory %#" PRIx64, w->address);
			iom_vector_check(outcome, what, w->value, now);
		}
		g_free(check.met);
	}
	g_array_unref(check.expected);
	return ok;
}

static bool check_dma(const iom_tsv_row *row, const iom_vtd_outcome *got, const alternative *alt,
		      iom_vector_outcome *outcome, GError **error)
{
	static const char *const perms[] = { "--", "R-", "-W", "RW" };
	ats_check ats = { got->ats, alt->smaller_page, outcome };

	check_letters(row, "perm", perms[got->perm & 3], outcome);
	if (iom_tsv_has(row, "response") && strcmp(iom_tsv_get(row, "result"), "INTERRUPT") != 0)
		check_letters(row, "response", response_name(got), outcome);
	return check_page(row, got, alt->smaller_page, outcome, error) &&
	       iom_tsv_each(row, "ats", " ", check_ats_bit, &ats, error);
}

static bool check_interrupt(const iom_tsv_row *row, const iom_vtd_outcome *got,
			    iom_vector_outcome *outcome, GError **error)
{
	return check_number(row, "dest", got->dest, outcome, error) &&
	       check_number(row, "vector", got->vector, outcome, error) &&
	       check_number(row, "dlm", got->dlm, outcome, error) &&
	       check_number(row, "tm", got->tm, outcome, error) &&
	       check_number(row, "rh", got->rh, outcome, error) &&
	       check_number(row, "dm", got->dm, outcome, error);
}

static void append_got(const iom_vtd_outcome *got, iom_vector_outcome *outcome)
{
	g_string_append_printf(outcome->got, " (%s", iom_vtd_kind_name(got->kind));
	if (got->fault)
		g_string_append_printf(outcome->got, " fault 0x%02X", got->fault);
	g_string_append_c(outcome->got, ')');
}

bool iom_vtd_compare(const iom_tsv_row *row, bool interrupt, const iom_vtd_case *c,
		     const iom_vtd_outcome *got, const iom_vtd_after *after,
		     iom_vector_outcome *outcome, GError **error)
{
	const char *result = iom_tsv_get(row, "result");
	alternative alt = parse_alternative(row);

	if (iom_vtd_kind_from(result) == IOM_VTD_N_KINDS)
		return iom_tsv_fail(row, "result", error, "'%s': no such result", result);
	if (is_alternative(&alt, got))
		return true;
	iom_vector_check_text(outcome, "result", result, iom_vtd_kind_name(got->kind));
	if (!check_fault(row, got, outcome, error))
		return false;
	/* The rest of another result would say nothing. */
	if (strcmp(result, iom_vtd_kind_name(got->kind)) != 0) {
		append_got(got, outcome);
		return true;
	}
	return (interrupt ? check_interrupt(row, got, outcome, error)
			  : check_dma(row, got, &alt, outcome, error)) &&
	       check_record(row, got, outcome, error) &&
	       check_memory(row, after, c, outcome, error);
}

static void bench_changes(void *source, const iom_vtd_case *c, iom_vtd_changed fn, void *opaque)
{
	iom_vtd_bench_changes(source, c, false, fn, opaque);
}

static bool run(const iom_tsv_row *row, bool interrupt, const iom_vector_options *options,
		iom_vector_outcome *outcome, GError **error)
{
	iom_vtd_case *c = iom_vtd_case_parse(row, interrupt, error);

	if (!c)
		return false;
	iom_vtd_bench *bench = iom_vtd_bench_new();
	iom_vtd_after after = { bench_changes, bench };
	iom_vtd_outcome got;
	bool ok = iom_vtd_bench_load(bench, c, interrupt, &options->cache, false, error);

	if (ok) {
		iom_vector_explain(options, iom_vtd_bench_unit(bench));
		iom_vtd_bench_run(bench, c, interrupt, &got);
		ok = iom_vtd_compare(row, interrupt, c, &got, &after, outcome, error);
	}
	iom_vtd_bench_free(bench);
	iom_vtd_case_free(c);
	return ok;
}

static bool run_dma(const iom_tsv_row *row, const iom_vector_options *options,
		    iom_vector_outcome *outcome, GError **error)
{
	return run(row, false, options, outcome, error);
}

static bool run_interrupt(const iom_tsv_row *row, const iom_vector_options *options,
			  iom_vector_outcome *outcome, GError **error)
{
	return run(row, true, options, outcome, error);
}

static const char *const dma_columns[] = { "cap", "ecap", "tes",  "rtaddr", "mem", "sid",
					   "at",  "op",   "addr", "result", NULL };
static const char *const interrupt_columns[] = { "cap", "ecap", "ires", "irta",   "mem",
						 "sid", "addr", "data", "result", NULL };

const iom_vector_kind iom_vectors_vtd_dma = { "VT-d translation", dma_columns, run_dma };
const iom_vector_kind iom_vectors_vtd_interrupt = { "VT-d interrupt", interrupt_columns,
						    run_interrupt };
