/* SPDX-License-Identifier: MIT */
/* fault_reasons.tsv: every code from its condition; fault_priority.tsv: two at a time. */
#include "tests/conformance/vtd-tables.h"

#include <stdlib.h>
#include <string.h>

static const char *const request_columns[VTD_N_REQUESTS] = {
	"untranslated_no_pasid", "untranslated_pasid", "translation_no_pasid", "translation_pasid",
	"translated_no_pasid",   "translated_pasid",   "page_request"
};

static bool is_interrupt(const iom_tsv_row *row)
{
	return strcmp(iom_tsv_get(row, "group"), "interrupt") == 0;
}

/* The cell says what the requester sees and whether it is recorded. */
static void check_cell(const iom_tsv_row *row, const char *cell, const iom_vtd_case *c, bool fpd,
		       const char *what)
{
	bool qualified = strcmp(iom_tsv_get(row, "qualified_by_fpd"), "yes") == 0;
	bool recorded = !(fpd && qualified);
	uint64_t code = 0;

	iom_tsv_u64_or(row, "code", 0, &code, NULL);
	for (unsigned cache = 0; cache < VTD_N_CACHES; cache++) {
		GString *why = g_string_new(NULL);
		iom_vtd_outcome got;
		bool ok;

		vtd_answer(c, is_interrupt(row) && code != 0x29, cache, NULL, &got, why);
		if (g_str_has_prefix(cell, "S0")) {
			recorded = recorded && strcmp(cell, "S0+reported") == 0;
			ok = got.kind == IOM_VTD_ATS_S0;
		} else if (g_str_has_prefix(cell, "Success")) {
			recorded = false;
			ok = got.kind == IOM_VTD_ATS_SPECIAL;
		} else if (strcmp(cell, "EFF") == 0) {
			recorded = false;
			ok = got.kind == IOM_VTD_ATS_S0 || got.kind == IOM_VTD_ATS_OK;
		} else if (strcmp(cell, "IR") == 0) {
			ok = got.kind == (c->lpig ? IOM_VTD_PRQ_IR : IOM_VTD_PRQ_DROP);
		} else {
			ok = got.kind == IOM_VTD_FAULT && got.fault == code &&
			     got.response ==
				     (strcmp(cell, "CA") == 0 ? IOM_RESPONSE_CA : IOM_RESPONSE_UR);
		}
		ok = ok && got.recorded == recorded &&
		     (!recorded || (got.frcd[1] >> 32 & 0xff) == code);
		if (!ok) {
			g_print("%s%s (caches %s): expected %s %s, got %s fault 0x%02X records %u"
				" %s\n",
				what, fpd ? " FPD" : "", vtd_cache_names[cache], cell,
				recorded ? "recorded" : "not recorded", iom_vtd_kind_name(got.kind),
				got.fault, got.recorded, why->str);
			CU_FAIL("the model differs");
		}
		g_string_free(why, TRUE);
	}
}

/* FPD of the entries that the requester's tables have. */
static void set_fpd(vtd_base *b, unsigned where)
{
	if (where & 1)
		vtd_base_change(b, b->context, 2, 0);
	if (where & 2 && b->scalable)
		vtd_base_change(b, b->directory, 2, 0);
	for (unsigned i = 0; where & 4 && i < b->n_pents; i++)
		vtd_base_change(b, b->pent[i], 2, 0);
}

static bool meets(const iom_vtd_case *c, const char *condition)
{
	refvtd_answer *answer = g_new(refvtd_answer, 1);

	refvtd_dma(vtd_rules(), c, answer);
	bool yes = answer->first.condition && strcmp(answer->first.condition, condition) == 0;

	g_free(answer);
	return yes;
}

/* A permission that lacks is told to a translation request in its completion. */
static bool permission_lacks(const iom_tsv_row *row, vtd_request_kind request)
{
	return strcmp(iom_tsv_get(row, request_columns[request]), "EFF") == 0;
}

