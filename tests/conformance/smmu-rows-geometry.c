/* SPDX-License-Identifier: MIT */
/*
 * Levels, sizes of leaves, addresses of tables, start levels, alignment of the first
 * table, contiguous groups: the walk that each row describes, everything else in memory
 * being invalid, so that only the right index and address give an answer.
 */
#include "tests/conformance/smmu-rows.h"

#include "tests/harness.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *kind_of(const iom_tsv_row *row)
{
	return iom_tsv_get(row, "kind");
}

static char *title_of(const iom_tsv_row *row)
{
	char *file = g_path_get_basename(iom_tsv_path(row->table));
	char *title = g_strdup_printf("%s:%u %s", file, (unsigned)row->line, kind_of(row));

	g_free(file);
	return title;
}

/* The largest walk of a granule, and the start level that s2_descriptors.tsv has for it. */
static rows_walk largest(const smmu_coverage *coverage, const smmu_spec *spec, unsigned stage,
			 const iom_tsv_row *row)
{
	rows_walk w = { .spec = spec,
			.table = coverage->table,
			.stage = stage,
			.granule_lg2 = rows_granule(row),
			.ds = rows_condition_ds(row),
			.lpa = rows_condition_lpa(row),
			.leaf = 3 };

	if (!w.granule_lg2)
		w.granule_lg2 = 12; /* a row about all of them */
	w.input_bits = w.ds || w.lpa ? 52 : 48;
	switch (w.granule_lg2) {
	case 12:
		w.start = w.ds ? -1 : 0;
		w.sl = w.ds ? 4 : 2;
		break;
	case 14:
		w.start = w.ds || stage == 1 ? 0 : 1; /* two tables concatenated */
		w.sl = w.ds ? 3 : 2;
		break;
	default:
		w.start = 1;
		w.sl = 2;
		break;
	}
	/* An index of 1 wherever the row does not say. */
	for (int level = w.start; level <= 3; level++)
		w.input |= UINT64_C(1)
			   << (w.granule_lg2 + (w.granule_lg2 - 3) * (unsigned)(3 - level));
	w.input |= 0x123;
	return w;
}

/* Address bits that the row's bits column names: IA[hi:lo] or OA[..] in full. */
static uint64_t all_of(const char *bits, const char *name, bool wide)
{
	uint64_t mask = 0;
	unsigned hi, lo;

	for (const char *p = strstr(bits, name); p; p = strstr(p + 1, name)) {
		if (sscanf(p + strlen(name), "[%u:%u]", &hi, &lo) != 2) {
			if (sscanf(p + strlen(name), "[%u]", &hi) != 1)
				continue;
			lo = hi;
		}
		if (!wide && hi > 47)
			continue;
		mask |= rows_low(hi - lo + 1) << lo;
	}
	return mask;
}

static bool translate(const rows_walk *w, uint64_t leaf, const rows_want *want, const char *title)
{
	smmu_build build;

	rows_open(&build, w);
	rows_tables(&build, w, leaf);
	bool ok = rows_ask(&build, want, title);

	smmu_build_clear(&build);
	return ok;
}

/* "max 512 entries; table or block" */
static bool level_row(rows_walk w, const iom_tsv_row *row, const char *title)
{
	const char *rule = iom_tsv_get(row, "rule_or_values");
	uint64_t mask = all_of(iom_tsv_get(row, "bits"), "IA", w.input_bits > 48);
	int level = rows_level(row, 3);
	unsigned entries = 0, bits = 0;
	uint64_t left, oa = UINT64_C(0x45670000);
	const iom_tsv_row *page = rows_find(&w, "leaf_size", 3);

	for (uint64_t m = mask; m; m &= m - 1)
		bits++;
	if (!page || sscanf(rule, "max %u", &entries) != 1 || entries != 1u << bits) {
		fprintf(stderr, "\n%s: entries and index do not agree\n", title);
		return false;
	}
	/* Every bit of the index counts: all ones. */
	w.input |= mask;
	if (!translate(&w, rows_place(page, oa, &left) | rows_leaf(&w, 3),
		       &(rows_want){ .has_oa = true,
				     .oa = oa | (w.input & rows_low(w.granule_lg2)) },
		       title))
		return false;
	/* A block is a leaf here, or invalid. */
	if (level == 3)
		return strstr(rule, "page only") != NULL;
	w.leaf = level;
	bool block = strstr(rule, "table or block") != NULL;

	return translate(&w, rows_leaf(&w, level),
			 &(rows_want){ .code = block ? 0 : F_TRANSLATION }, title);
}

