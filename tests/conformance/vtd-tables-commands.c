/* SPDX-License-Identifier: MIT */
/*
 * invalidation.tsv: what each command must remove. A request is answered, software
 * changes the tables and issues the commands, and the next answer must be that of
 * the new tables, whatever the caches hold.
 */
#include "tests/conformance/vtd-scenarios.h"
#include "tests/conformance/vtd-tables-descriptors.h"

#include <string.h>

static void set_word(vtd_queue *q, uint64_t address, uint64_t value)
{
	iom_vtd_case_put(q->base->c, address, value, "word");
	vtd_queue_poke(q, address, value);
}

static void apply(vtd_queue *q, change what)
{
	vtd_base *b = q->base;

	switch (what) {
	case CHANGE_ROOT:
		set_word(q, b->root, 0);
		break;
	case CHANGE_CONTEXT:
		set_word(q, b->context, 0);
		break;
	case CHANGE_DIRECTORY:
		set_word(q, b->directory, 0);
		break;
	case CHANGE_ENTRY:
	case CHANGE_ENTRY_FIELD:
		for (unsigned i = 0; i < b->n_pents; i++)
			set_word(q, b->pent[i],
				 what == CHANGE_ENTRY
					 ? 0
					 : (vtd_base_word(b, b->pent[i]) & ~UINT64_C(0x1c0)) |
						   4 << 6);
		break;
	case CHANGE_FS_LEAF:
		set_word(q, b->fs[1], vtd_base_word(b, b->fs[1]) ^ 0x3000);
		break;
	case CHANGE_FS_TABLE:
		set_word(q, b->fs[2], 0);
		break;
	case CHANGE_SS_LEAF:
		set_word(q, b->ss[1], vtd_base_word(b, b->ss[1]) ^ 0x3000);
		break;
	case CHANGE_SS_TABLE:
		set_word(q, b->ss[2], 0);
		break;
	case CHANGE_HPT:
		set_word(q, b->hpt[1], 0);
		set_word(q, b->hpt[1] + 8, 0);
		break;
	}
}

static bool as_reference(vtd_queue *q, const char *what, unsigned cache)
{
	refvtd_answer *answer = g_new(refvtd_answer, 1);
	GString *why = g_string_new(NULL);
	iom_vtd_outcome got = vtd_queue_ask(q);

	if (q->interrupt)
		refvtd_interrupt(vtd_rules(), q->base->c, answer);
	else
		refvtd_dma(vtd_rules(), q->base->c, answer);
	bool ok = refvtd_accepts(answer, q->base->c, &got, why);

	if (!ok) {
		g_print("%s (caches %s): %s\n", what, vtd_cache_names[cache], why->str);
		CU_FAIL("a stale translation");
	}
	g_string_free(why, TRUE);
	g_free(answer);
	return ok;
}

static bool run_scenario(const scenario *s)
{
	bool ok = true;

	for (unsigned cache = 0; cache < VTD_N_CACHES; cache++) {
		for (unsigned caching_mode = 0; caching_mode < 2; caching_mode++) {
			vtd_base *b = vtd_base_new(s->kind, s->request);

			b->c->cap |= caching_mode ? BIT(7) : 0;
			vtd_queue *q = vtd_queue_new(b, b->scalable, cache);

			ok &= as_reference(q, "before the change", cache);
			ok &= as_reference(q, "the same again", cache);
			apply(q, s->what);
			for (unsigned i = 0; i < 3 && s->words[i][0]; i++) {
				uint64_t words[4] = { s->words[i][0], s->words[i][1] };

				vtd_queue_submit(q, words);
				ok &= vtd_queue_error(q) == 0;
			}
			ok &= as_reference(q, s->command, cache);
			vtd_queue_free(q);
		}
	}
	return ok;
}

/* ------------------------------------------------------------------------
 * Interrupt entries
 */