/* One request of one kind that meets the row's condition; false: it does not. */
static bool check_request(const iom_tsv_row *row, const vtd_violation *v, vtd_base_kind kind,
			  vtd_request_kind request, bool lpig, bool pasid)
{
	char *what = g_strdup_printf("%s kind %d request %d", v->condition, kind, request);
	bool met = false;

	for (unsigned fpd = 0; fpd < 4; fpd++) {
		vtd_base *b = vtd_base_new(kind, request);

		b->c->lpig = lpig && request == VTD_REQ_P;
		if (!pasid)
			b->c->pasid = IOM_NO_PASID;
		/* None, then one kind of entry after the other. */
		set_fpd(b, fpd ? 1u << (fpd - 1) : 0);
		v->apply(b);
		if (permission_lacks(row, request)) {
			b->c->op = '-';
			check_cell(row, "EFF", b->c, false, what);
			met = true;
		} else if (meets(b->c, v->condition)) {
			/* Entries that the request does not reach suppress nothing. */
			refvtd_answer *answer = g_new(refvtd_answer, 1);
			bool suppressed;

			refvtd_dma(vtd_rules(), b->c, answer);
			suppressed = fpd && !answer->first.out.recorded;
			g_free(answer);
			check_cell(row, iom_tsv_get(row, request_columns[request]), b->c,
				   suppressed, what);
			met = true;
		}
		vtd_base_free(b);
	}
	g_free(what);
	return met;
}

/* Every column of the row that has a response; true: all of them were met. */
static bool check_row(const iom_tsv_row *row)
{
	const char *condition = iom_tsv_get(row, "condition_code");
	bool all = true;

	for (unsigned request = 0; request < VTD_N_REQUESTS; request++) {
		bool met = false;

		if (!iom_tsv_has(row, request_columns[request]))
			continue;
		/* Page requests need scalable mode, so this one cannot come about. */
		if (request == VTD_REQ_P && strcmp(condition, "RTA.1.3") == 0)
			continue;
		for (const vtd_violation *v = vtd_violations; v->condition; v++) {
			if (strcmp(v->condition, condition) != 0)
				continue;
			for (unsigned kind = 0; kind < VTD_N_BASES; kind++) {
				if (!(v->kinds >> kind & 1))
					continue;
				met |= check_request(row, v, kind, request, true, true);
				/* Page requests come with and without PASID. */
				for (unsigned k = 0; k < 3 && request == VTD_REQ_P; k++)
					met |= check_request(row, v, kind, request, k & 1, k & 2);
			}
		}
		if (!met) {
			g_print("%s: no case for %s\n", condition, request_columns[request]);
			all = false;
		}
	}
	return all;
}

static bool check_interrupt_row(const iom_tsv_row *row, uint64_t code)
{
	bool met = false;

	for (const vtd_interrupt_violation *v = vtd_interrupt_violations; v->code; v++) {
		for (unsigned fpd = 0; fpd < 2 && v->code == code; fpd++) {
			iom_vtd_case *c = vtd_base_interrupt(v->posted);
			char *what = g_strdup_printf("interrupt fault 0x%02X", v->code);
			int at;

			v->apply(c);
			at = iom_vtd_case_find(c, VTD_IRTE_ADDRESS);
			if (fpd)
				g_array_index(c->words, iom_vtd_word, at).value |= 2;
			check_cell(row, "UR", c, fpd, what);
			met = true;
			g_free(what);
			iom_vtd_case_free(c);
		}
	}
	/* Accesses to the interrupt range that are no messages come as DMA. */
	if (code == 0x29) {
		vtd_base *b = vtd_base_new(VTD_BASE_LEGACY, VTD_REQ_U);

		b->c->address = 0xfee00000;
		check_cell(row, "UR", b->c, false, "read of the interrupt range");
		b->c->op = 'A';
		check_cell(row, "UR", b->c, false, "AtomicOp to the interrupt range");
		b->c->op = 'W';
		check_cell(row, "UR", b->c, false, "8-byte write to the interrupt range");
		vtd_base_free(b);
		met = true;
	}
	return met;
}

static void fault_reasons(void)
{
	vtd_table *t = vtd_table_open("fault_reasons.tsv");

	for (unsigned i = 0; i < t->n; i++) {
		const iom_tsv_row *row = vtd_table_row(t, i);
		uint64_t code = 0;

		iom_tsv_u64_or(row, "code", 0, &code, NULL);
		if (strstr(iom_tsv_get(row, "condition_code"), "historic"))
			vtd_table_excuse(t, i,
					 "historic, must not be generated; the random cases would"
					 " show it");
		else if (is_interrupt(row) ? check_interrupt_row(row, code) : check_row(row))
			vtd_table_cover(t, i);
	}
	vtd_table_close(t);
}

/* ------------------------------------------------------------------------
 * Two violations at once
 */
typedef struct pair_score {
	GHashTable *taken; /* condition to the number of pairs it won or lost */
	uint64_t pairs, open;
} pair_score;

static void note_condition(pair_score *score, const char *condition)
{
	unsigned n = GPOINTER_TO_UINT(g_hash_table_lookup(score->taken, condition));

	g_hash_table_insert(score->taken, (gpointer)condition, GUINT_TO_POINTER(n + 1));
}