static bool leaf_row(rows_walk w, const iom_tsv_row *row, const char *title)
{
	const char *size = strstr(iom_tsv_get(row, "meaning"), "(2^");
	uint64_t mask = all_of(iom_tsv_get(row, "bits"), "OA", true), left;
	unsigned lg2;

	w.leaf = rows_level(row, 3);
	if (strstr(iom_tsv_get(row, "meaning"), "not permitted"))
		return translate(&w, rows_leaf(&w, w.leaf), &(rows_want){ .code = F_TRANSLATION },
				 title);
	if (!size || sscanf(size, "(2^%u)", &lg2) != 1)
		return false;
	/* All ones, and two patterns. */
	const uint64_t patterns[] = { UINT64_MAX, UINT64_C(0x5555555555555555),
				      UINT64_C(0xaaaaaaaaaaaaaaaa) };
	bool ok = true;

	w.input |= rows_low(lg2) & ~UINT64_C(3);
	for (unsigned i = 0; i < G_N_ELEMENTS(patterns); i++) {
		uint64_t oa = mask & patterns[i], d = rows_place(row, oa, &left);
		rows_want want = { .has_oa = true,
				   .oa = oa | (w.input & rows_low(lg2)),
				   .page_lg2 = lg2 };

		ok = left == 0 && translate(&w, d | rows_leaf(&w, w.leaf), &want, title) && ok;
	}
	return ok;
}

/* The next table where each bit of the row is; then beyond the output size. */
static bool table_row(rows_walk w, const iom_tsv_row *row, const char *title)
{
	uint64_t mask = all_of(iom_tsv_get(row, "bits"), "NLTA", true), left;
	const iom_tsv_row *page = rows_find(&w, "leaf_size", 3);
	bool ok = page != NULL;

	for (int level = w.start; ok && level < 3; level++) {
		for (unsigned pattern = 0; pattern < 3; pattern++) {
			uint64_t next = mask & (pattern == 0   ? UINT64_MAX
						: pattern == 1 ? UINT64_C(0x5555555555555555)
							       : UINT64_C(0xaaaaaaaaaaaaaaaa));
			smmu_build build;

			rows_open(&build, &w);
			for (int l = w.start; l <= 3; l++) {
				unsigned n = (unsigned)(l - w.start);
				uint64_t base = l == level + 1 ? next : ROWS_TABLE(n);
				uint64_t below = l == level ? next : ROWS_TABLE(n + 1);

				smmu_build_word(&build, rows_descriptor_at(&w, l, base),
						l == 3 ? rows_leaf(&w, 3)
						       : rows_place(row, below, &left) | 3);
			}
			ok = rows_ask(&build,
				      &(rows_want){ .has_oa = true,
						    .oa = w.input & rows_low(w.granule_lg2) },
				      title) &&
			     ok;
			/* 44 bits of output: F_ADDR_SIZE wherever a higher bit is set. */
			smmu_build_set(&build, w.stage == 1 ? "cd" : "ste",
				       w.stage == 1 ? "IPS=4" : "S2PS=4");
			ok = rows_ask(&build,
				      &(rows_want){ .code = F_ADDR_SIZE,
						    .has_s2 = true,
						    .s2 = w.stage == 2 },
				      title) &&
			     ok;
			smmu_build_clear(&build);
		}
	}
	return ok;
}

/* ---- start levels ------------------------------------------------------- */

