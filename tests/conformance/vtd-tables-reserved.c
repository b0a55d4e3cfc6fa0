/* SPDX-License-Identifier: MIT */
/*
 * reserved_checks.tsv: every bit that must be zero, set alone in a structure that is
 * valid otherwise; and every bit that is ignored, which must change nothing.
 */
#include "tests/conformance/vtd-generate.h"
#include "tests/conformance/vtd-tables-descriptors.h"
#include "tests/conformance/vtd-tables-values.h"
#include "tests/conformance/vtd-tables.h"

#include <string.h>

#define BIT(n) (UINT64_C(1) << (n))

/* One number of an expression like "HAW+255" or "(64+HAW)". */
static int evaluate(const char *text, const char **end, int haw)
{
	int sum = 0;

	for (;; text++) {
		if (g_str_has_prefix(text, "HAW")) {
			sum += haw;
			text += 2;
		} else if (g_ascii_isdigit(*text)) {
			sum += (int)strtol(text, (char **)end, 10);
			text = *end - 1;
		} else if (*text != '+' && *text != '(' && *text != ')') {
			break;
		}
	}
	*end = text;
	return sum;
}

/* Which bits of a 512-bit structure the cell names. */
static bool parse_bits(const char *cell, int haw, bool bits[512])
{
	memset(bits, 0, 512 * sizeof *bits);
	for (const char *p = cell; *p;) {
		const char *end = p;
		int hi, lo;

		if (!g_ascii_isdigit(*p) && *p != 'H' && *p != '(')
			return false;
		hi = evaluate(p, &end, haw);
		lo = *end == ':' ? evaluate(end + 1, &end, haw) : hi;
		for (int bit = lo; bit <= hi && bit < 512; bit++)
			bits[bit] = true;
		if (*end && *end != ',')
			return false;
		p = *end ? end + 1 : end;
	}
	return true;
}

/* Which bases have the structure, and where its entry lies there. */
static bool locate(const vtd_base *b, const char *structure, uint64_t *address, unsigned *n_words)
{
	static const struct {
		const char *name;
		char stage;
		unsigned level;
	} pages[] = {
		{ "fs_pml5e", 'f', 5 }, { "fs_pml4e", 'f', 4 }, { "fs_pdpe", 'f', 3 },
		{ "fs_pde", 'f', 2 },   { "fs_pte", 'f', 1 },   { "ss_pml5e", 's', 5 },
		{ "ss_pml4e", 's', 4 }, { "ss_pdpe", 's', 3 },  { "ss_pde", 's', 2 },
		{ "ss_pte", 's', 1 },   { "ss pte", 's', 1 },   { "ss non-leaf", 's', 2 },
		{ "ss leaf", 's', 1 },  { "hptl4e", 'h', 4 },   { "hptl3e", 'h', 3 },
		{ "hptl2e", 'h', 2 },   { "hptl1e", 'h', 1 },
	};

	*n_words = 1;
	if (strcmp(structure, "root_entry") == 0 || strcmp(structure, "sm_root_entry") == 0) {
		*address = b->root;
		*n_words = 2;
		return b->scalable == (structure[0] == 's');
	}
	if (strcmp(structure, "context_entry") == 0 || strcmp(structure, "sm_context_entry") == 0) {
		*address = b->context;
		*n_words = b->scalable ? 4 : 2;
		return b->scalable == (structure[0] == 's');
	}
	if (strcmp(structure, "pasid_dir_entry") == 0) {
		*address = b->directory;
		return b->scalable;
	}
	if (strcmp(structure, "pasid_table_entry") == 0) {
		*address = b->pent[0];
		*n_words = 8;
		return b->scalable;
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(pages); i++) {
		unsigned level = pages[i].level;

		if (strcmp(structure, pages[i].name) != 0)
			continue;
		*address = pages[i].stage == 'f'   ? b->fs[level]
			   : pages[i].stage == 's' ? b->ss[level]
			   : level <= 4            ? b->hpt[level]
						   : 0;
		*n_words = pages[i].stage == 'h' ? 2 : 1;
		return *address != 0;
	}
	return false;
}