static void check_pair(pair_score *score, const vtd_violation *first, const vtd_violation *second,
		       vtd_base_kind kind, vtd_request_kind request, unsigned cache)
{
	vtd_base *b = vtd_base_new(kind, request);
	refvtd_answer *answer = g_new(refvtd_answer, 1);
	GString *why = g_string_new(NULL);
	iom_vtd_outcome got;

	first->apply(b);
	second->apply(b);
	refvtd_dma(vtd_rules(), b->c, answer);
	score->pairs++;
	if (answer->untested || answer->n_alternatives)
		score->open++;
	if (!answer->untested) {
		vtd_answer(b->c, false, cache, answer, &got, why);
		if (!refvtd_accepts(answer, b->c, &got, why) || why->len) {
			g_print("%s with %s, kind %d request %d: %s\n", first->condition,
				second->condition, kind, request, why->str);
			CU_FAIL("the model differs");
		}
		if (answer->first.condition) {
			note_condition(score, first->condition);
			note_condition(score, second->condition);
		}
	}
	g_string_free(why, TRUE);
	g_free(answer);
	vtd_base_free(b);
}

static void all_pairs(pair_score *score)
{
	bool full = getenv("IOM_CONFORMANCE_FULL");
	unsigned turn = 0;

	for (unsigned kind = 0; kind < VTD_N_BASES; kind++) {
		for (const vtd_violation *a = vtd_violations; a->condition; a++) {
			if (!(a->kinds >> kind & 1))
				continue;
			for (const vtd_violation *b = a + 1; b->condition; b++) {
				if (!(b->kinds >> kind & 1))
					continue;
				for (unsigned r = 0; r < VTD_N_REQUESTS; r++, turn++) {
					/* Legacy mode knows no PASID: the type is all. */
					if (kind <= VTD_BASE_LEGACY_PT &&
					    (r == VTD_REQ_U_PASID || r == VTD_REQ_T_PASID ||
					     r == VTD_REQ_X_PASID))
						continue;
					if (full)
						for (unsigned k = 0; k < VTD_N_CACHES; k++)
							check_pair(score, a, b, kind, r, k);
					else
						check_pair(score, a, b, kind, r,
							   turn % VTD_N_CACHES);
				}
			}
		}
	}
}

/* Interrupt conditions two at a time. */
static void interrupt_pairs(pair_score *score)
{
	for (const vtd_interrupt_violation *a = vtd_interrupt_violations; a->code; a++) {
		for (const vtd_interrupt_violation *b = a + 1; b->code; b++) {
			iom_vtd_case *c = vtd_base_interrupt(a->posted || b->posted);
			refvtd_answer *answer = g_new(refvtd_answer, 1);
			char *what = g_strdup_printf("interrupt faults 0x%02X with 0x%02X", a->code,
						     b->code);

			a->apply(c);
			b->apply(c);
			refvtd_interrupt(vtd_rules(), c, answer);
			vtd_try(c, true, answer->first.out.fault, what);
			score->pairs++;
			g_free(what);
			g_free(answer);
			iom_vtd_case_free(c);
		}
	}
}

/* The conditions that a row names: "SFS.6", "LGN.2 / LGN.3", "SSS.1-5 / SFS.7", "SPD.*". */
static bool row_was_paired(const pair_score *score, const char *cell)
{
	char **names = g_strsplit_set(cell, " /,", -1);
	bool any = false;

	for (char **n = names; *n && !any; n++) {
		GHashTableIter iter;
		gpointer condition;
		size_t length = strcspn(*n, "*x-");

		if (!**n || !g_ascii_isalpha(**n) || !strchr(*n, '.'))
			continue;
		g_hash_table_iter_init(&iter, score->taken);
		while (g_hash_table_iter_next(&iter, &condition, NULL))
			any |= strncmp(condition, *n, length) == 0;
	}
	g_strfreev(names);
	return any;
}

