/* SPDX-License-Identifier: MIT */
/* The reference: what is common to all requests, and the checks before any table. */
#include "tests/conformance/refwalk-vtd-private.h"

#include <inttypes.h>
#include <string.h>

typedef struct rule {
	uint8_t code;
	bool qualified;
	char *responses[7]; /* by column, see response_column() */
} rule;

struct refvtd_rules {
	GHashTable *by_condition;
};

static void rule_free(gpointer data)
{
	rule *x = data;

	for (unsigned i = 0; i < G_N_ELEMENTS(x->responses); i++)
		g_free(x->responses[i]);
	g_free(x);
}

refvtd_rules *refvtd_rules_load(const char *path, GError **error)
{
	static const char *const columns[] = { "untranslated_no_pasid", "untranslated_pasid",
					       "translation_no_pasid",  "translation_pasid",
					       "translated_no_pasid",   "translated_pasid",
					       "page_request" };
	iom_tsv *table = iom_tsv_load(path, error);

	if (!table)
		return NULL;
	refvtd_rules *rules = g_new0(refvtd_rules, 1);

	rules->by_condition = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, rule_free);
	for (unsigned i = 0; i < iom_tsv_n_rows(table); i++) {
		const iom_tsv_row *row = iom_tsv_row_at(table, i);
		const char *condition = iom_tsv_get(row, "condition_code");
		uint64_t code = 0;
		rule *x = g_new0(rule, 1);

		iom_tsv_u64_or(row, "code", 0, &code, NULL);
		x->code = (uint8_t)code;
		x->qualified = strcmp(iom_tsv_get(row, "qualified_by_fpd"), "yes") == 0;
		for (unsigned k = 0; k < G_N_ELEMENTS(columns); k++)
			x->responses[k] = g_strdup(iom_tsv_get(row, columns[k]));
		/* Interrupt conditions have no name but their code. */
		g_hash_table_insert(rules->by_condition,
				    strcmp(condition, "IR") == 0
					    ? g_strdup_printf("IR.%02X", (unsigned)code)
					    : g_strdup(condition),
				    x);
	}
	iom_tsv_free(table);
	return rules;
}

void refvtd_rules_free(refvtd_rules *rules)
{
	if (!rules)
		return;
	g_hash_table_unref(rules->by_condition);
	g_free(rules);
}

bool ref_cap(const ref *r, unsigned bit)
{
	return r->c->cap >> bit & 1;
}

bool ref_ecap(const ref *r, unsigned bit)
{
	return r->c->ecap >> bit & 1;
}

unsigned ref_major(const ref *r)
{
	return r->c->ver >> 4 & 0xf;
}

bool ref_has_pasid(const ref *r)
{
	return r->c->pasid != IOM_NO_PASID;
}

bool ref_in_interrupt_range(uint64_t address)
{
	return address >> 20 == 0xfee;
}

bool ref_read(const ref *r, uint64_t address, uint64_t *words, unsigned n)
{
	for (unsigned i = 0; i < r->c->bad->len; i++) {
		const iom_vtd_bad_page *b = &g_array_index(r->c->bad, iom_vtd_bad_page, i);

		if (!b->write_only && b->page == (address & ~UINT64_C(0xfff)))
			return false;
	}
	for (unsigned i = 0; i < n; i++) {
		int at = iom_vtd_case_find(r->c, address + 8 * i);

		words[i] = at < 0 ? 0 : g_array_index(r->c->words, iom_vtd_word, at).value;
	}
	return true;
}

bool ref_write_fails(const ref *r, uint64_t address)
{
	for (unsigned i = 0; i < r->c->bad->len; i++) {
		if (g_array_index(r->c->bad, iom_vtd_bad_page, i).page ==
		    (address & ~UINT64_C(0xfff)))
			return true;
	}
	return false;
}

unsigned ref_ss_width(const ref *r, unsigned levels)
{
	unsigned mgaw = (unsigned)(r->c->cap >> 16 & 0x3f) + 1;
	unsigned agaw = 12 + 9 * levels;

	return MIN(mgaw, agaw);
}

unsigned ref_levels_of_aw(const ref *r, uint64_t aw)
{
	if (aw < 1 || aw > 3 || !(r->c->cap >> (8 + aw) & 1))
		return 0;
	return (unsigned)aw + 2;
}

/* Which column of fault_reasons.tsv is about this request. */
static unsigned response_column(const iom_vtd_case *c)
{
	unsigned pasid = c->pasid != IOM_NO_PASID;

	switch (c->at) {
	case 'T':
		return 2 + pasid;
	case 'X':
		return 4 + pasid;
	case 'P':
		return 6;
	default:
		return pasid;
	}
}