/* Fields that need a capability which the case no longer has. */
static void adapt(vtd_base *b)
{
	static const struct {
		unsigned ecap, word, bit;
	} context[] = { { 56, 0, 6 }, { 55, 0, 5 }, { 29, 0, 4 }, { 40, 0, 3 }, { 2, 0, 2 } };

	vtd_settle_capabilities(b->c);
	if (!b->scalable)
		return;
	for (unsigned i = 0; i < G_N_ELEMENTS(context); i++) {
		if (!(b->c->ecap >> context[i].ecap & 1))
			vtd_base_change(b, b->context + 8 * context[i].word, 0,
					BIT(context[i].bit));
	}
	if (!(b->c->ecap >> 49 & 1))
		vtd_base_change(b, b->context + 8, 0, 0xfffff);
	for (unsigned i = 0; i < b->n_pents; i++) {
		if (!(b->c->ecap >> 48 & 1))
			vtd_base_change(b, b->pent[i] + 8, 0, BIT(23));
	}
}

/* Clear a capability that a condition names: "RPS=0"; false: no such one. */
static bool clear_capability(iom_vtd_case *c, const vtd_table *fields, const char *name)
{
	for (unsigned i = 0; i < fields->n; i++) {
		const iom_tsv_row *row = vtd_table_row(fields, i);
		const char *reg = iom_tsv_get(row, "register");
		bool cap = strcmp(reg, "CAP_REG") == 0;
		uint64_t msb, lsb;

		if ((!cap && strcmp(reg, "ECAP_REG") != 0) ||
		    strcmp(iom_tsv_get(row, "field"), name) != 0 ||
		    !iom_tsv_u64(row, "msb", &msb, NULL) || !iom_tsv_u64(row, "lsb", &lsb, NULL))
			continue;
		*(cap ? &c->cap : &c->ecap) &= ~((BIT(msb - lsb + 1) - 1) << lsb);
		return true;
	}
	return false;
}

typedef struct situation {
	bool large; /* PS=1 */
	bool ok;
	unsigned sslps_without; /* bit of SSLPS to clear, +1 */
} situation;

/* "P=1 & RPS=0", "R|W & PS=1", "always": what the case needs beside the bit. */
static situation parse_condition(const char *cell, iom_vtd_case *c, const vtd_table *fields)
{
	situation s = { .ok = true };
	char **terms = g_strsplit(cell, "&", -1);

	for (char **t = terms; *t; t++) {
		char *term = g_strstrip(*t), *equals = strchr(term, '=');

		if (strcmp(term, "PS=1") == 0) {
			s.large = true;
		} else if (g_str_has_prefix(term, "SSLPS bit ")) {
			s.sslps_without = (unsigned)(term[10] - '0') + 1;
		} else if (g_str_has_prefix(term, "always") || strcmp(term, "P=1") == 0 ||
			   strcmp(term, "LP=1") == 0 || strcmp(term, "UP=1") == 0 ||
			   strcmp(term, "R|W") == 0) {
			continue;
		} else if (equals && strcmp(equals, "=0") == 0) {
			*equals = 0;
			s.ok &= clear_capability(c, fields, term) || strcmp(term, "SSIRWE") == 0;
		} else {
			s.ok = false;
		}
	}
	g_strfreev(terms);
	return s;
}

/* A large page at the level of the entry: base and offset stay what they were. */
static void make_large(vtd_base *b, uint64_t address, unsigned shift)
{
	vtd_base_change(b, address, (UINT64_C(0x4000000000) >> shift << shift) | BIT(7),
			UINT64_C(0xffffffffff000) & ~(UINT64_C(0x4000000000) >> shift << shift));
}