static vtd_queue *interrupt_queue(unsigned cache)
{
	vtd_base *b = vtd_base_new(VTD_BASE_FIRST, VTD_REQ_U);
	iom_vtd_case *c = vtd_base_interrupt(false);

	/* The same unit and DMA structures, and a table of interrupt entries. */
	for (unsigned i = 0; i < c->words->len; i++) {
		const iom_vtd_word *w = &g_array_index(c->words, iom_vtd_word, i);

		iom_vtd_case_put(b->c, w->address, w->value, w->label);
	}
	vtd_queue *q = vtd_queue_new(b, true, cache);

	b->c->irta = c->irta;
	b->c->ires = true;
	b->c->address = c->address;
	b->c->data = c->data;
	b->c->sid = c->sid;
	q->interrupt = true;
	vtd_queue_put(q, 0xb8, 8, c->irta);
	vtd_queue_command(q, 1u << 24, 0);
	vtd_queue_command(q, 1u << 25, 0);
	iom_vtd_case_free(c);
	return q;
}

/* How: 0 global, 1 by index, 2 SIRTP, 3 IRE off and on. */
static bool check_interrupt_entries(unsigned how)
{
	bool ok = true;

	for (unsigned cache = 0; cache < VTD_N_CACHES; cache++) {
		vtd_queue *q = interrupt_queue(cache);
		uint64_t words[4] = { 4 };

		if (how == 1)
			words[0] |= 1 << 4 | UINT64_C(1) << 27 | (uint64_t)VTD_IRTE_INDEX << 32;
		ok &= as_reference(q, "interrupt", cache);
		ok &= as_reference(q, "interrupt again", cache);
		set_word(q, VTD_IRTE_ADDRESS, vtd_base_word(q->base, VTD_IRTE_ADDRESS) ^ 0x330000);
		if (how <= 1)
			vtd_queue_submit(q, words);
		else if (how == 2)
			vtd_queue_command(q, 1u << 24, 0);
		else {
			vtd_queue_command(q, 0, 1u << 25);
			vtd_queue_command(q, 1u << 25, 0);
		}
		ok &= as_reference(q, "interrupt entry cache", cache);
		vtd_queue_free(q);
	}
	return ok;
}

/* ------------------------------------------------------------------------
 * Without descriptors: registers, page requests, enables
 */
static bool check_register_commands(const char *command, unsigned g)
{
	bool context = g_str_has_prefix(command, "CCMD"), ok = true;

	/* Major revision, mode and queue decide whether they do anything. */
	for (unsigned how = 0; how < 4; how++) {
		for (unsigned cache = 0; cache < VTD_N_CACHES; cache++) {
			vtd_base *b = vtd_base_new(how == 2 ? VTD_BASE_SECOND : VTD_BASE_LEGACY,
						   VTD_REQ_U);
			uint64_t iro = (b->c->ecap >> 8 & 0x3ff) * 16, value;

			b->c->ver = how == 1 ? 0x60 : 0x50;
			vtd_queue *q = vtd_queue_new(b, b->scalable, cache);

			if (how != 3)
				vtd_queue_command(q, 0, 1u << 26);
			ok &= as_reference(q, command, cache);
			if (!how)
				apply(q, context ? CHANGE_CONTEXT : CHANGE_SS_LEAF);
			if (context) {
				vtd_queue_put(q, VTD_R_CCMD, 8,
					      BIT(63) | (uint64_t)g << 61 | (uint64_t)SID << 16 |
						      DID_LEGACY);
				value = vtd_queue_get(q, VTD_R_CCMD, 8);
				ok &= !(value >> 63) && (value >> 59 & 3) <= (how ? 0 : g) &&
				      (how || (value >> 59 & 3) != 0);
			}
			if (!context || !how) {
				vtd_queue_put(q, iro, 8, INPUT);
				vtd_queue_put(q, iro + 8, 8,
					      BIT(63) | (uint64_t)(context ? 1 : g) << 60 |
						      (uint64_t)DID_LEGACY << 32);
				value = vtd_queue_get(q, iro + 8, 8);
				ok &= !(value >> 63) &&
				      (how ? (value >> 57 & 3) == 0 : (value >> 57 & 3) != 0);
			}
			if (!how)
				ok &= as_reference(q, command, cache);
			vtd_queue_free(q);
		}
	}
	if (!ok) {
		g_print("%s %u\n", command, g);
		CU_FAIL("register-based invalidation");
	}
	return ok;
}