/* The largest AGAW: above it the page address of a record reads zero, or anything. */
static unsigned record_bits(const iom_vtd_case *c)
{
	return c->cap & BIT(11) ? 57 : c->cap & BIT(10) ? 48 : c->cap & BIT(9) ? 39 : 48;
}

/* The FRCD_REG rows of register_fields.tsv. */
static void make_record(const iom_vtd_case *c, uint8_t code, refvtd_outcome *o)
{
	bool t1 = c->op == 'R' || c->op == 'Z' || c->op == 'A' || c->at == 'T';
	bool t2 = c->op == 'A';
	uint64_t at = c->at == 'T' ? 1 : c->at == 'X' ? 2 : 0;
	bool pp = c->pasid != IOM_NO_PASID;
	uint64_t mask = UINT64_MAX;

	if (c->at == 'P') {
		t1 = false;
		t2 = true;
		mask &= ~(BIT(60) | BIT(61));
	}
	/* Fields of features that the unit does not have read zero. */
	if (!(c->ecap & BIT(2)))
		at = 0;
	o->out.frcd[1] = BIT(63) | (uint64_t)t1 << 62 | at << 60 | (uint64_t)code << 32 |
			 (uint64_t)t2 << 28 | c->sid;
	if (pp) {
		o->out.frcd[1] |= (c->ecap & BIT(40) ? (uint64_t)c->pasid << 40 : 0) | BIT(31) |
				  (uint64_t)c->er << 30 | (uint64_t)c->pr << 29;
		/* Execute is relevant for reads only. */
		if (!t1 || t2)
			mask &= ~BIT(30);
	} else {
		mask &= ~(UINT64_C(0xfffff) << 40 | BIT(30) | BIT(29));
	}
	o->frcd_mask[1] = mask;
	o->frcd_mask[0] = BIT(record_bits(c)) - 1;
	o->out.frcd[0] = c->address & ~UINT64_C(0xfff) & o->frcd_mask[0];
}

/* What the requester sees and what is recorded when `condition` is reported. */
static void make_refusal(const ref *r, const char *condition, refvtd_outcome *o)
{
	const rule *x = g_hash_table_lookup(r->rules->by_condition, condition);
	const char *response = x ? x->responses[response_column(r->c)] : "no such condition";

	memset(o, 0, sizeof *o);
	o->condition = condition;
	if (!x)
		return;
	o->out.fault = x->code;
	if (g_str_has_prefix(response, "S0")) {
		o->out.kind = IOM_VTD_ATS_S0;
		o->out.recorded = strcmp(response, "S0+reported") == 0 && !r->fpd;
	} else if (strcmp(response, "IR") == 0) {
		o->out.kind = r->c->lpig ? IOM_VTD_PRQ_IR : IOM_VTD_PRQ_DROP;
		o->out.recorded = !(x->qualified && r->fpd);
	} else {
		o->out.kind = IOM_VTD_FAULT;
		o->out.response = strcmp(response, "CA") == 0 ? IOM_RESPONSE_CA : IOM_RESPONSE_UR;
		o->out.recorded = !(x->qualified && r->fpd);
		if (strcmp(response, "UR") != 0 && strcmp(response, "CA") != 0)
			g_printerr("reference: %s does not apply to a %c request (%s)\n", condition,
				   r->c->at, response);
	}
	make_record(r->c, x->code, o);
	if (x->code >= 0x20 && x->code <= 0x2b) {
		o->frcd_mask[1] = BIT(63) | UINT64_C(0xff) << 32 | 0xffff;
		o->frcd_mask[0] = 0;
	}
}

bool ref_fail(ref *r, const char *condition)
{
	if (!r->failed)
		make_refusal(r, condition, &r->a->first);
	else
		ref_also(r, condition);
	r->failed = true;
	return false;
}

void ref_also(ref *r, const char *condition)
{
	for (unsigned i = 0; i < r->a->n_alternatives; i++) {
		if (strcmp(r->a->alternatives[i].condition, condition) == 0)
			return;
	}
	if (r->a->n_alternatives < REFVTD_MAX_ALTERNATIVES)
		make_refusal(r, condition, &r->a->alternatives[r->a->n_alternatives++]);
}

void ref_untested(ref *r, const char *why)
{
	if (!r->a->untested)
		r->a->untested = why;
}