static bool start_at(rows_walk w, unsigned size, const char *title)
{
	w.input_bits = 64 - size;
	w.input &= rows_low(w.input_bits);
	/* The last entry of the first table, or of the last of the concatenated ones. */
	w.input |= rows_low(w.input_bits) &
		   ~rows_low(w.granule_lg2 + (w.granule_lg2 - 3) * (unsigned)(3 - w.start));
	return translate(&w, rows_leaf(&w, 3),
			 &(rows_want){ .has_oa = true, .oa = w.input & rows_low(w.granule_lg2) },
			 title);
}

/* 3 - floor((64-TxSZ - granule_bits - 1) / (granule_bits-3)) of every row of the table. */
static bool formula_row(const rows_walk *w)
{
	bool ok = true;

	for (unsigned i = 0; i < iom_tsv_n_rows(w->table); i++) {
		const iom_tsv_row *row = iom_tsv_row_at(w->table, i);
		unsigned from, to, g = rows_granule(row);

		if (strcmp(kind_of(row), "start_level") != 0 ||
		    sscanf(iom_tsv_get(row, "item"), "TxSZ %u..%u", &from, &to) != 2)
			continue;
		for (unsigned size = from; size <= to; size++) {
			int level = 3 - (int)((64 - size - g - 1) / (g - 3));

			if (level != rows_level(row, 9)) {
				fprintf(stderr, "\nline %u: TxSZ %u\n", (unsigned)row->line, size);
				ok = false;
			}
		}
	}
	return ok;
}

static bool start_row(rows_walk w, const iom_tsv_row *row, const char *title)
{
	const char *item = iom_tsv_get(row, "item"), *condition = iom_tsv_get(row, "condition");
	const char *sizes = strstr(item, "SZ ");
	unsigned from, to, tables = 1;
	char sl[8];

	if (strcmp(item, "formula") == 0)
		return formula_row(&w);
	if (!sizes || sscanf(sizes, "SZ %u", &from) != 1) {
		/* "anything else": Table D8-9 has no such start. */
		smmu_build build;

		w.granule_lg2 = 12;
		w.input_bits = 39;
		w.sl = 3;
		rows_open(&build, &w);
		bool ok = rows_ask(&build, &(rows_want){ .code = 0x04 }, title);

		smmu_build_clear(&build);
		return ok;
	}
	to = from;
	sscanf(sizes, "SZ %u..%u", &from, &to);
	if (w.stage == 2) {
		if (sscanf(item, "SL 0b%7[01]", sl) != 1)
			return false;
		w.sl = (unsigned)g_ascii_strtoull(sl, NULL, 2);
		if (sscanf(iom_tsv_get(row, "meaning"), "%u", &tables) != 1)
			return false;
	}
	w.start = rows_level(row, 9);
	w.stt = strstr(condition, "STT==1") != NULL;
	w.input = 0x123 | rows_low(w.granule_lg2) >> 1;
	bool ok = true;

	for (unsigned size = from; size <= to; size++) {
		unsigned bits = 64 - size,
			 full = w.granule_lg2 + (w.granule_lg2 - 3) * (unsigned)(4 - w.start);

		/* A row of N tables has log2(N) bits more than one holds. */
		ok = (bits <= full ? tables == 1 : tables == 1u << (bits - full)) && ok;
		ok = start_at(w, size, title) && ok;
	}
	return ok;
}

/* ---- the first table ----------------------------------------------------- */