/* The unit invalidates what a page request is about before it queues it. */
static bool check_page_request(const char *encoding)
{
	vtd_base_kind kind = strstr(encoding, "001")   ? VTD_BASE_FIRST
			     : strstr(encoding, "010") ? VTD_BASE_SECOND
			     : strstr(encoding, "011") ? VTD_BASE_NESTED
						       : VTD_BASE_PASS;
	bool ok = true;

	for (unsigned cache = 0; cache < VTD_N_CACHES; cache++) {
		vtd_base *b = vtd_base_new(kind, VTD_REQ_U_PASID);
		vtd_queue *q = vtd_queue_new(b, true, cache);

		ok &= as_reference(q, "before the page request", cache);
		if (kind == VTD_BASE_FIRST || kind == VTD_BASE_NESTED)
			apply(q, CHANGE_FS_LEAF);
		else if (kind == VTD_BASE_SECOND)
			apply(q, CHANGE_SS_LEAF);
		b->c->at = 'P';
		ok &= vtd_queue_ask(q).kind == IOM_VTD_PRQ_QUEUED;
		b->c->at = 'U';
		ok &= as_reference(q, "after the page request", cache);
		vtd_queue_free(q);
	}
	return ok;
}

/* SRTP, or translation off and on again. */
static bool check_enable(bool srtp)
{
	bool ok = true;

	for (unsigned cache = 0; cache < VTD_N_CACHES; cache++) {
		vtd_queue *q = vtd_queue_new(vtd_base_new(VTD_BASE_NESTED, VTD_REQ_U), true, cache);

		ok &= as_reference(q, "before", cache);
		apply(q, CHANGE_FS_TABLE);
		if (srtp) {
			vtd_queue_command(q, 1u << 30, 0);
		} else {
			vtd_queue_command(q, 0, 1u << 31);
			vtd_queue_command(q, 1u << 31, 0);
		}
		ok &= as_reference(q, srtp ? "SRTP" : "TE", cache);
		vtd_queue_free(q);
	}
	return ok;
}

/* What was not present may become so without a word, unless caching mode says otherwise. */
static bool check_upgrades(void)
{
	static const vtd_base_kind kinds[] = { VTD_BASE_LEGACY, VTD_BASE_FIRST, VTD_BASE_SECOND,
					       VTD_BASE_NESTED };
	bool ok = true;

	for (unsigned cache = 0; cache < VTD_N_CACHES; cache++) {
		for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
			vtd_base *b = vtd_base_new(kinds[i], VTD_REQ_U);
			bool first = kinds[i] == VTD_BASE_FIRST || kinds[i] == VTD_BASE_NESTED;
			uint64_t at = first ? b->fs[1] : b->ss[1], word = vtd_base_word(b, at);

			/* First-stage faults are not cached in caching mode either. */
			if (first)
				b->c->cap |= BIT(7);
			iom_vtd_case_put(b->c, at, 0, "word");
			vtd_queue *q = vtd_queue_new(b, b->scalable, cache);

			ok &= as_reference(q, "not present", cache);
			set_word(q, at, word);
			ok &= as_reference(q, "present without invalidation", cache);
			vtd_queue_free(q);
		}
	}
	return ok;
}

static bool run_scenarios(const iom_tsv_row *row)
{
	const char *command = iom_tsv_get(row, "command"), *encoding = iom_tsv_get(row, "encoding");
	bool any = false, ok = true;

	for (unsigned i = 0; i < vtd_n_scenarios; i++) {
		if (!g_str_has_prefix(command, vtd_scenarios[i].command) ||
		    !g_str_has_prefix(encoding, vtd_scenarios[i].encoding))
			continue;
		ok &= run_scenario(&vtd_scenarios[i]);
		any = true;
	}
	return any && ok;
}