void ref_succeed(ref *r, uint64_t address, uint64_t page_size, uint8_t perm)
{
	if (r->failed)
		return;
	r->a->first.out.kind = IOM_VTD_OK;
	r->a->first.out.out_addr = address;
	r->a->first.out.page_size = page_size;
	r->a->first.out.perm = perm;
}

static void succeed_as(ref *r, iom_vtd_kind kind)
{
	r->a->first.out.kind = kind;
	if (kind == IOM_VTD_UR)
		r->a->first.out.response = IOM_RESPONSE_UR;
}

bool ref_special_completion(ref *r)
{
	const iom_vtd_case *c = r->c;

	if (c->at != 'T' || ref_has_pasid(r) || !ref_in_interrupt_range(c->address))
		return false;
	if (c->nw && ref_ecap(r, 33)) {
		succeed_as(r, IOM_VTD_ATS_S0);
		r->a->first.condition = "S.2";
	} else {
		succeed_as(r, IOM_VTD_ATS_SPECIAL);
		r->a->first.out.ats = IOM_VTD_ATS_W | IOM_VTD_ATS_U;
		r->a->first.condition = "S.1";
	}
	return true;
}

/* Stage 0 of fault_priority.tsv; true: the tables decide. */
static bool before_tables(ref *r)
{
	const iom_vtd_case *c = r->c;
	bool pasid = ref_has_pasid(r);
	unsigned ttm = (unsigned)(c->rtaddr >> 10 & 3);

	if (c->at == 'U' && !pasid && ref_in_interrupt_range(c->address)) {
		if (c->op == 'W' && c->length == 4)
			succeed_as(r, IOM_VTD_INTERRUPT);
		else if (c->op == 'Z')
			ref_succeed(r, c->address, 0, 0);
		else if (c->tes)
			ref_fail(r, "IR.29");
		else
			ref_untested(r, "interrupt range with translation disabled");
		return false;
	}
	if (!c->tes) {
		if (c->at == 'U')
			ref_succeed(r, c->address, 0, 0);
		else if (c->at == 'P')
			ref_untested(r, "page request with translation disabled");
		else
			succeed_as(r, IOM_VTD_UR);
		return false;
	}
	if (c->at == 'P' && !ref_ecap(r, 29))
		ref_untested(r, "page request without page request services");
	r->ssirwe = c->rtaddr >> 7 & 1 && ref_ecap(r, 57);
	if (ttm == 2)
		return ref_fail(r, "RTA.1.2");
	if (ttm == 1 && !ref_ecap(r, 43))
		return ref_fail(r, "RTA.1.3");
	if (ttm == 3 && !ref_ecap(r, 52))
		return ref_fail(r, "RTA.1.1");
	if (ttm == 3)
		return ref_fail(r, "RTA.4");
	bool execute = pasid && c->er && c->at != 'P' && ref_major(r) >= 8;

	r->legacy = ttm == 0;
	if (r->legacy && execute)
		ref_also(r, "RTA.5");
	if (r->legacy && c->at == 'P')
		return ref_fail(r, "RTA.3");
	if (r->legacy && pasid)
		return ref_fail(r, "RTA.2");
	if (r->legacy && r->ssirwe)
		return ref_fail(r, "RTA.1.4");
	if (execute)
		return ref_fail(r, "RTA.5");
	return true;
}

/* The bits that entries on the path get, or may get. */
static void list_writes(ref *r)
{
	iom_vtd_kind kind = r->a->first.out.kind;
	bool done = !r->failed && (kind == IOM_VTD_OK || kind == IOM_VTD_ATS_OK);

	for (int i = 0; i < r->n_updates; i++) {
		const ref_update *u = &r->updates[i];
		refvtd_write w = { u->address, done ? u->must : 0,
				   done ? u->may : u->may | u->must };

		/*
		 * A refused request leaves D of the page's own entries alone, unless one
		 * of the flags could not be set: the others may have been by then.
		 */
		if (!done && !r->update_failed)
			w.may &= u->first_stage ? BIT(5) | BIT(10) : BIT(8) | (u->may & BIT(9));
		r->a->writes[r->a->n_writes++] = w;
	}
}

void refvtd_dma(const refvtd_rules *rules, const iom_vtd_case *c, refvtd_answer *answer)
{
	ref r = { .rules = rules, .c = c, .a = answer };

	memset(answer, 0, sizeof *answer);
	if (before_tables(&r)) {
		if (r.legacy)
			ref_legacy(&r);
		else
			ref_scalable(&r);
	}
	list_writes(&r);
}