/* TTB bits below the table's size are as if zero, those above are not. */
static bool aligned(const smmu_coverage *coverage, const smmu_spec *spec, unsigned stage,
		    unsigned granule_lg2, bool lpa, unsigned input_bits, int start, unsigned sl,
		    uint64_t low, uint64_t moved, const char *title)
{
	rows_walk w = { .spec = spec,
			.table = coverage->table,
			.stage = stage,
			.granule_lg2 = granule_lg2,
			.lpa = lpa,
			.input_bits = input_bits,
			.start = start,
			.sl = sl,
			.input = UINT64_C(1) << granule_lg2 | 0x123,
			.leaf = 3 };
	smmu_build build;
	char text[40];
	bool ok = true;

	for (unsigned i = 0; i < 2; i++) {
		uint64_t base = ROWS_TABLE(0) + (i ? moved : 0);

		rows_open(&build, &w);
		g_snprintf(text, sizeof text, "%s=%#" PRIx64, stage == 1 ? "TTB0" : "S2TTB",
			   base + low);
		smmu_build_set(&build, stage == 1 ? "cd" : "ste", text);
		if (start == 3) {
			smmu_build_word(&build, rows_descriptor_at(&w, 3, base), rows_leaf(&w, 3));
		} else {
			smmu_build_word(&build, rows_descriptor_at(&w, start, base),
					ROWS_TABLE(1) | 3);
			for (int l = start + 1; l <= 3; l++)
				smmu_build_word(&build,
						rows_descriptor_at(&w, l, ROWS_TABLE(l - start)),
						l == 3 ? rows_leaf(&w, 3)
						       : ROWS_TABLE(l - start + 1) | 3);
		}
		ok = rows_ask(&build,
			      &(rows_want){ .has_oa = true, .oa = w.input & rows_low(granule_lg2) },
			      title) &&
		     ok;
		smmu_build_clear(&build);
	}
	return ok;
}

/* Entry 3 of a big-endian table, and what a word looks like there. */
static bool big_endian(const smmu_coverage *coverage, const smmu_spec *spec, unsigned stage,
		       const char *title)
{
	rows_walk w = { .spec = spec,
			.table = coverage->table,
			.stage = stage,
			.granule_lg2 = 12,
			.input_bits = 39,
			.start = 1,
			.sl = 1,
			.input = UINT64_C(3) << 30 | UINT64_C(5) << 21 | 7 << 12 | 0x10,
			.leaf = 3 };
	smmu_build build;

	rows_open(&build, &w);
	smmu_build_set(&build, stage == 1 ? "cd" : "ste", stage == 1 ? "ENDI=1" : "S2ENDI=1");
	smmu_build_word(&build, ROWS_TABLE(0) + 8 * 3, GUINT64_SWAP_LE_BE(ROWS_TABLE(1) | 3));
	smmu_build_word(&build, ROWS_TABLE(1) + 8 * 5, GUINT64_SWAP_LE_BE(ROWS_TABLE(2) | 3));
	smmu_build_word(&build, ROWS_TABLE(2) + 8 * 7,
			GUINT64_SWAP_LE_BE(0xabc000 | rows_leaf(&w, 3)));
	bool ok = rows_ask(&build, &(rows_want){ .has_oa = true, .oa = 0xabc010 }, title);

	smmu_build_clear(&build);
	return ok;
}

static bool base_row(const smmu_coverage *c, const smmu_spec *spec, unsigned stage,
		     const iom_tsv_row *row, const char *title)
{
	const char *item = iom_tsv_get(row, "item");

	if (strcmp(item, "descriptor address") == 0 || strcmp(item, "index") == 0)
		return big_endian(c, spec, stage, title);
	if (stage == 2)
		/* 512 entries; 16 of a short table; two tables; 64 bytes with S2PS of 52 bits */
		return aligned(c, spec, 2, 12, false, 39, 1, 1, 0xff0, 0x1000, title) &&
		       aligned(c, spec, 2, 12, false, 34, 1, 1, 0x70, 0x80, title) &&
		       aligned(c, spec, 2, 12, false, 40, 1, 1, 0x1ff0, 0x2000, title) &&
		       aligned(c, spec, 2, 16, true, 43, 1, 2, 0x30, 0x40, title);
	if (strstr(iom_tsv_get(row, "condition"), "==52"))
		return aligned(c, spec, 1, 16, true, 43, 1, 0, 0x30, 0x40, title);
	/* 512 entries; 16; two, which need no more than 16 bytes */
	return aligned(c, spec, 1, 12, false, 39, 1, 0, 0xff0, 0x1000, title) &&
	       aligned(c, spec, 1, 12, false, 25, 2, 0, 0x70, 0x80, title) &&
	       aligned(c, spec, 1, 16, false, 43, 1, 0, 0, 0x10, title);
}