static void five_levels(vtd_base *b)
{
	/* A top table in front of the others. */
	uint64_t top;

	if (b->fs_levels && b->kind == VTD_BASE_FIRST) {
		top = (b->fs[4] & ~UINT64_C(0xfff)) + 0x100000;
		b->fs[5] = top;
		iom_vtd_case_put(b->c, top, (b->fs[4] & ~UINT64_C(0xfff)) | 7, "fs.L5");
		for (unsigned i = 0; i < b->n_pents; i++)
			vtd_base_change(b, b->pent[i] + 16, top | 1 << 2,
					UINT64_C(0xffffffffff000) & ~top);
		b->fs_levels = 5;
	}
	if (b->ss_levels == 4) {
		top = (b->ss[4] & ~UINT64_C(0xfff)) + 0x200000;
		b->ss[5] = top;
		iom_vtd_case_put(b->c, top, (b->ss[4] & ~UINT64_C(0xfff)) | 3, "ss.L5");
		if (b->scalable) {
			for (unsigned i = 0; i < b->n_pents; i++)
				vtd_base_change(b, b->pent[i], top | 3 << 2,
						(UINT64_C(0xffffffffff000) & ~top));
		} else {
			vtd_base_change(b, b->context, top, UINT64_C(0xffffffffff000) & ~top);
			vtd_base_change(b, b->context + 8, 3, 0);
		}
		b->ss_levels = 5;
	}
}

/* fault_code is one code, or "legacy / scalable second stage"; 0: no fault. */
static unsigned fault_of(const char *cell, bool scalable)
{
	const char *slash = strchr(cell, '/');
	uint64_t code = 0;
	char **halves = g_strsplit(cell, "/", 2);

	iom_tsv_parse(g_strstrip(halves[slash && scalable ? 1 : 0]), &code);
	g_strfreev(halves);
	return (unsigned)code;
}

/* The bit, in one base with one kind of request. */
static bool try_bit(const iom_tsv_row *row, const vtd_table *fields, vtd_base_kind kind,
		    vtd_request_kind request, const char *structure, unsigned bit)
{
	vtd_base *b = vtd_base_new(kind, request);
	situation s = parse_condition(iom_tsv_get(row, "condition"), b->c, fields);
	uint64_t address;
	unsigned n_words;
	bool met = false;

	if (strstr(iom_tsv_get(row, "mode"), "HPT1GPS=0"))
		s.ok &= clear_capability(b->c, fields, "HPT1GPS");
	b->c->haw = 46;
	if (strstr(structure, "pml5e"))
		five_levels(b);
	if (s.ok && locate(b, structure, &address, &n_words) && bit < 64 * n_words) {
		char *what = g_strdup_printf("%s bit %u, kind %d request %d", structure, bit, kind,
					     request);

		adapt(b);
		if (strcmp(structure, "sm_root_entry") == 0 && bit >= 64) {
			/* The upper half belongs to devfn 80h and up. */
			b->c->sid |= 0x80;
			vtd_base_change(b, b->root + 8, vtd_base_word(b, b->root), 0);
		}
		if (s.large)
			make_large(b, address, strstr(structure, "pdpe") ? 30 : 21);
		if (s.sslps_without)
			/* 1 GiB pages come with 2 MiB pages only. */
			b->c->cap &= s.sslps_without == 2 ? ~BIT(35) : ~(BIT(34) | BIT(35));
		if (strcmp(structure, "pasid_table_entry") == 0) {
			for (unsigned i = 0; i < b->n_pents; i++)
				vtd_base_change(b, b->pent[i] + bit / 64 * 8, BIT(bit % 64), 0);
		} else {
			vtd_base_change(b, address + bit / 64 * 8, BIT(bit % 64), 0);
		}
		met = vtd_try(b->c, false, fault_of(iom_tsv_get(row, "fault_code"), b->scalable),
			      what);
		g_free(what);
	}
	vtd_base_free(b);
	return met;
}

