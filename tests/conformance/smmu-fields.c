/* SPDX-License-Identifier: MIT */
/* Field placement: every field of the tables, through the model's layouts and as raw bits. */
#include "smmu/layouts/cd.h"
#include "smmu/layouts/commands.h"
#include "smmu/layouts/events.h"
#include "smmu/layouts/regs-realm.h"
#include "smmu/layouts/regs-secure.h"
#include "smmu/layouts/regs.h"
#include "smmu/layouts/ste.h"
#include "tests/conformance/smmu-build.h"
#include "tests/conformance/smmu-layouts.h"
#include "tests/conformance/smmu-suites.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct named_layout {
	const char *name;
	const iom_layout *layout;
} named_layout;

#define REGISTER_ROW(n) { "SMMU_" #n, &smmu_##n##_layout },
#define EVENT_ROW(n) { #n, &smmu_evt_##n##_layout },
#define COMMAND_ROW(n) { "CMD_" #n, &smmu_cmd_##n##_layout },

static const named_layout register_layouts[] = { SMMU_REGISTER_LAYOUTS(REGISTER_ROW) };
static const named_layout event_layouts[] = { SMMU_EVENT_LAYOUTS(EVENT_ROW) };
static const named_layout command_layouts[] = {
	SMMU_COMMAND_LAYOUTS(COMMAND_ROW)
	/* CFGI_STE_RANGE with all of Range set */
	{ "CMD_CFGI_ALL", &smmu_cmd_CFGI_STE_RANGE_layout },
};

/* By the first word of a cell. */
static const iom_layout *find_layout(const named_layout *list, size_t n, const char *cell)
{
	size_t length = strcspn(cell, " ");

	for (size_t i = 0; i < n; i++) {
		if (strlen(list[i].name) == length && strncmp(list[i].name, cell, length) == 0)
			return list[i].layout;
	}
	return NULL;
}

static uint64_t mask(unsigned width)
{
	return width >= 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
}

static bool bit_of(const uint64_t *words, unsigned bit)
{
	return words[bit / 64] >> bit % 64 & 1;
}

/* Write through the layout, read raw; write raw, read through the layout. */
static bool check_value(const iom_field *field, unsigned lsb, unsigned width, unsigned shift,
			uint64_t value)
{
	uint64_t words[8] = { 0 }, raw[8] = { 0 };

	iom_field_set(field, words, value << shift);
	for (unsigned bit = 0; bit < 512; bit++) {
		bool inside = bit >= lsb && bit < lsb + width;
		bool expected = inside && (value >> (bit - lsb) & 1);

		if (bit_of(words, bit) != expected)
			return false;
		if (expected)
			raw[bit / 64] |= UINT64_C(1) << bit % 64;
	}
	return iom_field_get(field, raw) == value << shift;
}

static bool check_field(const iom_layout *layout, const char *name, unsigned msb, unsigned lsb,
			unsigned shift)
{
	const iom_field *field = iom_layout_find(layout, name);
	unsigned width = msb - lsb + 1;

	if (!field) {
		fprintf(stderr, "\n%s: the model's layout has no field '%s'\n", layout->name, name);
		return false;
	}
	for (unsigned i = 0; i < width; i++) {
		if (!check_value(field, lsb, width, shift, UINT64_C(1) << i))
			goto wrong;
	}
	if (check_value(field, lsb, width, shift, mask(width)))
		return true;
wrong:
	fprintf(stderr, "\n%s.%s: is [%u:%u] << %u, should be [%u:%u] << %u\n", layout->name, name,
		field->lsb + field->width - 1u, field->lsb, field->shift, msb, lsb, shift);
	return false;
}

/* The layout covers each bit exactly once. */
static void check_complete(const iom_layout *layout)
{
	unsigned seen[512] = { 0 };

	for (unsigned i = 0; i < layout->n_fields; i++) {
		const iom_field *f = &layout->fields[i];

		for (unsigned bit = f->lsb; bit < f->lsb + (unsigned)f->width && bit < 512; bit++)
			seen[bit]++;
	}
	for (unsigned bit = 0; bit < layout->bits; bit++) {
		if (seen[bit] != 1) {
			fprintf(stderr, "\n%s: bit %u is in %u fields\n", layout->name, bit,
				seen[bit]);
			CU_FAIL("layout is not complete");
			return;
		}
	}
}

/* ---- STE, CD ---------------------------------------------------------- */