/* ---- contiguous groups ---------------------------------------------------- */

/* Every member of a group gives its own address. */
static bool group_row(rows_walk w, const iom_tsv_row *row, const char *title)
{
	unsigned entries;
	const char *cover = strstr(iom_tsv_get(row, "meaning"), "cover ");
	const iom_tsv_row *leaf;
	bool effective = sscanf(iom_tsv_get(row, "meaning"), "%u entries", &entries) == 1;
	uint64_t left, size;

	w.leaf = rows_level(row, 3);
	if (strstr(iom_tsv_get(row, "condition"), "52-bit")) {
		w.ds = w.granule_lg2 != 16;
		w.lpa = true;
		w.input_bits = 52;
		w.start = w.granule_lg2 == 12 ? -1 : w.granule_lg2 == 14 ? 0 : 1;
		w.sl = w.granule_lg2 == 12 ? 4 : w.granule_lg2 == 14 ? 3 : 2;
	}
	leaf = rows_find(&w, "leaf_size", w.leaf);
	unsigned lg2 = w.granule_lg2 + (w.granule_lg2 - 3) * (unsigned)(3 - w.leaf);

	size = UINT64_C(1) << lg2;
	if (!leaf || (effective && (!cover || rows_size(cover + 6) != entries * size))) {
		fprintf(stderr, "\n%s: the group's size is another\n", title);
		return false;
	}
	if (!effective)
		entries = 16;
	w.input &= ~rows_low(lg2 + 7);
	w.input |= 0x40;
	bool ok = true;

	for (unsigned asked = 0; asked < entries; asked += entries - 1) {
		smmu_build build;
		uint64_t first = w.input, oa = size * entries;

		rows_open(&build, &w);
		rows_tables(&build, &w, 0);
		for (unsigned i = 0; i < entries; i++) {
			unsigned n = (unsigned)(w.leaf - w.start);

			w.input = first + i * size;
			/* A group maps a range; where the bit means nothing, anything. */
			uint64_t to = effective ? oa + i * size : (entries - i) * size;

			smmu_build_word(&build, rows_descriptor_at(&w, w.leaf, ROWS_TABLE(n)),
					rows_place(leaf, to, &left) | rows_leaf(&w, w.leaf) |
						UINT64_C(1) << 52);
		}
		w.input = first;
		build.request.address = first + asked * size;
		ok = rows_ask(&build,
			      &(rows_want){ .has_oa = true,
					    .oa = (effective ? oa + asked * size
							     : (entries - asked) * size) +
						  0x40 },
			      title) &&
		     ok;
		smmu_build_clear(&build);
	}
	return ok;
}

void rows_geometry(smmu_coverage *coverage, const smmu_spec *spec, unsigned stage)
{
	for (unsigned i = 0; i < iom_tsv_n_rows(coverage->table); i++) {
		const iom_tsv_row *row = iom_tsv_row_at(coverage->table, i);
		const char *kind = kind_of(row);
		char *title = title_of(row);
		rows_walk w = largest(coverage, spec, stage, row);
		bool ok;

		if (strcmp(kind, "level") == 0)
			ok = level_row(w, row, title);
		else if (strcmp(kind, "leaf_size") == 0)
			ok = leaf_row(w, row, title);
		else if (strcmp(kind, "table_addr") == 0)
			ok = table_row(w, row, title);
		else if (strcmp(kind, "start_level") == 0)
			ok = start_row(w, row, title);
		else if (strcmp(kind, "base") == 0)
			ok = base_row(coverage, spec, stage, row, title);
		else if (strcmp(kind, "contiguous") == 0 && rows_granule(row))
			ok = group_row(w, row, title);
		else {
			g_free(title);
			continue;
		}
		CU_ASSERT_TRUE(ok);
		smmu_cover(coverage, row);
		g_free(title);
	}
}