/* Structures that a row speaks of together. */
static const char *const *expand(const char *structure)
{
	static const char *const fs[] = { "fs_pml5e", "fs_pml4e", "fs_pdpe",
					  "fs_pde",   "fs_pte",   NULL };
	static const char *const ss[] = { "ss_pml5e", "ss_pml4e", "ss_pdpe",
					  "ss_pde",   "ss_pte",   NULL };
	static const char *one[2];

	if (strcmp(structure, "fs any level") == 0)
		return fs;
	if (strcmp(structure, "ss any level") == 0)
		return ss;
	one[0] = structure;
	one[1] = NULL;
	return one;
}

/* One bit in every base that has the structure; at least one must meet the row. */
static bool check_bit(const iom_tsv_row *row, const vtd_table *fields, const char *structure,
		      unsigned bit)
{
	bool met = false;

	for (unsigned kind = 0; kind < VTD_N_BASES; kind++) {
		bool here = false;

		if (kind == VTD_BASE_HPT && !g_str_has_prefix(structure, "hpt"))
			continue;
		for (unsigned r = 0; r < VTD_N_REQUESTS && !here; r++)
			here = try_bit(row, fields, kind, r, structure, bit);
		met |= here;
	}
	if (!met)
		g_print("%s bit %u: no case meets the row\n", structure, bit);
	return met;
}

static bool check_bits(const iom_tsv_row *row, const vtd_table *fields)
{
	bool bits[512], all = true;

	if (!parse_bits(iom_tsv_get(row, "bits"), 46, bits))
		return false;
	for (const char *const *s = expand(iom_tsv_get(row, "structure")); *s; s++) {
		for (unsigned bit = 0; bit < 512; bit++) {
			if (bits[bit])
				all &= check_bit(row, fields, *s, bit);
		}
	}
	return all;
}

/* Bits of a domain-id above what ND allows: with 8-bit domain-ids, and some within. */
static bool check_domain_width(const iom_tsv_row *row)
{
	bool legacy = strcmp(iom_tsv_get(row, "structure"), "context_entry") == 0;
	bool hpt = g_str_has_prefix(iom_tsv_get(row, "bits"), "335");
	unsigned fault = fault_of(iom_tsv_get(row, "fault_code"), false);
	bool all = true;

	for (unsigned kind = 0; kind < VTD_N_BASES; kind++) {
		/* The HPT domain is looked at where the tables are used. */
		if ((hpt && kind != VTD_BASE_HPT) || legacy != (kind <= VTD_BASE_LEGACY_PT))
			continue;
		for (unsigned bit = 0; bit < 16; bit++) {
			vtd_base *b = vtd_base_new(kind, hpt ? VTD_REQ_X : VTD_REQ_U);

			b->c->cap = (b->c->cap & ~UINT64_C(7)) | 2;
			if (legacy)
				vtd_base_change(b, b->context + 8, BIT(bit + 8), 0);
			for (unsigned i = 0; i < b->n_pents; i++)
				vtd_base_change(b, b->pent[i] + (hpt ? 40 : 8), BIT(bit), 0);
			all &= vtd_try(b->c, false, bit < 8 ? 0 : fault, "domain-id");
			vtd_base_free(b);
		}
	}
	return all;
}

/* Any bits of an entry that grants nothing, or is not present. */
static bool check_absent(const iom_tsv_row *row)
{
	bool second = g_str_has_prefix(iom_tsv_get(row, "structure"), "ss");
	bool some = false;

	for (unsigned kind = 0; kind < VTD_N_BASES; kind++) {
		vtd_base *b = vtd_base_new(kind, VTD_REQ_U);
		uint64_t at = second ? b->ss[2] : b->root;

		if ((second && !at) || (!second && b->scalable)) {
			vtd_base_free(b);
			continue;
		}
		iom_vtd_case_put(b->c, at, second ? ~UINT64_C(3) : ~UINT64_C(1), "word");
		some |= vtd_try(b->c, false, second ? b->scalable ? 0x79 : 0x06 : 0x01,
				iom_tsv_get(row, "rule"));
		vtd_base_free(b);
	}
	return some;
}