/* Address fields and the bits of the address that are not stored. */
static unsigned structure_shift(const char *structure, const char *name)
{
	static const struct {
		const char *structure, *name;
		unsigned shift;
	} fields[] = {
		{ "STE", "S1ContextPtr", 6 }, { "STE", "S2TTB", 4 },   { "STE", "S_S2TTB", 4 },
		{ "STE", "VMSPtr", 12 },      { "CD", "TTB0", 4 },     { "CD", "TTB1", 4 },
		{ "L1STD", "L2Ptr", 6 },      { "L1CD", "L2Ptr", 12 },
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(fields); i++) {
		if (strcmp(fields[i].structure, structure) == 0 &&
		    strcmp(fields[i].name, name) == 0)
			return fields[i].shift;
	}
	return 0;
}

static bool check_array(const iom_layout *layout, const char *stem, unsigned lsb, unsigned width)
{
	bool ok = true;
	char name[32];

	for (unsigned i = 0; i < 16; i++) {
		g_snprintf(name, sizeof name, "%s%u", stem, i);
		ok = check_field(layout, name, lsb + (i + 1) * width - 1, lsb + i * width, 0) && ok;
	}
	return ok;
}

static bool check_structure_row(const iom_layout *layout, const iom_tsv_row *row)
{
	const char *structure = iom_tsv_get(row, "struct");
	char **words = g_strsplit(iom_tsv_get(row, "name"), " ", 2);
	char *name = words[0], *colon = strchr(name, ':'), *array = strstr(name, "<p>");
	uint64_t msb = 0, lsb = 0;
	bool ok = iom_tsv_u64(row, "msb", &msb, NULL) && iom_tsv_u64(row, "lsb", &lsb, NULL);
	unsigned high = (unsigned)msb, low = (unsigned)lsb;

	if (array) {
		*array = 0;
		ok = ok && check_array(layout, name, low, (high - low + 1) / 16);
	} else if (colon) {
		/* "HIGH:LOW" of two bits */
		*colon = 0;
		ok = ok && check_field(layout, name, high, high, 0) &&
		     check_field(layout, colon + 1, low, low, 0);
	} else if (strcmp(name, "RES0") == 0 || strcmp(name, "IMPDEF") == 0) {
		char *unique = g_strdup_printf("%s_%u", name, low);

		ok = ok && check_field(layout, unique, high, low, 0);
		g_free(unique);
	} else {
		ok = ok && check_field(layout, name, high, low, structure_shift(structure, name));
	}
	g_strfreev(words);
	return ok;
}

static void structure_table(const char *file, unsigned at_least)
{
	static const named_layout layouts[] = {
		{ "STE", &smmu_ste_layout },
		{ "L1STD", &smmu_l1std_layout },
		{ "CD", &smmu_cd_layout },
		{ "L1CD", &smmu_l1cd_layout },
	};
	iom_tsv *table = smmu_spec_table(file);
	smmu_coverage coverage;

	if (!table)
		return;
	smmu_coverage_init(&coverage, table);
	for (unsigned i = 0; i < iom_tsv_n_rows(table); i++) {
		const iom_tsv_row *row = iom_tsv_row_at(table, i);
		const iom_layout *layout =
			find_layout(layouts, G_N_ELEMENTS(layouts), iom_tsv_get(row, "struct"));

		if (!layout) {
			smmu_waive(&coverage, row, "an array in memory, not a structure of fields");
			continue;
		}
		CU_ASSERT_TRUE(check_structure_row(layout, row));
		smmu_cover(&coverage, row);
	}
	smmu_coverage_end(&coverage, at_least);
	iom_tsv_free(table);
}

static void ste_fields(void)
{
	check_complete(&smmu_ste_layout);
	check_complete(&smmu_l1std_layout);
	structure_table("ste_fields.tsv", 91);
}

static void cd_fields(void)
{
	check_complete(&smmu_cd_layout);
	check_complete(&smmu_l1cd_layout);
	structure_table("cd_fields.tsv", 66);
}

/* ---- registers -------------------------------------------------------- */

static bool same_place(const iom_field *f, unsigned msb, unsigned lsb)
{
	return f->lsb == lsb && f->width == msb - lsb + 1;
}

/* By position, since several rows of a register may be called RES0. */
static bool check_register_row(const iom_layout *layout, const iom_tsv_row *row)
{
	const char *name = iom_tsv_get(row, "field");
	uint64_t msb = 0, lsb = 0;

	if (strcmp(name, "S2PII<p>") == 0)
		return check_array(layout, "S2PII", 0, 4);
	if (!iom_tsv_u64(row, "msb", &msb, NULL) || !iom_tsv_u64(row, "lsb", &lsb, NULL))
		return false;
	for (unsigned i = 0; i < layout->n_fields; i++) {
		const iom_field *f = &layout->fields[i];
		size_t n = strcspn(name, " (<[/");

		if (!same_place(f, (unsigned)msb, (unsigned)lsb))
			continue;
		if (strncmp(f->name, name, n) == 0 || f->kind != IOM_FIELD_USE)
			return check_field(layout, f->name, (unsigned)msb, (unsigned)lsb, f->shift);
	}
	fprintf(stderr, "\n%s: no field '%s' at [%u:%u]\n", layout->name, name, (unsigned)msb,
		(unsigned)lsb);
	return false;
}