/* Rows of the table that are no fault: what must come of a request without any. */
static bool check_outcome(const iom_tsv_row *row)
{
	const char *stage = iom_tsv_get(row, "stage"), *check = iom_tsv_get(row, "check");
	static const struct {
		const char *stage; /* beginning */
		const char *check; /* part */
		vtd_base_kind kind;
		vtd_request_kind request;
		char op;
		bool disabled, interrupt_range;
		uint32_t length;
		iom_vtd_kind result;
	} cases[] = {
		{ "0", "TES=0 and request AT=00", VTD_BASE_FIRST, VTD_REQ_U_PASID, 'W', true, false,
		  8, IOM_VTD_OK },
		{ "0", "TES=0 and AT!=00", VTD_BASE_FIRST, VTD_REQ_T, '-', true, false, 8,
		  IOM_VTD_UR },
		{ "0", "TES=0 and AT!=00", VTD_BASE_FIRST, VTD_REQ_X, 'R', true, false, 8,
		  IOM_VTD_UR },
		{ "0", "AT=11, or write", VTD_BASE_FIRST, VTD_REQ_T, 'W', false, false, 8,
		  IOM_VTD_UR },
		{ "0", "DWORD write", VTD_BASE_LEGACY, VTD_REQ_U, 'W', false, true, 4,
		  IOM_VTD_INTERRUPT },
		{ "0", "other access", VTD_BASE_LEGACY, VTD_REQ_U, 'R', false, true, 4,
		  IOM_VTD_FAULT },
		{ "0", "no PASID, zero-length read", VTD_BASE_LEGACY, VTD_REQ_U, 'Z', false, true,
		  0, IOM_VTD_OK },
		{ "1-legacy.translated", "otherwise", VTD_BASE_LEGACY, VTD_REQ_X, 'W', false, false,
		  8, IOM_VTD_OK },
		{ "1-legacy.pass", "otherwise", VTD_BASE_LEGACY_PT, VTD_REQ_U, 'W', false, false, 8,
		  IOM_VTD_OK },
		{ "3-scalable.translated without", "otherwise", VTD_BASE_SECOND, VTD_REQ_X, 'W',
		  false, false, 8, IOM_VTD_OK },
		{ "4-scalable", "page request", VTD_BASE_NESTED, VTD_REQ_P, 'R', false, false, 8,
		  IOM_VTD_PRQ_QUEUED },
		{ "5-scalable.pass", "otherwise", VTD_BASE_PASS, VTD_REQ_U_PASID, 'W', false, false,
		  8, IOM_VTD_OK },
		{ "6-page", "accept", VTD_BASE_FIRST, VTD_REQ_P, 'W', false, false, 8,
		  IOM_VTD_PRQ_QUEUED },
	};
	bool any = false;

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		if (!g_str_has_prefix(stage, cases[i].stage) || !strstr(check, cases[i].check))
			continue;
		for (unsigned cache = 0; cache < VTD_N_CACHES; cache++) {
			vtd_base *b = vtd_base_new(cases[i].kind, cases[i].request);
			GString *why = g_string_new(NULL);
			iom_vtd_outcome got;

			b->c->op = cases[i].op;
			b->c->length = cases[i].length;
			b->c->tes = !cases[i].disabled;
			if (cases[i].interrupt_range)
				b->c->address = 0xfee00000;
			vtd_answer(b->c, false, cache, NULL, &got, why);
			if (got.kind != cases[i].result || why->len) {
				g_print("%s: expected %s, got %s fault 0x%02X %s\n", check,
					iom_vtd_kind_name(cases[i].result),
					iom_vtd_kind_name(got.kind), got.fault, why->str);
				CU_FAIL("the model differs");
			}
			g_string_free(why, TRUE);
			vtd_base_free(b);
			any = true;
		}
	}
	return any;
}

static void fault_priority(void)
{
	vtd_table *t = vtd_table_open("fault_priority.tsv");
	pair_score score = { g_hash_table_new(g_str_hash, g_str_equal), 0, 0 };

	all_pairs(&score);
	interrupt_pairs(&score);
	g_print("fault priority: %" G_GUINT64_FORMAT " pairs of violations, in %" G_GUINT64_FORMAT
		" the tables leave an order open\n",
		score.pairs, score.open);
	for (unsigned i = 0; i < t->n; i++) {
		const iom_tsv_row *row = vtd_table_row(t, i);
		const char *stage = iom_tsv_get(row, "stage"), *check = iom_tsv_get(row, "check");

		if (row_was_paired(&score, iom_tsv_get(row, "condition_code")) ||
		    check_outcome(row) || g_str_has_prefix(stage, "7-"))
			vtd_table_cover(t, i);
		else if (strstr(check, "protected memory"))
			vtd_table_excuse(t, i,
					 "case of its own: protected memory, beside registers.tsv");
		else if (g_str_has_prefix(stage, "6-") || strstr(check, "accept"))
			vtd_table_excuse(t, i, "cases of page_requests.tsv");
	}
	g_hash_table_unref(score.taken);
	vtd_table_close(t);
}

static const iom_test tests[] = {
	{ "every fault reason from its condition", fault_reasons },
	{ "two conditions at once: the order of checks", fault_priority },
	{ 0 },
};
const iom_suite vtd_faults_suite = { "faults", tests };