static bool check_interrupt_bits(const iom_tsv_row *row)
{
	const char *structure = iom_tsv_get(row, "structure");
	const char *mode = iom_tsv_get(row, "mode"), *condition = iom_tsv_get(row, "condition");
	bool descriptor = g_str_has_prefix(structure, "posted");
	bool posted = descriptor || strstr(structure, "irte_posted") || strstr(condition, "IM=1");
	bool bits[512], some = false;

	if (strcmp(structure, "msi_data") == 0) {
		for (unsigned bit = 16; bit < 32; bit++) {
			iom_vtd_case *c = vtd_base_interrupt(false);

			c->address |= 1 << 3;
			c->data = 1u << bit;
			some |= vtd_try(c, true, 0x20, "message data");
			iom_vtd_case_free(c);
		}
		return some;
	}
	if (!parse_bits(iom_tsv_get(row, "bits"), 46, bits))
		return false;
	for (unsigned bit = 0; bit < 512; bit++) {
		iom_vtd_case *c = vtd_base_interrupt(posted);
		uint64_t at = (descriptor ? VTD_PID_ADDRESS : VTD_IRTE_ADDRESS) + bit / 64 * 8;
		int i = iom_vtd_case_find(c, at);
		uint64_t word = i < 0 ? 0 : g_array_index(c->words, iom_vtd_word, i).value;

		if (strstr(mode, "EIME=0")) {
			/* xAPIC destinations have 8 bits. */
			c->irta &= ~BIT(11);
			uint64_t first = descriptor ? VTD_PID_ADDRESS + 32 : VTD_IRTE_ADDRESS;
			int k = iom_vtd_case_find(c, first);

			g_array_index(c->words, iom_vtd_word, k).value &= 0xffff00ffffffffff;
			if (!posted || descriptor)
				g_array_index(c->words, iom_vtd_word, k).value &=
					0x0000ff00ffffffff;
			if (posted && !descriptor)
				k = -1;
			i = iom_vtd_case_find(c, at);
			word = i < 0 ? 0 : g_array_index(c->words, iom_vtd_word, i).value;
		}
		if (strstr(mode, "PI=0"))
			c->cap &= ~BIT(59);
		iom_vtd_case_put(c, at, word | BIT(bit % 64), "word");
		if (bits[bit] && bit < (descriptor ? 512 : 128))
			some |= vtd_try(c, true, fault_of(iom_tsv_get(row, "fault_code"), 0),
					structure);
		iom_vtd_case_free(c);
	}
	return some;
}

/* PPi bits 3:2 of every sub-region, at every level that has some. */
static bool check_permission_bits(void)
{
	bool some = false;

	for (unsigned level = 1; level <= 3; level++) {
		static const unsigned n[] = { 0, 32, 16, 8 };

		for (unsigned i = 0; i < n[level]; i++) {
			vtd_base *b = vtd_base_new(VTD_BASE_HPT, VTD_REQ_X);

			vtd_base_change(b, b->hpt[level] + i / 16 * 8,
					UINT64_C(4) << (i & 1) << 4 * (i % 16), 0);
			some |= vtd_try(b->c, false, 0xa1, "permission field");
			vtd_base_free(b);
		}
	}
	return some;
}

/* Rules about values, not bits. */
static bool is_value_rule(const iom_tsv_row *row)
{
	static const char *const conditions[] = {
		"TTM=10b",    "TTM=11b & ADMS=0", "TTM=01b & SMTS=0", "TTM=00b & SSIRWE=1",
		"P=1 & TT",   "P=1 & AW",         "P=1 & PRE",        "P=1 & RID_PASID",
		"P=1 & EPTR", "P=1 & PGTT",       "P=1 & (001",       "its present bit",
	};
	const char *condition = iom_tsv_get(row, "condition");

	for (unsigned i = 0; i < G_N_ELEMENTS(conditions); i++) {
		if (g_str_has_prefix(condition, conditions[i]))
			return true;
	}
	return false;
}