static void register_fields(void)
{
	iom_tsv *table = smmu_spec_table("register_fields.tsv");
	smmu_coverage coverage;

	if (!table)
		return;
	smmu_coverage_init(&coverage, table);
	for (unsigned i = 0; i < iom_tsv_n_rows(table); i++) {
		const iom_tsv_row *row = iom_tsv_row_at(table, i);
		const iom_layout *layout =
			find_layout(register_layouts, G_N_ELEMENTS(register_layouts),
				    iom_tsv_get(row, "register"));

		CU_ASSERT_PTR_NOT_NULL(layout);
		if (layout) {
			CU_ASSERT_TRUE(check_register_row(layout, row));
			smmu_cover(&coverage, row);
		}
	}
	smmu_coverage_end(&coverage, iom_tsv_n_rows(table));
	iom_tsv_free(table);
}

/* ---- commands and events ---------------------------------------------- */

/*
 * One item of a "fields" cell: NAME[BIT], NAME[MSB:LSB] or NAME[A:B]@[MSB:LSB].
 * False: nothing to check in it (a remark, or a position that is not known).
 */
static bool parse_item(const char *item, char *name, size_t size, unsigned bits[3])
{
	unsigned a, b, msb, lsb;
	size_t n = strcspn(item, "[ ");
	const char *at = strstr(item, "]@[");

	if (item[n] != '[' || n == 0 || n >= size)
		return false;
	memcpy(name, item, n);
	name[n] = 0;
	if (at) {
		if (sscanf(item + n, "[%u:%u]@[%u:%u]", &a, &b, &msb, &lsb) != 4)
			return false;
		bits[0] = msb;
		bits[1] = lsb;
		bits[2] = b;
		return true;
	}
	bits[2] = 0;
	if (sscanf(item + n, "[%u:%u]", &bits[0], &bits[1]) == 2)
		return true;
	if (sscanf(item + n, "[%u]", &bits[0]) != 1)
		return false;
	bits[1] = bits[0];
	return true;
}

static unsigned check_items(const iom_layout *layout, const iom_tsv_row *row)
{
	char **items = g_strsplit(iom_tsv_get(row, "fields"), ";", -1);
	unsigned checked = 0, bits[3];
	char name[32];

	for (char **p = items; *p; p++) {
		if (!parse_item(g_strstrip(*p), name, sizeof name, bits))
			continue;
		CU_ASSERT_TRUE(check_field(layout, name, bits[0], bits[1], bits[2]));
		checked++;
	}
	g_strfreev(items);
	return checked;
}

static void record_table(const char *file, const char *column, const named_layout *list, size_t n,
			 unsigned at_least)
{
	iom_tsv *table = smmu_spec_table(file);
	smmu_coverage coverage;

	if (!table)
		return;
	smmu_coverage_init(&coverage, table);
	for (unsigned i = 0; i < iom_tsv_n_rows(table); i++) {
		const iom_tsv_row *row = iom_tsv_row_at(table, i);
		const iom_layout *layout = find_layout(list, n, iom_tsv_get(row, column));

		if (layout && check_items(layout, row))
			smmu_cover(&coverage, row);
		else if (strcmp(iom_tsv_get(row, "category"), "rule") == 0 ||
			 strcmp(iom_tsv_get(row, "opcode"), "rule") == 0)
			smmu_waive(&coverage, row, "a rule, no layout");
		else
			smmu_waive(&coverage, row, "no layout: reserved or IMPLEMENTATION DEFINED");
	}
	smmu_coverage_end(&coverage, at_least);
	iom_tsv_free(table);
}

static void command_fields(void)
{
	record_table("commands.tsv", "name", command_layouts, G_N_ELEMENTS(command_layouts), 35);
}

static void event_fields(void)
{
	record_table("events.tsv", "name", event_layouts, G_N_ELEMENTS(event_layouts), 19);
}

static const iom_test tests[] = {
	{ "STE and L1STD fields", ste_fields }, { "CD and L1CD fields", cd_fields },
	{ "register fields", register_fields }, { "command fields", command_fields },
	{ "event fields", event_fields },       { 0 },
};

const iom_suite smmu_fields_suite = { "fields", tests };