/* How a row of the queue's part is exercised; *why if it cannot be. */
static bool check_queue_row(const iom_tsv_row *row, const char **why)
{
	const char *command = iom_tsv_get(row, "command"), *encoding = iom_tsv_get(row, "encoding");

	(void)why;
	if (strcmp(command, "fetch") == 0 || strcmp(command, "tail write") == 0 ||
	    strcmp(command, "disable") == 0)
		return vtd_check_queue_errors();
	if (strcmp(command, "width/mode") == 0)
		return vtd_check_descriptor_types();
	if (strcmp(encoding, "G=00") == 0 && strcmp(command, "pc_inv_dsc") != 0)
		return vtd_check_descriptor_encodings();
	if (strcmp(encoding, "G=10") == 0 && strcmp(command, "pc_inv_dsc") == 0)
		return vtd_check_descriptor_encodings();
	if (strcmp(encoding, "G=00,01") == 0)
		return vtd_check_descriptor_encodings();
	if (strcmp(command, "dev_tlb_inv_dsc") == 0 || strcmp(command, "p_dev_tlb_inv_dsc") == 0)
		return vtd_check_ats(command[0] == 'p') && vtd_check_descriptor_features(command) &&
		       vtd_check_descriptor_bits(command);
	if (strcmp(command, "iec_inv_dsc") == 0)
		return check_interrupt_entries(strcmp(encoding, "G=1") == 0) &&
		       vtd_check_descriptor_features(command) && vtd_check_descriptor_bits(command);
	if (strcmp(command, "inv_wait_dsc") == 0)
		return vtd_check_wait() && vtd_check_order() && vtd_check_descriptor_encodings() &&
		       vtd_check_descriptor_bits(command);
	if (strcmp(command, "page_grp_resp_dsc") == 0)
		return vtd_check_response() && vtd_check_descriptor_features(command) &&
		       vtd_check_descriptor_bits(command);
	bool ok = run_scenarios(row) && vtd_check_descriptor_bits(command);

	if (strcmp(command, "hpt_inv_dsc") == 0)
		ok &= vtd_check_descriptor_features(command);
	return ok;
}

static bool check_error_row(const iom_tsv_row *row, const char **why)
{
	const char *command = iom_tsv_get(row, "command"), *encoding = iom_tsv_get(row, "encoding");

	if (strcmp(command, "ITE") == 0)
		return vtd_check_endpoint_errors(true);
	if (strcmp(command, "ICE") == 0)
		return vtd_check_endpoint_errors(false);
	if (strcmp(encoding, "0") == 0) {
		*why = "no information: of old hardware, never reported here";
		return false;
	}
	return vtd_check_queue_errors() && vtd_check_descriptor_types();
}

static bool check_implicit_row(const iom_tsv_row *row)
{
	const char *command = iom_tsv_get(row, "command");

	if (strcmp(command, "page request") == 0)
		return check_page_request(iom_tsv_get(row, "encoding"));
	if (strcmp(command, "SRTP") == 0)
		return check_enable(true);
	if (g_str_has_prefix(command, "TE"))
		return check_enable(false);
	return check_interrupt_entries(strcmp(command, "SIRTP") == 0 ? 2 : 3);
}

static void invalidation(void)
{
	vtd_table *t = vtd_table_open("invalidation.tsv");

	for (unsigned i = 0; i < t->n; i++) {
		const iom_tsv_row *row = vtd_table_row(t, i);
		const char *interface = iom_tsv_get(row, "interface");
		const char *command = iom_tsv_get(row, "command");
		const char *why = NULL;
		bool ok = false;

		if (strcmp(interface, "queue") == 0) {
			ok = check_queue_row(row, &why);
		} else if (strcmp(interface, "error") == 0) {
			ok = check_error_row(row, &why);
		} else if (strcmp(interface, "implicit") == 0) {
			ok = check_implicit_row(row);
		} else if (strcmp(interface, "register") == 0) {
			const char *encoding = iom_tsv_get(row, "encoding");

			ok = strcmp(command, "any") == 0
				     ? check_register_commands("IOTLB", 1)
				     : check_register_commands(command, encoding[0] == '0'   ? 1
									: encoding[1] == '0' ? 2
											     : 3);
		} else if (strcmp(interface, "guidance") == 0) {
			ok = g_str_has_prefix(command, "skippable") ? check_upgrades()
								    : run_scenarios(row);
		} else if (strcmp(interface, "ordering") == 0) {
			/* Commands run one after another; only endpoints take time. */
			ok = vtd_check_order() && vtd_check_wait();
		}
		if (ok)
			vtd_table_cover(t, i);
		else if (why)
			vtd_table_excuse(t, i, why);
	}
	vtd_table_close(t);
}

static const iom_test tests[] = {
	{ "invalidation commands, their errors and what they must remove", invalidation },
	{ 0 },
};
const iom_suite vtd_commands_suite = { "commands", tests };