/* Checks that several rows share run once. */
typedef struct shared {
	bool root_address, context, sm_context, pasid, encodings, descriptors;
} shared;

static bool check_all_descriptors(void)
{
	static const char *const names[] = { "cc_inv_dsc",        "pc_inv_dsc",
					     "iotlb_inv_dsc",     "p_iotlb_inv_dsc",
					     "dev_tlb_inv_dsc",   "p_dev_tlb_inv_dsc",
					     "iec_inv_dsc",       "inv_wait_dsc",
					     "page_grp_resp_dsc", "hpt_inv_dsc" };
	bool ok = true;

	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
		ok &= vtd_check_descriptor_bits(names[i]);
	return ok;
}

static bool check_shared(const shared *done, const char *structure)
{
	if (g_str_has_prefix(structure, "RTADDR"))
		return done->root_address;
	if (strcmp(structure, "context_entry") == 0)
		return done->context;
	if (strcmp(structure, "sm_context_entry") == 0)
		return done->sm_context;
	if (strcmp(structure, "pasid_table_entry") == 0)
		return done->pasid;
	return g_str_has_prefix(structure, "any invalidation") ? done->descriptors
							       : done->encodings;
}

static void reserved_checks(void)
{
	vtd_table *t = vtd_table_open("reserved_checks.tsv");
	vtd_table *fields = vtd_table_open("register_fields.tsv");
	shared done = { vtd_check_root_address(),         vtd_check_context_values(),
			vtd_check_sm_context_values(),    vtd_check_pasid_values(),
			vtd_check_descriptor_encodings(), check_all_descriptors() };

	for (unsigned i = 0; i < t->n; i++) {
		const iom_tsv_row *row = vtd_table_row(t, i);
		const char *structure = iom_tsv_get(row, "structure");
		const char *bits = iom_tsv_get(row, "bits"), *rule = iom_tsv_get(row, "rule");
		bool met;

		if (strcmp(iom_tsv_get(row, "confidence"), "low") == 0) {
			vtd_table_excuse(t, i, "low confidence: the table says not to test it");
			continue;
		}
		if (strcmp(structure, "sm_root_entry") == 0 && strcmp(bits, "other half") == 0) {
			vtd_table_excuse(t, i,
					 "either choice is allowed: random cases accept both");
			continue;
		}
		if (is_value_rule(row) || strstr(structure, "inv_dsc") ||
		    strstr(structure, "any invalidation")) {
			if (check_shared(&done, structure))
				vtd_table_cover(t, i);
			continue;
		}
		if (g_str_has_prefix(structure, "irte") || g_str_has_prefix(structure, "posted") ||
		    g_str_has_prefix(structure, "msi"))
			met = check_interrupt_bits(row);
		else if (g_str_has_prefix(structure, "RTADDR"))
			met = false;
		else if (strstr(bits, "above ND"))
			met = check_domain_width(row);
		else if (strstr(rule, "reserved bits not checked") || strstr(bits, "all but P"))
			met = check_absent(row);
		else if (strcmp(structure, "hpt entries") == 0)
			met = check_permission_bits();
		else
			met = check_bits(row, fields);
		if (met)
			vtd_table_cover(t, i);
		else if (g_str_has_prefix(structure, "RTADDR"))
			vtd_table_excuse(t, i, "register bits: case of registers.tsv");
	}
	g_strfreev(fields->state);
	iom_tsv_free(fields->rows);
	g_free(fields);
	vtd_table_close(t);
}

static const iom_test tests[] = {
	{ "every reserved bit, alone in a valid structure", reserved_checks },
	{ 0 },
};
const iom_suite vtd_reserved_suite = { "reserved", tests };
